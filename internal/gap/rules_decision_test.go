package gap_test

import (
	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/thread"
)

func (w *world) keeper() record.Keeper {
	return record.Keeper{Journal: w.gaps.Journal, Policy: access.Policy{}}
}

func (w *world) decisions() *decision.Service {
	return &decision.Service{Keeper: w.keeper(), Gaps: w.gaps}
}

// decided registers a decision that no rule finds anything to say of, but for what set changes.
func (w *world) decided(set func(*decision.Decision)) *decision.Decision {
	w.t.Helper()
	taken, number := date.Of(w.clock.now()), "KS 2024/0044"
	d := decision.Decision{
		MunicipalityID: w.home.ID, BodyUnitID: w.office.ID, TitleSv: "Strategi för e-tjänster", Type: decision.ByBoard, DiaryNumber: &number,
		MeetingDate: &taken, LegallyBindingOn: &taken, Visibility: eservice.Public,
	}
	set(&d)
	return must(w.decisions().Create(w.ctx, d))(w.t)
}

func (w *world) setDecision(id uuid.UUID, set func(*decision.Decision)) {
	w.t.Helper()
	must(w.decisions().Update(w.ctx, id, w.version("decision", id), "", set))(w.t)
}

// caseOf gives the case that a decision is in.
func (w *world) caseOf(id uuid.UUID) (in uuid.UUID) {
	w.t.Helper()
	w.read(func(r *postgres.Snapshot) error {
		ids, err := postgres.Values[uuid.UUID](w.ctx, r, "SELECT x.case_id FROM decision x WHERE x.id = @id", postgres.Args{"id": id})
		in = ids[0]
		return err
	})
	return in
}

func (w *world) setCase(id uuid.UUID, set func(*decision.Case)) {
	w.t.Helper()
	must(w.decisions().UpdateCase(w.ctx, id, w.version("diary_case", id), set))(w.t)
}

// ofDecision breaks and mends fields of a decision.
func ofDecision(broken, mended func(*decision.Decision)) ruleCase {
	return ruleCase{
		func(w *world) uuid.UUID { return w.decided(mended).ID },
		func(w *world, id uuid.UUID) { w.setDecision(id, broken) },
		func(w *world, id uuid.UUID) { w.setDecision(id, mended) },
	}
}

// waits lets days go by, of which the last brings a gap to a record.
func (w *world) waits(id uuid.UUID, days int) {
	w.t.Helper()
	w.clock.addDays(days - 1)
	w.sweep()
	if code, shown := w.first(id); shown {
		w.t.Errorf("%s shows a day too early", code)
	}
	w.clock.addDays(1)
	w.sweep()
}

// bind lets a decision authorise the e-service.
func (w *world) bind(decided, service uuid.UUID) *thread.Link {
	w.t.Helper()
	purpose := thread.Authorises
	return must((&thread.Service{Keeper: w.keeper()}).Link(w.ctx, w.home.ID, thread.End{Kind: "decision", ID: decided}, thread.End{Kind: "e_service", ID: service}, &purpose, nil))(w.t)
}

// goal registers a goal of the home municipality.
func (w *world) goal() (id uuid.UUID) {
	w.t.Helper()
	err := w.gaps.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) (err error) {
		ids, err := postgres.Values[uuid.UUID](w.ctx, tx, "INSERT INTO goal (id, municipality_id, code, title_sv, level, status) VALUES (uuid_v7(), @home, 'M1', 'Mål', 'GOAL', 'PROPOSED') RETURNING id", postgres.Args{"home": w.home.ID})
		id = ids[0]
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// write runs a statement as a change of its own.
func (w *world) write(sql string, args postgres.Args) {
	w.t.Helper()
	if err := w.gaps.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) error {
		_, err := tx.Exec(w.ctx, sql, args)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

// serve links a record to a goal.
func (w *world) serve(kind string, id, goal uuid.UUID) *thread.Link {
	w.t.Helper()
	return must((&thread.Service{Keeper: w.keeper()}).Link(w.ctx, w.home.ID, thread.End{Kind: kind, ID: id}, thread.End{Kind: "goal", ID: goal}, nil, nil))(w.t)
}

func (w *world) unbind(l *thread.Link) {
	w.t.Helper()
	must((&thread.Service{Keeper: w.keeper()}).Unlink(w.ctx, l.ID, l.Version, ""))(w.t)
}

// waived is a waiver of the office by the decision, for a month.
func (w *world) waived(by uuid.UUID) *decision.Waiver {
	w.t.Helper()
	return must(w.decisions().Grant(w.ctx, decision.Waiver{
		MunicipalityID: w.home.ID, DecisionID: by, Rule: "UNIT_CLOSED_PARENT", ObjectKind: "unit", ObjectID: w.office.ID, ReasonSv: "Skäl", ExpiresOn: date.Of(w.clock.now()).AddDays(30),
	}))(w.t)
}

func (w *world) withdraw(id uuid.UUID) {
	w.t.Helper()
	must(w.decisions().Withdraw(w.ctx, id, w.version("waiver", id), ""))(w.t)
}

// decisionCases has each rule of these records.
func decisionCases() map[string][]ruleCase {
	plain := func(*decision.Decision) {}
	var link *thread.Link
	var twin uuid.UUID
	return map[string][]ruleCase{
		"CASE_NUMBER_NOT_UNDERSTOOD": {{
			func(w *world) uuid.UUID {
				return must(w.decisions().CreateCase(w.ctx, decision.Case{MunicipalityID: w.home.ID, TitleSv: "Ärende", DiaryNumber: "KS 2024/1", Visibility: eservice.Public}))(w.t).ID
			},
			func(w *world, id uuid.UUID) {
				must(w.decisions().UpdateCase(w.ctx, id, w.version("diary_case", id), func(c *decision.Case) { c.DiaryNumber = "okänt" }))(w.t)
			},
			func(w *world, id uuid.UUID) {
				must(w.decisions().UpdateCase(w.ctx, id, w.version("diary_case", id), func(c *decision.Case) { c.DiaryNumber = "KS-1/2024" }))(w.t)
			},
		}},
		"DECISION_NUMBER_NOT_UNDERSTOOD": {ofDecision(
			func(d *decision.Decision) { d.DiaryNumber, d.CaseID = ptr("okänt"), nil },
			func(d *decision.Decision) { d.DiaryNumber = ptr("KS 2024/2") },
		)},
		"DECISION_NO_NUMBER": {
			ofDecision(func(d *decision.Decision) { d.DiaryNumber, d.CaseID = nil, nil }, func(d *decision.Decision) { d.DiaryNumber = ptr("KS 2024/3") }),
			// What is prepared needs none until it is taken.
			{
				func(w *world) uuid.UUID {
					return w.decided(func(d *decision.Decision) {
						coming := date.Of(w.clock.now()).AddDays(10)
						d.DiaryNumber, d.MeetingDate, d.LegallyBindingOn = nil, &coming, nil
					}).ID
				},
				func(w *world, id uuid.UUID) { w.waits(id, 10) },
				func(w *world, id uuid.UUID) {
					w.setDecision(id, func(d *decision.Decision) { d.DiaryNumber = ptr("KS 2024/4") })
				},
			},
		},
		"DECISION_NUMBER_IN_TWO_CASES": {
			// The case was registered under a wrong number, which another decision bears: its
			// case gets the right one.
			{
				func(w *world) uuid.UUID { return w.decided(plain).ID },
				func(w *world, id uuid.UUID) {
					w.setCase(w.caseOf(id), func(c *decision.Case) { c.DiaryNumber = "KS 2024/0045" })
					twin = w.decided(func(d *decision.Decision) { d.DiaryNumber = ptr("ks 2024/0044") }).ID
				},
				func(w *world, _ uuid.UUID) {
					w.setDecision(twin, func(d *decision.Decision) { d.DiaryNumber = ptr("KS 2024/0046") })
				},
			},
			// The case gets its number back, and so is the other's.
			{
				func(w *world) uuid.UUID { return w.decided(plain).ID },
				func(w *world, id uuid.UUID) {
					w.setCase(w.caseOf(id), func(c *decision.Case) { c.DiaryNumber = "KS 2024/0045" })
					twin = w.decided(plain).ID
				},
				func(w *world, id uuid.UUID) {
					w.setDecision(twin, func(d *decision.Decision) { d.DiaryNumber, d.CaseID = nil, nil })
				},
			},
			// The case was archived, and another was begun of its number in another notation.
			{
				func(w *world) uuid.UUID { return w.decided(plain).ID },
				func(w *world, id uuid.UUID) {
					archived := w.caseOf(id)
					must(w.decisions().ArchiveCase(w.ctx, archived, w.version("diary_case", archived), "Fel"))(w.t)
					w.decided(func(d *decision.Decision) { d.DiaryNumber = ptr("KS-44/2024") })
				},
				func(w *world, id uuid.UUID) {
					w.setDecision(id, func(d *decision.Decision) { d.DiaryNumber = ptr("KS 2024/44") })
				},
			},
		},
		"DECISION_NUMBER_AHEAD": {
			ofDecision(func(d *decision.Decision) { d.MeetingDate = day("2023-12-20") }, func(d *decision.Decision) { d.MeetingDate = day("2024-01-02") }),
			{
				func(w *world) uuid.UUID { return w.decided(plain).ID },
				func(w *world, id uuid.UUID) {
					w.setCase(w.caseOf(id), func(c *decision.Case) { c.DiaryNumber = "KS 2025/0044" })
				},
				// A case that has run for years.
				func(w *world, id uuid.UUID) {
					w.setCase(w.caseOf(id), func(c *decision.Case) { c.DiaryNumber = "KS 2019/0044" })
				},
			},
		},
		"DECISION_NOT_BINDING": {
			{
				func(w *world) uuid.UUID { return w.decided(func(d *decision.Decision) { d.LegallyBindingOn = nil }).ID },
				func(w *world, id uuid.UUID) { w.bind(id, w.service(nothing).ID) },
				func(w *world, id uuid.UUID) {
					w.setDecision(id, func(d *decision.Decision) { d.LegallyBindingOn = d.MeetingDate })
				},
			},
			{
				func(w *world) uuid.UUID { return w.decided(func(d *decision.Decision) { d.LegallyBindingOn = nil }).ID },
				func(w *world, id uuid.UUID) { link = w.bind(id, w.service(nothing).ID) },
				func(w *world, _ uuid.UUID) { w.unbind(link) },
			},
		},
		"DECISION_EXPIRING": {{
			func(w *world) uuid.UUID {
				return w.decided(func(d *decision.Decision) { d.ValidTo = ptr(date.Of(w.clock.now()).AddDays(99)) }).ID
			},
			func(w *world, id uuid.UUID) { w.waits(id, 10) },
			func(w *world, id uuid.UUID) {
				w.setDecision(id, func(d *decision.Decision) { d.ValidTo = ptr(d.ValidTo.AddDays(365)) })
			},
		}},
		"DECISION_APPEALED": {
			ofDecision(func(d *decision.Decision) { d.AppealedOn = d.MeetingDate }, func(d *decision.Decision) { d.AppealedOn = nil }),
			ofDecision(func(d *decision.Decision) { d.AppealedOn, d.AppealSettledOn = d.MeetingDate, nil }, func(d *decision.Decision) { d.AppealedOn, d.AppealSettledOn = d.MeetingDate, d.MeetingDate }),
		},
		"DELEGATION_NOT_REPORTED": {{
			func(w *world) uuid.UUID {
				return w.decided(func(d *decision.Decision) { d.Type, d.DelegationRef = decision.ByDelegation, ptr("3.2") }).ID
			},
			func(w *world, id uuid.UUID) { w.waits(id, 61) },
			func(w *world, id uuid.UUID) {
				w.setDecision(id, func(d *decision.Decision) { d.ReportedOn = d.MeetingDate })
			},
		}},
		"WAIVER_EXPIRED": {
			{
				func(w *world) uuid.UUID { return w.waived(w.decided(plain).ID).ID },
				func(w *world, id uuid.UUID) { w.waits(id, 31) },
				func(w *world, id uuid.UUID) { w.withdraw(id) },
			},
			// Its decision is appealed.
			{
				func(w *world) uuid.UUID { return w.waived(w.decided(plain).ID).ID },
				func(w *world, id uuid.UUID) {
					w.setDecision(w.by(id), func(d *decision.Decision) { d.AppealedOn = d.MeetingDate })
				},
				func(w *world, id uuid.UUID) {
					w.setDecision(w.by(id), func(d *decision.Decision) { d.AppealSettledOn = d.MeetingDate })
				},
			},
		},
		"ESERVICE_NO_GOAL": {
			{
				func(w *world) uuid.UUID { return w.service(nothing).ID },
				func(w *world, _ uuid.UUID) { w.goal() },
				func(w *world, _ uuid.UUID) {
					w.write("UPDATE goal SET archived_at = instant() WHERE municipality_id = @home", postgres.Args{"home": w.home.ID})
				},
			},
			// The e-service serves what its shared service does.
			{
				func(w *world) uuid.UUID {
					shared := must(w.catalogue.CreateShared(w.ctx, eservice.SharedService{MunicipalityID: w.home.ID, Code: "plats", NameSv: "Plats", Visibility: eservice.Public}))(w.t)
					link = w.serve("shared_service", shared.ID, w.goal())
					return w.service(func(e *eservice.EService) { e.SharedServiceID = &shared.ID }).ID
				},
				func(w *world, _ uuid.UUID) { w.unbind(link) },
				func(w *world, id uuid.UUID) { link = w.serve("e_service", id, *link.GoalID) },
			},
		},
	}
}

// by gives the decision that a waiver rests on.
func (w *world) by(waiver uuid.UUID) (id uuid.UUID) {
	w.t.Helper()
	w.read(func(r *postgres.Snapshot) error {
		ids, err := postgres.Values[uuid.UUID](w.ctx, r, "SELECT decision_id FROM waiver WHERE id = @id", postgres.Args{"id": waiver})
		id = ids[0]
		return err
	})
	return id
}
