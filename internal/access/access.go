// Package access says who is asking and what they may: the caller, the roles, the
// one rule for what is seen and the one table for what may be written. The table is
// docs/access.md in words, and a test holds the two alike.
package access

import (
	"context"

	"github.com/google/uuid"
)

// Role is what somebody may do within a municipality.
type Role string

// The roles.
const (
	Director        Role = "DIRECTOR"         // plans and follows the strategy
	CatalogueEditor Role = "CATALOGUE_EDITOR" // keeps the e-service catalogue
	ProjectEditor   Role = "PROJECT_EDITOR"   // keeps shared projects
	Reader          Role = "READER"           // reads its municipality's records
	Auditor         Role = "AUDITOR"          // reads all of its municipality
	Admin           Role = "ADMIN"            // keeps the organisation and its access
)

// Roles lists every role, for checks and choices.
func Roles() []Role {
	return []Role{Director, CatalogueEditor, ProjectEditor, Reader, Auditor, Admin}
}

var roleNames = map[Role][2]string{
	Director:        {"digitaliseringsdirektör", "digitalization director"},
	CatalogueEditor: {"katalogredaktör", "catalogue editor"},
	ProjectEditor:   {"projektredaktör", "project editor"},
	Reader:          {"läsare", "reader"},
	Auditor:         {"revisor", "auditor"},
	Admin:           {"administratör", "administrator"},
}

// Name gives the role in words, Swedish and English.
func (r Role) Name() (sv, en string) { return roleNames[r][0], roleNames[r][1] }

// Scope narrows what an API token may, within its role.
type Scope string

// The scopes.
const (
	ScopeRead          Scope = "READ"
	ScopeOrganisation  Scope = "WRITE_ORGANISATION"
	ScopeCatalogue     Scope = "WRITE_CATALOGUE"
	ScopeCollaboration Scope = "WRITE_COLLABORATION"
	ScopeDecisions     Scope = "WRITE_DECISIONS"
	ScopeStrategy      Scope = "WRITE_STRATEGY"
	ScopeImport        Scope = "IMPORT"
	ScopeAdminister    Scope = "ADMINISTER"
)

// Scopes lists every scope.
func Scopes() []Scope {
	return []Scope{ScopeRead, ScopeOrganisation, ScopeCatalogue, ScopeCollaboration, ScopeDecisions, ScopeStrategy, ScopeImport, ScopeAdminister}
}

// Kind tells what sort of caller it is.
type Kind string

// The kinds of caller.
const (
	Anonymous Kind = "ANONYMOUS"
	User      Kind = "USER"
	Token     Kind = "TOKEN"
	System    Kind = "SYSTEM" // the program itself or its command line
)

// Caller is who is asking. The zero Caller is anonymous.
type Caller struct {
	Kind         Kind
	ID           string // opaque; never a name
	Function     string // the function or role in words, kept with each change
	Municipality uuid.UUID
	Roles        []Role
	Scopes       []Scope // of a token; nil for anyone else means all
	// Partners are whom something may be shared with so that the caller sees it: the
	// collaborations that its municipality is a member of today, and their members, itself
	// included.
	Partners []uuid.UUID
}

// SystemCaller is the program itself, acting by the named function.
func SystemCaller(function string) Caller {
	return Caller{Kind: System, ID: "system", Function: function}
}

// SignedIn tells whether the caller is somebody.
func (c Caller) SignedIn() bool { return c.Kind != "" && c.Kind != Anonymous }

// Key names the caller for limits and logs: its kind and opaque id.
func (c Caller) Key() string {
	if !c.SignedIn() {
		return "anonymous"
	}
	return string(c.Kind) + ":" + c.ID
}

// Own tells whether the caller is of the municipality.
func (c Caller) Own(municipality uuid.UUID) bool {
	return c.SignedIn() && municipality != uuid.Nil && c.Municipality == municipality
}

type callerKey struct{}

// With puts the caller into the context.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From gives the context's caller; without one, the anonymous.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
