package thread_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/thread"
)

// world is a database with two municipalities and a chain of records from an audit to
// an e-service, each by the name of its kind.
type world struct {
	t          *testing.T
	ctx        context.Context // of the program itself
	all        *app.Services
	home, away *organisation.Municipality
	end        map[string]thread.End
}

var noon = time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)

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

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), end: map[string]thread.End{}}
	w.all = app.NewServices(dbtest.New(t).Open(t, func() time.Time { return noon }), access.Policy{}, app.GapRules())
	w.home = must(w.all.Organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true}))(t)
	w.away = must(w.all.Organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0562", NameSv: "Finspång"}))(t)
	unit := must(w.all.Organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Kommunstyrelsen", Type: organisation.ExecutiveBoard}))(t)
	shared := must(w.all.EServices.CreateShared(w.ctx, eservice.SharedService{MunicipalityID: w.home.ID, Code: "bygglov", NameSv: "Bygglov", Visibility: eservice.Public}))(t)
	service := must(w.all.EServices.Create(w.ctx, eservice.EService{MunicipalityID: w.home.ID, OwnerUnitID: unit.ID, NameSv: "Bygglov", Status: eservice.Idea, SharedServiceID: &shared.ID, Visibility: eservice.Public}))(t)
	taken := date.Of(noon)
	decided := must(w.all.Decisions.Create(w.ctx, decision.Decision{MunicipalityID: w.home.ID, BodyUnitID: unit.ID, TitleSv: "Mål antas", Type: decision.ByBoard, MeetingDate: &taken, Visibility: eservice.Public}))(t)
	w.end["shared_service"], w.end["e_service"], w.end["decision"] = thread.End{Kind: "shared_service", ID: shared.ID}, thread.End{Kind: "e_service", ID: service.ID}, thread.End{Kind: "decision", ID: decided.ID}
	w.write(func(tx *postgres.Tx) {
		w.insert(tx, "audit", "title_sv, year", "'Granskning', 2017")
		w.insert(tx, "formal_answer", "audit_id, title_sv, due_on", "'"+w.end["audit"].ID.String()+"', 'Svar', '2018-03-23'")
		w.insert(tx, "audit_question", "audit_id, formal_answer_id, position, text_sv", fmt.Sprintf("'%s', '%s', 1, 'Finns en strategi?'", w.end["audit"].ID, w.end["formal_answer"].ID))
		w.insert(tx, "finding", "audit_id, code, text_sv, verdict, severity", "'"+w.end["audit"].ID.String()+"', 'F11', 'Strategi saknas', 'DEFICIENT', 'HIGH'")
		w.insert(tx, "goal", "code, title_sv, level, status", "'M1', 'Mål', 'GOAL', 'PROPOSED'")
		w.insert(tx, "initiative", "title_sv, kind, status", "'Insats', 'PROJECT', 'PLANNED'")
		w.insert(tx, "shared_project", "code, name_sv, phase, status, visibility", "'bygglov', 'Bygglov', 'IDEA', 'ACTIVE', 'PUBLIC'")
		w.insert(tx, "participation", "shared_project_id, role, state", "'"+w.end["shared_project"].ID.String()+"', 'HOST', 'INTERESTED'")
	})
	return w
}

// write runs fn as a change of its own.
func (w *world) write(fn func(*postgres.Tx)) {
	w.t.Helper()
	if err := w.all.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) error { fn(tx); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// insert adds a record of the home municipality, by the name of its kind.
func (w *world) insert(tx *postgres.Tx, kind, columns, values string) {
	w.t.Helper()
	ids := must(postgres.Values[uuid.UUID](w.ctx, tx, fmt.Sprintf("INSERT INTO %s (id, municipality_id, %s) VALUES (uuid_v7(), @home, %s) RETURNING id", kind, columns, values), postgres.Args{"home": w.home.ID}))(w.t)
	w.end[kind] = thread.End{Kind: kind, ID: ids[0]}
}

// link binds two records by their kinds.
func (w *world) link(from, to string) *thread.Link {
	w.t.Helper()
	var purpose *thread.Purpose
	if from == "decision" {
		authorises := thread.Authorises
		purpose = &authorises
	}
	return must(w.all.Threads.Link(w.ctx, w.home.ID, w.end[from], w.end[to], purpose, nil))(w.t)
}

// chain links the records from the finding to the e-service.
func (w *world) chain() {
	w.link("finding", "formal_answer")
	w.link("finding", "goal")
	w.link("initiative", "goal")
	w.link("initiative", "shared_project")
	w.link("shared_project", "shared_service")
	w.link("decision", "goal")
}

// as is somebody with a role in a municipality.
func (w *world) as(m *organisation.Municipality, role access.Role) context.Context {
	return access.With(w.t.Context(), access.Caller{Kind: access.User, ID: "prov", Function: "prov", Municipality: m.ID, Roles: []access.Role{role}})
}

// golden reads a thread: the kinds of its records by distance, its links and what it lacks.
func (w *world) golden(ctx context.Context, kind string) (nodes, links, missing []string) {
	w.t.Helper()
	session := w.all.DB.Session()
	defer session.Close()
	now := must(session.Present(ctx))(w.t)
	t := must(w.all.Threads.Golden(ctx, now, w.end[kind]))(w.t)
	for _, n := range t.Nodes {
		nodes = append(nodes, fmt.Sprintf("%d %s", n.Distance, n.Kind))
	}
	for _, l := range t.Links {
		links = append(links, l.From.Kind+" "+l.To.Kind)
	}
	for _, m := range t.Missing {
		missing = append(missing, m.Kind+" "+string(m.Stage)+" "+m.Rule)
	}
	slices.Sort(nodes)
	slices.Sort(links)
	return nodes, links, missing
}

func (w *world) same(what string, got []string, want ...string) {
	w.t.Helper()
	slices.Sort(want)
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		w.t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "; "), strings.Join(want, "; "))
	}
}

func TestTheThreadGoesBothWays(t *testing.T) {
	w := newWorld(t)
	w.chain()
	nodes, links, missing := w.golden(w.ctx, "goal")
	w.same("from the goal", nodes, "0 goal", "1 finding", "1 initiative", "2 shared_project", "3 shared_service", "3 participation", "4 e_service", "2 audit", "1 decision")
	w.same("its links", links, "audit finding", "finding goal", "goal initiative", "initiative shared_project", "shared_project participation", "shared_project shared_service", "shared_service e_service", "decision goal")
	w.same("it lacks", missing, "shared_project DECISION PROJECT_NO_DECISION_IN_MUNICIPALITY")

	nodes, _, _ = w.golden(w.ctx, "e_service")
	w.same("from the e-service", nodes, "0 e_service", "1 shared_service", "2 shared_project", "3 initiative", "4 goal", "5 decision", "5 finding", "6 audit")
	nodes, _, _ = w.golden(w.ctx, "finding")
	w.same("from the finding", nodes, "0 finding", "1 audit", "1 formal_answer", "1 goal", "2 decision", "2 initiative", "3 shared_project", "4 participation", "4 shared_service", "5 e_service")
	nodes, _, _ = w.golden(w.ctx, "formal_answer")
	w.same("from the answer", nodes, "0 formal_answer", "1 audit", "1 audit_question", "1 finding")
	nodes, _, _ = w.golden(w.ctx, "decision")
	w.same("from the decision", nodes, "0 decision", "1 goal", "2 finding", "2 initiative", "3 audit", "3 shared_project", "4 participation", "4 shared_service", "5 e_service")
}

func TestWhatTheThreadLacks(t *testing.T) {
	w := newWorld(t)
	for kind, want := range map[string][]string{
		"finding":        {"finding ANSWER FINDING_NO_ACTION"},
		"formal_answer":  {"formal_answer DECISION ANSWER_NO_DECISION"},
		"goal":           {"goal INITIATIVE GOAL_NO_ACTIVITY", "goal DECISION GOAL_NO_DECISION"},
		"initiative":     {"initiative GOAL INITIATIVE_NO_GOAL"},
		"shared_project": {"shared_project DECISION PROJECT_NO_DECISION_IN_MUNICIPALITY"},
		"e_service":      {"e_service GOAL ESERVICE_NO_GOAL"},
	} {
		_, _, missing := w.golden(w.ctx, kind)
		if strings.Join(missing, "; ") != strings.Join(want, "; ") {
			t.Errorf("%s lacks %v, want %v", kind, missing, want)
		}
	}
	w.link("decision", "participation")
	w.link("decision", "formal_answer")
	w.chain()
	for _, kind := range []string{"finding", "goal", "initiative", "shared_project", "e_service", "formal_answer"} {
		if _, _, missing := w.golden(w.ctx, kind); len(missing) > 0 {
			t.Errorf("%s lacks %v", kind, missing)
		}
	}
}

func TestTheThreadEndsAtWhatIsNotSeen(t *testing.T) {
	w := newWorld(t)
	w.chain()
	stranger := w.as(w.away, access.Director)
	nodes, _, _ := w.golden(stranger, "goal")
	w.same("with all public", nodes, "0 goal", "1 decision", "1 finding", "1 initiative", "2 audit", "2 shared_project", "3 participation", "3 shared_service")
	w.write(func(tx *postgres.Tx) {
		must(tx.Exec(w.ctx, "UPDATE shared_project SET visibility = 'MUNICIPALITY'", nil))(t)
		must(tx.Exec(w.ctx, "UPDATE audit SET visibility = 'MUNICIPALITY'", nil))(t)
		must(tx.Exec(w.ctx, "UPDATE decision SET visibility = 'MUNICIPALITY'", nil))(t)
	})
	nodes, _, missing := w.golden(stranger, "goal")
	w.same("behind what is hidden", nodes, "0 goal", "1 initiative")
	w.same("and nothing is missing that is only hidden", missing)
}

// A thread takes as many statements for many records as for few.
func TestTheThreadTakesFewStatements(t *testing.T) {
	w := newWorld(t)
	w.chain()
	count := func() (statements, nodes int) {
		session := w.all.DB.Session()
		defer session.Close()
		counted := &counting{Reader: must(session.Present(w.ctx))(t)}
		thread := must(w.all.Threads.Golden(w.ctx, counted, w.end["goal"]))(t)
		return counted.statements, len(thread.Nodes)
	}
	few, before := count()
	w.write(func(tx *postgres.Tx) {
		must(tx.Exec(w.ctx, `INSERT INTO initiative (id, municipality_id, title_sv, kind, status) SELECT uuid_v7(), @home, 'Insats ' || n, 'ACTIVITY', 'PLANNED' FROM generate_series(1, 600) n`, postgres.Args{"home": w.home.ID}))(t)
		must(tx.Exec(w.ctx, `INSERT INTO record_link (id, municipality_id, goal_id, initiative_id) SELECT uuid_v7(), @home, @goal, i.id FROM initiative i WHERE i.kind = 'ACTIVITY'`, postgres.Args{"home": w.home.ID, "goal": w.end["goal"].ID}))(t)
	})
	many, after := count()
	if many != few || few > 4 || after != 500 || before >= after {
		t.Errorf("%d records take %d statements, and %d take %d", before, few, after, many)
	}
}

// counting counts the statements that are read by it.
type counting struct {
	postgres.Reader
	statements int
}

func (c *counting) Read(ctx context.Context, sql string, args postgres.Args, each func(pgx.Rows) error) error {
	c.statements++
	return c.Reader.Read(ctx, sql, args, each)
}

func TestWhoLinksWhat(t *testing.T) {
	w := newWorld(t)
	link := func(ctx context.Context, m *organisation.Municipality, from, to string, purpose *thread.Purpose) error {
		_, err := w.all.Threads.Link(ctx, m.ID, w.end[from], w.end[to], purpose, nil)
		return err
	}
	notes, authorises := thread.Notes, thread.Authorises
	refused := func(err error, code fault.Code, field string) {
		t.Helper()
		if all := fault.All(err); len(all) != 1 || all[0].Code != code || all[0].Field != field {
			t.Errorf("%v is no %s of %q", err, code, field)
		}
	}
	refused(link(w.as(w.away, access.Director), w.away, "decision", "goal", &notes), fault.Forbidden, "")
	refused(link(w.as(w.home, access.Reader), w.home, "decision", "goal", &notes), fault.Forbidden, "")
	refused(link(w.as(w.away, access.Director), w.home, "decision", "goal", &notes), fault.Forbidden, "")
	refused(link(w.ctx, w.home, "decision", "goal", nil), fault.Invalid, "purpose")
	refused(link(w.ctx, w.home, "finding", "goal", &notes), fault.Invalid, "purpose")
	refused(link(w.ctx, w.home, "goal", "goal", nil), fault.Invalid, "to")
	refused(link(w.ctx, w.home, "goal", "audit", nil), fault.Invalid, "to")
	w.end["gone"] = thread.End{Kind: "goal", ID: uuid.New()}
	refused(link(w.ctx, w.home, "finding", "gone", nil), fault.NotFound, "to")
	for _, role := range []access.Role{access.Director, access.ProjectEditor, access.CatalogueEditor} {
		l := must(w.all.Threads.Link(w.as(w.home, role), w.home.ID, w.end["goal"], w.end["decision"], &authorises, nil))(t)
		refused(link(w.ctx, w.home, "decision", "goal", &authorises), fault.Invalid, "to")
		if ends := l.Ends(); ends[0] != w.end["decision"] || ends[1] != w.end["goal"] {
			t.Errorf("the ends are %v", ends)
		}
		gone := must(w.all.Threads.Unlink(w.as(w.home, role), l.ID, l.Version, "Fel"))(t)
		if gone.ArchivedAt == nil {
			t.Error("a link that is taken away is not archived")
		}
	}
	// A partner may tell of its own record that the other's serves it, but not bind it.
	unit := must(w.all.Organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.away.ID, NameSv: "Kommunstyrelsen", Type: organisation.ExecutiveBoard}))(t)
	taken := date.Of(noon)
	d := must(w.all.Decisions.Create(w.ctx, decision.Decision{MunicipalityID: w.away.ID, BodyUnitID: unit.ID, TitleSv: "Annans beslut", Type: decision.ByBoard, MeetingDate: &taken, Visibility: eservice.Public}))(t)
	w.end["theirs"] = thread.End{Kind: "decision", ID: d.ID}
	refused(link(w.as(w.away, access.Director), w.away, "theirs", "goal", &authorises), fault.Invalid, "purpose")
	if err := link(w.as(w.away, access.Director), w.away, "theirs", "goal", &notes); err != nil {
		t.Error(err)
	}
}

func TestADecisionIsBoundWithinAnotherWrite(t *testing.T) {
	w := newWorld(t)
	authorise := func(ctx context.Context, d uuid.UUID) error {
		return w.all.Journal.Write(ctx, "prov", "", func(tx *postgres.Tx) error {
			return thread.Authorise(ctx, w.all.Threads.Keeper, tx, w.home.ID, d, w.end["goal"])
		})
	}
	for range 2 { // once is enough
		if err := authorise(w.ctx, w.end["decision"].ID); err != nil {
			t.Fatal(err)
		}
	}
	session := w.all.DB.Session()
	defer session.Close()
	now := must(session.Present(w.ctx))(t)
	pages := must(w.all.Threads.OfEach(w.ctx, now, "goal", thread.LinkFilter{Purposes: []thread.Purpose{thread.Authorises}, Kinds: []string{"DECISION"}}, "CREATED", false, []uuid.UUID{w.end["goal"].ID}, page.Args{}))(t)
	if got := len(pages[0].Edges); got != 1 {
		t.Errorf("the goal has %d links", got)
	}
	if all := fault.All(authorise(w.ctx, uuid.New())); len(all) != 1 || all[0].Code != fault.NotFound || all[0].Field != "decision" {
		t.Errorf("a decision that is not there: %v", all)
	}
}

// TestWhatRestsOnADecisionKeepsIt holds that the link by which a decision carries a goal, a
// participation or an answer goes when another decision carries it, when it has gone back
// to where it needs none, or when the decision itself has ceased; and not before.
func TestWhatRestsOnADecisionKeepsIt(t *testing.T) {
	for kind, c := range map[string]struct {
		rule  string
		taken []string // SQL that takes the record there by the decision
		back  []string // and that takes it back
	}{
		"goal":          {"record_link_goal_rests", []string{"UPDATE goal SET status = 'ADOPTED'", "UPDATE goal SET status = 'ONGOING'"}, []string{"UPDATE goal SET status = 'REVOKED'"}},
		"participation": {"record_link_participation_rests", []string{"UPDATE participation SET state = 'CONFIRMED'"}, []string{"UPDATE participation SET state = 'WITHDRAWN', reason = 'Skäl'"}},
		"formal_answer": {"record_link_answer_rests", []string{"UPDATE formal_answer SET status = 'DRAFT'", "UPDATE formal_answer SET status = 'IN_REVIEW', text_sv = 'Svar'", "UPDATE formal_answer SET status = 'DECIDED'"}, []string{"UPDATE formal_answer SET status = 'IN_REVIEW'"}},
	} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			run := func(statements ...string) {
				t.Helper()
				for _, sql := range statements {
					if err := w.all.Journal.Write(w.ctx, "prov", "Skäl", func(tx *postgres.Tx) error { _, err := tx.Exec(w.ctx, sql, nil); return err }); err != nil {
						t.Fatal(err)
					}
				}
			}
			refused := func(l *thread.Link) {
				t.Helper()
				_, err := w.all.Threads.Unlink(w.ctx, l.ID, l.Version, "Fel länk")
				if all := fault.All(err); len(all) != 1 || all[0].Rule != c.rule || all[0].Field != "id" {
					t.Errorf("to take the link away gave %v, want %s", err, c.rule)
				}
			}
			gone := func(l *thread.Link) {
				t.Helper()
				if l = must(w.all.Threads.Unlink(w.ctx, l.ID, l.Version, "Fel länk"))(t); l.ArchivedAt == nil {
					t.Error("the link stays")
				}
			}
			first := w.link("decision", kind)
			run(c.taken...)
			refused(first)

			// A decision that nobody has taken carries nothing; one that is taken does.
			taken := date.Of(noon)
			other := must(w.all.Decisions.Create(w.ctx, decision.Decision{MunicipalityID: w.home.ID, BodyUnitID: w.body(), TitleSv: "Tas om", Type: decision.ByBoard, Visibility: eservice.Public}))(t)
			w.end["decision"] = thread.End{Kind: "decision", ID: other.ID}
			second := w.link("decision", kind)
			refused(first)
			other = must(w.all.Decisions.Update(w.ctx, other.ID, other.Version, "", func(d *decision.Decision) { d.MeetingDate = &taken }))(t)
			gone(first)
			refused(second)

			// A decision that was overturned carries nothing any more.
			other = must(w.all.Decisions.Update(w.ctx, other.ID, other.Version, "", func(d *decision.Decision) { d.AppealedOn = &taken }))(t)
			refused(second)
			other = must(w.all.Decisions.Update(w.ctx, other.ID, other.Version, "", func(d *decision.Decision) { d.OverturnedOn = &taken }))(t)
			gone(second)

			must(w.all.Decisions.Update(w.ctx, other.ID, other.Version, "", func(d *decision.Decision) { d.AppealedOn, d.OverturnedOn = nil, nil }))(t)
			third := w.link("decision", kind)
			refused(third)
			run(c.back...)
			gone(third)
		})
	}
}

// TestWhatWasFoundRestsOnNothing holds that a decision tied later to what was registered as
// found is untied again: nothing was asked of it.
func TestWhatWasFoundRestsOnNothing(t *testing.T) {
	w := newWorld(t)
	w.write(func(tx *postgres.Tx) {
		w.insert(tx, "goal", "code, title_sv, level, status, found_source, found_reason", "'M2', 'Mål', 'GOAL', 'ONGOING', 'Budgeten', 'Gällde redan'")
	})
	l := w.link("decision", "goal")
	must(w.all.Threads.Unlink(w.ctx, l.ID, l.Version, "Fel länk"))(t)
}

// body gives the unit of the home municipality.
func (w *world) body() uuid.UUID {
	w.t.Helper()
	var ids []uuid.UUID
	w.write(func(tx *postgres.Tx) {
		ids = must(postgres.Values[uuid.UUID](w.ctx, tx, "SELECT x.id FROM unit x WHERE x.municipality_id = @home", postgres.Args{"home": w.home.ID}))(w.t)
	})
	return ids[0]
}
