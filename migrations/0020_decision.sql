-- Cases of the diary, the decisions taken in them, and what they let be missing.
-- +goose Up

-- A case (ärende) under its diary number (diarienummer), kept exactly as written.
CREATE TABLE diary_case (
  id uuid NOT NULL CONSTRAINT diary_case_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT diary_case_municipality_fk REFERENCES municipality (id),
  title_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT diary_case_title_length CHECK (length(btrim(title_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  title_en text CONSTRAINT diary_case_title_en_length CHECK (length(btrim(title_en, E' \t\n\r')) BETWEEN 1 AND 300),
  diary_number text NOT NULL CONSTRAINT diary_case_diary_number_length CHECK (length(btrim(diary_number, E' \t\n\r')) BETWEEN 1 AND 100),
  -- What the number says, where it is understood; the register is what it begins with.
  diary_code text CONSTRAINT diary_case_diary_code_form CHECK (diary_code ~ '^[A-ZÅÄÖ]{1,8}$'),
  diary_year int,
  diary_serial int CONSTRAINT diary_case_diary_serial_positive CHECK (diary_serial > 0),
  diary_suffix text CONSTRAINT diary_case_diary_suffix_length CHECK (length(diary_suffix) BETWEEN 1 AND 20),
  url text CONSTRAINT diary_case_url_form CHECK (url ~ '^https?://[^\s]+$' AND length(url) <= 1000),
  visibility text NOT NULL DEFAULT 'PUBLIC' CONSTRAINT diary_case_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),
  CONSTRAINT diary_case_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT diary_case_understood CHECK ((diary_year IS NULL) = (diary_serial IS NULL) AND (diary_year IS NOT NULL OR (diary_code IS NULL AND diary_suffix IS NULL)))
);
-- The same number in any notation is the same case; another municipality may have it too.
CREATE UNIQUE INDEX diary_case_number_unique ON diary_case (municipality_id, diary_code, diary_year, diary_serial) WHERE diary_code IS NOT NULL AND archived_at IS NULL;
CREATE INDEX diary_case_by_number ON diary_case ((coalesce(diary_year, 0) * 1000000::bigint + coalesce(diary_serial, 0)), id);
CREATE INDEX diary_case_by_serial ON diary_case (municipality_id, diary_year, diary_serial);
CREATE INDEX diary_case_by_title ON diary_case (title_sv, id);
CREATE INDEX diary_case_by_municipality ON diary_case (municipality_id, title_sv, id);
SELECT history_sync('diary_case');

-- A decision (beslut). Its state follows from its dates: see decision_state.
CREATE TABLE decision (
  id uuid NOT NULL CONSTRAINT decision_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT decision_municipality_fk REFERENCES municipality (id),
  case_id uuid,
  body_unit_id uuid NOT NULL,
  -- Of a joint body's decision: the collaboration for whose members it decides.
  joint_collaboration_id uuid CONSTRAINT decision_joint_collaboration_fk REFERENCES collaboration (id),
  title_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT decision_title_length CHECK (length(btrim(title_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  title_en text CONSTRAINT decision_title_en_length CHECK (length(btrim(title_en, E' \t\n\r')) BETWEEN 1 AND 300),
  diary_number text CONSTRAINT decision_diary_number_length CHECK (length(btrim(diary_number, E' \t\n\r')) BETWEEN 1 AND 100),
  type text NOT NULL CONSTRAINT decision_type CHECK (type IN ('COUNCIL', 'BOARD', 'COMMITTEE', 'DELEGATION', 'EXECUTION', 'PRINCIPLE', 'DIRECTION')),
  text_sv text CONSTRAINT decision_text_length CHECK (length(btrim(text_sv, E' \t\n\r')) BETWEEN 1 AND 20000),
  text_en text CONSTRAINT decision_text_en_length CHECK (length(btrim(text_en, E' \t\n\r')) BETWEEN 1 AND 20000),
  proposed_on date,
  meeting_date date CONSTRAINT decision_meeting_after_proposal CHECK (meeting_date >= proposed_on),
  paragraph text CONSTRAINT decision_paragraph_form CHECK (paragraph ~ '^[1-9][0-9]{0,3}( [a-zåäö])?$'),
  rejected boolean NOT NULL DEFAULT false CONSTRAINT decision_rejected_at_meeting CHECK (NOT rejected OR meeting_date IS NOT NULL),
  adjusted_on date CONSTRAINT decision_adjusted_after_meeting CHECK (adjusted_on >= meeting_date),
  announced_on date CONSTRAINT decision_announced_after_adjustment CHECK (announced_on >= coalesce(adjusted_on, meeting_date)),
  legally_binding_on date CONSTRAINT decision_binding_after_announcement CHECK (legally_binding_on >= coalesce(announced_on, adjusted_on, meeting_date)),
  appealed_on date CONSTRAINT decision_appealed_after_meeting CHECK (appealed_on >= meeting_date),
  appeal_settled_on date CONSTRAINT decision_appeal_settled_after_appeal CHECK (appeal_settled_on >= appealed_on),
  overturned_on date CONSTRAINT decision_overturned_after_appeal CHECK (overturned_on >= appealed_on),
  valid_from date,
  valid_to date CONSTRAINT decision_validity CHECK (valid_to > valid_from),
  superseded_by_id uuid CONSTRAINT decision_superseded_not_by_itself CHECK (superseded_by_id <> id),
  superseded_on date CONSTRAINT decision_superseded_after_meeting CHECK (superseded_on >= meeting_date),
  delegation_ref text CONSTRAINT decision_delegation_ref_length CHECK (length(btrim(delegation_ref, E' \t\n\r')) BETWEEN 1 AND 200),
  reported_on date CONSTRAINT decision_reported_after_meeting CHECK (reported_on >= meeting_date),
  minutes_url text CONSTRAINT decision_minutes_url_form CHECK (minutes_url ~ '^https?://[^\s]+$' AND length(minutes_url) <= 1000),
  document_urls text[] NOT NULL DEFAULT '{}' CONSTRAINT decision_document_urls CHECK (cardinality(document_urls) <= 20 AND texts_within(document_urls, 500) AND texts_match(document_urls, '^https?://[^\s]+$')),
  is_example boolean NOT NULL DEFAULT false,
  visibility text NOT NULL DEFAULT 'PUBLIC' CONSTRAINT decision_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),
  CONSTRAINT decision_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT decision_case_fk FOREIGN KEY (municipality_id, case_id) REFERENCES diary_case (municipality_id, id),
  CONSTRAINT decision_body_unit_fk FOREIGN KEY (municipality_id, body_unit_id) REFERENCES unit (municipality_id, id),
  CONSTRAINT decision_superseded_by_fk FOREIGN KEY (municipality_id, superseded_by_id) REFERENCES decision (municipality_id, id),
  CONSTRAINT decision_later_dates_need_meeting CHECK (meeting_date IS NOT NULL OR num_nonnulls(paragraph, adjusted_on, announced_on, legally_binding_on, appealed_on, overturned_on, superseded_on, reported_on) = 0),
  CONSTRAINT decision_overturned_needs_appeal CHECK (overturned_on IS NULL OR appealed_on IS NOT NULL),
  CONSTRAINT decision_settled_needs_appeal CHECK (appeal_settled_on IS NULL OR appealed_on IS NOT NULL),
  CONSTRAINT decision_superseded_both CHECK ((superseded_by_id IS NULL) = (superseded_on IS NULL)),
  CONSTRAINT decision_delegation_has_reference CHECK (type <> 'DELEGATION' OR meeting_date IS NULL OR delegation_ref IS NOT NULL),
  CONSTRAINT decision_reported_is_delegated CHECK (reported_on IS NULL OR type = 'DELEGATION')
);
CREATE UNIQUE INDEX decision_paragraph_unique ON decision (body_unit_id, meeting_date, paragraph) WHERE archived_at IS NULL;
CREATE INDEX decision_by_title ON decision (title_sv, id);
CREATE INDEX decision_by_municipality ON decision (municipality_id, title_sv, id);
CREATE INDEX decision_by_meeting ON decision ((coalesce(meeting_date, 'infinity'::date)), id);
CREATE INDEX decision_by_own_meeting ON decision (municipality_id, (coalesce(meeting_date, 'infinity'::date)), id);
CREATE INDEX decision_by_valid_to ON decision ((coalesce(valid_to, 'infinity'::date)), id);
CREATE INDEX decision_by_updated ON decision (updated_at, id);
CREATE INDEX decision_by_case ON decision (case_id, id);
CREATE INDEX decision_by_body ON decision (body_unit_id, id);
CREATE INDEX decision_by_superseding ON decision (superseded_by_id) WHERE superseded_by_id IS NOT NULL;
SELECT history_sync('decision');

-- The state of a decision on a day, from its dates (KL 13 kap.: laga kraft follows from
-- the announcement; verkställighet is no decision that can be appealed, and holds from its day).
CREATE FUNCTION decision_state(
  on_day date, type text, proposed_on date, meeting_date date, rejected boolean, legally_binding_on date,
  appealed_on date, appeal_settled_on date, overturned_on date, superseded_on date, valid_to date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN coalesce(meeting_date, 'infinity') > on_day THEN CASE WHEN proposed_on <= on_day THEN 'PROPOSED' ELSE 'PREPARING' END
  WHEN rejected THEN 'REJECTED'
  WHEN overturned_on <= on_day THEN 'OVERTURNED'
  WHEN superseded_on <= on_day THEN 'SUPERSEDED'
  WHEN valid_to < on_day THEN 'EXPIRED'
  WHEN appealed_on <= on_day AND coalesce(appeal_settled_on, 'infinity') > on_day THEN 'APPEALED'
  WHEN legally_binding_on <= on_day OR type = 'EXECUTION' THEN 'BINDING'
  ELSE 'DECIDED' END;
GRANT EXECUTE ON FUNCTION decision_state TO fardplan_app, fardplan_read;

-- A gap is let be for a time by a decision (undantag), and by nothing else.
CREATE TABLE waiver (
  id uuid NOT NULL CONSTRAINT waiver_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT waiver_municipality_fk REFERENCES municipality (id),
  decision_id uuid NOT NULL,
  rule text NOT NULL CONSTRAINT waiver_rule CHECK (rule ~ '^[A-Z0-9_]{3,60}$'),
  object_kind text NOT NULL CONSTRAINT waiver_object_kind CHECK (object_kind ~ '^[a-z_]{3,40}$'),
  object_id uuid NOT NULL,
  reason_sv text NOT NULL CONSTRAINT waiver_reason_length CHECK (length(btrim(reason_sv, E' \t\n\r')) BETWEEN 1 AND 1000),
  reason_en text CONSTRAINT waiver_reason_en_length CHECK (length(btrim(reason_en, E' \t\n\r')) BETWEEN 1 AND 1000),
  granted_on date NOT NULL,
  -- At most two years: what is to last is mended, not waived.
  expires_on date NOT NULL CONSTRAINT waiver_expires_after CHECK (expires_on > granted_on) CONSTRAINT waiver_at_most_two_years CHECK (expires_on <= granted_on + interval '24 months'),
  CONSTRAINT waiver_decision_fk FOREIGN KEY (municipality_id, decision_id) REFERENCES decision (municipality_id, id)
);
CREATE UNIQUE INDEX waiver_once ON waiver (object_id, rule) WHERE archived_at IS NULL;
CREATE INDEX waiver_by_expires ON waiver (municipality_id, expires_on, id);
CREATE INDEX waiver_by_decision ON waiver (decision_id);
SELECT history_sync('waiver');

-- A waiver cites a decision that has been taken and holds.
-- +goose StatementBegin
CREATE FUNCTION waiver_decided() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  -- One that is withdrawn rests on nothing any more, whatever has become of its decision.
  IF NEW.archived_at IS NULL AND NOT EXISTS (
    SELECT FROM public.decision d WHERE d.id = NEW.decision_id AND d.archived_at IS NULL
       AND public.decision_state(public.today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to) IN ('DECIDED', 'BINDING')) THEN
    RAISE EXCEPTION 'a waiver without a decision that holds' USING ERRCODE = 'FP010', CONSTRAINT = 'waiver_decided';
  END IF;
  RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER waiver_decided BEFORE INSERT OR UPDATE OF decision_id, expires_on ON waiver FOR EACH ROW EXECUTE FUNCTION waiver_decided();

-- What tokens may do grows with what there is to do.
ALTER TABLE api_token DROP CONSTRAINT api_token_scopes;
ALTER TABLE api_token ADD CONSTRAINT api_token_scopes CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['READ', 'WRITE_ORGANISATION', 'WRITE_CATALOGUE', 'WRITE_COLLABORATION', 'WRITE_DECISIONS', 'WRITE_STRATEGY', 'IMPORT', 'ADMINISTER']);
SELECT history_sync('api_token');
