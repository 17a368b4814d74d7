-- What each municipality's e-service platform was last seen to have, and who owns what
-- its categories bring.
-- +goose Up

-- A flow of the platform, as imports and the nightly watch last saw it. It is beside the
-- e-service that it is tied to by its number, so that seeing the platform changes no
-- e-service.
CREATE TABLE platform_flow (
  id uuid NOT NULL CONSTRAINT platform_flow_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  archived_at timestamptz,
  municipality_id uuid NOT NULL CONSTRAINT platform_flow_municipality_fk REFERENCES municipality (id),
  family_id bigint NOT NULL CONSTRAINT platform_flow_family_positive CHECK (family_id > 0),
  name text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT platform_flow_name_length CHECK (length(btrim(name, E' \t\n\r')) BETWEEN 1 AND 300),
  -- The fields that e-services follow, by their names in the API.
  said jsonb NOT NULL CONSTRAINT platform_flow_said_object CHECK (jsonb_typeof(said) = 'object'),
  enabled boolean NOT NULL,
  unstable_key boolean NOT NULL,
  first_seen date NOT NULL,
  -- Since when the platform's list lacks it.
  missing_since date CONSTRAINT platform_flow_missing_after CHECK (missing_since >= first_seen),
  CONSTRAINT platform_flow_family_unique UNIQUE (municipality_id, family_id)
);
CREATE INDEX platform_flow_by_name ON platform_flow (municipality_id, name, id);
SELECT history_sync('platform_flow');

-- The unit that owns what comes in a category of the platform; none where it is not
-- decided.
CREATE TABLE platform_category (
  id uuid NOT NULL CONSTRAINT platform_category_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  municipality_id uuid NOT NULL CONSTRAINT platform_category_municipality_fk REFERENCES municipality (id),
  category text COLLATE "sv-SE-x-icu" NOT NULL CONSTRAINT platform_category_category_length CHECK (length(btrim(category, E' \t\n\r')) BETWEEN 1 AND 300),
  owner_unit_id uuid,
  CONSTRAINT platform_category_unique UNIQUE (municipality_id, category),
  CONSTRAINT platform_category_owner_unit_fk FOREIGN KEY (municipality_id, owner_unit_id) REFERENCES unit (municipality_id, id)
);
SELECT history_sync('platform_category');
