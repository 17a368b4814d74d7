package demo

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/audit"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/strategy"
)

// The operations that the changes of a load are kept under.
const (
	operationStep = "loadDemo"
	operationDone = "demoLoaded" // the last one, which changes nothing
)

// past is how long the story is. It begins this long before the instant that it is
// told for, to the second, so that its first change tells the instant.
const past = 731 * 24 * time.Hour

// happening is what somebody does on a day of the story. Those of one day, by one
// function of one municipality and for one reason make one step.
type happening struct {
	day     date.Date
	scb     string      // empty: the program itself
	role    access.Role // whose, in the municipality
	comment string
	sweep   bool
	do      func(*entry)
}

// entry is a step under way, with the day that it is on.
type entry struct {
	step
	day date.Date
}

// book is the story: first what is to happen, then, as it unfolds, the records as
// they stand.
type book struct {
	*data
	today       time.Time
	first, last date.Date // the story's days
	places      []*place
	happenings  []happening

	municipality map[string]*organisation.Municipality // by SCB code
	unit         map[string]*organisation.Unit         // by key
	common       map[string]*eservice.SharedService    // by code
	service      map[string]*eservice.EService         // by SCB code and code
	use          map[uuid.UUID][]*eservice.Usage       // by e-service

	cases         map[string]*decision.Case // by SCB code and what the number says
	serial        map[string]int            // of the newest example of a diary number, by SCB code
	decision      map[string]*decision.Decision
	document      map[string]*document.GoverningDocument
	answer        *audit.FormalAnswer
	finding       map[string]*audit.Finding // by code
	collaboration *collaboration.Collaboration
	agreement     map[string]*collaboration.Agreement
	party         map[string]*collaboration.AgreementParty // by agreement and SCB code
	project       map[string]*collaboration.SharedProject  // by code
	participation map[string]*collaboration.Participation  // by project and SCB code
	goal          map[string]*strategy.Goal                // by code
	initiative    map[string]*strategy.Initiative
	stones        map[string][]*strategy.Milestone // by initiative
	benefits      []*strategy.Benefit
	adoption      []*collaboration.AdoptionStep
	indicators    map[string]*strategy.Indicator // by the goal's code
	revised       *strategy.IndicatorValue       // the one that is found wrong later
}

// tell gives the steps of the story up to the instant today. Nothing but today
// decides them.
func tell(d *data, today time.Time) []step {
	b := &book{
		data: d, today: today,
		first: date.Of(today.Add(-past)), last: date.Of(today).AddDays(-1),
		municipality: map[string]*organisation.Municipality{},
		unit:         map[string]*organisation.Unit{},
		common:       map[string]*eservice.SharedService{},
		service:      map[string]*eservice.EService{},
		use:          map[uuid.UUID][]*eservice.Usage{},

		cases:         map[string]*decision.Case{},
		serial:        map[string]int{},
		decision:      map[string]*decision.Decision{},
		document:      map[string]*document.GoverningDocument{},
		finding:       map[string]*audit.Finding{},
		agreement:     map[string]*collaboration.Agreement{},
		party:         map[string]*collaboration.AgreementParty{},
		project:       map[string]*collaboration.SharedProject{},
		participation: map[string]*collaboration.Participation{},
		goal:          map[string]*strategy.Goal{},
		initiative:    map[string]*strategy.Initiative{},
		stones:        map[string][]*strategy.Milestone{},
		indicators:    map[string]*strategy.Indicator{},
	}
	b.choosePlaces()
	b.organisation()
	b.catalogue()
	b.sharing()
	b.audit()
	b.joint()
	b.strategy()
	b.roadmap()
	b.offers()
	b.figures()
	b.watch()
	b.monthEnds()
	return b.unfold()
}

// on notes what happens on a day, or on the Monday after a Saturday or Sunday; a day
// outside the story is left out.
func (b *book) on(day date.Date, scb string, role access.Role, comment string, do func(*entry)) {
	if monday := workday(day); !b.last.Before(monday) {
		day = monday
	}
	if b.first.Before(day) && !b.last.Before(day) {
		b.happenings = append(b.happenings, happening{day: day, scb: scb, role: role, comment: comment, do: do})
	}
}

func workday(day date.Date) date.Date {
	switch day.At(12, 0).Weekday() {
	case time.Saturday:
		return day.AddDays(2)
	case time.Sunday:
		return day.AddDays(1)
	}
	return day
}

// monthEnds has all gaps gone through at the end of each month: some open by the
// date alone.
func (b *book) monthEnds() {
	for day := b.first.FirstOfMonth().AddMonths(1).AddDays(-1); !b.last.Before(day); day = day.AddDays(1).AddMonths(1).AddDays(-1) {
		if b.first.Before(day) {
			b.happenings = append(b.happenings, happening{day: day, comment: "Genomgång av brister vid månadens slut", sweep: true})
		}
	}
}

// within moves a date by whole years to well inside the story's two, so that the
// dates of the data happen whenever the story is told.
func (b *book) within(d date.Date) date.Date {
	for d.Before(b.first.AddDays(60)) {
		d = d.AddMonths(12)
	}
	for b.last.AddDays(-60).Before(d) {
		d = d.AddMonths(-12)
	}
	return d
}

// unfold makes the happenings steps, one after another.
func (b *book) unfold() []step {
	order := map[string]int{}
	for i, r := range b.data.municipalities {
		order[r["scb_code"]] = i + 1
	}
	// Who goes first on a day is the municipality first in the file; sweeps go last.
	place := func(h happening) int {
		if h.sweep {
			return len(order) + 1
		}
		return order[h.scb]
	}
	slices.SortStableFunc(b.happenings, func(x, y happening) int {
		if x.day != y.day {
			if x.day.Before(y.day) {
				return -1
			}
			return 1
		}
		return cmp.Compare(place(x), place(y))
	})
	steps := []step{b.founding()}
	for rest := b.happenings; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].day == rest[0].day {
			n++
		}
		steps = append(steps, b.unfoldDay(rest[:n])...)
		rest = rest[n:]
	}
	return append(steps, step{at: b.today, caller: b.caller("", ""), operation: operationDone, comment: "Demonstrationen är inlagd"})
}

func (b *book) unfoldDay(day []happening) []step {
	type reason struct {
		scb     string
		role    access.Role
		comment string
	}
	reasons := map[reason][]happening{}
	var order []reason
	for _, h := range day {
		r := reason{h.scb, h.role, h.comment}
		if len(reasons[r]) == 0 {
			order = append(order, r)
		}
		reasons[r] = append(reasons[r], h)
	}
	var steps []step
	for _, r := range order {
		e := &entry{day: day[0].day, step: step{
			at:        day[0].day.At(8, 0).Add(time.Duration(len(steps)) * 7 * time.Minute),
			caller:    b.caller(r.scb, r.role),
			operation: operationStep, comment: r.comment,
		}}
		for _, h := range reasons[r] {
			if h.sweep {
				e.at, e.sweep = e.day.At(23, 30), true
				continue
			}
			h.do(e)
		}
		if e.empty() && !e.sweep {
			continue
		}
		for _, t := range e.tables() {
			t.ledger.freeze()
		}
		steps = append(steps, e.step)
	}
	return steps
}

// caller is a function of a municipality, or the program itself.
func (b *book) caller(scb string, role access.Role) access.Caller {
	if scb == "" {
		return access.SystemCaller("inläsning av demonstrationen")
	}
	function, _ := role.Name()
	return access.Caller{
		Kind: access.User, ID: "demo:" + scb + ":" + string(role), Function: function,
		Municipality: b.municipality[scb].ID, Roles: []access.Role{role},
	}
}
