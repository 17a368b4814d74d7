package graph_test

import (
	"fmt"

	"fardplan/internal/apitest"
	"fardplan/internal/audit"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
)

// asFound is what a document has that was adopted before it was registered.
var asFound = apitest.Vars{"status": "ADOPTED", "decidedOn": "2020-03-02", "foundSource": "Granskningen", "foundReason": "Gällde redan"}

// taken registers a decision of the home municipality that holds, and gives its id.
func (w *world) taken(title string) string {
	w.t.Helper()
	day := date.Of(w.Clock.Now())
	d, err := w.Services.Decisions.Create(apitest.System(w.t), decision.Decision{
		MunicipalityID: w.municipalities[home].ID, BodyUnitID: w.units[home].ID, TitleSv: title, Type: decision.ByBoard, MeetingDate: &day, Visibility: eservice.Municipality,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(d.NodeID())
}

// documentSteps has an example of every mutation of these records.
func documentSteps() []step {
	director := (*world).director
	return []step{
		{
			mutation: "createGoverningDocument", as: director, keep: "riktlinje",
			input: func(w *world, _ made) apitest.Vars {
				return with(asFound, apitest.Vars{
					"municipality": home, "titleSv": "Riktlinje för inköp", "kind": "GUIDELINE", "diaryNumber": "KS 2013/0644", "ownerUnit": w.units[home].NodeID(),
					"decidedOn": "2024-05-31", "reviewMonths": 9,
				})
			},
			ask: "document { id version title { sv en } kind status diaryNumber reviewDue reviewGiven ownerUnit { name { sv } } foundSource availableSteps { to backwards } }",
			want: apitest.Vars{"document": apitest.Vars{
				"version": 1., "title": apitest.Vars{"sv": "Riktlinje för inköp", "en": nil}, "kind": "GUIDELINE", "status": "ADOPTED", "diaryNumber": "KS 2013/0644",
				"reviewDue": "2025-02-28", "reviewGiven": false, "ownerUnit": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}}, "foundSource": "Granskningen",
				"availableSteps": []any{
					apitest.Vars{"to": "UNDER_REVISION", "backwards": false}, apitest.Vars{"to": "SUPERSEDED", "backwards": false},
					apitest.Vars{"to": "REVOKED", "backwards": false}, apitest.Vars{"to": "IN_REVIEW", "backwards": true},
				},
			}},
		},
		{
			mutation: "createGoverningDocument", as: director, keep: "nyRiktlinje",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"municipality": home, "titleSv": "Ny riktlinje för inköp", "kind": "GUIDELINE", "status": "IN_REVIEW", "supersedes": m.id["riktlinje"]}
			},
			ask:  "document { id version status visibility supersedes { title { sv } supersededBy { totalCount } } gaps { totalCount } }",
			want: apitest.Vars{"document": apitest.Vars{"version": 1., "status": "IN_REVIEW", "visibility": "PUBLIC", "gaps": apitest.Vars{"totalCount": 0.}, "supersedes": apitest.Vars{"title": apitest.Vars{"sv": "Riktlinje för inköp"}, "supersededBy": apitest.Vars{"totalCount": 1.}}}},
		},
		{
			mutation: "transitionGoverningDocument", as: director, keep: "nyRiktlinje",
			input: func(w *world, m made) apitest.Vars {
				return m.of("nyRiktlinje", apitest.Vars{"to": "ADOPTED", "decidedOn": "2026-03-16", "decidedBy": w.units[home].NodeID(), "edition": "1.0"})
			},
			ask: "document { id version status edition decidedBy { name { sv } } supersedes { status } gaps(orderBy: {field: CODE}) { nodes { rule { code } } } }",
			want: apitest.Vars{"document": apitest.Vars{
				"version": 2., "status": "ADOPTED", "edition": "1.0", "decidedBy": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}}, "supersedes": apitest.Vars{"status": "SUPERSEDED"},
				"gaps": apitest.Vars{"nodes": []any{apitest.Vars{"rule": apitest.Vars{"code": "DOC_NO_DNR"}}, apitest.Vars{"rule": apitest.Vars{"code": "DOC_NO_OWNER"}}}},
			}},
		},
		{
			mutation: "updateGoverningDocument", as: director, keep: "nyRiktlinje",
			input: func(w *world, m made) apitest.Vars {
				return m.of("nyRiktlinje", apitest.Vars{"diaryNumber": "KS-12/2026", "ownerUnit": w.units[home].NodeID(), "reviewDue": "2028-03-16", "edition": nil})
			},
			ask:  "document { id version diaryNumber edition reviewDue reviewGiven gaps { totalCount } }",
			want: apitest.Vars{"document": apitest.Vars{"version": 3., "diaryNumber": "KS-12/2026", "edition": nil, "reviewDue": "2028-03-16", "reviewGiven": true, "gaps": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "archiveGoverningDocument", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("nyRiktlinje", apitest.Vars{"comment": "Dubblett"}) },
			ask:   "document { version archivedAt history(first: 1) { nodes { change { operation comment } } } }",
			want: apitest.Vars{"document": apitest.Vars{"version": 4., "archivedAt": "2026-03-16T11:00:00Z", "history": apitest.Vars{
				"nodes": []any{apitest.Vars{"change": apitest.Vars{"operation": "archiveGoverningDocument", "comment": "Dubblett"}}},
			}}},
		},
		{
			mutation: "createAudit", as: director, keep: "granskning",
			input: func(w *world, _ made) apitest.Vars {
				return apitest.Vars{"municipality": home, "titleSv": "Granskning av kommunens IT-säkerhet", "year": 2017, "diaryNumber": "KR-2017/0039", "addresseeUnit": w.units[home].NodeID()}
			},
			ask:  "audit { id version title { sv } year diaryNumber addresseeUnit { name { sv } } visibility }",
			want: apitest.Vars{"audit": apitest.Vars{"version": 1., "title": apitest.Vars{"sv": "Granskning av kommunens IT-säkerhet"}, "year": 2017., "diaryNumber": "KR-2017/0039", "addresseeUnit": apitest.Vars{"name": apitest.Vars{"sv": "Kontoret"}}, "visibility": "PUBLIC"}},
		},
		{
			mutation: "updateAudit", as: director, keep: "granskning",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("granskning", apitest.Vars{"publishedOn": "2017-12-13"})
			},
			ask:  "audit { id version publishedOn title { sv } }",
			want: apitest.Vars{"audit": apitest.Vars{"version": 2., "publishedOn": "2017-12-13", "title": apitest.Vars{"sv": "Granskning av kommunens IT-säkerhet"}}},
		},
		{
			mutation: "createFormalAnswer", as: director, keep: "svar",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"audit": m.id["granskning"], "titleSv": "Svar till revisorerna", "dueOn": "2026-03-23"}
			},
			ask: "formalAnswer { id version status dueOn late daysLeft text { sv } availableSteps { to } gaps { nodes { rule { code } } } }",
			want: apitest.Vars{"formalAnswer": apitest.Vars{
				"version": 1., "status": "NOT_STARTED", "dueOn": "2026-03-23", "late": false, "daysLeft": 7., "text": nil, "availableSteps": []any{apitest.Vars{"to": "DRAFT"}},
				"gaps": apitest.Vars{"nodes": []any{apitest.Vars{"rule": apitest.Vars{"code": "ANSWER_DUE"}}}},
			}},
		},
		{
			mutation: "updateFormalAnswer", as: director, keep: "svar",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("svar", apitest.Vars{"textSv": "Vi tar fram en strategi.", "dueOn": "2026-03-15"})
			},
			ask:  "formalAnswer { id version text { sv } late daysLeft }",
			want: apitest.Vars{"formalAnswer": apitest.Vars{"version": 2., "text": apitest.Vars{"sv": "Vi tar fram en strategi."}, "late": true, "daysLeft": -1.}},
		},
		{
			mutation: "createAuditQuestion", as: director, keep: "fråga",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"audit": m.id["granskning"], "textSv": "Hur styrs digitaliseringen?"}
			},
			ask:  "question { id version position text { sv } audit { year } formalAnswer { id } }",
			want: apitest.Vars{"question": apitest.Vars{"version": 1., "position": 1., "text": apitest.Vars{"sv": "Hur styrs digitaliseringen?"}, "audit": apitest.Vars{"year": 2017.}, "formalAnswer": nil}},
		},
		{
			mutation: "updateAuditQuestion", as: director, keep: "fråga",
			input: func(_ *world, m made) apitest.Vars { return m.of("fråga", apitest.Vars{"formalAnswer": m.id["svar"]}) },
			ask:   "question { id version formalAnswer { title { sv } questions { nodes { position } } } }",
			want: apitest.Vars{"question": apitest.Vars{"version": 2., "formalAnswer": apitest.Vars{
				"title": apitest.Vars{"sv": "Svar till revisorerna"}, "questions": apitest.Vars{"nodes": []any{apitest.Vars{"position": 1.}}},
			}}},
		},
		{
			mutation: "archiveAuditQuestion", as: director,
			input: func(_ *world, m made) apitest.Vars {
				return m.of("fråga", apitest.Vars{"comment": "Ställdes aldrig"})
			},
			ask:  "question { version archivedAt audit { questions { totalCount } } }",
			want: apitest.Vars{"question": apitest.Vars{"version": 3., "archivedAt": "2026-03-16T11:00:00Z", "audit": apitest.Vars{"questions": apitest.Vars{"totalCount": 0.}}}},
		},
		{
			mutation: "transitionFormalAnswer", as: director, keep: "svar",
			input: func(_ *world, m made) apitest.Vars { return m.of("svar", apitest.Vars{"to": "DRAFT"}) },
			ask:   "formalAnswer { id version status }",
			want:  apitest.Vars{"formalAnswer": apitest.Vars{"version": 3., "status": "DRAFT"}},
		},
		{
			mutation: "transitionFormalAnswer", as: director, keep: "svar",
			input: func(_ *world, m made) apitest.Vars { return m.of("svar", apitest.Vars{"to": "IN_REVIEW"}) },
			ask:   "formalAnswer { id version status }",
			want:  apitest.Vars{"formalAnswer": apitest.Vars{"version": 4., "status": "IN_REVIEW"}},
		},
		{
			mutation: "transitionFormalAnswer", as: director, keep: "svar",
			input: func(w *world, m made) apitest.Vars {
				return m.of("svar", apitest.Vars{"to": "DECIDED", "decision": w.taken("Svar till revisorerna")})
			},
			ask:  "formalAnswer { id version status }",
			want: apitest.Vars{"formalAnswer": apitest.Vars{"version": 5., "status": "DECIDED"}},
		},
		{
			mutation: "transitionFormalAnswer", as: director,
			input: func(_ *world, m made) apitest.Vars {
				return m.of("svar", apitest.Vars{"to": "SENT", "on": "2026-03-16"})
			},
			ask:  "formalAnswer { version status sentOn late daysLeft availableSteps { to } gaps { totalCount } }",
			want: apitest.Vars{"formalAnswer": apitest.Vars{"version": 6., "status": "SENT", "sentOn": "2026-03-16", "late": true, "daysLeft": nil, "availableSteps": []any{}, "gaps": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "createFormalAnswer", as: director, keep: "felsvar",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"audit": m.id["granskning"], "titleSv": "Svar", "dueOn": "2026-03-23"}
			},
			ask: "formalAnswer { id version }", want: apitest.Vars{"formalAnswer": apitest.Vars{"version": 1.}},
		},
		{
			mutation: "archiveFormalAnswer", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("felsvar", nil) },
			ask:   "formalAnswer { version archivedAt gaps { totalCount } }",
			want:  apitest.Vars{"formalAnswer": apitest.Vars{"version": 2., "archivedAt": "2026-03-16T11:00:00Z", "gaps": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "createFinding", as: director, keep: "iakttagelse",
			input: func(_ *world, m made) apitest.Vars {
				return apitest.Vars{"audit": m.id["granskning"], "code": "F11", "section": "4.6", "textSv": "Ingen strategi för e-tjänster", "verdict": "DEFICIENT", "severity": "HIGH"}
			},
			ask: "finding { id version code section text { sv } verdict severity recurrenceOf { id } gaps { nodes { rule { code } } } }",
			want: apitest.Vars{"finding": apitest.Vars{
				"version": 1., "code": "F11", "section": "4.6", "text": apitest.Vars{"sv": "Ingen strategi för e-tjänster"}, "verdict": "DEFICIENT", "severity": "HIGH", "recurrenceOf": nil,
				"gaps": apitest.Vars{"nodes": []any{apitest.Vars{"rule": apitest.Vars{"code": "FINDING_NO_ACTION"}}}},
			}},
		},
		{
			mutation: "updateFinding", as: director, keep: "iakttagelse",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("iakttagelse", apitest.Vars{"section": nil, "verdict": "MOSTLY_OK"})
			},
			ask:  "finding { id version section verdict gaps { totalCount } }",
			want: apitest.Vars{"finding": apitest.Vars{"version": 2., "section": nil, "verdict": "MOSTLY_OK", "gaps": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "archiveFinding", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("iakttagelse", nil) },
			ask:   "finding { version archivedAt audit { findings { totalCount } } }",
			want:  apitest.Vars{"finding": apitest.Vars{"version": 3., "archivedAt": "2026-03-16T11:00:00Z", "audit": apitest.Vars{"findings": apitest.Vars{"totalCount": 0.}}}},
		},
		{
			mutation: "archiveAudit", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("granskning", apitest.Vars{"comment": "Dubblett"}) },
			ask:   "audit { version archivedAt }",
			want:  apitest.Vars{"audit": apitest.Vars{"version": 3., "archivedAt": "2026-03-16T11:00:00Z"}},
		},
	}
}

// documentAttempts are inputs that whoever may write is refused for another reason.
func documentAttempts(_ *world, id map[string]string) map[string]attempt {
	stale := func(of string, more apitest.Vars) attempt {
		return attempt{with(apitest.Vars{"id": id[of], "expectedVersion": 99}, more), "CONFLICT"}
	}
	return map[string]attempt{
		"createGoverningDocument":     {apitest.Vars{"municipality": home, "titleSv": " ", "kind": "PLAN"}, "INVALID"},
		"updateGoverningDocument":     stale("document", nil),
		"transitionGoverningDocument": stale("document", apitest.Vars{"to": "REVOKED"}),
		"archiveGoverningDocument":    stale("document", nil),
		"createAudit":                 {apitest.Vars{"municipality": home, "titleSv": " ", "year": 2017}, "INVALID"},
		"updateAudit":                 stale("audit", nil),
		"archiveAudit":                stale("audit", nil),
		"createAuditQuestion":         {apitest.Vars{"audit": id["audit"], "textSv": " "}, "INVALID"},
		"updateAuditQuestion":         stale("question", nil),
		"archiveAuditQuestion":        stale("question", nil),
		"createFinding":               {apitest.Vars{"audit": id["audit"], "code": "F1", "textSv": " ", "verdict": "OK", "severity": "LOW"}, "INVALID"},
		"updateFinding":               stale("finding", nil),
		"archiveFinding":              stale("finding", nil),
		"createFormalAnswer":          {apitest.Vars{"audit": id["audit"], "titleSv": " ", "dueOn": "2026-03-23"}, "INVALID"},
		"updateFormalAnswer":          stale("answer", nil),
		"transitionFormalAnswer":      stale("answer", apitest.Vars{"to": "SENT"}),
		"archiveFormalAnswer":         stale("answer", nil),
	}
}

// decideAnswer takes an answer to where others may see it.
func (w *world) decideAnswer(id string) {
	w.t.Helper()
	for i, to := range []string{"DRAFT", "IN_REVIEW", "DECIDED"} {
		input := apitest.Vars{"id": id, "expectedVersion": i + 1, "to": to}
		if to == "DECIDED" {
			input["decision"] = w.taken("Svar")
		}
		w.do(w.director(), "transitionFormalAnswer", input)
	}
}

// documentTargets makes what the attempts are made on.
func (w *world) documentTargets(id map[string]string) {
	id["document"], _ = w.do(w.director(), "createGoverningDocument", with(asFound, apitest.Vars{"municipality": home, "titleSv": "Strategi", "kind": "STRATEGY"}))
	id["audit"], _ = w.do(w.director(), "createAudit", apitest.Vars{"municipality": home, "titleSv": "Granskning", "year": 2017})
	id["question"], _ = w.do(w.director(), "createAuditQuestion", apitest.Vars{"audit": id["audit"], "textSv": "Hur?"})
	id["finding"], _ = w.do(w.director(), "createFinding", apitest.Vars{"audit": id["audit"], "code": "F11", "textSv": "Brist", "verdict": "DEFICIENT", "severity": "HIGH"})
	id["answer"], _ = w.do(w.director(), "createFormalAnswer", apitest.Vars{"audit": id["audit"], "titleSv": "Svar", "dueOn": "2026-03-23", "textSv": "Svar"})
	w.decideAnswer(id["answer"])
}

// marked registers a record with a secret in each text of its input, and says who sees it.
func (n *nest) marked(mutation, input, kind, what string, more apitest.Vars, sees func(viewer) bool) secret {
	n.t.Helper()
	s := secret{mark: n.mark(), kind: kind, what: what, sees: sees}
	values, texts := filled(n.t, input, s.mark)
	for name := range more { // what is given stands
		if text, is := values[name].(string); is {
			for i, t := range texts {
				if t == text {
					texts = append(texts[:i:i], texts[i+1:]...)
					break
				}
			}
		}
	}
	s.texts = texts
	s.id, _ = n.do(n.director(), mutation, with(values, more))
	n.add(s)
	return s
}

// documents has a secret in each text of these records.
func (n *nest) documents() {
	for _, visibility := range []string{"PUBLIC", "COLLABORATION", "MUNICIPALITY"} {
		for _, archived := range []bool{false, true} {
			if archived && visibility == "COLLABORATION" {
				continue // what is archived is nobody else's, however it was shown
			}
			state := visibility
			if archived {
				state += ", archived"
			}
			shown := shownTo(visibility, true, archived)
			held := n.marked("createGoverningDocument", "CreateGoverningDocumentInput", "governing_document", state+" document",
				apitest.Vars{"municipality": home, "kind": "PLAN", "status": "ADOPTED", "decidedOn": "2020-03-02", "visibility": visibility}, shown)
			n.marked("createGoverningDocument", "CreateGoverningDocumentInput", "governing_document", "draft of a "+state+" document",
				apitest.Vars{"municipality": home, "kind": "PLAN", "status": "DRAFT", "visibility": visibility, "supersedes": held.id}, own)
			of := n.marked("createAudit", "CreateAuditInput", "audit", state+" audit", apitest.Vars{"municipality": home, "year": 2017, "visibility": visibility}, shown)
			code := fmt.Sprintf("F-%d", len(n.secrets))
			first := n.marked("createFinding", "CreateFindingInput", "finding", "finding of a "+state+" audit",
				apitest.Vars{"audit": of.id, "code": code, "verdict": "DEFICIENT", "severity": "HIGH"}, shown)
			later, _ := n.do(n.director(), "createAudit", apitest.Vars{"municipality": home, "titleSv": "Uppföljning", "year": 2018, "follows": of.id})
			n.do(n.director(), "createFinding", apitest.Vars{"audit": later, "code": code, "textSv": "Åter", "verdict": "DEFICIENT", "severity": "LOW", "recurrenceOf": first.id})
			written := n.marked("createFormalAnswer", "CreateFormalAnswerInput", "formal_answer", "answer being written to a "+state+" audit", apitest.Vars{"audit": of.id, "dueOn": "2026-03-23"}, own)
			decided := n.marked("createFormalAnswer", "CreateFormalAnswerInput", "formal_answer", "decided answer to a "+state+" audit", apitest.Vars{"audit": of.id, "dueOn": "2026-03-23"}, shown)
			n.decideAnswer(decided.id)
			for _, by := range []string{written.id, decided.id} {
				n.marked("createAuditQuestion", "CreateAuditQuestionInput", "audit_question", "question of a "+state+" audit", apitest.Vars{"audit": of.id, "formalAnswer": by}, shown)
			}
			if archived {
				n.do(n.director(), "archiveGoverningDocument", apitest.Vars{"id": held.id, "expectedVersion": 1})
				n.do(n.director(), "archiveAudit", apitest.Vars{"id": of.id, "expectedVersion": 1})
			}
		}
	}
}

// documents has records in every list of these, with equal names and days among them.
func (c *catalogue) documents() {
	for i, title := range []string{"Plan", "Ökad tillit", "Plan", "Åtgärder", "Ärenden", "Plan"} {
		id, _ := c.do(c.director(), "createGoverningDocument", with(asFound, apitest.Vars{
			"municipality": home, "titleSv": title, "kind": "STRATEGY", "decidedOn": []string{"2020-03-02", "2021-03-02"}[i%2], "reviewMonths": []any{nil, 12, 12}[i%3],
		}))
		c.of["GoverningDocument"] = id
	}
	for i := range 5 {
		c.do(c.director(), "createGoverningDocument", apitest.Vars{"municipality": home, "titleSv": []string{"Ny plan", "Åter en plan"}[i%2], "kind": "STRATEGY", "supersedes": c.of["GoverningDocument"]})
	}
	for i := range 3 {
		c.do(c.director(), "updateGoverningDocument", apitest.Vars{"id": c.of["GoverningDocument"], "expectedVersion": i + 1, "edition": fmt.Sprint(i)})
	}
	audits := make([]string, 6)
	for i := range audits {
		input := apitest.Vars{"municipality": home, "titleSv": []string{"Granskning", "Återblick"}[i%2], "year": 2012 + i/2, "publishedOn": []any{nil, "2013-03-02", "2013-03-02"}[i%3]}
		if i > 0 {
			input["follows"] = audits[0]
		}
		audits[i], _ = c.do(c.director(), "createAudit", input)
	}
	c.of["Audit"] = audits[0]
	c.do(c.director(), "updateAudit", apitest.Vars{"id": c.of["Audit"], "expectedVersion": 1, "url": "https://example.se/granskning"})
	for i := range 5 {
		id, _ := c.do(c.director(), "createFormalAnswer", apitest.Vars{"audit": c.of["Audit"], "titleSv": []string{"Svar", "Återsvar"}[i%2], "dueOn": []string{"2026-03-23", "2026-02-02"}[i%2]})
		if i == 0 {
			c.of["FormalAnswer"] = id
		}
	}
	c.do(c.director(), "transitionFormalAnswer", apitest.Vars{"id": c.of["FormalAnswer"], "expectedVersion": 1, "to": "DRAFT"})
	for i := range 5 {
		c.of["AuditQuestion"], _ = c.do(c.director(), "createAuditQuestion", apitest.Vars{"audit": c.of["Audit"], "textSv": "Hur?", "formalAnswer": c.of["FormalAnswer"]})
		finding := apitest.Vars{"audit": c.of["Audit"], "code": fmt.Sprintf("F%d", i), "textSv": "Brist", "verdict": []string{"OK", "DEFICIENT"}[i%2], "severity": []string{"LOW", "HIGH"}[i%2]}
		id, _ := c.do(c.director(), "createFinding", finding)
		if i == 1 {
			c.of["Finding"] = id
		}
	}
	c.do(c.director(), "updateAuditQuestion", apitest.Vars{"id": c.of["AuditQuestion"], "expectedVersion": 1, "textEn": "How?"})
	c.do(c.director(), "updateFinding", apitest.Vars{"id": c.of["Finding"], "expectedVersion": 1, "section": "4.6"})
	for i := range 5 {
		c.do(c.director(), "createFinding", apitest.Vars{"audit": audits[1+i], "code": fmt.Sprintf("A%d", i%2), "textSv": "Åter", "verdict": "PARTIAL", "severity": "MEDIUM", "recurrenceOf": c.of["Finding"]})
	}
}

// documentScarce are lists that the rules keep shorter than the others.
var documentScarce = map[string]int{
	"GoverningDocument.gaps": 2, "GoverningDocument.history": 4, "Audit.history": 2, "AuditQuestion.history": 2,
	"Finding.gaps": 1, "Finding.history": 2, "FormalAnswer.gaps": 1, "FormalAnswer.history": 2,
}

// documentCodes are the enums of these records.
func documentCodes() map[string]places {
	return map[string]places{
		"GoverningDocumentKind":   {texts(document.Kinds()), []string{"governing_document_kind"}},
		"GoverningDocumentStatus": {texts(document.Statuses()), []string{"governing_document_status"}},
		"FindingVerdict":          {texts(audit.Verdicts()), []string{"finding_verdict"}},
		"FindingSeverity":         {texts(audit.Severities()), []string{"finding_severity"}},
		"FormalAnswerStatus":      {texts(audit.AnswerStatuses()), []string{"formal_answer_status"}},
	}
}

// documentFacets name, for each list, the condition of the filter that takes each facet's values.
var documentFacets = map[string]map[string]string{
	"documents": {
		"MUNICIPALITY": `municipalities: ["%s"]`, "KIND": "kinds: [%s]", "STATUS": "statuses: [%s]", "OWNER_UNIT": `ownerUnits: ["%s"]`, "VISIBILITY": "visibilities: [%s]",
	},
	"strategies": {
		"MUNICIPALITY": `municipalities: ["%s"]`, "KIND": "kinds: [%s]", "STATUS": "statuses: [%s]", "OWNER_UNIT": `ownerUnits: ["%s"]`, "VISIBILITY": "visibilities: [%s]",
	},
	"audits":   {"MUNICIPALITY": `municipalities: ["%s"]`, "YEAR": "years: [%s]"},
	"findings": {"MUNICIPALITY": `municipalities: ["%s"]`, "AUDIT": `audits: ["%s"]`, "VERDICT": "verdicts: [%s]", "SEVERITY": "severities: [%s]", "RECURRING": "recurring: %s"},
	"formalAnswers": {
		"MUNICIPALITY": `municipalities: ["%s"]`, "AUDIT": `audits: ["%s"]`, "STATUS": "statuses: [%s]", "LATE": "late: %s",
	},
}

// documentsOfEveryKind registers records that differ in every field that is counted by.
func (w *world) documentsOfEveryKind() {
	w.t.Helper()
	system, some, day := apitest.System(w.t), "Granskningen", date.Of(w.Clock.Now())
	visibilities := []eservice.Visibility{eservice.Public, eservice.Collaboration, eservice.Municipality}
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	for i, kind := range append(document.Kinds(), document.Strategy, document.Strategy) {
		code := []string{home, partner, outside}[i%3]
		d := document.GoverningDocument{
			MunicipalityID: w.municipalities[code].ID, TitleSv: "Dokument", Kind: kind, Status: document.Statuses()[i%6], DecidedOn: &day, FoundSource: &some, FoundReason: &some, Visibility: visibilities[i%3],
		}
		if i%2 == 0 {
			d.OwnerUnitID = &w.units[code].ID
		}
		_, err := w.Services.Documents.Create(system, d)
		must(err)
	}
	for i, code := range []string{home, partner, home} {
		of, err := w.Services.Audits.CreateAudit(system, audit.Audit{MunicipalityID: w.municipalities[code].ID, TitleSv: "Granskning", Year: 2016 + i%2})
		must(err)
		var first *audit.Finding
		for n, verdict := range audit.Verdicts() {
			f := audit.Finding{AuditID: of.ID, Code: fmt.Sprintf("F%d", n), TextSv: "Brist", Verdict: verdict, Severity: audit.Severities()[n%3]}
			found, err := w.Services.Audits.CreateFinding(system, f)
			must(err)
			if n == 0 {
				first = found
			}
		}
		again, err := w.Services.Audits.CreateAudit(system, audit.Audit{MunicipalityID: w.municipalities[code].ID, TitleSv: "Uppföljning", Year: 2018})
		must(err)
		_, err = w.Services.Audits.CreateFinding(system, audit.Finding{AuditID: again.ID, Code: "F1", TextSv: "Åter", Verdict: audit.Partial, Severity: audit.High, RecurrenceOfID: &first.ID})
		must(err)
		for n, status := range []audit.AnswerStatus{audit.NotStarted, audit.Drafted, audit.InReview} {
			_, err := w.Services.Audits.CreateAnswer(system, audit.FormalAnswer{AuditID: of.ID, TitleSv: "Svar", TextSv: &some, Status: status, DueOn: day.AddDays(n - 1)})
			must(err)
		}
	}
}
