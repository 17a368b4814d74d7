package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"fardplan/internal/fault"
)

var formats = []Format{CSVExcel, CSV, XLSX}

// hostile are texts that spreadsheet programs or careless readers change.
var hostile = []string{
	`=HYPERLINK("http://example.org";"klicka")`, "-1+2", "+46 11 15 00 00", "@SUM(A1)", "\tflik först", "\nradbrytning först", "'=1", "''", "'", "'citat",
	"0011", "123456789012", "12345678901234567890", "12E3", "1e-5", "2,5E3", "(5)", "10 fm", "10:30 em", "2026-01-01T10:00", " =1", "\u200b=1", "﹦1+1", "1,23E+15", "1.5e10", "'1,23E+15", "2024-02-29", "1/2", "TRUE", "0,5", "1 234,50",
	"Å ä ö é", "två\nrader", "semikolon;komma,flik\t", `"citat" i "text"`, "\"", " mellanslag ", "🏛️ 🚒", "שלום עולם", "\u202eomvänd", "_x000D_", "_x005F_x0041_", "＝1+1", "<b>&amp;</b>", "a\u00a0b",
}

func columns(n int) []Column {
	all := make([]Column, n)
	for i := range all {
		all[i].Heading = fmt.Sprintf("Rubrik %d", i)
	}
	return all
}

func texts(g *Grid) [][]string {
	var rows [][]string
	for _, row := range g.Rows {
		var cells []string
		for i := range g.Header {
			c := row.Cell(i)
			if c.Fault != nil {
				c.Text = "FAULT " + c.Fault.Rule
			}
			cells = append(cells, c.Text)
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("ab=+-@\t\n'\";,. 019eE_xåÖ🏛\u05d0")
	rows := [][]string{}
	for _, text := range hostile {
		rows = append(rows, []string{"x", text, "y"}, []string{text, "x", text})
	}
	for range 2000 {
		row := []string{"x", "", ""}
		for i := range row[1:] {
			text := make([]rune, chance.IntN(8))
			for k := range text {
				text[k] = alphabet[chance.IntN(len(alphabet))]
			}
			row[i+1] = string(text)
		}
		rows = append(rows, row)
	}
	for _, f := range formats {
		content, err := Write(f, Table{Columns: columns(3), Rows: rows})
		if err != nil {
			t.Fatal(err)
		}
		g, err := Read(content)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if diff := cmp.Diff(rows, texts(g)); diff != "" {
			t.Errorf("%s: written (-) and read (+):\n%s", f, diff)
		}
		if g.Rows[0].Number != 2 || g.HeaderRow != 1 || g.Header[2] != "Rubrik 2" {
			t.Errorf("%s: header %v at row %d, first row %d", f, g.Header, g.HeaderRow, g.Rows[0].Number)
		}
	}
}

func TestNoCellOfACSVFileIsAFormula(t *testing.T) {
	for _, text := range hostile {
		content, err := Write(CSVExcel, Table{Columns: columns(1), Rows: [][]string{{text}}})
		if err != nil {
			t.Fatal(err)
		}
		line := strings.TrimLeft(strings.TrimPrefix(strings.SplitN(string(content), "\r\n", 2)[1], `"`), " \u200b")
		if first, _ := utf8.DecodeRuneInString(line); strings.ContainsRune("=+-@\t\r\n﹦＝", first) {
			t.Errorf("%q is written as %q", text, line)
		}
	}
}

// TestWhatAProgramChangesIsMarked names texts that Excel or LibreOffice make another one
// of, and such as they leave alone.
func TestWhatAProgramChangesIsMarked(t *testing.T) {
	for text, want := range map[string]bool{
		"12E3": true, "1E5": true, "1e-5": true, "2,5E3": true, "(5)": true, "(011)": true, "10 fm": true, "10:30 em": true, "2026-01-01T10:00": true,
		"123456789012": true, "12345678901": false, "0": false, "2026-03-31": false, "1d": false, "10 em till": false, "E-tjänst": false, "3 a": false, "": false,
	} {
		if got := guard(text); (got != text) != want {
			t.Errorf("%q is written as %q", text, got)
		}
	}
}

// TestAMarkGoesWithWhatItGuards edits a marked cell as it shows: the mark is not the
// editor's.
func TestAMarkGoesWithWhatItGuards(t *testing.T) {
	for cell, want := range map[string]string{
		"'1 450 kr per år": "1 450 kr per år", "'-1 och mer": "-1 och mer", "'=1+1 är två": "=1+1 är två", "''90-talet": "'90-talet",
		"'Bygglov'": "'Bygglov'", "'": "'", "''": "'", "'0011": "0011",
	} {
		g, err := Read([]byte("Namn;Text\nx;" + cell))
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Rows[0].Cells[1]; got.Text != want || got.Fault != nil {
			t.Errorf("%q is read as %q, %v; want %q", cell, got.Text, got.Fault, want)
		}
	}
}

func TestCSVIsAsItsReadersExpect(t *testing.T) {
	table := Table{Columns: []Column{{Heading: "Namn"}, {Heading: "Text"}}, Rows: [][]string{{"Förskola", "a;b,c"}}}
	for f, want := range map[Format]string{
		CSVExcel: "\uFEFFNamn;Text\r\nFörskola;\"a;b,c\"\r\n",
		CSV:      "Namn,Text\r\nFörskola,\"a;b,c\"\r\n",
	} {
		if got, err := Write(f, table); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", f, got, err, want)
		}
	}
}

func TestAFileIsKnownByWhatItHolds(t *testing.T) {
	want := [][]string{{"Gräv", "två\nrader"}, {"Över", ""}}
	latin := func(s string) string {
		return strings.NewReplacer("ä", "\xe4", "å", "\xe5", "Ö", "\xd6").Replace(s)
	}
	body := "Namn;Text\r\nGräv;\"två\r\nrader\"\r\n\r\nÖver;\r\n"
	utf16 := []byte{0xFF, 0xFE}
	for _, r := range strings.ReplaceAll(body, ";", "\t") {
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	mac := strings.NewReplacer("ä", "\x8a", "å", "\x8c", "Ö", "\x85", "ö", "\x9a").Replace
	dos := strings.NewReplacer("ä", "\x84", "å", "\x86", "Ö", "\x99", "ö", "\x94").Replace
	spelt := "Namn;Två ord\r\n" + strings.SplitN(body, "\r\n", 2)[1]
	for name, content := range map[string]string{
		"Mac OS Roman": mac(spelt), "MS-DOS": dos(spelt), "UTF-8": body, "with a mark": "\uFEFF" + body, "Windows-1252": latin(body),
		"commas": strings.ReplaceAll(body, ";", ","), "tabs": strings.ReplaceAll(body, ";", "\t"),
		"line feeds": strings.ReplaceAll(body, "\r\n", "\n"), "carriage returns": strings.ReplaceAll(body, "\r\n", "\r"),
		"no end": strings.TrimSuffix(body, "\r\n"), "UTF-16": string(utf16),
	} {
		g, err := Read([]byte(content))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, texts(g)); diff != "" || g.Rows[1].Number != 4 {
			t.Errorf("%s, row %d:\n%s", name, g.Rows[1].Number, diff)
		}
	}
}

// Quotation marks and dots of Windows-1252 are letters in older character sets.
func TestTheCharacterSetIsNotGuessedByMarks(t *testing.T) {
	g, err := Read([]byte("Namn;Text\r\n\x94Bygglov\x94\x85;\x8aimek \x80 5\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"”Bygglov”…", "Šimek € 5"}}, texts(g)); diff != "" {
		t.Error(diff)
	}
}

func TestNumbersAndDatesOfAWorkbook(t *testing.T) {
	for _, since1904 := range []bool{false, true} {
		f := excelize.NewFile()
		if since1904 {
			if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &since1904}); err != nil {
				t.Fatal(err)
			}
		}
		serial := 45351.0 // 2024-02-29
		if since1904 {
			serial -= 1462
		}
		swedish, german := "yyyy\\-mm\\-dd;@", `[$-407]d. mmmm yyyy`
		red := `[Red]#,##0.00 "dagar"`
		for i, c := range []struct {
			value  any
			style  excelize.Style
			expect string
		}{
			{serial, excelize.Style{NumFmt: 14}, "2024-02-29"},
			{serial, excelize.Style{CustomNumFmt: &swedish}, "2024-02-29"},
			{serial, excelize.Style{CustomNumFmt: &german}, "2024-02-29"},
			{serial + 0.5, excelize.Style{NumFmt: 22}, "2024-02-29 12:00:00"},
			{0.25, excelize.Style{NumFmt: 20}, "06:00:00"},
			{serial, excelize.Style{CustomNumFmt: &red}, strings.TrimSuffix(fmt.Sprint(int(serial)), ".0")},
			{0.1 + 0.2, excelize.Style{}, "0.3"},
			{1234567.5, excelize.Style{}, "1234567.5"},
			{123456789012345, excelize.Style{}, "123456789012345"},
			{1.23456789012346e19, excelize.Style{}, "FAULT cell_rounded"},
			{true, excelize.Style{}, "TRUE"},
			{"0011", excelize.Style{}, "0011"},
			{"12345678901234567890", excelize.Style{}, "12345678901234567890"},
		} {
			style, err := f.NewStyle(&c.style)
			if err != nil {
				t.Fatal(err)
			}
			place := Place(i, 2)
			if err := f.SetCellValue("Sheet1", Place(i, 1), c.expect); err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellValue("Sheet1", place, c.value); err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStyle("Sheet1", place, place, style); err != nil {
				t.Fatal(err)
			}
		}
		b, err := f.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		g, err := Read(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]string{g.Header}, texts(g)); diff != "" {
			t.Errorf("since 1904 %t:\n%s", since1904, diff)
		}
	}
}

// packed is a zip file of the parts, with that of the sheet last.
func packed(t *testing.T, sheet string, more ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	parts := append([]string{
		"_rels/.rels", `<Relationships><Relationship Id="r" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<workbook xmlns:r="x"><sheets><sheet name="gömt" state="hidden" r:id="a"/><sheet name="S" r:id="s"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="s" Type="x/worksheet" Target="/xl/s.xml"/></Relationships>`,
		"xl/s.xml", sheet}, more...)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err == nil {
			_, err = w.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAFileThatCannotBeReadIsToldSo(t *testing.T) {
	wide := strings.Repeat("a;", MaxColumns+1)
	for name, c := range map[string]struct {
		content []byte
		rule    string
	}{
		"empty":            {[]byte(" \n"), "sheet_empty"},
		"too large":        {make([]byte, MaxBytes+1), "sheet_bytes"},
		"old Excel":        {[]byte("\xD0\xCF\x11\xE0rest"), "sheet_format"},
		"another zip":      {packed(t, "", "xl/workbook.xml", "<a>"), "sheet_format"},
		"half a zip":       {packed(t, "<a/>")[:200], "sheet_format"},
		"macros":           {packed(t, "<worksheet/>", "xl/vbaProject.bin", "x"), "sheet_macros"},
		"far out":          {packed(t, `<row r="1"><c r="XFD1" t="b"><v>1</v></c></row>`), "sheet_columns"},
		"rows backwards":   {packed(t, `<s><row r="2"><c r="A2"><v>1</v></c></row><row r="1"/></s>`), "sheet_format"},
		"too many columns": {[]byte(wide + "a"), "sheet_columns"},
		"too many rows":    {[]byte("a\n" + strings.Repeat("b\n", MaxRows+1)), "sheet_rows"},
		"an open quote":    {[]byte("a\n\"b"), "sheet_quote"},
		"a bad heading":    {[]byte("a\x00;b\n"), "sheet_header"},
	} {
		_, err := Read(c.content)
		if all := fault.All(err); len(all) != 1 || all[0].Rule != c.rule || all[0].Field != "content" {
			t.Errorf("%s: %v, want %s", name, err, c.rule)
		}
	}
}

func TestACellThatCannotBeReadIsToldSo(t *testing.T) {
	for text, rule := range map[string]string{
		"a\x00b": "cell_control", "a\x1fb": "cell_control", "1,23457E+15": "cell_rounded", "1.2E+20": "cell_rounded",
		strings.Repeat("a", MaxText+1): "cell_length",
	} {
		g, err := Read([]byte("Namn;Text\nx;" + text))
		if err != nil {
			t.Fatal(err)
		}
		if f := g.Rows[0].Cells[1].Fault; f == nil || f.Rule != rule {
			t.Errorf("%.20q: %v, want %s", text, f, rule)
		}
	}
	g, err := Read(packed(t, `<s><row><c t="inlineStr"><is><t>Namn</t></is></c></row><row><c r="B2" t="e"><v>#N/A</v></c><c r="C2" t="s"><v>7</v></c><c r="D2"><f>A1&amp;"x"</f><v/></c><c r="E2" t="str"><f>A2</f><v></v></c><c r="F2"><f>1+1</f><v>2</v></c></row></s>`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"", "FAULT cell_error", "FAULT cell_unreadable", "FAULT cell_formula", "", "2"}}, texts(g)); diff != "" {
		t.Error(diff)
	}
}

func TestAWorkbookHelpsWhoFillsItIn(t *testing.T) {
	content, err := Write(XLSX, Table{Title: "E-tjänster", WordsTitle: "Ord", Columns: []Column{
		{Heading: "id", Hidden: true}, {Heading: "Status", Words: []string{"idé", "i drift"}}, {Heading: "Teman", Words: []string{"bo"}, Several: true}}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	lists, err := f.GetDataValidations("E-tjänster")
	if err != nil || len(lists) != 1 || lists[0].Sqref != "B2:B20001" || !strings.Contains(lists[0].Formula1, "'Ord'!$A$2:$A$3") {
		t.Errorf("lists: %+v, %v", lists, err)
	}
	words, err := f.GetRows("Ord")
	if diff := cmp.Diff([][]string{{"Status", "Teman"}, {"idé", "bo"}, {"i drift"}}, words); diff != "" || err != nil {
		t.Errorf("words: %s, %v", diff, err)
	}
	if visible, err := f.GetColVisible("E-tjänster", "A"); visible || err != nil {
		t.Errorf("the hidden column shows, %v", err)
	}
	if panes, err := f.GetPanes("E-tjänster"); !panes.Freeze || err != nil {
		t.Errorf("the header is not frozen, %v", err)
	}
}

func TestPlaces(t *testing.T) {
	for place, at := range map[string]int{"A1": 0, "Z1": 25, "AA1": 26, "AZ1": 51, "BA1": 52, "ZZ1": 701, "AAA1": 702} {
		if got := Place(at, 1); got != place || columnOf(place) != at {
			t.Errorf("%d is %s, read as %d; want %s", at, got, columnOf(place), place)
		}
	}
}
