package migrations_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/postgres/dbtest"
)

// historyFaults lists what the tables of schema public lack of what a domain table
// is to have: a history with its columns, a view of the past of exactly its columns,
// and its triggers.
func historyFaults(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	columns := func(relation string) []string {
		return column[string](t, conn, `
			SELECT format('%I %s %s', a.attname, format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation)
			  FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, relation)
	}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, table := range column[string](t, conn, `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1`) {
		if _, internal := internalTables[table]; internal {
			continue
		}
		live, past, view := columns("public."+table), columns("history."+table), columns("asof."+table)
		if len(past) == 0 {
			fault("%s has no history", table)
			continue
		}
		for _, c := range append(slices.Clone(live), "ended_in bigint -") {
			if !slices.Contains(past, c) {
				fault("the history of %s lacks the column %s", table, c)
			}
		}
		if !slices.Equal(view, live) {
			fault("the view of the past of %s has the columns %v, not %v", table, view, live)
		}
		for _, a := range column[string](t, conn, `
			SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnotnull AND attnum > 0 AND NOT attisdropped
			   AND attname NOT IN ('id', 'changed_in', 'ended_in')`, "history."+table) {
			fault("the history of %s refuses a row without %s", table, a)
		}
		for _, index := range column[string](t, conn, `
			SELECT i.relname || '_past' FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
			 WHERE x.indrelid = to_regclass($1) AND NOT x.indisprimary AND to_regclass(format('history.%I', i.relname || '_past')) IS NULL`, "public."+table) {
			fault("the history of %s lacks the index %s", table, index)
		}
		triggers := column[string](t, conn, `SELECT tgname::text FROM pg_trigger WHERE tgrelid = to_regclass($1) AND NOT tgisinternal AND tgenabled = 'O'`, "public."+table)
		for _, name := range []string{table + "_guard", "a_" + table + "_stamp", table + "_keep_updated", table + "_keep_deleted"} {
			if !slices.Contains(triggers, name) {
				fault("%s lacks the trigger %s", table, name)
			}
		}
		if kept := column[string](t, conn, `SELECT prosrc FROM pg_proc WHERE oid = to_regproc($1)`, "history.keep_"+table); len(kept) != 1 {
			fault("%s lacks the function that keeps its history", table)
		} else {
			for _, c := range live {
				if name := strings.Fields(c)[0]; !slices.Contains(strings.FieldsFunc(kept[0], func(r rune) bool { return strings.ContainsRune(" ,()\n", r) }), name) {
					fault("the history of %s does not keep %s", table, name)
				}
			}
		}
	}
	return faults
}

func TestHistoryOfEveryTable(t *testing.T) {
	owner := dbtest.New(t).Owner(t)
	for _, fault := range historyFaults(t, owner) {
		t.Error(fault)
	}
	tables := append(slices.Collect(maps.Keys(internalTables)), domainTables...)
	same(t, tables, column[string](t, owner, `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`))
}

// TestHistoryFaultsAreFound sees that the check above finds what is wrong.
func TestHistoryFaultsAreFound(t *testing.T) {
	owner := dbtest.New(t).Owner(t)
	ctx := context.Background()
	const stamps = "id uuid PRIMARY KEY, version int NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, changed_in bigint NOT NULL"
	for _, c := range []struct{ name, sql, want string }{
		{"a table without history", "CREATE TABLE novelty (" + stamps + ")", "novelty has no history"},
		{"a column added without history_sync", "ALTER TABLE unit ADD COLUMN colour text", "the history of unit lacks the column colour text"},
		{"a column of another collation", `DROP VIEW asof.unit; ALTER TABLE history.unit ALTER COLUMN name_sv TYPE text COLLATE "C"`, `the history of unit lacks the column name_sv text "sv-SE-x-icu"`},
		{"a view without a column", "DROP VIEW asof.unit; CREATE VIEW asof.unit AS SELECT id FROM unit", "the view of the past of unit has the columns"},
		{"a trigger that is turned off", "ALTER TABLE unit DISABLE TRIGGER unit_keep_updated", "unit lacks the trigger unit_keep_updated"},
		{"an index that the past lacks", "CREATE INDEX unit_by_cost_centre ON unit (cost_centre)", "the history of unit lacks the index unit_by_cost_centre_past"},
	} {
		t.Run(c.name, func(t *testing.T) {
			undone(t, owner, func(tx pgx.Tx) {
				if _, err := tx.Exec(ctx, c.sql); err != nil {
					t.Fatal(err)
				}
				if faults := strings.Join(historyFaults(t, owner), "\n"); !strings.Contains(faults, c.want) {
					t.Errorf("found %q, want %q", faults, c.want)
				}
			})
		})
	}
	t.Run("a table needs the columns of every record", func(t *testing.T) {
		undone(t, owner, func(tx pgx.Tx) {
			exec(t, tx, "CREATE TABLE novelty (id uuid PRIMARY KEY)")
			refusedAs(t, tx, "P0001", "SELECT history_sync('novelty')")
		})
	})
}

// past reads a table as the view of the past has it at each change so far.
func past(t *testing.T, tx pgx.Tx, table, columns string) []string {
	t.Helper()
	var all []string
	for _, number := range column[int64](t, tx, "SELECT number FROM change ORDER BY number") {
		exec(t, tx, fmt.Sprintf("SET LOCAL fardplan.asof = '%d'", number))
		for _, row := range column[string](t, tx, fmt.Sprintf("SELECT row(%s)::text FROM asof.%s x ORDER BY x.id", columns, table)) {
			all = append(all, fmt.Sprintf("%d: %s", number, row))
		}
	}
	return all
}

// TestHistorySync alters a table in each way that a migration may, and reads the
// same past after it.
func TestHistorySync(t *testing.T) {
	d := newFixture(t)
	app, owner := d.App(t), d.Owner(t)
	for _, name := range []string{"Andra namnet", "Tredje namnet"} {
		inChange(t, app, "", func(tx pgx.Tx, _ int64) {
			exec(t, tx, "UPDATE unit SET name_sv = '"+name+"', cost_centre = '007' WHERE id = :office")
		})
	}
	sync := func(before, alter string) []string {
		statements := []string{"SELECT history_sync('unit')"}
		if alter != "" {
			// The view stands on the columns.
			statements = append([]string{"DROP VIEW asof.unit", alter}, statements...)
		}
		return append([]string{before}, statements...)
	}
	const untouched = "x.id, x.version, x.created_at, x.updated_at, x.changed_in, x.name_sv, x.type, x.aliases, x.valid_to"
	for _, c := range []struct {
		name    string
		sql     []string
		columns string // of the past, before and after
		check   string // SQL that is true of the past row with number 2 of the office after it
	}{
		{"nothing altered", sync("SELECT 1", ""), untouched, "x.cost_centre = '007'"},
		{"a column added with a default", sync("SELECT 1", "ALTER TABLE unit ADD COLUMN colour text NOT NULL DEFAULT 'röd'"), untouched, "x.colour = 'röd'"},
		{"a column added that may be empty", sync("SELECT 1", "ALTER TABLE unit ADD COLUMN colour text"), untouched, "x.colour IS NULL"},
		{"a column dropped", sync("SELECT 1", "ALTER TABLE unit DROP COLUMN cost_centre"), untouched,
			"(SELECT h.cost_centre FROM history.unit h WHERE h.id = x.id AND h.changed_in = x.changed_in) = '007'"},
		{"a column of another type", sync("SELECT 1", "ALTER TABLE unit DROP CONSTRAINT unit_cost_centre_length, ALTER COLUMN cost_centre TYPE int USING cost_centre::int"), untouched, "x.cost_centre = 7"},
		{"a column of another collation", sync("SELECT 1", `ALTER TABLE unit ALTER COLUMN cost_centre TYPE text COLLATE "sv-SE-x-icu"`), untouched + ", x.cost_centre", "x.cost_centre = '007'"},
		{"an index added", sync("CREATE INDEX unit_by_cost_centre ON unit (cost_centre)", ""), untouched + ", x.cost_centre", "x.cost_centre = '007'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			undone(t, owner, func(tx pgx.Tx) {
				before := past(t, tx, "unit", c.columns)
				for _, sql := range c.sql {
					exec(t, tx, sql)
				}
				if after := past(t, tx, "unit", c.columns); !slices.Equal(after, before) {
					t.Errorf("the past is\n%s\nand was\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
				}
				if faults := historyFaults(t, owner); len(faults) > 0 {
					t.Errorf("the history is not in step: %v", faults)
				}
				exec(t, tx, "SET LOCAL fardplan.asof = '2'")
				if held := column[bool](t, tx, "SELECT "+c.check+" FROM asof.unit x WHERE x.id = "+withIDs(":office")); len(held) != 1 || !held[0] {
					t.Errorf("of the past it does not hold that %s", c.check)
				}
				// The history goes on.
				begin(t, tx, "")
				exec(t, tx, "UPDATE unit SET name_sv = 'Fjärde namnet' WHERE id = :office")
				if n := column[int64](t, tx, "SELECT count(*) FROM history.unit x WHERE x.id = "+withIDs(":office")); n[0] != 3 {
					t.Errorf("the office has %d past rows, want 3", n[0])
				}
			})
		})
	}
}

// TestThePastIsWhatItWas reads every table as it was at every change.
func TestThePastIsWhatItWas(t *testing.T) {
	d := newFixture(t)
	app, owner := d.App(t), d.Owner(t)
	states := map[int64]map[string][]string{}
	see := func(tx pgx.Tx, schema string) map[string][]string {
		state := map[string][]string{}
		for _, table := range domainTables {
			state[table] = column[string](t, tx, fmt.Sprintf("SELECT to_jsonb(x)::text FROM %s.%s x ORDER BY x.id", schema, table))
		}
		return state
	}
	step := func(conn *pgx.Conn, sql ...string) {
		inChange(t, conn, "", func(tx pgx.Tx, number int64) {
			for _, s := range sql {
				exec(t, tx, s)
			}
			states[number] = see(tx, "public")
		})
	}
	step(app, "UPDATE unit SET name_sv = name_sv || '!'", "UPDATE unit SET name_sv = name_sv || '?' WHERE id = :office")
	step(app, insert("unit", "id", ":nothing"))
	step(app, "UPDATE unit SET archived_at = updated_at WHERE id = :nothing", "UPDATE e_service SET status = 'PLANNED' WHERE id = :idea")
	step(owner, "DELETE FROM unit WHERE id = :nothing")
	for _, table := range domainTables {
		step(owner, deletion(table))
	}
	undone(t, d.App(t), func(tx pgx.Tx) {
		for number, state := range states {
			exec(t, tx, fmt.Sprintf("SET LOCAL fardplan.asof = '%d'", number))
			for table, rows := range see(tx, "asof") {
				if !slices.Equal(rows, state[table]) {
					t.Errorf("%s as of change %d is\n%v\nand was\n%v", table, number, rows, state[table])
				}
			}
		}
	})
}
