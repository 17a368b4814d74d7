package search_test

import (
	"context"
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// measured is the address of a database that `fardplan demo --scale` has filled.
var measured = flag.String("measure", "", "measure searches on the database at this address")

// stopwatch sums the time of the statements.
type stopwatch struct{ spent time.Duration }

type begun struct{}

func (*stopwatch) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, begun{}, time.Now())
}

func (s *stopwatch) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	s.spent += time.Since(ctx.Value(begun{}).(time.Time))
}

// typedKeys are what is sent as people type, by what it is.
func typedKeys() map[string][]string {
	kinds := map[string][]string{
		"typing errors": {"byglov", "skolskjus", "parkerigstillstånd", "forskola", "hemtjanst", "ansökn", "tilstånd", "avlop"},
		"inside words":  {"lov", "tjänst", "skjuts", "avgift", "bidrag", "tillstånd"},
		"two words":     {"ansökan bygglov", "plats förskola", "bygglov norrköping", "anmälan avlopp", "bygg lov", "ansökan om"},
		"common words":  {"ansökan", "anmälan", "ansökan om", "bygglov", "skola"},
	}
	for _, word := range []string{"bygglov", "förskola", "skolskjuts", "ansökan", "parkering"} {
		runes := []rune(word)
		for n := 1; n <= len(runes); n++ {
			kinds["beginnings"] = append(kinds["beginnings"], string(runes[:n]))
		}
	}
	return kinds
}

// BenchmarkTyping prints the database's time for each kind of typing. Run it by
//
//	go test ./internal/search -run '^$' -bench Typing -benchtime 1x -measure ADDRESS
func BenchmarkTyping(b *testing.B) {
	if *measured == "" {
		b.Skip("give -measure the address of a database that fardplan demo --scale has filled")
	}
	watch := &stopwatch{}
	db, err := postgres.Open(b.Context(), postgres.Options{URL: *measured, Pool: 1, Tracer: watch})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s := &search.Service{Sources: slices.Concat(organisation.SearchSources(), eservice.SearchSources())}
	var all []time.Duration
	report := func(kind string, times []time.Duration) {
		slices.Sort(times)
		b.Logf("%-14s %3d searches: p50 %6.1f ms, p95 %6.1f ms, most %6.1f ms", kind, len(times), ms(times[len(times)/2]), ms(times[len(times)*95/100]), ms(times[len(times)-1]))
	}
	kinds := typedKeys()
	for _, kind := range []string{"beginnings", "typing errors", "inside words", "two words", "common words"} {
		var times []time.Duration
		for range 3 {
			for _, query := range kinds[kind] {
				session := db.Session()
				now, err := session.Present(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				watch.spent = 0
				ten := 10
				c, err := s.Search(b.Context(), now, query, search.Filter{}, page.Args{First: &ten})
				if err != nil {
					b.Fatal(err)
				}
				times = append(times, watch.spent)
				if watch.spent > 50*time.Millisecond {
					b.Logf("%q took %.1f ms for %d hits", query, ms(watch.spent), len(c.Edges))
				}
				session.Close()
			}
		}
		all = append(all, times...)
		report(kind, times)
	}
	report("all", all)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
