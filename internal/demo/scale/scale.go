// Package scale fills an empty database with as many records as a county or a country
// would have, to measure by: the 13 municipalities of Östergötland, their units, their
// e-services, their decisions, shared projects, goals and initiatives with what ties
// them together, and changes of these over six years. But for the municipalities' codes
// and names, and the names of e-services that package demo tells the source of, all of
// it is made up. What is left to chance is decided by the records' numbers, so that
// the same scale gives the same rows each time, ids too.
package scale

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"fardplan/internal/access"
	"fardplan/internal/demo"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
)

// The bounds of a scale, and what scale 1 has: 200 000 e-services.
const (
	Least, Most = 0.001, 50
	eServices   = 200_000
)

// Clock is the clock that the database is opened with: it shows the instant that each
// change is told for.
type Clock struct{ at time.Time }

// Now gives the instant.
func (c *Clock) Now() time.Time {
	if c.at.IsZero() {
		return time.Now()
	}
	return c.at
}

// Options says what is filled.
type Options struct {
	// Scale is how many times 200 000 e-services there are to be.
	Scale float64
	// Journal writes, with everything that a change keeps; its database goes by Clock.
	Journal *history.Journal
	Gaps    *gap.Service
	Clock   *Clock
	// OwnerURL is the database's address for its owner, who alone may tell the planner of
	// the new rows.
	OwnerURL string
	// Today is the instant that the last change is made at; zero is now.
	Today time.Time
	// Progress, when set, is told in Swedish what is under way.
	Progress func(string)
}

// Table counts the rows of a table.
type Table struct {
	Name string `db:"name"`
	Rows int    `db:"rows"` // of today
	Past int    `db:"past"` // earlier states
	Size int64  `db:"size"` // bytes on disk, with indexes and the past
}

// Summary tells what was made.
type Summary struct {
	Changes int
	Tables  []*Table
	Took    time.Duration
}

// size is how many records a scale has.
type size struct {
	services int            // in all
	units    int            // of each municipality
	shared   int            // in all
	others   map[string]int // in all, by the argument's name
}

func sizeOf(scale float64) size {
	root := math.Sqrt(scale)
	others := map[string]int{}
	for name, n := range othersAtOne {
		others[name] = max(int(math.Round(n*scale)), 13)
	}
	others["goals"] = max(others["goals"], 3*13)
	others["strategies"] = 13 * ((others["goals"] + 13*13 - 1) / (13 * 13))
	return size{
		others:   others,
		services: max(int(math.Round(eServices*scale)), 13),
		units:    min(max(int(math.Round(40*root)), 24), 400),
		shared:   min(max(int(math.Round(160*root)), 20), 160),
	}
}

// step is one change: its instant as days before the end, and the statements.
type step struct {
	*generator
	days float64
	args postgres.Args
}

// steps lists the changes that the generators make, the oldest first.
func steps(s size, all []generator, municipalities int) []step {
	var made []step
	for i := range all {
		g := &all[i]
		places := 1
		if g.each {
			places = municipalities
		}
		parts := 1
		if g.rows > 0 {
			parts = max(1, s.services/places/g.rows)
		}
		for part := range parts {
			for place := range places {
				n := part*places + place
				made = append(made, step{g, g.from - (g.from-g.to)*float64(n)/float64(places*parts), postgres.Args{
					"place": place + 1, "part": part, "parts": parts, "round": g.round,
				}})
			}
		}
	}
	slices.SortStableFunc(made, func(x, y step) int { return cmp.Compare(y.days, x.days) })
	return made
}

// Load fills the database. One that has any change already is refused with an INVALID
// fault.
func Load(ctx context.Context, o Options) (*Summary, error) {
	if !(o.Scale >= Least && o.Scale <= Most) {
		return nil, fault.Field("scale", "scale_bounds",
			fmt.Sprintf("Skalan är ett tal från %g till %d; 1 ger 200 000 e-tjänster.", Least, int(Most)),
			fmt.Sprintf("The scale is a number from %g to %d; 1 gives 200 000 e-services.", Least, int(Most)))
	}
	progress := o.Progress
	if progress == nil {
		progress = func(string) {}
	}
	begun := time.Now()
	end := o.Today
	if end.IsZero() {
		end = begun
	}
	end = end.UTC().Truncate(time.Second)
	words, err := demo.Words()
	if err != nil {
		return nil, fmt.Errorf("read the demonstration's words: %w", err)
	}
	given, err := json.Marshal(words)
	if err != nil {
		return nil, err
	}
	s := sizeOf(o.Scale)
	all := steps(s, generators(), len(words.Municipalities))
	ids := make([]access.Caller, len(words.Municipalities))
	for i, m := range words.Municipalities {
		ids[i] = access.Caller{Kind: access.User, Municipality: municipalityID(i + 1), ID: "skala:" + m.SCBCode}
	}
	fixed := postgres.Args{"words": string(given), "services": s.services, "units": s.units, "shared": s.shared}
	for name, n := range s.others {
		fixed[name] = n
	}
	great, others, err := o.ready(ctx)
	if err != nil {
		return nil, err
	}
	catalogue, err := postgres.DropIndexes(ctx, o.OwnerURL, large, used)
	if err != nil {
		return nil, err
	}
	episodes, err := postgres.DropIndexes(ctx, o.OwnerURL, gaps, used)
	if err != nil {
		return nil, errors.Join(err, catalogue(ctx))
	}
	err = o.fill(ctx, all, end, ids, fixed, progress)
	// Today's gaps are found while the catalogue's indexes are made: they are found by
	// others. The planner is told of the rows of either when they are there.
	var both errgroup.Group
	both.Go(func() error {
		return errors.Join(catalogue(ctx), postgres.Analyze(ctx, o.OwnerURL, great...))
	})
	both.Go(func() error {
		if err == nil {
			o.Clock.at = end
			_, err = o.Gaps.SweepDaily(ctx)
		}
		return errors.Join(err, episodes(ctx), postgres.Analyze(ctx, o.OwnerURL, others...))
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	session := o.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	tables, err := counts(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("count the rows: %w", err)
	}
	return &Summary{Changes: len(all) + 1, Tables: tables, Took: time.Since(begun)}, nil
}

// large are the catalogue's tables whose indexes are made of all rows at once, after them,
// as those of the gaps are; but used are those that the changes are made by.
var (
	large = []string{"e_service", "e_service_usage", "search_entry", "search_word"}
	gaps  = []string{"gap_episode"}
	used  = []string{"e_service_by_owner_unit", "e_service_by_shared_service", "e_service_changed_in", "e_service_of_municipality", "gap_episode_by_object", "search_entry_changed_in"}
)

// fill makes the steps, which all have the arguments of fixed.
func (o Options) fill(ctx context.Context, all []step, end time.Time, callers []access.Caller, fixed postgres.Args, progress func(string)) error {
	begun, analysed, told := time.Now(), 0, ""
	for i, st := range all {
		o.Clock.at = end.Add(-time.Duration(st.days * float64(24*time.Hour))).Truncate(time.Second)
		if st.name != told {
			told = st.name
			progress(fmt.Sprintf("%s: %s (ändring %d av %d, %.0f s)", o.Clock.at.Format("2006-01"), st.name, i+1, len(all), time.Since(begun).Seconds()))
		}
		caller := access.SystemCaller("skalprov")
		if st.each {
			caller = callers[st.args["place"].(int)-1]
			caller.Function, _ = st.role.Name()
		}
		maps.Copy(st.args, fixed)
		if err := o.write(access.With(ctx, caller), st, int64(i+1)); err != nil {
			return fmt.Errorf("%s: %w", st.name, err)
		}
		if st.analyse {
			if err := postgres.Analyze(ctx, o.OwnerURL, strategyTables...); err != nil {
				return err
			}
		}
		// The planner learns of the new rows while they are few and when they have become
		// many: it would else read whole tables where an index would do.
		if st.rows > 0 && i+1 >= 2*analysed {
			if err := postgres.Analyze(ctx, o.OwnerURL, "e_service", "gap_episode", "search_entry (id, changed_in)", "unit"); err != nil {
				return err
			}
			analysed = i + 1
		}
	}
	return nil
}

func notEmpty() error {
	return fault.Field("", "scale_not_empty",
		"Databasen innehåller redan annat, eller någon skriver i den nu. Skapa en tom databas och försök igen.",
		"The database holds other things already, or somebody is writing to it. Make an empty database and try again.")
}

// ready refuses a database that has any change, and gives the tables of one that has none,
// those of the past too: the large ones and the others.
func (o Options) ready(ctx context.Context) (great, others []string, err error) {
	session := o.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, nil, err
	}
	if now.Change > 0 {
		return nil, nil, notEmpty()
	}
	for of, condition := range map[*[]string]string{&great: "= ANY", &others: "<> ALL"} {
		if *of, err = postgres.Values[string](ctx, now, `SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind = 'r' AND n.nspname IN ('public', 'history') AND c.relname `+condition+` (@large)`, postgres.Args{"large": large}); err != nil {
			return nil, nil, err
		}
	}
	return great, others, nil
}

// write makes a step as the change of the number.
func (o Options) write(ctx context.Context, st step, number int64) error {
	return o.Journal.Write(ctx, operation, st.comment, func(tx *postgres.Tx) error {
		if tx.Number != number {
			return notEmpty()
		}
		for _, sql := range st.sql {
			if _, err := tx.Exec(ctx, sql, st.args); err != nil {
				return err
			}
		}
		return nil
	})
}
