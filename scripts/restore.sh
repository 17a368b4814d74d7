#!/bin/sh
# Restores a backup of scripts/backup.sh into an empty database.
#
#   scripts/restore.sh ADDRESS FOLDER
#
# ADDRESS is that of the empty database, with the login that is to own what it gets.
# Roles that are missing are made first; that takes a login that may make roles, or one
# that has run FOLDER/roles.sql before. Passwords are no part of a backup: set them
# after. All of it is restored, or nothing.
set -eu
if [ $# -ne 2 ]; then
	sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
address=$1 folder=$2
ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$address" "$@"; }

(cd "$folder" && sha256sum --check --quiet SHA256SUMS)
if [ "$(ask --command="SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'history', 'asof')")" != 0 ]; then
	echo "Databasen är inte tom. Skapa en ny databas och återställ till den. (The database is not empty. Make a new one to restore into.)" >&2
	exit 1
fi
missing=$(ask --command="SELECT count(*) FROM (VALUES ('fardplan_app'), ('fardplan_read')) r (name) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r.name)")
if [ "$missing" != 0 ]; then
	ask --file="$folder/roles.sql"
fi
pg_restore --single-transaction --exit-on-error --no-owner --dbname="$address" "$folder/fardplan.dump"
ask --single-transaction <<'SQL'
-- The number of the transaction that made the newest change means another one here.
UPDATE change_head SET xact = NULL;
-- The rights to the database itself are no part of a dump.
DO $$ BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO fardplan_app, fardplan_read', current_database());
END $$;
SQL
# What belongs to the server is not this login's to analyse, and it is told so of each.
ask --command='SET client_min_messages = error' --command=ANALYZE
