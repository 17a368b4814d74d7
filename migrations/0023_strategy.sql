-- Goals with their indicators, the initiatives of the roadmap and what hangs on them.
-- +goose Up

-- A goal (mål) in the tree of a strategy.
CREATE TABLE goal (
  id uuid NOT NULL CONSTRAINT goal_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT goal_municipality_fk REFERENCES municipality (id),
  strategy_id uuid,
  parent_goal_id uuid,
  owner_unit_id uuid,
  code text NOT NULL CONSTRAINT goal_code_form CHECK (code ~ '^[A-ZÅÄÖa-zåäö0-9][A-ZÅÄÖa-zåäö0-9.-]{0,29}$'),
  title_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT goal_title_length CHECK (length(btrim(title_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  title_en text CONSTRAINT goal_title_en_length CHECK (length(btrim(title_en, E' \t\n\r')) BETWEEN 1 AND 300),
  description_sv text CONSTRAINT goal_description_length CHECK (length(btrim(description_sv, E' \t\n\r')) BETWEEN 1 AND 10000),
  description_en text CONSTRAINT goal_description_en_length CHECK (length(btrim(description_en, E' \t\n\r')) BETWEEN 1 AND 10000),
  level text NOT NULL CONSTRAINT goal_level CHECK (level IN ('DIRECTION', 'GOAL', 'SUBGOAL')),
  responsible_function text CONSTRAINT goal_responsible_function_length CHECK (length(btrim(responsible_function, E' \t\n\r')) BETWEEN 1 AND 200),
  horizon text CONSTRAINT goal_horizon CHECK (horizon IN ('SHORT', 'LONG')),
  period_from date,
  period_to date CONSTRAINT goal_period CHECK (period_to >= period_from),
  status text NOT NULL CONSTRAINT goal_status CHECK (status IN ('PROPOSED', 'ADOPTED', 'ONGOING', 'ACHIEVED', 'PARTLY', 'NOT_ACHIEVED', 'REVOKED')),
  progress int CONSTRAINT goal_progress CHECK (progress BETWEEN 0 AND 100),
  health text NOT NULL DEFAULT 'UNKNOWN' CONSTRAINT goal_health CHECK (health IN ('GREEN', 'AMBER', 'RED', 'UNKNOWN')),
  found_source text CONSTRAINT goal_found_source_length CHECK (length(btrim(found_source, E' \t\n\r')) BETWEEN 1 AND 500),
  found_reason text CONSTRAINT goal_found_reason_length CHECK (length(btrim(found_reason, E' \t\n\r')) BETWEEN 1 AND 500),
  is_example boolean NOT NULL DEFAULT false,
  visibility text NOT NULL DEFAULT 'PUBLIC' CONSTRAINT goal_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),
  CONSTRAINT goal_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT goal_strategy_fk FOREIGN KEY (municipality_id, strategy_id) REFERENCES governing_document (municipality_id, id),
  CONSTRAINT goal_parent_goal_fk FOREIGN KEY (municipality_id, parent_goal_id) REFERENCES goal (municipality_id, id),
  CONSTRAINT goal_owner_unit_fk FOREIGN KEY (municipality_id, owner_unit_id) REFERENCES unit (municipality_id, id),
  CONSTRAINT goal_found_both CHECK ((found_source IS NULL) = (found_reason IS NULL))
);
CREATE UNIQUE INDEX goal_code_unique ON goal (municipality_id, strategy_id, code) NULLS NOT DISTINCT WHERE archived_at IS NULL;
CREATE INDEX goal_by_code ON goal (code, id);
CREATE INDEX goal_by_title ON goal (title_sv, id);
CREATE INDEX goal_by_municipality ON goal (municipality_id, title_sv, id);
CREATE INDEX goal_by_parent ON goal (parent_goal_id, code, id);
CREATE INDEX goal_by_strategy ON goal (strategy_id, code, id);
CREATE INDEX goal_by_period_to ON goal ((coalesce(period_to, 'infinity'::date)), id);
SELECT history_sync('goal');

-- A goal lies right under one of the level above, and within its period. Looked at when
-- the statement is done, so that many may move together.
-- +goose StatementBegin
CREATE FUNCTION goal_tree() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF NEW.parent_goal_id IS NULL AND NEW.level = 'SUBGOAL' OR EXISTS (
    SELECT FROM public.goal p JOIN public.goal c ON c.parent_goal_id = p.id WHERE NEW.id IN (c.id, c.parent_goal_id) AND (p.level, c.level) NOT IN (('DIRECTION', 'GOAL'), ('GOAL', 'SUBGOAL'))) THEN
    RAISE EXCEPTION 'goals out of the order of levels' USING ERRCODE = 'FP010', CONSTRAINT = 'goal_level_order';
  END IF;
  IF EXISTS (
    SELECT FROM public.goal p JOIN public.goal c ON c.parent_goal_id = p.id
     WHERE NEW.id IN (c.id, c.parent_goal_id) AND (coalesce(c.period_from, p.period_from) < p.period_from OR coalesce(c.period_to, p.period_to) > p.period_to)) THEN
    RAISE EXCEPTION 'a period outside that of the goal above' USING ERRCODE = 'FP010', CONSTRAINT = 'goal_period_within_parent';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER goal_tree AFTER INSERT OR UPDATE OF parent_goal_id, level, period_from, period_to ON goal FOR EACH ROW EXECUTE FUNCTION goal_tree();

-- +goose StatementBegin
CREATE FUNCTION goal_steps() RETURNS TABLE (from_status text, to_status text, backwards boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT * FROM (VALUES
    ('PROPOSED', 'ADOPTED', false), ('ADOPTED', 'ONGOING', false), ('ONGOING', 'ACHIEVED', false), ('ONGOING', 'PARTLY', false), ('ONGOING', 'NOT_ACHIEVED', false),
    ('ADOPTED', 'REVOKED', false), ('ONGOING', 'REVOKED', false),
    ('ADOPTED', 'PROPOSED', true), ('ONGOING', 'ADOPTED', true), ('ACHIEVED', 'ONGOING', true), ('PARTLY', 'ONGOING', true), ('NOT_ACHIEVED', 'ONGOING', true), ('REVOKED', 'PROPOSED', true)
  ) AS step (from_status, to_status, backwards);
END;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION goal_steps TO fardplan_app, fardplan_read;

-- An indicator of a goal, and its series: a value is corrected by a new revision.
CREATE TABLE indicator (
  id uuid NOT NULL CONSTRAINT indicator_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT indicator_municipality_fk REFERENCES municipality (id),
  goal_id uuid NOT NULL,
  name_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT indicator_name_length CHECK (length(btrim(name_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  name_en text CONSTRAINT indicator_name_en_length CHECK (length(btrim(name_en, E' \t\n\r')) BETWEEN 1 AND 300),
  unit_of_measure text NOT NULL CONSTRAINT indicator_unit_of_measure_length CHECK (length(btrim(unit_of_measure, E' \t\n\r')) BETWEEN 1 AND 50),
  direction text NOT NULL CONSTRAINT indicator_direction CHECK (direction IN ('UP', 'DOWN', 'BAND')),
  baseline numeric,
  baseline_on date,
  target numeric,
  target_on date CONSTRAINT indicator_target_after_baseline CHECK (target_on > baseline_on),
  band_low numeric,
  band_high numeric CONSTRAINT indicator_band_order CHECK (band_high > band_low),
  frequency text NOT NULL CONSTRAINT indicator_frequency CHECK (frequency IN ('MONTHLY', 'QUARTERLY', 'HALF_YEARLY', 'YEARLY')),
  source text NOT NULL CONSTRAINT indicator_source CHECK (source IN ('MANUAL', 'OEP', 'KOLADA', 'DERIVED')),
  kolada_kpi text CONSTRAINT indicator_kolada_kpi_form CHECK (kolada_kpi ~ '^[NU][0-9]{5}$'),
  responsible_function text CONSTRAINT indicator_responsible_function_length CHECK (length(btrim(responsible_function, E' \t\n\r')) BETWEEN 1 AND 200),
  CONSTRAINT indicator_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT indicator_goal_fk FOREIGN KEY (municipality_id, goal_id) REFERENCES goal (municipality_id, id),
  CONSTRAINT indicator_band_given CHECK ((direction = 'BAND') = (num_nonnulls(band_low, band_high) = 2)),
  CONSTRAINT indicator_kolada_given CHECK ((source = 'KOLADA') = (kolada_kpi IS NOT NULL))
);
CREATE INDEX indicator_by_name ON indicator (name_sv, id);
CREATE INDEX indicator_by_goal ON indicator (goal_id, name_sv, id);
SELECT history_sync('indicator');
CREATE TABLE indicator_value (
  id uuid NOT NULL CONSTRAINT indicator_value_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  municipality_id uuid NOT NULL CONSTRAINT indicator_value_municipality_fk REFERENCES municipality (id),
  indicator_id uuid NOT NULL,
  -- The first day of the period that it is of.
  period date NOT NULL,
  revision int NOT NULL CONSTRAINT indicator_value_revision CHECK (revision > 0),
  value numeric NOT NULL,
  comment text CONSTRAINT indicator_value_comment_length CHECK (length(btrim(comment, E' \t\n\r')) BETWEEN 1 AND 1000),
  CONSTRAINT indicator_value_indicator_fk FOREIGN KEY (municipality_id, indicator_id) REFERENCES indicator (municipality_id, id),
  CONSTRAINT indicator_value_revision_unique UNIQUE (indicator_id, period, revision)
);
CREATE INDEX indicator_value_by_period ON indicator_value (indicator_id, period, id);
SELECT history_sync('indicator_value');

-- What was measured stands: what was wrong is corrected beside it.
-- +goose StatementBegin
CREATE FUNCTION indicator_value_stands() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  RAISE EXCEPTION 'a value is corrected by a new revision' USING ERRCODE = 'FP010', CONSTRAINT = 'indicator_value_stands';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER indicator_value_stands BEFORE UPDATE ON indicator_value FOR EACH ROW
  WHEN ((OLD.indicator_id, OLD.period, OLD.revision, OLD.value, OLD.comment) IS DISTINCT FROM (NEW.indicator_id, NEW.period, NEW.revision, NEW.value, NEW.comment))
  EXECUTE FUNCTION indicator_value_stands();

-- An initiative (insats) on the roadmap.
CREATE TABLE initiative (
  id uuid NOT NULL CONSTRAINT initiative_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT initiative_municipality_fk REFERENCES municipality (id),
  title_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT initiative_title_length CHECK (length(btrim(title_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  title_en text CONSTRAINT initiative_title_en_length CHECK (length(btrim(title_en, E' \t\n\r')) BETWEEN 1 AND 300),
  description_sv text CONSTRAINT initiative_description_length CHECK (length(btrim(description_sv, E' \t\n\r')) BETWEEN 1 AND 10000),
  description_en text CONSTRAINT initiative_description_en_length CHECK (length(btrim(description_en, E' \t\n\r')) BETWEEN 1 AND 10000),
  kind text NOT NULL CONSTRAINT initiative_kind CHECK (kind IN ('PROJECT', 'ACTIVITY', 'PROCUREMENT', 'DECISION', 'DOCUMENT')),
  lane text CONSTRAINT initiative_lane_length CHECK (length(btrim(lane, E' \t\n\r')) BETWEEN 1 AND 100),
  owner_unit_id uuid,
  responsible_function text CONSTRAINT initiative_responsible_function_length CHECK (length(btrim(responsible_function, E' \t\n\r')) BETWEEN 1 AND 200),
  planned_start date,
  planned_end date CONSTRAINT initiative_plan_order CHECK (planned_end >= planned_start),
  -- The plan as it was when it was decided.
  baseline_start date,
  baseline_end date CONSTRAINT initiative_baseline_order CHECK (baseline_end >= baseline_start),
  actual_start date,
  actual_end date CONSTRAINT initiative_actual_order CHECK (actual_end >= actual_start),
  status text NOT NULL CONSTRAINT initiative_status CHECK (status IN ('PLANNED', 'ONGOING', 'BLOCKED', 'DONE', 'CANCELLED')),
  blocked_reason text CONSTRAINT initiative_blocked_reason_length CHECK (length(btrim(blocked_reason, E' \t\n\r')) BETWEEN 1 AND 1000),
  progress int CONSTRAINT initiative_progress CHECK (progress BETWEEN 0 AND 100),
  is_example boolean NOT NULL DEFAULT false,
  visibility text NOT NULL DEFAULT 'PUBLIC' CONSTRAINT initiative_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),
  CONSTRAINT initiative_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT initiative_owner_unit_fk FOREIGN KEY (municipality_id, owner_unit_id) REFERENCES unit (municipality_id, id),
  CONSTRAINT initiative_blocked_why CHECK (status <> 'BLOCKED' OR blocked_reason IS NOT NULL),
  CONSTRAINT initiative_done_when CHECK (status <> 'DONE' OR actual_end IS NOT NULL)
);
CREATE INDEX initiative_by_title ON initiative (title_sv, id);
CREATE INDEX initiative_by_municipality ON initiative (municipality_id, title_sv, id);
CREATE INDEX initiative_by_planned_start ON initiative ((coalesce(planned_start, 'infinity'::date)), id);
CREATE INDEX initiative_by_planned_end ON initiative ((coalesce(planned_end, 'infinity'::date)), id);
CREATE INDEX initiative_by_owner_unit ON initiative (owner_unit_id, title_sv, id);
SELECT history_sync('initiative');

-- A milestone (milstolpe) of an initiative, a shared project or a goal.
CREATE TABLE milestone (
  id uuid NOT NULL CONSTRAINT milestone_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT milestone_municipality_fk REFERENCES municipality (id),
  initiative_id uuid,
  shared_project_id uuid,
  goal_id uuid,
  title_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT milestone_title_length CHECK (length(btrim(title_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  title_en text CONSTRAINT milestone_title_en_length CHECK (length(btrim(title_en, E' \t\n\r')) BETWEEN 1 AND 300),
  kind text NOT NULL CONSTRAINT milestone_kind CHECK (kind IN ('DECISION', 'DELIVERY', 'LAUNCH', 'REPORT')),
  planned_on date,
  baseline_on date,
  reached_on date,
  CONSTRAINT milestone_initiative_fk FOREIGN KEY (municipality_id, initiative_id) REFERENCES initiative (municipality_id, id),
  CONSTRAINT milestone_shared_project_fk FOREIGN KEY (municipality_id, shared_project_id) REFERENCES shared_project (municipality_id, id),
  CONSTRAINT milestone_goal_fk FOREIGN KEY (municipality_id, goal_id) REFERENCES goal (municipality_id, id),
  CONSTRAINT milestone_of_one CHECK (num_nonnulls(initiative_id, shared_project_id, goal_id) = 1)
);
CREATE INDEX milestone_by_planned ON milestone ((coalesce(planned_on, 'infinity'::date)), id);
CREATE INDEX milestone_by_initiative ON milestone (initiative_id, (coalesce(planned_on, 'infinity'::date)), id) WHERE initiative_id IS NOT NULL;
CREATE INDEX milestone_by_shared_project ON milestone (shared_project_id, (coalesce(planned_on, 'infinity'::date)), id) WHERE shared_project_id IS NOT NULL;
CREATE INDEX milestone_by_goal ON milestone (goal_id, (coalesce(planned_on, 'infinity'::date)), id) WHERE goal_id IS NOT NULL;
SELECT history_sync('milestone');

-- What has to be done before something else can be.
CREATE TABLE dependency (
  id uuid NOT NULL CONSTRAINT dependency_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT dependency_municipality_fk REFERENCES municipality (id),
  before_initiative_id uuid CONSTRAINT dependency_before_initiative_fk REFERENCES initiative (id),
  before_project_id uuid CONSTRAINT dependency_before_project_fk REFERENCES shared_project (id),
  after_initiative_id uuid CONSTRAINT dependency_after_initiative_fk REFERENCES initiative (id),
  after_project_id uuid CONSTRAINT dependency_after_project_fk REFERENCES shared_project (id),
  kind text NOT NULL CONSTRAINT dependency_kind CHECK (kind IN ('REQUIRES', 'BLOCKS')),
  note text CONSTRAINT dependency_note_length CHECK (length(btrim(note, E' \t\n\r')) BETWEEN 1 AND 1000),
  CONSTRAINT dependency_before_one CHECK (num_nonnulls(before_initiative_id, before_project_id) = 1),
  CONSTRAINT dependency_after_one CHECK (num_nonnulls(after_initiative_id, after_project_id) = 1)
);
CREATE UNIQUE INDEX dependency_once ON dependency (before_initiative_id, before_project_id, after_initiative_id, after_project_id) NULLS NOT DISTINCT WHERE archived_at IS NULL;
CREATE INDEX dependency_by_before ON dependency ((coalesce(before_initiative_id, before_project_id))) WHERE archived_at IS NULL;
CREATE INDEX dependency_by_after ON dependency ((coalesce(after_initiative_id, after_project_id))) WHERE archived_at IS NULL;
SELECT history_sync('dependency');

-- Nothing waits for itself.
-- +goose StatementBegin
CREATE FUNCTION dependency_no_cycle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF NEW.archived_at IS NULL AND EXISTS (
    WITH RECURSIVE later AS (
      SELECT coalesce(NEW.after_initiative_id, NEW.after_project_id) AS item
      UNION SELECT coalesce(d.after_initiative_id, d.after_project_id) FROM public.dependency d JOIN later l ON coalesce(d.before_initiative_id, d.before_project_id) = l.item WHERE d.archived_at IS NULL)
    SELECT FROM later WHERE item = coalesce(NEW.before_initiative_id, NEW.before_project_id)) THEN
    RAISE EXCEPTION 'something that waits for itself' USING ERRCODE = 'FP010', CONSTRAINT = 'dependency_no_cycle';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER dependency_no_cycle AFTER INSERT OR UPDATE ON dependency FOR EACH ROW EXECUTE FUNCTION dependency_no_cycle();

-- A status report (lägesrapport), which stands as it was once it is published.
CREATE TABLE status_report (
  id uuid NOT NULL CONSTRAINT status_report_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT status_report_municipality_fk REFERENCES municipality (id),
  initiative_id uuid,
  shared_project_id uuid,
  goal_id uuid,
  period_from date NOT NULL,
  period_to date NOT NULL CONSTRAINT status_report_period CHECK (period_to >= period_from),
  health text NOT NULL CONSTRAINT status_report_health CHECK (health IN ('GREEN', 'AMBER', 'RED', 'UNKNOWN')),
  text_sv text NOT NULL CONSTRAINT status_report_text_length CHECK (length(btrim(text_sv, E' \t\n\r')) BETWEEN 1 AND 10000),
  text_en text CONSTRAINT status_report_text_en_length CHECK (length(btrim(text_en, E' \t\n\r')) BETWEEN 1 AND 10000),
  -- The figures as they were when it was published.
  figures jsonb,
  published_at timestamptz,
  CONSTRAINT status_report_initiative_fk FOREIGN KEY (municipality_id, initiative_id) REFERENCES initiative (municipality_id, id),
  CONSTRAINT status_report_shared_project_fk FOREIGN KEY (municipality_id, shared_project_id) REFERENCES shared_project (municipality_id, id),
  CONSTRAINT status_report_goal_fk FOREIGN KEY (municipality_id, goal_id) REFERENCES goal (municipality_id, id),
  CONSTRAINT status_report_of_one CHECK (num_nonnulls(initiative_id, shared_project_id, goal_id) = 1),
  CONSTRAINT status_report_figures_when CHECK ((figures IS NULL) = (published_at IS NULL))
);
CREATE INDEX status_report_by_period ON status_report (period_to, id);
CREATE INDEX status_report_by_initiative ON status_report (initiative_id, period_to, id) WHERE initiative_id IS NOT NULL;
CREATE INDEX status_report_by_shared_project ON status_report (shared_project_id, period_to, id) WHERE shared_project_id IS NOT NULL;
CREATE INDEX status_report_by_goal ON status_report (goal_id, period_to, id) WHERE goal_id IS NOT NULL;
SELECT history_sync('status_report');

-- History is not polished afterwards: what is new is a new report.
-- +goose StatementBegin
CREATE FUNCTION status_report_published() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.published_at IS NOT NULL THEN
    RAISE EXCEPTION 'a report that was published does not change' USING ERRCODE = 'FP010', CONSTRAINT = 'status_report_published_stands';
  END IF;
  RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER status_report_published BEFORE UPDATE ON status_report FOR EACH ROW EXECUTE FUNCTION status_report_published();

-- A benefit (nytta), planned and realised.
CREATE TABLE benefit (
  id uuid NOT NULL CONSTRAINT benefit_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT benefit_municipality_fk REFERENCES municipality (id),
  initiative_id uuid,
  shared_project_id uuid,
  goal_id uuid,
  description_sv text NOT NULL CONSTRAINT benefit_description_length CHECK (length(btrim(description_sv, E' \t\n\r')) BETWEEN 1 AND 2000),
  description_en text CONSTRAINT benefit_description_en_length CHECK (length(btrim(description_en, E' \t\n\r')) BETWEEN 1 AND 2000),
  certainty text NOT NULL CONSTRAINT benefit_certainty CHECK (certainty IN ('GREEN', 'YELLOW', 'RED')),
  stakeholder text CONSTRAINT benefit_stakeholder_length CHECK (length(btrim(stakeholder, E' \t\n\r')) BETWEEN 1 AND 200),
  measure text NOT NULL CONSTRAINT benefit_measure CHECK (measure IN ('SEK', 'HOURS', 'QUALITATIVE')),
  planned_amount numeric,
  realised_amount numeric,
  collect_by date,
  followed_up_on date,
  responsible_function text CONSTRAINT benefit_responsible_function_length CHECK (length(btrim(responsible_function, E' \t\n\r')) BETWEEN 1 AND 200),
  CONSTRAINT benefit_initiative_fk FOREIGN KEY (municipality_id, initiative_id) REFERENCES initiative (municipality_id, id),
  CONSTRAINT benefit_shared_project_fk FOREIGN KEY (municipality_id, shared_project_id) REFERENCES shared_project (municipality_id, id),
  CONSTRAINT benefit_goal_fk FOREIGN KEY (municipality_id, goal_id) REFERENCES goal (municipality_id, id),
  CONSTRAINT benefit_of_one CHECK (num_nonnulls(initiative_id, shared_project_id, goal_id) = 1),
  CONSTRAINT benefit_amount_measured CHECK (measure <> 'QUALITATIVE' OR num_nonnulls(planned_amount, realised_amount) = 0)
);
CREATE INDEX benefit_by_collect ON benefit ((coalesce(collect_by, 'infinity'::date)), id);
CREATE INDEX benefit_by_initiative ON benefit (initiative_id, id) WHERE initiative_id IS NOT NULL;
CREATE INDEX benefit_by_shared_project ON benefit (shared_project_id, id) WHERE shared_project_id IS NOT NULL;
CREATE INDEX benefit_by_goal ON benefit (goal_id, id) WHERE goal_id IS NOT NULL;
SELECT history_sync('benefit');
