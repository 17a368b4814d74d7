package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/observe"
)

// records reads what a JSON logger wrote, without the time.
func records(t *testing.T, b *bytes.Buffer) []map[string]any {
	t.Helper()
	var all []map[string]any
	for d := json.NewDecoder(b); d.More(); {
		var record map[string]any
		if err := d.Decode(&record); err != nil {
			t.Fatal(err)
		}
		delete(record, "time")
		all = append(all, record)
	}
	return all
}

func requestContext(id string) context.Context {
	r := observe.NewRequest(id)
	r.SetCaller("user:7")
	r.SetOperation("Projekt", "query")
	return observe.With(context.Background(), r)
}

func TestRecordsCarryTheRequestTheyBelongTo(t *testing.T) {
	var out bytes.Buffer
	logger := observe.NewLogger(&out, slog.LevelInfo, "json")
	ctx := requestContext("request-1")
	logger.InfoContext(ctx, "plain")
	logger.With("a", 1).WithGroup("").WithGroup("g").With("b", 2).InfoContext(ctx, "grouped", "c", 3)
	logger.InfoContext(observe.With(ctx, observe.NewRequest("job-000001")), "only the id is known")
	logger.Info("outside")
	logger.DebugContext(ctx, "below the level")

	of := func(record map[string]any) map[string]any {
		record["level"], record["request_id"], record["caller"] = "INFO", "request-1", "user:7"
		record["operation"], record["operation_type"] = "Projekt", "query"
		return record
	}
	want := []map[string]any{
		of(map[string]any{"msg": "plain"}),
		of(map[string]any{"msg": "grouped", "a": 1.0, "g": map[string]any{"b": 2.0, "c": 3.0}}),
		{"level": "INFO", "msg": "only the id is known", "request_id": "job-000001"},
		{"level": "INFO", "msg": "outside"},
	}
	if diff := cmp.Diff(want, records(t, &out)); diff != "" {
		t.Errorf("the records (-want +got):\n%s", diff)
	}
}

func TestTheTextFormatHasTheSameAttributes(t *testing.T) {
	var out bytes.Buffer
	observe.NewLogger(&out, slog.LevelDebug, "text").DebugContext(requestContext("request-1"), "hej", "password", "canary")
	if got := out.String(); !strings.HasSuffix(got, "level=DEBUG msg=hej password=*** request_id=request-1 caller=user:7 operation=Projekt operation_type=query\n") {
		t.Errorf("the line is %s", got)
	}
}

type credentials struct{ user string }

func (c credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", c.user), slog.String("db_password", "canary"))
}

func TestAttributesNamedLikeSecretsAreMasked(t *testing.T) {
	var out bytes.Buffer
	logger := observe.NewLogger(&out, slog.LevelInfo, "json")
	logger.With("Authorization", "Bearer canary").Info("log",
		"Set-Cookie", http.Header{"Set-Cookie": {"canary"}},
		"accessToken", []byte("canary"),
		"client-secret", 4711,
		"login", credentials{"user:7"},
		slog.Group("headers", "X-Api-Key", "canary", "Accept", "*/*"),
		slog.Group("tokens", "first", "canary"))
	want := []map[string]any{{
		"level": "INFO", "msg": "log",
		"Authorization": "***", "Set-Cookie": "***", "accessToken": "***", "client-secret": "***",
		"login":   map[string]any{"user": "user:7", "db_password": "***"},
		"headers": map[string]any{"X-Api-Key": "***", "Accept": "*/*"},
		"tokens":  map[string]any{"first": "***"},
	}}
	if diff := cmp.Diff(want, records(t, &out)); diff != "" {
		t.Errorf("the records (-want +got):\n%s", diff)
	}
}

func TestOutsideARequestTheRecordIsEmptyAndForgets(t *testing.T) {
	ctx := context.Background()
	observe.From(ctx).SetCaller("user:7")
	observe.From(observe.With(ctx, nil)).SetOperation("A", "query")
	r := observe.From(ctx)
	if name, kind := r.Operation(); r.ID() != "" || r.Caller() != "" || name != "" || kind != "" {
		t.Errorf("the record is %q %q %q %q, want it empty", r.ID(), r.Caller(), name, kind)
	}
}

func TestARecordMayBeUsedByManyAtOnce(t *testing.T) {
	logger := observe.NewLogger(&bytes.Buffer{}, slog.LevelInfo, "json")
	ctx := requestContext("request-1")
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			for range 100 {
				observe.From(ctx).SetCaller("user:8")
				observe.From(ctx).SetOperation("Mål", "mutation")
				logger.WithGroup("g").InfoContext(ctx, "at once", "caller", observe.From(ctx).Caller())
			}
		})
	}
	done.Wait()
	if name, kind := observe.From(ctx).Operation(); observe.From(ctx).Caller() != "user:8" || name != "Mål" || kind != "mutation" {
		t.Error("what was set last is lost")
	}
}
