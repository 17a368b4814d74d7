package demo

import (
	"fardplan/internal/access"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
)

func yearOf(d date.Date) int { return d.At(12, 0).Year() }

// offers are shared services that their municipality offers to others, and what those
// answer.
func (b *book) offers() {
	const offered = 455
	replies := []struct {
		answer collaboration.OfferChoice
		reason string
	}{{"INTERESTED", ""}, {"JOIN", ""}, {"DECLINE", "Vi har en egen e-tjänst som gäller avtalet ut"}, {collaboration.Adopt, ""}}
	for n, scb := range []string{home, "0580", home, "0583"} {
		var offer *collaboration.ServiceOffer
		var code string
		b.on(b.at(offered+7*n), scb, access.CatalogueEditor, "Gemensam e-tjänst erbjuden andra kommuner", func(e *entry) {
			shared := b.offerable(scb, n)
			code = shared.Code
			offer = &collaboration.ServiceOffer{
				Row: postgres.Row{ID: identity(e.at, "service_offer", shared.Code)}, MunicipalityID: shared.MunicipalityID, SharedServiceID: shared.ID,
				TermsSv: madeUp + "Formulär och texter lämnas fritt. Kommunen svarar själv för klassning, avtal och support.", TermsEn: new("Example: Forms and texts are free. The municipality itself sees to classification, agreements and support."),
				ContactFunction: new("katalogredaktör"), ValidFrom: e.day, Visibility: eservice.Collaboration,
			}
			if n == 3 {
				offer.ValidTo = new(b.last.AddDays(60))
			}
			e.offers.add(offer)
		})
		for k, p := range b.others(scb) {
			if k > n {
				break
			}
			reply := replies[(k+n)%len(replies)]
			if reply.answer == collaboration.Adopt && n != 3 {
				reply = replies[0]
			}
			b.on(b.at(offered+45+20*k+3*n), p.scb, access.CatalogueEditor, "Svar på erbjuden e-tjänst", func(e *entry) {
				a := &collaboration.OfferAnswer{
					Row: postgres.Row{ID: identity(e.at, "offer_answer", code, p.scb)}, MunicipalityID: b.municipality[p.scb].ID, ServiceOfferID: offer.ID, Answer: reply.answer,
				}
				if reply.reason != "" {
					a.Reason = &reply.reason
				}
				if reply.answer == collaboration.Adopt {
					b.adopt(e, p, a, code)
				}
				e.replies.add(a)
			})
		}
	}
	b.on(b.at(offered+150), b.others("0583")[0].scb, access.CatalogueEditor, "Övertagandet: beslut och ägare klara", func(e *entry) {
		for n, note := range map[int]string{0: "Beslut på delegation", 3: "Ägande enhet utsedd"} {
			s := b.adoption[n]
			s.DoneOn, s.Note = &e.day, new(madeUp+note)
		}
		for _, s := range b.adoption {
			if s.DoneOn != nil {
				e.adoptions.save(s)
			}
		}
	})
}

// offerable gives a shared service of a municipality that others may take over: in
// turn, the later ones for later offers.
func (b *book) offerable(scb string, n int) *eservice.SharedService {
	var own []*eservice.SharedService
	for _, s := range b.data.services {
		if shared := b.common[s.code]; shared != nil && shared.MunicipalityID == b.municipality[scb].ID {
			own = append(own, shared)
		}
	}
	return own[n%len(own)]
}

// others gives the places other than one, in their order.
func (b *book) others(scb string) []*place {
	var all []*place
	for _, p := range b.places {
		if p.scb != scb {
			all = append(all, p)
		}
	}
	return all
}

// adopt makes the adopter's own e-service and the list of what remains to be done.
func (b *book) adopt(e *entry, p *place, a *collaboration.OfferAnswer, code string) {
	shared := b.common[code]
	var s *eservice.EService
	for _, one := range b.services {
		if one.code == code {
			s = &eservice.EService{
				Row: postgres.Row{ID: identity(e.at, "e_service", p.scb, "adopted", code)}, MunicipalityID: a.MunicipalityID, OwnerUnitID: b.unit[b.ownerOf(p, one)].ID,
				NameSv: shared.NameSv, NameEn: shared.NameEn, Slug: code + "-overtagen", Status: eservice.Planned, Visibility: eservice.Public, SharedServiceID: &shared.ID,
				PlannedLaunch: new(b.last.AddDays(75)),
				Audiences:     []eservice.Audience{}, LifeEvents: []eservice.LifeEvent{}, Themes: shared.Themes, Keywords: []string{}, Channels: []eservice.Channel{}, Languages: []string{},
			}
		}
	}
	e.services.add(s)
	a.EServiceID = &s.ID
	for _, kind := range []collaboration.AdoptionStepKind{"DECISION", "AGREEMENT", "CLASSIFICATION", "OWNER", "LAUNCH_DATE"} {
		step := &collaboration.AdoptionStep{
			Row: postgres.Row{ID: identity(e.at, "adoption_step", string(kind))}, MunicipalityID: a.MunicipalityID, OfferAnswerID: a.ID, Kind: kind,
		}
		b.adoption = append(b.adoption, step)
		e.adoptions.add(step)
	}
}
