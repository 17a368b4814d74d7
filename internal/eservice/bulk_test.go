package eservice_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// toldBulk tells an edit's lines, as "CHANGED Ett feeSv null→"50 kr"; UNCHANGED Två".
func toldBulk(p *eservice.BulkPlan) string {
	var all []string
	for _, l := range p.Lines {
		text := fmt.Sprintf("%s %s", l.Outcome, l.Name)
		for _, d := range l.Differences {
			text += fmt.Sprintf(" %s %s→%s", d.Field, d.Before, d.After)
			if d.InDraft {
				text += " (draft)"
			}
		}
		for _, f := range l.Faults {
			text += " " + f.Rule
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

func (w *world) previewBulk(ctx context.Context, in eservice.BulkEdit) (p *eservice.BulkPlan, err error) {
	w.t.Helper()
	in.Municipality = w.home.ID
	w.present(ctx, func(now *postgres.Snapshot) { p, err = w.catalogue.PreviewBulkEdit(ctx, now, in) })
	return p, err
}

// editMany previews an edit, does it, and fails the test unless both tell what is wanted.
func (w *world) editMany(in eservice.BulkEdit, want string) *eservice.BulkPlan {
	w.t.Helper()
	before := w.changes()
	preview := must(w.previewBulk(w.ctx, in))(w.t)
	if got := toldBulk(preview); got != want || preview.Number != nil || w.changes() != before {
		w.t.Fatalf("the preview tells\n%s, want\n%s\nand changed %d times", got, want, w.changes()-before)
	}
	in.Municipality = w.home.ID
	plan := must(w.catalogue.BulkEdit(w.ctx, in, preview.Total(), preview.Fingerprint))(w.t)
	if got := toldBulk(plan); got != want {
		w.t.Errorf("it did\n%s, want\n%s", got, want)
	}
	if made := w.changes() - before; (plan.Number != nil) != (made == 1) || plan.Number != nil && *plan.Number != w.changes() {
		w.t.Errorf("it made %d changes; its number: %v", made, plan.Number)
	}
	return plan
}

// TestManyAreEditedAsOneChangeAndUndone chooses by filter and by ids, sets values, changes
// lists, does nothing where nothing differs, and takes it all back.
func TestManyAreEditedAsOneChangeAndUndone(t *testing.T) {
	w := newWorld(t)
	one, two, three := w.found("Ett", eservice.Live), w.found("Två", eservice.Idea), w.found("Tre", eservice.Planned)
	one.Keywords, one.Channels = []string{"bygga", "bo"}, []eservice.Channel{"WEB"}
	two.Keywords, two.FeeSv = []string{"bo"}, ptr("Gratis")
	three.OwnerUnitID = w.school.ID
	first, second := w.create(one), w.create(two)
	w.create(three)
	in := eservice.BulkEdit{
		Filter:  &eservice.Filter{OwnerUnits: []uuid.UUID{w.office.ID}, Statuses: []eservice.Status{eservice.Live, eservice.Idea}},
		Set:     func(e *eservice.EService) { e.FeeSv, e.OwnerUnitID = ptr("Gratis"), w.school.ID },
		Remove:  eservice.Lists{Keywords: []string{"bygga"}},
		Add:     eservice.Lists{Keywords: []string{"bo", "hus"}, Themes: []eservice.Theme{"BUILDING_HOUSING_ENVIRONMENT"}},
		Comment: " Ny taxa ",
	}
	moved := fmt.Sprintf("ownerUnit %q→%q", w.office.ID, w.school.ID)
	preview := must(w.previewBulk(w.ctx, in))(t)
	if want := []eservice.Condition{
		{Field: "ownerUnits", Sv: "ägande enhet: Kommunikationsenheten", En: "owning unit: Kommunikationsenheten"},
		{Field: "statuses", Sv: "status: i drift, idé", En: "status: live, idea"},
	}; !slices.Equal(preview.Conditions, want) {
		t.Errorf("it is of %+v, want %+v", preview.Conditions, want)
	}
	done := w.editMany(in, `CHANGED Ett `+moved+` themes []→["BUILDING_HOUSING_ENVIRONMENT"] keywords ["bygga","bo"]→["bo","hus"] feeSv null→"Gratis"; `+
		`CHANGED Två `+moved+` themes []→["BUILDING_HOUSING_ENVIRONMENT"] keywords ["bo"]→["bo","hus"]`)
	if e := w.read(first); e.Version != 2 || *e.FeeSv != "Gratis" || !slices.Equal(e.Keywords, []string{"bo", "hus"}) || !slices.Equal(e.Channels, []eservice.Channel{"WEB"}) {
		t.Errorf("the first is %+v", e)
	}
	w.reads(func(now *postgres.Snapshot) {
		said := must(postgres.Values[string](w.ctx, now, "SELECT c.operation || ': ' || c.comment FROM change c WHERE c.number = @number", postgres.Args{"number": *done.Number}))(t)
		if !slices.Equal(said, []string{"bulkEditEServices: Ny taxa"}) {
			t.Errorf("the change is called %q", said)
		}
	})

	// By ids, in their order and each once; those that have it already stay as they are.
	by := eservice.BulkEdit{IDs: []uuid.UUID{second.ID, first.ID, second.ID}, Set: func(e *eservice.EService) { e.FeeSv = ptr("Gratis"); e.Channels = []eservice.Channel{"WEB"} }}
	w.editMany(by, `CHANGED Två channels []→["WEB"]; UNCHANGED Ett`)
	if again := w.editMany(by, "UNCHANGED Två; UNCHANGED Ett"); again.Number != nil || again.Counts[eservice.Unchanged] != 2 || again.Conditions[0].En != "chosen: 2" {
		t.Errorf("again it is %+v", again)
	}
	if e := w.read(first); e.Version != 2 {
		t.Errorf("one that has all the values got version %d", e.Version)
	}

	w.undo(*done.Number, "RESTORED Ett fee_sv keywords owner_unit_id themes; RESTORED Två keywords owner_unit_id themes")
	if e := w.read(first); e.FeeSv != nil || e.OwnerUnitID != w.office.ID || !slices.Equal(e.Keywords, []string{"bygga", "bo"}) || len(e.Themes) > 0 {
		t.Errorf("undone it is %+v", e)
	}
}

// TestAnEditOfManyIsOfWhatWasPreviewed refuses when the set has grown or shrunk, or when
// the outcome has become another one, and not for what makes no difference to it.
func TestAnEditOfManyIsOfWhatWasPreviewed(t *testing.T) {
	for _, c := range []struct {
		name      string
		meanwhile func(w *world, one *eservice.EService)
		rule      string // of the CONFLICT
		tells     string
	}{
		{"one more", func(w *world, _ *eservice.EService) { w.create(w.found("Tre", eservice.Idea)) }, "bulk_count", "of 2 e-services, and now there are 3"},
		{"one less", func(w *world, one *eservice.EService) {
			must(w.catalogue.Archive(w.ctx, one.ID, one.Version, ""))(w.t)
		}, "bulk_count", "of 2 e-services, and now there are 1"},
		{"one for another", func(w *world, one *eservice.EService) {
			w.create(w.found("Tre", eservice.Idea))
			must(w.catalogue.Archive(w.ctx, one.ID, one.Version, ""))(w.t)
		}, "bulk_changed", "one of the 2 e-services"},
		{"a field that it sets", func(w *world, one *eservice.EService) {
			must(w.catalogue.Update(w.ctx, one.ID, one.Version, func(e *eservice.EService) { e.FeeSv = ptr("10 kr") }))(w.t)
		}, "bulk_changed", "one of the 2 e-services"},
		{"another field", func(w *world, one *eservice.EService) {
			must(w.catalogue.Update(w.ctx, one.ID, one.Version, func(e *eservice.EService) { e.Retention = ptr("2 år") }))(w.t)
		}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			one := w.create(w.found("Ett", eservice.Idea))
			w.create(w.found("Två", eservice.Idea))
			in := eservice.BulkEdit{Municipality: w.home.ID, Filter: &eservice.Filter{Statuses: []eservice.Status{eservice.Idea}}, Set: func(e *eservice.EService) { e.FeeSv = ptr("Gratis") }}
			preview := must(w.previewBulk(w.ctx, in))(t)
			c.meanwhile(w, one)
			before := w.changes()
			plan, err := w.catalogue.BulkEdit(w.ctx, in, preview.Total(), preview.Fingerprint)
			if c.rule == "" {
				if err != nil || plan.Number == nil || *w.read(one).FeeSv != "Gratis" || *w.read(one).Retention != "2 år" {
					t.Errorf("it is refused (%v), or has not done it", err)
				}
				return
			}
			all := fault.All(err)
			if len(all) != 1 || all[0].Code != fault.Conflict || all[0].Rule != c.rule || !strings.Contains(all[0].En, c.tells) || w.changes() != before {
				t.Errorf("it made %d changes and answers %v, want %s: %s", w.changes()-before, err, c.rule, c.tells)
			}
		})
	}
}

// TestAnEditOfManyWaitsForAnother looks again when another change has come before its own.
func TestAnEditOfManyWaitsForAnother(t *testing.T) {
	w := newWorld(t)
	one := w.create(w.found("Ett", eservice.Idea))
	in := eservice.BulkEdit{Municipality: w.home.ID, Filter: &eservice.Filter{}, Set: func(e *eservice.EService) { e.FeeSv = ptr("Gratis") }}
	preview := must(w.previewBulk(w.ctx, in))(t)
	answer := make(chan error, 1)
	before := w.changes()
	err := w.gaps.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) error {
		go func() {
			_, err := w.catalogue.BulkEdit(w.ctx, in, preview.Total(), preview.Fingerprint)
			answer <- err
		}()
		w.untilOneWaits(func() bool { return len(answer) > 0 })
		meanwhile := *one
		meanwhile.FeeSv = ptr("10 kr")
		_, err := eservice.Keep(w.ctx, tx, &meanwhile)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if all := fault.All(<-answer); len(all) != 1 || all[0].Rule != "bulk_changed" || *w.read(one).FeeSv != "10 kr" || w.changes() != before+1 {
		t.Errorf("it answers %v, and the fee is %s", all, *w.read(one).FeeSv)
	}
}

// TestARuleRefusesAnEditOfMany tells every fault with its record, and keeps nothing.
func TestARuleRefusesAnEditOfMany(t *testing.T) {
	w := newWorld(t)
	closed := w.unit(w.home, "Stängda kontoret")
	must(w.organisation.CloseUnit(w.ctx, closed.ID, closed.Version, date.Of(w.now()).AddDays(-1), nil, ""))(t)
	hidden := must(w.catalogue.CreateShared(w.ctx, eservice.SharedService{MunicipalityID: w.away.ID, Code: "dold", NameSv: "Dold", Visibility: eservice.Municipality}))(t)
	shown := w.published("Ett")
	w.create(w.found("Två", eservice.Live))
	w.create(w.found("Tre", eservice.Idea))
	all := &eservice.Filter{}
	editor := w.as(w.home, access.CatalogueEditor)
	for _, c := range []struct {
		name string
		in   eservice.BulkEdit
		want string // of the preview
		errs string // of doing it
	}{
		{
			"what a published one needs, and a text that is too long",
			eservice.BulkEdit{Filter: all, Set: func(e *eservice.EService) { e.FeeSv = ptr(strings.Repeat("x", 501)) }, Remove: eservice.Lists{Audiences: []eservice.Audience{"COMPANY"}}},
			"REFUSED Ett e_service_fee_length e_service_published_audience; REFUSED Tre e_service_fee_length; REFUSED Två e_service_fee_length",
			"lines.0.audiences Ett: lines.0.feeSv Ett: lines.1.feeSv Tre: lines.2.feeSv Två:",
		},
		{
			"an owner that is closed", eservice.BulkEdit{Filter: all, Set: func(e *eservice.EService) { e.OwnerUnitID = closed.ID }},
			fmt.Sprintf("REFUSED Ett e_service_live_owner_valid; CHANGED Tre ownerUnit %q→%q; REFUSED Två e_service_live_owner_valid", w.office.ID, closed.ID),
			"lines.0.ownerUnit Ett: lines.2.ownerUnit Två:",
		},
		{
			"an owner of another municipality", eservice.BulkEdit{IDs: []uuid.UUID{shown.ID}, Set: func(e *eservice.EService) { e.OwnerUnitID = w.abroad.ID }},
			"REFUSED Ett e_service_owner_unit_fk", "lines.0.ownerUnit Ett:",
		},
		{
			"a shared service that is not seen", eservice.BulkEdit{IDs: []uuid.UUID{shown.ID}, Set: func(e *eservice.EService) { e.SharedServiceID = &hidden.ID }},
			"REFUSED Ett e_service_shared_service_fk", "lines.0.sharedService Ett:",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := w.changes()
			preview := must(w.previewBulk(editor, c.in))(t)
			if got := toldBulk(preview); got != c.want {
				t.Errorf("the preview tells\n%s, want\n%s", got, c.want)
			}
			c.in.Municipality = w.home.ID
			_, err := w.catalogue.BulkEdit(editor, c.in, preview.Total(), preview.Fingerprint)
			var told []string
			for _, f := range fault.All(err) {
				name, _, _ := strings.Cut(f.Sv, " ")
				told = append(told, f.Field+" "+name)
			}
			slices.Sort(told)
			if got := strings.Join(told, " "); got != c.errs || w.changes() != before {
				t.Errorf("it made %d changes and refuses\n%s, want\n%s", w.changes()-before, got, c.errs)
			}
		})
	}
}

// TestARefusedEditOfManyTellsWhatOneCanRead bounds the faults, and says how many are left out.
func TestARefusedEditOfManyTellsWhatOneCanRead(t *testing.T) {
	w := newWorld(t)
	flows := make([]flow, 203)
	for i := range flows {
		flows[i] = named(i+1, fmt.Sprintf("Ansökan %d", i+1))
	}
	w.apply(w.of(read(t, asJSON(t, flows...))))
	in := eservice.BulkEdit{Municipality: w.home.ID, Filter: &eservice.Filter{}, Set: func(e *eservice.EService) { e.FeeSv = ptr(strings.Repeat("x", 501)) }}
	preview := must(w.previewBulk(w.ctx, in))(t)
	_, err := w.catalogue.BulkEdit(w.ctx, in, preview.Total(), preview.Fingerprint)
	if all := fault.All(err); preview.Counts[eservice.Refused] != len(flows) || len(all) != 201 || all[200].Rule != "bulk_more" || !strings.HasPrefix(all[200].Sv, "3 fel till.") {
		t.Errorf("%d are refused, and %d faults told", preview.Counts[eservice.Refused], len(all))
	}
	in.Filter, in.IDs = nil, make([]uuid.UUID, 300)
	if _, err := w.previewBulk(w.ctx, in); len(fault.All(err)) != 200 {
		t.Errorf("of 300 ids of nothing %d are told", len(fault.All(err)))
	}
}

// TestAnEditOfManyThatIsNotOne tells what is wrong with it, and to whom it is not open.
func TestAnEditOfManyThatIsNotOne(t *testing.T) {
	w := newWorld(t)
	here := w.create(w.found("Ett", eservice.Idea)).ID
	other := w.found("Annat", eservice.Idea)
	other.MunicipalityID, other.OwnerUnitID = w.away.ID, w.abroad.ID
	there := w.create(other).ID
	set := func(e *eservice.EService) { e.FeeSv = ptr("Gratis") }
	editor := w.as(w.home, access.CatalogueEditor)
	for _, c := range []struct {
		name string
		ctx  context.Context
		in   eservice.BulkEdit
		code fault.Code
		told string
	}{
		{"ids of another municipality, and of none", editor, eservice.BulkEdit{IDs: []uuid.UUID{here, there, uuid.Nil}, Set: set}, fault.NotFound, "ids.1 ids.2"},
		{"of no choice", editor, eservice.BulkEdit{Set: set}, fault.Invalid, "ids"},
		{"of both choices", editor, eservice.BulkEdit{IDs: []uuid.UUID{here}, Filter: &eservice.Filter{}, Set: set}, fault.Invalid, "ids"},
		{"of no ids", editor, eservice.BulkEdit{IDs: []uuid.UUID{}, Set: set}, fault.Invalid, "ids"},
		{"of too many ids", editor, eservice.BulkEdit{IDs: make([]uuid.UUID, 20_001), Set: set}, fault.Invalid, "ids"},
		{"that changes nothing", editor, eservice.BulkEdit{Filter: &eservice.Filter{}}, fault.Invalid, "set"},
		{"by a reader", w.as(w.home, access.Reader), eservice.BulkEdit{Filter: &eservice.Filter{}, Set: set}, fault.Forbidden, ""},
		{"by an editor of another municipality", w.as(w.away, access.CatalogueEditor), eservice.BulkEdit{Filter: &eservice.Filter{}, Set: set}, fault.Forbidden, ""},
		{"by nobody", access.With(t.Context(), access.Caller{}), eservice.BulkEdit{Filter: &eservice.Filter{}, Set: set}, fault.Unauthenticated, ""},
	} {
		before := w.changes()
		_, previewed := w.previewBulk(c.ctx, c.in)
		c.in.Municipality = w.home.ID
		_, done := w.catalogue.BulkEdit(c.ctx, c.in, 0, "")
		for _, err := range []error{previewed, done} {
			var fields []string
			for _, f := range fault.All(err) {
				fields = append(fields, f.Field)
			}
			if got := strings.Join(fields, " "); fault.CodeOf(err) != c.code || got != c.told || w.changes() != before {
				t.Errorf("an edit %s is %v at %q, want %s at %q", c.name, err, got, c.code, c.told)
			}
		}
	}
	// The filter finds those of the municipality, for a director too; the past stays.
	in := eservice.BulkEdit{Municipality: w.home.ID, Filter: &eservice.Filter{}, Set: set}
	if p := must(w.previewBulk(w.as(w.home, access.Director), in))(t); p.Total() != 1 {
		t.Errorf("the director is shown %s", toldBulk(p))
	}
	w.present(editor, func(now *postgres.Snapshot) {
		then := must(now.Before(editor, now.Change))(t)
		_, err := w.catalogue.PreviewBulkEdit(editor, then, in)
		broken(t, err, "bulk_past")
	})
}

// TestAnEditOfManyLeavesDrafts tells where a draft has the field, and the draft tells of
// the conflict. Drafted values choose where they are asked to, and are never edited.
func TestAnEditOfManyLeavesDrafts(t *testing.T) {
	w := newWorld(t)
	one := w.published("Ett")
	w.published("Två")
	must(w.draft(one, func(e *eservice.EService) { e.FeeSv = ptr("50 kr"); e.Themes = []eservice.Theme{"CULTURE_LEISURE"} }))(t)
	set := func(e *eservice.EService) { e.FeeSv = ptr("Gratis") }
	drafted := &eservice.Filter{Themes: []eservice.Theme{"CULTURE_LEISURE"}, Drafts: true}
	w.editMany(eservice.BulkEdit{Filter: drafted, Set: set}, `CHANGED Ett feeSv null→"Gratis" (draft)`)
	live := *drafted
	live.Drafts = false
	w.editMany(eservice.BulkEdit{Filter: &live, Set: set}, "")
	w.editMany(eservice.BulkEdit{Filter: &eservice.Filter{}, Set: func(e *eservice.EService) { e.OwnerUnitID = w.school.ID }},
		fmt.Sprintf("CHANGED Ett ownerUnit %[1]q→%[2]q; CHANGED Två ownerUnit %[1]q→%[2]q", w.office.ID, w.school.ID))
	w.shows(one, `OPEN themes:[]/[]/["CULTURE_LEISURE"] fee_sv:null/"Gratis"/"50 kr"!`)
}

// TestEachConditionOfAFilterIsTold sets each field of the filter by itself.
func TestEachConditionOfAFilterIsTold(t *testing.T) {
	w := newWorld(t)
	w.catalogue.Search = &search.Service{Sources: slices.Concat(organisation.SearchSources(), eservice.SearchSources()), Journal: w.gaps.Journal}
	values := map[reflect.Type]any{
		reflect.TypeFor[*bool](): ptr(true), reflect.TypeFor[bool](): true, reflect.TypeFor[string](): "prov", reflect.TypeFor[*date.Date](): ptr(date.Of(w.now())),
		reflect.TypeFor[*time.Time](): ptr(w.now()), reflect.TypeFor[[]uuid.UUID](): []uuid.UUID{w.office.ID},
	}
	var none eservice.Filter
	for _, f := range reflect.VisibleFields(reflect.TypeOf(none)) {
		filter := none
		field := reflect.ValueOf(&filter).Elem().FieldByIndex(f.Index)
		if value, known := values[f.Type]; known {
			field.Set(reflect.ValueOf(value))
		} else { // a list of texts
			field.Set(reflect.MakeSlice(f.Type, 1, 1))
			field.Index(0).SetString("prov")
		}
		preview := must(w.previewBulk(w.ctx, eservice.BulkEdit{Filter: &filter, Add: eservice.Lists{Keywords: []string{"prov"}}}))(t)
		if f.Name == "UnitsBelow" {
			continue // says how OwnerUnits is meant
		}
		if c := preview.Conditions; len(c) != 1 || !strings.EqualFold(c[0].Field, f.Name) || !strings.Contains(c[0].Sv, ": ") || !strings.Contains(c[0].En, ": ") {
			t.Errorf("%s is told as %+v", f.Name, c)
		}
	}
}
