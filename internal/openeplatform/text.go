package openeplatform

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
)

type class int

const (
	visible class = iota
	space
	hidden
)

// classOf tells what becomes of a character: white space of any kind is one
// space; control and format characters (zero width, bidi), private use (bullets
// of word processors' fonts) and invisible letters are taken away.
func classOf(r rune) class {
	switch {
	case r > ' ' && r < 0x7f:
		return visible
	case unicode.IsSpace(r):
		return space
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return visible
	case unicode.In(r, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point):
		return hidden
	}
	return visible
}

// oneLine makes a plain text one safe line. It is no HTML: "<" stays.
func oneLine(text string) string {
	var w textWriter
	w.write(text)
	return w.finish()
}

const (
	line      = 1
	paragraph = 2
)

// breaks tells how many line ends a block element wants before and after it.
var breaks = map[string]int{
	"div": line, "li": line, "tr": line, "dt": line, "dd": line, "caption": line, "figcaption": line,
	"summary": line, "legend": line, "main": line, "nav": line, "aside": line, "center": line,
	"p": paragraph, "h1": paragraph, "h2": paragraph, "h3": paragraph, "h4": paragraph, "h5": paragraph, "h6": paragraph,
	"ul": paragraph, "ol": paragraph, "dl": paragraph, "table": paragraph, "blockquote": paragraph, "pre": paragraph,
	"hr": paragraph, "section": paragraph, "article": paragraph, "header": paragraph, "footer": paragraph,
	"address": paragraph, "figure": paragraph, "fieldset": paragraph, "form": paragraph, "details": paragraph,
}

// dropped elements vanish with all that is in them.
var dropped = map[string]bool{
	"script": true, "style": true, "iframe": true, "object": true, "applet": true, "template": true, "noscript": true,
	"noembed": true, "noframes": true, "svg": true, "math": true, "title": true, "textarea": true, "select": true,
	"xmp": true, "plaintext": true, "audio": true, "video": true, "canvas": true,
}

// foreign elements may close themselves; in HTML's own "/>" means nothing, and
// what follows "<script/>" is still a script.
var foreign = map[string]bool{"svg": true, "math": true}

// plainText makes plain text of HTML. It goes through the tokens and keeps no
// tree, so neither depth nor unclosed elements matter. Entities are decoded
// once: "&amp;lt;" is the text "&lt;".
func plainText(markup string) string {
	var w textWriter
	z := html.NewTokenizer(strings.NewReader(markup))
	skipped, depth := "", 0 // the dropped element we are in, and how often it is open
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			w.closeLink()
			return w.finish()
		case html.TextToken:
			if depth == 0 {
				w.write(string(z.Text()))
			}
			continue
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
		default:
			continue
		}
		raw, hasAttributes := z.TagName()
		name := string(raw)
		ends := kind == html.EndTagToken
		opens := kind == html.StartTagToken || kind == html.SelfClosingTagToken && !foreign[name]
		switch {
		case depth > 0 && name == skipped && ends:
			depth--
		case depth > 0 && name == skipped && opens:
			depth++
		case depth > 0:
		case dropped[name]:
			if opens {
				skipped, depth = name, 1
			}
		case ends:
			w.end(name)
		default:
			href := ""
			if name == "a" && hasAttributes {
				href = attribute(z, "href")
			}
			w.start(name, href)
		}
	}
}

func attribute(z *html.Tokenizer, name string) string {
	for more := true; more; {
		var key, val []byte
		if key, val, more = z.TagAttr(); string(key) == name {
			return string(val)
		}
	}
	return ""
}

// textWriter writes text with its white space collapsed. Spaces and line ends
// wait until a visible character follows, so the text has none at its ends.
type textWriter struct {
	out      []byte
	space    bool
	lines    int // line ends waiting, at most 2
	bullet   bool
	inList   int
	href     string
	linkFrom int // where the text of the open link begins in out
}

func (w *textWriter) write(text string) {
	for _, r := range text {
		switch classOf(r) {
		case space:
			w.space = true
		case visible:
			w.flush()
			w.out = utf8.AppendRune(w.out, r)
		}
	}
}

// flush writes what waited for a visible character.
func (w *textWriter) flush() {
	if len(w.out) > 0 {
		if w.lines > 0 {
			w.out = append(w.out, "\n\n"[:w.lines]...)
		} else if w.space {
			w.out = append(w.out, ' ')
		}
	}
	if w.bullet {
		w.out = append(w.out, "- "...)
	}
	w.space, w.lines, w.bullet = false, 0, false
}

// block asks for line ends; inside a list one is enough, to keep it together.
func (w *textWriter) block(name string) {
	want := breaks[name]
	if w.inList > 0 {
		want = min(want, line)
	}
	w.lines = max(w.lines, want)
}

func (w *textWriter) start(name, href string) {
	switch name {
	case "br":
		w.lines = min(w.lines+1, paragraph)
	case "td", "th":
		w.space = true
	case "a":
		w.closeLink()
		w.href, w.linkFrom = href, len(w.out)
	case "li":
		w.block(name)
		w.bullet = true
	case "ul", "ol":
		w.block(name)
		w.inList++
	default:
		w.block(name)
	}
}

func (w *textWriter) end(name string) {
	switch name {
	case "a":
		w.closeLink()
	case "ul", "ol":
		w.inList = max(w.inList-1, 0)
		w.bullet = false
		w.block(name)
	case "li":
		w.bullet = false
		w.block(name)
	default:
		w.block(name)
	}
}

// closeLink writes the address after a link's text, on the same line, when it
// is a web address that the text does not already say.
func (w *textWriter) closeLink() {
	address, ok := webAddress(strings.TrimSpace(w.href))
	text := strings.TrimSpace(string(w.out[w.linkFrom:]))
	w.href, w.linkFrom = "", len(w.out)
	if !ok || text == "" || bareAddress(text) == bareAddress(address) {
		return
	}
	lines, space := w.lines, w.space
	w.lines = 0
	w.write(" (" + address + ")")
	w.lines, w.space = lines, space
}

func bareAddress(text string) string {
	text = strings.ToLower(text)
	text = strings.TrimPrefix(strings.TrimPrefix(text, "http://"), "https://")
	return strings.TrimSuffix(strings.TrimPrefix(text, "www."), "/")
}

func (w *textWriter) finish() string { return string(norm.NFC.Bytes(w.out)) }
