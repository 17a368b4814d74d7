package link_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
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
	"fardplan/internal/link"
	"fardplan/internal/linkcheck"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// world is a municipality whose e-services lie at one server, with a clock of its own.
type world struct {
	t         *testing.T
	ctx       context.Context
	db        *postgres.DB
	catalogue *eservice.Service
	gaps      *gap.Service
	links     *link.Service
	home      *organisation.Municipality
	unit      *organisation.Unit

	mu     sync.Mutex
	at     time.Time
	status map[string]int    // of each path; 200 when not given
	moved  map[string]string // where each path leads for good
	asked  []string
	down   bool
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.URL.Path == "/robots.txt" {
		rw.WriteHeader(404)
		return
	}
	w.asked = append(w.asked, r.URL.Path)
	if to := w.moved[r.URL.Path]; to != "" {
		http.Redirect(rw, r, to, http.StatusMovedPermanently)
		return
	}
	if status := w.status[r.URL.Path]; status != 0 {
		rw.WriteHeader(status)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), at: time.Date(2026, 3, 16, 2, 0, 0, 0, time.UTC), status: map[string]int{}, moved: map[string]string{}}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	data := dbtest.New(t)
	w.db = data.Open(t, w.now)
	journal := &history.Journal{DB: w.db}
	w.gaps = &gap.Service{Rules: link.GapRules(), Objects: append(organisation.GapObjects(), eservice.GapObjects()...), Journal: journal}
	journal.Keep = []history.Keeper{w.gaps.Keep}
	w.catalogue = &eservice.Service{Journal: journal, Gaps: w.gaps}
	w.links = &link.Service{Journal: journal, Catalogue: w.catalogue, Options: linkcheck.Options{
		Resolver: w,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			w.mu.Lock()
			down := w.down
			w.mu.Unlock()
			if down {
				return nil, errors.New("cut off")
			}
			return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
		},
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}}
	o := &organisation.Service{Journal: journal}
	w.home = must(o.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping"}))(t)
	w.unit = must(o.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Kontoret", Type: organisation.Department}))(t)
	return w
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ptr[T any](v T) *T { return &v }

// service registers an e-service in use at a path of the server.
func (w *world) service(path string) *eservice.EService {
	w.t.Helper()
	return must(w.catalogue.Create(w.ctx, eservice.EService{
		MunicipalityID: w.home.ID, OwnerUnitID: w.unit.ID, NameSv: "E-tjänst " + path, Status: eservice.Live,
		FoundSource: ptr("Plattformen"), FoundReason: ptr("Fanns i drift"), URL: ptr("http://prov.se" + path),
	}))(w.t)
}

// night checks all links, a day after the last time.
func (w *world) night() link.Counts {
	w.t.Helper()
	w.later(24 * time.Hour)
	return must(w.links.CheckAll(w.ctx, w.home.ID))(w.t)
}

func (w *world) read(fn func(*postgres.Snapshot) error) {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	now, err := session.Present(w.ctx)
	if err == nil {
		err = fn(now)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// of gives what is known of an e-service's own address; nil when nothing is.
func (w *world) of(id uuid.UUID) (c *link.Visited) {
	w.t.Helper()
	w.read(func(r *postgres.Snapshot) error {
		all, err := w.links.OfEach(w.ctx, r, []uuid.UUID{id})
		if len(all[id]) > 0 {
			c = all[id][0]
		}
		return err
	})
	return c
}

// broken lists the rules that e-services break, heaviest first.
func (w *world) broken() (codes []string) {
	w.t.Helper()
	w.read(func(r *postgres.Snapshot) error {
		c, err := w.gaps.List(w.ctx, r, gap.Filter{}, gap.Heaviest, true, page.Args{})
		if err == nil {
			for _, g := range c.Nodes() {
				codes = append(codes, g.Rule)
			}
		}
		return err
	})
	return codes
}

func (w *world) change() (n int64) {
	w.read(func(r *postgres.Snapshot) error { n = r.Change; return nil })
	return n
}

func TestANightThatFindsNothingNewMakesNoChange(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/a", "/b", "/c"} {
		w.service(path)
	}
	w.status["/b"], w.moved["/c"] = 404, "http://prov.se/ny"
	if c := w.night(); c != (link.Counts{Asked: 3, OK: 1, Warning: 1, Broken: 1}) {
		t.Errorf("the first night gives %+v", c)
	}
	if got := w.broken(); !slices.Equal(got, []string{"ESERVICE_LINK_BROKEN", "ESERVICE_LINK_REDIRECTED"}) {
		t.Errorf("gaps %v", got)
	}
	before := w.change()
	if c := w.night(); c.Asked != 3 || w.change() != before {
		t.Errorf("the second night asked %d and made %d changes", c.Asked, w.change()-before)
	}
	if c := must(w.links.CheckAll(w.ctx, w.home.ID))(t); c.Asked != 0 {
		t.Errorf("the same night asks %d again", c.Asked)
	}
	w.status["/b"] = 0
	if w.night(); w.change() != before+1 || !slices.Equal(w.broken(), []string{"ESERVICE_LINK_REDIRECTED"}) {
		t.Errorf("one mended link makes %d changes, and leaves %v", w.change()-before, w.broken())
	}
}

func TestWhatMayPassIsBrokenOnlyAfterThreeNights(t *testing.T) {
	w := newWorld(t)
	e := w.service("/a")
	w.night()
	w.down = true
	for night, want := range []linkcheck.Verdict{linkcheck.Warning, linkcheck.Warning, linkcheck.Broken, linkcheck.Broken} {
		w.night()
		if c := w.of(e.ID); c.Verdict != want || *c.Cause != linkcheck.ConnectionFailed || c.FirstFailedAt == nil || c.CheckedAt == nil || !c.CheckedAt.Equal(w.now()) {
			t.Errorf("night %d: %+v, want %s", night+1, c, want)
		}
	}
	if !slices.Equal(w.broken(), []string{"ESERVICE_LINK_BROKEN"}) {
		t.Errorf("gaps %v", w.broken())
	}
	w.down = false
	if w.night(); w.of(e.ID).Verdict != linkcheck.OK || w.of(e.ID).FirstFailedAt != nil || len(w.broken()) != 0 {
		t.Errorf("when the server is back: %+v, %v", w.of(e.ID), w.broken())
	}
	// Many checks in one day prove nothing of a server that is down for a day.
	w.down = true
	for range 6 {
		w.later(time.Hour)
		must(w.links.CheckServices(w.ctx, []uuid.UUID{e.ID}))(t)
	}
	if c := w.of(e.ID); c.Verdict != linkcheck.Warning {
		t.Errorf("six failures in a day are %s", c.Verdict)
	}
}

// TestAFaultOfItsOwn holds that a fault in the program ends the run of links alone.
func TestAFaultOfItsOwn(t *testing.T) {
	w := newWorld(t)
	w.service("/a")
	w.links.Options.Wait = func(context.Context, time.Duration) error { panic("ett fel") }
	if _, err := w.links.CheckAll(w.ctx, w.home.ID); err == nil || !strings.Contains(err.Error(), "ett fel") || !strings.Contains(err.Error(), "link_test.go") {
		t.Errorf("it ends with %v", err)
	}
}

func TestACheckOfAnEarlierAddressDoesNotCount(t *testing.T) {
	w := newWorld(t)
	e := w.service("/a")
	w.status["/a"] = 404
	w.night()
	e = must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.URL = ptr("http://prov.se/b") }))(t)
	if w.of(e.ID) != nil || len(w.broken()) != 0 {
		t.Errorf("of the old address: %+v, %v", w.of(e.ID), w.broken())
	}
	if w.night(); w.of(e.ID).Verdict != linkcheck.OK || w.of(e.ID).Address != "http://prov.se/b" {
		t.Errorf("of the new address: %+v", w.of(e.ID))
	}
	// Neither does one of an e-service that is no longer in use.
	w.status["/b"] = 404
	if w.night(); len(w.broken()) != 1 {
		t.Errorf("gaps %v", w.broken())
	}
	must(w.catalogue.Archive(w.ctx, e.ID, e.Version, ""))(t)
	if c := w.night(); c.Asked != 0 || len(w.broken()) != 0 {
		t.Errorf("of an archived one %d are asked, and %v", c.Asked, w.broken())
	}
}

func TestTheSuggestedAddressIsTaken(t *testing.T) {
	w := newWorld(t)
	e := w.service("/a")
	w.moved["/a"] = "http://prov.se/ny"
	if _, err := w.links.Apply(w.ctx, e.ID, link.URL, 1); len(fault.All(err)) != 1 || fault.All(err)[0].Rule != "no_suggestion" {
		t.Errorf("before the check: %v", err)
	}
	w.night()
	if _, err := w.links.Apply(w.ctx, e.ID, link.URL, 7); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a stale version: %v", err)
	}
	if got := must(w.links.Apply(w.ctx, e.ID, link.URL, 1))(t); *got.URL != "http://prov.se/ny" || got.Version != 2 {
		t.Errorf("taken as %+v", got)
	}
	if _, err := w.links.Apply(w.ctx, e.ID, link.URL, 2); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("taken twice: %v", err)
	}
}

func TestWhoMayHaveLinksChecked(t *testing.T) {
	w := newWorld(t)
	e := w.service("/a")
	for _, c := range []struct {
		roles []access.Role
		of    uuid.UUID
		code  fault.Code
	}{
		{[]access.Role{access.CatalogueEditor}, w.home.ID, ""},
		{[]access.Role{access.Director}, w.home.ID, fault.Forbidden},
		{[]access.Role{access.CatalogueEditor}, uuid.New(), fault.Invalid}, // it does not see the e-service
	} {
		ctx := access.With(t.Context(), access.Caller{Kind: access.User, ID: "prov", Municipality: c.of, Roles: c.roles})
		if _, err := w.links.CheckServices(ctx, []uuid.UUID{e.ID}); (err == nil) != (c.code == "") || err != nil && fault.CodeOf(err) != c.code {
			t.Errorf("%v: %v, want %q", c.roles, err, c.code)
		}
	}
	if _, err := w.links.CheckServices(w.ctx, make([]uuid.UUID, 21)); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("too many at once: %v", err)
	}
	asked := len(w.asked)
	must(w.links.CheckServices(w.ctx, []uuid.UUID{e.ID}))(t)
	if len(w.asked) != asked {
		t.Error("a server is asked again at once")
	}
}

func TestARunThatIsStoppedIsTakenUpWhereItWas(t *testing.T) {
	w := newWorld(t)
	e := w.service("/a")
	w.service("/b")
	must(w.links.CheckServices(w.ctx, []uuid.UUID{e.ID}))(t)
	w.later(time.Hour)
	w.asked = nil
	if c := must(w.links.CheckAll(w.ctx, w.home.ID))(t); c.Asked != 1 || !slices.Contains(w.asked, "/b") || slices.Contains(w.asked, "/a") {
		t.Errorf("%d are asked: %v", c.Asked, w.asked)
	}
}

func TestGapsWeighAsTheirUse(t *testing.T) {
	w := newWorld(t)
	little, much := w.service("/little"), w.service("/much")
	w.status["/little"], w.moved["/much"] = 404, "http://prov.se/ny"
	w.night()
	if got := w.broken(); !slices.Equal(got, []string{"ESERVICE_LINK_BROKEN", "ESERVICE_LINK_REDIRECTED"}) {
		t.Errorf("without figures: %v", got)
	}
	last := date.Of(w.now()).FirstOfMonth().AddDays(-1).FirstOfMonth()
	for id, cases := range map[uuid.UUID]int{little.ID: 10, much.ID: 100} {
		must(w.catalogue.RecordUsage(w.ctx, id, []eservice.Usage{{Month: last, Cases: cases, Source: eservice.ByHand}}))(t)
	}
	// 1 × 101 cases weighs more than 9 × 11.
	if got := w.broken(); !slices.Equal(got, []string{"ESERVICE_LINK_REDIRECTED", "ESERVICE_LINK_BROKEN"}) {
		t.Errorf("with figures: %v", got)
	}
	if got := gap.Weight(gap.High, 10); got != 99 {
		t.Errorf("weight %d", got)
	}
}
