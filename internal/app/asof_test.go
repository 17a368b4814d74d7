package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/gid"
	"fardplan/internal/openeplatform"
	"fardplan/internal/organisation"
)

// everything asks for all that can be asked of a state.
const everything = `
fragment Everything on Query {
  snapshot { at change }
  municipalities(first: 50) {
    totalCount
    facets(by: [EXAMPLE]) { name values { value count label { sv en } } }
    nodes {
      ...Record scbCode name { sv en } diaryPatterns
      units(first: 50, orderBy: {field: TYPE}) { totalCount facets(by: [TYPE, MUNICIPALITY]) { values { value count label { sv } } } nodes { id } }
      gaps(first: 20) { totalCount nodes { ...Gap } }
    }
  }
  units(first: 100, filter: {root: true}) { nodes { ...Unit children(first: 20) { totalCount nodes { ...Unit } } } }
  archivedUnits: units(first: 100, filter: {archived: true}) { nodes { ...Unit } }
  eServices(first: 100) {
    totalCount
    facets(by: [MUNICIPALITY, OWNER_UNIT, STATUS, PUBLISHED, VISIBILITY, AUDIENCE, KEYWORD, EID_LEVEL, OEP_CATEGORY, GAP]) { name values { value count label { sv en } } }
    nodes { ...EService }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
  byUse: eServices(first: 5, orderBy: {field: USAGE, direction: DESC}) { edges { cursor node { id casesLastYear } } }
  gapped: eServices(first: 100, filter: {gaps: ["ESERVICE_NO_OWNER_ROLE", "ESERVICE_UNPUBLISHED"]}) { totalCount nodes { id } }
  archived: eServices(first: 100, filter: {archived: true}) { totalCount nodes { ...EService } }
  sharedServices(first: 100) { totalCount facets(by: [MUNICIPALITY, VISIBILITY]) { values { value count } } nodes { ...Shared } }
  archivedShared: sharedServices(first: 100, filter: {archived: true}) { nodes { ...Shared } }
  gaps(first: 100, orderBy: {field: SINCE}) {
    totalCount
    facets(by: [CODE, SEVERITY, UNIT, MUNICIPALITY, OBJECT_KIND]) { name values { value count label { sv } } }
    edges { cursor node { ...Gap object { id version } municipality { id } unit { id name { sv } } } }
  }
  gapSeries(months: 6) { month opened closed open }
  gapSweep { at change }
  gapRules { code }
  importRuns { totalCount nodes { ...Record source flows created changed gone } }
  apiTokens { totalCount nodes { ...Record label role scopes expiresAt revokedAt } }
  changes(since: 0, first: 100) { through nodes { kind id change removed record { ...Record } } }
}
fragment Record on Record {
  id version createdAt updatedAt
  history(first: 50) { totalCount nodes { change { number at operation comment actor { kind id function municipality { id } } } fields { field before after } } }
}
fragment Gap on Gap { rule { code } severity since }
fragment Unit on Unit {
  ...Record name { sv en } type aliases validFrom validTo archivedAt parent { id } successor { id name { sv } } municipality { name { sv } }
  eServices(first: 20) { totalCount nodes { id name { sv } } }
  gaps(first: 20) { nodes { ...Gap } }
}
fragment Shared on SharedService { ...Record code name { sv } visibility archivedAt eServices(first: 20) { totalCount nodes { id } } }
fragment EService on EService {
  ...Record name { sv en } slug status published visibility url audiences keywords archivedAt oepFamilyId oepCategory oepMissingSince launchedOn retiredOn retirementReason
  municipality { name { sv } } ownerUnit { id name { sv } } sharedService { id name { sv } } replacedBy { id name { sv } }
  availableSteps { to backwards } casesLastYear
  usage(first: 24) { totalCount nodes { ...Record month cases satisfaction } }
  gaps(first: 30) { totalCount nodes { ...Gap } }
}`

const (
	presentQuery = `query { ...Everything }` + everything
	pastQuery    = `query($at: DateTime!, $change: Int) { past: asOf(at: $at, change: $change) { ...Everything } }` + everything
)

// past is a world with a bit of everything, and what was seen of it.
type past struct {
	*apitest.API
	home, away          *organisation.Municipality
	office, room, other *organisation.Unit
	admin               apitest.Caller
	bus, permit, idea   *eservice.EService
	code                *eservice.SharedService
	extra               apitest.Caller
}

func newPast(t *testing.T, set ...func(*apitest.Settings)) *past {
	t.Helper()
	p := &past{API: apitest.New(t, set...)}
	p.home, p.away = p.Municipality(t, "0581", "Norrköping", apitest.Home), p.Municipality(t, "0562", "Finspång")
	p.Collaboration(t, "Samverkan", p.home, p.away)
	p.office, p.other = p.Unit(t, p.home, "Utbildningskontoret"), p.Unit(t, p.home, "Kommunikationsenheten")
	p.room = p.Unit(t, p.home, "Skolskjutsgruppen", func(u *organisation.Unit) { u.ParentID = &p.office.ID })
	abroad := p.Unit(t, p.away, "Kansliet")
	p.admin, p.extra = p.Token(t, "0581", access.Admin), p.Token(t, "0581", access.Reader)
	p.code = shared(t, p.API, p.away, "skolskjuts", eservice.Collaboration)
	shared(t, p.API, p.home, "bygglov", eservice.Municipality)
	p.bus = service(t, p.API, p.room, "Skolskjuts", func(e *eservice.EService) { e.SharedServiceID = &p.code.ID })
	p.permit = service(t, p.API, p.office, "Bygglov", func(e *eservice.EService) { e.Published, e.LaunchedOn = false, nil })
	p.idea = service(t, p.API, p.other, "Idé", func(e *eservice.EService) {
		e.Status, e.FoundSource, e.FoundReason, e.Published, e.LaunchedOn = eservice.Planned, nil, nil, false, nil
		e.PlannedLaunch = ptr(date.Of(p.Clock.Now()).AddDays(5))
	})
	service(t, p.API, abroad, "Deras skolskjuts", func(e *eservice.EService) { e.SharedServiceID = &p.code.ID })
	service(t, p.API, abroad, "Deras i samverkan", func(e *eservice.EService) { e.Visibility = eservice.Collaboration })
	sys := apitest.System(t)
	must(p.Services.EServices.RecordUsage(sys, p.bus.ID, []eservice.Usage{
		{Month: must(date.Parse("2026-01-01"))(t), Cases: 40, Source: eservice.ByHand}, {Month: must(date.Parse("2026-02-01"))(t), Cases: 60, Source: eservice.ByHand},
	}))(t)
	p.imports(t, `{"Flows":[{"FlowFamilyID":1,"Name":"Kulturskola","Category":"Kultur","Enabled":true},{"FlowFamilyID":2,"Name":"Lediga lokaler","Category":"Kultur","Enabled":true}]}`)
	must(p.Services.Gaps.SweepDaily(t.Context()))(t)
	p.Clock.Add(time.Hour)
	return p
}

func (p *past) imports(t *testing.T, document string) {
	t.Helper()
	d := must(openeplatform.Read(t.Context(), strings.NewReader(document), "", openeplatform.Options{}))(t)
	must(p.Services.EServices.ApplyImport(apitest.System(t), eservice.Import{Municipality: p.home.ID, Document: d, Source: "prov", DefaultOwner: &p.other.ID}))(t)
}

// seen is what a caller saw at an instant.
type seen struct {
	at     time.Time
	change int
	data   string
}

// look asks for everything as it is now.
func (p *past) look(t *testing.T) seen {
	t.Helper()
	data := must(ask(p.API, p.admin, presentQuery, nil))(t)
	var s struct {
		Snapshot struct {
			At     time.Time
			Change int
		}
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return seen{s.Snapshot.At, s.Snapshot.Change, string(data)}
}

// again asks for everything as it was, and fails unless it is what was seen.
func (p *past) again(t *testing.T, s seen, change any) {
	t.Helper()
	data := must(ask(p.API, p.admin, pastQuery, apitest.Vars{"at": s.at, "change": change}))(t)
	if d := differ(field(t, data, "past"), s.data); d != "" {
		t.Errorf("the state of %s, change %d, differs %s", s.at.Format(time.RFC3339), s.change, d)
	}
}

// turn changes something of every kind, an hour between.
func (p *past) turn(t *testing.T) {
	t.Helper()
	sys := apitest.System(t)
	catalogue, organisations := p.Services.EServices, p.Services.Organisation
	for _, change := range []func(){
		func() {
			p.bus = must(catalogue.Update(sys, p.bus.ID, p.bus.Version, func(e *eservice.EService) { e.NameSv, e.Keywords = "Skolskjuts och skolkort", []string{"buss"} }))(t)
		},
		func() {
			p.bus = must(catalogue.Update(sys, p.bus.ID, p.bus.Version, func(e *eservice.EService) { e.OwnerUnitID, e.SharedServiceID = p.office.ID, nil }))(t)
		},
		func() {
			p.room = must(organisations.CloseUnit(sys, p.room.ID, p.room.Version, date.Of(p.Clock.Now()), &p.office.ID, "Omorganisation"))(t)
		},
		func() {
			p.office = must(organisations.UpdateUnit(sys, p.office.ID, p.office.Version, func(u *organisation.Unit) {
				u.NameSv, u.Aliases = "Barn- och utbildning", []string{"Utbildningskontoret"}
			}))(t)
		},
		func() {
			p.away = must(organisations.UpdateMunicipality(sys, p.away.ID, p.away.Version, func(m *organisation.Municipality) { m.NameSv, m.DiaryPatterns = "Ångbyn", []string{"YEAR/SERIAL"} }))(t)
		},
		func() {
			p.permit = must(catalogue.Step(sys, p.permit.ID, p.permit.Version, eservice.Transition{To: eservice.PhasingOut}))(t)
		},
		func() {
			p.permit = must(catalogue.Step(sys, p.permit.ID, p.permit.Version, eservice.Transition{To: eservice.Retired, RetirementReason: ptr("Ersatt"), ReplacedByID: &p.bus.ID}))(t)
		},
		func() { p.bus = must(catalogue.Publish(sys, p.bus.ID, p.bus.Version, false, "Fel uppgifter"))(t) },
		func() { p.idea = must(catalogue.Archive(sys, p.idea.ID, p.idea.Version, "Dubblett"))(t) },
		func() {
			must(catalogue.RecordUsage(sys, p.bus.ID, []eservice.Usage{{Month: must(date.Parse("2026-02-01"))(t), Cases: 6000, Source: eservice.ByHand}, {Month: must(date.Parse("2025-12-01"))(t), Cases: 5, Source: eservice.ByHand}}))(t)
		},
		func() {
			caller := must(p.Services.Tokens.Authenticate(t.Context(), p.extra.Secret))(t)
			must(p.Services.Tokens.Revoke(sys, must(uuid.Parse(caller.ID))(t)))(t)
		},
		func() { p.Unit(t, p.home, "Ny enhet") },
		func() { service(t, p.API, p.other, "Ansökan om ängar") },
		func() { p.Municipality(t, "0580", "Linköping") },
		func() {
			p.code = must(catalogue.UpdateShared(sys, p.code.ID, p.code.Version, func(s *eservice.SharedService) { s.NameSv = "Skolresor" }))(t)
		},
		func() {
			p.imports(t, `{"Flows":[{"FlowFamilyID":1,"Name":"Kulturskolan","Category":"Kultur och fritid","Enabled":true},{"FlowFamilyID":3,"Name":"Ny där","Enabled":true}]}`)
		},
	} {
		p.Clock.Add(time.Hour)
		change()
	}
	p.Clock.Add(time.Hour)
}

func TestThePastIsReadAsItWas(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	p := newPast(t)
	first := p.look(t)
	for _, part := range []string{`"ESERVICE_NO_OWNER_ROLE"`, `"casesLastYear":100`, `"flows":2`, `"label":"prov"`, `"MUNICIPALITY_NO_DIARY_PATTERN"`, `"gapSweep":{"at":`} {
		if !strings.Contains(first.data, part) {
			t.Errorf("the answer to everything lacks %s", part)
		}
	}
	p.again(t, first, nil)
	p.again(t, first, first.change)

	p.turn(t)
	second := p.look(t)
	if second.data == first.data {
		t.Fatal("nothing has changed")
	}
	p.again(t, first, nil)
	p.again(t, second, nil)

	// Days alone open gaps: an unpublished one of 30 days, a launch that has passed.
	p.Clock.Add(40 * 24 * time.Hour)
	must(p.Services.Gaps.SweepDaily(t.Context()))(t)
	third := p.look(t)
	if !strings.Contains(third.data, "ESERVICE_UNPUBLISHED") || strings.Contains(first.data, `"code":"ESERVICE_UNPUBLISHED"},"severity"`) {
		t.Error("the days have opened no gaps")
	}
	p.Clock.Add(time.Hour)
	for _, s := range []seen{first, second, third} {
		p.again(t, s, nil)
	}

	// A later release's migration.
	owner := p.Data.Owner(t)
	for _, sql := range []string{
		`ALTER TABLE e_service ADD COLUMN later_text text NOT NULL DEFAULT 'förvalt', ADD COLUMN later_number int`,
		`CREATE INDEX e_service_by_later ON e_service (later_number, id)`,
		`SELECT history_sync('e_service')`,
		`ALTER TABLE unit ADD COLUMN later_number int`,
		`SELECT history_sync('unit')`,
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for _, s := range []seen{first, second, third} {
		p.again(t, s, nil)
	}
	p.bus = must(p.Services.EServices.Update(apitest.System(t), p.bus.ID, p.bus.Version, func(e *eservice.EService) { e.NameSv = "Skolresa" }))(t)
	for _, sql := range []string{
		`DROP VIEW asof.e_service`, `ALTER TABLE e_service DROP COLUMN later_text`, `SELECT history_sync('e_service')`,
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	p.Clock.Add(time.Hour)
	for _, s := range []seen{first, second, third} {
		p.again(t, s, nil)
	}
}

func TestOneOperationComparesInstants(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	p := newPast(t)
	first := p.look(t)
	p.turn(t)
	second := p.look(t)
	p.Clock.Add(40 * 24 * time.Hour)
	present := p.look(t)
	data := must(ask(p.API, p.admin, `query($first: DateTime!, $second: DateTime!) {
		past1: asOf(at: $first) { ...Everything nested: asOf(at: $second) { ...Everything } }
		past2: asOf(at: $second) { ...Everything }
		again: asOf(at: $first) { ...Everything }
		present: node(id: "`+string(p.bus.NodeID())+`") { ... on EService { name { sv } version } }
	}`+everything, apitest.Vars{"first": first.at, "second": second.at}))(t)
	past1 := field(t, data, "past1")
	if nested := field(t, json.RawMessage(past1), "nested"); differ(nested, second.data) != "" {
		t.Errorf("the second within the first %s", differ(nested, second.data))
	}
	if got := strings.Replace(past1, `,"nested":`+field(t, json.RawMessage(past1), "nested"), "", 1); differ(got, first.data) != "" {
		t.Errorf("the first %s", differ(got, first.data))
	}
	for name, want := range map[string]string{"past2": second.data, "again": first.data, "present": fmt.Sprintf(`{"name":{"sv":"Skolskjuts och skolkort"},"version":%d}`, p.bus.Version)} {
		if d := differ(field(t, data, name), want); d != "" {
			t.Errorf("%s %s", name, d)
		}
	}
	data = must(ask(p.API, p.admin, `query($first: DateTime!) { ...Everything past: asOf(at: $first) { snapshot { change } } }`+everything, apitest.Vars{"first": first.at}))(t)
	if got := strings.Replace(string(data), `,"past":`+field(t, data, "past"), "", 1); differ(got, present.data) != "" {
		t.Errorf("the present beside the past %s", differ(got, present.data))
	}
}

func TestAChangeNamesAStateWithinAnInstant(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	p := newPast(t)
	before := p.look(t)
	// The clock stands still: more changes come at the very instant that was seen.
	p.Unit(t, p.home, "Samtidigt")
	p.bus = must(p.Services.EServices.Update(apitest.System(t), p.bus.ID, p.bus.Version, func(e *eservice.EService) { e.NameSv = "Samtidigt" }))(t)
	after := p.look(t)
	if !after.at.Equal(before.at) || after.change != before.change+2 {
		t.Fatalf("%+v and %+v", after.at, before.at)
	}
	p.Clock.Add(time.Hour)
	p.turn(t)
	p.again(t, before, before.change)
	p.again(t, after, after.change)
	p.again(t, after, nil)
	for _, c := range []struct {
		vars  apitest.Vars
		field string
	}{
		{apitest.Vars{"at": p.Clock.Now().Add(time.Second)}, "at"},
		{apitest.Vars{"at": before.at, "change": 1_000_000}, "change"},
		{apitest.Vars{"at": before.at.Add(-30 * time.Minute), "change": after.change}, "change"},
	} {
		r := p.As(p.admin).Query(t, `query($at: DateTime!, $change: Int) { asOf(at: $at, change: $change) { snapshot { change } } }`, c.vars)
		if len(r.Errors) != 1 || r.Errors[0].Code() != "INVALID" || r.Errors[0].Field() != c.field {
			t.Errorf("asOf(%v) answers %s", c.vars, r.Raw)
		}
	}
	r := p.As(p.admin).Must(t, `{ asOf(at: "1900-01-01T00:00:00Z") { snapshot { change } eServices { totalCount nodes { id } } municipalities { totalCount } gaps { totalCount } } }`, nil)
	if r.At("asOf.snapshot.change") != 0.0 || r.At("asOf.municipalities.totalCount") != 0.0 || r.At("asOf.gaps.totalCount") != 0.0 {
		t.Errorf("before the first change: %s", r.Raw)
	}
}

func TestPastAndPresentDoNotMixOnSharedConnections(t *testing.T) {
	p := newPast(t, func(s *apitest.Settings) { s.Pool, s.App.Concurrent = 2, 4 })
	seen := []seen{p.look(t)}
	p.turn(t)
	seen = append(seen, p.look(t))
	p.Clock.Add(40 * 24 * time.Hour)
	must(p.Services.Gaps.SweepDaily(t.Context()))(t)
	present := p.look(t)
	seen = append(seen, present)

	const askers, times = 8, 3
	var all sync.WaitGroup
	problems := make(chan string, askers*times)
	for asker := range askers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(asker)))
			for range times {
				which := random.IntN(len(seen) + 1)
				query, want, vars := presentQuery, present.data, apitest.Vars{}
				if which < len(seen) {
					query, want, vars = pastQuery, `{"past":`+seen[which].data+`}`, apitest.Vars{"at": seen[which].at}
				}
				data, err := ask(p.API, p.admin, query, vars)
				if err != nil {
					problems <- err.Error()
				} else if d := differ(string(data), want); d != "" {
					problems <- fmt.Sprintf("asker %d, state %d: %s", asker, which, d)
				}
			}
		})
	}
	all.Wait()
	close(problems)
	for problem := range problems {
		t.Error(problem)
	}
}

func TestAPastRecordShowsOnlyWhereThePresentOneDoes(t *testing.T) {
	p := newPast(t)
	at := p.Clock.Now()
	public := func(id gid.ID) [2]any {
		t.Helper()
		r := p.As(apitest.Caller{}).Must(t, `query($id: ID!, $at: DateTime!) { node(id: $id) { id } asOf(at: $at) { node(id: $id) { id } } }`, apitest.Vars{"id": id, "at": at})
		return [2]any{r.At("node.id"), r.At("asOf.node.id")}
	}
	id := p.bus.NodeID()
	if got := public(id); got[0] == nil || got[1] == nil {
		t.Fatalf("a published one shows as %v", got)
	}
	p.Clock.Add(time.Hour)
	must(p.Services.EServices.Publish(apitest.System(t), p.bus.ID, p.bus.Version, false, ""))(t)
	if got := public(id); got[0] != nil || got[1] != nil {
		t.Errorf("one that is published no more shows as %v", got)
	}
	permit := must(p.Services.EServices.Update(apitest.System(t), p.permit.ID, p.permit.Version, func(e *eservice.EService) { e.Published, e.LaunchedOn = true, ptr(date.Of(at)) }))(t)
	if got := public(permit.NodeID()); got[0] == nil || got[1] != nil {
		t.Errorf("one that was not published then shows as %v", got)
	}
}
