// Package internal_test holds what is true of the project as a whole.
package internal_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "fardplan/"

// layers are the packages from the outermost to the innermost: one imports those of
// later layers, and those of its own without going in circles.
var layers = [][]string{
	{"cmd/fardplan"},
	{"internal/demo/scale"},
	{"internal/demo"},
	{"internal/app"},
	{"graph", "internal/signin", "frontend"},
	{"graph/gen", "graph/model", "graph/scalar"},
	{"internal/link", "internal/reorganisation", "internal/collaboration", "internal/strategy", "internal/audit", "internal/meeting"},
	{"internal/document"},
	{"internal/decision", "internal/thread"},
	{"internal/token", "internal/user", "internal/eservice"},
	{"internal/organisation"},
	{"internal/draft", "internal/roster"},
	{"internal/record"},
	{"internal/gap", "internal/job", "internal/search"},
	{"internal/history"},
	{"internal/access"},
	{"internal/postgres"},
	{"internal/postgres/server", "internal/openeplatform", "internal/linkcheck", "internal/config", "internal/observe", "internal/sheet", "migrations"},
	{"internal/page", "internal/gid", "internal/date", "internal/diary"},
	{"internal/fault", "internal/text", "internal/outbound"},
}

// forTests are packages that only tests import.
var forTests = []string{"internal/postgres/dbtest", "internal/postgres/dbtest/ram", "internal/apitest", "internal/sheet/office"}

// mayImport are third parties with one home each, by the packages that use them.
var mayImport = map[string][]string{
	"github.com/99designs/gqlgen":         {"graph", "graph/gen", "graph/model", "graph/scalar"},
	"github.com/vektah/gqlparser/v2":      {"graph", "graph/gen"},
	"github.com/vikstrous/dataloadgen":    {"graph"},
	"github.com/rs/cors":                  {"internal/app"},
	"github.com/pressly/goose/v3":         {"internal/postgres", "migrations"},
	"github.com/caarlos0/env/v11":         {"internal/config"},
	"github.com/prometheus/client_golang": {"internal/observe"},
	"github.com/jackc/pgx/v5":             {"internal/postgres", "internal/postgres/server", "internal/history", "internal/app", "internal/demo"},
	"github.com/xuri/excelize/v2":         {"internal/sheet"},
	"golang.org/x/net":                    {"internal/openeplatform"},
	"github.com/temoto/robotstxt":         {"internal/linkcheck"},
	"golang.org/x/time":                   {"graph"},
	"github.com/coreos/go-oidc/v3":        {"internal/signin"},
	"golang.org/x/oauth2":                 {"internal/signin"},
}

// file is a Go file of the project, parsed.
type file struct {
	path    string // from the project's folder
	pkg     string // its folder
	syntax  *ast.File
	test    bool
	written bool // by hand
}

// files are the project's Go files.
func files(t *testing.T) []file {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found %d Go files only: the walk is broken", len(all))
	}
	return all
}

// parsed reads the files once for all tests.
var parsed = sync.OnceValues(func() ([]file, error) {
	var all []file
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == ".fardplan") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		syntax, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
		all = append(all, file{rel, filepath.ToSlash(filepath.Dir(rel)), syntax, strings.HasSuffix(path, "_test.go"), !ast.IsGenerated(syntax)})
		return nil
	})
	return all, err
})

func layerOf(pkg string) int {
	return slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, pkg) })
}

func imports(f file) []string {
	var paths []string
	for _, i := range f.syntax.Imports {
		paths = append(paths, strings.Trim(i.Path.Value, `"`))
	}
	return paths
}

func TestArrowsGoInwardsOnly(t *testing.T) {
	for _, f := range files(t) {
		if f.test || slices.Contains(forTests, f.pkg) {
			continue
		}
		from := layerOf(f.pkg)
		if from < 0 {
			t.Errorf("%s: package %s is in no layer; give it one", f.path, f.pkg)
			continue
		}
		for _, path := range imports(f) {
			target, own := strings.CutPrefix(path, module)
			if !own {
				continue
			}
			if to := layerOf(target); slices.Contains(forTests, target) || to < from {
				t.Errorf("%s imports %s, which lies further out", f.path, target)
			}
		}
	}
}

func TestThirdPartiesHaveOneHome(t *testing.T) {
	for _, f := range files(t) {
		if f.test || slices.Contains(forTests, f.pkg) {
			continue
		}
		for _, path := range imports(f) {
			for party, homes := range mayImport {
				if (path == party || strings.HasPrefix(path, party+"/")) && !slices.Contains(homes, f.pkg) {
					// A domain's statements are in store.go alone, and pgx with them.
					if party == "github.com/jackc/pgx/v5" && filepath.Base(f.path) == "store.go" {
						continue
					}
					t.Errorf("%s imports %s, whose home is %s", f.path, path, strings.Join(homes, ", "))
				}
			}
		}
	}
}

// forbidden are calls with one home each.
var forbidden = []struct {
	call  *regexp.Regexp
	homes []string
	why   string
}{
	{regexp.MustCompile(`^os\.(Getenv|LookupEnv|Environ|ExpandEnv)$`), []string{"internal/config", "cmd/fardplan", "internal/postgres/server"}, "the environment is read in config, and handed on to PostgreSQL in server"},
	{regexp.MustCompile(`^fmt\.Print(f|ln)?$`), []string{"cmd/fardplan"}, "only commands print"},
	{regexp.MustCompile(`^time\.Now$`), []string{"internal/app", "internal/observe", "internal/postgres", "internal/postgres/server", "internal/demo", "internal/demo/scale", "graph", "frontend", "internal/openeplatform", "cmd/fardplan"}, "a domain goes by the clock that it is given"},
	{regexp.MustCompile(`^(log|slog)\.(Print|Fatal|Panic)(f|ln)?$`), nil, "logs are written through the logger that is handed on"},
}

func TestCallsHaveOneHome(t *testing.T) {
	for _, f := range files(t) {
		if f.test || !f.written || slices.Contains(forTests, f.pkg) {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := selector.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, rule := range forbidden {
				if rule.call.MatchString(pkg.Name+"."+selector.Sel.Name) && !slices.Contains(rule.homes, f.pkg) {
					t.Errorf("%s calls %s.%s: %s", f.path, pkg.Name, selector.Sel.Name, rule.why)
				}
			}
			return true
		})
	}
}

func TestNoPackageRegistersItself(t *testing.T) {
	for _, f := range files(t) {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "init" && fn.Recv == nil && f.written {
				t.Errorf("%s has an init function: wire it where it is used", f.path)
			}
		}
	}
}

func TestEveryExportedNameIsDescribed(t *testing.T) {
	packages := map[string]bool{}
	for _, f := range files(t) {
		if f.test || !f.written {
			continue
		}
		packages[f.pkg] = packages[f.pkg] || f.syntax.Doc != nil
		for _, d := range f.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil && !strings.HasSuffix(f.path, ".resolvers.go") {
					t.Errorf("%s: %s has no doc comment", f.path, d.Name.Name)
				}
			case *ast.GenDecl:
				undescribed(d, func(name string) { t.Errorf("%s: %s has no doc comment", f.path, name) })
			}
		}
	}
	for pkg, described := range packages {
		if !described {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	of := d.Recv.List[0].Type
	for {
		switch t := of.(type) {
		case *ast.StarExpr:
			of = t.X
		case *ast.IndexExpr:
			of = t.X
		case *ast.IndexListExpr:
			of = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return true
		}
	}
}

// undescribed tells of the exported names of a declaration that neither have a
// comment nor stand in a group that has one.
func undescribed(d *ast.GenDecl, tell func(string)) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
				tell(s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
					tell(n.Name)
				}
			}
		}
	}
}

func TestEveryDependencyHasItsReason(t *testing.T) {
	reasons, err := os.ReadFile("../docs/decisions/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	gomod, err := os.Open("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = gomod.Close() }()
	direct := regexp.MustCompile(`^\t(\S+) v\S+$`)
	found := 0
	for lines := bufio.NewScanner(gomod); lines.Scan(); {
		if m := direct.FindStringSubmatch(lines.Text()); m != nil {
			found++
			if !strings.Contains(string(reasons), m[1]) {
				t.Errorf("docs/decisions/dependencies.md does not say why %s", m[1])
			}
		}
	}
	if found < 10 {
		t.Fatalf("found %d direct dependencies only: the reading of go.mod is broken", found)
	}
}

// unfinished are marks of work that is not done.
var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

func TestNothingIsMarkedUnfinished(t *testing.T) {
	for _, f := range files(t) {
		if f.path == "internal/structure_test.go" {
			continue
		}
		for _, group := range f.syntax.Comments {
			if unfinished.MatchString(group.Text()) {
				t.Errorf("%s has a mark of unfinished work", f.path)
			}
		}
	}
}
