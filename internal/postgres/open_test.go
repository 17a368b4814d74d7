package postgres_test

import (
	"context"
	"testing"

	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
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
