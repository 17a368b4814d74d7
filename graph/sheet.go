package graph

import (
	"context"

	"fardplan/graph/model"
	"fardplan/internal/access"
	"fardplan/internal/postgres"
	"fardplan/internal/roster"
)

// rowOutcomes lists the outcomes of a spreadsheet's rows in the order that people read them.
var rowOutcomes = []roster.Outcome{roster.New, roster.Changed, roster.Conflict, roster.Refused, roster.Unchanged}

// taker takes spreadsheets of one kind of record in, and undoes that.
type taker interface {
	Right() access.Rule
	Preview(ctx context.Context, now *postgres.Snapshot, in roster.Spreadsheet) (*roster.Plan, error)
	Import(ctx context.Context, in roster.Spreadsheet, fingerprint string) (*roster.Plan, error)
	PreviewUndo(ctx context.Context, u roster.Undo) (*roster.UndoPlan, error)
	UndoChange(ctx context.Context, u roster.Undo) (*roster.UndoPlan, error)
}

// takers gives what takes in the spreadsheets of each kind.
func (r *Resolver) takers() map[model.SpreadsheetKind]taker {
	return map[model.SpreadsheetKind]taker{
		model.SpreadsheetKindEService:          r.EServices.Roster(),
		model.SpreadsheetKindGoal:              r.Strategy.GoalRoster(),
		model.SpreadsheetKindIndicator:         r.Strategy.IndicatorRoster(),
		model.SpreadsheetKindInitiative:        r.Strategy.InitiativeRoster(),
		model.SpreadsheetKindMilestone:         r.Strategy.MilestoneRoster(),
		model.SpreadsheetKindSharedProject:     r.Joint.ProjectRoster(),
		model.SpreadsheetKindDecision:          r.Decisions.Roster(),
		model.SpreadsheetKindDiaryCase:         r.Decisions.CaseRoster(),
		model.SpreadsheetKindGoverningDocument: r.Documents.Roster(),
	}
}

// spreadsheetOf reads the file that is to be taken in, by whoever may.
func (r *Resolver) spreadsheetOf(ctx context.Context, input model.SpreadsheetInput) (taker, roster.Spreadsheet, error) {
	in := roster.Spreadsheet{Source: input.FileName, Comment: input.Comment}
	take := r.takers()[input.Kind]
	owner, err := r.municipalityByCode(ctx, input.Municipality)
	if err != nil {
		return nil, in, err
	}
	in.Municipality = owner.ID
	if err := r.Policy.Require(ctx, take.Right(), owner.ID); err != nil {
		return nil, in, err
	}
	if in.DefaultOwner, err = optionalID(valueIn(input.DefaultOwner), "unit", "defaultOwner"); err != nil {
		return nil, in, err
	}
	in.Content, err = fileOf("content", input.Content)
	return take, in, err
}
