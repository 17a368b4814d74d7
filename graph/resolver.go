// Package graph is the GraphQL API: resolvers that read the arguments, call a domain
// and wrap the answer; the loaders that keep a query's statements few; the limits and
// the errors. It holds no rule of a domain and no SQL.
package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/audit"
	"fardplan/internal/collaboration"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/gap"
	"fardplan/internal/job"
	"fardplan/internal/link"
	"fardplan/internal/meeting"
	"fardplan/internal/openeplatform"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/reorganisation"
	"fardplan/internal/search"
	"fardplan/internal/strategy"
	"fardplan/internal/thread"
	"fardplan/internal/token"
	"fardplan/internal/user"
)

// Resolver is everything that the API's resolvers need.
type Resolver struct {
	DB           *postgres.DB
	Policy       access.Policy
	Organisation *organisation.Service
	EServices    *eservice.Service
	Links        *link.Service
	Gaps         *gap.Service
	Reorganise   *reorganisation.Service
	Search       *search.Service
	Tokens       *token.Service
	// Jobs are what the program does by itself, and Runner what does it.
	Jobs   []job.Job
	Runner *job.Runner
	People *user.Service

	Decisions *decision.Service
	Documents *document.Service
	Audits    *audit.Service
	Joint     *collaboration.Service
	Strategy  *strategy.Service
	Threads   *thread.Service
	Meetings  *meeting.Service
	Drafts    *draft.Service

	// Fetch bounds what an import reads from an address.
	Fetch openeplatform.Options
	// Imports has room for the imports that may run at once: an import is slow, and
	// leaves the others' operations room.
	Imports chan struct{}
	// LoaderWait is how long a loader gathers keys before it reads them together.
	LoaderWait time.Duration
}

// lookup runs a read before a write, on a snapshot of its own: the write's answer is
// read after it. What the operation has read until now is let go first, so that it
// never holds one connection and waits for another.
func (r *Resolver) lookup(ctx context.Context, read func(*postgres.Snapshot) error) error {
	ctx.Value(operationKey{}).(*operation).close()
	session := r.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return err
	}
	return read(now)
}

// municipalityByCode finds the municipality that an input names by its SCB code.
func (r *Resolver) municipalityByCode(ctx context.Context, code string) (*organisation.Municipality, error) {
	var m *organisation.Municipality
	err := r.lookup(ctx, func(now *postgres.Snapshot) (err error) {
		m, err = r.Organisation.MunicipalityByCode(ctx, now, code)
		return err
	})
	return m, atField(err, "municipality")
}

// changesOf is what the schema calls a record's history.
type changesOf struct {
	Table string
	Page  pageArgs
}

// runNow runs one of the jobs at once, for a municipality, and gives how it went.
func (r *Resolver) runNow(ctx context.Context, name string, m *organisation.Municipality) (*job.Run, error) {
	at := slices.IndexFunc(r.Jobs, func(j job.Job) bool { return j.Name == name })
	if _, err := r.Runner.Now(ctx, r.Jobs[at], job.Key{Name: m.SCBCode, Municipality: m.ID}); err != nil {
		return nil, err
	}
	s, err := reading(ctx)
	if err != nil {
		return nil, err
	}
	runs, err := job.List(ctx, s, r.Policy)
	for _, run := range runs {
		if run.Job == name && run.Key == m.SCBCode {
			return run, err
		}
	}
	return nil, errors.Join(err, fmt.Errorf("the run of job %s is not to be seen", name))
}
