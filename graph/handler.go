package graph

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"golang.org/x/text/language"

	"fardplan/graph/gen"
	"fardplan/internal/fault"
	"fardplan/internal/observe"
	"fardplan/internal/text"
)

// Options say how the API is served.
type Options struct {
	Limits        Limits
	MaxBody       int64 // of a request, in bytes
	MaxUpload     int64 // likewise of one who is signed in, who may send files
	Introspection bool
	// Concurrent is how many operations run at once; the others wait. Each takes at
	// most one connection of each pool, so that they never wait for each other.
	Concurrent int
	Log        *slog.Logger
	// Observe is told of each operation; nil for nobody.
	Observe func(operation, code string, took time.Duration)
	// Address gives the address that a request comes from, for the rate of those who
	// are not signed in.
	Address func(*http.Request) string
}

// maxTokens bounds the length of a query in words, against slow parsing.
const maxTokens = 15_000

// MutationTimes is how many times the time of a query a mutation may take: an import
// is fetched, compared and saved in one.
const MutationTimes = 12

// NewHandler serves the API. The caller of each request is in its context.
func NewHandler(r *Resolver, o Options) http.Handler {
	server := handler.New(gen.NewExecutableSchema(gen.Config{Schema: served(), Resolvers: r}))
	server.AddTransport(transport{maxBody: o.MaxBody, maxUpload: o.MaxUpload})
	server.SetQueryCache(lru.New[*ast.QueryDocument](500))
	server.SetParserTokenLimit(maxTokens)
	server.SetErrorPresenter(presenter(o.Log))
	server.SetRecoverFunc(recovered(o.Log))
	if o.Introspection {
		server.Use(extension.Introspection{})
	}
	server.Use(&limiter{limits: o.Limits})
	server.AroundFields(splitFaults)
	slots := make(chan struct{}, o.Concurrent)
	server.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		op := graphql.GetOperationContext(ctx)
		if op.Operation == nil { // it could not be read: there is nothing to run
			return next(ctx)
		}
		begun := time.Now()
		observe.From(ctx).SetOperation(op.Operation.Name, string(op.Operation.Operation))
		timeout := o.Limits.Timeout
		if op.Operation.Operation == ast.Mutation {
			timeout *= MutationTimes
		}
		answer := run(ctx, r, slots, timeout, next)
		if o.Observe != nil {
			o.Observe(op.Operation.Name, firstCode(answer), time.Since(begun))
		}
		return answer
	})
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := withLanguage(req.Context(), LanguageOf(req.Header.Get("Accept-Language")))
		ctx = context.WithValue(ctx, addressKey{}, o.Address(req))
		server.ServeHTTP(w, req.WithContext(ctx))
	})
}

// served is the schema without what gqlgen offers and the transport does not: an answer
// comes whole, so that nothing of it can be deferred.
func served() *ast.Schema {
	schema := *gen.NewExecutableSchema(gen.Config{}).Schema()
	schema.Directives = maps.Clone(schema.Directives)
	delete(schema.Directives, "defer")
	return &schema
}

// run answers an operation when there is room for it, within its time.
func run(ctx context.Context, r *Resolver, slots chan struct{}, timeout time.Duration, next graphql.ResponseHandler) *graphql.Response {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		busy := fault.New(fault.Limited, "Många frågar samtidigt just nu. Försök igen om en stund.", "Many are asking right now. Try again in a moment.")
		return &graphql.Response{Errors: gqlerror.List{{Message: message(ctx, busy), Extensions: extensions(busy)}}}
	}
	ctx, op := withOperation(ctx, r)
	defer op.close()
	return next(ctx)
}

// firstCode gives the code of an answer's first error; empty without one.
func firstCode(answer *graphql.Response) string {
	if answer == nil || len(answer.Errors) == 0 {
		return ""
	}
	var f *fault.Error
	if errors.As(answer.Errors[0], &f) {
		return string(f.Code)
	}
	code, _ := answer.Errors[0].Extensions["code"].(string)
	return code
}

type addressKey struct{}

func addressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

var languages = language.NewMatcher([]language.Tag{language.Swedish, language.English})

// LanguageOf chooses the language of texts by the header Accept-Language, Swedish first.
func LanguageOf(header string) text.Language {
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil || strings.TrimSpace(header) == "" {
		return text.Swedish
	}
	if _, i, confidence := languages.Match(wanted...); i == 1 && confidence > language.No {
		return text.English
	}
	return text.Swedish
}
