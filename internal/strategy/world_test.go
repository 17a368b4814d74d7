package strategy_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/strategy"
)

// world is a database with two municipalities, each with its council and a department.
type world struct {
	t          *testing.T
	ctx        context.Context // of the program itself
	now        time.Time
	db         *postgres.DB
	session    *postgres.Session
	s          *strategy.Service
	services   *app.Services
	home, away *organisation.Municipality
	council    *organisation.Unit
	committee  *organisation.Unit
	office     *organisation.Unit
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), now: time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)}
	w.db = dbtest.New(t).Open(t, func() time.Time { return w.now })
	w.services = app.NewServices(w.db, access.Policy{}, app.GapRules())
	w.s = w.services.Strategy
	o := w.services.Organisation
	w.home = must(o.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true}))(t)
	w.away = must(o.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0562", NameSv: "Finspång"}))(t)
	unit := func(name string, kind organisation.UnitType) *organisation.Unit {
		return must(o.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: name, Type: kind}))(t)
	}
	w.council, w.committee, w.office = unit("Kommunfullmäktige", organisation.Council), unit("Nämnden", organisation.Committee), unit("Kontoret", organisation.Department)
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

// as gives the context of a role in a municipality.
func (w *world) as(m *organisation.Municipality, role access.Role) context.Context {
	return access.With(w.t.Context(), access.Caller{Kind: access.User, ID: "prov", Function: "prov", Municipality: m.ID, Roles: []access.Role{role}})
}

// reading gives the newest state, until the next is asked for.
func (w *world) reading() *postgres.Snapshot {
	w.t.Helper()
	if w.session != nil {
		w.session.Close()
	} else {
		w.t.Cleanup(func() { w.session.Close() })
	}
	w.session = w.db.Session()
	return must(w.session.Present(w.ctx))(w.t)
}

// exec writes a row of another domain.
func (w *world) exec(sql string, args postgres.Args) {
	w.t.Helper()
	if err := w.services.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) error {
		_, err := tx.Exec(w.ctx, sql, args)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

// decision registers a decision that a body has taken, or has only had put to it.
func (w *world) decision(body *organisation.Unit, taken bool) uuid.UUID {
	w.t.Helper()
	id := uuid.Must(uuid.NewV7())
	args := postgres.Args{"id": id, "m": body.MunicipalityID, "body": body.ID, "met": nil}
	if taken {
		args["met"] = *day("2026-03-01")
	}
	w.exec(`INSERT INTO decision (id, municipality_id, body_unit_id, title_sv, type, proposed_on, meeting_date) VALUES (@id, @m, @body, 'Beslut', 'COUNCIL', '2026-02-01', @met)`, args)
	return id
}

// project registers a shared project with a plan.
func (w *world) project(host *organisation.Municipality, code string, start, end *date.Date) uuid.UUID {
	w.t.Helper()
	id := uuid.Must(uuid.NewV7())
	w.exec(`WITH made AS (INSERT INTO shared_project (id, municipality_id, code, name_sv, phase, status, planned_start, planned_end, visibility)
			VALUES (@id, @m, @code, @code, 'IDEA', 'NOT_STARTED', @start, @end, 'PUBLIC'))
		INSERT INTO participation (id, municipality_id, shared_project_id, role, state, found_source, found_reason) VALUES (uuid_v7(), @m, @id, 'HOST', 'ACTIVE', 'Avtal', 'Fanns')`,
		postgres.Args{"id": id, "m": host.ID, "code": code, "start": start, "end": end})
	return id
}

// goal registers a goal that set changes.
func (w *world) goal(code string, set func(*strategy.Goal)) *strategy.Goal {
	w.t.Helper()
	g := strategy.Goal{MunicipalityID: w.home.ID, Code: code, TitleSv: "Mål " + code, Level: "DIRECTION"}
	if set != nil {
		set(&g)
	}
	return must(w.s.CreateGoal(w.ctx, g))(w.t)
}

// initiative registers an initiative with a plan.
func (w *world) initiative(title, start, end string) *strategy.Initiative {
	w.t.Helper()
	return must(w.s.CreateInitiative(w.ctx, strategy.Initiative{
		MunicipalityID: w.home.ID, TitleSv: title, Kind: "ACTIVITY", OwnerUnitID: &w.office.ID, PlannedStart: day(start), PlannedEnd: day(end),
	}))(w.t)
}

// waits has one initiative wait for another.
func (w *world) waits(before, after *strategy.Initiative) *strategy.Dependency {
	w.t.Helper()
	return must(w.s.CreateDependency(w.ctx, strategy.Dependency{MunicipalityID: w.home.ID, BeforeInitiativeID: &before.ID, AfterInitiativeID: &after.ID, Kind: "REQUIRES"}))(w.t)
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

func ptr[T any](v T) *T { return &v }

func day(text string) *date.Date {
	if text == "" {
		return nil
	}
	d, err := date.Parse(text)
	if err != nil {
		panic(err)
	}
	return &d
}
