package gap_test

import (
	"github.com/google/uuid"

	"fardplan/internal/audit"
	"fardplan/internal/document"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

func (w *world) documents() *document.Service {
	return &document.Service{Keeper: record.Keeper{Journal: w.gaps.Journal}}
}

func (w *world) audits() *audit.Service {
	return &audit.Service{Keeper: record.Keeper{Journal: w.gaps.Journal}}
}

// wholeDocument is a document that was found to hold, and that no rule finds anything to say of.
func (w *world) wholeDocument(set func(*document.GoverningDocument)) uuid.UUID {
	w.t.Helper()
	d := document.GoverningDocument{
		MunicipalityID: w.home.ID, TitleSv: "Riktlinje för inköp", Kind: document.Guideline, DiaryNumber: ptr("KS 2013/0644"), Status: document.Adopted,
		DecidedOn: day("2013-09-30"), OwnerUnitID: &w.office.ID, FoundSource: ptr("Granskningen"), FoundReason: ptr("Gällde redan"),
	}
	set(&d)
	return must(w.documents().Create(w.ctx, d))(w.t).ID
}

func (w *world) setDocument(id uuid.UUID, set func(*document.GoverningDocument)) {
	w.t.Helper()
	must(w.documents().Update(w.ctx, id, w.version("governing_document", id), set))(w.t)
}

func (w *world) stepDocument(id uuid.UUID, to document.Status, comment string) {
	w.t.Helper()
	must(w.documents().Step(w.ctx, id, w.version("governing_document", id), document.Transition{To: to, Comment: comment}))(w.t)
}

// strategy is the municipality's strategy.
func (w *world) strategyDocument() uuid.UUID {
	w.t.Helper()
	var ids []uuid.UUID
	w.read(func(r *postgres.Snapshot) (err error) {
		ids, err = postgres.Values[uuid.UUID](w.ctx, r, "SELECT x.id FROM governing_document x WHERE x.kind = 'STRATEGY'", nil)
		return err
	})
	return ids[0]
}

// documented breaks and mends a field of a document.
func documented(broken, mended func(*document.GoverningDocument)) ruleCase {
	return ruleCase{
		func(w *world) uuid.UUID { return w.wholeDocument(mended) },
		func(w *world, id uuid.UUID) { w.setDocument(id, broken) },
		func(w *world, id uuid.UUID) { w.setDocument(id, mended) },
	}
}

// anAudit registers an audit of a year.
func (w *world) anAudit(year int) uuid.UUID {
	w.t.Helper()
	return must(w.audits().CreateAudit(w.ctx, audit.Audit{MunicipalityID: w.home.ID, TitleSv: "Granskning", Year: year, AddresseeUnitID: &w.office.ID}))(w.t).ID
}

// found registers a finding; a deficient one is linked to a goal that is pursued.
func (w *world) found(verdict audit.Verdict) uuid.UUID {
	w.t.Helper()
	id := must(w.audits().CreateFinding(w.ctx, audit.Finding{AuditID: w.anAudit(2017), Code: "F10", TextSv: "Behörigheter finns kvar", Verdict: audit.OK, Severity: audit.High}))(w.t).ID
	if verdict != audit.OK {
		w.tieTo(id, "goal", "ONGOING")
		w.setFinding(id, func(f *audit.Finding) { f.Verdict = verdict })
	}
	return id
}

func (w *world) setFinding(id uuid.UUID, set func(*audit.Finding)) {
	w.t.Helper()
	must(w.audits().UpdateFinding(w.ctx, id, w.version("finding", id), set))(w.t)
}

// sql runs statements in one change.
func (w *world) sql(args postgres.Args, statements ...string) {
	w.t.Helper()
	err := w.gaps.Journal.Write(w.ctx, "prov", "Prov", func(tx *postgres.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(w.ctx, s, args); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// tieTo links a finding to a new goal or initiative of a status.
func (w *world) tieTo(finding uuid.UUID, kind, status string) {
	w.t.Helper()
	made := "INSERT INTO goal (id, municipality_id, code, title_sv, level, status, found_source, found_reason) VALUES (@id, @home, left(@id::uuid::text, 8), 'Säker information', 'GOAL', @status, 'Prov', 'Prov')"
	if kind == "initiative" {
		made = "INSERT INTO initiative (id, municipality_id, title_sv, kind, status) VALUES (@id, @home, 'Ny rutin', 'ACTIVITY', @status)"
	}
	id := uuid.New()
	w.sql(postgres.Args{"id": id, "home": w.home.ID, "status": status, "finding": finding}, made,
		"INSERT INTO record_link (id, municipality_id, finding_id, "+kind+"_id) VALUES (uuid_v7(), @home, @finding, @id)")
}

// recurring is a finding that may repeat one of an earlier audit, linked to what is not yet done.
func (w *world) recurring() (id, earlier uuid.UUID) {
	w.t.Helper()
	earlier = must(w.audits().CreateFinding(w.ctx, audit.Finding{AuditID: w.anAudit(2013), Code: "B3", TextSv: "Avslut brister", Verdict: audit.Proposal, Severity: audit.High}))(w.t).ID
	return w.found(audit.Deficient), earlier
}

// answered is an answer to an audit, due on a day.
func (w *world) answered(due string) uuid.UUID {
	w.t.Helper()
	return must(w.audits().CreateAnswer(w.ctx, audit.FormalAnswer{AuditID: w.anAudit(2023), TitleSv: "Svar", DueOn: *day(due), TextSv: ptr("Vi tar fram en strategi.")}))(w.t).ID
}

// send takes an answer all its steps.
func (w *world) send(id uuid.UUID) {
	w.t.Helper()
	decision := uuid.New()
	w.sql(postgres.Args{"id": decision, "home": w.home.ID, "body": w.office.ID},
		"INSERT INTO decision (id, municipality_id, body_unit_id, title_sv, type, meeting_date) VALUES (@id, @home, @body, 'Svar', 'BOARD', today())")
	for _, t := range []audit.Transition{{To: audit.Drafted}, {To: audit.InReview}, {To: audit.Decided, Decision: &decision}, {To: audit.Sent}} {
		must(w.audits().Step(w.ctx, id, w.version("formal_answer", id), t))(w.t)
	}
}

// documentCases has each rule of these records.
func documentCases() map[string][]ruleCase {
	of := func(kind document.Kind) func(*document.GoverningDocument) {
		return func(d *document.GoverningDocument) { d.Kind, d.DiaryNumber = kind, ptr("KS 2013/0644") }
	}
	unnumbered := func(d *document.GoverningDocument) { d.DiaryNumber = nil }
	reviewed := func(on string) func(*document.GoverningDocument) {
		return func(d *document.GoverningDocument) { d.ReviewDue = day(on) }
	}
	return map[string][]ruleCase{
		"DOC_NO_DNR": {
			documented(unnumbered, of(document.Routine)),
			{
				func(w *world) uuid.UUID {
					return w.wholeDocument(func(d *document.GoverningDocument) { d.Status, d.DiaryNumber = document.InReview, nil })
				},
				func(w *world, id uuid.UUID) { w.stepDocument(id, document.Adopted, "") },
				func(w *world, id uuid.UUID) { w.stepDocument(id, document.Revoked, "") },
			},
		},
		"STRATEGY_NO_DNR": {documented(unnumbered, of(document.Strategy))},
		"DOC_REVIEW_OVERDUE": {
			documented(reviewed("2024-03-14"), reviewed("2024-03-15")),
			{ // it follows from the decision, and the day comes
				func(w *world) uuid.UUID {
					return w.wholeDocument(func(d *document.GoverningDocument) { d.DecidedOn, d.ReviewMonths = day("2023-03-15"), ptr(12) })
				},
				func(w *world, _ uuid.UUID) { w.clock.addDays(1); w.sweep() },
				func(w *world, id uuid.UUID) { w.stepDocument(id, document.UnderRevision, "") },
			},
		},
		"DOC_NO_OWNER": {
			{
				func(w *world) uuid.UUID { return w.wholeDocument(of(document.Plan)) },
				func(w *world, id uuid.UUID) {
					w.setDocument(id, func(d *document.GoverningDocument) { d.OwnerUnitID = nil })
				},
				func(w *world, id uuid.UUID) {
					w.setDocument(id, func(d *document.GoverningDocument) { d.OwnerUnitID = &w.other.ID })
				},
			},
			{
				func(w *world) uuid.UUID {
					return w.wholeDocument(func(d *document.GoverningDocument) { d.OwnerUnitID = &w.other.ID })
				},
				func(w *world, _ uuid.UUID) { w.closeUnit(w.other.ID, "2024-03-14", &w.office.ID) },
				func(w *world, id uuid.UUID) {
					w.setDocument(id, func(d *document.GoverningDocument) { d.OwnerUnitID = &w.office.ID })
				},
			},
		},
		"STRATEGY_MISSING": {
			{
				func(w *world) uuid.UUID { return w.home.ID },
				func(w *world, _ uuid.UUID) { w.stepDocument(w.strategyDocument(), document.Revoked, "") },
				func(w *world, _ uuid.UUID) {
					w.stepDocument(w.strategyDocument(), document.Adopted, "Upphävd av misstag")
				},
			},
			{ // it ends, and another is adopted
				func(w *world) uuid.UUID {
					w.setDocument(w.strategyDocument(), func(d *document.GoverningDocument) { d.ValidTo = day("2024-03-15") })
					return w.home.ID
				},
				func(w *world, _ uuid.UUID) { w.clock.addDays(1); w.sweep() },
				func(w *world, _ uuid.UUID) { w.wholeDocument(of(document.Strategy)) },
			},
			{ // a municipality with units, and an example
				func(w *world) uuid.UUID {
					return must(w.organisation.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: "0562", NameSv: "Finspång", DiaryPatterns: []string{"YY/SERIAL"}}))(w.t).ID
				},
				func(w *world, id uuid.UUID) {
					must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: id, NameSv: "Kontoret", Type: organisation.Department}))(w.t)
				},
				func(w *world, id uuid.UUID) {
					must(w.organisation.UpdateMunicipality(w.ctx, id, w.version("municipality", id), func(m *organisation.Municipality) { m.IsExample = true }))(w.t)
				},
			},
		},
		"FINDING_NO_ACTION": {
			{
				func(w *world) uuid.UUID { return w.found(audit.OK) },
				func(w *world, id uuid.UUID) {
					w.setFinding(id, func(f *audit.Finding) { f.Verdict = audit.Partial })
				},
				func(w *world, id uuid.UUID) { w.tieTo(id, "initiative", "PLANNED") },
			},
			{ // what was to mend it is given up, and taken up again
				func(w *world) uuid.UUID { return w.found(audit.Deficient) },
				func(w *world, _ uuid.UUID) { w.sql(nil, "UPDATE goal SET status = 'REVOKED'") },
				func(w *world, _ uuid.UUID) { w.sql(nil, "UPDATE goal SET status = 'PROPOSED'") },
			},
			{ // the link is taken away, and the audit
				func(w *world) uuid.UUID { return w.found(audit.Deficient) },
				func(w *world, _ uuid.UUID) { w.sql(nil, "UPDATE record_link SET archived_at = instant()") },
				func(w *world, _ uuid.UUID) { w.sql(nil, "UPDATE audit SET archived_at = instant()") },
			},
		},
		"FINDING_RECURRING": {
			{
				func(w *world) uuid.UUID { id, _ := w.recurring(); return id },
				func(w *world, id uuid.UUID) {
					var earlier []uuid.UUID
					w.read(func(r *postgres.Snapshot) (err error) {
						earlier, err = postgres.Values[uuid.UUID](w.ctx, r, "SELECT x.id FROM finding x WHERE x.code = 'B3'", nil)
						return err
					})
					w.setFinding(id, func(f *audit.Finding) { f.RecurrenceOfID = &earlier[0] })
				},
				func(w *world, _ uuid.UUID) { w.sql(nil, "UPDATE goal SET status = 'ACHIEVED'") },
			},
			{
				func(w *world) uuid.UUID {
					id, earlier := w.recurring()
					w.setFinding(id, func(f *audit.Finding) { f.Verdict, f.RecurrenceOfID = audit.MostlyOK, &earlier })
					return id
				},
				func(w *world, id uuid.UUID) {
					w.setFinding(id, func(f *audit.Finding) { f.Verdict = audit.Deficient })
				},
				func(w *world, id uuid.UUID) {
					w.tieTo(id, "initiative", "PLANNED")
					w.sql(nil, "UPDATE initiative SET status = 'DONE', actual_end = today()")
				},
			},
		},
		"ANSWER_DUE": {
			{
				func(w *world) uuid.UUID { return w.answered("2024-04-15") },
				func(w *world, _ uuid.UUID) { w.clock.addDays(1); w.sweep() },
				func(w *world, id uuid.UUID) { w.send(id) },
			},
			{ // it is late then, which is another gap
				func(w *world) uuid.UUID { return w.answered("2024-06-01") },
				func(w *world, id uuid.UUID) {
					must(w.audits().UpdateAnswer(w.ctx, id, w.version("formal_answer", id), func(a *audit.FormalAnswer) { a.DueOn = *day("2024-03-15") }))(w.t)
				},
				func(w *world, _ uuid.UUID) { w.clock.addDays(1); w.sweep() },
			},
		},
		"ANSWER_LATE": {{
			func(w *world) uuid.UUID { return w.answered("2024-03-15") },
			func(w *world, _ uuid.UUID) { w.clock.addDays(1); w.sweep() },
			func(w *world, id uuid.UUID) { w.send(id) },
		}},
	}
}
