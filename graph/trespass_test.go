package graph_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/decision"
	"fardplan/internal/gid"
)

// cesam gives the id of the collaboration of the home municipality and its partner.
func (w *world) cesam() string {
	w.t.Helper()
	return w.as("", "").Must(w.t, `{ collaborations(filter: {nameContains: "Cesam"}) { nodes { id } } }`, nil).Text("collaborations.nodes.0.id")
}

// refused tells that the mutation is refused with the code.
func (w *world) refused(c *apitest.Client, code, name string, input apitest.Vars) {
	w.t.Helper()
	answer := c.Query(w.t, mutation(name), apitest.Vars{"input": input})
	if len(answer.Errors) == 0 || answer.Errors[0].Code() != code {
		w.t.Errorf("%s of %v is not refused with %s: %s", name, input, code, answer.Raw)
	}
}

// Whoever begins a collaboration does not see into municipalities by making members of
// them: that takes the one that runs the installation. A member leaves by itself, and is
// not taken back.
func TestNobodyIsMadeAMemberToBeSeenInto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	goal, _ := w.do(w.director(), "createGoal", apitest.Vars{"municipality": home, "code": "1", "titleSv": "Delat mål", "level": "GOAL", "visibility": "COLLABORATION"})
	stranger, member := w.as(outside, access.Director), w.as(partner, access.Director)
	sees := func(c *apitest.Client) bool {
		return c.Must(t, `query($id: ID!) { node(id: $id) { id } }`, apitest.Vars{"id": goal}).At("node") != nil
	}
	own, _ := w.do(stranger, "createCollaboration", apitest.Vars{"municipality": outside, "nameSv": "Egen samverkan"})
	of := func(code string) apitest.Vars {
		return apitest.Vars{"collaboration": own, "municipality": code, "validFrom": "2026-01-01", "source": "Protokoll"}
	}
	w.do(stranger, "addCollaborationMember", of(outside))
	w.refused(stranger, "FORBIDDEN", "addCollaborationMember", of(home))
	if sees(stranger) {
		t.Error("a stranger sees the goal by a membership that it has made")
	}
	id, version := w.do(w.director(), "addCollaborationMember", of(partner))
	w.refused(w.as(home, access.ProjectEditor), "FORBIDDEN", "endCollaborationMember", apitest.Vars{"id": id, "expectedVersion": version, "validTo": "2026-03-01"})
	_, version = w.do(member, "endCollaborationMember", apitest.Vars{"id": id, "expectedVersion": version, "validTo": "2026-03-01"})
	for _, c := range []*apitest.Client{stranger, member} {
		w.refused(c, "FORBIDDEN", "endCollaborationMember", apitest.Vars{"id": id, "expectedVersion": version, "validTo": "2026-12-31"})
	}
	w.do(w.director(), "addCollaborationMember", of(home))
	if !sees(stranger) {
		t.Error("a member does not see the goal")
	}
}

// A decision of a joint body binds a municipality when that municipality says so, not
// when another member does.
func TestAnotherMembersDecisionBindsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	project, _ := w.do(w.director(), "createSharedProject", apitest.Vars{"municipality": home, "code": "bygglov", "nameSv": "Bygglov", "visibility": "PUBLIC"})
	part, _ := w.do(w.director(), "proposeParticipation", apitest.Vars{"sharedProject": project, "municipality": partner, "role": "PILOT"})
	_, cesam, err := gid.ID(w.cesam()).Parse()
	if err != nil {
		t.Fatal(err)
	}
	joint := w.authorises(home, func(d *decision.Decision) { d.JointCollaborationID = &cesam })
	by := func(code, purpose string) apitest.Vars {
		return apitest.Vars{"municipality": code, "from": joint, "to": part, "purpose": purpose}
	}
	w.refused(w.director(), "INVALID", "linkRecords", by(home, "AUTHORISES"))
	w.refused(w.director(), "INVALID", "linkRecords", by(home, "REVOKES"))
	w.do(w.director(), "linkRecords", by(home, "NOTES"))
	state := func() string {
		return w.as("", "").Must(t, `{ decisionMatrix(filter: {municipalities: ["0580"]}) { rows { cells { state } } } }`, nil).Text("decisionMatrix.rows.0.cells.0.state")
	}
	if got := state(); got != "MISSING" {
		t.Errorf("by another's link the decision is %s", got)
	}
	w.do(w.as(partner, access.Director), "linkRecords", by(partner, "AUTHORISES"))
	if got := state(); got != "NOT_BINDING" {
		t.Errorf("by its own link the decision is %s", got)
	}
}

// What hangs on a decision that one does not see is no part of its case's thread.
func TestTheThreadOfACaseHidesWhatHiddenDecisionsAreAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	filed, _ := w.do(w.director(), "createCase", apitest.Vars{"municipality": home, "titleSv": "Ärende", "diaryNumber": "KS 2026/50"})
	goal, _ := w.do(w.director(), "createGoal", apitest.Vars{"municipality": home, "code": "1", "titleSv": "Mål", "level": "GOAL"})
	hidden, _ := w.do(w.director(), "createDecision", w.decided("Internt", apitest.Vars{"visibility": "MUNICIPALITY", "case": filed}))
	w.bind(hidden, goal, apitest.Vars{"purpose": "AUTHORISES"})
	for who, want := range map[access.Role]int{"": 1, access.Reader: 3} {
		answer := w.as(home, who).Must(t, `query($id: ID!) { goldenThread(id: $id) { nodes { record { id } } } }`, apitest.Vars{"id": filed})
		if got := len(answer.At("goldenThread.nodes").([]any)); got != want {
			t.Errorf("%q sees %d records, want %d: %s", who, got, want, answer.Raw)
		}
	}
}

// The case that a party's diary number makes tells of the agreement to nobody who does
// not see that.
func TestAPartysCaseIsNotMoreVisibleThanTheAgreement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Collaboration(t, "Annan samverkan", w.municipalities[partner], w.municipalities[outside])
	agreement, _ := w.do(w.director(), "createAgreement", apitest.Vars{"municipality": home, "collaboration": w.cesam(), "titleSv": "Avtal inom Cesam", "legalForm": "UNCLEAR"})
	party, _ := w.do(w.director(), "addAgreementParty", apitest.Vars{"agreement": agreement, "municipality": partner})
	w.do(w.as(partner, access.Director), "updateAgreementParty", apitest.Vars{"id": party, "expectedVersion": 1, "diaryNumber": "KS 2026/9"})
	for code, want := range map[string]float64{outside: 0, partner: 1} {
		answer := w.as(code, access.Reader).Must(t, `{ cases { totalCount nodes { title { sv } } } }`, nil)
		if got := answer.At("cases.totalCount"); got != want {
			t.Errorf("%s sees %s", code, answer.Raw)
		}
	}
}

// Whether a hidden record is there is told to nobody.
func TestAWaiverOfWhatIsHiddenIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs := w.authorises(partner)
	goal := func(code, visibility string) string {
		id, _ := w.do(w.director(), "createGoal", apitest.Vars{"municipality": home, "code": code, "titleSv": "Mål", "level": "GOAL", "visibility": visibility})
		return id
	}
	for object, code := range map[string]string{goal("1", "MUNICIPALITY"): "NOT_FOUND", string(gid.New("goal", uuid.New())): "NOT_FOUND", goal("2", "PUBLIC"): "FORBIDDEN"} {
		w.refused(w.as(partner, access.Director), code, "grantWaiver", apitest.Vars{
			"municipality": partner, "rule": "GOAL_NO_DECISION", "object": object, "decision": theirs, "reasonSv": "Skäl", "expiresOn": "2026-12-31",
		})
	}
}

// What takes the place of a decision is itself one that was taken, with a yes.
func TestARefusalSupersedesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, version := w.do(w.director(), "createDecision", w.decided("Ja", nil))
	for title, more := range map[string]apitest.Vars{"Nej": {"rejected": true}, "Upphävt": {"appealedOn": "2026-03-10", "overturnedOn": "2026-03-12"}, "Kommande": {"meetingDate": "2026-12-01", "paragraph": nil, "adjustedOn": nil, "announcedOn": nil, "legallyBindingOn": nil}} {
		later, _ := w.do(w.director(), "createDecision", w.decided(title, more))
		w.refused(w.director(), "INVALID", "supersedeDecision", apitest.Vars{"id": first, "expectedVersion": version, "supersededBy": later, "supersededOn": "2026-12-01"})
	}
}

func TestNoGoalLiesUnderAnArchivedOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := func(code, level string) (string, int) {
		return w.do(w.director(), "createGoal", apitest.Vars{"municipality": home, "code": code, "titleSv": "Mål", "level": level})
	}
	above, version := made("1", "DIRECTION")
	w.do(w.director(), "archiveGoal", apitest.Vars{"id": above, "expectedVersion": version})
	w.refused(w.director(), "INVALID", "createGoal", apitest.Vars{"municipality": home, "code": "1.1", "titleSv": "Mål", "level": "GOAL", "parentGoal": above})
	goal, version := made("2", "GOAL")
	w.refused(w.director(), "INVALID", "updateGoal", apitest.Vars{"id": goal, "expectedVersion": version, "parentGoal": above})
}

// Filters tell nothing of what one does not see.
func TestTheRoadmapIsNotFilteredByWhatIsHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	initiative, _ := w.do(w.director(), "createInitiative", apitest.Vars{"municipality": home, "titleSv": "Insats", "kind": "ACTIVITY", "plannedStart": "2026-05-01"})
	above, _ := w.do(w.director(), "createGoal", apitest.Vars{"municipality": home, "code": "1", "titleSv": "Inriktning", "level": "DIRECTION"})
	goal, _ := w.do(w.director(), "createGoal", apitest.Vars{"municipality": home, "code": "1.1", "titleSv": "Mål", "level": "GOAL", "visibility": "MUNICIPALITY", "parentGoal": above, "ownerUnit": w.units[home].NodeID()})
	project, _ := w.do(w.director(), "createSharedProject", apitest.Vars{"municipality": home, "code": "bygglov", "nameSv": "Bygglov", "visibility": "MUNICIPALITY", "collaboration": w.cesam()})
	w.bind(goal, initiative, nil)
	w.bind(initiative, project, nil)
	w.bind(w.taken("Beslut om målet"), goal, apitest.Vars{"purpose": "AUTHORISES"})
	for _, filter := range []apitest.Vars{{"goals": []any{above}}, {"units": []any{w.units[home].NodeID()}}, {"collaborations": []any{w.cesam()}}} {
		for who, want := range map[access.Role]bool{"": false, access.Reader: true} {
			answer := w.as(home, who).Must(t, `query($f: RoadmapFilter) { roadmap(filter: $f) { initiatives { id } decisions { id } } }`, apitest.Vars{"f": filter})
			if got := len(answer.At("roadmap.initiatives").([]any))+len(answer.At("roadmap.decisions").([]any)) > 0; got != want {
				t.Errorf("by %v %q sees %s", filter, who, answer.Raw)
			}
		}
	}
}

// A project stands on its host's decision to take part as it does on one of its own, on
// the roadmap as in the matrix.
func TestTheRoadmapAndTheMatrixAgreeOnDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	project, _ := w.do(w.director(), "createSharedProject", apitest.Vars{"municipality": home, "code": "bygglov", "nameSv": "Bygglov", "plannedStart": "2026-05-01"})
	part := w.director().Must(t, `query($id: ID!) { node(id: $id) { ... on SharedProject { participations { nodes { id } } } } }`, apitest.Vars{"id": project}).Text("node.participations.nodes.0.id")
	decided := func(want bool, state string) {
		t.Helper()
		answer := w.director().Must(t, `{ roadmap { sharedProjects { decided } } decisionMatrix { rows { cells { state } } } }`, nil)
		if answer.At("roadmap.sharedProjects.0.decided") != want || answer.Text("decisionMatrix.rows.0.cells.0.state") != state {
			t.Errorf("the views say %s", answer.Raw)
		}
	}
	decided(false, "PREPARING")
	w.do(w.director(), "confirmParticipation", apitest.Vars{"id": part, "expectedVersion": 1, "decision": w.authorises(home)})
	decided(true, "NOT_BINDING")
}

// What hangs on an archived record is on no roadmap, and is no gap.
func TestWhatIsArchivedTakesItsPartsAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	initiative, version := w.do(w.director(), "createInitiative", apitest.Vars{"municipality": home, "titleSv": "Insats", "kind": "ACTIVITY"})
	w.do(w.director(), "createMilestone", apitest.Vars{"of": initiative, "titleSv": "Start", "kind": "LAUNCH", "plannedOn": "2026-03-01"})
	w.do(w.director(), "createBenefit", apitest.Vars{"of": initiative, "descriptionSv": "Nytta", "certainty": "GREEN", "measure": "QUALITATIVE", "collectBy": "2026-03-01"})
	has := func(want int) {
		t.Helper()
		answer := w.director().Must(t, `{ roadmap { milestones { id } } gaps(filter: {codes: ["MILESTONE_OVERDUE", "BENEFIT_NOT_FOLLOWED_UP"]}) { nodes { rule { code } } } }`, nil)
		if m, g := len(answer.At("roadmap.milestones").([]any)), len(answer.At("gaps.nodes").([]any)); m != want || g != 2*want {
			t.Errorf("there are %s", answer.Raw)
		}
	}
	has(1)
	w.do(w.director(), "archiveInitiative", apitest.Vars{"id": initiative, "expectedVersion": version})
	has(0)
}

// A waiver tells of a record only to those who see that.
func TestAWaiverOfAHiddenRecordIsHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	decided, _ := w.do(w.director(), "createDecision", w.decided("Undantag", nil))
	goal := func(code, visibility string) string {
		id, _ := w.do(w.director(), "createGoal", apitest.Vars{"municipality": home, "code": code, "titleSv": "Mål", "level": "GOAL", "visibility": visibility})
		return id
	}
	hidden := w.waive("GOAL_NO_DECISION", goal("1", "MUNICIPALITY"), decided, apitest.Vars{"reasonSv": "Det interna målet väntar"})
	open := goal("2", "PUBLIC")
	shown := w.waive("GOAL_NO_DECISION", open, decided, nil)
	for who, want := range map[access.Role]float64{"": 1, access.Reader: 2} {
		answer := w.as(home, who).Must(t, `query($id: ID!) { waivers { totalCount nodes { id } } node(id: $id) { id } }`, apitest.Vars{"id": hidden})
		if answer.At("waivers.totalCount") != want || (answer.At("node") != nil) != (want == 2) {
			t.Errorf("%q sees %s", who, answer.Raw)
		}
	}
	// What keeps a copy is told when the record is hidden from it.
	nobody := w.as("", "")
	since := nobody.Must(t, `{ changes(since: 0, first: 100) { through } }`, nil).At("changes.through")
	w.do(w.director(), "updateGoal", apitest.Vars{"id": open, "expectedVersion": 1, "visibility": "MUNICIPALITY"})
	answer := nobody.Must(t, `query($s: Int!) { changes(since: $s, kinds: [WAIVER]) { nodes { id removed } } }`, apitest.Vars{"s": since})
	if answer.At("changes.nodes.0.id") != shown || answer.At("changes.nodes.0.removed") != true {
		t.Errorf("the changes are %s", answer.Raw)
	}
}

// What stands among what members do together is a member's.
func TestOutsidersAddNothingToACollaboration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inputs := map[string]func(code string) apitest.Vars{
		"SharedProject": func(code string) apitest.Vars {
			return apitest.Vars{"municipality": code, "code": "projekt-" + code, "nameSv": "Projekt"}
		},
		"Agreement": func(code string) apitest.Vars {
			return apitest.Vars{"municipality": code, "titleSv": "Avtal", "legalForm": "UNCLEAR"}
		},
	}
	within := apitest.Vars{"collaboration": w.cesam()}
	for kind, input := range inputs {
		stranger, member := w.as(outside, access.Director), w.as(partner, access.Director)
		w.do(member, "create"+kind, with(input(partner), within))
		w.refused(stranger, "INVALID", "create"+kind, with(input(outside), within))
		id, version := w.do(stranger, "create"+kind, input(outside))
		w.refused(stranger, "INVALID", "update"+kind, with(apitest.Vars{"id": id, "expectedVersion": version}, within))
	}
}

// Whoever has left a project that is its host's alone sees its own part in it and what it
// was a part of, and nothing that has come of it since, now or in the past.
func TestWhoHasLeftAProjectSeesItNoLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs := w.as(partner, access.Director)
	project, _ := w.do(w.director(), "createSharedProject", apitest.Vars{"municipality": home, "code": "internt", "nameSv": "Internt", "visibility": "MUNICIPALITY"})
	part, version := w.do(w.director(), "proposeParticipation", apitest.Vars{"sharedProject": project, "municipality": partner, "role": "PILOT"})
	then := w.Clock.Now().Format(time.RFC3339)
	w.Clock.Add(time.Hour)
	answered := func(state string, more apitest.Vars) {
		t.Helper()
		_, version = w.do(theirs, "answerParticipation", with(apitest.Vars{"id": part, "expectedVersion": version, "state": state}, more))
	}
	sees := func(want bool) {
		t.Helper()
		const of = `node(id: $id) { id } early: participations(filter: {municipalities: ["0580"], phases: [IDEA]}) { totalCount } decisionMatrix { totalCount }
			participations(filter: {municipalities: ["0580"]}) { nodes { sharedProjectName { sv } sharedProject { id } } facets(by: [PHASE]) { values { count } } }`
		answer := theirs.Must(t, `query($id: ID!, $at: DateTime!) { `+of+` search(query: "internt") { totalCount } asOf(at: $at) { `+of+` } }`, apitest.Vars{"id": project, "at": then})
		for _, when := range []string{"", "asOf."} {
			got := map[string]bool{
				"node": answer.At(when+"node") != nil, "its part": answer.At(when+"participations.nodes.0.sharedProject") != nil, "phases": len(answer.At(when+"participations.facets.0.values").([]any)) == 1,
				"early": answer.At(when+"early.totalCount") == 1., "matrix": answer.At(when+"decisionMatrix.totalCount") == 1., "search": answer.At("search.totalCount") == 1.,
			}
			for where, seen := range got {
				if seen != want {
					t.Errorf("%s%s shows it: %v: %s", when, where, seen, answer.Raw)
				}
			}
			if answer.Text(when+"participations.nodes.0.sharedProjectName.sv") != "Internt" {
				t.Errorf("its own part is %s", answer.Raw)
			}
		}
	}
	sees(true)
	answered("DECLINED", apitest.Vars{"reason": "Har en egen"})
	sees(false)
	answered("INTERESTED", apitest.Vars{"comment": "Ångrat"})
	sees(true)
}

// What others say of a municipality's records answers for nothing that it lacks.
func TestOthersLinksCloseNoGap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs := w.as(partner, access.Director)
	goal := func(c *apitest.Client, code, number string) string {
		id, _ := w.do(c, "createGoal", apitest.Vars{"municipality": code, "code": number, "titleSv": "Mål", "level": "GOAL", "status": "ONGOING", "foundSource": "Strategin", "foundReason": "Pågår", "visibility": "PUBLIC"})
		return id
	}
	initiative := func(c *apitest.Client, code string) string {
		id, _ := w.do(c, "createInitiative", apitest.Vars{"municipality": code, "titleSv": "Insats", "kind": "ACTIVITY", "visibility": "PUBLIC"})
		return id
	}
	ours, others := goal(w.director(), home, "1"), goal(theirs, partner, "2")
	audit, _ := w.do(w.director(), "createAudit", apitest.Vars{"municipality": home, "titleSv": "Granskning", "year": 2017, "visibility": "PUBLIC"})
	finding, _ := w.do(w.director(), "createFinding", apitest.Vars{"audit": audit, "code": "F11", "textSv": "Strategi saknas", "verdict": "DEFICIENT", "severity": "HIGH"})
	shared, _ := w.do(w.editor(), "createSharedService", apitest.Vars{"municipality": home, "code": "bygglov", "nameSv": "Bygglov", "visibility": "PUBLIC"})
	service, version := w.do(w.editor(), "createEService", with(w.service("Bygglov"), apitest.Vars{"sharedService": shared, "visibility": "PUBLIC"}))
	w.do(w.editor(), "publishEService", apitest.Vars{"id": service, "expectedVersion": version})
	lacking := func(record, code string, want bool) {
		t.Helper()
		const of = `query($id: ID!, $code: String!) { gaps(filter: {codes: [$code], municipalities: ["0581"]}) { nodes { object { id } } } goldenThread(id: $id) { missing { rule { code } record { id } } } }`
		answer := w.director().Must(t, of, apitest.Vars{"id": record, "code": code})
		shown, missing := false, false
		for _, g := range answer.At("gaps.nodes").([]any) {
			shown = shown || g.(map[string]any)["object"].(map[string]any)["id"] == record
		}
		for _, m := range answer.At("goldenThread.missing").([]any) {
			of := m.(map[string]any)
			missing = missing || of["record"].(map[string]any)["id"] == record && of["rule"].(map[string]any)["code"] == code
		}
		// The thread of an e-service has a goal by whoever ties it.
		if shown != want || missing != (want && code != "ESERVICE_NO_GOAL") {
			t.Errorf("%s: a gap %v, missing from the thread %v, want %v: %s", code, shown, missing, want, answer.Raw)
		}
	}
	for _, c := range []struct{ record, code, by, theirs, own string }{
		{service, "ESERVICE_NO_GOAL", service, others, ours},
		{service, "ESERVICE_NO_GOAL", shared, others, ours},
		{finding, "FINDING_NO_ACTION", finding, initiative(theirs, partner), initiative(w.director(), home)},
		{ours, "GOAL_NO_ACTIVITY", ours, initiative(theirs, partner), initiative(w.director(), home)},
	} {
		w.do(theirs, "linkRecords", apitest.Vars{"municipality": partner, "from": c.theirs, "to": c.by})
		lacking(c.record, c.code, true)
		link, version := w.do(w.director(), "linkRecords", apitest.Vars{"municipality": home, "from": c.own, "to": c.by})
		lacking(c.record, c.code, false)
		w.do(w.director(), "unlinkRecords", apitest.Vars{"id": link, "expectedVersion": version})
	}
}

// A case that a decision, a document or an audit has given its title tells of it to nobody
// from whom that is hidden.
func TestACaseTellsNothingOfWhatIsHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	titles := func() (all []string) {
		t.Helper()
		for _, c := range w.as("", "").Must(t, `{ cases { nodes { title { sv } } } }`, nil).At("cases.nodes").([]any) {
			all = append(all, c.(map[string]any)["title"].(map[string]any)["sv"].(string))
		}
		return all
	}
	shown := func(want ...string) {
		t.Helper()
		if got := titles(); !slices.Equal(got, want) {
			t.Errorf("the cases are %v, want %v", got, want)
		}
	}
	kinds := map[string]apitest.Vars{
		"Decision":          w.decided("Stödet till en familj", nil),
		"GoverningDocument": {"municipality": home, "titleSv": "Stödet till en familj", "kind": "ROUTINE", "status": "ADOPTED", "decidedOn": "2026-02-02", "foundSource": "Prov", "foundReason": "Prov"},
		"Audit":             {"municipality": home, "titleSv": "Stödet till en familj", "year": 2026},
	}
	for kind, input := range kinds {
		open := with(input, apitest.Vars{"visibility": "PUBLIC", "diaryNumber": "KS 2026/50"})
		id, version := w.do(w.director(), "create"+kind, open)
		shown("Stödet till en familj")
		w.do(w.director(), "update"+kind, apitest.Vars{"id": id, "expectedVersion": version, "visibility": "MUNICIPALITY"})
		shown()
		id, version = w.do(w.director(), "create"+kind, with(open, apitest.Vars{"diaryNumber": "KS 2026/51"}))
		w.do(w.director(), "archive"+kind, apitest.Vars{"id": id, "expectedVersion": version})
		shown()
		for _, c := range w.director().Must(t, `{ cases { nodes { id version } } }`, nil).At("cases.nodes").([]any) {
			of := c.(map[string]any)
			w.do(w.director(), "archiveCase", apitest.Vars{"id": of["id"], "expectedVersion": of["version"]})
		}
	}
	// Another in the case stays open: it keeps its case, under another title.
	id, version := w.do(w.director(), "createDecision", w.decided("Stödet till en familj", apitest.Vars{"visibility": "PUBLIC", "diaryNumber": "KS 2026/60"}))
	other, otherVersion := w.do(w.director(), "createDecision", w.decided("Rutin för stöd", apitest.Vars{"visibility": "PUBLIC", "diaryNumber": "KS 2026/60"}))
	w.refused(w.director(), "INVALID", "updateDecision", apitest.Vars{"id": id, "expectedVersion": version, "visibility": "MUNICIPALITY"})
	filed := w.director().Must(t, `{ cases { nodes { id version } } }`, nil)
	w.do(w.director(), "updateCase", apitest.Vars{"id": filed.Text("cases.nodes.0.id"), "expectedVersion": filed.At("cases.nodes.0.version"), "titleSv": "Stöd"})
	w.do(w.director(), "updateDecision", apitest.Vars{"id": id, "expectedVersion": version, "visibility": "MUNICIPALITY"})
	shown("Stöd")
	w.do(w.director(), "archiveDecision", apitest.Vars{"id": other, "expectedVersion": otherVersion})
	shown()
}

// Nobody says by itself that it takes part in what others do.
func TestOutsidersRegisterNoPartInAProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger, member := w.as(outside, access.Director), w.as(partner, access.Director)
	holds := func(project, code string) apitest.Vars {
		return apitest.Vars{"sharedProject": project, "municipality": code, "role": "PILOT", "state": "ACTIVE", "foundSource": "Avtal", "foundReason": "Deltar redan"}
	}
	for code, more := range map[string]apitest.Vars{"inom-cesam": {"collaboration": w.cesam()}, "utan-samverkan": {}} {
		project, version := w.do(w.director(), "createSharedProject", with(apitest.Vars{"municipality": home, "code": code, "nameSv": "Projekt", "visibility": "PUBLIC"}, more))
		w.refused(stranger, "INVALID", "registerParticipation", holds(project, outside))
		w.do(member, "registerParticipation", holds(project, partner))
		w.do(w.director(), "updateSharedProject", apitest.Vars{"id": project, "expectedVersion": version, "openToJoin": true, "joinTermsSv": "Fritt"})
		w.do(stranger, "registerParticipation", holds(project, outside))
	}
}

// What is archived stays as it was: it is not changed, replanned, linked or archived again.
func TestWhatIsArchivedStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	initiative := func(title string) (string, int) {
		return w.do(w.director(), "createInitiative", apitest.Vars{"municipality": home, "titleSv": title, "kind": "ACTIVITY", "plannedStart": "2026-05-01"})
	}
	standing, _ := initiative("Kvar")
	goal, _ := w.do(w.director(), "createGoal", apitest.Vars{"municipality": home, "code": "1", "titleSv": "Mål", "level": "GOAL"})
	id, version := initiative("Arkiverad")
	link, linkVersion := w.do(w.director(), "linkRecords", apitest.Vars{"municipality": home, "from": id, "to": goal})
	_, version = w.do(w.director(), "archiveInitiative", apitest.Vars{"id": id, "expectedVersion": version})
	before := w.versions()
	named := func(more apitest.Vars) apitest.Vars {
		return with(apitest.Vars{"id": id, "expectedVersion": version}, more)
	}
	w.refused(w.director(), "CONFLICT", "updateInitiative", apitest.Vars{"id": id, "expectedVersion": version - 1, "titleSv": "Nytt"})
	for name, input := range map[string]apitest.Vars{
		"updateInitiative":  named(apitest.Vars{"titleSv": "Nytt"}),
		"archiveInitiative": named(nil),
		"replan":            {"items": []any{named(apitest.Vars{"plannedStart": "2026-06-01"})}},
		"linkRecords":       {"municipality": home, "from": id, "to": w.taken("Beslut"), "purpose": "NOTES"},
	} {
		w.refused(w.director(), "INVALID", name, input)
	}
	w.refused(w.director(), "INVALID", "linkRecords", apitest.Vars{"municipality": home, "from": goal, "to": id})
	preview := w.director().Query(t, `query($items: [MovePreviewItemInput!]!) { movePreview(items: $items) { days } }`, apitest.Vars{"items": []any{apitest.Vars{"id": id, "plannedStart": "2026-06-01"}}})
	if !strings.Contains(string(preview.Raw), "record_archived") {
		t.Errorf("a move of it is foreseen: %s", preview.Raw)
	}
	after := w.versions()
	for record, state := range before {
		if after[record] != state {
			t.Errorf("%s went from %q to %q", record, state, after[record])
		}
	}
	// It gets no more parts.
	gone := func(kind string, input apitest.Vars) string {
		id, version := w.do(w.director(), "create"+kind, with(input, apitest.Vars{"municipality": home}))
		w.do(w.director(), "archive"+kind, apitest.Vars{"id": id, "expectedVersion": version})
		return id
	}
	agreement, project, audit := gone("Agreement", apitest.Vars{"titleSv": "Avtal", "legalForm": "UNCLEAR"}), gone("SharedProject", apitest.Vars{"code": "arkiverat", "nameSv": "Projekt"}), gone("Audit", apitest.Vars{"titleSv": "Granskning", "year": 2017})
	w.refused(w.director(), "INVALID", "addAgreementParty", apitest.Vars{"agreement": agreement, "municipality": partner})
	w.refused(w.director(), "INVALID", "addAgreementFollowUp", apitest.Vars{"agreement": agreement, "municipality": home, "kind": "FOLLOW_UP", "heldOn": "2026-02-01", "year": 2025})
	w.refused(w.director(), "INVALID", "proposeParticipation", apitest.Vars{"sharedProject": project, "municipality": partner, "role": "PILOT"})
	w.refused(w.director(), "INVALID", "createFinding", apitest.Vars{"audit": audit, "code": "F1", "textSv": "Text", "verdict": "OK", "severity": "LOW"})
	// Its links may still be taken away, and what stands be changed.
	w.do(w.director(), "unlinkRecords", apitest.Vars{"id": link, "expectedVersion": linkVersion})
	w.refused(w.director(), "INVALID", "unlinkRecords", apitest.Vars{"id": link, "expectedVersion": linkVersion + 1})
	w.do(w.director(), "linkRecords", apitest.Vars{"municipality": home, "from": standing, "to": goal})
}
