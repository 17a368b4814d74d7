package strategy_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/strategy"
)

func TestGoalsLieUnderTheLevelAboveAndWithinItsPeriod(t *testing.T) {
	w := newWorld(t)
	top := w.goal("1", func(g *strategy.Goal) { g.PeriodFrom, g.PeriodTo = day("2026-01-01"), day("2029-12-31") })
	under := func(code string, level strategy.GoalLevel, parent *uuid.UUID, from, to string) error {
		_, err := w.s.CreateGoal(w.ctx, strategy.Goal{MunicipalityID: w.home.ID, Code: code, TitleSv: "Mål", Level: level, ParentGoalID: parent, PeriodFrom: day(from), PeriodTo: day(to)})
		return err
	}
	if err := under("1.1", "GOAL", &top.ID, "2026-01-01", "2027-12-31"); err != nil {
		t.Fatal(err)
	}
	broken(t, under("1.2", "SUBGOAL", &top.ID, "", ""), "goal_level_order")
	broken(t, under("1.2", "DIRECTION", &top.ID, "", ""), "goal_level_order")
	broken(t, under("1.2", "SUBGOAL", nil, "", ""), "goal_level_order")
	broken(t, under("1.2", "GOAL", &top.ID, "2025-12-31", ""), "goal_period_within_parent")
	broken(t, under("1.2", "GOAL", &top.ID, "", "2030-01-01"), "goal_period_within_parent")
	broken(t, under("1.1", "GOAL", &top.ID, "", ""), "goal_code_unique")
	broken(t, under("hej då", "GOAL", nil, "2026-02-01", "2026-01-01"), "goal_code_form", "goal_period")
	_, err := w.s.ArchiveGoal(w.ctx, top.ID, top.Version, "")
	broken(t, err, "goal_archive_children")
}

func TestAGoalIsAdoptedByADecisionOfTheRightBody(t *testing.T) {
	w := newWorld(t)
	g := w.goal("1", nil)
	step := func(to strategy.GoalStatus, decision *uuid.UUID, comment string) error {
		made, err := w.s.TransitionGoal(w.ctx, g.ID, g.Version, strategy.GoalTransition{To: to, DecisionID: decision, Comment: comment})
		if err == nil {
			g = made
		}
		return err
	}
	broken(t, step("ADOPTED", nil, ""), "goal_adopted_by_decision")
	broken(t, step("ONGOING", nil, ""), "goal_step")
	broken(t, step("PROPOSED", nil, ""), "goal_step")
	broken(t, step("ADOPTED", ptr(w.decision(w.committee, true)), ""), "goal_adopted_by_decision")
	broken(t, step("ADOPTED", ptr(w.decision(w.council, false)), ""), "goal_adopted_by_decision")
	if links := must(postgres.Values[int](w.ctx, w.reading(), "SELECT count(*)::int FROM record_link", nil))(t); links[0] != 0 {
		t.Errorf("what was refused has left %d links", links[0])
	}
	if err := step("ADOPTED", ptr(w.decision(w.council, true)), ""); err != nil {
		t.Fatal(err)
	}
	links := must(postgres.Values[string](w.ctx, w.reading(), "SELECT purpose FROM record_link WHERE goal_id = @goal", postgres.Args{"goal": g.ID}))(t)
	if g.Status != "ADOPTED" || len(links) != 1 || links[0] != "AUTHORISES" {
		t.Errorf("the goal is %s with the links %v", g.Status, links)
	}
	broken(t, step("ONGOING", ptr(w.decision(w.council, true)), ""), "goal_decision_adopts")
	if err := step("ONGOING", nil, ""); err != nil {
		t.Fatal(err)
	}
	broken(t, step("ADOPTED", nil, " "), "goal_step_back_comment")
	if err := step("ADOPTED", nil, "Arbetet hade inte börjat"); err != nil {
		t.Error(err)
	}
	// A committee may adopt what lies under a direction.
	g = w.goal("1.1", func(g *strategy.Goal) { g.Level = "GOAL" })
	if err := step("ADOPTED", ptr(w.decision(w.committee, true)), ""); err != nil {
		t.Error(err)
	}
}

func TestWhatHoldsAlreadyIsRegisteredAsFound(t *testing.T) {
	w := newWorld(t)
	goal := strategy.Goal{MunicipalityID: w.home.ID, Code: "1", TitleSv: "Mål", Level: "DIRECTION", Status: "ONGOING"}
	_, err := w.s.CreateGoal(w.ctx, goal)
	broken(t, err, "goal_registered_as_found")
	goal.FoundSource = ptr("Verksamhetsplanen 2025")
	_, err = w.s.CreateGoal(w.ctx, goal)
	broken(t, err, "goal_found_both")
	goal.FoundReason = ptr("Målet styr redan arbetet")
	made := must(w.s.CreateGoal(w.ctx, goal))(t)
	// An update does not change the status.
	if made = must(w.s.UpdateGoal(w.ctx, made.ID, made.Version, func(g *strategy.Goal) { g.Status, g.Progress = "ACHIEVED", ptr(40) }))(t); made.Status != "ONGOING" || *made.Progress != 40 {
		t.Errorf("the goal is %s at %d percent", made.Status, *made.Progress)
	}
}

func TestAValueIsCorrectedBesideTheOneThatWasWrong(t *testing.T) {
	w := newWorld(t)
	g := w.goal("1", nil)
	i := must(w.s.CreateIndicator(w.ctx, strategy.Indicator{GoalID: g.ID, NameSv: "Andel digitala ärenden", UnitOfMeasure: "procent", Direction: "UP", Frequency: "QUARTERLY", Source: "MANUAL"}))(t)
	if i.MunicipalityID != w.home.ID {
		t.Error("the indicator is not of its goal's municipality")
	}
	put := func(period string, value float64) error {
		_, err := w.s.RecordValue(w.ctx, i.ID, *day(period), value, nil)
		return err
	}
	broken(t, put("2026-02-01", 1), "indicator_value_period")
	broken(t, put("2026-01-02", 1), "indicator_value_period")
	broken(t, put("2026-04-01", 1), "indicator_value_future")
	for period, value := range map[string]float64{"2025-10-01": 61.2, "2026-01-01": 70} {
		if err := put(period, value); err != nil {
			t.Fatal(err)
		}
	}
	broken(t, put("2026-01-01", 71), "indicator_value_revision_unique")
	_, err := w.s.CorrectValue(w.ctx, i.ID, *day("2025-07-01"), 1, 5, "Fel fil")
	broken(t, err, "indicator_value_none")
	must(w.s.CorrectValue(w.ctx, i.ID, *day("2026-01-01"), 1, 64.5, "Fel fil"))(t)
	_, err = w.s.CorrectValue(w.ctx, i.ID, *day("2026-01-01"), 1, 66, "Också fel")
	if f := fault.All(err); len(f) != 1 || f[0].Code != fault.Conflict || f[0].Current.(*strategy.IndicatorValue).Value != 64.5 {
		t.Errorf("a correction of an earlier revision gives %v", err)
	}
	now := w.reading()
	series := must(w.s.ValuesOfEach(w.ctx, now, "PERIOD", true, []uuid.UUID{i.ID}, page.Args{}))(t)[0].Nodes()
	if len(series) != 2 || series[0].Value != 64.5 || series[0].Revision != 2 || series[1].Value != 61.2 {
		t.Fatalf("the series is %+v", series)
	}
	earlier := must(w.s.EarlierValues(w.ctx, now, []uuid.UUID{series[0].ID, series[1].ID}))(t)
	if old := earlier[series[0].ID]; len(old) != 1 || old[0].Value != 70 || len(earlier[series[1].ID]) != 0 {
		t.Errorf("the earlier values are %+v", earlier)
	}
	if newest := must(w.s.NewestValues(w.ctx, now, []uuid.UUID{i.ID}))(t)[i.ID]; newest.Value != 64.5 {
		t.Errorf("the newest value is %v", newest.Value)
	}
}

func TestEvidenceIsTheShareOfFreshIndicatorsUnderAGoal(t *testing.T) {
	w := newWorld(t)
	top := w.goal("1", nil)
	mid := w.goal("1.1", func(g *strategy.Goal) { g.Level, g.ParentGoalID = "GOAL", &top.ID })
	low := w.goal("1.1.1", func(g *strategy.Goal) { g.Level, g.ParentGoalID = "SUBGOAL", &mid.ID })
	bare := w.goal("2", nil)
	measure := func(g *strategy.Goal, name string, often strategy.IndicatorFrequency) *strategy.Indicator {
		return must(w.s.CreateIndicator(w.ctx, strategy.Indicator{GoalID: g.ID, NameSv: name, UnitOfMeasure: "st", Direction: "UP", Frequency: often, Source: "MANUAL"}))(t)
	}
	monthly, yearly := measure(low, "Varje månad", "MONTHLY"), measure(mid, "Varje år", "YEARLY")
	measure(top, "Aldrig mätt", "YEARLY")
	must(w.s.RecordValue(w.ctx, monthly.ID, *day("2026-02-01"), 1, nil))(t)
	must(w.s.RecordValue(w.ctx, yearly.ID, *day("2024-01-01"), 1, nil))(t)
	for _, c := range []struct {
		on       string
		top, mid float64
		monthly  bool
	}{
		// February ends with the day before March 1: a month and a half later is April 15.
		{"2026-04-15", 2. / 3, 1, true},
		{"2026-04-16", 1. / 3, .5, false},
		// 2024 ended a year and a half before July 2026.
		{"2026-06-30", 1. / 3, .5, false},
		{"2026-07-01", 0, 0, false},
	} {
		w.now = day(c.on).At(12, 0)
		now := w.reading()
		got := must(w.s.EvidenceCoverage(w.ctx, now, []uuid.UUID{top.ID, mid.ID, bare.ID}))(t)
		if _, some := got[bare.ID]; got[top.ID] != c.top || got[mid.ID] != c.mid || some {
			t.Errorf("on %s the coverage is %v", c.on, got)
		}
		if fresh := must(w.s.Fresh(w.ctx, now, []uuid.UUID{monthly.ID}))(t)[monthly.ID]; fresh != c.monthly {
			t.Errorf("on %s the monthly one is fresh: %t", c.on, fresh)
		}
	}
}

func TestTheBaselineIsThePlanAsItWasDecided(t *testing.T) {
	w := newWorld(t)
	i := w.initiative("Ny plattform", "2026-04-01", "2026-06-30")
	m := must(w.s.CreateMilestone(w.ctx, strategy.Milestone{Part: strategy.Part{InitiativeID: &i.ID}, TitleSv: "Driftstart", Kind: "LAUNCH", PlannedOn: day("2026-06-01")}))(t)
	i = must(w.s.SetBaseline(w.ctx, i.ID, i.Version, "Beslutad i styrgruppen"))(t)
	i = must(w.s.UpdateInitiative(w.ctx, i.ID, i.Version, func(i *strategy.Initiative) { i.PlannedEnd = day("2026-08-01") }))(t)
	if *i.BaselineEnd != *day("2026-06-30") || *i.SlipDays() != 32 {
		t.Errorf("the baseline ends %v and the slip is %v", i.BaselineEnd, *i.SlipDays())
	}
	if m = must(w.s.MilestonesByID(w.ctx, w.reading(), []uuid.UUID{m.ID}))(t)[m.ID]; m.BaselineOn == nil || *m.SlipDays() != 0 {
		t.Errorf("the milestone's baseline is %v", m.BaselineOn)
	}
	undated := must(w.s.CreateInitiative(w.ctx, strategy.Initiative{MunicipalityID: w.home.ID, TitleSv: "Utan plan", Kind: "ACTIVITY"}))(t)
	_, err := w.s.SetBaseline(w.ctx, undated.ID, undated.Version, "")
	broken(t, err, "baseline_planned")
	change := func(set func(*strategy.Initiative)) error {
		saved, err := w.s.UpdateInitiative(w.ctx, undated.ID, undated.Version, set)
		if err == nil {
			undated = saved
		}
		return err
	}
	broken(t, change(func(i *strategy.Initiative) { i.Status = "BLOCKED" }), "initiative_blocked_why")
	broken(t, change(func(i *strategy.Initiative) { i.Status = "DONE" }), "initiative_done_when")
	if err := change(func(i *strategy.Initiative) { i.Status, i.BlockedReason = "BLOCKED", ptr("Väntar på avtal") }); err != nil {
		t.Fatal(err)
	}
	if err := change(func(i *strategy.Initiative) { i.Status = "ONGOING" }); err != nil || undated.BlockedReason != nil {
		t.Errorf("no longer blocked, it has the reason %v: %v", undated.BlockedReason, err)
	}
}

func TestNothingWaitsForItself(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.initiative("A", "2026-04-01", "2026-04-30"), w.initiative("B", "2026-05-01", "2026-05-31"), w.initiative("C", "2026-06-01", "2026-06-30")
	w.waits(a, b)
	link := w.waits(b, c)
	link1 := func(before, after *strategy.Initiative) error {
		_, err := w.s.CreateDependency(w.ctx, strategy.Dependency{MunicipalityID: w.home.ID, BeforeInitiativeID: &before.ID, AfterInitiativeID: &after.ID, Kind: "BLOCKS"})
		return err
	}
	broken(t, link1(c, a), "dependency_no_cycle")
	broken(t, link1(a, a), "dependency_no_cycle")
	broken(t, link1(a, b), "dependency_once")
	must(w.s.ArchiveDependency(w.ctx, link.ID, link.Version, ""))(t)
	if err := link1(c, a); err != nil {
		t.Error(err)
	}
	// One of the two is the municipality's own.
	far, farther := w.project(w.away, "fjarran", nil, nil), w.project(w.away, "langre", nil, nil)
	_, err := w.s.CreateDependency(w.ctx, strategy.Dependency{MunicipalityID: w.home.ID, BeforeProjectID: &far, AfterProjectID: &farther, Kind: "REQUIRES"})
	broken(t, err, "dependency_own")
	if _, err := w.s.CreateDependency(w.ctx, strategy.Dependency{MunicipalityID: w.home.ID, BeforeProjectID: &far, AfterInitiativeID: &a.ID, Kind: "REQUIRES"}); err != nil {
		t.Error(err)
	}
}

func TestTheHostWritesWhatHangsOnASharedProject(t *testing.T) {
	w := newWorld(t)
	project := w.project(w.home, "skolskjuts", nil, nil)
	of := strategy.Part{SharedProjectID: &project}
	host, partner := w.as(w.home, access.ProjectEditor), w.as(w.away, access.ProjectEditor)
	milestone := strategy.Milestone{Part: of, TitleSv: "Start", Kind: "LAUNCH"}
	if _, err := w.s.CreateMilestone(partner, milestone); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a partner's milestone gives %v", err)
	}
	if m, err := w.s.CreateMilestone(host, milestone); err != nil || m.MunicipalityID != w.home.ID {
		t.Errorf("the host's milestone gives %+v, %v", m, err)
	}
	b := must(w.s.CreateBenefit(host, strategy.Benefit{Part: of, DescriptionSv: "Kortare handläggning", Certainty: "YELLOW", Measure: "HOURS", PlannedAmount: ptr(400.), CollectBy: day("2026-12-31")}))(t)
	b = must(w.s.UpdateBenefit(host, b.ID, b.Version, func(b *strategy.Benefit) { b.RealisedAmount, b.FollowedUpOn = ptr(350.), day("2026-03-16") }))(t)
	_, err := w.s.UpdateBenefit(host, b.ID, b.Version, func(b *strategy.Benefit) { b.Measure = "QUALITATIVE" })
	broken(t, err, "benefit_amount_measured")
	if _, err := w.s.CreateMilestone(host, strategy.Milestone{Part: strategy.Part{SharedProjectID: ptr(uuid.New())}, TitleSv: "Start", Kind: "LAUNCH"}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a milestone of nothing gives %v", err)
	}
}

func TestAPublishedReportStandsWithTheFiguresOfItsDay(t *testing.T) {
	w := newWorld(t)
	i := w.initiative("Ny plattform", "2026-01-01", "2026-02-28") // overdue: a gap
	of := strategy.Part{InitiativeID: &i.ID}
	i = must(w.s.UpdateInitiative(w.ctx, i.ID, i.Version, func(i *strategy.Initiative) { i.Progress = ptr(60) }))(t)
	r := must(w.s.CreateStatusReport(w.ctx, strategy.StatusReport{Part: of, PeriodFrom: *day("2026-01-01"), PeriodTo: *day("2026-02-28"), Health: "AMBER", TextSv: "Försenat"}))(t)
	reader := w.as(w.away, access.Reader)
	if seen := must(w.s.StatusReportsByID(reader, w.reading(), []uuid.UUID{r.ID}))(t); len(seen) != 0 {
		t.Error("others see a draft")
	}
	r = must(w.s.UpdateStatusReport(w.ctx, r.ID, r.Version, func(r *strategy.StatusReport) { r.Health = "RED" }))(t)
	r = must(w.s.PublishStatusReport(w.ctx, r.ID, r.Version))(t)
	must(w.s.UpdateInitiative(w.ctx, i.ID, i.Version, func(i *strategy.Initiative) { i.Progress, i.PlannedEnd = ptr(100), day("2026-03-31") }))(t)
	read := must(w.s.StatusReportsByID(reader, w.reading(), []uuid.UUID{r.ID}))(t)[r.ID]
	if read == nil || read.PublishedAt == nil || !read.PublishedAt.Equal(w.now) {
		t.Fatalf("others see %+v", read)
	}
	if f := read.Figures; *f.Progress != 60 || *f.PlannedEnd != *day("2026-02-28") || f.Health != "RED" || f.Status != "PLANNED" || f.OpenGaps != 1 || f.EvidenceCoverage != nil {
		t.Errorf("the figures are %+v", f)
	}
	_, err := w.s.UpdateStatusReport(w.ctx, r.ID, r.Version, func(r *strategy.StatusReport) { r.Health = "GREEN" })
	broken(t, err, "status_report_published_stands")
	_, err = w.s.ArchiveStatusReport(w.ctx, r.ID, r.Version, "")
	broken(t, err, "status_report_published_stands")
	_, err = w.s.PublishStatusReport(w.ctx, r.ID, r.Version)
	broken(t, err, "status_report_published_stands")
	// What is to be corrected is a new report, and the newest is the one that shows.
	w.now = w.now.Add(time.Hour)
	again := must(w.s.CreateStatusReport(w.ctx, strategy.StatusReport{Part: of, PeriodFrom: r.PeriodFrom, PeriodTo: r.PeriodTo, Health: "AMBER", TextSv: "Rättad"}))(t)
	again = must(w.s.PublishStatusReport(w.ctx, again.ID, again.Version))(t)
	if latest := must(w.s.LatestReports(w.ctx, w.reading(), []uuid.UUID{i.ID}))(t)[i.ID]; latest.ID != again.ID {
		t.Errorf("the newest report is %q", latest.TextSv)
	}
}

func TestAReportOfAGoalFreezesItsEvidence(t *testing.T) {
	w := newWorld(t)
	g := w.goal("1", func(g *strategy.Goal) { g.PeriodFrom, g.PeriodTo = day("2026-01-01"), day("2026-12-31") })
	i := must(w.s.CreateIndicator(w.ctx, strategy.Indicator{GoalID: g.ID, NameSv: "Nöjdhet", UnitOfMeasure: "poäng", Direction: "BAND", BandLow: ptr(3.), BandHigh: ptr(5.), Frequency: "MONTHLY", Source: "MANUAL"}))(t)
	must(w.s.RecordValue(w.ctx, i.ID, *day("2026-02-01"), 4, nil))(t)
	r := must(w.s.CreateStatusReport(w.ctx, strategy.StatusReport{Part: strategy.Part{GoalID: &g.ID}, PeriodFrom: *day("2026-02-01"), PeriodTo: *day("2026-02-28"), Health: "GREEN", TextSv: "Bra"}))(t)
	r = must(w.s.PublishStatusReport(w.ctx, r.ID, r.Version))(t)
	if f := r.Figures; f.EvidenceCoverage == nil || *f.EvidenceCoverage != 1 || *f.PlannedEnd != *day("2026-12-31") {
		t.Errorf("the figures are %+v", f)
	}
}
