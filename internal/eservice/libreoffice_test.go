package eservice_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fardplan/internal/eservice"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/sheet/office"
	"fardplan/internal/text"
)

// TestAFileEditedInLibreOfficeHasTheEditsAndNothingElse opens exports in the program,
// saves them as they are and with ten cells edited, and takes them in.
func TestAFileEditedInLibreOfficeHasTheEditsAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.rich()
	for _, name := range []string{"Avfall", "Bygglov", "Parkering för rörelsehindrade"} {
		e := w.found(name, eservice.Live)
		e.SummarySv, e.FeeSv, e.Keywords = ptr("Två\nrader om "+name), ptr("1 450 kr"), []string{"0011", "1/2"}
		w.create(e)
	}
	folder := t.TempDir()
	typed := []struct{ name, heading, text, after string }{
		{"Avfall", "Namn", "Hämtning av åäö-avfall", `nameSv "Hämtning av åäö-avfall"`},
		{"Avfall", "Sammanfattning", "Rad ett\nrad två", `summarySv "Rad ett\nrad två"`},
		{"Avfall", "Avgift", "", `feeSv null`},
		{"Bygglov", "Planerad start", "2026-12-24", `plannedLaunch "2026-12-24"`},
		{"Bygglov", "Målgrupper", "privatperson; företag", `audiences ["PRIVATE_PERSON","COMPANY"]`},
		{"Bygglov", "Tar betalt", "ja", `takesPayment true`},
		{"Bygglov", "Ägande enhet", "Utbildningskontoret", `ownerUnit "` + w.school.ID.String() + `"`},
		{"Parkering för rörelsehindrade", "Nummer i Open ePlatform", "123456789012345", `oepFamilyId 123456789012345`},
		{"Parkering för rörelsehindrade", "Sökord", "p-tillstånd; tillstånd", `keywords ["p-tillstånd","tillstånd"]`},
		{"Parkering för rörelsehindrade", "Handläggningstid", "ungefär 4 veckor", `processingTimeSv "ungefär 4 veckor"`},
	}
	var jobs []office.Job
	for _, format := range []sheet.Format{sheet.XLSX, sheet.CSVExcel} {
		out := w.export(w.ctx, eservice.Filter{}, format, text.Swedish)
		f := &file{t, must(sheet.Read(out.Content))(t)}
		edits := map[string]string{}
		for _, e := range typed {
			edits[sheet.Place(f.column(e.heading), f.grid.Rows[f.row(e.name)].Number)] = e.text
		}
		for kind, e := range map[string]map[string]string{"saved": {}, "edited": edits} {
			path := filepath.Join(folder, kind+format.Extension())
			if err := os.WriteFile(path, out.Content, 0o600); err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, office.Job{File: path, Edits: e})
		}
	}
	office.Edit(t, jobs)
	var want []string
	for _, e := range typed {
		want = append(want, e.after)
	}
	slices.Sort(want)
	for _, name := range []string{"saved.xlsx", "saved.csv", "edited.xlsx", "edited.csv"} {
		plan := must(w.previewSheet(w.sheet(must(os.ReadFile(filepath.Join(folder, name)))(t))))(t)
		var got []string
		for _, l := range plan.Lines {
			for _, c := range l.Cells {
				got = append(got, c.Field+" "+string(c.After))
			}
		}
		slices.Sort(got)
		edited := want
		if strings.HasPrefix(name, "saved") {
			edited = nil
		}
		if !slices.Equal(got, edited) || plan.Counts[roster.Refused] > 0 {
			t.Errorf("%s: %v\n%s", name, plan.Counts, toldRows(plan))
		}
	}
	content := must(os.ReadFile(filepath.Join(folder, "edited.xlsx")))(t)
	if plan := w.takeIn(w.sheet(content)); plan.Differences() != 10 || plan.Number == nil {
		t.Errorf("the edited file made %d differences", plan.Differences())
	}
	for _, name := range []string{"edited.xlsx", "edited.csv"} {
		again := must(w.previewSheet(w.sheet(must(os.ReadFile(filepath.Join(folder, name)))(t))))(t)
		if again.Counts[roster.Unchanged] != 4 || again.Differences() != 0 {
			t.Errorf("%s again: %v\n%s", name, again.Counts, toldRows(again))
		}
	}
}
