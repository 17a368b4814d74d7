package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"fardplan/graph/model"
	"fardplan/internal/access"
	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/gid"
	"fardplan/internal/history"
	"fardplan/internal/openeplatform"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/text"
	"fardplan/internal/user"
)

// pageOf gathers a list's arguments.
func pageOf(first *int, after *string, last *int, before *string) page.Args {
	return page.Args{First: first, After: after, Last: last, Before: before}
}

// valueOf gives what a pointer leads to; the zero value of nil.
func valueOf[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// valueIn gives the value of an input's field; nil where it was left out.
func valueIn[T any](o graphql.Omittable[*T]) *T { return o.Value() }

func localized(t gap.Text) *text.Localized {
	l := t.Localized()
	return &l
}

// state gives the records as they were at an instant that the operation names.
func state(ctx context.Context, i instant) (*scope, error) {
	return ctx.Value(operationKey{}).(*operation).scope(ctx, i)
}

// sees tells whether the caller may see who made a change, and why.
func (r *Resolver) sees(ctx context.Context, v *history.Version) bool {
	return r.Policy.SeesActor(ctx, v.Owner)
}

// node finds any record by its global id; nil where the caller sees none.
func (r *Resolver) node(ctx context.Context, id gid.ID) (model.Node, error) {
	kind, u, err := id.Parse()
	if err != nil {
		return nil, atField(err, "id")
	}
	record, err := r.record(ctx, kind, u)
	if record == nil || err != nil {
		return nil, err
	}
	return record, nil
}

// nodes finds records by their global ids, each in its place.
func (r *Resolver) nodes(ctx context.Context, ids []gid.ID) ([]model.Node, error) {
	found := make([]model.Node, len(ids))
	errs := make(chan error, len(ids))
	for i, id := range ids {
		go func() {
			var err error
			found[i], err = r.node(ctx, id)
			errs <- err
		}()
	}
	var first error
	for range ids {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return found, first
}

// record finds a record of a kind; nil where the caller sees none.
func (r *Resolver) record(ctx context.Context, kind string, id uuid.UUID) (model.Record, error) {
	s, err := reading(ctx)
	if err != nil {
		return nil, err
	}
	if find, known := s.load.finders[kind]; known {
		return find(ctx, id)
	}
	return nil, nil
}

// found gives a record as a node, without the nil pointer of one that is not there.
func found[T model.Record](record T, ok bool, err error) (model.Record, error) {
	if !ok || err != nil {
		return nil, err
	}
	return record, nil
}

// changes reads what has changed since a change.
func (r *Resolver) changes(ctx context.Context, since int64, kinds []string, a page.Args) (*history.Feed, error) {
	now, err := reading(ctx)
	if err != nil {
		return nil, err
	}
	if since < 0 || since > now.Change {
		return nil, fault.Field("since", "since_change",
			fmt.Sprintf("Ange numret på en ändring, 0 till %d.", now.Change),
			fmt.Sprintf("Give the number of a change, 0 to %d.", now.Change))
	}
	tables := history.FeedKinds()
	if len(kinds) > 0 {
		tables = slices.DeleteFunc(tables, func(table string) bool { return !slices.Contains(kinds, strings.ToUpper(table)) })
	}
	before, err := now.Before(ctx, since)
	if err != nil {
		return nil, err
	}
	var partners []uuid.UUID
	if municipality := access.From(ctx).Municipality; municipality != uuid.Nil {
		if partners, err = organisation.Partners(ctx, before, municipality); err != nil {
			return nil, err
		}
	}
	return history.Since(ctx, now.Snapshot, before, r.Policy, tables, partners, a)
}

// neverHidden are the kinds of record that a record may refer to and its reader always
// sees, or sees with the record itself.
var neverHidden = []string{"", "municipality", "unit", "collaboration", "user_account"}

// seenValue gives a column's JSON as the API has it, and null for a reference to a record
// that the caller does not see.
func (r *Resolver) seenValue(ctx context.Context, column string, value json.RawMessage) (json.RawMessage, error) {
	if column == "changes" || column == "base" {
		var failed error
		return draftValues(value, func(column string, value json.RawMessage) json.RawMessage {
			seen, err := r.seenValue(ctx, column, value)
			failed = errors.Join(failed, err)
			return seen
		}), failed
	}
	var id uuid.UUID
	kind := references[fieldName(column)]
	if !strings.HasSuffix(column, "_id") || slices.Contains(neverHidden, kind) || json.Unmarshal(value, &id) != nil || id == uuid.Nil {
		return fieldValue(column, value), nil
	}
	record, err := r.record(ctx, kind, id)
	if record == nil || err != nil {
		return json.RawMessage("null"), err
	}
	return fieldValue(column, value), nil
}

// draftFields gives drafted fields as the API has them.
func (r *Resolver) draftFields(ctx context.Context, fields []draft.Field) ([]*model.DraftField, error) {
	shown := make([]*model.DraftField, len(fields))
	for i, f := range fields {
		var err error
		if shown[i], err = r.draftField(ctx, f); err != nil {
			return nil, err
		}
	}
	return shown, nil
}

// draftField gives a drafted field as the API has it.
func (r *Resolver) draftField(ctx context.Context, f draft.Field) (*model.DraftField, error) {
	shown := &model.DraftField{Field: fieldName(f.Column), Conflict: f.Conflict}
	var err error
	for _, v := range []struct {
		to   *json.RawMessage
		from json.RawMessage
	}{{&shown.Base, f.Base}, {&shown.Live, f.Live}, {&shown.Draft, f.Draft}} {
		if *v.to, err = r.seenValue(ctx, f.Column, v.from); err != nil {
			return nil, err
		}
	}
	return shown, nil
}

// inDraft tells the conflicts among the faults of drafts by the API's names of the fields.
func (r *Resolver) inDraft(ctx context.Context, err error) error {
	all := fault.All(err)
	if len(all) == 0 {
		return err
	}
	var told fault.List
	for _, f := range all {
		if of, ok := f.Current.(*draft.Field); ok {
			shown, err := r.draftField(ctx, *of)
			if err != nil {
				return err
			}
			f = f.At(strings.TrimSuffix(f.Field, of.Column) + shown.Field)
			f.Current = shown
		}
		told.Add(f)
	}
	return told
}

// draftAction reads which draft a mutation is about.
func draftAction(input model.EServiceDraftActionInput) (eservice.DraftVersion, error) {
	id, err := input.ID.As("e_service_draft", "id")
	return eservice.DraftVersion{ID: id, Version: input.ExpectedVersion}, err
}

// draftPayload wraps a draft that was changed.
func draftPayload(d *eservice.Draft, err error) (*model.EServiceDraftPayload, error) {
	if err != nil {
		return nil, err
	}
	return &model.EServiceDraftPayload{Draft: d}, nil
}

// changedFields tells what a change set, by the API's names of the fields. A reference
// to a record that the caller does not see shows as null, as it does in the record.
func (r *Resolver) changedFields(ctx context.Context, v *history.Version) ([]*model.FieldChange, error) {
	fields, err := v.Fields()
	if err != nil {
		return nil, err
	}
	return r.told(ctx, fields)
}

// told gives fields by the API's names, with what the caller may see of their values.
func (r *Resolver) told(ctx context.Context, fields []history.Field) ([]*model.FieldChange, error) {
	var err error
	changed := []*model.FieldChange{}
	for _, f := range fields {
		if !known[f.Column] {
			continue
		}
		change := &model.FieldChange{Field: fieldName(f.Column)}
		if change.Before, err = r.seenValue(ctx, f.Column, f.Before); err != nil {
			return nil, err
		}
		if change.After, err = r.seenValue(ctx, f.Column, f.After); err != nil {
			return nil, err
		}
		changed = append(changed, change)
	}
	return changed, nil
}

// importing takes room for an import, to be given back; without any it is LIMITED.
func (r *Resolver) importing() (done func(), err error) {
	select {
	case r.Imports <- struct{}{}:
		return func() { <-r.Imports }, nil
	default:
		return nil, fault.New(fault.Limited, "Andra importer eller ändringar av många pågår. Försök igen om en stund.", "Other imports or edits of many are under way. Try again in a moment.")
	}
}

// importOf reads what an import is to bring in, from an address or from the input.
func (r *Resolver) importOf(ctx context.Context, input model.ImportOepInput) (eservice.Import, error) {
	// Nothing is fetched for one who may not import.
	if err := r.Policy.RequireSome(ctx, access.Import); err != nil {
		return eservice.Import{}, err
	}
	owner, err := r.municipalityByCode(ctx, input.Municipality)
	if err != nil {
		return eservice.Import{}, err
	}
	if err := r.Policy.Require(ctx, access.Import, owner.ID); err != nil {
		return eservice.Import{}, err
	}
	in := eservice.Import{Municipality: owner.ID, Name: input.Name, Owners: map[string]uuid.UUID{}}
	if in.DefaultOwner, err = optionalID(valueIn(input.DefaultOwner), "unit", "defaultOwner"); err != nil {
		return in, err
	}
	for i, o := range input.Owners {
		if in.Owners[o.Category], err = o.Unit.As("unit", fmt.Sprintf("owners.%d.unit", i)); err != nil {
			return in, err
		}
	}
	url, document := valueIn(input.URL), valueIn(input.Document)
	switch {
	case url != nil && document == nil:
		in.Source = openeplatform.Origin(*url)
		in.Document, err = openeplatform.Fetch(ctx, *url, r.Fetch)
		err = atField(err, "url")
	case document != nil && url == nil:
		in.Source = "document"
		in.Document, err = openeplatform.Read(ctx, strings.NewReader(*document), "", r.Fetch)
		err = atField(err, "document")
	default:
		err = fault.Field("url", "import_source", "Ange antingen url eller document.", "Give either url or document.")
	}
	return in, err
}

// outcomeOrder lists the outcomes of an import in the order that people read them.
var outcomeOrder = []eservice.Outcome{eservice.New, eservice.Changed, eservice.KeptHere, eservice.Gone, eservice.Unchanged, eservice.Refused}

func countsOf(of map[eservice.Outcome]int) []*model.ImportCount {
	counts := make([]*model.ImportCount, len(outcomeOrder))
	for i, o := range outcomeOrder {
		counts[i] = &model.ImportCount{Outcome: o, Count: of[o]}
	}
	return counts
}

// mostLines is how many lines of an import one field shows.
const mostLines = 1000

// linesIn gives the lines from offset on that are wanted.
func linesIn[T any](all []T, first, offset int, wanted func(*T) bool) ([]*T, error) {
	if first < 0 || first > mostLines || offset < 0 {
		return nil, fault.Field("first", "page_size", "first ska vara 0 till 1 000 och offset inte negativ.", "first is to be 0 to 1,000 and offset not negative.")
	}
	lines := []*T{}
	for i := range all {
		if !wanted(&all[i]) {
			continue
		}
		if offset--; offset >= 0 {
			continue
		}
		if len(lines) == first {
			break
		}
		lines = append(lines, &all[i])
	}
	return lines, nil
}

func linesOf(p *eservice.Plan, outcomes []eservice.Outcome, first, offset int) ([]*eservice.Line, error) {
	return linesIn(p.Lines, first, offset, func(l *eservice.Line) bool { return len(outcomes) == 0 || slices.Contains(outcomes, l.Outcome) })
}

// personOf gives who a user is; nil where that is not known, or not the caller's to see.
func personOf(ctx context.Context, account uuid.UUID) (*user.Person, error) {
	s, err := reading(ctx)
	if err != nil {
		return nil, err
	}
	p, _, err := s.load.person.find(ctx, account)
	return p, err
}

// accountOf gives the account that a caller signed in to.
func accountOf(c *access.Caller) (uuid.UUID, bool) {
	id, err := uuid.Parse(c.ID)
	return id, c.Kind == access.User && err == nil
}

// gapsOfRecord reads a page of the gaps of the record of a table.
func gapsOfRecord(ctx context.Context, table string, id uuid.UUID, filter *gap.Filter, orderBy model.GapOrder, p page.Args) (*gap.Connection, error) {
	s, err := reading(ctx)
	if err != nil {
		return nil, err
	}
	return s.load.gaps.of(ctx, id, gapsOf{table, valueOf(filter), orderBy.Field, orderBy.Direction == model.OrderDirectionDesc, p})
}
