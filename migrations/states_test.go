package migrations_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/postgres/dbtest"
)

// TestDecisionState reads the state of a decision day by day from its dates.
func TestDecisionState(t *testing.T) {
	conn := dbtest.New(t).App(t)
	for _, c := range []struct {
		what, dates string // the dates by column, as JSON
		on          map[string]string
	}{
		{
			"decided by a board, announced and left alone", `{"proposed_on": "2026-01-10", "meeting_date": "2026-02-01", "legally_binding_on": "2026-02-27"}`,
			map[string]string{"2026-01-09": "PREPARING", "2026-01-10": "PROPOSED", "2026-01-31": "PROPOSED", "2026-02-01": "DECIDED", "2026-02-26": "DECIDED", "2026-02-27": "BINDING", "2030-01-01": "BINDING"},
		},
		{"no meeting yet", `{"proposed_on": null}`, map[string]string{"2026-01-01": "PREPARING"}},
		{"rejected", `{"meeting_date": "2026-02-01", "rejected": true}`, map[string]string{"2026-01-31": "PREPARING", "2026-02-01": "REJECTED"}},
		{
			"appealed and upheld", `{"meeting_date": "2026-02-01", "appealed_on": "2026-02-10", "appeal_settled_on": "2026-06-01", "legally_binding_on": "2026-06-01"}`,
			map[string]string{"2026-02-09": "DECIDED", "2026-02-10": "APPEALED", "2026-05-31": "APPEALED", "2026-06-01": "BINDING"},
		},
		{
			"appealed and overturned", `{"meeting_date": "2026-02-01", "appealed_on": "2026-02-10", "overturned_on": "2026-06-01"}`,
			map[string]string{"2026-05-31": "APPEALED", "2026-06-01": "OVERTURNED"},
		},
		{
			"for a time, then superseded before it has run out", `{"meeting_date": "2026-02-01", "legally_binding_on": "2026-02-27", "valid_to": "2027-12-31", "superseded_on": "2027-06-01"}`,
			map[string]string{"2027-05-31": "BINDING", "2027-06-01": "SUPERSEDED", "2028-01-01": "SUPERSEDED"},
		},
		{
			"for a time, its last day included", `{"meeting_date": "2026-02-01", "legally_binding_on": "2026-02-27", "valid_to": "2027-12-31"}`,
			map[string]string{"2027-12-31": "BINDING", "2028-01-01": "EXPIRED"},
		},
		{"execution holds from its day", `{"type": "EXECUTION", "meeting_date": "2026-02-01"}`, map[string]string{"2026-01-31": "PREPARING", "2026-02-01": "BINDING"}},
	} {
		for day, want := range c.on {
			got := column[string](t, conn, `
				SELECT decision_state($1::date, d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to)
				  FROM jsonb_populate_record(NULL::decision, '{"type": "BOARD", "rejected": false}' || $2::jsonb) d`, day, c.dates)
			if got[0] != want {
				t.Errorf("%s, on %s: %s, want %s", c.what, day, got[0], want)
			}
		}
	}
}

// TestAgreementState reads the state of an agreement day by day from its dates.
func TestAgreementState(t *testing.T) {
	conn := dbtest.New(t).App(t)
	const signed = `{"signed_on": "2025-12-01", "valid_from": "2026-01-01", "valid_to": "2027-12-31"`
	for _, c := range []struct {
		what, dates string
		on          map[string]string
	}{
		{"for two years", signed + "}", map[string]string{"2025-11-30": "DRAFT", "2025-12-31": "SIGNED", "2026-01-01": "IN_FORCE", "2027-12-31": "IN_FORCE", "2028-01-01": "EXPIRED"}},
		{"that renews itself", signed + `, "renew_months": 12}`, map[string]string{"2028-01-01": "IN_FORCE", "2035-01-01": "IN_FORCE"}},
		{
			"that renews itself until notice is given", signed + `, "renew_months": 12, "notice_given_on": "2027-06-01"}`,
			map[string]string{"2027-05-31": "IN_FORCE", "2027-06-01": "NOTICE_GIVEN", "2027-12-31": "NOTICE_GIVEN", "2028-01-01": "EXPIRED"},
		},
		{
			"that renewed itself before notice was given", signed + `, "renew_months": 12, "notice_given_on": "2028-06-01"}`,
			map[string]string{"2028-05-31": "IN_FORCE", "2028-06-01": "NOTICE_GIVEN", "2028-12-31": "NOTICE_GIVEN", "2029-01-01": "EXPIRED"},
		},
		{
			"to which notice was given too late for its term", signed + `, "renew_months": 12, "notice_months": 6, "notice_given_on": "2027-07-01"}`,
			map[string]string{"2027-12-31": "NOTICE_GIVEN", "2028-12-31": "NOTICE_GIVEN", "2029-01-01": "EXPIRED"},
		},
		{
			"without an end, to which notice was given", `{"valid_from": "2015-01-01", "notice_months": 6, "notice_given_on": "2026-01-15"}`,
			map[string]string{"2026-01-14": "IN_FORCE", "2026-07-15": "NOTICE_GIVEN", "2026-07-16": "EXPIRED"},
		},
		{"that is ended", signed + `, "notice_given_on": "2026-06-01", "terminated_on": "2026-12-31"}`, map[string]string{"2026-12-30": "NOTICE_GIVEN", "2026-12-31": "TERMINATED"}},
		{"in use without a signature that anybody has found", `{"valid_from": "2015-01-01"}`, map[string]string{"2014-12-31": "DRAFT", "2026-01-01": "IN_FORCE"}},
	} {
		for day, want := range c.on {
			got := column[string](t, conn, `
				SELECT agreement_state($1::date, a.signed_on, a.valid_from, a.valid_to, a.renew_months, a.notice_given_on, a.terminated_on, a.notice_months)
				  FROM jsonb_populate_record(NULL::agreement, $2::jsonb) a`, day, c.dates)
			if got[0] != want {
				t.Errorf("an agreement %s, on %s: %s, want %s", c.what, day, got[0], want)
			}
		}
	}
}

// TestAgreementEnd reads the last day of an agreement as it stands on a day.
func TestAgreementEnd(t *testing.T) {
	conn := dbtest.New(t).App(t)
	for _, c := range []struct{ what, dates, day, want string }{
		{"without an end", `{"renew_months": null}`, "2026-01-01", "none"},
		{"for a time", `{"valid_to": "2027-12-31"}`, "2026-01-01", "2027-12-31"},
		{"in its first term", `{"valid_to": "2019-12-31", "renew_months": 24}`, "2019-12-31", "2019-12-31"},
		{"in its second term", `{"valid_to": "2019-12-31", "renew_months": 24}`, "2020-01-01", "2021-12-31"},
		{"in its fourth term", `{"valid_to": "2019-12-31", "renew_months": 24}`, "2024-03-15", "2025-12-31"},
		{"whose terms end with their months", `{"valid_to": "2023-11-30", "renew_months": 1}`, "2024-02-10", "2024-02-29"},
		{"to which notice is given", `{"valid_to": "2019-12-31", "renew_months": 24, "notice_months": 3, "notice_given_on": "2023-09-30"}`, "2024-03-15", "2023-12-31"},
		{"to which notice is to be given", `{"valid_to": "2019-12-31", "renew_months": 24, "notice_months": 3, "notice_given_on": "2023-09-30"}`, "2021-03-15", "2021-12-31"},
		{"that ends before its time", `{"valid_to": "2027-12-31", "terminated_on": "2026-07-01"}`, "2026-01-01", "2026-06-30"},
	} {
		got := column[string](t, conn, `SELECT coalesce(agreement_end($1::date, a.valid_to, a.renew_months, a.notice_months, a.notice_given_on, a.terminated_on)::text, 'none')
			FROM jsonb_populate_record(NULL::agreement, $2::jsonb) a`, c.day, c.dates)
		if got[0] != c.want {
			t.Errorf("an agreement %s ends on %s, want %s", c.what, got[0], c.want)
		}
	}
}

// TestADecisionLetsTheStepBeTaken holds that a goal, a participation and an answer go on
// when the right decision stands behind them.
func TestADecisionLetsTheStepBeTaken(t *testing.T) {
	conn := newFixture(t).App(t)
	for what, sql := range map[string][]string{
		"a direction by the executive board": {"UPDATE goal SET status = 'ADOPTED' WHERE id = :direction"},
		"a goal under it":                    {insert("record_link"), "UPDATE goal SET status = 'ADOPTED' WHERE id = :goal"},
		"a participation by its own municipality": {
			insert("participation", "id", ":nothing"), insert("record_link", "municipality_id", ":other", "decision_id", ":elsewhere", "goal_id", "NULL", "participation_id", ":nothing"),
			"UPDATE participation SET state = 'CONFIRMED' WHERE id = :nothing",
		},
		"a participation by a joint body": {
			insert("collaboration_member"), insert("participation", "id", ":nothing"),
			insert("decision", "id", ":spare", "joint_collaboration_id", ":collab", "meeting_date", "'2024-01-15'"),
			insert("record_link", "municipality_id", ":other", "decision_id", ":spare", "goal_id", "NULL", "participation_id", ":nothing"),
			"UPDATE participation SET state = 'CONFIRMED' WHERE id = :nothing",
		},
		"an answer": {
			insert("record_link", "goal_id", "NULL", "formal_answer_id", ":answer"), reviewed,
			"UPDATE formal_answer SET status = 'DECIDED' WHERE id = :answer",
		},
	} {
		t.Run(what, func(t *testing.T) {
			undone(t, conn, func(tx pgx.Tx) {
				begin(t, tx, "")
				for _, s := range sql {
					exec(t, tx, s)
				}
			})
		})
	}
	for what, sql := range map[string]breach{
		"a decision that is only proposed": raised("goal_adopted_by_decision", "goal_life_cycle",
			insert("record_link", "decision_id", ":proposal"), "UPDATE goal SET status = 'ADOPTED' WHERE id = :goal"),
		"a body without the right": raised("goal_adopted_by_decision", "goal_life_cycle",
			insert("decision", "id", ":nothing", "body_unit_id", ":office", "meeting_date", "'2024-01-15'"), insert("record_link", "decision_id", ":nothing"),
			"UPDATE goal SET status = 'ADOPTED' WHERE id = :goal"),
		"a joint body that it did not belong to on the day": raised("record_link_own_decision", "record_link_decision",
			insert("collaboration_member", "valid_from", "'2024-02-01'"), insert("participation", "id", ":nothing"),
			insert("decision", "id", ":spare", "joint_collaboration_id", ":collab", "meeting_date", "'2024-01-15'"),
			insert("record_link", "municipality_id", ":other", "decision_id", ":spare", "goal_id", "NULL", "participation_id", ":nothing")),
	} {
		t.Run(what, func(t *testing.T) { refuse(t, conn, sql) })
	}
}

// TestWhatAUnitDoesNotCloseWith holds that each kind of record in use needs a unit that takes
// over, and that what has ended does not.
func TestWhatAUnitDoesNotCloseWith(t *testing.T) {
	conn := newFixture(t).App(t)
	const unit, ends = ":nothing", "UPDATE unit SET valid_to = '2024-01-01' WHERE id = :nothing"
	for what, c := range map[string]struct{ inUse, ended string }{
		"a goal": {
			insert("goal", "owner_unit_id", unit),
			insert("goal", "owner_unit_id", unit, "status", "'REVOKED'", "found_source", "'Planen'", "found_reason", "'Upphävt'"),
		},
		"an initiative": {insert("initiative", "owner_unit_id", unit), insert("initiative", "owner_unit_id", unit, "status", "'CANCELLED'")},
		"a governing document": {
			insert("governing_document", "owner_unit_id", unit, "status", "'ADOPTED'", "decided_on", "'2020-01-15'", "found_source", "'Diariet'", "found_reason", "'Gällde'"),
			insert("governing_document", "owner_unit_id", unit),
		},
	} {
		t.Run(what, func(t *testing.T) {
			refuse(t, conn, raised("unit_close_needs_successor", "unit_close", insert("unit", "id", unit), c.inUse, ends))
			undone(t, conn, func(tx pgx.Tx) {
				begin(t, tx, "")
				for _, sql := range []string{insert("unit", "id", unit), c.ended, ends} {
					exec(t, tx, sql)
				}
			})
		})
	}
}
