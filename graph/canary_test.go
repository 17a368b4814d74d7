package graph_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/gid"
	"fardplan/internal/job"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
)

// viewer is somebody who looks for what is not theirs.
type viewer struct {
	name         string
	client       *apitest.Client
	municipality string // empty for one who sees what anyone sees
	admin        bool
}

func (w *world) viewers() []viewer {
	return []viewer{
		{"nobody", w.as("", ""), "", false},
		{"a reader of the home municipality", w.as(home, access.Reader), home, false},
		{"its auditor", w.as(home, access.Auditor), home, false},
		{"its administrator", w.as(home, access.Admin), home, true},
		{"a reader of a partner", w.as(partner, access.Reader), partner, false},
		{"an administrator outside", w.as(outside, access.Admin), outside, true},
		{"a token that may not read", w.As(w.Token(w.t, home, access.CatalogueEditor, access.ScopeCatalogue)), "", false},
	}
}

// secret is a text that no other record has, and who is to see it. It is of the home
// municipality.
type secret struct {
	mark  string   // what all of the texts begin with
	texts []string // each is to be seen by those who may
	id    string   // of the record; empty for a text that is no record's
	kind  string   // the record's table
	what  string
	sees  func(viewer) bool
	slug  string // of an e-service
	// archived tells in which lists it stands.
	archived bool
}

func own(v viewer) bool      { return v.municipality == home }
func ownAdmin(v viewer) bool { return v.municipality == home && v.admin }
func anyone(viewer) bool     { return true }

// shownTo is the rule of reading in words of this test.
func shownTo(visibility string, published, archived bool) func(viewer) bool {
	return func(v viewer) bool {
		switch {
		case own(v):
			return true
		case !published || archived:
			return false
		case visibility == "PUBLIC":
			return true
		}
		return visibility == "COLLABORATION" && v.municipality == partner
	}
}

// nest is a world with a secret in each place where there can be one.
type nest struct {
	*world
	secrets []secret
	// archived takes away what is to be archived, once it is linked.
	archived []func()
	begun    time.Time // before any of it was there
	at       time.Time // before the turning ones turned
	change   int       // likewise
}

// fixedForm are text fields of inputs that hold no free text.
var fixedForm = map[string]string{
	"municipality": "an SCB code", "scbCode": "four digits", "orgNumber": "digits", "diaryPatterns": "five words", "diaryCode": "eight letters", "oepFamilyId": "digits",
	"paragraph": "a number and a letter", "rule": "a code", "koladaKpi": "a letter and digits",
	"languages": "codes of ISO 639", "classification": "digits and dots", "document": "the whole list, whose texts are tried one by one",
}

// filled gives a value for every text field of an input, with the mark in each, so that
// a new field is tried without anybody's thinking of it.
func filled(t *testing.T, input, mark string) (apitest.Vars, []string) {
	t.Helper()
	values, texts := apitest.Vars{}, []string{}
	for _, f := range parsed().Types[input].Fields {
		if _, fixed := fixedForm[f.Name]; fixed || f.Type.Name() != "String" {
			continue
		}
		text := mark + strings.ToLower(f.Name)
		if strings.HasSuffix(strings.ToLower(strings.TrimSuffix(f.Name, "s")), "url") {
			text = "https://example.se/" + text
		}
		if f.Name == "diaryLinkTemplate" {
			text = "https://example.se/" + text + "/{diaryNumber}"
		}
		texts = append(texts, text)
		values[f.Name] = text
		if f.Type.Elem != nil {
			values[f.Name] = []string{text}
		}
	}
	if len(texts) == 0 {
		t.Fatalf("%s has no text to mark", input)
	}
	return values, texts
}

func (n *nest) add(s secret) { n.secrets = append(n.secrets, s) }

// mark gives the next mark.
func (n *nest) mark() string { return fmt.Sprintf("kanarie%03d", len(n.secrets)) }

// service registers a marked e-service, in use, and gives its id and version.
func (n *nest) service(visibility string, more apitest.Vars) (secret, int) {
	n.t.Helper()
	s := secret{mark: n.mark(), kind: "e_service", what: visibility + " e-service"}
	input, texts := filled(n.t, "CreateEServiceInput", s.mark)
	s.texts, s.slug = texts, input["slug"].(string)
	input = with(input, with(apitest.Vars{
		"municipality": home, "ownerUnit": n.units[home].NodeID(), "status": "LIVE", "audiences": []string{"COMPANY"}, "launchedOn": "2024-01-15", "visibility": visibility,
	}, more))
	var version int
	s.id, version = n.do(n.editor(), "createEService", input)
	return s, version
}

// act takes one step with an e-service; its comment is a secret of its own.
func (n *nest) act(operation, id string, version *int, sees func(viewer) bool) {
	n.t.Helper()
	said := secret{mark: n.mark(), what: "comment of " + operation, sees: sees}
	said.texts = []string{said.mark + "comment"}
	input := apitest.Vars{"id": id, "expectedVersion": *version, "comment": said.texts[0]}
	_, *version = n.do(n.editor(), operation, input)
	n.add(said)
}

func newNest(t *testing.T) *nest {
	t.Helper()
	n := &nest{world: newWorld(t, func(s *apitest.Settings) {
		s.App.Limits.Aliases, s.App.Limits.Cost, s.App.Limits.CostPerMinute = 1<<30, 1<<30, 1<<40
	})}
	n.begun = n.Clock.Now()
	n.Clock.Add(time.Minute)
	for _, visibility := range []string{"PUBLIC", "COLLABORATION", "MUNICIPALITY"} {
		for _, archived := range []bool{false, true} {
			s := secret{mark: n.mark(), kind: "shared_service", what: visibility + " shared service", archived: archived, sees: shownTo(visibility, true, archived)}
			input, texts := filled(t, "CreateSharedServiceInput", s.mark)
			var version int
			s.texts = texts
			s.id, version = n.do(n.editor(), "createSharedService", with(input, apitest.Vars{"municipality": home, "visibility": visibility}))
			n.add(s)
			// An e-service of each kind under each shared service, so that each may lead to the other.
			for _, state := range []string{"published", "unpublished", "archived"} {
				e, version := n.service(visibility, apitest.Vars{"sharedService": s.id})
				e.what += ", " + state
				e.archived, e.sees = state == "archived", shownTo(visibility, state == "published", state == "archived")
				n.add(e)
				n.act("publishEService", e.id, &version, own)
				if state != "published" {
					n.act("unpublishEService", e.id, &version, own)
				}
				if e.archived {
					n.act("archiveEService", e.id, &version, own)
				}
				cases := 918_270_000 + len(n.secrets)
				n.do(n.editor(), "recordUsage", apitest.Vars{"eService": e.id, "months": []apitest.Vars{{"month": "2026-01-01", "cases": cases}}})
				n.add(secret{mark: fmt.Sprint(cases), texts: []string{fmt.Sprint(cases)}, what: "use of " + e.what, sees: e.sees})
			}
			if archived {
				n.do(n.editor(), "archiveSharedService", apitest.Vars{"id": s.id, "expectedVersion": version})
			}
		}
	}
	n.linked()
	n.around()
	for _, add := range []func(){n.decisions, n.documents, n.collaborations, n.strategies, n.threads, n.recordDrafts} {
		add()
	}
	n.turning()
	// What is known of an address tells it.
	var services []string
	for _, s := range n.secrets {
		if s.kind == "e_service" && !slices.Contains(services, s.id) {
			services = append(services, s.id)
		}
	}
	for some := range slices.Chunk(services, 20) {
		n.do(n.editor(), "checkLinks", apitest.Vars{"eServices": some})
	}
	return n
}

// linked has a public e-service that leads to one that is not.
func (n *nest) linked() {
	hidden, _ := n.service("MUNICIPALITY", nil)
	hidden.sees = own
	n.add(hidden)
	old, version := n.service("PUBLIC", nil)
	old.sees = anyone
	n.add(old)
	n.act("publishEService", old.id, &version, own)
	_, version = n.do(n.editor(), "transitionEService", apitest.Vars{"id": old.id, "expectedVersion": version, "to": "PHASING_OUT"})
	reason := secret{mark: n.mark(), what: "retirement reason", sees: anyone}
	reason.texts = []string{reason.mark + "reason"}
	n.do(n.editor(), "transitionEService", apitest.Vars{"id": old.id, "expectedVersion": version, "to": "RETIRED", "retirementReason": reason.texts[0], "replacedBy": hidden.id})
	n.add(reason)
}

// around has what lies beside the catalogue: imports, tokens, actors, comments.
func (n *nest) around() {
	run := secret{mark: n.mark(), kind: "import_run", what: "import", sees: own}
	run.texts = []string{run.mark + "source", run.mark + "name"}
	run.id = n.importOf(n.municipalities[home], run.texts[0], run.texts[1])
	n.add(run)

	flow := secret{mark: n.mark(), what: "imported e-service", sees: own}
	flow.texts = []string{flow.mark + "flow", flow.mark + "category", flow.mark + "short"}
	n.do(n.editor(), "applyImport", apitest.Vars{"municipality": home, "defaultOwner": n.units[home].NodeID(), "document": fmt.Sprintf(
		`{"Flows":[{"ID":1,"FlowFamilyID":2,"Name":%q,"Category":%q,"ShortDescription":%q}]}`, flow.texts[0], flow.texts[1], flow.texts[2])})
	n.add(flow)

	belongs := secret{mark: n.mark(), what: "category of the platform", sees: own}
	belongs.texts = []string{belongs.mark + "category"}
	n.do(n.editor(), "setPlatformCategories", apitest.Vars{"municipality": home, "categories": []apitest.Vars{{"category": belongs.texts[0]}}})
	n.add(belongs)

	drafted, version := n.service("PUBLIC", nil)
	drafted.what, drafted.sees = "e-service with a draft", anyone
	n.add(drafted)
	n.act("publishEService", drafted.id, &version, own)
	draft := secret{mark: n.mark(), kind: "e_service_draft", what: "draft", sees: own}
	of, written := filled(n.t, "SaveEServiceDraftInput", draft.mark)
	draft.texts = written
	draft.id, _ = n.do(n.editor(), "saveEServiceDraft", with(of, apitest.Vars{"id": drafted.id, "liveVersion": version}))
	n.add(draft)

	key := secret{mark: n.mark(), kind: "api_token", what: "token", sees: ownAdmin}
	input, texts := filled(n.t, "CreateApiTokenInput", key.mark)
	key.texts = texts
	key.id, _ = n.do(n.admin(), "createApiToken", with(input, apitest.Vars{"municipality": home, "role": "READER", "scopes": []string{"READ"}}))
	n.add(key)

	somebody := secret{mark: n.mark(), kind: "user_account", what: "user", sees: ownAdmin}
	somebody.texts = []string{somebody.mark + "name", somebody.mark + "email"}
	account, _ := n.person(home, somebody.texts[0], somebody.texts[1])
	somebody.id = string(account.NodeID())
	n.add(somebody)
	role := secret{mark: n.mark(), kind: "user_role", what: "role of a user", sees: ownAdmin}
	input, texts = filled(n.t, "GrantRoleInput", role.mark)
	role.texts = texts
	role.id, _ = n.do(n.admin(), "grantRole", with(input, apitest.Vars{"user": somebody.id, "role": "READER"}))
	n.add(role)

	actor := secret{mark: n.mark(), what: "actor", sees: own}
	actor.texts = []string{actor.mark + "function", actor.mark + "id"}
	ctx := access.With(n.t.Context(), access.Caller{Kind: access.User, ID: actor.texts[1], Function: actor.texts[0], Municipality: n.municipalities[home].ID, Roles: []access.Role{access.Admin}})
	name := "Kontoret"
	if _, err := n.Services.Organisation.UpdateUnit(ctx, n.units[home].ID, 1, func(u *organisation.Unit) { u.NameEn = &name }); err != nil {
		n.t.Fatal(err)
	}
	n.add(actor)

	work := secret{mark: n.mark(), what: "run of a job", sees: func(v viewer) bool { return own(v) && strings.HasPrefix(v.name, "its ") }}
	work.texts = []string{work.mark + "key", work.mark + "detail"}
	runner := &job.Runner{DB: n.DB, Log: slog.New(slog.DiscardHandler)}
	if _, err := runner.Now(n.t.Context(), job.Job{Name: "PROV", Do: func(context.Context, job.Key) (job.Note, error) {
		return job.Note{Sv: work.texts[1], En: work.texts[1]}, nil
	}}, job.Key{Name: work.texts[0], Municipality: n.municipalities[home].ID}); err != nil {
		n.t.Fatal(err)
	}
	n.add(work)

	for _, public := range []struct{ mutation, input, table string }{
		{"createUnit", "CreateUnitInput", "unit"}, {"createMunicipality", "CreateMunicipalityInput", "municipality"},
	} {
		s := secret{mark: n.mark(), kind: public.table, what: public.table, sees: anyone}
		input, texts := filled(n.t, public.input, s.mark)
		more := apitest.Vars{"municipality": home, "type": "UNIT"}
		if public.table == "municipality" {
			more = apitest.Vars{"scbCode": "0999"}
		}
		s.texts = texts
		s.id, _ = n.do(n.admin(), public.mutation, with(input, more))
		n.add(s)
	}
}

// turning has e-services that were seen by others then and are now, in each way. The
// texts of then and now are secrets of their own.
func (n *nest) turning() {
	type turn struct {
		then, now     string
		sawThen, sees func(viewer) bool
	}
	turns := []turn{{"PUBLIC", "MUNICIPALITY", own, own}, {"MUNICIPALITY", "PUBLIC", own, anyone}, {"PUBLIC", "PUBLIC", anyone, anyone}}
	var before []secret
	var versions []int
	for _, turn := range turns {
		s, version := n.service(turn.then, apitest.Vars{"foundSource": "Plattformen", "foundReason": "Fanns i drift"}) // they stay
		s.texts = slices.DeleteFunc(s.texts, func(text string) bool { return strings.HasPrefix(text, s.mark+"found") })
		s.what, s.sees, s.slug = "then "+turn.then+", now "+turn.now, turn.sawThen, ""
		n.add(s)
		_, version = n.do(n.editor(), "publishEService", apitest.Vars{"id": s.id, "expectedVersion": version})
		before, versions = append(before, s), append(versions, version)
	}
	n.at = n.Clock.Now()
	n.change = int(n.editor().Must(n.t, `{ snapshot { change } }`, nil).At("snapshot.change").(float64))
	n.Clock.Add(time.Hour)
	for i, turn := range turns {
		s := secret{mark: n.mark(), kind: "e_service", id: before[i].id, what: "now " + turn.now + ", then " + turn.then, sees: turn.sees}
		input, texts := filled(n.t, "UpdateEServiceInput", s.mark)
		s.texts, s.slug = texts, input["slug"].(string)
		n.do(n.editor(), "updateEService", with(input, apitest.Vars{"id": s.id, "expectedVersion": versions[i], "visibility": turn.now}))
		n.add(s)
		for j := range n.secrets { // the record is the present one's
			if n.secrets[j].mark == before[i].mark {
				n.secrets[j].id, n.secrets[j].kind = "", ""
			}
		}
	}
}

var quoted = regexp.MustCompile(`"([A-Za-z0-9_/+=-]{16,})"`)

// haystack is an answer with what its cursors and ids hold inside.
func haystack(raw []byte) string {
	var text strings.Builder
	text.Write(raw)
	opened := map[string]bool{}
	for _, found := range quoted.FindAllStringSubmatch(string(raw), -1) {
		if opened[found[1]] {
			continue
		}
		opened[found[1]] = true
		for _, encoding := range []*base64.Encoding{base64.RawURLEncoding, base64.StdEncoding} {
			if inside, err := encoding.DecodeString(found[1]); err == nil && utf8.Valid(inside) {
				text.WriteString("\n")
				text.Write(inside)
			}
		}
	}
	return text.String()
}

// notWalked are the fields that no query of the walk asks for, by type or field, with
// the reason.
var notWalked = map[string]string{
	"Query.asOf":      "the same walk is made under it",
	"Mutation":        "writes are tried one by one",
	"ReorganisedUnit": "only the answers of writes have it", "ReorganisationHandover": "likewise", "ReorganisationCounts": "likewise", "ReorganisationOrphan": "likewise", "ReorganisationGaps": "likewise",
	"UsageImportLine": "is of a mutation's answer", "SpreadsheetLine": "likewise", "SpreadsheetCell": "likewise", "SpreadsheetFault": "likewise", "SpreadsheetCount": "likewise",
	"Query.previewBulkEditEServices": "is for those who may write, and shows what its mutation does", "BulkEditLine": "likewise", "BulkEditDifference": "likewise", "BulkEditFault": "likewise", "BulkEditCount": "likewise", "BulkEditCondition": "likewise",
	"Query.movePreview": "is asked with records to be moved", "RoadmapMove": "only that and the answers of writes have it",
	"UndoLine":  "is of a mutation's answer",
	"UndoCount": "likewise",
	"UndoFault": "likewise",
}

// A text shows in the answers to those who may see it, wherever it can be asked for,
// and nowhere in those to anyone else: not in lists, counts, facets, references, gaps,
// histories, changes, cursors or the past.
func TestNobodySeesWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	n := newNest(t)
	w := newWalker(t)
	queries := n.queries(w)
	for _, v := range n.viewers() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && v.name != "a reader of a partner" && v.name != "nobody" {
				t.Skip("two ask beside each other, which is what may race")
			}
			var seen strings.Builder
			for name, query := range queries {
				answer := v.client.Query(t, query, nil)
				if len(answer.Errors) > 0 {
					t.Errorf("%s: %s", name, answer.Raw[:min(len(answer.Raw), 600)])
				}
				text := haystack(answer.Raw)
				for _, s := range n.secrets {
					if at := strings.Index(text, s.mark); at >= 0 && !s.sees(v) {
						t.Errorf("%s shows the %s: …%s…", name, s.what, text[max(0, at-80):min(len(text), at+60)])
					}
				}
				seen.WriteString(text)
			}
			for _, s := range n.secrets {
				for _, text := range s.texts {
					if s.sees(v) && !strings.Contains(seen.String(), text) {
						t.Errorf("%s of the %s shows nowhere, and should", text, s.what)
					}
				}
			}
		})
	}
	for _, field := range w.unreached() {
		of, _, _ := strings.Cut(field, ".")
		_, one := notWalked[field]
		_, whole := notWalked[of]
		if !one && !whole && !strings.HasSuffix(of, "Payload") && !strings.HasPrefix(of, "Import") {
			t.Errorf("%s is asked for by no query", field)
		}
	}
}

// kindIn gives the kind of the record whose id an argument is.
func kindIn(argument string) string {
	kind, _, _ := gid.ID(strings.Trim(strings.TrimPrefix(argument, "id: "), `"`)).Parse()
	return kind
}

// queries select everything: each field of Query, wide and deep, present, archived and
// past; deepest from the unit and the municipality that all hangs on.
func (n *nest) queries(w *walker) map[string]string {
	wide, deep, archived := depth{2, 1, false}, depth{1, 2, false}, depth{1, 2, true}
	queries := map[string]string{}
	args := map[string][]string{
		"municipality": {fmt.Sprintf("scbCode: %q", home)}, "changes": {"since: 0", fmt.Sprintf("since: %d", n.change)}, "node": {}, "nodes": {}, "asOf": {}, "previewBulkEditEServices": {}, "movePreview": {},
		"search": {`query: "kanarie"`}, "suggest": {`query: "kanarie"`}, "sinceMeeting": {fmt.Sprintf("from: %q", n.begun.Format(time.RFC3339))}, "exportEServices": {"format: CSV", "format: CSV, filter: { drafts: true }"}, "exportGaps": {"format: CSV", "format: CSV, filter: { drafts: true }", "format: CSV, filter: { waived: true }"},
	}
	for _, f := range w.schema.Query.Fields {
		if strings.HasPrefix(f.Name, "export") && args[f.Name] == nil { // as text, which the haystack can look into
			args[f.Name] = []string{"format: CSV", "format: CSV, filter: { archived: true }"}
		}
	}
	var ids []string
	for _, s := range n.secrets {
		if s.kind == "e_service_draft" { // by what it says itself
			typed := fmt.Sprintf("query: %q", s.mark)
			args["search"], args["suggest"] = append(args["search"], typed), append(args["suggest"], typed)
		}
		if s.id != "" {
			ids = append(ids, fmt.Sprintf("%q", s.id))
		}
		if s.kind == "decision" && len(args["goldenThread"]) < 2 {
			args["goldenThread"] = append(args["goldenThread"], fmt.Sprintf("id: %q", s.id))
		}
	}
	for some := range slices.Chunk(ids, page.Most) {
		args["nodes"] = append(args["nodes"], "ids: ["+strings.Join(some, ", ")+"]")
	}
	for _, id := range []gid.ID{n.units[home].NodeID(), n.municipalities[home].NodeID()} {
		args["node"] = append(args["node"], fmt.Sprintf("id: %q", id))
	}
	for _, f := range w.schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		given, special := args[f.Name]
		if !special {
			given = []string{""}
		}
		for _, a := range given {
			for _, d := range []depth{wide, deep, archived} {
				if f.Name != "node" {
					d.records--
					if filter := f.Arguments.ForName("filter"); d.lists == wide.lists || d.archived && (filter == nil || w.schema.Types[filter.Type.Name()].Fields.ForName("archived") == nil) {
						continue // it is the walk of deep again
					}
				}
				w.only = ""
				if f.Name == "node" {
					w.only = map[string]string{"unit": "Unit", "municipality": "Municipality"}[kindIn(a)]
				}
				query := w.query(f.Name, a, d)
				name := fmt.Sprintf("%s(%s) %+v", f.Name, a, d)
				queries[name] = query
				if f.Name != "viewer" && f.Name != "snapshot" && d.lists == deep.lists && !d.archived {
					root, fragments, _ := strings.Cut(query, "\n")
					queries["past "+name] = fmt.Sprintf("{ asOf(at: %q) %s }\n%s", n.at.Format(time.RFC3339), root, fragments)
				}
			}
		}
	}
	return queries
}

// Filters and counts find a record for those who may see it, and nothing for others.
func TestCountsAreOfWhatOneSees(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	t.Parallel()
	n := newNest(t)
	for _, v := range n.viewers() {
		t.Run(v.name, func(t *testing.T) {
			total := map[bool]int{}
			for _, s := range n.secrets {
				if s.kind != "e_service" && s.kind != "shared_service" {
					continue
				}
				want := 0.
				if s.sees(v) {
					want = 1
				}
				list, others := "sharedServices", []string{fmt.Sprintf("codes: [%q]", s.mark+"code")}
				if s.kind == "e_service" {
					if s.sees(v) {
						total[s.archived]++
					}
					list, others = "eServices", []string{fmt.Sprintf("slug: %q", s.slug), fmt.Sprintf("keywords: [%q]", s.mark+"keywords")}
				}
				for _, condition := range append(others, fmt.Sprintf("nameContains: %q", s.mark), fmt.Sprintf("nameContains: %q", strings.ToUpper(s.mark))) {
					answer := v.client.Must(t, fmt.Sprintf("{ list: %s(filter: {%s, archived: %t}) { totalCount nodes { id } facets(by: [VISIBILITY]) { values { count } } } }", list, condition, s.archived), nil)
					counted := 0.
					if facet, ok := answer.At("list.facets.0.values.0.count").(float64); ok {
						counted = facet
					}
					if answer.At("list.totalCount") != want || counted != want {
						t.Errorf("%s of the %s: %s, want %v", condition, s.what, answer.Raw, want)
					}
				}
			}
			for _, s := range n.secrets {
				if s.kind != "e_service_draft" {
					continue
				}
				// Others may be found that are spelt much alike, but never by the draft.
				for field, query := range map[string]string{
					"search":    "search(query: %q, first: 100) { nodes { drafted title { text } } }",
					"suggest":   "suggest(query: %q) { drafted title { text } }",
					"eServices": "eServices(filter: {drafts: true, search: %q}) { nodes { name { sv } } }",
				} {
					text := s.mark + "namesv"
					answer := v.client.Must(t, "{ "+fmt.Sprintf(query, text)+" }", nil)
					drafted := strings.Contains(string(answer.Raw), `"drafted":true`)
					if shown := strings.Contains(string(answer.Raw), text); shown != s.sees(v) || field != "eServices" && drafted != s.sees(v) {
						t.Errorf("%s for the %s: %s, want it %t", field, s.what, answer.Raw, s.sees(v))
					}
				}
			}
			for _, archived := range []bool{false, true} {
				want := float64(total[archived])
				if own(v) && !archived {
					want += 2 // the imported one, and the one that adopting an offer began
				}
				answer := v.client.Must(t, fmt.Sprintf("{ list: eServices(filter: {archived: %t}) { totalCount facets(by: [STATUS, OWNER_UNIT, PUBLISHED]) { name values { count } } } }", archived), nil)
				if answer.At("list.totalCount") != want {
					t.Errorf("archived %t: %v e-services, want %v", archived, answer.At("list.totalCount"), want)
				}
				for _, facet := range answer.At("list.facets").([]any) {
					sum := 0.
					for _, value := range apitest.At(facet, "values").([]any) {
						sum += apitest.At(value, "count").(float64)
					}
					if sum != want {
						t.Errorf("archived %t: facet %v counts %v, want %v", archived, apitest.At(facet, "name"), sum, want)
					}
				}
			}
		})
	}
}

// What may not be seen answers a write as if it were not there, and a link to it too.
func TestWritesTellNothingOfWhatIsNotSeen(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	t.Parallel()
	n := newNest(t)
	writers := map[string]viewer{
		"editor outside":            {"", n.as(outside, access.CatalogueEditor), outside, false},
		"editor of a partner":       {"", n.as(partner, access.CatalogueEditor), partner, false},
		"token that may not read":   {"", n.As(n.Token(t, home, access.CatalogueEditor, access.ScopeCatalogue)), "", false},
		"administrator outside":     {"", n.as(outside, access.Admin), outside, true},
		"token that may administer": {"", n.As(n.Token(t, home, access.Admin, access.ScopeAdminister)), "", true},
	}
	nothing := n.municipalities[outside].ID
	before := n.versions()
	change := apitest.Vars{"expectedVersion": 1}
	inputs := map[string]apitest.Vars{
		"updateEService": change, "transitionEService": with(change, apitest.Vars{"to": "PHASING_OUT"}), "publishEService": change, "unpublishEService": change, "archiveEService": change,
		"submitEServiceDraft": change, "discardEServiceDraft": change, "returnEServiceDraft": with(change, apitest.Vars{"comment": "Ange momsen"}),
		"recordUsage":         {"months": []apitest.Vars{{"month": "2026-01-01", "cases": -1}}},
		"updateSharedService": change, "archiveSharedService": change, "revokeApiToken": {},
	}
	kinds := map[string]string{"updateSharedService": "shared_service", "archiveSharedService": "shared_service", "revokeApiToken": "api_token",
		"submitEServiceDraft": "e_service_draft", "discardEServiceDraft": "e_service_draft", "returnEServiceDraft": "e_service_draft"}
	compared := 0
	for name, v := range writers {
		for _, s := range n.secrets {
			if s.id == "" || s.sees(v) {
				continue
			}
			for operation, input := range inputs {
				if kind := kinds[operation]; kind != s.kind && (kind != "" || s.kind != "e_service") || (operation == "revokeApiToken") != v.admin {
					continue
				}
				of := func(id any) apitest.Result {
					field := "id"
					if operation == "recordUsage" {
						field = "eService"
					}
					return v.client.Query(t, mutation(operation), apitest.Vars{"input": with(input, apitest.Vars{field: id})})
				}
				compared++
				hidden, missing := of(s.id), of(gid.New(s.kind, nothing))
				if diff := cmp.Diff(missing.Errors, hidden.Errors); diff != "" || !slices.Equal(hidden.Codes(), []string{"NOT_FOUND"}) {
					t.Errorf("%s by the %s on the %s is not answered as for one that is not there:\n%s\n%s", operation, name, s.what, diff, hidden.Raw)
				}
			}
			if s.kind == "shared_service" && v.municipality != "" && !v.admin {
				link := func(id any) apitest.Result {
					return v.client.Query(t, mutation("createEService"), apitest.Vars{"input": apitest.Vars{
						"municipality": v.municipality, "ownerUnit": n.units[v.municipality].NodeID(), "nameSv": "Prov", "sharedService": id,
					}})
				}
				hidden, missing := link(s.id), link(gid.New(s.kind, nothing))
				if diff := cmp.Diff(missing.Errors, hidden.Errors); diff != "" || len(hidden.Errors) != 1 {
					t.Errorf("a link by the %s to the %s is not refused as one to nothing:\n%s\n%s", name, s.what, diff, hidden.Raw)
				}
			}
		}
	}
	if compared < 50 {
		t.Errorf("%d writes were compared only", compared)
	}
	if diff := cmp.Diff(before, n.versions()); diff != "" {
		t.Errorf("what was refused has changed records (-before +after):\n%s", diff)
	}
}

// The feed says of a record that has left one's sight that it is gone, and gives one
// that has entered it whole.
func TestFeedTellsWhatEntersAndLeavesSight(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	t.Parallel()
	n := newNest(t)
	for _, v := range n.viewers() {
		answer := v.client.Must(t, fmt.Sprintf(`{ changes(since: %d, first: 100) { through nodes { id kind removed record { id ... on EService { name { sv } } } } } }`, n.change), nil)
		got := map[string]string{}
		for _, node := range answer.At("changes.nodes").([]any) {
			state := "whole"
			if apitest.At(node, "removed") == true {
				state = "removed"
			}
			if (apitest.At(node, "record") == nil) != (state == "removed") {
				t.Errorf("%s: %v", v.name, node)
			}
			got[apitest.At(node, "id").(string)] = state
		}
		want := map[string]string{}
		for _, s := range n.secrets {
			if strings.HasPrefix(s.what, "now ") {
				want[s.id] = "whole"
				if !s.sees(v) {
					want[s.id] = "removed"
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s since the turn (-want +got):\n%s", v.name, diff)
		}
	}
}
