-- Drafts beside records of strategy, collaboration and governing documents: what somebody
-- prepares without readers seeing it. Those of e-services lie in a table of their own.
-- +goose Up

CREATE TABLE record_draft (
  id uuid NOT NULL CONSTRAINT record_draft_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  -- Whoever writes the record.
  municipality_id uuid NOT NULL CONSTRAINT record_draft_municipality_fk REFERENCES municipality (id),
  -- The record's table and its id.
  object_kind text NOT NULL CONSTRAINT record_draft_object_kind CHECK (object_kind ~ '^[a-z_]{3,40}$'),
  object_id uuid NOT NULL,
  state text NOT NULL CONSTRAINT record_draft_state CHECK (state IN ('OPEN', 'IN_REVIEW', 'PUBLISHED', 'DISCARDED')),
  -- By column of the record: the drafted value, and the live value that it was drafted over.
  changes jsonb NOT NULL,
  base jsonb NOT NULL,
  CONSTRAINT record_draft_fields CHECK (same_keys(changes, base))
);
CREATE UNIQUE INDEX record_draft_open_once ON record_draft (object_id) WHERE state IN ('OPEN', 'IN_REVIEW');
CREATE INDEX record_draft_by_updated ON record_draft (municipality_id, updated_at, id);

-- A draft that was published or discarded is the past's: a new one is begun instead.
-- +goose StatementBegin
CREATE FUNCTION record_draft_close() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.state IN ('PUBLISHED', 'DISCARDED') THEN
    RAISE EXCEPTION 'a draft that is % does not change', OLD.state USING ERRCODE = 'FP010', CONSTRAINT = 'record_draft_closed';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER record_draft_close BEFORE UPDATE ON record_draft FOR EACH ROW EXECUTE FUNCTION record_draft_close();
SELECT history_sync('record_draft');
