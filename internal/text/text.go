// Package text is a text for people in Swedish, and in English where there is one.
package text

// Language is a language that the API speaks.
type Language string

// The languages, the first one first.
const (
	Swedish Language = "SV"
	English Language = "EN"
)

// Localized is a text in Swedish and perhaps in English.
type Localized struct {
	Sv string
	En *string
}

// Text gives the text in a language; Swedish where it has no other.
func (l Localized) Text(in Language) string {
	if in == English && l.En != nil {
		return *l.En
	}
	return l.Sv
}

// Both makes a text in both languages.
func Both(sv, en string) Localized { return Localized{Sv: sv, En: &en} }

// Maybe makes a text that may be missing: nil without the Swedish one.
func Maybe(sv, en *string) *Localized {
	if sv == nil {
		return nil
	}
	return &Localized{Sv: *sv, En: en}
}
