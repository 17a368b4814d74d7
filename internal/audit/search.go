package audit

import (
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// SearchSources says what of these records is searched.
func SearchSources() []search.Source {
	facets := map[string]postgres.Facet{"MUNICIPALITY": search.ByMunicipality()}
	return []search.Source{
		{
			Table: "audit", Name: search.Text{Sv: "granskning", En: "audit"}, Municipality: "x.municipality_id",
			NameSv: "x.title_sv", NameEn: "x.title_en",
			// Found by its diary number, and by that of its case where that is written otherwise.
			Aliases:  "array_remove(ARRAY[x.diary_number, (SELECT c.diary_number FROM diary_case c WHERE c.id = x.case_id)], NULL)",
			Keywords: "ARRAY[x.year::text]", Texts: "ARRAY[x.summary_sv, x.summary_en]", ShownSv: "x.summary_sv", ShownEn: "x.summary_en", Uses: "0", Weight: "0",
			Touched: "x.id IN (SELECT y.id FROM audit y WHERE y.changed_in = @change UNION ALL SELECT y.id FROM audit y JOIN diary_case c ON c.id = y.case_id WHERE c.changed_in = @change)",
			Facets:  facets,
		},
		{
			Table: "finding", Name: search.Text{Sv: "iakttagelse", En: "finding"}, Municipality: "x.municipality_id",
			NameSv: "'Iakttagelse ' || x.code", NameEn: "'Finding ' || x.code", Aliases: "ARRAY[x.code]", Keywords: "'{}'::text[]",
			Texts: "ARRAY[x.text_sv, x.text_en]", ShownSv: "x.text_sv", ShownEn: "x.text_en", Uses: "0", Weight: "0",
			Facets: facets,
		},
	}
}
