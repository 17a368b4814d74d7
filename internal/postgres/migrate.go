package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"fardplan/internal/fault"
)

// Migration is one numbered step of the database's definition.
type Migration struct {
	Number  int64
	Name    string
	Applied *time.Time // nil: not yet
}

// Migrate applies the migrations that the database at url lacks, one process at a
// time, and gives those it applied. The login must own the database. A new database that
// cannot tell Swedish letters is refused, with a *fault.Error.
func Migrate(ctx context.Context, url string, files fs.FS) ([]Migration, error) {
	if err := checkLocale(ctx, url); err != nil {
		return nil, err
	}
	var applied []Migration
	err := withProvider(url, files, func(p *goose.Provider) error {
		results, err := p.Up(ctx)
		for _, r := range results {
			now := time.Now()
			applied = append(applied, Migration{Number: r.Source.Version, Name: r.Source.Path, Applied: &now})
		}
		return err
	})
	return applied, err
}

// checkLocale refuses a database without any migration that is not of UTF-8, or to which
// å ä ö are no letters: searches for what sounds alike would pass them by, and nothing
// would tell.
func checkLocale(ctx context.Context, url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("the database's address cannot be read")
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var wrong bool
	err = conn.QueryRow(ctx, "SELECT to_regclass('goose_db_version') IS NULL AND (getdatabaseencoding() <> 'UTF8' OR lower('ÅÄÖ') <> 'åäö')").Scan(&wrong)
	if err != nil {
		return fmt.Errorf("ask the database for its locale: %w", err)
	}
	if wrong {
		return fault.Field("FARDPLAN_DATABASE_URL", "database_locale",
			"Databasen känner inte igen å, ä och ö. Skapa den på nytt som docs/operations.md visar, med UTF8 och svensk språkinställning.",
			"The database does not know the letters å, ä and ö. Create it again as docs/operations.md shows, with UTF8 and a Swedish locale.")
	}
	return nil
}

// Migrations lists all migrations and when each was applied to the database at url.
func Migrations(ctx context.Context, url string, files fs.FS) ([]Migration, error) {
	var all []Migration
	err := withProvider(url, files, func(p *goose.Provider) error {
		statuses, err := p.Status(ctx)
		for _, s := range statuses {
			m := Migration{Number: s.Source.Version, Name: s.Source.Path}
			if s.State == goose.StateApplied {
				m.Applied = &s.AppliedAt
			}
			all = append(all, m)
		}
		return err
	})
	return all, err
}

func withProvider(url string, files fs.FS, do func(*goose.Provider) error) (err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("the database's address cannot be read")
	}
	db := stdlib.OpenDB(*cfg)
	defer func(db *sql.DB) { err = errors.Join(err, db.Close()) }(db)
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := do(p); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Analyze tells the planner of the database at url how many rows there are and of what
// kind, as after many have come at once: of the tables, which may have some of their
// columns in brackets, or of all where none is named. The login must own the tables.
func Analyze(ctx context.Context, url string, tables ...string) error {
	return asOwner(ctx, url, "analyse the tables", "ANALYZE "+strings.Join(tables, ", "))
}

// asOwner runs statements as the database's owner, each on its own.
func asOwner(ctx context.Context, url, what string, statements ...string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("the database's address cannot be read")
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	for _, sql := range statements {
		if _, err = conn.Exec(ctx, sql); err != nil {
			err = fmt.Errorf("%s: %w", what, err)
			break
		}
	}
	return errors.Join(err, conn.Close(ctx))
}

// DropIndexes takes the indexes of tables away, those of the past too, but for the ones that
// keep rows unique and the kept, and gives what makes them again: an index that is made of
// all rows at once takes a tenth of the time that each row's part takes. For an empty
// database at url, its owner's address, that nobody else uses. What makes them is to be
// called whatever becomes of the rows, and heeds no end of its context.
func DropIndexes(ctx context.Context, url string, tables, kept []string) (again func(context.Context) error, err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database's address cannot be read")
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	drop, create := []string{}, []string{"SET maintenance_work_mem = '512MB'"}
	rows, err := conn.Query(ctx, `SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE n.nspname IN ('public', 'history') AND t.relname = ANY ($1) AND NOT i.indisunique AND c.relname <> ALL ($2) ORDER BY 1`, tables, kept)
	if err != nil {
		return nil, fmt.Errorf("read the indexes: %w", err)
	}
	var without, with string
	if _, err := pgx.ForEachRow(rows, []any{&without, &with}, func() error {
		drop, create = append(drop, without), append(create, with)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the indexes: %w", err)
	}
	if err := asOwner(ctx, url, "take the indexes away", drop...); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Minute)
		defer cancel()
		return asOwner(ctx, url, "make the indexes again", create...)
	}, nil
}
