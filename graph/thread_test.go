package graph_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/thread"
)

// threadSteps has an example of every mutation of these records.
func threadSteps() []step {
	director := (*world).director
	return []step{
		{
			mutation: "createDecision", as: director, keep: "tjänstebeslut",
			input: func(w *world, _ made) apitest.Vars {
				return w.decided("E-tjänsten beställs", apitest.Vars{"diaryNumber": "KS 2026/50"})
			},
			ask:  "decision { id version links { totalCount } }",
			want: apitest.Vars{"decision": apitest.Vars{"version": 1., "links": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "linkRecords", as: (*world).editor, keep: "länk",
			input: func(w *world, m made) apitest.Vars {
				shared, _ := w.do(w.editor(), "createSharedService", apitest.Vars{"municipality": home, "code": "avlopp", "nameSv": "Avlopp"})
				return apitest.Vars{"municipality": home, "from": shared, "to": m.id["tjänstebeslut"], "purpose": "AUTHORISES", "note": " Hela tjänsten "}
			},
			ask: "recordLink { id version purpose note municipality { scbCode } from { ... on Decision { title { sv } links { totalCount } gaps { nodes { rule { code } } } } } to { ... on SharedService { code links { nodes { purpose } } } } }",
			want: apitest.Vars{"recordLink": apitest.Vars{
				"version": 1., "purpose": "AUTHORISES", "note": "Hela tjänsten", "municipality": apitest.Vars{"scbCode": home},
				"from": apitest.Vars{"title": apitest.Vars{"sv": "E-tjänsten beställs"}, "links": apitest.Vars{"totalCount": 1.}, "gaps": apitest.Vars{"nodes": []any{apitest.Vars{"rule": apitest.Vars{"code": "DECISION_NOT_BINDING"}}}}},
				"to":   apitest.Vars{"code": "avlopp", "links": apitest.Vars{"nodes": []any{apitest.Vars{"purpose": "AUTHORISES"}}}},
			}},
		},
		{
			mutation: "unlinkRecords", as: (*world).editor,
			input: func(_ *world, m made) apitest.Vars { return m.of("länk", apitest.Vars{"comment": "Fel tjänst"}) },
			ask:   "recordLink { version archivedAt from { ... on Decision { links { totalCount } gaps { totalCount } } } }",
			want:  apitest.Vars{"recordLink": apitest.Vars{"version": 2., "archivedAt": "2026-03-16T11:00:00Z", "from": apitest.Vars{"links": apitest.Vars{"totalCount": 0.}, "gaps": apitest.Vars{"totalCount": 0.}}}},
		},
	}
}

// bind links two records of the home municipality.
func (w *world) bind(from, to string, more apitest.Vars) string {
	w.t.Helper()
	id, _ := w.do(w.director(), "linkRecords", with(apitest.Vars{"municipality": home, "from": from, "to": to}, more))
	return id
}

// threadAttempts are inputs that whoever may write is refused for another reason.
func threadAttempts(_ *world, id map[string]string) map[string]attempt {
	return map[string]attempt{
		"linkRecords":   {apitest.Vars{"municipality": home, "from": id["decision"], "to": id["eService"]}, "INVALID"},
		"unlinkRecords": {apitest.Vars{"id": id["link"], "expectedVersion": 99}, "CONFLICT"},
	}
}

// threadTargets makes what the attempts are made on.
func (w *world) threadTargets(all map[string]string) {
	all["link"] = w.bind(all["decision"], all["sharedService"], apitest.Vars{"purpose": "NOTES"})
}

// threads has a secret in each text of these records.
func (n *nest) threads() {
	public, version := n.service("PUBLIC", nil)
	public.sees = anyone
	n.add(public)
	n.act("publishEService", public.id, &version, own)
	for _, d := range slices.Clone(n.secrets) {
		if d.kind != "decision" {
			continue
		}
		// A link is seen by those who see both records.
		s := secret{mark: n.mark(), kind: "record_link", what: "link of a " + d.what, sees: d.sees}
		input, texts := filled(n.t, "LinkRecordsInput", s.mark)
		s.texts = texts
		s.id = n.bind(d.id, public.id, with(input, apitest.Vars{"purpose": "AUTHORISES"}))
		n.add(s)
	}
	for _, archive := range n.archived {
		archive()
	}
}

// threads has records in every list of these, with equal names and days among them.
func (c *catalogue) threads() {
	answer := c.client.Must(c.t, `{ decisions { nodes { id } } eServices { nodes { id } } sharedServices { nodes { id } } }`, nil)
	for i := range 6 {
		at := func(list string, i int) string { return answer.Text(list + ".nodes." + string(rune('0'+i)) + ".id") }
		c.bind(at("decisions", i), c.of["EService"], apitest.Vars{"purpose": "NOTES"})
		c.bind(at("decisions", i), c.of["SharedService"], apitest.Vars{"purpose": []string{"NOTES", "AMENDS"}[i%2]})
		for _, kind := range []string{"Finding", "FormalAnswer", "GoverningDocument"} {
			c.bind(at("decisions", i), c.of[kind], apitest.Vars{"purpose": "NOTES"})
		}
		if e := at("eServices", i); e != c.of["EService"] {
			c.of["RecordLink"] = c.bind(c.of["Decision"], e, apitest.Vars{"purpose": "NOTES"})
		}
	}
}

// threadScarce are lists that the rules keep shorter than the others.
var threadScarce = map[string]int{"RecordLink.history": 1}

// threadCodes are the enums of these records.
func threadCodes() map[string]places {
	var purposes []string
	for _, c := range thread.Codes()["PURPOSE"] {
		purposes = append(purposes, c.Value)
	}
	return map[string]places{
		"LinkPurpose": {purposes, []string{"record_link_purpose"}},
		"LinkKind":    {upper(thread.Kinds()), nil},
		"ThreadStage": {texts(thread.Stages()), nil},
	}
}

// threadFacets name, for each list, the condition of the filter that takes each facet's values.
var threadFacets = map[string]map[string]string{}

// threadsOfEveryKind registers records that differ in every field that is counted by.
func (w *world) threadsOfEveryKind() {}

// The thread of a shared service goes to the e-services under it, with the decision
// beside and what is missing.
func TestTheGoldenThread(t *testing.T) {
	w := newWorld(t)
	shared, _ := w.do(w.editor(), "createSharedService", apitest.Vars{"municipality": home, "code": "bygglov", "nameSv": "Bygglov"})
	service, version := w.do(w.editor(), "createEService", with(w.service("Bygglov"), apitest.Vars{"sharedService": shared}))
	w.do(w.editor(), "publishEService", apitest.Vars{"id": service, "expectedVersion": version})
	decided, _ := w.do(w.director(), "createDecision", w.decided("Tjänsten beställs", apitest.Vars{"diaryNumber": "KS 2026/50"}))
	hidden, _ := w.do(w.director(), "createDecision", w.decided("Internt", apitest.Vars{"visibility": "MUNICIPALITY"}))
	w.bind(decided, shared, apitest.Vars{"purpose": "AUTHORISES"})
	w.bind(hidden, service, apitest.Vars{"purpose": "AUTHORISES"})
	const query = `query($id: ID!) { goldenThread(id: $id) { cut nodes { stage distance record { id } } links { from to purpose recordLink { purpose } } missing { stage title { sv } rule { code } record { id } } } }`
	node := func(stage string, distance float64, id string) any {
		return apitest.Vars{"stage": stage, "distance": distance, "record": apitest.Vars{"id": id}}
	}
	link := func(from, to string, purpose any) any {
		l := apitest.Vars{"from": from, "to": to, "purpose": purpose, "recordLink": nil}
		if purpose != nil {
			l["recordLink"] = apitest.Vars{"purpose": purpose}
		}
		return l
	}
	missing := []any{apitest.Vars{"stage": "GOAL", "title": apitest.Vars{"sv": "E-tjänsten tjänar inget mål"}, "rule": apitest.Vars{"code": "ESERVICE_NO_GOAL"}, "record": apitest.Vars{"id": service}}}
	want := apitest.Vars{
		"cut":     false,
		"nodes":   []any{node("E_SERVICE", 0, service), node("E_SERVICE", 1, shared), node("DECISION", 2, decided)},
		"links":   []any{link(shared, service, nil), link(decided, shared, "AUTHORISES")},
		"missing": missing,
	}
	if diff := cmp.Diff(any(want), w.as("", "").Must(t, query, apitest.Vars{"id": service}).At("goldenThread")); diff != "" {
		t.Errorf("the thread that anyone sees (-want +got):\n%s", diff)
	}
	own := w.as(home, access.Reader).Must(t, query, apitest.Vars{"id": service})
	if got := len(own.At("goldenThread.nodes").([]any)); got != 4 {
		t.Errorf("the own municipality sees %d records: %s", got, own.Raw)
	}
	back := w.as("", "").Must(t, query, apitest.Vars{"id": decided})
	if got := len(back.At("goldenThread.nodes").([]any)); got != 3 {
		t.Errorf("from the decision there are %d records: %s", got, back.Raw)
	}
	for _, id := range []any{hidden, w.units[home].NodeID()} {
		if answer := w.as("", "").Must(t, query, apitest.Vars{"id": id}); answer.At("goldenThread") != nil {
			t.Errorf("a record without a thread to see has one: %s", answer.Raw)
		}
	}
}
