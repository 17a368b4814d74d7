// Package user is the people who sign in: an account without a name, the one table
// that says who it is, the roles that it has been given, and its sessions. How
// somebody proves who they are is for package signin.
package user

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// Account is a user. It holds nothing that says who it is, so that its history holds
// none of it either.
type Account struct {
	postgres.Row
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	ForgottenAt    *time.Time `db:"forgotten_at"` // when the person was forgotten
}

// NodeID gives the account's global id.
func (a *Account) NodeID() gid.ID { return gid.New("user_account", a.ID) }

// Reference is what a user reads out to an administrator: eight signs of the id, in
// two groups.
func (a *Account) Reference() string { return ReferenceOf(a.ID) }

// ReferenceOf gives the reference of the account with the id.
func ReferenceOf(id uuid.UUID) string {
	end := strings.ToUpper(id.String()[28:])
	return end[:4] + "-" + end[4:]
}

// Grant is a role that a user has been given.
type Grant struct {
	postgres.Row
	MunicipalityID uuid.UUID   `db:"municipality_id"`
	UserAccountID  uuid.UUID   `db:"user_account_id"`
	Role           access.Role `db:"role"`
	Function       *string     `db:"function"` // what changes are signed with; nil for the role's own name
	ValidTo        *date.Date  `db:"valid_to"` // the last day in force; nil for no end
	RevokedAt      *time.Time  `db:"revoked_at"`
}

// NodeID gives the grant's global id.
func (g *Grant) NodeID() gid.ID { return gid.New("user_role", g.ID) }

// Person says who a user is. It lies outside history and goes when it is forgotten.
type Person struct {
	AccountID  uuid.UUID  `db:"user_account_id"`
	Issuer     string     `db:"issuer"`  // the provider's identifier, a URL
	Subject    string     `db:"subject"` // the provider's own key of the person
	Name       *string    `db:"name"`    // nil before the first sign-in
	Email      *string    `db:"email"`
	SignedInAt *time.Time `db:"signed_in_at"` // the newest sign-in
}

// Session is a browser that is signed in.
type Session struct {
	ID         uuid.UUID     `db:"id"`
	AccountID  uuid.UUID     `db:"user_account_id"`
	IssuerKey  string        `db:"issuer_key"`
	ClaimRoles []access.Role `db:"claim_roles"`
	Agent      string        `db:"agent"` // the browser's family, such as Firefox
	CreatedAt  time.Time     `db:"created_at"`
	LastUsedAt time.Time     `db:"last_used_at"` // to within a minute
	ExpiresAt  time.Time     `db:"expires_at"`
}

// NodeID gives the session's global id.
func (s *Session) NodeID() gid.ID { return gid.New("user_session", s.ID) }

// Connection is one page of accounts.
type Connection = page.Connection[*Account]

// Edge is an account with its place in a list.
type Edge = page.Edge[*Account]

var constraints = postgres.Constraints{
	"user_role_role":            fault.Field("role", "", "Rollen är inte någon av de kända.", "The role is none of those known."),
	"person_subject_length":     fault.Field("subject", "", "Ange personens sub hos inloggningstjänsten, 1 till 255 tecken.", "Give the person's sub at the provider, 1 to 255 characters."),
	"user_role_function_length": fault.Field("function", "", "Funktionen ska ha 1 till 100 tecken. Skriv uppdraget, som digitaliseringsstrateg, och inget personnamn.", "The function is to have 1 to 100 characters. Write the assignment, such as digitalization strategist, and no person's name."),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }
