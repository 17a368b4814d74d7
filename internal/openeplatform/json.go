package openeplatform

import (
	"encoding/json"
	"errors"
	"io"

	"fardplan/internal/fault"
)

// readJSON reads {"Flows":[{…},…]} row by row; other members are ignored.
func readJSON(src source, c *collector) error {
	b := newBudget(src.reader())
	r := &jsonReader{src: src, c: c, budget: b, dec: json.NewDecoder(&nesting{r: b})}
	r.dec.UseNumber() // an ignored number must not fail for its size
	err := r.document()
	if err == nil || len(fault.All(err)) > 0 || c.ctx.Err() != nil {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return truncated(src.size(), c.rows)
	}
	return r.malformed()
}

type jsonReader struct {
	src    source
	c      *collector
	budget *budget
	dec    *json.Decoder
}

// malformed tells the end of what was sound. It does not use the offset of a
// json.SyntaxError, which does not count the parts read token by token.
func (r *jsonReader) malformed() error {
	return malformed(r.src.byteOffset(r.dec.InputOffset()), r.c.rows)
}

func (r *jsonReader) document() error {
	start, err := r.dec.Token()
	if err != nil {
		return err
	}
	if start != json.Delim('{') {
		return notCatalogue()
	}
	found := false
	for r.dec.More() {
		key, err := r.dec.Token()
		if err != nil {
			return err
		}
		if key != "Flows" {
			var ignored json.RawMessage
			if err := r.dec.Decode(&ignored); err != nil {
				return err
			}
			r.budget.reset()
			continue
		}
		if found {
			return r.malformed()
		}
		found = true
		if err := r.rows(); err != nil {
			return err
		}
	}
	if _, err := r.dec.Token(); err != nil {
		return err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		if len(fault.All(err)) > 0 {
			return err
		}
		return r.malformed()
	}
	if !found {
		return notCatalogue()
	}
	return nil
}

func (r *jsonReader) rows() error {
	start, err := r.dec.Token()
	if err != nil {
		return err
	}
	if start == nil { // null is how some serialisers write an empty list
		return nil
	}
	if start != json.Delim('[') {
		return notCatalogue()
	}
	for r.dec.More() {
		var raw json.RawMessage
		if err := r.dec.Decode(&raw); err != nil {
			return err
		}
		r.budget.reset()
		if err := r.c.add(jsonRow(raw)); err != nil {
			return err
		}
	}
	_, err = r.dec.Token()
	return err
}

// jsonRow gives nil for anything but an object.
func jsonRow(raw json.RawMessage) row {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members == nil {
		return nil
	}
	out := make(row, len(knownFields))
	for _, name := range knownFields {
		if member, given := members[name]; given {
			out[name] = jsonValue(member)
		}
	}
	return out
}

func jsonValue(raw json.RawMessage) value {
	switch raw[0] {
	case 'n':
		return value{}
	case '"':
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return value{kind: other}
		}
		return value{kind: textual, text: text}
	case 't', 'f':
		return value{kind: boolean, text: string(raw)}
	case '[':
		var list []string
		if json.Unmarshal(raw, &list) != nil {
			return value{kind: other}
		}
		return value{kind: listed, list: list}
	case '{':
		return value{kind: other}
	}
	return value{kind: number, text: string(raw)}
}
