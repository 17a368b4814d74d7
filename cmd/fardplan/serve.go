package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/demo"
	"fardplan/internal/demo/scale"
	"fardplan/internal/observe"
	"fardplan/internal/postgres"
	"fardplan/migrations"
)

func serve(ctx context.Context, p *program, args []string) error {
	if err := parse(p.flags(), args, 0); err != nil {
		return err
	}
	p.log.InfoContext(ctx, "starting", "version", version, "configuration", p.cfg)
	return p.withDatabase(ctx, func(ctx context.Context, d *app.Database) error {
		if p.cfg.Demo {
			options := p.demoOptions(d)
			told := false
			options.Progress = func(what string) {
				if p.log.Info(what); !told {
					fmt.Fprintln(p.out, "Lägger in demonstrationen; det tar upp till en minut, en enda gång. (Loading the demonstration, once.)")
				}
				told = true
			}
			if _, err := demo.Load(ctx, options); err != nil {
				return err
			}
		}
		db, err := d.Open(ctx, p.cfg, nil)
		if err != nil {
			return err
		}
		defer db.Close()
		ctx, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		if d.Lost != nil {
			go func() {
				select {
				case <-d.Lost:
					stop(errLost)
				case <-ctx.Done():
				}
			}()
		}
		services := app.NewServices(db, access.Policy{}, app.GapRules())
		err = app.Serve(ctx, p.cfg, services, p.log, observe.NewMetrics(version), func(address string) {
			url := "http://" + address
			if p.cfg.PublicURL != "" {
				url = string(p.cfg.PublicURL)
			}
			fmt.Fprintf(p.out, "Färdplan svarar på %s (Ctrl-C stoppar; Ctrl-C stops it)\n", url)
		})
		if cause := context.Cause(ctx); errors.Is(cause, errLost) {
			return errors.Join(err, cause)
		}
		return err
	})
}

var errLost = errors.New("the private database ended; start again, and everything that was acknowledged is there")

func (p *program) demoOptions(d *app.Database) demo.Options {
	return demo.Options{URL: d.URL, ReadURL: d.ReadURL, Progress: func(what string) { p.log.Info(what) }}
}

func loadDemo(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	size := set.Float64("scale", 0, "i stället för demonstrationen: så många gånger 200 000 e-tjänster, 5 000 delade projekt, 4 000 beslut och 2 000 mål, för mätning (instead of the demonstration: so many times 200 000 e-services, 5 000 shared projects, 4 000 decisions and 2 000 goals, for measuring)")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	if *size != 0 {
		return loadScale(ctx, p, *size)
	}
	return p.withDatabase(ctx, func(ctx context.Context, d *app.Database) error {
		s, err := demo.Load(ctx, p.demoOptions(d))
		if err != nil {
			return err
		}
		state := "Demonstrationen är inlagd"
		if !s.Loaded {
			state = "Demonstrationen fanns redan"
		}
		_, err = fmt.Fprintf(p.out, "%s: %d kommuner, %d enheter, %d gemensamma e-tjänster, %d e-tjänster, %d ändringar från %s till %s.\n",
			state, s.Municipalities, s.Units, s.SharedServices, s.EServices, s.Changes, s.First.Format(time.DateOnly), s.Last.Format(time.DateOnly))
		return err
	})
}

// loadScale fills the database for measuring.
func loadScale(ctx context.Context, p *program, size float64) error {
	return p.withDatabase(ctx, func(ctx context.Context, d *app.Database) error {
		clock := &scale.Clock{}
		db, err := d.Open(ctx, p.cfg, clock.Now)
		if err != nil {
			return err
		}
		defer db.Close()
		services := app.NewServices(db, access.Policy{}, app.GapRules())
		s, err := scale.Load(ctx, scale.Options{
			Scale: size, Journal: services.Journal, Gaps: services.Gaps, Clock: clock, OwnerURL: cmp.Or(d.OwnerURL, d.URL),
			Progress: func(what string) { fmt.Fprintln(p.out, what) },
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(p.out, "%-24s %12s %16s %8s\n", "tabell", "rader", "tidigare rader", "MB")
		for _, t := range s.Tables {
			fmt.Fprintf(p.out, "%-24s %12d %16d %8d\n", t.Name, t.Rows, t.Past, t.Size>>20)
		}
		_, err = fmt.Fprintf(p.out, "%d ändringar på %.0f sekunder.\n", s.Changes, s.Took.Seconds())
		return err
	})
}

func migrateUp(ctx context.Context, p *program, args []string) error {
	if err := parse(p.flags(), args, 0); err != nil {
		return err
	}
	return p.withDatabase(ctx, func(ctx context.Context, d *app.Database) error {
		applied, err := postgres.Migrate(ctx, d.OwnerURL, migrations.Files)
		if err != nil {
			return err
		}
		for _, m := range applied {
			fmt.Fprintf(p.out, "%s\n", m.Name)
		}
		_, err = fmt.Fprintf(p.out, "%d införda, inget mer att göra. (%d applied, nothing more to do.)\n", len(applied), len(applied))
		return err
	})
}

func migrateStatus(ctx context.Context, p *program, args []string) error {
	if err := parse(p.flags(), args, 0); err != nil {
		return err
	}
	return p.withDatabase(ctx, func(ctx context.Context, d *app.Database) error {
		all, err := postgres.Migrations(ctx, d.OwnerURL, migrations.Files)
		for _, m := range all {
			state := "saknas (missing)"
			if m.Applied != nil {
				state = m.Applied.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(p.out, "%-30s %s\n", m.Name, state)
		}
		return err
	})
}

func showVersion(_ context.Context, p *program, args []string) error {
	if err := parse(p.flags(), args, 0); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.out, "fardplan", version)
	return err
}
