package graph_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"fardplan/internal/apitest"
	"fardplan/internal/gid"
)

// catalogue is a world whose every list has records, with equal names and days among
// them and days that are not given.
type catalogue struct {
	*world
	of     map[string]string // an id of each kind of record, the one with the most under it
	client *apitest.Client   // who sees all of it: an administrator of the home municipality
}

func newCatalogue(t *testing.T) *catalogue {
	t.Helper()
	w := newWorld(t)
	c := &catalogue{world: w, client: w.admin(), of: map[string]string{
		"Municipality": string(w.municipalities[home].NodeID()), "Unit": string(w.units[home].NodeID()),
	}}
	for i, name := range []string{"Årsta", "Arsta", "Ärla"} {
		w.Municipality(t, fmt.Sprintf("07%02d", i), name)
	}
	w.do(c.client, "updateMunicipality", apitest.Vars{"id": c.of["Municipality"], "expectedVersion": 1, "inhabitantsClass": "större stad"})
	w.do(c.client, "updateUnit", apitest.Vars{"id": c.of["Unit"], "expectedVersion": 1, "costCentre": "1"})
	for i := range 6 {
		w.do(c.client, "createUnit", apitest.Vars{
			"municipality": home, "nameSv": []string{"Ånga", "Ånga 2", "anga", "Äng", "Örn", "Zon"}[i], "type": []string{"UNIT", "DIVISION"}[i%2], "parent": c.of["Unit"],
			"validFrom": []any{nil, "2025-01-01", "2025-01-01", nil, "2024-01-01", nil}[i],
		})
	}
	for i := range 6 {
		id, _ := w.do(w.editor(), "createSharedService", apitest.Vars{"municipality": home, "code": fmt.Sprintf("kod-%d", i), "nameSv": []string{"Skolskjuts", "Ökad", "Skolskjuts", "Bygglov", "Äta", "Bygglov"}[i]})
		c.of["SharedService"] = id
	}
	w.do(w.editor(), "updateSharedService", apitest.Vars{"id": c.of["SharedService"], "expectedVersion": 1, "licence": "EUPL-1.2"})
	var services []string
	for i := range 7 {
		input := with(w.service([]string{"Plats i förskola", "Ökning", "Plats i förskola", "Åtgärd", "Plats i förskola", "Bygglov", "Bygglov"}[i]), apitest.Vars{
			"sharedService": c.of["SharedService"], "launchedOn": []any{"2024-01-15", nil, "2024-01-15", nil, "2023-05-05", nil, "2026-03-01"}[i],
			"plannedLaunch":        []any{nil, "2024-01-01", nil, "2024-01-01", "2022-01-01", nil, nil}[i],
			"legalBasisVerifiedOn": []any{nil, "2025-01-01", nil, nil, "2025-01-01", "2026-01-01", nil}[i], "legalBasis": "Skollagen 8 kap.",
			"slug": fmt.Sprintf("tjanst-%d", i), "keywords": []string{"förskola"},
		})
		if i == 3 {
			w.Clock.Add(60e9)
		}
		c.of["EService"], _ = w.do(w.editor(), "createEService", input)
		services = append(services, c.of["EService"])
		if i%2 == 0 {
			w.do(w.editor(), "recordUsage", apitest.Vars{"eService": c.of["EService"], "months": []apitest.Vars{{"month": "2026-01-01", "cases": 10}}})
		}
	}
	answer := c.client.Must(t, `{ eServices { nodes { id } } }`, nil)
	var all []string
	for i := range 7 {
		all = append(all, answer.Text(fmt.Sprintf("eServices.nodes.%d.id", i)))
	}
	w.do(w.editor(), "checkLinks", apitest.Vars{"eServices": all})
	w.do(w.editor(), "updateEService", apitest.Vars{"id": c.of["EService"], "expectedVersion": 1, "feeSv": "100 kr"})
	w.do(w.editor(), "publishEService", apitest.Vars{"id": c.of["EService"], "expectedVersion": 2})
	for i, id := range services[:6] {
		c.of["EServiceDraft"], _ = w.do(w.editor(), "saveEServiceDraft", apitest.Vars{"id": id, "liveVersion": 1, "feeSv": fmt.Sprintf("%d kr", i)})
	}
	w.do(w.editor(), "submitEServiceDraft", apitest.Vars{"id": c.of["EServiceDraft"], "expectedVersion": 1})
	var months []apitest.Vars
	for m := range 6 {
		months = append(months, apitest.Vars{"month": fmt.Sprintf("2025-%02d-01", m+1), "cases": 10 * (m / 2)})
	}
	w.do(w.editor(), "recordUsage", apitest.Vars{"eService": c.of["EService"], "months": months})
	months[0]["cases"] = 11
	w.do(w.editor(), "recordUsage", apitest.Vars{"eService": c.of["EService"], "months": months[:1]})
	answer = c.client.Must(t, fmt.Sprintf(`{ node(id: %q) { ... on EService { usage(first: 1, orderBy: {field: MONTH}) { nodes { id } } } } }`, c.of["EService"]), nil)
	c.of["Usage"] = answer.Text("node.usage.nodes.0.id")
	for i := range 3 {
		c.of["ApiToken"], _ = w.do(c.client, "createApiToken", apitest.Vars{"municipality": home, "label": fmt.Sprintf("Program %d", i), "role": "READER", "scopes": []string{"READ"}})
	}
	w.do(c.client, "revokeApiToken", apitest.Vars{"id": c.of["ApiToken"]})
	for i := range 3 {
		account, _ := w.person(home, fmt.Sprintf("Person %d", i), "prov@example.se")
		c.of["UserAccount"] = string(account.NodeID())
	}
	c.of["UserRole"], _ = w.do(c.client, "grantRole", apitest.Vars{"user": c.of["UserAccount"], "role": "READER"})
	w.do(c.client, "grantRole", apitest.Vars{"user": c.of["UserAccount"], "role": "READER", "function": "Granskare"})
	for i := range 3 {
		c.of["ImportRun"] = w.importOf(w.municipalities[home], fmt.Sprintf("getflows-%d.json", i), "")
	}
	for round, names := range [][]string{{"Å", "Ä", "Bygga", "Bygga", "Ö"}, {"Å", "Ä", "Bygga", "Bygga", "Öppna"}} {
		var flows []string
		var categories []apitest.Vars
		for i, name := range names {
			flows = append(flows, fmt.Sprintf(`{"ID":%d,"FlowFamilyID":%d,"Name":%q}`, i+1, i+1, name))
			categories = append(categories, apitest.Vars{"category": fmt.Sprintf("Område %d", i), "ownerUnit": []any{nil, c.of["Unit"]}[round]})
		}
		w.platform(`{"Flows":[` + strings.Join(flows, ",") + `]}`)
		w.do(w.editor(), "runPlatformWatch", apitest.Vars{"municipality": home})
		w.do(w.editor(), "setPlatformCategories", apitest.Vars{"municipality": home, "categories": categories})
	}
	answer = c.client.Must(t, `{ platformFlows(last: 1) { nodes { id } } platformCategories(first: 1) { nodes { id } } }`, nil)
	c.of["PlatformFlow"], c.of["PlatformCategory"] = answer.Text("platformFlows.nodes.0.id"), answer.Text("platformCategories.nodes.0.id")
	for _, add := range []func(){c.decisions, c.documents, c.collaborations, c.strategies, c.threads, c.recordDrafts} {
		add()
	}
	return c
}

// list is a connection field of the schema, with a way to ask for it.
type list struct {
	name   string // Type.field
	parent string // an id of the record that it is under; empty for Query's own
	of     string // the parent's type
	field  *ast.FieldDefinition
	order  string // the name of its enum of orders; empty for a list of one order
	few    int    // how many records the catalogue has in it at least
}

// scarce are lists that the rules keep shorter than the others.
var scarce = map[string]int{
	"PlatformFlow.gaps": 1, "PlatformFlow.history": 2, "PlatformCategory.history": 2,
	"Municipality.gaps": 1, "Unit.gaps": 0, "Query.apiTokens": 3, "Query.importRuns": 3, "Query.users": 3, "UserAccount.history": 1, "UserRole.history": 2,
	"ApiToken.history": 2, "EServiceDraft.history": 2, "ImportRun.history": 1, "Usage.history": 2, "Municipality.history": 2, "Unit.history": 2, "SharedService.history": 2, "EService.history": 3,
}

// lists walks the schema for every connection field of Query and of records.
func (c *catalogue) lists() []list {
	c.t.Helper()
	schema := parsed()
	var all []list
	for _, d := range definitions(schema) {
		if d.Kind != ast.Object || d != schema.Query && !slices.Contains(d.Interfaces, "Node") {
			continue
		}
		for _, f := range d.Fields {
			if !strings.HasSuffix(f.Type.Name(), "Connection") {
				continue
			}
			l := list{name: d.Name + "." + f.Name, of: d.Name, field: f, few: 5}
			for _, some := range []map[string]int{scarce, decisionScarce, documentScarce, collaborationScarce, strategyScarce, threadScarce, recordDraftScarce} {
				if n, ok := some[l.name]; ok {
					l.few = n
				}
			}
			if d != schema.Query {
				if l.parent = c.of[d.Name]; l.parent == "" {
					c.t.Fatalf("the catalogue has no %s to walk the lists of", d.Name)
				}
			}
			if order := f.Arguments.ForName("orderBy"); order != nil {
				l.order = schema.Types[order.Type.Name()].Fields.ForName("field").Type.Name()
			}
			all = append(all, l)
		}
	}
	if len(all) < 15 {
		c.t.Fatalf("the walk found %d lists only", len(all))
	}
	return all
}

// orders are the arguments of the list's every order.
func (l list) orders() []string {
	if l.order == "" {
		return []string{""}
	}
	var all []string
	for _, v := range parsed().Types[l.order].EnumValues {
		for _, direction := range []string{"ASC", "DESC"} {
			all = append(all, fmt.Sprintf("orderBy: {field: %s, direction: %s}", v.Name, direction))
		}
	}
	return all
}

// pageOf is one page of a list.
type pageOf struct {
	cursors         []string
	next, previous  bool
	total           int
	startsAt, endAt any
}

// page asks for a page of the list by arguments.
func (c *catalogue) page(l list, args string) apitest.Result {
	node := "__typename"
	if slices.Contains(parsed().Types[l.nodeType()].Interfaces, "Node") {
		node += " id"
	}
	total := "totalCount"
	if parsed().Types[l.field.Type.Name()].Fields.ForName("totalCount") == nil {
		total = "through"
	}
	if l.name == "Query.changes" {
		args = "since: 0 " + args
	}
	if l.name == "Query.search" {
		args = `query: "förskola" ` + args
	}
	if args = strings.TrimSpace(args); args != "" {
		args = "(" + args + ")"
	}
	query := fmt.Sprintf("list: %s%s { %s edges { cursor node { %s } } nodes { %s } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }", l.field.Name, args, total, node, node)
	if l.parent != "" {
		query = fmt.Sprintf("node(id: %q) { ... on %s { %s } }", l.parent, l.of, query)
	}
	return c.client.Query(c.t, "{ "+query+" }", nil)
}

func (l list) nodeType() string {
	schema := parsed()
	return schema.Types[schema.Types[l.field.Type.Name()].Fields.ForName("nodes").Type.Name()].Name
}

// must reads a page that is to be there.
func (c *catalogue) must(t *testing.T, l list, args string) pageOf {
	t.Helper()
	answer := c.page(l, args)
	if len(answer.Errors) > 0 {
		t.Fatalf("%s(%s): %s", l.name, args, answer.Raw)
	}
	got := answer.At("list")
	if l.parent != "" {
		got = answer.At("node.list")
	}
	p := pageOf{
		next: apitest.At(got, "pageInfo.hasNextPage").(bool), previous: apitest.At(got, "pageInfo.hasPreviousPage").(bool),
		startsAt: apitest.At(got, "pageInfo.startCursor"), endAt: apitest.At(got, "pageInfo.endCursor"),
	}
	if total, ok := apitest.At(got, "totalCount").(float64); ok {
		p.total = int(total)
	}
	edges, nodes := apitest.At(got, "edges").([]any), apitest.At(got, "nodes").([]any)
	if len(edges) != len(nodes) {
		t.Fatalf("%s(%s) has %d edges and %d nodes", l.name, args, len(edges), len(nodes))
	}
	for i, e := range edges {
		p.cursors = append(p.cursors, apitest.At(e, "cursor").(string))
		if diff := cmp.Diff(apitest.At(e, "node"), nodes[i]); diff != "" {
			t.Fatalf("%s(%s) has other nodes than its edges:\n%s", l.name, args, diff)
		}
	}
	var first, last any
	if n := len(p.cursors); n > 0 {
		first, last = p.cursors[0], p.cursors[n-1]
	}
	if p.startsAt != first || p.endAt != last {
		t.Errorf("%s(%s): startCursor and endCursor are not those of the edges", l.name, args)
	}
	return p
}

// whole reads a list by the largest pages there are, as one.
func (c *catalogue) whole(t *testing.T, l list, order string) pageOf {
	t.Helper()
	all := c.must(t, l, order+" first: 100")
	for all.next && len(all.cursors) < 1000 {
		more := c.must(t, l, fmt.Sprintf("%s first: 100 after: %q", order, all.cursors[len(all.cursors)-1]))
		all.cursors, all.next = append(all.cursors, more.cursors...), more.next
	}
	return all
}

// walk reads a list of so many records page by page from one end: by twos, or in six
// pages where they would be more.
func (c *catalogue) walk(t *testing.T, l list, order string, records int, backward bool) []string {
	t.Helper()
	each := max(2, (records+5)/6)
	size, place := fmt.Sprintf("first: %d", each), "after"
	if backward {
		size, place = fmt.Sprintf("last: %d", each), "before"
	}
	var all []string
	args := order + " " + size
	for begun := false; ; begun = true {
		p := c.must(t, l, args)
		near, far := p.previous, p.next
		if backward {
			near, far = p.next, p.previous
		}
		if near != begun {
			t.Errorf("%s(%s): pages before it: %t, want %t", l.name, args, near, begun)
		}
		if backward {
			all = append(slices.Clone(p.cursors), all...)
		} else {
			all = append(all, p.cursors...)
		}
		if !far {
			return all
		}
		if len(p.cursors) != each || len(all) > 2*records {
			t.Fatalf("%s(%s) says that there is more after %d records", l.name, args, len(p.cursors))
		}
		end := p.cursors[len(p.cursors)-1]
		if backward {
			end = p.cursors[0]
		}
		args = fmt.Sprintf("%s %s %s: %q", order, size, place, end)
	}
}

// Every list of the schema, in every order, is walked from both ends by small pages:
// each record comes once, in one order.
func TestListsAreWalkedFromBothEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("asks some thousands of queries, one after another")
	}
	t.Parallel()
	c := newCatalogue(t)
	for _, l := range c.lists() {
		t.Run(l.name, func(t *testing.T) {
			forwardOnly := l.field.Arguments.ForName("last") == nil
			var ascending []string
			for _, order := range l.orders() {
				whole := c.whole(t, l, order)
				if len(whole.cursors) < l.few {
					t.Fatalf("the catalogue has %d records in it only", len(whole.cursors))
				}
				if whole.next || whole.previous || !forwardOnly && whole.total != len(whole.cursors) {
					t.Errorf("%s: %d records of %d, with more: %t, %t", order, len(whole.cursors), whole.total, whole.previous, whole.next)
				}
				if unique := slices.Compact(slices.Sorted(slices.Values(whole.cursors))); len(unique) != len(whole.cursors) {
					t.Errorf("%s: a record comes twice", order)
				}
				if diff := cmp.Diff(whole.cursors, c.walk(t, l, order, len(whole.cursors), false)); diff != "" {
					t.Errorf("%s forwards (-whole +pages):\n%s", order, diff)
				}
				if forwardOnly {
					continue
				}
				if diff := cmp.Diff(whole.cursors, c.walk(t, l, order, len(whole.cursors), true)); diff != "" {
					t.Errorf("%s backwards (-whole +pages):\n%s", order, diff)
				}
				if places := placesOf(t, whole.cursors); strings.HasSuffix(order, "DESC}") {
					slices.Reverse(places)
					if diff := cmp.Diff(ascending, places); diff != "" {
						t.Errorf("%s is not ASC from its end (-ASC +DESC):\n%s", order, diff)
					}
				} else {
					ascending = places
				}
			}
		})
	}
}

// placesOf gives the records of cursors, whatever their order.
func placesOf(t *testing.T, cursors []string) []string {
	t.Helper()
	places := make([]string, len(cursors))
	for i, cursor := range cursors {
		places[i] = opened(t, cursor)["i"].(string)
	}
	return places
}

// opened gives what is inside a cursor, which clients do not look into.
func opened(t *testing.T, cursor string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	inside := map[string]any{}
	if err == nil {
		err = json.Unmarshal(raw, &inside)
	}
	if err != nil {
		t.Fatalf("cursor %s: %v", cursor, err)
	}
	return inside
}

// The arguments of every list are checked, and what is wrong is said of the argument.
func TestListsRefuseWrongArguments(t *testing.T) {
	if testing.Short() {
		t.Skip("asks some thousand queries, one after another")
	}
	t.Parallel()
	c := newCatalogue(t)
	for _, l := range c.lists() {
		t.Run(l.name, func(t *testing.T) {
			forwardOnly := l.field.Arguments.ForName("last") == nil
			empty := c.must(t, l, "first: 0")
			if len(empty.cursors) != 0 || empty.next != (l.few > 0) || !forwardOnly && empty.total < l.few {
				t.Errorf("first: 0 gives %+v", empty)
			}
			refused := func(args string, want ...string) {
				t.Helper()
				if got := shownErrors(c.page(l, args)); !slices.Equal(got, want) {
					t.Errorf("%s is answered with %v, want %v", args, got, want)
				}
			}
			refused("first: 101", "INVALID first page_size")
			refused("first: -1", "INVALID first page_size")
			refused(`after: "hej"`, "INVALID after cursor_form")
			refused(`after: ""`, "INVALID after cursor_form")
			if !forwardOnly {
				refused("first: 1 last: 1", "INVALID last page_direction")
				refused("last: 101", "INVALID last page_size")
				refused(`first: 200 last: 200 before: "hej"`, "INVALID before cursor_form", "INVALID first page_size", "INVALID last page_direction", "INVALID last page_size")
			}
			orders := l.orders()
			whole := c.must(t, l, orders[0]+" first: 100")
			if len(whole.cursors) == 0 {
				return
			}
			cursor := whole.cursors[0]
			refused(fmt.Sprintf("%s after: %q", orders[0], cursor[:len(cursor)-1]), "INVALID after cursor_form")
			refused(fmt.Sprintf("%s after: %q", orders[0], cursor+"A"), "INVALID after cursor_form")
			for _, other := range orders[1:] {
				refused(fmt.Sprintf("%s after: %q", other, cursor), "INVALID after cursor_order")
			}
			for _, order := range orders {
				inside := opened(t, c.must(t, l, order+" first: 1").cursors[0])
				forged, err := json.Marshal(struct {
					O any `json:"o"`
					V any `json:"v"`
					I any `json:"i"`
				}{inside["o"], "a\x00", inside["i"]})
				if err != nil {
					t.Fatal(err)
				}
				refused(fmt.Sprintf("%s after: %q", order, base64.RawURLEncoding.EncodeToString(forged)), "INVALID after cursor_form")
			}
			if n := len(whole.cursors); n >= 4 && !forwardOnly {
				between := c.must(t, l, fmt.Sprintf("%s first: 100 after: %q before: %q", orders[0], whole.cursors[0], whole.cursors[n-1]))
				if diff := cmp.Diff(whole.cursors[1:n-1], between.cursors); diff != "" {
					t.Errorf("between two cursors (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// Every kind of record is found by its id, with the same type and id, and ids say
// nothing and are one record's alone.
func TestNodesAreFoundByTheirIDs(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	t.Parallel()
	c := newCatalogue(t)
	var ids, types []string
	for _, d := range definitions(parsed()) {
		if d.Kind != ast.Object || !slices.Contains(d.Interfaces, "Node") {
			continue
		}
		id := c.of[d.Name]
		if id == "" {
			t.Errorf("the catalogue has no %s", d.Name)
			continue
		}
		answer := c.client.Must(t, `query($id: ID!) { node(id: $id) { __typename id ... on Record { version createdAt updatedAt } } }`, apitest.Vars{"id": id})
		if answer.Text("node.__typename") != d.Name || answer.Text("node.id") != id || answer.At("node.version") == nil {
			t.Errorf("node(id:) of a %s answers %s", d.Name, answer.Raw)
		}
		if slices.Contains(ids, id) || strings.Contains(id, ":") || strings.Contains(strings.ToLower(id), strings.ToLower(d.Name)) {
			t.Errorf("the id %s of a %s is not its own, or not opaque", id, d.Name)
		}
		ids, types = append(ids, id), append(types, d.Name)
	}
	unknown := string(gid.New("e_service", c.municipalities[home].ID))
	foreign := string(gid.New("gap_episode", c.municipalities[home].ID))
	asked := append(append([]string{unknown}, ids...), foreign, ids[0])
	answer := c.client.Must(t, `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`, apitest.Vars{"ids": asked})
	want := []any{nil}
	for i, id := range ids {
		want = append(want, apitest.Vars{"__typename": types[i], "id": id})
	}
	want = append(want, nil, want[1])
	if diff := cmp.Diff(want, answer.At("nodes")); diff != "" {
		t.Errorf("nodes keeps the order, with null for what is not there (-want +got):\n%s", diff)
	}
	for _, wrong := range []struct{ query, want string }{
		{`{ node(id: "hej") { id } }`, "INVALID id id_form"},
		{`{ node(id: "") { id } }`, "INVALID id id_form"},
		{fmt.Sprintf(`{ node(id: %q) { id } }`, ids[0]+"="), "INVALID id id_form"},
		{fmt.Sprintf(`{ nodes(ids: [%s]) { id } }`, strings.Repeat(fmt.Sprintf("%q,", ids[0]), 101)), "INVALID ids ids_number"},
	} {
		if got := shownErrors(c.client.Query(t, wrong.query, nil)); !slices.Equal(got, []string{wrong.want}) {
			t.Errorf("%.60s is answered with %v, want %s", wrong.query, got, wrong.want)
		}
	}
}
