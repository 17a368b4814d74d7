package migrations_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/migrations"
)

// TestRights holds who may do what to every table and view, function, schema and
// the database itself: what is not listed is not allowed.
func TestRights(t *testing.T) {
	// A clone has its template's tables, but not its database's rights.
	d := dbtest.Empty(t)
	if _, err := postgres.Migrate(context.Background(), d.OwnerURL, migrations.Files); err != nil {
		t.Fatal(err)
	}
	owner := d.Owner(t)
	const granted = `
		SELECT format('%s %s %s', CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, a.privilege_type, o.name)
		  FROM (`
	const others = `) o (name, acl, owner) CROSS JOIN LATERAL aclexplode(o.acl) a WHERE a.grantee <> o.owner`

	t.Run("tables and views", func(t *testing.T) {
		want := map[string]bool{}
		grant := func(role, relation string, rights ...string) {
			for _, right := range rights {
				want[fmt.Sprintf("%s %s %s", role, right, relation)] = true
			}
		}
		for _, table := range domainTables {
			for _, schema := range []string{"public.", "history.", "asof."} {
				grant(postgres.AppRole, schema+table, "SELECT")
				grant(postgres.ReadRole, schema+table, "SELECT")
			}
			grant(postgres.AppRole, "public."+table, "INSERT", "UPDATE")
		}
		for table := range internalTables {
			grant(postgres.AppRole, "public."+table, "SELECT")
			grant(postgres.ReadRole, "public."+table, "SELECT")
		}
		grant(postgres.AppRole, "public.search_word", "INSERT")
		grant(postgres.AppRole, "public.search_own_word", "INSERT")
		// People are forgotten, and sessions end: those rows go.
		grant(postgres.AppRole, "public.person", "INSERT", "UPDATE", "DELETE")
		grant(postgres.AppRole, "public.user_session", "INSERT", "UPDATE", "DELETE")
		grant(postgres.AppRole, "public.sign_in_attempt", "INSERT", "DELETE")
		delete(want, postgres.ReadRole+" SELECT public.sign_in_attempt")
		for _, beside := range []string{"public.api_token_use", "public.job_run", "public.link_visit"} {
			grant(postgres.AppRole, beside, "INSERT", "UPDATE")
		}
		same(t, slices.Collect(maps.Keys(want)), column[string](t, owner, granted+`
			SELECT format('%s.%s', relnamespace::regnamespace, relname), relacl, relowner FROM pg_class
			 WHERE relnamespace IN ('public'::regnamespace, 'history'::regnamespace, 'asof'::regnamespace) AND relkind IN ('r', 'v', 'm', 'S', 'p', 'f')`+others))
	})

	t.Run("functions", func(t *testing.T) {
		both := []string{"today", "instant", "luhn_valid", "texts_within", "texts_match", "same_keys", "e_service_steps", "check_rows", "search_fold", "search_plain", "search_vector",
			"decision_state", "governing_document_steps", "formal_answer_steps", "agreement_end", "agreement_state", "shared_project_phase_rank", "participation_steps", "goal_steps"}
		app := []string{"change_begin", "change_current", "uuid_v7"}
		var want []string
		for _, f := range both {
			want = append(want, postgres.AppRole+" EXECUTE "+f, postgres.ReadRole+" EXECUTE "+f)
		}
		for _, f := range app {
			want = append(want, postgres.AppRole+" EXECUTE "+f)
		}
		same(t, want, column[string](t, owner, granted+`
			SELECT p.proname::text, coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner FROM pg_proc p
			 WHERE p.pronamespace IN ('public'::regnamespace, 'history'::regnamespace, 'asof'::regnamespace)
			   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')`+others))
	})

	t.Run("schemas and the database", func(t *testing.T) {
		var want []string
		for _, role := range []string{postgres.AppRole, postgres.ReadRole} {
			want = append(want, role+" CONNECT database", role+" USAGE public", role+" USAGE history", role+" USAGE asof")
		}
		same(t, want, column[string](t, owner, granted+`
			SELECT nspname::text, coalesce(nspacl, acldefault('n', nspowner)), nspowner FROM pg_namespace WHERE nspname IN ('public', 'history', 'asof')
			UNION ALL SELECT 'database', coalesce(datacl, acldefault('d', datdba)), datdba FROM pg_database WHERE datname = current_database()`+others))
	})

	t.Run("the roles", func(t *testing.T) {
		for _, role := range []string{postgres.AppRole, postgres.ReadRole} {
			if column[bool](t, owner, "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = $1", role)[0] {
				t.Errorf("%s may more than it needs", role)
			}
			if of := column[string](t, owner, "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = $1::regrole", role); len(of) > 0 {
				t.Errorf("%s is a member of %v", role, of)
			}
		}
	})
}

// TestForbidden tries what the roles may not.
func TestForbidden(t *testing.T) {
	d := newFixture(t)
	ctx := context.Background()
	both := []string{
		"CREATE TABLE public.mine ()", "CREATE TABLE history.mine ()", "CREATE VIEW asof.mine AS SELECT 1",
		"CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1", "CREATE SCHEMA mine",
		"SELECT history_sync('unit')", "SELECT history.guard()",
		"UPDATE change_head SET number = 0", "INSERT INTO change SELECT * FROM change", "UPDATE change SET comment = ''", "DELETE FROM change",
		"UPDATE goose_db_version SET is_applied = false", "DELETE FROM api_token_use", "DELETE FROM job_run", "DELETE FROM link_visit", "DELETE FROM search_word", "UPDATE search_word SET word = word",
		"DELETE FROM search_own_word", "UPDATE search_own_word SET word = word",
	}
	for _, table := range domainTables {
		both = append(both,
			"TRUNCATE "+table, "DELETE FROM "+table, "ALTER TABLE "+table+" ADD COLUMN mine int", "DROP TABLE "+table,
			"ALTER TABLE "+table+" DISABLE TRIGGER ALL", "CREATE INDEX ON "+table+" (version)",
			"INSERT INTO history."+table+" SELECT * FROM history."+table, "UPDATE history."+table+" SET version = 0",
			"DELETE FROM history."+table, "TRUNCATE history."+table, "UPDATE asof."+table+" SET version = 0")
	}
	reader := append(slices.Clone(both),
		"SELECT change_begin(NULL, 'SYSTEM', 'test', 'prov', NULL, 'test', '', '')",
		"DELETE FROM person", "UPDATE person SET name = ''", "DELETE FROM user_session", "SELECT * FROM sign_in_attempt",
		"INSERT INTO api_token_use SELECT * FROM api_token_use", "UPDATE api_token_use SET last_used_at = last_used_at",
		"INSERT INTO job_run SELECT * FROM job_run", "UPDATE job_run SET failures = 0",
		"INSERT INTO link_visit SELECT * FROM link_visit", "UPDATE link_visit SET failures = 0")
	for _, table := range domainTables {
		reader = append(reader, insert(table), "UPDATE "+table+" SET version = version")
	}
	for _, c := range []struct {
		role, url  string
		statements []string
	}{{postgres.AppRole, d.URL, both}, {postgres.ReadRole, d.ReadURL, reader}} {
		t.Run(c.role, func(t *testing.T) {
			conn := connect(t, c.url)
			for _, sql := range c.statements {
				_, err := conn.Exec(ctx, "BEGIN; "+withIDs(sql))
				// A view that cannot be written at all is refused before rights are.
				if code := codeOf(err); code != "42501" && (code != "55000" || !strings.Contains(sql, "asof.")) {
					t.Errorf("%s\ngave %v, want it forbidden", sql, err)
				}
				if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
