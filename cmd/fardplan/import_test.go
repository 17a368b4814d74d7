package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// flow is an e-service as Open ePlatform sends it.
type flow struct {
	ID, FlowFamilyID       int
	Name, URL              string
	Category               string
	ShortDescription       string
	LongDescription        *string
	RequiresAuthentication bool
	RequiresSigning        bool
	PaymentSupportEnabled  bool
	Enabled                bool
}

// flows makes n e-services with families from first on, in two categories.
func flows(first, n int) []flow {
	all := make([]flow, n)
	for i := range all {
		family := first + i
		all[i] = flow{
			ID: 100000 + family, FlowFamilyID: family, Name: fmt.Sprintf("Ansökan om skolskjuts för år %d", family),
			URL:      fmt.Sprintf("https://e-tjanster.example.se/oversikt/overview/%d", family),
			Category: []string{"Utbildning och förskola", "Bygga, bo och miljö"}[i%2], ShortDescription: "<p>Ans&ouml;k om skolskjuts.&nbsp;</p>", Enabled: true,
		}
	}
	return all
}

// documentUTF8 writes e-services as JSON.
func documentUTF8(t *testing.T, all []flow) []byte {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"Flows": all})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// document writes e-services in ISO-8859-1, as the platform does.
func document(t *testing.T, all []flow) []byte {
	t.Helper()
	var latin1 bytes.Buffer
	for _, r := range string(documentUTF8(t, all)) {
		latin1.WriteByte(byte(r))
	}
	return latin1.Bytes()
}

func TestImportShowsThenDoesThenHasNothingToDo(t *testing.T) {
	s := newSite(t)
	p := s.serve()
	s.settle()
	file := s.write("getflows.json", document(t, flows(1, 4)))
	owners := s.write("owners.csv", []byte("\ufeffUtbildning och fo\u0308rskola; utbildningskontorets alias\n"))
	args := []string{"import", "oep", "--municipality", "0581", "--file", file, "--default-owner", "kommunikationsenheten", "--owners", owners, "--name", "Första hämtningen"}

	before := s.snapshot(p)
	if out := s.must(args...); !strings.Contains(out, "     4 nya (new)") || !strings.Contains(out, "Inget har ändrats. Lägg till --apply") {
		t.Errorf("the preview:\n%s", out)
	}
	if after := s.snapshot(p); after != before {
		t.Errorf("a preview made the changes %d to %d", before, after)
	}
	if out := s.must(append(args, "--apply")...); !strings.Contains(out, "     4 nya (new)") || !strings.Contains(out, "Gjort, som en ändring.") {
		t.Errorf("the import:\n%s", out)
	}
	if after := s.snapshot(p); after != before+1 {
		t.Errorf("an import made the changes %d to %d, want one", before, after)
	}
	if out := s.must(append(args, "--apply")...); !strings.Contains(out, "     4 oförändrade (unchanged)") || !strings.Contains(out, "Inget att göra.") {
		t.Errorf("the same import again:\n%s", out)
	}
	if after := s.snapshot(p); after != before+1 {
		t.Errorf("an import with nothing to do made change %d", after)
	}

	secret, _ := s.token("READER", "READ")
	var found struct {
		Nodes []struct {
			Name, Summary struct{ Sv string }
			OwnerUnit     struct{ Name struct{ Sv string } }
			History       struct {
				Nodes []struct {
					Change struct{ Operation, Comment string }
				}
			}
		}
	}
	p.field(secret, `{ eServices { nodes { name { sv } summary { sv } ownerUnit { name { sv } } history { nodes { change { operation comment } } } } } }`, nil, &found)
	if len(found.Nodes) != 4 {
		t.Fatalf("%d e-services", len(found.Nodes))
	}
	for i, e := range found.Nodes {
		owner := []string{"Utbildningskontoret", "Kommunikationsenheten"}[i%2]
		if e.Name.Sv != fmt.Sprintf("Ansökan om skolskjuts för år %d", i+1) || e.Summary.Sv != "Ansök om skolskjuts." || e.OwnerUnit.Name.Sv != owner {
			t.Errorf("imported as %+v, want the owner %s", e, owner)
		}
		if len(e.History.Nodes) != 1 || e.History.Nodes[0].Change.Operation != "importOep" || e.History.Nodes[0].Change.Comment != "Första hämtningen" {
			t.Errorf("its history: %+v", e.History)
		}
	}

	// What changes on the platform is told by field.
	next := flows(1, 3)
	next[0].Name, next[1].ID = "Ansökan om skolkort", 999
	next = append(next, flow{ID: 5, FlowFamilyID: 5, Name: "Ny ansökan", Enabled: true})
	s.write("getflows.json", document(t, next))
	out := s.must(append(args, "--apply")...)
	for _, text := range []string{
		"     1 nya (new)\n         5 Ny ansökan\n", "     1 ändrade (changed)\n         1 Ansökan om skolkort\n",
		`nameSv: "Ansökan om skolskjuts för år 1" → "Ansökan om skolkort"`, "     1 borta ur plattformen (gone)\n         4 ", "     2 oförändrade",
	} {
		if !strings.Contains(out, text) {
			t.Errorf("the next import lacks %q:\n%s", text, out)
		}
	}
}

// snapshot gives the number of the newest change.
func (s *site) snapshot(p *process) int {
	s.t.Helper()
	var now struct{ Change int }
	p.field("", "{ snapshot { change } }", nil, &now)
	return now.Change
}

func TestAnImportThatIsNoCatalogueChangesNothing(t *testing.T) {
	s := newSite(t, "FARDPLAN_ALLOW_PRIVATE_FETCH=true")
	p := s.serve()
	s.settle()
	whole := document(t, flows(1, 30))
	good := s.write("getflows.json", whole)
	base := []string{"import", "oep", "--municipality", "0581", "--default-owner", "Kommunikationsenheten", "--apply"}
	if out := s.must(append(base, "--file", good)...); !strings.Contains(out, "    30 nya") || !strings.Contains(out, "--all visar resten") {
		t.Errorf("the import:\n%s", out)
	}
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/whole/api/v1/getflows/json":
			_, _ = w.Write(whole)
		case "/cut/api/v1/getflows/json":
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
			_, _ = w.Write(whole[:len(whole)/2])
		default:
			http.Error(w, "<html><body>Logga in</body></html>", http.StatusOK)
		}
	}))
	defer platform.Close()
	if out := s.must(append(base, "--url", platform.URL+"/whole")...); !strings.Contains(out, "Inget att göra.") {
		t.Errorf("the same catalogue by its address:\n%s", out)
	}
	before := s.snapshot(p)
	refusedRow := strings.Replace(string(whole), `"Name":"`, `"Name":[],"x":"`, 1)
	for _, c := range []struct {
		name  string
		args  []string
		texts []string
	}{
		{"no file", []string{"--file", s.dir + "/finns-inte"}, []string{"--file: ", "går inte att läsa", "cannot be read"}},
		{"web page", []string{"--file", s.write("page", []byte("<!doctype html><html><body>Logga in</body></html>"))}, []string{"webbsida", "web page"}},
		{"truncated", []string{"--file", s.write("cut", whole[:len(whole)-20])}, []string{"avbrutet", "cut off"}},
		{"empty list", []string{"--file", s.write("none", []byte(`{"Flows":[]}`))}, []string{"inga e-tjänster", "no e-services"}},
		{"empty file", []string{"--file", s.write("empty", nil)}, []string{"tomt", "empty"}},
		{"something else", []string{"--file", s.write("other", []byte(`{"Categories":[]}`))}, []string{"ingen e-tjänstekatalog"}},
		{"all rows refused", []string{"--file", s.write("rows", []byte(`{"Flows":[{"ID":0,"Name":""}]}`))}, []string{"Ingen av listans 1 rader kunde läsas"}},
		{"web page at the address", []string{"--url", platform.URL}, []string{"webbsida"}},
		{"cut off by the server", []string{"--url", platform.URL + "/cut"}, []string{"fardplan: "}},
		{"no server", []string{"--url", "http://127.0.0.1:1"}, []string{"fardplan: "}},
		{"no such owner", []string{"--file", good, "--default-owner", "Finns inte"}, []string{`--default-owner: Kommunen har ingen öppen enhet som heter "Finns inte".`}},
		{"no owners file", []string{"--file", good, "--owners", s.dir + "/nej"}, []string{"--owners: "}},
		{"owners with no such unit", []string{"--file", good, "--owners", s.write("o1.csv", []byte("A;Kommunikationsenheten\nB;Okänd\n"))}, []string{"--owners, rad 2: ", `"Okänd"`}},
		{"owners in another coding", []string{"--file", good, "--default-owner", "Kommunikationsenheten", "--owners", s.write("o3.csv", []byte("Utbildning och f\xf6rskola;Kommunikationsenheten\n"))}, []string{"--owners, rad 1: Raden är inte i UTF-8."}},
		{"owners of another form", []string{"--file", good, "--owners", s.write("o2.csv", []byte("A,B\n"))}, []string{"--owners: Skriv kategori;enhet"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			s.refused(append(base, c.args...), c.texts...)
		})
	}
	s.t = t
	if after := s.snapshot(p); after != before {
		t.Errorf("the changes went from %d to %d", before, after)
	}
	// A row without a name stands among the refused, and its e-service is not taken for gone.
	out := s.must(append(base, "--file", s.write("row", []byte(refusedRow)))...)
	if !strings.Contains(out, "     1 avvisade rader (refused)") || !strings.Contains(out, "     0 borta") || !strings.Contains(out, "rad 1, ") {
		t.Errorf("a catalogue with a bad row:\n%s", out)
	}
	var found struct{ TotalCount int }
	secret, _ := s.token("READER", "READ")
	p.field(secret, "{ eServices { totalCount } }", nil, &found)
	if found.TotalCount != 30 {
		t.Errorf("%d e-services are left, want 30", found.TotalCount)
	}
}

func TestACategoryWithoutAnOwnerIsListedAndNotTakenIn(t *testing.T) {
	s := newSite(t)
	s.serve()
	s.settle()
	file := s.write("getflows.json", document(t, flows(1, 2)))
	owners := s.write("owners.csv", []byte("Utbildning och förskola;Utbildningskontoret\n"))
	out := s.must("import", "oep", "--municipality", "0581", "--file", file, "--owners", owners, "--apply")
	for _, text := range []string{"     1 nya (new)", "     1 avvisade rader (refused)", `rad 2, Category: Ingen enhet är angiven för kategorin "Bygga, bo och miljö"`} {
		if !strings.Contains(out, text) {
			t.Errorf("the import lacks %q:\n%s", text, out)
		}
	}
}
