#!/bin/sh
# Takes a backup of Färdplan's database: one snapshot of all of it, while it is in use.
#
#   scripts/backup.sh ADDRESS FOLDER [SNAPSHOT]
#
# ADDRESS is a PostgreSQL address whose login reads everything, such as the owner's.
# FOLDER is made, and must not be there yet. It gets
#   fardplan.dump   the database, for pg_restore
#   roles.sql       the roles that have rights to it and who is a member of them, without passwords
#   SHA256SUMS      of the two
# SNAPSHOT is one that another session has exported with pg_export_snapshot, for who
# wants to compare. The pg_dump used is to be of the server's major version or later.
set -eu
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
	sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
address=$1 folder=$2 snapshot=${3:-}
if [ -e "$folder" ]; then
	echo "$folder finns redan: välj en mapp som inte finns. ($folder is there already: choose a folder that is not.)" >&2
	exit 1
fi
umask 077
under_way=$folder.under-way.$$
mkdir -p "$under_way"
trap 'rm -rf "$under_way"' EXIT
trap 'exit 130' INT TERM

pg_dump --format=custom --no-owner ${snapshot:+"--snapshot=$snapshot"} --file="$under_way/fardplan.dump" --dbname="$address"
psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$address" >"$under_way/roles.sql" <<'SQL'
WITH RECURSIVE wanted AS (
  SELECT oid FROM pg_roles WHERE rolname IN ('fardplan_app', 'fardplan_read')
  UNION SELECT datdba FROM pg_database WHERE datname = current_database()
  UNION SELECT m.member FROM pg_auth_members m JOIN wanted w ON w.oid = m.roleid
), role AS (SELECT r.* FROM wanted w JOIN pg_roles r USING (oid) WHERE NOT r.rolsuper)
SELECT format('DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %L) THEN CREATE ROLE %I %s; END IF; END $$;',
         rolname, rolname, CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END) FROM role
UNION ALL
SELECT DISTINCT format('GRANT %I TO %I%s;', r.rolname, m.rolname, CASE WHEN a.admin_option THEN ' WITH ADMIN OPTION' ELSE '' END)
  FROM pg_auth_members a JOIN role r ON r.oid = a.roleid JOIN role m ON m.oid = a.member
ORDER BY 1;
SQL
(cd "$under_way" && sha256sum fardplan.dump roles.sql >SHA256SUMS)
# What cannot be read again is no backup.
pg_restore --list "$under_way/fardplan.dump" >/dev/null
mv "$under_way" "$folder"
trap - EXIT
