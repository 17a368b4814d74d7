package collaboration

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/eservice"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// CoverageState is whether a municipality has an e-service of its own of a shared service.
type CoverageState string

// The states of the coverage map.
const (
	CoverageLive    CoverageState = "LIVE"
	CoveragePlanned CoverageState = "PLANNED"
	CoverageMissing CoverageState = "MISSING"
)

// CoverageFilter narrows a coverage map; empty parts do not.
type CoverageFilter struct {
	Municipalities []string // SCB codes of the columns
	Collaborations []uuid.UUID
	Themes         []eservice.Theme
	SharedServices []uuid.UUID
	// Lacks keeps the shared services that one of the municipalities with these SCB codes
	// has not in use, and LiveAt those that one of the others has.
	Lacks  []string
	LiveAt []string
}

// CoverageMap is a page of shared services by municipalities.
type CoverageMap struct {
	MunicipalityIDs []uuid.UUID // the columns
	Rows            []*CoverageRow
	PageInfo        page.Info
	Total           func(context.Context) (int, error)
}

// TotalCount counts the shared services over all pages.
func (m *CoverageMap) TotalCount(ctx context.Context) (int, error) { return m.Total(ctx) }

// CoverageRow is a shared service with a cell for each municipality.
type CoverageRow struct {
	Cursor        string
	SharedService *eservice.SharedService
	Cells         []*CoverageCell
	// OfferID is the offer of it that is open today; nil where there is none.
	OfferID *uuid.UUID
}

// count counts the row's cells in a state.
func (r *CoverageRow) count(state CoverageState) int {
	n := 0
	for _, c := range r.Cells {
		if c.State == state {
			n++
		}
	}
	return n
}

// Live counts the municipalities that have it in use.
func (r *CoverageRow) Live() int { return r.count(CoverageLive) }

// Planned counts the municipalities that are to have it.
func (r *CoverageRow) Planned() int { return r.count(CoveragePlanned) }

// Missing counts the municipalities that lack it.
func (r *CoverageRow) Missing() int { return r.count(CoverageMissing) }

// CoverageCell is whether a municipality has a shared service, and by which e-service.
type CoverageCell struct {
	SharedID       uuid.UUID     `db:"shared_id"`
	MunicipalityID uuid.UUID     `db:"municipality_id"`
	State          CoverageState `db:"state"`
	EServiceID     *uuid.UUID    `db:"e_service_id"`
}

// covering is SQL for a join that gives, of shared service sh and municipality mu, the
// e-service e that the caller may see and that has come furthest.
func covering(shared, municipality, seen string) string {
	return `LEFT JOIN LATERAL (
		SELECT e.id, CASE WHEN e.status IN ('PILOT', 'LIVE', 'PHASING_OUT') THEN 'LIVE' ELSE 'PLANNED' END AS state FROM e_service e
		 WHERE e.shared_service_id = ` + shared + ` AND e.municipality_id = ` + municipality + ` AND e.archived_at IS NULL AND e.status NOT IN ('RETIRED', 'REJECTED') AND ` + seen + `
		 ORDER BY 2, e.name_sv, e.id LIMIT 1) v ON true`
}

// CoverageMap reads one page of the shared services that the caller may see, by name, with
// which municipalities have each in use, plan it or lack it, as far as the caller sees
// their e-services. The columns are the municipalities of the filter; without any, the
// members today of its collaborations, or of any.
func (s *Service) CoverageMap(ctx context.Context, r postgres.Reader, f CoverageFilter, a page.Args) (*CoverageMap, error) {
	seen, args := s.Policy.Visible(ctx, "e_service", "e", r.Past())
	l := postgres.List{From: "shared_service x", Alias: "x", Sort: postgres.Sort{Name: "NAME", Expr: "x.name_sv", Type: "text"}}
	s.Policy.Narrow(ctx, r, &l, "shared_service", "x")
	l.Where("x.archived_at IS NULL")
	if len(f.SharedServices) > 0 {
		l.Where("x.id = ANY (@shared_services)", "shared_services", f.SharedServices)
	}
	if len(f.Themes) > 0 {
		l.Where("x.themes && @themes::text[]", "themes", f.Themes)
	}
	live := "SELECT FROM e_service e JOIN municipality n ON n.id = e.municipality_id WHERE e.shared_service_id = x.id AND e.archived_at IS NULL AND e.status IN ('PILOT', 'LIVE', 'PHASING_OUT') AND " + seen
	if len(f.Lacks) > 0 {
		l.Where("EXISTS (SELECT FROM municipality k WHERE k.scb_code = ANY (@lacks) AND NOT EXISTS ("+live+" AND n.id = k.id))", "lacks", f.Lacks)
	}
	if len(f.LiveAt) > 0 {
		l.Where("EXISTS ("+live+" AND n.scb_code = ANY (@live_at))", "live_at", f.LiveAt)
	}
	listed, err := postgres.Page[eservice.SharedService](ctx, r, l, a)
	if err != nil {
		return nil, err
	}
	m := &CoverageMap{PageInfo: listed.PageInfo, Total: listed.TotalCount, Rows: []*CoverageRow{}}
	if m.MunicipalityIDs, err = postgres.Values[uuid.UUID](ctx, r, `
		SELECT m.id FROM municipality m
		 WHERE CASE WHEN @named THEN m.scb_code = ANY (@codes)
		       ELSE m.id IN (SELECT y.municipality_id FROM collaboration_member y WHERE (@any OR y.collaboration_id = ANY (@collaborations)) AND `+memberToday+`) END
		 ORDER BY m.scb_code`, postgres.Args{
		"named": len(f.Municipalities) > 0, "codes": append([]string{}, f.Municipalities...), "any": len(f.Collaborations) == 0, "collaborations": append([]uuid.UUID{}, f.Collaborations...),
	}); err != nil {
		return nil, err
	}
	rows, ids := map[uuid.UUID]*CoverageRow{}, []uuid.UUID{}
	for _, e := range listed.Edges {
		row := &CoverageRow{Cursor: e.Cursor, SharedService: e.Node}
		m.Rows, ids = append(m.Rows, row), append(ids, e.Node.ID)
		rows[e.Node.ID] = row
	}
	args["shared"], args["municipalities"] = ids, m.MunicipalityIDs
	cells, err := postgres.All[CoverageCell](ctx, r, `
		SELECT o.shared_id, o.municipality_id, o.state, o.e_service_id FROM (
			SELECT sh.id AS shared_id, mu.id AS municipality_id, coalesce(v.state, 'MISSING') AS state, v.id AS e_service_id, mu.place
			  FROM unnest(@shared::uuid[]) sh (id) CROSS JOIN unnest(@municipalities::uuid[]) WITH ORDINALITY mu (id, place)
			  `+covering("sh.id", "mu.id", seen)+`) o
		 ORDER BY o.place`, args)
	if err != nil {
		return nil, err
	}
	for _, c := range cells {
		rows[c.SharedID].Cells = append(rows[c.SharedID].Cells, c)
	}
	open, offered := s.Policy.Visible(ctx, "service_offer", "x", r.Past())
	offered["shared"] = ids
	standing, err := postgres.All[ServiceOffer](ctx, r, "SELECT "+postgres.Columns[ServiceOffer]("x")+` FROM service_offer x
		WHERE x.shared_service_id = ANY (@shared) AND x.archived_at IS NULL AND x.valid_from <= today() AND coalesce(x.valid_to, 'infinity') >= today() AND `+open, offered)
	if err != nil {
		return nil, err
	}
	for _, o := range standing {
		rows[o.SharedServiceID].OfferID = &o.ID
	}
	return m, nil
}
