package decision_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/search"
)

// world is a database with two municipalities, each with an executive board.
type world struct {
	t          *testing.T
	ctx        context.Context // of the program itself
	now        time.Time
	all        *app.Services
	home, away *organisation.Municipality
	board      *organisation.Unit
	foreign    *organisation.Unit
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), now: time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)}
	w.all = app.NewServices(dbtest.New(t).Open(t, func() time.Time { return w.now }), access.Policy{}, app.GapRules())
	w.home = must(w.all.Organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true, DiaryPatterns: []string{"ORGAN YEAR/SERIAL"}}))(t)
	w.away = must(w.all.Organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0562", NameSv: "Finspång", DiaryPatterns: []string{"YY/SERIAL"}}))(t)
	w.board = must(w.all.Organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Kommunstyrelsen", Type: organisation.ExecutiveBoard}))(t)
	w.foreign = must(w.all.Organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.away.ID, NameSv: "Kommunstyrelsen", Type: organisation.ExecutiveBoard}))(t)
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

// taken is a decision of the board, some fields set.
func (w *world) taken(set func(*decision.Decision)) *decision.Decision {
	w.t.Helper()
	d := decision.Decision{MunicipalityID: w.home.ID, BodyUnitID: w.board.ID, TitleSv: "Strategi för e-tjänster", Type: decision.ByBoard, MeetingDate: day("2026-02-02"), Visibility: eservice.Public}
	if set != nil {
		set(&d)
	}
	return must(w.all.Decisions.Create(w.ctx, d))(w.t)
}

// read reads the present.
func (w *world) read(fn func(*postgres.Snapshot)) {
	w.t.Helper()
	session := w.all.DB.Session()
	defer session.Close()
	now, err := session.Present(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	fn(now)
}

func (w *world) state(id uuid.UUID) (state decision.State) {
	w.t.Helper()
	w.read(func(now *postgres.Snapshot) {
		state = must(w.all.Decisions.States(w.ctx, now, []uuid.UUID{id}))(w.t)[id]
	})
	return state
}

func (w *world) found(f decision.Filter) (ids []uuid.UUID) {
	w.t.Helper()
	w.read(func(now *postgres.Snapshot) {
		for _, d := range must(w.all.Decisions.List(w.ctx, now, f, "TITLE", false, page.Args{}))(w.t).Nodes() {
			ids = append(ids, d.ID)
		}
	})
	return ids
}

func (w *world) refused(err error, field, rule string) {
	w.t.Helper()
	all := fault.All(err)
	if len(all) != 1 || all[0].Field != field || all[0].Rule != rule {
		w.t.Errorf("%v is no fault of %s by %s", err, field, rule)
	}
}

// resolve finds the case of a number as another record writes it.
func (w *world) resolve(m *organisation.Municipality, raw string) (id *uuid.UUID) {
	w.t.Helper()
	err := w.all.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) (err error) {
		id, err = decision.ResolveCase(w.ctx, tx, m.ID, raw, "Digitalisering", eservice.Municipality)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestANumberFindsItsCaseInAnyNotation(t *testing.T) {
	w := newWorld(t)
	first := w.resolve(w.home, "KS 2015/0144")
	if first == nil {
		t.Fatal("a number that is understood has no case")
	}
	for _, raw := range []string{"ks-144/2015", "Dnr: KS 2015/144, § 32", "2015/KS 0144", "KS 2015/0144-7"} {
		if id := w.resolve(w.home, raw); id == nil || *id != *first {
			t.Errorf("%q is another case", raw)
		}
	}
	for _, raw := range []string{"KS 2015/145", "KR 2015/144", "2015/144"} {
		if id := w.resolve(w.home, raw); id == nil || *id == *first {
			t.Errorf("%q is the same case or none", raw)
		}
	}
	if id := w.resolve(w.away, "KS 2015/0144"); id == nil || *id == *first {
		t.Error("another municipality's case of the same number is the same case or none")
	}
	if id := w.resolve(w.home, "hos registrator"); id != nil {
		t.Error("what is no number has a case")
	}
	// Each municipality writes as it writes.
	if w.resolve(w.home, "15/2089") != nil || w.resolve(w.away, "15/2089") == nil {
		t.Error("a fraction is a number where the municipality writes so, and only there")
	}
	w.read(func(now *postgres.Snapshot) {
		c := must(w.all.Decisions.CasesByID(w.ctx, now, []uuid.UUID{*first}))(t)[*first]
		if c.DiaryNumber != "KS 2015/0144" || *c.DiaryCode != "KS" || *c.DiaryYear != 2015 || *c.DiarySerial != 144 || c.Visibility != eservice.Municipality {
			t.Errorf("the case is kept as %+v", c)
		}
	})
}

func TestADecisionKeepsItsNumberAndFindsItsCase(t *testing.T) {
	w := newWorld(t)
	c := must(w.all.Decisions.CreateCase(w.ctx, decision.Case{MunicipalityID: w.home.ID, TitleSv: "Digital strategi", DiaryNumber: "KS 2026/0044", Visibility: eservice.Public}))(t)
	d := w.taken(func(d *decision.Decision) { d.DiaryNumber = ptr("ks-44/2026") })
	if *d.DiaryNumber != "ks-44/2026" || d.CaseID == nil || *d.CaseID != c.ID {
		t.Errorf("the decision is in case %v under %q", d.CaseID, *d.DiaryNumber)
	}
	other := w.taken(func(d *decision.Decision) { d.TitleSv, d.DiaryNumber = "Annat", ptr("bordlagt") })
	if other.CaseID != nil || *other.DiaryNumber != "bordlagt" {
		t.Errorf("what is no number is kept as %q in case %v", *other.DiaryNumber, other.CaseID)
	}
	_, err := w.all.Decisions.Update(w.ctx, other.ID, other.Version, "", func(d *decision.Decision) { d.DiaryNumber, d.CaseID = ptr("KS 2026/45"), &c.ID })
	w.refused(err, "case", "decision_case_of_number")
	moved := must(w.all.Decisions.Update(w.ctx, d.ID, d.Version, "", func(d *decision.Decision) { d.DiaryNumber = ptr("KS 2026/45") }))(t)
	if *moved.CaseID == c.ID {
		t.Error("a new number leaves the decision in its old case")
	}
	_, err = w.all.Decisions.Update(w.ctx, d.ID, moved.Version, "", func(d *decision.Decision) { d.CaseID = &c.ID })
	w.refused(err, "case", "decision_case_of_number")
	_, err = w.all.Decisions.CreateCase(w.ctx, decision.Case{MunicipalityID: w.home.ID, TitleSv: "Igen", DiaryNumber: "KS-44/2026", Visibility: eservice.Public})
	w.refused(err, "diaryNumber", "diary_case_number_unique")
}

func TestDecisionsAreFoundByNumber(t *testing.T) {
	w := newWorld(t)
	d := w.taken(func(d *decision.Decision) { d.DiaryNumber = ptr("KS 2015/0144") })
	raw := w.taken(func(d *decision.Decision) { d.TitleSv, d.DiaryNumber = "Annat", ptr("Ärende hos KF") })
	for typed, want := range map[string]uuid.UUID{"ks-144/2015": d.ID, "2015/144": d.ID, "Dnr 2015:144": d.ID, "2015:144": d.ID, "15/144": d.ID, "ärende hos kf": raw.ID} {
		if ids := w.found(decision.Filter{DiaryNumber: typed}); len(ids) != 1 || ids[0] != want {
			t.Errorf("%q finds %v", typed, ids)
		}
	}
	for _, typed := range []string{"KR 2015/144", "KS 2015/145", "144", "%"} {
		if ids := w.found(decision.Filter{DiaryNumber: typed}); len(ids) != 0 {
			t.Errorf("%q finds %v", typed, ids)
		}
	}
}

func TestTheStateFollowsFromTheDates(t *testing.T) {
	w := newWorld(t)
	d := w.taken(func(d *decision.Decision) { d.MeetingDate, d.ProposedOn = nil, nil })
	for _, step := range []struct {
		set  func(*decision.Decision)
		want decision.State
	}{
		{func(*decision.Decision) {}, decision.Preparing},
		{func(d *decision.Decision) { d.ProposedOn = day("2026-02-01") }, decision.Proposed},
		{func(d *decision.Decision) { d.MeetingDate = day("2026-03-17") }, decision.Proposed}, // tomorrow
		{func(d *decision.Decision) { d.MeetingDate = day("2026-02-02") }, decision.Decided},
		{func(d *decision.Decision) { d.AnnouncedOn, d.LegallyBindingOn = day("2026-02-03"), day("2026-02-24") }, decision.Binding},
		{func(d *decision.Decision) { d.AppealedOn = day("2026-02-20") }, decision.Appealed},
		{func(d *decision.Decision) { d.AppealSettledOn = day("2026-03-01") }, decision.Binding},
		{func(d *decision.Decision) { d.ValidTo = day("2026-03-15") }, decision.Expired},
		{func(d *decision.Decision) { d.OverturnedOn = day("2026-03-02") }, decision.Overturned},
	} {
		d = must(w.all.Decisions.Update(w.ctx, d.ID, d.Version, "", step.set))(t)
		if got := w.state(d.ID); got != step.want {
			t.Errorf("the state is %s, not %s", got, step.want)
		}
		if ids := w.found(decision.Filter{States: []decision.State{step.want}}); len(ids) != 1 {
			t.Errorf("%d decisions are listed as %s", len(ids), step.want)
		}
	}
	w.now = w.now.AddDate(0, 0, 1)
	no := w.taken(func(d *decision.Decision) { d.TitleSv, d.Rejected = "Nej", true })
	if got := w.state(no.ID); got != decision.Rejected {
		t.Errorf("a refusal is %s", got)
	}
}

func TestWhenADecisionIsExpectedToBind(t *testing.T) {
	for _, c := range []struct {
		d    decision.Decision
		want string
	}{
		{decision.Decision{AnnouncedOn: day("2026-02-03")}, "2026-02-25"},
		{decision.Decision{AnnouncedOn: day("2026-03-13")}, "2026-04-08"}, // to appeal until after Easter, which begins on the last day
		{decision.Decision{AnnouncedOn: day("2026-02-07")}, "2026-03-03"}, // a Saturday
		{decision.Decision{AnnouncedOn: day("2026-12-03")}, "2026-12-29"}, // julafton
		{decision.Decision{AnnouncedOn: day("2026-02-06")}, "2026-02-28"}, // to appeal until a Friday, and binding on the day after
		{decision.Decision{}, ""},
		{decision.Decision{AnnouncedOn: day("2026-02-03"), LegallyBindingOn: day("2026-02-24")}, ""},
		{decision.Decision{AnnouncedOn: day("2026-02-03"), AppealedOn: day("2026-02-20")}, ""},
		{decision.Decision{AnnouncedOn: day("2026-02-03"), Rejected: true}, ""},
		{decision.Decision{AnnouncedOn: day("2026-02-03"), Type: decision.Execution}, ""},
	} {
		got := ""
		if d := c.d.ExpectedBindingOn(); d != nil {
			got = d.String()
		}
		if got != c.want {
			t.Errorf("%+v is expected to bind %q, not %q", c.d, got, c.want)
		}
	}
}

func TestTheAddressOfACase(t *testing.T) {
	c := decision.Case{DiaryNumber: "KS 2015/0144"}
	if a := c.Address(ptr("https://diarium.example.se/?nr={diaryNumber}")); *a != "https://diarium.example.se/?nr=KS%202015%2F0144" {
		t.Error(*a)
	}
	if c.Address(nil) != nil {
		t.Error("a case of no diary has an address")
	}
	c.URL = ptr("https://example.se/1")
	if a := c.Address(ptr("https://diarium.example.se/{diaryNumber}")); *a != "https://example.se/1" {
		t.Error(*a)
	}
}

func TestALaterDecisionSupersedes(t *testing.T) {
	w := newWorld(t)
	old := w.taken(nil)
	later := w.taken(func(d *decision.Decision) { d.TitleSv, d.MeetingDate = "Ny strategi", day("2026-03-02") })
	planned := w.taken(func(d *decision.Decision) { d.TitleSv, d.MeetingDate = "Kommande", nil })
	foreign := must(w.all.Decisions.Create(w.ctx, decision.Decision{MunicipalityID: w.away.ID, BodyUnitID: w.foreign.ID, TitleSv: "Annan kommuns", Type: decision.ByBoard, MeetingDate: day("2026-03-02"), Visibility: eservice.Public}))(t)
	for by, rule := range map[uuid.UUID]string{planned.ID: "decision_superseded_by_later", old.ID: "decision_superseded_not_by_itself", foreign.ID: "decision_superseded_by_fk", uuid.New(): "decision_superseded_by_fk"} {
		_, err := w.all.Decisions.Supersede(w.ctx, old.ID, old.Version, &by, day("2026-03-02"), "")
		w.refused(err, "supersededBy", rule)
	}
	old = must(w.all.Decisions.Supersede(w.ctx, old.ID, old.Version, &later.ID, day("2026-03-02"), "Ny strategi"))(t)
	if got := w.state(old.ID); got != decision.Superseded {
		t.Errorf("the earlier decision is %s", got)
	}
	_, err := w.all.Decisions.Supersede(w.ctx, later.ID, later.Version, &old.ID, day("2026-03-02"), "")
	w.refused(err, "supersededBy", "decision_superseded_by_later")
	old = must(w.all.Decisions.Supersede(w.ctx, old.ID, old.Version, nil, nil, "Fel beslut"))(t)
	if got := w.state(old.ID); got != decision.Decided {
		t.Errorf("taken back, the earlier decision is %s", got)
	}
}

func TestAJointBodyIsOneOfTheMunicipalitys(t *testing.T) {
	w := newWorld(t)
	cesam := must(w.all.Collaboration.CreateCollaboration(w.ctx, collaboration.Collaboration{NameSv: "Cesam Öst"}))(t)
	must(w.all.Collaboration.AddMember(w.ctx, collaboration.CollaborationMember{CollaborationID: cesam.ID, MunicipalityID: w.home.ID, ValidFrom: *day("2020-01-01"), Source: "prov"}))(t)
	w.taken(func(d *decision.Decision) { d.JointCollaborationID = &cesam.ID })
	_, err := w.all.Decisions.Create(w.ctx, decision.Decision{MunicipalityID: w.away.ID, BodyUnitID: w.foreign.ID, TitleSv: "Utomstående", Type: decision.ByBoard, JointCollaborationID: &cesam.ID, Visibility: eservice.Public})
	w.refused(err, "jointCollaboration", "decision_joint_member")
}

func TestWhoWritesDecisions(t *testing.T) {
	w := newWorld(t)
	d := decision.Decision{MunicipalityID: w.home.ID, BodyUnitID: w.board.ID, TitleSv: "Beslut", Type: decision.ByBoard, Visibility: eservice.Public}
	if _, err := w.all.Decisions.Create(w.as(w.home, access.ProjectEditor), d); err != nil {
		t.Error(err)
	}
	for _, ctx := range []context.Context{w.as(w.away, access.Director), w.as(w.home, access.CatalogueEditor)} {
		if _, err := w.all.Decisions.Create(ctx, d); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("refused by %v", err)
		}
	}
}

// gaps lists the codes of a record's gaps.
func (w *world) gaps(id uuid.UUID, waived bool) map[string]*gap.Gap {
	w.t.Helper()
	found := map[string]*gap.Gap{}
	w.read(func(now *postgres.Snapshot) {
		for _, g := range must(w.all.Gaps.List(w.ctx, now, gap.Filter{Waived: waived}, "CODE", false, page.Args{First: ptr(100)}))(w.t).Nodes() {
			if g.ObjectID == id {
				found[g.Rule] = g
			}
		}
	})
	return found
}

// open counts the episodes of a gap that have not ended.
func (w *world) open(id uuid.UUID, rule string) (n int) {
	w.t.Helper()
	w.read(func(now *postgres.Snapshot) {
		n = must(postgres.Values[int](w.ctx, now, "SELECT count(*)::int FROM gap_episode WHERE object_id = @id AND rule = @rule AND closed_at IS NULL", postgres.Args{"id": id, "rule": rule}))(w.t)[0]
	})
	return n
}

func TestAGapIsLetBeByADecisionAndForATime(t *testing.T) {
	w := newWorld(t)
	m := must(w.all.Organisation.UpdateMunicipality(w.ctx, w.home.ID, w.home.Version, func(m *organisation.Municipality) { m.DiaryPatterns = []string{} }))(t)
	const rule = "MUNICIPALITY_NO_DIARY_PATTERN"
	shows := func(want bool) {
		t.Helper()
		if g := w.gaps(m.ID, false); (g[rule] != nil) != want || (w.open(m.ID, rule) == 1) != want {
			t.Errorf("the gap shows: %v, open episodes: %d", g[rule] != nil, w.open(m.ID, rule))
		}
	}
	shows(true)
	d := w.taken(nil)
	grant := decision.Waiver{MunicipalityID: w.home.ID, DecisionID: d.ID, Rule: rule, ObjectKind: "municipality", ObjectID: m.ID, ReasonSv: "Diariet byts ut", ExpiresOn: *day("2026-06-30")}
	granted := must(w.all.Decisions.Grant(w.ctx, grant))(t)
	shows(false)
	if g := w.gaps(m.ID, true)[rule]; g == nil || g.WaiverID == nil || *g.WaiverID != granted.ID {
		t.Errorf("among the waived ones it shows as %+v", g)
	}
	_, err := w.all.Decisions.Grant(w.ctx, grant)
	w.refused(err, "rule", "waiver_once")

	// What its decision no longer carries shows again.
	d = must(w.all.Decisions.Update(w.ctx, d.ID, d.Version, "", func(d *decision.Decision) { d.AppealedOn = day("2026-03-10") }))(t)
	shows(true)
	d = must(w.all.Decisions.Update(w.ctx, d.ID, d.Version, "", func(d *decision.Decision) { d.AppealSettledOn = day("2026-03-12") }))(t)
	shows(false)
	withdrawn := must(w.all.Decisions.Withdraw(w.ctx, granted.ID, granted.Version, "Diariet är bytt"))(t)
	shows(true)
	if withdrawn.ArchivedAt == nil {
		t.Error("a withdrawn waiver is not archived")
	}
	again := must(w.all.Decisions.Grant(w.ctx, grant))(t)
	shows(false)

	// One whose decision is appealed is withdrawn all the same.
	d = must(w.all.Decisions.Update(w.ctx, d.ID, d.Version, "", func(d *decision.Decision) { d.AppealSettledOn = nil }))(t)
	must(w.all.Decisions.Withdraw(w.ctx, again.ID, again.Version, ""))(t)
	must(w.all.Decisions.Update(w.ctx, d.ID, d.Version, "", func(d *decision.Decision) { d.AppealSettledOn = day("2026-03-12") }))(t)
	must(w.all.Decisions.Grant(w.ctx, grant))(t)
	shows(false)

	// On the day after its last it is over, and may be granted anew.
	w.now = time.Date(2026, time.July, 1, 8, 0, 0, 0, time.UTC)
	if _, err := w.all.Gaps.SweepDaily(w.ctx); err != nil {
		t.Fatal(err)
	}
	shows(true)
	grant.ExpiresOn = *day("2027-06-30")
	must(w.all.Decisions.Grant(w.ctx, grant))(t)
	shows(false)
}

func TestWhatIsNoWaiver(t *testing.T) {
	w := newWorld(t)
	d := w.taken(nil)
	coming := w.taken(func(d *decision.Decision) { d.TitleSv, d.MeetingDate = "Kommande", day("2026-04-01") })
	grant := func(set func(*decision.Waiver)) error {
		wv := decision.Waiver{MunicipalityID: w.home.ID, DecisionID: d.ID, Rule: "UNIT_CLOSED_PARENT", ObjectKind: "unit", ObjectID: w.board.ID, ReasonSv: "Skäl", ExpiresOn: *day("2026-06-30")}
		set(&wv)
		_, err := w.all.Decisions.Grant(w.ctx, wv)
		return err
	}
	for _, c := range []struct {
		set         func(*decision.Waiver)
		field, rule string
	}{
		{func(w *decision.Waiver) { w.Rule = "NO_SUCH_RULE" }, "rule", "waiver_rule"},
		{func(w *decision.Waiver) { w.Rule = "WAIVER_EXPIRED" }, "rule", "waiver_rule"},
		{func(w *decision.Waiver) { w.Rule = "MUNICIPALITY_NO_DIARY_PATTERN" }, "object", "waiver_rule_of_object"},
		{func(w *decision.Waiver) { w.DecisionID = coming.ID }, "decision", "waiver_decided"},
		{func(w *decision.Waiver) { w.ExpiresOn = *day("2028-03-17") }, "expiresOn", "waiver_at_most_two_years"},
		{func(w *decision.Waiver) { w.ExpiresOn = *day("2026-03-16") }, "expiresOn", "waiver_expires_after"},
		{func(w *decision.Waiver) { w.GrantedOn, w.ExpiresOn = *day("2025-01-01"), *day("2026-03-15") }, "expiresOn", "waiver_expires_ahead"},
		{func(w *decision.Waiver) { w.GrantedOn = *day("2026-03-17") }, "grantedOn", "waiver_granted_ahead"},
		{func(w *decision.Waiver) { w.ReasonSv = " " }, "reasonSv", "waiver_reason_length"},
		{func(wv *decision.Waiver) { wv.ObjectID = uuid.New() }, "object", ""},
		{func(wv *decision.Waiver) { wv.ObjectID = w.foreign.ID }, "object", ""},
	} {
		w.refused(grant(c.set), c.field, c.rule)
	}
	if err := grant(func(*decision.Waiver) {}); err != nil {
		t.Error(err)
	}
}

func TestPeopleFindANumberHoweverTheyTypeIt(t *testing.T) {
	w := newWorld(t)
	d := w.taken(func(d *decision.Decision) { d.DiaryNumber = ptr("KS 2015/0144") })
	w.taken(func(d *decision.Decision) { d.TitleSv, d.DiaryNumber = "Upphandling av system", ptr("KR 2016/0145") })
	for _, typed := range []string{"KS 2015/0144", "ks 2015/144", "KS-144/2015", "2015/144-KS", "KS 2015/00144", "strategi"} {
		w.read(func(now *postgres.Snapshot) {
			found := must(w.all.Search.Search(w.ctx, now, typed, search.Filter{}, page.Args{}))(t)
			kinds := map[string]uuid.UUID{}
			for _, e := range found.Edges {
				if _, known := kinds[e.Node.Kind]; !known {
					kinds[e.Node.Kind] = e.Node.ID
				}
			}
			if kinds["decision"] != d.ID || kinds["diary_case"] != *d.CaseID {
				t.Errorf("%q finds %v", typed, kinds)
			}
		})
	}
}
