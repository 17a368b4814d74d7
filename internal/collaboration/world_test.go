package collaboration_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/record"
)

// world is a database with three municipalities, of which two collaborate, and the
// services over it. Today is 16 March 2026.
type world struct {
	t                      *testing.T
	ctx                    context.Context // of the program itself
	db                     *postgres.DB
	journal                *history.Journal
	organisation           *organisation.Service
	catalogue              *eservice.Service
	service                *collaboration.Service
	home, partner, outside *organisation.Municipality
	units                  map[uuid.UUID]*organisation.Unit // a board of each
	cesam                  *collaboration.Collaboration     // home and partner

	session *postgres.Session

	mu  sync.Mutex
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), units: map[uuid.UUID]*organisation.Unit{}, now: time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)}
	w.db = dbtest.New(t).Open(t, func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	})
	t.Cleanup(func() {
		if w.session != nil {
			w.session.Close()
		}
	})
	w.journal = &history.Journal{DB: w.db}
	gaps := &gap.Service{}
	w.organisation = &organisation.Service{Journal: w.journal}
	w.catalogue = &eservice.Service{Journal: w.journal, Gaps: gaps}
	w.service = &collaboration.Service{Keeper: record.Keeper{Journal: w.journal}, Gaps: gaps, Catalogue: w.catalogue}
	w.home, w.partner, w.outside = w.municipality("0581", "Norrköping"), w.municipality("0580", "Linköping"), w.municipality("0114", "Upplands Väsby")
	w.cesam = must(w.service.CreateCollaboration(w.ctx, collaboration.Collaboration{MunicipalityID: &w.home.ID, NameSv: "Cesam Öst"}))(t)
	for _, m := range []*organisation.Municipality{w.home, w.partner} {
		must(w.service.AddMember(w.ctx, collaboration.CollaborationMember{CollaborationID: w.cesam.ID, MunicipalityID: m.ID, ValidFrom: day("2020-01-01"), Source: "Avtal"}))(t)
	}
	return w
}

func (w *world) municipality(code, name string) *organisation.Municipality {
	w.t.Helper()
	m := must(w.organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: code, NameSv: name, IsHome: code == "0581"}))(w.t)
	w.units[m.ID] = must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: m.ID, NameSv: "Kommunstyrelsen", Type: organisation.ExecutiveBoard}))(w.t)
	return m
}

// on goes to another day.
func (w *world) on(d string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = day(d).At(12, 0)
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

func day(s string) date.Date {
	d, err := date.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

func ptr[T any](v T) *T { return &v }

// as is somebody with a role in a municipality, today.
func (w *world) as(m *organisation.Municipality, role access.Role) context.Context {
	w.t.Helper()
	partners := must(organisation.Partners(w.t.Context(), w.reading(), m.ID))(w.t)
	return access.With(w.t.Context(), access.Caller{Kind: access.User, ID: "prov", Function: "prov", Municipality: m.ID, Roles: []access.Role{role}, Partners: partners})
}

// reading gives the newest state, until the next is asked for.
func (w *world) reading() *postgres.Snapshot {
	w.t.Helper()
	if w.session != nil {
		w.session.Close()
	}
	w.session = w.db.Session()
	return must(w.session.Present(w.ctx))(w.t)
}

// refused fails unless the error is of the code, and of the rule where one is given.
func (w *world) refused(err error, code fault.Code, rule string) {
	w.t.Helper()
	all := fault.All(err)
	if !slices.ContainsFunc(all, func(f *fault.Error) bool { return f.Code == code && (rule == "" || f.Rule == rule) }) {
		w.t.Errorf("it is answered with %v, want %s %s", err, code, rule)
	}
}

// project is a shared project of the home municipality, shared within the collaboration.
func (w *world) project(code string, set ...func(*collaboration.SharedProject)) *collaboration.SharedProject {
	w.t.Helper()
	p := collaboration.SharedProject{MunicipalityID: w.home.ID, CollaborationID: &w.cesam.ID, Code: code, NameSv: code}
	for _, s := range set {
		s(&p)
	}
	return must(w.service.CreateProject(w.ctx, p))(w.t)
}

// found registers a project that is under way already.
func found(phase collaboration.ProjectPhase) func(*collaboration.SharedProject) {
	return func(p *collaboration.SharedProject) {
		p.Phase, p.FoundSource, p.FoundReason = phase, ptr("Granskningen 2017"), ptr("Pågår redan")
	}
}

// invite proposes a municipality's participation in a project.
func (w *world) invite(p *collaboration.SharedProject, m *organisation.Municipality) *collaboration.Participation {
	w.t.Helper()
	return must(w.service.Propose(w.ctx, collaboration.Participation{MunicipalityID: m.ID, SharedProjectID: p.ID, Role: "FULL_MEMBER"}))(w.t)
}

// decision registers a decision of a municipality's board, with columns set by SQL.
func (w *world) decision(m *organisation.Municipality, set string) uuid.UUID {
	w.t.Helper()
	id := uuid.Must(uuid.NewV7())
	err := w.journal.Write(w.ctx, "createDecision", "", func(tx *postgres.Tx) error {
		args := postgres.Args{"id": id, "m": m.ID, "unit": w.units[m.ID].ID}
		if _, err := tx.Exec(w.ctx, `INSERT INTO decision (id, municipality_id, body_unit_id, title_sv, type, diary_number) VALUES (@id, @m, @unit, 'Beslut', 'BOARD', 'KS 2026/0001')`, args); err != nil || set == "" {
			return err
		}
		_, err := tx.Exec(w.ctx, "UPDATE decision SET "+set+" WHERE id = @id", postgres.Args{"id": id})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// participation reads a participation as it is now.
func (w *world) participation(id uuid.UUID) *collaboration.Participation {
	w.t.Helper()
	return must(w.service.ParticipationsByID(w.ctx, w.reading(), []uuid.UUID{id}))(w.t)[id]
}
