-- What stands on a decision stays standing, and a number on decisions of two cases is found.
-- +goose Up

CREATE INDEX decision_by_diary_number ON decision (municipality_id, (lower(btrim(diary_number)))) WHERE diary_number IS NOT NULL;
SELECT history_sync('decision');
CREATE INDEX gap_episode_open ON gap_episode (rule, municipality_id) WHERE closed_at IS NULL;
SELECT history_sync('gap_episode');

-- What a decision was needed for goes on needing it: the link by which it carries a goal,
-- a participation or an answer is not taken away before another decision carries that, or
-- it has gone back to where none is needed. A decision that itself has ceased carries
-- nothing, and what was registered as found never rested on one.
-- +goose StatementBegin
CREATE FUNCTION record_link_rests() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM public.decision d WHERE d.id = OLD.decision_id AND d.archived_at IS NULL
         AND public.decision_state(public.today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to) IN ('DECIDED', 'BINDING', 'APPEALED'))
     OR EXISTS (
      SELECT FROM public.record_link l JOIN public.decision d ON d.id = l.decision_id
       WHERE (l.goal_id = OLD.goal_id OR l.participation_id = OLD.participation_id OR l.formal_answer_id = OLD.formal_answer_id)
         AND l.purpose = 'AUTHORISES' AND l.archived_at IS NULL AND d.archived_at IS NULL
         AND public.decision_state(public.today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to) IN ('DECIDED', 'BINDING')
         AND (OLD.goal_id IS NULL OR d.joint_collaboration_id IS NOT NULL OR (SELECT u.type FROM public.unit u WHERE u.id = d.body_unit_id) = ANY (
           CASE (SELECT g.level FROM public.goal g WHERE g.id = OLD.goal_id) WHEN 'DIRECTION' THEN ARRAY['COUNCIL', 'EXECUTIVE_BOARD'] ELSE ARRAY['COUNCIL', 'EXECUTIVE_BOARD', 'COMMITTEE'] END))) THEN
    RETURN NULL;
  END IF;
  IF EXISTS (SELECT FROM public.goal g WHERE g.id = OLD.goal_id AND g.archived_at IS NULL AND g.found_source IS NULL AND g.status NOT IN ('PROPOSED', 'REVOKED')) THEN
    RAISE EXCEPTION 'an adopted goal left without its decision' USING ERRCODE = 'FP010', CONSTRAINT = 'record_link_goal_rests';
  END IF;
  IF EXISTS (SELECT FROM public.participation p WHERE p.id = OLD.participation_id AND p.archived_at IS NULL AND p.found_source IS NULL AND p.state IN ('CONFIRMED', 'ACTIVE', 'COMPLETED')) THEN
    RAISE EXCEPTION 'a confirmed participation left without its decision' USING ERRCODE = 'FP010', CONSTRAINT = 'record_link_participation_rests';
  END IF;
  IF EXISTS (SELECT FROM public.formal_answer a WHERE a.id = OLD.formal_answer_id AND a.archived_at IS NULL AND a.status IN ('DECIDED', 'SENT')) THEN
    RAISE EXCEPTION 'a decided answer left without its decision' USING ERRCODE = 'FP010', CONSTRAINT = 'record_link_answer_rests';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER record_link_rests AFTER UPDATE ON record_link FOR EACH ROW WHEN (OLD.purpose = 'AUTHORISES' AND OLD.archived_at IS NULL) EXECUTE FUNCTION record_link_rests();

-- Which questions an answer that was sent answers is said in it.
-- +goose StatementBegin
CREATE FUNCTION audit_question_answered() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF (TG_OP = 'INSERT' OR OLD.formal_answer_id IS DISTINCT FROM NEW.formal_answer_id)
     AND EXISTS (SELECT FROM public.formal_answer a WHERE a.id IN (NEW.formal_answer_id, CASE TG_OP WHEN 'UPDATE' THEN OLD.formal_answer_id END) AND a.status = 'SENT') THEN
    RAISE EXCEPTION 'another question of an answer that was sent' USING ERRCODE = 'FP010', CONSTRAINT = 'audit_question_answer_stands';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_question_answered BEFORE INSERT OR UPDATE ON audit_question FOR EACH ROW EXECUTE FUNCTION audit_question_answered();
