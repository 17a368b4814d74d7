package observe

import (
	"context"
	"log/slog"
	"sync"
)

// Request is what is known of the request under way. It is filled in as the
// request passes through the server, by whoever finds something out, and is
// read when something is logged. It is safe for use by several goroutines.
type Request struct {
	id string

	mu            sync.Mutex
	caller        string
	operation     string
	operationType string
	pattern       string
}

type contextKey struct{}

// NewRequest gives a record with an identity, for work that no HTTP request
// began, such as a nightly job.
func NewRequest(id string) *Request { return &Request{id: id} }

// With gives a context that carries r.
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// From gives the record of the request that ctx belongs to. Outside a request
// it gives an empty record, and what is set in it is forgotten.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(contextKey{}).(*Request); ok && r != nil {
		return r
	}
	return &Request{}
}

// ID is the request's identity, also sent as X-Request-Id; empty outside a
// request.
func (r *Request) ID() string { return r.id }

// Caller is who asks, as set by SetCaller; empty when nobody has signed in.
func (r *Request) Caller() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.caller
}

// SetCaller says who asks: the id of a user or token, never a name or an
// e-mail address, for it is logged.
func (r *Request) SetCaller(caller string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.caller = caller
}

// Operation is the GraphQL operation's name and its type: query, mutation or
// subscription. Both are empty when no operation has been understood.
func (r *Request) Operation() (name, operationType string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.operation, r.operationType
}

// SetOperation says which operation the request asks for; name is empty for
// an anonymous one. Of a name that nobody would read, the first 64 characters
// are kept.
func (r *Request) SetOperation(name, operationType string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.operation, r.operationType = short(name, 64), operationType
}

// short gives at most n characters of what a caller wrote, for the log.
func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

func (r *Request) setPattern(pattern string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pattern = pattern
}

func (r *Request) matched() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pattern
}

// attrs are the parts that are known, as a log record has them.
func (r *Request) attrs() []slog.Attr {
	r.mu.Lock()
	defer r.mu.Unlock()
	var attrs []slog.Attr
	for _, a := range []slog.Attr{
		slog.String("request_id", r.id),
		slog.String("caller", r.caller),
		slog.String("operation", r.operation),
		slog.String("operation_type", r.operationType),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	return attrs
}
