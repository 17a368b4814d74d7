package scale

import (
	"fmt"
	"strings"
)

// rounds is how many years the records of collaboration, strategy and decisions are made
// in. A year is a day longer than any, so that no two rounds fall in the same one.
const rounds = 6

// made gives the days before the end that a round's records are made on, and followedUp
// those that what has been made by then is changed on.
func made(round int) float64       { return 2140 - 366*float64(round-1) }
func followedUp(round int) float64 { return made(round) - 180 }

// othersAtOne is how many of these records scale 1 has, by the name of the argument that has it. Of each
// there is at least one for every municipality; of goals enough for three levels.
var othersAtOne = map[string]float64{
	"cases": 3000, "decisions": 4000, "documents": 400, "goals": 2000, "agreements": 400, "projects": 5000, "initiatives": 4000, "audits": 80,
}

// each gives SQL for the records of a kind that are made in @round, of which there are
// @count in all: its number n, its municipality's place, its number j among the
// municipality's from 0, and the bytes h that decide what is left to chance. The later
// its number, the later the round.
func each(kind, count string) string {
	return fmt.Sprintf(`(SELECT n, 1 + (n - 1) %% 13 AS place, (n - 1) / 13 AS j, decode(md5('%s ' || n), 'hex') AS h
		FROM generate_series(1, @%[2]s::int) n WHERE 1 + (n - 1) / 13 * %[3]d / ((@%[2]s::int + 12) / 13) = @round::int)`, kind, count, rounds)
}

// recent gives SQL for the number of a record of the municipality at place that has been
// made in @round at the latest, one of the latest year's, which the number hash decides.
func recent(count, place, hash string) string {
	return fmt.Sprintf("(%[2]s + 13 * greatest(least((@round::int * ((@%[1]s::int + 12) / 13) + %[4]d) / %[5]d, @%[1]s::int / 13) - 1 - (%[3]s) %% (1 + @%[1]s::int / 13 / %[5]d), 0))",
		count, place, hash, rounds-1, rounds)
}

// b gives SQL for a number from 0 to 255, the byte of h.
func b(i int) string { return fmt.Sprintf("get_byte(h, %d)", i) }

// wide gives SQL for a number from 0 to 65535, two bytes of h.
func wide(i int) string { return fmt.Sprintf("(get_byte(h, %d) * 256 + get_byte(h, %d))", i, i+1) }

// idOf gives SQL for the id of a kind's record with a number.
func idOf(kind, n string) string { return id(n, "'"+kind+" ' || "+n) }

// one gives SQL for one of the texts, which a number decides.
func one(hash string, texts ...string) string {
	return fmt.Sprintf("(ARRAY['%s'])[1 + (%s) %% %d]", strings.Join(texts, "', '"), hash, len(texts))
}

// subject gives SQL for what a record is about and where, which a number from 0 to 255
// decides.
func subject(hash string) string {
	return "(" + one(hash, "digitalt först", "drift av e-tjänsteplattformen", "tillgänglighet i e-tjänster", "e-arkiv", "digital signering", "mina sidor", "öppna data", "informationssäkerhet",
		"självservice för företag", "digital delaktighet", "lättläst information", "bygglov på nätet", "skolans e-tjänster", "välfärdsteknik", "digital post", "ärendehantering",
		"gemensamma grunddata", "automatiserad handläggning", "återanvändning av e-tjänster", "kontaktcenter", "digital kompetens", "klarspråk", "inloggning med e-legitimation", "nyttorealisering") +
		" || " + one("("+hash+") / 24", "", " i skolan", " i hemtjänsten", " för företag", " för föreningar", " i socialtjänsten", " för fastighetsägare", " på landsbygden", " för unga", " i hela länet") + ")"
}

const (
	foundSource = "Kommunens diarium"
	foundReason = "Fanns när katalogen lades upp"
	// holds is the condition on the decision d that it has been taken and holds.
	holds = `decision_state(today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to) IN ('DECIDED', 'BINDING')`
)

// found gives SQL for the two columns that say where a record was found, when it was.
func found(condition string) string {
	return fmt.Sprintf("CASE WHEN %s THEN '%s' END, CASE WHEN %[1]s THEN '%[3]s' END", condition, foundSource, foundReason)
}

// seen gives SQL for a visibility, which a number from 0 to 255 decides; most is the
// usual one.
func seen(hash, most string) string {
	return fmt.Sprintf("CASE WHEN %s < 12 THEN 'MUNICIPALITY' WHEN %[1]s < 30 THEN 'COLLABORATION' WHEN %[1]s < 60 THEN 'PUBLIC' ELSE '%[2]s' END", hash, most)
}

// partners gives SQL for the municipalities, by place and k from 0, that join a record
// of the one at place, who is the first: from 2 to most others.
func partners(most int) string {
	return fmt.Sprintf("(SELECT k, 1 + (x.place - 1 + k * (1 + get_byte(x.h, 15) %% 12)) %% 13 AS partner, decode(md5(encode(x.h, 'hex') || k), 'hex') AS h FROM generate_series(0, 2 + get_byte(x.h, 14) %% %d) k) p", most-1)
}

// link gives SQL that ties records together: kind names the tie, columns are the two
// that it has, and rows gives place, number (of its id) and the two ids a and z.
func link(kind, columns, rows string) string {
	return `INSERT INTO record_link (id, municipality_id, ` + columns + `)
		SELECT ` + id("number", "'link "+kind+" ' || number") + `, ` + idOfMunicipality("place") + `, a, z FROM (` + rows + `) t ORDER BY number`
}

// authorise gives SQL that ties records to decisions of their municipality that
// authorise them.
func authorise(column, rows string) string {
	return `INSERT INTO record_link (id, municipality_id, decision_id, purpose, ` + column + `)
		SELECT ` + id("number", "'authorises "+column+" ' || number") + `, ` + idOfMunicipality("place") + `, ` + idOf("decision", "decision") + `, 'AUTHORISES', z FROM (` + rows + `) t ORDER BY number`
}

// strategyGenerators make the records of collaboration, strategy and decisions, a round
// each year, and change some of them between the rounds.
func strategyGenerators() []generator {
	var all []generator
	for round := 1; round <= rounds; round++ {
		add := func(name string, days float64, comment string, sql ...string) {
			all = append(all, generator{name: name, from: days, round: round, comment: comment, analyse: round == 1 || (round == 2 || round == 4) && name == "granskningar", sql: sql})
		}
		add("ärenden och beslut", made(round), "Årets ärenden och beslut ur diariet", cases, decisions)
		add("styrdokument och mål", made(round)-1, "Styrdokument, mål och indikatorer ur antagna strategier", documents("strategy", "strategies"), documents("document", "documents"), documentLinks, goals, goalLinks, indicators)
		add("samverkansavtal", made(round)-2, "Samverkansavtal med parter", agreements, agreementParties, partyLinks)
		add("delade projekt", made(round)-3, "Delade projekt med värd och deltagare", projects, participations, participationLinks, projectLinks, projectGoals, projectServices)
		add("insatser", made(round)-4, "Insatser i färdplanen med milstolpar, beroenden och nyttor", initiatives, milestones, dependencies, benefits, initiativeGoals, initiativeLinks)
		add("granskningar", made(round)-5, "Revisorernas granskningar med iakttagelser och frågor", audits, findings, answers, questions, answerLinks, findingGoals)
		if round > rounds/2 {
			// The e-services have been entered by now; those before them catch up.
			add("insatsernas e-tjänster", made(round)-6, "Vilka e-tjänster insatserna gäller", initiativeServices)
		}
		add("mätvärden", followedUp(round), "Årets mätvärden", values, corrected)
		add("uppföljning av beslut och avtal", followedUp(round)-1, "Beslut ersatta, avtal uppsagda och följda upp", superseded, noticed, followUps, revised)
		add("uppföljning av projekt", followedUp(round)-2, "Läget i projekten efter styrgruppens möte", participationSteps(round), projectSteps(round))
		add("uppföljning av mål", followedUp(round)-3, "Målen följda upp i bokslutet", goalSteps(round))
		add("uppföljning av insatser", followedUp(round)-4, "Färdplanen följd upp", initiativeSteps(round), reached(round), realised(round), answered(round), sent(round))
		add("lägesrapporter", followedUp(round)-5, "Årets lägesrapporter", reports(round))
	}
	return append(all,
		generator{name: "erbjudanden", from: 1130, comment: "Gemensamma e-tjänster erbjuds andra kommuner", sql: []string{offers, offerAnswers, adoptionSteps}},
		generator{name: "undantag", from: 120, comment: "Brister som får vara en tid enligt beslut", sql: []string{waivers}},
		generator{name: "utkast till färdplan", from: 0.4, comment: "Mål och insatser inför nästa färdplan", sql: []string{drafts("goal"), drafts("initiative")}})
}

// drafts prepares other titles for some records of a table.
func drafts(table string) string {
	return `INSERT INTO record_draft (id, municipality_id, object_kind, object_id, state, changes, base)
		SELECT ` + id("row_number() OVER (ORDER BY x.id)", "'draft "+table+" ' || x.id") + `, x.municipality_id, '` + table + `', x.id, 'OPEN',
		       jsonb_build_object('title_sv', x.title_sv || ' – nytt förslag'), jsonb_build_object('title_sv', x.title_sv)
		  FROM ` + table + ` x WHERE x.archived_at IS NULL AND ` + chance(6) + ` % 20 = 7 ORDER BY x.id`
}

var (
	cases = `
	INSERT INTO diary_case (id, municipality_id, title_sv, diary_number, diary_code, diary_year, diary_serial, url, visibility)
	SELECT ` + idOf("diary_case", "n") + `, ` + idOfMunicipality("place") + `, ` + one(b(0), "Ärende om ", "Införande av ", "Utredning av ", "Motion om ", "Samverkan om ", "Upphandling för ", "Uppföljning av ", "Remiss om ") + ` || ` + subject(b(1)) + `,
	       CASE WHEN unread THEN 'Äldre akt ' || j + 1 WHEN place % 3 = 0 THEN code || '-' || year || '/' || lpad(serial::text, 4, '0') WHEN place % 3 = 1 THEN code || ' ' || year || '/' || serial ELSE year || '/' || serial || '-' || code END,
	       CASE WHEN NOT unread THEN code END, CASE WHEN NOT unread THEN year END, CASE WHEN NOT unread THEN serial END,
	       CASE WHEN ` + b(4) + ` < 100 THEN 'https://diarium' || place || '.example/arende/' || n END, ` + seen(b(5), "PUBLIC") + `
	  FROM (SELECT x.*, ` + b(6) + ` < 8 AS unread, ` + one(b(2), "KS", "KF", "BN", "SPN", "SN", "KFN") + ` AS code, extract(year FROM today() - ` + b(3) + `)::int AS year, 100 + j AS serial FROM ` + each("diary_case", "cases") + ` x) x ORDER BY n`

	// Of a sixteenth the meeting is still to come; some have not been announced, been
	// appealed, or hold for a time only.
	decisions = `
	INSERT INTO decision (id, municipality_id, case_id, body_unit_id, title_sv, title_en, diary_number, type, text_sv, proposed_on, meeting_date, paragraph, rejected, adjusted_on, announced_on,
	       legally_binding_on, appealed_on, appeal_settled_on, overturned_on, valid_from, valid_to, delegation_ref, reported_on, minutes_url, visibility)
	SELECT ` + idOf("decision", "n") + `, ` + idOfMunicipality("place") + `, CASE WHEN ` + b(1) + ` >= 20 THEN ` + idOf("diary_case", recent("cases", "place", "j")) + ` END, ` + idOfUnit("place", "body") + `,
	       'Beslut om ' || ` + subject(b(2)) + `, CASE WHEN ` + b(3) + ` < 60 THEN 'Decision ' || n END, CASE WHEN ` + b(1) + ` < 10 THEN 'Dnr ' || n END, type,
	       CASE WHEN ` + b(3) + ` < 200 THEN 'Ärendet gäller ' || ` + subject(b(2)) + ` || '. Förslaget antas, och ' || ` + one(b(4), "nämnderna ska redovisa läget årligen", "kostnaden ryms inom ram", "genomförandet sker i samverkan", "uppdraget ges till förvaltningen") + ` || '.' END,
	       CASE WHEN ` + b(5) + ` >= 6 THEN coalesce(met, today()) - 40 END, met, CASE WHEN ` + b(4) + ` >= 20 AND met IS NOT NULL THEN (1 + j % 9999)::text END, coalesce(rejected, false),
	       met + 7, CASE WHEN told THEN met + 8 END,
	       CASE WHEN told AND NOT appealed AND NOT rejected AND type <> 'EXECUTION' THEN met + 30 END,
	       CASE WHEN appealed THEN met + 20 END, CASE WHEN appealed AND ` + b(6) + ` < 160 THEN met + 220 END, CASE WHEN appealed AND ` + b(6) + ` < 50 THEN met + 220 END,
	       met, CASE WHEN ` + b(7) + ` < 60 THEN met + 400 + ` + b(8) + ` * 6 END,
	       CASE WHEN type = 'DELEGATION' THEN 'Delegationsordningen ' || 1 + ` + b(9) + ` % 9 || '.' || 1 + ` + b(10) + ` % 20 END, CASE WHEN type = 'DELEGATION' AND ` + b(11) + ` < 200 THEN met + 21 END,
	       CASE WHEN ` + b(12) + ` < 180 THEN 'https://protokoll' || place || '.example/' || n END, ` + seen(b(13), "PUBLIC") + `
	  FROM (SELECT x.*, CASE WHEN ` + b(5) + ` >= 16 THEN today() - ` + wide(10) + ` % 200 END AS met, ` + b(5) + ` >= 16 AND ` + b(14) + ` < 10 AS rejected, ` + b(5) + ` >= 16 AND ` + b(15) + ` < 12 AS appealed, ` + b(14) + ` < 225 AS told,
	               ` + one(b(0), "COUNCIL", "COUNCIL", "BOARD", "BOARD", "BOARD", "COMMITTEE", "DELEGATION", "PRINCIPLE", "DIRECTION", "EXECUTION") + ` AS type,
	               CASE ` + b(0) + ` % 10 WHEN 0 THEN 1 WHEN 1 THEN 1 WHEN 5 THEN 4 + ` + b(9) + ` % 4 WHEN 7 THEN 1 ELSE 2 END AS body
	          FROM ` + each("decision", "decisions") + ` x) x ORDER BY n`
)

// documents gives SQL for the governing documents: the strategies that goals stand in,
// or those of other kinds.
func documents(kind, count string) string {
	kinds, title := "'STRATEGY'", "'Strategi för ' || "+subject(b(1))
	if kind != "strategy" {
		kinds = one(b(0), "PLAN", "POLICY", "PROGRAMME", "GUIDELINE", "RULE", "ROUTINE", "PROCESS_DESCRIPTION")
		title = one(b(0), "Plan", "Policy", "Program", "Riktlinje", "Regler", "Rutin", "Processbeskrivning") + " || ' för ' || " + subject(b(1))
	}
	return `
	INSERT INTO governing_document (id, municipality_id, title_sv, kind, edition, diary_number, case_id, decided_by_id, decided_on, owner_unit_id, owner_function, valid_from, valid_to, review_months, review_due, supersedes_id,
	       url, summary_sv, status, found_source, found_reason, visibility)
	SELECT ` + idOf(kind, "n") + `, ` + idOfMunicipality("place") + `, ` + title + ` || ' ' || extract(year FROM day)::int || '–' || extract(year FROM day)::int + 4, ` + kinds + `, CASE WHEN ` + b(2) + ` < 128 THEN '1.' || ` + b(2) + ` % 10 END,
	       CASE WHEN ` + b(3) + ` < 200 THEN 'KS ' || extract(year FROM day)::int || '/' || 100 + j END, CASE WHEN ` + b(3) + ` < 180 THEN ` + idOf("diary_case", recent("cases", "place", b(3))) + ` END,
	       CASE WHEN decided THEN ` + idOfUnit("place", "(1 + "+b(4)+" % 2)") + ` END, CASE WHEN decided THEN day END, CASE WHEN ` + b(5) + ` < 220 THEN ` + idOfUnit("place", "(8 + "+b(5)+" % 5)") + ` END,
	       CASE WHEN ` + b(6) + ` < 200 THEN 'digitaliseringschef' END, CASE WHEN decided THEN day END, CASE WHEN decided AND ` + b(7) + ` < 200 THEN day + 1460 - ` + b(8) + ` * 3 END,
	       CASE WHEN ` + b(9) + ` < 200 THEN 24 END, CASE WHEN decided AND ` + b(9) + ` < 180 THEN day + 730 END, CASE WHEN j > 0 AND ` + b(10) + ` < 60 THEN ` + idOf(kind, "(n - 13)") + ` END,
	       CASE WHEN ` + b(11) + ` < 180 THEN 'https://styrdokument' || place || '.example/' || n END, CASE WHEN ` + b(12) + ` < 200 THEN 'Anger vad kommunen vill uppnå och vem som ansvarar.' END,
	       status, ` + found("decided") + `, ` + seen(b(13), "PUBLIC") + `
	  FROM (SELECT x.*, status NOT IN ('DRAFT', 'IN_REVIEW') AS decided, today() - ` + b(14) + ` AS day
	          FROM (SELECT x.*, CASE WHEN ` + b(15) + ` < 12 THEN 'DRAFT' WHEN ` + b(15) + ` < 26 THEN 'IN_REVIEW' WHEN ` + b(15) + ` < 40 THEN 'REVOKED' ELSE 'ADOPTED' END AS status FROM ` + each(kind, count) + ` x) x) x ORDER BY n`
}

// goalsOf gives SQL for the goals of the round's strategies, thirteen for each: q is a
// goal's place in its strategy, and up its parent's. The first is the direction; under it
// stand three goals, and under each of these three.
func goalsOf() string {
	return `(SELECT n, place, j, decode(md5('goal ' || n), 'hex') AS h, strategy, q, CASE WHEN q = 0 THEN 'DIRECTION' WHEN q % 4 = 1 THEN 'GOAL' ELSE 'SUBGOAL' END AS level, CASE WHEN q % 4 = 1 THEN 0 ELSE q - (q - 1) % 4 END AS up
		FROM (SELECT place + 13 * (13 * j + q) AS n, place, j, n AS strategy, q FROM ` + each("strategy", "strategies") + ` s, generate_series(0, 12) q) g WHERE n <= @goals::int)`
}

var (
	goals = `
	INSERT INTO goal (id, municipality_id, strategy_id, parent_goal_id, owner_unit_id, code, title_sv, description_sv, level, responsible_function, horizon, period_from, period_to, status, progress, health, found_source, found_reason, visibility)
	SELECT ` + idOf("goal", "n") + `, ` + idOfMunicipality("place") + `, ` + idOf("strategy", "strategy") + `, CASE WHEN q > 0 THEN ` + idOf("goal", "(place + 13 * (13 * j + up))") + ` END,
	       CASE WHEN ` + b(1) + ` < 230 THEN ` + idOfUnit("place", "(8 + "+b(1)+" % 11)") + ` END, CASE level WHEN 'DIRECTION' THEN 'I' WHEN 'GOAL' THEN 'M' ELSE 'D' END || 1 + q,
	       ` + one(b(2), "Enklare vardag genom ", "Fler använder ", "Bättre kvalitet i ", "Kortare väntan med ", "Samma nivå i hela kommunen för ", "Lägre kostnad för ") + ` || ` + subject(b(3)) + `,
	       CASE WHEN ` + b(4) + ` < 120 THEN 'Målet nås när de flesta klarar sitt ärende själva, och de andra får hjälp.' END, level, CASE WHEN ` + b(5) + ` < 210 THEN 'verksamhetschef' END,
	       CASE WHEN level = 'SUBGOAL' THEN 'SHORT' ELSE 'LONG' END, begins, (begins + make_interval(years => CASE level WHEN 'DIRECTION' THEN 4 WHEN 'GOAL' THEN 3 ELSE 1 + ` + b(6) + ` % 3 END))::date - 1,
	       status, CASE WHEN status IN ('ONGOING', 'PARTLY') THEN ` + b(7) + ` % 100 WHEN status = 'ACHIEVED' THEN 100 END, ` + one(b(8), "GREEN", "GREEN", "AMBER", "RED", "UNKNOWN") + `, ` + found("status <> 'PROPOSED'") + `, ` + seen(b(9), "PUBLIC") + `
	  FROM (SELECT x.*, date_trunc('year', today()::timestamp)::date AS begins, CASE WHEN ` + b(10) + ` < 90 THEN 'PROPOSED' WHEN ` + b(10) + ` < 130 THEN 'ADOPTED' WHEN ` + b(10) + ` < 245 THEN 'ONGOING' ELSE 'NOT_ACHIEVED' END AS status FROM ` + goalsOf() + ` x) x ORDER BY n`

	goalLinks = authorise("goal_id", `SELECT n AS number, place, `+recent("decisions", "place", wide(11))+` AS decision, `+idOf("goal", "n")+` AS z FROM `+goalsOf()+` x WHERE `+b(13)+` < 215`)

	documentLinks = authorise("governing_document_id", `SELECT n AS number, place, `+recent("decisions", "place", wide(11))+` AS decision, `+idOf("strategy", "n")+` AS z FROM `+each("strategy", "strategies")+` x WHERE `+b(14)+` < 220`)

	indicators = `
	INSERT INTO indicator (id, municipality_id, goal_id, name_sv, unit_of_measure, direction, baseline, baseline_on, target, target_on, band_low, band_high, frequency, source, kolada_kpi, responsible_function)
	SELECT ` + idOf("indicator", "(n * 2 + k)") + `, ` + idOfMunicipality("place") + `, ` + idOf("goal", "n") + `, ` + one(b(1)+" + k", "Andel digitala ärenden", "Väntetid", "Nöjda användare", "Avbrutna ärenden", "Ärenden per invånare") + ` || ' – ' || ` + subject(b(3)) + `,
	       ` + one(b(1)+" + k", "%", "dagar", "NKI", "%", "antal") + `, direction, CASE WHEN ` + b(4) + ` < 220 THEN 10 + ` + b(4) + ` % 60 END, CASE WHEN ` + b(4) + ` < 220 THEN today() - 90 END,
	       CASE WHEN ` + b(5) + ` < 220 THEN CASE direction WHEN 'DOWN' THEN 5 + ` + b(4) + ` % 20 ELSE 50 + ` + b(4) + ` % 50 END END, CASE WHEN ` + b(5) + ` < 220 THEN today() + 365 * (1 + ` + b(5) + ` % 4) END,
	       CASE direction WHEN 'BAND' THEN 20 END, CASE direction WHEN 'BAND' THEN 60 END, ` + one(b(6), "YEARLY", "YEARLY", "QUARTERLY", "HALF_YEARLY", "YEARLY", "MONTHLY", "YEARLY", "QUARTERLY") + `,
	       source, CASE source WHEN 'KOLADA' THEN 'N' || lpad((` + wide(7) + ` % 100000)::text, 5, '0') END, CASE WHEN ` + b(9) + ` < 200 THEN 'controller' END
	  FROM (SELECT x.*, k, ` + one(b(10)+" + k", "UP", "UP", "DOWN", "UP", "BAND") + ` AS direction, ` + one(b(2)+" + k", "MANUAL", "MANUAL", "OEP", "KOLADA", "DERIVED") + ` AS source
	          FROM ` + goalsOf() + ` x, generate_series(0, 1) k WHERE q > 0 AND ` + b(11) + ` < CASE k WHEN 0 THEN 215 ELSE 70 END) x ORDER BY n, k`

	// What the year before has come to, for each of its periods; a few have been forgotten.
	values = `
	INSERT INTO indicator_value (id, municipality_id, indicator_id, period, revision, value)
	SELECT ` + id("@round::int * 12 + k", "'indicator_value ' || @round::int || ' ' || k || ' ' || x.id") + `, x.municipality_id, x.id,
	       (date_trunc('year', today()::timestamp) - interval '1 year' + make_interval(months => k * months))::date, 1,
	       20 + ` + chance(1) + ` % 40 + CASE x.direction WHEN 'DOWN' THEN -2 ELSE 5 END * @round::int + (` + chance(2) + ` + k * 7) % 9
	  FROM (SELECT x.*, CASE x.frequency WHEN 'YEARLY' THEN 12 WHEN 'HALF_YEARLY' THEN 6 WHEN 'QUARTERLY' THEN 3 ELSE 1 END AS months FROM indicator x) x, generate_series(0, 12 / months - 1) k
	 WHERE (` + chance(3) + ` + @round::int * 37) % 256 < 230 AND x.archived_at IS NULL ORDER BY x.id, k`

	corrected = `
	INSERT INTO indicator_value (id, municipality_id, indicator_id, period, revision, value, comment)
	SELECT ` + id("@round::int", "'corrected ' || x.id") + `, x.municipality_id, x.indicator_id, x.period, 2, x.value + 1, 'Rättat: några ärenden hade räknats två gånger'
	  FROM indicator_value x WHERE x.revision = 1 AND x.period = (date_trunc('year', today()::timestamp) - interval '1 year')::date AND ` + chance(5) + ` < 12 ORDER BY x.id`

	agreements = `
	INSERT INTO agreement (id, municipality_id, collaboration_id, title_sv, legal_form, purpose_sv, tasks_sv, cost_model_sv, signed_on, valid_from, valid_to, notice_months, renew_months, follow_up_months, url, found_source, found_reason, visibility)
	SELECT ` + idOf("agreement", "n") + `, ` + idOfMunicipality("place") + `, CASE WHEN place <= 7 AND ` + b(0) + ` < 200 THEN ` + id("1", "'collaboration'") + ` END, 'Avtal om samverkan kring ' || ` + subject(b(1)) + `,
	       ` + one(b(2), "CONTRACT_KL_9_37", "CONTRACT_KL_9_37", "SIMPLE_COOPERATION", "JOINT_COMMITTEE", "DATA_PROCESSING", "MUNICIPAL_FEDERATION", "UNCLEAR") + `, 'Att lösa uppgiften tillsammans till lägre kostnad.',
	       CASE WHEN ` + b(3) + ` < 200 THEN 'Värden förvaltar; parterna anmäler sina behov.' END, CASE WHEN ` + b(4) + ` < 190 THEN 'Kostnaden delas efter invånarantal.' END,
	       signed, signed + 14, CASE WHEN ` + b(5) + ` < 200 THEN signed + 365 * (2 + ` + b(5) + ` % 7) END, CASE WHEN ` + b(6) + ` < 200 THEN 6 END, CASE WHEN signed IS NOT NULL AND ` + b(5) + ` < 200 AND ` + b(7) + ` < 90 THEN 12 END,
	       CASE WHEN ` + b(8) + ` < 200 THEN 12 END, CASE WHEN ` + b(9) + ` < 128 THEN 'https://avtal' || place || '.example/' || n END, ` + found("signed IS NOT NULL AND "+b(10)+" < 100") + `, ` + seen(b(11), "COLLABORATION") + `
	  FROM (SELECT x.*, CASE WHEN ` + b(12) + ` < 230 THEN today() - ` + b(13) + ` END AS signed FROM ` + each("agreement", "agreements") + ` x) x ORDER BY n`

	agreementParties = `
	INSERT INTO agreement_party (id, municipality_id, agreement_id, signed_by, signed_on, diary_number, case_id)
	SELECT ` + idOf("agreement_party", "(x.n * 8 + k)") + `, ` + idOfMunicipality("partner") + `, ` + idOf("agreement", "x.n") + `, CASE WHEN get_byte(p.h, 0) < 200 THEN 'kommundirektör' END, CASE WHEN get_byte(p.h, 0) < 220 AND get_byte(x.h, 12) < 230 THEN today() - get_byte(x.h, 13) END,
	       CASE WHEN get_byte(p.h, 1) < 200 THEN 'KS ' || extract(year FROM today())::int || '/' || x.n END, CASE WHEN get_byte(p.h, 2) < 170 THEN ` + idOf("diary_case", recent("cases", "partner", "get_byte(p.h, 3)")) + ` END
	  FROM ` + each("agreement", "agreements") + ` x, LATERAL ` + partners(5) + ` ORDER BY x.n, k`

	partyLinks = authorise("agreement_party_id", `SELECT x.n * 8 + k AS number, partner AS place, `+recent("decisions", "partner", "get_byte(p.h, 5)")+` AS decision, `+idOf("agreement_party", "(x.n * 8 + k)")+` AS z
		FROM `+each("agreement", "agreements")+` x, LATERAL `+partners(5)+` WHERE get_byte(p.h, 4) < 215`)

	followUps = `
	INSERT INTO agreement_follow_up (id, municipality_id, agreement_id, kind, held_on, year, text_sv)
	SELECT ` + id("@round::int", "'agreement_follow_up ' || @round::int || ' ' || x.id") + `, x.municipality_id, x.id, CASE WHEN x.legal_form = 'CONTRACT_KL_9_37' THEN 'REPORT_KL_9_38' ELSE 'FOLLOW_UP' END, today(), extract(year FROM today())::int, 'Samverkan fungerar; kostnaden är som väntat.'
	  FROM agreement x WHERE agreement_state(today(), x.signed_on, x.valid_from, x.valid_to, x.renew_months, x.notice_given_on, x.terminated_on, x.notice_months) = 'IN_FORCE' AND (` + chance(2) + ` + @round::int * 41) % 256 < 170 ORDER BY x.id`

	noticed = `
	UPDATE agreement x SET notice_given_on = today(), terminated_on = CASE WHEN ` + chance(3) + ` < 128 THEN today() + 180 END
	 WHERE x.valid_from < today() AND x.notice_given_on IS NULL AND (` + chance(4) + ` + @round::int * 43) % 256 < 12`

	superseded = `
	UPDATE decision x SET superseded_by_id = d.id, superseded_on = d.meeting_date
	  FROM (SELECT d.*, lag(d.id) OVER w AS earlier FROM decision d WHERE d.meeting_date IS NOT NULL WINDOW w AS (PARTITION BY d.body_unit_id ORDER BY d.meeting_date, d.id)) d
	 WHERE x.id = d.earlier AND x.superseded_on IS NULL AND d.meeting_date > today() - 400 AND NOT d.rejected AND (` + chance(5) + ` + @round::int * 29) % 256 < 14`

	revised = `
	UPDATE governing_document x SET status = 'UNDER_REVISION' WHERE x.status = 'ADOPTED' AND x.review_due < today() AND (` + chance(5) + ` + @round::int * 29) % 256 < 90`

	// What already runs is registered as found.
	projects = `
	INSERT INTO shared_project (id, municipality_id, collaboration_id, agreement_id, code, name_sv, name_en, summary_sv, lead_function, sponsor_function, phase, status, health, health_comment_sv, budget, cost_key,
	       planned_start, planned_end, baseline_start, baseline_end, actual_start, actual_end, open_to_join, join_terms_sv, deliverables, lessons_sv, found_source, found_reason, visibility)
	SELECT ` + idOf("shared_project", "n") + `, ` + idOfMunicipality("place") + `, CASE WHEN place <= 7 AND ` + b(0) + ` < 220 THEN ` + id("1", "'collaboration'") + ` END, CASE WHEN ` + b(1) + ` < 110 THEN ` + idOf("agreement", recent("agreements", "place", b(1))) + ` END,
	       'projekt-' || n, ` + one(b(2), "Gemensam lösning för ", "Förstudie om ", "Breddinförande av ", "Nytt arbetssätt för ", "Utveckling av ") + ` || ` + subject(b(3)) + `, CASE WHEN ` + b(4) + ` < 60 THEN 'Shared project ' || n END,
	       CASE WHEN ` + b(4) + ` < 220 THEN 'Kommunerna gör detta en gång i stället för var för sig.' END, CASE WHEN ` + b(5) + ` < 220 THEN 'projektledare' END, CASE WHEN ` + b(5) + ` < 200 THEN 'digitaliseringschef' END,
	       phase, status, CASE WHEN status = 'ACTIVE' THEN ` + one(b(6), "GREEN", "GREEN", "AMBER", "RED") + ` ELSE 'UNKNOWN' END, CASE WHEN status = 'ACTIVE' AND ` + b(6) + ` % 4 = 3 THEN 'Leveransen är försenad.' END,
	       CASE WHEN ` + b(7) + ` < 200 THEN 50000 * (1 + ` + b(7) + `) END, CASE WHEN ` + b(8) + ` < 210 THEN ` + one(b(8), "EQUAL", "INHABITANTS", "USAGE", "AGREEMENT") + ` END,
	       CASE WHEN ` + b(9) + ` < 235 THEN begins END, CASE WHEN ` + b(9) + ` < 225 THEN begins + 200 + ` + b(10) + ` * 5 END, CASE WHEN ` + b(9) + ` < 200 THEN begins - ` + b(11) + ` % 60 END, CASE WHEN ` + b(9) + ` < 200 THEN begins + 200 + ` + b(10) + ` * 5 - ` + b(11) + ` % 90 END,
	       CASE WHEN status IN ('ACTIVE', 'ON_HOLD', 'COMPLETED') THEN least(begins + ` + b(11) + ` % 40, today()) END, CASE WHEN status = 'COMPLETED' THEN today() END, ` + b(12) + ` < 90, CASE WHEN ` + b(12) + ` < 90 THEN 'Deltagaren delar kostnaden och utser en kontakt.' END,
	       CASE WHEN ` + b(13) + ` < 150 THEN ARRAY['Kravbild', 'E-tjänst', 'Handledning'] ELSE '{}' END, CASE WHEN status = 'COMPLETED' THEN 'Börja med juridiken.' END, ` + found("phase NOT IN ('IDEA', 'PRESTUDY')") + `, ` + seen(b(13), "COLLABORATION") + `
	  FROM (SELECT x.*, CASE phase WHEN 'IDEA' THEN 'NOT_STARTED' WHEN 'CLOSED' THEN 'COMPLETED' ELSE CASE WHEN ` + b(15) + ` % 16 = 0 THEN 'ON_HOLD' WHEN ` + b(15) + ` % 32 = 1 THEN 'CANCELLED' ELSE 'ACTIVE' END END AS status,
	               today() + CASE phase WHEN 'IDEA' THEN ` + b(9) + ` ELSE -` + b(9) + ` END AS begins
	          FROM (SELECT x.*, CASE WHEN ` + b(15) + ` < 75 THEN 'IDEA' WHEN ` + b(15) + ` < 130 THEN 'PRESTUDY' WHEN ` + b(15) + ` < 160 THEN 'PLANNING' WHEN ` + b(15) + ` < 195 THEN 'DEVELOPMENT' WHEN ` + b(15) + ` < 215 THEN 'ROLLOUT' WHEN ` + b(15) + ` < 240 THEN 'OPERATION' ELSE 'CLOSED' END AS phase
	                  FROM ` + each("shared_project", "projects") + ` x) x) x ORDER BY n`

	// partsOf are the participations of the round's projects, each with its state. The
	// shares of cost add up to a hundred where no one has left.
	partsOf = `(SELECT x.n * 8 + k AS number, x.n, k, partner, p.h, get_byte(x.h, 15) AS stage, get_byte(x.h, 13) < 60 AS shares, count(*) OVER (PARTITION BY x.n) AS parts,
		CASE WHEN k = 0 THEN CASE WHEN get_byte(p.h, 0) < 40 THEN 'DECISION_PENDING' WHEN get_byte(x.h, 15) < 75 THEN 'CONFIRMED' WHEN get_byte(x.h, 15) >= 240 THEN 'COMPLETED' ELSE 'ACTIVE' END
		ELSE (ARRAY['INVITED', 'INTERESTED', 'DECISION_PENDING', 'DECISION_PENDING', 'CONFIRMED', 'CONFIRMED', 'CONFIRMED', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'COMPLETED', 'WITHDRAWN', 'DECLINED'])[1 + get_byte(p.h, 0) % 14] END AS state
		FROM ` + each("shared_project", "projects") + ` x, LATERAL ` + partners(6) + `)`

	participations = `
	INSERT INTO participation (id, municipality_id, shared_project_id, role, state, reason, cost_share_percent, contact_function, local_launch, proposed_by_id, confirmed_on, found_source, found_reason)
	SELECT ` + idOf("participation", "number") + `, ` + idOfMunicipality("partner") + `, ` + idOf("shared_project", "n") + `, CASE WHEN k = 0 THEN 'HOST' ELSE ` + one(b(1), "FULL_MEMBER", "FULL_MEMBER", "PILOT", "ADOPTER", "OBSERVER") + ` END, state,
	       CASE WHEN state IN ('WITHDRAWN', 'DECLINED') THEN ` + one(b(2), "Ryms inte i budgeten", "Har en egen lösning", "Behovet finns inte längre") + ` END, CASE WHEN shares THEN CASE WHEN k = 0 THEN 100 - (parts - 1) * (100 / parts) ELSE 100 / parts END END,
	       CASE WHEN ` + b(3) + ` < 210 THEN 'utvecklingsledare' END, CASE WHEN state IN ('CONFIRMED', 'ACTIVE') AND ` + b(4) + ` < 180 THEN today() + ` + b(5) + ` * 3 END, CASE WHEN state = 'INVITED' AND k > 0 THEN ` + idOfMunicipality("(1 + (n - 1) % 13)") + ` END,
	       CASE WHEN state IN ('CONFIRMED', 'ACTIVE', 'COMPLETED') THEN today() - ` + b(6) + ` END, ` + found("state NOT IN ('INVITED', 'INTERESTED', 'DECISION_PENDING')") + `
	  FROM ` + partsOf + ` x ORDER BY number`

	// Those that wait for their decision have it at hand too, but for some.
	participationLinks = authorise("participation_id", `SELECT number, partner AS place, `+recent("decisions", "partner", wide(7))+` AS decision, `+idOf("participation", "number")+` AS z
		FROM `+partsOf+` x WHERE state IN ('DECISION_PENDING', 'CONFIRMED', 'ACTIVE', 'COMPLETED') AND `+b(9)+` < 215`)

	projectLinks = authorise("shared_project_id", `SELECT n AS number, place, `+recent("decisions", "place", b(7))+` AS decision, `+idOf("shared_project", "n")+` AS z FROM `+each("shared_project", "projects")+` x WHERE `+b(10)+` < 130`)

	projectGoals = link("goal-project", "goal_id, shared_project_id", `SELECT n AS number, place, `+idOf("goal", goalNear)+` AS a, `+idOf("shared_project", "n")+` AS z FROM `+each("shared_project", "projects")+` x WHERE `+b(8)+` < 200`)

	projectServices = link("project-service", "shared_project_id, shared_service_id", `SELECT n AS number, place, `+idOf("shared_project", "n")+` AS a, `+idOfShared("("+wide(4)+" % @shared::int)")+` AS z FROM `+each("shared_project", "projects")+` x WHERE `+b(6)+` < 140`)

	initiatives = `
	INSERT INTO initiative (id, municipality_id, title_sv, description_sv, kind, lane, owner_unit_id, responsible_function, planned_start, planned_end, baseline_start, baseline_end, actual_start, actual_end, status, blocked_reason, progress, visibility)
	SELECT ` + idOf("initiative", "n") + `, ` + idOfMunicipality("place") + `, ` + one(b(0), "Inför ", "Kartlägg ", "Upphandla ", "Utveckla ", "Besluta om ", "Se över ") + ` || ` + subject(b(1)) + `, CASE WHEN ` + b(2) + ` < 128 THEN 'Görs i tre steg: behov, prov och införande.' END,
	       ` + one(b(0), "PROJECT", "ACTIVITY", "PROCUREMENT", "PROJECT", "DECISION", "DOCUMENT") + `, CASE WHEN ` + b(3) + ` < 230 THEN ` + one(b(3), "E-tjänster", "Plattform", "Styrning", "Kompetens", "Information") + ` END,
	       CASE WHEN ` + b(4) + ` < 225 THEN ` + idOfUnit("place", "(8 + "+b(4)+" % 11)") + ` END, CASE WHEN ` + b(5) + ` < 210 THEN 'verksamhetsutvecklare' END,
	       CASE WHEN ` + b(6) + ` < 240 THEN begins END, CASE WHEN ` + b(6) + ` < 230 THEN ends END, CASE WHEN ` + b(6) + ` < 210 THEN begins - ` + b(7) + ` % 30 END, CASE WHEN ` + b(6) + ` < 210 THEN ends - ` + b(7) + ` % 120 END,
	       CASE WHEN status IN ('ONGOING', 'BLOCKED', 'DONE') THEN least(begins + ` + b(8) + ` % 20, today()) END, CASE WHEN status = 'DONE' THEN today() END, status, CASE WHEN status = 'BLOCKED' THEN 'Väntar på beslut om finansiering' END,
	       CASE WHEN status IN ('ONGOING', 'BLOCKED') THEN ` + b(9) + ` % 100 WHEN status = 'DONE' THEN 100 END, ` + seen(b(10), "PUBLIC") + `
	  FROM (SELECT x.*, begins + 130 + ` + b(12) + ` * 4 AS ends FROM (SELECT x.*, status, today() + CASE status WHEN 'PLANNED' THEN 1 ELSE -1 END * ` + b(11) + ` AS begins
	          FROM ` + each("initiative", "initiatives") + ` x, LATERAL (SELECT CASE WHEN ` + b(13) + ` < 120 THEN 'PLANNED' WHEN ` + b(13) + ` < 215 THEN 'ONGOING' WHEN ` + b(13) + ` < 232 THEN 'BLOCKED' WHEN ` + b(13) + ` < 248 THEN 'DONE' ELSE 'CANCELLED' END AS status) s) x) x ORDER BY n`

	// Three for each initiative, and one for each project and each goal of the middle level.
	milestones = `
	INSERT INTO milestone (id, municipality_id, initiative_id, shared_project_id, goal_id, title_sv, kind, planned_on, baseline_on, reached_on)
	SELECT ` + idOf("milestone", "(n * 8 + k)") + `, ` + idOfMunicipality("place") + `, CASE WHEN k < 3 THEN ` + idOf("initiative", "n") + ` END, CASE k WHEN 3 THEN ` + idOf("shared_project", "n") + ` END, CASE k WHEN 4 THEN ` + idOf("goal", "n") + ` END,
	       (ARRAY['Beslut om genomförande', 'Leverans', 'Start', 'Driftstart i alla kommuner', 'Delrapport till nämnden'])[k + 1], (ARRAY['DECISION', 'DELIVERY', 'LAUNCH', 'LAUNCH', 'REPORT'])[k + 1],
	       CASE WHEN ` + b(0) + ` < 240 THEN planned END, CASE WHEN ` + b(0) + ` < 200 THEN planned - ` + b(1) + ` % 60 END, CASE WHEN planned <= today() AND ` + b(2) + ` < 170 THEN planned END
	  FROM (SELECT n, place, k, decode(md5(encode(h, 'hex') || k), 'hex') AS h, today() - 120 + ` + b(14) + ` * 2 + 130 * k AS planned FROM (
	          SELECT n, place, h, k FROM ` + each("initiative", "initiatives") + ` x, generate_series(0, 2) k
	          UNION ALL SELECT n, place, h, 3 FROM ` + each("shared_project", "projects") + ` x
	          UNION ALL SELECT n, place, h, 4 FROM ` + goalsOf() + ` x WHERE level = 'GOAL') m) x ORDER BY k, n`

	// Each waits for one with a lower number, in rows of at most five, and projects for
	// initiatives but not the other way about: so nothing waits for itself.
	dependencies = `
	INSERT INTO dependency (id, municipality_id, before_initiative_id, before_project_id, after_initiative_id, after_project_id, kind, note)
	SELECT ` + idOf("dependency", "(n * 4 + k)") + `, ` + idOfMunicipality("place") + `, CASE WHEN k < 2 THEN ` + idOf("initiative", "before") + ` END, CASE WHEN k = 2 THEN ` + idOf("shared_project", "before") + ` END,
	       CASE WHEN k = 0 THEN ` + idOf("initiative", "n") + ` END, CASE WHEN k > 0 THEN ` + idOf("shared_project", "n") + ` END, ` + one(b(0), "REQUIRES", "BLOCKS") + `, CASE WHEN ` + b(1) + ` < 60 THEN 'Behöver resultatet för att kunna börja' END
	  FROM (SELECT n, place, h, 0 AS k, n - 13 AS before FROM ` + each("initiative", "initiatives") + ` x WHERE j % 5 > 0 AND ` + b(14) + ` < 110
	        UNION ALL SELECT n, place, h, 1, ` + recent("initiatives", "place", b(3)) + ` FROM ` + each("shared_project", "projects") + ` x WHERE ` + b(11) + ` < 40
	        UNION ALL SELECT n, place, h, 2, n - 13 FROM ` + each("shared_project", "projects") + ` x WHERE j % 5 > 0 AND ` + b(12) + ` < 40) x
	 WHERE k <> 1 OR before <= @initiatives::int ORDER BY k, n`

	benefits = `
	INSERT INTO benefit (id, municipality_id, initiative_id, shared_project_id, description_sv, certainty, stakeholder, measure, planned_amount, collect_by, responsible_function)
	SELECT ` + idOf("benefit", "(n * 2 + k)") + `, ` + idOfMunicipality("place") + `, CASE k WHEN 0 THEN ` + idOf("initiative", "n") + ` END, CASE k WHEN 1 THEN ` + idOf("shared_project", "n") + ` END,
	       ` + one(b(0), "Mindre tid för handläggning", "Färre frågor till kontaktcenter", "Tryggare hantering av uppgifter", "Lägre kostnad för drift") + `, ` + one(b(1), "GREEN", "YELLOW", "RED") + `, CASE WHEN ` + b(2) + ` < 200 THEN ` + one(b(2), "handläggare", "invånare", "företag") + ` END,
	       measure, CASE WHEN measure <> 'QUALITATIVE' AND ` + b(4) + ` < 220 THEN 1000 * (1 + ` + b(4) + `) END, CASE WHEN ` + b(5) + ` < 220 THEN today() + 100 + ` + b(5) + ` * 4 END, CASE WHEN ` + b(6) + ` < 200 THEN 'verksamhetschef' END
	  FROM (SELECT x.*, ` + one(b(3), "SEK", "HOURS", "QUALITATIVE") + ` AS measure FROM (
	          SELECT n, place, h, 0 AS k FROM ` + each("initiative", "initiatives") + ` x WHERE ` + b(12) + ` < 140 UNION ALL SELECT n, place, h, 1 FROM ` + each("shared_project", "projects") + ` x WHERE ` + b(12) + ` < 110) x) x ORDER BY k, n`

	initiativeGoals = link("goal-initiative", "goal_id, initiative_id", `SELECT n AS number, place, `+idOf("goal", goalNear)+` AS a, `+idOf("initiative", "n")+` AS z FROM `+each("initiative", "initiatives")+` x WHERE `+b(8)+` < 225`)

	initiativeLinks = authorise("initiative_id", `SELECT n AS number, place, `+recent("decisions", "place", b(7))+` AS decision, `+idOf("initiative", "n")+` AS z FROM `+each("initiative", "initiatives")+` x WHERE `+b(10)+` < 90`)

	// Those of this round, and those of the round three years before.
	initiativeServices = link("initiative-service", "initiative_id, e_service_id", `
		SELECT n AS number, place, `+idOf("initiative", "n")+` AS a, `+idOfService("service")+` AS z
		  FROM (SELECT n, place, place + 13 * (`+wide(5)+` % (@services::int / 13)) AS service, h FROM (`+each("initiative", "initiatives")+` UNION ALL `+strings.ReplaceAll(each("initiative", "initiatives"), "@round::int", "(@round::int - 3)")+`) x) x WHERE `+b(9)+` < 190`)

	audits = `
	INSERT INTO audit (id, municipality_id, title_sv, diary_number, case_id, year, auditor_unit_id, addressee_unit_id, published_on, follows_id, url, summary_sv, visibility)
	SELECT ` + idOf("audit", "n") + `, ` + idOfMunicipality("place") + `, 'Granskning av ' || ` + subject(b(0)) + `, 'KR-' || extract(year FROM today())::int || '/' || lpad((1 + j)::text, 4, '0'), CASE WHEN ` + b(1) + ` < 180 THEN ` + idOf("diary_case", recent("cases", "place", b(1))) + ` END,
	       extract(year FROM today())::int, ` + idOfUnit("place", "3") + `, ` + idOfUnit("place", "2") + `, today() - 10, CASE WHEN j > 0 AND ` + b(2) + ` < 128 THEN ` + idOf("audit", "(n - 13)") + ` END,
	       CASE WHEN ` + b(3) + ` < 200 THEN 'https://revision' || place || '.example/' || n END, 'Granskningen visar att styrningen behöver stärkas.', 'PUBLIC'
	  FROM ` + each("audit", "audits") + ` x ORDER BY n`

	findings = `
	INSERT INTO finding (id, municipality_id, audit_id, code, section, text_sv, verdict, severity, recurrence_of_id)
	SELECT ` + idOf("finding", "(n * 16 + k)") + `, ` + idOfMunicipality("place") + `, ` + idOf("audit", "n") + `, 'F' || lpad(k::text, 2, '0'), '4.' || k, 'Det saknas ett samlat grepp om ' || ` + subject("get_byte(h, k)") + ` || '.',
	       ` + one("get_byte(h, k)", "OK", "MOSTLY_OK", "PARTIAL", "DEFICIENT", "PROPOSAL") + `, ` + one("get_byte(h, 15 - k)", "HIGH", "MEDIUM", "LOW") + `, CASE WHEN j > 0 AND get_byte(h, 14) + k * 10 < 110 THEN ` + idOf("finding", "((n - 13) * 16 + k)") + ` END
	  FROM ` + each("audit", "audits") + ` x, generate_series(1, 8) k ORDER BY n, k`

	answers = `
	INSERT INTO formal_answer (id, municipality_id, audit_id, title_sv, due_on, text_sv, status, diary_number)
	SELECT ` + idOf("formal_answer", "(n * 2 + k)") + `, ` + idOfMunicipality("place") + `, ` + idOf("audit", "n") + `, (ARRAY['Svar på granskningen', 'Kompletterande svar'])[k + 1], today() + 90 + k * 60, CASE WHEN status <> 'NOT_STARTED' THEN 'Kommunstyrelsen delar bedömningen och redovisar här sina åtgärder.' END, status,
	       CASE WHEN ` + b(5) + ` < 150 THEN 'KS ' || extract(year FROM today())::int || '/' || n END
	  FROM ` + each("audit", "audits") + ` x, generate_series(0, 1) k, LATERAL (SELECT ` + one(b(6)+" + k", "IN_REVIEW", "DRAFT", "IN_REVIEW", "NOT_STARTED", "IN_REVIEW") + ` AS status) s ORDER BY n, k`

	questions = `
	INSERT INTO audit_question (id, municipality_id, audit_id, formal_answer_id, position, text_sv)
	SELECT ` + idOf("audit_question", "(n * 8 + k)") + `, ` + idOfMunicipality("place") + `, ` + idOf("audit", "n") + `, CASE WHEN k < 4 THEN ` + idOf("formal_answer", "(n * 2 + k % 2)") + ` END, k, 'Hur säkerställer styrelsen ' || ` + subject("get_byte(h, k)") + ` || '?'
	  FROM ` + each("audit", "audits") + ` x, generate_series(1, 4) k ORDER BY n, k`

	answerLinks = authorise("formal_answer_id", `SELECT n * 2 + k AS number, place, `+recent("decisions", "place", "get_byte(h, 7 + k)")+` AS decision, `+idOf("formal_answer", "(n * 2 + k)")+` AS z FROM `+each("audit", "audits")+` x, generate_series(0, 1) k WHERE get_byte(h, 9 + k) < 200`)

	findingGoals = link("finding-goal", "finding_id, goal_id", `SELECT n * 16 + k AS number, place, `+idOf("finding", "(n * 16 + k)")+` AS a, `+idOf("goal", strings.ReplaceAll(goalNear, wide(2), "get_byte(h, k)"))+` AS z FROM `+each("audit", "audits")+` x, generate_series(1, 8) k WHERE get_byte(h, k) < 180`)

	offers = `
	INSERT INTO service_offer (id, municipality_id, shared_service_id, terms_sv, contact_function, valid_from, valid_to, visibility)
	SELECT ` + id("row_number() OVER (ORDER BY x.id)", "'service_offer ' || x.id") + `, x.municipality_id, x.id, 'Fri att använda; den som inför står för sin egen anpassning.', CASE WHEN ` + chance(1) + ` < 200 THEN 'systemförvaltare' END, today(), CASE WHEN ` + chance(2) + ` < 90 THEN today() + 730 + ` + chance(3) + ` * 2 END, ` + seen(chance(4), "COLLABORATION") + `
	  FROM shared_service x WHERE ` + chance(5) + ` < 200 ORDER BY x.id`

	// Who has an e-service after the shared one has adopted it.
	offerAnswers = `
	INSERT INTO offer_answer (id, municipality_id, service_offer_id, answer, reason, e_service_id)
	SELECT id, municipality_id, offer, CASE WHEN e_service_id IS NOT NULL THEN 'ADOPT' ELSE answer END, CASE WHEN e_service_id IS NULL AND answer = 'DECLINE' THEN 'Har redan en egen e-tjänst' END, e_service_id
	  FROM (SELECT ` + id("m.i", "'offer_answer ' || o.id || m.i") + ` AS id, ` + idOfMunicipality("m.i") + ` AS municipality_id, o.id AS offer, get_byte(uuid_send(o.id), 9 + m.i % 6) AS lot, ` + one("get_byte(uuid_send(o.id), 9 + m.i % 6)", "INTERESTED", "JOIN", "DECLINE") + ` AS answer,
	               CASE WHEN get_byte(uuid_send(o.id), 9 + m.i % 6) % 4 = 0 THEN (SELECT e.id FROM e_service e WHERE e.shared_service_id = o.shared_service_id AND e.municipality_id = ` + idOfMunicipality("m.i") + ` ORDER BY e.id LIMIT 1) END AS e_service_id
	          FROM service_offer o, ` + place + ` WHERE ` + idOfMunicipality("m.i") + ` <> o.municipality_id) a WHERE lot < 140 ORDER BY id`

	adoptionSteps = `
	INSERT INTO adoption_step (id, municipality_id, offer_answer_id, kind, done_on)
	SELECT ` + id("k", "'adoption_step ' || x.id || k") + `, x.municipality_id, x.id, (ARRAY['DECISION', 'AGREEMENT', 'CLASSIFICATION', 'OWNER', 'LAUNCH_DATE'])[k], CASE WHEN get_byte(uuid_send(x.id), 9 + k) < 170 THEN today() - 5 END
	  FROM offer_answer x, generate_series(1, 5) k WHERE x.answer IN ('JOIN', 'ADOPT') ORDER BY x.id, k`

	// A few of what is missing in each municipality's e-services may be so for a time.
	waivers = `
	INSERT INTO waiver (id, municipality_id, decision_id, rule, object_kind, object_id, reason_sv, granted_on, expires_on)
	SELECT ` + id("g.nth", "'waiver ' || g.rule || g.object_id") + `, g.municipality_id, d.id, g.rule, g.object_kind, g.object_id, 'Rättas när plattformen byts', today(), today() + 60 + get_byte(uuid_send(g.object_id), 10) * 2
	  FROM (SELECT g.*, row_number() OVER (PARTITION BY g.municipality_id ORDER BY g.object_id, g.rule) AS nth FROM gap_episode g WHERE g.object_kind = 'e_service' AND g.closed_at IS NULL) g
	  JOIN (SELECT DISTINCT ON (d.municipality_id) d.municipality_id, d.id FROM decision d WHERE ` + holds + ` ORDER BY d.municipality_id, d.meeting_date DESC, d.id) d ON d.municipality_id = g.municipality_id
	 WHERE g.nth <= @decisions::int / 260 + 1 ORDER BY g.object_id, g.rule`
)

// goalNear gives SQL for the number of a goal of the municipality at place, in one of
// the strategies of the latest year.
var goalNear = "(SELECT least(place + 13 * (13 * ((s - 1) / 13) + " + wide(2) + " % 13), place + 13 * (@goals::int / 13 - 1)) FROM (SELECT " + recent("strategies", "place", wide(2)) + " AS s) s)"

// turn gives SQL for a number from 0 to 255 that the record x and the round decide:
// another for each round.
func turn(round int) string { return chance(1 + round%7) }

// participationSteps gives SQL for the steps that some participations take. One is
// confirmed where a decision of its municipality holds.
func participationSteps(round int) string {
	return `
	UPDATE participation x SET state = s.state, confirmed_on = CASE WHEN s.state = 'CONFIRMED' THEN today() ELSE x.confirmed_on END, reason = CASE WHEN s.state IN ('WITHDRAWN', 'DECLINED') THEN 'Kommunen har prioriterat annat' ELSE x.reason END
	  FROM (SELECT x.id, CASE x.state WHEN 'INVITED' THEN 'INTERESTED' WHEN 'INTERESTED' THEN CASE WHEN ` + chance(7) + ` < 50 THEN 'DECLINED' ELSE 'DECISION_PENDING' END
	                     WHEN 'DECISION_PENDING' THEN 'CONFIRMED' WHEN 'CONFIRMED' THEN CASE WHEN ` + chance(7) + ` < 30 THEN 'WITHDRAWN' ELSE 'ACTIVE' END WHEN 'ACTIVE' THEN 'COMPLETED' END AS state
	          FROM participation x WHERE x.state IN ('INVITED', 'INTERESTED', 'DECISION_PENDING', 'CONFIRMED', 'ACTIVE') AND ` + turn(round) + ` < CASE x.state WHEN 'ACTIVE' THEN 12 ELSE 34 END) s
	 WHERE x.id = s.id AND (s.state <> 'CONFIRMED' OR EXISTS (SELECT FROM record_link l JOIN decision d ON d.id = l.decision_id WHERE l.participation_id = x.id AND l.purpose = 'AUTHORISES' AND ` + holds + `))`
}

// projectSteps gives SQL for the projects that have come to their next phase or whose
// plan has slipped.
func projectSteps(round int) string {
	return `
	UPDATE shared_project x SET phase = s.phase, status = CASE WHEN s.phase = 'CLOSED' THEN 'COMPLETED' WHEN x.status = 'NOT_STARTED' AND s.phase <> 'IDEA' THEN 'ACTIVE' ELSE x.status END,
	       actual_start = coalesce(x.actual_start, CASE WHEN s.phase <> 'IDEA' THEN today() END), actual_end = CASE WHEN s.phase = 'CLOSED' THEN greatest(today(), x.actual_start) END, planned_end = x.planned_end + CASE WHEN ` + chance(2) + ` < 120 THEN ` + chance(3) + ` END,
	       health = CASE WHEN s.phase = 'CLOSED' THEN 'UNKNOWN' ELSE ` + one(chance(4)+" + "+fmt.Sprint(round), "GREEN", "AMBER", "RED", "GREEN") + ` END
	  FROM (SELECT x.id, CASE WHEN ` + chance(5) + ` < 80 THEN x.phase ELSE (ARRAY['PRESTUDY', 'PLANNING', 'DEVELOPMENT', 'ROLLOUT', 'OPERATION', 'CLOSED', 'CLOSED'])[shared_project_phase_rank(x.phase)] END AS phase
	          FROM shared_project x WHERE x.status IN ('NOT_STARTED', 'ACTIVE') AND ` + turn(round) + ` < 60) s
	 WHERE x.id = s.id AND (s.phase <> 'DEVELOPMENT' OR NOT EXISTS (SELECT FROM participation p WHERE p.shared_project_id = x.id AND p.state NOT IN ('DECLINED', 'WITHDRAWN') HAVING count(p.cost_share_percent) > 0 AND sum(p.cost_share_percent) <> 100))`
}

// goalSteps gives SQL for the goals that have come further. One is adopted where a
// decision of a body that may adopt it holds.
func goalSteps(round int) string {
	return `
	UPDATE goal x SET status = s.status, progress = CASE s.status WHEN 'ONGOING' THEN ` + chance(3) + ` % 90 WHEN 'ACHIEVED' THEN 100 ELSE x.progress END, health = ` + one(chance(4)+" + "+fmt.Sprint(round), "GREEN", "AMBER", "RED", "GREEN") + `
	  FROM (SELECT x.id, CASE x.status WHEN 'PROPOSED' THEN 'ADOPTED' WHEN 'ADOPTED' THEN 'ONGOING' ELSE CASE WHEN x.period_to > today() THEN 'ONGOING' ELSE ` + one(chance(5), "ACHIEVED", "ACHIEVED", "PARTLY", "NOT_ACHIEVED", "REVOKED") + ` END END AS status
	          FROM goal x WHERE x.status IN ('PROPOSED', 'ADOPTED', 'ONGOING') AND ` + turn(round) + ` < 90) s
	 WHERE x.id = s.id AND (s.status <> 'ADOPTED' OR EXISTS (SELECT FROM record_link l JOIN decision d ON d.id = l.decision_id JOIN unit u ON u.id = d.body_unit_id
	       WHERE l.goal_id = x.id AND l.purpose = 'AUTHORISES' AND u.type = ANY (CASE x.level WHEN 'DIRECTION' THEN ARRAY['COUNCIL', 'EXECUTIVE_BOARD'] ELSE ARRAY['COUNCIL', 'EXECUTIVE_BOARD', 'COMMITTEE'] END) AND ` + holds + `))`
}

// initiativeSteps gives SQL for the initiatives that have begun, ended or stopped.
func initiativeSteps(round int) string {
	return `
	UPDATE initiative x SET status = s.status, blocked_reason = CASE s.status WHEN 'BLOCKED' THEN 'Väntar på leverantören' END, actual_start = CASE WHEN s.status = 'CANCELLED' THEN x.actual_start ELSE coalesce(x.actual_start, today()) END, actual_end = CASE s.status WHEN 'DONE' THEN today() END,
	       progress = CASE s.status WHEN 'DONE' THEN 100 WHEN 'CANCELLED' THEN x.progress ELSE greatest(coalesce(x.progress, 0), ` + chance(3) + ` % 95) END, planned_end = x.planned_end + CASE WHEN s.status IN ('BLOCKED', 'ONGOING') AND ` + chance(2) + ` < 120 THEN ` + chance(2) + ` ELSE 0 END
	  FROM (SELECT x.id, CASE x.status WHEN 'PLANNED' THEN CASE WHEN ` + chance(6) + ` < 20 THEN 'CANCELLED' ELSE 'ONGOING' END WHEN 'ONGOING' THEN CASE WHEN ` + chance(6) + ` < 60 THEN 'BLOCKED' ELSE 'DONE' END ELSE 'ONGOING' END AS status
	          FROM initiative x WHERE x.status IN ('PLANNED', 'ONGOING', 'BLOCKED') AND ` + turn(round) + ` < 75 AND coalesce(x.planned_start, '-infinity') <= today()) s WHERE x.id = s.id`
}

// reached gives SQL for the milestones that have been reached since.
func reached(round int) string {
	return `
	UPDATE milestone x SET reached_on = CASE WHEN ` + chance(2) + ` < 100 THEN today() ELSE x.planned_on END WHERE x.reached_on IS NULL AND x.planned_on < today() AND ` + turn(round) + ` < 130`
}

// realised gives SQL for the benefits that have been collected.
func realised(round int) string {
	return `
	UPDATE benefit x SET followed_up_on = today(), realised_amount = round(x.planned_amount * ` + chance(2) + ` / 200, 0) WHERE x.followed_up_on IS NULL AND x.collect_by < today() + 200 AND ` + turn(round) + ` < 80`
}

// answered gives SQL for the formal answers that a decision stands behind, and sent for
// those that have gone to the auditors.
func answered(round int) string {
	return `
	UPDATE formal_answer x SET status = 'DECIDED' WHERE x.status = 'IN_REVIEW' AND ` + turn(round) + ` < 200
	   AND EXISTS (SELECT FROM record_link l JOIN decision d ON d.id = l.decision_id WHERE l.formal_answer_id = x.id AND l.purpose = 'AUTHORISES' AND ` + holds + `)`
}

func sent(round int) string {
	return `
	UPDATE formal_answer x SET status = 'SENT', sent_on = today() WHERE x.status = 'DECIDED' AND ` + turn(round) + ` < 180`
}

// reports gives SQL for the status reports of some of what is under way, published with
// the figures of the day; the last round's newest are still being written.
func reports(round int) string {
	published := "true"
	if round == rounds {
		published = chance(7) + " >= 40"
	}
	report := func(column, from, health, figures, where string) string {
		return `SELECT x.id, x.municipality_id, '` + column + `' AS of, ` + health + ` AS health, ` + figures + ` AS figures, ` + published + ` AS published, ` + chance(3) + ` AS lot FROM ` + from + ` x WHERE ` + where + ` AND ` + turn(round+1) + ` < 110`
	}
	return `
	INSERT INTO status_report (id, municipality_id, initiative_id, shared_project_id, goal_id, period_from, period_to, health, text_sv, figures, published_at)
	SELECT ` + id("@round::int", "'status_report ' || @round::int || ' ' || x.id") + `, x.municipality_id, CASE x.of WHEN 'initiative' THEN x.id END, CASE x.of WHEN 'shared_project' THEN x.id END, CASE x.of WHEN 'goal' THEN x.id END,
	       today() - 120, today() - 1, x.health, ` + one("x.lot", "Arbetet går enligt plan.", "En leverans är försenad, men slutdatum ligger fast.", "Kostnaden ökar; styrgruppen tar ställning vid nästa möte.") + `,
	       CASE WHEN x.published THEN x.figures END, CASE WHEN x.published THEN instant() END
	  FROM (` + report("initiative", "initiative", one(chance(3), "GREEN", "AMBER", "RED"), "jsonb_build_object('status', x.status, 'progress', x.progress, 'plannedEnd', x.planned_end)", "x.status IN ('ONGOING', 'BLOCKED')") + `
	        UNION ALL ` + report("shared_project", "shared_project", "x.health", "jsonb_build_object('phase', x.phase, 'status', x.status, 'health', x.health, 'plannedEnd', x.planned_end)", "x.status = 'ACTIVE'") + `
	        UNION ALL ` + report("goal", "goal", "x.health", "jsonb_build_object('status', x.status, 'progress', x.progress, 'health', x.health)", "x.status = 'ONGOING'") + `) x ORDER BY x.id`
}

// strategyTables are the tables of these records that others are found by.
var strategyTables = []string{"diary_case", "decision", "governing_document", "goal", "indicator", "agreement", "agreement_party", "shared_project", "participation", "initiative", "milestone", "audit", "finding", "formal_answer", "record_link"}
