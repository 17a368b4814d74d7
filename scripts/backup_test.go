package scripts_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/demo/scale"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/migrations"
)

// run runs a script and gives what it printed.
func run(t *testing.T, script string, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", append([]string{script}, args...)...).CombinedOutput()
	return string(out), err
}

func column(t *testing.T, q interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, sql string, args ...any) []string {
	t.Helper()
	rows, err := q.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return all
}

// whole describes a database within a transaction: every table with the number and an
// ordered digest of its rows, the past as several changes left it, and the definition
// and rights of everything in it.
func whole(t *testing.T, tx pgx.Tx) []string {
	t.Helper()
	all := column(t, tx, `
		SELECT format('column %s.%s %s %s %s %s %s', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation, a.attnotnull, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
		  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		 WHERE c.relnamespace::regnamespace::text IN ('public', 'history', 'asof') AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL SELECT format('view %s %s', c.oid::regclass, pg_get_viewdef(c.oid)) FROM pg_class c WHERE c.relnamespace::regnamespace::text = 'asof' AND c.relkind = 'v'
		UNION ALL SELECT format('constraint %s %s %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) FROM pg_constraint c WHERE c.connamespace::regnamespace::text IN ('public', 'history')
		UNION ALL SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace::regnamespace::text IN ('public', 'history')
		UNION ALL SELECT pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE NOT g.tgisinternal AND c.relnamespace::regnamespace::text IN ('public', 'history')
		UNION ALL SELECT pg_get_functiondef(p.oid) || ' ' || coalesce(p.proacl::text, '') FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('public', 'history', 'asof') AND p.prokind = 'f'
		   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
		UNION ALL SELECT format('%s owned by %s, rights %s', c.oid::regclass, c.relowner::regrole, (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(c.relacl) x))
		  FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('public', 'history', 'asof') AND c.relkind IN ('r', 'v')
		UNION ALL SELECT format('schema %s rights %s', n.nspname, (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(n.nspacl) x)) FROM pg_namespace n WHERE n.nspname IN ('public', 'history', 'asof')
		UNION ALL SELECT format('%s may %s', r.role, w.what) FROM (VALUES ('fardplan_app'), ('fardplan_read'), ('public')) r (role), (VALUES ('CONNECT'), ('TEMPORARY'), ('CREATE')) w (what)
		 WHERE has_database_privilege(r.role, current_database(), w.what)
		UNION ALL SELECT format('default %s %s %s', d.defaclrole::regrole, d.defaclobjtype, d.defaclacl) FROM pg_default_acl d
		UNION ALL SELECT format('setting %s', c.number) FROM change_head c
		ORDER BY 1`)
	for _, table := range column(t, tx, `SELECT format('%s.%s', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'history', 'asof') AND c.relkind IN ('r', 'v') ORDER BY 1`) {
		past := []string{"0"}
		if strings.HasPrefix(table, "asof.") {
			past = []string{"0", "20", "80", "160"}
		}
		for _, number := range past {
			row := "x"
			if table == "public.change_head" {
				row = "ROW(x.number, x.at)" // the transaction's number means nothing elsewhere
			}
			column(t, tx, "SELECT set_config('fardplan.asof', $1, true)", number)
			all = append(all, column(t, tx, fmt.Sprintf("SELECT '%[1]s at ' || $1 || ' ' || count(*) || ' ' || coalesce(md5(string_agg(line, E'\n' ORDER BY line COLLATE \"C\")), '') FROM (SELECT (%[2]s)::text AS line FROM %[1]s x) y", table, row), number)...)
		}
	}
	return all
}

func begin(t *testing.T, c *pgx.Conn) pgx.Tx {
	t.Helper()
	tx, err := c.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

// TestBackupAndRestore backs a database up while others write to it, and restores it:
// all of it is as it was in the backup's snapshot, and serves again.
func TestBackupAndRestore(t *testing.T) {
	// Migrated here, not cloned: a clone lacks the rights to the database itself.
	source := dbtest.Empty(t)
	if _, err := postgres.Migrate(t.Context(), source.OwnerURL, migrations.Files); err != nil {
		t.Fatal(err)
	}
	clock := &scale.Clock{}
	services := app.NewServices(source.Open(t, clock.Now), access.Policy{}, app.GapRules())
	_, err := scale.Load(t.Context(), scale.Options{
		Scale: 0.002, Journal: services.Journal, Gaps: services.Gaps, Clock: clock, OwnerURL: source.OwnerURL, Today: time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	owner := source.Owner(t)

	// Writers change a record over and over, as long as the backup takes.
	ctx, stop := context.WithCancel(access.With(t.Context(), access.SystemCaller("prov")))
	defer stop()
	const writers = 2
	ended, written := make(chan error, writers), make(chan struct{}, 1)
	for range writers {
		go func() {
			for ctx.Err() == nil {
				err := services.Journal.Write(context.WithoutCancel(ctx), "test", "", func(tx *postgres.Tx) error {
					_, err := tx.Exec(context.WithoutCancel(ctx), "UPDATE unit SET cost_centre = @n WHERE type = 'COMMITTEE'", postgres.Args{"n": fmt.Sprint(tx.Number)})
					return err
				})
				if err != nil {
					ended <- err
					return
				}
				select {
				case written <- struct{}{}:
				default:
				}
			}
			ended <- nil
		}()
	}
	wait := func() {
		t.Helper()
		select {
		case <-written:
		case err := <-ended:
			t.Fatalf("a writer ended: %v", err)
		}
	}
	wait()
	held := begin(t, owner)
	snapshot := column(t, held, "SELECT pg_export_snapshot()")[0]
	folder := filepath.Join(t.TempDir(), "backup")
	wait()
	wait() // at least one of these began after the snapshot
	if out, err := run(t, "backup.sh", source.OwnerURL, folder, snapshot); err != nil || out != "" {
		t.Fatalf("backup.sh: %v\n%s", err, out)
	}
	stop()
	for range writers {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	want := whole(t, held)

	target := dbtest.Empty(t)
	if out, err := run(t, "restore.sh", target.OwnerURL, folder); err != nil || out != "" {
		t.Fatalf("restore.sh: %v\n%s", err, out)
	}
	if diff := cmp.Diff(want, whole(t, begin(t, target.Owner(t)))); diff != "" {
		t.Errorf("what is restored differs from the snapshot:\n%s", diff)
	}
	if now := whole(t, begin(t, source.Owner(t))); cmp.Equal(want, now) {
		t.Error("nobody wrote while the backup was made: nothing was tried")
	}

	t.Run("serves again", func(t *testing.T) {
		again := app.NewServices(target.Open(t, nil), access.Policy{}, app.GapRules())
		if err := app.CheckSchema(t.Context(), again.DB); err != nil {
			t.Error(err)
		}
		ctx := access.With(t.Context(), access.SystemCaller("prov"))
		session := again.DB.Session()
		defer session.Close()
		now, err := session.Present(ctx)
		if err != nil {
			t.Fatal(err)
		}
		home, err := again.Organisation.MunicipalityByCode(ctx, now, "0581")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.Organisation.CreateUnit(ctx, organisation.Unit{MunicipalityID: home.ID, NameSv: "Efter återställningen", Type: organisation.PlainUnit}); err != nil {
			t.Errorf("nothing can be written: %v", err)
		}
		if xact := column(t, target.Owner(t), "SELECT coalesce(h.xact::text, '') FROM change_head h"); xact[0] == "" {
			t.Error("the change is not the newest")
		}
	})

	t.Run("a folder or database in use is refused", func(t *testing.T) {
		if out, err := run(t, "backup.sh", source.OwnerURL, folder); err == nil || !strings.Contains(out, "finns redan") || !strings.Contains(out, "is there already") {
			t.Errorf("backup.sh over a backup: %v\n%s", err, out)
		}
		if out, err := run(t, "restore.sh", target.OwnerURL, folder); err == nil || !strings.Contains(out, "är inte tom") || !strings.Contains(out, "is not empty") {
			t.Errorf("restore.sh over a database: %v\n%s", err, out)
		}
	})

	t.Run("a damaged backup is refused", func(t *testing.T) {
		dump := filepath.Join(folder, "fardplan.dump")
		bytes, err := os.ReadFile(dump)
		if err != nil {
			t.Fatal(err)
		}
		bytes[len(bytes)/2] ^= 1
		if err := os.WriteFile(dump, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		empty := dbtest.Empty(t)
		if out, err := run(t, "restore.sh", empty.OwnerURL, folder); err == nil {
			t.Errorf("restore.sh of a damaged backup: %v\n%s", err, out)
		}
		if found := column(t, empty.Owner(t), "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"); len(found) > 0 {
			t.Errorf("it left %v", found)
		}
	})

	t.Run("a backup that fails leaves nothing", func(t *testing.T) {
		other := filepath.Join(t.TempDir(), "backup")
		if out, err := run(t, "backup.sh", source.OwnerURL+"&dbname=missing", other); err == nil {
			t.Errorf("backup.sh of no database: %s", out)
		}
		if left, _ := filepath.Glob(other + "*"); len(left) > 0 {
			t.Errorf("it left %v", left)
		}
	})
}

// TestRestoredRoles holds that a backup's roles can be made anew where there are none.
func TestRestoredRoles(t *testing.T) {
	source := dbtest.New(t)
	folder := filepath.Join(t.TempDir(), "backup")
	if out, err := run(t, "backup.sh", source.OwnerURL, folder); err != nil {
		t.Fatalf("backup.sh: %v\n%s", err, out)
	}
	roles, err := os.ReadFile(filepath.Join(folder, "roles.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"CREATE ROLE fardplan_app ", "CREATE ROLE fardplan_read ", "CREATE ROLE fardplan_owner "} {
		if !strings.Contains(string(roles), text) {
			t.Errorf("roles.sql lacks %q:\n%s", text, roles)
		}
	}
	if strings.Contains(strings.ToUpper(string(roles)), "PASSWORD") {
		t.Errorf("roles.sql holds passwords:\n%s", roles)
	}
	// Under other names they are all new, and running it twice changes nothing.
	renamed := strings.ReplaceAll(string(roles), "fardplan_", "prov_")
	super, err := pgx.Connect(t.Context(), source.Server.URL("postgres", source.Name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = super.Close(context.Background()) }()
	tx, err := super.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	for range 2 {
		if _, err := tx.Conn().PgConn().Exec(t.Context(), renamed).ReadAll(); err != nil {
			t.Fatalf("%v in\n%s", err, renamed)
		}
	}
	const members = `SELECT format('%s in %s', m.member::regrole, m.roleid::regrole) FROM pg_auth_members m WHERE m.roleid::regrole::text LIKE $1 ORDER BY 1`
	var want []string
	for _, line := range column(t, tx, members, `fardplan\_%`) {
		if !strings.HasPrefix(line, "postgres ") {
			want = append(want, strings.ReplaceAll(line, "fardplan_", "prov_"))
		}
	}
	if diff := cmp.Diff(want, column(t, tx, members, `prov\_%`)); diff != "" {
		t.Error(diff)
	}
}
