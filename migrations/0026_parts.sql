-- What a unit owns besides e-services needs somebody who takes over too.
-- +goose Up

CREATE INDEX goal_by_owner_unit ON goal (owner_unit_id, title_sv, id);
SELECT history_sync('goal');
CREATE INDEX governing_document_by_owner_unit ON governing_document (owner_unit_id, title_sv, id);
SELECT history_sync('governing_document');

-- A unit is not closed while it owns what is in use, unless somebody takes over;
-- nor while units under it are open.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION unit_close() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF (NEW.valid_to IS NOT NULL OR NEW.archived_at IS NOT NULL) AND NEW.successor_id IS NULL
     AND (EXISTS (SELECT FROM public.e_service e WHERE e.owner_unit_id = NEW.id AND e.status IN ('PILOT', 'LIVE', 'PHASING_OUT') AND e.archived_at IS NULL)
       OR EXISTS (SELECT FROM public.goal g WHERE g.owner_unit_id = NEW.id AND g.status IN ('PROPOSED', 'ADOPTED', 'ONGOING') AND g.archived_at IS NULL)
       OR EXISTS (SELECT FROM public.initiative i WHERE i.owner_unit_id = NEW.id AND i.status NOT IN ('DONE', 'CANCELLED') AND i.archived_at IS NULL)
       OR EXISTS (SELECT FROM public.governing_document d WHERE d.owner_unit_id = NEW.id AND d.status IN ('ADOPTED', 'UNDER_REVISION') AND d.archived_at IS NULL)) THEN
    RAISE EXCEPTION 'closed while it owns what is in use' USING ERRCODE = 'FP010', CONSTRAINT = 'unit_close_needs_successor';
  END IF;
  IF (NEW.valid_to IS NOT NULL OR NEW.archived_at IS NOT NULL)
     AND EXISTS (SELECT FROM public.unit u WHERE u.parent_id = NEW.id AND u.archived_at IS NULL AND coalesce(u.valid_to, 'infinity') > coalesce(NEW.valid_to, '-infinity')) THEN
    RAISE EXCEPTION 'closed while units under it are open' USING ERRCODE = 'FP010', CONSTRAINT = 'unit_close_children_open';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd

-- A party or a participation that was put in by mistake is taken back, and may be put in
-- anew. A project has its host as long as it is there.
ALTER TABLE agreement_party DROP CONSTRAINT agreement_party_once;
CREATE UNIQUE INDEX agreement_party_once ON agreement_party (agreement_id, municipality_id) WHERE archived_at IS NULL;
CREATE INDEX agreement_party_by_agreement ON agreement_party (agreement_id, id);
SELECT history_sync('agreement_party');
ALTER TABLE participation DROP CONSTRAINT participation_once;
CREATE UNIQUE INDEX participation_once ON participation (shared_project_id, municipality_id) WHERE archived_at IS NULL;
CREATE INDEX participation_by_project ON participation (shared_project_id, id);
ALTER TABLE participation ADD CONSTRAINT participation_host_stays CHECK (role <> 'HOST' OR archived_at IS NULL);
SELECT history_sync('participation');
