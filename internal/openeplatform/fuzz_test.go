package openeplatform

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"fardplan/internal/fault"

	"golang.org/x/text/unicode/norm"
)

// checkText fails on what no text of a Flow may hold.
func checkText(t *testing.T, field, text string, multiline bool) {
	t.Helper()
	if !utf8.ValidString(text) || !norm.NFC.IsNormalString(text) {
		t.Errorf("%s is not UTF-8 in NFC: %q", field, text)
	}
	for _, r := range text {
		if r == '\n' && multiline {
			continue
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' || r == '\ufeff' || unicode.IsSpace(r) && r != ' ' {
			t.Errorf("%s holds %U: %q", field, r, text)
		}
	}
	if strings.TrimSpace(text) != text || strings.Contains(text, "  ") || strings.Contains(text, "\n\n\n") {
		t.Errorf("%s has loose white space: %q", field, text)
	}
}

func checkFlow(t *testing.T, flow Flow) {
	t.Helper()
	checkText(t, "name", flow.Name, false)
	checkText(t, "category", flow.Category, false)
	checkText(t, "summary", flow.Summary, true)
	checkText(t, "description", flow.Description, true)
	if flow.Name == "" || flow.FamilyID <= 0 || flow.VersionID < 0 || flow.CategoryID < 0 {
		t.Errorf("a flow without name or id: %+v", flow)
	}
	for _, address := range append([]string{flow.URL}, flow.Aliases...) {
		if address != "" && !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
			t.Errorf("an address that is none: %q", address)
		}
	}
	if short, _ := Shorten(flow.Summary, 150); utf8.RuneCountInString(short) > 150 {
		t.Errorf("%q is not shortened: %q", flow.Summary, short)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"getflows.json", "getflows.latin1.json", "getflows.latin1.xml"} {
		f.Add([]byte(fixture(f, name)), "application/json;charset=ISO-8859-1")
	}
	for _, seed := range []string{
		`{"Flows":[]}`, `{"Flows":[{"ID":"1","Name":"F&amp;lt;","ShortDescription":"&lt;script&gt;<ul><li>a</ul>","Enabled":"true"}]}`,
		`{"Flows":[{"ID":1,"Name":"\u202e\ud800\u0000x","URL":"https://a.se/å","LongDescription":"<a href='https://a.se'>b<script>"}]}`,
		`<Flows><Flow><ID>1</ID><Name>F</Name><Aliases><Alias>http://a.se</Alias></Aliases></Flow></Flows>`,
		`<!DOCTYPE x [<!ENTITY a "b">]><Flows/>`, `<html>`, "\xff\xfe{\x00", "\xef\xbb\xbf{}", `{"a":[[[[[[`,
	} {
		f.Add([]byte(seed), "")
	}
	f.Fuzz(func(t *testing.T, content []byte, contentType string) {
		doc, err := Read(t.Context(), bytes.NewReader(content), contentType, Options{MaxFlows: 1000})
		if err != nil {
			var refusal *fault.Error
			if !errors.As(err, &refusal) || refusal.Rule == "" {
				t.Fatalf("an error that is no fault: %v", err)
			}
			checkText(t, "fault", refusal.Sv, false)
			checkText(t, "fault", refusal.En, false)
			if len(doc.Flows) > 0 {
				t.Error("a refused document gave flows")
			}
		}
		families := map[int64]bool{}
		for _, flow := range doc.Flows {
			checkFlow(t, flow)
			if families[flow.FamilyID] {
				t.Errorf("the family %d comes twice", flow.FamilyID)
			}
			families[flow.FamilyID] = true
		}
		for _, row := range doc.Faults {
			checkText(t, "name of a refused row", row.Name, false)
			if row.Position < 1 || len(row.Faults) == 0 {
				t.Errorf("a refused row without place or reason: %+v", row)
			}
		}
	})
}

func FuzzPlainText(f *testing.F) {
	for _, seed := range []string{
		"<p>Ans&ouml;k</p>", "a<br><br>b", "<ul><li>a<li>b</ul>", "<a href=https://a.se>x</a>", "<script>x</script>",
		"&#0;&#x202e;&amp;lt;", "<svg><p></svg>", "e\u0301\u0323", "\u0344\u1161\u11a8",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, markup string) {
		checkText(t, "text", plainText(markup), true)
		checkText(t, "line", oneLine(markup), false)
	})
}
