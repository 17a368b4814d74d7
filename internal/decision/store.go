package decision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// stateOf is SQL for the state, today, of the decision that the alias names.
func stateOf(alias string) string {
	return strings.ReplaceAll("decision_state(today(), #.type, #.proposed_on, #.meeting_date, #.rejected, #.legally_binding_on, #.appealed_on, #.appeal_settled_on, #.overturned_on, #.superseded_on, #.valid_to)", "#", alias)
}

// holds is SQL for whether the decision that the alias names is taken and holds.
func holds(alias string) string {
	return fmt.Sprintf("(%[1]s.archived_at IS NULL AND %[2]s IN ('DECIDED', 'BINDING'))", alias, stateOf(alias))
}

// inForce is SQL for whether the waiver x lets its gap be today.
var inForce = "(x.archived_at IS NULL AND x.granted_on <= today() AND x.expires_on >= today() AND EXISTS (SELECT FROM decision d WHERE d.id = x.decision_id AND " + holds("d") + "))"

var caseOrders = map[Order]postgres.Sort{
	"TITLE":        {Expr: "x.title_sv", Type: "text"},
	"DIARY_NUMBER": {Expr: "(coalesce(x.diary_year, 0) * 1000000::bigint + coalesce(x.diary_serial, 0))", Type: "bigint"},
	"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
	"CREATED":      {Expr: "x.created_at", Type: "timestamptz"},
	"UPDATED":      {Expr: "x.updated_at", Type: "timestamptz"},
}

var orders = map[Order]postgres.Sort{
	"TITLE":        {Expr: "x.title_sv", Type: "text"},
	"MEETING_DATE": {Expr: "coalesce(x.meeting_date, 'infinity')", Type: "date"},
	"VALID_TO":     {Expr: "coalesce(x.valid_to, 'infinity')", Type: "date"},
	"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
	"CREATED":      {Expr: "x.created_at", Type: "timestamptz"},
	"UPDATED":      {Expr: "x.updated_at", Type: "timestamptz"},
}

var waiverOrders = map[Order]postgres.Sort{
	"EXPIRES":      {Expr: "x.expires_on", Type: "date", Indexed: true},
	"GRANTED":      {Expr: "x.granted_on", Type: "date"},
	"RULE":         {Expr: "x.rule", Type: "text"},
	"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
}

// patternsOf reads how a municipality writes its diary numbers.
func patternsOf(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]string, error) {
	all, err := postgres.Values[[]string](ctx, r, "SELECT m.diary_patterns FROM municipality m WHERE m.id = @municipality", postgres.Args{"municipality": municipality})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// number is what a case's number says, as no two cases of a municipality have it alike.
// Without a register the whole number counts, since the serial alone may be another
// register's.
type number struct {
	code         string
	year, serial int
	suffix       string
}

// number gives what the case's number says, which has been understood.
func (c *Case) number() number {
	n := number{code: said(c.DiaryCode), year: *c.DiaryYear, serial: *c.DiarySerial}
	if c.DiaryCode == nil {
		n.suffix = said(c.DiarySuffix)
	}
	return n
}

// casesOf finds the municipality's cases that have the numbers of others; of several with
// one number, the first.
func casesOf(ctx context.Context, r postgres.Reader, municipality uuid.UUID, others []*Case) (map[number]uuid.UUID, error) {
	years, serials := make([]int, len(others)), make([]int, len(others))
	for i, c := range others {
		years[i], serials[i] = *c.DiaryYear, *c.DiarySerial
	}
	all, err := postgres.All[Case](ctx, r, "SELECT "+postgres.Columns[Case]("x")+` FROM diary_case x
		WHERE x.municipality_id = @municipality AND (x.diary_year, x.diary_serial) IN (SELECT * FROM unnest(@years::int[], @serials::int[])) AND x.archived_at IS NULL
		ORDER BY x.id DESC`,
		postgres.Args{"municipality": municipality, "years": years, "serials": serials})
	found := map[number]uuid.UUID{}
	for _, c := range all {
		found[c.number()] = c.ID
	}
	return found, err
}

// titlesIn reads what the records in a case are called that are as open as the case, but
// for the one with the id.
func titlesIn(ctx context.Context, r postgres.Reader, c *Case, but uuid.UUID) ([]string, error) {
	return postgres.Values[string](ctx, r, `
		SELECT f.title_sv FROM (
			SELECT d.id, d.title_sv, d.visibility FROM decision d WHERE d.case_id = @case AND d.archived_at IS NULL
			UNION ALL SELECT g.id, g.title_sv, g.visibility FROM governing_document g WHERE g.case_id = @case AND g.archived_at IS NULL AND g.status NOT IN ('DRAFT', 'IN_REVIEW')
			UNION ALL SELECT a.id, a.title_sv, a.visibility FROM audit a WHERE a.case_id = @case AND a.archived_at IS NULL) f
		 WHERE f.id <> @but AND f.visibility = ANY (@open)`, postgres.Args{"case": c.ID, "but": but, "open": visibilities[:slices.Index(visibilities, c.Visibility)+1]})
}

// memberOf tells whether a municipality is or has been in a collaboration.
func memberOf(ctx context.Context, r postgres.Reader, municipality, collaboration uuid.UUID) (bool, error) {
	is, err := postgres.Values[bool](ctx, r, "SELECT EXISTS (SELECT FROM collaboration_member c WHERE c.collaboration_id = @collaboration AND c.municipality_id = @municipality)",
		postgres.Args{"collaboration": collaboration, "municipality": municipality})
	return err == nil && is[0], err
}

// ownerOf reads the municipality whose record it is; uuid.Nil for none that the caller
// may see. The table is one that a rule of gaps names.
func (s *Service) ownerOf(ctx context.Context, r postgres.Reader, table string, id uuid.UUID) (uuid.UUID, error) {
	column := "municipality_id"
	if table == "municipality" {
		column = "id"
	}
	seen, args := s.Policy.Visible(ctx, table, "x", r.Past())
	args["id"] = id
	ids, err := postgres.Values[uuid.UUID](ctx, r, fmt.Sprintf("SELECT x.%s FROM %s x WHERE x.id = @id AND x.archived_at IS NULL AND %s", column, table, seen), args)
	if err != nil || len(ids) == 0 {
		return uuid.Nil, err
	}
	return ids[0], nil
}

// spent reads the waivers of a gap that are not withdrawn and do not hold.
func spent(ctx context.Context, r postgres.Reader, object uuid.UUID, rule string) ([]*Waiver, error) {
	return postgres.All[Waiver](ctx, r, "SELECT "+postgres.Columns[Waiver]("x")+" FROM waiver x WHERE x.object_id = @object AND x.rule = @rule AND x.archived_at IS NULL AND NOT "+inForce,
		postgres.Args{"object": object, "rule": rule})
}

// Numbered gives the condition that the case that the alias names has the number that is
// typed, in any notation, with its arguments; the raw text of the record x serves too.
func Numbered(ctx context.Context, r postgres.Reader, raw, alias string) (string, []any, error) {
	clocks, err := postgres.Values[date.Date](ctx, r, "SELECT today()", nil)
	if err != nil {
		return "", nil, err
	}
	patterns, err := postgres.Values[[]string](ctx, r, "SELECT DISTINCT m.diary_patterns FROM municipality m WHERE cardinality(m.diary_patterns) > 0 ORDER BY 1", nil)
	if err != nil {
		return "", nil, err
	}
	codes, years, serials := []string{}, []int{}, []int{}
	for _, n := range typed(raw, patterns, clocks[0].At(12, 0)) {
		codes, years, serials = append(codes, n.Register), append(years, n.Year), append(serials, n.Serial)
	}
	return fmt.Sprintf(`(lower(btrim(x.diary_number)) = lower(btrim(@number::text)) OR EXISTS (
		SELECT FROM unnest(@number_codes::text[], @number_years::int[], @number_serials::int[]) n (code, year, serial)
		 WHERE n.year = %[1]s.diary_year AND n.serial = %[1]s.diary_serial AND (n.code = '' OR n.code = %[1]s.diary_code)))`, alias),
		[]any{"number", raw, "number_codes", codes, "number_years", years, "number_serials", serials}, nil
}

// CasesByID reads cases by id.
func (s *Service) CasesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Case, error) {
	return cases.ByID(ctx, s.Keeper, r, ids)
}

func (s *Service) caseList(ctx context.Context, r postgres.Reader, f CaseFilter, o Order, desc bool) (postgres.List, error) {
	l := cases.List(ctx, s.Keeper, r, record.Sorted(caseOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(),
		"DIARY_CODE":   {Value: "x.diary_code", Sv: "x.diary_code", En: "x.diary_code"},
		"YEAR":         {Value: "x.diary_year::text", Sv: "x.diary_year::text", En: "x.diary_year::text"},
	})
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.DiaryCodes) > 0 {
		l.WhereFacet("DIARY_CODE", "x.diary_code = ANY (@codes)", "codes", f.DiaryCodes)
	}
	if len(f.Years) > 0 {
		l.WhereFacet("YEAR", "x.diary_year = ANY (@years)", "years", f.Years)
	}
	if f.Understood != nil {
		l.Where("(x.diary_year IS NOT NULL) = @understood", "understood", *f.Understood)
	}
	if f.TitleContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.title_sv, x.title_en)", "title"), "title", f.TitleContains)
	}
	if f.DiaryNumber != "" {
		condition, args, err := Numbered(ctx, r, f.DiaryNumber, "x")
		if err != nil {
			return l, err
		}
		l.Where(condition, args...)
	}
	return l, nil
}

// Cases reads one page of the cases that the caller may see.
func (s *Service) Cases(ctx context.Context, r postgres.Reader, f CaseFilter, o Order, desc bool, a page.Args) (*CaseConnection, error) {
	l, err := s.caseList(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	return postgres.Page[Case](ctx, r, l, a)
}

// ByID reads decisions by id.
func (s *Service) ByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Decision, error) {
	return decisions.ByID(ctx, s.Keeper, r, ids)
}

// dated is a decision's state.
type dated struct {
	ID    uuid.UUID `db:"id"`
	State State     `db:"state"`
}

// States reads the state of decisions on the day of the reading.
func (s *Service) States(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]State, error) {
	all, err := postgres.All[dated](ctx, r, "SELECT x.id, "+stateOf("x")+" FROM decision x WHERE x.id = ANY (@ids)", postgres.Args{"ids": ids})
	states := make(map[uuid.UUID]State, len(all))
	for _, d := range all {
		states[d.ID] = d.State
	}
	return states, err
}

func (s *Service) list(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool) (postgres.List, error) {
	l := decisions.List(ctx, s.Keeper, r, record.Sorted(orders, o, desc), map[string]postgres.Facet{
		"STATE":        {Value: stateOf("x"), Names: nameOf("STATE")},
		"TYPE":         {Value: "x.type", Names: nameOf("TYPE")},
		"BODY":         {Value: "x.body_unit_id::text", Kind: "unit", Join: "JOIN unit b ON b.id = x.body_unit_id", Sv: "b.name_sv", En: "coalesce(b.name_en, b.name_sv)"},
		"MUNICIPALITY": record.ByMunicipality(),
		"EXAMPLE":      {Value: "x.is_example::text", Names: yesOrNo},
	})
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.States) > 0 {
		l.WhereFacet("STATE", stateOf("x")+" = ANY (@states)", "states", f.States)
	}
	if len(f.Types) > 0 {
		l.WhereFacet("TYPE", "x.type = ANY (@types)", "types", f.Types)
	}
	if len(f.Bodies) > 0 {
		l.WhereFacet("BODY", "x.body_unit_id = ANY (@bodies)", "bodies", f.Bodies)
	}
	if len(f.Cases) > 0 {
		l.Where("x.case_id = ANY (@cases)", "cases", f.Cases)
	}
	if f.TitleContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.title_sv, x.title_en)", "title"), "title", f.TitleContains)
	}
	if f.MeetingFrom != nil {
		l.Where("x.meeting_date >= @meeting_from", "meeting_from", *f.MeetingFrom)
	}
	if f.MeetingTo != nil {
		l.Where("x.meeting_date <= @meeting_to", "meeting_to", *f.MeetingTo)
	}
	if f.Example != nil {
		l.WhereFacet("EXAMPLE", "x.is_example = @example", "example", *f.Example)
	}
	if f.DiaryNumber != "" {
		condition, args, err := Numbered(ctx, r, f.DiaryNumber, "c")
		if err != nil {
			return l, err
		}
		// A case that the caller does not see tells only what the decision's own number does.
		seen, _ := s.Policy.Visible(ctx, "diary_case", "c", r.Past())
		l.From += " LEFT JOIN diary_case c ON c.id = x.case_id AND (x.diary_number IS NOT NULL OR " + seen + ")"
		l.Where(condition, args...)
	}
	return l, nil
}

func yesOrNo(value string) (sv, en string) {
	if value == "true" {
		return "ja", "yes"
	}
	return "nej", "no"
}

// List reads one page of the decisions that the caller may see.
func (s *Service) List(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, a page.Args) (*Connection, error) {
	l, err := s.list(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	return postgres.Page[Decision](ctx, r, l, a)
}

// OfCases reads, for each case, one page of its decisions.
func (s *Service) OfCases(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*Connection, error) {
	l, err := s.list(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	l.Parent = "x.case_id"
	return postgres.Pages[Decision](ctx, r, l, of, a)
}

// WaiversByID reads waivers by id.
func (s *Service) WaiversByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Waiver, error) {
	return waivers.ByID(ctx, s.Keeper, r, ids)
}

// force is whether a waiver is in force.
type force struct {
	ID      uuid.UUID `db:"id"`
	InForce bool      `db:"in_force"`
}

// InForce reads which waivers let their gaps be on the day of the reading.
func (s *Service) InForce(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	all, err := postgres.All[force](ctx, r, "SELECT x.id, "+inForce+" FROM waiver x WHERE x.id = ANY (@ids)", postgres.Args{"ids": ids})
	in := make(map[uuid.UUID]bool, len(all))
	for _, w := range all {
		in[w.ID] = w.InForce
	}
	return in, err
}

// Waivers reads one page of the waivers that the caller may see.
func (s *Service) Waivers(ctx context.Context, r postgres.Reader, f WaiverFilter, o Order, desc bool, a page.Args) (*WaiverConnection, error) {
	l := waivers.List(ctx, s.Keeper, r, record.Sorted(waiverOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(),
		"RULE":         {Value: "x.rule", Names: s.Gaps.RuleName},
		"IN_FORCE":     {Value: inForce + "::text", Names: yesOrNo},
	})
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.Rules) > 0 {
		l.WhereFacet("RULE", "x.rule = ANY (@rules)", "rules", f.Rules)
	}
	if f.InForce != nil {
		l.WhereFacet("IN_FORCE", inForce+" = @in_force", "in_force", *f.InForce)
	}
	return postgres.Page[Waiver](ctx, r, l, a)
}
