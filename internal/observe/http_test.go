package observe_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/observe"
)

// server answers through the middleware and gives its log and metrics. The
// middle handler copies the request, as a middleware with a context does.
func server(t *testing.T, handle http.HandlerFunc) (url string, log *bytes.Buffer, scrape func() string) {
	t.Helper()
	log = &bytes.Buffer{}
	metrics := observe.NewMetrics("1.2.3")
	mux := http.NewServeMux()
	mux.Handle("/things/{id}", handle)
	copying := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		observe.Routes(mux).ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), t, 1)))
	})
	s := httptest.NewServer(observe.Middleware(observe.NewLogger(log, slog.LevelInfo, "json"), metrics)(copying))
	t.Cleanup(s.Close)
	return s.URL, log, func() string {
		s.Close() // waits for the requests, and so for their lines
		w := httptest.NewRecorder()
		metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		return w.Body.String()
	}
}

func get(t *testing.T, url, requestID string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Request-Id", requestID)
	req.Header.Set("Authorization", "Bearer canary")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestARequestIsOneLineAndOneCount(t *testing.T) {
	url, log, scrape := server(t, func(w http.ResponseWriter, r *http.Request) {
		observe.From(r.Context()).SetCaller("token:3")
		observe.From(r.Context()).SetOperation(strings.Repeat("x", 100), "query")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "svar")
	})
	res, body := get(t, url+"/things/7?password=canary", "chosen-by-me")
	if res.StatusCode != http.StatusTeapot || body != "svar" || res.Header.Get("X-Request-Id") != "chosen-by-me" {
		t.Errorf("the answer is %d %q with id %q", res.StatusCode, body, res.Header.Get("X-Request-Id"))
	}
	get(t, url+"/nothing/"+strings.Repeat("å", 500), "")
	metrics := scrape()

	if strings.Contains(log.String(), "canary") {
		t.Errorf("the log holds what it must not: %s", log)
	}
	lines := records(t, log)
	if len(lines) != 2 {
		t.Fatalf("there are %d lines, want one for each request: %v", len(lines), lines)
	}
	if path := lines[1]["path"].(string); len([]rune(path)) != 257 {
		t.Errorf("the path is logged with %d characters", len([]rune(path)))
	}
	if ms, ok := lines[0]["duration_ms"].(float64); !ok || ms < 0 {
		t.Errorf("the duration is %v", lines[0]["duration_ms"])
	}
	delete(lines[0], "duration_ms")
	want := map[string]any{
		"level": "INFO", "msg": "request", "request_id": "chosen-by-me", "caller": "token:3",
		"operation": strings.Repeat("x", 64) + "…", "operation_type": "query",
		"method": "GET", "path": "/things/7", "status": 418.0, "bytes": 4.0, "aborted": false,
	}
	if diff := cmp.Diff(want, lines[0]); diff != "" {
		t.Errorf("the line (-want +got):\n%s", diff)
	}
	for _, count := range []string{
		`fardplan_http_requests_total{route="/things/{id}",status="4xx"} 1`,
		`fardplan_http_requests_total{route="other",status="4xx"} 1`,
	} {
		if !strings.Contains(metrics, count) {
			t.Errorf("the metrics lack %s", count)
		}
	}
}

func TestARequestIDThatCouldForgeTheLogIsReplaced(t *testing.T) {
	url, _, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, observe.From(r.Context()).ID())
	})
	own := regexp.MustCompile(`^[A-Z2-7]{26}$`)
	seen := map[string]bool{}
	for _, given := range []string{"", "short", "with space", "semi;colon1", strings.Repeat("a", 65), "åäöåäöåäö"} {
		res, id := get(t, url+"/things/1", given)
		if !own.MatchString(id) || seen[id] || res.Header.Get("X-Request-Id") != id {
			t.Errorf("X-Request-Id %q gives %q in the handler and %q in the answer", given, id, res.Header.Get("X-Request-Id"))
		}
		seen[id] = true
	}
	for _, given := range []string{"12345678", strings.Repeat("Aa_-", 16)} {
		if _, id := get(t, url+"/things/1", given); id != given {
			t.Errorf("X-Request-Id %q became %q", given, id)
		}
	}
}

func TestAPanicBecomes500AndIsLoggedWithItsStack(t *testing.T) {
	url, log, scrape := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Etag", `"old"`)
		panic("a broken invariant")
	})
	res, body := get(t, url+"/things/1", "chosen-by-me")
	if res.StatusCode != 500 || !strings.Contains(body, "chosen-by-me") || strings.Contains(body, "invariant") ||
		res.Header.Get("Etag") != "" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer is %d %v %q", res.StatusCode, res.Header, body)
	}
	metrics := scrape()
	lines := records(t, log)
	if len(lines) != 2 || lines[0]["msg"] != "panic" || lines[0]["cause"] != "a broken invariant" ||
		!strings.Contains(lines[0]["stack"].(string), "http_test.go") || lines[0]["request_id"] != "chosen-by-me" {
		t.Errorf("the panic is logged as %v", lines)
	}
	if lines[1]["status"] != 500.0 || lines[1]["level"] != "ERROR" {
		t.Errorf("the request is logged as %v", lines[1])
	}
	if !strings.Contains(metrics, `fardplan_http_requests_total{route="/things/{id}",status="5xx"} 1`) {
		t.Error("the metrics lack the failed request")
	}
}

func TestHalfAResponseIsCutOff(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"a panic after the response began": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic("too late")
		},
		"the handler's own wish": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, handle := range tests {
		t.Run(name, func(t *testing.T) {
			url, log, scrape := server(t, handle)
			res, err := http.Get(url + "/things/1")
			if err == nil {
				_, err = io.ReadAll(res.Body)
				res.Body.Close()
			}
			if err == nil {
				t.Error("the response looks whole")
			}
			if !strings.Contains(scrape(), `status="aborted"} 1`) {
				t.Error("the metrics lack the aborted request")
			}
			lines := records(t, log)
			if last := lines[len(lines)-1]; last["msg"] != "request" || last["aborted"] != true {
				t.Errorf("the request is logged as %v", last)
			}
		})
	}
}

func TestAHandlerThatWritesNothingAnswers200(t *testing.T) {
	url, log, scrape := server(t, func(http.ResponseWriter, *http.Request) {})
	get(t, url+"/things/1", "")
	scrape()
	if lines := records(t, log); lines[0]["status"] != 200.0 {
		t.Errorf("the request is logged as %v", lines[0])
	}
}

func TestStreamsAreFlushedThroughTheMiddleware(t *testing.T) {
	flushed := map[string]func(http.ResponseWriter) error{
		"http.Flusher":            func(w http.ResponseWriter) error { w.(http.Flusher).Flush(); return nil },
		"http.ResponseController": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
	}
	for name, flush := range flushed {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			url, _, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
				if err := flush(w); err != nil {
					t.Error(err)
				}
				<-release
			})
			res, err := http.Get(url + "/things/1") // returns when the headers are here
			close(release)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		})
	}
}
