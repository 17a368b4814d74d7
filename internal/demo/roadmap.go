package demo

import (
	"strconv"

	"fardplan/internal/access"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
	"fardplan/internal/strategy"
	"fardplan/internal/thread"
)

// The days of the story on which the roadmap moves.
const (
	roadmapBegun   = 215
	roadmapMeeting = 250 // of the executive board
	replanned      = 480
)

// updated is why the initiatives of the roadmap and their milestones change.
const updated = "Färdplanen uppdaterad inför styrgruppen"

// stone is a milestone: days into the story as planned, and when it was reached.
type stone struct {
	title, titleEn string
	kind           strategy.MilestoneKind
	planned        int
	reached        int // 0: not yet
}

// works are the initiatives, with the findings that they answer.
var works = []struct {
	key, title, titleEn string
	kind                strategy.InitiativeKind
	lane, owner         string // the owner is the unit's key after the SCB code; empty: nobody
	goals, findings     []string
	from, to            int // as decided, days into the story
	slip                int // days that the end has moved
	begun, done         int // 0: not yet
	final               strategy.InitiativeStatus
	reason              string // that it is blocked
	progress            int
	stones              []stone
}{
	{"moln", "Inventera molntjänsterna och ta fram ett principbeslut om moln", "List the cloud services and prepare a decision of principle on cloud", "DECISION", "Leverantörer", "it", []string{"3.2"}, []string{"F01"}, 300, 560, 0, 310, 0, "BLOCKED", "Väntar på den rättsliga bedömningen av överföring till land utanför EU", 40,
		[]stone{{"Molntjänsterna är inventerade", "The cloud services are listed", "DELIVERY", 420, 431}, {"Principbeslut i kommunstyrelsen", "Decision of principle by the executive board", "DECISION", 560, 0}}},
	{"leverantorsrutin", "Rutin för att riskklassa leverantörer", "Routine for classing suppliers by risk", "DOCUMENT", "Leverantörer", "upph", []string{"3.2"}, []string{"F02"}, 320, 640, 0, 350, 0, "ONGOING", "", 55,
		[]stone{{"Frågor för riskklassning fastställda", "Questions for classing established", "DELIVERY", 500, 512}, {"De tjugo största leverantörerna är klassade", "The twenty largest suppliers are classed", "DELIVERY", 640, 0}}},
	{"pm3", "Låt pm3 omfatta fler system", "Let pm3 cover more systems", "ACTIVITY", "Informationssäkerhet", "it", []string{"2.1"}, []string{"F04"}, 280, 800, 0, 300, 0, "ONGOING", "", 60,
		[]stone{{"Halva systemförteckningen omfattas", "Half of the systems are covered", "REPORT", 600, 596}, {"Alla verksamhetssystem omfattas", "All systems of the services are covered", "REPORT", 800, 0}}},
	{"kontinuitet", "Kontinuitetsplaner i prioriterad ordning", "Continuity plans in order of priority", "PROJECT", "Kontinuitet", "sak", []string{"2.2.1"}, []string{"F05"}, 260, 690, 120, 270, 0, "ONGOING", "", 45,
		[]stone{{"Prioriteringsordning beslutad", "Order of priority decided", "DECISION", 330, 341}, {"Vård och omsorg har antagna planer", "Health and social care has adopted plans", "DELIVERY", 450, 502}, {"Utbildning har antagna planer", "Education has adopted plans", "DELIVERY", 610, 0}}},
	{"datahallar", "Dokumentera och öva växlingen mellan datahallarna", "Document and practise switching between the data halls", "ACTIVITY", "Kontinuitet", "it", []string{"2.2.2"}, []string{"F06"}, 270, 520, 0, 280, 538, "DONE", "", 100,
		[]stone{{"Återställningsplan fastställd", "Recovery plan established", "DELIVERY", 400, 405}, {"Första övningen genomförd", "First exercise held", "REPORT", 510, 533}}},
	{"it-strategi", "Ta fram en IT-strategi", "Prepare an IT strategy", "DOCUMENT", "Styrning", "", []string{"3"}, []string{"F07"}, 500, 900, 0, 0, 0, "PLANNED", "", 5,
		[]stone{{"Förslag på remiss", "Proposal sent for comments", "DELIVERY", 760, 0}, {"Beslut i kommunfullmäktige", "Decision by the council", "DECISION", 890, 0}}},
	{"lis", "Inför ett ledningssystem för informationssäkerhet", "Introduce a management system for information security", "PROJECT", "Informationssäkerhet", "ksk", []string{"2.1"}, []string{"F08", "2013-1"}, 280, 700, 150, 290, 0, "ONGOING", "", 35,
		[]stone{{"Roller och ansvar beslutade", "Roles and responsibilities decided", "DECISION", 380, 395}, {"Policy antagen", "Policy adopted", "DECISION", 560, 0}, {"Första ledningens genomgång", "First review by the management", "REPORT", 840, 0}}},
	{"losenord", "Gemensamma krav på lösenord och inloggning", "Common requirements on passwords and sign-in", "ACTIVITY", "Informationssäkerhet", "it", []string{"2.1.1"}, []string{"F09"}, 600, 860, 0, 0, 0, "PLANNED", "", 0,
		[]stone{{"Kraven fastställda", "Requirements established", "DELIVERY", 780, 0}}},
	{"avslut", "Rutin för behörigheter vid avslut och byte av uppdrag", "Routine for access rights when assignments end or change", "DOCUMENT", "Informationssäkerhet", "pers", []string{"2.1.1"}, []string{"F10", "2013-3"}, 300, 600, 0, 330, 0, "ONGOING", "", 50,
		[]stone{{"Rutin fastställd", "Routine established", "DELIVERY", 460, 520}, {"Rutinen används i alla system", "The routine is used in every system", "DELIVERY", 600, 0}}},
	{"strategi", "Ta fram en digitaliseringsstrategi", "Prepare a digitalization strategy", "DOCUMENT", "Styrning", "ksk", []string{"1.2"}, []string{"F11"}, 150, 440, 0, 150, 460, "DONE", "", 100,
		[]stone{{"Förslag på remiss", "Proposal sent for comments", "DELIVERY", 330, 332}, {"Beslut i kommunfullmäktige", "Decision by the council", "DECISION", 440, 448}}},
	{"cesam-beslut", "Pröva samverkan i Cesam Öst och ta upp den till beslut", "Try the collaboration in Cesam Öst and put it up for decision", "DECISION", "Samverkan", "ksk", []string{"1.2.1"}, []string{"F12"}, 300, 680, 0, 420, 0, "ONGOING", "", 30,
		[]stone{{"Rättslig form bedömd", "Form in law judged", "DELIVERY", 540, 0}, {"Beslut i kommunfullmäktige", "Decision by the council", "DECISION", 670, 0}}},
	{"styrning", "Flytta styrningen av e-tjänster till kommunledningen", "Move the steering of e-services to the top", "DECISION", "Styrning", "ksk", []string{"1.2"}, []string{"F13"}, 340, 745, 0, 470, 0, "ONGOING", "", 75,
		[]stone{{"Uppdrag till digitaliseringsdirektören", "Assignment to the digitalization director", "DECISION", 480, 474}, {"E-tjänstråd har börjat", "A board of e-services has begun", "LAUNCH", 725, 0}}},
	{"cesam-roll", "Utvärdera Cesam Östs roll på kort och lång sikt", "Review the role of Cesam Öst in the short and the long term", "ACTIVITY", "Samverkan", "ksk", []string{"1.1.2"}, []string{"F14"}, 690, 850, 0, 0, 0, "PLANNED", "", 0,
		[]stone{{"Rapport till kommunstyrelsen", "Report to the executive board", "REPORT", 850, 0}}},
	{"diarium", "Diarieför riktlinjer och rutiner för IT-säkerhet", "Enter the guidelines and routines on IT security in the diary", "ACTIVITY", "Styrning", "it", []string{"2.1.2"}, []string{"F15"}, 260, 500, 0, 400, 0, "ONGOING", "", 30,
		[]stone{{"Alla dokument är diarieförda", "All documents are in the diary", "DELIVERY", 500, 0}}},
	{"fardplan", "En gemensam färdplan för digitaliseringen", "A joint roadmap for digitalization", "ACTIVITY", "Styrning", "ksk", []string{"3.1"}, []string{"F16"}, 215, 500, 0, 215, 505, "DONE", "", 100,
		[]stone{{"Färdplanen beslutad", "The roadmap is decided", "DECISION", 250, 250}, {"Första kvartalsuppföljningen", "First follow-up of a quarter", "REPORT", 460, 470}}},
	{"tillganglighet", "Granska tillgängligheten i de mest använda e-tjänsterna", "Assess the accessibility of the most used e-services", "ACTIVITY", "E-tjänster", "komm", []string{"1.1.1"}, nil, 380, 760, 0, 390, 0, "ONGOING", "", 65,
		[]stone{{"Femtio e-tjänster granskade", "Fifty e-services assessed", "REPORT", 640, 655}}},
	{"katalogdata", "Publicera tjänstekatalogen som öppna data", "Publish the catalogue of services as open data", "PROJECT", "E-tjänster", "komm", []string{"3.3"}, nil, 580, 790, 0, 610, 0, "ONGOING", "", 20,
		[]stone{{"Första publiceringen", "First publication", "LAUNCH", 780, 0}}},
	{"talsvar", "Talsvar i kontaktcenter", "Voice response in the contact centre", "PROCUREMENT", "E-tjänster", "kontakt", nil, nil, 330, 600, 0, 360, 0, "CANCELLED", "", 15, nil},
}

// waits say which initiative waits for which, first the one to be done before.
var waits = []struct {
	before, after string
	kind          strategy.DependencyKind
	note          string
}{
	{"lis", "losenord", "REQUIRES", "Kraven beslutas inom ledningssystemet"},
	{"lis", "avslut", "REQUIRES", "Rutinen blir en del av ledningssystemet"},
	{"strategi", "it-strategi", "REQUIRES", "IT-strategin utgår från digitaliseringsstrategin"},
	{"strategi", "styrning", "REQUIRES", "Strategin säger var e-tjänsterna ska styras"},
	{"cesam-beslut", "cesam-roll", "REQUIRES", "Rollen prövas mot det som är beslutat"},
	{"moln", "leverantorsrutin", "BLOCKS", "Klassningen av molnleverantörer väntar på principbeslutet"},
	{"diarium", "lis", "REQUIRES", "De styrande dokumenten ska gå att hitta"},
}

// told are the status reports: of what, the quarter's end in days into the story.
var told = []struct {
	work   string
	from   int
	to     int
	health strategy.Health
	text   string
	draft  bool
}{
	{"lis", 290, 380, "GREEN", "Arbetet är bemannat. Roller och ansvar är framtagna och går till beslut.", false},
	{"lis", 381, 470, "AMBER", "Klassningen av systemen tar längre tid än planerat. Resurser saknas på två kontor.", false},
	{"lis", 471, 560, "RED", "Policyn hann inte antas. Planen är flyttad fem månader och behöver beslutas på nytt.", false},
	{"lis", 561, 700, "AMBER", "Policyn är på remiss. Klassningen har kommit i gång på alla kontor.", false},
	{"kontinuitet", 270, 380, "GREEN", "Prioriteringsordningen är beslutad. Vård och omsorg har börjat.", false},
	{"kontinuitet", 381, 510, "AMBER", "Vård och omsorg blev klar sju veckor efter plan.", false},
	{"kontinuitet", 511, 690, "AMBER", "Utbildning är försenad. Slutet är flyttat fyra månader.", false},
	{"datahallar", 280, 535, "GREEN", "Övningen är genomförd. Växlingen tog längre tid än målet men gick att genomföra.", false},
	{"cesam-beslut", 420, 690, "RED", "Den rättsliga formen är inte bedömd och ärendet är inte satt på dagordningen.", false},
	{"tillganglighet", 391, 655, "GREEN", "Femtio e-tjänster är granskade. Bristerna är lämnade till ägarna.", false},
	{"avslut", 600, 715, "RED", "Utkast: rutinen används ännu bara i lönesystemet.", true},
}

// gains are the benefits of initiatives and goals.
var gains = []struct {
	work, goal, text, textEn string
	certainty                strategy.BenefitCertainty
	stakeholder              string
	measure                  strategy.BenefitMeasure
	planned, realised        float64
	collect, followed        int // days into the story; 0: not yet
}{
	{"datahallar", "", "Kortare avbrott när en datahall faller bort", "Shorter interruptions when a data hall fails", "YELLOW", "alla kontor", "HOURS", 400, 310, 650, 700},
	{"tillganglighet", "", "Färre samtal från den som inte klarar e-tjänsten själv", "Fewer calls from those who cannot manage the e-service", "YELLOW", "kontaktcenter", "HOURS", 1200, 0, 690, 0},
	{"", "1.1", "Minskad handläggningstid när ärenden kommer in digitalt", "Less time to handle errands that come in digitally", "GREEN", "kontoren", "SEK", 2_400_000, 0, 1100, 0},
	{"", "1.1.2", "Lägre kostnad när flera kommuner delar på utvecklingen", "Lower costs when several municipalities share development", "RED", "kommunerna i samverkan", "SEK", 900_000, 0, 700, 0},
	{"", "1", "Enklare för den som söker hjälp att hitta rätt", "Easier to find the right way for those who seek help", "RED", "invånarna", "QUALITATIVE", 0, 0, 1000, 0},
	{"fardplan", "", "Beslut fattas på samma underlag i alla kontor", "Decisions rest on the same facts in every department", "YELLOW", "kommunledningen", "QUALITATIVE", 0, 0, 600, 640},
}

// roadmap is how the municipality plans what answers the audit, and how that goes.
func (b *book) roadmap() {
	b.on(b.at(roadmapBegun), home, access.Director, "Utkast till färdplan: insatser som svarar mot granskningen", b.plans)
	b.rule(ruling{
		key: "fardplan", scb: home, body: "ks", kind: decision.ByBoard, title: "Färdplan för digitaliseringen beslutas", titleEn: "The roadmap for digitalization is decided",
		text: "Kommunstyrelsen beslutar om färdplanens insatser och deras tider.", meeting: roadmapMeeting, outcome: inForce,
		then: func(e *entry, d *decision.Decision) {
			for _, w := range works {
				if w.owner == "" {
					continue
				}
				i := b.initiative[w.key]
				i.BaselineStart, i.BaselineEnd = i.PlannedStart, i.PlannedEnd
				e.initiatives.save(i)
				b.tie(e, home, thread.Link{DecisionID: &d.ID, InitiativeID: &i.ID})
			}
		},
	})
	b.on(b.at(600), home, access.Director, "Insatser kopplade till nya mål", func(e *entry) {
		for _, w := range works {
			for _, code := range w.goals {
				if g := b.goal[code]; g != nil && b.isLate(code) {
					b.tie(e, home, thread.Link{GoalID: &g.ID, InitiativeID: &b.initiative[w.key].ID})
				}
			}
		}
	})
	for _, w := range works {
		change := func(n int, set func(*entry, *strategy.Initiative)) {
			b.desk(month, b.at(n), home, access.ProjectEditor, updated, func(e *entry) {
				i := b.initiative[w.key]
				set(e, i)
				e.initiatives.save(i)
			})
		}
		if w.begun > roadmapBegun {
			change(w.begun, func(_ *entry, i *strategy.Initiative) {
				i.Status, i.ActualStart, i.Progress = "ONGOING", b.after(w.begun), new(5)
			})
		}
		if w.slip > 0 {
			change(replanned, func(_ *entry, i *strategy.Initiative) {
				i.PlannedEnd = new(i.PlannedEnd.AddDays(w.slip))
			})
		}
		if w.begun > 0 && w.begun < 590 && w.done == 0 && w.final != "CANCELLED" {
			change(590, func(_ *entry, i *strategy.Initiative) { i.Progress = new(w.progress * 2 / 3) })
		}
		switch w.final {
		case "DONE":
			change(w.done, func(_ *entry, i *strategy.Initiative) {
				i.Status, i.ActualEnd, i.Progress = "DONE", b.after(w.done), new(100)
			})
		case "BLOCKED":
			change(615, func(_ *entry, i *strategy.Initiative) {
				i.Status, i.BlockedReason, i.Progress = "BLOCKED", &w.reason, &w.progress
			})
		case "CANCELLED":
			change(520, func(_ *entry, i *strategy.Initiative) { i.Status = "CANCELLED" })
		case "ONGOING":
			change(708, func(_ *entry, i *strategy.Initiative) { i.Progress = &w.progress })
		}
		for n, s := range w.stones {
			if s.reached > roadmapBegun {
				b.desk(month, b.at(s.reached), home, access.ProjectEditor, updated, func(e *entry) {
					m := b.stones[w.key][n]
					m.ReachedOn = b.after(s.reached)
					e.milestones.save(m)
				})
			}
		}
	}
	b.tell()
	b.on(b.at(300), home, access.ProjectEditor, "Nyttor beskrivna", func(e *entry) {
		for n, g := range gains {
			benefit := &strategy.Benefit{
				Row: postgres.Row{ID: identity(e.at, "benefit", strconv.Itoa(n))}, MunicipalityID: b.municipality[home].ID, DescriptionSv: madeUp + g.text, DescriptionEn: new("Example: " + g.textEn),
				Certainty: g.certainty, Stakeholder: &g.stakeholder, Measure: g.measure, CollectBy: b.plain(g.collect), ResponsibleFunction: new("objektägare"),
			}
			if g.work != "" {
				benefit.InitiativeID = &b.initiative[g.work].ID
			} else {
				benefit.GoalID = &b.goal[g.goal].ID
			}
			if g.measure != "QUALITATIVE" {
				benefit.PlannedAmount = &g.planned
			}
			e.benefits.add(benefit)
			b.benefits = append(b.benefits, benefit)
		}
	})
	for n, g := range gains {
		if g.followed == 0 {
			continue
		}
		b.on(b.at(g.followed), home, access.ProjectEditor, "Nyttan uppföljd", func(e *entry) {
			benefit := b.benefits[n]
			benefit.FollowedUpOn = &e.day
			if g.measure != "QUALITATIVE" {
				benefit.RealisedAmount = &g.realised
			}
			e.benefits.save(benefit)
		})
	}
	b.rulings()
	b.serve()
}

func (b *book) isLate(code string) bool {
	for _, a := range aims {
		if a.code == code {
			return a.late
		}
	}
	return false
}

// plans adds the initiatives with what they serve and wait for.
func (b *book) plans(e *entry) {
	for _, w := range works {
		i := &strategy.Initiative{
			Row: postgres.Row{ID: identity(e.at, "initiative", w.key)}, MunicipalityID: b.municipality[home].ID, TitleSv: w.title, TitleEn: &w.titleEn,
			DescriptionSv: new(madeUp + "påhittad insats." + answersTo(w.findings, " Svarar mot iakttagelse ", " och ", " i granskningen ")),
			DescriptionEn: new("Example: an initiative made up." + answersTo(w.findings, " It answers finding ", " and ", " of the audit ")),
			Kind:          w.kind, Lane: &w.lane, PlannedStart: b.plain(w.from), PlannedEnd: b.plain(w.to), Status: "PLANNED", Progress: new(0), IsExample: true, Visibility: eservice.Public,
			ResponsibleFunction: new("insatsledare"),
		}
		if w.owner != "" {
			i.OwnerUnitID = &b.unit[home+"-"+w.owner].ID
		}
		if w.begun > 0 && w.begun <= roadmapBegun {
			i.Status, i.ActualStart = "ONGOING", b.plain(w.begun)
		}
		b.initiative[w.key] = i
		e.initiatives.add(i)
		for n, s := range w.stones {
			m := &strategy.Milestone{
				Row: postgres.Row{ID: identity(e.at, "milestone", w.key, strconv.Itoa(n))}, MunicipalityID: i.MunicipalityID, Part: strategy.Part{InitiativeID: &i.ID},
				TitleSv: s.title, TitleEn: &s.titleEn, Kind: s.kind, PlannedOn: b.plain(s.planned), BaselineOn: b.plain(s.planned),
			}
			b.stones[w.key] = append(b.stones[w.key], m)
			e.milestones.add(m)
		}
		for _, code := range w.goals {
			if !b.isLate(code) {
				b.tie(e, home, thread.Link{GoalID: &b.goal[code].ID, InitiativeID: &i.ID})
			}
		}
		for _, code := range w.findings {
			b.tie(e, home, thread.Link{FindingID: &b.finding[code].ID, InitiativeID: &i.ID})
		}
	}
	for _, w := range waits {
		e.dependencies.add(&strategy.Dependency{
			Row: postgres.Row{ID: identity(e.at, "dependency", w.before, w.after)}, MunicipalityID: b.municipality[home].ID,
			BeforeInitiativeID: &b.initiative[w.before].ID, AfterInitiativeID: &b.initiative[w.after].ID, Kind: w.kind, Note: &w.note,
		})
	}
}

// tell has the status reports written and published.
func (b *book) tell() {
	for n, t := range told {
		b.desk(month, b.at(t.to).AddDays(4), home, access.ProjectEditor, "Lägesrapport", func(e *entry) {
			i := b.initiative[t.work]
			r := &strategy.StatusReport{
				Row: postgres.Row{ID: identity(e.at, "status_report", strconv.Itoa(n))}, MunicipalityID: i.MunicipalityID, Part: strategy.Part{InitiativeID: &i.ID},
				PeriodFrom: *b.plain(t.from), PeriodTo: *b.plain(t.to), Health: t.health, TextSv: madeUp + t.text,
			}
			if !t.draft {
				r.PublishedAt = &e.at
			}
			e.reports.add(r)
		})
	}
}

// rulings are decisions of the home municipality that nothing else brings about, in
// states that a director looks out for, and what is let be by one.
func (b *book) rulings() {
	authorise := func(l func() thread.Link) func(*entry, *decision.Decision) {
		return func(e *entry, d *decision.Decision) {
			link := l()
			link.DecisionID = &d.ID
			b.tie(e, home, link)
		}
	}
	for _, r := range []ruling{
		{key: "moln", body: "ks", kind: decision.Principle, title: "Principbeslut om molntjänster", titleEn: "Decision of principle on cloud services", meeting: 440, outcome: inPreparation,
			then: authorise(func() thread.Link { return thread.Link{InitiativeID: &b.initiative["moln"].ID} })},
		{key: "e-tjanstrad", body: "ks", kind: decision.Direction, title: "Inriktning för ett e-tjänstråd", titleEn: "Direction for a board of e-services", meeting: 716, outcome: justDecided,
			then: authorise(func() thread.Link { return thread.Link{InitiativeID: &b.initiative["styrning"].ID} })},
		{key: "avgifter", body: "kf", kind: decision.ByCouncil, title: "Avgifter för kartor och ritningar på nätet", titleEn: "Fees for maps and drawings online", meeting: 610, outcome: appealed},
		{key: "skolval", body: "un", kind: decision.ByCommittee, title: "Regler för digitalt skolval", titleEn: "Rules for choosing a school online", meeting: 395, outcome: endsSoon},
		{key: "miljotillsyn", body: "bmn", kind: decision.ByCommittee, title: "Digital tillsyn på försök", titleEn: "Supervision online on trial", meeting: 300, outcome: ended},
		{key: "medborgarkonto", body: "kf", kind: decision.ByCouncil, title: "Eget medborgarkonto införs", titleEn: "An own account for residents is introduced", meeting: 240, outcome: refused},
		{key: "handlingsplan-ny", body: "ks", kind: decision.ByBoard, title: "Handlingsplan för e-tjänster, ny lydelse", titleEn: "Action plan for e-services, new wording", meeting: 310, outcome: inForce},
		{key: "handlingsplan", body: "ks", kind: decision.ByBoard, title: "Handlingsplan för e-tjänster", titleEn: "Action plan for e-services", meeting: 120, outcome: replaced, by: "handlingsplan-ny"},
		{key: "sms", body: "ks", kind: decision.ByDelegation, title: "Förlängd licens för påminnelser", titleEn: "Extended licence for reminders", meeting: 640, outcome: inForce,
			fill: func(d *decision.Decision) { d.DelegationRef = new("Exempel: delegationsordningen punkt 9.4") }},
		{key: "signering", body: "ks", kind: decision.ByDelegation, title: "Avrop av underskriftstjänst", titleEn: "Call-off of a signing service", meeting: 560, outcome: inForce,
			fill: func(d *decision.Decision) {
				d.DelegationRef, d.ReportedOn = new("Exempel: delegationsordningen punkt 9.2"), new(d.MeetingDate.AddDays(21))
			}},
		{key: "publicering", body: "ksk", kind: decision.Execution, title: "Publicering av rutin på kommunens webbplats", titleEn: "Publication of a routine on the municipality's web site", meeting: 135, outcome: inForce},
		{key: "projekt-utan-nummer", body: "ks", kind: decision.ByBoard, title: "Projektledning för färdplanen", titleEn: "Project management of the roadmap", meeting: 270, outcome: inForce,
			fill: func(d *decision.Decision) { d.DiaryNumber, d.CaseID = nil, nil }},
		{key: "oklart-nummer", body: "kfn", kind: decision.ByCommittee, title: "Bokning av lokaler på nätet", titleEn: "Booking of premises online", meeting: 285, outcome: inForce,
			fill: func(d *decision.Decision) { d.DiaryNumber, d.CaseID = new("se protokollet, lokaler nr 9"), nil }},
		{key: "undantag", body: "ks", kind: decision.ByBoard, title: "Undantag: rutin för publicering diarieförs vid nästa revidering", titleEn: "Waiver: the routine for publishing enters the diary at its next revision", meeting: 420, outcome: inForce,
			then: b.waive("DOC_NO_DNR", "publicering", "Rutinen ska ersättas inom ett år och diarieförs då.", 500)},
		{key: "undantag-agare", body: "ks", kind: decision.ByBoard, title: "Undantag: rutin för leverantörer utan ägare under omorganisationen", titleEn: "Waiver: the routine on suppliers without an owner during the reorganisation", meeting: 230, outcome: inForce,
			then: b.waive("DOC_NO_OWNER", "leverantor", "Ägaren utses när omorganisationen är klar.", 300)},
	} {
		r.scb = home
		b.rule(r)
	}
	b.on(b.at(292), home, access.ProjectEditor, "Äldre ärende registrerat med numret som det är skrivet", func(e *entry) {
		e.cases.add(&decision.Case{
			Row: postgres.Row{ID: identity(e.at, "diary_case", "not understood")}, MunicipalityID: b.municipality[home].ID,
			TitleSv: madeUp + "Möten om e-tjänster", DiaryNumber: "pärm 9 flik 4", Visibility: eservice.Public,
		})
	})
}

// waive lets a gap of a document be for so many days, by the decision.
func (b *book) waive(rule, key, reason string, days int) func(*entry, *decision.Decision) {
	return func(e *entry, d *decision.Decision) {
		e.waivers.add(&decision.Waiver{
			Row: postgres.Row{ID: identity(e.at, "waiver", rule, key)}, MunicipalityID: d.MunicipalityID, DecisionID: d.ID, Rule: rule,
			ObjectKind: "governing_document", ObjectID: b.document[key].ID, ReasonSv: madeUp + reason, GrantedOn: e.day, ExpiresOn: e.day.AddDays(days),
		})
	}
}

// serve has most e-services tied to the goal that they serve.
func (b *book) serve() {
	b.on(b.at(485), home, access.Director, "E-tjänster kopplade till målen", func(e *entry) {
		for _, s := range b.data.services {
			if shared := b.common[s.code]; shared != nil {
				b.tie(e, home, thread.Link{GoalID: &b.goal["1.1.2"].ID, SharedServiceID: &shared.ID})
			}
		}
		for _, p := range b.places {
			for _, s := range p.services {
				record := b.service[s.key()]
				if p.scb == home && record != nil && record.ArchivedAt == nil && s.roll("goal") < 92 {
					b.tie(e, home, thread.Link{GoalID: &b.goal["1.1"].ID, EServiceID: &record.ID})
				}
			}
		}
	})
}
