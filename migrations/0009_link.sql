-- Whether the addresses of e-services still lead somewhere.
-- +goose Up

-- What is known of an address. It is written when that changes; when it was last
-- asked stands in link_visit.
CREATE TABLE link_check (
  id uuid NOT NULL CONSTRAINT link_check_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  municipality_id uuid NOT NULL,
  e_service_id uuid NOT NULL,
  target text NOT NULL CONSTRAINT link_check_target CHECK (target IN ('URL', 'ACCESSIBILITY_STATEMENT')),
  -- The address that was asked: the e-service may have another since.
  address text NOT NULL CONSTRAINT link_check_address_form CHECK (address ~ '^https?://[^\s]+$' AND length(address) <= 1000),
  verdict text NOT NULL CONSTRAINT link_check_verdict CHECK (verdict IN ('OK', 'WARNING', 'BROKEN', 'NOT_CHECKED')),
  cause text CONSTRAINT link_check_cause CHECK (cause IN (
    'DNS_NOT_FOUND', 'DNS_FAILED', 'CONNECTION_REFUSED', 'CONNECTION_FAILED', 'TIMEOUT', 'TLS_EXPIRED', 'TLS_WRONG_NAME', 'TLS_UNTRUSTED', 'TLS_FAILED',
    'HTTP_NOT_FOUND', 'HTTP_DENIED', 'HTTP_CLIENT_ERROR', 'HTTP_SERVER_ERROR', 'TOO_MANY_REQUESTS', 'REDIRECT_LOOP', 'REDIRECT_TOO_MANY', 'REDIRECT_INVALID',
    'REDIRECT_PERMANENT', 'REDIRECT_FRONT_PAGE', 'HTTPS_AVAILABLE', 'ROBOTS', 'ADDRESS_REFUSED')),
  http_status int CONSTRAINT link_check_http_status CHECK (http_status BETWEEN 100 AND 999),
  suggested_address text CONSTRAINT link_check_suggested_form CHECK (suggested_address ~ '^https?://[^\s]+$' AND length(suggested_address) <= 1000),
  -- Since when it has failed at every check.
  first_failed_at timestamptz,
  CONSTRAINT link_check_once UNIQUE (e_service_id, target),
  CONSTRAINT link_check_e_service_fk FOREIGN KEY (municipality_id, e_service_id) REFERENCES e_service (municipality_id, id),
  CONSTRAINT link_check_cause_given CHECK ((verdict = 'OK') = (cause IS NULL))
);
CREATE INDEX link_check_by_verdict ON link_check (verdict, cause, id);
SELECT history_sync('link_check');

-- When an address was last asked, and how many times in a row it has failed in a way
-- that may pass: no change of what is known, and so beside it.
CREATE TABLE link_visit (
  link_check_id uuid NOT NULL CONSTRAINT link_visit_pk PRIMARY KEY CONSTRAINT link_visit_check_fk REFERENCES link_check (id),
  checked_at timestamptz NOT NULL,
  failures int NOT NULL CONSTRAINT link_visit_failures CHECK (failures >= 0)
);
GRANT SELECT ON link_visit TO fardplan_app, fardplan_read;
GRANT INSERT, UPDATE ON link_visit TO fardplan_app;

-- The cases of a year are summed from the index alone.
CREATE INDEX e_service_usage_cases_by_month ON e_service_usage (e_service_id, month) INCLUDE (cases);
SELECT history_sync('e_service_usage');
