package graph

import (
	"context"

	"fardplan/graph/model"
	"fardplan/internal/access"
	"fardplan/internal/eservice"
)

// rowOutcomes lists the outcomes of a spreadsheet's rows in the order that people read them.
var rowOutcomes = []eservice.SheetOutcome{eservice.RowNew, eservice.RowChanged, eservice.RowConflict, eservice.RowRefused, eservice.RowUnchanged}

// spreadsheetOf reads the file that is to be taken in.
func (r *Resolver) spreadsheetOf(ctx context.Context, input model.SpreadsheetInput) (eservice.Spreadsheet, error) {
	in := eservice.Spreadsheet{Source: input.FileName, Comment: input.Comment}
	owner, err := r.municipalityByCode(ctx, input.Municipality)
	if err != nil {
		return in, err
	}
	in.Municipality = owner.ID
	if err := r.Policy.Require(ctx, access.Import, owner.ID); err != nil {
		return in, err
	}
	if in.DefaultOwner, err = optionalID(valueIn(input.DefaultOwner), "unit", "defaultOwner"); err != nil {
		return in, err
	}
	in.Content, err = fileOf("content", input.Content)
	return in, err
}
