package graph_test

import (
	"fmt"
	"slices"
	"testing"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
)

// decided is a decision of the home municipality's office.
func (w *world) decided(title string, more apitest.Vars) apitest.Vars {
	return with(apitest.Vars{"municipality": home, "titleSv": title, "type": "BOARD", "bodyUnit": w.units[home].NodeID(), "meetingDate": "2026-02-02"}, more)
}

// decisionSteps has an example of every mutation of these records.
func decisionSteps() []step {
	director := (*world).director
	projects := func(w *world) *apitest.Client { return w.as(home, access.ProjectEditor) }
	return []step{
		{
			mutation: "createCase", as: director, keep: "ärende",
			input: func(*world, made) apitest.Vars {
				return apitest.Vars{"municipality": home, "titleSv": "Strategi för e-tjänster", "diaryNumber": " KS 2026/0044 ", "titleEn": "E-service strategy"}
			},
			ask: "case { id version title { sv en } diaryNumber diaryNumberUnderstood diaryCode diaryYear diarySerial diarySuffix diaryKey url diaryUrl visibility }",
			want: apitest.Vars{"case": apitest.Vars{
				"version": 1., "title": apitest.Vars{"sv": "Strategi för e-tjänster", "en": "E-service strategy"}, "diaryNumber": "KS 2026/0044", "diaryNumberUnderstood": true,
				"diaryCode": "KS", "diaryYear": 2026., "diarySerial": 44., "diarySuffix": nil, "diaryKey": "KS 2026/00044", "url": nil, "diaryUrl": nil, "visibility": "PUBLIC",
			}},
		},
		{
			mutation: "updateCase", as: projects, keep: "ärende",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("ärende", apitest.Vars{"url": "https://diarium.example.se/44", "titleEn": nil})
			},
			ask:  "case { id version title { sv en } url diaryUrl gaps { totalCount } }",
			want: apitest.Vars{"case": apitest.Vars{"version": 2., "title": apitest.Vars{"sv": "Strategi för e-tjänster", "en": nil}, "url": "https://diarium.example.se/44", "diaryUrl": "https://diarium.example.se/44", "gaps": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "createDecision", as: director, keep: "beslut",
			input: func(w *world, _ made) apitest.Vars {
				return w.decided("Strategi för e-tjänster antas", apitest.Vars{"diaryNumber": "ks-44/2026", "paragraph": "12 a", "announcedOn": "2026-03-02"})
			},
			ask: "decision { id version title { sv } diaryNumber diaryNumberUnderstood case { diaryNumber decisions { totalCount } } bodyUnit { name { sv } } state meetingDate paragraph expectedBindingOn isExample }",
			want: apitest.Vars{"decision": apitest.Vars{
				"version": 1., "title": apitest.Vars{"sv": "Strategi för e-tjänster antas"}, "diaryNumber": "ks-44/2026", "diaryNumberUnderstood": true,
				"case": apitest.Vars{"diaryNumber": "KS 2026/0044", "decisions": apitest.Vars{"totalCount": 1.}}, "bodyUnit": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}},
				"state": "DECIDED", "meetingDate": "2026-02-02", "paragraph": "12 a", "expectedBindingOn": "2026-03-24", "isExample": false,
			}},
		},
		{
			mutation: "updateDecision", as: projects, keep: "beslut",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("beslut", apitest.Vars{"announcedOn": "2026-02-03", "legallyBindingOn": "2026-02-24", "documentUrls": []string{"https://example.se/tjansteskrivelse.pdf"}, "textSv": "Strategin antas."})
			},
			ask:  "decision { id version state legallyBindingOn expectedBindingOn documentUrls text { sv } gaps { totalCount } }",
			want: apitest.Vars{"decision": apitest.Vars{"version": 2., "state": "BINDING", "legallyBindingOn": "2026-02-24", "expectedBindingOn": nil, "documentUrls": []any{"https://example.se/tjansteskrivelse.pdf"}, "text": apitest.Vars{"sv": "Strategin antas."}, "gaps": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "grantWaiver", as: director, keep: "undantag",
			input: func(w *world, m made) apitest.Vars {
				return apitest.Vars{"municipality": home, "rule": "UNIT_CLOSED_PARENT", "object": w.units[home].NodeID(), "decision": m.id["beslut"], "reasonSv": "Omorganisationen väntar", "expiresOn": "2026-12-31"}
			},
			ask: "waiver { id version rule { code } object { ... on Unit { name { sv } } } decision { title { sv } } reason { sv } grantedOn expiresOn inForce }",
			want: apitest.Vars{"waiver": apitest.Vars{
				"version": 1., "rule": apitest.Vars{"code": "UNIT_CLOSED_PARENT"}, "object": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}}, "decision": apitest.Vars{"title": apitest.Vars{"sv": "Strategi för e-tjänster antas"}},
				"reason": apitest.Vars{"sv": "Omorganisationen väntar"}, "grantedOn": "2026-03-16", "expiresOn": "2026-12-31", "inForce": true,
			}},
		},
		{
			mutation: "withdrawWaiver", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("undantag", apitest.Vars{"comment": "Klart"}) },
			ask:   "waiver { version inForce archivedAt }",
			want:  apitest.Vars{"waiver": apitest.Vars{"version": 2., "inForce": false, "archivedAt": "2026-03-16T11:00:00Z"}},
		},
		{
			mutation: "createDecision", as: projects, keep: "senare",
			input: func(w *world, m made) apitest.Vars {
				return w.decided("Ny strategi antas", apitest.Vars{"case": m.id["ärende"], "meetingDate": "2026-03-09"})
			},
			ask:  "decision { id version case { diaryNumber } diaryNumber diaryNumberUnderstood }",
			want: apitest.Vars{"decision": apitest.Vars{"version": 1., "case": apitest.Vars{"diaryNumber": "KS 2026/0044"}, "diaryNumber": nil, "diaryNumberUnderstood": true}},
		},
		{
			mutation: "supersedeDecision", as: projects, keep: "beslut",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("beslut", apitest.Vars{"supersededBy": m.id["senare"], "supersededOn": "2026-03-09", "comment": "Ny strategi"})
			},
			ask:  "decision { id version state supersededOn supersededBy { title { sv } } }",
			want: apitest.Vars{"decision": apitest.Vars{"version": 3., "state": "SUPERSEDED", "supersededOn": "2026-03-09", "supersededBy": apitest.Vars{"title": apitest.Vars{"sv": "Ny strategi antas"}}}},
		},
		{
			mutation: "archiveDecision", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("beslut", apitest.Vars{"comment": "Dubblett"}) },
			ask:   "decision { version archivedAt history(first: 1) { nodes { change { operation comment } } } }",
			want: apitest.Vars{"decision": apitest.Vars{"version": 4., "archivedAt": "2026-03-16T11:00:00Z", "history": apitest.Vars{
				"nodes": []any{apitest.Vars{"change": apitest.Vars{"operation": "archiveDecision", "comment": "Dubblett"}}},
			}}},
		},
		{
			mutation: "archiveCase", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("ärende", apitest.Vars{"comment": "Dubblett"}) },
			ask:   "case { version archivedAt }",
			want:  apitest.Vars{"case": apitest.Vars{"version": 3., "archivedAt": "2026-03-16T11:00:00Z"}},
		},
	}
}

// decisionAttempts are inputs that whoever may write is refused for another reason.
func decisionAttempts(w *world, id map[string]string) map[string]attempt {
	stale := func(id any, more apitest.Vars) attempt {
		return attempt{with(apitest.Vars{"id": id, "expectedVersion": 99}, more), "CONFLICT"}
	}
	return map[string]attempt{
		"createCase":        {apitest.Vars{"municipality": home, "titleSv": " ", "diaryNumber": "KS 2026/1"}, "INVALID"},
		"updateCase":        stale(id["case"], nil),
		"archiveCase":       stale(id["case"], nil),
		"createDecision":    {w.decided(" ", nil), "INVALID"},
		"updateDecision":    stale(id["decision"], nil),
		"archiveDecision":   stale(id["decision"], nil),
		"supersedeDecision": stale(id["decision"], nil),
		"grantWaiver":       {apitest.Vars{"municipality": home, "rule": "INGEN_REGEL", "object": w.units[home].NodeID(), "decision": id["decision"], "reasonSv": "Skäl", "expiresOn": "2026-12-31"}, "INVALID"},
		"withdrawWaiver":    stale(id["waiver"], nil),
	}
}

// waive lets a gap of a record be by a decision.
func (w *world) waive(rule string, object any, decision string, more apitest.Vars) string {
	w.t.Helper()
	id, _ := w.do(w.director(), "grantWaiver", with(apitest.Vars{"municipality": home, "rule": rule, "object": object, "decision": decision, "reasonSv": "Skäl", "expiresOn": "2026-12-31"}, more))
	return id
}

// decisionTargets makes what the attempts are made on.
func (w *world) decisionTargets(all map[string]string) {
	w.t.Helper()
	all["decision"], _ = w.do(w.director(), "createDecision", w.decided("Beslut", apitest.Vars{"diaryNumber": "KS 2026/7"}))
	answer := w.director().Must(w.t, `query($id: ID!) { node(id: $id) { ... on Decision { case { id } } } }`, apitest.Vars{"id": all["decision"]})
	all["case"] = answer.Text("node.case.id")
	all["waiver"] = w.waive("UNIT_CLOSED_PARENT", w.units[home].NodeID(), all["decision"], nil)
}

// said adds what is said of a change, which the own municipality alone is told.
func (n *nest) said(what string) string {
	s := secret{mark: n.mark(), what: "comment of " + what, sees: own}
	s.texts = []string{s.mark + "comment"}
	n.add(s)
	return s.texts[0]
}

// decisions has a secret in each text of these records.
func (n *nest) decisions() {
	serial := 900
	for _, visibility := range []string{"PUBLIC", "COLLABORATION", "MUNICIPALITY"} {
		for _, archived := range []bool{false, true} {
			c := secret{mark: n.mark(), kind: "diary_case", what: visibility + " case", archived: archived, sees: shownTo(visibility, true, archived)}
			input, texts := filled(n.t, "CreateCaseInput", c.mark)
			c.texts = texts
			var version int
			c.id, version = n.do(n.director(), "createCase", with(input, apitest.Vars{"municipality": home, "visibility": visibility}))
			n.add(c)

			d := secret{mark: n.mark(), kind: "decision", what: visibility + " decision", archived: archived, sees: shownTo(visibility, true, archived)}
			input, texts = filled(n.t, "CreateDecisionInput", d.mark)
			d.texts = texts
			var decided int
			d.id, decided = n.do(n.director(), "createDecision", with(n.decided("", apitest.Vars{"case": c.id, "visibility": visibility}), input))
			n.add(d)

			// A waiver is seen with its decision.
			w := secret{mark: n.mark(), kind: "waiver", what: "waiver by a " + visibility + " decision", sees: shownTo(visibility, true, archived)}
			input, texts = filled(n.t, "GrantWaiverInput", w.mark)
			w.texts = texts
			w.id = n.waive("DECISION_NO_NUMBER", d.id, d.id, input)
			n.add(w)
			if archived {
				n.archived = append(n.archived, func() {
					n.do(n.director(), "withdrawWaiver", apitest.Vars{"id": w.id, "expectedVersion": 1, "comment": n.said("withdrawWaiver")})
					n.do(n.director(), "archiveCase", apitest.Vars{"id": c.id, "expectedVersion": version, "comment": n.said("archiveCase")})
					n.do(n.director(), "archiveDecision", apitest.Vars{"id": d.id, "expectedVersion": decided, "comment": n.said("archiveDecision")})
				})
				continue
			}
			// The case that a number makes is seen as the decision is.
			serial++
			made := secret{mark: n.mark(), kind: "decision", what: visibility + " decision that makes its case", sees: shownTo(visibility, true, false)}
			made.texts = []string{made.mark + "titlesv"}
			made.id, _ = n.do(n.director(), "createDecision", n.decided(made.texts[0], apitest.Vars{"visibility": visibility, "diaryNumber": fmt.Sprintf("KS 2026/%d", serial)}))
			n.add(made)
			// A public decision in a case that is not.
			led := secret{mark: n.mark(), kind: "decision", what: "public decision in a " + visibility + " case", sees: anyone}
			led.texts = []string{led.mark + "titlesv"}
			led.id, _ = n.do(n.director(), "createDecision", n.decided(led.texts[0], apitest.Vars{"case": c.id}))
			n.add(led)
		}
	}
}

// decisions has records in every list of these, with equal names and days among them.
func (c *catalogue) decisions() {
	c.t.Helper()
	director := c.director()
	for i := range 6 {
		id, version := c.do(director, "createCase", apitest.Vars{"municipality": home, "titleSv": []string{"Ärende", "Arende", "Ärende", "Årende", "Ö", "A"}[i], "diaryNumber": []string{"KS 2024/1", "KS 2024/2", "KR 2024/1", "okänt", "okänt också", "KS 2025/1"}[i]})
		if i < 5 {
			continue
		}
		c.do(director, "updateCase", apitest.Vars{"id": id, "expectedVersion": version, "titleEn": "Case"})
		c.of["Case"] = id
	}
	for i := range 6 {
		id, version := c.do(director, "createDecision", c.decided([]string{"Beslut", "Beslut", "Äska", "Åtgärda", "Öppna", "Avsluta"}[i], apitest.Vars{
			"case": c.of["Case"], "meetingDate": []any{"2026-02-02", "2026-02-02", nil, "2026-01-01", nil, "2026-02-02"}[i], "validTo": []any{nil, "2027-01-01", nil, "2027-01-01", nil, nil}[i],
		}))
		c.of["Decision"] = id
		if i == 5 {
			c.do(director, "updateDecision", apitest.Vars{"id": id, "expectedVersion": version, "titleEn": "Decision"})
		}
	}
	rules := []string{"UNIT_CLOSED_PARENT", "UNIT_SUCCESSOR_CLOSED", "DECISION_APPEALED", "DECISION_EXPIRING", "DECISION_NOT_BINDING", "DECISION_NO_NUMBER"}
	for i, rule := range rules {
		object := any(c.of["Decision"])
		if i < 2 {
			object = c.units[home].NodeID()
		}
		c.of["Waiver"] = c.waive(rule, object, c.of["Decision"], apitest.Vars{
			"expiresOn": []string{"2026-12-31", "2026-12-31", "2026-06-30", "2026-12-31", "2027-01-31", "2026-04-30"}[i],
			"grantedOn": []string{"2026-03-16", "2026-02-02", "2026-02-02", "2026-03-16", "2026-03-16", "2026-03-16"}[i],
		})
	}
}

// decisionScarce are lists that the rules keep shorter than the others.
var decisionScarce = map[string]int{
	"Case.gaps": 0, "Case.history": 2, "Decision.gaps": 0, "Decision.history": 2, "Waiver.gaps": 0, "Waiver.history": 1,
}

// decisionCodes are the enums of these records.
func decisionCodes() map[string]places {
	values := func(field string) []string {
		var all []string
		for _, c := range decision.Codes()[field] {
			all = append(all, c.Value)
		}
		return all
	}
	return map[string]places{
		"DecisionType":  {values("TYPE"), []string{"decision_type"}},
		"DecisionState": {values("STATE"), nil},
	}
}

// decisionFacets name, for each list, the condition of the filter that takes each facet's values.
var decisionFacets = map[string]map[string]string{
	"cases":     {"MUNICIPALITY": `municipalities: ["%s"]`, "DIARY_CODE": `diaryCodes: ["%s"]`, "YEAR": "years: [%s]"},
	"decisions": {"STATE": "states: [%s]", "TYPE": "types: [%s]", "BODY": `bodies: ["%s"]`, "MUNICIPALITY": `municipalities: ["%s"]`, "EXAMPLE": "example: %s"},
	"waivers":   {"MUNICIPALITY": `municipalities: ["%s"]`, "RULE": `rules: ["%s"]`, "IN_FORCE": "inForce: %s"},
}

// decisionsOfEveryKind registers records that differ in every field that is counted by.
func (w *world) decisionsOfEveryKind() {
	w.t.Helper()
	system, today := apitest.System(w.t), date.Of(w.Clock.Now())
	var taken []*decision.Decision
	for i, code := range []string{home, partner, outside, home, home, home, partner, home, home} {
		dnr, ref := fmt.Sprintf("%s 202%d/%d", []string{"KS", "KR", "SBN"}[i%3], i%4, i+1), "3.2"
		d := decision.Decision{
			MunicipalityID: w.municipalities[code].ID, BodyUnitID: w.units[code].ID, TitleSv: "Beslut", DiaryNumber: &dnr, DelegationRef: &ref,
			Type: decision.Kind(decision.Codes()["TYPE"][i%7].Value), Visibility: eservice.Public, IsExample: i%2 == 0,
		}
		day := today.AddDays(-30 - i)
		switch decision.Codes()["STATE"][i].Value {
		case "PREPARING":
		case "PROPOSED":
			d.ProposedOn = &day
		case "BINDING":
			d.MeetingDate, d.LegallyBindingOn = &day, &day
		case "APPEALED":
			d.MeetingDate, d.AppealedOn = &day, &day
		case "OVERTURNED":
			d.MeetingDate, d.AppealedOn, d.OverturnedOn = &day, &day, &day
		case "REJECTED":
			d.MeetingDate, d.Rejected = &day, true
		case "EXPIRED":
			d.MeetingDate, d.ValidTo = &day, &day
		default:
			d.MeetingDate = &day
		}
		made, err := w.Services.Decisions.Create(system, d)
		if err != nil {
			w.t.Fatal(err)
		}
		taken = append(taken, made)
	}
	for i, rule := range []string{"DECISION_NO_NUMBER", "DECISION_APPEALED", "DECISION_NO_NUMBER"} {
		by := taken[[]int{2, 3, 8}[i]]
		if _, err := w.Services.Decisions.Grant(system, decision.Waiver{
			MunicipalityID: by.MunicipalityID, DecisionID: by.ID, Rule: rule, ObjectKind: "decision", ObjectID: by.ID, ReasonSv: "Skäl", ExpiresOn: today.AddDays(30),
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	// One of them rests on a decision that holds no more.
	day := today.AddDays(-1)
	if _, err := w.Services.Decisions.Supersede(system, taken[8].ID, taken[8].Version, &taken[3].ID, &day, ""); err != nil {
		w.t.Fatal(err)
	}
}

// A gap that a waiver lets be is a gap nowhere: not in lists, filters, counts or on the
// record, but where waived ones are asked for, with their waiver.
func TestAWaivedGapIsNoGap(t *testing.T) {
	w := newWorld(t)
	service, version := w.do(w.editor(), "createEService", w.service("Bygglov"))
	w.do(w.editor(), "publishEService", apitest.Vars{"id": service, "expectedVersion": version})
	decided, _ := w.do(w.director(), "createDecision", w.decided("Undantag", apitest.Vars{"diaryNumber": "KS 2026/60", "visibility": "MUNICIPALITY"}))
	const query = `query($id: ID!) {
		listed: gaps(filter: {codes: ["ESERVICE_NO_ALT_CHANNEL"]}) { totalCount facets(by: [CODE]) { values { count } } }
		filtered: eServices(filter: {gaps: ["ESERVICE_NO_ALT_CHANNEL"]}) { totalCount }
		counted: eServices { facets(by: [GAP]) { values { value count } } }
		node(id: $id) { ... on EService { gaps(filter: {codes: ["ESERVICE_NO_ALT_CHANNEL"]}) { totalCount } } }
		waived: gaps(filter: {codes: ["ESERVICE_NO_ALT_CHANNEL"], waived: true}) { nodes { waivedUntil waiver { reason { sv } } } }
	}`
	read := func(client *apitest.Client) (answer apitest.Result, shown []any) {
		answer = client.Must(t, query, apitest.Vars{"id": service})
		inFacet := 0.
		for _, v := range answer.At("counted.facets.0.values").([]any) {
			if apitest.At(v, "value") == "ESERVICE_NO_ALT_CHANNEL" {
				inFacet = apitest.At(v, "count").(float64)
			}
		}
		return answer, []any{answer.At("listed.totalCount"), answer.At("filtered.totalCount"), answer.At("node.gaps.totalCount"), inFacet}
	}
	if answer, shown := read(w.director()); !slices.Equal(shown, []any{1., 1., 1., 1.}) || answer.At("waived.nodes.0.waiver") != nil {
		t.Fatalf("without a waiver the gap shows %v times: %s", shown, answer.Raw)
	}
	w.waive("ESERVICE_NO_ALT_CHANNEL", service, decided, nil)
	answer, shown := read(w.director())
	if !slices.Equal(shown, []any{0., 0., 0., 0.}) || answer.At("waived.nodes.0.waivedUntil") != "2026-12-31" || answer.At("waived.nodes.0.waiver.reason.sv") != "Skäl" {
		t.Errorf("with a waiver the gap shows %v times: %s", shown, answer.Raw)
	}
	// Others learn that it is waived, and nothing of a decision that they do not see.
	answer, shown = read(w.as("", ""))
	if !slices.Equal(shown, []any{0., 0., 0., 0.}) || len(answer.At("waived.nodes").([]any)) != 1 || answer.At("waived.nodes.0.waivedUntil") != nil || answer.At("waived.nodes.0.waiver") != nil {
		t.Errorf("to others the gap shows %v times: %s", shown, answer.Raw)
	}
}
