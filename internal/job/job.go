// Package job is work that is done at intervals by one process of several, and that
// is no change in itself: it may ask the network, and what it writes has changes of
// its own. When each job ran, what came of it and when its turn comes again is seen.
package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// Job is one kind of work.
type Job struct {
	// Name is in capitals, such as WATCH_PLATFORM.
	Name string
	// Title says what it does; its Swedish is the function that its changes are
	// signed with.
	TitleSv, TitleEn string
	// Every is how long after a run that went well the next is due. A job with a
	// NightHour instead runs once a night, at that hour in Sweden.
	Every     time.Duration
	NightHour *int
	// Keys gives what to run it for; nil for the whole installation.
	Keys func(context.Context) ([]Key, error)
	// Do does it once, for a key. Its context ends with Limit.
	Do func(context.Context, Key) (Note, error)
	// Limit is how long a run may last; DefaultLimit when zero. A process that is
	// killed holds the work until then.
	Limit time.Duration
}

// Key is what one run of a job is about.
type Key struct {
	Name string // unique within the job, such as an SCB code; empty for the whole installation
	// Municipality sees the run; uuid.Nil lets every municipality's staff see it.
	Municipality uuid.UUID
}

// Note says what a run that went well did. It holds no secret and no person.
type Note struct{ Sv, En string }

// Outcome tells how a run ended.
type Outcome string

// The outcomes.
const (
	Running Outcome = "RUNNING" // under way
	Done    Outcome = "DONE"    // it went well
	Failed  Outcome = "FAILED"  // it is tried again later
	Stopped Outcome = "STOPPED" // the process was stopped, or killed; another takes it up
)

// DefaultLimit is how long a run may last where the job does not say.
const DefaultLimit = 10 * time.Minute

// The wait after failures: it doubles from the first to the longest.
const (
	firstRetry   = 10 * time.Minute
	longestRetry = 24 * time.Hour
)

// tick is how often it is asked what is due.
const tick = time.Minute

// Run is the newest run of a job for a key.
type Run struct {
	Job          string     `db:"job"`
	Key          string     `db:"key"`
	Municipality *uuid.UUID `db:"municipality_id"`
	DueAt        time.Time  `db:"due_at"`
	StartedAt    *time.Time `db:"started_at"`
	EndedAt      *time.Time `db:"ended_at"`
	Outcome      *Outcome   `db:"outcome"` // nil before the first run
	DetailSv     *string    `db:"detail_sv"`
	DetailEn     *string    `db:"detail_en"`
	Failures     int        `db:"failures"` // since it last went well
}

// Detail says what the newest run that has ended did, or why it failed; nil before it.
func (r *Run) Detail() *text.Localized { return text.Maybe(r.DetailSv, r.DetailEn) }

// Runner runs jobs when they are due.
type Runner struct {
	DB  *postgres.DB
	Log *slog.Logger
	// Ended, unless nil, is told how each run of a job ended.
	Ended func(job string, outcome Outcome)
}

// underWay is the fault of a run that another process has under way.
func underWay() *fault.Error {
	return fault.New(fault.Limited,
		"Körningen pågår redan. Vänta tills den är klar och titta på resultatet.",
		"The run is under way already. Wait until it is done and look at the outcome.")
}

// Run runs the job whenever it is due, until the context ends.
func (r *Runner) Run(ctx context.Context, j Job) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		if err := r.Due(ctx, j); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "a job could not be started; it is tried again", "job", j.Name, "error", err, "in", tick)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Due runs the job once for each key whose turn it is and that no other process has.
// A run that fails is written down and logged, and is no error of Due.
func (r *Runner) Due(ctx context.Context, j Job) error {
	keys := []Key{{}}
	if j.Keys != nil {
		err := Safely(func() (err error) {
			keys, err = j.Keys(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("list what job %s is for: %w", j.Name, err)
		}
	}
	for _, key := range keys {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		lease, ok, err := r.claim(ctx, j, key, false)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if _, err := r.do(access.With(ctx, access.SystemCaller(j.TitleSv)), j, key, lease); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "a job failed; it is tried again later", "job", j.Name, "key", key.Name, "error", err)
		}
	}
	return nil
}

// Now runs the job for a key at once, due or not, by the context's caller. One that is
// under way is a LIMITED fault; one that fails gives its error, and is written down as
// any other run.
func (r *Runner) Now(ctx context.Context, j Job, key Key) (Note, error) {
	lease, ok, err := r.claim(ctx, j, key, true)
	if err != nil {
		return Note{}, err
	}
	if !ok {
		return Note{}, underWay()
	}
	return r.do(ctx, j, key, lease)
}

// endWait is how long it may take to write down how a run ended.
const endWait = 10 * time.Second

// do does the work that the lease is for, and writes down what came of it.
func (r *Runner) do(ctx context.Context, j Job, key Key, lease uuid.UUID) (Note, error) {
	working, cancel := context.WithTimeout(ctx, j.limit())
	var note Note
	err := Safely(func() (err error) {
		note, err = j.Do(working, key)
		return err
	})
	cancel()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWait)
	defer cancel()
	outcome := Done
	switch {
	case err != nil && ctx.Err() != nil:
		outcome = Stopped
	case err != nil:
		outcome = Failed
		note = reason(err)
	}
	if r.Ended != nil {
		r.Ended(j.Name, outcome)
	}
	r.Log.InfoContext(ctx, "a job has run", "job", j.Name, "key", key.Name, "outcome", outcome, "note", note.En)
	return note, errors.Join(err, r.end(ending, j, key, lease, outcome, note))
}

// Safely does some work; a panic is an error of that work alone, and says where it was.
// Work that starts goroutines needs it in each.
func Safely(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("stopped by a fault of its own: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}

// reason tells people why a run failed: a fault in its own words; what else went wrong
// is for the log alone.
func reason(err error) Note {
	if all := fault.All(err); len(all) > 0 {
		return Note{all[0].Sv, all[0].En}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Note{"Körningen blev inte klar i tid.", "The run did not finish in time."}
	}
	return Note{"Något gick fel. Loggen säger mer.", "Something went wrong. The log says more."}
}

func (j Job) limit() time.Duration {
	if j.Limit > 0 {
		return j.Limit
	}
	return DefaultLimit
}

// next gives when the job is due after a run that went well.
func (j Job) next(at time.Time) time.Time {
	if j.NightHour == nil {
		return at.Add(j.Every)
	}
	day := date.Of(at)
	if night := day.At(*j.NightHour, 0); night.After(at) {
		return night
	}
	return day.AddDays(1).At(*j.NightHour, 0)
}

// first gives when a job that has never run is due.
func (j Job) first(at time.Time) time.Time {
	if j.NightHour == nil {
		return at
	}
	return j.next(at)
}
