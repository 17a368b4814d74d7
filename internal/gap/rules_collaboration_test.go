package gap_test

import (
	"fmt"

	"github.com/google/uuid"

	"fardplan/internal/collaboration"
	"fardplan/internal/decision"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/thread"
)

// joint is what municipalities do together, over the world.
func (w *world) joint() *collaboration.Service {
	return &collaboration.Service{Keeper: record.Keeper{Journal: w.gaps.Journal}, Gaps: w.gaps, Catalogue: w.catalogue}
}

// agreement registers an agreement in force since 2022, but for what set changes.
func (w *world) agreement(set func(*collaboration.Agreement)) uuid.UUID {
	w.t.Helper()
	a := collaboration.Agreement{MunicipalityID: w.home.ID, TitleSv: "Samverkansavtal", LegalForm: "SIMPLE_COOPERATION", SignedOn: day("2022-01-15"), ValidFrom: day("2022-02-01")}
	set(&a)
	return must(w.joint().CreateAgreement(w.ctx, a))(w.t).ID
}

func (w *world) setAgreement(id uuid.UUID, set func(*collaboration.Agreement)) {
	w.t.Helper()
	must(w.joint().UpdateAgreement(w.ctx, id, w.version("agreement", id), set))(w.t)
}

// agreed breaks and mends a field of an agreement.
func agreed(broken, mended func(*collaboration.Agreement)) ruleCase {
	return ruleCase{
		func(w *world) uuid.UUID { return w.agreement(mended) },
		func(w *world, id uuid.UUID) { w.setAgreement(id, broken) },
		func(w *world, id uuid.UUID) { w.setAgreement(id, mended) },
	}
}

func (w *world) followUp(agreement uuid.UUID, kind collaboration.FollowUpKind, held string, year int) {
	w.t.Helper()
	must(w.joint().AddFollowUp(w.ctx, collaboration.AgreementFollowUp{MunicipalityID: w.home.ID, AgreementID: agreement, Kind: kind, HeldOn: *day(held), Year: year}))(w.t)
}

// part gives the home municipality's part of a record: the table's, by the column.
func (w *world) part(table, column string, of uuid.UUID) uuid.UUID {
	w.t.Helper()
	var ids []uuid.UUID
	w.read(func(r *postgres.Snapshot) (err error) {
		ids, err = postgres.Values[uuid.UUID](w.ctx, r, fmt.Sprintf("SELECT x.id FROM %s x WHERE x.%s = @of AND x.municipality_id = @home", table, column), postgres.Args{"of": of, "home": w.home.ID})
		return err
	})
	return ids[0]
}

// authorised registers a decision of the home municipality and binds it to a record.
func (w *world) authorised(kind string, id uuid.UUID) *decision.Decision {
	w.t.Helper()
	board := must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Kommunstyrelsen", Type: organisation.ExecutiveBoard}))(w.t)
	decisions := &decision.Service{Keeper: record.Keeper{Journal: w.gaps.Journal}, Gaps: w.gaps}
	d := must(decisions.Create(w.ctx, decision.Decision{MunicipalityID: w.home.ID, BodyUnitID: board.ID, TitleSv: "Beslut", Type: "BOARD", MeetingDate: day("2024-03-01"), Visibility: "PUBLIC"}))(w.t)
	err := w.gaps.Journal.Write(w.ctx, "linkRecords", "", func(tx *postgres.Tx) error {
		return thread.Authorise(w.ctx, record.Keeper{Journal: w.gaps.Journal}, tx, w.home.ID, d.ID, thread.End{Kind: kind, ID: id})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// overturn has the newest decision appealed and overturned on a day; without one, neither.
func (w *world) overturn(on string) {
	w.t.Helper()
	var ids []uuid.UUID
	w.read(func(r *postgres.Snapshot) (err error) {
		ids, err = postgres.Values[uuid.UUID](w.ctx, r, "SELECT x.id FROM decision x ORDER BY x.created_at DESC LIMIT 1", nil)
		return err
	})
	decisions := &decision.Service{Keeper: record.Keeper{Journal: w.gaps.Journal}, Gaps: w.gaps}
	must(decisions.Update(w.ctx, ids[0], w.version("decision", ids[0]), "", func(d *decision.Decision) {
		d.AppealedOn, d.OverturnedOn = nil, nil
		if on != "" {
			d.AppealedOn, d.OverturnedOn = day(on), day(on)
		}
	}))(w.t)
}

// project registers a shared project that is under way in a phase, under an agreement.
func (w *world) project(phase collaboration.ProjectPhase, set func(*collaboration.SharedProject)) uuid.UUID {
	w.t.Helper()
	p := collaboration.SharedProject{MunicipalityID: w.home.ID, Code: "bygglov", NameSv: "Bygglov", Phase: phase, Status: "ACTIVE", FoundSource: ptr("Granskningen"), FoundReason: ptr("Pågår")}
	if set != nil {
		set(&p)
	}
	return must(w.joint().CreateProject(w.ctx, p))(w.t).ID
}

func (w *world) setProject(id uuid.UUID, set func(*collaboration.SharedProject)) {
	w.t.Helper()
	must(w.joint().UpdateProject(w.ctx, id, w.version("shared_project", id), set))(w.t)
}

func (w *world) phase(id uuid.UUID, phase collaboration.ProjectPhase) {
	w.t.Helper()
	must(w.joint().SetPhase(w.ctx, id, w.version("shared_project", id), phase, "Prov"))(w.t)
}

// invited asks another municipality to take part in a project, and gives its participation.
func (w *world) invited(project uuid.UUID, percent *float64) uuid.UUID {
	w.t.Helper()
	other := must(w.organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0580", NameSv: "Linköping", DiaryPatterns: []string{"ORGAN YEAR/SERIAL"}}))(w.t)
	return must(w.joint().Propose(w.ctx, collaboration.Participation{MunicipalityID: other.ID, SharedProjectID: project, Role: "PILOT", CostSharePercent: percent}))(w.t).ID
}

// party adds another municipality to an agreement, and gives its part.
func (w *world) party(agreement uuid.UUID) uuid.UUID {
	w.t.Helper()
	other := must(w.organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0580", NameSv: "Linköping", DiaryPatterns: []string{"ORGAN YEAR/SERIAL"}}))(w.t)
	return must(w.joint().AddParty(w.ctx, collaboration.AgreementParty{MunicipalityID: other.ID, AgreementID: agreement}))(w.t).ID
}

// signed has a party sign its agreement on a day.
func (w *world) signed(party uuid.UUID, on string) {
	w.t.Helper()
	must(w.joint().UpdateParty(w.ctx, party, w.version("agreement_party", party), func(p *collaboration.AgreementParty) { p.SignedOn = day(on) }))(w.t)
}

// collaborationCases has each rule of these records.
func collaborationCases() map[string][]ruleCase {
	simple := func(*collaboration.Agreement) {}
	inForce := func(a *collaboration.Agreement) { a.ValidFrom = day("2022-02-01") }
	signed := func(a *collaboration.Agreement) { a.ValidFrom = nil }
	contract := func(a *collaboration.Agreement) { a.LegalForm = "CONTRACT_KL_9_37" }
	homePart := func(w *world, set func(*collaboration.Agreement)) uuid.UUID {
		return w.part("agreement_party", "agreement_id", w.agreement(set))
	}
	agreementOf := func(w *world) uuid.UUID {
		var ids []uuid.UUID
		w.read(func(r *postgres.Snapshot) (err error) {
			ids, err = postgres.Values[uuid.UUID](w.ctx, r, "SELECT x.id FROM agreement x", nil)
			return err
		})
		return ids[0]
	}
	projectOf := func(w *world) uuid.UUID {
		var ids []uuid.UUID
		w.read(func(r *postgres.Snapshot) (err error) {
			ids, err = postgres.Values[uuid.UUID](w.ctx, r, "SELECT x.id FROM shared_project x", nil)
			return err
		})
		return ids[0]
	}
	return map[string][]ruleCase{
		"AGREEMENT_LEGAL_FORM_UNCLEAR": {agreed(
			func(a *collaboration.Agreement) { a.LegalForm = "UNCLEAR" }, func(a *collaboration.Agreement) { a.LegalForm = "SIMPLE_COOPERATION" },
		)},
		"AGREEMENT_NOT_REPORTED_938": {{
			func(w *world) uuid.UUID { return homePart(w, simple) },
			func(w *world, _ uuid.UUID) {
				w.followUp(agreementOf(w), "FOLLOW_UP", "2024-03-01", 2022)
				w.followUp(agreementOf(w), "REPORT_KL_9_38", "2022-03-01", 2021)
				w.setAgreement(agreementOf(w), contract)
			},
			func(w *world, _ uuid.UUID) { w.followUp(agreementOf(w), "REPORT_KL_9_38", "2023-03-01", 2022) },
		}, {
			// The year after is to be reported six months after its end.
			func(w *world) uuid.UUID {
				id := homePart(w, simple)
				w.followUp(agreementOf(w), "REPORT_KL_9_38", "2023-03-01", 2022)
				w.clock.to("2024-06-30")
				w.setAgreement(agreementOf(w), contract)
				return id
			},
			func(w *world, _ uuid.UUID) { w.clock.to("2024-07-01"); w.sweep() },
			func(w *world, _ uuid.UUID) { w.followUp(agreementOf(w), "REPORT_KL_9_38", "2024-06-30", 2023) },
		}, {
			// What the host reports to its council, no other council has been told.
			func(w *world) uuid.UUID {
				homePart(w, simple)
				w.followUp(agreementOf(w), "REPORT_KL_9_38", "2023-03-01", 2022)
				id := w.party(agreementOf(w))
				w.signed(id, "2023-02-01")
				w.setAgreement(agreementOf(w), contract)
				return id
			},
			func(w *world, id uuid.UUID) { w.signed(id, "2022-12-31") },
			func(w *world, id uuid.UUID) {
				w.write("INSERT INTO agreement_follow_up (id, municipality_id, agreement_id, kind, held_on, year) SELECT uuid_v7(), y.municipality_id, y.agreement_id, 'REPORT_KL_9_38', '2023-05-01', 2022 FROM agreement_party y WHERE y.id = @id", postgres.Args{"id": id})
			},
		}},
		"COLLAB_ROLE_NOT_REVIEWED": {{
			func(w *world) uuid.UUID { return w.agreement(simple) },
			func(w *world, id uuid.UUID) {
				w.setAgreement(id, func(a *collaboration.Agreement) { a.FollowUpMonths = ptr(12) })
			},
			func(w *world, id uuid.UUID) { w.followUp(id, "FOLLOW_UP", "2024-03-01", 2023) },
		}},
		"AGREEMENT_EXPIRING": {
			agreed(func(a *collaboration.Agreement) { a.ValidTo = day("2024-06-12") }, func(a *collaboration.Agreement) { a.ValidTo = day("2024-06-13") }),
			agreed(
				func(a *collaboration.Agreement) {
					a.ValidTo, a.RenewMonths, a.NoticeMonths = day("2024-09-12"), ptr(12), ptr(3)
				},
				func(a *collaboration.Agreement) {
					a.ValidTo, a.RenewMonths, a.NoticeMonths = day("2024-09-13"), ptr(12), ptr(3)
				},
			),
			agreed( // in its third term, without a time of notice
				func(a *collaboration.Agreement) { a.ValidTo, a.RenewMonths = day("2022-09-12"), ptr(12) },
				func(a *collaboration.Agreement) { a.ValidTo, a.RenewMonths = day("2022-09-13"), ptr(12) },
			),
			agreed( // notice was given in its second term
				func(a *collaboration.Agreement) {
					a.ValidTo, a.RenewMonths, a.NoticeGivenOn = day("2023-05-31"), ptr(12), day("2023-06-01")
				},
				func(a *collaboration.Agreement) {
					a.ValidTo, a.RenewMonths, a.NoticeGivenOn = day("2023-06-30"), ptr(12), day("2023-07-01")
				},
			),
			agreed( // it is to end before its time
				func(a *collaboration.Agreement) { a.TerminatedOn = day("2024-06-13") },
				func(a *collaboration.Agreement) { a.TerminatedOn = day("2024-06-14") },
			),
		},
		"AGREEMENT_PARTY_NO_DECISION": {
			{
				func(w *world) uuid.UUID { return homePart(w, signed) },
				func(w *world, _ uuid.UUID) { w.setAgreement(agreementOf(w), inForce) },
				func(w *world, id uuid.UUID) { w.authorised("agreement_party", id) },
			},
			{
				func(w *world) uuid.UUID { return homePart(w, signed) },
				func(w *world, _ uuid.UUID) { w.setAgreement(agreementOf(w), inForce) },
				func(w *world, _ uuid.UUID) { w.authorised("agreement", agreementOf(w)) },
			},
			{
				func(w *world) uuid.UUID {
					id := homePart(w, signed)
					w.authorised("agreement_party", id)
					w.setAgreement(agreementOf(w), inForce)
					return id
				},
				func(w *world, _ uuid.UUID) { w.overturn("2024-03-10") },
				func(w *world, _ uuid.UUID) { w.overturn("") },
			},
		},
		"PROJECT_NO_AGREEMENT": {
			{
				func(w *world) uuid.UUID { return w.project("PRESTUDY", nil) },
				func(w *world, id uuid.UUID) { w.phase(id, "PLANNING") },
				func(w *world, id uuid.UUID) {
					a := w.agreement(simple)
					w.setProject(id, func(p *collaboration.SharedProject) { p.AgreementID = &a })
				},
			},
			{
				func(w *world) uuid.UUID {
					a := w.agreement(simple)
					return w.project("OPERATION", func(p *collaboration.SharedProject) { p.AgreementID = &a })
				},
				func(w *world, _ uuid.UUID) {
					w.setAgreement(agreementOf(w), func(a *collaboration.Agreement) { a.TerminatedOn = day("2024-03-01") })
				},
				func(w *world, id uuid.UUID) { w.phase(id, "CLOSED") },
			},
		},
		"PROJECT_COST_SHARES": {{
			func(w *world) uuid.UUID { return w.project("DEVELOPMENT", nil) },
			func(w *world, id uuid.UUID) { w.invited(id, ptr(60.)) },
			func(w *world, id uuid.UUID) {
				host := w.part("participation", "shared_project_id", id)
				must(w.joint().SetTerms(w.ctx, host, w.version("participation", host), func(p *collaboration.Participation) { p.CostSharePercent = ptr(40.) }))(w.t)
			},
		}},
		"SHARED_PROJECT_SLIPPED": {{
			func(w *world) uuid.UUID {
				return w.project("DEVELOPMENT", func(p *collaboration.SharedProject) {
					p.PlannedEnd, p.BaselineEnd = day("2024-12-31"), day("2024-12-01")
				})
			},
			func(w *world, id uuid.UUID) {
				w.setProject(id, func(p *collaboration.SharedProject) { p.PlannedEnd = day("2025-01-01") })
			},
			func(w *world, id uuid.UUID) {
				w.setProject(id, func(p *collaboration.SharedProject) { p.Status, p.ActualEnd = "COMPLETED", day("2024-03-01") })
			},
		}},
		"PROJECT_NO_DECISION_IN_MUNICIPALITY": {
			{
				func(w *world) uuid.UUID {
					return w.part("participation", "shared_project_id", w.project("PLANNING", nil))
				},
				func(w *world, _ uuid.UUID) { w.phase(projectOf(w), "DEVELOPMENT") },
				func(w *world, id uuid.UUID) { w.authorised("participation", id) },
			},
			{
				func(w *world) uuid.UUID {
					id := w.part("participation", "shared_project_id", w.project("PLANNING", nil))
					w.authorised("participation", id)
					w.phase(projectOf(w), "ROLLOUT")
					return id
				},
				func(w *world, _ uuid.UUID) { w.overturn("2024-03-10") },
				func(w *world, id uuid.UUID) {
					must(w.joint().Step(w.ctx, id, w.version("participation", id), "WITHDRAWN", ptr("Upphävt"), ""))(w.t)
				},
			},
			{ // carried out on a decision that has run out since, or that was overturned
				func(w *world) uuid.UUID {
					id := w.part("participation", "shared_project_id", w.project("PLANNING", nil))
					d := w.authorised("participation", id)
					w.setDecision(d.ID, func(d *decision.Decision) { d.ValidTo = day("2024-03-10") })
					w.setProject(projectOf(w), func(p *collaboration.SharedProject) { p.Status, p.ActualEnd = "COMPLETED", day("2024-03-09") })
					w.phase(projectOf(w), "CLOSED")
					return id
				},
				func(w *world, _ uuid.UUID) { w.overturn("2024-03-09") },
				func(w *world, _ uuid.UUID) { w.overturn("") },
			},
			{ // carried out without one; what was cancelled needs none
				func(w *world) uuid.UUID {
					return w.part("participation", "shared_project_id", w.project("PLANNING", nil))
				},
				func(w *world, _ uuid.UUID) {
					w.setProject(projectOf(w), func(p *collaboration.SharedProject) { p.Status, p.ActualEnd = "COMPLETED", day("2024-03-09") })
					w.phase(projectOf(w), "CLOSED")
				},
				func(w *world, _ uuid.UUID) {
					w.setProject(projectOf(w), func(p *collaboration.SharedProject) { p.Status = "CANCELLED" })
				},
			},
		},
		"PARTICIPATION_UNANSWERED": {{
			func(w *world) uuid.UUID { return w.invited(w.project("IDEA", nil), nil) },
			func(w *world, id uuid.UUID) {
				w.clock.addDays(60)
				w.sweep()
				if _, shown := w.shown("PARTICIPATION_UNANSWERED", id); shown {
					w.t.Error("it shows a day too early")
				}
				w.clock.addDays(1)
				w.sweep()
			},
			func(w *world, id uuid.UUID) {
				must(w.joint().Step(w.ctx, id, w.version("participation", id), "INTERESTED", nil, ""))(w.t)
			},
		}},
	}
}
