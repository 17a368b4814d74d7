package roster_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/collaboration"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/postgres"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// TestAnExportOfEachKindTakenInAgainChangesNothing takes each list out as each kind of file
// in each language, and in again.
func TestAnExportOfEachKindTakenInAgainChangesNothing(t *testing.T) {
	w := newWorld(t)
	before := w.changes()
	for kind, take := range w.takers() {
		for _, language := range []text.Language{text.Swedish, text.English} {
			for _, format := range []sheet.Format{sheet.CSVExcel, sheet.CSV, sheet.XLSX} {
				out := w.export(w.ctx, kind, format, language)
				plan := w.preview(kind, w.sheet(out.Content))
				if plan.Counts[roster.Unchanged] != out.Rows || len(plan.Lines) != out.Rows || out.Rows == 0 || len(plan.Ignored) > 0 {
					t.Errorf("%s as %s in %s: %v of %d\n%s\nignored: %q", kind, format, language, plan.Counts, out.Rows, told(plan), plan.Ignored)
				}
				must(take.Import(w.ctx, w.sheet(out.Content), plan.Fingerprint))(t)
			}
		}
	}
	if w.changes() != before {
		t.Error("a file without differences makes a change")
	}
}

// edits are ten cells of a list's row with what is typed in them, and what comes of it.
type edits struct {
	row   int
	cells [][3]string // heading, typed, and the field with its value after
}

var tenOf = map[string]edits{
	"goals": {1, [][3]string{
		{"Kod", "1.2", `code "1.2"`}, {"Mål", "Många e-tjänster", `titleSv "Många e-tjänster"`}, {"Nivå", "inriktningsmål", `level "DIRECTION"`}, {"Överordnat mål", "", `parentGoal null`},
		{"Ägande enhet", "kommunstyrelsen", `ownerUnit id`}, {"Sikt", "short term", `horizon "SHORT"`}, {"Till", "2027-1-31", `periodTo "2027-01-31"`},
		{"Uppnått, procent", "25", `progress 25`}, {"Läge", "GREEN", `health "GREEN"`}, {"Synlighet", "egna kommunen", `visibility "MUNICIPALITY"`},
	}},
	"indicators": {0, [][3]string{
		{"Indikator", "Andelen", `nameSv "Andelen"`}, {"Indikator på engelska", "The share", `nameEn "The share"`}, {"Måttenhet", "%", `unitOfMeasure "%"`}, {"Riktning", "inom ett spann", `direction "BAND"`},
		{"Utgångsvärde", "12,25", `baseline 12.25`}, {"Utgångsvärdets dag", "20251130", `baselineOn "2025-11-30"`}, {"Målvärde", "", `target null`},
		{"Spannets undre gräns", "1 000,5", `bandLow 1000.5`}, {"Spannets övre gräns", "2000", `bandHigh 2000`}, {"Ansvarig funktion", "E-tjänstsamordnare", `responsibleFunction "E-tjänstsamordnare"`},
	}},
	"initiatives": {0, [][3]string{
		{"Insats", "Nyare plattform", `titleSv "Nyare plattform"`}, {"Insats på engelska", "", `titleEn null`}, {"Slag", "upphandling", `kind "PROCUREMENT"`}, {"Status", "pågående", `status "ONGOING"`},
		{"Bana", "Plattform", `lane "Plattform"`}, {"Ägande enhet", "The board", `ownerUnit id`}, {"Beskrivning", "=A1", `descriptionSv "=A1"`}, {"Planerat slut", "2027-02-28", `plannedEnd "2027-02-28"`},
		{"Började", "2026-03-01", `actualStart "2026-03-01"`}, {"Klart, procent", "15", `progress 15`},
	}},
	"milestones": {0, [][3]string{
		{"Milstolpe", "Starten", `titleSv "Starten"`}, {"Milstolpe på engelska", "The launch", `titleEn "The launch"`}, {"Slag", "leverans", `kind "DELIVERY"`},
		{"Planerad", "2026-10-01", `plannedOn "2026-10-01"`}, {"Beslutad", "", `baselineOn null`}, {"Nådd", "2026-03-02", `reachedOn "2026-03-02"`},
	}},
	"shared projects": {0, [][3]string{
		{"Gemensamt projekt", "Skjuts", `nameSv "Skjuts"`}, {"Status", "pågår", `status "ACTIVE"`}, {"Läge", "röd", `health "RED"`}, {"Om läget", "Försenat", `healthCommentSv "Försenat"`}, {"Avtal", "", `agreement null`},
		{"Budget, kronor", "2 000 000", `budget 2000000`}, {"Kostnader fördelas efter", "invånare", `costKey "INHABITANTS"`}, {"Öppet att gå med i", "nej", `openToJoin false`},
		{"Leveranser", "tjänst; kod", `deliverables ["tjänst","kod"]`}, {"Synlighet", "public", `visibility "PUBLIC"`},
	}},
	"decisions": {0, [][3]string{
		{"Beslut", "Antagande", `titleSv "Antagande"`}, {"Slag", "beslut av kommunstyrelsen", `type "BOARD"`}, {"Organ", "Kommunstyrelsen", `bodyUnit id`}, {"Paragraf", "13", `paragraph "13"`},
		{"Beslutstext", "Ny\ntext", `textSv "Ny\ntext"`}, {"Föreslaget", "", `proposedOn null`}, {"Avslag", "ja", `rejected true`}, {"Anslaget", "2026-03-01", `announcedOn "2026-03-01"`},
		{"Handlingarnas adresser", "https://example.se/d", `documentUrls ["https://example.se/d"]`}, {"Synlighet", "egna kommunen", `visibility "MUNICIPALITY"`},
	}},
	"cases": {0, [][3]string{
		{"Ärende", "Ärendet", `titleSv "Ärendet"`}, {"Ärende på engelska", "The case", `titleEn "The case"`}, {"Diarienummer", "KS 2026/0013", `diaryNumber "KS 2026/0013"`},
		{"Webbadress", "https://example.se/arende", `url "https://example.se/arende"`}, {"Synlighet", "delad i samverkan", `visibility "COLLABORATION"`},
	}},
	"governing documents": {0, [][3]string{
		{"Styrdokument", "Digital strategi", `titleSv "Digital strategi"`}, {"Slag", "policy", `kind "POLICY"`}, {"Utgåva", "2026", `edition "2026"`}, {"Diarienummer", "", `diaryNumber null`}, {"Beslutat av", "Kommunstyrelsen", `decidedBy id`},
		{"Gäller från", "2026-04-01", `validFrom "2026-04-01"`}, {"Ses över efter, månader", "12", `reviewMonths 12`}, {"Ses över senast", "2027-04-01", `reviewDue "2027-04-01"`},
		{"Sammanfattning", "+1", `summarySv "+1"`}, {"Synlighet", "egna kommunen", `visibility "MUNICIPALITY"`},
	}},
}

// TestEachEditedCellOfEachKindIsADifference edits cells of every kind, takes the file in,
// and takes the same file in again. A file that was written before and has another value in
// the same cell is then a conflict.
func TestEachEditedCellOfEachKindIsADifference(t *testing.T) {
	w := newWorld(t)
	for _, kind := range slices.Sorted(maps.Keys(w.takers())) {
		t.Run(kind, func(t *testing.T) {
			w := *w
			w.t = t
			e := tenOf[kind]
			f, stale := w.exported(kind), w.exported(kind)
			was := f.told()
			var want []string
			for _, cell := range e.cells {
				f.set(e.row, cell[0], cell[1])
				want = append(want, cell[2])
			}
			content := f.write(sheet.CSVExcel)
			plan := w.takeIn(kind, content)
			var got []string
			for _, l := range plan.Lines {
				for _, c := range l.Cells {
					after := string(c.After)
					if strings.HasSuffix(c.Column, "_id") && after != "null" {
						after = "id"
					}
					got = append(got, c.Field+" "+after)
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) || plan.Differences() != len(e.cells) || plan.Counts[roster.Changed] != 1 || plan.Number == nil || *plan.Number != w.changes() {
				t.Fatalf("the file did\n%s\nwant %q, got %q", told(plan), want, got)
			}
			number, before := *plan.Number, w.changes()
			if again := w.takeIn(kind, content); told(again) != "" || w.changes() != before {
				t.Errorf("the same file again did\n%s", told(again))
			}
			heading := e.cells[0][0]
			value := "9.9"
			stale.set(e.row, heading, value)
			plan = w.takeIn(kind, stale.write(sheet.XLSX))
			if plan.Counts[roster.Conflict] != 1 || plan.Differences() != 0 || w.changes() != before || !strings.HasSuffix(told(plan), `→"9.9"!`) {
				t.Errorf("a stale file did\n%s", told(plan))
			}
			w.undo(kind, number, "1 RESTORED")
			if now := w.exported(kind); now.told() != was {
				t.Errorf("undone the list is\n%s\nwhere it was\n%s", now.told(), was)
			}
			w.undo(kind, number, "1 UNCHANGED")
		})
	}
}

// TestEachFaultIsToldWithItsCell has a fault in several cells, all told at once.
func TestEachFaultIsToldWithItsCell(t *testing.T) {
	w := newWorld(t)
	for kind, cells := range map[string][][3]string{
		"goals":               {{"Nivå", "mellanmål", "level cell_word"}, {"Överordnat mål", "Ingenting", "parentGoal reference_unknown"}, {"Status", "uppnått", "status cell_not_taken_in"}, {"Ägande enhet", "Ingen", "ownerUnit unit_unknown"}, {"Från", "våren", "periodFrom cell_day"}, {"Uppnått, procent", "halva", "progress number"}, {"Mål", "", "titleSv cell_empty"}},
		"indicators":          {{"Mål", "1 Enklare vardag", "goal cell_not_taken_in"}, {"Målvärde", "mycket", "target cell_number"}, {"Riktning", "", "direction cell_empty"}},
		"initiatives":         {{"Status", "snart", "status cell_word"}, {"Exempel (läses inte in)", "ja", ""}, {"Planerad start", "31/3", "plannedStart cell_day"}},
		"milestones":          {{"Insats", "Ny plattform", "initiative cell_not_taken_in"}, {"Slag", "fest", "kind cell_word"}},
		"shared projects":     {{"Fas", "utveckling", "phase cell_not_taken_in"}, {"Samverkan", "Ingen", "collaboration reference_unknown"}, {"Öppet att gå med i", "kanske", "openToJoin cell_yes_no"}},
		"decisions":           {{"Ärende", "KS 1", "case reference_unknown"}, {"Gemensamt organ för", "Väst", "jointCollaboration reference_unknown"}, {"Avslag", "", "rejected cell_empty"}},
		"cases":               {{"Synlighet", "hemlig", "visibility cell_word"}, {"Diarienummer", "", "diaryNumber cell_empty"}},
		"governing documents": {{"Ersätter", "Bibeln", "supersedes reference_unknown"}, {"Status", "antaget", "status cell_not_taken_in"}, {"Ses över efter, månader", "99999999999", "reviewMonths cell_value"}},
	} {
		f := w.exported(kind)
		row := tenOf[kind].row
		var want []string
		for _, cell := range cells {
			f.set(row, cell[0], cell[1])
			if cell[2] != "" { // what tells of the record and is no field is not read
				want = append(want, f.place(row, cell[0])+" "+cell[2])
			}
		}
		plan := w.preview(kind, w.sheet(f.write(sheet.XLSX)))
		var got []string
		for _, told := range plan.Lines[row].Faults {
			got = append(got, told.Place+" "+told.Field+" "+told.Rule)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) || plan.Lines[row].Outcome != roster.Refused {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}

// newRows are lists that register records, with what each row does.
var newRows = []struct{ kind, content, want string }{
	{"goals", "Kod;Mål;Nivå;Strategi;Status;Överordnat mål\n2;Tryggt;inriktningsmål;E-strategi;;\n1.3;Snabbt;mål;E-strategi (1.0);pågående;1\n1.3;Snabbare;mål;E-strategi;;\n;Utan kod;;;;\n",
		"2 NEW Tryggt:\n3 NEW Snabbt:\n4 REFUSED Snabbare: B4 titleSv row_twice\n5 REFUSED Utan kod: A5 code cell_needed C5 level cell_needed"},
	{"indicators", "Indikator;Mål;Måttenhet;Riktning;Mäts;Källa\nNöjda;1.10;procent;högre är bättre;varje år;för hand\nUtan mål;;st;högre är bättre;varje år;för hand\n",
		"2 NEW Nöjda:\n3 REFUSED Utan mål: B3 goal cell_needed"},
	{"initiatives", "Initiative;Kind;Planned start;Owning unit\nTraining;activity;2026-05-01;The office\nTraining;project;;\n", "2 NEW Training:\n3 REFUSED Training: A3 titleSv row_twice"},
	{"milestones", "Milstolpe;Slag;Gemensamt projekt;Mål\nUpphandlat;beslut;skola;\nÖverallt;start;skola;1.10\nIngenstans;start;;\n",
		"2 NEW Upphandlat:\n3 REFUSED Överallt:  of milestone_of_one\n4 REFUSED Ingenstans:  of milestone_of_one"},
	{"shared projects", "Kod;Gemensamt projekt;Samverkan;Fas\nbygg;Bygglov;Cesam Öst;förstudie\nskola;Skola;;\n", "2 NEW Bygglov:\n3 REFUSED Skola: B3 nameSv row_known"},
	{"decisions", "Beslut;Slag;Organ;Sammanträdesdag;Paragraf;Diarienummer;Avslag\nÅrsredovisning;beslut av kommunfullmäktige;Kommunfullmäktige;2025-04-28;45;KS 2025/0033;\nÅrsredovisning;beslut av kommunfullmäktige;Kommunfullmäktige;2024-04-29;41;KS 2024/0040;\nDubblett;beslut av kommunfullmäktige;Kommunfullmäktige;2025-04-28;45;;\nUtan dag;beslut av kommunstyrelsen;Kommunstyrelsen;;;;ja\n",
		"2 NEW Årsredovisning:\n3 NEW Årsredovisning:\n4 REFUSED Dubblett: E4 paragraph decision_paragraph_unique\n5 REFUSED Utan dag: G5 rejected decision_rejected_at_meeting"},
	{"cases", "Diarienummer;Ärende\nKS 2026/0099;Utredning\n", "2 NEW Utredning:"},
	{"governing documents", "Styrdokument;Slag;Status;Beslutat;Diarienummer\nIT-policy;policy;antaget;2014-06-16;\nRutin;rutin;;;KS 2026/0100\nOantagen;plan;antaget;;\n",
		"2 NEW IT-policy:\n3 NEW Rutin:\n4 REFUSED Oantagen: D4 decidedOn governing_document_adopted_when"},
}

// TestRowsWithoutAnIDRegisterRecords is how a municipality enters its register from a list.
// The same list again does nothing.
func TestRowsWithoutAnIDRegisterRecords(t *testing.T) {
	w := newWorld(t)
	for _, list := range newRows {
		plan := w.takeIn(list.kind, []byte(list.content))
		if got := told(plan); got != list.want {
			t.Errorf("%s did\n%s\nwant\n%s", list.kind, got, list.want)
		}
		again := w.preview(list.kind, w.sheet([]byte(list.content)))
		if again.Counts[roster.New]+again.Counts[roster.Changed] != 0 || again.Counts[roster.Unchanged] < plan.Counts[roster.New] {
			t.Errorf("%s again did\n%s", list.kind, told(again))
		}
		for _, line := range plan.Lines {
			if line.Outcome == roster.New && line.Record == nil {
				t.Errorf("%s: row %d is not told with its record", list.kind, line.Row)
			}
		}
	}
	for kind, want := range map[string][]string{
		"goals": {"Snabbt", "lista.csv"}, "governing documents": {"IT-policy", "lista.csv"}, "decisions": {"Årsredovisning", "KS 2025/0033"}, "cases": {"KS 2025/0033", "KS 2026/0100"}, "participations": {"bygg Bygglov", "värd"},
	} {
		out := string(w.export(w.ctx, kind, sheet.CSV, text.Swedish).Content)
		for _, one := range want {
			if !strings.Contains(out, one) {
				t.Errorf("the list of %s lacks %q", kind, one)
			}
		}
	}
}

// TestWhatAFileRegisteredIsArchivedByAnUndo but for what others have come to stand on.
func TestWhatAFileRegisteredIsArchivedByAnUndo(t *testing.T) {
	w := newWorld(t)
	numbers, made := map[string]int64{}, map[string]int{}
	for _, list := range newRows {
		plan := w.takeIn(list.kind, []byte(list.content))
		numbers[list.kind], made[list.kind] = *plan.Number, plan.Counts[roster.New]
	}
	w.takeIn("goals", []byte("Kod;Mål;Nivå;Strategi;Överordnat mål\n2.1;Under;mål;E-strategi;2 Tryggt\n"))
	for kind, number := range numbers {
		want := fmt.Sprintf("%d ARCHIVED", made[kind])
		if kind == "goals" {
			want = "1 ARCHIVED 1 REFUSED"
		}
		plan := w.undo(kind, number, want)
		for _, line := range plan.Lines {
			if line.Outcome == roster.CannotReturn && (line.Name != "Tryggt" || line.Faults[0].Rule != "goal_archive_children") {
				t.Errorf("%s: %s stays for %v", kind, line.Name, line.Faults)
			}
		}
	}
	if _, err := w.takers()["goals"].UndoChange(w.ctx, roster.Undo{Municipality: w.home.ID, Change: numbers["decisions"], Comment: "Fel"}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a change of decisions undone as one of goals: %v", err)
	}
}

// TestWhatOtherRowsForbidIsRefusedRowByRow breaks rules that only the write sees.
func TestWhatOtherRowsForbidIsRefusedRowByRow(t *testing.T) {
	w := newWorld(t)
	west := collaboration.Collaboration{MunicipalityID: &w.partner.ID, NameSv: "Samverkan väst"}
	must(w.s.Collaboration.CreateCollaboration(access.With(t.Context(), access.SystemCaller("prov")), west))(t)
	list := "Kod;Gemensamt projekt;Samverkan\nett;Ett;Cesam Öst\ntvå;Två;\ntva;Tva;Samverkan väst\ntre;Tre;\n"
	if got, want := told(w.takeIn("shared projects", []byte(list))), "2 NEW Ett:\n3 REFUSED Två: A3 code shared_project_code_form\n4 REFUSED Tva: C4 collaboration collaboration_of_host\n5 NEW Tre:"; got != want {
		t.Errorf("it did\n%s\nwant\n%s", got, want)
	}
	documents := w.exported("governing documents")
	documents.set(1, "Ersätter", "")
	documents.set(0, "Gäller från", "2026-01-01")
	if got := told(w.takeIn("governing documents", documents.write(sheet.CSV))); !strings.Contains(got, "supersedes") || strings.Contains(got, "REFUSED") {
		t.Errorf("it did\n%s", got)
	}
	decisions := w.exported("decisions")
	decisions.set(0, "Diarienummer", "KS 2026/0050")
	decisions.set(1, "Organ", "Kommunfullmäktige")
	decisions.set(1, "Sammanträdesdag", "2026-02-23")
	decisions.set(1, "Paragraf", "12 a")
	plan := w.takeIn("decisions", decisions.write(sheet.CSV))
	if plan.Counts[roster.Changed] != 1 || plan.Lines[1].Faults[0].Rule != "decision_paragraph_unique" || plan.Lines[1].Faults[0].Place != decisions.place(1, "Paragraf") {
		t.Errorf("it did\n%s", told(plan))
	}
	if out := string(w.export(w.ctx, "decisions", sheet.CSV, text.Swedish).Content); strings.Count(out, "KS 2026/0050") != 2 {
		t.Errorf("the decision's case is not found by its number:\n%s", out)
	}
}

// TestAFileIsTakenInByWhoMayWriteTheRecords asks everybody else.
func TestAFileIsTakenInByWhoMayWriteTheRecords(t *testing.T) {
	w := newWorld(t)
	token := access.With(t.Context(), access.Caller{
		Kind: access.Token, ID: "1", Municipality: w.home.ID, Roles: []access.Role{access.Director},
		Scopes: []access.Scope{access.ScopeStrategy, access.ScopeDecisions, access.ScopeCollaboration, access.ScopeImport},
	})
	for kind, take := range w.takers() {
		in := w.sheet(w.export(w.ctx, kind, sheet.XLSX, text.Swedish).Content)
		for who, ctx := range map[string]context.Context{"a reader": w.as(w.home, access.Reader), "a catalogue editor": w.as(w.home, access.CatalogueEditor), "the partner's director": w.as(w.partner, access.Director), "a token that may not read": token} {
			w.present(ctx, func(now *postgres.Snapshot) {
				if _, err := take.Preview(ctx, now, in); fault.CodeOf(err) != fault.Forbidden {
					t.Errorf("%s previews %s: %v", who, kind, err)
				}
			})
			if _, err := take.Import(ctx, in, "1"); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s takes in %s: %v", who, kind, err)
			}
			if _, err := take.UndoChange(ctx, roster.Undo{Municipality: w.home.ID, Change: 1, Comment: "Fel"}); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s undoes a change of %s: %v", who, kind, err)
			}
		}
		if _, err := take.Import(w.ctx, in, "1"); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s that were not previewed: %v", kind, err)
		}
		other := in
		other.Municipality = w.partner.ID
		var refused *roster.Plan
		theirs := w.as(w.partner, access.Director)
		w.present(theirs, func(now *postgres.Snapshot) { refused = must(take.Preview(theirs, now, other))(t) })
		if refused.Counts[roster.Refused] != len(refused.Lines) || refused.Lines[0].Faults[0].Rule != "row_unknown" {
			t.Errorf("%s as the partner's own: %s", kind, told(refused))
		}
	}
}

// TestAListHoldsWhatItsReaderMaySee reads each list as others do.
func TestAListHoldsWhatItsReaderMaySee(t *testing.T) {
	w := newWorld(t)
	partner := w.as(w.partner, access.Reader)
	for kind, hidden := range map[string][]string{"decisions": {"Nästa"}, "cases": {"Remiss"}, "governing documents": {"E-strategi", "Riktlinje"}, "goals": {"E-strategi"}} {
		own, theirs := string(w.export(w.ctx, kind, sheet.CSV, text.Swedish).Content), string(w.export(partner, kind, sheet.CSV, text.Swedish).Content)
		for _, one := range hidden {
			if !strings.Contains(own, one) || strings.Contains(theirs, one) {
				t.Errorf("%s: the own shows %q %t, the partner's %t", kind, one, strings.Contains(own, one), strings.Contains(theirs, one))
			}
		}
	}
}

// TestGapsAreAListToTakeAlong reads the gaps as the auditor does, and as the partner.
func TestGapsAreAListToTakeAlong(t *testing.T) {
	w := newWorld(t)
	write := func(ctx context.Context, in text.Language) (rows []sheet.Row, header []string) {
		w.present(ctx, func(now *postgres.Snapshot) {
			out := must(w.s.Meetings.ExportGaps(ctx, now, gap.Filter{Kinds: []string{"INITIATIVE", "DIARY_CASE"}}, "SEVERITY", false, sheet.CSV, in))(t)
			listed := must(w.s.Gaps.Whole(ctx, now, gap.Filter{Kinds: []string{"INITIATIVE", "DIARY_CASE"}}, "SEVERITY", false, 100))(t)
			grid := must(sheet.Read(out.Content))(t)
			if len(grid.Rows) != len(listed) || out.Rows != len(listed) || len(listed) == 0 {
				t.Errorf("the file has %d rows of %d gaps", len(grid.Rows), len(listed))
			}
			rows, header = grid.Rows, grid.Header
		})
		return rows, header
	}
	rows, header := write(w.as(w.home, access.Auditor), text.Swedish)
	if want := []string{"Kommun", "Ansvarig enhet", "Allvar", "Brist", "Slag av post", "Post", "Sedan", "Undantag till", "Varför och vad göra", "Lag eller granskning", "Regel", "Id"}; !slices.Equal(header, want) {
		t.Errorf("the headings are %q", header)
	}
	var told []string
	for _, row := range rows {
		told = append(told, strings.Join([]string{row.Cell(0).Text, row.Cell(1).Text, row.Cell(4).Text, row.Cell(5).Text, row.Cell(6).Text}, " | "))
	}
	for _, want := range []string{"Norrköping | Kontoret | insats | Ny plattform | 2026-03-16", "Norrköping |  | ärende | @Remiss | 2026-03-16"} {
		if !slices.Contains(told, want) {
			t.Errorf("the gaps are %q, and lack %q", told, want)
		}
	}
	rows, _ = write(w.as(w.partner, access.Reader), text.English)
	for _, row := range rows {
		if row.Cell(5).Text != "New platform" {
			t.Errorf("the partner is told of %+v", row)
		}
	}
}

// TestWhatAFileHidesItsCaseTellsNoLongerOf hides records that made their cases, and takes
// back one that a file registered: the case bears its title.
func TestWhatAFileHidesItsCaseTellsNoLongerOf(t *testing.T) {
	w := newWorld(t)
	decisions := []byte("Beslut;Slag;Organ;Sammanträdesdag;Paragraf;Diarienummer\nVarning till Karin;beslut av kommunstyrelsen;Kommunstyrelsen;2026-03-02;7;KS 2026/0201\n")
	documents := []byte("Styrdokument;Slag;Status;Beslutat;Diarienummer\nPlan för nedläggning;plan;antaget;2026-03-02;KS 2026/0202\n")
	number := *w.takeIn("decisions", decisions).Number
	w.takeIn("governing documents", documents)
	cases := func() string {
		return string(w.export(w.as(w.partner, access.Reader), "cases", sheet.CSV, text.Swedish).Content)
	}
	for _, title := range []string{"=SUMMA(A1:A9)", "Varning till Karin", "Plan för nedläggning"} {
		if !strings.Contains(cases(), title) {
			t.Errorf("the partner is not told of the case %q", title)
		}
	}
	f := w.exported("decisions")
	f.set(0, "Synlighet", "egna kommunen")
	w.takeIn("decisions", f.write(sheet.CSV))
	f = w.exported("governing documents")
	f.set(1, "Synlighet", "egna kommunen")
	w.takeIn("governing documents", f.write(sheet.CSV))
	w.undo("decisions", number, "1 ARCHIVED")
	for _, title := range []string{"=SUMMA(A1:A9)", "Varning till Karin", "Plan för nedläggning"} {
		if strings.Contains(cases(), title) {
			t.Errorf("the partner is told of the case %q", title)
		}
	}
}

// TestManyRowsTakeAsManyStatementsAsFew takes in new decisions of cases that are new too, and
// goals, and edits all of them: nobody else writes meanwhile.
func TestManyRowsTakeAsManyStatementsAsFew(t *testing.T) {
	w := newWorld(t)
	lists := map[string]func(from, n int) []byte{
		"decisions": func(from, n int) []byte {
			list := "Beslut;Slag;Organ;Sammanträdesdag;Paragraf;Diarienummer\n"
			for i := from; i < from+n; i++ {
				list += fmt.Sprintf("Beslut %[1]d;beslut av kommunstyrelsen;Kommunstyrelsen;2025-03-02;%[1]d;KS 2025/%[1]d\n", i)
			}
			return []byte(list)
		},
		"goals": func(from, n int) []byte {
			list := "Kod;Mål;Nivå;Strategi\n"
			for i := from; i < from+n; i++ {
				list += fmt.Sprintf("2.%[1]d;Mål %[1]d;mål;E-strategi\n", i)
			}
			return []byte(list)
		},
	}
	for kind, list := range lists {
		taken := func(content []byte, outcome roster.Outcome, n int) int64 {
			before := w.statements.n.Load()
			if plan := w.takeIn(kind, content); plan.Counts[outcome] != n {
				t.Errorf("%s: %v, want %d %s: %.500s", kind, plan.Counts, n, outcome, told(plan))
			}
			return w.statements.n.Load() - before
		}
		if few, many := taken(list(1, 2), roster.New, 2), taken(list(3, 100), roster.New, 100); many != few {
			t.Errorf("%s: 100 new ones take %d statements, 2 take %d", kind, many, few)
		}
		edited := func(n int, to string) []byte {
			f := w.exported(kind)
			for i := range n {
				f.set(i, map[string]string{"decisions": "Beslutstext", "goals": "Beskrivning"}[kind], to)
			}
			return f.write(sheet.CSV)
		}
		if few, many := taken(edited(2, "Kort"), roster.Changed, 2), taken(edited(100, "Längre"), roster.Changed, 100); many != few {
			t.Errorf("%s: 100 edits take %d statements, 2 take %d", kind, many, few)
		}
	}
}

// TestARegisterOfDecisionsIsTakenInAtOnce fills an empty register, each decision in a case of
// its own, within what a mutation may take.
func TestARegisterOfDecisionsIsTakenInAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const size = 8000
	w := newWorld(t)
	var list strings.Builder
	list.WriteString("Beslut;Slag;Organ;Sammanträdesdag;Paragraf;Diarienummer\n")
	for i := range size {
		fmt.Fprintf(&list, "Beslut %[1]d;beslut av kommunstyrelsen;Kommunstyrelsen;2025-03-02;%[1]d;KS 2025/%[1]d\n", i+1)
	}
	begun := time.Now()
	plan := w.takeIn("decisions", []byte(list.String()))
	if took := time.Since(begun); plan.Counts[roster.New] != size || took > 30*time.Second {
		t.Errorf("%v in %s", plan.Counts, took)
	}
}

// TestWhatTheWriterOfAFileDidNotSeeIsNotTakenAway takes in what the partner took out, where
// the strategies of goals stand empty.
func TestWhatTheWriterOfAFileDidNotSeeIsNotTakenAway(t *testing.T) {
	w := newWorld(t)
	out := w.export(w.as(w.partner, access.Director), "goals", sheet.CSV, text.Swedish)
	if plan := w.preview("goals", w.sheet(out.Content)); plan.Counts[roster.Refused] != 2 || plan.Lines[0].Faults[0].Rule != "row_version" {
		t.Errorf("it does\n%s", told(plan))
	}
}

// TestAGuessOfWhatIsHiddenIsNotToldApart names an agreement that its host has hidden since.
func TestAGuessOfWhatIsHiddenIsNotToldApart(t *testing.T) {
	w := newWorld(t)
	theirs := w.as(w.partner, access.Director)
	agreement := must(w.s.Collaboration.CreateAgreement(theirs, collaboration.Agreement{MunicipalityID: w.partner.ID, TitleSv: "Avtal om nedläggning", LegalForm: "UNCLEAR", Visibility: "PUBLIC"}))(t)
	project := must(w.s.Collaboration.CreateProject(w.ctx, collaboration.SharedProject{MunicipalityID: w.home.ID, AgreementID: &agreement.ID, Code: "ny", NameSv: "Ny"}))(t)
	must(w.s.Collaboration.UpdateAgreement(theirs, agreement.ID, agreement.Version, func(a *collaboration.Agreement) { a.Visibility = "MUNICIPALITY" }))(t)
	f := w.exported("shared projects")
	row := slices.IndexFunc(f.grid.Rows, func(r sheet.Row) bool { return r.Cell(f.column("Kod")).Text == project.Code })
	for _, guess := range []string{"Avtal om nedläggning", "Avtal om bygge"} {
		f.set(row, "Avtal", guess)
		if plan := w.preview("shared projects", w.sheet(f.write(sheet.CSV))); plan.Lines[row].Outcome != roster.Refused {
			t.Errorf("%q does\n%s", guess, plan.Lines[row].Outcome)
		}
	}
}
