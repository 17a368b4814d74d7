package access_test

import (
	"flag"
	"os"
	"testing"

	"fardplan/internal/access"
	"fardplan/internal/postgres/dbtest"
)

// withoutVariable names a rule to take out of the policy, to see that a test misses it.
const withoutVariable = "FARDPLAN_TEST_WITHOUT_ACCESS"

// mutants lists instead each rule and the test that is to miss it, for scripts/mutants.sh.
var mutants = flag.Bool("mutants", false, "list what may be taken away, with the test that is to miss it, and stop")

func TestMain(m *testing.M) {
	flag.Parse()
	if !*mutants {
		dbtest.Main(m)
	}
	for _, rule := range access.Rules() {
		_, _ = os.Stdout.WriteString(withoutVariable + "=" + string(rule) + " TestRule/" + string(rule) + "\n")
	}
	os.Exit(0)
}

// policy is the one under test.
func policy() access.Policy {
	return access.Policy{}.Without(access.Rule(os.Getenv(withoutVariable)))
}
