package demo

import (
	"slices"

	"fardplan/internal/access"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
)

// most is how many shared services there are.
const most = 40

// waves are when shared services are registered: so many days into the story, up to
// so many of them.
var waves = []struct{ after, to int }{{33, 16}, {190, 30}, {400, most}}

// sharing makes the services that most municipalities have shared services, in some
// waves, and has the e-services linked to them.
func (b *book) sharing() {
	type candidate struct {
		service
		having []*place
	}
	var candidates []candidate
	for _, s := range b.data.services {
		c := candidate{service: s}
		for _, p := range b.places {
			if slices.ContainsFunc(p.services, func(one *placed) bool { return one.code == s.code && one.final == eservice.Live }) {
				c.having = append(c.having, p)
			}
		}
		candidates = append(candidates, c)
	}
	slices.SortStableFunc(candidates, func(x, y candidate) int {
		if d := len(y.having) - len(x.having); d != 0 {
			return d
		}
		return y.cases - x.cases
	})
	from := 0
	for i, wave := range waves {
		day := b.first.AddDays(wave.after)
		for _, c := range candidates[from:wave.to] {
			origin := c.having[0]
			for _, p := range c.having {
				if p.scb == home && roll(c.code, "origin") < 60 || p.scb != home && roll(c.code, p.scb, "origin") < 30 {
					origin = p
					break
				}
			}
			b.on(day, origin.scb, access.CatalogueEditor, "Gemensam e-tjänst definierad i samverkan", func(e *entry) { b.define(e, origin, c.service) })
		}
		for _, p := range b.places {
			linked := b.day(p, (wave.after-p.joined)/p.pace+1+i%2)
			for _, s := range p.services {
				b.edit(linked, s, "Kopplad till den gemensamma e-tjänsten", func(_ *entry, record *eservice.EService) bool {
					return record.SharedServiceID == nil && b.link(s, record)
				})
			}
		}
		from = wave.to
	}
	b.on(b.first.AddDays(560), home, access.CatalogueEditor, "Syftet förtydligat efter möte i samverkan", func(e *entry) {
		for _, c := range candidates[:most] {
			shared := b.common[c.code]
			if shared.MunicipalityID != b.municipality[home].ID || roll(c.code, "purpose") >= 30 {
				continue
			}
			shared.PurposeSv = new(*shared.PurposeSv + " Frågorna och svaren är gemensamma; varje kommun svarar för sina bilagor och avgifter.")
			e.shared.save(shared)
		}
	})
}

func (b *book) define(e *entry, origin *place, s service) {
	shared := &eservice.SharedService{
		Row:            postgres.Row{ID: identity(e.at, "shared_service", s.code)},
		MunicipalityID: b.municipality[origin.scb].ID, Code: s.code,
		NameSv: s.row["name_sv"], NameEn: s.optional("name_en"),
		PurposeSv: new("Samma ärende på samma sätt i alla kommuner i samverkan. " + s.row["summary_sv"]),
		Themes:    []eservice.Theme{eservice.Theme(s.row["theme"])}, ArtefactURLs: []string{}, Visibility: eservice.Public,
	}
	if s.row["summary_en"] != "" {
		shared.PurposeEn = new("The same case in the same way in every collaborating municipality. " + s.row["summary_en"])
	}
	if roll(s.code, "artefact") < 50 {
		shared.ArtefactURLs = []string{"https://cesam-ost.example/gemensamma/" + s.code}
		shared.Licence = new("CC0-1.0")
	}
	if roll(s.code, "shared visibility") < 15 {
		shared.Visibility = eservice.Collaboration
	}
	b.common[s.code] = shared
	e.shared.add(shared)
}

// link refers an e-service to the shared service, if there is one and the municipality
// has come that far, and tells whether it did.
func (b *book) link(p *placed, s *eservice.EService) bool {
	shared := b.common[p.code]
	if shared == nil || p.roll("linked") >= p.place.care+5 {
		return false
	}
	s.SharedServiceID = &shared.ID
	return true
}
