package openeplatform

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"fardplan/internal/fault"
)

// readXML reads <Flows><Flow>…</Flow>…</Flows>; other elements are ignored.
func readXML(src source, c *collector) error {
	b := newBudget(src.reader())
	r := &xmlReader{src: src, c: c, budget: b, dec: xml.NewDecoder(b)}
	// The text is UTF-8 already, whatever its declaration says.
	r.dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	err := r.document()
	if err == nil || len(fault.All(err)) > 0 || c.ctx.Err() != nil {
		return err
	}
	at := src.byteOffset(r.dec.InputOffset())
	if at >= src.size() {
		return truncated(at, c.rows)
	}
	return malformed(at, c.rows)
}

// xmlReader walks the elements with its own stack of one row and one field, so
// that nothing recurses however deep the document is nested.
type xmlReader struct {
	src    source
	c      *collector
	budget *budget
	dec    *xml.Decoder

	depth    int
	sawRoot  bool
	row      row
	field    string // the known field being read, or ""
	text     strings.Builder
	children int
	list     []string
}

// The depths of the elements of a catalogue.
const (
	rootDepth = iota + 1
	rowDepth
	fieldDepth
)

func (r *xmlReader) document() error {
	for {
		token, err := r.dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = r.start(t.Name.Local)
		case xml.EndElement:
			err = r.end()
		case xml.CharData:
			err = r.chars(t)
		case xml.Directive:
			err = directive(t)
		}
		if err != nil {
			return err
		}
		if r.depth <= rootDepth {
			r.budget.reset()
		}
	}
	if !r.sawRoot {
		return noContent()
	}
	return nil
}

func (r *xmlReader) start(name string) error {
	if r.depth++; r.depth > maxDepth {
		return tooDeep()
	}
	switch {
	case r.depth == rootDepth && r.sawRoot:
		return malformed(r.src.byteOffset(r.dec.InputOffset()), r.c.rows)
	case r.depth == rootDepth && strings.EqualFold(name, "html"):
		return htmlPage()
	case r.depth == rootDepth && name != "Flows":
		return notCatalogue()
	case r.depth == rootDepth:
		r.sawRoot = true
	case r.depth == rowDepth && name == "Flow":
		r.row = make(row, len(knownFields))
	case r.depth == fieldDepth && r.row != nil && slices.Contains(knownFields, name):
		r.field, r.children, r.list = name, 0, nil
		r.text.Reset()
	case r.depth > fieldDepth && r.field != "":
		r.children++
		r.text.Reset()
	}
	return nil
}

func (r *xmlReader) end() error {
	r.depth--
	switch {
	case r.depth >= fieldDepth && r.field != "": // of an element inside a field
		if item := strings.TrimSpace(r.text.String()); item != "" {
			r.list = append(r.list, item)
		}
		r.text.Reset()
	case r.depth == rowDepth && r.field != "":
		r.row[r.field] = r.value()
		r.field = ""
	case r.depth == rootDepth && r.row != nil:
		row := r.row
		r.row = nil
		return r.c.add(row)
	}
	return nil
}

// value gives the field just read: its text, or the texts of its elements.
func (r *xmlReader) value() value {
	switch {
	case r.children > 0:
		return value{kind: listed, list: r.list}
	case strings.TrimSpace(r.text.String()) == "":
		return value{}
	}
	return value{kind: textual, text: r.text.String()}
}

func (r *xmlReader) chars(text xml.CharData) error {
	if r.depth == 0 && strings.TrimSpace(string(text)) != "" {
		return malformed(r.src.byteOffset(r.dec.InputOffset()), r.c.rows)
	}
	if r.field != "" {
		r.text.Write(text)
	}
	return nil
}

// directive refuses every <!…>: a catalogue has none, and a DTD is how entity
// bombs and reads of foreign files begin.
func directive(d xml.Directive) error {
	if words := strings.Fields(strings.ToLower(string(d))); len(words) > 1 && words[0] == "doctype" && words[1] == "html" {
		return htmlPage()
	}
	return hasDTD()
}
