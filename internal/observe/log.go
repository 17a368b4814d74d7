// Package observe tells what the server does: structured logs that carry the
// request they belong to, one line for each request, and metrics for
// Prometheus. It knows HTTP but not GraphQL; what only GraphQL knows, such as
// the operation's name, is written into the request's record by those who do.
package observe

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// NewLogger gives a logger that writes to w from level and up, as "text" or
// else as JSON. Each record gets request_id, caller, operation and
// operation_type of the request in its context, those that are known. The
// values of attributes whose names speak of a secret, such as Authorization or
// db_password, are masked, also inside groups; a secret inside the text of a
// message or of another attribute is not found.
func NewLogger(w io.Writer, level slog.Leveler, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	var h slog.Handler = slog.NewJSONHandler(w, options)
	if format == "text" {
		h = slog.NewTextHandler(w, options)
	}
	return slog.New(&contextHandler{root: h, opened: h})
}

// contextHandler adds the request's attributes to each record. They belong
// at the record's top, so within groups the handler is built again from the
// root, with them first.
type contextHandler struct {
	root   slog.Handler
	opened slog.Handler                      // root after all steps
	steps  []func(slog.Handler) slog.Handler // the With and WithGroup calls, in order
	groups bool
}

// Enabled asks the handler underneath.
func (h *contextHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.root.Enabled(ctx, level)
}

// Handle writes the record with the attributes of the request in ctx.
func (h *contextHandler) Handle(ctx context.Context, record slog.Record) error {
	attrs := From(ctx).attrs()
	if len(attrs) == 0 {
		return h.opened.Handle(ctx, record)
	}
	if !h.groups {
		record = record.Clone()
		record.AddAttrs(attrs...)
		return h.opened.Handle(ctx, record)
	}
	next := h.root.WithAttrs(attrs)
	for _, step := range h.steps {
		next = step(next)
	}
	return next.Handle(ctx, record)
}

// WithAttrs gives a handler that adds attrs to each record.
func (h *contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(h.groups, func(next slog.Handler) slog.Handler { return next.WithAttrs(attrs) })
}

// WithGroup gives a handler that puts what follows in a group.
func (h *contextHandler) WithGroup(name string) slog.Handler {
	return h.with(h.groups || name != "", func(next slog.Handler) slog.Handler { return next.WithGroup(name) })
}

func (h *contextHandler) with(groups bool, step func(slog.Handler) slog.Handler) slog.Handler {
	return &contextHandler{h.root, step(h.opened), append(slices.Clip(h.steps), step), groups}
}

// masked stands for a value that is never logged.
const masked = "***"

// redact masks the attributes that secretName tells, and those in a group
// of such a name.
func redact(groups []string, a slog.Attr) slog.Attr {
	if secretName(a.Key) || slices.ContainsFunc(groups, secretName) {
		return slog.String(a.Key, masked)
	}
	return a
}

func secretName(name string) bool {
	plain := strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
	for _, word := range []string{"authorization", "cookie", "token", "password", "passwd", "secret", "credential", "apikey"} {
		if strings.Contains(plain, word) {
			return true
		}
	}
	return false
}
