-- Drafts beside the e-services: what somebody prepares without readers seeing it.
-- +goose Up

-- Whether two JSON objects have the same keys. False for what is no object.
CREATE FUNCTION same_keys(a jsonb, b jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(a) = 'object' AND jsonb_typeof(b) = 'object'
  THEN ARRAY(SELECT jsonb_object_keys(a) ORDER BY 1) = ARRAY(SELECT jsonb_object_keys(b) ORDER BY 1) ELSE false END;
GRANT EXECUTE ON FUNCTION same_keys TO fardplan_app, fardplan_read;

CREATE TABLE e_service_draft (
  id uuid NOT NULL CONSTRAINT e_service_draft_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  municipality_id uuid NOT NULL,
  e_service_id uuid NOT NULL,
  state text NOT NULL CONSTRAINT e_service_draft_state CHECK (state IN ('OPEN', 'IN_REVIEW', 'PUBLISHED', 'DISCARDED')),
  -- By column of e_service: the drafted value, and the live value that it was drafted over.
  changes jsonb NOT NULL,
  base jsonb NOT NULL,
  CONSTRAINT e_service_draft_e_service_fk FOREIGN KEY (municipality_id, e_service_id) REFERENCES e_service (municipality_id, id),
  CONSTRAINT e_service_draft_fields CHECK (same_keys(changes, base))
);
CREATE UNIQUE INDEX e_service_draft_open_once ON e_service_draft (e_service_id) WHERE state IN ('OPEN', 'IN_REVIEW');
CREATE INDEX e_service_draft_by_e_service ON e_service_draft (municipality_id, e_service_id);
CREATE INDEX e_service_draft_by_updated ON e_service_draft (municipality_id, updated_at, id);

-- A draft that was published or discarded is the past's: a new one is begun instead.
-- +goose StatementBegin
CREATE FUNCTION e_service_draft_close() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.state IN ('PUBLISHED', 'DISCARDED') THEN
    RAISE EXCEPTION 'a draft that is % does not change', OLD.state USING ERRCODE = 'FP010', CONSTRAINT = 'e_service_draft_closed';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER e_service_draft_close BEFORE UPDATE ON e_service_draft FOR EACH ROW EXECUTE FUNCTION e_service_draft_close();
SELECT history_sync('e_service_draft');
