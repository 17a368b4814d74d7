package strategy

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/draft"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/thread"
)

// CreateGoal registers a goal: as a proposal, or in another status as it was found,
// with the source and the reason.
func (s *Service) CreateGoal(ctx context.Context, g Goal) (*Goal, error) {
	return goals.Create(ctx, s.Keeper, access.WriteGoal, "createGoal", g, func(tx *postgres.Tx, g *Goal) error { return s.placed(ctx, tx, g, nil) }, nil)
}

// placed refuses to lay a goal under one that is archived.
func (s *Service) placed(ctx context.Context, tx *postgres.Tx, g *Goal, before *uuid.UUID) error {
	if g.ParentGoalID == nil || before != nil && *before == *g.ParentGoalID {
		return nil
	}
	if _, err := s.ownerOf(ctx, tx, "goal", *g.ParentGoalID, "parentGoal"); fault.CodeOf(err) != fault.NotFound {
		return err
	}
	return constraints.Fault("goal_parent_goal_fk")
}

// goal is how a goal is changed; its status changes by TransitionGoal.
func (s *Service) goal() record.Revision[Goal, *Goal] {
	return record.Revision[Goal, *Goal]{
		Kind: goals, Keeper: s.Keeper, Action: access.WriteGoal, Operation: "updateGoal",
		Set: func(ctx context.Context, tx *postgres.Tx, g *Goal, set func(*Goal)) error {
			status, above := g.Status, g.ParentGoalID
			set(g)
			g.Status = status
			return s.placed(ctx, tx, g, above)
		},
	}
}

// UpdateGoal lets set change a goal; its status changes by TransitionGoal.
func (s *Service) UpdateGoal(ctx context.Context, id uuid.UUID, version int, set func(*Goal)) (*Goal, error) {
	return s.goal().Update(ctx, id, version, set)
}

// ArchiveGoal takes a goal that was registered by mistake out of the tree. One with
// others under it stays.
func (s *Service) ArchiveGoal(ctx context.Context, id uuid.UUID, version int, comment string) (*Goal, error) {
	return goals.Change(ctx, s.Keeper, record.Change{Action: access.WriteGoal, Operation: "archiveGoal", Comment: comment, ID: id, Version: version}, func(tx *postgres.Tx, g *Goal) error {
		g.ArchivedAt = &tx.At
		return childless(ctx, tx, g)
	}, nil)
}

// childless refuses to archive a goal that has others under it.
func childless(ctx context.Context, tx *postgres.Tx, g *Goal) error {
	under, err := postgres.Values[int](ctx, tx, "SELECT count(*)::int FROM goal c WHERE c.parent_goal_id = @id AND c.archived_at IS NULL", postgres.Args{"id": g.ID})
	if err != nil || under[0] == 0 {
		return err
	}
	return fault.Field("id", "goal_archive_children", "Målet har andra mål under sig. Flytta eller arkivera dem först.", "The goal has others under it. Move or archive those first.")
}

// GoalTransition is one step of a goal's life.
type GoalTransition struct {
	To GoalStatus
	// DecisionID is the decision that adopts the goal; it is tied to it in the same change.
	DecisionID *uuid.UUID
	// Comment says why, and is needed for a step backwards.
	Comment string
}

// TransitionGoal takes a goal a step along its life. Its adoption takes a decision of the
// right body: the one given, or one that it is tied to already.
func (s *Service) TransitionGoal(ctx context.Context, id uuid.UUID, version int, t GoalTransition) (*Goal, error) {
	return goals.Change(ctx, s.Keeper, record.Change{Action: access.WriteGoal, Operation: "transitionGoal", Comment: t.Comment, ID: id, Version: version}, func(tx *postgres.Tx, g *Goal) error {
		if t.To == g.Status {
			return constraints.Fault("goal_step")
		}
		if t.DecisionID != nil {
			if t.To != Adopted {
				return fault.Field("decision", "goal_decision_adopts", "Ett beslut anges när målet beslutas. Koppla andra beslut till målet för sig.", "A decision is given when the goal is adopted. Tie other decisions to the goal by themselves.")
			}
			if err := thread.Authorise(ctx, s.Keeper, tx, g.MunicipalityID, *t.DecisionID, thread.End{Kind: "goal", ID: g.ID}); err != nil {
				return err
			}
		}
		g.Status = t.To
		return nil
	}, nil)
}

// CreateIndicator adds an indicator to a goal.
func (s *Service) CreateIndicator(ctx context.Context, i Indicator) (*Indicator, error) {
	return makePart(ctx, s, indicators, access.WriteGoal, "createIndicator", "goal", Part{GoalID: &i.GoalID}, func(owner uuid.UUID) Indicator {
		i.MunicipalityID = owner
		return i
	})
}

func (s *Service) indicator() record.Revision[Indicator, *Indicator] {
	return record.Revision[Indicator, *Indicator]{Kind: indicators, Keeper: s.Keeper, Action: access.WriteGoal, Operation: "updateIndicator"}
}

// UpdateIndicator lets set change an indicator.
func (s *Service) UpdateIndicator(ctx context.Context, id uuid.UUID, version int, set func(*Indicator)) (*Indicator, error) {
	return s.indicator().Update(ctx, id, version, set)
}

// ArchiveIndicator takes an indicator out of use; its series stays.
func (s *Service) ArchiveIndicator(ctx context.Context, id uuid.UUID, version int, comment string) (*Indicator, error) {
	return indicators.Change(ctx, s.Keeper, record.Change{Action: access.WriteGoal, Operation: "archiveIndicator", Comment: comment, ID: id, Version: version}, func(tx *postgres.Tx, i *Indicator) error {
		i.ArchivedAt = &tx.At
		return nil
	}, nil)
}

// setting makes of a function that sets fields one that changes a record.
func setting[T any](set func(*T)) func(*postgres.Tx, *T) error {
	return func(_ *postgres.Tx, record *T) error {
		set(record)
		return nil
	}
}

// months are how many months a period of each frequency has.
var months = map[IndicatorFrequency]int{"MONTHLY": 1, "QUARTERLY": 3, "HALF_YEARLY": 6, "YEARLY": 12}

// PeriodEnd gives the last day of an indicator's period that begins on a day.
func (i *Indicator) PeriodEnd(period date.Date) date.Date {
	return period.AddMonths(months[i.Frequency]).AddDays(-1)
}

// starts tells whether a period of the indicator begins on a day.
func (i *Indicator) starts(day date.Date) bool {
	return day == day.FirstOfMonth() && int(day.Month()-1)%months[i.Frequency] == 0
}

// RecordValue keeps the first value of an indicator's period.
func (s *Service) RecordValue(ctx context.Context, indicator uuid.UUID, period date.Date, value float64, comment *string) (*Indicator, error) {
	return s.keepValue(ctx, "recordIndicatorValue", indicator, func(newest *IndicatorValue) (IndicatorValue, error) {
		if newest != nil {
			return IndicatorValue{}, constraints.Fault("indicator_value_revision_unique")
		}
		return IndicatorValue{Period: period, Revision: 1, Value: value, Comment: comment}, nil
	}, period)
}

// CorrectValue keeps another value of a period that has one, and why. The earlier
// revisions stay. One that is not the newest is CONFLICT with the newest.
func (s *Service) CorrectValue(ctx context.Context, indicator uuid.UUID, period date.Date, revision int, value float64, comment string) (*Indicator, error) {
	return s.keepValue(ctx, "correctIndicatorValue", indicator, func(newest *IndicatorValue) (IndicatorValue, error) {
		switch {
		case newest == nil:
			return IndicatorValue{}, fault.Field("period", "indicator_value_none", "Perioden har inget värde att rätta. Registrera det i stället.", "The period has no value to correct. Record one instead.")
		case newest.Revision != revision:
			return IndicatorValue{}, fault.Stale(newest).At("expectedRevision")
		}
		return IndicatorValue{Period: period, Revision: newest.Revision + 1, Value: value, Comment: &comment}, nil
	}, period)
}

func (s *Service) keepValue(ctx context.Context, operation string, id uuid.UUID, next func(newest *IndicatorValue) (IndicatorValue, error), period date.Date) (*Indicator, error) {
	if err := s.Policy.RequireSome(ctx, access.RecordIndicator); err != nil {
		return nil, err
	}
	var of *Indicator
	err := s.Journal.Write(ctx, operation, "", func(tx *postgres.Tx) (err error) {
		if of, err = indicators.One(ctx, s.Keeper, tx, id); err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.RecordIndicator, of.MunicipalityID); err != nil {
			return err
		}
		switch {
		case of.ArchivedAt != nil:
			return fault.Field("indicator", "indicator_archived", "Indikatorn är arkiverad.", "The indicator is archived.")
		case !of.starts(period):
			return fault.Field("period", "indicator_value_period", "Ange periodens första dag: månadens, kvartalets, halvårets eller årets.", "Give the first day of the period: of the month, quarter, half-year or year.")
		case date.Of(tx.At).Before(period):
			return fault.Field("period", "indicator_value_future", "Perioden har inte börjat än.", "The period has not begun yet.")
		}
		all, err := postgres.All[IndicatorValue](ctx, tx, "SELECT "+postgres.Columns[IndicatorValue]("x")+
			" FROM indicator_value x WHERE x.indicator_id = @indicator AND x.period = @period ORDER BY x.revision DESC LIMIT 1", postgres.Args{"indicator": id, "period": period})
		if err != nil {
			return err
		}
		var newest *IndicatorValue
		if len(all) > 0 {
			newest = all[0]
		}
		value, err := next(newest)
		if err != nil {
			return err
		}
		value.MunicipalityID, value.IndicatorID = of.MunicipalityID, of.ID
		_, err = values.Add(ctx, tx, value)
		return err
	})
	if err != nil {
		return nil, err
	}
	return of, nil
}

// CreateInitiative registers an initiative.
func (s *Service) CreateInitiative(ctx context.Context, i Initiative) (*Initiative, error) {
	return initiatives.Create(ctx, s.Keeper, access.WriteInitiative, "createInitiative", i, nil, nil)
}

// initiative is how an initiative is changed. One that is no longer blocked has no reason
// for it.
func (s *Service) initiative() record.Revision[Initiative, *Initiative] {
	return record.Revision[Initiative, *Initiative]{
		Kind: initiatives, Keeper: s.Keeper, Action: access.WriteInitiative, Operation: "updateInitiative",
		Set: func(_ context.Context, _ *postgres.Tx, i *Initiative, set func(*Initiative)) error {
			set(i)
			i.unblock()
			return nil
		},
	}
}

// UpdateInitiative lets set change an initiative. One that is no longer blocked has no
// reason for it.
func (s *Service) UpdateInitiative(ctx context.Context, id uuid.UUID, version int, set func(*Initiative)) (*Initiative, error) {
	return s.initiative().Update(ctx, id, version, set)
}

// unblock takes the reason away of what is not blocked.
func (i *Initiative) unblock() {
	if i.Status != blocked {
		i.BlockedReason = nil
	}
}

// ArchiveInitiative takes an initiative off the roadmap.
func (s *Service) ArchiveInitiative(ctx context.Context, id uuid.UUID, version int, comment string) (*Initiative, error) {
	return initiatives.Change(ctx, s.Keeper, record.Change{Action: access.WriteInitiative, Operation: "archiveInitiative", Comment: comment, ID: id, Version: version}, func(tx *postgres.Tx, i *Initiative) error {
		i.ArchivedAt = &tx.At
		return nil
	}, nil)
}

// SetBaseline makes the plan of an initiative the one that later plans are measured
// against, with the milestones of it: as it is when the plan has been decided.
func (s *Service) SetBaseline(ctx context.Context, id uuid.UUID, version int, comment string) (*Initiative, error) {
	return initiatives.Change(ctx, s.Keeper, record.Change{Action: access.WriteInitiative, Operation: "setBaseline", Comment: comment, ID: id, Version: version}, func(_ *postgres.Tx, i *Initiative) error {
		if i.PlannedStart == nil || i.PlannedEnd == nil {
			return fault.Field("id", "baseline_planned", "Insatsen saknar planerade datum. Ange dem först.", "The initiative has no planned dates. Give them first.")
		}
		i.BaselineStart, i.BaselineEnd = i.PlannedStart, i.PlannedEnd
		return nil
	}, func(tx *postgres.Tx, _ *Initiative) error {
		_, err := tx.Exec(ctx, `UPDATE milestone SET baseline_on = planned_on
			WHERE initiative_id = @id AND archived_at IS NULL AND planned_on IS NOT NULL AND baseline_on IS DISTINCT FROM planned_on`, postgres.Args{"id": id})
		return err
	})
}

// makePart adds a record that hangs on others, to those of the municipality whose record
// that is. What it hangs on and the caller does not see is NOT_FOUND at the field.
func makePart[T any, P record.Pointer[T]](ctx context.Context, s *Service, kind record.Kind[T, P], action access.Rule, operation, field string, of Part, build func(owner uuid.UUID) T) (P, error) {
	if err := s.Policy.RequireSome(ctx, action); err != nil {
		return nil, err
	}
	var made P
	err := s.Journal.Write(ctx, operation, "", func(tx *postgres.Tx) error {
		owner, err := s.hangs(ctx, tx, action, of, field)
		if err != nil {
			return err
		}
		made, err = kind.Add(ctx, tx, build(owner))
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// hangs gives the municipality whose record a part is to hang on, and refuses whoever may
// not write that.
func (s *Service) hangs(ctx context.Context, tx *postgres.Tx, action access.Rule, of Part, field string) (uuid.UUID, error) {
	table, id := of.End()
	owner, err := s.ownerOf(ctx, tx, table, id, field)
	if err != nil {
		return uuid.Nil, err
	}
	return owner, s.Policy.Require(ctx, action, owner)
}

// ownerOf gives the municipality whose record of a table it is, when the caller sees it.
func (s *Service) ownerOf(ctx context.Context, tx *postgres.Tx, table string, id uuid.UUID, field string) (uuid.UUID, error) {
	condition, args := s.Policy.Visible(ctx, table, "x", false)
	args["id"] = id
	owners, err := postgres.Values[uuid.UUID](ctx, tx, fmt.Sprintf("SELECT x.municipality_id FROM %s x WHERE x.id = @id AND x.archived_at IS NULL AND %s", table, condition), args)
	if err != nil {
		return uuid.Nil, err
	}
	if len(owners) == 0 {
		return uuid.Nil, fault.Missing().At(field)
	}
	return owners[0], nil
}

// CreateMilestone adds a milestone to an initiative, a shared project or a goal, by
// whoever keeps that.
func (s *Service) CreateMilestone(ctx context.Context, m Milestone) (*Milestone, error) {
	return makePart(ctx, s, milestones, access.WriteInitiative, "createMilestone", "of", m.Part, func(owner uuid.UUID) Milestone {
		m.MunicipalityID = owner
		return m
	})
}

func (s *Service) milestone() record.Revision[Milestone, *Milestone] {
	return record.Revision[Milestone, *Milestone]{Kind: milestones, Keeper: s.Keeper, Action: access.WriteInitiative, Operation: "updateMilestone"}
}

// UpdateMilestone lets set change a milestone.
func (s *Service) UpdateMilestone(ctx context.Context, id uuid.UUID, version int, set func(*Milestone)) (*Milestone, error) {
	return s.milestone().Update(ctx, id, version, set)
}

// Drafted are the records that changes may be prepared of beside what is live. How goals
// lie in the tree, and which code each has, is judged when they are published together.
func (s *Service) Drafted() []draft.Kind {
	return []draft.Kind{
		draft.Of(s.goal(), "title_sv", "goal_level_order", "goal_period_within_parent", "goal_code_unique").Naming("goal_code_unique", codeTaken),
		draft.Of(s.indicator(), "name_sv"), draft.Of(s.initiative(), "title_sv"), draft.Of(s.milestone(), "title_sv"),
	}
}

// ArchiveMilestone takes a milestone off the roadmap.
func (s *Service) ArchiveMilestone(ctx context.Context, id uuid.UUID, version int, comment string) (*Milestone, error) {
	return milestones.Change(ctx, s.Keeper, record.Change{Action: access.WriteInitiative, Operation: "archiveMilestone", Comment: comment, ID: id, Version: version}, func(tx *postgres.Tx, m *Milestone) error {
		m.ArchivedAt = &tx.At
		return nil
	}, nil)
}

// CreateDependency notes for a municipality that one has to be done before the other.
// One of the two is its own; the caller sees both.
func (s *Service) CreateDependency(ctx context.Context, d Dependency) (*Dependency, error) {
	return dependencies.Create(ctx, s.Keeper, access.WriteInitiative, "createDependency", d, func(tx *postgres.Tx, d *Dependency) error {
		own := false
		for field, end := range map[string]func() (string, uuid.UUID){"before": d.Earlier, "after": d.Later} {
			table, id := end()
			owner, err := s.ownerOf(ctx, tx, table, id, field)
			if err != nil {
				return err
			}
			own = own || owner == d.MunicipalityID
		}
		if !own {
			return fault.Field("after", "dependency_own", "Den ena av de två ska vara kommunens egen.", "One of the two is to be the municipality's own.")
		}
		return nil
	}, nil)
}

// ArchiveDependency takes a dependency away.
func (s *Service) ArchiveDependency(ctx context.Context, id uuid.UUID, version int, comment string) (*Dependency, error) {
	return dependencies.Change(ctx, s.Keeper, record.Change{Action: access.WriteInitiative, Operation: "archiveDependency", Comment: comment, ID: id, Version: version}, func(tx *postgres.Tx, d *Dependency) error {
		d.ArchivedAt = &tx.At
		return nil
	}, nil)
}

// CreateBenefit adds a benefit to an initiative, a shared project or a goal, by whoever
// keeps that.
func (s *Service) CreateBenefit(ctx context.Context, b Benefit) (*Benefit, error) {
	return makePart(ctx, s, benefits, access.WriteInitiative, "createBenefit", "of", b.Part, func(owner uuid.UUID) Benefit {
		b.MunicipalityID = owner
		return b
	})
}

// UpdateBenefit lets set change a benefit.
func (s *Service) UpdateBenefit(ctx context.Context, id uuid.UUID, version int, set func(*Benefit)) (*Benefit, error) {
	return benefits.Change(ctx, s.Keeper, record.Change{Action: access.WriteInitiative, Operation: "updateBenefit", ID: id, Version: version}, setting(set), nil)
}

// ArchiveBenefit takes away a benefit that was registered by mistake.
func (s *Service) ArchiveBenefit(ctx context.Context, id uuid.UUID, version int, comment string) (*Benefit, error) {
	return benefits.Change(ctx, s.Keeper, record.Change{Action: access.WriteInitiative, Operation: "archiveBenefit", Comment: comment, ID: id, Version: version}, func(tx *postgres.Tx, b *Benefit) error {
		b.ArchivedAt = &tx.At
		return nil
	}, nil)
}

// CreateStatusReport begins a status report as a draft, by whoever keeps what it tells of.
func (s *Service) CreateStatusReport(ctx context.Context, r StatusReport) (*StatusReport, error) {
	r.Figures, r.PublishedAt = nil, nil
	return makePart(ctx, s, reports, access.WriteStatusReport, "createStatusReport", "of", r.Part, func(owner uuid.UUID) StatusReport {
		r.MunicipalityID = owner
		return r
	})
}

// UpdateStatusReport lets set change a draft of a status report. A published one stands.
func (s *Service) UpdateStatusReport(ctx context.Context, id uuid.UUID, version int, set func(*StatusReport)) (*StatusReport, error) {
	return s.changeReport(ctx, "updateStatusReport", "", id, version, setting(set))
}

// ArchiveStatusReport throws a draft of a status report away. A published one stands.
func (s *Service) ArchiveStatusReport(ctx context.Context, id uuid.UUID, version int, comment string) (*StatusReport, error) {
	return s.changeReport(ctx, "archiveStatusReport", comment, id, version, func(tx *postgres.Tx, r *StatusReport) error {
		r.ArchivedAt = &tx.At
		return nil
	})
}

// PublishStatusReport shows a status report to others, with the figures of what it tells
// of as they are. From then on it does not change: what is to be corrected is a new report.
func (s *Service) PublishStatusReport(ctx context.Context, id uuid.UUID, version int) (*StatusReport, error) {
	return s.changeReport(ctx, "publishStatusReport", "", id, version, func(tx *postgres.Tx, r *StatusReport) (err error) {
		if r.Figures, err = FiguresOf(ctx, tx, r.Part); err != nil {
			return err
		}
		r.Figures.Health, r.PublishedAt = r.Health, &tx.At
		return nil
	})
}

func (s *Service) changeReport(ctx context.Context, operation, comment string, id uuid.UUID, version int, set func(*postgres.Tx, *StatusReport) error) (*StatusReport, error) {
	return reports.Change(ctx, s.Keeper, record.Change{Action: access.WriteStatusReport, Operation: operation, Comment: comment, ID: id, Version: version}, func(tx *postgres.Tx, r *StatusReport) error {
		if r.PublishedAt != nil {
			return constraints.Fault("status_report_published_stands")
		}
		return set(tx, r)
	}, nil)
}
