package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/app"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
)

// Every kind of record that has gaps, but waivers themselves, is one that a waiver may
// tell of: others see it where they see the record.
func TestWaiversTellOfWhatHasGaps(t *testing.T) {
	t.Parallel()
	var tables []string
	for _, o := range app.GapObjects() {
		if o.Table != "waiver" {
			tables = append(tables, o.Table)
		}
	}
	told := access.Waivable()
	slices.Sort(tables)
	slices.Sort(told)
	if !slices.Equal(tables, told) {
		t.Errorf("waivers tell of %v, and gaps are of %v", told, tables)
	}
}

func TestGapsAreFilteredCountedAndFollowedOverTime(t *testing.T) {
	a := apitest.New(t)
	// An example needs no strategy; the other municipality lacks one.
	home := a.Municipality(t, "0581", "Norrköping", apitest.Home, func(m *organisation.Municipality) { m.IsExample, m.DiaryPatterns = true, []string{"ORGAN YEAR/SERIAL"} })
	away := a.Municipality(t, "0562", "Finspång")
	office, abroad := a.Unit(t, home, "Kontoret"), a.Unit(t, away, "Kansliet")
	// One that lacks a single thing: its contact function.
	almost := func(e *eservice.EService) {
		e.AlternativeChannelSv, e.AccessibilityStatus, e.PersonalData = ptr("Ring"), ptr(eservice.AccessibilityStatus("FULL")), ptr(eservice.PersonalData("NONE"))
	}
	e := service(t, a, office, "Bygglov", almost)
	planned := service(t, a, office, "Planerad", almost, func(e *eservice.EService) {
		e.Status, e.FoundSource, e.FoundReason, e.LaunchedOn, e.Published = eservice.Planned, nil, nil, nil, false
		e.PlannedLaunch = ptr(date.Of(a.Clock.Now()))
	})
	service(t, a, abroad, "Deras", almost, func(e *eservice.EService) { e.ContactFunction = ptr("registrator") })
	hidden := service(t, a, abroad, "Deras egen", almost, func(e *eservice.EService) { e.Visibility = eservice.Municipality })
	must(a.Services.Gaps.SweepDaily(t.Context()))(t)
	reader := a.As(a.Token(t, "0581", access.Reader))
	opened := a.Clock.Now()

	list := func(filter string) string {
		t.Helper()
		r := reader.Must(t, fmt.Sprintf(`{ gaps(filter: %s, orderBy: {field: CODE}) { totalCount nodes { rule { code } severity municipality { scbCode } object { id } } } }`, filter), nil)
		text := ""
		for i := 0; r.At(fmt.Sprintf("gaps.nodes.%d", i)) != nil; i++ {
			text += fmt.Sprintf("%s/%s ", r.Text(fmt.Sprintf("gaps.nodes.%d.rule.code", i)), r.Text(fmt.Sprintf("gaps.nodes.%d.municipality.scbCode", i)))
		}
		return text + fmt.Sprint(r.At("gaps.totalCount"))
	}
	for filter, want := range map[string]string{
		`{}`:                                          "ESERVICE_NO_OWNER_ROLE/0581 MUNICIPALITY_NO_DIARY_PATTERN/0562 STRATEGY_MISSING/0562 3",
		`{codes: ["ESERVICE_NO_URL"]}`:                "0",
		`{severities: [HIGH]}`:                        "ESERVICE_NO_OWNER_ROLE/0581 STRATEGY_MISSING/0562 2",
		`{severities: [HIGH, LOW]}`:                   "ESERVICE_NO_OWNER_ROLE/0581 MUNICIPALITY_NO_DIARY_PATTERN/0562 STRATEGY_MISSING/0562 3",
		`{municipalities: ["0562"]}`:                  "MUNICIPALITY_NO_DIARY_PATTERN/0562 STRATEGY_MISSING/0562 2",
		`{kinds: [E_SERVICE]}`:                        "ESERVICE_NO_OWNER_ROLE/0581 1",
		`{kinds: [UNIT]}`:                             "0",
		fmt.Sprintf(`{units: [%q]}`, office.NodeID()): "ESERVICE_NO_OWNER_ROLE/0581 1",
		fmt.Sprintf(`{units: [%q]}`, abroad.NodeID()): "0", // of a record that the reader does not see
	} {
		if got := list(filter); got != want {
			t.Errorf("gaps(filter: %s) gives %s, want %s", filter, got, want)
		}
	}
	r := reader.Must(t, `{ gaps(filter: {severities: [HIGH]}) { facets(by: [SEVERITY, CODE, MUNICIPALITY]) { name values { value count label { sv en } } } } gapRules { code } }`, nil)
	if r.At("gaps.facets.0.values.1.value") != "LOW" || r.At("gaps.facets.0.values.0.count") != 2.0 || r.At("gaps.facets.1.values.2") != nil || r.Text("gaps.facets.1.values.0.label.sv") != "Ingen ansvarig funktion" {
		t.Errorf("the facets: %s", r.Raw)
	}

	// A day opens what the date alone opens, and the sweep remembers since when.
	a.Clock.Add(31 * 24 * time.Hour)
	if got := list(`{kinds: [E_SERVICE], codes: ["ESERVICE_LAUNCH_SLIPPED"]}`); got != "ESERVICE_LAUNCH_SLIPPED/0581 1" {
		t.Errorf("a launch that has slipped gives %s", got)
	}
	swept := a.Clock.Now()
	if ran := must(a.Services.Gaps.SweepDaily(t.Context()))(t); !ran {
		t.Error("there is no sweep of the new day")
	}
	if again := must(a.Services.Gaps.SweepDaily(t.Context()))(t); again {
		t.Error("there are two sweeps of one day")
	}
	a.Clock.Add(2 * time.Hour)
	r = reader.Must(t, fmt.Sprintf(`{
		old: node(id: %q) { ... on EService { gaps { nodes { since rule { code } } } } }
		new: node(id: %q) { ... on EService { gaps { nodes { since rule { code } } } } }
		gapSweep { at }
		gapSeries(months: 2) { month opened closed open }
	}`, e.NodeID(), planned.NodeID()), nil)
	instant := func(at time.Time) string { return at.UTC().Format(time.RFC3339) }
	if r.Text("old.gaps.nodes.0.since") != instant(opened) || r.Text("new.gaps.nodes.0.since") != instant(swept) || r.Text("gapSweep.at") != instant(swept) {
		t.Errorf("since when: %s", r.Raw)
	}
	if r.Text("gapSeries.0.month") != "2026-03" || r.At("gapSeries.0.opened") != 3.0 || r.At("gapSeries.0.open") != 3.0 || r.At("gapSeries.1.opened") != 1.0 || r.At("gapSeries.1.open") != 4.0 {
		t.Errorf("the series: %s", r.Raw)
	}

	// What is mended closes; what breaks again is open since then.
	saved := must(a.Services.EServices.Update(apitest.System(t), e.ID, e.Version, func(e *eservice.EService) { e.ContactFunction = ptr("bygglovschef") }))(t)
	if got := list(`{codes: ["ESERVICE_NO_OWNER_ROLE"]}`); got != "0" {
		t.Errorf("a mended gap gives %s", got)
	}
	broken := a.Clock.Add(time.Hour)
	must(a.Services.EServices.Update(apitest.System(t), e.ID, saved.Version, func(e *eservice.EService) { e.ContactFunction = nil }))(t)
	r = reader.Must(t, `{ gaps(filter: {codes: ["ESERVICE_NO_OWNER_ROLE"]}) { nodes { since } } gapSeries(months: 2, codes: ["ESERVICE_NO_OWNER_ROLE"], municipalities: ["0581"], severities: [HIGH]) { opened closed open } }`, nil)
	if r.Text("gaps.nodes.0.since") != instant(broken) || r.At("gapSeries.1.opened") != 1.0 || r.At("gapSeries.1.closed") != 1.0 || r.At("gapSeries.1.open") != 1.0 {
		t.Errorf("broken again: %s", r.Raw)
	}
	if r := reader.Query(t, `{ gapSeries(months: 121) { month } }`, nil); len(r.Errors) != 1 || r.Errors[0].Field() != "months" {
		t.Errorf("121 months: %s", r.Raw)
	}
	other := a.As(a.Token(t, "0562", access.Reader)).Must(t, `{ gaps(filter: {codes: ["ESERVICE_NO_OWNER_ROLE"], municipalities: ["0562"]}) { nodes { object { id } } } }`, nil)
	if other.Text("gaps.nodes.0.object.id") != string(hidden.NodeID()) {
		t.Errorf("its own municipality sees %s", other.Raw)
	}
}
