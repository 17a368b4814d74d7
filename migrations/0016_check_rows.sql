-- The check constraints of many thousand rows are judged in less time: a row is first
-- asked whether it breaks any, and only one that does is asked which.
-- +goose Up

-- The names of all check constraints of the table that each row of a JSON array
-- would break, so that every fault of an input is told at once and the rules stand
-- in one place.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION check_rows(p_table text, p_rows jsonb) RETURNS TABLE (ordinal int, rule text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public AS $$
DECLARE
  each_rule text;
  all_rules text;
BEGIN
  SELECT string_agg(format('(%L, (%s))', c.conname, pg_get_expr(c.conbin, c.conrelid)), ', ' ORDER BY c.conname),
         string_agg(format('(%s)', pg_get_expr(c.conbin, c.conrelid)), ' AND ' ORDER BY c.conname)
    INTO each_rule, all_rules
    FROM pg_constraint c WHERE c.conrelid = format('public.%I', p_table)::regclass AND c.contype = 'c';
  IF each_rule IS NOT NULL THEN
    -- All of them together are false exactly where one of them is: a rule that is neither
    -- true nor false lets a row be, here as in the table itself.
    RETURN QUERY EXECUTE format($f$
      SELECT broken.ordinality::int, rule.name::text
        FROM (SELECT * FROM jsonb_populate_recordset(NULL::public.%I, $1) WITH ORDINALITY WHERE (%s) IS FALSE OFFSET 0) AS broken,
             LATERAL (VALUES %s) AS rule (name, holds)
       WHERE rule.holds IS FALSE ORDER BY 1, 2$f$, p_table, all_rules, each_rule)
      USING p_rows;
  END IF;
END $$;
-- +goose StatementEnd
