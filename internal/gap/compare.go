package gap

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fardplan/internal/postgres"
)

// Difference is how many gaps of one rule a change would open and close.
type Difference struct {
	Rule   string `db:"rule"`
	Opened int    `db:"opened"`
	Closed int    `db:"closed"`
}

// Would is what a table's rows would be after a change that has not been made.
type Would struct {
	// Rows is SQL for the table's rows as they would be, as many as the rules need.
	Rows string
	// Touched is the SQL condition on the row x that its gaps may differ.
	Touched string
}

// Compare counts, by rule, the gaps that a change would open and close: the rules read
// the rows of would, by table, instead of those there are.
func (s *Service) Compare(ctx context.Context, r postgres.Reader, would map[string]Would, args postgres.Args) ([]*Difference, error) {
	touched := func(table string) string {
		if w, ok := would[table]; ok {
			return w.Touched
		}
		return "false"
	}
	// A name defined here hides the table of that name from the rules, whose SQL is the same.
	var tables []string
	for _, table := range slices.Sorted(maps.Keys(would)) {
		tables = append(tables, fmt.Sprintf("%s AS MATERIALIZED (%s)", table, would[table].Rows))
	}
	gaps := s.computed(s.Rules, live, touched, false)
	return postgres.All[Difference](ctx, r, `SELECT coalesce(a.rule, b.rule) AS rule,
			count(*) FILTER (WHERE b.id IS NULL)::int AS opened, count(*) FILTER (WHERE a.id IS NULL)::int AS closed
		FROM (WITH `+strings.Join(tables, ", ")+`
			SELECT c.id, c.rule FROM (`+gaps+`) c) a
		FULL JOIN (SELECT c.id, c.rule FROM (`+gaps+`) c) b ON b.id = a.id
		WHERE a.id IS NULL OR b.id IS NULL GROUP BY 1 ORDER BY 1`, args)
}
