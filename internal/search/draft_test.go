package search_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// read gives an e-service as it is now.
func (w *world) read(e *eservice.EService) *eservice.EService {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	now := must(session.Present(w.ctx))(w.t)
	return must(w.catalogue.ByID(w.ctx, now, []uuid.UUID{e.ID}))(w.t)[e.ID]
}

// draft begins the e-service's draft.
func (w *world) draft(e *eservice.EService, set func(*eservice.EService)) *eservice.Draft {
	w.t.Helper()
	return must(w.catalogue.SaveDraft(w.ctx, eservice.DraftChange{EService: e.ID, LiveVersion: w.read(e).Version, Set: set}))(w.t)
}

func version(d *eservice.Draft) eservice.DraftVersion {
	return eservice.DraftVersion{ID: d.ID, Version: d.Version}
}

// someone gives the context of a role in a municipality, or of a token with scopes.
func (w *world) someone(m *organisation.Municipality, role access.Role, scopes ...access.Scope) context.Context {
	c := access.Caller{Kind: access.User, ID: "7", Municipality: m.ID, Roles: []access.Role{role}}
	if len(scopes) > 0 {
		c.Kind, c.Scopes = access.Token, scopes
	}
	return access.With(w.t.Context(), c)
}

// told is everything that a search tells of at a snapshot: hits, counts, facets,
// suggestions, and the list of e-services that it narrows, with drafts and without.
func (w *world) told(ctx context.Context, r postgres.Reader, query string) []string {
	w.t.Helper()
	var told []string
	hit := func(h *search.Hit) string {
		return fmt.Sprintf("%s %s %t", h.Title.Text, h.Why, h.Drafted)
	}
	c := must(w.search.Search(ctx, r, query, search.Filter{}, page.Args{}))(w.t)
	for _, h := range c.Nodes() {
		told = append(told, hit(h))
	}
	told = append(told, fmt.Sprint(must(c.TotalCount(ctx))(w.t), must(c.Facets(ctx, []string{"KIND", "MUNICIPALITY", "STATUS", "OWNER_UNIT", "THEME"}))(w.t)))
	for _, h := range must(w.search.Suggest(ctx, r, query, search.Filter{}, 5))(w.t) {
		told = append(told, "suggested "+hit(h))
	}
	for _, drafts := range []bool{false, true} {
		list := must(w.catalogue.List(ctx, r, eservice.Filter{Search: query, Drafts: drafts}, "NAME", false, page.Args{}))(w.t)
		for _, e := range list.Nodes() {
			told = append(told, fmt.Sprintf("listed %t %s", drafts, e.NameSv))
		}
		told = append(told, fmt.Sprint(must(list.TotalCount(ctx))(w.t), must(list.Facets(ctx, []string{"KEYWORD", "STATUS"}))(w.t)))
	}
	return told
}

// What a draft says finds its e-service for its own municipality, in every way that
// live texts do, and for nobody else: to them nothing at all changes.
func TestADraftIsFoundByItsOwnAlone(t *testing.T) {
	w := newWorld(t)
	w.seed()
	e := w.service(w.office, "Ansökan om badplats", "Bada i sjön.")
	w.service(w.office, "Läsa dikter", "Vers.")
	others := map[string]context.Context{
		"nobody": t.Context(), "another municipality": w.someone(w.away, access.CatalogueEditor),
		"a token that may not read": w.someone(w.home, access.CatalogueEditor, access.ScopeCatalogue),
	}
	// The last would find nothing if words of drafts counted.
	queries := []string{"lekplats", "lekplast", "gungställning", "ansökan", "byglov"}
	session := func(tell func(*postgres.Snapshot)) {
		t.Helper()
		s := w.db.Session()
		defer s.Close()
		tell(must(s.Present(t.Context()))(t))
	}
	before := map[string][]string{}
	session(func(now *postgres.Snapshot) {
		for name, ctx := range others {
			for _, q := range queries {
				before[name+q] = w.told(ctx, now, q)
			}
		}
	})
	d := w.draft(e, func(e *eservice.EService) {
		e.NameSv, e.NameEn, e.SummarySv = "Ansökan om lekplats", new("Playground permit"), new("Sandlådor och rutschkanor.")
		e.Keywords, e.Themes = []string{"gungställning"}, []eservice.Theme{"BUILDING_HOUSING_ENVIRONMENT"}
		for i := range 40 { // nearer to byglov than bygglov is
			e.Keywords = append(e.Keywords, "byglov"+string(rune('a'+i%26))+string(rune('a'+i/26)))
		}
	})
	editor := w.someone(w.home, access.CatalogueEditor)
	drafted := "Ansökan om lekplats"
	same := func(when string, queries ...string) {
		t.Helper()
		session(func(now *postgres.Snapshot) {
			for name, ctx := range others {
				for _, q := range queries {
					if diff := cmp.Diff(before[name+q], w.told(ctx, now, q)); diff != "" {
						t.Errorf("%s, %s, %q tells of the draft (-before +after):\n%s", when, name, q, diff)
					}
				}
			}
		})
	}
	same("drafted", queries...)
	for _, c := range []struct{ query, want string }{
		{"lekplats", drafted + " WORD true"}, {"lekpl", drafted + " WORD true"}, {"lekplast", drafted + " SIMILAR true"},
		{"ansökan om lekplats", drafted + " EXACT_NAME true"}, {"ansökan om lek", drafted + " NAME_PREFIX true"}, {"gungställning", drafted + " WORD true"},
		{"ställning", drafted + " INSIDE_WORD true"}, {"gungställningar", drafted + " WORD true"}, {"rutschkana", drafted + " WORD true"}, {"playgrounds", "Playground permit WORD true"},
		{"badplats", "Ansökan om badplats WORD false"}, {"lekplats norrköping", drafted + " WORD true"},
	} {
		session(func(now *postgres.Snapshot) {
			found := must(w.search.Search(editor, now, c.query, search.Filter{Kinds: []string{"E_SERVICE"}}, page.Args{}))(t)
			var got []string
			for _, h := range found.Nodes() {
				if h.ID == e.ID {
					got = append(got, fmt.Sprintf("%s %s %t", h.Title.Text, h.Why, h.Drafted))
				}
			}
			if !slices.Equal(got, []string{c.want}) {
				t.Errorf("the editor's %q finds %q, want %q", c.query, got, c.want)
			}
		})
	}
	session(func(now *postgres.Snapshot) {
		c := must(w.search.Search(editor, now, "lekplats", search.Filter{Themes: []string{"BUILDING_HOUSING_ENVIRONMENT"}}, page.Args{}))(t)
		facets := must(c.Facets(editor, []string{"KIND", "THEME"}))(t)
		if n := must(c.TotalCount(editor))(t); n != 1 || len(facets[1].Values) != 1 || facets[1].Values[0].Value != "BUILDING_HOUSING_ENVIRONMENT" || facets[0].Values[0].Value != "E_SERVICE" {
			t.Errorf("narrowed by the drafted theme: %d, %+v", n, facets)
		}
		for _, c := range []struct {
			query  string
			drafts bool
			want   int
		}{{"lekplats", true, 1}, {"lekplats", false, 0}, {"badplats", true, 0}, {"badplats", false, 1}, {"lekplast", true, 1}, {"dikter", true, 1}} {
			list := must(w.catalogue.List(editor, now, eservice.Filter{Search: c.query, Drafts: c.drafts}, "NAME", false, page.Args{}))(t)
			if n := must(list.TotalCount(editor))(t); n != c.want {
				t.Errorf("the list narrowed by %q, with drafts %t, has %d", c.query, c.drafts, n)
			}
		}
	})

	then := w.at
	w.at = w.at.Add(time.Hour)
	d = must(w.catalogue.DiscardDraft(w.ctx, version(d), ""))(t)
	same("discarded", "lekplats", "byglov")
	for _, q := range []string{"lekplats", "gungställning", "playground"} {
		if got := w.found(editor, q, search.Filter{}); len(got) != 0 {
			t.Errorf("a discarded draft is found by %q: %v", q, got)
		}
	}
	owner := w.data.Owner(t)
	var left string
	if err := owner.QueryRow(t.Context(), "SELECT name || words || digest FROM search_entry WHERE id = $1", d.ID).Scan(&left); err != nil || left != "" {
		t.Errorf("of a discarded draft's entry is left %q: %v", left, err)
	}
	s := w.db.Session()
	defer s.Close()
	past := must(s.AsOf(t.Context(), then, nil))(t)
	if got := w.told(editor, past, "lekplats"); got[0] != drafted+" WORD true" {
		t.Errorf("in the past the editor finds %v", got)
	}
	for name, ctx := range others {
		if diff := cmp.Diff(before[name+"lekplats"], w.told(ctx, past, "lekplats")); diff != "" {
			t.Errorf("the past tells %s of the draft:\n%s", name, diff)
		}
	}
}

// A draft that is published is what all find, and one of an archived e-service nobody.
func TestADraftThatIsPublishedIsFoundByAll(t *testing.T) {
	w := newWorld(t)
	e := w.service(w.office, "Ansökan om badplats", "Bada i sjön.")
	gone := w.service(w.office, "Ansökan om båtplats", "Lägga till.")
	d := w.draft(e, func(e *eservice.EService) { e.NameSv = "Ansökan om lekplats" })
	w.draft(gone, func(e *eservice.EService) { e.NameSv = "Ansökan om husvagnsplats" })
	editor := w.someone(w.home, access.CatalogueEditor)
	if got := w.found(editor, "husvagn", search.Filter{}); len(got) != 1 {
		t.Errorf("the draft is not found: %v", got)
	}
	must(w.catalogue.PublishDrafts(w.ctx, []eservice.DraftVersion{version(d)}, ""))(t)
	hidden := must(w.catalogue.Publish(w.ctx, gone.ID, w.read(gone).Version, false, ""))(t)
	must(w.catalogue.Archive(w.ctx, gone.ID, hidden.Version, ""))(t)
	for _, ctx := range []context.Context{editor, t.Context()} {
		if got := w.found(ctx, "lekplats", search.Filter{}); !slices.Equal(got, []string{"Ansökan om lekplats WORD"}) {
			t.Errorf("published, it is found as %v", got)
		}
		for _, q := range []string{"badplats", "husvagnsplats"} {
			if got := w.found(ctx, q, search.Filter{}); slices.ContainsFunc(got, func(s string) bool { return s != "Ansökan om lekplats SIMILAR" }) {
				t.Errorf("%q finds %v", q, got)
			}
		}
	}
}
