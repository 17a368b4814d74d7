package access

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/postgres"
)

// Rule names one rule of who may read or write what. Those of writes are the actions.
type Rule string

// The rules of reading. Each narrows what is seen.
const (
	ReadVisibility    Rule = "read.visibility"    // others than the own municipality see what is PUBLIC, or shared with them
	ReadCollaboration Rule = "read.collaboration" // COLLABORATION is for members of a collaboration that the owner is in
	ReadPublished     Rule = "read.published"     // others see what is published only
	ReadArchived      Rule = "read.archived"      // others do not see what is archived
	ReadOwn           Rule = "read.own"           // some records are for the own municipality alone
	ReadAdmin         Rule = "read.admin"         // some of those for its administrators alone
	ReadStaff         Rule = "read.staff"         // runs of the program's own work are for those who answer for it
	ReadScope         Rule = "read.scope"         // a token without the scope READ sees what anyone sees
	ReadPast          Rule = "read.past"          // a past row shows only where the present one may be seen too
	ReadActor         Rule = "read.actor"         // who made a change shows within its municipality
)

// The rules of writing: actions on a municipality's records.
const (
	CreateMunicipality Rule = "municipality.create"
	UpdateMunicipality Rule = "municipality.update"
	WriteUnit          Rule = "unit.write"
	Reorganise         Rule = "unit.reorganise"
	WriteSharedService Rule = "sharedService.write"
	WriteEService      Rule = "eService.write"
	DraftEService      Rule = "eService.draft"
	PublishEService    Rule = "eService.publish"
	CheckLinks         Rule = "link.check"
	RecordUsage        Rule = "usage.record"
	ImportUsage        Rule = "usage.import"
	Import             Rule = "import.apply"
	ManageTokens       Rule = "token.manage"
	ManageUsers        Rule = "user.manage"
	EndSessions        Rule = "session.end"
)

// Grant says who may do an action.
type Grant struct {
	Roles  []Role
	Scopes []Scope // what a token needs beside its role, each of them
}

// Grants is the table of docs/access.md: each action with who may do it, to records
// of the own municipality. A new municipality counts as the home municipality's. An
// import tells what the records hold, and so needs to read too; so does a draft, which
// others are not to know of.
func Grants() map[Rule]Grant {
	return map[Rule]Grant{
		CreateMunicipality: {Roles: []Role{Admin}, Scopes: []Scope{ScopeAdminister}},
		UpdateMunicipality: {Roles: []Role{Admin}, Scopes: []Scope{ScopeOrganisation}},
		WriteUnit:          {Roles: []Role{Admin, Director}, Scopes: []Scope{ScopeOrganisation}},
		Reorganise:         {Roles: []Role{Admin, Director}, Scopes: []Scope{ScopeOrganisation, ScopeRead}},
		WriteSharedService: {Roles: []Role{Director, CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		WriteEService:      {Roles: []Role{Director, CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		DraftEService:      {Roles: []Role{Director, CatalogueEditor}, Scopes: []Scope{ScopeCatalogue, ScopeRead}},
		PublishEService:    {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		CheckLinks:         {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		RecordUsage:        {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		ImportUsage:        {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeCatalogue, ScopeRead}},
		Import:             {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeImport, ScopeRead}},
		ManageTokens:       {Roles: []Role{Admin}, Scopes: []Scope{ScopeAdminister}},
		ManageUsers:        {Roles: []Role{Admin}, Scopes: []Scope{ScopeAdminister}},
		// Of oneself, in whatever municipality; to end another's takes ManageUsers.
		EndSessions: {Roles: Roles(), Scopes: []Scope{ScopeAdminister}},
	}
}

// sight says which columns of a table decide who sees its records. A table without
// any is open to all.
type sight struct {
	visibility bool // PUBLIC, COLLABORATION or MUNICIPALITY
	published  bool
	archived   bool
	own        bool // for the own municipality alone
	admin      bool // for its administrators alone
	staff      bool // for Staff alone, also what is of no municipality
}

var sights = map[string]sight{
	"municipality":   {},
	"unit":           {},
	"shared_service": {visibility: true, archived: true},
	"e_service":      {visibility: true, published: true, archived: true},
	"import_run":     {own: true},
	// What is public of the platform shows there; what of it is not here yet is its own.
	"platform_flow":     {own: true},
	"platform_category": {own: true},
	"api_token":         {own: true, admin: true},
	"job_run":           {own: true, staff: true},
	// Others never learn that an e-service has a draft.
	"e_service_draft": {own: true},
	"user_account":    {own: true, admin: true},
	"user_role":       {own: true, admin: true},
	// A month of use is seen with its e-service; who corrected it, by its own alone.
	"e_service_usage": {own: true},
}

// Staff are the roles that answer for what the program does by itself.
func Staff() []Role { return []Role{Admin, CatalogueEditor, Director, Auditor} }

// Shared tells whether records of the table may be shared within a collaboration.
func Shared(table string) bool { return sights[table].visibility }

// Rules lists every rule, for the test that takes each away in turn.
func Rules() []Rule {
	rules := []Rule{ReadVisibility, ReadCollaboration, ReadPublished, ReadArchived, ReadOwn, ReadAdmin, ReadStaff, ReadScope, ReadPast, ReadActor}
	for action := range Grants() {
		rules = append(rules, action)
	}
	slices.Sort(rules[10:])
	return rules
}

// Policy decides what is seen and written. The zero Policy is the product's.
type Policy struct{ without Rule }

// Without gives the policy with one rule taken away, for the test that it is missed.
func (p Policy) Without(r Rule) Policy { return Policy{without: r} }

// holds gives a rule's condition, or true where the rule is taken away.
func (p Policy) holds(r Rule, sql string) string {
	if p.without == r {
		return "true"
	}
	return sql
}

// Visible gives the SQL condition, with its arguments, that the caller may see the
// row of table that alias names. In the past both the past row and the present one
// must allow it: the caller's rights are today's.
func (p Policy) Visible(ctx context.Context, table, alias string, past bool) (string, postgres.Args) {
	c := From(ctx)
	args := postgres.Args{"access_own": nil, "access_partners": []uuid.UUID{}, "access_admin": false, "access_staff": false}
	if c.SignedIn() && (c.Scopes == nil || slices.Contains(c.Scopes, ScopeRead) || p.without == ReadScope) {
		if c.Municipality != uuid.Nil {
			args["access_own"] = c.Municipality
		}
		args["access_partners"] = append([]uuid.UUID{}, c.Partners...)
		args["access_admin"] = slices.Contains(c.Roles, Admin)
		args["access_staff"] = slices.ContainsFunc(c.Roles, func(r Role) bool { return slices.Contains(Staff(), r) })
	}
	if c.Kind == System {
		return "true", args
	}
	sql := p.visible(table, alias)
	if past && sights[table] != (sight{}) {
		// The one place that asks for the present by its schema: in a read of the past
		// the bare name means the past.
		sql += " AND " + p.holds(ReadPast, fmt.Sprintf("EXISTS (SELECT FROM public.%s present WHERE present.id = %s.id AND %s)", table, alias, p.visible(table, "present")))
	}
	return sql, args
}

// Narrow keeps of the list what Visible says that the caller may see.
func (p Policy) Narrow(ctx context.Context, r postgres.Reader, l *postgres.List, table, alias string) {
	condition, args := p.Visible(ctx, table, alias, r.Past())
	l.Where(condition)
	for name, value := range args {
		l.Where("true", name, value)
	}
}

func (p Policy) visible(table, alias string) string {
	s, known := sights[table]
	if !known {
		panic("no rule says who sees " + table)
	}
	own := alias + ".municipality_id = @access_own"
	switch {
	case s.own:
		sql := p.holds(ReadOwn, own)
		if s.admin {
			sql += " AND " + p.holds(ReadAdmin, "@access_admin::boolean")
		}
		if s.staff {
			sql = "(" + sql + " OR " + alias + ".municipality_id IS NULL) AND " + p.holds(ReadStaff, "@access_staff::boolean")
		}
		return sql
	case s == sight{}:
		return "true"
	}
	others := "true"
	if s.published {
		others += " AND " + p.holds(ReadPublished, alias+".published")
	}
	if s.archived {
		others += " AND " + p.holds(ReadArchived, alias+".archived_at IS NULL")
	}
	if s.visibility {
		others += " AND " + p.holds(ReadVisibility, fmt.Sprintf("(%[1]s.visibility = 'PUBLIC' OR %[1]s.visibility = 'COLLABORATION' AND %[2]s)",
			alias, p.holds(ReadCollaboration, alias+".municipality_id = ANY (@access_partners)")))
	}
	return fmt.Sprintf("(%s OR %s)", own, others)
}

// SeesActor tells whether the caller may see who changed a record of the municipality,
// and why.
func (p Policy) SeesActor(ctx context.Context, municipality uuid.UUID) bool {
	c := From(ctx)
	return p.without == ReadActor || c.Kind == System ||
		c.Own(municipality) && (c.Scopes == nil || slices.Contains(c.Scopes, ScopeRead))
}

// Require refuses the caller that may not do the action to a record of the
// municipality: UNAUTHENTICATED when nobody is signed in, else FORBIDDEN. The
// program itself may do anything.
func (p Policy) Require(ctx context.Context, action Rule, municipality uuid.UUID) error {
	return p.require(ctx, action, func(c Caller) bool { return c.Own(municipality) })
}

// RequireSome refuses the caller that may not do the action to any municipality's
// records, before any of them is looked at.
func (p Policy) RequireSome(ctx context.Context, action Rule) error {
	return p.require(ctx, action, func(Caller) bool { return true })
}

func (p Policy) require(ctx context.Context, action Rule, own func(Caller) bool) error {
	c := From(ctx)
	if c.Kind == System || p.without == action {
		return nil
	}
	if !c.SignedIn() {
		return fault.New(fault.Unauthenticated,
			"Du behöver logga in eller använda en API-nyckel för att göra det här.",
			"Sign in or use an API token to do this.")
	}
	g := Grants()[action]
	missing := slices.IndexFunc(g.Scopes, func(s Scope) bool { return c.Scopes != nil && !slices.Contains(c.Scopes, s) })
	switch {
	case !own(c):
		return fault.New(fault.Forbidden,
			"Posten hör till en annan kommun. Bara den kan ändra den.",
			"The record belongs to another municipality, which alone can change it.")
	case !slices.ContainsFunc(g.Roles, func(r Role) bool { return slices.Contains(c.Roles, r) }):
		return fault.New(fault.Forbidden,
			"Din roll räcker inte för det här. Be en administratör i din kommun om hjälp.",
			"Your role does not allow this. Ask an administrator of your municipality.")
	case missing >= 0:
		return fault.New(fault.Forbidden,
			"API-nyckeln saknar omfattningen "+string(g.Scopes[missing])+".",
			"The API token lacks the scope "+string(g.Scopes[missing])+".")
	}
	return nil
}

// Change says for the journal who the caller is.
func Change(ctx context.Context, operation, comment, requestID string) postgres.Change {
	c := From(ctx)
	return postgres.Change{
		ActorKind: string(c.Kind), ActorID: c.ID, ActorFunction: c.Function, Municipality: c.Municipality,
		Operation: operation, Comment: comment, RequestID: requestID,
	}
}
