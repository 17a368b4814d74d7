package gap_test

import (
	"flag"
	"os"
	"testing"

	"fardplan/internal/app"
	"fardplan/internal/postgres/dbtest"
)

// withoutVariable names a rule to take away, to see that a test misses it.
const withoutVariable = "FARDPLAN_TEST_WITHOUT_RULE"

// mutants lists instead each rule and the test that is to miss it, for scripts/mutants.sh.
var mutants = flag.Bool("mutants", false, "list what may be taken away, with the test that is to miss it, and stop")

func TestMain(m *testing.M) {
	flag.Parse()
	if !*mutants {
		dbtest.Main(m)
	}
	for _, rule := range app.GapRules() {
		_, _ = os.Stdout.WriteString(withoutVariable + "=" + rule.Code + " TestGapRule/" + rule.Code + "\n")
	}
	os.Exit(0)
}
