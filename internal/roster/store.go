package roster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/text"
)

// named is a name as it stands in the database.
type named struct {
	ID     uuid.UUID `db:"id"`
	NameSv string    `db:"name_sv"`
	NameEn *string   `db:"name_en"`
}

func (n *named) in(language text.Language) string {
	return text.Localized{Sv: n.NameSv, En: n.NameEn}.Text(language)
}

func (n *named) both() []string { return []string{n.in(text.Swedish), n.in(text.English)} }

// Municipalities is the reference to municipalities, which everybody sees.
var Municipalities = Reference{
	Table: "municipality", Sv: "någon kommun", En: "municipality",
	Read: func(ctx context.Context, r postgres.Reader, of, ids []uuid.UUID, in text.Language) ([]Named, error) {
		found, err := postgres.All[named](ctx, r, "SELECT x.id, x.name_sv, x.name_en FROM municipality x WHERE x.id = ANY (@ids)", postgres.Args{"ids": slices.Concat(of, ids)})
		all := make([]Named, len(found))
		for i, m := range found {
			all[i] = Named{ID: m.ID, Label: m.in(in), Means: m.both()}
		}
		return all, err
	},
	Ever: func(ctx context.Context, now *postgres.Snapshot, municipality uuid.UUID, ids []uuid.UUID) ([]Named, error) {
		found, err := history.Ever[named](ctx, now, "municipality", "x.id = ANY (@ids)", postgres.Args{"ids": append(ids, municipality)})
		all := make([]Named, len(found))
		for i, m := range found {
			all[i] = Named{ID: m.ID, Means: m.both()}
		}
		return all, err
	},
}

// Units is the reference to units, which everybody sees. A cell means one that is open
// today, by its name or an alias; where several open ones of the municipality have the
// name, each is written with the unit above it in brackets.
var Units = Reference{
	Table: "unit", Sv: "någon öppen enhet", En: "open unit",
	Read: readUnits, Ever: unitsEver,
	Unknown: func(cell string) *fault.Error {
		return fault.Field("", "unit_unknown",
			fmt.Sprintf("Kommunen har ingen öppen enhet som heter %q.", cell), fmt.Sprintf("The municipality has no open unit called %q.", cell))
	},
	Ambiguous: func(cell string) *fault.Error {
		return fault.Field("", "unit_ambiguous",
			fmt.Sprintf("Kommunen har flera öppna enheter som heter %q. Skriv enheten som en export gör, med den överordnade enheten inom parentes.", cell),
			fmt.Sprintf("The municipality has several open units called %q. Write the unit as an export does, with the unit above it in brackets.", cell))
	},
}

func readUnits(ctx context.Context, r postgres.Reader, of, ids []uuid.UUID, in text.Language) ([]Named, error) {
	type unit struct {
		named
		MunicipalityID uuid.UUID `db:"municipality_id"`
		AboveSv        *string   `db:"above_sv"`
		AboveEn        *string   `db:"above_en"`
		Aliases        []string  `db:"aliases"`
		Open           bool      `db:"open"`
	}
	units, err := postgres.All[unit](ctx, r, `SELECT x.id, x.name_sv, x.name_en, x.municipality_id, a.name_sv AS above_sv, a.name_en AS above_en, x.aliases,
		x.archived_at IS NULL AND coalesce(x.valid_to, 'infinity') >= today() AS open
		FROM unit x LEFT JOIN unit a ON a.id = x.parent_id WHERE x.municipality_id = ANY (@of) OR x.id = ANY (@ids)`, postgres.Args{"of": of, "ids": ids})
	if err != nil {
		return nil, err
	}
	type name struct {
		municipality uuid.UUID
		text         string
	}
	open, own := map[name]int{}, map[string]bool{}
	for _, u := range units {
		if u.Open {
			open[name{u.MunicipalityID, u.in(in)}]++
		}
	}
	all := make([]Named, len(units))
	for i, u := range units {
		label := u.in(in)
		if above := text.Maybe(u.AboveSv, u.AboveEn); above != nil && open[name{u.MunicipalityID, label}] > 1 {
			label = bracketed(label, above.Text(in))
		}
		all[i] = Named{ID: u.ID, Label: label}
		if u.Open && slices.Contains(of, u.MunicipalityID) {
			all[i].Means = append(u.both(), label)
		}
		for _, means := range all[i].Means {
			own[strings.ToLower(means)] = true
		}
	}
	// A name that a unit has is its own; an alias means a unit where no name does.
	for i, u := range units {
		for _, alias := range u.Aliases {
			if len(all[i].Means) > 0 && !own[strings.ToLower(alias)] {
				all[i].Means = append(all[i].Means, alias)
			}
		}
	}
	return all, nil
}

// unitsEver reads what a municipality's units are and have been called: by the name
// alone, or with that of the unit above.
func unitsEver(ctx context.Context, now *postgres.Snapshot, municipality uuid.UUID, _ []uuid.UUID) ([]Named, error) {
	type unit struct {
		named
		ParentID *uuid.UUID `db:"parent_id"`
	}
	units, err := history.Ever[unit](ctx, now, "unit", "x.municipality_id = @id", postgres.Args{"id": municipality})
	if err != nil {
		return nil, err
	}
	names, above := map[uuid.UUID]map[string]bool{}, map[uuid.UUID]map[uuid.UUID]bool{}
	for _, u := range units {
		if names[u.ID] == nil {
			names[u.ID], above[u.ID] = map[string]bool{}, map[uuid.UUID]bool{}
		}
		for _, name := range u.both() {
			names[u.ID][name] = true
		}
		if u.ParentID != nil {
			above[u.ID][*u.ParentID] = true
		}
	}
	var all []Named
	for id, called := range names {
		one := Named{ID: id, Means: slices.Collect(maps.Keys(called))}
		for parent := range above[id] {
			for name := range called {
				for under := range names[parent] {
					one.Means = append(one.Means, bracketed(name, under))
				}
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// bracketed is a unit's name where another has it too.
func bracketed(name, above string) string { return name + " (" + above + ")" }

// leftBy reads the municipality's records that a change set, as a snapshot of that
// change's state has them, by what they are called.
func leftBy[T any](ctx context.Context, at *postgres.Snapshot, table, name string, municipality uuid.UUID) ([]*T, error) {
	return postgres.All[T](ctx, at, fmt.Sprintf("SELECT %s FROM %s x WHERE x.changed_in = @number AND x.municipality_id = @municipality ORDER BY x.%s, x.id", postgres.Columns[T]("x"), table, name),
		postgres.Args{"number": at.Change, "municipality": municipality})
}

// operationOf reads which operation a change was; empty for a number that is none.
func operationOf(ctx context.Context, r postgres.Reader, number int64) (string, error) {
	operations, err := postgres.Values[string](ctx, r, "SELECT c.operation FROM change c WHERE c.number = @number", postgres.Args{"number": number})
	if err != nil || len(operations) == 0 {
		return "", err
	}
	return operations[0], nil
}

// byID reads records by id, for who has been let to all of the municipality's.
func byID[T any, P record.Pointer[T]](ctx context.Context, r postgres.Reader, table string, ids []uuid.UUID) (map[uuid.UUID]*T, error) {
	all, err := postgres.All[T](ctx, r, "SELECT "+postgres.Columns[T]("x")+" FROM "+table+" x WHERE x.id = ANY (@ids)", postgres.Args{"ids": ids})
	found := make(map[uuid.UUID]*T, len(all))
	for _, one := range all {
		found[P(one).Base().ID] = one
	}
	return found, err
}
