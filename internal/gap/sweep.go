package gap

import (
	"context"
	"errors"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/postgres"
)

// sweepOperation names the sweep's changes.
const sweepOperation = "sweepGaps"

// Sweep is one run over all gaps.
type Sweep struct {
	At     time.Time `db:"at"`
	Number int64     `db:"number"`  // its change
	Rules  string    `db:"comment"` // a fingerprint of the rules it went by
}

// LastSweep gives the newest run over all gaps before a change's number; nil when
// there has been none.
func LastSweep(ctx context.Context, r postgres.Reader, before int64) (*Sweep, error) {
	all, err := postgres.All[Sweep](ctx, r, `SELECT `+postgres.Columns[Sweep]("c")+` FROM change c
		WHERE c.operation = @operation AND c.number < @before ORDER BY c.number DESC LIMIT 1`,
		postgres.Args{"operation": sweepOperation, "before": before})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// errMade ends a run that another process has made meanwhile.
var errMade = errors.New("the run has been made")

// SweepDaily runs over all gaps when today's run has not been made or the rules have
// changed since: a date alone opens and closes gaps. Of several processes one runs.
func (s *Service) SweepDaily(ctx context.Context) (ran bool, err error) {
	last, err := s.newest(ctx)
	if err != nil || s.fresh(last) {
		return false, err
	}
	ctx = access.With(ctx, access.SystemCaller("daglig genomgång av brister"))
	err = s.Journal.Write(ctx, sweepOperation, s.fingerprint(), func(tx *postgres.Tx) error {
		// Changes run one at a time: the process that waited finds the run made.
		last, err := LastSweep(ctx, tx, tx.Number)
		if err != nil {
			return err
		}
		if s.fresh(last) {
			return errMade
		}
		return s.Recompute(ctx, tx)
	})
	if errors.Is(err, errMade) {
		return false, nil
	}
	return err == nil, err
}

// newest gives the newest run of all.
func (s *Service) newest(ctx context.Context) (*Sweep, error) {
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	return LastSweep(ctx, now, now.Change+1)
}

func (s *Service) fresh(last *Sweep) bool {
	return last != nil && date.Of(last.At) == date.Of(s.Journal.DB.Now()) && last.Rules == s.fingerprint()
}

// Recompute brings every episode up to date within a write. Episodes of rules that
// are no more are closed, as no record breaks them.
func (s *Service) Recompute(ctx context.Context, tx *postgres.Tx) error {
	for _, o := range s.Objects {
		if err := s.keep(ctx, tx, o, nil); err != nil {
			return err
		}
		if err := s.regrade(ctx, tx, o); err != nil {
			return err
		}
	}
	return nil
}
