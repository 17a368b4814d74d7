package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// walker writes queries that select everything there is to select, and remembers which
// fields of the schema it has asked for.
type walker struct {
	t       *testing.T
	schema  *ast.Schema
	reached map[string]bool // Type.field
	// only is the type of the record that is asked for, where one id is; empty for any.
	only string
}

func newWalker(t *testing.T) *walker {
	return &walker{t: t, schema: parsed(), reached: map[string]bool{}}
}

// depth bounds a walk: how many lists and how many references to other records it
// follows, and whether lists show the archived records instead of the others.
type depth struct {
	lists, records int
	archived       bool
}

func (d depth) name(of string) string {
	return fmt.Sprintf("%s_%d_%d", of, d.lists, d.records)
}

// query writes the operation that selects all of one field of Query, with arguments.
func (w *walker) query(field, args string, d depth) string {
	f := w.schema.Query.Fields.ForName(field)
	w.reached["Query."+field] = true
	fragments := map[string]string{}
	selected := w.below(f, args, d, fragments)
	var all []string
	for name, text := range fragments {
		all = append(all, "fragment "+name+text)
	}
	slices.Sort(all)
	return "{ root: " + selected + " }\n" + strings.Join(all, "\n")
}

// below writes a field with what is under it; empty where the depth ends.
func (w *walker) below(f *ast.FieldDefinition, args string, d depth, fragments map[string]string) string {
	written := []string{args}
	for _, a := range f.Arguments {
		of := w.schema.Types[a.Type.Name()]
		switch {
		case strings.Contains(args, a.Name+":"):
		case a.Name == "first":
			written = append(written, "first: 100")
		case a.Name == "by":
			var names []string
			for _, v := range of.EnumValues {
				names = append(names, v.Name)
			}
			written = append(written, "by: ["+strings.Join(names, ", ")+"]")
		case a.Name == "in":
			written = append(written, "in: EN")
		case a.Name == "filter" && d.archived && of.Fields.ForName("archived") != nil:
			written = append(written, "filter: {archived: true}")
		case a.Type.NonNull && a.DefaultValue == nil:
			w.t.Fatalf("%s needs a value for %s, which the walk has not", f.Name, a.Name)
		}
	}
	text := f.Name
	if args := strings.TrimSpace(strings.Join(written, " ")); args != "" {
		text += "(" + args + ")"
	}
	of := w.schema.Types[f.Type.Name()]
	switch {
	case of.IsLeafType():
		return text
	case strings.HasSuffix(of.Name, "Connection"):
		if d.lists--; d.lists < 0 {
			return text + " { pageInfo { hasNextPage } }"
		}
	case of.Kind == ast.Interface && w.schema.Query.Fields.ForName(f.Name) != f && d.records > 0:
		return text + " { " + w.leaves(of, fragments) + " }"
	case of.Kind == ast.Interface || slices.Contains(of.Interfaces, "Node"):
		if d.records--; d.records < 0 {
			return text + " { __typename id }"
		}
	}
	return text + " { " + w.all(of, d, fragments) + " }"
}

// all writes the selection of every field of a type, as a fragment for each type and
// depth. The fields of records are named by their type, since one list may hold several.
func (w *walker) all(of *ast.Definition, d depth, fragments map[string]string) string {
	if of.Kind == ast.Interface {
		selected := []string{"__typename"}
		for _, possible := range w.schema.GetPossibleTypes(of) {
			if root := len(fragments) == 0; root && w.only != "" && possible.Name != w.only {
				continue
			}
			selected = append(selected, w.all(possible, d, fragments))
		}
		return strings.Join(selected, " ")
	}
	name := d.name(of.Name)
	if _, known := fragments[name]; !known {
		fragments[name] = "" // itself under way
		selected := []string{"__typename"}
		for _, f := range of.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			w.reached[of.Name+"."+f.Name] = true
			text := w.below(f, "", d, fragments)
			if slices.Contains(of.Interfaces, "Node") {
				text = of.Name + "_" + f.Name + ": " + text
			}
			selected = append(selected, text)
		}
		fragments[name] = " on " + of.Name + " { " + strings.Join(selected, " ") + " }"
	}
	return "... " + name
}

// leaves writes what any kind of record says itself, without what is under it: all of each
// kind is asked for elsewhere, and under each other it would be asked for some thousand times.
func (w *walker) leaves(of *ast.Definition, fragments map[string]string) string {
	selected := []string{"__typename"}
	for _, possible := range w.schema.GetPossibleTypes(of) {
		name := possible.Name + "_leaves"
		if _, known := fragments[name]; !known {
			texts := []string{"__typename"}
			for _, f := range possible.Fields {
				switch of := w.schema.Types[f.Type.Name()]; {
				case len(f.Arguments) > 0:
				case of.IsLeafType():
					texts = append(texts, possible.Name+"_"+f.Name+": "+f.Name)
				case of.Name == "LocalizedText":
					texts = append(texts, possible.Name+"_"+f.Name+": "+f.Name+" { sv en }")
				}
			}
			fragments[name] = " on " + possible.Name + " { " + strings.Join(texts, " ") + " }"
		}
		selected = append(selected, "... "+name)
	}
	return strings.Join(selected, " ")
}

// unreached lists the fields of what can be read that no query has asked for.
func (w *walker) unreached() []string {
	var missing []string
	for _, d := range definitions(w.schema) {
		if d.Kind != ast.Object {
			continue
		}
		for _, f := range d.Fields {
			if !strings.HasPrefix(f.Name, "__") && !w.reached[d.Name+"."+f.Name] {
				missing = append(missing, d.Name+"."+f.Name)
			}
		}
	}
	return missing
}
