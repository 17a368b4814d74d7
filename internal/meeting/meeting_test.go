package meeting_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/decision"
	"fardplan/internal/fault"
	"fardplan/internal/meeting"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

// world is a database with two municipalities, the first with a board and a strategy's
// worth of goals, initiatives, projects and decisions to be.
type world struct {
	t          *testing.T
	ctx        context.Context // of the program itself
	now        time.Time
	all        *app.Services
	data       dbtest.Database
	home, away *organisation.Municipality
	board      *organisation.Unit
	ids        map[string]uuid.UUID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), now: time.Date(2026, time.March, 2, 11, 0, 0, 0, time.UTC), ids: map[string]uuid.UUID{}}
	w.data = dbtest.New(t)
	w.all = app.NewServices(w.data.Open(t, func() time.Time { return w.now }), access.Policy{}, app.GapRules())
	w.home = must(w.all.Organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true, IsExample: true}))(t)
	w.away = must(w.all.Organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0562", NameSv: "Finspång", IsExample: true}))(t)
	w.board = must(w.all.Organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Kommunstyrelsen", Type: organisation.ExecutiveBoard}))(t)
	return w
}

// must gives a function's value, and fails the test for its error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// as is somebody with a role in a municipality.
func (w *world) as(m *organisation.Municipality, roles ...access.Role) context.Context {
	return access.With(w.t.Context(), access.Caller{Kind: access.User, ID: uuid.NewString(), Function: "prov", Municipality: m.ID, Roles: roles})
}

// add inserts a row of a table, whose id goes by a name; columns and SQL values in turn.
func (w *world) add(name, table string, values ...string) {
	w.t.Helper()
	w.ids[name] = uuid.Must(uuid.NewV7())
	columns, sql := []string{"id", "municipality_id"}, []string{"@" + name, "@home"}
	for i := 0; i < len(values); i += 2 {
		if values[i] == "municipality_id" {
			sql[1] = values[i+1]
			continue
		}
		columns, sql = append(columns, values[i]), append(sql, values[i+1])
	}
	w.write("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(sql, ", ") + ")")
}

// write runs statements in one change, which may name ids.
func (w *world) write(statements ...string) {
	w.t.Helper()
	args := postgres.Args{"home": w.home.ID, "away": w.away.ID, "board": w.board.ID}
	for name, id := range w.ids {
		args[name] = id
	}
	err := w.all.Journal.Write(w.ctx, "prov", "Prov", func(tx *postgres.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(w.ctx, s, args); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// later moves the clock on by days, and gives the instant before.
func (w *world) later(days int) time.Time {
	before := w.now
	w.now = w.now.AddDate(0, 0, days)
	return before
}

// since reports to a caller what has changed since an instant; to now, or an earlier one.
func (w *world) since(ctx context.Context, from time.Time, to *time.Time, f meeting.Filter) (report *meeting.Report, err error) {
	w.t.Helper()
	session := w.all.DB.Session()
	defer session.Close()
	now := must(session.Present(w.ctx))(w.t)
	if to != nil {
		now = must(session.AsOf(w.ctx, *to, nil))(w.t)
	}
	before := must(session.AsOf(w.ctx, from, nil))(w.t)
	return w.all.Meetings.Since(ctx, before, now, f)
}

// lines are the sentences of a report, in Swedish.
func (w *world) lines(ctx context.Context, from time.Time, to *time.Time, f meeting.Filter) (lines []string) {
	w.t.Helper()
	for _, l := range must(w.since(ctx, from, to, f))(w.t).Lines {
		lines = append(lines, string(l.Change)+": "+l.Sv)
	}
	return lines
}

func (w *world) want(what string, got []string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

var all = []meeting.Area{meeting.Goals, meeting.Initiatives, meeting.Projects, meeting.Participations, meeting.Decisions}

// A report is of the difference of two states: what was changed and changed back is not
// told, and what was changed twice is told once.
func TestWhatHasBecomeOfGoalsAndInitiatives(t *testing.T) {
	w := newWorld(t)
	w.add("goal", "goal", "code", "'M1'", "title_sv", "'Alla vet läget'", "title_en", "'Everybody knows'", "level", "'GOAL'", "status", "'ONGOING'", "health", "'GREEN'", "progress", "20", "found_source", "'Prov'", "found_reason", "'Prov'")
	w.add("initiative", "initiative", "title_sv", "'Införa ärendesystem'", "kind", "'PROJECT'", "status", "'PLANNED'", "planned_end", "'2026-06-30'")
	w.add("stays", "initiative", "title_sv", "'Städa'", "kind", "'ACTIVITY'", "status", "'PLANNED'", "planned_end", "'2026-06-30'")
	from := w.later(7)
	w.write("UPDATE goal SET health = 'AMBER', progress = 30", "UPDATE initiative SET planned_end = '2026-07-01' WHERE id = @initiative", "UPDATE initiative SET status = 'ONGOING' WHERE id = @stays")
	w.later(7)
	w.write("UPDATE goal SET health = 'RED', progress = 35", "UPDATE initiative SET planned_end = '2026-08-14', status = 'BLOCKED', blocked_reason = 'Upphandlingen är överprövad.' WHERE id = @initiative", "UPDATE initiative SET status = 'PLANNED' WHERE id = @stays")
	w.add("new", "goal", "code", "'M2'", "title_sv", "'En väg in'", "level", "'GOAL'", "status", "'PROPOSED'")
	w.want("since the meeting", w.lines(w.ctx, from, nil, meeting.Filter{Areas: all}),
		"HEALTH_CHANGED: Målet ”M1 Alla vet läget”: läget har gått från grönt till rött.",
		"NEW: Nytt mål: ”M2 En väg in” (föreslaget).",
		"PROGRESSED: Målet ”M1 Alla vet läget” har gått från 20 till 35 procent.",
		"STATUS_CHANGED: Insatsen ”Införa ärendesystem” har gått från planerad till blockerad: Upphandlingen är överprövad.",
		"SLIPPED: Insatsen ”Införa ärendesystem” har skjutits upp 45 dagar, till 2026-08-14.",
	)
	report := must(w.since(w.ctx, from, nil, meeting.Filter{Areas: all}))(t)
	if got := report.Areas(); len(got) != 2 || got[0].Area != meeting.Goals || got[0].LineCount != 3 || got[1].LineCount != 2 || report.LineCount() != 5 || report.Truncated {
		t.Errorf("the areas are %+v", got)
	}
	if l := report.Lines[4]; l.Days == nil || *l.Days != 45 || l.En != "The initiative “Införa ärendesystem” has slipped 45 days, to 2026-08-14." || l.ID != w.ids["initiative"] {
		t.Errorf("it has slipped by %+v", l)
	}
	// To the state of a week ago, the same records tell something else.
	then := w.now.AddDate(0, 0, -7)
	w.want("to a week ago", w.lines(w.ctx, from, &then, meeting.Filter{Areas: []meeting.Area{meeting.Initiatives}}),
		"STATUS_CHANGED: Insatsen ”Städa” har gått från planerad till pågående.", "SLIPPED: Insatsen ”Införa ärendesystem” har skjutits upp 1 dag, till 2026-07-01.")
	w.later(1)
	w.write("UPDATE initiative SET planned_end = '2026-08-04' WHERE id = @initiative", "UPDATE goal SET archived_at = instant() WHERE id = @new")
	w.want("since yesterday", w.lines(w.ctx, w.now.AddDate(0, 0, -1), nil, meeting.Filter{Areas: all}),
		"REMOVED: Målet ”M2 En väg in” har tagits bort.", "BROUGHT_FORWARD: Insatsen ”Införa ärendesystem” har tidigarelagts 10 dagar, till 2026-08-04.")
}

// A decision is told of when it is taken, and again when the days alone have made more of
// it; a goal that it stands behind is adopted.
func TestWhatHasBeenDecided(t *testing.T) {
	w := newWorld(t)
	w.add("goal", "goal", "code", "'M1'", "title_sv", "'Alla vet läget'", "level", "'GOAL'", "status", "'PROPOSED'")
	w.add("decision", "decision", "body_unit_id", "@board", "title_sv", "'Mål för digitalisering'", "type", "'BOARD'", "diary_number", "'KS 2026/0012'")
	from := w.later(7)
	w.write("UPDATE decision SET meeting_date = '2026-03-09', paragraph = '12', adjusted_on = '2026-03-09', announced_on = '2026-03-09', legally_binding_on = '2026-04-01'",
		"INSERT INTO record_link (id, municipality_id, decision_id, goal_id, purpose) VALUES (uuid_v7(), @home, @decision, @goal, 'AUTHORISES')")
	w.write("UPDATE goal SET status = 'ADOPTED'")
	w.add("other", "decision", "body_unit_id", "@board", "title_sv", "'Ny budget'", "type", "'BOARD'")
	w.want("decided", w.lines(w.ctx, from, nil, meeting.Filter{Areas: all}),
		"DECIDED: Beslut den 2026-03-09: ”Mål för digitalisering” (Kommunstyrelsen § 12, KS 2026/0012).",
		"NEW: Nytt beslutsärende: ”Ny budget” (bereds).",
		"ADOPTED: Målet ”M1 Alla vet läget” har beslutats.",
	)
	from = w.later(30) // nobody has changed anything
	w.want("binding", w.lines(w.ctx, from, nil, meeting.Filter{Areas: all}), "STATUS_CHANGED: Beslutet ”Mål för digitalisering” har fått laga kraft.")
	from = w.later(1)
	w.write("UPDATE decision SET appealed_on = '2026-04-09', overturned_on = '2026-04-09' WHERE id = @decision", "UPDATE decision SET meeting_date = '2026-04-09', rejected = true WHERE id = @other")
	w.want("overturned", w.lines(w.ctx, from, nil, meeting.Filter{Areas: all}),
		"DECIDED: Avslag den 2026-04-09: ”Ny budget” (Kommunstyrelsen).", "STATUS_CHANGED: Beslutet ”Mål för digitalisering” har upphävts.")
}

// Projects are told of to those who see them, in both states; a municipality's report has
// the projects of others that it takes part in.
func TestWhatHasBecomeOfProjects(t *testing.T) {
	w := newWorld(t)
	w.ids["project"], w.ids["secret"] = uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	w.write("INSERT INTO shared_project (id, municipality_id, code, name_sv, phase, status, health, visibility) VALUES (@project, @home, 'ett', 'Gemensamt bygglov', 'IDEA', 'NOT_STARTED', 'UNKNOWN', 'PUBLIC'), (@secret, @home, 'tva', 'Hemligt', 'IDEA', 'NOT_STARTED', 'UNKNOWN', 'MUNICIPALITY')",
		"INSERT INTO participation (id, municipality_id, shared_project_id, role, state) VALUES (uuid_v7(), @home, @project, 'HOST', 'INTERESTED'), (uuid_v7(), @home, @secret, 'HOST', 'INTERESTED')")
	from := w.later(7)
	w.write("UPDATE shared_project SET phase = 'PRESTUDY', status = 'ACTIVE'")
	w.add("away_in", "participation", "municipality_id", "@away", "shared_project_id", "@project", "role", "'PILOT'", "state", "'INVITED'")
	known := []string{
		"PHASE_CHANGED: Projektet ”Gemensamt bygglov” har gått från fasen idé till förstudie.",
		"STATUS_CHANGED: Projektet ”Gemensamt bygglov” har gått från inte påbörjat till pågående.",
		"NEW: Ny i projektet ”Gemensamt bygglov”: Finspång (inbjuden).",
	}
	w.want("to anyone", w.lines(t.Context(), from, nil, meeting.Filter{}), known...)
	w.want("to one who takes part", w.lines(w.as(w.away, access.Reader), from, nil, meeting.Filter{Municipality: &w.away.ID}), known...)
	if own := w.lines(w.as(w.home, access.Reader), from, nil, meeting.Filter{Areas: all}); len(own) != 5 {
		t.Errorf("to the host %v", own)
	}
	from = w.later(7)
	w.write("UPDATE participation SET state = 'DECLINED', reason = 'Ingen budget' WHERE id = @away_in", "UPDATE shared_project SET visibility = 'PUBLIC', name_sv = 'Inte hemligt', phase = 'PLANNING' WHERE id = @secret")
	w.want("what was hidden then", w.lines(t.Context(), from, nil, meeting.Filter{}), "STATUS_CHANGED: Finspång i projektet ”Gemensamt bygglov”: från ”inbjuden” till ”har tackat nej”: Ingen budget.")
}

// Gaps are told of where they are there in one of the states alone.
func TestWhatIsMissingAndNoLonger(t *testing.T) {
	w := newWorld(t)
	document := func(name, number string) {
		w.add(name, "governing_document", "title_sv", "'"+name+"'", "kind", "'ROUTINE'", "status", "'ADOPTED'", "decided_on", "'2016-08-31'", "owner_unit_id", "@board", "diary_number", number, "found_source", "'Prov'", "found_reason", "'Prov'")
	}
	document("gammal", "NULL")
	document("dubbel", "NULL")
	document("hel", "'KS 2016/1'")
	from := w.later(7)
	document("ny", "NULL")
	w.write("UPDATE governing_document SET diary_number = 'KS 2016/2' WHERE id IN (@gammal, @dubbel)", "UPDATE governing_document SET diary_number = NULL WHERE id = @hel")
	w.later(1)
	w.write("UPDATE governing_document SET diary_number = NULL WHERE id = @dubbel", "UPDATE governing_document SET diary_number = 'KS 2016/1' WHERE id = @hel")
	w.want("gaps", w.lines(t.Context(), from, nil, meeting.Filter{Areas: []meeting.Area{meeting.Gaps}}),
		"GAP_OPENED: Ny brist: Styrdokumentet saknar diarienummer – styrdokument ”ny” i Norrköping.",
		"GAP_CLOSED: Åtgärdad brist: Styrdokumentet saknar diarienummer – styrdokument ”gammal” i Norrköping.",
	)
	w.want("of another municipality", w.lines(w.ctx, from, nil, meeting.Filter{Municipality: &w.away.ID, Areas: []meeting.Area{meeting.Gaps}}))
	w.write("UPDATE governing_document SET visibility = 'MUNICIPALITY' WHERE id = @ny")
	w.want("to others", w.lines(w.as(w.away, access.Director), from, nil, meeting.Filter{Areas: []meeting.Area{meeting.Gaps}}),
		"GAP_CLOSED: Åtgärdad brist: Styrdokumentet saknar diarienummer – styrdokument ”gammal” i Norrköping.")
}

// counter counts statements.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// A long report is cut, the lightest left out, and says so. It takes as many statements
// however much has changed.
func TestAReportIsBounded(t *testing.T) {
	w := newWorld(t)
	statements := &counter{}
	w.all.DB = must(postgres.Open(t.Context(), postgres.Options{URL: w.data.URL, ReadURL: w.data.ReadURL, Pool: 2, Clock: func() time.Time { return w.now }, Tracer: statements}))(t)
	t.Cleanup(w.all.DB.Close)
	from := w.later(7)
	report := func() (*meeting.Report, int64) {
		before := statements.n.Load()
		r := must(w.since(w.ctx, from, nil, meeting.Filter{}))(t)
		return r, statements.n.Load() - before
	}
	_, _ = report() // statements are prepared once
	none, few := report()
	if len(none.Lines) != 0 || none.Truncated {
		t.Errorf("of nothing it is %+v", none)
	}
	w.write("INSERT INTO initiative (id, municipality_id, title_sv, kind, status) SELECT uuid_v7(), @home, 'Insats ' || n, 'ACTIVITY', 'PLANNED' FROM generate_series(1, 700) n")
	w.add("goal", "goal", "code", "'M1'", "title_sv", "'Alla vet läget'", "level", "'GOAL'", "status", "'REVOKED'", "found_source", "'Prov'", "found_reason", "'Prov'")
	cut, many := report()
	if len(cut.Lines) != meeting.Most || !cut.Truncated || cut.Lines[0].Area != meeting.Goals {
		t.Errorf("%d lines, cut %t, the first %+v", len(cut.Lines), cut.Truncated, cut.Lines[0])
	}
	if many != few {
		t.Errorf("%d statements of much, %d of nothing", many, few)
	}
	_, err := w.since(w.ctx, w.now, &from, meeting.Filter{})
	if faults := fault.All(err); len(faults) != 1 || faults[0].Field != "from" {
		t.Errorf("from after to is told %v", err)
	}
}

// Every status, phase and health that the database takes has words.
func TestEveryStatusHasWords(t *testing.T) {
	rows := must(dbtest.New(t).Owner(t).Query(t.Context(), `
		SELECT conname::text, array(SELECT DISTINCT m[1] FROM regexp_matches(pg_get_constraintdef(oid), $$'([A-Z_]+)'$$, 'g') m ORDER BY 1)
		  FROM pg_constraint WHERE conname IN ('goal_status', 'goal_health', 'initiative_status', 'shared_project_phase', 'shared_project_status', 'shared_project_health', 'participation_state')`))(t)
	defer rows.Close()
	taken := map[string][]string{}
	for rows.Next() {
		var name string
		var values []string
		if err := rows.Scan(&name, &values); err != nil {
			t.Fatal(err)
		}
		slices.Sort(values)
		taken[name] = values
	}
	for area, constraints := range map[meeting.Area][]string{
		meeting.Goals: {"goal_status"}, meeting.Initiatives: {"initiative_status"}, meeting.Projects: {"shared_project_phase", "shared_project_status"}, meeting.Participations: {"participation_state"},
	} {
		var values []string
		for _, c := range constraints {
			values = append(values, taken[c]...)
		}
		slices.Sort(values)
		if diff := cmp.Diff(values, meeting.Said(area)); diff != "" {
			t.Errorf("words of %s (-database +said):\n%s", area, diff)
		}
	}
	for _, c := range []string{"goal_health", "shared_project_health"} {
		if diff := cmp.Diff(taken[c], meeting.Healthy()); diff != "" {
			t.Errorf("words of %s (-database +said):\n%s", c, diff)
		}
	}
	var states []string
	for _, c := range decision.Codes()["STATE"] {
		states = append(states, c.Value)
	}
	slices.Sort(states)
	if diff := cmp.Diff(states, meeting.Said(meeting.Decisions)); diff != "" {
		t.Errorf("words of decisions (-known +said):\n%s", diff)
	}
}
