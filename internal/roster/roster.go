// Package roster is how a list of records leaves as a spreadsheet, and how what has been
// edited in the file is taken in, the same for every kind of record: a table of columns,
// a comparison with the version that each row was written from, and the record's own
// rules when it is kept.
package roster

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// Title is what a list and its files are called.
type Title struct {
	Sv, En         string // such as E-tjänster, E-services
	FileSv, FileEn string // such as e-tjanster, e-services
}

// Roster says how the lists of one kind of record leave and enter.
type Roster[T any, P record.Pointer[T]] struct {
	Keeper  record.Keeper
	Kind    record.Kind[T, P]
	Title   Title
	Columns []Column[T]
	// References are the kinds of record that the columns refer to, beside units and
	// municipalities.
	References []Reference
	// Tell gives the texts that a list tells of its records beside their fields, by what
	// they tell and the record; nil for none.
	Tell func(ctx context.Context, r postgres.Reader, ids []uuid.UUID, in text.Language) (map[string]map[uuid.UUID]string, error)

	// Action is what whoever takes a file in must be allowed to do.
	Action access.Rule
	// Name is the field that a row is called by.
	Name string
	// Key is what a row without an id is known by: the record that there is with the key is
	// the same, when it has all that the row says.
	Key func(P) string
	// Twin tells of two with the same key whether they are the same one; nil where they are.
	Twin func(added, other P) bool
	// Begin sets what a new record is before its cells are read; nil for nothing.
	Begin func(in Spreadsheet, made P)
	// Completing gives what completes new records when their cells are read, by the records
	// that there are; nil for nothing.
	Completing func(in Spreadsheet, live []*T) func(made P)
	// Next sets what follows from an edit of what the record was; nil for nothing.
	Next func(next, was P)
	// Beside gives the faults that records have with other rows, by their place; a new one
	// was what it is. nil for none.
	Beside func(ctx context.Context, r postgres.Reader, municipality uuid.UUID, were, records []*T) (map[int]fault.List, error)
	// Unique are the fields that no two records of the municipality have alike.
	Unique []Unique[T]
	// Settle sees to the rules of records within the write, and may set more of them; what a
	// new one was is nil. Settled, when given, runs for each when they are kept.
	Settle  func(ctx context.Context, tx *postgres.Tx, records, were []P) error
	Settled func(ctx context.Context, tx *postgres.Tx, record, was P) error
	// Drafted tells, of records that have an open draft, which columns it has too; nil for
	// kinds without drafts. Months tells, for those kinds, how many months of use stay with
	// records.
	Drafted func(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]map[string]bool, error)
	Months  func(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]int, error)

	// Undoable are the operations whose changes can be undone beside the taking in of a
	// spreadsheet and the undoing itself: those that set many records at once.
	Undoable []string
	// NotUndone are the columns that an undo leaves to Back, which sets what goes back
	// beside the columns, and tells whether anything does.
	NotUndone []string
	Back      func(before, after, next P) bool
	// Withdrawn are the values of columns that a record gets when it is archived.
	Withdrawn map[string]any
	// Standing refuses to archive a record that others stand on; nil where nothing does.
	Standing func(ctx context.Context, tx *postgres.Tx, record P) error
}

// Unique is a field that no two records of a municipality have alike.
type Unique[T any] struct {
	Field, Constraint string
	Of                func(*T) string // empty for none
}

// Right is what whoever takes a file in must be allowed to do.
func (k Roster[T, P]) Right() access.Rule { return k.Action }

// Each settles records one by one.
func Each[P any](settle func(ctx context.Context, tx *postgres.Tx, record, was P) error) func(context.Context, *postgres.Tx, []P, []P) error {
	return func(ctx context.Context, tx *postgres.Tx, records, were []P) error {
		for i, one := range records {
			if err := settle(ctx, tx, one, were[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

// nodeID is a record's global id.
func nodeID(table string, id uuid.UUID) gid.ID { return gid.New(table, id) }

// values gives what a record has in its columns, with what it has when nothing is given.
func (k Roster[T, P]) values(r *T) record.Values {
	filled := *r
	if k.Kind.Fill != nil {
		k.Kind.Fill(&filled)
	}
	return record.ValuesOf(&filled)
}

// references are those of the columns.
func (k Roster[T, P]) references() []Reference {
	all := append([]Reference{Units, Municipalities}, k.References...)
	return slices.DeleteFunc(all, func(ref Reference) bool {
		return ref.Table != Municipalities.Table && !slices.ContainsFunc(k.Columns, func(c Column[T]) bool { return c.Refers == ref.Table })
	})
}

// names reads the names of what records of municipalities refer to, or may.
func (k Roster[T, P]) names(ctx context.Context, r postgres.Reader, of []uuid.UUID, records []record.Values, in text.Language) (*Names, error) {
	n := &Names{Language: in, labels: map[string]map[uuid.UUID]string{}, means: map[string]map[string][]uuid.UUID{}, refs: map[string]Reference{}}
	for _, ref := range k.references() {
		all, err := ref.Read(ctx, r, of, referred(k.Columns, ref.Table, records), in)
		if err != nil {
			return nil, err
		}
		n.refs[ref.Table] = ref
		n.mean(ref.Table, all)
	}
	return n, nil
}

// Export gives a list, whole, as a spreadsheet: what the caller may see of it, and of the
// own municipality's the version that a changed file is compared with when it is taken in
// again. One of more rows than a file holds is LIMITED.
func (k Roster[T, P]) Export(ctx context.Context, r postgres.Reader, l postgres.List, format sheet.Format, in text.Language) (*sheet.File, error) {
	records, err := postgres.Whole[T](ctx, r, l, sheet.MaxRows+1)
	if err != nil {
		return nil, err
	}
	return k.Write(ctx, r, records, format, in)
}

// Write gives records as a spreadsheet.
func (k Roster[T, P]) Write(ctx context.Context, r postgres.Reader, records []*T, format sheet.Format, in text.Language) (*sheet.File, error) {
	ids, all := make([]uuid.UUID, len(records)), make([]record.Values, len(records))
	var of []uuid.UUID
	owned := map[uuid.UUID]bool{}
	for i, one := range records {
		ids[i], all[i] = P(one).Base().ID, k.values(one)
		if owner := idIn(all[i]["municipality_id"]); !owned[owner] {
			owned[owner] = true
			of = append(of, owner)
		}
	}
	n, err := k.names(ctx, r, of, all, in)
	if err != nil {
		return nil, err
	}
	if k.Tell != nil {
		if n.Told, err = k.Tell(ctx, r, ids, in); err != nil {
			return nil, err
		}
	}
	t := sheet.Table{Title: n.Word(k.Title.Sv, k.Title.En), WordsTitle: n.Word("Ord", "Words")}
	for i := range k.Columns {
		c := &k.Columns[i]
		t.Columns = append(t.Columns, sheet.Column{Heading: c.heading(in), Width: c.Width, Words: c.words(n), Several: c.Cell == Many})
	}
	reader := access.From(ctx)
	for i, one := range records {
		row := make([]string, len(k.Columns))
		for at := range k.Columns {
			row[at] = k.Columns[at].show(one, all[i], n)
			// What others do not see of a record stands empty: nobody is to take their file in,
			// which would take it away.
			if k.Columns[at].Field == versionColumn && !reader.Own(idIn(all[i]["municipality_id"])) && reader.Kind != access.System {
				row[at] = ""
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return sheet.FileOf(n.Word(k.Title.FileSv, k.Title.FileEn), date.Of(k.Keeper.Journal.DB.Now()), format, t)
}

// Spreadsheet is a file that is to be taken in.
type Spreadsheet struct {
	Municipality uuid.UUID
	Content      []byte
	// Source is the file's name, which records that it registers as found tell of.
	Source string
	// DefaultOwner is the unit that owns a new record whose row names none.
	DefaultOwner *uuid.UUID
	// Comment is what the change is called in the history.
	Comment string
}

// Found gives where a record that it registers as found is known from: the file.
func (in Spreadsheet) Found() *string {
	source := cmp.Or(strings.TrimSpace(in.Source), "Kalkylblad")
	return &source
}

// FoundReason gives why a record is registered as found that a file registers.
func FoundReason() *string {
	reason := "Fanns när kalkylbladet lästes in"
	return &reason
}

// Key is the key of a record among the others that hang on the same one: texts in small
// letters.
func Key(of *uuid.UUID, texts ...string) string {
	var b strings.Builder
	if of != nil {
		b.WriteString(of.String())
	}
	for _, text := range texts {
		b.WriteByte('\n')
		b.WriteString(strings.ToLower(strings.TrimSpace(text)))
	}
	return b.String()
}

// DayText writes a day; empty for none.
func DayText(d *date.Date) string {
	if d == nil {
		return ""
	}
	return d.String()
}

// NumberText writes a number in a language.
func NumberText(number float64, in text.Language) string {
	written := strconv.FormatFloat(number, 'f', -1, 64)
	if in == text.English {
		return written
	}
	return strings.Replace(written, ".", ",", 1)
}

// Outcome is what a row does to the register.
type Outcome string

// The outcomes.
const (
	New       Outcome = "NEW"       // it registers a record
	Changed   Outcome = "CHANGED"   // cells have other values than the file was written with
	Conflict  Outcome = "CONFLICT"  // a changed cell's field has been changed in the register too: the row is left alone
	Unchanged Outcome = "UNCHANGED" // nothing to do
	Refused   Outcome = "REFUSED"   // the row is at fault and left alone
)

// Difference is a cell whose value differs.
type Difference struct {
	Place string // such as B7
	Field string // as in the API
	// Column is the field's in the database.
	Column string
	// Heading is the column's, as the file has it.
	Heading string
	// Before is the register's value and After the file's, as JSON.
	Before, After json.RawMessage
	// Conflict tells that the register's value is another one than the file was written with.
	Conflict bool
	// InDraft tells that the record's open draft has the field too.
	InDraft bool
}

// Fault is what is wrong with a row, and in which cell.
type Fault struct {
	*fault.Error
	Place string // such as B7; empty when it is not of one cell
}

// Line is what one row does.
type Line struct {
	Outcome Outcome
	Row     int // in the file, from 1
	Name    string
	// Record is the record here; nil for one that is not here, or not yet.
	Record *uuid.UUID
	// Table is the kind of record.
	Table  string
	Cells  []Difference
	Faults []Fault
}

// Plan is what taking a file in would do, or did.
type Plan struct {
	Lines  []Line
	Counts map[Outcome]int
	// Ignored are the headings of columns that are not known.
	Ignored []string
	// Fingerprint names what was previewed.
	Fingerprint string
	// Number is the change that took it in; nil for a preview, and where nothing was to be done.
	Number *int64
}

// Differences counts the cells that the plan takes in of records that there are.
func (p *Plan) Differences() int {
	n := 0
	for _, line := range p.Lines {
		if line.Outcome == Changed {
			n += len(line.Cells)
		}
	}
	return n
}
