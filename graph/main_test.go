package graph_test

import (
	"flag"
	"os"
	"testing"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/postgres/dbtest"
)

var (
	// update writes schema.graphql anew instead of comparing with it.
	update = flag.Bool("update", false, "write the printed schema anew")
	// mutants lists instead each rule of writing and the test that is to miss it, for
	// scripts/mutants.sh.
	mutants = flag.Bool("mutants", false, "list what may be taken away, with the test that is to miss it, and stop")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if !*mutants {
		dbtest.Main(m)
	}
	for rule := range access.Grants() {
		_, _ = os.Stdout.WriteString(apitest.WithoutAccess + "=" + string(rule) + " TestAccessRule/" + string(rule) + "\n")
	}
	os.Exit(0)
}
