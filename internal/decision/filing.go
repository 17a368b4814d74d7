package decision

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"fardplan/internal/eservice"
	"fardplan/internal/fault"
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

// Shown is what of a filed record tells of it: its title, and who sees it.
type Shown struct {
	ID         uuid.UUID
	Case       *uuid.UUID
	Title      string
	Visibility eservice.Visibility
	Archived   bool // and so for its own municipality alone
}

// visibilities are from the widest to the narrowest.
var visibilities = []eservice.Visibility{eservice.Public, eservice.Collaboration, eservice.Municipality}

// to tells how wide the record is seen: the less the wider.
func (s Shown) to() int {
	if s.Archived {
		return len(visibilities) - 1
	}
	return slices.Index(visibilities, s.Visibility)
}

// Cover keeps the case of a record that fewer are to see from telling of it: the case was
// called as the record when its number made it. It is hidden with the record where nothing
// else that is filed in it is as open as it is; where something is, and the case bears the
// hidden title, the case has to be called something else first. It runs within the write
// that changes the record.
func Cover(ctx context.Context, tx *postgres.Tx, before, now Shown) error {
	if before.Case == nil || now.to() <= before.to() {
		return nil
	}
	in, err := postgres.All[Case](ctx, tx, "SELECT "+postgres.Columns[Case]("x")+" FROM diary_case x WHERE x.id = @id AND x.archived_at IS NULL", postgres.Args{"id": before.Case})
	if err != nil || len(in) == 0 {
		return err
	}
	of := in[0]
	if slices.Index(visibilities, of.Visibility) >= now.to() {
		return nil
	}
	open, err := titlesIn(ctx, tx, of, before.ID)
	switch {
	case err != nil:
		return err
	case len(open) == 0:
		of.Visibility = visibilities[now.to()]
		_, err = cases.Keep(ctx, tx, of)
		return err
	case of.TitleSv == before.Title && !slices.Contains(open, before.Title):
		return fault.Field("visibility", "case_tells_of_hidden", "Ärendet bär samma rubrik och visas för fler. Ge ärendet en annan rubrik först, eller dölj det.",
			"The case bears the same title and is shown to more. Call the case something else first, or hide it.")
	}
	return nil
}
