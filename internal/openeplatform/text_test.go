package openeplatform

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHTMLBecomesPlainText(t *testing.T) {
	for _, tt := range []struct{ rule, html, want string }{
		{"entities are decoded", "Ans&ouml;k &#228;ven h&#xE4;r &amp; nu", "Ansök även här & nu"},
		{"entities are decoded once", "&amp;lt;script&amp;gt;", "&lt;script&gt;"},
		{"an encoded tag is text", "&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"},
		{"less than is text", "under 18 år < 500 kr", "under 18 år < 500 kr"},
		{"white space collapses", "\r\n a \t\n b&nbsp;&nbsp;c\u2003d\u2028e ", "a b c d e"},
		{"hidden characters go", "a\u200bb\u00adc\u202ed\ufeffe\u0000f\u0007g\u2066h\u3164i", "abcdefghi"},
		{"hidden entities go", "a&#8203;b&#x202E;c&shy;d&zwnj;e", "abcde"},
		{"bullets of word processors go", "\uf0b7 punkt", "punkt"},
		{"signs that join digits stay", "\u0600\u0661", "\u0600\u0661"},
		{"letters are composed", "A\u030angra o\u0308 fra\u030an", "Ångra ö från"},
		{"paragraphs are a blank line apart", "<p>a</p><p>b</p>", "a\n\nb"},
		{"empty paragraphs vanish", "<p>a</p><p>&nbsp;</p><p></p><p>b</p>", "a\n\nb"},
		{"divs are lines", "<div>a</div><div><div>b</div></div>c", "a\nb\nc"},
		{"br is a line", "a<br>b<br />c", "a\nb\nc"},
		{"many br are one blank line", "a<br><br><br><br>b", "a\n\nb"},
		{"inline elements leave no space", "<b>Av</b><i>gift</i>", "Avgift"},
		{"spaces beside inline elements stay", "En <b>viktig </b>sak", "En viktig sak"},
		{"headings are paragraphs", "<h2>Rubrik</h2>text", "Rubrik\n\ntext"},
		{"lists", "Ta med:<ul><li>a</li><li><p>b</p></li><li></li></ul><p>slut</p>", "Ta med:\n\n- a\n- b\n\nslut"},
		{"numbered and nested lists", "<ol><li>a<ul><li>b</li></ul></li><li>c</ol>d", "- a\n- b\n- c\n\nd"},
		{"an item that ends with br", "<ul><li>a<br></li><li>b</li></ul>", "- a\n- b"},
		{"tables are lines", "<table><tr><td>Avgift</td><td>500 kr</td></tr><tr><td>Tid</td></tr></table>", "Avgift 500 kr\nTid"},
		{"a link tells its address", `<a href="https://a.se/x?y=1&amp;z=2">sidan</a>.`, "sidan (https://a.se/x?y=1&z=2)."},
		{"a link that is its address", `<a href="https://www.a.se/">www.a.se</a>`, "www.a.se"},
		{"a link to mail or phone", `<a href="mailto:a@a.se">a@a.se</a>, <a href="tel:011">011</a>`, "a@a.se, 011"},
		{"a link to a script", `<a href="javascript:alert(1)">klicka</a>`, "klicka"},
		{"a link within the site", `<a href="/x">x</a> <a href="//ond.se">y</a> <a name="z">z</a>`, "x y z"},
		{"a link without text", `a<a href="https://a.se"></a>b`, "ab"},
		{"a link of a paragraph", `<a href="https://a.se"><p>x</p></a><p>y</p>`, "x (https://a.se)\n\ny"},
		{"a link that is never closed", `<a href="https://a.se">x <a href="https://b.se">y`, "x (https://a.se) y (https://b.se)"},
		{"a link that hides its host", `<a href="https://bank.se@ond.se/">bank.se</a>`, "bank.se"},
		{"comments go", "a<!-- b --><!--> c -->d<!-- <p>e", "a c -->d"},
		{"scripts go", "a<script>if (x < 1) document.write('<p>b</p>')</script>c<SCRIPT SRC=x></SCRIPT>d", "acd"},
		{"a script that closes itself does not", "a<script/>b</script>c", "ac"},
		{"styles and frames go", "a<style>p{}</style><iframe src=x>b</iframe><noscript>c</noscript>d", "ad"},
		{"drawings go, also nested ones", "a<svg><svg><text>b</text></svg>c</svg>d<svg/>e", "ade"},
		{"objects go with what they hold", "a<object><p>b</p><object>c</object></object>d", "ad"},
		{"an unclosed script takes the rest", "a<script>b<p>c", "a"},
		{"a tag in a dropped element does not end it", "a<svg></p></style>b</svg>c", "ac"},
		{"attributes are no text", `<p title="x" onclick='alert("1>2")'>a</p>`, "a"},
		{"images are no text", `a<img src=x onerror=alert(1) alt="x">b`, "ab"},
		{"a cut tag is no text", `a <a href="https://a.se`, "a"},
		{"stray end tags do nothing", "</ul></li></p></a>a</b></script>b", "ab"},
		{"a CDATA section of HTML goes", "a<![CDATA[<script>]]>b", "a]]>b"},
		{"nothing", "", ""},
		{"nothing but markup", "<p>&nbsp;<br></p><ul><li></li></ul>", ""},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			if got := plainText(tt.html); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestTheTextOfANameIsOneLineAndNoHTML(t *testing.T) {
	for in, want := range map[string]string{
		" Ansökan\r\n om\u00a0 bygglov ": "Ansökan om bygglov",
		"Bygga & bo <5 rum>":             "Bygga & bo <5 rum>",
		"R&amp;D":                        "R&amp;D",
		"a\u202eb\x00c":                  "abc",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("%q gave %q, want %q", in, got, want)
		}
	}
}

func TestHostileNestingCostsLittle(t *testing.T) {
	for _, unit := range []string{"<div>", "<ul><li>", "<svg>", "<a href=https://a.se>x", "<b", "<!--", "</", "<table><tr><td>", "&", "<object>"} {
		markup := strings.Repeat(unit, 512<<10/len(unit))
		got := plainText(markup)
		if !utf8.ValidString(got) {
			t.Errorf("%s gave invalid text", unit)
		}
	}
}

func TestShortenEndsWhereAReaderWould(t *testing.T) {
	for _, tt := range []struct {
		rule, text string
		max        int
		want       string
		cut        bool
	}{
		{"a short text stays", "Sök här.", 8, "Sök här.", false},
		{"lines become one", "Sök\n\n- a\n- b", 20, "Sök - a - b", false},
		{"a whole sentence", "Sök bygglov här. Du behöver ritningar.", 30, "Sök bygglov här.", true},
		{"the last sentence that fits", "Ett. Två. Tre. Fyra.", 15, "Ett. Två. Tre.", true},
		{"a sentence that fills the room", "Sök här. Nu genast.", 8, "Sök här.", true},
		{"too short a sentence gives way to words", "Hej. Här söker du bygglov för ditt hus", 26, "Hej. Här söker du bygglov…", true},
		{"no sentence after an abbreviation", "Sök här för t.ex. Storgatan och torget", 25, "Sök här för t.ex…", true},
		{"no sentence before a small letter", "Betala 500 kr. per gång du söker", 20, "Betala 500 kr. per…", true},
		{"a whole word", "Ansökan om bygglov", 12, "Ansökan om…", true},
		{"a word that just fits", "Ansökan om bygglov", 11, "Ansökan om…", true},
		{"no comma before the ellipsis", "Ansökan, anmälan och klagomål", 12, "Ansökan…", true},
		{"inside a very long word", strings.Repeat("å", 20), 10, strings.Repeat("å", 9) + "…", true},
		{"a letter keeps its accent", "xxxxxxx\u0323\u0301yyyy", 9, "xxxxxx…", true},
		{"room for the ellipsis alone", "Ansökan", 1, "…", true},
		{"no room", "Ansökan", 0, "", true},
		{"negative room", "Ansökan", -1, "", true},
		{"no text", "", 0, "", false},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			got, cut := Shorten(tt.text, tt.max)
			if got != tt.want || cut != tt.cut {
				t.Errorf("got %q, %v; want %q, %v", got, cut, tt.want, tt.cut)
			}
			if n := utf8.RuneCountInString(got); n > max(tt.max, 0) {
				t.Errorf("%d characters in room for %d", n, tt.max)
			}
		})
	}
}
