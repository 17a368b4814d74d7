package decision

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
)

// Filing is what a record of another domain says of its case: the diary number as it is
// written there now and before, and what a new case is to be like.
type Filing struct {
	Table        string
	Constraints  postgres.Constraints
	Municipality uuid.UUID
	Case         *uuid.UUID // that it has
	Number       *string
	Before       *string
	Title        string
	Visibility   eservice.Visibility
}

// FileRecord gives the case of a record: the one it has while its diary number is as it
// was, else that of the number. What the database refuses of the record is told of it,
// not of its case. It runs within a write that is allowed to.
func FileRecord[T any](ctx context.Context, tx *postgres.Tx, record *T, f Filing) (*uuid.UUID, error) {
	if f.Number == nil {
		return nil, nil
	}
	if f.Before != nil && *f.Before == *f.Number {
		return f.Case, nil
	}
	broken, err := postgres.Check(ctx, tx, f.Table, []*T{record}, f.Constraints)
	if err != nil {
		return nil, err
	}
	if err := broken[0].Err(); err != nil {
		return nil, err
	}
	return ResolveCase(ctx, tx, f.Municipality, *f.Number, f.Title, f.Visibility)
}
