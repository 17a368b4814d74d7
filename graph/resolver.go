// Package graph is the GraphQL API: resolvers that read the arguments, call a domain
// and wrap the answer; the loaders that keep a query's statements few; the limits and
// the errors. It holds no rule of a domain and no SQL.
package graph

import (
	"context"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/eservice"
	"fardplan/internal/gap"
	"fardplan/internal/openeplatform"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/token"
)

// Resolver is everything that the API's resolvers need.
type Resolver struct {
	DB           *postgres.DB
	Policy       access.Policy
	Organisation *organisation.Service
	EServices    *eservice.Service
	Gaps         *gap.Service
	Tokens       *token.Service
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
