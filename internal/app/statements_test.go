package app_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/thread"
)

// statement is one that the database has answered.
type statement struct {
	sql   string
	args  pgx.NamedArgs
	rows  int
	ended bool
}

// tracer counts statements and their rows.
type tracer struct {
	mu         sync.Mutex
	statements []*statement
}

type statementKey struct{}

// TraceQueryStart notes that a statement begins.
func (r *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s := &statement{sql: data.SQL}
	if len(data.Args) > 0 {
		s.args, _ = data.Args[0].(pgx.NamedArgs)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statements = append(r.statements, s)
	return context.WithValue(ctx, statementKey{}, s)
}

// TraceQueryEnd notes its rows.
func (r *tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	s := ctx.Value(statementKey{}).(*statement)
	r.mu.Lock()
	defer r.mu.Unlock()
	s.rows, s.ended = int(data.CommandTag.RowsAffected()), data.Err == nil
}

// take gives the statements since the last time.
func (r *tracer) take() []*statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.statements
	r.statements = nil
	return taken
}

// deep asks many levels for lists, totals and facets, %[1]d records of each.
const deep = `
fragment Deep on Query {
  municipalities(first: %[1]d) {
    totalCount
    nodes {
      name { sv } history(first: %[1]d) { totalCount nodes { change { number actor { municipality { id } } } } }
      gaps(first: %[1]d) { totalCount facets(by: [CODE, SEVERITY]) { values { value count } } nodes { since object { id } unit { id } } }
      units(first: %[1]d) {
        totalCount facets(by: [TYPE]) { values { value count } }
        nodes {
          name { sv } parent { id name { sv } } municipality { name { sv } }
          children(first: %[1]d) { totalCount nodes { id name { sv } } }
          gaps(first: %[1]d) { totalCount nodes { since rule { code } } }
          history(first: %[1]d) { totalCount nodes { change { number } } }
          eServices(first: %[1]d, orderBy: {field: CREATED}) {
            totalCount facets(by: [STATUS, GAP, OWNER_UNIT]) { values { value count } }
            nodes {
              name { sv } casesLastYear availableSteps { to }
              ownerUnit { name { sv } municipality { name { sv } } }
              sharedService { name { sv } originMunicipality { name { sv } } eServices(first: %[1]d) { totalCount nodes { id ownerUnit { name { sv } } } } history(first: %[1]d) { nodes { change { number } } } }
              replacedBy { name { sv } ownerUnit { name { sv } } }
              gaps(first: %[1]d) { totalCount facets(by: [CODE]) { values { count } } nodes { since object { id } municipality { id } unit { id name { sv } } } }
              usage(first: %[1]d) { totalCount nodes { month cases history(first: %[1]d) { totalCount nodes { change { number } } } } }
              history(first: %[1]d) { totalCount nodes { change { at comment actor { function municipality { name { sv } } } } fields { field } } }
            }
          }
        }
      }
    }
  }
}`

// feed asks for what has changed, of all kinds.
const feed = `
fragment Deep on Query {
  changes(since: 0, first: 100) { nodes { record { id version history(first: %[1]d) { totalCount nodes { change { number } } } ... on EService { ownerUnit { id } gaps(first: %[1]d) { nodes { since } } } } } }
  apiTokens(first: %[1]d) { totalCount nodes { label lastUsedAt municipality { id } } }
}`

// grow adds municipalities of units of e-services, each with months of use and gaps.
func grow(t *testing.T, a *apitest.API, from, municipalities, units, services, months int) {
	t.Helper()
	sys := apitest.System(t)
	for i := range municipalities {
		m := a.Municipality(t, fmt.Sprintf("%04d", 1000+from+i), fmt.Sprintf("Kommun %d", from+i))
		code := shared(t, a, m, fmt.Sprintf("delad-%d", from+i), eservice.Public)
		var above *uuid.UUID
		for j := range units {
			u := a.Unit(t, m, fmt.Sprintf("Enhet %d", j), func(u *organisation.Unit) { u.ParentID = above })
			if j == 0 {
				above = &u.ID
			}
			var last *uuid.UUID
			for k := range services {
				e := service(t, a, u, fmt.Sprintf("Tjänst %d", k), func(e *eservice.EService) {
					e.SharedServiceID = &code.ID
					if last != nil {
						e.Status, e.RetiredOn, e.RetirementReason, e.ReplacedByID = eservice.Retired, ptr(date.Of(a.Clock.Now())), ptr("Ersatt"), last
					}
				})
				last = &e.ID
				var figures []eservice.Usage
				for n := range months {
					figures = append(figures, eservice.Usage{Month: date.Of(a.Clock.Now()).FirstOfMonth().AddMonths(-n), Cases: n, Source: eservice.ByHand})
				}
				must(a.Services.EServices.RecordUsage(sys, e.ID, figures))(t)
			}
		}
	}
}

// most is how many statements each query may take, however many the records: one for
// each field that reads, wherever it stands, and one more for each further kind of
// record where a field leads to several. Two fields that ask the same loader at the
// same moment share a statement, so that it may be fewer.
var most = map[string]int{deep: 64, feed: 36}

func TestAQueryTakesNoMoreStatementsHoweverManyTheRecords(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	r := &tracer{}
	a := apitest.New(t, func(s *apitest.Settings) {
		s.Tracer = r
		// So long that no machine is busy enough to split what is asked for together.
		s.App.LoaderWait = 250 * time.Millisecond
	})
	home := a.Municipality(t, "0581", "Norrköping", apitest.Home)
	a.Unit(t, home, "Kontoret")
	admin := a.Token(t, "0581", access.Admin)
	modes := map[string]string{"present": "{ ...Deep }", "past": "query($at: DateTime!) { asOf(at: $at) { ...Deep } }"}
	measure := func(mode, asked string, first int) []*statement {
		t.Helper()
		query, vars := modes[mode]+fmt.Sprintf(asked, first), apitest.Vars{"at": a.Clock.Now()}
		must(ask(a, admin, "{ viewer { kind } }", nil))(t) // the token's use is noted here
		r.take()
		must(ask(a, admin, query, vars))(t)
		taken := r.take()
		bounded(t, taken)
		if len(taken) > most[asked] {
			t.Errorf("%s: %d statements for %d rows, at most %d are to be:%s", mode, len(taken), rows(taken), most[asked], repeated(taken))
		}
		return taken
	}
	few := map[[2]string]int{}
	grow(t, a, 0, 1, 3, 3, 2)
	a.Clock.Add(time.Hour)
	for mode := range modes {
		for _, asked := range []string{deep, feed} {
			few[[2]string{mode, asked}] = rows(measure(mode, asked, 20))
		}
	}
	grow(t, a, 1, 5, 9, 2, 4)
	a.Clock.Add(time.Hour)
	for which, few := range few {
		mode, asked := which[0], which[1]
		many := measure(mode, asked, 20)
		if asked == deep && rows(many) < 6*few {
			t.Errorf("%s: the records did not grow: %d rows became %d", mode, few, rows(many))
		}
		measure(mode, asked, 3)
		t.Logf("%s: %d statements of at most %d for %d rows, once %d", mode, len(many), most[asked], rows(many), few)
	}
}

func rows(statements []*statement) int {
	n := 0
	for _, s := range statements {
		n += s.rows
	}
	return n
}

// repeated tells which statements there are several of.
func repeated(statements []*statement) string {
	count := map[string]int{}
	for _, s := range statements {
		count[s.sql]++
	}
	var b strings.Builder
	for sql, n := range count {
		if n > 1 {
			fmt.Fprintf(&b, "\n%d × %.300s", n, sql)
		}
	}
	return b.String()
}

// bounded holds the rows of each statement to what its page asks of each parent, or to
// the records it names.
func bounded(t *testing.T, statements []*statement) {
	t.Helper()
	pages := 0
	for _, s := range statements {
		if !s.ended {
			t.Errorf("a statement failed: %.300s", s.sql)
		}
		parents := 1
		if of, ok := s.args["page_parents"].([]uuid.UUID); ok {
			parents = len(of)
		}
		limit, paged := s.args["page_limit"].(int)
		ids, byID := s.args["by_id"].([]uuid.UUID)
		most := 0
		switch {
		case paged:
			pages++
			most = parents * limit
		case byID:
			most = len(ids)
		default:
			continue
		}
		if s.rows > most {
			t.Errorf("%d rows, at most %d are asked for: %.300s", s.rows, most, s.sql)
		}
	}
	if pages == 0 {
		t.Error("no statement reads a page")
	}
}

// together asks for each of the views that people look at together, by itself.
var together = map[string]string{
	"roadmap":        `{ roadmap { goals { id title { sv } municipalityName { sv } unitName { sv } decided } initiatives { id health progress } sharedProjects { id decided } milestones { id of } decisions { id status } undated { id } dependencies { id before after } cut } }`,
	"decisionMatrix": `{ decisionMatrix(first: 50) { totalCount municipalities { name { sv } } totals { municipality { id } counts { state count } } rows { sharedProject { name { sv } municipality { id } agreement { title { sv } } } totals { state count } cells { municipality { id } state participation { version role gaps { totalCount } } decision { title { sv } state bodyUnit { name { sv } } } } } } }`,
	"coverageMap":    `{ coverageMap(first: 50) { totalCount municipalities { name { sv } } rows { sharedService { name { sv } originMunicipality { id } } live planned missing offer { id } cells { municipality { id } state eService { name { sv } ownerUnit { name { sv } } gaps { totalCount } } } } } }`,
	"goldenThread":   `query($goal: ID!) { goldenThread(id: $goal) { of { id } cut nodes { stage distance record { id version history { totalCount } ... on Goal { answers: ownerUnit { id } } ... on Decision { bodyUnit { id } } ... on EService { ownerUnit { id } gaps { totalCount } } } } links { from to purpose recordLink { version } } missing { record { id } rule { code } title { sv } } } }`,
	"sinceMeeting":   `query($meeting: DateTime!) { sinceMeeting(from: $meeting) { lineCount areas { area lineCount } lines(first: 200) { change text { sv } record { id version } municipality { name { sv } } } } }`,
}

// mostTogether is how many statements each of these may take: what the view itself reads,
// and one for each field that reads and each kind of record that it leads to.
var mostTogether = map[string]int{"roadmap": 14, "decisionMatrix": 23, "coverageMap": 19, "goldenThread": 41, "sinceMeeting": 32}

// times is how often a view is asked at most: on a busy machine a field may come to its
// loader after the others, and ask by a statement of its own. Rows would do so each time.
const times = 3

func TestWhatIsLookedAtTogetherTakesNoMoreStatementsHoweverMuchItIs(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	r := &tracer{}
	j := newJoint(t, func(s *apitest.Settings) {
		s.Tracer = r
		s.App.LoaderWait = 250 * time.Millisecond // as above
	})
	meeting := j.Clock.Now()
	j.Clock.Add(time.Hour)
	p := j.plan(t, 1)
	hang := func(to *plan) {
		t.Helper()
		// The thread grows by what hangs on the first line of thought.
		for _, end := range []thread.End{{Kind: "e_service", ID: to.service.ID}, {Kind: "shared_project", ID: to.project.ID}, {Kind: "goal", ID: to.goal.ID}} {
			if to == p && end.Kind != "shared_project" {
				continue // these hang on it already
			}
			must(j.Services.Threads.Link(j.ctx, j.home.ID, thread.End{Kind: "initiative", ID: p.first.ID}, end, nil, nil))(t)
		}
	}
	hang(p)
	measure := func() (statements, read map[string]int) {
		t.Helper()
		statements, read = map[string]int{}, map[string]int{}
		for view, query := range together {
			must(ask(j.API, j.director, "{ viewer { kind } }", nil))(t) // the token's use is noted here
			vars := apitest.Vars{}
			switch view {
			case "goldenThread":
				vars["goal"] = p.direction.NodeID()
			case "sinceMeeting":
				vars["meeting"] = meeting
			}
			var taken []*statement
			for range times {
				r.take()
				must(ask(j.API, j.director, query, vars))(t)
				if taken = r.take(); len(taken) <= mostTogether[view] {
					break
				}
			}
			statements[view], read[view] = len(taken), rows(taken)
			if len(taken) > mostTogether[view] {
				t.Errorf("%s: %d statements for %d rows, at most %d are to be:%s", view, len(taken), rows(taken), mostTogether[view], repeated(taken))
			}
		}
		return statements, read
	}
	once, few := measure()
	for n := range 4 {
		hang(j.plan(t, n+2))
	}
	after, many := measure()
	for view := range together {
		t.Logf("%s: %d statements of at most %d for %d rows, once %d for %d", view, after[view], mostTogether[view], many[view], once[view], few[view])
		if many[view] < 2*few[view] {
			t.Errorf("%s did not grow: %d rows became %d", view, few[view], many[view])
		}
	}
}
