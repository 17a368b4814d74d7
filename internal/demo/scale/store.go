package scale

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/postgres"
)

// operation is what the changes are kept under.
const operation = "loadScale"

// generator makes records of one kind. To have the records of another table, add an
// entry: its statements make or change them with @words (the lists of demo.WordList),
// @services, @units, @shared and the others of sizeOf (how many there are to be), @place (the municipality's
// number from 1), @part of @parts from 0, and @round.
type generator struct {
	name     string  // in Swedish, of what it makes
	from, to float64 // days before the end that its first and last changes are made on
	each     bool    // by each municipality, in a change of its own
	role     access.Role
	rows     int // e-services made by one change; 0: all that it touches
	round    int
	analyse  bool // the planner is told of its rows afterwards
	comment  string
	sql      []string
}

// base is where the ids' instants begin: 2020-01-01, in milliseconds. They are no more
// than numbers in a row, which tell nothing of when a record was made.
const base = 1577836800000

// id gives SQL for a UUID of version 7 that a number and a text alone decide.
func id(number, text string) string {
	return fmt.Sprintf("(lpad(to_hex(%d + (%s)::bigint), 12, '0') || '7' || substr(md5(%s), 1, 3) || '8' || substr(md5(%[3]s), 4, 15))::uuid", base, number, text)
}

// Ids of the records, in SQL, by the municipality's number and their own.
var (
	idOfMunicipality = func(place string) string { return id(place, "'municipality ' || "+place) }
	idOfUnit         = func(place, n string) string {
		return id(place+" * 1000 + "+n, "'unit ' || "+place+" || ' ' || "+n)
	}
	idOfShared  = func(i string) string { return id(i, "'shared_service ' || "+i) }
	idOfService = func(n string) string { return id(n, "'e_service ' || "+n) }
)

// municipalityID gives the id of the municipality with the number, as the statements do.
func municipalityID(place int) uuid.UUID {
	sum := md5.Sum(fmt.Appendf(nil, "municipality %d", place))
	digits := hex.EncodeToString(sum[:])
	return uuid.MustParse(fmt.Sprintf("%012x7%s8%s", base+place, digits[:3], digits[3:18]))
}

const (
	place   = "jsonb_to_recordset(@words::jsonb -> 'municipalities') AS m (i int, code text, name text, domain text, home boolean, patterns text[])"
	service = `jsonb_to_recordset(@words::jsonb -> 'services') AS w (i int, code text, name_sv text, name_en text, summary_sv text, summary_en text, category text, theme text,
		life_events text[], audiences text[], keywords text[], legal_basis text, fee text, processing text, personal_data text, digital_level text,
		signs_in boolean, signs boolean, pays boolean, cases int)`
)

// chance gives SQL for a number from 0 to 255 that the record x and the round decide.
func chance(round int) string { return fmt.Sprintf("get_byte(uuid_send(x.id), %d)", 8+round) }

// generators are what fills the database, in no order: the days decide.
func generators() []generator {
	own := "x.municipality_id = " + idOfMunicipality("@place::int")
	all := []generator{
		{name: "kommuner", from: 2200, comment: "Östergötlands kommuner enligt SCB", sql: []string{`
			INSERT INTO municipality (id, scb_code, name_sv, name_en, diary_patterns, oep_base_url, is_home, is_example)
			SELECT ` + idOfMunicipality("m.i") + `, m.code, m.name, m.name, m.patterns, 'https://e-tjanster.' || m.domain || '.example', m.home, NOT m.home FROM ` + place + ` ORDER BY m.i`}},
		{name: "enheter", from: 2190, comment: "Organisationen enligt nämndernas reglementen", sql: []string{units}},
		{name: "samverkan", from: 2180, comment: "Samverkan mellan kommunerna i länet", sql: []string{`
			WITH made AS (INSERT INTO collaboration (id, name_sv, name_en) VALUES (` + id("1", "'collaboration'") + `, 'Samverkan i Östergötland', 'Collaboration in Östergötland') RETURNING id)
			INSERT INTO collaboration_member (id, collaboration_id, municipality_id, valid_from, source)
			SELECT ` + id("m.i", "'collaboration_member ' || m.i") + `, made.id, ` + idOfMunicipality("m.i") + `, today(), 'Påhittad för mätning' FROM made, ` + place + ` WHERE m.i <= 7 ORDER BY m.i`}},
		{name: "gemensamma e-tjänster", from: 2170, comment: "Gemensamma e-tjänster definierade i samverkan", sql: []string{`
			INSERT INTO shared_service (id, municipality_id, code, name_sv, name_en, purpose_sv, themes, visibility)
			SELECT ` + idOfShared("w.i") + `, ` + idOfMunicipality("(1 + w.i % 7)") + `, w.code, w.name_sv, w.name_en, 'Samma e-tjänst i flera kommuner: ' || w.summary_sv, ARRAY[w.theme],
			       CASE w.i % 10 WHEN 0 THEN 'COLLABORATION' ELSE 'PUBLIC' END
			  FROM ` + service + ` WHERE w.i < @shared::int ORDER BY w.i`}},
		{name: "e-tjänster", from: 2150, to: 1200, each: true, role: access.CatalogueEditor, rows: 5000, comment: "E-tjänsterna i drift inlagda efter inventering", sql: []string{services}},
		{name: "namnbyten på enheter", from: 1190, to: 1170, each: true, role: access.Admin, comment: "Nya namn efter omorganisation", sql: []string{`
			UPDATE unit x SET name_sv = replace(x.name_sv, 'Enheten för ', 'Verksamheten för '), aliases = array_append(x.aliases, x.name_sv)
			 WHERE ` + own + ` AND x.name_sv LIKE 'Enheten för %' AND ` + chance(1) + ` < 80`}},
		{name: "avveckling", from: 700, to: 690, each: true, role: access.CatalogueEditor, comment: "Avvecklas: används av få", sql: []string{`
			UPDATE e_service x SET status = 'PHASING_OUT' WHERE ` + own + ` AND x.status = 'LIVE' AND ` + chance(4) + ` < 8`}},
		{name: "avvecklade e-tjänster", from: 400, to: 390, each: true, role: access.CatalogueEditor, comment: "Avvecklad enligt beslut i förvaltningen", sql: []string{`
			UPDATE e_service x SET status = 'RETIRED', published = false, retired_on = today(), retirement_reason = 'Få ärenden: de som behöver hjälp hänvisas till kontaktcenter'
			 WHERE ` + own + ` AND x.status = 'PHASING_OUT' AND ` + chance(5) + ` < 128`}},
		{name: "arkivering", from: 380, to: 370, each: true, role: access.CatalogueEditor, comment: "Arkiverad: inte längre aktuell", sql: []string{`
			UPDATE e_service x SET archived_at = instant(), published = false WHERE ` + own + ` AND x.status IN ('RETIRED', 'REJECTED', 'IDEA') AND ` + chance(6) + ` < 64`}},
		{name: "stängda enheter", from: 360, to: 350, each: true, role: access.Admin, comment: "Upphör vid omorganisationen och uppgår i annan enhet", sql: []string{`
			UPDATE unit x SET valid_to = today() - 1, successor_id = x.parent_id
			 WHERE ` + own + ` AND x.type = 'UNIT' AND ` + chance(2) + ` < 32 AND NOT EXISTS (SELECT FROM unit u WHERE u.parent_id = x.id)`}},
		{name: "e-tjänster till efterträdande enheter", from: 340, to: 330, each: true, role: access.CatalogueEditor, comment: "Flyttad till den enhet som har tagit över", sql: []string{`
			UPDATE e_service x SET owner_unit_id = u.successor_id FROM unit u
			 WHERE ` + own + ` AND u.id = x.owner_unit_id AND u.valid_to < today() AND ` + chance(7) + ` < 220`}},
	}
	for round, days := range []float64{730, 200} {
		all = append(all, generator{name: "årlig genomgång", from: days, to: days - 20, each: true, role: access.CatalogueEditor, round: round + 1, comment: "Årlig genomgång: rättslig grund och uppgifter kontrollerade", sql: []string{`
			UPDATE e_service x SET
			       legal_basis_verified_on = CASE WHEN x.legal_basis IS NOT NULL THEN today() END,
			       contact_function = coalesce(x.contact_function, 'katalogredaktör'),
			       summary_sv = coalesce(x.summary_sv, left(x.name_sv, 149) || '.'),
			       name_sv = regexp_replace(x.name_sv, '^Ansök om ', 'Ansökan om '),
			       accessibility_status = coalesce(x.accessibility_status, 'FULL'),
			       accessibility_checked_on = today()
			 WHERE ` + own + ` AND x.archived_at IS NULL AND ` + chance(round+1) + ` < 24`}})
	}
	for round, days := range []float64{100, 2} {
		all = append(all, generator{name: "användning", from: days, to: days - 1, each: true, role: access.CatalogueEditor, round: round + 1, comment: "Kvartalets ärenden ur plattformen", sql: []string{`
			INSERT INTO e_service_usage (id, municipality_id, e_service_id, month, cases, digital_share, satisfaction, source)
			SELECT ` + id("@round::int * 3 + k", "'usage ' || @round::int || ' ' || k || ' ' || x.id") + `, x.municipality_id, x.id,
			       (date_trunc('month', today()::timestamp) - make_interval(months => k))::date,
			       ` + chance(3) + ` * (1 + ` + chance(4) + ` % 7) + k, round(0.4 + ` + chance(5) + ` / 512.0, 2), round(2 + ` + chance(6) + ` / 90.0, 1), 'OEP'
			  FROM e_service x, generate_series(1, 3) k
			 WHERE ` + own + ` AND x.status IN ('LIVE', 'PHASING_OUT') AND x.oep_family_id IS NOT NULL AND ` + chance(7) + ` < 60 ORDER BY x.id, k`}})
	}
	all = append(all, generator{name: "utkast", from: 0.9, to: 0.5, each: true, role: access.CatalogueEditor, comment: "Utkast inför nästa genomgång", sql: []string{`
		INSERT INTO e_service_draft (id, municipality_id, e_service_id, state, changes, base)
		SELECT ` + id("row_number() OVER (ORDER BY x.id)", "'draft ' || x.id") + `, x.municipality_id, x.id, 'OPEN',
		       jsonb_build_object('name_sv', x.name_sv || ', ny version', 'summary_sv', left('Kortare och klarare: ' || coalesce(x.summary_sv, x.name_sv), 150)),
		       jsonb_build_object('name_sv', x.name_sv, 'summary_sv', x.summary_sv)
		  FROM e_service x WHERE ` + own + ` AND x.archived_at IS NULL AND ` + chance(6) + ` % 50 = 7 ORDER BY x.id`}})
	return append(all, strategyGenerators()...)
}

// units are each municipality's: a council, boards, offices under them, and divisions
// and units under those.
var units = `
	WITH topic AS (SELECT ARRAY['förskola', 'grundskola', 'gymnasieskola', 'vuxenutbildning', 'bygglov', 'miljötillsyn', 'livsmedel', 'hemtjänst', 'äldreboenden', 'funktionsstöd',
	       'försörjningsstöd', 'familjerätt', 'kultur', 'bibliotek', 'idrott och fritid', 'gata och park', 'trafik', 'avfall', 'vatten och avlopp', 'näringsliv', 'upphandling', 'arkiv',
	       'kommunikation', 'digitalisering', 'överförmyndare', 'räddningstjänst', 'fastighet', 'ekonomi'] AS names),
	unit AS (
		SELECT m.i, n, CASE n WHEN 1 THEN 'COUNCIL' WHEN 2 THEN 'EXECUTIVE_BOARD' WHEN 3 THEN 'AUDIT' ELSE CASE WHEN n <= 7 THEN 'COMMITTEE' WHEN n <= 12 THEN 'DEPARTMENT' WHEN n <= 18 THEN 'DIVISION' ELSE 'UNIT' END END AS type,
		       CASE WHEN n = 1 THEN NULL WHEN n <= 7 THEN 1 WHEN n = 8 THEN 2 WHEN n <= 12 THEN n - 5 WHEN n <= 18 THEN 8 + n % 5 ELSE CASE WHEN n % 2 = 0 THEN 13 + n % 6 ELSE 8 + n % 5 END END AS parent,
		       CASE WHEN n <= 12 THEN (ARRAY['Kommunfullmäktige', 'Kommunstyrelsen', 'Kommunrevisionen', 'Bildningsnämnden', 'Samhällsplaneringsnämnden', 'Socialnämnden', 'Kultur- och fritidsnämnden',
		           'Kommunstyrelsens kontor', 'Bildningskontoret', 'Samhällsbyggnadskontoret', 'Socialkontoret', 'Kultur- och fritidskontoret'])[n]
		       ELSE CASE WHEN n <= 18 THEN 'Avdelningen för ' ELSE 'Enheten för ' END || topic.names[1 + (n * 5 + m.i) % 28] || CASE WHEN n > 40 THEN ' ' || n / 28 + 1 ELSE '' END END AS name
		  FROM topic, ` + place + `, generate_series(1, @units::int) n)
	INSERT INTO unit (id, municipality_id, parent_id, name_sv, type, aliases, valid_from, cost_centre, diary_code)
	SELECT ` + idOfUnit("i", "n") + `, ` + idOfMunicipality("i") + `, CASE WHEN parent IS NOT NULL THEN ` + idOfUnit("i", "parent") + ` END, name, type,
	       CASE WHEN n BETWEEN 9 AND 12 THEN ARRAY[replace(name, 'kontoret', 'förvaltningen')] WHEN n % 3 = 0 AND n > 18 THEN ARRAY[replace(name, 'Enheten för ', 'Sektionen för ')] ELSE '{}' END,
	       '2015-01-01', CASE WHEN n > 7 THEN (1000 + n * 10)::text END, (ARRAY['KF', 'KS', 'KR', 'BN', 'SPN', 'SN', 'KFN'])[n]
	  FROM unit ORDER BY i, n`

// services are the e-services of a municipality: those that many have, in variants of
// their names. The bytes of a digest of the e-service's number decide what differs.
var services = `
	WITH word AS MATERIALIZED (SELECT w.*, CASE WHEN w.i < @shared::int THEN ` + idOfShared("w.i") + ` END AS shared FROM ` + service + `),
	place AS MATERIALIZED (SELECT m.*, ` + idOfMunicipality("m.i") + ` AS id FROM ` + place + ` WHERE m.i = @place::int),
	office AS MATERIALIZED (SELECT n, ` + idOfUnit("@place::int", "n") + ` AS id FROM generate_series(8, @units::int) n),
	many AS (SELECT count(*)::int AS sorts FROM word),
	chosen AS (
		SELECT w.*, p.domain, p.id AS municipality, n, (n - 1) / 13 / many.sorts AS variant, decode(md5('e-tjänst ' || n), 'hex') AS h,
		       ((n - 1) / 13 / many.sorts * 7 + get_byte(decode(md5('form ' || n), 'hex'), 0)) % 96 AS form
		  FROM place p, many, generate_series(@place::int, @services::int, 13) n, word w
		 WHERE (n - 1) / 13 % @parts::int = @part::int AND w.i = ((n - 1) / 13 + p.i * 11) % many.sorts),
	rolled AS (
		SELECT c.*, get_byte(h, 0) AS h0, get_byte(h, 1) AS h1, get_byte(h, 2) AS h2, get_byte(h, 3) AS h3, get_byte(h, 4) AS h4, get_byte(h, 5) AS h5, get_byte(h, 6) AS h6, get_byte(h, 7) AS h7,
		       get_byte(h, 8) AS h8, get_byte(h, 9) AS h9, get_byte(h, 10) AS h10, get_byte(h, 11) AS h11, get_byte(h, 12) AS h12,
		       name_sv || (ARRAY['', ' för företag', ' för föreningar', ' för privatpersoner', ' – förlängning', ' – ändring', ' – återkallelse', ' – komplettering', ' för vårdnadshavare', ' för ombud', ' för fastighetsägare', ' – överklagande'])[1 + form % 12]
		               || (ARRAY['', ', centrala staden', ', norra området', ', södra området', ', östra området', ', västra området', ', landsbygden', ', skärgården'])[1 + form / 12]
		               || CASE WHEN variant >= 96 THEN ', del ' || variant / 96 + 1 ELSE '' END AS name,
		       left(code, 100) || CASE WHEN variant > 0 THEN '-' || variant + 1 ELSE '' END AS slug,
		       'https://e-tjanster.' || domain || '.example/' || code || '/' || n AS url,
		       CASE WHEN get_byte(h, 0) < 205 THEN 'LIVE' WHEN get_byte(h, 0) < 213 THEN 'PILOT' WHEN get_byte(h, 0) < 222 THEN 'IN_DEVELOPMENT' WHEN get_byte(h, 0) < 232 THEN 'PLANNED'
		            WHEN get_byte(h, 0) < 237 THEN 'IDEA' WHEN get_byte(h, 0) < 245 THEN 'PHASING_OUT' WHEN get_byte(h, 0) < 253 THEN 'RETIRED' ELSE 'REJECTED' END AS status
		  FROM chosen c)
	INSERT INTO e_service (id, municipality_id, owner_unit_id, shared_service_id, name_sv, name_en, slug, summary_sv, summary_en, description_sv, url, contact_function,
	       audiences, life_events, themes, keywords, channels, alternative_channel_sv, languages, eid_level, requires_authentication, requires_signing, takes_payment,
	       legal_basis, legal_basis_verified_on, fee_sv, processing_time_sv, digital_level, personal_data, retention, accessibility_status, accessibility_checked_on, accessibility_statement_url,
	       status, planned_launch, launched_on, retired_on, retirement_reason, found_source, found_reason, published, visibility,
	       oep_family_id, oep_category, oep_unstable_key, oep_seen, oep_missing_since)
	SELECT ` + idOfService("r.n") + `, municipality, o.id, CASE WHEN h3 < 70 THEN shared END,
	       name, CASE WHEN h4 < 90 THEN name_en || CASE WHEN variant > 0 THEN ', variant ' || variant + 1 ELSE '' END END, slug,
	       CASE WHEN h5 < 245 THEN summary_sv END, CASE WHEN h4 < 90 THEN summary_en END,
	       CASE WHEN h6 < 110 THEN summary_sv || E'\n\n' || (ARRAY['Du behöver ha uppgifterna om ärendet till hands. Det går att spara och fortsätta senare.',
	           'Bifoga de handlingar som styrker uppgifterna. Du får en bekräftelse när ärendet har tagits emot.', 'Handläggningen börjar när ansökan är komplett. Beslutet skickas till din digitala brevlåda.',
	           'Har du frågor kan du kontakta kontaktcenter. De hjälper dig också om du vill lämna uppgifterna på papper.'])[1 + h6 % 4]
	           || ' Ärendet gäller ' || lower(left(name, 1)) || substr(name, 2) || '.' || CASE WHEN processing IS NOT NULL THEN ' Handläggningstid: ' || processing || '.' ELSE '' END END,
	       CASE WHEN status IN ('IDEA', 'PLANNED') THEN NULL WHEN h7 < 250 THEN url END,
	       CASE WHEN h8 < 220 THEN (ARRAY['katalogredaktör', 'handläggare', 'systemförvaltare', 'verksamhetsutvecklare'])[1 + h8 % 4] END,
	       CASE WHEN h9 < 248 THEN audiences ELSE '{}' END, life_events, ARRAY[theme], keywords || CASE WHEN form % 12 > 0 THEN ARRAY[(ARRAY['företag', 'förening', 'privatperson', 'förlängning', 'ändring', 'återkallelse',
	           'komplettering', 'vårdnadshavare', 'ombud', 'fastighetsägare', 'överklagande'])[form % 12]] ELSE '{}' END,
	       CASE WHEN h10 < 128 THEN ARRAY['WEB', 'PHONE'] ELSE ARRAY['WEB', 'POST', 'VISIT'] END, CASE WHEN h10 < 225 THEN 'Ring eller besök kontaktcenter, så fyller vi i blanketten tillsammans.' END,
	       CASE WHEN h4 < 90 THEN ARRAY['sv', 'en'] ELSE ARRAY['sv'] END, CASE WHEN signs_in THEN CASE WHEN h11 < 235 THEN 'SUBSTANTIAL' END ELSE 'NONE' END, signs_in, signs, pays,
	       coalesce(legal_basis, CASE WHEN h12 < 240 THEN 'Kommunallagen (2017:725) 2 kap. 1 §' END), CASE WHEN h12 < 230 THEN today() - h12 END, fee, processing, digital_level,
	       CASE WHEN h11 < 245 THEN personal_data END, CASE WHEN h11 < 128 THEN 'Gallras två år efter beslut enligt dokumenthanteringsplanen' END,
	       CASE WHEN h7 < 150 THEN 'FULL' WHEN h7 < 200 THEN 'PARTIAL' END, CASE WHEN h7 < 200 THEN today() - h7 END, CASE WHEN h7 BETWEEN 150 AND 190 THEN 'https://' || domain || '.example/tillganglighet' END,
	       status, CASE WHEN status IN ('IDEA', 'PLANNED', 'IN_DEVELOPMENT', 'PILOT') THEN today() + 200 + h3 * 8 END,
	       CASE WHEN status IN ('LIVE', 'PHASING_OUT', 'RETIRED') AND h9 < 252 THEN today() - 100 - h9 * 8 END,
	       CASE WHEN status = 'RETIRED' THEN today() - 10 END, CASE WHEN status = 'RETIRED' THEN 'Ersatt av en e-tjänst som täcker samma ärenden' END,
	       CASE WHEN status NOT IN ('IDEA', 'PLANNED') THEN 'E-tjänsteplattformens lista' END, CASE WHEN status NOT IN ('IDEA', 'PLANNED') THEN 'Fanns när katalogen lades upp' END,
	       status IN ('LIVE', 'PHASING_OUT', 'PILOT') AND h5 < 240 AND h7 < 245 AND h9 < 248, CASE WHEN h8 < 16 THEN 'COLLABORATION' WHEN h8 < 26 THEN 'MUNICIPALITY' ELSE 'PUBLIC' END,
	       CASE WHEN h2 < 160 THEN r.n END, CASE WHEN h2 < 160 THEN category END, h2 < 3,
	       CASE WHEN h2 < 160 THEN jsonb_build_object('nameSv', name, 'url', url, 'requiresAuthentication', signs_in, 'oepCategory', category) END, CASE WHEN h2 BETWEEN 157 AND 159 THEN today() END
	  FROM rolled r JOIN office o ON o.n = 8 + (h1 * 256 + h2) % (@units::int - 7) ORDER BY r.n`

// counts counts the rows of each table.
func counts(ctx context.Context, r postgres.Reader) ([]*Table, error) {
	names, err := postgres.Values[string](ctx, r, `
		SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		 WHERE n.nspname = 'public' AND c.relkind = 'r' AND to_regclass('history.' || quote_ident(c.relname)) IS NOT NULL ORDER BY 1`, nil)
	if err != nil {
		return nil, err
	}
	var all []*Table
	for _, name := range names {
		t, err := postgres.One[Table](ctx, r, "SELECT "+postgres.Columns[Table]("t")+` FROM (SELECT @name AS name,
			(SELECT count(*) FROM `+name+`) AS rows, (SELECT count(*) FROM history.`+name+`) AS past,
			pg_total_relation_size(to_regclass(@name)) + pg_total_relation_size(to_regclass('history.' || @name)) AS size) t`, postgres.Args{"name": name})
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}
