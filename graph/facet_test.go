package graph_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
)

// facets name, for each list, the condition of the filter that takes each facet's
// values: in quotes where it takes texts.
var facets = map[string]map[string]string{
	"eServices": {
		"MUNICIPALITY": `municipalities: ["%s"]`, "OWNER_UNIT": `ownerUnits: ["%s"]`, "STATUS": "statuses: [%s]", "PUBLISHED": "published: %s",
		"VISIBILITY": "visibilities: [%s]", "AUDIENCE": "audiences: [%s]", "LIFE_EVENT": "lifeEvents: [%s]", "THEME": "themes: [%s]",
		"CHANNEL": "channels: [%s]", "KEYWORD": `keywords: ["%s"]`, "EID_LEVEL": "eidLevels: [%s]", "DIGITAL_LEVEL": "digitalLevels: [%s]",
		"PERSONAL_DATA": "personalData: [%s]", "ACCESSIBILITY_STATUS": "accessibilityStatuses: [%s]", "OEP_CATEGORY": `oepCategories: ["%s"]`, "GAP": `gaps: ["%s"]`,
	},
	"sharedServices": {"MUNICIPALITY": `municipalities: ["%s"]`, "THEME": "themes: [%s]", "VISIBILITY": "visibilities: [%s]"},
	"units":          {"TYPE": "types: [%s]", "MUNICIPALITY": `municipalities: ["%s"]`},
	"municipalities": {"EXAMPLE": "example: %s"},
	"gaps": {
		"CODE": `codes: ["%s"]`, "SEVERITY": "severities: [%s]", "UNIT": `units: ["%s"]`, "MUNICIPALITY": `municipalities: ["%s"]`, "OBJECT_KIND": "kinds: [%s]",
	},
}

func allFacets() map[string]map[string]string {
	all := maps.Clone(facets)
	for _, more := range []map[string]map[string]string{decisionFacets, documentFacets, collaborationFacets, strategyFacets, threadFacets} {
		maps.Copy(all, more)
	}
	return all
}

// ofEveryKind registers e-services and shared services that differ in every field that
// is counted by, each value held by one or several.
func (w *world) ofEveryKind() {
	w.t.Helper()
	codes := eservice.Codes()
	at := func(field string, i int) string { return codes[field][i%len(codes[field])].Value }
	some := "Plattformen"
	for i, code := range []string{home, partner, outside, home, home, home, partner, home, home} {
		unit := w.units[code]
		if i%2 == 1 {
			unit = w.Unit(w.t, w.municipalities[code], fmt.Sprintf("Enhet %d", i), func(u *organisation.Unit) { u.Type = organisation.UnitTypes()[i] })
		}
		eid, level := eservice.EIDLevel(at("EID_LEVEL", i)), eservice.DigitalLevel(at("DIGITAL_LEVEL", i))
		personal, accessible := eservice.PersonalData(at("PERSONAL_DATA", i)), eservice.AccessibilityStatus(at("ACCESSIBILITY_STATUS", i))
		e := eservice.EService{
			MunicipalityID: unit.MunicipalityID, OwnerUnitID: unit.ID, NameSv: "Tjänst", FoundSource: &some, FoundReason: &some,
			Status: eservice.Status(at("STATUS", i)), Visibility: eservice.Visibility(at("VISIBILITY", i)), EIDLevel: &eid, DigitalLevel: &level,
			PersonalData: &personal, AccessibilityStatus: &accessible, OepCategory: &some, URL: &some, SummarySv: &some,
			Audiences:  []eservice.Audience{eservice.Audience(at("AUDIENCE", i)), eservice.Audience(at("AUDIENCE", i+1))},
			LifeEvents: []eservice.LifeEvent{eservice.LifeEvent(at("LIFE_EVENT", i))}, Themes: []eservice.Theme{eservice.Theme(at("THEME", i)), eservice.Theme(at("THEME", i+1))},
			Channels: []eservice.Channel{eservice.Channel(at("CHANNEL", i))}, Keywords: []string{fmt.Sprintf("ord %d", i%4), "alla"},
		}
		address := "https://example.se/tjanst"
		e.URL = &address
		if e.Status == eservice.Retired {
			day := date.Of(w.Clock.Now())
			e.RetiredOn, e.RetirementReason = &day, &some
		}
		e.Published = e.Status != eservice.Live && i%3 > 0
		if _, err := w.Services.EServices.Create(apitest.System(w.t), e); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.Services.EServices.CreateShared(apitest.System(w.t), eservice.SharedService{
			MunicipalityID: unit.MunicipalityID, Code: fmt.Sprintf("gemensam-%d", i), NameSv: "Gemensam",
			Visibility: e.Visibility, Themes: e.Themes,
		}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// A facet's value, given to the filter, lists as many records as the facet counted.
func TestAFacetCountsWhatItsValueFilters(t *testing.T) {
	w := newWorld(t)
	w.ofEveryKind()
	for _, add := range []func(){w.decisionsOfEveryKind, w.documentsOfEveryKind, w.collaborationsOfEveryKind, w.strategiesOfEveryKind, w.threadsOfEveryKind} {
		add()
	}
	client := w.as(home, access.Auditor)
	for list, conditions := range allFacets() {
		enum := parsed().Types[strings.TrimSuffix(parsed().Query.Fields.ForName(list).Type.Name(), "Connection")+"Facet"]
		if len(enum.EnumValues) != len(conditions) {
			t.Errorf("%s has %d facets and the test %d", list, len(enum.EnumValues), len(conditions))
		}
		counted := 0
		for facet, condition := range conditions {
			answer := client.Must(t, fmt.Sprintf("{ %s { facets(by: [%s]) { values { value count } } } }", list, facet), nil)
			values := answer.At(list + ".facets.0.values").([]any)
			for _, v := range values {
				value := v.(map[string]any)
				filter := fmt.Sprintf(condition, value["value"])
				total := client.Must(t, fmt.Sprintf("{ %s(filter: {%s}) { totalCount } }", list, filter), nil).At(list + ".totalCount")
				if total != value["count"] {
					t.Errorf("%s counts %v under %s %v, and the filter gives %v", list, value["count"], facet, value["value"], total)
				}
				counted++
			}
		}
		if counted < len(conditions) {
			t.Errorf("only %d values of %s were seen: the seed is too poor", counted, list)
		}
	}
}
