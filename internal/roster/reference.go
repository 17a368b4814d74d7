package roster

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/text"
)

// Reference is a kind of record that cells name.
type Reference struct {
	Table string
	// Sv and En are what a fault calls one, such as "något mål" and "goal".
	Sv, En string
	// Read gives the records of municipalities that the caller may see and that cells may
	// name, and of any municipality those with the ids.
	Read func(ctx context.Context, r postgres.Reader, of, ids []uuid.UUID, in text.Language) ([]Named, error)
	// Ever gives the names that a municipality's records, or those with the ids, have and
	// have had, as far as the caller may see them: a file of any age knows them by those.
	Ever func(ctx context.Context, now *postgres.Snapshot, municipality uuid.UUID, ids []uuid.UUID) ([]Named, error)
	// Unknown and Ambiguous are the faults of a text that means none or several; nil for
	// the words that are the same for all.
	Unknown, Ambiguous func(cell string) *fault.Error
}

// Named is a record with its names.
type Named struct {
	ID    uuid.UUID
	Label string // what it is written as
	// Means are the texts that mean it when they are read; none for one that is no longer
	// to be chosen.
	Means []string
}

// To gives the reference to the records of a kind: what one is written as in a language,
// other texts that mean it, and whether it may be chosen.
func To[T any, P record.Pointer[T]](kind record.Kind[T, P], keep record.Keeper, sv, en string, label func(P, text.Language) string, also func(P) []string, open func(P) bool) Reference {
	names := func(one P) []string {
		return append(also(one), label(one, text.Swedish), label(one, text.English))
	}
	return Reference{
		Table: kind.Table, Sv: sv, En: en,
		Read: func(ctx context.Context, r postgres.Reader, of, ids []uuid.UUID, in text.Language) ([]Named, error) {
			found, err := kind.Of(ctx, keep, r, of, ids)
			all := make([]Named, len(found))
			for i, one := range found {
				all[i] = Named{ID: P(one).Base().ID, Label: label(one, in)}
				if open(one) {
					all[i].Means = names(one)
				}
			}
			return all, err
		},
		Ever: func(ctx context.Context, now *postgres.Snapshot, _ uuid.UUID, ids []uuid.UUID) ([]Named, error) {
			// Of another municipality's, a cell that is guessed right is not to be told apart.
			seen, args := keep.Policy.Visible(ctx, kind.Table, "x", true)
			args["ids"] = ids
			found, err := history.Ever[T](ctx, now, kind.Table, "x.id = ANY (@ids) AND "+seen, args)
			all := make([]Named, len(found))
			for i, one := range found {
				all[i] = Named{ID: P(one).Base().ID, Means: names(one)}
			}
			return all, err
		},
	}
}

// read gives the id of the record that a cell's text means.
func (ref Reference) read(field, cell string, n *Names) (json.RawMessage, *fault.Error) {
	meant := n.means[ref.Table][strings.ToLower(cell)]
	switch {
	case len(meant) == 1:
		return record.JSON(meant[0]), nil
	case len(meant) == 0 && ref.Unknown != nil:
		return nil, ref.Unknown(cell).At(field)
	case len(meant) == 0:
		return nil, fault.Field(field, "reference_unknown",
			fmt.Sprintf("Kommunen har inte %s som heter %q. Skriv det som en export gör.", ref.Sv, cell), fmt.Sprintf("The municipality has no %s called %q. Write it as an export does.", ref.En, cell))
	case ref.Ambiguous != nil:
		return nil, ref.Ambiguous(cell).At(field)
	}
	return nil, fault.Field(field, "reference_ambiguous",
		fmt.Sprintf("Flera heter %q. Skriv hela namnet, som en export gör.", cell), fmt.Sprintf("There are several called %q. Write the whole name, as an export does.", cell))
}

// mean notes which texts mean which records.
func (n *Names) mean(table string, all []Named) {
	n.labels[table], n.means[table] = map[uuid.UUID]string{}, map[string][]uuid.UUID{}
	for _, one := range all {
		n.labels[table][one.ID] = one.Label
		met := map[string]bool{}
		for _, name := range one.Means {
			key := strings.ToLower(name)
			if !met[key] && key != "" {
				met[key] = true
				n.means[table][key] = append(n.means[table][key], one.ID)
			}
		}
	}
}

// open tells whether a record of the table may be chosen.
func (n *Names) open(table string, id uuid.UUID) bool {
	for _, meant := range n.means[table] {
		for _, one := range meant {
			if one == id {
				return true
			}
		}
	}
	return false
}

// referred gives the ids that records have in the columns that refer to a table.
func referred[T any](columns []Column[T], table string, records []record.Values) []uuid.UUID {
	var ids []uuid.UUID
	seen := map[uuid.UUID]bool{uuid.Nil: true}
	for i := range columns {
		c := &columns[i]
		if c.Refers != table || c.Field == "" {
			continue
		}
		column := c.column()
		for _, values := range records {
			if id := idIn(values[column]); !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}
