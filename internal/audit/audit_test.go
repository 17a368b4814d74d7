package audit_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/audit"
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

// world is a database with two municipalities, the first with a board.
type world struct {
	t          *testing.T
	at         time.Time
	ctx        context.Context // of the program itself
	all        *app.Services
	home, away *organisation.Municipality
	board      *organisation.Unit
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, at: time.Date(2018, time.March, 1, 11, 0, 0, 0, time.UTC), ctx: access.With(t.Context(), access.SystemCaller("prov"))}
	w.all = app.NewServices(dbtest.New(t).Open(t, func() time.Time { return w.at }), access.Policy{}, app.GapRules())
	w.home = must(w.all.Organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true, DiaryPatterns: []string{"ORGAN YEAR/SERIAL"}}))(t)
	w.away = must(w.all.Organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0562", NameSv: "Finspång"}))(t)
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

func day(s string) *date.Date {
	d, err := date.Parse(s)
	if err != nil {
		panic(err)
	}
	return &d
}

func ptr[T any](v T) *T { return &v }

// as is somebody with a role in a municipality.
func (w *world) as(m *organisation.Municipality, roles ...access.Role) context.Context {
	return access.With(w.t.Context(), access.Caller{Kind: access.User, ID: uuid.NewString(), Function: "prov", Municipality: m.ID, Roles: roles})
}

// audit registers an audit of a year.
func (w *world) audit(year int) *audit.Audit {
	w.t.Helper()
	return must(w.all.Audits.CreateAudit(w.ctx, audit.Audit{MunicipalityID: w.home.ID, TitleSv: fmt.Sprintf("Granskning av kommunens IT-säkerhet %d", year), Year: year, AddresseeUnitID: &w.board.ID}))(w.t)
}

// finding registers a finding of an audit.
func (w *world) finding(of *audit.Audit, code string, recurrenceOf *uuid.UUID) (*audit.Finding, error) {
	return w.all.Audits.CreateFinding(w.ctx, audit.Finding{AuditID: of.ID, Code: code, TextSv: "Behörigheter finns kvar", Verdict: audit.Deficient, Severity: audit.High, RecurrenceOfID: recurrenceOf})
}

// answer registers an answer to an audit, due on a day.
func (w *world) answer(of *audit.Audit, due string) *audit.FormalAnswer {
	w.t.Helper()
	return must(w.all.Audits.CreateAnswer(w.ctx, audit.FormalAnswer{AuditID: of.ID, TitleSv: "Svar till revisorerna", DueOn: *day(due)}))(w.t)
}

// taken is a decision of the board, on a day.
func (w *world) taken(on string) *decision.Decision {
	w.t.Helper()
	return must(w.all.Decisions.Create(w.ctx, decision.Decision{MunicipalityID: w.home.ID, BodyUnitID: w.board.ID, TitleSv: "Svar till revisorerna", Type: decision.ByBoard, MeetingDate: day(on), Visibility: eservice.Public}))(w.t)
}

// step takes an answer one step.
func (w *world) step(a *audit.FormalAnswer, t audit.Transition) *audit.FormalAnswer {
	w.t.Helper()
	return must(w.all.Audits.Step(w.ctx, a.ID, a.Version, t))(w.t)
}

// read runs fn on the newest state.
func (w *world) read(fn func(*postgres.Snapshot)) {
	w.t.Helper()
	session := w.all.DB.Session()
	defer session.Close()
	fn(must(session.Present(w.ctx))(w.t))
}

func (w *world) refused(err error, field, rule string) {
	w.t.Helper()
	all := fault.All(err)
	if len(all) != 1 || all[0].Field != field || all[0].Rule != rule {
		w.t.Errorf("%v is no fault of %s by %s", err, field, rule)
	}
}

// codes lists the findings that a caller sees, by code.
func (w *world) codes(ctx context.Context, f audit.FindingFilter) (codes []string) {
	w.t.Helper()
	w.read(func(r *postgres.Snapshot) {
		for _, x := range must(w.all.Audits.Findings(ctx, r, f, "CODE", false, page.Args{}))(w.t).Nodes() {
			codes = append(codes, x.Code)
		}
	})
	return codes
}

// An answer is written, reviewed, decided and sent; back before it is sent, with a reason.
func TestAnAnswerIsDecidedAndSent(t *testing.T) {
	w := newWorld(t)
	a := w.answer(w.audit(2017), "2018-03-23")
	if a.Status != audit.NotStarted {
		t.Errorf("a new answer is %s", a.Status)
	}
	refused := func(tr audit.Transition, field, rule string) {
		t.Helper()
		_, err := w.all.Audits.Step(w.ctx, a.ID, a.Version, tr)
		w.refused(err, field, rule)
	}
	refused(audit.Transition{To: audit.Sent}, "textSv", "formal_answer_text_given")
	a = w.step(a, audit.Transition{To: audit.Drafted})
	refused(audit.Transition{To: audit.InReview}, "textSv", "formal_answer_text_given")
	a = must(w.all.Audits.UpdateAnswer(w.ctx, a.ID, a.Version, func(a *audit.FormalAnswer) { a.TextSv = ptr("Kommunstyrelsen tar fram en strategi.") }))(t)
	refused(audit.Transition{To: audit.Decided}, "decision", "formal_answer_decided")
	a = w.step(a, audit.Transition{To: audit.InReview})
	refused(audit.Transition{To: audit.Drafted}, "comment", "formal_answer_step_back_comment")
	refused(audit.Transition{To: audit.InReview}, "to", "formal_answer_step")
	refused(audit.Transition{To: audit.Decided}, "decision", "formal_answer_decided")
	refused(audit.Transition{To: audit.Drafted, Decision: ptr(uuid.New()), Comment: "Prov"}, "decision", "decision_of_step")
	ahead := w.taken("2018-03-12")
	refused(audit.Transition{To: audit.Decided, Decision: &ahead.ID}, "decision", "formal_answer_decided")
	on := w.taken("2018-02-26")
	a = w.step(a, audit.Transition{To: audit.Decided, Decision: &on.ID})
	w.read(func(r *postgres.Snapshot) {
		links := must(w.all.Threads.OfEach(w.ctx, r, "formal_answer", thread.LinkFilter{}, "CREATED", false, []uuid.UUID{a.ID}, page.Args{}))(t)[0].Nodes()
		if len(links) != 1 || *links[0].DecisionID != on.ID || *links[0].Purpose != thread.Authorises || links[0].ChangedIn != a.ChangedIn {
			t.Errorf("the answer is bound by %+v", links)
		}
	})
	// What is decided stands, but for its translation; to change it takes a decision anew.
	_, err := w.all.Audits.UpdateAnswer(w.ctx, a.ID, a.Version, func(a *audit.FormalAnswer) { a.TextSv = ptr("Ändrat") })
	w.refused(err, "textSv", "formal_answer_decided_stands")
	a = must(w.all.Audits.UpdateAnswer(w.ctx, a.ID, a.Version, func(a *audit.FormalAnswer) { a.TextEn = ptr("The board makes a strategy.") }))(t)
	a = w.step(a, audit.Transition{To: audit.InReview, Comment: "Fel bilaga"})
	a = must(w.all.Audits.UpdateAnswer(w.ctx, a.ID, a.Version, func(a *audit.FormalAnswer) { a.TextSv, a.TextEn = ptr("Kommunstyrelsen antar en strategi."), nil }))(t)
	refused(audit.Transition{To: audit.Decided}, "decision", "formal_answer_decided")
	a = w.step(a, audit.Transition{To: audit.Decided, Decision: &on.ID})
	refused(audit.Transition{To: audit.Sent, On: day("2018-03-02")}, "on", "sent_future")
	a = w.step(a, audit.Transition{To: audit.Sent})
	if *a.SentOn != *day("2018-03-01") {
		t.Errorf("it was sent on %s", a.SentOn)
	}
	refused(audit.Transition{To: audit.InReview, Comment: "Åter"}, "id", "formal_answer_sent_stands")
	_, err = w.all.Audits.UpdateAnswer(w.ctx, a.ID, a.Version, func(a *audit.FormalAnswer) { a.TextSv = ptr("Ändrat") })
	w.refused(err, "id", "formal_answer_sent_stands")
	_, err = w.all.Audits.ArchiveAnswer(w.ctx, a.ID, a.Version, "")
	w.refused(err, "id", "formal_answer_sent_stands")
	_, err = w.all.Audits.CreateAnswer(w.ctx, audit.FormalAnswer{AuditID: a.AuditID, TitleSv: "Svar", DueOn: *day("2018-03-23"), TextSv: ptr("Svar"), Status: audit.Decided})
	w.refused(err, "status", "formal_answer_begun")
}

// Whether an answer is late goes by today until it is sent, and then by that day.
func TestWhenAnAnswerIsLate(t *testing.T) {
	due := *day("2018-03-23")
	for _, c := range []struct {
		today, sent string
		late        bool
		left        int
	}{
		{"2018-03-01", "", false, 22}, {"2018-03-23", "", false, 0}, {"2018-03-24", "", true, -1}, {"2018-04-02", "", true, -10},
		{"2020-01-01", "2018-03-23", false, 0}, {"2020-01-01", "2018-03-24", true, 0},
	} {
		a := audit.FormalAnswer{DueOn: due}
		if c.sent != "" {
			a.SentOn = day(c.sent)
		}
		left := a.DaysLeft(*day(c.today))
		if a.Late(*day(c.today)) != c.late || (left == nil) != (c.sent != "") || left != nil && *left != c.left {
			t.Errorf("%+v: late %t, %v days left", c, a.Late(*day(c.today)), left)
		}
	}
	w := newWorld(t)
	early, late := w.answer(w.audit(2017), "2018-03-01"), w.answer(w.audit(2016), "2018-02-28")
	w.read(func(r *postgres.Snapshot) {
		for is, want := range map[bool]uuid.UUID{true: late.ID, false: early.ID} {
			if got := must(w.all.Audits.Answers(w.ctx, r, audit.AnswerFilter{Late: &is}, "DUE", false, page.Args{}))(t).Nodes(); len(got) != 1 || got[0].ID != want {
				t.Errorf("late %t: %v", is, got)
			}
		}
	})
}

// A finding repeats one of an audit that came before, never of its own.
func TestAFindingRecurs(t *testing.T) {
	w := newWorld(t)
	then, now := w.audit(2013), w.audit(2017)
	before := must(w.finding(then, "B3", nil))(t)
	again := must(w.finding(now, "F10", &before.ID))(t)
	must(w.finding(now, "F09", nil))(t)
	_, err := w.finding(now, "F11", &again.ID)
	w.refused(err, "recurrenceOf", "finding_recurrence_earlier")
	_, err = w.finding(then, "B4", &again.ID)
	w.refused(err, "recurrenceOf", "finding_recurrence_earlier")
	_, err = w.finding(now, "F10", nil)
	w.refused(err, "code", "finding_code_unique")
	_, err = w.finding(now, "f 1", nil)
	w.refused(err, "code", "finding_code_form")
	_, err = w.all.Audits.UpdateFinding(w.ctx, again.ID, again.Version, func(f *audit.Finding) { f.RecurrenceOfID = &f.ID })
	w.refused(err, "recurrenceOf", "finding_recurrence_not_self")
	if got := w.codes(w.ctx, audit.FindingFilter{Recurring: ptr(true)}); !slices.Equal(got, []string{"F10"}) {
		t.Errorf("recurring are %v", got)
	}
	w.read(func(r *postgres.Snapshot) {
		got := must(w.all.Audits.FindingsOfEach(w.ctx, r, audit.OfRecurrence, audit.FindingFilter{}, "CODE", false, []uuid.UUID{before.ID}, page.Args{}))(t)[0].Nodes()
		if len(got) != 1 || got[0].ID != again.ID {
			t.Errorf("it recurs as %v", got)
		}
	})
	// A part goes out of use with its audit.
	now = must(w.all.Audits.ArchiveAudit(w.ctx, now.ID, now.Version, "Dubblett"))(t)
	if got := w.codes(w.ctx, audit.FindingFilter{}); !slices.Equal(got, []string{"B3"}) {
		t.Errorf("in use are %v", got)
	}
	if got := w.codes(w.ctx, audit.FindingFilter{Archived: true, Audits: []uuid.UUID{now.ID}}); !slices.Equal(got, []string{"F09", "F10"}) {
		t.Errorf("archived are %v", got)
	}
}

// Questions keep their order, and are answered by an answer of the same audit.
func TestQuestionsAreAnswered(t *testing.T) {
	w := newWorld(t)
	a, other := w.audit(2017), w.audit(2016)
	ask := func(text string, position int, by *uuid.UUID) (*audit.Question, error) {
		return w.all.Audits.CreateQuestion(w.ctx, audit.Question{AuditID: a.ID, TextSv: text, Position: position, FormalAnswerID: by})
	}
	answer, foreign := w.answer(a, "2018-03-23"), w.answer(other, "2018-03-23")
	second := must(ask("Hur tar kommunstyrelsen ansvar för informationssäkerheten?", 2, &answer.ID))(t)
	must(ask("Hur säkras den interna kontrollen?", 1, nil))(t)
	third := must(ask("Hur tar kommunstyrelsen ansvar för digitaliseringen?", 0, nil))(t)
	if third.Position != 3 || third.MunicipalityID != w.home.ID {
		t.Errorf("the next question is %+v", third)
	}
	_, err := ask("En fråga till", 2, nil)
	w.refused(err, "position", "audit_question_position_unique")
	_, err = w.all.Audits.UpdateQuestion(w.ctx, third.ID, third.Version, func(q *audit.Question) { q.FormalAnswerID = &foreign.ID })
	w.refused(err, "formalAnswer", "audit_question_answer_of_audit_fk")
	must(w.all.Audits.UpdateQuestion(w.ctx, third.ID, third.Version, func(q *audit.Question) { q.FormalAnswerID = &answer.ID }))(t)
	w.read(func(r *postgres.Snapshot) {
		got := must(w.all.Audits.QuestionsOfEach(w.ctx, r, audit.OfAnswer, audit.QuestionFilter{}, "POSITION", false, []uuid.UUID{answer.ID}, page.Args{}))(t)[0].Nodes()
		if len(got) != 2 || got[0].ID != second.ID || got[1].ID != third.ID {
			t.Errorf("the answer answers %v", got)
		}
		all := must(w.all.Audits.QuestionsOfEach(w.ctx, r, audit.OfAudit, audit.QuestionFilter{Answered: ptr(false)}, "POSITION", false, []uuid.UUID{a.ID}, page.Args{}))(t)[0].Nodes()
		if len(all) != 1 || all[0].Position != 1 {
			t.Errorf("not answered are %v", all)
		}
	})
}

// An audit is found by its number in any notation; its parts are filed in cases too.
func TestAnAuditFindsItsCase(t *testing.T) {
	w := newWorld(t)
	a := must(w.all.Audits.CreateAudit(w.ctx, audit.Audit{MunicipalityID: w.home.ID, TitleSv: "Granskning", Year: 2017, DiaryNumber: ptr("KR-2017/0039")}))(t)
	answer := must(w.all.Audits.CreateAnswer(w.ctx, audit.FormalAnswer{AuditID: a.ID, TitleSv: "Svar", DueOn: *day("2018-03-23"), DiaryNumber: ptr("KR 2017/39")}))(t)
	if a.CaseID == nil || answer.CaseID == nil || *a.CaseID != *answer.CaseID {
		t.Errorf("the cases are %v and %v", a.CaseID, answer.CaseID)
	}
	w.read(func(r *postgres.Snapshot) {
		for number, want := range map[string]int{"KR 2017/39": 1, "KR-2017/0039": 1, "KR 2017/40": 0} {
			if n := must(must(w.all.Audits.Audits(w.ctx, r, audit.Filter{DiaryNumber: number}, "TITLE", false, page.Args{}))(t).TotalCount(w.ctx))(t); n != want {
				t.Errorf("%s finds %d, want %d", number, n, want)
			}
		}
	})
}

// Directors write audits and their parts. The municipality's auditors see what is being
// written; others see an audit that is shown to them, its findings and what is decided.
func TestWhoReadsAndWritesAudits(t *testing.T) {
	w := newWorld(t)
	a := w.audit(2017)
	must(w.finding(a, "F01", nil))(t)
	w.answer(a, "2018-03-23")
	hidden := must(w.all.Audits.CreateAudit(w.ctx, audit.Audit{MunicipalityID: w.home.ID, TitleSv: "Intern", Year: 2018, Visibility: eservice.Municipality}))(t)
	must(w.finding(hidden, "F99", nil))(t)
	for name, c := range map[string]struct {
		ctx          context.Context
		want, within fault.Code // to write under an audit that anyone sees, and under one that is the municipality's own
		codes        []string
		answers      int
	}{
		"nobody":               {t.Context(), fault.Unauthenticated, fault.Unauthenticated, []string{"F01"}, 0},
		"a director elsewhere": {w.as(w.away, access.Director), fault.Forbidden, fault.NotFound, []string{"F01"}, 0},
		"an auditor":           {w.as(w.home, access.Auditor), fault.Forbidden, fault.Forbidden, []string{"F01", "F99"}, 1},
		"a director":           {w.as(w.home, access.Director), "", "", []string{"F01", "F99"}, 1},
	} {
		if got := w.codes(c.ctx, audit.FindingFilter{}); !slices.Equal(got, c.codes) {
			t.Errorf("%s sees the findings %v, want %v", name, got, c.codes)
		}
		w.read(func(r *postgres.Snapshot) {
			if n := must(must(w.all.Audits.Answers(c.ctx, r, audit.AnswerFilter{}, "DUE", false, page.Args{}))(t).TotalCount(c.ctx))(t); n != c.answers {
				t.Errorf("%s sees %d answers, want %d", name, n, c.answers)
			}
		})
		for of, want := range map[uuid.UUID]fault.Code{a.ID: c.want, hidden.ID: c.within} {
			_, err := w.all.Audits.CreateQuestion(c.ctx, audit.Question{AuditID: of, TextSv: "Hur?"})
			if want == "" && err != nil || want != "" && fault.CodeOf(err) != want {
				t.Errorf("%s is told %v, want %q", name, err, want)
			}
		}
	}
}
