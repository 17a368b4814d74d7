package migrations_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/migrations"
)

// The release before and its newest migration. Its database is a part of the
// demonstration, loaded by its own program, with every eighth or so of the e-services.
// When a release is made, its dump takes this one's place: docs/operations.md says how.
const (
	releaseBefore  = "testdata/release-0004.sql.gz"
	newestOfBefore = 4
)

// theReleaseBefore is a database as the release before left it.
func theReleaseBefore(t *testing.T) dbtest.Database {
	t.Helper()
	packed, err := os.ReadFile(releaseBefore)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	dump, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.Empty(t)
	if _, err := d.Owner(t).PgConn().Exec(t.Context(), string(dump)).ReadAll(); err != nil {
		t.Fatalf("load %s: %v", releaseBefore, err)
	}
	return d
}

// releaseTable is a table or view that the release before reads.
type releaseTable struct {
	schema, name string
	columns      []string
}

func releaseTables(t *testing.T, c *pgx.Conn) []releaseTable {
	t.Helper()
	rows, err := c.Query(t.Context(), `
		SELECT n.nspname::text, c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
		  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		 WHERE n.nspname IN ('public', 'history', 'asof') AND c.relkind IN ('r', 'v') AND c.relname <> 'goose_db_version' GROUP BY 1, 2 ORDER BY 1, 2`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (releaseTable, error) {
		var one releaseTable
		return one, r.Scan(&one.schema, &one.name, &one.columns)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// contents gives a digest of each table's rows in the columns given, of today, of
// earlier, and of the views of the past as several changes left it.
func contents(t *testing.T, c *pgx.Conn, tables []releaseTable) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, table := range tables {
		asof := []int{0}
		if table.schema == "asof" {
			asof = []int{0, 1, 50, 200, 400, 413}
		}
		for _, number := range asof {
			if _, err := c.Exec(t.Context(), "SELECT set_config('fardplan.asof', $1, false)", fmt.Sprint(number)); err != nil {
				t.Fatal(err)
			}
			key := fmt.Sprintf("%s.%s at %d", table.schema, table.name, number)
			all[key] = column[string](t, c, fmt.Sprintf(`
				SELECT count(*) || ' ' || coalesce(md5(string_agg(line, E'\n' ORDER BY line COLLATE "C")), '')
				  FROM (SELECT ROW(x.%s)::text AS line FROM %s.%s x %s) y`,
				strings.Join(table.columns, ", x."), table.schema, table.name, map[bool]string{true: "WHERE x.number <= 413"}[table.name == "change"]))[0]
		}
	}
	return all
}

// surface lists what the release before may rely on: columns with their types, which of
// them may be left out, functions, and the rights of the roles.
func surface(t *testing.T, c *pgx.Conn) []string {
	t.Helper()
	return column[string](t, c, `
		SELECT format('column %I.%I.%I %s %s', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation)
		  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		 WHERE n.nspname IN ('public', 'history', 'asof') AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
		SELECT format('%I.%I may be left out', c.relname, a.attname)
		  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND (NOT a.attnotnull OR a.atthasdef)
		UNION ALL
		SELECT format('function %s gives %s, %s may', p.oid::regprocedure, pg_get_function_result(p.oid), r.role)
		  FROM pg_proc p, (VALUES ('fardplan_app'), ('fardplan_read')) r (role)
		 WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege(r.role, p.oid, 'EXECUTE')
		UNION ALL
		SELECT format('%s may %s %I.%I', r.role, w.what, n.nspname, c.relname)
		  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, (VALUES ('fardplan_app'), ('fardplan_read')) r (role), (VALUES ('SELECT'), ('INSERT'), ('UPDATE')) w (what)
		 WHERE n.nspname IN ('public', 'history', 'asof') AND c.relkind IN ('r', 'v') AND has_table_privilege(r.role, c.oid, w.what)
		 ORDER BY 1`)
}

// writes makes the writes of the release before, as its program writes them: it adds a
// copy of a row of each table, and saves each row over itself, naming the columns that
// it knows. It gives how each ended, and leaves nothing.
func writes(t *testing.T, c *pgx.Conn, tables []releaseTable) map[string]string {
	t.Helper()
	ctx := context.Background()
	ended := map[string]string{}
	for _, table := range tables {
		if table.schema != "public" || !slices.Contains(table.columns, "changed_in") {
			continue
		}
		var columns, sets, values []string
		for _, name := range table.columns {
			switch name {
			case "version", "created_at", "updated_at", "changed_in":
			case "id":
				columns, values = append(columns, "id"), append(values, "uuid_v7()")
			default:
				columns, values, sets = append(columns, name), append(values, "x."+name), append(sets, fmt.Sprintf("%[1]s = x.%[1]s", name))
			}
		}
		for what, sql := range map[string]string{
			"insert": fmt.Sprintf("INSERT INTO %[1]s (%[2]s) SELECT %[3]s FROM %[1]s x ORDER BY x.id LIMIT 1", table.name, strings.Join(columns, ", "), strings.Join(values, ", ")),
			"update": fmt.Sprintf("UPDATE %[1]s y SET %[2]s FROM %[1]s x WHERE x.id = y.id", table.name, strings.Join(sets, ", ")),
		} {
			tx, err := c.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = tx.Exec(ctx, "SELECT number FROM change_begin('2026-11-24', 'SYSTEM', 'prov', 'prov', NULL, 'prov', 'prov', '')"); err != nil {
				t.Fatal(err)
			}
			how := "done"
			tag, err := tx.Exec(ctx, sql)
			if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) {
				// A release tells refusals apart by the constraint's name, where there is one.
				how = "refused by " + refused.ConstraintName
				if refused.ConstraintName == "" {
					how += refused.Code
				}
			} else if err != nil {
				t.Fatal(err)
			} else {
				how = fmt.Sprintf("%s, %d rows", how, tag.RowsAffected())
			}
			ended[what+" "+table.name] = how
			if err := tx.Rollback(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	return ended
}

// TestUpgradeFromTheReleaseBefore migrates the database of the release before: every
// row is as it was, the past too, and what that release reads and writes it still can.
func TestUpgradeFromTheReleaseBefore(t *testing.T) {
	d := theReleaseBefore(t)
	owner := d.Owner(t)
	tables := releaseTables(t, owner)
	if len(tables) < 30 {
		t.Fatalf("the release before has %d tables: the dump is not whole", len(tables))
	}
	rows, could, did := contents(t, owner, tables), surface(t, owner), writes(t, d.App(t), tables)
	if done := slices.Collect(maps.Values(did)); !slices.Contains(done, "done, 61 rows") {
		t.Fatalf("the release before could not write: %v", did)
	}
	if rows["asof.e_service at 50"] == rows["asof.e_service at 413"] || strings.HasPrefix(rows["asof.e_service at 50"], "0 ") {
		t.Fatalf("the release before has no past: %v", rows)
	}
	applied, err := postgres.Migrate(t.Context(), d.OwnerURL, migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	if newest, err := migrations.Newest(); err != nil || len(applied) == 0 || applied[len(applied)-1].Number != newest {
		t.Fatalf("applied %v, %v", applied, err)
	}
	if diff := cmp.Diff(rows, contents(t, owner, tables)); diff != "" {
		t.Errorf("rows have changed:\n%s", diff)
	}
	can := surface(t, owner)
	for _, line := range could {
		if !slices.Contains(can, line) {
			t.Errorf("the release before relies on: %s", line)
		}
	}
	if diff := cmp.Diff(did, writes(t, d.App(t), tables)); diff != "" {
		t.Errorf("the release before writes otherwise:\n%s", diff)
	}
	if faults := historyFaults(t, owner); len(faults) > 0 {
		t.Errorf("after the upgrade: %v", faults)
	}
}

// contraction is a statement that the release before would not survive.
var contractions = []struct {
	form *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`(?i)\bDROP\s+(TABLE|COLUMN|VIEW|FUNCTION|SCHEMA|TYPE)\b`), "takes away what it may use"},
	{regexp.MustCompile(`(?i)\bRENAME\s+(TO|COLUMN|CONSTRAINT|[a-z_]+\s+TO)\b`), "renames what it may use"},
	{regexp.MustCompile(`(?i)\bALTER\s+(COLUMN\s+)?[a-z_]+\s+(SET\s+DATA\s+)?TYPE\b`), "changes the type of what it reads"},
	{regexp.MustCompile(`(?i)\bSET\s+NOT\s+NULL\b`), "asks for what it may leave out"},
	{regexp.MustCompile(`(?i)\bREVOKE\b.*\bFROM\s+fardplan_`), "takes a right that it may use"},
}

var (
	addedColumn = regexp.MustCompile(`(?is)\bADD\s+COLUMN\b[^;]*?(?:;|,\s*(?:ADD|DROP|ALTER)\b)`)
	comments    = regexp.MustCompile(`--[^\n]*`)
	contracts   = regexp.MustCompile(`(?m)^-- Contract: .*\b\d{4}\b`)
)

// contracted lists what in a migration the release before would not survive. One that
// says "-- Contract: " and which migration's release stopped using what it takes away
// is taken at its word.
func contracted(sql string) []string {
	if contracts.MatchString(sql) {
		return nil
	}
	var faults []string
	sql = comments.ReplaceAllString(sql, "")
	for _, c := range contractions {
		if found := c.form.FindString(sql); found != "" {
			faults = append(faults, fmt.Sprintf("%q %s", found, c.why))
		}
	}
	for _, added := range addedColumn.FindAllString(sql, -1) {
		upper := strings.ToUpper(added)
		if strings.Contains(upper, "NOT NULL") && !strings.Contains(upper, "DEFAULT") && !strings.Contains(upper, "GENERATED") {
			faults = append(faults, fmt.Sprintf("%q asks for what it leaves out", added))
		}
	}
	return faults
}

// TestMigrationsExpandFirst reads the migrations since the release before: none takes
// away or alters what that release uses, unless it says since when nobody uses it.
func TestMigrationsExpandFirst(t *testing.T) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name < fmt.Sprintf("%04d", newestOfBefore+1) {
			continue
		}
		sql, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range contracted(string(sql)) {
			t.Errorf("%s: %s. Let a release stop using it first, and name that in the migration: -- Contract: unused since 0012", name, fault)
		}
	}
	for sql, refused := range map[string]bool{
		"ALTER TABLE unit DROP COLUMN cost_centre;":                                                     true,
		"-- Contract: unused since 0012\nALTER TABLE unit DROP COLUMN cost_centre;":                     false,
		"-- Contract: unused\nALTER TABLE unit DROP COLUMN cost_centre;":                                true,
		"-- no DROP COLUMN here\nSELECT 1;":                                                             false,
		"ALTER TABLE unit RENAME COLUMN type TO kind;":                                                  true,
		"ALTER TABLE unit RENAME TO part;":                                                              true,
		"ALTER TABLE unit RENAME type TO kind;":                                                         true,
		"ALTER TABLE unit ALTER COLUMN type TYPE varchar;":                                              true,
		"ALTER TABLE unit ALTER type SET DATA TYPE varchar;":                                            true,
		"ALTER TABLE unit ALTER COLUMN cost_centre SET NOT NULL;":                                       true,
		"ALTER TABLE unit ADD COLUMN floor int NOT NULL;":                                               true,
		"ALTER TABLE unit ADD COLUMN floor int NOT NULL CHECK (floor > 0), ADD COLUMN b int DEFAULT 1;": true,
		"ALTER TABLE unit ADD COLUMN floor int NOT NULL DEFAULT 0;":                                     false,
		"ALTER TABLE unit ADD COLUMN floor int;":                                                        false,
		"CREATE TABLE room (id uuid NOT NULL);":                                                         false,
		"DROP INDEX unit_by_name; ALTER TABLE unit DROP CONSTRAINT unit_type;":                          false,
		"REVOKE SELECT ON unit FROM fardplan_read;":                                                     true,
		"ALTER TABLE unit ADD COLUMN name text GENERATED ALWAYS AS (name_sv) STORED NOT NULL;":          false,
	} {
		if got := len(contracted(sql)) > 0; got != refused {
			t.Errorf("%q is refused: %v, want %v", sql, got, refused)
		}
	}
}
