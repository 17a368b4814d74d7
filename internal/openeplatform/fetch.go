package openeplatform

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"fardplan/internal/fault"
	"fardplan/internal/outbound"
)

const (
	cataloguePath = "/api/v1/getflows/json"
	userAgent     = "Fardplan"
	maxRedirects  = 5
	dialTimeout   = 10 * time.Second
)

// Fetch reads the catalogue of the installation at address, which is either the
// platform's own address, "https://e-tjanster.example.se", or the full one of
// its getflows in JSON or XML.
//
// The server must be reached directly (no proxy), on a public address unless
// o.AllowPrivate, and may redirect only within itself. Errors are those of Read
// and faults with a Rule of the fetch, such as RuleStatus; when ctx ends, ctx's
// error wrapped.
func Fetch(ctx context.Context, address string, o Options) (Document, error) {
	o = o.withDefaults()
	target, err := CatalogueURL(address)
	if err != nil {
		return Document{}, err
	}
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	doc, err := fetch(limited, target, o)
	switch {
	case err == nil:
		return doc, nil
	case ctx.Err() != nil:
		return Document{}, fmt.Errorf("fetch %s: %w", target, ctx.Err())
	case limited.Err() != nil:
		return Document{}, fmt.Errorf("%w (%w)", timedOut(o.Timeout), err)
	}
	return doc, err
}

func fetch(ctx context.Context, target string, o Options) (Document, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return Document{}, fmt.Errorf("%w (%w)", badAddress(), err)
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept", "application/json, application/xml;q=0.9, text/xml;q=0.9")
	client := newClient(o.AllowPrivate)
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return Document{}, unanswered(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end or given up: nothing to lose
	if resp.StatusCode != http.StatusOK {
		return Document{}, badStatus(resp.StatusCode)
	}
	// The transport asked for gzip and has taken it off; other codings remain.
	if resp.Header.Get("Content-Encoding") != "" {
		return Document{}, brokenAnswer()
	}
	body := &bodyReader{r: resp.Body}
	doc, err := Read(ctx, body, resp.Header.Get("Content-Type"), o)
	if body.err != nil && len(fault.All(err)) == 0 {
		err = fmt.Errorf("%w (%w)", brokenAnswer(), err)
	}
	return doc, err
}

// bodyReader remembers whether the connection itself failed.
type bodyReader struct {
	r   io.Reader
	err error
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// newClient makes a client for one fetch. It has no proxy on purpose: a proxy
// would do the name look-up, and the guard at dial time would see only itself.
func newClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{
		Timeout: dialTimeout,
		Control: func(_, address string, _ syscall.RawConn) error { return guard(address, allowPrivate) },
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			DisableKeepAlives:      true,
			TLSHandshakeTimeout:    dialTimeout,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: checkRedirect,
	}
}

// CatalogueURL gives the address of the getflows of the platform at address,
// or a fault with RuleAddress. An address that names getflows is kept, with
// /json added when it names no format.
func CatalogueURL(address string) (string, error) {
	safe, ok := webAddress(strings.TrimSpace(address))
	if !ok {
		return "", badAddress()
	}
	u, err := url.Parse(safe)
	if err != nil {
		return "", fmt.Errorf("%w (%w)", badAddress(), err)
	}
	u.Fragment, u.RawFragment = "", ""
	path := strings.TrimRight(u.Path, "/")
	switch {
	case strings.HasSuffix(path, "/getflows"):
		path += "/json"
	case strings.HasSuffix(path, "/getflows/json"), strings.HasSuffix(path, "/getflows/xml"):
	case strings.HasSuffix(path, "/api/v1"):
		path += strings.TrimPrefix(cataloguePath, "/api/v1")
	default:
		path += cataloguePath
		u.RawQuery, u.ForceQuery = "", false
	}
	u.Path, u.RawPath = path, ""
	return u.String(), nil
}

// Origin gives the server of an address alone, its scheme and host: what may be told
// to anyone of where a catalogue came from. Its path and query may hold what is not.
func Origin(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" {
		return "okänd adress"
	}
	return u.Scheme + "://" + u.Host
}

// checkRedirect follows a server only to itself: the same host and port, or
// from http to https on the usual ports.
func checkRedirect(next *http.Request, via []*http.Request) error {
	from, to := via[len(via)-1].URL, next.URL
	sameHost := strings.EqualFold(from.Hostname(), to.Hostname())
	samePlace := from.Scheme == to.Scheme && port(from) == port(to)
	upgrade := from.Scheme == "http" && port(from) == "80" && to.Scheme == "https" && port(to) == "443"
	if len(via) > maxRedirects || !sameHost || !samePlace && !upgrade || to.User != nil {
		return badRedirect(to)
	}
	return nil
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// guard refuses to connect to an address that is not public. It runs after the
// name is resolved, on the very address that is dialled, so a name that answers
// differently the second time gains nothing.
func guard(address string, allowPrivate bool) error {
	place, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read the address %q to dial: %w", address, err)
	}
	if outbound.Allowed(place.Addr(), allowPrivate) {
		return nil
	}
	return privateAddress()
}

// unanswered makes a fault of a request that got no answer.
func unanswered(err error) error {
	if known := fault.All(err); len(known) > 0 { // of the guard or of checkRedirect
		return known[0]
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return fmt.Errorf("%w (%w)", badCertificate(), err)
	}
	return fmt.Errorf("%w (%w)", unreachable(), err)
}

func badAddress() *fault.Error {
	return refuse(fault.Invalid, RuleAddress,
		"Adressen är ingen webbadress till en e-tjänsteplattform. Skriv den hel, till exempel https://e-tjanster.kommunen.se.",
		"The address is no web address of an e-service platform. Write all of it, such as https://e-tjanster.kommunen.se.")
}

func privateAddress() *fault.Error {
	return refuse(fault.Forbidden, RulePrivateAddress,
		"Adressen leder till ett internt nät och hämtas därför inte. Ange plattformens publika adress, eller be driften att tillåta interna adresser.",
		"The address leads into an internal network, so it is not fetched. Give the platform's public address, or ask operations to allow internal addresses.")
}

func badRedirect(to *url.URL) *fault.Error {
	place, ok := webAddress(to.Scheme + "://" + to.Host)
	if !ok {
		place = "?"
	}
	return refuse(fault.Invalid, RuleRedirect,
		fmt.Sprintf("Adressen skickar vidare till en annan server (%s) eller runt i cirkel. Ange den rätta adressen direkt, om den är plattformens.", place),
		fmt.Sprintf("The address redirects to another server (%s) or in circles. Give the right address itself, if it is the platform's.", place))
}

func unreachable() *fault.Error {
	return refuse(fault.Invalid, RuleUnreachable,
		"Plattformen svarar inte. Kontrollera att adressen är rättstavad och att den går att öppna i en webbläsare, och försök igen.",
		"The platform does not answer. Check that the address is spelled right and opens in a browser, and try again.")
}

func badCertificate() *fault.Error {
	return refuse(fault.Invalid, RuleCertificate,
		"Plattformens certifikat är inte giltigt, så svaret kan komma från någon annan. Be plattformens driftansvarige att förnya certifikatet.",
		"The platform's certificate is not valid, so the answer may come from somebody else. Ask those who run the platform to renew it.")
}

func timedOut(after time.Duration) *fault.Error {
	return refuse(fault.Limited, RuleTimeout,
		fmt.Sprintf("Plattformen blev inte klar med sitt svar på %s. Försök igen senare.", after),
		fmt.Sprintf("The platform did not finish its answer within %s. Try again later.", after))
}

func brokenAnswer() *fault.Error {
	return refuse(fault.Invalid, RuleBroken,
		"Plattformens svar bröts eller gick inte att packa upp. Inget har lästs in. Försök igen.",
		"The platform's answer broke off or could not be unpacked. Nothing has been taken in. Try again.")
}

// statusAdvice says what to do about the statuses that tell something.
var statusAdvice = map[int]struct{ sv, en string }{
	http.StatusUnauthorized:        {"Adressen kräver inloggning. Ange adressen till den öppna katalogen.", "The address wants a login. Give the address of the open catalogue."},
	http.StatusForbidden:           {"Adressen är stängd för oss. Be plattformens driftansvarige att öppna katalogen.", "The address is closed to us. Ask those who run the platform to open the catalogue."},
	http.StatusNotFound:            {"Där finns ingen e-tjänstekatalog. Kontrollera adressen.", "There is no catalogue of e-services there. Check the address."},
	http.StatusTooManyRequests:     {"Plattformen tar inte emot fler frågor just nu. Försök igen senare.", "The platform wants to be left alone for a while. Try again later."},
	http.StatusInternalServerError: {"Plattformen har ett fel. Försök igen senare, och anmäl det till leverantören om det är kvar.", "The platform has a fault. Try again later, and report it to the supplier if it stays."},
	http.StatusBadGateway:          {"Plattformen är nere. Försök igen senare.", "The platform is down. Try again later."},
	http.StatusServiceUnavailable:  {"Plattformen är nere. Försök igen senare.", "The platform is down. Try again later."},
	http.StatusGatewayTimeout:      {"Plattformen är nere. Försök igen senare.", "The platform is down. Try again later."},
}

func badStatus(status int) *fault.Error {
	advice, known := statusAdvice[status]
	if !known {
		advice.sv, advice.en = "Kontrollera adressen och försök igen.", "Check the address and try again."
	}
	return refuse(fault.Invalid, RuleStatus,
		fmt.Sprintf("Plattformen svarade med HTTP-status %d. %s", status, advice.sv),
		fmt.Sprintf("The platform answered with the HTTP status %d. %s", status, advice.en))
}
