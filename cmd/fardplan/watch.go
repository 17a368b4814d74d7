package main

import (
	"context"
	"errors"
	"fmt"

	"fardplan/internal/app"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/openeplatform"
)

func watchPlatforms(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	municipality := set.String("municipality", "", "kommunens SCB-`kod` (SCB code), som 0581; utan den alla kommuner (all without it)")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		all, err := app.Platforms(ctx, s)
		if err != nil {
			return err
		}
		var failed []error
		looked := 0
		for _, m := range all {
			if *municipality != "" && m.SCBCode != *municipality {
				continue
			}
			looked++
			note, err := app.RunNow(ctx, s, p.log, eservice.WatchJob, app.KeyOf(m.SCBCode, m.ID), openeplatform.Options{AllowPrivate: p.cfg.AllowPrivate})
			if err != nil {
				failed = append(failed, err)
			}
			fmt.Fprintf(p.out, "%s %s\n     %s\n", m.SCBCode, note.Sv, note.En)
		}
		if looked == 0 {
			return fault.Field("--municipality", "no_platform",
				"Ingen sådan kommun har en adress till en e-tjänsteplattform. Ange den i oepBaseUrl.",
				"No such municipality has the address of an e-service platform. Give it as oepBaseUrl.")
		}
		return errors.Join(failed...)
	})
}
