package graph_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// finding is one breach of a rule of the schema.
type finding struct{ rule, place string }

// accepted are the findings that are as they should be, with the reason.
var accepted = map[finding]string{
	{"connection totalCount", "RecordChangeConnection"}: "a feed is read to its end: through says where that is",
	{"connection arguments", "Query.changes"}:           "a feed is read forwards only",
	{"expectedVersion", "SaveEServiceDraftInput"}:       "it is left out to begin a draft",
	{"expectedVersion", "SaveRecordDraftInput"}:         "likewise",
	{"connection arguments", "Query.search"}:            "hits are paged forwards only",
	{"expectedVersion", "RevokeRoleInput"}:              "what somebody may is taken back, whatever else has changed of it",
	{"expectedVersion", "ForgetUserInput"}:              "a person is forgotten, whatever else has changed of the user",
	{"expectedVersion", "RevokeSessionInput"}:           "a session has no versions",
	{"expectedVersion", "RevokeApiTokenInput"}:          "a token that may have leaked is ended, whatever else has changed of it",
}

// Every part of the schema is described by more than its own name, named by one rule
// and shaped like its kin.
func TestSchemaLint(t *testing.T) {
	found := lint(parsed())
	for _, f := range found {
		if _, ok := accepted[f]; !ok {
			t.Errorf("%s: %s", f.place, f.rule)
		}
	}
	for f, reason := range accepted {
		if !slices.Contains(found, f) {
			t.Errorf("%s: %s is accepted (%s) but not found", f.place, f.rule, reason)
		}
	}
}

// The lint finds each fault of a schema that is made of faults.
func TestSchemaLintFindsFaults(t *testing.T) {
	bad, err := os.ReadFile("testdata/bad.graphql")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range lint(gqlparser.MustLoadSchema(&ast.Source{Name: "bad.graphql", Input: string(bad)})) {
		found = append(found, f.place+": "+f.rule)
	}
	want := []string{
		"Colour: description repeats the name",
		"Colour.DARK_RED: description repeats the name",
		"Colour.light_blue: name of a value",
		"Mutation.archive: one argument input: XInput!",
		"Mutation.paint: gives XPayload!",
		"Mutation.paint: one argument input: XInput!",
		"PaintThing: name of an input",
		"Query: no description",
		"Query.colour_of: name of a field",
		"Query.colour_of(thing): no description",
		"Query.old: deprecated without what to use instead",
		"Query.things: connection arguments",
		"ThingConnection: connection edges",
		"ThingConnection: connection pageInfo",
		"ThingConnection: connection totalCount",
		"ThingConnection.nodes: no description",
		"UpdateThingInput: expectedVersion",
		"UpdateThingInput.newName: description repeats the name",
		"thing: name of a type",
	}
	slices.Sort(found)
	slices.Sort(want)
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("the lint's findings (-want +found):\n%s", diff)
	}
}

var (
	typeName  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	fieldName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	valueName = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
)

// lint gives every breach of the rules by the schema's own types.
func lint(s *ast.Schema) []finding {
	var found []finding
	say := func(wrong bool, rule, place string) {
		if wrong {
			found = append(found, finding{rule, place})
		}
	}
	described := func(place, name, description string) {
		say(description == "", "no description", place)
		say(description != "" && repeats(name, description), "description repeats the name", place)
	}
	deprecated := func(place string, ds ast.DirectiveList) {
		d := ds.ForName("deprecated")
		say(d != nil && (d.Arguments.ForName("reason") == nil || !strings.Contains(d.Arguments.ForName("reason").Value.Raw, "Use ")),
			"deprecated without what to use instead", place)
	}
	updates := map[string]bool{}
	if s.Mutation != nil {
		for _, f := range s.Mutation.Fields {
			place := "Mutation." + f.Name
			say(len(f.Arguments) != 1 || f.Arguments[0].Name != "input" || !f.Arguments[0].Type.NonNull || !strings.HasSuffix(f.Arguments[0].Type.NamedType, "Input"),
				"one argument input: XInput!", place)
			say(!f.Type.NonNull || !strings.HasSuffix(f.Type.NamedType, "Payload"), "gives XPayload!", place)
			for _, a := range f.Arguments {
				updates[a.Type.Name()] = true
			}
		}
	}
	for _, d := range definitions(s) {
		described(d.Name, d.Name, d.Description)
		say(!typeName.MatchString(d.Name), "name of a type", d.Name)
		say(d.Kind == ast.InputObject && !slices.ContainsFunc([]string{"Input", "Filter", "Order"}, func(end string) bool { return strings.HasSuffix(d.Name, end) }),
			"name of an input", d.Name)
		if d.Kind == ast.InputObject && updates[d.Name] && d.Fields.ForName("id") != nil {
			version := d.Fields.ForName("expectedVersion")
			say(version == nil || version.Type.String() != "Int!", "expectedVersion", d.Name)
		}
		if of, isConnection := strings.CutSuffix(d.Name, "Connection"); isConnection && d.Kind == ast.Object {
			for field, form := range map[string]string{"edges": `^\[` + of + `Edge!\]!$`, "nodes": `^\[[A-Za-z]+!\]!$`, "pageInfo": `^PageInfo!$`, "totalCount": `^Int!$`} {
				f := d.Fields.ForName(field)
				say(f == nil || !regexp.MustCompile(form).MatchString(f.Type.String()), "connection "+field, d.Name)
			}
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			place := d.Name + "." + f.Name
			described(place, f.Name, f.Description)
			deprecated(place, f.Directives)
			say(!fieldName.MatchString(f.Name), "name of a field", place)
			for _, a := range f.Arguments {
				described(place+"("+a.Name+")", a.Name, a.Description)
				say(!fieldName.MatchString(a.Name), "name of an argument", place+"("+a.Name+")")
			}
			if strings.HasSuffix(f.Type.Name(), "Connection") {
				for name, kind := range map[string]string{"first": "Int", "after": "String", "last": "Int", "before": "String"} {
					if a := f.Arguments.ForName(name); a == nil || a.Type.String() != kind {
						say(true, "connection arguments", place)
						break
					}
				}
			}
		}
		for _, v := range d.EnumValues {
			place := d.Name + "." + v.Name
			described(place, v.Name, v.Description)
			deprecated(place, v.Directives)
			say(!valueName.MatchString(v.Name), "name of a value", place)
		}
	}
	return found
}

// stopWords say nothing by themselves.
var stopWords = strings.Fields("a an the of its it is are this that these those by for to in on at and or with as be")

// repeats tells whether a description has no word of its own beside the name's.
func repeats(name, description string) bool {
	known := map[string]bool{strings.ToLower(strings.ReplaceAll(name, "_", "")): true}
	for _, word := range wordsOf(name) {
		known[stem(word)] = true
	}
	own := func(word string) bool { return !slices.Contains(stopWords, word) && !known[stem(word)] }
	return !slices.ContainsFunc(wordsOf(description), own)
}

func stem(word string) string { return strings.TrimSuffix(word, "s") }

// wordsOf splits a text at spaces, signs and the capitals of camel case.
func wordsOf(text string) []string {
	var words []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			words = append(words, strings.ToLower(word.String()))
			word.Reset()
		}
	}
	before := ' '
	for _, r := range text {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
		case unicode.IsUpper(r) && unicode.IsLower(before):
			flush()
			word.WriteRune(r)
		default:
			word.WriteRune(r)
		}
		before = r
	}
	flush()
	return words
}
