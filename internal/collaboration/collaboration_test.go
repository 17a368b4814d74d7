package collaboration_test

import (
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/collaboration"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
)

// sees tells whether a reader of the municipality sees the project.
func (w *world) sees(m *organisation.Municipality, project uuid.UUID) bool {
	w.t.Helper()
	all := must(w.service.SharedProjectsByID(w.as(m, access.Reader), w.reading(), []uuid.UUID{project}))(w.t)
	return all[project] != nil
}

// Who is a member today decides who sees what is shared within a collaboration.
func TestMembersSeeWhatIsShared(t *testing.T) {
	w := newWorld(t)
	p := w.project("bygglov")
	if !w.sees(w.partner, p.ID) || w.sees(w.outside, p.ID) {
		t.Error("a project is seen by other than the members of its collaboration")
	}
	member := must(w.service.AddMember(w.as(w.home, access.Director), collaboration.CollaborationMember{
		CollaborationID: w.cesam.ID, MunicipalityID: w.outside.ID, ValidFrom: day("2026-03-01"), Source: "KS 2026/0005",
	}))(t)
	if !w.sees(w.outside, p.ID) {
		t.Error("a new member does not see the project")
	}
	must(w.service.EndMember(w.as(w.home, access.Admin), member.ID, member.Version, day("2026-03-15"), "Utträde"))(t)
	if w.sees(w.outside, p.ID) {
		t.Error("who was a member until yesterday still sees the project")
	}
}

// A collaboration is written by who keeps it, its members too.
func TestACollaborationIsKeptByOne(t *testing.T) {
	w := newWorld(t)
	member := collaboration.CollaborationMember{CollaborationID: w.cesam.ID, MunicipalityID: w.outside.ID, ValidFrom: day("2026-01-01"), Source: "Avtal"}
	_, err := w.service.AddMember(w.as(w.partner, access.Director), member)
	w.refused(err, fault.Forbidden, "")
	_, err = w.service.AddMember(w.as(w.outside, access.Director), member) // not even itself
	w.refused(err, fault.Forbidden, "")
	_, err = w.service.UpdateCollaboration(w.as(w.partner, access.Admin), w.cesam.ID, 1, func(c *collaboration.Collaboration) { c.NameSv = "Annat" })
	w.refused(err, fault.Forbidden, "")
	_, err = w.service.UpdateCollaboration(w.as(w.home, access.Director), w.cesam.ID, 7, func(*collaboration.Collaboration) {})
	w.refused(err, fault.Conflict, "")
	member.MunicipalityID = w.partner.ID
	_, err = w.service.AddMember(w.as(w.home, access.Director), member)
	w.refused(err, fault.Invalid, "collaboration_member_once")
}

// The state of an agreement follows from its dates.
func TestTheStateOfAnAgreement(t *testing.T) {
	w := newWorld(t)
	a := must(w.service.CreateAgreement(w.as(w.home, access.Director), collaboration.Agreement{
		MunicipalityID: w.home.ID, TitleSv: "Samverkansavtal", LegalForm: "CONTRACT_KL_9_37", SignedOn: ptr(day("2026-03-01")), ValidFrom: ptr(day("2026-04-01")), ValidTo: ptr(day("2027-03-31")), RenewMonths: ptr(12),
	}))(t)
	state := func() collaboration.AgreementState {
		return must(w.service.AgreementStates(w.ctx, w.reading(), []uuid.UUID{a.ID}))(t)[a.ID]
	}
	set := func(set func(*collaboration.Agreement)) {
		a = must(w.service.UpdateAgreement(w.as(w.home, access.Director), a.ID, a.Version, set))(t)
	}
	for _, c := range []struct {
		on   string
		want collaboration.AgreementState
	}{{"2026-03-16", "SIGNED"}, {"2026-04-01", "IN_FORCE"}, {"2028-01-01", "IN_FORCE"}} {
		if w.on(c.on); state() != c.want {
			t.Errorf("on %s it is %s, want %s: it renews itself", c.on, state(), c.want)
		}
	}
	w.on("2026-12-01")
	set(func(a *collaboration.Agreement) { a.NoticeGivenOn = ptr(day("2026-12-01")) })
	if state() != "NOTICE_GIVEN" {
		t.Errorf("after notice it is %s", state())
	}
	if w.on("2027-04-01"); state() != "EXPIRED" {
		t.Errorf("after notice and its end it is %s", state())
	}
	set(func(a *collaboration.Agreement) { a.TerminatedOn = ptr(day("2027-01-31")) })
	if state() != "TERMINATED" {
		t.Errorf("after its termination it is %s", state())
	}
	_, err := w.service.CreateAgreement(w.ctx, collaboration.Agreement{MunicipalityID: w.home.ID, TitleSv: "Muntligt", LegalForm: "UNCLEAR", ValidFrom: ptr(day("2015-01-01"))})
	w.refused(err, fault.Invalid, "agreement_valid_when_signed")
	must(w.service.CreateAgreement(w.ctx, collaboration.Agreement{
		MunicipalityID: w.home.ID, TitleSv: "Muntligt", LegalForm: "UNCLEAR", ValidFrom: ptr(day("2015-01-01")), FoundSource: ptr("Granskningen"), FoundReason: ptr("Tillämpas utan avtal"),
	}))(t)
}

// The host adds the parties of an agreement; each party writes its own side, and follows
// the agreement up.
func TestAPartyWritesItsOwnSide(t *testing.T) {
	w := newWorld(t)
	director, theirs := w.as(w.home, access.Director), w.as(w.partner, access.ProjectEditor)
	a := must(w.service.CreateAgreement(director, collaboration.Agreement{MunicipalityID: w.home.ID, CollaborationID: &w.cesam.ID, TitleSv: "Samverkansavtal", LegalForm: "UNCLEAR"}))(t)
	follow := collaboration.AgreementFollowUp{MunicipalityID: w.partner.ID, AgreementID: a.ID, Kind: collaboration.ReportKL938, HeldOn: day("2026-02-01"), Year: 2025}
	_, err := w.service.AddFollowUp(theirs, follow)
	w.refused(err, fault.Invalid, "agreement_follow_up_party")
	_, err = w.service.AddParty(w.as(w.partner, access.Director), collaboration.AgreementParty{MunicipalityID: w.partner.ID, AgreementID: a.ID})
	w.refused(err, fault.Forbidden, "")
	p := must(w.service.AddParty(director, collaboration.AgreementParty{MunicipalityID: w.partner.ID, AgreementID: a.ID}))(t)
	signed := func(p *collaboration.AgreementParty) {
		p.SignedBy, p.SignedOn, p.DiaryNumber = ptr("kommundirektör"), ptr(day("2026-02-01")), ptr("KS 2026/12")
	}
	_, err = w.service.UpdateParty(director, p.ID, p.Version, signed)
	w.refused(err, fault.Forbidden, "")
	p = must(w.service.UpdateParty(theirs, p.ID, p.Version, signed))(t)
	if *p.DiaryNumber != "KS 2026/12" || p.CaseID == nil {
		t.Errorf("the diary number is kept as %q, of case %v: want it as written, and its case", *p.DiaryNumber, p.CaseID)
	}
	p = must(w.service.UpdateParty(theirs, p.ID, p.Version, func(p *collaboration.AgreementParty) { p.DiaryNumber = ptr("muntligt") }))(t)
	if p.CaseID != nil {
		t.Error("a number that is not understood has a case")
	}
	f := must(w.service.AddFollowUp(theirs, follow))(t)
	_, err = w.service.UpdateFollowUp(director, f.ID, f.Version, func(f *collaboration.AgreementFollowUp) { f.Year = 2024 })
	w.refused(err, fault.Forbidden, "")
	pages := must(w.service.PartiesOfEach(w.ctx, w.reading(), "MUNICIPALITY", false, []uuid.UUID{a.ID}, page.Args{}))(t)
	if len(pages[0].Nodes()) != 2 {
		t.Errorf("the agreement has %d parties, want its host and the one that was added", len(pages[0].Nodes()))
	}
}

// A party and a follow-up that were put in by mistake are taken back by whoever put them in,
// and may be put in anew.
func TestAPartyIsTakenBack(t *testing.T) {
	w := newWorld(t)
	director, theirs := w.as(w.home, access.Director), w.as(w.partner, access.Director)
	a := must(w.service.CreateAgreement(director, collaboration.Agreement{MunicipalityID: w.home.ID, CollaborationID: &w.cesam.ID, TitleSv: "Samverkansavtal", LegalForm: "UNCLEAR"}))(t)
	parties := func() []*collaboration.AgreementParty {
		return must(w.service.PartiesOfEach(w.ctx, w.reading(), "MUNICIPALITY", false, []uuid.UUID{a.ID}, page.Args{}))(t)[0].Nodes()
	}
	_, err := w.service.ArchiveParty(director, parties()[0].ID, 1, "")
	w.refused(err, fault.Invalid, "agreement_party_host")
	add := collaboration.AgreementParty{MunicipalityID: w.partner.ID, AgreementID: a.ID}
	p := must(w.service.AddParty(director, add))(t)
	_, err = w.service.ArchiveParty(theirs, p.ID, p.Version, "")
	w.refused(err, fault.Forbidden, "")
	p = must(w.service.UpdateParty(theirs, p.ID, p.Version, func(p *collaboration.AgreementParty) { p.SignedOn = ptr(day("2026-02-01")) }))(t)
	_, err = w.service.ArchiveParty(director, p.ID, p.Version, "")
	w.refused(err, fault.Invalid, "agreement_party_signed")
	f := must(w.service.AddFollowUp(theirs, collaboration.AgreementFollowUp{MunicipalityID: w.partner.ID, AgreementID: a.ID, Kind: collaboration.ReportKL938, HeldOn: day("2026-02-01"), Year: 2025}))(t)
	_, err = w.service.ArchiveFollowUp(director, f.ID, f.Version, "")
	w.refused(err, fault.Forbidden, "")
	if f = must(w.service.ArchiveFollowUp(theirs, f.ID, f.Version, "Fel avtal"))(t); f.ArchivedAt == nil {
		t.Error("the follow-up stays")
	}
	p = must(w.service.UpdateParty(theirs, p.ID, p.Version, func(p *collaboration.AgreementParty) { p.SignedOn = nil }))(t)
	must(w.service.ArchiveParty(director, p.ID, p.Version, "Fel kommun"))(t)
	if left := parties(); len(left) != 1 {
		t.Errorf("%d parties are left", len(left))
	}
	// Who is no party any more sees what is for the parties no longer.
	if seen := must(w.service.PartiesByID(w.as(w.outside, access.Director), w.reading(), []uuid.UUID{p.ID}))(t); len(seen) != 0 {
		t.Error("others see it")
	}
	if again := must(w.service.AddParty(director, add))(t); again.ID == p.ID || len(parties()) != 2 {
		t.Error("it is not added anew")
	}
}

// A shared service is offered; who adopts it gets its own planned e-service, and a list of
// what remains to be done.
func TestAdoptingMakesAnOwnService(t *testing.T) {
	w := newWorld(t)
	shared := must(w.catalogue.CreateShared(w.ctx, eservice.SharedService{MunicipalityID: w.home.ID, Code: "bygglov", NameSv: "Bygglov", Themes: []eservice.Theme{"BUSINESS_WORK"}}))(t)
	editor, theirs := w.as(w.home, access.CatalogueEditor), w.as(w.partner, access.CatalogueEditor)
	offer := must(w.service.CreateOffer(editor, collaboration.ServiceOffer{MunicipalityID: w.home.ID, SharedServiceID: shared.ID, TermsSv: "Fri att använda", ValidFrom: day("2026-01-01"), ValidTo: ptr(day("2026-12-31"))}))(t)
	_, err := w.service.CreateOffer(w.ctx, collaboration.ServiceOffer{MunicipalityID: w.home.ID, SharedServiceID: shared.ID, TermsSv: "Igen", ValidFrom: day("2026-01-01")})
	w.refused(err, fault.Invalid, "service_offer_once")
	other := must(w.catalogue.CreateShared(w.ctx, eservice.SharedService{MunicipalityID: w.home.ID, Code: "skolskjuts", NameSv: "Skolskjuts"}))(t)
	_, err = w.service.CreateOffer(w.ctx, collaboration.ServiceOffer{MunicipalityID: w.partner.ID, SharedServiceID: other.ID, TermsSv: "Andras", ValidFrom: day("2026-01-01")})
	w.refused(err, fault.Invalid, "service_offer_shared_service_fk")

	own := collaboration.OfferAnswer{MunicipalityID: w.home.ID, ServiceOfferID: offer.ID, Answer: "INTERESTED"}
	_, err = w.service.Answer(editor, own, nil)
	w.refused(err, fault.Invalid, "service_offer_own")
	_, err = w.service.Answer(theirs, collaboration.OfferAnswer{MunicipalityID: w.partner.ID, ServiceOfferID: offer.ID, Answer: "DECLINE"}, nil)
	w.refused(err, fault.Invalid, "offer_answer_reason_given")
	_, err = w.service.Answer(w.as(w.outside, access.CatalogueEditor), collaboration.OfferAnswer{MunicipalityID: w.outside.ID, ServiceOfferID: offer.ID, Answer: "JOIN"}, nil)
	w.refused(err, fault.NotFound, "")

	a := must(w.service.Answer(theirs, collaboration.OfferAnswer{MunicipalityID: w.partner.ID, ServiceOfferID: offer.ID, Answer: "INTERESTED"}, nil))(t)
	_, err = w.service.ChangeAnswer(editor, a.ID, a.Version, "JOIN", nil, nil)
	w.refused(err, fault.Forbidden, "")
	_, err = w.service.ChangeAnswer(theirs, a.ID, a.Version, collaboration.Adopt, nil, nil)
	w.refused(err, fault.Invalid, "offer_answer_owner")
	a = must(w.service.ChangeAnswer(theirs, a.ID, a.Version, collaboration.Adopt, nil, &w.units[w.partner.ID].ID))(t)
	made := must(w.catalogue.ByID(w.ctx, w.reading(), []uuid.UUID{*a.EServiceID}))(t)[*a.EServiceID]
	if made.MunicipalityID != w.partner.ID || made.NameSv != "Bygglov" || made.Status != eservice.Planned || *made.SharedServiceID != shared.ID || len(made.Themes) != 1 {
		t.Errorf("the e-service is %+v", made)
	}
	_, err = w.service.ChangeAnswer(theirs, a.ID, a.Version, "JOIN", nil, nil)
	w.refused(err, fault.Invalid, "offer_answer_adopted_stands")

	steps := must(w.service.StepsOfEach(theirs, w.reading(), "STEP", false, []uuid.UUID{a.ID}, page.Args{}))(t)[0].Nodes()
	if len(steps) != 5 || steps[0].Kind != "DECISION" || steps[3].Kind != "OWNER" || steps[3].DoneOn == nil || steps[4].DoneOn != nil {
		t.Fatalf("the steps are %+v", steps)
	}
	tick := func(s *collaboration.AdoptionStep) { s.DoneOn, s.Note = ptr(day("2026-03-16")), ptr("KS § 12") }
	_, err = w.service.UpdateStep(editor, steps[0].ID, 1, tick)
	w.refused(err, fault.NotFound, "") // it is for who adopts alone
	if s := must(w.service.UpdateStep(theirs, steps[0].ID, 1, tick))(t); *s.Note != "KS § 12" || s.Version != 2 {
		t.Errorf("the step is %+v", s)
	}
	w.on("2027-01-01")
	_, err = w.service.Answer(w.ctx, collaboration.OfferAnswer{MunicipalityID: w.outside.ID, ServiceOfferID: offer.ID, Answer: "JOIN"}, nil)
	w.refused(err, fault.Invalid, "service_offer_not_open")
}
