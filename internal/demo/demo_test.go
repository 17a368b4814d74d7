package demo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/search"
)

func options(d dbtest.Database) Options {
	return Options{URL: d.URL, ReadURL: d.ReadURL, Today: someday}
}

// loaded is a database with the demonstration.
type loaded struct {
	dbtest.Database
	summary Summary
	owner   *pgx.Conn
	db      *postgres.DB
	gaps    *gap.Service
	search  *search.Service
	units   *organisation.Service
	catalog *eservice.Service
}

// TestDemo loads the demonstration once and looks at it from several sides.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("loads the demonstration twice, one change after another")
	}
	d := dbtest.New(t)
	summary, err := Load(t.Context(), options(d))
	if err != nil {
		t.Fatal(err)
	}
	db := d.Open(t, func() time.Time { return someday })
	s := app.NewServices(db, access.Policy{}, app.GapRules())
	l := &loaded{
		Database: d, summary: summary, owner: d.Owner(t), db: db, gaps: s.Gaps, units: s.Organisation, search: s.Search, catalog: s.EServices,
	}
	t.Run("counts what it made", l.counts)
	t.Run("has the seven municipalities' catalogues", l.catalogues)
	t.Run("has every status, visibility and way of leaving", l.variety)
	t.Run("closes units and forgets some e-services", l.closedUnits)
	t.Run("says who did what by function and why", l.functions)
	t.Run("has figures that follow the year", l.use)
	t.Run("shows every gap rule of e-services", l.rules)
	t.Run("keeps the episodes that a full computation gives", l.episodes)
	t.Run("answers what citizens type", l.citizensFind)
	t.Run("a year ago had fewer e-services and a unit's old name", l.yearAgo)
	t.Run("ends with what a director asks for", l.ending)
	t.Run("a second load does nothing", l.again)
	t.Run("a load that is broken off goes on to the same end", l.resumed)
}

// values reads the single text column of a statement.
func values(t *testing.T, c *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, err := c.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func count(t *testing.T, c *pgx.Conn, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := c.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (l *loaded) counts(t *testing.T) {
	s := l.summary
	if s.Municipalities != 13 || s.Units != 107 || s.SharedServices != 40 || !s.Loaded {
		t.Errorf("loaded %+v", s)
	}
	if n := count(t, l.owner, "SELECT count(*) FROM e_service"); n != s.EServices || n < 550 {
		t.Errorf("%d e-services, and the summary says %d", n, s.EServices)
	}
	if n := count(t, l.owner, "SELECT number FROM change_head"); n != s.Changes || n < 600 || n > 750 {
		t.Errorf("%d changes, and the summary says %d", n, s.Changes)
	}
	if !s.Last.Equal(someday) || s.First.After(someday.AddDate(-2, 0, 0)) {
		t.Errorf("from %s to %s", s.First, s.Last)
	}
}

func (l *loaded) catalogues(t *testing.T) {
	got := values(t, l.owner, "SELECT scb_code FROM municipality WHERE is_example ORDER BY 1")
	if want := []string{"0561", "0562", "0580", "0582", "0583", "0586"}; !slices.Equal(got, want) {
		t.Errorf("the examples are %v, not %v", got, want)
	}
	got = values(t, l.owner, "SELECT DISTINCT m.scb_code FROM e_service e JOIN municipality m ON m.id = e.municipality_id ORDER BY 1")
	if want := []string{"0561", "0562", "0580", "0581", "0582", "0583", "0586"}; !slices.Equal(got, want) {
		t.Errorf("the catalogues are of %v, not %v", got, want)
	}
	if n := count(t, l.owner, "SELECT count(*) FROM collaboration_member x JOIN collaboration c ON c.id = x.collaboration_id WHERE c.name_sv = 'Cesam Öst' AND x.is_example AND x.source LIKE '%påhittat%'"); n != 6 {
		t.Errorf("Cesam Öst has %d members that are examples", n)
	}
	if n := count(t, l.owner, "SELECT count(*) FROM collaboration_member x JOIN municipality m ON m.id = x.municipality_id WHERE m.is_home AND NOT x.is_example AND x.source LIKE '%KR-2017/0039%'"); n != 1 {
		t.Errorf("the home municipality is a member %d times", n)
	}
	if n := count(t, l.owner, "SELECT count(DISTINCT e.municipality_id) FROM e_service e JOIN shared_service s ON s.id = e.shared_service_id WHERE s.municipality_id <> e.municipality_id"); n < 6 {
		t.Errorf("%d municipalities use another one's shared services", n)
	}
	// The home municipality keeps its catalogue best.
	best := values(t, l.owner, `SELECT m.scb_code FROM e_service e JOIN municipality m ON m.id = e.municipality_id
		LEFT JOIN gap_episode g ON g.object_id = e.id AND g.closed_at IS NULL
		GROUP BY m.scb_code ORDER BY count(g.id)::numeric / count(DISTINCT e.id) LIMIT 1`)
	if best[0] != home {
		t.Errorf("%s has the fewest gaps an e-service", best[0])
	}
}

func (l *loaded) variety(t *testing.T) {
	for _, column := range []struct{ name, codes string }{{"status", "STATUS"}, {"visibility", "VISIBILITY"}, {"accessibility_status", "ACCESSIBILITY_STATUS"}, {"personal_data", "PERSONAL_DATA"}} {
		there := values(t, l.owner, "SELECT DISTINCT "+column.name+" FROM e_service WHERE "+column.name+" IS NOT NULL")
		for _, c := range eservice.Codes()[column.codes] {
			if !slices.Contains(there, c.Value) {
				t.Errorf("no e-service has %s %s", column.name, c.Value)
			}
		}
	}
	for what, condition := range map[string]string{
		"planned to launch later":         "x.status = 'PLANNED' AND x.planned_launch > '2026-06-15'",
		"slipped":                         "x.status IN ('PLANNED', 'IN_DEVELOPMENT', 'PILOT') AND x.planned_launch < '2026-05-15'",
		"retired and replaced":            "x.status = 'RETIRED' AND x.replaced_by_id IS NOT NULL",
		"found and not published":         "x.status = 'LIVE' AND NOT x.published AND x.found_source IS NOT NULL AND cardinality(x.audiences) = 0",
		"unpublished again":               "NOT x.published AND x.status = 'LIVE' AND x.first_published_at IS NOT NULL",
		"archived":                        "x.archived_at IS NOT NULL",
		"renamed":                         "EXISTS (SELECT FROM history.e_service h WHERE h.id = x.id AND h.name_sv <> x.name_sv)",
		"taken back from a pilot":         "EXISTS (SELECT FROM history.e_service h JOIN history.e_service n ON n.id = h.id AND n.changed_in = h.ended_in WHERE h.id = x.id AND h.status = 'PILOT' AND n.status = 'IN_DEVELOPMENT')",
		"published, hidden and published": "x.published AND EXISTS (SELECT FROM history.e_service h WHERE h.id = x.id AND NOT h.published AND h.first_published_at IS NOT NULL)",
		"with an English name":            "x.name_en IS NOT NULL AND x.summary_en IS NOT NULL",
	} {
		if n := count(t, l.owner, "SELECT count(*) FROM e_service x WHERE "+condition); n == 0 {
			t.Errorf("no e-service is %s", what)
		}
	}
}

func (l *loaded) closedUnits(t *testing.T) {
	got := values(t, l.owner, `SELECT m.scb_code || ' ' || u.name_sv || ' ' || (u.successor_id IS NOT NULL)::text FROM unit u JOIN municipality m ON m.id = u.municipality_id
		WHERE u.valid_to < '2026-06-15' AND EXISTS (SELECT FROM e_service e WHERE e.owner_unit_id = u.id AND e.status = 'LIVE') ORDER BY 1`)
	if want := []string{"0581 Webbgruppen true", "0583 Turistbyrån true", "0586 Näringslivsenheten false"}; !slices.Equal(got, want) {
		t.Errorf("the closed units that own e-services are %v, not %v", got, want)
	}
	if n := count(t, l.owner, `SELECT count(DISTINCT h.id) FROM history.e_service h JOIN e_service e ON e.id = h.id JOIN unit u ON u.id = h.owner_unit_id
		WHERE u.name_sv IN ('Webbgruppen', 'Turistbyrån') AND e.owner_unit_id = u.successor_id`); n < 3 {
		t.Errorf("%d e-services moved to a successor", n)
	}
}

func (l *loaded) functions(t *testing.T) {
	got := values(t, l.owner, "SELECT DISTINCT actor_function FROM change WHERE actor_kind = 'USER' ORDER BY 1")
	if want := []string{"administratör", "digitaliseringsdirektör", "katalogredaktör", "projektredaktör"}; !slices.Equal(got, want) {
		t.Errorf("the functions are %v, not %v", got, want)
	}
	if n := count(t, l.owner, "SELECT count(*) FROM change WHERE comment = '' OR actor_kind = 'USER' AND (municipality_id IS NULL OR actor_id NOT LIKE 'demo:____:%')"); n != 0 {
		t.Errorf("%d changes lack a reason or a municipality", n)
	}
	if n := count(t, l.owner, "SELECT count(*) FROM (SELECT at - lag(at) OVER (ORDER BY number) AS step FROM change) x WHERE step < interval '0'"); n != 0 {
		t.Errorf("%d changes are earlier than the one before", n)
	}
	if n := count(t, l.owner, "SELECT count(DISTINCT date_trunc('month', at)) FROM change"); n < 24 {
		t.Errorf("the changes are of %d months", n)
	}
}

func (l *loaded) use(t *testing.T) {
	const months = `SELECT count(DISTINCT y.month) FROM e_service_usage y JOIN e_service e ON e.id = y.e_service_id JOIN municipality m ON m.id = e.municipality_id WHERE m.scb_code = $1`
	for _, p := range slices.Sorted(maps.Keys(profiles)) {
		if n := count(t, l.owner, months, p); n < 18 || n > 24 {
			t.Errorf("%s has figures of %d months", p, n)
		}
	}
	peak := values(t, l.owner, `SELECT to_char(y.month, 'MM') FROM e_service_usage y JOIN e_service e ON e.id = y.e_service_id JOIN municipality m ON m.id = e.municipality_id
		WHERE e.slug = 'skolskjuts' AND m.scb_code = '0581' ORDER BY y.cases DESC LIMIT 1`)
	if len(peak) != 1 || peak[0] < "03" || peak[0] > "05" {
		t.Errorf("school transport peaks in month %v", peak)
	}
	larger := count(t, l.owner, "SELECT sum(cases) FROM e_service_usage y JOIN municipality m ON m.id = y.municipality_id WHERE m.scb_code = '0581'")
	smaller := count(t, l.owner, "SELECT sum(cases) FROM e_service_usage y JOIN municipality m ON m.id = y.municipality_id WHERE m.scb_code = '0561'")
	if larger < 10*smaller {
		t.Errorf("Norrköping has %d cases and Åtvidaberg %d", larger, smaller)
	}
	if n := count(t, l.owner, "SELECT count(*) FROM e_service e WHERE e.status = 'LIVE' AND NOT EXISTS (SELECT FROM e_service_usage y WHERE y.e_service_id = e.id)"); n == 0 {
		t.Error("every live e-service has figures; some are to lack them")
	}
	if n := count(t, l.owner, "SELECT count(*) FROM e_service_usage WHERE version > 1"); n == 0 {
		t.Error("no figures were corrected")
	}
	if n := count(t, l.owner, "SELECT count(*) FROM e_service_usage y JOIN e_service e ON e.id = y.e_service_id WHERE y.month < date_trunc('month', e.launched_on)"); n != 0 {
		t.Errorf("%d figures are of months before the launch", n)
	}
}

func (l *loaded) rules(t *testing.T) {
	open := values(t, l.owner, "SELECT DISTINCT rule FROM gap_episode WHERE closed_at IS NULL")
	closed := values(t, l.owner, "SELECT DISTINCT rule FROM gap_episode WHERE closed_at IS NOT NULL")
	for _, r := range eservice.GapRules() {
		if !slices.Contains(open, r.Code) {
			t.Errorf("no e-service has the gap %s", r.Code)
		}
	}
	for _, code := range []string{"ESERVICE_NO_AUDIENCE", "ESERVICE_UNPUBLISHED", "ESERVICE_A11Y_UNKNOWN", "ESERVICE_STALE_365", "MUNICIPALITY_NO_DIARY_PATTERN"} {
		if !slices.Contains(closed, code) {
			t.Errorf("no gap %s was closed in the story", code)
		}
	}
}

// episodes compares what the rules give of the records with what the changes kept.
func (l *loaded) episodes(t *testing.T) {
	ctx := access.With(t.Context(), access.SystemCaller("test"))
	session := l.db.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var computed []string
	first := page.Most
	for a := (page.Args{First: &first}); ; {
		// With those that are waived the list is never what is remembered.
		c, err := l.gaps.List(ctx, now, gap.Filter{Waived: true}, "CODE", false, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range c.Nodes() {
			if g.WaiverID == nil {
				computed = append(computed, g.Rule+" "+g.ObjectID.String())
			}
		}
		if !c.PageInfo.HasNextPage {
			break
		}
		a.After = c.PageInfo.EndCursor
	}
	slices.Sort(computed)
	kept := values(t, l.owner, `SELECT rule || ' ' || object_id FROM gap_episode WHERE closed_at IS NULL ORDER BY (rule || ' ' || object_id) COLLATE "C"`)
	if !slices.Equal(computed, kept) {
		t.Errorf("%d gaps are computed and %d kept, and they differ", len(computed), len(kept))
	}
	if n := count(t, l.owner, "SELECT count(DISTINCT date_trunc('month', opened_at)) FROM gap_episode"); n < 20 {
		t.Errorf("the gaps opened in %d months of the story", n)
	}
	// What a date alone opens is found at the latest a month after.
	if n := count(t, l.owner, `SELECT count(*) FROM gap_episode g JOIN e_service e ON e.id = g.object_id
		WHERE g.rule = 'ESERVICE_STALE_365' AND g.closed_at IS NULL AND g.opened_at - e.updated_at NOT BETWEEN interval '365 days' AND interval '397 days'`); n != 0 {
		t.Errorf("%d stale e-services were found late", n)
	}
}

func (l *loaded) yearAgo(t *testing.T) {
	ctx := access.With(t.Context(), access.SystemCaller("test"))
	session := l.db.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		t.Fatal(err)
	}
	then, err := session.AsOf(ctx, someday.AddDate(-1, 0, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	published := true
	of := func(r postgres.Reader) int {
		c, err := l.catalog.List(ctx, r, eservice.Filter{Published: &published}, "NAME", false, page.Args{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := c.TotalCount(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if was, is := of(then), of(now); was < 100 || was >= is-20 {
		t.Errorf("%d e-services were published a year ago and %d are", was, is)
	}
	name := func(r postgres.Reader) []string {
		c, err := l.units.Units(ctx, r, organisation.UnitFilter{Municipalities: []string{"0583"}, Types: []organisation.UnitType{organisation.Department}, NameContains: "bildningsförvaltningen"}, "NAME", false, page.Args{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, u := range c.Nodes() {
			names = append(names, u.NameSv)
		}
		return names
	}
	if was, is := name(then), name(now); !slices.Equal(was, []string{"Barn- och utbildningsförvaltningen"}) || !slices.Equal(is, []string{"Bildningsförvaltningen"}) {
		t.Errorf("the department was called %v and is called %v", was, is)
	}
	old, err := l.units.Units(ctx, then, organisation.UnitFilter{Municipalities: []string{home}, NameContains: "Medborgarservice"}, "NAME", false, page.Args{})
	if err != nil {
		t.Fatal(err)
	}
	if units := old.Nodes(); len(units) != 1 || units[0].NameSv != "Medborgarservice" {
		t.Errorf("a year ago the contact centre was not called Medborgarservice: %v", units)
	}
}

func (l *loaded) again(t *testing.T) {
	before := state(t, l.owner)
	o := options(l.Database)
	o.Today = someday.AddDate(0, 0, 1)
	var told []string
	o.Progress = func(text string) { told = append(told, text) }
	summary, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := l.summary
	want.Loaded = false
	if summary.Loaded || summary.Changes != want.Changes || summary.EServices != want.EServices || !summary.Last.Equal(want.Last) {
		t.Errorf("the second load gives %+v", summary)
	}
	if len(told) != 0 {
		t.Errorf("the second load tells %q", told)
	}
	if after := state(t, l.owner); !maps.Equal(before, after) {
		t.Error("the second load changed something")
	}
}

// state is what a database holds, table by table, but for the ids that the database
// itself gives.
func state(t *testing.T, c *pgx.Conn) map[string]string {
	t.Helper()
	all := map[string]string{}
	rows := map[string]string{
		"change": "x", "history.e_service": "x", "history.unit": "x", "history.participation": "x", "history.initiative": "x",
		"gap_episode": "(x.rule, x.object_id, x.opened_at, x.closed_at, x.changed_in)",
	}
	for _, table := range new(step).tables() {
		rows[table.name] = "x"
	}
	for table, row := range rows {
		all[table] = values(t, c, "SELECT md5(coalesce(string_agg(line, E'\\n' ORDER BY line), '')) FROM (SELECT "+row+"::text AS line FROM "+table+" x) y")[0]
	}
	return all
}

func (l *loaded) resumed(t *testing.T) {
	d := dbtest.New(t)
	breakOff(t, d, 10)
	half := count(t, d.Owner(t), "SELECT number FROM change_head")
	if half < 50 || half > l.summary.Changes-50 {
		t.Fatalf("the load was broken off after %d changes", half)
	}
	// The story goes on up to the instant that it was begun for.
	o := options(d)
	o.Today = someday.AddDate(0, 0, 3)
	summary, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if summary != l.summary {
		t.Errorf("the resumed load gives %+v, the whole one %+v", summary, l.summary)
	}
	whole, resumed := state(t, l.owner), state(t, d.Owner(t))
	for table := range whole {
		if whole[table] != resumed[table] {
			t.Errorf("%s is not as after a whole load", table)
		}
	}
}

// breakOff loads some months of the story and stops.
func breakOff(t *testing.T, d dbtest.Database, months int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := options(d)
	o.Progress = func(string) {
		if months--; months == 0 {
			cancel()
		}
	}
	if _, err := Load(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("the load that is broken off gives %v", err)
	}
}

func TestRefusesADatabaseWithOtherChanges(t *testing.T) {
	for name, begin := range map[string]func(dbtest.Database){
		"of another kind":              func(dbtest.Database) {},
		"since a load was broken off":  func(d dbtest.Database) { breakOff(t, d, 3) },
		"under the load's own name":    func(dbtest.Database) {},
		"while a broken off load runs": func(d dbtest.Database) { breakOff(t, d, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			d := dbtest.New(t)
			begin(d)
			operation := "createMunicipality"
			if name == "under the load's own name" {
				operation = operationStep
			}
			journal := &history.Journal{DB: d.Open(t, nil)}
			write := func() {
				ctx := access.With(context.Background(), access.SystemCaller("test"))
				if err := journal.Write(ctx, operation, "", func(*postgres.Tx) error { return nil }); err != nil {
					t.Error(err)
				}
			}
			o := options(d)
			if name == "while a broken off load runs" {
				o.Progress = func(string) { write() }
			} else {
				write()
			}
			_, err := Load(t.Context(), o)
			faults := fault.All(err)
			if len(faults) != 1 || faults[0].Rule != "demo_not_empty" || faults[0].Sv == "" {
				t.Errorf("the load gives %v", err)
			}
		})
	}
}
