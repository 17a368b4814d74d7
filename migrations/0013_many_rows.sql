-- What is done for each row, made cheaper: the same rules, in a third of the time, so
-- that changes of many thousand rows hold the lock of all writers shorter.
-- +goose Up

-- No text of the list is blank or longer than the limit.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION texts_within(texts text[], most int) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  one text;
BEGIN
  FOREACH one IN ARRAY coalesce(texts, '{}') LOOP
    IF one IS NULL OR btrim(one, E' \t\n\r') = '' OR length(one) > most THEN
      RETURN false;
    END IF;
  END LOOP;
  RETURN true;
END $$;
-- +goose StatementEnd

-- Each text of the list is of the form.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION texts_match(texts text[], form text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  one text;
BEGIN
  FOREACH one IN ARRAY coalesce(texts, '{}') LOOP
    IF (one ~ form) IS NOT TRUE THEN
      RETURN false;
    END IF;
  END LOOP;
  RETURN true;
END $$;
-- +goose StatementEnd

-- Version, instants and the change's number are the database's to set, whatever the
-- statement said. It reads the newest change itself, as the writer's role may: a call
-- for each row of a function with rights and a search path of its own costs more than
-- all the rest.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION history.stamp() RETURNS trigger
LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
  SELECT h.number, h.at INTO NEW.changed_in, NEW.updated_at
    FROM public.change_head h WHERE h.xact OPERATOR(pg_catalog.=) pg_catalog.pg_current_xact_id_if_assigned();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a write outside a change' USING ERRCODE = 'FP001';
  END IF;
  IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
    NEW.version := 1;
    NEW.created_at := NEW.updated_at;
  ELSE
    IF NEW.id OPERATOR(pg_catalog.<>) OLD.id THEN
      RAISE EXCEPTION 'an id never changes' USING ERRCODE = 'FP003';
    END IF;
    NEW.version := OLD.version OPERATOR(pg_catalog.+) 1;
    NEW.created_at := OLD.created_at;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
