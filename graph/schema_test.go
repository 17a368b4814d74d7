package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"fardplan/graph/gen"
	"fardplan/internal/apitest"
)

// parsed is the schema that the tests walk, so that a new field without a test fails.
func parsed() *ast.Schema { return gen.NewExecutableSchema(gen.Config{}).Schema() }

// definitions are the schema's own types, by name.
func definitions(s *ast.Schema) []*ast.Definition {
	var own []*ast.Definition
	for _, name := range slices.Sorted(maps.Keys(s.Types)) {
		if d := s.Types[name]; !d.BuiltIn {
			own = append(own, d)
		}
	}
	return own
}

const printedFile = "schema.graphql"

// The schema that clients may read is checked in; -update writes it anew.
func TestPrintedSchema(t *testing.T) {
	var printed bytes.Buffer
	formatter.NewFormatter(&printed, formatter.WithIndent("  ")).FormatSchema(parsed())
	if *update {
		if err := os.WriteFile(printedFile, printed.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(printedFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(kept), "\n"), strings.Split(printed.String(), "\n")); diff != "" {
		t.Errorf("%s is not the schema (-file +schema); run go test ./graph -run '^TestPrintedSchema$' -update:\n%s", printedFile, diff)
	}
}

const introspection = `query {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    directives { name }
    types {
      kind name description
      fields(includeDeprecated: true) { name description isDeprecated deprecationReason type { ...T } args(includeDeprecated: true) { ...I } }
      inputFields(includeDeprecated: true) { ...I }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      interfaces { name } possibleTypes { name }
    }
  }
}
fragment I on __InputValue { name description defaultValue type { ...T } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`

// What the server says of its schema by introspection is the checked-in schema, and
// nothing of how the server is built.
func TestIntrospectionIsThePrintedSchema(t *testing.T) {
	t.Parallel()
	kept, err := os.ReadFile(printedFile)
	if err != nil {
		t.Fatal(err)
	}
	want := linesOfSchema(gqlparser.MustLoadSchema(&ast.Source{Name: printedFile, Input: string(kept)}))
	api := apitest.New(t)
	answer := api.As(apitest.Caller{}).Must(t, introspection, nil)
	if diff := cmp.Diff(want, linesOfIntrospection(t, answer)); diff != "" {
		t.Errorf("introspection differs from %s (-file +served):\n%s", printedFile, diff)
	}
	var directives []string
	for _, d := range answer.At("__schema.directives").([]any) {
		directives = append(directives, apitest.At(d, "name").(string))
	}
	if diff := cmp.Diff([]string{"deprecated", "include", "oneOf", "skip", "specifiedBy"}, directives); diff != "" {
		t.Errorf("directives other than the language's own (-want +served):\n%s", diff)
	}
}

// linesOfSchema writes every type, field, argument and value on a line of its own.
func linesOfSchema(s *ast.Schema) []string {
	var lines []string
	deprecation := func(ds ast.DirectiveList) string {
		if d := ds.ForName("deprecated"); d != nil {
			if reason := d.Arguments.ForName("reason"); reason != nil {
				return " deprecated: " + reason.Value.Raw
			}
		}
		return ""
	}
	byDefault := func(v *ast.Value) string {
		if v == nil {
			return ""
		}
		return " = " + v.String()
	}
	for _, d := range definitions(s) {
		lines = append(lines, fmt.Sprintf("%s %s %q", d.Kind, d.Name, d.Description))
		for _, name := range d.Interfaces {
			lines = append(lines, fmt.Sprintf("%s implements %s", d.Name, name))
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			lines = append(lines, fmt.Sprintf("%s.%s: %s%s %q%s", d.Name, f.Name, f.Type, byDefault(f.DefaultValue), f.Description, deprecation(f.Directives)))
			for _, a := range f.Arguments {
				lines = append(lines, fmt.Sprintf("%s.%s(%s): %s%s %q", d.Name, f.Name, a.Name, a.Type, byDefault(a.DefaultValue), a.Description))
			}
		}
		for _, v := range d.EnumValues {
			lines = append(lines, fmt.Sprintf("%s.%s %q%s", d.Name, v.Name, v.Description, deprecation(v.Directives)))
		}
	}
	slices.Sort(lines)
	return lines
}

func linesOfIntrospection(t *testing.T, answer apitest.Result) []string {
	t.Helper()
	type typeRef struct {
		Kind, Name string
		OfType     json.RawMessage
	}
	var written func(raw json.RawMessage) string
	written = func(raw json.RawMessage) string {
		var ref typeRef
		if err := json.Unmarshal(raw, &ref); err != nil {
			t.Fatalf("read a type: %v in %s", err, raw)
		}
		switch ref.Kind {
		case "NON_NULL":
			return written(ref.OfType) + "!"
		case "LIST":
			return "[" + written(ref.OfType) + "]"
		}
		return ref.Name
	}
	type input struct {
		Name, Description string
		DefaultValue      *string
		Type              json.RawMessage
	}
	type value struct {
		Name, Description string
		IsDeprecated      bool
		DeprecationReason string
	}
	var schema struct {
		Schema struct {
			Types []struct {
				Kind, Name, Description string
				Fields                  []struct {
					value
					Type json.RawMessage
					Args []input
				}
				InputFields []input
				EnumValues  []value
				Interfaces  []struct{ Name string }
			}
		} `json:"__schema"`
	}
	raw, err := json.Marshal(answer.Data)
	if err == nil {
		err = json.Unmarshal(raw, &schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	deprecation := func(v value) string {
		if v.IsDeprecated {
			return " deprecated: " + v.DeprecationReason
		}
		return ""
	}
	byDefault := func(v *string) string {
		if v == nil {
			return ""
		}
		return " = " + *v
	}
	builtIn := []string{"Boolean", "Float", "ID", "Int", "String"}
	var lines []string
	for _, d := range schema.Schema.Types {
		if strings.HasPrefix(d.Name, "__") || slices.Contains(builtIn, d.Name) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %s %q", d.Kind, d.Name, d.Description))
		for _, i := range d.Interfaces {
			lines = append(lines, fmt.Sprintf("%s implements %s", d.Name, i.Name))
		}
		for _, f := range d.Fields {
			lines = append(lines, fmt.Sprintf("%s.%s: %s %q%s", d.Name, f.Name, written(f.Type), f.Description, deprecation(f.value)))
			for _, a := range f.Args {
				lines = append(lines, fmt.Sprintf("%s.%s(%s): %s%s %q", d.Name, f.Name, a.Name, written(a.Type), byDefault(a.DefaultValue), a.Description))
			}
		}
		for _, f := range d.InputFields {
			lines = append(lines, fmt.Sprintf("%s.%s: %s%s %q", d.Name, f.Name, written(f.Type), byDefault(f.DefaultValue), f.Description))
		}
		for _, v := range d.EnumValues {
			lines = append(lines, fmt.Sprintf("%s.%s %q%s", d.Name, v.Name, v.Description, deprecation(v)))
		}
	}
	slices.Sort(lines)
	return lines
}
