package demo

import (
	"fmt"
	"slices"
	"strings"

	"fardplan/internal/date"
	"fardplan/internal/eservice"
)

// home is the municipality that runs the demonstration; oldPlatform the one whose
// platform gives some flows no lasting number.
const (
	home        = "0581"
	oldPlatform = "0562"
)

// formerOwners are units that take over tasks from another one during the story.
var formerOwners = map[string]string{"0581-vux": "0581-uk", "0581-kontakt": "0581-komm"}

// renamed are services whose name is changed during the story, by code, with the name
// before.
var renamed = map[string]string{
	"skolskjuts":                         "Skolskjutsansökan grundskola",
	"bygglov-tillbyggnad":                "Bygglovsansökan, tillbyggnad (blankett SB12)",
	"oro-for-barn":                       "Orosanmälan enligt SoL 14 kap. 1 §",
	"lamna-synpunkt":                     "Synpunktshantering",
	"foreningsbidrag":                    "Bidragsansökan, föreningslivet",
	"parkeringstillstand-rorelsehindrad": "PRH-tillstånd, ansökan",
	"eget-avlopp":                        "Enskild avloppsanläggning, ansökan/anmälan",
	"boka-idrottsanlaggning-lokal":       "Lokalbokning",
	"registerutdrag-gdpr":                "Begäran enligt PuL/GDPR",
	"forskola-fritidshem":                "Barnomsorgsansökan",
	"anmalan-attefallsatgard":            "Attefallsanmälan",
	"insatser-vard-och-omsorg":           "Biståndsansökan enligt socialtjänstlagen",
}

// contacts are the functions that answer for e-services, by the role of the owner.
var contacts = map[string][]string{
	"PLANNING_BUILDING": {"handläggare bygglov", "bygglovsadministratör"},
	"ENVIRONMENT":       {"miljöinspektör", "administratör miljö och hälsoskydd"},
	"EDUCATION":         {"skoladministratör", "antagningshandläggare"},
	"CARE":              {"biståndshandläggare", "systemförvaltare vård och omsorg"},
	"EXECUTIVE_OFFICE":  {"registrator", "systemförvaltare e-tjänster"},
	"COMMUNICATIONS":    {"webbredaktör", "systemförvaltare e-tjänster"},
	"RESCUE":            {"brandinspektör", "administratör räddningstjänst"},
	"BUSINESS":          {"näringslivsutvecklare", "tillståndshandläggare"},
	"TRAFFIC":           {"trafikhandläggare", "systemförvaltare e-tjänster"},
	"CULTURE_LEISURE":   {"bokningshandläggare", "föreningshandläggare"},
	"GUARDIANSHIP":      {"överförmyndarhandläggare", "registrator"},
}

func (p *placed) contact() string {
	functions := contacts[p.row["unit_role"]]
	return functions[number(len(functions), p.key(), "function")]
}

// generalBasis is the legal basis of what no act of its own asks for.
const generalBasis = "Uppgift av allmänt intresse: dataskyddsförordningen (EU) 2016/679 artikel 6.1 e; kommunallagen (2017:725) 2 kap. 1 §"

func codes[T ~string](values []string) []T {
	all := make([]T, len(values))
	for i, v := range values {
		all[i] = T(v)
	}
	return all
}

func themeIndex(theme string) int {
	return slices.IndexFunc(eservice.Codes()["THEME"], func(c eservice.Code) bool { return c.Value == theme })
}

func themeName(theme string) string { return eservice.Codes()["THEME"][themeIndex(theme)].Sv }

// sketch fills in what is known of an e-service to come.
func (p *placed) sketch(s *eservice.EService) {
	s.Themes = []eservice.Theme{eservice.Theme(p.row["theme"])}
	s.Audiences = codes[eservice.Audience](p.list("audience"))
	s.SummarySv = new(p.row["summary_sv"])
	s.PersonalData = new(eservice.PersonalData(p.row["personal_data"]))
	switch n := p.roll("shown"); {
	case n < 30:
		s.Visibility = eservice.Collaboration
	case n < 42:
		s.Visibility = eservice.Municipality
	}
}

// describe fills in what the municipality knows of an e-service, as of a day.
func (p *placed) describe(s *eservice.EService, day date.Date) {
	p.sketch(s)
	s.Visibility = eservice.Public
	switch n := p.roll("visibility"); {
	case p.row["audience"] == "EMPLOYEE":
		s.Visibility = eservice.Municipality
	case n < 3:
		s.Visibility = eservice.Collaboration
	}
	english := p.roll("english") < p.place.english
	s.Languages = []string{"sv"}
	if english {
		s.NameEn, s.SummaryEn = p.optional("name_en"), p.optional("summary_en")
		if p.roll("english form") < 40 {
			s.Languages = []string{"sv", "en"}
		}
	}
	s.URL = new(p.url())
	s.LifeEvents = codes[eservice.LifeEvent](p.list("life_event"))
	s.Keywords = append([]string{}, p.list("keywords_sv")...)
	s.DigitalLevel = new(eservice.DigitalLevel(p.row["digital_level"]))
	s.RequiresAuthentication, s.RequiresSigning, s.TakesPayment = p.flag("requires_authentication"), p.flag("requires_signing"), p.flag("takes_payment")
	s.EIDLevel = nil
	switch {
	case !*s.RequiresAuthentication:
		s.EIDLevel = new(eservice.NoEID)
	case p.known("eid") && p.row["personal_data"] == "SENSITIVE" && p.roll("high") < 20:
		s.EIDLevel = new(eservice.EIDLevel("HIGH"))
	case p.known("eid"):
		s.EIDLevel = new(eservice.EIDLevel("SUBSTANTIAL"))
	}
	s.Channels = []eservice.Channel{eservice.Web}
	if p.known("alternative") {
		s.Channels = append(s.Channels, "PHONE", "VISIT")
		s.AlternativeChannelSv = new("Ring eller besök kommunens kontaktcenter, så hjälper vi dig att göra ärendet på annat sätt.")
		if english {
			s.AlternativeChannelEn = new("Call or visit the municipality's contact centre and we help you in another way.")
		}
	}
	if p.known("contact") {
		s.ContactFunction = new(p.contact())
	}
	if !p.known("personal data") {
		s.PersonalData = nil
	}
	s.LegalBasis = p.optional("legal_basis")
	if s.LegalBasis == nil && p.row["personal_data"] != "NONE" && p.known("legal basis") {
		s.LegalBasis = new(generalBasis)
	}
	switch {
	case s.LegalBasis == nil:
	case p.known("verified") && p.roll("verified") < 80:
		s.LegalBasisVerifiedOn = &day
	default:
		s.LegalBasisVerifiedOn = new(day.AddDays(-500 - number(1000, p.key(), "verified")))
	}
	s.FeeSv, s.ProcessingTimeSv = p.optional("fee_sv"), p.optional("processing_time_sv")
	if english {
		s.FeeEn, s.ProcessingTimeEn = inEnglish(s.FeeSv), inEnglish(s.ProcessingTimeSv)
	}
	if p.roll("retention") < p.place.care-25 {
		s.Retention = p.retention()
	}
	if p.known("accessibility") && p.roll("accessibility") < 60 {
		p.assess(s, day.AddDays(-number(200, p.key(), "assessed")))
	}
	if p.roll("description") < p.place.care {
		s.DescriptionSv = new(p.description(s))
	}
}

// assess gives the outcome of an accessibility assessment on a day.
func (p *placed) assess(s *eservice.EService, day date.Date) {
	outcome := eservice.AccessibilityStatus("FULL")
	switch n := p.roll("outcome"); {
	case n >= 90:
		outcome = "NONE"
	case n >= 45:
		outcome = "PARTIAL"
	}
	s.AccessibilityStatus, s.AccessibilityStandard, s.AccessibilityCheckedOn = &outcome, new("EN 301 549 V3.2.1"), &day
	if p.known("statement") {
		s.AccessibilityStatementURL = new("https://e-tjanster." + p.place.domain + ".example/tillganglighet")
	}
}

func (p *placed) retention() *string {
	switch {
	case p.row["personal_data"] == "NONE":
		return new("Gallras vid inaktualitet")
	case p.row["unit_role"] == "PLANNING_BUILDING":
		return new("Bevaras enligt dokumenthanteringsplanen")
	default:
		return new(fmt.Sprintf("Gallras %d år efter att ärendet avslutats, enligt dokumenthanteringsplanen", []int{2, 5, 10}[number(3, p.code, "years")]))
	}
}

// description is a longer text, of what the record says.
func (p *placed) description(s *eservice.EService) string {
	parts := []string{p.row["summary_sv"]}
	if *s.RequiresAuthentication {
		parts = append(parts, "Du loggar in med e-legitimation.")
	}
	if *s.RequiresSigning {
		parts = append(parts, "Du skriver under med e-legitimation innan du skickar in.")
	}
	if *s.TakesPayment {
		parts = append(parts, "Du betalar i e-tjänsten.")
	}
	if s.ProcessingTimeSv != nil {
		parts = append(parts, "Handläggningstid: "+lowerFirst(*s.ProcessingTimeSv)+".")
	}
	if s.FeeSv != nil {
		parts = append(parts, "Avgift: "+lowerFirst(*s.FeeSv)+".")
	}
	return strings.Join(parts, " ")
}

func lowerFirst(text string) string {
	first, rest := []rune(text)[:1], []rune(text)[1:]
	return strings.ToLower(string(first)) + string(rest)
}

var english = strings.NewReplacer(
	"Avgiftsfri", "Free of charge", "Enligt kommunens taxa", "According to the municipality's rates", "Svar direkt", "Answer at once",
	"Cirka", "About", "Högst", "At most", "arbetsdagar", "working days", "veckor", "weeks", "vecka", "week", "månader", "months", "månad", "month",
	"från komplett ansökan", "from a complete application", "från komplett anmälan", "from a complete notification",
)

// inEnglish translates a fee or a time that is written in one of the usual ways.
func inEnglish(text *string) *string {
	if text == nil {
		return nil
	}
	for _, usual := range []string{"Avgiftsfri", "Enligt kommunens taxa", "Svar direkt", "Cirka ", "Högst "} {
		if strings.HasPrefix(*text, usual) {
			return new(english.Replace(*text))
		}
	}
	return nil
}
