package app_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/collaboration"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/strategy"
	"fardplan/internal/thread"
)

// row is a record as a writer finds it.
type row struct {
	ID      uuid.UUID `db:"id"`
	Version int       `db:"version"`
}

// one gives one of the records that a table holds under a condition, by chance.
func (j *joint) one(r *rand.Rand, table, condition string) (*row, error) {
	session := j.DB.Session()
	defer session.Close()
	now, err := session.Present(j.ctx)
	if err != nil {
		return nil, err
	}
	rows, err := postgres.All[row](j.ctx, now, "SELECT x.id, x.version FROM "+table+" x WHERE "+condition+" ORDER BY x.id", nil)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.Missing()
	}
	return rows[r.IntN(len(rows))], nil
}

// pick gives one record of each table, by chance.
func (j *joint) pick(r *rand.Rand, tables ...string) ([]*row, error) {
	var all []*row
	for _, table := range tables {
		condition := "true"
		switch table {
		case "decision of home":
			table, condition = "decision", fmt.Sprintf("x.municipality_id = '%s'", j.home.ID)
		case "decision of away":
			table, condition = "decision", fmt.Sprintf("x.municipality_id = '%s'", j.away.ID)
		case "goal under another":
			table, condition = "goal", "x.parent_goal_id IS NOT NULL"
		case "participation":
			condition = "x.role <> 'HOST'"
		case "record_link":
			condition = "x.purpose IS NULL AND x.archived_at IS NULL"
		case "dependency":
			condition = "x.archived_at IS NULL"
		}
		found, err := j.one(r, table, condition)
		if err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	return all, nil
}

// writes are what the writers do, by chance, with records that they have just read.
func (j *joint) writes() map[string]func(*rand.Rand) error {
	s := j.Services
	on := func(tables []string, write func(r *rand.Rand, of []*row) error) func(*rand.Rand) error {
		return func(r *rand.Rand) error {
			of, err := j.pick(r, tables...)
			if err != nil {
				return err
			}
			return write(r, of)
		}
	}
	return map[string]func(*rand.Rand) error{
		"confirm": on([]string{"participation", "decision of away"}, func(_ *rand.Rand, of []*row) error {
			_, err := s.Collaboration.Confirm(j.ctx, of[0].ID, of[0].Version, of[1].ID, "Beslutat")
			return err
		}),
		"confirm by another's": on([]string{"participation", "decision of home"}, func(_ *rand.Rand, of []*row) error {
			_, err := s.Collaboration.Confirm(j.ctx, of[0].ID, of[0].Version, of[1].ID, "Beslutat")
			return err
		}),
		"step": on([]string{"participation"}, func(r *rand.Rand, of []*row) error {
			states := []collaboration.ParticipationState{"DECISION_PENDING", "ACTIVE", "CONFIRMED", "WITHDRAWN", "INTERESTED"}
			_, err := s.Collaboration.Step(j.ctx, of[0].ID, of[0].Version, states[r.IntN(len(states))], ptr("Prov"), "Prov")
			return err
		}),
		"join": on([]string{"shared_project"}, func(r *rand.Rand, of []*row) error {
			_, err := s.Collaboration.Propose(j.ctx, collaboration.Participation{
				MunicipalityID: []uuid.UUID{j.home.ID, j.away.ID}[r.IntN(2)], SharedProjectID: of[0].ID, Role: []collaboration.ParticipationRole{"HOST", "PILOT", "PILOT", "PILOT"}[r.IntN(4)],
			})
			return err
		}),
		"host": func(r *rand.Rand) error {
			_, err := s.Collaboration.CreateProject(j.ctx, collaboration.SharedProject{
				MunicipalityID: j.home.ID, Code: fmt.Sprintf("nytt-%d", r.IntN(9)), NameSv: "Nytt projekt", Visibility: eservice.Public,
			})
			return err
		},
		"adopt": on([]string{"goal", "decision of home"}, func(_ *rand.Rand, of []*row) error {
			_, err := s.Strategy.TransitionGoal(j.ctx, of[0].ID, of[0].Version, strategy.GoalTransition{To: strategy.Adopted, DecisionID: &of[1].ID, Comment: "Beslutat"})
			return err
		}),
		"move a goal": on([]string{"goal under another", "goal"}, func(_ *rand.Rand, of []*row) error {
			_, err := s.Strategy.UpdateGoal(j.ctx, of[0].ID, of[0].Version, func(g *strategy.Goal) { g.ParentGoalID = &of[1].ID })
			return err
		}),
		"replan": on([]string{"initiative", "initiative"}, func(r *rand.Rand, of []*row) error {
			var items []strategy.ReplanItem
			for _, i := range of[:1+r.IntN(2)] {
				from := r.IntN(200)
				items = append(items, strategy.ReplanItem{
					Kind: strategy.InitiativeItem, ID: i.ID, Version: i.Version, Start: strategy.Day{Given: true, Day: j.day(from)}, End: strategy.Day{Given: true, Day: j.day(from + r.IntN(60))},
				})
			}
			_, err := s.Strategy.Replan(j.ctx, items, r.IntN(2) == 0, "")
			return err
		}),
		"wait": on([]string{"initiative", "initiative"}, func(_ *rand.Rand, of []*row) error {
			_, err := s.Strategy.CreateDependency(j.ctx, strategy.Dependency{MunicipalityID: j.home.ID, BeforeInitiativeID: &of[0].ID, AfterInitiativeID: &of[1].ID, Kind: "REQUIRES"})
			return err
		}),
		"wait no more": on([]string{"dependency"}, func(_ *rand.Rand, of []*row) error {
			_, err := s.Strategy.ArchiveDependency(j.ctx, of[0].ID, of[0].Version, "")
			return err
		}),
		"supersede": on([]string{"decision", "decision"}, func(_ *rand.Rand, of []*row) error {
			_, err := s.Decisions.Supersede(j.ctx, of[0].ID, of[0].Version, &of[1].ID, j.day(0), "")
			return err
		}),
		"decide": func(r *rand.Rand) error {
			// The number of one case in several notations, which are found to be the same.
			number := fmt.Sprintf([]string{"KS %d/%d", "KS %d/%04d", "KS-%[2]d/%[1]d"}[r.IntN(3)], 2026, 500+r.IntN(20))
			m := []uuid.UUID{j.home.ID, j.away.ID}[r.IntN(2)]
			_, err := s.Decisions.Create(j.ctx, decision.Decision{
				MunicipalityID: m, BodyUnitID: j.board[m].ID, TitleSv: "Beslut", Type: decision.ByBoard, DiaryNumber: &number, MeetingDate: j.day(-1), Visibility: eservice.Public,
			})
			return err
		},
		"open a case": func(r *rand.Rand) error {
			_, err := s.Decisions.CreateCase(j.ctx, decision.Case{MunicipalityID: j.home.ID, TitleSv: "Ärende", DiaryNumber: fmt.Sprintf("KS 2026/%d", 500+r.IntN(20)), Visibility: eservice.Public})
			return err
		},
		"link": on([]string{"goal", "initiative"}, func(_ *rand.Rand, of []*row) error {
			_, err := s.Threads.Link(j.ctx, j.home.ID, thread.End{Kind: "goal", ID: of[0].ID}, thread.End{Kind: "initiative", ID: of[1].ID}, nil, nil)
			return err
		}),
		"unlink": on([]string{"record_link"}, func(_ *rand.Rand, of []*row) error {
			_, err := s.Threads.Unlink(j.ctx, of[0].ID, of[0].Version, "")
			return err
		}),
	}
}

// lines reads the only column of a statement, a text.
func lines(t *testing.T, c *pgx.Conn, sql string) []string {
	t.Helper()
	all, err := pgx.CollectRows(must(c.Query(t.Context(), sql))(t), pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whatever a hundred people write at once, each of it is kept or refused in words, and
// what is left breaks no rule.
func TestAHundredWritersBreakNoRule(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	j := newJoint(t, func(s *apitest.Settings) { s.Pool = 12 })
	for n := range 3 {
		j.plan(t, n+1)
		j.decided(t, j.away, fmt.Sprintf("Deltar %d", n))
		j.goal(t, fmt.Sprintf("F%d", n), "DIRECTION", nil)
	}
	for n := range 10 {
		p := must(j.Services.Collaboration.CreateProject(j.ctx, collaboration.SharedProject{MunicipalityID: j.home.ID, Code: fmt.Sprintf("tidigt-%d", n), NameSv: "Tidigt projekt", Visibility: eservice.Public}))(t)
		if n%2 == 0 {
			must(j.Services.Collaboration.Propose(j.ctx, collaboration.Participation{MunicipalityID: j.away.ID, SharedProjectID: p.ID, Role: "PILOT"}))(t)
		}
	}
	writes := j.writes()
	var names []string
	for name := range writes {
		names = append(names, name)
	}
	slices.Sort(names)

	const writers, times = 100, 3
	var mu sync.Mutex
	kept, refused := map[string]int{}, map[string]int{}
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(w)))
			for i := range times {
				name := names[(w*times+i)%len(names)]
				err := writes[name](r)
				mu.Lock()
				switch code := fault.CodeOf(err); {
				case err == nil:
					kept[name]++
				case code == fault.Invalid, code == fault.Conflict, code == fault.NotFound:
					refused[name]++
				default:
					t.Errorf("%s fails with %v", name, err)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	t.Logf("kept %v, refused %v", kept, refused)
	for _, name := range names {
		if never := name == "confirm by another's"; (kept[name] == 0) != never {
			t.Errorf("of %s, %d are kept and %d refused", name, kept[name], refused[name])
		}
	}

	owner := j.Data.Owner(t)
	for _, table := range lines(t, owner, "SELECT c.relname::text FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'history'::regnamespace ORDER BY 1") {
		if broken := lines(t, owner, fmt.Sprintf("SELECT ordinal || ' ' || rule FROM check_rows('%[1]s', (SELECT coalesce(jsonb_agg(to_jsonb(x)), '[]') FROM %[1]s x))", table)); len(broken) > 0 {
			t.Errorf("%s breaks %v", table, broken)
		}
	}
	for what, condition := range map[string]string{
		"projects without their one host":           "shared_project x WHERE (SELECT count(*) FROM participation p WHERE p.shared_project_id = x.id AND p.role = 'HOST' AND p.municipality_id = x.municipality_id) <> 1",
		"hosts of another's project":                "participation x JOIN shared_project p ON p.id = x.shared_project_id WHERE (x.role = 'HOST') <> (x.municipality_id = p.municipality_id)",
		"participations confirmed by nothing":       "participation x WHERE x.state IN ('CONFIRMED', 'ACTIVE', 'COMPLETED') AND x.found_source IS NULL AND NOT EXISTS (SELECT FROM record_link l JOIN decision d ON d.id = l.decision_id WHERE l.participation_id = x.id AND l.purpose = 'AUTHORISES' AND d.municipality_id = x.municipality_id)",
		"decisions that authorise another's":        "record_link x JOIN decision d ON d.id = x.decision_id WHERE x.purpose = 'AUTHORISES' AND d.municipality_id <> x.municipality_id",
		"goals adopted by nothing":                  "goal x WHERE x.status <> 'PROPOSED' AND x.found_source IS NULL AND NOT EXISTS (SELECT FROM record_link l WHERE l.goal_id = x.id AND l.purpose = 'AUTHORISES')",
		"goals out of the order of levels":          "goal x LEFT JOIN goal p ON p.id = x.parent_goal_id WHERE (x.level, coalesce(p.level, '')) NOT IN (('DIRECTION', ''), ('GOAL', 'DIRECTION'), ('SUBGOAL', 'GOAL'))",
		"what waits for itself":                     "(WITH RECURSIVE held AS (SELECT * FROM dependency WHERE archived_at IS NULL), later AS (SELECT before_initiative_id AS first, after_initiative_id AS item FROM held UNION SELECT l.first, d.after_initiative_id FROM later l JOIN held d ON d.before_initiative_id = l.item) SELECT FROM later WHERE first = item) x",
		"plans that end before they begin":          "initiative x WHERE x.planned_end < x.planned_start",
		"decisions superseded in a circle":          "(WITH RECURSIVE later AS (SELECT id AS first, superseded_by_id AS item FROM decision UNION SELECT l.first, d.superseded_by_id FROM later l JOIN decision d ON d.id = l.item) SELECT FROM later WHERE first = item) x",
		"cases of one number":                       "(SELECT FROM diary_case x WHERE x.archived_at IS NULL AND x.diary_serial IS NOT NULL GROUP BY x.municipality_id, x.diary_code, x.diary_year, x.diary_serial HAVING count(*) > 1) x",
		"decisions out of the case of their number": "decision x LEFT JOIN diary_case c ON c.id = x.case_id WHERE x.diary_number LIKE 'KS%' AND c.id IS NULL",
		"links that are there twice":                "(SELECT FROM record_link x WHERE x.archived_at IS NULL AND x.purpose IS NULL GROUP BY x.goal_id, x.initiative_id, x.e_service_id HAVING count(*) > 1) x",
		"versions that were lost":                   "(SELECT FROM (SELECT id, version FROM initiative UNION ALL SELECT id, version FROM history.initiative) x GROUP BY x.id HAVING count(*) <> max(x.version) OR count(DISTINCT x.version) <> count(*)) x",
	} {
		if n := lines(t, owner, "SELECT count(*)::text FROM "+condition)[0]; n != "0" {
			t.Errorf("there are %s %s", n, what)
		}
	}

	episodes := "SELECT concat_ws(' ', g.rule, g.object_id, g.opened_at, g.closed_at) FROM gap_episode g ORDER BY 1"
	before := lines(t, owner, episodes)
	if err := j.Services.Journal.Write(j.ctx, "recompute", "", func(tx *postgres.Tx) error { return j.Services.Gaps.Recompute(j.ctx, tx) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, lines(t, owner, episodes)); diff != "" || len(before) < 10 {
		t.Errorf("a recomputation changes the %d gaps:\n%s", len(before), diff)
	}
}

// Of two people who plan the same anew, the second is told what it is by now, and loses
// nothing of the first's.
func TestTheSecondToReplanIsToldOfTheFirst(t *testing.T) {
	j := newJoint(t)
	p := j.plan(t, 1)
	const replan = `mutation($items: [ReplanItemInput!]!) { replan(input: {items: $items}) { change items { id version plannedStart plannedEnd } } }`
	items := func(days int) apitest.Vars {
		return apitest.Vars{"items": []apitest.Vars{
			{"id": p.first.NodeID(), "expectedVersion": p.first.Version, "plannedEnd": j.day(days)}, {"id": p.next.NodeID(), "expectedVersion": p.next.Version, "plannedEnd": j.day(days + 50)},
		}}
	}
	one, other := j.As(j.Token(t, "0581", access.ProjectEditor)), j.As(j.director)
	first := one.Must(t, replan, items(30))
	second := other.Query(t, replan, items(40))
	if len(second.Errors) != 2 {
		t.Fatalf("the second is answered with %s", second.Raw)
	}
	for i, e := range second.Errors {
		current, _ := e.Extensions["current"].(map[string]any)
		if e.Code() != "CONFLICT" || e.Field() != fmt.Sprintf("items.%d.expectedVersion", i) || fmt.Sprint(current["version"]) != "2" || current["plannedEnd"] != j.day(30+50*i).String() {
			t.Errorf("the second is told %+v", e)
		}
	}
	r := other.Must(t, `{ roadmap { initiatives { id version plannedEnd } } }`, nil)
	for i := range 2 {
		for _, name := range []string{"id", "version", "plannedEnd"} {
			if got, want := r.At(fmt.Sprintf("roadmap.initiatives.%d.%s", i, name)), first.At(fmt.Sprintf("replan.items.%d.%s", i, name)); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
	}
}
