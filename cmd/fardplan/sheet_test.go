package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestASpreadsheetGoesOutAndItsEditsBack writes the catalogue to a file, edits a cell of
// it as an editor of texts does, and takes it in.
func TestASpreadsheetGoesOutAndItsEditsBack(t *testing.T) {
	s := newSite(t)
	s.serve()
	s.settle()
	listed := s.write("nya.csv", []byte("Namn;Avgift\nBygglov;\nSkolskjuts;\n"))
	if out := s.must("import", "sheet", "--municipality", "0581", "--file", listed, "--default-owner", "Kommunikationsenheten", "--apply"); !strings.Contains(out, "     2 nya (new)") || !strings.Contains(out, "Gjort, som ändring ") {
		t.Errorf("a file with new e-services:\n%s", out)
	}
	file := filepath.Join(t.TempDir(), "katalog.csv")
	if out := s.must("export", "e-services", "--municipality", "0581", "--file", file); !strings.Contains(out, "2 e-tjänster står i ") {
		t.Errorf("the export:\n%s", out)
	}
	s.refused([]string{"export", "e-services", "--municipality", "0581", "--file", file}, "finns redan")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(content), ";Skolskjuts;", ";Ansökan om skolskjuts;", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"import", "sheet", "--municipality", "0581", "--file", file}
	for _, text := range []string{"     1 ändrade (changed)\n         rad 3 Ansökan om skolskjuts\n             D3 Namn: \"Skolskjuts\" → \"Ansökan om skolskjuts\"\n", "Inget har ändrats. Lägg till --apply"} {
		if out := s.must(args...); !strings.Contains(out, text) {
			t.Errorf("the preview lacks %q:\n%s", text, out)
		}
	}
	if out := s.must(append(args, "--apply")...); !strings.Contains(out, "Gjort, som ändring ") {
		t.Errorf("the import:\n%s", out)
	}
	if out := s.must(append(args, "--apply")...); !strings.Contains(out, "     2 oförändrade (unchanged)") || !strings.Contains(out, "Inget att göra.") {
		t.Errorf("the same file again:\n%s", out)
	}
}
