-- Collaborations with their agreements, shared projects, participations and offers.
-- +goose Up

-- Who keeps a collaboration, and what for. One that nobody keeps is the home municipality's.
ALTER TABLE collaboration ADD COLUMN municipality_id uuid CONSTRAINT collaboration_municipality_fk REFERENCES municipality (id);
ALTER TABLE collaboration ADD COLUMN purpose_sv text CONSTRAINT collaboration_purpose_length CHECK (length(btrim(purpose_sv, E' \t\n\r')) BETWEEN 1 AND 5000);
ALTER TABLE collaboration ADD COLUMN purpose_en text CONSTRAINT collaboration_purpose_en_length CHECK (length(btrim(purpose_en, E' \t\n\r')) BETWEEN 1 AND 5000);
ALTER TABLE collaboration ADD COLUMN url text CONSTRAINT collaboration_url_form CHECK (url ~ '^https?://[^\s]+$' AND length(url) <= 1000);
CREATE INDEX collaboration_by_name ON collaboration (name_sv, id);
SELECT history_sync('collaboration');
ALTER TABLE collaboration_member ADD COLUMN is_example boolean NOT NULL DEFAULT false;
CREATE INDEX collaboration_member_by_municipality ON collaboration_member (municipality_id, collaboration_id);
CREATE INDEX collaboration_member_by_collaboration ON collaboration_member (collaboration_id, valid_from, id);
SELECT history_sync('collaboration_member');

-- An agreement (samverkansavtal) between municipalities, kept by the one that hosts it.
CREATE TABLE agreement (
  id uuid NOT NULL CONSTRAINT agreement_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT agreement_municipality_fk REFERENCES municipality (id),
  collaboration_id uuid CONSTRAINT agreement_collaboration_fk REFERENCES collaboration (id),
  title_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT agreement_title_length CHECK (length(btrim(title_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  title_en text CONSTRAINT agreement_title_en_length CHECK (length(btrim(title_en, E' \t\n\r')) BETWEEN 1 AND 300),
  legal_form text NOT NULL CONSTRAINT agreement_legal_form CHECK (legal_form IN ('CONTRACT_KL_9_37', 'JOINT_COMMITTEE', 'MUNICIPAL_FEDERATION', 'DATA_PROCESSING', 'SIMPLE_COOPERATION', 'UNCLEAR')),
  purpose_sv text CONSTRAINT agreement_purpose_length CHECK (length(btrim(purpose_sv, E' \t\n\r')) BETWEEN 1 AND 5000),
  purpose_en text CONSTRAINT agreement_purpose_en_length CHECK (length(btrim(purpose_en, E' \t\n\r')) BETWEEN 1 AND 5000),
  tasks_sv text CONSTRAINT agreement_tasks_length CHECK (length(btrim(tasks_sv, E' \t\n\r')) BETWEEN 1 AND 5000),
  tasks_en text CONSTRAINT agreement_tasks_en_length CHECK (length(btrim(tasks_en, E' \t\n\r')) BETWEEN 1 AND 5000),
  cost_model_sv text CONSTRAINT agreement_cost_model_length CHECK (length(btrim(cost_model_sv, E' \t\n\r')) BETWEEN 1 AND 2000),
  cost_model_en text CONSTRAINT agreement_cost_model_en_length CHECK (length(btrim(cost_model_en, E' \t\n\r')) BETWEEN 1 AND 2000),
  signed_on date,
  valid_from date CONSTRAINT agreement_valid_after_signing CHECK (valid_from >= signed_on),
  valid_to date CONSTRAINT agreement_validity CHECK (valid_to >= valid_from),
  notice_months int CONSTRAINT agreement_notice_months CHECK (notice_months BETWEEN 0 AND 120),
  renew_months int CONSTRAINT agreement_renew_months CHECK (renew_months BETWEEN 1 AND 120),
  notice_given_on date,
  terminated_on date CONSTRAINT agreement_terminated_after_notice CHECK (terminated_on >= notice_given_on),
  follow_up_months int CONSTRAINT agreement_follow_up_months CHECK (follow_up_months BETWEEN 1 AND 120),
  url text CONSTRAINT agreement_url_form CHECK (url ~ '^https?://[^\s]+$' AND length(url) <= 1000),
  found_source text CONSTRAINT agreement_found_source_length CHECK (length(btrim(found_source, E' \t\n\r')) BETWEEN 1 AND 500),
  found_reason text CONSTRAINT agreement_found_reason_length CHECK (length(btrim(found_reason, E' \t\n\r')) BETWEEN 1 AND 500),
  is_example boolean NOT NULL DEFAULT false,
  visibility text NOT NULL DEFAULT 'COLLABORATION' CONSTRAINT agreement_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),
  CONSTRAINT agreement_valid_when_signed CHECK (valid_from IS NULL OR signed_on IS NOT NULL OR found_source IS NOT NULL),
  CONSTRAINT agreement_renewed_has_end CHECK (renew_months IS NULL OR valid_to IS NOT NULL),
  CONSTRAINT agreement_found_both CHECK ((found_source IS NULL) = (found_reason IS NULL))
);
CREATE INDEX agreement_by_title ON agreement (title_sv, id);
CREATE INDEX agreement_by_municipality ON agreement (municipality_id, title_sv, id);
CREATE INDEX agreement_by_collaboration ON agreement (collaboration_id, title_sv, id);
CREATE INDEX agreement_by_valid_to ON agreement ((coalesce(valid_to, 'infinity'::date)), id);
SELECT history_sync('agreement');

-- The state of an agreement on a day, from its dates. One that renews itself has no end
-- until notice is given.
CREATE FUNCTION agreement_state(on_day date, signed_on date, valid_from date, valid_to date, renew_months int, notice_given_on date, terminated_on date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN terminated_on <= on_day THEN 'TERMINATED'
  WHEN valid_to < on_day AND (renew_months IS NULL OR notice_given_on <= valid_to) THEN 'EXPIRED'
  WHEN valid_from <= on_day THEN CASE WHEN notice_given_on <= on_day THEN 'NOTICE_GIVEN' ELSE 'IN_FORCE' END
  WHEN signed_on <= on_day THEN 'SIGNED'
  ELSE 'DRAFT' END;
GRANT EXECUTE ON FUNCTION agreement_state TO fardplan_app, fardplan_read;

-- A municipality that is party to an agreement, with its own diary number of it.
CREATE TABLE agreement_party (
  id uuid NOT NULL CONSTRAINT agreement_party_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT agreement_party_municipality_fk REFERENCES municipality (id),
  agreement_id uuid NOT NULL CONSTRAINT agreement_party_agreement_fk REFERENCES agreement (id),
  signed_by text CONSTRAINT agreement_party_signed_by_length CHECK (length(btrim(signed_by, E' \t\n\r')) BETWEEN 1 AND 200),
  signed_on date,
  diary_number text CONSTRAINT agreement_party_diary_number_length CHECK (length(btrim(diary_number, E' \t\n\r')) BETWEEN 1 AND 100),
  case_id uuid,
  CONSTRAINT agreement_party_case_fk FOREIGN KEY (municipality_id, case_id) REFERENCES diary_case (municipality_id, id),
  CONSTRAINT agreement_party_once UNIQUE (agreement_id, municipality_id)
);
CREATE INDEX agreement_party_by_municipality ON agreement_party (municipality_id, agreement_id);
SELECT history_sync('agreement_party');

-- A follow-up of an agreement, or a yearly report of it to the council (KL 9 kap. 38 §).
CREATE TABLE agreement_follow_up (
  id uuid NOT NULL CONSTRAINT agreement_follow_up_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT agreement_follow_up_municipality_fk REFERENCES municipality (id),
  agreement_id uuid NOT NULL CONSTRAINT agreement_follow_up_agreement_fk REFERENCES agreement (id),
  kind text NOT NULL CONSTRAINT agreement_follow_up_kind CHECK (kind IN ('FOLLOW_UP', 'REPORT_KL_9_38')),
  held_on date NOT NULL,
  year int NOT NULL CONSTRAINT agreement_follow_up_year CHECK (year BETWEEN 1900 AND 2200),
  text_sv text CONSTRAINT agreement_follow_up_text_length CHECK (length(btrim(text_sv, E' \t\n\r')) BETWEEN 1 AND 5000),
  text_en text CONSTRAINT agreement_follow_up_text_en_length CHECK (length(btrim(text_en, E' \t\n\r')) BETWEEN 1 AND 5000),
  url text CONSTRAINT agreement_follow_up_url_form CHECK (url ~ '^https?://[^\s]+$' AND length(url) <= 1000)
);
CREATE INDEX agreement_follow_up_by_agreement ON agreement_follow_up (agreement_id, held_on, id);
SELECT history_sync('agreement_follow_up');

-- A project that municipalities share. The municipality that keeps it is its host.
CREATE TABLE shared_project (
  id uuid NOT NULL CONSTRAINT shared_project_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT shared_project_municipality_fk REFERENCES municipality (id),
  collaboration_id uuid CONSTRAINT shared_project_collaboration_fk REFERENCES collaboration (id),
  agreement_id uuid CONSTRAINT shared_project_agreement_fk REFERENCES agreement (id),
  code text NOT NULL CONSTRAINT shared_project_code_unique UNIQUE
    CONSTRAINT shared_project_code_form CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 100),
  name_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT shared_project_name_length CHECK (length(btrim(name_sv, E' \t\n\r')) BETWEEN 1 AND 200),
  name_en text CONSTRAINT shared_project_name_en_length CHECK (length(btrim(name_en, E' \t\n\r')) BETWEEN 1 AND 200),
  summary_sv text CONSTRAINT shared_project_summary_length CHECK (length(btrim(summary_sv, E' \t\n\r')) BETWEEN 1 AND 5000),
  summary_en text CONSTRAINT shared_project_summary_en_length CHECK (length(btrim(summary_en, E' \t\n\r')) BETWEEN 1 AND 5000),
  lead_function text CONSTRAINT shared_project_lead_function_length CHECK (length(btrim(lead_function, E' \t\n\r')) BETWEEN 1 AND 200),
  sponsor_function text CONSTRAINT shared_project_sponsor_function_length CHECK (length(btrim(sponsor_function, E' \t\n\r')) BETWEEN 1 AND 200),
  phase text NOT NULL CONSTRAINT shared_project_phase CHECK (phase IN ('IDEA', 'PRESTUDY', 'PLANNING', 'DEVELOPMENT', 'ROLLOUT', 'OPERATION', 'CLOSED')),
  status text NOT NULL CONSTRAINT shared_project_status CHECK (status IN ('NOT_STARTED', 'ACTIVE', 'ON_HOLD', 'CANCELLED', 'COMPLETED')),
  health text NOT NULL DEFAULT 'UNKNOWN' CONSTRAINT shared_project_health CHECK (health IN ('GREEN', 'AMBER', 'RED', 'UNKNOWN')),
  health_comment_sv text CONSTRAINT shared_project_health_comment_length CHECK (length(btrim(health_comment_sv, E' \t\n\r')) BETWEEN 1 AND 1000),
  health_comment_en text CONSTRAINT shared_project_health_comment_en_length CHECK (length(btrim(health_comment_en, E' \t\n\r')) BETWEEN 1 AND 1000),
  budget numeric CONSTRAINT shared_project_budget CHECK (budget >= 0),
  cost_key text CONSTRAINT shared_project_cost_key CHECK (cost_key IN ('EQUAL', 'INHABITANTS', 'USAGE', 'AGREEMENT')),
  planned_start date,
  planned_end date CONSTRAINT shared_project_plan_order CHECK (planned_end >= planned_start),
  -- The plan as it was when it was decided.
  baseline_start date,
  baseline_end date CONSTRAINT shared_project_baseline_order CHECK (baseline_end >= baseline_start),
  actual_start date,
  actual_end date CONSTRAINT shared_project_actual_order CHECK (actual_end >= actual_start),
  open_to_join boolean NOT NULL DEFAULT false,
  join_terms_sv text CONSTRAINT shared_project_join_terms_length CHECK (length(btrim(join_terms_sv, E' \t\n\r')) BETWEEN 1 AND 2000),
  join_terms_en text CONSTRAINT shared_project_join_terms_en_length CHECK (length(btrim(join_terms_en, E' \t\n\r')) BETWEEN 1 AND 2000),
  deliverables text[] NOT NULL DEFAULT '{}' CONSTRAINT shared_project_deliverables CHECK (cardinality(deliverables) <= 50 AND texts_within(deliverables, 300)),
  repository_url text CONSTRAINT shared_project_repository_url_form CHECK (repository_url ~ '^https?://[^\s]+$' AND length(repository_url) <= 1000),
  lessons_sv text CONSTRAINT shared_project_lessons_length CHECK (length(btrim(lessons_sv, E' \t\n\r')) BETWEEN 1 AND 10000),
  lessons_en text CONSTRAINT shared_project_lessons_en_length CHECK (length(btrim(lessons_en, E' \t\n\r')) BETWEEN 1 AND 10000),
  found_source text CONSTRAINT shared_project_found_source_length CHECK (length(btrim(found_source, E' \t\n\r')) BETWEEN 1 AND 500),
  found_reason text CONSTRAINT shared_project_found_reason_length CHECK (length(btrim(found_reason, E' \t\n\r')) BETWEEN 1 AND 500),
  is_example boolean NOT NULL DEFAULT false,
  visibility text NOT NULL DEFAULT 'COLLABORATION' CONSTRAINT shared_project_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),
  CONSTRAINT shared_project_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT shared_project_ended_when CHECK (status <> 'COMPLETED' OR actual_end IS NOT NULL),
  CONSTRAINT shared_project_terms_given CHECK (NOT open_to_join OR join_terms_sv IS NOT NULL),
  CONSTRAINT shared_project_found_both CHECK ((found_source IS NULL) = (found_reason IS NULL))
);
CREATE INDEX shared_project_by_name ON shared_project (name_sv, id);
CREATE INDEX shared_project_by_municipality ON shared_project (municipality_id, name_sv, id);
CREATE INDEX shared_project_by_collaboration ON shared_project (collaboration_id, name_sv, id);
CREATE INDEX shared_project_by_agreement ON shared_project (agreement_id, id);
CREATE INDEX shared_project_by_planned_start ON shared_project ((coalesce(planned_start, 'infinity'::date)), id);
CREATE INDEX shared_project_by_planned_end ON shared_project ((coalesce(planned_end, 'infinity'::date)), id);
CREATE INDEX shared_project_by_updated ON shared_project (updated_at, id);
SELECT history_sync('shared_project');

-- A municipality's part in a shared project, with its own state.
CREATE TABLE participation (
  id uuid NOT NULL CONSTRAINT participation_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT participation_municipality_fk REFERENCES municipality (id),
  shared_project_id uuid NOT NULL CONSTRAINT participation_shared_project_fk REFERENCES shared_project (id),
  role text NOT NULL CONSTRAINT participation_role CHECK (role IN ('HOST', 'FULL_MEMBER', 'PILOT', 'ADOPTER', 'OBSERVER')),
  state text NOT NULL CONSTRAINT participation_state CHECK (state IN ('INVITED', 'INTERESTED', 'DECISION_PENDING', 'CONFIRMED', 'ACTIVE', 'COMPLETED', 'WITHDRAWN', 'DECLINED')),
  reason text CONSTRAINT participation_reason_length CHECK (length(btrim(reason, E' \t\n\r')) BETWEEN 1 AND 1000),
  cost_share_percent numeric CONSTRAINT participation_cost_share_percent CHECK (cost_share_percent BETWEEN 0 AND 100),
  cost_share_amount numeric CONSTRAINT participation_cost_share_amount CHECK (cost_share_amount >= 0),
  contact_function text CONSTRAINT participation_contact_function_length CHECK (length(btrim(contact_function, E' \t\n\r')) BETWEEN 1 AND 200),
  local_launch date,
  -- The municipality that put it forward on the participant's behalf; none where it did so itself.
  proposed_by_id uuid CONSTRAINT participation_proposed_by_fk REFERENCES municipality (id),
  confirmed_on date,
  found_source text CONSTRAINT participation_found_source_length CHECK (length(btrim(found_source, E' \t\n\r')) BETWEEN 1 AND 500),
  found_reason text CONSTRAINT participation_found_reason_length CHECK (length(btrim(found_reason, E' \t\n\r')) BETWEEN 1 AND 500),
  CONSTRAINT participation_once UNIQUE (shared_project_id, municipality_id),
  CONSTRAINT participation_reason_given CHECK (state <> 'DECLINED' AND state <> 'WITHDRAWN' OR reason IS NOT NULL),
  CONSTRAINT participation_one_cost_share CHECK (num_nonnulls(cost_share_percent, cost_share_amount) <= 1),
  CONSTRAINT participation_found_both CHECK ((found_source IS NULL) = (found_reason IS NULL))
);
CREATE INDEX participation_by_municipality ON participation (municipality_id, shared_project_id, id);
SELECT history_sync('participation');

-- The place of a phase in the order of a project's life.
CREATE FUNCTION shared_project_phase_rank(phase text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_position(ARRAY['IDEA', 'PRESTUDY', 'PLANNING', 'DEVELOPMENT', 'ROLLOUT', 'OPERATION', 'CLOSED'], phase);
GRANT EXECUTE ON FUNCTION shared_project_phase_rank TO fardplan_app, fardplan_read;

-- Phases follow on each other; to skip one or go back takes a comment. What costs is
-- shared out whole, or not at all, before money is spent.
-- +goose StatementBegin
CREATE FUNCTION shared_project_life_cycle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.phase NOT IN ('IDEA', 'PRESTUDY') AND NEW.found_source IS NULL THEN
      RAISE EXCEPTION 'registered in phase % without a source', NEW.phase USING ERRCODE = 'FP010', CONSTRAINT = 'shared_project_registered_as_found';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.municipality_id <> OLD.municipality_id THEN
    RAISE EXCEPTION 'a project keeps its host' USING ERRCODE = 'FP010', CONSTRAINT = 'shared_project_host_stays';
  END IF;
  IF NEW.phase <> OLD.phase AND public.shared_project_phase_rank(NEW.phase) <> public.shared_project_phase_rank(OLD.phase) + 1
     AND (SELECT btrim(c.comment, E' \t\n\r') = '' FROM public.change c WHERE c.number = NEW.changed_in) THEN
    RAISE EXCEPTION 'from phase % to % without a comment', OLD.phase, NEW.phase USING ERRCODE = 'FP010', CONSTRAINT = 'shared_project_phase_comment';
  END IF;
  IF public.shared_project_phase_rank(NEW.phase) >= public.shared_project_phase_rank('DEVELOPMENT') AND public.shared_project_phase_rank(OLD.phase) < public.shared_project_phase_rank('DEVELOPMENT')
     AND (SELECT count(p.cost_share_percent) > 0 AND coalesce(sum(p.cost_share_percent), 0) <> 100
            FROM public.participation p WHERE p.shared_project_id = NEW.id AND p.archived_at IS NULL AND p.state NOT IN ('DECLINED', 'WITHDRAWN')) THEN
    RAISE EXCEPTION 'shares of cost that do not add up to 100' USING ERRCODE = 'FP010', CONSTRAINT = 'shared_project_cost_shares';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER shared_project_life_cycle BEFORE INSERT OR UPDATE ON shared_project FOR EACH ROW EXECUTE FUNCTION shared_project_life_cycle();

-- The steps of a participation, who takes them and whether a step goes backwards.
-- +goose StatementBegin
CREATE FUNCTION participation_steps() RETURNS TABLE (from_state text, to_state text, backwards boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT * FROM (VALUES
    ('INVITED', 'INTERESTED', false), ('INVITED', 'DECISION_PENDING', false), ('INVITED', 'CONFIRMED', false), ('INVITED', 'DECLINED', false),
    ('INTERESTED', 'DECISION_PENDING', false), ('INTERESTED', 'CONFIRMED', false), ('INTERESTED', 'DECLINED', false),
    ('DECISION_PENDING', 'CONFIRMED', false), ('DECISION_PENDING', 'DECLINED', false), ('DECISION_PENDING', 'INTERESTED', true),
    ('CONFIRMED', 'ACTIVE', false), ('CONFIRMED', 'WITHDRAWN', false), ('CONFIRMED', 'DECISION_PENDING', true),
    ('ACTIVE', 'COMPLETED', false), ('ACTIVE', 'WITHDRAWN', false), ('ACTIVE', 'CONFIRMED', true),
    ('COMPLETED', 'ACTIVE', true), ('WITHDRAWN', 'INTERESTED', true), ('DECLINED', 'INTERESTED', true)
  ) AS step (from_state, to_state, backwards);
END;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION participation_steps TO fardplan_app, fardplan_read;

-- An offer of a shared service to other municipalities, and each one's answer.
ALTER TABLE shared_service ADD CONSTRAINT shared_service_of_municipality UNIQUE (municipality_id, id);
SELECT history_sync('shared_service');
CREATE TABLE service_offer (
  id uuid NOT NULL CONSTRAINT service_offer_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT service_offer_municipality_fk REFERENCES municipality (id),
  shared_service_id uuid NOT NULL,
  terms_sv text NOT NULL CONSTRAINT service_offer_terms_length CHECK (length(btrim(terms_sv, E' \t\n\r')) BETWEEN 1 AND 2000),
  terms_en text CONSTRAINT service_offer_terms_en_length CHECK (length(btrim(terms_en, E' \t\n\r')) BETWEEN 1 AND 2000),
  contact_function text CONSTRAINT service_offer_contact_function_length CHECK (length(btrim(contact_function, E' \t\n\r')) BETWEEN 1 AND 200),
  valid_from date NOT NULL,
  valid_to date CONSTRAINT service_offer_validity CHECK (valid_to >= valid_from),
  visibility text NOT NULL DEFAULT 'COLLABORATION' CONSTRAINT service_offer_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),
  CONSTRAINT service_offer_shared_service_fk FOREIGN KEY (municipality_id, shared_service_id) REFERENCES shared_service (municipality_id, id)
);
CREATE UNIQUE INDEX service_offer_once ON service_offer (shared_service_id) WHERE archived_at IS NULL;
CREATE INDEX service_offer_by_valid_from ON service_offer (valid_from, id);
SELECT history_sync('service_offer');
CREATE TABLE offer_answer (
  id uuid NOT NULL CONSTRAINT offer_answer_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT offer_answer_municipality_fk REFERENCES municipality (id),
  service_offer_id uuid NOT NULL CONSTRAINT offer_answer_service_offer_fk REFERENCES service_offer (id),
  answer text NOT NULL CONSTRAINT offer_answer_answer CHECK (answer IN ('INTERESTED', 'JOIN', 'ADOPT', 'DECLINE')),
  reason text CONSTRAINT offer_answer_reason_length CHECK (length(btrim(reason, E' \t\n\r')) BETWEEN 1 AND 1000),
  e_service_id uuid,
  CONSTRAINT offer_answer_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT offer_answer_e_service_fk FOREIGN KEY (municipality_id, e_service_id) REFERENCES e_service (municipality_id, id),
  CONSTRAINT offer_answer_once UNIQUE (service_offer_id, municipality_id),
  CONSTRAINT offer_answer_reason_given CHECK (answer <> 'DECLINE' OR reason IS NOT NULL),
  CONSTRAINT offer_answer_adopted CHECK ((answer = 'ADOPT') = (e_service_id IS NOT NULL))
);
CREATE INDEX offer_answer_by_municipality ON offer_answer (municipality_id, id);
CREATE INDEX offer_answer_by_e_service ON offer_answer (e_service_id) WHERE e_service_id IS NOT NULL;
SELECT history_sync('offer_answer');

-- What adopting a shared service takes.
CREATE TABLE adoption_step (
  id uuid NOT NULL CONSTRAINT adoption_step_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT adoption_step_municipality_fk REFERENCES municipality (id),
  offer_answer_id uuid NOT NULL,
  kind text NOT NULL CONSTRAINT adoption_step_kind CHECK (kind IN ('DECISION', 'AGREEMENT', 'CLASSIFICATION', 'OWNER', 'LAUNCH_DATE')),
  done_on date,
  note text CONSTRAINT adoption_step_note_length CHECK (length(btrim(note, E' \t\n\r')) BETWEEN 1 AND 1000),
  CONSTRAINT adoption_step_offer_answer_fk FOREIGN KEY (municipality_id, offer_answer_id) REFERENCES offer_answer (municipality_id, id),
  CONSTRAINT adoption_step_once UNIQUE (offer_answer_id, kind)
);
SELECT history_sync('adoption_step');
