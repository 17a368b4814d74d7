package graph_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/strategy"
)

// projectEditor is a project editor of the home municipality.
func (w *world) projectEditor() *apitest.Client { return w.as(home, access.ProjectEditor) }

// strategySteps has an example of every mutation of these records.
func strategySteps() []step {
	director, editor := (*world).director, (*world).projectEditor
	comment := apitest.Vars{"comment": "Fanns aldrig"}
	archive := func(mutation, field, name string, as func(*world) *apitest.Client, version float64) step {
		return step{
			mutation: mutation, as: as, input: func(_ *world, m made) apitest.Vars { return m.of(name, comment) },
			ask: field + " { version archivedAt }", want: apitest.Vars{field: apitest.Vars{"version": version, "archivedAt": "2026-03-16T11:00:00Z"}},
		}
	}
	return []step{
		{
			mutation: "createUnit", as: director, keep: "fullmäktige",
			input: func(*world, made) apitest.Vars {
				return apitest.Vars{"municipality": home, "nameSv": "Kommunfullmäktige", "type": "COUNCIL"}
			},
			ask: "unit { id version type }", want: apitest.Vars{"unit": apitest.Vars{"version": 1., "type": "COUNCIL"}},
		},
		{
			mutation: "createDecision", as: director, keep: "antagande",
			input: func(w *world, m made) apitest.Vars {
				return w.decided("Målen antas", apitest.Vars{"type": "COUNCIL", "bodyUnit": m.id["fullmäktige"], "diaryNumber": "KS 2026/90"})
			},
			ask: "decision { id version state }", want: apitest.Vars{"decision": apitest.Vars{"version": 1., "state": "DECIDED"}},
		},
		{
			mutation: "createGoal", as: director, keep: "mål",
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "code": "1", "titleSv": "Digitalt först", "level": "DIRECTION", "ownerUnit": w.units[home].NodeID(), "horizon": "LONG", "periodFrom": "2026-01-01", "periodTo": "2029-12-31"}
			},
			ask: "goal { id version code title { sv en } level status availableSteps { to backwards } health progress evidenceCoverage ownerUnit { name { sv } } parentGoal { id } strategy { id } periodTo visibility }",
			want: apitest.Vars{"goal": apitest.Vars{
				"version": 1., "code": "1", "title": apitest.Vars{"sv": "Digitalt först", "en": nil}, "level": "DIRECTION", "status": "PROPOSED", "health": "UNKNOWN", "progress": nil, "evidenceCoverage": nil,
				"availableSteps": []any{apitest.Vars{"to": "ADOPTED", "backwards": false}}, "ownerUnit": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}}, "parentGoal": nil, "strategy": nil, "periodTo": "2029-12-31", "visibility": "PUBLIC",
			}},
		},
		{
			mutation: "updateGoal", as: director, keep: "mål",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("mål", apitest.Vars{"titleEn": "Digital first", "health": "GREEN", "progress": 10, "horizon": nil})
			},
			ask:  "goal { id version title { en } health progress horizon }",
			want: apitest.Vars{"goal": apitest.Vars{"version": 2., "title": apitest.Vars{"en": "Digital first"}, "health": "GREEN", "progress": 10., "horizon": nil}},
		},
		{
			mutation: "transitionGoal", as: director, keep: "mål",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("mål", apitest.Vars{"to": "ADOPTED", "decision": m.id["antagande"]})
			},
			ask: "goal { id version status links { nodes { purpose from { ... on Decision { title { sv } } } } } gaps { nodes { rule { code } } } }",
			want: apitest.Vars{"goal": apitest.Vars{
				"version": 3., "status": "ADOPTED", "links": apitest.Vars{"nodes": []any{apitest.Vars{"purpose": "AUTHORISES", "from": apitest.Vars{"title": apitest.Vars{"sv": "Målen antas"}}}}},
				"gaps": apitest.Vars{"nodes": []any{apitest.Vars{"rule": apitest.Vars{"code": "GOAL_NO_INDICATOR"}}}},
			}},
		},
		{
			mutation: "createIndicator", as: director, keep: "indikator",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"goal": m.id["mål"], "nameSv": "Andel digitala ärenden", "unitOfMeasure": "procent", "direction": "UP", "baseline": 50, "baselineOn": "2025-12-31", "target": 80.5, "targetOn": "2029-12-31", "frequency": "MONTHLY", "source": "MANUAL"}
			},
			ask:  "indicator { id version name { sv } baseline target fresh newest { value } goal { code gaps { totalCount } } }",
			want: apitest.Vars{"indicator": apitest.Vars{"version": 1., "name": apitest.Vars{"sv": "Andel digitala ärenden"}, "baseline": 50., "target": 80.5, "fresh": false, "newest": nil, "goal": apitest.Vars{"code": "1", "gaps": apitest.Vars{"totalCount": 0.}}}},
		},
		{
			mutation: "updateIndicator", as: director, keep: "indikator",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("indikator", apitest.Vars{"direction": "BAND", "bandLow": 70, "bandHigh": 90, "target": nil})
			},
			ask:  "indicator { id version direction bandLow bandHigh target }",
			want: apitest.Vars{"indicator": apitest.Vars{"version": 2., "direction": "BAND", "bandLow": 70., "bandHigh": 90., "target": nil}},
		},
		{
			mutation: "recordIndicatorValue", as: editor,
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"indicator": m.id["indikator"], "period": "2026-02-01", "value": 61.5}
			},
			ask:  "indicator { fresh newest { value revision periodEnd } goal { evidenceCoverage } }",
			want: apitest.Vars{"indicator": apitest.Vars{"fresh": true, "newest": apitest.Vars{"value": 61.5, "revision": 1., "periodEnd": "2026-02-28"}, "goal": apitest.Vars{"evidenceCoverage": 1.}}},
		},
		{
			mutation: "correctIndicatorValue", as: editor,
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"indicator": m.id["indikator"], "period": "2026-02-01", "expectedRevision": 1, "value": 62, "comment": "Fel fil"}
			},
			ask: "indicator { version values { nodes { period value revision comment earlier { value revision } } } }",
			want: apitest.Vars{"indicator": apitest.Vars{"version": 2., "values": apitest.Vars{"nodes": []any{apitest.Vars{
				"period": "2026-02-01", "value": 62., "revision": 2., "comment": "Fel fil", "earlier": []any{apitest.Vars{"value": 61.5, "revision": 1.}},
			}}}}},
		},
		{
			mutation: "createInitiative", as: editor, keep: "insats",
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "titleSv": "Ny plattform", "kind": "PROJECT", "lane": "Plattform", "ownerUnit": w.units[home].NodeID(), "plannedStart": "2026-04-01", "plannedEnd": "2026-06-30"}
			},
			ask: "initiative { id version title { sv } kind lane status plannedStart plannedEnd baselineEnd slipDays gaps { totalCount } latestReport { id } }",
			want: apitest.Vars{"initiative": apitest.Vars{
				"version": 1., "title": apitest.Vars{"sv": "Ny plattform"}, "kind": "PROJECT", "lane": "Plattform", "status": "PLANNED", "plannedStart": "2026-04-01", "plannedEnd": "2026-06-30",
				"baselineEnd": nil, "slipDays": nil, "gaps": apitest.Vars{"totalCount": 0.}, "latestReport": nil,
			}},
		},
		{
			mutation: "setBaseline", as: editor, keep: "insats",
			input: func(_ *world, m made) apitest.Vars { return m.of("insats", apitest.Vars{"comment": "Styrgruppen"}) },
			ask:   "initiative { id version baselineStart baselineEnd slipDays }",
			want:  apitest.Vars{"initiative": apitest.Vars{"version": 2., "baselineStart": "2026-04-01", "baselineEnd": "2026-06-30", "slipDays": 0.}},
		},
		{
			mutation: "updateInitiative", as: editor, keep: "insats",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("insats", apitest.Vars{"status": "BLOCKED", "blockedReason": "Väntar på avtal", "progress": 5})
			},
			ask:  "initiative { id version status blockedReason gaps { nodes { rule { code } } } }",
			want: apitest.Vars{"initiative": apitest.Vars{"version": 3., "status": "BLOCKED", "blockedReason": "Väntar på avtal", "gaps": apitest.Vars{"nodes": []any{apitest.Vars{"rule": apitest.Vars{"code": "ROADMAP_BLOCKED"}}}}}},
		},
		{
			mutation: "createInitiative", as: editor, keep: "nästa",
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "titleSv": "Flytt", "kind": "ACTIVITY", "ownerUnit": w.units[home].NodeID(), "plannedStart": "2026-07-01", "plannedEnd": "2026-07-31"}
			},
			ask: "initiative { id version }", want: apitest.Vars{"initiative": apitest.Vars{"version": 1.}},
		},
		{
			mutation: "createDependency", as: editor, keep: "beroende",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"municipality": home, "before": m.id["insats"], "after": m.id["nästa"], "kind": "REQUIRES", "note": "Plattformen först"}
			},
			ask: "dependency { id version kind note before { ... on Initiative { title { sv } successors { totalCount } } } after { ... on Initiative { title { sv } predecessors { totalCount } } } }",
			want: apitest.Vars{"dependency": apitest.Vars{
				"version": 1., "kind": "REQUIRES", "note": "Plattformen först",
				"before": apitest.Vars{"title": apitest.Vars{"sv": "Ny plattform"}, "successors": apitest.Vars{"totalCount": 1.}}, "after": apitest.Vars{"title": apitest.Vars{"sv": "Flytt"}, "predecessors": apitest.Vars{"totalCount": 1.}},
			}},
		},
		{
			mutation: "createMilestone", as: editor, keep: "milstolpe",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"of": m.id["insats"], "titleSv": "Driftstart", "kind": "LAUNCH", "plannedOn": "2026-06-15", "baselineOn": "2026-06-01"}
			},
			ask:  "milestone { id version title { sv } kind plannedOn slipDays of { ... on Initiative { title { sv } milestones { totalCount } } } gaps { totalCount } }",
			want: apitest.Vars{"milestone": apitest.Vars{"version": 1., "title": apitest.Vars{"sv": "Driftstart"}, "kind": "LAUNCH", "plannedOn": "2026-06-15", "slipDays": 14., "of": apitest.Vars{"title": apitest.Vars{"sv": "Ny plattform"}, "milestones": apitest.Vars{"totalCount": 1.}}, "gaps": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "replan", as: editor,
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"pushDependents": true, "comment": "Leverantören är sen", "items": []apitest.Vars{
					m.of("insats", apitest.Vars{"plannedEnd": "2026-07-10"}), m.of("milstolpe", apitest.Vars{"plannedOn": "2026-07-01"}),
				}}
			},
			ask: "items { kind version title { sv } municipality plannedStart plannedEnd slipDays decided } pushed { title { sv } municipality own days plannedEnd newStart newEnd } overlaps { id }",
			want: apitest.Vars{
				"items": []any{
					apitest.Vars{"kind": "INITIATIVE", "version": 4., "title": apitest.Vars{"sv": "Ny plattform"}, "municipality": home, "plannedStart": "2026-04-01", "plannedEnd": "2026-07-10", "slipDays": 10., "decided": false},
					apitest.Vars{"kind": "MILESTONE", "version": 2., "title": apitest.Vars{"sv": "Driftstart"}, "municipality": home, "plannedStart": "2026-07-01", "plannedEnd": "2026-07-01", "slipDays": 30., "decided": nil},
					apitest.Vars{"kind": "INITIATIVE", "version": 2., "title": apitest.Vars{"sv": "Flytt"}, "municipality": home, "plannedStart": "2026-07-10", "plannedEnd": "2026-08-09", "slipDays": nil, "decided": false},
				},
				"pushed":   []any{apitest.Vars{"title": apitest.Vars{"sv": "Flytt"}, "municipality": home, "own": true, "days": 9., "plannedEnd": "2026-07-31", "newStart": "2026-07-10", "newEnd": "2026-08-09"}},
				"overlaps": []any{},
			},
		},
		{
			mutation: "updateMilestone", as: editor, keep: "milstolpe",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"id": m.id["milstolpe"], "expectedVersion": 2, "reachedOn": "2026-03-16", "baselineOn": nil}
			},
			ask:  "milestone { id version reachedOn slipDays }",
			want: apitest.Vars{"milestone": apitest.Vars{"version": 3., "reachedOn": "2026-03-16", "slipDays": nil}},
		},
		{
			mutation: "createBenefit", as: editor, keep: "nytta",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"of": m.id["mål"], "descriptionSv": "Kortare handläggning", "certainty": "YELLOW", "measure": "HOURS", "plannedAmount": 400, "collectBy": "2026-03-01", "stakeholder": "handläggare"}
			},
			ask:  "benefit { id version description { sv } certainty measure plannedAmount gaps { nodes { rule { code } } } of { ... on Goal { code } } }",
			want: apitest.Vars{"benefit": apitest.Vars{"version": 1., "description": apitest.Vars{"sv": "Kortare handläggning"}, "certainty": "YELLOW", "measure": "HOURS", "plannedAmount": 400., "gaps": apitest.Vars{"nodes": []any{apitest.Vars{"rule": apitest.Vars{"code": "BENEFIT_NOT_FOLLOWED_UP"}}}}, "of": apitest.Vars{"code": "1"}}},
		},
		{
			mutation: "updateBenefit", as: editor, keep: "nytta",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("nytta", apitest.Vars{"realisedAmount": 350.5, "followedUpOn": "2026-03-16"})
			},
			ask:  "benefit { id version realisedAmount followedUpOn gaps { totalCount } }",
			want: apitest.Vars{"benefit": apitest.Vars{"version": 2., "realisedAmount": 350.5, "followedUpOn": "2026-03-16", "gaps": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "createStatusReport", as: editor, keep: "rapport",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"of": m.id["insats"], "periodFrom": "2026-03-01", "periodTo": "2026-03-15", "health": "AMBER", "textSv": "Avtalet dröjer"}
			},
			ask:  "statusReport { id version health text { sv } publishedAt figures { openGaps } }",
			want: apitest.Vars{"statusReport": apitest.Vars{"version": 1., "health": "AMBER", "text": apitest.Vars{"sv": "Avtalet dröjer"}, "publishedAt": nil, "figures": nil}},
		},
		{
			mutation: "updateStatusReport", as: editor, keep: "rapport",
			input: func(_ *world, m made) apitest.Vars { return m.of("rapport", apitest.Vars{"health": "RED"}) },
			ask:   "statusReport { id version health }",
			want:  apitest.Vars{"statusReport": apitest.Vars{"version": 2., "health": "RED"}},
		},
		{
			mutation: "publishStatusReport", as: editor,
			input: func(_ *world, m made) apitest.Vars { return m.of("rapport", nil) },
			ask:   "statusReport { version publishedAt figures { progress status health plannedEnd baselineEnd evidenceCoverage openGaps } of { ... on Initiative { latestReport { health } } } }",
			want: apitest.Vars{"statusReport": apitest.Vars{
				"version": 3., "publishedAt": "2026-03-16T11:00:00Z", "of": apitest.Vars{"latestReport": apitest.Vars{"health": "RED"}},
				"figures": apitest.Vars{"progress": 5., "status": "BLOCKED", "health": "RED", "plannedEnd": "2026-07-10", "baselineEnd": "2026-06-30", "evidenceCoverage": nil, "openGaps": 1.},
			}},
		},
		{
			mutation: "createStatusReport", as: editor, keep: "utkast",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"of": m.id["insats"], "periodFrom": "2026-03-01", "periodTo": "2026-03-15", "health": "AMBER", "textSv": "Fel"}
			},
			ask: "statusReport { id version }", want: apitest.Vars{"statusReport": apitest.Vars{"version": 1.}},
		},
		archive("archiveStatusReport", "statusReport", "utkast", editor, 2),
		archive("archiveBenefit", "benefit", "nytta", editor, 3),
		archive("archiveMilestone", "milestone", "milstolpe", editor, 4),
		archive("archiveDependency", "dependency", "beroende", editor, 2),
		{
			mutation: "archiveInitiative", as: editor,
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"id": m.id["insats"], "expectedVersion": 4, "comment": "Avbruten"}
			},
			ask: "initiative { version archivedAt }", want: apitest.Vars{"initiative": apitest.Vars{"version": 5., "archivedAt": "2026-03-16T11:00:00Z"}},
		},
		archive("archiveIndicator", "indicator", "indikator", director, 3),
		archive("archiveGoal", "goal", "mål", director, 4),
	}
}

// goalOf is a goal of the home municipality.
func goalOf(code string, more apitest.Vars) apitest.Vars {
	return with(apitest.Vars{"municipality": home, "code": code, "titleSv": "Mål " + code, "level": "DIRECTION"}, more)
}

// initiativeOf is an initiative of the home municipality.
func initiativeOf(title string, more apitest.Vars) apitest.Vars {
	return with(apitest.Vars{"municipality": home, "titleSv": title, "kind": "ACTIVITY"}, more)
}

// indicatorOf is an indicator of a goal.
func indicatorOf(goal string, more apitest.Vars) apitest.Vars {
	return with(apitest.Vars{"goal": goal, "nameSv": "Nöjdhet", "unitOfMeasure": "poäng", "direction": "UP", "frequency": "MONTHLY", "source": "MANUAL"}, more)
}

// reportOf is a draft of a status report.
func reportOf(of string, more apitest.Vars) apitest.Vars {
	return with(apitest.Vars{"of": of, "periodFrom": "2026-02-01", "periodTo": "2026-02-28", "health": "GREEN", "textSv": "Läget"}, more)
}

// strategyAttempts are inputs that whoever may write is refused for another reason.
func strategyAttempts(_ *world, id map[string]string) map[string]attempt {
	stale := func(id any, more apitest.Vars) attempt {
		return attempt{with(apitest.Vars{"id": id, "expectedVersion": 99}, more), "CONFLICT"}
	}
	blank := " "
	return map[string]attempt{
		"createGoal":            {goalOf("9", apitest.Vars{"titleSv": blank}), "INVALID"},
		"updateGoal":            stale(id["goal"], nil),
		"archiveGoal":           stale(id["goal"], nil),
		"transitionGoal":        stale(id["goal"], apitest.Vars{"to": "ADOPTED"}),
		"createIndicator":       {indicatorOf(id["goal"], apitest.Vars{"nameSv": blank}), "INVALID"},
		"updateIndicator":       stale(id["indicator"], nil),
		"archiveIndicator":      stale(id["indicator"], nil),
		"recordIndicatorValue":  {apitest.Vars{"indicator": id["indicator"], "period": "2026-02-02", "value": 1}, "INVALID"},
		"correctIndicatorValue": {apitest.Vars{"indicator": id["indicator"], "period": "2026-02-01", "expectedRevision": 1, "value": 1, "comment": "prov"}, "INVALID"},
		"createInitiative":      {initiativeOf(blank, nil), "INVALID"},
		"updateInitiative":      stale(id["initiative"], nil),
		"archiveInitiative":     stale(id["initiative"], nil),
		"setBaseline":           stale(id["initiative"], nil),
		"createMilestone":       {apitest.Vars{"of": id["initiative"], "titleSv": blank, "kind": "LAUNCH"}, "INVALID"},
		"updateMilestone":       stale(id["milestone"], nil),
		"archiveMilestone":      stale(id["milestone"], nil),
		"createDependency":      {apitest.Vars{"municipality": home, "before": id["initiative"], "after": id["initiative"], "kind": "REQUIRES"}, "INVALID"},
		"archiveDependency":     stale(id["dependency"], nil),
		"createBenefit":         {apitest.Vars{"of": id["initiative"], "descriptionSv": blank, "certainty": "RED", "measure": "SEK"}, "INVALID"},
		"updateBenefit":         stale(id["benefit"], nil),
		"archiveBenefit":        stale(id["benefit"], nil),
		"createStatusReport":    {reportOf(id["initiative"], apitest.Vars{"textSv": blank}), "INVALID"},
		"updateStatusReport":    stale(id["statusReport"], nil),
		"archiveStatusReport":   stale(id["statusReport"], nil),
		"publishStatusReport":   stale(id["statusReport"], nil),
		"replan":                {apitest.Vars{"items": []apitest.Vars{{"id": id["initiative"], "expectedVersion": 99}}}, "CONFLICT"},
	}
}

// strategyTargets makes what the attempts are made on.
func (w *world) strategyTargets(all map[string]string) {
	w.t.Helper()
	director := w.director()
	all["goal"], _ = w.do(director, "createGoal", goalOf("1", nil))
	all["indicator"], _ = w.do(director, "createIndicator", indicatorOf(all["goal"], nil))
	all["initiative"], _ = w.do(director, "createInitiative", initiativeOf("Insats", nil))
	later, _ := w.do(director, "createInitiative", initiativeOf("Senare", nil))
	all["milestone"], _ = w.do(director, "createMilestone", apitest.Vars{"of": all["initiative"], "titleSv": "Start", "kind": "LAUNCH"})
	all["dependency"], _ = w.do(director, "createDependency", apitest.Vars{"municipality": home, "before": all["initiative"], "after": later, "kind": "REQUIRES"})
	all["benefit"], _ = w.do(director, "createBenefit", apitest.Vars{"of": all["goal"], "descriptionSv": "Nytta", "certainty": "RED", "measure": "SEK"})
	all["statusReport"] = w.published(reportOf(all["goal"], nil))
}

// published publishes a status report.
func (w *world) published(input apitest.Vars) string {
	w.t.Helper()
	id, version := w.do(w.director(), "createStatusReport", input)
	w.do(w.director(), "publishStatusReport", apitest.Vars{"id": id, "expectedVersion": version})
	return id
}

// strategies has a secret in each text of these records.
func (n *nest) strategies() {
	director := n.director()
	for _, visibility := range []string{"PUBLIC", "COLLABORATION", "MUNICIPALITY"} {
		for _, archived := range []bool{false, true} {
			sees := shownTo(visibility, true, archived)
			// hidden adds a secret of a kind in each text that the input of a mutation has.
			hidden := func(operation, kind string, sees func(viewer) bool, more apitest.Vars) (string, int) {
				s := secret{mark: n.mark(), kind: kind, what: visibility + " " + kind, sees: sees}
				input, texts := filled(n.t, strings.ToUpper(operation[:1])+operation[1:]+"Input", s.mark)
				s.texts = texts
				var version int
				s.id, version = n.do(director, operation, with(input, more))
				n.add(s)
				return s.id, version
			}
			goal, goalVersion := hidden("createGoal", "goal", sees, goalOf("", apitest.Vars{"code": n.mark() + "code", "titleSv": n.mark() + "titlesv", "visibility": visibility, "status": "ADOPTED"}))
			work, workVersion := hidden("createInitiative", "initiative", sees, initiativeOf(n.mark()+"titlesv", apitest.Vars{"visibility": visibility, "status": "BLOCKED", "plannedStart": "2026-01-01", "plannedEnd": "2026-02-01"}))
			other, _ := n.do(director, "createInitiative", initiativeOf("Annan", apitest.Vars{"visibility": visibility}))
			indicator, _ := hidden("createIndicator", "indicator", sees, indicatorOf(goal, apitest.Vars{"nameSv": n.mark() + "namesv", "unitOfMeasure": n.mark() + "unitofmeasure"}))
			// Each revision is a record of its own.
			for revision, operation := range []string{"recordIndicatorValue", "correctIndicatorValue"} {
				value := secret{mark: n.mark(), kind: "indicator_value", what: fmt.Sprintf("revision %d of a value of a %s indicator", revision+1, visibility), sees: sees}
				value.texts = []string{value.mark + "comment"}
				input := apitest.Vars{"indicator": indicator, "period": "2026-01-01", "value": revision, "comment": value.texts[0]}
				if revision > 0 {
					input["expectedRevision"] = revision
				}
				n.do(director, operation, input)
				value.id = director.Must(n.t, `query($id: ID!) { node(id: $id) { ... on Indicator { newest { id } } } }`, apitest.Vars{"id": indicator}).Text("node.newest.id")
				n.add(value)
			}
			hidden("createDependency", "dependency", sees, apitest.Vars{"before": work, "after": other, "kind": "REQUIRES", "municipality": home})
			parents := []string{goal, work}
			if at := slices.IndexFunc(n.secrets, func(s secret) bool { return s.what == visibility+" shared project" && !s.archived }); !archived {
				parents = append(parents, n.secrets[at].id)
			}
			for _, of := range parents {
				hidden("createMilestone", "milestone", sees, apitest.Vars{"of": of, "kind": "LAUNCH", "plannedOn": "2026-02-01"})
				hidden("createBenefit", "benefit", sees, apitest.Vars{"of": of, "certainty": "RED", "measure": "SEK", "collectBy": "2026-02-01"})
				hidden("createStatusReport", "status_report", own, apitest.Vars{"of": of, "periodFrom": "2026-01-01", "periodTo": "2026-01-31", "health": "RED"})
				report := secret{mark: n.mark(), kind: "status_report", what: visibility + " published report", sees: sees}
				input, texts := filled(n.t, "CreateStatusReportInput", report.mark)
				report.texts = texts
				report.id = n.published(with(input, apitest.Vars{"of": of, "periodFrom": "2026-01-01", "periodTo": "2026-01-31", "health": "RED"}))
				n.add(report)
			}
			if archived {
				n.do(director, "archiveInitiative", apitest.Vars{"id": work, "expectedVersion": workVersion, "comment": n.said("archiveInitiative")})
				n.do(director, "archiveGoal", apitest.Vars{"id": goal, "expectedVersion": goalVersion, "comment": n.said("archiveGoal")})
			}
		}
	}
}

// strategies has records in every list of these, with equal names and days among them.
func (c *catalogue) strategies() {
	c.t.Helper()
	director := c.director()
	do := func(name string, input apitest.Vars) string {
		id, _ := c.do(director, name, input)
		return id
	}
	names := []string{"Ånga", "Anga", "Ånga", "Äng", "Ö", "Zon"}
	dates := []any{nil, "2026-02-01", "2026-02-01", nil, "2026-01-01", "2027-01-01"}
	goal := do("createGoal", goalOf("1", nil))
	work := do("createInitiative", initiativeOf("Insats", apitest.Vars{"plannedEnd": "2026-02-01"}))
	indicator := do("createIndicator", indicatorOf(goal, nil))
	for i := range 6 {
		under := do("createGoal", goalOf(fmt.Sprintf("1.%d", i/2*2+i%2), apitest.Vars{"titleSv": names[i], "level": "GOAL", "parentGoal": goal, "periodTo": dates[i]}))
		do("createIndicator", indicatorOf(goal, apitest.Vars{"nameSv": names[i]}))
		do("recordIndicatorValue", apitest.Vars{"indicator": indicator, "period": fmt.Sprintf("2025-%02d-01", i+1), "value": i / 2})
		another := do("createInitiative", initiativeOf(names[i], apitest.Vars{"plannedStart": dates[i]}))
		last := do("createInitiative", initiativeOf(names[i], apitest.Vars{"plannedEnd": dates[i]}))
		c.of["Dependency"] = do("createDependency", apitest.Vars{"municipality": home, "before": another, "after": work, "kind": "REQUIRES"})
		do("createDependency", apitest.Vars{"municipality": home, "before": work, "after": last, "kind": "BLOCKS"})
		do("createDependency", apitest.Vars{"municipality": home, "before": another, "after": c.of["SharedProject"], "kind": "REQUIRES"})
		do("createDependency", apitest.Vars{"municipality": home, "before": c.of["SharedProject"], "after": last, "kind": "BLOCKS"})
		for _, of := range []string{c.of["SharedProject"], goal, work} {
			c.of["Milestone"] = do("createMilestone", apitest.Vars{"of": of, "titleSv": names[i], "kind": "LAUNCH", "plannedOn": dates[i]})
			c.of["Benefit"] = do("createBenefit", apitest.Vars{"of": of, "descriptionSv": names[i], "certainty": "RED", "measure": "SEK", "collectBy": dates[i]})
			c.of["StatusReport"] = c.published(reportOf(of, apitest.Vars{"periodTo": []string{"2026-02-28", "2026-03-01"}[i%2]}))
		}
		c.bind(under, work, nil)
		c.bind(goal, another, nil)
	}
	do("correctIndicatorValue", apitest.Vars{"indicator": indicator, "period": "2025-06-01", "expectedRevision": 1, "value": 7, "comment": "Rättat"})
	for field, change := range map[string][2]string{"titleEn": {"updateGoal", goal}, "lane": {"updateInitiative", work}, "nameEn": {"updateIndicator", indicator}} {
		do(change[0], apitest.Vars{"id": change[1], "expectedVersion": 1, field: "Ny"})
	}
	do("updateMilestone", apitest.Vars{"id": c.of["Milestone"], "expectedVersion": 1, "titleEn": "New"})
	do("updateBenefit", apitest.Vars{"id": c.of["Benefit"], "expectedVersion": 1, "stakeholder": "invånare"})
	c.of["Goal"], c.of["Initiative"], c.of["Indicator"] = goal, work, indicator
	answer := c.client.Must(c.t, `query($id: ID!) { node(id: $id) { ... on Indicator { newest { id } } } }`, apitest.Vars{"id": indicator})
	c.of["IndicatorValue"] = answer.Text("node.newest.id")
}

// strategyScarce are lists that the rules keep shorter than the others.
var strategyScarce = map[string]int{
	"Goal.gaps": 0, "Goal.history": 2, "Indicator.gaps": 1, "Indicator.history": 2, "IndicatorValue.history": 1, "Initiative.gaps": 2, "Initiative.history": 2,
	"Milestone.gaps": 0, "Milestone.history": 2, "Benefit.gaps": 0, "Benefit.history": 2, "StatusReport.history": 2, "Dependency.history": 1,
}

// strategyCodes are the enums of these records.
func strategyCodes() map[string]places {
	of := func(field string, constraints ...string) places {
		var values []string
		for _, c := range strategy.Codes()[field] {
			values = append(values, c.Value)
		}
		return places{values, constraints}
	}
	return map[string]places{
		"GoalLevel":          of("LEVEL", "goal_level"),
		"GoalStatus":         of("STATUS", "goal_status"),
		"GoalHorizon":        of("HORIZON", "goal_horizon"),
		"Health":             of("HEALTH", "goal_health", "status_report_health", "shared_project_health"),
		"IndicatorDirection": of("DIRECTION", "indicator_direction"),
		"IndicatorFrequency": of("FREQUENCY", "indicator_frequency"),
		"IndicatorSource":    of("SOURCE", "indicator_source"),
		"InitiativeKind":     of("INITIATIVE_KIND", "initiative_kind"),
		"InitiativeStatus":   of("INITIATIVE_STATUS", "initiative_status"),
		"MilestoneKind":      of("MILESTONE_KIND", "milestone_kind"),
		"DependencyKind":     of("DEPENDENCY_KIND", "dependency_kind"),
		"BenefitCertainty":   of("CERTAINTY", "benefit_certainty"),
		"BenefitMeasure":     of("MEASURE", "benefit_measure"),
		"RoadmapKind":        {texts(strategy.RoadmapKinds()), nil},
	}
}

// strategyFacets name, for each list, the condition of the filter that takes each facet's values.
var strategyFacets = map[string]map[string]string{
	"goals": {
		"MUNICIPALITY": `municipalities: ["%s"]`, "OWNER_UNIT": `ownerUnits: ["%s"]`, "LEVEL": "levels: [%s]", "STATUS": "statuses: [%s]", "HORIZON": "horizons: [%s]", "HEALTH": "health: [%s]",
	},
	"indicators": {
		"MUNICIPALITY": `municipalities: ["%s"]`, "DIRECTION": "directions: [%s]", "FREQUENCY": "frequencies: [%s]", "SOURCE": "sources: [%s]", "FRESH": "fresh: %s",
	},
	"initiatives": {
		"MUNICIPALITY": `municipalities: ["%s"]`, "OWNER_UNIT": `ownerUnits: ["%s"]`, "LANE": `lanes: ["%s"]`, "KIND": "kinds: [%s]", "STATUS": "statuses: [%s]",
	},
	"milestones":    {"MUNICIPALITY": `municipalities: ["%s"]`, "KIND": "kinds: [%s]", "REACHED": "reached: %s"},
	"statusReports": {"MUNICIPALITY": `municipalities: ["%s"]`, "HEALTH": "health: [%s]", "PUBLISHED": "published: %s"},
	"benefits":      {"MUNICIPALITY": `municipalities: ["%s"]`, "CERTAINTY": "certainties: [%s]", "MEASURE": "measures: [%s]", "FOLLOWED_UP": "followedUp: %s"},
}

// strategiesOfEveryKind registers records that differ in every field that is counted by.
func (w *world) strategiesOfEveryKind() {
	w.t.Helper()
	ctx, s, today := apitest.System(w.t), w.Services.Strategy, date.Of(w.Clock.Now())
	codes := strategy.Codes()
	at := func(field string, i int) string { return codes[field][i%len(codes[field])].Value }
	check := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	found, low, high, kpi, why := "Planen", 1., 2., "N00945", "Väntar"
	for i, code := range []string{home, partner, outside, home, home, home, partner, home, home} {
		unit := w.units[code]
		visibility := eservice.Visibility([]string{"PUBLIC", "COLLABORATION", "MUNICIPALITY"}[i%3])
		horizon, lane := strategy.GoalHorizon(at("HORIZON", i)), fmt.Sprintf("Bana %d", i%2)
		level := strategy.GoalLevel(at("LEVEL", i%2))
		g, err := s.CreateGoal(ctx, strategy.Goal{
			MunicipalityID: unit.MunicipalityID, OwnerUnitID: &unit.ID, Code: fmt.Sprint(i), TitleSv: "Mål", Level: level, Status: strategy.GoalStatus(at("STATUS", i)),
			FoundSource: &found, FoundReason: &found, Horizon: &horizon, Health: strategy.Health(at("HEALTH", i)), Visibility: visibility,
		})
		check(err)
		in := strategy.Indicator{
			GoalID: g.ID, NameSv: "Indikator", UnitOfMeasure: "st", Direction: strategy.IndicatorDirection(at("DIRECTION", i)),
			Frequency: strategy.IndicatorFrequency(at("FREQUENCY", i)), Source: strategy.IndicatorSource(at("SOURCE", i)),
		}
		if in.Direction == "BAND" {
			in.BandLow, in.BandHigh = &low, &high
		}
		if in.Source == "KOLADA" {
			in.KoladaKpi = &kpi
		}
		made, err := s.CreateIndicator(ctx, in)
		check(err)
		if i%2 == 0 {
			_, err = s.RecordValue(ctx, made.ID, date.New(2026, 1, 1), 1, nil)
			check(err)
		}
		work, err := s.CreateInitiative(ctx, strategy.Initiative{
			MunicipalityID: unit.MunicipalityID, OwnerUnitID: &unit.ID, TitleSv: "Insats", Kind: strategy.InitiativeKind(at("INITIATIVE_KIND", i)), Lane: &lane,
			Status: strategy.InitiativeStatus(at("INITIATIVE_STATUS", i)), BlockedReason: &why, ActualEnd: &today, Visibility: visibility,
		})
		check(err)
		part := strategy.Part{InitiativeID: &work.ID}
		m := strategy.Milestone{Part: part, TitleSv: "Milstolpe", Kind: strategy.MilestoneKind(at("MILESTONE_KIND", i))}
		b := strategy.Benefit{Part: part, DescriptionSv: "Nytta", Certainty: strategy.BenefitCertainty(at("CERTAINTY", i)), Measure: strategy.BenefitMeasure(at("MEASURE", i))}
		if i%2 == 0 {
			m.ReachedOn, b.FollowedUpOn = &today, &today
		}
		_, err = s.CreateMilestone(ctx, m)
		check(err)
		_, err = s.CreateBenefit(ctx, b)
		check(err)
		r, err := s.CreateStatusReport(ctx, strategy.StatusReport{Part: part, PeriodFrom: today, PeriodTo: today, Health: strategy.Health(at("HEALTH", i)), TextSv: "Läget"})
		check(err)
		if i%2 == 0 {
			_, err = s.PublishStatusReport(ctx, r.ID, r.Version)
			check(err)
		}
	}
}

// statementCounter counts the statements that the database is asked.
type statementCounter struct{ number atomic.Int64 }

func (c *statementCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.number.Add(1)
	return ctx
}

func (*statementCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// of counts the statements of what fn does.
func (c *statementCounter) of(fn func()) int64 {
	before := c.number.Load()
	fn()
	return c.number.Load() - before
}

// One query gives the roadmap, by as many statements however much there is on it.
func TestTheRoadmapIsOneQuery(t *testing.T) {
	asked := &statementCounter{}
	w := newWorld(t, func(s *apitest.Settings) { s.Tracer = asked })
	const query = `{ roadmap(filter: { from: "2026-01-01", to: "2026-12-31" }) {
		goals { ...item } initiatives { ...item } sharedProjects { ...item } milestones { ...item } decisions { ...item } undated { ...item } dependencies { id kind before after } cut } }
		fragment item on RoadmapItem { id kind version municipality municipalityName { sv } unit unitName { sv } of title { sv } lane plannedStart plannedEnd slipDays status health progress decided }`
	add := func(title string) (string, string) {
		id, _ := w.do(w.director(), "createInitiative", initiativeOf(title, apitest.Vars{"plannedStart": "2026-04-01", "plannedEnd": "2026-04-30", "ownerUnit": w.units[home].NodeID()}))
		milestone, _ := w.do(w.director(), "createMilestone", apitest.Vars{"of": id, "titleSv": "Start " + title, "kind": "LAUNCH", "plannedOn": "2026-04-15"})
		w.do(w.director(), "createGoal", goalOf(title, apitest.Vars{"periodFrom": "2026-01-01"}))
		return id, milestone
	}
	first, milestone := add("A")
	w.do(w.director(), "createDecision", w.decided("Beslut", nil))
	client := w.as("", "")
	few := asked.of(func() { client.Must(t, query, nil) })
	second, _ := add("B")
	w.do(w.director(), "createDependency", apitest.Vars{"municipality": home, "before": first, "after": second, "kind": "REQUIRES"})
	for i := range 10 {
		add(fmt.Sprint(i))
	}
	var answer apitest.Result
	many := asked.of(func() { answer = client.Must(t, query, nil) })
	if many != few {
		t.Errorf("the roadmap takes %d statements, and %d when there is more on it", few, many)
	}
	want := apitest.Vars{
		"id": milestone, "kind": "MILESTONE", "version": 1., "municipality": home, "municipalityName": apitest.Vars{"sv": "Norrköping"}, "unit": string(w.units[home].NodeID()), "unitName": apitest.Vars{"sv": "Kontoret"},
		"of": first, "title": apitest.Vars{"sv": "Start A"}, "lane": nil, "plannedStart": "2026-04-15", "plannedEnd": "2026-04-15", "slipDays": nil, "status": "PLANNED", "health": "UNKNOWN", "progress": nil, "decided": nil,
	}
	if diff := cmp.Diff(any(want), answer.At("roadmap.milestones.0")); diff != "" {
		t.Errorf("a milestone of it (-want +got):\n%s", diff)
	}
	if link := answer.At("roadmap.dependencies.0"); apitest.At(link, "before") != first || apitest.At(link, "after") != second {
		t.Errorf("its dependency is %v", link)
	}
	if len(answer.At("roadmap.initiatives").([]any)) != 12 || len(answer.At("roadmap.decisions").([]any)) != 1 || len(answer.At("roadmap.cut").([]any)) != 0 {
		t.Errorf("it holds %s", answer.Raw)
	}
	preview := client.Must(t, `query($id: ID!) { movePreview(items: [{ id: $id, plannedEnd: "2026-05-10" }]) { id kind title { sv } own days plannedStart newStart newEnd pushedBy } }`, apitest.Vars{"id": first})
	moved := []any{apitest.Vars{"id": second, "kind": "INITIATIVE", "title": apitest.Vars{"sv": "B"}, "own": false, "days": 39., "plannedStart": "2026-04-01", "newStart": "2026-05-10", "newEnd": "2026-06-08", "pushedBy": first}}
	if diff := cmp.Diff(any(moved), preview.At("movePreview")); diff != "" {
		t.Errorf("the preview (-want +got):\n%s", diff)
	}
}
