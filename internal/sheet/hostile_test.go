package sheet

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"fardplan/internal/fault"
)

// The most that reading any file may take, on a busy machine: time, and heap above what
// was there before, with what is not yet collected.
const (
	mostTime = 10 * time.Second
	mostHeap = 200 << 20
)

// workbookOf is a workbook with a sheet, and with shared strings and styles where given.
func workbookOf(t *testing.T, sheet, shared, styles string) []byte {
	t.Helper()
	related := `<Relationships><Relationship Id="s" Type="x/worksheet" Target="/xl/s.xml"/>`
	more := []string{}
	for name, part := range map[string]string{"sharedStrings": shared, "styles": styles} {
		if part != "" {
			related += `<Relationship Id="` + name + `" Type="x/` + name + `" Target="` + name + `.xml"/>`
			more = append(more, "xl/"+name+".xml", part)
		}
	}
	return packed(t, sheet, append(more, "xl/_rels/workbook.xml.rels", related+`</Relationships>`)...)
}

// filled is as many copies of a text as a workbook may hold, between two others.
func filled(before, text, after string) string {
	return before + strings.Repeat(text, (maxUnpack-1<<20)/len(text)) + after
}

// rowsOf are so many rows of a heading and cells.
func rowsOf(rows, columns int, cell string) string {
	return "<s>" + strings.Repeat("<row>"+strings.Repeat(cell, columns)+"</row>", rows) + "</s>"
}

// TestNoSmallFileKeepsTheReaderBusy crafts what a reader could be made to work on for
// minutes, or to fill the memory with: each is refused, or read, within bounds.
func TestNoSmallFileKeepsTheReaderBusy(t *testing.T) {
	if testing.Short() {
		t.Skip("each case is as large as a file may be")
	}
	heading := `<row><c t="inlineStr"><is><t>Namn</t></is></c></row>`
	for name, c := range map[string]struct {
		content func() []byte
		rule    string // "" where it is read
	}{
		"shared strings without number": {func() []byte { return workbookOf(t, "<s/>", filled("<sst>", "<si/>", "</sst>"), "") }, "sheet_bytes"},
		"a shared string in many runs": {func() []byte {
			return workbookOf(t, "<s/>", filled("<sst><si>", "<r><t>aa</t></r>", "</si></sst>"), "")
		}, "sheet_bytes"},
		"a shared string without end": {func() []byte { return workbookOf(t, "<s/>", filled("<sst><si><t>", "a", "</t></si></sst>"), "") }, "sheet_bytes"},
		"a shared string in every cell": {func() []byte {
			return workbookOf(t, rowsOf(MaxRows, 50, `<c t="s"><v>0</v></c>`), "<sst><si><t>"+strings.Repeat("å", MaxText)+"</t></si></sst>", "")
		}, "sheet_cells"},
		"elements in each other":        {func() []byte { return packed(t, filled("", "<a>", "")) }, "sheet_format"},
		"elements in a cell":            {func() []byte { return packed(t, filled("<s><row><c><is>", "<r>", "")) }, "sheet_format"},
		"an element of many attributes": {func() []byte { return packed(t, filled("<s", ` a=""`, "/>")) }, "sheet_bytes"},
		"a comment without end":         {func() []byte { return packed(t, filled("<s><!--", "a", "--></s>")) }, "sheet_bytes"},
		"cells without number":          {func() []byte { return packed(t, filled("<s>"+heading+"<row>", "<c/>", "</row></s>")) }, "sheet_bytes"},
		"rows without number":           {func() []byte { return packed(t, filled("<s>", "<row/>", "</s>")) }, "sheet_format"},
		"styles without number": {func() []byte {
			return workbookOf(t, "<s/>", "", filled("<styleSheet><cellXfs>", `<xf numFmtId="200"/>`, "</cellXfs></styleSheet>"))
		}, "sheet_bytes"},
		"a number format without end": {func() []byte {
			return workbookOf(t, "<s>"+heading+"</s>", "", `<styleSheet><numFmts>`+strings.Repeat(`<numFmt numFmtId="200" formatCode="`+strings.Repeat("[Red]", 100_000)+`"/>`, 20)+`</numFmts><cellXfs>`+strings.Repeat(`<xf numFmtId="200"/>`, 10_000)+`</cellXfs></styleSheet>`)
		}, ""},
		"a sheet that says it is vast": {func() []byte {
			return packed(t, `<s><dimension ref="A1:XFD1048576"/><cols><col min="1" max="16384"/></cols>`+heading+`</s>`)
		}, ""},
		"a cell far down": {func() []byte {
			return packed(t, `<s>`+heading+`<row r="1048576"><c r="A1048576" t="b"><v>1</v></c></row></s>`)
		}, ""},
		"a cell far down and out": {func() []byte {
			return packed(t, `<s>`+heading+`<row r="1048576"><c r="XFD1048576" t="b"><v>1</v></c></row></s>`)
		}, "sheet_columns"},
		"a row below the last": {func() []byte { return packed(t, `<s>`+heading+`<row r="1048577"><c t="b"><v>1</v></c></row></s>`) }, "sheet_format"},
		"a style and type of no number": {func() []byte {
			return workbookOf(t, `<s>`+heading+`<row><c s="x" t="b"><v>1</v></c></row></s>`, "", `<styleSheet><cellXfs><xf numFmtId="x"/></cellXfs></styleSheet>`)
		}, ""},
		"entities in each other": {func() []byte {
			return packed(t, `<!DOCTYPE s [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><s><row><c t="str"><v>&b;</v></c></row></s>`)
		}, "sheet_format"},
		"an entity of another file": {func() []byte { return packed(t, `<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]><s/>`) }, "sheet_format"},
		"another character set":     {func() []byte { return packed(t, `<?xml version="1.0" encoding="UTF-7"?><s/>`) }, "sheet_format"},
		"a part that is its own table": {func() []byte {
			return packed(t, filled("<s>"+heading, " ", "</s>"), "xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="s" Type="x/worksheet" Target="s.xml"/><Relationship Id="t" Type="x/sharedStrings" Target="s.xml"/><Relationship Id="u" Type="x/styles" Target="s.xml"/></Relationships>`)
		}, "sheet_bytes"},
		"a size that is not told": {func() []byte { return lying(t, filled("<s>", " ", "</s>")) }, "sheet_format"},
		"a broken stream": {func() []byte {
			b := packed(t, "<s>"+strings.Repeat("<a/>", 1<<20)+"</s>")
			copy(b[len(b)/2:], "xxxxxxxxxxxx")
			return b
		}, "sheet_format"},
		"one wide row and many short": {func() []byte {
			return []byte(strings.Repeat("a;", MaxColumns-1) + "a\n" + strings.Repeat("b\n", MaxRows))
		}, ""},
		"a field as large as the file":  {func() []byte { return []byte("a\n'" + strings.Repeat("1", MaxBytes-10)) }, ""},
		"a field in quotes without end": {func() []byte { return []byte("a\n\"" + strings.Repeat("b\"\"", (MaxBytes-10)/3)) }, "sheet_quote"},
		"many columns":                  {func() []byte { return []byte(strings.Repeat("a;", 100_000)) }, "sheet_columns"},
		"many empty columns in all rows": {func() []byte {
			return []byte("a\n" + strings.Repeat(strings.Repeat(";", lastColumn-1)+"\n", MaxBytes/lastColumn-1))
		}, ""},
		"empty rows": {func() []byte { return []byte("a" + strings.Repeat("\n", MaxBytes-1)) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			content := c.content()
			if len(content) > MaxBytes {
				t.Fatalf("the file has %d bytes, and so tries nothing", len(content))
			}
			heap := watchHeap()
			began := time.Now()
			_, err := Read(content)
			took, most := time.Since(began), heap()
			t.Logf("%d bytes: %v, %d MB", len(content), took.Round(time.Millisecond), most>>20)
			if all := fault.All(err); c.rule == "" && err != nil || c.rule != "" && (len(all) != 1 || all[0].Rule != c.rule || all[0].Field != "content") {
				t.Errorf("it is told %v, want %q", err, c.rule)
			}
			if took > mostTime || most > mostHeap {
				t.Errorf("it took %v and %d MB", took, most>>20)
			}
		})
	}
}

// watchHeap begins to watch the heap; what it gives ends that, and gives how much it has grown at most.
func watchHeap() func() uint64 {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 { metrics.Read(heap); return heap[0].Value.Uint64() }
	runtime.GC()
	before := read()
	most := before
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			most = max(most, read())
			select {
			case <-end:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(end)
		<-ended
		return max(most, read()) - before
	}
}

// lying is a workbook whose sheet is said to be unpacked to a single byte.
func lying(t *testing.T, sheet string) []byte {
	t.Helper()
	content := packed(t, sheet)
	entry := content[bytes.LastIndex(content, []byte("PK\x01\x02")):]
	if !bytes.HasPrefix(entry[46:], []byte("xl/s.xml")) {
		t.Fatalf("the last entry is %.10q", entry[46:])
	}
	binary.LittleEndian.PutUint32(entry[24:], 1)
	return content
}
