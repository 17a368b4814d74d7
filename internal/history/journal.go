// Package history is who changed what, when and why: it opens every write, tells a
// record's changes field by field, and gives what has changed since a point. The
// past states themselves are read by the domains' own statements, on a snapshot of
// the past.
package history

import (
	"context"
	"fmt"

	"fardplan/internal/access"
	"fardplan/internal/observe"
	"fardplan/internal/postgres"
)

// Journal opens writes.
type Journal struct {
	DB *postgres.DB
	// Keep run last in every write, in turn.
	Keep []Keeper
}

// Keeper brings up to date what follows from the records that a write has changed.
type Keeper func(ctx context.Context, tx *postgres.Tx) error

// Write runs fn as one change by the context's caller. operation names the mutation
// or command; comment says why, and may be empty where no rule asks for it.
func (j *Journal) Write(ctx context.Context, operation, comment string, fn func(*postgres.Tx) error) error {
	if !access.From(ctx).SignedIn() {
		return fmt.Errorf("a write by nobody: %s", operation)
	}
	return j.DB.Write(ctx, access.Change(ctx, operation, comment, observe.From(ctx).ID()), func(tx *postgres.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		for _, keep := range j.Keep {
			if err := keep(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}
