package scripts_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/migrations"
)

// TestInstallation sets the database up with the statements of docs/operations.md, word
// for word but for the names, which the test's server has already: the login that serves
// is a member of the two roles and nothing more.
func TestInstallation(t *testing.T) {
	_, text, _ := strings.Cut(read(t, "docs/operations.md"), "## The database and its roles")
	text, _, _ = strings.Cut(text, "\n## ")
	first, then, _ := strings.Cut(text, "fardplan migrate up\n\n")
	statements := func(text string, want int) (all []string) {
		for _, m := range regexp.MustCompile(`(?m)^    ((?:CREATE|GRANT) .*;)$`).FindAllStringSubmatch(text, -1) {
			all = append(all, strings.NewReplacer("fardplan_owner", "prov_owner", "fardplan_login", "prov_login", "DATABASE fardplan ", "DATABASE prov_db ").Replace(m[1]))
		}
		if len(all) != want {
			t.Fatalf("docs/operations.md has the statements %q", all)
		}
		return all
	}
	run := func(conn *pgx.Conn, all []string) {
		t.Helper()
		for _, sql := range all {
			if _, err := conn.Exec(context.Background(), sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	server := dbtest.Empty(t).Server
	connect := func(role, database string) *pgx.Conn {
		t.Helper()
		conn, err := pgx.Connect(context.Background(), server.URL(role, database))
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	super := connect("postgres", "postgres")
	t.Cleanup(func() {
		run(super, []string{"DROP DATABASE IF EXISTS prov_db WITH (FORCE)", "DROP ROLE IF EXISTS prov_login", "DROP ROLE IF EXISTS prov_owner"})
		_ = super.Close(context.Background())
	})
	run(super, statements(first, 2))
	// The migrations would make these two, where the server has none.
	run(super, []string{"GRANT fardplan_app, fardplan_read TO prov_owner WITH ADMIN OPTION"})
	if _, err := postgres.Migrate(t.Context(), server.URL("prov_owner", "prov_db"), migrations.Files); err != nil {
		t.Fatal(err)
	}
	owner := connect("prov_owner", "prov_db")
	run(owner, statements(then, 2))
	_ = owner.Close(context.Background())

	db, err := postgres.Open(t.Context(), postgres.Options{URL: server.URL("prov_login", "prov_db"), Pool: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	services := app.NewServices(db, access.Policy{}, app.GapRules())
	if err := app.CheckSchema(t.Context(), db); err != nil {
		t.Error(err)
	}
	ctx := access.With(t.Context(), access.SystemCaller("prov"))
	if _, err := services.Organisation.CreateMunicipality(ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true}); err != nil {
		t.Error(err)
	}
	login := connect("prov_login", "prov_db")
	defer func() { _ = login.Close(context.Background()) }()
	for _, sql := range []string{"DELETE FROM municipality", "CREATE TABLE prov ()", "TRUNCATE change", "UPDATE history.municipality SET name_sv = ''"} {
		_, err := login.Exec(t.Context(), sql)
		if refused := new(pgconn.PgError); !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
			t.Errorf("the login that serves tries %s: %v", sql, err)
		}
	}
}
