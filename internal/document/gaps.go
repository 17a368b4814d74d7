package document

import "fardplan/internal/gap"

// GapObjects says how gaps of these records are kept.
func GapObjects() []gap.Object {
	return []gap.Object{{
		Table: "governing_document", Name: gap.Text{Sv: "styrdokument", En: "governing document"}, Unit: "x.owner_unit_id",
		Affected: []string{"SELECT y.id FROM governing_document y JOIN unit u ON u.id = y.owner_unit_id WHERE u.changed_in = @change"},
	}}
}

// GapRules are what these records should have.
func GapRules() []gap.Rule {
	return []gap.Rule{
		{
			Code: "DOC_NO_DNR", Severity: gap.High, Object: "governing_document",
			Where:  adopted + " AND x.kind <> 'STRATEGY' AND x.diary_number IS NULL",
			Title:  gap.Text{Sv: "Styrdokumentet saknar diarienummer", En: "The governing document has no diary number"},
			Reason: gap.Text{Sv: "Ett antaget dokument är en allmän handling som ska gå att hitta i diariet. Registrera det och skriv in diarienumret.", En: "An adopted document is an official one that is to be found in the diary. Register it there and write down its diary number."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 1 och 5 (F15); OSL 5 kap. 1 §", En: "Audit KR-2017/0039, sections 1 and 5 (F15); OSL chapter 5 section 1"},
		},
		{
			Code: "DOC_REVIEW_OVERDUE", Severity: gap.Medium, Object: "governing_document",
			Where:  "x.status = 'ADOPTED' AND " + review + " < today()",
			Title:  gap.Text{Sv: "Styrdokumentet skulle ha setts över", En: "The governing document was due for review"},
			Reason: gap.Text{Sv: "Dagen för översyn har passerat. Inled en revidering, eller anta dokumentet på nytt med en ny dag.", En: "The day of its review has passed. Begin a revision, or adopt the document anew with a new day."},
			Law:    gap.Text{Sv: "KL 6 kap. 6 §: nämnden ser till att den interna kontrollen är tillräcklig", En: "KL chapter 6 section 6: the committee sees that internal control is sufficient"},
		},
		{
			Code: "DOC_NO_OWNER", Severity: gap.Medium, Object: "governing_document",
			Where: adopted + ` AND NOT EXISTS (
				SELECT FROM unit u WHERE u.id = x.owner_unit_id AND u.archived_at IS NULL AND coalesce(u.valid_to, 'infinity') >= today())`,
			Title:  gap.Text{Sv: "Ingen enhet svarar för styrdokumentet", En: "No unit answers for the governing document"},
			Reason: gap.Text{Sv: "Ett dokument utan ägande enhet, eller vars enhet har stängts, blir inte översett. Ange vilken enhet som äger det i dag.", En: "A document without an owning unit, or whose unit has closed, is not reviewed. Say which unit owns it today."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.4 och 5; KL 6 kap. 6 §", En: "Audit KR-2017/0039, sections 4.4 and 5; KL chapter 6 section 6"},
		},
		{
			Code: "STRATEGY_NO_DNR", Severity: gap.High, Object: "governing_document",
			Where:  adopted + " AND x.kind = 'STRATEGY' AND x.diary_number IS NULL",
			Title:  gap.Text{Sv: "Strategin saknar diarienummer", En: "The strategy has no diary number"},
			Reason: gap.Text{Sv: "En antagen strategi utan diarienummer kan inte visas vara beslutad. Registrera den och skriv in diarienumret.", En: "An adopted strategy without a diary number cannot be shown to be decided. Register it and write down its diary number."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.6 och 5 (F11, F15); OSL 5 kap. 1 §", En: "Audit KR-2017/0039, sections 4.6 and 5 (F11, F15); OSL chapter 5 section 1"},
		},
		{
			Code: "STRATEGY_MISSING", Severity: gap.High, Object: "municipality",
			Where: `NOT x.is_example AND EXISTS (SELECT FROM unit u WHERE u.municipality_id = x.id AND u.archived_at IS NULL) AND NOT EXISTS (
				SELECT FROM governing_document d WHERE d.municipality_id = x.id AND d.kind = 'STRATEGY' AND d.archived_at IS NULL AND d.status IN ('ADOPTED', 'UNDER_REVISION')
				   AND coalesce(d.valid_from, '-infinity') <= today() AND coalesce(d.valid_to, 'infinity') >= today())`,
			Title:  gap.Text{Sv: "Kommunen har ingen antagen strategi som gäller", En: "The municipality has no adopted strategy in force"},
			Reason: gap.Text{Sv: "Utan en strategi för digitalisering och e-tjänster saknar målen grund. Ta fram en, låt den beslutas och registrera den.", En: "Without a strategy for digitalization and e-services the goals have nothing to stand on. Prepare one, have it decided and register it."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.4 och 4.6 (F07, F11)", En: "Audit KR-2017/0039, sections 4.4 and 4.6 (F07, F11)"},
		},
	}
}
