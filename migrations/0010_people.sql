-- Those who sign in, what they may, and their sessions.
-- +goose Up

-- A user, by an id alone: who it is lies in person, outside history.
CREATE TABLE user_account (
  id uuid NOT NULL CONSTRAINT user_account_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  municipality_id uuid NOT NULL CONSTRAINT user_account_municipality_fk REFERENCES municipality (id),
  forgotten_at timestamptz,
  CONSTRAINT user_account_of_municipality UNIQUE (id, municipality_id)
);
CREATE INDEX user_account_by_created ON user_account (municipality_id, created_at, id);
SELECT history_sync('user_account');

-- A role that an administrator or the command line has given a user.
CREATE TABLE user_role (
  id uuid NOT NULL CONSTRAINT user_role_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  municipality_id uuid NOT NULL,
  user_account_id uuid NOT NULL,
  role text NOT NULL CONSTRAINT user_role_role CHECK (role IN ('DIRECTOR', 'CATALOGUE_EDITOR', 'PROJECT_EDITOR', 'READER', 'AUDITOR', 'ADMIN')),
  function text CONSTRAINT user_role_function_length CHECK (length(btrim(function, E' \t\n\r')) BETWEEN 1 AND 100),
  -- The last day in force, that day included.
  valid_to date,
  revoked_at timestamptz,
  CONSTRAINT user_role_user_account_fk FOREIGN KEY (user_account_id, municipality_id) REFERENCES user_account (id, municipality_id)
);
CREATE UNIQUE INDEX user_role_once ON user_role (user_account_id, role) WHERE revoked_at IS NULL;
CREATE INDEX user_role_by_user ON user_role (user_account_id);
SELECT history_sync('user_role');

-- The one place that says who a user is. To forget a person is to delete the row.
CREATE TABLE person (
  user_account_id uuid NOT NULL CONSTRAINT person_pk PRIMARY KEY CONSTRAINT person_user_account_fk REFERENCES user_account (id),
  issuer text NOT NULL CONSTRAINT person_issuer_length CHECK (length(issuer) BETWEEN 1 AND 500),
  subject text NOT NULL CONSTRAINT person_subject_length CHECK (length(subject) BETWEEN 1 AND 255),
  name text CONSTRAINT person_name_length CHECK (length(name) BETWEEN 1 AND 200),
  email text CONSTRAINT person_email_length CHECK (length(email) BETWEEN 1 AND 320),
  signed_in_at timestamptz,
  CONSTRAINT person_subject_unique UNIQUE (issuer, subject)
);
GRANT SELECT ON person TO fardplan_app, fardplan_read;
GRANT INSERT, UPDATE, DELETE ON person TO fardplan_app;

-- A browser that is signed in. Its secret is kept as a hash only.
CREATE TABLE user_session (
  id uuid NOT NULL CONSTRAINT user_session_pk PRIMARY KEY,
  user_account_id uuid NOT NULL CONSTRAINT user_session_user_account_fk REFERENCES user_account (id),
  hash bytea NOT NULL CONSTRAINT user_session_hash_unique UNIQUE CONSTRAINT user_session_hash_length CHECK (length(hash) = 32),
  issuer_key text NOT NULL,
  -- What the provider's claims gave at sign-in; granted roles are read at each request.
  claim_roles text[] NOT NULL,
  agent text NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX user_session_by_user ON user_session (user_account_id, created_at);
CREATE INDEX user_session_by_expiry ON user_session (expires_at);
GRANT SELECT ON user_session TO fardplan_app, fardplan_read;
GRANT INSERT, UPDATE, DELETE ON user_session TO fardplan_app;

-- A sign-in that has begun: taken once, by the browser that began it.
CREATE TABLE sign_in_attempt (
  state_hash bytea NOT NULL CONSTRAINT sign_in_attempt_pk PRIMARY KEY,
  browser_hash bytea NOT NULL,
  issuer_key text NOT NULL,
  nonce text NOT NULL,
  verifier text NOT NULL,
  return_to text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_attempt_by_expiry ON sign_in_attempt (expires_at);
GRANT SELECT ON sign_in_attempt TO fardplan_app;
GRANT INSERT, DELETE ON sign_in_attempt TO fardplan_app;
