package eservice_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/encoding/charmap"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// file is a spreadsheet that is edited by heading.
type file struct {
	t    *testing.T
	grid *sheet.Grid
}

func (f *file) column(heading string) int {
	f.t.Helper()
	i := slices.Index(f.grid.Header, heading)
	if i < 0 {
		f.t.Fatalf("the file has no column %q among %q", heading, f.grid.Header)
	}
	return i
}

// row gives the row of the name.
func (f *file) row(name string) int {
	f.t.Helper()
	at := f.column("Namn")
	i := slices.IndexFunc(f.grid.Rows, func(r sheet.Row) bool { return r.Cells[at].Text == name })
	if i < 0 {
		f.t.Fatalf("the file has no row %q", name)
	}
	return i
}

func (f *file) set(name, heading, value string) {
	f.t.Helper()
	f.grid.Rows[f.row(name)].Cells[f.column(heading)].Text = value
}

func (f *file) write(format sheet.Format) []byte {
	f.t.Helper()
	table := sheet.Table{}
	for _, heading := range f.grid.Header {
		table.Columns = append(table.Columns, sheet.Column{Heading: heading})
	}
	for _, row := range f.grid.Rows {
		cells := make([]string, len(row.Cells))
		for i, cell := range row.Cells {
			cells[i] = cell.Text
		}
		table.Rows = append(table.Rows, cells)
	}
	return must(sheet.Write(format, table))(f.t)
}

// present runs fn on the state as it is now.
func (w *world) present(ctx context.Context, fn func(*postgres.Snapshot)) {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	fn(must(session.Present(ctx))(w.t))
}

func (w *world) export(ctx context.Context, f eservice.Filter, format sheet.Format, in text.Language) (out *sheet.File) {
	w.t.Helper()
	w.present(ctx, func(now *postgres.Snapshot) {
		out = must(w.catalogue.Export(ctx, now, f, "NAME", false, format, in))(w.t)
	})
	return out
}

// exported is the home municipality's catalogue as a file.
func (w *world) exported() *file {
	w.t.Helper()
	out := w.export(w.ctx, eservice.Filter{Municipalities: []string{"0581"}}, sheet.CSVExcel, text.Swedish)
	return &file{w.t, must(sheet.Read(out.Content))(w.t)}
}

func (w *world) sheet(content []byte) roster.Spreadsheet {
	return roster.Spreadsheet{Municipality: w.home.ID, Content: content, Source: "katalog.csv", Comment: "Vårens genomgång"}
}

func (w *world) previewSheet(in roster.Spreadsheet) (p *roster.Plan, err error) {
	w.t.Helper()
	w.present(w.ctx, func(now *postgres.Snapshot) { p, err = w.catalogue.Roster().Preview(w.ctx, now, in) })
	return p, err
}

// takeIn previews a file and takes it in, and gives what it did.
func (w *world) takeIn(in roster.Spreadsheet) *roster.Plan {
	w.t.Helper()
	before := w.changes()
	preview, err := w.previewSheet(in)
	must(preview, err)(w.t)
	if w.changes() != before || preview.Number != nil {
		w.t.Error("a preview changes something")
	}
	plan := must(w.catalogue.Roster().Import(w.ctx, in, preview.Fingerprint))(w.t)
	if got, want := toldRows(plan), toldRows(preview); got != want {
		w.t.Errorf("it did\n%s\nwhere the preview told\n%s", got, want)
	}
	return plan
}

// toldRows tells the rows that do something, as "3 CHANGED Ett: B3 feeSv null→"50 kr"".
func toldRows(p *roster.Plan) string {
	var all []string
	for _, l := range p.Lines {
		if l.Outcome == roster.Unchanged {
			continue
		}
		text := fmt.Sprintf("%d %s %s:", l.Row, l.Outcome, l.Name)
		if l.Outcome != roster.New {
			for _, c := range l.Cells {
				text += fmt.Sprintf(" %s %s→%s", c.Field, c.Before, c.After)
				if c.Conflict {
					text += "!"
				}
				if c.InDraft {
					text += " (draft)"
				}
			}
		}
		for _, f := range l.Faults {
			text += fmt.Sprintf(" %s %s %s", f.Place, f.Field, f.Rule)
			if f.Sv == "" || f.En == "" {
				text += " without words"
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

// rich is an e-service with something in each kind of cell, and with what spreadsheet
// programs are known to change.
func (w *world) rich() *eservice.EService {
	e := w.found("Ansökan om å, ä och ö", eservice.Live)
	e.NameEn, e.SummarySv = ptr("Application \"quoted\"; with all"), ptr("=SUMMA(A1:A9)")
	e.DescriptionSv = ptr("Första raden\nandra raden\n\n  • indragen; med semikolon, komma och \"citat\"")
	e.URL, e.ContactFunction = ptr("https://example.se/å?a=1&b=2"), ptr("007")
	e.Audiences, e.LifeEvents = []eservice.Audience{"PRIVATE_PERSON", "COMPANY"}, []eservice.LifeEvent{"BIRTH"}
	e.Themes, e.Keywords = []eservice.Theme{"BUILDING_HOUSING_ENVIRONMENT"}, []string{"2026-01-01", "1/2", "tomt; gräns"}
	e.Channels, e.Languages = []eservice.Channel{"WEB", "PHONE"}, []string{"sv", "en"}
	e.EIDLevel, e.DigitalLevel = ptr(eservice.EIDLevel("SUBSTANTIAL")), ptr(eservice.Digital)
	e.RequiresAuthentication, e.RequiresSigning = ptr(true), ptr(false)
	e.LegalBasis, e.LegalBasisVerifiedOn = ptr("12345678901234567890"), ptr(date.New(2026, time.January, 5))
	e.FeeSv, e.ProcessingTimeSv, e.Retention = ptr("0046"), ptr("2-3"), ptr("+46 11 15 00 00")
	e.PlannedLaunch, e.LaunchedOn = ptr(date.New(2019, time.December, 31)), ptr(date.New(2020, time.February, 29))
	return w.create(e)
}

func TestAnExportTakenInAgainChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.rich()
	w.create(w.found("Bygglov", eservice.Live))
	w.create(eservice.EService{MunicipalityID: w.home.ID, OwnerUnitID: w.school.ID, NameSv: "Idén"})
	for _, language := range []text.Language{text.Swedish, text.English} {
		for _, format := range []sheet.Format{sheet.CSVExcel, sheet.CSV, sheet.XLSX} {
			out := w.export(w.ctx, eservice.Filter{}, format, language)
			plan := must(w.previewSheet(w.sheet(out.Content)))(t)
			if plan.Counts[roster.Unchanged] != 3 || len(plan.Lines) != 3 || len(plan.Ignored) > 0 {
				t.Errorf("%s in %s: %v\n%s\nignored: %q", format, language, plan.Counts, toldRows(plan), plan.Ignored)
			}
			before := w.changes()
			must(w.catalogue.Roster().Import(w.ctx, w.sheet(out.Content), plan.Fingerprint))(t)
			if w.changes() != before {
				t.Errorf("%s in %s: a file without differences makes a change", format, language)
			}
		}
	}
}

func TestAnExportIsTheListThatItsFilterGives(t *testing.T) {
	w := newWorld(t)
	w.rich()
	w.create(w.found("Bygglov", eservice.Live))
	own := w.create(w.found("Intern", eservice.Live))
	must(w.catalogue.Update(w.ctx, own.ID, own.Version, func(e *eservice.EService) { e.Visibility = eservice.Municipality }))(t)
	names := func(ctx context.Context, f eservice.Filter) []string {
		out := w.export(ctx, f, sheet.XLSX, text.Swedish)
		f2 := &file{t, must(sheet.Read(out.Content))(t)}
		got := []string{}
		for _, row := range f2.grid.Rows {
			got = append(got, row.Cells[f2.column("Namn")].Text)
		}
		if out.Rows != len(got) || out.FileName != "e-tjanster-2026-03-16.xlsx" {
			t.Errorf("the file %s tells %d rows, and has %d", out.FileName, out.Rows, len(got))
		}
		return got
	}
	if got, want := names(w.ctx, eservice.Filter{Audiences: []eservice.Audience{"COMPANY"}}), []string{"Ansökan om å, ä och ö"}; !slices.Equal(got, want) {
		t.Errorf("companies get %q, want %q", got, want)
	}
	if got, want := names(w.as(w.home, access.Reader), eservice.Filter{}), []string{"Ansökan om å, ä och ö", "Bygglov", "Intern"}; !slices.Equal(got, want) {
		t.Errorf("the municipality's own get %q, want %q", got, want)
	}
	if got := names(w.as(w.away, access.CatalogueEditor), eservice.Filter{}); len(got) != 0 {
		t.Errorf("another municipality's get %q of what is not published", got)
	}
}

// TestEachEditedCellIsADifference edits cells of every kind, takes the file in, and
// takes the same file in again.
func TestEachEditedCellIsADifference(t *testing.T) {
	w := newWorld(t)
	rich := w.rich()
	w.create(w.found("Bygglov", eservice.Live))
	f := w.exported()
	for heading, value := range map[string]string{
		"Ägande enhet": "utbildningskontoret", "Sökord": "tomt;gräns ; ", "Kräver underskrift": "Ja", "Tar betalt": "nej", "Målgrupper": "Förening",
		"Rättslig grund kontrollerad": "2026-3-9", "Avgift": "", "Nummer i Open ePlatform": "4711", "Synlighet": "Own municipality", "Beskrivning": "Ny\ntext",
	} {
		f.set("Ansökan om å, ä och ö", heading, value)
	}
	content := f.write(sheet.CSVExcel)
	plan := w.takeIn(w.sheet(content))
	want := `2 CHANGED Ansökan om å, ä och ö: ownerUnit "` + w.office.ID.String() + `"→"` + w.school.ID.String() + `"` +
		` descriptionSv "Första raden\nandra raden\n\n  • indragen; med semikolon, komma och \"citat\""→"Ny\ntext"` +
		` audiences ["PRIVATE_PERSON","COMPANY"]→["ASSOCIATION"] keywords ["2026-01-01","1/2","tomt; gräns"]→["tomt","gräns"]` +
		` requiresSigning false→true takesPayment null→false feeSv "0046"→null legalBasisVerifiedOn "2026-01-05"→"2026-03-09" visibility "PUBLIC"→"MUNICIPALITY" oepFamilyId null→4711`
	if got := toldRows(plan); got != want || plan.Differences() != 10 || plan.Number == nil || *plan.Number != w.changes() {
		t.Errorf("the file did\n%s\nwant\n%s", got, want)
	}
	got := w.read(rich)
	if got.OwnerUnitID != w.school.ID || got.FeeSv != nil || !*got.RequiresSigning || *got.OepFamilyID != 4711 || got.NameEn == nil || got.Version != rich.Version+1 {
		t.Errorf("the e-service has become %+v", got)
	}
	before := w.changes()
	if again := w.takeIn(w.sheet(content)); toldRows(again) != "" || w.changes() != before {
		t.Errorf("the same file again did\n%s", toldRows(again))
	}
	w.undo(*plan.Number, "RESTORED Ansökan om å, ä och ö audiences description_sv fee_sv keywords legal_basis_verified_on oep_family_id owner_unit_id requires_signing takes_payment visibility")
}

// TestWhatIsEditedOnBothSidesIsAConflict edits an e-service in the catalogue after the
// export: its other fields are taken in, and a field that both have is not.
func TestWhatIsEditedOnBothSidesIsAConflict(t *testing.T) {
	w := newWorld(t)
	one, two := w.create(w.found("Ett", eservice.Live)), w.create(w.found("Två", eservice.Live))
	f := w.exported()
	for _, e := range []*eservice.EService{one, two} {
		must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.FeeSv = ptr("50 kr") }))(t)
	}
	must(w.catalogue.SaveDraft(w.ctx, eservice.DraftChange{EService: one.ID, LiveVersion: 2, Set: func(e *eservice.EService) { e.SummarySv = ptr("Utkastets") }}))(t)
	f.set("Ett", "Sammanfattning", "Filens")
	f.set("Två", "Avgift", "60 kr")
	f.set("Två", "Sammanfattning", "Följer inte med")
	plan := w.takeIn(w.sheet(f.write(sheet.XLSX)))
	want := "2 CHANGED Ett: summarySv null→\"Filens\" (draft)\n3 CONFLICT Två: summarySv null→\"Följer inte med\" feeSv \"50 kr\"→\"60 kr\"!"
	if got := toldRows(plan); got != want {
		t.Errorf("it did\n%s\nwant\n%s", got, want)
	}
	if e := w.read(one); *e.FeeSv != "50 kr" || *e.SummarySv != "Filens" {
		t.Errorf("the colleague's edit is lost: %+v", e)
	}
	if e := w.read(two); *e.FeeSv != "50 kr" || e.SummarySv != nil {
		t.Errorf("a row in conflict was taken in: %+v", e)
	}
}

// TestRowsWithoutAnIDRegisterEServices is the way in for a municipality that has no
// platform to import from.
func TestRowsWithoutAnIDRegisterEServices(t *testing.T) {
	w := newWorld(t)
	in := w.sheet([]byte("Namn;Status;Ägande enhet;Målgrupper;Anteckning\nBygglov;i drift;Utbildningskontoret;privatperson; \nLekplats;;;;ring\nBygglov;;;;\n;;Utbildningskontoret;;\n"))
	in.DefaultOwner = &w.office.ID
	plan := w.takeIn(in)
	if got, want := toldRows(plan), "2 NEW Bygglov:\n3 NEW Lekplats:\n4 REFUSED Bygglov: A4 nameSv row_twice\n5 REFUSED : A5 nameSv row_name"; got != want {
		t.Errorf("it did\n%s\nwant\n%s", got, want)
	}
	if !slices.Equal(plan.Ignored, []string{"Anteckning"}) {
		t.Errorf("the columns %q are ignored", plan.Ignored)
	}
	var made []*eservice.EService
	w.present(w.ctx, func(now *postgres.Snapshot) {
		for _, e := range must(w.catalogue.List(w.ctx, now, eservice.Filter{}, "NAME", false, page.Args{}))(t).Edges {
			made = append(made, e.Node)
		}
	})
	if len(made) != 2 || made[0].Status != eservice.Live || made[0].OwnerUnitID != w.school.ID || *made[0].FoundSource != "katalog.csv" || made[0].Published ||
		made[1].Status != eservice.Idea || made[1].OwnerUnitID != w.office.ID || made[1].Slug != "lekplats" {
		t.Errorf("the catalogue got %+v", made)
	}
	if again := must(w.previewSheet(in))(t); again.Counts[roster.New] != 0 || again.Counts[roster.Unchanged] != 3 {
		t.Errorf("the same file again does %v\n%s", again.Counts, toldRows(again))
	}
	in.Content = []byte("Namn;Avgift\nBygglov;100 kr\n")
	if got := toldRows(must(w.previewSheet(in))(t)); got != "2 REFUSED Bygglov: A2 nameSv row_known" {
		t.Errorf("a name that is known with other values does %s", got)
	}
	w.undo(*plan.Number, "ARCHIVED Bygglov archived_at; ARCHIVED Lekplats archived_at")
}

// TestEachFaultOfAFileIsToldWithItsCell has a fault in each row, all told at once; the
// row beside them is taken in.
func TestEachFaultOfAFileIsToldWithItsCell(t *testing.T) {
	w := newWorld(t)
	twin := organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Staben", Type: organisation.Department}
	for _, above := range []*organisation.Unit{w.office, w.school} {
		twin.ParentID = &above.ID
		must(w.organisation.CreateUnit(w.ctx, twin))(t)
	}
	for _, name := range []string{"A", "B", "C", "D", "E", "F", "G", "H", "I", "J"} {
		w.create(w.found(name, eservice.Live))
	}
	archived := w.create(w.found("K", eservice.Idea))
	foreign := w.found("Utom", eservice.Idea)
	foreign.MunicipalityID, foreign.OwnerUnitID = w.away.ID, w.abroad.ID
	other := w.create(foreign)
	f := w.exported()
	must(w.catalogue.Archive(w.ctx, archived.ID, archived.Version, ""))(t)
	f.set("A", "Tar betalt", "kanske")
	f.set("A", "Startade", "31 mars")
	f.set("B", "Målgrupper", "privatperson; alla")
	f.set("C", "Ägande enhet", "Staben")
	f.set("C", "Status", "avvecklad")
	f.set("D", "Webbadress", "intranätet")
	f.set("E", "Version", "99")
	f.set("F", "Adressnamn", "a")
	f.set("G", "Id", string(w.read(archived).NodeID()))
	f.set("H", "Id", string(other.NodeID()))
	f.set("I", "Ägande enhet", "staben (utbildningskontoret)")
	f.set("J", "Namn", " ")
	f.set("K", "Avgift", "1 kr")
	plan := w.takeIn(w.sheet(f.write(sheet.CSVExcel)))
	place := func(heading string, row int) string { return sheet.Place(f.column(heading), row) }
	want := strings.Join([]string{
		"2 REFUSED A: " + place("Tar betalt", 2) + " takesPayment cell_yes_no " + place("Startade", 2) + " launchedOn cell_day",
		"3 REFUSED B: " + place("Målgrupper", 3) + " audiences cell_word",
		"4 REFUSED C: " + place("Status", 4) + " status cell_not_taken_in " + place("Ägande enhet", 4) + " ownerUnit unit_ambiguous",
		"5 REFUSED D: " + place("Webbadress", 5) + " url e_service_url_form",
		"6 REFUSED E: " + place("Version", 6) + " version row_version",
		"7 REFUSED F: " + place("Adressnamn", 7) + " slug e_service_slug_unique",
		"8 REFUSED G: " + place("Id", 8) + " id row_archived",
		"9 REFUSED H: " + place("Id", 9) + " id row_unknown",
		`10 CHANGED I: ownerUnit "` + w.office.ID.String() + `"→"` + uuidOf(t, plan) + `"`,
		"11 REFUSED J: " + place("Namn", 11) + " nameSv cell_empty",
		"12 REFUSED K: " + place("Id", 12) + " id row_twice",
	}, "\n")
	if got := toldRows(plan); got != want {
		t.Errorf("it did\n%s\nwant\n%s", got, want)
	}
}

// uuidOf gives the unit that the only changed row got.
func uuidOf(t *testing.T, p *roster.Plan) string {
	t.Helper()
	for _, l := range p.Lines {
		if l.Outcome == roster.Changed {
			id := must(uuid.Parse(strings.Trim(string(l.Cells[0].After), `"`)))(t)
			return id.String()
		}
	}
	t.Fatal("no row is changed")
	return ""
}

func TestAFileIsTakenInAsItWasPreviewed(t *testing.T) {
	w := newWorld(t)
	one := w.create(w.found("Ett", eservice.Live))
	f := w.exported()
	f.set("Ett", "Avgift", "60 kr")
	in := w.sheet(f.write(sheet.CSV))
	seen := must(w.previewSheet(in))(t)
	must(w.catalogue.Update(w.ctx, one.ID, one.Version, func(e *eservice.EService) { e.FeeSv = ptr("50 kr") }))(t)
	if _, err := w.catalogue.Roster().Import(w.ctx, in, seen.Fingerprint); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("what has changed since the preview gives %v", err)
	}
	for who, ctx := range map[string]context.Context{"a reader": w.as(w.home, access.Reader), "another municipality's": w.as(w.away, access.Admin)} {
		if _, err := w.catalogue.Roster().Import(ctx, in, seen.Fingerprint); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s is told %v", who, err)
		}
	}
	for name, content := range map[string]string{"no heading": "Ett;Två\n1;2\n", "the same heading twice": "Namn;Namn\nA;B\n"} {
		in.Content = []byte(content)
		if _, err := w.previewSheet(in); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if e := w.read(one); *e.FeeSv != "50 kr" {
		t.Errorf("the e-service has become %+v", e)
	}
}

// TestNamesThatHaveChangedSinceTheExportAreNoEdits renames what cells name, closes a unit
// and opens a namesake, after a file was written.
func TestNamesThatHaveChangedSinceTheExportAreNoEdits(t *testing.T) {
	w := newWorld(t)
	shared := must(w.catalogue.CreateShared(w.ctx, eservice.SharedService{MunicipalityID: w.home.ID, Code: "bygglov", NameSv: "Bygglov"}))(t)
	staff := must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Staben", Type: organisation.Department, ParentID: &w.school.ID}))(t)
	rich := w.found("Bygglov", eservice.Live)
	rich.SharedServiceID = &shared.ID
	w.create(rich)
	second := w.found("Personal", eservice.Live)
	second.OwnerUnitID = staff.ID
	w.create(second)
	f := w.exported()
	must(w.organisation.UpdateUnit(w.ctx, w.office.ID, w.office.Version, func(u *organisation.Unit) { u.NameSv = "Kommunikationskontoret" }))(t)
	must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Staben", Type: organisation.Department, ParentID: &w.office.ID}))(t)
	must(w.organisation.UpdateMunicipality(w.ctx, w.home.ID, w.home.Version, func(m *organisation.Municipality) { m.NameSv = "Norrköpings kommun" }))(t)
	must(w.catalogue.UpdateShared(w.ctx, shared.ID, shared.Version, func(s *eservice.SharedService) { s.Code = "bygga-lov" }))(t)
	f.set("Personal", "Avgift", "10 kr")
	if got := toldRows(w.takeIn(w.sheet(f.write(sheet.XLSX)))); got != `3 CHANGED Personal: feeSv null→"10 kr"` {
		t.Errorf("the file did\n%s", got)
	}
	// From here on there are two of the name, each with the unit above it in brackets.
	f = w.exported()
	if got := f.grid.Rows[f.row("Personal")].Cells[f.column("Ägande enhet")].Text; got != "Staben (Utbildningskontoret)" {
		t.Errorf("the owner is written %q", got)
	}
	must(w.organisation.UpdateUnit(w.ctx, w.school.ID, w.school.Version, func(u *organisation.Unit) { u.NameSv = "Bildningskontoret" }))(t)
	if got := toldRows(must(w.previewSheet(w.sheet(f.write(sheet.XLSX))))(t)); got != "" {
		t.Errorf("the file did\n%s", got)
	}
	f.set("Personal", "Ägande enhet", "Kommunikationsenheten")
	if got := toldRows(must(w.previewSheet(w.sheet(f.write(sheet.XLSX))))(t)); !strings.Contains(got, "unit_unknown") {
		t.Errorf("the name that a unit had did\n%s", got)
	}
}

// TestAFewColumnsAreEnough takes in an export of which most columns were removed: what is
// left is known in the language that it was written in.
func TestAFewColumnsAreEnough(t *testing.T) {
	w := newWorld(t)
	e := w.found("Bygglov", eservice.Live)
	e.RequiresSigning, e.Audiences = ptr(true), []eservice.Audience{"COMPANY"}
	w.create(e)
	out := w.export(w.ctx, eservice.Filter{}, sheet.CSV, text.English)
	grid := must(sheet.Read(out.Content))(t)
	columns := []string{"Id", "Version", "Status", "Name", "Audiences"}
	table := sheet.Table{Rows: [][]string{nil}}
	for _, heading := range columns {
		table.Columns = append(table.Columns, sheet.Column{Heading: heading})
		table.Rows[0] = append(table.Rows[0], grid.Rows[0].Cells[slices.Index(grid.Header, heading)].Text)
	}
	if got := toldRows(must(w.previewSheet(w.sheet(must(sheet.Write(sheet.CSV, table))(t))))(t)); got != "" {
		t.Errorf("the file did\n%s", got)
	}
}

// TestAFileOfArchivedOnesIsNoFaultUntilItIsEdited takes an export of what is archived in
// again, as it is and edited.
func TestAFileOfArchivedOnesIsNoFaultUntilItIsEdited(t *testing.T) {
	w := newWorld(t)
	e := w.create(w.found("Bygglov", eservice.Live))
	f := w.exported()
	must(w.catalogue.Archive(w.ctx, e.ID, e.Version, ""))(t)
	for name, content := range map[string][]byte{
		"written before": f.write(sheet.CSV), "written after": w.export(w.ctx, eservice.Filter{Archived: true}, sheet.CSV, text.Swedish).Content,
	} {
		if plan := must(w.previewSheet(w.sheet(content)))(t); plan.Counts[roster.Unchanged] != 1 || len(plan.Lines) != 1 {
			t.Errorf("%s it did\n%s", name, toldRows(plan))
		}
	}
	f.set("Bygglov", "Avgift", "1 kr")
	if got := toldRows(must(w.previewSheet(w.sheet(f.write(sheet.CSV))))(t)); got != "2 REFUSED Bygglov: A2 id row_archived" {
		t.Errorf("edited it did\n%s", got)
	}
}

// TestAPreviewTellsWhatOtherRowsStandInTheWayOf breaks rules that span records.
func TestAPreviewTellsWhatOtherRowsStandInTheWayOf(t *testing.T) {
	w := newWorld(t)
	tied := w.found("Bygglov", eservice.Live)
	tied.OepFamilyID = ptr(int64(7))
	w.create(tied)
	other := w.create(w.found("Skolskjuts", eservice.Live))
	coming := date.New(2027, time.January, 1)
	must(w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: "Framtidskontoret", Type: organisation.Department, ValidFrom: &coming}))(t)
	f := w.exported()
	f.set("Skolskjuts", "Nummer i Open ePlatform", "7")
	plan := w.takeIn(w.sheet(f.write(sheet.XLSX)))
	if got, want := toldRows(plan), "3 REFUSED Skolskjuts: "+sheet.Place(f.column("Nummer i Open ePlatform"), 3)+" oepFamilyId e_service_oep_family_unique"; got != want {
		t.Errorf("a number that is taken did\n%s\nwant\n%s", got, want)
	}
	f = w.exported()
	f.set("Skolskjuts", "Ägande enhet", "Framtidskontoret")
	plan = w.takeIn(w.sheet(f.write(sheet.XLSX)))
	if got, want := toldRows(plan), "3 REFUSED Skolskjuts: "+sheet.Place(f.column("Ägande enhet"), 3)+" ownerUnit e_service_live_owner_valid"; got != want {
		t.Errorf("a unit that is not open yet did\n%s\nwant\n%s", got, want)
	}
	in := w.sheet([]byte("Namn;Ägande enhet;Status;Nummer i Open ePlatform\nEtt;Utbildningskontoret;;8\nTvå;Utbildningskontoret;;8\nTre;Framtidskontoret;i drift;\nFyra;Framtidskontoret;planerad;\n"))
	want := "2 NEW Ett:\n3 REFUSED Två: D3 oepFamilyId e_service_oep_family_unique\n4 NEW Tre:\n5 NEW Fyra:"
	if got := toldRows(w.takeIn(in)); got != want {
		t.Errorf("new ones did\n%s\nwant\n%s", got, want)
	}
	if now := w.read(other); now.Version != other.Version {
		t.Errorf("what was refused is %+v", now)
	}
}

// TestTheSameListAgainDoesNothing also where its letters are composed in another way, as
// some programs write them.
func TestTheSameListAgainDoesNothing(t *testing.T) {
	w := newWorld(t)
	in := w.sheet([]byte("Namn\nFo\u0308rskola i A\u030atvid\nFörskola i Åtvid\n"))
	in.DefaultOwner = &w.office.ID
	if got := toldRows(w.takeIn(in)); got != "2 NEW Förskola i Åtvid:\n3 REFUSED Förskola i Åtvid: A3 nameSv row_twice" {
		t.Errorf("the list did\n%s", got)
	}
	if got := toldRows(must(w.previewSheet(in))(t)); got != "" {
		t.Errorf("the list again did\n%s", got)
	}
}

// TestARowThatStandsTwiceIsComparedWithItsOwnVersion has an e-service twice, of two
// versions: the former row alone counts, and what it did not edit stays as it is.
func TestARowThatStandsTwiceIsComparedWithItsOwnVersion(t *testing.T) {
	w := newWorld(t)
	e := w.create(w.found("Bygglov", eservice.Live))
	f := w.exported()
	must(w.catalogue.Update(w.ctx, e.ID, e.Version, set("50 kr")))(t)
	f.grid.Rows = append(f.grid.Rows, w.exported().grid.Rows...)
	if got := toldRows(must(w.previewSheet(w.sheet(f.write(sheet.CSV))))(t)); got != "3 REFUSED Bygglov: A3 id row_twice" {
		t.Errorf("the file did\n%s", got)
	}
}

// TestAColumnThatIsNotTakenInIsNotRead has an error in such a column.
func TestAColumnThatIsNotTakenInIsNotRead(t *testing.T) {
	w := newWorld(t)
	w.create(w.found("Bygglov", eservice.Live))
	f := w.exported()
	f.set("Bygglov", "Senast ändrad (läses inte in)", "\x00")
	content := strings.Replace(string(f.write(sheet.CSV)), "Senast ändrad (läses inte in)", "Senast ändrad", 1)
	at := strings.LastIndex(strings.TrimSuffix(content, "\r\n"), ",") + 1
	if got := toldRows(must(w.previewSheet(w.sheet([]byte(content[:at] + "1E+20\r\n"))))(t)); got != "" {
		t.Errorf("the file did\n%s", got)
	}
}

// TestLettersThatAProgramCannotWriteAreNoEdits saves a file as Excel does in its old CSV:
// of what Windows-1252 lacks there are question marks.
func TestLettersThatAProgramCannotWriteAreNoEdits(t *testing.T) {
	w := newWorld(t)
	e := w.found("Bygglov", eservice.Live)
	e.SummarySv, e.DescriptionSv = ptr("Ansök → vänta 🏛 – klart?"), ptr("≥ 5 €")
	w.create(e)
	content := string(w.exported().write(sheet.CSVExcel))
	for wide, narrow := range map[string]string{"→": "?", "🏛": "??", "≥": "?", "\ufeff": ""} {
		content = strings.ReplaceAll(content, wide, narrow)
	}
	old := must(charmap.Windows1252.NewEncoder().String(content))(t)
	if got := toldRows(must(w.previewSheet(w.sheet([]byte(old))))(t)); got != "" {
		t.Errorf("the file did\n%s", got)
	}
	old = strings.Replace(old, "klart?", "klart!", 1)
	if got := toldRows(must(w.previewSheet(w.sheet([]byte(old))))(t)); got != `2 CHANGED Bygglov: summarySv "Ansök → vänta 🏛 – klart?"→"Ansök ? vänta ?? – klart!"` {
		t.Errorf("edited the file did\n%s", got)
	}
}

// TestSlugsThatChangePlacesAreToldAsTheyGo moves slugs and numbers between e-services.
func TestSlugsThatChangePlacesAreToldAsTheyGo(t *testing.T) {
	w := newWorld(t)
	for i, name := range []string{"A", "B", "C"} {
		e := w.found(name, eservice.Live)
		e.OepFamilyID = ptr(int64(i + 1))
		w.create(e)
	}
	f := w.exported()
	f.set("A", "Adressnamn", "b")
	f.set("B", "Adressnamn", "a")
	f.set("B", "Nummer i Open ePlatform", "3")
	f.set("C", "Nummer i Open ePlatform", "4")
	slug := func(row int) string { return sheet.Place(f.column("Adressnamn"), row) }
	want := "2 REFUSED A: " + slug(2) + " slug e_service_slug_unique\n3 REFUSED B: " + slug(3) + " slug e_service_slug_unique\n4 CHANGED C: oepFamilyId 3→4"
	if got := toldRows(w.takeIn(w.sheet(f.write(sheet.XLSX)))); got != want {
		t.Errorf("it did\n%s\nwant\n%s", got, want)
	}
	f = w.exported()
	f.set("B", "Nummer i Open ePlatform", "3")
	if got := toldRows(w.takeIn(w.sheet(f.write(sheet.XLSX)))); got != "3 CHANGED B: oepFamilyId 2→3" {
		t.Errorf("a number that is free did\n%s", got)
	}
}
