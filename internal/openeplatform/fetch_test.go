package openeplatform

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"fardplan/internal/fault"
)

// platform serves handler on this machine, which only AllowPrivate may reach.
func platform(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

var local = Options{AllowPrivate: true, Timeout: 5 * time.Second}

func TestFetchReadsTheCatalogueAtABaseAddress(t *testing.T) {
	latin := fixture(t, "getflows.latin1.json")
	base := platform(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/getflows/json" || r.Header.Get("User-Agent") != "Fardplan" {
			http.NotFound(w, r)
			return
		}
		w.Header()["Content-Type"] = nil // the servers often send none
		_, _ = io.WriteString(w, latin)
	})
	for _, address := range []string{base, base + "/", " " + base + "/api/v1/getflows/json#x "} {
		doc, err := Fetch(t.Context(), address, local)
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		if len(doc.Flows) != 2 || doc.Flows[0].Name != "Ansökan om bygglov" {
			t.Errorf("%s gave %+v", address, doc.Flows)
		}
	}
}

func TestFetchReadsXMLAndGzip(t *testing.T) {
	latin := fixture(t, "getflows.latin1.xml")
	base := platform(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/oep/api/v1/getflows/xml" || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, latin)
		_ = z.Close()
	})
	doc, err := Fetch(t.Context(), base+"/oep/api/v1/getflows/xml", local)
	if err != nil || doc.Format != "xml" || len(doc.Flows) != 2 {
		t.Errorf("got %+v, %v", doc, err)
	}
}

func TestFetchTellsWhatIsWrongWithTheAnswer(t *testing.T) {
	whole := fixture(t, "getflows.json")
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	send := func(contentType, coding string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			if coding != "" {
				w.Header().Set("Content-Encoding", coding)
			}
			_, _ = w.Write(body)
		}
	}
	bomb := zipped(t, bytes.Repeat([]byte(" "), 8<<20))
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
		text    string
	}{
		{"no login", status(http.StatusUnauthorized), RuleStatus, "401"},
		{"no such page", status(http.StatusNotFound), RuleStatus, "404"},
		{"no content", status(http.StatusNoContent), RuleStatus, "204"},
		{"down", status(http.StatusBadGateway), RuleStatus, "502"},
		{"unusual status", status(http.StatusTeapot), RuleStatus, "418"},
		{"login page", send("text/html;charset=UTF-8", "", []byte("<html><form>")), RuleHTMLPage, ""},
		{"gzip bomb", send("application/json", "gzip", bomb), RuleTooLarge, ""},
		{"cut gzip", send("application/json", "gzip", zipped(t, []byte(whole))[:200]), RuleTruncated, ""},
		{"no gzip at all", send("application/json", "gzip", []byte(whole)), RuleBroken, ""},
		{"coding nobody asked for", send("application/json", "br", []byte(whole)), RuleBroken, ""},
		{"cut body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			_, _ = io.WriteString(w, whole[:200])
		}, RuleTruncated, "200 bytes"},
		{"connection reset in a chunk", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, whole[:200])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, RuleTruncated, ""},
		{"connection closed at once", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, RuleUnreachable, ""},
		{"redirect to another server", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://annan.example.se/login?secret=1", http.StatusFound)
		}, RuleRedirect, "annan.example.se"},
		{"redirect to another port", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, RuleRedirect, ""},
		{"redirect to a file", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}, RuleRedirect, ""},
		{"redirect in a circle", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, RuleRedirect, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := local
			o.MaxBytes = 1 << 20
			doc, err := Fetch(t.Context(), platform(t, tt.handler), o)
			if got := ruleOf(t, err); got != tt.want || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %s (%v), want %s with %q", got, err, tt.want, tt.text)
			}
			if len(doc.Flows) > 0 {
				t.Error("a refused answer gave flows")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the text repeats the query of a foreign address: %v", err)
			}
		})
	}
}

func zipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFetchFollowsAServerToItself(t *testing.T) {
	whole := fixture(t, "getflows.json")
	base := platform(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/ny/") {
			_, _ = io.WriteString(w, whole)
			return
		}
		http.Redirect(w, r, "/ny"+r.URL.Path, http.StatusMovedPermanently)
	})
	if doc, err := Fetch(t.Context(), base, local); err != nil || len(doc.Flows) != 2 {
		t.Errorf("got %d flows, %v", len(doc.Flows), err)
	}
}

func TestARedirectMayOnlyUpgradeToHTTPS(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		allowed  bool
	}{
		{"https://a.se/x", "https://a.se/y", true},
		{"https://a.se/x", "https://A.se:443/y", true},
		{"http://a.se/x", "https://a.se/x", true},
		{"http://a.se:80/x", "https://a.se/x", true},
		{"https://a.se/x", "http://a.se/x", false},
		{"http://a.se:8080/x", "https://a.se/x", false},
		{"http://a.se/x", "https://a.se:8443/x", false},
		{"https://a.se/x", "https://www.a.se/x", false},
		{"https://a.se/x", "https://a.se.ond.se/x", false},
		{"https://a.se/x", "https://user@a.se/x", false},
	} {
		from, err := url.Parse(tt.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := url.Parse(tt.to)
		if err != nil {
			t.Fatal(err)
		}
		err = checkRedirect(&http.Request{URL: to}, []*http.Request{{URL: from}})
		if (err == nil) != tt.allowed {
			t.Errorf("%s to %s: got %v", tt.from, tt.to, err)
		}
	}
}

func TestFetchIsBoundedInTime(t *testing.T) {
	trickle := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, handler := range map[string]http.HandlerFunc{"slow body": trickle, "no answer": silent} {
		t.Run(name, func(t *testing.T) {
			o := local
			o.Timeout = 100 * time.Millisecond
			_, err := Fetch(t.Context(), platform(t, handler), o)
			if got := ruleOf(t, err); got != RuleTimeout {
				t.Errorf("got %s (%v)", got, err)
			}
		})
		t.Run(name+", caller gives up", func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := Fetch(ctx, platform(t, handler), local)
			if !errors.Is(err, context.DeadlineExceeded) || len(fault.All(err)) > 0 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFetchRefusesPrivateAddressesHoweverTheyAreNamed(t *testing.T) {
	reached := false
	base := platform(t, func(http.ResponseWriter, *http.Request) { reached = true })
	_, port, err := net.SplitHostPort(strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "[::1]", "169.254.169.254", "10.0.0.1"} {
		t.Run(host, func(t *testing.T) {
			_, err := Fetch(t.Context(), "http://"+host+":"+port, Options{Timeout: 5 * time.Second})
			if got := ruleOf(t, err); got != RulePrivateAddress {
				t.Errorf("got %s (%v)", got, err)
			}
		})
	}
	if reached {
		t.Error("the server was reached")
	}
}

func TestTheGuardKnowsWhichAddressesArePublic(t *testing.T) {
	for _, tt := range []struct {
		address       string
		public, local bool // allowed by default, allowed with AllowPrivate
	}{
		{"8.8.8.8:443", true, true},
		{"[2a00:1450:4001:80b::200e]:443", true, true},
		{"[::ffff:8.8.8.8]:443", true, true},
		{"127.0.0.1:80", false, true},
		{"127.9.9.9:80", false, true},
		{"[::1]:80", false, true},
		{"[::ffff:10.1.2.3]:80", false, true},
		{"10.1.2.3:80", false, true},
		{"172.16.0.1:80", false, true},
		{"172.31.255.255:80", false, true},
		{"172.32.0.1:80", true, true},
		{"192.168.1.1:80", false, true},
		{"[fd00::1]:80", false, true},
		{"169.254.169.254:80", false, false},
		{"[fe80::1%eth0]:80", false, false},
		{"[fe80::1]:80", false, false},
		{"0.0.0.0:80", false, false},
		{"[::]:80", false, false},
		{"100.64.0.1:80", false, false},
		{"192.0.0.170:80", false, false},
		{"198.18.0.1:80", false, false},
		{"203.0.113.9:80", false, false},
		{"224.0.0.1:80", false, false},
		{"240.0.0.1:80", false, false},
		{"255.255.255.255:80", false, false},
		{"[ff02::1]:80", false, false},
		{"[fec0::1]:80", false, false},
		{"[64:ff9b::a00:1]:80", false, false},
		{"[::10.0.0.1]:80", false, false},
		{"[2002:a00:1::]:80", false, false},
		{"[2001:0:1::]:80", false, false},
		{"[2001:db8::1]:80", false, false},
		{"localhost:80", false, false},
	} {
		if got := guard(tt.address, false) == nil; got != tt.public {
			t.Errorf("%s: got %v by default", tt.address, got)
		}
		if got := guard(tt.address, true) == nil; got != tt.local {
			t.Errorf("%s: got %v with AllowPrivate", tt.address, got)
		}
	}
}

func TestFetchIgnoresTheProxyOfTheEnvironment(t *testing.T) {
	proxied := false
	proxy := platform(t, func(http.ResponseWriter, *http.Request) { proxied = true })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy)
	}
	transport, ok := newClient(true).Transport.(*http.Transport)
	if !ok || transport.Proxy != nil {
		t.Error("the client has a proxy")
	}
	_, err := Fetch(t.Context(), "http://finns-inte.invalid", local)
	if got := ruleOf(t, err); got != RuleUnreachable || proxied {
		t.Errorf("got %s (%v), through the proxy: %v", got, err, proxied)
	}
}

func TestACertificateThatNobodyVouchesForIsToldApart(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := Fetch(t.Context(), server.URL, local)
	if got := ruleOf(t, err); got != RuleCertificate {
		t.Errorf("got %s (%v)", got, err)
	}
}

func TestCatalogueURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://e.example.se":                              "https://e.example.se/api/v1/getflows/json",
		"https://e.example.se/?x=1#y":                       "https://e.example.se/api/v1/getflows/json",
		" http://e.example.se:8080/oep/ ":                   "http://e.example.se:8080/oep/api/v1/getflows/json",
		"https://e.example.se/api/v1/":                      "https://e.example.se/api/v1/getflows/json",
		"https://e.example.se/api/v1/getflows":              "https://e.example.se/api/v1/getflows/json",
		"https://e.example.se/api/v1/getflows/json":         "https://e.example.se/api/v1/getflows/json",
		"HTTPS://e.example.se/api/v1/getflows/xml/?lang=sv": "https://e.example.se/api/v1/getflows/xml?lang=sv",
	} {
		if got, err := CatalogueURL(in); err != nil || got != want {
			t.Errorf("%q gave %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "e.example.se", "ftp://e.example.se", "file:///etc/passwd", "https://", "https://a:b@e.example.se", "https://e.example.se/\u202e", "gopher://x", "https://[::1", "http://e.example.se:port"} {
		_, err := CatalogueURL(in)
		if got := ruleOf(t, err); got != RuleAddress {
			t.Errorf("%q gave %s", in, got)
		}
	}
}
