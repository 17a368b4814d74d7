package eservice

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/record"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// sheetColumn is a column of the catalogue's spreadsheet.
type sheetColumn struct {
	field  string // as in the API; "" for one that tells of the record and is no field of it
	sv, en string // its heading
	kind   cellKind
	codes  string // the coded field's name in Codes
	width  float64
	// tells gives the text of a column that is no field.
	tells func(e *EService, n *sheetNames) string
	// onlyNew tells that the field is read of a row that registers an e-service only: it
	// has operations of its own afterwards.
	onlyNew bool
}

// cellKind is what a cell of a column holds, and how it is read.
type cellKind int

const (
	plainText cellKind = iota
	longText
	wordList
	oneCode
	manyCodes
	day
	yesNo
	wholeNumber
	unitName
	sharedCode
	readOnly
)

// Headings that a row is known by.
const (
	idColumn           = "id"
	versionColumn      = "version"
	municipalityColumn = "municipality"
)

// allCodes spares the making of Codes for each cell.
var allCodes = Codes()

// sheetColumns are the spreadsheet's columns, in their order.
var sheetColumns = []sheetColumn{
	{field: idColumn, sv: "Id", en: "Id", kind: readOnly, width: 10, tells: func(e *EService, _ *sheetNames) string { return string(e.NodeID()) }},
	{field: versionColumn, sv: "Version", en: "Version", kind: readOnly, width: 8, tells: func(e *EService, n *sheetNames) string {
		if e.Drafted {
			return n.word("utkast", "draft")
		}
		return strconv.Itoa(e.Version)
	}},
	{field: municipalityColumn, sv: "Kommun", en: "Municipality", kind: readOnly, tells: func(e *EService, n *sheetNames) string { return n.municipalities[e.MunicipalityID] }},
	{field: "nameSv", sv: "Namn", en: "Name", width: 40},
	{field: "nameEn", sv: "Namn på engelska", en: "Name in English", width: 40},
	{field: "status", sv: "Status", en: "Status", kind: oneCode, codes: "STATUS", onlyNew: true},
	{field: "published", sv: "Publicerad", en: "Published", kind: readOnly, tells: func(e *EService, n *sheetNames) string { return n.yes(e.Published) }},
	{field: "ownerUnit", sv: "Ägande enhet", en: "Owning unit", kind: unitName, width: 30},
	{field: "contactFunction", sv: "Ansvarig funktion", en: "Responsible function", width: 24},
	{field: "summarySv", sv: "Sammanfattning", en: "Summary", width: 40},
	{field: "summaryEn", sv: "Sammanfattning på engelska", en: "Summary in English", width: 40},
	{field: "descriptionSv", sv: "Beskrivning", en: "Description", kind: longText, width: 50},
	{field: "descriptionEn", sv: "Beskrivning på engelska", en: "Description in English", kind: longText, width: 50},
	{field: "url", sv: "Webbadress", en: "Address", width: 30},
	{field: "slug", sv: "Adressnamn", en: "Slug", width: 24},
	{field: "audiences", sv: "Målgrupper", en: "Audiences", kind: manyCodes, codes: "AUDIENCE", width: 24},
	{field: "lifeEvents", sv: "Livshändelser", en: "Life events", kind: manyCodes, codes: "LIFE_EVENT", width: 24},
	{field: "themes", sv: "Teman", en: "Themes", kind: manyCodes, codes: "THEME", width: 24},
	{field: "keywords", sv: "Sökord", en: "Keywords", kind: wordList, width: 30},
	{field: "channels", sv: "Kanaler", en: "Channels", kind: manyCodes, codes: "CHANNEL"},
	{field: "alternativeChannelSv", sv: "Annat sätt", en: "Other way", width: 30},
	{field: "alternativeChannelEn", sv: "Annat sätt på engelska", en: "Other way in English", width: 30},
	{field: "languages", sv: "Språk", en: "Languages", kind: wordList},
	{field: "digitalLevel", sv: "Digital nivå", en: "Digital level", kind: oneCode, codes: "DIGITAL_LEVEL"},
	{field: "eidLevel", sv: "E-legitimation", en: "Electronic identity", kind: oneCode, codes: "EID_LEVEL"},
	{field: "requiresAuthentication", sv: "Kräver inloggning", en: "Requires sign-in", kind: yesNo},
	{field: "requiresSigning", sv: "Kräver underskrift", en: "Requires signature", kind: yesNo},
	{field: "takesPayment", sv: "Tar betalt", en: "Takes payment", kind: yesNo},
	{field: "feeSv", sv: "Avgift", en: "Fee", width: 24},
	{field: "feeEn", sv: "Avgift på engelska", en: "Fee in English", width: 24},
	{field: "processingTimeSv", sv: "Handläggningstid", en: "Processing time", width: 24},
	{field: "processingTimeEn", sv: "Handläggningstid på engelska", en: "Processing time in English", width: 24},
	{field: "legalBasis", sv: "Rättslig grund", en: "Legal basis", width: 30},
	{field: "legalBasisVerifiedOn", sv: "Rättslig grund kontrollerad", en: "Legal basis verified", kind: day},
	{field: "personalData", sv: "Personuppgifter", en: "Personal data", kind: oneCode, codes: "PERSONAL_DATA"},
	{field: "retention", sv: "Gallring", en: "Retention", width: 24},
	{field: "accessibilityStatus", sv: "Tillgänglighet", en: "Accessibility", kind: oneCode, codes: "ACCESSIBILITY_STATUS"},
	{field: "accessibilityStandard", sv: "Tillgänglighetsstandard", en: "Accessibility standard"},
	{field: "accessibilityCheckedOn", sv: "Tillgänglighet kontrollerad", en: "Accessibility checked", kind: day},
	{field: "accessibilityStatementUrl", sv: "Tillgänglighetsredogörelse", en: "Accessibility statement", width: 30},
	{field: "plannedLaunch", sv: "Planerad start", en: "Planned launch", kind: day},
	{field: "launchedOn", sv: "Startade", en: "Launched", kind: day},
	{field: "visibility", sv: "Synlighet", en: "Visibility", kind: oneCode, codes: "VISIBILITY"},
	{field: "sharedService", sv: "Gemensam e-tjänst", en: "Shared service", kind: sharedCode, width: 24},
	{field: "oepFamilyId", sv: "Nummer i Open ePlatform", en: "Number in Open ePlatform", kind: wholeNumber},
	{sv: "Ärenden senaste 12 månaderna", en: "Cases in the last 12 months", kind: readOnly, tells: func(e *EService, n *sheetNames) string {
		if cases, known := n.cases[e.ID]; known {
			return strconv.Itoa(cases)
		}
		return ""
	}},
	{sv: "Senast ändrad", en: "Last changed", kind: readOnly, tells: func(e *EService, _ *sheetNames) string { return date.Of(e.UpdatedAt).String() }},
}

// heading gives the column's heading in a language. What a program reads and does not
// take in says so.
func (c *sheetColumn) heading(in text.Language) string {
	sv, en := c.sv, c.en
	if c.kind == readOnly && c.field != idColumn && c.field != versionColumn {
		sv, en = sv+" (läses inte in)", en+" (not taken in)"
	}
	if in == text.English {
		return en
	}
	return sv
}

// column is the field's column in the database.
func (c *sheetColumn) column() string {
	return record.ColumnOf[EService](c.field)
}

// columnCalled finds the column of a heading, letter case and the space around aside,
// and the heading's language.
func columnCalled(heading string) (*sheetColumn, text.Language) {
	heading = strings.Join(strings.Fields(norm.NFC.String(heading)), " ")
	for _, language := range []text.Language{text.Swedish, text.English} {
		for i := range sheetColumns {
			c := &sheetColumns[i]
			plain := c.sv
			if language == text.English {
				plain = c.en
			}
			if strings.EqualFold(heading, plain) || strings.EqualFold(heading, c.heading(language)) || c.field != "" && heading == c.field {
				return c, language
			}
		}
	}
	return nil, ""
}

// sheetNames are the names that cells have for records, in a language.
type sheetNames struct {
	language       text.Language
	municipalities map[uuid.UUID]string
	units          map[uuid.UUID]string
	shared         map[uuid.UUID]string
	cases          map[uuid.UUID]int

	// What the names mean when they are read: open units by name or alias, and shared
	// services by code, in small letters.
	unitsCalled  map[string][]uuid.UUID
	sharedCalled map[string]uuid.UUID
}

func (n *sheetNames) word(sv, en string) string {
	if n.language == text.English {
		return en
	}
	return sv
}

func (n *sheetNames) yes(b bool) string {
	if b {
		return n.word("ja", "yes")
	}
	return n.word("nej", "no")
}

func (n *sheetNames) code(c Code) string { return n.word(c.Sv, c.En) }

// separator stands between the values of a cell that holds several.
const separator = "; "

// show gives the text of a column's cell for a record.
func (c *sheetColumn) show(e *EService, values record.Values, n *sheetNames) string {
	if c.tells != nil {
		return c.tells(e, n)
	}
	value := values[c.column()]
	if value == nil || string(value) == "null" {
		return ""
	}
	switch c.kind {
	case manyCodes, wordList:
		var all []string
		mustRead(value, &all)
		for i := range all {
			all[i] = c.label(all[i], n)
		}
		return strings.Join(all, separator)
	case yesNo:
		var b bool
		mustRead(value, &b)
		return n.yes(b)
	case wholeNumber:
		return string(value)
	case unitName:
		return n.units[e.OwnerUnitID]
	case sharedCode:
		return n.shared[*e.SharedServiceID]
	}
	var one string
	mustRead(value, &one)
	return c.label(one, n)
}

func mustRead(value json.RawMessage, into any) {
	if err := json.Unmarshal(value, into); err != nil {
		panic(err) // it was written by asJSON of the same kind of value
	}
}

// label gives a coded value's name; another value is itself.
func (c *sheetColumn) label(value string, n *sheetNames) string {
	for _, known := range allCodes[c.codes] {
		if known.Value == value {
			return n.code(known)
		}
	}
	return value
}

// words are what the cells of a coded column may hold.
func (c *sheetColumn) words(n *sheetNames) []string {
	var all []string
	switch {
	case c.codes != "":
		for _, known := range allCodes[c.codes] {
			all = append(all, n.code(known))
		}
	case c.kind == yesNo:
		all = []string{n.yes(true), n.yes(false)}
	}
	return all
}

// read gives the value of a cell's text as JSON has it: null for an empty one. A list
// that is empty is an empty list.
func (c *sheetColumn) read(cell string, n *sheetNames) (json.RawMessage, *fault.Error) {
	cell = strings.TrimSpace(norm.NFC.String(cell))
	several := c.kind == manyCodes || c.kind == wordList
	switch {
	case cell == "" && several:
		return json.RawMessage("[]"), nil
	case cell == "":
		if f, refused := neverEmpty[c.field]; refused {
			return nil, f
		}
		return json.RawMessage("null"), nil
	}
	switch c.kind {
	case oneCode:
		value, ok := c.codeOf(cell)
		if !ok {
			return nil, c.unknownWord(cell, n)
		}
		return record.JSON(value), nil
	case manyCodes, wordList:
		all := []string{}
		for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == '\n' }) {
			part = strings.TrimSpace(part)
			if part == "" {
				continue
			}
			if c.kind == manyCodes {
				value, ok := c.codeOf(part)
				if !ok {
					return nil, c.unknownWord(part, n)
				}
				part = value
			}
			if !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
		return record.JSON(all), nil
	case day:
		d, ok := dayOf(cell)
		if !ok {
			return nil, fault.Field(c.field, "cell_day",
				fmt.Sprintf("%q är ingen dag. Skriv den som 2026-03-31.", cell), fmt.Sprintf("%q is no day. Write it as 2026-03-31.", cell))
		}
		return record.JSON(d), nil
	case yesNo:
		for word, value := range yesOrNo {
			if strings.EqualFold(cell, word) {
				return record.JSON(value), nil
			}
		}
		return nil, fault.Field(c.field, "cell_yes_no",
			fmt.Sprintf("%q är varken ja eller nej. Skriv ja eller nej, eller lämna cellen tom.", cell), fmt.Sprintf("%q is neither yes nor no. Write yes or no, or leave the cell empty.", cell))
	case wholeNumber:
		number, err := strconv.ParseInt(cell, 10, 64)
		if err != nil {
			return nil, fault.Field(c.field, "number", "Ange ett heltal med siffror.", "Give a whole number in digits.")
		}
		return record.JSON(number), nil
	case unitName:
		called := n.unitsCalled[strings.ToLower(cell)]
		switch len(called) {
		case 1:
			return record.JSON(called[0]), nil
		case 0:
			return nil, fault.Field(c.field, "unit_unknown",
				fmt.Sprintf("Kommunen har ingen öppen enhet som heter %q.", cell), fmt.Sprintf("The municipality has no open unit called %q.", cell))
		}
		return nil, fault.Field(c.field, "unit_ambiguous",
			fmt.Sprintf("Kommunen har flera öppna enheter som heter %q. Skriv enheten som en export gör, med den överordnade enheten inom parentes.", cell),
			fmt.Sprintf("The municipality has several open units called %q. Write the unit as an export does, with the unit above it in brackets.", cell))
	case sharedCode:
		id, ok := n.sharedCalled[strings.ToLower(cell)]
		if !ok {
			return nil, fault.Field(c.field, "shared_unknown",
				fmt.Sprintf("Det finns ingen gemensam e-tjänst med koden %q.", cell), fmt.Sprintf("There is no shared service with the code %q.", cell))
		}
		return record.JSON(id), nil
	}
	return record.JSON(cell), nil
}

// neverEmpty are the faults of fields that cannot be emptied.
var neverEmpty = map[string]*fault.Error{
	"nameSv":     fault.Field("nameSv", "cell_empty", "Namnet kan inte tömmas. En e-tjänst tas bort genom att arkiveras.", "The name cannot be emptied. An e-service is removed by archiving it."),
	"slug":       fault.Field("slug", "cell_empty", "Adressnamnet kan inte tömmas.", "The slug cannot be emptied."),
	"ownerUnit":  fault.Field("ownerUnit", "cell_empty", "En e-tjänst har alltid en ägande enhet. Skriv enhetens namn.", "An e-service always has an owning unit. Write the unit's name."),
	"visibility": fault.Field("visibility", "cell_empty", "Synligheten kan inte tömmas.", "The visibility cannot be emptied."),
	"status":     fault.Field("status", "cell_empty", "Statusen kan inte tömmas.", "The status cannot be emptied."),
}

var yesOrNo = map[string]bool{"ja": true, "nej": false, "yes": true, "no": false, "TRUE": true, "FALSE": false, "sant": true, "falskt": false, "1": true, "0": false}

// codeOf gives the coded value that a text names, in either language or as the API does.
func (c *sheetColumn) codeOf(word string) (string, bool) {
	for _, known := range allCodes[c.codes] {
		if strings.EqualFold(word, known.Sv) || strings.EqualFold(word, known.En) || word == known.Value {
			return known.Value, true
		}
	}
	return "", false
}

func (c *sheetColumn) unknownWord(word string, n *sheetNames) *fault.Error {
	known := strings.Join(c.words(n), separator)
	return fault.Field(c.field, "cell_word",
		fmt.Sprintf("%q är inget av de ord som finns för %s. Välj bland: %s.", word, c.sv, known),
		fmt.Sprintf("%q is none of the words for %s. Choose among: %s.", word, c.en, known))
}

// dayOf reads a day as Swedish spreadsheets write it.
func dayOf(cell string) (date.Date, bool) {
	for _, layout := range []string{time.DateOnly, "2006-1-2", "20060102"} {
		if t, err := time.Parse(layout, cell); err == nil && t.Year() > 0 {
			d, err := date.Parse(t.Format(time.DateOnly))
			return d, err == nil
		}
	}
	return date.Date{}, false
}

// sheetTable lays e-services out as a table in the names' language.
func sheetTable(services []*EService, n *sheetNames) sheet.Table {
	t := sheet.Table{Title: n.word("E-tjänster", "E-services"), WordsTitle: n.word("Ord", "Words")}
	for i := range sheetColumns {
		c := &sheetColumns[i]
		t.Columns = append(t.Columns, sheet.Column{Heading: c.heading(n.language), Width: c.width, Words: c.words(n), Several: c.kind == manyCodes})
	}
	for _, e := range services {
		values := e.values()
		row := make([]string, len(sheetColumns))
		for i := range sheetColumns {
			row[i] = sheetColumns[i].show(e, values, n)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
