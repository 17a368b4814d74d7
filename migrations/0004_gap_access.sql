-- Gaps as episodes, and the tokens that programs sign in with.
-- +goose Up

-- From when to when a rule was broken by a record. What is a gap is computed from
-- the records; this remembers since when.
CREATE TABLE gap_episode (
  id uuid NOT NULL CONSTRAINT gap_episode_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  rule text NOT NULL CONSTRAINT gap_episode_rule CHECK (rule ~ '^[A-Z0-9_]{3,60}$'),
  object_kind text NOT NULL CONSTRAINT gap_episode_object_kind CHECK (object_kind ~ '^[a-z_]{3,40}$'),
  object_id uuid NOT NULL,
  municipality_id uuid NOT NULL CONSTRAINT gap_episode_municipality_fk REFERENCES municipality (id),
  opened_at timestamptz NOT NULL,
  closed_at timestamptz CONSTRAINT gap_episode_order CHECK (closed_at >= opened_at)
);
CREATE UNIQUE INDEX gap_episode_open_once ON gap_episode (object_id, rule) WHERE closed_at IS NULL;
CREATE INDEX gap_episode_by_object ON gap_episode (object_id, rule, opened_at);
SELECT history_sync('gap_episode');

CREATE TABLE api_token (
  id uuid NOT NULL CONSTRAINT api_token_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  municipality_id uuid NOT NULL CONSTRAINT api_token_municipality_fk REFERENCES municipality (id),
  label text NOT NULL CONSTRAINT api_token_label_length CHECK (length(btrim(label, E' \t\n\r')) BETWEEN 1 AND 100),
  role text NOT NULL CONSTRAINT api_token_role CHECK (role IN ('DIRECTOR', 'CATALOGUE_EDITOR', 'PROJECT_EDITOR', 'READER', 'AUDITOR', 'ADMIN')),
  scopes text[] NOT NULL CONSTRAINT api_token_scopes CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['READ', 'WRITE_ORGANISATION', 'WRITE_CATALOGUE', 'IMPORT', 'ADMINISTER']),
  -- SHA-256 of a secret of 256 random bits: the secret itself is kept nowhere.
  hash bytea NOT NULL CONSTRAINT api_token_hash_unique UNIQUE CONSTRAINT api_token_hash_length CHECK (length(hash) = 32),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX api_token_by_created ON api_token (municipality_id, created_at, id);
SELECT history_sync('api_token');

-- When a token was last used: no change of the record, and so beside it.
CREATE TABLE api_token_use (
  token_id uuid NOT NULL CONSTRAINT api_token_use_pk PRIMARY KEY CONSTRAINT api_token_use_token_fk REFERENCES api_token (id),
  last_used_at timestamptz NOT NULL
);
GRANT SELECT ON api_token_use TO fardplan_app, fardplan_read;
GRANT INSERT, UPDATE ON api_token_use TO fardplan_app;
