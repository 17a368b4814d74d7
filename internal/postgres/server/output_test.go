package server

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestOutputLogsEveryLineAndKeepsTheLast(t *testing.T) {
	var logged bytes.Buffer
	o := &output{log: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for i := range 20 {
		fmt.Fprintf(o, "line %d\n\n", i)
	}
	fmt.Fprint(o, "half ")
	fmt.Fprint(o, "a line")
	if got, want := o.tail(), "line 10 / line 11 / line 12 / line 13 / line 14 / line 15 / line 16 / line 17 / line 18 / line 19 / half a line"; got != want {
		t.Errorf("got %s", got)
	}
	if got := strings.Count(logged.String(), "msg=postgresql"); got != 20 {
		t.Errorf("%d lines are logged", got)
	}
}
