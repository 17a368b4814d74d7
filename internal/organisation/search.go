package organisation

import (
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// called is a text[] of the other names of unit x, and of all names of the units that it
// has taken over from, by itself or through one that closed in turn: who asks for one
// that is no more looks for whoever has its tasks.
const called = `x.aliases || ARRAY(
	WITH RECURSIVE earlier AS (
		SELECT u.id, u.name_sv, u.name_en, u.aliases FROM unit u WHERE u.successor_id = x.id AND u.archived_at IS NULL
		UNION SELECT u.id, u.name_sv, u.name_en, u.aliases FROM unit u JOIN earlier e ON u.successor_id = e.id WHERE u.archived_at IS NULL)
	SELECT DISTINCT n FROM earlier e, unnest(e.aliases || ARRAY[e.name_sv, e.name_en]::text[]) n
	 WHERE n IS NOT NULL AND n <> ALL (x.aliases || x.name_sv::text) AND n IS DISTINCT FROM x.name_en ORDER BY n)`

// SearchSources says what of these records is searched.
func SearchSources() []search.Source {
	return []search.Source{
		{
			Table: "municipality", Name: search.Text{Sv: "kommun", En: "municipality"}, Municipality: "x.id",
			NameSv: "x.name_sv", NameEn: "x.name_en", Aliases: "ARRAY[x.scb_code]", Keywords: "ARRAY['kommun']", Texts: "'{}'::text[]",
			ShownSv: "NULL", ShownEn: "NULL", Uses: "0",
			Facets: map[string]postgres.Facet{"MUNICIPALITY": {Value: "x.scb_code", Sv: "x.name_sv", En: "coalesce(x.name_en, x.name_sv)"}},
		},
		{
			Table: "unit", Name: search.Text{Sv: "enhet", En: "unit"}, Municipality: "x.municipality_id",
			NameSv: "x.name_sv", NameEn: "x.name_en", Aliases: called + " || array_remove(ARRAY[x.diary_code], NULL)", Keywords: called, Texts: "'{}'::text[]",
			ShownSv: "NULL", ShownEn: "NULL", Uses: "-(coalesce(x.valid_to, 'infinity') < today())::int", // of equals those that have closed come last
			Weight: "(x.valid_to IS NULL)::int",
			// A name may go with a successor that another unit gets or loses.
			Touched: "x.municipality_id IN (SELECT y.municipality_id FROM unit y WHERE y.changed_in = @change)",
			Facets:  map[string]postgres.Facet{"MUNICIPALITY": search.ByMunicipality()},
		},
	}
}
