package migrations_test

import (
	"flag"
	"os"
	"testing"

	"fardplan/internal/postgres/dbtest"
)

// mutants lists instead what may be taken out of the database, and the test that is
// to miss it: lines of "VARIABLE=name Test/subtest", for scripts/mutants.sh.
var mutants = flag.Bool("mutants", false, "list what may be taken away, with the test that is to miss it, and stop")

func TestMain(m *testing.M) {
	flag.Parse()
	if !*mutants {
		dbtest.Main(m)
	}
	for _, b := range breaches {
		without := b.name
		if b.trigger != "" {
			without = b.trigger
		}
		line(without, "TestConstraint/"+b.name)
	}
	for name := range triggerTests() {
		line(name, "TestTrigger/"+name)
	}
	os.Exit(0)
}

func line(without, test string) {
	_, _ = os.Stdout.WriteString(dbtest.WithoutVariable + "=" + without + " " + test + "\n")
}
