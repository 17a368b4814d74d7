package eservice

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// mostEdited is how many e-services one edit may take: as many as an installation is made for.
const mostEdited = 20_000

// mostTold is how many faults a refused edit tells. Its preview tells all of them, page by page.
const mostTold = 200

// BulkEdit is one edit of many e-services of a municipality: of those with the ids, or of
// those that the filter finds among what the caller may see.
type BulkEdit struct {
	Municipality uuid.UUID
	IDs          []uuid.UUID
	Filter       *Filter
	// Set gives an e-service its new values; nil gives none.
	Set func(*EService)
	// Remove and then Add change lists, after Set.
	Remove, Add Lists
	// Comment is what the change is called in the history.
	Comment string
}

// Lists are values of the fields that hold several.
type Lists struct {
	Audiences  []Audience
	LifeEvents []LifeEvent
	Themes     []Theme
	Keywords   []string
	Channels   []Channel
	Languages  []string
}

// edited gives a list without some values and then with others, which it has once.
func edited[T comparable](list, remove, add []T) []T {
	next := slices.DeleteFunc(slices.Clone(list), func(v T) bool { return slices.Contains(remove, v) })
	for _, v := range add {
		if !slices.Contains(next, v) {
			next = append(next, v)
		}
	}
	return next
}

// apply edits one e-service.
func (in BulkEdit) apply(e *EService) {
	if in.Set != nil {
		in.Set(e)
	}
	e.Audiences = edited(e.Audiences, in.Remove.Audiences, in.Add.Audiences)
	e.LifeEvents = edited(e.LifeEvents, in.Remove.LifeEvents, in.Add.LifeEvents)
	e.Themes = edited(e.Themes, in.Remove.Themes, in.Add.Themes)
	e.Keywords = edited(e.Keywords, in.Remove.Keywords, in.Add.Keywords)
	e.Channels = edited(e.Channels, in.Remove.Channels, in.Add.Channels)
	e.Languages = edited(e.Languages, in.Remove.Languages, in.Add.Languages)
	e.fill()
}

// complete refuses an edit that does not say of what, or what.
func (in BulkEdit) complete() error {
	var faults fault.List
	if (in.IDs == nil) == (in.Filter == nil) {
		faults.Add(fault.Field("ids", "bulk_choice", "Välj e-tjänster antingen med ids eller med filter.", "Choose e-services either by ids or by filter."))
	} else if in.Filter == nil && (len(in.IDs) == 0 || len(in.IDs) > mostEdited) {
		faults.Add(fault.Field("ids", "bulk_number", "Ange 1 till 20 000 e-tjänster.", "Give 1 to 20,000 e-services."))
	}
	if in.Set == nil && reflect.DeepEqual(in.Add, Lists{}) && reflect.DeepEqual(in.Remove, Lists{}) {
		faults.Add(fault.Field("set", "bulk_nothing", "Ange minst ett fält att ändra, i set, add eller remove.", "Give at least one field to change, in set, add or remove."))
	}
	return faults.Err()
}

// BulkPlan is what an edit of many would do, or did.
type BulkPlan struct {
	// Lines are the e-services in the order of their names, or of the ids. Each is
	// Changed, Unchanged or Refused.
	Lines  []Line
	Counts map[Outcome]int
	// Conditions say in words which e-services were chosen.
	Conditions []Condition
	// Fingerprint names what was previewed.
	Fingerprint string
	// Number is the change that did it; nil for a preview, and where nothing was to be done.
	Number *int64

	saved []*EService
	line  []int // of each saved, its place among Lines
}

// Total is the number of e-services that were chosen.
func (p *BulkPlan) Total() int { return len(p.Lines) }

// PreviewBulkEdit tells what an edit would do to each e-service, and changes nothing.
func (s *Service) PreviewBulkEdit(ctx context.Context, r postgres.Reader, in BulkEdit) (*BulkPlan, error) {
	if err := s.Policy.Require(ctx, access.WriteEService, in.Municipality); err != nil {
		return nil, err
	}
	if r.Past() {
		return nil, fault.Field("asOf", "bulk_past", "Det förflutna ändras inte. Förhandsgranska utan asOf.", "The past is not changed. Preview without asOf.")
	}
	if err := in.complete(); err != nil {
		return nil, err
	}
	return s.planBulk(ctx, r, in)
}

// BulkEdit does what a preview has shown, as one change: all of it or nothing. When other
// e-services are chosen than were previewed, or the outcome has become another one, it is
// a CONFLICT that tells how many there are now; when a rule refuses any, every fault is
// told with the e-service's name and its place among the preview's lines, as
// "lines.2.summarySv".
func (s *Service) BulkEdit(ctx context.Context, in BulkEdit, total int, fingerprint string) (*BulkPlan, error) {
	if err := s.Policy.Require(ctx, access.WriteEService, in.Municipality); err != nil {
		return nil, err
	}
	if err := in.complete(); err != nil {
		return nil, err
	}
	// What is refused, or idle, is found without keeping other writers waiting.
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := s.planBulk(ctx, now, in)
	if err != nil {
		return nil, err
	}
	session.Close()
	if err := plan.asPreviewed(total, fingerprint); err != nil || len(plan.saved) == 0 {
		return plan, err
	}
	err = s.Journal.Write(ctx, "bulkEditEServices", strings.TrimSpace(in.Comment), func(tx *postgres.Tx) (err error) {
		// Where no change has come between, what was planned is still so.
		if tx.Number != now.Change+1 {
			if plan, err = s.planBulk(ctx, tx, in); err != nil {
				return err
			}
			if err := plan.asPreviewed(total, fingerprint); err != nil {
				return err
			}
			if len(plan.saved) == 0 {
				return errIdle
			}
		}
		places := map[*EService]int{}
		for i, e := range plan.saved {
			places[e] = plan.line[i]
		}
		if _, err := record.KeepWhatMay(ctx, tx, constraints, plan.saved, saveTogether(ctx), func(e *EService, faults fault.List) { plan.refuse(places[e], faults) }); err != nil {
			return err
		}
		plan.Number = &tx.Number
		return plan.refused()
	})
	if err != nil && !errors.Is(err, errIdle) {
		return nil, err
	}
	return plan, nil
}

// asPreviewed refuses a plan that is not the one that was previewed, or that has faults.
func (p *BulkPlan) asPreviewed(total int, fingerprint string) error {
	switch {
	case p.Total() != total:
		return &fault.Error{
			Code: fault.Conflict, Field: "totalCount", Rule: "bulk_count",
			Sv: fmt.Sprintf("Förhandsgranskningen gällde %d e-tjänster, och nu är det %d. Ingenting har ändrats: förhandsgranska igen.", total, p.Total()),
			En: fmt.Sprintf("The preview was of %d e-services, and now there are %d. Nothing was changed: preview again.", total, p.Total()),
		}
	case p.Fingerprint != fingerprint:
		return &fault.Error{
			Code: fault.Conflict, Field: "fingerprint", Rule: "bulk_changed",
			Sv: fmt.Sprintf("Det här är inte vad som förhandsgranskades: någon av de %d e-tjänsterna har ändrats sedan dess, eller så är ändringen en annan. Ingenting har ändrats: förhandsgranska igen.", p.Total()),
			En: fmt.Sprintf("This is not what was previewed: one of the %d e-services has changed since, or the edit is another one. Nothing was changed: preview again.", p.Total()),
		}
	}
	return p.refused()
}

// refused gives the faults of all lines, each with its e-service's name.
func (p *BulkPlan) refused() error {
	var faults fault.List
	more := 0
	for i, line := range p.Lines {
		for _, f := range line.Faults {
			if len(faults) == mostTold {
				more++
				continue
			}
			f = f.At(fmt.Sprintf("lines.%d.%s", i, f.Field))
			f.Sv, f.En = line.Name+": "+f.Sv, line.Name+": "+f.En
			faults.Add(f)
		}
	}
	if more > 0 {
		faults.Add(fault.Field("lines", "bulk_more",
			fmt.Sprintf("%d fel till. Förhandsgranskningen visar alla.", more), fmt.Sprintf("%d more faults. The preview shows them all.", more)))
	}
	return faults.Err()
}

func (p *BulkPlan) refuse(line int, faults fault.List) {
	l := &p.Lines[line]
	l.Outcome, l.Faults, l.Differences = Refused, append(l.Faults, faults...), nil
}

// planBulk decides what the edit does to each e-service, as they are now.
func (s *Service) planBulk(ctx context.Context, r postgres.Reader, in BulkEdit) (*BulkPlan, error) {
	chosen, err := s.chosen(ctx, r, in)
	if err != nil {
		return nil, err
	}
	plan := &BulkPlan{Lines: make([]Line, len(chosen)), Counts: map[Outcome]int{}}
	var records, were []*EService
	var lines []int
	for i, e := range chosen {
		plan.Lines[i] = Line{Outcome: Unchanged, Position: i + 1, Name: e.NameSv, EServiceID: &e.ID}
		before, next := *e, *e
		before.fill()
		in.apply(&next)
		if plan.Lines[i].Differences = differences(&before, &next); len(plan.Lines[i].Differences) > 0 {
			plan.Lines[i].Outcome = Changed
			records, were, lines = append(records, &next), append(were, e), append(lines, i)
		}
	}
	broken, err := postgres.Check(ctx, r, "e_service", records, constraints)
	if err != nil {
		return nil, err
	}
	beside, err := s.besideEdited(ctx, r, in.Municipality, were, records)
	if err != nil {
		return nil, err
	}
	for i, e := range records {
		if faults := append(broken[i], beside[i]...); len(faults) > 0 {
			plan.refuse(lines[i], faults)
			continue
		}
		plan.saved, plan.line = append(plan.saved, e), append(plan.line, lines[i])
	}
	for _, line := range plan.Lines {
		plan.Counts[line.Outcome]++
	}
	plan.Fingerprint = plan.fingerprint()
	if plan.Conditions, err = s.conditions(ctx, r, in, len(chosen)); err != nil {
		return nil, err
	}
	return plan, s.markDrafted(ctx, r, plan.Lines)
}

// fingerprint changes when the e-services, or what the edit does to them, do.
func (p *BulkPlan) fingerprint() string {
	h := sha256.New()
	for _, line := range p.Lines {
		fmt.Fprintf(h, "%s %s\n", line.EServiceID, line.Outcome)
		for _, d := range line.Differences {
			fmt.Fprintf(h, "%s %s %s\n", d.Field, d.Before, d.After)
		}
		for _, f := range line.Faults {
			fmt.Fprintf(h, "%s %s\n", f.Field, f.Rule)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:32]
}

// differences tells the fields that two versions of an e-service have different values of.
func differences(before, after *EService) []Difference {
	var all []Difference
	postgres.EachColumn(before, func(column string, was reflect.Value) {
		a, b := was.Interface(), postgres.Column(after, column).Interface()
		if !reflect.DeepEqual(a, b) {
			all = append(all, Difference{Field: record.FieldOf(column), Before: record.JSON(a), After: record.JSON(b)})
		}
	})
	return all
}

// chosen reads the live e-services that the edit is of. One that the municipality has not,
// or that the caller may not see, is NOT_FOUND.
func (s *Service) chosen(ctx context.Context, r postgres.Reader, in BulkEdit) ([]*EService, error) {
	ids := in.IDs
	if in.Filter != nil {
		l, err := s.searched(ctx, r, *in.Filter, "NAME", false)
		if err != nil {
			return nil, err
		}
		l.Where("x.municipality_id = @edited_municipality", "edited_municipality", in.Municipality)
		found, err := postgres.Whole[EService](ctx, r, l, mostEdited+1)
		if err != nil {
			return nil, err
		}
		if len(found) > mostEdited {
			return nil, fault.Field("filter", "bulk_number", "Filtret träffar fler än 20 000 e-tjänster. Avgränsa det.", "The filter finds more than 20,000 e-services. Narrow it.")
		}
		if !in.Filter.Drafts {
			return found, nil
		}
		// It was chosen by its drafted values, and is edited as it is live.
		ids = make([]uuid.UUID, len(found))
		for i, e := range found {
			ids[i] = e.ID
		}
	}
	live, err := s.ByID(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	var all []*EService
	var missing fault.List
	taken := map[uuid.UUID]bool{}
	for i, id := range ids {
		e := live[id]
		switch {
		case e == nil || e.MunicipalityID != in.Municipality:
			if len(missing) < mostTold {
				missing.Add(fault.Missing().At(fmt.Sprintf("ids.%d", i)))
			}
		case !taken[id]:
			taken[id] = true
			all = append(all, e)
		}
	}
	return all, missing.Err()
}

// besideEdited gives the faults that edited records have with other rows, by their place:
// those of ownersRefused, and a shared service that the caller does not see.
func (s *Service) besideEdited(ctx context.Context, r postgres.Reader, municipality uuid.UUID, before, records []*EService) (map[int]fault.List, error) {
	broken, err := ownersRefused(ctx, r, municipality, before, records)
	if err != nil {
		return nil, err
	}
	var shared []uuid.UUID
	for _, e := range records {
		if id := e.SharedServiceID; id != nil && !slices.Contains(shared, *id) {
			shared = append(shared, *id)
		}
	}
	seen, err := s.SharedByID(ctx, r, shared)
	if err != nil {
		return nil, err
	}
	for i, e := range records {
		was := before[i].SharedServiceID
		if id := e.SharedServiceID; id != nil && (was == nil || *was != *id) && seen[*id] == nil {
			broken[i] = append(broken[i], constraints.Fault("e_service_shared_service_fk"))
		}
	}
	return broken, nil
}

// ownersRefused gives the faults of the records that get another owner than they had
// before, by their place: one that is not a unit of the municipality, or that is closed
// while they are live.
func ownersRefused(ctx context.Context, r postgres.Reader, municipality uuid.UUID, before, records []*EService) (map[int]fault.List, error) {
	var units []uuid.UUID
	for i, e := range records {
		if e.OwnerUnitID != before[i].OwnerUnitID && !slices.Contains(units, e.OwnerUnitID) {
			units = append(units, e.OwnerUnitID)
		}
	}
	open, err := unitsOpen(ctx, r, municipality, units)
	if err != nil {
		return nil, err
	}
	broken := map[int]fault.List{}
	for i, e := range records {
		if e.OwnerUnitID == before[i].OwnerUnitID {
			continue
		}
		switch isOpen, known := open[e.OwnerUnitID]; {
		case !known:
			broken[i] = append(broken[i], constraints.Fault("e_service_owner_unit_fk"))
		case !isOpen && e.Status == Live:
			broken[i] = append(broken[i], constraints.Fault("e_service_live_owner_valid"))
		}
	}
	return broken, nil
}

// saveTogether writes e-services over what they were, by one statement.
func saveTogether(ctx context.Context) func(*postgres.Tx, []*EService) error {
	return func(tx *postgres.Tx, records []*EService) error {
		return postgres.SaveTogether(ctx, tx, "e_service", records)
	}
}
