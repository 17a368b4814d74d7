package access_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

// The municipalities of the tests: own has the records, partner collaborates with it,
// stranger does not.
var own, partner, stranger = uuid.UUID{15: 1}, uuid.UUID{15: 2}, uuid.UUID{15: 3}

// who are the callers of every kind.
var who = map[string]access.Caller{
	"nobody":                        {},
	"a reader of its own":           {Kind: access.User, ID: "1", Municipality: own, Roles: []access.Role{access.Reader}, Partners: []uuid.UUID{own, partner}},
	"an administrator of its own":   {Kind: access.User, ID: "2", Municipality: own, Roles: []access.Role{access.Admin}, Partners: []uuid.UUID{own, partner}},
	"a token of its own":            {Kind: access.Token, ID: "3", Municipality: own, Roles: []access.Role{access.Admin}, Scopes: []access.Scope{access.ScopeRead}, Partners: []uuid.UUID{own, partner}},
	"a token that may not read":     {Kind: access.Token, ID: "4", Municipality: own, Roles: []access.Role{access.Admin}, Scopes: []access.Scope{access.ScopeCatalogue}, Partners: []uuid.UUID{own, partner}},
	"a token without scopes":        {Kind: access.Token, ID: "5", Municipality: own, Roles: []access.Role{access.Admin}, Scopes: []access.Scope{}, Partners: []uuid.UUID{own, partner}},
	"a partner":                     {Kind: access.User, ID: "6", Municipality: partner, Roles: []access.Role{access.Admin}, Partners: []uuid.UUID{own, partner}},
	"a partner's unreading token":   {Kind: access.Token, ID: "7", Municipality: partner, Roles: []access.Role{access.Admin}, Scopes: []access.Scope{access.ScopeAdminister}, Partners: []uuid.UUID{own, partner}},
	"a stranger":                    {Kind: access.User, ID: "8", Municipality: stranger, Roles: []access.Role{access.Admin, access.Auditor}, Partners: []uuid.UUID{stranger}},
	"someone of no municipality":    {Kind: access.User, ID: "9", Roles: []access.Role{access.Admin}},
	"an administrator without kind": {ID: "10", Municipality: own, Roles: []access.Role{access.Admin}, Partners: []uuid.UUID{own, partner}},
	"the system":                    access.SystemCaller("prov"),
}

// relation is what a caller is to the records of own, written down by hand.
type relation struct{ all, own, admin, partner bool }

var relations = map[string]relation{
	"a reader of its own":         {own: true, partner: true},
	"an administrator of its own": {own: true, admin: true, partner: true},
	"a token of its own":          {own: true, admin: true, partner: true},
	"a partner":                   {partner: true, admin: true},
	"a stranger":                  {admin: true},
	"someone of no municipality":  {admin: true},
	"the system":                  {all: true},
}

// state is what of a record decides who sees it.
type state struct {
	visibility          string
	published, archived bool
}

func (s state) String() string {
	return fmt.Sprintf("%s published=%v archived=%v", s.visibility, s.published, s.archived)
}

// sees is the rule of docs/access.md for records that others may see.
func (r relation) sees(s state) bool {
	if r.all || r.own {
		return true
	}
	shared := s.visibility == "PUBLIC" || s.visibility == "COLLABORATION" && r.partner
	return shared && s.published && !s.archived
}

// kind is a table of records whose sight depends on their state.
type kind struct {
	table  string
	states []state
	insert string // adds a row with @id in the state, @key telling rows apart
	update string // sets the row's state
}

func kinds() []kind {
	var services, shared []state
	for _, visibility := range []string{"PUBLIC", "COLLABORATION", "MUNICIPALITY"} {
		for _, archived := range []bool{false, true} {
			shared = append(shared, state{visibility, true, archived}) // what has no publication is always published
			services = append(services, state{visibility, false, archived})
			if !archived {
				services = append(services, state{visibility, true, false})
			}
		}
	}
	const archived = "CASE WHEN @archived THEN instant() END"
	return []kind{
		{"e_service", services, `INSERT INTO e_service (id, municipality_id, owner_unit_id, name_sv, slug, status, url, summary_sv, audiences, visibility, published, archived_at)
				VALUES (@id, @own, @own, @key, @key, 'IDEA', 'https://example.se', 'Prov', '{COMPANY}', @visibility, @published, ` + archived + `)`,
			"UPDATE e_service SET visibility = @visibility, published = @published, archived_at = " + archived + " WHERE id = @id"},
		{"shared_service", shared, `INSERT INTO shared_service (id, municipality_id, code, name_sv, visibility, archived_at)
				VALUES (@id, @own, @key, @key, @visibility, ` + archived + `)`,
			"UPDATE shared_service SET visibility = @visibility, archived_at = " + archived + " WHERE id = @id"},
	}
}

// record is one row that was in one state and is in another.
type record struct {
	id        uuid.UUID
	then, now state
}

// world is a database with records of every kind, in each state then and each now.
type world struct {
	db      *postgres.DB
	then    int64 // the change after which the records are as they were then
	records map[string][]record
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{db: dbtest.New(t).Open(t, nil), records: map[string][]record{}}
	write := func(fn func(exec func(sql string, args postgres.Args))) (number int64) {
		t.Helper()
		err := w.db.Write(t.Context(), postgres.Change{ActorKind: "SYSTEM", ActorID: "test", ActorFunction: "prov", Operation: "test"}, func(tx *postgres.Tx) error {
			number = tx.Number
			fn(func(sql string, args postgres.Args) {
				if _, err := tx.Exec(t.Context(), sql, args); err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return number
	}
	args := func(r record, key int, s state) postgres.Args {
		return postgres.Args{"id": r.id, "own": own, "key": fmt.Sprintf("r%d", key), "visibility": s.visibility, "published": s.published, "archived": s.archived}
	}
	w.then = write(func(exec func(string, postgres.Args)) {
		for i, id := range []uuid.UUID{own, partner, stranger} {
			exec("INSERT INTO municipality (id, scb_code, name_sv) VALUES (@id, @code, @code)", postgres.Args{"id": id, "code": fmt.Sprintf("000%d", i)})
		}
		exec("INSERT INTO unit (id, municipality_id, name_sv, type) VALUES (@id, @id, 'Kontoret', 'UNIT')", postgres.Args{"id": own})
		exec("INSERT INTO import_run (id, municipality_id, source, flows, created, changed, gone, unchanged, refused) VALUES (@id, @id, 'fil', 0, 0, 0, 0, 0, 0)", postgres.Args{"id": own})
		exec("INSERT INTO api_token (id, municipality_id, label, role, scopes, hash, expires_at) VALUES (@id, @id, 'prov', 'READER', '{READ}', sha256('prov'), 'infinity')", postgres.Args{"id": own})
		exec("INSERT INTO audit (id, municipality_id, title_sv, year, visibility) VALUES (@id, @id, 'Prov', 2024, 'MUNICIPALITY')", postgres.Args{"id": own})
		exec("INSERT INTO finding (id, municipality_id, audit_id, code, text_sv, verdict, severity) VALUES (@id, @id, @id, 'F1', 'Prov', 'DEFICIENT', 'HIGH')", postgres.Args{"id": own})
		exec("INSERT INTO job_run (job, key, municipality_id, due_at) VALUES ('PROV', 'own', @id, instant()), ('PROV', 'all', NULL, instant())", postgres.Args{"id": own})
		for _, k := range kinds() {
			for _, then := range k.states {
				for _, now := range k.states {
					r := record{uuid.Must(uuid.NewV7()), then, now}
					w.records[k.table] = append(w.records[k.table], r)
					exec(k.insert, args(r, len(w.records[k.table]), then))
				}
			}
		}
	})
	write(func(exec func(string, postgres.Args)) {
		for _, k := range kinds() {
			for i, r := range w.records[k.table] {
				exec(k.update, args(r, i, r.now))
			}
		}
	})
	return w
}

// seen reads the ids of the table's rows that the caller sees, now or as they were then.
func (w world) seen(t *testing.T, c access.Caller, table string, past bool) []uuid.UUID {
	t.Helper()
	session := w.db.Session()
	defer session.Close()
	snap, err := session.Present(t.Context())
	if past {
		snap, err = session.AsOf(t.Context(), w.db.Now(), &w.then)
	}
	if err != nil {
		t.Fatal(err)
	}
	condition, args := policy().Visible(access.With(t.Context(), c), table, "x", snap.Past())
	ids, err := postgres.Values[uuid.UUID](t.Context(), snap, "SELECT x.id FROM "+table+" x WHERE "+condition, args)
	if err != nil {
		t.Fatalf("%s: %v", condition, err)
	}
	return ids
}

// TestVisible reads, as every kind of caller, every record that was in each state and
// is in each: in the past it shows only where both allow it.
func TestVisible(t *testing.T) {
	w := newWorld(t)
	for name, caller := range who {
		is := relations[name]
		t.Run(name, func(t *testing.T) {
			for table, records := range w.records {
				now, past := w.seen(t, caller, table, false), w.seen(t, caller, table, true)
				for _, r := range records {
					if got, want := slices.Contains(now, r.id), is.sees(r.now); got != want {
						t.Errorf("a record of %s that is %v is seen: %v", table, r.now, got)
					}
					if got, want := slices.Contains(past, r.id), is.sees(r.then) && is.sees(r.now); got != want {
						t.Errorf("a record of %s that was %v and is %v is seen as it was: %v", table, r.then, r.now, got)
					}
				}
			}
			for table, want := range map[string]bool{
				"municipality": true, "unit": true,
				"import_run": is.own || is.all,
				"api_token":  is.own && is.admin || is.all,
			} {
				for _, past := range []bool{false, true} {
					if got := slices.Contains(w.seen(t, caller, table, past), own); got != want {
						t.Errorf("a record of %s is seen: %v (in the past: %v)", table, got, past)
					}
				}
			}
			if got, want := w.runs(t, caller), runsSeen[name]; got != want {
				t.Errorf("of the program's own runs %q are seen, want %q", got, want)
			}
			if got, want := policy().SeesActor(access.With(t.Context(), caller), own), is.own || is.all; got != want {
				t.Errorf("who made a change is seen: %v", got)
			}
		})
	}
}

// runsSeen are the program's own runs, one of own and one of the whole installation,
// that each caller sees.
var runsSeen = map[string]string{
	"an administrator of its own": "all,own", "a token of its own": "all,own", "the system": "all,own",
	"a partner": "all", "a stranger": "all", "someone of no municipality": "all",
}

// runs reads the program's own runs that the caller sees.
func (w world) runs(t *testing.T, c access.Caller) string {
	t.Helper()
	session := w.db.Session()
	defer session.Close()
	now, err := session.Present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	condition, args := policy().Visible(access.With(t.Context(), c), "job_run", "x", false)
	keys, err := postgres.Values[string](t.Context(), now, "SELECT x.key FROM job_run x WHERE "+condition+" ORDER BY x.key", args)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(keys, ",")
}

// TestATableNeedsARule holds that no table is read without a rule of who sees it.
func TestATableNeedsARule(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a table without a rule is read")
		}
	}()
	policy().Visible(t.Context(), "novelty", "x", false)
}

// TestRequire asks for every action as every role, with and without the scope, to
// records of the own municipality and of another.
func TestRequire(t *testing.T) {
	for action, grant := range access.Grants() {
		for _, role := range access.Roles() {
			user := access.Caller{Kind: access.User, ID: "1", Municipality: own, Roles: []access.Role{role}}
			scoped := func(scopes []access.Scope) access.Caller {
				return access.Caller{Kind: access.Token, ID: "2", Municipality: own, Roles: []access.Role{role}, Scopes: scopes}
			}
			may := fault.Code("")
			if !slices.Contains(grant.Roles, role) {
				may = fault.Forbidden
			}
			others := slices.DeleteFunc(access.Scopes(), func(s access.Scope) bool { return slices.Contains(grant.Scopes, s) })
			for _, c := range []struct {
				name   string
				caller access.Caller
				of     uuid.UUID
				want   fault.Code // of the refusal; empty for none
				some   fault.Code // likewise, before any record is looked at
			}{
				{"a user", user, own, may, may},
				{"a user, of another's", user, partner, fault.Forbidden, may},
				{"a user, of nobody's", user, uuid.Nil, fault.Forbidden, may},
				{"a token with the scope", scoped(grant.Scopes), own, may, may},
				{"a token with the scope, of another's", scoped(grant.Scopes), partner, fault.Forbidden, may},
				{"a token with all other scopes", scoped(others), own, fault.Forbidden, fault.Forbidden},
				{"a token without scopes", scoped([]access.Scope{}), own, fault.Forbidden, fault.Forbidden},
			} {
				ctx := access.With(t.Context(), c.caller)
				if err := policy().Require(ctx, action, c.of); refusal(err) != c.want {
					t.Errorf("%s, as %s, %s: %v, want %q", action, role, c.name, err, c.want)
				}
				if err := policy().RequireSome(ctx, action); refusal(err) != c.some {
					t.Errorf("%s of some, as %s, %s: %v, want %q", action, role, c.name, err, c.some)
				}
			}
		}
		for name, c := range map[string]struct {
			caller access.Caller
			want   fault.Code
		}{
			"nobody":                         {access.Caller{}, fault.Unauthenticated},
			"one who says to be anonymous":   {access.Caller{Kind: access.Anonymous, Municipality: own, Roles: access.Roles()}, fault.Unauthenticated},
			"one of no municipality":         {access.Caller{Kind: access.User, ID: "1", Roles: access.Roles()}, fault.Forbidden},
			"one without a role":             {access.Caller{Kind: access.User, ID: "1", Municipality: own}, fault.Forbidden},
			"one with all roles":             {access.Caller{Kind: access.User, ID: "1", Municipality: own, Roles: access.Roles()}, ""},
			"the system, of no municipality": {access.SystemCaller("prov"), ""},
		} {
			if err := policy().Require(access.With(t.Context(), c.caller), action, own); refusal(err) != c.want {
				t.Errorf("%s, as %s: %v, want %q", action, name, err, c.want)
			}
		}
	}
	if err := policy().Require(access.With(t.Context(), access.Caller{Kind: access.User, Municipality: own, Roles: access.Roles()}), "unit.paint", own); refusal(err) != fault.Forbidden {
		t.Errorf("an action that nobody is granted: %v", err)
	}
}

// refusal gives the code of a refusal, and nothing for none.
func refusal(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}

// TestRule has for each rule what it alone forbids.
func TestRule(t *testing.T) {
	w := newWorld(t)
	open := state{"PUBLIC", true, false}
	for _, c := range []struct {
		rule   access.Rule
		caller string
		table  string
		now    state
		then   *state // the record as it was, where it is the past that is asked for
	}{
		{access.ReadVisibility, "a stranger", "e_service", state{"MUNICIPALITY", true, false}, nil},
		{access.ReadCollaboration, "a stranger", "e_service", state{"COLLABORATION", true, false}, nil},
		{access.ReadPublished, "a partner", "e_service", state{"PUBLIC", false, false}, nil},
		{access.ReadArchived, "a partner", "shared_service", state{"PUBLIC", true, true}, nil},
		{access.ReadScope, "a token that may not read", "e_service", state{"PUBLIC", false, false}, nil},
		{access.ReadPast, "a partner", "e_service", state{"MUNICIPALITY", true, false}, &open},
	} {
		t.Run(string(c.rule), func(t *testing.T) {
			ids := w.seen(t, who[c.caller], c.table, c.then != nil)
			looked := false
			for _, r := range w.records[c.table] {
				if r.now != c.now || c.then != nil && r.then != *c.then {
					continue
				}
				looked = true
				if slices.Contains(ids, r.id) {
					t.Errorf("%s sees a record of %s that was %v and is %v", c.caller, c.table, r.then, r.now)
				}
			}
			if !looked {
				t.Fatal("there is no such record")
			}
		})
	}
	for rule, c := range map[access.Rule]struct{ caller, table string }{
		access.ReadOwn:    {"a stranger", "import_run"},
		access.ReadParent: {"a stranger", "finding"},
		access.ReadAdmin:  {"a reader of its own", "api_token"},
	} {
		t.Run(string(rule), func(t *testing.T) {
			if ids := w.seen(t, who[c.caller], c.table, false); len(ids) > 0 {
				t.Errorf("%s sees %v of %s", c.caller, ids, c.table)
			}
		})
	}
	t.Run(string(access.ReadStaff), func(t *testing.T) {
		if got := w.runs(t, who["a reader of its own"]); got != "" {
			t.Errorf("a reader sees the runs %s", got)
		}
	})
	t.Run(string(access.ReadActor), func(t *testing.T) {
		if policy().SeesActor(access.With(t.Context(), who["a partner"]), own) {
			t.Error("a partner sees who made the change")
		}
	})
	for action := range access.Grants() {
		t.Run(string(action), func(t *testing.T) {
			for name, caller := range map[string]access.Caller{"nobody": {}, "a reader": who["a reader of its own"], "a stranger": who["a stranger"]} {
				if action == access.EndSessions && name == "a reader" {
					continue // anyone with a role ends its own
				}
				if err := policy().Require(access.With(t.Context(), caller), action, own); err == nil {
					t.Errorf("%s may", name)
				}
			}
		})
	}
}

// TestCaller holds how callers are told apart.
func TestCaller(t *testing.T) {
	if c := access.From(context.Background()); c.SignedIn() || c.Key() != "anonymous" {
		t.Errorf("a context of nobody has %+v", c)
	}
	c := access.Caller{Kind: access.Token, ID: "7", Function: "import", Municipality: own}
	ctx := access.With(t.Context(), c)
	if got := access.From(ctx); got.Key() != "TOKEN:7" || !got.SignedIn() || !got.Own(own) || got.Own(partner) || got.Own(uuid.Nil) {
		t.Errorf("the context has %+v", got)
	}
	want := postgres.Change{ActorKind: "TOKEN", ActorID: "7", ActorFunction: "import", Municipality: own, Operation: "applyImport", Comment: "skäl", RequestID: "r1"}
	if got := access.Change(ctx, "applyImport", "skäl", "r1"); got != want {
		t.Errorf("the change is by %+v, want %+v", got, want)
	}
}
