package demo

import (
	"encoding/json"
	"strconv"

	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
)

// unknownFlows are on the home municipality's platform and not in its catalogue.
var unknownFlows = map[int64]string{9101: "Boka rådgivning om solceller", 9102: "Anmäl intresse för kolonilott"}

// watch has the platforms looked at on the last night of the story: they have what the
// e-services came from, but for a few that have changed since.
func (b *book) watch() {
	b.happenings = append(b.happenings, happening{day: b.last, comment: "Nattlig bevakning av e-tjänsteplattformarna", do: func(e *entry) {
		for _, place := range b.places {
			seen := 0
			for _, p := range place.services {
				s := b.service[p.key()]
				if s == nil || s.OepFamilyID == nil || s.ArchivedAt != nil {
					continue
				}
				said := map[string]any{}
				if err := json.Unmarshal(s.OepSeen, &said); err != nil {
					panic(err) // the story wrote it
				}
				if s.Status == eservice.Live && s.OepMissingSince == nil {
					switch seen++; seen {
					case 3:
						said["nameSv"] = s.NameSv + " – ny version"
					case 7:
						said["oepCategory"] = "Övrigt"
					}
				}
				b.flow(e, place, *s.OepFamilyID, said, s.OepUnstableKey, s.OepMissingSince)
			}
			if place.scb != home {
				continue
			}
			for _, family := range []int64{9101, 9102} {
				b.flow(e, place, family, map[string]any{"nameSv": unknownFlows[family], "oepCategory": "Bygga, bo och miljö"}, false, nil)
			}
		}
	}})
}

// flow adds what a platform has of one flow.
func (b *book) flow(e *entry, place *place, family int64, said map[string]any, unstable bool, missing *date.Date) {
	raw, err := json.Marshal(said)
	if err != nil {
		panic(err) // texts and truth values always marshal
	}
	e.flows.add(&eservice.PlatformFlow{
		Row:            postgres.Row{ID: identity(e.at, "platform_flow", place.scb+" "+strconv.FormatInt(family, 10))},
		MunicipalityID: b.municipality[place.scb].ID, FamilyID: family, Name: said["nameSv"].(string), Said: raw,
		Enabled: true, UnstableKey: unstable, FirstSeen: b.first, MissingSince: missing,
	})
}
