package main

import (
	"context"
	"fmt"

	"fardplan/internal/app"
	"fardplan/internal/link"
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
			c, err := s.Links.CheckAll(ctx, o.ID)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s  %6d kontrollerade (checked)  %6d fungerar (work)  %6d varning (warning)  %6d trasiga (broken)  %6d inte kontrollerade (not checked)\n",
				o.SCBCode, c.Asked-c.NotChecked, c.OK, c.Warning, c.Broken, c.NotChecked)
		}
		return nil
	})
}
