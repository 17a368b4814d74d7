// Package strategy is the goals with their indicators, and the roadmap that is to reach them.
package strategy

import (
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/text"
)

// Service reads and changes these records. A change refuses who may not make it with
// UNAUTHENTICATED or FORBIDDEN, a record that is not seen with NOT_FOUND, a stale
// version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	record.Keeper
}

// Coded texts of these records; codes.go has their values with names for people.
type (
	GoalLevel          string // a goal's place in the tree
	GoalStatus         string // where in its life a goal is
	GoalHorizon        string // how far ahead a goal lies
	Health             string // how something goes, as those who answer for it see it
	IndicatorDirection string // which values of an indicator are good
	IndicatorFrequency string // how often an indicator is measured
	IndicatorSource    string // where an indicator's values come from
	InitiativeKind     string // what sort of work an initiative is
	InitiativeStatus   string // how far an initiative has come
	MilestoneKind      string // what a milestone marks
	DependencyKind     string // what lies behind that one waits for the other
	BenefitCertainty   string // how sure a benefit is, by the colours of eKalkyl
	BenefitMeasure     string // what a benefit is counted in
)

// Goal is a goal (mål) in the tree of a strategy.
type Goal struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	// StrategyID is the governing document that sets the goal.
	StrategyID   *uuid.UUID `db:"strategy_id"`
	ParentGoalID *uuid.UUID `db:"parent_goal_id"`
	OwnerUnitID  *uuid.UUID `db:"owner_unit_id"`
	// Code is its short name within the strategy, such as 2.1.
	Code                string       `db:"code"`
	TitleSv             string       `db:"title_sv"`
	TitleEn             *string      `db:"title_en"`
	DescriptionSv       *string      `db:"description_sv"`
	DescriptionEn       *string      `db:"description_en"`
	Level               GoalLevel    `db:"level"`
	ResponsibleFunction *string      `db:"responsible_function"`
	Horizon             *GoalHorizon `db:"horizon"`
	// PeriodFrom and PeriodTo are the first and last day that it is to be worked for.
	PeriodFrom *date.Date `db:"period_from"`
	PeriodTo   *date.Date `db:"period_to"`
	Status     GoalStatus `db:"status"`
	// Progress is how far it has come, 0 to 100 percent.
	Progress *int   `db:"progress"`
	Health   Health `db:"health"`
	// FoundSource and FoundReason say how it is known of one that was registered as found.
	FoundSource *string             `db:"found_source"`
	FoundReason *string             `db:"found_reason"`
	IsExample   bool                `db:"is_example"`
	Visibility  eservice.Visibility `db:"visibility"`
}

// Indicator is what a goal is measured by.
type Indicator struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	GoalID         uuid.UUID  `db:"goal_id"`
	NameSv         string     `db:"name_sv"`
	NameEn         *string    `db:"name_en"`
	// UnitOfMeasure is what its values count, such as procent.
	UnitOfMeasure string             `db:"unit_of_measure"`
	Direction     IndicatorDirection `db:"direction"`
	Baseline      *float64           `db:"baseline"`
	BaselineOn    *date.Date         `db:"baseline_on"`
	Target        *float64           `db:"target"`
	TargetOn      *date.Date         `db:"target_on"`
	// BandLow and BandHigh bound the good values of one of direction BAND.
	BandLow   *float64           `db:"band_low"`
	BandHigh  *float64           `db:"band_high"`
	Frequency IndicatorFrequency `db:"frequency"`
	Source    IndicatorSource    `db:"source"`
	// KoladaKpi is the key figure's id in Kolada, such as N00945.
	KoladaKpi           *string `db:"kolada_kpi"`
	ResponsibleFunction *string `db:"responsible_function"`
}

// IndicatorValue is one revision of what an indicator was in a period.
type IndicatorValue struct {
	postgres.Row
	MunicipalityID uuid.UUID `db:"municipality_id"`
	IndicatorID    uuid.UUID `db:"indicator_id"`
	// Period is the first day of the period that it is of.
	Period   date.Date `db:"period"`
	Revision int       `db:"revision"` // counts from 1; the greatest of a period is the current one
	Value    float64   `db:"value"`
	Comment  *string   `db:"comment"`
}

// Initiative is work on the roadmap (insats).
type Initiative struct {
	postgres.Row
	ArchivedAt     *time.Time     `db:"archived_at"`
	MunicipalityID uuid.UUID      `db:"municipality_id"`
	TitleSv        string         `db:"title_sv"`
	TitleEn        *string        `db:"title_en"`
	DescriptionSv  *string        `db:"description_sv"`
	DescriptionEn  *string        `db:"description_en"`
	Kind           InitiativeKind `db:"kind"`
	// Lane is the row of the roadmap that it is drawn in.
	Lane                *string    `db:"lane"`
	OwnerUnitID         *uuid.UUID `db:"owner_unit_id"`
	ResponsibleFunction *string    `db:"responsible_function"`
	PlannedStart        *date.Date `db:"planned_start"`
	PlannedEnd          *date.Date `db:"planned_end"`
	// BaselineStart and BaselineEnd are the plan as it was when it was decided.
	BaselineStart *date.Date          `db:"baseline_start"`
	BaselineEnd   *date.Date          `db:"baseline_end"`
	ActualStart   *date.Date          `db:"actual_start"`
	ActualEnd     *date.Date          `db:"actual_end"`
	Status        InitiativeStatus    `db:"status"`
	BlockedReason *string             `db:"blocked_reason"`
	Progress      *int                `db:"progress"` // 0 to 100 percent
	IsExample     bool                `db:"is_example"`
	Visibility    eservice.Visibility `db:"visibility"`
}

// Part is what hangs on an initiative, a shared project or a goal: exactly one of them.
type Part struct {
	InitiativeID    *uuid.UUID `db:"initiative_id"`
	SharedProjectID *uuid.UUID `db:"shared_project_id"`
	GoalID          *uuid.UUID `db:"goal_id"`
}

// Milestone is a day of weight (milstolpe).
type Milestone struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	Part
	TitleSv    string        `db:"title_sv"`
	TitleEn    *string       `db:"title_en"`
	Kind       MilestoneKind `db:"kind"`
	PlannedOn  *date.Date    `db:"planned_on"`
	BaselineOn *date.Date    `db:"baseline_on"`
	ReachedOn  *date.Date    `db:"reached_on"`
}

// Dependency says that one has to be done before the other can be.
type Dependency struct {
	postgres.Row
	ArchivedAt         *time.Time     `db:"archived_at"`
	MunicipalityID     uuid.UUID      `db:"municipality_id"` // whose note of it this is
	BeforeInitiativeID *uuid.UUID     `db:"before_initiative_id"`
	BeforeProjectID    *uuid.UUID     `db:"before_project_id"`
	AfterInitiativeID  *uuid.UUID     `db:"after_initiative_id"`
	AfterProjectID     *uuid.UUID     `db:"after_project_id"`
	Kind               DependencyKind `db:"kind"`
	Note               *string        `db:"note"`
}

// Figures are what a status report froze when it was published.
type Figures struct {
	Progress         *int       `json:"progress"` // percent
	Status           string     `json:"status"`   // a code of the record's own
	Health           Health     `json:"health"`   // as the report has it
	PlannedStart     *date.Date `json:"plannedStart"`
	PlannedEnd       *date.Date `json:"plannedEnd"`
	BaselineStart    *date.Date `json:"baselineStart"`
	BaselineEnd      *date.Date `json:"baselineEnd"`
	ActualStart      *date.Date `json:"actualStart"`
	ActualEnd        *date.Date `json:"actualEnd"`
	EvidenceCoverage *float64   `json:"evidenceCoverage"` // 0 to 1; of goals
	OpenGaps         int        `json:"openGaps"`
}

// StatusReport is a status report (lägesrapport).
type StatusReport struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	Part
	PeriodFrom date.Date `db:"period_from"`
	PeriodTo   date.Date `db:"period_to"`
	Health     Health    `db:"health"`
	TextSv     string    `db:"text_sv"`
	TextEn     *string   `db:"text_en"`
	// Figures are those of when it was published; nil before.
	Figures     *Figures   `db:"figures"`
	PublishedAt *time.Time `db:"published_at"`
}

// Benefit is a benefit (nytta), planned and realised.
type Benefit struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	Part
	DescriptionSv string           `db:"description_sv"`
	DescriptionEn *string          `db:"description_en"`
	Certainty     BenefitCertainty `db:"certainty"`
	// Stakeholder is who has the benefit.
	Stakeholder *string        `db:"stakeholder"`
	Measure     BenefitMeasure `db:"measure"`
	// PlannedAmount and RealisedAmount are a year's, in what Measure says.
	PlannedAmount       *float64   `db:"planned_amount"`
	RealisedAmount      *float64   `db:"realised_amount"`
	CollectBy           *date.Date `db:"collect_by"`
	FollowedUpOn        *date.Date `db:"followed_up_on"`
	ResponsibleFunction *string    `db:"responsible_function"`
}

// Connections of these records.
type (
	// GoalConnection is one page of goals.
	GoalConnection = page.Connection[*Goal]
	// GoalEdge is a goal with its place in a list.
	GoalEdge = page.Edge[*Goal]
	// IndicatorConnection is one page of indicators.
	IndicatorConnection = page.Connection[*Indicator]
	// IndicatorEdge is an indicator with its place in a list.
	IndicatorEdge = page.Edge[*Indicator]
	// IndicatorValueConnection is one page of values.
	IndicatorValueConnection = page.Connection[*IndicatorValue]
	// IndicatorValueEdge is a value with its place in a list.
	IndicatorValueEdge = page.Edge[*IndicatorValue]
	// InitiativeConnection is one page of initiatives.
	InitiativeConnection = page.Connection[*Initiative]
	// InitiativeEdge is an initiative with its place in a list.
	InitiativeEdge = page.Edge[*Initiative]
	// MilestoneConnection is one page of milestones.
	MilestoneConnection = page.Connection[*Milestone]
	// MilestoneEdge is a milestone with its place in a list.
	MilestoneEdge = page.Edge[*Milestone]
	// DependencyConnection is one page of dependencies.
	DependencyConnection = page.Connection[*Dependency]
	// DependencyEdge is a dependency with its place in a list.
	DependencyEdge = page.Edge[*Dependency]
	// StatusReportConnection is one page of status reports.
	StatusReportConnection = page.Connection[*StatusReport]
	// StatusReportEdge is a status report with its place in a list.
	StatusReportEdge = page.Edge[*StatusReport]
	// BenefitConnection is one page of benefits.
	BenefitConnection = page.Connection[*Benefit]
	// BenefitEdge is a benefit with its place in a list.
	BenefitEdge = page.Edge[*Benefit]
)

// NodeID gives the goal's global id.
func (g *Goal) NodeID() gid.ID { return gid.New("goal", g.ID) }

// NodeID gives the indicator's global id.
func (i *Indicator) NodeID() gid.ID { return gid.New("indicator", i.ID) }

// NodeID gives the value's global id.
func (v *IndicatorValue) NodeID() gid.ID { return gid.New("indicator_value", v.ID) }

// NodeID gives the initiative's global id.
func (i *Initiative) NodeID() gid.ID { return gid.New("initiative", i.ID) }

// NodeID gives the milestone's global id.
func (m *Milestone) NodeID() gid.ID { return gid.New("milestone", m.ID) }

// NodeID gives the dependency's global id.
func (d *Dependency) NodeID() gid.ID { return gid.New("dependency", d.ID) }

// NodeID gives the report's global id.
func (r *StatusReport) NodeID() gid.ID { return gid.New("status_report", r.ID) }

// NodeID gives the benefit's global id.
func (b *Benefit) NodeID() gid.ID { return gid.New("benefit", b.ID) }

// Title gives the goal's title.
func (g *Goal) Title() text.Localized { return text.Localized{Sv: g.TitleSv, En: g.TitleEn} }

// Description gives what the goal means; nil when not said.
func (g *Goal) Description() *text.Localized { return text.Maybe(g.DescriptionSv, g.DescriptionEn) }

// Name gives the indicator's name.
func (i *Indicator) Name() text.Localized { return text.Localized{Sv: i.NameSv, En: i.NameEn} }

// Title gives the initiative's title.
func (i *Initiative) Title() text.Localized { return text.Localized{Sv: i.TitleSv, En: i.TitleEn} }

// Description gives what the initiative is; nil when not said.
func (i *Initiative) Description() *text.Localized {
	return text.Maybe(i.DescriptionSv, i.DescriptionEn)
}

// SlipDays gives how many days its planned end lies after that of the baseline,
// negative when before; nil without either.
func (i *Initiative) SlipDays() *int { return slip(i.BaselineEnd, i.PlannedEnd) }

// Title gives the milestone's title.
func (m *Milestone) Title() text.Localized { return text.Localized{Sv: m.TitleSv, En: m.TitleEn} }

// SlipDays gives how many days it is planned after its baseline, negative when before;
// nil without either.
func (m *Milestone) SlipDays() *int { return slip(m.BaselineOn, m.PlannedOn) }

// Text gives the report's text.
func (r *StatusReport) Text() text.Localized { return text.Localized{Sv: r.TextSv, En: r.TextEn} }

// Description gives what the benefit is.
func (b *Benefit) Description() text.Localized {
	return text.Localized{Sv: b.DescriptionSv, En: b.DescriptionEn}
}

func slip(baseline, planned *date.Date) *int {
	if baseline == nil || planned == nil {
		return nil
	}
	days := daysBetween(*baseline, *planned)
	return &days
}

// daysBetween counts the days from one date to another, negative when the other is earlier.
func daysBetween(from, to date.Date) int {
	return int(to.At(12, 0).Sub(from.At(12, 0)).Round(24*time.Hour) / (24 * time.Hour))
}

// End gives the table and the id of the record that a part hangs on.
func (p Part) End() (kind string, id uuid.UUID) {
	switch {
	case p.InitiativeID != nil:
		return "initiative", *p.InitiativeID
	case p.SharedProjectID != nil:
		return "shared_project", *p.SharedProjectID
	case p.GoalID != nil:
		return "goal", *p.GoalID
	}
	return "", uuid.Nil
}

// PartOf gives the part of a record of a table: of an initiative, a shared project or a goal.
func PartOf(kind string, id uuid.UUID) (Part, bool) {
	switch kind {
	case "initiative":
		return Part{InitiativeID: &id}, true
	case "shared_project":
		return Part{SharedProjectID: &id}, true
	case "goal":
		return Part{GoalID: &id}, true
	}
	return Part{}, false
}

// Earlier gives the table and the id of what has to be done first.
func (d *Dependency) Earlier() (kind string, id uuid.UUID) {
	return Part{InitiativeID: d.BeforeInitiativeID, SharedProjectID: d.BeforeProjectID}.End()
}

// Later gives the table and the id of what waits for it.
func (d *Dependency) Later() (kind string, id uuid.UUID) {
	return Part{InitiativeID: d.AfterInitiativeID, SharedProjectID: d.AfterProjectID}.End()
}

// BeforeID gives the global id of what has to be done first.
func (d *Dependency) BeforeID() gid.ID { return gid.New(d.Earlier()) }

// AfterID gives the global id of what waits for it.
func (d *Dependency) AfterID() gid.ID { return gid.New(d.Later()) }

// GoalFilter narrows a list of goals; empty parts do not.
type GoalFilter struct {
	Municipalities []string // SCB codes
	Levels         []GoalLevel
	Statuses       []GoalStatus
	Horizons       []GoalHorizon
	Health         []Health
	OwnerUnits     []uuid.UUID
	Strategies     []uuid.UUID
	Parents        []uuid.UUID
	Root           *bool      // goals without, or with, a goal above
	ActiveOn       *date.Date // within whose period the day lies
	TitleContains  string     // in its titles or code
	Archived       bool       // the archived ones instead of the others
}

// IndicatorFilter narrows a list of indicators; empty parts do not.
type IndicatorFilter struct {
	Municipalities []string // SCB codes
	Goals          []uuid.UUID
	Directions     []IndicatorDirection
	Frequencies    []IndicatorFrequency
	Sources        []IndicatorSource
	Fresh          *bool
	NameContains   string
	Archived       bool
}

// InitiativeFilter narrows a list of initiatives; empty parts do not.
type InitiativeFilter struct {
	Municipalities []string // SCB codes
	Kinds          []InitiativeKind
	Statuses       []InitiativeStatus
	Lanes          []string
	OwnerUnits     []uuid.UUID
	From, To       *date.Date // those planned within the days, wholly or in part
	TitleContains  string
	Archived       bool
}

// PartFilter narrows a list of what hangs on records; empty parts do not.
type PartFilter struct {
	Municipalities []string    // SCB codes
	Of             []uuid.UUID // of one of the initiatives, shared projects or goals
	From, To       *date.Date
	Archived       bool
}

// MilestoneFilter narrows a list of milestones; empty parts do not.
type MilestoneFilter struct {
	PartFilter
	Kinds         []MilestoneKind
	Reached       *bool
	TitleContains string
}

// StatusReportFilter narrows a list of status reports; empty parts do not.
type StatusReportFilter struct {
	PartFilter
	Health    []Health
	Published *bool
}

// BenefitFilter narrows a list of benefits; empty parts do not.
type BenefitFilter struct {
	PartFilter
	Certainties []BenefitCertainty
	Measures    []BenefitMeasure
	FollowedUp  *bool
}

// Order is an order of a list.
type Order string

// Step is one step of a goal's life. A step backwards must say why.
type Step struct {
	To        GoalStatus `db:"to_status"`
	Backwards bool       `db:"backwards"`
}
