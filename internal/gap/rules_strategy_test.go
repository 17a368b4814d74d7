package gap_test

import (
	"fmt"

	"github.com/google/uuid"

	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/strategy"
)

// strategy gives the domain of these records, whose changes keep the gaps.
func (w *world) strategy() *strategy.Service {
	return &strategy.Service{Keeper: record.Keeper{Journal: w.gaps.Journal}}
}

// foundGoal registers a goal as it was found, in a status.
func (w *world) foundGoal(code string, status strategy.GoalStatus, set func(*strategy.Goal)) uuid.UUID {
	w.t.Helper()
	g := strategy.Goal{
		MunicipalityID: w.home.ID, OwnerUnitID: &w.office.ID, Code: code, TitleSv: "Mål", Level: "DIRECTION", Status: status,
		FoundSource: ptr("Planen"), FoundReason: ptr("Fanns"),
	}
	if set != nil {
		set(&g)
	}
	return must(w.strategy().CreateGoal(w.ctx, g))(w.t).ID
}

// goesOn takes up a goal again that was not achieved.
func (w *world) goesOn(id uuid.UUID) {
	w.t.Helper()
	must(w.strategy().TransitionGoal(w.ctx, id, w.version("goal", id), strategy.GoalTransition{To: "ONGOING", Comment: "Fortsätter"}))(w.t)
}

// under puts a goal under another.
func under(parent uuid.UUID) func(*strategy.Goal) {
	return func(g *strategy.Goal) { g.Level, g.ParentGoalID = "GOAL", &parent }
}

func (w *world) measure(goal uuid.UUID) uuid.UUID {
	w.t.Helper()
	return must(w.strategy().CreateIndicator(w.ctx, strategy.Indicator{GoalID: goal, NameSv: "Indikator", UnitOfMeasure: "st", Direction: "UP", Frequency: "MONTHLY", Source: "MANUAL"}))(w.t).ID
}

func (w *world) measured(indicator uuid.UUID, period string) {
	w.t.Helper()
	must(w.strategy().RecordValue(w.ctx, indicator, *day(period), 1, nil))(w.t)
}

// work registers an initiative that no rule finds anything to say of, but for what set changes.
func (w *world) work(set func(*strategy.Initiative)) uuid.UUID {
	w.t.Helper()
	i := strategy.Initiative{MunicipalityID: w.home.ID, OwnerUnitID: &w.office.ID, TitleSv: "Insats", Kind: "ACTIVITY", PlannedStart: day("2024-03-01"), PlannedEnd: day("2024-04-30")}
	if set != nil {
		set(&i)
	}
	return must(w.strategy().CreateInitiative(w.ctx, i))(w.t).ID
}

// setWork changes an initiative.
func setWork(set func(*strategy.Initiative)) func(*world, uuid.UUID) {
	return func(w *world, id uuid.UUID) {
		w.t.Helper()
		must(w.strategy().UpdateInitiative(w.ctx, id, w.version("initiative", id), set))(w.t)
	}
}

// exec runs a statement as a change that keeps the gaps.
func (w *world) exec(sql string, args postgres.Args) {
	w.t.Helper()
	if err := w.gaps.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) error {
		_, err := tx.Exec(w.ctx, sql, args)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

// adopted ties a decision to a goal: one that has been taken, or has only been proposed.
func (w *world) adopted(goal uuid.UUID, taken bool) (decision uuid.UUID) {
	w.t.Helper()
	decision = uuid.Must(uuid.NewV7())
	met := any(nil)
	if taken {
		met = *day("2024-03-01")
	}
	w.exec(`INSERT INTO decision (id, municipality_id, body_unit_id, title_sv, type, meeting_date) VALUES (@id, @m, @body, 'Beslut', 'BOARD', @met)`,
		postgres.Args{"id": decision, "m": w.home.ID, "body": w.office.ID, "met": met})
	w.exec(`INSERT INTO record_link (id, municipality_id, decision_id, goal_id, purpose) VALUES (uuid_v7(), @m, @d, @g, 'AUTHORISES')`,
		postgres.Args{"m": w.home.ID, "d": decision, "g": goal})
	return decision
}

// serves links a goal to a record that its column names.
func (w *world) serves(goal uuid.UUID, column string, id uuid.UUID) {
	w.t.Helper()
	w.exec(fmt.Sprintf("INSERT INTO record_link (id, municipality_id, goal_id, %s) VALUES (uuid_v7(), @m, @g, @id)", column), postgres.Args{"m": w.home.ID, "g": goal, "id": id})
}

// waits lets the days go until a gap shows, and holds that it does not the day before.
func waits(days int) func(*world, uuid.UUID) {
	return func(w *world, id uuid.UUID) {
		w.clock.addDays(days - 1)
		w.sweep()
		if code, shown := w.first(id); shown {
			w.t.Errorf("%s shows a day too early", code)
		}
		w.clock.addDays(1)
		w.sweep()
	}
}

// strategyCases has each rule of these records. The day is 2024-03-15.
func strategyCases() map[string][]ruleCase {
	set := setWork
	return map[string][]ruleCase{
		"GOAL_NO_DECISION": {
			// It was adopted somewhere, and nobody can find the decision.
			{
				func(w *world) uuid.UUID { return w.foundGoal("1", "PROPOSED", nil) }, waits(31),
				func(w *world, id uuid.UUID) { w.adopted(id, true) },
			},
			// Its period begins later than it was registered.
			{
				func(w *world) uuid.UUID {
					return w.foundGoal("1", "PROPOSED", func(g *strategy.Goal) { g.PeriodFrom = day("2024-04-01") })
				},
				waits(48),
				func(w *world, id uuid.UUID) {
					decision := w.adopted(id, false) // a decision that has not been taken is none
					if _, shown := w.shown("GOAL_NO_DECISION", id); !shown {
						w.t.Error("a proposed decision closes it")
					}
					w.exec("UPDATE decision SET meeting_date = '2024-05-01' WHERE id = @id", postgres.Args{"id": decision})
				},
			},
			// The decision is overturned.
			{
				func(w *world) uuid.UUID {
					id := w.foundGoal("1", "PROPOSED", func(g *strategy.Goal) { g.PeriodFrom = day("2024-01-01") })
					w.adopted(id, true)
					w.clock.addDays(40)
					return id
				},
				func(w *world, _ uuid.UUID) {
					w.exec("UPDATE decision SET appealed_on = '2024-03-10', overturned_on = '2024-04-01'", nil)
				},
				func(w *world, id uuid.UUID) {
					must(w.strategy().ArchiveGoal(w.ctx, id, w.version("goal", id), ""))(w.t)
				},
			},
		},
		"GOAL_NO_INDICATOR": {
			{
				func(w *world) uuid.UUID {
					id := w.foundGoal("1", "NOT_ACHIEVED", nil)
					w.measure(id)
					w.goesOn(id)
					return id
				},
				func(w *world, _ uuid.UUID) { w.exec("UPDATE indicator SET archived_at = instant()", nil) },
				func(w *world, id uuid.UUID) { w.measure(id) },
			},
			// It is measured by a goal under it, which moves away and back.
			{
				func(w *world) uuid.UUID {
					id := w.foundGoal("1", "NOT_ACHIEVED", nil)
					w.measure(w.foundGoal("1.1", "PROPOSED", under(id)))
					w.goesOn(id)
					return id
				},
				func(w *world, _ uuid.UUID) { w.exec("UPDATE goal SET parent_goal_id = NULL WHERE code = '1.1'", nil) },
				func(w *world, id uuid.UUID) {
					w.exec("UPDATE goal SET parent_goal_id = @id WHERE code = '1.1'", postgres.Args{"id": id})
				},
			},
		},
		"GOAL_NO_ACTIVITY": {
			{
				func(w *world) uuid.UUID {
					id := w.foundGoal("1", "NOT_ACHIEVED", nil)
					w.serves(id, "initiative_id", w.work(nil))
					w.goesOn(id)
					return id
				},
				func(w *world, _ uuid.UUID) { w.exec("UPDATE initiative SET archived_at = instant()", nil) },
				func(w *world, id uuid.UUID) {
					w.serves(w.foundGoal("1.1", "PROPOSED", under(id)), "initiative_id", w.work(nil))
				},
			},
			{
				func(w *world) uuid.UUID {
					id := w.foundGoal("1", "NOT_ACHIEVED", nil)
					w.serves(id, "initiative_id", w.work(nil))
					w.goesOn(id)
					return id
				},
				func(w *world, _ uuid.UUID) { w.exec("UPDATE record_link SET archived_at = instant()", nil) },
				func(w *world, id uuid.UUID) {
					project := uuid.Must(uuid.NewV7())
					w.exec(`WITH made AS (INSERT INTO shared_project (id, municipality_id, code, name_sv, phase, status) VALUES (@id, @m, 'kod', 'Projekt', 'IDEA', 'ACTIVE'))
						INSERT INTO participation (id, municipality_id, shared_project_id, role, state, found_source, found_reason) VALUES (uuid_v7(), @m, @id, 'HOST', 'ACTIVE', 'Avtal', 'Fanns')`,
						postgres.Args{"id": project, "m": w.home.ID})
					w.serves(id, "shared_project_id", project)
				},
			},
		},
		"INDICATOR_STALE": {
			// February was measured: it is fresh until the middle of April.
			{
				func(w *world) uuid.UUID {
					id := w.measure(w.foundGoal("1", "PROPOSED", func(g *strategy.Goal) { g.PeriodFrom = day("2025-01-01") }))
					w.measured(id, "2024-02-01")
					return id
				},
				waits(32),
				func(w *world, id uuid.UUID) { w.measured(id, "2024-03-01") },
			},
			// Nobody has measured it, until its goal is revoked.
			{
				func(w *world) uuid.UUID {
					return w.measure(w.foundGoal("1", "PROPOSED", func(g *strategy.Goal) { g.PeriodFrom = day("2025-01-01") }))
				},
				waits(47),
				func(w *world, _ uuid.UUID) { w.exec("UPDATE goal SET archived_at = instant()", nil) },
			},
		},
		"ROADMAP_SLIPPED": {{
			func(w *world) uuid.UUID {
				return w.work(func(i *strategy.Initiative) {
					i.BaselineStart, i.BaselineEnd, i.PlannedEnd = day("2024-03-01"), day("2024-04-30"), day("2024-05-30")
				})
			},
			set(func(i *strategy.Initiative) { i.PlannedEnd = day("2024-05-31") }),
			set(func(i *strategy.Initiative) { i.Status, i.ActualEnd = "DONE", day("2024-03-15") }),
		}},
		"ROADMAP_BLOCKED": {{
			func(w *world) uuid.UUID { return w.work(nil) },
			set(func(i *strategy.Initiative) { i.Status, i.BlockedReason = "BLOCKED", ptr("Väntar på avtal") }),
			set(func(i *strategy.Initiative) { i.Status = "ONGOING" }),
		}},
		"ROADMAP_NO_OWNER": {
			{
				func(w *world) uuid.UUID { return w.work(nil) },
				set(func(i *strategy.Initiative) { i.OwnerUnitID = nil }),
				func(w *world, id uuid.UUID) {
					setWork(func(i *strategy.Initiative) { i.OwnerUnitID = &w.office.ID })(w, id)
				},
			},
			{
				func(w *world) uuid.UUID {
					return w.work(func(i *strategy.Initiative) { i.OwnerUnitID = &w.other.ID })
				},
				func(w *world, _ uuid.UUID) { w.closeUnit(w.other.ID, "2024-03-14", &w.office.ID) },
				func(w *world, _ uuid.UUID) { w.setUnit(w.other.ID, reopen) },
			},
		},
		"GOAL_CLOSED_OWNER": {
			{
				func(w *world) uuid.UUID {
					return w.foundGoal("1", "PROPOSED", func(g *strategy.Goal) { g.OwnerUnitID = &w.other.ID })
				},
				func(w *world, _ uuid.UUID) { w.closeUnit(w.other.ID, "2024-03-14", &w.office.ID) },
				func(w *world, id uuid.UUID) {
					must(w.strategy().UpdateGoal(w.ctx, id, w.version("goal", id), func(g *strategy.Goal) { g.OwnerUnitID = &w.office.ID }))(w.t)
				},
			},
			// The day comes, and the unit is opened again.
			{
				func(w *world) uuid.UUID {
					id := w.foundGoal("1", "PROPOSED", func(g *strategy.Goal) { g.OwnerUnitID = &w.other.ID })
					w.closeUnit(w.other.ID, "2024-03-16", &w.office.ID)
					return id
				},
				waits(2),
				func(w *world, _ uuid.UUID) { w.setUnit(w.other.ID, reopen) },
			},
		},
		"ROADMAP_OVERDUE": {
			{func(w *world) uuid.UUID { return w.work(nil) }, waits(47), set(func(i *strategy.Initiative) { i.Status = "CANCELLED" })},
			{func(w *world) uuid.UUID { return w.work(nil) }, waits(47), set(func(i *strategy.Initiative) { i.PlannedEnd = day("2024-06-30") })},
		},
		"MILESTONE_OVERDUE": {
			{
				func(w *world) uuid.UUID { return w.milestone(strategy.Part{InitiativeID: ptr(w.work(nil))}) }, waits(17),
				func(w *world, id uuid.UUID) {
					must(w.strategy().UpdateMilestone(w.ctx, id, 1, func(m *strategy.Milestone) { m.ReachedOn = day("2024-03-31") }))(w.t)
				},
			},
			// What it was a milestone of is cancelled, or revoked.
			{
				func(w *world) uuid.UUID { return w.milestone(strategy.Part{InitiativeID: ptr(w.work(nil))}) }, waits(17),
				func(w *world, _ uuid.UUID) { w.exec("UPDATE initiative SET status = 'CANCELLED'", nil) },
			},
			{
				func(w *world) uuid.UUID {
					return w.milestone(strategy.Part{GoalID: ptr(w.foundGoal("1", "ADOPTED", nil))})
				}, waits(17),
				func(w *world, _ uuid.UUID) { w.exec("UPDATE goal SET status = 'REVOKED'", nil) },
			},
		},
		"BENEFIT_NOT_FOLLOWED_UP": {{
			func(w *world) uuid.UUID {
				return must(w.strategy().CreateBenefit(w.ctx, strategy.Benefit{Part: strategy.Part{InitiativeID: ptr(w.work(nil))}, DescriptionSv: "Nytta", Certainty: "RED", Measure: "SEK", CollectBy: day("2024-03-31")}))(w.t).ID
			},
			waits(17),
			func(w *world, id uuid.UUID) {
				must(w.strategy().UpdateBenefit(w.ctx, id, 1, func(b *strategy.Benefit) { b.FollowedUpOn = day("2024-04-01") }))(w.t)
			},
		}},
	}
}

// milestone is one planned for the last of March.
func (w *world) milestone(of strategy.Part) uuid.UUID {
	w.t.Helper()
	return must(w.strategy().CreateMilestone(w.ctx, strategy.Milestone{Part: of, TitleSv: "Milstolpe", Kind: "LAUNCH", PlannedOn: day("2024-03-31")}))(w.t).ID
}
