package observe_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"fardplan/internal/observe"
)

func scrape(m *observe.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func expect(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
}

func TestTheMetricsTellOfBuildRuntimeAndProcess(t *testing.T) {
	expect(t, scrape(observe.NewMetrics("1.2.3")),
		`fardplan_build_info{go_version="go`, `version="1.2.3"} 1`, "go_goroutines ", "process_cpu_seconds_total ")
}

func TestOperationsAreTimedByNameAndCode(t *testing.T) {
	m := observe.NewMetrics("")
	m.ObserveOperation("Projekt", "", 20*time.Millisecond)
	m.ObserveOperation("Projekt", "INVALID", time.Second)
	m.ObserveOperation("", "", time.Second)
	m.ObserveOperation("no name", "", time.Second)
	m.ObserveOperation(strings.Repeat("x", 65), "", time.Second)
	expect(t, scrape(m),
		`fardplan_graphql_operation_duration_seconds_bucket{code="OK",operation="Projekt",le="0.01"} 0`,
		`fardplan_graphql_operation_duration_seconds_bucket{code="OK",operation="Projekt",le="0.025"} 1`,
		`fardplan_graphql_operation_duration_seconds_count{code="INVALID",operation="Projekt"} 1`,
		`fardplan_graphql_operation_duration_seconds_count{code="OK",operation="anonymous"} 1`,
		`fardplan_graphql_operation_duration_seconds_count{code="OK",operation="other"} 2`)
}

func TestRunsOfJobsAreCounted(t *testing.T) {
	m := observe.NewMetrics("")
	m.ObserveJob("LINK_CHECK", "FAILED")
	m.ObserveJob("LINK_CHECK", "FAILED")
	expect(t, scrape(m), `fardplan_job_runs_total{job="LINK_CHECK",outcome="failed"} 2`)
}

func TestCallersCannotMakeSeriesWithoutEnd(t *testing.T) {
	m := observe.NewMetrics("")
	var done sync.WaitGroup
	for i := range 4 {
		done.Go(func() {
			for j := range 100 {
				m.ObserveOperation(fmt.Sprintf("Op%d_%d", i, j), "", time.Millisecond)
			}
		})
	}
	done.Wait()
	text := scrape(m)
	if n := strings.Count(text, "fardplan_graphql_operation_duration_seconds_count"); n != 101 {
		t.Errorf("there are %d series, want a hundred names and other", n)
	}
	expect(t, text, `fardplan_graphql_operation_duration_seconds_count{code="OK",operation="other"} 300`)
}

func TestEachPoolHasItsState(t *testing.T) {
	m := observe.NewMetrics("")
	state := observe.PoolStat{Acquired: 2, Idle: 3, Max: 10, Acquires: 40, Waits: 5, Waited: 1500 * time.Millisecond}
	if err := m.RegisterPool("main", func() observe.PoolStat { return state }); err != nil {
		t.Fatal(err)
	}
	if err := m.RegisterPool("past", func() observe.PoolStat { return observe.PoolStat{Max: 4} }); err != nil {
		t.Fatal(err)
	}
	if err := m.RegisterPool("main", func() observe.PoolStat { return state }); err == nil {
		t.Error("a pool's name can be taken twice")
	}
	state.Acquired = 7 // the state is that of the moment it is asked for
	expect(t, scrape(m),
		`fardplan_db_pool_acquired_connections{pool="main"} 7`, `fardplan_db_pool_idle_connections{pool="main"} 3`,
		`fardplan_db_pool_max_connections{pool="main"} 10`, `fardplan_db_pool_acquires_total{pool="main"} 40`,
		`fardplan_db_pool_waits_total{pool="main"} 5`, `fardplan_db_pool_acquire_seconds_total{pool="main"} 1.5`,
		`fardplan_db_pool_max_connections{pool="past"} 4`)
}
