package graph_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/apitest"
)

// A list of e-services as Open ePlatform gives it.
const getflows = `{"Flows":[
	{"ID":1412,"FlowFamilyID":381,"Name":"Ansökan om skolskjuts","Category":"Skola","FlowFamilyURL":"https://e-tjanster.example.se/oversikt/overview/381","ShortDescription":"Här söker du skolskjuts."},
	{"ID":910,"FlowFamilyID":104,"Name":"Felanmälan","Category":"Trafik","FlowFamilyURL":"javascript:alert(1)"}]}`

// getflowsToday is the same platform on another day.
const getflowsToday = `{"Flows":[
	{"ID":1413,"FlowFamilyID":381,"Name":"Ansökan om skolskjuts till friskola","Category":"Skola","FlowFamilyURL":"https://e-tjanster.example.se/oversikt/overview/381","ShortDescription":"Här söker du skolskjuts."},
	{"ID":911,"FlowFamilyID":104,"Name":"Felanmälan","Category":"Trafik"}]}`

// platform lets the home municipality's platform answer with a list.
func (w *world) platform(list string) {
	w.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, list) }))
	w.t.Cleanup(server.Close)
	m := w.municipalities[home]
	answer := w.admin().Must(w.t, `query($id: ID!) { node(id: $id) { ... on Municipality { version } } }`, apitest.Vars{"id": m.NodeID()})
	w.do(w.admin(), "updateMunicipality", apitest.Vars{"id": m.NodeID(), "expectedVersion": answer.At("node.version"), "oepBaseUrl": server.URL})
}

// importedIn gives the number of the change of the newest import.
func (w *world) importedIn() any {
	w.t.Helper()
	return w.editor().Must(w.t, `{ importRuns(first: 1) { nodes { history { nodes { change { number } } } } } }`, nil).At("importRuns.nodes.0.history.nodes.0.change.number")
}

// step is one mutation that works: its input may name what earlier steps have made.
type step struct {
	mutation string
	as       func(*world) *apitest.Client
	input    func(*world, made) apitest.Vars
	ask      string
	want     any    // the payload that is asked for
	keep     string // a name for the record, for later steps; its id is asked for first
}

// made is what earlier steps have made: the id and newest version by name.
type made struct {
	id      map[string]string
	version map[string]int
}

// of names a record with the version that is to be changed.
func (m made) of(name string, more apitest.Vars) apitest.Vars {
	return with(apitest.Vars{"id": m.id[name], "expectedVersion": m.version[name]}, more)
}

// used are the figures of a month, and a row of an e-service that is not there.
func used(*world, made) apitest.Vars {
	content := "Adressnamn;2025-12\nansokan-om-bygglov-pa-oland;120\nfinns-inte;3\n"
	return apitest.Vars{"municipality": home, "content": base64.StdEncoding.EncodeToString([]byte(content)), "comment": "Kvartalets ärenden"}
}

// taken is a spreadsheet with a new e-service, a row at fault and a column of the user's own.
func taken(w *world, _ made) apitest.Vars {
	content := "Namn;Tar betalt;Anteckning\nLån av lastcykel;ja;ring först\nLån av släp;ibland;\n"
	return apitest.Vars{
		"municipality": home, "content": base64.StdEncoding.EncodeToString([]byte(content)), "fileName": "katalog.csv",
		"defaultOwner": w.units[home].NodeID(), "comment": "Vårens genomgång",
	}
}

// many is an edit of the e-services of a spreadsheet.
func many(*world, made) apitest.Vars {
	return apitest.Vars{
		"municipality": home, "filter": apitest.Vars{"nameContains": "lastcykel", "statuses": []string{"IDEA"}},
		"set": apitest.Vars{"feeSv": " 50 kr ", "takesPayment": nil}, "add": apitest.Vars{"keywords": []string{"cykel"}},
	}
}

// steps has an example of every mutation, in an order in which they work.
func steps() []step {
	return slices.Concat(catalogueSteps(), decisionSteps(), documentSteps(), collaborationSteps(), strategySteps(), threadSteps(), recordDraftSteps())
}

func catalogueSteps() []step {
	admin, editor, director := (*world).admin, (*world).editor, (*world).director
	return []step{
		{
			mutation: "createMunicipality", as: admin, keep: "kommun",
			input: func(*world, made) apitest.Vars {
				return apitest.Vars{"scbCode": "0582", "nameSv": "Söderköping", "diaryPatterns": []string{"ORGAN YEAR/SERIAL"}}
			},
			ask:  "municipality { id version scbCode name { sv en } isHome diaryPatterns }",
			want: apitest.Vars{"municipality": apitest.Vars{"version": 1., "scbCode": "0582", "name": apitest.Vars{"sv": "Söderköping", "en": nil}, "isHome": false, "diaryPatterns": []any{"ORGAN YEAR/SERIAL"}}},
		},
		{
			mutation: "updateMunicipality", as: admin,
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"id": w.municipalities[home].NodeID(), "expectedVersion": 1, "orgNumber": "212000-0456", "diaryPatterns": []string{"ORGAN YEAR/SERIAL"}}
			},
			ask:  "municipality { version orgNumber name { sv } gaps { totalCount } }",
			want: apitest.Vars{"municipality": apitest.Vars{"version": 2., "orgNumber": "212000-0456", "name": apitest.Vars{"sv": "Norrköping"}, "gaps": apitest.Vars{"totalCount": 1.}}}, // it has no strategy
		},
		{
			mutation: "createUnit", as: director, keep: "enhet",
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "nameSv": "Bygglovsenheten", "type": "UNIT", "parent": w.units[home].NodeID(), "diaryCode": "SBN"}
			},
			ask:  "unit { id version name { sv } type parent { name { sv } } diaryCode validTo }",
			want: apitest.Vars{"unit": apitest.Vars{"version": 1., "name": apitest.Vars{"sv": "Bygglovsenheten"}, "type": "UNIT", "parent": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}}, "diaryCode": "SBN", "validTo": nil}},
		},
		{
			mutation: "updateUnit", as: admin, keep: "enhet",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("enhet", apitest.Vars{"nameSv": "Lovenheten", "aliases": []string{"Bygglovsenheten"}, "diaryCode": nil, "parent": nil})
			},
			ask:  "unit { id version name { sv } aliases diaryCode parent { id } }",
			want: apitest.Vars{"unit": apitest.Vars{"version": 2., "name": apitest.Vars{"sv": "Lovenheten"}, "aliases": []any{"Bygglovsenheten"}, "diaryCode": nil, "parent": nil}},
		},
		{
			mutation: "closeUnit", as: admin, keep: "enhet",
			input: func(w *world, m made) apitest.Vars {
				return m.of("enhet", apitest.Vars{"validTo": "2026-03-31", "successor": w.units[home].NodeID(), "comment": "Ny organisation"})
			},
			ask:  "unit { id version validTo successor { name { sv } } }",
			want: apitest.Vars{"unit": apitest.Vars{"version": 3., "validTo": "2026-03-31", "successor": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}}}},
		},
		{
			mutation: "archiveUnit", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("enhet", apitest.Vars{"comment": "Fanns aldrig"}) },
			ask:   "unit { version archivedAt history(first: 1) { nodes { change { operation comment } } } }",
			want: apitest.Vars{"unit": apitest.Vars{"version": 4., "archivedAt": "2026-03-16T11:00:00Z", "history": apitest.Vars{
				"nodes": []any{apitest.Vars{"change": apitest.Vars{"operation": "archiveUnit", "comment": "Fanns aldrig"}}},
			}}},
		},
		{
			mutation: "createUnit", as: admin, keep: "sektion",
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "nameSv": "Sektionen", "nameEn": "Section", "type": "UNIT", "parent": w.units[home].NodeID()}
			},
			ask:  "unit { id version }",
			want: apitest.Vars{"unit": apitest.Vars{"version": 1.}},
		},
		{
			mutation: "previewReorganisation", as: director, input: reorganised,
			ask: `applied change effectiveOn units(changed: true) { unit { name { sv } } key outcomes nameBefore { sv } name { sv en } aliases parentBefore { name { sv } } parent { key } validTo successor { key } eServicesBefore eServicesAfter ownsBefore { eServices goals } ownsAfter { initiatives governingDocuments } }
				handovers { from { key } to { key } count eServices { id } counts { goals } goals { id } initiatives { id } governingDocuments { id } } orphans { rule { code } unit { key } count } gaps { rule { code } opened closed }`,
			want: apitest.Vars{
				"applied": false, "change": nil, "effectiveOn": "2026-03-01", "handovers": []any{}, "orphans": []any{}, "gaps": []any{},
				"units": []any{
					apitest.Vars{
						"unit": nil, "key": "ny", "outcomes": []any{"CREATED"}, "nameBefore": nil, "name": apitest.Vars{"sv": "Nya avdelningen", "en": nil}, "aliases": []any{},
						"parentBefore": nil, "parent": nil, "validTo": nil, "successor": nil, "eServicesBefore": 0., "eServicesAfter": 0., "ownsBefore": apitest.Vars{"eServices": 0., "goals": 0.}, "ownsAfter": apitest.Vars{"initiatives": 0., "governingDocuments": 0.},
					},
					apitest.Vars{
						"unit": apitest.Vars{"name": apitest.Vars{"sv": "Sektionen"}}, "key": nil, "outcomes": []any{"RENAMED", "MOVED"}, "nameBefore": apitest.Vars{"sv": "Sektionen"},
						"name": apitest.Vars{"sv": "Gruppen", "en": nil}, "aliases": []any{"Sektionen", "Section"}, "parentBefore": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}},
						"parent": apitest.Vars{"key": "ny"}, "validTo": nil, "successor": nil, "eServicesBefore": 0., "eServicesAfter": 0., "ownsBefore": apitest.Vars{"eServices": 0., "goals": 0.}, "ownsAfter": apitest.Vars{"initiatives": 0., "governingDocuments": 0.},
					},
				},
			},
		},
		{
			mutation: "applyReorganisation", as: admin,
			input: func(w *world, m made) apitest.Vars {
				answer := w.admin().Must(w.t, mutation("previewReorganisation"), apitest.Vars{"input": reorganised(w, m)})
				return apitest.Vars{"reorganisation": reorganised(w, m), "fingerprint": answer.Text("previewReorganisation.fingerprint")}
			},
			ask: "applied units(changed: true, first: 1, offset: 1) { unit { version name { sv } aliases parent { name { sv } validFrom } history(first: 1) { nodes { change { operation comment } } } } }",
			want: apitest.Vars{"applied": true, "units": []any{apitest.Vars{"unit": apitest.Vars{
				"version": 2., "name": apitest.Vars{"sv": "Gruppen"}, "aliases": []any{"Sektionen", "Section"},
				"parent":  apitest.Vars{"name": apitest.Vars{"sv": "Nya avdelningen"}, "validFrom": "2026-03-01"},
				"history": apitest.Vars{"nodes": []any{apitest.Vars{"change": apitest.Vars{"operation": "applyReorganisation", "comment": "KS 2026/17"}}}},
			}}}},
		},
		{
			mutation: "createSharedService", as: editor, keep: "gemensam",
			input: func(*world, made) apitest.Vars {
				return apitest.Vars{"municipality": home, "code": "bygglov", "nameSv": "Bygglov", "themes": []string{"BUILDING_HOUSING_ENVIRONMENT"}, "classification": "4.2.1"}
			},
			ask:  "sharedService { id version code visibility themes originMunicipality { scbCode } }",
			want: apitest.Vars{"sharedService": apitest.Vars{"version": 1., "code": "bygglov", "visibility": "PUBLIC", "themes": []any{"BUILDING_HOUSING_ENVIRONMENT"}, "originMunicipality": apitest.Vars{"scbCode": home}}},
		},
		{
			mutation: "updateSharedService", as: director, keep: "gemensam",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("gemensam", apitest.Vars{"purposeSv": "Att söka bygglov", "purposeEn": "To apply for a building permit", "licence": "EUPL-1.2", "visibility": "COLLABORATION"})
			},
			ask:  "sharedService { id version purpose { text(in: EN) } licence visibility classification }",
			want: apitest.Vars{"sharedService": apitest.Vars{"version": 2., "purpose": apitest.Vars{"text": "To apply for a building permit"}, "licence": "EUPL-1.2", "visibility": "COLLABORATION", "classification": "4.2.1"}},
		},
		{
			mutation: "createEService", as: editor, keep: "e-tjänst",
			input: func(w *world, m made) apitest.Vars {
				return apitest.Vars{"municipality": home, "ownerUnit": w.units[home].NodeID(), "sharedService": m.id["gemensam"], "nameSv": "Ansökan om bygglov på Öland"}
			},
			ask: "eService { id version name { sv } slug status visibility published sharedService { code } availableSteps { to backwards } gaps { totalCount } }",
			want: apitest.Vars{"eService": apitest.Vars{
				"version": 1., "name": apitest.Vars{"sv": "Ansökan om bygglov på Öland"}, "slug": "ansokan-om-bygglov-pa-oland", "status": "IDEA", "visibility": "PUBLIC", "published": false,
				"sharedService":  apitest.Vars{"code": "bygglov"},
				"availableSteps": []any{apitest.Vars{"to": "PLANNED", "backwards": false}, apitest.Vars{"to": "REJECTED", "backwards": false}},
				"gaps":           apitest.Vars{"totalCount": 0.},
			}},
		},
		{
			mutation: "updateEService", as: director, keep: "e-tjänst",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("e-tjänst", apitest.Vars{
					"summarySv": "Här söker du bygglov.", "url": "https://example.se/bygglov", "audiences": []string{"COMPANY", "PRIVATE_PERSON"},
					"eidLevel": "SUBSTANTIAL", "requiresAuthentication": true, "sharedService": nil,
				})
			},
			ask: "eService { id version summary { sv } url audiences eidLevel requiresAuthentication sharedService { id } slug }",
			want: apitest.Vars{"eService": apitest.Vars{
				"version": 2., "summary": apitest.Vars{"sv": "Här söker du bygglov."}, "url": "https://example.se/bygglov", "audiences": []any{"COMPANY", "PRIVATE_PERSON"},
				"eidLevel": "SUBSTANTIAL", "requiresAuthentication": true, "sharedService": nil, "slug": "ansokan-om-bygglov-pa-oland",
			}},
		},
		{
			mutation: "transitionEService", as: editor, keep: "e-tjänst",
			input: func(_ *world, m made) apitest.Vars { return m.of("e-tjänst", apitest.Vars{"to": "PLANNED"}) },
			ask:   "eService { id version status availableSteps { to } }",
			want: apitest.Vars{"eService": apitest.Vars{"version": 3., "status": "PLANNED", "availableSteps": []any{
				apitest.Vars{"to": "IN_DEVELOPMENT"}, apitest.Vars{"to": "REJECTED"}, apitest.Vars{"to": "PAUSED"}, apitest.Vars{"to": "IDEA"},
			}}},
		},
		{
			mutation: "publishEService", as: editor, keep: "e-tjänst",
			input: func(_ *world, m made) apitest.Vars { return m.of("e-tjänst", nil) },
			ask:   "eService { id version published }",
			want:  apitest.Vars{"eService": apitest.Vars{"version": 4., "published": true}},
		},
		{
			mutation: "recordUsage", as: editor,
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"eService": m.id["e-tjänst"], "months": []apitest.Vars{
					{"month": "2026-01-01", "cases": 120, "digitalShare": 0.85, "satisfaction": 4.2}, {"month": "2026-02-01", "cases": 80, "source": "OEP"},
				}}
			},
			ask: "eService { version casesLastYear usage { nodes { month cases digitalShare source } } }",
			want: apitest.Vars{"eService": apitest.Vars{"version": 4., "casesLastYear": 200., "usage": apitest.Vars{"nodes": []any{
				apitest.Vars{"month": "2026-02-01", "cases": 80., "digitalShare": nil, "source": "OEP"},
				apitest.Vars{"month": "2026-01-01", "cases": 120., "digitalShare": 0.85, "source": "MANUAL"},
			}}}},
		},
		{
			mutation: "previewUsage", as: editor, input: used,
			ask: "applied change months ignored counts { outcome count } lines { outcome row name eService { name { sv } } month casesBefore cases faults { place field rule } }",
			want: apitest.Vars{
				"applied": false, "change": nil, "months": []any{"2025-12-01"}, "ignored": []any{},
				"counts": []any{count("NEW", 1), count("CHANGED", 0), count("KEPT", 0), count("GONE", 0), count("UNCHANGED", 0), count("REFUSED", 1)},
				"lines": []any{
					apitest.Vars{"outcome": "NEW", "row": 2., "name": "Ansökan om bygglov på Öland", "eService": apitest.Vars{"name": apitest.Vars{"sv": "Ansökan om bygglov på Öland"}}, "month": "2025-12-01", "casesBefore": nil, "cases": 120., "faults": []any{}},
					apitest.Vars{"outcome": "REFUSED", "row": 3., "name": "finns-inte", "eService": nil, "month": nil, "casesBefore": nil, "cases": nil, "faults": []any{apitest.Vars{"place": "A3", "field": "eService", "rule": "service_unknown"}}},
				},
			},
		},
		{
			mutation: "importUsage", as: editor,
			input: func(w *world, m made) apitest.Vars {
				answer := w.editor().Must(w.t, mutation("previewUsage"), apitest.Vars{"input": used(w, m)})
				return apitest.Vars{"usage": used(w, m), "fingerprint": answer.Text("previewUsage.fingerprint")}
			},
			ask:  "applied lines(outcomes: [NEW]) { eService { casesLastYear } }",
			want: apitest.Vars{"applied": true, "lines": []any{apitest.Vars{"eService": apitest.Vars{"casesLastYear": 320.}}}},
		},
		{
			mutation: "saveEServiceDraft", as: director, keep: "utkast",
			input: func(w *world, m made) apitest.Vars {
				return apitest.Vars{"id": m.id["e-tjänst"], "liveVersion": 4, "feeSv": "1 200 kr", "keywords": []string{"bygga"}, "url": nil, "sharedService": m.id["gemensam"]}
			},
			ask: "draft { id version state fields { field base live draft conflict } preview { feeSv: fee { sv } sharedService { code } published } faults { field rule message { en } } eService { fee { sv } publicationStatus draft { state } } }",
			want: apitest.Vars{"draft": apitest.Vars{
				"version": 1., "state": "OPEN",
				"fields": []any{
					field("sharedService", nil, shared), field("url", "https://example.se/bygglov", nil),
					field("keywords", []any{}, []any{"bygga"}), field("feeSv", nil, "1 200 kr"),
				},
				"preview":  apitest.Vars{"feeSv": apitest.Vars{"sv": "1 200 kr"}, "sharedService": apitest.Vars{"code": "bygglov"}, "published": true},
				"faults":   []any{apitest.Vars{"field": "url", "rule": "e_service_published_url", "message": apitest.Vars{"en": "To be published the e-service needs an address."}}},
				"eService": apitest.Vars{"fee": nil, "publicationStatus": "PUBLISHED_WITH_DRAFT", "draft": apitest.Vars{"state": "OPEN"}},
			}},
		},
		{
			mutation: "submitEServiceDraft", as: director, keep: "utkast",
			input: func(_ *world, m made) apitest.Vars { return m.of("utkast", nil) },
			ask:   "draft { id version state }",
			want:  apitest.Vars{"draft": apitest.Vars{"version": 2., "state": "IN_REVIEW"}},
		},
		{
			mutation: "returnEServiceDraft", as: editor, keep: "utkast",
			input: func(_ *world, m made) apitest.Vars { return m.of("utkast", apitest.Vars{"comment": "Adressen saknas"}) },
			ask:   "draft { id version state history(first: 1) { nodes { change { comment } } } }",
			want: apitest.Vars{"draft": apitest.Vars{"version": 3., "state": "OPEN", "history": apitest.Vars{
				"nodes": []any{apitest.Vars{"change": apitest.Vars{"comment": "Adressen saknas"}}},
			}}},
		},
		{
			mutation: "discardEServiceDraft", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("utkast", nil) },
			ask:   "draft { version state preview { id } faults { rule } fields { field } eService { publicationStatus draft { id } } }",
			want: apitest.Vars{"draft": apitest.Vars{
				"version": 4., "state": "DISCARDED", "preview": nil, "faults": []any{}, "eService": apitest.Vars{"publicationStatus": "PUBLISHED", "draft": nil},
				"fields": []any{apitest.Vars{"field": "sharedService"}, apitest.Vars{"field": "url"}, apitest.Vars{"field": "keywords"}, apitest.Vars{"field": "feeSv"}},
			}},
		},
		{
			mutation: "publishEServiceDrafts", as: editor,
			input: func(w *world, m made) apitest.Vars {
				draft, version := w.do(w.editor(), "saveEServiceDraft", apitest.Vars{"id": m.id["e-tjänst"], "liveVersion": 4, "feeSv": "1 200 kr", "retention": "Två år"})
				return apitest.Vars{"drafts": []apitest.Vars{{"id": draft, "expectedVersion": version}}, "comment": "Ny taxa"}
			},
			ask: "drafts { version state eService { version fee { sv } published draft { id } } }",
			want: apitest.Vars{"drafts": []any{apitest.Vars{"version": 2., "state": "PUBLISHED", "eService": apitest.Vars{
				"version": 5., "fee": apitest.Vars{"sv": "1 200 kr"}, "published": true, "draft": nil,
			}}}},
		},
		{
			mutation: "createEService", as: editor, keep: "flyttad",
			input: func(w *world, _ made) apitest.Vars {
				return with(w.service("Flyttad"), apitest.Vars{"url": "http://example.se/gammal", "accessibilityStatementUrl": "http://example.se/borta"})
			},
			ask:  "eService { id version linkChecks { verdict } }",
			want: apitest.Vars{"eService": apitest.Vars{"version": 1., "linkChecks": []any{}}},
		},
		{
			mutation: "checkLinks", as: editor,
			input: func(_ *world, m made) apitest.Vars { return apitest.Vars{"eServices": []string{m.id["flyttad"]}} },
			ask: `eServices { version linkChecks { target address verdict cause httpStatus suggestedAddress firstFailedAt checkedAt eService { name { sv } } }
				gaps(orderBy: {field: WEIGHT, direction: DESC}, filter: {codes: ["ESERVICE_LINK_BROKEN", "ESERVICE_LINK_REDIRECTED"]}) { nodes { weight rule { code } } } }`,
			want: apitest.Vars{"eServices": []any{apitest.Vars{
				"version": 1., "linkChecks": []any{
					apitest.Vars{"target": "URL", "address": "http://example.se/gammal", "verdict": "WARNING", "cause": "REDIRECT_PERMANENT", "httpStatus": 200., "suggestedAddress": "http://example.se/ny", "firstFailedAt": nil, "checkedAt": "2026-03-16T11:00:00Z", "eService": apitest.Vars{"name": apitest.Vars{"sv": "Flyttad"}}},
					apitest.Vars{"target": "ACCESSIBILITY_STATEMENT", "address": "http://example.se/borta", "verdict": "BROKEN", "cause": "HTTP_NOT_FOUND", "httpStatus": 404., "suggestedAddress": nil, "firstFailedAt": "2026-03-16T11:00:00Z", "checkedAt": "2026-03-16T11:00:00Z", "eService": apitest.Vars{"name": apitest.Vars{"sv": "Flyttad"}}},
				},
				"gaps": apitest.Vars{"nodes": []any{
					apitest.Vars{"weight": 9., "rule": apitest.Vars{"code": "ESERVICE_LINK_BROKEN"}}, apitest.Vars{"weight": 1., "rule": apitest.Vars{"code": "ESERVICE_LINK_REDIRECTED"}},
				}},
			}}},
		},
		{
			mutation: "applySuggestedLink", as: director,
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"eService": m.id["flyttad"], "expectedVersion": 1}
			},
			ask: `eService { version url linkChecks { target } gaps(filter: {codes: ["ESERVICE_LINK_REDIRECTED"]}) { totalCount } }`,
			want: apitest.Vars{"eService": apitest.Vars{
				"version": 2., "url": "http://example.se/ny", "linkChecks": []any{apitest.Vars{"target": "ACCESSIBILITY_STATEMENT"}}, "gaps": apitest.Vars{"totalCount": 0.},
			}},
		},
		{
			mutation: "unpublishEService", as: editor, keep: "e-tjänst",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("e-tjänst", apitest.Vars{"expectedVersion": 5, "comment": "Fel adress"})
			},
			ask:  "eService { id version published publicationStatus }",
			want: apitest.Vars{"eService": apitest.Vars{"version": 6., "published": false, "publicationStatus": "UNPUBLISHED"}},
		},
		{
			mutation: "archiveEService", as: director, keep: "e-tjänst",
			input: func(_ *world, m made) apitest.Vars { return m.of("e-tjänst", nil) },
			ask:   "eService { id version archivedAt }",
			want:  apitest.Vars{"eService": apitest.Vars{"version": 7., "archivedAt": "2026-03-16T11:00:00Z"}},
		},
		{
			mutation: "archiveSharedService", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("gemensam", nil) },
			ask:   "sharedService { version archivedAt }",
			want:  apitest.Vars{"sharedService": apitest.Vars{"version": 3., "archivedAt": "2026-03-16T11:00:00Z"}},
		},
		{
			mutation: "previewSpreadsheet", as: editor, input: taken,
			ask: "applied change differences ignored counts { outcome count } lines { outcome row name record { id } cells { place field heading before after conflict inDraft } faults { place field rule message { text(in: EN) } } }",
			want: apitest.Vars{
				"applied": false, "change": nil, "differences": 0., "ignored": []any{"Anteckning"},
				"counts": []any{count("NEW", 1), count("CHANGED", 0), count("CONFLICT", 0), count("REFUSED", 1), count("UNCHANGED", 0)},
				"lines": []any{
					apitest.Vars{
						"outcome": "NEW", "row": 2., "name": "Lån av lastcykel", "record": nil, "faults": []any{},
						"cells": []any{
							apitest.Vars{"place": "A2", "field": "nameSv", "heading": "Namn", "before": nil, "after": "Lån av lastcykel", "conflict": false, "inDraft": false},
							apitest.Vars{"place": "B2", "field": "takesPayment", "heading": "Tar betalt", "before": nil, "after": true, "conflict": false, "inDraft": false},
						},
					},
					apitest.Vars{
						"outcome": "REFUSED", "row": 3., "name": "Lån av släp", "record": nil, "cells": []any{},
						"faults": []any{apitest.Vars{"place": "B3", "field": "takesPayment", "rule": "cell_yes_no", "message": apitest.Vars{"text": "\"ibland\" is neither yes nor no. Write yes or no, or leave the cell empty."}}},
					},
				},
			},
		},
		{
			mutation: "importSpreadsheet", as: editor,
			input: func(w *world, m made) apitest.Vars {
				answer := w.editor().Must(w.t, mutation("previewSpreadsheet"), apitest.Vars{"input": taken(w, m)})
				return apitest.Vars{"spreadsheet": taken(w, m), "fingerprint": answer.Text("previewSpreadsheet.fingerprint")}
			},
			ask: "applied lines(outcomes: [NEW]) { row record { ... on EService { name { sv } takesPayment ownerUnit { name { sv } } history { nodes { change { operation comment } } } } } }",
			want: apitest.Vars{"applied": true, "lines": []any{apitest.Vars{"row": 2., "record": apitest.Vars{
				"name": apitest.Vars{"sv": "Lån av lastcykel"}, "takesPayment": true, "ownerUnit": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}},
				"history": apitest.Vars{"nodes": []any{apitest.Vars{"change": apitest.Vars{"operation": "importSpreadsheet", "comment": "Vårens genomgång"}}}},
			}}}},
		},
		{
			mutation: "bulkEditEServices", as: director,
			input: func(w *world, m made) apitest.Vars {
				answer := w.director().Must(w.t, `query($input: BulkEditInput!) { previewBulkEditEServices(input: $input) {
					applied change totalCount fingerprint conditions { field text { text(in: EN) } } counts { outcome count }
					lines(outcomes: [CHANGED]) { position name eService { name { sv } } differences { field before after inDraft } faults { field rule message { sv } } } } }`, apitest.Vars{"input": many(w, m)})
				want := apitest.Vars{
					"applied": false, "change": nil, "totalCount": 1., "fingerprint": answer.At("previewBulkEditEServices.fingerprint"),
					"conditions": []any{
						apitest.Vars{"field": "statuses", "text": apitest.Vars{"text": "status: idea"}}, apitest.Vars{"field": "nameContains", "text": apitest.Vars{"text": "the name holds: lastcykel"}},
					},
					"counts": []any{count("CHANGED", 1), count("REFUSED", 0), count("UNCHANGED", 0)},
					"lines": []any{apitest.Vars{"position": 1., "name": "Lån av lastcykel", "eService": apitest.Vars{"name": apitest.Vars{"sv": "Lån av lastcykel"}}, "faults": []any{}, "differences": []any{
						apitest.Vars{"field": "keywords", "before": []any{}, "after": []any{"cykel"}, "inDraft": false},
						apitest.Vars{"field": "takesPayment", "before": true, "after": nil, "inDraft": false},
						apitest.Vars{"field": "feeSv", "before": nil, "after": "50 kr", "inDraft": false},
					}}},
				}
				if diff := cmp.Diff(any(want), answer.At("previewBulkEditEServices")); diff != "" {
					w.t.Errorf("the preview (-want +got):\n%s", diff)
				}
				return apitest.Vars{"edit": many(w, m), "totalCount": 1, "fingerprint": answer.Text("previewBulkEditEServices.fingerprint"), "comment": "Avgifter"}
			},
			ask: "applied totalCount lines { outcome eService { version fee { sv } keywords takesPayment history(first: 1) { nodes { change { operation comment } } } } }",
			want: apitest.Vars{"applied": true, "totalCount": 1., "lines": []any{apitest.Vars{"outcome": "CHANGED", "eService": apitest.Vars{
				"version": 2., "fee": apitest.Vars{"sv": "50 kr"}, "keywords": []any{"cykel"}, "takesPayment": nil,
				"history": apitest.Vars{"nodes": []any{apitest.Vars{"change": apitest.Vars{"operation": "bulkEditEServices", "comment": "Avgifter"}}}},
			}}}},
		},
		{
			mutation: "previewImport", as: editor,
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "document": getflows, "owners": []apitest.Vars{{"category": "Skola", "unit": w.units[home].NodeID()}}}
			},
			ask: "applied run { id } goneUnsure counts { outcome count } lines { outcome position familyId name eService { id } differences { field after kept } faults { field rule message { text(in: EN) } } }",
			want: apitest.Vars{
				"applied": false, "run": nil, "goneUnsure": false,
				"counts": []any{count("NEW", 1), count("CHANGED", 0), count("KEPT", 0), count("GONE", 0), count("UNCHANGED", 0), count("REFUSED", 1)},
				"lines": []any{
					apitest.Vars{
						"outcome": "NEW", "position": 1., "familyId": "381", "name": "Ansökan om skolskjuts", "eService": nil, "faults": []any{},
						"differences": []any{
							difference("nameSv", "Ansökan om skolskjuts"), difference("url", "https://e-tjanster.example.se/oversikt/overview/381"), difference("summarySv", "Här söker du skolskjuts."),
							difference("requiresAuthentication", false), difference("requiresSigning", false), difference("takesPayment", false), difference("oepCategory", "Skola"),
						},
					},
					apitest.Vars{
						"outcome": "REFUSED", "position": 2., "familyId": "104", "name": "Felanmälan", "eService": nil, "differences": []any{},
						"faults": []any{apitest.Vars{"field": "FlowFamilyURL", "rule": "url_invalid", "message": apitest.Vars{"text": "Row 2: the field FlowFamilyURL is no complete web address with http or https. Correct the e-service in the platform and read it again."}}},
					},
				},
			},
		},
		{
			mutation: "applyImport", as: editor,
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "document": getflows, "defaultOwner": w.units[home].NodeID(), "name": "Första inläsningen"}
			},
			ask: "applied run { source flows created refused municipality { scbCode } history { nodes { change { comment } } } } lines(outcomes: [NEW]) { eService { name { sv } status published oepFamilyId oepCategory } }",
			want: apitest.Vars{
				"applied": true,
				"run": apitest.Vars{
					"source": "document", "flows": 2., "created": 1., "refused": 1., "municipality": apitest.Vars{"scbCode": home},
					"history": apitest.Vars{"nodes": []any{apitest.Vars{"change": apitest.Vars{"comment": "Första inläsningen"}}}},
				},
				"lines": []any{apitest.Vars{"eService": apitest.Vars{
					"name": apitest.Vars{"sv": "Ansökan om skolskjuts"}, "status": "LIVE", "published": false, "oepFamilyId": "381", "oepCategory": "Skola",
				}}},
			},
		},
		{
			mutation: "setPlatformCategories", as: editor,
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "categories": []apitest.Vars{{"category": "Skola", "ownerUnit": w.units[home].NodeID()}, {"category": "Trafik", "ownerUnit": nil}}}
			},
			ask: "categories { version category ownerUnit { name { sv } } municipality { scbCode } }",
			want: apitest.Vars{"categories": []any{
				apitest.Vars{"version": 1., "category": "Skola", "ownerUnit": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}}, "municipality": apitest.Vars{"scbCode": home}},
				apitest.Vars{"version": 1., "category": "Trafik", "ownerUnit": nil, "municipality": apitest.Vars{"scbCode": home}},
			}},
		},
		{
			mutation: "createEService", as: editor, keep: "felanmälan",
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "ownerUnit": w.units[home].NodeID(), "nameSv": "Fel på gatan", "oepFamilyId": "104"}
			},
			ask:  "eService { id version oepFamilyId platformDifferences { field } }",
			want: apitest.Vars{"eService": apitest.Vars{"version": 1., "oepFamilyId": "104", "platformDifferences": []any{}}},
		},
		{
			mutation: "runPlatformWatch", as: editor,
			input: func(w *world, _ made) apitest.Vars {
				w.platform(getflowsToday)
				return apitest.Vars{"municipality": home}
			},
			ask: "run { name key outcome failures detail { text(in: EN) } municipality { scbCode } }",
			want: apitest.Vars{"run": apitest.Vars{
				"name": "PLATFORM_WATCH", "key": home, "outcome": "DONE", "failures": 0., "municipality": apitest.Vars{"scbCode": home},
				"detail": apitest.Vars{"text": "2 e-services on the platform: 1 new, 1 changed, 0 gone."},
			}},
		},
		{
			mutation: "decidePlatformDifferences", as: director, keep: "felanmälan",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("felanmälan", apitest.Vars{"decisions": []apitest.Vars{{"field": "nameSv", "take": "PLATFORM"}}})
			},
			ask: `eService { id version name { sv } platformDifferences { field here platform lastSeen kept } gaps(filter: {codes: ["OEP_RENAMED", "OEP_DIFFERS"]}) { nodes { rule { code } } } }`,
			want: apitest.Vars{"eService": apitest.Vars{
				"version": 2., "name": apitest.Vars{"sv": "Felanmälan"}, "gaps": apitest.Vars{"nodes": []any{apitest.Vars{"rule": apitest.Vars{"code": "OEP_DIFFERS"}}}},
				"platformDifferences": []any{
					apitest.Vars{"field": "requiresAuthentication", "here": nil, "platform": false, "lastSeen": nil, "kept": false},
					apitest.Vars{"field": "requiresSigning", "here": nil, "platform": false, "lastSeen": nil, "kept": false},
					apitest.Vars{"field": "takesPayment", "here": nil, "platform": false, "lastSeen": nil, "kept": false},
					apitest.Vars{"field": "oepCategory", "here": nil, "platform": "Trafik", "lastSeen": nil, "kept": false},
				},
			}},
		},
		{
			mutation: "previewUndo", as: editor,
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "change": w.importedIn()}
			},
			ask: "applied change counts { outcome count } lines { outcome name kept { field } usageMonths draft { id } inDraft faults { rule } restored { field before } record { ... on EService { status } } }",
			want: apitest.Vars{
				"applied": false, "change": nil, "counts": []any{count("RESTORED", 0), count("ARCHIVED", 1), count("KEPT", 0), count("UNCHANGED", 0), count("REFUSED", 0)},
				"lines": []any{apitest.Vars{
					"outcome": "ARCHIVED", "name": "Ansökan om skolskjuts", "kept": []any{}, "usageMonths": 0., "draft": nil, "inDraft": []any{}, "faults": []any{},
					"restored": []any{apitest.Vars{"field": "archivedAt", "before": nil}}, "record": apitest.Vars{"status": "LIVE"},
				}},
			},
		},
		{
			mutation: "undoChange", as: editor,
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "change": w.importedIn(), "comment": "Fel lista"}
			},
			ask: "applied lines { outcome record { ... on EService { published history(first: 1) { nodes { change { operation comment } } } } } }",
			want: apitest.Vars{"applied": true, "lines": []any{apitest.Vars{"outcome": "ARCHIVED", "record": apitest.Vars{
				"published": false, "history": apitest.Vars{"nodes": []any{apitest.Vars{"change": apitest.Vars{"operation": "undoChange", "comment": "Fel lista"}}}},
			}}}},
		},
		{
			mutation: "createApiToken", as: admin, keep: "nyckel",
			input: func(*world, made) apitest.Vars {
				return apitest.Vars{"municipality": home, "label": "Webbplatsens katalog", "role": "READER", "scopes": []string{"READ"}}
			},
			ask:  "apiToken { id version label role scopes expiresAt revokedAt lastUsedAt }",
			want: apitest.Vars{"apiToken": apitest.Vars{"version": 1., "label": "Webbplatsens katalog", "role": "READER", "scopes": []any{"READ"}, "expiresAt": "2027-03-16T11:00:00Z", "revokedAt": nil, "lastUsedAt": nil}},
		},
		{
			mutation: "revokeApiToken", as: admin,
			input: func(_ *world, m made) apitest.Vars { return apitest.Vars{"id": m.id["nyckel"]} },
			ask:   "apiToken { version revokedAt }",
			want:  apitest.Vars{"apiToken": apitest.Vars{"version": 2., "revokedAt": "2026-03-16T11:00:00Z"}},
		},
		{
			mutation: "grantRole", as: admin, keep: "roll",
			input: func(w *world, m made) apitest.Vars {
				account, _ := w.person(home, "Prov Provsson", "prov@example.se")
				m.id["användare"] = string(account.NodeID())
				return apitest.Vars{"user": m.id["användare"], "role": "DIRECTOR", "function": "Digitaliseringschef", "validTo": "2026-12-31"}
			},
			ask:  "userRole { id version role function validTo userAccount { name email } }",
			want: apitest.Vars{"userRole": apitest.Vars{"version": 1., "role": "DIRECTOR", "function": "Digitaliseringschef", "validTo": "2026-12-31", "userAccount": apitest.Vars{"name": "Prov Provsson", "email": "prov@example.se"}}},
		},
		{
			mutation: "revokeRole", as: admin,
			input: func(_ *world, m made) apitest.Vars { return apitest.Vars{"id": m.id["roll"]} },
			ask:   "userRole { version revokedAt userAccount { roles { id } } }",
			want:  apitest.Vars{"userRole": apitest.Vars{"version": 2., "revokedAt": "2026-03-16T11:00:00Z", "userAccount": apitest.Vars{"roles": []any{}}}},
		},
		{
			mutation: "revokeSession", as: admin,
			input: func(w *world, m made) apitest.Vars {
				answer := w.admin().Must(w.t, `query($id: ID!) { node(id: $id) { ... on UserAccount { sessions { id agent } } } }`, apitest.Vars{"id": m.id["användare"]})
				m.id["inloggning"] = answer.Text("node.sessions.0.id")
				return apitest.Vars{"id": m.id["inloggning"]}
			},
			ask:  "__typename",
			want: apitest.Vars{"__typename": "RevokeSessionPayload"},
		},
		{
			mutation: "signOutEverywhere", as: admin,
			input: func(w *world, m made) apitest.Vars {
				w.person(home, "Prov Provsson", "prov@example.se") // signs in again
				return apitest.Vars{"user": m.id["användare"]}
			},
			ask:  "ended",
			want: apitest.Vars{"ended": 1.},
		},
		{
			mutation: "forgetUser", as: admin,
			input: func(_ *world, m made) apitest.Vars { return apitest.Vars{"id": m.id["användare"]} },
			ask:   "userAccount { version name email signedInAt forgottenAt sessions { id } }",
			want:  apitest.Vars{"userAccount": apitest.Vars{"version": 2., "name": nil, "email": nil, "signedInAt": nil, "forgottenAt": "2026-03-16T11:00:00Z", "sessions": []any{}}},
		},
	}
}

// shared stands for an id that is made when the test runs.
const shared = "the id of the shared service"

// field is a drafted field that nobody has changed beside the draft.
func field(name string, base, draft any) apitest.Vars {
	return apitest.Vars{"field": name, "base": base, "live": base, "draft": draft, "conflict": false}
}

// reorganised is a new division, and a unit under it by another name.
func reorganised(_ *world, m made) apitest.Vars {
	return apitest.Vars{"municipality": home, "effectiveOn": "2026-03-01", "comment": "KS 2026/17", "steps": []apitest.Vars{
		{"create": apitest.Vars{"key": "ny", "nameSv": "Nya avdelningen", "type": "DIVISION"}},
		{"rename": apitest.Vars{"unit": m.id["sektion"], "expectedVersion": 1, "nameSv": "Gruppen"}},
		{"move": apitest.Vars{"unit": m.id["sektion"], "expectedVersion": 1, "parent": apitest.Vars{"key": "ny"}}},
	}}
}

func count(outcome string, n float64) apitest.Vars {
	return apitest.Vars{"outcome": outcome, "count": n}
}

func difference(field string, after any) apitest.Vars {
	return apitest.Vars{"field": field, "after": after, "kept": false}
}

// Every mutation has an example that works; each builds on those before it.
func TestMutations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *apitest.Settings) { s.Log = t.Output() })
	all := parsed().Mutation.Fields
	var shown []string
	m := made{map[string]string{}, map[string]int{}}
	for _, s := range steps() {
		shown = append(shown, s.mutation)
		worked := t.Run(s.mutation, func(t *testing.T) {
			f := all.ForName(s.mutation)
			query := fmt.Sprintf("mutation($input: %s) { %s(input: $input) { %s } }", f.Arguments[0].Type, s.mutation, s.ask)
			answer := s.as(w).Must(t, query, apitest.Vars{"input": s.input(w, m)})
			payload := answer.At(s.mutation).(map[string]any)
			if s.keep != "" {
				record, _ := only(payload).(map[string]any)
				m.id[s.keep], m.version[s.keep] = record["id"].(string), int(record["version"].(float64))
				delete(record, "id")
			}
			if id := m.id["gemensam"]; id != "" && apitest.At(payload, "draft.fields.0.draft") == id {
				apitest.At(payload, "draft.fields.0").(map[string]any)["draft"] = shared
			}
			if diff := cmp.Diff(s.want, any(payload)); diff != "" {
				t.Errorf("the payload (-want +got):\n%s", diff)
			}
		})
		if !worked && s.keep != "" {
			t.Fatal("later examples build on this one")
		}
	}
	for _, f := range all {
		if !slices.Contains(shown, f.Name) {
			t.Errorf("mutation %s has no example", f.Name)
		}
	}
}

// only gives the value of a map's one entry.
func only(m map[string]any) any {
	for _, value := range m {
		return value
	}
	return nil
}
