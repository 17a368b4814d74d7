// Package apitest runs the whole application over a database of the test's own, and
// asks it by GraphQL as clients do. Its callers, municipalities and clock are the
// test's to choose.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"fardplan/graph"
	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/gap"
	"fardplan/internal/linkcheck"
	"fardplan/internal/observe"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/token"
)

// What a test run may take away, to see that a test misses it.
const (
	// WithoutAccess names a rule of access to take out of the policy.
	WithoutAccess = "FARDPLAN_TEST_WITHOUT_ACCESS"
	// WithoutRule names a rule of gaps to take away.
	WithoutRule = "FARDPLAN_TEST_WITHOUT_RULE"
)

// Policy is the policy under test: the product's, but for the rule that the test run
// takes away.
func Policy() access.Policy {
	return access.Policy{}.Without(access.Rule(os.Getenv(WithoutAccess)))
}

// Rules are the rules of gaps under test: the product's, but for the one that the test
// run takes away.
func Rules() []gap.Rule {
	return slices.DeleteFunc(app.GapRules(), func(r gap.Rule) bool { return r.Code == os.Getenv(WithoutRule) })
}

// Clock is the application's clock, moved by the test. It starts at Start.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Start is where a clock starts: a Monday noon in Stockholm.
var Start = time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)

// Now gives the clock's instant.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Set moves the clock to an instant.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// Add moves the clock and gives its new instant.
func (c *Clock) Add(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

// Settings are what a test may set before the application starts.
type Settings struct {
	App    app.Options // the limits are so wide that only a test of them meets them
	Policy access.Policy
	Rules  []gap.Rule
	Clock  *Clock
	Pool   int              // connections of each pool
	Tracer pgx.QueryTracer  // sees each statement; may be nil
	Log    io.Writer        // where the log goes, as JSON; nil for nowhere
	Data   *dbtest.Database // nil for a fresh one
}

// API is the running application.
type API struct {
	Services *app.Services
	URL      string // where it answers, without a path
	Clock    *Clock
	Data     dbtest.Database
	DB       *postgres.DB
	Handler  http.Handler
}

// New runs the application until the test ends.
func New(t testing.TB, set ...func(*Settings)) *API {
	t.Helper()
	s := Settings{
		App: app.Options{
			Limits:  graph.Limits{Depth: 40, Aliases: 10_000, Cost: 500_000_000, CostPerMinute: 2_000_000_000, Timeout: time.Minute},
			MaxBody: 8 << 20, Introspection: true, Concurrent: 4, LoaderWait: time.Millisecond,
			AllowPrivate: true, DemoSignIn: true, Metrics: observe.NewMetrics("test"), Links: links(t),
		},
		Policy: Policy(), Rules: Rules(), Clock: &Clock{at: Start}, Pool: 4, Log: io.Discard,
	}
	for _, f := range set {
		f(&s)
	}
	if s.Data == nil {
		fresh := dbtest.New(t)
		s.Data = &fresh
	}
	if s.App.Log == nil {
		s.App.Log = slog.New(slog.NewJSONHandler(s.Log, nil))
	}
	db, err := postgres.Open(context.Background(), postgres.Options{
		URL: s.Data.URL, ReadURL: s.Data.ReadURL, Pool: s.Pool, Clock: s.Clock.Now, Tracer: s.Tracer,
	})
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(db.Close)
	services := app.NewServices(db, s.Policy, s.Rules)
	handler, err := app.NewHandler(services, s.App)
	if err != nil {
		t.Fatalf("make the handler: %v", err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &API{Services: services, URL: server.URL, Clock: s.Clock, Data: *s.Data, DB: db, Handler: handler}
}

// links is a network of one server, which every name leads to: by http alone, and what
// begins with /gammal has moved to /ny for good.
func links(t testing.TB) linkcheck.Options {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt" || r.URL.Path == "/borta":
			http.NotFound(w, r)
		case strings.HasPrefix(r.URL.Path, "/gammal"):
			http.Redirect(w, r, "/ny", http.StatusMovedPermanently)
		}
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	t.Cleanup(server.Close)
	return linkcheck.Options{
		Resolver: everywhere{},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
		},
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

// everywhere gives every name the same public address.
type everywhere struct{}

func (everywhere) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
}

// System gives a context in which the program itself is the caller.
func System(t testing.TB) context.Context {
	return access.With(t.Context(), access.SystemCaller("prov"))
}

// Municipality registers a municipality of the code and name.
func (a *API) Municipality(t testing.TB, scb, name string, set ...func(*organisation.Municipality)) *organisation.Municipality {
	t.Helper()
	m := organisation.Municipality{SCBCode: scb, NameSv: name}
	for _, f := range set {
		f(&m)
	}
	made, err := a.Services.Organisation.CreateMunicipality(System(t), m)
	if err != nil {
		t.Fatalf("register municipality %s: %v", scb, err)
	}
	return made
}

// Home marks the municipality that runs the installation, for API.Municipality.
func Home(m *organisation.Municipality) { m.IsHome = true }

// Unit adds a department of the name to a municipality.
func (a *API) Unit(t testing.TB, of *organisation.Municipality, name string, set ...func(*organisation.Unit)) *organisation.Unit {
	t.Helper()
	u := organisation.Unit{MunicipalityID: of.ID, NameSv: name, Type: organisation.Department}
	for _, f := range set {
		f(&u)
	}
	made, err := a.Services.Organisation.CreateUnit(System(t), u)
	if err != nil {
		t.Fatalf("add unit %s: %v", name, err)
	}
	return made
}

// Collaboration lets the municipalities collaborate since 2020.
func (a *API) Collaboration(t testing.TB, name string, members ...*organisation.Municipality) {
	t.Helper()
	joint := a.Services.Collaboration
	made, err := joint.CreateCollaboration(System(t), collaboration.Collaboration{NameSv: name, NameEn: &name})
	if err != nil {
		t.Fatalf("add collaboration %s: %v", name, err)
	}
	for _, m := range members {
		if _, err := joint.AddMember(System(t), collaboration.CollaborationMember{CollaborationID: made.ID, MunicipalityID: m.ID, ValidFrom: date.New(2020, time.January, 1), Source: "prov"}); err != nil {
			t.Fatalf("add %s to the collaboration %s: %v", m.NameSv, name, err)
		}
	}
}

// Caller is somebody who asks. The zero Caller is nobody.
type Caller struct {
	Secret string       // of an API token
	Cookie *http.Cookie // of a sign-in
}

// Token makes an API token of the municipality with the SCB code; without scopes it
// has them all.
func (a *API) Token(t testing.TB, scb string, role access.Role, scopes ...access.Scope) Caller {
	t.Helper()
	if len(scopes) == 0 {
		scopes = access.Scopes()
	}
	session := a.DB.Session()
	defer session.Close()
	now, err := session.Present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, err := a.Services.Organisation.MunicipalityByCode(t.Context(), now, scb)
	if err != nil {
		t.Fatalf("find municipality %s: %v", scb, err)
	}
	session.Close()
	_, secret, err := a.Services.Tokens.Create(System(t), token.Token{MunicipalityID: m.ID, Label: "prov", Role: role, Scopes: scopes})
	if err != nil {
		t.Fatalf("make a token: %v", err)
	}
	return Caller{Secret: secret}
}

// User signs in with a role in the municipality with the SCB code, as the
// demonstration does.
func (a *API) User(t testing.TB, scb string, role access.Role) Caller {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"municipality": scb, "role": role})
	request, err := http.NewRequest(http.MethodPost, a.URL+"/demo/sign-in", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response := a.Do(t, request)
	if response.StatusCode != http.StatusNoContent || len(response.Cookies()) != 1 {
		t.Fatalf("sign in as %s of %s: %d %s", role, scb, response.StatusCode, response.Body)
	}
	return Caller{Cookie: response.Cookies()[0]}
}

// Response is a raw answer with its whole body.
type Response struct {
	*http.Response
	Body []byte
}

// Do sends a raw request.
func (a *API) Do(t testing.TB, request *http.Request) Response {
	t.Helper()
	response, err := http.DefaultClient.Do(request.WithContext(t.Context()))
	if err != nil {
		t.Fatalf("%s %s: %v", request.Method, request.URL, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read the answer to %s %s: %v", request.Method, request.URL, err)
	}
	return Response{response, body}
}

// Client asks as one caller.
type Client struct {
	api    *API
	caller Caller
	header http.Header
}

// As gives the client of a caller; the zero Caller asks as nobody.
func (a *API) As(c Caller) *Client { return &Client{api: a, caller: c, header: http.Header{}} }

// With gives a client that sends a header too.
func (c *Client) With(name, value string) *Client {
	more := &Client{api: c.api, caller: c.caller, header: c.header.Clone()}
	more.header.Set(name, value)
	return more
}

// Vars are the variables of an operation.
type Vars = map[string]any

// Result is a GraphQL answer.
type Result struct {
	Status     int
	Data       any // JSON: maps, lists, strings, float64 and bool
	Errors     []Error
	Extensions map[string]any
	Raw        []byte // the whole body
}

// Error is one error of an answer.
type Error struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// Code gives the error's code.
func (e Error) Code() string { return e.extension("code") }

// Field gives the input field at fault; empty for none.
func (e Error) Field() string { return e.extension("field") }

// Rule gives the rule broken; empty for none.
func (e Error) Rule() string { return e.extension("rule") }

func (e Error) extension(name string) string {
	text, _ := e.Extensions[name].(string)
	return text
}

// Query asks by POST and gives the answer, with errors and all.
func (c *Client) Query(t testing.TB, query string, vars Vars) Result {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, c.api.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range c.header {
		request.Header[name] = values
	}
	request.Header.Set("Content-Type", "application/json")
	if c.caller.Secret != "" {
		request.Header.Set("Authorization", "Bearer "+c.caller.Secret)
	}
	if c.caller.Cookie != nil {
		request.AddCookie(c.caller.Cookie)
	}
	response := c.api.Do(t, request)
	result := Result{Status: response.StatusCode, Raw: response.Body}
	if err := json.Unmarshal(response.Body, &result); err != nil {
		t.Fatalf("the answer is no JSON: %v\n%s", err, response.Body)
	}
	return result
}

// Must asks and fails the test for any error of the answer.
func (c *Client) Must(t testing.TB, query string, vars Vars) Result {
	t.Helper()
	result := c.Query(t, query, vars)
	if len(result.Errors) > 0 {
		t.Fatalf("%s\nanswers with %s", query, result.Raw)
	}
	return result
}

// At gives the value at a path of names and list positions, such as
// "eServices.nodes.0.name"; nil where there is none.
func (r Result) At(path string) any { return At(r.Data, path) }

// Text gives the text at a path; empty where there is none.
func (r Result) Text(path string) string {
	text, _ := r.At(path).(string)
	return text
}

// Codes lists the codes of the errors.
func (r Result) Codes() []string {
	codes := make([]string, len(r.Errors))
	for i, e := range r.Errors {
		codes[i] = e.Code()
	}
	return codes
}

// At gives the value within JSON at a path of names and list positions; nil where
// there is none.
func At(value any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}
