package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/strategy"
)

// The lists that these records have under them, by what a reader asks of them.
type (
	goalsOf struct {
		Parent strategy.Parent
		Filter strategy.GoalFilter
		Order  strategy.Order
		Desc   bool
		Page   pageArgs
	}
	indicatorsOf struct {
		Filter strategy.IndicatorFilter
		Order  strategy.Order
		Desc   bool
		Page   pageArgs
	}
	valuesOf struct {
		Order strategy.Order
		Desc  bool
		Page  pageArgs
	}
	milestonesOf struct {
		Parent strategy.Parent
		Filter strategy.MilestoneFilter
		Order  strategy.Order
		Desc   bool
		Page   pageArgs
	}
	statusReportsOf struct {
		Parent strategy.Parent
		Filter strategy.StatusReportFilter
		Order  strategy.Order
		Desc   bool
		Page   pageArgs
	}
	benefitsOf struct {
		Parent strategy.Parent
		Filter strategy.BenefitFilter
		Order  strategy.Order
		Desc   bool
		Page   pageArgs
	}
	dependenciesOf struct {
		Side  strategy.Parent
		Order strategy.Order
		Desc  bool
		Page  pageArgs
	}
)

// strategyLoaders read goals, indicators, initiatives and what hangs on them.
type strategyLoaders struct {
	goal           *byID[*strategy.Goal]
	indicator      *byID[*strategy.Indicator]
	indicatorValue *byID[*strategy.IndicatorValue]
	initiative     *byID[*strategy.Initiative]
	milestone      *byID[*strategy.Milestone]
	dependency     *byID[*strategy.Dependency]
	statusReport   *byID[*strategy.StatusReport]
	benefit        *byID[*strategy.Benefit]
	evidence       *byID[float64]                    // by the goal
	latestReport   *byID[*strategy.StatusReport]     // by what it tells of
	freshIndicator *byID[bool]                       // by the indicator
	newestValue    *byID[*strategy.IndicatorValue]   // likewise
	earlierValues  *byID[[]*strategy.IndicatorValue] // by the value that corrects them
	goals          *lists[goalsOf, strategy.Goal]
	indicators     *lists[indicatorsOf, strategy.Indicator]
	values         *lists[valuesOf, strategy.IndicatorValue]
	milestones     *lists[milestonesOf, strategy.Milestone]
	statusReports  *lists[statusReportsOf, strategy.StatusReport]
	benefits       *lists[benefitsOf, strategy.Benefit]
	dependencies   *lists[dependenciesOf, strategy.Dependency]
	goalSteps      func(context.Context) (map[strategy.GoalStatus][]strategy.Step, error)
}

func newStrategyLoaders(r *Resolver, s *scope) strategyLoaders {
	return strategyLoaders{
		goal:           newByID(r, s, r.Strategy.GoalsByID),
		indicator:      newByID(r, s, r.Strategy.IndicatorsByID),
		indicatorValue: newByID(r, s, r.Strategy.ValuesByID),
		initiative:     newByID(r, s, r.Strategy.InitiativesByID),
		milestone:      newByID(r, s, r.Strategy.MilestonesByID),
		dependency:     newByID(r, s, r.Strategy.DependenciesByID),
		statusReport:   newByID(r, s, r.Strategy.StatusReportsByID),
		benefit:        newByID(r, s, r.Strategy.BenefitsByID),
		evidence:       newByID(r, s, r.Strategy.EvidenceCoverage),
		latestReport:   newByID(r, s, r.Strategy.LatestReports),
		freshIndicator: newByID(r, s, r.Strategy.Fresh),
		newestValue:    newByID(r, s, r.Strategy.NewestValues),
		earlierValues:  newByID(r, s, r.Strategy.EarlierValues),
		goals: newLists(r, func(ctx context.Context, q goalsOf, of []uuid.UUID) ([]*strategy.GoalConnection, error) {
			return r.Strategy.GoalsOfEach(ctx, s, q.Parent, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		indicators: newLists(r, func(ctx context.Context, q indicatorsOf, of []uuid.UUID) ([]*strategy.IndicatorConnection, error) {
			return r.Strategy.IndicatorsOfEach(ctx, s, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		values: newLists(r, func(ctx context.Context, q valuesOf, of []uuid.UUID) ([]*strategy.IndicatorValueConnection, error) {
			return r.Strategy.ValuesOfEach(ctx, s, q.Order, q.Desc, of, q.Page)
		}),
		milestones: newLists(r, func(ctx context.Context, q milestonesOf, of []uuid.UUID) ([]*strategy.MilestoneConnection, error) {
			return r.Strategy.MilestonesOfEach(ctx, s, q.Parent, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		statusReports: newLists(r, func(ctx context.Context, q statusReportsOf, of []uuid.UUID) ([]*strategy.StatusReportConnection, error) {
			return r.Strategy.StatusReportsOfEach(ctx, s, q.Parent, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		benefits: newLists(r, func(ctx context.Context, q benefitsOf, of []uuid.UUID) ([]*strategy.BenefitConnection, error) {
			return r.Strategy.BenefitsOfEach(ctx, s, q.Parent, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		dependencies: newLists(r, func(ctx context.Context, q dependenciesOf, of []uuid.UUID) ([]*strategy.DependencyConnection, error) {
			return r.Strategy.DependenciesOfEach(ctx, s, q.Side, q.Order, q.Desc, of, q.Page)
		}),
		goalSteps: once(func(ctx context.Context) (map[strategy.GoalStatus][]strategy.Step, error) {
			return strategy.Steps(ctx, s)
		}),
	}
}

func (l *loaders) strategyFinders() finders {
	return finders{
		"goal": finder(l.goal), "indicator": finder(l.indicator), "indicator_value": finder(l.indicatorValue), "initiative": finder(l.initiative),
		"milestone": finder(l.milestone), "dependency": finder(l.dependency), "status_report": finder(l.statusReport), "benefit": finder(l.benefit),
	}
}

// strategyRecords are the records of goals, indicators, initiatives and what hangs on them, for the names of their fields.
func strategyRecords() []any {
	return []any{
		strategy.Goal{}, strategy.Indicator{}, strategy.IndicatorValue{}, strategy.Initiative{}, strategy.Milestone{},
		strategy.Dependency{}, strategy.StatusReport{}, strategy.Benefit{},
	}
}

// partOf reads what a milestone, a report or a benefit is to belong to.
func partOf(id gid.ID) (strategy.Part, error) {
	kind, of, err := id.Parse()
	if err != nil {
		return strategy.Part{}, atField(err, "of")
	}
	part, known := strategy.PartOf(kind, of)
	if !known {
		_, err = id.As("initiative", "of")
	}
	return part, err
}

// dependencyOf reads which two a dependency is between.
func dependencyOf(before, after gid.ID) (d strategy.Dependency, err error) {
	var faults fault.List
	end := func(field string, id gid.ID, initiative, project **uuid.UUID) {
		kind, of, err := id.Parse()
		switch {
		case err != nil:
			faults.Add(fault.All(err)[0].At(field))
		case kind == "initiative":
			*initiative = &of
		case kind == "shared_project":
			*project = &of
		default:
			_, err = id.As("initiative", field)
			faults.Add(fault.All(err)[0])
		}
	}
	end("before", before, &d.BeforeInitiativeID, &d.BeforeProjectID)
	end("after", after, &d.AfterInitiativeID, &d.AfterProjectID)
	return d, faults.Err()
}

// replanItem reads a record with its new days.
func replanItem(i int, id gid.ID, version int, start, end, on graphql.Omittable[*date.Date]) (strategy.ReplanItem, error) {
	day := func(d graphql.Omittable[*date.Date]) strategy.Day {
		return strategy.Day{Given: d.IsSet(), Day: d.Value()}
	}
	item := strategy.ReplanItem{Version: version, Start: day(start), End: day(end), On: day(on)}
	field := fmt.Sprintf("items.%d.id", i)
	kind, of, err := id.Parse()
	if err != nil {
		return item, atField(err, field)
	}
	item.ID = of
	switch kind {
	case "initiative":
		item.Kind = strategy.InitiativeItem
	case "shared_project":
		item.Kind = strategy.ProjectItem
	case "milestone":
		item.Kind = strategy.MilestoneItem
	default:
		_, err = id.As("initiative", field)
	}
	return item, err
}
