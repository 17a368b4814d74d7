-- Municipalities, their units, and who collaborates with whom.
-- +goose Up

-- Luhn's check digit over the digits of a Swedish organisation number
-- (Skatteverket's rule, the same as for personal identity numbers).
CREATE FUNCTION luhn_valid(digits text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
  SELECT sum(CASE WHEN (length(d.digits) - i) % 2 = 1 THEN v * 2 / 10 + v * 2 % 10 ELSE v END) % 10 = 0
    FROM (SELECT regexp_replace(luhn_valid.digits, '\D', '', 'g') AS digits) d,
         generate_series(1, length(d.digits)) i,
         LATERAL (SELECT substr(d.digits, i, 1)::int AS v) x);
GRANT EXECUTE ON FUNCTION luhn_valid TO fardplan_app, fardplan_read;

-- No text of the list is blank or longer than the limit.
CREATE FUNCTION texts_within(texts text[], most int) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN NOT EXISTS (SELECT FROM unnest(texts) t WHERE t IS NULL OR btrim(t, E' \t\n\r') = '' OR length(t) > most);
GRANT EXECUTE ON FUNCTION texts_within TO fardplan_app, fardplan_read;

-- Each text of the list is of the form.
CREATE FUNCTION texts_match(texts text[], form text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN NOT EXISTS (SELECT FROM unnest(texts) t WHERE (t ~ form) IS NOT TRUE);
GRANT EXECUTE ON FUNCTION texts_match TO fardplan_app, fardplan_read;

CREATE TABLE municipality (
  id uuid NOT NULL CONSTRAINT municipality_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  scb_code text NOT NULL CONSTRAINT municipality_scb_code_unique UNIQUE
    CONSTRAINT municipality_scb_code_form CHECK (scb_code ~ '^[0-9]{4}$'),
  name_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT municipality_name_length CHECK (length(btrim(name_sv, E' \t\n\r')) BETWEEN 1 AND 100),
  name_en text CONSTRAINT municipality_name_en_length CHECK (length(btrim(name_en, E' \t\n\r')) BETWEEN 1 AND 100),
  org_number text CONSTRAINT municipality_org_number_unique UNIQUE
    CONSTRAINT municipality_org_number_form CHECK (org_number ~ '^[0-9]{6}-[0-9]{4}$' AND luhn_valid(org_number)),
  diary_patterns text[] NOT NULL DEFAULT '{}'
    CONSTRAINT municipality_diary_patterns_form CHECK (
      cardinality(diary_patterns) <= 20 AND texts_match(diary_patterns, '^(ORGAN|YEAR|YY|SERIAL|DOSSIER|[ /:.\-])+$')
    ),
  diary_link_template text
    CONSTRAINT municipality_diary_link_form CHECK (diary_link_template ~ '^https?://[^\s]+$' AND position('{diaryNumber}' IN diary_link_template) > 0 AND length(diary_link_template) <= 500),
  oep_base_url text CONSTRAINT municipality_oep_base_url_form CHECK (oep_base_url ~ '^https?://[^\s/?#]+(/[^\s?#]*)?$' AND length(oep_base_url) <= 500),
  inhabitants_class text CONSTRAINT municipality_inhabitants_class_length CHECK (length(inhabitants_class) BETWEEN 1 AND 100),
  is_home boolean NOT NULL DEFAULT false,
  is_example boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX municipality_one_home ON municipality (is_home) WHERE is_home;
CREATE INDEX municipality_by_name ON municipality (name_sv, id);
SELECT history_sync('municipality');

ALTER TABLE change ADD CONSTRAINT change_municipality_fk FOREIGN KEY (municipality_id) REFERENCES municipality (id);

CREATE TABLE unit (
  id uuid NOT NULL CONSTRAINT unit_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT unit_municipality_fk REFERENCES municipality (id),
  parent_id uuid,
  name_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT unit_name_length CHECK (length(btrim(name_sv, E' \t\n\r')) BETWEEN 1 AND 200),
  name_en text CONSTRAINT unit_name_en_length CHECK (length(btrim(name_en, E' \t\n\r')) BETWEEN 1 AND 200),
  type text NOT NULL CONSTRAINT unit_type CHECK (type IN ('COUNCIL', 'EXECUTIVE_BOARD', 'COMMITTEE', 'SUBCOMMITTEE', 'DEPARTMENT', 'DIVISION', 'UNIT', 'COMPANY', 'AUDIT')),
  aliases text[] NOT NULL DEFAULT '{}' CONSTRAINT unit_aliases CHECK (cardinality(aliases) <= 20 AND texts_within(aliases, 200)),
  valid_from date,
  valid_to date CONSTRAINT unit_validity CHECK (valid_to >= valid_from),
  successor_id uuid CONSTRAINT unit_successor_not_self CHECK (successor_id <> id)
    CONSTRAINT unit_successor_closed CHECK (successor_id IS NULL OR valid_to IS NOT NULL),
  cost_centre text CONSTRAINT unit_cost_centre_length CHECK (length(btrim(cost_centre, E' \t\n\r')) BETWEEN 1 AND 50),
  diary_code text CONSTRAINT unit_diary_code_form CHECK (diary_code ~ '^[A-ZÅÄÖ]{1,8}$'),
  CONSTRAINT unit_of_municipality UNIQUE (municipality_id, id),
  CONSTRAINT unit_parent_fk FOREIGN KEY (municipality_id, parent_id) REFERENCES unit (municipality_id, id),
  CONSTRAINT unit_successor_fk FOREIGN KEY (municipality_id, successor_id) REFERENCES unit (municipality_id, id)
);
CREATE UNIQUE INDEX unit_name_unique ON unit (municipality_id, parent_id, lower(name_sv)) NULLS NOT DISTINCT WHERE valid_to IS NULL AND archived_at IS NULL;
CREATE INDEX unit_by_name ON unit (name_sv, id);
CREATE INDEX unit_by_parent ON unit (parent_id, name_sv, id);
CREATE INDEX unit_by_municipality ON unit (municipality_id, name_sv, id);

-- A tree has no cycles, of parents or of successors. A row under way is not there to
-- be found yet: so its own reference and those to it are looked at too.
-- +goose StatementBegin
CREATE FUNCTION unit_no_cycle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF NEW.parent_id = NEW.id OR EXISTS (
    WITH RECURSIVE above AS (
      SELECT u.id, u.parent_id FROM public.unit u WHERE u.id = NEW.parent_id
      UNION SELECT u.id, u.parent_id FROM public.unit u JOIN above a ON u.id = a.parent_id)
    SELECT FROM above WHERE NEW.id IN (id, parent_id)) THEN
    RAISE EXCEPTION 'a unit under itself' USING ERRCODE = 'FP010', CONSTRAINT = 'unit_parent_no_cycle';
  END IF;
  IF EXISTS (
    WITH RECURSIVE later AS (
      SELECT u.id, u.successor_id FROM public.unit u WHERE u.id = NEW.successor_id
      UNION SELECT u.id, u.successor_id FROM public.unit u JOIN later l ON u.id = l.successor_id)
    SELECT FROM later WHERE NEW.id IN (id, successor_id)) THEN
    RAISE EXCEPTION 'a unit that succeeds itself' USING ERRCODE = 'FP010', CONSTRAINT = 'unit_successor_no_cycle';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER unit_no_cycle BEFORE INSERT OR UPDATE OF parent_id, successor_id ON unit FOR EACH ROW EXECUTE FUNCTION unit_no_cycle();
SELECT history_sync('unit');

-- Who collaborates, which decides who sees what is shared within a collaboration.
CREATE TABLE collaboration (
  id uuid NOT NULL CONSTRAINT collaboration_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  name_sv text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT collaboration_name_unique UNIQUE
    CONSTRAINT collaboration_name_length CHECK (length(btrim(name_sv, E' \t\n\r')) BETWEEN 1 AND 200),
  name_en text CONSTRAINT collaboration_name_en_length CHECK (length(btrim(name_en, E' \t\n\r')) BETWEEN 1 AND 200)
);
SELECT history_sync('collaboration');

CREATE TABLE collaboration_member (
  id uuid NOT NULL CONSTRAINT collaboration_member_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  collaboration_id uuid NOT NULL CONSTRAINT collaboration_member_collaboration_fk REFERENCES collaboration (id),
  municipality_id uuid NOT NULL CONSTRAINT collaboration_member_municipality_fk REFERENCES municipality (id),
  valid_from date NOT NULL,
  valid_to date CONSTRAINT collaboration_member_validity CHECK (valid_to >= valid_from),
  source text NOT NULL CONSTRAINT collaboration_member_source CHECK (length(btrim(source, E' \t\n\r')) BETWEEN 1 AND 500)
);
CREATE UNIQUE INDEX collaboration_member_once ON collaboration_member (collaboration_id, municipality_id) WHERE valid_to IS NULL;
SELECT history_sync('collaboration_member');
