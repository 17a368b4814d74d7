package graph

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"golang.org/x/time/rate"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/page"
)

// Limits bound what one operation, and one caller in a minute, may ask for.
type Limits struct {
	Depth   int // fields below each other
	Aliases int // fields under another name than their own
	Cost    int // fields as often as they are answered, see cost
	// CostPerMinute is what a caller may spend in a minute; all who are not signed in
	// from one address are one caller.
	CostPerMinute int
	// Timeout bounds the time of one query; see MutationTimes.
	Timeout time.Duration
}

// size is what an operation asks for.
type size struct{ depth, aliases, cost int }

// measure walks the operation as it would be answered: a field costs 1, and what is
// under a list costs as often as the list may have records. Counting a total or a
// facet reads the whole list, and costs 10.
func measure(op *graphql.OperationContext) (size, *fault.Error) {
	m := &measurer{variables: op.Variables}
	s := m.set(op.Operation.SelectionSet, 1)
	s.aliases = m.aliases
	return s, m.refused
}

type measurer struct {
	variables map[string]any
	walked    int // selections, each as often as fragments repeat it
	aliases   int
	refused   *fault.Error
	nested    []string // introspection's own lists under way
}

// What is beyond these is beyond any limit, and is not counted further.
const (
	mostSelections = 50_000
	mostCost       = 1_000_000_000
)

// introspected are the fields of introspection that lead back to types: each within
// itself multiplies the answer.
var introspected = map[string]bool{"fields": true, "inputFields": true, "interfaces": true, "possibleTypes": true}

// counted cost more than they show: they read the whole list.
var counted = map[string]int{"totalCount": 10, "facets": 10, "gapSeries": 100, "sinceMeeting": 1000, "roadmap": 1000, "movePreview": 100, "decisionMatrix": 10, "coverageMap": 10, "exportEServices": 1000, "exportGoals": 1000, "exportIndicators": 1000, "exportInitiatives": 1000, "exportMilestones": 1000, "exportSharedProjects": 1000,
	"exportParticipations": 1000, "exportDecisions": 1000, "exportCases": 1000, "exportDocuments": 1000, "exportGaps": 1000, "previewBulkEditEServices": 1000, "search": 10, "suggest": 10, "totalIsMost": 10}

func (m *measurer) set(selections ast.SelectionSet, depth int) size {
	var s size
	add := func(more size) { s.cost += more.cost; s.depth = max(s.depth, more.depth) }
	for _, selection := range selections {
		// Fragments within fragments double the walk with each line of the query.
		if m.walked++; m.walked > mostSelections {
			m.refused = fault.New(fault.Limited,
				"Frågans fragment upprepar varandra för många gånger. Dela upp den.",
				"The query's fragments repeat each other too often. Split it.")
		}
		if m.refused != nil {
			return s
		}
		switch selection := selection.(type) {
		case *ast.Field:
			add(m.field(selection, depth))
		case *ast.InlineFragment:
			add(m.set(selection.SelectionSet, depth))
		case *ast.FragmentSpread:
			add(m.set(selection.Definition.SelectionSet, depth))
		}
		s.cost = min(s.cost, mostCost) // no number of lists makes it run over
	}
	return s
}

func (m *measurer) field(f *ast.Field, depth int) size {
	if f.Alias != f.Name {
		m.aliases++
	}
	if introspected[f.Name] && strings.HasPrefix(f.ObjectDefinition.Name, "__") {
		for _, name := range m.nested {
			if name == f.Name {
				m.refused = fault.New(fault.Limited,
					fmt.Sprintf("Introspektionen går i cirkel genom %s. Fråga efter schemat en nivå i taget.", f.Name),
					fmt.Sprintf("The introspection goes in circles through %s. Ask for the schema one level at a time.", f.Name))
				return size{}
			}
		}
		m.nested = append(m.nested, f.Name)
		defer func() { m.nested = m.nested[:len(m.nested)-1] }()
	}
	own := 1 + counted[f.Name]
	below := m.set(f.SelectionSet, depth+1)
	return size{depth: max(depth, below.depth), cost: own + m.times(f)*below.cost}
}

// times is how many records a field may answer with.
func (m *measurer) times(f *ast.Field) int {
	if f.Definition == nil || len(f.SelectionSet) == 0 {
		return 1
	}
	paged := f.Definition.Arguments.ForName("first") != nil
	if !paged {
		if f.Name == "nodes" && f.ObjectDefinition.Name == "Query" {
			ids, _ := f.ArgumentMap(m.variables)["ids"].([]any)
			return max(len(ids), 1)
		}
		return 1
	}
	args := f.ArgumentMap(m.variables)
	for _, name := range []string{"first", "last"} {
		if n, ok := number(args[name]); ok {
			return min(max(n, 1), 1000)
		}
	}
	return page.Default
}

func number(v any) (int, bool) {
	switch n := v.(type) {
	case int64:
		return int(n), true
	case int:
		return n, true
	case float64:
		return int(n), true
	case interface{ Int64() (int64, error) }:
		i, err := n.Int64()
		return int(i), err == nil
	}
	return 0, false
}

// limiter is the extension that holds operations to the limits and tells in the
// answer's extensions what was spent and what is left.
type limiter struct {
	limits Limits

	mu      sync.Mutex
	callers map[string]*spender
}

type spender struct {
	tokens *rate.Limiter
	last   time.Time
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
	graphql.ResponseInterceptor
} = (*limiter)(nil)

// ExtensionName names the extension.
func (*limiter) ExtensionName() string { return "Limits" }

// Validate accepts any schema.
func (*limiter) Validate(graphql.ExecutableSchema) error { return nil }

// spent is what an operation cost and what its caller has left in the minute.
type spent struct{ size, left int }

// MutateOperationContext refuses an operation that asks for too much.
func (l *limiter) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	s, refused := measure(op)
	if refused == nil {
		refused = l.check(s)
	}
	if refused == nil {
		left, wait := l.spend(ctx, s.cost)
		if wait > 0 {
			refused = fault.New(fault.Limited,
				fmt.Sprintf("Du har frågat efter mycket den senaste minuten. Försök igen om %d sekunder.", int(wait.Seconds())+1),
				fmt.Sprintf("You have asked for much in the last minute. Try again in %d seconds.", int(wait.Seconds())+1))
		}
		op.Stats.SetExtension("cost", spent{s.cost, left})
	}
	if refused != nil {
		return &gqlerror.Error{Err: refused, Message: refused.En}
	}
	return nil
}

func (l *limiter) check(s size) *fault.Error {
	for _, c := range []struct {
		is, most     int
		rule, sv, en string
	}{
		{s.depth, l.limits.Depth, "depth", "Frågan är %d nivåer djup; högst %d får den vara. Dela upp den.", "The query is %d levels deep; at most %d are allowed. Split it."},
		{s.aliases, l.limits.Aliases, "aliases", "Frågan har %d alias; högst %d får den ha. Dela upp den.", "The query has %d aliases; at most %d are allowed. Split it."},
		{s.cost, l.limits.Cost, "cost", "Frågan kostar %d; högst %d får den kosta. Be om färre poster åt gången (first) eller färre fält.", "The query costs %d; at most %d is allowed. Ask for fewer records at a time (first) or fewer fields."},
	} {
		if c.is > c.most {
			f := fault.New(fault.Limited, fmt.Sprintf(c.sv, c.is, c.most), fmt.Sprintf(c.en, c.is, c.most))
			f.Rule = c.rule
			return f
		}
	}
	return nil
}

// spend takes the cost from what the caller has left, or tells how long it is to wait.
func (l *limiter) spend(ctx context.Context, cost int) (left int, wait time.Duration) {
	key := access.From(ctx).Key()
	if !access.From(ctx).SignedIn() {
		key += " " + addressOf(ctx)
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.callers == nil {
		l.callers = map[string]*spender{}
	}
	s, ok := l.callers[key]
	if !ok {
		// A caller that has been silent for two minutes has everything back: it need not be remembered.
		if len(l.callers) >= 10_000 {
			for k, other := range l.callers {
				if now.Sub(other.last) > 2*time.Minute {
					delete(l.callers, k)
				}
			}
		}
		s = &spender{tokens: rate.NewLimiter(rate.Limit(float64(l.limits.CostPerMinute)/60), max(l.limits.CostPerMinute, l.limits.Cost))}
		l.callers[key] = s
	}
	s.last = now
	if reservation := s.tokens.ReserveN(now, cost); reservation.DelayFrom(now) > 0 {
		wait = reservation.DelayFrom(now)
		reservation.CancelAt(now)
		return int(s.tokens.TokensAt(now)), wait
	}
	return int(s.tokens.TokensAt(now)), 0
}

// InterceptResponse adds what was spent and what is left.
func (l *limiter) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	if s, ok := graphql.GetOperationContext(ctx).Stats.GetExtension("cost").(spent); ok {
		graphql.RegisterExtension(ctx, "cost", map[string]int{"spent": s.size, "limit": l.limits.Cost, "leftThisMinute": s.left})
	}
	return next(ctx)
}
