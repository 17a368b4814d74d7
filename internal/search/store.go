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
// is taken to words. Beside the words stand what the index is to tell of many entries
// too: the rank, with !; how the name begins, by up to three characters, with <; and how
// each word of the names and keywords does, with ~.
func (o Source) entries(kind, id, from, where string) string {
	return fmt.Sprintf(`SELECT n.id, '%[1]s', n.object_id, n.municipality_id, f.name,
		f.words || array_to_tsvector(ARRAY['!' || to_char(f.rank, 'FM00'), '<' || left(f.name, 1), '<' || left(f.name, 2), '<' || left(f.name, 3)] ||
			ARRAY(SELECT '~' || substr(w.lexeme, 2, l) FROM unnest(f.words) w, generate_series(1, %[13]d) l WHERE left(w.lexeme, 1) IN ('a', 'b'))), f.rank, n.digest
		FROM (SELECT p.*, md5(@sources || (p.municipality_id, p.names, p.aliases, p.keywords, p.texts, p.weight)::text) AS digest
			FROM (SELECT %[2]s AS id, x.id AS object_id, %[5]s AS municipality_id, array_remove(ARRAY[%[6]s, %[7]s]::text[], NULL) AS names, %[8]s AS aliases,
					%[9]s AS keywords, %[10]s AS texts, %[11]s AS weight
				FROM %[3]s WHERE %[4]s OFFSET 0) p OFFSET 0) n
		LEFT JOIN search_entry e ON e.id = n.id
		CROSS JOIN LATERAL (SELECT search_fold(n.names[1]) COLLATE "C" AS name, %[12]s AS rank,
			search_vector('%[1]s', n.municipality_id, n.names, n.aliases, n.keywords, n.texts) AS words OFFSET 0) f
		WHERE e.digest IS DISTINCT FROM n.digest`,
		kind, id, from, where, o.Municipality, o.NameSv, o.NameEn, o.Aliases, o.Keywords, o.Texts, cmp.Or(o.Weight, "0"), rankOf, mostBeginning)
}

// mostWeight is the weight that heavier records count as, and shares how many of 256 that
// weigh alike have each rank of their weight but the last, by the last byte of the
// entry's id.
const mostWeight = 9

var shares = []int{4, 12, 48}

// rankOf gives SQL for the rank of the entry n.
var rankOf = func() string {
	sql, below := "CASE", 0
	for i, share := range shares {
		below += share
		sql += fmt.Sprintf(" WHEN get_byte(uuid_send(n.id), 15) < %d THEN %d", below, i)
	}
	each := len(shares) + 1
	return fmt.Sprintf("%d * (%d - least(n.weight, %[2]d)) + %s ELSE %d END", each, mostWeight, sql, each-1)
}()

// ranks writes the tsquery of the entries with every step-th rank, from one up to but not
// including another.
func ranks(from, to, step int) string {
	var all []string
	for rank := from; rank < to; rank += step {
		all = append(all, lexeme(fmt.Sprintf("!%02d", rank)))
	}
	return strings.Join(all, " | ")
}

// byRank are the tsqueries that many entries which answer alike are met by, one after the
// other: few weigh five and more, and are met at once. sampled is that of one in 64.
var byRank, sampled = func() ([]string, string) {
	const heavy = 5
	each := len(shares) + 1
	all := []string{ranks(0, each*(mostWeight-heavy+1), 1)}
	for rank := each * (mostWeight - heavy + 1); rank < each*(mostWeight+1); rank++ {
		all = append(all, ranks(rank, rank+1, 1))
	}
	return all, ranks(0, each*(mostWeight+1), each)
}()

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
		return tx.Exec(ctx, `INSERT INTO search_entry (id, object_kind, object_id, municipality_id, name, words, rank, digest)
			`+entries+`
			ON CONFLICT (id) DO UPDATE SET municipality_id = excluded.municipality_id, name = excluded.name, words = excluded.words, rank = excluded.rank,
				digest = excluded.digest`, args)
	}
	for _, o := range s.Sources {
		touched, draftTouched := cmp.Or(o.Touched, "x.changed_in = @change"), ""
		if o.Drafts != "" {
			draftTouched = fmt.Sprintf(`draft.id IN (SELECT d.id FROM %[1]s d WHERE d.changed_in = @change
				UNION ALL SELECT draft.id FROM %[2]s WHERE draft.id IS NOT NULL AND live.id IN (SELECT x.id FROM %[3]s x WHERE %[4]s))`,
				o.Drafts, o.Drafted("true"), o.Table, touched)
		}
		if !all && !tx.MayTouch("FROM "+o.Table, touched, draftTouched) {
			continue
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

// planned runs find with plans that fit a search: made once for any words, since what
// they are decides none of them, and planning would cost more than most of what is found;
// and by the indexes, for one that goes through all entries is never worth it. What reads
// afterwards is planned as ever; what reads meanwhile, in the same operation, at most
// takes longer.
func planned(ctx context.Context, r postgres.Reader, find func() error) error {
	set := func(plans, whole any) error {
		_, err := postgres.Values[string](ctx, r, "SELECT set_config('plan_cache_mode', @plans, true) || set_config('enable_seqscan', @whole, true)",
			postgres.Args{"plans": plans, "whole": whole})
		if err != nil {
			return fmt.Errorf("set how a search is planned: %w", err)
		}
		return nil
	}
	if err := set("force_generic_plan", "off"); err != nil {
		return err
	}
	if err := find(); err != nil {
		return err
	}
	return set(nil, nil)
}

// understand folds what is typed and finds the words that answer to each of its words.
func (s *Service) understand(ctx context.Context, r postgres.Reader, typed string) (query, error) {
	var q query
	places := map[int]int{} // a group's place by its number
	args := postgres.Args{"typed": typed, "most": mostWords, "begun": mostBegun}
	err := r.Read(ctx, `
		WITH folded AS MATERIALIZED (
			SELECT search_fold(@typed) AS whole),
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
	// manySampled and manyBegun, or fewer in a test.
	manySampled, manyBegun int
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

// name names its arguments in a statement.
func (p part) name() string { return fmt.Sprintf("%s_%t", p.kind(), p.own) }

// ranked tells whether more of its entries may answer alike than are read at once: of the
// kinds that have drafts there are as many as people write.
func (p part) ranked() bool { return p.source.Drafts != "" && !p.drafted }

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
	return "(" + entries + " OFFSET 0) e CROSS JOIN LATERAL (SELECT x.* FROM " + row + " OFFSET 0) x", where
}

// manySampled is how many of the entries that answer alike are among those sampled where
// they are met by rank, rather than put in order one and all: they are a thousand or two.
const manySampled = 24

// manyBegun is likewise how many begin alike. An index alone tells their ranks.
const manyBegun = 5000

// entryColumns are those of an entry e that order it, and find its record.
const entryColumns = "e.id, e.object_id, e.municipality_id, e.rank, e.name"

// inOrder orders entries, and keeps them so: what has a bound, however far, is not shared
// between processes, which would lose the order.
const inOrder = " ORDER BY e.rank, e.name, e.id LIMIT 1000000000"

// met gives SQL for the entries that the tsquery words and the condition take, where
// steps is SQL for the tsqueries of ranks that they are met by, one after the other. What
// nobody asks for any more is not gone through.
func met(steps, words, where string) string {
	return fmt.Sprintf("SELECT e.* FROM unnest(%s) r CROSS JOIN LATERAL ("+
		"SELECT %s FROM search_entry e WHERE e.words @@ (%s::text::tsquery && r::tsquery) AND %s"+inOrder+") e", steps, entryColumns, words, where)
}

// found says how entries are found: what the parts share, the entries e of each by rank,
// and the arguments of both.
type found struct {
	with    string
	entries func(part) string
	args    postgres.Args
}

// take reads the records of the entries that are found: of each part the first Most, by
// rank, that the caller sees; of others than the own municipality, which come first, only
// where that has not enough. They stay in the order in which they are met.
func (a *asked) take(ctx context.Context, f found, enough int) ([]*candidate, error) {
	own := []string{"(SELECT '' AS object_kind, null::uuid AS object_id, null::uuid AS municipality_id, 0::bigint AS uses, '' AS name, false AS drafted WHERE false)"}
	others := []string{"SELECT * FROM own"}
	f.args["most"], f.args["enough"] = Most, enough
	for _, p := range a.parts(ctx) {
		from, narrow := a.from(ctx, p, f.entries(p), f.args)
		taken := fmt.Sprintf("(SELECT '%s' AS object_kind, e.object_id, e.municipality_id, (%s)::bigint AS uses, e.name, %t AS drafted FROM %s WHERE %s",
			p.source.Table, p.source.Uses, p.drafted, from, narrow)
		if p.own {
			own = append(own, taken+" LIMIT @most)")
		} else {
			others = append(others, taken+" AND (SELECT count(DISTINCT o.object_id) FROM own o) < @enough LIMIT @most)")
		}
	}
	return postgres.All[candidate](ctx, a.reader, "WITH "+f.with+"own AS MATERIALIZED ("+strings.Join(own, " UNION ALL ")+") SELECT "+
		postgres.Columns[candidate]("f")+" FROM ("+strings.Join(others, " UNION ALL ")+") f", f.args)
}

// any tells whether the caller sees the record of any entry that is found.
func (a *asked) any(ctx context.Context, f found) (bool, error) {
	var each []string
	for _, p := range a.parts(ctx) {
		from, narrow := a.from(ctx, p, f.entries(p), f.args)
		each = append(each, "EXISTS (SELECT FROM "+from+" WHERE "+narrow+")")
	}
	seen, err := postgres.Values[bool](ctx, a.reader, "WITH "+f.with+"own AS (SELECT) SELECT "+strings.Join(each, " OR "), f.args)
	return err == nil && seen[0], err
}

// of narrows a tsquery to the entries of some parts, by their kinds, and to the places
// that the filter names or the caller's own.
func (a *asked) of(kinds []string, own bool, words string) string {
	q := "(" + strings.Join(kinds, " | ") + ") & (" + words + ")"
	if own {
		q += " & " + lexeme("#"+a.own.String())
	} else if a.places != nil {
		q += " & (" + group{places: a.places}.of(tier{}, true) + ")"
	}
	return q
}

// words finds the entries whose words answer to a tsquery. Few are read at once, of
// whatever part; a sample tells whether a kind has many.
func (a *asked) words(ctx context.Context, words string) found {
	few, many := []string{lexeme("@")}, []string(nil) // kinds; nothing is of that one
	f := found{args: postgres.Args{"own": a.own, "by_rank": byRank, "sampled": sampled, "many_sampled": a.manySampled}}
	for _, p := range a.parts(ctx) {
		kind := lexeme("@" + p.kind())
		f.args["q_"+p.name()] = a.of([]string{kind}, p.own, words)
		switch {
		case p.drafted && p.own:
			few = append(few, "("+kind+" & "+lexeme("#"+a.own.String())+")")
		case p.ranked() && !p.own:
			many = append(many, kind)
		case !p.own:
			few = append(few, kind)
		}
	}
	f.args["few"], f.args["all"] = a.of(few, false, words), a.of(slices.Concat(few, many), false, words)
	areFew := "true"
	if len(many) > 0 {
		f.args["many"] = a.of(many, false, words)
		areFew = "(SELECT s.n FROM sampled s) < @many_sampled::int"
		f.with = "sampled AS MATERIALIZED (SELECT count(*) AS n FROM search_entry e WHERE e.words @@ (@sampled::text::tsquery && @many::text::tsquery)), "
	}
	f.with += "few AS MATERIALIZED (SELECT e.object_kind, " + entryColumns + " FROM search_entry e WHERE e.words @@ (CASE WHEN " + areFew + " THEN @all ELSE @few END)::text::tsquery), "
	f.entries = func(p part) string {
		entries := "SELECT " + entryColumns + " FROM few e WHERE e.object_kind = '" + p.kind() + "'"
		if p.own {
			entries += " AND e.municipality_id = @own"
		}
		entries += inOrder
		if !p.ranked() {
			return entries
		}
		steps := "CASE WHEN " + areFew + " THEN '{}'"
		if p.own {
			steps += " WHEN (SELECT count(*) FROM search_entry e WHERE e.words @@ (@sampled::text::tsquery && @q_" + p.name() + "::text::tsquery)) < @many_sampled::int THEN ARRAY[@q_" + p.name() + "]"
		}
		return "(" + entries + ") UNION ALL " + met(steps+" ELSE @by_rank::text[] END", "@q_"+p.name(), "true")
	}
	return f
}

// begun finds the entries whose name begins so.
func (a *asked) begun(ctx context.Context, name string) found {
	f := found{args: postgres.Args{"own": a.own, "places": a.places, "from": name, "to": name + "\U0010FFFF", "by_rank": byRank, "many_begun": a.manyBegun}}
	for _, p := range a.parts(ctx) {
		f.args["q_"+p.name()] = a.of([]string{lexeme("@" + p.kind())}, p.own, begins(name))
	}
	f.entries = func(p part) string {
		between := "e.name >= @from AND e.name < @to"
		where := "e.object_kind = '" + p.kind() + "' AND " + between
		if p.own {
			where += " AND e.municipality_id = @own"
		} else if a.places != nil {
			where += " AND e.municipality_id = ANY (@places)"
		}
		few := "(SELECT count(*) FROM (SELECT FROM search_entry e WHERE " + where + " LIMIT @many_begun::int + 1) c) <= @many_begun::int"
		return "(SELECT " + entryColumns + " FROM search_entry e WHERE " + where + " AND " + few + inOrder + ") UNION ALL " +
			met("CASE WHEN "+few+" THEN '{}' ELSE @by_rank::text[] END", "@q_"+p.name(), between)
	}
	return f
}

// begins writes a tsquery that entries answer to whose name begins so: by its first
// characters, and its words but for the last, which may go on.
func begins(name string) string {
	first := func(text string, n int) string { runes := []rune(text); return string(runes[:min(len(runes), n)]) }
	all := []string{lexeme("<" + first(name, 3))}
	words := strings.Split(name, " ")
	for _, word := range words[:len(words)-1] {
		all = append(all, lexeme("a"+first(word, 80)))
	}
	return strings.Join(all, " & ")
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
