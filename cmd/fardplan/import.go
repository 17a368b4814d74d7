package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"fardplan/internal/app"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/openeplatform"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
)

// shown is how many lines of each outcome are printed unless all are asked for.
const shown = 20

func importOep(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	municipality := set.String("municipality", "", "kommunens SCB-`kod` (SCB code), som 0581")
	address := set.String("url", "", "plattformens `adress` (the platform's address)")
	file := set.String("file", "", "`fil` med getflows i JSON eller XML (a file with getflows)")
	apply := set.Bool("apply", false, "gör ändringarna; annars visas de bara (do it; else it is only shown)")
	owner := set.String("default-owner", "", "`enhet` som äger det ingen annan äger, vid namn (unit that owns the rest, by name)")
	owners := set.String("owners", "", "CSV-`fil` med kategori;enhet på varje rad (a CSV file with category;unit on each line)")
	name := set.String("name", "", "vad ändringen ska heta i historiken (what to call the change)")
	all := set.Bool("all", false, "visa alla rader (show every line)")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	if (*address == "") == (*file == "") {
		return fault.New(fault.Invalid, "Ange antingen --url eller --file.", "Give either --url or --file.")
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		in := eservice.Import{Name: *name, Owners: map[string]uuid.UUID{}, Progress: p.progress}
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
		if err := ownersOf(ctx, s, now, m, *owner, *owners, &in); err != nil {
			return err
		}
		options := openeplatform.Options{AllowPrivate: p.cfg.AllowPrivate, Progress: func(read int) { p.progress("read", read, 0) }}
		if *address != "" {
			in.Source = openeplatform.Origin(*address)
			in.Document, err = openeplatform.Fetch(ctx, *address, options)
		} else {
			in.Source = filepath.Base(*file)
			in.Document, err = readFile(ctx, *file, options)
		}
		if err != nil {
			for _, row := range in.Document.Faults {
				p.printLine(eservice.Line{Outcome: eservice.Refused, Position: row.Position, FamilyID: row.FamilyID, Name: row.Name, Faults: row.Faults})
			}
			return err
		}
		var plan *eservice.Plan
		if *apply {
			session.Close()
			plan, err = s.EServices.ApplyImport(ctx, in)
		} else {
			plan, err = s.EServices.PreviewImport(ctx, now, in)
		}
		if err != nil {
			return err
		}
		p.printPlan(plan, *apply, *all)
		return nil
	})
}

func readFile(ctx context.Context, name string, o openeplatform.Options) (openeplatform.Document, error) {
	f, err := os.Open(name)
	if err != nil {
		return openeplatform.Document{}, fault.Field("--file", "file", fmt.Sprintf("Filen %s går inte att läsa. Finns den?", name), fmt.Sprintf("The file %s cannot be read. Is it there?", name))
	}
	defer func() { _ = f.Close() }()
	return openeplatform.Read(ctx, f, "", o)
}

// ownersOf finds the units that own what the import brings, by their names.
func ownersOf(ctx context.Context, s *app.Services, r postgres.Reader, m *organisation.Municipality, rest, file string, in *eservice.Import) error {
	if rest != "" {
		u, err := s.Organisation.OpenUnit(ctx, r, m.ID, rest)
		if err != nil {
			return placed("--default-owner", err)
		}
		in.DefaultOwner = &u.ID
	}
	if file == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return fault.Field("--owners", "file", fmt.Sprintf("Filen %s går inte att läsa. Finns den?", file), fmt.Sprintf("The file %s cannot be read. Is it there?", file))
	}
	defer func() { _ = f.Close() }()
	rows := csv.NewReader(f)
	rows.Comma, rows.FieldsPerRecord, rows.TrimLeadingSpace = ';', 2, true
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.Field("--owners", "csv", fmt.Sprintf("Skriv kategori;enhet på varje rad: %v.", err), fmt.Sprintf("Write category;unit on each line: %v.", err))
		}
		line, _ := rows.FieldPos(1)
		place := fmt.Sprintf("--owners, rad %d", line)
		// A category in another coding would be none that the platform has, and its
		// e-services the default owner's.
		if !utf8.ValidString(row[0]) || !utf8.ValidString(row[1]) {
			return fault.Field(place, "csv", "Raden är inte i UTF-8. Spara filen som CSV UTF-8.", "The line is not in UTF-8. Save the file as CSV UTF-8.")
		}
		u, err := s.Organisation.OpenUnit(ctx, r, m.ID, norm.NFC.String(strings.TrimSpace(row[1])))
		if err != nil {
			return placed(place, err)
		}
		in.Owners[norm.NFC.String(strings.TrimPrefix(strings.TrimSpace(row[0]), "\ufeff"))] = u.ID
	}
}

func placed(field string, err error) error {
	if all := fault.All(err); len(all) == 1 {
		return all[0].At(field)
	}
	return err
}

// progress tells what is under way, so that a long import is seen to go on.
func (p *program) progress(stage string, done, of int) {
	words := map[string]string{"read": "läser (reading)", "compare": "jämför (comparing)", "save": "sparar (saving)", "gaps": "räknar brister (counting gaps)"}
	p.log.Info("import: "+words[stage], "done", done, "of", of)
}

// outcomes are the lines of an import's account, in the order that people read them.
var outcomes = []struct {
	outcome eservice.Outcome
	name    string
	list    bool
}{
	{eservice.New, "nya (new)", true},
	{eservice.Changed, "ändrade (changed)", true},
	{eservice.KeptHere, "ändrade på båda håll, det som står här behålls (kept)", true},
	{eservice.Gone, "borta ur plattformen (gone)", true},
	{eservice.Refused, "avvisade rader (refused)", true},
	{eservice.Unchanged, "oförändrade (unchanged)", false},
}

func (p *program) printPlan(plan *eservice.Plan, applied, all bool) {
	for _, o := range outcomes {
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
			p.printLine(line)
		}
	}
	if plan.GoneUnsure {
		fmt.Fprintln(p.out, "En avvisad rad saknar nummer: inget har markerats som borta. (A refused row has no number: nothing was marked as gone.)")
	}
	switch {
	case applied && plan.Run != nil:
		fmt.Fprintln(p.out, "Gjort, som en ändring. (Done, as one change.)")
	case applied:
		fmt.Fprintln(p.out, "Inget att göra. (Nothing to do.)")
	default:
		fmt.Fprintln(p.out, "Inget har ändrats. Lägg till --apply för att göra det. (Nothing was changed. Add --apply to do it.)")
	}
}

func (p *program) printLine(line eservice.Line) {
	fmt.Fprintf(p.out, "         %d %s\n", line.FamilyID, line.Name)
	for _, d := range line.Differences {
		if line.Outcome != eservice.New {
			fmt.Fprintf(p.out, "             %s: %s → %s\n", d.Field, d.Before, d.After)
		}
	}
	for _, f := range line.Faults {
		fmt.Fprintf(p.out, "             rad %d, %s: %s\n", line.Position, f.Field, f.Sv)
	}
}
