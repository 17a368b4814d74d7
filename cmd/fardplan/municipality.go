package main

import (
	"context"
	"fmt"

	"fardplan/internal/app"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
)

func municipalityAdd(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	code := set.String("code", "", "kommunens SCB-`kod` (SCB code), som 0581")
	name := set.String("name", "", "kommunens `namn`, utan ordet kommun (name)")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		first, err := noMunicipalityYet(ctx, s)
		if err != nil {
			return err
		}
		made, err := s.Organisation.CreateMunicipality(ctx, organisation.Municipality{SCBCode: *code, NameSv: *name, IsHome: first})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, "%s (%s) är registrerad. (Registered.)\n", made.NameSv, made.SCBCode)
		return err
	})
}

// noMunicipalityYet tells whether the installation is empty: its first municipality is
// the one that runs it.
func noMunicipalityYet(ctx context.Context, s *app.Services) (bool, error) {
	session := s.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return false, err
	}
	none := 0
	all, err := s.Organisation.Municipalities(ctx, now, organisation.MunicipalityFilter{}, "NAME", false, page.Args{First: &none})
	if err != nil {
		return false, err
	}
	n, err := all.Total(ctx)
	return n == 0, err
}
