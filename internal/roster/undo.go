package roster

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

const importOperation = "importSpreadsheet"

// UndoOperation is what an undo is called in the history.
const UndoOperation = "undoChange"

// Undo names a change that is to be undone.
type Undo struct {
	Municipality uuid.UUID
	Change       int64
	// Comment says why; a preview needs none.
	Comment string
}

// UndoOutcome is what an undo does to one record.
type UndoOutcome string

// The outcomes.
const (
	Restored     UndoOutcome = "RESTORED"  // fields go back to what they were
	TakenOut     UndoOutcome = "ARCHIVED"  // the change had registered it: it is archived
	StaysEdited  UndoOutcome = "KEPT"      // what the change set has been edited since, and stays
	AlreadyBack  UndoOutcome = "UNCHANGED" // nothing is left to undo
	CannotReturn UndoOutcome = "REFUSED"   // what it was breaks a rule today, and it stays as it is
)

// UndoLine is what an undo does to one record.
type UndoLine struct {
	Outcome UndoOutcome
	Table   string // the kind of record
	Record  uuid.UUID
	Name    string
	// Restored are the fields that go back: Before is what they hold now.
	Restored []history.Field
	// Kept are the fields that somebody has edited since: Before is what the change
	// gave them, After what they hold and keep.
	Kept []history.Field
	// Months is how many months of use stay with one that is archived.
	Months int
	// Drafted tells that a record that the undo changes has an open draft, which stays as
	// it is. InDraft are the columns that go back and that it has too: it then shows the
	// conflict.
	Drafted bool
	InDraft []string
	Faults  fault.List
}

// UndoPlan is what an undo would do, or did.
type UndoPlan struct {
	Lines  []UndoLine
	Counts map[UndoOutcome]int
	// Number is the undo's own change; nil for a preview, and where nothing was left
	// to undo.
	Number *int64
}

// undoing is what a change did, as it lies in the past.
type undoing[T any, P record.Pointer[T]] struct {
	Roster[T, P]
	columns []string // that an undo sets, sorted
	after   []*T
	before  map[uuid.UUID]*T
}

// undone is a plan with the records that it makes.
type undone[T any] struct {
	*UndoPlan
	saved []*T
	line  []int // of each saved, its place among Lines
	are   map[uuid.UUID]*T
}

// neverSet are the columns that no undo sets: what the record is, and what the database
// says of it.
var neverSet = []string{"id", "version", "created_at", "updated_at", "changed_in", "municipality_id"}

func (k Roster[T, P]) undoing(ctx context.Context, u Undo) (*undoing[T, P], error) {
	session := k.Keeper.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	if u.Change < 1 || u.Change > now.Change {
		return nil, fault.Missing()
	}
	then, err := now.Before(ctx, u.Change)
	if err != nil {
		return nil, err
	}
	p := &undoing[T, P]{Roster: k}
	if p.after, err = leftBy[T](ctx, then, k.Kind.Table, columnOf(k.Columns, k.Name).column(), u.Municipality); err != nil {
		return nil, err
	}
	if len(p.after) == 0 {
		return nil, fault.Missing() // also where they are another municipality's
	}
	operation, err := operationOf(ctx, now, u.Change)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(append([]string{importOperation, UndoOperation}, k.Undoable...), operation) {
		return nil, fault.Field("change", "undo_operation",
			"Bara importer, inläsning av kalkylblad, ändringar av många e-tjänster och ångringar kan ångras. Rätta posten för hand.",
			"Only imports, spreadsheets taken in, edits of many e-services and undoings can be undone. Correct the record by hand.")
	}
	earlier, err := now.Before(ctx, u.Change-1)
	if err != nil {
		return nil, err
	}
	postgres.EachColumn(new(T), func(column string, _ reflect.Value) {
		if !slices.Contains(neverSet, column) && !slices.Contains(k.NotUndone, column) {
			p.columns = append(p.columns, column)
		}
	})
	slices.Sort(p.columns)
	p.before, err = byID[T, P](ctx, earlier, k.Kind.Table, p.ids())
	return p, err
}

func (p *undoing[T, P]) ids() []uuid.UUID {
	ids := make([]uuid.UUID, len(p.after))
	for i, one := range p.after {
		ids[i] = P(one).Base().ID
	}
	return ids
}

// PreviewUndo tells what an undo would do, and changes nothing. What spans several
// records, such as a slug that is taken, is told when it is done.
func (k Roster[T, P]) PreviewUndo(ctx context.Context, u Undo) (*UndoPlan, error) {
	if err := k.require(ctx, u.Municipality); err != nil {
		return nil, err
	}
	past, err := k.undoing(ctx, u)
	if err != nil {
		return nil, err
	}
	session := k.Keeper.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := past.plan(ctx, now, u.Municipality, now.At)
	if err != nil {
		return nil, err
	}
	return plan.UndoPlan, past.sumUp(ctx, now, plan.UndoPlan)
}

// UndoChange takes back what a change did to records, as one change: each field that
// still has the value that the change gave it goes back to what it was, and what the
// change registered is archived. What has been edited since stays, as does what a rule
// refuses today. Undoing again finds nothing to do; an undo can be undone.
func (k Roster[T, P]) UndoChange(ctx context.Context, u Undo) (*UndoPlan, error) {
	if err := k.require(ctx, u.Municipality); err != nil {
		return nil, err
	}
	if strings.TrimSpace(u.Comment) == "" {
		return nil, fault.Field("comment", "undo_comment", "Skriv varför ändringen ångras.", "Say why the change is undone.")
	}
	past, err := k.undoing(ctx, u)
	if err != nil {
		return nil, err
	}
	// What is decided before the change begins keeps no other writer waiting.
	session := k.Keeper.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := past.plan(ctx, now, u.Municipality, now.At)
	if err != nil {
		return nil, err
	}
	if len(plan.saved) == 0 {
		return plan.UndoPlan, past.sumUp(ctx, now, plan.UndoPlan)
	}
	session.Close()
	err = k.Keeper.Journal.Write(ctx, UndoOperation, u.Comment, func(tx *postgres.Tx) (err error) {
		// Where no change has come between, what was planned is still so.
		if tx.Number == now.Change+1 {
			plan.archiveAt(tx.At)
		} else if plan, err = past.plan(ctx, tx, u.Municipality, tx.At); err != nil {
			return err
		}
		places := map[*T]int{}
		for i, one := range plan.saved {
			places[one] = plan.line[i]
		}
		done, err := record.KeepWhatMay(ctx, tx, k.Kind.Constraints, plan.saved, k.keep(ctx, plan.are, postgres.SaveTogether), func(one *T, faults fault.List) { plan.refuse(places[one], faults) })
		if err != nil {
			return err
		}
		if err := past.sumUp(ctx, tx, plan.UndoPlan); err != nil {
			return err
		}
		if done == 0 {
			return errIdle
		}
		plan.Number = &tx.Number
		return nil
	})
	if err != nil && !errors.Is(err, errIdle) {
		return nil, err
	}
	return plan.UndoPlan, nil
}

func (p *UndoPlan) refuse(line int, faults fault.List) {
	l := &p.Lines[line]
	l.Outcome, l.Faults, l.Restored = CannotReturn, faults, nil
}

// sumUp counts the lines, and tells what stays with the records that they change: the use
// of those that are archived, and open drafts.
func (p *undoing[T, P]) sumUp(ctx context.Context, r postgres.Reader, plan *UndoPlan) error {
	var archived, changed []uuid.UUID
	plan.Counts = map[UndoOutcome]int{}
	for _, l := range plan.Lines {
		plan.Counts[l.Outcome]++
		if l.Outcome == TakenOut {
			archived = append(archived, l.Record)
		}
		if len(l.Restored) > 0 {
			changed = append(changed, l.Record)
		}
	}
	if len(changed) == 0 || p.Drafted == nil {
		return nil
	}
	months, err := p.Months(ctx, r, archived)
	if err != nil {
		return err
	}
	drafts, err := p.Drafted(ctx, r, changed)
	for i := range plan.Lines {
		l := &plan.Lines[i]
		l.Months = months[l.Record]
		l.Drafted = drafts[l.Record] != nil
		for _, f := range l.Restored {
			if drafts[l.Record][f.Column] {
				l.InDraft = append(l.InDraft, f.Column)
			}
		}
	}
	return err
}

// plan decides what the undo does to each record, as they are now.
func (p *undoing[T, P]) plan(ctx context.Context, r postgres.Reader, municipality uuid.UUID, at time.Time) (*undone[T], error) {
	now, err := byID[T, P](ctx, r, p.Kind.Table, p.ids())
	if err != nil {
		return nil, err
	}
	plan := &undone[T]{UndoPlan: &UndoPlan{}, are: now}
	var wanted, are []*T
	var lines []int
	for _, after := range p.after {
		id := P(after).Base().ID
		current := now[id]
		line := UndoLine{Table: p.Kind.Table, Record: id, Name: p.nameOf(current)}
		next := *current
		if before, was := p.before[id]; was {
			line.Outcome = p.back(before, after, &next, &line)
		} else {
			line.Outcome = p.out(after, &next, &line, at)
		}
		if line.Outcome == Restored || line.Outcome == TakenOut {
			wanted, are, lines = append(wanted, &next), append(are, current), append(lines, len(plan.Lines))
		}
		plan.Lines = append(plan.Lines, line)
	}
	if len(wanted) == 0 {
		return plan, nil
	}
	broken, err := postgres.Check(ctx, r, p.Kind.Table, wanted, p.Kind.Constraints)
	if err != nil {
		return nil, err
	}
	beside := map[int]fault.List{}
	if p.Beside != nil {
		if beside, err = p.Beside(ctx, r, municipality, are, wanted); err != nil {
			return nil, err
		}
	}
	for i, one := range wanted {
		if faults := append(broken[i], beside[i]...); len(faults) > 0 {
			plan.refuse(lines[i], faults)
			continue
		}
		plan.saved, plan.line = append(plan.saved, one), append(plan.line, lines[i])
	}
	return plan, nil
}

// archiveAt sets the instant of what is archived.
func (p *undone[T]) archiveAt(at time.Time) {
	for i, one := range p.saved {
		line := &p.Lines[p.line[i]]
		if line.Outcome != TakenOut {
			continue
		}
		postgres.Column(one, "archived_at").Set(reflect.ValueOf(&at))
		for k := range line.Restored {
			if line.Restored[k].Column == "archived_at" {
				line.Restored[k].After = record.JSON(at)
			}
		}
	}
}

// valueOf gives what a record has in a column.
func valueOf(record any, column string) any { return postgres.Column(record, column).Interface() }

// sameValue tells whether two values of a column are written alike. Most are the very same,
// which is found without writing them.
func sameValue(a, b any) bool {
	return reflect.DeepEqual(a, b) || bytes.Equal(record.JSON(a), record.JSON(b))
}

// back sets of next the fields that the change set and that still have its value.
func (p *undoing[T, P]) back(before, after, next *T, line *UndoLine) UndoOutcome {
	for _, column := range p.columns {
		was, gave, has := valueOf(before, column), valueOf(after, column), valueOf(next, column)
		switch {
		case sameValue(was, gave) || sameValue(has, was):
		case sameValue(has, gave):
			line.Restored = append(line.Restored, history.Field{Column: column, Before: record.JSON(has), After: record.JSON(was)})
			postgres.Column(next, column).Set(postgres.Column(before, column))
		default:
			line.Kept = append(line.Kept, history.Field{Column: column, Before: record.JSON(gave), After: record.JSON(has)})
		}
	}
	beside := p.Back != nil && p.Back(before, after, next)
	switch {
	case len(line.Restored) > 0 || beside:
		return Restored
	case len(line.Kept) > 0:
		return StaysEdited
	}
	return AlreadyBack
}

// out archives a record that the change registered, unless it has become another one
// since: at least half of what the change gave it has other values now.
func (p *undoing[T, P]) out(after, next *T, line *UndoLine, at time.Time) UndoOutcome {
	if isArchived(next) {
		return AlreadyBack
	}
	empty := new(T)
	if p.Kind.Fill != nil {
		p.Kind.Fill(empty)
	}
	given, lost := 0, 0
	for _, column := range p.columns {
		gave, has := valueOf(after, column), valueOf(next, column)
		isGiven, isEdited := !sameValue(valueOf(empty, column), gave), !sameValue(has, gave)
		if isGiven {
			given++
		}
		if isGiven && isEdited {
			lost++
		}
		if _, withdrawn := p.Withdrawn[column]; isEdited && !withdrawn { // what is withdrawn goes back, and is told so
			line.Kept = append(line.Kept, history.Field{Column: column, Before: record.JSON(gave), After: record.JSON(has)})
		}
	}
	if 2*lost >= given {
		return StaysEdited
	}
	sets := map[string]any{"archived_at": &at}
	for column, value := range p.Withdrawn {
		sets[column] = value
	}
	for column, value := range sets {
		if has := valueOf(next, column); !sameValue(has, value) {
			line.Restored = append(line.Restored, history.Field{Column: column, Before: record.JSON(has), After: record.JSON(value)})
		}
		postgres.Column(next, column).Set(reflect.ValueOf(value))
	}
	slices.SortFunc(line.Restored, func(a, b history.Field) int { return strings.Compare(a.Column, b.Column) })
	return TakenOut
}
