package demo

import (
	"math"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
)

// seasons say, for services that follow the year, each month's part of an ordinary
// month, in per cent from January.
var seasons = map[string][12]int{
	"skolskjuts":                   {70, 110, 190, 260, 240, 140, 40, 90, 60, 40, 30, 30},
	"busskort-gymnasieelever":      {50, 40, 60, 90, 140, 160, 80, 290, 150, 60, 40, 40},
	"forskola-fritidshem":          {150, 140, 120, 110, 100, 70, 40, 130, 110, 90, 80, 60},
	"sok-gymnasiet":                {380, 330, 60, 60, 190, 70, 30, 40, 20, 10, 5, 5},
	"onska-skola":                  {420, 310, 120, 60, 50, 40, 20, 60, 40, 30, 25, 25},
	"modersmalsundervisning":       {60, 60, 90, 200, 230, 120, 20, 180, 120, 60, 30, 30},
	"julmarknad-anmalan":           {5, 5, 5, 5, 10, 40, 60, 330, 420, 240, 70, 10},
	"foreningsbidrag":              {130, 290, 320, 110, 60, 40, 20, 60, 90, 60, 10, 10},
	"redogorelse-vuxna":            {330, 460, 190, 60, 30, 20, 10, 20, 20, 20, 20, 20},
	"redogorelse-omyndiga":         {330, 460, 190, 60, 30, 20, 10, 20, 20, 20, 20, 20},
	"anmalan-eldstad-rokkanal":     {90, 70, 60, 60, 60, 60, 60, 110, 180, 190, 150, 110},
	"eget-avlopp":                  {40, 60, 110, 160, 180, 150, 90, 120, 110, 80, 60, 40},
	"lunch-i-skolrestaurang":       {110, 110, 120, 110, 120, 50, 5, 90, 130, 130, 130, 95},
	"boka-idrottsanlaggning-lokal": {120, 110, 110, 100, 90, 50, 40, 150, 140, 110, 100, 80},
	"tentamensanmalan":             {120, 80, 110, 140, 130, 60, 20, 70, 90, 130, 150, 100},
}

// ordinary is the year of every other service: fewer cases in July and December.
var ordinary = [12]int{100, 100, 105, 105, 105, 95, 60, 95, 110, 110, 105, 85}

// building is the year of building permits.
var building = [12]int{70, 90, 120, 140, 145, 120, 80, 105, 105, 95, 75, 55}

// figures has the use of the e-services reported, some months at a time.
func (b *book) figures() {
	for _, p := range b.places {
		from := b.first.FirstOfMonth().AddMonths(1)
		for !b.last.FirstOfMonth().Before(from.AddMonths(1)) {
			to := from.AddMonths(p.every) // the first month that is not reported
			if this := b.last.FirstOfMonth(); this.Before(to) {
				to = this
			}
			day := to.AddDays(6 + number(12, p.scb, "report"))
			if b.last.Before(day) {
				day = b.last
			}
			b.report(p, day, from, to)
			from = to
		}
	}
	b.correct()
}

// report records the months from from and before to of every e-service in use.
func (b *book) report(p *place, day, from, to date.Date) {
	b.on(day, p.scb, access.CatalogueEditor, "Ärendestatistik till och med "+to.AddMonths(-1).String()[:7], func(e *entry) {
		for _, s := range p.services {
			record := b.service[s.key()]
			if record == nil || record.Status != eservice.Live && record.Status != eservice.PhasingOut || s.roll("figures") >= p.figures {
				continue
			}
			for month := from; month.Before(to); month = month.AddMonths(1) {
				if record.LaunchedOn != nil && !record.LaunchedOn.Before(month.AddMonths(1)) {
					continue
				}
				use := s.use(e, record, month)
				b.use[record.ID] = append(b.use[record.ID], use)
				e.usage.add(use)
			}
		}
	})
}

// use makes up a month's figures.
func (p *placed) use(e *entry, s *eservice.EService, month date.Date) *eservice.Usage {
	at := month.String()
	of := int(month.At(12, 0).Month()) - 1
	season, own := seasons[p.code]
	switch {
	case own:
	case p.row["unit_role"] == "PLANNING_BUILDING":
		season = building
	default:
		season = ordinary
	}
	chance := func(what string) float64 { return float64(number(1000, p.key(), what, at)) / 1000 }
	years := e.at.Sub(month.At(12, 0)).Hours() / 24 / 365
	cases := float64(p.cases) * float64(p.place.size) / 100 * float64(season[of]) / 100 * (0.85 + 0.3*chance("cases")) * (1 - 0.05*years)
	u := &eservice.Usage{
		Row: postgres.Row{ID: identity(e.at, "usage", p.key(), at)}, MunicipalityID: s.MunicipalityID, EServiceID: s.ID,
		Month: month, Cases: int(math.Round(max(cases, 0))), Source: eservice.ByHand,
	}
	if p.fromPlatform() {
		u.Source = eservice.FromPlatform
		u.AbandonRate = new(rounded(0.04+0.16*chance("abandoned"), 4))
	}
	if p.row["digital_level"] != "INFO" {
		u.DigitalShare = new(rounded(0.5+float64(p.roll("digital"))/250+0.05*chance("digital"), 4))
	}
	if p.roll("asked") < 50 && u.Cases > 0 {
		u.Satisfaction = new(rounded(3+float64(p.roll("liked"))/80+0.4*chance("liked"), 2))
	}
	return u
}

func rounded(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}

// correct is one correction of figures.
func (b *book) correct() {
	b.on(b.first.AddDays(520), home, access.CatalogueEditor, "Rättade ärendetal: dubbelräknade ärenden borttagna", func(e *entry) {
		for _, p := range b.places {
			for _, s := range p.services {
				record := b.service[s.key()]
				if p.scb != home || record == nil || s.roll("corrected") >= 6 {
					continue
				}
				for _, u := range b.use[record.ID][:min(2, len(b.use[record.ID]))] {
					u.Cases -= u.Cases / 10
					e.usage.save(u)
				}
			}
		}
	})
}
