package token

import (
	"context"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// List reads one page of the tokens that the caller may see, newest first.
func (s *Service) List(ctx context.Context, r postgres.Reader, a page.Args) (*Connection, error) {
	l := postgres.List{From: "api_token x", Alias: "x", Sort: postgres.Sort{Name: "CREATED", Expr: "x.created_at", Type: "timestamptz", Desc: true}}
	s.Policy.Narrow(ctx, r, &l, "api_token", "x")
	return postgres.Page[Token](ctx, r, l, a)
}

// ByID reads tokens by id.
func (s *Service) ByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Token, error) {
	condition, args := s.Policy.Visible(ctx, "api_token", "x", r.Past())
	return postgres.ByID[Token](ctx, r, "api_token", condition, args, ids)
}

// LastUses reads when tokens were last used; one never used is left out.
func (s *Service) LastUses(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]time.Time, error) {
	type use struct {
		At time.Time `db:"last_used_at"`
		Of uuid.UUID `db:"token_id"`
	}
	if r.Past() {
		return nil, nil // it has no history
	}
	condition, args := s.Policy.Visible(ctx, "api_token", "x", false)
	args["ids"] = ids
	uses, err := postgres.All[use](ctx, r, `SELECT y.last_used_at, y.token_id FROM api_token_use y
		JOIN api_token x ON x.id = y.token_id WHERE x.id = ANY (@ids) AND `+condition, args)
	last := make(map[uuid.UUID]time.Time, len(uses))
	for _, u := range uses {
		last[u.Of] = u.At
	}
	return last, err
}

func (s *Service) one(ctx context.Context, tx *postgres.Tx, id uuid.UUID) (*Token, error) {
	condition, args := s.Policy.Visible(ctx, "api_token", "x", false)
	args["id"] = id
	return postgres.One[Token](ctx, tx, "SELECT "+postgres.Columns[Token]("x")+" FROM api_token x WHERE x.id = @id AND "+condition, args)
}

// byHash reads the token with the hash, unless its municipality is archived.
func byHash(ctx context.Context, r postgres.Reader, hash []byte) (*Token, error) {
	return postgres.One[Token](ctx, r, "SELECT "+postgres.Columns[Token]("x")+" FROM api_token x JOIN municipality m ON m.id = x.municipality_id WHERE x.hash = @hash AND m.archived_at IS NULL", postgres.Args{"hash": hash})
}

// use keeps the later of the known and the given instant of a token's last use.
func use(ctx context.Context, db *postgres.DB, id uuid.UUID, at time.Time) error {
	return db.Note(ctx, `INSERT INTO api_token_use (token_id, last_used_at) VALUES (@id, @at)
		ON CONFLICT (token_id) DO UPDATE SET last_used_at = greatest(api_token_use.last_used_at, excluded.last_used_at)`,
		postgres.Args{"id": id, "at": at})
}
