package eservice

import "fardplan/internal/gap"

// GapObjects says how gaps of these records are kept.
func GapObjects() []gap.Object {
	return []gap.Object{{
		Table: "e_service", Name: gap.Text{Sv: "e-tjänst", En: "e-service"}, Unit: "x.owner_unit_id",
		Affected: []string{
			"SELECT y.id FROM e_service y JOIN unit u ON u.id = y.owner_unit_id WHERE u.changed_in = @change",
			"SELECT y.id FROM e_service y JOIN platform_flow p ON p.municipality_id = y.municipality_id AND p.family_id = y.oep_family_id WHERE p.changed_in = @change",
			"SELECT l.e_service_id FROM link_check l WHERE l.changed_in = @change",
			"SELECT l.e_service_id FROM record_link l WHERE l.changed_in = @change AND l.goal_id IS NOT NULL AND l.e_service_id IS NOT NULL",
			"SELECT e.id FROM record_link l JOIN e_service e ON e.shared_service_id = l.shared_service_id WHERE l.changed_in = @change AND l.goal_id IS NOT NULL",
			// The first goals of a municipality ask every e-service what it is for, and so does the last that goes; another that goes asks its own.
			"SELECT e.id FROM e_service e WHERE e.municipality_id IN (SELECT g.municipality_id FROM goal g WHERE g.changed_in = @change) AND NOT EXISTS (SELECT FROM goal g WHERE g.municipality_id = e.municipality_id AND g.archived_at IS NULL AND g.changed_in <> @change)",
			"SELECT l.e_service_id FROM goal g JOIN record_link l ON l.goal_id = g.id WHERE g.changed_in = @change AND g.archived_at IS NOT NULL AND l.e_service_id IS NOT NULL",
			"SELECT e.id FROM goal g JOIN record_link l ON l.goal_id = g.id JOIN e_service e ON e.shared_service_id = l.shared_service_id WHERE g.changed_in = @change AND g.archived_at IS NOT NULL",
		},
		Drafts: "e_service_draft", Drafted: DraftedFrom,
		Cases: CasesOf("x.object_id"),
	}, {
		Table: "platform_flow", Name: gap.Text{Sv: "flöde i e-tjänsteplattformen", En: "flow of the e-service platform"},
		Unit: "(SELECT c.owner_unit_id FROM platform_category c WHERE c.municipality_id = x.municipality_id AND c.category = x.said ->> 'oepCategory')",
		Affected: []string{
			"SELECT p.id FROM platform_flow p JOIN e_service e ON e.municipality_id = p.municipality_id AND e.oep_family_id = p.family_id WHERE e.changed_in = @change",
			// Those that an e-service may have been untied from.
			`SELECT p.id FROM platform_flow p WHERE p.municipality_id IN (SELECT e.municipality_id FROM e_service e WHERE e.changed_in = @change)
			    AND NOT EXISTS (SELECT FROM e_service e WHERE e.municipality_id = p.municipality_id AND e.oep_family_id = p.family_id)`,
		},
	}}
}

func isName(field string) bool { return field == "nameSv" }

// serves gives SQL that is true where the municipality of the e-service x has tied a goal
// of its own to the record that column names as is: what others say of it answers for
// nothing. Each column is asked by itself: its index then finds the links.
func serves(column, is string) string {
	return "EXISTS (SELECT FROM record_link l JOIN goal g ON g.id = l.goal_id WHERE l." + column + " = " + is +
		" AND l.archived_at IS NULL AND g.archived_at IS NULL AND l.municipality_id = x.municipality_id AND g.municipality_id = x.municipality_id)"
}

const inUse = "x.status IN ('PILOT', 'LIVE', 'PHASING_OUT')"

var (
	findingOwnership = gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.6 (F13)", En: "Audit KR-2017/0039, section 4.6 (F13)"}
	accessibilityLaw = gap.Text{Sv: "Lag (2018:1937) om tillgänglighet till digital offentlig service 10 och 13 §§", En: "Act (2018:1937) on accessibility of digital public services, sections 10 and 13"}
	publishing       = gap.Text{Sv: "Färdplans villkor för publicering", En: "Färdplan's conditions for publishing"}
)

// GapRules are what an e-service should have.
func GapRules() []gap.Rule {
	return []gap.Rule{
		{
			Code: "ESERVICE_NO_GOAL", Severity: gap.Medium, Object: "e_service",
			Where: `x.status = 'LIVE' AND EXISTS (SELECT FROM goal g WHERE g.municipality_id = x.municipality_id AND g.archived_at IS NULL)
				AND NOT ` + serves("e_service_id", "x.id") + " AND NOT " + serves("shared_service_id", "x.shared_service_id"),
			Title:  gap.Text{Sv: "E-tjänsten tjänar inget mål", En: "The e-service serves no goal"},
			Reason: gap.Text{Sv: "Kommunen har mål, men ingen länk säger vilket som e-tjänsten bidrar till. Länka den till sitt mål.", En: "The municipality has goals, but no link says which of them the e-service serves. Link it to its goal."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.6 (F11)", En: "Audit KR-2017/0039, section 4.6 (F11)"},
		},
		{
			Code: "UNIT_CLOSED_OWNER", Severity: gap.High, Object: "e_service",
			Where:  "x.status <> 'RETIRED' AND x.status <> 'REJECTED' AND EXISTS (SELECT FROM unit u WHERE u.id = x.owner_unit_id AND (coalesce(u.valid_to, 'infinity') < today() OR u.archived_at IS NOT NULL))",
			Title:  gap.Text{Sv: "Ägande enhet har upphört", En: "The owning unit has ended"},
			Reason: gap.Text{Sv: "Enheten som äger e-tjänsten är stängd. Välj den enhet som har tagit över.", En: "The unit that owns the e-service is closed. Choose the one that has taken over."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.5 (F10)", En: "Audit KR-2017/0039, section 4.5 (F10)"},
		},
		{
			Code: "ESERVICE_NO_OWNER_ROLE", Severity: gap.High, Object: "e_service",
			Where:  "x.status = 'LIVE' AND x.contact_function IS NULL",
			Title:  gap.Text{Sv: "Ingen ansvarig funktion", En: "No responsible function"},
			Reason: gap.Text{Sv: "Ingen funktion svarar för e-tjänstens innehåll. Ange en funktion, inte en person.", En: "No function answers for the e-service's content. Name a function, not a person."},
			Law:    findingOwnership,
		},
		{
			Code: "ESERVICE_NO_ALT_CHANNEL", Severity: gap.Low, Object: "e_service",
			Where:  "x.status = 'LIVE' AND x.alternative_channel_sv IS NULL",
			Title:  gap.Text{Sv: "Inget annat sätt än det digitala", En: "No way but the digital one"},
			Reason: gap.Text{Sv: "Den som inte kan använda e-tjänsten behöver veta hur ärendet görs i stället. Beskriv det.", En: "Whoever cannot use the e-service needs another way. Describe it."},
			Law:    gap.Text{Sv: "Förvaltningslagen (2017:900) 6 och 7 §§", En: "Administrative Procedure Act (2017:900), sections 6 and 7"},
		},
		{
			Code: "ESERVICE_A11Y_UNKNOWN", Severity: gap.Medium, Object: "e_service",
			Where:  "x.status = 'LIVE' AND x.accessibility_status IS NULL",
			Title:  gap.Text{Sv: "Tillgängligheten är inte bedömd", En: "Accessibility not assessed"},
			Reason: gap.Text{Sv: "Det är inte bedömt om e-tjänsten följer tillgänglighetskraven. Granska den och ange resultatet.", En: "It has not been assessed whether the e-service meets the accessibility requirements. Test it and give the result."},
			Law:    accessibilityLaw,
		},
		{
			Code: "ESERVICE_A11Y_NO_STATEMENT", Severity: gap.Low, Object: "e_service",
			Where:  "x.status = 'LIVE' AND x.accessibility_status IN ('PARTIAL', 'NONE') AND x.accessibility_statement_url IS NULL",
			Title:  gap.Text{Sv: "Tillgänglighetsredogörelse saknas", En: "No accessibility statement"},
			Reason: gap.Text{Sv: "E-tjänsten är inte helt förenlig med kraven och ska ha en redogörelse. Ange dess adress.", En: "The e-service does not fully meet the requirements and is to have a statement. Give its address."},
			Law:    accessibilityLaw,
		},
		{
			Code: "ESERVICE_STALE_365", Severity: gap.Low, Object: "e_service",
			Where:  "x.status = 'LIVE' AND (x.updated_at AT TIME ZONE 'Europe/Stockholm')::date < today() - 365",
			Title:  gap.Text{Sv: "Inte sedd över på ett år", En: "Not looked over for a year"},
			Reason: gap.Text{Sv: "Ingen har ändrat uppgifterna på minst 365 dagar. Kontrollera att de stämmer.", En: "Nobody has changed the record for at least 365 days. See that it is right."},
			Law:    findingOwnership,
		},
		{
			Code: "ESERVICE_NO_AUDIENCE", Severity: gap.Medium, Object: "e_service",
			Where:  inUse + " AND cardinality(x.audiences) = 0",
			Title:  gap.Text{Sv: "Målgrupp saknas", En: "No audience"},
			Reason: gap.Text{Sv: "E-tjänsten används men säger inte vem den är till för. Välj minst en målgrupp.", En: "The e-service is in use but does not say whom it is for. Choose at least one audience."},
			Law:    publishing,
		},
		{
			Code: "ESERVICE_NO_SUMMARY", Severity: gap.Medium, Object: "e_service",
			Where:  inUse + " AND x.summary_sv IS NULL",
			Title:  gap.Text{Sv: "Sammanfattning saknas", En: "No summary"},
			Reason: gap.Text{Sv: "Skriv på högst 150 tecken vad man gör i e-tjänsten.", En: "Say in at most 150 characters what one does in the e-service."},
			Law:    publishing,
		},
		{
			Code: "ESERVICE_NO_URL", Severity: gap.High, Object: "e_service",
			Where:  inUse + " AND x.url IS NULL",
			Title:  gap.Text{Sv: "Adress saknas", En: "No address"},
			Reason: gap.Text{Sv: "Ingen hittar till e-tjänsten utan dess adress. Ange den.", En: "Nobody finds the e-service without its address. Give it."},
			Law:    publishing,
		},
		{
			Code: "ESERVICE_NO_LAUNCH_DATE", Severity: gap.Low, Object: "e_service",
			Where:  "x.status = 'LIVE' AND x.launched_on IS NULL",
			Title:  gap.Text{Sv: "Startdatum saknas", En: "No launch date"},
			Reason: gap.Text{Sv: "E-tjänsten är i drift men det framgår inte sedan när. Ange dagen, så nära det går.", En: "The e-service is live but it is not known since when. Give the day, as near as can be."},
			Law:    publishing,
		},
		{
			Code: "ESERVICE_UNPUBLISHED", Severity: gap.Low, Object: "e_service",
			Where:  "x.status = 'LIVE' AND NOT x.published AND x.visibility = 'PUBLIC' AND coalesce(x.launched_on, (x.created_at AT TIME ZONE 'Europe/Stockholm')::date) < today() - 30",
			Title:  gap.Text{Sv: "I drift men inte publicerad", En: "Live but not published"},
			Reason: gap.Text{Sv: "E-tjänsten har varit i drift i mer än 30 dagar utan att synas i katalogen. Komplettera och publicera den.", En: "The e-service has been live for more than 30 days without showing in the catalogue. Complete and publish it."},
			Law:    findingOwnership,
		},
		{
			Code: "ESERVICE_NO_LEGAL_BASIS", Severity: gap.Medium, Object: "e_service",
			Where:  "x.status = 'LIVE' AND x.personal_data IN ('ORDINARY', 'SENSITIVE') AND x.legal_basis IS NULL",
			Title:  gap.Text{Sv: "Rättslig grund saknas", En: "No legal basis"},
			Reason: gap.Text{Sv: "E-tjänsten behandlar personuppgifter utan att den rättsliga grunden är angiven. Ange lag och paragraf.", En: "The e-service handles personal data and no legal basis is given. Name the act and section."},
			Law:    gap.Text{Sv: "Dataskyddsförordningen (EU) 2016/679 artikel 6", En: "Regulation (EU) 2016/679, article 6"},
		},
		{
			Code: "ESERVICE_LEGAL_BASIS_STALE", Severity: gap.Low, Object: "e_service",
			Where:  "x.status = 'LIVE' AND x.legal_basis IS NOT NULL AND coalesce(x.legal_basis_verified_on, '-infinity') < today() - 730",
			Title:  gap.Text{Sv: "Rättslig grund inte kontrollerad på två år", En: "Legal basis not verified for two years"},
			Reason: gap.Text{Sv: "Lagar ändras. Kontrollera att den angivna grunden gäller och ange dagens datum.", En: "Acts change. See that the basis given is in force and give the date."},
			Law:    gap.Text{Sv: "Dataskyddsförordningen (EU) 2016/679 artikel 5.2", En: "Regulation (EU) 2016/679, article 5(2)"},
		},
		{
			Code: "ESERVICE_PERSONAL_DATA_UNKNOWN", Severity: gap.Medium, Object: "e_service",
			Where:  "x.status = 'LIVE' AND x.personal_data IS NULL",
			Title:  gap.Text{Sv: "Okänt om personuppgifter behandlas", En: "Not known whether personal data is handled"},
			Reason: gap.Text{Sv: "Ange om e-tjänsten behandlar personuppgifter och om de är känsliga.", En: "Say whether the e-service handles personal data, and whether it is sensitive."},
			Law:    gap.Text{Sv: "Dataskyddsförordningen (EU) 2016/679 artikel 30", En: "Regulation (EU) 2016/679, article 30"},
		},
		{
			Code: "ESERVICE_EID_UNKNOWN", Severity: gap.Low, Object: "e_service",
			Where:  "x.status = 'LIVE' AND x.requires_authentication AND coalesce(x.eid_level, 'NONE') = 'NONE'",
			Title:  gap.Text{Sv: "Tillitsnivå saknas", En: "No assurance level"},
			Reason: gap.Text{Sv: "E-tjänsten kräver inloggning men det framgår inte vilken tillitsnivå e-legitimationen ska ha.", En: "The e-service asks users to sign in, but not at which assurance level."},
			Law:    gap.Text{Sv: "Förordning (EU) 910/2014 artikel 8; Diggs tillitsramverk", En: "Regulation (EU) 910/2014, article 8; Digg's trust framework"},
		},
		{
			Code: "ESERVICE_LAUNCH_SLIPPED", Severity: gap.Medium, Object: "e_service",
			Where:  "x.status IN ('IDEA', 'PLANNED', 'IN_DEVELOPMENT', 'PILOT') AND x.planned_launch < today() - 30",
			Title:  gap.Text{Sv: "Planerad start har passerat", En: "The planned launch has passed"},
			Reason: gap.Text{Sv: "E-tjänsten skulle ha startat för mer än 30 dagar sedan. Sätt en ny dag eller ändra dess status.", En: "The e-service was to launch more than 30 days ago. Set a new day or change its status."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 5 (F16)", En: "Audit KR-2017/0039, section 5 (F16)"},
		},
		{
			Code: "OEP_MISSING_FLOW", Severity: gap.Medium, Object: "e_service",
			// The newest look at the platform tells, or the import where there has been none.
			Where:  "x.status = 'LIVE' AND coalesce((SELECT NOT (" + offered + ") " + tiedFlow + "), x.oep_missing_since IS NOT NULL)",
			Title:  gap.Text{Sv: "Finns inte längre i e-tjänsteplattformen", En: "No longer on the e-service platform"},
			Reason: gap.Text{Sv: "Plattformens lista saknar e-tjänsten eller har stängt den. Avveckla den här eller rätta kopplingen.", En: "The platform's list lacks the e-service, or has it turned off. Phase it out here or mend the link."},
			Law:    findingOwnership,
		},
		{
			Code: "OEP_UNKNOWN_FLOW", Severity: gap.Medium, Object: "platform_flow",
			Where:  "x.enabled AND x.missing_since IS NULL AND NOT EXISTS (SELECT FROM e_service e WHERE e.municipality_id = x.municipality_id AND e.oep_family_id = x.family_id)",
			Title:  gap.Text{Sv: "Finns i e-tjänsteplattformen men inte här", En: "On the e-service platform but not here"},
			Reason: gap.Text{Sv: "Plattformen har en e-tjänst som saknas i katalogen. Hämta in den, eller koppla den till den e-tjänst som den är.", En: "The platform has an e-service that the catalogue lacks. Import it, or tie it to the e-service that it is."},
			Law:    findingOwnership,
		},
		{
			Code: "OEP_RENAMED", Severity: gap.Medium, Object: "e_service",
			Where:  "x.status NOT IN ('RETIRED', 'REJECTED') AND " + platformDiffers(isName),
			Title:  gap.Text{Sv: "Har bytt namn i e-tjänsteplattformen", En: "Renamed on the e-service platform"},
			Reason: gap.Text{Sv: "Plattformen kallar e-tjänsten något annat. Ta över namnet, eller bestäm att namnet här ska gälla.", En: "The platform calls the e-service something else. Take that name, or decide that the name here holds."},
			Law:    findingOwnership,
		},
		{
			Code: "OEP_DIFFERS", Severity: gap.Low, Object: "e_service",
			Where:  "x.status NOT IN ('RETIRED', 'REJECTED') AND " + platformDiffers(func(name string) bool { return !isName(name) }),
			Title:  gap.Text{Sv: "Andra uppgifter i e-tjänsteplattformen", En: "Other values on the e-service platform"},
			Reason: gap.Text{Sv: "Plattformen har andra uppgifter om e-tjänsten. Hämta in dem, eller avgör fält för fält vad som ska gälla.", En: "The platform has other values for the e-service. Import them, or decide field by field what holds."},
			Law:    findingOwnership,
		},
		{
			Code: "OEP_UNSTABLE_KEY", Severity: gap.Low, Object: "e_service",
			Where:  "x.oep_unstable_key AND x.status NOT IN ('RETIRED', 'REJECTED')",
			Title:  gap.Text{Sv: "Kopplingen till plattformen är osäker", En: "The link to the platform is unsure"},
			Reason: gap.Text{Sv: "Plattformen gav inget fast nummer för e-tjänsten: nästa version kan komma som en ny. Uppgradera plattformen eller kontrollera efter varje import.", En: "The platform gave no lasting number for the e-service: its next version may arrive as a new one. Upgrade the platform or check after each import."},
			Law:    findingOwnership,
		},
	}
}
