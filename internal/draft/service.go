package draft

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// Service reads and changes drafts of records. A change refuses who may not make it with
// UNAUTHENTICATED or FORBIDDEN, a draft or record that is not seen with NOT_FOUND, a stale
// version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	record.Keeper
	Kinds []Kind
}

// Kind gives the kind of record of a table, and whether it is drafted.
func (s *Service) Kind(table string) (Kind, bool) {
	i := slices.IndexFunc(s.Kinds, func(k Kind) bool { return k.Table == table })
	if i < 0 {
		return Kind{}, false
	}
	return s.Kinds[i], true
}

// may refuses who may not prepare changes of a municipality's records of the kind.
func (s *Service) may(ctx context.Context, k Kind, municipality uuid.UUID) error {
	if err := s.Policy.Require(ctx, access.DraftRecord, municipality); err != nil {
		return err
	}
	return s.Policy.Require(ctx, k.Action, municipality)
}

// kindOf gives the kind of record of a table; one that this release does not know is as one
// that is not there.
func (s *Service) kindOf(table string) (Kind, error) {
	k, known := s.Kind(table)
	if !known {
		return k, fault.Missing()
	}
	return k, nil
}

// Change is what is to become of a draft.
type Change struct {
	Table string // of the record
	ID    uuid.UUID
	// LiveVersion is the version of the record that the caller has read: what it drafts, it
	// drafts over the values of that.
	LiveVersion int
	// Version is the draft's; nil to begin one.
	Version *int
	// Set changes the record as drafted, which it is given by its pointer.
	Set     func(any) error
	Resolve []Resolution
	Comment string
}

// Save begins or changes the draft of a record. A field with the live value again leaves
// the draft, and one with no field left is discarded. One in review that is changed is open
// again. It is refused what the record would be refused by itself; how it lies to others is
// judged when it is published.
func (s *Service) Save(ctx context.Context, c Change) (*Draft, error) {
	if err := s.Policy.RequireSome(ctx, access.DraftRecord); err != nil {
		return nil, err
	}
	k, err := s.kindOf(c.Table)
	if err != nil {
		return nil, err
	}
	if err := s.Policy.RequireSome(ctx, k.Action); err != nil {
		return nil, err
	}
	var saved *Draft
	err = s.Journal.Write(ctx, "saveRecordDraft", c.Comment, func(tx *postgres.Tx) error {
		live, err := s.live(ctx, tx, k, c.ID)
		if err != nil {
			return err
		}
		owner, err := k.keeper(ctx, tx, live)
		if err != nil {
			return err
		}
		if err := s.may(ctx, k, owner); err != nil {
			return err
		}
		open, err := s.Open(ctx, tx, []uuid.UUID{c.ID})
		if err != nil {
			return err
		}
		d := open[c.ID]
		if err := drafts.Ready(d, c.Version, live, c.LiveVersion, archived(live)); err != nil {
			return err
		}
		next := Draft{MunicipalityID: owner, ObjectKind: k.Table, ObjectID: c.ID}
		if d != nil {
			next = *d
		}
		wanted := k.Over(live, &next)
		if err := c.Set(wanted); err != nil {
			return err
		}
		if err := next.Change(record.ValuesOf(k.copied(live)), record.ValuesOf(k.copied(wanted)), c.Resolve); err != nil {
			return err
		}
		if err := next.NotEmpty(d != nil); err != nil {
			return err
		}
		if err := k.tried(ctx, tx, live, &next); err != nil {
			return err
		}
		saved, err = drafts.Write(ctx, tx, next, d != nil)
		return err
	})
	return saved, err
}

// live reads a record of a kind that the caller may see; any other is NOT_FOUND.
func (s *Service) live(ctx context.Context, r postgres.Reader, k Kind, id uuid.UUID) (Live, error) {
	found, err := k.byID(ctx, r, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	if found[id] == nil {
		return nil, fault.Missing()
	}
	return found[id], nil
}

// Move takes a draft a step on its way.
func (s *Service) Move(ctx context.Context, step Step, v Version, comment string) (*Draft, error) {
	if err := s.Policy.RequireSome(ctx, access.DraftRecord); err != nil {
		return nil, err
	}
	return drafts.Move(ctx, s.Keeper, step, v, comment, func(_ *postgres.Tx, d *Draft) error { return s.mayChange(ctx, d) })
}

func (s *Service) mayChange(ctx context.Context, d *Draft) error {
	k, err := s.kindOf(d.ObjectKind)
	if err != nil {
		return err
	}
	return s.may(ctx, k, d.MunicipalityID)
}

// item is a draft on its way to be published.
type item struct {
	place int
	kind  Kind
	draft *Draft
	live  Live
}

// name gives the record's Swedish name; empty where it could not be read.
func (it item) name() string {
	if it.live == nil {
		return ""
	}
	return postgres.Column(it.live, it.kind.title).String()
}

// Publish makes drafts the live records, as one change: all of them or none. Records of a
// kind are written together, so that a tree of goals may move as a whole. Every fault of
// every draft is told, with its place, as "drafts.2.titleSv", and the record's name.
func (s *Service) Publish(ctx context.Context, versions []Version, comment string) ([]*Draft, error) {
	if err := s.Policy.RequireSome(ctx, access.DraftRecord); err != nil {
		return nil, err
	}
	return drafts.Publish(ctx, s.Keeper, versions, comment, func(tx *postgres.Tx) ([]*Draft, error) {
		published := make([]*Draft, len(versions))
		faults := make([]fault.List, len(versions))
		tell := func(i int, name string, err error) error {
			placed, err := Placed(i, name, err)
			faults[i] = append(faults[i], placed...)
			return err
		}
		var ready []item
		for i, v := range versions {
			it, err := s.itemOf(ctx, tx, i, v)
			if err == nil && slices.ContainsFunc(ready, func(o item) bool { return o.draft.ID == it.draft.ID }) {
				err = fault.Field("id", "draft_twice", "Utkastet är angivet två gånger.", "The draft is given twice.")
			}
			if err != nil {
				if err := tell(i, it.name(), err); err != nil {
					return nil, err
				}
				continue
			}
			broken, err := s.broken(ctx, tx, it)
			if err != nil {
				return nil, err
			}
			if len(broken) == 0 {
				ready = append(ready, it)
			} else if err := tell(i, it.name(), broken); err != nil {
				return nil, err
			}
		}
		for _, k := range s.Kinds {
			of := slices.DeleteFunc(slices.Clone(ready), func(it item) bool { return it.kind.Table != k.Table })
			if len(of) == 0 {
				continue
			}
			refused, err := s.publish(ctx, tx, k, of)
			if err != nil {
				return nil, err
			}
			for at, err := range refused {
				// Without those that are not ready it is not known how they will lie.
				if len(ready) < len(versions) {
					err = k.alone(err)
				}
				if err := tell(of[at].place, of[at].name(), err); err != nil {
					return nil, err
				}
			}
		}
		if err := fault.List(slices.Concat(faults...)).Err(); err != nil {
			return nil, err
		}
		for _, it := range ready {
			it.draft.State = Published
			var err error
			if published[it.place], err = drafts.Keep(ctx, tx, it.draft); err != nil {
				return nil, err
			}
		}
		return published, nil
	})
}

// itemOf reads a draft that is to be published, with its record. What it has read is given
// where it is refused too, so that the record can be named.
func (s *Service) itemOf(ctx context.Context, tx *postgres.Tx, place int, v Version) (it item, err error) {
	it.place = place
	if it.draft, err = drafts.One(ctx, s.Keeper, tx, v.ID); err != nil {
		return it, err
	}
	if it.kind, err = s.kindOf(it.draft.ObjectKind); err != nil {
		return it, err
	}
	if it.live, err = s.live(ctx, tx, it.kind, it.draft.ObjectID); err != nil {
		return it, err
	}
	if err := s.may(ctx, it.kind, it.draft.MunicipalityID); err != nil {
		return it, err
	}
	return it, drafts.stands(it.draft, v.Version)
}

// broken tells what stands in the way of a draft by itself, by the domain's rules too.
func (s *Service) broken(ctx context.Context, tx *postgres.Tx, it item) (fault.List, error) {
	standing, err := s.standing(ctx, tx, it.kind, []*item{&it})
	if err != nil {
		return nil, err
	}
	_, more, err := it.kind.drafted(ctx, tx, it.live, it.draft)
	return append(standing[0], more...), err
}

// publish writes drafts of one kind over their records, together. Where that is refused it
// gives what each of those that it is refused for is told, by its place among them.
func (s *Service) publish(ctx context.Context, tx *postgres.Tx, k Kind, all []item) (map[int]error, error) {
	err := tx.Try(ctx, func(tx *postgres.Tx) error { return s.write(ctx, tx, k, all) })
	if err == nil {
		return nil, nil
	}
	told := k.explain(err)
	pairs := postgres.Between(err)
	for _, f := range fault.All(told) {
		if sql, named := k.breaking[f.Rule]; named {
			if pairs, err = s.breaking(ctx, tx, k, all, f.Rule, sql); err != nil {
				return nil, err
			}
		}
	}
	refused := map[int]error{}
	for _, pair := range pairs {
		// Where it is not drafted itself, the one that it lies to has moved away.
		for _, id := range pair {
			if at := slices.IndexFunc(all, func(it item) bool { return it.draft.ObjectID == id }); at >= 0 {
				refused[at] = told
				break
			}
		}
	}
	if len(refused) > 0 {
		return refused, nil
	}
	// Nobody is named: each is tried by itself.
	for at := range all {
		err := k.explain(tx.Try(ctx, func(tx *postgres.Tx) error { return s.write(ctx, tx, k, all[at:at+1]) }))
		if err != nil && len(fault.All(err)) == 0 {
			return nil, fmt.Errorf("publish a draft of %s: %w", k.Table, err)
		}
		if err != nil {
			refused[at] = err
		}
	}
	return refused, nil
}

// breaking names those of the drafts that break a constraint when all of them are written.
// Where another is broken too, that one is told of first, and nobody is named.
func (s *Service) breaking(ctx context.Context, tx *postgres.Tx, k Kind, all []item, constraint, sql string) (named [][]uuid.UUID, err error) {
	ids := make([]uuid.UUID, len(all))
	for i, it := range all {
		ids[i] = it.draft.ObjectID
	}
	err = k.explain(Try(ctx, tx, func(tx *postgres.Tx) error {
		if err := deferred(ctx, tx, constraint); err != nil {
			return err
		}
		if err := s.write(ctx, tx, k, all); err != nil {
			return err
		}
		broken, err := postgres.Values[uuid.UUID](ctx, tx, sql, postgres.Args{"ids": ids})
		for _, id := range broken {
			named = append(named, []uuid.UUID{id})
		}
		return err
	}))
	if len(fault.All(err)) > 0 {
		err = nil
	}
	return named, err
}

// write makes drafts of one kind the values of their records, as these are by now.
func (s *Service) write(ctx context.Context, tx *postgres.Tx, k Kind, all []item) error {
	records := make([]Live, len(all))
	for i, it := range all {
		live, err := s.live(ctx, tx, k, it.draft.ObjectID)
		if err != nil {
			return err
		}
		of, faults, err := k.drafted(ctx, tx, live, it.draft)
		if err != nil || len(faults) > 0 {
			return either(err, faults)
		}
		records[i] = of
	}
	return k.keep(ctx, tx, records)
}

// standing tells of drafts of one kind what stands in their way whatever they say: fields
// in conflict, a record that is archived, and a drafted owner that has closed.
func (s *Service) standing(ctx context.Context, r postgres.Reader, k Kind, all []*item) ([]fault.List, error) {
	faults := make([]fault.List, len(all))
	owners := make([]*uuid.UUID, len(all))
	var units []uuid.UUID
	for i, it := range all {
		if archived(it.live) {
			faults[i].Add(Archived())
		}
		faults[i] = append(faults[i], Conflicts(k.Fields(it.live, it.draft))...)
		if _, drafted := it.draft.Changes["owner_unit_id"]; drafted && k.owned {
			if owners[i], _ = postgres.Column(k.Over(it.live, it.draft), "owner_unit_id").Interface().(*uuid.UUID); owners[i] != nil {
				units = append(units, *owners[i])
			}
		}
	}
	closed, err := closedUnits(ctx, r, units)
	for i, owner := range owners {
		if owner != nil && slices.Contains(closed, *owner) {
			faults[i].Add(fault.Field("ownerUnit", "draft_unit_closed", "Enheten i utkastet är stängd. Välj en öppen enhet.", "The unit in the draft is closed. Choose an open one."))
		}
	}
	return faults, err
}

// Faults tells, for each draft under way that the caller may see, what stands in the way of
// publishing it by itself.
func (s *Service) Faults(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]fault.List, error) {
	found, err := s.ByID(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	told := map[uuid.UUID]fault.List{}
	for _, k := range s.Kinds {
		of := map[uuid.UUID]*Draft{}
		for _, d := range found {
			if d.ObjectKind == k.Table && !d.Closed() {
				of[d.ObjectID] = d
			}
		}
		if len(of) == 0 {
			continue
		}
		var records []uuid.UUID
		for id := range of {
			records = append(records, id)
		}
		live, err := k.byID(ctx, r, records)
		if err != nil {
			return nil, err
		}
		var items []*item
		var wanted []Live
		for id, l := range live {
			items, wanted = append(items, &item{kind: k, draft: of[id], live: l}), append(wanted, k.Over(l, of[id]))
		}
		standing, err := s.standing(ctx, r, k, items)
		if err != nil {
			return nil, err
		}
		broken, err := k.check(ctx, r, wanted)
		if err != nil {
			return nil, err
		}
		for i, it := range items {
			told[it.draft.ID] = append(standing[i], broken[i]...)
		}
	}
	return told, nil
}
