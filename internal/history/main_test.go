package history_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// The municipalities of the tests.
var own, other = uuid.UUID{15: 1}, uuid.UUID{15: 2}

// world is a database of two municipalities, with a clock that goes a minute a change.
type world struct {
	t       *testing.T
	db      *postgres.DB
	journal *history.Journal
	at      time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, at: time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)}
	w.db = dbtest.New(t).Open(t, func() time.Time { return w.at })
	w.journal = &history.Journal{DB: w.db}
	w.write("create",
		"INSERT INTO municipality (id, scb_code, name_sv) VALUES (@own, '0581', 'Norrköping'), (@other, '0580', 'Linköping')",
		"INSERT INTO unit (id, municipality_id, name_sv, type) VALUES (@own, @own, 'Kontoret', 'UNIT')")
	return w
}

// write runs statements as one change by the system, a minute later, and gives its number.
func (w *world) write(operation string, statements ...string) (number int64) {
	w.t.Helper()
	w.at = w.at.Add(time.Minute)
	err := w.journal.Write(access.With(w.t.Context(), access.SystemCaller("prov")), operation, "skäl", func(tx *postgres.Tx) error {
		number = tx.Number
		for _, sql := range statements {
			if _, err := tx.Exec(w.t.Context(), sql, postgres.Args{"own": own, "other": other}); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return number
}

// service adds a published e-service.
func (w *world) service(n int) uuid.UUID {
	w.t.Helper()
	id := uuid.UUID{14: 1, 15: byte(n)}
	w.write("createEService", fmt.Sprintf(`INSERT INTO e_service (id, municipality_id, owner_unit_id, name_sv, slug, status, url, summary_sv, audiences, published)
		VALUES ('%s', @own, @own, 'Tjänst %d', 's%d', 'IDEA', 'https://example.se', 'Prov', '{COMPANY}', true)`, id, n, n))
	return id
}

// set changes a column of an e-service.
func (w *world) set(id uuid.UUID, sql string) int64 {
	w.t.Helper()
	return w.write("updateEService", fmt.Sprintf("UPDATE e_service SET %s WHERE id = '%s'", sql, id))
}

// reading gives the newest state, and closes it with the test.
func (w *world) reading() *postgres.Snapshot {
	w.t.Helper()
	session := w.db.Session()
	w.t.Cleanup(session.Close)
	now, err := session.Present(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return now
}

// as is the context of a user of the municipality; of nobody for uuid.Nil.
func as(t *testing.T, municipality uuid.UUID) context.Context {
	if municipality == uuid.Nil {
		return t.Context()
	}
	return access.With(t.Context(), access.Caller{Kind: access.User, ID: "1", Municipality: municipality, Partners: []uuid.UUID{municipality}})
}

func ptr[T any](v T) *T { return &v }
