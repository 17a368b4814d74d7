package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"fardplan/internal/fault"
	"fardplan/internal/text"
)

type languageKey struct{}

// withLanguage puts the language that texts of errors are to be in.
func withLanguage(ctx context.Context, l text.Language) context.Context {
	return context.WithValue(ctx, languageKey{}, l)
}

// message gives a fault's text in the request's language, Swedish first.
func message(ctx context.Context, f *fault.Error) string {
	if l, _ := ctx.Value(languageKey{}).(text.Language); l == text.English {
		return f.En
	}
	return f.Sv
}

// splitFaults lets every fault of a field be an error of its own.
func splitFaults(ctx context.Context, next graphql.Resolver) (any, error) {
	value, err := next(ctx)
	all := fault.All(err)
	if len(all) < 2 {
		return value, err
	}
	for _, f := range all[:len(all)-1] {
		graphql.AddError(ctx, f)
	}
	return value, all[len(all)-1]
}

// presenter writes an error as clients see it. A fault keeps its code, field and
// text; what the GraphQL language refuses is INVALID; anything else is logged and told
// as INTERNAL, without its text.
func presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := &gqlerror.Error{Path: graphql.GetPath(ctx)}
		var known *gqlerror.Error
		if errors.As(err, &known) {
			shown.Path, shown.Locations = known.Path, known.Locations
		}
		var f *fault.Error
		switch {
		case errors.As(err, &f):
			if f.Field == "" {
				f = f.At(inputField(shown.Path))
			}
		case known != nil && known.Err == nil:
			return refused(known)
		case errors.Is(err, context.DeadlineExceeded):
			f = fault.New(fault.Limited, "Frågan tog för lång tid. Fråga efter mindre åt gången.", "The query took too long. Ask for less at a time.")
		case errors.Is(err, context.Canceled):
			f = fault.New(fault.Limited, "Frågan avbröts.", "The query was cancelled.")
		default:
			log.ErrorContext(ctx, "a field failed", "error", err, "path", shown.Path.String())
			f = internal()
		}
		shown.Message = message(ctx, f)
		shown.Extensions = extensions(f)
		return shown
	}
}

func internal() *fault.Error {
	return fault.New(fault.Internal,
		"Något gick fel hos oss. Försök igen; hjälper det inte, ange svarets X-Request-Id till den som driftar Färdplan.",
		"Something went wrong on our side. Try again; if that does not help, give the answer's X-Request-Id to whoever runs Färdplan.")
}

// inputField gives the place within an input that the path of a value that could not be
// read ends with; empty for the path of an answer.
func inputField(path ast.Path) string {
	var names []string
	inside := false
	for _, element := range path {
		switch e := element.(type) {
		case ast.PathName:
			if inside {
				names = append(names, string(e))
			}
			inside = inside || e == "input" || e == "filter"
		case ast.PathIndex:
			if inside {
				names = append(names, strconv.Itoa(int(e)))
			}
		}
	}
	return strings.Join(names, ".")
}

// refused is an error of the GraphQL language: its own text says what and where.
func refused(known *gqlerror.Error) *gqlerror.Error {
	shown := *known
	shown.Extensions = map[string]any{"code": string(fault.Invalid)}
	if code, ok := known.Extensions["code"].(string); ok && code == errcode.ParseFailed {
		shown.Extensions["rule"] = "graphql_syntax"
	}
	return &shown
}

func extensions(f *fault.Error) map[string]any {
	e := map[string]any{"code": string(f.Code)}
	if f.Field != "" {
		e["field"] = f.Field
	}
	if f.Rule != "" {
		e["rule"] = f.Rule
	}
	if f.Current != nil {
		e["current"] = fieldsOf(f.Current)
	}
	return e
}

// atField gives the faults of err the field that they are of, where they have none.
func atField(err error, field string) error {
	all := fault.All(err)
	if len(all) == 0 {
		return err
	}
	var placed fault.List
	for _, f := range all {
		if f.Field == "" {
			f = f.At(field)
		}
		placed.Add(f)
	}
	return placed
}

// recovered turns a panic into an error, logged with where it happened.
func recovered(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, p any) error {
		log.ErrorContext(ctx, "a resolver panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		return internal()
	}
}
