package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/page"
)

// Sort is an order of a list. Expr is never NULL (COALESCE it), so that every
// record has a place; equal values are told apart by the record's id.
type Sort struct {
	Name string // the order's name in cursors
	Expr string
	Type string // the SQL type of Expr: text, int, bigint, date or timestamptz
	Desc bool
	// Indexed says that an index gives the order, so that a page meets few records.
	Indexed bool
}

// Facet counts a list's records by the values of one field.
type Facet struct {
	Value string // SQL, the value as text
	Sv    string // SQL, the value's Swedish name; empty when Names has it
	En    string // SQL, likewise English
	Join  string // SQL after FROM, where the value is of another table or of a list
	// Kind is the kind of record whose id Value is; empty where it is none.
	Kind string
	// Names gives a value its names for people where Sv and En are empty.
	Names func(value string) (sv, en string)
}

// List is a query over records of one table: what to select from, under which
// conditions, in which order. Every list of the API is built by it.
type List struct {
	From   string // the table with its alias, and joins
	Alias  string // the alias of the record's table
	Parent string // SQL of the parent's id, for a list that many parents have each
	Sort   Sort
	Facets map[string]Facet
	// Costly says that what From gives is computed: facets counted together then read it
	// once. None of them may have a Join.
	Costly bool

	wheres []where
	args   Args
}

type where struct{ facet, sql string }

// Where adds a condition with its arguments, name and value in turn.
func (l *List) Where(sql string, args ...any) { l.WhereFacet("", sql, args...) }

// WhereFacet adds a condition on a facet's own field: that facet's counts leave it
// out, so that they show what choosing another value would give.
func (l *List) WhereFacet(facet, sql string, args ...any) {
	l.wheres = append(l.wheres, where{facet, sql})
	if l.args == nil {
		l.args = Args{}
	}
	for i := 0; i < len(args); i += 2 {
		l.args[args[i].(string)] = args[i+1]
	}
}

// Probe stands last in an EXISTS of a list's conditions that a page of an Indexed order is
// to look up for each record it meets. Left to itself PostgreSQL reads all that the EXISTS
// may find into a hash first, since that choice of its does not know of LIMIT; OFFSET bars
// it. Where all the records are gone through, to count or to sort them, the hash is better
// and this a comment.
const Probe = "/* probe */"

// Contains is the SQL condition that text holds the words of argument @name, letter
// case aside; a % or _ in them is no wildcard.
func Contains(text, name string) string {
	return "position(lower(@" + name + ") IN lower(" + text + ")) > 0"
}

func (l *List) conditions(exceptFacet string, more ...string) string {
	sqls := []string{"true"}
	for _, w := range l.wheres {
		if exceptFacet == "" || w.facet != exceptFacet {
			sqls = append(sqls, w.sql)
		}
	}
	return "\n WHERE " + strings.Join(append(sqls, more...), "\n   AND ")
}

// Page reads one page of a list that has no parent.
func Page[T any](ctx context.Context, r Reader, l List, a page.Args) (*page.Connection[*T], error) {
	l.Parent = ""
	pages, err := Pages[T](ctx, r, l, []uuid.UUID{uuid.Nil}, a)
	if err != nil {
		return nil, err
	}
	return pages[0], nil
}

// Pages reads one page for each parent, in the parents' order, by one statement.
// Totals and facets of all the pages are counted by one statement each, when the
// first of them is asked for.
func Pages[T any](ctx context.Context, r Reader, l List, parents []uuid.UUID, a page.Args) ([]*page.Connection[*T], error) {
	order := l.Sort.Name + " ASC"
	if l.Sort.Desc {
		order = l.Sort.Name + " DESC"
	}
	w, err := a.Window(order)
	if err != nil {
		return nil, err
	}
	var faults fault.List
	if w.After != nil && !l.Sort.has(w.After.Value) {
		faults.Add(page.BadCursor("after"))
	}
	if w.Before != nil && !l.Sort.has(w.Before.Value) {
		faults.Add(page.BadCursor("before"))
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	connections := make([]*page.Connection[*T], len(parents))
	group := &group{reader: r, list: l, parents: parents}
	for i := range parents {
		connections[i] = &page.Connection[*T]{Edges: []page.Edge[*T]{}, Total: group.total(i), Faceted: group.facets(i)}
	}
	scan := scanner[T]()
	sql, args := l.pageSQL(Columns[T](l.Alias), w, parents)
	if l.Sort.Indexed {
		sql = strings.ReplaceAll(sql, Probe, "OFFSET 0")
	}
	err = r.Read(ctx, sql, args, func(rows pgx.Rows) error {
		var value string
		var key uuid.UUID
		var parent int
		record, err := scan(rows, &value, &key, &parent)
		if err != nil {
			return err
		}
		c := connections[parent-1]
		c.Edges = append(c.Edges, page.Edge[*T]{Cursor: page.Cursor{Order: order, Value: value, ID: key}.String(), Node: record})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range connections {
		more := len(c.Edges) > w.Limit
		if more {
			c.Edges = c.Edges[:w.Limit]
		}
		c.PageInfo = page.Info{HasNextPage: more, HasPreviousPage: w.After != nil}
		if w.Backward {
			slices.Reverse(c.Edges)
			c.PageInfo = page.Info{HasNextPage: w.Before != nil, HasPreviousPage: more}
		}
		if n := len(c.Edges); n > 0 {
			c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
		}
	}
	return connections, nil
}

// Whole reads a list that has no parent, whole; of a longer one than most, the first of it.
func Whole[T any](ctx context.Context, r Reader, l List, most int) ([]*T, error) {
	l.Parent = ""
	scan := scanner[T]()
	sql, args := l.pageSQL(Columns[T](l.Alias), page.Window{Limit: most - 1}, nil)
	all := []*T{}
	err := r.Read(ctx, sql, args, func(rows pgx.Rows) error {
		var value string
		var key uuid.UUID
		var parent int
		record, err := scan(rows, &value, &key, &parent)
		all = append(all, record)
		return err
	})
	return all, err
}

// pageSQL selects one record more than the window holds, to tell whether there are more.
func (l *List) pageSQL(columns string, w page.Window, parents []uuid.UUID) (string, Args) {
	args := maps.Clone(l.args)
	if args == nil {
		args = Args{}
	}
	var keyset []string
	for _, c := range []struct {
		name   string
		cursor *page.Cursor
		later  bool
	}{{"after", w.After, true}, {"before", w.Before, false}} {
		if c.cursor == nil {
			continue
		}
		op := "<"
		if c.later != l.Sort.Desc {
			op = ">"
		}
		keyset = append(keyset, fmt.Sprintf("(%s, %s.id) %s (@page_%s_value::%s, @page_%s_id::uuid)", l.Sort.Expr, l.Alias, op, c.name, l.Sort.Type, c.name))
		args["page_"+c.name+"_value"], args["page_"+c.name+"_id"] = c.cursor.Value, c.cursor.ID
	}
	direction := "ASC"
	if l.Sort.Desc != w.Backward {
		direction = "DESC"
	}
	order := fmt.Sprintf("\n ORDER BY %s %s, %s.id %s", l.Sort.Expr, direction, l.Alias, direction)
	args["page_limit"] = w.Limit + 1
	selected := fmt.Sprintf("SELECT %s, (%s)::text AS page_value, %s.id AS page_key", columns, l.Sort.Expr, l.Alias)
	if l.Parent == "" {
		return selected + ", 1 AS page_parent\n  FROM " + l.From + l.conditions("", keyset...) + order + "\n LIMIT @page_limit", args
	}
	args["page_parents"] = parents
	keyset = append(keyset, l.Parent+" = page_of.parent")
	rank := fmt.Sprintf(", row_number() OVER (ORDER BY %s %s, %s.id %s) AS page_rank", l.Sort.Expr, direction, l.Alias, direction)
	inner := selected + rank + "\n  FROM " + l.From + l.conditions("", keyset...) + order + "\n LIMIT @page_limit"
	plain := strings.ReplaceAll(columns, l.Alias+".", "page.")
	return fmt.Sprintf("SELECT %s, page.page_value, page.page_key, page_of.ordinal::int\n  FROM unnest(@page_parents::uuid[]) WITH ORDINALITY AS page_of (parent, ordinal)\n CROSS JOIN LATERAL (\n%s) page\n ORDER BY page_of.ordinal, page.page_rank", plain, inner), args
}

// has tells whether a value is one that the order can have, as the database writes it.
// What the database itself refused would end the transaction of all that is read with it.
func (s Sort) has(value string) bool {
	infinite := value == "infinity" || value == "-infinity"
	var err error
	switch s.Type {
	case "int":
		_, err = strconv.ParseInt(value, 10, 32)
	case "bigint":
		_, err = strconv.ParseInt(value, 10, 64)
	case "date":
		t, err := time.Parse(time.DateOnly, value)
		return err == nil && t.Year() > 0 || infinite
	case "timestamptz":
		t, err := time.Parse("2006-01-02 15:04:05+00", value)
		return err == nil && t.Year() > 0 || infinite
	default:
		return !strings.Contains(value, "\x00")
	}
	return err == nil
}

// group is the pages read together: what one of them counts, all of them have.
type group struct {
	reader  Reader
	list    List
	parents []uuid.UUID

	mu     sync.Mutex
	totals []int
	faced  map[string][]page.Facet // by facet's name, one for each parent
}

func (g *group) total(parent int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.totals == nil {
			counted := "SELECT count(*)::int FROM " + g.list.From
			sql := counted + g.list.conditions("")
			args := maps.Clone(g.list.args)
			if g.list.Parent != "" {
				sql = "SELECT (" + counted + g.list.conditions("", g.list.Parent+" = page_of.parent") +
					") FROM unnest(@page_parents::uuid[]) WITH ORDINALITY AS page_of (parent, ordinal) ORDER BY page_of.ordinal"
				args = withParents(args, g.parents)
			}
			totals, err := Values[int](ctx, g.reader, sql, args)
			if err != nil {
				return 0, err
			}
			g.totals = totals
		}
		return g.totals[parent], nil
	}
}

func withParents(args Args, parents []uuid.UUID) Args {
	if args == nil {
		args = Args{}
	}
	args["page_parents"] = parents
	return args
}

func (g *group) facets(parent int) func(context.Context, []string) ([]page.Facet, error) {
	return func(ctx context.Context, by []string) ([]page.Facet, error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.faced == nil {
			g.faced = map[string][]page.Facet{}
		}
		var missing []string
		for _, name := range by {
			if _, known := g.faced[name]; !known && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
		if err := g.count(ctx, missing); err != nil {
			return nil, err
		}
		answer := make([]page.Facet, len(by))
		for i, name := range by {
			answer[i] = g.faced[name][parent]
		}
		return answer, nil
	}
}

// count is the statement that counts a facet, of the parent's records where there is one.
func (l *List) count(name string) string {
	f := l.Facets[name]
	if l.Costly {
		others := []string{"o.value_" + name + " IS NOT NULL"}
		for _, facet := range l.narrowed() {
			if facet != name {
				others = append(others, "o.meets_"+facet)
			}
		}
		return fmt.Sprintf("SELECT '%s' AS facet, o.value_%[1]s AS value, min(o.sv_%[1]s) AS sv, min(o.en_%[1]s) AS en, count(*)::int AS number FROM once o WHERE %s GROUP BY 2",
			name, strings.Join(others, " AND "))
	}
	sv, en := f.names()
	return fmt.Sprintf("SELECT '%s' AS facet, %s AS value, min(%s) AS sv, min(%s) AS en, count(*)::int AS number\n  FROM %s %s%s\n   AND %s IS NOT NULL\n GROUP BY 2",
		name, f.Value, sv, en, l.From, f.Join, l.conditions(name, l.ofParent()...), f.Value)
}

// once reads what the facets of a Costly list count: their values, and which conditions on
// a facet's field each record meets.
func (l *List) once(names []string) string {
	var columns []string
	for _, name := range names {
		f := l.Facets[name]
		sv, en := f.names()
		columns = append(columns, fmt.Sprintf("%[2]s AS value_%[1]s, %[3]s AS sv_%[1]s, %[4]s AS en_%[1]s", name, f.Value, sv, en))
	}
	for _, facet := range l.narrowed() {
		columns = append(columns, fmt.Sprintf("coalesce((%s), false) AS meets_%s", strings.Join(l.on(facet), ") AND ("), facet))
	}
	return fmt.Sprintf("WITH once AS MATERIALIZED (SELECT %s\n  FROM %s\n WHERE %s)\n",
		strings.Join(columns, ", "), l.From, strings.Join(slices.Concat([]string{"true"}, l.on(""), l.ofParent()), "\n   AND "))
}

// narrowed are the facets whose field a condition is on.
func (l *List) narrowed() []string {
	var facets []string
	for _, w := range l.wheres {
		if w.facet != "" && !slices.Contains(facets, w.facet) {
			facets = append(facets, w.facet)
		}
	}
	return facets
}

// on are the conditions on a facet's field; without a facet those on none.
func (l *List) on(facet string) []string {
	var sqls []string
	for _, w := range l.wheres {
		if w.facet == facet {
			sqls = append(sqls, w.sql)
		}
	}
	return sqls
}

// ofParent is the condition of a list that many parents have each.
func (l *List) ofParent() []string {
	if l.Parent == "" {
		return nil
	}
	return []string{l.Parent + " = page_of.parent"}
}

// names gives the SQL of the value's names for people.
func (f Facet) names() (sv, en string) {
	if f.Sv == "" {
		return "''", "''"
	}
	return f.Sv, f.En
}

// count counts the named facets for all pages, by one statement.
func (g *group) count(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	var selects []string
	for _, name := range names {
		if _, ok := g.list.Facets[name]; !ok {
			return fmt.Errorf("the list has no facet %q", name)
		}
		selects = append(selects, g.list.count(name))
	}
	union := strings.Join(selects, "\nUNION ALL\n")
	if g.list.Costly {
		union = g.list.once(names) + union
	}
	sql := "SELECT 1, f.* FROM (" + union + ") f"
	args := maps.Clone(g.list.args)
	if g.list.Parent != "" {
		sql = "SELECT page_of.ordinal::int, f.* FROM unnest(@page_parents::uuid[]) WITH ORDINALITY AS page_of (parent, ordinal) CROSS JOIN LATERAL (" + union + ") f"
		args = withParents(args, g.parents)
	}
	counted := map[string][]page.Facet{}
	for _, name := range names {
		counted[name] = make([]page.Facet, len(g.parents))
		for i := range counted[name] {
			counted[name][i] = page.Facet{Name: name, Values: []page.FacetValue{}}
		}
	}
	err := g.reader.Read(ctx, sql+` ORDER BY 1, f.number DESC, f.value COLLATE "C"`, args, func(rows pgx.Rows) error {
		var parent int
		var name string
		var v page.FacetValue
		if err := rows.Scan(&parent, &name, &v.Value, &v.Sv, &v.En, &v.Count); err != nil {
			return err
		}
		if names := g.list.Facets[name].Names; names != nil {
			v.Sv, v.En = names(v.Value)
		}
		if kind := g.list.Facets[name].Kind; kind != "" {
			id, err := uuid.Parse(v.Value)
			if err != nil {
				return err
			}
			v.Value = string(gid.New(kind, id))
		}
		f := &counted[name][parent-1]
		f.Values = append(f.Values, v)
		return nil
	})
	maps.Copy(g.faced, counted)
	return err
}
