package linkcheck

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/temoto/robotstxt"

	"fardplan/internal/outbound"
)

// Resolver looks names up; net.DefaultResolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options are a checker's surroundings. What is not given is the usual, but for the clock.
type Options struct {
	// Contact is the address of the product where it runs, told to the servers asked.
	Contact string
	// AllowPrivate lets it connect to loopback and private addresses, for e-services on
	// the municipality's own network.
	AllowPrivate bool
	Resolver     Resolver
	// Dial connects to an address that is allowed.
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Roots *x509.CertPool   // whose certificates are trusted; nil for the system's
	Now   func() time.Time // the clock; never nil
	// Wait lets some time pass, or gives ctx's error.
	Wait func(ctx context.Context, d time.Duration) error

	timeout time.Duration // of one request; shorter in tests
}

func (o Options) withDefaults() Options {
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.timeout == 0 {
		o.timeout = perRequest
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	return o
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// robotName is the name that robots.txt files know it by.
const robotName = "Fardplan"

// userAgent says who asks, and where to turn about it.
func (o Options) userAgent() string {
	if o.Contact == "" {
		return robotName + " (link checker)"
	}
	return robotName + " (link checker; +" + o.Contact + ")"
}

// robots are the rules of one server; nil rules when it cannot be read.
type robots struct{ rules *robotstxt.Group }

func (r *robots) allow(u *url.URL) bool {
	return r.rules != nil && r.rules.Test(u.RequestURI())
}

type client struct{ *http.Client }

// errRefused says that a name leads to an address that may not be connected to.
var errRefused = errors.New("not a public address")

// newClient makes a client without a proxy, which would do the look-up itself, and
// without connections kept open: each is to an address that has been asked about.
func newClient(o Options) client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		ips := []netip.Addr{}
		if ip, err := netip.ParseAddr(host); err == nil {
			ips = append(ips, ip)
		} else if ips, err = o.Resolver.LookupNetIP(ctx, "ip", host); err != nil {
			return nil, err
		}
		var failed error = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
		for _, ip := range ips {
			if !outbound.Allowed(ip, o.AllowPrivate) {
				return nil, errRefused
			}
		}
		for i, ip := range ips {
			// The addresses share the time: where one is out of reach, the next may answer.
			share, cancel := context.WithTimeout(ctx, o.timeout/time.Duration(len(ips)-i))
			conn, err := o.Dial(share, network, net.JoinHostPort(ip.Unmap().String(), port))
			cancel()
			if err == nil {
				return conn, nil
			}
			failed = err
		}
		return nil, failed
	}
	return client{&http.Client{
		Transport: &http.Transport{
			DialContext: dial, ForceAttemptHTTP2: true, DisableKeepAlives: true, DisableCompression: true,
			MaxResponseHeaderBytes: 64 << 10, TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what a server says of one address: a page, the place it redirects to, or
// why neither.
type answer struct {
	cause    Cause
	status   int
	location string
}

// ask asks a server for one address: its head, and the page itself where the head is
// refused or tells of a fault, since some servers answer heads wrongly. Nothing of the
// page's body is read.
func (c *Checker) ask(ctx context.Context, u *url.URL) (answer, error) {
	s := c.server(u)
	select {
	case s.hold <- struct{}{}:
		defer func() { <-s.hold }()
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	if s.failures >= mostFailures {
		return answer{cause: s.last.Cause}, nil
	}
	a, err := c.askHeld(ctx, s, u)
	if err != nil {
		return a, err
	}
	// An answer, whatever it says, shows that the server is there.
	s.failures, s.last = s.failures+1, because(a.cause, a.status)
	if a.status != 0 || !a.cause.Passing() {
		s.failures = 0
	}
	return a, nil
}

func (c *Checker) askHeld(ctx context.Context, s *server, u *url.URL) (answer, error) {
	if s.robots == nil {
		if a, err := c.readRobots(ctx, s, u); err != nil || a.cause != "" {
			return a, err
		}
	}
	if !s.robots.allow(u) {
		return answer{cause: Robots}, nil
	}
	a, _, err := c.send(ctx, s, http.MethodHead, u, 0)
	if err != nil {
		return a, err
	}
	if a.status >= 400 && a.status != http.StatusTooManyRequests || a.cause == ConnectionFailed {
		a, _, err = c.send(ctx, s, http.MethodGet, u, 0)
	}
	return a, err
}

// readRobots reads a server's robots.txt. One that is not there allows all; one that
// the server fails to give forbids all (RFC 9309 2.3.1).
func (c *Checker) readRobots(ctx context.Context, s *server, u *url.URL) (answer, error) {
	at := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
	for hop := 0; ; hop++ {
		a, body, err := c.send(ctx, s, http.MethodGet, at, robotsRead)
		if err != nil || a.status == 0 {
			return a, err
		}
		if a.location != "" && hop < 5 {
			// What lies elsewhere is read only from the same name: another server has
			// its own pace and its own wishes.
			next, err := at.Parse(a.location)
			if err == nil {
				if next, ok := clean(next); ok && next.Hostname() == u.Hostname() {
					at = next
					continue
				}
			}
		}
		switch {
		case a.status >= 500 || a.status == http.StatusTooManyRequests:
			s.robots = &robots{}
		case a.status >= 300:
			body = nil
			fallthrough
		default:
			data, err := robotstxt.FromBytes(body)
			if err != nil { // lines that nobody understands are passed over
				data = &robotstxt.RobotsData{}
			}
			rules := data.FindGroup(robotName)
			s.robots = &robots{rules}
			s.delay = min(max(rules.CrawlDelay, pause), mostDelay)
			s.next = c.options.Now().Add(s.delay)
		}
		return answer{}, nil
	}
}

// send makes one request when the server's time has come. A server that asks for some
// time is given it once, if it is not long.
func (c *Checker) send(ctx context.Context, s *server, method string, u *url.URL, read int64) (answer, []byte, error) {
	for again := false; ; again = true {
		if d := s.next.Sub(c.options.Now()); d > 0 {
			if err := c.options.Wait(ctx, d); err != nil {
				return answer{}, nil, err
			}
		}
		a, body, later, err := c.request(ctx, method, u, read)
		s.next = c.options.Now().Add(s.delay)
		if err != nil {
			return answer{}, nil, err
		}
		busy := a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable
		if !busy || later <= 0 || later > mostWait || again {
			return a, body, nil
		}
		s.next = c.options.Now().Add(max(later, s.delay))
	}
}

func (c *Checker) request(ctx context.Context, method string, u *url.URL, read int64) (a answer, body []byte, later time.Duration, err error) {
	limited, cancel := context.WithTimeout(ctx, c.options.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(limited, method, u.String(), nil)
	if err != nil {
		return answer{cause: AddressRefused}, nil, 0, nil
	}
	r.Header.Set("User-Agent", c.options.userAgent())
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	r.Header.Set("Accept-Language", "sv, en;q=0.5")
	resp, err := c.client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return answer{}, nil, 0, ctx.Err()
		}
		return answer{cause: causeOf(err)}, nil, 0, nil
	}
	defer func() { _ = resp.Body.Close() }() // the head tells that a page is there; its rest is not wanted
	if resp.StatusCode < 100 {               // the protocol has none, and 0 is here that there was no answer
		return answer{cause: ConnectionFailed}, nil, 0, nil
	}
	if read > 0 {
		if body, err = io.ReadAll(io.LimitReader(resp.Body, read)); err != nil {
			if ctx.Err() != nil {
				return answer{}, nil, 0, ctx.Err()
			}
			return answer{cause: causeOf(err)}, nil, 0, nil
		}
	}
	a.status = resp.StatusCode
	if a.cause = causeOfStatus(resp.StatusCode); a.cause == "" && resp.StatusCode >= 300 {
		if a.location = resp.Header.Get("Location"); a.location == "" {
			a.cause = RedirectInvalid
		}
	}
	return a, body, retryAfter(resp.Header.Get("Retry-After"), c.options.Now()), nil
}

// retryAfter reads for how long a server asks to be left alone: seconds or a date
// (RFC 9110 10.2.3); 0 when it does not say.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 && seconds < 1<<20 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return at.Sub(now)
	}
	return 0
}

func causeOfStatus(status int) Cause {
	switch {
	case status < 400:
		return ""
	case status == http.StatusNotFound || status == http.StatusGone:
		return HTTPNotFound
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusUnavailableForLegalReasons:
		return HTTPDenied
	case status == http.StatusTooManyRequests:
		return TooManyRequests
	case status < 500:
		return HTTPClientError
	}
	return HTTPServerError
}

func causeOf(err error) Cause {
	var (
		dns       *net.DNSError
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
		unknown   x509.UnknownAuthorityError
		handshake tls.RecordHeaderError
		network   net.Error
	)
	switch {
	case errors.Is(err, errRefused):
		return AddressRefused
	case errors.As(err, &dns) && dns.IsNotFound:
		return DNSNotFound
	case errors.As(err, &dns):
		return DNSFailed
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return TLSExpired
	case errors.As(err, &name):
		return TLSWrongName
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return TLSUntrusted
	case errors.As(err, &handshake), strings.Contains(err.Error(), " tls: "): // most have no type of their own
		return TLSFailed
	case errors.Is(err, syscall.ECONNREFUSED):
		return ConnectionRefused
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return Timeout
	}
	return ConnectionFailed
}
