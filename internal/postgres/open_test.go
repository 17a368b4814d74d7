package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/migrations"
)

func TestOneLoginIsEnoughAndStillActsAsTheRoles(t *testing.T) {
	d := dbtest.New(t)
	db, err := postgres.Open(context.Background(), postgres.Options{URL: d.OwnerURL, Pool: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for pool, role := range map[string]string{"write": postgres.AppRole, "read": postgres.ReadRole, "past": postgres.ReadRole} {
		var is string
		if err := db.Pools()[pool].QueryRow(context.Background(), "SELECT current_user").Scan(&is); err != nil {
			t.Fatal(err)
		}
		if is != role {
			t.Errorf("the pool %s acts as %s, not as %s", pool, is, role)
		}
	}
}

// TestADatabaseThatKnowsNoSwedishIsRefused holds that a new database gets no migration
// where å ä ö are no letters, as where nobody has said of which language it is.
func TestADatabaseThatKnowsNoSwedishIsRefused(t *testing.T) {
	d := dbtest.Empty(t)
	super, err := pgx.Connect(t.Context(), d.Server.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = super.Close(context.Background()) }()
	for name, how := range map[string]string{"locale_c": "ENCODING 'UTF8' LOCALE 'C'", "locale_ascii": "ENCODING 'SQL_ASCII' LOCALE 'C'"} {
		if _, err := super.Exec(t.Context(), "CREATE DATABASE "+name+" OWNER fardplan_owner TEMPLATE template0 LOCALE_PROVIDER libc "+how); err != nil {
			t.Fatal(err)
		}
		url := strings.Replace(d.OwnerURL, "/"+d.Name, "/"+name, 1)
		applied, err := postgres.Migrate(t.Context(), url, migrations.Files)
		if all := fault.All(err); len(applied) > 0 || len(all) != 1 || all[0].Rule != "database_locale" {
			t.Errorf("%s: %d applied, %v", how, len(applied), err)
		}
		if _, err := super.Exec(t.Context(), "DROP DATABASE "+name); err != nil {
			t.Error(err)
		}
	}
}
