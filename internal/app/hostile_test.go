package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/eservice"
)

// Fragments that repeat each other double the walk with each line: the query is refused
// before it has cost anything.
func TestFragmentsThatRepeatEachOtherAreRefusedAtOnce(t *testing.T) {
	a := apitest.New(t)
	var b strings.Builder
	b.WriteString("{ ...f0 } ")
	for i := range 40 {
		fmt.Fprintf(&b, "fragment f%d on Query { ...f%d ...f%d } ", i, i+1, i+1)
	}
	b.WriteString("fragment f40 on Query { __typename }")
	begun := time.Now()
	answer := a.As(apitest.Caller{}).Query(t, b.String(), nil)
	if codes := answer.Codes(); len(codes) != 1 || codes[0] != "LIMITED" {
		t.Errorf("the answer is %v", codes)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// Figures far out of range are faults of their fields, not of the server.
func TestFiguresOutOfRangeAreFaultsOfTheirFields(t *testing.T) {
	a := apitest.New(t)
	home := a.Municipality(t, "0581", "Norrköping", apitest.Home)
	e := service(t, a, a.Unit(t, home, "Kontoret"), "Skolskjuts")
	editor := a.As(a.Token(t, "0581", access.CatalogueEditor, access.Scopes()...))
	for field, value := range map[string]string{"satisfaction": "10", "digitalShare": "85", "abandonRate": "1e10"} {
		answer := editor.Query(t, fmt.Sprintf(`mutation { recordUsage(input: {eService: %q, months: [{month: "2026-01-01", cases: 1, %s: %s}]}) { eService { id } } }`, e.NodeID(), field, value), nil)
		if len(answer.Errors) != 1 || answer.Errors[0].Code() != "INVALID" || answer.Errors[0].Field() != "months.0."+field {
			t.Errorf("%s %s: %+v", field, value, answer.Errors)
		}
	}
}

// A token makes no token that may do more than itself.
func TestATokenMakesNoGreaterToken(t *testing.T) {
	a := apitest.New(t)
	a.Municipality(t, "0581", "Norrköping", apitest.Home)
	keeper := a.As(a.Token(t, "0581", access.Admin, access.ScopeAdminister, access.ScopeRead))
	for wanted, code := range map[string]string{
		"role: ADMIN, scopes: [READ]":                        "",
		"role: CATALOGUE_EDITOR, scopes: [READ]":             "INVALID",
		"role: ADMIN, scopes: [ADMINISTER, WRITE_CATALOGUE]": "INVALID",
	} {
		answer := keeper.Query(t, `mutation { createApiToken(input: {municipality: "0581", label: "Prov", `+wanted+`}) { apiToken { id } } }`, nil)
		if got := strings.Join(answer.Codes(), " "); got != code {
			t.Errorf("%s: %q, want %q", wanted, got, code)
		}
	}
}

// The history of a record does not tell of a hidden record that it refers to.
func TestHistoryHidesReferencesToWhatIsHidden(t *testing.T) {
	a := apitest.New(t)
	home := a.Municipality(t, "0581", "Norrköping", apitest.Home)
	hidden := shared(t, a, home, "dold", eservice.Municipality)
	service(t, a, a.Unit(t, home, "Kontoret"), "Skolskjuts", func(e *eservice.EService) { e.SharedServiceID = &hidden.ID })
	const query = `{ eServices { nodes { sharedService { id } history { nodes { fields { field after } } } } } }`
	id := string(hidden.NodeID())
	for name, c := range map[string]struct {
		caller apitest.Caller
		sees   bool
	}{"nobody": {apitest.Caller{}, false}, "own": {a.Token(t, "0581", access.Reader), true}} {
		body, err := ask(a, c.caller, query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(body), id); (got == 2) != c.sees || got == 1 {
			t.Errorf("%s sees the id %d times", name, got)
		}
	}
}
