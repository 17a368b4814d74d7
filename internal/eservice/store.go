package eservice

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// statusOrder is the life cycle's order, for sorting.
const statusOrder = "array_position(ARRAY['IDEA', 'PLANNED', 'IN_DEVELOPMENT', 'PILOT', 'LIVE', 'PHASING_OUT', 'RETIRED', 'REJECTED', 'PAUSED'], x.status)"

// yearOfUse is the cases of the twelve whole months before this one.
const yearOfUse = `coalesce((SELECT sum(y.cases) FROM e_service_usage y
	WHERE y.e_service_id = x.id AND y.month >= date_trunc('month', today()) - interval '12 months' AND y.month < date_trunc('month', today())), 0)::bigint`

var orders = map[Order]postgres.Sort{
	"NAME":                 {Expr: "x.name_sv", Type: "text"},
	"STATUS":               {Expr: statusOrder, Type: "int"},
	"MUNICIPALITY":         {Expr: "m.name_sv", Type: "text"},
	"OWNER_UNIT":           {Expr: "u.name_sv", Type: "text"},
	"PLANNED_LAUNCH":       {Expr: "coalesce(x.planned_launch, 'infinity'::date)", Type: "date"},
	"LAUNCHED":             {Expr: "coalesce(x.launched_on, 'infinity'::date)", Type: "date"},
	"RETIRED":              {Expr: "coalesce(x.retired_on, 'infinity'::date)", Type: "date"},
	"LEGAL_BASIS_VERIFIED": {Expr: "coalesce(x.legal_basis_verified_on, '-infinity'::date)", Type: "date"},
	"USAGE":                {Expr: yearOfUse, Type: "bigint"},
	"CREATED":              {Expr: "x.created_at", Type: "timestamptz"},
	"UPDATED":              {Expr: "x.updated_at", Type: "timestamptz"},
}

var sharedOrders = map[Order]postgres.Sort{
	"NAME":         {Expr: "x.name_sv", Type: "text"},
	"CODE":         {Expr: "x.code", Type: "text"},
	"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
	"CREATED":      {Expr: "x.created_at", Type: "timestamptz"},
	"UPDATED":      {Expr: "x.updated_at", Type: "timestamptz"},
}

var usageOrders = map[Order]postgres.Sort{
	"MONTH": {Expr: "x.month", Type: "date"},
	"CASES": {Expr: "x.cases", Type: "int"},
}

func of(orders map[Order]postgres.Sort, o Order, desc bool) postgres.Sort {
	sort := orders[o]
	sort.Name, sort.Desc = string(o), desc
	return sort
}

// contains is the SQL condition that text holds the words of argument @name, letter
// case aside; a % or _ in them is no wildcard.
func contains(text, name string) string {
	return "position(lower(@" + name + ") IN lower(" + text + ")) > 0"
}

// visible adds the condition of what the caller may see.
func (s *Service) visible(ctx context.Context, r postgres.Reader, l *postgres.List, table, alias string) {
	condition, args := s.Policy.Visible(ctx, table, alias, r.Past())
	l.Where(condition)
	for name, value := range args {
		l.Where("true", name, value)
	}
}

// among adds the condition that a coded field has one of the values, and its facet.
func among[T ~string](l *postgres.List, facet, column string, values []T) {
	if len(values) > 0 {
		l.WhereFacet(facet, fmt.Sprintf("%s = ANY (@f_%s)", column, facet), "f_"+facet, values)
	}
}

// anyAmong is among for a field with several values.
func anyAmong[T ~string](l *postgres.List, facet, column string, values []T) {
	if len(values) > 0 {
		l.WhereFacet(facet, fmt.Sprintf("%s && @f_%s::text[]", column, facet), "f_"+facet, values)
	}
}

func each(column string) string { return "JOIN LATERAL unnest(" + column + ") AS v (value) ON true" }

func (s *Service) list(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool) postgres.List {
	l := postgres.List{
		From:  "e_service x JOIN unit u ON u.id = x.owner_unit_id JOIN municipality m ON m.id = x.municipality_id",
		Alias: "x", Sort: of(orders, o, desc),
		Facets: map[string]postgres.Facet{
			"MUNICIPALITY":         {Value: "m.scb_code", Sv: "m.name_sv", En: "coalesce(m.name_en, m.name_sv)"},
			"OWNER_UNIT":           {Value: "x.owner_unit_id::text", Kind: "unit", Sv: "u.name_sv", En: "coalesce(u.name_en, u.name_sv)"},
			"STATUS":               {Value: "x.status", Names: names("STATUS")},
			"PUBLISHED":            {Value: "x.published::text", Names: names("PUBLISHED")},
			"VISIBILITY":           {Value: "x.visibility", Names: names("VISIBILITY")},
			"AUDIENCE":             {Value: "v.value", Join: each("x.audiences"), Names: names("AUDIENCE")},
			"LIFE_EVENT":           {Value: "v.value", Join: each("x.life_events"), Names: names("LIFE_EVENT")},
			"THEME":                {Value: "v.value", Join: each("x.themes"), Names: names("THEME")},
			"CHANNEL":              {Value: "v.value", Join: each("x.channels"), Names: names("CHANNEL")},
			"KEYWORD":              {Value: "v.value", Join: each("x.keywords"), Sv: "v.value", En: "v.value"},
			"EID_LEVEL":            {Value: "x.eid_level", Names: names("EID_LEVEL")},
			"DIGITAL_LEVEL":        {Value: "x.digital_level", Names: names("DIGITAL_LEVEL")},
			"PERSONAL_DATA":        {Value: "x.personal_data", Names: names("PERSONAL_DATA")},
			"ACCESSIBILITY_STATUS": {Value: "x.accessibility_status", Names: names("ACCESSIBILITY_STATUS")},
			"OEP_CATEGORY":         {Value: "x.oep_category", Sv: "x.oep_category", En: "x.oep_category"},
			"GAP":                  {Value: "g.code", Join: s.Gaps.Broken("e_service"), Names: s.Gaps.RuleName},
		},
	}
	s.visible(ctx, r, &l, "e_service", "x")
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", f.Municipalities)
	if len(f.OwnerUnits) > 0 {
		units := "@owner_units::uuid[]"
		if f.UnitsBelow {
			units = `ARRAY(WITH RECURSIVE below AS (
				SELECT unnest(@owner_units::uuid[]) AS id UNION SELECT c.id FROM unit c JOIN below b ON c.parent_id = b.id) SELECT id FROM below)`
		}
		l.WhereFacet("OWNER_UNIT", "x.owner_unit_id = ANY ("+units+")", "owner_units", f.OwnerUnits)
	}
	if len(f.SharedServices) > 0 {
		l.Where("x.shared_service_id = ANY (@shared_services)", "shared_services", f.SharedServices)
	}
	among(&l, "STATUS", "x.status", f.Statuses)
	if f.Published != nil {
		l.WhereFacet("PUBLISHED", "x.published = @published", "published", *f.Published)
	}
	among(&l, "VISIBILITY", "x.visibility", f.Visibilities)
	anyAmong(&l, "AUDIENCE", "x.audiences", f.Audiences)
	anyAmong(&l, "LIFE_EVENT", "x.life_events", f.LifeEvents)
	anyAmong(&l, "THEME", "x.themes", f.Themes)
	anyAmong(&l, "CHANNEL", "x.channels", f.Channels)
	anyAmong(&l, "KEYWORD", "x.keywords", f.Keywords)
	among(&l, "EID_LEVEL", "x.eid_level", f.EIDLevels)
	among(&l, "DIGITAL_LEVEL", "x.digital_level", f.DigitalLevels)
	among(&l, "PERSONAL_DATA", "x.personal_data", f.PersonalData)
	among(&l, "ACCESSIBILITY_STATUS", "x.accessibility_status", f.AccessibilityStatuses)
	among(&l, "OEP_CATEGORY", "x.oep_category", f.OepCategories)
	if len(f.Gaps) > 0 {
		l.WhereFacet("GAP", s.Gaps.Condition("e_service", f.Gaps))
	}
	if f.NameContains != "" {
		l.Where(contains("concat_ws(' ', x.name_sv, x.name_en)", "name"), "name", f.NameContains)
	}
	if f.Slug != "" {
		l.Where("x.slug = @slug", "slug", f.Slug)
	}
	for _, bound := range []struct {
		sql, name string
		value     any
		given     bool
	}{
		{"x.planned_launch >= @planned_from", "planned_from", f.PlannedLaunchFrom, f.PlannedLaunchFrom != nil},
		{"x.planned_launch <= @planned_to", "planned_to", f.PlannedLaunchTo, f.PlannedLaunchTo != nil},
		{"x.launched_on >= @launched_from", "launched_from", f.LaunchedFrom, f.LaunchedFrom != nil},
		{"x.launched_on <= @launched_to", "launched_to", f.LaunchedTo, f.LaunchedTo != nil},
		{"x.updated_at >= @updated_since", "updated_since", f.UpdatedSince, f.UpdatedSince != nil},
	} {
		if bound.given {
			l.Where(bound.sql, bound.name, bound.value)
		}
	}
	return l
}

// List reads one page of the e-services that the caller may see.
func (s *Service) List(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, a page.Args) (*Connection, error) {
	return postgres.Page[EService](ctx, r, s.list(ctx, r, f, o, desc), a)
}

// Parent is a record that has e-services under it.
type Parent string

// The parents, by the column of e_service that refers to them.
const (
	OfMunicipality  Parent = "x.municipality_id"
	OfUnit          Parent = "x.owner_unit_id"
	OfSharedService Parent = "x.shared_service_id"
)

// ListOfEach reads, for each parent, one page of its e-services.
func (s *Service) ListOfEach(ctx context.Context, r postgres.Reader, p Parent, f Filter, o Order, desc bool, parents []uuid.UUID, a page.Args) ([]*Connection, error) {
	l := s.list(ctx, r, f, o, desc)
	l.Parent = string(p)
	return postgres.Pages[EService](ctx, r, l, parents, a)
}

// SharedServices reads one page of the shared services that the caller may see.
func (s *Service) SharedServices(ctx context.Context, r postgres.Reader, f SharedServiceFilter, o Order, desc bool, a page.Args) (*SharedServiceConnection, error) {
	l := postgres.List{
		From: "shared_service x JOIN municipality m ON m.id = x.municipality_id", Alias: "x", Sort: of(sharedOrders, o, desc),
		Facets: map[string]postgres.Facet{
			"MUNICIPALITY": {Value: "m.scb_code", Sv: "m.name_sv", En: "coalesce(m.name_en, m.name_sv)"},
			"THEME":        {Value: "v.value", Join: each("x.themes"), Names: names("THEME")},
			"VISIBILITY":   {Value: "x.visibility", Names: names("VISIBILITY")},
		},
	}
	s.visible(ctx, r, &l, "shared_service", "x")
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", f.Municipalities)
	anyAmong(&l, "THEME", "x.themes", f.Themes)
	among(&l, "VISIBILITY", "x.visibility", f.Visibilities)
	if len(f.Codes) > 0 {
		l.Where("x.code = ANY (@codes)", "codes", f.Codes)
	}
	if f.NameContains != "" {
		l.Where(contains("concat_ws(' ', x.name_sv, x.name_en)", "name"), "name", f.NameContains)
	}
	return postgres.Page[SharedService](ctx, r, l, a)
}

// UsageOfEach reads, for each e-service, one page of its months of use.
func (s *Service) UsageOfEach(ctx context.Context, r postgres.Reader, o Order, desc bool, services []uuid.UUID, a page.Args) ([]*UsageConnection, error) {
	l := postgres.List{
		From:  "e_service_usage x JOIN e_service e ON e.id = x.e_service_id",
		Alias: "x", Parent: "x.e_service_id", Sort: of(usageOrders, o, desc),
	}
	s.visible(ctx, r, &l, "e_service", "e")
	return postgres.Pages[Usage](ctx, r, l, services, a)
}

// CasesByID counts, for each e-service that the caller may see, the cases of the
// twelve whole months before this one; one without figures is left out.
func (s *Service) CasesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]int, error) {
	type sum struct {
		ID    uuid.UUID `db:"id"`
		Cases int       `db:"cases"`
	}
	condition, args := s.Policy.Visible(ctx, "e_service", "x", r.Past())
	args["ids"] = ids
	sums, err := postgres.All[sum](ctx, r, `SELECT s.id, s.cases FROM (
			SELECT x.id, `+yearOfUse+` AS cases FROM e_service x WHERE x.id = ANY (@ids) AND `+condition+`
			   AND EXISTS (SELECT FROM e_service_usage y WHERE y.e_service_id = x.id)) s`, args)
	found := make(map[uuid.UUID]int, len(sums))
	for _, one := range sums {
		found[one.ID] = one.Cases
	}
	return found, err
}

// ByID reads e-services by id.
func (s *Service) ByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*EService, error) {
	condition, args := s.Policy.Visible(ctx, "e_service", "x", r.Past())
	return postgres.ByID[EService](ctx, r, "e_service", condition, args, ids)
}

// SharedByID reads shared services by id.
func (s *Service) SharedByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*SharedService, error) {
	condition, args := s.Policy.Visible(ctx, "shared_service", "x", r.Past())
	return postgres.ByID[SharedService](ctx, r, "shared_service", condition, args, ids)
}

// UsageByID reads months of use by id, of e-services that the caller may see.
func (s *Service) UsageByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Usage, error) {
	condition, args := s.Policy.Visible(ctx, "e_service", "e", r.Past())
	return postgres.ByID[Usage](ctx, r, "e_service_usage", "EXISTS (SELECT FROM e_service e WHERE e.id = x.e_service_id AND "+condition+")", args, ids)
}

// Steps gives, for each status, the steps of the life cycle that lead from it.
func Steps(ctx context.Context, r postgres.Reader) (map[Status][]Step, error) {
	type step struct {
		From Status `db:"from_status"`
		Step
	}
	all, err := postgres.All[step](ctx, r, "SELECT "+postgres.Columns[step]("s")+" FROM e_service_steps() s", nil)
	steps := map[Status][]Step{}
	for _, one := range all {
		steps[one.From] = append(steps[one.From], one.Step)
	}
	return steps, err
}

// one reads an e-service that the caller may see, to change it.
func (s *Service) one(ctx context.Context, tx *postgres.Tx, id uuid.UUID) (*EService, error) {
	condition, args := s.Policy.Visible(ctx, "e_service", "x", false)
	args["id"] = id
	return postgres.One[EService](ctx, tx, "SELECT "+postgres.Columns[EService]("x")+" FROM e_service x WHERE x.id = @id AND "+condition, args)
}

func (s *Service) oneShared(ctx context.Context, tx *postgres.Tx, id uuid.UUID) (*SharedService, error) {
	condition, args := s.Policy.Visible(ctx, "shared_service", "x", false)
	args["id"] = id
	return postgres.One[SharedService](ctx, tx, "SELECT "+postgres.Columns[SharedService]("x")+" FROM shared_service x WHERE x.id = @id AND "+condition, args)
}

// usageOf reads the figures that an e-service has for the months.
func usageOf(ctx context.Context, tx *postgres.Tx, service uuid.UUID) ([]*Usage, error) {
	return postgres.All[Usage](ctx, tx, "SELECT "+postgres.Columns[Usage]("x")+" FROM e_service_usage x WHERE x.e_service_id = @id", postgres.Args{"id": service})
}

// takenSlugs reads the slugs of a municipality.
func takenSlugs(ctx context.Context, r postgres.Reader, municipality uuid.UUID) (map[string]bool, error) {
	slugs, err := postgres.Values[string](ctx, r, "SELECT x.slug FROM e_service x WHERE x.municipality_id = @municipality", postgres.Args{"municipality": municipality})
	taken := make(map[string]bool, len(slugs))
	for _, slug := range slugs {
		taken[slug] = true
	}
	return taken, err
}

// fromPlatform reads a municipality's e-services that come from its platform.
func fromPlatform(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]*EService, error) {
	return postgres.All[EService](ctx, r, "SELECT "+postgres.Columns[EService]("x")+` FROM e_service x
		WHERE x.municipality_id = @municipality AND x.oep_family_id IS NOT NULL ORDER BY x.oep_family_id`,
		postgres.Args{"municipality": municipality})
}

// unitsOf reads the ids of the municipality's units that are open today.
func unitsOf(ctx context.Context, r postgres.Reader, municipality uuid.UUID) (map[uuid.UUID]bool, error) {
	ids, err := postgres.Values[uuid.UUID](ctx, r, `SELECT x.id FROM unit x WHERE x.municipality_id = @municipality
		AND x.archived_at IS NULL AND coalesce(x.valid_to, 'infinity') >= today()`, postgres.Args{"municipality": municipality})
	open := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		open[id] = true
	}
	return open, err
}
