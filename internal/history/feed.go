package history

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// Event says that a record has changed since a point: it is to be read anew, or,
// when Removed, it has left the caller's sight.
type Event struct {
	Kind    string // the record's table
	ID      uuid.UUID
	Number  int64 // the record's newest change
	Removed bool
}

// Feed is one page of what has changed. When it has no next page, the caller has
// all up to Through and asks for what came since that the next time.
type Feed struct {
	Edges       []EventEdge
	HasNextPage bool
	Through     int64

	later bool // not the first page
}

// NodeID gives the record's global id.
func (e *Event) NodeID() gid.ID { return gid.New(e.Kind, e.ID) }

// EventEdge is an event with its place in the feed.
type EventEdge = page.Edge[*Event]

// Nodes gives the events without their cursors.
func (f *Feed) Nodes() []*Event {
	events := make([]*Event, len(f.Edges))
	for i, e := range f.Edges {
		events[i] = e.Node
	}
	return events
}

// PageInfo tells where the page lies.
func (f *Feed) PageInfo() page.Info {
	info := page.Info{HasNextPage: f.HasNextPage, HasPreviousPage: f.later}
	if n := len(f.Edges); n > 0 {
		info.StartCursor, info.EndCursor = &f.Edges[0].Cursor, &f.Edges[n-1].Cursor
	}
	return info
}

// FeedKinds are the tables whose records the feed tells of.
func FeedKinds() []string {
	return []string{
		"municipality", "unit", "shared_service", "e_service", "platform_flow", "diary_case", "decision", "waiver",
		"governing_document", "audit", "audit_question", "finding", "formal_answer",
		"goal", "indicator", "initiative", "milestone", "status_report", "benefit",
		"agreement", "agreement_party", "shared_project", "participation", "service_offer",
	}
}

// Since reads what has changed after change number since, oldest change first: each
// record once, by its newest change. Past sight is judged by the snapshot before,
// which is the state at that number, and by partners, whom the caller shared a
// collaboration with then: who joins or leaves one sees other records without any of
// them having changed. Those come last, with the number Through.
func Since(ctx context.Context, now, before *postgres.Snapshot, p access.Policy, kinds []string, partners []uuid.UUID, a page.Args) (*Feed, error) {
	if a.Last != nil || a.Before != nil {
		return nil, fault.Field("last", "page_direction", "Listan läses framåt: ange first och after.", "The list is read forwards: give first and after.")
	}
	order := "CHANGES since " + strconv.FormatInt(before.Change, 10)
	w, err := a.Window(order)
	if err != nil {
		return nil, err
	}
	// Where the first page ends holds for the later ones too: what changes meanwhile
	// comes the next time.
	feed := &Feed{Through: now.Change, Edges: []EventEdge{}, later: w.After != nil}
	var number int64
	var kind string
	var id uuid.UUID
	if w.After != nil {
		id = w.After.ID
		if _, err := fmt.Sscanf(w.After.Value, "%d %d %s", &number, &feed.Through, &kind); err != nil || !slices.Contains(FeedKinds(), kind) {
			return nil, page.BadCursor("after")
		}
	}
	then := access.From(ctx)
	then.Partners = partners
	position := postgres.Args{"since": before.Change, "through": feed.Through, "number": number, "kind": kind, "id": id}
	// The pages of one round tell of one state, the one at Through: a record that
	// changes between them would else leave the round, and its step out of sight be told
	// in none.
	end := now
	if feed.Through != now.Change {
		if end, err = now.Before(ctx, feed.Through); err != nil {
			return nil, err
		}
	}
	for {
		events, err := candidates(ctx, end, p, kinds, differing(partners, access.From(ctx).Partners), position, w.Limit+1)
		if err != nil {
			return nil, err
		}
		saw, err := seenBefore(access.With(ctx, then), before, p, events)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			position["number"], position["kind"], position["id"] = e.Number, e.Kind, e.ID
			if e.Removed = !e.seen; !e.seen && !saw[e.ID] || e.seen && e.turned && saw[e.ID] {
				continue
			}
			if len(feed.Edges) == w.Limit {
				feed.HasNextPage = true
				return feed, nil
			}
			cursor := page.Cursor{Order: order, Value: fmt.Sprintf("%d %d %s", e.Number, feed.Through, e.Kind), ID: e.ID}
			feed.Edges = append(feed.Edges, page.Edge[*Event]{Cursor: cursor.String(), Node: &e.Event})
		}
		if len(events) <= w.Limit {
			return feed, nil
		}
	}
}

// differing gives what stands in one of the lists only.
func differing(a, b []uuid.UUID) []uuid.UUID {
	var only []uuid.UUID
	for _, lists := range [][2][]uuid.UUID{{a, b}, {b, a}} {
		for _, id := range lists[0] {
			if !slices.Contains(lists[1], id) {
				only = append(only, id)
			}
		}
	}
	return only
}

// candidate is a record of which there may be something to tell.
type candidate struct {
	Event
	seen bool // by the caller now
	// turned tells that the record stands as it did: what it is seen by has changed.
	turned bool
}

// candidates reads the next records changed after the position, those shared by or with
// those of shifted, and those that stand as they did but whose sight follows another row
// that has changed; and of each whether the caller sees it now.
func candidates(ctx context.Context, end *postgres.Snapshot, p access.Policy, kinds []string, shifted []uuid.UUID, position postgres.Args, limit int) ([]*candidate, error) {
	args := postgres.Args{"limit": limit}
	for name, value := range position {
		args[name] = value
	}
	if len(shifted) > 0 {
		args["shifted"] = shifted
	}
	var selects []string
	for _, kind := range kinds {
		visible, more := p.Visible(ctx, kind, "x", end.Past())
		for name, value := range more {
			args[name] = value
		}
		number, among := "x.changed_in", "x.changed_in > @since AND x.changed_in <= @through"
		if len(shifted) > 0 && access.Shared(kind) {
			number = "CASE WHEN x.changed_in > @since THEN x.changed_in ELSE @through::bigint END"
			among = "x.changed_in <= @through AND (x.changed_in > @since OR " + access.Within(kind, "x", "@shifted") + ")"
		}
		const next = `
			(SELECT '%[1]s' AS kind, x.id, %[3]s AS number, coalesce((%[2]s), false) AS seen, %[5]t AS turned
			   FROM %[1]s x%[6]s
			  WHERE %[4]s AND (%[3]s, '%[1]s' COLLATE "C", x.id) > (@number, @kind::text, @id::uuid)
			  ORDER BY 3, x.id LIMIT @limit)`
		selects = append(selects, fmt.Sprintf(next, kind, visible, number, among, false, ""))
		if other := turnedBeside(kind, len(shifted) > 0); len(other) > 0 {
			join := " JOIN (SELECT t.id, max(t.number) AS number FROM (" + strings.Join(other, " UNION ALL ") + ") t GROUP BY t.id) t ON t.id = x.id"
			selects = append(selects, fmt.Sprintf(next, kind, visible, "t.number", "NOT ("+among+")", true, join))
		}
	}
	var events []*candidate
	err := end.Read(ctx, "SELECT e.* FROM ("+strings.Join(selects, " UNION ALL ")+`) e ORDER BY e.number, e.kind COLLATE "C", e.id LIMIT @limit`, args, func(rows pgx.Rows) error {
		c := &candidate{}
		err := rows.Scan(&c.Kind, &c.ID, &c.Number, &c.seen, &c.turned)
		events = append(events, c)
		return err
	})
	return events, err
}

// turnedBeside gives SQL for the records of a table, as rows of id and number, that
// may have come into or gone out of sight by another row: of the record that they are a
// part of, or of the caller's own part in them. The number is that row's change.
func turnedBeside(table string, shifted bool) []string {
	of, joined := access.Above(table)
	var selects []string
	if joined[0] != "" {
		selects = append(selects, fmt.Sprintf("SELECT y.%[2]s AS id, y.changed_in AS number FROM %[1]s y WHERE y.municipality_id = @access_own AND y.changed_in > @since AND y.changed_in <= @through", joined[0], joined[1]))
	}
	for _, o := range of {
		column, above := o[0], o[1]
		turned := []string{fmt.Sprintf("SELECT y.id, y.changed_in AS number FROM %s y WHERE y.changed_in > @since AND y.changed_in <= @through", above)}
		if shifted && access.Shared(above) {
			turned = append(turned, fmt.Sprintf("SELECT y.id, @through::bigint FROM %s y WHERE y.changed_in <= @through AND %s", above, access.Within(above, "y", "@shifted")))
		}
		turned = append(turned, turnedBeside(above, shifted)...)
		selects = append(selects, fmt.Sprintf("SELECT y.id, a.number FROM (%s) a JOIN %s y ON y.%s = a.id AND y.changed_in <= @since", strings.Join(turned, " UNION ALL "), table, column))
	}
	return selects
}

// seenBefore tells which of the events' records the caller saw before: of those not seen
// now, and of those that stand as they did.
func seenBefore(ctx context.Context, before *postgres.Snapshot, p access.Policy, events []*candidate) (map[uuid.UUID]bool, error) {
	asked := map[string][]uuid.UUID{}
	for _, e := range events {
		if !e.seen || e.turned {
			asked[e.Kind] = append(asked[e.Kind], e.ID)
		}
	}
	saw := map[uuid.UUID]bool{}
	for _, kind := range FeedKinds() {
		ids, some := asked[kind]
		if !some {
			continue
		}
		visible, args := p.Visible(ctx, kind, "x", false)
		args["ids"] = ids
		found, err := postgres.Values[uuid.UUID](ctx, before, fmt.Sprintf("SELECT x.id FROM %s x WHERE x.id = ANY (@ids) AND %s", kind, visible), args)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			saw[id] = true
		}
	}
	return saw, nil
}
