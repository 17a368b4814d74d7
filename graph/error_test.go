package graph_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/gid"
)

// shownErrors are an answer's errors as "CODE field rule".
func shownErrors(answer apitest.Result) []string {
	all := []string{}
	for _, e := range answer.Errors {
		all = append(all, strings.TrimRight(e.Code()+" "+e.Field()+" "+e.Rule(), " "))
	}
	slices.Sort(all)
	return all
}

// A change of a version that is no longer the newest is refused with the newest values.
func TestStaleVersionShowsWhatTheRecordIsNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.targets()
	current := map[string]apitest.Vars{ // by the record that the mutation is of
		"Municipality":  {"id": string(w.municipalities[home].NodeID()), "nameSv": "Norrköping", "scbCode": home, "version": 1.},
		"Unit":          {"id": string(w.units[home].NodeID()), "nameSv": "Kontoret", "type": "DEPARTMENT", "version": 1., "municipality": string(w.municipalities[home].NodeID())},
		"EService":      {"id": id["eService"], "nameSv": "Bygglov", "status": "LIVE", "published": true, "version": 2., "ownerUnit": string(w.units[home].NodeID())},
		"SharedService": {"id": id["sharedService"], "nameSv": "Bygglov", "code": "bygglov", "version": 1.},
	}
	schema, rules := parsed(), ruled(t)
	checked := 0
	for name, attempt := range attempts(w, id) {
		f := schema.Mutation.Fields.ForName(name)
		if schema.Types[f.Arguments[0].Type.Name()].Fields.ForName("expectedVersion") == nil {
			continue
		}
		checked++
		client := w.as(home, access.Grants()[rules[name]].Roles[0])
		answer := client.Query(t, mutation(name), apitest.Vars{"input": attempt.input})
		if diff := cmp.Diff([]string{"CONFLICT expectedVersion stale_version"}, shownErrors(answer)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
			continue
		}
		got, _ := answer.Errors[0].Extensions["current"].(map[string]any)
		for field, value := range current[strings.TrimSuffix(f.Type.Name(), "Payload")] {
			if got[field] != value {
				t.Errorf("%s tells that %s is %v now, want %v", name, field, got[field], value)
			}
		}
		for _, column := range []string{"hash", "changedIn", "oepSeen"} {
			if _, shown := got[column]; shown {
				t.Errorf("%s shows %s", name, column)
			}
		}
	}
	if checked < 10 {
		t.Errorf("%d mutations were checked only", checked)
	}
}

// What an input gets wrong is told fault by fault, each with its code, field and rule,
// and nothing is written.
func TestFaultsOfInputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.targets()
	before := w.versions()
	service := apitest.Vars{"id": id["eService"], "expectedVersion": 2}
	fresh := apitest.Vars{"municipality": home, "ownerUnit": w.units[home].NodeID(), "nameSv": "Prov"}
	for _, c := range []struct {
		name, mutation string
		input          apitest.Vars
		want           []string
	}{
		{
			"several at once", "createEService",
			with(fresh, apitest.Vars{"nameSv": "", "url": "ftp://x", "summarySv": strings.Repeat("a", 151), "slug": "Å", "languages": []string{"svenska"}, "accessibilityCheckedOn": "2026-01-01"}),
			[]string{
				"INVALID accessibilityStatus e_service_accessibility_complete", "INVALID languages e_service_languages", "INVALID nameSv e_service_name_length",
				"INVALID slug e_service_slug_form", "INVALID summarySv e_service_summary_length", "INVALID url e_service_url_form",
			},
		},
		{
			"several of a list", "recordUsage",
			apitest.Vars{"eService": id["eService"], "months": []apitest.Vars{{"month": "2026-01-02", "cases": 1}, {"month": "2026-04-01", "cases": -1}, {"month": "2026-01-01", "cases": 1, "digitalShare": 1.5}}},
			[]string{
				"INVALID months.0.month e_service_usage_month", "INVALID months.1.cases e_service_usage_cases", "INVALID months.1.month month_future",
				"INVALID months.2.digitalShare e_service_usage_digital_share",
			},
		},
		{"null where there must be a value", "updateEService", with(service, apitest.Vars{"nameSv": nil, "ownerUnit": nil, "slug": nil}), []string{"INVALID nameSv null", "INVALID ownerUnit null", "INVALID slug null"}},
		{"publishing what is not complete", "createEService", with(fresh, apitest.Vars{"status": "LIVE"}), []string{"INVALID foundSource e_service_registered_as_found"}},
		{"a date that is none", "updateEService", with(service, apitest.Vars{"launchedOn": "2026-02-30"}), []string{"INVALID launchedOn date"}},
		{"an instant that is none", "createApiToken", apitest.Vars{"municipality": home, "label": "x", "role": "READER", "scopes": []string{"READ"}, "expiresAt": "i morgon"}, []string{"INVALID expiresAt date_time"}},
		{"a NUL", "updateEService", with(service, apitest.Vars{"nameSv": "a\x00b"}), []string{"INVALID nameSv text_control"}},
		{"a control character in a list", "updateEService", with(service, apitest.Vars{"keywords": []string{"rätt", "fel\x1b"}}), []string{"INVALID keywords.1 text_control"}},
		{"a very long text", "updateEService", with(service, apitest.Vars{"descriptionSv": strings.Repeat("å", 200_000)}), []string{"INVALID descriptionSv e_service_description_length"}},
		{"an id of another kind", "updateEService", with(service, apitest.Vars{"ownerUnit": id["eService"]}), []string{"INVALID ownerUnit id_kind"}},
		{"the id of another kind of record", "updateEService", with(service, apitest.Vars{"id": w.units[home].NodeID()}), []string{"INVALID id id_kind"}},
		{"an id that is none", "updateEService", with(service, apitest.Vars{"id": "hej"}), []string{"INVALID id id_form"}},
		{"a unit of another municipality", "updateEService", with(service, apitest.Vars{"ownerUnit": w.units[partner].NodeID()}), []string{"INVALID ownerUnit e_service_owner_unit_fk"}},
		{"a unit that is not", "updateEService", with(service, apitest.Vars{"ownerUnit": gid.New("unit", w.municipalities[home].ID)}), []string{"INVALID ownerUnit e_service_live_owner_valid"}},
		{"a record that is not", "updateEService", with(service, apitest.Vars{"id": gid.New("e_service", w.municipalities[home].ID)}), []string{"NOT_FOUND"}},
		{"a municipality that is not", "createEService", with(fresh, apitest.Vars{"municipality": "9999"}), []string{"NOT_FOUND municipality"}},
		{"a step that is none", "transitionEService", with(service, apitest.Vars{"to": "IDEA"}), []string{"INVALID to e_service_step"}},
		{"a step back without a word", "transitionEService", with(service, apitest.Vars{"to": "PILOT"}), []string{"INVALID comment e_service_step_back_comment"}},
		{"archiving what is published", "archiveEService", service, []string{"INVALID published e_service_published_not_archived"}},
		{"a slug that is taken", "createEService", with(fresh, apitest.Vars{"slug": "bygglov"}), []string{"INVALID slug e_service_slug_unique"}},
		{"no months", "recordUsage", apitest.Vars{"eService": id["eService"], "months": []apitest.Vars{}}, []string{"INVALID months months_number"}},
		{"two sources", "previewImport", apitest.Vars{"municipality": home, "url": "https://example.se", "document": "{}"}, []string{"INVALID url import_source"}},
		{
			"an edit of many of what are no e-services", "bulkEditEServices",
			apitest.Vars{"totalCount": 1, "fingerprint": "1", "edit": apitest.Vars{"municipality": home, "ids": []any{id["eService"], w.units[home].NodeID()}, "set": apitest.Vars{"ownerUnit": nil, "sharedService": id["eService"]}}},
			[]string{"INVALID edit.ids.1 id_kind", "INVALID edit.set.ownerUnit null", "INVALID edit.set.sharedService id_kind"},
		},
		{"an edit of many that sets nothing", "bulkEditEServices", apitest.Vars{"totalCount": 1, "fingerprint": "1", "edit": apitest.Vars{"municipality": home, "filter": apitest.Vars{}, "set": apitest.Vars{}}}, []string{"INVALID edit.set bulk_nothing"}},
		{"an edit of more than were previewed", "bulkEditEServices", apitest.Vars{"totalCount": 0, "fingerprint": "1", "edit": apitest.Vars{"municipality": home, "filter": apitest.Vars{}, "set": apitest.Vars{"feeSv": "1 kr"}}}, []string{"CONFLICT totalCount bulk_count"}},
		{"an unknown value", "updateEService", with(service, apitest.Vars{"visibility": "SECRET"}), []string{"INVALID"}},
		{"an unknown field", "updateEService", with(service, apitest.Vars{"namn": "x"}), []string{"INVALID"}},
		{"a field that is missing", "createEService", apitest.Vars{"municipality": home}, []string{"INVALID"}},
		{"a null that the schema refuses", "createEService", with(fresh, apitest.Vars{"nameSv": nil}), []string{"INVALID"}},
		{"a number too large", "recordUsage", apitest.Vars{"eService": id["eService"], "months": []apitest.Vars{{"month": "2026-01-01", "cases": 1 << 40}}}, []string{"INVALID months.0.cases int"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := w.editor()
			if c.mutation == "createApiToken" {
				client = w.admin()
			}
			answer := client.Query(t, mutation(c.mutation), apitest.Vars{"input": c.input})
			if diff := cmp.Diff(c.want, shownErrors(answer)); diff != "" {
				t.Errorf("errors (-want +got):\n%s\n%s", diff, answer.Raw)
			}
			for _, e := range answer.Errors {
				if e.Message == "" {
					t.Errorf("an error says nothing: %s", answer.Raw)
				}
			}
		})
	}
	if diff := cmp.Diff(before, w.versions()); diff != "" {
		t.Errorf("what was refused has changed records (-before +after):\n%s", diff)
	}
}

// Text is kept in Unicode's normal form C, with its line breaks.
func TestTextIsNormalised(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := w.editor().Must(t, `mutation($input: CreateEServiceInput!) { createEService(input: $input) { eService { name { sv } description { sv } } } }`, apitest.Vars{
		"input": apitest.Vars{"municipality": home, "ownerUnit": w.units[home].NodeID(), "nameSv": "Fra\u030aga", "descriptionSv": "en\n\ttvå"},
	})
	if got := answer.Text("createEService.eService.name.sv"); got != "Fråga" {
		t.Errorf("the name is kept as %q", got)
	}
	if got := answer.Text("createEService.eService.description.sv"); got != "en\n\ttvå" {
		t.Errorf("the description is kept as %q", got)
	}
}

// Errors speak Swedish, and English to those who ask for it.
func TestErrorsSpeakTheCallersLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(c *apitest.Client) string {
		answer := c.Query(t, mutation("createUnit"), apitest.Vars{"input": apitest.Vars{"municipality": home, "nameSv": "", "type": "UNIT"}})
		if len(answer.Errors) != 1 {
			t.Fatalf("want one error: %s", answer.Raw)
		}
		return answer.Errors[0].Message
	}
	const swedish, english = "Namnet ska ha 1 till 200 tecken.", "The name is to have 1 to 200 characters."
	for header, want := range map[string]string{
		"": swedish, "sv": swedish, "en": english, "en-GB,en;q=0.9": english, "de": swedish, "de, en;q=0.5": english, "en;q=0.1, sv;q=0.9": swedish, ";;": swedish,
	} {
		if got := ask(w.admin().With("Accept-Language", header)); got != want {
			t.Errorf("Accept-Language %q is answered with %q, want %q", header, got, want)
		}
	}
}

// What goes wrong within is logged, and its text never leaves the server.
func TestInternalErrorsTellNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := newWorld(t, func(s *apitest.Settings) { s.Log = &log })
	id := w.targets()
	editor := w.as("", "") // a caller that the database need not know
	if _, err := w.Data.Owner(t).Exec(t.Context(), "ALTER TABLE e_service RENAME TO e_service_hemlig"); err != nil {
		t.Fatal(err)
	}
	for name, query := range map[string]string{
		"a query":    `{ eServices { nodes { id } } }`,
		"a node":     fmt.Sprintf(`{ node(id: %q) { id } }`, id["eService"]),
		"the past":   `{ asOf(at: "2026-03-16T11:00:00Z") { eServices { totalCount } } }`,
		"the counts": `{ eServices { totalCount facets(by: [STATUS]) { values { count } } } }`,
	} {
		answer := editor.Query(t, query, nil)
		if len(answer.Errors) == 0 {
			t.Errorf("%s succeeds: %s", name, answer.Raw)
		}
		for _, e := range answer.Errors {
			if e.Code() != "INTERNAL" || !strings.HasPrefix(e.Message, "Något gick fel hos oss.") {
				t.Errorf("%s answers %s", name, answer.Raw)
			}
		}
		for _, word := range []string{"hemlig", "SQLSTATE", "relation", "postgres", "pgx", ".go"} {
			if bytes.Contains(answer.Raw, []byte(word)) {
				t.Errorf("%s tells of %s: %s", name, word, answer.Raw)
			}
		}
	}
	write := w.editor().Query(t, mutation("publishEService"), apitest.Vars{"input": apitest.Vars{"id": id["eService"], "expectedVersion": 2}})
	if got := shownErrors(write); !slices.Equal(got, []string{"INTERNAL"}) || bytes.Contains(write.Raw, []byte("SQLSTATE")) {
		t.Errorf("a write answers %s", write.Raw)
	}
	if !bytes.Contains(log.Bytes(), []byte("42P01")) {
		t.Error("the log does not tell what went wrong")
	}

	w.DB.Close()
	for _, c := range []*apitest.Client{w.as("", ""), w.As(apitest.Caller{Secret: "fardplan_okand"})} {
		answer := c.Query(t, `{ snapshot { change } }`, nil)
		if len(answer.Errors) != 1 || answer.Errors[0].Code() != "INTERNAL" || bytes.Contains(answer.Raw, []byte("pool")) {
			t.Errorf("without a database it answers %s", answer.Raw)
		}
	}
}
