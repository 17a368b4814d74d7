package access_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"fardplan/internal/access"
)

// tables reads the tables of docs/access.md: the rows of each, by the first cell of
// its heading and by the first cell of the row.
func tables(t *testing.T) map[string]map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string][]string{}
	var rows map[string][]string
	var section string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			section, rows = heading, nil
		}
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") {
			continue
		}
		var cells []string
		for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		if rows == nil {
			rows = map[string][]string{}
			found[section] = rows
			continue
		}
		name := strings.Trim(cells[0], "`")
		if _, twice := rows[name]; twice {
			t.Errorf("%s stands twice", name)
		}
		rows[name] = cells[1:]
	}
	return found
}

// TestGrantsAreThoseOfTheDocument holds the program's table to the one that people read.
func TestGrantsAreThoseOfTheDocument(t *testing.T) {
	written := tables(t)["Skriva / Writing"]
	mutations := map[string]string{}
	for rule, cells := range written {
		grant, known := access.Grants()[access.Rule(rule)]
		if !known || len(cells) != 4 {
			t.Errorf("the document has the rule %s with %v, which the program lacks", rule, cells)
			continue
		}
		for _, m := range strings.Split(cells[0], ", ") {
			if mutations[m] != "" {
				t.Errorf("%s is under both %s and %s", m, mutations[m], rule)
			}
			mutations[m] = rule
			if name := strings.Trim(m, "`"); name == "" || "`"+name+"`" != m {
				t.Errorf("%s has a mutation written %q", rule, m)
			}
		}
		if !strings.Contains(cells[1], " / ") {
			t.Errorf("%s says what it is about in one language: %s", rule, cells[1])
		}
		var roles []string
		for _, r := range grant.Roles {
			roles = append(roles, string(r))
		}
		if got := strings.Split(cells[2], ", "); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(roles))) {
			t.Errorf("%s is for %v in the document and for %v in the program", rule, got, roles)
		}
		if want := strings.Split(cells[3], ", "); !slices.EqualFunc(want, grant.Scopes, func(w string, s access.Scope) bool { return w == string(s) }) {
			t.Errorf("%s needs the scopes %v in the document and %v in the program", rule, want, grant.Scopes)
		}
	}
	for rule := range access.Grants() {
		if _, there := written[string(rule)]; !there {
			t.Errorf("the document lacks the rule %s", rule)
		}
	}
}

func TestReadingIsThatOfTheDocument(t *testing.T) {
	written := tables(t)["Läsa / Reading"]
	for rule, cells := range written {
		if !slices.Contains(access.Rules(), access.Rule(rule)) || len(cells) != 2 || cells[0] == "" || cells[1] == "" || cells[0] == cells[1] {
			t.Errorf("the document has the rule %s with %v", rule, cells)
		}
	}
	for _, rule := range access.Rules() {
		_, grants := access.Grants()[rule]
		if _, there := written[string(rule)]; there == grants {
			t.Errorf("the rule %s is in the table of reading: %v", rule, there)
		}
	}
}

func TestRolesAreThoseOfTheDocument(t *testing.T) {
	written := tables(t)["Roller / Roles"]
	for _, role := range access.Roles() {
		sv, en := role.Name()
		if !slices.Equal(written[string(role)], []string{sv, en}) || sv == "" || en == "" {
			t.Errorf("%s is %q, %q and in the document %v", role, sv, en, written[string(role)])
		}
	}
	if len(written) != len(access.Roles()) {
		t.Errorf("the document has %d roles, the program %d", len(written), len(access.Roles()))
	}
}

// TestGrantsAreWhole holds that what the table names exists.
func TestGrantsAreWhole(t *testing.T) {
	scopes := map[access.Scope]bool{access.ScopeRead: true}
	for rule, grant := range access.Grants() {
		if len(grant.Roles) == 0 || len(grant.Scopes) == 0 || slices.ContainsFunc(grant.Scopes, func(s access.Scope) bool { return !slices.Contains(access.Scopes(), s) }) {
			t.Errorf("%s is granted to %v with %s", rule, grant.Roles, grant.Scopes)
		}
		for _, role := range grant.Roles {
			if !slices.Contains(access.Roles(), role) {
				t.Errorf("%s is granted to %s, which is no role", rule, role)
			}
		}
		for _, s := range grant.Scopes {
			scopes[s] = true
		}
	}
	for _, scope := range access.Scopes() {
		if !scopes[scope] {
			t.Errorf("the scope %s gives nothing", scope)
		}
	}
	if rules := access.Rules(); len(slices.Compact(slices.Sorted(slices.Values(rules)))) != len(rules) {
		t.Errorf("a rule is listed twice: %v", rules)
	}
}
