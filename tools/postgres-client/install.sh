#!/bin/sh
# Sees to it that there are pg_dump, pg_restore and psql of version 15 for the tests of
# the backup: the version that the tests' oldest server has.
set -eu
major=15
have=$(pg_dump --version 2>/dev/null | sed -n 's/^pg_dump (PostgreSQL) \([0-9][0-9]*\).*/\1/p')
if [ "$have" = "$major" ] && command -v pg_restore >/dev/null && command -v psql >/dev/null; then
	exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
	echo "The tests of the backup need PostgreSQL's client programs of version $major on PATH. Ask an administrator: apt install postgresql-client-$major" >&2
	exit 1
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "postgresql-client-$major" >&2
