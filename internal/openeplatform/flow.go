package openeplatform

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"fardplan/internal/fault"
)

// knownFields are the members of a flow that are read; all others are ignored.
var knownFields = []string{
	"ID", "FlowFamilyID", "Name", "URL", "FlowFamilyURL", "Category", "CategoryID",
	"ShortDescription", "LongDescription", "RequiresAuthentication", "RequiresSigning",
	"PaymentSupportEnabled", "Enabled", "Aliases",
}

// The lengths are in characters of the plain text.
const (
	maxName        = 300
	maxCategory    = 300
	maxSummary     = 5_000
	maxDescription = 20_000
	maxURL         = 2_000
	maxAliases     = 100
)

type kind int

const (
	absent kind = iota // or null, or an empty element
	textual
	number
	boolean
	listed
	other
)

// value is one field of a row, the same for both formats. In XML every scalar
// is textual, and some servers write numbers and booleans as JSON strings.
type value struct {
	kind kind
	text string
	list []string
}

// row is the known fields of one flow; nil when the row is no object at all.
type row map[string]value

// flowOf reads one row. When faults is not empty the flow holds only what could
// be read of it.
func flowOf(r row, position int) (Flow, fault.List) {
	f := fields{row: r, position: position}
	if r == nil {
		f.add("", RuleRowShape, "raden är ingen e-tjänst utan något annat", "the row is something else than an e-service")
		return Flow{}, f.faults
	}
	familyID, versionID := f.id("FlowFamilyID"), f.id("ID")
	unstable := familyID == 0
	if unstable {
		familyID = versionID
	}
	if familyID == 0 && len(f.faults) == 0 {
		f.add("FlowFamilyID", RuleIDMissing, "e-tjänsten saknar id (FlowFamilyID eller ID)", "the e-service has no id (FlowFamilyID or ID)")
	}
	flow := Flow{
		FamilyID:               familyID,
		UnstableKey:            unstable,
		VersionID:              versionID,
		Name:                   f.name(),
		Category:               f.text("Category", maxCategory, oneLine),
		CategoryID:             f.id("CategoryID"),
		URL:                    f.address("FlowFamilyURL"),
		Summary:                f.text("ShortDescription", maxSummary, plainText),
		Description:            f.text("LongDescription", maxDescription, plainText),
		RequiresAuthentication: f.flag("RequiresAuthentication", false),
		RequiresSigning:        f.flag("RequiresSigning", false),
		TakesPayment:           f.flag("PaymentSupportEnabled", false),
		Enabled:                f.flag("Enabled", true),
		Aliases:                f.aliases(),
	}
	if versionURL := f.address("URL"); flow.URL == "" {
		flow.URL = versionURL
	}
	return flow, f.faults
}

// fields reads the fields of one row and keeps what is wrong with them.
type fields struct {
	row      row
	position int
	faults   fault.List
}

func (f *fields) add(field, rule, sv, en string) {
	f.faults.Add(rowFault(f.position, field, rule, sv, en))
}

func (f *fields) wrongType(field string) {
	f.add(field, RuleWrongType, "fältet "+field+" har fel typ av värde", "the field "+field+" has a value of the wrong type")
}

func (f *fields) text(field string, limit int, clean func(string) string) string {
	v := f.row[field]
	if v.kind != absent && v.kind != textual {
		f.wrongType(field)
		return ""
	}
	text := clean(v.text)
	if utf8.RuneCountInString(text) > limit {
		most := strconv.Itoa(limit)
		f.add(field, RuleTextTooLong,
			"texten i fältet "+field+" är längre än "+most+" tecken",
			"the text of the field "+field+" is longer than "+most+" characters")
	}
	return text
}

func (f *fields) name() string {
	before := len(f.faults)
	name := f.text("Name", maxName, oneLine)
	switch {
	case len(f.faults) > before:
	case !strings.ContainsFunc(name, readable):
		f.add("Name", RuleNameMissing, "e-tjänsten saknar namn", "the e-service has no name")
	case strings.ContainsRune(name, utf8.RuneError):
		f.add("Name", RuleNameDamaged,
			"namnet har förstörda tecken (�), troligen av fel teckenkodning",
			"the name has damaged characters (�), likely from a wrong charset")
	}
	return name
}

func readable(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// id gives 0 for no id; a platform numbers from 1, so 0 is none.
func (f *fields) id(field string) int64 {
	v := f.row[field]
	if v.kind == absent {
		return 0
	}
	if v.kind != number && v.kind != textual {
		f.wrongType(field)
		return 0
	}
	id, err := strconv.ParseInt(strings.TrimSpace(v.text), 10, 64)
	if err != nil || id < 0 {
		f.add(field, RuleIDInvalid, "fältet "+field+" är inget positivt heltal", "the field "+field+" is no positive whole number")
		return 0
	}
	return id
}

func (f *fields) flag(field string, whenAbsent bool) bool {
	v := f.row[field]
	text := strings.TrimSpace(v.text)
	switch {
	case v.kind == absent:
		return whenAbsent
	case v.kind != boolean && v.kind != textual:
	case strings.EqualFold(text, "true"):
		return true
	case strings.EqualFold(text, "false"):
		return false
	}
	f.wrongType(field)
	return whenAbsent
}

func (f *fields) address(field string) string {
	v := f.row[field]
	if v.kind != absent && v.kind != textual {
		f.wrongType(field)
		return ""
	}
	return f.checkedAddress(field, v.text)
}

func (f *fields) checkedAddress(field, text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	address, ok := webAddress(text)
	if !ok {
		f.add(field, RuleURLInvalid,
			"fältet "+field+" är ingen fullständig webbadress med http eller https",
			"the field "+field+" is no complete web address with http or https")
	}
	return address
}

func (f *fields) aliases() []string {
	v := f.row["Aliases"]
	switch {
	case v.kind == absent:
		return nil
	case v.kind == textual:
		v.list = []string{v.text}
	case v.kind != listed:
		f.wrongType("Aliases")
	}
	if len(v.list) > maxAliases {
		f.add("Aliases", RuleTooManyAliases,
			"fältet Aliases har fler än "+strconv.Itoa(maxAliases)+" adresser",
			"the field Aliases has more than "+strconv.Itoa(maxAliases)+" addresses")
		return nil
	}
	var aliases []string
	before := len(f.faults)
	for _, text := range v.list {
		if alias := f.checkedAddress("Aliases", text); alias != "" {
			aliases = append(aliases, alias)
		}
		if len(f.faults) > before {
			return nil
		}
	}
	return aliases
}

// webAddress gives text as an absolute http or https address that is safe to
// show and to link to: no other scheme, no user name, no hidden characters.
func webAddress(text string) (string, bool) {
	if len(text) > maxURL || strings.ContainsFunc(text, unsafeInAddress) {
		return "", false
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", false
	}
	return u.String(), true
}

func unsafeInAddress(r rune) bool {
	return strings.ContainsRune("\"<>\\`", r) || r == utf8.RuneError || classOf(r) != visible
}
