package eservice

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/draft"
	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/roster"
	"fardplan/internal/text"
)

// statusOrder is the life cycle's order, for sorting.
const statusOrder = "array_position(ARRAY['IDEA', 'PLANNED', 'IN_DEVELOPMENT', 'PILOT', 'LIVE', 'PHASING_OUT', 'RETIRED', 'REJECTED', 'PAUSED'], x.status)"

// yearOfUse is the cases of the twelve whole months before this one.
var yearOfUse = CasesOf("x.id")

// CasesOf gives SQL for the cases of the twelve whole months before this one, of the
// e-service whose id the SQL names; 0 for one without figures.
func CasesOf(id string) string {
	return `coalesce((SELECT sum(y.cases) FROM e_service_usage y
	WHERE y.e_service_id = ` + id + ` AND y.month >= date_trunc('month', today()) - interval '12 months' AND y.month < date_trunc('month', today())), 0)::bigint`
}

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
	from, seeing := "e_service x", postgres.Args{}
	if f.Drafts {
		from, seeing = s.drafted(ctx, r)
	}
	l := postgres.List{
		From:  from + " JOIN unit u ON u.id = x.owner_unit_id JOIN municipality m ON m.id = x.municipality_id",
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
	for name, value := range seeing {
		l.Where("true", name, value)
	}
	s.Policy.Narrow(ctx, r, &l, "e_service", "x")
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
	if f.PlatformDiffers != nil {
		// Others see neither that it differs nor that it does not.
		seen, args := s.Policy.Visible(ctx, "platform_flow", "p", r.Past())
		l.Where("EXISTS (SELECT "+tiedFlow+" AND "+offered+" AND "+differs(anyField)+" AND "+seen+") = @platform_differs", "platform_differs", *f.PlatformDiffers)
		for name, value := range args {
			l.Where("true", name, value)
		}
	}
	if len(f.Gaps) > 0 {
		l.WhereFacet("GAP", s.Gaps.Condition("e_service", f.Gaps))
	}
	if f.NameContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.name_sv, x.name_en)", "name"), "name", f.NameContains)
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

// searched is the list narrowed by the filter's search too.
func (s *Service) searched(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool) (postgres.List, error) {
	l := s.list(ctx, r, f, o, desc)
	if f.Search == "" {
		return l, nil
	}
	return l, s.Search.Match(ctx, r, &l, "e_service", f.Drafts, f.Search)
}

// List reads one page of the e-services that the caller may see.
func (s *Service) List(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, a page.Args) (*Connection, error) {
	l, err := s.searched(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	found, err := postgres.Page[EService](ctx, r, l, a)
	if err != nil {
		return nil, err
	}
	f.mark(found)
	return found, nil
}

// mark tells of each e-service whether its values are those of a draft.
func (f Filter) mark(pages ...*Connection) {
	for _, p := range pages {
		for _, e := range p.Edges {
			e.Node.Drafted = f.Drafts
		}
	}
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
	l, err := s.searched(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	l.Parent = string(p)
	found, err := postgres.Pages[EService](ctx, r, l, parents, a)
	if err != nil {
		return nil, err
	}
	f.mark(found...)
	return found, nil
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
	s.Policy.Narrow(ctx, r, &l, "shared_service", "x")
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", f.Municipalities)
	anyAmong(&l, "THEME", "x.themes", f.Themes)
	among(&l, "VISIBILITY", "x.visibility", f.Visibilities)
	if len(f.Codes) > 0 {
		l.Where("x.code = ANY (@codes)", "codes", f.Codes)
	}
	if f.NameContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.name_sv, x.name_en)", "name"), "name", f.NameContains)
	}
	return postgres.Page[SharedService](ctx, r, l, a)
}

// UsageOfEach reads, for each e-service, one page of its months of use.
func (s *Service) UsageOfEach(ctx context.Context, r postgres.Reader, o Order, desc bool, services []uuid.UUID, a page.Args) ([]*UsageConnection, error) {
	l := postgres.List{
		From:  "e_service_usage x JOIN e_service e ON e.id = x.e_service_id",
		Alias: "x", Parent: "x.e_service_id", Sort: of(usageOrders, o, desc),
	}
	s.Policy.Narrow(ctx, r, &l, "e_service", "e")
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
func takenSlugs(ctx context.Context, r postgres.Reader, municipality uuid.UUID) (*slugs, error) {
	all, err := postgres.Values[string](ctx, r, "SELECT x.slug FROM e_service x WHERE x.municipality_id = @municipality", postgres.Args{"municipality": municipality})
	s := newSlugs()
	for _, slug := range all {
		s.taken[slug] = true
	}
	return s, err
}

// fromPlatform reads a municipality's e-services that come from its platform.
func fromPlatform(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]*EService, error) {
	return postgres.All[EService](ctx, r, "SELECT "+postgres.Columns[EService]("x")+` FROM e_service x
		WHERE x.municipality_id = @municipality AND x.oep_family_id IS NOT NULL ORDER BY x.oep_family_id`,
		postgres.Args{"municipality": municipality})
}

// archivedByUndo reads which of a municipality's e-services from its platform an undo
// archived, with nobody at them since.
func archivedByUndo(ctx context.Context, r postgres.Reader, municipality uuid.UUID) (map[uuid.UUID]bool, error) {
	ids, err := postgres.Values[uuid.UUID](ctx, r, `SELECT x.id FROM e_service x JOIN change c ON c.number = x.changed_in
		WHERE x.municipality_id = @municipality AND x.oep_family_id IS NOT NULL AND x.archived_at = x.updated_at AND c.operation = @undo`,
		postgres.Args{"municipality": municipality, "undo": roster.UndoOperation})
	undone := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		undone[id] = true
	}
	return undone, err
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

// unitsOpen tells which of the units are the municipality's, and of each whether it is
// open today to own what is live.
func unitsOpen(ctx context.Context, r postgres.Reader, municipality uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	type state struct {
		ID   uuid.UUID `db:"id"`
		Open bool      `db:"open"`
	}
	all, err := postgres.All[state](ctx, r, `SELECT x.id, x.archived_at IS NULL AND coalesce(x.valid_from, '-infinity') <= today() AND coalesce(x.valid_to, 'infinity') >= today() AS open
		FROM unit x WHERE x.municipality_id = @municipality AND x.id = ANY (@ids)`, postgres.Args{"municipality": municipality, "ids": ids})
	open := make(map[uuid.UUID]bool, len(all))
	for _, unit := range all {
		open[unit.ID] = unit.Open
	}
	return open, err
}

// unitNames reads the names of units.
func unitNames(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]text.Localized, error) {
	type named struct {
		ID uuid.UUID `db:"id"`
		Sv string    `db:"sv"`
		En *string   `db:"en"`
	}
	all, err := postgres.All[named](ctx, r, "SELECT x.id, x.name_sv AS sv, x.name_en AS en FROM unit x WHERE x.id = ANY (@ids)", postgres.Args{"ids": ids})
	names := make(map[uuid.UUID]text.Localized, len(all))
	for _, unit := range all {
		names[unit.ID] = text.Localized{Sv: unit.Sv, En: unit.En}
	}
	return names, err
}

// DraftedFrom is SQL in place of the table e_service and its alias x: its rows with the
// values of their open drafts, where seen lets the row draft be seen.
func DraftedFrom(seen string) string {
	return "e_service live LEFT JOIN e_service_draft draft ON draft.e_service_id = live.id AND " + draft.UnderWay("draft") + " AND " + seen + `
		CROSS JOIN LATERAL jsonb_populate_record(live, coalesce(draft.changes, '{}')) x`
}

// drafted is DraftedFrom for the caller, with its arguments.
func (s *Service) drafted(ctx context.Context, r postgres.Reader) (string, postgres.Args) {
	seen, args := s.Policy.Visible(ctx, "e_service_draft", "draft", r.Past())
	return DraftedFrom(seen), args
}

var draftOrders = map[Order]postgres.Sort{
	"UPDATED":   {Expr: "x.updated_at", Type: "timestamptz"},
	"CREATED":   {Expr: "x.created_at", Type: "timestamptz"},
	"E_SERVICE": {Expr: "e.name_sv", Type: "text"},
}

// Drafts reads one page of the drafts that the caller may see.
func (s *Service) Drafts(ctx context.Context, r postgres.Reader, f DraftFilter, o Order, desc bool, a page.Args) (*DraftConnection, error) {
	l := postgres.List{
		From:  "e_service_draft x JOIN e_service e ON e.id = x.e_service_id JOIN unit u ON u.id = e.owner_unit_id JOIN municipality m ON m.id = x.municipality_id",
		Alias: "x", Sort: of(draftOrders, o, desc),
		Facets: map[string]postgres.Facet{
			"STATE":      {Value: "x.state", Names: draft.StateName},
			"OWNER_UNIT": {Value: "e.owner_unit_id::text", Kind: "unit", Sv: "u.name_sv", En: "coalesce(u.name_en, u.name_sv)"},
		},
	}
	s.Policy.Narrow(ctx, r, &l, "e_service_draft", "x")
	if len(f.States) == 0 {
		f.States = []draft.State{DraftOpen, DraftInReview}
	}
	among(&l, "STATE", "x.state", f.States)
	among(&l, "MUNICIPALITY", "m.scb_code", f.Municipalities)
	if len(f.Units) > 0 {
		l.WhereFacet("OWNER_UNIT", "e.owner_unit_id = ANY (@units)", "units", f.Units)
	}
	if f.Conflict != nil {
		l.Where("("+draft.InConflict("to_jsonb(e)")+" AND "+draft.UnderWay("x")+") = @conflict", "conflict", *f.Conflict)
	}
	return postgres.Page[Draft](ctx, r, l, a)
}

// DraftsByID reads drafts by id.
func (s *Service) DraftsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Draft, error) {
	return drafts.ByID(ctx, s.keeper(), r, ids)
}

// OpenDrafts reads the drafts of e-services that are open or in review, by the
// e-service's id.
func (s *Service) OpenDrafts(ctx context.Context, r postgres.Reader, services []uuid.UUID) (map[uuid.UUID]*Draft, error) {
	condition, args := s.Policy.Visible(ctx, "e_service_draft", "draft", r.Past())
	args["services"] = services
	all, err := postgres.All[Draft](ctx, r, "SELECT "+postgres.Columns[Draft]("draft")+` FROM e_service_draft draft
		WHERE draft.e_service_id = ANY (@services) AND `+draft.UnderWay("draft")+" AND "+condition, args)
	open := make(map[uuid.UUID]*Draft, len(all))
	for _, d := range all {
		open[d.EServiceID] = d
	}
	return open, err
}

// brokenBeside gives, for each e-service, the names of the constraints over other rows
// that it breaks as drafted.
func (s *Service) brokenBeside(ctx context.Context, r postgres.Reader, services []uuid.UUID) (map[uuid.UUID][]string, error) {
	type breach struct {
		ID   uuid.UUID `db:"id"`
		Name string    `db:"name"`
	}
	from, args := s.drafted(ctx, r)
	args["services"] = services
	all, err := postgres.All[breach](ctx, r, `SELECT x.id, rule.name FROM `+from+`, LATERAL (VALUES
			('e_service_slug_unique', EXISTS (SELECT FROM e_service o WHERE o.municipality_id = x.municipality_id AND o.slug = x.slug AND o.id <> x.id)),
			('e_service_live_owner_valid', x.status = 'LIVE' AND x.owner_unit_id <> live.owner_unit_id AND NOT EXISTS (
				SELECT FROM unit u WHERE u.id = x.owner_unit_id AND u.archived_at IS NULL
				   AND coalesce(u.valid_from, '-infinity') <= today() AND coalesce(u.valid_to, 'infinity') >= today()))
		) AS rule (name, broken) WHERE live.id = ANY (@services) AND rule.broken ORDER BY 2`, args)
	found := map[uuid.UUID][]string{}
	for _, b := range all {
		found[b.ID] = append(found[b.ID], b.Name)
	}
	return found, err
}

// differs gives the SQL condition, over the e-service x and its flow p, that the
// platform has another value for one of the fields, which nobody has decided on.
func differs(fields func(name string) bool) string {
	var conditions []string
	for _, field := range followed {
		if fields(field.name) {
			conditions = append(conditions, fmt.Sprintf("p.said -> '%[1]s' <> coalesce(to_jsonb(x.%[2]s), 'null') AND p.said -> '%[1]s' IS DISTINCT FROM x.oep_seen -> '%[1]s'", field.name, field.column))
		}
	}
	return "(" + strings.Join(conditions, " OR ") + ")"
}

// tiedFlow is the SQL of the flow p that the e-service x is tied to.
const tiedFlow = "FROM platform_flow p WHERE p.municipality_id = x.municipality_id AND p.family_id = x.oep_family_id"

// offered is the SQL condition that the platform has the flow p for citizens.
const offered = "p.enabled AND p.missing_since IS NULL"

// platformDiffers gives the SQL condition that the platform has other values for the
// e-service x than it has itself.
func platformDiffers(fields func(name string) bool) string {
	return "EXISTS (SELECT " + tiedFlow + " AND " + offered + " AND " + differs(fields) + ")"
}

func anyField(string) bool { return true }

// Flows reads one page of the platforms' flows that the caller may see, by name.
func (s *Service) Flows(ctx context.Context, r postgres.Reader, f FlowFilter, desc bool, a page.Args) (*PlatformFlowConnection, error) {
	l := postgres.List{
		From: "platform_flow p JOIN municipality m ON m.id = p.municipality_id", Alias: "p",
		Sort: postgres.Sort{Name: "NAME", Expr: "p.name", Type: "text", Desc: desc},
	}
	s.Policy.Narrow(ctx, r, &l, "platform_flow", "p")
	if len(f.Municipalities) > 0 {
		l.Where("m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	const tied = "FROM e_service x WHERE x.municipality_id = p.municipality_id AND x.oep_family_id = p.family_id"
	for _, c := range []struct {
		name, sql string
		wanted    *bool
	}{
		{"unknown", "NOT EXISTS (SELECT " + tied + ") AND " + offered, f.Unknown},
		{"missing", "NOT (" + offered + ")", f.Missing},
		{"differs", "EXISTS (SELECT " + tied + " AND x.archived_at IS NULL AND " + offered + " AND " + differs(anyField) + ")", f.Differs},
	} {
		if c.wanted != nil {
			l.Where("("+c.sql+") = @"+c.name, c.name, *c.wanted)
		}
	}
	return postgres.Page[PlatformFlow](ctx, r, l, a)
}

// FlowsByID reads flows by id.
func (s *Service) FlowsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*PlatformFlow, error) {
	condition, args := s.Policy.Visible(ctx, "platform_flow", "x", r.Past())
	return postgres.ByID[PlatformFlow](ctx, r, "platform_flow", condition, args, ids)
}

// FlowsOfEach reads the flow that each e-service is tied to, as far as the caller may see it.
func (s *Service) FlowsOfEach(ctx context.Context, r postgres.Reader, services []uuid.UUID) (map[uuid.UUID]*PlatformFlow, error) {
	type tied struct {
		Service uuid.UUID `db:"service"`
		PlatformFlow
	}
	condition, args := s.Policy.Visible(ctx, "platform_flow", "p", r.Past())
	args["services"] = services
	all, err := postgres.All[tied](ctx, r, "SELECT x.id, "+postgres.Columns[PlatformFlow]("p")+` FROM e_service x
		JOIN platform_flow p ON p.municipality_id = x.municipality_id AND p.family_id = x.oep_family_id
		WHERE x.id = ANY (@services) AND `+condition, args)
	flows := make(map[uuid.UUID]*PlatformFlow, len(all))
	for _, one := range all {
		flows[one.Service] = &one.PlatformFlow
	}
	return flows, err
}

// ServicesOfFlows reads the e-service that is tied to each flow, as far as the caller may see it.
func (s *Service) ServicesOfFlows(ctx context.Context, r postgres.Reader, flows []uuid.UUID) (map[uuid.UUID]*EService, error) {
	type tied struct {
		Flow uuid.UUID `db:"flow"`
		EService
	}
	condition, args := s.Policy.Visible(ctx, "e_service", "x", r.Past())
	args["flows"] = flows
	all, err := postgres.All[tied](ctx, r, "SELECT p.id, "+postgres.Columns[EService]("x")+` FROM platform_flow p
		JOIN e_service x ON x.municipality_id = p.municipality_id AND x.oep_family_id = p.family_id
		WHERE p.id = ANY (@flows) AND `+condition, args)
	services := make(map[uuid.UUID]*EService, len(all))
	for _, one := range all {
		services[one.Flow] = &one.EService
	}
	return services, err
}

// Categories reads one page of the platforms' categories that have been given an owner,
// by name.
func (s *Service) Categories(ctx context.Context, r postgres.Reader, municipalities []string, a page.Args) (*PlatformCategoryConnection, error) {
	l := postgres.List{
		From: "platform_category x JOIN municipality m ON m.id = x.municipality_id", Alias: "x",
		Sort: postgres.Sort{Name: "CATEGORY", Expr: "x.category", Type: "text"},
	}
	s.Policy.Narrow(ctx, r, &l, "platform_category", "x")
	if len(municipalities) > 0 {
		l.Where("m.scb_code = ANY (@municipalities)", "municipalities", municipalities)
	}
	return postgres.Page[PlatformCategory](ctx, r, l, a)
}

// CategoriesByID reads categories by id.
func (s *Service) CategoriesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*PlatformCategory, error) {
	condition, args := s.Policy.Visible(ctx, "platform_category", "x", r.Past())
	return postgres.ByID[PlatformCategory](ctx, r, "platform_category", condition, args, ids)
}

// flowsOf reads a municipality's flows.
func flowsOf(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]*PlatformFlow, error) {
	return postgres.All[PlatformFlow](ctx, r, "SELECT "+postgres.Columns[PlatformFlow]("x")+` FROM platform_flow x
		WHERE x.municipality_id = @municipality ORDER BY x.family_id`, postgres.Args{"municipality": municipality})
}

// categoriesOf reads a municipality's categories.
func categoriesOf(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]*PlatformCategory, error) {
	return postgres.All[PlatformCategory](ctx, r, "SELECT "+postgres.Columns[PlatformCategory]("x")+` FROM platform_category x
		WHERE x.municipality_id = @municipality ORDER BY x.category`, postgres.Args{"municipality": municipality})
}

// monthsOf counts the months of use that each e-service has figures for.
func monthsOf(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]int, error) {
	type count struct {
		ID     uuid.UUID `db:"id"`
		Months int       `db:"months"`
	}
	all, err := postgres.All[count](ctx, r, `SELECT c.id, c.months FROM (
		SELECT y.e_service_id AS id, count(*)::int AS months FROM e_service_usage y WHERE y.e_service_id = ANY (@ids) GROUP BY 1) c`, postgres.Args{"ids": ids})
	months := make(map[uuid.UUID]int, len(all))
	for _, one := range all {
		months[one.ID] = one.Months
	}
	return months, err
}

// servicesOf reads all of a municipality's e-services, for who has been let to them.
func servicesOf(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]*EService, error) {
	return postgres.All[EService](ctx, r, "SELECT "+postgres.Columns[EService]("x")+" FROM e_service x WHERE x.municipality_id = @municipality",
		postgres.Args{"municipality": municipality})
}

// sharedReference is the reference to shared services, by their code.
func (s *Service) sharedReference() roster.Reference {
	type coded struct {
		ID   uuid.UUID `db:"id"`
		Code string    `db:"code"`
	}
	named := func(found []*coded) []roster.Named {
		all := make([]roster.Named, len(found))
		for i, one := range found {
			all[i] = roster.Named{ID: one.ID, Label: one.Code, Means: []string{one.Code}}
		}
		return all
	}
	return roster.Reference{
		Table: "shared_service", Sv: "någon gemensam e-tjänst", En: "shared service",
		Read: func(ctx context.Context, r postgres.Reader, _, _ []uuid.UUID, _ text.Language) ([]roster.Named, error) {
			condition, seeing := s.Policy.Visible(ctx, "shared_service", "x", r.Past())
			found, err := postgres.All[coded](ctx, r, "SELECT x.id, x.code FROM shared_service x WHERE "+condition, seeing)
			return named(found), err
		},
		Ever: func(ctx context.Context, now *postgres.Snapshot, _ uuid.UUID, ids []uuid.UUID) ([]roster.Named, error) {
			found, err := history.Ever[coded](ctx, now, "shared_service", "x.id = ANY (@ids)", postgres.Args{"ids": ids})
			return named(found), err
		},
		Unknown: func(cell string) *fault.Error {
			return fault.Field("", "shared_unknown",
				fmt.Sprintf("Det finns ingen gemensam e-tjänst med koden %q.", cell), fmt.Sprintf("There is no shared service with the code %q.", cell))
		},
	}
}

// usageIn reads the figures of a municipality's e-services for the months, for who has
// been let to them.
func usageIn(ctx context.Context, r postgres.Reader, municipality uuid.UUID, months []date.Date) ([]*Usage, error) {
	return postgres.All[Usage](ctx, r, "SELECT "+postgres.Columns[Usage]("x")+` FROM e_service_usage x
		WHERE x.municipality_id = @municipality AND x.month = ANY (@months::date[])`, postgres.Args{"municipality": municipality, "months": months})
}
