-- Governing documents, and audits with what they found, asked and were answered.
-- +goose Up

-- A governing document (styrdokument). It may lack its diary number: that is a gap.
CREATE TABLE governing_document (
  id uuid NOT NULL CONSTRAINT governing_document_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT governing_document_municipality_fk REFERENCES municipality (id),
  title_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT governing_document_title_length CHECK (length(btrim(title_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  title_en text CONSTRAINT governing_document_title_en_length CHECK (length(btrim(title_en, E' \t\n\r')) BETWEEN 1 AND 300),
  kind text NOT NULL CONSTRAINT governing_document_kind CHECK (kind IN ('STRATEGY', 'POLICY', 'PLAN', 'PROGRAMME', 'GUIDELINE', 'RULE', 'ROUTINE', 'PROCESS_DESCRIPTION')),
  edition text CONSTRAINT governing_document_edition_length CHECK (length(btrim(edition, E' \t\n\r')) BETWEEN 1 AND 50),
  diary_number text CONSTRAINT governing_document_diary_number_length CHECK (length(btrim(diary_number, E' \t\n\r')) BETWEEN 1 AND 100),
  case_id uuid,
  decided_by_id uuid,
  decided_on date,
  owner_unit_id uuid,
  owner_function text CONSTRAINT governing_document_owner_function_length CHECK (length(btrim(owner_function, E' \t\n\r')) BETWEEN 1 AND 200),
  valid_from date,
  valid_to date CONSTRAINT governing_document_validity CHECK (valid_to >= valid_from),
  review_months int CONSTRAINT governing_document_review_months CHECK (review_months BETWEEN 1 AND 120),
  review_due date,
  supersedes_id uuid CONSTRAINT governing_document_supersedes_not_self CHECK (supersedes_id <> id),
  url text CONSTRAINT governing_document_url_form CHECK (url ~ '^https?://[^\s]+$' AND length(url) <= 1000),
  summary_sv text CONSTRAINT governing_document_summary_length CHECK (length(btrim(summary_sv, E' \t\n\r')) BETWEEN 1 AND 2000),
  summary_en text CONSTRAINT governing_document_summary_en_length CHECK (length(btrim(summary_en, E' \t\n\r')) BETWEEN 1 AND 2000),
  status text NOT NULL CONSTRAINT governing_document_status CHECK (status IN ('DRAFT', 'IN_REVIEW', 'ADOPTED', 'UNDER_REVISION', 'SUPERSEDED', 'REVOKED')),
  found_source text CONSTRAINT governing_document_found_source_length CHECK (length(btrim(found_source, E' \t\n\r')) BETWEEN 1 AND 500),
  found_reason text CONSTRAINT governing_document_found_reason_length CHECK (length(btrim(found_reason, E' \t\n\r')) BETWEEN 1 AND 500),
  is_example boolean NOT NULL DEFAULT false,
  visibility text NOT NULL DEFAULT 'PUBLIC' CONSTRAINT governing_document_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),
  CONSTRAINT governing_document_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT governing_document_case_fk FOREIGN KEY (municipality_id, case_id) REFERENCES diary_case (municipality_id, id),
  CONSTRAINT governing_document_decided_by_fk FOREIGN KEY (municipality_id, decided_by_id) REFERENCES unit (municipality_id, id),
  CONSTRAINT governing_document_owner_unit_fk FOREIGN KEY (municipality_id, owner_unit_id) REFERENCES unit (municipality_id, id),
  CONSTRAINT governing_document_supersedes_fk FOREIGN KEY (municipality_id, supersedes_id) REFERENCES governing_document (municipality_id, id),
  CONSTRAINT governing_document_adopted_when CHECK (status = 'DRAFT' OR status = 'IN_REVIEW' OR decided_on IS NOT NULL),
  CONSTRAINT governing_document_found_both CHECK ((found_source IS NULL) = (found_reason IS NULL))
);
CREATE INDEX governing_document_by_title ON governing_document (title_sv, id);
CREATE INDEX governing_document_by_municipality ON governing_document (municipality_id, title_sv, id);
CREATE INDEX governing_document_by_decided ON governing_document ((coalesce(decided_on, 'infinity'::date)), id);
CREATE INDEX governing_document_by_review ON governing_document ((coalesce(coalesce(review_due, (decided_on + make_interval(months => review_months))::date), 'infinity'::date)), id);
CREATE INDEX governing_document_by_case ON governing_document (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX governing_document_by_superseded ON governing_document (supersedes_id) WHERE supersedes_id IS NOT NULL;
SELECT history_sync('governing_document');

-- The steps of a document's life. In force again after a revision is the same document
-- in a new edition, or a new document that supersedes it.
-- +goose StatementBegin
CREATE FUNCTION governing_document_steps() RETURNS TABLE (from_status text, to_status text, backwards boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT * FROM (VALUES
    ('DRAFT', 'IN_REVIEW', false), ('IN_REVIEW', 'ADOPTED', false), ('IN_REVIEW', 'DRAFT', true),
    ('ADOPTED', 'UNDER_REVISION', false), ('ADOPTED', 'SUPERSEDED', false), ('ADOPTED', 'REVOKED', false), ('ADOPTED', 'IN_REVIEW', true),
    ('UNDER_REVISION', 'ADOPTED', false), ('UNDER_REVISION', 'SUPERSEDED', false), ('UNDER_REVISION', 'REVOKED', false),
    ('SUPERSEDED', 'ADOPTED', true), ('REVOKED', 'ADOPTED', true)
  ) AS step (from_status, to_status, backwards);
END;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION governing_document_steps TO fardplan_app, fardplan_read;

-- +goose StatementBegin
CREATE FUNCTION governing_document_life_cycle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  back boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status NOT IN ('DRAFT', 'IN_REVIEW') AND NEW.found_source IS NULL THEN
      RAISE EXCEPTION 'registered in status % without a source', NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'governing_document_registered_as_found';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status THEN
    SELECT s.backwards INTO back FROM public.governing_document_steps() s WHERE s.from_status = OLD.status AND s.to_status = NEW.status;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no step from % to %', OLD.status, NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'governing_document_step';
    END IF;
    IF back AND (SELECT btrim(c.comment, E' \t\n\r') = '' FROM public.change c WHERE c.number = NEW.changed_in) THEN
      RAISE EXCEPTION 'a step back from % to % without a comment', OLD.status, NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'governing_document_step_back_comment';
    END IF;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER governing_document_life_cycle BEFORE INSERT OR UPDATE ON governing_document FOR EACH ROW EXECUTE FUNCTION governing_document_life_cycle();

-- An audit (granskning) by the municipality's elected auditors.
CREATE TABLE audit (
  id uuid NOT NULL CONSTRAINT audit_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT audit_municipality_fk REFERENCES municipality (id),
  title_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT audit_title_length CHECK (length(btrim(title_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  title_en text CONSTRAINT audit_title_en_length CHECK (length(btrim(title_en, E' \t\n\r')) BETWEEN 1 AND 300),
  diary_number text CONSTRAINT audit_diary_number_length CHECK (length(btrim(diary_number, E' \t\n\r')) BETWEEN 1 AND 100),
  case_id uuid,
  year int NOT NULL CONSTRAINT audit_year CHECK (year BETWEEN 1900 AND 2200),
  auditor_unit_id uuid,
  addressee_unit_id uuid,
  published_on date,
  follows_id uuid CONSTRAINT audit_follows_not_self CHECK (follows_id <> id),
  url text CONSTRAINT audit_url_form CHECK (url ~ '^https?://[^\s]+$' AND length(url) <= 1000),
  summary_sv text CONSTRAINT audit_summary_length CHECK (length(btrim(summary_sv, E' \t\n\r')) BETWEEN 1 AND 5000),
  summary_en text CONSTRAINT audit_summary_en_length CHECK (length(btrim(summary_en, E' \t\n\r')) BETWEEN 1 AND 5000),
  visibility text NOT NULL DEFAULT 'PUBLIC' CONSTRAINT audit_visibility CHECK (visibility IN ('PUBLIC', 'COLLABORATION', 'MUNICIPALITY')),
  CONSTRAINT audit_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT audit_case_fk FOREIGN KEY (municipality_id, case_id) REFERENCES diary_case (municipality_id, id),
  CONSTRAINT audit_auditor_unit_fk FOREIGN KEY (municipality_id, auditor_unit_id) REFERENCES unit (municipality_id, id),
  CONSTRAINT audit_addressee_unit_fk FOREIGN KEY (municipality_id, addressee_unit_id) REFERENCES unit (municipality_id, id),
  CONSTRAINT audit_follows_fk FOREIGN KEY (municipality_id, follows_id) REFERENCES audit (municipality_id, id)
);
CREATE INDEX audit_by_title ON audit (title_sv, id);
CREATE INDEX audit_by_municipality ON audit (municipality_id, title_sv, id);
CREATE INDEX audit_by_published ON audit ((coalesce(published_on, 'infinity'::date)), id);
CREATE INDEX audit_by_followed ON audit (follows_id) WHERE follows_id IS NOT NULL;
SELECT history_sync('audit');

-- The formal answer (svar) to some of an audit's questions.
CREATE TABLE formal_answer (
  id uuid NOT NULL CONSTRAINT formal_answer_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT formal_answer_municipality_fk REFERENCES municipality (id),
  audit_id uuid NOT NULL,
  title_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT formal_answer_title_length CHECK (length(btrim(title_sv, E' \t\n\r')) BETWEEN 1 AND 300),
  title_en text CONSTRAINT formal_answer_title_en_length CHECK (length(btrim(title_en, E' \t\n\r')) BETWEEN 1 AND 300),
  due_on date NOT NULL,
  text_sv text CONSTRAINT formal_answer_text_length CHECK (length(btrim(text_sv, E' \t\n\r')) BETWEEN 1 AND 20000),
  text_en text CONSTRAINT formal_answer_text_en_length CHECK (length(btrim(text_en, E' \t\n\r')) BETWEEN 1 AND 20000),
  status text NOT NULL DEFAULT 'NOT_STARTED' CONSTRAINT formal_answer_status CHECK (status IN ('NOT_STARTED', 'DRAFT', 'IN_REVIEW', 'DECIDED', 'SENT')),
  sent_on date,
  diary_number text CONSTRAINT formal_answer_diary_number_length CHECK (length(btrim(diary_number, E' \t\n\r')) BETWEEN 1 AND 100),
  case_id uuid,
  CONSTRAINT formal_answer_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT formal_answer_of_audit UNIQUE (audit_id, id),
  CONSTRAINT formal_answer_audit_fk FOREIGN KEY (municipality_id, audit_id) REFERENCES audit (municipality_id, id),
  CONSTRAINT formal_answer_case_fk FOREIGN KEY (municipality_id, case_id) REFERENCES diary_case (municipality_id, id),
  CONSTRAINT formal_answer_sent_when CHECK ((status = 'SENT') = (sent_on IS NOT NULL)),
  CONSTRAINT formal_answer_text_given CHECK (status = 'NOT_STARTED' OR status = 'DRAFT' OR text_sv IS NOT NULL)
);
CREATE INDEX formal_answer_by_due ON formal_answer (due_on, id);
CREATE INDEX formal_answer_by_audit ON formal_answer (audit_id, due_on, id);
SELECT history_sync('formal_answer');

-- The steps of an answer. One that was sent goes nowhere.
-- +goose StatementBegin
CREATE FUNCTION formal_answer_steps() RETURNS TABLE (from_status text, to_status text, backwards boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT * FROM (VALUES
    ('NOT_STARTED', 'DRAFT', false), ('DRAFT', 'IN_REVIEW', false), ('DRAFT', 'NOT_STARTED', true),
    ('IN_REVIEW', 'DECIDED', false), ('IN_REVIEW', 'DRAFT', true), ('DECIDED', 'SENT', false), ('DECIDED', 'IN_REVIEW', true)
  ) AS step (from_status, to_status, backwards);
END;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION formal_answer_steps TO fardplan_app, fardplan_read;

-- +goose StatementBegin
CREATE FUNCTION formal_answer_life_cycle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  back boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status IN ('DECIDED', 'SENT') THEN
      RAISE EXCEPTION 'begun in status %', NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'formal_answer_begun';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status THEN
    SELECT s.backwards INTO back FROM public.formal_answer_steps() s WHERE s.from_status = OLD.status AND s.to_status = NEW.status;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no step from % to %', OLD.status, NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'formal_answer_step';
    END IF;
    IF back AND (SELECT btrim(c.comment, E' \t\n\r') = '' FROM public.change c WHERE c.number = NEW.changed_in) THEN
      RAISE EXCEPTION 'a step back from % to % without a comment', OLD.status, NEW.status USING ERRCODE = 'FP010', CONSTRAINT = 'formal_answer_step_back_comment';
    END IF;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER formal_answer_life_cycle BEFORE INSERT OR UPDATE ON formal_answer FOR EACH ROW EXECUTE FUNCTION formal_answer_life_cycle();

-- An answer that was sent stands: what is to be said beside it is a new answer.
-- +goose StatementBegin
CREATE FUNCTION formal_answer_sent() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.status = 'SENT' THEN
    RAISE EXCEPTION 'an answer that was sent does not change' USING ERRCODE = 'FP010', CONSTRAINT = 'formal_answer_sent_stands';
  END IF;
  RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER formal_answer_sent BEFORE UPDATE ON formal_answer FOR EACH ROW EXECUTE FUNCTION formal_answer_sent();

-- A question that the auditors ask to have answered.
CREATE TABLE audit_question (
  id uuid NOT NULL CONSTRAINT audit_question_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT audit_question_municipality_fk REFERENCES municipality (id),
  audit_id uuid NOT NULL,
  formal_answer_id uuid,
  position int NOT NULL CONSTRAINT audit_question_position CHECK (position BETWEEN 1 AND 1000),
  text_sv text NOT NULL CONSTRAINT audit_question_text_length CHECK (length(btrim(text_sv, E' \t\n\r')) BETWEEN 1 AND 2000),
  text_en text CONSTRAINT audit_question_text_en_length CHECK (length(btrim(text_en, E' \t\n\r')) BETWEEN 1 AND 2000),
  CONSTRAINT audit_question_audit_fk FOREIGN KEY (municipality_id, audit_id) REFERENCES audit (municipality_id, id),
  CONSTRAINT audit_question_formal_answer_fk FOREIGN KEY (municipality_id, formal_answer_id) REFERENCES formal_answer (municipality_id, id),
  CONSTRAINT audit_question_answer_of_audit_fk FOREIGN KEY (audit_id, formal_answer_id) REFERENCES formal_answer (audit_id, id),
  CONSTRAINT audit_question_position_unique UNIQUE (audit_id, position)
);
CREATE INDEX audit_question_by_audit ON audit_question (audit_id, position, id);
CREATE INDEX audit_question_by_answer ON audit_question (formal_answer_id, position, id);
SELECT history_sync('audit_question');

-- What the auditors found (iakttagelse).
CREATE TABLE finding (
  id uuid NOT NULL CONSTRAINT finding_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT finding_municipality_fk REFERENCES municipality (id),
  audit_id uuid NOT NULL,
  code text NOT NULL CONSTRAINT finding_code_form CHECK (code ~ '^[A-ZÅÄÖ0-9][A-ZÅÄÖ0-9.-]{0,19}$'),
  section text CONSTRAINT finding_section_length CHECK (length(btrim(section, E' \t\n\r')) BETWEEN 1 AND 50),
  text_sv text NOT NULL CONSTRAINT finding_text_length CHECK (length(btrim(text_sv, E' \t\n\r')) BETWEEN 1 AND 5000),
  text_en text CONSTRAINT finding_text_en_length CHECK (length(btrim(text_en, E' \t\n\r')) BETWEEN 1 AND 5000),
  verdict text NOT NULL CONSTRAINT finding_verdict CHECK (verdict IN ('OK', 'MOSTLY_OK', 'PARTIAL', 'DEFICIENT', 'PROPOSAL')),
  severity text NOT NULL CONSTRAINT finding_severity CHECK (severity IN ('HIGH', 'MEDIUM', 'LOW')),
  recurrence_of_id uuid CONSTRAINT finding_recurrence_not_self CHECK (recurrence_of_id <> id),
  CONSTRAINT finding_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT finding_audit_fk FOREIGN KEY (municipality_id, audit_id) REFERENCES audit (municipality_id, id),
  CONSTRAINT finding_recurrence_of_fk FOREIGN KEY (municipality_id, recurrence_of_id) REFERENCES finding (municipality_id, id),
  CONSTRAINT finding_code_unique UNIQUE (audit_id, code)
);
CREATE INDEX finding_by_code ON finding (code, id);
CREATE INDEX finding_by_audit ON finding (audit_id, code, id);
CREATE INDEX finding_by_recurrence ON finding (recurrence_of_id) WHERE recurrence_of_id IS NOT NULL;
SELECT history_sync('finding');

-- What recurs was found before: by another audit, of the same year or an earlier one.
-- +goose StatementBegin
CREATE FUNCTION finding_recurrence() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF EXISTS (
    SELECT FROM public.finding f JOIN public.audit earlier ON earlier.id = f.audit_id JOIN public.audit own ON own.id = NEW.audit_id
     WHERE f.id = NEW.recurrence_of_id AND (earlier.id = own.id OR earlier.year > own.year)) THEN
    RAISE EXCEPTION 'a recurrence of what was not found before' USING ERRCODE = 'FP010', CONSTRAINT = 'finding_recurrence_earlier';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER finding_recurrence BEFORE INSERT OR UPDATE ON finding FOR EACH ROW WHEN (NEW.recurrence_of_id <> NEW.id) EXECUTE FUNCTION finding_recurrence();
