package eservice_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/openeplatform"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
)

// flow is an e-service as Open ePlatform sends it.
type flow struct {
	ID                     int
	FlowFamilyID           int
	Name                   string
	URL                    string
	FlowFamilyURL          string
	Category               string
	CategoryID             int
	Icon                   string
	ShortDescription       string
	LongDescription        *string
	RequiresAuthentication bool
	RequiresSigning        bool
	PaymentSupportEnabled  bool
	Enabled                bool
	Aliases                []string `json:",omitempty"`
}

const platform = "https://e-tjanster.example.se"

// schoolBus is the e-service of the platform's documentation, of a family.
func schoolBus(family int) flow {
	return flow{
		ID: 1000 + family, FlowFamilyID: family, Name: "Ansökan om skolskjuts",
		URL: fmt.Sprintf("%s/oversikt/flowoverview/%d", platform, 1000+family), FlowFamilyURL: fmt.Sprintf("%s/oversikt/overview/%d", platform, family),
		Category: "Utbildning och förskola", CategoryID: 4, Icon: fmt.Sprintf("%s/oversikt/icon/%d", platform, 1000+family),
		ShortDescription: "<p>Ans&ouml;k om skolskjuts för ditt barn på landet.&nbsp;</p>", LongDescription: ptr("<h2>Så går det till</h2><ul><li>Fyll i</li><li>Skicka</li></ul>"),
		RequiresAuthentication: true, RequiresSigning: true, Enabled: true, Aliases: []string{platform + "/skolskjuts"},
	}
}

// named gives a flow of a family another name.
func named(family int, name string) flow {
	f := schoolBus(family)
	f.Name = name
	return f
}

func latin1(text string) []byte {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return b
}

// asJSON writes flows as the platform does: JSON in ISO-8859-1.
func asJSON(t testing.TB, flows ...flow) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]any{"Flows": flows}); err != nil {
		t.Fatal(err)
	}
	return latin1(b.String())
}

// asXML writes flows as the platform's older releases do, which have no family.
func asXML(flows ...flow) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="ISO-8859-1" standalone="no"?>` + "\n<Flows>")
	for _, f := range flows {
		fmt.Fprintf(&b, "<Flow><ID>%d</ID><Name>%s</Name><URL>%s</URL><Category>%s</Category><CategoryID>%d</CategoryID><Icon>%s</Icon><ShortDescription>%s</ShortDescription>",
			f.ID, html.EscapeString(f.Name), f.URL, html.EscapeString(f.Category), f.CategoryID, f.Icon, html.EscapeString(f.ShortDescription))
		if f.LongDescription != nil {
			fmt.Fprintf(&b, "<LongDescription>%s</LongDescription>", html.EscapeString(*f.LongDescription))
		}
		fmt.Fprintf(&b, "<RequiresAuthentication>%t</RequiresAuthentication><RequiresSigning>%t</RequiresSigning></Flow>", f.RequiresAuthentication, f.RequiresSigning)
	}
	b.WriteString("</Flows>")
	return latin1(b.String())
}

func read(t testing.TB, raw []byte) openeplatform.Document {
	t.Helper()
	return must(openeplatform.Read(t.Context(), bytes.NewReader(raw), "application/json", openeplatform.Options{}))(t)
}

// of is an import into home whose e-services the office owns.
func (w *world) of(d openeplatform.Document) eservice.Import {
	return eservice.Import{Municipality: w.home.ID, Document: d, Source: platform, DefaultOwner: &w.office.ID, Name: "Hämtning"}
}

func (w *world) preview(in eservice.Import) *eservice.Plan {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	return must(w.catalogue.PreviewImport(w.ctx, must(session.Present(w.ctx))(w.t), in))(w.t)
}

// apply previews an import, makes it, and holds that it did what the preview said.
func (w *world) apply(in eservice.Import) *eservice.Plan {
	w.t.Helper()
	before := w.changes()
	preview := w.preview(in)
	if preview.Run != nil || w.changes() != before {
		w.t.Error("a preview changes something")
	}
	plan := must(w.catalogue.ApplyImport(w.ctx, in))(w.t)
	if summary(plan) != summary(preview) {
		w.t.Errorf("the import made %s, the preview said %s", summary(plan), summary(preview))
	}
	// One that leaves every e-service alone may still have seen something new.
	if made := w.changes() - before; made > 1 || plan.Run != nil && made != 1 {
		w.t.Errorf("an import made %d changes; its record: %v", made, plan.Run)
	}
	return plan
}

// again makes the same import and holds that there is nothing to do.
func (w *world) again(in eservice.Import) {
	w.t.Helper()
	before := w.changes()
	if plan := w.apply(in); plan.Run != nil || w.changes() != before {
		w.t.Errorf("the same import again: %s", summary(plan))
	}
}

// summary tells the lines of a plan, such as "NEW 7 nameSv".
func summary(p *eservice.Plan) string {
	var lines []string
	for _, line := range p.Lines {
		text := fmt.Sprintf("%s %d", line.Outcome, line.FamilyID)
		for _, d := range line.Differences {
			if line.Outcome != eservice.New {
				text += " " + d.Field
			}
			if d.Kept {
				text += "!"
			}
		}
		for _, f := range line.Faults {
			text += " " + f.Rule
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, ", ")
}

// expect holds the lines of a plan, and that its counts are theirs.
func expect(t *testing.T, p *eservice.Plan, lines ...string) {
	t.Helper()
	if got := summary(p); got != strings.Join(lines, ", ") {
		t.Errorf("the import is\n%s, want\n%s", got, strings.Join(lines, ", "))
	}
	counted := map[eservice.Outcome]int{}
	for _, line := range p.Lines {
		counted[line.Outcome]++
	}
	if fmt.Sprint(counted) != fmt.Sprint(p.Counts) {
		t.Errorf("the counts are %v, want %v", p.Counts, counted)
	}
}

// imported gives home's e-services that come from the platform, by family.
func (w *world) imported() map[int64]*eservice.EService {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	list := must(w.catalogue.List(w.ctx, must(session.Present(w.ctx))(w.t), eservice.Filter{Municipalities: []string{"0581"}}, "NAME", false, page.Args{First: ptr(100)}))(w.t)
	by := map[int64]*eservice.EService{}
	for _, e := range list.Nodes() {
		if e.OepFamilyID != nil {
			by[*e.OepFamilyID] = e
		}
	}
	return by
}

func TestACatalogueAsServersSendItIsTakenIn(t *testing.T) {
	for name, c := range map[string]struct {
		raw    []byte
		family int64
		url    string
	}{
		"JSON": {asJSON(t, schoolBus(381)), 381, platform + "/oversikt/overview/381"},
		"XML":  {asXML(schoolBus(381)), 1381, platform + "/oversikt/flowoverview/1381"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in := w.of(read(t, c.raw))
			plan := w.apply(in)
			expect(t, plan, fmt.Sprintf("NEW %d", c.family))
			e := w.imported()[c.family]
			if e == nil {
				t.Fatal("it is not there")
			}
			if e.NameSv != "Ansökan om skolskjuts" || *e.OepCategory != "Utbildning och förskola" || *e.URL != c.url || e.Slug != "ansokan-om-skolskjuts" ||
				*e.SummarySv != "Ansök om skolskjuts för ditt barn på landet." || *e.DescriptionSv != "Så går det till\n\n- Fyll i\n- Skicka" {
				t.Errorf("it came in as %q %q %q %q %q %q", e.NameSv, *e.OepCategory, *e.URL, e.Slug, *e.SummarySv, *e.DescriptionSv)
			}
			if !*e.RequiresAuthentication || !*e.RequiresSigning || *e.TakesPayment || e.EIDLevel != nil {
				t.Errorf("its demands are %v %v %v %v", *e.RequiresAuthentication, *e.RequiresSigning, *e.TakesPayment, e.EIDLevel)
			}
			if e.Status != eservice.Live || e.Published || e.Visibility != eservice.Public || *e.FoundSource != platform || e.OwnerUnitID != w.office.ID ||
				*e.DigitalLevel != eservice.Digital || !slices.Equal(e.Channels, []eservice.Channel{eservice.Web}) || !slices.Equal(e.Languages, []string{"sv"}) {
				t.Errorf("it came in as %+v", e)
			}
			if e.OepUnstableKey != (name == "XML") {
				t.Errorf("unstable key: %t", e.OepUnstableKey)
			}
			if plan.Run.Flows != 1 || plan.Run.Created != 1 || plan.Run.Source != platform || plan.Run.Version != 1 {
				t.Errorf("the import is recorded as %+v", plan.Run)
			}
			w.again(in)
		})
	}
}

func TestALongSummaryIsWholeInTheDescription(t *testing.T) {
	w := newWorld(t)
	f := schoolBus(1)
	whole := strings.TrimSpace(strings.Repeat("En hel mening om skolskjuts. ", 20))
	f.ShortDescription, f.LongDescription, f.RequiresAuthentication = "<p>"+whole+"</p>", nil, false
	in := w.of(read(t, asJSON(t, f)))
	w.apply(in)
	e := w.imported()[1]
	if n := len([]rune(*e.SummarySv)); n > 150 || n < 50 || !strings.HasPrefix(whole, strings.TrimRight(*e.SummarySv, "… ")) || *e.DescriptionSv != whole {
		t.Errorf("the summary is %q, the description %q", *e.SummarySv, *e.DescriptionSv)
	}
	if *e.EIDLevel != eservice.NoEID {
		t.Errorf("without sign-in the assurance is %q", *e.EIDLevel)
	}
	w.again(in)
}

func TestAnImportTellsWhatItDoesToEach(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, schoolBus(1), schoolBus(2), schoolBus(3), schoolBus(4), schoolBus(6)))))
	first := w.imported()
	if first[1].Slug != "ansokan-om-skolskjuts" || first[6].Slug != "ansokan-om-skolskjuts-5" {
		t.Errorf("the slugs are %s and %s", first[1].Slug, first[6].Slug)
	}
	w.wait(48 * time.Hour)
	must(w.catalogue.Update(w.ctx, first[2].ID, 1, func(e *eservice.EService) {
		e.NameSv, e.SummarySv = "Namn från oss", ptr("Vår sammanfattning")
	}))(t)

	bus2 := named(2, "Nytt namn där")
	bus2.PaymentSupportEnabled = true
	in := w.of(read(t, asJSON(t, schoolBus(1), bus2, named(3, ""), flow{ID: 1, FlowFamilyID: 5, Name: "Ny", Enabled: true}, named(6, "Skolkort"))))
	plan := w.apply(in)
	expect(t, plan, "UNCHANGED 1", "CHANGED 2 nameSv! takesPayment", "REFUSED 3 name_missing", "NEW 5", "CHANGED 6 nameSv", "GONE 4")
	if positions := plan.Lines[2].Position*10 + plan.Lines[3].Position; positions != 34 || plan.Lines[5].Position != 0 {
		t.Errorf("the places are %+v", plan.Lines)
	}
	if r := plan.Run; r.Flows != 5 || r.Created != 1 || r.Changed != 2 || r.Gone != 1 || r.Unchanged != 1 || r.Refused != 1 {
		t.Errorf("recorded as %+v", r)
	}
	now := w.imported()
	if now[2].NameSv != "Namn från oss" || !*now[2].TakesPayment || *now[2].SummarySv != "Vår sammanfattning" || now[2].Version != 3 {
		t.Errorf("changed on both sides: %+v", now[2])
	}
	if now[6].NameSv != "Skolkort" || now[6].Slug != first[6].Slug {
		t.Errorf("followed: %q %q", now[6].NameSv, now[6].Slug)
	}
	if now[3].Version != 1 || now[1].Version != 1 {
		t.Error("a refused or unchanged row changes its e-service")
	}
	if today := date.Of(w.now()); now[4].OepMissingSince == nil || *now[4].OepMissingSince != today || now[4].Status != eservice.Live {
		t.Errorf("gone: %+v", now[4])
	}
	again := w.apply(in)
	if again.Run != nil {
		t.Errorf("again: %s", summary(again))
	}
	expect(t, again, "UNCHANGED 1", "KEPT 2 nameSv!", "REFUSED 3 name_missing", "UNCHANGED 5", "UNCHANGED 6")

	// Where somebody makes the two alike, the platform is followed again.
	must(w.catalogue.Update(w.ctx, first[2].ID, 3, func(e *eservice.EService) { e.NameSv = "Nytt namn där" }))(t)
	expect(t, w.apply(in), "UNCHANGED 1", "UNCHANGED 2", "REFUSED 3 name_missing", "UNCHANGED 5", "UNCHANGED 6")
	bus2.Name = "Nyare namn där"
	followed := w.apply(w.of(read(t, asJSON(t, schoolBus(1), bus2, named(5, "Ny"), named(6, "Skolkort")))))
	if name := w.imported()[2].NameSv; name != "Nyare namn där" {
		t.Errorf("after they were made alike the name is %q: %s", name, summary(followed))
	}

	// Back again, the mark goes.
	back := w.apply(w.of(read(t, asJSON(t, schoolBus(4)))))
	if line := back.Lines[0]; line.Outcome != eservice.Changed || line.Differences[0].Field != "oepMissingSince" || string(line.Differences[0].After) != "null" {
		t.Errorf("back again: %s", summary(back))
	}
	if w.imported()[4].OepMissingSince != nil {
		t.Error("it is still marked as gone")
	}
}

func TestANewVersionOfTheSameFamilyIsNoChange(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, schoolBus(1)))))
	next := schoolBus(1)
	next.ID, next.URL, next.Icon = 77777, platform+"/oversikt/flowoverview/77777", platform+"/oversikt/icon/77777"
	expect(t, w.apply(w.of(read(t, asJSON(t, next)))), "UNCHANGED 1")
}

func TestAValueHereIsKeptUntilSomebodyTakesThePlatforms(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, schoolBus(1)))))
	e := w.imported()[1]
	e = must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.NameSv = "Vårt namn" }))(t)
	// The platform has not changed: there is nothing to decide.
	expect(t, w.apply(w.of(read(t, asJSON(t, schoolBus(1))))), "UNCHANGED 1")
	plan := w.apply(w.of(read(t, asJSON(t, named(1, "Deras nya namn")))))
	expect(t, plan, "KEPT 1 nameSv!")
	if d := plan.Lines[0].Differences[0]; string(d.Before) != `"Vårt namn"` || string(d.After) != `"Deras nya namn"` {
		t.Errorf("the difference is %s to %s", d.Before, d.After)
	}
	must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.NameSv = "Deras nya namn" }))(t)
	expect(t, w.apply(w.of(read(t, asJSON(t, named(1, "Deras nya namn"))))), "UNCHANGED 1")
}

func TestWhatIsTurnedOffOnThePlatformIsGoneAndNotTakenIn(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, schoolBus(1), schoolBus(2)))))
	off := schoolBus(2)
	off.Enabled = false
	unknown := schoolBus(3)
	unknown.Enabled = false
	in := w.of(read(t, asJSON(t, schoolBus(1), off, unknown)))
	expect(t, w.apply(in), "UNCHANGED 1", "REFUSED 3 flow_disabled", "GONE 2")
	expect(t, w.apply(in), "UNCHANGED 1", "UNCHANGED 2", "REFUSED 3 flow_disabled")
	expect(t, w.apply(w.of(read(t, asJSON(t, schoolBus(1), schoolBus(2))))), "UNCHANGED 1", "CHANGED 2 oepMissingSince")
}

func TestWhatIsRetiredOrArchivedHereIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, schoolBus(1), schoolBus(2), schoolBus(3)))))
	all := w.imported()
	e := must(w.catalogue.Step(w.ctx, all[2].ID, 1, eservice.Transition{To: eservice.PhasingOut}))(t)
	must(w.catalogue.Step(w.ctx, e.ID, e.Version, eservice.Transition{To: eservice.Retired, RetirementReason: ptr("Ersatt")}))(t)
	must(w.catalogue.Archive(w.ctx, all[3].ID, 1, "Fel"))(t)
	expect(t, w.apply(w.of(read(t, asJSON(t, schoolBus(1))))), "UNCHANGED 1")
	expect(t, w.apply(w.of(read(t, asJSON(t, schoolBus(1), schoolBus(2), named(3, "Nytt namn"))))), "UNCHANGED 1", "UNCHANGED 2", "UNCHANGED 3")
}

func TestEachCategoryHasItsOwner(t *testing.T) {
	w := newWorld(t)
	other := schoolBus(2)
	other.Category = "Bygga, bo och miljö"
	bare := schoolBus(3)
	bare.Category = ""
	d := read(t, asJSON(t, schoolBus(1), other, bare))
	in := w.of(d)
	in.DefaultOwner, in.Owners = nil, map[string]uuid.UUID{"Utbildning och förskola": w.school.ID}
	plan := w.apply(in)
	expect(t, plan, "NEW 1", "REFUSED 2 owner_missing", "REFUSED 3 owner_missing")
	if f := plan.Lines[1].Faults[0]; f.Field != "Category" || !strings.Contains(f.Sv, "Bygga, bo och miljö") {
		t.Errorf("the fault is %+v", f)
	}
	in.DefaultOwner = &w.office.ID
	expect(t, w.apply(in), "UNCHANGED 1", "NEW 2", "NEW 3")
	if all := w.imported(); all[1].OwnerUnitID != w.school.ID || all[2].OwnerUnitID != w.office.ID || all[3].OwnerUnitID != w.office.ID {
		t.Error("the owners are others")
	}
	// An owner chosen here is no field of the platform's.
	e := w.imported()[1]
	must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.OwnerUnitID = w.office.ID }))(t)
	w.again(in)

	closed := w.unit(w.home, "Stängt")
	must(w.organisation.CloseUnit(w.ctx, closed.ID, 1, date.Of(w.now()).AddDays(-1), nil, ""))(t)
	before := w.changes()
	for _, wrong := range []uuid.UUID{closed.ID, w.abroad.ID, uuid.New()} {
		in.DefaultOwner, in.Owners = &wrong, map[string]uuid.UUID{"Bygga, bo och miljö": wrong}
		_, err := w.catalogue.ApplyImport(w.ctx, in)
		broken(t, err, "owner_unknown", "owner_unknown")
	}
	if w.changes() != before {
		t.Error("a refused import changes something")
	}
}

func TestARowThatCannotBeKeptIsListedAndTheOthersAreTakenIn(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, schoolBus(1), schoolBus(2)))))
	far := schoolBus(2)
	far.FlowFamilyURL = platform + "/" + strings.Repeat("a", 1200)
	long := schoolBus(3)
	long.ShortDescription, long.LongDescription = strings.Repeat("Kort text. ", 300), ptr(strings.Repeat("Lång text. ", 1750))
	both := long
	both.FlowFamilyID, both.FlowFamilyURL = 4, far.FlowFamilyURL
	in := w.of(read(t, asJSON(t, schoolBus(1), far, long, both, schoolBus(5))))
	expect(t, w.apply(in), "UNCHANGED 1", "REFUSED 2 e_service_url_form", "REFUSED 3 e_service_description_length",
		"REFUSED 4 e_service_description_length e_service_url_form", "NEW 5")
	if e := w.imported()[2]; e.Version != 1 || e.OepMissingSince != nil {
		t.Errorf("the e-service of a refused row is %+v", e)
	}
	w.again(in)
}

func TestDuplicatesAndRowsWithoutANumber(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, schoolBus(1), schoolBus(2)))))
	d := read(t, asJSON(t, schoolBus(1), schoolBus(7), named(7, "Samma igen")))
	plan := w.apply(w.of(d))
	if plan.Counts[eservice.New] != 1 || plan.Counts[eservice.Refused] != 1 || plan.Counts[eservice.Gone] != 1 {
		t.Errorf("a family that stands twice: %s", summary(plan))
	}
	// Which e-service a row without a number is cannot be known: it might be any that is missing.
	nameless := schoolBus(0)
	nameless.ID = 0
	plan = w.apply(w.of(read(t, asJSON(t, schoolBus(7), nameless))))
	if !plan.GoneUnsure || plan.Counts[eservice.Gone] != 0 || plan.Counts[eservice.Refused] != 1 || plan.Run != nil {
		t.Errorf("a row without a number: unsure %t, %s", plan.GoneUnsure, summary(plan))
	}
}

func TestADocumentThatIsNotWholeIsNeverTakenIn(t *testing.T) {
	whole := asJSON(t, schoolBus(1), schoolBus(2))
	for name, raw := range map[string][]byte{
		"cut off": whole[:len(whole)-10], "in the middle": whole[:len(whole)/2], "empty list": []byte(`{"Flows":[]}`), "nothing": nil,
		"a page": []byte("<html><body>Logga in</body></html>"), "XML cut off": asXML(schoolBus(1))[:300],
	} {
		if d, err := openeplatform.Read(t.Context(), bytes.NewReader(raw), "", openeplatform.Options{}); err == nil || len(fault.All(err)) == 0 {
			t.Errorf("%s is read as %d e-services, %v", name, len(d.Flows), err)
		}
	}
}

func TestOnlyTheMunicipalitysEditorsImport(t *testing.T) {
	w := newWorld(t)
	in := w.of(read(t, asJSON(t, schoolBus(1))))
	if _, err := w.catalogue.ApplyImport(w.as(w.home, access.Director), in); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a director: %v", err)
	}
	if _, err := w.catalogue.ApplyImport(w.as(w.away, access.CatalogueEditor), in); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("another municipality's editor: %v", err)
	}
	if _, err := w.catalogue.ApplyImport(t.Context(), in); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("nobody: %v", err)
	}
	must(w.catalogue.ApplyImport(w.as(w.home, access.CatalogueEditor), in))(t)
	session := w.db.Session()
	defer session.Close()
	now := must(session.Present(w.ctx))(t)
	for want, m := range []*organisation.Municipality{w.away, w.home} {
		if runs := must(w.catalogue.ImportRuns(w.as(m, access.Reader), now, true, page.Args{}))(t); len(runs.Edges) != want {
			t.Errorf("%s sees %d imports, want %d", m.NameSv, len(runs.Edges), want)
		}
	}
}

func TestOfTwoImportsAtOnceOneFindsNothingToDo(t *testing.T) {
	w := newWorld(t)
	var flows []flow
	for family := 1; family <= 200; family++ {
		flows = append(flows, schoolBus(family))
	}
	d := read(t, asJSON(t, flows...))
	before := w.changes()
	const imports = 4
	plans := make([]*eservice.Plan, imports)
	errs := make([]error, imports)
	var all sync.WaitGroup
	for i := range imports {
		all.Go(func() { plans[i], errs[i] = w.catalogue.ApplyImport(w.ctx, w.of(d)) })
	}
	all.Wait()
	made := 0
	for i, plan := range plans {
		switch {
		case errs[i] != nil:
			t.Error(errs[i])
		case plan.Run != nil:
			made++
			if plan.Counts[eservice.New] != 200 {
				t.Errorf("the import made %v", plan.Counts)
			}
		case plan.Counts[eservice.Unchanged] != 200:
			t.Errorf("another found %v", plan.Counts)
		}
	}
	if made != 1 || w.changes() != before+1 {
		t.Errorf("%d imports were made, in %d changes", made, w.changes()-before)
	}
}

func TestTwentyThousandFlowsAreTakenInWithinAMinute(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	const size = 20_000
	w := newWorld(t)
	flows := make([]flow, size)
	for i := range flows {
		flows[i] = named(i+1, fmt.Sprintf("Ansökan nummer %d", i+1))
	}
	d := read(t, asJSON(t, flows...))
	var stages []string
	in := w.of(d)
	in.Progress = func(stage string, done, of int) {
		if done > of {
			t.Errorf("%s: %d of %d", stage, done, of)
		}
		if len(stages) == 0 || stages[len(stages)-1] != stage {
			stages = append(stages, stage)
		}
	}
	begun := time.Now()
	plan := must(w.catalogue.ApplyImport(w.ctx, in))(t)
	took := time.Since(begun)
	if plan.Counts[eservice.New] != size || plan.Run.Created != size {
		t.Errorf("made %v", plan.Counts)
	}
	if took > time.Minute {
		t.Errorf("it took %s", took)
	}
	if got := strings.Join(stages, " "); !strings.HasSuffix(got, "compare save gaps") {
		t.Errorf("it told of %s", got)
	}
	begun = time.Now()
	if plan = must(w.catalogue.ApplyImport(w.ctx, in))(t); plan.Run != nil || plan.Counts[eservice.Unchanged] != size {
		t.Errorf("again: %v", plan.Counts)
	}
	t.Logf("%d e-services were taken in in %s and compared in %s", size, took, time.Since(begun))
	many := eservice.BulkEdit{Municipality: w.home.ID, Filter: &eservice.Filter{}, Set: func(e *eservice.EService) { e.OwnerUnitID = w.school.ID }, Add: eservice.Lists{Keywords: []string{"ansökan"}}}
	begun = time.Now()
	preview := must(w.previewBulk(w.ctx, many))(t)
	previewed := time.Since(begun)
	edited := must(w.catalogue.BulkEdit(w.ctx, many, size, preview.Fingerprint))(t)
	if took = time.Since(begun); edited.Number == nil || edited.Counts[eservice.Changed] != size || took > time.Minute {
		t.Errorf("they were edited in %s: %v", took, edited.Counts)
	}
	t.Logf("they were previewed for an edit in %s and edited in %s", previewed, took-previewed)
}

// TestManyOfOneNameGetAddressesAtOnce holds that each gets an address of its own without
// trying all that are taken before it: nobody else writes meanwhile. As many as a
// document may have would else take many minutes.
func TestManyOfOneNameGetAddressesAtOnce(t *testing.T) {
	free := eservice.NewSlugs("ansokan", "ansokan-3")
	seen := map[string]bool{}
	for range 100_000 {
		seen[free("Ansökan")] = true
	}
	if len(seen) != 100_000 || !seen["ansokan-2"] || seen["ansokan-3"] || !seen["ansokan-100002"] {
		t.Errorf("there are %d addresses", len(seen))
	}
}

// TestWhatAnUndoArchivedIsTakenInAgain holds that the right import after a wrong one that
// was undone brings the e-services back as they were: the same records, with what was
// written of them since, owned by whom the import says. One that somebody has archived stays.
func TestWhatAnUndoArchivedIsTakenInAgain(t *testing.T) {
	w := newWorld(t)
	in := w.of(read(t, asJSON(t, named(1, "Ett"), named(2, "Två"), named(3, "Tre"))))
	number := w.apply(in).Run.ChangedIn
	first := w.imported()
	one := must(w.catalogue.Update(w.ctx, first[1].ID, 1, func(e *eservice.EService) { e.FeeSv, e.NameSv = ptr("50 kr"), "Ett, vårt" }))(t)
	must(w.catalogue.Archive(w.ctx, first[3].ID, 1, "Dubblett"))(t)
	w.undo(number, "ARCHIVED Ett, vårt archived_at kept:fee_sv kept:name_sv; ARCHIVED Två archived_at; UNCHANGED Tre")

	in = w.of(read(t, asJSON(t, named(1, "Ett"), named(2, "Två B"), named(3, "Tre"))))
	in.DefaultOwner = &w.school.ID
	plan := w.apply(in)
	expect(t, plan, "CHANGED 1 ownerUnit archivedAt", "CHANGED 2 nameSv ownerUnit archivedAt", "UNCHANGED 3")
	all := w.imported()
	if e := all[1]; e == nil || e.ID != one.ID || *e.FeeSv != "50 kr" || e.NameSv != "Ett, vårt" || e.OwnerUnitID != w.school.ID || e.Slug != first[1].Slug || e.Published {
		t.Errorf("the first came back as %+v", e)
	}
	if e := all[2]; e == nil || e.NameSv != "Två B" || e.Slug != first[2].Slug {
		t.Errorf("the second came back as %+v", e)
	}
	if all[3] != nil {
		t.Error("what somebody archived came back")
	}
	w.again(in)
	w.undo(plan.Run.ChangedIn, "RESTORED Ett, vårt archived_at owner_unit_id; RESTORED Två B archived_at name_sv owner_unit_id")
	if len(w.imported()) != 0 {
		t.Error("undone again they are still there")
	}
}

// TestLastingNumbersTakeThePlaceOfTheOldOnes holds that a platform that begins to give
// them has neither its e-services taken in twice nor one of them given another's values.
func TestLastingNumbersTakeThePlaceOfTheOldOnes(t *testing.T) {
	w := newWorld(t)
	old := func(version int, name string) flow {
		f := named(0, name)
		f.ID = version
		return f
	}
	w.apply(w.of(read(t, asXML(old(17, "Bygglov"), old(5, "Skolskjuts"), old(30, "Parkering")))))
	before := w.imported()
	lasting := func(version, family int, name string) flow {
		f := named(family, name)
		f.ID, f.FlowFamilyURL = version, ""
		f.URL = old(version, name).URL
		return f
	}
	// The number 5 is the building permit's own from now on, and the school bus has come in
	// another version since.
	in := w.of(read(t, asJSON(t, lasting(17, 5, "Bygglov"), lasting(41, 9, "Skolskjuts"), lasting(30, 8, "Parkering, ny"))))
	plan := w.apply(in)
	expect(t, plan, "REFUSED 5 flow_number_taken", "NEW 9", "CHANGED 8 nameSv oepFamilyId")
	all := w.imported()
	if e := all[5]; e == nil || e.ID != before[5].ID || e.NameSv != "Skolskjuts" || !e.OepUnstableKey {
		t.Errorf("the school bus is %+v", e)
	}
	if e := all[8]; e == nil || e.ID != before[30].ID || e.NameSv != "Parkering, ny" || e.OepUnstableKey {
		t.Errorf("the parking is %+v", e)
	}
	// Its number corrected, the other gets its own.
	must(w.catalogue.Update(w.ctx, all[5].ID, all[5].Version, func(e *eservice.EService) { e.OepFamilyID = nil }))(t)
	w.apply(in)
	if e := w.imported()[5]; e == nil || e.ID != before[17].ID || e.NameSv != "Bygglov" || e.OepUnstableKey {
		t.Errorf("the building permit is %+v", e)
	}
	w.again(in)
}

// TestWhatIsTurnedOffIsToldBesideARowWithoutANumber holds that no e-service of the list is
// left out of what the import tells.
func TestWhatIsTurnedOffIsToldBesideARowWithoutANumber(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, schoolBus(1), schoolBus(2)))))
	off, nameless := schoolBus(2), schoolBus(0)
	off.Enabled, nameless.ID = false, 0
	expect(t, w.apply(w.of(read(t, asJSON(t, schoolBus(1), off, nameless)))), "UNCHANGED 1", "UNCHANGED 2", "REFUSED 0 id_missing")
	twice := named(2, "Igen")
	expect(t, w.apply(w.of(read(t, asJSON(t, schoolBus(1), off, twice)))), "UNCHANGED 1", "UNCHANGED 2", "REFUSED 2 duplicate")
}
