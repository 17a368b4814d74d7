package user

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// List reads one page of the users that the caller may see, the newest first.
func (s *Service) List(ctx context.Context, r postgres.Reader, a page.Args) (*Connection, error) {
	l := postgres.List{From: "user_account x", Alias: "x", Sort: postgres.Sort{Name: "CREATED", Expr: "x.created_at", Type: "timestamptz", Desc: true}}
	s.Policy.Narrow(ctx, r, &l, "user_account", "x")
	return postgres.Page[Account](ctx, r, l, a)
}

// ByID reads users by id.
func (s *Service) ByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Account, error) {
	condition, args := s.Policy.Visible(ctx, "user_account", "x", r.Past())
	return postgres.ByID[Account](ctx, r, "user_account", condition, args, ids)
}

// GrantsByID reads grants by id.
func (s *Service) GrantsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Grant, error) {
	condition, args := s.Policy.Visible(ctx, "user_role", "x", r.Past())
	return postgres.ByID[Grant](ctx, r, "user_role", condition, args, ids)
}

// GrantsOf reads the roles that each of the users has been given and that are in
// force.
func (s *Service) GrantsOf(ctx context.Context, r postgres.Reader, users []uuid.UUID) (map[uuid.UUID][]*Grant, error) {
	condition, args := s.Policy.Visible(ctx, "user_role", "x", r.Past())
	args["users"] = users
	all, err := postgres.All[Grant](ctx, r, "SELECT "+postgres.Columns[Grant]("x")+` FROM user_role x
		WHERE x.user_account_id = ANY (@users) AND `+inForce+" AND "+condition+" ORDER BY x.role, x.id", args)
	of := make(map[uuid.UUID][]*Grant, len(users))
	for _, id := range users {
		of[id] = []*Grant{}
	}
	for _, g := range all {
		of[g.UserAccountID] = append(of[g.UserAccountID], g)
	}
	return of, err
}

// inForce is the condition that grant x gives its role today.
const inForce = "x.revoked_at IS NULL AND coalesce(x.valid_to, 'infinity') >= today()"

// PeopleOf reads who the users are, as far as the caller may see the users. The past
// does not know.
func (s *Service) PeopleOf(ctx context.Context, r postgres.Reader, users []uuid.UUID) (map[uuid.UUID]*Person, error) {
	if r.Past() {
		return nil, nil
	}
	condition, args := s.seen(ctx)
	args["users"] = users
	all, err := postgres.All[Person](ctx, r, "SELECT "+postgres.Columns[Person]("p")+` FROM person p
		JOIN user_account x ON x.id = p.user_account_id WHERE x.id = ANY (@users) AND `+condition, args)
	of := make(map[uuid.UUID]*Person, len(all))
	for _, p := range all {
		of[p.AccountID] = p
	}
	return of, err
}

// SessionsOf reads the sessions of the users that have not ended, the newest first,
// as far as the caller may see the users. The past does not know.
func (s *Service) SessionsOf(ctx context.Context, r postgres.Reader, users []uuid.UUID) (map[uuid.UUID][]*Session, error) {
	of := make(map[uuid.UUID][]*Session, len(users))
	for _, id := range users {
		of[id] = []*Session{}
	}
	if r.Past() {
		return of, nil
	}
	condition, args := s.seen(ctx)
	args["users"], args["idle"] = users, s.Journal.DB.Now().Add(-s.Idle)
	all, err := postgres.All[Session](ctx, r, "SELECT "+postgres.Columns[Session]("y")+` FROM user_session y
		JOIN user_account x ON x.id = y.user_account_id
		WHERE x.id = ANY (@users) AND y.expires_at > instant() AND y.last_used_at > @idle AND `+condition+" ORDER BY y.created_at DESC, y.id DESC", args)
	for _, one := range all {
		of[one.AccountID] = append(of[one.AccountID], one)
	}
	return of, err
}

// seen is the condition on user x that the caller may see who it is: an administrator
// of its municipality, and the user itself.
func (s *Service) seen(ctx context.Context) (string, postgres.Args) {
	condition, args := s.Policy.Visible(ctx, "user_account", "x", false)
	args["self"] = self(ctx)
	return "(" + condition + " OR x.id = @self)", args
}

// self gives the account of the caller; uuid.Nil for one who has none.
func self(ctx context.Context) uuid.UUID {
	c := access.From(ctx)
	if c.Kind != access.User {
		return uuid.Nil
	}
	id, err := uuid.Parse(c.ID)
	if err != nil {
		return uuid.Nil
	}
	return id
}

func (s *Service) one(ctx context.Context, r postgres.Reader, id uuid.UUID) (*Account, error) {
	condition, args := s.Policy.Visible(ctx, "user_account", "x", false)
	args["id"] = id
	return postgres.One[Account](ctx, r, "SELECT "+postgres.Columns[Account]("x")+" FROM user_account x WHERE x.id = @id AND "+condition, args)
}

func (s *Service) oneGrant(ctx context.Context, r postgres.Reader, id uuid.UUID) (*Grant, error) {
	condition, args := s.Policy.Visible(ctx, "user_role", "x", false)
	args["id"] = id
	return postgres.One[Grant](ctx, r, "SELECT "+postgres.Columns[Grant]("x")+" FROM user_role x WHERE x.id = @id AND "+condition, args)
}

// open gives the grant of a role that has not been revoked; NOT_FOUND without one.
func open(ctx context.Context, r postgres.Reader, of uuid.UUID, role access.Role) (*Grant, error) {
	return postgres.One[Grant](ctx, r, "SELECT "+postgres.Columns[Grant]("x")+` FROM user_role x
		WHERE x.user_account_id = @of AND x.role = @role AND x.revoked_at IS NULL`, postgres.Args{"of": of, "role": role})
}

func openGrants(ctx context.Context, r postgres.Reader, of uuid.UUID) ([]*Grant, error) {
	return postgres.All[Grant](ctx, r, "SELECT "+postgres.Columns[Grant]("x")+" FROM user_role x WHERE x.user_account_id = @of AND x.revoked_at IS NULL", postgres.Args{"of": of})
}

// byReference finds the user whose reference somebody read out, with or without the
// hyphen.
func (s *Service) byReference(ctx context.Context, r postgres.Reader, reference string) ([]*Account, error) {
	condition, args := s.Policy.Visible(ctx, "user_account", "x", false)
	args["reference"] = reference
	return postgres.All[Account](ctx, r, "SELECT "+postgres.Columns[Account]("x")+` FROM user_account x
		WHERE upper(right(x.id::text, 8)) = @reference AND `+condition, args)
}

// bySubject gives the account of a person at a provider; NOT_FOUND without one.
func bySubject(ctx context.Context, r postgres.Reader, issuer, subject string) (*Account, error) {
	return postgres.One[Account](ctx, r, "SELECT "+postgres.Columns[Account]("x")+` FROM user_account x JOIN person p ON p.user_account_id = x.id
		WHERE p.issuer = @issuer AND p.subject = @subject`, postgres.Args{"issuer": issuer, "subject": subject})
}

func addPerson(ctx context.Context, tx *postgres.Tx, account uuid.UUID, issuer, subject string) error {
	_, err := tx.Exec(ctx, "INSERT INTO person (user_account_id, issuer, subject) VALUES (@account, @issuer, @subject)",
		postgres.Args{"account": account, "issuer": issuer, "subject": subject})
	return constraints.Explain(err)
}

// meet keeps what the provider says of a person today.
func (s *Service) meet(ctx context.Context, account uuid.UUID, i Identity, at time.Time) error {
	return s.Journal.DB.Note(ctx, "UPDATE person SET name = @name, email = @email, signed_in_at = @at WHERE user_account_id = @account",
		postgres.Args{"account": account, "name": i.Name, "email": i.Email, "at": at})
}

func forgetPerson(ctx context.Context, tx *postgres.Tx, account uuid.UUID) error {
	for _, sql := range []string{"DELETE FROM user_session WHERE user_account_id = @account", "DELETE FROM person WHERE user_account_id = @account"} {
		if _, err := tx.Exec(ctx, sql, postgres.Args{"account": account}); err != nil {
			return err
		}
	}
	return nil
}

// addSession keeps a session of an account that has a person: one that is being
// forgotten gets none.
func (s *Service) addSession(ctx context.Context, one *Session, hash []byte) error {
	added, err := take[uuid.UUID](ctx, s.Journal.DB, `INSERT INTO user_session (id, user_account_id, hash, issuer_key, claim_roles, agent, created_at, last_used_at, expires_at)
		SELECT @id, p.user_account_id, @hash, @issuer, @roles, @agent, @created, @created, @expires FROM person p WHERE p.user_account_id = @account FOR SHARE
		RETURNING id`, postgres.Args{
		"id": one.ID, "account": one.AccountID, "hash": hash, "issuer": one.IssuerKey, "roles": one.ClaimRoles, "agent": one.Agent, "created": one.CreatedAt, "expires": one.ExpiresAt,
	})
	if err == nil && len(added) == 0 {
		return fault.Missing()
	}
	return err
}

// held is a session with what its user may today.
type held struct {
	Session
	Municipality uuid.UUID     `db:"municipality_id"`
	Granted      []access.Role `db:"granted"`
	Functions    []string      `db:"functions"`
}

// bySecret reads the session with the hash that has not ended, with the roles that its
// user has been given and that are in force.
func (s *Service) bySecret(ctx context.Context, r postgres.Reader, hash []byte, at time.Time) (*held, error) {
	return postgres.One[held](ctx, r, "SELECT "+postgres.Columns[Session]("y")+`, a.municipality_id,
		ARRAY (SELECT x.role FROM user_role x WHERE x.user_account_id = a.id AND `+inForce+` ORDER BY x.created_at, x.id),
		ARRAY (SELECT x.function FROM user_role x WHERE x.user_account_id = a.id AND x.function IS NOT NULL AND `+inForce+` ORDER BY x.created_at, x.id)
		FROM user_session y JOIN user_account a ON a.id = y.user_account_id JOIN municipality m ON m.id = a.municipality_id
		WHERE y.hash = @hash AND y.expires_at > @at AND y.last_used_at > @idle AND a.forgotten_at IS NULL AND m.archived_at IS NULL`,
		postgres.Args{"hash": hash, "at": at, "idle": at.Add(-s.Idle)})
}

// use keeps the later of the known and the given instant of a session's last use.
func (s *Service) use(ctx context.Context, id uuid.UUID, at time.Time) error {
	return s.Journal.DB.Note(ctx, "UPDATE user_session SET last_used_at = greatest(last_used_at, @at) WHERE id = @id", postgres.Args{"id": id, "at": at})
}

// endSession ends a session of a user, whoever the caller is; it tells whether there
// was one.
func (s *Service) endSession(ctx context.Context, condition string, args postgres.Args) ([]uuid.UUID, error) {
	return take[uuid.UUID](ctx, s.Journal.DB, "DELETE FROM user_session WHERE "+condition+" RETURNING id", args)
}

// sessionByID reads a session with its user's municipality.
func sessionByID(ctx context.Context, r postgres.Reader, id uuid.UUID) (*owned, error) {
	return postgres.One[owned](ctx, r, `SELECT y.user_account_id, a.municipality_id FROM user_session y
		JOIN user_account a ON a.id = y.user_account_id WHERE y.id = @id`, postgres.Args{"id": id})
}

// owned says whose a session is.
type owned struct {
	Account      uuid.UUID `db:"user_account_id"`
	Municipality uuid.UUID `db:"municipality_id"`
}

// Attempt is a sign-in that has begun.
type Attempt struct {
	IssuerKey string `db:"issuer_key"`
	Nonce     string `db:"nonce"`
	Verifier  string `db:"verifier"` // of PKCE
	ReturnTo  string `db:"return_to"`
}

// attemptsAtMost bounds the sign-ins that are begun and not ended: beyond it somebody
// begins them to no end, and the oldest go, so that nobody is shut out.
const attemptsAtMost = 20_000

func (s *Service) addAttempt(ctx context.Context, a Attempt, state, browser []byte, at, expires time.Time) error {
	if err := s.Journal.DB.Note(ctx, `DELETE FROM sign_in_attempt x WHERE x.expires_at <= @at
		OR x.state_hash IN (SELECT o.state_hash FROM sign_in_attempt o ORDER BY o.expires_at DESC OFFSET @most)`, postgres.Args{"at": at, "most": attemptsAtMost - 1}); err != nil {
		return err
	}
	return s.Journal.DB.Note(ctx, `INSERT INTO sign_in_attempt (state_hash, browser_hash, issuer_key, nonce, verifier, return_to, expires_at)
		VALUES (@state, @browser, @issuer, @nonce, @verifier, @return, @expires)`, postgres.Args{
		"state": state, "browser": browser, "issuer": a.IssuerKey, "nonce": a.Nonce, "verifier": a.Verifier, "return": a.ReturnTo, "expires": expires,
	})
}

// takeAttempt takes the attempt of a state away and gives it, where the same browser
// began it in time.
func (s *Service) takeAttempt(ctx context.Context, state, browser []byte, at time.Time) (*Attempt, error) {
	var found *Attempt
	err := s.Journal.DB.Take(ctx, `DELETE FROM sign_in_attempt WHERE state_hash = @state AND browser_hash = @browser AND expires_at > @at
		RETURNING issuer_key, nonce, verifier, return_to`, postgres.Args{"state": state, "browser": browser, "at": at}, func(rows pgx.Rows) error {
		found = &Attempt{}
		return rows.Scan(&found.IssuerKey, &found.Nonce, &found.Verifier, &found.ReturnTo)
	})
	if err == nil && found == nil {
		return nil, fault.Missing()
	}
	return found, err
}

// sweep removes what has ended, and gives how many sessions that was.
func (s *Service) sweep(ctx context.Context, at time.Time) (int, error) {
	if err := s.Journal.DB.Note(ctx, "DELETE FROM sign_in_attempt WHERE expires_at <= @at", postgres.Args{"at": at}); err != nil {
		return 0, err
	}
	ended, err := s.endSession(ctx, "expires_at <= @at OR last_used_at <= @idle", postgres.Args{"at": at, "idle": at.Add(-s.Idle)})
	return len(ended), err
}

// take runs a statement that writes beside the records, and gives its one column.
func take[T any](ctx context.Context, db *postgres.DB, sql string, args postgres.Args) ([]T, error) {
	var all []T
	err := db.Take(ctx, sql, args, func(rows pgx.Rows) error {
		var v T
		err := rows.Scan(&v)
		all = append(all, v)
		return err
	})
	return all, err
}
