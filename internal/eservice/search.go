package eservice

import (
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// SearchSources says what of these records is searched.
func SearchSources() []search.Source {
	theme := postgres.Facet{Value: "v.value", Join: each("x.themes"), Names: names("THEME")}
	return []search.Source{
		{
			Table: "shared_service", Name: search.Text{Sv: "gemensam e-tjänst", En: "shared service"}, Municipality: "x.municipality_id",
			NameSv: "x.name_sv", NameEn: "x.name_en", Aliases: "ARRAY[x.code]", Keywords: "'{}'::text[]", Texts: "ARRAY[x.purpose_sv, x.purpose_en]",
			ShownSv: "x.purpose_sv", ShownEn: "x.purpose_en", Uses: "0",
			Facets:  map[string]postgres.Facet{"MUNICIPALITY": search.ByMunicipality(), "THEME": theme},
			Filters: map[string]string{"THEME": "x.themes && @f_THEME::text[]"},
		},
		{
			Table: "e_service", Name: search.Text{Sv: "e-tjänst", En: "e-service"}, Municipality: "x.municipality_id",
			NameSv: "x.name_sv", NameEn: "x.name_en", Aliases: "'{}'::text[]", Keywords: "x.keywords",
			Texts:   "ARRAY[x.summary_sv, x.summary_en, x.description_sv, x.description_en]",
			ShownSv: "coalesce(x.summary_sv, x.description_sv)", ShownEn: "coalesce(x.summary_en, x.description_en)",
			// Of those without use, the published come first.
			Uses: "2 * " + yearOfUse + " + x.published::int",
			// The digits of the cases in the newest twelve months of figures, so that few months
			// change it.
			Weight: `coalesce((SELECT length(nullif(sum(y.cases), 0)::text) FROM e_service_usage y WHERE y.e_service_id = x.id
				AND y.month > (SELECT max(z.month) FROM e_service_usage z WHERE z.e_service_id = x.id) - interval '12 months'), 0)`,
			Touched: "x.id IN (SELECT y.id FROM e_service y WHERE y.changed_in = @change UNION ALL SELECT y.e_service_id FROM e_service_usage y WHERE y.changed_in = @change)",
			Drafts:  "e_service_draft", Drafted: DraftedFrom,
			Facets: map[string]postgres.Facet{
				"MUNICIPALITY": search.ByMunicipality(), "THEME": theme, "STATUS": {Value: "x.status", Names: names("STATUS")},
				"OWNER_UNIT": {Value: "x.owner_unit_id::text", Kind: "unit", Join: "JOIN unit u ON u.id = x.owner_unit_id", Sv: "u.name_sv", En: "coalesce(u.name_en, u.name_sv)"},
			},
			Filters: map[string]string{
				"THEME": "x.themes && @f_THEME::text[]", "STATUS": "x.status = ANY (@f_STATUS::text[])", "OWNER_UNIT": "x.owner_unit_id = ANY (@f_OWNER_UNIT::uuid[])",
			},
		},
	}
}
