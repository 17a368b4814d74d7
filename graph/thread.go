package graph

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"fardplan/graph/model"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/thread"
)

// linksOfRecord is what the schema calls the links of a record.
type linksOfRecord struct {
	Kind   string
	Filter thread.LinkFilter
	Order  thread.Order
	Desc   bool
	Page   pageArgs
}

// threadLoaders read links between records.
type threadLoaders struct {
	recordLink  *byID[*thread.Link]
	recordLinks *lists[linksOfRecord, thread.Link]
}

func newThreadLoaders(r *Resolver, s *scope) threadLoaders {
	return threadLoaders{
		recordLink: newByID(r, s, r.Threads.ByID),
		recordLinks: newLists(r, func(ctx context.Context, q linksOfRecord, of []uuid.UUID) ([]*thread.LinkConnection, error) {
			return r.Threads.OfEach(ctx, s, q.Kind, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
	}
}

func (l *loaders) threadFinders() finders {
	return finders{"record_link": finder(l.recordLink)}
}

// threadRecords are the records of links between records, for the names of their fields.
func threadRecords() []any { return []any{thread.Link{}} }

// linksOf reads the links of a record of a kind: what a field links of any record
// resolves to.
func linksOf(ctx context.Context, kind string, id uuid.UUID, filter *thread.LinkFilter, orderBy model.RecordLinkOrder, a page.Args) (*thread.LinkConnection, error) {
	s, err := reading(ctx)
	if err != nil {
		return nil, err
	}
	return s.load.recordLinks.of(ctx, id, linksOfRecord{kind, valueOf(filter), orderBy.Field, orderBy.Direction == model.OrderDirectionDesc, a})
}

// end gives one of the records that a link binds; nil where the caller sees none.
func (r *Resolver) end(ctx context.Context, l *thread.Link, place int) (model.Record, error) {
	e := l.Ends()[place]
	return r.record(ctx, e.Kind, e.ID)
}

// endOf reads a record that an input names.
func endOf(id gid.ID, field string) (thread.End, error) {
	kind, u, err := id.Parse()
	return thread.End{Kind: kind, ID: u}, atField(err, field)
}

// trimmed takes away the space around a text, which is never meant.
func trimmed(text *string) *string {
	if text == nil {
		return nil
	}
	t := strings.TrimSpace(*text)
	return &t
}

// goldenThread reads the golden thread of a record; nil where the caller sees none that
// has one.
func (r *Resolver) goldenThread(ctx context.Context, of thread.End) (*thread.Thread, error) {
	s, err := reading(ctx)
	if err != nil {
		return nil, err
	}
	if !thread.InThread(of.Kind) {
		return nil, nil
	}
	record, err := r.record(ctx, of.Kind, of.ID)
	if record == nil || err != nil {
		return nil, err
	}
	return r.Threads.Golden(ctx, s, of)
}
