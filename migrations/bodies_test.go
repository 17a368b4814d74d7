package migrations_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"fardplan/internal/postgres/dbtest"
)

// TestThePastIsReadByTheSameSQL holds that nothing in the database reads a domain
// table past the search path: a view or function over one would show the present to
// who reads the past.
func TestThePastIsReadByTheSameSQL(t *testing.T) {
	owner := dbtest.New(t).Owner(t)
	for _, view := range column[string](t, owner, `
		SELECT c.oid::regclass::text FROM pg_class c
		 WHERE c.relkind IN ('v', 'm') AND c.relnamespace NOT IN ('asof'::regnamespace, 'pg_catalog'::regnamespace, 'information_schema'::regnamespace)`) {
		t.Errorf("%s is a view outside schema asof", view)
	}
	tables := "'" + strings.Join(domainTables, "', '") + "'"
	for _, function := range column[string](t, owner, `
		SELECT p.oid::regprocedure::text FROM pg_proc p
		 WHERE p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND p.prorettype <> 'trigger'::regtype
		   AND (EXISTS (SELECT FROM unnest(ARRAY[`+tables+`]) t WHERE p.prosrc ~ ('\m' || t || '\M'))
		        OR EXISTS (SELECT FROM pg_depend d JOIN pg_class c ON c.oid = d.refobjid
		                    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass AND c.relname IN (`+tables+`)))`) {
		t.Errorf("%s is a function over domain tables", function)
	}
}

// schemas are the packages that name a schema, each with why.
var schemas = map[string]string{
	"internal/access/policy.go":    "public.", // the present, for who reads the past
	"internal/history/versions.go": "history.",
	"internal/postgres/db.go":      "public", // the search paths themselves
}

var (
	clock = regexp.MustCompile(`(?i)\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(|\b(current_date|current_timestamp|current_time|localtime|localtimestamp)\b`)
	sqlOf = regexp.MustCompile(`(?i)\b(select|insert into|update|delete from|from|join|where|coalesce)\b`)
)

// TestSQLInGo holds the statements in the program to the same: no domain table by its
// schema, and no clock but today() and instant().
func TestSQLInGo(t *testing.T) {
	schema := regexp.MustCompile(`\b(public|history|asof)\.(` + strings.Join(domainTables, "|") + `|%)`)
	seen := 0
	for _, dir := range []string{"internal", "graph", "cmd"} {
		root := filepath.Join("..", dir)
		if _, err := os.Stat(root); err != nil {
			continue
		}
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/dbtest/") || strings.Contains(path, "/server/") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				if sqlOf.MatchString(text) {
					seen++
				}
				if found := clock.FindString(text); found != "" && sqlOf.MatchString(text) {
					t.Errorf("%s asks the clock by %s", path, found)
				}
				name := strings.TrimPrefix(filepath.ToSlash(path), "../")
				if found := schema.FindString(text); found != "" && (schemas[name] == "" || !strings.HasPrefix(found, schemas[name])) {
					t.Errorf("%s names a table by its schema: %s", path, found)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 50 {
		t.Errorf("only %d statements were seen: the test looks in the wrong place", seen)
	}
}
