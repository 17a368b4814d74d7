package scale_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/demo/scale"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

var someday = time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)

// load fills a database of the test's with a scale.
func load(t *testing.T, size float64) (dbtest.Database, *app.Services, *scale.Summary) {
	t.Helper()
	d := dbtest.New(t)
	clock := &scale.Clock{}
	services := app.NewServices(d.Open(t, clock.Now), access.Policy{}, app.GapRules())
	s, err := scale.Load(t.Context(), options(d, services, clock, size))
	if err != nil {
		t.Fatal(err)
	}
	return d, services, s
}

func options(d dbtest.Database, s *app.Services, clock *scale.Clock, size float64) scale.Options {
	return scale.Options{Scale: size, Journal: s.Journal, Gaps: s.Gaps, Clock: clock, OwnerURL: d.OwnerURL, Today: someday}
}

// lines reads the single text column of a statement.
func lines(t *testing.T, c *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := c.Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// digests gives for each table a digest of its rows, of today and earlier. The ids of
// episodes are the program's and made anew each time.
func digests(t *testing.T, c *pgx.Conn) []string {
	t.Helper()
	tables := lines(t, c, `SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND (n.nspname = 'history' OR n.nspname = 'public' AND c.relname <> 'goose_db_version' AND c.relname <> 'change_head') ORDER BY 1`)
	var all []string
	for _, table := range tables {
		row := "to_jsonb(x)"
		if strings.HasSuffix(table, ".gap_episode") {
			row += " - 'id'"
		}
		all = append(all, lines(t, c, fmt.Sprintf("SELECT '%[1]s ' || count(*) || ' ' || coalesce(md5(string_agg(line, E'\n' ORDER BY line COLLATE \"C\")), '') FROM (SELECT (%[2]s)::text AS line FROM %[1]s x) y", table, row))...)
	}
	return all
}

// TestScale fills two databases with the smallest scale that has everything, and looks
// at the one and compares it with the other.
func TestScale(t *testing.T) {
	d, services, summary := load(t, 0.01)
	owner := d.Owner(t)
	count := func(condition string) int {
		t.Helper()
		var n int
		if err := owner.QueryRow(t.Context(), "SELECT count(*) FROM "+condition).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	t.Run("has what a scale promises", func(t *testing.T) {
		for table, want := range map[string]int{"municipality": 13, "unit": 13 * 24, "e_service": 2000, "shared_service": 20} {
			if n := count(table); n != want {
				t.Errorf("there are %d rows of %s, want %d", n, table, want)
			}
			i := slices.IndexFunc(summary.Tables, func(s *scale.Table) bool { return s.Name == table })
			if i < 0 || summary.Tables[i].Rows != want || summary.Tables[i].Size == 0 {
				t.Errorf("the summary tells %+v", summary.Tables)
			}
		}
		if n := count("pg_indexes WHERE indexname IN ('search_entry_by_words', 'search_word_by_trigram', 'e_service_by_name', 'e_service_by_name_past')"); n != 4 {
			t.Errorf("%d of the indexes that are made last are there", n)
		}
		if n := count("change"); n != summary.Changes {
			t.Errorf("there are %d changes, and the summary says %d", n, summary.Changes)
		}
		if n := count("(SELECT FROM e_service GROUP BY municipality_id HAVING count(*) NOT BETWEEN 150 AND 157) x"); n != 0 {
			t.Errorf("%d municipalities have many more or fewer e-services than the others", n)
		}
		for what, condition := range map[string]string{
			"closed units with a successor":      "unit x WHERE x.valid_to < '2026-05-20' AND x.successor_id IS NOT NULL",
			"units under units under units":      "unit x JOIN unit p ON p.id = x.parent_id JOIN unit q ON q.id = p.parent_id WHERE q.parent_id IS NOT NULL",
			"units with other names":             "unit x WHERE x.aliases <> '{}'",
			"renamed units":                      "unit x JOIN history.unit h ON h.id = x.id WHERE h.name_sv <> x.name_sv AND h.name_sv = ANY (x.aliases)",
			"e-services of the platform":         "e_service x WHERE x.oep_family_id IS NOT NULL AND x.oep_seen IS NOT NULL",
			"e-services of a shared one":         "e_service x JOIN shared_service s ON s.id = x.shared_service_id WHERE s.municipality_id <> x.municipality_id",
			"published e-services":               "e_service x WHERE x.published AND x.visibility = 'PUBLIC'",
			"shared and hidden e-services":       "e_service x JOIN e_service y ON x.visibility = 'COLLABORATION' AND y.visibility = 'MUNICIPALITY'",
			"archived e-services":                "e_service x WHERE x.archived_at IS NOT NULL",
			"e-services changed twice or more":   "e_service x WHERE x.version >= 3",
			"e-services never changed":           "e_service x WHERE x.version = 1",
			"e-services that changed their name": "e_service x JOIN history.e_service h ON h.id = x.id WHERE h.name_sv <> x.name_sv",
			"open gaps of a closed owner":        "gap_episode g WHERE g.closed_at IS NULL AND g.rule = 'UNIT_CLOSED_OWNER'",
			"closed gaps":                        "gap_episode g WHERE g.closed_at IS NOT NULL",
			"use in several months":              "(SELECT FROM e_service_usage u GROUP BY u.e_service_id HAVING count(*) = 6) x",
		} {
			if count(condition) == 0 {
				t.Errorf("there are no %s", what)
			}
		}
		statuses := lines(t, owner, "SELECT DISTINCT status FROM e_service ORDER BY 1")
		if want := []string{"IDEA", "IN_DEVELOPMENT", "LIVE", "PHASING_OUT", "PILOT", "PLANNED", "REJECTED", "RETIRED"}; !slices.Equal(statuses, want) {
			t.Errorf("the statuses are %v", statuses)
		}
		if n := count("(SELECT DISTINCT name_sv FROM e_service) x"); n < 500 {
			t.Errorf("there are %d names", n)
		}
		if found := lines(t, owner, `SELECT url FROM e_service WHERE url !~ '^https://[a-z-]+(\.[a-z-]+)*\.example/' UNION ALL SELECT oep_base_url FROM municipality WHERE oep_base_url !~ '\.example$'`); len(found) > 0 {
			t.Errorf("there are addresses outside .example: %v", found[:1])
		}
		if n := count("change x WHERE x.comment = '' OR x.actor_kind = 'USER' AND (x.municipality_id IS NULL OR x.actor_function = '')"); n != 0 {
			t.Errorf("%d changes lack who or why", n)
		}
	})

	t.Run("what a change keeps is what a computation of all gives", func(t *testing.T) {
		before := digests(t, owner)
		ctx := access.With(t.Context(), access.SystemCaller("prov"))
		if err := services.Journal.Write(ctx, "test", "", func(tx *postgres.Tx) error {
			return errors.Join(services.Gaps.Recompute(ctx, tx), services.Search.Recompute(ctx, tx))
		}); err != nil {
			t.Fatal(err)
		}
		after := slices.DeleteFunc(digests(t, owner), isChange)
		if diff := cmp.Diff(slices.DeleteFunc(slices.Clone(before), isChange), after); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("a database that holds anything is refused", func(t *testing.T) {
		before := digests(t, owner)
		_, err := scale.Load(t.Context(), options(d, services, &scale.Clock{}, 0.01))
		if found := fault.All(err); len(found) != 1 || found[0].Rule != "scale_not_empty" {
			t.Errorf("the second load gives %v", err)
		}
		if diff := cmp.Diff(before, digests(t, owner)); diff != "" {
			t.Errorf("it has changed something:\n%s", diff)
		}
	})

	t.Run("the same scale gives the same rows", func(t *testing.T) {
		again, _, _ := load(t, 0.01)
		first := slices.DeleteFunc(digests(t, owner), isChange)
		if diff := cmp.Diff(first, slices.DeleteFunc(digests(t, again.Owner(t)), isChange)); diff != "" {
			t.Error(diff)
		}
	})
}

// isChange tells the digest of the table of changes, which the tests add to.
func isChange(digest string) bool { return strings.HasPrefix(digest, "public.change ") }

func TestScaleHasBounds(t *testing.T) {
	for _, size := range []float64{-1, 0, 0.0001, 51} {
		_, err := scale.Load(t.Context(), scale.Options{Scale: size})
		if found := fault.All(err); len(found) != 1 || found[0].Field != "scale" || found[0].Code != fault.Invalid {
			t.Errorf("scale %g gives %v", size, err)
		}
	}
}
