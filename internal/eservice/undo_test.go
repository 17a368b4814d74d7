package eservice_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/roster"
)

// told tells an undo's lines, as "RESTORED Ett name_sv; kept url".
func told(p *roster.UndoPlan) string {
	var all []string
	for _, l := range p.Lines {
		text := fmt.Sprintf("%s %s", l.Outcome, l.Name)
		for _, f := range l.Restored {
			text += " " + f.Column
		}
		for _, f := range l.Kept {
			text += " kept:" + f.Column
		}
		if l.Drafted {
			text += " draft:" + strings.Join(l.InDraft, ",")
		}
		for _, f := range l.Faults {
			text += " " + f.Rule
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func (w *world) undo(number int64, want string) *roster.UndoPlan {
	w.t.Helper()
	u := roster.Undo{Municipality: w.home.ID, Change: number, Comment: "Fel fil"}
	before := w.changes()
	preview := must(w.catalogue.Roster().PreviewUndo(w.ctx, u))(w.t)
	if preview.Number != nil || w.changes() != before {
		w.t.Error("a preview changes something")
	}
	plan := must(w.catalogue.Roster().UndoChange(w.ctx, u))(w.t)
	if got := told(plan); got != want {
		w.t.Errorf("the undo made\n%s\nwant\n%s", got, want)
	}
	if made := w.changes() - before; (plan.Number != nil) != (made == 1) || plan.Number != nil && *plan.Number != w.changes() {
		w.t.Errorf("the undo made %d changes; its number: %v", made, plan.Number)
	}
	return plan
}

// TestAnImportIsUndone takes back two imports with edits between and after, and the
// undoing itself.
func TestAnImportIsUndone(t *testing.T) {
	w := newWorld(t)
	first := w.apply(w.of(read(t, asJSON(t, named(1, "Ett"), named(2, "Två"), named(3, "Tre"), named(4, "Fyra"))))).Run.ChangedIn
	w.apply(w.of(read(t, asJSON(t, named(1, "Ett B"), named(2, "Två B"), named(3, "Tre B"), named(4, "Fyra"), named(5, "Fem")))))
	second := w.changes()
	edit := func(family int64, set func(*eservice.EService)) {
		e := w.imported()[family]
		must(w.catalogue.Update(w.ctx, e.ID, e.Version, set))(t)
	}
	edit(2, func(e *eservice.EService) { e.NameSv = "Två, vårt" })
	edit(3, func(e *eservice.EService) { e.FeeSv = ptr("Gratis") })
	edit(5, func(e *eservice.EService) { e.Audiences = []eservice.Audience{"COMPANY"}; e.LaunchedOn = ptr(day(w)) })
	e := w.imported()[5]
	must(w.catalogue.Publish(w.ctx, e.ID, e.Version, true, ""))(t)
	undone := w.undo(second, "ARCHIVED Fem archived_at published kept:audiences kept:launched_on; RESTORED Ett B name_sv; RESTORED Tre B name_sv; RESTORED Två, vårt kept:name_sv")
	for family, want := range map[int64]string{1: "Ett", 2: "Två, vårt", 3: "Tre", 5: "Fem"} {
		e := e // the archived one is not among the others
		if family != 5 {
			e = w.imported()[family]
		}
		if e = w.read(e); e.NameSv != want || (e.ArchivedAt != nil) != (family == 5) || e.Published {
			t.Errorf("%d is %+v, want %s", family, e, want)
		}
	}
	if w.imported()[3].FeeSv == nil {
		t.Error("what was edited of another field is gone")
	}
	if again := w.undo(second, "KEPT Två, vårt kept:name_sv; UNCHANGED Ett; UNCHANGED Fem; UNCHANGED Tre"); again.Number != nil {
		t.Error("it is undone twice")
	}
	// The undoing is undone, and the platform's names are followed anew by an import.
	w.undo(*undone.Number, "RESTORED Ett name_sv; RESTORED Fem archived_at published; RESTORED Tre name_sv; RESTORED Två, vårt")
	if e := w.imported()[5]; !e.Published || e.ArchivedAt != nil {
		t.Errorf("it is %+v", e)
	}
	// One that has become another stays.
	edit(4, func(e *eservice.EService) {
		e.NameSv, e.URL, e.SummarySv, e.DescriptionSv, e.OepCategory = "Annat", ptr("https://example.se/annat"), ptr("Annat"), nil, nil
		e.RequiresAuthentication, e.RequiresSigning, e.TakesPayment, e.Slug = ptr(false), ptr(false), ptr(true), "annat"
	})
	plan := must(w.catalogue.Roster().PreviewUndo(w.ctx, roster.Undo{Municipality: w.home.ID, Change: first}))(t)
	if plan.Counts[roster.StaysEdited] != 1 || plan.Counts[roster.TakenOut] != 3 {
		t.Errorf("the undo would make %s", told(plan))
	}
}

// TestAnUndoTellsOfOpenDrafts, which stay: one of a field that goes back shows the
// conflict, and one of an e-service that is archived is told of too.
func TestAnUndoTellsOfOpenDrafts(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, named(1, "Ett"), named(2, "Två")))))
	w.apply(w.of(read(t, asJSON(t, named(1, "Ett B"), named(2, "Två B"), named(3, "Tre")))))
	number := w.changes()
	must(w.draft(w.imported()[1], func(e *eservice.EService) { e.NameSv, e.FeeSv = "Ett C", ptr("50 kr") }))(t)
	must(w.draft(w.imported()[3], func(e *eservice.EService) { e.FeeSv = ptr("50 kr") }))(t)
	w.undo(number, "ARCHIVED Tre archived_at draft:; RESTORED Ett B name_sv draft:name_sv; RESTORED Två B name_sv")
	w.shows(w.imported()[1], `OPEN name_sv:"Ett B"/"Ett"/"Ett C"! fee_sv:null/null/"50 kr"`)
}

// TestAnUndoThatARuleRefuses leaves the record as it is and takes back the others.
func TestAnUndoThatARuleRefuses(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, named(1, "Ett"), named(2, "Två")))))
	for _, e := range w.imported() {
		must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.Audiences = []eservice.Audience{"COMPANY"}; e.LaunchedOn = ptr(day(w)) }))(t)
	}
	// The platform gives a summary to one that had none.
	bare := func(family int, name string) flow {
		f := named(family, name)
		f.ShortDescription = ""
		return f
	}
	w.apply(w.of(read(t, asJSON(t, bare(1, "Ett"), bare(2, "Två")))))
	w.apply(w.of(read(t, asJSON(t, named(1, "Ett"), named(2, "Två")))))
	number := w.changes()
	e := w.imported()[1]
	must(w.catalogue.Publish(w.ctx, e.ID, e.Version, true, ""))(t)
	w.undo(number, "REFUSED Ett e_service_published_summary; RESTORED Två summary_sv")
	if e := w.imported()[1]; e.SummarySv == nil || !e.Published {
		t.Errorf("what was refused is %+v", e)
	}
}

// TestAnUndoToAnOwnerThatHasClosed is told by the preview, and takes back the others.
func TestAnUndoToAnOwnerThatHasClosed(t *testing.T) {
	w := newWorld(t)
	for _, e := range []eservice.EService{w.found("Ett", eservice.Live), w.found("Två", eservice.Idea)} {
		w.create(e)
	}
	done := w.editMany(eservice.BulkEdit{Filter: &eservice.Filter{}, Set: func(e *eservice.EService) { e.OwnerUnitID = w.school.ID }},
		fmt.Sprintf("CHANGED Ett ownerUnit %[1]q→%[2]q; CHANGED Två ownerUnit %[1]q→%[2]q", w.office.ID, w.school.ID))
	must(w.organisation.CloseUnit(w.ctx, w.office.ID, w.office.Version, day(w).AddDays(-1), nil, ""))(t)
	const want = "REFUSED Ett e_service_live_owner_valid; RESTORED Två owner_unit_id"
	preview := must(w.catalogue.Roster().PreviewUndo(w.ctx, roster.Undo{Municipality: w.home.ID, Change: *done.Number}))(t)
	if got := told(preview); got != want {
		t.Errorf("the preview tells %s, want %s", got, want)
	}
	w.undo(*done.Number, want)
}

// TestAnUndoWaitsForAnother looks again when another change has come before its own.
func TestAnUndoWaitsForAnother(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, named(1, "Ett"), named(2, "Två")))))
	w.apply(w.of(read(t, asJSON(t, named(1, "Ett B"), named(2, "Två B")))))
	number := w.changes()
	answer := make(chan string, 1)
	err := w.gaps.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) error {
		go func() {
			plan, err := w.catalogue.Roster().UndoChange(w.ctx, roster.Undo{Municipality: w.home.ID, Change: number, Comment: "Fel fil"})
			if err != nil {
				answer <- err.Error()
				return
			}
			answer <- told(plan)
		}()
		w.untilOneWaits(func() bool { return len(answer) > 0 })
		meanwhile := *w.imported()[1]
		meanwhile.NameSv = "Ett, vårt"
		_, err := eservice.Keep(w.ctx, tx, &meanwhile)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got != "RESTORED Ett, vårt kept:name_sv; RESTORED Två B name_sv" || w.imported()[1].NameSv != "Ett, vårt" {
		t.Errorf("it tells %s, and the first is called %s", got, w.imported()[1].NameSv)
	}
}

// TestWhatCannotBeUndone tells why.
func TestWhatCannotBeUndone(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, named(1, "Ett")))))
	number := w.changes()
	e := w.imported()[1]
	must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.NameSv = "Två" }))(t)
	edited := w.changes()
	for _, c := range []struct {
		what string
		u    roster.Undo
		code fault.Code
		rule string
	}{
		{"an edit by hand", roster.Undo{Municipality: w.home.ID, Change: edited, Comment: "Fel"}, fault.Invalid, "undo_operation"},
		{"without a comment", roster.Undo{Municipality: w.home.ID, Change: number, Comment: " "}, fault.Invalid, "undo_comment"},
		{"of another municipality", roster.Undo{Municipality: w.away.ID, Change: number, Comment: "Fel"}, fault.NotFound, ""},
		{"that has not been", roster.Undo{Municipality: w.home.ID, Change: edited + 1, Comment: "Fel"}, fault.NotFound, ""},
		{"before any", roster.Undo{Municipality: w.home.ID, Comment: "Fel"}, fault.NotFound, ""},
	} {
		_, err := w.catalogue.Roster().UndoChange(w.ctx, c.u)
		if all := fault.All(err); fault.CodeOf(err) != c.code || len(all) != 1 || c.rule != "" && all[0].Rule != c.rule {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	for _, ctx := range []access.Role{access.Reader, access.Director} {
		if _, err := w.catalogue.Roster().PreviewUndo(w.as(w.home, ctx), roster.Undo{Municipality: w.home.ID, Change: number}); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", ctx, err)
		}
	}
	if w.changes() != edited {
		t.Error("what was refused has changed something")
	}
}

func day(w *world) date.Date { return date.Of(w.now()) }
