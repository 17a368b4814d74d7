package history

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// Version is a record as one change left it, beside how it was before.
type Version struct {
	RecordID      uuid.UUID  `db:"id"`
	Number        int64      `db:"changed_in"` // the change
	At            time.Time  `db:"at"`
	ActorKind     string     `db:"actor_kind"`
	ActorID       string     `db:"actor_id"`
	ActorFunction string     `db:"actor_function"`
	Municipality  *uuid.UUID `db:"municipality_id"` // on whose behalf
	Owner         uuid.UUID  `db:"owner_id"`        // the municipality whose record it is
	Operation     string     `db:"operation"`
	Comment       string     `db:"comment"`
	Before        []byte     `db:"before"` // the row as JSON; nil where the caller may see none before
	After         []byte     `db:"after"`
}

// Versions is one page of a record's changes.
type Versions = page.Connection[*Version]

// VersionEdge is a change with its place in a record's list of them.
type VersionEdge = page.Edge[*Version]

// Field is one field of a record that a change set, by its column; a value is the
// column's as JSON.
type Field struct {
	Column        string
	Before, After json.RawMessage
}

// own are the columns that say nothing of the record itself.
var own = []string{"id", "version", "created_at", "updated_at", "changed_in", "first_published_at", "oep_seen", "hash"}

// Fields lists what the change set, by column; of a new record, all that was given.
func (v *Version) Fields() ([]Field, error) {
	var before, after map[string]json.RawMessage
	if err := json.Unmarshal(v.After, &after); err != nil {
		return nil, fmt.Errorf("read a past row: %w", err)
	}
	if v.Before != nil {
		if err := json.Unmarshal(v.Before, &before); err != nil {
			return nil, fmt.Errorf("read a past row: %w", err)
		}
	}
	null := json.RawMessage("null")
	var fields []Field
	for _, column := range slices.Sorted(maps.Keys(after)) {
		was, ok := before[column]
		if !ok {
			was = null
		}
		if !bytes.Equal(was, after[column]) && !slices.Contains(own, column) {
			fields = append(fields, Field{column, was, after[column]})
		}
	}
	return fields, nil
}

// Of reads the changes of each record of table, newest first: those versions that
// the caller might see, of the records that it sees today.
func Of(ctx context.Context, s *postgres.Snapshot, p access.Policy, table string, records []uuid.UUID, a page.Args) ([]*Versions, error) {
	visible, args := p.Visible(ctx, table, "x", true)
	l := postgres.List{
		Alias:  "v",
		Parent: "v.id",
		Sort:   postgres.Sort{Name: "CHANGE", Expr: "v.changed_in", Type: "bigint", Desc: true},
		// The view of the past and the past rows may both hold a version.
		From: fmt.Sprintf(`(
			SELECT x.id, x.changed_in, c.at, c.actor_kind, c.actor_id, c.actor_function, c.municipality_id, c.operation, c.comment,
			       coalesce(x.after ->> 'municipality_id', x.id::text)::uuid AS owner_id, x.after, lag(x.after) OVER (PARTITION BY x.id ORDER BY x.changed_in) AS before
			  FROM (
				SELECT DISTINCT ON (x.id, x.changed_in) x.id, x.changed_in, x.after
				  FROM (
					SELECT x.id, x.changed_in, to_jsonb(x) AS after FROM %[1]s x WHERE %[2]s
					UNION ALL
					SELECT x.id, x.changed_in, to_jsonb(x) - 'ended_in' FROM history.%[1]s x WHERE %[2]s
				  ) x ORDER BY x.id, x.changed_in
			  ) x JOIN change c ON c.number = x.changed_in
		) v`, table, visible),
	}
	l.Where("v.changed_in <= @snapshot", "snapshot", s.Change)
	for name, value := range args {
		l.Where("true", name, value)
	}
	return postgres.Pages[Version](ctx, s, l, records, a)
}

// Ever reads what the records of a table are and have been, each state of T's columns once,
// for who has been let to all of them. The condition is on the alias x.
func Ever[T any](ctx context.Context, now *postgres.Snapshot, table, condition string, args postgres.Args) ([]*T, error) {
	columns := postgres.Columns[T]("x")
	return postgres.All[T](ctx, now, fmt.Sprintf(`
		SELECT %[1]s FROM %[2]s x WHERE %[3]s UNION SELECT %[1]s FROM history.%[2]s x WHERE %[3]s`, columns, table, condition), args)
}

// AtVersions reads records as they were at a version each, for who has been let to all of
// them; one that never had the version is left out.
func AtVersions[T any, P interface {
	*T
	Base() *postgres.Row
}](ctx context.Context, now *postgres.Snapshot, table string, ids []uuid.UUID, versions []int) (map[uuid.UUID]*T, error) {
	columns := postgres.Columns[T]("x")
	records, err := postgres.All[T](ctx, now, fmt.Sprintf(`
		SELECT DISTINCT ON (x.id) %[1]s
		  FROM unnest(@ids::uuid[], @versions::int[]) AS wanted (id, version)
		  JOIN (SELECT %[1]s FROM %[2]s x UNION ALL SELECT %[1]s FROM history.%[2]s x) x ON x.id = wanted.id AND x.version = wanted.version`, columns, table),
		postgres.Args{"ids": ids, "versions": versions})
	found := make(map[uuid.UUID]*T, len(records))
	for _, record := range records {
		found[P(record).Base().ID] = record
	}
	return found, err
}
