package search

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// entries selects what search_entry is to hold of rows of the source, where it holds
// something else or nothing: x of from that where takes, as entries of the kind under
// the id. The records' own parts are read and digested first, and only what has changed
// is taken to words.
func (o Source) entries(kind, id, from, where string) string {
	return fmt.Sprintf(`SELECT n.id, '%[1]s', n.object_id, n.municipality_id, search_fold(n.names[1]) COLLATE "C",
		search_vector('%[1]s', n.municipality_id, n.names, n.aliases, n.keywords, n.texts), n.weight, n.digest
		FROM (SELECT p.*, md5(@sources || (p.municipality_id, p.names, p.aliases, p.keywords, p.texts, p.weight)::text) AS digest
			FROM (SELECT %[2]s AS id, x.id AS object_id, %[5]s AS municipality_id, array_remove(ARRAY[%[6]s, %[7]s]::text[], NULL) AS names, %[8]s AS aliases,
					%[9]s AS keywords, %[10]s AS texts, %[11]s AS weight
				FROM %[3]s WHERE %[4]s OFFSET 0) p OFFSET 0) n
		LEFT JOIN search_entry e ON e.id = n.id WHERE e.digest IS DISTINCT FROM n.digest`,
		kind, id, from, where, o.Municipality, o.NameSv, o.NameEn, o.Aliases, o.Keywords, o.Texts, o.Weight)
}

// live gives the entries of the records that the condition on x takes.
func (o Source) live(where string) string {
	return o.entries(o.Table, "x.id", o.Table+" x", where)
}

// drafted gives the entries of the open drafts that the condition on draft takes.
func (o Source) drafted(where string) string {
	return o.entries(o.Drafts, "draft.id", o.Drafted("true"), "draft.id IS NOT NULL AND "+where)
}

// keep brings up to date the entries of what the transaction's change touches, or of
// all, and the words that they hold. What has not changed is left as it is.
func (s *Service) keep(ctx context.Context, tx *postgres.Tx, all bool) error {
	args := postgres.Args{"change": tx.Number, "sources": s.fingerprint()}
	upsert := func(entries string) (int64, error) {
		return tx.Exec(ctx, `INSERT INTO search_entry (id, object_kind, object_id, municipality_id, name, words, weight, digest)
			`+entries+`
			ON CONFLICT (id) DO UPDATE SET municipality_id = excluded.municipality_id, name = excluded.name, words = excluded.words, weight = excluded.weight,
				digest = excluded.digest`, args)
	}
	for _, o := range s.Sources {
		touched, draftTouched := cmp.Or(o.Touched, "x.changed_in = @change"), ""
		if o.Drafts != "" {
			draftTouched = fmt.Sprintf(`draft.id IN (SELECT d.id FROM %[1]s d WHERE d.changed_in = @change
				UNION ALL SELECT draft.id FROM %[2]s WHERE draft.id IS NOT NULL AND live.id IN (SELECT x.id FROM %[3]s x WHERE %[4]s))`,
				o.Drafts, o.Drafted("true"), o.Table, touched)
		}
		if all {
			touched, draftTouched = "@change::bigint IS NOT NULL", "@change::bigint IS NOT NULL"
		}
		changed, err := upsert(o.live(touched))
		if err != nil {
			return fmt.Errorf("keep what is searched of %s: %w", o.Table, err)
		}
		if changed > 0 {
			_, err = tx.Exec(ctx, `INSERT INTO search_word (word)
				SELECT DISTINCT substr(word, 2) FROM ts_stat(format('SELECT words FROM search_entry WHERE changed_in = %s AND object_kind = %L', @change::bigint, @kind::text))
				 WHERE word >= 'a' AND word < 'd' ORDER BY 1
				ON CONFLICT DO NOTHING`, postgres.Args{"change": tx.Number, "kind": o.Table})
			if err != nil {
				return fmt.Errorf("keep the words of %s: %w", o.Table, err)
			}
		}
		if o.Drafts == "" {
			continue
		}
		if changed, err = upsert(o.drafted(draftTouched)); err != nil {
			return fmt.Errorf("keep what is searched of %s: %w", o.Drafts, err)
		}
		if changed > 0 {
			_, err = tx.Exec(ctx, `INSERT INTO search_own_word (municipality_id, word)
				SELECT DISTINCT e.municipality_id, substr(w.lexeme, 2) FROM search_entry e, unnest(e.words) w
				 WHERE e.changed_in = @change AND e.object_kind = @kind AND w.lexeme >= 'a' AND w.lexeme < 'd' ORDER BY 1, 2
				ON CONFLICT DO NOTHING`, postgres.Args{"change": tx.Number, "kind": o.Drafts})
			if err != nil {
				return fmt.Errorf("keep the words of %s: %w", o.Drafts, err)
			}
		}
		// A draft that is closed is found no more. Its entry stays, for the past, and says
		// nothing, so that years of them cost no search anything.
		closed := "e.id IN (SELECT d.id FROM " + o.Drafts + " d WHERE d.changed_in = @change)"
		if all {
			closed = "@change::bigint IS NOT NULL"
		}
		if _, err = tx.Exec(ctx, fmt.Sprintf(`UPDATE search_entry e SET name = '', words = '', digest = ''
			WHERE e.object_kind = '%s' AND e.digest <> '' AND %s AND NOT EXISTS (SELECT FROM %s WHERE draft.id = e.id)`,
			o.Drafts, closed, o.Drafted("true")), postgres.Args{"change": tx.Number}); err != nil {
			return fmt.Errorf("forget what was searched of %s: %w", o.Drafts, err)
		}
	}
	return nil
}

// lastRebuild gives the newest run over all entries before a change's number; nil when
// there has been none.
func lastRebuild(ctx context.Context, r postgres.Reader, before int64) (*rebuilt, error) {
	all, err := postgres.All[rebuilt](ctx, r, `SELECT `+postgres.Columns[rebuilt]("c")+` FROM change c
		WHERE c.operation = @operation AND c.number < @before ORDER BY c.number DESC LIMIT 1`,
		postgres.Args{"operation": rebuildOperation, "before": before})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// answering selects the words that answer to each form f of what is typed, by class: of
// all that are known to anybody, and of the drafts that the caller may see. A bound of
// how many is for each by itself, so that words which only others may know push none
// aside.
func (s *Service) answering(ctx context.Context, args postgres.Args) string {
	tables := []string{"search_word y WHERE true"}
	if access.From(ctx).SignedIn() {
		for _, o := range s.Sources {
			if o.Drafts != "" {
				// Words are of the present and the past alike.
				seen, more := s.Policy.Visible(ctx, o.Drafts, "y", false)
				maps.Copy(args, more)
				tables = append(tables, "search_own_word y WHERE "+seen)
			}
		}
	}
	sql := ""
	for _, y := range tables {
		sql += fmt.Sprintf(`
		UNION ALL SELECT f.n, a.word, %[2]d, false, '' FROM form f CROSS JOIN LATERAL (
			SELECT y.word FROM %[1]s AND y.stem_sv = f.sv[1] UNION SELECT y.word FROM %[1]s AND y.stem_en = f.en[1]) a
		UNION ALL SELECT f.n, a.word, %[3]d, false, '' FROM form f CROSS JOIN LATERAL (
			SELECT y.word FROM %[1]s AND y.plain >= f.plain AND y.plain < f.plain || chr(1114111) ORDER BY y.plain LIMIT @begun) a WHERE f.long > 2
		UNION ALL SELECT f.n, a.word, %[4]d, false, '' FROM form f CROSS JOIN LATERAL (
			SELECT y.word FROM %[1]s AND y.plain LIKE '%%' || f.plain || '%%' ORDER BY length(y.plain), y.word LIMIT 60) a WHERE f.long > 2 AND NOT f.joined
		UNION ALL SELECT f.n, a.word, %[5]d, false, '' FROM form f CROSS JOIN LATERAL (
			SELECT y.word FROM %[1]s AND y.plain %% f.plain AND similarity(y.plain, f.plain) >= 0.4
			 ORDER BY similarity(y.plain, f.plain) DESC, y.word LIMIT 12) a WHERE f.long > 3 AND NOT f.joined`, y, same, dotless, inside, similar)
	}
	return sql
}

// understand folds what is typed and finds the words that answer to each of its words.
func (s *Service) understand(ctx context.Context, r postgres.Reader, typed string) (query, error) {
	var q query
	places := map[int]int{} // a group's place by its number
	args := postgres.Args{"typed": typed, "most": mostWords, "begun": mostBegun}
	err := r.Read(ctx, `
		WITH folded AS MATERIALIZED (
			-- The plans of this reading are made for the words themselves, and by the indexes:
			-- one made for any words, or for many that it takes to be common, would go through
			-- all entries where few or none answer.
			SELECT search_fold(@typed) AS whole, set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true)),
		word AS (SELECT left(w, 80) AS w, n::int AS n FROM folded, regexp_split_to_table(whole, ' ') WITH ORDINALITY t (w, n) WHERE w <> '' AND n <= @most),
		each AS (
			SELECT n, w, false AS joined FROM word
			UNION SELECT a.n, a.w || b.w, true FROM word a JOIN word b ON b.n = a.n + 1
			UNION SELECT b.n, a.w || b.w, true FROM word a JOIN word b ON b.n = a.n + 1),
		form AS MATERIALIZED (
			SELECT n, w, joined, search_plain(w) AS plain, length(w) AS long,
			       ts_lexize('pg_catalog.swedish_stem', w) AS sv, ts_lexize('pg_catalog.english_stem', w) AS en
			  FROM each)
		SELECT f.n, f.w, CASE WHEN f.joined THEN -2 ELSE -1 END AS class, coalesce(f.sv = '{}', false) AS stop, (SELECT whole FROM folded) AS whole FROM form f
`+s.answering(ctx, args)+`
		ORDER BY 3, 1, 2`, args, func(rows pgx.Rows) error {
		var n, of int
		var word, whole string
		var stop bool
		if err := rows.Scan(&n, &word, &of, &stop, &whole); err != nil {
			return err
		}
		switch of {
		case -2: // they come before the words themselves, and wait in a group of their own number
			if _, known := places[n]; !known {
				places[n] = len(q.groups)
				q.groups = append(q.groups, group{})
			}
			q.groups[places[n]].joined = append(q.groups[places[n]].joined, word)
		case -1:
			if _, known := places[n]; !known {
				places[n] = len(q.groups)
				q.groups = append(q.groups, group{})
			}
			q.whole = whole
			g := &q.groups[places[n]]
			g.word, g.stop = word, stop
		default:
			g := &q.groups[places[n]]
			if !slices.Contains(g.alts[of], word) {
				g.alts[of] = append(g.alts[of], word)
			}
		}
		return nil
	})
	if err != nil {
		return q, fmt.Errorf("understand what is searched: %w", err)
	}
	return q, s.place(ctx, r, q.groups)
}

// place finds the municipalities that the words name, where there are several words.
func (s *Service) place(ctx context.Context, r postgres.Reader, groups []group) error {
	if len(groups) < 2 {
		return nil
	}
	for i := range groups {
		g := &groups[i]
		if g.stop {
			continue
		}
		whole := group{word: g.word}
		whole.alts[same] = g.alts[same]
		whole.alts[dotless] = slices.DeleteFunc(slices.Clone(g.alts[dotless]), func(w string) bool { return len([]rune(w)) != len([]rune(g.word)) })
		q := whole.of(tier{fields: "a", to: same}, false)
		for _, w := range whole.alts[dotless] {
			q += " | " + lexeme("a"+w)
		}
		var err error
		g.places, err = postgres.Values[uuid.UUID](ctx, r, "SELECT e.municipality_id FROM search_entry e WHERE e.words @@ @q::text::tsquery LIMIT 20",
			postgres.Args{"q": "'@municipality' & (" + q + ")"})
		if err != nil {
			return fmt.Errorf("find the municipalities that are named: %w", err)
		}
	}
	return nil
}

// candidate is a record that a tier took, with what orders it among its equals.
type candidate struct {
	Kind         string    `db:"object_kind"`
	ID           uuid.UUID `db:"object_id"`
	Municipality uuid.UUID `db:"municipality_id"`
	Uses         int64     `db:"uses"`
	Name         string    `db:"name"`
	Drafted      bool      `db:"drafted"` // by what its draft says
	Part         int       `db:"part"`    // the number of its part
	why          Why
}

// which says whether records are found by what is live or by their drafts.
type which int

const (
	besideDrafts which = iota // by both
	withoutDrafts
	withDrafts // by the draft where the caller sees one, else by what is live
)

// asked is a search under way: the sources and the conditions that narrow it.
type asked struct {
	reader  postgres.Reader
	policy  access.Policy
	sources []Source
	filter  Filter
	own     *uuid.UUID  // the caller's municipality, whose records come first
	places  []uuid.UUID // those that the filter names; nil for all
	drafts  which
	few     int // how many entries are asked for first
	dense   int // how many of them are put in order one and all
}

// narrow gives the conditions on a source's row x.
func (a *asked) narrow(ctx context.Context, o Source, args postgres.Args) string {
	visible, more := a.policy.Visible(ctx, o.Table, "x", a.reader.Past())
	maps.Copy(args, more)
	conditions := []string{visible, "x.archived_at IS NULL"}
	for name, values := range a.filter.fields() {
		if len(values) > 0 {
			conditions = append(conditions, o.Filters[name])
			args["f_"+name] = values
		}
	}
	return strings.Join(conditions, " AND ")
}

// seen gives SQL for the drafts of the source that the caller may see, in place of its
// table, with their arguments.
func (o Source) seen(ctx context.Context, r postgres.Reader, p access.Policy, args postgres.Args) string {
	seen, more := p.Visible(ctx, o.Drafts, "draft", r.Past())
	maps.Copy(args, more)
	return o.Drafted(seen)
}

// part is one kind of entry that a search looks among.
type part struct {
	source  Source
	drafted bool
	own     bool // the caller's own municipality's alone
}

// kind is the kind of its entries.
func (p part) kind() string {
	if p.drafted {
		return p.source.Drafts
	}
	return p.source.Table
}

// parts are what is looked among, the caller's own municipality's first and by
// themselves. Drafts are their municipality's own: others look among none.
func (a *asked) parts(ctx context.Context) []part {
	var all []part
	for _, own := range []bool{true, false} {
		if own && (a.own == nil || a.places != nil && !slices.Contains(a.places, *a.own)) {
			continue
		}
		for _, o := range a.sources {
			all = append(all, part{source: o, own: own})
			if o.Drafts != "" && a.drafts != withoutDrafts && access.From(ctx).SignedIn() && (own || a.own == nil) {
				all = append(all, part{source: o, own: own, drafted: true})
			}
		}
	}
	return all
}

// from gives SQL for the entries e of a part with their records x, and the condition on
// these. Each record is asked for by itself: reading all of them to join them is never
// what few hits are worth, whatever the planner takes the entries for.
func (a *asked) from(ctx context.Context, p part, entries string, args postgres.Args) (from, where string) {
	where = a.narrow(ctx, p.source, args)
	row := p.source.Table + " x WHERE x.id = e.object_id"
	if p.drafted {
		row = p.source.seen(ctx, a.reader, a.policy, args) + " WHERE draft.id = e.id"
	} else if a.drafts == withDrafts && p.source.Drafts != "" {
		where += " AND NOT EXISTS (SELECT FROM " + p.source.seen(ctx, a.reader, a.policy, args) + " WHERE draft.id IS NOT NULL AND live.id = e.object_id OFFSET 0)"
	}
	return entries + " e CROSS JOIN LATERAL (SELECT x.* FROM " + row + " OFFSET 0) x", where
}

// fewEntries is how many entries that answer alike are asked for first, the heaviest; more
// only where the caller sees too few of them.
const fewEntries = 400

// denseEntries is how many entries that answer alike are put in order one and all. Of
// more, the heaviest are soon met among all by weight; of fewer they would not be, and the
// planner cannot tell which it is of words that go together, or do not.
const denseEntries = 10_000

// take reads the records of the entries that the condition takes: of each part at most
// Most, the heaviest first.
func (a *asked) take(ctx context.Context, condition func(part) (string, postgres.Args)) ([]*candidate, error) {
	parts, all := a.parts(ctx), []*candidate(nil)
	for few := a.few; len(parts) > 0; few *= 8 {
		found, err := a.heaviest(ctx, parts, condition, few)
		if err != nil {
			return nil, err
		}
		var more []part
		for i, p := range parts {
			of := slices.DeleteFunc(slices.Clone(found), func(c *candidate) bool { return c.Part != i })
			if slices.ContainsFunc(of, func(c *candidate) bool { return c.Kind == "" }) {
				more = append(more, p)
				continue
			}
			all = append(all, of...)
		}
		parts = more
	}
	return all, nil
}

// heaviest reads, for each part, the first Most records that the caller sees of the few
// heaviest entries that the condition takes. A candidate without a kind says that there
// are more entries, and too few were seen.
func (a *asked) heaviest(ctx context.Context, parts []part, condition func(part) (string, postgres.Args), few int) ([]*candidate, error) {
	var selects []string
	args := postgres.Args{"most": Most, "few": few, "dense": a.dense, "own": a.own, "places": a.places}
	for i, p := range parts {
		where, more := condition(p)
		maps.Copy(args, more)
		from, narrow := a.from(ctx, p, "(SELECT * FROM few ORDER BY weight DESC, name, id OFFSET 0)", args)
		selects = append(selects, fmt.Sprintf(`(WITH alike AS MATERIALIZED (
				SELECT e.id, e.object_id, e.municipality_id, e.weight, e.name FROM search_entry e WHERE %[5]s LIMIT @dense + 1),
			few AS MATERIALIZED (
				(SELECT * FROM alike e WHERE (SELECT count(*) FROM alike) <= @dense ORDER BY e.weight DESC, e.name, e.id LIMIT @few)
				UNION ALL (SELECT e.id, e.object_id, e.municipality_id, e.weight, e.name FROM search_entry e
				 WHERE (SELECT count(*) FROM alike) > @dense AND e.object_kind = '%[7]s' AND %[5]s ORDER BY e.weight DESC, e.name, e.id LIMIT @few)),
			seen AS MATERIALIZED (
				SELECT '%[1]s' AS object_kind, e.object_id, e.municipality_id, (%[2]s)::bigint AS uses, e.name, %[3]t AS drafted, %[8]d AS part
				  FROM %[4]s WHERE %[6]s ORDER BY e.weight DESC, e.name, e.id LIMIT @most)
			SELECT * FROM seen UNION ALL SELECT '', '00000000-0000-0000-0000-000000000000'::uuid, '00000000-0000-0000-0000-000000000000'::uuid, 0, '', false, %[8]d
			 WHERE (SELECT count(*) FROM few) = @few AND (SELECT count(*) FROM seen) < @most)`,
			p.source.Table, p.source.Uses, p.drafted, from, where, narrow, p.kind(), i))
	}
	return postgres.All[candidate](ctx, a.reader, "SELECT "+postgres.Columns[candidate]("f")+" FROM ("+strings.Join(selects, " UNION ALL ")+") f", args)
}

// words gives the condition on the entries of a part that their words answer to a tsquery.
func (a *asked) words(words string) func(part) (string, postgres.Args) {
	return func(p part) (string, postgres.Args) {
		name := fmt.Sprintf("q_%s_%t", p.kind(), p.own)
		q := lexeme("@"+p.kind()) + " & (" + words + ")"
		switch {
		case p.own:
			q += " & " + lexeme("#"+a.own.String())
		case a.places != nil:
			q += " & (" + group{places: a.places}.of(tier{}, true) + ")"
		}
		return "e.words @@ @" + name + "::text::tsquery", postgres.Args{name: q}
	}
}

// begun is the condition on the entries of a part that their name begins so.
func (a *asked) begun(name string) func(part) (string, postgres.Args) {
	return func(p part) (string, postgres.Args) {
		where := "e.object_kind = '" + p.kind() + "' AND e.name >= @from AND e.name < @to"
		if p.own {
			where += " AND e.municipality_id = @own"
		} else if a.places != nil {
			where += " AND e.municipality_id = ANY (@places)"
		}
		return where, postgres.Args{"from": name, "to": name + "\U0010FFFF"}
	}
}

// any tells whether the words of any entry answer to a tsquery.
func (a *asked) any(ctx context.Context, words string) (bool, error) {
	var each []string
	args := postgres.Args{}
	for _, p := range a.parts(ctx) {
		where, more := a.words(words)(p)
		maps.Copy(args, more)
		from, narrow := a.from(ctx, p, "search_entry", args)
		each = append(each, "EXISTS (SELECT FROM "+from+" WHERE "+where+" AND "+narrow+")")
	}
	found, err := postgres.Values[bool](ctx, a.reader, "SELECT "+strings.Join(each, " OR "), args)
	return err == nil && found[0], err
}

// shown is what is shown of a hit.
type shown struct {
	ID       uuid.UUID `db:"id"`
	NameSv   string    `db:"name_sv"`
	NameEn   *string   `db:"name_en"`
	TextSv   *string   `db:"text_sv"`
	TextEn   *string   `db:"text_en"`
	Keywords []string  `db:"keywords"`
}

// show fills in the titles and snippets of hits.
func (s *Service) show(ctx context.Context, r postgres.Reader, q query, hits []*Hit) error {
	for _, o := range s.Sources {
		for _, drafted := range []bool{false, true} {
			if err := s.showOf(ctx, r, q, o, slices.DeleteFunc(slices.Clone(hits), func(h *Hit) bool { return h.Kind != o.Table || h.Drafted != drafted }), drafted); err != nil {
				return err
			}
		}
	}
	return nil
}

// showOf is show of hits of the source, all by their drafts or none.
func (s *Service) showOf(ctx context.Context, r postgres.Reader, q query, o Source, hits []*Hit, drafted bool) error {
	if len(hits) == 0 {
		return nil
	}
	from, id, args := o.Table+" x", "x.id", postgres.Args{}
	if drafted {
		from, id = o.seen(ctx, r, s.Policy, args), "live.id"
	}
	var ids []uuid.UUID
	for _, h := range hits {
		ids = append(ids, h.ID)
	}
	args["ids"] = ids
	records, err := postgres.All[shown](ctx, r, fmt.Sprintf(`SELECT x.id, %s AS name_sv, %s AS name_en, %s AS text_sv, %s AS text_en, %s AS keywords
		FROM %s WHERE %s = ANY (@ids)`, o.NameSv, o.NameEn, o.ShownSv, o.ShownEn, o.Keywords, from, id), args)
	if err != nil {
		return fmt.Errorf("read what is shown of hits: %w", err)
	}
	for _, record := range records {
		for _, h := range hits {
			if h.ID == record.ID {
				h.Title, h.Snippet = q.shownOf(record)
			}
		}
	}
	return nil
}

func (q query) shownOf(x *shown) (Marked, *Marked) {
	maybe := func(s *string, language text.Language) *Marked {
		if s == nil {
			return nil
		}
		return q.marked(*s, language)
	}
	title := q.best(q.marked(x.NameSv, text.Swedish), maybe(x.NameEn, text.English))
	var others *Marked
	if len(x.Keywords) > 0 {
		if others = q.marked(strings.Join(x.Keywords, ", "), text.Swedish); len(others.Marks) == 0 {
			others = nil // they are not for reading, but tell why it was found
		}
	}
	return *title, q.best(maybe(x.TextSv, text.Swedish), maybe(x.TextEn, text.English), others)
}

// municipalitiesOf gives the ids of the municipalities with the SCB codes, never nil.
func municipalitiesOf(ctx context.Context, r postgres.Reader, codes []string) ([]uuid.UUID, error) {
	ids, err := postgres.Values[uuid.UUID](ctx, r, "SELECT x.id FROM municipality x WHERE x.scb_code = ANY (@codes)", postgres.Args{"codes": codes})
	return append([]uuid.UUID{}, ids...), err
}

// counted counts hits by the source's field of the name, in their drafts or in what is
// live.
func (a *asked) counted(ctx context.Context, o Source, name string, ids []uuid.UUID, drafted bool) (page.Facet, error) {
	f := o.Facets[name]
	from, id, args := o.Table+" x", "x.id", postgres.Args{}
	if drafted {
		from, id = o.seen(ctx, a.reader, a.policy, args), "live.id"
	}
	l := postgres.List{From: from, Alias: "x", Facets: map[string]postgres.Facet{name: f}, Sort: postgres.Sort{Name: name, Expr: "x.id::text", Type: "text"}}
	l.Where(id+" = ANY (@ids)", "ids", ids)
	for name, value := range args {
		l.Where("true", name, value)
	}
	none := 0
	c, err := postgres.Page[postgres.Row](ctx, a.reader, l, page.Args{First: &none})
	if err != nil {
		return page.Facet{}, err
	}
	facets, err := c.Facets(ctx, []string{name})
	if err != nil {
		return page.Facet{}, err
	}
	return facets[0], nil
}
