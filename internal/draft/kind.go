package draft

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// Live is a record of some kind, by its pointer.
type Live interface{ Base() *postgres.Row }

// Kind is records of one table that changes may be prepared of. They are changed as the
// domain changes them, by the same rules.
type Kind struct {
	Table string
	// Action is who may change such a record.
	Action access.Rule

	title   string   // the column of its Swedish name
	between []string // constraints on how records lie to each other
	owned   bool     // it has an owning unit
	// breaking is the SQL that gives those of the records @ids which break a constraint, by
	// its name, when all are written and it has not been looked at.
	breaking map[string]string

	column func(field string) string
	byID   func(context.Context, postgres.Reader, []uuid.UUID) (map[uuid.UUID]Live, error)
	keeper func(context.Context, *postgres.Tx, Live) (uuid.UUID, error)
	copied func(Live) Live // with what a record has when it is not given
	// apply lets set change a record by the domain's rules, follow does what follows from
	// one that is kept, and write keeps records together; explain tells what the database
	// refuses of that as a fault.
	apply   func(ctx context.Context, tx *postgres.Tx, of Live, set func(any)) error
	follow  func(context.Context, *postgres.Tx, Live) error
	write   func(context.Context, *postgres.Tx, []Live) error
	explain func(error) error
	check   func(context.Context, postgres.Reader, []Live) (map[int]fault.List, error)
}

// Of is the kind of record that is changed as v says; title is the column of its Swedish
// name. between are the constraints on how such records lie to each other, which several
// drafts may meet together and none alone: they are no reason not to save one.
func Of[T any, P record.Pointer[T]](v record.Revision[T, P], title string, between ...string) Kind {
	return Kind{
		Table: v.Table, Action: v.Action, title: title, between: between,
		owned:  postgres.Column(new(T), "owner_unit_id").IsValid(),
		column: record.ColumnOf[T],
		byID: func(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]Live, error) {
			found, err := v.ByID(ctx, v.Keeper, r, ids)
			live := make(map[uuid.UUID]Live, len(found))
			for id, of := range found {
				live[id] = P(of)
			}
			return live, err
		},
		keeper: func(ctx context.Context, tx *postgres.Tx, of Live) (uuid.UUID, error) {
			return v.KeeperOf(ctx, v.Keeper, tx, of.(P))
		},
		copied: func(of Live) Live {
			another := *of.(P)
			if v.Fill != nil {
				v.Fill(&another)
			}
			return P(&another)
		},
		apply: func(ctx context.Context, tx *postgres.Tx, of Live, set func(any)) error {
			if err := v.Apply(ctx, tx, of.(P), func(of P) { set(of) }); err != nil {
				return err
			}
			if v.Fill != nil {
				v.Fill(of.(P))
			}
			return nil
		},
		follow: func(ctx context.Context, tx *postgres.Tx, of Live) error { return v.Follow(ctx, tx, of.(P)) },
		write: func(ctx context.Context, tx *postgres.Tx, all []Live) error {
			return postgres.SaveTogether(ctx, tx, v.Table, typed[T, P](all))
		},
		explain: v.Constraints.Explain,
		check: func(ctx context.Context, r postgres.Reader, all []Live) (map[int]fault.List, error) {
			return postgres.Check(ctx, r, v.Table, typed[T, P](all), v.Constraints)
		},
	}
}

// Naming gives the kind with the SQL that gives those of the records @ids which break a
// constraint, one that can be deferred: where drafts of many are refused together, these
// alone are told of it.
func (k Kind) Naming(constraint, sql string) Kind {
	k.breaking = map[string]string{constraint: sql}
	return k
}

func typed[T any, P record.Pointer[T]](all []Live) []*T {
	records := make([]*T, len(all))
	for i, of := range all {
		records[i] = of.(P)
	}
	return records
}

// Over gives the record with the values of its draft.
func (k Kind) Over(live Live, d *Draft) Live {
	of := k.copied(live)
	d.Apply(of)
	return k.copied(of)
}

// Fields compares a draft with its base and the live record, field by field.
func (k Kind) Fields(live Live, d *Draft) []Field {
	return d.Compare(live, record.ValuesOf(k.copied(live)))
}

// Column gives the column of the field that the API has the name for.
func (k Kind) Column(field string) string { return k.column(field) }

func archived(of Live) bool {
	at, _ := postgres.Column(of, "archived_at").Interface().(*time.Time)
	return at != nil
}

// keep writes records of the kind and does what follows from each. What the database
// refuses is given as it is.
func (k Kind) keep(ctx context.Context, tx *postgres.Tx, all []Live) error {
	if err := k.write(ctx, tx, all); err != nil {
		return err
	}
	for _, of := range all {
		if err := k.follow(ctx, tx, of); err != nil {
			return err
		}
	}
	return nil
}

// drafted gives a record as its draft has it by the domain's rules, and what it breaks by
// itself. An error that is no fault is given back.
func (k Kind) drafted(ctx context.Context, tx *postgres.Tx, live Live, d *Draft) (Live, fault.List, error) {
	of := k.copied(live)
	err := tx.Try(ctx, func(tx *postgres.Tx) error {
		return k.apply(ctx, tx, of, func(of any) { d.Apply(of) })
	})
	faults := fault.List(fault.All(err))
	if err != nil && len(faults) == 0 {
		return nil, nil, err
	}
	broken, err := k.check(ctx, tx, []Live{of})
	if err != nil {
		return nil, nil, err
	}
	return of, append(faults, broken[0]...), nil
}

// tried tells what the record breaks as drafted, beside how it lies to others; nothing of
// it is kept.
func (k Kind) tried(ctx context.Context, tx *postgres.Tx, live Live, d *Draft) error {
	err := Try(ctx, tx, func(tx *postgres.Tx) error {
		of, faults, err := k.drafted(ctx, tx, live, d)
		if err != nil || len(faults) > 0 {
			return either(err, faults)
		}
		return k.keep(ctx, tx, []Live{of})
	})
	return k.alone(k.explain(err))
}

// alone leaves out of the faults of a record how it lies to others.
func (k Kind) alone(err error) error {
	all := fault.All(err)
	if err != nil && len(all) == 0 {
		return err
	}
	return fault.List(slices.DeleteFunc(slices.Clone(all), func(f *fault.Error) bool { return slices.Contains(k.between, f.Rule) })).Err()
}

// either gives the error, or else the faults as one.
func either(err error, faults fault.List) error {
	if err != nil {
		return err
	}
	return faults.Err()
}

// liveSQL is the SQL of the live record of the draft x, of whichever of the kinds it is: as
// JSON in r, with its name.
func liveSQL(kinds []Kind) string {
	var sql string
	for i, k := range kinds {
		if i > 0 {
			sql += " UNION ALL "
		}
		sql += fmt.Sprintf("SELECT to_jsonb(e) AS r, e.%[2]s AS name FROM %[1]s e WHERE x.object_kind = '%[1]s' AND e.id = x.object_id", k.Table, k.title)
	}
	return "(" + sql + ")"
}
