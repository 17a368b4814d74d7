package graph_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/access"
	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/history"
	"fardplan/internal/job"
	"fardplan/internal/link"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres/dbtest"
)

// places are the values of an enum in the program, and the constraints that list them.
type places struct {
	values      []string
	constraints []string
}

// coded are the enums whose values stand in three places: the schema, the program and
// the database's constraints. Values of each are in the order that people read them.
func coded() map[string]places {
	of := func(field string) []string {
		var values []string
		for _, c := range eservice.Codes()[field] {
			values = append(values, c.Value)
		}
		return values
	}
	all := map[string]places{
		"EServiceStatus":      {of("STATUS"), []string{"e_service_status"}},
		"Audience":            {of("AUDIENCE"), []string{"e_service_audiences"}},
		"JobOutcome":          {texts([]job.Outcome{job.Running, job.Done, job.Failed, job.Stopped}), []string{"job_run_outcome"}},
		"LifeEvent":           {of("LIFE_EVENT"), []string{"e_service_life_events"}},
		"Theme":               {of("THEME"), []string{"e_service_themes", "shared_service_themes"}},
		"ServiceChannel":      {of("CHANNEL"), []string{"e_service_channels"}},
		"EIDLevel":            {of("EID_LEVEL"), []string{"e_service_eid_level"}},
		"DigitalLevel":        {of("DIGITAL_LEVEL"), []string{"e_service_digital_level"}},
		"PersonalData":        {of("PERSONAL_DATA"), []string{"e_service_personal_data"}},
		"AccessibilityStatus": {of("ACCESSIBILITY_STATUS"), []string{"e_service_accessibility_status"}},
		"Visibility":          {of("VISIBILITY"), []string{"e_service_visibility", "shared_service_visibility", "diary_case_visibility", "decision_visibility", "governing_document_visibility", "audit_visibility", "goal_visibility", "initiative_visibility", "agreement_visibility", "shared_project_visibility", "service_offer_visibility"}},
		"LinkTarget":          {[]string{"URL", "ACCESSIBILITY_STATEMENT"}, []string{"link_check_target"}},
		"LinkVerdict":         {codes(link.Verdicts()), []string{"link_check_verdict"}},
		"LinkCause":           {codes(link.Causes()), []string{"link_check_cause"}},
		"UsageSource":         {of("USAGE_SOURCE"), []string{"e_service_usage_source"}},
		"EServiceDraftState":  {texts(draft.States()), []string{"e_service_draft_state"}},
		"UnitType":            {texts(organisation.UnitTypes()), []string{"unit_type"}},
		"Role":                {texts(access.Roles()), []string{"api_token_role", "user_role_role"}},
		"TokenScope":          {texts(access.Scopes()), []string{"api_token_scopes"}},
		"RecordKind":          {upper(history.FeedKinds()), nil},
	}
	for _, more := range []map[string]places{decisionCodes(), documentCodes(), collaborationCodes(), strategyCodes(), threadCodes(), recordDraftCodes()} {
		maps.Copy(all, more)
	}
	return all
}

func codes(all []link.Code) []string {
	var values []string
	for _, c := range all {
		values = append(values, c.Value)
	}
	return values
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

func upper(values []string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = strings.ToUpper(v)
	}
	return all
}

// The values of a code are the same, in the same order, to clients, in the program and
// in the database.
func TestCodesAgree(t *testing.T) {
	t.Parallel()
	schema, inDatabase := parsed(), listsOfConstraints(t)
	for enum, want := range coded() {
		t.Run(enum, func(t *testing.T) {
			var values []string
			for _, v := range schema.Types[enum].EnumValues {
				values = append(values, v.Name)
			}
			if diff := cmp.Diff(want.values, values); diff != "" {
				t.Errorf("the schema's (-program +schema):\n%s", diff)
			}
			for _, constraint := range want.constraints {
				if diff := cmp.Diff(want.values, inDatabase[constraint]); diff != "" {
					t.Errorf("those of constraint %s (-program +database):\n%s", constraint, diff)
				}
			}
		})
	}
	var held []string
	for _, c := range coded() {
		held = append(held, c.constraints...)
	}
	for constraint := range inDatabase {
		if !slices.Contains(held, constraint) && constraint != "change_actor_kind" {
			t.Errorf("constraint %s lists values that are held against no enum", constraint)
		}
	}
}

// Facets of a coded field tell of it by the values that its filter takes.
func TestFacetsOfCodesHaveNames(t *testing.T) {
	t.Parallel()
	codes := eservice.Codes()
	for _, v := range parsed().Types["EServiceFacet"].EnumValues {
		if slices.Contains([]string{"MUNICIPALITY", "OWNER_UNIT", "KEYWORD", "OEP_CATEGORY", "GAP"}, v.Name) {
			continue // named by the records themselves
		}
		if len(codes[v.Name]) == 0 {
			t.Errorf("facet %s has no names for its values", v.Name)
		}
		for _, c := range codes[v.Name] {
			if c.Sv == "" || c.En == "" || c.Sv == c.Value {
				t.Errorf("%s of %s has no name for people", c.Value, v.Name)
			}
		}
	}
}

// listsOfConstraints gives the values that each check constraint lists, by its name.
func listsOfConstraints(t *testing.T) map[string][]string {
	t.Helper()
	rows, err := dbtest.New(t).Owner(t).Query(t.Context(),
		`SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	array, value := regexp.MustCompile(`ARRAY\[([^\]]*)\]`), regexp.MustCompile(`'([A-Z0-9_]+)'`)
	lists := map[string][]string{}
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			t.Fatal(err)
		}
		for _, list := range array.FindAllStringSubmatch(definition, -1) {
			for _, v := range value.FindAllStringSubmatch(list[1], -1) {
				lists[name] = append(lists[name], v[1])
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lists
}
