package scripts_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/app"
	"fardplan/internal/config"
	"fardplan/internal/observe"
)

// name is what the shipped configurations call the site.
const name = "fardplan.example"

// site is the application behind a proxy, on this machine.
type site struct {
	http, https string // where the proxy listens
	roots       *x509.CertPool
	secret      string // of an API token that may do all
	maxBody     int
	maxUpload   int
}

// sink gathers what a process prints.
type sink struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// patience is how long a start may take on a busy machine.
const patience = 60 * time.Second

// freeAddress gives an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func port(address string) string { _, p, _ := net.SplitHostPort(address); return p }

// certify makes a certificate that signs itself, for the site and a week.
func certify(t *testing.T, folder string) (certificate, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	says := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 0, 7),
	}
	signed, err := x509.CreateCertificate(rand.Reader, says, says, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, roots = filepath.Join(folder, "site.pem"), filepath.Join(folder, "site.key"), x509.NewCertPool()
	write(t, certificate, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
	return certificate, key, roots
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replaced puts other texts in the place of those of a shipped file, each of which it
// must have.
func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the file has no %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// serveFor serves the application with the settings that the head of a proxy's
// configuration asks for, and gives its address.
func serveFor(t *testing.T, api *apitest.API, head string) (string, config.Config) {
	t.Helper()
	settings := regexp.MustCompile(`FARDPLAN_[A-Z_]+=[^ \n]*[^ \n.]`).FindAllString(head, -1)
	if len(settings) != 2 {
		t.Fatalf("it asks for %v", settings)
	}
	// A rate that is not made up for while the test runs.
	cfg, err := config.Load(append(settings, "FARDPLAN_ADDR=127.0.0.1:0", "FARDPLAN_METRICS_ADDR="+freeAddress(t), "FARDPLAN_RATE_COST_PER_MINUTE=12"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	at, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- app.Serve(ctx, cfg, api.Services, slog.New(slog.DiscardHandler), observe.NewMetrics("test"), func(address string) { at <- address })
	}()
	select {
	case address := <-at:
		t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				t.Errorf("the server ended with %v", err)
			}
		})
		return address, cfg
	case err := <-ended:
		stop()
		t.Fatalf("the server does not start: %v", err)
		return "", cfg
	}
}

// tool gives the path of a program that deploy/ is written for: the machine's, or the
// one that make tools has unpacked.
func tool(t *testing.T, name string) string {
	t.Helper()
	root, err := filepath.Abs("../tools/deploy/root")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range append([]string{filepath.Join(root, "usr/sbin"), filepath.Join(root, "usr/bin")}, append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin")...) {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path
		}
	}
	t.Fatalf("%s is missing: run make tools, which brings it", name)
	return ""
}

// startProxy runs a proxy until the test ends, and waits until it answers.
func startProxy(t *testing.T, at string, command *exec.Cmd) {
	t.Helper()
	var said sink
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(patience):
			_ = command.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("%s wrote:\n%s", command.Path, &said)
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", at); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended before it answered", command.Path)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer", command.Path)
		}
	}
}

// nginx runs nginx with the shipped configuration, but for its addresses and
// the certificate.
func nginx(t *testing.T, folder, upstream string, s *site, certificate, key string) {
	t.Helper()
	write(t, filepath.Join(folder, "fardplan.conf"), replaced(t, read(t, "deploy/nginx.conf"),
		"server 127.0.0.1:8080;", "server "+upstream+";", "listen 80;", "listen "+s.http+";", "listen 443 ", "listen "+s.https+" ",
		"listen [::]:80;", "listen 127.0.0.2:"+port(s.http)+";", "listen [::]:443 ", "listen 127.0.0.2:"+port(s.https)+" ", // a machine may lack IPv6
		"/etc/ssl/fardplan.example.pem", certificate, "/etc/ssl/private/fardplan.example.key", key))
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n" // the test's folder is closed to others
	}
	write(t, filepath.Join(folder, "nginx.conf"), user+`daemon off;
pid nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include fardplan.conf;
}
`)
	startProxy(t, s.https, exec.Command(tool(t, "nginx"), "-p", folder, "-e", "stderr", "-c", "nginx.conf"))
}

// caddy runs Caddy with the shipped configuration, but for its addresses and
// the certificate, which it would else ask Let's Encrypt for.
func caddy(t *testing.T, folder, upstream string, s *site, certificate, key string) {
	t.Helper()
	path := filepath.Join(folder, "Caddyfile")
	write(t, path, fmt.Sprintf("{\n\tadmin off\n\thttp_port %s\n\thttps_port %s\n}\n", port(s.http), port(s.https))+replaced(t, read(t, "deploy/Caddyfile"),
		"127.0.0.1:8080", upstream, name+" {\n", name+" {\n\tbind 127.0.0.1\n\ttls "+certificate+" "+key+"\n"))
	command := exec.Command(tool(t, "caddy"), "run", "--config", path, "--adapter", "caddyfile")
	command.Env = []string{"HOME=" + folder}
	startProxy(t, s.https, command)
}

// answered is what came of a request.
type answered struct {
	*http.Response
	body string
}

// do sends a request to the site, from an address of this machine and over one
// connection of its own.
func (s *site) do(t *testing.T, from, method, to string, body []byte, header ...string) answered {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: s.roots}, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		known := map[string]string{name + ":80": s.http, name + ":443": s.https}[address]
		return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).DialContext(ctx, network, known)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), method, to, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatalf("%s %s with %d bytes: %v", method, to, len(body), err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response, string(text)}
}

func (a answered) code(t *testing.T) string {
	t.Helper()
	var told struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal([]byte(a.body), &told); err != nil || len(told.Errors) != 1 {
		return a.body
	}
	return told.Errors[0].Extensions.Code
}

// TestBehindAProxy serves behind the real proxies with the shipped configurations: what
// they are there for they do, and what the program does comes through.
func TestBehindAProxy(t *testing.T) {
	api := apitest.New(t)
	api.Municipality(t, "0581", "Norrköping", apitest.Home)
	secret := api.Token(t, "0581", access.Director).Secret
	for _, c := range []struct {
		name, file string
		start      func(t *testing.T, folder, upstream string, s *site, certificate, key string)
		redirect   int
	}{{"nginx", "deploy/nginx.conf", nginx, http.StatusMovedPermanently}, {"caddy", "deploy/Caddyfile", caddy, http.StatusPermanentRedirect}} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			certificate, key, roots := certify(t, folder)
			upstream, cfg := serveFor(t, api, read(t, c.file))
			s := &site{http: freeAddress(t), https: freeAddress(t), roots: roots, secret: secret, maxBody: int(cfg.MaxBodyBytes), maxUpload: int(cfg.MaxUploadBytes)}
			c.start(t, folder, upstream, s, certificate, key)
			s.try(t, c.redirect)
			if at := string(cfg.MetricsAddr); !strings.Contains(s.direct(t, "http://"+at+"/metrics"), "fardplan_http_requests_total") {
				t.Error("there are no metrics at their own address")
			}
		})
	}
}

func (s *site) direct(t *testing.T, to string) string {
	t.Helper()
	response, err := http.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (s *site) try(t *testing.T, redirect int) {
	const here, there, at = "127.0.0.1", "127.0.0.3", "https://" + name
	if a := s.do(t, here, http.MethodGet, "http://"+name+"/sign-in?return=/katalog", nil); a.StatusCode != redirect || a.Header.Get("Location") != at+"/sign-in?return=/katalog" {
		t.Errorf("by http: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}

	// The headers of an answer, once each, whatever the answer is.
	large := bytes.Repeat([]byte(" "), s.maxUpload+1)
	for what, a := range map[string]answered{
		"the start page": s.do(t, here, http.MethodGet, at+"/", nil), "a page that is not there": s.do(t, here, http.MethodGet, at+"/finns-inte", nil),
		"the API": s.do(t, here, http.MethodGet, at+"/graphql?query={viewer{kind}}", nil), "a page of sign-in": s.do(t, here, http.MethodGet, at+"/signed-out", nil),
		"what is too large": s.do(t, here, http.MethodPost, at+"/graphql", large, "Content-Type", "application/json"),
	} {
		for name, want := range map[string]string{
			"Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		} {
			if got := a.Header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s is %q", what, name, got)
			}
		}
		if got := a.Header.Values("X-Request-Id"); len(got) != 1 || len(got[0]) < 16 {
			t.Errorf("%s: X-Request-Id is %q", what, got)
		}
		if a.ProtoMajor != 2 || a.TLS.Version < tls.VersionTLS12 {
			t.Errorf("%s: %s, TLS %x", what, a.Proto, a.TLS.Version)
		}
	}
	for _, path := range []string{"/", "/signed-out"} {
		if policy := s.do(t, here, http.MethodGet, at+path, nil).Header.Values("Content-Security-Policy"); len(policy) != 1 || !strings.Contains(policy[0], "default-src") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
	}
	for path, want := range map[string]int{"/readyz": http.StatusOK, "/healthz": http.StatusOK, "/metrics": http.StatusNotFound} {
		if a := s.do(t, here, http.MethodGet, at+path, nil); a.StatusCode != want || strings.Contains(a.body, "fardplan_http") {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
	}

	// What the program takes in comes through, and it is the program that says what is too large.
	padded := func(size int) []byte {
		return append([]byte(`{"query": "{ viewer { kind } }"}`), bytes.Repeat([]byte(" "), size-len(`{"query": "{ viewer { kind } }"}`))...)
	}
	post := func(size int, header ...string) answered {
		return s.do(t, here, http.MethodPost, at+"/graphql", padded(size), append([]string{"Content-Type", "application/json"}, header...)...)
	}
	if a := post(s.maxUpload, "Authorization", "Bearer "+s.secret); a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"TOKEN"`) {
		t.Errorf("%d bytes of one who is known: %d %s", s.maxUpload, a.StatusCode, a.body)
	}
	if a := post(s.maxBody); a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"ANONYMOUS"`) {
		t.Errorf("%d bytes of anybody: %d %s", s.maxBody, a.StatusCode, a.body)
	}
	for what, a := range map[string]answered{"of one who is known": post(s.maxUpload+1, "Authorization", "Bearer "+s.secret), "of anybody": post(s.maxUpload)} {
		if a.StatusCode != http.StatusRequestEntityTooLarge || a.code(t) != "LIMITED" {
			t.Errorf("too much %s: %d %s", what, a.StatusCode, a.body)
		}
	}
	// Caddy of Debian 12 says 502 of it, and later ones 413.
	if a := post(10<<20, "Authorization", "Bearer "+s.secret); a.StatusCode < http.StatusBadRequest || a.code(t) == "LIMITED" {
		t.Errorf("more than the proxy takes: %d %s", a.StatusCode, a.body)
	}

	// Who asks is told by the proxy, whatever the caller says; each has a rate of its own.
	left := func(from string, header ...string) int {
		t.Helper()
		a := s.do(t, from, http.MethodGet, at+"/graphql?query={viewer{kind}}", nil, header...)
		var told struct {
			Extensions struct{ Cost struct{ LeftThisMinute int } }
		}
		if err := json.Unmarshal([]byte(a.body), &told); err != nil || told.Extensions.Cost.LeftThisMinute == 0 {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		return told.Extensions.Cost.LeftThisMinute
	}
	own, first := left(here), left(there)
	if own >= first {
		t.Errorf("one who has asked much has %d left, and another %d: they are not told apart", own, first)
	}
	for _, said := range []string{"203.0.113.7", "203.0.113.8, 127.0.0.1"} {
		if now := left(there, "X-Forwarded-For", said, "X-Real-Ip", said, "Forwarded", "for="+said); now >= first {
			t.Errorf("one who claims to be %s has %d left, and had %d", said, now, first)
		} else {
			first = now
		}
	}

	// The program knows its own site by its public address.
	for origin, want := range map[string]int{at: http.StatusSeeOther, "https://ond.example": http.StatusForbidden} {
		if a := s.do(t, here, http.MethodPost, at+"/sign-out", nil, "Origin", origin); a.StatusCode != want {
			t.Errorf("signing out from %s: %d %s", origin, a.StatusCode, a.body)
		}
	}
}
