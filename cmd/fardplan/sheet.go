package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fardplan/internal/app"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// formats are the kinds of file that can be written, by what they are called on the
// command line.
var formats = map[string]sheet.Format{"xlsx": sheet.XLSX, "csv": sheet.CSVExcel, "csv-rfc4180": sheet.CSV}

func exportEServices(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	municipality := set.String("municipality", "", "kommunens SCB-`kod` (SCB code), som 0581")
	file := set.String("file", "", "`fil` att skriva, som inte redan finns (a file to write, which is not there yet)")
	format := set.String("format", "", "`slag` av fil: xlsx, csv (för svensk Excel) eller csv-rfc4180; annars det som filens namn slutar på (kind of file)")
	search := set.String("search", "", "bara det som `ord` hittar (only what the words find)")
	status := set.String("status", "", "bara e-tjänster med `status`, som LIVE (only those of a status)")
	english := set.Bool("english", false, "rubriker och ord på engelska (headings and words in English)")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	kind, known := formats[cmp.Or(*format, strings.TrimPrefix(filepath.Ext(*file), "."))]
	if !known {
		return fault.Field("--format", "format", "Ange en fil som slutar på .xlsx eller .csv, eller ange slaget med --format.", "Give a file that ends with .xlsx or .csv, or give its kind with --format.")
	}
	language := text.Swedish
	if *english {
		language = text.English
	}
	filter := eservice.Filter{Municipalities: []string{*municipality}, Search: *search}
	if *status != "" {
		if !slices.ContainsFunc(eservice.Codes()["STATUS"], func(c eservice.Code) bool { return c.Value == *status }) {
			return fault.Field("--status", "status", fmt.Sprintf("Det finns ingen status %q. Skriv den som i API:et, till exempel LIVE.", *status), fmt.Sprintf("There is no status %q. Write it as the API does, such as LIVE.", *status))
		}
		filter.Statuses = []eservice.Status{eservice.Status(*status)}
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		session := s.DB.Session()
		defer session.Close()
		now, err := session.Present(ctx)
		if err != nil {
			return err
		}
		if _, err := findMunicipality(ctx, s, now, *municipality); err != nil {
			return err
		}
		out, err := s.EServices.Export(ctx, now, filter, "NAME", false, kind, language)
		if err != nil {
			return err
		}
		if err := writeNew(*file, out.Content); err != nil {
			return err
		}
		fmt.Fprintf(p.out, "%d e-tjänster står i %s. (%d e-services are in the file.)\n", out.Rows, *file, out.Rows)
		return nil
	})
}

// writeNew writes a file that is not there: one that is may hold edits.
func writeNew(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fault.Field("--file", "file_there", fmt.Sprintf("Filen %s finns redan. Ange ett annat namn.", name), fmt.Sprintf("The file %s is there already. Give another name.", name))
	}
	if err == nil {
		_, err = f.Write(content)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fault.Field("--file", "file_write", fmt.Sprintf("Filen %s går inte att skriva: finns mappen, och får du skriva där?", name), fmt.Sprintf("The file %s cannot be written: is the folder there, and may you write in it?", name))
	}
	return nil
}

func importSheet(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	municipality := set.String("municipality", "", "kommunens SCB-`kod` (SCB code), som 0581")
	file := set.String("file", "", "`fil`, CSV eller Excel (a file, CSV or Excel)")
	apply := set.Bool("apply", false, "gör ändringarna; annars visas de bara (do it; else it is only shown)")
	owner := set.String("default-owner", "", "`enhet` som äger nya e-tjänster vars rad inte anger någon, vid namn (unit that owns new ones, by name)")
	name := set.String("name", "", "vad ändringen ska heta i historiken (what to call the change)")
	all := set.Bool("all", false, "visa alla rader (show every line)")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	content, err := readSmall(*file, sheet.MaxBytes)
	if err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		in := roster.Spreadsheet{Content: content, Source: filepath.Base(*file), Comment: *name}
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
		if *owner != "" {
			u, err := s.Organisation.OpenUnit(ctx, now, m.ID, *owner)
			if err != nil {
				return placed("--default-owner", err)
			}
			in.DefaultOwner = &u.ID
		}
		plan, err := s.EServices.Roster().Preview(ctx, now, in)
		if err != nil {
			return err
		}
		if *apply {
			session.Close()
			if plan, err = s.EServices.Roster().Import(ctx, in, plan.Fingerprint); err != nil {
				return err
			}
		}
		p.printSheet(plan, *apply, *all)
		return nil
	})
}

// readSmall reads a file, and one byte more than most of a larger one, which its reader
// then refuses.
func readSmall(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.Field("--file", "file", fmt.Sprintf("Filen %s går inte att läsa. Finns den?", name), fmt.Sprintf("The file %s cannot be read. Is it there?", name))
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, most+1))
}

// rowOutcomes are the lines of a spreadsheet's account, in the order that people read them.
var rowOutcomes = []struct {
	outcome roster.Outcome
	name    string
	list    bool
}{
	{roster.New, "nya (new)", true},
	{roster.Changed, "ändrade (changed)", true},
	{roster.Conflict, "ändrade både i filen och i katalogen, lämnas (conflicts)", true},
	{roster.Refused, "avvisade rader (refused)", true},
	{roster.Unchanged, "oförändrade (unchanged)", false},
}

func (p *program) printSheet(plan *roster.Plan, applied, all bool) {
	for _, o := range rowOutcomes {
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
			fmt.Fprintf(p.out, "         rad %d %s\n", line.Row, line.Name)
			for _, c := range line.Cells {
				if line.Outcome != roster.New {
					fmt.Fprintf(p.out, "             %s %s: %s → %s\n", c.Place, c.Heading, c.Before, c.After)
				}
			}
			for _, f := range line.Faults {
				fmt.Fprintf(p.out, "             %s %s: %s\n", f.Place, f.Field, f.Sv)
			}
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
