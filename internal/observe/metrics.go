package observe

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxOperations is how many operation names the metrics tell apart. Callers
// choose the names, and each one costs memory for as long as the process runs.
const maxOperations = 100

// Metrics is what Prometheus reads. Each value has a registry of its own.
type Metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.CounterVec
	operations *prometheus.HistogramVec
	jobs       *prometheus.CounterVec

	mu    sync.Mutex
	names map[string]bool // operation names that have a series of their own
}

// NewMetrics gives the metrics of a server of this version: its build, the Go
// runtime, the process, HTTP requests and GraphQL operations.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fardplan_http_requests_total",
			Help: "HTTP requests by the route that matched and the class of the status, or aborted.",
		}, []string{"route", "status"}),
		operations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "fardplan_graphql_operation_duration_seconds",
			Help:    "Time of GraphQL operations by name and code; OK when there was no error.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"operation", "code"}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fardplan_job_runs_total",
			Help: "Runs of background jobs by job and how they ended: done, failed or stopped.",
		}, []string{"job", "outcome"}),
		names: map[string]bool{},
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "fardplan_build_info",
		Help: "Always 1; the labels tell which build this is.",
	}, []string{"version", "go_version"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.requests, m.operations, m.jobs, build,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers with the metrics, on an address that only the operator's
// network reaches.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

func (m *Metrics) observeRequest(route string, status int, aborted bool) {
	class := strconv.Itoa(status/100) + "xx"
	if aborted {
		class = "aborted"
	}
	m.requests.WithLabelValues(cmp.Or(route, "other"), class).Inc()
}

// ObserveJob counts a run of a background job that ended with the outcome.
func (m *Metrics) ObserveJob(job, outcome string) {
	m.jobs.WithLabelValues(job, strings.ToLower(outcome)).Inc()
}

// operationName is a name of GraphQL, of a length that people read.
var operationName = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]{0,63}$`)

// ObserveOperation counts an operation that took so long. The code is that of
// its first error, and empty when there was none; it must come from a fixed
// set. Operations without a name are counted as "anonymous"; names that are no
// names, and new names after the first hundred, as "other".
func (m *Metrics) ObserveOperation(name, code string, took time.Duration) {
	m.operations.WithLabelValues(m.series(name), cmp.Or(code, "OK")).Observe(took.Seconds())
}

func (m *Metrics) series(name string) string {
	if name == "" {
		return "anonymous"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.names[name] {
		if len(m.names) >= maxOperations || !operationName.MatchString(name) {
			return "other"
		}
		m.names[name] = true
	}
	return name
}

// PoolStat is the state of a pool of database connections.
type PoolStat struct {
	Acquired, Idle, Max int           // connections in use, waiting for use, and the most there may be
	Acquires            int64         // connections handed out since start
	Waits               int64         // how many of them had to be waited for
	Waited              time.Duration // how long all of them took
}

// RegisterPool adds the state of a pool to the metrics under the label
// pool=name; stat is asked each time they are read, also by several readers at
// once. The error says that the name is taken.
func (m *Metrics) RegisterPool(name string, stat func() PoolStat) error {
	if err := m.registry.Register(newPoolCollector(name, stat)); err != nil {
		return fmt.Errorf("register the metrics of pool %q: %w", name, err)
	}
	return nil
}

type poolCollector struct {
	stat func() PoolStat
	rows []poolRow
}

type poolRow struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(PoolStat) float64
}

func newPoolCollector(name string, stat func() PoolStat) *poolCollector {
	row := func(metric, help string, kind prometheus.ValueType, value func(PoolStat) float64) poolRow {
		labels := prometheus.Labels{"pool": name}
		return poolRow{prometheus.NewDesc("fardplan_db_pool_"+metric, help, nil, labels), kind, value}
	}
	return &poolCollector{stat, []poolRow{
		row("acquired_connections", "Connections in use.", prometheus.GaugeValue,
			func(s PoolStat) float64 { return float64(s.Acquired) }),
		row("idle_connections", "Connections waiting for use.", prometheus.GaugeValue,
			func(s PoolStat) float64 { return float64(s.Idle) }),
		row("max_connections", "The most connections there may be.", prometheus.GaugeValue,
			func(s PoolStat) float64 { return float64(s.Max) }),
		row("acquires_total", "Connections handed out.", prometheus.CounterValue,
			func(s PoolStat) float64 { return float64(s.Acquires) }),
		row("waits_total", "Connections that had to be waited for.", prometheus.CounterValue,
			func(s PoolStat) float64 { return float64(s.Waits) }),
		row("acquire_seconds_total", "Time that handing out connections took.", prometheus.CounterValue,
			func(s PoolStat) float64 { return s.Waited.Seconds() }),
	}}
}

// Describe tells Prometheus which metrics come.
func (c *poolCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, r := range c.rows {
		descs <- r.desc
	}
}

// Collect asks the pool once, so that its numbers belong together.
func (c *poolCollector) Collect(metrics chan<- prometheus.Metric) {
	s := c.stat()
	for _, r := range c.rows {
		metrics <- prometheus.MustNewConstMetric(r.desc, r.kind, r.value(s))
	}
}
