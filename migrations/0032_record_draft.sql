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

-- Goals that are drafted are written by one statement, and may take each other's codes. A
-- unique index cannot wait until it is done, an exclusion can.
DROP INDEX goal_code_unique;
ALTER TABLE goal ADD CONSTRAINT goal_code_unique
  EXCLUDE USING btree (municipality_id WITH =, (coalesce(strategy_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =, code WITH =)
  WHERE (archived_at IS NULL) DEFERRABLE INITIALLY IMMEDIATE;
SELECT history_sync('goal');

-- Where they lie wrong to each other the refusal names as its detail all that do, each with
-- the goal above: the one whose turn it is to be looked at need not be at fault.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION goal_tree() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF NEW.parent_goal_id IS NULL AND NEW.level = 'SUBGOAL' OR EXISTS (
    SELECT FROM public.goal p JOIN public.goal c ON c.parent_goal_id = p.id WHERE NEW.id IN (c.id, c.parent_goal_id) AND (p.level, c.level) NOT IN (('DIRECTION', 'GOAL'), ('GOAL', 'SUBGOAL'))) THEN
    RAISE EXCEPTION 'goals out of the order of levels' USING ERRCODE = 'FP010', CONSTRAINT = 'goal_level_order', DETAIL = (
      SELECT jsonb_agg(jsonb_build_array(c.id, c.parent_goal_id)) FROM public.goal c LEFT JOIN public.goal p ON p.id = c.parent_goal_id
       WHERE c.municipality_id = NEW.municipality_id AND (p.id IS NULL AND c.level = 'SUBGOAL' OR (p.level, c.level) NOT IN (('DIRECTION', 'GOAL'), ('GOAL', 'SUBGOAL'))));
  END IF;
  IF EXISTS (
    SELECT FROM public.goal p JOIN public.goal c ON c.parent_goal_id = p.id
     WHERE NEW.id IN (c.id, c.parent_goal_id) AND (coalesce(c.period_from, p.period_from) < p.period_from OR coalesce(c.period_to, p.period_to) > p.period_to)) THEN
    RAISE EXCEPTION 'a period outside that of the goal above' USING ERRCODE = 'FP010', CONSTRAINT = 'goal_period_within_parent', DETAIL = (
      SELECT jsonb_agg(jsonb_build_array(c.id, c.parent_goal_id)) FROM public.goal p JOIN public.goal c ON c.parent_goal_id = p.id
       WHERE c.municipality_id = NEW.municipality_id AND (coalesce(c.period_from, p.period_from) < p.period_from OR coalesce(c.period_to, p.period_to) > p.period_to));
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
