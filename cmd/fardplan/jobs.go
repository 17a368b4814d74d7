package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"fardplan/internal/app"
	"fardplan/internal/date"
	"fardplan/internal/job"
)

func listJobs(ctx context.Context, p *program, args []string) error {
	if err := parse(p.flags(), args, 0); err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		session := s.DB.Session()
		defer session.Close()
		now, err := session.Present(ctx)
		if err != nil {
			return err
		}
		runs, err := job.List(ctx, now, s.Policy)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "JOBB\tKOMMUN\tLÄGE\tBÖRJADE\tMISSLYCKADE\tPÅ TUR\tDETALJ")
		for _, r := range runs {
			outcome, detail := job.Outcome("-"), ""
			if r.Outcome != nil {
				outcome = *r.Outcome
			}
			if r.DetailSv != nil {
				detail = *r.DetailSv
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", r.Job, r.Key, outcome, minute(r.StartedAt), r.Failures, minute(&r.DueAt), detail)
		}
		return table.Flush()
	})
}

// minute writes an instant in Sweden's time; a dash for none.
func minute(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.In(date.Sweden()).Format("2006-01-02 15:04")
}
