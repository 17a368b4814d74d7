package draft

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

var orders = map[Order]postgres.Sort{
	"UPDATED": {Expr: "x.updated_at", Type: "timestamptz"},
	"CREATED": {Expr: "x.created_at", Type: "timestamptz"},
	"RECORD":  {Expr: "live.name", Type: "text"},
}

// List reads one page of the drafts that the caller may see.
func (s *Service) List(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, a page.Args) (*Connection, error) {
	const owner = "(live.r ->> 'owner_unit_id')::uuid"
	l := drafts.List(ctx, s.Keeper, r, record.Sorted(orders, o, desc), map[string]postgres.Facet{
		"STATE":      {Value: "x.state", Names: StateName},
		"KIND":       {Value: "upper(x.object_kind)", Names: kindName},
		"OWNER_UNIT": {Value: owner + "::text", Kind: "unit", Sv: "u.name_sv", En: "coalesce(u.name_en, u.name_sv)", Join: " LEFT JOIN unit u ON u.id = " + owner},
	})
	l.From += " JOIN LATERAL " + liveSQL(s.Kinds) + " live ON true"
	if len(f.States) == 0 {
		f.States = []State{Open, InReview}
	}
	l.WhereFacet("STATE", "x.state = ANY (@states)", "states", f.States)
	if len(f.Kinds) > 0 {
		l.WhereFacet("KIND", "upper(x.object_kind) = ANY (@kinds)", "kinds", f.Kinds)
	}
	if len(f.Municipalities) > 0 {
		l.Where("m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.Units) > 0 {
		l.WhereFacet("OWNER_UNIT", owner+" = ANY (@units)", "units", f.Units)
	}
	if f.Conflict != nil {
		l.Where("("+InConflict("live.r")+" AND "+UnderWay("x")+") = @conflict", "conflict", *f.Conflict)
	}
	return postgres.Page[Draft](ctx, r, l, a)
}

// ByID reads drafts by id.
func (s *Service) ByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Draft, error) {
	return drafts.ByID(ctx, s.Keeper, r, ids)
}

// Open reads the drafts of records that are open or in review, by the record's id.
func (s *Service) Open(ctx context.Context, r postgres.Reader, records []uuid.UUID) (map[uuid.UUID]*Draft, error) {
	condition, args := s.Policy.Visible(ctx, drafts.Table, "x", r.Past())
	args["records"] = records
	all, err := postgres.All[Draft](ctx, r, "SELECT "+postgres.Columns[Draft]("x")+" FROM record_draft x WHERE x.object_id = ANY (@records) AND "+UnderWay("x")+" AND "+condition, args)
	open := make(map[uuid.UUID]*Draft, len(all))
	for _, d := range all {
		open[d.ObjectID] = d
	}
	return open, err
}

// closedUnits gives those of the units that have closed.
func closedUnits(ctx context.Context, r postgres.Reader, units []uuid.UUID) ([]uuid.UUID, error) {
	if len(units) == 0 {
		return nil, nil
	}
	return postgres.Values[uuid.UUID](ctx, r, "SELECT u.id FROM unit u WHERE u.id = ANY (@units) AND (u.archived_at IS NOT NULL OR u.valid_to < today())", postgres.Args{"units": units})
}

// deferred lets a constraint wait for the end of the change.
func deferred(ctx context.Context, tx *postgres.Tx, constraint string) error {
	_, err := tx.Exec(ctx, "SET CONSTRAINTS "+constraint+" DEFERRED", nil)
	return err
}
