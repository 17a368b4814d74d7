#!/bin/sh
# All Go tests on the oldest supported PostgreSQL with the race detector, and those
# that ask the database on the newest one.
set -eu
cd "$(dirname "$0")/.."
oldest=15 newest=18
echo "== PostgreSQL $oldest, with the race detector"
FARDPLAN_TEST_POSTGRES=$oldest go test -race -count=1 -timeout 15m ./...
echo "== PostgreSQL $newest"
FARDPLAN_TEST_POSTGRES=$newest go test -count=1 -timeout 15m ./migrations ./internal/postgres ./internal/history ./internal/gap ./internal/eservice ./internal/organisation ./internal/token ./internal/access ./internal/demo ./internal/app ./graph
