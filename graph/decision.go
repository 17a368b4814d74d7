package graph

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/decision"
	"fardplan/internal/gap"
)

// decisionsIn is what the schema calls the decisions of a case.
type decisionsIn struct {
	Filter decision.Filter
	Order  decision.Order
	Desc   bool
	Page   pageArgs
}

// decisionLoaders read cases, decisions and waivers.
type decisionLoaders struct {
	diaryCase     *byID[*decision.Case]
	decision      *byID[*decision.Decision]
	decisionState *byID[decision.State]
	waiver        *byID[*decision.Waiver]
	waiverInForce *byID[bool]
	decisionsIn   *lists[decisionsIn, decision.Decision]
}

func newDecisionLoaders(r *Resolver, s *scope) decisionLoaders {
	return decisionLoaders{
		diaryCase:     newByID(r, s, r.Decisions.CasesByID),
		decision:      newByID(r, s, r.Decisions.ByID),
		decisionState: newByID(r, s, r.Decisions.States),
		waiver:        newByID(r, s, r.Decisions.WaiversByID),
		waiverInForce: newByID(r, s, r.Decisions.InForce),
		decisionsIn: newLists(r, func(ctx context.Context, q decisionsIn, of []uuid.UUID) ([]*decision.Connection, error) {
			return r.Decisions.OfCases(ctx, s, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
	}
}

func (l *loaders) decisionFinders() finders {
	return finders{"diary_case": finder(l.diaryCase), "decision": finder(l.decision), "waiver": finder(l.waiver)}
}

// decisionRecords are the records of cases, decisions and waivers, for the names of their fields.
func decisionRecords() []any {
	return []any{decision.Case{}, decision.Decision{}, decision.Waiver{}}
}

// gapRule gives the rule with the code; nil where this release has none.
func (r *Resolver) gapRule(code string) *gap.Rule {
	rule, known := r.Gaps.Rule(code)
	if !known {
		return nil
	}
	return &rule
}
