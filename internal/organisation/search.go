package organisation

import (
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

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
			// A unit that was renamed keeps its old name among the others.
			Table: "unit", Name: search.Text{Sv: "enhet", En: "unit"}, Municipality: "x.municipality_id",
			NameSv: "x.name_sv", NameEn: "x.name_en", Aliases: "x.aliases || array_remove(ARRAY[x.diary_code], NULL)", Keywords: "x.aliases", Texts: "'{}'::text[]",
			ShownSv: "NULL", ShownEn: "NULL", Uses: "0",
			Facets: map[string]postgres.Facet{"MUNICIPALITY": search.ByMunicipality()},
		},
	}
}
