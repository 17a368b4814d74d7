package strategy_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/strategy"
)

func titles(items []*strategy.RoadmapItem) []string {
	all := []string{}
	for _, i := range items {
		all = append(all, i.TitleSv)
	}
	return all
}

func TestTheRoadmapHoldsWhatMattersInAPeriod(t *testing.T) {
	w := newWorld(t)
	g := w.goal("1", func(g *strategy.Goal) {
		g.PeriodFrom, g.PeriodTo, g.OwnerUnitID = day("2026-01-01"), day("2029-12-31"), &w.office.ID
	})
	w.goal("2", func(g *strategy.Goal) { g.PeriodFrom, g.PeriodTo = day("2020-01-01"), day("2021-12-31") })
	w.goal("3", nil)
	a, b := w.initiative("A", "2026-04-01", "2026-04-30"), w.initiative("B", "2026-05-01", "2026-05-31")
	before := w.initiative("Förr", "2020-01-01", "2020-12-31")
	must(w.s.UpdateInitiative(w.ctx, before.ID, before.Version, func(i *strategy.Initiative) { i.Status = "CANCELLED" }))(t)
	w.initiative("Försenad", "2025-10-01", "2025-12-31")
	w.initiative("Utan slut", "2025-11-01", "2025-11-30")
	w.exec("UPDATE initiative SET planned_end = NULL WHERE title_sv = 'Utan slut'", nil)
	w.waits(a, b)
	a = must(w.s.SetBaseline(w.ctx, a.ID, a.Version, ""))(t)
	a = must(w.s.UpdateInitiative(w.ctx, a.ID, a.Version, func(i *strategy.Initiative) { i.PlannedEnd, i.Lane = day("2026-05-10"), ptr("Plattform") }))(t)
	must(w.s.CreateMilestone(w.ctx, strategy.Milestone{Part: strategy.Part{InitiativeID: &a.ID}, TitleSv: "Driftstart", Kind: "LAUNCH", PlannedOn: day("2026-05-02")}))(t)
	p := w.project(w.away, "skolskjuts", day("2026-04-15"), day("2026-12-31"))
	decision := w.decision(w.council, true)
	w.exec("INSERT INTO record_link (id, municipality_id, decision_id, goal_id, purpose) VALUES (uuid_v7(), @m, @d, @g, 'AUTHORISES')", postgres.Args{"m": w.home.ID, "d": decision, "g": g.ID})
	w.exec("INSERT INTO record_link (id, municipality_id, goal_id, initiative_id) VALUES (uuid_v7(), @m, @g, @i)", postgres.Args{"m": w.home.ID, "g": g.ID, "i": a.ID})
	read := func(f strategy.RoadmapFilter) map[string][]string {
		road := must(w.s.Roadmap(w.ctx, w.reading(), f))(t)
		return map[string][]string{
			"goals": titles(road.Goals), "initiatives": titles(road.Initiatives), "projects": titles(road.SharedProjects),
			"milestones": titles(road.Milestones), "decisions": titles(road.Decisions), "undated": titles(road.Undated), "dependencies": {fmt.Sprint(len(road.Dependencies))},
		}
	}
	for name, c := range map[string]struct {
		filter strategy.RoadmapFilter
		want   map[string][]string
	}{
		"the year": {strategy.RoadmapFilter{From: day("2026-01-01"), To: day("2026-12-31")}, map[string][]string{
			"goals": {"Mål 1"}, "initiatives": {"Försenad", "Utan slut", "A", "B"}, "projects": {"skolskjuts"}, "milestones": {"Driftstart"}, "decisions": {"Beslut"}, "undated": {"Mål 3"}, "dependencies": {"1"}}},
		"a month": {strategy.RoadmapFilter{From: day("2026-04-01"), To: day("2026-04-20")}, map[string][]string{
			"goals": {"Mål 1"}, "initiatives": {"Utan slut", "A"}, "projects": {"skolskjuts"}, "milestones": {}, "decisions": {}, "undated": {"Mål 3"}, "dependencies": {"0"}}},
		"a municipality": {strategy.RoadmapFilter{From: day("2026-01-01"), Municipalities: []string{"0562"}}, map[string][]string{
			"goals": {}, "initiatives": {}, "projects": {"skolskjuts"}, "milestones": {}, "decisions": {}, "undated": {}, "dependencies": {"0"}}},
		"a goal": {strategy.RoadmapFilter{From: day("2026-01-01"), Goals: []uuid.UUID{g.ID}}, map[string][]string{
			"goals": {"Mål 1"}, "initiatives": {"A"}, "projects": {}, "milestones": {"Driftstart"}, "decisions": {"Beslut"}, "undated": {}, "dependencies": {"0"}}},
		"a unit": {strategy.RoadmapFilter{From: day("2026-01-01"), Units: []uuid.UUID{w.office.ID}}, map[string][]string{
			"goals": {"Mål 1"}, "initiatives": {"Försenad", "Utan slut", "A", "B"}, "projects": {}, "milestones": {"Driftstart"}, "decisions": {"Beslut"}, "undated": {}, "dependencies": {"1"}}},
		"a collaboration": {strategy.RoadmapFilter{Collaborations: []uuid.UUID{p}}, map[string][]string{
			"goals": {}, "initiatives": {}, "projects": {}, "milestones": {}, "decisions": {}, "undated": {}, "dependencies": {"0"}}},
	} {
		if got := read(c.filter); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, c.want)
		}
	}
	road := must(w.s.Roadmap(w.ctx, w.reading(), strategy.RoadmapFilter{}))(t)
	if g := road.Goals[1]; g.TitleSv != "Mål 1" || !*g.Decided || *road.Goals[0].Decided {
		t.Errorf("the goals are %+v, %+v", road.Goals[0], g)
	}
	at := slices.IndexFunc(road.Initiatives, func(i *strategy.RoadmapItem) bool { return i.TitleSv == "A" })
	if i := road.Initiatives[at]; *i.SlipDays() != 10 || *i.Lane != "Plattform" || *i.Decided || i.Health != "UNKNOWN" || *i.UnitID != w.office.ID {
		t.Errorf("the initiative is %+v", i)
	}
	if m := road.Milestones[0]; *m.OfID != a.ID || *m.Lane != "Plattform" || m.Status != "PLANNED" {
		t.Errorf("the milestone is %+v", m)
	}
}

func TestTheRoadmapIsBounded(t *testing.T) {
	w := newWorld(t)
	w.exec(`INSERT INTO initiative (id, municipality_id, title_sv, kind, status, planned_start, visibility)
		SELECT uuid_v7(), @m, 'Insats ' || n, 'ACTIVITY', 'PLANNED', '2026-01-01'::date + n, 'PUBLIC' FROM generate_series(1, 501) n`, postgres.Args{"m": w.home.ID})
	road := must(w.s.Roadmap(w.ctx, w.reading(), strategy.RoadmapFilter{}))(t)
	if len(road.Initiatives) != strategy.MostItems || !slices.Equal(road.Cut, []strategy.RoadmapKind{strategy.InitiativeItem}) || road.Initiatives[0].TitleSv != "Insats 1" {
		t.Errorf("%d initiatives, cut %v, the first %s", len(road.Initiatives), road.Cut, road.Initiatives[0].TitleSv)
	}
}

func replanned(i *strategy.Initiative, start, end string) strategy.ReplanItem {
	return strategy.ReplanItem{Kind: strategy.InitiativeItem, ID: i.ID, Version: i.Version, Start: strategy.Day{Given: true, Day: day(start)}, End: strategy.Day{Given: true, Day: day(end)}}
}

func moves(all []*strategy.Move) []string {
	told := []string{}
	for _, m := range all {
		told = append(told, fmt.Sprintf("%s %d days to %s–%s", m.TitleSv, m.Days, m.NewStart, m.NewEnd))
	}
	return told
}

func TestAMoveIsPreviewedAlongTheDependencies(t *testing.T) {
	w := newWorld(t)
	a, b, c, d := w.initiative("A", "2026-04-01", "2026-04-30"), w.initiative("B", "2026-05-01", "2026-05-31"), w.initiative("C", "2026-06-15", "2026-06-30"), w.initiative("D", "2026-06-01", "2026-06-10")
	begun := w.initiative("E", "2026-05-01", "2026-05-31")
	begun = must(w.s.UpdateInitiative(w.ctx, begun.ID, begun.Version, func(i *strategy.Initiative) { i.ActualStart, i.Status = day("2026-03-01"), "ONGOING" }))(t)
	for _, link := range [][2]*strategy.Initiative{{a, b}, {b, c}, {b, d}, {a, d}, {a, begun}} {
		w.waits(link[0], link[1])
	}
	preview := func(items ...strategy.ReplanItem) []string {
		return moves(must(w.s.PreviewMove(w.ctx, w.reading(), items))(t))
	}
	// A ends ten days after B begins; C had room, D had not.
	want := []string{"B 10 days to 2026-05-11–2026-06-10", "D 9 days to 2026-06-10–2026-06-19"}
	if got := preview(replanned(a, "2026-04-01", "2026-05-11")); !slices.Equal(got, want) {
		t.Errorf("the move pushes %v, want %v", got, want)
	}
	if got := preview(replanned(a, "2026-03-01", "2026-05-01")); len(got) != 0 {
		t.Errorf("a move that ends as the next begins pushes %v", got)
	}
	now := must(w.s.InitiativesByID(w.ctx, w.reading(), []uuid.UUID{a.ID, b.ID}))(t)
	if *now[a.ID].PlannedEnd != *day("2026-04-30") || now[b.ID].Version != b.Version {
		t.Error("a preview has changed something")
	}
}

func TestAReplanPushesWhatIsTheMunicipalitysOwn(t *testing.T) {
	w := newWorld(t)
	a, b := w.initiative("A", "2026-04-01", "2026-04-30"), w.initiative("B", "2026-05-01", "2026-05-31")
	w.waits(a, b)
	far := w.project(w.away, "fjarran", day("2026-05-05"), day("2026-12-31"))
	own := w.project(w.home, "eget", day("2026-06-01"), day("2026-12-31"))
	for _, p := range []uuid.UUID{far, own} {
		before := map[uuid.UUID]*strategy.Initiative{far: a, own: b}[p]
		must(w.s.CreateDependency(w.ctx, strategy.Dependency{MunicipalityID: w.home.ID, BeforeInitiativeID: &before.ID, AfterProjectID: &p, Kind: "REQUIRES"}))(t)
	}
	editor := w.as(w.home, access.ProjectEditor)
	done := must(w.s.Replan(editor, []strategy.ReplanItem{replanned(a, "2026-04-01", "2026-05-11")}, true, "Leverantören är sen"))(t)
	if got := moves(done.Pushed); !slices.Equal(got, []string{"B 10 days to 2026-05-11–2026-06-10", "eget 9 days to 2026-06-10–2027-01-09"}) {
		t.Errorf("pushed: %v", got)
	}
	if got := moves(done.Overlaps); !slices.Equal(got, []string{"fjarran 6 days to 2026-05-11–2027-01-06"}) || done.Overlaps[0].Own {
		t.Errorf("left: %v", got)
	}
	if got := titles(done.Items); !slices.Equal(got, []string{"A", "B", "eget"}) || done.Items[1].Version != 2 || *done.Items[1].PlannedEnd != *day("2026-06-10") {
		t.Errorf("the items are %v", got)
	}
	// Without the push the overlap is told of alone.
	a = must(w.s.InitiativesByID(w.ctx, w.reading(), []uuid.UUID{a.ID}))(t)[a.ID]
	done = must(w.s.Replan(editor, []strategy.ReplanItem{replanned(a, "2026-04-01", "2026-05-12")}, false, ""))(t)
	if got := moves(done.Overlaps); len(done.Pushed) != 0 || !slices.Equal(got[:1], []string{"B 1 days to 2026-05-12–2026-06-11"}) || len(got) != 2 {
		t.Errorf("left: %v", got)
	}
	// What changes nothing is no change.
	a = must(w.s.InitiativesByID(w.ctx, w.reading(), []uuid.UUID{a.ID}))(t)[a.ID]
	done = must(w.s.Replan(editor, []strategy.ReplanItem{replanned(a, "2026-04-01", "2026-05-12")}, true, ""))(t)
	if done.Change != nil || done.Items[0].Version != a.Version {
		t.Errorf("a replan to the same days changes %+v", done.Items[0])
	}
}

// Two people plan the same initiatives anew: the second is told what they are now, and
// nothing of the first's is lost.
func TestTwoPeopleReplanTheSame(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.initiative("A", "2026-04-01", "2026-04-30"), w.initiative("B", "2026-05-01", "2026-05-31"), w.initiative("C", "2026-06-01", "2026-06-30")
	editor := w.as(w.home, access.ProjectEditor)
	must(w.s.Replan(editor, []strategy.ReplanItem{replanned(a, "2026-04-02", "2026-05-01"), replanned(b, "2026-05-02", "2026-06-01")}, false, "Den första"))(t)
	_, err := w.s.Replan(editor, []strategy.ReplanItem{replanned(a, "2026-07-01", "2026-07-02"), replanned(c, "2026-07-01", "2026-07-02"), replanned(b, "2026-07-01", "2026-07-02")}, true, "Den andra")
	told := map[string]string{}
	for _, f := range fault.All(err) {
		if f.Code != fault.Conflict {
			t.Errorf("the fault %+v", f)
		}
		told[f.Field] = f.Current.(*strategy.Initiative).PlannedStart.String()
	}
	if fmt.Sprint(told) != "map[items.0.expectedVersion:2026-04-02 items.2.expectedVersion:2026-05-02]" {
		t.Errorf("the second is told %v", told)
	}
	now := must(w.s.InitiativesByID(w.ctx, w.reading(), []uuid.UUID{a.ID, b.ID, c.ID}))(t)
	if *now[a.ID].PlannedEnd != *day("2026-05-01") || *now[b.ID].PlannedEnd != *day("2026-06-01") || now[c.ID].Version != 1 {
		t.Error("the second has changed something")
	}
}

func TestAReplanIsRefusedAsAWhole(t *testing.T) {
	w := newWorld(t)
	a, b := w.initiative("A", "2026-04-01", "2026-04-30"), w.initiative("B", "2026-05-01", "2026-05-31")
	far := w.project(w.away, "fjarran", day("2026-05-05"), day("2026-12-31"))
	m := must(w.s.CreateMilestone(w.ctx, strategy.Milestone{Part: strategy.Part{InitiativeID: &a.ID}, TitleSv: "Start", Kind: "LAUNCH", PlannedOn: day("2026-04-02")}))(t)
	editor := w.as(w.home, access.ProjectEditor)
	_, err := w.s.Replan(editor, []strategy.ReplanItem{
		replanned(a, "2026-04-01", "2026-05-11"), replanned(b, "2026-06-01", "2026-05-01"), replanned(a, "2026-04-01", "2026-05-11"),
		{Kind: strategy.ProjectItem, ID: far, Version: 1, End: strategy.Day{Given: true}},
		{Kind: strategy.MilestoneItem, ID: m.ID, Version: 1, Start: strategy.Day{Given: true, Day: day("2026-05-01")}},
		{Kind: strategy.InitiativeItem, ID: uuid.New(), Version: 1},
	}, false, "")
	var told []string
	for _, f := range fault.All(err) {
		told = append(told, fmt.Sprintf("%s %s %s", f.Field, f.Code, f.Rule))
	}
	slices.Sort(told)
	want := []string{
		"items.1.plannedEnd INVALID initiative_plan_order", "items.2.id INVALID replan_twice", "items.3.id FORBIDDEN ",
		"items.4.plannedStart INVALID replan_field", "items.5.id NOT_FOUND ",
	}
	if !slices.Equal(told, want) {
		t.Errorf("the faults are %q, want %q", told, want)
	}
	if now := must(w.s.InitiativesByID(w.ctx, w.reading(), []uuid.UUID{a.ID}))(t)[a.ID]; now.Version != 1 {
		t.Error("a part of it was kept")
	}
	_, err = w.s.Replan(editor, nil, false, "")
	broken(t, err, "replan_number")
}

// A replan of many is one change, and each of them has its place in it.
func TestAReplanOfManyIsOneChange(t *testing.T) {
	w := newWorld(t)
	w.exec(`INSERT INTO initiative (id, municipality_id, title_sv, kind, status, planned_start, planned_end, visibility)
		SELECT uuid_v7(), @m, 'Insats ' || n, 'ACTIVITY', 'PLANNED', '2026-04-01', '2026-04-30', 'PUBLIC' FROM generate_series(1, 200) n`, postgres.Args{"m": w.home.ID})
	ids := must(postgres.Values[uuid.UUID](w.ctx, w.reading(), "SELECT id FROM initiative", nil))(t)
	var items []strategy.ReplanItem
	for _, id := range ids {
		items = append(items, strategy.ReplanItem{Kind: strategy.InitiativeItem, ID: id, Version: 1, End: strategy.Day{Given: true, Day: day("2026-05-31")}})
	}
	done := must(w.s.Replan(w.as(w.home, access.Director), items, false, "Ny budget"))(t)
	if len(done.Items) != 200 {
		t.Fatalf("%d items", len(done.Items))
	}
	changes := must(postgres.Values[int64](w.ctx, w.reading(), "SELECT DISTINCT changed_in FROM initiative WHERE version = 2 AND planned_end = '2026-05-31'", nil))(t)
	if len(changes) != 1 || changes[0] != *done.Change {
		t.Errorf("the changes are %v, want %d", changes, *done.Change)
	}
}
