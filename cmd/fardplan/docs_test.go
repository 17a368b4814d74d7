package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "print the answers in docs/api.md and README.md anew")

// example is a block of shell in a document, and the answer that the document prints
// under it.
type example struct {
	heading  string
	shell    string
	answer   string
	from, to int // the answer's lines in the document
}

// examplesOf reads the blocks that are marked sh, each with the block marked json that
// comes before the next of them and the next heading, and tells what is wrong with them.
func examplesOf(document string) (all []*example, faults []string) {
	heading, block, begun := "", "", 0
	var waiting *example
	wrong := func(what, text string) { faults = append(faults, fmt.Sprintf("%q: %s:\n%s", heading, what, text)) }
	unanswered := func() {
		if waiting != nil {
			wrong("an example has no answer under it", waiting.shell)
		}
		waiting = nil
	}
	lines := strings.Split(document, "\n")
	for n, line := range lines {
		switch {
		case block != "":
			if line != "```" {
				continue
			}
			text := strings.Join(lines[begun:n], "\n") + "\n"
			switch {
			case block == "sh":
				unanswered()
				waiting = &example{heading: heading, shell: text}
				if !strings.Contains(text, "curl ") || !strings.Contains(text, demonstration+"/") {
					wrong("an example does not ask the demonstration", text)
				}
			case waiting == nil:
				wrong("an answer has no example over it", text)
			default:
				waiting.answer, waiting.from, waiting.to = text, begun, n
				all, waiting = append(all, waiting), nil
			}
			block = ""
		case line == "```sh" || line == "```json":
			block, begun = strings.TrimPrefix(line, "```"), n+1
		case strings.HasPrefix(line, "```"):
			wrong("a block is marked neither sh nor json", line)
		case strings.HasPrefix(line, "#"):
			unanswered()
			heading = strings.TrimLeft(line, "# ")
		}
	}
	unanswered()
	return all, faults
}

// demonstration is where make run serves.
const demonstration = "http://127.0.0.1:8080"

// between stands between what two examples print.
const between = "\x1e"

// runExamples pastes the examples into one shell, at the server's own address and with
// cookies of their own, and gives what each printed. Where one fails, those are given
// that did not.
func (p *process) runExamples(t *testing.T, examples []*example) []string {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("the examples of the documents need curl. Ask an administrator: apt install curl, or run make tools as root")
	}
	here := strings.NewReplacer(demonstration, p.url, "/tmp/fardplan.cookies", filepath.Join(t.TempDir(), "cookies"))
	var script strings.Builder
	for _, e := range examples {
		fmt.Fprintf(&script, "%sprintf '\\036'\n", here.Replace(e.shell))
	}
	cmd := exec.Command("sh", "-euc", script.String())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	printed := strings.Split(out.String(), between)
	if err != nil {
		failed := examples[len(printed)-1]
		t.Errorf("%q: an example fails: %v\n%sIt printed:\n%s\n%s", failed.heading, err, failed.shell, printed[len(printed)-1], errs.String())
	}
	return printed[:len(printed)-1]
}

// member is a member of a JSON object; the order of members is kept.
type member struct {
	name  string
	value any
}

// tree reads JSON into []member, []any, json.Number, string, bool and nil.
func tree(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	value, err := nextValue(d)
	if err != nil {
		return nil, fmt.Errorf("%w in %q", err, text)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more than one JSON value in %q", text)
	}
	return value, nil
}

func nextValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	members, items := []member{}, []any{}
	switch token {
	case json.Delim('{'):
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := nextValue(d)
			if err != nil {
				return nil, err
			}
			members = append(members, member{name.(string), value})
		}
		_, err := d.Token()
		return members, err
	case json.Delim('['):
		for d.More() {
			value, err := nextValue(d)
			if err != nil {
				return nil, err
			}
			items = append(items, value)
		}
		_, err := d.Token()
		return items, err
	}
	return token, nil
}

// anything stands in a document for a value that differs from one installation or day to
// another.
const anything = "…"

// veil gives an answer as the document would print it: with … for the values that it
// prints so, and without the extensions if it prints none.
func veil(answer, document any) any {
	if document == anything {
		return anything
	}
	switch a := answer.(type) {
	case []member:
		d, _ := document.([]member)
		veiled := []member{}
		for _, m := range a {
			veiled = append(veiled, member{m.name, veil(m.value, valueOf(d, m.name))})
		}
		return veiled
	case []any:
		d, _ := document.([]any)
		veiled := []any{}
		for i, v := range a {
			var printed any
			if i < len(d) {
				printed = d[i]
			}
			veiled = append(veiled, veil(v, printed))
		}
		return veiled
	}
	return answer
}

func valueOf(members []member, name string) any {
	for _, m := range members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// withoutExtensions leaves out of an answer what it says of its cost.
func withoutExtensions(answer any) any {
	members, _ := answer.([]member)
	for i, m := range members {
		if m.name == "extensions" {
			return append(members[:i:i], members[i+1:]...)
		}
	}
	return answer
}

// width is how long a line of an answer may be before it is broken.
const width = 130

// layout prints JSON to be read: what has room on a line stands on one.
func layout(value any, indent string, used int) string {
	var parts []string
	ends := "[]"
	inner := indent + "  "
	flat := func(v any) string { return layout(v, "", -1<<30) }
	switch v := value.(type) {
	case []member:
		ends = "{}"
		for _, m := range v {
			name := flat(m.name) + ": "
			if used < 0 {
				parts = append(parts, name+flat(m.value))
			} else {
				parts = append(parts, name+layout(m.value, inner, len([]rune(inner+name))+1))
			}
		}
	case []any:
		for _, item := range v {
			if used < 0 {
				parts = append(parts, flat(item))
			} else {
				parts = append(parts, layout(item, inner, len([]rune(inner))+1))
			}
		}
	default:
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			return err.Error()
		}
		return strings.TrimSpace(text.String())
	}
	if used < 0 {
		return ends[:1] + strings.Join(parts, ", ") + ends[1:]
	}
	if line := flat(value); used+len([]rune(line)) <= width {
		return line
	}
	return ends[:1] + "\n" + inner + strings.Join(parts, ",\n"+inner) + "\n" + indent + ends[1:]
}

// changedLines shows where two texts differ, with the line before.
func changedLines(was, is string) string {
	a, b := strings.Split(was, "\n"), strings.Split(is, "\n")
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	to := 0
	for to < len(a)-from && to < len(b)-from && a[len(a)-1-to] == b[len(b)-1-to] {
		to++
	}
	var text strings.Builder
	if from > 0 {
		fmt.Fprintf(&text, "  %s\n", a[from-1])
	}
	for _, side := range []struct {
		mark  string
		lines []string
	}{{"- ", a[from : len(a)-to]}, {"+ ", b[from : len(b)-to]}} {
		for _, line := range side.lines {
			text.WriteString(side.mark + line + "\n")
		}
	}
	return text.String()
}

// answers gives what an example printed as the document would have it, and how that
// differs from what stands there; "" where it does not.
func (e *example) answers(printed string) (is, difference string, err error) {
	answer, err := tree(printed)
	if err != nil {
		return "", "", fmt.Errorf("the answer is not JSON: %w", err)
	}
	document, err := tree(e.answer)
	if err != nil {
		return "", "", fmt.Errorf("what stands there is not JSON: %w", err)
	}
	if members, _ := document.([]member); valueOf(members, "extensions") == nil {
		answer = withoutExtensions(answer)
	}
	is = layout(veil(answer, document), "", 0)
	if was := layout(document, "", 0); was != is {
		difference = changedLines(was, is)
	}
	return is, difference, nil
}

// Whoever starts the demonstration and pastes the examples of a document into a shell, one
// after another, sees the answers that stand there.
func TestTheExamplesOfTheDocumentsAnswerAsPrinted(t *testing.T) {
	p := newSite(t, "FARDPLAN_DEMO=1", "FARDPLAN_LOG_LEVEL=warn").serve()
	for _, name := range []string{"README.md", "docs/api.md"} {
		path := filepath.Join("..", "..", filepath.FromSlash(name))
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		examples, faults := examplesOf(string(raw))
		for _, f := range faults {
			t.Errorf("%s, %s", name, f)
		}
		if len(examples) == 0 {
			t.Errorf("%s has no examples", name)
			continue
		}
		lines := strings.Split(string(raw), "\n")
		for i, printed := range p.runExamples(t, examples) {
			e := examples[i]
			is, difference, err := e.answers(printed)
			switch {
			case err != nil:
				t.Errorf("%s, %q: %v", name, e.heading, err)
			case *update:
				lines[e.from] = is
				for n := e.from + 1; n < e.to; n++ {
					lines[n] = between
				}
			case difference != "":
				t.Errorf("%s, %q answers otherwise than it says there (- there, + now); -update prints it anew:\n%s", name, e.heading, difference)
			}
		}
		if *update {
			text := strings.ReplaceAll(strings.Join(lines, "\n"), between+"\n", "")
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestWhatIsWrongWithAnExampleIsTold(t *testing.T) {
	const ask = "```sh\ncurl " + demonstration + "/graphql\n```\n"
	for document, want := range map[string]string{
		"# A\n" + ask + "```json\n{}\n```\n":             "",
		"# A\n" + ask + "Text.\n# B\n```json\n{}\n```\n": `"A": an example has no answer under it`,
		"# A\n" + ask + ask + "```json\n{}\n```\n":       `"A": an example has no answer under it`,
		"# A\n" + ask:                                          `"A": an example has no answer under it`,
		"# A\n```json\n{}\n```\n":                              `"A": an answer has no example over it`,
		"# A\n```graphql\n{ viewer }\n```\n":                   `"A": a block is marked neither sh nor json`,
		"# A\n```sh\necho '{}'\n```\n```json\n{}\n```\n":       `"A": an example does not ask the demonstration`,
		"# A\n```sh\ncurl https://a.se\n```\n```json\n{}\n```": `"A": an example does not ask the demonstration`,
	} {
		_, faults := examplesOf(document)
		if len(faults) == 0 && want != "" || len(faults) > 0 && (want == "" || !strings.HasPrefix(faults[0], want)) {
			t.Errorf("of\n%s\nis told %q, want %q", document, faults, want)
		}
	}
}

func TestAnAnswerIsComparedWithWhatIsPrinted(t *testing.T) {
	for _, c := range []struct{ document, answer, difference string }{
		{`{"data": {"a": 1}}`, `{"data":{"a":1},"extensions":{"cost":{"spent":1}}}`, ""},
		{`{"data": {"id": "…", "of": "…"}}`, `{"data":{"id":"x","of":{"b":[1]}}}`, ""},
		{`{"data": {"a": 1}}`, `{"data":{"a":2}}`, "- {\"data\": {\"a\": 1}}\n+ {\"data\": {\"a\": 2}}\n"},
		{`{"data": {"a": "…"}}`, `{"data":{"b":1}}`, "- {\"data\": {\"a\": \"…\"}}\n+ {\"data\": {\"b\": 1}}\n"},
		{`{"data": ["…", 2]}`, `{"data":[1]}`, "- {\"data\": [\"…\", 2]}\n+ {\"data\": [\"…\"]}\n"},
		{`{"data": null}`, `{"data":null,"errors":[]}`, "- {\"data\": null}\n+ {\"data\": null, \"errors\": []}\n"},
		{`{"data": 1, "extensions": {"left": "…", "spent": 1}}`, `{"data":1,"extensions":{"left":7,"spent":2}}`,
			"- {\"data\": 1, \"extensions\": {\"left\": \"…\", \"spent\": 1}}\n+ {\"data\": 1, \"extensions\": {\"left\": \"…\", \"spent\": 2}}\n"},
	} {
		e := example{answer: c.document}
		if _, difference, err := e.answers(c.answer); err != nil || difference != c.difference {
			t.Errorf("%s of %s differs by\n%s%v, want\n%s", c.answer, c.document, difference, err, c.difference)
		}
	}
	for document, answer := range map[string]string{`{}`: "curl: (7) Failed to connect\n", `{"a": 1`: `{"a": 1}`, `{ }`: `{}{}`} {
		if _, _, err := (&example{answer: document}).answers(answer); err == nil {
			t.Errorf("%q is compared with %q", answer, document)
		}
	}
}
