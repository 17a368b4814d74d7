package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"fardplan/internal/app"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/openeplatform"
	"fardplan/internal/sheet"
)

func importUsage(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	municipality := set.String("municipality", "", "kommunens SCB-`kod` (SCB code), som 0581")
	file := set.String("file", "", "`fil`: ett kalkylblad, eller plattformens getflowinstances i XML (a spreadsheet, or the platform's statistics)")
	flows := set.String("flows", "", "`fil` med plattformens getflows, som säger vilken e-tjänst en version hör till (a file with getflows)")
	from := set.String("from", "", "första `dag` som statistiken är hämtad för, som 2026-01-01 (first day of the statistics)")
	to := set.String("to", "", "sista `dag` som statistiken är hämtad för, som 2026-03-31 (last day of the statistics)")
	overwrite := set.Bool("overwrite", false, "låt plattformens siffror ersätta dem som angetts för hand (let the platform's figures replace those given by hand)")
	apply := set.Bool("apply", false, "läs in siffrorna; annars visas de bara (do it; else it is only shown)")
	name := set.String("name", "", "vad ändringen ska heta i historiken (what to call the change)")
	all := set.Bool("all", false, "visa alla rader (show every line)")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	in := eservice.Figures{Overwrite: *overwrite, Comment: *name}
	if err := readFigures(ctx, &in, *file, *flows, *from, *to); err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
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
		in.Municipality = m.ID
		plan, err := s.EServices.PreviewFigures(ctx, now, in)
		if err != nil {
			return err
		}
		if *apply {
			session.Close()
			if plan, err = s.EServices.ImportFigures(ctx, in, plan.Fingerprint); err != nil {
				return err
			}
		}
		if in.Sheet == nil {
			fmt.Fprintf(p.out, "%d ärenden lästa, %d aldrig inskickade, %d rader med fel. (matters read, never sent in, at fault)\n", in.Statistics.Rows, in.Statistics.Unsent, in.Statistics.Refused)
		}
		p.printFigures(plan, *apply, *all)
		return nil
	})
}

// readFigures reads the files: a spreadsheet whole, and statistics row by row.
func readFigures(ctx context.Context, in *eservice.Figures, file, flows, from, to string) error {
	f, err := os.Open(file)
	if err != nil {
		return fault.Field("--file", "file", fmt.Sprintf("Filen %s går inte att läsa. Finns den?", file), fmt.Sprintf("The file %s cannot be read. Is it there?", file))
	}
	defer func() { _ = f.Close() }()
	r := bufio.NewReader(f)
	if begin, _ := r.Peek(64); !eservice.IsStatistics(begin) {
		in.Sheet, err = readSmall(file, sheet.MaxBytes)
		return err
	}
	var faults fault.List
	for flag, day := range map[string]struct {
		text string
		into *date.Date
	}{"--from": {from, &in.From}, "--to": {to, &in.To}} {
		d, err := date.Parse(day.text)
		if err != nil {
			faults.Add(fault.Field(flag, "usage_period_missing", "Ange dagen som statistiken är hämtad för, som 2026-01-01.", "Give the day that the statistics were fetched for, such as 2026-01-01."))
		}
		*day.into = d
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if flows != "" {
		document, err := readFile(ctx, flows, openeplatform.Options{})
		if err != nil {
			return placed("--flows", err)
		}
		in.Flows = document.Flows
	}
	in.Statistics, err = openeplatform.ReadStatistics(ctx, r)
	return err
}

func (p *program) printFigures(plan *eservice.FigurePlan, applied, all bool) {
	for _, o := range outcomes {
		if o.outcome == eservice.Gone {
			continue
		}
		fmt.Fprintf(p.out, "%6d %s\n", plan.Counts[o.outcome], o.name)
		printed := 0
		for _, line := range plan.Lines {
			if !o.list || line.Outcome != o.outcome {
				continue
			}
			if printed++; printed > shown && !all {
				fmt.Fprintf(p.out, "         … --all visar resten (shows the rest)\n")
				break
			}
			p.printFigure(line)
		}
	}
	for _, heading := range plan.Ignored {
		fmt.Fprintf(p.out, "Kolumnen %q är inte känd och läses inte in. (The column is not known.)\n", heading)
	}
	switch {
	case plan.Number != nil:
		fmt.Fprintf(p.out, "Gjort, som ändring %d. (Done, as one change.)\n", *plan.Number)
	case applied:
		fmt.Fprintln(p.out, "Inget att göra. (Nothing to do.)")
	default:
		fmt.Fprintln(p.out, "Inget har ändrats. Lägg till --apply för att göra det. (Nothing was changed. Add --apply to do it.)")
	}
}

func (p *program) printFigure(line eservice.FigureLine) {
	fmt.Fprintf(p.out, "         %s", line.Name)
	if line.After != nil {
		before := "–"
		if line.Before != nil {
			before = fmt.Sprint(line.Before.Cases)
		}
		fmt.Fprintf(p.out, " %s: %s → %d", line.After.Month.String()[:7], before, line.After.Cases)
	}
	fmt.Fprintln(p.out)
	for _, f := range line.Faults {
		fmt.Fprintf(p.out, "             rad %d %s: %s\n", line.Row, f.Place, f.Sv)
	}
}
