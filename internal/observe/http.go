package observe

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"
)

const requestIDHeader = "X-Request-Id"

// acceptable is what a caller's own request id must look like; anything else
// could forge log lines or fill them.
var acceptable = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// Middleware gives each request its record and its id, which a caller may
// choose in X-Request-Id and reads in the response. When the request is done it
// logs one line through logger, which should come from NewLogger, and counts
// the request in metrics. The line has the method, path, status, bytes and
// milliseconds, and never the query string, the headers or the body. Status 0
// means that the connection was cut before the response began.
//
// A panic is logged with its stack and becomes status 500; when the response
// has begun, the connection is cut instead, so that nobody takes half of it
// for the whole. Put the middleware outermost, and Routes around the mux.
func Middleware(logger *slog.Logger, metrics *Metrics) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := r.Header.Get(requestIDHeader)
			if !acceptable.MatchString(id) {
				id = rand.Text()
			}
			record := NewRequest(id)
			ctx := With(r.Context(), record)
			w.Header().Set(requestIDHeader, id)
			out := &response{ResponseWriter: w}
			start := time.Now()

			defer func() {
				abort := recovered(ctx, logger, out, recover())
				status := out.status
				if status == 0 && !abort {
					status = http.StatusOK // what net/http sends for a handler that wrote nothing
				}
				level := slog.LevelInfo
				if status >= 500 || abort {
					level = slog.LevelError
				}
				logger.LogAttrs(ctx, level, "request",
					slog.String("method", r.Method),
					slog.String("path", short(r.URL.Path, 256)),
					slog.Int("status", status),
					slog.Int64("bytes", out.bytes),
					slog.Float64("duration_ms", float64(time.Since(start).Microseconds())/1000),
					slog.Bool("aborted", abort))
				metrics.observeRequest(record.matched(), status, abort)
				if abort {
					panic(http.ErrAbortHandler)
				}
			}()
			next.ServeHTTP(out, r.WithContext(ctx))
		})
	}
}

// Routes serves by mux and notes the pattern that matched in the request's
// record, for the metrics; a mux keeps it in its own copy of the request,
// which middlewares in between hide.
func Routes(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		From(r.Context()).setPattern(pattern)
		mux.ServeHTTP(w, r)
	})
}

// recovered answers for a handler that panicked with cause, if it did, and
// says whether the connection has to be cut.
func recovered(ctx context.Context, logger *slog.Logger, out *response, cause any) (abort bool) {
	if cause == nil {
		return false
	}
	if cause == http.ErrAbortHandler {
		return true // the handler's own wish
	}
	logger.LogAttrs(ctx, slog.LevelError, "panic",
		slog.String("cause", fmt.Sprint(cause)), slog.String("stack", string(debug.Stack())))
	if out.status != 0 {
		return true
	}
	header := out.Header()
	for _, name := range []string{"Content-Encoding", "Content-Length", "Etag", "Last-Modified"} {
		header.Del(name) // they described the response that did not come
	}
	header.Set("Cache-Control", "no-store")
	http.Error(out, "Något gick fel hos oss. Försök igen, och uppge numret nedan om felet består.\n"+
		"Something went wrong on our side. Try again, and give the number below if it happens again.\n"+
		From(ctx).ID(), http.StatusInternalServerError)
	return false
}

// response counts what is written.
type response struct {
	http.ResponseWriter
	status int // 0 until the response has begun
	bytes  int64
}

// WriteHeader notes the final status; informational ones come before it.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes of the body.
func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Flush sends what has been written, for those who ask for an http.Flusher.
func (w *response) Flush() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	// A writer that cannot flush sends in its own time.
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
