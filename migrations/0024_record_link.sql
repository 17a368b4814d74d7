-- What hangs together: the golden thread (röda tråden) from an audit's finding to an
-- e-service, and the decisions behind each.
-- +goose Up

-- Two records that belong together. With a decision it says what the decision does to
-- the other; without one, that the two serve each other.
CREATE TABLE record_link (
  id uuid NOT NULL CONSTRAINT record_link_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT record_link_municipality_fk REFERENCES municipality (id),
  decision_id uuid CONSTRAINT record_link_decision_fk REFERENCES decision (id),
  finding_id uuid CONSTRAINT record_link_finding_fk REFERENCES finding (id),
  formal_answer_id uuid CONSTRAINT record_link_formal_answer_fk REFERENCES formal_answer (id),
  governing_document_id uuid CONSTRAINT record_link_governing_document_fk REFERENCES governing_document (id),
  goal_id uuid CONSTRAINT record_link_goal_fk REFERENCES goal (id),
  initiative_id uuid CONSTRAINT record_link_initiative_fk REFERENCES initiative (id),
  shared_project_id uuid CONSTRAINT record_link_shared_project_fk REFERENCES shared_project (id),
  participation_id uuid CONSTRAINT record_link_participation_fk REFERENCES participation (id),
  agreement_id uuid CONSTRAINT record_link_agreement_fk REFERENCES agreement (id),
  agreement_party_id uuid CONSTRAINT record_link_agreement_party_fk REFERENCES agreement_party (id),
  e_service_id uuid CONSTRAINT record_link_e_service_fk REFERENCES e_service (id),
  shared_service_id uuid CONSTRAINT record_link_shared_service_fk REFERENCES shared_service (id),
  purpose text CONSTRAINT record_link_purpose CHECK (purpose IN ('AUTHORISES', 'AMENDS', 'REVOKES', 'NOTES')),
  note text CONSTRAINT record_link_note_length CHECK (length(btrim(note, E' \t\n\r')) BETWEEN 1 AND 1000),
  CONSTRAINT record_link_of_two CHECK (num_nonnulls(decision_id, finding_id, formal_answer_id, governing_document_id, goal_id, initiative_id, shared_project_id, participation_id, agreement_id, agreement_party_id, e_service_id, shared_service_id) = 2),
  CONSTRAINT record_link_purpose_given CHECK ((purpose IS NULL) = (decision_id IS NULL))
);
CREATE UNIQUE INDEX record_link_once ON record_link (decision_id, finding_id, formal_answer_id, governing_document_id, goal_id, initiative_id, shared_project_id, participation_id, agreement_id, agreement_party_id, e_service_id, shared_service_id, purpose) NULLS NOT DISTINCT WHERE archived_at IS NULL;
CREATE INDEX record_link_by_decision ON record_link (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX record_link_by_finding ON record_link (finding_id) WHERE finding_id IS NOT NULL;
CREATE INDEX record_link_by_formal_answer ON record_link (formal_answer_id) WHERE formal_answer_id IS NOT NULL;
CREATE INDEX record_link_by_governing_document ON record_link (governing_document_id) WHERE governing_document_id IS NOT NULL;
CREATE INDEX record_link_by_goal ON record_link (goal_id) WHERE goal_id IS NOT NULL;
CREATE INDEX record_link_by_initiative ON record_link (initiative_id) WHERE initiative_id IS NOT NULL;
CREATE INDEX record_link_by_shared_project ON record_link (shared_project_id) WHERE shared_project_id IS NOT NULL;
CREATE INDEX record_link_by_participation ON record_link (participation_id) WHERE participation_id IS NOT NULL;
CREATE INDEX record_link_by_agreement ON record_link (agreement_id) WHERE agreement_id IS NOT NULL;
CREATE INDEX record_link_by_agreement_party ON record_link (agreement_party_id) WHERE agreement_party_id IS NOT NULL;
CREATE INDEX record_link_by_e_service ON record_link (e_service_id) WHERE e_service_id IS NOT NULL;
CREATE INDEX record_link_by_shared_service ON record_link (shared_service_id) WHERE shared_service_id IS NOT NULL;
SELECT history_sync('record_link');

-- A municipality is bound by its own decisions, and by those of a joint body that
-- decides for it: one of the collaboration that it was a member of on the day.
-- +goose StatementBegin
CREATE FUNCTION record_link_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  of_municipality uuid;
BEGIN
  -- One look-up of the eleven: a statement with all of them would be planned anew for each row.
  CASE
    WHEN NEW.goal_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.goal x WHERE x.id = NEW.goal_id;
    WHEN NEW.initiative_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.initiative x WHERE x.id = NEW.initiative_id;
    WHEN NEW.shared_project_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.shared_project x WHERE x.id = NEW.shared_project_id;
    WHEN NEW.participation_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.participation x WHERE x.id = NEW.participation_id;
    WHEN NEW.agreement_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.agreement x WHERE x.id = NEW.agreement_id;
    WHEN NEW.agreement_party_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.agreement_party x WHERE x.id = NEW.agreement_party_id;
    WHEN NEW.e_service_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.e_service x WHERE x.id = NEW.e_service_id;
    WHEN NEW.shared_service_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.shared_service x WHERE x.id = NEW.shared_service_id;
    WHEN NEW.governing_document_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.governing_document x WHERE x.id = NEW.governing_document_id;
    WHEN NEW.formal_answer_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.formal_answer x WHERE x.id = NEW.formal_answer_id;
    WHEN NEW.finding_id IS NOT NULL THEN SELECT x.municipality_id INTO of_municipality FROM public.finding x WHERE x.id = NEW.finding_id;
    ELSE NULL; -- which of_two refuses
  END CASE;
  IF NEW.purpose <> 'NOTES' AND NOT EXISTS (
    SELECT FROM public.decision d WHERE d.id = NEW.decision_id AND (d.municipality_id = of_municipality OR EXISTS (
      SELECT FROM public.collaboration_member m WHERE m.collaboration_id = d.joint_collaboration_id AND m.municipality_id = of_municipality
         AND m.valid_from <= coalesce(d.meeting_date, public.today()) AND coalesce(m.valid_to, 'infinity') >= coalesce(d.meeting_date, public.today())))) THEN
    RAISE EXCEPTION 'a decision of another municipality' USING ERRCODE = 'FP010', CONSTRAINT = 'record_link_own_decision';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER record_link_decision BEFORE INSERT OR UPDATE ON record_link FOR EACH ROW WHEN (NEW.decision_id IS NOT NULL) EXECUTE FUNCTION record_link_decision();

-- A goal is adopted by a decision of the right body: a direction by the council or the
-- executive board, what lies under it by a committee too. What already holds may be
-- registered as found.
-- +goose StatementBegin
CREATE FUNCTION goal_life_cycle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  back boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'PROPOSED' AND NEW.found_source IS NULL THEN
      RAISE EXCEPTION 'registered in status % without a source', NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'goal_registered_as_found';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.status = OLD.status THEN
    RETURN NEW;
  END IF;
  SELECT s.backwards INTO back FROM public.goal_steps() s WHERE s.from_status = OLD.status AND s.to_status = NEW.status;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no step from % to %', OLD.status, NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'goal_step';
  END IF;
  IF back AND (SELECT btrim(c.comment, E' \t\n\r') = '' FROM public.change c WHERE c.number = NEW.changed_in) THEN
    RAISE EXCEPTION 'a step back from % to % without a comment', OLD.status, NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'goal_step_back_comment';
  END IF;
  IF OLD.status = 'PROPOSED' AND NEW.status = 'ADOPTED' AND NOT EXISTS (
      SELECT FROM public.record_link l JOIN public.decision d ON d.id = l.decision_id
       WHERE l.goal_id = NEW.id AND l.purpose = 'AUTHORISES' AND l.archived_at IS NULL AND d.archived_at IS NULL
         AND public.decision_state(public.today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to) IN ('DECIDED', 'BINDING')
         AND (d.joint_collaboration_id IS NOT NULL OR (SELECT u.type FROM public.unit u WHERE u.id = d.body_unit_id) = ANY (
           CASE NEW.level WHEN 'DIRECTION' THEN ARRAY['COUNCIL', 'EXECUTIVE_BOARD'] ELSE ARRAY['COUNCIL', 'EXECUTIVE_BOARD', 'COMMITTEE'] END))) THEN
    RAISE EXCEPTION 'adopted without a decision of the right body' USING ERRCODE = 'FP010', CONSTRAINT = 'goal_adopted_by_decision';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER goal_life_cycle BEFORE INSERT OR UPDATE OF status ON goal FOR EACH ROW EXECUTE FUNCTION goal_life_cycle();

-- A participation is confirmed by a decision of the municipality that takes part. The
-- host is the municipality that keeps the project, and it alone.
-- +goose StatementBegin
CREATE FUNCTION participation_life_cycle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  back boolean;
BEGIN
  IF (NEW.role = 'HOST') <> (NEW.municipality_id = (SELECT p.municipality_id FROM public.shared_project p WHERE p.id = NEW.shared_project_id)) THEN
    RAISE EXCEPTION 'a host other than the project is kept by' USING ERRCODE = 'FP010', CONSTRAINT = 'participation_host';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state NOT IN ('INVITED', 'INTERESTED', 'DECISION_PENDING') AND NEW.found_source IS NULL THEN
      RAISE EXCEPTION 'registered in state % without a source', NEW.state USING ERRCODE = 'FP010', CONSTRAINT = 'participation_registered_as_found';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  SELECT s.backwards INTO back FROM public.participation_steps() s WHERE s.from_state = OLD.state AND s.to_state = NEW.state;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no step from % to %', OLD.state, NEW.state USING ERRCODE = 'FP010', CONSTRAINT = 'participation_step';
  END IF;
  IF back AND (SELECT btrim(c.comment, E' \t\n\r') = '' FROM public.change c WHERE c.number = NEW.changed_in) THEN
    RAISE EXCEPTION 'a step back from % to % without a comment', OLD.state, NEW.state USING ERRCODE = 'FP010', CONSTRAINT = 'participation_step_back_comment';
  END IF;
  IF NEW.state = 'CONFIRMED' AND NOT back AND NOT EXISTS (
      SELECT FROM public.record_link l JOIN public.decision d ON d.id = l.decision_id
       WHERE l.participation_id = NEW.id AND l.purpose = 'AUTHORISES' AND l.archived_at IS NULL AND d.archived_at IS NULL
         AND public.decision_state(public.today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to) IN ('DECIDED', 'BINDING')) THEN
    RAISE EXCEPTION 'confirmed without a decision of its municipality' USING ERRCODE = 'FP010', CONSTRAINT = 'participation_confirmed_by_decision';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER participation_life_cycle BEFORE INSERT OR UPDATE ON participation FOR EACH ROW EXECUTE FUNCTION participation_life_cycle();

-- A shared project has a host from its first change on.
-- +goose StatementBegin
CREATE FUNCTION shared_project_hosted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.participation p WHERE p.shared_project_id = NEW.id AND p.role = 'HOST') THEN
    RAISE EXCEPTION 'a project without a host' USING ERRCODE = 'FP010', CONSTRAINT = 'shared_project_hosted';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER shared_project_hosted AFTER INSERT ON shared_project DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shared_project_hosted();

-- An answer is decided by a decision before it is sent.
-- +goose StatementBegin
CREATE FUNCTION formal_answer_decided() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF NEW.status IN ('DECIDED', 'SENT') AND OLD.status NOT IN ('DECIDED', 'SENT') AND NOT EXISTS (
      SELECT FROM public.record_link l JOIN public.decision d ON d.id = l.decision_id
       WHERE l.formal_answer_id = NEW.id AND l.purpose = 'AUTHORISES' AND l.archived_at IS NULL AND d.archived_at IS NULL
         AND public.decision_state(public.today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to) IN ('DECIDED', 'BINDING')) THEN
    RAISE EXCEPTION 'an answer without a decision' USING ERRCODE = 'FP010', CONSTRAINT = 'formal_answer_decided';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER formal_answer_decided BEFORE UPDATE OF status ON formal_answer FOR EACH ROW EXECUTE FUNCTION formal_answer_decided();
