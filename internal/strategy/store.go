package strategy

import (
	"context"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// The kinds of record.
var (
	goals = record.Kind[Goal, *Goal]{Table: "goal", Constraints: constraints, Owner: func(g *Goal) uuid.UUID { return g.MunicipalityID }, Fill: func(g *Goal) {
		g.Visibility, g.Health, g.Status = orElse(g.Visibility, eservice.Public), orElse(g.Health, Unknown), orElse(g.Status, Proposed)
	}}
	indicators  = record.Kind[Indicator, *Indicator]{Table: "indicator", Constraints: constraints, Owner: func(i *Indicator) uuid.UUID { return i.MunicipalityID }}
	values      = record.Kind[IndicatorValue, *IndicatorValue]{Table: "indicator_value", Constraints: constraints, Owner: func(v *IndicatorValue) uuid.UUID { return v.MunicipalityID }}
	initiatives = record.Kind[Initiative, *Initiative]{Table: "initiative", Constraints: constraints, Owner: func(i *Initiative) uuid.UUID { return i.MunicipalityID }, Fill: func(i *Initiative) {
		i.Visibility, i.Status = orElse(i.Visibility, eservice.Public), orElse(i.Status, Planned)
	}}
	projects     = record.Kind[Project, *Project]{Table: "shared_project", Constraints: constraints, Owner: func(p *Project) uuid.UUID { return p.MunicipalityID }}
	milestones   = record.Kind[Milestone, *Milestone]{Table: "milestone", Constraints: constraints, Owner: func(m *Milestone) uuid.UUID { return m.MunicipalityID }}
	dependencies = record.Kind[Dependency, *Dependency]{Table: "dependency", Constraints: constraints, Owner: func(d *Dependency) uuid.UUID { return d.MunicipalityID }}
	reports      = record.Kind[StatusReport, *StatusReport]{Table: "status_report", Constraints: constraints, Owner: func(r *StatusReport) uuid.UUID { return r.MunicipalityID }}
	benefits     = record.Kind[Benefit, *Benefit]{Table: "benefit", Constraints: constraints, Owner: func(b *Benefit) uuid.UUID { return b.MunicipalityID }}
)

// orElse gives a value, or another where it is not given.
func orElse[T comparable](value, other T) T {
	var none T
	if value == none {
		return other
	}
	return value
}

// times are the orders that all lists have.
func times(more map[Order]postgres.Sort) map[Order]postgres.Sort {
	all := map[Order]postgres.Sort{
		"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
		"CREATED":      {Expr: "x.created_at", Type: "timestamptz"},
		"UPDATED":      {Expr: "x.updated_at", Type: "timestamptz"},
	}
	maps.Copy(all, more)
	return all
}

var (
	goalOrders = times(map[Order]postgres.Sort{
		"CODE":        {Expr: "x.code", Type: "text"},
		"TITLE":       {Expr: "x.title_sv", Type: "text"},
		"PERIOD_FROM": {Expr: "coalesce(x.period_from, '-infinity'::date)", Type: "date"},
		"PERIOD_TO":   {Expr: "coalesce(x.period_to, 'infinity'::date)", Type: "date"},
	})
	indicatorOrders  = times(map[Order]postgres.Sort{"NAME": {Expr: "x.name_sv", Type: "text", Indexed: true}})
	valueOrders      = map[Order]postgres.Sort{"PERIOD": {Expr: "x.period", Type: "date"}, "CREATED": {Expr: "x.created_at", Type: "timestamptz"}}
	initiativeOrders = times(map[Order]postgres.Sort{
		"TITLE":         {Expr: "x.title_sv", Type: "text"},
		"PLANNED_START": {Expr: "coalesce(x.planned_start, 'infinity'::date)", Type: "date"},
		"PLANNED_END":   {Expr: "coalesce(x.planned_end, 'infinity'::date)", Type: "date"},
	})
	milestoneOrders = times(map[Order]postgres.Sort{
		"PLANNED": {Expr: "coalesce(x.planned_on, 'infinity'::date)", Type: "date", Indexed: true},
		"TITLE":   {Expr: "x.title_sv", Type: "text"},
	})
	dependencyOrders = map[Order]postgres.Sort{"CREATED": {Expr: "x.created_at", Type: "timestamptz"}}
	reportOrders     = times(map[Order]postgres.Sort{"PERIOD": {Expr: "x.period_to", Type: "date", Indexed: true}})
	benefitOrders    = times(map[Order]postgres.Sort{"COLLECT_BY": {Expr: "coalesce(x.collect_by, 'infinity'::date)", Type: "date", Indexed: true}})
)

// ownerUnit is the facet of the unit that owns the record.
var ownerUnit = postgres.Facet{Value: "x.owner_unit_id::text", Kind: "unit", Join: "LEFT JOIN unit u ON u.id = x.owner_unit_id", Sv: "u.name_sv", En: "coalesce(u.name_en, u.name_sv)"}

// Parent says under which record a list is read: SQL of its id.
type Parent string

// What a list may lie under.
const (
	OfMunicipality Parent = "x.municipality_id"
	OfGoal         Parent = "x.goal_id"
	UnderGoal      Parent = "x.parent_goal_id"
	OfInitiative   Parent = "x.initiative_id"
	OfProject      Parent = "x.shared_project_id"
	OfIndicator    Parent = "x.indicator_id"
	WaitsFor       Parent = "coalesce(x.after_initiative_id, x.after_project_id)"   // dependencies of what waits
	WaitedForBy    Parent = "coalesce(x.before_initiative_id, x.before_project_id)" // dependencies of what is waited for
)

func archived(l *postgres.List, yes bool) {
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", yes)
}

// among adds a condition on a facet's field where values are given.
func among[T any](l *postgres.List, facet, column, name string, wanted []T) {
	if len(wanted) > 0 {
		l.WhereFacet(facet, column+" = ANY (@"+name+")", name, wanted)
	}
}

func (s *Service) goalList(ctx context.Context, r postgres.Reader, f GoalFilter, o Order, desc bool) postgres.List {
	l := goals.List(ctx, s.Keeper, r, record.Sorted(goalOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(), "OWNER_UNIT": ownerUnit,
		"LEVEL": {Value: "x.level", Names: names("LEVEL")}, "STATUS": {Value: "x.status", Names: names("STATUS")},
		"HORIZON": {Value: "x.horizon", Names: names("HORIZON")}, "HEALTH": {Value: "x.health", Names: names("HEALTH")},
	})
	archived(&l, f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", "municipalities", f.Municipalities)
	among(&l, "LEVEL", "x.level", "levels", f.Levels)
	among(&l, "STATUS", "x.status", "statuses", f.Statuses)
	among(&l, "HORIZON", "x.horizon", "horizons", f.Horizons)
	among(&l, "HEALTH", "x.health", "health", f.Health)
	among(&l, "OWNER_UNIT", "x.owner_unit_id", "owner_units", f.OwnerUnits)
	among(&l, "", "x.strategy_id", "strategies", f.Strategies)
	among(&l, "", "x.parent_goal_id", "parents", f.Parents)
	if f.Root != nil {
		l.Where("(x.parent_goal_id IS NULL) = @root", "root", *f.Root)
	}
	if f.ActiveOn != nil {
		l.Where("coalesce(x.period_from, '-infinity') <= @active_on AND coalesce(x.period_to, 'infinity') >= @active_on", "active_on", *f.ActiveOn)
	}
	if f.TitleContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.code, x.title_sv, x.title_en)", "title"), "title", f.TitleContains)
	}
	return l
}

// Goals reads one page of the goals that the caller may see.
func (s *Service) Goals(ctx context.Context, r postgres.Reader, f GoalFilter, o Order, desc bool, a page.Args) (*GoalConnection, error) {
	return postgres.Page[Goal](ctx, r, s.goalList(ctx, r, f, o, desc), a)
}

// GoalsOfEach reads, for each record, one page of its goals.
func (s *Service) GoalsOfEach(ctx context.Context, r postgres.Reader, of Parent, f GoalFilter, o Order, desc bool, records []uuid.UUID, a page.Args) ([]*GoalConnection, error) {
	l := s.goalList(ctx, r, f, o, desc)
	l.Parent = string(of)
	return postgres.Pages[Goal](ctx, r, l, records, a)
}

// GoalsByID reads goals by id.
func (s *Service) GoalsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Goal, error) {
	return goals.ByID(ctx, s.Keeper, r, ids)
}

// Steps gives, for each status, the steps of a goal's life that lead from it.
func Steps(ctx context.Context, r postgres.Reader) (map[GoalStatus][]Step, error) {
	type step struct {
		From GoalStatus `db:"from_status"`
		Step
	}
	all, err := postgres.All[step](ctx, r, "SELECT "+postgres.Columns[step]("s")+" FROM goal_steps() s", nil)
	steps := map[GoalStatus][]Step{}
	for _, one := range all {
		steps[one.From] = append(steps[one.From], one.Step)
	}
	return steps, err
}

// frequency gives SQL for the length of a period of the indicator that alias names.
func frequency(alias string) string {
	return "CASE " + alias + ".frequency WHEN 'MONTHLY' THEN interval '1 month' WHEN 'QUARTERLY' THEN interval '3 months' WHEN 'HALF_YEARLY' THEN interval '6 months' ELSE interval '1 year' END"
}

// fresh gives SQL for whether an indicator is fresh: the period of its newest value
// ended within one and a half periods.
func fresh(alias string) string {
	return fmt.Sprintf("coalesce((SELECT max(v.period) FROM indicator_value v WHERE v.indicator_id = %[1]s.id) + 2.5 * (%[2]s) > today(), false)", alias, frequency(alias))
}

func (s *Service) indicatorList(ctx context.Context, r postgres.Reader, f IndicatorFilter, o Order, desc bool) postgres.List {
	l := indicators.List(ctx, s.Keeper, r, record.Sorted(indicatorOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(), "DIRECTION": {Value: "x.direction", Names: names("DIRECTION")},
		"FREQUENCY": {Value: "x.frequency", Names: names("FREQUENCY")}, "SOURCE": {Value: "x.source", Names: names("SOURCE")},
		"FRESH": {Value: "(" + fresh("x") + ")::text", Names: names("FRESH")},
	})
	archived(&l, f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", "municipalities", f.Municipalities)
	among(&l, "", "x.goal_id", "goals", f.Goals)
	among(&l, "DIRECTION", "x.direction", "directions", f.Directions)
	among(&l, "FREQUENCY", "x.frequency", "frequencies", f.Frequencies)
	among(&l, "SOURCE", "x.source", "sources", f.Sources)
	if f.Fresh != nil {
		l.WhereFacet("FRESH", fresh("x")+" = @fresh", "fresh", *f.Fresh)
	}
	if f.NameContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.name_sv, x.name_en)", "name"), "name", f.NameContains)
	}
	return l
}

// Indicators reads one page of the indicators that the caller may see.
func (s *Service) Indicators(ctx context.Context, r postgres.Reader, f IndicatorFilter, o Order, desc bool, a page.Args) (*IndicatorConnection, error) {
	return postgres.Page[Indicator](ctx, r, s.indicatorList(ctx, r, f, o, desc), a)
}

// IndicatorsOfEach reads, for each goal, one page of its indicators.
func (s *Service) IndicatorsOfEach(ctx context.Context, r postgres.Reader, f IndicatorFilter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*IndicatorConnection, error) {
	l := s.indicatorList(ctx, r, f, o, desc)
	l.Parent = string(OfGoal)
	return postgres.Pages[Indicator](ctx, r, l, of, a)
}

// IndicatorsByID reads indicators by id.
func (s *Service) IndicatorsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Indicator, error) {
	return indicators.ByID(ctx, s.Keeper, r, ids)
}

// Fresh tells of indicators whether the period of the newest value ended within one and
// a half periods.
func (s *Service) Fresh(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	type told struct {
		ID    uuid.UUID `db:"id"`
		Fresh bool      `db:"fresh"`
	}
	all, err := postgres.All[told](ctx, r, "SELECT i.id, "+fresh("i")+" FROM indicator i WHERE i.id = ANY (@ids)", postgres.Args{"ids": ids})
	found := map[uuid.UUID]bool{}
	for _, one := range all {
		found[one.ID] = one.Fresh
	}
	return found, err
}

// current is the condition that no later revision corrects the value x.
const current = "NOT EXISTS (SELECT FROM indicator_value later WHERE later.indicator_id = x.indicator_id AND later.period = x.period AND later.revision > x.revision)"

// ValuesOfEach reads, for each indicator, one page of its periods' current values.
func (s *Service) ValuesOfEach(ctx context.Context, r postgres.Reader, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*IndicatorValueConnection, error) {
	l := values.List(ctx, s.Keeper, r, record.Sorted(valueOrders, o, desc), nil)
	l.Where(current)
	l.Parent = string(OfIndicator)
	return postgres.Pages[IndicatorValue](ctx, r, l, of, a)
}

// ValuesByID reads values by id.
func (s *Service) ValuesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*IndicatorValue, error) {
	return values.ByID(ctx, s.Keeper, r, ids)
}

// NewestValues reads, for each indicator, the current value of its newest period.
func (s *Service) NewestValues(ctx context.Context, r postgres.Reader, of []uuid.UUID) (map[uuid.UUID]*IndicatorValue, error) {
	condition, args := s.Policy.Visible(ctx, "indicator_value", "x", r.Past())
	args["of"] = of
	all, err := postgres.All[IndicatorValue](ctx, r, "SELECT DISTINCT ON (x.indicator_id) "+postgres.Columns[IndicatorValue]("x")+
		" FROM indicator_value x WHERE x.indicator_id = ANY (@of) AND "+condition+" ORDER BY x.indicator_id, x.period DESC, x.revision DESC", args)
	found := map[uuid.UUID]*IndicatorValue{}
	for _, v := range all {
		found[v.IndicatorID] = v
	}
	return found, err
}

// EarlierValues reads, for each value, the revisions of its period before it, the newest first.
func (s *Service) EarlierValues(ctx context.Context, r postgres.Reader, of []uuid.UUID) (map[uuid.UUID][]*IndicatorValue, error) {
	condition, args := s.Policy.Visible(ctx, "indicator_value", "x", r.Past())
	args["of"] = of
	type earlier struct {
		IndicatorValue
		Of uuid.UUID `db:"of_id"`
	}
	all, err := postgres.All[earlier](ctx, r, "SELECT "+postgres.Columns[IndicatorValue]("x")+`, c.id AS of_id FROM indicator_value c
		JOIN indicator_value x ON x.indicator_id = c.indicator_id AND x.period = c.period AND x.revision < c.revision
		WHERE c.id = ANY (@of) AND `+condition+" ORDER BY c.id, x.revision DESC", args)
	found := map[uuid.UUID][]*IndicatorValue{}
	for _, v := range all {
		found[v.Of] = append(found[v.Of], &v.IndicatorValue)
	}
	return found, err
}

// underGoals is SQL for the goals g with each goal u that is one of them or under it.
// The tree has three levels.
const underGoals = `goal g JOIN goal u ON u.archived_at IS NULL AND (u.id = g.id OR u.parent_goal_id = g.id
	OR u.parent_goal_id IN (SELECT child.id FROM goal child WHERE child.parent_goal_id = g.id AND child.archived_at IS NULL))`

// EvidenceCoverage gives, for each goal, the share of the indicators of it and of the
// goals under it that are fresh, 0 to 1, of those that the caller may see. A goal
// without any has none.
func (s *Service) EvidenceCoverage(ctx context.Context, r postgres.Reader, of []uuid.UUID) (map[uuid.UUID]float64, error) {
	condition, args := s.Policy.Visible(ctx, "indicator", "i", r.Past())
	return coverage(ctx, r, condition, args, of)
}

func coverage(ctx context.Context, r postgres.Reader, condition string, args postgres.Args, of []uuid.UUID) (map[uuid.UUID]float64, error) {
	type share struct {
		ID    uuid.UUID `db:"id"`
		Share float64   `db:"share"`
	}
	args["of"] = of
	all, err := postgres.All[share](ctx, r, "SELECT g.id, avg(("+fresh("i")+")::int)::float8 FROM "+underGoals+`
		JOIN indicator i ON i.goal_id = u.id AND i.archived_at IS NULL WHERE g.id = ANY (@of) AND `+condition+" GROUP BY g.id", args)
	found := map[uuid.UUID]float64{}
	for _, one := range all {
		found[one.ID] = one.Share
	}
	return found, err
}

func (s *Service) initiativeList(ctx context.Context, r postgres.Reader, f InitiativeFilter, o Order, desc bool) postgres.List {
	l := initiatives.List(ctx, s.Keeper, r, record.Sorted(initiativeOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(), "OWNER_UNIT": ownerUnit, "LANE": {Value: "x.lane", Names: func(lane string) (string, string) { return lane, lane }},
		"KIND": {Value: "x.kind", Names: names("INITIATIVE_KIND")}, "STATUS": {Value: "x.status", Names: names("INITIATIVE_STATUS")},
	})
	archived(&l, f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", "municipalities", f.Municipalities)
	among(&l, "KIND", "x.kind", "kinds", f.Kinds)
	among(&l, "STATUS", "x.status", "statuses", f.Statuses)
	among(&l, "LANE", "x.lane", "lanes", f.Lanes)
	among(&l, "OWNER_UNIT", "x.owner_unit_id", "owner_units", f.OwnerUnits)
	if f.From != nil {
		l.Where("coalesce(x.planned_end, x.planned_start) >= @plan_from", "plan_from", *f.From)
	}
	if f.To != nil {
		l.Where("coalesce(x.planned_start, x.planned_end) <= @plan_to", "plan_to", *f.To)
	}
	if f.TitleContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.title_sv, x.title_en)", "title"), "title", f.TitleContains)
	}
	return l
}

// Initiatives reads one page of the initiatives that the caller may see.
func (s *Service) Initiatives(ctx context.Context, r postgres.Reader, f InitiativeFilter, o Order, desc bool, a page.Args) (*InitiativeConnection, error) {
	return postgres.Page[Initiative](ctx, r, s.initiativeList(ctx, r, f, o, desc), a)
}

// InitiativesByID reads initiatives by id.
func (s *Service) InitiativesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Initiative, error) {
	return initiatives.ByID(ctx, s.Keeper, r, ids)
}

// ofRecord is SQL for the id of the record that x hangs on.
const ofRecord = "coalesce(x.initiative_id, x.shared_project_id, x.goal_id)"

// parts adds the conditions of a filter of what hangs on records, with its day.
func parts(l *postgres.List, f PartFilter, day string) {
	archived(l, f.Archived)
	among(l, "MUNICIPALITY", "m.scb_code", "municipalities", f.Municipalities)
	if len(f.Of) > 0 {
		l.Where("(x.initiative_id = ANY (@of) OR x.shared_project_id = ANY (@of) OR x.goal_id = ANY (@of))", "of", f.Of)
	}
	if f.From != nil {
		l.Where(day+" >= @day_from", "day_from", *f.From)
	}
	if f.To != nil {
		l.Where(day+" <= @day_to", "day_to", *f.To)
	}
}

func (s *Service) milestoneList(ctx context.Context, r postgres.Reader, f MilestoneFilter, o Order, desc bool) postgres.List {
	l := milestones.List(ctx, s.Keeper, r, record.Sorted(milestoneOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(), "KIND": {Value: "x.kind", Names: names("MILESTONE_KIND")},
		"REACHED": {Value: "(x.reached_on IS NOT NULL)::text", Names: names("REACHED")},
	})
	parts(&l, f.PartFilter, "x.planned_on")
	among(&l, "KIND", "x.kind", "kinds", f.Kinds)
	if f.Reached != nil {
		l.WhereFacet("REACHED", "(x.reached_on IS NOT NULL) = @reached", "reached", *f.Reached)
	}
	if f.TitleContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.title_sv, x.title_en)", "title"), "title", f.TitleContains)
	}
	return l
}

// Milestones reads one page of the milestones that the caller may see.
func (s *Service) Milestones(ctx context.Context, r postgres.Reader, f MilestoneFilter, o Order, desc bool, a page.Args) (*MilestoneConnection, error) {
	return postgres.Page[Milestone](ctx, r, s.milestoneList(ctx, r, f, o, desc), a)
}

// MilestonesOfEach reads, for each record that they hang on, one page of its milestones.
func (s *Service) MilestonesOfEach(ctx context.Context, r postgres.Reader, of Parent, f MilestoneFilter, o Order, desc bool, records []uuid.UUID, a page.Args) ([]*MilestoneConnection, error) {
	l := s.milestoneList(ctx, r, f, o, desc)
	l.Parent = string(of)
	return postgres.Pages[Milestone](ctx, r, l, records, a)
}

// MilestonesByID reads milestones by id.
func (s *Service) MilestonesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Milestone, error) {
	return milestones.ByID(ctx, s.Keeper, r, ids)
}

func (s *Service) reportList(ctx context.Context, r postgres.Reader, f StatusReportFilter, o Order, desc bool) postgres.List {
	l := reports.List(ctx, s.Keeper, r, record.Sorted(reportOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(), "HEALTH": {Value: "x.health", Names: names("HEALTH")},
		"PUBLISHED": {Value: "(x.published_at IS NOT NULL)::text", Names: names("PUBLISHED")},
	})
	parts(&l, f.PartFilter, "x.period_to")
	among(&l, "HEALTH", "x.health", "health", f.Health)
	if f.Published != nil {
		l.WhereFacet("PUBLISHED", "(x.published_at IS NOT NULL) = @published", "published", *f.Published)
	}
	return l
}

// StatusReports reads one page of the status reports that the caller may see.
func (s *Service) StatusReports(ctx context.Context, r postgres.Reader, f StatusReportFilter, o Order, desc bool, a page.Args) (*StatusReportConnection, error) {
	return postgres.Page[StatusReport](ctx, r, s.reportList(ctx, r, f, o, desc), a)
}

// StatusReportsOfEach reads, for each record that they tell of, one page of its reports.
func (s *Service) StatusReportsOfEach(ctx context.Context, r postgres.Reader, of Parent, f StatusReportFilter, o Order, desc bool, records []uuid.UUID, a page.Args) ([]*StatusReportConnection, error) {
	l := s.reportList(ctx, r, f, o, desc)
	l.Parent = string(of)
	return postgres.Pages[StatusReport](ctx, r, l, records, a)
}

// StatusReportsByID reads status reports by id.
func (s *Service) StatusReportsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*StatusReport, error) {
	return reports.ByID(ctx, s.Keeper, r, ids)
}

// latest is SQL for the newest published report of the record x of a table.
func latest(column, table string) string {
	return "(SELECT s." + column + " FROM status_report s WHERE s." + table + "_id = x.id AND s.published_at IS NOT NULL AND s.archived_at IS NULL ORDER BY s.period_to DESC, s.published_at DESC LIMIT 1)"
}

// LatestReports reads, for each record, the newest report of it that is published: by
// the end of its period, and then by when it was published.
func (s *Service) LatestReports(ctx context.Context, r postgres.Reader, of []uuid.UUID) (map[uuid.UUID]*StatusReport, error) {
	condition, args := s.Policy.Visible(ctx, "status_report", "x", r.Past())
	args["of"] = of
	all, err := postgres.All[StatusReport](ctx, r, "SELECT DISTINCT ON ("+ofRecord+") "+postgres.Columns[StatusReport]("x")+`
		FROM status_report x WHERE (x.initiative_id = ANY (@of) OR x.shared_project_id = ANY (@of) OR x.goal_id = ANY (@of))
		 AND x.published_at IS NOT NULL AND x.archived_at IS NULL AND `+condition+" ORDER BY "+ofRecord+", x.period_to DESC, x.published_at DESC", args)
	found := map[uuid.UUID]*StatusReport{}
	for _, report := range all {
		_, id := report.End()
		found[id] = report
	}
	return found, err
}

func (s *Service) benefitList(ctx context.Context, r postgres.Reader, f BenefitFilter, o Order, desc bool) postgres.List {
	l := benefits.List(ctx, s.Keeper, r, record.Sorted(benefitOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(), "CERTAINTY": {Value: "x.certainty", Names: names("CERTAINTY")}, "MEASURE": {Value: "x.measure", Names: names("MEASURE")},
		"FOLLOWED_UP": {Value: "(x.followed_up_on IS NOT NULL)::text", Names: names("FOLLOWED_UP")},
	})
	parts(&l, f.PartFilter, "x.collect_by")
	among(&l, "CERTAINTY", "x.certainty", "certainties", f.Certainties)
	among(&l, "MEASURE", "x.measure", "measures", f.Measures)
	if f.FollowedUp != nil {
		l.WhereFacet("FOLLOWED_UP", "(x.followed_up_on IS NOT NULL) = @followed_up", "followed_up", *f.FollowedUp)
	}
	return l
}

// Benefits reads one page of the benefits that the caller may see.
func (s *Service) Benefits(ctx context.Context, r postgres.Reader, f BenefitFilter, o Order, desc bool, a page.Args) (*BenefitConnection, error) {
	return postgres.Page[Benefit](ctx, r, s.benefitList(ctx, r, f, o, desc), a)
}

// BenefitsOfEach reads, for each record that is to give them, one page of its benefits.
func (s *Service) BenefitsOfEach(ctx context.Context, r postgres.Reader, of Parent, f BenefitFilter, o Order, desc bool, records []uuid.UUID, a page.Args) ([]*BenefitConnection, error) {
	l := s.benefitList(ctx, r, f, o, desc)
	l.Parent = string(of)
	return postgres.Pages[Benefit](ctx, r, l, records, a)
}

// BenefitsByID reads benefits by id.
func (s *Service) BenefitsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Benefit, error) {
	return benefits.ByID(ctx, s.Keeper, r, ids)
}

// DependenciesOfEach reads, for each initiative or shared project, one page of the
// dependencies that lead to it or from it.
func (s *Service) DependenciesOfEach(ctx context.Context, r postgres.Reader, side Parent, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*DependencyConnection, error) {
	l := dependencies.List(ctx, s.Keeper, r, record.Sorted(dependencyOrders, o, desc), nil)
	l.Where("x.archived_at IS NULL")
	l.Parent = string(side)
	return postgres.Pages[Dependency](ctx, r, l, of, a)
}

// DependenciesByID reads dependencies by id.
func (s *Service) DependenciesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Dependency, error) {
	return dependencies.ByID(ctx, s.Keeper, r, ids)
}

// FiguresOf reads the figures of an initiative, a shared project or a goal as they are, but
// for the health, which a report gives itself.
func FiguresOf(ctx context.Context, r postgres.Reader, of Part) (*Figures, error) {
	type row struct {
		Progress      *int       `db:"progress"`
		Status        string     `db:"status"`
		PlannedStart  *date.Date `db:"planned_start"`
		PlannedEnd    *date.Date `db:"planned_end"`
		BaselineStart *date.Date `db:"baseline_start"`
		BaselineEnd   *date.Date `db:"baseline_end"`
		ActualStart   *date.Date `db:"actual_start"`
		ActualEnd     *date.Date `db:"actual_end"`
		OpenGaps      int        `db:"open_gaps"`
	}
	from := map[string]string{
		"initiative":     "x.progress, x.status, x.planned_start, x.planned_end, x.baseline_start, x.baseline_end, x.actual_start, x.actual_end",
		"shared_project": "NULL::int, x.status, x.planned_start, x.planned_end, x.baseline_start, x.baseline_end, x.actual_start, x.actual_end",
		"goal":           "x.progress, x.status, x.period_from, x.period_to, NULL::date, NULL::date, NULL::date, NULL::date",
	}
	table, id := of.End()
	// The gaps of what hangs on it are its own.
	f, err := postgres.One[row](ctx, r, fmt.Sprintf(`SELECT %[1]s, (SELECT count(*)::int FROM gap_episode g WHERE g.closed_at IS NULL AND (g.object_id = x.id
		OR g.object_id IN (SELECT m.id FROM milestone m WHERE m.%[2]s_id = x.id UNION ALL SELECT b.id FROM benefit b WHERE b.%[2]s_id = x.id)
		OR g.object_id IN (SELECT i.id FROM indicator i WHERE i.goal_id = x.id))) FROM %[2]s x WHERE x.id = @id`, from[table], table), postgres.Args{"id": id})
	if err != nil {
		return nil, err
	}
	figures := &Figures{
		Progress: f.Progress, Status: f.Status, PlannedStart: f.PlannedStart, PlannedEnd: f.PlannedEnd, BaselineStart: f.BaselineStart, BaselineEnd: f.BaselineEnd,
		ActualStart: f.ActualStart, ActualEnd: f.ActualEnd, OpenGaps: f.OpenGaps,
	}
	covered, err := coverage(ctx, r, "true", postgres.Args{}, []uuid.UUID{id})
	if share, some := covered[id]; some {
		figures.EvidenceCoverage = &share
	}
	return figures, err
}

// codeTaken gives those of the goals @ids that have the code of another of their strategy.
const codeTaken = `SELECT x.id FROM goal x WHERE x.id = ANY (@ids) AND x.archived_at IS NULL AND EXISTS (
	SELECT FROM goal o WHERE o.id <> x.id AND o.archived_at IS NULL AND o.code = x.code AND o.municipality_id = x.municipality_id AND o.strategy_id IS NOT DISTINCT FROM x.strategy_id)`
