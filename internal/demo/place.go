package demo

import (
	"slices"
	"strconv"
	"strings"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
)

// profile is how a municipality works with its catalogue, made up.
type profile struct {
	joined  int // days into the story when it takes its catalogue in
	pace    int // days between its editorial days
	batches int // editorial days that the first completing takes
	care    int // per cent of what is to be known that is
	english int // per cent of the e-services that have an English text
	figures int // per cent of the e-services that have figures of use
	size    int // per cent of the cases of a municipality of about 145 000 inhabitants
	every   int // months between reports of use
}

var profiles = map[string]profile{
	"0581": {joined: 6, pace: 30, batches: 8, care: 95, english: 92, figures: 90, size: 100, every: 3},
	"0580": {joined: 13, pace: 30, batches: 8, care: 86, english: 60, figures: 75, size: 115, every: 3},
	"0583": {joined: 30, pace: 36, batches: 6, care: 79, english: 25, figures: 60, size: 30, every: 3},
	"0586": {joined: 45, pace: 42, batches: 4, care: 75, english: 20, figures: 55, size: 19, every: 9},
	"0562": {joined: 60, pace: 42, batches: 4, care: 73, english: 15, figures: 50, size: 15, every: 9},
	"0582": {joined: 75, pace: 48, batches: 3, care: 71, english: 15, figures: 40, size: 10, every: 9},
	"0561": {joined: 95, pace: 48, batches: 3, care: 67, english: 10, figures: 40, size: 8, every: 9},
}

// place is a municipality with a catalogue.
type place struct {
	profile
	row
	scb      string
	domain   string // its name in addresses
	slots    int    // the number of its last editorial day
	services []*placed
}

// placed is a service as a municipality is to have it at the story's end.
type placed struct {
	service
	place *place
	final eservice.Status
	early bool // in use before the story begins
	// owner is the owning unit's key; before, when set, the one that owned it until
	// moved.
	owner, before string
	moved         date.Date
	// orphan is one whose owner has closed with nobody to take over.
	orphan bool
	// stays with the closed unit when the others are moved.
	stays bool
}

func (p *placed) key() string            { return p.place.scb + "/" + p.code }
func (p *placed) roll(what string) int   { return roll(p.place.scb, p.code, what) }
func (p *placed) known(what string) bool { return p.roll(what) < p.place.care }

// day gives the municipality's n-th editorial day.
func (b *book) day(p *place, n int) date.Date {
	return b.first.AddDays(p.joined + n*p.pace + number(6, p.scb, "slot", strconv.Itoa(n)))
}

// part gives the number of the editorial day that lies so many per cent into the story.
func (p *place) part(percent int) int { return p.slots * percent / 100 }

// beat is the number of editorial days between those that plans and launches fall on.
func (p *place) beat() int {
	if p.pace > 36 {
		return 3
	}
	return 6
}

// ascii writes a municipality's name as in an address.
var ascii = strings.NewReplacer("å", "a", "ä", "a", "ö", "o")

// choosePlaces decides which services each municipality has, with the statuses they
// are to end in. Much used services are chosen first and are in use.
func (b *book) choosePlaces() {
	closed := map[string]bool{} // units closed without a successor
	for _, u := range b.units {
		closed[u.row["key"]] = u.to != nil && u.row["successor_key"] == ""
	}
	for _, r := range b.data.municipalities {
		if r["in_demo"] != "true" {
			continue
		}
		p := &place{profile: profiles[r["scb_code"]], row: r, scb: r["scb_code"], domain: ascii.Replace(strings.ToLower(r["name_sv"]))}
		for !b.last.Before(b.day(p, p.slots+1).AddDays(3)) {
			p.slots++
		}
		b.places = append(b.places, p)
		want := b.placements[p.scb]
		var eligible []*placed
		for _, s := range b.services {
			if len(want.themes) == 0 || slices.Contains(want.themes, s.row["theme"]) {
				one := &placed{service: s, place: p, owner: b.ownerOf(p, s)}
				one.orphan = closed[one.owner]
				eligible = append(eligible, one)
			}
		}
		rank := func(what string) func(x, y *placed) int {
			score := func(s *placed) int {
				if s.orphan {
					return -100
				}
				return s.roll(what) - min(s.cases/3, 70)
			}
			return func(x, y *placed) int { return score(x) - score(y) }
		}
		slices.SortStableFunc(eligible, rank("chosen"))
		n := (len(eligible)*want.percent + 50) / 100
		chosen, others := eligible[:n], eligible[n:]
		slices.SortStableFunc(chosen, rank("status"))
		sum, from := 0, 0
		for _, part := range want.mix {
			sum += part.percent
			to := (n*sum + 50) / 100
			for _, s := range chosen[from:to] {
				s.final = eservice.Status(part.status)
			}
			from = to
		}
		// Of those that it does not have, some were thought of.
		beside := []eservice.Status{eservice.Idea, eservice.Rejected, eservice.Idea, eservice.Paused, eservice.Idea, eservice.Rejected}
		for i, s := range others[:min(len(others), len(beside))] {
			s.final = beside[i]
			chosen = append(chosen, s)
		}
		p.services = chosen
	}
}

// ownerOf gives the key of the unit that owns a service at the end.
func (b *book) ownerOf(p *place, s service) string {
	var byRole string
	for _, u := range b.units {
		if u.row["municipality_scb"] != p.scb {
			continue
		}
		if slices.Contains(u.list("owns_services"), s.code) {
			return u.row["key"]
		}
		if slices.Contains(u.list("owns_roles"), s.row["unit_role"]) {
			byRole = u.row["key"]
		}
	}
	return byRole
}

// founding is the story's first step: the municipalities.
func (b *book) founding() step {
	s := step{at: b.today.Add(-past), caller: b.caller("", ""), operation: operationStep, comment: "Östergötlands kommuner enligt SCB"}
	for _, r := range b.data.municipalities {
		m := &organisation.Municipality{
			Row:     postgres.Row{ID: identity(s.at, "municipality", r["scb_code"])},
			SCBCode: r["scb_code"], NameSv: r["name_sv"], NameEn: r.optional("name_en"), OrgNumber: r.optional("org_number"),
			DiaryPatterns: append([]string{}, r.list("diary_patterns")...), OepBaseURL: r.optional("oep_base_url"),
			InhabitantsClass: r.optional("inhabitants_class"), IsHome: r["is_home"] == "true", IsExample: r["example"] == "true",
		}
		if m.IsHome {
			m.DiaryPatterns = []string{} // a change of the story adds them
		}
		b.municipality[m.SCBCode] = m
		s.municipalities.add(m)
	}
	s.municipalities.freeze()
	return s
}

// renames are the units that change their name, with how far into the story in per
// cent. Their first alias is the name before.
var renames = map[string]int{"0580-klk": 20, "0561-komm": 35, "0583-bif": 62, "0581-kontakt": 72}

// organisation is what happens to the units and to who collaborates.
func (b *book) organisation() {
	for _, p := range b.places {
		b.on(b.first.AddDays(1), p.scb, access.Admin, "Organisationen enligt nämndernas reglementen", func(e *entry) { b.addUnits(e, p) })
	}
	for _, r := range b.data.municipalities {
		if r["is_home"] != "true" {
			continue
		}
		b.on(b.first.AddDays(150), r["scb_code"], access.Admin, "Diarienumrens former enligt kommunarkivets anvisning", func(e *entry) {
			m := b.municipality[r["scb_code"]]
			m.DiaryPatterns = r.list("diary_patterns")
			e.municipalities.save(m)
		})
	}
	for _, u := range b.units {
		key, scb := u.row["key"], u.row["municipality_scb"]
		if percent, ok := renames[key]; ok {
			b.on(b.first.AddDays(731*percent/100), scb, access.Admin, "Namnbyte: hette tidigare "+u.list("aliases")[0], func(e *entry) {
				record := b.unit[key]
				record.NameSv, record.Aliases = u.row["name_sv"], u.list("aliases")
				e.units.save(record)
			})
		}
		if u.to != nil {
			b.closing(u)
		}
	}
}

// closing closes a unit, a while before its last day.
func (b *book) closing(u unit) {
	key, successor, last := u.row["key"], u.row["successor_key"], b.within(*u.to)
	comment := "Upphör utan efterträdare: uppgifterna fördelas senare"
	if successor != "" {
		comment = "Upphör vid omorganisationen och uppgår i annan enhet"
	}
	b.on(last.AddDays(-20), u.row["municipality_scb"], access.Admin, comment, func(e *entry) {
		record := b.unit[key]
		record.ValidTo = &last
		if successor != "" {
			record.SuccessorID = &b.unit[successor].ID
		}
		e.units.save(record)
	})
}

// addUnits adds a municipality's units as they were when the story begins.
func (b *book) addUnits(e *entry, p *place) {
	for _, u := range b.units {
		if u.row["municipality_scb"] != p.scb {
			continue
		}
		key := u.row["key"]
		record := &organisation.Unit{
			Row:            postgres.Row{ID: identity(e.at, "unit", key)},
			MunicipalityID: b.municipality[p.scb].ID,
			NameSv:         u.row["name_sv"], NameEn: u.optional("name_en"), Type: organisation.UnitType(u.row["type"]),
			Aliases: append([]string{}, u.list("aliases")...), ValidFrom: u.from,
			CostCentre: u.optional("cost_centre"), DiaryCode: u.optional("diary_code"),
		}
		if _, ok := renames[key]; ok {
			record.NameSv, record.Aliases = record.Aliases[0], record.Aliases[1:]
		}
		if parent, ok := b.unit[u.row["parent_key"]]; ok {
			record.ParentID = &parent.ID
		}
		b.unit[key] = record
		e.units.add(record)
	}
}
