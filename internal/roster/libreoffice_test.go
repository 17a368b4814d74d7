package roster_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/sheet/office"
	"fardplan/internal/text"
)

// TestDecisionsEditedInLibreOfficeHaveTheEditsAndNothingElse opens a list of decisions in
// the program, saves it as it is and with ten cells edited, and takes the files in.
func TestDecisionsEditedInLibreOfficeHaveTheEditsAndNothingElse(t *testing.T) {
	w := newWorld(t)
	folder := t.TempDir()
	var jobs []office.Job
	for _, format := range []sheet.Format{sheet.XLSX, sheet.CSVExcel} {
		out := w.export(w.ctx, "decisions", format, text.Swedish)
		f := &file{t, must(sheet.Read(out.Content))(t)}
		edits := map[string]string{}
		for _, cell := range tenOf["decisions"].cells {
			edits[f.place(0, cell[0])] = cell[1]
		}
		for kind, typed := range map[string]map[string]string{"saved": {}, "edited": edits} {
			path := filepath.Join(folder, kind+format.Extension())
			if err := os.WriteFile(path, out.Content, 0o600); err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, office.Job{File: path, Edits: typed})
		}
	}
	office.Edit(t, jobs)
	var want []string
	for _, cell := range tenOf["decisions"].cells {
		want = append(want, cell[0])
	}
	slices.Sort(want)
	for _, ending := range []string{".xlsx", ".csv"} {
		read := func(kind string) []byte { return must(os.ReadFile(filepath.Join(folder, kind+ending)))(t) }
		if got := told(w.preview("decisions", w.sheet(read("saved")))); got != "" {
			t.Errorf("saved%s did\n%s", ending, got)
		}
		plan := w.preview("decisions", w.sheet(read("edited")))
		var got []string
		for _, c := range plan.Lines[0].Cells {
			got = append(got, c.Heading)
		}
		if slices.Sort(got); !slices.Equal(got, want) || plan.Counts[roster.Changed] != 1 {
			t.Errorf("edited%s did\n%s", ending, told(plan))
		}
	}
	if plan := w.takeIn("decisions", must(os.ReadFile(filepath.Join(folder, "edited.xlsx")))(t)); plan.Differences() != 10 || plan.Number == nil {
		t.Errorf("the edited file made %d differences", plan.Differences())
	}
	if got := told(w.preview("decisions", w.sheet(must(os.ReadFile(filepath.Join(folder, "edited.csv")))(t)))); got != "" {
		t.Errorf("the other file then did\n%s", got)
	}
}
