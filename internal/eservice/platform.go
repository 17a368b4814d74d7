package eservice

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/openeplatform"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// PlatformFlow is a flow of a municipality's platform, as imports and the nightly watch
// last saw it.
type PlatformFlow struct {
	postgres.Row
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	FamilyID       int64      `db:"family_id"` // what e-services are tied to it by
	Name           string     `db:"name"`
	Said           []byte     `db:"said"`    // JSON: the fields that e-services follow, by the API's names
	Enabled        bool       `db:"enabled"` // whether citizens can use it
	UnstableKey    bool       `db:"unstable_key"`
	FirstSeen      date.Date  `db:"first_seen"`
	MissingSince   *date.Date `db:"missing_since"` // since when the platform's list lacks it
}

// PlatformCategory is the unit that owns what comes in a category of the platform.
type PlatformCategory struct {
	postgres.Row
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	Category       string     `db:"category"`      // as the platform writes it
	OwnerUnitID    *uuid.UUID `db:"owner_unit_id"` // nil where it is not decided
}

// Connections of what is known of the platform.
type (
	// PlatformFlowConnection is one page of flows.
	PlatformFlowConnection = page.Connection[*PlatformFlow]
	// PlatformFlowEdge is a flow with its place in a list.
	PlatformFlowEdge = page.Edge[*PlatformFlow]
	// PlatformCategoryConnection is one page of categories.
	PlatformCategoryConnection = page.Connection[*PlatformCategory]
	// PlatformCategoryEdge is a category with its place in a list.
	PlatformCategoryEdge = page.Edge[*PlatformCategory]
)

// NodeID gives the flow's global id.
func (f *PlatformFlow) NodeID() gid.ID { return gid.New("platform_flow", f.ID) }

// NodeID gives the category's global id.
func (c *PlatformCategory) NodeID() gid.ID { return gid.New("platform_category", c.ID) }

// text gives a text of what the platform said; nil where it said none.
func (f *PlatformFlow) text(field string) *string {
	var said map[string]any
	_ = json.Unmarshal(f.Said, &said)
	if text, ok := said[field].(string); ok {
		return &text
	}
	return nil
}

// Category gives the platform's own grouping of it; nil where it has none.
func (f *PlatformFlow) Category() *string { return f.text("oepCategory") }

// URL gives its address; nil where the platform gave none.
func (f *PlatformFlow) URL() *string { return f.text("url") }

// FlowFilter narrows a list of flows; empty parts do not.
type FlowFilter struct {
	Municipalities []string // SCB codes
	// Unknown keeps those that no e-service is tied to, or those that one is.
	Unknown *bool
	// Missing keeps those that the platform's list lacks or that are turned off there, or the others.
	Missing *bool
	// Differs keeps those whose e-service has other values, or the others.
	Differs *bool
}

// flowWrites is what the platform's state is to become.
type flowWrites struct {
	added, saved []*PlatformFlow
	gone         int
	// unsure tells that a refused row could not be told apart from what is missing,
	// half that most of what was known is gone: then nothing is marked as missing.
	unsure, half bool
}

func (w flowWrites) idle() bool { return len(w.added)+len(w.saved) == 0 }

func (w flowWrites) write(ctx context.Context, tx *postgres.Tx) error {
	if err := postgres.InsertAll(ctx, tx, "platform_flow", w.added); err != nil {
		return constraints.Explain(err)
	}
	return constraints.Explain(postgres.SaveTogether(ctx, tx, "platform_flow", w.saved))
}

// said gives the fields that e-services follow, as the platform says them.
func said(f openeplatform.Flow) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	for _, field := range followed {
		fields[field.name] = record.JSON(field.of(f))
	}
	return fields
}

func sameFields(a, b map[string]json.RawMessage) bool {
	return maps.EqualFunc(a, b, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) })
}

// compareFlows decides what of the platform's state a catalogue changes. Guarded, a
// catalogue that lacks more than half of what was there is not believed in that.
func compareFlows(ctx context.Context, r postgres.Reader, municipality uuid.UUID, d openeplatform.Document, today date.Date, guarded bool) (flowWrites, error) {
	var w flowWrites
	existing, err := flowsOf(ctx, r, municipality)
	if err != nil {
		return w, err
	}
	known := make(map[int64]*PlatformFlow, len(existing))
	for _, f := range existing {
		known[f.FamilyID] = f
	}
	present := map[int64]bool{}
	for _, row := range d.Faults {
		present[row.FamilyID] = true
		w.unsure = w.unsure || row.FamilyID == 0
	}
	for _, f := range d.Flows {
		present[f.FamilyID] = true
		next := &PlatformFlow{
			Row: postgres.Row{ID: uuid.Must(uuid.NewV7())}, MunicipalityID: municipality, FamilyID: f.FamilyID, Name: f.Name,
			Said: record.JSON(said(f)), Enabled: f.Enabled, UnstableKey: f.UnstableKey, FirstSeen: today,
		}
		was, ok := known[f.FamilyID]
		if !ok {
			w.added = append(w.added, next)
			continue
		}
		if was.Name != next.Name || was.Enabled != next.Enabled || was.UnstableKey != next.UnstableKey || was.MissingSince != nil || !sameFields(fieldsIn(was.Said), said(f)) {
			next.Row, next.FirstSeen = was.Row, was.FirstSeen
			w.saved = append(w.saved, next)
		}
	}
	var there int
	var gone []*PlatformFlow
	for _, f := range existing {
		if f.MissingSince != nil {
			continue
		}
		there++
		if !present[f.FamilyID] {
			lost := *f
			lost.MissingSince = &today
			gone = append(gone, &lost)
		}
	}
	w.half = guarded && 2*len(gone) > there
	if !w.unsure && !w.half {
		w.saved, w.gone = append(w.saved, gone...), len(gone)
	}
	return w, nil
}

// WatchJob names the nightly watch, whose keys are SCB codes.
const WatchJob = "PLATFORM_WATCH"

// Seen is what a look at the platform found.
type Seen struct {
	Flows   int // that could be read
	Refused int // rows that could not
	New     int // that the platform did not have before
	Changed int // that it has other values for, turns on or off, or has again
	Gone    int // that it has no more
	// Unsure tells that a refused row has no number, Half that more than half of what
	// was there is gone: nothing is then marked as gone.
	Unsure, Half bool
}

// see keeps what the platform has, beside the e-services, which it leaves alone. When
// nothing is new there it records nothing.
func (s *Service) see(ctx context.Context, municipality uuid.UUID, d openeplatform.Document, guarded bool) (Seen, error) {
	today := date.Of(s.Journal.DB.Now())
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return Seen{}, err
	}
	w, err := compareFlows(ctx, now, municipality, d, today, guarded)
	session.Close()
	if err == nil && !w.idle() {
		err = s.Journal.Write(ctx, "watchPlatform", "", func(tx *postgres.Tx) (err error) {
			if w, err = compareFlows(ctx, tx, municipality, d, date.Of(tx.At), guarded); err != nil {
				return err
			}
			return w.write(ctx, tx)
		})
	}
	return Seen{
		Flows: len(d.Flows), Refused: len(d.Faults), New: len(w.added), Changed: len(w.saved) - w.gone, Gone: w.gone, Unsure: w.unsure, Half: w.half,
	}, err
}

// Watch looks at a municipality's platform and keeps what it has: no e-service is
// changed. An answer that is no whole catalogue is a fault and leaves all as it was.
func (s *Service) Watch(ctx context.Context, municipality uuid.UUID, address string, o openeplatform.Options) (Seen, error) {
	if err := s.Policy.Require(ctx, access.Import, municipality); err != nil {
		return Seen{}, err
	}
	d, err := openeplatform.Fetch(ctx, address, o)
	if err != nil {
		return Seen{}, err
	}
	return s.see(ctx, municipality, d, true)
}

// PlatformDifference is a field that the platform has another value for than the
// e-service, and that nobody has decided on since it got it.
type PlatformDifference struct {
	Field    string // as in the API
	Here     json.RawMessage
	Platform json.RawMessage
	// LastSeen is the platform's value that was last followed or decided on; nil for none.
	LastSeen json.RawMessage
	// Kept tells that the value here was set by hand, so that an import leaves it;
	// otherwise the next import takes the platform's.
	Kept bool
}

// DifferencesFrom gives what the platform's flow has other values for.
func (e *EService) DifferencesFrom(f *PlatformFlow) []PlatformDifference {
	differences := []PlatformDifference{}
	if f == nil || !f.Enabled || f.MissingSince != nil {
		return differences
	}
	seen, platform := fieldsIn(e.OepSeen), fieldsIn(f.Said)
	for _, field := range followed {
		is, given := platform[field.name]
		was, here := seen[field.name], record.JSON(field.get(e))
		if given && string(is) != string(here) && string(is) != string(was) {
			differences = append(differences, PlatformDifference{Field: field.name, Here: here, Platform: is, LastSeen: was, Kept: !follows(was, here)})
		}
	}
	return differences
}

// Side says whose value holds from here on.
type Side string

// The sides.
const (
	Here     Side = "HERE"     // what stands here stays; told again when the platform changes again
	Platform Side = "PLATFORM" // the platform's is taken, and followed again
)

// Decision settles one difference.
type Decision struct {
	Field string
	Take  Side
	// Platform is the platform's value that the caller has read; nil where it does not say.
	Platform json.RawMessage
}

// DecideDifferences settles differences between an e-service and the platform.
func (s *Service) DecideDifferences(ctx context.Context, id uuid.UUID, version int, decisions []Decision, comment string) (*EService, error) {
	return s.change(ctx, access.WriteEService, "decidePlatformDifferences", comment, id, version, func(tx *postgres.Tx, e *EService) error {
		flows, err := s.FlowsOfEach(ctx, tx, []uuid.UUID{e.ID})
		if err != nil {
			return err
		}
		open := map[string]PlatformDifference{}
		for _, d := range e.DifferencesFrom(flows[e.ID]) {
			open[d.Field] = d
		}
		seen := fieldsIn(e.OepSeen)
		var faults fault.List
		if len(decisions) == 0 {
			faults.Add(fault.Field("decisions", "decisions_missing", "Ange minst ett fält att avgöra.", "Give at least one field to decide on."))
		}
		for i, d := range decisions {
			difference, there := open[d.Field]
			if !there {
				faults.Add(fault.Field(fmt.Sprintf("decisions.%d.field", i), "difference_unknown",
					fmt.Sprintf("Fältet %q har ingen skillnad att avgöra. Läs platformDifferences på nytt.", d.Field),
					fmt.Sprintf("The field %q has no difference to decide on. Read platformDifferences anew.", d.Field)))
				continue
			}
			if d.Platform != nil && !record.Alike(d.Platform, difference.Platform) {
				faults.Add(&fault.Error{
					Code: fault.Conflict, Field: fmt.Sprintf("decisions.%d.platform", i), Rule: "difference_changed",
					Sv: "Plattformen har ett annat värde än det du läste. Ingenting har ändrats: läs platformDifferences på nytt.",
					En: "The platform has another value than the one you read. Nothing was changed: read platformDifferences anew.",
				})
				continue
			}
			delete(open, d.Field)
			seen[d.Field] = difference.Platform
			if d.Take != Platform {
				continue
			}
			at := slices.IndexFunc(followed, func(f followedField) bool { return f.name == d.Field })
			if err := record.Set(e, followed[at].column, difference.Platform); err != nil {
				return fmt.Errorf("take the platform's %s: %w", d.Field, err)
			}
		}
		e.OepSeen = record.JSON(seen)
		return faults.Err()
	})
}

// retie forgets what the platform said of another flow, when the e-service is tied to
// a new one or to none.
func (e *EService) retie(before *int64) {
	if before == nil && e.OepFamilyID == nil || before != nil && e.OepFamilyID != nil && *before == *e.OepFamilyID {
		return
	}
	e.OepSeen, e.OepMissingSince, e.OepUnstableKey = nil, nil, false
	if e.OepFamilyID == nil {
		e.OepCategory = nil
	}
}

// mostCategories is how many categories one call may set.
const mostCategories = 500

// SetCategories remembers which units own what comes in categories of the platform; a
// category without a unit has none from here on. It gives the categories set.
func (s *Service) SetCategories(ctx context.Context, municipality uuid.UUID, categories []PlatformCategory) ([]*PlatformCategory, error) {
	if err := s.Policy.Require(ctx, access.Import, municipality); err != nil {
		return nil, err
	}
	if len(categories) == 0 || len(categories) > mostCategories {
		return nil, fault.Field("categories", "categories_number",
			fmt.Sprintf("Ange 1 till %d kategorier.", mostCategories), fmt.Sprintf("Give 1 to %d categories.", mostCategories))
	}
	var set []*PlatformCategory
	err := s.Journal.Write(ctx, "setPlatformCategories", "", func(tx *postgres.Tx) error {
		units, err := unitsOf(ctx, tx, municipality)
		if err != nil {
			return err
		}
		existing, err := categoriesOf(ctx, tx, municipality)
		if err != nil {
			return err
		}
		known := map[string]*PlatformCategory{}
		for _, c := range existing {
			known[c.Category] = c
		}
		var faults fault.List
		var added, saved, all []*PlatformCategory
		given := map[string]bool{}
		for i, c := range categories {
			c.MunicipalityID, c.Category = municipality, strings.TrimSpace(c.Category)
			place := fmt.Sprintf("categories.%d.", i)
			if given[c.Category] {
				faults.Add(fault.Field(place+"category", "category_twice", "Kategorin står två gånger.", "The category stands twice."))
			}
			given[c.Category] = true
			if c.OwnerUnitID != nil && !units[*c.OwnerUnitID] {
				faults.Add(fault.Field(place+"ownerUnit", "owner_unknown", "Enheten är inte en öppen enhet i kommunen.", "The unit is not an open one of the municipality."))
			}
			all = append(all, &c)
			was, ok := known[c.Category]
			switch {
			case !ok:
				c.ID = uuid.Must(uuid.NewV7())
				added = append(added, &c)
			case was.OwnerUnitID == nil && c.OwnerUnitID == nil || was.OwnerUnitID != nil && c.OwnerUnitID != nil && *was.OwnerUnitID == *c.OwnerUnitID:
			default:
				c.Row = was.Row
				saved = append(saved, &c)
			}
		}
		broken, err := postgres.Check(ctx, tx, "platform_category", all, constraints)
		if err != nil {
			return err
		}
		for i := range all {
			for _, f := range broken[i] {
				faults.Add(f.At(fmt.Sprintf("categories.%d.%s", i, f.Field)))
			}
		}
		if err := faults.Err(); err != nil {
			return err
		}
		if err := postgres.InsertAll(ctx, tx, "platform_category", added); err != nil {
			return constraints.Explain(err)
		}
		if err := postgres.SaveAll(ctx, tx, "platform_category", saved); err != nil {
			return constraints.Explain(err)
		}
		set, err = categoriesOf(ctx, tx, municipality)
		set = slices.DeleteFunc(set, func(c *PlatformCategory) bool { return !given[c.Category] })
		return err
	})
	return set, err
}

// withRemembered gives the owners of an import's categories: those given, and for the
// others the municipality's own, as far as the unit is open today.
func withRemembered(ctx context.Context, r postgres.Reader, in Import, open map[uuid.UUID]bool) (map[string]uuid.UUID, error) {
	remembered, err := categoriesOf(ctx, r, in.Municipality)
	owners := map[string]uuid.UUID{}
	for _, c := range remembered {
		if c.OwnerUnitID != nil && open[*c.OwnerUnitID] {
			owners[c.Category] = *c.OwnerUnitID
		}
	}
	maps.Copy(owners, in.Owners)
	return owners, err
}

// backSeen lets the platform's fields that the change followed be followed anew: they
// differ again, and the next import brings them again.
func backSeen(before, after, next *EService) (changed bool) {
	was, gave, has := fieldsIn(before.OepSeen), fieldsIn(after.OepSeen), fieldsIn(next.OepSeen)
	for _, field := range followed {
		name := field.name
		if bytes.Equal(was[name], gave[name]) || !bytes.Equal(has[name], gave[name]) {
			continue
		}
		changed = true
		if was[name] == nil {
			delete(has, name)
		} else {
			has[name] = was[name]
		}
	}
	if changed {
		next.OepSeen = record.JSON(has)
	}
	return changed
}
