package scale_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/demo/scale"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

var someday = time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)

// load fills a database of the test's with a scale.
func load(t *testing.T, size float64) (dbtest.Database, *app.Services, *scale.Summary) {
	t.Helper()
	d := dbtest.New(t)
	clock := &scale.Clock{}
	services := app.NewServices(d.Open(t, clock.Now), access.Policy{}, app.GapRules())
	s, err := scale.Load(t.Context(), options(d, services, clock, size))
	if err != nil {
		t.Fatal(err)
	}
	return d, services, s
}

func options(d dbtest.Database, s *app.Services, clock *scale.Clock, size float64) scale.Options {
	return scale.Options{Scale: size, Journal: s.Journal, Gaps: s.Gaps, Clock: clock, OwnerURL: d.OwnerURL, Today: someday}
}

// lines reads the single text column of a statement.
func lines(t *testing.T, c *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := c.Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// recorded selects the tables with history.
const recorded = "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'history'::regnamespace ORDER BY 1"

// digests gives for each table a digest of its rows, of today and earlier. The ids of
// episodes are the program's and made anew each time.
func digests(t *testing.T, c *pgx.Conn) []string {
	t.Helper()
	tables := lines(t, c, `SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND (n.nspname = 'history' OR n.nspname = 'public' AND c.relname <> 'goose_db_version' AND c.relname <> 'change_head') ORDER BY 1`)
	var all []string
	for _, table := range tables {
		row := "to_jsonb(x)"
		if strings.HasSuffix(table, ".gap_episode") {
			row += " - 'id'"
		}
		all = append(all, lines(t, c, fmt.Sprintf("SELECT '%[1]s ' || count(*) || ' ' || coalesce(md5(string_agg(line, E'\n' ORDER BY line COLLATE \"C\")), '') FROM (SELECT (%[2]s)::text AS line FROM %[1]s x) y", table, row))...)
	}
	return all
}

// TestScale fills two databases with the smallest scale that has everything, and looks
// at the one and compares it with the other.
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("fills databases, one change after another")
	}
	d, services, summary := load(t, 0.01)
	owner := d.Owner(t)
	count := func(condition string) int {
		t.Helper()
		var n int
		if err := owner.QueryRow(t.Context(), "SELECT count(*) FROM "+condition).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	t.Run("has what a scale promises", func(t *testing.T) {
		for table, want := range map[string]int{"municipality": 13, "unit": 13 * 24, "e_service": 2000, "shared_service": 20,
			"diary_case": 30, "decision": 40, "goal": 39, "shared_project": 50, "initiative": 40, "audit": 13, "agreement": 13} {
			if n := count(table); n != want {
				t.Errorf("there are %d rows of %s, want %d", n, table, want)
			}
			i := slices.IndexFunc(summary.Tables, func(s *scale.Table) bool { return s.Name == table })
			if i < 0 || summary.Tables[i].Rows != want || summary.Tables[i].Size == 0 {
				t.Errorf("the summary tells %+v", summary.Tables)
			}
		}
		if n := count("pg_indexes WHERE indexname IN ('search_entry_by_words', 'search_word_by_trigram', 'e_service_by_name', 'e_service_by_name_past')"); n != 4 {
			t.Errorf("%d of the indexes that are made last are there", n)
		}
		if n := count("change"); n != summary.Changes {
			t.Errorf("there are %d changes, and the summary says %d", n, summary.Changes)
		}
		if n := count("(SELECT FROM e_service GROUP BY municipality_id HAVING count(*) NOT BETWEEN 150 AND 157) x"); n != 0 {
			t.Errorf("%d municipalities have many more or fewer e-services than the others", n)
		}
		for what, condition := range map[string]string{
			"closed units with a successor":                       "unit x WHERE x.valid_to < '2026-05-20' AND x.successor_id IS NOT NULL",
			"units under units under units":                       "unit x JOIN unit p ON p.id = x.parent_id JOIN unit q ON q.id = p.parent_id WHERE q.parent_id IS NOT NULL",
			"units with other names":                              "unit x WHERE x.aliases <> '{}'",
			"renamed units":                                       "unit x JOIN history.unit h ON h.id = x.id WHERE h.name_sv <> x.name_sv AND h.name_sv = ANY (x.aliases)",
			"e-services of the platform":                          "e_service x WHERE x.oep_family_id IS NOT NULL AND x.oep_seen IS NOT NULL",
			"e-services of a shared one":                          "e_service x JOIN shared_service s ON s.id = x.shared_service_id WHERE s.municipality_id <> x.municipality_id",
			"published e-services":                                "e_service x WHERE x.published AND x.visibility = 'PUBLIC'",
			"shared and hidden e-services":                        "e_service x JOIN e_service y ON x.visibility = 'COLLABORATION' AND y.visibility = 'MUNICIPALITY'",
			"archived e-services":                                 "e_service x WHERE x.archived_at IS NOT NULL",
			"e-services changed twice or more":                    "e_service x WHERE x.version >= 3",
			"e-services never changed":                            "e_service x WHERE x.version = 1",
			"e-services that changed their name":                  "e_service x JOIN history.e_service h ON h.id = x.id WHERE h.name_sv <> x.name_sv",
			"open gaps of a closed owner":                         "gap_episode g WHERE g.closed_at IS NULL AND g.rule = 'UNIT_CLOSED_OWNER'",
			"closed gaps":                                         "gap_episode g WHERE g.closed_at IS NOT NULL",
			"decisions in a case, read from its number":           "decision x JOIN diary_case c ON c.id = x.case_id WHERE c.diary_year BETWEEN 2019 AND 2026 AND position(c.diary_code IN c.diary_number) > 0 AND position(c.diary_serial::text IN c.diary_number) > 0",
			"superseded decisions":                                "decision x JOIN decision y ON y.id = x.superseded_by_id",
			"decisions that authorise nothing":                    "decision x WHERE NOT EXISTS (SELECT FROM record_link l WHERE l.decision_id = x.id)",
			"goals three levels deep":                             "goal x JOIN goal p ON p.id = x.parent_goal_id JOIN goal q ON q.id = p.parent_goal_id JOIN governing_document d ON d.id = q.strategy_id WHERE d.kind = 'STRATEGY'",
			"indicators with several years' values":               "(SELECT FROM indicator_value v GROUP BY v.indicator_id HAVING count(DISTINCT extract(year FROM v.period)) > 3) x",
			"corrected values":                                    "indicator_value x WHERE x.revision = 2",
			"projects with three to seven participants":           "(SELECT count(*) AS n FROM participation p GROUP BY p.shared_project_id) x WHERE x.n IN (3, 5, 7)",
			"projects under an agreement":                         "shared_project x JOIN agreement a ON a.id = x.agreement_id AND a.municipality_id = x.municipality_id",
			"confirmed participations by a decision of their own": "participation x JOIN record_link l ON l.participation_id = x.id JOIN decision d ON d.id = l.decision_id AND d.municipality_id = x.municipality_id WHERE x.state IN ('CONFIRMED', 'ACTIVE')",
			"confirmed participations without a decision":         "participation x WHERE x.state IN ('CONFIRMED', 'ACTIVE') AND NOT EXISTS (SELECT FROM record_link l WHERE l.participation_id = x.id)",
			"participations with a past":                          "participation x JOIN history.participation h ON h.id = x.id AND h.state <> x.state",
			"projects with a past":                                "shared_project x JOIN history.shared_project h ON h.id = x.id AND h.phase <> x.phase",
			"goals with a past":                                   "goal x JOIN history.goal h ON h.id = x.id AND h.status <> x.status",
			"initiatives with a past":                             "initiative x JOIN history.initiative h ON h.id = x.id AND h.status <> x.status",
			"slipped plans":                                       "initiative x WHERE x.planned_end > x.baseline_end",
			"overdue plans":                                       "initiative x WHERE x.planned_end < '2026-05-20' AND x.status IN ('PLANNED', 'ONGOING', 'BLOCKED')",
			"initiatives that wait for one that is late":          "dependency d JOIN initiative x ON x.id = d.before_initiative_id JOIN initiative y ON y.id = d.after_initiative_id WHERE x.planned_end > y.planned_start AND x.status <> 'DONE'",
			"agreements that end within two years":                "agreement x WHERE x.valid_to BETWEEN '2026-05-20' AND '2028-05-20'",
			"milestones missed and to come":                       "milestone x JOIN milestone y ON x.planned_on < '2026-05-20' AND x.reached_on IS NULL AND y.planned_on > '2026-05-20'",
			"published reports":                                   "status_report x WHERE x.published_at IS NOT NULL AND x.figures <> '{}'",
			"reports being written":                               "status_report x WHERE x.published_at IS NULL",
			"realised benefits":                                   "benefit x WHERE x.realised_amount < x.planned_amount",
			"answers that were sent":                              "formal_answer x JOIN audit_question q ON q.formal_answer_id = x.id WHERE x.status = 'SENT'",
			"a thread from a finding to an e-service":             "record_link f JOIN record_link i ON i.goal_id = f.goal_id AND i.initiative_id IS NOT NULL JOIN record_link e ON e.initiative_id = i.initiative_id AND e.e_service_id IS NOT NULL WHERE f.finding_id IS NOT NULL",
			"adopted offers":                                      "offer_answer x JOIN e_service e ON e.id = x.e_service_id AND e.municipality_id = x.municipality_id",
			"use in several months":                               "(SELECT FROM e_service_usage u GROUP BY u.e_service_id HAVING count(*) = 6) x",
		} {
			if count(condition) == 0 {
				t.Errorf("there are no %s", what)
			}
		}
		for column, want := range map[string]string{
			"status FROM e_service":      "IDEA IN_DEVELOPMENT LIVE PHASING_OUT PILOT PLANNED REJECTED RETIRED",
			"phase FROM shared_project":  "CLOSED DEVELOPMENT IDEA OPERATION PLANNING PRESTUDY ROLLOUT",
			"state FROM participation":   "ACTIVE COMPLETED CONFIRMED DECISION_PENDING DECLINED INTERESTED INVITED WITHDRAWN",
			"status FROM initiative":     "BLOCKED CANCELLED DONE ONGOING PLANNED",
			"level FROM goal":            "DIRECTION GOAL SUBGOAL",
			"type FROM decision":         "BOARD COMMITTEE COUNCIL DELEGATION DIRECTION EXECUTION PRINCIPLE",
			"verdict FROM finding":       "DEFICIENT MOSTLY_OK OK PARTIAL PROPOSAL",
			"kind FROM milestone":        "DECISION DELIVERY LAUNCH REPORT",
			"visibility FROM initiative": "COLLABORATION MUNICIPALITY PUBLIC",
			"concat_ws(' ', 'decision' || left(decision_id::text, 0), 'finding' || left(finding_id::text, 0), 'answer' || left(formal_answer_id::text, 0), 'document' || left(governing_document_id::text, 0), 'goal' || left(goal_id::text, 0), 'initiative' || left(initiative_id::text, 0), 'project' || left(shared_project_id::text, 0), 'participation' || left(participation_id::text, 0), 'party' || left(agreement_party_id::text, 0), 'service' || left(e_service_id::text, 0), 'shared' || left(shared_service_id::text, 0)) FROM record_link": "decision answer decision document decision goal decision initiative decision participation decision party decision project finding goal goal initiative goal project initiative service project shared",
		} {
			if found := strings.Join(lines(t, owner, "SELECT DISTINCT "+column+" ORDER BY 1"), " "); found != want {
				t.Errorf("%s gives %s", column, found)
			}
		}
		if n := count("(SELECT DISTINCT name_sv FROM e_service) x"); n < 500 {
			t.Errorf("there are %d names", n)
		}
		if found := lines(t, owner, `SELECT url FROM e_service WHERE url !~ '^https://[a-z-]+(\.[a-z-]+)*\.example/' UNION ALL SELECT oep_base_url FROM municipality WHERE oep_base_url !~ '\.example$'`); len(found) > 0 {
			t.Errorf("there are addresses outside .example: %v", found[:1])
		}
		if n := count("change x WHERE x.comment = '' OR x.actor_kind = 'USER' AND (x.municipality_id IS NULL OR x.actor_function = '')"); n != 0 {
			t.Errorf("%d changes lack who or why", n)
		}
	})

	t.Run("every rule holds of all of it", func(t *testing.T) {
		for _, table := range lines(t, owner, recorded) {
			if broken := lines(t, owner, fmt.Sprintf("SELECT ordinal || ' ' || rule FROM check_rows('%[1]s', (SELECT coalesce(jsonb_agg(to_jsonb(x)), '[]') FROM %[1]s x))", table)); len(broken) > 0 {
				t.Errorf("%s breaks %v", table, broken)
			}
		}
		state := "decision_state('2026-05-20', d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to)"
		if found := lines(t, owner, "SELECT DISTINCT "+state+" FROM decision d ORDER BY 1"); len(found) < 4 {
			t.Errorf("the states of decisions are %v", found)
		}
		for what, condition := range map[string]string{
			"projects without their one host":            "shared_project x WHERE (SELECT count(*) FROM participation p WHERE p.shared_project_id = x.id AND p.role = 'HOST' AND p.municipality_id = x.municipality_id) <> 1",
			"hosts of another's project":                 "participation x JOIN shared_project p ON p.id = x.shared_project_id WHERE (x.role = 'HOST') <> (x.municipality_id = p.municipality_id)",
			"participations confirmed by nothing":        "participation x WHERE x.state IN ('CONFIRMED', 'ACTIVE', 'COMPLETED') AND x.found_source IS NULL AND NOT EXISTS (SELECT FROM record_link l JOIN decision d ON d.id = l.decision_id WHERE l.participation_id = x.id AND d.municipality_id = x.municipality_id)",
			"links of another municipality's decision":   "record_link x JOIN decision d ON d.id = x.decision_id WHERE d.municipality_id <> x.municipality_id",
			"goals out of the order of levels":           "goal x LEFT JOIN goal p ON p.id = x.parent_goal_id WHERE (x.level, coalesce(p.level, '')) NOT IN (('DIRECTION', ''), ('GOAL', 'DIRECTION'), ('SUBGOAL', 'GOAL'))",
			"goals outside the period of that above":     "goal x JOIN goal p ON p.id = x.parent_goal_id WHERE x.period_from < p.period_from OR x.period_to > p.period_to OR x.strategy_id <> p.strategy_id",
			"goals adopted by nothing":                   "goal x WHERE x.status <> 'PROPOSED' AND x.found_source IS NULL AND NOT EXISTS (SELECT FROM record_link l JOIN decision d ON d.id = l.decision_id WHERE l.goal_id = x.id AND l.purpose = 'AUTHORISES')",
			"answers sent by nothing":                    "formal_answer x WHERE x.status = 'SENT' AND NOT EXISTS (SELECT FROM record_link l WHERE l.formal_answer_id = x.id AND l.purpose = 'AUTHORISES')",
			"what waits for itself":                      "(WITH RECURSIVE later AS (SELECT coalesce(before_initiative_id, before_project_id) AS first, coalesce(after_initiative_id, after_project_id) AS item FROM dependency UNION SELECT l.first, coalesce(d.after_initiative_id, d.after_project_id) FROM later l JOIN dependency d ON coalesce(d.before_initiative_id, d.before_project_id) = l.item) SELECT FROM later WHERE first = item) x",
			"steps of participations that there are not": "history.participation h JOIN (SELECT id, changed_in, state FROM participation UNION ALL SELECT id, changed_in, state FROM history.participation) x ON x.id = h.id AND x.changed_in = h.ended_in WHERE x.state <> h.state AND (h.state, x.state) NOT IN (SELECT from_state, to_state FROM participation_steps())",
			"steps of goals that there are not":          "history.goal h JOIN (SELECT id, changed_in, status FROM goal UNION ALL SELECT id, changed_in, status FROM history.goal) x ON x.id = h.id AND x.changed_in = h.ended_in WHERE x.status <> h.status AND (h.status, x.status) NOT IN (SELECT from_status, to_status FROM goal_steps())",
			"shares of cost that do not add up":          "(SELECT FROM participation p GROUP BY p.shared_project_id HAVING count(p.cost_share_percent) > 0 AND sum(p.cost_share_percent) <> 100) x",
			"waivers by no decision of their own":        "waiver x JOIN decision d ON d.id = x.decision_id WHERE d.meeting_date IS NULL OR d.municipality_id <> x.municipality_id",
		} {
			if n := count(condition); n != 0 {
				t.Errorf("there are %d %s", n, what)
			}
		}
	})

	t.Run("what a change keeps is what a computation of all gives", func(t *testing.T) {
		before := digests(t, owner)
		ctx := access.With(t.Context(), access.SystemCaller("prov"))
		if err := services.Journal.Write(ctx, "test", "", func(tx *postgres.Tx) error {
			return errors.Join(services.Gaps.Recompute(ctx, tx), services.Search.Recompute(ctx, tx))
		}); err != nil {
			t.Fatal(err)
		}
		after := slices.DeleteFunc(digests(t, owner), isChange)
		if diff := cmp.Diff(slices.DeleteFunc(slices.Clone(before), isChange), after); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("a database that holds anything is refused", func(t *testing.T) {
		before := digests(t, owner)
		_, err := scale.Load(t.Context(), options(d, services, &scale.Clock{}, 0.01))
		if found := fault.All(err); len(found) != 1 || found[0].Rule != "scale_not_empty" {
			t.Errorf("the second load gives %v", err)
		}
		if diff := cmp.Diff(before, digests(t, owner)); diff != "" {
			t.Errorf("it has changed something:\n%s", diff)
		}
	})

	t.Run("the same scale gives the same rows", func(t *testing.T) {
		again, _, _ := load(t, 0.01)
		first := slices.DeleteFunc(digests(t, owner), isChange)
		if diff := cmp.Diff(first, slices.DeleteFunc(digests(t, again.Owner(t)), isChange)); diff != "" {
			t.Error(diff)
		}
	})
}

// isChange tells the digest of the table of changes, which the tests add to.
func isChange(digest string) bool { return strings.HasPrefix(digest, "public.change ") }

// TestTheLeastScale has at least one record of each kind that a scale makes.
func TestTheLeastScale(t *testing.T) {
	d, _, _ := load(t, scale.Least)
	owner := d.Owner(t)
	var empty []string
	for _, table := range lines(t, owner, recorded) {
		empty = append(empty, lines(t, owner, fmt.Sprintf("SELECT '%[1]s' WHERE NOT EXISTS (SELECT FROM %[1]s)", table))...)
	}
	// What people and machines do themselves is not made up.
	want := []string{"api_token", "import_run", "link_check", "platform_category", "platform_flow", "user_account", "user_role"}
	if diff := cmp.Diff(want, empty); diff != "" {
		t.Error(diff)
	}
}

func TestScaleHasBounds(t *testing.T) {
	for _, size := range []float64{-1, 0, 0.0001, 51} {
		_, err := scale.Load(t.Context(), scale.Options{Scale: size})
		if found := fault.All(err); len(found) != 1 || found[0].Field != "scale" || found[0].Code != fault.Invalid {
			t.Errorf("scale %g gives %v", size, err)
		}
	}
}
