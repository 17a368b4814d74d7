package document

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// review is SQL for the day when document x is to be reviewed.
const review = "coalesce(x.review_due, (x.decided_on + make_interval(months => x.review_months))::date)"

// adopted is SQL for whether a document is adopted, and neither replaced nor revoked.
const adopted = "x.status IN ('ADOPTED', 'UNDER_REVISION')"

// VisibilityName gives who may see a record in words, Swedish and English.
func VisibilityName(v string) (sv, en string) {
	for _, c := range eservice.Codes()["VISIBILITY"] {
		if c.Value == v {
			return c.Sv, c.En
		}
	}
	return v, v
}

var orders = map[Order]postgres.Sort{
	"TITLE":        {Expr: "x.title_sv", Type: "text"},
	"DECIDED":      {Expr: "coalesce(x.decided_on, 'infinity'::date)", Type: "date"},
	"REVIEW":       {Expr: "coalesce(" + review + ", 'infinity'::date)", Type: "date"},
	"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
	"CREATED":      {Expr: "x.created_at", Type: "timestamptz"},
	"UPDATED":      {Expr: "x.updated_at", Type: "timestamptz"},
}

func (s *Service) list(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool) (postgres.List, error) {
	l := documents.List(ctx, s.Keeper, r, record.Sorted(orders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(),
		"KIND":         {Value: "x.kind", Names: KindName},
		"STATUS":       {Value: "x.status", Names: StatusName},
		"OWNER_UNIT":   {Value: "x.owner_unit_id::text", Kind: "unit", Join: "JOIN unit u ON u.id = x.owner_unit_id", Sv: "u.name_sv", En: "coalesce(u.name_en, u.name_sv)"},
		"VISIBILITY":   {Value: "x.visibility", Names: VisibilityName},
	})
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.Kinds) > 0 {
		l.WhereFacet("KIND", "x.kind = ANY (@kinds)", "kinds", f.Kinds)
	}
	if len(f.Statuses) > 0 {
		l.WhereFacet("STATUS", "x.status = ANY (@statuses)", "statuses", f.Statuses)
	}
	if len(f.OwnerUnits) > 0 {
		l.WhereFacet("OWNER_UNIT", "x.owner_unit_id = ANY (@owner_units)", "owner_units", f.OwnerUnits)
	}
	if len(f.DecidedBy) > 0 {
		l.Where("x.decided_by_id = ANY (@decided_by)", "decided_by", f.DecidedBy)
	}
	if len(f.Visibilities) > 0 {
		l.WhereFacet("VISIBILITY", "x.visibility = ANY (@visibilities)", "visibilities", f.Visibilities)
	}
	if f.TitleContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.title_sv, x.title_en)", "title"), "title", f.TitleContains)
	}
	if f.DiaryNumber != "" {
		numbered, args, err := decision.Numbered(ctx, r, f.DiaryNumber, "c")
		if err != nil {
			return l, err
		}
		l.From += " LEFT JOIN diary_case c ON c.id = x.case_id"
		l.Where(numbered, args...)
	}
	if f.HasDiaryNumber != nil {
		l.Where("(x.diary_number IS NOT NULL) = @has_diary_number", "has_diary_number", *f.HasDiaryNumber)
	}
	if f.ReviewBefore != nil {
		l.Where(review+" < @review_before", "review_before", *f.ReviewBefore)
	}
	if f.InForceOn != nil {
		l.Where(adopted+" AND coalesce(x.valid_from, '-infinity') <= @in_force_on AND coalesce(x.valid_to, 'infinity') >= @in_force_on", "in_force_on", *f.InForceOn)
	}
	if f.Example != nil {
		l.Where("x.is_example = @example", "example", *f.Example)
	}
	return l, nil
}

// Documents reads one page of the documents that the caller may see.
func (s *Service) Documents(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, a page.Args) (*GoverningDocumentConnection, error) {
	l, err := s.list(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	return postgres.Page[GoverningDocument](ctx, r, l, a)
}

// Strategies reads one page of the strategies among the documents.
func (s *Service) Strategies(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, a page.Args) (*GoverningDocumentConnection, error) {
	l, err := s.list(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	l.Where("x.kind = 'STRATEGY'")
	return postgres.Page[GoverningDocument](ctx, r, l, a)
}

// SupersedingEach reads, for each document, one page of those that supersede it.
func (s *Service) SupersedingEach(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*GoverningDocumentConnection, error) {
	l, err := s.list(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	l.Parent = "x.supersedes_id"
	return postgres.Pages[GoverningDocument](ctx, r, l, of, a)
}

// ByID reads documents by id.
func (s *Service) ByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*GoverningDocument, error) {
	return documents.ByID(ctx, s.Keeper, r, ids)
}

// Steps gives, for each status, the steps of a document's life that lead from it.
func Steps(ctx context.Context, r postgres.Reader) (map[Status][]Step, error) {
	type step struct {
		From Status `db:"from_status"`
		Step
	}
	all, err := postgres.All[step](ctx, r, "SELECT "+postgres.Columns[step]("s")+" FROM governing_document_steps() s", nil)
	steps := map[Status][]Step{}
	for _, one := range all {
		steps[one.From] = append(steps[one.From], one.Step)
	}
	return steps, err
}
