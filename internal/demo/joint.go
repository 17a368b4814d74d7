package demo

import (
	"fardplan/internal/access"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
	"fardplan/internal/strategy"
	"fardplan/internal/thread"
)

// What is known of the collaboration is what the audit says; when it began is not known.
const (
	collaborationSource = "Granskningen " + auditNumber + " (" + auditDay + "), avsnitt 4.6, nämner Norrköping som part i samverkan Cesam Öst. När medlemskapet började framgår inte; dagen är granskningens."
	memberSource        = "Exempel: medlemskapet är påhittat för demonstrationen. Granskningen " + auditNumber + " säger att sex andra kommuner i Östergötland är med men namnger dem inte."
)

// part is a municipality's part in a project: where it ends, and the decision behind it.
type part struct {
	scb   string
	role  collaboration.ParticipationRole
	final collaboration.ParticipationState
	// outcome is of its decision; empty: it has none.
	outcome outcome
	share   float64 // of the costs, in per cent; 0: none
	days    int     // between its steps; 0: the project's
	reason  string  // that it declined or withdrew
	found   bool    // it took part before it was registered
}

// venture is a shared project that the story makes up.
type venture struct {
	code, name, nameEn, summary, summaryEn string
	host                                   string
	begun                                  int // days into the story when it is registered
	pace                                   int // days between the steps of the parts
	found                                  collaboration.ProjectPhase
	phases                                 []int // the days of the phases after the first
	status                                 collaboration.ProjectStatus
	health                                 collaboration.Health
	comment                                string // on its health
	from, to, slip                         int    // as planned, days into the story
	agreement                              string
	budget                                 float64
	key                                    collaboration.CostKey
	terms, termsEn                         string // for who wants to join; empty: it is not open
	lessons                                string
	visibility                             eservice.Visibility
	goals                                  []string // of the home municipality
	shared                                 int      // how many shared services it makes
	parts                                  []part
}

// phaseOrder is the order of a project's life.
var phaseOrder = []collaboration.ProjectPhase{"IDEA", "PRESTUDY", "PLANNING", "DEVELOPMENT", "ROLLOUT", "OPERATION", "CLOSED"}

var ventures = []venture{
	{
		code: "gemensam-e-tjansteutveckling", name: "Gemensam e-tjänsteutveckling i Cesam Öst", nameEn: "Joint development of e-services in Cesam Öst", host: "0580",
		summary:   "Kommunerna utvecklar e-tjänster tillsammans och delar formulär, texter och erfarenheter. Bygger på avtalet som granskningen " + auditNumber + " nämner; allt annat är påhittat.",
		summaryEn: "The municipalities develop e-services together and share forms, texts and experience. It rests on the agreement that the audit " + auditNumber + " names; all else is made up.",
		begun:     9, pace: 20, found: "OPERATION", status: "ACTIVE", health: "AMBER", comment: "Arbetet går framåt men flera deltagare saknar eget beslut.", from: -400, to: 1000, agreement: "cesam", key: "INHABITANTS", budget: 1_500_000, visibility: eservice.Public,
		goals: []string{"1.1.2", "1.2.1"}, shared: 12,
		parts: []part{
			{scb: "0580", role: collaboration.Host, final: collaboration.Active, outcome: inForce, share: 38, found: true}, {scb: "0581", role: "FULL_MEMBER", final: collaboration.Active, share: 34, found: true},
			{scb: "0583", role: "FULL_MEMBER", final: collaboration.Active, outcome: inForce, share: 10, found: true}, {scb: "0586", role: "FULL_MEMBER", final: collaboration.Active, outcome: ended, share: 6, found: true},
			{scb: "0562", role: "FULL_MEMBER", final: collaboration.Active, outcome: appealed, share: 5, found: true}, {scb: "0582", role: "FULL_MEMBER", final: collaboration.Active, share: 4, found: true},
			{scb: "0561", role: "FULL_MEMBER", final: collaboration.Active, outcome: overturned, share: 3, found: true},
		},
	},
	{
		code: "mina-sidor", name: "Gemensamma Mina sidor", nameEn: "Joint My pages", host: "0580",
		summary: "En inloggad sida där invånaren följer sina ärenden, likadan i alla kommuner som är med.", summaryEn: "A signed-in page where residents follow their errands, the same in each municipality that takes part.",
		begun: 40, pace: 30, phases: []int{110, 230, 400, 610}, status: "ACTIVE", health: "GREEN", comment: "Två kommuner är i gång.", from: 60, to: 780, agreement: "utveckling", key: "INHABITANTS", budget: 4_200_000,
		goals: []string{"1.1"}, shared: 4, terms: "Ny deltagare betalar införandet och sin andel efter invånare från nästa årsskifte.", termsEn: "Who joins pays for its rollout and its share by inhabitants from the next turn of the year.",
		parts: []part{
			{scb: "0580", role: collaboration.Host, final: collaboration.Active, outcome: inForce, share: 45}, {scb: "0581", role: "FULL_MEMBER", final: collaboration.Active, outcome: inForce, share: 40},
			{scb: "0583", role: "PILOT", final: collaboration.Active, outcome: endsSoon, share: 15}, {scb: "0586", role: "ADOPTER", final: collaboration.DecisionPending, outcome: onAgenda, days: 150},
			{scb: "0562", role: "OBSERVER", final: collaboration.Interested}, {scb: "0582", role: "ADOPTER", final: collaboration.Declined, reason: "Vi avvaktar till nästa mandatperiod"},
		},
	},
	{
		code: "e-arkiv", name: "Gemensamt e-arkiv", nameEn: "Joint electronic archive", host: "0581",
		summary: "Ett mellanarkiv för ärenden som har kommit in genom e-tjänster, med gemensam gallring.", summaryEn: "An intermediate archive for errands that came in by e-services, with joint rules of disposal.",
		begun: 90, pace: 35, phases: []int{150, 230, 370}, status: "ACTIVE", health: "RED", comment: "Leveransen är försenad och planen behöver beslutas på nytt.", from: 120, to: 690, slip: 130, agreement: "utveckling", key: "INHABITANTS", budget: 6_000_000,
		goals: []string{"2.1"},
		parts: []part{
			{scb: "0581", role: collaboration.Host, final: collaboration.Active, outcome: inForce, share: 48}, {scb: "0582", role: "FULL_MEMBER", final: collaboration.Active, outcome: inForce, share: 20},
			{scb: "0561", role: "FULL_MEMBER", final: collaboration.Confirmed, outcome: appealed, share: 12}, {scb: "0583", role: "ADOPTER", final: collaboration.Invited, days: 400},
			{scb: "0562", role: "FULL_MEMBER", final: collaboration.Withdrawn, outcome: replaced, share: 20, reason: "Eget arkiv upphandlat"},
		},
	},
	{
		code: "digital-underskrift", name: "Digital underskrift och kvittens", nameEn: "Digital signatures and receipts", host: "0583",
		summary: "Samma underskriftstjänst i alla kommuners e-tjänster.", summaryEn: "The same signing service in the e-services of every municipality.",
		begun: 60, pace: 25, phases: []int{100, 170, 290, 480}, status: "ACTIVE", health: "GREEN", from: 80, to: 760, agreement: "utveckling", key: "EQUAL", budget: 800_000,
		goals: []string{"1.1"}, shared: 3, terms: "Lika delar av driften. Kräver att kommunens e-legitimation är ansluten.", termsEn: "Equal shares of the running costs. The municipality's electronic identification has to be connected.",
		parts: []part{
			{scb: "0583", role: collaboration.Host, final: collaboration.Active, outcome: inForce}, {scb: "0581", role: "FULL_MEMBER", final: collaboration.Active, outcome: endsSoon},
			{scb: "0586", role: "PILOT", final: collaboration.Active, outcome: inForce}, {scb: "0561", role: "ADOPTER", final: collaboration.Confirmed, outcome: justDecided, days: 216},
		},
	},
	{
		code: "paminnelser", name: "Påminnelser om bokade besök", nameEn: "Reminders of booked visits", host: "0562",
		summary: "Påminnelser till den som har bokat tid hos kommunen.", summaryEn: "Reminders to those who have booked a visit at the municipality.",
		begun: 420, pace: 40, phases: []int{500, 640}, status: "ACTIVE", health: "AMBER", comment: "Avtal saknas fast planeringen har börjat.", from: 450, to: 960, key: "USAGE", budget: 300_000,
		terms: "Öppet till och med planeringen. Kostnaden följer antalet meddelanden.", termsEn: "Open until the end of the planning. The cost follows the number of messages.", visibility: eservice.Public,
		parts: []part{
			{scb: "0562", role: collaboration.Host, final: collaboration.Confirmed, outcome: inForce}, {scb: "0581", role: "ADOPTER", final: collaboration.Interested},
			{scb: "0583", role: "ADOPTER", final: collaboration.DecisionPending, outcome: inPreparation}, {scb: "0580", role: "OBSERVER", final: collaboration.Interested},
		},
	},
	{
		code: "svarsstod", name: "Svarsstöd för kontaktcenter", nameEn: "Support for answers in contact centres", host: "0580",
		summary: "Förstudie om gemensamt stöd för den som svarar på invånarnas frågor.", summaryEn: "A prestudy of joint support for those who answer residents' questions.",
		begun: 560, pace: 45, phases: []int{640}, status: "ACTIVE", health: "UNKNOWN", from: 580, to: 900, budget: 150_000,
		terms: "Deltagare bidrar med tid, ingen kostnad under förstudien.", termsEn: "Participants contribute time; no cost during the prestudy.", visibility: eservice.Public,
		parts: []part{{scb: "0580", role: collaboration.Host, final: collaboration.DecisionPending, outcome: onAgenda}, {scb: "0581", role: "FULL_MEMBER", final: collaboration.Invited}, {scb: "0586", role: "OBSERVER", final: collaboration.Interested}},
	},
	{
		code: "oppna-tjanstedata", name: "Öppna data från tjänstekatalogerna", nameEn: "Open data from the catalogues of services", host: "0581",
		summary: "Kommunernas kataloger publiceras i samma form, så att andra kan använda dem.", summaryEn: "The municipalities' catalogues are published in one form, for others to use.",
		begun: 430, pace: 40, phases: []int{470, 540, 660}, status: "ACTIVE", health: "AMBER", comment: "Avtalet är inte tecknat.", from: 440, to: 860, key: "EQUAL", budget: 200_000, visibility: eservice.Public,
		goals: []string{"3.3", "1.1.2"},
		parts: []part{
			{scb: "0581", role: collaboration.Host, final: collaboration.Confirmed, outcome: notBinding, days: 80}, {scb: "0580", role: "FULL_MEMBER", final: collaboration.Confirmed, outcome: inForce},
			{scb: "0586", role: "FULL_MEMBER", final: collaboration.DecisionPending, outcome: refused}, {scb: "0582", role: "OBSERVER", final: collaboration.Interested},
		},
	},
	{
		code: "lokalbokning", name: "Gemensam bokning av lokaler", nameEn: "Joint booking of premises", host: "0586",
		summary: "Ett gemensamt sätt att boka kommunens lokaler och hallar.", summaryEn: "A joint way to book the municipality's premises and halls.",
		begun: 20, pace: 20, phases: []int{70, 130, 220, 380, 500, 640}, status: "COMPLETED", health: "GREEN", from: 30, to: 620, agreement: "utveckling", key: "EQUAL", budget: 500_000,
		lessons: "Börja med reglerna för bokning: de skilde sig mer än tekniken. Bestäm tidigt vem som svarar när bokningen krockar.", shared: 1,
		parts: []part{{scb: "0586", role: collaboration.Host, final: "COMPLETED", outcome: inForce}, {scb: "0581", role: "FULL_MEMBER", final: "COMPLETED", outcome: ended}, {scb: "0561", role: "ADOPTER", final: "COMPLETED", outcome: inForce}},
	},
	{
		code: "e-legitimation-i-tjansten", name: "E-legitimation i tjänsten", nameEn: "Electronic identification at work", host: "0580",
		summary: "Samma e-legitimation för medarbetare i alla kommuner.", summaryEn: "The same electronic identification for staff in every municipality.",
		begun: 120, pace: 30, phases: []int{180}, status: "CANCELLED", health: "RED", comment: "Avbrutet: en nationell lösning är på väg.", from: 130, to: 600,
		parts: []part{{scb: "0580", role: collaboration.Host, final: collaboration.Withdrawn, outcome: inForce, reason: "Projektet är avbrutet"}, {scb: "0581", role: "FULL_MEMBER", final: collaboration.Declined, reason: "Frågan hör till ledningssystemet för informationssäkerhet"}},
	},
	{
		code: "informationsklassning", name: "Gemensam informationsklassning", nameEn: "Joint classification of information", host: "0581",
		summary: "Kommunerna klassar de gemensamma e-tjänsternas information en gång, tillsammans.", summaryEn: "The municipalities classify the information of their shared e-services once, together.",
		begun: 250, pace: 60, phases: []int{300, 420, 560}, status: "ACTIVE", health: "AMBER", comment: "Värdkommunens eget beslut dröjer.", from: 270, to: 800, agreement: "utveckling",
		goals: []string{"2.1"},
		parts: []part{
			{scb: "0581", role: collaboration.Host, final: collaboration.DecisionPending, outcome: onAgenda, days: 200}, {scb: "0580", role: "FULL_MEMBER", final: collaboration.Active, outcome: inForce},
			{scb: "0583", role: "FULL_MEMBER", final: collaboration.DecisionPending}, {scb: "0562", role: "ADOPTER", final: collaboration.Confirmed, outcome: inForce, days: 120},
		},
	},
}

// joint is what the municipalities do together.
func (b *book) joint() {
	b.on(b.first.AddDays(2), home, access.Director, "Samverkan registrerad: Cesam Öst", func(e *entry) {
		b.collaboration = &collaboration.Collaboration{
			Row: postgres.Row{ID: identity(e.at, "collaboration", "cesam")}, NameSv: "Cesam Öst", NameEn: new("Cesam Öst"),
			PurposeSv: new("Samverkan om utveckling av e-tjänster mellan Norrköping och sex andra kommuner i Östergötland, enligt granskningen " + auditNumber + "."),
			PurposeEn: new("Collaboration on the development of e-services between Norrköping and six other municipalities of Östergötland, by the audit " + auditNumber + "."),
		}
		e.collaborations.add(b.collaboration)
		for _, p := range b.places {
			m := &collaboration.CollaborationMember{
				Row: postgres.Row{ID: identity(e.at, "collaboration_member", p.scb)}, CollaborationID: b.collaboration.ID, MunicipalityID: b.municipality[p.scb].ID,
				ValidFrom: day(auditDay), Source: memberSource, IsExample: true,
			}
			if p.scb == home {
				m.Source, m.IsExample = collaborationSource, false
			}
			e.members.add(m)
		}
	})
	b.agreements()
	for _, v := range ventures {
		b.venture(v)
	}
}

// agreements are the one that the audit names, as found, and one that is made up.
func (b *book) agreements() {
	b.on(b.first.AddDays(4), home, access.Director, "Avtalet som granskningen "+auditNumber+" nämner, registrerat som påträffat", func(e *entry) {
		a := &collaboration.Agreement{
			Row: postgres.Row{ID: identity(e.at, "agreement", "cesam")}, MunicipalityID: b.municipality[home].ID, CollaborationID: &b.collaboration.ID,
			TitleSv: "Avtal om utveckling av e-tjänster i Cesam Öst", TitleEn: new("Agreement on the development of e-services in Cesam Öst"), LegalForm: "UNCLEAR",
			PurposeSv: new("Utveckling av e-tjänster tillsammans med sex andra kommuner i Östergötland."), PurposeEn: new("Development of e-services together with six other municipalities of Östergötland."),
			ValidFrom: new(day(auditDay)), FoundSource: new("Granskningen " + auditNumber + ", avsnitt 4.6"),
			FoundReason: new("Avtalet gällde när det granskades. Diarienummer, undertecknande, värdkommun och rättslig form framgår inte; dagen är granskningens och Norrköping för posten."),
			Visibility:  eservice.Public,
		}
		b.agreement["cesam"] = a
		e.agreements.add(a)
		b.join(e, "cesam", nil)
	})
	b.on(b.at(120), home, access.Director, "Exempel: uppföljning varje år, efter förslaget i granskningens avsnitt 4.6", func(e *entry) {
		b.agreement["cesam"].FollowUpMonths = new(12)
		e.agreements.save(b.agreement["cesam"])
	})
	b.on(b.at(185), "0580", access.Director, "Avtal tecknat mellan kommunerna", func(e *entry) {
		signed := e.day.AddDays(-6)
		a := &collaboration.Agreement{
			Row: postgres.Row{ID: identity(e.at, "agreement", "utveckling")}, MunicipalityID: b.municipality["0580"].ID, CollaborationID: &b.collaboration.ID,
			TitleSv: madeUp + "Avtal om gemensam utveckling och drift", TitleEn: new("Example: Agreement on joint development and operation"), LegalForm: "CONTRACT_KL_9_37",
			PurposeSv: new(madeUp + "Kommunerna utvecklar och driver gemensamma digitala tjänster."), PurposeEn: new("Example: The municipalities develop and run joint digital services."),
			TasksSv: new(madeUp + "Värdkommunen upphandlar, utvecklar och driver för de andras räkning."), CostModelSv: new(madeUp + "Kostnaden delas efter invånare om inget annat sägs i projektet."),
			SignedOn: &signed, ValidFrom: &e.day, ValidTo: new(e.day.AddMonths(32)), NoticeMonths: new(12), RenewMonths: new(24), FollowUpMonths: new(12), IsExample: true, Visibility: eservice.Public,
		}
		b.agreement["utveckling"] = a
		e.agreements.add(a)
		b.join(e, "utveckling", &signed)
	})
	b.on(b.at(520), "0580", access.Director, "Avtalet uppföljt", func(e *entry) {
		e.followUps.add(&collaboration.AgreementFollowUp{
			Row: postgres.Row{ID: identity(e.at, "agreement_follow_up", "utveckling")}, MunicipalityID: b.municipality["0580"].ID, AgreementID: b.agreement["utveckling"].ID, Kind: "FOLLOW_UP",
			HeldOn: e.day, Year: yearOf(e.day), TextSv: new(madeUp + "Kostnaderna följer budget. Två kommuner vill se kortare ledtider."),
		})
	})
	// Some of the partners decided on the agreement that the audit names; the home
	// municipality did not.
	for n, scb := range []string{"0580", "0583", "0562"} {
		b.rule(ruling{
			key: "cesam " + scb, scb: scb, body: "kf", kind: decision.ByCouncil, title: "Avtal om utveckling av e-tjänster i Cesam Öst godkänns", titleEn: "The agreement on e-services in Cesam Öst is approved", meeting: 70 + 15*n, outcome: inForce,
			then: func(e *entry, d *decision.Decision) {
				b.tie(e, scb, thread.Link{DecisionID: &d.ID, AgreementPartyID: &b.party["cesam "+scb].ID})
			},
		})
	}
	for n, p := range []string{"0580", "0581", "0583", "0586", "0562", "0582"} {
		b.rule(ruling{
			key: "utveckling " + p, scb: p, body: "ks", kind: decision.ByBoard, title: "Avtal om gemensam utveckling och drift godkänns", titleEn: "The agreement on joint development and operation is approved", meeting: 190 + 5*n, outcome: inForce,
			then: func(e *entry, d *decision.Decision) {
				party := b.party["utveckling "+p]
				party.DiaryNumber, party.CaseID = d.DiaryNumber, d.CaseID
				e.parties.save(party)
				b.tie(e, p, thread.Link{DecisionID: &d.ID, AgreementPartyID: &party.ID})
			},
		})
	}
}

// join makes the seven municipalities parties to an agreement.
func (b *book) join(e *entry, key string, signed *date.Date) {
	for _, p := range b.places {
		party := &collaboration.AgreementParty{
			Row: postgres.Row{ID: identity(e.at, "agreement_party", key, p.scb)}, MunicipalityID: b.municipality[p.scb].ID, AgreementID: b.agreement[key].ID, SignedOn: signed,
		}
		if signed != nil {
			party.SignedBy = new("kommundirektör")
		}
		b.party[key+" "+p.scb] = party
		e.parties.add(party)
	}
}

// venture is the life of a shared project and of each municipality's part in it.
func (b *book) venture(v venture) {
	b.on(b.at(v.begun), v.host, access.ProjectEditor, "Gemensamt projekt registrerat och kommuner inbjudna", func(e *entry) {
		p := &collaboration.SharedProject{
			Row: postgres.Row{ID: identity(e.at, "shared_project", v.code)}, MunicipalityID: b.municipality[v.host].ID, CollaborationID: &b.collaboration.ID,
			Code: v.code, NameSv: madeUp + v.name, NameEn: new("Example: " + v.nameEn), SummarySv: &v.summary, SummaryEn: &v.summaryEn,
			LeadFunction: new("projektledare"), SponsorFunction: new("digitaliseringsdirektör"), Phase: "IDEA", Status: "NOT_STARTED", Health: "UNKNOWN",
			PlannedStart: b.plain(v.from), PlannedEnd: b.plain(v.to), Deliverables: []string{}, IsExample: true, Visibility: v.visibility,
		}
		if v.visibility == "" {
			p.Visibility = eservice.Collaboration
		}
		if v.found != "" {
			p.Phase, p.Status, p.Health = v.found, "ACTIVE", v.health
			p.FoundSource, p.FoundReason = new("Granskningen "+auditNumber+", avsnitt 4.6"), new("Exempel: samverkan pågick när granskningen gjordes")
			p.AgreementID, p.HealthCommentSv, p.ActualStart = &b.agreement[v.agreement].ID, &v.comment, p.PlannedStart
		}
		if v.budget > 0 {
			p.Budget = &v.budget
		}
		if v.key != "" {
			p.CostKey = &v.key
		}
		b.project[v.code] = p
		e.projects.add(p)
		for _, one := range v.parts {
			b.take(e, v, one)
		}
	})
	for _, one := range v.parts {
		b.part(v, one)
	}
	change := func(n int, set func(*entry, *collaboration.SharedProject)) {
		b.desk(month, b.at(n), v.host, access.ProjectEditor, "Gemensamma projekt: läge och plan", func(e *entry) {
			p := b.project[v.code]
			set(e, p)
			e.projects.save(p)
		})
	}
	for n, at := range v.phases {
		to := phaseOrder[n+1]
		change(at, func(e *entry, p *collaboration.SharedProject) {
			p.Phase = to
			switch to {
			case "PRESTUDY":
				p.Status, p.ActualStart = "ACTIVE", &e.day
			case "PLANNING":
				if a := b.agreement[v.agreement]; a != nil {
					p.AgreementID = &a.ID
				}
			case "DEVELOPMENT":
				p.BaselineStart, p.BaselineEnd = p.PlannedStart, p.PlannedEnd
				if a := b.agreement[v.agreement]; a != nil {
					p.AgreementID = &a.ID
				}
			case "CLOSED":
				p.Status, p.ActualEnd, p.LessonsSv = "COMPLETED", &e.day, new(madeUp+v.lessons)
			}
		})
	}
	if v.slip > 0 {
		change(655, func(_ *entry, p *collaboration.SharedProject) { p.PlannedEnd = new(p.PlannedEnd.AddDays(v.slip)) })
	}
	if v.terms != "" {
		change(v.begun+130, func(_ *entry, p *collaboration.SharedProject) {
			p.OpenToJoin, p.JoinTermsSv, p.JoinTermsEn = true, new(madeUp+v.terms), new("Example: "+v.termsEn)
		})
	}
	change(700, func(_ *entry, p *collaboration.SharedProject) {
		p.Health = v.health
		if v.comment != "" {
			p.HealthCommentSv = &v.comment
		}
		if v.status == "CANCELLED" {
			p.Status = v.status
		}
	})
	if len(v.goals) > 0 {
		b.on(b.at(max(575, v.begun+10)), home, access.Director, "Gemensamma projekt kopplade till målen", func(e *entry) {
			for _, code := range v.goals {
				b.tie(e, home, thread.Link{GoalID: &b.goal[code].ID, SharedProjectID: &b.project[v.code].ID})
			}
		})
	}
	if v.shared > 0 {
		b.on(b.at(max(595, v.begun+20)), v.host, access.ProjectEditor, "Gemensamma e-tjänster kopplade till projekten", func(e *entry) {
			left := v.shared
			for _, s := range b.data.services {
				if shared := b.common[s.code]; shared != nil && left > 0 && roll(v.code, s.code, "project") < 40 {
					left--
					b.tie(e, v.host, thread.Link{SharedProjectID: &b.project[v.code].ID, SharedServiceID: &shared.ID})
				}
			}
		})
	}
	if len(v.phases) >= 3 && v.status == "ACTIVE" {
		b.milestones(v)
	}
}

// milestones are two of a project under way, and a report on it.
func (b *book) milestones(v venture) {
	b.on(b.at(v.phases[1]), v.host, access.ProjectEditor, "Milstolpar i projektplanen", func(e *entry) {
		p := b.project[v.code]
		for _, m := range []struct {
			title, titleEn string
			kind           strategy.MilestoneKind
			at             int
		}{{"Första leveransen", "First delivery", "DELIVERY", (v.phases[2] + v.to) / 2}, {"Start i den första kommunen", "Launch in the first municipality", "LAUNCH", v.to}} {
			e.milestones.add(&strategy.Milestone{
				Row: postgres.Row{ID: identity(e.at, "milestone", v.code, m.title)}, MunicipalityID: p.MunicipalityID, Part: strategy.Part{SharedProjectID: &p.ID},
				TitleSv: m.title, TitleEn: &m.titleEn, Kind: m.kind, PlannedOn: b.plain(m.at), BaselineOn: b.plain(m.at),
			})
		}
	})
	b.on(b.at(702), v.host, access.ProjectEditor, "Lägesrapport", func(e *entry) {
		p := b.project[v.code]
		text := v.comment
		if text == "" {
			text = "Projektet följer planen."
		}
		e.reports.add(&strategy.StatusReport{
			Row: postgres.Row{ID: identity(e.at, "status_report", v.code)}, MunicipalityID: p.MunicipalityID, Part: strategy.Part{SharedProjectID: &p.ID},
			PeriodFrom: *b.plain(600), PeriodTo: *b.plain(699), Health: strategy.Health(v.health), TextSv: madeUp + text, PublishedAt: &e.at,
		})
	})
}

// take adds a municipality's part in a project, as invited or as found.
func (b *book) take(e *entry, v venture, one part) {
	p := &collaboration.Participation{
		Row: postgres.Row{ID: identity(e.at, "participation", v.code, one.scb)}, MunicipalityID: b.municipality[one.scb].ID, SharedProjectID: b.project[v.code].ID,
		Role: one.role, State: collaboration.Invited, ContactFunction: new("digitaliseringsstrateg"),
	}
	switch {
	case one.found:
		p.State = one.final
		p.FoundSource, p.FoundReason = new("Granskningen "+auditNumber+", avsnitt 4.6"), new("Exempel: kommunen deltog när granskningen gjordes")
		if one.scb == home {
			p.FoundReason = new("Kommunen är part i avtalet enligt granskningen; inget beslut har hittats")
		}
	case one.role == collaboration.Host:
		p.State = collaboration.Interested
	default:
		p.ProposedByID = &b.project[v.code].MunicipalityID
	}
	if one.share > 0 {
		p.CostSharePercent = &one.share
	}
	b.participation[v.code+" "+one.scb] = p
	e.participations.add(p)
}

// part is the life of a municipality's part in a project, with its own decision.
func (b *book) part(v venture, one part) {
	pace := v.pace
	if one.days > 0 {
		pace = one.days
	}
	move := func(n int, to collaboration.ParticipationState) {
		b.desk(fortnight, b.at(n), one.scb, access.ProjectEditor, "Kommunens besked i gemensamma projekt", func(e *entry) {
			p := b.participation[v.code+" "+one.scb]
			p.State = to
			if one.reason != "" && (to == collaboration.Withdrawn || to == collaboration.Declined) {
				p.Reason = &one.reason
			}
			e.participations.save(p)
		})
	}
	meeting := v.begun + 8 + 3*pace
	decided := one.final == collaboration.Confirmed || one.final == collaboration.Active || one.final == "COMPLETED" || one.final == collaboration.Withdrawn && one.outcome != ""
	if !one.found {
		if one.role != collaboration.Host && one.final != collaboration.Invited && one.final != collaboration.Declined {
			move(v.begun+8+pace, collaboration.Interested)
		}
		if one.final == collaboration.DecisionPending {
			move(v.begun+8+2*pace, collaboration.DecisionPending)
		}
		if one.final == collaboration.Declined {
			move(v.begun+8+pace, collaboration.Declined)
		}
	}
	if one.outcome != "" {
		by := ""
		if one.outcome == replaced {
			by = "nytt " + v.code + " " + one.scb
			b.rule(ruling{
				key: by, scb: one.scb, body: "ks", kind: decision.ByBoard, title: "Kommunen lämnar projektet " + v.name, titleEn: "The municipality leaves the project " + v.nameEn, meeting: meeting + 180, outcome: inForce,
				then: func(e *entry, d *decision.Decision) {
					b.tie(e, one.scb, thread.Link{DecisionID: &d.ID, ParticipationID: &b.participation[v.code+" "+one.scb].ID, Purpose: new(thread.Revokes)})
				},
			})
		}
		b.rule(ruling{
			key: v.code + " " + one.scb, scb: one.scb, body: "ks", kind: decision.ByBoard, title: "Deltagande i projektet " + v.name, titleEn: "Participation in the project " + v.nameEn,
			text: "Kommunen deltar i projektet enligt projektplanen.", meeting: meeting, outcome: one.outcome, by: by,
			then: func(e *entry, d *decision.Decision) {
				p := b.participation[v.code+" "+one.scb]
				b.tie(e, one.scb, thread.Link{DecisionID: &d.ID, ParticipationID: &p.ID})
				if decided && !one.found {
					p.State, p.ConfirmedOn = collaboration.Confirmed, d.MeetingDate
					e.participations.save(p)
				}
			},
		})
	}
	if decided && !one.found {
		if one.final == collaboration.Active || one.final == "COMPLETED" {
			move(meeting+45, collaboration.Active)
		}
	}
	switch one.final {
	case "COMPLETED":
		move(v.phases[len(v.phases)-1]+6, "COMPLETED")
	case collaboration.Withdrawn:
		move(max(meeting+205, 400), collaboration.Withdrawn)
	}
}
