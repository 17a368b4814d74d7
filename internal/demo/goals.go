package demo

import (
	"strconv"
	"strings"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
	"fardplan/internal/strategy"
	"fardplan/internal/thread"
)

// The days of the story on which the strategy moves.
const (
	strategyBegun   = 150
	goalsProposed   = 200
	strategyAsked   = 330
	strategyMeeting = 448 // of the council
	goalsBegun      = 482
)

// aims are the goals of the strategy, above before below. Levels follow from the codes.
var aims = []struct {
	code, title, titleEn string
	owner                string // the unit's key after the SCB code
	findings             []string
	final                strategy.GoalStatus
	progress             int
	health               strategy.Health
	late                 bool // put forward after the strategy was adopted, and not decided on
}{
	{"1", "Invånare och företag når kommunen digitalt, enkelt och tryggt", "Residents and businesses reach the municipality digitally, simply and safely", "ksk", nil, "ONGOING", 45, "AMBER", false},
	{"1.1", "De vanligaste ärendena går att göra digitalt från början till slut", "The most usual errands can be done digitally from beginning to end", "komm", nil, "ONGOING", 50, "GREEN", false},
	{"1.1.1", "Varje e-tjänst har ägare, kontakt och bedömd tillgänglighet", "Each e-service has an owner, a contact and an assessed accessibility", "komm", nil, "ONGOING", 60, "AMBER", false},
	{"1.1.2", "Det som flera kommuner behöver byggs en gång", "What several municipalities need is built once", "ksk", []string{"F14"}, "ONGOING", 40, "AMBER", false},
	{"1.2", "E-tjänster styrs från kommunledningen", "E-services are steered from the top", "ksk", []string{"F11", "F13"}, "ONGOING", 70, "GREEN", false},
	{"1.2.1", "Varje samverkan om e-tjänster vilar på ett eget beslut", "Each collaboration on e-services rests on a decision of our own", "ksk", []string{"F12"}, "ONGOING", 20, "RED", false},
	{"2", "Kommunens information är skyddad och tillgänglig", "The municipality's information is protected and available", "ksk", nil, "ONGOING", 35, "RED", false},
	{"2.1", "Ett ledningssystem för informationssäkerhet används i hela kommunen", "A management system for information security is used in the whole municipality", "ksk", []string{"F08", "2013-1"}, "ONGOING", 30, "AMBER", false},
	{"2.1.1", "Behörigheter avslutas samma dag som uppdraget", "Access rights end on the day that the assignment does", "pers", []string{"F09", "F10", "2013-3"}, "ONGOING", 25, "RED", false},
	{"2.1.2", "Alla styrande dokument för IT och informationssäkerhet är diarieförda", "All governing documents on IT and information security are in the diary", "it", []string{"F15"}, "ONGOING", 40, "RED", false},
	{"2.1.3", "Alla medarbetare får utbildning i informationssäkerhet varje år", "All staff are trained in information security every year", "pers", []string{"2013-2"}, "ONGOING", 0, "UNKNOWN", false},
	{"2.2", "Verksamheten klarar avbrott i IT-miljön", "The services manage interruptions of IT", "sak", []string{"F05", "F06"}, "ONGOING", 45, "AMBER", false},
	{"2.2.1", "Samhällsviktiga verksamheter har antagna kontinuitetsplaner", "Vital services have adopted continuity plans", "sak", []string{"F05"}, "ONGOING", 40, "AMBER", false},
	{"2.2.2", "Växlingen mellan datahallarna är dokumenterad och övas varje år", "Switching between the data halls is documented and practised every year", "it", []string{"F06"}, "PARTLY", 80, "AMBER", false},
	{"3", "Digitaliseringen är planerad, beslutad och följs upp", "Digitalization is planned, decided and followed up", "ksk", []string{"F07", "F16"}, "ONGOING", 65, "GREEN", false},
	{"3.1", "En gemensam färdplan följs upp varje kvartal", "A joint roadmap is followed up every quarter", "ksk", []string{"F16"}, "ACHIEVED", 100, "GREEN", false},
	{"3.2", "Leverantörer är riskklassade och följs upp efter klass", "Suppliers are classed by risk and followed up by class", "upph", []string{"F01", "F02"}, "PROPOSED", 0, "UNKNOWN", true},
	{"3.3", "Kommunens tjänstekatalog är öppna data", "The municipality's catalogue of services is open data", "komm", nil, "PROPOSED", 0, "UNKNOWN", true},
}

// measures are the indicators, with how their values go from the first to the last.
var measures = []struct {
	goal, name, nameEn, unit string
	direction                strategy.IndicatorDirection
	frequency                strategy.IndicatorFrequency
	source                   strategy.IndicatorSource
	months                   int // of a period
	from, to, target         float64
	until                    int // the last day of the story with a report; 0: to the end
}{
	{"1.1", "Ärenden som kommer in digitalt", "Errands that come in digitally", "procent", "UP", "QUARTERLY", "OEP", 3, 52, 68, 80, 0},
	{"1.1.1", "E-tjänster med utsedd kontakt och bedömd tillgänglighet", "E-services with a contact and an assessed accessibility", "procent", "UP", "QUARTERLY", "DERIVED", 3, 31, 71, 95, 0},
	{"1.1.2", "Gemensamma e-tjänster i drift i minst tre kommuner", "Shared e-services live in three municipalities at least", "antal", "UP", "QUARTERLY", "DERIVED", 3, 4, 22, 30, 0},
	{"1.2.1", "Samverkansprojekt utan eget beslut", "Shared projects without a decision of our own", "antal", "DOWN", "QUARTERLY", "DERIVED", 3, 6, 3, 0, 0},
	{"2.1", "System med giltig informationsklassning", "Systems with a valid classification of information", "procent", "UP", "HALF_YEARLY", "MANUAL", 6, 12, 19, 90, 400},
	{"2.1.1", "Behörigheter kvar mer än en dag efter avslut", "Access rights left more than a day after they were to end", "antal", "DOWN", "QUARTERLY", "MANUAL", 3, 140, 95, 0, 480},
	{"2.1.2", "Styrande dokument utan diarienummer", "Governing documents without a diary number", "antal", "DOWN", "QUARTERLY", "DERIVED", 3, 4, 4, 0, 0},
	{"2.2.1", "Antagna kontinuitetsplaner", "Adopted continuity plans", "antal", "UP", "HALF_YEARLY", "MANUAL", 6, 0, 5, 12, 0},
	{"2.2.2", "Tid att växla mellan datahallarna vid övning", "Time to switch between the data halls in an exercise", "minuter", "BAND", "YEARLY", "MANUAL", 12, 95, 42, 30, 0},
	{"3.1", "Insatser som följer den beslutade planen", "Initiatives that follow the plan that was decided", "procent", "UP", "QUARTERLY", "DERIVED", 3, 40, 67, 85, 0},
}

// papers are the governing documents that the story makes up, with the findings that
// they answer.
var papers = []struct {
	key, scb, title, titleEn string
	kind                     document.Kind
	owner                    string // the unit's key after the SCB code; empty: nobody's
	begun, asked, adopted    int    // days into the story; 0: not yet
	organ                    string // of its diary number; empty: it has none
	months                   int    // between reviews
	finding                  string
}{
	{"it-strategi", home, "IT-strategi", "IT strategy", document.Strategy, "it", 520, 0, 0, "", 24, "F07"},
	{"infosak", home, "Policy för informationssäkerhet", "Policy on information security", document.PolicyDocument, "ksk", 540, 660, 0, "", 24, "F08"},
	{"behorighet", home, "Riktlinje för behörigheter", "Guideline on access rights", document.Guideline, "pers", 40, 70, 110, "KS", 12, "F10"},
	{"leverantor", home, "Rutin för uppföljning av leverantörer", "Routine for following up suppliers", document.Routine, "", 90, 120, 180, "KS", 24, "F02"},
	{"publicering", home, "Rutin för publicering av e-tjänster", "Routine for publishing e-services", document.Routine, "komm", 60, 90, 130, "", 36, ""},
	{"digital-580", "0580", "Digital strategi", "Digital strategy", document.Strategy, "klk", 80, 130, 260, "", 24, ""},
	{"e-tjanster-583", "0583", "Riktlinje för e-tjänster", "Guideline on e-services", document.Guideline, "klf", 100, 150, 240, "KS", 24, ""},
}

// strategy is how the municipality comes to have a strategy with goals that are measured.
func (b *book) strategy() {
	b.on(b.first.AddDays(strategyBegun), home, access.Director, "Arbetet med digitaliseringsstrategin har börjat", func(e *entry) {
		d := b.paper(e, "strategi", home, "Digitaliseringsstrategi", "Digitalization strategy", document.Strategy, "ksk")
		d.SummarySv = new(madeUp + "Hur kommunen ska digitalisera till nytta för invånarna, med mål för e-tjänster, informationssäkerhet och styrning. Svarar mot avsnitt 4.4, 4.6 och 5 i granskningen " + auditNumber + ".")
		d.ReviewMonths, d.OwnerFunction = new(12), new("digitaliseringsdirektör")
		for _, code := range []string{"F11", "F16"} {
			b.tie(e, home, thread.Link{FindingID: &b.finding[code].ID, GoverningDocumentID: &d.ID})
		}
	})
	b.move("strategi", home, strategyAsked, document.InReview, "Strategin på remiss")
	b.on(b.at(goalsProposed), home, access.Director, "Förslag till mål i digitaliseringsstrategin", b.propose)
	b.rule(ruling{
		key: "strategi", scb: home, body: "kf", kind: decision.ByCouncil, title: "Digitaliseringsstrategi antas", titleEn: "The digitalization strategy is adopted",
		text: "Kommunfullmäktige antar digitaliseringsstrategin med dess mål.", meeting: strategyMeeting, outcome: inForce,
		then: func(e *entry, d *decision.Decision) {
			paper := b.document["strategi"]
			paper.Status, paper.DecidedByID, paper.DecidedOn, paper.ValidFrom = document.Adopted, &d.BodyUnitID, d.MeetingDate, d.MeetingDate
			e.documents.save(paper)
			b.tie(e, home, thread.Link{DecisionID: &d.ID, GoverningDocumentID: &paper.ID})
			for _, a := range aims {
				if g := b.goal[a.code]; g != nil {
					g.Status = strategy.Adopted
					e.goals.save(g)
					b.tie(e, home, thread.Link{DecisionID: &d.ID, GoalID: &g.ID})
				}
			}
		},
	})
	b.on(b.at(strategyMeeting).AddDays(30), home, access.Director, "Strategins diarienummer inskrivet", func(e *entry) {
		d := b.document["strategi"]
		d.DiaryNumber, d.CaseID = b.decision["strategi"].DiaryNumber, b.decision["strategi"].CaseID
		e.documents.save(d)
	})
	b.on(b.at(goalsBegun), home, access.Director, "Arbetet mot målen har börjat", func(e *entry) {
		for _, a := range aims {
			if g := b.goal[a.code]; g != nil {
				g.Status, g.Progress, g.Health = "ONGOING", new(a.progress/3), "UNKNOWN"
				e.goals.save(g)
			}
		}
	})
	b.on(b.at(560), home, access.Director, "Nya mål föreslagna efter strategin", func(e *entry) {
		for _, a := range aims {
			if a.late {
				b.aim(e, a.code)
			}
		}
	})
	b.on(b.at(600), home, access.Director, "Målens läge efter halvåret", func(e *entry) { b.assess(e, 3, 4) })
	b.on(b.at(705), home, access.Director, "Målens läge inför bokslutet", func(e *entry) { b.assess(e, 1, 1) })
	b.measure()
	for _, p := range papers {
		b.desk(month, b.at(p.begun), p.scb, access.Director, "Nytt styrdokument påbörjat", func(e *entry) {
			d := b.paper(e, p.key, p.scb, p.title, p.titleEn, p.kind, p.owner)
			d.ReviewMonths = &p.months
			if p.finding != "" {
				b.tie(e, p.scb, thread.Link{FindingID: &b.finding[p.finding].ID, GoverningDocumentID: &d.ID})
			}
		})
		if p.asked > 0 {
			b.move(p.key, p.scb, p.asked, document.InReview, "Styrdokumentet på remiss")
		}
		if p.adopted > 0 {
			b.desk(month, b.at(p.adopted), p.scb, access.Director, "Styrdokumentet antaget", func(e *entry) {
				d := b.document[p.key]
				d.Status, d.DecidedByID, d.DecidedOn, d.ValidFrom = document.Adopted, &b.unit[p.scb+"-ks"].ID, &e.day, &e.day
				if p.organ != "" {
					d.DiaryNumber = new(b.number(p.scb, p.organ, e.day.String()[:4]))
					d.CaseID = b.file(e, p.scb, *d.DiaryNumber, d.TitleSv)
				}
				e.documents.save(d)
			})
		}
	}
	b.move("e-tjanster-583", "0583", 700, document.UnderRevision, "Revidering inledd")
}

// paper begins a governing document that is made up.
func (b *book) paper(e *entry, key, scb, title, titleEn string, kind document.Kind, owner string) *document.GoverningDocument {
	d := &document.GoverningDocument{
		Row: postgres.Row{ID: identity(e.at, "governing_document", key)}, MunicipalityID: b.municipality[scb].ID,
		TitleSv: madeUp + title, TitleEn: new("Example: " + titleEn), Kind: kind, Status: document.Draft, IsExample: true, Visibility: eservice.Public,
	}
	if owner != "" {
		d.OwnerUnitID = &b.unit[scb+"-"+owner].ID
	}
	b.document[key] = d
	e.documents.add(d)
	return d
}

// move has a document take a step of its life.
func (b *book) move(key, scb string, n int, to document.Status, comment string) {
	b.desk(month, b.at(n), scb, access.Director, comment, func(e *entry) {
		b.document[key].Status = to
		e.documents.save(b.document[key])
	})
}

// propose adds the strategy's goals with the findings that they answer.
func (b *book) propose(e *entry) {
	for _, a := range aims {
		if !a.late {
			b.aim(e, a.code)
		}
	}
	for _, m := range measures {
		b.indicator(e, m.goal)
	}
}

// aim adds a goal as it is put forward.
func (b *book) aim(e *entry, code string) {
	for _, a := range aims {
		if a.code != code {
			continue
		}
		g := &strategy.Goal{
			Row: postgres.Row{ID: identity(e.at, "goal", a.code)}, MunicipalityID: b.municipality[home].ID, StrategyID: &b.document["strategi"].ID,
			OwnerUnitID: &b.unit[home+"-"+a.owner].ID, Code: a.code, TitleSv: a.title, TitleEn: &a.titleEn,
			DescriptionSv: new(madeUp + "påhittat mål." + answersTo(a.findings, " Svarar mot iakttagelse ", " och ", " i granskningen ")),
			DescriptionEn: new("Example: a goal made up." + answersTo(a.findings, " It answers finding ", " and ", " of the audit ")),
			Level:         "DIRECTION", Horizon: new(strategy.GoalHorizon("LONG")), PeriodFrom: b.plain(goalsProposed), PeriodTo: b.plain(strategyMeeting + 1460),
			Status: "PROPOSED", Health: strategy.Unknown, IsExample: true, Visibility: eservice.Public, ResponsibleFunction: new("digitaliseringsdirektör"),
		}
		switch len(a.code) {
		case 3:
			g.Level, g.ParentGoalID = "GOAL", &b.goal[a.code[:1]].ID
		case 5:
			g.Level, g.ParentGoalID = "SUBGOAL", &b.goal[a.code[:3]].ID
			g.Horizon, g.PeriodTo = new(strategy.GoalHorizon("SHORT")), b.plain(strategyMeeting+730)
			g.ResponsibleFunction = nil
		}
		b.goal[a.code] = g
		e.goals.add(g)
		for _, f := range a.findings {
			b.tie(e, home, thread.Link{FindingID: &b.finding[f].ID, GoalID: &g.ID})
		}
	}
}

// answersTo says which findings of the audit something answers; empty for none.
func answersTo(findings []string, before, and, of string) string {
	var codes []string
	for _, code := range findings {
		if strings.HasPrefix(code, "F") {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		return ""
	}
	return before + strings.Join(codes, and) + of + auditNumber + "."
}

// assess says how far the goals have come, as a share of where they end.
func (b *book) assess(e *entry, part, of int) {
	for _, a := range aims {
		g := b.goal[a.code]
		if g == nil || a.late {
			continue
		}
		g.Progress, g.Health = new(a.progress*part/of), a.health
		if part == of {
			g.Status = a.final
		}
		e.goals.save(g)
	}
}

// indicator adds what a goal is measured by.
func (b *book) indicator(e *entry, goal string) {
	for _, m := range measures {
		if m.goal != goal {
			continue
		}
		i := &strategy.Indicator{
			Row: postgres.Row{ID: identity(e.at, "indicator", goal)}, MunicipalityID: b.municipality[home].ID, GoalID: b.goal[goal].ID, NameSv: m.name, NameEn: &m.nameEn,
			UnitOfMeasure: m.unit, Direction: m.direction, Baseline: &m.from, BaselineOn: &e.day, Target: &m.target, TargetOn: b.plain(strategyMeeting + 730),
			Frequency: m.frequency, Source: m.source, ResponsibleFunction: new("digitaliseringsdirektör"),
		}
		if m.direction == "BAND" {
			i.Target, i.BandLow, i.BandHigh = nil, new(0.0), &m.target
		}
		b.indicators[goal] = i
		e.indicators.add(i)
	}
}

// measure has the values of the indicators recorded after each quarter.
func (b *book) measure() {
	quarter := func(d date.Date) date.Date { return d.FirstOfMonth().AddMonths(-(int(d.Month()) - 1) % 3) }
	begun := quarter(b.at(goalsProposed))
	for start := begun; !b.last.Before(start.AddMonths(3)); start = start.AddMonths(3) {
		day := start.AddMonths(3).AddDays(14)
		if b.last.Before(day) {
			day = b.last
		}
		b.on(day, home, access.ProjectEditor, "Indikatorernas värden efter kvartalet", func(e *entry) {
			for _, m := range measures {
				end := start.AddMonths(3)
				i := b.indicators[m.goal]
				if i == nil || (int(end.Month())-1)%m.months != 0 || m.until > 0 && b.first.AddDays(m.until).Before(e.day) {
					continue
				}
				share := float64(begun.DaysTo(start)) / float64(begun.DaysTo(b.last.AddMonths(-3)))
				wobble := float64(number(100, m.goal, start.String()))/100 - 0.5
				value := m.from + (m.to-m.from)*min(share, 1) + wobble*(m.to-m.from)/8
				digits := 0
				if m.unit == "procent" {
					digits = 1
				}
				period := end.AddMonths(-m.months)
				v := &strategy.IndicatorValue{
					Row: postgres.Row{ID: identity(e.at, "indicator_value", m.goal, period.String())}, MunicipalityID: i.MunicipalityID, IndicatorID: i.ID,
					Period: period, Revision: 1, Value: rounded(max(value, 0), digits),
				}
				e.values.add(v)
				if m.goal == "1.1" && b.revised == nil {
					b.revised = v
				}
			}
		})
	}
	b.on(b.at(430), home, access.ProjectEditor, "Rättat värde: ärenden från telefon räknades som digitala", func(e *entry) {
		v := *b.revised
		v.ID, v.Revision, v.Value = identity(e.at, "indicator_value", "revised", strconv.Itoa(v.Revision+1)), v.Revision+1, v.Value-3
		v.Comment = new("Ärenden som kom in per telefon räknades som digitala")
		e.values.add(&v)
	})
}
