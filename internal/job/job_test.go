package job_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/job"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// world is a database, the clock of its processes, and two of them.
type world struct {
	t        *testing.T
	one, two *job.Runner

	mu sync.Mutex
	at time.Time
}

// start is a Monday noon in Stockholm.
var start = time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, at: start}
	data, log := dbtest.New(t), slog.New(slog.NewTextHandler(io.Discard, nil))
	w.one, w.two = &job.Runner{DB: data.Open(t, w.now), Log: log}, &job.Runner{DB: data.Open(t, w.now), Log: log}
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// runs reads how the runs stand, without their instants of day.
func (w *world) runs() []*job.Run {
	w.t.Helper()
	session := w.one.DB.Session()
	defer session.Close()
	now, err := session.Present(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := job.List(access.With(w.t.Context(), access.SystemCaller("prov")), now, access.Policy{})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// only gives the one run that there is.
func (w *world) only() job.Run {
	w.t.Helper()
	all := w.runs()
	if len(all) != 1 {
		w.t.Fatalf("there are %d runs, want 1", len(all))
	}
	return *all[0]
}

func (w *world) due(r *job.Runner, j job.Job) {
	w.t.Helper()
	if err := r.Due(w.t.Context(), j); err != nil {
		w.t.Fatal(err)
	}
}

func ptr[T any](v T) *T { return &v }

// TestAnInterval runs a job at once, and again when its interval has passed.
func TestAnInterval(t *testing.T) {
	w, ran := newWorld(t), 0
	j := job.Job{Name: "PROV", TitleSv: "prov", Every: time.Hour, Do: func(ctx context.Context, _ job.Key) (job.Note, error) {
		if c := access.From(ctx); c.Kind != access.System || c.Function != "prov" {
			t.Errorf("the work is done by %+v", c)
		}
		ran++
		return job.Note{Sv: "Gjort", En: "Done"}, nil
	}}
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{0, 1}, {0, 1}, {59 * time.Minute, 1}, {time.Minute, 2}, {time.Minute, 2}} {
		w.wait(step.wait)
		if w.due(w.one, j); ran != step.want {
			t.Fatalf("after %s it has run %d times, want %d", step.wait, ran, step.want)
		}
	}
	at := start.Add(time.Hour)
	want := job.Run{
		Job: "PROV", DueAt: at.Add(time.Hour), StartedAt: &at, EndedAt: &at, Outcome: ptr(job.Done), DetailSv: ptr("Gjort"), DetailEn: ptr("Done"),
	}
	if diff := cmp.Diff(want, w.only()); diff != "" {
		t.Errorf("the run (-want +got):\n%s", diff)
	}
}

// TestANight runs a nightly job at its hour in Sweden, summer and winter, first the
// night that comes.
func TestANight(t *testing.T) {
	w, ran := newWorld(t), 0
	j := job.Job{Name: "PROV", NightHour: ptr(3), Do: func(context.Context, job.Key) (job.Note, error) { ran++; return job.Note{}, nil }}
	for _, step := range []struct {
		at   string
		want int
	}{
		{"2026-03-16T11:00:00Z", 0}, {"2026-03-17T01:59:00Z", 0}, {"2026-03-17T02:00:00Z", 1}, {"2026-03-17T20:00:00Z", 1}, {"2026-03-18T02:01:00Z", 2},
		{"2026-03-30T00:59:00Z", 3}, // nights went by without a server: once is enough
		{"2026-03-30T01:00:00Z", 4}, // 03:00 in summer time
		{"2026-03-30T01:00:00Z", 4},
	} {
		at, err := time.Parse(time.RFC3339, step.at)
		if err != nil {
			t.Fatal(err)
		}
		w.wait(at.Sub(w.now()))
		if w.due(w.one, j); ran != step.want {
			t.Fatalf("at %s it has run %d times, want %d", step.at, ran, step.want)
		}
	}
}

// TestOneOfTwoWorks holds that of two processes that ask at once, one does the work of
// each key.
func TestOneOfTwoWorks(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	did := map[string]int{}
	under := make(chan struct{})
	j := job.Job{
		Name: "PROV", Every: time.Hour,
		Keys: func(context.Context) ([]job.Key, error) { return []job.Key{{Name: "a"}, {Name: "b"}, {Name: "c"}}, nil },
		Do: func(_ context.Context, key job.Key) (job.Note, error) {
			mu.Lock()
			did[key.Name]++
			first := len(did) == 1 && did[key.Name] == 1
			mu.Unlock()
			if first {
				<-under // until the other process has gone through them all
			}
			return job.Note{}, nil
		},
	}
	done := make(chan error)
	go func() { done <- w.one.Due(t.Context(), j) }()
	second := make(chan error)
	go func() { second <- w.two.Due(t.Context(), j) }()
	// The one that has not met the work under way gets through; then the other may.
	var err error
	select {
	case err = <-done:
		close(under)
		err = errors.Join(err, <-second)
	case err = <-second:
		close(under)
		err = errors.Join(err, <-done)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1, "c": 1}, did); diff != "" {
		t.Errorf("the work (-want +got):\n%s", diff)
	}
	// What is under way is not begun by hand either.
	w.wait(2 * time.Hour)
	err = w.one.Due(t.Context(), job.Job{Name: "PROV", Every: time.Hour, Keys: j.Keys, Do: func(ctx context.Context, key job.Key) (job.Note, error) {
		if _, err := w.two.Now(ctx, j, key); fault.CodeOf(err) != fault.Limited {
			t.Errorf("the same work twice at once: %v", err)
		}
		return job.Note{}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFailures holds that the wait doubles after each failure, up to a day, and that
// people are told a fault in its own words and nothing of any other error.
func TestFailures(t *testing.T) {
	w := newWorld(t)
	result := error(fault.New(fault.Invalid, "Plattformen svarar inte.", "The platform does not answer."))
	j := job.Job{Name: "PROV", Every: time.Hour, Do: func(context.Context, job.Key) (job.Note, error) { return job.Note{}, result }}
	told := map[job.Outcome]int{}
	w.one.Ended = func(name string, outcome job.Outcome) { told[outcome]++ }
	for i, want := range []time.Duration{10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440} {
		before := w.now()
		w.due(w.one, j)
		run := w.only()
		if run.Failures != i+1 || *run.Outcome != job.Failed || run.Detail().Sv != "Plattformen svarar inte." || !run.DueAt.Equal(before.Add(want*time.Minute)) {
			t.Fatalf("failure %d gives %+v, due %s, want in %d minutes", i+1, run, run.DueAt.Sub(before), want)
		}
		w.wait(run.DueAt.Sub(before))
	}
	for _, broken := range []error{errors.New("password=hemligt"), context.DeadlineExceeded} {
		result = broken
		w.due(w.one, j)
		if run := w.only(); *run.Outcome != job.Failed || run.Detail().Sv == "" || run.Detail().Sv == broken.Error() || run.DetailEn == nil {
			t.Errorf("%v is told as %+v", broken, run.Detail())
		}
		w.wait(24 * time.Hour)
	}
	j.Do = func(context.Context, job.Key) (job.Note, error) { panic("ett fel") }
	if w.due(w.one, j); *w.only().Outcome != job.Failed {
		t.Errorf("a panic leaves %+v", w.only())
	}
	// By hand it is run before it is due, and its error is told.
	result = nil
	j.Do = func(context.Context, job.Key) (job.Note, error) { return job.Note{}, result }
	if _, err := w.one.Now(t.Context(), j, job.Key{}); err != nil {
		t.Fatal(err)
	}
	if run := w.only(); run.Failures != 0 || *run.Outcome != job.Done || run.Detail() != nil || !run.DueAt.Equal(w.now().Add(time.Hour)) {
		t.Errorf("one that goes well leaves %+v", run)
	}
	result = errors.New("trasigt")
	if _, err := w.one.Now(t.Context(), j, job.Key{}); !errors.Is(err, result) {
		t.Errorf("by hand the error is %v", err)
	}
	if diff := cmp.Diff(map[job.Outcome]int{job.Failed: 14, job.Done: 1}, told); diff != "" {
		t.Errorf("told of the runs (-want +got):\n%s", diff)
	}
}

// TestALeaseRunsOut holds that another process takes up the work of one that was
// killed, when its lease has run out; the first one's ending then changes nothing.
func TestALeaseRunsOut(t *testing.T) {
	w, ran := newWorld(t), 0
	other := job.Job{Name: "PROV", Every: time.Hour, Limit: time.Minute, Do: func(context.Context, job.Key) (job.Note, error) { ran++; return job.Note{Sv: "Den andra"}, nil }}
	late := other
	late.Do = func(context.Context, job.Key) (job.Note, error) {
		if run := w.only(); *run.Outcome != job.Running || run.EndedAt != nil {
			t.Errorf("under way it is %+v", run)
		}
		w.wait(30 * time.Second)
		if w.due(w.two, other); ran != 0 {
			t.Error("the work is taken over while it is under way")
		}
		w.wait(time.Minute)
		if run := w.only(); *run.Outcome != job.Stopped {
			t.Errorf("after its time it is %s", *run.Outcome)
		}
		if w.due(w.two, other); ran != 1 {
			t.Errorf("after the lease it has run %d times", ran)
		}
		if run := w.only(); *run.Outcome != job.Done || *run.DetailSv != "Den andra" {
			t.Errorf("what has been taken over is %+v", run)
		}
		return job.Note{Sv: "För sent"}, nil
	}
	w.due(w.one, late)
	if run := w.only(); *run.DetailSv != "Den andra" || *run.Outcome != job.Done {
		t.Errorf("the one that was too late leaves %+v", run)
	}
}

// TestStopped holds that a process that is stopped gives its work back at once, and
// that this is no failure.
func TestStopped(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	j := job.Job{Name: "PROV", Every: time.Hour, Do: func(ctx context.Context, _ job.Key) (job.Note, error) {
		stop()
		<-ctx.Done()
		return job.Note{}, ctx.Err()
	}}
	w.one.Run(ctx, j)
	if run := w.only(); *run.Outcome != job.Stopped || run.Failures != 0 {
		t.Errorf("stopped, it is %+v", run)
	}
	j.Do = func(context.Context, job.Key) (job.Note, error) { return job.Note{}, nil }
	if w.due(w.two, j); *w.only().Outcome != job.Done {
		t.Errorf("another process leaves %+v", w.only())
	}
}

// TestWhatCannotBegin tells why, and holds that the past has no runs.
func TestWhatCannotBegin(t *testing.T) {
	w := newWorld(t)
	broken := errors.New("trasigt")
	j := job.Job{Name: "PROV", Keys: func(context.Context) ([]job.Key, error) { return nil, broken }}
	if err := w.one.Due(t.Context(), j); !errors.Is(err, broken) {
		t.Errorf("without its keys: %v", err)
	}
	j.Keys = func(context.Context) ([]job.Key, error) { panic("ett fel") }
	if err := w.one.Due(t.Context(), j); err == nil {
		t.Error("a panic for its keys is no error")
	}
	j.Keys = func(context.Context) ([]job.Key, error) {
		return []job.Key{{Name: "a", Municipality: uuid.UUID{1}}}, nil
	}
	if err := w.one.Due(t.Context(), j); err == nil {
		t.Error("a job of a municipality that is not there is run")
	}
	j.Keys, j.Do = nil, func(context.Context, job.Key) (job.Note, error) { return job.Note{}, nil }
	w.due(w.one, j)
	session := w.one.DB.Session()
	defer session.Close()
	past, err := session.AsOf(t.Context(), w.now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var r postgres.Reader = past
	if runs, err := job.List(access.With(t.Context(), access.SystemCaller("prov")), r, access.Policy{}); err != nil || len(runs) != 0 {
		t.Errorf("the past has %d runs, %v", len(runs), err)
	}
}
