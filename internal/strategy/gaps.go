package strategy

import "fardplan/internal/gap"

// unitOf is SQL for the unit that answers for what the row x hangs on.
const unitOf = "coalesce((SELECT i.owner_unit_id FROM initiative i WHERE i.id = x.initiative_id), (SELECT g.owner_unit_id FROM goal g WHERE g.id = x.goal_id))"

// GapObjects says how gaps of these records are kept.
func GapObjects() []gap.Object {
	return []gap.Object{
		{
			Table: "goal", Name: gap.Text{Sv: "mål", En: "goal"}, Unit: "x.owner_unit_id",
			// A goal is judged by those under it too, and the tree may have been another before.
			Affected: []string{
				"SELECT y.id FROM goal y WHERE y.municipality_id IN (SELECT g.municipality_id FROM goal g WHERE g.changed_in = @change)",
				"SELECT y.id FROM goal y WHERE y.municipality_id IN (SELECT i.municipality_id FROM indicator i WHERE i.changed_in = @change)",
				`SELECT y.id FROM goal y WHERE y.municipality_id IN (SELECT g.municipality_id FROM record_link l JOIN goal g ON g.id = l.goal_id
					LEFT JOIN decision d ON d.id = l.decision_id LEFT JOIN initiative i ON i.id = l.initiative_id LEFT JOIN shared_project p ON p.id = l.shared_project_id
					WHERE @change IN (l.changed_in, d.changed_in, i.changed_in, p.changed_in))`,
				"SELECT y.id FROM goal y JOIN unit u ON u.id = y.owner_unit_id WHERE u.changed_in = @change",
			},
		},
		{
			Table: "indicator", Name: gap.Text{Sv: "indikator", En: "indicator"}, Unit: "(SELECT g.owner_unit_id FROM goal g WHERE g.id = x.goal_id)",
			Affected: []string{
				"SELECT v.indicator_id FROM indicator_value v WHERE v.changed_in = @change",
				"SELECT y.id FROM indicator y JOIN goal g ON g.id = y.goal_id WHERE g.changed_in = @change",
			},
		},
		{
			Table: "initiative", Name: gap.Text{Sv: "insats", En: "initiative"}, Unit: "x.owner_unit_id",
			Affected: []string{"SELECT y.id FROM initiative y JOIN unit u ON u.id = y.owner_unit_id WHERE u.changed_in = @change"},
		},
		{Table: "milestone", Name: gap.Text{Sv: "milstolpe", En: "milestone"}, Unit: unitOf, Affected: under("milestone")},
		{Table: "benefit", Name: gap.Text{Sv: "nytta", En: "benefit"}, Unit: unitOf, Affected: under("benefit")},
	}
}

// treeOf is SQL for the ids of the goal x and of those under it, each level found by
// its index.
const treeOf = `(SELECT x.id UNION ALL SELECT c.id FROM goal c WHERE c.parent_goal_id = x.id AND c.archived_at IS NULL
	UNION ALL SELECT d.id FROM goal c JOIN goal d ON d.parent_goal_id = c.id WHERE c.parent_goal_id = x.id AND c.archived_at IS NULL AND d.archived_at IS NULL)`

// ownerOpen is SQL for whether the unit that owns the row x is there and has not closed.
const ownerOpen = "EXISTS (SELECT FROM unit u WHERE u.id = x.owner_unit_id AND u.archived_at IS NULL AND coalesce(u.valid_to, 'infinity') >= today())"

const underWay = "x.status NOT IN ('DONE', 'CANCELLED')"

// stands is the condition that what the row x hangs on is neither archived nor cancelled
// or revoked.
const stands = `NOT EXISTS (SELECT FROM initiative i WHERE i.id = x.initiative_id AND (i.status = 'CANCELLED' OR i.archived_at IS NOT NULL))
	AND NOT EXISTS (SELECT FROM shared_project p WHERE p.id = x.shared_project_id AND (p.status = 'CANCELLED' OR p.archived_at IS NOT NULL))
	AND NOT EXISTS (SELECT FROM goal g WHERE g.id = x.goal_id AND (g.status = 'REVOKED' OR g.archived_at IS NOT NULL))`

// under are SQL for the ids of the records of a table whose row hangs on what the change
// has written.
func under(table string) []string {
	return []string{
		"SELECT y.id FROM " + table + " y JOIN initiative i ON i.id = y.initiative_id WHERE i.changed_in = @change",
		"SELECT y.id FROM " + table + " y JOIN shared_project p ON p.id = y.shared_project_id WHERE p.changed_in = @change",
		"SELECT y.id FROM " + table + " y JOIN goal g ON g.id = y.goal_id WHERE g.changed_in = @change",
	}
}

var (
	noStrategy = gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.6 (F11)", En: "Audit KR-2017/0039, section 4.6 (F11)"}
	noPlan     = gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 5 (F16)", En: "Audit KR-2017/0039, section 5 (F16)"}
)

// GapRules are what these records should have.
func GapRules() []gap.Rule {
	return []gap.Rule{
		{
			Code: "GOAL_NO_DECISION", Severity: gap.High, Object: "goal",
			Where: `x.status IN ('PROPOSED', 'ADOPTED', 'ONGOING') AND greatest((x.created_at AT TIME ZONE 'Europe/Stockholm')::date, x.period_from) < today() - 30
				AND NOT ` + authorised("goal_id"),
			Title:  gap.Text{Sv: "Målet saknar beslut", En: "The goal has no decision"},
			Reason: gap.Text{Sv: "Målet har funnits i mer än 30 dagar utan att något fattat beslut ligger bakom det. Koppla beslutet till målet, eller ta upp målet till beslut.", En: "The goal has been there for more than 30 days without a decision behind it. Tie the decision to the goal, or put the goal up for one."},
			Law:    noStrategy,
		},
		{
			Code: "GOAL_NO_INDICATOR", Severity: gap.Medium, Object: "goal",
			Where:  "x.status IN ('ADOPTED', 'ONGOING') AND NOT EXISTS (SELECT FROM " + treeOf + " t JOIN indicator i ON i.goal_id = t.id WHERE i.archived_at IS NULL)",
			Title:  gap.Text{Sv: "Målet mäts inte", En: "The goal is not measured"},
			Reason: gap.Text{Sv: "Varken målet eller något mål under det har en indikator, så ingen kan se om det nås. Lägg till en.", En: "Neither the goal nor any goal under it has an indicator, so nobody can see whether it is reached. Add one."},
			Law:    noPlan,
		},
		{
			Code: "GOAL_NO_ACTIVITY", Severity: gap.Medium, Object: "goal",
			Where: `x.status = 'ONGOING' AND NOT EXISTS (SELECT FROM ` + treeOf + ` t JOIN record_link l ON l.goal_id = t.id LEFT JOIN initiative i ON i.id = l.initiative_id LEFT JOIN shared_project p ON p.id = l.shared_project_id
				WHERE l.municipality_id = x.municipality_id AND l.archived_at IS NULL AND num_nonnulls(i.id, p.id) = 1 AND num_nonnulls(i.archived_at, p.archived_at) = 0)`,
			Title:  gap.Text{Sv: "Ingen arbetar mot målet", En: "Nobody works towards the goal"},
			Reason: gap.Text{Sv: "Målet pågår utan att någon insats eller något projekt är kopplat till det eller till ett mål under det. Koppla det som görs, eller planera det.", En: "The goal is ongoing with no initiative or project tied to it or to a goal under it. Tie what is done, or plan it."},
			Law:    noPlan,
		},
		{
			Code: "GOAL_CLOSED_OWNER", Severity: gap.High, Object: "goal",
			Where:  "x.status IN ('PROPOSED', 'ADOPTED', 'ONGOING') AND x.owner_unit_id IS NOT NULL AND NOT " + ownerOpen,
			Title:  gap.Text{Sv: "Målets enhet har stängts", En: "The goal's unit has closed"},
			Reason: gap.Text{Sv: "Enheten som svarar för målet finns inte längre. Ange vem som äger målet i dag.", En: "The unit that answers for the goal is no longer there. Say who owns it today."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.5 (F10)", En: "Audit KR-2017/0039, section 4.5 (F10)"},
		},
		{
			Code: "INDICATOR_STALE", Severity: gap.Medium, Object: "indicator",
			// One that nobody has measured counts from when it was registered.
			Where: `EXISTS (SELECT FROM goal g WHERE g.id = x.goal_id AND g.archived_at IS NULL AND g.status IN ('PROPOSED', 'ADOPTED', 'ONGOING')) AND NOT ` + fresh("x") + `
				AND (EXISTS (SELECT FROM indicator_value v WHERE v.indicator_id = x.id) OR (x.created_at AT TIME ZONE 'Europe/Stockholm')::date + 1.5 * (` + frequency("x") + `) < today())`,
			Title:  gap.Text{Sv: "Indikatorn är inte mätt i tid", En: "The indicator was not measured in time"},
			Reason: gap.Text{Sv: "Den senast mätta perioden slutade för mer än en och en halv period sedan. Registrera det nya värdet.", En: "The newest period measured ended more than one and a half periods ago. Record the new value."},
			Law:    noPlan,
		},
		{
			Code: "ROADMAP_SLIPPED", Severity: gap.Medium, Object: "initiative",
			Where:  underWay + " AND x.planned_end > x.baseline_end + 30",
			Title:  gap.Text{Sv: "Insatsen har halkat efter", En: "The initiative has slipped"},
			Reason: gap.Text{Sv: "Det planerade slutet ligger mer än 30 dagar efter det som beslutades. Ta upp den nya planen till beslut.", En: "The planned end lies more than 30 days after what was decided. Put the new plan up for decision."},
			Law:    noPlan,
		},
		{
			Code: "ROADMAP_BLOCKED", Severity: gap.Medium, Object: "initiative",
			Where:  "x.status = 'BLOCKED'",
			Title:  gap.Text{Sv: "Insatsen är hindrad", En: "The initiative is blocked"},
			Reason: gap.Text{Sv: "Något står i vägen för insatsen. Skälet står på insatsen; undanröj det eller ta upp det till beslut.", En: "Something stands in the way of the initiative. The reason stands on it; remove it or put it up for decision."},
			Law:    noPlan,
		},
		{
			Code: "ROADMAP_NO_OWNER", Severity: gap.Medium, Object: "initiative",
			Where:  underWay + " AND NOT " + ownerOpen,
			Title:  gap.Text{Sv: "Ingen enhet äger insatsen", En: "No unit owns the initiative"},
			Reason: gap.Text{Sv: "Det framgår inte vilken enhet som svarar för insatsen, eller så har den stängts. Ange vem som äger den i dag.", En: "It is not known which unit answers for the initiative, or that unit has closed. Say who owns it today."},
			Law:    noPlan,
		},
		{
			Code: "ROADMAP_OVERDUE", Severity: gap.Medium, Object: "initiative",
			Where:  underWay + " AND x.planned_end < today()",
			Title:  gap.Text{Sv: "Insatsen skulle vara klar", En: "The initiative was to be done"},
			Reason: gap.Text{Sv: "Det planerade slutet har passerat och insatsen är inte klar. Avsluta den, eller ge den en ny plan.", En: "The planned end has passed and the initiative is not done. Finish it, or give it a new plan."},
			Law:    noPlan,
		},
		{
			Code: "MILESTONE_OVERDUE", Severity: gap.Medium, Object: "milestone",
			// What was cancelled or revoked no longer waits for its milestones.
			Where:  "x.planned_on < today() AND x.reached_on IS NULL AND " + stands,
			Title:  gap.Text{Sv: "Milstolpen har passerat", En: "The milestone has passed"},
			Reason: gap.Text{Sv: "Dagen har varit och det framgår inte att milstolpen nåddes. Ange när den nåddes, eller en ny dag.", En: "The day has been and the milestone is not known to have been reached. Give when it was reached, or a new day."},
			Law:    noPlan,
		},
		{
			Code: "BENEFIT_NOT_FOLLOWED_UP", Severity: gap.Low, Object: "benefit",
			Where:  "x.collect_by < today() AND x.followed_up_on IS NULL AND " + stands,
			Title:  gap.Text{Sv: "Nyttan är inte uppföljd", En: "The benefit was not followed up"},
			Reason: gap.Text{Sv: "Dagen då nyttan skulle vara hemtagen har passerat utan uppföljning. Följ upp den och ange vad den blev.", En: "The day by which the benefit was to be collected has passed without a follow-up. Follow it up and give what came of it."},
			Law:    gap.Text{Sv: "E-delegationens vägledning i nyttorealisering", En: "The E-delegation's guidance on benefits realisation"},
		},
	}
}
