-- What drafts are found by, for those who may see them alone; and which records a search
-- leaves out where it finds more than it tells of.
-- +goose Up

-- The order in which entries that answer alike are met where they are too many: those that
-- weigh most have the lowest, and of those that weigh alike a few have a lower one, by
-- nothing but their ids.
ALTER TABLE search_entry ADD COLUMN rank int NOT NULL DEFAULT 0;
-- The rank of those that begin alike is told by the index alone.
DROP INDEX search_entry_by_name, search_entry_by_own_name;
CREATE INDEX search_entry_by_name ON search_entry (object_kind, name, id) INCLUDE (rank, object_id, municipality_id);
CREATE INDEX search_entry_by_own_name ON search_entry (object_kind, municipality_id, name, id) INCLUDE (rank, object_id);
SELECT history_sync('search_entry');

-- The words of drafts, by the municipality whose drafts have or have had them. They are
-- kept apart from search_word, so that nobody else's search goes by them.
CREATE TABLE search_own_word (
  municipality_id uuid NOT NULL CONSTRAINT search_own_word_municipality_fk REFERENCES municipality (id),
  word text COLLATE "C" NOT NULL,
  plain text COLLATE "C" NOT NULL GENERATED ALWAYS AS (search_plain(word)) STORED,
  stem_sv text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce((ts_lexize('pg_catalog.swedish_stem'::regdictionary, word))[1], word)) STORED,
  stem_en text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce((ts_lexize('pg_catalog.english_stem'::regdictionary, word))[1], word)) STORED,
  CONSTRAINT search_own_word_pk PRIMARY KEY (municipality_id, word)
);
CREATE INDEX search_own_word_by_plain ON search_own_word (municipality_id, plain);
CREATE INDEX search_own_word_by_stem_sv ON search_own_word (municipality_id, stem_sv);
CREATE INDEX search_own_word_by_stem_en ON search_own_word (municipality_id, stem_en);
CREATE INDEX search_own_word_by_trigram ON search_own_word USING gin (plain gin_trgm_ops) WITH (fastupdate = off);
GRANT SELECT ON search_own_word TO fardplan_app, fardplan_read;
GRANT INSERT ON search_own_word TO fardplan_app;
