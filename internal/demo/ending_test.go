package demo

import (
	"slices"
	"strings"
	"testing"
)

// stands are the gaps that the home municipality has when the story ends, by what they
// are of.
var stands = []string{
	"ANSWER_LATE", "ANSWER_DUE", "FINDING_NO_ACTION", "FINDING_RECURRING",
	"DOC_NO_DNR", "DOC_REVIEW_OVERDUE", "DOC_NO_OWNER",
	"CASE_NUMBER_NOT_UNDERSTOOD", "DECISION_NO_NUMBER", "DECISION_NUMBER_NOT_UNDERSTOOD", "DECISION_NOT_BINDING", "DECISION_EXPIRING", "DECISION_APPEALED", "DELEGATION_NOT_REPORTED", "WAIVER_EXPIRED",
	"GOAL_NO_DECISION", "GOAL_NO_INDICATOR", "GOAL_NO_ACTIVITY", "INDICATOR_STALE", "ROADMAP_SLIPPED", "ROADMAP_BLOCKED", "ROADMAP_NO_OWNER", "ROADMAP_OVERDUE", "MILESTONE_OVERDUE", "BENEFIT_NOT_FOLLOWED_UP",
	"ESERVICE_NO_GOAL",
	"AGREEMENT_LEGAL_FORM_UNCLEAR", "COLLAB_ROLE_NOT_REVIEWED", "AGREEMENT_PARTY_NO_DECISION", "PROJECT_NO_AGREEMENT", "PROJECT_NO_DECISION_IN_MUNICIPALITY",
	"SHARED_PROJECT_SLIPPED", "PROJECT_COST_SHARES", "PARTICIPATION_UNANSWERED",
}

// ending is what a director sees who asks what is late and what lacks a decision.
func (l *loaded) ending(t *testing.T) {
	const ofHome = " JOIN municipality m ON m.id = g.municipality_id WHERE m.is_home"
	open := values(t, l.owner, "SELECT DISTINCT g.rule FROM gap_episode g"+ofHome+" AND g.closed_at IS NULL")
	for _, code := range stands {
		if !slices.Contains(open, code) {
			t.Errorf("the home municipality has no gap %s", code)
		}
	}
	closed := values(t, l.owner, "SELECT DISTINCT g.rule FROM gap_episode g"+ofHome+" AND g.closed_at IS NOT NULL")
	for _, code := range []string{"STRATEGY_MISSING", "STRATEGY_NO_DNR", "GOAL_NO_DECISION", "DECISION_NOT_BINDING"} {
		if slices.Contains(open, code) && code == "STRATEGY_MISSING" || !slices.Contains(closed, code) {
			t.Errorf("no gap %s was closed in the story", code)
		}
	}
	t.Run("every finding is answered or named as not", l.findings)
	t.Run("the collaboration lacks a decision of the home municipality", l.collaborationUndecided)
	t.Run("every state of decisions and parts is there", l.states)
	t.Run("what is made up says so", l.examples)
}

func (l *loaded) findings(t *testing.T) {
	got := values(t, l.owner, `SELECT f.code || ' ' || f.section || ' ' || f.verdict FROM finding f JOIN audit a ON a.id = f.audit_id WHERE a.diary_number = 'KR-2017/0039' ORDER BY f.code`)
	want := []string{
		"F01 4.1 DEFICIENT", "F02 4.1 DEFICIENT", "F03 4.1 DEFICIENT", "F04 4.2 MOSTLY_OK", "F05 4.3 PARTIAL", "F06 4.3 DEFICIENT", "F07 4.4 DEFICIENT", "F08 4.4 DEFICIENT",
		"F09 4.4 DEFICIENT", "F10 4.5 DEFICIENT", "F11 4.6 DEFICIENT", "F12 4.6 DEFICIENT", "F13 4.6 DEFICIENT", "F14 4.6 PROPOSAL", "F15 1, 5 DEFICIENT", "F16 5 DEFICIENT",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the findings are %v", got)
	}
	got = values(t, l.owner, `SELECT f.code FROM finding f WHERE f.verdict <> 'OK' AND NOT EXISTS (SELECT FROM record_link l WHERE l.finding_id = f.id AND (l.goal_id IS NOT NULL OR l.initiative_id IS NOT NULL)) ORDER BY 1`)
	named := values(t, l.owner, `SELECT f.code FROM finding f JOIN gap_episode g ON g.object_id = f.id WHERE g.rule = 'FINDING_NO_ACTION' AND g.closed_at IS NULL ORDER BY 1`)
	if !slices.Equal(got, []string{"F03"}) || !slices.Equal(named, got) {
		t.Errorf("nothing answers %v, and the gaps name %v", got, named)
	}
	got = values(t, l.owner, `SELECT f.code || ' ' || e.code || ' ' || (SELECT a.year::text FROM audit a WHERE a.id = e.audit_id) FROM finding f JOIN finding e ON e.id = f.recurrence_of_id`)
	if !slices.Equal(got, []string{"F10 2013-3 2013"}) {
		t.Errorf("what recurs is %v", got)
	}
	if n := count(t, l.owner, "SELECT count(*) FROM audit_question q JOIN formal_answer f ON f.id = q.formal_answer_id WHERE f.due_on = '2018-03-23' AND f.sent_on IS NULL"); n != 3 {
		t.Errorf("%d questions wait for an answer", n)
	}
	if n := count(t, l.owner, "SELECT count(*) FROM audit_question WHERE formal_answer_id IS NULL"); n != 6 {
		t.Errorf("the audit was to settle %d questions", n)
	}
	got = values(t, l.owner, "SELECT d.decided_on::text FROM governing_document d WHERE NOT d.is_example AND d.diary_number IS NULL ORDER BY 1")
	if !slices.Equal(got, []string{"2014-04-22", "2016-07-29", "2016-08-31", "2017-09-04"}) {
		t.Errorf("the documents without a number are of %v", got)
	}
	got = values(t, l.owner, "SELECT d.diary_number FROM governing_document d WHERE NOT d.is_example AND d.case_id IS NOT NULL ORDER BY 1")
	if !slices.Equal(got, []string{"KS 2013/0644", "KS 2015/0144", "KS-833/2012"}) {
		t.Errorf("the documents with a number have %v", got)
	}
}

// decidedOn begins SQL for whether a decision that was taken authorises a record.
const decidedOn = `EXISTS (SELECT FROM record_link l JOIN decision d ON d.id = l.decision_id WHERE l.purpose = 'AUTHORISES' AND d.meeting_date IS NOT NULL AND `

func (l *loaded) collaborationUndecided(t *testing.T) {
	got := values(t, l.owner, `SELECT a.legal_form || ' ' || agreement_state('2026-06-15', a.signed_on, a.valid_from, a.valid_to, a.renew_months, a.notice_given_on, a.terminated_on, a.notice_months)
		FROM agreement a JOIN agreement_party p ON p.agreement_id = a.id JOIN municipality m ON m.id = p.municipality_id
		WHERE m.is_home AND NOT a.is_example AND a.found_source IS NOT NULL AND NOT `+decidedOn+`(l.agreement_party_id = p.id OR l.agreement_id = a.id AND d.municipality_id = p.municipality_id))`)
	if !slices.Equal(got, []string{"UNCLEAR IN_FORCE"}) {
		t.Errorf("the home municipality is party without a decision to %v", got)
	}
	if n := count(t, l.owner, "SELECT count(*) FROM agreement_follow_up f JOIN agreement a ON a.id = f.agreement_id WHERE NOT a.is_example"); n != 0 {
		t.Errorf("the agreement was followed up %d times", n)
	}
	got = values(t, l.owner, `SELECT p.code FROM shared_project p JOIN participation y ON y.shared_project_id = p.id JOIN municipality m ON m.id = y.municipality_id
		WHERE m.is_home AND y.state IN ('DECISION_PENDING', 'CONFIRMED', 'ACTIVE') AND p.phase IN ('DEVELOPMENT', 'ROLLOUT', 'OPERATION') AND p.status = 'ACTIVE' AND NOT `+decidedOn+`l.participation_id = y.id) ORDER BY 1`)
	if !slices.Equal(got, []string{"gemensam-e-tjansteutveckling", "informationsklassning"}) {
		t.Errorf("the home municipality takes part without a decision in %v", got)
	}
}

// states looks for each state of the decision matrix: of a municipality's part in a
// project with the decision behind it.
func (l *loaded) states(t *testing.T) {
	got := values(t, l.owner, `SELECT DISTINCT CASE
			WHEN y.state IN ('DECLINED', 'WITHDRAWN') THEN 'not participating' WHEN d.id IS NULL THEN 'missing'
			WHEN d.state IN ('PREPARING', 'PROPOSED') THEN 'preparing' WHEN d.state = 'REJECTED' THEN 'rejected' WHEN d.state IN ('EXPIRED', 'SUPERSEDED', 'OVERTURNED') THEN 'ended'
			WHEN d.state = 'BINDING' AND d.valid_to < '2026-06-15'::date + 90 THEN 'expiring' WHEN d.state = 'BINDING' THEN 'binding'
			WHEN d.state = 'APPEALED' THEN 'appealed' WHEN d.state = 'DECIDED' AND d.announced_on + 21 >= '2026-06-15' THEN 'decided' ELSE 'not binding' END
		FROM participation y LEFT JOIN record_link l ON l.participation_id = y.id AND l.purpose = 'AUTHORISES'
		LEFT JOIN LATERAL (SELECT d.id, d.valid_to, d.announced_on, decision_state('2026-06-15', d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on,
			d.overturned_on, d.superseded_on, d.valid_to) AS state FROM decision d WHERE d.id = l.decision_id) d ON true ORDER BY 1`)
	if want := []string{"appealed", "binding", "decided", "ended", "expiring", "missing", "not binding", "not participating", "preparing", "rejected"}; !slices.Equal(got, want) {
		t.Errorf("the matrix has %v", got)
	}
	for table, states := range map[string]struct {
		sql  string
		want []string
	}{
		"decision": {`SELECT DISTINCT decision_state('2026-06-15', x.type, x.proposed_on, x.meeting_date, x.rejected, x.legally_binding_on, x.appealed_on, x.appeal_settled_on, x.overturned_on, x.superseded_on, x.valid_to) FROM decision x ORDER BY 1`,
			[]string{"APPEALED", "BINDING", "DECIDED", "EXPIRED", "OVERTURNED", "PREPARING", "PROPOSED", "REJECTED", "SUPERSEDED"}},
		"kinds of decision":   {"SELECT DISTINCT x.type FROM decision x ORDER BY 1", []string{"BOARD", "COMMITTEE", "COUNCIL", "DELEGATION", "DIRECTION", "EXECUTION", "PRINCIPLE"}},
		"participation":       {"SELECT DISTINCT x.state FROM participation x ORDER BY 1", []string{"ACTIVE", "COMPLETED", "CONFIRMED", "DECISION_PENDING", "DECLINED", "INTERESTED", "INVITED", "WITHDRAWN"}},
		"phase of a project":  {"SELECT DISTINCT x.phase FROM shared_project x ORDER BY 1", []string{"CLOSED", "DEVELOPMENT", "OPERATION", "PLANNING", "PRESTUDY", "ROLLOUT"}},
		"initiative":          {"SELECT DISTINCT x.status FROM initiative x ORDER BY 1", []string{"BLOCKED", "CANCELLED", "DONE", "ONGOING", "PLANNED"}},
		"goal":                {"SELECT DISTINCT x.status FROM goal x ORDER BY 1", []string{"ACHIEVED", "ONGOING", "PARTLY", "PROPOSED"}},
		"governing document":  {"SELECT DISTINCT x.status FROM governing_document x ORDER BY 1", []string{"ADOPTED", "DRAFT", "IN_REVIEW", "UNDER_REVISION"}},
		"answer to an offer":  {"SELECT DISTINCT x.answer FROM offer_answer x ORDER BY 1", []string{"ADOPT", "DECLINE", "INTERESTED", "JOIN"}},
		"formal answer":       {"SELECT DISTINCT x.status FROM formal_answer x ORDER BY 1", []string{"DRAFT", "NOT_STARTED", "SENT"}},
		"certainty":           {"SELECT DISTINCT x.certainty FROM benefit x ORDER BY 1", []string{"GREEN", "RED", "YELLOW"}},
		"step of an adoption": {"SELECT x.kind || ' ' || (x.done_on IS NOT NULL) FROM adoption_step x ORDER BY 1", []string{"AGREEMENT false", "CLASSIFICATION false", "DECISION true", "LAUNCH_DATE false", "OWNER true"}},
	} {
		if got := values(t, l.owner, states.sql); !slices.Equal(got, states.want) {
			t.Errorf("%s: there are %v, not %v", table, got, states.want)
		}
	}
	for what, sql := range map[string]string{
		"goal of the third level":                  "SELECT count(*) FROM goal g JOIN goal p ON p.id = g.parent_goal_id JOIN goal d ON d.id = p.parent_goal_id WHERE d.level = 'DIRECTION'",
		"project open to join with its terms":      "SELECT count(*) FROM shared_project WHERE open_to_join AND join_terms_sv IS NOT NULL AND phase <> 'CLOSED'",
		"project that is done with its lessons":    "SELECT count(*) FROM shared_project WHERE phase = 'CLOSED' AND lessons_sv IS NOT NULL",
		"corrected value":                          "SELECT count(*) FROM indicator_value WHERE revision = 2",
		"published report with its figures":        "SELECT count(*) FROM status_report WHERE published_at IS NOT NULL AND (figures ->> 'openGaps')::int > 0",
		"report that is being written":             "SELECT count(*) FROM status_report WHERE published_at IS NULL",
		"realised benefit":                         "SELECT count(*) FROM benefit WHERE realised_amount > 0 AND followed_up_on IS NOT NULL",
		"waiver in force":                          "SELECT count(*) FROM waiver WHERE expires_on > '2026-06-15'",
		"project with its shared services":         "SELECT count(*) FROM record_link WHERE shared_project_id IS NOT NULL AND shared_service_id IS NOT NULL",
		"number of a party that is a known case":   "SELECT count(*) FROM agreement_party WHERE diary_number IS NOT NULL AND case_id IS NOT NULL",
		"goal that both audit and project lead to": "SELECT count(*) FROM goal g WHERE EXISTS (SELECT FROM record_link l WHERE l.goal_id = g.id AND l.finding_id IS NOT NULL) AND EXISTS (SELECT FROM record_link l WHERE l.goal_id = g.id AND l.shared_project_id IS NOT NULL)",
	} {
		if n := count(t, l.owner, sql); n == 0 {
			t.Errorf("there is no %s", what)
		}
	}
}

// examples finds nothing that is made up and does not say so.
func (l *loaded) examples(t *testing.T) {
	for what, sql := range map[string]string{
		"decision":       "SELECT x.title_sv FROM decision x WHERE NOT x.is_example OR x.title_sv NOT LIKE 'Exempel: %'",
		"document":       "SELECT x.title_sv FROM governing_document x WHERE (x.is_example OR x.found_source NOT LIKE 'Granskningen KR-2017/0039%') AND NOT (x.is_example AND x.title_sv LIKE 'Exempel: %')",
		"agreement":      "SELECT x.title_sv FROM agreement x WHERE (x.is_example OR x.found_source NOT LIKE 'Granskningen KR-2017/0039%') AND NOT (x.is_example AND x.title_sv LIKE 'Exempel: %')",
		"shared project": "SELECT x.name_sv FROM shared_project x WHERE NOT x.is_example OR x.name_sv NOT LIKE 'Exempel: %'",
		"goal":           "SELECT x.title_sv FROM goal x WHERE NOT x.is_example OR x.description_sv NOT LIKE 'Exempel: %'",
		"initiative":     "SELECT x.title_sv FROM initiative x WHERE NOT x.is_example OR x.description_sv NOT LIKE 'Exempel: %'",
		"member":         "SELECT m.name_sv FROM collaboration_member x JOIN municipality m ON m.id = x.municipality_id WHERE m.is_home = x.is_example",
		"status report":  "SELECT x.text_sv FROM status_report x WHERE x.text_sv NOT LIKE 'Exempel: %'",
		"benefit":        "SELECT x.description_sv FROM benefit x WHERE x.description_sv NOT LIKE 'Exempel: %'",
		"audit":          "SELECT x.title_sv FROM audit x WHERE x.diary_number <> 'KR-2017/0039' AND x.title_sv NOT LIKE 'Exempel: %'",
		"case":           "SELECT x.title_sv || x.diary_number FROM diary_case x WHERE x.title_sv NOT LIKE 'Exempel: %' AND x.diary_number NOT IN ('KR-2017/0039', 'KS-833/2012', 'KS 2015/0144', 'KS 2013/0644')",
	} {
		if got := values(t, l.owner, sql); len(got) > 0 {
			t.Errorf("%s: made up without saying so: %s", what, strings.Join(got, "; "))
		}
	}
	// Numbers of examples are of the municipality's own organs, and such as nobody has.
	if got := values(t, l.owner, `SELECT c.diary_number FROM diary_case c WHERE c.title_sv LIKE 'Exempel: %' AND c.diary_serial IS NOT NULL AND (c.diary_serial NOT BETWEEN 9001 AND 9999
		OR NOT EXISTS (SELECT FROM unit u WHERE u.municipality_id = c.municipality_id AND u.diary_code = c.diary_code))`); len(got) > 0 {
		t.Errorf("numbers that could be real: %v", got)
	}
}
