package main

import (
	"context"
	"fmt"

	"fardplan/internal/app"
	"fardplan/internal/link"
	"fardplan/internal/openeplatform"
)

// checkLinks asks the addresses of e-services now instead of at night.
func checkLinks(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	municipality := set.String("municipality", "", "bara kommunen med SCB-`kod` (only the municipality with the SCB code)")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		s.Links.Options = app.LinksOf(p.cfg)
		owners, err := s.Links.Owners(ctx)
		if err != nil {
			return err
		}
		if *municipality != "" {
			session := s.DB.Session()
			defer session.Close()
			now, err := session.Present(ctx)
			if err != nil {
				return err
			}
			m, err := findMunicipality(ctx, s, now, *municipality)
			if err != nil {
				return err
			}
			session.Close()
			owners = []*link.Owner{{ID: m.ID, SCBCode: m.SCBCode}}
		}
		for _, o := range owners {
			note, err := app.RunNow(ctx, s, p.log, link.CheckJob, app.KeyOf(o.SCBCode, o.ID), openeplatform.Options{})
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s %s\n     %s\n", o.SCBCode, note.Sv, note.En)
		}
		return nil
	})
}
