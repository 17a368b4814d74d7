// Package link keeps what is known of the addresses of e-services: whether they lead
// somewhere, why not, and which address is better used instead.
package link

import (
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/eservice"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/linkcheck"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// Target is which of an e-service's addresses is meant.
type Target string

// The addresses that an e-service has.
const (
	URL       Target = "URL"                     // its own
	Statement Target = "ACCESSIBILITY_STATEMENT" // of its accessibility statement
)

// Check is what is known of one address of an e-service.
type Check struct {
	postgres.Row
	MunicipalityID uuid.UUID         `db:"municipality_id"`
	EServiceID     uuid.UUID         `db:"e_service_id"`
	Target         Target            `db:"target"`
	Address        string            `db:"address"` // as it was asked
	Verdict        linkcheck.Verdict `db:"verdict"`
	Cause          *linkcheck.Cause  `db:"cause"` // nil when it is right
	HTTPStatus     *int              `db:"http_status"`
	Suggested      *string           `db:"suggested_address"`
	// FirstFailedAt is since when it has failed at every check; nil when it does not.
	FirstFailedAt *time.Time `db:"first_failed_at"`
}

// Visited is a check with when the address was last asked; the past does not know.
type Visited struct {
	Check
	CheckedAt *time.Time `db:"checked_at"`
}

// Connections of checks.
type (
	// Connection is one page of checks.
	Connection = page.Connection[*Visited]
	// Edge is a check with its place in a list.
	Edge = page.Edge[*Visited]
)

// Order is an order of the list of checks.
type Order string

// Filter narrows a list of checks; empty parts do not.
type Filter struct {
	Verdicts       []linkcheck.Verdict
	Causes         []linkcheck.Cause
	Targets        []Target
	Municipalities []string // SCB codes
	Units          []uuid.UUID
}

// A failure that may pass, such as a server that does not answer, makes an address
// BROKEN when it has failed at provenTimes checks in a row and for provenAfter: three
// nights. Until then it is a WARNING.
const (
	provenTimes = 3
	provenAfter = 47 * time.Hour
)

// CheckJob is the name of the job that checks the links of each municipality.
const CheckJob = "LINK_CHECK"

// Service checks links and tells what is known of them.
type Service struct {
	Journal   *history.Journal
	Policy    access.Policy
	Catalogue *eservice.Service
	// Options are how addresses are asked; the clock is the database's.
	Options linkcheck.Options
}

func (s *Service) checker() *linkcheck.Checker {
	o := s.Options
	o.Now = s.Journal.DB.Now
	return linkcheck.New(o)
}

// decide gives what is known of an address after a check, from what was known before
// (nil when nothing was), and how many passing failures in a row there have been.
func decide(was *Check, failures int, p place, r linkcheck.Result, now time.Time) (Check, int) {
	is := Check{MunicipalityID: p.MunicipalityID, EServiceID: p.EServiceID, Target: p.Target, Address: p.Address, Verdict: r.Verdict}
	if was != nil {
		is.Row = was.Row
		if was.Address != p.Address {
			was, failures = nil, 0
		}
	} else {
		failures = 0
	}
	// Who is asked to stay away has learnt nothing.
	if r.Cause == linkcheck.TooManyRequests && was != nil {
		return *was, failures
	}
	if r.Cause != "" {
		is.Cause = &r.Cause
	}
	if r.Status != 0 {
		is.HTTPStatus = &r.Status
	}
	// A suggestion that no e-service could have is none.
	if r.Suggested != "" && len(r.Suggested) <= 1000 {
		is.Suggested = &r.Suggested
	}
	if r.Verdict != linkcheck.Broken {
		return is, 0
	}
	is.FirstFailedAt = &now
	if was != nil && was.FirstFailedAt != nil {
		is.FirstFailedAt = was.FirstFailedAt
	}
	if !r.Cause.Passing() {
		return is, 0
	}
	failures++
	if failures < provenTimes || now.Sub(*is.FirstFailedAt) < provenAfter {
		is.Verdict = linkcheck.Warning
	}
	return is, failures
}

// same tells whether two checks say the same.
func same(a, b *Check) bool {
	return a.Address == b.Address && a.Verdict == b.Verdict && equal(a.Cause, b.Cause) && equal(a.HTTPStatus, b.HTTPStatus) &&
		equal(a.Suggested, b.Suggested) && (a.FirstFailedAt == nil) == (b.FirstFailedAt == nil)
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

const (
	inUse = "x.archived_at IS NULL AND x.status IN ('PILOT', 'LIVE', 'PHASING_OUT')"
	// current is that the check l is of an address that the e-service x has.
	current = "l.address = CASE l.target WHEN 'URL' THEN x.url ELSE x.accessibility_statement_url END"
)

// GapRules are what the addresses of an e-service in use should do. A check of an
// address that it no longer has does not count.
func GapRules() []gap.Rule {
	return []gap.Rule{
		{
			Code: "ESERVICE_LINK_BROKEN", Severity: gap.High, Object: "e_service",
			Where:  inUse + " AND EXISTS (SELECT FROM link_check l WHERE l.e_service_id = x.id AND l.verdict = 'BROKEN' AND " + current + ")",
			Title:  gap.Text{Sv: "Länken är trasig", En: "The link is broken"},
			Reason: gap.Text{Sv: "Adressen leder inte till e-tjänsten eller till dess tillgänglighetsredogörelse. Rätta adressen, eller be den som driver webbplatsen att rätta felet.", En: "The address does not lead to the e-service or to its accessibility statement. Correct the address, or ask those who run the site to mend it."},
			Law:    gap.Text{Sv: "Förvaltningslagen (2017:900) 6 och 7 §§", En: "Administrative Procedure Act (2017:900), sections 6 and 7"},
		},
		{
			Code: "ESERVICE_LINK_REDIRECTED", Severity: gap.Low, Object: "e_service",
			Where:  inUse + " AND EXISTS (SELECT FROM link_check l WHERE l.e_service_id = x.id AND l.verdict = 'WARNING' AND l.suggested_address IS NOT NULL AND " + current + ")",
			Title:  gap.Text{Sv: "Länken har en ny adress", En: "The link has a new address"},
			Reason: gap.Text{Sv: "Adressen skickar vidare till en ny, som står som förslag vid länkkontrollen. Byt till den innan den gamla slutar fungera.", En: "The address leads on to a new one, which the link check suggests. Use that before the old one ceases to work."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.6 (F13)", En: "Audit KR-2017/0039, section 4.6 (F13)"},
		},
	}
}
