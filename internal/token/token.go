// Package token is the keys that programs sign in with: each carries a municipality,
// a role and scopes, expires, can be revoked, and is stored as a hash only.
package token

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/history"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// prefix begins every secret, so that one found in the wrong place is known for what
// it is.
const prefix = "fardplan_"

// Limits of a token's life.
const (
	DefaultLife = 365 * 24 * time.Hour
	LongestLife = 2 * 365 * 24 * time.Hour
	useInterval = time.Minute // how exactly the last use is known
	useWait     = time.Second // how long a request waits to have it written
)

// Token is a key without its secret.
type Token struct {
	postgres.Row
	MunicipalityID uuid.UUID      `db:"municipality_id"`
	Label          string         `db:"label"` // the program or function that uses it
	Role           access.Role    `db:"role"`
	Scopes         []access.Scope `db:"scopes"`
	Hash           []byte         `db:"hash"` // SHA-256 of the secret
	ExpiresAt      time.Time      `db:"expires_at"`
	RevokedAt      *time.Time     `db:"revoked_at"`
}

// NodeID gives the token's global id.
func (t *Token) NodeID() gid.ID { return gid.New("api_token", t.ID) }

// Connection is one page of tokens.
type Connection = page.Connection[*Token]

// Edge is a token with its place in a list.
type Edge = page.Edge[*Token]

// Service makes, lists and revokes tokens, and knows a caller by one.
type Service struct {
	Journal *history.Journal
	Policy  access.Policy

	mu   sync.Mutex
	used map[uuid.UUID]time.Time // the last use written, to write no oftener than useInterval
}

var constraints = postgres.Constraints{
	"api_token_municipality_fk": fault.Field("municipality", "", "Kommunen finns inte.", "There is no such municipality."),
	"api_token_label_length":    fault.Field("label", "", "Namnet ska ha 1 till 100 tecken: skriv vilket program eller vilken funktion som använder nyckeln.", "The label is to have 1 to 100 characters: say which program or function uses the token."),
	"api_token_role":            fault.Field("role", "", "Rollen är inte någon av de kända.", "The role is none of those known."),
	"api_token_scopes":          fault.Field("scopes", "", "Ange minst en av de kända omfattningarna.", "Give at least one of the scopes known."),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }

// Create makes a token and gives it with its secret, which is shown this once only. A
// zero expiry is DefaultLife from now.
func (s *Service) Create(ctx context.Context, t Token) (*Token, string, error) {
	if err := s.Policy.Require(ctx, access.ManageTokens, t.MunicipalityID); err != nil {
		return nil, "", err
	}
	if err := within(access.From(ctx), t); err != nil {
		return nil, "", err
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return nil, "", fmt.Errorf("make a secret: %w", err)
	}
	secret := prefix + base64.RawURLEncoding.EncodeToString(raw)
	now := s.Journal.DB.Now()
	if t.ExpiresAt.IsZero() {
		t.ExpiresAt = now.Add(DefaultLife)
	}
	if !t.ExpiresAt.After(now) || t.ExpiresAt.After(now.Add(LongestLife)) {
		return nil, "", fault.Field("expiresAt", "token_life", "Nyckeln ska upphöra inom två år från nu.", "The token is to expire within two years from now.")
	}
	t.ID = uuid.Must(uuid.NewV7())
	t.Hash = hash(secret)
	var made *Token
	err := s.Journal.Write(ctx, "createApiToken", "", func(tx *postgres.Tx) (err error) {
		made, err = postgres.Insert(ctx, tx, "api_token", &t, constraints)
		return err
	})
	return made, secret, err
}

// within refuses a token that might do more than the one that makes it.
func within(maker access.Caller, t Token) error {
	if maker.Kind != access.Token {
		return nil
	}
	more := func(s access.Scope) bool { return !slices.Contains(maker.Scopes, s) }
	if slices.Contains(maker.Roles, t.Role) && !slices.ContainsFunc(t.Scopes, more) {
		return nil
	}
	return fault.Field("scopes", "token_within",
		"En API-nyckel kan bara skapa nycklar med sin egen roll och sina egna omfattningar.",
		"An API token can only make tokens of its own role and scopes.")
}

func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Revoke ends a token at once. Revoking it again changes nothing.
func (s *Service) Revoke(ctx context.Context, id uuid.UUID) (*Token, error) {
	if err := s.Policy.RequireSome(ctx, access.ManageTokens); err != nil {
		return nil, err
	}
	var saved *Token
	err := s.Journal.Write(ctx, "revokeApiToken", "", func(tx *postgres.Tx) error {
		t, err := s.one(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.ManageTokens, t.MunicipalityID); err != nil {
			return err
		}
		if saved = t; t.RevokedAt != nil {
			return nil
		}
		t.RevokedAt = &tx.At
		saved, err = postgres.Save(ctx, tx, "api_token", t, constraints)
		return err
	})
	return saved, err
}

// Authenticate knows the caller by the secret of a token that has not expired or been
// revoked; any other secret is UNAUTHENTICATED.
func (s *Service) Authenticate(ctx context.Context, secret string) (access.Caller, error) {
	unknown := fault.New(fault.Unauthenticated,
		"API-nyckeln gäller inte: den är okänd, återkallad eller har gått ut. Be en administratör om en ny.",
		"The API token is not valid: unknown, revoked or expired. Ask an administrator for a new one.")
	if !strings.HasPrefix(secret, prefix) {
		return access.Caller{}, unknown
	}
	found, partners, at, err := s.known(ctx, secret)
	switch {
	case fault.CodeOf(err) == fault.NotFound && err != nil:
		return access.Caller{}, unknown
	case err != nil:
		return access.Caller{}, err
	case found.RevokedAt != nil || !found.ExpiresAt.After(at):
		return access.Caller{}, unknown
	}
	s.remember(ctx, found.ID, at)
	function, _ := found.Role.Name()
	return access.Caller{
		Kind: access.Token, ID: found.ID.String(), Function: function + " (API-nyckel)", Municipality: found.MunicipalityID,
		Roles: []access.Role{found.Role}, Scopes: found.Scopes, Partners: partners,
	}, nil
}

// known reads the token with the secret, and whom its municipality collaborates with.
// It gives its connection back: nobody holds one while waiting for another.
func (s *Service) known(ctx context.Context, secret string) (*Token, []uuid.UUID, time.Time, error) {
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, nil, time.Time{}, err
	}
	found, err := byHash(ctx, now, hash(secret))
	if err != nil {
		return nil, nil, time.Time{}, err
	}
	partners, err := organisation.Partners(ctx, now, found.MunicipalityID)
	return found, partners, now.At, err
}

// remember writes when a token was last used, no oftener than useInterval. Nobody is
// refused because that could not be written: it is written the next time.
func (s *Service) remember(ctx context.Context, id uuid.UUID, at time.Time) {
	s.mu.Lock()
	if s.used == nil {
		s.used = map[uuid.UUID]time.Time{}
	}
	due := at.Sub(s.used[id]) >= useInterval
	if due {
		s.used[id] = at
	}
	s.mu.Unlock()
	if !due {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, useWait)
	defer cancel()
	if err := use(ctx, s.Journal.DB, id, at); err != nil {
		s.mu.Lock()
		delete(s.used, id)
		s.mu.Unlock()
	}
}
