package scale_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"fardplan/graph"
	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/config"
	"fardplan/internal/demo/scale"
	"fardplan/internal/observe"
	"fardplan/internal/postgres"
	"fardplan/internal/token"
)

// pages is the folder of the databases that TestPages fills and measures on.
var pages = flag.String("pages", "", "fill two databases in this folder and measure pages of lists on them")

// home is the municipality that the measurements ask as.
const home = "0581"

// tracer notes the statements that read, with their time.
type tracer struct {
	mu   sync.Mutex
	made []traced
}

type traced struct {
	sql   string
	args  postgres.Args
	began time.Time
	took  time.Duration
}

type tracedKey struct{}

func (r *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	q := &traced{sql: data.SQL, began: time.Now()}
	if len(data.Args) > 0 {
		q.args, _ = data.Args[0].(pgx.NamedArgs)
	}
	return context.WithValue(ctx, tracedKey{}, q)
}

func (r *tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	q := ctx.Value(tracedKey{}).(*traced)
	q.took = time.Since(q.began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made = append(r.made, *q)
}

func (r *tracer) take() []traced {
	r.mu.Lock()
	defer r.mu.Unlock()
	made := r.made
	r.made = nil
	return made
}

// measure is one filled database with the application over it.
type measure struct {
	services *app.Services
	tracer   *tracer
	api      *httptest.Server
	secret   string // of a director's token of the home municipality
}

// filled opens the database of a scale in the folder, and fills it when it is new.
func filled(t *testing.T, dir string, size float64) *measure {
	t.Helper()
	cfg := config.Config{DataDir: config.Folder(filepath.Join(dir, fmt.Sprintf("scale-%g", size))), PoolSize: 2}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := app.FindDatabase(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	m := &measure{tracer: &tracer{}}
	db, err := postgres.Open(t.Context(), postgres.Options{URL: d.URL, ReadURL: d.ReadURL, Pool: cfg.PoolSize, Tracer: m.tracer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	m.services = app.NewServices(db, access.Policy{}, app.GapRules())
	if count(t, m, "SELECT count(*)::int FROM municipality") == 0 {
		clock := &scale.Clock{}
		writer, err := postgres.Open(t.Context(), postgres.Options{URL: d.URL, ReadURL: d.ReadURL, Pool: cfg.PoolSize, Clock: clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer writer.Close()
		s := app.NewServices(writer, access.Policy{}, app.GapRules())
		if _, err := scale.Load(t.Context(), scale.Options{Scale: size, Journal: s.Journal, Gaps: s.Gaps, Clock: clock, OwnerURL: d.OwnerURL}); err != nil {
			t.Fatal(err)
		}
	}
	// As the application's job does each day.
	if _, err := m.services.Gaps.SweepDaily(t.Context()); err != nil {
		t.Fatal(err)
	}
	limits := graph.Limits{Depth: 20, Aliases: 100, Cost: 1 << 30, CostPerMinute: 1 << 40, Timeout: time.Minute}
	handler, err := app.NewHandler(m.services, app.Options{
		Limits: limits, MaxBody: 1 << 20, MaxUpload: 1 << 20, Concurrent: 4, LoaderWait: 4 * time.Millisecond, Log: log, Metrics: observe.NewMetrics("mätning"), Introspection: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	m.api = httptest.NewServer(handler)
	t.Cleanup(m.api.Close)
	system := access.With(t.Context(), access.SystemCaller("mätning"))
	session := db.Session()
	defer session.Close()
	now, err := session.Present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	own, err := m.services.Organisation.MunicipalityByCode(t.Context(), now, home)
	if err != nil {
		t.Fatal(err)
	}
	if _, m.secret, err = m.services.Tokens.Create(system, token.Token{
		MunicipalityID: own.ID, Label: "mätning", Role: access.Director, Scopes: []access.Scope{access.ScopeRead}, ExpiresAt: time.Now().Add(time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	return m
}

func count(t *testing.T, m *measure, sql string) int {
	t.Helper()
	session := m.services.DB.Session()
	defer session.Close()
	now, err := session.Present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := postgres.Values[int](t.Context(), now, sql, nil)
	if err != nil {
		t.Fatal(err)
	}
	return numbers[0]
}

// ask sends a query, as the director or as nobody.
func (m *measure) ask(t *testing.T, query string, director bool) json.RawMessage {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.api.URL+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if director {
		r.Header.Set("Authorization", "Bearer "+m.secret)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Errors) > 0 {
		t.Fatalf("%s\n%s", query, answer.Errors[0].Message)
	}
	return answer.Data
}

// buffers counts the blocks that the statements of a query touch, by asking the
// database to explain each of them anew.
func (m *measure) buffers(t *testing.T, query string, director bool) (blocks int) {
	t.Helper()
	m.ask(t, query, director) // so that what is read once and kept is there
	m.tracer.take()
	m.ask(t, query, director)
	session := m.services.DB.Session()
	defer session.Close()
	now, err := session.Present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range m.tracer.take() {
		head := strings.ToUpper(strings.TrimSpace(q.sql))
		if !strings.HasPrefix(head, "SELECT") && !strings.HasPrefix(head, "WITH") || strings.Contains(q.sql, "set_config") || q.args == nil {
			continue
		}
		plans, err := postgres.Values[[]byte](t.Context(), now, "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "+q.sql, q.args)
		if err != nil {
			t.Fatalf("%s: %v", q.sql, err)
		}
		var plan []struct {
			Plan struct {
				Hit  int `json:"Shared Hit Blocks"`
				Read int `json:"Shared Read Blocks"`
			}
		}
		if err := json.Unmarshal(plans[0], &plan); err != nil {
			t.Fatal(err)
		}
		blocks += plan[0].Plan.Hit + plan[0].Plan.Read
	}
	return blocks
}

// lists asks the schema for the connections of Query that need no argument.
func (m *measure) lists(t *testing.T) []string {
	t.Helper()
	var schema struct {
		Type struct {
			Fields []struct {
				Name string
				Type struct {
					OfType struct{ Name string }
				}
				Args []struct {
					Type         struct{ Kind string }
					DefaultValue *string
				}
			}
		} `json:"__type"`
	}
	if err := json.Unmarshal(m.ask(t, `{ __type(name: "Query") { fields { name type { ofType { name } } args { type { kind } defaultValue } } } }`, false), &schema); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range schema.Type.Fields {
		needs := slices.ContainsFunc(f.Args, func(a struct {
			Type         struct{ Kind string }
			DefaultValue *string
		},
		) bool {
			return a.Type.Kind == "NON_NULL" && a.DefaultValue == nil
		})
		if strings.HasSuffix(f.Type.OfType.Name, "Connection") && !needs {
			names = append(names, f.Name)
		}
	}
	if len(names) < 10 {
		t.Fatalf("the schema has the lists %v only", names)
	}
	return names
}

// slowest is how long a municipality's view may take at scale 1. What has changed since a
// meeting is gone through record by record, and is asked for a few times a year: its time
// is printed.
const slowest = 300 * time.Millisecond

// views are what no list shows, as the home municipality's director asks for them; $id is
// a goal of the municipality.
var views = []struct{ name, query string }{
	{"roadmap", `{ roadmap(filter: {municipalities: ["` + home + `"], from: "$from", to: "$to"}) {
		goals { ...Item } initiatives { ...Item } sharedProjects { ...Item } milestones { ...Item } decisions { ...Item } undated { ...Item } dependencies { id kind before after } cut } }
		fragment Item on RoadmapItem { id kind version municipalityName { sv } unitName { sv } of title { sv } lane plannedStart plannedEnd baselineStart baselineEnd actualStart actualEnd slipDays status health progress decided }`},
	{"decisionMatrix", `{ decisionMatrix(first: 20, filter: {municipalities: ["` + home + `"]}) {
		municipalities { id name { sv } } totalCount pageInfo { hasNextPage } totals { municipality { scbCode } counts { state count } }
		rows { sharedProject { id name { sv } phase } totals { state count } cells { municipality { id } state participation { role state } decision { title { sv } state } } } } }`},
	{"goldenThread", `{ goldenThread(id: "$id") { cut missing { record { id } stage title { sv } rule { code } } links { from to purpose } nodes { stage distance record { id ... on Decision { title { sv } state } ... on EService { name { sv } } } } } }`},
	{"coverageMap", `{ coverageMap(first: 20) { municipalities { id } totalCount rows { sharedService { name { sv } } live planned missing cells { municipality { id } state eService { name { sv } } } } } }`},
	{"sinceMeeting", `{ sinceMeeting(from: "$meeting", municipality: "` + home + `") { lineCount truncated areas { area lineCount } lines { area change text { sv } weight days recordId } } }`},
}

const (
	// grown is how much more a page may touch at ten times the records.
	grown = 1.5
	// fewest is how many blocks a record on a page may cost at any scale: an index of
	// three levels and the row, for it and for one that its sight hangs on. A table of few
	// blocks at scale 0.1 is read whole there, at less than any page of a larger table.
	fewest = 8
	// turned is how many pages of a list are turned. Of the first alone it is chance how
	// many records the caller passes by, seeing them not.
	turned = 5
)

// perRecord turns the first pages of a list, and gives how many blocks each record on
// them costs: a list shorter than a page is thus compared with a full page.
func (m *measure) perRecord(t *testing.T, name string, director bool) float64 {
	t.Helper()
	blocks, records, after := 0, 0, "null"
	for range turned {
		query := "{ list: " + name + "(first: 20, after: " + after + ") { nodes { __typename } pageInfo { hasNextPage endCursor } } }"
		var answer struct {
			List struct {
				Nodes    []struct{}
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		if err := json.Unmarshal(m.ask(t, query, director), &answer); err != nil {
			t.Fatal(err)
		}
		blocks += m.buffers(t, query, director)
		records += len(answer.List.Nodes)
		if !answer.List.PageInfo.HasNextPage {
			break
		}
		after = fmt.Sprintf("%q", answer.List.PageInfo.EndCursor)
	}
	return float64(blocks) / float64(max(records, 1))
}

// TestPages prints how many blocks of the database each record on a page of each list
// costs at scale 0.1 and 1, and fails for a list where that grows with the records.
func TestPages(t *testing.T) {
	if *pages == "" {
		t.Skip("make pages runs it: it fills two databases")
	}
	dir, err := filepath.Abs(*pages)
	if err != nil {
		t.Fatal(err)
	}
	small, large := filled(t, dir, 0.1), filled(t, dir, 1)
	t.Logf("%-24s %-8s %10s %10s %6s", "list", "caller", "at 0.1", "at 1", "ratio")
	for _, name := range small.lists(t) {
		for _, director := range []bool{false, true} {
			before, after := small.perRecord(t, name, director), large.perRecord(t, name, director)
			caller := map[bool]string{false: "nobody", true: "director"}[director]
			t.Logf("%-24s %-8s %10.1f %10.1f %6.2f", name, caller, before, after, after/max(before, 0.1))
			if after > grown*max(before, fewest) {
				t.Errorf("a record on a page of %s, as %s, costs %.1f blocks at scale 0.1 and %.1f at scale 1", name, caller, before, after)
			}
		}
	}
}

// TestViews prints how long the views take at scale 1: the median of nine, with all that
// the answer needs, in a process that has answered the same before.
func TestViews(t *testing.T) {
	if *pages == "" {
		t.Skip("make pages runs it: it fills a database")
	}
	dir, err := filepath.Abs(*pages)
	if err != nil {
		t.Fatal(err)
	}
	m := filled(t, dir, 1)
	var goals struct {
		Goals struct{ Nodes []struct{ ID string } }
	}
	if err := json.Unmarshal(m.ask(t, `{ goals(first: 1, filter: {municipalities: ["`+home+`"], levels: [GOAL]}) { nodes { id } } }`, true), &goals); err != nil || len(goals.Goals.Nodes) == 0 {
		t.Fatalf("no goal of the municipality: %v", err)
	}
	now := time.Now()
	values := strings.NewReplacer("$id", goals.Goals.Nodes[0].ID, "$meeting", now.AddDate(0, -3, 0).UTC().Format(time.RFC3339),
		"$from", now.AddDate(0, -6, 0).Format(time.DateOnly), "$to", now.AddDate(1, 6, 0).Format(time.DateOnly))
	t.Logf("%-16s %8s %10s", "view", "ms", "bytes")
	for _, v := range views {
		var took []time.Duration
		var answer json.RawMessage
		for range 9 {
			began := time.Now()
			answer = m.ask(t, values.Replace(v.query), true)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		median := took[len(took)/2]
		t.Logf("%-16s %8d %10d", v.name, median.Milliseconds(), len(answer))
		if median > slowest && v.name != "sinceMeeting" {
			t.Errorf("%s takes %v at scale 1", v.name, median)
		}
	}
}
