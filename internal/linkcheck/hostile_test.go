package linkcheck

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// says answers each connection to a name with the bytes that the request's first line
// gives.
func (n *internet) says(host string, answer func(line string) string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(conn)
			line, _ := r.ReadString('\n')
			for more := line; strings.TrimSpace(more) != ""; {
				if more, err = r.ReadString('\n'); err != nil {
					break
				}
			}
			_, _ = io.WriteString(conn, answer(strings.TrimSpace(line)))
			_ = conn.Close()
		}
	}()
	at := net.JoinHostPort(n.address(host), "80")
	n.mu.Lock()
	n.ports[at] = l.Addr().String()
	n.mu.Unlock()
}

// TestWhatNoServerShouldSay holds that an answer against the protocol is a verdict as
// any other.
func TestWhatNoServerShouldSay(t *testing.T) {
	n := newInternet(t)
	for host, tt := range map[string]struct {
		robots, page string
		want         Cause
	}{
		"zero.se":      {"HTTP/1.1 000 Nothing\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", ConnectionFailed},
		"zero-page.se": {"HTTP/1.1 404 No\r\n\r\n", "HTTP/1.1 000 Nothing\r\n\r\n", ConnectionFailed},
		"high.se":      {"HTTP/1.1 404 No\r\n\r\n", "HTTP/1.1 999 Busy\r\n\r\n", HTTPServerError},
		"odd.se":       {"HTTP/1.1 200 OK\r\n\r\n\xff\x00Allow: \r:::\nUser-agent\nDisallow: /%zz*$$[(\nCrawl-delay: -1e309\n", "HTTP/1.1 200 OK\r\n\r\n", ""},
		"other.se":     {"SSH-2.0-OpenSSH_9.2\r\n", "", ConnectionFailed},
	} {
		n.says(host, func(line string) string {
			if strings.Contains(line, "/robots.txt") {
				return tt.robots
			}
			return tt.page
		})
		if got := n.check(n.checker(), "http://"+host+"/"); got.Cause != tt.want {
			t.Errorf("%s: %+v, want %s", host, got, tt.want)
		}
	}
}

// TestWhereServersLead holds that a new address is suggested as an address is written,
// whatever the server wrote.
func TestWhereServersLead(t *testing.T) {
	n := newInternet(t)
	moved := map[string]string{
		"/space": "/ny?namn=Å Ö", "/latin": "/ny?namn=\xe5", "/path": "/n\xe5 y?a=b", "/quoted": `/ny?a="<b>"`, "/kept": "/ny?a=%C3%A5+b%20c&d[]=1",
	}
	serve := func(w http.ResponseWriter, r *http.Request) {
		if to := moved[r.URL.Path]; to != "" {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusMovedPermanently)
		}
	}
	n.serve("ok.se", nil, serve)
	n.serve("xn--bt-yia.se", nil, serve)
	n.serve("xn--bt-yia.se", n.certificate("xn--bt-yia.se", -time.Hour, time.Hour, false), ok)
	c := n.checker()
	for address, want := range map[string]string{
		"http://ok.se/space": "http://ok.se/ny?namn=%C3%85%20%C3%96", "http://ok.se/latin": "http://ok.se/ny?namn=%E5", "http://ok.se/path": "http://ok.se/n%E5%20y?a=b",
		"http://ok.se/quoted": "http://ok.se/ny?a=%22%3Cb%3E%22", "http://ok.se/kept": "http://ok.se/ny?a=%C3%A5+b%20c&d[]=1",
		"http://båt.se/å": "https://båt.se/%C3%A5",
	} {
		if got := n.check(c, address); got.Suggested != want {
			t.Errorf("%s: %+v, want %s", address, got, want)
		}
	}
}

// TestAnAddressThatNobodyAnswersAt holds that a name with an address out of reach, as
// where a server's IPv6 is broken, is reached by its next as browsers do.
func TestAnAddressThatNobodyAnswersAt(t *testing.T) {
	n := newInternet(t)
	n.serve("two.se", nil, ok)
	c := n.checker()
	c.client = newClient(Options{
		Resolver: both{n}, timeout: time.Second,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "[") {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return n.dial(ctx, network, address)
		},
	}.withDefaults())
	if got := n.check(c, "http://two.se/"); got != (Result{OK, "", 200, ""}) {
		t.Errorf("the second of two addresses answers, and it is %+v", got)
	}
}

// both gives each name an IPv6 address first.
type both struct{ Resolver }

func (b both) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	ips, err := b.Resolver.LookupNetIP(ctx, network, host)
	return append([]netip.Addr{netip.MustParseAddr("2a02:920::1")}, ips...), err
}

// TestEncryptionThatFails tells what the server and the checker do not agree on from a
// connection that breaks.
func TestEncryptionThatFails(t *testing.T) {
	n := newInternet(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{*n.certificate("old.se", -time.Hour, time.Hour, false)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // an old server
	server.StartTLS()
	t.Cleanup(server.Close)
	n.ports[net.JoinHostPort(n.address("old.se"), "443")] = server.Listener.Addr().String()
	if got := n.check(n.checker(), "https://old.se/"); got.Cause != TLSFailed {
		t.Errorf("a server of old encryption is %+v", got)
	}
}
