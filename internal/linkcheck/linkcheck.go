// Package linkcheck asks web addresses whether they still lead somewhere. It asks
// politely: under the product's own name, as robots.txt allows (RFC 9309), one request
// at a time to each server with a pause between, and nothing of a page but that it is
// there. It connects to public addresses only.
package linkcheck

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Verdict is what is thought of an address.
type Verdict string

// The verdicts.
const (
	OK         Verdict = "OK"          // leads there
	Warning    Verdict = "WARNING"     // leads there in some way that is better mended
	Broken     Verdict = "BROKEN"      // does not lead there
	NotChecked Verdict = "NOT_CHECKED" // could not be asked, and so nothing is known
)

// Cause is why an address is not simply right; empty for one that is.
type Cause string

// The causes. Those marked passing may be over by the next time.
const (
	DNSNotFound       Cause = "DNS_NOT_FOUND"       // the server's name does not exist; passing
	DNSFailed         Cause = "DNS_FAILED"          // the name could not be looked up; passing
	ConnectionRefused Cause = "CONNECTION_REFUSED"  // passing
	ConnectionFailed  Cause = "CONNECTION_FAILED"   // broken off or not reachable; passing
	Timeout           Cause = "TIMEOUT"             // passing
	TLSExpired        Cause = "TLS_EXPIRED"         // the certificate's time is out, or has not begun
	TLSWrongName      Cause = "TLS_WRONG_NAME"      // the certificate is another server's
	TLSUntrusted      Cause = "TLS_UNTRUSTED"       // nobody whom browsers trust has signed it
	TLSFailed         Cause = "TLS_FAILED"          // no encrypted connection otherwise; passing
	HTTPNotFound      Cause = "HTTP_NOT_FOUND"      // 404 or 410
	HTTPDenied        Cause = "HTTP_DENIED"         // 401, 403 or 451: may be open to people
	HTTPClientError   Cause = "HTTP_CLIENT_ERROR"   // another 4xx
	HTTPServerError   Cause = "HTTP_SERVER_ERROR"   // 5xx; passing
	TooManyRequests   Cause = "TOO_MANY_REQUESTS"   // 429: asked to stay away for a while
	RedirectLoop      Cause = "REDIRECT_LOOP"       // leads in circles
	RedirectTooMany   Cause = "REDIRECT_TOO_MANY"   // more than maxHops
	RedirectInvalid   Cause = "REDIRECT_INVALID"    // leads to what is no web address
	RedirectPermanent Cause = "REDIRECT_PERMANENT"  // has moved for good: the new address is suggested
	RedirectFrontPage Cause = "REDIRECT_FRONT_PAGE" // leads to a front page instead of the page
	HTTPSAvailable    Cause = "HTTPS_AVAILABLE"     // the same page is there by https
	Robots            Cause = "ROBOTS"              // the server's robots.txt says no, or cannot be read
	AddressRefused    Cause = "ADDRESS_REFUSED"     // not a public web address
)

// passing are the causes that one failure alone does not prove.
var passing = map[Cause]bool{
	DNSNotFound: true, DNSFailed: true, ConnectionRefused: true, ConnectionFailed: true, Timeout: true, TLSFailed: true, HTTPServerError: true,
}

// Passing tells whether the cause may be over by the next time.
func (c Cause) Passing() bool { return passing[c] }

// verdicts are of the causes; the others are BROKEN.
var verdicts = map[Cause]Verdict{
	"": OK, HTTPDenied: Warning, HTTPClientError: Warning, RedirectPermanent: Warning, RedirectFrontPage: Warning, HTTPSAvailable: Warning,
	AddressRefused: Warning, TooManyRequests: NotChecked, Robots: NotChecked,
}

// Causes lists all causes.
func Causes() []Cause {
	return []Cause{
		DNSNotFound, DNSFailed, ConnectionRefused, ConnectionFailed, Timeout, TLSExpired, TLSWrongName, TLSUntrusted, TLSFailed,
		HTTPNotFound, HTTPDenied, HTTPClientError, HTTPServerError, TooManyRequests, RedirectLoop, RedirectTooMany, RedirectInvalid,
		RedirectPermanent, RedirectFrontPage, HTTPSAvailable, Robots, AddressRefused,
	}
}

// Result is what one check found.
type Result struct {
	Verdict Verdict
	Cause   Cause
	// Status is the last answer's HTTP status; 0 without one.
	Status int
	// Suggested is the address that is better used instead; empty where none is known.
	Suggested string
}

func because(c Cause, status int) Result {
	verdict, ok := verdicts[c]
	if !ok {
		verdict = Broken
	}
	return Result{Verdict: verdict, Cause: c, Status: status}
}

const (
	// maxHops is how many redirects in a row are followed: browsers follow 20, and what
	// takes more than ten is broken in another way.
	maxHops = 10
	// perRequest bounds the time of one request, and inAll that of one check with its
	// pauses and redirects.
	perRequest, inAll = 15 * time.Second, 3 * time.Minute
	// pause is the least time between two requests to a server; a longer Crawl-delay of
	// its robots.txt holds, up to mostDelay. A Retry-After up to mostWait is waited for once.
	pause, mostDelay, mostWait = time.Second, 10 * time.Second, 30 * time.Second
	// mostFailures is after how many connections in a row that failed a server is left
	// alone for the rest of the run.
	mostFailures = 3
	// robotsRead is how much of a robots.txt is read (RFC 9309 2.5), in bytes.
	robotsRead = 500 << 10
)

// Checker checks addresses within one run: what it learns of a server, such as its
// robots.txt, holds until the run ends. It may be used from several goroutines.
type Checker struct {
	options Options
	client  client
	mu      sync.Mutex
	servers map[string]*server // by scheme and host
}

// server is what is known of a server in this run. Whoever asks it holds it.
type server struct {
	hold     chan struct{}
	next     time.Time // when it may be asked again
	delay    time.Duration
	robots   *robots
	failures int
	last     Result // the newest failure to connect
}

// New makes a checker for one run.
func New(o Options) *Checker {
	o = o.withDefaults()
	return &Checker{options: o, client: newClient(o), servers: map[string]*server{}}
}

func (c *Checker) server(u *url.URL) *server {
	key := strings.ToLower(u.Scheme + "://" + u.Host)
	c.mu.Lock()
	defer c.mu.Unlock()
	s, known := c.servers[key]
	if !known {
		s = &server{hold: make(chan struct{}, 1), delay: pause}
		c.servers[key] = s
	}
	return s
}

// parse reads an address that may be asked.
func parse(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, false
	}
	return clean(u)
}

func clean(u *url.URL) (*url.URL, bool) {
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil, false
	}
	plain := *u
	plain.Fragment, plain.RawFragment = "", ""
	plain.RawQuery = escaped(plain.RawQuery)
	if plain.Path == "" {
		plain.Path = "/"
	}
	return &plain, true
}

// escaped writes what a query may not hold, such as spaces and letters beyond ASCII,
// as browsers do when they are led to one.
func escaped(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Check asks an address. The error is ctx's alone.
func (c *Checker) Check(ctx context.Context, address string) (Result, error) {
	limited, cancel := context.WithTimeout(ctx, inAll)
	defer cancel()
	r, err := c.check(limited, address)
	if err != nil && ctx.Err() == nil {
		return because(Timeout, 0), nil
	}
	return r, err
}

func (c *Checker) check(ctx context.Context, address string) (Result, error) {
	start, ok := parse(address)
	if !ok {
		return because(AddressRefused, 0), nil
	}
	seen := map[string]bool{}
	permanent := true
	at := start
	for {
		if seen[at.String()] {
			return because(RedirectLoop, 0), nil
		}
		if len(seen) > maxHops {
			return because(RedirectTooMany, 0), nil
		}
		seen[at.String()] = true
		a, err := c.ask(ctx, at)
		if err != nil {
			return Result{}, err
		}
		if a.cause != "" {
			return because(a.cause, a.status), nil
		}
		if a.location == "" {
			break
		}
		next, err := at.Parse(a.location)
		if err != nil {
			return because(RedirectInvalid, a.status), nil
		}
		if next, ok = clean(next); !ok {
			return because(RedirectInvalid, a.status), nil
		}
		permanent = permanent && (a.status == 301 || a.status == 308)
		at = next
	}
	return c.arrived(ctx, address, start, at, permanent)
}

// arrived judges an address that leads to a page.
func (c *Checker) arrived(ctx context.Context, address string, start, at *url.URL, permanent bool) (Result, error) {
	moved := at.String() != start.String()
	secured := *start
	secured.Scheme = "https"
	if start.Port() == "80" {
		secured.Host = start.Hostname()
	}
	switch {
	case moved && frontPage(at) && !frontPage(start):
		return because(RedirectFrontPage, 200), nil
	case moved && permanent:
		r := because(RedirectPermanent, 200)
		if at.String() == secured.String() {
			r = because(HTTPSAvailable, 200)
		}
		r.Suggested = withFragment(at, address)
		return r, nil
	case !moved && start.Scheme == "http" && (start.Port() == "" || start.Port() == "80"):
		a, err := c.ask(ctx, &secured)
		if err != nil {
			return Result{}, err
		}
		if a.cause == "" && a.location == "" {
			r := because(HTTPSAvailable, 200)
			r.Suggested = withFragment(&secured, address)
			return r, nil
		}
	}
	return because("", 200), nil
}

// frontPage tells whether an address is a server's first page.
func frontPage(u *url.URL) bool {
	switch strings.ToLower(strings.TrimRight(u.Path, "/")) {
	case "", "/index.html", "/index.php", "/default.aspx", "/start", "/startsida", "/hem":
		return u.RawQuery == ""
	}
	return false
}

// withFragment writes an address with the server's name in its own letters, and keeps
// the place on the page that the first address named.
func withFragment(u *url.URL, address string) string {
	written := u.Scheme + "://" + u.Host + u.RequestURI()
	if _, fragment, some := strings.Cut(address, "#"); some && fragment != "" {
		written += "#" + fragment
	}
	return written
}
