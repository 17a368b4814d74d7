package meeting

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/gap"
	"fardplan/internal/gid"
	"fardplan/internal/postgres"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// ExportGaps gives a list of gaps, whole, as a spreadsheet to take along: each with the
// rule, the law behind it and what the record is called. It is for reading: gaps are
// computed, never entered.
func (s *Service) ExportGaps(ctx context.Context, r postgres.Reader, f gap.Filter, o gap.Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	gaps, err := s.Gaps.Whole(ctx, r, f, o, desc, sheet.MaxRows+1)
	if err != nil {
		return nil, err
	}
	n, err := s.named(ctx, r, gaps, in)
	if err != nil {
		return nil, err
	}
	word := func(sv, en string) string { return text.Both(sv, en).Text(in) }
	t := sheet.Table{Title: word("Brister", "Gaps"), Columns: []sheet.Column{
		{Heading: word("Kommun", "Municipality")}, {Heading: word("Ansvarig enhet", "Responsible unit"), Width: 30},
		{Heading: word("Allvar", "Severity")}, {Heading: word("Brist", "Gap"), Width: 40}, {Heading: word("Slag av post", "Kind of record"), Width: 20},
		{Heading: word("Post", "Record"), Width: 50}, {Heading: word("Sedan", "Since")}, {Heading: word("Undantag till", "Waived until")},
		{Heading: word("Varför och vad göra", "Why and what to do"), Width: 50}, {Heading: word("Lag eller granskning", "Law or audit"), Width: 40},
		{Heading: word("Regel", "Rule"), Width: 28}, {Heading: "Id", Width: 10},
	}}
	for _, g := range gaps {
		rule, _ := s.Gaps.Rule(g.Rule)
		severity := text.Both(gap.SeverityName(string(rule.Severity)))
		row := []string{
			n.municipalities[g.Municipality], "", severity.Text(in), rule.Title.Localized().Text(in), s.Gaps.KindName(g.ObjectKind).Localized().Text(in),
			n.titles[g.ObjectID], date.Of(g.Since).String(), "", rule.Reason.Localized().Text(in), rule.Law.Localized().Text(in), g.Rule, string(gid.New(g.ObjectKind, g.ObjectID)),
		}
		if g.Unit != nil {
			row[1] = n.units[*g.Unit]
		}
		if g.WaiverID != nil {
			row[7] = n.waived[*g.WaiverID]
		}
		t.Rows = append(t.Rows, row)
	}
	return sheet.FileOf(word("brister", "gaps"), date.Of(s.Gaps.Journal.DB.Now()), format, t)
}

// gapNames are what the records of gaps are called, by id.
type gapNames struct{ municipalities, units, titles, waived map[uuid.UUID]string }

// named reads what the records are called that gaps tell of.
func (s *Service) named(ctx context.Context, r postgres.Reader, gaps []*gap.Gap, in text.Language) (*gapNames, error) {
	ids := map[string][]uuid.UUID{}
	for _, g := range gaps {
		ids["municipality_of"] = append(ids["municipality_of"], g.Municipality)
		ids[g.ObjectKind] = append(ids[g.ObjectKind], g.ObjectID)
		if g.Unit != nil {
			ids["unit_of"] = append(ids["unit_of"], *g.Unit)
		}
		if g.WaiverID != nil {
			ids["waiver_of"] = append(ids["waiver_of"], *g.WaiverID)
		}
	}
	labels := func(ref roster.Reference, of []uuid.UUID) (map[uuid.UUID]string, error) {
		all, err := ref.Read(ctx, r, nil, of, in)
		found := map[uuid.UUID]string{}
		for _, one := range all {
			found[one.ID] = one.Label
		}
		return found, err
	}
	n := &gapNames{titles: map[uuid.UUID]string{}}
	var err error
	if n.municipalities, err = labels(roster.Municipalities, ids["municipality_of"]); err != nil {
		return nil, err
	}
	if n.units, err = labels(roster.Units, ids["unit_of"]); err != nil {
		return nil, err
	}
	for _, o := range s.Gaps.Objects {
		if len(ids[o.Table]) == 0 {
			continue
		}
		called, err := s.titlesOf(ctx, r, o.Table, ids[o.Table], in)
		if err != nil {
			return nil, err
		}
		for _, one := range called {
			n.titles[one.ID] = strings.TrimSpace(one.Title)
		}
	}
	n.waived, err = s.waivedUntil(ctx, r, ids["waiver_of"])
	return n, err
}
