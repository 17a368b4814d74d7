// Package dbtest gives tests a real PostgreSQL: one private server a test binary,
// and a migrated database of its own for each test that asks, cloned in a moment.
package dbtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest/ram"
	"fardplan/internal/postgres/server"
	"fardplan/migrations"
)

// Settings of a test run, in the environment.
const (
	// MajorVariable is the major version of PostgreSQL to test on; empty is the
	// highest that the machine has.
	MajorVariable = "FARDPLAN_TEST_POSTGRES"
	// WithoutVariable names a constraint or trigger to take out of the database, to
	// see that a test misses it.
	WithoutVariable = "FARDPLAN_TEST_WITHOUT"
)

const template = "fardplan_template"

// Server is the private server of a test binary.
type Server struct {
	*server.Server
	made atomic.Int64
}

// shared is the test binary's server, between Main's beginning and end.
var shared *Server

// Main runs a test binary's tests with a server. A package's TestMain calls it.
func Main(m *testing.M) {
	os.Exit(func() int {
		dir, err := ram.Folder("clones")
		if err != nil {
			return fail(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		// PostgreSQL's user reaches it, so that the data lie in it and go with it.
		if err := os.Chmod(dir, 0o755); err != nil {
			return fail(err)
		}
		if shared, err = start(dir); err != nil {
			return fail(err)
		}
		defer func() { _ = shared.Stop(context.Background()) }()
		return m.Run()
	}())
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "the test database cannot be started:", err)
	return 1
}

// root is the project's folder.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

func start(dir string) (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	major := 0
	if text := os.Getenv(MajorVariable); text != "" {
		var err error
		if major, err = strconv.Atoi(text); err != nil {
			return nil, fmt.Errorf("%s is to be a number: %w", MajorVariable, err)
		}
	}
	private, err := server.Start(ctx, server.Options{
		Dir: filepath.Join(dir, "postgres"), Binaries: server.NPMBinaries(root()), Major: major, Throwaway: true,
	})
	if err != nil {
		return nil, err
	}
	s := &Server{Server: private}
	if err := s.execute(ctx, "fardplan_owner", "CREATE DATABASE "+template+" OWNER fardplan_owner"); err != nil {
		return nil, err
	}
	if _, err := postgres.Migrate(ctx, s.URL("fardplan_owner", template), migrations.Files); err != nil {
		return nil, err
	}
	if name := os.Getenv(WithoutVariable); name != "" {
		if err := s.without(ctx, name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// execute runs a statement on no database in particular.
func (s *Server) execute(ctx context.Context, role, sql string) error {
	conn, err := pgx.Connect(ctx, s.URL(role, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

// without takes the constraint, unique index or trigger of the name out of the
// template.
func (s *Server) without(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.URL("fardplan_owner", template))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var drops []string
	rows, err := conn.Query(ctx, `
		SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', c.conrelid::regclass, c.conname) FROM pg_constraint c WHERE c.conname = $1 AND c.conrelid <> 0 AND c.contype <> 't'
		UNION ALL SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t WHERE t.tgname = $1 AND NOT t.tgisinternal
		UNION ALL SELECT format('DROP INDEX %s', i.indexrelid::regclass) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		 WHERE c.relname = $1 AND i.indisunique AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)`, name)
	if err != nil {
		return err
	}
	if drops, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return err
	}
	if len(drops) == 0 {
		return fmt.Errorf("%s names no constraint, unique index or trigger", name)
	}
	for _, sql := range drops {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// Database is a test's own database.
type Database struct {
	Server *Server
	Name   string
	// URL is for the application, ReadURL for reading and OwnerURL for migrating.
	URL, ReadURL, OwnerURL string
}

// New clones a migrated, empty database for the test; it goes with the test.
func New(t testing.TB) Database {
	t.Helper()
	// In memory files are copied faster than their pages are logged.
	return create(t, " TEMPLATE "+template+" STRATEGY file_copy")
}

// Empty makes a database without any migration for the test.
func Empty(t testing.TB) Database {
	t.Helper()
	return create(t, "")
}

func create(t testing.TB, from string) Database {
	t.Helper()
	if shared == nil {
		t.Fatal("the package's TestMain is to call dbtest.Main")
	}
	name := fmt.Sprintf("test_%d_%s", shared.made.Add(1), strings.ToLower(strings.Map(letters, t.Name())))
	if len(name) > 60 {
		name = name[:60]
	}
	ctx := context.Background()
	if err := shared.execute(ctx, "fardplan_owner", fmt.Sprintf("CREATE DATABASE %q%s", name, from)); err != nil {
		t.Fatalf("create a test database: %v", err)
	}
	t.Cleanup(func() {
		// Only the superuser may end what the application's connections left behind.
		if err := shared.execute(ctx, "postgres", fmt.Sprintf("DROP DATABASE IF EXISTS %q WITH (FORCE)", name)); err != nil {
			t.Errorf("drop a test database: %v", err)
		}
	})
	return Database{
		Server: shared, Name: name,
		URL: shared.URL("fardplan_app", name), ReadURL: shared.URL("fardplan_read", name), OwnerURL: shared.URL("fardplan_owner", name),
	}
}

func letters(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}

// Open connects to the database as the application does. The clock may be nil.
func (d Database) Open(t testing.TB, clock func() time.Time) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), postgres.Options{URL: d.URL, ReadURL: d.ReadURL, Pool: 4, Clock: clock})
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(db.Close)
	return db
}

// Owner connects as the owner of the database, past the application's limits.
func (d Database) Owner(t testing.TB) *pgx.Conn { return connect(t, d.OwnerURL) }

// App connects as the application's role.
func (d Database) App(t testing.TB) *pgx.Conn { return connect(t, d.URL) }

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatalf("connect to the test database: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
