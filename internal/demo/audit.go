package demo

import (
	"strconv"
	"strings"

	"fardplan/internal/access"
	"fardplan/internal/audit"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/thread"
)

// The audit that the story answers.
const (
	auditNumber = "KR-2017/0039"
	auditDay    = "2017-12-13"
	answerDue   = "2018-03-23"
)

func day(s string) date.Date {
	d, err := date.Parse(s)
	if err != nil {
		panic(err) // the story wrote it
	}
	return d
}

// auditQuestions are the six that the audit was to settle, and the three that the
// auditors ask the executive board to answer, in other words than theirs.
var auditQuestions = []struct {
	sv, en string
	answer bool // is to be answered in writing
}{
	{"Hur är ansvaret för IT-säkerhet reglerat i avtalen med leverantörer och andra utomstående?", "How do the agreements with suppliers and other third parties settle who answers for IT security?", false},
	{"Vilka rutiner gäller när program ändras och uppdateras?", "Which routines apply when programs are changed and updated?", false},
	{"Täcker en kontinuitetsplan hela organisationen?", "Does a continuity plan cover the whole organisation?", false},
	{"Vilken intern kontroll finns av informationssäkerheten, till exempel åtkomst, avslut och flytt, distansarbete och brandväggar?", "Which internal controls of information security are there, such as access, leavers and movers, remote work and firewalls?", false},
	{"Hur styrs och kontrolleras de IT-baserade verktygen?", "How are the IT-based tools steered and controlled?", false},
	{"Finns det en tydlig strategi för e-tjänster som är känd i organisationen?", "Is there a clear strategy for e-services that the organisation knows of?", false},
	{"Vad ska kommunstyrelsen göra för att den interna styrningen och kontrollen av IT-säkerheten ska bli säker?", "What will the executive board do to secure the internal steering and control of IT security?", true},
	{"Hur ska kommunstyrelsen ta ett samlat och strategiskt ansvar för informationssäkerheten?", "How will the executive board take a joint and strategic responsibility for information security?", true},
	{"Hur ska kommunstyrelsen ta ett samlat och strategiskt ansvar för digitaliseringen?", "How will the executive board take a joint and strategic responsibility for digitalization?", true},
}

// auditFindings are what the audit found, by our codes, in other words than its own.
var auditFindings = []struct {
	code, section string
	verdict       audit.Verdict
	severity      audit.Severity
	sv, en        string
}{
	{"F01", "4.1", audit.Deficient, audit.Medium, "Molntjänster används, bland annat för rekrytering och ekonomi, fast flera i organisationen tror att ett principbeslut förbjuder dem. Inget diarienummer för ett sådant beslut nämns.", "Cloud services are in use, among others for recruitment and finance, though several in the organisation believe that a decision of principle forbids them. No diary number of such a decision is named."},
	{"F02", "4.1", audit.Deficient, audit.High, "Det saknas en dokumenterad rutin för att riskklassa leverantörer och följa upp dem efter klass. Den bör väga in vilken information leverantören når, vilken tjänst det är och hur komplex den är, och gälla både moln och traditionella tjänster.", "There is no documented routine for classing suppliers by risk and following them up by class. It should weigh what information the supplier reaches, what service it is and how complex, for cloud and traditional services alike."},
	{"F03", "4.1", audit.Deficient, audit.Medium, "De avtal som har tecknats säger inget om kommunens rätt att granska leverantören.", "The agreements that were signed say nothing of the municipality's right to audit the supplier."},
	{"F04", "4.2", audit.MostlyOK, audit.Low, "Ändringar av program följer en fastställd process i större delen av IT-miljön. Förvaltningsmodellen pm3 bör omfatta fler system.", "Changes of programs follow an established process in most of the IT environment. The pm3 model should cover more systems."},
	{"F05", "4.3", audit.Partial, audit.High, "Ingen kontinuitetsplan täcker hela kommunen. Arbetet har börjat i vård och omsorg, med utbildning på tur, men en plan för i vilken ordning det ska ske saknas.", "No continuity plan covers the whole municipality. Work has begun in health and social care, with education next, but there is no plan for the order."},
	{"F06", "4.3", audit.Deficient, audit.High, "Hur driften växlar mellan de två datahallarna är inte helt dokumenterat eller övat. En plan för återställning behöver svara mot verksamheternas krav på tillgänglighet.", "How operations switch between the two data halls is not wholly documented or practised. A recovery plan has to match the availability that the services need."},
	{"F07", "4.4", audit.Deficient, audit.High, "Kommunen har ingen IT-strategi, och strategiska frågor har liten plats på IT-enheten.", "The municipality has no IT strategy, and strategic questions have little room at the IT unit."},
	{"F08", "4.4", audit.Deficient, audit.High, "Informationssäkerheten drivs inte som ett formellt arbete. Ett ledningssystem enligt ISO 27001 behöver införas och ledas från kommunledningen.", "Information security is not run as formal work. A management system by ISO 27001 has to be introduced and led from the top."},
	{"F09", "4.4", audit.Deficient, audit.Medium, "I de granskade systemen kan samma lösenord gälla i flera år; systemägaren avgör ensam om och när det byts.", "In the systems that were looked at, the same password may last for years; the system owner alone decides whether and when it changes."},
	{"F10", "4.5", audit.Deficient, audit.High, "Det finns ingen dokumenterad rutin för behörigheter. Det händer att de finns kvar länge efter att en anställning eller ett uppdrag har upphört.", "There is no documented routine for access rights. It happens that they remain long after an employment or an assignment has ended."},
	{"F11", "4.6", audit.Deficient, audit.High, "Revisorerna har inte fått se någon skriven strategi för e-tjänster, och flera i organisationen säger att det blir otydligt utan en.", "The auditors were shown no written strategy for e-services, and several in the organisation say that things get unclear without one."},
	{"F12", "4.6", audit.Deficient, audit.High, "Kommunen har ett avtal med sex andra kommuner i Östergötland om att utveckla e-tjänster i samverkansformen Cesam Öst. Inget formellt beslut i Norrköping bakom samverkan har hittats.", "The municipality has an agreement with six others in Östergötland to develop e-services in the collaboration Cesam Öst. No formal decision of Norrköping behind it was found."},
	{"F13", "4.6", audit.Deficient, audit.Medium, "E-tjänsterna ligger organisatoriskt på kommunikationsenheten. De berör alla verksamheter och bör styras från högsta kommunledningen.", "The e-services lie with the communications unit. They concern every service and should be steered from the very top."},
	{"F14", "4.6", audit.Proposal, audit.Medium, "Revisorerna föreslår att Cesam Östs roll prövas mot kommunens strategi för e-tjänster, på kort och på lång sikt.", "The auditors propose that the role of Cesam Öst be tried against the municipality's strategy for e-services, in the short and the long term."},
	{"F15", "1, 5", audit.Deficient, audit.High, "Flera riktlinjer och rutiner för IT-säkerhet saknar diarienummer, vilket behöver rättas genast.", "Several guidelines and routines for IT security have no diary number, which needs to be mended at once."},
	{"F16", "5", audit.Deficient, audit.High, "Kommunstyrelsen behöver en plan för hur digitaliseringen ska bedrivas.", "The executive board needs a plan for how digitalization is to be run."},
}

// recurring is what the audit of 2013 found already, as the later one tells it. The last
// is found again.
var recurring = []struct{ code, sv, en string }{
	{"2013-1", "Kraven på de system som kommunen förvaltar och driver var bristfälliga.", "The requirements on the systems that the municipality keeps and runs were deficient."},
	{"2013-2", "Utbildning i informationssäkerhet behövde ske regelbundet.", "Training in information security needed to be regular."},
	{"2013-3", "Behörigheter avslutades inte när medarbetare slutade.", "Access rights were not ended when staff left."},
}

// governing are the governing documents that the audit names. Those without a number
// have none in its text.
var governing = []struct {
	key, title, titleEn, number string
	kind                        document.Kind
	decided                     string // empty: not known, the audit's day
	by, owner                   string
	section, why                string
}{
	{"forbund", "Förbundsöverenskommelse", "Federation agreement", "KS-833/2012", document.Regulation, "", "", "0581-ksk", "2.3", "Är ett av revisorernas kriterier. Beslutsdagen framgår inte; dagen som anges är granskningens, då den senast gällde."},
	{"intern-kontroll", "Riktlinje för intern styrning och kontroll", "Guideline for internal steering and control", "KS 2015/0144", document.Guideline, "", "", "0581-eko", "2.3", "Är ett av revisorernas kriterier. Beslutsdagen framgår inte; dagen som anges är granskningens, då den senast gällde."},
	{"inkop", "Riktlinje för upphandlingar och inköp", "Guideline for procurement and purchasing", "KS 2013/0644", document.Guideline, "", "0581-kf", "0581-upph", "2.3", "Är ett av revisorernas kriterier, fastställd av fullmäktige. Beslutsdagen framgår inte; dagen som anges är granskningens, då den senast gällde."},
	{"tystnadsplikt", "Rutin för tystnadsplikt och personalkontroll", "Routine for confidentiality and checks of staff", "", document.Routine, "2016-08-31", "0581-it", "0581-it", "4.1", "Fastställd innan styrdokumenten registrerades här; granskningen anger inget diarienummer."},
	{"andringar", "Processbeskrivning för ändringshantering", "Process description of change management", "", document.ProcessDescription, "2017-09-04", "0581-it", "0581-it", "4.2", "Fastställd innan styrdokumenten registrerades här; granskningen anger inget diarienummer."},
	{"klassning", "Rutin för inventering och klassning av informationstillgångar", "Routine for listing and classifying information assets", "", document.Routine, "2014-04-22", "0581-it", "0581-it", "4.4", "Fastställd innan styrdokumenten registrerades här; granskningen anger inget diarienummer."},
	{"sarbarheter", "Riktlinje för sårbarhetsskanning", "Guideline for scanning for vulnerabilities", "", document.Guideline, "2016-07-29", "0581-it", "0581-it", "4.4", "Fastställd innan styrdokumenten registrerades här; granskningen anger inget diarienummer."},
}

// audit has what is known from the audit registered in the first days, as found, and the
// answer begun much later.
func (b *book) audit() {
	b.on(b.first.AddDays(3), home, access.Director, "Granskningen "+auditNumber+" registrerad i efterhand", b.registerAudit)
	b.on(b.first.AddDays(4), home, access.Director, "Styrdokument som granskningen "+auditNumber+" nämner", b.registerGoverning)
	b.on(b.first.AddDays(410), home, access.Director, "Svaret till revisorerna påbörjat", func(e *entry) {
		b.answer.Status = audit.Drafted
		b.answer.TextSv = new(madeUp + "Kommunstyrelsen tar fram en digitaliseringsstrategi och en gemensam färdplan, inför ett ledningssystem för informationssäkerhet och prövar samverkan i Cesam Öst. Varje iakttagelse är kopplad till det mål eller den insats som ska rätta till den.")
		b.answer.TextEn = new("Example: The executive board prepares a digitalization strategy and a joint roadmap, introduces a management system for information security and tries the collaboration in Cesam Öst. Each finding is tied to the goal or the initiative that is to mend it.")
		e.answers.save(b.answer)
		for _, code := range []string{"F08", "F11", "F12", "F14", "F16"} {
			b.tie(e, home, thread.Link{FindingID: &b.finding[code].ID, FormalAnswerID: &b.answer.ID})
		}
	})
	b.answered()
	b.due()
}

// answered is an audit that is made up, which was answered in time.
func (b *book) answered() {
	var answer *audit.FormalAnswer
	b.on(b.at(235), home, access.Director, "Granskning registrerad", func(e *entry) {
		answer = b.inquiry(e, "kontaktcenter", "Granskning av kontaktcenter", "Audit of the contact centre", 330,
			"Hur följs väntetiderna upp?", "How are waiting times followed up?",
			&audit.Finding{Code: "K1", Section: new("3.1"), TextSv: madeUp + "Väntetiderna mäts och redovisas varje månad.", TextEn: new("Example: Waiting times are measured and reported every month."), Verdict: audit.OK, Severity: audit.Low},
			&audit.Finding{Code: "K2", Section: new("3.2"), TextSv: madeUp + "Vem som rättar fel i e-tjänster framgår inte för den som svarar.", TextEn: new("Example: Who mends errors in e-services is not clear to those who answer."), Verdict: audit.Partial, Severity: audit.Medium})
	})
	b.on(b.at(270), home, access.Director, "Svaret till revisorerna påbörjat", func(e *entry) {
		answer.Status = audit.Drafted
		e.answers.save(answer)
		b.tie(e, home, thread.Link{FindingID: &b.finding["K2"].ID, GoalID: &b.goal["1.1.1"].ID})
		b.tie(e, home, thread.Link{FindingID: &b.finding["K2"].ID, FormalAnswerID: &answer.ID})
	})
	b.on(b.at(290), home, access.Director, "Svaret till revisorerna för granskning", func(e *entry) {
		answer.Status, answer.TextSv = audit.InReview, new(madeUp+"Varje e-tjänst får en ägare och en kontakt som syns för kontaktcenter.")
		e.answers.save(answer)
	})
	b.rule(ruling{
		key: "svar", scb: home, body: "ks", kind: decision.ByBoard, title: "Svar på granskning av kontaktcenter", titleEn: "Answer to the audit of the contact centre", meeting: 308, outcome: inForce,
		then: func(e *entry, d *decision.Decision) {
			b.tie(e, home, thread.Link{DecisionID: &d.ID, FormalAnswerID: &answer.ID})
			answer.Status, answer.DiaryNumber, answer.CaseID = audit.Decided, d.DiaryNumber, d.CaseID
			e.answers.save(answer)
		},
	})
	b.on(b.at(328), home, access.Director, "Svaret skickat till revisorerna", func(e *entry) {
		answer.Status, answer.SentOn = audit.Sent, &e.day
		e.answers.save(answer)
	})
}

// due is an audit that is made up, whose answer is due soon.
func (b *book) due() {
	b.on(b.at(680), home, access.Director, "Granskning registrerad", func(e *entry) {
		answer := b.inquiry(e, "tillganglighet", "Granskning av e-tjänsternas tillgänglighet", "Audit of the accessibility of the e-services", 751,
			"När ska alla e-tjänster vara bedömda?", "When are all e-services to be assessed?",
			&audit.Finding{Code: "T1", Section: new("4.2"), TextSv: madeUp + "En tredjedel av e-tjänsterna saknar bedömning av tillgängligheten.", TextEn: new("Example: A third of the e-services lack an assessment of their accessibility."), Verdict: audit.Deficient, Severity: audit.Medium})
		b.tie(e, home, thread.Link{FindingID: &b.finding["T1"].ID, InitiativeID: &b.initiative["tillganglighet"].ID})
		b.tie(e, home, thread.Link{FindingID: &b.finding["T1"].ID, FormalAnswerID: &answer.ID})
	})
}

// inquiry adds an audit that is made up, with one question, its findings and the answer
// due so many days into the story.
func (b *book) inquiry(e *entry, key, title, titleEn string, due int, question, questionEn string, findings ...*audit.Finding) *audit.FormalAnswer {
	m := b.municipality[home].ID
	a := &audit.Audit{
		Row: postgres.Row{ID: identity(e.at, "audit", key)}, MunicipalityID: m, TitleSv: madeUp + title, TitleEn: new("Example: " + titleEn), DiaryNumber: new(b.number(home, "KR", e.day.String()[:4])),
		Year: yearOf(e.day), AuditorUnitID: &b.unit["0581-rev"].ID, AddresseeUnitID: &b.unit["0581-ks"].ID, PublishedOn: &e.day, Visibility: eservice.Public,
	}
	a.CaseID = b.file(e, home, *a.DiaryNumber, a.TitleSv)
	e.audits.add(a)
	answer := &audit.FormalAnswer{
		Row: postgres.Row{ID: identity(e.at, "formal_answer", key)}, MunicipalityID: m, AuditID: a.ID, DueOn: *b.plain(due), Status: audit.NotStarted,
		TitleSv: madeUp + "Kommunstyrelsens svar på " + strings.ToLower(title[:1]) + title[1:], TitleEn: new("Example: The executive board's answer to the audit"),
	}
	e.answers.add(answer)
	e.questions.add(&audit.Question{
		Row: postgres.Row{ID: identity(e.at, "audit_question", key)}, MunicipalityID: m, AuditID: a.ID, FormalAnswerID: &answer.ID, Position: 1, TextSv: madeUp + question, TextEn: new("Example: " + questionEn),
	})
	for _, f := range findings {
		f.ID, f.MunicipalityID, f.AuditID = identity(e.at, "finding", f.Code), m, a.ID
		b.finding[f.Code] = f
		e.findings.add(f)
	}
	return answer
}

func (b *book) registerAudit(e *entry) {
	m := b.municipality[home].ID
	unit := func(key string) *organisation.Unit { return b.unit[key] }
	earlier := &audit.Audit{
		Row: postgres.Row{ID: identity(e.at, "audit", "2013")}, MunicipalityID: m, TitleSv: "Granskning av IT-säkerhet 2013", TitleEn: new("Audit of IT security 2013"),
		Year: 2013, AuditorUnitID: &unit("0581-rev").ID, AddresseeUnitID: &unit("0581-ks").ID, Visibility: eservice.Public,
		SummarySv: new("Känd genom uppföljningen i " + auditNumber + ", avsnitt 2.1. Rapporten själv och dess diarienummer har inte hittats."),
		SummaryEn: new("Known from the follow-up in " + auditNumber + ", section 2.1. The report itself and its diary number were not found."),
	}
	a := &audit.Audit{
		Row: postgres.Row{ID: identity(e.at, "audit", auditNumber)}, MunicipalityID: m,
		TitleSv: "Granskning av kommunens IT-säkerhet 2017", TitleEn: new("Audit of the municipality's IT security 2017"),
		DiaryNumber: new(auditNumber), Year: 2017, AuditorUnitID: &unit("0581-rev").ID, AddresseeUnitID: &unit("0581-ks").ID, PublishedOn: new(day(auditDay)),
		FollowsID: &earlier.ID, Visibility: eservice.Public,
		SummarySv: new("Kommunstyrelsen behöver ta ett samlat ansvar för informationssäkerhet, ta fram en strategi för e-tjänster och en plan för digitaliseringen och stärka den interna kontrollen. Tre frågor ska besvaras skriftligt senast " + answerDue + ". Om och när svaret lämnades framgår inte av granskningen; här är inget svar registrerat."),
		SummaryEn: new("The executive board needs to take a joint responsibility for information security, prepare a strategy for e-services and a plan for digitalization, and strengthen internal control. Three questions are to be answered in writing by " + answerDue + ". Whether and when they were, the audit cannot tell; no answer is registered here."),
	}
	a.CaseID = b.file(e, home, auditNumber, a.TitleSv)
	e.audits.add(earlier)
	e.audits.add(a)
	b.answer = &audit.FormalAnswer{
		Row: postgres.Row{ID: identity(e.at, "formal_answer", auditNumber)}, MunicipalityID: m, AuditID: a.ID,
		TitleSv: "Kommunstyrelsens svar på granskningen " + auditNumber, TitleEn: new("The executive board's answer to the audit " + auditNumber),
		DueOn: day(answerDue), Status: audit.NotStarted,
	}
	e.answers.add(b.answer)
	for i, q := range auditQuestions {
		question := &audit.Question{
			Row: postgres.Row{ID: identity(e.at, "audit_question", strconv.Itoa(i))}, MunicipalityID: m, AuditID: a.ID, Position: i + 1, TextSv: q.sv, TextEn: &q.en,
		}
		if q.answer {
			question.FormalAnswerID = &b.answer.ID
		}
		e.questions.add(question)
	}
	find := func(f *audit.Finding) {
		f.ID, f.MunicipalityID = identity(e.at, "finding", f.Code), m
		b.finding[f.Code] = f
		e.findings.add(f)
	}
	for _, f := range recurring {
		find(&audit.Finding{AuditID: earlier.ID, Code: f.code, TextSv: f.sv, TextEn: &f.en, Verdict: audit.Deficient, Severity: audit.High})
	}
	for _, f := range auditFindings {
		finding := &audit.Finding{AuditID: a.ID, Code: f.code, Section: &f.section, TextSv: f.sv, TextEn: &f.en, Verdict: f.verdict, Severity: f.severity}
		if f.code == "F10" {
			finding.RecurrenceOfID = &b.finding["2013-3"].ID
		}
		find(finding)
	}
}

func (b *book) registerGoverning(e *entry) {
	for _, g := range governing {
		d := &document.GoverningDocument{
			Row: postgres.Row{ID: identity(e.at, "governing_document", g.key)}, MunicipalityID: b.municipality[home].ID,
			TitleSv: g.title, TitleEn: &g.titleEn, Kind: g.kind, Status: document.Adopted, OwnerUnitID: &b.unit[g.owner].ID, Visibility: eservice.Public,
			FoundSource: new("Granskningen " + auditNumber + ", avsnitt " + g.section), FoundReason: &g.why,
			DecidedOn: new(day(auditDay)),
		}
		if g.decided != "" {
			d.DecidedOn = new(day(g.decided))
		}
		if g.by != "" {
			d.DecidedByID = &b.unit[g.by].ID
		}
		if g.number != "" {
			d.DiaryNumber = &g.number
			d.CaseID = b.file(e, home, g.number, g.title)
		}
		b.document[g.key] = d
		e.documents.add(d)
	}
}
