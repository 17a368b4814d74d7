package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fardplan/internal/postgres/dbtest"
)

// triggerTests gives, for each trigger, the test that fails without it.
func triggerTests() map[string]func(*testing.T, dbtest.Database) {
	tests := map[string]func(*testing.T, dbtest.Database){
		"unit_no_cycle":         raises("unit_parent_no_cycle"),
		"unit_close":            raises("unit_close_needs_successor"),
		"e_service_life_cycle":  raises("e_service_step"),
		"e_service_draft_close": raises("e_service_draft_closed"),
		"record_draft_close":    raises("record_draft_closed"),

		"waiver_decided":                raises("waiver_decided"),
		"governing_document_life_cycle": raises("governing_document_step"),
		"formal_answer_life_cycle":      raises("formal_answer_step"),
		"finding_recurrence":            raises("finding_recurrence_earlier"),
		"formal_answer_sent":            raises("formal_answer_sent_stands"),
		"formal_answer_decided":         raises("formal_answer_decided"),
		"formal_answer_decided_stands":  raises("formal_answer_decided_stands"),
		"shared_project_life_cycle":     raises("shared_project_phase_comment"),
		"shared_project_hosted":         raises("shared_project_hosted"),
		"participation_life_cycle":      raises("participation_step"),
		"goal_tree":                     raises("goal_level_order"),
		"goal_life_cycle":               raises("goal_step"),
		"indicator_value_stands":        raises("indicator_value_stands"),
		"dependency_no_cycle":           raises("dependency_no_cycle"),
		"status_report_published":       raises("status_report_published_stands"),
		"record_link_decision":          raises("record_link_own_decision"),
		"record_link_rests":             raises("record_link_goal_rests"),
		"audit_question_answered":       raises("audit_question_answer_stands"),
	}
	for _, table := range domainTables {
		tests[table+"_guard"] = func(t *testing.T, d dbtest.Database) { guarded(t, d, table) }
		tests["a_"+table+"_stamp"] = func(t *testing.T, d dbtest.Database) { stamped(t, d, table) }
		tests[table+"_keep_updated"] = func(t *testing.T, d dbtest.Database) {
			kept(t, d.App(t), table, "UPDATE "+table+" SET version = version WHERE id = "+spare(table))
		}
		tests[table+"_keep_deleted"] = func(t *testing.T, d dbtest.Database) {
			kept(t, d.Owner(t), table, deletion(table))
		}
	}
	return tests
}

func TestTrigger(t *testing.T) {
	d := newFixture(t)
	tests := triggerTests()
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) { tests[name](t, d) })
	}
}

func TestEveryTriggerHasItsTest(t *testing.T) {
	same(t, slices.Collect(maps.Keys(triggerTests())), column[string](t, dbtest.New(t).Owner(t), `
		SELECT g.tgname::text FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
		 WHERE NOT g.tgisinternal AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`))
}

func raises(constraint string) func(*testing.T, dbtest.Database) {
	return func(t *testing.T, d dbtest.Database) {
		for _, b := range breaches {
			if b.name == constraint {
				refuse(t, d.App(t), b)
			}
		}
	}
}

// refusedAs fails unless the statement is refused with the code.
func refusedAs(t *testing.T, tx pgx.Tx, code, sql string) {
	t.Helper()
	err := pgx.BeginFunc(context.Background(), tx, func(tx pgx.Tx) error {
		_, err := tx.Exec(context.Background(), withIDs(sql))
		return err
	})
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != code {
		t.Errorf("%s\ngave %v, want a refusal with %s", sql, err, code)
	}
}

// guarded holds that nothing is written outside a change, not even no row at all.
func guarded(t *testing.T, d dbtest.Database, table string) {
	undone(t, d.Owner(t), func(tx pgx.Tx) {
		refusedAs(t, tx, "FP001", fmt.Sprintf("INSERT INTO %[1]s SELECT * FROM %[1]s WHERE false", table))
		refusedAs(t, tx, "FP001", insert(table))
		refusedAs(t, tx, "FP001", "UPDATE "+table+" SET version = version")
		refusedAs(t, tx, "FP001", "DELETE FROM "+table)
	})
}

// stamped holds that the database sets version, instants and the change's number
// itself, and that an id never changes.
func stamped(t *testing.T, d dbtest.Database, table string) {
	type stamp struct {
		Version              int
		CreatedAt, UpdatedAt time.Time
		ChangedIn            int64
	}
	ctx := context.Background()
	undone(t, d.App(t), func(tx pgx.Tx) {
		number := begin(t, tx, "")
		var at time.Time
		if err := tx.QueryRow(ctx, "SELECT at FROM change WHERE number = $1", number).Scan(&at); err != nil {
			t.Fatal(err)
		}
		see := func(id string, want stamp) {
			t.Helper()
			var s stamp
			if err := tx.QueryRow(ctx, "SELECT version, created_at, updated_at, changed_in FROM "+table+" WHERE id = "+id).Scan(&s.Version, &s.CreatedAt, &s.UpdatedAt, &s.ChangedIn); err != nil {
				t.Fatal(err)
			}
			if s.Version != want.Version || !s.CreatedAt.Equal(want.CreatedAt) || !s.UpdatedAt.Equal(want.UpdatedAt) || s.ChangedIn != want.ChangedIn {
				t.Errorf("the row has %+v, want %+v", s, want)
			}
		}
		exec(t, tx, insert(table, "id", ":nothing"))
		see(withIDs(":nothing"), stamp{1, at, at, number})
		var before stamp
		if err := tx.QueryRow(ctx, "SELECT created_at FROM "+table+" WHERE id = "+spare(table)).Scan(&before.CreatedAt); err != nil {
			t.Fatal(err)
		}
		exec(t, tx, "UPDATE "+table+" SET version = 99, created_at = '2001-01-01', updated_at = '2001-01-01', changed_in = 0 WHERE id = "+spare(table))
		see(spare(table), stamp{2, before.CreatedAt, at, number})
		refusedAs(t, tx, "FP003", "UPDATE "+table+" SET id = uuid_v7() WHERE id = "+spare(table))
	})
}

// kept holds that the row as it was lies in the history after the statement, with
// the change that ended it; and that a row made and ended in one change does not.
func kept(t *testing.T, conn *pgx.Conn, table, sql string) {
	ctx := context.Background()
	undone(t, conn, func(tx pgx.Tx) {
		number := begin(t, tx, "")
		was := column[string](t, tx, fmt.Sprintf("SELECT to_jsonb(x)::text FROM %s x WHERE x.id = %s", table, spare(table)))
		exec(t, tx, sql)
		past := column[string](t, tx, fmt.Sprintf("SELECT (to_jsonb(x) - 'ended_in')::text FROM history.%s x WHERE x.ended_in = $1", table), number)
		if !slices.Equal(past, was) || len(was) != 1 {
			t.Errorf("the history has %v, want %v", past, was)
		}
		exec(t, tx, insert(table, "id", ":nothing"))
		exec(t, tx, "UPDATE "+table+" SET version = version WHERE id = :nothing")
		var passing int
		if err := tx.QueryRow(ctx, withIDs("SELECT count(*) FROM history."+table+" WHERE id = :nothing")).Scan(&passing); err != nil {
			t.Fatal(err)
		}
		if passing != 0 {
			t.Errorf("%d past rows of a row made in the same change", passing)
		}
	})
}

// TestChange holds what a change is: one a transaction, numbers without holes, and
// instants that never decrease.
func TestChange(t *testing.T) {
	d := dbtest.New(t)
	conn := d.App(t)
	ctx := context.Background()
	open := func(tx pgx.Tx, at string) (number int64, got time.Time) {
		t.Helper()
		err := tx.QueryRow(ctx, `SELECT number, at FROM change_begin($1::timestamptz, 'SYSTEM', 'test', 'prov', NULL, 'test', '', '')`, at).Scan(&number, &got)
		if err != nil {
			t.Fatal(err)
		}
		return number, got
	}
	t.Run("one a transaction", func(t *testing.T) {
		undone(t, conn, func(tx pgx.Tx) {
			begin(t, tx, "")
			refusedAs(t, tx, "FP002", "SELECT change_begin(NULL, 'SYSTEM', 'test', 'prov', NULL, 'test', '', '')")
		})
	})
	t.Run("a number rolled back is taken again", func(t *testing.T) {
		var first, second int64
		undone(t, conn, func(tx pgx.Tx) { first = begin(t, tx, "") })
		undone(t, conn, func(tx pgx.Tx) { second = begin(t, tx, "") })
		if first != second {
			t.Errorf("the numbers are %d and %d", first, second)
		}
	})
	t.Run("an instant never decreases", func(t *testing.T) {
		inChangeAt := func(at string) (number int64, got time.Time) {
			if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { number, got = open(tx, at); return nil }); err != nil {
				t.Fatal(err)
			}
			return number, got
		}
		n1, late := inChangeAt("2030-01-02 00:00Z")
		n2, early := inChangeAt("2030-01-01 00:00Z")
		if n2 != n1+1 || !early.Equal(late) {
			t.Errorf("change %d at %v follows %d at %v", n2, early, n1, late)
		}
	})
	t.Run("today is Stockholm's date at the change's instant", func(t *testing.T) {
		undone(t, conn, func(tx pgx.Tx) {
			open(tx, "2030-06-30 22:30Z")
			if got := column[string](t, tx, "SELECT today()::text"); got[0] != "2030-07-01" {
				t.Errorf("today is %s", got[0])
			}
			if got := column[time.Time](t, tx, "SELECT instant()"); !got[0].Equal(time.Date(2030, 6, 30, 22, 30, 0, 0, time.UTC)) {
				t.Errorf("the instant is %v", got[0])
			}
		})
	})
	t.Run("there is no today without an instant", func(t *testing.T) {
		undone(t, d.App(t), func(tx pgx.Tx) { refusedAs(t, tx, "42704", "SELECT today()") })
	})
}
