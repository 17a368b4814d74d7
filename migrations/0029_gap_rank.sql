-- The severity of an open gap's rule, so that a page of the gravest is found by an index
-- among however many there are. Rules stand in the program: a run over all gaps brings
-- the rank up to date when they have changed.
-- +goose Up

ALTER TABLE gap_episode ADD COLUMN rank smallint CONSTRAINT gap_episode_rank CHECK (rank BETWEEN 1 AND 3);
CREATE INDEX gap_episode_open_by_rank ON gap_episode (coalesce(rank, 3), (md5(rule || ' ' || object_id::text)::uuid)) WHERE closed_at IS NULL;
CREATE INDEX gap_episode_open_by_since ON gap_episode (opened_at, (md5(rule || ' ' || object_id::text)::uuid)) WHERE closed_at IS NULL;
SELECT history_sync('gap_episode');
