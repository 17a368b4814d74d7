-- The ground under every record: roles, changes, history and reading the past.
-- +goose Up

-- The process logs in as somebody and becomes one of these: fardplan_app writes
-- through changes, fardplan_read only reads. Neither owns anything.
-- +goose StatementBegin
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['fardplan_app', 'fardplan_read'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    END IF;
    -- One login is enough to try it: who migrates may also become the roles.
    BEGIN
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    EXCEPTION WHEN insufficient_privilege THEN
      IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
        RAISE NOTICE 'the login % is no member of %: serve with another login that is', current_user, wanted;
      END IF;
    END;
  END LOOP;
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO fardplan_app, fardplan_read', current_database());
END $$;
-- +goose StatementEnd

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO fardplan_app, fardplan_read;
GRANT SELECT ON goose_db_version TO fardplan_app, fardplan_read;
CREATE SCHEMA history;
GRANT USAGE ON SCHEMA history TO fardplan_app, fardplan_read;
CREATE SCHEMA asof;
GRANT USAGE ON SCHEMA asof TO fardplan_app, fardplan_read;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The newest change. Its one row is the lock that gives changes, instants and
-- commits one order: whoever takes the next number holds it to the commit.
CREATE TABLE change_head (
  single boolean NOT NULL DEFAULT true CONSTRAINT change_head_pk PRIMARY KEY CONSTRAINT change_head_single CHECK (single),
  number bigint NOT NULL,
  at timestamptz NOT NULL,
  xact xid8
);
INSERT INTO change_head (number, at) VALUES (0, '-infinity');

-- Who changed something, when, on whose behalf and why. Persons are not named:
-- the actor is an id and a function.
CREATE TABLE change (
  number bigint NOT NULL CONSTRAINT change_pk PRIMARY KEY,
  at timestamptz NOT NULL,
  actor_kind text NOT NULL CONSTRAINT change_actor_kind CHECK (actor_kind IN ('USER', 'TOKEN', 'SYSTEM')),
  actor_id text NOT NULL,
  actor_function text NOT NULL,
  municipality_id uuid,
  operation text NOT NULL CONSTRAINT change_operation CHECK (operation <> ''),
  comment text NOT NULL,
  request_id text NOT NULL
);
CREATE INDEX change_at ON change (at, number);
CREATE INDEX change_operation_last ON change (operation, number);
GRANT SELECT ON change_head, change TO fardplan_app, fardplan_read;

-- change_begin opens the one change of a transaction. p_at is the clock's
-- instant, or NULL for the server's own; an instant never decreases, so that a
-- clock set back does not turn the order of changes.
-- +goose StatementBegin
CREATE FUNCTION change_begin(
  p_at timestamptz, p_actor_kind text, p_actor_id text, p_actor_function text,
  p_municipality_id uuid, p_operation text, p_comment text, p_request_id text,
  OUT number bigint, OUT at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  UPDATE public.change_head h
     SET number = h.number + 1,
         at = greatest(h.at, coalesce(p_at, clock_timestamp())),
         xact = pg_current_xact_id()
   WHERE h.xact IS DISTINCT FROM pg_current_xact_id()
  RETURNING h.number, h.at INTO change_begin.number, change_begin.at;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a transaction holds one change' USING ERRCODE = 'FP002';
  END IF;
  INSERT INTO public.change
  VALUES (change_begin.number, change_begin.at, p_actor_kind, p_actor_id, p_actor_function,
          p_municipality_id, p_operation, p_comment, p_request_id);
  PERFORM set_config('fardplan.now', change_begin.at::text, true);
END $$;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION change_begin TO fardplan_app;

-- The change this transaction has opened, or an error: no write outside one.
-- +goose StatementBegin
CREATE FUNCTION change_current(OUT number bigint, OUT at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  SELECT h.number, h.at INTO change_current.number, change_current.at
    FROM public.change_head h WHERE h.xact = pg_current_xact_id_if_assigned();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a write outside a change' USING ERRCODE = 'FP001';
  END IF;
END $$;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION change_current TO fardplan_app;

-- Stockholm's date at the instant that the transaction reads or writes at. Every
-- rule that depends on the date asks this: it fails where no instant is set.
CREATE FUNCTION today() RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (current_setting('fardplan.now')::timestamptz AT TIME ZONE 'Europe/Stockholm')::date;
GRANT EXECUTE ON FUNCTION today TO fardplan_app, fardplan_read;

-- The instant that the transaction reads or writes at.
CREATE FUNCTION instant() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN current_setting('fardplan.now')::timestamptz;
GRANT EXECUTE ON FUNCTION instant TO fardplan_app, fardplan_read;

-- +goose StatementBegin
CREATE FUNCTION history.guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM public.change_current();
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Version, instants and the change's number are the database's to set, whatever
-- the statement said.
-- +goose StatementBegin
CREATE FUNCTION history.stamp() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  c record;
BEGIN
  SELECT * INTO c FROM public.change_current();
  IF TG_OP = 'INSERT' THEN
    NEW.version := 1;
    NEW.created_at := c.at;
  ELSE
    IF NEW.id <> OLD.id THEN
      RAISE EXCEPTION 'an id never changes' USING ERRCODE = 'FP003';
    END IF;
    NEW.version := OLD.version + 1;
    NEW.created_at := OLD.created_at;
  END IF;
  NEW.updated_at := c.at;
  NEW.changed_in := c.number;
  RETURN NEW;
END $$;
-- +goose StatementEnd

-- history_sync gives a domain table its history: a table of past rows with plain
-- columns, the triggers that fill it, a view of the past under the table's own
-- name in schema asof, and the grants. Each migration that creates or alters a
-- domain table calls it; calling it again is harmless. One that drops a column or
-- changes its type drops the view asof.<table> first, which this makes anew. A column that the table
-- has lost stays in the history. A row that begins and ends in one change was
-- never seen by anyone and leaves no past row.
-- +goose StatementBegin
CREATE FUNCTION history_sync(p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  live regclass := format('public.%I', p_table)::regclass;
  past text := format('history.%I', p_table);
  missing text;
  col record;
  columns text;
BEGIN
  SELECT string_agg(need, ', ') INTO missing
    FROM unnest(ARRAY['id', 'version', 'created_at', 'updated_at', 'changed_in']) need
   WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = live AND a.attname = need AND NOT a.attisdropped);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'table % lacks the columns %', p_table, missing;
  END IF;

  IF to_regclass(past) IS NULL THEN
    EXECUTE format('CREATE TABLE %s (LIKE %s)', past, live);
    EXECUTE format('ALTER TABLE %s ADD COLUMN ended_in bigint NOT NULL', past);
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY (id, changed_in)', past, p_table || '_past_pk');
    EXECUTE format('CREATE INDEX %I ON %s (ended_in)', p_table || '_past_ended_in', past);
  END IF;
  EXECUTE format('DROP VIEW IF EXISTS asof.%I', p_table);
  FOR col IN
    SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, h.attname IS NULL AS is_new,
           format_type(h.atttypid, h.atttypmod) AS past_type, h.attnotnull AS past_not_null, a.attcollation <> h.attcollation AS is_resorted,
           CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS preset,
           CASE WHEN a.attcollation <> t.typcollation THEN (SELECT format(' COLLATE %I.%I', n.nspname, c.collname)
             FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = a.attcollation) ELSE '' END AS collation
      FROM pg_attribute a
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attribute h ON h.attrelid = to_regclass(past) AND h.attname = a.attname AND NOT h.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = live AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum
  LOOP
    IF col.is_new THEN
      -- Past rows take the value that the same column's default gave to the live ones.
      EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s%s %s', past, col.attname, col.type, col.collation, 'DEFAULT ' || coalesce(col.preset, 'NULL'));
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', past, col.attname);
    ELSIF col.type <> col.past_type OR col.is_resorted THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s%s USING %I::%s', past, col.attname, col.type, col.collation, col.attname, col.type);
    END IF;
    IF col.past_not_null AND col.attname NOT IN ('id', 'changed_in') THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', past, col.attname);
    END IF;
    columns := concat_ws(', ', columns, format('%I', col.attname));
  END LOOP;

  EXECUTE format($f$
    CREATE OR REPLACE FUNCTION history.%1$I() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $body$
    #variable_conflict use_column
    DECLARE
      ending_change bigint := (public.change_current()).number;
    BEGIN
      INSERT INTO history.%2$I (%3$s, ended_in) SELECT %3$s, ending_change FROM gone WHERE changed_in < ending_change;
      RETURN NULL;
    END $body$ $f$, 'keep_' || p_table, p_table, columns);
  EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT EXECUTE FUNCTION history.guard()', p_table || '_guard', live);
  -- The name sorts first: later row triggers see the stamped row.
  EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION history.stamp()', 'a_' || p_table || '_stamp', live);
  EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER UPDATE ON %s REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION history.%I()', p_table || '_keep_updated', live, 'keep_' || p_table);
  EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER DELETE ON %s REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION history.%I()', p_table || '_keep_deleted', live, 'keep_' || p_table);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s (changed_in)', p_table || '_changed_in', live);

  EXECUTE format($f$
    CREATE VIEW asof.%1$I AS
      SELECT %2$s FROM public.%1$I WHERE changed_in <= current_setting('fardplan.asof')::bigint
      UNION ALL
      SELECT %2$s FROM history.%1$I WHERE changed_in <= current_setting('fardplan.asof')::bigint AND ended_in > current_setting('fardplan.asof')::bigint$f$,
    p_table, columns);

  -- The past is searched by the same statements: it has the live table's indexes.
  FOR col IN
    SELECT i.relname, pg_get_indexdef(x.indexrelid) AS definition
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
     WHERE x.indrelid = live AND NOT x.indisprimary AND to_regclass(format('history.%I', i.relname || '_past')) IS NULL
  LOOP
    EXECUTE replace(
      regexp_replace(col.definition, '^CREATE (UNIQUE )?INDEX \S+ ON \S+', format('CREATE INDEX %I ON %s', col.relname || '_past', past)),
      ' NULLS NOT DISTINCT', '');
  END LOOP;

  EXECUTE format('GRANT SELECT ON public.%1$I, history.%1$I, asof.%1$I TO fardplan_app, fardplan_read', p_table);
  EXECUTE format('GRANT INSERT, UPDATE ON public.%I TO fardplan_app', p_table);
END $$;
-- +goose StatementEnd

-- A UUID of version 7 (RFC 9562): its first 48 bits are the instant in milliseconds.
CREATE FUNCTION uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN encode(set_bit(set_bit(overlay(
  uuid_send(gen_random_uuid())
  PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
  FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid;
GRANT EXECUTE ON FUNCTION uuid_v7 TO fardplan_app;

-- The names of all check constraints of the table that each row of a JSON array
-- would break, so that every fault of an input is told at once and the rules stand
-- in one place.
-- +goose StatementBegin
CREATE FUNCTION check_rows(p_table text, p_rows jsonb) RETURNS TABLE (ordinal int, rule text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public AS $$
DECLARE
  rules text;
BEGIN
  SELECT string_agg(format('(%L, (%s))', c.conname, pg_get_expr(c.conbin, c.conrelid)), ', ' ORDER BY c.conname) INTO rules
    FROM pg_constraint c WHERE c.conrelid = format('public.%I', p_table)::regclass AND c.contype = 'c';
  IF rules IS NOT NULL THEN
    RETURN QUERY EXECUTE format($f$
      SELECT given.ordinal::int, rule.name::text
        FROM jsonb_array_elements($1) WITH ORDINALITY AS given (fields, ordinal),
             LATERAL jsonb_populate_record(NULL::public.%I, given.fields),
             LATERAL (VALUES %s) AS rule (name, holds)
       WHERE rule.holds IS FALSE ORDER BY 1, 2$f$, p_table, rules)
      USING p_rows;
  END IF;
END $$;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION check_rows TO fardplan_app, fardplan_read;
