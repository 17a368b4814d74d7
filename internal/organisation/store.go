package organisation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

var municipalityOrders = map[Order]postgres.Sort{
	"NAME":     {Expr: "x.name_sv", Type: "text"},
	"SCB_CODE": {Expr: "x.scb_code", Type: "text"},
	"CREATED":  {Expr: "x.created_at", Type: "timestamptz"},
	"UPDATED":  {Expr: "x.updated_at", Type: "timestamptz"},
}

var unitOrders = map[Order]postgres.Sort{
	"NAME":         {Expr: "x.name_sv", Type: "text"},
	"TYPE":         {Expr: "array_position(ARRAY['COUNCIL', 'EXECUTIVE_BOARD', 'COMMITTEE', 'SUBCOMMITTEE', 'DEPARTMENT', 'DIVISION', 'UNIT', 'COMPANY', 'AUDIT'], x.type)", Type: "int"},
	"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
	"VALID_FROM":   {Expr: "coalesce(x.valid_from, '-infinity')", Type: "date"},
	"VALID_TO":     {Expr: "coalesce(x.valid_to, 'infinity')", Type: "date"},
	"CREATED":      {Expr: "x.created_at", Type: "timestamptz"},
	"UPDATED":      {Expr: "x.updated_at", Type: "timestamptz"},
}

// Municipalities reads one page of the municipalities that the caller may see.
func (s *Service) Municipalities(ctx context.Context, r postgres.Reader, f MunicipalityFilter, o Order, desc bool, a page.Args) (*MunicipalityConnection, error) {
	sort := municipalityOrders[o]
	sort.Name, sort.Desc = string(o), desc
	l := postgres.List{
		From: "municipality x", Alias: "x", Sort: sort,
		Facets: map[string]postgres.Facet{
			"EXAMPLE": {Value: "x.is_example::text", Names: yesOrNo},
		},
	}
	s.Policy.Narrow(ctx, r, &l, "municipality", "x")
	l.Where("x.archived_at IS NULL")
	if len(f.SCBCodes) > 0 {
		l.Where("x.scb_code = ANY (@scb_codes)", "scb_codes", f.SCBCodes)
	}
	if f.NameContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.name_sv, x.name_en)", "name"), "name", f.NameContains)
	}
	if f.Example != nil {
		l.WhereFacet("EXAMPLE", "x.is_example = @example", "example", *f.Example)
	}
	return postgres.Page[Municipality](ctx, r, l, a)
}

func yesOrNo(value string) (sv, en string) {
	if value == "true" {
		return "ja", "yes"
	}
	return "nej", "no"
}

func (s *Service) unitList(ctx context.Context, r postgres.Reader, f UnitFilter, o Order, desc bool) postgres.List {
	sort := unitOrders[o]
	sort.Name, sort.Desc = string(o), desc
	l := postgres.List{
		From: "unit x JOIN municipality m ON m.id = x.municipality_id", Alias: "x", Sort: sort,
		Facets: map[string]postgres.Facet{
			"TYPE":         {Value: "x.type", Names: UnitTypeName},
			"MUNICIPALITY": {Value: "m.scb_code", Sv: "m.name_sv", En: "coalesce(m.name_en, m.name_sv)"},
		},
	}
	s.Policy.Narrow(ctx, r, &l, "unit", "x")
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.Types) > 0 {
		l.WhereFacet("TYPE", "x.type = ANY (@types)", "types", f.Types)
	}
	if len(f.Parents) > 0 {
		l.Where("x.parent_id = ANY (@parents)", "parents", f.Parents)
	}
	if f.Root != nil {
		l.Where("(x.parent_id IS NULL) = @root", "root", *f.Root)
	}
	if f.ValidOn != nil {
		l.Where("coalesce(x.valid_from, '-infinity') <= @valid_on AND coalesce(x.valid_to, 'infinity') >= @valid_on", "valid_on", *f.ValidOn)
	}
	if f.NameContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.name_sv, x.name_en, array_to_string(x.aliases, ' '))", "name"), "name", f.NameContains)
	}
	return l
}

// Units reads one page of the units that the caller may see.
func (s *Service) Units(ctx context.Context, r postgres.Reader, f UnitFilter, o Order, desc bool, a page.Args) (*UnitConnection, error) {
	return postgres.Page[Unit](ctx, r, s.unitList(ctx, r, f, o, desc), a)
}

// UnitsOfEach reads, for each municipality, one page of its units.
func (s *Service) UnitsOfEach(ctx context.Context, r postgres.Reader, f UnitFilter, o Order, desc bool, municipalities []uuid.UUID, a page.Args) ([]*UnitConnection, error) {
	l := s.unitList(ctx, r, f, o, desc)
	l.Parent = "x.municipality_id"
	return postgres.Pages[Unit](ctx, r, l, municipalities, a)
}

// ChildrenOfEach reads, for each unit, one page of the units right under it.
func (s *Service) ChildrenOfEach(ctx context.Context, r postgres.Reader, f UnitFilter, o Order, desc bool, units []uuid.UUID, a page.Args) ([]*UnitConnection, error) {
	l := s.unitList(ctx, r, f, o, desc)
	l.Parent = "x.parent_id"
	return postgres.Pages[Unit](ctx, r, l, units, a)
}

// MunicipalitiesByID reads municipalities by id.
func (s *Service) MunicipalitiesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Municipality, error) {
	condition, args := s.Policy.Visible(ctx, "municipality", "x", r.Past())
	return postgres.ByID[Municipality](ctx, r, "municipality", condition, args, ids)
}

// MunicipalityByCode reads the municipality with an SCB code; none is NOT_FOUND.
func (s *Service) MunicipalityByCode(ctx context.Context, r postgres.Reader, code string) (*Municipality, error) {
	return postgres.One[Municipality](ctx, r, "SELECT "+postgres.Columns[Municipality]("x")+" FROM municipality x WHERE x.scb_code = @code", postgres.Args{"code": code})
}

// home reads the id of the municipality that runs the installation; uuid.Nil before there is one.
func home(ctx context.Context, r postgres.Reader) (uuid.UUID, error) {
	ids, err := postgres.Values[uuid.UUID](ctx, r, "SELECT x.id FROM municipality x WHERE x.is_home", nil)
	if err != nil || len(ids) == 0 {
		return uuid.Nil, err
	}
	return ids[0], nil
}

// UnitsByID reads units by id.
func (s *Service) UnitsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Unit, error) {
	condition, args := s.Policy.Visible(ctx, "unit", "x", r.Past())
	return postgres.ByID[Unit](ctx, r, "unit", condition, args, ids)
}

// unitByID reads one unit; none is NOT_FOUND.
func (s *Service) unitByID(ctx context.Context, r postgres.Reader, id uuid.UUID) (*Unit, error) {
	return postgres.One[Unit](ctx, r, "SELECT "+postgres.Columns[Unit]("x")+" FROM unit x WHERE x.id = @id", postgres.Args{"id": id})
}

func (s *Service) municipalityByID(ctx context.Context, r postgres.Reader, id uuid.UUID) (*Municipality, error) {
	return postgres.One[Municipality](ctx, r, "SELECT "+postgres.Columns[Municipality]("x")+" FROM municipality x WHERE x.id = @id", postgres.Args{"id": id})
}

// Partners reads whom something may be shared with so that the municipality sees it:
// the collaborations that it is a member of today, and their members, itself included.
func Partners(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]uuid.UUID, error) {
	return postgres.Values[uuid.UUID](ctx, r, `
		WITH member AS (
			SELECT c.collaboration_id, c.municipality_id FROM collaboration_member c
			 WHERE c.valid_from <= today() AND coalesce(c.valid_to, 'infinity') >= today()
		), mine AS (SELECT c.collaboration_id FROM member c WHERE c.municipality_id = @municipality)
		SELECT c.municipality_id FROM member c JOIN mine USING (collaboration_id) UNION SELECT collaboration_id FROM mine`,
		postgres.Args{"municipality": municipality})
}

// OpenUnit finds the municipality's open unit of a name, letter case aside, or where none
// is called so of an alias. A name that fits none or several is an INVALID fault.
func (s *Service) OpenUnit(ctx context.Context, r postgres.Reader, municipality uuid.UUID, name string) (*Unit, error) {
	units, err := postgres.All[Unit](ctx, r, "SELECT "+postgres.Columns[Unit]("x")+` FROM unit x
		WHERE x.municipality_id = @municipality AND x.archived_at IS NULL AND coalesce(x.valid_to, 'infinity') >= today()
		  AND (lower(x.name_sv) = lower(@name) OR lower(@name) IN (SELECT lower(a) FROM unnest(x.aliases) a))`,
		postgres.Args{"municipality": municipality, "name": name})
	if err != nil {
		return nil, err
	}
	called := slices.DeleteFunc(slices.Clone(units), func(u *Unit) bool { return !strings.EqualFold(u.NameSv, name) })
	if len(called) > 0 {
		units = called
	}
	switch len(units) {
	case 0:
		return nil, fault.Field("", "unit_unknown",
			fmt.Sprintf("Kommunen har ingen öppen enhet som heter %q.", name), fmt.Sprintf("The municipality has no open unit called %q.", name))
	case 1:
		return units[0], nil
	}
	return nil, fault.Field("", "unit_ambiguous",
		fmt.Sprintf("Kommunen har flera öppna enheter som heter %q. Ge dem skilda namn först.", name), fmt.Sprintf("The municipality has several open units called %q. Name them apart first.", name))
}

// Platforms reads the municipalities that have an e-service platform.
func (s *Service) Platforms(ctx context.Context, r postgres.Reader) ([]*Municipality, error) {
	return postgres.All[Municipality](ctx, r, "SELECT "+postgres.Columns[Municipality]("x")+` FROM municipality x
		WHERE x.oep_base_url IS NOT NULL AND x.archived_at IS NULL ORDER BY x.scb_code`, nil)
}
