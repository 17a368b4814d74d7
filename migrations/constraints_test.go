package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// breach is how a constraint is broken: statements of which all but the last succeed
// beside the fixture's rows, and the last is refused in the constraint's name.
type breach struct {
	name string
	sql  []string
	// raises is the name in the refusal where it is another: of a constraint that is
	// never broken itself, but that others stand on.
	raises string
	// trigger raises the refusal, where no constraint of that name exists.
	trigger string
	// owner runs the statements as the owner, since the application may not.
	owner bool
	// bare runs them without a change opened before.
	bare bool
}

func breaks(name string, sql ...string) breach { return breach{name: name, sql: sql} }

// refusedIn is a base row with one column that the constraint refuses.
func refusedIn(name, table, column, value string) breach {
	return breaks(name, insert(table, column, value))
}

func raised(name, trigger string, sql ...string) breach {
	return breach{name: name, trigger: trigger, sql: sql}
}

// long is SQL for a text one character longer than most.
func long(most string) string { return "repeat('å', " + most + " + 1)" }

// inUse is the statement that adds an e-service registered as found in the status.
func inUse(status string, other ...string) string {
	return insert("e_service", append(append([]string{"status", "'" + status + "'"}, found...), other...)...)
}

// attempt is the statement that begins a sign-in.
const attempt = "INSERT INTO sign_in_attempt VALUES (sha256('state'), sha256('browser'), 'prov', 'n', 'v', '/', '2030-01-01')"

// published is the statement that adds a published e-service with all that takes.
func published(other ...string) string {
	return insert("e_service", append([]string{
		"published", "true", "url", "'https://example.se'", "summary_sv", "'Ansök'", "audiences", "'{COMPANY}'",
	}, other...)...)
}

// breaches has one for each constraint, unique index and rule of a trigger.
var breaches = slices.Concat(catalogueBreaches, decisionBreaches, documentBreaches, collaborationBreaches, strategyBreaches, linkBreaches)

var catalogueBreaches = []breach{
	{name: "change_head_pk", owner: true, bare: true, sql: []string{"INSERT INTO change_head (number, at) VALUES (0, '-infinity')"}},
	{name: "change_head_single", owner: true, bare: true, sql: []string{"INSERT INTO change_head (single, number, at) VALUES (false, 0, '-infinity')"}},
	{name: "change_pk", owner: true, bare: true, sql: []string{"INSERT INTO change SELECT * FROM change LIMIT 1"}},
	{name: "change_actor_kind", bare: true, sql: []string{"SELECT change_begin(NULL, 'ROBOT', 'test', 'prov', NULL, 'test', '', '')"}},
	{name: "change_operation", bare: true, sql: []string{"SELECT change_begin(NULL, 'SYSTEM', 'test', 'prov', NULL, '', '', '')"}},
	{name: "change_municipality_fk", bare: true, sql: []string{"SELECT change_begin(NULL, 'SYSTEM', 'test', 'prov', :nothing, 'test', '', '')"}},

	refusedIn("municipality_pk", "municipality", "id", ":home"),
	refusedIn("municipality_scb_code_unique", "municipality", "scb_code", "'0581'"),
	refusedIn("municipality_scb_code_form", "municipality", "scb_code", "'581'"),
	refusedIn("municipality_name_length", "municipality", "name_sv", "'  '"),
	refusedIn("municipality_name_en_length", "municipality", "name_en", long("100")),
	refusedIn("municipality_org_number_unique", "municipality", "org_number", "'212000-0456'"),
	refusedIn("municipality_org_number_form", "municipality", "org_number", "'212000-0457'"),
	refusedIn("municipality_diary_patterns_form", "municipality", "diary_patterns", "'{KS YEAR/SERIAL}'"),
	refusedIn("municipality_diary_link_form", "municipality", "diary_link_template", "'https://diarium.example.se/'"),
	refusedIn("municipality_oep_base_url_form", "municipality", "oep_base_url", "'https://example.se/?a=b'"),
	refusedIn("municipality_inhabitants_class_length", "municipality", "inhabitants_class", "''"),
	refusedIn("municipality_one_home", "municipality", "is_home", "true"),

	refusedIn("unit_pk", "unit", "id", ":root"),
	// An id is unique by itself: this one is what references within a municipality stand on.
	{name: "unit_of_municipality", raises: "unit_parent_fk", sql: []string{insert("unit", "parent_id", ":foreign")}},
	refusedIn("unit_municipality_fk", "unit", "municipality_id", ":nothing"),
	refusedIn("unit_parent_fk", "unit", "parent_id", ":foreign"),
	breaks("unit_successor_fk", insert("unit", "valid_to", "'2024-01-01'", "successor_id", ":foreign")),
	refusedIn("unit_name_length", "unit", "name_sv", long("200")),
	refusedIn("unit_name_en_length", "unit", "name_en", "' '"),
	refusedIn("unit_name_unique", "unit", "name_sv", "'kommunSTYRELSEN'"),
	refusedIn("unit_type", "unit", "type", "'KLUBB'"),
	refusedIn("unit_aliases", "unit", "aliases", "ARRAY[' ']"),
	breaks("unit_validity", insert("unit", "valid_from", "'2024-01-02'", "valid_to", "'2024-01-01'")),
	breaks("unit_successor_not_self", insert("unit", "id", ":nothing", "valid_to", "'2024-01-01'", "successor_id", ":nothing")),
	refusedIn("unit_successor_closed", "unit", "successor_id", ":root"),
	refusedIn("unit_cost_centre_length", "unit", "cost_centre", "''"),
	refusedIn("unit_diary_code_form", "unit", "diary_code", "'ks'"),
	raised("unit_parent_no_cycle", "unit_no_cycle", "UPDATE unit SET parent_id = :office WHERE id = :root"),
	raised("unit_successor_no_cycle", "unit_no_cycle",
		insert("unit", "id", ":nothing", "valid_to", "'2024-01-01'", "successor_id", ":closed"),
		"UPDATE unit SET successor_id = :nothing WHERE id = :closed"),
	raised("unit_close_needs_successor", "unit_close", "UPDATE unit SET valid_to = '2024-01-01' WHERE id = :office"),
	raised("unit_close_children_open", "unit_close", "UPDATE unit SET archived_at = updated_at WHERE id = :root"),

	refusedIn("collaboration_pk", "collaboration", "id", ":collab"),
	refusedIn("collaboration_name_unique", "collaboration", "name_sv", "'Samverkan'"),
	refusedIn("collaboration_name_length", "collaboration", "name_sv", "''"),
	refusedIn("collaboration_name_en_length", "collaboration", "name_en", long("200")),
	refusedIn("collaboration_member_pk", "collaboration_member", "id", ":member"),
	refusedIn("collaboration_member_collaboration_fk", "collaboration_member", "collaboration_id", ":nothing"),
	refusedIn("collaboration_member_municipality_fk", "collaboration_member", "municipality_id", ":nothing"),
	refusedIn("collaboration_member_validity", "collaboration_member", "valid_to", "'2019-12-31'"),
	refusedIn("collaboration_member_source", "collaboration_member", "source", "' '"),
	refusedIn("collaboration_member_once", "collaboration_member", "municipality_id", ":home"),

	refusedIn("shared_service_pk", "shared_service", "id", ":shared"),
	refusedIn("shared_service_municipality_fk", "shared_service", "municipality_id", ":nothing"),
	refusedIn("shared_service_code_unique", "shared_service", "code", "'skolskjuts'"),
	refusedIn("shared_service_code_form", "shared_service", "code", "'Skolskjuts'"),
	refusedIn("shared_service_name_length", "shared_service", "name_sv", "''"),
	refusedIn("shared_service_name_en_length", "shared_service", "name_en", "''"),
	refusedIn("shared_service_purpose_length", "shared_service", "purpose_sv", long("5000")),
	refusedIn("shared_service_purpose_en_length", "shared_service", "purpose_en", long("5000")),
	refusedIn("shared_service_classification_form", "shared_service", "classification", "'3.5.'"),
	refusedIn("shared_service_themes", "shared_service", "themes", "'{WEATHER}'"),
	refusedIn("shared_service_artefact_urls", "shared_service", "artefact_urls", "'{example.se}'"),
	refusedIn("shared_service_licence_length", "shared_service", "licence", "''"),
	refusedIn("shared_service_visibility", "shared_service", "visibility", "'SECRET'"),

	refusedIn("e_service_pk", "e_service", "id", ":live"),
	// As with units: what references within a municipality stand on.
	{name: "e_service_of_municipality", raises: "e_service_replaced_by_fk", sql: []string{insert("e_service", "replaced_by_id", ":afar")}},
	// Its owner would be refused too, but the municipality's reference is asked first.
	refusedIn("e_service_municipality_fk", "e_service", "municipality_id", ":nothing"),
	refusedIn("e_service_owner_unit_fk", "e_service", "owner_unit_id", ":foreign"),
	refusedIn("e_service_shared_service_fk", "e_service", "shared_service_id", ":nothing"),
	refusedIn("e_service_replaced_by_fk", "e_service", "replaced_by_id", ":afar"),
	breaks("e_service_replaced_by_not_self", insert("e_service", "id", ":nothing", "replaced_by_id", ":nothing")),
	refusedIn("e_service_name_length", "e_service", "name_sv", long("300")),
	refusedIn("e_service_name_en_length", "e_service", "name_en", "''"),
	refusedIn("e_service_slug_form", "e_service", "slug", "'två-ord'"),
	refusedIn("e_service_slug_unique", "e_service", "slug", "'live'"),
	refusedIn("e_service_summary_length", "e_service", "summary_sv", long("150")),
	refusedIn("e_service_summary_en_length", "e_service", "summary_en", long("150")),
	refusedIn("e_service_description_length", "e_service", "description_sv", long("20000")),
	refusedIn("e_service_description_en_length", "e_service", "description_en", long("20000")),
	refusedIn("e_service_url_form", "e_service", "url", "'javascript:alert(1)'"),
	refusedIn("e_service_contact_function_length", "e_service", "contact_function", "''"),
	refusedIn("e_service_audiences", "e_service", "audiences", "'{CATS}'"),
	refusedIn("e_service_life_events", "e_service", "life_events", "'{PARTY}'"),
	refusedIn("e_service_themes", "e_service", "themes", "'{WEATHER}'"),
	refusedIn("e_service_keywords", "e_service", "keywords", "ARRAY['']"),
	refusedIn("e_service_channels", "e_service", "channels", "'{PIGEON}'"),
	refusedIn("e_service_alternative_channel_length", "e_service", "alternative_channel_sv", long("1000")),
	refusedIn("e_service_alternative_channel_en_length", "e_service", "alternative_channel_en", long("1000")),
	refusedIn("e_service_languages", "e_service", "languages", "'{svenska}'"),
	refusedIn("e_service_eid_level", "e_service", "eid_level", "'SOME'"),
	refusedIn("e_service_legal_basis_length", "e_service", "legal_basis", "''"),
	refusedIn("e_service_legal_basis_verified", "e_service", "legal_basis_verified_on", "'2024-01-01'"),
	refusedIn("e_service_fee_length", "e_service", "fee_sv", long("500")),
	refusedIn("e_service_fee_en_length", "e_service", "fee_en", long("500")),
	refusedIn("e_service_processing_time_length", "e_service", "processing_time_sv", long("500")),
	refusedIn("e_service_processing_time_en_length", "e_service", "processing_time_en", long("500")),
	refusedIn("e_service_digital_level", "e_service", "digital_level", "'PAPER'"),
	refusedIn("e_service_personal_data", "e_service", "personal_data", "'SOME'"),
	refusedIn("e_service_retention_length", "e_service", "retention", "''"),
	refusedIn("e_service_accessibility_status", "e_service", "accessibility_status", "'GOOD'"),
	refusedIn("e_service_accessibility_standard_length", "e_service", "accessibility_standard", "''"),
	refusedIn("e_service_accessibility_statement_url_form", "e_service", "accessibility_statement_url", "'example.se'"),
	refusedIn("e_service_accessibility_complete", "e_service", "accessibility_checked_on", "'2024-01-01'"),
	breaks("e_service_status", inUse("DREAM")),
	breaks("e_service_retired_after_launch", inUse("RETIRED", "launched_on", "'2024-01-02'", "retired_on", "'2024-01-01'", "retirement_reason", "'Ersatt'")),
	breaks("e_service_retirement_reason_length", inUse("RETIRED", "retired_on", "'2024-01-01'", "retirement_reason", "''")),
	breaks("e_service_retired_complete", inUse("RETIRED", "retired_on", "'2024-01-01'")),
	refusedIn("e_service_retired_only", "e_service", "retired_on", "'2024-01-01'"),
	breaks("e_service_found_source_length", insert("e_service", "found_source", "''", "found_reason", "'Fanns'")),
	breaks("e_service_found_reason_length", insert("e_service", "found_source", "'Fil'", "found_reason", "''")),
	refusedIn("e_service_found_both", "e_service", "found_source", "'Fil'"),
	refusedIn("e_service_visibility", "e_service", "visibility", "'SECRET'"),
	refusedIn("e_service_oep_family_positive", "e_service", "oep_family_id", "0"),
	refusedIn("e_service_oep_family_unique", "e_service", "oep_family_id", "7"),
	refusedIn("e_service_oep_category_length", "e_service", "oep_category", "''"),
	breaks("e_service_published_url", published("url", "NULL")),
	breaks("e_service_published_summary", published("summary_sv", "NULL")),
	breaks("e_service_published_audience", published("audiences", "'{}'")),
	breaks("e_service_published_launched", published(append([]string{"status", "'LIVE'"}, found...)...)),
	breaks("e_service_published_not_archived", published("archived_at", "'2024-01-01'")),
	raised("e_service_registered_as_found", "e_service_life_cycle", insert("e_service", "status", "'LIVE'")),
	raised("e_service_step", "e_service_life_cycle", "UPDATE e_service SET status = 'LIVE' WHERE id = :idea"),
	raised("e_service_step_back_comment", "e_service_life_cycle", "UPDATE e_service SET status = 'PILOT' WHERE id = :live"),
	raised("e_service_live_owner_valid", "e_service_life_cycle", "UPDATE e_service SET owner_unit_id = :closed WHERE id = :live"),

	refusedIn("e_service_usage_pk", "e_service_usage", "id", ":usage"),
	refusedIn("e_service_usage_once", "e_service_usage", "month", "'2024-01-01'"),
	refusedIn("e_service_usage_e_service_fk", "e_service_usage", "e_service_id", ":afar"),
	refusedIn("e_service_usage_month", "e_service_usage", "month", "'2024-02-02'"),
	refusedIn("e_service_usage_cases", "e_service_usage", "cases", "-1"),
	refusedIn("e_service_usage_digital_share", "e_service_usage", "digital_share", "1.01"),
	refusedIn("e_service_usage_satisfaction", "e_service_usage", "satisfaction", "0.99"),
	refusedIn("e_service_usage_abandon_rate", "e_service_usage", "abandon_rate", "-0.01"),
	refusedIn("e_service_usage_source", "e_service_usage", "source", "'GUESS'"),

	refusedIn("import_run_pk", "import_run", "id", ":import"),
	refusedIn("import_run_municipality_fk", "import_run", "municipality_id", ":nothing"),
	refusedIn("import_run_source_length", "import_run", "source", "''"),
	refusedIn("import_run_flows", "import_run", "flows", "-1"),
	refusedIn("import_run_created", "import_run", "created", "-1"),
	refusedIn("import_run_changed", "import_run", "changed", "-1"),
	refusedIn("import_run_gone", "import_run", "gone", "-1"),
	refusedIn("import_run_unchanged", "import_run", "unchanged", "-1"),
	refusedIn("import_run_refused", "import_run", "refused", "-1"),

	refusedIn("e_service_draft_pk", "e_service_draft", "id", ":draft"),
	refusedIn("e_service_draft_state", "e_service_draft", "state", "'FORGOTTEN'"),
	refusedIn("e_service_draft_fields", "e_service_draft", "base", `'{"fee_en": null}'`),
	refusedIn("e_service_draft_e_service_fk", "e_service_draft", "e_service_id", ":nothing"),
	refusedIn("e_service_draft_open_once", "e_service_draft", "e_service_id", ":live"),
	raised("e_service_draft_closed", "e_service_draft_close",
		"UPDATE e_service_draft SET state = 'DISCARDED' WHERE id = :draft",
		"UPDATE e_service_draft SET state = 'OPEN' WHERE id = :draft"),

	refusedIn("search_entry_pk", "search_entry", "id", ":entry"),
	refusedIn("search_entry_object_kind", "search_entry", "object_kind", "'Unit'"),
	refusedIn("search_entry_municipality_fk", "search_entry", "municipality_id", ":nothing"),
	breaks("search_own_word_municipality_fk", "INSERT INTO search_own_word (municipality_id, word) VALUES (:nothing, 'prov')"),
	breaks("search_own_word_pk", "INSERT INTO search_own_word (municipality_id, word) VALUES (:home, 'prov')", "INSERT INTO search_own_word (municipality_id, word) VALUES (:home, 'prov')"),
	breaks("search_word_pk", "INSERT INTO search_word (word) VALUES ('prov')", "INSERT INTO search_word (word) VALUES ('prov')"),
	refusedIn("gap_episode_pk", "gap_episode", "id", ":gap"),
	refusedIn("gap_episode_rule", "gap_episode", "rule", "'Öppen'"),
	refusedIn("gap_episode_object_kind", "gap_episode", "object_kind", "'Unit'"),
	refusedIn("gap_episode_rank", "gap_episode", "rank", "4"),
	refusedIn("gap_episode_municipality_fk", "gap_episode", "municipality_id", ":nothing"),
	refusedIn("gap_episode_order", "gap_episode", "closed_at", "'2023-12-31'"),
	refusedIn("gap_episode_open_once", "gap_episode", "rule", "'OPEN_GAP'"),

	refusedIn("api_token_pk", "api_token", "id", ":token"),
	refusedIn("api_token_municipality_fk", "api_token", "municipality_id", ":nothing"),
	refusedIn("api_token_label_length", "api_token", "label", "''"),
	refusedIn("api_token_role", "api_token", "role", "'KING'"),
	refusedIn("api_token_scopes", "api_token", "scopes", "'{}'"),
	refusedIn("api_token_hash_unique", "api_token", "hash", "sha256('fixture')"),
	refusedIn("api_token_hash_length", "api_token", "hash", "'short'"),
	breaks("api_token_use_pk", "INSERT INTO api_token_use VALUES (:token, '2024-01-01')"),
	breaks("api_token_use_token_fk", "INSERT INTO api_token_use VALUES (:nothing, '2024-01-01')"),

	refusedIn("user_account_pk", "user_account", "id", ":user"),
	refusedIn("user_account_municipality_fk", "user_account", "municipality_id", ":nothing"),
	{name: "user_account_of_municipality", raises: "user_role_user_account_fk", sql: []string{insert("user_role", "municipality_id", ":other")}},
	refusedIn("user_role_pk", "user_role", "id", ":role"),
	breaks("user_role_user_account_fk", insert("user_role", "municipality_id", ":other")),
	refusedIn("user_role_role", "user_role", "role", "'KING'"),
	breaks("user_role_function_length", insert("user_role", "function", "' '")),
	refusedIn("user_role_once", "user_role", "role", "'DIRECTOR'"),
	breaks("person_pk", fmt.Sprintf(beside["person"], ":user", "'https://example.se'", "'prov'", "'Prov'", "NULL")),
	breaks("person_user_account_fk", fmt.Sprintf(beside["person"], ":nothing", "'https://example.se'", "'prov'", "'Prov'", "NULL")),
	breaks("person_subject_unique", insert("user_account", "id", ":spare"), fmt.Sprintf(beside["person"], ":spare", "'https://example.se'", "'fixture'", "NULL", "NULL")),
	breaks("person_issuer_length", insert("user_account", "id", ":spare"), fmt.Sprintf(beside["person"], ":spare", "''", "'x'", "NULL", "NULL")),
	breaks("person_subject_length", insert("user_account", "id", ":spare"), fmt.Sprintf(beside["person"], ":spare", "'x'", "''", "NULL", "NULL")),
	breaks("person_name_length", insert("user_account", "id", ":spare"), fmt.Sprintf(beside["person"], ":spare", "'x'", "'x'", "''", "NULL")),
	breaks("person_email_length", insert("user_account", "id", ":spare"), fmt.Sprintf(beside["person"], ":spare", "'x'", "'x'", "NULL", "''")),
	breaks("user_session_pk", fmt.Sprintf(beside["user_session"], ":session", ":user", "sha256('prov')")),
	breaks("user_session_user_account_fk", fmt.Sprintf(beside["user_session"], ":spare", ":nothing", "sha256('prov')")),
	breaks("user_session_hash_unique", fmt.Sprintf(beside["user_session"], ":spare", ":user", "sha256('fixture')")),
	breaks("user_session_hash_length", fmt.Sprintf(beside["user_session"], ":spare", ":user", "'short'")),
	breaks("sign_in_attempt_pk", attempt, attempt),
	refusedIn("platform_flow_pk", "platform_flow", "id", ":flow"),
	refusedIn("platform_flow_municipality_fk", "platform_flow", "municipality_id", ":nothing"),
	refusedIn("platform_flow_family_positive", "platform_flow", "family_id", "0"),
	refusedIn("platform_flow_family_unique", "platform_flow", "family_id", "7"),
	refusedIn("platform_flow_name_length", "platform_flow", "name", "' '"),
	refusedIn("platform_flow_said_object", "platform_flow", "said", "'[]'"),
	refusedIn("platform_flow_missing_after", "platform_flow", "missing_since", "'2023-12-31'"),
	refusedIn("platform_category_pk", "platform_category", "id", ":belongs"),
	refusedIn("platform_category_municipality_fk", "platform_category", "municipality_id", ":nothing"),
	refusedIn("platform_category_category_length", "platform_category", "category", long("300")),
	refusedIn("platform_category_unique", "platform_category", "category", "'Skola'"),
	refusedIn("platform_category_owner_unit_fk", "platform_category", "owner_unit_id", ":foreign"),

	refusedIn("link_check_pk", "link_check", "id", ":link"),
	refusedIn("link_check_once", "link_check", "target", "'ACCESSIBILITY_STATEMENT'"),
	refusedIn("link_check_e_service_fk", "link_check", "e_service_id", ":afar"),
	refusedIn("link_check_target", "link_check", "target", "'OTHER'"),
	refusedIn("link_check_address_form", "link_check", "address", "'ftp://example.se'"),
	breaks("link_check_verdict", insert("link_check", "verdict", "'MAYBE'", "cause", "'TIMEOUT'")),
	breaks("link_check_cause", insert("link_check", "verdict", "'BROKEN'", "cause", "'GREMLINS'")),
	refusedIn("link_check_cause_given", "link_check", "verdict", "'BROKEN'"),
	refusedIn("link_check_http_status", "link_check", "http_status", "99"),
	refusedIn("link_check_suggested_form", "link_check", "suggested_address", "'/ny'"),
	breaks("link_visit_pk", "INSERT INTO link_visit (link_check_id, checked_at, failures) VALUES (:link, '2024-01-01', 0)"),
	breaks("link_visit_check_fk", "UPDATE link_visit SET link_check_id = :nothing"),
	breaks("link_visit_failures", "UPDATE link_visit SET failures = -1"),
	breaks("job_run_pk", "INSERT INTO job_run (job, key, due_at) VALUES ('PROV', '', '2024-01-01')"),
	breaks("job_run_job", "INSERT INTO job_run (job, key, due_at) VALUES ('prov', '', '2024-01-01')"),
	breaks("job_run_key_length", "INSERT INTO job_run (job, key, due_at) VALUES ('PROV', "+long("100")+", '2024-01-01')"),
	breaks("job_run_municipality_fk", "INSERT INTO job_run (job, key, municipality_id, due_at) VALUES ('PROV', '1', :nothing, '2024-01-01')"),
	breaks("job_run_order", "UPDATE job_run SET started_at = '2024-01-02', ended_at = '2024-01-01', outcome = 'DONE'"),
	breaks("job_run_outcome", "UPDATE job_run SET outcome = 'LOST'"),
	breaks("job_run_failures", "UPDATE job_run SET failures = -1"),
	breaks("job_run_leased", "UPDATE job_run SET outcome = 'RUNNING'"),
}

// TestConstraint breaks every constraint, unique index and rule of a trigger, and
// wants PostgreSQL to refuse in its name.
func TestConstraint(t *testing.T) {
	d := newFixture(t)
	app, owner := d.App(t), d.Owner(t)
	for _, b := range breaches {
		t.Run(b.name, func(t *testing.T) {
			conn := app
			if b.owner {
				conn = owner
			}
			refuse(t, conn, b)
		})
	}
}

func refuse(t *testing.T, conn *pgx.Conn, b breach) {
	t.Helper()
	want := b.name
	if b.raises != "" {
		want = b.raises
	}
	undone(t, conn, func(tx pgx.Tx) {
		if !b.bare {
			begin(t, tx, "")
		}
		last := len(b.sql) - 1
		for _, sql := range b.sql[:last] {
			exec(t, tx, sql)
		}
		_, err := tx.Exec(context.Background(), withIDs(b.sql[last]))
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.ConstraintName != want {
			t.Errorf("%s\ngave %v, want a refusal by %s", b.sql[last], err, want)
		}
	})
}

// TestConstraintsTakeWhatIsAllowed holds that nothing but the column at fault is
// refused: the base rows themselves go in.
func TestConstraintsTakeWhatIsAllowed(t *testing.T) {
	conn := newFixture(t).App(t)
	for _, sql := range []string{published(), inUse("LIVE"), inUse("RETIRED", "retired_on", "'2024-01-01'", "retirement_reason", "'Ersatt'")} {
		undone(t, conn, func(tx pgx.Tx) {
			begin(t, tx, "")
			exec(t, tx, sql)
		})
	}
	undone(t, conn, func(tx pgx.Tx) {
		begin(t, tx, "")
		for _, table := range domainTables {
			exec(t, tx, insert(table))
		}
	})
}

// TestEveryConstraintHasItsBreach holds the table above to the catalog: a constraint
// without a breach, or a breach of none, fails.
func TestEveryConstraintHasItsBreach(t *testing.T) {
	var tested []string
	for _, b := range breaches {
		tested = append(tested, b.name)
	}
	same(t, tested, refusals(t, newFixture(t).Owner(t)))
}

var raisedName = regexp.MustCompile(`CONSTRAINT\s*=\s*'([a-z_]+)'`)

// refusals lists the names that the database refuses in: those of constraints (but
// for NOT NULL, which newer versions name too), of unique indexes, and those that
// triggers raise.
func refusals(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	names := column[string](t, conn, `
		SELECT c.conname::text FROM pg_constraint c
		 WHERE c.connamespace = 'public'::regnamespace AND c.contype <> 'n' AND c.conrelid <> 'goose_db_version'::regclass
		UNION ALL
		SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
		 WHERE i.relnamespace = 'public'::regnamespace AND x.indisunique AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid)`)
	for _, body := range column[string](t, conn, `SELECT prosrc FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'history'::regnamespace)`) {
		for _, m := range raisedName.FindAllStringSubmatch(body, -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// same fails for what one list has and the other lacks.
func same(t *testing.T, tested, there []string) {
	t.Helper()
	for _, name := range there {
		if !slices.Contains(tested, name) {
			t.Errorf("%s is in the database and has no test", name)
		}
	}
	for i, name := range tested {
		if !slices.Contains(there, name) {
			t.Errorf("%s has a test and is not in the database", name)
		}
		if slices.Contains(tested[:i], name) {
			t.Errorf("%s is tested twice", name)
		}
	}
}
