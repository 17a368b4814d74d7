package demo

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/diary"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
	"fardplan/internal/thread"
)

// madeUp begins the titles that a reader could take for facts.
const madeUp = "Exempel: "

// outcome is where a decision's life has come at the story's end.
type outcome string

// The outcomes. One that is in force has become legally binding.
const (
	inPreparation outcome = "in preparation"
	onAgenda      outcome = "on an agenda"
	justDecided   outcome = "decided, within the time of appeal"
	notBinding    outcome = "decided, not known to be binding"
	inForce       outcome = "in force"
	endsSoon      outcome = "in force for less than 90 days more"
	ended         outcome = "out of time"
	appealed      outcome = "appealed"
	overturned    outcome = "overturned"
	replaced      outcome = "replaced by another"
	refused       outcome = "refused"
)

// ruling is a decision that the story makes up.
type ruling struct {
	key  string
	scb  string
	body string // the unit's key after the SCB code
	kind decision.Kind
	// title and text are Swedish; titleEn is its English name, if it has one.
	title, titleEn, text string
	meeting              int // days into the story; of what is not taken yet, when it is registered
	outcome              outcome
	by                   string // the key of the decision that replaces it, registered before
	comment              string // of the change that registers it; empty: a usual one
	// fill sets what else there is; may be nil.
	fill func(*decision.Decision)
	// then is done in the change that registers the decision as taken; may be nil.
	then func(*entry, *decision.Decision)
}

// at gives the n-th day of the story, or the Monday after it.
func (b *book) at(n int) date.Date { return workday(b.first.AddDays(n)) }

// after gives the day so many days into the story as a pointer.
func (b *book) after(n int) *date.Date { return new(b.at(n)) }

// plain gives the day so many days into the story, whichever weekday; it may lie ahead.
func (b *book) plain(n int) *date.Date { return new(b.first.AddDays(n)) }

// The days between a municipality's regular times for its records.
const (
	fortnight = 14
	month     = 28
)

// desk notes what happens at the municipality's next regular time, on or after the day.
func (b *book) desk(every int, day date.Date, scb string, role access.Role, comment string, do func(*entry)) {
	n := b.first.DaysTo(day)
	b.on(b.first.AddDays((n+every-1)/every*every), scb, role, comment, do)
}

// rule has a decision registered, and what becomes of it.
func (b *book) rule(r ruling) {
	comment := r.comment
	if comment == "" {
		comment = "Beslut registrerat från protokollet"
	}
	met := b.at(r.meeting)
	registered := met.AddDays(5)
	if r.outcome == inPreparation || r.outcome == onAgenda {
		registered = met
	}
	every := fortnight
	if r.outcome == justDecided {
		every = 1
	}
	b.desk(every, registered, r.scb, access.ProjectEditor, comment, func(e *entry) {
		body := b.unit[r.scb+"-"+r.body]
		d := &decision.Decision{
			Row: postgres.Row{ID: identity(e.at, "decision", r.key)}, MunicipalityID: b.municipality[r.scb].ID, BodyUnitID: body.ID,
			TitleSv: madeUp + r.title, Type: r.kind, DocumentURLs: []string{}, IsExample: true, Visibility: eservice.Public,
		}
		if r.titleEn != "" {
			d.TitleEn = new("Example: " + r.titleEn)
		}
		if r.text != "" {
			d.TextSv = new(madeUp + r.text)
		}
		organ := "KS"
		if body.DiaryCode != nil {
			organ = *body.DiaryCode
		}
		d.DiaryNumber = new(b.number(r.scb, organ, met.String()[:4]))
		d.CaseID = b.file(e, r.scb, *d.DiaryNumber, d.TitleSv)
		switch r.outcome {
		case inPreparation:
		case onAgenda:
			d.ProposedOn = &met
		default:
			d.ProposedOn, d.MeetingDate, d.ValidFrom = new(met.AddDays(-14)), &met, &met
			d.Paragraph = new(strconv.Itoa(b.serial[r.scb]))
			d.AdjustedOn, d.AnnouncedOn = new(met.AddDays(3)), new(met.AddDays(4))
			d.Rejected = r.outcome == refused
			if r.kind == decision.ByDelegation || r.kind == decision.Execution {
				d.ProposedOn, d.Paragraph, d.AdjustedOn, d.AnnouncedOn = nil, nil, nil, nil
			}
		}
		switch r.outcome {
		case endsSoon:
			d.ValidTo = new(b.last.AddDays(30 + number(50, r.key, "ends")))
		case ended:
			d.ValidTo = new(b.last.AddDays(-20 - number(30, r.key, "ended")))
		}
		if r.fill != nil {
			r.fill(d)
		}
		b.decision[r.key] = d
		e.decisions.add(d)
		if r.then != nil {
			r.then(e, d)
		}
	})
	later := func(days int, set func(*entry, *decision.Decision)) {
		b.desk(month, met.AddDays(days), r.scb, access.ProjectEditor, "Vad det har blivit av fattade beslut", func(e *entry) {
			d := b.decision[r.key]
			set(e, d)
			e.decisions.save(d)
		})
	}
	switch r.outcome {
	case inForce, endsSoon, ended, replaced:
		if r.kind == decision.ByDelegation || r.kind == decision.Execution {
			break
		}
		later(27, func(_ *entry, d *decision.Decision) { d.LegallyBindingOn = new(d.AnnouncedOn.AddDays(22)) })
	case appealed, overturned:
		later(27, func(_ *entry, d *decision.Decision) { d.AppealedOn = new(met.AddDays(18)) })
	}
	if r.outcome == overturned {
		later(150, func(e *entry, d *decision.Decision) {
			d.AppealSettledOn, d.OverturnedOn = new(e.day.AddDays(-3)), new(e.day.AddDays(-3))
		})
	}
	if r.outcome == replaced {
		later(230, func(e *entry, d *decision.Decision) {
			d.SupersededByID, d.SupersededOn = &b.decision[r.by].ID, new(e.day)
		})
	}
}

// number makes up the next diary number of a municipality, as it writes them. Serials
// from 9000 are as nobody has.
func (b *book) number(scb, organ, year string) string {
	pattern := "ORGAN YEAR/SERIAL"
	for _, r := range b.data.municipalities {
		if r["scb_code"] == scb {
			pattern = r.list("diary_patterns")[0]
		}
	}
	b.serial[scb] = max(b.serial[scb], 9000) + 1
	return strings.NewReplacer("ORGAN", organ, "YEAR", year, "SERIAL", strconv.Itoa(b.serial[scb]), "DOSSIER", "009").Replace(pattern)
}

// file gives the case of a diary number, which the step registers when it is new; nil
// for a number that says nothing.
func (b *book) file(e *entry, scb, written, title string) *uuid.UUID {
	n, err := diary.Parse(written, nil, 9999)
	if err != nil {
		return nil
	}
	key := scb + " " + n.Key()
	c := b.cases[key]
	if c == nil {
		c = &decision.Case{
			Row: postgres.Row{ID: identity(e.at, "diary_case", key)}, MunicipalityID: b.municipality[scb].ID, TitleSv: title,
			DiaryNumber: written, DiaryCode: &n.Register, DiaryYear: &n.Year, DiarySerial: &n.Serial, Visibility: eservice.Public,
		}
		if n.Suffix != "" {
			c.DiarySuffix = &n.Suffix
		}
		b.cases[key] = c
		e.cases.add(c)
	}
	return &c.ID
}

// tie links two records, for a municipality. With a decision, that is what decides them.
func (b *book) tie(e *entry, scb string, l thread.Link) {
	ends := []string{"record_link"}
	for _, end := range l.Ends() {
		ends = append(ends, end.ID.String())
	}
	l.ID, l.MunicipalityID = identity(e.at, ends...), b.municipality[scb].ID
	if l.DecisionID != nil && l.Purpose == nil {
		l.Purpose = new(thread.Authorises)
	}
	e.links.add(&l)
}
