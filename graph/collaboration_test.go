package graph_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/gid"
	"fardplan/internal/organisation"
)

// authorises registers a decision of a municipality's board, taken on the first of March.
func (w *world) authorises(code string, set ...func(*decision.Decision)) string {
	w.t.Helper()
	m := w.municipalities[code]
	day := date.New(2026, 3, 1)
	board := w.Unit(w.t, m, fmt.Sprintf("Nämnden %s", uuid.New()), func(u *organisation.Unit) { u.Type = organisation.ExecutiveBoard })
	d := decision.Decision{MunicipalityID: m.ID, BodyUnitID: board.ID, TitleSv: "Beslut om deltagande", Type: "BOARD", MeetingDate: &day, Visibility: "PUBLIC"}
	for _, s := range set {
		s(&d)
	}
	made, err := w.Services.Decisions.Create(apitest.System(w.t), d)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(made.NodeID())
}

// collaborationSteps has an example of every mutation of these records.
func collaborationSteps() []step {
	admin := func(w *world) *apitest.Client { return w.admin() }
	director := func(w *world) *apitest.Client { return w.director() }
	lead := func(w *world) *apitest.Client { return w.as(home, access.ProjectEditor) }
	editor := func(w *world) *apitest.Client { return w.editor() }
	theirs := func(w *world) *apitest.Client { return w.as(partner, access.Director) }
	given := func(input apitest.Vars) func(*world, made) apitest.Vars {
		return func(*world, made) apitest.Vars { return input }
	}
	on := func(name string, more apitest.Vars) func(*world, made) apitest.Vars {
		return func(_ *world, m made) apitest.Vars { return m.of(name, more) }
	}
	of := func(field, name string, more apitest.Vars) func(*world, made) apitest.Vars {
		return func(_ *world, m made) apitest.Vars { return with(apitest.Vars{field: m.id[name]}, more) }
	}
	named := func(sv string) apitest.Vars { return apitest.Vars{"sv": sv} }
	return []step{
		{
			mutation: "createCollaboration", as: admin, keep: "samverkan",
			input: given(apitest.Vars{"municipality": home, "nameSv": "Östsam", "purposeSv": "E-tjänster tillsammans"}),
			ask:   "collaboration { id version name { sv } purpose { sv } municipality { scbCode } members { totalCount } }",
			want:  apitest.Vars{"collaboration": apitest.Vars{"version": 1., "name": named("Östsam"), "purpose": named("E-tjänster tillsammans"), "municipality": apitest.Vars{"scbCode": home}, "members": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "updateCollaboration", as: director, keep: "samverkan", input: on("samverkan", apitest.Vars{"url": "https://example.se/ostsam"}),
			ask:  "collaboration { id version url }",
			want: apitest.Vars{"collaboration": apitest.Vars{"version": 2., "url": "https://example.se/ostsam"}},
		},
		{
			mutation: "addCollaborationMember", as: director, keep: "medlem", input: of("collaboration", "samverkan", apitest.Vars{"municipality": outside, "validFrom": "2026-01-01", "source": "KS 2026/3"}),
			ask:  "member { id version municipality { scbCode } validFrom validTo source collaboration { members { totalCount } } }",
			want: apitest.Vars{"member": apitest.Vars{"version": 1., "municipality": apitest.Vars{"scbCode": outside}, "validFrom": "2026-01-01", "validTo": nil, "source": "KS 2026/3", "collaboration": apitest.Vars{"members": apitest.Vars{"totalCount": 1.}}}},
		},
		{
			mutation: "endCollaborationMember", as: director, keep: "medlem", input: on("medlem", apitest.Vars{"validTo": "2026-12-31", "comment": "Utträde"}),
			ask:  "member { id version validTo history(first: 1) { nodes { change { comment } } } }",
			want: apitest.Vars{"member": apitest.Vars{"version": 2., "validTo": "2026-12-31", "history": apitest.Vars{"nodes": []any{apitest.Vars{"change": apitest.Vars{"comment": nil}}}}}},
		},
		{
			mutation: "createAgreement", as: director, keep: "avtal",
			input: of("collaboration", "samverkan", apitest.Vars{"municipality": home, "titleSv": "Samverkansavtal", "legalForm": "CONTRACT_KL_9_37", "signedOn": "2026-01-15", "validFrom": "2026-02-01", "validTo": "2027-01-31", "visibility": "PUBLIC"}),
			ask:   "agreement { id version title { sv } legalForm state collaboration { name { sv } } parties { nodes { municipality { scbCode } } } }",
			want: apitest.Vars{"agreement": apitest.Vars{
				"version": 1., "title": named("Samverkansavtal"), "legalForm": "CONTRACT_KL_9_37", "state": "IN_FORCE", "collaboration": apitest.Vars{"name": named("Östsam")},
				"parties": apitest.Vars{"nodes": []any{apitest.Vars{"municipality": apitest.Vars{"scbCode": home}}}},
			}},
		},
		{
			mutation: "updateAgreement", as: director, keep: "avtal", input: on("avtal", apitest.Vars{"noticeGivenOn": "2026-03-01", "tasksSv": "Drift av e-tjänster"}),
			ask:  "agreement { id version state tasks { sv } }",
			want: apitest.Vars{"agreement": apitest.Vars{"version": 2., "state": "NOTICE_GIVEN", "tasks": named("Drift av e-tjänster")}},
		},
		{
			mutation: "addAgreementParty", as: director, keep: "part", input: of("agreement", "avtal", apitest.Vars{"municipality": partner}),
			ask:  "party { id version municipality { scbCode } signedBy agreement { parties { totalCount } } }",
			want: apitest.Vars{"party": apitest.Vars{"version": 1., "municipality": apitest.Vars{"scbCode": partner}, "signedBy": nil, "agreement": apitest.Vars{"parties": apitest.Vars{"totalCount": 2.}}}},
		},
		{
			mutation: "updateAgreementParty", as: theirs, keep: "part", input: on("part", apitest.Vars{"signedBy": "kommundirektör", "signedOn": "2026-01-15", "diaryNumber": "KS-12/2026"}),
			ask:  "party { id version signedBy signedOn diaryNumber }",
			want: apitest.Vars{"party": apitest.Vars{"version": 2., "signedBy": "kommundirektör", "signedOn": "2026-01-15", "diaryNumber": "KS-12/2026"}},
		},
		{
			mutation: "addAgreementFollowUp", as: theirs, keep: "uppföljning", input: of("agreement", "avtal", apitest.Vars{"municipality": partner, "kind": "REPORT_KL_9_38", "heldOn": "2026-02-20", "year": 2025}),
			ask:  "followUp { id version kind heldOn year municipality { scbCode } }",
			want: apitest.Vars{"followUp": apitest.Vars{"version": 1., "kind": "REPORT_KL_9_38", "heldOn": "2026-02-20", "year": 2025., "municipality": apitest.Vars{"scbCode": partner}}},
		},
		{
			mutation: "updateAgreementFollowUp", as: theirs, keep: "uppföljning", input: on("uppföljning", apitest.Vars{"textSv": "Fungerar väl"}),
			ask:  "followUp { id version text { sv } agreement { followUps { totalCount } } }",
			want: apitest.Vars{"followUp": apitest.Vars{"version": 2., "text": named("Fungerar väl"), "agreement": apitest.Vars{"followUps": apitest.Vars{"totalCount": 1.}}}},
		},
		{
			mutation: "archiveAgreementFollowUp", as: theirs, input: on("uppföljning", apitest.Vars{"comment": "Fel avtal"}),
			ask: "followUp { version agreement { followUps { totalCount } } history(first: 1) { nodes { change { operation comment } } } }",
			want: apitest.Vars{"followUp": apitest.Vars{"version": 3., "agreement": apitest.Vars{"followUps": apitest.Vars{"totalCount": 0.}},
				"history": apitest.Vars{"nodes": []any{apitest.Vars{"change": apitest.Vars{"operation": "archiveAgreementFollowUp", "comment": "Fel avtal"}}}}}},
		},
		{
			mutation: "archiveAgreementParty", as: director,
			input: func(w *world, m made) apitest.Vars {
				id, version := w.do(w.director(), "addAgreementParty", apitest.Vars{"agreement": m.id["avtal"], "municipality": outside})
				return apitest.Vars{"id": id, "expectedVersion": version, "comment": "Fel kommun"}
			},
			ask:  "party { version agreement { parties { totalCount } } }",
			want: apitest.Vars{"party": apitest.Vars{"version": 2., "agreement": apitest.Vars{"parties": apitest.Vars{"totalCount": 2.}}}},
		},
		{
			mutation: "createSharedProject", as: lead, keep: "projekt",
			input: of("agreement", "avtal", apitest.Vars{"municipality": home, "code": "bygglov-2", "nameSv": "Nytt bygglov", "budget": 250000.5, "costKey": "INHABITANTS", "deliverables": []string{"E-tjänst"}, "visibility": "PUBLIC", "plannedEnd": "2026-12-31"}),
			ask:   "sharedProject { id version code name { sv } phase status health budget costKey deliverables agreement { title { sv } } participations { nodes { role state municipality { scbCode } proposedBy { id } } } }",
			want: apitest.Vars{"sharedProject": apitest.Vars{
				"version": 1., "code": "bygglov-2", "name": named("Nytt bygglov"), "phase": "IDEA", "status": "NOT_STARTED", "health": "UNKNOWN", "budget": 250000.5, "costKey": "INHABITANTS", "deliverables": []any{"E-tjänst"},
				"agreement":      apitest.Vars{"title": named("Samverkansavtal")},
				"participations": apitest.Vars{"nodes": []any{apitest.Vars{"role": "HOST", "state": "DECISION_PENDING", "municipality": apitest.Vars{"scbCode": home}, "proposedBy": nil}}},
			}},
		},
		{
			mutation: "updateSharedProject", as: lead, keep: "projekt", input: on("projekt", apitest.Vars{"status": "ACTIVE", "health": "AMBER", "healthCommentSv": "Sent ute", "openToJoin": true, "joinTermsSv": "Delad kostnad"}),
			ask:  "sharedProject { id version status health healthComment { sv } openToJoin joinTerms { sv } }",
			want: apitest.Vars{"sharedProject": apitest.Vars{"version": 2., "status": "ACTIVE", "health": "AMBER", "healthComment": named("Sent ute"), "openToJoin": true, "joinTerms": named("Delad kostnad")}},
		},
		{
			mutation: "setSharedProjectPhase", as: director, keep: "projekt", input: on("projekt", apitest.Vars{"phase": "DEVELOPMENT", "comment": "Förstudien fanns redan"}),
			ask:  "sharedProject { id version phase baselineEnd }",
			want: apitest.Vars{"sharedProject": apitest.Vars{"version": 3., "phase": "DEVELOPMENT", "baselineEnd": "2026-12-31"}},
		},
		{
			mutation: "proposeParticipation", as: lead, keep: "deltagande", input: of("sharedProject", "projekt", apitest.Vars{"municipality": partner, "role": "FULL_MEMBER", "costSharePercent": 40}),
			ask:  "participation { id version role state costSharePercent proposedBy { scbCode } sharedProject { code } }",
			want: apitest.Vars{"participation": apitest.Vars{"version": 1., "role": "FULL_MEMBER", "state": "INVITED", "costSharePercent": 40., "proposedBy": apitest.Vars{"scbCode": home}, "sharedProject": apitest.Vars{"code": "bygglov-2"}}},
		},
		{
			mutation: "setParticipationTerms", as: lead, keep: "deltagande", input: on("deltagande", apitest.Vars{"role": "PILOT", "costSharePercent": nil, "costShareAmount": 10000}),
			ask:  "participation { id version role costSharePercent costShareAmount }",
			want: apitest.Vars{"participation": apitest.Vars{"version": 2., "role": "PILOT", "costSharePercent": nil, "costShareAmount": 10000.}},
		},
		{
			mutation: "archiveParticipation", as: lead,
			input: func(w *world, m made) apitest.Vars {
				id, version := w.do(w.director(), "proposeParticipation", apitest.Vars{"sharedProject": m.id["projekt"], "municipality": outside, "role": "PILOT"})
				return apitest.Vars{"id": id, "expectedVersion": version, "comment": "Fel kommun"}
			},
			ask:  "participation { version sharedProject { participations { totalCount } } }",
			want: apitest.Vars{"participation": apitest.Vars{"version": 2., "sharedProject": apitest.Vars{"participations": apitest.Vars{"totalCount": 2.}}}},
		},
		{
			mutation: "updateParticipation", as: theirs, keep: "deltagande", input: on("deltagande", apitest.Vars{"contactFunction": "utvecklingsledare", "localLaunch": "2027-01-01"}),
			ask:  "participation { id version contactFunction localLaunch }",
			want: apitest.Vars{"participation": apitest.Vars{"version": 3., "contactFunction": "utvecklingsledare", "localLaunch": "2027-01-01"}},
		},
		{
			mutation: "answerParticipation", as: theirs, keep: "deltagande", input: on("deltagande", apitest.Vars{"state": "DECISION_PENDING"}),
			ask:  "participation { id version state confirmedOn }",
			want: apitest.Vars{"participation": apitest.Vars{"version": 4., "state": "DECISION_PENDING", "confirmedOn": nil}},
		},
		{
			mutation: "confirmParticipation", as: theirs, keep: "deltagande",
			input: func(w *world, m made) apitest.Vars {
				return m.of("deltagande", apitest.Vars{"decision": w.authorises(partner)})
			},
			ask:  "participation { id version state confirmedOn }",
			want: apitest.Vars{"participation": apitest.Vars{"version": 5., "state": "CONFIRMED", "confirmedOn": "2026-03-16"}},
		},
		{
			mutation: "joinSharedProject", as: func(w *world) *apitest.Client { return w.as(outside, access.ProjectEditor) }, input: of("sharedProject", "projekt", apitest.Vars{"municipality": outside, "role": "ADOPTER"}),
			ask:  "participation { version role state proposedBy { id } }",
			want: apitest.Vars{"participation": apitest.Vars{"version": 1., "role": "ADOPTER", "state": "INTERESTED", "proposedBy": nil}},
		},
		{
			mutation: "archiveSharedProject", as: director, input: on("projekt", apitest.Vars{"comment": "Dubblett"}),
			ask:  "sharedProject { version archivedAt }",
			want: apitest.Vars{"sharedProject": apitest.Vars{"version": 4., "archivedAt": "2026-03-16T11:00:00Z"}},
		},
		{
			mutation: "createSharedProject", as: lead, keep: "pågående",
			input: given(apitest.Vars{"municipality": home, "code": "skolskjuts", "nameSv": "Skolskjuts", "phase": "OPERATION", "foundSource": "Granskningen 2017", "foundReason": "I drift"}),
			ask:   "sharedProject { id version phase foundSource participations { nodes { state foundReason } } }",
			want:  apitest.Vars{"sharedProject": apitest.Vars{"version": 1., "phase": "OPERATION", "foundSource": "Granskningen 2017", "participations": apitest.Vars{"nodes": []any{apitest.Vars{"state": "ACTIVE", "foundReason": "I drift"}}}}},
		},
		{
			mutation: "registerParticipation", as: theirs, input: of("sharedProject", "pågående", apitest.Vars{"municipality": partner, "role": "FULL_MEMBER", "state": "ACTIVE", "foundSource": "Granskningen 2017", "foundReason": "Deltar utan beslut"}),
			ask:  "participation { version state foundSource foundReason }",
			want: apitest.Vars{"participation": apitest.Vars{"version": 1., "state": "ACTIVE", "foundSource": "Granskningen 2017", "foundReason": "Deltar utan beslut"}},
		},
		{
			mutation: "archiveAgreement", as: director, input: on("avtal", apitest.Vars{"comment": "Fel kommun"}),
			ask:  "agreement { version archivedAt }",
			want: apitest.Vars{"agreement": apitest.Vars{"version": 3., "archivedAt": "2026-03-16T11:00:00Z"}},
		},
		{
			mutation: "createServiceOffer", as: editor, keep: "erbjudande",
			input: func(w *world, m made) apitest.Vars {
				m.id["erbjuden"], _ = w.do(w.editor(), "createSharedService", apitest.Vars{"municipality": home, "code": "erbjuden", "nameSv": "Flyttanmälan"})
				return apitest.Vars{"municipality": home, "sharedService": m.id["erbjuden"], "termsSv": "Fri att använda", "validFrom": "2026-01-01"}
			},
			ask:  "serviceOffer { id version terms { sv } sharedService { code } validFrom validTo visibility }",
			want: apitest.Vars{"serviceOffer": apitest.Vars{"version": 1., "terms": named("Fri att använda"), "sharedService": apitest.Vars{"code": "erbjuden"}, "validFrom": "2026-01-01", "validTo": nil, "visibility": "COLLABORATION"}},
		},
		{
			mutation: "updateServiceOffer", as: editor, keep: "erbjudande", input: on("erbjudande", apitest.Vars{"contactFunction": "systemförvaltare", "validTo": "2026-12-31"}),
			ask:  "serviceOffer { id version contactFunction validTo }",
			want: apitest.Vars{"serviceOffer": apitest.Vars{"version": 2., "contactFunction": "systemförvaltare", "validTo": "2026-12-31"}},
		},
		{
			mutation: "answerServiceOffer", as: theirs, keep: "svar", input: of("serviceOffer", "erbjudande", apitest.Vars{"municipality": partner, "answer": "INTERESTED"}),
			ask:  "answer { id version answer eService { id } steps { totalCount } }",
			want: apitest.Vars{"answer": apitest.Vars{"version": 1., "answer": "INTERESTED", "eService": nil, "steps": apitest.Vars{"totalCount": 0.}}},
		},
		{
			mutation: "changeOfferAnswer", as: theirs, keep: "svar",
			input: func(w *world, m made) apitest.Vars {
				return m.of("svar", apitest.Vars{"answer": "ADOPT", "ownerUnit": w.units[partner].NodeID()})
			},
			ask: "answer { id version answer eService { name { sv } status ownerUnit { municipality { scbCode } } } steps { nodes { kind doneOn } } }",
			want: apitest.Vars{"answer": apitest.Vars{
				"version": 2., "answer": "ADOPT", "eService": apitest.Vars{"name": named("Flyttanmälan"), "status": "PLANNED", "ownerUnit": apitest.Vars{"municipality": apitest.Vars{"scbCode": partner}}},
				"steps": apitest.Vars{"nodes": []any{
					apitest.Vars{"kind": "DECISION", "doneOn": nil}, apitest.Vars{"kind": "AGREEMENT", "doneOn": nil}, apitest.Vars{"kind": "CLASSIFICATION", "doneOn": nil},
					apitest.Vars{"kind": "OWNER", "doneOn": "2026-03-16"}, apitest.Vars{"kind": "LAUNCH_DATE", "doneOn": nil},
				}},
			}},
		},
		{
			mutation: "updateAdoptionStep", as: theirs,
			input: func(w *world, m made) apitest.Vars {
				answer := theirs(w).Must(w.t, `query($id: ID!) { node(id: $id) { ... on OfferAnswer { steps(first: 1) { nodes { id } } } } }`, apitest.Vars{"id": m.id["svar"]})
				return apitest.Vars{"id": answer.At("node.steps.nodes.0.id"), "expectedVersion": 1, "doneOn": "2026-03-10", "note": "KS § 12"}
			},
			ask:  "step { version kind doneOn note offerAnswer { answer } }",
			want: apitest.Vars{"step": apitest.Vars{"version": 2., "kind": "DECISION", "doneOn": "2026-03-10", "note": "KS § 12", "offerAnswer": apitest.Vars{"answer": "ADOPT"}}},
		},
		{
			mutation: "archiveServiceOffer", as: editor, input: on("erbjudande", apitest.Vars{"comment": "Ersätts"}),
			ask:  "serviceOffer { version archivedAt }",
			want: apitest.Vars{"serviceOffer": apitest.Vars{"version": 3., "archivedAt": "2026-03-16T11:00:00Z"}},
		},
	}
}

// collaborationAttempts are inputs that whoever may write is refused for another reason.
func collaborationAttempts(w *world, id map[string]string) map[string]attempt {
	stale := func(of string, more apitest.Vars) attempt {
		return attempt{with(apitest.Vars{"id": id[of], "expectedVersion": 99}, more), "CONFLICT"}
	}
	return map[string]attempt{
		"createCollaboration":      {apitest.Vars{"municipality": home, "nameSv": " "}, "INVALID"},
		"updateCollaboration":      stale("collaboration", nil),
		"addCollaborationMember":   {apitest.Vars{"collaboration": id["collaboration"], "municipality": outside, "validFrom": "2026-01-01", "source": " "}, "INVALID"},
		"endCollaborationMember":   stale("member", apitest.Vars{"validTo": "2026-12-31"}),
		"createAgreement":          {apitest.Vars{"municipality": home, "titleSv": " ", "legalForm": "UNCLEAR"}, "INVALID"},
		"updateAgreement":          stale("agreement", nil),
		"archiveAgreement":         stale("agreement", nil),
		"addAgreementParty":        {apitest.Vars{"agreement": id["agreement"], "municipality": home}, "INVALID"},
		"updateAgreementParty":     stale("party", nil),
		"addAgreementFollowUp":     {apitest.Vars{"agreement": id["agreement"], "municipality": home, "kind": "FOLLOW_UP", "heldOn": "2026-01-01", "year": 1}, "INVALID"},
		"updateAgreementFollowUp":  stale("followUp", nil),
		"archiveAgreementParty":    stale("party", nil),
		"archiveAgreementFollowUp": stale("followUp", nil),
		"archiveParticipation":     stale("participation", nil),
		"createSharedProject":      {apitest.Vars{"municipality": home, "code": "kod", "nameSv": " "}, "INVALID"},
		"updateSharedProject":      stale("sharedProject", nil),
		"setSharedProjectPhase":    stale("sharedProject", apitest.Vars{"phase": "PRESTUDY"}),
		"archiveSharedProject":     stale("sharedProject", nil),
		"proposeParticipation":     {apitest.Vars{"sharedProject": id["sharedProject"], "municipality": partner, "role": "HOST"}, "INVALID"},
		"setParticipationTerms":    stale("participation", nil),
		"joinSharedProject":        {apitest.Vars{"sharedProject": id["sharedProject"], "municipality": home, "role": "PILOT"}, "INVALID"},
		"registerParticipation":    {apitest.Vars{"sharedProject": id["sharedProject"], "municipality": home, "role": "PILOT", "state": "ACTIVE", "foundSource": "Prov", "foundReason": "Prov"}, "INVALID"},
		"answerParticipation":      stale("participation", apitest.Vars{"state": "DECLINED"}),
		"confirmParticipation":     stale("participation", apitest.Vars{"decision": gid.New("decision", uuid.Nil)}),
		"updateParticipation":      stale("participation", nil),
		"createServiceOffer":       {apitest.Vars{"municipality": home, "sharedService": id["sharedService"], "termsSv": " ", "validFrom": "2026-01-01"}, "INVALID"},
		"updateServiceOffer":       stale("serviceOffer", nil),
		"archiveServiceOffer":      stale("serviceOffer", nil),
		"answerServiceOffer":       {apitest.Vars{"serviceOffer": id["serviceOffer"], "municipality": home, "answer": "INTERESTED"}, "INVALID"},
		"changeOfferAnswer":        stale("offerAnswer", apitest.Vars{"answer": "JOIN"}),
		"updateAdoptionStep":       stale("adoptionStep", nil),
	}
}

// collaborationTargets makes what the attempts are made on.
func (w *world) collaborationTargets(id map[string]string) {
	id["collaboration"], _ = w.do(w.director(), "createCollaboration", apitest.Vars{"municipality": home, "nameSv": "Prov"})
	id["member"], _ = w.do(w.director(), "addCollaborationMember", apitest.Vars{"collaboration": id["collaboration"], "municipality": home, "validFrom": "2026-01-01", "source": "Avtal"})
	id["agreement"], _ = w.do(w.director(), "createAgreement", apitest.Vars{"municipality": home, "titleSv": "Prov", "legalForm": "UNCLEAR", "visibility": "PUBLIC"})
	id["party"] = w.director().Must(w.t, `query($id: ID!) { node(id: $id) { ... on Agreement { parties { nodes { id } } } } }`, apitest.Vars{"id": id["agreement"]}).Text("node.parties.nodes.0.id")
	id["followUp"], _ = w.do(w.director(), "addAgreementFollowUp", apitest.Vars{"agreement": id["agreement"], "municipality": home, "kind": "FOLLOW_UP", "heldOn": "2026-01-01", "year": 2025})
	id["sharedProject"], _ = w.do(w.director(), "createSharedProject", apitest.Vars{"municipality": home, "code": "prov", "nameSv": "Prov", "visibility": "PUBLIC"})
	id["participation"] = w.director().Must(w.t, `query($id: ID!) { node(id: $id) { ... on SharedProject { participations { nodes { id } } } } }`, apitest.Vars{"id": id["sharedProject"]}).Text("node.participations.nodes.0.id")
	service, _ := w.do(w.editor(), "createSharedService", apitest.Vars{"municipality": home, "code": "prov-erbjuden", "nameSv": "Prov"})
	id["serviceOffer"], _ = w.do(w.editor(), "createServiceOffer", apitest.Vars{"municipality": home, "sharedService": service, "termsSv": "Fri", "validFrom": "2026-01-01", "visibility": "PUBLIC"})
	// An answer is for none but the two, of whom nobody tries to write it.
	other := w.Municipality(w.t, "0586", "Mjölby")
	theirs, err := w.Services.EServices.CreateShared(apitest.System(w.t), eservice.SharedService{MunicipalityID: other.ID, Code: "prov-andras", NameSv: "Prov"})
	if err != nil {
		w.t.Fatal(err)
	}
	offer, err := w.Services.Collaboration.CreateOffer(apitest.System(w.t), collaboration.ServiceOffer{MunicipalityID: other.ID, SharedServiceID: theirs.ID, TermsSv: "Fri", ValidFrom: date.New(2026, 1, 1), Visibility: "PUBLIC"})
	if err != nil {
		w.t.Fatal(err)
	}
	id["offerAnswer"], _ = w.do(w.director(), "answerServiceOffer", apitest.Vars{"serviceOffer": offer.NodeID(), "municipality": home, "answer": "ADOPT", "ownerUnit": w.units[home].NodeID()})
	id["adoptionStep"] = w.director().Must(w.t, `query($id: ID!) { node(id: $id) { ... on OfferAnswer { steps { nodes { id } } } } }`, apitest.Vars{"id": id["offerAnswer"]}).Text("node.steps.nodes.0.id")
}

// collaborations has a secret in each text of these records.
func (n *nest) collaborations() {
	director := n.director()
	// marked registers a record of the home municipality with a mark in every text.
	marked := func(mutation, kind, what string, sees func(viewer) bool, archived bool, more apitest.Vars, drop ...string) (string, int) {
		s := secret{mark: n.mark(), kind: kind, what: what, sees: sees, archived: archived}
		input, texts := filled(n.t, strings.ToUpper(mutation[:1])+mutation[1:]+"Input", s.mark)
		s.texts = slices.DeleteFunc(texts, func(text string) bool {
			return slices.ContainsFunc(drop, func(d string) bool { return strings.HasSuffix(text, d) })
		})
		var version int
		s.id, version = n.do(director, mutation, with(input, more))
		n.add(s)
		return s.id, version
	}
	cesam := director.Must(n.t, `{ collaborations { nodes { id } } }`, nil).Text("collaborations.nodes.0.id")
	made, version := marked("createCollaboration", "collaboration", "collaboration", anyone, false, apitest.Vars{"municipality": home})
	marked("addCollaborationMember", "collaboration_member", "membership", anyone, false, apitest.Vars{"collaboration": made, "municipality": home, "validFrom": "2026-01-01"})
	_ = version
	for _, visibility := range []string{"PUBLIC", "COLLABORATION", "MUNICIPALITY"} {
		for _, archived := range []bool{false, true} {
			sees := shownTo(visibility, true, archived)
			agreement, version := marked("createAgreement", "agreement", visibility+" agreement", sees, archived, apitest.Vars{"municipality": home, "collaboration": cesam, "legalForm": "UNCLEAR", "visibility": visibility})
			party := director.Must(n.t, `query($id: ID!) { node(id: $id) { ... on Agreement { parties { nodes { id } } } } }`, apitest.Vars{"id": agreement}).Text("node.parties.nodes.0.id")
			marked("updateAgreementParty", "agreement_party", "party of a "+visibility+" agreement", sees, archived, apitest.Vars{"id": party, "expectedVersion": 1})
			marked("addAgreementFollowUp", "agreement_follow_up", "follow-up of a "+visibility+" agreement", sees, archived, apitest.Vars{"agreement": agreement, "municipality": home, "kind": "FOLLOW_UP", "heldOn": "2026-01-01", "year": 2025})
			project, projects := marked("createSharedProject", "shared_project", visibility+" shared project", sees, archived, apitest.Vars{"municipality": home, "collaboration": cesam, "agreement": agreement, "visibility": visibility})
			own := director.Must(n.t, `query($id: ID!) { node(id: $id) { ... on SharedProject { participations { nodes { id } } } } }`, apitest.Vars{"id": project}).Text("node.participations.nodes.0.id")
			marked("updateParticipation", "participation", "participation in a "+visibility+" project", sees, archived, apitest.Vars{"id": own, "expectedVersion": 1})
			said := secret{mark: n.mark(), what: "reason of a participation in a " + visibility + " project", sees: sees}
			said.texts = []string{said.mark + "reason"}
			n.do(director, "answerParticipation", apitest.Vars{"id": own, "expectedVersion": 2, "state": "WITHDRAWN", "reason": said.texts[0]})
			n.add(said)
			service, services := n.do(n.editor(), "createSharedService", apitest.Vars{"municipality": home, "code": fmt.Sprintf("offered-%d", len(n.secrets)), "nameSv": "Erbjuden", "visibility": visibility})
			offer, offers := marked("createServiceOffer", "service_offer", visibility+" offer", sees, archived, apitest.Vars{"municipality": home, "sharedService": service, "validFrom": "2026-01-01", "visibility": visibility})
			_ = services
			if archived {
				n.do(director, "archiveAgreement", apitest.Vars{"id": agreement, "expectedVersion": version})
				n.do(director, "archiveSharedProject", apitest.Vars{"id": project, "expectedVersion": projects})
				n.do(director, "archiveServiceOffer", apitest.Vars{"id": offer, "expectedVersion": offers})
			}
		}
	}
	// An answer to another's offer is between the two, and what adopting takes one's own.
	service, _ := n.do(n.as(partner, access.CatalogueEditor), "createSharedService", apitest.Vars{"municipality": partner, "code": "andras", "nameSv": "Andras"})
	offer, _ := n.do(n.as(partner, access.CatalogueEditor), "createServiceOffer", apitest.Vars{"municipality": partner, "sharedService": service, "termsSv": "Fri", "validFrom": "2026-01-01", "visibility": "PUBLIC"})
	two := func(v viewer) bool { return v.municipality == home || v.municipality == partner }
	answer, _ := marked("answerServiceOffer", "offer_answer", "answer to an offer", two, false, apitest.Vars{"serviceOffer": offer, "municipality": home, "answer": "ADOPT", "ownerUnit": n.units[home].NodeID()})
	step := director.Must(n.t, `query($id: ID!) { node(id: $id) { ... on OfferAnswer { steps { nodes { id } } } } }`, apitest.Vars{"id": answer}).Text("node.steps.nodes.0.id")
	marked("updateAdoptionStep", "adoption_step", "step of adopting", own, false, apitest.Vars{"id": step, "expectedVersion": 1})
}

// collaborations has records in every list of these, with equal names and days among them.
func (c *catalogue) collaborations() {
	director := c.director()
	others := []string{"0700", "0701", "0702", partner, outside}
	for i := range 5 {
		c.of["Collaboration"], _ = c.do(director, "createCollaboration", apitest.Vars{"municipality": home, "nameSv": []string{"Ö", "Å", "Ä", "Ost", "Väst"}[i]})
	}
	c.do(director, "updateCollaboration", apitest.Vars{"id": c.of["Collaboration"], "expectedVersion": 1, "nameEn": "West"})
	for i, code := range others {
		c.of["CollaborationMember"], _ = c.do(director, "addCollaborationMember", apitest.Vars{"collaboration": c.of["Collaboration"], "municipality": code, "validFrom": []string{"2025-01-01", "2025-01-01", "2024-01-01", "2026-01-01", "2026-01-01"}[i], "source": "Avtal"})
	}
	c.do(director, "endCollaborationMember", apitest.Vars{"id": c.of["CollaborationMember"], "expectedVersion": 1, "validTo": "2030-01-01"})
	for i := range 6 {
		c.of["Agreement"], _ = c.do(director, "createAgreement", apitest.Vars{
			"municipality": home, "collaboration": c.of["Collaboration"], "titleSv": []string{"Avtal", "Ö-avtal", "Avtal", "Å", "Ä", "Avtal"}[i], "legalForm": "UNCLEAR",
			"signedOn": "2025-01-01", "validFrom": "2025-02-01", "validTo": []any{nil, "2026-04-01", "2026-04-01", nil, "2030-01-01", "2026-05-01"}[i],
		})
	}
	c.do(director, "updateAgreement", apitest.Vars{"id": c.of["Agreement"], "expectedVersion": 1, "noticeMonths": 3})
	for _, code := range others[:4] {
		c.do(director, "addAgreementParty", apitest.Vars{"agreement": c.of["Agreement"], "municipality": code})
	}
	parties := director.Must(c.t, `query($id: ID!) { node(id: $id) { ... on Agreement { parties { nodes { id municipality { scbCode } } } } } }`, apitest.Vars{"id": c.of["Agreement"]})
	for i := range 5 {
		if parties.Text(fmt.Sprintf("node.parties.nodes.%d.municipality.scbCode", i)) == home {
			c.of["AgreementParty"] = parties.Text(fmt.Sprintf("node.parties.nodes.%d.id", i))
		}
	}
	c.do(director, "updateAgreementParty", apitest.Vars{"id": c.of["AgreementParty"], "expectedVersion": 1, "signedOn": "2025-01-01"})
	for i := range 5 {
		c.of["AgreementFollowUp"], _ = c.do(director, "addAgreementFollowUp", apitest.Vars{"agreement": c.of["Agreement"], "municipality": home, "kind": "FOLLOW_UP", "heldOn": fmt.Sprintf("2025-0%d-01", 1+i/2), "year": 2025})
	}
	c.do(director, "updateAgreementFollowUp", apitest.Vars{"id": c.of["AgreementFollowUp"], "expectedVersion": 1, "textSv": "Väl"})
	for i := range 6 {
		c.of["SharedProject"], _ = c.do(director, "createSharedProject", apitest.Vars{
			"municipality": home, "collaboration": c.of["Collaboration"], "agreement": c.of["Agreement"], "code": fmt.Sprintf("projekt-%d", i), "nameSv": []string{"Projekt", "Ö", "Projekt", "Å", "Ä", "Projekt"}[i],
			"phase": []string{"IDEA", "PRESTUDY"}[i%2], "plannedStart": []any{nil, "2026-04-01", "2026-04-01", nil, "2025-01-01", nil}[i], "plannedEnd": []any{nil, "2026-12-01", nil, "2026-12-01", "2026-12-31", nil}[i],
		})
	}
	c.do(director, "updateSharedProject", apitest.Vars{"id": c.of["SharedProject"], "expectedVersion": 1, "budget": 100})
	for _, code := range others {
		c.do(director, "proposeParticipation", apitest.Vars{"sharedProject": c.of["SharedProject"], "municipality": code, "role": "PILOT"})
	}
	parts := director.Must(c.t, `query($id: ID!) { node(id: $id) { ... on SharedProject { participations(filter: {roles: [HOST]}) { nodes { id } } } } }`, apitest.Vars{"id": c.of["SharedProject"]})
	c.of["Participation"] = parts.Text("node.participations.nodes.0.id")
	c.do(director, "updateParticipation", apitest.Vars{"id": c.of["Participation"], "expectedVersion": 1, "contactFunction": "Värd"})
	for i := range 5 {
		service, _ := c.do(c.editor(), "createSharedService", apitest.Vars{"municipality": home, "code": fmt.Sprintf("offered-%d", i), "nameSv": []string{"Bygglov", "Ö", "Bygglov", "Å", "Ä"}[i]})
		c.of["ServiceOffer"], _ = c.do(c.editor(), "createServiceOffer", apitest.Vars{"municipality": home, "sharedService": service, "termsSv": "Fri", "validFrom": []string{"2026-01-01", "2026-01-01", "2025-01-01", "2026-02-01", "2026-02-01"}[i], "visibility": "PUBLIC"})
	}
	c.do(c.editor(), "updateServiceOffer", apitest.Vars{"id": c.of["ServiceOffer"], "expectedVersion": 1, "termsEn": "Free"})
	for _, code := range others {
		_, err := c.Services.Collaboration.Answer(apitest.System(c.t), collaboration.OfferAnswer{MunicipalityID: c.byCode(code), ServiceOfferID: c.uuidOf("ServiceOffer"), Answer: "JOIN"}, nil)
		if err != nil {
			c.t.Fatal(err)
		}
	}
	theirs, _ := c.do(c.as(partner, access.CatalogueEditor), "createSharedService", apitest.Vars{"municipality": partner, "code": "andras", "nameSv": "Andras"})
	offer, _ := c.do(c.as(partner, access.CatalogueEditor), "createServiceOffer", apitest.Vars{"municipality": partner, "sharedService": theirs, "termsSv": "Fri", "validFrom": "2026-01-01"})
	c.of["OfferAnswer"], _ = c.do(director, "answerServiceOffer", apitest.Vars{"serviceOffer": offer, "municipality": home, "answer": "INTERESTED"})
	c.do(director, "changeOfferAnswer", apitest.Vars{"id": c.of["OfferAnswer"], "expectedVersion": 1, "answer": "ADOPT", "ownerUnit": c.of["Unit"]})
	c.of["AdoptionStep"] = director.Must(c.t, `query($id: ID!) { node(id: $id) { ... on OfferAnswer { steps { nodes { id } } } } }`, apitest.Vars{"id": c.of["OfferAnswer"]}).Text("node.steps.nodes.0.id")
	c.do(director, "updateAdoptionStep", apitest.Vars{"id": c.of["AdoptionStep"], "expectedVersion": 1, "note": "Klart"})
	for _, kind := range []string{"Agreement", "AgreementParty", "SharedProject", "Participation"} {
		c.do(director, "linkRecords", apitest.Vars{"municipality": home, "from": c.of["Decision"], "to": c.of[kind], "purpose": "NOTES"})
	}
}

// byCode gives the id of the municipality with the code.
func (c *catalogue) byCode(code string) uuid.UUID {
	c.t.Helper()
	return c.parse(c.client.Must(c.t, fmt.Sprintf("{ municipality(scbCode: %q) { id } }", code), nil).Text("municipality.id"))
}

func (c *catalogue) uuidOf(kind string) uuid.UUID { return c.parse(c.of[kind]) }

func (c *catalogue) parse(id string) uuid.UUID {
	c.t.Helper()
	_, u, err := gid.ID(id).Parse()
	if err != nil {
		c.t.Fatal(err)
	}
	return u
}

// collaborationScarce are lists that the rules keep shorter than the others.
var collaborationScarce = map[string]int{
	"Collaboration.history": 2, "CollaborationMember.history": 2, "Agreement.history": 2, "AgreementParty.history": 2, "AgreementFollowUp.history": 2, "SharedProject.history": 2,
	"Participation.history": 2, "ServiceOffer.history": 2, "OfferAnswer.history": 2, "AdoptionStep.history": 2,
	"Agreement.links": 1, "AgreementParty.links": 1, "SharedProject.links": 1, "Participation.links": 1,
	"Agreement.gaps": 1, "AgreementParty.gaps": 1, "SharedProject.gaps": 0, "Participation.gaps": 0,
}

// collaborationCodes are the enums of these records.
func collaborationCodes() map[string]places {
	of := func(field string) []string {
		var values []string
		for _, c := range collaboration.Codes()[field] {
			values = append(values, c.Value)
		}
		return values
	}
	return map[string]places{
		"AgreementLegalForm": {of("LEGAL_FORM"), []string{"agreement_legal_form"}},
		"AgreementState":     {of("AGREEMENT_STATE"), nil},
		"FollowUpKind":       {of("FOLLOW_UP_KIND"), []string{"agreement_follow_up_kind"}},
		"ProjectPhase":       {of("PHASE"), []string{"shared_project_phase"}},
		"ProjectStatus":      {of("STATUS"), []string{"shared_project_status"}},
		"CostKey":            {of("COST_KEY"), []string{"shared_project_cost_key"}},
		"ParticipationRole":  {of("ROLE"), []string{"participation_role"}},
		"ParticipationState": {of("STATE"), []string{"participation_state"}},
		"OfferChoice":        {of("ANSWER"), []string{"offer_answer_answer"}},
		"AdoptionStepKind":   {of("STEP"), []string{"adoption_step_kind"}},

		"DecisionMatrixState": {of("MATRIX_STATE"), nil},
		"CoverageState":       {of("COVERAGE_STATE"), nil},
	}
}

// collaborationFacets name, for each list, the condition of the filter that takes each facet's values.
var collaborationFacets = map[string]map[string]string{
	"collaborations": {"MEMBER": `members: ["%s"]`},
	"agreements": {
		"MUNICIPALITY": `municipalities: ["%s"]`, "PARTY": `parties: ["%s"]`, "COLLABORATION": `collaborations: ["%s"]`, "LEGAL_FORM": "legalForms: [%s]", "STATE": "states: [%s]", "GAP": `gaps: ["%s"]`,
	},
	"sharedProjects": {
		"MUNICIPALITY": `municipalities: ["%s"]`, "PARTICIPANT": `participants: ["%s"]`, "COLLABORATION": `collaborations: ["%s"]`, "PHASE": "phases: [%s]", "STATUS": "statuses: [%s]",
		"HEALTH": "healths: [%s]", "OPEN_TO_JOIN": "openToJoin: %s", "GAP": `gaps: ["%s"]`,
	},
	"participations": {"MUNICIPALITY": `municipalities: ["%s"]`, "ROLE": "roles: [%s]", "STATE": "states: [%s]", "PHASE": "phases: [%s]", "GAP": `gaps: ["%s"]`},
	"serviceOffers":  {"MUNICIPALITY": `municipalities: ["%s"]`, "THEME": "themes: [%s]"},
}

// collaborationsOfEveryKind registers records that differ in every field that is counted by.
func (w *world) collaborationsOfEveryKind() {
	w.t.Helper()
	ctx, s, source := apitest.System(w.t), w.Services.Collaboration, "Granskningen"
	code := func(field string, i int) string {
		all := collaboration.Codes()[field]
		return all[i%len(all)].Value
	}
	check := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	made, err := s.CreateCollaboration(ctx, collaboration.Collaboration{MunicipalityID: &w.municipalities[home].ID, NameSv: "Annan"})
	check(err)
	for _, member := range []string{partner, outside} {
		_, err = s.AddMember(ctx, collaboration.CollaborationMember{CollaborationID: made.ID, MunicipalityID: w.municipalities[member].ID, ValidFrom: date.New(2025, 1, 1), Source: source})
		check(err)
	}
	for i, owner := range []string{home, partner, outside, home, home, home, partner} {
		m, other := w.municipalities[owner].ID, w.municipalities[[]string{partner, outside, home}[i%3]].ID
		signed, from := date.New(2025, 1, 1), date.New(2025+i%2*5, 1, 1)
		last := from.AddMonths(6 + 12*(i%3))
		a, err := s.CreateAgreement(ctx, collaboration.Agreement{
			MunicipalityID: m, CollaborationID: []*uuid.UUID{nil, &made.ID}[i%2], TitleSv: "Avtal", LegalForm: collaboration.AgreementLegalForm(code("LEGAL_FORM", i)),
			SignedOn: &signed, ValidFrom: &from, ValidTo: &last, Visibility: "PUBLIC",
		})
		check(err)
		if other != m {
			_, err = s.AddParty(ctx, collaboration.AgreementParty{MunicipalityID: other, AgreementID: a.ID})
			check(err)
		}
		terms, end := "Delad kostnad", date.New(2026, 1, 1)
		p, err := s.CreateProject(ctx, collaboration.SharedProject{
			MunicipalityID: m, CollaborationID: []*uuid.UUID{nil, &made.ID}[i%2], AgreementID: &a.ID, Code: fmt.Sprintf("projekt-%d", i), NameSv: "Projekt", Phase: collaboration.ProjectPhase(code("PHASE", i)),
			Status: collaboration.ProjectStatus(code("STATUS", i)), Health: collaboration.Health(code("HEALTH", i)), ActualEnd: &end, OpenToJoin: i%2 == 0, JoinTermsSv: &terms,
			FoundSource: &source, FoundReason: &source, Visibility: "PUBLIC",
		})
		check(err)
		if other != m {
			_, err = s.Register(ctx, collaboration.Participation{
				MunicipalityID: other, SharedProjectID: p.ID, Role: collaboration.ParticipationRole(code("ROLE", 1+i%4)), State: collaboration.ParticipationState(code("STATE", i)), Reason: &source, FoundSource: &source, FoundReason: &source,
			})
			check(err)
		}
		service, err := w.Services.EServices.CreateShared(ctx, eservice.SharedService{MunicipalityID: m, Code: fmt.Sprintf("offered-%d", i), NameSv: "Erbjuden", Themes: []eservice.Theme{eservice.Theme(eservice.Codes()["THEME"][i].Value)}})
		check(err)
		_, err = s.CreateOffer(ctx, collaboration.ServiceOffer{MunicipalityID: m, SharedServiceID: service.ID, TermsSv: "Fri", ValidFrom: signed, Visibility: "PUBLIC"})
		check(err)
	}
}

// sidesOf reads the table of docs/access.md of who writes which field of a shared project.
func sidesOf(t *testing.T) (host, participant []string) {
	t.Helper()
	page, err := os.ReadFile("../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], "`sharedProject.") && !strings.Contains(cells[1], "`participation.") {
			continue
		}
		field := strings.Trim(cells[1], " `")
		if !strings.Contains(cells[2], "nej / no") {
			host = append(host, field)
		}
		if !strings.Contains(cells[3], "nej / no") {
			participant = append(participant, field)
		}
	}
	return host, participant
}

// The table of docs/access.md names every field of a shared project and a participation
// that an input changes, by the side that changes it.
func TestWhoWritesWhichFieldOfASharedProject(t *testing.T) {
	t.Parallel()
	host, participant := sidesOf(t)
	fields := func(prefix string, inputs ...string) []string {
		var all []string
		for _, input := range inputs {
			for _, f := range parsed().Types[input].Fields {
				if f.Name != "id" && f.Name != "expectedVersion" && f.Name != "comment" {
					all = append(all, prefix+f.Name)
				}
			}
		}
		return all
	}
	rules := ruled(t)
	for side, want := range map[string][2][]string{
		"host":        {append(fields("sharedProject.", "UpdateSharedProjectInput", "SetSharedProjectPhaseInput"), fields("participation.", "SetParticipationTermsInput")...), host},
		"participant": {fields("participation.", "AnswerParticipationInput", "ConfirmParticipationInput", "UpdateParticipationInput"), participant},
	} {
		slices.Sort(want[0])
		slices.Sort(want[1])
		if diff := cmp.Diff(slices.Compact(want[0]), want[1]); diff != "" {
			t.Errorf("fields of the %s (-schema +docs/access.md):\n%s", side, diff)
		}
	}
	for mutation, rule := range map[string]access.Rule{
		"updateSharedProject": access.WriteSharedProject, "setSharedProjectPhase": access.WriteSharedProject, "setParticipationTerms": access.ProposeParticipation,
		"answerParticipation": access.AnswerParticipation, "confirmParticipation": access.AnswerParticipation, "updateParticipation": access.AnswerParticipation,
	} {
		if rules[mutation] != rule {
			t.Errorf("%s stands under %s, want %s", mutation, rules[mutation], rule)
		}
	}
}

// A partner's write to another's participation, or to the project, is refused and changes
// nothing; nor does the host write a participant's own side.
func TestEachSideWritesItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.targets()
	theirs, _ := w.do(w.director(), "proposeParticipation", apitest.Vars{"sharedProject": id["sharedProject"], "municipality": partner, "role": "PILOT"})
	before := w.versions()
	for _, c := range []struct {
		client   *apitest.Client
		mutation string
		input    apitest.Vars
	}{
		{w.as(partner, access.Director), "updateParticipation", apitest.Vars{"id": id["participation"], "expectedVersion": 1, "contactFunction": "Annan"}},
		{w.as(partner, access.Director), "answerParticipation", apitest.Vars{"id": id["participation"], "expectedVersion": 1, "state": "DECLINED", "reason": "Nej"}},
		{w.as(partner, access.Director), "updateSharedProject", apitest.Vars{"id": id["sharedProject"], "expectedVersion": 1, "health": "RED"}},
		{w.as(partner, access.Director), "setParticipationTerms", apitest.Vars{"id": theirs, "expectedVersion": 1, "costSharePercent": 0}},
		{w.director(), "updateParticipation", apitest.Vars{"id": theirs, "expectedVersion": 1, "contactFunction": "Annan"}},
		{w.director(), "answerParticipation", apitest.Vars{"id": theirs, "expectedVersion": 1, "state": "INTERESTED"}},
		{w.as(outside, access.Director), "answerParticipation", apitest.Vars{"id": theirs, "expectedVersion": 1, "state": "INTERESTED"}},
	} {
		if answer := c.client.Query(t, mutation(c.mutation), apitest.Vars{"input": c.input}); !slices.Equal(answer.Codes(), []string{"FORBIDDEN"}) {
			t.Errorf("%s is answered with %s, want FORBIDDEN", c.mutation, answer.Raw)
		}
	}
	if diff := cmp.Diff(before, w.versions()); diff != "" {
		t.Errorf("what was refused has changed records (-before +after):\n%s", diff)
	}
}
