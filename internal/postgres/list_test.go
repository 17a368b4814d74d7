package postgres_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// sorts are the orders of pearls, one of each type that lists sort by.
var sorts = []postgres.Sort{
	{Name: "NAME", Expr: "x.name_sv", Type: "text"},
	{Name: "SIZE", Expr: "coalesce(x.size, 2147483647)", Type: "int"},
	{Name: "FOUND", Expr: "coalesce(x.found, 'infinity'::date)", Type: "date"},
	{Name: "UPDATED", Expr: "x.updated_at", Type: "timestamptz"},
	{Name: "CHANGE", Expr: "x.changed_in", Type: "bigint"},
}

// both gives each order as it is and from its end.
func both() (all []postgres.Sort) {
	for _, s := range sorts {
		desc := s
		desc.Desc = true
		all = append(all, s, desc)
	}
	return all
}

func list(s postgres.Sort) postgres.List {
	return postgres.List{From: "pearl x", Alias: "x", Sort: s}
}

// many are pearls by chance, always the same: few values, many ties, many NULLs.
func many(t *testing.T, b box, n int) {
	t.Helper()
	chance := rand.New(rand.NewPCG(3, 4))
	words := []string{"å", "ä", "ö", "a", "A", "z", "aa", "Zebra", "Örn", "é", "w", "v"}
	days := []time.Time{time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)}
	strings := []uuid.UUID{{15: 1}, {15: 2}, {15: 3}}
	var all []*pearl
	for i := range n {
		p := &pearl{Row: postgres.Row{ID: uuid.UUID{0: byte(chance.IntN(256)), 15: byte(i)}}, NameSv: words[chance.IntN(len(words))], Colours: []string{}}
		if i%2 == 0 {
			p.Size = ptr(i + 1)
		}
		if k := chance.IntN(3); k < 2 {
			p.Found = &days[k]
		}
		if k := chance.IntN(4); k < 3 {
			p.StringID = &strings[k]
		}
		for _, c := range []string{"blå", "vit"} {
			if chance.IntN(2) == 0 {
				p.Colours = append(p.Colours, c)
			}
		}
		if all = append(all, p); len(all) == 7 || i == n-1 {
			b.keep(t, all...)
			all = nil
		}
	}
}

func ids(c *page.Connection[*pearl]) (all []uuid.UUID) {
	for _, p := range c.Nodes() {
		all = append(all, p.ID)
	}
	return all
}

// TestWalk pages through every order, both ways, in pages of several sizes: the pages
// together are the whole list as the database sorts it, each record once.
func TestWalk(t *testing.T) {
	b := newBox(t, 4, nil)
	many(t, b, 45)
	now := b.present(t)
	for _, s := range both() {
		direction := "ASC"
		if s.Desc {
			direction = "DESC"
		}
		want, err := postgres.Values[uuid.UUID](t.Context(), now, fmt.Sprintf("SELECT x.id FROM pearl x ORDER BY %s %s, x.id %s", s.Expr, direction, direction), nil)
		if err != nil || len(want) != 45 {
			t.Fatal(len(want), err)
		}
		for _, size := range []int{1, 2, 7, 44, 45, 46, 100} {
			t.Run(fmt.Sprintf("%s %s %d", s.Name, direction, size), func(t *testing.T) {
				forward, backward := page.Args{First: &size}, page.Args{Last: &size}
				for got := []uuid.UUID(nil); ; {
					c, err := postgres.Page[pearl](t.Context(), now, list(s), forward)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, ids(c)...)
					if len(c.Edges) > size || c.PageInfo.HasPreviousPage != (forward.After != nil) || c.PageInfo.HasNextPage != (len(got) < len(want)) {
						t.Fatalf("after %d the page has %d and says %+v", len(got), len(c.Edges), c.PageInfo)
					}
					if !c.PageInfo.HasNextPage {
						if !slices.Equal(got, want) {
							t.Errorf("forwards the pages are\n%v, want\n%v", got, want)
						}
						break
					}
					forward.After = c.PageInfo.EndCursor
				}
				for got := []uuid.UUID(nil); ; {
					c, err := postgres.Page[pearl](t.Context(), now, list(s), backward)
					if err != nil {
						t.Fatal(err)
					}
					got = append(ids(c), got...)
					if len(c.Edges) > size || c.PageInfo.HasNextPage != (backward.Before != nil) || c.PageInfo.HasPreviousPage != (len(got) < len(want)) {
						t.Fatalf("before the last %d the page has %d and says %+v", len(got), len(c.Edges), c.PageInfo)
					}
					if !c.PageInfo.HasPreviousPage {
						if !slices.Equal(got, want) {
							t.Errorf("backwards the pages are\n%v, want\n%v", got, want)
						}
						break
					}
					backward.Before = c.PageInfo.StartCursor
				}
			})
		}
	}
}

// TestSwedishOrder holds that å, ä and ö come last, in that order.
func TestSwedishOrder(t *testing.T) {
	b := newBox(t, 2, nil)
	b.keep(t, named("Ödeshög"), named("Ängelholm"), named("Åtvidaberg"), named("Ydre"), named("zebra"), named("Boxholm"), named("älg"))
	c, err := postgres.Page[pearl](t.Context(), b.present(t), list(sorts[0]), page.Args{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range c.Nodes() {
		got = append(got, p.NameSv)
	}
	if want := []string{"Boxholm", "Ydre", "zebra", "Åtvidaberg", "älg", "Ängelholm", "Ödeshög"}; !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
}

// TestAWalkAmongWrites holds that who pages on meets no record twice and misses none
// that was there all the time, whatever is written between the pages.
func TestAWalkAmongWrites(t *testing.T) {
	b := newBox(t, 4, nil)
	many(t, b, 20)
	first := func(a page.Args) *page.Connection[*pearl] {
		t.Helper()
		session := b.Session()
		defer session.Close()
		now, err := session.Present(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, err := postgres.Page[pearl](t.Context(), now, list(sorts[0]), a)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	size := 6
	there := ids(first(page.Args{}))
	var got []uuid.UUID
	for a := (page.Args{First: &size}); ; {
		c := first(a)
		got = append(got, ids(c)...)
		if !c.PageInfo.HasNextPage {
			break
		}
		a.After = c.PageInfo.EndCursor
		b.keep(t, named("a"), named("ö"))
	}
	for _, id := range there {
		if !slices.Contains(got, id) {
			t.Errorf("%s was there all the time and is missed", id)
		}
	}
	for i, id := range got {
		if slices.Contains(got[:i], id) {
			t.Errorf("%s is met twice", id)
		}
	}
}

// TestPagesOfMany holds that the pages of many parents are those of each alone, by
// one statement.
func TestPagesOfMany(t *testing.T) {
	b := newBox(t, 4, nil)
	many(t, b, 45)
	now := b.present(t)
	parents := []uuid.UUID{{15: 2}, {15: 9}, {15: 1}, {15: 2}, {15: 3}} // one has none, one stands twice
	facets := map[string]postgres.Facet{
		"FOUND":  {Value: "x.found::text"},
		"COLOUR": {Value: "v.value", Join: "JOIN LATERAL unnest(x.colours) AS v (value) ON true", Names: func(v string) (string, string) { return v, "en " + v }},
	}
	for _, s := range both() {
		for _, a := range []page.Args{{}, {First: ptr(3)}, {Last: ptr(2)}, {First: ptr(0)}} {
			l := list(s)
			l.Parent, l.Facets = "x.string_id", facets
			l.Where("x.name_sv <> @not", "not", "z")
			b.taken("")
			together, err := postgres.Pages[pearl](t.Context(), now, l, parents, a)
			if err != nil {
				t.Fatal(err)
			}
			if n := b.taken("pearl"); n != 1 {
				t.Errorf("%d statements read the pages", n)
			}
			for i, parent := range parents {
				alone := list(s)
				alone.Facets = facets
				alone.Where("x.name_sv <> @not AND x.string_id = @parent", "not", "z", "parent", parent)
				c, err := postgres.Page[pearl](t.Context(), now, alone, a)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := shape(t, together[i]), shape(t, c); got != want {
					t.Errorf("%s, parent %d: the page is\n%s, want\n%s", s.Name, i, got, want)
				}
			}
		}
	}
}

// TestCostlyFacetsCountTheSame holds that facets that read the list once count what those
// that read it each do.
func TestCostlyFacetsCountTheSame(t *testing.T) {
	b := newBox(t, 4, nil)
	many(t, b, 45)
	now := b.present(t)
	parents := []uuid.UUID{{15: 2}, {15: 9}, {15: 1}}
	names := []string{"FOUND", "NAME", "STRING"}
	counted := func(costly bool, parent string, narrow ...string) string {
		t.Helper()
		l := list(both()[0])
		l.Parent, l.Costly = parent, costly
		l.Facets = map[string]postgres.Facet{
			"FOUND":  {Value: "x.found::text"},
			"NAME":   {Value: "left(x.name_sv, 1)", Sv: "x.name_sv", En: "lower(x.name_sv)"},
			"STRING": {Value: "x.string_id::text"},
		}
		l.Where("x.name_sv <> @not", "not", "z")
		for _, facet := range narrow {
			l.WhereFacet(facet, map[string]string{"FOUND": "x.found > '2010-01-01'", "NAME": "x.name_sv < 'm'", "STRING": "x.string_id IS NOT NULL"}[facet])
		}
		pages, err := postgres.Pages[pearl](t.Context(), now, l, parents, page.Args{})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, p := range pages {
			facets, err := p.Facets(t.Context(), names)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprint(facets))
		}
		return strings.Join(all, "\n")
	}
	for _, parent := range []string{"", "x.string_id"} {
		for _, narrow := range [][]string{nil, {"FOUND"}, {"NAME", "FOUND"}, {"NAME", "NAME", "STRING"}} {
			if got, want := counted(true, parent, narrow...), counted(false, parent, narrow...); got != want || !strings.Contains(want, "{FOUND [{") {
				t.Errorf("of %q narrowed by %v the facets are\n%s, want\n%s", parent, narrow, got, want)
			}
		}
	}
}

// shape is all that a page says, as text.
func shape(t *testing.T, c *page.Connection[*pearl]) string {
	t.Helper()
	total, err := c.TotalCount(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	facets, err := c.Facets(t.Context(), []string{"COLOUR", "FOUND"})
	if err != nil {
		t.Fatal(err)
	}
	start, end := "-", "-"
	if c.PageInfo.StartCursor != nil {
		start, end = *c.PageInfo.StartCursor, *c.PageInfo.EndCursor
	}
	return fmt.Sprint(ids(c), c.PageInfo.HasNextPage, c.PageInfo.HasPreviousPage, start, end, total, facets)
}

// TestCountsAreLazy holds that a list counts only what is asked for, once, for all
// the pages that were read together.
func TestCountsAreLazy(t *testing.T) {
	b := newBox(t, 4, nil)
	many(t, b, 20)
	l := list(sorts[0])
	l.Parent = "x.string_id"
	l.Facets = map[string]postgres.Facet{"FOUND": {Value: "x.found::text"}, "NAME": {Value: "x.name_sv", Sv: "x.name_sv", En: "lower(x.name_sv)"}}
	now := b.present(t)
	b.taken("")
	pages, err := postgres.Pages[pearl](t.Context(), now, l, []uuid.UUID{{15: 1}, {15: 2}, {15: 3}}, page.Args{})
	if err != nil {
		t.Fatal(err)
	}
	if n := b.taken("count("); n != 0 {
		t.Errorf("%d counts before any is asked for", n)
	}
	ask := func(want int, what string, fn func(c *page.Connection[*pearl]) error) {
		t.Helper()
		for _, c := range pages {
			if err := fn(c); err != nil {
				t.Fatal(err)
			}
		}
		if n := b.taken("pearl"); n != want {
			t.Errorf("%s takes %d statements, want %d", what, n, want)
		}
	}
	ask(1, "the total of each page", func(c *page.Connection[*pearl]) error { _, err := c.TotalCount(t.Context()); return err })
	ask(1, "a facet of each page", func(c *page.Connection[*pearl]) error {
		_, err := c.Facets(t.Context(), []string{"FOUND", "FOUND"})
		return err
	})
	ask(1, "that one and another", func(c *page.Connection[*pearl]) error {
		f, err := c.Facets(t.Context(), []string{"NAME", "FOUND"})
		if err == nil && (len(f) != 2 || f[0].Name != "NAME" || f[1].Name != "FOUND") {
			t.Errorf("the facets are %+v", f)
		}
		return err
	})
	ask(0, "both and the total again", func(c *page.Connection[*pearl]) error {
		if _, err := c.TotalCount(t.Context()); err != nil {
			return err
		}
		_, err := c.Facets(t.Context(), []string{"FOUND", "NAME"})
		return err
	})
	if _, err := pages[0].Facets(t.Context(), []string{"WEIGHT"}); err == nil {
		t.Error("a facet that the list lacks is counted")
	}
}

// TestProbe holds that a page of an indexed order looks up what a probe asks for by each
// record it meets, and that what goes through all the records, to sort or count them, is
// free to read it into a hash.
func TestProbe(t *testing.T) {
	b := newBox(t, 2, nil)
	many(t, b, 45)
	now := b.present(t)
	size := 3
	for _, indexed := range []bool{true, false} {
		s := sorts[0]
		s.Indexed = indexed
		l := list(s)
		l.Where("(x.size IS NULL OR EXISTS (SELECT FROM pearl y WHERE y.id = x.id AND y.found IS NOT NULL " + postgres.Probe + "))")
		b.taken("")
		c, err := postgres.Page[pearl](t.Context(), now, l, page.Args{First: &size})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Total(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.counter.mu.Lock()
		asked := slices.Clone(b.statements)
		b.counter.mu.Unlock()
		if len(asked) != 2 {
			t.Fatalf("a page and its total are %d statements, want 2", len(asked))
		}
		for i, sql := range asked {
			plan, err := postgres.Values[string](t.Context(), now, "EXPLAIN "+sql, postgres.Args{"page_limit": size + 1})
			if err != nil {
				t.Fatal(err)
			}
			all, want := strings.Join(plan, "\n"), i == 1 || !indexed
			if hashed := strings.Contains(all, "hashed SubPlan"); hashed != want {
				t.Errorf("indexed %v: hashed is %v, want %v, in the plan of\n%s\nwhich is\n%s", indexed, hashed, want, sql, all)
			}
		}
	}
}

// TestFacetsLeaveOutTheirOwnCondition holds that a facet shows what choosing another
// value would give, under all other conditions.
func TestFacetsLeaveOutTheirOwnCondition(t *testing.T) {
	b := newBox(t, 2, nil)
	day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range []struct {
		name    string
		colours []string
		found   *time.Time
	}{{"a", []string{"blå", "vit"}, nil}, {"b", []string{"vit"}, &day}, {"c", []string{"röd"}, &day}, {"d", nil, &day}, {"not", []string{"röd"}, &day}} {
		one := named(p.name)
		one.Colours, one.Found = append([]string{}, p.colours...), p.found
		b.keep(t, one)
	}
	l := list(sorts[0])
	l.Facets = map[string]postgres.Facet{
		"COLOUR": {Value: "v.value", Join: "JOIN LATERAL unnest(x.colours) AS v (value) ON true"},
		"FOUND":  {Value: "x.found::text"},
	}
	l.Where("x.name_sv <> @not", "not", "not")
	l.WhereFacet("COLOUR", "x.colours && @colours::text[]", "colours", []string{"vit"})
	c, err := postgres.Page[pearl](t.Context(), b.present(t), l, page.Args{})
	if err != nil {
		t.Fatal(err)
	}
	facets, err := c.Facets(t.Context(), []string{"COLOUR", "FOUND"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range facets {
		for _, v := range f.Values {
			got = append(got, fmt.Sprintf("%s %s %d", f.Name, v.Value, v.Count))
		}
	}
	// The most frequent first, then by value; NULL is no value.
	if want := []string{"COLOUR vit 2", "COLOUR blå 1", "COLOUR röd 1", "FOUND 2020-01-01 1"}; !slices.Equal(got, want) {
		t.Errorf("the facets are %v, want %v", got, want)
	}
	if total, err := c.TotalCount(t.Context()); err != nil || total != 2 || len(c.Edges) != 2 {
		t.Errorf("the total is %d of %d, %v", total, len(c.Edges), err)
	}
}

// TestBadCursors holds that a cursor which no answer gave is told to be at fault, and
// leaves the rest of the operation alone.
func TestBadCursors(t *testing.T) {
	b := newBox(t, 2, nil)
	many(t, b, 10)
	id := uuid.UUID{15: 1}
	cursor := func(order, value string) string { return page.Cursor{Order: order, Value: value, ID: id}.String() }
	raw := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	name, size, found, updated, number := sorts[0], sorts[1], sorts[2], sorts[3], sorts[4]
	for _, c := range []struct {
		what   string
		sort   postgres.Sort
		cursor string
		rule   string
	}{
		{"no cursor at all", name, "hej", "cursor_form"},
		{"nothing", name, "", "cursor_form"},
		{"not JSON", name, raw("hej"), "cursor_form"},
		{"another field", name, raw(`{"o":"NAME ASC","v":"a","i":"00000000-0000-0000-0000-000000000001","x":1}`), "cursor_form"},
		{"an id that is none", name, raw(`{"o":"NAME ASC","v":"a","i":"1"}`), "cursor_form"},
		{"padded", name, cursor("NAME ASC", "a") + "=", "cursor_form"},
		{"another order", name, cursor("SIZE ASC", "1"), "cursor_order"},
		{"another direction", name, cursor("NAME DESC", "a"), "cursor_order"},
		{"a text with NUL", name, cursor("NAME ASC", "a\x00b"), "cursor_form"},
		{"no number", size, cursor("SIZE ASC", "a"), "cursor_form"},
		{"no number, but SQL", size, cursor("SIZE ASC", "1); DROP TABLE pearl; --"), "cursor_form"},
		{"a number too large", size, cursor("SIZE ASC", "2147483648"), "cursor_form"},
		{"a number far too large", number, cursor("CHANGE ASC", "99999999999999999999"), "cursor_form"},
		{"no date", found, cursor("FOUND ASC", "2024-02-30"), "cursor_form"},
		{"no instant", updated, cursor("UPDATED ASC", "yesteryear"), "cursor_form"},
	} {
		t.Run(c.what, func(t *testing.T) {
			now := b.present(t)
			for field, a := range map[string]page.Args{"after": {After: &c.cursor}, "before": {Before: &c.cursor}} {
				_, err := postgres.Page[pearl](t.Context(), now, list(c.sort), a)
				if all := fault.All(err); len(all) != 1 || all[0].Code != fault.Invalid || all[0].Field != field || all[0].Rule != c.rule {
					t.Errorf("as %s it gives %v, want %s", field, err, c.rule)
				}
			}
			if all := names(t, now); len(all) != 10 {
				t.Errorf("after it %d records are read", len(all))
			}
		})
	}
	// The ends of the scale are places like any other.
	now := b.present(t)
	for _, c := range []struct {
		sort   postgres.Sort
		cursor string
		want   int
	}{
		{found, cursor("FOUND ASC", "-infinity"), 10},
		{updated, cursor("UPDATED ASC", "infinity"), 0},
		{updated, cursor("UPDATED ASC", "2001-01-01 12:00:00.5+00"), 10},
		{updated, cursor("UPDATED ASC", "2001-01-01 12:00:00+00"), 10},
	} {
		if got, err := postgres.Page[pearl](t.Context(), now, list(c.sort), page.Args{After: &c.cursor}); err != nil || len(got.Edges) != c.want {
			t.Errorf("after %s: %v, %v", c.cursor, got, err)
		}
	}
}

// TestPageSizes holds the limits of a page.
func TestPageSizes(t *testing.T) {
	b := newBox(t, 2, nil)
	many(t, b, 25)
	now := b.present(t)
	for _, c := range []struct {
		args  page.Args
		want  int
		rules []string
	}{
		{page.Args{}, page.Default, nil},
		{page.Args{First: ptr(0)}, 0, nil},
		{page.Args{Last: ptr(0)}, 0, nil},
		{page.Args{First: ptr(page.Most)}, 25, nil},
		{page.Args{First: ptr(page.Most + 1)}, 0, []string{"page_size"}},
		{page.Args{First: ptr(-1)}, 0, []string{"page_size"}},
		{page.Args{Last: ptr(page.Most + 1)}, 0, []string{"page_size"}},
		{page.Args{First: ptr(1), Last: ptr(1)}, 0, []string{"page_direction"}},
		{page.Args{First: ptr(1), Last: ptr(-1), After: ptr("x")}, 0, []string{"page_direction", "page_size", "cursor_form"}},
	} {
		got, err := postgres.Page[pearl](t.Context(), now, list(sorts[0]), c.args)
		var rules []string
		for _, f := range fault.All(err) {
			rules = append(rules, f.Rule)
		}
		if !slices.Equal(rules, c.rules) {
			t.Errorf("%+v: %v, want %v", c.args, err, c.rules)
			continue
		}
		if err == nil && len(got.Edges) != c.want {
			t.Errorf("%+v gives %d records, want %d", c.args, len(got.Edges), c.want)
		}
	}
	empty := list(sorts[0])
	empty.Where("false")
	c, err := postgres.Page[pearl](t.Context(), now, empty, page.Args{})
	if err != nil || c.Edges == nil || len(c.Edges) != 0 || c.PageInfo.StartCursor != nil || c.PageInfo.HasNextPage {
		t.Errorf("an empty list is %+v, %v", c, err)
	}
}

// TestBetweenCursors reads what lies between two places, from either end.
func TestBetweenCursors(t *testing.T) {
	b := newBox(t, 2, nil)
	for _, name := range strings.Split("a b c d e f", " ") {
		b.keep(t, named(name))
	}
	now := b.present(t)
	all, err := postgres.Page[pearl](t.Context(), now, list(sorts[0]), page.Args{})
	if err != nil {
		t.Fatal(err)
	}
	after, before := &all.Edges[0].Cursor, &all.Edges[4].Cursor
	for _, c := range []struct {
		args page.Args
		want string
		info [2]bool // next, previous
	}{
		{page.Args{After: after, Before: before}, "b c d", [2]bool{false, true}},
		{page.Args{First: ptr(2), After: after, Before: before}, "b c", [2]bool{true, true}},
		{page.Args{Last: ptr(2), After: after, Before: before}, "c d", [2]bool{true, true}},
		{page.Args{Before: before}, "a b c d", [2]bool{true, false}},
	} {
		got, err := postgres.Page[pearl](t.Context(), now, list(sorts[0]), c.args)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range got.Nodes() {
			names = append(names, p.NameSv)
		}
		if strings.Join(names, " ") != c.want || [2]bool{got.PageInfo.HasNextPage, got.PageInfo.HasPreviousPage} != c.info {
			t.Errorf("%+v gives %v and %+v, want %s and %v", c.args, names, got.PageInfo, c.want, c.info)
		}
	}
}
