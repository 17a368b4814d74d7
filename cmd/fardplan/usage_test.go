package main

import (
	"strings"
	"testing"
)

func TestFiguresOfUseAreTakenInFromAFile(t *testing.T) {
	s := newSite(t)
	s.serve()
	s.settle()
	s.must("import", "oep", "--municipality", "0581", "--file", s.write("getflows.json", document(t, flows(1, 2))), "--default-owner", "Kommunikationsenheten", "--apply")
	statistics := s.write("getflowinstances.xml", []byte(`<FlowInstances>
		<FlowInstance><flowID>100001</flowID><submitted>2025-02-03 12:00</submitted><poster>Anna Exempel</poster></FlowInstance>
		<FlowInstance><flowID>100001</flowID><created>2025-02-03 12:00</created></FlowInstance></FlowInstances>`))
	args := []string{"import", "usage", "--municipality", "0581", "--file", statistics, "--flows", s.write("getflows.json", document(t, flows(1, 2)))}
	s.refused(args, "--from", "--to", "2026-01-01")
	args = append(args, "--from", "2025-02-01", "--to", "2025-02-28")
	for run, texts := range [][]string{
		{"2 ärenden lästa, 1 aldrig inskickade", "     2 nya (new)", "Ansökan om skolskjuts för år 1 2025-02: – → 1", "Ansökan om skolskjuts för år 2 2025-02: – → 0", "Lägg till --apply"},
		{"     2 nya (new)", "Gjort, som ändring "},
		{"     2 oförändrade (unchanged)", "Inget att göra."},
	} {
		if run > 0 {
			args = append(args[:12:12], "--apply")
		}
		out := s.must(args...)
		for _, text := range texts {
			if !strings.Contains(out, text) {
				t.Errorf("run %d lacks %q:\n%s", run+1, text, out)
			}
		}
		if strings.Contains(out, "Exempel") {
			t.Errorf("run %d tells who sent a matter in:\n%s", run+1, out)
		}
	}
	sheet := s.write("siffror.csv", []byte("E-tjänst;2025-03\nAnsökan om skolskjuts för år 1;14\n"))
	if out := s.must("import", "usage", "--municipality", "0581", "--file", sheet); !strings.Contains(out, "2025-03: – → 14") {
		t.Errorf("the spreadsheet:\n%s", out)
	}
}
