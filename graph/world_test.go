package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/user"
)

// The municipalities of the tests: the one that runs the installation, one that
// collaborates with it, and one that does not.
const (
	home    = "0581"
	partner = "0580"
	outside = "0114"
)

// world is the application with three municipalities, a department in each, and an
// editor, a director and an administrator of each.
type world struct {
	*apitest.API
	t              *testing.T
	municipalities map[string]*organisation.Municipality
	units          map[string]*organisation.Unit
	callers        map[string]apitest.Caller // by code and role, and "" for nobody
}

func newWorld(t *testing.T, set ...func(*apitest.Settings)) *world {
	t.Helper()
	w := &world{
		API: apitest.New(t, set...), t: t,
		municipalities: map[string]*organisation.Municipality{}, units: map[string]*organisation.Unit{}, callers: map[string]apitest.Caller{},
	}
	w.municipalities[home] = w.Municipality(t, home, "Norrköping", apitest.Home)
	w.municipalities[partner] = w.Municipality(t, partner, "Linköping")
	w.municipalities[outside] = w.Municipality(t, outside, "Upplands Väsby")
	w.Collaboration(t, "Cesam Öst", w.municipalities[home], w.municipalities[partner])
	for code, m := range w.municipalities {
		w.units[code] = w.Unit(t, m, "Kontoret")
	}
	return w
}

// as asks as somebody with the role in the municipality; without a role, as nobody.
func (w *world) as(code string, role access.Role) *apitest.Client {
	w.t.Helper()
	if role == "" {
		return w.As(apitest.Caller{})
	}
	name := code + string(role)
	if _, known := w.callers[name]; !known {
		w.callers[name] = w.User(w.t, code, role)
	}
	return w.As(w.callers[name])
}

func (w *world) editor() *apitest.Client   { return w.as(home, access.CatalogueEditor) }
func (w *world) director() *apitest.Client { return w.as(home, access.Director) }
func (w *world) admin() *apitest.Client    { return w.as(home, access.Admin) }

// answers are what every mutation's payload is asked for in the tests.
var answers = map[string]string{
	"PublishEServiceDraftsPayload": "drafts { id version }",
	"PublishRecordDraftsPayload":   "drafts { id version }",
	"CreateApiTokenPayload":        "secret apiToken { id version }",
	"RevokeApiTokenPayload":        "apiToken { id version revokedAt }",
	"RevokeSessionPayload":         "id",
	"SignOutEverywherePayload":     "ended",
	"SetPlatformCategoriesPayload": "categories { id version }",
	"RunPlatformWatchPayload":      "run { outcome }",
	"UndoChangePayload":            "applied change counts { outcome count }",
	"ImportPayload":                "applied run { id version } counts { outcome count }",
	"CheckLinksPayload":            "eServices { id version }",
	"ReorganisationPayload":        "applied fingerprint",
	"UsageImportPayload":           "applied fingerprint",
	"SpreadsheetPayload":           "applied fingerprint",
	"BulkEditPayload":              "applied totalCount",
	"ReplanPayload":                "items { id version }",
}

// mutation writes the operation of a mutation that takes its input as a variable.
func mutation(name string) string {
	f := parsed().Mutation.Fields.ForName(name)
	return fmt.Sprintf("mutation($input: %s) { %s(input: $input) { %s } }", f.Arguments[0].Type, name, answerOf(f.Type.Name()))
}

// answerOf gives what a payload is asked for: what stands in answers, else the first
// record that it has.
func answerOf(payload string) string {
	if answer, special := answers[payload]; special {
		return answer
	}
	schema := parsed()
	for _, f := range schema.Types[payload].Fields {
		if slices.Contains(schema.Types[f.Type.Name()].Interfaces, "Record") {
			return f.Name + " { id version }"
		}
	}
	panic("nothing is said of what " + payload + " is asked for")
}

// do runs a mutation that is to succeed, and gives its record's id and version.
func (w *world) do(c *apitest.Client, name string, input apitest.Vars) (id string, version int) {
	w.t.Helper()
	answer := c.Must(w.t, mutation(name), apitest.Vars{"input": input})
	for record := range answer.At(name).(map[string]any) {
		if id := answer.Text(name + "." + record + ".id"); id != "" {
			return id, int(answer.At(name + "." + record + ".version").(float64))
		}
	}
	return "", 0
}

// versions gives the version and change of every record, by table and id, to see that
// nothing has changed.
func (w *world) versions() map[string]string {
	w.t.Helper()
	all, owner := map[string]string{}, w.Data.Owner(w.t)
	tables, err := owner.Query(w.t.Context(), `SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'history'::regnamespace AND c.relkind = 'r' ORDER BY 1`)
	if err != nil {
		w.t.Fatal(err)
	}
	names, err := pgx.CollectRows(tables, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	for _, table := range names {
		rows, err := owner.Query(w.t.Context(), "SELECT id::text, version || ' ' || changed_in FROM "+table)
		if err != nil {
			w.t.Fatal(err)
		}
		for rows.Next() {
			var id, state string
			if err := rows.Scan(&id, &state); err != nil {
				w.t.Fatal(err)
			}
			all[table+" "+id] = state
		}
		if err := rows.Err(); err != nil {
			w.t.Fatal(err)
		}
	}
	return all
}

// with gives the input with some fields set anew.
func with(input apitest.Vars, more apitest.Vars) apitest.Vars {
	both := apitest.Vars{}
	for _, fields := range []apitest.Vars{input, more} {
		for name, value := range fields {
			both[name] = value
		}
	}
	return both
}

// service is an e-service that may be published.
func (w *world) service(name string) apitest.Vars {
	return apitest.Vars{
		"municipality": home, "ownerUnit": w.units[home].NodeID(), "nameSv": name, "status": "LIVE", "foundSource": "Plattformen", "foundReason": "Fanns i drift",
		"summarySv": "Ansök om " + name, "url": "https://example.se/" + strings.ReplaceAll(strings.ToLower(name), " ", "-"),
		"audiences": []string{"PRIVATE_PERSON"}, "launchedOn": "2024-01-15",
	}
}

// importOf records an import of one new e-service for a municipality, and gives its id.
func (w *world) importOf(m *organisation.Municipality, source, name string) string {
	w.t.Helper()
	made := &eservice.ImportRun{Row: postgres.Row{ID: uuid.Must(uuid.NewV7())}, MunicipalityID: m.ID, Source: source, Flows: 1, Created: 1}
	err := w.Services.Journal.Write(apitest.System(w.t), "importOep", name, func(tx *postgres.Tx) (err error) {
		made, err = postgres.Insert(w.t.Context(), tx, "import_run", made, eservice.Constraints())
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(made.NodeID())
}

// person has somebody sign in for the first time in a municipality, and gives the
// account and the secret of the session.
func (w *world) person(code, name, email string) (*user.Account, string) {
	w.t.Helper()
	account, secret, err := w.Services.Users.SignIn(w.t.Context(), user.Identity{
		Issuer: "https://inloggning.example.se", IssuerKey: "prov", Subject: "subject " + name, Municipality: w.municipalities[code].ID, Name: &name, Email: &email,
	}, "Firefox")
	if err != nil {
		w.t.Fatal(err)
	}
	return account, secret
}
