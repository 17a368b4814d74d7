package graph_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"fardplan/graph/gen"
)

// examples finds the GraphQL in docs/api.md.
var examples = regexp.MustCompile("(?s)```graphql\n(.*?)```")

func TestTheExamplesOfTheAPIDocumentFitTheSchema(t *testing.T) {
	page, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	schema := gen.NewExecutableSchema(gen.Config{}).Schema()
	found := examples.FindAllStringSubmatch(string(page), -1)
	if len(found) < 5 {
		t.Fatalf("found %d examples only: the reading of the page is broken", len(found))
	}
	for _, example := range found {
		query, err := parser.ParseQuery(&ast.Source{Name: "docs/api.md", Input: example[1]})
		var errs gqlerror.List
		if err == nil {
			errs = validator.ValidateWithRules(schema, query, nil)
		}
		if err != nil || len(errs) > 0 {
			t.Errorf("%v %v in\n%s", err, errs, example[1])
		}
	}
}
