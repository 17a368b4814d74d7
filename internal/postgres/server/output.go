package server

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// tailLines is how many of a program's last lines an error message quotes.
const tailLines = 10

// output takes what initdb or postgres prints: it logs each line at debug level
// and keeps the last ones for an error message.
type output struct {
	log *slog.Logger

	mu   sync.Mutex
	part []byte // a line that has not ended yet
	last []string
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.part = append(o.part, p...)
	for {
		line, rest, ended := bytes.Cut(o.part, []byte("\n"))
		if !ended {
			return len(p), nil
		}
		o.part = bytes.Clone(rest)
		if text := strings.TrimSpace(string(line)); text != "" {
			o.log.Debug("postgresql", "line", text)
			o.last = append(o.last, text)
			o.last = o.last[max(0, len(o.last)-tailLines):]
		}
	}
}

// tail gives the last lines, separated by " / ".
func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := o.last[:len(o.last):len(o.last)]
	if len(o.part) > 0 {
		lines = append(lines, string(o.part))
	}
	return strings.Join(lines, " / ")
}
