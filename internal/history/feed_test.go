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

// insert adds a record of the own municipality and gives its number; n tells the id apart.
func (w *world) insert(table string, n int, columns, values string) int64 {
	w.t.Helper()
	return w.write("create", fmt.Sprintf("INSERT INTO %s (id, municipality_id, %s) VALUES ('%s', @own, %s)", table, columns, uuid.UUID{13: 1, 15: byte(n)}, values))
}

// TestSinceTellsOfPartsWithTheirRecord holds that a part enters and leaves with the record
// that it is a part of, though nobody has changed it, and is told of at no other change of that.
func TestSinceTellsOfPartsWithTheirRecord(t *testing.T) {
	w := newWorld(t)
	goal := uuid.UUID{13: 1, 15: 1}
	w.insert("goal", 1, "code, title_sv, level, status", "'1', 'Mål', 'GOAL', 'PROPOSED'")
	w.insert("indicator", 2, "goal_id, name_sv, unit_of_measure, direction, frequency, source", fmt.Sprintf("'%s', 'Andel', '%%', 'UP', 'YEARLY', 'MANUAL'", goal))
	from := w.insert("milestone", 3, "goal_id, title_sv, kind", fmt.Sprintf("'%s', 'Start', 'LAUNCH'", goal))
	told := func(caller uuid.UUID, from int64, want ...string) {
		t.Helper()
		for _, size := range []int{1, 2, 100} {
			if got, _ := w.since(as(t, caller), from, size, nil); !slices.Equal(got, want) {
				t.Errorf("in pages of %d it tells %q, want %q", size, got, want)
			}
		}
	}
	set := func(sql string) int64 {
		t.Helper()
		return w.write("updateGoal", fmt.Sprintf("UPDATE goal SET %s WHERE id = '%s'", sql, goal))
	}
	plain := set("progress = 50")
	told(uuid.Nil, from, fmt.Sprintf("goal %d 1", plain))
	hidden := set("visibility = 'MUNICIPALITY'")
	told(uuid.Nil, plain, fmt.Sprintf("-goal %d 1", hidden), fmt.Sprintf("-indicator %d 2", hidden), fmt.Sprintf("-milestone %d 3", hidden))
	told(own, plain, fmt.Sprintf("goal %d 1", hidden))
	// What changes while nobody else sees it is told of when it is seen.
	late := w.write("updateIndicator", "UPDATE indicator SET target = 80")
	told(uuid.Nil, hidden)
	shown := set("visibility = 'PUBLIC'")
	told(uuid.Nil, hidden, fmt.Sprintf("indicator %d 2", late), fmt.Sprintf("goal %d 1", shown), fmt.Sprintf("milestone %d 3", shown))
	told(uuid.Nil, plain, fmt.Sprintf("indicator %d 2", late), fmt.Sprintf("goal %d 1", shown))
	archived := set("archived_at = instant()")
	told(other, shown, fmt.Sprintf("-goal %d 1", archived), fmt.Sprintf("-indicator %d 2", archived), fmt.Sprintf("-milestone %d 3", archived))
}

// TestSinceTellsWhoTakesPart holds that a record enters with its parts for the municipality
// that comes to take part in it, and leaves when it does so no more.
func TestSinceTellsWhoTakesPart(t *testing.T) {
	w := newWorld(t)
	project := uuid.UUID{13: 1, 15: 1}
	w.write("create",
		fmt.Sprintf("INSERT INTO shared_project (id, municipality_id, code, name_sv, phase, status, visibility) VALUES ('%s', @own, 'kod', 'Projekt', 'IDEA', 'ACTIVE', 'MUNICIPALITY')", project),
		fmt.Sprintf("INSERT INTO participation (id, municipality_id, shared_project_id, role, state) VALUES ('%s', @own, '%s', 'HOST', 'INTERESTED')", uuid.UUID{13: 1, 15: 2}, project))
	from := w.insert("milestone", 3, "shared_project_id, title_sv, kind", fmt.Sprintf("'%s', 'Start', 'LAUNCH'", project))
	asked := w.write("proposeParticipation", fmt.Sprintf("INSERT INTO participation (id, municipality_id, shared_project_id, role, state) VALUES ('%s', @other, '%s', 'PILOT', 'INVITED')", uuid.UUID{13: 1, 15: 4}, project))
	want := []string{fmt.Sprintf("milestone %d 3", asked), fmt.Sprintf("participation %d 2", asked), fmt.Sprintf("participation %d 4", asked), fmt.Sprintf("shared_project %d 1", asked)}
	if got, _ := w.since(as(t, other), from, 2, nil); !slices.Equal(got, want) {
		t.Errorf("who is asked is told %q, want %q", got, want)
	}
	if got, _ := w.since(as(t, own), from, 2, nil); !slices.Equal(got, []string{want[2]}) {
		t.Errorf("the host is told %q", got)
	}
	if got, _ := w.since(as(t, uuid.Nil), from, 2, nil); len(got) != 0 {
		t.Errorf("anyone is told %q", got)
	}
	gone := w.write("archiveParticipation", fmt.Sprintf("UPDATE participation SET archived_at = instant() WHERE id = '%s'", uuid.UUID{13: 1, 15: 4}))
	want = []string{fmt.Sprintf("-milestone %d 3", gone), fmt.Sprintf("-participation %d 2", gone), fmt.Sprintf("participation %d 4", gone), fmt.Sprintf("-shared_project %d 1", gone)}
	if got, _ := w.since(as(t, other), asked, 2, nil); !slices.Equal(got, want) {
		t.Errorf("who takes part no more is told %q, want %q", got, want)
	}
}

// TestSinceTellsOfPartsWhenAMembershipDoes holds that the parts of what is shared within a
// collaboration enter for whoever joins it, without any of them having changed.
func TestSinceTellsOfPartsWhenAMembershipDoes(t *testing.T) {
	w := newWorld(t)
	w.insert("goal", 1, "code, title_sv, level, status, visibility", "'1', 'Mål', 'GOAL', 'PROPOSED', 'COLLABORATION'")
	from := w.insert("milestone", 3, "goal_id, title_sv, kind", fmt.Sprintf("'%s', 'Start', 'LAUNCH'", uuid.UUID{13: 1, 15: 1}))
	through := w.write("addCollaborationMember", "INSERT INTO collaboration (id, name_sv) VALUES (@own, 'Samverkan')")
	joined := access.With(t.Context(), access.Caller{Kind: access.User, ID: "1", Municipality: other, Partners: []uuid.UUID{own, other}})
	now := w.reading()
	before, err := now.Before(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	for was, want := range map[uuid.UUID][]string{other: {"goal", "milestone"}, own: {}} {
		feed, err := history.Since(joined, now, before, access.Policy{}, history.FeedKinds(), []uuid.UUID{was, other}, page.Args{})
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, e := range feed.Nodes() {
			if got = append(got, e.Kind); e.Number != through || e.Removed {
				t.Errorf("it tells %+v", e)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("from partners of %v it tells %q, want %q", was, got, want)
		}
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
