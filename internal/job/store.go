package job

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/postgres"
)

// nullable gives the id; nil for none.
func nullable(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// claim takes the job's work for a key, when it is due (or forced) and no other process
// has it: of several that ask at once, one statement lets one have it. A run whose
// process was killed counts as a failure once its lease has run out.
func (r *Runner) claim(ctx context.Context, j Job, key Key, forced bool) (lease uuid.UUID, ok bool, err error) {
	now := r.DB.Now()
	lease = uuid.Must(uuid.NewV7())
	args := postgres.Args{
		"job": j.Name, "key": key.Name, "municipality": nullable(key.Municipality), "now": now, "first": j.first(now),
		"lease": lease, "until": now.Add(j.limit() + endWait), "forced": forced,
	}
	if err := r.DB.Note(ctx, `INSERT INTO job_run (job, key, municipality_id, due_at) VALUES (@job, @key, @municipality, @first)
		ON CONFLICT (job, key) DO NOTHING`, args); err != nil {
		return lease, false, fmt.Errorf("register job %s: %w", j.Name, err)
	}
	touched, err := r.DB.NoteRows(ctx, `UPDATE job_run
		   SET started_at = @now, ended_at = NULL, failures = failures + (outcome IS NOT DISTINCT FROM 'RUNNING')::int,
		       outcome = 'RUNNING', lease = @lease, lease_until = @until
		 WHERE job = @job AND key = @key AND (@forced OR due_at <= @now) AND (lease_until IS NULL OR lease_until <= @now)`, args)
	if err != nil {
		return lease, false, fmt.Errorf("claim job %s: %w", j.Name, err)
	}
	return lease, touched > 0, nil
}

// end writes down how the run of the lease ended. A run that another process has taken
// over meanwhile writes nothing.
func (r *Runner) end(ctx context.Context, j Job, key Key, lease uuid.UUID, outcome Outcome, note Note) error {
	now := r.DB.Now()
	args := postgres.Args{"job": j.Name, "key": key.Name, "lease": lease, "now": now, "outcome": outcome, "sv": note.Sv, "en": note.En}
	const free = `UPDATE job_run SET ended_at = greatest(started_at, @now), outcome = @outcome, lease = NULL, lease_until = NULL, `
	const mine = ` WHERE job = @job AND key = @key AND lease = @lease`
	sql := free + `due_at = @due, failures = 0, detail_sv = nullif(@sv, ''), detail_en = nullif(@en, '')` + mine
	switch args["due"] = j.next(now); outcome {
	case Stopped:
		delete(args, "due")
		sql = free + `due_at = least(due_at, @now)` + mine
	case Failed:
		delete(args, "due")
		sql = free + `failures = failures + 1, due_at = @now::timestamptz + make_interval(secs => least(@first * 2.0 ^ least(failures, 30), @longest)),
			detail_sv = @sv, detail_en = @en` + mine
		args["first"], args["longest"] = firstRetry.Seconds(), longestRetry.Seconds()
	}
	if err := r.DB.Note(ctx, sql, args); err != nil {
		return fmt.Errorf("write down the run of job %s: %w", j.Name, err)
	}
	return nil
}

// List reads the newest run of each job and key that the caller may see. It has no
// past: in a read of the past there is none.
func List(ctx context.Context, r postgres.Reader, p access.Policy) ([]*Run, error) {
	if r.Past() {
		return []*Run{}, nil
	}
	condition, args := p.Visible(ctx, "job_run", "x", false)
	return postgres.All[Run](ctx, r, `SELECT x.job, x.key, x.municipality_id, x.due_at, x.started_at, x.ended_at,
		       CASE WHEN x.lease_until <= instant() THEN 'STOPPED' ELSE x.outcome END, x.detail_sv, x.detail_en, x.failures
		  FROM job_run x WHERE `+condition+` ORDER BY x.job, x.key`, args)
}
