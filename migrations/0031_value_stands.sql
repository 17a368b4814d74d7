-- A trigger's condition on whole rows comes back otherwise written from a restore, so
-- that the restored database is not what was backed up: the function asks instead.
-- +goose Up

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION indicator_value_stands() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF (OLD.indicator_id, OLD.period, OLD.revision, OLD.value, OLD.comment) IS DISTINCT FROM (NEW.indicator_id, NEW.period, NEW.revision, NEW.value, NEW.comment) THEN
    RAISE EXCEPTION 'a value is corrected by a new revision' USING ERRCODE = 'FP010', CONSTRAINT = 'indicator_value_stands';
  END IF;
  RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE OR REPLACE TRIGGER indicator_value_stands BEFORE UPDATE ON indicator_value FOR EACH ROW EXECUTE FUNCTION indicator_value_stands();
