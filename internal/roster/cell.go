package roster

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
	"fardplan/internal/text"
)

// Column is a column of a list.
type Column[T any] struct {
	Field  string // as in the API; "" for one that tells of the record and is no field of it
	Sv, En string // its heading
	Cell   Cell
	Codes  []Code  // of One and Many
	Refers string  // of Ref, and of a field that Told tells: the table of what it refers to
	Width  float64 // in characters; 0 for one that suits the heading
	// Told gives the text of a column that is read-only.
	Told func(*T, *Names) string
	// OnlyNew tells that the field is read of a row that registers a record only: it has
	// operations of its own afterwards.
	OnlyNew bool
	// Kept tells that the field always holds something, and is not emptied; Emptied is the
	// fault of who tries, where it has more to say than that.
	Kept    bool
	Emptied *fault.Error
	// Missing is the fault of a new record without the field; nil where it may lack it.
	Missing *fault.Error
}

// Code is one value of a coded field, with its names for people.
type Code struct{ Value, Sv, En string }

// CodesOf gives a domain's codes as those of a column.
func CodesOf[C ~struct{ Value, Sv, En string }](codes []C) []Code {
	all := make([]Code, len(codes))
	for i, c := range codes {
		all[i] = Code(c)
	}
	return all
}

// CodesNamed gives the codes of values whose names a function tells.
func CodesNamed[V ~string](values []V, name func(string) (sv, en string)) []Code {
	all := make([]Code, len(values))
	for i, v := range values {
		sv, en := name(string(v))
		all[i] = Code{string(v), sv, en}
	}
	return all
}

// Cell is what a cell of a column holds, and how it is read.
type Cell int

// The kinds of cell.
const (
	Text     Cell = iota
	Words         // texts, apart by semicolons
	One           // a code
	Many          // codes, apart by semicolons
	Day           // a date
	YesNo         // a truth value
	Whole         // a whole number
	Decimal       // a number, with a comma in Swedish
	Ref           // another record, by its name
	ReadOnly      // shown, and not taken in
)

// Headings that a row is known by.
const (
	idColumn           = "id"
	versionColumn      = "version"
	municipalityColumn = "municipality"
)

// Identity are the columns that each list begins with.
func Identity[T any, P record.Pointer[T]](table string) []Column[T] {
	return []Column[T]{
		{Field: idColumn, Sv: "Id", En: "Id", Cell: ReadOnly, Width: 10, Told: func(r *T, _ *Names) string { return string(nodeID(table, P(r).Base().ID)) }},
		{Field: versionColumn, Sv: "Version", En: "Version", Cell: ReadOnly, Width: 8, Told: func(r *T, _ *Names) string { return strconv.Itoa(P(r).Base().Version) }},
		{Field: municipalityColumn, Sv: "Kommun", En: "Municipality", Cell: ReadOnly, Refers: "municipality"},
	}
}

// LastChanged is the column of the day when the record was last changed.
func LastChanged[T any, P record.Pointer[T]]() Column[T] {
	return Column[T]{Sv: "Senast ändrad", En: "Last changed", Cell: ReadOnly, Told: func(r *T, _ *Names) string { return date.Of(P(r).Base().UpdatedAt).String() }}
}

// heading gives the column's heading in a language. What a program reads and does not
// take in says so.
func (c *Column[T]) heading(in text.Language) string {
	sv, en := c.Sv, c.En
	if c.Cell == ReadOnly && c.Field != idColumn && c.Field != versionColumn {
		sv, en = sv+" (läses inte in)", en+" (not taken in)"
	}
	if in == text.English {
		return en
	}
	return sv
}

// column is the field's column in the database.
func (c *Column[T]) column() string { return record.ColumnOf[T](c.Field) }

// called finds the column of a heading, letter case and the space around aside, and the
// heading's language.
func called[T any](columns []Column[T], heading string) (*Column[T], text.Language) {
	heading = strings.Join(strings.Fields(norm.NFC.String(heading)), " ")
	for _, language := range []text.Language{text.Swedish, text.English} {
		for i := range columns {
			c := &columns[i]
			plain := c.Sv
			if language == text.English {
				plain = c.En
			}
			if strings.EqualFold(heading, plain) || strings.EqualFold(heading, c.heading(language)) || c.Field != "" && heading == c.Field {
				return c, language
			}
		}
	}
	return nil, ""
}

// Names are the names that cells have for records, in a language.
type Names struct {
	Language text.Language
	// labels are what records are written as, by table and id.
	labels map[string]map[uuid.UUID]string
	// means are the records that a text in small letters means when it is read, by table.
	means map[string]map[string][]uuid.UUID
	// Told are texts that a list tells of its records beside their fields, by what they
	// tell and the record.
	Told map[string]map[uuid.UUID]string
	refs map[string]Reference
}

// Word gives a word in the names' language.
func (n *Names) Word(sv, en string) string {
	if n.Language == text.English {
		return en
	}
	return sv
}

// Yes gives a truth value as a word.
func (n *Names) Yes(b bool) string {
	if b {
		return n.Word("ja", "yes")
	}
	return n.Word("nej", "no")
}

// Code gives the name of a coded value.
func (n *Names) Code(codes []Code, value string) string {
	for _, known := range codes {
		if known.Value == value {
			return n.Word(known.Sv, known.En)
		}
	}
	return value
}

// Label gives what a record of a table is written as; empty for one that the caller does
// not see.
func (n *Names) Label(table string, id uuid.UUID) string { return n.labels[table][id] }

// separator stands between the values of a cell that holds several.
const separator = "; "

// show gives the text of a column's cell for a record.
func (c *Column[T]) show(r *T, values record.Values, n *Names) string {
	if c.Told != nil {
		return c.Told(r, n)
	}
	value := values[c.column()]
	if value == nil || string(value) == "null" {
		return ""
	}
	if c.Refers != "" {
		return n.Label(c.Refers, idIn(value))
	}
	switch c.Cell {
	case Many, Words:
		var all []string
		mustRead(value, &all)
		for i := range all {
			all[i] = n.Code(c.Codes, all[i])
		}
		return strings.Join(all, separator)
	case YesNo:
		var b bool
		mustRead(value, &b)
		return n.Yes(b)
	case Whole:
		return string(value)
	case Decimal:
		var number float64
		mustRead(value, &number)
		return NumberText(number, n.Language)
	}
	var one string
	mustRead(value, &one)
	return n.Code(c.Codes, one)
}

func mustRead(value json.RawMessage, into any) {
	if err := json.Unmarshal(value, into); err != nil {
		panic(err) // it was written by record.JSON of the same kind of value
	}
}

// idIn gives the id that a value is; Nil for none.
func idIn(value json.RawMessage) uuid.UUID {
	var id *uuid.UUID
	if json.Unmarshal(value, &id) != nil || id == nil {
		return uuid.Nil
	}
	return *id
}

// words are what the cells of a coded column may hold.
func (c *Column[T]) words(n *Names) []string {
	var all []string
	switch {
	case c.Cell == YesNo:
		all = []string{n.Yes(true), n.Yes(false)}
	case c.Cell == One, c.Cell == Many:
		for _, known := range c.Codes {
			all = append(all, n.Word(known.Sv, known.En))
		}
	}
	return all
}

// emptied is the fault of who empties a field that always holds something; nil where the
// field may be empty.
func (c *Column[T]) emptied() *fault.Error {
	switch {
	case c.Emptied != nil:
		return c.Emptied
	case c.Kept:
		return fault.Field(c.Field, "cell_empty", "Kolumnen "+c.Sv+" kan inte tömmas.", "The column "+c.En+" cannot be emptied.")
	}
	return nil
}

// read gives the value of a cell's text as JSON has it: null for an empty one. A list
// that is empty is an empty list.
func (c *Column[T]) read(cell string, n *Names) (json.RawMessage, *fault.Error) {
	cell = strings.TrimSpace(norm.NFC.String(cell))
	several := c.Cell == Many || c.Cell == Words
	switch {
	case cell == "" && several:
		return json.RawMessage("[]"), nil
	case cell == "":
		if f := c.emptied(); f != nil {
			return nil, f
		}
		return json.RawMessage("null"), nil
	}
	switch c.Cell {
	case One:
		value, ok := c.codeOf(cell)
		if !ok {
			return nil, c.unknownWord(cell, n)
		}
		return record.JSON(value), nil
	case Many, Words:
		all := []string{}
		for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == '\n' }) {
			part = strings.TrimSpace(part)
			if part == "" {
				continue
			}
			if c.Cell == Many {
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
	case Day:
		d, ok := dayOf(cell)
		if !ok {
			return nil, fault.Field(c.Field, "cell_day",
				fmt.Sprintf("%q är ingen dag. Skriv den som 2026-03-31.", cell), fmt.Sprintf("%q is no day. Write it as 2026-03-31.", cell))
		}
		return record.JSON(d), nil
	case YesNo:
		for word, value := range yesOrNo {
			if strings.EqualFold(cell, word) {
				return record.JSON(value), nil
			}
		}
		return nil, fault.Field(c.Field, "cell_yes_no",
			fmt.Sprintf("%q är varken ja eller nej. Skriv ja eller nej, eller lämna cellen tom.", cell), fmt.Sprintf("%q is neither yes nor no. Write yes or no, or leave the cell empty.", cell))
	case Whole:
		number, err := strconv.ParseInt(cell, 10, 64)
		if err != nil {
			return nil, fault.Field(c.Field, "number", "Ange ett heltal med siffror.", "Give a whole number in digits.")
		}
		return record.JSON(number), nil
	case Decimal:
		number, err := strconv.ParseFloat(plainNumber.Replace(cell), 64)
		if err != nil || number-number != 0 { // neither infinite nor no number
			return nil, fault.Field(c.Field, "cell_number", fmt.Sprintf("%q är inget tal. Skriv det som 12,5.", cell), fmt.Sprintf("%q is no number. Write it as 12.5.", cell))
		}
		return record.JSON(number), nil
	case Ref:
		return n.refs[c.Refers].read(c.Field, cell, n)
	}
	return record.JSON(cell), nil
}

// plainNumber takes away the spaces between thousands, and makes a comma a point.
var plainNumber = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "\u2212", "-", ",", ".")

var yesOrNo = map[string]bool{"ja": true, "nej": false, "yes": true, "no": false, "TRUE": true, "FALSE": false, "sant": true, "falskt": false, "1": true, "0": false}

// codeOf gives the coded value that a text names, in either language or as the API does.
func (c *Column[T]) codeOf(word string) (string, bool) {
	for _, known := range c.Codes {
		if strings.EqualFold(word, known.Sv) || strings.EqualFold(word, known.En) || word == known.Value {
			return known.Value, true
		}
	}
	return "", false
}

func (c *Column[T]) unknownWord(word string, n *Names) *fault.Error {
	known := strings.Join(c.words(n), separator)
	return fault.Field(c.Field, "cell_word",
		fmt.Sprintf("%q är inget av de ord som finns för %s. Välj bland: %s.", word, c.Sv, known),
		fmt.Sprintf("%q is none of the words for %s. Choose among: %s.", word, c.En, known))
}

// unreadable is the fault of a value that the field cannot hold, such as a number that is
// too great.
func (c *Column[T]) unreadable() *fault.Error {
	return fault.Field(c.Field, "cell_value", "Värdet går inte att läsa in i kolumnen "+c.Sv+".", "The value cannot be taken into the column "+c.En+".")
}

// notTakenIn is the fault of an edit of what is shown only.
func (c *Column[T]) notTakenIn() *fault.Error {
	if c.OnlyNew {
		return fault.Field(c.Field, "cell_not_taken_in",
			fmt.Sprintf("Kolumnen %s ändras med ett eget steg, inte i ett kalkylblad. Återställ cellen.", c.Sv),
			fmt.Sprintf("The column %s changes by a step of its own, not in a spreadsheet. Restore the cell.", c.En))
	}
	return fault.Field(c.Field, "cell_not_taken_in",
		fmt.Sprintf("Kolumnen %s läses inte in. Återställ cellen, eller töm den om raden är ny.", c.Sv),
		fmt.Sprintf("The column %s is not taken in. Restore the cell, or empty it if the row is new.", c.En))
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

// likeWritten gives a text without what programs change of it: the space around it, and
// which of the two spaces stands in it.
func likeWritten(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\u00a0", " "))
}
