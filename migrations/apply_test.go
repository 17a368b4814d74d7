package migrations_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/migrations"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(ctx) })
	return conn
}

func codeOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// TestMigrate applies all migrations to an empty database, in order, once.
func TestMigrate(t *testing.T) {
	ctx := context.Background()
	d := dbtest.Empty(t)
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are the migrations %v, %v", files, err)
	}
	numbers := func(all []postgres.Migration) (n []int64) {
		for _, m := range all {
			n = append(n, m.Number)
		}
		return n
	}
	var want []int64
	for _, file := range files {
		n, err := strconv.ParseInt(file[:4], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, n)
	}
	applied, err := postgres.Migrate(ctx, d.OwnerURL, migrations.Files)
	if err != nil || !slices.Equal(numbers(applied), want) {
		t.Fatalf("applied %v, %v, want %v", numbers(applied), err, want)
	}
	again, err := postgres.Migrate(ctx, d.OwnerURL, migrations.Files)
	if err != nil || len(again) != 0 {
		t.Errorf("the second time applied %v, %v", numbers(again), err)
	}
	all, err := postgres.Migrations(ctx, d.OwnerURL, migrations.Files)
	if err != nil || !slices.Equal(numbers(all), want) {
		t.Errorf("there are the migrations %v, %v", numbers(all), err)
	}
	for _, m := range all {
		if m.Applied == nil {
			t.Errorf("%s is not applied", m.Name)
		}
	}
	if n, err := d.Open(t, nil).Schema(ctx); err != nil || n != want[len(want)-1] {
		t.Errorf("the schema is %d, %v", n, err)
	}
}

// TestMigrateTogether holds that of processes that start at once, each migration is
// applied by one.
func TestMigrateTogether(t *testing.T) {
	ctx := context.Background()
	d := dbtest.Empty(t)
	type result struct {
		n   int
		err error
	}
	results := make(chan result)
	for range 2 {
		go func() {
			applied, err := postgres.Migrate(ctx, d.OwnerURL, migrations.Files)
			results <- result{len(applied), err}
		}()
	}
	files, _ := fs.Glob(migrations.Files, "*.sql")
	sum := 0
	for range 2 {
		r := <-results
		if r.err != nil {
			t.Error(r.err)
		}
		sum += r.n
	}
	if sum != len(files) {
		t.Errorf("%d migrations were applied, want %d", sum, len(files))
	}
}
