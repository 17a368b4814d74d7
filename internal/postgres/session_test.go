package postgres_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"fardplan/internal/fault"
	"fardplan/internal/postgres"
)

// TestOneSnapshot holds that an operation sees one state, whatever is written
// meanwhile, and that the next operation sees what was.
func TestOneSnapshot(t *testing.T) {
	b := newBox(t, 4, nil)
	n, _ := b.keep(t, named("a"))
	now := b.present(t)
	if got := names(t, now); !slices.Equal(got, []string{"a"}) || now.Change != n || now.Past() {
		t.Fatalf("there is %v as of change %d", got, now.Change)
	}
	later, _ := b.keep(t, named("b"))
	if got := names(t, now); !slices.Equal(got, []string{"a"}) {
		t.Errorf("a later write is seen: %v", got)
	}
	if next := b.present(t); next.Change != later || len(names(t, next)) != 2 {
		t.Errorf("the next operation is as of change %d, want %d", next.Change, later)
	}
}

// TestASnapshotBeginsWithItsNumber holds that the number and the rows are of one
// state even when a write comes right between.
func TestASnapshotBeginsWithItsNumber(t *testing.T) {
	b := newBox(t, 8, nil)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	writers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				b.keep(t, named("a"))
			}
		}
	})
	for range 50 {
		session := b.Session()
		now, err := session.Present(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if rows := int64(len(names(t, now))); rows != now.Change {
			t.Errorf("as of change %d there are %d rows", now.Change, rows)
		}
		session.Close()
	}
	close(stop)
	writers.Wait()
}

// TestAsOf reads every state there has been, present and past by turns in one
// session, on pools of a single connection: none shows in another.
func TestAsOf(t *testing.T) {
	at := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	b := newBox(t, 1, func() time.Time { return at })
	type state struct {
		number int64
		at     time.Time
	}
	var states []state
	for _, name := range []string{"a", "b", "c", "d"} {
		n, when := b.keep(t, named(name))
		states = append(states, state{n, when})
		at = at.Add(time.Hour)
	}
	all := []string{"a", "b", "c", "d"}
	for range 2 { // the second session is on the connections of the first
		session := b.Session()
		now, err := session.Present(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var snaps []*postgres.Snapshot
		for i, s := range states {
			for _, when := range []time.Time{s.at, s.at.Add(59 * time.Minute)} {
				snap, err := session.AsOf(t.Context(), when, nil)
				if err != nil {
					t.Fatal(err)
				}
				if snap.Change != s.number || !snap.At.Equal(when) || !snap.Past() {
					t.Errorf("state %d is %+v", i, snap)
				}
				snaps = append(snaps, snap)
			}
		}
		read := func(i int) {
			t.Helper()
			if got := names(t, snaps[i]); !slices.Equal(got, all[:i/2+1]) {
				t.Errorf("state %d has %v", i, got)
			}
			today, err := postgres.Values[time.Time](t.Context(), snaps[i], "SELECT instant()", nil)
			if err != nil || !today[0].Equal(snaps[i].At) {
				t.Errorf("the instant of state %d is %v, %v", i, today, err)
			}
			if got := names(t, now); !slices.Equal(got, all) {
				t.Errorf("the present has %v after state %d was read", got, i)
			}
			if today, err := postgres.Values[time.Time](t.Context(), now, "SELECT instant()", nil); err != nil || !today[0].Equal(at) {
				t.Errorf("the instant of the present is %v, %v", today, err)
			}
		}
		for _, i := range []int{0, 7, 1, 6, 2, 2, 5, 3, 4, 0} {
			read(i)
		}
		var readers sync.WaitGroup
		for i := range snaps {
			readers.Go(func() { read(i) })
		}
		readers.Wait()
		session.Close()
	}
}

// TestAsOfTheEnds reads before anything was, and refuses what has not been.
func TestAsOfTheEnds(t *testing.T) {
	at := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	b := newBox(t, 2, func() time.Time { return at })
	first, _ := b.keep(t, named("a"))
	session := b.Session()
	defer session.Close()
	for _, when := range []time.Time{{}, time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), at.Add(-time.Microsecond)} {
		snap, err := session.AsOf(t.Context(), when, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(t, snap); snap.Change != 0 || len(got) != 0 {
			t.Errorf("as of %v there is %v, of change %d", when, got, snap.Change)
		}
	}
	if snap, err := session.AsOf(t.Context(), at, nil); err != nil || snap.Change != first {
		t.Errorf("as of now: %+v, %v", snap, err)
	}
	refused := func(what, rule string, when time.Time, change *int64) {
		t.Helper()
		_, err := session.AsOf(t.Context(), when, change)
		if all := fault.All(err); len(all) != 1 || all[0].Code != fault.Invalid || all[0].Rule != rule {
			t.Errorf("%s: %v, want %s", what, err, rule)
		}
	}
	refused("the future", "as_of_future", at.Add(time.Microsecond), nil)
	refused("a change that is not", "as_of_change", at, ptr(first+1))
	refused("a change after the instant", "as_of_change", at.Add(-time.Second), &first)
	// A refusal leaves the session as it was.
	if snap, err := session.AsOf(t.Context(), at, &first); err != nil || len(names(t, snap)) != 1 {
		t.Errorf("as of the change: %+v, %v", snap, err)
	}
	if snap, err := session.AsOf(t.Context(), at, ptr(int64(0))); err != nil || len(names(t, snap)) != 0 {
		t.Errorf("as of no change: %+v, %v", snap, err)
	}
}

// TestAsOfAChange tells apart changes of the same instant by their numbers.
func TestAsOfAChange(t *testing.T) {
	at := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	b := newBox(t, 2, func() time.Time { return at })
	first, _ := b.keep(t, named("a"))
	second, _ := b.keep(t, named("b"))
	session := b.Session()
	defer session.Close()
	for number, want := range map[int64]int{first: 1, second: 2} {
		snap, err := session.AsOf(t.Context(), at, &number)
		if err != nil || snap.Change != number || len(names(t, snap)) != want {
			t.Errorf("as of change %d: %+v, %v", number, snap, err)
		}
	}
	if snap, err := session.AsOf(t.Context(), at, nil); err != nil || snap.Change != second {
		t.Errorf("as of the instant: %+v, %v", snap, err)
	}
}

// TestBefore reads an earlier state by its change, at the instant of that change.
func TestBefore(t *testing.T) {
	b := newBox(t, 1, nil)
	first, at := b.keep(t, named("a"))
	b.keep(t, named("b"))
	now := b.present(t)
	before, err := now.Before(t.Context(), first)
	if err != nil || before.Change != first || !before.At.Equal(at) || !before.Past() {
		t.Fatalf("before is %+v, %v", before, err)
	}
	if got := names(t, before); !slices.Equal(got, []string{"a"}) {
		t.Errorf("before there was %v", got)
	}
	if got := names(t, now); len(got) != 2 {
		t.Errorf("now there is %v", got)
	}
}

// TestAClosedSession holds that nothing is read from a session that was given back,
// and that closing twice does no harm.
func TestAClosedSession(t *testing.T) {
	b := newBox(t, 1, nil)
	b.keep(t, named("a"))
	session := b.Session()
	now, err := session.Present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	session.Close()
	session.Close()
	if _, err := postgres.Values[string](t.Context(), now, "SELECT x.name_sv FROM pearl x", nil); err == nil {
		t.Error("it is read after it was closed")
	}
	if got := names(t, b.present(t)); len(got) != 1 {
		t.Errorf("the connection is lost: %v", got)
	}
}

// TestReadersCannotWrite holds that what reads cannot write, present or past.
func TestReadersCannotWrite(t *testing.T) {
	b := newBox(t, 2, nil)
	_, at := b.keep(t, named("a"))
	session := b.Session()
	defer session.Close()
	now, err := session.Present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	then, err := session.AsOf(t.Context(), at, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, snap := range []*postgres.Snapshot{now, then} {
		if _, err := postgres.Values[string](t.Context(), snap, "UPDATE public.pearl SET name_sv = 'b' RETURNING name_sv", nil); err == nil {
			t.Errorf("a reader wrote (in the past: %v)", snap.Past())
		}
	}
}
