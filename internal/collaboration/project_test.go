package collaboration_test

import (
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/collaboration"
	"fardplan/internal/fault"
	"fardplan/internal/page"
)

// A project has a host from the first change on. One that is under way already is
// registered as found, and its host takes part already.
func TestAProjectHasAHost(t *testing.T) {
	w := newWorld(t)
	editor := w.as(w.home, access.ProjectEditor)
	for _, c := range []struct {
		code  string
		set   func(*collaboration.SharedProject)
		state collaboration.ParticipationState
	}{{"nytt", func(*collaboration.SharedProject) {}, "DECISION_PENDING"}, {"pagar", found("OPERATION"), "ACTIVE"}} {
		p := collaboration.SharedProject{MunicipalityID: w.home.ID, Code: c.code, NameSv: "Projekt"}
		c.set(&p)
		made := must(w.service.CreateProject(editor, p))(t)
		all := must(w.service.ParticipationsOfEach(w.ctx, w.reading(), collaboration.ParticipationFilter{}, "MUNICIPALITY", false, []uuid.UUID{made.ID}, page.Args{}))(t)[0].Nodes()
		if len(all) != 1 || all[0].Role != collaboration.Host || all[0].State != c.state || all[0].MunicipalityID != w.home.ID {
			t.Errorf("%s has the participations %+v, want its host's, %s", c.code, all, c.state)
		}
	}
	_, err := w.service.CreateProject(editor, collaboration.SharedProject{MunicipalityID: w.home.ID, Code: "utan-kalla", NameSv: "Utan källa", Phase: "OPERATION"})
	w.refused(err, fault.Invalid, "shared_project_registered_as_found")
	_, err = w.service.CreateProject(w.as(w.home, access.CatalogueEditor), collaboration.SharedProject{MunicipalityID: w.home.ID, Code: "roll", NameSv: "Roll"})
	w.refused(err, fault.Forbidden, "")
}

// Phases follow on each other; to skip one or go back takes a comment. The plan with which
// development begins is the baseline.
func TestPhases(t *testing.T) {
	w := newWorld(t)
	p := w.project("bygglov", func(p *collaboration.SharedProject) {
		p.PlannedStart, p.PlannedEnd = ptr(day("2026-04-01")), ptr(day("2026-12-31"))
	})
	step := func(to collaboration.ProjectPhase, comment string) error {
		next, err := w.service.SetPhase(w.as(w.home, access.Director), p.ID, p.Version, to, comment)
		if err == nil {
			p = next
		}
		return err
	}
	for _, phase := range []collaboration.ProjectPhase{"PRESTUDY", "PLANNING"} {
		if err := step(phase, ""); err != nil {
			t.Errorf("to %s: %v", phase, err)
		}
	}
	w.refused(step("ROLLOUT", " "), fault.Invalid, "shared_project_phase_comment")
	w.refused(step("IDEA", ""), fault.Invalid, "shared_project_phase_comment")
	if err := step("PRESTUDY", "Behovet har ändrats"); err != nil {
		t.Error(err)
	}
	if err := step("DEVELOPMENT", "Planen fanns redan"); err != nil || p.BaselineEnd == nil || *p.BaselineEnd != day("2026-12-31") {
		t.Errorf("development began with the baseline %v: %v", p.BaselineEnd, err)
	}
	p = must(w.service.UpdateProject(w.ctx, p.ID, p.Version, func(p *collaboration.SharedProject) { p.PlannedEnd = ptr(day("2027-06-30")) }))(t)
	if err := step("ROLLOUT", ""); err != nil || *p.BaselineEnd != day("2026-12-31") {
		t.Errorf("the baseline has become %v: %v", p.BaselineEnd, err)
	}
	w.refused(step("CLOSED", ""), fault.Invalid, "shared_project_phase_comment")
}

// The shares of cost add up to 100 percent before money is spent, or are not given at all.
func TestCostSharesAddUpBeforeDevelopment(t *testing.T) {
	w := newWorld(t)
	p := w.project("bygglov")
	part := w.invite(p, w.partner)
	terms := func(percent float64) {
		part = must(w.service.SetTerms(w.as(w.home, access.ProjectEditor), part.ID, part.Version, func(p *collaboration.Participation) { p.CostSharePercent = &percent }))(t)
	}
	terms(60)
	_, err := w.service.SetPhase(w.ctx, p.ID, p.Version, "DEVELOPMENT", "Genväg")
	w.refused(err, fault.Invalid, "shared_project_cost_shares")
	terms(100)
	must(w.service.SetPhase(w.ctx, p.ID, p.Version, "DEVELOPMENT", "Genväg"))(t)
}

// The host proposes a participation; the partner alone answers, and confirms it by a
// decision of its own.
func TestThePartnerAloneAnswers(t *testing.T) {
	w := newWorld(t)
	host, theirs := w.as(w.home, access.Director), w.as(w.partner, access.ProjectEditor)
	p := w.project("bygglov")
	_, err := w.service.Propose(w.as(w.partner, access.Director), collaboration.Participation{MunicipalityID: w.outside.ID, SharedProjectID: p.ID, Role: "PILOT"})
	w.refused(err, fault.Forbidden, "")
	_, err = w.service.Propose(host, collaboration.Participation{MunicipalityID: w.partner.ID, SharedProjectID: p.ID, Role: collaboration.Host})
	w.refused(err, fault.Invalid, "participation_host")
	part := must(w.service.Propose(host, collaboration.Participation{MunicipalityID: w.partner.ID, SharedProjectID: p.ID, Role: "FULL_MEMBER", CostSharePercent: ptr(50.)}))(t)
	if part.State != collaboration.Invited || *part.ProposedByID != w.home.ID {
		t.Errorf("it is proposed as %+v", part)
	}

	_, err = w.service.Step(host, part.ID, part.Version, "INTERESTED", nil, "")
	w.refused(err, fault.Forbidden, "")
	_, err = w.service.UpdateParticipation(host, part.ID, part.Version, func(p *collaboration.Participation) { p.ContactFunction = ptr("utvecklingsledare") })
	w.refused(err, fault.Forbidden, "")
	_, err = w.service.SetTerms(theirs, part.ID, part.Version, func(p *collaboration.Participation) { p.CostSharePercent = ptr(1.) })
	w.refused(err, fault.Forbidden, "")
	if now := w.participation(part.ID); now.Version != part.Version {
		t.Errorf("what was refused has made version %d", now.Version)
	}

	part = must(w.service.Step(theirs, part.ID, part.Version, "DECISION_PENDING", nil, ""))(t)
	_, err = w.service.Step(theirs, part.ID, part.Version, "CONFIRMED", nil, "")
	w.refused(err, fault.Invalid, "participation_confirmed_by_decision")
	_, err = w.service.Confirm(theirs, part.ID, part.Version, w.decision(w.home, "meeting_date = '2026-03-01'"), "")
	w.refused(err, fault.Invalid, "record_link_own_decision")
	_, err = w.service.Confirm(theirs, part.ID, part.Version, w.decision(w.partner, "proposed_on = '2026-03-01'"), "")
	w.refused(err, fault.Invalid, "participation_confirmed_by_decision")
	_, err = w.service.Confirm(theirs, part.ID, part.Version, w.decision(w.outside, "visibility = 'MUNICIPALITY'"), "")
	w.refused(err, fault.NotFound, "")
	part = must(w.service.Confirm(theirs, part.ID, part.Version, w.decision(w.partner, "meeting_date = '2026-03-02'"), ""))(t)
	if part.State != collaboration.Confirmed || *part.ConfirmedOn != day("2026-03-16") {
		t.Errorf("it is confirmed as %+v", part)
	}
	_, err = w.service.SetTerms(host, part.ID, part.Version, func(p *collaboration.Participation) { p.CostSharePercent = ptr(70.) })
	w.refused(err, fault.Invalid, "participation_terms_settled")

	_, err = w.service.Step(theirs, part.ID, part.Version, "WITHDRAWN", nil, "")
	w.refused(err, fault.Invalid, "participation_reason_given")
	_, err = w.service.Step(theirs, part.ID, part.Version, "DECISION_PENDING", nil, "")
	w.refused(err, fault.Invalid, "participation_step_back_comment")
	_, err = w.service.Step(theirs, part.ID, part.Version, "COMPLETED", nil, "")
	w.refused(err, fault.Invalid, "participation_step")
	part = must(w.service.Step(theirs, part.ID, part.Version, "DECISION_PENDING", nil, "Beslutet tas om"))(t)
	part = must(w.service.SetTerms(host, part.ID, part.Version, func(p *collaboration.Participation) { p.CostSharePercent = ptr(40.) }))(t)
	part = must(w.service.Step(theirs, part.ID, part.Version, "CONFIRMED", nil, ""))(t) // the decision stands
	part = must(w.service.Step(theirs, part.ID, part.Version, "ACTIVE", nil, ""))(t)
	part = must(w.service.Step(theirs, part.ID, part.Version, "WITHDRAWN", ptr("Ingen budget"), ""))(t)
	if *part.Reason != "Ingen budget" {
		t.Errorf("the reason is %v", part.Reason)
	}
}

// A municipality joins by itself a project that is open, and registers what holds already.
// A participation that was put in by mistake is taken back by the project's host until it is
// confirmed, and may be put in anew; the host's own stays.
func TestAParticipationIsTakenBack(t *testing.T) {
	w := newWorld(t)
	host, theirs := w.as(w.home, access.ProjectEditor), w.as(w.partner, access.ProjectEditor)
	p := w.project("bygglov")
	all := func() []*collaboration.Participation {
		return must(w.service.ParticipationsOfEach(w.ctx, w.reading(), collaboration.ParticipationFilter{}, "CREATED", false, []uuid.UUID{p.ID}, page.Args{}))(t)[0].Nodes()
	}
	_, err := w.service.ArchiveParticipation(host, all()[0].ID, 1, "")
	w.refused(err, fault.Invalid, "participation_host_stays")
	part := w.invite(p, w.partner)
	_, err = w.service.ArchiveParticipation(theirs, part.ID, part.Version, "")
	w.refused(err, fault.Forbidden, "")
	part = must(w.service.Confirm(theirs, part.ID, part.Version, w.decision(w.partner, "meeting_date = '2026-03-02'"), ""))(t)
	_, err = w.service.ArchiveParticipation(host, part.ID, part.Version, "")
	w.refused(err, fault.Invalid, "participation_settled")
	part = must(w.service.Step(theirs, part.ID, part.Version, "DECISION_PENDING", nil, "Fel projekt"))(t)
	if part = must(w.service.ArchiveParticipation(host, part.ID, part.Version, "Fel projekt"))(t); part.ArchivedAt == nil || len(all()) != 1 {
		t.Errorf("it stays as %+v", part)
	}
	if again := w.invite(p, w.partner); again.ID == part.ID || len(all()) != 2 {
		t.Error("it is not put in anew")
	}
}

func TestAMunicipalityJoins(t *testing.T) {
	w := newWorld(t)
	theirs := w.as(w.partner, access.Director)
	p := w.project("bygglov")
	join := collaboration.Participation{MunicipalityID: w.partner.ID, SharedProjectID: p.ID, Role: "ADOPTER"}
	_, err := w.service.Join(theirs, join)
	w.refused(err, fault.Invalid, "shared_project_not_open")
	_, err = w.service.UpdateProject(w.ctx, p.ID, p.Version, func(p *collaboration.SharedProject) { p.OpenToJoin = true })
	w.refused(err, fault.Invalid, "shared_project_terms_given")
	p = must(w.service.UpdateProject(w.ctx, p.ID, p.Version, func(p *collaboration.SharedProject) { p.OpenToJoin, p.JoinTermsSv = true, ptr("Delad kostnad") }))(t)
	_, err = w.service.Join(w.as(w.home, access.Director), join)
	w.refused(err, fault.Forbidden, "")
	if part := must(w.service.Join(theirs, join))(t); part.State != collaboration.Interested || part.ProposedByID != nil {
		t.Errorf("it joins as %+v", part)
	}
	_, err = w.service.Join(theirs, join)
	w.refused(err, fault.Invalid, "participation_once")
	_, err = w.service.Join(w.as(w.outside, access.Director), collaboration.Participation{MunicipalityID: w.outside.ID, SharedProjectID: p.ID, Role: "ADOPTER"})
	w.refused(err, fault.NotFound, "")

	other := w.project("pagar", found("OPERATION"))
	holds := collaboration.Participation{MunicipalityID: w.partner.ID, SharedProjectID: other.ID, Role: "FULL_MEMBER", State: "ACTIVE"}
	_, err = w.service.Register(theirs, holds)
	w.refused(err, fault.Invalid, "participation_registered_as_found")
	holds.FoundSource, holds.FoundReason = ptr("Granskningen 2017"), ptr("Deltar utan beslut")
	must(w.service.Register(theirs, holds))(t)
}

// A link to an agreement that is not seen is refused as one to nothing.
func TestAHiddenAgreementIsNotLinkedTo(t *testing.T) {
	w := newWorld(t)
	hidden := must(w.service.CreateAgreement(w.ctx, collaboration.Agreement{MunicipalityID: w.outside.ID, TitleSv: "Dolt", LegalForm: "UNCLEAR", Visibility: "MUNICIPALITY"}))(t)
	p := w.project("bygglov")
	for _, id := range []uuid.UUID{hidden.ID, uuid.New()} {
		_, err := w.service.UpdateProject(w.as(w.home, access.Director), p.ID, p.Version, func(p *collaboration.SharedProject) { p.AgreementID = &id })
		w.refused(err, fault.Invalid, "shared_project_agreement_fk")
	}
}
