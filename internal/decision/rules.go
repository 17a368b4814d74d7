package decision

import (
	"strings"

	"fardplan/internal/gap"
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// waiverExpired is the rule that a waiver which holds no more is looked after.
const waiverExpired = "WAIVER_EXPIRED"

// numberInTwoCases is the rule that a diary number stands on decisions of one case.
const numberInTwoCases = "DECISION_NUMBER_IN_TWO_CASES"

// sameText is SQL for whether two decisions of a municipality have the number written alike.
func sameText(one, other string) string {
	return strings.NewReplacer("#1", one, "#2", other).Replace("#1.municipality_id = #2.municipality_id AND lower(btrim(#1.diary_number)) = lower(btrim(#2.diary_number))")
}

// sameNumber is SQL for whether two cases of a municipality have the number of one register.
func sameNumber(one, other string) string {
	return strings.NewReplacer("#1", one, "#2", other).Replace("#1.municipality_id = #2.municipality_id AND #1.diary_year = #2.diary_year AND #1.diary_serial = #2.diary_serial AND #1.diary_code = #2.diary_code")
}

// changedIn is SQL for the municipalities whose decisions or cases a change touched.
const changedIn = "SELECT d.municipality_id FROM decision d WHERE d.changed_in = @change UNION SELECT c.municipality_id FROM diary_case c WHERE c.changed_in = @change"

// GapObjects says how gaps of these records are kept.
func GapObjects() []gap.Object {
	return []gap.Object{
		{Table: "diary_case", Name: gap.Text{Sv: "ärende", En: "case"}, Unit: "NULL::uuid"},
		{
			Table: "decision", Name: gap.Text{Sv: "beslut", En: "decision"}, Unit: "x.body_unit_id",
			Affected: []string{
				"SELECT l.decision_id FROM record_link l WHERE l.changed_in = @change AND l.decision_id IS NOT NULL",
				"SELECT y.id FROM decision y JOIN diary_case c ON c.id = y.case_id WHERE c.changed_in = @change",
				// Those that have the number in common with what the change touched. Each is read
				// once, in groups: a join would be made row by row where few rows are expected, as in
				// a register that is just being filled.
				"SELECT t.id FROM (SELECT y.id, bool_or(y.changed_in = @change) OVER (PARTITION BY y.municipality_id, lower(btrim(y.diary_number))) AS touched FROM decision y WHERE y.diary_number IS NOT NULL AND y.municipality_id IN (SELECT d.municipality_id FROM decision d WHERE d.changed_in = @change)) t WHERE t.touched",
				"SELECT t.id FROM (SELECT y.id, bool_or(@change IN (y.changed_in, c.changed_in)) OVER (PARTITION BY c.municipality_id, c.diary_year, c.diary_serial, c.diary_code) AS touched FROM decision y JOIN diary_case c ON c.id = y.case_id WHERE c.diary_code IS NOT NULL AND y.municipality_id IN (" + changedIn + ")) t WHERE t.touched",
				// Those that had the number in common before.
				"SELECT e.object_id FROM gap_episode e WHERE e.rule = '" + numberInTwoCases + "' AND e.closed_at IS NULL AND e.municipality_id IN (" + changedIn + ")",
			},
		},
		{
			Table: "waiver", Name: gap.Text{Sv: "undantag", En: "waiver"}, Unit: "NULL::uuid",
			Affected: []string{"SELECT w.id FROM waiver w JOIN decision d ON d.id = w.decision_id WHERE d.changed_in = @change"},
		},
	}
}

// used is SQL for whether something rests on the decision x.
const used = "EXISTS (SELECT FROM record_link l WHERE l.decision_id = x.id AND l.purpose = 'AUTHORISES' AND l.archived_at IS NULL)"

var findingNumbers = gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 5 (F15); OSL 5 kap. 1 §", En: "Audit KR-2017/0039, section 5 (F15); OSL chapter 5 section 1"}

// GapRules are what these records should have.
func GapRules() []gap.Rule {
	state := stateOf("x")
	return []gap.Rule{
		{
			Code: "CASE_NUMBER_NOT_UNDERSTOOD", Severity: gap.Low, Object: "diary_case",
			Where:  "x.diary_year IS NULL",
			Title:  gap.Text{Sv: "Diarienumret går inte att tolka", En: "The diary number is not understood"},
			Reason: gap.Text{Sv: "Ärendet hittas bara på numret precis som det är skrivet. Rätta det, eller ange kommunens mönster för diarienummer.", En: "The case is found only by its number exactly as written. Correct it, or say how the municipality writes its diary numbers."},
			Law:    findingNumbers,
		},
		{
			Code: "DECISION_NUMBER_NOT_UNDERSTOOD", Severity: gap.Low, Object: "decision",
			Where:  "x.diary_number IS NOT NULL AND x.case_id IS NULL",
			Title:  gap.Text{Sv: "Beslutets diarienummer går inte att tolka", En: "The decision's diary number is not understood"},
			Reason: gap.Text{Sv: "Beslutet har inget ärende, eftersom dess diarienummer inte går att tolka. Rätta numret eller välj ärendet.", En: "The decision has no case, since its diary number is not understood. Correct the number or choose the case."},
			Law:    findingNumbers,
		},
		{
			Code: "DECISION_NO_NUMBER", Severity: gap.High, Object: "decision",
			Where:  "x.diary_number IS NULL AND x.case_id IS NULL AND x.meeting_date <= today()",
			Title:  gap.Text{Sv: "Beslutet saknar diarienummer", En: "The decision has no diary number"},
			Reason: gap.Text{Sv: "Ett beslut utan diarienummer kan ingen hitta eller visa upp. Ange numret på det ärende som det fattades i.", En: "Nobody can find or show a decision without a diary number. Give the number of the case that it was taken in."},
			Law:    findingNumbers,
		},
		{
			Code: numberInTwoCases, Severity: gap.Medium, Object: "decision",
			// A number finds its case, in any notation, when it is written. Two are there when
			// the case has got another number since, or was archived.
			Where: `x.diary_number IS NOT NULL AND (
				EXISTS (SELECT FROM decision y WHERE ` + sameText("y", "x") + ` AND y.case_id <> x.case_id AND y.archived_at IS NULL)
				OR EXISTS (SELECT FROM diary_case c JOIN diary_case o ON ` + sameNumber("o", "c") + ` AND o.id <> c.id JOIN decision y ON y.case_id = o.id
				            WHERE c.id = x.case_id AND y.diary_number IS NOT NULL AND y.archived_at IS NULL))`,
			Title:  gap.Text{Sv: "Samma diarienummer på beslut i två ärenden", En: "One diary number on decisions of two cases"},
			Reason: gap.Text{Sv: "Ett annat beslut har samma diarienummer men hör till ett annat ärende. Rätta numret på det beslut som det är fel på, eller för samman besluten i ett ärende.", En: "Another decision has the same diary number and is in another case. Correct the number of the one that has it wrong, or bring both into one case."},
			Law:    findingNumbers,
		},
		{
			Code: "DECISION_NUMBER_AHEAD", Severity: gap.Medium, Object: "decision",
			// A case runs for years, but nothing is decided in it before it is registered.
			Where:  "x.diary_number IS NOT NULL AND (SELECT c.diary_year FROM diary_case c WHERE c.id = x.case_id) > extract(year FROM x.meeting_date)",
			Title:  gap.Text{Sv: "Diarienumrets år är senare än beslutet", En: "The year of the diary number is after the decision"},
			Reason: gap.Text{Sv: "Beslutet är fattat ett år innan ärendet kan ha registrerats. Rätta diarienumret eller dagen för beslutet.", En: "The decision was taken in a year before its case can have been registered. Correct the diary number or the day of the decision."},
			Law:    findingNumbers,
		},
		{
			Code: "DECISION_NOT_BINDING", Severity: gap.Medium, Object: "decision",
			Where:  state + " = 'DECIDED' AND " + used,
			Title:  gap.Text{Sv: "Beslutet har inte fått laga kraft", En: "The decision is not legally binding"},
			Reason: gap.Text{Sv: "Något vilar på beslutet, som ännu kan överklagas. Ange dagen då det fick laga kraft när tiden har gått ut.", En: "Something rests on the decision, which may still be appealed. Give the day on which it became legally binding when that time is out."},
			Law:    gap.Text{Sv: "KL 13 kap. 5 och 14 §§", En: "KL chapter 13 sections 5 and 14"},
		},
		{
			Code: "DECISION_EXPIRING", Severity: gap.Medium, Object: "decision",
			Where:  state + " IN ('DECIDED', 'BINDING') AND x.valid_to - today() < 90",
			Title:  gap.Text{Sv: "Beslutet upphör inom 90 dagar", En: "The decision ends within 90 days"},
			Reason: gap.Text{Sv: "Det som vilar på beslutet står snart utan. Bered ett nytt beslut, eller avsluta det som det gäller.", En: "What rests on the decision will soon be without one. Prepare a new decision, or end what it is about."},
			Law:    gap.Text{Sv: "KL 6 kap. 6 §: nämnden svarar för sin verksamhet", En: "KL chapter 6 section 6: the committee answers for its activities"},
		},
		{
			Code: "DECISION_APPEALED", Severity: gap.Medium, Object: "decision",
			Where:  state + " = 'APPEALED'",
			Title:  gap.Text{Sv: "Beslutet är överklagat", En: "The decision is appealed"},
			Reason: gap.Text{Sv: "Domstolen kan upphäva beslutet. Avvakta med det som inte går att rätta, och ange hur överklagandet avgörs.", En: "The court may overturn the decision. Wait with what cannot be undone, and tell how the appeal is settled."},
			Law:    gap.Text{Sv: "KL 13 kap. 1, 8 och 15 §§", En: "KL chapter 13 sections 1, 8 and 15"},
		},
		{
			Code: "DELEGATION_NOT_REPORTED", Severity: gap.Medium, Object: "decision",
			Where:  "x.type = 'DELEGATION' AND x.reported_on IS NULL AND today() - x.meeting_date > 60",
			Title:  gap.Text{Sv: "Delegationsbeslutet är inte anmält", En: "The delegated decision is not reported"},
			Reason: gap.Text{Sv: "Nämnden ska få veta vad som beslutas i dess namn. Anmäl beslutet och ange dagen.", En: "The board is to know what is decided in its name. Report the decision and give the day."},
			Law:    gap.Text{Sv: "KL 6 kap. 40 § och 7 kap. 8 §", En: "KL chapter 6 section 40 and chapter 7 section 8"},
		},
		{
			Code: waiverExpired, Severity: gap.Medium, Object: "waiver",
			Where:  "x.expires_on < today() OR NOT EXISTS (SELECT FROM decision d WHERE d.id = x.decision_id AND " + holds("d") + ")",
			Title:  gap.Text{Sv: "Undantaget gäller inte längre", En: "The waiver no longer holds"},
			Reason: gap.Text{Sv: "Undantagets tid har gått ut eller dess beslut gäller inte längre. Åtgärda bristen och dra tillbaka undantaget, eller besluta om ett nytt.", En: "The waiver's time is out or its decision no longer holds. Mend the gap and withdraw the waiver, or decide on a new one."},
			Law:    gap.Text{Sv: "Färdplans villkor för undantag: ett beslut, högst två år", En: "Färdplan's conditions for waivers: a decision, two years at most"},
		},
	}
}

// notations gives SQL for the ways in which the number of the case that the alias names
// is written, as a text[]: its key first, then with and without the zeros.
func notations(alias string) string {
	of := func(form string, parts ...string) string {
		args := ""
		for _, p := range parts {
			args += ", " + alias + "." + p
		}
		return "format('" + form + "'" + args + ")"
	}
	padded := func(n string) string { return "lpad(" + alias + ".diary_serial::text, " + n + ", '0')" }
	code, year := alias+".diary_code", alias+".diary_year"
	return "CASE WHEN " + year + " IS NULL THEN '{}'::text[] WHEN " + code + " IS NULL THEN ARRAY[" +
		"format('%s/%s', " + year + ", " + padded("5") + "), " + of("%s/%s", "diary_year", "diary_serial") + "] ELSE ARRAY[" +
		"format('%s %s/%s', " + code + ", " + year + ", " + padded("5") + "), " +
		"format('%s %s/%s', " + code + ", " + year + ", " + padded("4") + "), " +
		of("%s %s/%s", "diary_code", "diary_year", "diary_serial") + ", " +
		of("%s-%s/%s", "diary_code", "diary_serial", "diary_year") + ", " +
		of("%s/%s:%s", "diary_code", "diary_year", "diary_serial") + ", " +
		of("%s/%s-%s", "diary_year", "diary_serial", "diary_code") + "] END"
}

// SearchSources says what of these records is searched.
func SearchSources() []search.Source {
	facets := map[string]postgres.Facet{"MUNICIPALITY": search.ByMunicipality()}
	return []search.Source{
		{
			Table: "diary_case", Name: search.Text{Sv: "ärende", En: "case"}, Municipality: "x.municipality_id",
			NameSv: "x.title_sv", NameEn: "x.title_en", Aliases: "(" + notations("x") + ") || x.diary_number", Keywords: "ARRAY[x.diary_number]", Texts: "'{}'::text[]",
			ShownSv: "NULL", ShownEn: "NULL", Uses: "0", Weight: "0", Facets: facets,
		},
		{
			Table: "decision", Name: search.Text{Sv: "beslut", En: "decision"}, Municipality: "x.municipality_id",
			NameSv: "x.title_sv", NameEn: "x.title_en",
			Aliases:  "coalesce((SELECT " + notations("c") + " FROM diary_case c WHERE c.id = x.case_id AND x.diary_number IS NOT NULL), '{}') || array_remove(ARRAY[x.diary_number], NULL)",
			Keywords: "array_remove(ARRAY[x.diary_number], NULL)", Texts: "array_remove(ARRAY[x.text_sv, x.text_en], NULL)",
			ShownSv: "x.text_sv", ShownEn: "x.text_en", Uses: "0", Weight: "0",
			// The case says what the decision's number does.
			Touched: "x.id IN (SELECT y.id FROM decision y WHERE y.changed_in = @change UNION ALL SELECT y.id FROM decision y JOIN diary_case c ON c.id = y.case_id WHERE c.changed_in = @change)",
			Facets:  facets,
		},
	}
}
