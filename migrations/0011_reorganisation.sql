-- Many units change in one statement: what holds between units is judged when the
-- statement is done, not while it is under way.
-- +goose Up

DROP TRIGGER unit_no_cycle ON unit;
CREATE TRIGGER unit_no_cycle AFTER INSERT OR UPDATE OF parent_id, successor_id ON unit FOR EACH ROW EXECUTE FUNCTION unit_no_cycle();
DROP TRIGGER unit_close ON unit;
CREATE TRIGGER unit_close AFTER UPDATE OF valid_to, archived_at, successor_id ON unit FOR EACH ROW EXECUTE FUNCTION unit_close();

-- Likewise the names: a new unit may take over the name and place of one that closes in
-- the same change. A unique index cannot wait, an exclusion can.
DROP INDEX unit_name_unique;
ALTER TABLE unit ADD CONSTRAINT unit_name_unique
  EXCLUDE USING btree (municipality_id WITH =, (coalesce(parent_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =, lower(name_sv) WITH =)
  WHERE (valid_to IS NULL AND archived_at IS NULL) DEFERRABLE INITIALLY IMMEDIATE;
SELECT history_sync('unit');
