// Package demo fills an empty database with the demonstration: the municipalities of
// Östergötland, with the catalogues of seven of them as they might have grown over the
// past two years, what a municipal audit found in one of them, and how they might answer
// it together. It is told as changes, each at its own instant, so that the history and
// the past have something to show. But for the facts that data/README.md lists, all of
// it is made up.
package demo

import (
	"context"
	"fmt"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/postgres"
)

// Options says where the demonstration goes and up to when its story is told.
type Options struct {
	URL     string // of the database, for writing
	ReadURL string // for reading; empty: URL
	// Today is the instant that the story ends at; zero is now. A load that goes on
	// after one that was broken off keeps the instant of that one.
	Today time.Time
	// Progress, when set, is told in Swedish what is under way.
	Progress func(string)
}

// Summary counts what a database with the demonstration holds.
type Summary struct {
	Municipalities int       `db:"municipalities"`
	Units          int       `db:"units"`
	SharedServices int       `db:"shared_services"`
	EServices      int       `db:"e_services"`
	Changes        int       `db:"changes"`
	First          time.Time `db:"first"` // the instant of the first change
	Last           time.Time `db:"last"`  // and of the newest
	// Loaded tells that this load made some of it; false where all was there already.
	Loaded bool
}

// Load fills an empty, migrated database. Where a load was broken off it goes on from
// there, and where one has come to its end it does nothing. A database that holds
// anything else is refused with an INVALID fault, as is one that somebody has written
// to before the load came to its end.
func Load(ctx context.Context, o Options) (Summary, error) {
	now := o.Today
	if now.IsZero() {
		now = time.Now()
	}
	now = now.UTC().Truncate(time.Second)
	progress := o.Progress
	if progress == nil {
		progress = func(string) {}
	}
	// One statement runs at a time, so that the clock needs no lock.
	db, err := postgres.Open(ctx, postgres.Options{URL: o.URL, ReadURL: o.ReadURL, Pool: 1, Clock: func() time.Time { return now }})
	if err != nil {
		return Summary{}, err
	}
	defer db.Close()
	l := &load{db: db, gaps: app.NewServices(db, access.Policy{}, app.GapRules()).Gaps, now: &now, progress: progress}
	ended, err := l.resume(ctx)
	if err != nil {
		return Summary{}, err
	}
	if !ended {
		if err := l.run(ctx); err != nil {
			return Summary{}, err
		}
	}
	session := db.Session()
	defer session.Close()
	present, err := session.Present(ctx)
	if err != nil {
		return Summary{}, err
	}
	s, err := summarise(ctx, present)
	if err != nil {
		return Summary{}, err
	}
	s.Loaded = !ended
	return *s, nil
}

// load is one run of Load.
type load struct {
	db       *postgres.DB
	gaps     *gap.Service
	now      *time.Time // what the database's clock shows
	progress func(string)
	steps    []step
	done     int // how many of the steps are made
}

// notEmpty refuses a database with other changes than the story's.
func notEmpty() error {
	return fault.Field("", "demo_not_empty",
		"Databasen innehåller redan annat än demonstrationen, eller en del av den som någon sedan har ändrat eller som en annan version lade in. Lägg in demonstrationen i en tom databas.",
		"The database holds other things than the demonstration, or a part of it that somebody has changed since or that another version loaded. Load the demonstration into an empty database.")
}

// resume tells the story and finds how much of it the database holds. ended tells that
// there is nothing left to do.
func (l *load) resume(ctx context.Context) (ended bool, err error) {
	session := l.db.Session()
	defer session.Close()
	present, err := session.Present(ctx)
	if err != nil {
		return false, err
	}
	first, err := earliest(ctx, present, 1)
	if err != nil {
		return false, fmt.Errorf("read the changes: %w", err)
	}
	until := *l.now
	if len(first) > 0 {
		if first[0].Operation != operationStep {
			return false, notEmpty()
		}
		if ended, err = finished(ctx, present); err != nil {
			return false, fmt.Errorf("read the changes: %w", err)
		}
		until = first[0].At.Add(past)
	}
	files, err := read()
	if err != nil {
		return false, fmt.Errorf("read the demonstration's data: %w", err)
	}
	l.steps = tell(files, until)
	made, err := earliest(ctx, present, len(l.steps)+1)
	if err != nil {
		return false, fmt.Errorf("read the changes: %w", err)
	}
	l.done = len(made)
	if ended {
		// Without a change after the end, the sweep of the last day is still to be made.
		return l.done != len(l.steps) || made[l.done-1].Operation != operationDone, nil
	}
	if l.done > len(l.steps) {
		return false, notEmpty()
	}
	for i, c := range made {
		if s := l.steps[i]; c.Operation != s.operation || c.Comment != s.comment || !c.At.Equal(s.at) {
			return false, notEmpty()
		}
	}
	return false, nil
}

// run makes the steps that are left.
func (l *load) run(ctx context.Context) error {
	for i, s := range l.steps[l.done:] {
		if month := s.at.Format("2006-01"); i == 0 || month != l.now.Format("2006-01") {
			l.progress(fmt.Sprintf("%s: ändring %d av %d", month, l.done+i+1, len(l.steps)))
		}
		*l.now = s.at
		if err := l.step(ctx, s, int64(l.done+i+1)); err != nil {
			return fmt.Errorf("step %d of the demonstration, %s %q: %w", l.done+i+1, s.at.Format(time.DateOnly), s.comment, err)
		}
	}
	*l.now = l.steps[len(l.steps)-1].at
	if _, err := l.gaps.SweepDaily(ctx); err != nil {
		return fmt.Errorf("go through the gaps of the demonstration: %w", err)
	}
	return nil
}

// step makes one step as the change of the number.
func (l *load) step(ctx context.Context, s step, number int64) error {
	ctx = access.With(ctx, s.caller)
	return l.gaps.Journal.Write(ctx, s.operation, s.comment, func(tx *postgres.Tx) error {
		if tx.Number != number {
			return notEmpty() // somebody else writes meanwhile
		}

		return s.write(ctx, tx, l.gaps)
	})
}
