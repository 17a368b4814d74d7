package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/apitest"
	"fardplan/internal/date"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
)

// must gives a function's value, and fails the test for its error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ptr[T any](v T) *T { return &v }

// service registers an e-service in use of a unit, published with all that takes, but
// for what set changes.
func service(t testing.TB, a *apitest.API, of *organisation.Unit, name string, set ...func(*eservice.EService)) *eservice.EService {
	t.Helper()
	e := eservice.EService{
		MunicipalityID: of.MunicipalityID, OwnerUnitID: of.ID, NameSv: name, Status: eservice.Live, FoundSource: ptr("Plattformen"), FoundReason: ptr("Fanns i drift"),
		URL: ptr("https://example.se/" + uuid.NewString()), SummarySv: ptr("Sök " + name), Audiences: []eservice.Audience{"PRIVATE_PERSON"},
		LaunchedOn: ptr(date.Of(a.Clock.Now())), Published: true, Keywords: []string{"ansökan"},
	}
	for _, f := range set {
		f(&e)
	}
	return must(a.Services.EServices.Create(apitest.System(t), e))(t)
}

// shared registers a shared service.
func shared(t testing.TB, a *apitest.API, of *organisation.Municipality, code string, visibility eservice.Visibility) *eservice.SharedService {
	t.Helper()
	return must(a.Services.EServices.CreateShared(apitest.System(t), eservice.SharedService{
		MunicipalityID: of.ID, Code: code, NameSv: "Gemensam " + code, Visibility: visibility,
	}))(t)
}

// inForce registers the strategy that a unit answers for, which has been in force for a year.
func inForce(t testing.TB, a *apitest.API, of *organisation.Unit) *document.GoverningDocument {
	t.Helper()
	decided := date.Of(a.Clock.Now()).AddDays(-365)
	return must(a.Services.Documents.Create(apitest.System(t), document.GoverningDocument{
		MunicipalityID: of.MunicipalityID, OwnerUnitID: &of.ID, TitleSv: "Strategi för e-tjänster", Kind: document.Strategy, Status: document.Adopted, DecidedOn: &decided, ValidFrom: &decided,
		DiaryNumber: ptr("KS 2025/0017"), OwnerFunction: ptr("digitaliseringschef"), ReviewMonths: ptr(48), FoundSource: ptr("Kommunens webbplats"), FoundReason: ptr("Gällde redan"),
	}))(t)
}

// ask sends a query from any goroutine and gives the bytes of its data.
func ask(a *apitest.API, c apitest.Caller, query string, vars apitest.Vars) (json.RawMessage, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, a.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.Secret != "" {
		request.Header.Set("Authorization", "Bearer "+c.Secret)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer struct{ Data, Errors json.RawMessage }
	if err := json.Unmarshal(raw, &answer); err != nil || len(answer.Errors) > 0 {
		return nil, fmt.Errorf("%d %.1000s", response.StatusCode, raw)
	}
	return answer.Data, nil
}

// field gives the bytes of one field of an object.
func field(t testing.TB, object json.RawMessage, name string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil {
		t.Fatal(err)
	}
	return string(fields[name])
}

// parsed gives JSON as maps and lists.
func parsed(t testing.TB, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// differ shows where two texts begin to differ; empty when they do not.
func differ(got, want string) string {
	if got == want {
		return ""
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	from := max(0, i-300)
	return fmt.Sprintf("at byte %d:\n%s\nwant\n%s", i, got[from:min(len(got), i+200)], want[from:min(len(want), i+200)])
}
