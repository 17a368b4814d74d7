package gap

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// Filter narrows a list of gaps; empty parts do not.
type Filter struct {
	Codes          []string
	Severities     []Severity
	Municipalities []string // SCB codes
	Units          []uuid.UUID
	Kinds          []string // tables of records, in capitals as the API writes them
	Drafts         bool     // go by the values of open drafts that the caller may see
	Waived         bool     // those that a waiver lets be too
}

// Order is an order of the list of gaps.
type Order string

// orders are the orders of the list: severity from the gravest, since from the oldest.
var orders = map[Order]postgres.Sort{
	"SEVERITY":     {Expr: "x.rank", Type: "int", Indexed: true},
	"SINCE":        {Expr: "x.since", Type: "timestamptz", Indexed: true},
	"CODE":         {Expr: "x.rule", Type: "text", Indexed: true},
	"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
	"UNIT":         {Expr: "coalesce(u.name_sv, '')", Type: "text"},
}

// Heaviest is the order by weight.
const Heaviest Order = "WEIGHT"

// weight gives SQL for Weight of the gap x.
func (s *Service) weight() string {
	cases := "CASE x.object_kind WHEN '' THEN 0"
	for _, o := range s.Objects {
		if o.Cases != "" {
			cases += " WHEN '" + o.Table + "' THEN " + o.Cases
		}
	}
	return fmt.Sprintf("((CASE x.rank WHEN 1 THEN %d WHEN 2 THEN %d ELSE %d END) * (1 + %s ELSE 0 END))",
		factors[High], factors[Medium], factors[Low], cases)
}

// live is the rows of a table as they are.
func live(o Object) string { return o.Table + " x" }

// computed gives SQL that selects every gap by the rules of the rows x that from gives,
// with the condition that each must meet; waived has those too that a waiver lets be.
func (s *Service) computed(rules []Rule, from func(Object) string, where func(table string) string, waived bool) string {
	selects := []string{"SELECT NULL::uuid AS id, NULL AS rule, NULL AS object_kind, NULL::uuid AS object_id, NULL::uuid AS municipality_id, NULL::uuid AS unit_id, NULL::int AS rank WHERE false"}
	for _, r := range rules {
		municipality := "x.municipality_id"
		if r.Object == "municipality" {
			municipality = "x.id"
		}
		selects = append(selects, fmt.Sprintf(
			"SELECT md5('%[1]s ' || x.id)::uuid, '%[1]s', '%[2]s', x.id, %[3]s, %[4]s, %[5]d FROM %[8]s WHERE x.archived_at IS NULL AND (%[6]s) AND (%[7]s)",
			r.Code, r.Object, municipality, s.object(r.Object).Unit, ranks[r.Severity], r.Where, where(r.Object), from(s.object(r.Object))))
	}
	let := waiver("b.rule", "b.object_kind", "b.object_id")
	broken := " FROM (" + strings.Join(selects, "\nUNION ALL\n") + ") b"
	if waived {
		return "SELECT b.*, (" + let + ") AS waiver_id" + broken
	}
	return "SELECT b.*, NULL::uuid AS waiver_id" + broken + " WHERE NOT EXISTS (" + let + ")"
}

// remembered gives SQL that selects every open episode of the rows x that meet the
// condition, as computed selects gaps, by the rules of @known: another release beside this
// one may remember by others. An index gives the gravest and the oldest first.
func (s *Service) remembered(where func(table string) string) string {
	var seen []string
	unit := "CASE e.object_kind"
	for _, o := range s.Objects {
		record := fmt.Sprintf("FROM %s x WHERE x.id = e.object_id", o.Table)
		seen = append(seen, fmt.Sprintf("e.object_kind = '%s' AND EXISTS (SELECT %s AND x.archived_at IS NULL AND (%s) %s)", o.Table, record, where(o.Table), postgres.Probe))
		unit += fmt.Sprintf(" WHEN '%s' THEN (SELECT %s %s)", o.Table, o.Unit, record)
	}
	return "SELECT md5(e.rule || ' ' || e.object_id::text)::uuid AS id, e.rule, e.object_kind, e.object_id, e.municipality_id, " + unit + ` END AS unit_id,
		coalesce(e.rank, 3) AS rank, NULL::uuid AS waiver_id, e.opened_at AS since
		FROM gap_episode e WHERE e.closed_at IS NULL AND e.rule = ANY (@known) AND (` + strings.Join(seen, " OR ") + ")"
}

// remembers tells whether the episodes are what the rules give now: the newest run over
// all gaps was made today and by these rules, and each change since has kept them.
func (s *Service) remembers(ctx context.Context, r postgres.Reader) (bool, error) {
	if r.Past() {
		return false, nil
	}
	newest, err := postgres.Values[bool](ctx, r, `SELECT coalesce(c.comment = @rules AND (c.at AT TIME ZONE 'Europe/Stockholm')::date = today(), false)
		FROM change c WHERE c.operation = @operation ORDER BY c.number DESC LIMIT 1`, postgres.Args{"rules": s.fingerprint(), "operation": sweepOperation})
	if err != nil {
		return false, fmt.Errorf("see whether the gaps have been gone through today: %w", err)
	}
	return len(newest) == 1 && newest[0], nil
}

// list is the list of the gaps by the rules of records that the caller may see: as they
// are remembered, or else computed.
func (s *Service) list(ctx context.Context, r postgres.Reader, rules []Rule, remembered bool, f Filter, o Order, desc bool) postgres.List {
	args := postgres.Args{}
	rows := live
	if f.Drafts {
		rows = func(o Object) string {
			if o.Drafts == "" {
				return live(o)
			}
			seen, more := s.Policy.Visible(ctx, o.Drafts, "draft", r.Past())
			maps.Copy(args, more)
			return o.Drafted(seen)
		}
	}
	visible := func(table string) string {
		seen, more := s.Policy.Visible(ctx, table, "x", r.Past())
		maps.Copy(args, more)
		return seen
	}
	var from string
	if remembered {
		from = s.remembered(visible)
		known := []string{}
		for _, rule := range rules {
			known = append(known, rule.Code)
		}
		args["known"] = known
	} else {
		from = "SELECT x.*, coalesce(e.opened_at, w.created_at, instant()) AS since FROM (" + s.computed(rules, rows, visible, f.Waived) + `) x
			LEFT JOIN gap_episode e ON e.object_id = x.object_id AND e.rule = x.rule AND e.closed_at IS NULL
			LEFT JOIN waiver w ON w.id = x.waiver_id`
	}
	sort := orders[o]
	if o == Heaviest {
		sort = postgres.Sort{Expr: s.weight(), Type: "bigint"}
	}
	sort.Name, sort.Desc, sort.Indexed = string(o), desc, sort.Indexed && remembered
	l := postgres.List{
		From: "(" + from + `) x
			LEFT JOIN unit u ON u.id = x.unit_id
			JOIN municipality m ON m.id = x.municipality_id`,
		Alias: "x", Sort: sort, Costly: true,
		Facets: map[string]postgres.Facet{
			"CODE":         {Value: "x.rule", Names: s.RuleName},
			"SEVERITY":     {Value: "CASE x.rank WHEN 1 THEN 'HIGH' WHEN 2 THEN 'MEDIUM' ELSE 'LOW' END", Names: SeverityName},
			"UNIT":         {Value: "x.unit_id::text", Kind: "unit", Sv: "u.name_sv", En: "coalesce(u.name_en, u.name_sv)"},
			"MUNICIPALITY": {Value: "m.scb_code", Sv: "m.name_sv", En: "coalesce(m.name_en, m.name_sv)"},
			"OBJECT_KIND": {Value: "upper(x.object_kind)", Names: func(kind string) (sv, en string) {
				name := s.object(strings.ToLower(kind)).Name
				return name.Sv, name.En
			}},
		},
	}
	for name, value := range args {
		l.Where("true", name, value)
	}
	if len(f.Codes) > 0 {
		l.WhereFacet("CODE", "x.rule = ANY (@codes)", "codes", f.Codes)
	}
	if len(f.Severities) > 0 {
		var wanted []int
		for _, severity := range f.Severities {
			wanted = append(wanted, ranks[severity])
		}
		l.WhereFacet("SEVERITY", "x.rank = ANY (@ranks)", "ranks", wanted)
	}
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.Units) > 0 {
		l.WhereFacet("UNIT", "x.unit_id = ANY (@units)", "units", f.Units)
	}
	if len(f.Kinds) > 0 {
		l.WhereFacet("OBJECT_KIND", "upper(x.object_kind) = ANY (@kinds)", "kinds", f.Kinds)
	}
	return l
}

// quickest gives the list as it is remembered, where it can be.
func (s *Service) quickest(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool) (l postgres.List, err error) {
	remembered := false
	if !f.Drafts && !f.Waived { // which no episode tells of
		if remembered, err = s.remembers(ctx, r); err != nil {
			return l, err
		}
	}
	return s.list(ctx, r, s.Rules, remembered, f, o, desc), nil
}

// List reads one page of the gaps of records that the caller may see.
func (s *Service) List(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, a page.Args) (*Connection, error) {
	l, err := s.quickest(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	return postgres.Page[Gap](ctx, r, l, a)
}

// Whole reads all gaps of a list, of records that the caller may see, but so many at most.
func (s *Service) Whole(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, most int) ([]*Gap, error) {
	l, err := s.quickest(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	return postgres.Whole[Gap](ctx, r, l, most)
}

// OfEach reads, for each record of a table, one page of its gaps.
func (s *Service) OfEach(ctx context.Context, r postgres.Reader, table string, f Filter, o Order, desc bool, records []uuid.UUID, a page.Args) ([]*Connection, error) {
	l := s.list(ctx, r, s.rulesOf(table), false, f, o, desc)
	l.Parent = "x.object_id"
	return postgres.Pages[Gap](ctx, r, l, records, a)
}

// Month is how gaps came and went in one month of Stockholm's calendar.
type Month struct {
	Month  string `db:"month"` // YYYY-MM
	Opened int    `db:"opened"`
	Closed int    `db:"closed"`
	Open   int    `db:"open"` // at the month's end, or by now
}

// SeriesFilter narrows the series of gaps; empty parts do not.
type SeriesFilter struct {
	Codes          []string
	Severities     []Severity
	Municipalities []string // SCB codes
}

// Series counts, for each of the latest months, the gaps of records that the caller
// may see.
func (s *Service) Series(ctx context.Context, r postgres.Reader, f SeriesFilter, months int) ([]*Month, error) {
	args := postgres.Args{"months": months, "codes": f.Codes, "municipalities": f.Municipalities, "rules": []string{}}
	var wanted []string
	for _, rule := range s.Rules {
		for _, severity := range f.Severities {
			if rule.Severity == severity {
				wanted = append(wanted, rule.Code)
			}
		}
	}
	severities := "true"
	if len(f.Severities) > 0 {
		severities, args["rules"] = "g.rule = ANY (@rules)", append([]string{}, wanted...)
	}
	var seen []string
	for _, o := range s.Objects {
		visible, more := s.Policy.Visible(ctx, o.Table, "x", r.Past())
		maps.Copy(args, more)
		seen = append(seen, fmt.Sprintf("SELECT g.* FROM gap_episode g JOIN %[1]s x ON x.id = g.object_id WHERE g.object_kind = '%[1]s' AND %[2]s", o.Table, visible))
	}
	return postgres.All[Month](ctx, r, `
		WITH episode AS (
			SELECT g.opened_at AT TIME ZONE 'Europe/Stockholm' AS opened, g.closed_at AT TIME ZONE 'Europe/Stockholm' AS closed
			  FROM (`+strings.Join(seen, " UNION ALL ")+`) g JOIN municipality m ON m.id = g.municipality_id
			 WHERE (cardinality(@codes::text[]) IS NOT DISTINCT FROM 0 OR @codes::text[] IS NULL OR g.rule = ANY (@codes))
			   AND (cardinality(@municipalities::text[]) IS NOT DISTINCT FROM 0 OR @municipalities::text[] IS NULL OR m.scb_code = ANY (@municipalities))
			   AND `+severities+`
		), month AS (
			SELECT start::timestamp AS start, start::timestamp + interval '1 month' AS stop
			  FROM generate_series(date_trunc('month', today()::timestamp) - make_interval(months => @months - 1), date_trunc('month', today()::timestamp), interval '1 month') start
		), counted AS (
			SELECT to_char(m.start, 'YYYY-MM') AS month,
			       (SELECT count(*) FROM episode e WHERE e.opened >= m.start AND e.opened < m.stop)::int AS opened,
			       (SELECT count(*) FROM episode e WHERE e.closed >= m.start AND e.closed < m.stop)::int AS closed,
			       (SELECT count(*) FROM episode e WHERE e.opened < m.stop AND coalesce(e.closed, 'infinity') >= m.stop)::int AS open
			  FROM month m)
		SELECT `+postgres.Columns[Month]("c")+` FROM counted c ORDER BY c.month`, args)
}

// keep opens and closes the episodes of an object's records, so that they are what
// the rules say now: of the touched ones, or of all where touched is nil. It is one
// statement, which the database makes over each record once, however many there are.
func (s *Service) keep(ctx context.Context, tx *postgres.Tx, o Object, touched []uuid.UUID) error {
	args := postgres.Args{"kind": o.Table, "high": s.codes(o.Table, High), "medium": s.codes(o.Table, Medium)}
	municipality := "x.municipality_id"
	if o.Table == "municipality" {
		municipality = "x.id"
	}
	// Another release beside this one may have rules that this one does not know: their
	// episodes are that one's to close, until a run over all finds nobody who knows them.
	ofRecord, ofEpisode := "true", "true"
	if touched != nil {
		args["touched"], args["rules"] = touched, s.codes(o.Table, High, Medium, Low)
		ofRecord, ofEpisode = "x.id = ANY (@touched)", "e.object_id = ANY (@touched) AND e.rule = ANY (@rules)"
	}
	_, err := tx.Exec(ctx, `
		WITH broken AS MATERIALIZED (
			SELECT g.code AS rule, x.id AS object_id, `+municipality+` AS municipality_id
			  FROM `+o.Table+` x `+s.Broken(o.Table)+`
			 WHERE x.archived_at IS NULL AND `+ofRecord+`
		), open AS MATERIALIZED (
			SELECT e.id, e.rule, e.object_id FROM gap_episode e
			 WHERE e.closed_at IS NULL AND e.object_kind = @kind AND `+ofEpisode+`
		), compared AS MATERIALIZED (
			-- A full join is never made row by row, however few rows are expected.
			SELECT b.rule, b.object_id, b.municipality_id, o.id FROM broken b
			  FULL JOIN open o ON o.object_id = b.object_id AND o.rule = b.rule
			 WHERE b.rule IS NULL OR o.id IS NULL
		), opened AS (
			INSERT INTO gap_episode (id, rule, object_kind, object_id, municipality_id, opened_at, rank)
			SELECT uuid_v7(), c.rule, @kind, c.object_id, c.municipality_id, instant(), `+rank("c.rule")+` FROM compared c WHERE c.id IS NULL
		)
		UPDATE gap_episode e SET closed_at = instant() FROM compared c WHERE e.id = c.id`, args)
	if err != nil {
		return fmt.Errorf("keep the episodes of gaps: %w", err)
	}
	return nil
}

// rank gives SQL for the rank of the rule that the SQL names, by the arguments of keep.
func rank(rule string) string {
	return fmt.Sprintf("CASE WHEN %[1]s = ANY (@high) THEN %[2]d WHEN %[1]s = ANY (@medium) THEN %[3]d ELSE %[4]d END", rule, ranks[High], ranks[Medium], ranks[Low])
}

// regrade brings up to date the ranks of an object's open episodes, whose rules may have
// another severity than they had.
func (s *Service) regrade(ctx context.Context, tx *postgres.Tx, o Object) error {
	_, err := tx.Exec(ctx, "UPDATE gap_episode e SET rank = "+rank("e.rule")+" WHERE e.closed_at IS NULL AND e.object_kind = @kind AND e.rank IS DISTINCT FROM "+rank("e.rule"),
		postgres.Args{"kind": o.Table, "high": s.codes(o.Table, High), "medium": s.codes(o.Table, Medium)})
	if err != nil {
		return fmt.Errorf("keep the ranks of gaps: %w", err)
	}
	return nil
}

// Keep brings up to date the episodes of the records that the transaction's change
// touches.
func (s *Service) Keep(ctx context.Context, tx *postgres.Tx) error {
	for _, o := range s.Objects {
		statements := append([]string{
			fmt.Sprintf("SELECT y.id FROM %s y WHERE y.changed_in = @change", o.Table),
			fmt.Sprintf("SELECT w.object_id FROM waiver w WHERE w.object_kind = '%s' AND (w.changed_in = @change OR w.decision_id IN (SELECT d.id FROM decision d WHERE d.changed_in = @change))", o.Table),
		}, o.Affected...)
		if !tx.MayTouch(statements...) {
			continue
		}
		touched, err := postgres.Values[uuid.UUID](ctx, tx, strings.Join(statements, " UNION "), postgres.Args{"change": tx.Number})
		if err != nil {
			return fmt.Errorf("find the records whose gaps may have changed: %w", err)
		}
		if len(touched) == 0 {
			continue
		}
		if err := s.keep(ctx, tx, o, touched); err != nil {
			return err
		}
	}
	return nil
}
