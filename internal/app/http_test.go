package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/frontend"
	"fardplan/graph"
	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/app"
	"fardplan/internal/config"
	"fardplan/internal/observe"
)

// byDefault gives the application the limits of a server without settings.
func byDefault(t *testing.T) func(*apitest.Settings) {
	t.Helper()
	cfg := must(config.Load(nil))(t)
	return func(s *apitest.Settings) { s.App = app.OptionsOf(cfg, nil, observe.NewMetrics("test")) }
}

// request sends a request made by set, which may change all of it.
func request(t *testing.T, a *apitest.API, method, path, body string, set ...func(*http.Request)) apitest.Response {
	t.Helper()
	r := must(http.NewRequest(method, a.URL+path, strings.NewReader(body)))(t)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, f := range set {
		f(r)
	}
	return a.Do(t, r)
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// code gives the code of an answer's first error.
func code(r apitest.Response) string {
	var answer struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if json.Unmarshal(r.Body, &answer) != nil || len(answer.Errors) == 0 {
		return ""
	}
	return answer.Errors[0].Extensions.Code
}

const viewer = `{"query":"{ viewer { kind function roles municipality { scbCode } } }"}`

func TestPagesOfOtherSitesMayCallOnlyWhenTheyAreNamed(t *testing.T) {
	closed := apitest.New(t)
	open := apitest.New(t, func(s *apitest.Settings) { s.App.CORSOrigins = []string{"https://kommun.example.se"} })
	for _, c := range []struct {
		name   string
		a      *apitest.API
		origin string
		open   bool
	}{
		{"by default", closed, "https://kommun.example.se", false}, {"by default, null", closed, "null", false},
		{"named", open, "https://kommun.example.se", true},
		{"not named", open, "https://annan.example.se", false}, {"another port", open, "https://kommun.example.se:8443", false},
		{"another scheme", open, "http://kommun.example.se", false}, {"a name that begins so", open, "https://kommun.example.se.annan.se", false},
		{"null", open, "null", false},
	} {
		want := ""
		if c.open {
			want = c.origin
		}
		preflight := request(t, c.a, http.MethodOptions, "/graphql", "", header("Origin", c.origin), header("Access-Control-Request-Method", "POST"), header("Access-Control-Request-Headers", "authorization,content-type"))
		post := request(t, c.a, http.MethodPost, "/graphql", viewer, header("Origin", c.origin))
		for kind, r := range map[string]apitest.Response{"preflight": preflight, "request": post} {
			if got := r.Header.Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("%s: the %s allows %q, want %q", c.name, kind, got, want)
			}
			if r.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: the %s allows credentials", c.name, kind)
			}
		}
		if allowed := preflight.Header.Get("Access-Control-Allow-Methods"); (allowed != "") != c.open {
			t.Errorf("%s: the preflight allows the methods %q", c.name, allowed)
		}
		if post.StatusCode != http.StatusOK {
			t.Errorf("%s: the request answers %d", c.name, post.StatusCode)
		}
	}
}

func TestADemonstrationSignsInOnTheMachineItselfOnly(t *testing.T) {
	a := apitest.New(t, func(s *apitest.Settings) { s.App.CORSOrigins = []string{"https://kommun.example.se"} })
	a.Municipality(t, "0581", "Norrköping", apitest.Home)
	off := apitest.New(t, func(s *apitest.Settings) { s.App.DemoSignIn, s.Data = false, &a.Data })
	body := `{"municipality":"0581","role":"DIRECTOR"}`
	in := request(t, a, http.MethodPost, "/demo/sign-in", body, header("Origin", a.URL))
	if in.StatusCode != http.StatusNoContent || len(in.Cookies()) != 1 {
		t.Fatalf("sign-in: %d %s", in.StatusCode, in.Body)
	}
	cookie := in.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.MaxAge != 12*60*60 || cookie.Domain != "" {
		t.Errorf("the cookie is %s", cookie)
	}
	kind := func(a *apitest.API, cookie *http.Cookie, set ...func(*http.Request)) string {
		t.Helper()
		r := request(t, a, http.MethodPost, "/graphql", viewer, append(set, func(r *http.Request) { r.AddCookie(cookie) })...)
		var answer struct {
			Data struct {
				Viewer struct {
					Kind, Function string
					Municipality   *struct{ ScbCode string }
					Roles          []string
				}
			}
		}
		if err := json.Unmarshal(r.Body, &answer); err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", r.StatusCode, r.Body)
		}
		v := answer.Data.Viewer
		if v.Kind == "USER" && (v.Municipality.ScbCode != "0581" || fmt.Sprint(v.Roles) != "[DIRECTOR]" || v.Function == "") {
			t.Errorf("the caller is %s", r.Body)
		}
		return v.Kind
	}
	if got := kind(a, cookie); got != "USER" {
		t.Errorf("with the cookie the caller is %s", got)
	}

	// What may come from elsewhere neither signs in nor is known by the cookie.
	for name, set := range map[string]func(*http.Request){
		"a forwarded request":        header("X-Forwarded-For", "127.0.0.1"),
		"one of another proxy":       header("Forwarded", "for=127.0.0.1"),
		"one with its host":          header("X-Forwarded-Host", "localhost"),
		"one with its scheme":        header("X-Forwarded-Proto", "https"),
		"one with its address":       header("X-Real-Ip", "127.0.0.1"),
		"one through a gateway":      header("Via", "1.1 proxy"),
		"a host of the network":      func(r *http.Request) { r.Host = "fardplan.example.se" },
		"a host that begins so":      func(r *http.Request) { r.Host = "localhost.example.se" },
		"a private address for host": func(r *http.Request) { r.Host = "10.0.0.1:8080" },
	} {
		if r := request(t, a, http.MethodPost, "/demo/sign-in", body, set); r.StatusCode != http.StatusForbidden || code(r) != "FORBIDDEN" || len(r.Cookies()) > 0 {
			t.Errorf("%s signs in: %d %s", name, r.StatusCode, r.Body)
		}
		if got := kind(a, cookie, set); got != "ANONYMOUS" {
			t.Errorf("%s with the cookie is %s", name, got)
		}
	}
	for _, origin := range []string{"https://annan.example.se", "https://kommun.example.se", "null", "http://localhost:1", strings.Replace(a.URL, "http", "https", 1)} {
		for _, path := range []string{"/demo/sign-in", "/demo/sign-out"} {
			if r := request(t, a, http.MethodPost, path, body, header("Origin", origin)); r.StatusCode != http.StatusForbidden {
				t.Errorf("%s from a page of %s: %d", path, origin, r.StatusCode)
			}
		}
	}
	// A peer of the network is told by its address, whatever it says.
	far := httptest.NewRequest(http.MethodPost, "http://localhost/demo/sign-in", strings.NewReader(body))
	far.Header.Set("Content-Type", "application/json")
	far.RemoteAddr = "192.0.2.7:4000"
	answer := httptest.NewRecorder()
	a.Handler.ServeHTTP(answer, far)
	if answer.Code != http.StatusForbidden {
		t.Errorf("a peer of the network: %d", answer.Code)
	}
	near := far.Clone(t.Context())
	near.Body, near.RemoteAddr = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)).Body, "[::1]:4000"
	answer = httptest.NewRecorder()
	a.Handler.ServeHTTP(answer, near)
	if answer.Code != http.StatusNoContent {
		t.Errorf("a peer of the machine itself by IPv6: %d %s", answer.Code, answer.Body)
	}

	for name, wrong := range map[string]string{
		"an unknown municipality": `{"municipality":"9999","role":"DIRECTOR"}`, "an unknown role": `{"municipality":"0581","role":"KING"}`,
		"no JSON": `0581`, "nothing": `{}`, "no end": strings.Repeat(" ", 5000) + body,
	} {
		if r := request(t, a, http.MethodPost, "/demo/sign-in", wrong); r.StatusCode != http.StatusBadRequest || code(r) != "INVALID" || len(r.Cookies()) > 0 {
			t.Errorf("%s signs in: %d %s", name, r.StatusCode, r.Body)
		}
	}
	if r := request(t, a, http.MethodPost, "/demo/sign-in", body, header("Content-Type", "text/plain")); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a form's content type signs in: %d", r.StatusCode)
	}
	if r := request(t, a, http.MethodGet, "/demo/sign-in", ""); r.StatusCode == http.StatusNoContent {
		t.Error("GET signs in")
	}

	raw := must(base64.RawURLEncoding.DecodeString(cookie.Value))(t)
	forged := bytes.Replace(raw, []byte("DIRECTOR"), []byte("ADMIN"), 1)
	flipped := bytes.Clone(raw)
	flipped[0] ^= 1
	for name, value := range map[string]string{
		"another role": base64.RawURLEncoding.EncodeToString(forged), "another signature": base64.RawURLEncoding.EncodeToString(flipped),
		"no signature": base64.RawURLEncoding.EncodeToString(raw[32:]), "half": cookie.Value[:20], "nothing": "", "no base64": "????",
	} {
		if got := kind(a, &http.Cookie{Name: cookie.Name, Value: value}); got != "ANONYMOUS" {
			t.Errorf("a cookie with %s is %s", name, got)
		}
	}
	if got := kind(apitest.New(t, func(s *apitest.Settings) { s.Data = &a.Data }), cookie); got != "ANONYMOUS" {
		t.Errorf("another process knows the cookie as %s", got)
	}
	if r := request(t, off, http.MethodPost, "/demo/sign-in", body); r.StatusCode != http.StatusForbidden || code(r) != "FORBIDDEN" {
		t.Errorf("without the demonstration: %d %s", r.StatusCode, r.Body)
	}
	if got := kind(off, cookie); got != "ANONYMOUS" {
		t.Errorf("without the demonstration the cookie is %s", got)
	}
	out := request(t, a, http.MethodPost, "/demo/sign-out", "")
	if out.StatusCode != http.StatusNoContent || len(out.Cookies()) != 1 || out.Cookies()[0].MaxAge != -1 || out.Cookies()[0].Name != cookie.Name {
		t.Errorf("sign-out: %d %v", out.StatusCode, out.Cookies())
	}
	a.Clock.Add(12*time.Hour - time.Second)
	if got := kind(a, cookie); got != "USER" {
		t.Errorf("within its time the cookie is %s", got)
	}
	a.Clock.Add(time.Second)
	if got := kind(a, cookie); got != "ANONYMOUS" {
		t.Errorf("an expired cookie is %s", got)
	}
}

func TestATokenThatIsNotValidIsRefused(t *testing.T) {
	a := apitest.New(t)
	a.Municipality(t, "0581", "Norrköping", apitest.Home)
	valid, revoked := a.Token(t, "0581", access.Reader), a.Token(t, "0581", access.Reader)
	known := must(a.Services.Tokens.Authenticate(t.Context(), revoked.Secret))(t)
	must(a.Services.Tokens.Revoke(apitest.System(t), must(uuid.Parse(known.ID))(t)))(t)
	refused := func(name, authorization string) {
		t.Helper()
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			path, body := "/graphql", viewer
			if method == http.MethodGet {
				path, body = "/graphql?query={viewer{kind}}", ""
			}
			r := request(t, a, method, path, body, header("Authorization", authorization))
			if r.StatusCode != http.StatusUnauthorized || code(r) != "UNAUTHENTICATED" || !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s by %s: %d %s", name, method, r.StatusCode, r.Body)
			}
			if strings.Contains(string(r.Body), valid.Secret) || strings.Contains(string(r.Body), `"data"`) {
				t.Errorf("%s: the answer is %s", name, r.Body)
			}
		}
	}
	for name, authorization := range map[string]string{
		"revoked": "Bearer " + revoked.Secret, "cut": "Bearer " + valid.Secret[:20], "unknown": "Bearer fardplan_" + strings.Repeat("A", 43), "empty": "Bearer ", "no secret": "Bearer",
		"another scheme": "Basic " + base64.StdEncoding.EncodeToString([]byte("a:"+valid.Secret)), "no scheme": valid.Secret, "two": "Bearer " + valid.Secret + " " + valid.Secret,
	} {
		refused(name, authorization)
	}
	for _, scheme := range []string{"Bearer ", "bearer ", "Bearer   "} {
		if r := request(t, a, http.MethodPost, "/graphql", viewer, header("Authorization", scheme+valid.Secret)); r.StatusCode != http.StatusOK || !strings.Contains(string(r.Body), `"TOKEN"`) {
			t.Errorf("%q and a valid token: %d %s", scheme, r.StatusCode, r.Body)
		}
	}
	a.Clock.Add(400 * 24 * time.Hour)
	refused("expired", "Bearer "+valid.Secret)
}

func TestWhatAnOperationMayAskForIsBounded(t *testing.T) {
	narrow := graph.Limits{Depth: 5, Aliases: 3, Cost: 100, CostPerMinute: 1_000_000, Timeout: time.Minute}
	a := apitest.New(t, func(s *apitest.Settings) { s.App.Limits, s.App.MaxBody = narrow, 2000 })
	nobody := a.As(apitest.Caller{})
	for _, c := range []struct{ name, query, rule string }{
		{"as deep as may be", `{ municipalities(first: 1) { nodes { name { sv } } } }`, ""},
		{"too deep", `{ municipalities(first: 1) { nodes { units(first: 1) { nodes { name { sv } } } } } }`, "depth"},
		{"too deep by fragments", `{ ...A } fragment A on Query { municipalities(first: 1) { ...B } } fragment B on MunicipalityConnection { nodes { units(first: 1) { nodes { name { sv } } } } }`, "depth"},
		{"too many aliases", `{ a: viewer { kind } b: viewer { kind } c: viewer { kind } d: viewer { kind } }`, "aliases"},
		{"as many aliases as may be", `{ a: viewer { kind } b: viewer { kind } c: viewer { kind } viewer { kind } }`, ""},
		{"aliases in a fragment that is used often", `{ ...A viewer { ...B } } fragment A on Query { a: viewer { ...B } } fragment B on Viewer { b: kind c: function }`, "aliases"},
		{"too costly", `{ municipalities(first: 100) { nodes { id } } }`, "cost"},
		{"too costly without a number", `{ municipalities { nodes { id name { sv en } } totalCount } }`, "cost"},
		{"too costly by variable", `query($n: Int = 100) { municipalities(first: $n) { nodes { id } } }`, "cost"},
		{"too costly from the end", `{ municipalities(last: 100) { nodes { id } } }`, "cost"},
		{"too costly by counting", `{ gapSeries { month } }`, "cost"},
	} {
		r := nobody.Query(t, c.query, nil)
		if c.rule == "" {
			if len(r.Errors) > 0 || r.At("municipalities") == nil && r.At("viewer") == nil {
				t.Errorf("%s: %s", c.name, r.Raw)
			}
			cost, _ := r.Extensions["cost"].(map[string]any)
			if spent, _ := cost["spent"].(float64); spent < 1 || cost["limit"] != 100.0 || cost["leftThisMinute"] == nil {
				t.Errorf("%s: what it cost is told as %v", c.name, r.Extensions)
			}
			continue
		}
		if len(r.Errors) != 1 || r.Errors[0].Code() != "LIMITED" || r.Errors[0].Rule() != c.rule || r.Data != nil {
			t.Errorf("%s: %s", c.name, r.Raw)
		}
	}
	large := request(t, a, http.MethodPost, "/graphql", `{"query":"{ viewer { kind } }`+strings.Repeat(" ", 2000)+`"}`)
	if large.StatusCode != http.StatusRequestEntityTooLarge || code(large) != "LIMITED" {
		t.Errorf("a large body: %d %s", large.StatusCode, large.Body)
	}
	// Who is signed in may send files, which are larger.
	upload := apitest.New(t, func(s *apitest.Settings) { s.Data, s.App.MaxBody, s.App.MaxUpload = &a.Data, 2000, 4000 })
	upload.Municipality(t, "0581", "Norrköping", apitest.Home)
	sender := upload.As(upload.Token(t, "0581", access.Reader))
	for size, want := range map[int]int{3000: 0, 5000: 1} {
		if r := sender.Query(t, "{ viewer { kind } }"+strings.Repeat(" ", size), nil); len(r.Errors) != want {
			t.Errorf("a body of %d bytes from one who is signed in: %s", size, r.Raw)
		}
	}
	wide := apitest.New(t, func(s *apitest.Settings) { s.Data = &a.Data })
	if r := wide.As(apitest.Caller{}).Query(t, "{ viewer { "+strings.Repeat("kind ", 20_000)+"} }", nil); len(r.Errors) != 1 || r.Errors[0].Code() != "INVALID" && r.Errors[0].Code() != "LIMITED" {
		t.Errorf("twenty thousand words: %.300s", r.Raw)
	}
	hasty := apitest.New(t, func(s *apitest.Settings) { s.Data, s.App.Limits.Timeout = &a.Data, time.Microsecond })
	if r := hasty.As(apitest.Caller{}).Query(t, "{ municipalities { totalCount } }", nil); len(r.Errors) != 1 || r.Errors[0].Code() != "LIMITED" {
		t.Errorf("a query without time: %s", r.Raw)
	}
}

func TestEachCallerHasItsOwnCostOfAMinute(t *testing.T) {
	a := apitest.New(t, func(s *apitest.Settings) {
		s.App.Limits = graph.Limits{Depth: 20, Aliases: 20, Cost: 50, CostPerMinute: 60, Timeout: time.Minute}
	})
	a.Municipality(t, "0581", "Norrköping", apitest.Home)
	one, other := a.As(a.Token(t, "0581", access.Reader)), a.As(a.Token(t, "0581", access.Reader))
	const query = `{ municipalities(first: 13) { nodes { id scbCode } } }` // 1 + 13 × 3
	if r := one.Query(t, query, nil); len(r.Errors) > 0 {
		t.Fatalf("the first: %s", r.Raw)
	}
	r := one.Query(t, query, nil)
	if len(r.Errors) != 1 || r.Errors[0].Code() != "LIMITED" || !strings.Contains(r.Errors[0].Message, "Försök igen om ") {
		t.Errorf("the second: %s", r.Raw)
	}
	if r := other.Query(t, query, nil); len(r.Errors) > 0 {
		t.Errorf("another caller: %s", r.Raw)
	}
	if r := a.As(apitest.Caller{}).Query(t, query, nil); len(r.Errors) > 0 {
		t.Errorf("nobody: %s", r.Raw)
	}
	if r := a.As(apitest.Caller{}).With("X-Forwarded-For", "192.0.2.1").Query(t, query, nil); len(r.Errors) != 1 {
		t.Errorf("nobody, who says to be somewhere else: %s", r.Raw)
	}
	if r := one.Query(t, `{ viewer { kind } }`, nil); len(r.Errors) > 0 {
		t.Errorf("a small one after the refused: %s", r.Raw)
	}
}

func TestTheSchemaIsReadButNotInCircles(t *testing.T) {
	a := apitest.New(t, byDefault(t))
	nobody := a.As(apitest.Caller{})
	r := nobody.Must(t, string(must(os.ReadFile(filepath.Join("testdata", "introspection.graphql")))(t)), nil)
	if types, ok := r.At("__schema.types").([]any); !ok || len(types) < 50 || r.Text("__schema.queryType.name") != "Query" {
		t.Errorf("the standard introspection answers %.500s", r.Raw)
	}
	for _, query := range []string{
		`{ __schema { types { fields { type { fields { name } } } } } }`,
		`{ __type(name: "Query") { fields { type { possibleTypes { fields { name } } } } } }`,
		`{ __schema { types { interfaces { possibleTypes { interfaces { name } } } } } }`,
		`{ __schema { types { ...T } } } fragment T on __Type { inputFields { type { inputFields { name } } } }`,
	} {
		if r := nobody.Query(t, query, nil); len(r.Errors) != 1 || r.Data != nil {
			t.Errorf("%s answers %.300s", query, r.Raw)
		}
	}
	off := apitest.New(t, byDefault(t), func(s *apitest.Settings) { s.App.Introspection, s.Data = false, &a.Data })
	if r := off.As(apitest.Caller{}).Query(t, `{ __schema { types { name } } }`, nil); len(r.Errors) == 0 || r.At("__schema") != nil {
		t.Errorf("introspection that is off answers %.300s", r.Raw)
	}
}

func TestTheServerMeetsGraphQLOverHTTP(t *testing.T) {
	tools := filepath.Join("..", "..", "tools", "graphql-http")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("the audit needs Node.js: install it, and run sh tools/graphql-http/install.sh")
	}
	if _, err := os.Stat(filepath.Join(tools, "node_modules", "graphql-http")); err != nil {
		t.Fatal("the audit is not installed: run sh tools/graphql-http/install.sh")
	}
	a := apitest.New(t, byDefault(t))
	out, err := exec.CommandContext(t.Context(), node, filepath.Join(tools, "audit.mjs"), a.URL+"/graphql").CombinedOutput()
	if err != nil {
		t.Errorf("the audit: %v\n%s", err, out)
	}
}

func TestTheExampleOfTheStartPageIsAnswered(t *testing.T) {
	a := apitest.New(t, byDefault(t))
	a.Municipality(t, "0581", "Norrköping", apitest.Home)
	r := a.As(apitest.Caller{}).Must(t, frontend.ExampleQuery, nil)
	if r.At("municipalities.totalCount") != 1.0 || r.Text("municipalities.nodes.0.name.sv") != "Norrköping" {
		t.Errorf("it answers %s", r.Raw)
	}
	if page := request(t, a, http.MethodGet, "/", ""); page.StatusCode != http.StatusOK || !strings.Contains(string(page.Body), "/graphql?query=") {
		t.Errorf("the start page: %d", page.StatusCode)
	}
}

func TestEveryAnswerIsSafeAndEveryProbeIsAnswered(t *testing.T) {
	a := apitest.New(t)
	for _, path := range []string{"/", "/graphql", "/healthz", "/readyz", "/finns-inte", "/demo/sign-in"} {
		r := request(t, a, http.MethodGet, path, "")
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"} {
			if r.Header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, r.Header.Get(name))
			}
		}
		if r.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s has no request id", path)
		}
	}
	if r := request(t, a, http.MethodGet, "/readyz", ""); r.StatusCode != http.StatusOK || string(r.Body) != "ready\n" {
		t.Errorf("/readyz: %d %s", r.StatusCode, r.Body)
	}
	owner := a.Data.Owner(t)
	if _, err := owner.Exec(t.Context(), "UPDATE goose_db_version SET is_applied = false WHERE version_id = (SELECT max(version_id) FROM goose_db_version)"); err != nil {
		t.Fatal(err)
	}
	if r := request(t, a, http.MethodGet, "/readyz", ""); r.StatusCode != http.StatusServiceUnavailable || string(r.Body) != "not ready\n" {
		t.Errorf("/readyz without a migration: %d %s", r.StatusCode, r.Body)
	}
	if _, err := owner.Exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"); err != nil {
		t.Fatal(err)
	}
	if r := request(t, a, http.MethodGet, "/readyz", ""); r.StatusCode != http.StatusOK {
		t.Errorf("/readyz on the database of a later release: %d", r.StatusCode)
	}
	a.DB.Close()
	if r := request(t, a, http.MethodGet, "/readyz", ""); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz without a database: %d", r.StatusCode)
	}
	if r := request(t, a, http.MethodGet, "/healthz", ""); r.StatusCode != http.StatusOK {
		t.Errorf("/healthz without a database: %d", r.StatusCode)
	}
	if r := a.As(apitest.Caller{}).Query(t, "{ municipalities { totalCount } }", nil); len(r.Errors) != 1 || r.Errors[0].Code() != "INTERNAL" || strings.Contains(string(r.Raw), "pool") {
		t.Errorf("a query without a database: %s", r.Raw)
	}
}

func TestTheLogTellsWhoAskedForWhat(t *testing.T) {
	var log bytes.Buffer
	a := apitest.New(t, func(s *apitest.Settings) { s.App.Log = observe.NewLogger(&log, slog.LevelInfo, "json") })
	a.Municipality(t, "0581", "Norrköping", apitest.Home)
	reader := a.Token(t, "0581", access.Reader)
	known := must(a.Services.Tokens.Authenticate(t.Context(), reader.Secret))(t)
	r := a.As(reader).With("X-Request-Id", "prov-2026-11").Must(t, `query Kommuner { municipalities { totalCount } }`, nil)
	if len(r.Errors) > 0 {
		t.Fatal(string(r.Raw))
	}
	var line map[string]any
	for text := range strings.SplitSeq(strings.TrimSpace(log.String()), "\n") {
		if strings.Contains(text, `"path":"/graphql"`) {
			line = nil
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, want := range map[string]any{
		"request_id": "prov-2026-11", "caller": "TOKEN:" + known.ID, "operation": "Kommuner", "operation_type": "query", "method": "POST", "status": 200.0, "level": "INFO",
	} {
		if line[name] != want {
			t.Errorf("the log's line has %s %v, want %v", name, line[name], want)
		}
	}
	if strings.Contains(log.String(), reader.Secret) {
		t.Error("the log has the secret")
	}
}
