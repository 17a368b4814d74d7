package migrations_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/postgres/dbtest"
)

func TestLuhnValid(t *testing.T) {
	conn := dbtest.New(t).App(t)
	for digits, want := range map[string]bool{
		"212000-0456": true, // Norrköping
		"2120000456":  true,
		"212000-0449": true, // Linköping
		"212000-0457": false,
		"212000-0465": false, // two digits changed places
		"000000-0000": true,
		"000000-0001": false,
	} {
		if got := column[bool](t, conn, "SELECT luhn_valid($1)", digits)[0]; got != want {
			t.Errorf("luhn_valid(%s) is %v", digits, got)
		}
	}
	// Every single wrong digit is found.
	const right = "2120000456"
	for i := range right {
		for digit := '0'; digit <= '9'; digit++ {
			wrong := right[:i] + string(digit) + right[i+1:]
			if got := column[bool](t, conn, "SELECT luhn_valid($1)", wrong)[0]; got != (wrong == right) {
				t.Errorf("luhn_valid(%s) is %v", wrong, got)
			}
		}
	}
}

// TestListsAreCheckedByElement holds that lists of texts are judged one text at a time:
// what is right when joined may be wrong in itself.
func TestListsAreCheckedByElement(t *testing.T) {
	conn := newFixture(t).App(t)
	for _, c := range []struct{ table, column, right, wrong, constraint string }{
		{"e_service", "languages", "ARRAY['sv', 'fin']", "ARRAY['sv en']", "e_service_languages"},
		{"e_service", "languages", "'{}'", "ARRAY['']", "e_service_languages"},
		{"e_service", "languages", "'{}'", "ARRAY['sv', '']", "e_service_languages"},
		{"e_service", "languages", "'{}'", "'{NULL}'", "e_service_languages"},
		{"e_service", "languages", "array_fill('sv'::text, ARRAY[30])", "array_fill('sv'::text, ARRAY[31])", "e_service_languages"},
		{"shared_service", "artefact_urls", "ARRAY['https://a.se/1', 'http://b.se']", "ARRAY['https://a.se https://b.se']", "shared_service_artefact_urls"},
		{"shared_service", "artefact_urls", "'{}'", "'{NULL}'", "shared_service_artefact_urls"},
		{"municipality", "diary_patterns", "ARRAY['ORGAN YEAR/SERIAL', 'YY:SERIAL-DOSSIER.']", `ARRAY[E'ORGAN\nYEAR']`, "municipality_diary_patterns_form"},
		{"municipality", "diary_patterns", "'{}'", "'{NULL}'", "municipality_diary_patterns_form"},
		{"municipality", "diary_patterns", "'{}'", "ARRAY['']", "municipality_diary_patterns_form"},
		{"municipality", "diary_patterns", "'{}'", "ARRAY['ORGAN', '']", "municipality_diary_patterns_form"},
		{"e_service", "keywords", "ARRAY['bygga']", "'{NULL}'", "e_service_keywords"},
		{"e_service", "audiences", "ARRAY['COMPANY']", "'{NULL}'", "e_service_audiences"},
	} {
		t.Run(c.column+" "+c.wrong, func(t *testing.T) {
			undone(t, conn, func(tx pgx.Tx) {
				begin(t, tx, "")
				exec(t, tx, insert(c.table, c.column, c.right))
			})
			refuse(t, conn, refusedIn(c.constraint, c.table, c.column, c.wrong))
		})
	}
}

// TestCheckRows holds that every rule that a row would break is told at once, by row.
func TestCheckRows(t *testing.T) {
	conn := dbtest.New(t).App(t)
	got := column[string](t, conn, `SELECT ordinal || ' ' || rule FROM check_rows('unit', '[
		{"name_sv": "Kontoret", "type": "DEPARTMENT", "aliases": []},
		{"name_sv": "", "type": "KLUBB", "aliases": [" "], "valid_from": "2024-01-02", "valid_to": "2024-01-01"},
		{},
		{"name_sv": "Kontoret", "type": "UNIT", "cost_centre": ""}
	]')`)
	want := []string{"2 unit_aliases", "2 unit_name_length", "2 unit_type", "2 unit_validity", "4 unit_cost_centre_length"}
	if !slices.Equal(got, want) {
		t.Errorf("the rows break %v, want %v", got, want)
	}
	if none := column[string](t, conn, "SELECT rule FROM check_rows('unit', '[]')"); len(none) != 0 {
		t.Errorf("no rows break %v", none)
	}
}

func TestUUIDv7(t *testing.T) {
	conn := dbtest.New(t).App(t)
	before := time.Now().Add(-time.Second)
	var last string
	for i := range 20 {
		id := uuid.MustParse(column[string](t, conn, "SELECT uuid_v7()::text")[0])
		if id.Version() != 7 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%s is of version %d, variant %s", id, id.Version(), id.Variant())
		}
		sec, nsec := id.Time().UnixTime()
		if at := time.Unix(sec, nsec); at.Before(before) || at.After(time.Now().Add(time.Second)) {
			t.Errorf("%s says %v", id, at)
		}
		if i > 0 && id.String()[:13] < last[:13] {
			t.Errorf("%s sorts before %s, which is older", id, last)
		}
		last = id.String()
		time.Sleep(time.Millisecond)
	}
}

// TestLifeCycle holds the steps of an e-service's life cycle to the whole table of
// them; a step marked < goes backwards and must say why.
func TestLifeCycle(t *testing.T) {
	steps := map[string]string{
		"IDEA":           "PLANNED REJECTED",
		"PLANNED":        "IN_DEVELOPMENT REJECTED PAUSED <IDEA",
		"IN_DEVELOPMENT": "PILOT LIVE PAUSED REJECTED <PLANNED",
		"PILOT":          "LIVE PAUSED REJECTED <IN_DEVELOPMENT",
		"LIVE":           "PHASING_OUT <PILOT",
		"PHASING_OUT":    "RETIRED <LIVE",
		"RETIRED":        "<LIVE",
		"REJECTED":       "<IDEA",
		"PAUSED":         "<PLANNED IN_DEVELOPMENT PILOT REJECTED",
	}
	var want []string
	for from, tos := range steps {
		for _, to := range strings.Fields(tos) {
			want = append(want, from+" "+to)
		}
	}
	d := newFixture(t)
	conn := d.App(t)
	same(t, want, column[string](t, conn, `SELECT from_status || ' ' || CASE WHEN backwards THEN '<' ELSE '' END || to_status FROM e_service_steps()`))

	// Each pair of statuses is tried: what the table has is let through, with a
	// comment where it needs one, and nothing else is.
	retired := func(status string) []string {
		if status == "RETIRED" {
			return []string{"retired_on", "'2024-01-01'", "retirement_reason", "'Ersatt'"}
		}
		return nil
	}
	for from := range steps {
		for to := range steps {
			update := fmt.Sprintf("UPDATE e_service SET status = '%s', retired_on = NULL, retirement_reason = NULL WHERE id = :nothing", to)
			if to == "RETIRED" {
				update = "UPDATE e_service SET status = 'RETIRED', retired_on = '2024-01-01', retirement_reason = 'Ersatt' WHERE id = :nothing"
			}
			try := func(comment string) (err error) {
				undone(t, conn, func(tx pgx.Tx) {
					begin(t, tx, comment)
					exec(t, tx, inUse(from, append(retired(from), "id", ":nothing")...))
					_, err = tx.Exec(t.Context(), withIDs(update))
				})
				return err
			}
			bare, commented := try(" "), try("Skäl")
			forward := slices.Contains(want, from+" "+to)
			back := slices.Contains(want, from+" <"+to)
			if stays := from == to; (bare == nil) != (forward || stays) || (commented == nil) != (forward || back || stays) {
				t.Errorf("from %s to %s: without a comment %v, with one %v", from, to, bare, commented)
			}
		}
	}
}

// TestFirstPublished holds that what was once published is known as such for ever, and
// that nobody can say otherwise.
func TestFirstPublished(t *testing.T) {
	conn := newFixture(t).App(t)
	first := func(tx pgx.Tx) *time.Time {
		return column[*time.Time](t, tx, "SELECT first_published_at FROM e_service WHERE id = "+withIDs(":nothing"))[0]
	}
	for _, c := range []struct {
		name string
		sql  []string
		want bool
	}{
		{"never published", []string{insert("e_service", "id", ":nothing", "first_published_at", "'2001-01-01'")}, false},
		{"registered as published", []string{published("id", ":nothing")}, true},
		{"published later", []string{published("id", ":nothing", "published", "false"), "UPDATE e_service SET published = true WHERE id = :nothing"}, true},
		{"registered as published and taken back", []string{published("id", ":nothing"), "UPDATE e_service SET published = false, first_published_at = NULL WHERE id = :nothing"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			undone(t, conn, func(tx pgx.Tx) {
				begin(t, tx, "")
				for _, sql := range c.sql {
					exec(t, tx, sql)
				}
				switch at := first(tx); {
				case !c.want && at != nil:
					t.Errorf("it says that it was published at %v", at)
				case c.want && (at == nil || !at.Equal(column[time.Time](t, tx, "SELECT instant()")[0])):
					t.Errorf("it was first published at %v, want the change's instant", at)
				}
			})
		})
	}
}

// TestNoUnitUnderItself holds that a cycle is found however it is made.
func TestNoUnitUnderItself(t *testing.T) {
	conn := newFixture(t).App(t)
	refuse(t, conn, breach{name: "unit_parent_no_cycle", sql: []string{insert("unit", "id", ":nothing", "parent_id", ":nothing")}})
	refuse(t, conn, breach{name: "unit_parent_no_cycle", sql: []string{"UPDATE unit SET parent_id = id WHERE id = :root"}})
	pair := `INSERT INTO unit (id, municipality_id, type, name_sv, valid_to, parent_id, successor_id)
		VALUES (:nothing, :home, 'UNIT', 'A', '2020-01-01', %[1]s), (:token, :home, 'UNIT', 'B', '2020-01-01', %[2]s)`
	refuse(t, conn, breach{name: "unit_parent_no_cycle", sql: []string{fmt.Sprintf(pair, ":token, NULL", ":nothing, NULL")}})
	refuse(t, conn, breach{name: "unit_successor_no_cycle", sql: []string{fmt.Sprintf(pair, "NULL, :token", "NULL, :nothing")}})
}
