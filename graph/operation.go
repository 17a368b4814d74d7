package graph

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"fardplan/internal/postgres"
)

// operation is what one GraphQL operation reads: one snapshot of the present and one
// for each instant it asks for. A mutation's fields run in turn, and the answer of
// each is read after its own write.
type operation struct {
	resolver *Resolver

	mu      sync.Mutex
	root    string // the mutation field under way
	session *postgres.Session
	scopes  map[instant]*scope
}

// instant names a state: the present when at is zero.
type instant struct {
	at     time.Time
	change int64 // 0: the newest up to the instant
}

// scope is one state with its loaders.
type scope struct {
	*postgres.Snapshot
	load *loaders
}

type operationKey struct{}

// withOperation starts an operation's reading; the caller closes it.
func withOperation(ctx context.Context, r *Resolver) (context.Context, *operation) {
	o := &operation{resolver: r}
	return context.WithValue(ctx, operationKey{}, o), o
}

func (o *operation) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reset()
}

func (o *operation) reset() {
	if o.session != nil {
		o.session.Close()
	}
	o.session, o.scopes = nil, map[instant]*scope{}
}

// reading gives the state that the field being resolved is to be read from: that of
// the nearest asOf above it, else the present.
func reading(ctx context.Context) (*scope, error) {
	o := ctx.Value(operationKey{}).(*operation)
	return o.scope(ctx, above(ctx))
}

// above finds the nearest asOf above the field being resolved, or the later instant of
// what has changed between two.
func above(ctx context.Context) instant {
	for field := graphql.GetFieldContext(ctx); field != nil && field.Parent != nil; field = field.Parent {
		parent := field.Parent
		if parent.Object == "Query" && parent.Field.Field != nil && parent.Field.Name == "asOf" {
			return asked(parent.Args)
		}
		if parent.Object == "Query" && parent.Field.Field != nil && parent.Field.Name == "sinceMeeting" {
			if to, _ := parent.Args["to"].(*time.Time); to != nil {
				return instant{at: *to}
			}
		}
	}
	return instant{}
}

// asked reads the arguments of asOf.
func asked(args map[string]any) instant {
	at, _ := args["at"].(time.Time)
	i := instant{at: at}
	if change, ok := args["change"].(*int); ok && change != nil {
		i.change = int64(*change)
	}
	return i
}

// rootField names the field of the operation that the context lies under.
func rootField(ctx context.Context) string {
	name := ""
	for field := graphql.GetFieldContext(ctx); field != nil; field = field.Parent {
		if field.Object == "Mutation" && field.Field.Field != nil {
			name = field.Field.Alias
		}
	}
	return name
}

func (o *operation) scope(ctx context.Context, i instant) (*scope, error) {
	root := rootField(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.session == nil || o.root != root {
		o.reset()
		o.root, o.session = root, o.resolver.DB.Session()
	}
	if s, ok := o.scopes[i]; ok {
		return s, nil
	}
	var snapshot *postgres.Snapshot
	var err error
	if i.at.IsZero() {
		snapshot, err = o.session.Present(ctx)
	} else {
		var change *int64
		if i.change != 0 {
			change = &i.change
		}
		snapshot, err = o.session.AsOf(ctx, i.at, change)
	}
	if err != nil {
		return nil, err
	}
	s := &scope{Snapshot: snapshot}
	s.load = newLoaders(o.resolver, s)
	o.scopes[i] = s
	return s, nil
}
