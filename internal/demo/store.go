package demo

import (
	"context"
	"time"

	"fardplan/internal/postgres"
	"fardplan/internal/strategy"
)

// kept is a change that the database holds.
type kept struct {
	Number    int64     `db:"number"`
	At        time.Time `db:"at"`
	Operation string    `db:"operation"`
	Comment   string    `db:"comment"`
}

// earliest reads the first changes of the database.
func earliest(ctx context.Context, r postgres.Reader, limit int) ([]*kept, error) {
	return postgres.All[kept](ctx, r, "SELECT "+postgres.Columns[kept]("c")+" FROM change c ORDER BY c.number LIMIT @limit", postgres.Args{"limit": limit})
}

// finished tells whether a load has come to its end, in this or an earlier release.
func finished(ctx context.Context, r postgres.Reader) (bool, error) {
	ends, err := postgres.Values[bool](ctx, r, "SELECT EXISTS (SELECT FROM change c WHERE c.operation = @done)", postgres.Args{"done": operationDone})
	return err == nil && ends[0], err
}

// summarise counts what the database holds.
func summarise(ctx context.Context, r postgres.Reader) (*Summary, error) {
	return postgres.One[Summary](ctx, r, "SELECT "+postgres.Columns[Summary]("s")+` FROM (
		SELECT (SELECT count(*) FROM municipality) AS municipalities, (SELECT count(*) FROM unit) AS units,
		       (SELECT count(*) FROM shared_service) AS shared_services, (SELECT count(*) FROM e_service) AS e_services,
		       (SELECT count(*) FROM change) AS changes, (SELECT min(c.at) FROM change c) AS first, (SELECT max(c.at) FROM change c) AS last) s`, nil)
}

// freezeFigures gives the step's published reports the figures of what they tell of.
func (s *step) freezeFigures(ctx context.Context, tx *postgres.Tx) (err error) {
	for _, r := range s.reports.added {
		if r.PublishedAt == nil {
			continue
		}
		if r.Figures, err = strategy.FiguresOf(ctx, tx, r.Part); err != nil {
			return err
		}
		r.Figures.Health = r.Health
	}
	return nil
}
