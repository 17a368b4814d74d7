package thread

import (
	"context"
	"fmt"
	"maps"
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

// seen reads the owner of a record that is to be linked: one that the caller may not see is
// NOT_FOUND, and one that is archived INVALID. The kind is one of Kinds.
func seen(ctx context.Context, keep record.Keeper, r postgres.Reader, e End) (uuid.UUID, error) {
	condition, args := keep.Policy.Visible(ctx, e.Kind, "x", r.Past())
	args["id"] = e.ID
	found, err := postgres.All[struct {
		Owner    uuid.UUID `db:"municipality_id"`
		Archived bool      `db:"archived"`
	}](ctx, r, "SELECT x.municipality_id, x.archived_at IS NOT NULL FROM "+e.Kind+" x WHERE x.id = @id AND "+condition, args)
	switch {
	case err != nil:
		return uuid.Nil, err
	case len(found) == 0:
		return uuid.Nil, fault.Missing()
	case found[0].Archived:
		return uuid.Nil, record.Archived()
	}
	return found[0].Owner, nil
}

// authorised tells whether a decision decides a record already.
func authorised(ctx context.Context, r postgres.Reader, decision uuid.UUID, e End) (bool, error) {
	is, err := postgres.Values[bool](ctx, r, fmt.Sprintf("SELECT EXISTS (SELECT FROM record_link x WHERE x.decision_id = @decision AND x.%s_id = @id AND x.purpose = 'AUTHORISES' AND x.archived_at IS NULL)", e.Kind),
		postgres.Args{"decision": decision, "id": e.ID})
	return err == nil && is[0], err
}

// authorising reads the links by which decisions decide a record.
func authorising(ctx context.Context, r postgres.Reader, e End) ([]*Link, error) {
	return postgres.All[Link](ctx, r, fmt.Sprintf("SELECT %s FROM record_link x WHERE x.%s_id = @id AND x.purpose = 'AUTHORISES' AND x.archived_at IS NULL ORDER BY x.id", postgres.Columns[Link]("x"), e.Kind), postgres.Args{"id": e.ID})
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

// parents are the records that records name as what they follow from: of, by column, is
// of the kind above.
var parents = []struct{ table, column, above string }{
	{"audit_question", "audit_id", "audit"}, {"finding", "audit_id", "audit"}, {"finding", "recurrence_of_id", "finding"},
	{"formal_answer", "audit_id", "audit"}, {"goal", "strategy_id", "governing_document"}, {"goal", "parent_goal_id", "goal"},
	{"agreement_party", "agreement_id", "agreement"}, {"shared_project", "agreement_id", "agreement"}, {"participation", "shared_project_id", "shared_project"},
	{"e_service", "shared_service_id", "shared_service"},
}

// filed are the kinds of record, beside decisions, that name the case they are in.
var filed = []string{"governing_document", "audit", "formal_answer", "agreement_party"}

// rank is SQL for a kind's place in the order of the thread.
func rank(kind string) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = "'" + k.kind + "'"
	}
	return "array_position(ARRAY[" + strings.Join(names, ", ") + "], " + kind + ")"
}

// bound is SQL for the ends of the link l but for a decision, as rows of kind and id.
func bound() string {
	var ends []string
	for _, k := range Kinds()[1:] {
		ends = append(ends, fmt.Sprintf("('%[1]s', l.%[1]s_id)", k))
	}
	return "(VALUES " + strings.Join(ends, ", ") + ")"
}

// leads is the SQL condition that the link l leads to a record of the ids: one of the
// indexes on its columns gives each.
func leads(to string) string {
	var columns []string
	for _, k := range Kinds()[1:] {
		columns = append(columns, fmt.Sprintf("l.%s_id %s", k, to))
	}
	return "(" + strings.Join(columns, " OR ") + ")"
}

// shown is the SQL condition that the caller sees the record that the alias names by its
// kind and id, and that it is in use; with its arguments.
func shown(ctx context.Context, keep record.Keeper, r postgres.Reader, alias string) (string, postgres.Args) {
	args := postgres.Args{}
	sql := "CASE " + alias + ".kind"
	for _, k := range kinds {
		visible, more := keep.Policy.Visible(ctx, k.kind, "y", r.Past())
		maps.Copy(args, more)
		sql += fmt.Sprintf(" WHEN '%[1]s' THEN EXISTS (SELECT FROM %[1]s y WHERE y.id = %[2]s.id AND y.archived_at IS NULL AND %[3]s)", k.kind, alias, visible)
	}
	return sql + " ELSE false END", args
}

// mostWalked is how many steps are taken at most; a record may be reached by several.
const mostWalked = 4 * mostNodes

// walked is a record that a walk has reached.
type walked struct {
	Kind     string    `db:"kind"`
	ID       uuid.UUID `db:"id"`
	Distance int       `db:"distance"`
}

// walk reads what a record follows from and what follows from it, nearest first, by one
// statement. From a decision or a case it begins at what they are about.
func walk(ctx context.Context, keep record.Keeper, r postgres.Reader, of End) ([]*walked, error) {
	visible, args := shown(ctx, keep, r, "n")
	args["kind"], args["id"], args["steps"], args["most"] = of.Kind, of.ID, mostSteps, mostWalked
	begin := "SELECT @kind::text AS kind, @id::uuid AS id, 0 AS distance"
	switch of.Kind {
	case "decision":
		begin = "SELECT e.kind, e.id, 1 AS distance FROM record_link l CROSS JOIN LATERAL " + bound() + " e (kind, id) WHERE l.decision_id = @id AND l.archived_at IS NULL AND e.id IS NOT NULL"
	case "diary_case":
		// What a decision that the caller does not see is about, is not of the case.
		seen, more := keep.Policy.Visible(ctx, "decision", "d", r.Past())
		maps.Copy(args, more)
		begin = "SELECT 'decision' AS kind, d.id, 1 AS distance FROM decision d WHERE d.case_id = @id" +
			" UNION SELECT e.kind, e.id, 2 FROM decision d JOIN record_link l ON l.decision_id = d.id CROSS JOIN LATERAL " + bound() + " e (kind, id) WHERE d.case_id = @id AND d.archived_at IS NULL AND " + seen + " AND l.archived_at IS NULL AND e.id IS NOT NULL"
		for _, kind := range filed {
			begin += fmt.Sprintf(" UNION SELECT '%[1]s', f.id, 1 FROM %[1]s f WHERE f.case_id = @id", kind)
		}
	}
	next := []string{"SELECT e.kind, e.id FROM record_link l CROSS JOIN LATERAL " + bound() + " e (kind, id) WHERE " + leads("= w.id") +
		" AND l.decision_id IS NULL AND l.archived_at IS NULL AND e.id <> w.id AND (" + rank("e.kind") + " - " + rank("w.kind") + ") * w.way > 0"}
	for _, p := range parents {
		next = append(next,
			fmt.Sprintf("SELECT '%[1]s', t.id FROM %[1]s t WHERE w.way = 1 AND w.kind = '%[3]s' AND t.%[2]s = w.id", p.table, p.column, p.above),
			fmt.Sprintf("SELECT '%[3]s', t.%[2]s FROM %[1]s t WHERE w.way = -1 AND w.kind = '%[1]s' AND t.id = w.id AND t.%[2]s IS NOT NULL", p.table, p.column, p.above))
	}
	next = append(next,
		"SELECT 'formal_answer', q.formal_answer_id FROM audit_question q WHERE w.way = 1 AND w.kind = 'audit_question' AND q.id = w.id AND q.formal_answer_id IS NOT NULL",
		"SELECT 'audit_question', q.id FROM audit_question q WHERE w.way = -1 AND w.kind = 'formal_answer' AND q.formal_answer_id = w.id")
	return postgres.All[walked](ctx, r, `
		WITH RECURSIVE walk AS (
			SELECT n.kind, n.id, n.distance, v.way FROM (`+begin+`) n CROSS JOIN (VALUES (-1), (1)) v (way) WHERE (n.kind = @kind AND n.id = @id OR `+visible+`)
			UNION
			SELECT n.kind, n.id, w.distance + 1, w.way FROM walk w CROSS JOIN LATERAL (`+strings.Join(next, " UNION ALL ")+`) n (kind, id)
			 WHERE w.distance < @steps AND w.kind <> 'decision' AND `+visible+`)
		SELECT w.kind, w.id, w.distance FROM walk w LIMIT @most`, args)
}

// beside is a decision with a record that it is about.
type beside struct {
	Decision uuid.UUID `db:"decision_id"`
	Kind     string    `db:"kind"`
	ID       uuid.UUID `db:"id"`
}

// idsOf gives the ids of records.
func idsOf(nodes []*Node) []uuid.UUID {
	ids := make([]uuid.UUID, len(nodes))
	for i, n := range nodes {
		ids[i] = n.ID
	}
	return ids
}

// decisionsOf reads the decisions about records, as far as the caller sees them.
func decisionsOf(ctx context.Context, keep record.Keeper, r postgres.Reader, nodes []*Node) ([]*beside, error) {
	visible, args := keep.Policy.Visible(ctx, "decision", "d", r.Past())
	args["ids"] = idsOf(nodes)
	return postgres.All[beside](ctx, r, "SELECT l.decision_id, e.kind, e.id FROM record_link l JOIN decision d ON d.id = l.decision_id CROSS JOIN LATERAL "+bound()+` e (kind, id)
		WHERE `+leads("= ANY (@ids)")+" AND e.id = ANY (@ids) AND l.archived_at IS NULL AND d.archived_at IS NULL AND "+visible+" ORDER BY d.meeting_date, d.id, l.id", args)
}

// tied is a tie as the database has it.
type tied struct {
	FromKind string     `db:"from_kind"`
	FromID   uuid.UUID  `db:"from_id"`
	ToKind   string     `db:"to_kind"`
	ToID     uuid.UUID  `db:"to_id"`
	Purpose  *Purpose   `db:"purpose"`
	LinkID   *uuid.UUID `db:"link_id"`
}

// ties reads how records hang together, by one statement.
func ties(ctx context.Context, r postgres.Reader, nodes []*Node) ([]*Tie, error) {
	selects := []string{
		"SELECT 'decision', l.decision_id, e.kind, e.id, l.purpose, l.id FROM record_link l CROSS JOIN LATERAL " + bound() + ` e (kind, id)
			WHERE l.decision_id = ANY (@ids) AND l.archived_at IS NULL AND e.id = ANY (@ids)`,
		"SELECT a.kind, a.id, b.kind, b.id, NULL, l.id FROM record_link l CROSS JOIN LATERAL " + bound() + " a (kind, id) CROSS JOIN LATERAL " + bound() + ` b (kind, id)
			WHERE ` + leads("= ANY (@ids)") + " AND l.decision_id IS NULL AND l.archived_at IS NULL AND a.id = ANY (@ids) AND b.id = ANY (@ids) AND " + rank("a.kind") + " < " + rank("b.kind"),
		"SELECT 'audit_question', q.id, 'formal_answer', q.formal_answer_id, NULL, NULL FROM audit_question q WHERE q.id = ANY (@ids) AND q.formal_answer_id = ANY (@ids)",
		"SELECT 'diary_case', d.case_id, 'decision', d.id, NULL, NULL FROM decision d WHERE d.id = ANY (@ids) AND d.case_id = ANY (@ids)",
	}
	for _, p := range parents {
		selects = append(selects, fmt.Sprintf("SELECT '%[3]s', t.%[2]s, '%[1]s', t.id, NULL, NULL FROM %[1]s t WHERE t.id = ANY (@ids) AND t.%[2]s = ANY (@ids)", p.table, p.column, p.above))
	}
	for _, kind := range filed {
		selects = append(selects, fmt.Sprintf("SELECT 'diary_case', t.case_id, '%[1]s', t.id, NULL, NULL FROM %[1]s t WHERE t.id = ANY (@ids) AND t.case_id = ANY (@ids)", kind))
	}
	all, err := postgres.All[tied](ctx, r, "SELECT t.* FROM ("+strings.Join(selects, " UNION ALL ")+") t (from_kind, from_id, to_kind, to_id, purpose, link_id) ORDER BY "+rank("t.from_kind")+", "+rank("t.to_kind")+", t.from_id, t.to_id, t.link_id",
		postgres.Args{"ids": idsOf(nodes)})
	given := make([]*Tie, len(all))
	for i, t := range all {
		given[i] = &Tie{From: End{t.FromKind, t.FromID}, To: End{t.ToKind, t.ToID}, Purpose: t.Purpose, LinkID: t.LinkID}
	}
	return given, err
}

// lacking is a record that lacks what one of the lacks is about.
type lacking struct {
	Lack int       `db:"lack"`
	ID   uuid.UUID `db:"id"`
}

// missing reads what records lack, by one statement. What the caller does not see is no
// lack.
func missing(ctx context.Context, r postgres.Reader, nodes []*Node) ([]*Missing, error) {
	var selects []string
	for i, l := range lacks {
		selects = append(selects, fmt.Sprintf("SELECT %d, x.id FROM %s x WHERE x.id = ANY (@ids) AND x.archived_at IS NULL AND (%s)", i, l.kind, l.where))
	}
	all, err := postgres.All[lacking](ctx, r, "SELECT m.* FROM ("+strings.Join(selects, " UNION ALL ")+") m (lack, id) ORDER BY m.lack, m.id", postgres.Args{"ids": idsOf(nodes)})
	given := make([]*Missing, len(all))
	for i, m := range all {
		l := lacks[m.Lack]
		given[i] = &Missing{End: End{l.kind, m.ID}, Stage: l.stage, Rule: l.rule, lack: l}
	}
	return given, err
}
