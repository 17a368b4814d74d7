-- When an agreement ends, and what stands once it is decided.
-- +goose Up

-- The last day of an agreement as it stands on a day; null where it has none in sight. One
-- that renews itself ends with its term of the day, and once notice is given with the first
-- term that leaves the time of notice; one without an end, when that time has run.
CREATE FUNCTION agreement_end(on_day date, valid_to date, renew_months int, notice_months int, notice_given_on date, terminated_on date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(terminated_on - 1, CASE
  WHEN valid_to IS NULL THEN (notice_given_on + make_interval(months => notice_months))::date
  WHEN renew_months IS NULL THEN valid_to
  -- Terms are counted from the day after the last, so that each ends with its month.
  ELSE (SELECT min(t.ends) FROM (
          SELECT (valid_to + 1 + make_interval(months => n * renew_months))::date - 1 AS ends
            FROM generate_series(0, greatest(0, ((greatest(on_day, notice_given_on) - valid_to) / 28 + coalesce(notice_months, 0)) / renew_months) + 1) n) t
         WHERE CASE WHEN notice_given_on <= on_day THEN (t.ends - make_interval(months => coalesce(notice_months, 0)))::date >= notice_given_on ELSE t.ends >= on_day END)
  END);
GRANT EXECUTE ON FUNCTION agreement_end TO fardplan_app, fardplan_read;

-- The state of an agreement on a day, from its dates. One that renews itself has no end
-- until notice is given, and then the end of the term that it was given in time for. The
-- function without the time of notice is left for the release before this one.
CREATE FUNCTION agreement_state(on_day date, signed_on date, valid_from date, valid_to date, renew_months int, notice_given_on date, terminated_on date, notice_months int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN terminated_on <= on_day THEN 'TERMINATED'
  WHEN agreement_end(on_day, valid_to, renew_months, notice_months, notice_given_on, NULL) < on_day THEN 'EXPIRED'
  WHEN valid_from <= on_day THEN CASE WHEN notice_given_on <= on_day THEN 'NOTICE_GIVEN' ELSE 'IN_FORCE' END
  WHEN signed_on <= on_day THEN 'SIGNED'
  ELSE 'DRAFT' END;
GRANT EXECUTE ON FUNCTION agreement_state(date, date, date, date, int, date, date, int) TO fardplan_app, fardplan_read;

-- What was decided of an answer stands until the answer goes back to review. A translation
-- may be added.
-- +goose StatementBegin
CREATE FUNCTION formal_answer_decided_stands() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.status = 'DECIDED' AND NEW.status IN ('DECIDED', 'SENT') AND (
       (OLD.title_sv, OLD.text_sv) IS DISTINCT FROM (NEW.title_sv, NEW.text_sv)
       OR OLD.title_en IS DISTINCT FROM NEW.title_en AND OLD.title_en IS NOT NULL
       OR OLD.text_en IS DISTINCT FROM NEW.text_en AND OLD.text_en IS NOT NULL) THEN
    RAISE EXCEPTION 'a decided answer does not change' USING ERRCODE = 'FP010', CONSTRAINT = 'formal_answer_decided_stands';
  END IF;
  RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER formal_answer_decided_stands BEFORE UPDATE ON formal_answer FOR EACH ROW EXECUTE FUNCTION formal_answer_decided_stands();
