-- What is searched: an entry for each record, and the words that entries hold.
-- +goose Up

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- A text as it is compared in a search: small letters, words of letters and digits
-- with one space between them. Accents go, but å ä ö are letters of their own. Most
-- texts have none, which is told in a tenth of the time that taking them away takes.
CREATE FUNCTION search_fold(of_text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN of_text IS NFC NORMALIZED AND lower(of_text COLLATE "sv-SE-x-icu") !~ '[éèêëáàâãíìîïóòôõøúùûüýÿçñæ]'
  THEN btrim(regexp_replace(lower(of_text COLLATE "sv-SE-x-icu"), '[^[:alnum:]]+', ' ', 'g')) COLLATE "C"
  ELSE btrim(regexp_replace(translate(lower(normalize(coalesce(of_text, ''), NFC) COLLATE "sv-SE-x-icu"),
    'éèêëáàâãíìîïóòôõøúùûüýÿçñæ', 'eeeeaaaaiiiiooooöuuuuyycnä'), '[^[:alnum:]]+', ' ', 'g')) COLLATE "C" END;
GRANT EXECUTE ON FUNCTION search_fold TO fardplan_app, fardplan_read;

-- A folded text as one writes it without å ä ö.
CREATE FUNCTION search_plain(folded text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(folded, 'åäö', 'aao') COLLATE "C";
GRANT EXECUTE ON FUNCTION search_plain TO fardplan_app, fardplan_read;

-- What an entry is found by. Each word stands with a letter for where it is: a in a
-- name, b in a keyword, c in a text. Whole names, also other ones, stand with =, the
-- kind of record with @ and its owner, a municipality, with #. Words of different places are
-- words of their own, so that the index alone tells where one was found. A word with a
-- hyphen is there in its parts and as one: e-tjänst is e, tjänst and etjänst. A word too
-- long to be one is cut.
-- +goose StatementBegin
CREATE FUNCTION search_vector(kind text, owner uuid, names text[], aliases text[], keywords text[], texts text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  found text[] := ARRAY['@' || kind, '#' || owner];
  place text;
  given text;
  folded text;
BEGIN
  FOREACH given IN ARRAY names || aliases LOOP
    folded := public.search_fold(given);
    IF folded <> '' THEN
      found := found || ('=' || folded);
    END IF;
  END LOOP;
  FOREACH place IN ARRAY '{a,b,c}'::text[] LOOP
    given := array_to_string(CASE place WHEN 'a' THEN names WHEN 'b' THEN keywords ELSE texts END, ' ');
    folded := public.search_fold(given);
    IF position('-' IN given) > 0 THEN
      folded := folded || ' ' || public.search_fold(replace(given, '-', ''));
    END IF;
    IF length(folded) > 80 THEN
      folded := regexp_replace(folded, '([^ ]{80})[^ ]+', '\1', 'g');
    END IF;
    IF folded <> '' THEN
      found := found || string_to_array(place || replace(folded, ' ', ' ' || place), ' ');
    END IF;
  END LOOP;
  RETURN array_to_tsvector(found);
END $$;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION search_vector TO fardplan_app, fardplan_read;

-- One entry for each record that is searched, under the record's own id.
CREATE TABLE search_entry (
  id uuid NOT NULL CONSTRAINT search_entry_pk PRIMARY KEY,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_in bigint NOT NULL,
  object_kind text NOT NULL CONSTRAINT search_entry_object_kind CHECK (object_kind ~ '^[a-z_]{3,40}$'),
  object_id uuid NOT NULL,
  municipality_id uuid NOT NULL CONSTRAINT search_entry_municipality_fk REFERENCES municipality (id),
  -- The folded Swedish name, for those that begin with what is typed.
  name text COLLATE "C" NOT NULL,
  words tsvector NOT NULL,
  -- Of what the entry was made of, so that a record whose texts are as they were is not gone through.
  digest text NOT NULL
);
CREATE INDEX search_entry_by_name ON search_entry (object_kind, name, id);
CREATE INDEX search_entry_by_own_name ON search_entry (object_kind, municipality_id, name, id);
CREATE INDEX search_entry_by_object ON search_entry (object_id);
CREATE INDEX search_entry_by_words ON search_entry USING gin (words) WITH (fastupdate = off);
SELECT history_sync('search_entry');

-- Every word that some entry has or has had, to find those that resemble what is
-- typed. A word is never taken away: the past is searched by the same.
CREATE TABLE search_word (
  word text COLLATE "C" NOT NULL CONSTRAINT search_word_pk PRIMARY KEY,
  plain text COLLATE "C" NOT NULL GENERATED ALWAYS AS (search_plain(word)) STORED,
  stem_sv text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce((ts_lexize('pg_catalog.swedish_stem'::regdictionary, word))[1], word)) STORED,
  stem_en text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce((ts_lexize('pg_catalog.english_stem'::regdictionary, word))[1], word)) STORED
);
CREATE INDEX search_word_by_plain ON search_word (plain);
CREATE INDEX search_word_by_stem_sv ON search_word (stem_sv);
CREATE INDEX search_word_by_stem_en ON search_word (stem_en);
CREATE INDEX search_word_by_trigram ON search_word USING gin (plain gin_trgm_ops) WITH (fastupdate = off);
GRANT SELECT ON search_word TO fardplan_app, fardplan_read;
GRANT INSERT ON search_word TO fardplan_app;
