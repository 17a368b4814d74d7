package meeting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/postgres"
)

// severityWeights are what a gap that has opened weighs; one that has closed weighs half.
var severityWeights = map[gap.Severity]int{gap.High: 70, gap.Medium: 45, gap.Low: 20}

// weights are what each change weighs, where nothing about the record says otherwise.
var weights = map[Change]int{
	DecisionMissing: 100, Decided: 90, Adopted: 80, PhaseChanged: 60, StatusChanged: 55, New: 50, HealthChanged: 50, Removed: 40, BroughtForward: 35, Progressed: 25,
}

// grave are the statuses, states and healths that a meeting hears of before others.
var grave = map[string]bool{
	"BLOCKED": true, "CANCELLED": true, "NOT_ACHIEVED": true, "REVOKED": true, "DECLINED": true, "WITHDRAWN": true, "ON_HOLD": true,
	"APPEALED": true, "OVERTURNED": true, "REJECTED": true, "RED": true,
}

const graveWeight = 85

// Since tells what has changed from the state before to the state now, of what the caller
// may see in both. The earlier one must not be the later.
func (s *Service) Since(ctx context.Context, before, now *postgres.Snapshot, f Filter) (*Report, error) {
	if before.At.After(now.At) {
		return nil, fault.Field("from", "since_order", "Den tidigare tidpunkten ligger efter den senare.", "The earlier instant lies after the later one.")
	}
	report := &Report{From: before.At, To: now.At, Lines: []Line{}}
	wanted := func(a Area) bool { return len(f.Areas) == 0 || slices.Contains(f.Areas, a) }
	for _, from := range sources() {
		if !wanted(from.area) {
			continue
		}
		pairs, full, err := s.pairs(ctx, before, now, from, f)
		if err != nil {
			return nil, err
		}
		report.Truncated = report.Truncated || full
		for _, p := range pairs {
			t := teller{area: from.area, kind: from.table, row: p.now, before: p.before}
			t.tell()
			report.Lines = append(report.Lines, t.lines...)
		}
	}
	if wanted(Gaps) {
		episodes, full, err := s.episodes(ctx, before, now, f)
		if err != nil {
			return nil, err
		}
		report.Truncated = report.Truncated || full
		for _, e := range episodes {
			if rule, known := s.Gaps.Rule(e.Rule); known {
				report.Lines = append(report.Lines, s.gapLine(e, rule))
			}
		}
	}
	report.order()
	return report, nil
}

// order puts the heaviest lines first, keeps the most of them, and then puts each under
// its area, the area with the heaviest first.
func (r *Report) order() {
	heavier := func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(slices.Index(Areas(), a.Area), slices.Index(Areas(), b.Area)),
			cmp.Compare(a.Sv, b.Sv), cmp.Compare(a.ID.String(), b.ID.String()))
	}
	slices.SortFunc(r.Lines, heavier)
	if len(r.Lines) > Most {
		r.Lines, r.Truncated = r.Lines[:Most], true
	}
	place := map[Area]int{}
	for _, l := range r.Lines {
		if _, known := place[l.Area]; !known {
			place[l.Area] = len(place)
		}
	}
	slices.SortStableFunc(r.Lines, func(a, b Line) int { return cmp.Compare(place[a.Area], place[b.Area]) })
}

// gapLine tells of a gap that has opened or closed.
func (s *Service) gapLine(e *episode, rule gap.Rule) Line {
	l := Line{Area: Gaps, Kind: e.Kind, ID: e.ID, Municipality: e.Municipality, Change: GapOpened, Weight: severityWeights[rule.Severity]}
	sv, en := "Ny brist", "New gap"
	switch {
	case !e.Opened:
		l.Change, l.Weight, sv, en = GapClosed, l.Weight/2, "Åtgärdad brist", "Gap mended"
	case strings.Contains(rule.Code, "_NO_DECISION"):
		l.Change, l.Weight, sv, en = DecisionMissing, weights[DecisionMissing], "Beslut saknas", "A decision is missing"
	}
	for _, o := range s.Gaps.Objects {
		if o.Table != e.Kind {
			continue
		}
		ofSv, ofEn := o.Name.Sv, o.Name.En
		if e.TitleSv != nil {
			ofSv, ofEn = fmt.Sprintf("%s ”%s”", ofSv, *e.TitleSv), fmt.Sprintf("%s “%s”", ofEn, *e.TitleEn)
		}
		if e.Kind != "municipality" {
			ofSv, ofEn = ofSv+" i "+e.Of, ofEn+" of "+e.Of
		}
		l.Sv, l.En = fmt.Sprintf("%s: %s – %s.", sv, rule.Title.Sv, ofSv), fmt.Sprintf("%s: %s – %s.", en, rule.Title.En, ofEn)
	}
	return l
}

// teller tells of one record in two states.
type teller struct {
	area   Area
	kind   string
	row    *row
	before *row // nil of a new one
	lines  []Line
}

// names are what a record of an area is called in a sentence: alone, and at the beginning
// of one about it.
var names = map[Area][2][2]string{
	Goals:       {{"Nytt mål", "New goal"}, {"Målet", "The goal"}},
	Initiatives: {{"Ny insats", "New initiative"}, {"Insatsen", "The initiative"}},
	Projects:    {{"Nytt projekt", "New project"}, {"Projektet", "The project"}},
	Decisions:   {{"Nytt beslutsärende", "New decision to be taken"}, {"Beslutet", "The decision"}},
}

// words are the statuses, phases and healths, in Swedish and English.
var words = map[Area]map[string][2]string{
	Goals: {
		"PROPOSED": {"föreslaget", "proposed"}, "ADOPTED": {"beslutat", "adopted"}, "ONGOING": {"pågående", "ongoing"}, "ACHIEVED": {"uppnått", "achieved"},
		"PARTLY": {"delvis uppnått", "partly achieved"}, "NOT_ACHIEVED": {"inte uppnått", "not achieved"}, "REVOKED": {"upphävt", "revoked"},
	},
	Initiatives: {
		"PLANNED": {"planerad", "planned"}, "ONGOING": {"pågående", "ongoing"}, "BLOCKED": {"blockerad", "blocked"}, "DONE": {"genomförd", "done"}, "CANCELLED": {"inställd", "cancelled"},
	},
	Projects: {
		"NOT_STARTED": {"inte påbörjat", "not started"}, "ACTIVE": {"pågående", "active"}, "ON_HOLD": {"pausat", "on hold"}, "CANCELLED": {"avbrutet", "cancelled"}, "COMPLETED": {"avslutat", "completed"},
		"IDEA": {"idé", "idea"}, "PRESTUDY": {"förstudie", "prestudy"}, "PLANNING": {"planering", "planning"}, "DEVELOPMENT": {"utveckling", "development"},
		"ROLLOUT": {"införande", "rollout"}, "OPERATION": {"förvaltning", "operation"}, "CLOSED": {"avslut", "closure"},
	},
	Participations: {
		"INVITED": {"inbjuden", "invited"}, "INTERESTED": {"intresserad", "interested"}, "DECISION_PENDING": {"inväntar beslut", "awaiting a decision"}, "CONFIRMED": {"bekräftad", "confirmed"},
		"ACTIVE": {"deltar", "taking part"}, "COMPLETED": {"klar", "completed"}, "WITHDRAWN": {"har lämnat", "withdrawn"}, "DECLINED": {"har tackat nej", "declined"},
	},
	Decisions: {
		"PREPARING": {"bereds", "being prepared"}, "PROPOSED": {"föreslaget", "proposed"}, "DECIDED": {"beslutat", "decided"}, "BINDING": {"laga kraft", "legally binding"},
		"APPEALED": {"överklagat", "appealed"}, "OVERTURNED": {"upphävt", "overturned"}, "REJECTED": {"avslag", "rejected"}, "EXPIRED": {"upphört", "expired"}, "SUPERSEDED": {"ersatt", "superseded"},
	},
}

var healths = map[string][2]string{"GREEN": {"grönt", "green"}, "AMBER": {"gult", "amber"}, "RED": {"rött", "red"}, "UNKNOWN": {"okänt", "unknown"}}

// events are what has happened to a decision that is in a state, as the end of a sentence.
var events = map[string][2]string{
	"BINDING": {"har fått laga kraft", "has become legally binding"}, "APPEALED": {"har överklagats", "has been appealed"}, "OVERTURNED": {"har upphävts", "has been overturned"},
	"EXPIRED": {"har upphört att gälla", "has expired"}, "SUPERSEDED": {"har ersatts av ett annat", "has been superseded by another"},
}

// add adds a line; what is grave of it weighs more.
func (t *teller) add(c Change, of, sv, en string) {
	weight := weights[c]
	if grave[of] {
		weight = max(weight, graveWeight)
	}
	t.lines = append(t.lines, Line{Area: t.area, Change: c, Kind: t.kind, ID: t.row.ID, Municipality: t.row.Municipality, Sv: sv, En: en, Weight: weight})
}

// tell writes the lines of the record: one of a new one, else one for each thing that is
// otherwise than it was.
func (t *teller) tell() {
	now, before := t.row, t.before
	switch {
	case now.Archived && (before == nil || before.Archived):
		return
	case t.area == Participations:
		t.participation()
		return
	case now.Archived:
		sv, en := t.subject()
		t.add(Removed, "", sv+" har tagits bort.", en+" has been removed.")
		return
	case t.area == Decisions:
		t.decision()
		return
	}
	if before == nil {
		word := words[t.area][now.Status]
		if now.Phase != nil {
			word = words[t.area][*now.Phase]
		}
		called := names[t.area][0]
		t.add(New, now.Status, fmt.Sprintf("%s: ”%s” (%s).", called[0], now.TitleSv, word[0]), fmt.Sprintf("%s: “%s” (%s).", called[1], now.TitleEn, word[1]))
		return
	}
	t.stepped()
	t.phased()
	t.moved()
	t.fared()
}

// subject is the beginning of a sentence about the record.
func (t *teller) subject() (sv, en string) {
	called := names[t.area][1]
	return fmt.Sprintf("%s ”%s”", called[0], t.row.TitleSv), fmt.Sprintf("%s “%s”", called[1], t.row.TitleEn)
}

// why is the end of a sentence that gives the record's reason for being in a grave state.
func (t *teller) why(of string) (sv, en string) {
	if !grave[of] || t.row.ReasonSv == nil {
		return ".", "."
	}
	end := func(reason string) string { return ": " + strings.TrimRight(reason, " .") + "." }
	return end(*t.row.ReasonSv), end(*t.row.ReasonEn)
}

// stepped tells of another status.
func (t *teller) stepped() {
	from, to := t.before.Status, t.row.Status
	if from == to {
		return
	}
	sv, en := t.subject()
	if t.area == Goals && from == "PROPOSED" && to != "REVOKED" {
		also := words[Goals][to]
		if to == "ADOPTED" {
			t.add(Adopted, "", sv+" har beslutats.", en+" has been adopted.")
			return
		}
		t.add(Adopted, to, fmt.Sprintf("%s har beslutats och är nu %s.", sv, also[0]), fmt.Sprintf("%s has been adopted and is now %s.", en, also[1]))
		return
	}
	a, b, whySv, whyEn := words[t.area][from], words[t.area][to], ".", "."
	if t.area == Initiatives && to == "BLOCKED" {
		whySv, whyEn = t.why(to)
	}
	t.add(StatusChanged, to, fmt.Sprintf("%s har gått från %s till %s%s", sv, a[0], b[0], whySv), fmt.Sprintf("%s has gone from %s to %s%s", en, a[1], b[1], whyEn))
}

// phased tells of another phase.
func (t *teller) phased() {
	if t.row.Phase == nil || *t.before.Phase == *t.row.Phase {
		return
	}
	sv, en := t.subject()
	a, b := words[t.area][*t.before.Phase], words[t.area][*t.row.Phase]
	t.add(PhaseChanged, "", fmt.Sprintf("%s har gått från fasen %s till %s.", sv, a[0], b[0]), fmt.Sprintf("%s has gone from the phase %s to %s.", en, a[1], b[1]))
}

// moved tells of an end that is planned later or earlier.
func (t *teller) moved() {
	if t.before.Ends == nil || t.row.Ends == nil || *t.before.Ends == *t.row.Ends {
		return
	}
	days := t.before.Ends.DaysTo(*t.row.Ends)
	sv, en := t.subject()
	change, did, has, n := Slipped, "har skjutits upp", "has slipped", days
	if days < 0 {
		change, did, has, n = BroughtForward, "har tidigarelagts", "has been brought forward", -days
	}
	dagar, ds := "dagar", "days"
	if n == 1 {
		dagar, ds = "dag", "day"
	}
	t.add(change, "", fmt.Sprintf("%s %s %d %s, till %s.", sv, did, n, dagar, t.row.Ends), fmt.Sprintf("%s %s %d %s, to %s.", en, has, n, ds, t.row.Ends))
	l := &t.lines[len(t.lines)-1]
	l.Days = &days
	if change == Slipped { // a month or more weighs more than a few days
		l.Weight = 45 + min(days/2, 39)
	}
}

// fared tells of another health, and of progress.
func (t *teller) fared() {
	sv, en := t.subject()
	if t.row.Health != nil && *t.before.Health != *t.row.Health {
		a, b := healths[*t.before.Health], healths[*t.row.Health]
		whySv, whyEn := t.why(*t.row.Health)
		t.add(HealthChanged, *t.row.Health, fmt.Sprintf("%s: läget har gått från %s till %s%s", sv, a[0], b[0], whySv), fmt.Sprintf("%s: its health has gone from %s to %s%s", en, a[1], b[1], whyEn))
	}
	if t.row.Progress != nil {
		from := 0
		if t.before.Progress != nil {
			from = *t.before.Progress
		}
		if from != *t.row.Progress {
			t.add(Progressed, "", fmt.Sprintf("%s har gått från %d till %d procent.", sv, from, *t.row.Progress), fmt.Sprintf("%s has gone from %d to %d per cent.", en, from, *t.row.Progress))
		}
	}
}

// participation tells of a municipality's part in a project.
func (t *teller) participation() {
	now, to := t.row, words[Participations][t.row.Status]
	switch {
	case now.Archived:
		t.add(Removed, "", fmt.Sprintf("%s är inte längre registrerad i projektet ”%s”.", now.Of, now.TitleSv), fmt.Sprintf("%s is no longer registered in the project “%s”.", now.Of, now.TitleEn))
	case t.before == nil:
		t.add(New, now.Status, fmt.Sprintf("Ny i projektet ”%s”: %s (%s).", now.TitleSv, now.Of, to[0]), fmt.Sprintf("New in the project “%s”: %s (%s).", now.TitleEn, now.Of, to[1]))
	case t.before.Status != now.Status:
		from := words[Participations][t.before.Status]
		whySv, whyEn := t.why(now.Status)
		t.add(StatusChanged, now.Status, fmt.Sprintf("%s i projektet ”%s”: från ”%s” till ”%s”%s", now.Of, now.TitleSv, from[0], to[0], whySv),
			fmt.Sprintf("%s in the project “%s”: from “%s” to “%s”%s", now.Of, now.TitleEn, from[1], to[1], whyEn))
	}
}

// decision tells of a decision: that it was taken, or what has become of it.
func (t *teller) decision() {
	now, to := t.row, t.row.Status
	from := "PREPARING"
	if t.before != nil {
		from = t.before.Status
	}
	open := func(state string) bool { return state == "PREPARING" || state == "PROPOSED" }
	sv, en := t.subject()
	switch {
	case open(to) && t.before == nil:
		called, word := names[Decisions][0], words[Decisions][to]
		t.add(New, "", fmt.Sprintf("%s: ”%s” (%s).", called[0], now.TitleSv, word[0]), fmt.Sprintf("%s: “%s” (%s).", called[1], now.TitleEn, word[1]))
	case from == to:
	case open(from) && !open(to):
		taken, was := "Beslut", "Decision"
		if to == "REJECTED" {
			taken, was = "Avslag", "Refusal"
		}
		t.add(Decided, to, fmt.Sprintf("%s den %s: ”%s” (%s).", taken, now.Ends, now.TitleSv, *now.ReasonSv), fmt.Sprintf("%s on %s: “%s” (%s).", was, now.Ends, now.TitleEn, *now.ReasonEn))
		if event, has := events[to]; has && to != "BINDING" {
			t.add(StatusChanged, to, fmt.Sprintf("%s %s.", sv, event[0]), fmt.Sprintf("%s %s.", en, event[1]))
		}
	default:
		event, has := events[to]
		if !has {
			a, b := words[Decisions][from], words[Decisions][to]
			event = [2]string{fmt.Sprintf("har gått från %s till %s", a[0], b[0]), fmt.Sprintf("has gone from %s to %s", a[1], b[1])}
		}
		t.add(StatusChanged, to, fmt.Sprintf("%s %s.", sv, event[0]), fmt.Sprintf("%s %s.", en, event[1]))
	}
}
