package search_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/search"
)

// world is a database with two municipalities and the services over it.
type world struct {
	t              *testing.T
	ctx            context.Context
	at             time.Time
	data           dbtest.Database
	db             *postgres.DB
	journal        *history.Journal
	search         *search.Service
	organisation   *organisation.Service
	catalogue      *eservice.Service
	home, away     *organisation.Municipality
	office, abroad *organisation.Unit
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), at: time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC), data: dbtest.New(t)}
	w.db = w.data.Open(t, func() time.Time { return w.at })
	journal := &history.Journal{DB: w.db}
	w.journal = journal
	w.search = &search.Service{Sources: slices.Concat(organisation.SearchSources(), eservice.SearchSources()), Journal: journal}
	journal.Keep = []history.Keeper{w.search.Keep}
	w.organisation = &organisation.Service{Journal: journal}
	w.catalogue = &eservice.Service{Journal: journal, Gaps: &gap.Service{}, Search: w.search}
	w.home = must(w.organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true}))(t)
	w.away = must(w.organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0580", NameSv: "Linköping"}))(t)
	w.office = must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Kontaktcenter", Type: organisation.Department, Aliases: []string{"Medborgarservice"}}))(t)
	w.abroad = must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.away.ID, NameSv: "Kansliet", Type: organisation.Department}))(t)
	return w
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// service adds a published e-service of the unit.
func (w *world) service(unit *organisation.Unit, name, summary string, set ...func(*eservice.EService)) *eservice.EService {
	w.t.Helper()
	url := "https://example.se"
	e := eservice.EService{
		MunicipalityID: unit.MunicipalityID, OwnerUnitID: unit.ID, NameSv: name, SummarySv: &summary, URL: &url,
		Audiences: []eservice.Audience{"PRIVATE_PERSON"}, Published: true,
	}
	for _, s := range set {
		s(&e)
	}
	return must(w.catalogue.Create(w.ctx, e))(w.t)
}

// found searches as nobody, or as somebody of a municipality, and gives each hit with why.
func (w *world) found(ctx context.Context, query string, f search.Filter) []string {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	now := must(session.Present(ctx))(w.t)
	c := must(w.search.Search(ctx, now, query, f, page.Args{}))(w.t)
	var found []string
	for _, h := range c.Nodes() {
		found = append(found, h.Title.Text+" "+string(h.Why))
	}
	return found
}

// seed are records that the queries below look among.
func (w *world) seed() {
	w.service(w.office, "Ansökan om bygglov", "Bygga nytt eller bygga ut.", func(e *eservice.EService) { e.Keywords = []string{"friggebod", "attefallshus"} })
	w.service(w.office, "Bygglovsguiden", "Behöver jag lov?")
	w.service(w.abroad, "Ansökan om bygglov", "Bygga nytt.")
	w.service(w.office, "E-tjänst för läxhjälp", "Hjälp efter skolan.")
	w.service(w.office, "Plats i förskola", "Sök plats.", func(e *eservice.EService) { e.NameEn = new("Childcare places"); e.Keywords = []string{"dagis"} })
	w.service(w.abroad, "Hemlig förskola", "Visas inte.", func(e *eservice.EService) { e.Published = false })
}

func TestWhatIsFoundAndWhy(t *testing.T) {
	w := newWorld(t)
	w.seed()
	somebody := access.With(t.Context(), access.Caller{Kind: access.User, ID: "7", Municipality: w.away.ID, Roles: []access.Role{access.Reader}})
	for _, c := range []struct {
		ctx   context.Context
		query string
		kinds []string
		want  []string
	}{
		{nil, "ansökan om bygglov", nil, []string{"Ansökan om bygglov EXACT_NAME", "Ansökan om bygglov EXACT_NAME"}},
		{nil, "  BYGGLOVS ", nil, []string{"Bygglovsguiden NAME_PREFIX", "Ansökan om bygglov WORD", "Ansökan om bygglov WORD"}},
		{nil, "lov", nil, []string{"Ansökan om bygglov INSIDE_WORD", "Ansökan om bygglov INSIDE_WORD", "Bygglovsguiden INSIDE_WORD"}},
		{nil, "friggebodar", nil, []string{"Ansökan om bygglov WORD"}},
		{nil, "dagis", nil, []string{"Plats i förskola WORD"}},
		{nil, "forskola", nil, []string{"Plats i förskola SIMILAR"}},
		{nil, "childcare place", nil, []string{"Childcare places WORD"}},
		{nil, "läx hjälp", nil, []string{"E-tjänst för läxhjälp WORD"}},
		{nil, "etjänst", nil, []string{"E-tjänst för läxhjälp WORD"}},
		{nil, "e-tjänst", nil, []string{"E-tjänst för läxhjälp NAME_PREFIX"}},
		{nil, "byglov", nil, []string{"Ansökan om bygglov SIMILAR", "Ansökan om bygglov SIMILAR"}},
		{nil, "bygglov linkoping", nil, []string{"Ansökan om bygglov WORD"}},
		{nil, "medborgarservice", nil, []string{"Kontaktcenter EXACT_NAME"}},
		{nil, "norrkoping", []string{"MUNICIPALITY"}, []string{"Norrköping SIMILAR"}},
		{nil, "pl", nil, []string{"Plats i förskola NAME_PREFIX"}},
		{nil, "hemlig", nil, nil},
		{somebody, "hemlig", nil, []string{"Hemlig förskola NAME_PREFIX"}},
		{nil, "för", []string{"E_SERVICE"}, []string{"E-tjänst för läxhjälp WORD", "Plats i förskola WORD"}},
		{nil, "", nil, nil},
		{nil, "!!! ' & | <-> :* \\ %_", nil, nil},
		{nil, "bygglov' | 'förskola", []string{"E_SERVICE"}, []string{"Ansökan om bygglov WORD", "Ansökan om bygglov WORD", "Bygglovsguiden WORD", "Plats i förskola WORD"}},
	} {
		ctx := c.ctx
		if ctx == nil {
			ctx = t.Context()
		}
		got := w.found(ctx, c.query, search.Filter{Kinds: c.kinds})
		if len(got) > len(c.want) && len(c.want) > 0 {
			got = got[:len(c.want)]
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.query, diff)
		}
	}
	var refused *fault.Error
	session := w.db.Session()
	defer session.Close()
	now := must(session.Present(t.Context()))(t)
	if _, err := w.search.Search(t.Context(), now, strings.Repeat("å", 201), search.Filter{}, page.Args{}); !errors.As(err, &refused) || refused.Field != "query" {
		t.Errorf("a search of 201 characters gives %v", err)
	}
	if _, err := w.search.Search(t.Context(), now, strings.Repeat("' å", 66), search.Filter{}, page.Args{}); err != nil {
		t.Errorf("a long search gives %v", err)
	}
}

// entries are all entries as text, without what each write sets.
func (w *world) entries() []string {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	now := must(session.Present(w.ctx))(w.t)
	return must(postgres.Values[string](w.ctx, now, "SELECT concat_ws(' | ', e.object_kind, e.id, e.object_id, e.municipality_id, e.name, e.rank, e.words) FROM search_entry e WHERE e.digest <> '' ORDER BY e.id", nil))(w.t)
}

// What each change keeps is what a full computation gives, and the past is searched
// as it was.
func TestEntriesFollowTheRecords(t *testing.T) {
	w := newWorld(t)
	w.seed()
	e := w.service(w.office, "Ansökan om skolskjuts", "Buss till skolan.")
	then := w.at
	w.at = w.at.Add(time.Hour)
	must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.NameSv = "Resor till skolan"; e.Keywords = []string{"buss"} }))(t)
	must(w.organisation.UpdateUnit(w.ctx, w.office.ID, w.office.Version, func(u *organisation.Unit) { u.NameSv = "Servicecenter"; u.Aliases = []string{"Kontaktcenter"} }))(t)
	w.draft(e, func(e *eservice.EService) { e.NameSv = "Skolkort" })
	closed := w.draft(w.service(w.office, "Fritidskort", "Fritid."), func(e *eservice.EService) { e.NameSv = "Busskort" })
	must(w.catalogue.DiscardDraft(w.ctx, version(closed), ""))(t)
	must(w.catalogue.RecordUsage(w.ctx, e.ID, []eservice.Usage{{Month: date.New(2026, time.January, 1), Cases: 1250, Source: "MANUAL"}}))(t)
	live := must(w.catalogue.Update(w.ctx, e.ID, w.read(e).Version, func(e *eservice.EService) { e.SummarySv = new("Med buss.") }))(t)
	kept := w.entries()
	if n := len(kept); n != 13 {
		t.Errorf("%d entries, want one for each of 12 records and an open draft", n)
	}
	for _, entry := range kept {
		if id := live.ID.String(); strings.Contains(entry, id) && (!strings.Contains(entry, "'!2") || !strings.Contains(entry, "'cmed'")) {
			t.Errorf("the entry does not follow the live e-service's texts and use, of four digits: %s", entry)
		}
	}
	if got := w.found(t.Context(), "skolskjuts", search.Filter{}); len(got) != 0 {
		t.Errorf("the old name is found: %v", got)
	}
	if got := w.found(t.Context(), "kontaktcenter", search.Filter{}); !slices.Equal(got, []string{"Servicecenter EXACT_NAME"}) {
		t.Errorf("a unit's old name finds %v", got)
	}
	session := w.db.Session()
	past := must(session.AsOf(t.Context(), then, nil))(t)
	c := must(w.search.Search(t.Context(), past, "skolskjus", search.Filter{}, page.Args{}))(t)
	session.Close()
	if nodes := c.Nodes(); len(nodes) != 1 || nodes[0].Title.Text != "Ansökan om skolskjuts" {
		t.Errorf("the past finds %v", nodes)
	}
	owner := w.data.Owner(t)
	if _, err := owner.Exec(t.Context(), "SELECT change_begin(NULL, 'SYSTEM', '', '', NULL, 'prov', '', ''); DELETE FROM search_word; DELETE FROM search_entry"); err != nil {
		t.Fatal(err)
	}
	if ran, err := w.search.Rebuild(w.ctx); err != nil || !ran {
		t.Fatalf("rebuilding ran %t: %v", ran, err)
	}
	if diff := cmp.Diff(kept, w.entries()); diff != "" {
		t.Errorf("a full computation differs from what the changes kept (-kept +computed):\n%s", diff)
	}
	if ran, err := w.search.Rebuild(w.ctx); err != nil || ran {
		t.Errorf("rebuilding again ran %t: %v", ran, err)
	}
}

// Marks lie where the words are, in JavaScript's counting, and a long text is cut.
func TestMarksAndPages(t *testing.T) {
	w := newWorld(t)
	long := "🏠 " + strings.Repeat("Lång text. ", 400) + "Här står friggebodar till sist."
	w.service(w.office, "Uppföra litet hus", "Kort.", func(e *eservice.EService) { e.SummarySv, e.DescriptionSv = nil, &long; e.Published = false })
	for i := range 7 {
		w.service(w.office, fmt.Sprintf("Ansökan %d om bygglov", i), "En åtgärd 🏠 som bygglov kräver.")
	}
	editor := access.With(t.Context(), access.Caller{Kind: access.User, ID: "7", Municipality: w.home.ID, Roles: []access.Role{access.CatalogueEditor}})
	session := w.db.Session()
	defer session.Close()
	now := must(session.Present(editor))(t)
	marked := func(m search.Marked) []string {
		var words []string
		units := []rune(strings.ReplaceAll(m.Text, "🏠", "xx"))
		for _, r := range m.Marks {
			words = append(words, string(units[r.Start:r.End]))
		}
		return words
	}
	hit := must(w.search.Search(editor, now, "friggebod", search.Filter{}, page.Args{}))(t).Nodes()[0]
	if hit.Snippet == nil || len([]rune(hit.Snippet.Text)) > 250 || !slices.Equal(marked(*hit.Snippet), []string{"friggebod"}) {
		t.Errorf("the snippet is %+v", hit.Snippet)
	}
	hit = must(w.search.Search(editor, now, "bygglov", search.Filter{}, page.Args{}))(t).Nodes()[0]
	if !slices.Equal(marked(hit.Title), []string{"bygglov"}) || !slices.Equal(marked(*hit.Snippet), []string{"bygglov"}) {
		t.Errorf("%+v and %+v are marked at %q and %q", hit.Title, hit.Snippet, marked(hit.Title), marked(*hit.Snippet))
	}
	two := 2
	var names []string
	for args := (page.Args{First: &two}); ; {
		c := must(w.search.Search(editor, now, "bygglov", search.Filter{}, args))(t)
		for _, h := range c.Nodes() {
			names = append(names, h.Title.Text)
		}
		total := must(c.TotalCount(editor))(t)
		most := must(c.TotalIsMost(editor))(t)
		facets := must(c.Facets(editor, []string{"KIND", "MUNICIPALITY", "STATUS", "OWNER_UNIT", "THEME"}))(t)
		if total != 7 || most || facets[0].Values[0].Count != 7 || facets[1].Values[0].Value != "0581" || facets[2].Values[0].Count != 7 || len(facets[4].Values) != 0 {
			t.Fatalf("%d hits, most %t, facets %+v", total, most, facets)
		}
		if !c.PageInfo.HasNextPage {
			break
		}
		args.After = c.PageInfo.EndCursor
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 7 {
		t.Errorf("the pages hold %v", names)
	}
	list := must(w.catalogue.List(editor, now, eservice.Filter{Search: "bygg lov"}, "NAME", false, page.Args{}))(t)
	if n := must(list.TotalCount(editor))(t); n != 7 {
		t.Errorf("the catalogue narrowed by a search has %d", n)
	}
	if n := must(must(w.catalogue.List(editor, now, eservice.Filter{Search: "byglov"}, "NAME", false, page.Args{}))(t).TotalCount(editor))(t); n != 7 {
		t.Errorf("the catalogue narrowed by a misspelt search has %d", n)
	}
	if n := must(must(w.catalogue.List(editor, now, eservice.Filter{Search: "&"}, "NAME", false, page.Args{}))(t).TotalCount(editor))(t); n != 0 {
		t.Errorf("the catalogue narrowed by no word has %d", n)
	}
}
