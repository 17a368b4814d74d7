package postgres

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"fardplan/internal/fault"
)

// Args are the named arguments of a statement, written @name in it.
type Args = pgx.NamedArgs

// Reader runs statements that read: a Snapshot of the present or the past, or the
// transaction of a write.
type Reader interface {
	// Read runs a statement and hands each row to each. It is safe for concurrent use.
	Read(ctx context.Context, sql string, args Args, each func(pgx.Rows) error) error
	// Past tells whether the statements see the past.
	Past() bool
}

// Session is the reading of one operation: all of it sees one state. It holds at
// most one connection for the present and one for the past, taken when first
// needed and given back by Close.
type Session struct {
	db            *DB
	present, past lane
}

// lane is one connection's transaction, used by one statement at a time.
type lane struct {
	mu  sync.Mutex
	tx  pgx.Tx
	set bool      // the settings of tx are made
	at  time.Time // the instant that they are for
	n   int64     // likewise the change
}

// Session starts the reading of one operation.
func (db *DB) Session() *Session { return &Session{db: db} }

// Close gives the connections back.
func (s *Session) Close() {
	for _, l := range []*lane{&s.present, &s.past} {
		l.mu.Lock()
		if l.tx != nil {
			// A read-only transaction has nothing to lose: only its connection matters.
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			_ = l.tx.Rollback(ctx)
			cancel()
			l.tx = nil
		}
		l.mu.Unlock()
	}
}

// begin opens the lane's transaction when there is none.
func (l *lane) begin(ctx context.Context, pool *pgxpool.Pool) error {
	if l.tx != nil {
		return nil
	}
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	l.tx, l.set = tx, false
	return nil
}

// Snapshot is the state of the records at one change: the newest one, or an
// earlier one as it was.
type Snapshot struct {
	session *Session
	past    bool
	// At is the instant that rules on dates go by, and Change the number of the
	// newest change that the snapshot holds.
	At     time.Time
	Change int64
}

// Present gives the newest state.
func (s *Session) Present(ctx context.Context) (*Snapshot, error) {
	l := &s.present
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.begin(ctx, s.db.read); err != nil {
		return nil, err
	}
	if !l.set {
		l.at = s.db.Now()
		err := l.tx.QueryRow(ctx, `SELECT h.number FROM change_head h, set_config('fardplan.now', $1, true)`, stamp(l.at)).Scan(&l.n)
		if err != nil {
			return nil, fmt.Errorf("begin to read: %w", err)
		}
		l.set = true
	}
	return &Snapshot{session: s, At: l.at, Change: l.n}, nil
}

// AsOf gives the state at an instant: what the newest change up to then had made
// of it. A change number, when given, names it exactly; it must lie at or before
// the instant. An instant that has not been is an INVALID fault.
func (s *Session) AsOf(ctx context.Context, at time.Time, change *int64) (*Snapshot, error) {
	if at.After(s.db.Now()) {
		return nil, fault.Field("at", "as_of_future",
			"Tidpunkten har inte varit än. Ange en tidpunkt som har passerat.",
			"The instant has not been yet. Give one that has passed.")
	}
	l := &s.past
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.begin(ctx, s.db.past); err != nil {
		return nil, err
	}
	snap := &Snapshot{session: s, past: true, At: at}
	err := l.tx.QueryRow(ctx, `
		SELECT coalesce(max(number), 0) FROM change
		 WHERE at <= $1 AND ($2::bigint IS NULL OR number = $2)`, at, change).Scan(&snap.Change)
	if err != nil {
		return nil, fmt.Errorf("find the change of an instant: %w", err)
	}
	if change != nil && *change != snap.Change {
		return nil, fault.Field("change", "as_of_change",
			"Det finns ingen sådan ändring vid tidpunkten. Ange ett nummer som ett svar har gett, med dess tidpunkt.",
			"There is no such change at the instant. Give a number that an answer gave, with its instant.")
	}
	return snap, nil
}

// Before gives the state at an earlier change, by its number, as it was at the instant
// of that change. Number 0 is the state before any.
func (s *Snapshot) Before(ctx context.Context, change int64) (*Snapshot, error) {
	l := &s.session.past
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.begin(ctx, s.session.db.past); err != nil {
		return nil, err
	}
	before := &Snapshot{session: s.session, past: true, Change: change}
	err := l.tx.QueryRow(ctx, `SELECT coalesce((SELECT at FROM change WHERE number = $1), 'epoch')`, change).Scan(&before.At)
	if err != nil {
		return nil, fmt.Errorf("find the instant of a change: %w", err)
	}
	return before, nil
}

// Past tells whether the snapshot is of an earlier state.
func (s *Snapshot) Past() bool { return s.past }

// Read runs a statement on the snapshot.
func (s *Snapshot) Read(ctx context.Context, sql string, args Args, each func(pgx.Rows) error) error {
	l := &s.session.present
	if s.past {
		l = &s.session.past
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tx == nil {
		return fmt.Errorf("a snapshot is read after its session was closed")
	}
	if s.past && (!l.set || l.n != s.Change || !l.at.Equal(s.At)) {
		if _, err := l.tx.Exec(ctx, `SELECT set_config('fardplan.asof', $1, true), set_config('fardplan.now', $2, true)`,
			strconv.FormatInt(s.Change, 10), stamp(s.At)); err != nil {
			return fmt.Errorf("turn to the past: %w", err)
		}
		l.n, l.at, l.set = s.Change, s.At, true
	}
	return eachRow(ctx, l.tx, sql, args, each)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999Z07:00") }

func eachRow(ctx context.Context, tx pgx.Tx, sql string, args Args, each func(pgx.Rows) error) error {
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
