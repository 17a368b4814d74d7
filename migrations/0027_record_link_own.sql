-- Who says what a decision does to a record.
-- +goose Up

-- A municipality is bound by its own decisions, and by those of a joint body that
-- decides for it: one of the collaboration that it was a member of on the day. It is the
-- one that says so: a link by which another would bind it is refused. One that is taken
-- away binds nobody.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION record_link_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  of_municipality uuid;
BEGIN
  IF NEW.archived_at IS NOT NULL THEN
    RETURN NEW;
  END IF;
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
  IF NEW.purpose <> 'NOTES' AND NEW.municipality_id <> of_municipality THEN
    RAISE EXCEPTION 'bound by another municipality' USING ERRCODE = 'FP010', CONSTRAINT = 'record_link_own_record';
  END IF;
  IF NEW.purpose <> 'NOTES' AND NOT EXISTS (
    SELECT FROM public.decision d WHERE d.id = NEW.decision_id AND (d.municipality_id = of_municipality OR EXISTS (
      SELECT FROM public.collaboration_member m WHERE m.collaboration_id = d.joint_collaboration_id AND m.municipality_id = of_municipality
         AND m.valid_from <= coalesce(d.meeting_date, public.today()) AND coalesce(m.valid_to, 'infinity') >= coalesce(d.meeting_date, public.today())))) THEN
    RAISE EXCEPTION 'a decision of another municipality' USING ERRCODE = 'FP010', CONSTRAINT = 'record_link_own_decision';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
