package strategy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/text"
)

// Day is a new value of a planned day: one that is not given stays as it is.
type Day struct {
	Given bool
	Day   *date.Date // nil takes the day away
}

// ReplanItem is a record with new planned days: an initiative or a shared project with
// its start and end, or a milestone with its day.
type ReplanItem struct {
	Kind       RoadmapKind
	ID         uuid.UUID
	Version    int // that the change builds on
	Start, End Day
	On         Day
}

// Move is what a record is pushed by others that it waits for.
type Move struct {
	Kind         RoadmapKind
	ID           uuid.UUID
	TitleSv      string
	TitleEn      *string
	Municipality uuid.UUID
	// PlannedStart and PlannedEnd are what is planned before the move, and NewStart and
	// NewEnd after it. One without an end has none after it either.
	PlannedStart, NewStart date.Date
	PlannedEnd, NewEnd     *date.Date
	Days                   int // that it is pushed, more than 0
	// By is the record that it waits for and that pushes it farthest.
	ByKind RoadmapKind
	ByID   uuid.UUID
	// Own tells whether the caller's municipality keeps it.
	Own bool
}

// NodeID gives the record's global id.
func (m *Move) NodeID() gid.ID { return gid.New(m.Kind.table(), m.ID) }

// PushedBy gives the global id of the record that pushes it.
func (m *Move) PushedBy() gid.ID { return gid.New(m.ByKind.table(), m.ByID) }

// Title gives the record's title.
func (m *Move) Title() text.Localized { return text.Localized{Sv: m.TitleSv, En: m.TitleEn} }

// Replanned is what a replan came to.
type Replanned struct {
	// Change is the number of the change; nil where there was nothing to change.
	Change *int64
	Items  []*RoadmapItem // those given and those pushed, as they are after it
	// Pushed are those that were moved too, and Overlaps those that start before what
	// they wait for ends and were left where they are.
	Pushed, Overlaps []*Move
}

// mostReplanned is how many records one replan may name.
const mostReplanned = 500

// planned is an initiative, a shared project or a milestone under a replan.
type planned struct {
	kind  RoadmapKind
	row   *postgres.Row
	owner uuid.UUID
	title text.Localized
	// start and end are where its planned days lie; both nil of a milestone.
	start, end, on **date.Date
	stands         bool // it has begun or ended, and is not pushed
	record         any
	moved          bool
}

// replanning has the records of a replan, by their ids.
type replanning map[uuid.UUID]*planned

// read adds the records that the caller may see, of those with the ids.
func (p replanning) read(ctx context.Context, s *Service, r postgres.Reader, kind RoadmapKind, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	switch kind {
	case InitiativeItem:
		found, err := initiatives.ByID(ctx, s.Keeper, r, ids)
		for id, i := range found {
			p[id] = &planned{
				kind: kind, row: &i.Row, owner: i.MunicipalityID, title: i.Title(), start: &i.PlannedStart, end: &i.PlannedEnd, record: i,
				stands: i.ActualStart != nil || i.ArchivedAt != nil || i.Status == "DONE" || i.Status == "CANCELLED",
			}
		}
		return err
	case ProjectItem:
		found, err := projects.ByID(ctx, s.Keeper, r, ids)
		for id, j := range found {
			p[id] = &planned{
				kind: kind, row: &j.Row, owner: j.MunicipalityID, title: text.Localized{Sv: j.NameSv, En: j.NameEn}, start: &j.PlannedStart, end: &j.PlannedEnd, record: j,
				stands: j.ActualStart != nil || j.ArchivedAt != nil || j.Status == "COMPLETED" || j.Status == "CANCELLED",
			}
		}
		return err
	default:
		found, err := milestones.ByID(ctx, s.Keeper, r, ids)
		for id, m := range found {
			p[id] = &planned{kind: kind, row: &m.Row, owner: m.MunicipalityID, title: m.Title(), on: &m.PlannedOn, record: m, stands: true}
		}
		return err
	}
}

// push moves what waits for the records that are moved, and what waits for that in turn:
// by as many days as each starts before what it waits for ends. What may not be pushed is
// left, and told of apart.
func (p replanning) push(ctx context.Context, s *Service, r postgres.Reader, moved []uuid.UUID, may func(*planned) bool) (pushed, left []*Move, err error) {
	pushed, left = []*Move{}, []*Move{}
	links, err := s.dependenciesAfter(ctx, r, moved)
	if err != nil || len(links) == 0 {
		return pushed, left, err
	}
	missing := map[RoadmapKind][]uuid.UUID{}
	waiting := map[uuid.UUID]int{} // how many it waits for that have not been looked at
	after := map[uuid.UUID][]uuid.UUID{}
	for _, l := range links {
		var ends []uuid.UUID
		for _, end := range []func() (string, uuid.UUID){l.Earlier, l.Later} {
			table, id := end()
			kind := RoadmapKind(strings.ToUpper(table))
			if p[id] == nil && !slices.Contains(missing[kind], id) {
				missing[kind] = append(missing[kind], id)
			}
			ends = append(ends, id)
		}
		after[ends[0]] = append(after[ends[0]], ends[1])
		waiting[ends[1]]++
	}
	for _, kind := range []RoadmapKind{InitiativeItem, ProjectItem} {
		if err := p.read(ctx, s, r, kind, missing[kind]); err != nil {
			return nil, nil, err
		}
	}
	moving := map[uuid.UUID]bool{}
	var ready []uuid.UUID
	for _, id := range moved {
		moving[id] = true
		if waiting[id] == 0 {
			ready = append(ready, id)
		}
	}
	moves := map[uuid.UUID]*Move{}
	for len(ready) > 0 {
		id := ready[0]
		ready = ready[1:]
		if m := moves[id]; m != nil { // what pushes it farthest is known now
			if it := p[id]; may(it) {
				start, end := m.NewStart, m.NewEnd
				*it.start, *it.end, it.moved, moving[id] = &start, end, true, true
				pushed = append(pushed, m)
			} else {
				left = append(left, m)
			}
		}
		for _, next := range after[id] {
			if waiting[next]--; waiting[next] == 0 {
				ready = append(ready, next)
			}
			before, it := p[id], p[next]
			if !moving[id] || before == nil || it == nil || it.stands || *before.end == nil || *it.start == nil {
				continue
			}
			days := daysBetween(**it.start, **before.end)
			if days <= 0 || moves[next] != nil && moves[next].Days >= days {
				continue
			}
			m := &Move{
				Kind: it.kind, ID: next, TitleSv: it.title.Sv, TitleEn: it.title.En, Municipality: it.owner, Own: access.From(ctx).Own(it.owner),
				PlannedStart: **it.start, NewStart: (**it.start).AddDays(days), PlannedEnd: *it.end, Days: days, ByKind: before.kind, ByID: id,
			}
			if m.PlannedEnd != nil {
				end := m.PlannedEnd.AddDays(days)
				m.NewEnd = &end
			}
			moves[next] = m
		}
	}
	return pushed, left, nil
}

// take reads the records that a replan names and sets their new days. Its faults, and
// those that refuse gives for a record, name the items by their places; a record that is
// refused is left as it was read. moved are those that others may wait for.
func (p replanning) take(ctx context.Context, s *Service, r postgres.Reader, items []ReplanItem, refuse func(*planned, ReplanItem) *fault.Error, faults *fault.List) (moved []uuid.UUID, err error) {
	ids := map[RoadmapKind][]uuid.UUID{}
	for _, item := range items {
		ids[item.Kind] = append(ids[item.Kind], item.ID)
	}
	for _, kind := range []RoadmapKind{InitiativeItem, ProjectItem, MilestoneItem} {
		if err := p.read(ctx, s, r, kind, ids[kind]); err != nil {
			return nil, err
		}
	}
	named := map[uuid.UUID]bool{}
	for i, item := range items {
		at := func(f *fault.Error) { faults.Add(f.At(fmt.Sprintf("items.%d.%s", i, f.Field))) }
		it := p[item.ID]
		switch {
		case named[item.ID]:
			at(fault.Field("id", "replan_twice", "Posten står två gånger.", "The record stands twice."))
			continue
		case it == nil:
			at(fault.Missing().At("id"))
			continue
		}
		named[item.ID] = true
		if f := refuse(it, item); f != nil {
			at(f)
			continue
		}
		for _, d := range []struct {
			field string
			day   Day
			to    **date.Date
		}{{"plannedStart", item.Start, it.start}, {"plannedEnd", item.End, it.end}, {"plannedOn", item.On, it.on}} {
			switch {
			case !d.day.Given:
			case d.to == nil:
				at(fault.Field(d.field, "replan_field", "En insats och ett projekt har start och slut, en milstolpe en dag.", "An initiative and a project have a start and an end, a milestone a day."))
			default:
				it.moved = it.moved || !same(*d.to, d.day.Day)
				*d.to = d.day.Day
			}
		}
		if it.moved && it.end != nil {
			moved = append(moved, item.ID)
		}
	}
	return moved, nil
}

func same(a, b *date.Date) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

func numbered(items []ReplanItem) error {
	if len(items) == 0 || len(items) > mostReplanned {
		return fault.Field("items", "replan_number", fmt.Sprintf("Ange 1 till %d poster.", mostReplanned), fmt.Sprintf("Give 1 to %d records.", mostReplanned))
	}
	return nil
}

// of gives the records of a kind that were moved, in the order of their ids.
func of[T any](p replanning) (records []*T, ids []uuid.UUID) {
	for _, id := range slices.SortedFunc(maps.Keys(p), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }) {
		if record, ok := p[id].record.(*T); ok && p[id].moved {
			records, ids = append(records, record), append(ids, id)
		}
	}
	return records, ids
}

// checked adds the faults of the moved records of a table that its constraints refuse,
// by their places among the items.
func checked[T any](ctx context.Context, tx *postgres.Tx, p replanning, table string, words postgres.Constraints, items []ReplanItem, faults *fault.List) error {
	records, ids := of[T](p)
	broken, err := postgres.Check(ctx, tx, table, records, words)
	if err != nil {
		return err
	}
	for n, id := range ids {
		i := slices.IndexFunc(items, func(item ReplanItem) bool { return item.ID == id })
		for _, f := range broken[n] {
			faults.Add(f.At(fmt.Sprintf("items.%d.%s", i, f.Field)))
		}
	}
	return nil
}

// projectConstraints are what the database refuses of a shared project's plan.
var projectConstraints = postgres.Constraints{
	"shared_project_plan_order": fault.Field("plannedEnd", "", "Planen kan inte sluta innan den börjar.", "The plan cannot end before it begins."),
}

// check looks at the records with their new days.
func (p replanning) check(ctx context.Context, tx *postgres.Tx, items []ReplanItem, faults *fault.List) error {
	return errors.Join(
		checked[Initiative](ctx, tx, p, "initiative", constraints, items, faults),
		checked[Project](ctx, tx, p, "shared_project", projectConstraints, items, faults),
		checked[Milestone](ctx, tx, p, "milestone", constraints, items, faults),
	)
}

// save writes what was moved, by one statement for each table.
func (p replanning) save(ctx context.Context, tx *postgres.Tx) (changed bool, err error) {
	begun, _ := of[Initiative](p)
	shared, _ := of[Project](p)
	days, _ := of[Milestone](p)
	err = errors.Join(
		postgres.SaveTogether(ctx, tx, "initiative", begun),
		postgres.SaveTogether(ctx, tx, "shared_project", shared),
		postgres.SaveTogether(ctx, tx, "milestone", days),
	)
	return len(begun)+len(shared)+len(days) > 0, constraints.Explain(err)
}

// PreviewMove tells what the new days would push, the caller's own and others': nothing
// is saved. The pushed come in the order in which they push each other.
func (s *Service) PreviewMove(ctx context.Context, r postgres.Reader, items []ReplanItem) ([]*Move, error) {
	if err := numbered(items); err != nil {
		return nil, err
	}
	p, faults := replanning{}, fault.List{}
	moved, err := p.take(ctx, s, r, items, func(it *planned, _ ReplanItem) *fault.Error { return record.Standing(it.record) }, &faults)
	if err == nil {
		err = faults.Err()
	}
	if err != nil {
		return nil, err
	}
	pushed, _, err := p.push(ctx, s, r, moved, func(*planned) bool { return true })
	return pushed, err
}

// Replan gives many records new planned days by one change, and with pushDependents
// moves the municipality's own that wait for them. It is made as a whole or not at all:
// every fault is told by its place, and each record that has changed since with what it
// is now.
func (s *Service) Replan(ctx context.Context, items []ReplanItem, pushDependents bool, comment string) (*Replanned, error) {
	if err := s.Policy.RequireSome(ctx, access.Replan); err != nil {
		return nil, err
	}
	if err := numbered(items); err != nil {
		return nil, err
	}
	done := &Replanned{Items: []*RoadmapItem{}}
	err := s.Journal.Write(ctx, "replan", comment, func(tx *postgres.Tx) error {
		p, faults := replanning{}, fault.List{}
		moved, err := p.take(ctx, s, tx, items, func(it *planned, item ReplanItem) *fault.Error {
			if refused := fault.All(s.Policy.Require(ctx, access.Replan, it.owner)); len(refused) > 0 {
				return refused[0].At("id")
			}
			if it.row.Version != item.Version {
				return fault.Stale(it.record)
			}
			return record.Standing(it.record)
		}, &faults)
		if err != nil {
			return err
		}
		if err := p.check(ctx, tx, items, &faults); err != nil {
			return err
		}
		if err := faults.Err(); err != nil {
			return err
		}
		done.Pushed, done.Overlaps, err = p.push(ctx, s, tx, moved, func(it *planned) bool {
			return pushDependents && s.Policy.Require(ctx, access.Replan, it.owner) == nil
		})
		if err != nil {
			return err
		}
		changed, err := p.save(ctx, tx)
		if err != nil {
			return err
		}
		if changed {
			done.Change = &tx.Number
		}
		return s.tell(ctx, tx, items, done)
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

// tell reads the records of a replan as they are after it, those given in their order
// and then those pushed.
func (s *Service) tell(ctx context.Context, tx *postgres.Tx, items []ReplanItem, done *Replanned) error {
	ids := map[RoadmapKind][]uuid.UUID{}
	var order []uuid.UUID
	add := func(kind RoadmapKind, id uuid.UUID) {
		if !slices.Contains(order, id) {
			order, ids[kind] = append(order, id), append(ids[kind], id)
		}
	}
	for _, item := range items {
		add(item.Kind, item.ID)
	}
	for _, m := range done.Pushed {
		add(m.Kind, m.ID)
	}
	found := map[uuid.UUID]*RoadmapItem{}
	for kind, of := range ids {
		read, err := s.items(ctx, tx, kind, "x.id = ANY (@ids)", postgres.Args{"ids": of}, len(of))
		if err != nil {
			return err
		}
		for _, item := range read {
			found[item.ID] = item
		}
	}
	for _, id := range order {
		if found[id] != nil {
			done.Items = append(done.Items, found[id])
		}
	}
	return nil
}
