package link

import (
	"context"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/eservice"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// place is an address that an e-service has, to be asked.
type place struct {
	MunicipalityID uuid.UUID `db:"municipality_id"`
	EServiceID     uuid.UUID `db:"e_service_id"`
	Target         Target    `db:"target"`
	Address        string    `db:"address"`
}

// places are the addresses of e-services x that are in use, as a relation a.
const places = `(SELECT x.municipality_id, x.id AS e_service_id, x.owner_unit_id, a.target, a.address FROM e_service x,
	LATERAL (VALUES ('URL', x.url), ('ACCESSIBILITY_STATEMENT', x.accessibility_statement_url)) a (target, address)
	WHERE a.address IS NOT NULL AND ` + inUse + `)`

// due reads the addresses of a municipality, or of the e-services named, that have
// not been asked since an instant, those that have waited longest first.
func due(ctx context.Context, r postgres.Reader, municipality uuid.UUID, services []uuid.UUID, since time.Time) ([]*place, error) {
	which := "p.municipality_id = @municipality"
	if services != nil {
		which = "p.e_service_id = ANY (@services)"
	}
	return postgres.All[place](ctx, r, "SELECT "+postgres.Columns[place]("p")+" FROM "+places+` p
		LEFT JOIN link_check l ON l.e_service_id = p.e_service_id AND l.target = p.target AND l.address = p.address
		LEFT JOIN link_visit v ON v.link_check_id = l.id
		WHERE `+which+` AND coalesce(v.checked_at, '-infinity') < @since
		ORDER BY coalesce(v.checked_at, '-infinity'), p.e_service_id, p.target`,
		postgres.Args{"municipality": municipality, "services": services, "since": since})
}

// Owner is a municipality that has e-services.
type Owner struct {
	ID      uuid.UUID `db:"id"`
	SCBCode string    `db:"scb_code"`
}

// Owners lists the municipalities whose links are checked every night. It is for the
// program itself.
func (s *Service) Owners(ctx context.Context) (owners []*Owner, err error) {
	err = s.read(ctx, func(r *postgres.Snapshot) error {
		owners, err = postgres.All[Owner](ctx, r, `SELECT m.id, m.scb_code FROM municipality m
			WHERE EXISTS (SELECT FROM e_service x WHERE x.municipality_id = m.id AND x.archived_at IS NULL) ORDER BY m.scb_code`, nil)
		return err
	})
	return owners, err
}

// still keeps the addresses that the e-services have at the moment.
func still(ctx context.Context, r postgres.Reader, services []uuid.UUID) (map[place]bool, error) {
	all, err := postgres.All[place](ctx, r, "SELECT "+postgres.Columns[place]("p")+" FROM "+places+" p WHERE p.e_service_id = ANY (@services)", postgres.Args{"services": services})
	has := make(map[place]bool, len(all))
	for _, p := range all {
		has[*p] = true
	}
	return has, err
}

// known is a check with its failures.
type known struct {
	Check
	Failures int `db:"failures"`
}

// checksOf reads what is known of the addresses of e-services.
func checksOf(ctx context.Context, r postgres.Reader, services []uuid.UUID) ([]*known, error) {
	return postgres.All[known](ctx, r, "SELECT "+postgres.Columns[known]("x")+` FROM (SELECT l.*, coalesce(v.failures, 0) AS failures
		FROM link_check l LEFT JOIN link_visit v ON v.link_check_id = l.id) x WHERE x.e_service_id = ANY (@services)`, postgres.Args{"services": services})
}

// visited notes that addresses have been asked.
func (s *Service) visited(ctx context.Context, at time.Time, failures map[uuid.UUID]int) error {
	ids, counts := make([]uuid.UUID, 0, len(failures)), make([]int, 0, len(failures))
	for id, n := range failures {
		ids, counts = append(ids, id), append(counts, n)
	}
	return s.Journal.DB.Note(ctx, `INSERT INTO link_visit (link_check_id, checked_at, failures)
		SELECT id, @at, failures FROM unnest(@ids::uuid[], @counts::int[]) AS given (id, failures)
		ON CONFLICT (link_check_id) DO UPDATE SET checked_at = excluded.checked_at, failures = excluded.failures`,
		postgres.Args{"ids": ids, "counts": counts, "at": at})
}

// from is the current checks of e-services that the caller may see, to list.
func from(r postgres.Reader) string {
	checked := "v.checked_at"
	if r.Past() { // when an address was last asked has no history
		checked = "NULL::timestamptz"
	}
	return "(SELECT l.*, " + checked + ` AS checked_at FROM link_check l LEFT JOIN link_visit v ON v.link_check_id = l.id
		JOIN e_service x ON x.id = l.e_service_id AND ` + inUse + ` WHERE ` + current + `) x
		JOIN e_service e ON e.id = x.e_service_id JOIN unit u ON u.id = e.owner_unit_id JOIN municipality m ON m.id = e.municipality_id`
}

var orders = map[Order]postgres.Sort{
	"USAGE":        {Expr: eservice.CasesOf("x.e_service_id"), Type: "bigint"},
	"FIRST_FAILED": {Expr: "coalesce(x.first_failed_at, 'infinity')", Type: "timestamptz"},
	"E_SERVICE":    {Expr: "e.name_sv", Type: "text"},
}

// List reads one page of the checks of e-services that the caller may see.
func (s *Service) List(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, a page.Args) (*Connection, error) {
	sort := orders[o]
	sort.Name, sort.Desc = string(o), desc
	l := postgres.List{From: from(r), Alias: "x", Sort: sort, Facets: map[string]postgres.Facet{
		"VERDICT":      {Value: "x.verdict", Names: verdictName},
		"CAUSE":        {Value: "x.cause", Names: causeName},
		"MUNICIPALITY": {Value: "m.scb_code", Sv: "m.name_sv", En: "coalesce(m.name_en, m.name_sv)"},
		"OWNER_UNIT":   {Value: "e.owner_unit_id::text", Kind: "unit", Sv: "u.name_sv", En: "coalesce(u.name_en, u.name_sv)"},
	}}
	s.Policy.Narrow(ctx, r, &l, "e_service", "e")
	if len(f.Verdicts) > 0 {
		l.WhereFacet("VERDICT", "x.verdict = ANY (@verdicts)", "verdicts", f.Verdicts)
	}
	if len(f.Causes) > 0 {
		l.WhereFacet("CAUSE", "x.cause = ANY (@causes)", "causes", f.Causes)
	}
	if len(f.Targets) > 0 {
		l.Where("x.target = ANY (@targets)", "targets", f.Targets)
	}
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.Units) > 0 {
		l.WhereFacet("OWNER_UNIT", "e.owner_unit_id = ANY (@units)", "units", f.Units)
	}
	return postgres.Page[Visited](ctx, r, l, a)
}

// OfEach reads, for each e-service that the caller may see, what is known of its addresses.
func (s *Service) OfEach(ctx context.Context, r postgres.Reader, services []uuid.UUID) (map[uuid.UUID][]*Visited, error) {
	condition, args := s.Policy.Visible(ctx, "e_service", "e", r.Past())
	args["services"] = services
	all, err := postgres.All[Visited](ctx, r, "SELECT "+postgres.Columns[Visited]("x")+" FROM "+from(r)+
		" WHERE x.e_service_id = ANY (@services) AND "+condition+" ORDER BY x.target DESC", args)
	found := map[uuid.UUID][]*Visited{}
	for _, c := range all {
		found[c.EServiceID] = append(found[c.EServiceID], c)
	}
	return found, err
}
