package graph_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/apitest"
)

// A list of e-services as Open ePlatform gives it.
const getflows = `{"Flows":[
	{"ID":1412,"FlowFamilyID":381,"Name":"Ansökan om skolskjuts","Category":"Skola","FlowFamilyURL":"https://e-tjanster.example.se/oversikt/overview/381","ShortDescription":"Här söker du skolskjuts."},
	{"ID":910,"FlowFamilyID":104,"Name":"Felanmälan","Category":"Trafik","FlowFamilyURL":"javascript:alert(1)"}]}`

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

// steps has an example of every mutation, in an order in which they work.
func steps() []step {
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
			want: apitest.Vars{"municipality": apitest.Vars{"version": 2., "orgNumber": "212000-0456", "name": apitest.Vars{"sv": "Norrköping"}, "gaps": apitest.Vars{"totalCount": 0.}}},
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
			mutation: "unpublishEService", as: editor, keep: "e-tjänst",
			input: func(_ *world, m made) apitest.Vars { return m.of("e-tjänst", apitest.Vars{"comment": "Fel adress"}) },
			ask:   "eService { id version published }",
			want:  apitest.Vars{"eService": apitest.Vars{"version": 5., "published": false}},
		},
		{
			mutation: "archiveEService", as: director, keep: "e-tjänst",
			input: func(_ *world, m made) apitest.Vars { return m.of("e-tjänst", nil) },
			ask:   "eService { id version archivedAt }",
			want:  apitest.Vars{"eService": apitest.Vars{"version": 6., "archivedAt": "2026-03-16T11:00:00Z"}},
		},
		{
			mutation: "archiveSharedService", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("gemensam", nil) },
			ask:   "sharedService { version archivedAt }",
			want:  apitest.Vars{"sharedService": apitest.Vars{"version": 3., "archivedAt": "2026-03-16T11:00:00Z"}},
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
	}
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
