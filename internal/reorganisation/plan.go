package reorganisation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
)

// plan is a reorganisation being worked out on the municipality's units.
type plan struct {
	in     Reorganisation
	today  date.Date
	at     time.Time // the instant that changed rows bear
	units  []*Unit
	byID   map[uuid.UUID]*Unit
	byKey  map[string]*Unit
	owned  []*owned
	faults fault.List
}

// newPlan reads what there is.
func newPlan(ctx context.Context, r postgres.Reader, in Reorganisation, at time.Time) (*plan, error) {
	p := &plan{in: in, today: date.Of(at), at: at, byID: map[uuid.UUID]*Unit{}, byKey: map[string]*Unit{}}
	units, err := unitsOf(ctx, r, in.Municipality)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		known := &Unit{Before: u, After: *u}
		known.After.Aliases = slices.Clone(u.Aliases)
		p.units = append(p.units, known)
		p.byID[u.ID] = known
	}
	for _, u := range p.units {
		u.ParentBefore, u.Parent, u.Successor = p.unit(u.Before.ParentID), p.unit(u.Before.ParentID), p.unit(u.Before.SuccessorID)
	}
	if p.owned, err = ownedIn(ctx, r, in.Municipality); err != nil {
		return nil, err
	}
	for _, o := range p.owned {
		if u := p.byID[o.Owner]; u != nil {
			*u.OwnsBefore.of(o.Kind)++
		}
	}
	return p, nil
}

func (p *plan) unit(id *uuid.UUID) *Unit {
	if id == nil {
		return nil
	}
	return p.byID[*id]
}

func (p *plan) refuse(field, rule, sv, en string) { p.faults.Add(fault.Field(field, rule, sv, en)) }

// broken refuses a unit by a rule of units, at a field of the step.
func (p *plan) broken(field, rule string) {
	p.faults.Add(organisation.Constraints().Fault(rule).At(field))
}

// take takes the steps in turn. A step that is at fault leaves the rest to be judged
// without it.
func (p *plan) take() {
	if strings.TrimSpace(p.in.Comment) == "" || utf8.RuneCountInString(p.in.Comment) > mostComment {
		p.refuse("comment", "reorganisation_comment",
			fmt.Sprintf("Ange skälet, med beslutets diarienummer om det finns, på högst %d tecken.", mostComment),
			fmt.Sprintf("Give the reason, with the decision's diary number if there is one, in at most %d characters.", mostComment))
	}
	if len(p.in.Steps) == 0 || len(p.in.Steps) > MostSteps {
		p.refuse("steps", "reorganisation_steps", fmt.Sprintf("Ange 1 till %d steg.", MostSteps), fmt.Sprintf("Give 1 to %d steps.", MostSteps))
		return
	}
	for i, step := range p.in.Steps {
		place := fmt.Sprintf("steps.%d", i)
		var all []func()
		if step.Create != nil {
			all = append(all, func() { p.create(place+".create", *step.Create) })
		}
		if step.Rename != nil {
			all = append(all, func() { p.rename(place+".rename", *step.Rename) })
		}
		if step.Move != nil {
			all = append(all, func() { p.move(place+".move", *step.Move) })
		}
		if step.Merge != nil {
			all = append(all, func() { p.merge(place+".merge", *step.Merge) })
		}
		if step.Close != nil {
			all = append(all, func() { p.close(place+".close", *step.Close) })
		}
		if len(all) != 1 {
			p.refuse(place, "step_one", "Ett steg är en sak: ange en av create, rename, move, merge och close.", "A step is one thing: give one of create, rename, move, merge and close.")
			continue
		}
		all[0]()
	}
}

// ended tells whether the unit is closed in the new order.
func (p *plan) ended(u *Unit) bool {
	return u.closing || u.After.ValidTo != nil && u.After.ValidTo.Before(p.in.EffectiveOn)
}

// open tells whether the unit is in force on the first day of the new order.
func (p *plan) open(u *Unit) bool {
	return !p.ended(u) && (u.After.ValidFrom == nil || !p.in.EffectiveOn.Before(*u.After.ValidFrom))
}

// subject finds the unit that a step changes; nil where it is at fault.
func (p *plan) subject(place string, s Subject, mayBeClosed bool) *Unit {
	u := p.byID[s.Unit]
	switch {
	case u == nil:
		p.refuse(place+".unit", "step_unit_unknown", "Enheten finns inte i kommunen, eller är arkiverad.", "There is no such unit in the municipality, or it is archived.")
		return nil
	case u.Before.Version != s.Version:
		p.faults.Add(fault.Stale(u.Before).At(place + ".expectedVersion"))
		return nil
	case u.closing || !mayBeClosed && !p.open(u):
		p.refuse(place+".unit", "step_unit_closed", "Enheten är stängd, eller stängs i ett tidigare steg.", "The unit is closed, or an earlier step closes it.")
		return nil
	}
	return u
}

// target finds the unit that others are led to; nil where it is at fault.
func (p *plan) target(place string, t Target) *Unit {
	var u *Unit
	switch {
	case (t.Unit == nil) == (t.Key == ""):
		p.refuse(place, "step_target", "Ange antingen en enhet eller nyckeln till en som ett tidigare steg bildar.", "Give either a unit or the key of one that an earlier step makes.")
		return nil
	case t.Unit != nil:
		u = p.byID[*t.Unit]
	default:
		u = p.byKey[t.Key]
	}
	switch {
	case u == nil:
		p.refuse(place, "step_unit_unknown", "Enheten finns inte i kommunen, och inget tidigare steg bildar den.", "There is no such unit in the municipality, and no earlier step makes it.")
		return nil
	case !p.open(u) || u.After.ValidTo != nil && u.After.ValidTo.Before(p.today):
		p.refuse(place, "step_unit_closed", "Enheten är inte öppen den dag då ändringen gäller, eller har stängts sedan dess.", "The unit is not open on the day that the change takes effect, or has closed since.")
		return nil
	}
	return u
}

func (u *Unit) did(o Outcome, place string) {
	if !slices.Contains(u.Outcomes, o) {
		u.Outcomes = append(u.Outcomes, o)
	}
	u.place = place
}

// put sets the unit above.
func (u *Unit) put(parent *Unit) {
	u.Parent, u.After.ParentID = parent, nil
	if parent != nil {
		u.After.ParentID = &parent.After.ID
	}
}

func (p *plan) create(place string, c Create) {
	u := &Unit{Key: c.Key, After: organisation.Unit{
		Row:            postgres.Row{ID: uuid.Must(uuid.NewV7()), Version: 1, CreatedAt: p.at, UpdatedAt: p.at},
		MunicipalityID: p.in.Municipality, NameSv: strings.TrimSpace(c.NameSv), NameEn: c.NameEn, Type: c.Type, Aliases: []string{}, ValidFrom: &p.in.EffectiveOn,
	}}
	if c.Key == "" || utf8.RuneCountInString(c.Key) > mostKey || p.byKey[c.Key] != nil {
		p.refuse(place+".key", "step_key", fmt.Sprintf("Nyckeln ska ha 1 till %d tecken och vara stegets egen.", mostKey), fmt.Sprintf("The key is to have 1 to %d characters and be the step's own.", mostKey))
	}
	u.did(Created, place)
	if c.Parent != nil {
		if parent := p.target(place+".parent", *c.Parent); parent != nil {
			u.put(parent)
		}
	}
	p.units, p.byKey[c.Key] = append(p.units, u), u
}

func (p *plan) rename(place string, r Rename) {
	u := p.subject(place, r.Subject, false)
	if u == nil {
		return
	}
	sv, en := strings.TrimSpace(r.NameSv), r.NameEn
	old := []string{u.After.NameSv}
	if u.After.NameEn != nil {
		old = append(old, *u.After.NameEn)
	}
	u.After.NameSv, u.After.NameEn = sv, en
	// What it was called is kept; what it is called is no other name.
	names := append(slices.Clone(u.After.Aliases), old...)
	u.After.Aliases = []string{}
	for _, name := range names {
		if name != sv && (en == nil || name != *en) && !slices.Contains(u.After.Aliases, name) {
			u.After.Aliases = append(u.After.Aliases, name)
		}
	}
	u.did(Renamed, place)
}

func (p *plan) move(place string, m Move) {
	u := p.subject(place, m.Subject, false)
	if u == nil {
		return
	}
	var parent *Unit
	if m.Parent != nil {
		if parent = p.target(place+".parent", *m.Parent); parent == nil {
			return
		}
	}
	if within(parent, u) {
		p.broken(place+".parent", "unit_parent_no_cycle")
		return
	}
	u.put(parent)
	u.did(Moved, place)
}

// within tells whether u lies under above, or is it.
func within(u, above *Unit) bool {
	// A cycle there may be already is none of ours: the walk ends all the same.
	for range MostSteps * MostMerged {
		if u == nil || u == above {
			break
		}
		u = u.Parent
	}
	return u != nil && u == above
}

func (p *plan) merge(place string, m Merge) {
	into := p.target(place+".into", m.Into)
	if len(m.Units) == 0 || len(m.Units) > MostMerged {
		p.refuse(place+".units", "step_merged", fmt.Sprintf("Ange 1 till %d enheter.", MostMerged), fmt.Sprintf("Give 1 to %d units.", MostMerged))
		return
	}
	var merged []*Unit
	for i, s := range m.Units {
		at := fmt.Sprintf("%s.units.%d", place, i)
		u := p.subject(at, s, true)
		switch {
		case u == nil || into == nil:
		case u == into:
			p.broken(at+".unit", "unit_successor_not_self")
		default:
			p.end(u, into, at)
			merged = append(merged, u)
		}
	}
	for _, child := range p.units {
		if !slices.Contains(merged, child.Parent) || slices.Contains(merged, child) || p.ended(child) {
			continue
		}
		above := into
		if within(into, child) {
			// Into lies under what is merged into it: it takes the place of that.
			for above = child.Parent; slices.Contains(merged, above); {
				above = above.Parent
			}
		}
		child.put(above)
		child.did(Moved, place)
	}
}

func (p *plan) close(place string, c Close) {
	u := p.subject(place, c.Subject, true)
	var successor *Unit
	if c.Successor != nil {
		if successor = p.target(place+".successor", *c.Successor); successor == nil {
			return
		}
	}
	switch {
	case u == nil:
	case u == successor:
		p.broken(place+".successor", "unit_successor_not_self")
	default:
		p.end(u, successor, place)
	}
}

// end gives a unit its last day, unless it had one before, and its successor.
func (p *plan) end(u, successor *Unit, place string) {
	if !p.ended(u) {
		last := p.in.EffectiveOn.AddDays(-1)
		u.After.ValidTo = &last
	}
	u.closing, u.Successor, u.After.SuccessorID = true, successor, nil
	if successor != nil {
		u.After.SuccessorID = &successor.After.ID
	}
	u.did(Closed, place)
}

// heir finds who owns in the end what the unit owns.
func (u *Unit) heir() *Unit {
	for u.closing && u.Successor != nil {
		u = u.Successor
	}
	return u
}

// heirs are who takes over from whom.
func (p *plan) heirs() map[uuid.UUID]uuid.UUID {
	of := map[uuid.UUID]uuid.UUID{}
	for _, u := range p.units {
		if h := u.heir(); h != u {
			of[u.After.ID] = h.After.ID
		}
	}
	return of
}

// split gives the units that are made and those that are changed, the units above
// before those under them.
func (p *plan) split() (made, changed []*organisation.Unit) {
	for _, u := range p.units {
		switch {
		case u.Before == nil:
			made = append(made, &u.After)
		case len(u.Outcomes) > 0:
			changed = append(changed, &u.After)
		}
	}
	return made, changed
}

// later gives that of two places in the input which comes last.
func later(a, b string) string {
	if len(a) > len(b) || len(a) == len(b) && a > b {
		return a
	}
	return b
}

// judge tells what the units would break together when all steps are taken.
func (p *plan) judge(ctx context.Context, r postgres.Reader) error {
	for _, o := range p.owned {
		if u := p.byID[o.Owner]; u != nil {
			h := u.heir()
			*h.OwnsAfter.of(o.Kind)++
			if o.InUse {
				*h.inUse.of(o.Kind)++
			}
		}
	}
	type spot struct {
		parent *Unit
		name   string
	}
	at := map[spot]*Unit{}
	for _, u := range p.units {
		if u.Parent != nil && u.Parent.closing && !p.ended(u) {
			p.broken(u.Parent.place, "unit_close_children_open")
		}
		if u.closing && u.Successor == nil && u.inUse != (Counts{}) {
			p.broken(u.place+".successor", "unit_close_needs_successor")
		}
		if u.After.ValidTo != nil {
			continue
		}
		s := spot{u.Parent, strings.ToLower(u.After.NameSv)}
		other := at[s]
		if other != nil && other.place+u.place != "" {
			p.broken(later(u.place, other.place), "unit_name_unique")
		}
		at[s] = u
	}
	var touched []*Unit
	var rows []*organisation.Unit
	for _, u := range p.units {
		if len(u.Outcomes) > 0 {
			touched, rows = append(touched, u), append(rows, &u.After)
		}
	}
	broken, err := postgres.Check(ctx, r, "unit", rows, organisation.Constraints())
	if err != nil {
		return err
	}
	for i, u := range touched {
		for _, f := range broken[i] {
			place := u.place
			if f.Field == "nameSv" || f.Field == "nameEn" {
				place += "." + f.Field
			}
			p.faults.Add(f.At(place))
		}
	}
	return nil
}

// preview tells what the plan does, but for the gaps.
func (p *plan) preview() *Preview {
	v := &Preview{Municipality: p.in.Municipality, EffectiveOn: p.in.EffectiveOn, owned: p.owned}
	under := map[*Unit][]*Unit{}
	for _, u := range p.units {
		under[u.Parent] = append(under[u.Parent], u)
	}
	var walk func(*Unit)
	walk = func(u *Unit) {
		v.Units = append(v.Units, u)
		for _, child := range under[u] {
			walk(child)
		}
	}
	for _, u := range under[nil] {
		walk(u)
	}
	handovers := map[*Unit]*Handover{}
	for _, o := range p.owned {
		u := p.byID[o.Owner]
		if u == nil || u.heir() == u {
			continue
		}
		if handovers[u] == nil {
			handovers[u] = &Handover{From: u, To: u.heir()}
		}
		passing := handovers[u].of(o.Kind)
		*passing = append(*passing, o.ID)
	}
	for _, u := range v.Units {
		if h := handovers[u]; h != nil {
			v.Handovers = append(v.Handovers, h)
		}
		orphan := func(rule string, n int) { v.Orphans = append(v.Orphans, &Orphan{Rule: rule, Unit: u, Count: n}) }
		for _, h := range holdings {
			if n := *h.left(u); p.ended(u) && n > 0 {
				orphan(h.rule, n)
			}
		}
		if !p.ended(u) && u.Parent != nil && p.ended(u.Parent) {
			orphan("UNIT_CLOSED_PARENT", 1)
		}
		if s := u.Successor; p.ended(u) && s != nil && s.Successor == nil && p.ended(s) {
			orphan("UNIT_SUCCESSOR_CLOSED", 1)
		}
	}
	return v
}

// asIfToday gives the units that are made and changed as they would be if the first day
// of the new order were not later than today, for the gaps to be judged by.
func (p *plan) asIfToday() []*organisation.Unit {
	late := p.today.Before(p.in.EffectiveOn)
	var rows []*organisation.Unit
	for _, u := range p.units {
		if len(u.Outcomes) == 0 {
			continue
		}
		row := u.After
		row.UpdatedAt = p.at
		if late && u.closing {
			last := p.today.AddDays(-1)
			row.ValidTo = &last
		}
		if late && u.Before == nil {
			row.ValidFrom = &p.today
		}
		rows = append(rows, &row)
	}
	return rows
}
