package document

import (
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// SearchSources says what of these records is searched.
func SearchSources() []search.Source {
	return []search.Source{{
		Table: "governing_document", Name: search.Text{Sv: "styrdokument", En: "governing document"}, Municipality: "x.municipality_id",
		NameSv: "x.title_sv", NameEn: "x.title_en",
		// Found by its diary number, and by that of its case where that is written otherwise.
		Aliases:  "array_remove(ARRAY[x.diary_number, (SELECT c.diary_number FROM diary_case c WHERE c.id = x.case_id)], NULL)",
		Keywords: "'{}'::text[]", Texts: "ARRAY[x.summary_sv, x.summary_en]",
		ShownSv: "x.summary_sv", ShownEn: "x.summary_en",
		Uses:    "(" + adopted + ")::int", // of equals those that hold come first
		Weight:  "0",
		Touched: "x.id IN (SELECT y.id FROM governing_document y WHERE y.changed_in = @change UNION ALL SELECT y.id FROM governing_document y JOIN diary_case c ON c.id = y.case_id WHERE c.changed_in = @change)",
		Facets:  map[string]postgres.Facet{"MUNICIPALITY": search.ByMunicipality()},
	}}
}
