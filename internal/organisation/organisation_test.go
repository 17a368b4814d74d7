package organisation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

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
)

// world is a database with two municipalities.
type world struct {
	t          *testing.T
	ctx        context.Context // of the program itself
	db         *postgres.DB
	journal    *history.Journal
	service    *organisation.Service
	home, away *organisation.Municipality
}

var noon = time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov"))}
	w.db = dbtest.New(t).Open(t, func() time.Time { return noon })
	w.journal = &history.Journal{DB: w.db}
	w.service = &organisation.Service{Journal: w.journal}
	w.home = must(w.service.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true}))(t)
	w.away = must(w.service.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0562", NameSv: "Finspång"}))(t)
	return w
}

// must gives a function's value, and fails the test for its error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) unit(of *organisation.Municipality, name string, parent *organisation.Unit, aliases ...string) *organisation.Unit {
	w.t.Helper()
	u := organisation.Unit{MunicipalityID: of.ID, NameSv: name, Type: organisation.PlainUnit, Aliases: aliases}
	if parent != nil {
		u.ParentID = &parent.ID
	}
	return must(w.service.CreateUnit(w.ctx, u))(w.t)
}

// owned registers an e-service of a status that the unit owns.
func (w *world) owned(u *organisation.Unit, status eservice.Status) *eservice.EService {
	w.t.Helper()
	catalogue := &eservice.Service{Journal: w.journal, Gaps: &gap.Service{}}
	source := "Plattformen"
	return must(catalogue.Create(w.ctx, eservice.EService{
		MunicipalityID: u.MunicipalityID, OwnerUnitID: u.ID, NameSv: "E-tjänst", Status: status, FoundSource: &source, FoundReason: &source,
	}))(w.t)
}

// as gives the context of a role in a municipality.
func (w *world) as(m *organisation.Municipality, role access.Role) context.Context {
	return access.With(w.t.Context(), access.Caller{Kind: access.User, ID: "prov", Function: "prov", Municipality: m.ID, Roles: []access.Role{role}})
}

// reading gives the newest state until the test ends.
func (w *world) reading() *postgres.Snapshot {
	w.t.Helper()
	session := w.db.Session()
	w.t.Cleanup(session.Close)
	return must(session.Present(w.ctx))(w.t)
}

// broken fails the test unless err is INVALID faults of exactly the rules.
func broken(t *testing.T, err error, rules ...string) {
	t.Helper()
	var got []string
	for _, f := range fault.All(err) {
		if f.Code != fault.Invalid || f.Sv == "" || f.En == "" {
			t.Errorf("the fault %+v is not INVALID in two languages", f)
		}
		got = append(got, f.Rule)
	}
	slices.Sort(got)
	slices.Sort(rules)
	if !slices.Equal(got, rules) {
		t.Errorf("the error %v breaks %q, want %q", err, got, rules)
	}
}

var (
	today     = date.Of(noon)
	yesterday = today.AddDays(-1)
)

func TestAUnitClosesWhenNothingHangsOnIt(t *testing.T) {
	w := newWorld(t)
	top := w.unit(w.home, "Kontoret", nil)
	below := w.unit(w.home, "Enheten", top)
	_, err := w.service.CloseUnit(w.ctx, top.ID, top.Version, today, nil, "")
	broken(t, err, "unit_close_children_open")
	_, err = w.service.ArchiveUnit(w.ctx, top.ID, top.Version, "")
	broken(t, err, "unit_close_children_open")
	// One that closes the same day, or earlier, is not in the way; one that closes later is.
	below = must(w.service.CloseUnit(w.ctx, below.ID, below.Version, today.AddDays(1), nil, ""))(t)
	_, err = w.service.CloseUnit(w.ctx, top.ID, top.Version, today, nil, "")
	broken(t, err, "unit_close_children_open")
	must(w.service.CloseUnit(w.ctx, below.ID, below.Version, today, nil, ""))(t)
	closed := must(w.service.CloseUnit(w.ctx, top.ID, top.Version, today, nil, "Omorganisation"))(t)
	if *closed.ValidTo != today || closed.SuccessorID != nil || closed.Version != 2 {
		t.Errorf("closed as %+v", closed)
	}
	apart := w.unit(w.home, "Fel", nil)
	archived := must(w.service.ArchiveUnit(w.ctx, apart.ID, apart.Version, "Dubblett"))(t)
	if archived.ArchivedAt == nil || !archived.ArchivedAt.Equal(noon) {
		t.Errorf("archived at %v", archived.ArchivedAt)
	}
}

func TestAUnitThatOwnsWhatIsInUseNeedsASuccessor(t *testing.T) {
	for _, c := range []struct {
		status eservice.Status
		needed bool
	}{
		{eservice.Live, true}, {eservice.Pilot, true}, {eservice.PhasingOut, true},
		{eservice.Idea, false}, {eservice.InDevelopment, false}, {eservice.Paused, false}, {eservice.Rejected, false},
	} {
		t.Run(string(c.status), func(t *testing.T) {
			w := newWorld(t)
			old, next := w.unit(w.home, "Gamla", nil), w.unit(w.home, "Nya", nil)
			w.owned(old, c.status)
			_, err := w.service.CloseUnit(w.ctx, old.ID, old.Version, today, nil, "")
			if !c.needed {
				if err != nil {
					t.Error(err)
				}
				return
			}
			broken(t, err, "unit_close_needs_successor")
			_, err = w.service.ArchiveUnit(w.ctx, old.ID, old.Version, "")
			broken(t, err, "unit_close_needs_successor")
			closed := must(w.service.CloseUnit(w.ctx, old.ID, old.Version, today, &next.ID, ""))(t)
			if *closed.SuccessorID != next.ID {
				t.Errorf("the successor is %v", closed.SuccessorID)
			}
			_, err = w.service.UpdateUnit(w.ctx, closed.ID, closed.Version, func(u *organisation.Unit) { u.SuccessorID = nil })
			broken(t, err, "unit_close_needs_successor")
		})
	}
}

func TestSuccessorsAreOthersOfTheSameMunicipality(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.unit(w.home, "A", nil), w.unit(w.home, "B", nil), w.unit(w.away, "C", nil)
	for rule, id := range map[string]uuid.UUID{"unit_successor_not_self": a.ID, "unit_successor_fk": c.ID} {
		_, err := w.service.CloseUnit(w.ctx, a.ID, a.Version, today, &id, "")
		broken(t, err, rule)
	}
	a = must(w.service.CloseUnit(w.ctx, a.ID, a.Version, today, &b.ID, ""))(t)
	_, err := w.service.CloseUnit(w.ctx, b.ID, b.Version, today, &a.ID, "")
	broken(t, err, "unit_successor_no_cycle")
	_, err = w.service.UpdateUnit(w.ctx, b.ID, b.Version, func(u *organisation.Unit) { u.SuccessorID = &a.ID })
	broken(t, err, "unit_successor_closed")
	first := today.AddDays(10)
	b = must(w.service.UpdateUnit(w.ctx, b.ID, b.Version, func(u *organisation.Unit) { u.ValidFrom = &first }))(t)
	_, err = w.service.CloseUnit(w.ctx, b.ID, b.Version, today, nil, "")
	broken(t, err, "unit_validity")
}

func TestATreeHasNoCyclesAndOnePlaceForAName(t *testing.T) {
	w := newWorld(t)
	top := w.unit(w.home, "Kontoret", nil)
	middle := w.unit(w.home, "Avdelningen", top)
	leaf := w.unit(w.home, "Enheten", middle)
	abroad := w.unit(w.away, "Kontoret", nil)
	move := func(u *organisation.Unit, to uuid.UUID) error {
		_, err := w.service.UpdateUnit(w.ctx, u.ID, u.Version, func(u *organisation.Unit) { u.ParentID = &to })
		return err
	}
	broken(t, move(top, top.ID), "unit_parent_no_cycle")
	broken(t, move(top, leaf.ID), "unit_parent_no_cycle")
	broken(t, move(leaf, abroad.ID), "unit_parent_fk")
	broken(t, move(leaf, uuid.New()), "unit_parent_fk")
	if err := move(leaf, top.ID); err != nil {
		t.Error(err)
	}
	_, err := w.service.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "KONTORET", Type: organisation.Department})
	broken(t, err, "unit_name_unique")
	w.unit(w.home, "Kontoret", top) // elsewhere in the tree it is another
	_, err = w.service.CreateUnit(w.ctx, organisation.Unit{
		MunicipalityID: w.home.ID, NameSv: " ", Type: "CLUB", Aliases: []string{""}, CostCentre: new(string), DiaryCode: new(string),
	})
	broken(t, err, "unit_name_length", "unit_type", "unit_aliases", "unit_cost_centre_length", "unit_diary_code_form")
}

func TestAUnitIsFoundByNameOrAlias(t *testing.T) {
	w := newWorld(t)
	office := w.unit(w.home, "Utbildningskontoret", nil, "UK", "Barn- och utbildning")
	w.unit(w.away, "Kansliet", nil)
	top := w.unit(w.home, "Kommunstyrelsens kontor", nil)
	w.unit(w.home, "Kansliet", nil)
	w.unit(w.home, "Kansliet", top)
	closed := w.unit(w.home, "Stängda", nil)
	must(w.service.CloseUnit(w.ctx, closed.ID, closed.Version, yesterday, nil, ""))(t)
	last := w.unit(w.home, "Sista dagen", nil)
	must(w.service.CloseUnit(w.ctx, last.ID, last.Version, today, nil, ""))(t)
	gone := w.unit(w.home, "Arkiverade", nil)
	must(w.service.ArchiveUnit(w.ctx, gone.ID, gone.Version, ""))(t)
	now := w.reading()
	for _, name := range []string{"Utbildningskontoret", "utbildningsKONTORET", "uk", "BARN- OCH UTBILDNING"} {
		if found, err := w.service.OpenUnit(w.ctx, now, w.home.ID, name); err != nil || found.ID != office.ID {
			t.Errorf("%q finds %+v, %v", name, found, err)
		}
	}
	if found, err := w.service.OpenUnit(w.ctx, now, w.home.ID, "Sista dagen"); err != nil || found.ID != last.ID {
		t.Errorf("on its last day a unit is not found: %v", err)
	}
	for _, name := range []string{"Stängda", "Arkiverade", "Finns inte", "", "%"} {
		_, err := w.service.OpenUnit(w.ctx, now, w.home.ID, name)
		broken(t, err, "unit_unknown")
	}
	_, err := w.service.OpenUnit(w.ctx, now, w.home.ID, "kansliet")
	broken(t, err, "unit_ambiguous")
	_, err = w.service.OpenUnit(w.ctx, now, w.away.ID, "Utbildningskontoret")
	broken(t, err, "unit_unknown")
}

func TestOnlyTheHomesAdministratorsRegisterMunicipalities(t *testing.T) {
	w := newWorld(t)
	before := w.reading().Change
	for name, c := range map[string]struct {
		ctx  context.Context
		code fault.Code
	}{
		"the home's director":             {w.as(w.home, access.Director), fault.Forbidden},
		"another's administrator":         {w.as(w.away, access.Admin), fault.Forbidden},
		"nobody":                          {t.Context(), fault.Unauthenticated},
		"a token that may not administer": {access.With(t.Context(), access.Caller{Kind: access.Token, Municipality: w.home.ID, Roles: []access.Role{access.Admin}, Scopes: []access.Scope{access.ScopeOrganisation}}), fault.Forbidden},
	} {
		if _, err := w.service.CreateMunicipality(c.ctx, organisation.Municipality{SCBCode: "0580", NameSv: "Linköping"}); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if after := w.reading().Change; after != before {
		t.Error("a refused municipality changes something")
	}
	must(w.service.CreateMunicipality(w.as(w.home, access.Admin), organisation.Municipality{SCBCode: "0580", NameSv: "Linköping"}))(t)
	_, err := w.service.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0580", NameSv: "Linköping igen"})
	broken(t, err, "municipality_scb_code_unique")
	_, err = w.service.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0561", NameSv: "Åtvidaberg", IsHome: true})
	broken(t, err, "municipality_one_home")
	wrong, link := "212000-0457", "https://example.se/"
	_, err = w.service.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "58", OrgNumber: &wrong, DiaryPatterns: []string{"DNR"}, DiaryLinkTemplate: &link, OepBaseURL: &wrong})
	broken(t, err, "municipality_scb_code_form", "municipality_name_length", "municipality_org_number_form", "municipality_diary_patterns_form", "municipality_diary_link_form", "municipality_oep_base_url_form")
}

func TestEachMunicipalityChangesItsOwn(t *testing.T) {
	w := newWorld(t)
	u := w.unit(w.home, "Kontoret", nil)
	rename := func(u *organisation.Unit) { u.NameSv = "Nya kontoret" }
	name := func(m *organisation.Municipality) { m.NameSv = "Norrköpings kommun" }
	for who, c := range map[string]struct {
		ctx                context.Context
		unit, municipality fault.Code
	}{
		"another's administrator": {w.as(w.away, access.Admin), fault.Forbidden, fault.Forbidden},
		"a reader":                {w.as(w.home, access.Reader), fault.Forbidden, fault.Forbidden},
		"nobody":                  {t.Context(), fault.Unauthenticated, fault.Unauthenticated},
	} {
		if _, err := w.service.UpdateUnit(c.ctx, u.ID, u.Version, rename); fault.CodeOf(err) != c.unit {
			t.Errorf("%s changes a unit: %v", who, err)
		}
		if _, err := w.service.CreateUnit(c.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Ny", Type: organisation.Division}); fault.CodeOf(err) != c.unit {
			t.Errorf("%s adds a unit: %v", who, err)
		}
		if _, err := w.service.UpdateMunicipality(c.ctx, w.home.ID, w.home.Version, name); fault.CodeOf(err) != c.municipality {
			t.Errorf("%s changes the municipality: %v", who, err)
		}
	}
	director := w.as(w.home, access.Director)
	must(w.service.UpdateUnit(director, u.ID, u.Version, rename))(t)
	if _, err := w.service.UpdateMunicipality(director, w.home.ID, w.home.Version, name); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a director changes the municipality: %v", err)
	}
	must(w.service.UpdateMunicipality(w.as(w.home, access.Admin), w.home.ID, w.home.Version, name))(t)
	_, err := w.service.UpdateUnit(director, u.ID, u.Version, rename)
	if all := fault.All(err); len(all) != 1 || all[0].Code != fault.Conflict || all[0].Current.(*organisation.Unit).Version != 2 {
		t.Errorf("a version that is not the newest: %v", err)
	}
	if _, err = w.service.UpdateMunicipality(w.ctx, w.home.ID, 1, name); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a version that is not the newest: %v", err)
	}
	if _, err = w.service.UpdateUnit(w.ctx, uuid.New(), 1, rename); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("none such: %v", err)
	}
}

func TestUnitsAreListedBySwedishNameAndFilter(t *testing.T) {
	w := newWorld(t)
	var top *organisation.Unit
	for _, name := range []string{"Östra", "Ängen", "Åsen", "Zon", "zebra", "Ana"} {
		top = w.unit(w.home, name, nil)
	}
	below := w.unit(w.home, "Under", top, "100 % alias")
	closed := w.unit(w.home, "Stängda", nil)
	must(w.service.CloseUnit(w.ctx, closed.ID, closed.Version, yesterday, nil, ""))(t)
	w.unit(w.away, "Borta", nil)
	yes, no := true, false
	now := w.reading()
	for _, c := range []struct {
		name   string
		filter organisation.UnitFilter
		want   string
	}{
		{"all", organisation.UnitFilter{}, "Ana Borta Stängda Under zebra Zon Åsen Ängen Östra"},
		{"of a municipality", organisation.UnitFilter{Municipalities: []string{"0562"}}, "Borta"},
		{"at the top", organisation.UnitFilter{Root: &yes, Municipalities: []string{"0581"}}, "Ana Stängda zebra Zon Åsen Ängen Östra"},
		{"under another", organisation.UnitFilter{Root: &no}, "Under"},
		{"of a parent", organisation.UnitFilter{Parents: []uuid.UUID{top.ID}}, "Under"},
		{"open on a day", organisation.UnitFilter{ValidOn: &today, NameContains: "n"}, "Ana Under Zon Åsen Ängen"},
		{"open the day before", organisation.UnitFilter{ValidOn: &yesterday, NameContains: "stäng"}, "Stängda"},
		{"by alias, where % is no wildcard", organisation.UnitFilter{NameContains: "0 % A"}, "Under"},
		{"by what % would match", organisation.UnitFilter{NameContains: "Z%n"}, ""},
		{"of a type", organisation.UnitFilter{Types: []organisation.UnitType{organisation.Company}}, ""},
	} {
		list := must(w.service.Units(w.ctx, now, c.filter, "NAME", false, page.Args{}))(t)
		var names []string
		for _, u := range list.Nodes() {
			names = append(names, u.NameSv)
		}
		total := must(list.TotalCount(w.ctx))(t)
		if got := strings.Join(names, " "); got != c.want || total != len(names) {
			t.Errorf("%s: %s (%d), want %s", c.name, got, total, c.want)
		}
	}
	if below.ParentID == nil || fmt.Sprint(below.Aliases) != "[100 % alias]" {
		t.Errorf("kept as %+v", below)
	}
}
