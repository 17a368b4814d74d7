// Package record is how the records of one table are made, changed and read, the same
// for every domain: who may is asked first, then the version, then the rules, within
// one change.
package record

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
)

// Pointer is a pointer to a record that has what every record has.
type Pointer[T any] interface {
	*T
	Base() *postgres.Row
}

// Kind says how the records of one table are kept.
type Kind[T any, P Pointer[T]] struct {
	Table string
	// Constraints are the words for what the database refuses.
	Constraints postgres.Constraints
	// Owner gives the municipality whose record it is, which alone writes it.
	Owner func(P) uuid.UUID
	// Kept gives who writes the record, where that is another than Owner would give: of a
	// part, whoever keeps the whole. It refuses with NOT_FOUND what the caller does not see.
	Kept func(context.Context, Keeper, *postgres.Tx, P) (uuid.UUID, error)
	// Everyones tells that its records are of no municipality more than of others, and few.
	Everyones bool
	// Fill sets what a record has when it is not given, such as empty lists; may be nil.
	Fill func(P)
}

// Keeper opens changes, and knows who may make them.
type Keeper struct {
	Journal *history.Journal
	Policy  access.Policy
}

// Create makes a record within a change of its own, by whoever may take the action for
// its municipality. before, when given, runs first and may set more of it; after, when
// given, runs when it is kept.
func (k Kind[T, P]) Create(ctx context.Context, keep Keeper, action access.Rule, operation string, record T, before, after func(*postgres.Tx, P) error) (P, error) {
	if err := k.require(ctx, keep, action, nil, &record); err != nil {
		return nil, err
	}
	var made P
	err := keep.Journal.Write(ctx, operation, "", func(tx *postgres.Tx) (err error) {
		if k.Kept != nil {
			if err := k.require(ctx, keep, action, tx, &record); err != nil {
				return err
			}
		}
		if before != nil {
			if err := before(tx, &record); err != nil {
				return err
			}
		}
		if made, err = k.Add(ctx, tx, record); err != nil || after == nil {
			return err
		}
		return after(tx, made)
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// require refuses whoever may not take the action. Outside of a write it asks, where
// another record says whose it is, whether the caller may take it at all.
func (k Kind[T, P]) require(ctx context.Context, keep Keeper, action access.Rule, tx *postgres.Tx, record P) error {
	if k.Kept != nil && tx == nil {
		return keep.Policy.RequireSome(ctx, action)
	}
	keeper, err := k.KeeperOf(ctx, keep, tx, record)
	if err != nil {
		return err
	}
	return keep.Policy.Require(ctx, action, keeper)
}

// KeeperOf gives the municipality that writes a record.
func (k Kind[T, P]) KeeperOf(ctx context.Context, keep Keeper, tx *postgres.Tx, record P) (uuid.UUID, error) {
	if k.Kept == nil {
		return k.Owner(record), nil
	}
	return k.Kept(ctx, keep, tx, record)
}

// Add makes a record within a write that is allowed to.
func (k Kind[T, P]) Add(ctx context.Context, tx *postgres.Tx, record T) (P, error) {
	P(&record).Base().ID = uuid.Must(uuid.NewV7())
	if k.Fill != nil {
		k.Fill(&record)
	}
	return postgres.Insert(ctx, tx, k.Table, &record, k.Constraints)
}

// Change says which record is changed, by which operation and why.
type Change struct {
	Action    access.Rule
	Operation string
	Comment   string
	ID        uuid.UUID
	Version   int // that the change builds on
}

// Change lets set change a record: one that the caller does not see is NOT_FOUND, one
// that is not the caller's to change FORBIDDEN, one that has changed since the version
// CONFLICT with the current state, and one that is archived INVALID. after, when given, runs when it is kept.
func (k Kind[T, P]) Change(ctx context.Context, keep Keeper, c Change, set, after func(*postgres.Tx, P) error) (P, error) {
	if err := keep.Policy.RequireSome(ctx, c.Action); err != nil {
		return nil, err
	}
	var saved P
	err := keep.Journal.Write(ctx, c.Operation, c.Comment, func(tx *postgres.Tx) error {
		record, err := k.One(ctx, keep, tx, c.ID)
		if err != nil {
			return err
		}
		if err := k.require(ctx, keep, c.Action, tx, record); err != nil {
			return err
		}
		if record.Base().Version != c.Version {
			return fault.Stale(record)
		}
		if archived := Standing(record); archived != nil {
			return archived
		}
		if err := set(tx, record); err != nil {
			return err
		}
		if saved, err = k.Keep(ctx, tx, record); err != nil || after == nil {
			return err
		}
		return after(tx, saved)
	})
	if err != nil {
		return nil, err
	}
	return saved, nil
}

// Keep saves a changed record within a write that is allowed to.
func (k Kind[T, P]) Keep(ctx context.Context, tx *postgres.Tx, record P) (P, error) {
	if k.Fill != nil {
		k.Fill(record)
	}
	return postgres.Save(ctx, tx, k.Table, (*T)(record), k.Constraints)
}

// One reads a record that the caller may see; any other is NOT_FOUND.
func (k Kind[T, P]) One(ctx context.Context, keep Keeper, r postgres.Reader, id uuid.UUID) (P, error) {
	found, err := k.ByID(ctx, keep, r, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	if found[id] == nil {
		return nil, fault.Missing()
	}
	return found[id], nil
}

// ByID reads records by id, as far as the caller may see them.
func (k Kind[T, P]) ByID(ctx context.Context, keep Keeper, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*T, error) {
	condition, args := keep.Policy.Visible(ctx, k.Table, "x", r.Past())
	args["by_id"] = ids
	all, err := postgres.All[T](ctx, r, "SELECT "+postgres.Columns[T]("x")+" FROM "+k.Table+" x WHERE x.id = ANY (@by_id) AND "+condition, args)
	if err != nil {
		return nil, err
	}
	found := make(map[uuid.UUID]*T, len(all))
	for _, record := range all {
		found[P(record).Base().ID] = record
	}
	return found, nil
}

// List begins a list of the records that the caller may see, in an order. The table's
// alias is x, and m is the municipality whose record each is.
func (k Kind[T, P]) List(ctx context.Context, keep Keeper, r postgres.Reader, sort postgres.Sort, facets map[string]postgres.Facet) postgres.List {
	l := postgres.List{From: k.Table + " x JOIN municipality m ON m.id = x.municipality_id", Alias: "x", Sort: sort, Facets: facets}
	keep.Policy.Narrow(ctx, r, &l, k.Table, "x")
	return l
}

// ByMunicipality is the facet of the municipality whose record it is, in a List.
func ByMunicipality() postgres.Facet {
	return postgres.Facet{Value: "m.scb_code", Sv: "m.name_sv", En: "coalesce(m.name_en, m.name_sv)"}
}

// Sorted gives the order of a name among a kind's orders, in a direction.
func Sorted[O ~string](orders map[O]postgres.Sort, name O, desc bool) postgres.Sort {
	sort := orders[name]
	sort.Name, sort.Desc = string(name), desc
	return sort
}

// Of reads the records of municipalities, or those that are everyone's, and those with
// the ids, as far as the caller may see them.
func (k Kind[T, P]) Of(ctx context.Context, keep Keeper, r postgres.Reader, municipalities, ids []uuid.UUID) ([]*T, error) {
	condition, args := keep.Policy.Visible(ctx, k.Table, "x", r.Past())
	args["of_municipalities"], args["of_ids"], args["of_all"] = municipalities, ids, k.Everyones
	return postgres.All[T](ctx, r, "SELECT "+postgres.Columns[T]("x")+" FROM "+k.Table+
		" x WHERE (x.municipality_id = ANY (@of_municipalities) OR x.id = ANY (@of_ids) OR @of_all) AND "+condition, args)
}

// KeepWhatMay keeps the records that nothing refuses, and tells of each other: what is
// refused together is tried by halves. It gives how many were kept.
func KeepWhatMay[T any](ctx context.Context, tx *postgres.Tx, c postgres.Constraints, records []*T, keep func(*postgres.Tx, []*T) error, refused func(*T, fault.List)) (int, error) {
	if len(records) == 0 {
		return 0, nil
	}
	err := tx.Try(ctx, func(part *postgres.Tx) error { return keep(part, records) })
	if err == nil {
		return len(records), nil
	}
	faults := fault.All(c.Explain(err))
	switch {
	case len(faults) == 0:
		return 0, err
	case len(records) == 1:
		refused(records[0], faults)
		return 0, nil
	}
	half := len(records) / 2
	first, err := KeepWhatMay(ctx, tx, c, records[:half], keep, refused)
	if err != nil {
		return 0, err
	}
	second, err := KeepWhatMay(ctx, tx, c, records[half:], keep, refused)
	return first + second, err
}

// Revision is how the fields of a kind's records are changed by hand: who may, and what is
// asked of the record beside what the database refuses. It is the same where a change is
// made at once and where it was prepared.
type Revision[T any, P Pointer[T]] struct {
	Kind[T, P]
	Keeper    Keeper
	Action    access.Rule
	Operation string
	// Set lets set change the record, and refuses what it must not become. Where it is nil,
	// set alone changes the record.
	Set func(ctx context.Context, tx *postgres.Tx, record P, set func(P)) error
	// After follows a record that is kept; may be nil.
	After func(ctx context.Context, tx *postgres.Tx, record P) error
}

// Update lets set change a record, as Change does.
func (v Revision[T, P]) Update(ctx context.Context, id uuid.UUID, version int, set func(P)) (P, error) {
	return v.Change(ctx, v.Keeper, Change{Action: v.Action, Operation: v.Operation, ID: id, Version: version},
		func(tx *postgres.Tx, record P) error { return v.Apply(ctx, tx, record, set) },
		func(tx *postgres.Tx, record P) error { return v.Follow(ctx, tx, record) })
}

// Apply lets set change a record that has been read, within a write that is allowed to.
func (v Revision[T, P]) Apply(ctx context.Context, tx *postgres.Tx, record P, set func(P)) error {
	if v.Set == nil {
		set(record)
		return nil
	}
	return v.Set(ctx, tx, record, set)
}

// Follow does what follows from a record that is kept.
func (v Revision[T, P]) Follow(ctx context.Context, tx *postgres.Tx, record P) error {
	if v.After == nil {
		return nil
	}
	return v.After(ctx, tx, record)
}
