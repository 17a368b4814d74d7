package demo

import (
	"encoding/json"
	"slices"
	"strings"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
)

// catalogue is what happens to every municipality's e-services.
func (b *book) catalogue() {
	for _, p := range b.places {
		for _, s := range p.services {
			s.early = !s.orphan && (s.final == eservice.PhasingOut || s.final == eservice.Retired ||
				s.final == eservice.Live && (s.roll("path") < 62 || renamed[s.code] != ""))
		}
		b.reorganise(p)
		for _, s := range p.services {
			switch s.final {
			case eservice.Live, eservice.PhasingOut, eservice.Retired:
				b.inUse(s)
			default:
				b.comingUp(s)
			}
		}
		b.mistake(p)
	}
}

// register has the editor register an e-service on a day.
func (b *book) register(day date.Date, p *placed, comment string, fill func(*entry, *eservice.EService)) {
	b.on(day, p.place.scb, access.CatalogueEditor, comment, func(e *entry) {
		s := &eservice.EService{
			Row: postgres.Row{ID: identity(e.at, "e_service", p.key())}, MunicipalityID: b.municipality[p.place.scb].ID,
			OwnerUnitID: b.unit[p.ownerOn(e.day)].ID, NameSv: p.nameOn(), Slug: p.code, Visibility: eservice.Public,
			Audiences: []eservice.Audience{}, LifeEvents: []eservice.LifeEvent{}, Themes: []eservice.Theme{}, Keywords: []string{},
			Channels: []eservice.Channel{}, Languages: []string{},
		}
		fill(e, s)
		b.link(p, s)
		b.service[p.key()] = s
		e.services.add(s)
	})
}

// edit has the editor change an e-service on a day, if there is one and set says that
// it has.
func (b *book) edit(day date.Date, p *placed, comment string, set func(*entry, *eservice.EService) bool) {
	b.on(day, p.place.scb, access.CatalogueEditor, comment, func(e *entry) {
		if s := b.service[p.key()]; s != nil && s.ArchivedAt == nil && set(e, s) {
			e.services.save(s)
		}
	})
}

func (p *placed) ownerOn(day date.Date) string {
	if p.before != "" && day.Before(p.moved) {
		return p.before
	}
	return p.owner
}

// nameOn gives the name that it is registered under.
func (p *placed) nameOn() string {
	if old := renamed[p.code]; old != "" {
		return old
	}
	return p.row["name_sv"]
}

// reorganise decides who owns what before units close or tasks move, and has the
// e-services moved.
func (b *book) reorganise(p *place) {
	for _, u := range b.units {
		key, successor := u.row["key"], u.row["successor_key"]
		if u.row["municipality_scb"] != p.scb || u.to == nil || successor == "" {
			continue
		}
		moved := b.within(*u.to).AddDays(9)
		var taken []*placed
		for _, s := range p.services {
			if s.owner == successor {
				taken = append(taken, s)
			}
		}
		slices.SortStableFunc(taken, func(x, y *placed) int { return x.roll("before") - y.roll("before") })
		for i, s := range taken {
			if i >= 2 && s.roll("before") >= 70 {
				break
			}
			s.before, s.moved = key, moved
		}
		// One is forgotten at the move: in use, with no step of its life cycle ahead.
		if i := slices.IndexFunc(taken, func(s *placed) bool { return s.before == key && s.early && s.final == eservice.Live }); i >= 0 {
			taken[i].stays = true
		}
	}
	if p.scb == home {
		moved := b.day(p, p.part(35))
		for _, s := range p.services {
			if from, ok := formerOwners[s.owner]; ok && s.before == "" {
				s.before, s.moved = from, moved
			}
		}
	}
	for _, s := range p.services {
		if s.before == "" || s.stays {
			continue
		}
		b.edit(s.moved, s, "Flyttad vid omorganisationen", func(e *entry, record *eservice.EService) bool {
			record.OwnerUnitID = b.unit[s.owner].ID
			return true
		})
	}
}

// inUse is the life of an e-service that comes to be in use.
func (b *book) inUse(p *placed) {
	m := p.place
	switch {
	case p.orphan:
		// The unit could not have been closed while it was known to own what is in use.
		closed := b.closedOn(p.owner)
		b.found(closed.AddDays(25), p, "Påträffad i drift vid genomgången efter att enheten upphörde")
		if p.roll("completed") < 50 {
			b.complete(closed.AddDays(50), p, "Kompletterad och publicerad efter genomgången")
		}
	case p.early:
		b.found(b.day(m, 0), p, "Inventerad när katalogen lades upp: i drift sedan tidigare")
		if p.final != eservice.Live || p.known("completed") {
			comment := "Kompletterad och publicerad"
			if m.batches > 4 {
				comment += ": " + themeName(p.row["theme"])
			}
			b.complete(b.day(m, 1+themeIndex(p.row["theme"])%m.batches), p, comment)
		}
		b.later(p)
	case p.roll("path") < 84:
		b.launched(p)
	default:
		slot := m.part(52)
		if p.roll("found") < 40 {
			slot = m.part(88)
		}
		b.found(b.day(m, slot), p, "Ny i e-tjänsteplattformens lista: i drift men inte registrerad")
		if p.known("completed") {
			b.complete(b.day(m, slot+1), p, "Kompletterad och publicerad efter inläsningen")
		}
	}
	b.looking(p)
	b.leaving(p)
}

// fromPlatform tells whether the e-service is one that the municipality's platform lists.
func (p *placed) fromPlatform() bool {
	return p.place.row["oep_base_url"] != "" && p.row["digital_level"] != "INFO"
}

// found registers an e-service that is in use already, as the platform or an
// inventory says it is: live and not yet published.
func (b *book) found(day date.Date, p *placed, comment string) {
	b.register(day, p, comment, func(e *entry, s *eservice.EService) {
		s.Status = eservice.Live
		s.Channels, s.Languages = []eservice.Channel{eservice.Web}, []string{"sv"}
		if p.known("launched") {
			s.LaunchedOn = new(b.first.AddDays(-100 - number(2500, p.key(), "launched")))
		}
		if !p.fromPlatform() {
			s.FoundSource, s.FoundReason = new("Förvaltningarnas inventering"), new("Användes av invånare när förvaltningen gick igenom sina tjänster")
			s.DigitalLevel = new(eservice.DigitalLevel(p.row["digital_level"]))
			if p.roll("url") < 60 {
				s.URL = new(p.url())
			}
			return
		}
		s.FoundSource, s.FoundReason = new(p.place.row["oep_base_url"]), new("Fanns i drift i e-tjänsteplattformen när den hämtades")
		s.DigitalLevel = new(eservice.Digital)
		s.URL, s.OepFamilyID, s.OepCategory = new(p.url()), new(p.family), new(p.row["category_sv"])
		s.OepUnstableKey = p.place.scb == oldPlatform && p.roll("key") < 25
		s.RequiresAuthentication, s.RequiresSigning, s.TakesPayment = p.flag("requires_authentication"), p.flag("requires_signing"), p.flag("takes_payment")
		if !*s.RequiresAuthentication {
			s.EIDLevel = new(eservice.NoEID)
		}
		if p.roll("platform summary") < 60 {
			s.SummarySv = new(p.poorSummary())
		}
		// As an import keeps it, to tell what the platform changes later.
		seen, err := json.Marshal(map[string]any{
			"nameSv": s.NameSv, "url": s.URL, "summarySv": s.SummarySv, "descriptionSv": nil, "oepCategory": s.OepCategory,
			"requiresAuthentication": s.RequiresAuthentication, "requiresSigning": s.RequiresSigning, "takesPayment": s.TakesPayment,
		})
		if err != nil {
			panic(err) // texts and truth values always marshal
		}
		s.OepSeen = seen
	})
}

// complete describes an e-service and publishes it.
func (b *book) complete(day date.Date, p *placed, comment string) {
	b.edit(day, p, comment, func(e *entry, s *eservice.EService) bool {
		p.describe(s, e.day)
		if p.roll("poor summary") < 14 {
			s.SummarySv = new(p.poorSummary())
		}
		if s.LaunchedOn == nil {
			s.LaunchedOn = new(b.first.AddDays(-100 - number(2500, p.key(), "launched")))
		}
		s.Published = true
		return true
	})
}

// launched is the life of an e-service that is planned, built and launched within
// the story.
func (b *book) launched(p *placed) {
	m := p.place
	slot := 6 + m.beat()*number(max((m.slots-6)/m.beat(), 1), p.key(), "launch")
	day := b.day(m, slot)
	slips, pauses := p.roll("slips") < 25, m.pace <= 36 && p.roll("pauses") < 8
	b.plan(b.day(m, slot-6), p, day, slips)
	b.step(b.day(m, slot-3), p, eservice.InDevelopment, "Utvecklingen har börjat")
	if slips {
		b.edit(b.day(m, slot-3), p, "Ny tidplan: starten flyttad", func(_ *entry, s *eservice.EService) bool {
			s.PlannedLaunch = &day
			return true
		})
	}
	switch {
	case pauses:
		b.step(b.day(m, slot-2), p, eservice.Paused, "Pausad i väntan på integration med verksamhetssystemet")
		b.step(b.day(m, slot-1), p, eservice.InDevelopment, "Återupptagen: integrationen är på plats")
	case p.roll("pilot") < 65:
		b.step(b.day(m, slot-1), p, eservice.Pilot, "Pilot med en mindre grupp användare")
	}
	comment := "Start och publicering"
	if !pauses && p.roll("pilot") < 65 {
		comment = "Start efter pilot"
	}
	b.edit(day, p, comment, func(e *entry, s *eservice.EService) bool {
		p.describe(s, e.day)
		s.Status, s.LaunchedOn, s.Published, s.Visibility = eservice.Live, &e.day, true, eservice.Public
		return true
	})
}

// plan registers an e-service to come.
func (b *book) plan(day date.Date, p *placed, launch date.Date, slips bool) {
	b.register(day, p, "Planerad i förvaltningens verksamhetsplan", func(e *entry, s *eservice.EService) {
		p.sketch(s)
		s.Status = eservice.Planned
		if slips {
			launch = launch.AddDays(-75)
		}
		s.PlannedLaunch = &launch
	})
}

// step takes an e-service a step along its life cycle.
func (b *book) step(day date.Date, p *placed, to eservice.Status, comment string) {
	b.edit(day, p, comment, func(e *entry, s *eservice.EService) bool {
		s.Status = to
		if to == eservice.Pilot {
			p.describe(s, e.day)
			s.Visibility = eservice.Collaboration
		}
		return true
	})
}

// comingUp is the life of an e-service that is not in use at the story's end.
func (b *book) comingUp(p *placed) {
	m := p.place
	begin := m.part(46) / 3 * 3
	if m.beat() > 3 {
		begin = 6 + 6*number(2, p.key(), "begin")
	}
	launch := b.last.AddDays(30 + number(240, p.key(), "planned"))
	if p.roll("late") < 30 {
		launch = b.last.AddDays(-35 - number(60, p.key(), "slipped"))
	}
	switch p.final {
	case eservice.Idea, eservice.Rejected:
		b.register(b.day(m, begin), p, "Förslag från verksamheten", func(e *entry, s *eservice.EService) {
			p.sketch(s)
			s.Status = eservice.Idea
		})
		if p.final == eservice.Rejected {
			b.step(b.day(m, begin+2), p, eservice.Rejected, "Avvisad: för få ärenden om året för att bära kostnaden")
		}
	case eservice.Planned:
		b.plan(b.day(m, begin), p, launch, false)
		if p.roll("moved") < 25 {
			b.edit(b.day(m, begin+3), p, "Ny tidplan: starten flyttad", func(_ *entry, s *eservice.EService) bool {
				s.PlannedLaunch = new(launch.AddDays(60))
				return true
			})
		}
	case eservice.InDevelopment:
		b.plan(b.day(m, begin), p, launch, false)
		b.step(b.day(m, begin+3), p, eservice.InDevelopment, "Utvecklingen har börjat")
	case eservice.Paused:
		b.plan(b.day(m, begin), p, launch, false)
		b.step(b.day(m, begin+3), p, eservice.InDevelopment, "Utvecklingen har börjat")
		b.step(b.day(m, begin+4), p, eservice.Paused, "Pausad: resurserna behövs i ett annat införande")
	case eservice.Pilot:
		b.plan(b.day(m, begin), p, launch, false)
		b.step(b.day(m, begin+3), p, eservice.InDevelopment, "Utvecklingen har börjat")
		pilot := max(m.slots-1, begin+4)
		if p.roll("again") < 30 {
			b.step(b.day(m, begin+4), p, eservice.Pilot, "Pilot med en mindre grupp användare")
			b.step(b.day(m, begin+5), p, eservice.InDevelopment, "Tillbaka till utveckling: piloten visade brister i formuläret")
			pilot = max(pilot, begin+6)
		}
		b.step(b.day(m, min(pilot, m.slots)), p, eservice.Pilot, "Pilot med en mindre grupp användare")
	}
}

// later is what happens to one that has been in the catalogue for some time.
func (b *book) later(p *placed) {
	m := p.place
	published := func(s *eservice.EService) bool { return s.Published && s.Status == eservice.Live }
	b.edit(b.day(m, m.part(46)), p, "Sammanfattningen omskriven efter synpunkter", func(_ *entry, s *eservice.EService) bool {
		if !published(s) || *s.SummarySv == p.row["summary_sv"] {
			return false
		}
		s.SummarySv = new(p.row["summary_sv"])
		return true
	})
	if renamed[p.code] != "" {
		b.edit(b.day(m, m.part(56)), p, "Namnet ändrat till klarspråk", func(_ *entry, s *eservice.EService) bool {
			s.NameSv = p.row["name_sv"]
			return true
		})
	}
	if p.final == eservice.Live && p.roll("unpublished") < 5 {
		b.edit(b.day(m, m.part(64)), p, "Avpublicerad medan formuläret rättas", func(_ *entry, s *eservice.EService) bool {
			was := published(s)
			s.Published = s.Published && !was
			return was
		})
		if p.roll("unpublished") < 4 {
			b.edit(b.day(m, m.part(64)+1), p, "Publicerad igen: formuläret är rättat", func(_ *entry, s *eservice.EService) bool {
				if s.Status != eservice.Live || s.Published || s.SummarySv == nil || len(s.Audiences) == 0 || s.LaunchedOn == nil || s.URL == nil {
					return false
				}
				s.Published = true
				return true
			})
		}
	}
	if p.final == eservice.Live && p.fromPlatform() && p.roll("gone") < 3 {
		b.edit(b.day(m, m.part(88)), p, "Saknas i e-tjänsteplattformens lista vid inläsningen", func(e *entry, s *eservice.EService) bool {
			s.OepMissingSince = &e.day
			return true
		})
	}
}

// looking is how live e-services are looked over: accessibility, the legal basis, and
// who answers for them.
func (b *book) looking(p *placed) {
	m := p.place
	live := func(s *eservice.EService) bool { return s.Status == eservice.Live && s.Published }
	audits := []int{76}
	if m.beat() > 3 {
		audits = []int{34, 76}
	}
	for _, percent := range audits {
		b.edit(b.day(m, m.part(percent)), p, "Granskad mot tillgänglighetskraven i EN 301 549", func(e *entry, s *eservice.EService) bool {
			if !live(s) || s.AccessibilityStatus != nil || !p.known("audit") || p.roll("audit") < percent/2 {
				return false
			}
			p.assess(s, e.day)
			return true
		})
	}
	b.edit(b.day(m, m.part(68)), p, "Ansvarig funktion utsedd", func(_ *entry, s *eservice.EService) bool {
		if s.Status != eservice.Live || s.ContactFunction != nil || p.roll("appointed") >= 35 {
			return false
		}
		s.ContactFunction = new(p.contact())
		return true
	})
	reviews, groups := []int{80}, 1
	if m.pace <= 30 {
		reviews, groups = []int{54, 82}, 3
	}
	for i, percent := range reviews {
		b.edit(b.day(m, m.part(percent)+themeIndex(p.row["theme"])%groups), p, "Årlig genomgång: rättslig grund och uppgifter kontrollerade", func(e *entry, s *eservice.EService) bool {
			if !live(s) || s.LegalBasis == nil || !p.known("review") || p.roll("review") > 20+m.care*3/4-i*10 {
				return false
			}
			s.LegalBasisVerifiedOn = &e.day
			if s.Retention == nil {
				s.Retention = p.retention()
			}
			return true
		})
	}
}

// leaving is the end of one that is taken out of use.
func (b *book) leaving(p *placed) {
	m := p.place
	switch p.final {
	case eservice.PhasingOut:
		b.step(b.day(m, m.part(92)), p, eservice.PhasingOut, "Avvecklas: tas över av en ny e-tjänst")
	case eservice.Retired:
		b.step(b.day(m, m.part(70)), p, eservice.PhasingOut, "Avvecklas: används av få")
		b.edit(b.day(m, m.part(85)), p, "Avvecklad enligt beslut i förvaltningen", func(e *entry, s *eservice.EService) bool {
			s.Status, s.Published, s.RetiredOn = eservice.Retired, false, &e.day
			s.RetirementReason = new("Få ärenden: de som behöver hjälp hänvisas till kontaktcenter")
			for _, other := range m.services {
				if other.early && other.final == eservice.Live && other.row["theme"] == p.row["theme"] && p.roll("replaced") < 70 {
					s.ReplacedByID = &b.service[other.key()].ID
					s.RetirementReason = new("Ersatt av en e-tjänst som täcker samma ärenden")
					break
				}
			}
			return true
		})
	}
}

// mistake is a duplicate that is registered and then archived.
func (b *book) mistake(p *place) {
	i := slices.IndexFunc(p.services, func(s *placed) bool { return s.early && s.final == eservice.Live })
	if i < 0 || p.pace > 36 {
		return
	}
	double := *p.services[i]
	double.code += "-2"
	double.before = ""
	b.register(b.day(p, p.part(40)), &double, "Förslag från verksamheten", func(_ *entry, s *eservice.EService) {
		double.sketch(s)
		s.Status = eservice.Idea
	})
	b.edit(b.day(p, p.part(40)+1), &double, "Arkiverad: dubblett, registrerad av misstag", func(e *entry, s *eservice.EService) bool {
		s.ArchivedAt = new(e.at)
		return true
	})
}

// closedOn gives the last day of a unit that closes.
func (b *book) closedOn(key string) date.Date {
	i := slices.IndexFunc(b.units, func(u unit) bool { return u.row["key"] == key })
	return b.within(*b.units[i].to)
}

// flag gives a field that is true or false.
func (p *placed) flag(column string) *bool { return new(p.row[column] == "true") }

func (p *placed) url() string {
	return "https://e-tjanster." + p.place.domain + ".example/" + p.code
}

// poorSummary is a summary that says no more than the name.
func (p *placed) poorSummary() string { return strings.TrimSpace(p.row["name_sv"]) + "." }
