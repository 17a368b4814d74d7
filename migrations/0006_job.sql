-- Work that is done at intervals, by one process of several.
-- +goose Up

-- The newest run of each job and key: whose turn it is, and what came of it. It is
-- beside the records: a run changes none, and what it writes has changes of its own.
CREATE TABLE job_run (
  job text NOT NULL CONSTRAINT job_run_job CHECK (job ~ '^[A-Z][A-Z_]{2,39}$'),
  -- What the run is about, such as a municipality's SCB code; empty for the whole installation.
  key text NOT NULL CONSTRAINT job_run_key_length CHECK (length(key) <= 100),
  municipality_id uuid CONSTRAINT job_run_municipality_fk REFERENCES municipality (id),
  due_at timestamptz NOT NULL,
  started_at timestamptz,
  ended_at timestamptz CONSTRAINT job_run_order CHECK (ended_at >= started_at),
  outcome text CONSTRAINT job_run_outcome CHECK (outcome IN ('RUNNING', 'DONE', 'FAILED', 'STOPPED')),
  detail_sv text,
  detail_en text,
  -- Failures since it last went well.
  failures int NOT NULL DEFAULT 0 CONSTRAINT job_run_failures CHECK (failures >= 0),
  -- The run's own mark, and until when no other process takes it over.
  lease uuid,
  lease_until timestamptz,
  CONSTRAINT job_run_pk PRIMARY KEY (job, key),
  CONSTRAINT job_run_leased CHECK ((outcome IS NOT DISTINCT FROM 'RUNNING') = (lease IS NOT NULL) AND (lease IS NULL) = (lease_until IS NULL))
);
GRANT SELECT ON job_run TO fardplan_app, fardplan_read;
GRANT INSERT, UPDATE ON job_run TO fardplan_app;
