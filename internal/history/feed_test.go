package history_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/page"
)

// since reads the feed from a change on, page by page, as "kind number id" with a
// minus for what is removed; and the number to go on from.
func (w *world) since(ctx context.Context, number int64, size int, between func()) (all []string, through int64) {
	w.t.Helper()
	for a := (page.Args{First: &size}); ; {
		session := w.db.Session()
		now, err := session.Present(ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		before, err := now.Before(ctx, number)
		if err != nil {
			w.t.Fatal(err)
		}
		feed, err := history.Since(ctx, now, before, access.Policy{}, history.FeedKinds(), access.From(ctx).Partners, a)
		session.Close()
		if err != nil {
			w.t.Fatal(err)
		}
		if len(feed.Edges) > size {
			w.t.Fatalf("a page of %d has %d", size, len(feed.Edges))
		}
		for _, e := range feed.Edges {
			text := fmt.Sprintf("%s %d %d", e.Node.Kind, e.Node.Number, e.Node.ID[15])
			if e.Node.Removed {
				text = "-" + text
			}
			all, a.After = append(all, text), &e.Cursor
		}
		if !feed.HasNextPage {
			return all, feed.Through
		}
		if between != nil {
			between()
		}
	}
}

// TestSince tells each record that has changed once, by its newest change, oldest first.
func TestSince(t *testing.T) {
	w := newWorld(t)
	first := w.service(1)
	w.service(2)
	w.set(first, "fee_sv = 'Gratis'")
	w.write("updateMunicipality", "UPDATE municipality SET name_en = 'Linkoping' WHERE id = @other")
	want := []string{"municipality 1 1", "unit 1 1", "e_service 3 2", "e_service 4 1", "municipality 5 2"}
	for _, size := range []int{1, 2, 3, 100} {
		if got, through := w.since(as(t, uuid.Nil), 0, size, nil); !slices.Equal(got, want) || through != 5 {
			t.Errorf("in pages of %d it tells %q up to %d, want %q", size, got, through, want)
		}
	}
	if got, through := w.since(as(t, own), 3, 100, nil); !slices.Equal(got, want[3:]) || through != 5 {
		t.Errorf("since change 3 it tells %q up to %d", got, through)
	}
	if got, through := w.since(as(t, own), 5, 100, nil); len(got) != 0 || through != 5 {
		t.Errorf("since the newest change it tells %q up to %d", got, through)
	}
}

// TestSinceAmongWrites holds that what changes between the pages is told the next
// time, and nothing is lost.
func TestSinceAmongWrites(t *testing.T) {
	w := newWorld(t)
	first := w.service(1)
	w.service(2)
	got, through := w.since(as(t, own), 1, 1, func() { w.set(first, "keywords = array_append(keywords, 'ny')") })
	if want := []string{"e_service 2 1", "e_service 3 2"}; !slices.Equal(got, want) || through != 3 {
		t.Errorf("it tells %q up to %d, want %q up to 3", got, through, want)
	}
	if got, through := w.since(as(t, own), through, 1, nil); !slices.Equal(got, []string{"e_service 4 1"}) || through != 4 {
		t.Errorf("the next time it tells %q up to %d", got, through)
	}
}

// TestSinceTellsWhatLeavesSight says "removed" for what the caller saw and sees no
// more, gives what it has come to see, and says nothing of what it never saw.
func TestSinceTellsWhatLeavesSight(t *testing.T) {
	w := newWorld(t)
	leaves, stays, enters, hidden := w.service(1), w.service(2), w.service(3), w.service(4)
	w.set(enters, "published = false")
	from := w.set(hidden, "visibility = 'MUNICIPALITY'")
	w.set(leaves, "visibility = 'COLLABORATION'")
	w.set(stays, "fee_sv = 'Gratis'")
	w.set(enters, "published = true")
	w.set(hidden, "fee_sv = 'Gratis'")
	flickers := w.service(5)
	w.set(flickers, "published = false")
	want := []string{"-e_service 8 1", "e_service 9 2", "e_service 10 3"}
	for _, size := range []int{1, 2, 100} {
		for _, caller := range []uuid.UUID{uuid.Nil, other} {
			if got, _ := w.since(as(t, caller), from, size, nil); !slices.Equal(got, want) {
				t.Errorf("in pages of %d others are told %q, want %q", size, got, want)
			}
		}
	}
	if got, _ := w.since(as(t, own), from, 100, nil); !slices.Equal(got, []string{"e_service 8 1", "e_service 9 2", "e_service 10 3", "e_service 11 4", "e_service 13 5"}) {
		t.Errorf("its own are told %q", got)
	}
}

// TestSinceRefuses what no answer gave.
func TestSinceRefuses(t *testing.T) {
	w := newWorld(t)
	now := w.reading()
	before, err := now.Before(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	cursor := func(value string) *string {
		return ptr(page.Cursor{Order: "CHANGES since 0", Value: value, ID: own}.String())
	}
	for name, a := range map[string]page.Args{
		"from the end":              {Last: ptr(1)},
		"before":                    {Before: cursor("1 1 unit")},
		"a page too large":          {First: ptr(page.Most + 1)},
		"no place":                  {After: cursor("hej")},
		"a place without a kind":    {After: cursor("1 1")},
		"a kind that is none":       {After: cursor("1 1 api_token")},
		"a kind with NUL":           {After: cursor("1 1 unit\x00")},
		"a number too large":        {After: cursor("99999999999999999999 1 unit")},
		"another beginning's place": {After: ptr(page.Cursor{Order: "CHANGES since 1", Value: "1 1 unit", ID: own}.String())},
	} {
		if feed, err := history.Since(t.Context(), now, before, access.Policy{}, history.FeedKinds(), nil, a); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s gives %+v, %v", name, feed, err)
		}
	}
	// None of them spoils the reading.
	if feed, err := history.Since(t.Context(), now, before, access.Policy{}, history.FeedKinds(), nil, page.Args{First: ptr(0)}); err != nil || len(feed.Edges) != 0 || !feed.HasNextPage {
		t.Errorf("a page of nothing gives %+v, %v", feed, err)
	}
}
