package thread

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

var orders = map[Order]postgres.Sort{
	"CREATED": {Expr: "x.created_at", Type: "timestamptz"},
	"UPDATED": {Expr: "x.updated_at", Type: "timestamptz"},
}

// seen reads the owner of a record that the caller may see; any other is NOT_FOUND. The
// kind is one of Kinds.
func seen(ctx context.Context, keep record.Keeper, r postgres.Reader, e End) (uuid.UUID, error) {
	condition, args := keep.Policy.Visible(ctx, e.Kind, "x", r.Past())
	args["id"] = e.ID
	owners, err := postgres.Values[uuid.UUID](ctx, r, "SELECT x.municipality_id FROM "+e.Kind+" x WHERE x.id = @id AND "+condition, args)
	if err == nil && len(owners) == 0 {
		err = fault.Missing()
	}
	if err != nil {
		return uuid.Nil, err
	}
	return owners[0], nil
}

// authorised tells whether a decision decides a record already.
func authorised(ctx context.Context, r postgres.Reader, decision uuid.UUID, e End) (bool, error) {
	is, err := postgres.Values[bool](ctx, r, fmt.Sprintf("SELECT EXISTS (SELECT FROM record_link x WHERE x.decision_id = @decision AND x.%s_id = @id AND x.purpose = 'AUTHORISES' AND x.archived_at IS NULL)", e.Kind),
		postgres.Args{"decision": decision, "id": e.ID})
	return err == nil && is[0], err
}

// ByID reads links by id.
func (s *Service) ByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Link, error) {
	return links.ByID(ctx, s.Keeper, r, ids)
}

// OfEach reads, for each record of a kind, one page of its links.
func (s *Service) OfEach(ctx context.Context, r postgres.Reader, kind string, f LinkFilter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*LinkConnection, error) {
	other := "CASE"
	for _, k := range Kinds() {
		if k != kind {
			other += fmt.Sprintf(" WHEN x.%s_id IS NOT NULL THEN '%s'", k, strings.ToUpper(k))
		}
	}
	other += " END"
	l := links.List(ctx, s.Keeper, r, record.Sorted(orders, o, desc), map[string]postgres.Facet{
		"KIND":    {Value: other, Names: func(kind string) (sv, en string) { n := kindNames[strings.ToLower(kind)]; return n[0], n[1] }},
		"PURPOSE": {Value: "x.purpose", Names: purposeName},
	})
	l.Parent = "x." + kind + "_id"
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	if len(f.Kinds) > 0 {
		l.WhereFacet("KIND", other+" = ANY (@kinds)", "kinds", f.Kinds)
	}
	if len(f.Purposes) > 0 {
		l.WhereFacet("PURPOSE", "x.purpose = ANY (@purposes)", "purposes", f.Purposes)
	}
	return postgres.Pages[Link](ctx, r, l, of, a)
}

func purposeName(value string) (sv, en string) {
	for _, c := range Codes()["PURPOSE"] {
		if c.Value == value {
			return c.Sv, c.En
		}
	}
	return value, value
}

// kindNames are the kinds of record in words, Swedish and English.
var kindNames = map[string][2]string{
	"decision": {"beslut", "decision"}, "finding": {"iakttagelse", "finding"}, "formal_answer": {"svar", "formal answer"},
	"governing_document": {"styrdokument", "governing document"}, "goal": {"mål", "goal"}, "initiative": {"insats", "initiative"},
	"shared_project": {"gemensamt projekt", "shared project"}, "participation": {"deltagande", "participation"}, "agreement": {"samverkansavtal", "agreement"},
	"agreement_party": {"part i samverkansavtal", "party of an agreement"}, "e_service": {"e-tjänst", "e-service"}, "shared_service": {"gemensam e-tjänst", "shared service"},
}
