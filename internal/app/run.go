package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"fardplan/graph"
	"fardplan/internal/config"
	"fardplan/internal/fault"
	"fardplan/internal/job"
	"fardplan/internal/linkcheck"
	"fardplan/internal/observe"
	"fardplan/internal/openeplatform"
	"fardplan/internal/signin"
)

// loaderWait is how long loaders gather keys: longer than the fields of one level
// need to ask, shorter than anyone notices.
const loaderWait = 4 * time.Millisecond

// OptionsOf gives the options that the configuration asks for.
func OptionsOf(cfg config.Config, log *slog.Logger, metrics *observe.Metrics) Options {
	return Options{
		Limits: graph.Limits{
			Depth: cfg.MaxDepth, Aliases: cfg.MaxAliases, Cost: cfg.MaxCost, CostPerMinute: cfg.RateCost, Timeout: cfg.QueryTimeout,
		},
		MaxBody: int64(cfg.MaxBodyBytes), MaxUpload: int64(cfg.MaxUploadBytes), Introspection: cfg.Introspection, Concurrent: cfg.PoolSize, LoaderWait: loaderWait,
		CORSOrigins: cfg.CORSOrigins, TrustedNets: cfg.TrustedProxies, AllowPrivate: cfg.AllowPrivate, Links: LinksOf(cfg),
		DemoSignIn: cfg.Demo, PublicURL: string(cfg.PublicURL), SessionIdle: cfg.SessionIdle, SessionLife: cfg.SessionLife, Log: log, Metrics: metrics,
	}
}

// LinksOf says how links are asked with the configuration.
func LinksOf(cfg config.Config) linkcheck.Options {
	return linkcheck.Options{Contact: string(cfg.PublicURL), AllowPrivate: cfg.AllowPrivate}
}

// Serve answers requests until the context ends; then it lets those under way finish.
// started is told of the address once it listens.
func Serve(ctx context.Context, cfg config.Config, s *Services, log *slog.Logger, metrics *observe.Metrics, started func(address string)) error {
	options := OptionsOf(cfg, log, metrics)
	if cfg.OIDCFile != "" {
		issuers, err := signin.ReadIssuers(string(cfg.OIDCFile))
		if err != nil {
			return err
		}
		options.Issuers = issuers
	}
	handler, err := NewHandler(s, options)
	if err != nil {
		return err
	}
	for name, pool := range s.DB.Pools() {
		if err := metrics.RegisterPool(name, func() observe.PoolStat { return poolStat(pool.Stat()) }); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", string(cfg.Addr))
	if err != nil {
		return cannotListen("FARDPLAN_ADDR", string(cfg.Addr), err)
	}
	servers := map[*http.Server]net.Listener{newServer(handler, cfg): listener}
	if cfg.MetricsAddr != "" {
		l, err := net.Listen("tcp", string(cfg.MetricsAddr))
		if err != nil {
			_ = listener.Close()
			return cannotListen("FARDPLAN_METRICS_ADDR", string(cfg.MetricsAddr), err)
		}
		servers[newServer(metrics.Handler(), cfg)] = l
	}
	group, running := errgroup.WithContext(ctx)
	for server, l := range servers {
		group.Go(func() error {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		group.Go(func() error {
			<-running.Done()
			drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.ShutdownTimeout)
			defer cancel()
			if err := server.Shutdown(drain); err != nil {
				return fmt.Errorf("requests were cut off after %s: %w", cfg.ShutdownTimeout, err)
			}
			return nil
		})
	}
	runner := newRunner(s, log)
	runner.Ended = func(name string, outcome job.Outcome) { metrics.ObserveJob(name, string(outcome)) }
	for _, j := range Jobs(s, openeplatform.Options{AllowPrivate: cfg.AllowPrivate}) {
		group.Go(func() error { runner.Run(running, j); return nil })
	}
	started(listener.Addr().String())
	return group.Wait()
}

// cannotListen tells which setting names the address that is not to be had.
func cannotListen(variable, address string, cause error) error {
	return fault.Field(variable, "address_unavailable",
		fmt.Sprintf("Adressen %s går inte att lyssna på (%v). Stoppa programmet som använder den, eller välj en annan.", address, cause),
		fmt.Sprintf("The address %s cannot be listened on (%v). Stop the program that uses it, or choose another.", address, cause))
}

func newServer(h http.Handler, cfg config.Config) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: mutationTimeout(cfg.QueryTimeout) + 10*time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
}

func mutationTimeout(query time.Duration) time.Duration { return query * graph.MutationTimes }

func poolStat(s *pgxpool.Stat) observe.PoolStat {
	return observe.PoolStat{
		Acquired: int(s.AcquiredConns()), Idle: int(s.IdleConns()), Max: int(s.MaxConns()),
		Acquires: s.AcquireCount(), Waits: s.EmptyAcquireCount(), Waited: s.EmptyAcquireWaitTime(),
	}
}
