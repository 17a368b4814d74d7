-- Whoever took over from a unit is found by what it was called.
-- +goose Up
CREATE INDEX unit_by_successor ON unit (successor_id) WHERE successor_id IS NOT NULL;
SELECT history_sync('unit');
