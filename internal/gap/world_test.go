package gap_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/date"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

// rules are those under test: all but the one that a test run takes away.
func rules() []gap.Rule {
	return slices.DeleteFunc(app.GapRules(), func(r gap.Rule) bool { return r.Code == os.Getenv(withoutVariable) })
}

// clock is the tests' time of day and date, moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) to(day string) {
	d, err := date.Parse(day)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = d.At(12, 0)
}

func (c *clock) addDays(n int) { c.to(date.Of(c.now()).AddDays(n).String()) }

// world is a database with one municipality, two units and the services over it.
type world struct {
	t            *testing.T
	ctx          context.Context
	clock        *clock
	data         dbtest.Database
	db           *postgres.DB
	gaps         *gap.Service
	organisation *organisation.Service
	catalogue    *eservice.Service

	home   *organisation.Municipality
	office *organisation.Unit
	other  *organisation.Unit
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), clock: &clock{}, data: dbtest.New(t)}
	w.clock.to("2024-03-15")
	w.db = w.data.Open(t, w.clock.now)
	w.gaps = services(w.db)
	w.organisation = &organisation.Service{Journal: w.gaps.Journal}
	w.catalogue = &eservice.Service{Journal: w.gaps.Journal, Gaps: w.gaps}
	w.home = must(w.organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", DiaryPatterns: []string{"ORGAN YEAR/SERIAL"}, IsExample: true}))(t)
	w.office = w.unit("Kontoret", nil)
	w.other = w.unit("Andra kontoret", nil)
	w.wholeDocument(func(d *document.GoverningDocument) {
		d.TitleSv, d.Kind = "Strategi för e-tjänster", document.Strategy
	})
	// No example once all is there that it should have, so that nothing was ever missing.
	w.home = must(w.organisation.UpdateMunicipality(w.ctx, w.home.ID, w.home.Version, func(m *organisation.Municipality) { m.IsExample = false }))(t)
	return w
}

// services are gaps over a database, kept by every write.
func services(db *postgres.DB) *gap.Service {
	gaps := &gap.Service{Rules: rules(), Objects: app.GapObjects(), Journal: &history.Journal{DB: db}}
	gaps.Journal.Keep = []history.Keeper{gaps.Keep}
	return gaps
}

// must gives a function's value, and fails the test for its error.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) unit(name string, parent *uuid.UUID) *organisation.Unit {
	w.t.Helper()
	return must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: name, Type: organisation.Department, ParentID: parent}))(w.t)
}

// setUnit changes a unit, whatever its version.
func (w *world) setUnit(id uuid.UUID, set func(*organisation.Unit)) {
	w.t.Helper()
	must(w.organisation.UpdateUnit(w.ctx, id, w.version("unit", id), set))(w.t)
}

// complete is an e-service in use that no rule finds anything to say of.
func (w *world) complete() eservice.EService {
	level, contact, way, status := eservice.EIDLevel("SUBSTANTIAL"), "katalogredaktör", "Ring kontaktcenter", eservice.AccessibilityStatus("FULL")
	summary, url, data, basis := "Ansök om plats", "https://example.se/plats", eservice.PersonalData("ORDINARY"), "Skollagen 8 kap."
	signsIn := true
	source, reason, today := "Plattformen", "Fanns i drift", date.Of(w.clock.now())
	return eservice.EService{
		MunicipalityID: w.home.ID, OwnerUnitID: w.office.ID, NameSv: "Plats i förskola", Status: eservice.Live,
		FoundSource: &source, FoundReason: &reason, LaunchedOn: &today, Published: true,
		ContactFunction: &contact, AlternativeChannelSv: &way, AccessibilityStatus: &status, SummarySv: &summary, URL: &url,
		Audiences: []eservice.Audience{"PRIVATE_PERSON"}, PersonalData: &data, LegalBasis: &basis, LegalBasisVerifiedOn: &today,
		RequiresAuthentication: &signsIn, EIDLevel: &level,
	}
}

// service registers a complete e-service but for what set changes.
func (w *world) service(set func(*eservice.EService)) *eservice.EService {
	w.t.Helper()
	e := w.complete()
	set(&e)
	return must(w.catalogue.Create(w.ctx, e))(w.t)
}

func (w *world) set(id uuid.UUID, set func(*eservice.EService)) {
	w.t.Helper()
	must(w.catalogue.Update(w.ctx, id, w.version("e_service", id), set))(w.t)
}

// read runs fn on the newest state.
func (w *world) read(fn func(r *postgres.Snapshot) error) {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	snap, err := session.Present(w.ctx)
	if err == nil {
		err = fn(snap)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) version(table string, id uuid.UUID) int {
	w.t.Helper()
	var versions []int
	w.read(func(r *postgres.Snapshot) (err error) {
		versions, err = postgres.Values[int](w.ctx, r, "SELECT x.version FROM "+table+" x WHERE x.id = @id", postgres.Args{"id": id})
		return err
	})
	return versions[0]
}

// sweep runs the daily run over all gaps.
func (w *world) sweep() bool {
	w.t.Helper()
	return must(w.gaps.SweepDaily(w.ctx))(w.t)
}

// list reads all gaps that the caller sees, one page after the other.
func (w *world) list(ctx context.Context, f gap.Filter) []*gap.Gap {
	w.t.Helper()
	var all []*gap.Gap
	w.read(func(r *postgres.Snapshot) error {
		size := 100
		for a := (page.Args{First: &size}); ; {
			c, err := w.gaps.List(ctx, r, f, "CODE", false, a)
			if err != nil {
				return err
			}
			all = append(all, c.Nodes()...)
			if !c.PageInfo.HasNextPage {
				return nil
			}
			a.After = c.PageInfo.EndCursor
		}
	})
	return all
}

// shown tells whether the record has the gap, and since when.
func (w *world) shown(code string, id uuid.UUID) (since time.Time, is bool) {
	w.t.Helper()
	for _, g := range w.list(w.ctx, gap.Filter{Codes: []string{code}}) {
		if g.ObjectID == id {
			return g.Since, true
		}
	}
	return time.Time{}, false
}

// episode is one stretch of time that a record broke a rule.
type episode struct {
	ID     uuid.UUID  `db:"id"`
	Rule   string     `db:"rule"`
	Object uuid.UUID  `db:"object_id"`
	Opened time.Time  `db:"opened_at"`
	Closed *time.Time `db:"closed_at"`
}

// episodes are those of a record by a rule, the oldest first.
func (w *world) episodes(code string, id uuid.UUID) []*episode {
	w.t.Helper()
	var all []*episode
	w.read(func(r *postgres.Snapshot) (err error) {
		all, err = postgres.All[episode](w.ctx, r, "SELECT "+postgres.Columns[episode]("x")+" FROM gap_episode x WHERE x.rule = @rule AND x.object_id = @id ORDER BY x.opened_at, x.closed_at",
			postgres.Args{"rule": code, "id": id})
		return err
	})
	return all
}

// open lists the open episodes as "rule record".
func (w *world) open() []string {
	w.t.Helper()
	var all []string
	w.read(func(r *postgres.Snapshot) (err error) {
		all, err = postgres.Values[string](w.ctx, r, "SELECT x.rule || ' ' || x.object_id FROM gap_episode x WHERE x.closed_at IS NULL", nil)
		return err
	})
	slices.Sort(all)
	return all
}

// computed lists the gaps of the records as they are, likewise: with those that are
// waived the list is never what is remembered.
func (w *world) computed() []string {
	w.t.Helper()
	var all []string
	for _, g := range w.list(w.ctx, gap.Filter{Waived: true}) {
		if g.WaiverID == nil {
			all = append(all, fmt.Sprintf("%s %s", g.Rule, g.ObjectID))
		}
	}
	slices.Sort(all)
	return all
}

func ptr[T any](v T) *T { return &v }

func day(text string) *date.Date {
	d, err := date.Parse(text)
	if err != nil {
		panic(err)
	}
	return &d
}
