package history_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"fardplan/internal/access"
	"fardplan/internal/history"
	"fardplan/internal/observe"
	"fardplan/internal/postgres"
)

// TestJournal holds that a write is by somebody, and that what follows from it is
// part of it.
func TestJournal(t *testing.T) {
	w := newWorld(t)
	before := w.reading().Change
	insert := func(tx *postgres.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO unit (id, municipality_id, name_sv, type) VALUES (uuid_v7(), @own, 'Gruppen', 'UNIT')", postgres.Args{"own": own})
		return err
	}
	if err := w.journal.Write(t.Context(), "createUnit", "", insert); err == nil {
		t.Error("nobody writes")
	}
	refused := errors.New("refused")
	ctx := access.With(observe.With(t.Context(), observe.NewRequest("r7")), access.Caller{Kind: access.User, ID: "7", Function: "redaktör", Municipality: own})
	var order []string
	keep := func(_ context.Context, tx *postgres.Tx) error {
		order = append(order, "keep")
		units, err := postgres.Values[string](ctx, tx, "SELECT x.name_sv FROM unit x WHERE x.changed_in = @n", postgres.Args{"n": tx.Number})
		if err == nil && !slices.Equal(units, []string{"Gruppen"}) {
			t.Errorf("what follows from the write sees %v", units)
		}
		return errors.Join(err, refused)
	}
	w.journal.Keep = []history.Keeper{func(context.Context, *postgres.Tx) error { order = append(order, "first"); return nil }, keep}
	if err := w.journal.Write(ctx, "createUnit", "", insert); !errors.Is(err, refused) {
		t.Errorf("what follows is refused, and the write gives %v", err)
	}
	if err := w.journal.Write(ctx, "createUnit", "", func(*postgres.Tx) error { return errors.New("at fault") }); err == nil || errors.Is(err, refused) {
		t.Errorf("a write at fault gives %v", err)
	}
	if !slices.Equal(order, []string{"first", "keep"}) {
		t.Errorf("what follows from a write ran %v, and is to run in turn after one that is not at fault", order)
	}
	if now := w.reading(); now.Change != before {
		t.Errorf("refused writes made change %d", now.Change)
	}
	w.journal.Keep = nil
	if err := w.journal.Write(ctx, "createUnit", "skäl", insert); err != nil {
		t.Fatal(err)
	}
	got, err := postgres.Values[string](ctx, w.reading(), "SELECT concat_ws(' ', actor_kind, actor_id, actor_function, operation, comment, request_id) FROM change WHERE number = @n AND municipality_id = @own", postgres.Args{"n": before + 1, "own": own})
	if want := []string{"USER 7 redaktör createUnit skäl r7"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("the journal has %v, %v, want %v", got, err, want)
	}
}
