#!/bin/sh
# Formatting, vet and staticcheck over everything that is written by hand.
set -eu
cd "$(dirname "$0")/.."
unformatted=$(gofmt -l cmd graph internal frontend migrations scripts)
if [ -n "$unformatted" ]; then
  echo "not formatted (run gofmt -w on them):" >&2
  echo "$unformatted" >&2
  exit 1
fi
go vet ./...
go tool staticcheck -checks "inherit,ST1000,ST1005,ST1016,ST1019,ST1020,ST1021,ST1022" $(go list ./... | grep -v '/graph/gen$' | grep -v '/graph/model$')
