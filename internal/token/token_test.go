package token_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/record"
	"fardplan/internal/token"
)

// world is a database with two municipalities that collaborate, and their tokens.
type world struct {
	t          *testing.T
	ctx        context.Context // of the program itself
	db         *postgres.DB
	owner      *pgx.Conn
	tokens     *token.Service
	home, away *organisation.Municipality

	mu sync.Mutex
	at time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: access.With(t.Context(), access.SystemCaller("prov")), at: time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC)}
	data := dbtest.New(t)
	w.db, w.owner = data.Open(t, w.now), data.Owner(t)
	journal := &history.Journal{DB: w.db}
	w.tokens = &token.Service{Journal: journal}
	o := &organisation.Service{Journal: journal}
	for _, m := range []struct {
		to         **organisation.Municipality
		code, name string
	}{{&w.home, "0581", "Norrköping"}, {&w.away, "0562", "Finspång"}} {
		made, err := o.CreateMunicipality(w.ctx, organisation.Municipality{SCBCode: m.code, NameSv: m.name, IsHome: m.code == "0581"})
		if err != nil {
			t.Fatal(err)
		}
		*m.to = made
	}
	joint := &collaboration.Service{Keeper: record.Keeper{Journal: journal}}
	made, err := joint.CreateCollaboration(w.ctx, collaboration.Collaboration{NameSv: "Samverkan"})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*organisation.Municipality{w.home, w.away} {
		if _, err := joint.AddMember(w.ctx, collaboration.CollaborationMember{CollaborationID: made.ID, MunicipalityID: m.ID, ValidFrom: date.New(2020, time.January, 1), Source: "prov"}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) wait(d time.Duration) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
	return w.at
}

// as gives the context of a role in a municipality.
func (w *world) as(m *organisation.Municipality, role access.Role) context.Context {
	return access.With(w.t.Context(), access.Caller{Kind: access.User, ID: "prov", Function: "prov", Municipality: m.ID, Roles: []access.Role{role}})
}

// wanted is a token of home that reads.
func (w *world) wanted() token.Token {
	return token.Token{MunicipalityID: w.home.ID, Label: "Webbplatsen", Role: access.Reader, Scopes: []access.Scope{access.ScopeRead}}
}

func (w *world) create(wanted token.Token) (*token.Token, string) {
	w.t.Helper()
	made, secret, err := w.tokens.Create(w.ctx, wanted)
	if err != nil {
		w.t.Fatal(err)
	}
	return made, secret
}

// present reads the newest state.
func present[T any](w *world, read func(postgres.Reader) (T, error)) T {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	now, err := session.Present(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := read(now)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) changes() int64 {
	w.t.Helper()
	return present(w, func(r postgres.Reader) (int64, error) { return r.(*postgres.Snapshot).Change, nil })
}

// valid tells whether a secret is known; any other error than that it is not fails the test.
func (w *world) valid(secret string) bool {
	w.t.Helper()
	_, err := w.tokens.Authenticate(w.t.Context(), secret)
	if err != nil && fault.CodeOf(err) != fault.Unauthenticated {
		w.t.Fatal(err)
	}
	return err == nil
}

func TestATokenSignsInAsItsRoleAndScopes(t *testing.T) {
	w := newWorld(t)
	wanted := w.wanted()
	wanted.Role, wanted.Scopes = access.CatalogueEditor, []access.Scope{access.ScopeRead, access.ScopeImport}
	made, secret := w.create(wanted)
	if !regexp.MustCompile(`^fardplan_[A-Za-z0-9_-]{43}$`).MatchString(secret) {
		t.Errorf("the secret is %q", secret)
	}
	if !made.ExpiresAt.Equal(w.now().Add(token.DefaultLife)) || made.Version != 1 || made.RevokedAt != nil {
		t.Errorf("the token is %+v", made)
	}
	if sum := sha256.Sum256([]byte(secret)); !slices.Equal(made.Hash, sum[:]) {
		t.Error("what is kept is no hash of the secret")
	}
	caller, err := w.tokens.Authenticate(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	// Its partners are the two municipalities and the collaboration that they are members of.
	var joint uuid.UUID
	if err := w.owner.QueryRow(t.Context(), "SELECT id FROM collaboration").Scan(&joint); err != nil {
		t.Fatal(err)
	}
	partners := []uuid.UUID{w.home.ID, w.away.ID, joint}
	for _, ids := range [][]uuid.UUID{partners, caller.Partners} {
		slices.SortFunc(ids, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	}
	if caller.Kind != access.Token || caller.ID != made.ID.String() || caller.Municipality != w.home.ID || fmt.Sprint(caller.Roles, caller.Scopes) != "[CATALOGUE_EDITOR] [READ IMPORT]" ||
		caller.Function != "katalogredaktör (API-nyckel)" || !slices.Equal(caller.Partners, partners) {
		t.Errorf("the caller is %+v", caller)
	}
	_, other := w.create(wanted)
	if other == secret {
		t.Error("two tokens have one secret")
	}
}

func TestASecretIsKeptNowhere(t *testing.T) {
	w := newWorld(t)
	_, secret := w.create(w.wanted())
	w.valid(secret)
	for _, table := range []string{"api_token", "history.api_token", "change", "api_token_use"} {
		var found int
		if err := w.owner.QueryRow(w.ctx, "SELECT count(*) FROM "+table+" x WHERE x::text LIKE '%' || $1 || '%'", secret[len("fardplan_"):]).Scan(&found); err != nil {
			t.Fatal(err)
		}
		if found != 0 {
			t.Errorf("%s holds the secret", table)
		}
	}
}

func TestOnlyAWholeSecretOfAValidTokenIsKnown(t *testing.T) {
	w := newWorld(t)
	wanted := w.wanted()
	wanted.ExpiresAt = w.now().Add(time.Hour)
	made, secret := w.create(wanted)
	for _, wrong := range []string{"", "fardplan_", secret[:len(secret)-1], secret + "a", strings.TrimPrefix(secret, "fardplan_"), strings.ToUpper(secret), "x" + secret, "fardplan_" + strings.Repeat("A", 43), "\x00", "fardplan_\x00"} {
		if w.valid(wrong) {
			t.Errorf("%q is known", wrong)
		}
	}
	w.wait(time.Hour - time.Microsecond)
	if !w.valid(secret) {
		t.Error("it expires too early")
	}
	w.wait(time.Microsecond)
	if w.valid(secret) {
		t.Error("it is valid at the instant when it expires")
	}
	if made.ExpiresAt.After(w.now()) {
		t.Error("the clock stands still")
	}
}

func TestATokenEndsWithItsMunicipality(t *testing.T) {
	w := newWorld(t)
	wanted := w.wanted()
	wanted.MunicipalityID = w.away.ID
	_, secret := w.create(wanted)
	_, other := w.create(w.wanted())
	for _, sql := range []string{"BEGIN", "SELECT change_begin(NULL, 'SYSTEM', 'prov', 'prov', NULL, 'prov', '', '')", "UPDATE municipality SET archived_at = now() WHERE scb_code = '0562'", "COMMIT"} {
		if _, err := w.owner.Exec(w.ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if w.valid(secret) || !w.valid(other) {
		t.Error("the token of an archived municipality is known, or another's is not")
	}
}

func TestARevokedTokenIsNoMore(t *testing.T) {
	w := newWorld(t)
	made, secret := w.create(w.wanted())
	w.wait(time.Hour)
	revoked, err := w.tokens.Revoke(w.ctx, made.ID)
	if err != nil || revoked.RevokedAt == nil || !revoked.RevokedAt.Equal(w.now()) || revoked.Version != 2 {
		t.Fatalf("revoked: %+v, %v", revoked, err)
	}
	if w.valid(secret) {
		t.Error("it is still known")
	}
	at := w.now()
	w.wait(time.Hour)
	again, err := w.tokens.Revoke(w.ctx, made.ID)
	if err != nil || !again.RevokedAt.Equal(at) || again.Version != 2 {
		t.Errorf("revoked again: %+v, %v", again, err)
	}
}

func TestWhatATokenMayBe(t *testing.T) {
	w := newWorld(t)
	before := w.changes()
	for name, c := range map[string]struct {
		set  func(*token.Token)
		rule string
	}{
		"no label":               {func(x *token.Token) { x.Label = "" }, "api_token_label_length"},
		"a blank label":          {func(x *token.Token) { x.Label = "   " }, "api_token_label_length"},
		"a long label":           {func(x *token.Token) { x.Label = strings.Repeat("å", 101) }, "api_token_label_length"},
		"an unknown role":        {func(x *token.Token) { x.Role = "KING" }, "api_token_role"},
		"no scope":               {func(x *token.Token) { x.Scopes = []access.Scope{} }, "api_token_scopes"},
		"an unknown scope":       {func(x *token.Token) { x.Scopes = []access.Scope{"FLY"} }, "api_token_scopes"},
		"expired from the start": {func(x *token.Token) { x.ExpiresAt = w.now() }, "token_life"},
		"longer than two years":  {func(x *token.Token) { x.ExpiresAt = w.now().Add(token.LongestLife + time.Second) }, "token_life"},
	} {
		wanted := w.wanted()
		c.set(&wanted)
		_, _, err := w.tokens.Create(w.ctx, wanted)
		if all := fault.All(err); len(all) != 1 || all[0].Rule != c.rule || all[0].Code != fault.Invalid {
			t.Errorf("%s: %v, want %s", name, err, c.rule)
		}
	}
	if w.changes() != before {
		t.Error("a refused token changes something")
	}
	wanted := w.wanted()
	wanted.Label, wanted.ExpiresAt = strings.Repeat("å", 100), w.now().Add(token.LongestLife)
	w.create(wanted)
}

func TestAdministratorsKeepTheTokensOfTheirMunicipality(t *testing.T) {
	w := newWorld(t)
	made, _ := w.create(w.wanted())
	for name, c := range map[string]struct {
		ctx          context.Context
		create, kill fault.Code
		seen         int
	}{
		"its administrator":               {w.as(w.home, access.Admin), "", "", 1},
		"its director":                    {w.as(w.home, access.Director), fault.Forbidden, fault.Forbidden, 0},
		"another's administrator":         {w.as(w.away, access.Admin), fault.Forbidden, fault.NotFound, 0},
		"nobody":                          {t.Context(), fault.Unauthenticated, fault.Unauthenticated, 0},
		"a token that may not administer": {access.With(t.Context(), access.Caller{Kind: access.Token, Municipality: w.home.ID, Roles: []access.Role{access.Admin}, Scopes: []access.Scope{access.ScopeRead}}), fault.Forbidden, fault.Forbidden, 1},
	} {
		list := present(w, func(r postgres.Reader) (*token.Connection, error) { return w.tokens.List(c.ctx, r, page.Args{}) })
		if len(list.Edges) != c.seen {
			t.Errorf("%s sees %d tokens, want %d", name, len(list.Edges), c.seen)
		}
		if c.create == "" {
			continue
		}
		if _, _, err := w.tokens.Create(c.ctx, w.wanted()); fault.CodeOf(err) != c.create {
			t.Errorf("%s makes one: %v", name, err)
		}
		if _, err := w.tokens.Revoke(c.ctx, made.ID); fault.CodeOf(err) != c.kill {
			t.Errorf("%s revokes one: %v", name, err)
		}
	}
	admin := w.as(w.home, access.Admin)
	if _, _, err := w.tokens.Create(admin, w.wanted()); err != nil {
		t.Error(err)
	}
	if _, err := w.tokens.Revoke(admin, made.ID); err != nil {
		t.Error(err)
	}
	if _, err := w.tokens.Revoke(admin, uuid.New()); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("none such: %v", err)
	}
}

func TestTheLastUseIsWrittenAtMostOnceAMinute(t *testing.T) {
	w := newWorld(t)
	made, secret := w.create(w.wanted())
	last := func() time.Time {
		t.Helper()
		return present(w, func(r postgres.Reader) (map[uuid.UUID]time.Time, error) {
			return w.tokens.LastUses(w.ctx, r, []uuid.UUID{made.ID})
		})[made.ID]
	}
	// xmin tells when the row was written.
	written := func() string {
		t.Helper()
		var x string
		if err := w.owner.QueryRow(w.ctx, "SELECT coalesce(max(xmin::text), '') FROM api_token_use").Scan(&x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	if !last().IsZero() {
		t.Error("a token never used has a last use")
	}
	before := w.changes()
	w.valid(secret)
	first, row := w.now(), written()
	if !last().Equal(first) {
		t.Errorf("last used at %s, want %s", last(), first)
	}
	w.wait(59 * time.Second)
	for range 5 {
		w.valid(secret)
	}
	if !last().Equal(first) || written() != row {
		t.Error("it is written again within the minute")
	}
	second := w.wait(time.Second)
	w.valid(secret)
	if !last().Equal(second) || written() == row {
		t.Errorf("last used at %s, want %s", last(), second)
	}
	// Another process whose clock is behind does not turn it back.
	behind := &token.Service{Journal: w.tokens.Journal}
	w.wait(-30 * time.Second)
	if _, err := behind.Authenticate(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if !last().Equal(second) {
		t.Errorf("the last use went back to %s", last())
	}
	if w.changes() != before {
		t.Error("to use a token is a change")
	}
	w.wait(time.Hour)
	used := last()
	w.valid("fardplan_" + strings.Repeat("A", 43))
	if _, err := w.tokens.Revoke(w.ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	w.valid(secret)
	if !last().Equal(used) {
		t.Error("a refused sign-in counts as use")
	}
}
