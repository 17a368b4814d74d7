package eservice

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// undoable are the operations whose changes can be undone: those that set many
// e-services at once, and the undoing itself.
var undoable = []string{"importOep", "importSpreadsheet", "bulkEditEServices", undoOperation}

const undoOperation = "undoChange"

// Undo names a change that is to be undone.
type Undo struct {
	Municipality uuid.UUID
	Change       int64
	// Comment says why; a preview needs none.
	Comment string
}

// UndoOutcome is what an undo does to one e-service.
type UndoOutcome string

// The outcomes.
const (
	Restored     UndoOutcome = "RESTORED"  // fields go back to what they were
	TakenOut     UndoOutcome = "ARCHIVED"  // the change had registered it: it is unpublished and archived
	StaysEdited  UndoOutcome = "KEPT"      // what the change set has been edited since, and stays
	AlreadyBack  UndoOutcome = "UNCHANGED" // nothing is left to undo
	CannotReturn UndoOutcome = "REFUSED"   // what it was breaks a rule today, and it stays as it is
)

// UndoLine is what an undo does to one e-service.
type UndoLine struct {
	Outcome    UndoOutcome
	EServiceID uuid.UUID
	Name       string
	// Restored are the fields that go back: Before is what they hold now.
	Restored []history.Field
	// Kept are the fields that somebody has edited since: Before is what the change
	// gave them, After what they hold and keep.
	Kept []history.Field
	// Months is how many months of use stay with one that is archived.
	Months int
	// Draft is the open draft of an e-service that the undo changes, which stays as it is;
	// nil for none. InDraft are the columns that go back and that it has too: it then
	// shows the conflict.
	Draft   *Draft
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

	saved []*EService
	line  []int // of each saved, its place among Lines
}

// undoing is what a change did, as it lies in the past.
type undoing struct {
	after  []*EService
	before map[uuid.UUID]*EService
}

func (s *Service) undoing(ctx context.Context, u Undo) (p undoing, err error) {
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return p, err
	}
	if u.Change < 1 || u.Change > now.Change {
		return p, fault.Missing()
	}
	then, err := now.Before(ctx, u.Change)
	if err != nil {
		return p, err
	}
	if p.after, err = leftBy(ctx, then, u.Municipality); err != nil {
		return p, err
	}
	if len(p.after) == 0 {
		return p, fault.Missing() // also where they are another municipality's
	}
	operation, err := operationOf(ctx, now, u.Change)
	if err != nil {
		return p, err
	}
	if !slices.Contains(undoable, operation) {
		return p, fault.Field("change", "undo_operation",
			"Bara importer, inläsning av kalkylblad, ändringar av många e-tjänster och ångringar kan ångras. Rätta posten för hand.",
			"Only imports, spreadsheets taken in, edits of many e-services and undoings can be undone. Correct the record by hand.")
	}
	earlier, err := now.Before(ctx, u.Change-1)
	if err != nil {
		return p, err
	}
	p.before, err = servicesByID(ctx, earlier, p.ids())
	return p, err
}

func (p undoing) ids() []uuid.UUID {
	ids := make([]uuid.UUID, len(p.after))
	for i, e := range p.after {
		ids[i] = e.ID
	}
	return ids
}

// PreviewUndo tells what an undo would do, and changes nothing. What spans several
// records, such as a slug that is taken, is told when it is done; an owner that has closed
// is told by the preview too.
func (s *Service) PreviewUndo(ctx context.Context, u Undo) (*UndoPlan, error) {
	if err := s.Policy.Require(ctx, access.Import, u.Municipality); err != nil {
		return nil, err
	}
	past, err := s.undoing(ctx, u)
	if err != nil {
		return nil, err
	}
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := past.plan(ctx, now, now.At)
	if err != nil {
		return nil, err
	}
	return plan, s.sumUp(ctx, now, plan)
}

// UndoChange takes back what a change did to e-services, as one change: each field that
// still has the value that the change gave it goes back to what it was, and what the
// change registered is archived. What has been edited since stays, as does what a rule
// refuses today. Undoing again finds nothing to do; an undo can be undone.
func (s *Service) UndoChange(ctx context.Context, u Undo) (*UndoPlan, error) {
	if err := s.Policy.Require(ctx, access.Import, u.Municipality); err != nil {
		return nil, err
	}
	if strings.TrimSpace(u.Comment) == "" {
		return nil, fault.Field("comment", "undo_comment", "Skriv varför ändringen ångras.", "Say why the change is undone.")
	}
	past, err := s.undoing(ctx, u)
	if err != nil {
		return nil, err
	}
	// What is decided before the change begins keeps no other writer waiting.
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := past.plan(ctx, now, now.At)
	if err != nil {
		return nil, err
	}
	if len(plan.saved) == 0 {
		return plan, s.sumUp(ctx, now, plan)
	}
	session.Close()
	err = s.Journal.Write(ctx, undoOperation, u.Comment, func(tx *postgres.Tx) (err error) {
		// Where no change has come between, what was planned is still so.
		if tx.Number == now.Change+1 {
			plan.archiveAt(tx.At)
		} else if plan, err = past.plan(ctx, tx, tx.At); err != nil {
			return err
		}
		places := map[*EService]int{}
		for i, e := range plan.saved {
			places[e] = plan.line[i]
		}
		done, err := keepWhatMay(ctx, tx, plan.saved, saveTogether(ctx), func(e *EService, faults fault.List) { plan.refuse(places[e], faults) })
		if err != nil {
			return err
		}
		if err := s.sumUp(ctx, tx, plan); err != nil {
			return err
		}
		if done == 0 {
			return errIdle
		}
		plan.Number = &tx.Number
		return nil
	})
	if errors.Is(err, errIdle) {
		return plan, nil
	}
	return plan, err
}

// keepWhatMay keeps the e-services that nothing refuses, and tells of each other: what is
// refused together is tried by halves. It gives how many were kept.
func keepWhatMay(ctx context.Context, tx *postgres.Tx, records []*EService, keep func(*postgres.Tx, []*EService) error, refused func(*EService, fault.List)) (int, error) {
	if len(records) == 0 {
		return 0, nil
	}
	err := tx.Try(ctx, func(part *postgres.Tx) error { return keep(part, records) })
	if err == nil {
		return len(records), nil
	}
	faults := fault.All(constraints.Explain(err))
	switch {
	case len(faults) == 0:
		return 0, err
	case len(records) == 1:
		refused(records[0], faults)
		return 0, nil
	}
	half := len(records) / 2
	first, err := keepWhatMay(ctx, tx, records[:half], keep, refused)
	if err != nil {
		return 0, err
	}
	second, err := keepWhatMay(ctx, tx, records[half:], keep, refused)
	return first + second, err
}

// saveTogether writes e-services over what they were, by one statement.
func saveTogether(ctx context.Context) func(*postgres.Tx, []*EService) error {
	return func(tx *postgres.Tx, records []*EService) error {
		return postgres.SaveTogether(ctx, tx, "e_service", records)
	}
}

func (p *UndoPlan) refuse(line int, faults fault.List) {
	l := &p.Lines[line]
	l.Outcome, l.Faults, l.Restored = CannotReturn, faults, nil
}

// sumUp counts the lines, and tells what stays with the e-services that they change: the
// use of those that are archived, and open drafts.
func (s *Service) sumUp(ctx context.Context, r postgres.Reader, p *UndoPlan) error {
	var archived, changed []uuid.UUID
	p.Counts = map[UndoOutcome]int{}
	for _, l := range p.Lines {
		p.Counts[l.Outcome]++
		if l.Outcome == TakenOut {
			archived = append(archived, l.EServiceID)
		}
		if len(l.Restored) > 0 {
			changed = append(changed, l.EServiceID)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	months, err := monthsOf(ctx, r, archived)
	if err != nil {
		return err
	}
	open, err := s.OpenDrafts(ctx, r, changed)
	for i := range p.Lines {
		l := &p.Lines[i]
		l.Months = months[l.EServiceID]
		if l.Draft = open[l.EServiceID]; l.Draft == nil {
			continue
		}
		for _, f := range l.Restored {
			if _, drafted := l.Draft.Changes[f.Column]; drafted {
				l.InDraft = append(l.InDraft, f.Column)
			}
		}
	}
	return err
}

// plan decides what the undo does to each e-service, as they are now.
func (p undoing) plan(ctx context.Context, r postgres.Reader, at time.Time) (*UndoPlan, error) {
	now, err := servicesByID(ctx, r, p.ids())
	if err != nil {
		return nil, err
	}
	plan := &UndoPlan{}
	var wanted, are []*EService
	var lines []int
	for _, after := range p.after {
		current := now[after.ID]
		line := UndoLine{EServiceID: current.ID, Name: current.NameSv}
		next := *current
		if before, was := p.before[after.ID]; was {
			line.Outcome = back(before, after, &next, &line)
		} else {
			line.Outcome = out(after, &next, &line, at)
		}
		if line.Outcome == Restored || line.Outcome == TakenOut {
			wanted, are, lines = append(wanted, &next), append(are, current), append(lines, len(plan.Lines))
		}
		plan.Lines = append(plan.Lines, line)
	}
	broken, err := postgres.Check(ctx, r, "e_service", wanted, constraints)
	if err != nil || len(wanted) == 0 {
		return plan, err
	}
	owners, err := ownersRefused(ctx, r, wanted[0].MunicipalityID, are, wanted)
	if err != nil {
		return nil, err
	}
	for i, e := range wanted {
		if faults := append(broken[i], owners[i]...); len(faults) > 0 {
			plan.refuse(lines[i], faults)
			continue
		}
		plan.saved, plan.line = append(plan.saved, e), append(plan.line, lines[i])
	}
	return plan, nil
}

// archiveAt sets the instant of what is archived.
func (p *UndoPlan) archiveAt(at time.Time) {
	for i, e := range p.saved {
		line := &p.Lines[p.line[i]]
		if line.Outcome != TakenOut {
			continue
		}
		e.ArchivedAt = &at
		for k := range line.Restored {
			if line.Restored[k].Column == "archived_at" {
				line.Restored[k].After = record.JSON(at)
			}
		}
	}
}

// notSet are the columns that no undo sets: what the record is, what the database says of
// it, and the platform's fields, which go back one by one.
var notSet = []string{"id", "version", "created_at", "updated_at", "changed_in", "municipality_id", "first_published_at", "oep_seen"}

// undoneColumns are the columns that an undo sets, sorted.
var undoneColumns = func() (columns []string) {
	postgres.EachColumn(new(EService), func(column string, _ reflect.Value) {
		if !slices.Contains(notSet, column) {
			columns = append(columns, column)
		}
	})
	slices.Sort(columns)
	return columns
}()

// value gives what an e-service has in a column.
func (e *EService) value(column string) any {
	return postgres.Column(e, column).Interface()
}

// sameValue tells whether two values of a column are written alike. Most are the very same,
// which is found without writing them.
func sameValue(a, b any) bool {
	return reflect.DeepEqual(a, b) || bytes.Equal(record.JSON(a), record.JSON(b))
}

// back sets of next the fields that the change set and that still have its value.
func back(before, after, next *EService, line *UndoLine) UndoOutcome {
	for _, column := range undoneColumns {
		was, gave, has := before.value(column), after.value(column), next.value(column)
		switch {
		case sameValue(was, gave) || sameValue(has, was):
		case sameValue(has, gave):
			line.Restored = append(line.Restored, history.Field{Column: column, Before: record.JSON(has), After: record.JSON(was)})
			postgres.Column(next, column).Set(postgres.Column(before, column))
		default:
			line.Kept = append(line.Kept, history.Field{Column: column, Before: record.JSON(gave), After: record.JSON(has)})
		}
	}
	seen := backSeen(before, after, next)
	switch {
	case len(line.Restored) > 0 || seen:
		return Restored
	case len(line.Kept) > 0:
		return StaysEdited
	}
	return AlreadyBack
}

// backSeen lets the platform's fields that the change followed be followed anew: they
// differ again, and the next import brings them again.
func backSeen(before, after, next *EService) (changed bool) {
	was, gave, has := fieldsIn(before.OepSeen), fieldsIn(after.OepSeen), fieldsIn(next.OepSeen)
	for _, field := range followed {
		name := field.name
		if bytes.Equal(was[name], gave[name]) || !bytes.Equal(has[name], gave[name]) {
			continue
		}
		changed = true
		if was[name] == nil {
			delete(has, name)
		} else {
			has[name] = was[name]
		}
	}
	if changed {
		next.OepSeen = record.JSON(has)
	}
	return changed
}

// out archives an e-service that the change registered, unless it has become another
// one since: at least half of what the change gave it has other values now.
func out(after, next *EService, line *UndoLine, at time.Time) UndoOutcome {
	if next.ArchivedAt != nil {
		return AlreadyBack
	}
	empty := new(EService)
	empty.fill()
	given, lost := 0, 0
	for _, column := range undoneColumns {
		gave, has := after.value(column), next.value(column)
		isGiven, isEdited := !sameValue(empty.value(column), gave), !sameValue(has, gave)
		if isGiven {
			given++
		}
		if isGiven && isEdited {
			lost++
		}
		if isEdited && column != "published" { // what was published goes back, and is told so
			line.Kept = append(line.Kept, history.Field{Column: column, Before: record.JSON(gave), After: record.JSON(has)})
		}
	}
	if 2*lost >= given {
		return StaysEdited
	}
	for column, value := range map[string]any{"archived_at": at, "published": false} {
		if has := next.value(column); !sameValue(has, value) {
			line.Restored = append(line.Restored, history.Field{Column: column, Before: record.JSON(has), After: record.JSON(value)})
		}
	}
	slices.SortFunc(line.Restored, func(a, b history.Field) int { return strings.Compare(a.Column, b.Column) })
	next.ArchivedAt, next.Published = &at, false
	return TakenOut
}
