package search

import (
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

// entries selects what search_entry is to hold of the source's records, where it holds
// something else or nothing. The records' own parts are read and digested first, and only
// what has changed is taken to words.
func (o Source) entries(where string) string {
	return fmt.Sprintf(`SELECT n.id, '%[1]s', n.id, n.municipality_id, search_fold(n.names[1]) COLLATE "C",
		search_vector('%[1]s', n.municipality_id, n.names, n.aliases, n.keywords, n.texts), n.digest
		FROM (SELECT p.*, md5(@sources || (p.municipality_id, p.names, p.aliases, p.keywords, p.texts)::text) AS digest
			FROM (SELECT x.id, %[2]s AS municipality_id, array_remove(ARRAY[%[3]s, %[4]s]::text[], NULL) AS names, %[5]s AS aliases, %[6]s AS keywords, %[7]s AS texts
				FROM %[1]s x WHERE %[8]s OFFSET 0) p OFFSET 0) n
		LEFT JOIN search_entry e ON e.id = n.id WHERE e.digest IS DISTINCT FROM n.digest`,
		o.Table, o.Municipality, o.NameSv, o.NameEn, o.Aliases, o.Keywords, o.Texts, where)
}

// keep brings the entries of the records that where gives for each source up to date,
// and the words that they hold. What has not changed is left as it is.
func (s *Service) keep(ctx context.Context, tx *postgres.Tx, where func(Source) string) error {
	for _, o := range s.Sources {
		changed, err := tx.Exec(ctx, `INSERT INTO search_entry (id, object_kind, object_id, municipality_id, name, words, digest)
			`+o.entries(where(o))+`
			ON CONFLICT (id) DO UPDATE SET municipality_id = excluded.municipality_id, name = excluded.name, words = excluded.words, digest = excluded.digest`,
			postgres.Args{"change": tx.Number, "sources": s.fingerprint()})
		if err != nil {
			return fmt.Errorf("keep what is searched of %s: %w", o.Table, err)
		}
		if changed == 0 {
			continue
		}
		_, err = tx.Exec(ctx, `INSERT INTO search_word (word)
			SELECT DISTINCT substr(word, 2) FROM ts_stat(format('SELECT words FROM search_entry WHERE changed_in = %s AND object_kind = %L', @change::bigint, @kind::text))
			 WHERE word >= 'a' AND word < 'd' ORDER BY 1
			ON CONFLICT DO NOTHING`, postgres.Args{"change": tx.Number, "kind": o.Table})
		if err != nil {
			return fmt.Errorf("keep the words of %s: %w", o.Table, err)
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

// understand folds what is typed and finds the words that answer to each of its words.
func (s *Service) understand(ctx context.Context, r postgres.Reader, typed string) (query, error) {
	var q query
	places := map[int]int{} // a group's place by its number
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
		UNION ALL SELECT f.n, a.word, 0, false, '' FROM form f CROSS JOIN LATERAL (
			SELECT y.word FROM search_word y WHERE y.stem_sv = f.sv[1] UNION SELECT y.word FROM search_word y WHERE y.stem_en = f.en[1]) a
		UNION ALL SELECT f.n, a.word, 2, false, '' FROM form f CROSS JOIN LATERAL (
			SELECT y.word FROM search_word y WHERE y.plain >= f.plain AND y.plain < f.plain || chr(1114111) ORDER BY y.plain LIMIT @begun) a WHERE f.long > 2
		UNION ALL SELECT f.n, a.word, 3, false, '' FROM form f CROSS JOIN LATERAL (
			SELECT y.word FROM search_word y WHERE y.plain LIKE '%' || f.plain || '%' ORDER BY length(y.plain), y.word LIMIT 60) a WHERE f.long > 2 AND NOT f.joined
		UNION ALL SELECT f.n, a.word, 4, false, '' FROM form f CROSS JOIN LATERAL (
			SELECT y.word FROM search_word y WHERE y.plain % f.plain AND similarity(y.plain, f.plain) >= 0.4 ORDER BY similarity(y.plain, f.plain) DESC, y.word LIMIT 12) a WHERE f.long > 3 AND NOT f.joined
		ORDER BY 3, 1, 2`,
		postgres.Args{"typed": typed, "most": mostWords, "begun": mostBegun}, func(rows pgx.Rows) error {
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
				g.alts[of] = append(g.alts[of], word)
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
	why          Why
}

// asked is a search under way: the sources and the conditions that narrow it.
type asked struct {
	reader  postgres.Reader
	policy  access.Policy
	sources []Source
	filter  Filter
	own     *uuid.UUID  // the caller's municipality, whose records come first
	places  []uuid.UUID // those that the filter names; nil for all
	limit   int
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

// take reads the records that the condition on the entry takes, the caller's own
// municipality's first. words is the tsquery that the condition holds it to; empty for
// one that names the kind and municipality itself.
func (a *asked) take(ctx context.Context, condition func(o Source, own bool) (string, postgres.Args)) ([]*candidate, error) {
	var selects []string
	args := postgres.Args{"limit": a.limit, "own": a.own, "places": a.places}
	for _, own := range []bool{true, false} {
		if own && (a.own == nil || a.places != nil && !slices.Contains(a.places, *a.own)) {
			continue
		}
		for _, o := range a.sources {
			where, more := condition(o, own)
			maps.Copy(args, more)
			selects = append(selects, fmt.Sprintf(`(SELECT e.object_kind, e.object_id, e.municipality_id, (%s)::bigint AS uses, e.name
				FROM search_entry e JOIN %s x ON x.id = e.object_id WHERE %s AND %s LIMIT @limit)`, o.Uses, o.Table, where, a.narrow(ctx, o, args)))
		}
	}
	if len(selects) == 0 {
		return nil, nil
	}
	return postgres.All[candidate](ctx, a.reader, "SELECT "+postgres.Columns[candidate]("f")+" FROM ("+strings.Join(selects, " UNION ALL ")+") f", args)
}

// answering takes the entries whose words answer to a tsquery.
func (a *asked) answering(ctx context.Context, words string) ([]*candidate, error) {
	return a.take(ctx, func(o Source, own bool) (string, postgres.Args) {
		name := fmt.Sprintf("q_%s_%t", o.Table, own)
		q := lexeme("@"+o.Table) + " & (" + words + ")"
		switch {
		case own:
			q += " & " + lexeme("#"+a.own.String())
		case a.places != nil:
			q += " & (" + group{places: a.places}.of(tier{}, true) + ")"
		}
		return "e.words @@ @" + name + "::text::tsquery", postgres.Args{name: q}
	})
}

// beginningWith takes the entries whose name begins so.
func (a *asked) beginningWith(ctx context.Context, name string) ([]*candidate, error) {
	return a.take(ctx, func(o Source, own bool) (string, postgres.Args) {
		where := "e.object_kind = '" + o.Table + "' AND e.name >= @from AND e.name < @to"
		if own {
			where += " AND e.municipality_id = @own"
		} else if a.places != nil {
			where += " AND e.municipality_id = ANY (@places)"
		}
		return where, postgres.Args{"from": name, "to": name + "\U0010FFFF"}
	})
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
		var ids []uuid.UUID
		for _, h := range hits {
			if h.Kind == o.Table {
				ids = append(ids, h.ID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		records, err := postgres.All[shown](ctx, r, fmt.Sprintf(`SELECT x.id, %s AS name_sv, %s AS name_en, %s AS text_sv, %s AS text_en, %s AS keywords
			FROM %s x WHERE x.id = ANY (@ids)`, o.NameSv, o.NameEn, o.ShownSv, o.ShownEn, o.Keywords, o.Table), postgres.Args{"ids": ids})
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

// counted counts hits by the source's field of the name.
func (a *asked) counted(ctx context.Context, o Source, name string, ids []uuid.UUID) (page.Facet, error) {
	f := o.Facets[name]
	l := postgres.List{From: o.Table + " x", Alias: "x", Facets: map[string]postgres.Facet{name: f}, Sort: postgres.Sort{Name: name, Expr: "x.id::text", Type: "text"}}
	l.Where("x.id = ANY (@ids)", "ids", ids)
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
