package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fardplan/internal/fault"
)

// Change says who changes something and why; it opens every write.
type Change struct {
	ActorKind     string // USER, TOKEN or SYSTEM
	ActorID       string
	ActorFunction string // the actor's function or role, never a name
	Municipality  uuid.UUID
	Operation     string // the mutation or command
	Comment       string
	RequestID     string
}

// Tx is the transaction of one change.
type Tx struct {
	tx pgx.Tx
	// Number and At are the change's own.
	Number int64
	At     time.Time
	// wrote holds the tables that statements of the change have written.
	wrote map[string]bool
}

var (
	writes = regexp.MustCompile(`(?i)\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+([a-z_]+)`)
	reads  = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+([a-z_]+)`)
)

// note keeps in mind which tables a statement writes.
func (t *Tx) note(sql string) {
	for _, table := range writes.FindAllStringSubmatch(sql, -1) {
		t.wrote[table[1]] = true
	}
}

// MayTouch tells whether what the statements read may have been written by this change:
// what follows from records that it has left alone need not be looked at.
func (t *Tx) MayTouch(statements ...string) bool {
	for _, sql := range statements {
		for _, table := range reads.FindAllStringSubmatch(sql, -1) {
			if t.wrote[table[1]] {
				return true
			}
		}
	}
	return false
}

// lockWait is how long a write waits for the one before it, but in tests.
const lockWait = 10 * time.Second

// Write runs fn as one change: all of it is kept, or nothing. Changes run one at a
// time, so fn sees every earlier one and is to be brief. A write that waits too
// long for the others gets a LIMITED fault.
func (db *DB) Write(ctx context.Context, c Change, fn func(*Tx) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := pgx.BeginFunc(ctx, db.write, func(ptx pgx.Tx) error {
		if _, err := ptx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", db.lockWait.Milliseconds())); err != nil {
			return err
		}
		var at *time.Time
		if db.fixed {
			now := db.Now()
			at = &now
		}
		var municipality *uuid.UUID
		if c.Municipality != uuid.Nil {
			municipality = &c.Municipality
		}
		tx := &Tx{tx: ptx, wrote: map[string]bool{}}
		err := ptx.QueryRow(ctx, `SELECT number, at FROM change_begin($1, $2, $3, $4, $5, $6, $7, $8)`,
			at, c.ActorKind, c.ActorID, c.ActorFunction, municipality, c.Operation, c.Comment, c.RequestID).Scan(&tx.Number, &tx.At)
		if err != nil {
			return err
		}
		return fn(tx)
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "55P03" {
		return fault.New(fault.Limited,
			"Många ändrar samtidigt just nu. Ingenting har ändrats; försök igen om en stund.",
			"Many are writing right now. Nothing was changed; try again in a moment.")
	}
	return err
}

// Past is false: a write sees the newest state.
func (t *Tx) Past() bool { return false }

// Read runs a statement of the transaction that gives rows.
func (t *Tx) Read(ctx context.Context, sql string, args Args, each func(pgx.Rows) error) error {
	t.note(sql)
	return eachRow(ctx, t.tx, sql, args, each)
}

// Exec runs a statement and gives the number of rows it touched.
func (t *Tx) Exec(ctx context.Context, sql string, args Args) (int64, error) {
	t.note(sql)
	tag, err := t.tx.Exec(ctx, sql, args)
	return tag.RowsAffected(), err
}

// Try runs fn so that what it wrote is undone when it fails, and the rest of the change
// may go on.
func (t *Tx) Try(ctx context.Context, fn func(*Tx) error) error {
	return pgx.BeginFunc(ctx, t.tx, func(inner pgx.Tx) error {
		return fn(&Tx{tx: inner, Number: t.Number, At: t.At, wrote: t.wrote})
	})
}

// Note writes what is kept beside the records and has no history, such as when
// something was last used.
func (db *DB) Note(ctx context.Context, sql string, args Args) error {
	_, err := db.NoteRows(ctx, sql, args)
	return err
}

// NoteRows is Note, and gives the number of rows that it touched.
func (db *DB) NoteRows(ctx context.Context, sql string, args Args) (int64, error) {
	tag, err := db.write.Exec(ctx, sql, args)
	return tag.RowsAffected(), err
}

// Take runs such a statement that gives rows, as one that ends a session and tells
// which it was.
func (db *DB) Take(ctx context.Context, sql string, args Args, each func(pgx.Rows) error) error {
	return pgx.BeginFunc(ctx, db.write, func(tx pgx.Tx) error { return eachRow(ctx, tx, sql, args, each) })
}
