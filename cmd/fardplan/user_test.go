package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/user"
)

const provider = "https://login.example.se"

// issuersFile has the same provider for two municipalities, and one of a municipality
// that nobody registers.
const issuersFile = `{"issuers": [
	{"key": "norrkoping", "municipality": "0581", "nameSv": "Norrköping", "issuer": "` + provider + `", "clientId": "a", "clientSecretFile": "secret"},
	{"key": "linkoping", "municipality": "0580", "nameSv": "Linköping", "issuer": "` + provider + `", "clientId": "b", "clientSecretFile": "secret"},
	{"key": "borta", "municipality": "0999", "nameSv": "Borta", "issuer": "https://borta.example.se", "clientId": "c", "clientSecretFile": "secret"}
]}`

// withIssuers sets the file of providers for the commands that follow.
func (s *site) withIssuers() {
	s.t.Helper()
	s.write("secret", []byte("kanariefagel-7f3a\n"))
	s.env = append(s.env, "FARDPLAN_OIDC_FILE="+s.write("issuers.json", []byte(issuersFile)), "FARDPLAN_PUBLIC_URL=https://fardplan.example.se")
}

// Who is meant is asked before any database is.
func TestAUserIsNamedInOneWay(t *testing.T) {
	s := newSite(t)
	s.refused([]string{"user", "grant", "--issuer", "norrkoping", "--subject", "x", "--role", "ADMIN"},
		"FARDPLAN_OIDC_FILE: Ange filen med inloggningstjänsterna", "give the file of providers")
	s.withIssuers()
	for _, name := range []string{"grant", "revoke", "forget"} {
		for _, who := range [][]string{
			{}, {"--issuer", "norrkoping"}, {"--subject", "x"},
			{"--user", "4F3A-91BC", "--issuer", "norrkoping", "--subject", "x"}, {"--user", "4F3A-91BC", "--subject", "x"},
		} {
			s.refused(append([]string{"user", name}, who...), "fardplan: --user: Ange antingen --user, eller både --issuer och --subject.", "Give either --user, or both --issuer and --subject.")
		}
	}
	s.refused([]string{"user", "forget", "--issuer", "okand", "--subject", "x"}, "--issuer: Inloggningstjänsten finns inte i FARDPLAN_OIDC_FILE.")
	s.refused([]string{"user", "forget", "4F3A-91BC"}, "Fel antal argument. Se fardplan user forget -h.")
	s.refused([]string{"user", "grant", "--user", "4F3A-91BC", "--role", "ADMIN", "--to", "julafton"}, "--to: Ange dagen som ÅÅÅÅ-MM-DD.")
	if _, found, err := attachAgain(s); found || err != nil {
		t.Errorf("a wrong call starts a database: %v", err)
	}
}

var referenceForm = regexp.MustCompile(`[0-9A-F]{4}-[0-9A-F]{4}`)

// users gives the lines of user list below the heading.
func (s *site) users() []string {
	s.t.Helper()
	return strings.Split(strings.TrimSuffix(s.must("user", "list"), "\n"), "\n")[1:]
}

func TestUsersAreKeptFromTheCommandLine(t *testing.T) {
	s := newSite(t)
	s.serve()
	home, _ := s.settle()
	s.withIssuers()
	s.must("municipality", "add", "--code", "0580", "--name", "Linköping")
	ctx, services, done := s.services()
	defer done()
	bySubject := []string{"--issuer", "norrkoping", "--subject", "sub-kanariefagel"}
	grant := func(more ...string) []string { return append([]string{"user", "grant"}, more...) }

	// What is refused leaves nothing behind.
	for _, c := range []struct {
		args  []string
		texts []string
	}{
		{grant("--user", "0000-0000", "--role", "ADMIN"), []string{"fardplan: --user: Ingen användare har referensen. Se fardplan user list.", "No user has the reference."}},
		{[]string{"user", "revoke", "--user", "0000-0000", "--role", "ADMIN"}, []string{"--user: Ingen användare har referensen."}},
		{[]string{"user", "forget", "--user", "0000-0000"}, []string{"--user: Ingen användare har referensen."}},
		{grant(append(bySubject, "--role", "KING")...), []string{"role: Rollen är inte någon av de kända.", "The role is none of those known."}},
		{grant(bySubject...), []string{"role: Rollen är inte någon av de kända."}},
		{grant(append(bySubject, "--role", "ADMIN", "--function", strings.Repeat("å", 101))...), []string{"function: Funktionen ska ha 1 till 100 tecken."}},
		{grant(append(bySubject, "--role", "ADMIN", "--to", "2020-01-01")...), []string{"validTo: Sista dagen har redan varit."}},
		{grant("--issuer", "norrkoping", "--subject", strings.Repeat("x", 256), "--role", "ADMIN"), []string{"subject: Ange personens sub", "1 till 255 tecken"}},
		{grant("--issuer", "borta", "--subject", "x", "--role", "ADMIN"), []string{`--issuer: Inloggningstjänstens kommun, 0999, är inte registrerad.`, "fardplan municipality add"}},
		{append([]string{"user", "revoke", "--role", "ADMIN"}, bySubject...), []string{"--subject: Ingen användare är känd med den."}},
		{append([]string{"user", "forget"}, bySubject...), []string{"--subject: Ingen användare är känd med den."}},
	} {
		s.refused(c.args, c.texts...)
	}
	if list := s.users(); len(list) != 0 {
		t.Errorf("what is refused leaves %q", list)
	}

	// Before the first sign-in, by the provider's key.
	out := s.must(grant(append(bySubject, "--role", "ADMIN")...)...)
	reference := referenceForm.FindString(out)
	if reference == "" || !strings.Contains(out, "har rollen ADMIN från nästa anrop") {
		t.Fatalf("user grant printed:\n%s", out)
	}
	if list := s.users(); len(list) != 1 || strings.Join(strings.Fields(list[0]), " ") != reference+" 0581 ADMIN sub-kanariefagel" {
		t.Errorf("before the first sign-in: %q", list)
	}
	s.refused(grant("--issuer", "linkoping", "--subject", "sub-kanariefagel", "--role", "ADMIN"), "Inloggningen är känd i en annan kommun.", "known in another municipality")

	// Then by the reference, as people write it.
	s.must(grant("--user", strings.ToLower(strings.ReplaceAll(reference, "-", "")), "--role", "READER", "--function", "Revisor", "--to", "2099-12-31")...)
	s.must(grant("--user", reference, "--role", "READER", "--function", "Registrator")...)
	name, email := "Prov\nProvsson\t\x1b[31m\u202e", "prov@example.se"
	_, secret, err := services.Users.SignIn(ctx, user.Identity{Issuer: provider, IssuerKey: "norrkoping", Subject: "sub-kanariefagel", Municipality: home.ID, Name: &name, Email: &email}, "Firefox")
	if err != nil {
		t.Fatal(err)
	}
	known := func() (access.Caller, error) {
		caller, _, err := services.Users.Authenticate(ctx, secret)
		return caller, err
	}
	if c, err := known(); err != nil || !slices.Equal(c.Roles, []access.Role{access.Admin, access.Reader}) || c.Function != "Registrator" || c.Municipality != home.ID {
		t.Errorf("signs in as %+v, %v", c, err)
	}
	// Who it is shows on one line, whatever the name is; the provider's key no more.
	list := s.users()
	if len(list) != 1 || !containsAll(list[0], reference, "Prov Provsson", email, "ADMIN,READER") || strings.ContainsAny(list[0], "\t\x1b\u202e") || strings.Contains(list[0], "sub-kanariefagel") {
		t.Errorf("user list: %q", list)
	}

	if out := s.must("user", "revoke", "--user", reference, "--role", "ADMIN"); !strings.Contains(out, "Användaren "+reference+" har inte längre rollen ADMIN.") {
		t.Errorf("user revoke printed:\n%s", out)
	}
	if c, err := known(); err != nil || !slices.Equal(c.Roles, []access.Role{access.Reader}) {
		t.Errorf("after the revocation: %+v, %v", c, err)
	}
	for _, role := range []string{"ADMIN", "KING", ""} {
		s.refused([]string{"user", "revoke", "--user", reference, "--role", role}, "--role: Användaren har inte fått den rollen här.")
	}
	s.must(append([]string{"user", "revoke", "--role", "READER"}, bySubject...)...)
	if c, err := known(); err != nil || len(c.Roles) != 0 {
		t.Errorf("after both: %+v, %v", c, err)
	}

	// To forget is for good, asks for nothing more, and may be said twice.
	s.must(grant("--user", reference, "--role", "READER")...)
	for range 2 {
		if out := s.must("user", "forget", "--user", reference); !strings.Contains(out, "Personen bakom "+reference+" är glömd") {
			t.Errorf("user forget printed:\n%s", out)
		}
	}
	if _, err := known(); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("one who is forgotten is known: %v", err)
	}
	if list := s.users(); len(list) != 1 || strings.Join(strings.Fields(list[0]), " ") != reference+" 0581 (glömd, forgotten)" {
		t.Errorf("one who is forgotten is listed as %q", list)
	}
	s.refused(grant("--user", reference, "--role", "READER"), "user: Användaren är borttagen")
	s.refused(append([]string{"user", "forget"}, bySubject...), "--subject: Ingen användare är känd med den.")
	if again := referenceForm.FindString(s.must(grant(append(bySubject, "--role", "READER")...)...)); again == reference || len(s.users()) != 2 {
		t.Errorf("comes back as %s", again)
	}

	twins(t, s, home)
}

// twins are two users with one reference: neither is taken for the other.
func twins(t *testing.T, s *site, home *organisation.Municipality) {
	ctx, services, done := s.services()
	defer done()
	err := services.Journal.Write(ctx, "prov", "", func(tx *postgres.Tx) error {
		for _, id := range []string{"01890000-0000-7000-8000-0000abcdef12", "01890000-0000-7000-8001-0000abcdef12"} {
			if _, err := postgres.Insert(ctx, tx, "user_account", &user.Account{Row: postgres.Row{ID: uuid.MustParse(id)}, MunicipalityID: home.ID}, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"user", "forget"}, {"user", "grant", "--role", "ADMIN"}} {
		s.refused(append(args, "--user", "ABCD-EF12"), "--user: Två användare har referensen.", "Two users have the reference.")
	}
}
