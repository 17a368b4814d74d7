// Package office lets tests edit spreadsheets in LibreOffice, as people do.
package office

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"
)

// Job is a file with what is typed in its cells, by their place.
type Job struct {
	File  string            `json:"file"`
	Edits map[string]string `json:"edits"`
}

// Edit lets LibreOffice open each file, type in its cells and save it. It is called by the
// tests of packages of internal/.
func Edit(t *testing.T, jobs []Job) {
	t.Helper()
	input, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "../../tools/libreoffice/edit.py", t.TempDir())
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("LibreOffice (make tools installs it): %v\n%s", err, errs.String())
	}
}
