package openeplatform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"fardplan/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func readString(t *testing.T, content string) (Document, error) {
	t.Helper()
	return Read(t.Context(), strings.NewReader(content), "", Options{})
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// ruleOf gives the Rule of err's fault, and fails when it has none or lacks a
// text in either language.
func ruleOf(t *testing.T, err error) string {
	t.Helper()
	all := fault.All(err)
	if len(all) != 1 {
		t.Fatalf("got the error %v, want one fault", err)
	}
	if all[0].Sv == "" || all[0].En == "" || all[0].Code == "" {
		t.Errorf("the fault %+v lacks a text or a code", all[0])
	}
	return all[0].Rule
}

func TestBothFormatsGiveTheWholeFlow(t *testing.T) {
	description := "Innan du börjar\n\nDu behöver:\n\n- situationsplan\n- fasadritning\n\n" +
		"Läs mer på sidan om bygglov (https://www.example.se/bygglov).\nFrågor: bygglov@example.se"
	newServer := []Flow{{
		FamilyID: 512, VersionID: 2207, Name: "Ansökan om bygglov", Category: "Bygga, bo och miljö", CategoryID: 3,
		URL:     "https://e-tjanster.example.se/oversikt/overview/512",
		Summary: "Här söker du bygglov för nybyggnad, tillbyggnad och fasadändring.", Description: description,
		RequiresAuthentication: true, RequiresSigning: true, Enabled: true,
		Aliases: []string{"https://e-tjanster.example.se/bygglov", "https://e-tjanster.example.se/bygga"},
	}, {
		FamilyID: 77, VersionID: 1980, Name: "Tyck till om kommunen", Category: "Kommun och politik", CategoryID: 7,
		URL:     "https://e-tjanster.example.se/oversikt/overview/77",
		Summary: "Lämna synpunkter – stort som smått.", RequiresSigning: true, TakesPayment: true,
	}}
	oldServer := []Flow{{
		FamilyID: 2207, UnstableKey: true, VersionID: 2207, Name: "Ansökan om bygglov", Category: "Bygga, bo och miljö", CategoryID: 3,
		URL:     "https://e-tjanster.example.se/oversikt/flowoverview/2207",
		Summary: "Här söker du bygglov.", Description: "Du behöver en situationsplan.\n\nAvgift tas ut.",
		RequiresAuthentication: true, Enabled: true,
	}, {
		FamilyID: 1980, UnstableKey: true, VersionID: 1980, Name: "Tyck till om kommunen", Category: "Kommun och politik", CategoryID: 7,
		URL: "https://e-tjanster.example.se/oversikt/flowoverview/1980", Enabled: true,
	}}
	for _, tt := range []struct {
		file, contentType string
		want              Document
	}{
		{"getflows.json", "application/json;charset=UTF-8", Document{Flows: newServer, Encoding: "UTF-8", Format: "json"}},
		{"getflows.latin1.json", "application/json;charset=ISO-8859-1", Document{Flows: newServer, Encoding: "windows-1252", Format: "json"}},
		{"getflows.latin1.xml", "text/xml", Document{Flows: oldServer, Encoding: "windows-1252", Format: "xml"}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			got, err := Read(t.Context(), strings.NewReader(fixture(t, tt.file)), tt.contentType, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func utf16Bytes(text string, bigEndian bool) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		high, low := byte(unit>>8), byte(unit)
		if !bigEndian {
			high, low = low, high
		}
		b.WriteByte(high)
		b.WriteByte(low)
	}
	return b.String()
}

func TestTheCharsetIsWhatTheBytesSayAndThenWhatIsDeclared(t *testing.T) {
	const text = `{"Flows":[{"ID":1,"Name":"Förskola 𝄞"}]}`
	const latin = "{\"Flows\":[{\"ID\":1,\"Name\":\"F\xf6rskola\"}]}"
	declaredXML := func(charset, name string) string {
		return `<?xml version="1.0" encoding="` + charset + `"?><Flows><Flow><ID>1</ID><Name>` + name + `</Name></Flow></Flows>`
	}
	for _, tt := range []struct {
		rule, content, contentType, wantName, wantEncoding string
	}{
		{"UTF-8 undeclared", text, "application/json", "Förskola 𝄞", "UTF-8"},
		{"UTF-8 declared as ISO-8859-1", text, "application/json; charset=ISO-8859-1", "Förskola 𝄞", "UTF-8"},
		{"UTF-8 with its mark", "\uFEFF" + text, "", "Förskola 𝄞", "UTF-8"},
		{"UTF-16 with its mark", "\xff\xfe" + utf16Bytes(text, false), "", "Förskola 𝄞", "UTF-16LE"},
		{"UTF-16 other order", "\xfe\xff" + utf16Bytes(text, true), "", "Förskola 𝄞", "UTF-16BE"},
		{"UTF-16 without mark", utf16Bytes(text, true), "", "Förskola 𝄞", "UTF-16BE"},
		{"UTF-16 without mark, other order", utf16Bytes(text, false), "", "Förskola 𝄞", "UTF-16LE"},
		{"ISO-8859-1 undeclared", latin, "application/json", "Förskola", "windows-1252"},
		{"ISO-8859-1 declared as UTF-8", latin, "application/json;charset=utf-8", "Förskola", "windows-1252"},
		{"ISO-8859-1 with a broken content type", latin, "application/json;charset", "Förskola", "windows-1252"},
		{"quotes of windows-1252 in ISO-8859-1", "{\"Flows\":[{\"ID\":1,\"Name\":\"\x94F\xf6rskola\x94 \x96 \x80\"}]}", "application/json;charset=ISO-8859-1", "”Förskola” – €", "windows-1252"},
		{"ISO-8859-15 declared", "{\"Flows\":[{\"ID\":1,\"Name\":\"Avgift \xa4 f\xf6r\"}]}", "application/json;charset=ISO-8859-15", "Avgift € för", "ISO-8859-15"},
		{"XML declaration", declaredXML("ISO-8859-15", "\xa4 f\xf6r"), "text/xml", "€ för", "ISO-8859-15"},
		{"content type over XML declaration", declaredXML("ISO-8859-15", "\xa4 f\xf6r"), "text/xml; charset=ISO-8859-1", "¤ för", "windows-1252"},
		{"UTF-8 with a wrong XML declaration", declaredXML("ISO-8859-1", "Förskola"), "", "Förskola", "UTF-8"},
		{"XML in UTF-16", "\xff\xfe" + utf16Bytes(declaredXML("UTF-16", "Förskola"), false), "", "Förskola", "UTF-16LE"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			doc, err := Read(t.Context(), strings.NewReader(tt.content), tt.contentType, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Flows[0].Name; got != tt.wantName || doc.Encoding != tt.wantEncoding {
				t.Errorf("got %q in %s, want %q in %s", got, doc.Encoding, tt.wantName, tt.wantEncoding)
			}
		})
	}
}

func TestOneDamagedByteDoesNotSpoilADocumentInUTF8(t *testing.T) {
	doc, err := readString(t, "{\"Flows\":[{\"ID\":1,\"Name\":\"Förskola\"},{\"ID\":2,\"Name\":\"Skola åk\xc3\"},"+
		"{\"ID\":3,\"Name\":\"Grundskola för alla\",\"ShortDescription\":\"S\xf6k\"}]}")
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Flows) != 2 || doc.Flows[0].Name != "Förskola" || doc.Flows[1].Summary != "S\uFFFDk" {
		t.Errorf("the undamaged names are not read: %+v", doc.Flows)
	}
	if len(doc.Faults) != 1 || doc.Faults[0].FamilyID != 2 || doc.Faults[0].Faults[0].Rule != RuleNameDamaged {
		t.Errorf("the damaged name is not told: %+v", doc.Faults)
	}
}

func TestDamagedUTF16IsTold(t *testing.T) {
	const text = `{"Flows":[{"ID":1,"Name":"Skola"},{"ID":2,"Name":"X"}]}`
	lone := strings.Replace(utf16Bytes(text, true), "\x00X", "\xd8\x34", 1)
	doc, err := readString(t, lone)
	if err != nil || len(doc.Flows) != 1 || len(doc.Faults) != 1 || doc.Faults[0].FamilyID != 2 {
		t.Errorf("half a character gave %+v, %v", doc, err)
	}
	_, err = readString(t, utf16Bytes(text, true)+"\x00")
	if got := ruleOf(t, err); got != RuleMalformed {
		t.Errorf("half a code unit gave %s", got)
	}
	_, err = readString(t, "\x00{\x00")
	if got := ruleOf(t, err); got != RuleNotCatalogue {
		t.Errorf("three bytes gave %s", got)
	}
}

func TestADocumentThatIsNotAWholeCatalogueIsRefused(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Flows><Flow><ID>1</ID><Name>&b;</Name></Flow></Flows>`
	row := `{"ID":1,"Name":"Förskola"}`
	deep := strings.Repeat("[", 1000)
	for _, tt := range []struct{ name, content, contentType, want string }{
		{"nothing", "", "", RuleNoContent},
		{"white space", " \r\n\t", "application/json", RuleNoContent},
		{"only a byte order mark", "\uFEFF", "", RuleNoContent},
		{"XML without an element", `<?xml version="1.0"?><!-- tomt -->`, "", RuleNoContent},
		{"empty list", `{"Flows":[]}`, "", RuleEmpty},
		{"null list", `{"Flows":null}`, "", RuleEmpty},
		{"empty XML", `<Flows/>`, "", RuleEmpty},
		{"XML of other rows", `<Flows><Category><ID>1</ID></Category></Flows>`, "", RuleEmpty},
		{"error object", `{"error":"not logged in","status":500}`, "", RuleNotCatalogue},
		{"bare list", `[` + row + `]`, "", RuleNotCatalogue},
		{"list of another type", `{"Flows":"none"}`, "", RuleNotCatalogue},
		{"categories", `{"Categories":[{"ID":4,"Name":"Skola"}]}`, "", RuleNotCatalogue},
		{"another XML", `<Categories><Category/></Categories>`, "", RuleNotCatalogue},
		{"plain text", `Service Unavailable`, "text/plain", RuleNotCatalogue},
		{"jsonp", `callback({"Flows":[]})`, "application/javascript", RuleNotCatalogue},
		{"web page", "\n<!DOCTYPE html><html><body>502</body></html>", "text/html", RuleHTMLPage},
		{"web page without a type", "<HTML lang=sv><body>", "", RuleHTMLPage},
		{"web page after a comment", "<!-- proxy --><!DOCTYPE html><html></html>", "", RuleHTMLPage},
		{"XHTML", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>`, "", RuleHTMLPage},
		{"fragment of a page", "<p>Logga in</p>", "text/html; charset=utf-8", RuleHTMLPage},
		{"text as a page", "Logga in", "text/html", RuleHTMLPage},
		{"JSON cut in a row", `{"Flows":[` + row + `,{"ID":2,"Na`, "", RuleTruncated},
		{"JSON cut between rows", `{"Flows":[` + row + `,`, "", RuleTruncated},
		{"JSON cut after a row", `{"Flows":[` + row, "", RuleTruncated},
		{"JSON cut at the very end", `{"Flows":[` + row + `]`, "", RuleTruncated},
		{"JSON cut at the start", `{"Fl`, "", RuleTruncated},
		{"XML cut in a row", `<Flows><Flow><ID>1</ID><Name>F`, "", RuleTruncated},
		{"XML cut in a tag", `<Flows><Flow><ID>1</ID></Fl`, "", RuleTruncated},
		{"XML cut after a row", `<Flows><Flow><ID>1</ID><Name>F</Name></Flow>`, "", RuleTruncated},
		{"JSON without a comma", `{"Flows":[` + row + row + `]}`, "", RuleMalformed},
		{"JSON with a comma too many", `{"Flows":[` + row + `,]}`, "", RuleMalformed},
		{"two documents", `{"Flows":[` + row + `]}{"Flows":[]}`, "", RuleMalformed},
		{"text after JSON", `{"Flows":[` + row + `]}</html>`, "", RuleMalformed},
		{"the list twice", `{"Flows":[` + row + `],"Flows":[]}`, "", RuleMalformed},
		{"JSON with a zero byte", "{\"Flows\":[{\"ID\":1,\"Name\":\"F\x00\"}]}", "", RuleMalformed},
		{"XML with a wrong end tag", `<Flows><Flow><ID>1</Name></Flow></Flows>`, "", RuleMalformed},
		{"XML of two roots", `<Flows><Flow><ID>1</ID><Name>F</Name></Flow></Flows><Flows/>`, "", RuleMalformed},
		{"text after XML", `<Flows><Flow><ID>1</ID><Name>F</Name></Flow></Flows>oj `, "", RuleMalformed},
		{"HTML entity in XML", `<Flows><Flow><ID>1</ID><Name>F&ouml;rskola</Name></Flow></Flows>`, "", RuleMalformed},
		{"entity bomb", bomb, "", RuleDTD},
		{"foreign file", `<!DOCTYPE Flows SYSTEM "file:///etc/passwd"><Flows/>`, "", RuleDTD},
		{"deep JSON in a row", `{"Flows":[{"x":` + deep, "", RuleTooDeep},
		{"deep JSON beside the list", `{"x":` + deep, "", RuleTooDeep},
		{"deep XML", `<Flows>` + strings.Repeat("<Flow>", 1000), "", RuleTooDeep},
		{"huge JSON row", `{"Flows":[{"x":"` + strings.Repeat("a", maxRowBytes+readChunk) + `"}]}`, "", RuleRowTooLarge},
		{"huge XML row", `<Flows><Flow><x>` + strings.Repeat("a", maxRowBytes+readChunk) + `</x></Flow></Flows>`, "", RuleRowTooLarge},
		{"another charset", "{\"Flows\":[{\"ID\":1,\"Name\":\"F\xf6\"}]}", "application/json; charset=Shift_JIS", RuleCharset},
		{"very many rows refused", `{"Flows":[` + row + strings.Repeat(`,{}`, maxRowFaults+1) + `]}`, "", RuleManyFaults},
		{"all rows refused", `{"Flows":[{"ID":1},{"Name":"F"}]}`, "", RuleAllRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Read(t.Context(), strings.NewReader(tt.content), tt.contentType, Options{})
			if got := ruleOf(t, err); got != tt.want {
				t.Errorf("got %s (%v), want %s", got, err, tt.want)
			}
			if len(doc.Flows) > 0 {
				t.Errorf("a refused document gave flows: %+v", doc.Flows)
			}
		})
	}
}

func TestABrokenPlaceIsToldInBytesAsTheServerSentThem(t *testing.T) {
	before := `{"Flows":[{"ID":1,"Name":"Förskola åk ö"}`
	latin := strings.NewReplacer("ö", "\xf6", "å", "\xe5").Replace(before)
	for _, tt := range []struct {
		encoding, content string
		want              int
	}{
		{"UTF-8", before + `?]}`, len(before)},
		{"UTF-8 with its mark", "\uFEFF" + before + `?]}`, 3 + len(before)},
		{"ISO-8859-1", latin + `?]}`, len(latin)},
		{"UTF-16", "\xff\xfe" + utf16Bytes(before+`?]}`, false), 2 + len(utf16Bytes(before, false))},
		{"UTF-8, inside a row", before + `,{"ID":?}]}`, len(before) + 1},
		{"XML", `<Flows><Flow><ID>1</ID><Name>Å</Name></Flow></Flow></Flows>`, len(`<Flows><Flow><ID>1</ID><Name>Å</Name></Flow></Flow>`)},
	} {
		t.Run(tt.encoding, func(t *testing.T) {
			_, err := readString(t, tt.content)
			if got := ruleOf(t, err); got != RuleMalformed {
				t.Fatalf("got %s, want %s", got, RuleMalformed)
			}
			if want := fmt.Sprintf("after %d bytes (whole e-services before that: 1)", tt.want); !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		})
	}
}

func TestABadRowIsListedAndTheOthersAreRead(t *testing.T) {
	long := strings.Repeat("a", maxName+1)
	for _, tt := range []struct {
		name, row, wantRule, wantField string
		wantFamily                     int64
	}{
		{"no name", `{"ID":9,"FlowFamilyID":7}`, RuleNameMissing, "Name", 7},
		{"null name", `{"ID":9,"FlowFamilyID":7,"Name":null}`, RuleNameMissing, "Name", 7},
		{"invisible name", `{"ID":9,"FlowFamilyID":7,"Name":"\u200b\u3164 \u202e"}`, RuleNameMissing, "Name", 7},
		{"name of signs", `{"ID":9,"FlowFamilyID":7,"Name":"---"}`, RuleNameMissing, "Name", 7},
		{"too long a name", `{"ID":9,"FlowFamilyID":7,"Name":"` + long + `"}`, RuleTextTooLong, "Name", 7},
		{"damaged name", `{"ID":9,"FlowFamilyID":7,"Name":"F\ud800rskola"}`, RuleNameDamaged, "Name", 7},
		{"number as name", `{"ID":9,"FlowFamilyID":7,"Name":12}`, RuleWrongType, "Name", 7},
		{"no id", `{"Name":"F"}`, RuleIDMissing, "FlowFamilyID", 0},
		{"zero ids", `{"ID":0,"FlowFamilyID":0,"Name":"F"}`, RuleIDMissing, "FlowFamilyID", 0},
		{"negative family", `{"ID":9,"FlowFamilyID":-7,"Name":"F"}`, RuleIDInvalid, "FlowFamilyID", 9},
		{"negative version", `{"ID":-9,"FlowFamilyID":7,"Name":"F"}`, RuleIDInvalid, "ID", 7},
		{"broken id", `{"ID":9,"FlowFamilyID":"sju","Name":"F"}`, RuleIDInvalid, "FlowFamilyID", 9},
		{"fraction as id", `{"ID":9,"FlowFamilyID":7.5,"Name":"F"}`, RuleIDInvalid, "FlowFamilyID", 9},
		{"too large an id", `{"ID":9,"FlowFamilyID":99999999999999999999,"Name":"F"}`, RuleIDInvalid, "FlowFamilyID", 9},
		{"object as id", `{"ID":9,"FlowFamilyID":{"v":1},"Name":"F"}`, RuleWrongType, "FlowFamilyID", 9},
		{"list as description", `{"ID":9,"FlowFamilyID":7,"Name":"F","LongDescription":["a"]}`, RuleWrongType, "LongDescription", 7},
		{"word as flag", `{"ID":9,"FlowFamilyID":7,"Name":"F","RequiresSigning":"ja"}`, RuleWrongType, "RequiresSigning", 7},
		{"number as flag", `{"ID":9,"FlowFamilyID":7,"Name":"F","Enabled":1}`, RuleWrongType, "Enabled", 7},
		{"script as address", `{"ID":9,"FlowFamilyID":7,"Name":"F","URL":"javascript:alert(1)"}`, RuleURLInvalid, "URL", 7},
		{"script as family address", `{"ID":9,"FlowFamilyID":7,"Name":"F","URL":"https://a.se","FlowFamilyURL":"data:text/html,x"}`, RuleURLInvalid, "FlowFamilyURL", 7},
		{"path as address", `{"ID":9,"FlowFamilyID":7,"Name":"F","URL":"/oversikt/1"}`, RuleURLInvalid, "URL", 7},
		{"address with a password", `{"ID":9,"FlowFamilyID":7,"Name":"F","URL":"https://bank.se@ond.se/"}`, RuleURLInvalid, "URL", 7},
		{"address turned around", `{"ID":9,"FlowFamilyID":7,"Name":"F","URL":"https://a.se/\u202efdp"}`, RuleURLInvalid, "URL", 7},
		{"script as alias", `{"ID":9,"FlowFamilyID":7,"Name":"F","Aliases":["https://a.se","javascript:1"]}`, RuleURLInvalid, "Aliases", 7},
		{"objects as aliases", `{"ID":9,"FlowFamilyID":7,"Name":"F","Aliases":[{"url":"https://a.se"}]}`, RuleWrongType, "Aliases", 7},
		{"too many aliases", `{"ID":9,"FlowFamilyID":7,"Name":"F","Aliases":["https://a.se"` + strings.Repeat(`,"https://a.se"`, maxAliases) + `]}`, RuleTooManyAliases, "Aliases", 7},
		{"too long a description", `{"ID":9,"FlowFamilyID":7,"Name":"F","LongDescription":"` + strings.Repeat("ord ", maxDescription/4+1) + `"}`, RuleTextTooLong, "LongDescription", 7},
		{"the same family again", `{"ID":9,"FlowFamilyID":1,"Name":"F"}`, RuleDuplicate, "FlowFamilyID", 1},
		{"null row", `null`, RuleRowShape, "", 0},
		{"number as row", `17`, RuleRowShape, "", 0},
		{"list as row", `[]`, RuleRowShape, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := readString(t, `{"Flows":[{"ID":5,"FlowFamilyID":1,"Name":"Före"},`+tt.row+`,{"ID":6,"FlowFamilyID":2,"Name":"Efter"}]}`)
			if err != nil {
				t.Fatal(err)
			}
			if len(doc.Flows) != 2 || doc.Flows[0].Name != "Före" || doc.Flows[1].Name != "Efter" {
				t.Errorf("the good rows are not read: %+v", doc.Flows)
			}
			if len(doc.Faults) != 1 || len(doc.Faults[0].Faults) != 1 {
				t.Fatalf("got the faults %+v, want one row with one fault", doc.Faults)
			}
			row := doc.Faults[0]
			if row.Position != 2 || row.FamilyID != tt.wantFamily {
				t.Errorf("got row %d of family %d, want 2 and %d", row.Position, row.FamilyID, tt.wantFamily)
			}
			got := row.Faults[0]
			if got.Rule != tt.wantRule || got.Field != tt.wantField {
				t.Errorf("got %s of %s, want %s of %s", got.Rule, got.Field, tt.wantRule, tt.wantField)
			}
			if !strings.HasPrefix(got.Sv, "Rad 2: ") || !strings.HasPrefix(got.En, "Row 2: ") {
				t.Errorf("the texts do not say where: %q, %q", got.Sv, got.En)
			}
		})
	}
}

func TestEveryFaultOfARowIsToldAtOnce(t *testing.T) {
	doc, err := readString(t, `{"Flows":[{"ID":1,"Name":"F"},{"Name":"","URL":"ftp://a.se","Enabled":"kanske"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, f := range doc.Faults[0].Faults {
		rules = append(rules, f.Rule)
	}
	if diff := cmp.Diff([]string{RuleIDMissing, RuleNameMissing, RuleWrongType, RuleURLInvalid}, rules); diff != "" {
		t.Error(diff)
	}
}

func TestServersThatWriteLooselyAreUnderstood(t *testing.T) {
	want := Flow{FamilyID: 381, VersionID: 1412, Name: "Skolskjuts", CategoryID: 4, URL: "https://e.example.se/1",
		RequiresSigning: true, Enabled: false, Aliases: []string{"https://e.example.se/skolskjuts"}}
	for _, tt := range []struct{ name, content string }{
		{"strings for numbers and flags", `{"Flows":[{"ID":"1412","FlowFamilyID":" 381 ","Name":" Skolskjuts\u00a0","CategoryID":"4","URL":"https://e.example.se/1",
			"RequiresSigning":"true","Enabled":"FALSE","Aliases":"https://e.example.se/skolskjuts"}]}`},
		{"unknown members anywhere", `{"Version":{"Flows":[1,2]},"Flows":[{"ID":1412,"Tags":[{"a":[1]}],"FlowFamilyID":381,"Name":"Skolskjuts","CategoryID":4,"URL":"https://e.example.se/1",
			"RequiresSigning":true,"Enabled":false,"Aliases":["https://e.example.se/skolskjuts"," "]}],"Total":1e999}`},
		{"XML of a new server", `<f:Flows xmlns:f="urn:f"><Total>1</Total><Flow><Tags><Name>Annat</Name></Tags><ID> 1412 </ID><FlowFamilyID>381</FlowFamilyID><Name>Skol<!-- -->skjuts</Name>
			<CategoryID>4</CategoryID><URL>https://e.example.se/1</URL><RequiresSigning>true</RequiresSigning><Enabled>false</Enabled><PaymentSupportEnabled/>
			<Aliases><Alias>https://e.example.se/skolskjuts</Alias></Aliases></Flow></f:Flows>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := readString(t, tt.content)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Document{Flows: []Flow{want}, Encoding: "UTF-8", Format: doc.Format}, doc); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// catalogue makes n flows with descriptions of real length.
func catalogue(n int) string {
	var b strings.Builder
	b.WriteString(`{"Flows":[`)
	paragraph := `<p>Du beh&ouml;ver <strong>e-legitimation</strong> och uppgifter om <a href=\"https://www.example.se/sida\">fastigheten<\/a>.<\/p>\r\n`
	for i := 1; i <= n; i++ {
		if i > 1 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"ID":%d,"FlowFamilyID":%d,"Name":"E-tjänst nummer %d","URL":"https://e.example.se/%d","Category":"Bygga, bo och miljö","CategoryID":3,"ShortDescription":"<p>S&ouml;k h&auml;r.<\/p>","LongDescription":"`, i+500_000, i, i, i)
		b.WriteString(strings.Repeat(paragraph, 12))
		b.WriteString(`","RequiresAuthentication":true,"RequiresSigning":false,"PaymentSupportEnabled":false,"Enabled":true}`)
	}
	b.WriteString(`]}`)
	return b.String()
}

func TestProgressTellsTheRowsReadSoFar(t *testing.T) {
	var told []int
	_, err := Read(t.Context(), strings.NewReader(catalogue(1200)), "", Options{Progress: func(read int) { told = append(told, read) }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{500, 1000, 1200}, told); diff != "" {
		t.Error(diff)
	}
}

func TestLimitsStopADocument(t *testing.T) {
	content := catalogue(10)
	for _, tt := range []struct {
		name    string
		options Options
		want    string
	}{
		{"bytes", Options{MaxBytes: int64(len(content)) - 1}, RuleTooLarge},
		{"rows", Options{MaxFlows: 9}, RuleTooMany},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read(t.Context(), strings.NewReader(content), "", tt.options)
			if got := ruleOf(t, err); got != tt.want || fault.CodeOf(err) != fault.Limited {
				t.Errorf("got %s, want %s and LIMITED", got, tt.want)
			}
		})
	}
	doc, err := Read(t.Context(), strings.NewReader(content), "", Options{MaxBytes: int64(len(content)), MaxFlows: 10})
	if err != nil || len(doc.Flows) != 10 {
		t.Errorf("at the limits: %d flows, %v", len(doc.Flows), err)
	}
}

func TestAnEndlessDocumentIsGivenUpAtTheLimit(t *testing.T) {
	endless := readerFunc(func(p []byte) (int, error) { return copy(p, strings.Repeat(" ", len(p))), nil })
	_, err := Read(t.Context(), endless, "", Options{MaxBytes: 1 << 20})
	if got := ruleOf(t, err); got != RuleTooLarge {
		t.Errorf("got %s, want %s", got, RuleTooLarge)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestReadEndsWithItsContext(t *testing.T) {
	t.Run("between chunks", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		slow := readerFunc(func(p []byte) (int, error) { cancel(); p[0] = ' '; return 1, nil })
		if _, err := Read(ctx, slow, "", Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	for _, content := range []string{catalogue(1200), `<Flows>` + strings.Repeat(`<Flow/>`, 1200) + `</Flows>`} {
		t.Run("between rows of "+content[:7], func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stop := Options{Progress: func(int) { cancel() }}
			if _, err := Read(ctx, strings.NewReader(content), "", stop); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAReaderThatFailsIsNoFaultOfTheDocument(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := Read(t.Context(), io.MultiReader(strings.NewReader(`{"Flows":[`), readerFunc(func([]byte) (int, error) { return 0, broken })), "", Options{})
	if !errors.Is(err, broken) || len(fault.All(err)) > 0 {
		t.Errorf("got %v", err)
	}
}

func TestACharacterLargerThanTheRoomIsReadInParts(t *testing.T) {
	src, err := newSource([]byte("\x80uro \x96 \xf6"), "")
	if err != nil {
		t.Fatal(err)
	}
	one := iotest.OneByteReader(src.reader())
	got, err := io.ReadAll(one)
	if err != nil || string(got) != "€uro – ö" {
		t.Errorf("got %q, %v", got, err)
	}
}

func BenchmarkRead20000Flows(b *testing.B) {
	content := catalogue(20_000)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := Read(b.Context(), strings.NewReader(content), "", Options{})
		if err != nil || len(doc.Flows) != 20_000 {
			b.Fatal(len(doc.Flows), err)
		}
	}
}
