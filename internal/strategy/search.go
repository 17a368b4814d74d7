package strategy

import (
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// SearchSources says what of these records is searched.
func SearchSources() []search.Source {
	byMunicipality := map[string]postgres.Facet{"MUNICIPALITY": search.ByMunicipality()}
	owned := map[string]postgres.Facet{
		"MUNICIPALITY": search.ByMunicipality(),
		"OWNER_UNIT":   {Value: "x.owner_unit_id::text", Kind: "unit", Join: "JOIN unit u ON u.id = x.owner_unit_id", Sv: "u.name_sv", En: "coalesce(u.name_en, u.name_sv)"},
	}
	byOwner := map[string]string{"OWNER_UNIT": "x.owner_unit_id = ANY (@f_OWNER_UNIT::uuid[])"}
	return []search.Source{
		{
			Table: "goal", Name: search.Text{Sv: "mål", En: "goal"}, Municipality: "x.municipality_id",
			NameSv: "x.title_sv", NameEn: "x.title_en", Aliases: "ARRAY[x.code]", Keywords: "'{}'::text[]", Texts: "ARRAY[x.description_sv, x.description_en]",
			ShownSv: "x.description_sv", ShownEn: "x.description_en", Uses: "0", Weight: "0", Facets: owned, Filters: byOwner,
		},
		{
			Table: "indicator", Name: search.Text{Sv: "indikator", En: "indicator"}, Municipality: "x.municipality_id",
			NameSv: "x.name_sv", NameEn: "x.name_en", Aliases: "array_remove(ARRAY[x.kolada_kpi], NULL)", Keywords: "'{}'::text[]", Texts: "'{}'::text[]",
			ShownSv: "NULL::text", ShownEn: "NULL::text", Uses: "0", Weight: "0", Facets: byMunicipality,
		},
		{
			Table: "initiative", Name: search.Text{Sv: "insats", En: "initiative"}, Municipality: "x.municipality_id",
			NameSv: "x.title_sv", NameEn: "x.title_en", Aliases: "'{}'::text[]", Keywords: "'{}'::text[]", Texts: "ARRAY[x.description_sv, x.description_en]",
			ShownSv: "x.description_sv", ShownEn: "x.description_en", Uses: "0", Weight: "0", Facets: owned, Filters: byOwner,
		},
	}
}
