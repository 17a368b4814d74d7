// Package postgres is the way to the database: pools that act as the roles they
// should, one snapshot an operation, one change a write, lists by keyset, and the
// database's refusals as faults.
package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The roles that the pools act as. Their rights are given in the migrations.
const (
	AppRole  = "fardplan_app"
	ReadRole = "fardplan_read"
)

// Options says which database and how.
type Options struct {
	URL     string // for writing; its login must be, or be a member of, AppRole
	ReadURL string // for reading; its login must be, or be a member of, ReadRole. Empty: URL
	Pool    int    // connections of each pool
	// Clock gives the instant that reads, rules and changes go by. Nil: the
	// machine's clock for reads and the database's own for changes.
	Clock func() time.Time
	// Tracer sees each statement, for tests and metrics; may be nil.
	Tracer pgx.QueryTracer
}

// DB is the database. It is safe for concurrent use.
type DB struct {
	write, read, past *pgxpool.Pool
	clock             func() time.Time
	fixed             bool
	lockWait          time.Duration // how long a write waits for the one before it
}

// Open connects the pools and checks that each acts as its role. The past has a
// pool of its own: its connections find the tables of schema asof first, so that
// one connection never plans for both.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.ReadURL == "" {
		o.ReadURL = o.URL
	}
	db := &DB{clock: o.Clock, fixed: o.Clock != nil, lockWait: lockWait}
	if db.clock == nil {
		db.clock = time.Now
	}
	for _, p := range []struct {
		pool            **pgxpool.Pool
		url, role, path string
	}{
		{&db.write, o.URL, AppRole, "public"},
		{&db.read, o.ReadURL, ReadRole, "public"},
		{&db.past, o.ReadURL, ReadRole, "asof, public"},
	} {
		pool, err := openPool(ctx, p.url, p.role, p.path, o)
		if err != nil {
			db.Close()
			return nil, err
		}
		*p.pool = pool
	}
	return db, nil
}

func openPool(ctx context.Context, url, role, path string, o Options) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx's own text can hold the address with its password.
		return nil, fmt.Errorf("the database's address cannot be read")
	}
	cfg.MaxConns = int32(max(o.Pool, 1))
	cfg.ConnConfig.Tracer = o.Tracer
	cfg.ConnConfig.RuntimeParams["application_name"] = "fardplan"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		if _, err := c.Exec(ctx, "SET ROLE "+role); err != nil {
			return fmt.Errorf("become role %s: %w", role, err)
		}
		if _, err := c.Exec(ctx, "SET search_path = "+path); err != nil {
			return err
		}
		// The data lie in memory or on disks without arms, where any page costs about what
		// the next one does. By PostgreSQL's own figure, of disks that turn, a page of a list
		// reads a whole table of some hundred rows and sorts it. A pooler between would
		// refuse it among what a connection begins with.
		_, err := c.Exec(ctx, "SET random_page_cost = 1.1")
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return pool, nil
}

// Close ends all connections, after the work under way on them.
func (db *DB) Close() {
	for _, p := range []*pgxpool.Pool{db.write, db.read, db.past} {
		if p != nil {
			p.Close()
		}
	}
}

// Now gives the instant that the process goes by.
func (db *DB) Now() time.Time { return db.clock() }

// Ping tells whether the database answers both for reading and for writing.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.read.Ping(ctx); err != nil {
		return err
	}
	return db.write.Ping(ctx)
}

// Pools gives the pools by name, for metrics.
func (db *DB) Pools() map[string]*pgxpool.Pool {
	return map[string]*pgxpool.Pool{"write": db.write, "read": db.read, "past": db.past}
}

// Schema gives the number of the newest migration applied to the database.
func (db *DB) Schema(ctx context.Context) (int64, error) {
	var n int64
	err := db.read.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&n)
	return n, err
}
