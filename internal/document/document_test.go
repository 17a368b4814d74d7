package document_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/date"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

// world is a database with two municipalities, the first with a board.
type world struct {
	t          *testing.T
	ctx        context.Context // of the program itself
	all        *app.Services
	home, away *organisation.Municipality
	board      *organisation.Unit
}

var noon = time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov"))}
	w.all = app.NewServices(dbtest.New(t).Open(t, func() time.Time { return noon }), access.Policy{}, app.GapRules())
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

// draft registers a draft, some fields set.
func (w *world) draft(set func(*document.GoverningDocument)) *document.GoverningDocument {
	w.t.Helper()
	d := document.GoverningDocument{MunicipalityID: w.home.ID, TitleSv: "Riktlinje för intern styrning och kontroll", Kind: document.Guideline}
	if set != nil {
		set(&d)
	}
	return must(w.all.Documents.Create(w.ctx, d))(w.t)
}

// adopt takes a draft to where it holds, from a day.
func (w *world) adopt(d *document.GoverningDocument, on string) *document.GoverningDocument {
	w.t.Helper()
	d = must(w.all.Documents.Step(w.ctx, d.ID, d.Version, document.Transition{To: document.InReview}))(w.t)
	return must(w.all.Documents.Step(w.ctx, d.ID, d.Version, document.Transition{To: document.Adopted, DecidedOn: day(on), DecidedBy: &w.board.ID}))(w.t)
}

// read runs fn on the newest state.
func (w *world) read(fn func(*postgres.Snapshot)) {
	w.t.Helper()
	session := w.all.DB.Session()
	defer session.Close()
	fn(must(session.Present(w.ctx))(w.t))
}

// now reads a document as it is.
func (w *world) now(id uuid.UUID) (d *document.GoverningDocument) {
	w.t.Helper()
	w.read(func(r *postgres.Snapshot) { d = must(w.all.Documents.ByID(w.ctx, r, []uuid.UUID{id}))(w.t)[id] })
	return d
}

// titles lists what a caller finds, by title.
func (w *world) titles(ctx context.Context, f document.Filter) (titles []string) {
	w.t.Helper()
	w.read(func(r *postgres.Snapshot) {
		for _, d := range must(w.all.Documents.Documents(ctx, r, f, "TITLE", false, page.Args{}))(w.t).Nodes() {
			titles = append(titles, d.TitleSv)
		}
	})
	return titles
}

func (w *world) refused(err error, field, rule string) {
	w.t.Helper()
	all := fault.All(err)
	if len(all) != 1 || all[0].Field != field || all[0].Rule != rule {
		w.t.Errorf("%v is no fault of %s by %s", err, field, rule)
	}
}

// A document goes from draft to adopted one step at a time; back only with a reason.
func TestADocumentLivesByItsSteps(t *testing.T) {
	w := newWorld(t)
	d := w.draft(nil)
	if d.Status != document.Draft || d.Visibility != eservice.Public {
		t.Errorf("a new document is %s and %s", d.Status, d.Visibility)
	}
	step := func(to document.Status, comment string) error {
		_, err := w.all.Documents.Step(w.ctx, d.ID, w.now(d.ID).Version, document.Transition{To: to, Comment: comment})
		return err
	}
	w.refused(step(document.Adopted, ""), "decidedOn", "governing_document_adopted_when")
	w.refused(step(document.Draft, ""), "to", "governing_document_step")
	must(0, step(document.InReview, ""))(t)
	w.refused(step(document.Draft, " "), "comment", "governing_document_step_back_comment")
	must(0, step(document.Draft, "Remissen gav mycket att skriva om"))(t)
	w.refused(step(document.Revoked, ""), "decidedOn", "governing_document_adopted_when")
	held := w.adopt(w.now(d.ID), "2026-03-02")
	if held.Status != document.Adopted || *held.DecidedOn != *day("2026-03-02") || *held.DecidedByID != w.board.ID {
		t.Errorf("adopted it is %+v", held)
	}
	w.refused(step(document.Draft, "Tillbaka"), "to", "governing_document_step")
	must(0, step(document.UnderRevision, ""))(t)
	again := must(w.all.Documents.Step(w.ctx, d.ID, w.now(d.ID).Version, document.Transition{To: document.Adopted, DecidedOn: day("2026-03-16"), Edition: ptr("2.0")}))(t)
	if again.Status != document.Adopted || *again.Edition != "2.0" || *again.DecidedByID != w.board.ID {
		t.Errorf("adopted anew it is %+v", again)
	}
}

// The steps that are told are those that the database lets be taken.
func TestTheStepsFromEachStatus(t *testing.T) {
	w := newWorld(t)
	w.read(func(r *postgres.Snapshot) {
		steps := must(document.Steps(w.ctx, r))(t)
		if got := steps[document.InReview]; !slices.Equal(got, []document.Step{{To: document.Adopted}, {To: document.Draft, Backwards: true}}) {
			t.Errorf("from review it can go to %v", got)
		}
		if len(steps) != len(document.Statuses()) {
			t.Errorf("there are steps from %d statuses", len(steps))
		}
	})
}

// What was adopted before it was registered is registered as found, also without a diary
// number: that is what the audit found.
func TestADocumentIsRegisteredAsFound(t *testing.T) {
	w := newWorld(t)
	found := document.GoverningDocument{
		MunicipalityID: w.home.ID, TitleSv: "Rutin för inventering och klassning", Kind: document.Routine, Status: document.Adopted, DecidedOn: day("2014-04-22"),
	}
	_, err := w.all.Documents.Create(w.ctx, found)
	w.refused(err, "status", "governing_document_registered_as_found")
	found.FoundSource = ptr("Granskning av kommunens IT-säkerhet 2017, avsnitt 4.4")
	_, err = w.all.Documents.Create(w.ctx, found)
	w.refused(err, "foundReason", "governing_document_found_both")
	found.FoundReason = ptr("Gällde redan")
	made := must(w.all.Documents.Create(w.ctx, found))(t)
	if made.Status != document.Adopted || made.DiaryNumber != nil || made.CaseID != nil {
		t.Errorf("as found it is %+v", made)
	}
}

// An adopted document takes the place of the one that it supersedes in the same change,
// and only of one that has been in force.
func TestAnAdoptedDocumentSupersedes(t *testing.T) {
	w := newWorld(t)
	old := w.adopt(w.draft(func(d *document.GoverningDocument) { d.TitleSv = "Riktlinje 2015" }), "2015-05-18")
	successor := w.draft(func(d *document.GoverningDocument) { d.TitleSv, d.SupersedesID = "Riktlinje 2026", &old.ID })
	if w.now(old.ID).Status != document.Adopted {
		t.Error("a draft has taken the place of what holds")
	}
	successor = w.adopt(successor, "2026-03-02")
	replaced := w.now(old.ID)
	if replaced.Status != document.Superseded || replaced.ChangedIn != successor.ChangedIn {
		t.Errorf("the old one is %s by change %d, the new one adopted by %d", replaced.Status, replaced.ChangedIn, successor.ChangedIn)
	}
	// What was replaced before is let be.
	must(w.all.Documents.Update(w.ctx, successor.ID, successor.Version, func(d *document.GoverningDocument) { d.URL = ptr("https://example.se/riktlinje") }))(t)
	if w.now(old.ID).Version != replaced.Version {
		t.Error("the old one was changed again")
	}
	w.read(func(r *postgres.Snapshot) {
		of := must(w.all.Documents.SupersedingEach(w.ctx, r, document.Filter{}, "TITLE", false, []uuid.UUID{old.ID}, page.Args{}))(t)[0].Nodes()
		if len(of) != 1 || of[0].ID != successor.ID {
			t.Errorf("it is superseded by %v", of)
		}
	})
	never := w.draft(nil)
	hasty := w.draft(func(d *document.GoverningDocument) { d.SupersedesID = &never.ID })
	hasty = must(w.all.Documents.Step(w.ctx, hasty.ID, hasty.Version, document.Transition{To: document.InReview}))(t)
	_, err := w.all.Documents.Step(w.ctx, hasty.ID, hasty.Version, document.Transition{To: document.Adopted, DecidedOn: day("2026-03-02")})
	w.refused(err, "supersedes", "supersedes_adopted")
	_, err = w.all.Documents.Update(w.ctx, never.ID, never.Version, func(d *document.GoverningDocument) { d.SupersedesID = &never.ID })
	w.refused(err, "supersedes", "governing_document_supersedes_not_self")
}

// The number stays as written, and leads to one case whatever the notation. A draft's case
// tells others nothing of it.
func TestADocumentFindsItsCase(t *testing.T) {
	w := newWorld(t)
	first := w.draft(func(d *document.GoverningDocument) { d.TitleSv, d.DiaryNumber = "Första", ptr("KS 2015/0144") })
	second := w.draft(func(d *document.GoverningDocument) { d.TitleSv, d.DiaryNumber = "Andra", ptr("KS-144/2015") })
	if first.CaseID == nil || second.CaseID == nil || *first.CaseID != *second.CaseID || *second.DiaryNumber != "KS-144/2015" {
		t.Errorf("the cases are %v of %q and %v of %q", first.CaseID, *first.DiaryNumber, second.CaseID, *second.DiaryNumber)
	}
	w.read(func(r *postgres.Snapshot) {
		if c := must(w.all.Decisions.CasesByID(w.ctx, r, []uuid.UUID{*first.CaseID}))(t)[*first.CaseID]; c.Visibility != eservice.Municipality || c.TitleSv != "Första" {
			t.Errorf("the case of a draft is %+v", c)
		}
	})
	odd := w.draft(func(d *document.GoverningDocument) { d.TitleSv, d.DiaryNumber = "Tredje", ptr("pärm 7") })
	w.draft(func(d *document.GoverningDocument) { d.TitleSv = "Utan" })
	if odd.CaseID != nil {
		t.Error("a number that nobody understands has a case")
	}
	for number, want := range map[string][]string{
		"KS 2015/144": {"Andra", "Första"}, "KS-2015/0144": {"Andra", "Första"}, "ks 2015/00144": {"Andra", "Första"}, "pärm 7": {"Tredje"}, "KS 2015/145": nil,
	} {
		if got := w.titles(w.ctx, document.Filter{DiaryNumber: number}); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", number, got, want)
		}
	}
	if got := w.titles(w.ctx, document.Filter{HasDiaryNumber: ptr(false)}); !slices.Equal(got, []string{"Utan"}) {
		t.Errorf("without a number there are %v", got)
	}
	without := must(w.all.Documents.Update(w.ctx, second.ID, second.Version, func(d *document.GoverningDocument) { d.DiaryNumber = nil }))(t)
	if without.CaseID != nil {
		t.Error("without a number it still has a case")
	}
	_, err := w.all.Documents.Create(w.ctx, document.GoverningDocument{MunicipalityID: w.home.ID, TitleSv: " ", Kind: document.Plan, DiaryNumber: ptr("KS 2020/1")})
	w.refused(err, "titleSv", "governing_document_title_length")
}

// The day of a review is the one given, or follows from the decision; the program and the
// database reckon it alike.
func TestWhenADocumentIsReviewed(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		decided, due string
		months       int
		want         string
	}{
		{"2024-01-15", "", 24, "2026-01-15"}, {"2024-01-31", "", 1, "2024-02-29"}, {"2023-01-31", "", 1, "2023-02-28"}, {"2024-08-31", "", 6, "2025-02-28"},
		{"2024-01-15", "2025-05-05", 24, "2025-05-05"}, {"2024-01-15", "", 0, ""}, {"", "", 12, ""},
	} {
		d := w.draft(func(d *document.GoverningDocument) {
			d.TitleSv = "Plan " + c.decided + c.want
			if c.decided != "" {
				d.DecidedOn = day(c.decided)
			}
			if c.months > 0 {
				d.ReviewMonths = &c.months
			}
			if c.due != "" {
				d.ReviewDue = day(c.due)
			}
		})
		got := ""
		if d.Review() != nil {
			got = d.Review().String()
		}
		if got != c.want || d.ReviewGiven() != (c.due != "") {
			t.Errorf("%+v is reviewed on %q", c, got)
		}
		if c.want == "" {
			continue
		}
		after := day(c.want).AddDays(1)
		if found := w.titles(w.ctx, document.Filter{ReviewBefore: &after, TitleContains: "Plan " + c.decided + c.want}); len(found) != 1 {
			t.Errorf("%+v is not to be reviewed before %s", c, after)
		}
		if found := w.titles(w.ctx, document.Filter{ReviewBefore: day(c.want), TitleContains: "Plan " + c.decided + c.want}); len(found) != 0 {
			t.Errorf("%+v is to be reviewed before %s", c, c.want)
		}
	}
}

// Lists are narrowed by what a document is, how far it has come and when it holds.
func TestWhichDocumentsAreListed(t *testing.T) {
	w := newWorld(t)
	w.adopt(w.draft(func(d *document.GoverningDocument) {
		d.TitleSv, d.Kind, d.ValidFrom, d.ValidTo = "Strategi", document.Strategy, day("2026-01-01"), day("2026-12-31")
		d.OwnerUnitID = &w.board.ID
	}), "2025-12-01")
	w.draft(func(d *document.GoverningDocument) { d.TitleSv, d.Kind = "Ny strategi", document.Strategy })
	w.adopt(w.draft(func(d *document.GoverningDocument) { d.TitleSv = "Riktlinje" }), "2020-01-01")
	for _, c := range []struct {
		f    document.Filter
		want []string
	}{
		{document.Filter{}, []string{"Ny strategi", "Riktlinje", "Strategi"}},
		{document.Filter{Kinds: []document.Kind{document.Strategy}}, []string{"Ny strategi", "Strategi"}},
		{document.Filter{Statuses: []document.Status{document.Adopted}}, []string{"Riktlinje", "Strategi"}},
		{document.Filter{InForceOn: day("2026-12-31")}, []string{"Riktlinje", "Strategi"}},
		{document.Filter{InForceOn: day("2027-01-01")}, []string{"Riktlinje"}},
		{document.Filter{OwnerUnits: []uuid.UUID{w.board.ID}}, []string{"Strategi"}},
		{document.Filter{DecidedBy: []uuid.UUID{w.board.ID}, TitleContains: "rikt"}, []string{"Riktlinje"}},
		{document.Filter{Municipalities: []string{"0562"}}, nil},
		{document.Filter{Archived: true}, nil},
	} {
		if got := w.titles(w.ctx, c.f); !slices.Equal(got, c.want) {
			t.Errorf("%+v lists %v, want %v", c.f, got, c.want)
		}
	}
	w.read(func(r *postgres.Snapshot) {
		if n := must(must(w.all.Documents.Strategies(w.ctx, r, document.Filter{}, "TITLE", false, page.Args{}))(t).TotalCount(w.ctx))(t); n != 2 {
			t.Errorf("there are %d strategies", n)
		}
	})
}

// Directors write; the auditors of the municipality see its drafts too, others only what
// is adopted and shown to them.
func TestWhoReadsAndWritesDocuments(t *testing.T) {
	w := newWorld(t)
	d := document.GoverningDocument{MunicipalityID: w.home.ID, TitleSv: "Utkast", Kind: document.Plan}
	for name, c := range map[string]struct {
		ctx  context.Context
		want fault.Code
	}{
		"nobody": {t.Context(), fault.Unauthenticated}, "a reader": {w.as(w.home, access.Reader), fault.Forbidden}, "an auditor": {w.as(w.home, access.Auditor), fault.Forbidden},
		"a director elsewhere": {w.as(w.away, access.Director), fault.Forbidden}, "a director": {w.as(w.home, access.Director), ""},
	} {
		if _, err := w.all.Documents.Create(c.ctx, d); fault.CodeOf(err) != c.want && (err != nil || c.want != "") {
			t.Errorf("%s is told %v", name, err)
		}
	}
	w.adopt(w.draft(func(d *document.GoverningDocument) { d.TitleSv = "Antagen" }), "2026-03-02")
	w.adopt(w.draft(func(d *document.GoverningDocument) { d.TitleSv, d.Visibility = "Intern", eservice.Municipality }), "2026-03-02")
	for name, c := range map[string]struct {
		ctx  context.Context
		want []string
	}{
		"nobody": {t.Context(), []string{"Antagen"}}, "a director elsewhere": {w.as(w.away, access.Director), []string{"Antagen"}},
		"an auditor": {w.as(w.home, access.Auditor), []string{"Antagen", "Intern", "Utkast"}}, "a reader": {w.as(w.home, access.Reader), []string{"Antagen", "Intern", "Utkast"}},
	} {
		if got := w.titles(c.ctx, document.Filter{}); !slices.Equal(got, c.want) {
			t.Errorf("%s sees %v, want %v", name, got, c.want)
		}
	}
}
