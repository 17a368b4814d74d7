package graph

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/vikstrous/dataloadgen"

	"fardplan/graph/model"
	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/link"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/token"
	"fardplan/internal/user"
)

// pageArgs is the part of a list's arguments that every list has.
type pageArgs = page.Args

// The lists that records have under them, by what a reader asks of them.
type (
	unitsOf struct {
		Children bool // of a unit, not of a municipality
		Filter   organisation.UnitFilter
		Order    organisation.Order
		Desc     bool
		Page     pageArgs
	}
	eServicesOf struct {
		Parent eservice.Parent
		Filter eservice.Filter
		Order  eservice.Order
		Desc   bool
		Page   pageArgs
	}
	usageOf struct {
		Order eservice.Order
		Desc  bool
		Page  pageArgs
	}
	gapsOf struct {
		Table  string // the records'
		Filter gap.Filter
		Order  gap.Order
		Desc   bool
		Page   pageArgs
	}
)

// loaders read what many fields ask for by few statements, within one state.
type loaders struct {
	municipality *byID[*organisation.Municipality]
	unit         *byID[*organisation.Unit]
	shared       *byID[*eservice.SharedService]
	eService     *byID[*eservice.EService]
	draft        *byID[*eservice.Draft]
	openDraft    *byID[*eservice.Draft] // by the e-service's id
	draftFaults  *byID[fault.List]
	recordDraft  *byID[*draft.Draft]
	draftOf      *byID[*draft.Draft] // open, by the record's id
	recordFaults *byID[fault.List]   // of record drafts
	usageMonth   *byID[*eservice.Usage]
	importRun    *byID[*eservice.ImportRun]
	flow         *byID[*eservice.PlatformFlow]
	flowOf       *byID[*eservice.PlatformFlow] // by the e-service that is tied to it
	tiedTo       *byID[*eservice.EService]     // by the flow
	category     *byID[*eservice.PlatformCategory]
	apiToken     *byID[*token.Token]
	lastUse      *byID[time.Time]
	userAccount  *byID[*user.Account]
	userRole     *byID[*user.Grant]
	rolesOf      *byID[[]*user.Grant]
	person       *byID[*user.Person]
	sessionsOf   *byID[[]*user.Session]
	cases        *byID[int]
	links        *byID[[]*link.Visited]
	units        *lists[unitsOf, organisation.Unit]
	eServices    *lists[eServicesOf, eservice.EService]
	usage        *lists[usageOf, eservice.Usage]
	gaps         *lists[gapsOf, gap.Gap]
	changes      *lists[changesOf, history.Version]
	steps        func(context.Context) (map[eservice.Status][]eservice.Step, error)

	decisionLoaders
	documentLoaders
	collaborationLoaders
	strategyLoaders
	threadLoaders

	// finders find a record by its kind.
	finders finders
}

// finders find a record of each kind by its id; nil where the caller sees none.
type finders map[string]func(context.Context, uuid.UUID) (model.Record, error)

func finder[V model.Record](l *byID[V]) func(context.Context, uuid.UUID) (model.Record, error) {
	return func(ctx context.Context, id uuid.UUID) (model.Record, error) { return found(l.find(ctx, id)) }
}

func newLoaders(r *Resolver, s *scope) *loaders {
	l := &loaders{
		decisionLoaders: newDecisionLoaders(r, s), documentLoaders: newDocumentLoaders(r, s), collaborationLoaders: newCollaborationLoaders(r, s),
		strategyLoaders: newStrategyLoaders(r, s), threadLoaders: newThreadLoaders(r, s),

		municipality: newByID(r, s, r.Organisation.MunicipalitiesByID),
		unit:         newByID(r, s, r.Organisation.UnitsByID),
		shared:       newByID(r, s, r.EServices.SharedByID),
		eService:     newByID(r, s, r.EServices.ByID),
		draft:        newByID(r, s, r.EServices.DraftsByID),
		openDraft:    newByID(r, s, r.EServices.OpenDrafts),
		draftFaults:  newByID(r, s, r.EServices.DraftFaults),
		recordDraft:  newByID(r, s, r.Drafts.ByID),
		draftOf:      newByID(r, s, r.Drafts.Open),
		recordFaults: newByID(r, s, r.Drafts.Faults),
		usageMonth:   newByID(r, s, r.EServices.UsageByID),
		importRun:    newByID(r, s, r.EServices.ImportRunsByID),
		flow:         newByID(r, s, r.EServices.FlowsByID),
		flowOf:       newByID(r, s, r.EServices.FlowsOfEach),
		tiedTo:       newByID(r, s, r.EServices.ServicesOfFlows),
		category:     newByID(r, s, r.EServices.CategoriesByID),
		apiToken:     newByID(r, s, r.Tokens.ByID),
		lastUse:      newByID(r, s, r.Tokens.LastUses),
		userAccount:  newByID(r, s, r.People.ByID),
		userRole:     newByID(r, s, r.People.GrantsByID),
		rolesOf:      newByID(r, s, r.People.GrantsOf),
		person:       newByID(r, s, r.People.PeopleOf),
		sessionsOf:   newByID(r, s, r.People.SessionsOf),
		cases:        newByID(r, s, r.EServices.CasesByID),
		links:        newByID(r, s, r.Links.OfEach),
		units: newLists(r, func(ctx context.Context, q unitsOf, of []uuid.UUID) ([]*organisation.UnitConnection, error) {
			if q.Children {
				return r.Organisation.ChildrenOfEach(ctx, s, q.Filter, q.Order, q.Desc, of, q.Page)
			}
			return r.Organisation.UnitsOfEach(ctx, s, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		eServices: newLists(r, func(ctx context.Context, q eServicesOf, of []uuid.UUID) ([]*eservice.Connection, error) {
			return r.EServices.ListOfEach(ctx, s, q.Parent, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		usage: newLists(r, func(ctx context.Context, q usageOf, of []uuid.UUID) ([]*eservice.UsageConnection, error) {
			return r.EServices.UsageOfEach(ctx, s, q.Order, q.Desc, of, q.Page)
		}),
		gaps: newLists(r, func(ctx context.Context, q gapsOf, of []uuid.UUID) ([]*gap.Connection, error) {
			return r.Gaps.OfEach(ctx, s, q.Table, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		changes: newLists(r, func(ctx context.Context, q changesOf, of []uuid.UUID) ([]*history.Versions, error) {
			return history.Of(ctx, s.Snapshot, r.Policy, q.Table, of, q.Page)
		}),
		steps: once(func(ctx context.Context) (map[eservice.Status][]eservice.Step, error) { return eservice.Steps(ctx, s) }),
	}
	l.finders = finders{
		"municipality": finder(l.municipality), "unit": finder(l.unit),
		"shared_service": finder(l.shared), "e_service": finder(l.eService), "e_service_draft": finder(l.draft), "record_draft": finder(l.recordDraft), "e_service_usage": finder(l.usageMonth),
		"import_run": finder(l.importRun), "platform_flow": finder(l.flow), "platform_category": finder(l.category),
		"api_token": finder(l.apiToken), "user_account": finder(l.userAccount), "user_role": finder(l.userRole),
	}
	for _, more := range []finders{l.decisionFinders(), l.documentFinders(), l.collaborationFinders(), l.strategyFinders(), l.threadFinders()} {
		maps.Copy(l.finders, more)
	}
	return l
}

// once keeps the first answer of read that is no error.
func once[T any](read func(context.Context) (T, error)) func(context.Context) (T, error) {
	var mu sync.Mutex
	var known bool
	var answer T
	return func(ctx context.Context) (T, error) {
		mu.Lock()
		defer mu.Unlock()
		if known {
			return answer, nil
		}
		var err error
		answer, err = read(ctx)
		known = err == nil
		return answer, err
	}
}

// most is how many keys a loader reads at once.
const most = 2000

// byID loads records by id.
type byID[V any] struct {
	loader *dataloadgen.Loader[uuid.UUID, V]
}

func newByID[V any](r *Resolver, s *scope, read func(context.Context, postgres.Reader, []uuid.UUID) (map[uuid.UUID]V, error)) *byID[V] {
	return &byID[V]{dataloadgen.NewMappedLoader(func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]V, error) {
		return read(ctx, s, ids)
	}, dataloadgen.WithWait(r.LoaderWait), dataloadgen.WithBatchCapacity(most))}
}

// find gives the record, and whether there is one that the caller may see.
func (l *byID[V]) find(ctx context.Context, id uuid.UUID) (V, bool, error) {
	v, err := l.loader.Load(ctx, id)
	if errors.Is(err, dataloadgen.ErrNotFound) {
		var none V
		return none, false, nil
	}
	return v, err == nil, err
}

// get gives a record that there must be, such as a record's own municipality.
func (l *byID[V]) get(ctx context.Context, id uuid.UUID) (V, error) { return l.loader.Load(ctx, id) }

// maybe gives the record of a reference that may be empty, or lead to one that the
// caller may not see.
func (l *byID[V]) maybe(ctx context.Context, id *uuid.UUID) (V, error) {
	var none V
	if id == nil {
		return none, nil
	}
	v, _, err := l.find(ctx, *id)
	return v, err
}

// all gives records that there must be, in the order of the ids.
func (l *byID[V]) all(ctx context.Context, ids []uuid.UUID) ([]V, error) {
	return l.loader.LoadAll(ctx, ids)
}

// lists loads, for each parent, the page that a query asks for.
type lists[Q any, T any] struct {
	mu      sync.Mutex
	queries map[string]Q
	loader  *dataloadgen.Loader[listOf, *page.Connection[*T]]
}

// listOf is one parent's list: the query by its JSON.
type listOf struct {
	query  string
	parent uuid.UUID
}

func newLists[Q any, T any](r *Resolver, read func(context.Context, Q, []uuid.UUID) ([]*page.Connection[*T], error)) *lists[Q, T] {
	l := &lists[Q, T]{queries: map[string]Q{}}
	l.loader = dataloadgen.NewLoader(func(ctx context.Context, keys []listOf) ([]*page.Connection[*T], []error) {
		connections, errs := make([]*page.Connection[*T], len(keys)), make([]error, len(keys))
		places := map[string][]int{}
		for i, key := range keys {
			places[key.query] = append(places[key.query], i)
		}
		for query, at := range places {
			parents := make([]uuid.UUID, len(at))
			for n, i := range at {
				parents[n] = keys[i].parent
			}
			l.mu.Lock()
			q := l.queries[query]
			l.mu.Unlock()
			pages, err := read(ctx, q, parents)
			for n, i := range at {
				if errs[i] = err; err == nil {
					connections[i] = pages[n]
				}
			}
		}
		return connections, errs
	}, dataloadgen.WithWait(r.LoaderWait), dataloadgen.WithBatchCapacity(most))
	return l
}

func (l *lists[Q, T]) of(ctx context.Context, parent uuid.UUID, q Q) (*page.Connection[*T], error) {
	raw, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.queries[string(raw)] = q
	l.mu.Unlock()
	return l.loader.Load(ctx, listOf{string(raw), parent})
}
