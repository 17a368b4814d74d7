// Package app puts the parts together: from a database to services, to the handler
// that answers requests, and to the server that runs it. The program and the tests
// run the same.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/rs/cors"

	"fardplan/frontend"
	"fardplan/graph"
	"fardplan/internal/access"
	"fardplan/internal/audit"
	"fardplan/internal/collaboration"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/link"
	"fardplan/internal/linkcheck"
	"fardplan/internal/meeting"
	"fardplan/internal/observe"
	"fardplan/internal/openeplatform"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/reorganisation"
	"fardplan/internal/search"
	"fardplan/internal/signin"
	"fardplan/internal/strategy"
	"fardplan/internal/text"
	"fardplan/internal/thread"
	"fardplan/internal/token"
	"fardplan/internal/user"
	"fardplan/migrations"
)

// Services are the domains over one database.
type Services struct {
	DB           *postgres.DB
	Policy       access.Policy
	Journal      *history.Journal
	Gaps         *gap.Service
	Search       *search.Service
	Organisation *organisation.Service
	EServices    *eservice.Service
	Links        *link.Service
	Reorganise   *reorganisation.Service
	Tokens       *token.Service
	Users        *user.Service

	Decisions     *decision.Service
	Documents     *document.Service
	Audits        *audit.Service
	Collaboration *collaboration.Service
	Strategy      *strategy.Service
	Threads       *thread.Service
	Meetings      *meeting.Service
	Drafts        *draft.Service
}

// GapRules are the rules of all domains.
func GapRules() []gap.Rule {
	return slices.Concat(organisation.GapRules(), eservice.GapRules(), link.GapRules(),
		decision.GapRules(), document.GapRules(), audit.GapRules(), collaboration.GapRules(), strategy.GapRules())
}

// GapObjects are the records of all domains that gaps are about.
func GapObjects() []gap.Object {
	return slices.Concat(organisation.GapObjects(), eservice.GapObjects(),
		decision.GapObjects(), document.GapObjects(), audit.GapObjects(), collaboration.GapObjects(), strategy.GapObjects())
}

// SearchSources are what is searched of all domains.
func SearchSources() []search.Source {
	return slices.Concat(organisation.SearchSources(), eservice.SearchSources(),
		decision.SearchSources(), document.SearchSources(), audit.SearchSources(), collaboration.SearchSources(), strategy.SearchSources())
}

// NewServices puts the domains over a database. The rules are GapRules, but for tests
// that take one away.
func NewServices(db *postgres.DB, policy access.Policy, rules []gap.Rule) *Services {
	journal := &history.Journal{DB: db}
	gaps := &gap.Service{
		Rules: rules, Objects: GapObjects(), Journal: journal, Policy: policy,
	}
	found := &search.Service{Sources: SearchSources(), Journal: journal, Policy: policy}
	journal.Keep = []history.Keeper{gaps.Keep, found.Keep}
	keeper := record.Keeper{Journal: journal, Policy: policy}
	catalogue := &eservice.Service{Journal: journal, Policy: policy, Gaps: gaps, Search: found}
	documents, plans := &document.Service{Keeper: keeper}, &strategy.Service{Keeper: keeper}
	joint := &collaboration.Service{Keeper: keeper, Gaps: gaps, Catalogue: catalogue}
	return &Services{
		DB: db, Policy: policy, Journal: journal, Gaps: gaps, Search: found,
		Organisation: &organisation.Service{Journal: journal, Policy: policy, HandOver: reorganisation.HandOver},
		EServices:    catalogue,
		Links:        &link.Service{Journal: journal, Policy: policy, Catalogue: catalogue},
		Reorganise:   &reorganisation.Service{Journal: journal, Policy: policy, Gaps: gaps},
		Tokens:       &token.Service{Journal: journal, Policy: policy},
		Users:        &user.Service{Journal: journal, Policy: policy, Idle: 2 * time.Hour, Life: 12 * time.Hour},

		Decisions: &decision.Service{Keeper: keeper, Gaps: gaps}, Documents: documents, Audits: &audit.Service{Keeper: keeper},
		Collaboration: joint, Strategy: plans, Threads: &thread.Service{Keeper: keeper},
		Meetings: &meeting.Service{Policy: policy, Gaps: gaps},
		Drafts:   &draft.Service{Keeper: keeper, Kinds: slices.Concat(plans.Drafted(), joint.Drafted(), documents.Drafted())},
	}
}

// Options say how the application is served.
type Options struct {
	Limits        graph.Limits
	MaxBody       int64
	MaxUpload     int64
	Introspection bool
	Concurrent    int
	LoaderWait    time.Duration
	CORSOrigins   []string
	TrustedNets   []netip.Prefix
	AllowPrivate  bool // imports may fetch from private addresses
	DemoSignIn    bool // the demonstration's sign-in without a password
	Issuers       []*signin.Issuer
	PublicURL     string            // the address that browsers see
	SessionIdle   time.Duration     // zero for the services' own
	SessionLife   time.Duration     // likewise
	Links         linkcheck.Options // how links are asked; the clock is the database's
	Log           *slog.Logger
	Metrics       *observe.Metrics
}

// NewHandler serves the API, the pages and the health of the services.
func NewHandler(s *Services, o Options) (http.Handler, error) {
	s.Links.Options = o.Links
	resolver := &graph.Resolver{
		Links: s.Links,
		DB:    s.DB, Policy: s.Policy, Organisation: s.Organisation, EServices: s.EServices, Gaps: s.Gaps, Search: s.Search, Tokens: s.Tokens, People: s.Users, Reorganise: s.Reorganise,
		Decisions: s.Decisions, Documents: s.Documents, Audits: s.Audits, Joint: s.Collaboration, Strategy: s.Strategy, Threads: s.Threads, Meetings: s.Meetings, Drafts: s.Drafts,
		Jobs: Jobs(s, openeplatform.Options{AllowPrivate: o.AllowPrivate}), Runner: newRunner(s, o.Log),
		Fetch: openeplatform.Options{AllowPrivate: o.AllowPrivate}, LoaderWait: o.LoaderWait,
		Imports: make(chan struct{}, max(o.Concurrent/4, 1)),
	}
	pages, err := frontend.Handler()
	if err != nil {
		return nil, err
	}
	demo, err := newDemoSignIn(s, o)
	if err != nil {
		return nil, err
	}
	if o.SessionIdle > 0 && o.SessionLife > 0 {
		s.Users.Idle, s.Users.Life = o.SessionIdle, o.SessionLife
	}
	people, err := signin.New(signin.Options{
		Issuers: o.Issuers, PublicURL: o.PublicURL, DB: s.DB, Users: s.Users, Organisation: s.Organisation, Log: o.Log,
		English: func(r *http.Request) bool { return graph.LanguageOf(r.Header.Get("Accept-Language")) == text.English },
	})
	if err != nil {
		return nil, err
	}
	api := graph.NewHandler(resolver, graph.Options{
		Limits: o.Limits, MaxBody: o.MaxBody, MaxUpload: o.MaxUpload, Introspection: o.Introspection, Concurrent: o.Concurrent,
		Log: o.Log, Observe: o.Metrics.ObserveOperation, Address: func(r *http.Request) string { return clientAddress(r, o.TrustedNets) },
	})
	crossOrigin := cors.New(cors.Options{
		AllowOriginFunc: func(origin string) bool { return slices.Contains(o.CORSOrigins, origin) },
		AllowedMethods:  []string{http.MethodGet, http.MethodPost},
		AllowedHeaders:  []string{"Accept", "Accept-Language", "Authorization", "Content-Type", "X-Request-Id"},
		ExposedHeaders:  []string{"X-Request-Id"},
		MaxAge:          600,
	})
	mux := http.NewServeMux()
	mux.Handle("/graphql", crossOrigin.Handler(identify(s, people, demo, api)))
	mux.Handle("POST /demo/sign-in", http.HandlerFunc(demo.in))
	mux.Handle("POST /demo/sign-out", http.HandlerFunc(demo.out))
	people.Routes(mux)
	mux.Handle("GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") }))
	mux.Handle("GET /readyz", ready(s.DB, o.Log))
	mux.Handle("/", pages)
	return observe.Middleware(o.Log, o.Metrics)(safe(observe.Routes(mux))), nil
}

// safe adds the headers that every answer has.
func safe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// ready tells whether requests can be answered: the database answers and has every
// migration of this release.
func ready(db *postgres.DB, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := CheckSchema(ctx, db); err != nil {
			log.WarnContext(ctx, "not ready", "error", err)
			plain(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		if err := db.Ping(ctx); err != nil {
			log.WarnContext(ctx, "not ready", "error", err)
			plain(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		plain(w, http.StatusOK, "ready")
	})
}

// CheckSchema tells whether the database has every migration of this release. A newer
// database is fine: a release runs on the schema of the next one.
func CheckSchema(ctx context.Context, db *postgres.DB) error {
	has, err := db.Schema(ctx)
	if err != nil {
		return fmt.Errorf("ask the database for its migrations: %w", err)
	}
	want, err := migrations.Newest()
	if err != nil {
		return err
	}
	if has < want {
		return fmt.Errorf("the database has migration %d and needs %d: run fardplan migrate up", has, want)
	}
	return nil
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
