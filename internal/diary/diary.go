// Package diary reads diary numbers (diarienummer) as municipalities write them: the
// register, the year and the serial within it, whatever the notation. It judges the
// value of a field; it does not look for numbers in running text.
package diary

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Number is what a diary number says.
type Number struct {
	// Register is the organ's code in capitals, such as KS; empty where the number has none.
	Register string
	Year     int
	Serial   int
	// Suffix is what follows the serial: a code of the dossier plan or the number of a
	// document in the case. It is no part of which case it is.
	Suffix string
	// Paragraph is the paragraph of the minutes that stood after it, without the sign §.
	Paragraph string
}

// Key writes which case it is, the same for every notation: KS 2015/00144. The serial
// has at least five digits, so that keys of a register sort as the cases do.
func (n Number) Key() string {
	return strings.TrimLeft(fmt.Sprintf("%s %d/%05d", n.Register, n.Year, n.Serial), " ")
}

// Same tells whether two numbers are of the same case of one municipality. A number
// without a register may be anybody's, and is the same as no other.
func (n Number) Same(other Number) bool {
	return n.Register != "" && n.Register == other.Register && n.Year == other.Year && n.Serial == other.Serial
}

// Refusal says why a text is no diary number.
type Refusal string

// The reasons for which a text is refused.
const (
	Empty    Refusal = "EMPTY"     // nothing is written
	Source   Refusal = "SOURCE"    // a law, an inquiry, a standard: SFS 2018:218, ISO 27001:2014
	Meeting  Refusal = "MEETING"   // an organ and the day of its meeting: KS 2017-06-05
	Day      Refusal = "DAY"       // a date: 2017-12-13
	Statute  Refusal = "STATUTE"   // the number of a statute: 2018:1937
	Fraction Refusal = "FRACTION"  // two small numbers, as of a date or a fraction: 15/2089
	Years    Refusal = "YEARS"     // two years in a row, as of a school year: 2017/2018
	NoSerial Refusal = "NO_SERIAL" // a serial of zero
	YearOff  Refusal = "YEAR_OFF"  // a year before 1900 or after the next one
	Unknown  Refusal = "UNKNOWN"   // none of the known forms
)

var refusals = map[Refusal][2]string{
	Empty:    {"Diarienumret är tomt.", "The diary number is empty."},
	Source:   {"Det är en beteckning på en författning, utredning eller standard, inte ett diarienummer.", "It names a statute, an inquiry or a standard, and is no diary number."},
	Meeting:  {"Det är ett organ och dagen för dess möte, inte ett diarienummer.", "It is an organ and the day of its meeting, and no diary number."},
	Day:      {"Det är ett datum, inte ett diarienummer.", "It is a date, and no diary number."},
	Statute:  {"Det är ett författningsnummer. Är det ett diarienummer, skriv Dnr före det.", "It is the number of a statute. If it is a diary number, write Dnr before it."},
	Fraction: {"Årtalet har två siffror och numret saknar organ. Är det ett diarienummer, skriv Dnr före det.", "The year has two digits and the number has no organ. If it is a diary number, write Dnr before it."},
	Years:    {"Det är två år i följd, inte ett diarienummer.", "It is two years in a row, and no diary number."},
	NoSerial: {"Löpnumret är noll.", "The serial is zero."},
	YearOff:  {"Året i diarienumret ligger före 1900 eller efter nästa år.", "The year of the diary number lies before 1900 or after the next one."},
	Unknown:  {"Diarienumrets form är inte känd. Ange hur kommunen skriver dem i kommunens mönster.", "The form of the diary number is not known. Say how the municipality writes them in its patterns."},
}

// Text gives the reason for people, in Swedish and English.
func (r Refusal) Text() (sv, en string) { return refusals[r][0], refusals[r][1] }

// Error gives the reason in English.
func (r Refusal) Error() string { return refusals[r][1] }

// sources are what the names of laws, inquiries and standards begin with.
var sources = strings.Fields("SOU SFS DS PROP SKR DIR BET RIR HSLF MSBFS AFS KFS EU EG ISO IEC SS EN RFC")

const (
	organ   = `(?P<organ>[A-ZÅÄÖ]{1,8})`
	year    = `(?P<year>(?:19|20)[0-9]{2})`
	yy      = `(?P<yy>[0-9]{2})`
	serial  = `(?P<serial>[0-9]{1,6})`
	dossier = `(?P<suffix>[0-9]{1,6}(?:\.[0-9]{1,4})*)`
	between = `[\s\-–—./:]*`
)

// forms are the general ones, of which the first that fits is taken.
var forms = []*regexp.Regexp{
	whole(organ + between + year + `[\-–/:.]` + serial + `(?:[\s.\-–/]` + dossier + `)?`),  // KS 2015/0144, KR-2017/0039, KS-2014/742.912
	whole(organ + between + serial + `[/\-–:]` + year),                                     // KS-833/2012
	whole(year + `[/\-–:]` + serial + `[\-– ]` + organ + `(?:[\-–](?P<suffix>[0-9]{3}))?`), // 2013/544-BaUN-009
	whole(year + `[/\-–:]` + organ + between + serial + `(?:[\s.\-–/]` + dossier + `)?`),   // 2023/KS 0362, 2021/KS 0280 013
	whole(year + `[/\-–:]` + serial + `(?:[\-–](?P<suffix>[0-9]{3}))?`),                    // 2019/196-003
	whole(organ + between + yy + `[/:]` + serial),                                          // KS12/334
	whole(yy + `/` + serial), // Dnr 15/2089
	whole(`(?P<suffix>[0-9]{1,3}(?:\.[0-9]{1,3})+)-` + serial + `/` + year), // 5.1.2-2672/2017
}

var (
	prefix      = regexp.MustCompile(`(?i)^(?:diarienummer|diarienr|dnr)(?:[.:\s]+|$|([0-9]))`)
	paragraph   = regexp.MustCompile(`(?i)[,;]?\s*§\s*([1-9][0-9]{0,3}(?: ?[a-zåäö])?)$`)
	letters     = regexp.MustCompile(`^[A-ZÅÄÖ]+`)
	meeting     = regexp.MustCompile(`^[A-ZÅÄÖ]{1,8}` + between + `(?:19|20)[0-9]{2}[\-–](?:0[1-9]|1[0-2])[\-–](?:0[1-9]|[12][0-9]|3[01])$`)
	day         = regexp.MustCompile(`^(?:19|20)[0-9]{2}[\-–/.](?:0?[1-9]|1[0-2])[\-–/.](?:0?[1-9]|[12][0-9]|3[01])$`)
	statute     = regexp.MustCompile(`^(?:19|20)[0-9]{2}:[0-9]+$`)
	small       = regexp.MustCompile(`^[0-9]{2}/[0-9]+$`)
	twoYears    = regexp.MustCompile(`^((?:19|20)[0-9]{2})[/\-–]((?:19|20)[0-9]{2})$`)
	signs       = strings.NewReplacer("\u00a0", " ", "\u2007", " ", "\u2009", " ", "\u202f", " ", "\u2010", "-", "\u2011", "-", "\u2212", "-", "\u00ad", "", "\ufeff", "")
	composed    = strings.NewReplacer("A\u030a", "Å", "A\u0308", "Ä", "O\u0308", "Ö")
	words       = regexp.MustCompile(`ORGAN|YEAR|YY|SERIAL|DOSSIER|\s+|.`)
	wordForms   = map[string]string{"ORGAN": organ, "YEAR": year, "YY": yy, "SERIAL": serial, "DOSSIER": dossier}
	punctuation = " \t\r\n()[]{}<>\"'”“’‚,.;:"
)

func whole(form string) *regexp.Regexp { return regexp.MustCompile("^(?:" + form + ")$") }

// own compiles a municipality's pattern, in the words ORGAN, YEAR, YY, SERIAL and
// DOSSIER with what stands between them; nil for one that tells no year or no serial.
func own(pattern string) *regexp.Regexp {
	used := map[string]bool{}
	form := ""
	for _, word := range words.FindAllString(strings.TrimSpace(pattern), -1) {
		known, named := wordForms[word]
		switch {
		case named && used[word]:
			return nil
		case named:
			used[word] = true
			form += known
		case strings.TrimSpace(word) == "":
			form += `\s+`
		case word == "-":
			form += `[\-–]`
		default:
			form += regexp.QuoteMeta(word)
		}
	}
	if !used["SERIAL"] || used["YEAR"] == used["YY"] || !utf8.ValidString(form) {
		return nil
	}
	return whole(form)
}

// Parse reads a diary number. The municipality's own patterns are tried first, then the
// general forms; latest is the last year that a number may be of. What is no diary
// number is refused with a Refusal.
func Parse(raw string, patterns []string, latest int) (Number, error) {
	text := strings.Trim(signs.Replace(raw), punctuation)
	prefixed := false
	if m := prefix.FindStringSubmatchIndex(text); m != nil {
		prefixed = true
		if m[2] >= 0 {
			text = text[m[2]:]
		} else {
			text = text[m[1]:]
		}
	}
	said := ""
	if m := paragraph.FindStringSubmatchIndex(text); m != nil {
		said, text = strings.ToLower(text[m[2]:m[3]]), text[:m[0]]
	}
	text = strings.Trim(composed.Replace(strings.ToUpper(text)), punctuation)
	if text == "" {
		return Number{}, Empty
	}
	if slices.Contains(sources, letters.FindString(text)) {
		return Number{}, Source
	}
	if meeting.MatchString(text) {
		return Number{}, Meeting
	}
	if day.MatchString(text) {
		return Number{}, Day
	}
	if m := twoYears.FindStringSubmatch(text); m != nil && number(m[2]) == number(m[1])+1 {
		return Number{}, Years
	}
	// What a municipality says that it writes is no statute and no fraction there.
	for _, pattern := range patterns {
		if form := own(pattern); form != nil {
			if m := form.FindStringSubmatch(text); m != nil {
				return read(form, m, said, latest)
			}
		}
	}
	if !prefixed && statute.MatchString(text) {
		return Number{}, Statute
	}
	if !prefixed && small.MatchString(text) {
		return Number{}, Fraction
	}
	for _, form := range forms {
		if m := form.FindStringSubmatch(text); m != nil {
			return read(form, m, said, latest)
		}
	}
	return Number{}, Unknown
}

// read takes a number out of the parts of a form that fits.
func read(form *regexp.Regexp, parts []string, said string, latest int) (Number, error) {
	n := Number{Paragraph: said}
	for i, name := range form.SubexpNames() {
		switch name {
		case "organ":
			n.Register = parts[i]
		case "year":
			n.Year = number(parts[i])
		case "yy":
			n.Year = 1900 + number(parts[i])
			if number(parts[i]) < 70 {
				n.Year += 100
			}
		case "serial":
			n.Serial = number(parts[i])
		case "suffix":
			n.Suffix = parts[i]
		}
	}
	switch {
	case slices.Contains(sources, n.Register):
		return Number{}, Source
	case n.Serial == 0:
		return Number{}, NoSerial
	case n.Year < 1900 || n.Year > latest:
		return Number{}, YearOff
	}
	if len(n.Suffix) > 20 {
		return Number{}, Unknown
	}
	return n, nil
}

// number reads digits, few enough to be an int.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
