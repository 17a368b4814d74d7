#!/bin/sh
# Makes the generated code anew and fails when that changes anything: what is checked
# in is what the sources say.
set -eu
cd "$(dirname "$0")/.."
sums() { find graph -name '*.go' -o -name '*.graphqls' -o -name 'schema.graphql' | sort | xargs cksum; cksum docs/configuration.md go.mod go.sum; }
before=$(sums)
go mod tidy
make --no-print-directory generate >/dev/null
after=$(sums)
if [ "$before" != "$after" ]; then
  echo "generated files or go.mod were out of date; they have been made anew, look at them and commit them:" >&2
  printf '%s\n' "$before" >"${TMPDIR:-/tmp}/fardplan-before.$$"
  printf '%s\n' "$after" | diff "${TMPDIR:-/tmp}/fardplan-before.$$" - | sed -n 's/^> [0-9]* [0-9]* /  /p' >&2
  rm -f "${TMPDIR:-/tmp}/fardplan-before.$$"
  exit 1
fi
