// Package scripts_test runs the scripts as an operator does.
package scripts_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"fardplan/internal/postgres/dbtest"
)

// TestMain starts a server of the same major version as this machine's pg_dump, which
// cannot read a later one.
func TestMain(m *testing.M) {
	out, err := exec.Command("pg_dump", "--version").Output()
	major := regexp.MustCompile(`\) (\d+)`).FindSubmatch(out)
	if err != nil || major == nil {
		fmt.Fprintln(os.Stderr, "pg_dump is missing: run make tools, which installs it:", err)
		os.Exit(1)
	}
	if err := os.Setenv(dbtest.MajorVariable, string(major[1])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	dbtest.Main(m)
}
