package user

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
)

const (
	useInterval = time.Minute // how exactly the last use is known
	useWait     = time.Second // how long a request waits to have it written
	// attemptLife is how long a sign-in at the provider may take.
	attemptLife = 15 * time.Minute
)

// Service knows users, gives and takes their roles, and keeps their sessions.
type Service struct {
	Journal *history.Journal
	Policy  access.Policy
	// Idle ends a session that is not used for so long, Life any session.
	Idle, Life time.Duration

	mu   sync.Mutex
	used map[uuid.UUID]time.Time // the last use written, to write no oftener than useInterval
}

// Identity is what a provider has proved of a person.
type Identity struct {
	Issuer, IssuerKey string
	Subject           string
	Municipality      uuid.UUID
	Name, Email       *string
	Roles             []access.Role // by the claim map
}

// key is what a secret is kept and found by.
func key(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Begin keeps a sign-in that has begun, until the browser comes back with its state.
func (s *Service) Begin(ctx context.Context, a Attempt, state, browser string) error {
	at := s.Journal.DB.Now()
	return s.addAttempt(ctx, a, key(state), key(browser), at, at.Add(attemptLife))
}

// Take gives the sign-in that the browser began with the state, once; NOT_FOUND for
// one that is not known, has been taken, is too old or is another browser's.
func (s *Service) Take(ctx context.Context, state, browser string) (*Attempt, error) {
	return s.takeAttempt(ctx, key(state), key(browser), s.Journal.DB.Now())
}

// read runs a read on a state of its own.
func (s *Service) read(ctx context.Context, do func(*postgres.Snapshot) error) error {
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return err
	}
	return do(now)
}

// Ensure gives the account of a person at a provider, and makes one for a person who
// has none.
func (s *Service) Ensure(ctx context.Context, issuer, subject string, municipality uuid.UUID) (*Account, error) {
	found, err := s.Known(ctx, issuer, subject)
	if err != nil && fault.CodeOf(err) == fault.NotFound {
		system := access.With(ctx, access.SystemCaller("inloggning"))
		err = s.Journal.Write(system, "signIn", "", func(tx *postgres.Tx) (err error) {
			found, err = ensure(ctx, tx, issuer, subject, municipality)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return found, found.belongs(municipality)
}

// ensure is Ensure within a change. Changes run one at a time: whoever made the account
// meanwhile is seen here.
func ensure(ctx context.Context, tx *postgres.Tx, issuer, subject string, municipality uuid.UUID) (*Account, error) {
	found, err := bySubject(ctx, tx, issuer, subject)
	if err == nil {
		return found, found.belongs(municipality)
	}
	if fault.CodeOf(err) != fault.NotFound {
		return nil, err
	}
	made, err := postgres.Insert(ctx, tx, "user_account", &Account{Row: postgres.Row{ID: uuid.Must(uuid.NewV7())}, MunicipalityID: municipality}, constraints)
	if err != nil {
		return nil, err
	}
	return made, addPerson(ctx, tx, made.ID, issuer, subject)
}

// belongs refuses an account of another municipality.
func (a *Account) belongs(municipality uuid.UUID) error {
	if a.MunicipalityID == municipality {
		return nil
	}
	return fault.New(fault.Forbidden,
		"Inloggningen är känd i en annan kommun. Be den som driftar Färdplan att se över inloggningstjänsternas inställningar.",
		"The sign-in is known in another municipality. Ask whoever runs Färdplan to look over the settings of sign-in.")
}

// Known gives the account of a person at a provider; NOT_FOUND for one who has none.
func (s *Service) Known(ctx context.Context, issuer, subject string) (*Account, error) {
	var found *Account
	err := s.read(ctx, func(now *postgres.Snapshot) (err error) {
		found, err = bySubject(ctx, now, issuer, subject)
		return err
	})
	return found, err
}

// SignIn begins a session of a person, and gives its secret, which is kept nowhere.
func (s *Service) SignIn(ctx context.Context, i Identity, agent string) (*Account, string, error) {
	account, err := s.Ensure(ctx, i.Issuer, i.Subject, i.Municipality)
	if err != nil {
		return nil, "", err
	}
	now := s.Journal.DB.Now()
	if err := s.meet(ctx, account.ID, i, now); err != nil {
		return nil, "", err
	}
	secret := rand.Text() + rand.Text()
	one := &Session{ID: uuid.Must(uuid.NewV7()), AccountID: account.ID, IssuerKey: i.IssuerKey, ClaimRoles: append([]access.Role{}, i.Roles...), Agent: agent, CreatedAt: now, ExpiresAt: now.Add(s.Life)}
	return account, secret, s.addSession(ctx, one, key(secret))
}

// Authenticate knows the caller by the secret of a session that has not ended, and
// gives the key of the provider that it came by. Any other secret is UNAUTHENTICATED.
// A user without a role is known, and sees what anyone sees.
func (s *Service) Authenticate(ctx context.Context, secret string) (access.Caller, *Session, error) {
	var found *held
	var partners []uuid.UUID
	var at time.Time
	err := s.read(ctx, func(now *postgres.Snapshot) (err error) {
		at = now.At
		if found, err = s.bySecret(ctx, now, key(secret), at); err != nil {
			return err
		}
		partners, err = organisation.Partners(ctx, now, found.Municipality)
		return err
	})
	if err != nil {
		if fault.CodeOf(err) == fault.NotFound {
			err = fault.New(fault.Unauthenticated, "Inloggningen har upphört. Logga in igen.", "The sign-in has ended. Sign in again.")
		}
		return access.Caller{}, nil, err
	}
	s.remember(ctx, found.ID, found.LastUsedAt, at)
	caller := access.Caller{Kind: access.User, ID: found.AccountID.String()}
	if roles := union(found.Granted, found.ClaimRoles); len(roles) > 0 {
		caller.Roles, caller.Municipality, caller.Partners = roles, found.Municipality, partners
		caller.Function = functionOf(roles, found.Functions)
	}
	return caller, &found.Session, nil
}

// union gives the roles of both, each once.
func union(a, b []access.Role) []access.Role {
	var all []access.Role
	for _, r := range slices.Concat(a, b) {
		if !slices.Contains(all, r) && slices.Contains(access.Roles(), r) {
			all = append(all, r)
		}
	}
	return all
}

// functionOf is what a user's changes are signed with: the functions it has been
// given, else its roles in words.
func functionOf(roles []access.Role, functions []string) string {
	if len(functions) == 0 {
		for _, r := range roles {
			name, _ := r.Name()
			functions = append(functions, name)
		}
	}
	return strings.Join(slices.Compact(functions), ", ")
}

// remember writes when a session was last used, no oftener than useInterval.
func (s *Service) remember(ctx context.Context, id uuid.UUID, last, at time.Time) {
	if at.Sub(last) < useInterval {
		return
	}
	s.mu.Lock()
	if s.used == nil || len(s.used) > 10_000 { // forgotten ones cost a write each
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
	if err := s.use(ctx, id, at); err != nil {
		s.mu.Lock()
		delete(s.used, id)
		s.mu.Unlock()
	}
}

// SignOut ends the session with the secret, and gives how many there were.
func (s *Service) SignOut(ctx context.Context, secret string) (int, error) {
	ended, err := s.endSession(ctx, "hash = @hash", postgres.Args{"hash": key(secret)})
	return len(ended), err
}

// EndSession ends a session: one's own, or one of a user whom the caller administers.
func (s *Service) EndSession(ctx context.Context, id uuid.UUID) error {
	if err := s.Policy.RequireSome(ctx, access.EndSessions); err != nil {
		return err
	}
	var of *owned
	err := s.read(ctx, func(now *postgres.Snapshot) (err error) {
		of, err = sessionByID(ctx, now, id)
		return err
	})
	if err != nil {
		return err
	}
	if of.Account != self(ctx) && s.Policy.Require(ctx, access.ManageUsers, of.Municipality) != nil {
		return fault.Missing()
	}
	_, err = s.endSession(ctx, "id = @id", postgres.Args{"id": id})
	return err
}

// EndSessions ends all sessions of a user, and gives how many there were: of the
// caller without a user, else of one whom the caller administers.
func (s *Service) EndSessions(ctx context.Context, of *uuid.UUID) (int, error) {
	if err := s.Policy.RequireSome(ctx, access.EndSessions); err != nil {
		return 0, err
	}
	account := self(ctx)
	if of != nil && *of != account {
		if err := s.Policy.RequireSome(ctx, access.ManageUsers); err != nil {
			return 0, err
		}
		err := s.read(ctx, func(now *postgres.Snapshot) error {
			found, err := s.one(ctx, now, *of)
			if err != nil {
				return err
			}
			return s.Policy.Require(ctx, access.ManageUsers, found.MunicipalityID)
		})
		if err != nil {
			return 0, err
		}
		account = *of
	}
	ended, err := s.endSession(ctx, "user_account_id = @account", postgres.Args{"account": account})
	return len(ended), err
}

// EndSessionsOf ends all sessions of the user whose session has the secret, and gives how
// many there were: none where that session has ended.
func (s *Service) EndSessionsOf(ctx context.Context, secret string) (int, error) {
	ended, err := s.endSession(ctx, "user_account_id = (SELECT y.user_account_id FROM user_session y WHERE y.hash = @hash)", postgres.Args{"hash": key(secret)})
	return len(ended), err
}

// Sweep removes sessions and attempts that have ended, and gives how many sessions.
func (s *Service) Sweep(ctx context.Context) (int, error) { return s.sweep(ctx, s.Journal.DB.Now()) }

// Find gives the user whose reference somebody read out.
func (s *Service) Find(ctx context.Context, reference string) (*Account, error) {
	wanted := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(reference), "-", ""))
	var found []*Account
	err := s.read(ctx, func(now *postgres.Snapshot) (err error) {
		found, err = s.byReference(ctx, now, wanted)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fault.Missing()
	case len(found) > 1:
		return nil, fault.Field("user", "user_ambiguous",
			"Två användare har referensen. Peka ut användaren med inloggningstjänsten och personens sub i stället.",
			"Two users have the reference. Name the user by the provider and the person's sub instead.")
	}
	return found[0], nil
}

// Give gives a user a role until and including a last day; a role that it has already
// gets the function and the last day.
func (s *Service) Give(ctx context.Context, of uuid.UUID, role access.Role, function *string, validTo *date.Date) (*Grant, error) {
	if err := s.Policy.RequireSome(ctx, access.ManageUsers); err != nil {
		return nil, err
	}
	var saved *Grant
	err := s.Journal.Write(ctx, "grantRole", "", func(tx *postgres.Tx) (err error) {
		saved, err = s.give(ctx, tx, of, role, function, validTo)
		return err
	})
	return saved, err
}

// GiveBySubject gives a role, as Give does, to a person of the municipality at a
// provider, who may not have signed in yet. Where the role is refused no account is made.
func (s *Service) GiveBySubject(ctx context.Context, issuer, subject string, municipality uuid.UUID, role access.Role, function *string, validTo *date.Date) (*Grant, error) {
	if err := s.Policy.RequireSome(ctx, access.ManageUsers); err != nil {
		return nil, err
	}
	var saved *Grant
	err := s.Journal.Write(ctx, "grantRole", "", func(tx *postgres.Tx) error {
		account, err := ensure(ctx, tx, issuer, subject, municipality)
		if err != nil {
			return err
		}
		saved, err = s.give(ctx, tx, account.ID, role, function, validTo)
		return err
	})
	return saved, err
}

func (s *Service) give(ctx context.Context, tx *postgres.Tx, of uuid.UUID, role access.Role, function *string, validTo *date.Date) (*Grant, error) {
	account, err := s.one(ctx, tx, of)
	if err != nil {
		return nil, err
	}
	if err := s.Policy.Require(ctx, access.ManageUsers, account.MunicipalityID); err != nil {
		return nil, err
	}
	if account.ForgottenAt != nil {
		return nil, fault.Field("user", "user_forgotten", "Användaren är borttagen och kan inte få någon roll.", "The user has been forgotten and can be given no role.")
	}
	if validTo != nil && validTo.Before(date.Of(tx.At)) {
		return nil, fault.Field("validTo", "role_ended", "Sista dagen har redan varit. Ange en dag från och med i dag.", "The last day has been already. Give a day from today on.")
	}
	grant, err := open(ctx, tx, of, role)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return nil, err
	}
	if err == nil {
		grant.Function, grant.ValidTo = function, validTo
		return postgres.Save(ctx, tx, "user_role", grant, constraints)
	}
	return postgres.Insert(ctx, tx, "user_role", &Grant{
		Row: postgres.Row{ID: uuid.Must(uuid.NewV7())}, MunicipalityID: account.MunicipalityID, UserAccountID: of, Role: role, Function: function, ValidTo: validTo,
	}, constraints)
}

// Revoke takes a role back at once. To revoke it again changes nothing.
func (s *Service) Revoke(ctx context.Context, grant uuid.UUID) (*Grant, error) {
	if err := s.Policy.RequireSome(ctx, access.ManageUsers); err != nil {
		return nil, err
	}
	var saved *Grant
	err := s.Journal.Write(ctx, "revokeRole", "", func(tx *postgres.Tx) error {
		g, err := s.oneGrant(ctx, tx, grant)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.ManageUsers, g.MunicipalityID); err != nil {
			return err
		}
		if saved = g; g.RevokedAt != nil {
			return nil
		}
		g.RevokedAt = &tx.At
		saved, err = postgres.Save(ctx, tx, "user_role", g, constraints)
		return err
	})
	return saved, err
}

// RevokeRole takes a role of a user back; NOT_FOUND where it has not been given.
func (s *Service) RevokeRole(ctx context.Context, of uuid.UUID, role access.Role) (*Grant, error) {
	var grant *Grant
	err := s.read(ctx, func(now *postgres.Snapshot) (err error) {
		grant, err = open(ctx, now, of, role)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the role: %w", err)
	}
	return s.Revoke(ctx, grant.ID)
}

// Forget erases the person behind a user: name, e-mail and the provider's key go, the
// sessions end and the roles are taken back. What the user did stays, signed by
// function.
func (s *Service) Forget(ctx context.Context, id uuid.UUID) (*Account, error) {
	if err := s.Policy.RequireSome(ctx, access.ManageUsers); err != nil {
		return nil, err
	}
	var saved *Account
	err := s.Journal.Write(ctx, "forgetUser", "", func(tx *postgres.Tx) error {
		account, err := s.one(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.ManageUsers, account.MunicipalityID); err != nil {
			return err
		}
		if saved = account; account.ForgottenAt != nil {
			return nil
		}
		if err := forgetPerson(ctx, tx, id); err != nil {
			return err
		}
		grants, err := openGrants(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, g := range grants {
			g.RevokedAt = &tx.At
			if _, err := postgres.Save(ctx, tx, "user_role", g, constraints); err != nil {
				return err
			}
		}
		account.ForgottenAt = &tx.At
		saved, err = postgres.Save(ctx, tx, "user_account", account, constraints)
		return err
	})
	return saved, err
}
