package eservice_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

// world is a database with two municipalities and the catalogue over it.
type world struct {
	t            *testing.T
	ctx          context.Context // of the program itself
	data         dbtest.Database
	db           *postgres.DB
	gaps         *gap.Service
	organisation *organisation.Service
	catalogue    *eservice.Service

	mu sync.Mutex
	at time.Time

	home, away     *organisation.Municipality
	office, school *organisation.Unit // of home
	abroad         *organisation.Unit // of away
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), at: time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)}
	w.data = dbtest.New(t)
	w.db = w.data.Open(t, w.now)
	w.gaps = &gap.Service{
		Rules: slices.Concat(organisation.GapRules(), eservice.GapRules()), Objects: slices.Concat(organisation.GapObjects(), eservice.GapObjects()),
		Journal: &history.Journal{DB: w.db},
	}
	w.gaps.Journal.Keep = []history.Keeper{w.gaps.Keep}
	w.organisation = &organisation.Service{Journal: w.gaps.Journal}
	w.catalogue = &eservice.Service{Journal: w.gaps.Journal, Gaps: w.gaps}
	w.home = must(w.organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true}))(t)
	w.away = must(w.organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0562", NameSv: "Finspång"}))(t)
	w.office = w.unit(w.home, "Kommunikationsenheten")
	w.school = w.unit(w.home, "Utbildningskontoret")
	w.abroad = w.unit(w.away, "Kansliet")
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
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

func (w *world) unit(of *organisation.Municipality, name string) *organisation.Unit {
	w.t.Helper()
	return must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: of.ID, NameSv: name, Type: organisation.Department}))(w.t)
}

// as gives the context of a role in a municipality.
func (w *world) as(m *organisation.Municipality, role access.Role) context.Context {
	return access.With(w.t.Context(), access.Caller{Kind: access.User, ID: "prov", Function: "prov", Municipality: m.ID, Roles: []access.Role{role}})
}

// token gives the context of a token of a role in a municipality.
func (w *world) token(m *organisation.Municipality, role access.Role, scopes ...access.Scope) context.Context {
	c := access.From(w.as(m, role))
	c.Kind, c.Scopes = access.Token, scopes
	return access.With(w.t.Context(), c)
}

func ptr[T any](v T) *T { return &v }

// found is an e-service in a status, as it is registered when it exists already.
func (w *world) found(name string, status eservice.Status) eservice.EService {
	e := eservice.EService{
		MunicipalityID: w.home.ID, OwnerUnitID: w.office.ID, NameSv: name, Status: status,
		FoundSource: ptr("Plattformen"), FoundReason: ptr("Fanns i drift"),
	}
	if status == eservice.Retired {
		e.RetiredOn, e.RetirementReason = ptr(date.Of(w.now())), ptr("Används inte")
	}
	return e
}

func (w *world) create(e eservice.EService) *eservice.EService {
	w.t.Helper()
	return must(w.catalogue.Create(w.ctx, e))(w.t)
}

// read gives an e-service as it is now.
func (w *world) read(e *eservice.EService) *eservice.EService {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	now := must(session.Present(w.ctx))(w.t)
	return must(w.catalogue.ByID(w.ctx, now, []uuid.UUID{e.ID}))(w.t)[e.ID]
}

// changes gives the number of the newest change.
func (w *world) changes() int64 {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	return must(session.Present(w.ctx))(w.t).Change
}

// untilOneWaits goes on when some other write waits for the one under way, or has answered.
func (w *world) untilOneWaits(answered func() bool) {
	w.t.Helper()
	for waits := 0; waits == 0 && !answered(); time.Sleep(5 * time.Millisecond) {
		w.reads(func(now *postgres.Snapshot) {
			waits = must(postgres.Values[int](w.ctx, now, "SELECT count(*)::int FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database()", nil))(w.t)[0]
		})
	}
}

// broken fails the test unless err is INVALID faults of exactly the rules.
func broken(t *testing.T, err error, rules ...string) {
	t.Helper()
	var got []string
	for _, f := range fault.All(err) {
		if f.Code != fault.Invalid || f.Sv == "" || f.En == "" {
			t.Errorf("the fault %+v is not INVALID in two languages", f)
		}
		got = append(got, f.Rule)
	}
	slices.Sort(got)
	slices.Sort(rules)
	if !slices.Equal(got, rules) {
		t.Errorf("the error %v breaks %q, want %q", err, got, rules)
	}
}
