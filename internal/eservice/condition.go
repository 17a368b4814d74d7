package eservice

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// Condition is one thing that e-services were chosen by, in words.
type Condition struct {
	Field  string // of EServiceFilter, or ids
	Sv, En string // such as "status: i drift, pilot"
}

// conditionList collects conditions; one without values is none.
type conditionList []Condition

// add collects a condition on a field, with the names of its values.
func (l *conditionList) add(field, sv, en string, values []string, name func(value string) (sv, en string)) {
	var svs, ens []string
	for _, value := range values {
		sv, en := name(value)
		if sv == "" {
			sv, en = value, value // of no known name, it is told as it was written
		}
		svs, ens = append(svs, sv), append(ens, en)
	}
	if len(values) > 0 {
		*l = append(*l, Condition{field, sv + ": " + strings.Join(svs, ", "), en + ": " + strings.Join(ens, ", ")})
	}
}

// conditions says in words which e-services, and how many of those named, an edit is of.
func (s *Service) conditions(ctx context.Context, r postgres.Reader, in BulkEdit, chosen int) ([]Condition, error) {
	var all conditionList
	if in.Filter == nil {
		all.add("ids", "utvalda", "chosen", []string{strconv.Itoa(chosen)}, asWritten)
		return all, nil
	}
	f := *in.Filter
	units, err := unitNames(ctx, r, f.OwnerUnits)
	if err != nil {
		return nil, err
	}
	seen, err := s.SharedByID(ctx, r, f.SharedServices)
	if err != nil {
		return nil, err
	}
	shared := make(map[uuid.UUID]text.Localized, len(seen))
	for id, one := range seen {
		shared[id] = one.Name()
	}
	owner := text.Both("ägande enhet", "owning unit")
	if f.UnitsBelow {
		owner = text.Both("ägande enhet, med dem under", "owning unit, with those under")
	}
	all.add("municipalities", "kommun", "municipality", f.Municipalities, asWritten)
	all.add("ownerUnits", owner.Sv, *owner.En, texts(f.OwnerUnits, uuid.UUID.String), called(units))
	all.add("sharedServices", "gemensam e-tjänst", "shared service", texts(f.SharedServices, uuid.UUID.String), called(shared))
	all.add("statuses", "status", "status", words(f.Statuses), names("STATUS"))
	all.add("published", "publicerad", "published", given(f.Published, strconv.FormatBool), yesNoNames)
	all.add("visibilities", "synlighet", "visibility", words(f.Visibilities), names("VISIBILITY"))
	all.add("audiences", "målgrupp", "audience", words(f.Audiences), names("AUDIENCE"))
	all.add("lifeEvents", "livshändelse", "life event", words(f.LifeEvents), names("LIFE_EVENT"))
	all.add("themes", "tema", "theme", words(f.Themes), names("THEME"))
	all.add("channels", "kanal", "channel", words(f.Channels), names("CHANNEL"))
	all.add("eidLevels", "e-legitimation", "electronic identity", words(f.EIDLevels), names("EID_LEVEL"))
	all.add("digitalLevels", "digital nivå", "digital level", words(f.DigitalLevels), names("DIGITAL_LEVEL"))
	all.add("personalData", "personuppgifter", "personal data", words(f.PersonalData), names("PERSONAL_DATA"))
	all.add("accessibilityStatuses", "tillgänglighet", "accessibility", words(f.AccessibilityStatuses), names("ACCESSIBILITY_STATUS"))
	all.add("keywords", "sökord", "keyword", f.Keywords, asWritten)
	all.add("gaps", "brist", "gap", f.Gaps, s.Gaps.RuleName)
	all.add("nameContains", "namnet innehåller", "the name holds", some(f.NameContains), asWritten)
	all.add("search", "sökning", "search", some(f.Search), asWritten)
	all.add("slug", "adressnamn", "slug", some(f.Slug), asWritten)
	all.add("plannedLaunchFrom", "planerad start tidigast", "planned launch at the earliest", given(f.PlannedLaunchFrom, date.Date.String), asWritten)
	all.add("plannedLaunchTo", "planerad start senast", "planned launch at the latest", given(f.PlannedLaunchTo, date.Date.String), asWritten)
	all.add("launchedFrom", "startade tidigast", "launched at the earliest", given(f.LaunchedFrom, date.Date.String), asWritten)
	all.add("launchedTo", "startade senast", "launched at the latest", given(f.LaunchedTo, date.Date.String), asWritten)
	all.add("updatedSince", "ändrad sedan", "changed since", given(f.UpdatedSince, func(t time.Time) string { return t.UTC().Format(time.RFC3339) }), asWritten)
	all.add("oepCategories", "plattformens kategori", "the platform's category", f.OepCategories, asWritten)
	all.add("platformDiffers", "plattformen har andra uppgifter", "the platform has other values", given(f.PlatformDiffers, strconv.FormatBool), yesNoNames)
	all.add("archived", "arkiverad", "archived", only(f.Archived), yesNoNames)
	all.add("drafts", "efter utkastens uppgifter", "by the values of drafts", only(f.Drafts), yesNoNames)
	return all, nil
}

func asWritten(value string) (sv, en string) { return value, value }

func yesNoNames(value string) (sv, en string) {
	if value == "true" {
		return "ja", "yes"
	}
	return "nej", "no"
}

// called gives the names of records by id; one that is not known is told by its id.
func called(names map[uuid.UUID]text.Localized) func(string) (sv, en string) {
	return func(id string) (sv, en string) {
		name := names[uuid.MustParse(id)]
		return name.Text(text.Swedish), name.Text(text.English)
	}
}

func texts[T any](values []T, text func(T) string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = text(v)
	}
	return all
}

func words[T ~string](values []T) []string {
	return texts(values, func(v T) string { return string(v) })
}

// given is the text of a value that may be left out.
func given[T any](value *T, text func(T) string) []string {
	if value == nil {
		return nil
	}
	return []string{text(*value)}
}

func some(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

func only(is bool) []string {
	if !is {
		return nil
	}
	return []string{"true"}
}
