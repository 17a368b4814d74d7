package graph_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/gid"
)

// ruled gives, for each mutation, the rule that docs/access.md names for it.
func ruled(t *testing.T) map[string]access.Rule {
	t.Helper()
	page, err := os.ReadFile("../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([A-Za-z.]+)`")
	rules := map[string]access.Rule{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		rule := access.Rule(quoted.FindStringSubmatch(cells[1])[1])
		for _, name := range quoted.FindAllStringSubmatch(cells[2], -1) {
			if other, twice := rules[name[1]]; twice {
				t.Errorf("docs/access.md has %s both under %s and under %s", name[1], other, rule)
			}
			rules[name[1]] = rule
		}
	}
	return rules
}

// Every mutation of the schema stands in docs/access.md under a rule of the program.
func TestAccessNamesEveryMutation(t *testing.T) {
	t.Parallel()
	rules := ruled(t)
	var names []string
	for _, f := range parsed().Mutation.Fields {
		names = append(names, f.Name)
		if _, known := access.Grants()[rules[f.Name]]; !known {
			t.Errorf("%s stands under no rule of the program in docs/access.md", f.Name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(rules))); diff != "" {
		t.Errorf("mutations (-schema +docs/access.md):\n%s", diff)
	}
}

// attempt is an input with what comes of it.
type attempt struct {
	input apitest.Vars
	code  string
}

// attempts are inputs that whoever may write is refused for another reason: so that
// each caller may try, and nothing changes. The code is what such a caller is told;
// empty where the write is allowed but changes nothing.
func attempts(w *world, id map[string]string) map[string]attempt {
	stale := func(id any, more apitest.Vars) attempt {
		return attempt{with(apitest.Vars{"id": id, "expectedVersion": 99}, more), "CONFLICT"}
	}
	unnamed := apitest.Vars{"municipality": home, "nameSv": " "}
	unreadable := attempt{apitest.Vars{"municipality": home, "document": "varken JSON eller XML"}, "INVALID"}
	nameless := apitest.Vars{"municipality": home, "content": base64.StdEncoding.EncodeToString([]byte("Kommentar\nprov\n"))}
	noSteps := apitest.Vars{"municipality": home, "effectiveOn": "2026-01-01", "comment": "prov", "steps": []apitest.Vars{}}
	all := map[string]attempt{
		"createMunicipality":        {apitest.Vars{"scbCode": "x", "nameSv": "Finspång"}, "INVALID"},
		"updateMunicipality":        stale(w.municipalities[home].NodeID(), nil),
		"createUnit":                {with(unnamed, apitest.Vars{"type": "UNIT"}), "INVALID"},
		"updateUnit":                stale(w.units[home].NodeID(), nil),
		"closeUnit":                 stale(w.units[home].NodeID(), apitest.Vars{"validTo": "2026-12-31"}),
		"archiveUnit":               stale(w.units[home].NodeID(), nil),
		"previewReorganisation":     {noSteps, "INVALID"},
		"applyReorganisation":       {apitest.Vars{"reorganisation": noSteps, "fingerprint": "1"}, "INVALID"},
		"createSharedService":       {with(unnamed, apitest.Vars{"code": "kod"}), "INVALID"},
		"updateSharedService":       stale(id["sharedService"], nil),
		"archiveSharedService":      stale(id["sharedService"], nil),
		"createEService":            {with(unnamed, apitest.Vars{"ownerUnit": w.units[home].NodeID()}), "INVALID"},
		"updateEService":            stale(id["eService"], nil),
		"transitionEService":        stale(id["eService"], apitest.Vars{"to": "PHASING_OUT"}),
		"publishEService":           stale(id["eService"], nil),
		"unpublishEService":         stale(id["eService"], nil),
		"archiveEService":           stale(id["eService"], nil),
		"saveEServiceDraft":         {apitest.Vars{"id": id["eService"], "liveVersion": 99, "feeSv": "1 kr"}, "CONFLICT"},
		"submitEServiceDraft":       stale(id["draft"], nil),
		"discardEServiceDraft":      stale(id["draft"], nil),
		"returnEServiceDraft":       stale(id["draft"], apitest.Vars{"comment": "Ange momsen"}),
		"publishEServiceDrafts":     {apitest.Vars{"drafts": []apitest.Vars{{"id": id["draft"], "expectedVersion": 99}}}, "CONFLICT"},
		"recordUsage":               {apitest.Vars{"eService": id["eService"], "months": []apitest.Vars{{"month": "2026-01-01", "cases": -1}}}, "INVALID"},
		"previewUsage":              {nameless, "INVALID"},
		"importUsage":               {apitest.Vars{"usage": nameless, "fingerprint": "1"}, "INVALID"},
		"bulkEditEServices":         {apitest.Vars{"edit": apitest.Vars{"municipality": home, "ids": []any{id["eService"]}, "set": apitest.Vars{"feeSv": "1 kr"}}, "totalCount": 2, "fingerprint": "1"}, "CONFLICT"},
		"previewSpreadsheet":        {nameless, "INVALID"},
		"importSpreadsheet":         {apitest.Vars{"spreadsheet": nameless, "fingerprint": "1"}, "INVALID"},
		"previewImport":             unreadable,
		"applyImport":               unreadable,
		"createApiToken":            {apitest.Vars{"municipality": home, "label": "prov", "role": "READER", "scopes": []string{"READ"}, "expiresAt": "2020-01-01T00:00:00Z"}, "INVALID"},
		"revokeApiToken":            {apitest.Vars{"id": id["revoked"]}, ""},
		"grantRole":                 {apitest.Vars{"user": id["user"], "role": "READER", "function": " "}, "INVALID"},
		"revokeRole":                {apitest.Vars{"id": id["role"]}, ""},
		"forgetUser":                {apitest.Vars{"id": id["forgotten"]}, ""},
		"revokeSession":             {apitest.Vars{"id": gid.New("user_session", w.municipalities[home].ID)}, "NOT_FOUND"},
		"signOutEverywhere":         {apitest.Vars{}, ""},
		"checkLinks":                {apitest.Vars{"eServices": []any{id["eService"], gid.New("e_service", uuid.Nil)}}, "INVALID"},
		"applySuggestedLink":        {apitest.Vars{"eService": id["eService"], "expectedVersion": 99}, "CONFLICT"},
		"decidePlatformDifferences": stale(id["eService"], apitest.Vars{"decisions": []apitest.Vars{}}),
		"setPlatformCategories":     {apitest.Vars{"municipality": home, "categories": []apitest.Vars{}}, "INVALID"},
		"runPlatformWatch":          {apitest.Vars{"municipality": home}, "INVALID"},
		"previewUndo":               {apitest.Vars{"municipality": home, "change": 1}, "NOT_FOUND"},
		"undoChange":                {apitest.Vars{"municipality": home, "change": 1, "comment": "prov"}, "NOT_FOUND"},
	}
	for _, more := range []map[string]attempt{decisionAttempts(w, id), documentAttempts(w, id), collaborationAttempts(w, id), strategyAttempts(w, id), threadAttempts(w, id), recordDraftAttempts(w, id)} {
		maps.Copy(all, more)
	}
	return all
}

// targets makes what the attempts are made on: records of the home municipality that
// anyone may see, and a token that is revoked already.
func (w *world) targets() map[string]string {
	w.t.Helper()
	service, version := w.do(w.editor(), "createEService", w.service("Bygglov"))
	_, version = w.do(w.editor(), "publishEService", apitest.Vars{"id": service, "expectedVersion": version})
	draft, _ := w.do(w.editor(), "saveEServiceDraft", apitest.Vars{"id": service, "liveVersion": version, "feeSv": "100 kr"})
	shared, _ := w.do(w.editor(), "createSharedService", apitest.Vars{"municipality": home, "code": "bygglov", "nameSv": "Bygglov"})
	revoked, _ := w.do(w.admin(), "createApiToken", apitest.Vars{"municipality": home, "label": "prov", "role": "READER", "scopes": []string{"READ"}})
	w.do(w.admin(), "revokeApiToken", apitest.Vars{"id": revoked})
	account, _ := w.person(home, "Prov", "prov@example.se")
	role, _ := w.do(w.admin(), "grantRole", apitest.Vars{"user": account.NodeID(), "role": "READER"})
	w.do(w.admin(), "revokeRole", apitest.Vars{"id": role})
	gone, _ := w.person(home, "Borta", "borta@example.se")
	w.do(w.admin(), "forgetUser", apitest.Vars{"id": gone.NodeID()})
	all := map[string]string{
		"eService": service, "draft": draft, "sharedService": shared, "revoked": revoked, "user": string(account.NodeID()), "role": role, "forgotten": string(gone.NodeID()),
	}
	for _, add := range []func(map[string]string){w.decisionTargets, w.documentTargets, w.collaborationTargets, w.strategyTargets, w.threadTargets, w.recordDraftTargets} {
		add(all)
	}
	return all
}

// ownOnly are the mutations of records that their own municipality alone may see.
var ownOnly = map[string]bool{
	"revokeApiToken": true, "grantRole": true, "revokeRole": true, "forgetUser": true, "submitEServiceDraft": true, "discardEServiceDraft": true, "returnEServiceDraft": true, "publishEServiceDrafts": true,
	"changeOfferAnswer": true, "updateAdoptionStep": true, "submitRecordDraft": true, "discardRecordDraft": true, "returnRecordDraft": true, "publishRecordDrafts": true,
}

// tried is somebody who tries a mutation.
type tried struct {
	name         string
	client       *apitest.Client
	signedIn     bool
	municipality string
	role         access.Role
	scopes       []access.Scope // nil for a person, who has all
}

// alsoNeeds is what a rule asks for beside itself: of a draft, to change the record that
// the attempts are made on.
var alsoNeeds = map[access.Rule]access.Rule{access.DraftRecord: access.WriteInitiative}

// may says whether the table of docs/access.md allows it: the program's Grants.
func (c tried) may(rule access.Rule) bool {
	if also, more := alsoNeeds[rule]; more && !c.may(also) {
		return false
	}
	grant := access.Grants()[rule]
	// Everybody may end their own sessions, wherever they are of.
	return c.signedIn && (c.municipality == home || rule == access.EndSessions) && slices.Contains(grant.Roles, c.role) && (c.scopes == nil || !slices.ContainsFunc(grant.Scopes, func(s access.Scope) bool { return !slices.Contains(c.scopes, s) }))
}

// everyone is each role in the own and in two other municipalities, tokens of each
// role with one scope and with all but one, and nobody.
func (w *world) everyone() []tried {
	w.t.Helper()
	all := []tried{{name: "nobody", client: w.as("", "")}}
	for _, role := range access.Roles() {
		for _, code := range []string{home, partner, outside} {
			all = append(all, tried{fmt.Sprintf("%s of %s", role, code), w.as(code, role), true, code, role, nil})
		}
		token := func(kind, code string, scopes ...access.Scope) {
			client := w.As(w.Token(w.t, code, role, scopes...))
			all = append(all, tried{fmt.Sprintf("token of %s of %s %s", role, code, kind), client, true, code, role, scopes})
		}
		token("with all scopes", partner, access.Scopes()...)
		token("with what an import needs", home, access.ScopeImport, access.ScopeRead)
		for _, scope := range access.Scopes() {
			token("with only "+string(scope), home, scope)
			token("without "+string(scope), home, slices.DeleteFunc(access.Scopes(), func(s access.Scope) bool { return s == scope })...)
		}
	}
	return all
}

// Each rule lets those write whom docs/access.md names, refuses everyone else, and
// what is refused changes nothing.
func TestAccessRule(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	w := newWorld(t)
	tries, callers, rules := attempts(w, w.targets()), w.everyone(), ruled(t)
	before := w.versions()
	for rule := range access.Grants() {
		t.Run(string(rule), func(t *testing.T) {
			allowed := 0
			for _, f := range parsed().Mutation.Fields {
				if rules[f.Name] != rule {
					continue
				}
				attempt, ok := tries[f.Name]
				if !ok {
					t.Errorf("nobody tries %s", f.Name)
					continue
				}
				for _, c := range callers {
					want := attempt.code
					switch {
					case !c.signedIn:
						want = "UNAUTHENTICATED"
					case !c.may(rule):
						want = "FORBIDDEN"
						// What is another municipality's own is not to be known of.
						at := c
						at.municipality = home
						if ownOnly[f.Name] && at.may(rule) {
							want = "NOT_FOUND"
						}
					// Nor are one's own to a token that may not read.
					case ownOnly[f.Name] && c.scopes != nil && !slices.Contains(c.scopes, access.ScopeRead):
						want = "NOT_FOUND"
					default:
						allowed++
					}
					answer := c.client.Query(t, mutation(f.Name), apitest.Vars{"input": attempt.input})
					got := ""
					if len(answer.Errors) > 0 {
						got = answer.Errors[0].Code()
					}
					if got != want {
						t.Errorf("%s by %s answers %q, want %q: %s", f.Name, c.name, got, want, answer.Raw)
					}
				}
			}
			if allowed == 0 {
				t.Error("nobody may")
			}
		})
	}
	if diff := cmp.Diff(before, w.versions()); diff != "" {
		t.Errorf("what was refused has changed records (-before +after):\n%s", diff)
	}
}

// A spreadsheet of each kind is taken in by those whom the rule lets that docs/access.md
// names, and by no token that may not read.
func TestASpreadsheetTakesTheRightOfItsKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	callers, met := w.everyone(), 0
	for kind, rule := range spreadsheetRules(t) {
		met++
		content := base64.StdEncoding.EncodeToString([]byte("Kommentar\nprov\n"))
		allowed := 0
		for _, c := range callers {
			want := "INVALID"
			switch {
			case !c.signedIn:
				want = "UNAUTHENTICATED"
			case !c.may(rule), c.scopes != nil && !slices.Contains(c.scopes, access.ScopeRead):
				want = "FORBIDDEN"
			default:
				allowed++
			}
			answer := c.client.Query(t, mutation("previewSpreadsheet"), apitest.Vars{"input": apitest.Vars{"kind": kind, "municipality": home, "content": content}})
			if len(answer.Errors) == 0 || answer.Errors[0].Code() != want {
				t.Errorf("a spreadsheet of %s by %s answers %s, want %s", kind, c.name, answer.Raw, want)
			}
		}
		if allowed == 0 {
			t.Errorf("nobody may take in %s", kind)
		}
	}
	if kinds := parsed().Types["SpreadsheetKind"].EnumValues; len(kinds) != met {
		t.Errorf("docs/access.md has %d kinds of spreadsheet, and the schema %d", met, len(kinds))
	}
}

// spreadsheetRules reads which rule docs/access.md gives for the spreadsheets of each kind.
func spreadsheetRules(t *testing.T) map[string]access.Rule {
	t.Helper()
	page, err := os.ReadFile("../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]access.Rule{}
	for _, kind := range parsed().Types["SpreadsheetKind"].EnumValues {
		row := regexp.MustCompile("(?m)^\\| `" + kind.Name + "` \\| `([a-zA-Z.]+)` \\|$").FindStringSubmatch(string(page))
		if row == nil {
			t.Errorf("docs/access.md does not say who takes in spreadsheets of %s", kind.Name)
			continue
		}
		rules[kind.Name] = access.Rule(row[1])
	}
	return rules
}

// Every field that an update takes has a column in the spreadsheet of its kind.
func TestASpreadsheetHasWhatAnUpdateTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for kind, input := range map[string]string{
		"E_SERVICE": "UpdateEServiceInput", "GOAL": "UpdateGoalInput", "INDICATOR": "UpdateIndicatorInput", "INITIATIVE": "UpdateInitiativeInput", "MILESTONE": "UpdateMilestoneInput",
		"SHARED_PROJECT": "UpdateSharedProjectInput", "DECISION": "UpdateDecisionInput", "DIARY_CASE": "UpdateCaseInput", "GOVERNING_DOCUMENT": "UpdateGoverningDocumentInput",
	} {
		headings := []string{"id"}
		for _, f := range parsed().Types[input].Fields {
			if f.Name != "id" && f.Name != "expectedVersion" && f.Name != "comment" {
				headings = append(headings, f.Name)
			}
		}
		client := w.director()
		if kind == "E_SERVICE" {
			client = w.editor()
		}
		content := base64.StdEncoding.EncodeToString([]byte(strings.Join(headings, ";") + "\n"))
		answer := client.Must(t, `mutation($input: SpreadsheetInput!) { previewSpreadsheet(input: $input) { ignored } }`, apitest.Vars{"input": apitest.Vars{"kind": kind, "municipality": home, "content": content}})
		if ignored, _ := answer.At("previewSpreadsheet.ignored").([]any); len(ignored) > 0 || len(headings) < 5 {
			t.Errorf("the spreadsheet of %s has no column for %v", kind, ignored)
		}
	}
}
