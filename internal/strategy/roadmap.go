package strategy

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/gid"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// RoadmapKind is a sort of record on the roadmap.
type RoadmapKind string

// The sorts of record on the roadmap.
const (
	GoalItem       RoadmapKind = "GOAL"
	InitiativeItem RoadmapKind = "INITIATIVE"
	ProjectItem    RoadmapKind = "SHARED_PROJECT"
	MilestoneItem  RoadmapKind = "MILESTONE"
	DecisionItem   RoadmapKind = "DECISION"
	DependencyItem RoadmapKind = "DEPENDENCY"
)

// RoadmapKinds lists every sort.
func RoadmapKinds() []RoadmapKind {
	return []RoadmapKind{GoalItem, InitiativeItem, ProjectItem, MilestoneItem, DecisionItem, DependencyItem}
}

// table gives the table of the records of a sort.
func (k RoadmapKind) table() string { return strings.ToLower(string(k)) }

// MostItems is how many records of each sort a roadmap holds.
const MostItems = 500

// RoadmapFilter narrows the roadmap; empty parts do not.
type RoadmapFilter struct {
	// From and To are the first and last day of the period.
	From, To       *date.Date
	Municipalities []string // SCB codes
	Units          []uuid.UUID
	Goals          []uuid.UUID // these and those under them, and what is linked to them
	Collaborations []uuid.UUID // their shared projects, and what is linked to those
}

// RoadmapItem is a record as the roadmap draws it.
type RoadmapItem struct {
	Kind        RoadmapKind `db:"kind"`
	ID          uuid.UUID   `db:"id"`
	Version     int         `db:"version"`
	SCBCode     string      `db:"scb_code"` // of the municipality whose record it is
	MunicipalSv string      `db:"municipality_sv"`
	MunicipalEn *string     `db:"municipality_en"`
	UnitID      *uuid.UUID  `db:"unit_id"`
	UnitSv      *string     `db:"unit_sv"`
	UnitEn      *string     `db:"unit_en"`
	// OfKind and OfID are the record that it hangs on, by table: of a milestone what it
	// is a milestone of, of a goal the one above.
	OfKind  *string    `db:"of_kind"`
	OfID    *uuid.UUID `db:"of_id"`
	TitleSv string     `db:"title_sv"`
	TitleEn *string    `db:"title_en"`
	Lane    *string    `db:"lane"`
	// What happens on one day has it as both its start and its end.
	PlannedStart  *date.Date `db:"planned_start"`
	PlannedEnd    *date.Date `db:"planned_end"`
	BaselineStart *date.Date `db:"baseline_start"`
	BaselineEnd   *date.Date `db:"baseline_end"`
	ActualStart   *date.Date `db:"actual_start"`
	ActualEnd     *date.Date `db:"actual_end"`
	Status        string     `db:"status"` // a code of the record's own
	Health        Health     `db:"health"`
	Progress      *int       `db:"progress"`
	// Decided tells whether a decision that has been taken and holds authorises it; nil
	// of what takes none.
	Decided *bool `db:"decided"`
}

// NodeID gives the record's global id.
func (i *RoadmapItem) NodeID() gid.ID { return gid.New(i.Kind.table(), i.ID) }

// Of gives the global id of the record that it hangs on; nil of what hangs on none.
func (i *RoadmapItem) Of() *gid.ID {
	if i.OfID == nil || i.OfKind == nil {
		return nil
	}
	id := gid.New(*i.OfKind, *i.OfID)
	return &id
}

// Unit gives the global id of the unit that answers for it; nil for none.
func (i *RoadmapItem) Unit() *gid.ID {
	if i.UnitID == nil {
		return nil
	}
	id := gid.New("unit", *i.UnitID)
	return &id
}

// MunicipalityName gives the municipality's name.
func (i *RoadmapItem) MunicipalityName() text.Localized {
	return text.Localized{Sv: i.MunicipalSv, En: i.MunicipalEn}
}

// UnitName gives the unit's name; nil for none.
func (i *RoadmapItem) UnitName() *text.Localized { return text.Maybe(i.UnitSv, i.UnitEn) }

// Title gives the record's title.
func (i *RoadmapItem) Title() text.Localized { return text.Localized{Sv: i.TitleSv, En: i.TitleEn} }

// SlipDays gives how many days the planned end lies after that of the baseline, negative
// when before; nil without either.
func (i *RoadmapItem) SlipDays() *int { return slip(i.BaselineEnd, i.PlannedEnd) }

// dated tells whether it has a place in time.
func (i *RoadmapItem) dated() bool {
	return i.PlannedStart != nil || i.PlannedEnd != nil || i.ActualStart != nil || i.ActualEnd != nil
}

// Roadmap is what matters in a period.
type Roadmap struct {
	From, To       *date.Date
	Goals          []*RoadmapItem
	Initiatives    []*RoadmapItem
	SharedProjects []*RoadmapItem
	Milestones     []*RoadmapItem
	Decisions      []*RoadmapItem
	// Undated are those of every sort that have no day.
	Undated      []*RoadmapItem
	Dependencies []*Dependency // those with both ends on the roadmap
	// Cut are the sorts of which there are more than the roadmap holds.
	Cut []RoadmapKind
}

// Project is a shared project as far as the roadmap knows it.
type Project struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"` // its host
	Code           string     `db:"code"`
	NameSv         string     `db:"name_sv"`
	NameEn         *string    `db:"name_en"`
	Phase          string     `db:"phase"`
	Status         string     `db:"status"`
	Health         Health     `db:"health"`
	PlannedStart   *date.Date `db:"planned_start"`
	PlannedEnd     *date.Date `db:"planned_end"`
	BaselineStart  *date.Date `db:"baseline_start"`
	BaselineEnd    *date.Date `db:"baseline_end"`
	ActualStart    *date.Date `db:"actual_start"`
	ActualEnd      *date.Date `db:"actual_end"`
}

// NodeID gives the project's global id.
func (p *Project) NodeID() gid.ID { return gid.New("shared_project", p.ID) }

// holds is SQL for that the decision d has been taken and holds.
const holds = `d.archived_at IS NULL AND decision_state(today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on,
	d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to) IN ('DECIDED', 'BINDING')`

// authorised is SQL for that a decision that holds authorises the row x, which links name
// by the column.
func authorised(column string) string {
	return "EXISTS (SELECT FROM record_link l JOIN decision d ON d.id = l.decision_id WHERE l." + column + " = x.id AND l.purpose = 'AUTHORISES' AND l.archived_at IS NULL AND " + holds + ")"
}

// itemColumns select the rows x of a sort as items of the roadmap.
var itemColumns = map[RoadmapKind]string{
	GoalItem: `x.owner_unit_id, 'goal', x.parent_goal_id, x.title_sv, x.title_en, NULL::text, x.period_from, x.period_to, NULL::date, NULL::date, NULL::date, NULL::date,
		x.status, x.health, x.progress, ` + authorised("goal_id"),
	InitiativeItem: `x.owner_unit_id, NULL::text, NULL::uuid, x.title_sv, x.title_en, x.lane, x.planned_start, x.planned_end, x.baseline_start, x.baseline_end, x.actual_start, x.actual_end,
		x.status, coalesce(` + latest("health", "initiative") + `, 'UNKNOWN'), x.progress, ` + authorised("initiative_id"),
	ProjectItem: `NULL::uuid, NULL::text, NULL::uuid, x.name_sv, x.name_en, NULL::text, x.planned_start, x.planned_end, x.baseline_start, x.baseline_end, x.actual_start, x.actual_end,
		x.status, x.health, NULL::int, (` + authorised("shared_project_id") + ` OR EXISTS (SELECT FROM participation y JOIN record_link l ON l.participation_id = y.id JOIN decision d ON d.id = l.decision_id
			WHERE y.shared_project_id = x.id AND y.role = 'HOST' AND y.archived_at IS NULL AND l.purpose = 'AUTHORISES' AND l.archived_at IS NULL AND ` + holds + `))`,
	MilestoneItem: `coalesce(i.owner_unit_id, g.owner_unit_id), CASE WHEN x.initiative_id IS NOT NULL THEN 'initiative' WHEN x.goal_id IS NOT NULL THEN 'goal' ELSE 'shared_project' END,
		` + ofRecord + `, x.title_sv, x.title_en, i.lane, x.planned_on, x.planned_on, x.baseline_on, x.baseline_on, x.reached_on, x.reached_on,
		CASE WHEN x.reached_on IS NOT NULL THEN 'REACHED' WHEN x.planned_on < today() THEN 'OVERDUE' ELSE 'PLANNED' END, 'UNKNOWN', NULL::int, NULL::boolean`,
	DecisionItem: `x.body_unit_id, NULL::text, NULL::uuid, x.title_sv, x.title_en, NULL::text, x.meeting_date, x.meeting_date, NULL::date, NULL::date, NULL::date, NULL::date,
		decision_state(today(), x.type, x.proposed_on, x.meeting_date, x.rejected, x.legally_binding_on, x.appealed_on, x.appeal_settled_on, x.overturned_on, x.superseded_on, x.valid_to),
		'UNKNOWN', NULL::int, NULL::boolean`,
}

// itemNames are the names of those columns.
const itemNames = "unit_id, of_kind, of_id, title_sv, title_en, lane, planned_start, planned_end, baseline_start, baseline_end, actual_start, actual_end, status, health, progress, decided"

// itemsFrom are the tables, with what they are joined to.
var itemsFrom = map[RoadmapKind]string{
	GoalItem: "goal x", InitiativeItem: "initiative x", ProjectItem: "shared_project x",
	MilestoneItem: "milestone x LEFT JOIN initiative i ON i.id = x.initiative_id LEFT JOIN goal g ON g.id = x.goal_id",
	DecisionItem:  "decision x",
}

// days are the columns that place the rows of a sort in time.
var days = map[RoadmapKind]string{
	GoalItem:       "x.period_from, x.period_to",
	InitiativeItem: "x.planned_start, x.planned_end, x.actual_start, x.actual_end",
	ProjectItem:    "x.planned_start, x.planned_end, x.actual_start, x.actual_end",
	MilestoneItem:  "x.planned_on, x.reached_on",
	DecisionItem:   "x.meeting_date",
}

// lasts are SQL for the last day that the rows of a sort matter on: what has not come to
// its end lasts until today, however late it is, and what is to have none has none.
var lasts = map[RoadmapKind]string{
	GoalItem:       "coalesce(x.period_to, 'infinity')",
	InitiativeItem: lastDay("x.status IN ('DONE', 'CANCELLED')", days[InitiativeItem], "x.planned_end"),
	ProjectItem:    lastDay("x.status IN ('COMPLETED', 'CANCELLED')", days[ProjectItem], "x.planned_end"),
	MilestoneItem:  lastDay("x.reached_on IS NOT NULL", days[MilestoneItem], "x.planned_on"),
	DecisionItem:   "x.meeting_date",
}

// lastDay gives SQL for the last of the days, or for what has not ended today or the day
// that it is planned to end on.
func lastDay(ended, days, planned string) string {
	return "CASE WHEN " + ended + " THEN greatest(" + days + ") ELSE greatest(" + days + ", today(), coalesce(" + planned + ", 'infinity')) END"
}

// items reads the records of a sort that meet the condition and the caller may see, by
// the day on which each begins.
func (s *Service) items(ctx context.Context, r postgres.Reader, kind RoadmapKind, condition string, args postgres.Args, most int) ([]*RoadmapItem, error) {
	visible, more := s.Policy.Visible(ctx, kind.table(), "x", r.Past())
	maps.Copy(more, args)
	columns := "item." + strings.ReplaceAll(itemNames, ", ", ", item.")
	return postgres.All[RoadmapItem](ctx, r, fmt.Sprintf(`
		SELECT %[1]s FROM (SELECT '%[2]s', x.id, x.version, x.municipality_id, %[3]s, least(%[4]s) FROM %[5]s
		 WHERE x.archived_at IS NULL AND %[6]s AND %[7]s ORDER BY least(%[4]s) NULLS LAST, x.id LIMIT %[8]d) AS item (kind, id, version, municipality_id, %[9]s, begins)
		  JOIN municipality m ON m.id = item.municipality_id LEFT JOIN unit u ON u.id = item.unit_id
		 ORDER BY item.begins NULLS LAST, item.id`,
		"item.kind, item.id, item.version, m.scb_code, m.name_sv, m.name_en, item.unit_id, u.name_sv, u.name_en, "+strings.TrimPrefix(columns, "item.unit_id, "),
		kind, itemColumns[kind], days[kind], itemsFrom[kind], visible, condition, most, itemNames), more)
}

// linked is SQL for that a link ties the row of alias, which links name by own, to one
// that the condition on the link l says.
func linked(alias, own, condition string) string {
	return fmt.Sprintf("EXISTS (SELECT FROM record_link l WHERE l.%s = %s.id AND l.archived_at IS NULL AND %s)", own, alias, condition)
}

// sighted is SQL of what a filter goes by as far as the caller may see it: it tells nothing
// of what is tied to the rest.
type sighted struct {
	goals         string // the ids of those wanted, with those under them
	goal, project string // the conditions on the goal o and the shared project o
}

// wanted gives the conditions of a filter on the rows of a sort that alias names, but for
// the period.
func (f RoadmapFilter) wanted(kind RoadmapKind, alias string, by sighted) string {
	all := []string{"true"}
	where := func(given bool, condition string) {
		if given {
			all = append(all, "("+strings.ReplaceAll(condition, "%x", alias)+")")
		}
	}
	own := map[RoadmapKind]string{GoalItem: "goal_id", InitiativeItem: "initiative_id", ProjectItem: "shared_project_id", DecisionItem: "decision_id"}[kind]
	if kind == MilestoneItem {
		var of []string
		for _, parent := range []RoadmapKind{GoalItem, InitiativeItem, ProjectItem} {
			of = append(of, fmt.Sprintf("EXISTS (SELECT FROM %[1]s of_%[1]s WHERE of_%[1]s.id = %[2]s.%[1]s_id AND of_%[1]s.archived_at IS NULL AND %[3]s)", parent.table(), alias, f.wanted(parent, "of_"+parent.table(), by)))
		}
		return "(" + strings.Join(of, " OR ") + ")"
	}
	byCode := "%x.municipality_id IN (SELECT m.id FROM municipality m WHERE m.scb_code = ANY (@municipalities))"
	if kind == ProjectItem {
		byCode += " OR EXISTS (SELECT FROM participation p JOIN municipality m ON m.id = p.municipality_id WHERE p.shared_project_id = %x.id AND p.archived_at IS NULL AND p.state NOT IN ('DECLINED', 'WITHDRAWN') AND m.scb_code = ANY (@municipalities))"
	}
	where(len(f.Municipalities) > 0, byCode)
	ofUnits := "l.goal_id IN (SELECT o.id FROM goal o WHERE o.owner_unit_id = ANY (@units) AND " + by.goal + ")"
	ofProjects := "l.shared_project_id IN (SELECT o.id FROM shared_project o WHERE o.collaboration_id = ANY (@collaborations) AND " + by.project + ")"
	byUnit, byGoal, byCollaboration := "%x.owner_unit_id = ANY (@units)", linked(alias, own, "l.goal_id IN ("+by.goals+")"), linked(alias, own, ofProjects)
	switch kind {
	case GoalItem:
		byGoal = "%x.id IN (" + by.goals + ")"
	case ProjectItem:
		byUnit, byCollaboration = linked(alias, own, ofUnits), "%x.collaboration_id = ANY (@collaborations)"
	case DecisionItem:
		byUnit = "%x.body_unit_id = ANY (@units) OR " + linked(alias, own, ofUnits)
		byCollaboration += " OR %x.joint_collaboration_id = ANY (@collaborations)"
	}
	where(len(f.Units) > 0, byUnit)
	where(len(f.Goals) > 0, byGoal)
	where(len(f.Collaborations) > 0, byCollaboration)
	return strings.Join(all, " AND ")
}

// within gives the condition that a row of a sort lies within the period, wholly or in
// part, or has no day. What is late lies in each period from its beginning until today. A decision lies where it is taken or ends; one without a day
// matters when it is tied to what the roadmap is of.
func (f RoadmapFilter) within(kind RoadmapKind) string {
	inside := "true"
	if f.From != nil {
		inside += " AND " + lasts[kind] + " >= @period_from"
	}
	if f.To != nil {
		inside += " AND least(" + days[kind] + ") <= @period_to"
	}
	undated := "least(" + days[kind] + ") IS NULL"
	if kind == DecisionItem {
		undated += " AND " + linked("x", "decision_id", "num_nonnulls(l.goal_id, l.initiative_id, l.shared_project_id) = 1")
		if f.From != nil || f.To != nil {
			inside = "(" + inside + " OR x.valid_to BETWEEN coalesce(@period_from, '-infinity'::date) AND coalesce(@period_to, 'infinity'::date))"
		}
	}
	return "(" + inside + " AND least(" + days[kind] + ") IS NOT NULL OR " + undated + ")"
}

// Roadmap reads what matters in a period, as far as the caller may see it: by one
// statement for each sort of record, however many there are.
func (s *Service) Roadmap(ctx context.Context, r postgres.Reader, f RoadmapFilter) (*Roadmap, error) {
	seen, args := s.Policy.Visible(ctx, "goal", "seen", r.Past())
	under, _ := s.Policy.Visible(ctx, "goal", "child", r.Past())
	by := sighted{goals: `WITH RECURSIVE wanted AS (SELECT seen.id FROM goal seen WHERE seen.id = ANY (@goals) AND ` + seen + `
		UNION SELECT child.id FROM goal child JOIN wanted above ON child.parent_goal_id = above.id WHERE child.archived_at IS NULL AND ` + under + `) SELECT wanted.id FROM wanted`}
	by.goal, _ = s.Policy.Visible(ctx, "goal", "o", r.Past())
	by.project, _ = s.Policy.Visible(ctx, "shared_project", "o", r.Past())
	maps.Copy(args, postgres.Args{
		"period_from": f.From, "period_to": f.To, "municipalities": f.Municipalities, "units": f.Units, "goals": f.Goals, "collaborations": f.Collaborations,
	})
	road := &Roadmap{From: f.From, To: f.To, Undated: []*RoadmapItem{}, Cut: []RoadmapKind{}, Dependencies: []*Dependency{}}
	lists := map[RoadmapKind]*[]*RoadmapItem{
		GoalItem: &road.Goals, InitiativeItem: &road.Initiatives, ProjectItem: &road.SharedProjects, MilestoneItem: &road.Milestones, DecisionItem: &road.Decisions,
	}
	var movable []uuid.UUID
	for _, kind := range RoadmapKinds() {
		list := lists[kind]
		if list == nil {
			continue
		}
		all, err := s.items(ctx, r, kind, f.wanted(kind, "x", by)+" AND "+f.within(kind), args, MostItems+1)
		if err != nil {
			return nil, err
		}
		if len(all) > MostItems {
			all, road.Cut = all[:MostItems], append(road.Cut, kind)
		}
		*list = []*RoadmapItem{}
		for _, item := range all {
			if kind == InitiativeItem || kind == ProjectItem {
				movable = append(movable, item.ID)
			}
			if item.dated() {
				*list = append(*list, item)
			} else {
				road.Undated = append(road.Undated, item)
			}
		}
	}
	var err error
	road.Dependencies, err = s.dependenciesAmong(ctx, r, movable)
	if len(road.Dependencies) > MostItems {
		road.Dependencies, road.Cut = road.Dependencies[:MostItems], append(road.Cut, DependencyItem)
	}
	return road, err
}

const (
	earlier = "coalesce(x.before_initiative_id, x.before_project_id)"
	later   = "coalesce(x.after_initiative_id, x.after_project_id)"
)

// dependenciesAmong reads the dependencies with both ends among the records.
func (s *Service) dependenciesAmong(ctx context.Context, r postgres.Reader, records []uuid.UUID) ([]*Dependency, error) {
	visible, args := s.Policy.Visible(ctx, "dependency", "x", r.Past())
	args["records"] = records
	all, err := postgres.All[Dependency](ctx, r, fmt.Sprintf("SELECT %s FROM dependency x WHERE x.archived_at IS NULL AND %s = ANY (@records) AND %s = ANY (@records) AND %s ORDER BY x.id LIMIT %d",
		postgres.Columns[Dependency]("x"), earlier, later, visible, MostItems+1), args)
	return append([]*Dependency{}, all...), err
}

// dependenciesAfter reads the dependencies that lead from the records, and from what
// waits for them, and so on.
func (s *Service) dependenciesAfter(ctx context.Context, r postgres.Reader, records []uuid.UUID) ([]*Dependency, error) {
	visible, args := s.Policy.Visible(ctx, "dependency", "x", r.Past())
	args["records"] = records
	return postgres.All[Dependency](ctx, r, fmt.Sprintf(`WITH RECURSIVE reached AS (SELECT unnest(@records::uuid[]) AS id
		UNION SELECT %[3]s FROM dependency x JOIN reached ON reached.id = %[2]s WHERE x.archived_at IS NULL AND %[4]s)
		SELECT %[1]s FROM dependency x JOIN reached ON reached.id = %[2]s WHERE x.archived_at IS NULL AND %[4]s ORDER BY x.id`,
		postgres.Columns[Dependency]("x"), earlier, later, visible), args)
}
