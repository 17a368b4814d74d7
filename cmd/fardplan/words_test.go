package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fardplan/internal/postgres/server"
)

// attachAgain looks for a running private database of the site.
func attachAgain(s *site) (*server.Server, bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Attach(ctx, filepath.Join(s.dir, "data", "postgres"))
}

func TestEveryCommandHelpsWithAnExample(t *testing.T) {
	s := newSite(t)
	for _, c := range commands() {
		for _, ask := range []string{"-h", "--help", "help"} {
			o := s.run(append(strings.Fields(c.name), ask)...)
			if o.code != 0 || o.errs != "" {
				t.Errorf("fardplan %s %s: exit code %d, errors %q", c.name, ask, o.code, o.errs)
			}
			for _, text := range []string{"fardplan " + c.name + "\n", c.sv, c.en, "Exempel (example):\n  " + c.example, "docs/configuration.md"} {
				if !strings.Contains(o.out, text) {
					t.Errorf("fardplan %s %s lacks %q:\n%s", c.name, ask, text, o.out)
				}
			}
		}
		if !strings.HasPrefix(c.example, "fardplan "+c.name) {
			t.Errorf("the example of %s is of something else: %s", c.name, c.example)
		}
	}
	if _, found, err := attachAgain(s); found || err != nil {
		t.Errorf("help starts a database: %v", err)
	}
}

func TestTheProgramListsItsCommands(t *testing.T) {
	s := newSite(t)
	for _, args := range [][]string{{}, {"help"}, {"-h"}, {"--help"}} {
		o := s.run(args...)
		if o.code != 0 || o.errs != "" {
			t.Errorf("fardplan %v: exit code %d, errors %q", args, o.code, o.errs)
		}
		for _, c := range commands() {
			if !strings.Contains(o.out, "fardplan "+c.name) || !strings.Contains(o.out, c.sv) || !strings.Contains(o.out, c.en) {
				t.Errorf("fardplan %v does not list %s", args, c.name)
			}
		}
	}
	if out := s.must("version"); out != "fardplan test\n" {
		t.Errorf("version: %q", out)
	}
}

func TestWrongCallsAreToldInBothLanguages(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		args  []string
		texts []string
	}{
		{[]string{"baka"}, []string{`Det finns inget kommando "baka"`, `There is no command "baka"`}},
		{[]string{"token"}, []string{`Det finns inget kommando "token"`, `There is no command "token"`}},
		{[]string{"token", "bake"}, []string{`Det finns inget kommando "token bake"`}},
		{[]string{"serve", "nu"}, []string{"Fel antal argument", "The wrong number of arguments. See fardplan serve -h."}},
		{[]string{"token", "revoke"}, []string{"Fel antal argument", "See fardplan token revoke -h."}},
		{[]string{"token", "create", "--nyckel", "x"}, []string{"-nyckel"}},
		{[]string{"token", "revoke", "nonsens"}, []string{"fardplan: id:"}},
		{[]string{"import", "oep", "--municipality", "0581"}, []string{"Ange antingen --url eller --file.", "Give either --url or --file."}},
		{[]string{"import", "oep", "--municipality", "0581", "--url", "https://a.example.se", "--file", "b"}, []string{"Give either --url or --file."}},
		{[]string{"token", "create", "--municipality", "9999", "--label", "x"}, []string{"--municipality: Ingen kommun är registrerad med koden \"9999\"", "No municipality is registered with the code \"9999\""}},
	} {
		s.refused(c.args, c.texts...)
	}
}

func TestWhatATokenLacksIsToldByField(t *testing.T) {
	s := newSite(t)
	s.serve()
	s.settle()
	s.refused([]string{"token", "create", "--municipality", "0581", "--role", "KING", "--scopes", "READ,FLY", "--label", " "},
		"role: Rollen är inte någon av de kända.", "scopes: ", "label: ")
	s.refused([]string{"token", "create", "--municipality", "0581", "--label", "x", "--days", "731"}, "expiresAt: ", "inom två år")
	if list := s.must("token", "list"); strings.Count(list, "\n") != 1 {
		t.Errorf("a refused token is there:\n%s", list)
	}
}

func TestWrongSettingsAreAllNamedAtOnce(t *testing.T) {
	s := newSite(t, "FARDPLAN_ADDR=överallt", "FARDPLAN_POOL_SIZE=många", "FARDPLAN_DEMO=1", "FARDPLAN_DATABASE_URL=postgres://fardplan:kanariefågel@db.example.se/fardplan")
	o := s.run("serve")
	if o.code != 1 || o.out != "" {
		t.Errorf("exit code %d, printed %q", o.code, o.out)
	}
	for _, text := range []string{"fardplan: FARDPLAN_ADDR: ", "fardplan: FARDPLAN_POOL_SIZE: ", "godtas inte", "is not accepted"} {
		if !strings.Contains(o.errs, text) {
			t.Errorf("the errors lack %q:\n%s", text, o.errs)
		}
	}
	s = newSite(t, "FARDPLAN_DEMO=1", "FARDPLAN_DATABASE_URL=postgres://fardplan:kanariefagel@db.example.se/fardplan")
	s.refused([]string{"serve"}, "FARDPLAN_DEMO", "Demoläget får aldrig användas med en extern databas", "demo mode is never used with an external database")
	s = newSite(t, "FARDPLAN_ADRESS=127.0.0.1:1")
	s.refused([]string{"serve"}, "FARDPLAN_ADRESS")
}

func TestSecretsStayOutOfEverythingThatIsPrinted(t *testing.T) {
	const canary = "kanariefagel-7f3a"
	for name, address := range map[string]string{
		"unreachable": "postgres://fardplan:" + canary + "@127.0.0.1:1/fardplan?connect_timeout=2",
		"malformed":   "postgres://fardplan:" + canary + "@127.0.0.1:hamn/fardplan",
		"no scheme":   "fardplan:" + canary + "@127.0.0.1/fardplan",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			file := s.write("databas", []byte(address+"\n"))
			s.env = append(s.env, "FARDPLAN_DATABASE_URL_FILE="+file, "FARDPLAN_LOG_LEVEL=debug", "FARDPLAN_ADDR=127.0.0.1:0", "FARDPLAN_METRICS_ADDR=off")
			for _, args := range [][]string{{"serve"}, {"migrate", "status"}, {"migrate", "up"}, {"token", "list"}} {
				o := s.run(args...)
				if o.code != 1 || o.errs == "" {
					t.Errorf("fardplan %v: exit code %d, errors %q", args, o.code, o.errs)
				}
				if strings.Contains(o.out+o.errs, canary) {
					t.Errorf("fardplan %v prints the password:\n%s%s", args, o.out, o.errs)
				}
			}
		})
	}
}
