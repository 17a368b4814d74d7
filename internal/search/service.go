package search

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// rebuildOperation names the changes that bring all entries up to date.
const rebuildOperation = "rebuildSearch"

// Keep brings up to date what is searched of the records that the transaction's change
// touches.
func (s *Service) Keep(ctx context.Context, tx *postgres.Tx) error {
	return s.keep(ctx, tx, false)
}

// Recompute brings every entry up to date within a write.
func (s *Service) Recompute(ctx context.Context, tx *postgres.Tx) error {
	return s.keep(ctx, tx, true)
}

// errMade ends a run that another process has made meanwhile.
var errMade = errors.New("the run has been made")

// Rebuild makes all entries anew when the newest run went by other sources, as after
// an upgrade, or there has been none. Of several processes one runs.
func (s *Service) Rebuild(ctx context.Context) (ran bool, err error) {
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return false, err
	}
	last, err := lastRebuild(ctx, now, now.Change+1)
	if err != nil || last != nil && last.Sources == s.fingerprint() {
		return false, err
	}
	ctx = access.With(ctx, access.SystemCaller("sökregistret"))
	err = s.Journal.Write(ctx, rebuildOperation, s.fingerprint(), func(tx *postgres.Tx) error {
		// Changes run one at a time: the process that waited finds the run made.
		last, err := lastRebuild(ctx, tx, tx.Number)
		if err != nil {
			return err
		}
		if last != nil && last.Sources == s.fingerprint() {
			return errMade
		}
		return s.Recompute(ctx, tx)
	})
	if errors.Is(err, errMade) {
		return false, nil
	}
	return err == nil, err
}

// fields gives the values that the filter's fields are narrowed to, by name.
func (f Filter) fields() map[string][]string {
	var units []string
	for _, id := range f.OwnerUnits {
		units = append(units, id.String())
	}
	return map[string][]string{"THEME": f.Themes, "STATUS": f.Statuses, "OWNER_UNIT": units}
}

// ask gets a search under way: the sources that the filter leaves, and who asks.
func (s *Service) ask(ctx context.Context, r postgres.Reader, f Filter) (*asked, error) {
	a := &asked{reader: r, policy: s.Policy, filter: f, manySampled: cmp.Or(s.manySampled, manySampled), manyBegun: cmp.Or(s.manyBegun, manyBegun)}
	for _, o := range s.Sources {
		wanted := len(f.Kinds) == 0 || slices.Contains(f.Kinds, strings.ToUpper(o.Table))
		for name, values := range f.fields() {
			wanted = wanted && (len(values) == 0 || o.Filters[name] != "")
		}
		if wanted {
			a.sources = append(a.sources, o)
		}
	}
	if c := access.From(ctx); c.Municipality != uuid.Nil {
		a.own = &c.Municipality
	}
	if len(f.Municipalities) == 0 {
		return a, nil
	}
	var err error
	a.places, err = municipalitiesOf(ctx, r, f.Municipalities)
	return a, err
}

// find gives the hits in order, at least enough of them where there are so many, and
// never more than Most.
func (a *asked) find(ctx context.Context, q query, enough int) ([]*candidate, error) {
	var all []*candidate
	seen := map[uuid.UUID]bool{}
	if q.whole == "" || len(a.sources) == 0 || a.places != nil && len(a.places) == 0 {
		return nil, nil
	}
	add := func(found []*candidate, why Why, err error) (bool, error) {
		if err != nil {
			return true, err
		}
		drafted := map[uuid.UUID]bool{}
		for _, c := range found {
			drafted[c.ID] = drafted[c.ID] || c.Drafted
		}
		// Who sees a draft is shown it where both answer.
		found = slices.DeleteFunc(found, func(c *candidate) bool { return seen[c.ID] || c.Drafted != drafted[c.ID] })
		slices.SortFunc(found, a.order)
		for _, c := range found {
			if !seen[c.ID] {
				seen[c.ID], c.why = true, why
				all = append(all, c)
			}
		}
		return len(all) >= enough, nil
	}
	found, err := a.take(ctx, a.words(ctx, lexeme("="+q.whole)), enough)
	if done, err := add(found, ExactName, err); done {
		return all, err
	}
	found, err = a.take(ctx, a.begun(ctx, q.whole), enough)
	if done, err := add(found, NamePrefix, err); done {
		return all, err
	}
	before := ""
	for _, t := range tiers {
		words := q.at(t)
		if words == "" || words == before {
			continue
		}
		before = words
		found, err := a.take(ctx, a.words(ctx, words), enough)
		if done, err := add(found, t.why, err); done {
			return all, err
		}
	}
	return all, nil
}

// order is the order of hits of one tier: the caller's own municipality's, then the
// most used, then by name.
func (a *asked) order(x, y *candidate) int {
	own := func(c *candidate) int {
		if a.own != nil && c.Municipality == *a.own {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(own(x), own(y)), cmp.Compare(y.Uses, x.Uses), cmp.Compare(x.Name, y.Name), slices.Compare(x.ID[:], y.ID[:]))
}

func hitsOf(found []*candidate) []*Hit {
	hits := make([]*Hit, len(found))
	for i, c := range found {
		hits[i] = &Hit{Kind: c.Kind, ID: c.ID, Municipality: c.Municipality, Why: c.why, Drafted: c.Drafted}
	}
	return hits
}

// Connection is one page of hits.
type Connection struct {
	page.Connection[*Hit]
}

// TotalIsMost tells whether the total is the most that a search tells of.
func (c *Connection) TotalIsMost(ctx context.Context) (bool, error) {
	total, err := c.Total(ctx)
	return total == Most, err
}

// Edge is a hit with its place.
type Edge = page.Edge[*Hit]

// relevance names the order of hits in cursors.
const relevance = "RELEVANCE"

// Search reads one page of hits, best first. It is paged forwards only, to the first
// Most hits.
func (s *Service) Search(ctx context.Context, r postgres.Reader, what string, f Filter, args page.Args) (*Connection, error) {
	if err := typed(what); err != nil {
		return nil, err
	}
	w, err := args.Window(relevance)
	if err != nil {
		return nil, err
	}
	from := 0
	if w.After != nil {
		if from, err = strconv.Atoi(w.After.Value); err != nil || from < 1 || from > Most {
			return nil, page.BadCursor("after")
		}
	}
	a, err := s.ask(ctx, r, f)
	if err != nil {
		return nil, err
	}
	var q query
	var found []*candidate
	var shown []*Hit
	err = planned(ctx, r, func() error {
		if q, err = s.understand(ctx, r, what); err != nil {
			return err
		}
		if found, err = a.find(ctx, q, from+w.Limit+1); err != nil {
			return err
		}
		found = found[:min(len(found), Most)]
		shown = hitsOf(found[min(from, len(found)):min(from+w.Limit, len(found))])
		return s.show(ctx, r, q, shown)
	})
	if err != nil {
		return nil, err
	}
	c := &Connection{}
	c.Edges = []Edge{}
	for i, h := range shown {
		c.Edges = append(c.Edges, Edge{Cursor: page.Cursor{Order: relevance, Value: strconv.Itoa(from + i + 1), ID: h.ID}.String(), Node: h})
	}
	c.PageInfo = page.Info{HasNextPage: from+len(shown) < len(found), HasPreviousPage: from > 0}
	if n := len(c.Edges); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
	}
	all := func(ctx context.Context) ([]*candidate, error) {
		var every []*candidate
		err := planned(ctx, r, func() (err error) {
			every, err = a.find(ctx, q, Most)
			return err
		})
		return every[:min(len(every), Most)], err
	}
	c.Total = func(ctx context.Context) (int, error) { every, err := all(ctx); return len(every), err }
	c.Faceted = func(ctx context.Context, by []string) ([]page.Facet, error) {
		every, err := all(ctx)
		if err != nil {
			return nil, err
		}
		return s.facets(ctx, a, every, by)
	}
	return c, nil
}

// facets counts hits by fields; a hit of a kind without a field is left out of it.
func (s *Service) facets(ctx context.Context, a *asked, found []*candidate, by []string) ([]page.Facet, error) {
	type of struct {
		kind    string
		drafted bool
	}
	ids := map[of][]uuid.UUID{}
	for _, c := range found {
		ids[of{c.Kind, c.Drafted}] = append(ids[of{c.Kind, c.Drafted}], c.ID)
	}
	facets := []page.Facet{}
	for _, name := range by {
		sum := page.Facet{Name: name, Values: []page.FacetValue{}}
		for _, o := range s.Sources {
			for _, drafted := range []bool{false, true} {
				some := ids[of{o.Table, drafted}]
				if len(some) == 0 {
					continue
				}
				counted := page.Facet{Values: []page.FacetValue{{Value: strings.ToUpper(o.Table), Sv: o.Name.Sv, En: o.Name.En, Count: len(some)}}}
				if name != "KIND" {
					if _, has := o.Facets[name]; !has {
						continue
					}
					var err error
					if counted, err = a.counted(ctx, o, name, some, drafted); err != nil {
						return nil, err
					}
				}
				for _, v := range counted.Values {
					if i := slices.IndexFunc(sum.Values, func(w page.FacetValue) bool { return w.Value == v.Value }); i >= 0 {
						sum.Values[i].Count += v.Count
					} else {
						sum.Values = append(sum.Values, v)
					}
				}
			}
		}
		slices.SortFunc(sum.Values, func(x, y page.FacetValue) int {
			return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Value, y.Value))
		})
		facets = append(facets, sum)
	}
	return facets, nil
}

// suggested is how many hits a suggestion has at most.
const suggested = 10

// Suggest gives the best few hits for what is being typed.
func (s *Service) Suggest(ctx context.Context, r postgres.Reader, what string, f Filter, first int) ([]*Hit, error) {
	first = min(first, suggested)
	c, err := s.Search(ctx, r, what, f, page.Args{First: &first})
	if err != nil {
		return nil, err
	}
	return c.Nodes(), nil
}

// Match narrows a list to the records, as x, that answer to all words of a search, in
// any order and of any number: also to those of words spelt much alike where no record
// that the caller sees answers otherwise. The list is narrowed to sight already. With
// drafts it is the list of the source's Drafted, of what the caller sees.
func (s *Service) Match(ctx context.Context, r postgres.Reader, l *postgres.List, table string, drafts bool, what string) error {
	if err := typed(what); err != nil {
		return err
	}
	a, err := s.ask(ctx, r, Filter{Kinds: []string{strings.ToUpper(table)}})
	if err != nil {
		return err
	}
	kind, entry := lexeme("@"+table), "x.id"
	a.drafts = withoutDrafts
	if o := a.sources[0]; drafts && o.Drafts != "" {
		a.drafts, kind, entry = withDrafts, "("+kind+" | "+lexeme("@"+o.Drafts)+")", "coalesce(draft.id, live.id)"
	}
	var q query
	words := ""
	err = planned(ctx, r, func() error {
		if q, err = s.understand(ctx, r, what); err != nil {
			return err
		}
		for _, t := range []tier{{fields: "abc", to: beginning}, {fields: "abc", to: inside}, {fields: "abc", to: similar}} {
			next := q.at(t)
			if next == "" {
				continue
			}
			words = next
			found, err := a.any(ctx, a.words(ctx, words))
			if err != nil || found && t.to >= inside {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if words == "" {
		if q.whole == "" {
			l.Where("false")
			return nil
		}
		words = q.at(tier{fields: "ab", to: beginning})
	}
	l.Where(entry+" IN (SELECT e.id FROM search_entry e WHERE e.words @@ @search_words::text::tsquery)", "search_words", kind+" & ("+words+")")
	return nil
}
