package linkcheck

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// internet is a small one of our own: names with public addresses, behind which servers
// of this machine answer, a clock that nobody waits for, and an authority of its own.
type internet struct {
	t     *testing.T
	mu    sync.Mutex
	names map[string][]string // the answers of the look-ups, in turn; the last one stays
	ports map[string]string   // the listener behind an address and port
	now   time.Time
	waits []time.Duration
	asked []string // method and address, in order
	roots *x509.CertPool
	ca    *x509.Certificate
	key   *ecdsa.PrivateKey
}

func newInternet(t *testing.T) *internet {
	n := &internet{t: t, names: map[string][]string{}, ports: map[string]string{}, now: time.Date(2026, 3, 16, 3, 0, 0, 0, time.UTC), roots: x509.NewCertPool()}
	n.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Provets utfärdare"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, n.key.Public(), n.key)
	if err != nil {
		t.Fatal(err)
	}
	n.ca, _ = x509.ParseCertificate(der)
	n.roots.AddCert(n.ca)
	return n
}

func (n *internet) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	answers := n.names[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		n.names[host] = answers[1:]
	}
	if answers[0] == "fails" {
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	}
	return []netip.Addr{netip.MustParseAddr(answers[0])}, nil
}

func (n *internet) dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	to, known := n.ports[address]
	n.mu.Unlock()
	if !known {
		to = "127.0.0.1:1" // nobody listens there
	}
	return (&net.Dialer{}).DialContext(ctx, network, to)
}

func (n *internet) checker() *Checker {
	return New(Options{
		Contact: "https://fardplan.example.se", Resolver: n, Dial: n.dial, Roots: n.roots, timeout: 2 * time.Second,
		Now: func() time.Time { n.mu.Lock(); defer n.mu.Unlock(); return n.now },
		Wait: func(ctx context.Context, d time.Duration) error {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.now, n.waits = n.now.Add(d), append(n.waits, d)
			return ctx.Err()
		},
	})
}

// address gives a name a public address of its own.
func (n *internet) address(host string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.names[host]) == 0 {
		n.names[host] = []string{fmt.Sprintf("93.184.%d.%d", len(n.names)/250+1, len(n.names)%250+1)}
	}
	return n.names[host][0]
}

// serve answers for a name on port 80, or on 443 when there is a certificate.
func (n *internet) serve(host string, certificate *tls.Certificate, h http.HandlerFunc) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		n.mu.Lock()
		n.asked = append(n.asked, r.Method+" "+scheme+"://"+r.Host+r.URL.RequestURI())
		n.mu.Unlock()
		if !strings.HasPrefix(r.UserAgent(), "Fardplan (link checker; +https://fardplan.example.se)") {
			n.t.Errorf("asked as %q", r.UserAgent())
		}
		h(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	port := "80"
	if certificate != nil {
		port = "443"
		server.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		server.StartTLS()
	} else {
		server.Start()
	}
	n.t.Cleanup(server.Close)
	at := net.JoinHostPort(n.address(host), port)
	n.mu.Lock()
	n.ports[at] = server.Listener.Addr().String()
	n.mu.Unlock()
}

// certificate is one for a name, that begins and ends so long from now, by the
// authority or by itself.
func (n *internet) certificate(name string, from, to time.Duration, own bool) *tls.Certificate {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(to), KeyUsage: x509.KeyUsageDigitalSignature}
	parent, by := n.ca, n.key
	if own {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		n.t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// site answers by https with what the paths have; others are 404.
func (n *internet) site(host string, paths map[string]http.HandlerFunc) {
	n.serve(host, n.certificate(host, -time.Hour, time.Hour, false), func(w http.ResponseWriter, r *http.Request) {
		if h, ok := paths[r.URL.Path]; ok {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	})
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<p>Här är sidan") }

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func to(code int, location string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(code)
	}
}

// asks counts the requests of an address.
func (n *internet) asks(request string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(n.asked), func(a string) bool { return a != request }))
}

func (n *internet) check(c *Checker, address string) Result {
	n.t.Helper()
	r, err := c.Check(n.t.Context(), address)
	if err != nil {
		n.t.Fatalf("%s: %v", address, err)
	}
	return r
}

func TestVerdicts(t *testing.T) {
	n := newInternet(t)
	n.site("ok.se", map[string]http.HandlerFunc{
		"/": ok, "/sida": ok, "/ny": ok,
		"/head405": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(405)
				return
			}
			ok(w, r)
		},
		"/headbroken": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				panic(http.ErrAbortHandler)
			}
			ok(w, r)
		},
		"/slowbody": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(500)
				return
			}
			w.WriteHeader(200)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"/gone": status(410), "/login": status(401), "/denied": status(403), "/teapot": status(418), "/fault": status(500),
		"/moved": to(301, "/ny"), "/moved308": to(308, "https://ok.se/ny"), "/moved-chain": to(301, "/moved"), "/now-and-then": to(302, "/ny"),
		"/moved-temp": to(301, "/now-and-then"), "/home": to(301, "/"), "/start": to(302, "https://ok.se/index.html"), "/index.html": ok,
		"/loop": to(302, "/loop2"), "/loop2": to(302, "/loop"), "/to-gone": to(301, "/gone"), "/nowhere": status(302), "/mail": to(301, "mailto:a@ok.se"),
		"/signin": to(302, "https://user:pass@ok.se/"), "/inside": to(302, "http://intern.se/"), "/inside-ip": to(302, "http://169.254.169.254/latest/meta-data/"),
		"/long": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"?n="+r.URL.Query().Get("n")+"1", http.StatusFound)
		},
		"/private": ok, "/robots.txt": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "User-agent: *\nDisallow: /\n\nUser-agent: Fardplan\nDisallow: /priv*te$\nAllow: /\n")
		},
	})
	n.serve("expired.se", n.certificate("expired.se", -2*time.Hour, -time.Hour, false), ok)
	n.serve("wrong.se", n.certificate("other.se", -time.Hour, time.Hour, false), ok)
	n.serve("unknown.se", n.certificate("unknown.se", -time.Hour, time.Hour, true), ok)
	n.serve("plain.se", nil, ok)
	n.serve("both.se", nil, ok)
	n.serve("both.se", n.certificate("both.se", -time.Hour, time.Hour, false), ok)
	n.serve("upgrades.se", nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://upgrades.se"+r.URL.Path, http.StatusMovedPermanently)
	})
	n.serve("upgrades.se", n.certificate("upgrades.se", -time.Hour, time.Hour, false), ok)
	n.serve("robots500.se", nil, status(500))
	n.serve("robots404.se", nil, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			w.WriteHeader(404)
		}
	})
	n.serve("slow.se", nil, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	n.address("closed.se")
	n.names["misses.se"] = []string{"fails"}
	n.names["intern.se"] = []string{"10.1.2.3"}
	n.names["metadata.se"] = []string{"169.254.169.254"}
	n.names["mapped.se"] = []string{"::ffff:127.0.0.1"}
	n.names["carrier.se"] = []string{"100.64.1.1"}

	c := n.checker()
	for _, tt := range []struct {
		address string
		want    Result
	}{
		{"https://ok.se/sida", Result{OK, "", 200, ""}},
		{"https://ok.se", Result{OK, "", 200, ""}},
		{"https://ok.se/sida#del", Result{OK, "", 200, ""}},
		{"https://ok.se/head405", Result{OK, "", 200, ""}},
		{"https://ok.se/headbroken", Result{OK, "", 200, ""}},
		{"https://ok.se/slowbody", Result{OK, "", 200, ""}},
		{"https://ok.se/none", Result{Broken, HTTPNotFound, 404, ""}},
		{"https://ok.se/gone", Result{Broken, HTTPNotFound, 410, ""}},
		{"https://ok.se/login", Result{Warning, HTTPDenied, 401, ""}},
		{"https://ok.se/denied", Result{Warning, HTTPDenied, 403, ""}},
		{"https://ok.se/teapot", Result{Warning, HTTPClientError, 418, ""}},
		{"https://ok.se/fault", Result{Broken, HTTPServerError, 500, ""}},
		{"https://ok.se/moved", Result{Warning, RedirectPermanent, 200, "https://ok.se/ny"}},
		{"https://ok.se/moved#del", Result{Warning, RedirectPermanent, 200, "https://ok.se/ny#del"}},
		{"https://ok.se/moved308", Result{Warning, RedirectPermanent, 200, "https://ok.se/ny"}},
		{"https://ok.se/moved-chain", Result{Warning, RedirectPermanent, 200, "https://ok.se/ny"}},
		{"https://ok.se/moved-temp", Result{OK, "", 200, ""}},
		{"https://ok.se/now-and-then", Result{OK, "", 200, ""}},
		{"https://ok.se/home", Result{Warning, RedirectFrontPage, 200, ""}},
		{"https://ok.se/start-not", Result{Broken, HTTPNotFound, 404, ""}},
		{"https://ok.se/loop", Result{Broken, RedirectLoop, 0, ""}},
		{"https://ok.se/long", Result{Broken, RedirectTooMany, 0, ""}},
		{"https://ok.se/to-gone", Result{Broken, HTTPNotFound, 410, ""}},
		{"https://ok.se/nowhere", Result{Broken, RedirectInvalid, 302, ""}},
		{"https://ok.se/mail", Result{Broken, RedirectInvalid, 301, ""}},
		{"https://ok.se/signin", Result{Broken, RedirectInvalid, 302, ""}},
		{"https://ok.se/inside", Result{Warning, AddressRefused, 0, ""}},
		{"https://ok.se/inside-ip", Result{Warning, AddressRefused, 0, ""}},
		{"https://ok.se/private", Result{NotChecked, Robots, 0, ""}},
		{"https://expired.se/", Result{Broken, TLSExpired, 0, ""}},
		{"https://wrong.se/", Result{Broken, TLSWrongName, 0, ""}},
		{"https://unknown.se/", Result{Broken, TLSUntrusted, 0, ""}},
		{"https://none.se/", Result{Broken, DNSNotFound, 0, ""}},
		{"https://misses.se/", Result{Broken, DNSFailed, 0, ""}},
		{"https://closed.se/", Result{Broken, ConnectionRefused, 0, ""}},
		{"http://slow.se/", Result{Broken, Timeout, 0, ""}},
		{"http://plain.se/", Result{OK, "", 200, ""}},
		{"http://both.se/a?b=c", Result{Warning, HTTPSAvailable, 200, "https://both.se/a?b=c"}},
		{"http://upgrades.se/a", Result{Warning, HTTPSAvailable, 200, "https://upgrades.se/a"}},
		{"http://robots500.se/", Result{NotChecked, Robots, 0, ""}},
		{"http://robots404.se/", Result{OK, "", 200, ""}},
		{"http://intern.se/", Result{Warning, AddressRefused, 0, ""}},
		{"http://metadata.se/", Result{Warning, AddressRefused, 0, ""}},
		{"http://mapped.se/", Result{Warning, AddressRefused, 0, ""}},
		{"http://carrier.se/", Result{Warning, AddressRefused, 0, ""}},
		{"http://127.0.0.1/", Result{Warning, AddressRefused, 0, ""}},
		{"http://[::1]/", Result{Warning, AddressRefused, 0, ""}},
		{"http://2130706433/", Result{Broken, DNSNotFound, 0, ""}},
		{"ftp://ok.se/", Result{Warning, AddressRefused, 0, ""}},
		{"file:///etc/passwd", Result{Warning, AddressRefused, 0, ""}},
		{"https://a:b@ok.se/", Result{Warning, AddressRefused, 0, ""}},
		{"https://ok.se/%zz", Result{Warning, AddressRefused, 0, ""}},
	} {
		if got := n.check(c, tt.address); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.address, got, tt.want)
		}
	}
	if n.asks("GET https://ok.se/robots.txt") != 1 {
		t.Error("robots.txt is read more than once in a run")
	}
	if n.asks("HEAD https://ok.se/private") != 0 || n.asks("GET https://ok.se/sida") != 0 {
		t.Errorf("asked for more than it may: %v", n.asked)
	}
}

func TestANameThatAnswersOtherwiseTheSecondTime(t *testing.T) {
	n := newInternet(t)
	n.serve("rebinds.se", nil, ok)
	public := n.names["rebinds.se"][0]
	n.names["rebinds.se"] = []string{public, "127.0.0.1"} // robots.txt first, then the page
	if got := n.check(n.checker(), "http://rebinds.se/"); got.Cause != AddressRefused {
		t.Errorf("a name that turns to a private address is %+v", got)
	}
	if len(n.asked) != 1 {
		t.Errorf("asked for %v", n.asked)
	}
}

func TestServersAreGivenTime(t *testing.T) {
	n := newInternet(t)
	pages := map[string]http.HandlerFunc{"/a": ok, "/b": ok, "/robots.txt": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "User-agent: *\nCrawl-delay: 4\n")
	}}
	n.site("slow.se", pages)
	n.site("greedy.se", map[string]http.HandlerFunc{"/a": ok, "/robots.txt": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "User-agent: *\nCrawl-delay: 86400\n")
	}})
	n.site("usual.se", map[string]http.HandlerFunc{"/a": ok, "/b": ok})
	busy, always, long := 0, 0, 0
	again := func(count *int, after string, times int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if *count++; *count <= times {
				w.Header().Set("Retry-After", after)
				w.WriteHeader([]int{429, 503}[*count%2])
				return
			}
			ok(w, r)
		}
	}
	n.site("busy.se", map[string]http.HandlerFunc{"/a": again(&busy, "20", 1)})
	n.site("always.se", map[string]http.HandlerFunc{"/a": func(w http.ResponseWriter, _ *http.Request) {
		always++
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(429)
	}})
	n.site("long.se", map[string]http.HandlerFunc{"/a": func(w http.ResponseWriter, _ *http.Request) {
		long++
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(429)
	}})
	n.site("date.se", map[string]http.HandlerFunc{"/a": again(new(int), n.now.Add(25*time.Second).Format(http.TimeFormat), 1)})
	c := n.checker()
	for _, tt := range []struct {
		address string
		want    Cause
		waits   []time.Duration
	}{
		{"https://slow.se/a", "", []time.Duration{4 * time.Second}},
		{"https://slow.se/b", "", []time.Duration{4 * time.Second}},
		{"https://greedy.se/a", "", []time.Duration{10 * time.Second}},
		{"https://usual.se/a", "", []time.Duration{time.Second}},
		{"https://usual.se/b", "", []time.Duration{time.Second}},
		{"https://busy.se/a", "", []time.Duration{time.Second, 20 * time.Second}},
		{"https://always.se/a", TooManyRequests, []time.Duration{time.Second, 5 * time.Second}},
		{"https://long.se/a", TooManyRequests, []time.Duration{time.Second}},
	} {
		n.waits = nil
		got := n.check(c, tt.address)
		if got.Cause != tt.want || !slices.Equal(n.waits, tt.waits) {
			t.Errorf("%s: %+v after waits of %v, want %q after %v", tt.address, got, n.waits, tt.want, tt.waits)
		}
	}
	if always != 2 || long != 1 {
		t.Errorf("asked %d and %d times a server that wants to be left alone", always, long)
	}
	n.now = n.now.Truncate(time.Second)
	if d := retryAfter(n.now.Add(25*time.Second).Format(http.TimeFormat), n.now); d != 25*time.Second {
		t.Errorf("a date to retry after is %s away", d)
	}
}

func TestAServerThatIsDownIsLeftAlone(t *testing.T) {
	n := newInternet(t)
	n.address("down.se")
	c := n.checker()
	dialled := 0
	dial := n.dial
	c.client = newClient(Options{Resolver: n, Now: c.options.Now, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled++
		return dial(ctx, network, address)
	}}.withDefaults())
	for i := range 10 {
		if got := n.check(c, fmt.Sprintf("https://down.se/%d", i)); got != (Result{Broken, ConnectionRefused, 0, ""}) {
			t.Errorf("address %d: %+v", i, got)
		}
	}
	if dialled != mostFailures {
		t.Errorf("a server that is down was called %d times", dialled)
	}
}

func TestOneRequestAtATimeToAServer(t *testing.T) {
	n := newInternet(t)
	var mu sync.Mutex
	under, most := 0, 0
	n.serve("one.se", nil, func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		under++
		most = max(most, under)
		mu.Unlock()
		mu.Lock()
		under--
		mu.Unlock()
	})
	c := n.checker()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() { _, _ = c.Check(t.Context(), fmt.Sprintf("http://one.se/%d", i)) })
	}
	all.Wait()
	if most != 1 || n.asks("GET http://one.se/robots.txt") != 1 {
		t.Errorf("%d requests at once; asked %v", most, n.asked)
	}
}

func TestACheckEndsWithItsContext(t *testing.T) {
	n := newInternet(t)
	n.site("ok.se", map[string]http.HandlerFunc{"/": ok})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := n.checker().Check(ctx, "https://ok.se/"); err == nil {
		t.Errorf("an ended context gives %+v", r)
	}
}

func TestEveryCauseHasAVerdictOfItsOwnChoice(t *testing.T) {
	for _, c := range Causes() {
		if v := because(c, 0).Verdict; c.Passing() && v != Broken {
			t.Errorf("%s may pass and is %s", c, v)
		}
	}
}
