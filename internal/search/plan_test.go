package search_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// fill adds n e-services that are alike but for their numbers, and says so to the planner.
func (w *world) fill(like *eservice.EService, n int) {
	w.t.Helper()
	if err := w.journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) error {
		_, err := tx.Exec(w.ctx, `INSERT INTO e_service SELECT y.* FROM e_service x, generate_series(1, @n) n, LATERAL jsonb_populate_record(x, jsonb_build_object(
			'id', uuid_v7(), 'slug', uuid_v7()::text, 'name_sv', 'Ansökan om tillstånd ' || (SELECT count(*) + n FROM e_service))) y WHERE x.id = @like`, postgres.Args{"n": n, "like": like.ID})
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.data.Owner(w.t).Exec(w.t.Context(), "VACUUM ANALYZE"); err != nil {
		w.t.Fatal(err)
	}
}

// heard remembers the statements that are run.
type heard struct{ all []pgx.TraceQueryStartData }

func (h *heard) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	h.all = append(h.all, d)
	return ctx
}
func (*heard) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// node is a step of a plan as EXPLAIN tells it.
type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Filtered float64 `json:"Rows Removed by Filter"`
	Checked  float64 `json:"Rows Removed by Index Recheck"`
	Below    []node  `json:"Plans"`
}

// goneThrough gives how many rows of tables a plan has gone through, by whatever way, and
// the tables that it has read from end to end. What an index alone tells, as that many
// have a common word, is none of them.
func (n node) goneThrough() (rows float64, whole []string) {
	if n.Relation != "" {
		rows = (n.Rows + n.Filtered + n.Checked) * n.Loops
		if n.Type == "Seq Scan" && n.Loops > 0 {
			whole = append(whole, n.Relation)
		}
	}
	for _, b := range n.Below {
		more, others := b.goneThrough()
		rows, whole = rows+more, append(whole, others...)
	}
	return rows, whole
}

// cost searches, and gives the rows that its statements go through and the tables that
// they read whole.
func (w *world) cost(ctx context.Context, db *postgres.DB, listener *heard, query string) (rows float64, whole []string) {
	w.t.Helper()
	session := db.Session()
	defer session.Close()
	now := must(session.Present(ctx))(w.t)
	listener.all = nil
	ten := 10
	must(w.search.Search(ctx, now, query, search.Filter{}, page.Args{First: &ten}))(w.t)
	for _, d := range slices.Clone(listener.all) { // among them what sets how the others are planned
		args, _ := d.Args[0].(postgres.Args)
		var plans []struct{ Plan node }
		if err := now.Read(ctx, "EXPLAIN (ANALYZE, FORMAT JSON) "+d.SQL, args, func(r pgx.Rows) error {
			var told []byte
			if err := r.Scan(&told); err != nil {
				return err
			}
			return json.Unmarshal(told, &plans)
		}); err != nil {
			w.t.Fatalf("%v: %s", err, d.SQL)
		}
		more, others := plans[0].Plan.goneThrough()
		rows, whole = rows+more, append(whole, others...)
	}
	return rows, whole
}

// A key that is pressed goes through as many rows among four times as many e-services,
// and through no table from end to end: it goes by the indexes.
func TestWhatIsTypedGoesByTheIndexes(t *testing.T) {
	w := newWorld(t)
	w.seed()
	w.search.SetMany(-1, 100)
	like := w.service(w.office, "Ansökan om tillstånd 0", "Tillstånd.")
	w.draft(like, func(e *eservice.EService) { e.NameSv = "Ansökan om lekplats" })
	callers := map[string]context.Context{"nobody": t.Context(), "an editor": w.someone(w.home, access.CatalogueEditor)}
	queries := []string{"b", "byglov", "lov", "plats förskola", "bygglov linköping", "lekplats", "a", "ansökan", "ansökan tillst"}
	listener := &heard{}
	db := must(postgres.Open(t.Context(), postgres.Options{URL: w.data.URL, ReadURL: w.data.ReadURL, Pool: 1, Tracer: listener, Clock: func() time.Time { return w.at }}))(t)
	defer db.Close()
	type typed struct{ who, query string }
	before := map[typed]float64{}
	w.fill(like, 500)
	for _, size := range []int{500, 2000} {
		w.fill(like, size-500)
		for who, ctx := range callers {
			for _, query := range queries {
				rows, whole := w.cost(ctx, db, listener, query)
				if len(whole) > 0 {
					t.Errorf("among %d, %s: %q reads %q from end to end", size, who, query, whole)
				}
				few, known := before[typed{who, query}]
				if known && rows > 1.3*few+100 {
					t.Errorf("%s: %q goes through %.0f rows among 500 e-services, and through %.0f among 2000", who, query, few, rows)
				}
				before[typed{who, query}] = rows
			}
		}
	}
}

// Of more that answer alike than a search tells of, it tells of those that weigh most,
// then of some that are the same each time; whichever way is the quicker, and whoever
// else's come between.
func TestTheHeaviestOfTooManyAreToldOf(t *testing.T) {
	w := newWorld(t)
	like := w.service(w.abroad, "Ansökan om tillstånd 0", "Tillstånd.")
	var used []*eservice.EService
	for i := range 3 {
		used = append(used, w.service(w.abroad, fmt.Sprintf("Ansökan om tillstånd A%d", i), "Tillstånd.", func(e *eservice.EService) { e.Published = false }))
	}
	w.fill(like, 300)
	last := w.service(w.abroad, "Övrig ansökan om tillstånd", "Tillstånd.")
	month := date.New(2026, time.January, 1)
	for i, e := range append(used, last) {
		must(w.catalogue.RecordUsage(w.ctx, e.ID, []eservice.Usage{{Month: month, Cases: 12_000 - i, Source: "MANUAL"}}))(t)
	}
	// Of those without use: a fourth by chance, and of them the first by name.
	rows := must(w.data.Owner(t).Query(t.Context(), `SELECT x.name_sv FROM search_entry e JOIN e_service x ON x.id = e.object_id
		WHERE e.object_kind = 'e_service' AND x.published AND x.id <> $1 ORDER BY get_byte(uuid_send(x.id), 15) >= 4, get_byte(uuid_send(x.id), 15) >= 16,
		get_byte(uuid_send(x.id), 15) >= 64, x.name_sv COLLATE "C" LIMIT 199`, last.ID))(t)
	want := must(pgx.CollectRows(rows, pgx.RowTo[string]))(t)
	slices.Sort(want)
	want = append([]string{last.NameSv}, want...)
	session := w.db.Session()
	defer session.Close()
	now := must(session.Present(t.Context()))(t)
	for _, many := range [][2]int{{1000, 1000}, {-1, 1000}, {1000, 50}, {-1, 50}} {
		w.search.SetMany(many[0], many[1])
		for _, query := range []string{"tillstånd", "ansökan tillst", "a", "an"} {
			var names []string
			args := page.Args{First: new(100)}
			for {
				c := must(w.search.Search(t.Context(), now, query, search.Filter{Kinds: []string{"E_SERVICE"}}, args))(t)
				for _, h := range c.Nodes() {
					names = append(names, h.Title.Text)
				}
				if !c.PageInfo.HasNextPage {
					if most := must(c.TotalIsMost(t.Context()))(t); !most {
						t.Errorf("%q does not say that there may be more", query)
					}
					break
				}
				args.After = c.PageInfo.EndCursor
			}
			if strings.HasPrefix("ansökan", query) { // by their beginning, as one does not
				if len(names) != search.Most || slices.Contains(names, last.NameSv) || !slices.IsSorted(names) {
					t.Errorf("many %v, %q: %q", many, query, names)
				}
				begun := slices.DeleteFunc(slices.Clone(want), func(name string) bool { return name == last.NameSv })
				if missing := slices.DeleteFunc(begun, func(name string) bool { return slices.Contains(names, name) }); len(missing) > 0 {
					t.Errorf("many %v, %q: lacks %q", many, query, missing)
				}
				continue
			}
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("many %v, %q (-want +got):\n%s", many, query, diff)
			}
		}
	}
}

// What a search sets for its own statements is no longer set for the next.
func TestASearchLeavesNothingSet(t *testing.T) {
	w := newWorld(t)
	session := w.db.Session()
	defer session.Close()
	now := must(session.Present(t.Context()))(t)
	set := func() []string {
		return must(postgres.Values[string](t.Context(), now, "SELECT s.name || ' ' || s.setting FROM pg_settings s WHERE s.name IN ('plan_cache_mode', 'enable_seqscan') ORDER BY 1", nil))(t)
	}
	before := set()
	c := must(w.search.Search(t.Context(), now, "kontaktcenter", search.Filter{}, page.Args{}))(t)
	must(c.TotalCount(t.Context()))(t)
	must(w.catalogue.List(t.Context(), now, eservice.Filter{Search: "bygglov"}, "NAME", false, page.Args{}))(t)
	if diff := cmp.Diff(before, set()); diff != "" {
		t.Errorf("a search leaves set (-before +after):\n%s", diff)
	}
}
