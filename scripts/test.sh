#!/bin/sh
# All Go tests on the newest supported PostgreSQL with the race detector, and those
# that ask the database on the oldest one, with those that skipped. What takes long and
# has nothing to race for skips itself where -short is given, and so runs once, on the
# oldest. The linter has vetted all of it.
set -eu
cd "$(dirname "$0")/.."
oldest=15 newest=18
echo "== PostgreSQL $newest, with the race detector"
FARDPLAN_TEST_POSTGRES=$newest go test -race -short -vet=off -count=1 -timeout 15m ./...
echo "== PostgreSQL $oldest"
asking=$(go list -f '{{range .TestImports}}{{$.ImportPath}} {{.}}{{"\n"}}{{end}}{{range .XTestImports}}{{$.ImportPath}} {{.}}{{"\n"}}{{end}}' ./... |
	awk '$2 == "fardplan/internal/apitest" || $2 == "fardplan/internal/postgres/dbtest" {print $1}' | sort -u)
skipped=$(go list $(grep -rl --include='*_test.go' -F 'testing.Short()' . | xargs -n 1 dirname | sort -u))
FARDPLAN_TEST_POSTGRES=$oldest go test -vet=off -count=1 -timeout 15m $asking $skipped
