#!/bin/sh
# Takes away one rule at a time and demands that a test misses it: every constraint,
# unique index and trigger of the database, every rule of access and every rule of
# gaps. A rule that can go without a test noticing is not held by any.
#
#   scripts/mutants.sh            all of them, two at a time
#   JOBS=4 scripts/mutants.sh     four at a time
#   scripts/mutants.sh e_service  those whose name has that in it
#
# Ends with 1 when a removal went unnoticed. The test binaries say themselves what
# can be taken away (-mutants), by which variable, and which test is to fail.
set -eu

cd "$(dirname "$0")/.."

# one takes one rule away: the folder of work, the binary, its package's folder,
# VARIABLE=name and Test/subtest.
one() {
	work=$1 binary=$2 package=$3 without=$4 test=$5
	log="$work/log-$binary-$(echo "$without" | tr -c 'A-Za-z0-9_.\n' _)-$(echo "${test#*/}" | tr -c 'A-Za-z0-9_.\n' _)"
	status=0
	(cd "$package" && env "$without" "$work/$binary" -test.v -test.count=1 -test.timeout=2m \
		-test.run "^${test%%/*}\$/^${test#*/}\$") >"$log" 2>&1 || status=$?
	# A failure of the test itself, not of the start or of what it stands on.
	if [ "$status" -eq 1 ] && grep -q -e "--- FAIL: $test " "$log"; then
		echo "$without" >>"$work/noticed"
	else
		echo "$without" >>"$work/missed"
		{
			echo "UNNOTICED: $without, by $test (the test ended with $status):"
			tail -n 15 "$log" | sed 's/^/    /'
		} >&2
	fi
	rm -f "$log"
}

if [ "${1:-}" = --one ]; then
	shift
	one "$@"
	exit 0
fi

wanted=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
: >"$work/noticed"
: >"$work/missed"
: >"$work/list"

for package in migrations internal/access internal/gap graph; do
	binary=$(echo "$package" | tr / -).test
	go test -c -o "$work/$binary" "./$package"
	(cd "$package" && "$work/$binary" -mutants) | grep -F -e "$wanted" >"$work/mutants" || continue
	# With nothing taken away every one of the tests passes: else its failure says nothing.
	tests=$(sed 's/.* //; s,/.*,,' "$work/mutants" | sort -u | paste -s -d '|' -)
	status=0
	(cd "$package" && "$work/$binary" -test.v -test.count=1 -test.run "^($tests)\$") >"$work/whole" 2>&1 || status=$?
	while read -r without test; do
		if ! grep -q -e "--- PASS: $test " "$work/whole"; then
			echo "$test does not pass with nothing taken away (the tests ended with $status):" >&2
			tail -n 30 "$work/whole" >&2
			exit 1
		fi
		echo "$work $binary $package $without $test" >>"$work/list"
	done <"$work/mutants"
done

all=$(wc -l <"$work/list")
if [ "$all" -eq 0 ]; then
	echo "there is nothing to take away by the name $wanted" >&2
	exit 1
fi
xargs -P "${JOBS:-2}" -L 1 sh scripts/mutants.sh --one <"$work/list"

noticed=$(wc -l <"$work/noticed")
missed=$(wc -l <"$work/missed")
echo "$((all)) removed, $((noticed)) missed by a test, $((missed)) unnoticed"
[ "$noticed" -eq "$all" ]
