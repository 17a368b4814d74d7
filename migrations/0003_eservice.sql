-- Shared services, each municipality's e-services, and their use per month.
-- +goose Up

CREATE TABLE shared_service (
  id uuid NOT NULL CONSTRAINT shared_service_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT shared_service_municipality_fk REFERENCES municipality (id),
  code text NOT NULL CONSTRAINT shared_service_code_unique UNIQUE
    CONSTRAINT shared_service_code_form CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 100),
  name_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT shared_service_name_length CHECK (length(btrim(name_sv, E' \t\n\r')) BETWEEN 1 AND 200),
  name_en text CONSTRAINT shared_service_name_en_length CHECK (length(btrim(name_en, E' \t\n\r')) BETWEEN 1 AND 200),
  purpose_sv text CONSTRAINT shared_service_purpose_length CHECK (length(btrim(purpose_sv, E' \t\n\r')) BETWEEN 1 AND 5000),
  purpose_en text CONSTRAINT shared_service_purpose_en_length CHECK (length(btrim(purpose_en, E' \t\n\r')) BETWEEN 1 AND 5000),
  classification text CONSTRAINT shared_service_classification_form CHECK (classification ~ '^[0-9]{1,2}(\.[0-9]{1,3}){0,5}$'),
  themes text[] NOT NULL DEFAULT '{}' CONSTRAINT shared_service_themes CHECK (themes <@ ARRAY['BUILDING_HOUSING_ENVIRONMENT', 'EDUCATION_CHILDCARE', 'CARE_SUPPORT', 'MUNICIPALITY_POLITICS', 'BUSINESS_WORK', 'TRAFFIC_PLANNING', 'CULTURE_LEISURE', 'RESCUE_SAFETY']),
  artefact_urls text[] NOT NULL DEFAULT '{}' CONSTRAINT shared_service_artefact_urls CHECK (cardinality(artefact_urls) <= 20 AND texts_within(artefact_urls, 500) AND texts_match(artefact_urls, '^https?://[^\s]+$')),
  licence text CONSTRAINT shared_service_licence_length CHECK (length(btrim(licence, E' \t\n\r')) BETWEEN 1 AND 100),
  visibility text NOT NULL DEFAULT 'PUBLIC' CONSTRAINT shared_service_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY'))
);
CREATE INDEX shared_service_by_name ON shared_service (name_sv, id);
CREATE INDEX shared_service_by_municipality ON shared_service (municipality_id, name_sv, id);
SELECT history_sync('shared_service');

CREATE TABLE e_service (
  id uuid NOT NULL CONSTRAINT e_service_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT e_service_municipality_fk REFERENCES municipality (id),
  owner_unit_id uuid NOT NULL,
  shared_service_id uuid CONSTRAINT e_service_shared_service_fk REFERENCES shared_service (id),

  name_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT e_service_name_length CHECK (length(btrim(name_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  name_en text CONSTRAINT e_service_name_en_length CHECK (length(btrim(name_en, E' \t\n\r')) BETWEEN 1 AND 300),
  slug text NOT NULL CONSTRAINT e_service_slug_form CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 120),
  summary_sv text CONSTRAINT e_service_summary_length CHECK (length(btrim(summary_sv, E' \t\n\r')) BETWEEN 1 AND 150),
  summary_en text CONSTRAINT e_service_summary_en_length CHECK (length(btrim(summary_en, E' \t\n\r')) BETWEEN 1 AND 150),
  description_sv text CONSTRAINT e_service_description_length CHECK (length(btrim(description_sv, E' \t\n\r')) BETWEEN 1 AND 20000),
  description_en text CONSTRAINT e_service_description_en_length CHECK (length(btrim(description_en, E' \t\n\r')) BETWEEN 1 AND 20000),
  url text CONSTRAINT e_service_url_form CHECK (url ~ '^https?://[^\s]+$' AND length(url) <= 1000),
  contact_function text CONSTRAINT e_service_contact_function_length CHECK (length(btrim(contact_function, E' \t\n\r')) BETWEEN 1 AND 200),
  audiences text[] NOT NULL DEFAULT '{}' CONSTRAINT e_service_audiences CHECK (audiences <@ ARRAY['PRIVATE_PERSON', 'COMPANY', 'ASSOCIATION', 'EMPLOYEE', 'OTHER_AUTHORITY']),
  life_events text[] NOT NULL DEFAULT '{}' CONSTRAINT e_service_life_events CHECK (life_events <@ ARRAY['BIRTH', 'RESIDENCE', 'STUDYING', 'WORKING', 'MOVING', 'RETIRING', 'BUSINESS']),
  themes text[] NOT NULL DEFAULT '{}' CONSTRAINT e_service_themes CHECK (themes <@ ARRAY['BUILDING_HOUSING_ENVIRONMENT', 'EDUCATION_CHILDCARE', 'CARE_SUPPORT', 'MUNICIPALITY_POLITICS', 'BUSINESS_WORK', 'TRAFFIC_PLANNING', 'CULTURE_LEISURE', 'RESCUE_SAFETY']),
  keywords text[] NOT NULL DEFAULT '{}' CONSTRAINT e_service_keywords CHECK (cardinality(keywords) <= 50 AND texts_within(keywords, 100)),
  channels text[] NOT NULL DEFAULT '{}' CONSTRAINT e_service_channels CHECK (channels <@ ARRAY['WEB', 'APP', 'EMAIL', 'PHONE', 'POST', 'VISIT']),
  alternative_channel_sv text CONSTRAINT e_service_alternative_channel_length CHECK (length(btrim(alternative_channel_sv, E' \t\n\r')) BETWEEN 1 AND 1000),
  alternative_channel_en text CONSTRAINT e_service_alternative_channel_en_length CHECK (length(btrim(alternative_channel_en, E' \t\n\r')) BETWEEN 1 AND 1000),
  languages text[] NOT NULL DEFAULT '{}' CONSTRAINT e_service_languages CHECK (cardinality(languages) <= 30 AND texts_match(languages, '^[a-z]{2,3}$')),
  eid_level text CONSTRAINT e_service_eid_level CHECK (eid_level IN ('NONE', 'LOW', 'SUBSTANTIAL', 'HIGH')),
  requires_authentication boolean,
  requires_signing boolean,
  takes_payment boolean,
  legal_basis text CONSTRAINT e_service_legal_basis_length CHECK (length(btrim(legal_basis, E' \t\n\r')) BETWEEN 1 AND 1000),
  legal_basis_verified_on date CONSTRAINT e_service_legal_basis_verified CHECK (legal_basis_verified_on IS NULL OR legal_basis IS NOT NULL),
  fee_sv text CONSTRAINT e_service_fee_length CHECK (length(btrim(fee_sv, E' \t\n\r')) BETWEEN 1 AND 500),
  fee_en text CONSTRAINT e_service_fee_en_length CHECK (length(btrim(fee_en, E' \t\n\r')) BETWEEN 1 AND 500),
  processing_time_sv text CONSTRAINT e_service_processing_time_length CHECK (length(btrim(processing_time_sv, E' \t\n\r')) BETWEEN 1 AND 500),
  processing_time_en text CONSTRAINT e_service_processing_time_en_length CHECK (length(btrim(processing_time_en, E' \t\n\r')) BETWEEN 1 AND 500),
  digital_level text CONSTRAINT e_service_digital_level CHECK (digital_level IN ('INFO', 'FORM', 'E_SERVICE', 'AUTOMATED')),
  personal_data text CONSTRAINT e_service_personal_data CHECK (personal_data IN ('NONE', 'ORDINARY', 'SENSITIVE')),
  retention text CONSTRAINT e_service_retention_length CHECK (length(btrim(retention, E' \t\n\r')) BETWEEN 1 AND 500),
  accessibility_status text CONSTRAINT e_service_accessibility_status CHECK (accessibility_status IN ('FULL', 'PARTIAL', 'NONE')),
  accessibility_standard text CONSTRAINT e_service_accessibility_standard_length CHECK (length(btrim(accessibility_standard, E' \t\n\r')) BETWEEN 1 AND 100),
  accessibility_checked_on date,
  accessibility_statement_url text CONSTRAINT e_service_accessibility_statement_url_form CHECK (accessibility_statement_url ~ '^https?://[^\s]+$' AND length(accessibility_statement_url) <= 1000),

  status text NOT NULL CONSTRAINT e_service_status CHECK (status IN ('IDEA', 'PLANNED', 'IN_DEVELOPMENT', 'PILOT', 'LIVE', 'PHASING_OUT', 'RETIRED', 'REJECTED', 'PAUSED')),
  planned_launch date,
  launched_on date,
  retired_on date CONSTRAINT e_service_retired_after_launch CHECK (retired_on >= launched_on),
  retirement_reason text CONSTRAINT e_service_retirement_reason_length CHECK (length(btrim(retirement_reason, E' \t\n\r')) BETWEEN 1 AND 1000),
  replaced_by_id uuid CONSTRAINT e_service_replaced_by_not_self CHECK (replaced_by_id <> id),
  found_source text CONSTRAINT e_service_found_source_length CHECK (length(btrim(found_source, E' \t\n\r')) BETWEEN 1 AND 500),
  found_reason text CONSTRAINT e_service_found_reason_length CHECK (length(btrim(found_reason, E' \t\n\r')) BETWEEN 1 AND 500),
  published boolean NOT NULL DEFAULT false,
  first_published_at timestamptz,
  visibility text NOT NULL DEFAULT 'PUBLIC' CONSTRAINT e_service_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),

  oep_family_id bigint CONSTRAINT e_service_oep_family_positive CHECK (oep_family_id > 0),
  oep_category text CONSTRAINT e_service_oep_category_length CHECK (length(btrim(oep_category, E' \t\n\r')) BETWEEN 1 AND 300),
  oep_unstable_key boolean NOT NULL DEFAULT false,
  -- What the platform last said of each field, to tell its changes from those made by hand.
  oep_seen jsonb,
  -- Since when the platform's list lacks it.
  oep_missing_since date,

  CONSTRAINT e_service_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT e_service_slug_unique UNIQUE (municipality_id, slug),
  CONSTRAINT e_service_oep_family_unique UNIQUE (municipality_id, oep_family_id),
  CONSTRAINT e_service_owner_unit_fk FOREIGN KEY (municipality_id, owner_unit_id) REFERENCES unit (municipality_id, id),
  CONSTRAINT e_service_replaced_by_fk FOREIGN KEY (municipality_id, replaced_by_id) REFERENCES e_service (municipality_id, id),
  CONSTRAINT e_service_published_url CHECK (NOT published OR url IS NOT NULL),
  CONSTRAINT e_service_published_summary CHECK (NOT published OR summary_sv IS NOT NULL),
  CONSTRAINT e_service_published_audience CHECK (NOT published OR cardinality(audiences) > 0),
  CONSTRAINT e_service_published_launched CHECK (NOT (published AND status = 'LIVE') OR launched_on IS NOT NULL),
  CONSTRAINT e_service_published_not_archived CHECK (NOT (published AND archived_at IS NOT NULL)),
  CONSTRAINT e_service_retired_complete CHECK (status <> 'RETIRED' OR (retired_on IS NOT NULL AND retirement_reason IS NOT NULL)),
  CONSTRAINT e_service_retired_only CHECK (retired_on IS NULL OR status = 'RETIRED'),
  CONSTRAINT e_service_found_both CHECK ((found_source IS NULL) = (found_reason IS NULL)),
  CONSTRAINT e_service_accessibility_complete CHECK (accessibility_checked_on IS NULL OR accessibility_status IS NOT NULL)
);
CREATE INDEX e_service_by_name ON e_service (name_sv, id);
CREATE INDEX e_service_by_municipality ON e_service (municipality_id, name_sv, id);
CREATE INDEX e_service_by_owner_unit ON e_service (owner_unit_id, name_sv, id);
CREATE INDEX e_service_by_shared_service ON e_service (shared_service_id, name_sv, id);
CREATE INDEX e_service_by_updated ON e_service (updated_at, id);
CREATE INDEX e_service_by_created ON e_service (created_at, id);
CREATE INDEX e_service_by_launched ON e_service ((coalesce(launched_on, 'infinity'::date)), id);
CREATE INDEX e_service_by_planned_launch ON e_service ((coalesce(planned_launch, 'infinity'::date)), id);
CREATE INDEX e_service_by_replaced_by ON e_service (municipality_id, replaced_by_id);

-- The life cycle: each step that may be taken, and whether it goes backwards and
-- so must say why. It holds in the database since an import and a person may move
-- the same record.
-- +goose StatementBegin
CREATE FUNCTION e_service_steps() RETURNS TABLE (from_status text, to_status text, backwards boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT * FROM (VALUES
    ('IDEA', 'PLANNED', false), ('IDEA', 'REJECTED', false),
    ('PLANNED', 'IN_DEVELOPMENT', false), ('PLANNED', 'REJECTED', false), ('PLANNED', 'PAUSED', false), ('PLANNED', 'IDEA', true),
    ('IN_DEVELOPMENT', 'PILOT', false), ('IN_DEVELOPMENT', 'LIVE', false), ('IN_DEVELOPMENT', 'PAUSED', false), ('IN_DEVELOPMENT', 'REJECTED', false), ('IN_DEVELOPMENT', 'PLANNED', true),
    ('PILOT', 'LIVE', false), ('PILOT', 'PAUSED', false), ('PILOT', 'REJECTED', false), ('PILOT', 'IN_DEVELOPMENT', true),
    ('LIVE', 'PHASING_OUT', false), ('LIVE', 'PILOT', true),
    ('PHASING_OUT', 'RETIRED', false), ('PHASING_OUT', 'LIVE', true),
    ('RETIRED', 'LIVE', true),
    ('REJECTED', 'IDEA', true),
    ('PAUSED', 'PLANNED', true), ('PAUSED', 'IN_DEVELOPMENT', false), ('PAUSED', 'PILOT', false), ('PAUSED', 'REJECTED', false)
  ) AS step (from_status, to_status, backwards);
END;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION e_service_steps TO fardplan_app, fardplan_read;

-- +goose StatementBegin
CREATE FUNCTION e_service_life_cycle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  back boolean;
BEGIN
  -- What was published stays known as such: it is archived, not deleted.
  NEW.first_published_at := CASE WHEN NEW.published THEN NEW.updated_at END;
  IF TG_OP = 'INSERT' THEN
    -- What already is may be registered as found, with its source and reason.
    IF NEW.status NOT IN ('IDEA', 'PLANNED') AND NEW.found_source IS NULL THEN
      RAISE EXCEPTION 'registered in status % without a source', NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'e_service_registered_as_found';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status THEN
    SELECT s.backwards INTO back FROM public.e_service_steps() s WHERE s.from_status = OLD.status AND s.to_status = NEW.status;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no step from % to %', OLD.status, NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'e_service_step';
    END IF;
    IF back AND (SELECT btrim(c.comment, E' \t\n\r') = '' FROM public.change c WHERE c.number = NEW.changed_in) THEN
      RAISE EXCEPTION 'a step back from % to % without a comment', OLD.status, NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'e_service_step_back_comment';
    END IF;
  END IF;
  IF NEW.status = 'LIVE' AND (OLD.status <> 'LIVE' OR NEW.owner_unit_id <> OLD.owner_unit_id)
     AND NOT EXISTS (
       SELECT FROM public.unit u WHERE u.id = NEW.owner_unit_id AND u.archived_at IS NULL
          AND coalesce(u.valid_from, '-infinity') <= public.today() AND coalesce(u.valid_to, 'infinity') >= public.today()) THEN
    RAISE EXCEPTION 'live with an owner that is closed' USING ERRCODE = 'FP010', CONSTRAINT = 'e_service_live_owner_valid';
  END IF;
  NEW.first_published_at := coalesce(OLD.first_published_at, NEW.first_published_at);
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER e_service_life_cycle BEFORE INSERT OR UPDATE ON e_service FOR EACH ROW EXECUTE FUNCTION e_service_life_cycle();

-- A unit is not closed while it owns what is in use, unless somebody takes over;
-- nor while units under it are open.
-- +goose StatementBegin
CREATE FUNCTION unit_close() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF (NEW.valid_to IS NOT NULL OR NEW.archived_at IS NOT NULL) AND NEW.successor_id IS NULL
     AND EXISTS (SELECT FROM public.e_service e WHERE e.owner_unit_id = NEW.id AND e.status IN ('PILOT', 'LIVE', 'PHASING_OUT') AND e.archived_at IS NULL) THEN
    RAISE EXCEPTION 'closed while it owns e-services in use' USING ERRCODE = 'FP010', CONSTRAINT = 'unit_close_needs_successor';
  END IF;
  IF (NEW.valid_to IS NOT NULL OR NEW.archived_at IS NOT NULL)
     AND EXISTS (SELECT FROM public.unit u WHERE u.parent_id = NEW.id AND u.archived_at IS NULL AND coalesce(u.valid_to, 'infinity') > coalesce(NEW.valid_to, '-infinity')) THEN
    RAISE EXCEPTION 'closed while units under it are open' USING ERRCODE = 'FP010', CONSTRAINT = 'unit_close_children_open';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER unit_close BEFORE UPDATE OF valid_to, archived_at, successor_id ON unit FOR EACH ROW EXECUTE FUNCTION unit_close();
SELECT history_sync('e_service');

CREATE TABLE e_service_usage (
  id uuid NOT NULL CONSTRAINT e_service_usage_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  municipality_id uuid NOT NULL,
  e_service_id uuid NOT NULL,
  month date NOT NULL CONSTRAINT e_service_usage_month CHECK (extract(day FROM month) = 1),
  cases int NOT NULL CONSTRAINT e_service_usage_cases CHECK (cases >= 0),
  digital_share numeric CONSTRAINT e_service_usage_digital_share CHECK (digital_share BETWEEN 0 AND 1),
  satisfaction numeric CONSTRAINT e_service_usage_satisfaction CHECK (satisfaction BETWEEN 1 AND 5),
  abandon_rate numeric CONSTRAINT e_service_usage_abandon_rate CHECK (abandon_rate BETWEEN 0 AND 1),
  source text NOT NULL CONSTRAINT e_service_usage_source CHECK (source IN ('OEP', 'MANUAL')),
  CONSTRAINT e_service_usage_once UNIQUE (e_service_id, month),
  CONSTRAINT e_service_usage_e_service_fk FOREIGN KEY (municipality_id, e_service_id) REFERENCES e_service (municipality_id, id)
);
SELECT history_sync('e_service_usage');

-- What an import from an e-service platform did, once it was applied.
CREATE TABLE import_run (
  id uuid NOT NULL CONSTRAINT import_run_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  municipality_id uuid NOT NULL CONSTRAINT import_run_municipality_fk REFERENCES municipality (id),
  source text NOT NULL CONSTRAINT import_run_source_length CHECK (length(btrim(source, E' \t\n\r')) BETWEEN 1 AND 500),
  flows int NOT NULL CONSTRAINT import_run_flows CHECK (flows >= 0),
  created int NOT NULL CONSTRAINT import_run_created CHECK (created >= 0),
  changed int NOT NULL CONSTRAINT import_run_changed CHECK (changed >= 0),
  gone int NOT NULL CONSTRAINT import_run_gone CHECK (gone >= 0),
  unchanged int NOT NULL CONSTRAINT import_run_unchanged CHECK (unchanged >= 0),
  refused int NOT NULL CONSTRAINT import_run_refused CHECK (refused >= 0)
);
CREATE INDEX import_run_by_created ON import_run (municipality_id, created_at, id);
SELECT history_sync('import_run');
