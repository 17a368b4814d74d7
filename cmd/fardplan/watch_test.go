package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"fardplan/internal/organisation"
)

// TestWatchTellsWhatHasChangedOnThePlatform looks at a small platform on some days: all
// is new, one has another name and one is gone, it answers with a web page.
func TestWatchTellsWhatHasChangedOnThePlatform(t *testing.T) {
	s := newSite(t, "FARDPLAN_ALLOW_PRIVATE_FETCH=true")
	p := s.serve()
	m, _ := s.settle()
	s.refused([]string{"watch"}, "Ingen sådan kommun har en adress till en e-tjänsteplattform", "No such municipality has the address")
	var answer atomic.Value
	answer.Store(document(t, flows(1, 4)))
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/getflows/json" {
			_, _ = w.Write(answer.Load().([]byte))
			return
		}
		http.NotFound(w, r)
	}))
	defer platform.Close()
	ctx, services, done := s.services()
	if _, err := services.Organisation.UpdateMunicipality(ctx, m.ID, m.Version, func(m *organisation.Municipality) { m.OepBaseURL = &platform.URL }); err != nil {
		t.Fatal(err)
	}
	done()
	for _, day := range []struct{ of, want string }{
		{"", "0581 4 e-tjänster i plattformen: 4 nya, 0 ändrade, 0 borta.\n     4 e-services on the platform: 4 new, 0 changed, 0 gone.\n"},
		{"the same", "0581 4 e-tjänster i plattformen: 0 nya, 0 ändrade, 0 borta.\n"},
		{"another", "0581 3 e-tjänster i plattformen: 0 nya, 1 ändrade, 1 borta.\n"},
	} {
		if day.of == "another" {
			next := flows(1, 3)
			next[0].Name = "Ansökan om skolkort"
			answer.Store(document(t, next))
		}
		if out := s.must("watch", "--municipality", "0581"); !strings.HasPrefix(out, day.want) {
			t.Errorf("%s day:\n%s, want\n%s", day.of, out, day.want)
		}
	}
	before := s.snapshot(p)
	answer.Store([]byte("<!doctype html><html><body>Logga in</body></html>"))
	s.refused([]string{"watch"}, "webbsida", "web page")
	s.refused([]string{"watch", "--municipality", "0582"}, "Ingen sådan kommun har en adress")
	if after := s.snapshot(p); after != before {
		t.Errorf("the changes went from %d to %d", before, after)
	}
	if out := s.must("jobs"); !strings.Contains(out, "PLATFORM_WATCH  0581") || !strings.Contains(out, "FAILED") || !strings.Contains(out, "webbsida") {
		t.Errorf("the jobs are\n%s", out)
	}
	if out := s.must("links", "check", "--municipality", "0581"); !strings.HasPrefix(out, "0581 0 adresser kontrollerade") {
		t.Errorf("the links are %s", out)
	}
	if out := s.must("jobs"); !strings.Contains(out, "LINK_CHECK") || !strings.Contains(out, "0 adresser kontrollerade") {
		t.Errorf("what was done by hand does not show among the jobs:\n%s", out)
	}
	secret, _ := s.token("READER", "READ")
	var kept struct{ TotalCount int }
	p.field(secret, "{ eServices { totalCount } }", nil, &kept)
	if kept.TotalCount != 0 {
		t.Errorf("the watch took %d e-services in", kept.TotalCount)
	}
}
