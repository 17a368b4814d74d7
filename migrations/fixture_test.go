package migrations_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/postgres/dbtest"
)

// domainTables are the tables with history, in the order in which rows can be added.
var domainTables = []string{
	"municipality", "unit", "collaboration", "collaboration_member", "shared_service", "e_service",
	"e_service_usage", "link_check", "import_run", "gap_episode", "api_token", "e_service_draft", "search_entry",
	"user_account", "user_role", "platform_flow", "platform_category",
	"diary_case", "decision", "waiver", "governing_document", "audit", "formal_answer", "audit_question", "finding",
	"agreement", "agreement_party", "agreement_follow_up", "shared_project", "participation", "service_offer", "offer_answer", "adoption_step",
	"goal", "indicator", "indicator_value", "initiative", "milestone", "dependency", "status_report", "benefit", "record_link", "record_draft",
}

// internalTables are the others of schema public, each with why it has no history.
var internalTables = map[string]string{
	"change":           "is the history's own spine: rows are added and never changed",
	"change_head":      "is the lock that orders changes, and their newest number",
	"search_word":      "only grows: the words of the past are among them",
	"search_own_word":  "likewise",
	"person":           "is the one place that says who a user is, to be forgotten",
	"user_session":     "is beside the record, and removed when it has ended",
	"sign_in_attempt":  "lives for minutes",
	"api_token_use":    "is beside the record: a use is no change",
	"link_visit":       "is beside the records: when an address was last asked",
	"job_run":          "is beside the records: the newest run of the program's own work",
	"goose_db_version": "is kept by the tool that migrates",
}

// ids are the rows that the tests' statements name as :name.
var ids = map[string]string{
	"home":       "00000000-0000-7000-8000-000000000001", // a municipality
	"other":      "00000000-0000-7000-8000-000000000002",
	"root":       "00000000-0000-7000-8000-000000000011", // a unit of home
	"office":     "00000000-0000-7000-8000-000000000012", // under root; owns live
	"foreign":    "00000000-0000-7000-8000-000000000013", // a unit of other
	"closed":     "00000000-0000-7000-8000-000000000014", // a unit of home that has ended
	"collab":     "00000000-0000-7000-8000-000000000021",
	"member":     "00000000-0000-7000-8000-000000000022", // home in collab
	"shared":     "00000000-0000-7000-8000-000000000031",
	"common":     "00000000-0000-7000-8000-000000000032", // a shared service that is not offered
	"live":       "00000000-0000-7000-8000-000000000041", // an e-service of home, in use
	"idea":       "00000000-0000-7000-8000-000000000042",
	"afar":       "00000000-0000-7000-8000-000000000043", // an e-service of other
	"usage":      "00000000-0000-7000-8000-000000000051", // of live
	"link":       "00000000-0000-7000-8000-000000000052", // of live
	"import":     "00000000-0000-7000-8000-000000000061",
	"gap":        "00000000-0000-7000-8000-000000000071", // open
	"token":      "00000000-0000-7000-8000-000000000081",
	"draft":      "00000000-0000-7000-8000-000000000091", // of live, open
	"prepared":   "00000000-0000-7000-8000-000000000092", // a draft of goal, open
	"entry":      "00000000-0000-7000-8000-000000000095",
	"user":       "00000000-0000-7000-8000-0000000000a1", // a person with a session
	"role":       "00000000-0000-7000-8000-0000000000a2",
	"session":    "00000000-0000-7000-8000-0000000000a3",
	"spare":      "00000000-0000-7000-8000-0000000000fe", // for a row that a test adds
	"flow":       "00000000-0000-7000-8000-0000000000b1",
	"belongs":    "00000000-0000-7000-8000-0000000000b2", // a category of the platform
	"case":       "00000000-0000-7000-8000-0000000000c1",
	"decision":   "00000000-0000-7000-8000-0000000000c2", // of root, binding
	"proposal":   "00000000-0000-7000-8000-0000000000c3", // a decision not yet taken
	"elsewhere":  "00000000-0000-7000-8000-0000000000c4", // a decision of other
	"waiver":     "00000000-0000-7000-8000-0000000000c5",
	"document":   "00000000-0000-7000-8000-0000000000c6", // adopted
	"audit":      "00000000-0000-7000-8000-0000000000c7",
	"answer":     "00000000-0000-7000-8000-0000000000c8", // a formal answer, not begun
	"question":   "00000000-0000-7000-8000-0000000000c9",
	"finding":    "00000000-0000-7000-8000-0000000000ca",
	"agreement":  "00000000-0000-7000-8000-0000000000d1",
	"party":      "00000000-0000-7000-8000-0000000000d2", // home in agreement
	"followup":   "00000000-0000-7000-8000-0000000000d3",
	"project":    "00000000-0000-7000-8000-0000000000d4", // a shared project of home, an idea
	"host":       "00000000-0000-7000-8000-0000000000d5", // home in project
	"offer":      "00000000-0000-7000-8000-0000000000d6",
	"reply":      "00000000-0000-7000-8000-0000000000d7", // an answer to offer, of home
	"step":       "00000000-0000-7000-8000-0000000000d8",
	"direction":  "00000000-0000-7000-8000-0000000000e1", // a goal of the highest level
	"goal":       "00000000-0000-7000-8000-0000000000e2", // under direction
	"indicator":  "00000000-0000-7000-8000-0000000000e3",
	"measured":   "00000000-0000-7000-8000-0000000000e4",
	"initiative": "00000000-0000-7000-8000-0000000000e5",
	"later":      "00000000-0000-7000-8000-0000000000e6", // an initiative that waits for initiative
	"milestone":  "00000000-0000-7000-8000-0000000000e7",
	"dependency": "00000000-0000-7000-8000-0000000000e8",
	"report":     "00000000-0000-7000-8000-0000000000e9", // published
	"benefit":    "00000000-0000-7000-8000-0000000000ea",
	"tie":        "00000000-0000-7000-8000-0000000000eb", // of decision and direction
	"nothing":    "00000000-0000-7000-8000-0000000000ff", // no row at all
}

// base is a row of each domain table that no constraint refuses beside the fixture's,
// by column, as SQL. The columns of every record are given as nobody should: the
// database is to set them itself.
var base = map[string]map[string]string{
	"municipality":         {"scb_code": "'9999'", "name_sv": "'Provköping'"},
	"unit":                 {"municipality_id": ":home", "name_sv": "'Provkontoret'", "type": "'DEPARTMENT'"},
	"collaboration":        {"name_sv": "'Provsamverkan'"},
	"collaboration_member": {"collaboration_id": ":collab", "municipality_id": ":other", "valid_from": "'2020-01-01'", "source": "'Avtal'"},
	"shared_service":       {"municipality_id": ":home", "code": "'prov'", "name_sv": "'Prov'"},
	"e_service":            {"municipality_id": ":home", "owner_unit_id": ":office", "name_sv": "'Provtjänst'", "slug": "'prov'", "status": "'IDEA'"},
	"e_service_usage":      {"municipality_id": ":home", "e_service_id": ":live", "month": "'2024-02-01'", "cases": "10", "source": "'MANUAL'"},
	"link_check":           {"municipality_id": ":home", "e_service_id": ":live", "target": "'URL'", "address": "'https://example.se'", "verdict": "'OK'"},
	"import_run":           {"municipality_id": ":home", "source": "'fil.xml'", "flows": "0", "created": "0", "changed": "0", "gone": "0", "unchanged": "0", "refused": "0"},
	"platform_flow":        {"municipality_id": ":home", "family_id": "8", "name": "'Flöde'", "said": "'{}'", "enabled": "true", "unstable_key": "false", "first_seen": "'2024-01-01'"},
	"platform_category":    {"municipality_id": ":home", "category": "'Prov'"},
	"gap_episode":          {"rule": "'PROV'", "object_kind": "'unit'", "object_id": ":root", "municipality_id": ":home", "opened_at": "'2024-01-01'"},
	"e_service_draft":      {"municipality_id": ":home", "e_service_id": ":idea", "state": "'OPEN'", "changes": `'{"fee_sv": "Gratis"}'`, "base": `'{"fee_sv": null}'`},
	"record_draft":         {"municipality_id": ":home", "object_kind": "'goal'", "object_id": ":direction", "state": "'OPEN'", "changes": `'{"title_sv": "Nytt"}'`, "base": `'{"title_sv": "Prov"}'`},
	"search_entry":         {"object_kind": "'unit'", "object_id": ":root", "municipality_id": ":home", "name": "'prov'", "words": "''", "digest": "''"},
	"api_token":            {"municipality_id": ":home", "label": "'prov'", "role": "'READER'", "scopes": "'{READ}'", "hash": "sha256('prov')", "expires_at": "'2030-01-01'"},
	"diary_case":           {"municipality_id": ":home", "title_sv": "'Prov'", "diary_number": "'KS 2024/1'", "diary_code": "'KS'", "diary_year": "2024", "diary_serial": "1"},
	"decision":             {"municipality_id": ":home", "body_unit_id": ":root", "title_sv": "'Prov'", "type": "'BOARD'"},
	"waiver":               {"municipality_id": ":home", "decision_id": ":decision", "rule": "'PROV'", "object_kind": "'unit'", "object_id": ":root", "reason_sv": "'Prov'", "granted_on": "'2024-01-01'", "expires_on": "'2025-01-01'"},
	"governing_document":   {"municipality_id": ":home", "title_sv": "'Prov'", "kind": "'PLAN'", "status": "'DRAFT'"},
	"audit":                {"municipality_id": ":home", "title_sv": "'Prov'", "year": "2024"},
	"formal_answer":        {"municipality_id": ":home", "audit_id": ":audit", "title_sv": "'Prov'", "due_on": "'2024-06-01'"},
	"audit_question":       {"municipality_id": ":home", "audit_id": ":audit", "position": "2", "text_sv": "'Prov?'"},
	"finding":              {"municipality_id": ":home", "audit_id": ":audit", "code": "'F02'", "text_sv": "'Prov'", "verdict": "'DEFICIENT'", "severity": "'HIGH'"},
	"agreement":            {"municipality_id": ":home", "title_sv": "'Prov'", "legal_form": "'UNCLEAR'"},
	"agreement_party":      {"municipality_id": ":other", "agreement_id": ":agreement"},
	"agreement_follow_up":  {"municipality_id": ":home", "agreement_id": ":agreement", "kind": "'FOLLOW_UP'", "held_on": "'2024-02-01'", "year": "2024"},
	"shared_project":       {"municipality_id": ":home", "code": "'prov'", "name_sv": "'Prov'", "phase": "'IDEA'", "status": "'NOT_STARTED'"},
	"participation":        {"municipality_id": ":other", "shared_project_id": ":project", "role": "'FULL_MEMBER'", "state": "'INVITED'"},
	"service_offer":        {"municipality_id": ":home", "shared_service_id": ":common", "terms_sv": "'Fritt'", "valid_from": "'2024-01-01'"},
	"offer_answer":         {"municipality_id": ":other", "service_offer_id": ":offer", "answer": "'INTERESTED'"},
	"adoption_step":        {"municipality_id": ":home", "offer_answer_id": ":reply", "kind": "'OWNER'"},
	"goal":                 {"municipality_id": ":home", "code": "'P'", "title_sv": "'Prov'", "level": "'DIRECTION'", "status": "'PROPOSED'"},
	"indicator":            {"municipality_id": ":home", "goal_id": ":goal", "name_sv": "'Prov'", "unit_of_measure": "'%'", "direction": "'UP'", "frequency": "'YEARLY'", "source": "'MANUAL'"},
	"indicator_value":      {"municipality_id": ":home", "indicator_id": ":indicator", "period": "'2023-01-01'", "revision": "1", "value": "10"},
	"initiative":           {"municipality_id": ":home", "title_sv": "'Prov'", "kind": "'ACTIVITY'", "status": "'PLANNED'"},
	"milestone":            {"municipality_id": ":home", "initiative_id": ":initiative", "title_sv": "'Prov'", "kind": "'DELIVERY'"},
	"dependency":           {"municipality_id": ":home", "before_initiative_id": ":initiative", "after_project_id": ":project", "kind": "'REQUIRES'"},
	"status_report":        {"municipality_id": ":home", "goal_id": ":goal", "period_from": "'2024-01-01'", "period_to": "'2024-03-31'", "health": "'GREEN'", "text_sv": "'Prov'"},
	"benefit":              {"municipality_id": ":home", "goal_id": ":goal", "description_sv": "'Prov'", "certainty": "'GREEN'", "measure": "'SEK'"},
	"record_link":          {"municipality_id": ":home", "decision_id": ":decision", "goal_id": ":goal", "purpose": "'AUTHORISES'"},
	"user_account":         {"municipality_id": ":home"},
	"user_role":            {"municipality_id": ":home", "user_account_id": ":user", "role": "'READER'"},
}

// beside are rows of the tables without history that input can break, by column.
var beside = map[string]string{
	"person":       "INSERT INTO person (user_account_id, issuer, subject, name, email) VALUES (%s, %s, %s, %s, %s)",
	"user_session": "INSERT INTO user_session (id, user_account_id, hash, issuer_key, claim_roles, agent, created_at, last_used_at, expires_at) VALUES (%s, %s, %s, 'prov', '{}', 'Firefox', '2024-01-01', '2024-01-01', '2024-01-02')",
}

// withThem gives for some tables what else goes when the spare row of it goes.
var withThem = map[string]string{
	"agreement":      "DELETE FROM agreement_party WHERE agreement_id = " + spare("agreement"),
	"shared_project": "DELETE FROM participation WHERE shared_project_id = " + spare("shared_project"),
	"service_offer":  "DELETE FROM offer_answer WHERE service_offer_id = " + spare("service_offer"),
}

// deletion is the statement that takes away the spare row of the table.
func deletion(table string) string {
	sql := "DELETE FROM " + table + " WHERE id = " + spare(table)
	if first, more := withThem[table]; more {
		sql = "WITH gone AS (" + first + ") " + sql
	}
	return sql
}

// insert is the statement that adds the table's base row with other columns, name and
// SQL in turn.
func insert(table string, other ...string) string {
	row := map[string]string{"id": "uuid_v7()", "version": "77", "created_at": "'2001-01-01'", "updated_at": "'2001-01-01'", "changed_in": "0"}
	maps.Copy(row, base[table])
	for i := 0; i < len(other); i += 2 {
		row[other[i]] = other[i+1]
	}
	columns := slices.Sorted(maps.Keys(row))
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = row[c]
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(columns, ", "), strings.Join(values, ", "))
}

// spare is the id of a row of the table that no other row refers to.
func spare(table string) string {
	return fmt.Sprintf("'00000000-0000-7000-9000-%012d'::uuid", slices.Index(domainTables, table))
}

// found are the columns of an e-service that was in use before it was registered.
var found = []string{"found_source", "'Plattformen'", "found_reason", "'Fanns i drift'"}

// fixtureRows are what the tests stand on: two municipalities with units, services
// and one row of each other table.
func fixtureRows() []string {
	rows := []string{
		insert("municipality", "id", ":home", "scb_code", "'0581'", "name_sv", "'Norrköping'", "org_number", "'212000-0456'", "is_home", "true"),
		insert("municipality", "id", ":other", "scb_code", "'0580'", "name_sv", "'Linköping'"),
		insert("unit", "id", ":root", "name_sv", "'Kommunstyrelsen'", "type", "'EXECUTIVE_BOARD'"),
		insert("unit", "id", ":office", "name_sv", "'Kontoret'", "parent_id", ":root"),
		insert("unit", "id", ":foreign", "name_sv", "'Kontoret'", "municipality_id", ":other"),
		insert("unit", "id", ":closed", "name_sv", "'Gamla kontoret'", "valid_to", "'2020-12-31'"),
		insert("collaboration", "id", ":collab", "name_sv", "'Samverkan'"),
		insert("collaboration_member", "id", ":member", "municipality_id", ":home"),
		insert("shared_service", "id", ":shared", "code", "'skolskjuts'", "name_sv", "'Skolskjuts'"),
		insert("e_service", append([]string{"id", ":live", "slug", "'live'", "status", "'LIVE'", "oep_family_id", "7"}, found...)...),
		insert("e_service", "id", ":idea", "slug", "'idea'"),
		insert("e_service", "id", ":afar", "slug", "'afar'", "municipality_id", ":other", "owner_unit_id", ":foreign"),
		insert("e_service_usage", "id", ":usage", "month", "'2024-01-01'"),
		insert("link_check", "id", ":link", "target", "'ACCESSIBILITY_STATEMENT'"),
		"INSERT INTO link_visit (link_check_id, checked_at, failures) VALUES (:link, '2024-01-01', 0)",
		insert("import_run", "id", ":import"),
		insert("gap_episode", "id", ":gap", "rule", "'OPEN_GAP'"),
		insert("shared_service", "id", ":common", "code", "'bygglov'"),
		insert("api_token", "id", ":token", "hash", "sha256('fixture')"),
		insert("search_entry", "id", ":entry"),
		insert("platform_flow", "id", ":flow", "family_id", "7"),
		insert("platform_category", "id", ":belongs", "category", "'Skola'", "owner_unit_id", ":office"),
		"INSERT INTO job_run (job, key, due_at) VALUES ('PROV', '', '2024-01-01')",
		insert("e_service_draft", "id", ":draft", "e_service_id", ":live"),
		insert("user_account", "id", ":user"),
		insert("user_role", "id", ":role", "role", "'DIRECTOR'"),
		fmt.Sprintf(beside["person"], ":user", "'https://example.se'", "'fixture'", "'Prov'", "'prov@example.se'"),
		fmt.Sprintf(beside["user_session"], ":session", ":user", "sha256('fixture')"),
		"INSERT INTO api_token_use (token_id, last_used_at) VALUES (:token, '2024-01-01')",
		insert("diary_case", "id", ":case", "diary_number", "'KS 2015/0144'", "diary_year", "2015", "diary_serial", "144"),
		insert("decision", "id", ":decision", "case_id", ":case", "meeting_date", "'2020-01-15'", "paragraph", "'12'", "adjusted_on", "'2020-01-20'", "announced_on", "'2020-01-21'", "legally_binding_on", "'2020-02-12'"),
		insert("decision", "id", ":proposal", "proposed_on", "'2020-01-15'"),
		insert("decision", "id", ":elsewhere", "municipality_id", ":other", "body_unit_id", ":foreign", "meeting_date", "'2020-01-15'"),
		insert("waiver", "id", ":waiver", "rule", "'LET_BE'"),
		insert("governing_document", "id", ":document", "kind", "'STRATEGY'", "status", "'ADOPTED'", "decided_on", "'2020-01-15'", "found_source", "'Granskningen'", "found_reason", "'Gällde redan'"),
		insert("audit", "id", ":audit"),
		insert("formal_answer", "id", ":answer"),
		insert("audit_question", "id", ":question", "position", "1", "formal_answer_id", ":answer"),
		insert("finding", "id", ":finding", "code", "'F01'"),
		insert("agreement", "id", ":agreement", "collaboration_id", ":collab", "signed_on", "'2020-01-01'", "valid_from", "'2020-01-01'", "valid_to", "'2030-12-31'"),
		insert("agreement_party", "id", ":party", "municipality_id", ":home"),
		insert("agreement_follow_up", "id", ":followup"),
		insert("shared_project", "id", ":project", "code", "'skolskjuts'", "collaboration_id", ":collab", "agreement_id", ":agreement"),
		insert("participation", "id", ":host", "municipality_id", ":home", "role", "'HOST'"),
		insert("service_offer", "id", ":offer", "shared_service_id", ":shared"),
		insert("offer_answer", "id", ":reply", "municipality_id", ":home", "answer", "'ADOPT'", "e_service_id", ":live"),
		insert("adoption_step", "id", ":step", "kind", "'DECISION'"),
		insert("goal", "id", ":direction", "code", "'I1'", "period_from", "'2024-01-01'", "period_to", "'2027-12-31'"),
		insert("goal", "id", ":goal", "code", "'M1'", "level", "'GOAL'", "parent_goal_id", ":direction", "strategy_id", ":document"),
		insert("indicator", "id", ":indicator"),
		insert("indicator_value", "id", ":measured", "period", "'2022-01-01'"),
		insert("initiative", "id", ":initiative"),
		insert("initiative", "id", ":later"),
		insert("milestone", "id", ":milestone"),
		insert("dependency", "id", ":dependency", "after_project_id", "NULL", "after_initiative_id", ":later"),
		insert("status_report", "id", ":report", "figures", "'{}'", "published_at", "'2024-04-01'"),
		insert("benefit", "id", ":benefit"),
		insert("record_link", "id", ":tie", "goal_id", ":direction"),
		insert("record_draft", "id", ":prepared", "object_id", ":goal"),
	}
	spares := map[string][]string{
		"municipality":      {"scb_code", "'9998'"},
		"unit":              {"name_sv", "'Reservkontoret'"},
		"collaboration":     {"name_sv", "'Reservsamverkan'"},
		"shared_service":    {"code", "'reserv'"},
		"e_service":         {"slug", "'reserv'"},
		"e_service_usage":   {"month", "'2023-12-01'"},
		"link_check":        {"e_service_id", ":idea"},
		"gap_episode":       {"rule", "'RESERV'"},
		"api_token":         {"hash", "sha256('reserv')"},
		"e_service_draft":   {"e_service_id", ":afar", "municipality_id", ":other"},
		"user_role":         {"role", "'AUDITOR'"},
		"platform_flow":     {"family_id", "9"},
		"platform_category": {"category", "'Reserv'"},
		"diary_case":        {"diary_serial", "2"},
		"waiver":            {"rule", "'RESERV'"},
		"audit_question":    {"position", "3"},
		"finding":           {"code", "'F03'"},
		"agreement_party":   {"agreement_id", spare("agreement")},
		"shared_project":    {"code", "'reserv'"},
		"participation":     {"shared_project_id", spare("shared_project"), "municipality_id", ":home", "role", "'HOST'"},
		"service_offer":     {"archived_at", "'2024-01-01'"},
		"offer_answer":      {"service_offer_id", spare("service_offer")},
		"adoption_step":     {"kind", "'AGREEMENT'"},
		"goal":              {"code", "'R'"},
		"indicator_value":   {"revision", "2"},
		"dependency":        {"after_project_id", "NULL", "after_initiative_id", ":later", "archived_at", "'2024-01-01'"},
		"record_link":       {"purpose", "'NOTES'"},
		"record_draft":      {"object_kind", "'initiative'", "object_id", ":initiative"},
		// The base row's membership is of the same pair: this one has ended.
		"collaboration_member": {"valid_to", "'2020-12-31'"},
	}
	for _, table := range domainTables {
		rows = append(rows, insert(table, append([]string{"id", spare(table)}, spares[table]...)...))
	}
	return rows
}

var named = regexp.MustCompile(`::?[a-z_]+`)

// withIDs puts the fixture's ids where the statement names them.
func withIDs(sql string) string {
	return named.ReplaceAllStringFunc(sql, func(name string) string {
		if id, known := ids[name[1:]]; known {
			return "'" + id + "'::uuid"
		}
		return name // a cast
	})
}

// newFixture makes a database that holds the fixture's rows.
func newFixture(t *testing.T) dbtest.Database {
	t.Helper()
	d := dbtest.New(t)
	inChange(t, d.App(t), "", func(tx pgx.Tx, _ int64) {
		for _, sql := range fixtureRows() {
			exec(t, tx, sql)
		}
	})
	return d
}

// inChange runs fn in a transaction with an open change, and keeps it.
func inChange(t *testing.T, conn *pgx.Conn, comment string, fn func(tx pgx.Tx, number int64)) {
	t.Helper()
	err := pgx.BeginFunc(context.Background(), conn, func(tx pgx.Tx) error {
		fn(tx, begin(t, tx, comment))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// begin opens a change.
func begin(t *testing.T, tx pgx.Tx, comment string) (number int64) {
	t.Helper()
	err := tx.QueryRow(context.Background(), `SELECT number FROM change_begin(NULL, 'SYSTEM', 'test', 'prov', NULL, 'test', $1, '')`, comment).Scan(&number)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// exec runs a statement that is to succeed.
func exec(t *testing.T, tx pgx.Tx, sql string) {
	t.Helper()
	if _, err := tx.Exec(context.Background(), withIDs(sql)); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// undone runs fn in a transaction that is rolled back.
func undone(t *testing.T, conn *pgx.Conn, fn func(tx pgx.Tx)) {
	t.Helper()
	ctx := context.Background()
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(ctx); err != nil {
			t.Error(err)
		}
	}()
	fn(tx)
}

// column reads the single column of a query.
func column[T any](t *testing.T, q interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, sql string, args ...any) []T {
	t.Helper()
	rows, err := q.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return values
}
