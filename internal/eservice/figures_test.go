package eservice_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/openeplatform"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

func (w *world) previewFigures(in eservice.Figures) (p *eservice.FigurePlan, err error) {
	w.t.Helper()
	w.present(w.ctx, func(now *postgres.Snapshot) { p, err = w.catalogue.PreviewFigures(w.ctx, now, in) })
	return p, err
}

// figures takes figures in as they were previewed, and tells the lines that do something,
// as "2 NEW Bygglov 2026-01 null→12".
func (w *world) figures(in eservice.Figures) (*eservice.FigurePlan, string) {
	w.t.Helper()
	preview := must(w.previewFigures(in))(w.t)
	plan := must(w.catalogue.ImportFigures(w.ctx, in, preview.Fingerprint))(w.t)
	if got, want := toldFigures(plan), toldFigures(preview); got != want {
		w.t.Errorf("it did\n%s\nwhere the preview told\n%s", got, want)
	}
	return plan, toldFigures(plan)
}

func toldFigures(p *eservice.FigurePlan) string {
	var all []string
	for _, l := range p.Lines {
		if l.Outcome == eservice.Unchanged {
			continue
		}
		text := fmt.Sprintf("%d %s %s", l.Row, l.Outcome, l.Name)
		if l.After != nil {
			before := "null"
			if l.Before != nil {
				before = fmt.Sprint(l.Before.Cases)
			}
			text += fmt.Sprintf(" %s %s→%d", l.After.Month.String()[:7], before, l.After.Cases)
		}
		for _, f := range l.Faults {
			text += fmt.Sprintf(" %s %s %s", f.Place, f.Field, f.Rule)
			if f.Sv == "" || f.En == "" {
				text += " without words"
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

func (w *world) usage(e *eservice.EService) map[string]eservice.Usage {
	w.t.Helper()
	months := map[string]eservice.Usage{}
	w.present(w.ctx, func(now *postgres.Snapshot) {
		for _, u := range must(w.catalogue.UsageOfEach(w.ctx, now, "MONTH", false, []uuid.UUID{e.ID}, page.Args{}))(w.t)[0].Nodes() {
			months[u.Month.String()[:7]] = *u
		}
	})
	return months
}

func TestFiguresComeFromASpreadsheet(t *testing.T) {
	w := newWorld(t)
	permit, school := w.create(w.found("Bygglov", eservice.Live)), w.create(w.found("Skolskjuts", eservice.Live))
	twin := w.found("Skolskjuts", eservice.Live)
	twin.Slug = "skolskjuts-friskola"
	w.create(twin)
	long := eservice.Figures{Municipality: w.home.ID, Comment: "Första kvartalet", Sheet: []byte(
		"Adressnamn;E-tjänst;Månad;Ärenden;Digital andel;Nöjdhet;Kommentar\n" +
			"bygglov;;2026-01;1 200;75 %;4,5;x\n;Bygglov;februari 2026;12;;;\nskolskjuts;;2026-01;;;;\n;Skolskjuts;2026-01;3;;;\n" +
			"finns-inte;;2026-01;3;;;\nbygglov;;2026-01;7;;;\nbygglov;;2026-04;7;;;\nskolskjuts;;förra månaden;7;;;\nskolskjuts;;2026-02;-4;;6;\n;;2026-02;4;;;\n")}
	plan, got := w.figures(long)
	want := strings.Join([]string{
		"2 NEW Bygglov 2026-01 null→1200", "3 NEW Bygglov 2026-02 null→12", "4 REFUSED Skolskjuts D4 cases cases", "5 REFUSED Skolskjuts B5 eService service_ambiguous",
		"6 REFUSED finns-inte A6 eService service_unknown", "7 REFUSED Bygglov D7 month month_twice", "8 REFUSED Bygglov D8 month month_future", "9 REFUSED Skolskjuts C9 month month",
		"10 REFUSED Skolskjuts  cases e_service_usage_cases  satisfaction e_service_usage_satisfaction", "11 REFUSED   eService service_missing",
	}, "\n")
	if got != want {
		t.Errorf("the file did\n%s\nwant\n%s", got, want)
	}
	if plan.Number == nil || len(plan.Ignored) != 1 || plan.Ignored[0] != "Kommentar" {
		t.Errorf("the plan is %+v", plan)
	}
	if u := w.usage(permit)["2026-01"]; u.Cases != 1200 || *u.DigitalShare != 0.75 || *u.Satisfaction != 4.5 || u.Source != eservice.ByHand {
		t.Errorf("the figures are %+v", u)
	}
	before := w.changes()
	if _, again := w.figures(long); strings.Contains(again, "NEW") || w.changes() != before {
		t.Errorf("the same file again did\n%s", again)
	}
	// One column a month; a month without a figure, and what the file does not tell, stay.
	wide := eservice.Figures{Municipality: w.home.ID, Sheet: []byte("Slug;2026-01;feb-26\nbygglov;1300;\nskolskjuts;5;6\n")}
	if _, got := w.figures(wide); got != "2 CHANGED Bygglov 2026-01 1200→1300\n3 NEW Skolskjuts 2026-01 null→5\n3 NEW Skolskjuts 2026-02 null→6" {
		t.Errorf("the wide file did\n%s", got)
	}
	if u := w.usage(permit); u["2026-01"].Cases != 1300 || *u["2026-01"].DigitalShare != 0.75 || u["2026-02"].Cases != 12 || len(w.usage(school)) != 2 {
		t.Errorf("the figures are %+v", u)
	}
	// The list goes by them.
	w.present(w.ctx, func(now *postgres.Snapshot) {
		first := must(w.catalogue.List(w.ctx, now, eservice.Filter{}, "USAGE", true, page.Args{}))(t).Edges[0].Node
		if first.ID != permit.ID {
			t.Errorf("the most used is %s", first.NameSv)
		}
	})
}

// statisticsXML are matters as the platform's statistics tell them, with who sent each in.
const statisticsXML = `<?xml version="1.0" encoding="ISO-8859-1"?>
<FlowInstances>
 <FlowInstance><flowID>11</flowID><created>2026-01-02 10:00</created><submitted>2026-01-02 10:09</submitted><sex>KANARIE kvinna</sex><age>KANARIE 43</age></FlowInstance>
 <FlowInstance><flowID>12</flowID><submitted>2026-01-31 23:59</submitted><poster><user><name>KANARIE Namn</name><email>kanarie@example.se</email><submitted>2026-02-02</submitted></user></poster></FlowInstance>
 <FlowInstance><flowID>12</flowID><submitted>2026-02-15 08:00</submitted></FlowInstance>
 <FlowInstance><flowID>21</flowID><submitted>2026-02-15 08:00</submitted></FlowInstance>
 <FlowInstance><flowID>21</flowID><created>2026-02-15 08:00</created><abortedStep>2</abortedStep></FlowInstance>
 <FlowInstance><flowID>99</flowID><submitted>2026-02-15 08:00</submitted></FlowInstance>
 <FlowInstance><flowID>21</flowID><submitted>KANARIE igår</submitted></FlowInstance>
 <FlowInstance><flowID>KANARIE-2</flowID><submitted>2026-02-15 08:00</submitted></FlowInstance>
 <FlowInstance><flowID>21</flowID><submitted>2026-03-01 08:00</submitted></FlowInstance>
</FlowInstances>`

// TestFiguresComeFromThePlatformsStatistics counts matters by month, and keeps nothing of
// who sent them in: a mark that stands in all such places is looked for everywhere.
func TestFiguresComeFromThePlatformsStatistics(t *testing.T) {
	w := newWorld(t)
	make := func(name string, family int64) *eservice.EService {
		e := w.found(name, eservice.Live)
		e.OepFamilyID = ptr(family)
		return w.create(e)
	}
	permit, school, quiet := make("Bygglov", 1), make("Skolskjuts", 2), make("Eldning", 3)
	must(w.catalogue.RecordUsage(w.ctx, permit.ID, []eservice.Usage{{Month: date.New(2026, time.January, 1), Cases: 40, Source: eservice.ByHand}}))(t)
	in := eservice.Figures{
		Municipality: w.home.ID, Statistics: must(openeplatform.ReadStatistics(t.Context(), strings.NewReader(statisticsXML)))(t),
		From: date.New(2025, time.December, 20), To: date.New(2026, time.March, 15),
		Flows: []openeplatform.Flow{{FamilyID: 1, VersionID: 11}, {FamilyID: 1, VersionID: 12}, {FamilyID: 2, VersionID: 21}, {FamilyID: 3, VersionID: 31}},
	}
	plan, got := w.figures(in)
	want := strings.Join([]string{
		"0 REFUSED 99  eService flow_version",
		"0 KEPT Bygglov 2026-01 40→2", "0 NEW Bygglov 2026-02 null→1", "0 NEW Skolskjuts 2026-01 null→0", "0 NEW Skolskjuts 2026-02 null→1", "0 NEW Eldning 2026-01 null→0", "0 NEW Eldning 2026-02 null→0",
		"7 REFUSED   submitted matter_day", "8 REFUSED   flowID matter_flow",
	}, "\n")
	if got != want {
		t.Errorf("the statistics did\n%s\nwant\n%s", got, want)
	}
	if in.Statistics.Rows != 9 || in.Statistics.Unsent != 1 || len(plan.Months) != 2 {
		t.Errorf("the statistics are %+v of the months %v", in.Statistics, plan.Months)
	}
	if u := w.usage(permit); u["2026-01"].Cases != 40 || u["2026-02"].Source != eservice.FromPlatform || len(w.usage(school)) != 2 || len(w.usage(quiet)) != 2 {
		t.Errorf("the figures are %+v", u)
	}
	in.Overwrite = true
	if _, got := w.figures(in); !strings.Contains(got, "0 CHANGED Bygglov 2026-01 40→2") {
		t.Errorf("with overwrite it did\n%s", got)
	}
	var held string
	for _, table := range []string{"e_service_usage", "history.e_service_usage", "e_service", "change", "gap_episode"} {
		rows := must(w.data.Owner(t).Query(t.Context(), "SELECT x::text FROM "+table+" x"))(t)
		for rows.Next() {
			held += fmt.Sprint(must(rows.Values())(t)...)
		}
		rows.Close()
	}
	for where, text := range map[string]string{"the database": held, "the answer": fmt.Sprintf("%+v", plan.Lines), "what was read": fmt.Sprintf("%+v", in.Statistics)} {
		if strings.Contains(strings.ToLower(text), "kanarie") || where != "what was read" && !strings.Contains(text, permit.ID.String()) {
			t.Errorf("%s holds who somebody is, or nothing at all", where)
		}
		for _, f := range in.Statistics.Faults {
			if strings.Contains(f.Faults.Error()+f.Faults[0].Sv, "KANARIE") {
				t.Errorf("a fault tells %q", f.Faults[0].Sv)
			}
		}
	}
}

func TestFiguresAreTakenInAsTheyWerePreviewed(t *testing.T) {
	w := newWorld(t)
	permit := w.create(w.found("Bygglov", eservice.Live))
	in := eservice.Figures{Municipality: w.home.ID, Sheet: []byte("Slug;2026-01\nbygglov;13\n")}
	seen := must(w.previewFigures(in))(t)
	must(w.catalogue.RecordUsage(w.ctx, permit.ID, []eservice.Usage{{Month: date.New(2026, time.January, 1), Cases: 40, Source: eservice.ByHand}}))(t)
	if _, err := w.catalogue.ImportFigures(w.ctx, in, seen.Fingerprint); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("figures that have changed since the preview give %v", err)
	}
	for who, ctx := range map[string]context.Context{
		"a reader": w.as(w.home, access.Reader), "another municipality's": w.as(w.away, access.CatalogueEditor),
		// It would be told the names and cases of what others do not see.
		"a token that may not read": w.token(w.home, access.CatalogueEditor, access.ScopeCatalogue),
	} {
		if _, err := w.catalogue.ImportFigures(ctx, in, seen.Fingerprint); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s is told %v", who, err)
		}
	}
	for name, in := range map[string]eservice.Figures{
		"no month":       {Sheet: []byte("Slug;Ärenden\nbygglov;3\n")},
		"no e-service":   {Sheet: []byte("Månad;Ärenden\n2026-01;3\n")},
		"no whole month": {From: date.New(2026, time.January, 2), To: date.New(2026, time.February, 27)},
		"backwards":      {From: date.New(2026, time.February, 1), To: date.New(2026, time.January, 31)},
		"under way":      {From: date.New(2026, time.March, 1), To: date.New(2026, time.March, 31)},
	} {
		in.Municipality = w.home.ID
		if _, err := w.previewFigures(in); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatIsNoMonthOrNumberIsToldSo reads cells that only look like what they should be.
func TestWhatIsNoMonthOrNumberIsToldSo(t *testing.T) {
	w := newWorld(t)
	permit := w.create(w.found("Bygglov", eservice.Live))
	plan, got := w.figures(eservice.Figures{Municipality: w.home.ID, Sheet: []byte("Slug;2026-01;2026--1;e-tj-xx;----;2----0-01;2026-13\nbygglov;4;5;6;7;8;9\n")})
	if got != "2 NEW Bygglov 2026-01 null→4" || strings.Join(plan.Ignored, " ") != "2026--1 e-tj-xx ---- 2----0-01 2026-13" {
		t.Errorf("the headings did\n%s\nand %q are ignored", got, plan.Ignored)
	}
	for cell, want := range map[string]string{"2026--1": "month", "2026-1-": "month", "-------": "month", "": "month", "2026-02-02": "month"} {
		if _, got := w.figures(eservice.Figures{Municipality: w.home.ID, Sheet: []byte("Slug;Månad;Ärenden\nbygglov;" + cell + ";4\n")}); got != "2 REFUSED Bygglov B2 month "+want {
			t.Errorf("the month %q did %s", cell, got)
		}
	}
	for cell, want := range map[string]string{"-Inf": "decimal", "NaN": "decimal", "1e400": "cell_rounded", "1000000": "decimal", "6": "e_service_usage_satisfaction"} {
		if _, got := w.figures(eservice.Figures{Municipality: w.home.ID, Sheet: []byte("Slug;Månad;Ärenden;Nöjdhet\nbygglov;2026-02;4;" + cell + "\n")}); !strings.HasSuffix(got, " satisfaction "+want) {
			t.Errorf("the satisfaction %q did %s", cell, got)
		}
	}
	w.figures(eservice.Figures{Municipality: w.home.ID, Sheet: []byte("Slug;Månad;Ärenden;Digital andel\nbygglov;2026-02;4;33,3 %\n")})
	if share := w.usage(permit)["2026-02"].DigitalShare; share == nil || *share != 0.333 {
		t.Errorf("33,3 %% is %v", share)
	}
}
