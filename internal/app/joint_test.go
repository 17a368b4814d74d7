package app_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
	"fardplan/internal/gid"
	"fardplan/internal/organisation"
	"fardplan/internal/strategy"
	"fardplan/internal/thread"
)

// joint is a world of two municipalities that plan, decide and work together.
type joint struct {
	*apitest.API
	ctx        context.Context // of the program itself
	home, away *organisation.Municipality
	board      map[uuid.UUID]*organisation.Unit // the executive board of each municipality
	office     *organisation.Unit
	members    *collaboration.Collaboration
	strategy   *document.GoverningDocument
	director   apitest.Caller // of home
}

func newJoint(t *testing.T, set ...func(*apitest.Settings)) *joint {
	t.Helper()
	j := &joint{API: apitest.New(t, set...), ctx: apitest.System(t), board: map[uuid.UUID]*organisation.Unit{}}
	j.home, j.away = j.Municipality(t, "0581", "Norrköping", apitest.Home), j.Municipality(t, "0562", "Finspång")
	j.members = must(j.Services.Collaboration.CreateCollaboration(j.ctx, collaboration.Collaboration{MunicipalityID: &j.home.ID, NameSv: "Samverkan"}))(t)
	for _, m := range []*organisation.Municipality{j.home, j.away} {
		j.board[m.ID] = j.Unit(t, m, "Kommunstyrelsen", func(u *organisation.Unit) { u.Type = organisation.ExecutiveBoard })
		must(j.Services.Collaboration.AddMember(j.ctx, collaboration.CollaborationMember{
			CollaborationID: j.members.ID, MunicipalityID: m.ID, ValidFrom: *j.day(-1000), Source: "Avtal",
		}))(t)
	}
	j.office = j.Unit(t, j.home, "Kontoret")
	j.strategy = inForce(t, j.API, j.office)
	j.director = j.Token(t, "0581", access.Director)
	return j
}

// day is a number of days from the clock's.
func (j *joint) day(days int) *date.Date { return ptr(date.Of(j.Clock.Now()).AddDays(days)) }

// decided registers a decision that a municipality's board took a month ago, and that
// nobody appealed.
func (j *joint) decided(t *testing.T, of *organisation.Municipality, title string, set ...func(*decision.Decision)) *decision.Decision {
	t.Helper()
	d := decision.Decision{
		MunicipalityID: of.ID, BodyUnitID: j.board[of.ID].ID, TitleSv: title, Type: decision.ByBoard,
		ProposedOn: j.day(-60), MeetingDate: j.day(-30), LegallyBindingOn: j.day(-3), Visibility: eservice.Public,
	}
	for _, f := range set {
		f(&d)
	}
	return must(j.Services.Decisions.Create(j.ctx, d))(t)
}

// initiative registers an initiative of home that is planned between two days from today.
func (j *joint) initiative(t *testing.T, title string, from, to int) *strategy.Initiative {
	t.Helper()
	return must(j.Services.Strategy.CreateInitiative(j.ctx, strategy.Initiative{
		MunicipalityID: j.home.ID, TitleSv: title, Kind: "ACTIVITY", OwnerUnitID: &j.office.ID, PlannedStart: j.day(from), PlannedEnd: j.day(to), Visibility: eservice.Public,
	}))(t)
}

// goal registers a goal of home that lies under another, or under none.
func (j *joint) goal(t *testing.T, code string, level strategy.GoalLevel, under *strategy.Goal) *strategy.Goal {
	t.Helper()
	g := strategy.Goal{MunicipalityID: j.home.ID, StrategyID: &j.strategy.ID, Code: code, TitleSv: "Mål " + code, Level: level, OwnerUnitID: &j.office.ID, PeriodFrom: j.day(-30), PeriodTo: j.day(700), Visibility: eservice.Public}
	if under != nil {
		g.ParentGoalID = &under.ID
	}
	return must(j.Services.Strategy.CreateGoal(j.ctx, g))(t)
}

// plan is one line of thought from a goal to an e-service, with all that hangs on it.
type plan struct {
	agreement     *collaboration.Agreement
	project       *collaboration.SharedProject
	participation *collaboration.Participation // of away
	confirms      *decision.Decision           // of away
	adopts        *decision.Decision
	direction     *strategy.Goal
	goal          *strategy.Goal
	indicator     *strategy.Indicator
	first, next   *strategy.Initiative
	waits         *strategy.Dependency
	milestone     *strategy.Milestone
	service       *eservice.EService
	code          *eservice.SharedService
	serves        *thread.Link // of the goal by the first initiative
	waiver        *decision.Waiver
}

// plan makes a line of thought of a number: a project of home that away takes part in
// under an agreement, an adopted goal with an indicator and two initiatives, and the
// e-service that it all leads to, which lacks what a decision lets be.
func (j *joint) plan(t *testing.T, n int) *plan {
	t.Helper()
	together, strategies := j.Services.Collaboration, j.Services.Strategy
	p := &plan{}
	p.agreement = must(together.CreateAgreement(j.ctx, collaboration.Agreement{
		MunicipalityID: j.home.ID, CollaborationID: &j.members.ID, TitleSv: fmt.Sprintf("Avtal %d", n), LegalForm: "CONTRACT_KL_9_37", Visibility: eservice.Collaboration, SignedOn: j.day(-110), ValidFrom: j.day(-100), ValidTo: j.day(100 + n),
	}))(t)
	p.project = must(together.CreateProject(j.ctx, collaboration.SharedProject{
		MunicipalityID: j.home.ID, CollaborationID: &j.members.ID, AgreementID: &p.agreement.ID, Code: fmt.Sprintf("projekt-%d", n), NameSv: fmt.Sprintf("Projekt %d", n),
		PlannedStart: j.day(10 + n), PlannedEnd: j.day(50 + n), Visibility: eservice.Collaboration,
	}))(t)
	p.participation = must(together.Propose(j.ctx, collaboration.Participation{MunicipalityID: j.away.ID, SharedProjectID: p.project.ID, Role: "FULL_MEMBER"}))(t)
	p.confirms = j.decided(t, j.away, fmt.Sprintf("Finspång deltar i %d", n))
	p.participation = must(together.Confirm(j.ctx, p.participation.ID, p.participation.Version, p.confirms.ID, ""))(t)

	p.direction = j.goal(t, fmt.Sprintf("I%d", n), "DIRECTION", nil)
	p.goal = j.goal(t, fmt.Sprintf("M%d", n), "GOAL", p.direction)
	p.adopts = j.decided(t, j.home, fmt.Sprintf("Mål %d antas", n), func(d *decision.Decision) { d.DiaryNumber = ptr(fmt.Sprintf("KS 2026/%04d", 100+n)) })
	p.goal = must(strategies.TransitionGoal(j.ctx, p.goal.ID, p.goal.Version, strategy.GoalTransition{To: strategy.Adopted, DecisionID: &p.adopts.ID}))(t)
	p.indicator = must(strategies.CreateIndicator(j.ctx, strategy.Indicator{
		MunicipalityID: j.home.ID, GoalID: p.goal.ID, NameSv: "Andel ärenden på nätet", UnitOfMeasure: "procent", Direction: "UP", Frequency: "MONTHLY", Source: "MANUAL",
	}))(t)
	for i := range 3 {
		must(strategies.RecordValue(j.ctx, p.indicator.ID, date.Of(j.Clock.Now()).FirstOfMonth().AddMonths(-1-i), float64(40-i), nil))(t)
	}
	p.first, p.next = j.initiative(t, fmt.Sprintf("Insats %d", n), 0, 20+n), j.initiative(t, fmt.Sprintf("Följd av %d", n), 25+n, 60+n)
	p.waits = must(strategies.CreateDependency(j.ctx, strategy.Dependency{MunicipalityID: j.home.ID, BeforeInitiativeID: &p.first.ID, AfterInitiativeID: &p.next.ID, Kind: "REQUIRES"}))(t)
	p.milestone = must(strategies.CreateMilestone(j.ctx, strategy.Milestone{Part: strategy.Part{InitiativeID: &p.first.ID}, TitleSv: "Klart", Kind: "DELIVERY", PlannedOn: j.day(15)}))(t)

	p.code = shared(t, j.API, j.home, fmt.Sprintf("delad-%d", n), eservice.Public)
	p.service = service(t, j.API, j.office, fmt.Sprintf("Tjänst %d", n), func(e *eservice.EService) { e.SharedServiceID = &p.code.ID })
	p.serves = must(j.Services.Threads.Link(j.ctx, j.home.ID, thread.End{Kind: "goal", ID: p.goal.ID}, thread.End{Kind: "initiative", ID: p.first.ID}, nil, nil))(t)
	must(j.Services.Threads.Link(j.ctx, j.home.ID, thread.End{Kind: "initiative", ID: p.first.ID}, thread.End{Kind: "e_service", ID: p.service.ID}, nil, nil))(t)
	p.waiver = must(j.Services.Decisions.Grant(j.ctx, decision.Waiver{
		MunicipalityID: j.home.ID, DecisionID: p.adopts.ID, Rule: "ESERVICE_NO_OWNER_ROLE", ObjectKind: "e_service", ObjectID: p.service.ID, ReasonSv: "Rekrytering pågår", ExpiresOn: *j.day(90),
	}))(t)
	return p
}

// views asks for what people look at together: the roadmap, the decision matrix, the
// coverage map, a golden thread, the gaps and what has changed since a meeting.
const views = `
fragment Views on Query {
  roadmap {
    goals { ...Item } initiatives { ...Item } sharedProjects { ...Item } milestones { ...Item } decisions { ...Item } undated { ...Item }
    dependencies { id kind before after } cut
  }
  decisionMatrix(first: 50) {
    municipalities { id name { sv } } totalCount pageInfo { hasNextPage endCursor }
    rows { sharedProject { id version name { sv } phase } totals { state count } cells { municipality { id } state participation { id version role state } decision { id version title { sv } state } } }
    totals { municipality { scbCode } counts { state count } }
  }
  coverageMap(first: 50) {
    municipalities { id } totalCount rows { sharedService { id version name { sv } } live planned missing cells { municipality { id } state eService { id version name { sv } ownerUnit { name { sv } } } } }
  }
  goldenThread(id: $goal) {
    of { id version } cut missing { record { id } stage title { sv } rule { code } } links { from to purpose recordLink { id version } }
    nodes { stage distance record { id version history(first: 20) { totalCount } ... on Decision { state title { sv } bodyUnit { name { sv } } } ... on EService { name { sv } ownerUnit { id name { sv } } } } }
  }
  gaps(first: 100, orderBy: {field: SINCE}) { totalCount nodes { since severity rule { code } object { id version } unit { name { sv } } municipality { name { sv } } } }
  sinceMeeting(from: $meeting) { from to lineCount truncated areas { area lineCount } lines { area change text { sv en } weight days recordId record { id version } municipality { name { sv } } } }
}
fragment Item on RoadmapItem {
  id kind version municipality municipalityName { sv } unit unitName { sv } of title { sv } lane plannedStart plannedEnd baselineStart baselineEnd actualStart actualEnd slipDays status health progress decided
}`

// variables are those of views: the thread is a goal's, and the meeting was held then.
func variables(goal gid.ID, meeting time.Time, more apitest.Vars) apitest.Vars {
	vars := apitest.Vars{"goal": goal, "meeting": meeting}
	for name, value := range more {
		vars[name] = value
	}
	return vars
}

// turn changes something of every kind, an hour between.
func (j *joint) turn(t *testing.T, p *plan) {
	t.Helper()
	j.Clock.Add(time.Hour)
	s, today := j.Services, *j.day(0)
	later := j.decided(t, j.home, "Målet antas på nytt", func(d *decision.Decision) { d.MeetingDate, d.LegallyBindingOn = &today, nil })
	for _, change := range []func(){
		func() {
			must(s.Decisions.Supersede(j.ctx, p.adopts.ID, j.version(t, "decision", p.adopts.ID), &later.ID, &today, ""))(t)
		},
		func() {
			must(s.Decisions.Update(j.ctx, p.confirms.ID, j.version(t, "decision", p.confirms.ID), "", func(d *decision.Decision) { d.TitleSv, d.ValidTo = "Deltar tills vidare", j.day(10) }))(t)
		},
		func() {
			p.participation = must(s.Collaboration.Step(j.ctx, p.participation.ID, p.participation.Version, "DECISION_PENDING", nil, "Nytt underlag"))(t)
		},
		func() {
			p.participation = must(s.Collaboration.SetTerms(j.ctx, p.participation.ID, p.participation.Version, func(x *collaboration.Participation) { x.Role = "OBSERVER" }))(t)
		},
		func() {
			must(s.Collaboration.UpdateAgreement(j.ctx, p.agreement.ID, p.agreement.Version, func(a *collaboration.Agreement) { a.TitleSv, a.ValidTo = "Avtalet", j.day(20) }))(t)
		},
		func() {
			p.project = must(s.Collaboration.UpdateProject(j.ctx, p.project.ID, p.project.Version, func(x *collaboration.SharedProject) { x.NameSv, x.Health, x.PlannedEnd = "Projektet", "RED", j.day(90) }))(t)
		},
		func() {
			p.project = must(s.Collaboration.SetPhase(j.ctx, p.project.ID, p.project.Version, "PRESTUDY", ""))(t)
		},
		func() {
			p.goal = must(s.Strategy.UpdateGoal(j.ctx, p.goal.ID, p.goal.Version, func(g *strategy.Goal) { g.TitleSv, g.PeriodTo = "Målet", j.day(600) }))(t)
		},
		func() {
			p.goal = must(s.Strategy.TransitionGoal(j.ctx, p.goal.ID, p.goal.Version, strategy.GoalTransition{To: "REVOKED"}))(t)
		},
		func() {
			must(s.Strategy.CorrectValue(j.ctx, p.indicator.ID, today.FirstOfMonth().AddMonths(-1), 1, 55, "Fel underlag"))(t)
		},
		func() {
			must(s.Strategy.Replan(j.ctx, []strategy.ReplanItem{
				{Kind: strategy.InitiativeItem, ID: p.first.ID, Version: p.first.Version, End: strategy.Day{Given: true, Day: j.day(60)}},
				{Kind: strategy.MilestoneItem, ID: p.milestone.ID, Version: p.milestone.Version, On: strategy.Day{Given: true, Day: j.day(45)}},
			}, true, "Försenat"))(t)
		},
		func() { must(s.Strategy.ArchiveDependency(j.ctx, p.waits.ID, p.waits.Version, ""))(t) },
		func() {
			must(s.Strategy.ArchiveInitiative(j.ctx, p.next.ID, j.version(t, "initiative", p.next.ID), "Behövs inte"))(t)
		},
		func() { must(s.Threads.Unlink(j.ctx, p.serves.ID, p.serves.Version, ""))(t) },
		func() { must(s.Decisions.Withdraw(j.ctx, p.waiver.ID, p.waiver.Version, ""))(t) },
		func() {
			must(s.EServices.Update(j.ctx, p.service.ID, p.service.Version, func(e *eservice.EService) { e.NameSv = "Tjänsten" }))(t)
		},
		func() {
			must(s.EServices.UpdateShared(j.ctx, p.code.ID, p.code.Version, func(x *eservice.SharedService) { x.NameSv = "Den delade" }))(t)
		},
		func() {
			must(s.Organisation.UpdateUnit(j.ctx, j.board[j.home.ID].ID, j.board[j.home.ID].Version, func(u *organisation.Unit) { u.NameSv = "Styrelsen" }))(t)
		},
		func() {
			to := j.Unit(t, j.home, "Nya kontoret")
			must(s.Organisation.CloseUnit(j.ctx, j.office.ID, j.office.Version, date.Of(j.Clock.Now()), &to.ID, "Omorganisation"))(t)
		},
		func() {
			must(s.Organisation.UpdateMunicipality(j.ctx, j.away.ID, j.away.Version, func(m *organisation.Municipality) { m.NameSv = "Ångbyn" }))(t)
		},
		func() { j.plan(t, 2) },
	} {
		j.Clock.Add(time.Hour)
		change()
	}
}

// version reads the newest version of a record.
func (j *joint) version(t *testing.T, table string, id uuid.UUID) (version int) {
	t.Helper()
	if err := j.Data.Owner(t).QueryRow(t.Context(), "SELECT version FROM "+table+" WHERE id = $1", id).Scan(&version); err != nil {
		t.Fatal(err)
	}
	return version
}

// What people looked at together is answered as it was, whatever has become of it since
// and whichever role of the municipality asks.
func TestPlansAndDecisionsAreReadAsTheyWere(t *testing.T) {
	j := newJoint(t)
	meeting := j.Clock.Now()
	j.Clock.Add(time.Hour)
	p := j.plan(t, 1)
	must(j.Services.Gaps.SweepDaily(t.Context()))(t)
	j.Clock.Add(time.Hour)

	then := j.Clock.Now()
	was := string(must(ask(j.API, j.director, `query($goal: ID!, $meeting: DateTime!) { ...Views }`+views, variables(p.goal.NodeID(), meeting, nil)))(t))
	for what, want := range map[string]any{
		"roadmap.goals.0.decided": false, "roadmap.goals.1.decided": true, "roadmap.dependencies.0.kind": "REQUIRES", "roadmap.milestones.0.status": "PLANNED",
		"decisionMatrix.rows.0.cells.0.state": "BINDING", "decisionMatrix.rows.0.cells.0.participation.state": "CONFIRMED",
		"coverageMap.rows.0.live": 1.0, "goldenThread.links.5.purpose": "AUTHORISES",
	} {
		if got := apitest.At(parsed(t, was), what); got != want {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}

	j.turn(t, p)
	j.Clock.Add(60 * 24 * time.Hour)
	must(j.Services.Gaps.SweepDaily(t.Context()))(t)
	j.Clock.Add(time.Hour)
	if is := string(must(ask(j.API, j.director, `query($goal: ID!, $meeting: DateTime!) { ...Views }`+views, variables(p.goal.NodeID(), meeting, nil)))(t)); is == was {
		t.Fatal("nothing has changed")
	}
	for _, role := range []access.Role{access.Director, access.Reader} {
		data := must(ask(j.API, j.Token(t, "0581", role), `query($goal: ID!, $meeting: DateTime!, $then: DateTime!) { asOf(at: $then) { ...Views } }`+views,
			variables(p.goal.NodeID(), meeting, apitest.Vars{"then": then})))(t)
		if d := differ(field(t, data, "asOf"), was); d != "" {
			t.Errorf("to a %s, the past differs %s", role, d)
		}
	}
}
