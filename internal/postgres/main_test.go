package postgres_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// pearl is a record of a table of the tests' own: its fields have ties and NULLs.
type pearl struct {
	postgres.Row
	StringID *uuid.UUID `db:"string_id"` // the string it is on
	NameSv   string     `db:"name_sv"`
	Size     *int       `db:"size"`
	Found    *time.Time `db:"found"`
	Colours  []string   `db:"colours"`
	Document []byte     `db:"document"`
}

const pearls = `
	CREATE TABLE pearl (
		id uuid CONSTRAINT pearl_pk PRIMARY KEY, version int NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, changed_in bigint NOT NULL,
		string_id uuid,
		name_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT pearl_name_length CHECK (length(name_sv) BETWEEN 1 AND 20),
		size int CONSTRAINT pearl_size CHECK (size > 0) CONSTRAINT pearl_size_once UNIQUE DEFERRABLE INITIALLY IMMEDIATE,
		found date,
		colours text[] NOT NULL DEFAULT '{}' CONSTRAINT pearl_colours CHECK (cardinality(colours) <= 3),
		document jsonb CONSTRAINT pearl_document CHECK (jsonb_typeof(document) = 'object')
	);
	SELECT history_sync('pearl');`

// counter counts the statements that pass.
type counter struct {
	mu         sync.Mutex
	statements []string
}

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statements = append(c.statements, q.SQL)
	return ctx
}

func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// taken gives the statements with the word in them since the last time, and forgets them.
func (c *counter) taken(word string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, s := range c.statements {
		if strings.Contains(s, word) {
			n++
		}
	}
	c.statements = nil
	return n
}

// box is a database with the table of pearls.
type box struct {
	dbtest.Database
	*postgres.DB
	*counter
}

func newBox(t *testing.T, pool int, clock func() time.Time) box {
	t.Helper()
	b := box{Database: dbtest.New(t), counter: &counter{}}
	if _, err := b.Owner(t).Exec(t.Context(), pearls); err != nil {
		t.Fatal(err)
	}
	b.DB = b.open(t, pool, clock)
	return b
}

func (b box) open(t *testing.T, pool int, clock func() time.Time) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: b.URL, ReadURL: b.ReadURL, Pool: pool, Clock: clock, Tracer: b.counter})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

var change = postgres.Change{ActorKind: "SYSTEM", ActorID: "test", ActorFunction: "prov", Operation: "test"}

// keep writes pearls as one change, and gives its number and instant.
func (b box) keep(t *testing.T, all ...*pearl) (number int64, at time.Time) {
	t.Helper()
	err := b.Write(t.Context(), change, func(tx *postgres.Tx) error {
		number, at = tx.Number, tx.At
		return postgres.InsertAll(t.Context(), tx, "pearl", all)
	})
	if err != nil {
		t.Fatal(err)
	}
	return number, at
}

func named(name string) *pearl {
	return &pearl{Row: postgres.Row{ID: uuid.Must(uuid.NewV7())}, NameSv: name, Colours: []string{}}
}

// names reads the names of all pearls.
func names(t *testing.T, r postgres.Reader) []string {
	t.Helper()
	all, err := postgres.Values[string](t.Context(), r, "SELECT x.name_sv FROM pearl x ORDER BY x.name_sv, x.id", nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (b box) present(t *testing.T) *postgres.Snapshot {
	t.Helper()
	s := b.Session()
	t.Cleanup(s.Close)
	snap, err := s.Present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func ptr[T any](v T) *T { return &v }
