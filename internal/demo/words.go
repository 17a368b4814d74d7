package demo

import (
	"strconv"
	"strings"
)

// WordList is what other made-up records are made from, in the form of JSON.
type WordList struct {
	Municipalities []MunicipalityWords `json:"municipalities"`
	Services       []ServiceWords      `json:"services"`
}

// MunicipalityWords are the facts of a municipality.
type MunicipalityWords struct {
	Number   int      `json:"i"` // from 1
	SCBCode  string   `json:"code"`
	NameSv   string   `json:"name"`
	Domain   string   `json:"domain"` // its name in addresses
	IsHome   bool     `json:"home"`
	Patterns []string `json:"patterns"` // of diary numbers
}

// ServiceWords are the texts and codes of an e-service as many municipalities have it.
type ServiceWords struct {
	Number        int      `json:"i"` // from 0
	Code          string   `json:"code"`
	NameSv        string   `json:"name_sv"`
	NameEn        string   `json:"name_en"`
	SummarySv     string   `json:"summary_sv"`
	SummaryEn     string   `json:"summary_en"`
	Category      string   `json:"category"`
	Theme         string   `json:"theme"`
	LifeEvents    []string `json:"life_events"`
	Audiences     []string `json:"audiences"`
	Keywords      []string `json:"keywords"`
	LegalBasis    *string  `json:"legal_basis"`
	Fee           *string  `json:"fee"`
	Processing    *string  `json:"processing"`
	PersonalData  string   `json:"personal_data"`
	DigitalLevel  string   `json:"digital_level"`
	SignsIn       bool     `json:"signs_in"`
	Signs         bool     `json:"signs"`
	Pays          bool     `json:"pays"`
	CasesPerMonth int      `json:"cases"` // in a municipality of about 145 000 inhabitants
}

// Words gives the words of the demonstration's data: the 13 municipalities and the
// e-services.
func Words() (*WordList, error) {
	d, err := read()
	if err != nil {
		return nil, err
	}
	w := &WordList{}
	for i, r := range d.municipalities {
		home, err := strconv.ParseBool(r["is_home"])
		if err != nil {
			return nil, err
		}
		w.Municipalities = append(w.Municipalities, MunicipalityWords{
			Number: i + 1, SCBCode: r["scb_code"], NameSv: r["name_sv"], IsHome: home,
			Domain: ascii.Replace(strings.ToLower(r["name_sv"])), Patterns: append([]string{}, r.list("diary_patterns")...),
		})
	}
	for i, s := range d.services {
		w.Services = append(w.Services, ServiceWords{
			Number: i, Code: s.code, NameSv: s.row["name_sv"], NameEn: s.row["name_en"], SummarySv: s.row["summary_sv"], SummaryEn: s.row["summary_en"],
			Category: s.row["category_sv"], Theme: s.row["theme"], LifeEvents: append([]string{}, s.list("life_event")...),
			Audiences: append([]string{}, s.list("audience")...), Keywords: append([]string{}, s.list("keywords_sv")...),
			LegalBasis: s.optional("legal_basis"), Fee: s.optional("fee_sv"), Processing: s.optional("processing_time_sv"),
			PersonalData: s.row["personal_data"], DigitalLevel: s.row["digital_level"],
			SignsIn: s.row["requires_authentication"] == "true", Signs: s.row["requires_signing"] == "true", Pays: s.row["takes_payment"] == "true",
			CasesPerMonth: s.cases,
		})
	}
	return w, nil
}
