package collaboration

import (
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// SearchSources says what of these records is searched.
func SearchSources() []search.Source {
	municipality := map[string]postgres.Facet{"MUNICIPALITY": search.ByMunicipality()}
	// Of a collaboration that nobody keeps, the home municipality's.
	const keeper = "coalesce(x.municipality_id, (SELECT h.id FROM municipality h ORDER BY h.is_home DESC, h.scb_code LIMIT 1))"
	return []search.Source{
		{
			Table: "collaboration", Name: search.Text{Sv: "samverkan", En: "collaboration"}, Municipality: keeper,
			NameSv: "x.name_sv", NameEn: "x.name_en", Aliases: "'{}'::text[]", Keywords: "'{}'::text[]", Texts: "ARRAY[x.purpose_sv, x.purpose_en]",
			ShownSv: "x.purpose_sv", ShownEn: "x.purpose_en", Uses: "0", Weight: "0",
			Facets: map[string]postgres.Facet{"MUNICIPALITY": {
				Value: "m.scb_code", Join: "JOIN municipality m ON m.id = " + keeper, Sv: "m.name_sv", En: "coalesce(m.name_en, m.name_sv)",
			}},
		},
		{
			Table: "agreement", Name: search.Text{Sv: "samverkansavtal", En: "agreement"}, Municipality: "x.municipality_id",
			NameSv: "x.title_sv", NameEn: "x.title_en", Aliases: "'{}'::text[]", Keywords: "'{}'::text[]",
			Texts:   "ARRAY[x.purpose_sv, x.purpose_en, x.tasks_sv, x.tasks_en]",
			ShownSv: "coalesce(x.purpose_sv, x.tasks_sv)", ShownEn: "coalesce(x.purpose_en, x.tasks_en)", Uses: "0", Weight: "0", Facets: municipality,
		},
		{
			Table: "shared_project", Name: search.Text{Sv: "gemensamt projekt", En: "shared project"}, Municipality: "x.municipality_id",
			NameSv: "x.name_sv", NameEn: "x.name_en", Aliases: "ARRAY[x.code]", Keywords: "'{}'::text[]",
			Texts:   "ARRAY[x.summary_sv, x.summary_en] || x.deliverables",
			ShownSv: "x.summary_sv", ShownEn: "x.summary_en", Uses: "0", Weight: "0", Facets: municipality,
		},
	}
}
