package gap_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// TestSinceSurvivesOtherEdits holds that an edit that has nothing to do with the gap
// does not make it younger.
func TestSinceSurvivesOtherEdits(t *testing.T) {
	w := newWorld(t)
	id := w.service(func(e *eservice.EService) { e.ContactFunction = nil }).ID
	opened := w.clock.now()
	w.clock.addDays(10)
	w.set(id, func(e *eservice.EService) { e.NameSv = "Ett nytt namn" })
	w.setUnit(w.office.ID, func(u *organisation.Unit) { u.CostCentre = ptr("1234") })
	w.sweep()
	if since, shown := w.shown("ESERVICE_NO_OWNER_ROLE", id); !shown || !since.Equal(opened) {
		t.Errorf("the gap shows %v since %v, want since %v", shown, since, opened)
	}
}

// TestAReopenedGapIsNew holds that a gap that comes back is counted from then.
func TestAReopenedGapIsNew(t *testing.T) {
	w := newWorld(t)
	without := func(e *eservice.EService) { e.ContactFunction = nil }
	id := w.service(without).ID
	first := w.clock.now()
	w.clock.addDays(1)
	w.set(id, func(e *eservice.EService) { e.ContactFunction = ptr("redaktör") })
	mended := w.clock.now()
	w.clock.addDays(1)
	w.set(id, without)
	e := w.episodes("ESERVICE_NO_OWNER_ROLE", id)
	if len(e) != 2 || !e[0].Opened.Equal(first) || e[0].Closed == nil || !e[0].Closed.Equal(mended) || !e[1].Opened.Equal(w.clock.now()) || e[1].Closed != nil {
		t.Errorf("the episodes are %+v, want one closed and one open", e)
	}
	if since, _ := w.shown("ESERVICE_NO_OWNER_ROLE", id); !since.Equal(w.clock.now()) {
		t.Errorf("it shows since %v, want %v", since, w.clock.now())
	}
}

// TestAnArchivedRecordHasNoGaps holds that what is out of the catalogue lacks nothing.
func TestAnArchivedRecordHasNoGaps(t *testing.T) {
	w := newWorld(t)
	e := w.service(func(e *eservice.EService) { e.Published, e.ContactFunction = false, nil })
	must(w.catalogue.Archive(w.ctx, e.ID, e.Version, "Dubblett"))(t)
	if found := append(w.computed(), w.open()...); len(found) > 0 {
		t.Errorf("there are the gaps %v", found)
	}
}

// TestARefusedWriteLeavesTheEpisodes holds that what did not happen opens nothing.
func TestARefusedWriteLeavesTheEpisodes(t *testing.T) {
	w := newWorld(t)
	e := w.service(nothing)
	refused := errors.New("refused")
	err := w.gaps.Journal.Write(w.ctx, "test", "", func(tx *postgres.Tx) error {
		e.ContactFunction = nil
		if _, err := eservice.Keep(w.ctx, tx, e); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) || len(w.open()) > 0 {
		t.Errorf("after %v there are the episodes %v", err, w.open())
	}
}

// TestEpisodesEqualARecomputation makes 200 changes by chance, in a fixed order: the
// open episodes are at each step the gaps that the records have, and a computation
// anew finds nothing to add or close.
func TestEpisodesEqualARecomputation(t *testing.T) {
	if testing.Short() {
		t.Skip("writes one after another, for long")
	}
	w := newWorld(t)
	chance := rand.New(rand.NewPCG(1, 2))
	units := []uuid.UUID{w.office.ID, w.other.ID}
	services := []uuid.UUID{w.service(nothing).ID}
	one := func(ids []uuid.UUID) *uuid.UUID { return &ids[chance.IntN(len(ids))] }
	maybe := func(ids []uuid.UUID) *uuid.UUID {
		if chance.IntN(2) == 0 {
			return nil
		}
		return one(ids)
	}
	recent := func() *date.Date { return ptr(date.Of(w.clock.now()).AddDays(chance.IntN(60) - 40)) }
	edit := func(set func(*eservice.EService)) error {
		id := *one(services)
		_, err := w.catalogue.Update(w.ctx, id, w.version("e_service", id), set)
		return err
	}
	restructure := func(set func(*organisation.Unit)) error {
		id := *one(units)
		_, err := w.organisation.UpdateUnit(w.ctx, id, w.version("unit", id), set)
		return err
	}
	steps := []func() error{
		func() error {
			u, err := w.organisation.CreateUnit(w.ctx, organisation.Unit{MunicipalityID: w.home.ID, NameSv: fmt.Sprint("Enhet ", len(units)), Type: organisation.PlainUnit, ParentID: maybe(units)})
			if err == nil {
				units = append(units, u.ID)
			}
			return err
		},
		func() error {
			e := w.complete()
			e.NameSv, e.OwnerUnitID, e.Published = fmt.Sprint("Tjänst ", len(services)), *one(units), false
			made, err := w.catalogue.Create(w.ctx, e)
			if err == nil {
				services = append(services, made.ID)
			}
			return err
		},
		func() error { return restructure(func(u *organisation.Unit) { u.ParentID = maybe(units) }) },
		func() error {
			return restructure(func(u *organisation.Unit) { u.ValidTo, u.SuccessorID = recent(), maybe(units) })
		},
		func() error { return restructure(reopen) },
		func() error { return restructure(func(u *organisation.Unit) { u.ArchivedAt = ptr(w.clock.now()) }) },
		func() error { return restructure(func(u *organisation.Unit) { u.ArchivedAt = nil }) },
		func() error { return edit(func(e *eservice.EService) { e.OwnerUnitID = *one(units) }) },
		func() error { return edit(func(e *eservice.EService) { e.ContactFunction = nil }) },
		func() error { return edit(func(e *eservice.EService) { e.ContactFunction = ptr("redaktör") }) },
		func() error {
			return edit(func(e *eservice.EService) { e.LegalBasis, e.LegalBasisVerifiedOn = ptr("Lag"), recent() })
		},
		func() error { return edit(func(e *eservice.EService) { e.PersonalData = nil }) },
		func() error { return edit(func(e *eservice.EService) { e.OepMissingSince = recent() }) },
		func() error { return edit(func(e *eservice.EService) { e.Published = !e.Published }) },
		func() error { return edit(func(e *eservice.EService) { e.ArchivedAt = ptr(w.clock.now()) }) },
		func() error { return edit(func(e *eservice.EService) { e.ArchivedAt = nil }) },
		func() error {
			id := *one(services)
			to := []eservice.Status{eservice.PhasingOut, eservice.Retired, eservice.Live, eservice.Pilot}[chance.IntN(4)]
			_, err := w.catalogue.Step(w.ctx, id, w.version("e_service", id), eservice.Transition{To: to, RetirementReason: ptr("Ersatt"), Comment: "Skäl"})
			return err
		},
		func() error {
			w.clock.addDays(chance.IntN(40) + 1)
			w.sweep()
			return nil
		},
	}
	made := 0
	for tries := 0; made < 200; tries++ {
		if tries > 1000 {
			t.Fatalf("only %d changes of %d were let through", made, tries)
		}
		n := chance.IntN(len(steps))
		switch err := steps[n](); {
		case err == nil:
			made++
		case fault.CodeOf(err) == fault.Invalid:
			continue // a rule of the domain was in the way
		default:
			t.Fatal(err)
		}
		if open, computed := w.open(), w.computed(); !slices.Equal(open, computed) {
			t.Fatalf("after change %d, of kind %d, the episodes are\n%v\nand the gaps are\n%v", made, n, open, computed)
		}
	}
	if len(w.open()) == 0 {
		t.Error("there is not one gap in the end: nothing was tried")
	}
	before := w.all()
	if err := w.gaps.Journal.Write(w.ctx, "recompute", "", func(tx *postgres.Tx) error { return w.gaps.Recompute(w.ctx, tx) }); err != nil {
		t.Fatal(err)
	}
	if after := w.all(); !slices.Equal(after, before) {
		t.Errorf("computed anew the episodes are\n%v\nand were\n%v", after, before)
	}
}

// all lists every episode as text.
func (w *world) all() []string {
	w.t.Helper()
	var all []string
	w.read(func(r *postgres.Snapshot) (err error) {
		all, err = postgres.Values[string](w.ctx, r, "SELECT to_jsonb(x)::text FROM gap_episode x ORDER BY x.id", nil)
		return err
	})
	return all
}

// TestRulesThatAreNoMore holds that a rule taken out of the program leaves no open
// episode, and that the sweep sees at once that the rules are others.
func TestRulesThatAreNoMore(t *testing.T) {
	w := newWorld(t)
	id := w.service(func(e *eservice.EService) { e.ContactFunction = nil }).ID
	w.sweep()
	w.gaps.Rules = slices.DeleteFunc(rules(), func(r gap.Rule) bool { return r.Code == "ESERVICE_NO_OWNER_ROLE" })
	if !w.sweep() {
		t.Error("the sweep did not run for the new rules")
	}
	if e := w.episodes("ESERVICE_NO_OWNER_ROLE", id); len(e) != 1 || e[0].Closed == nil {
		t.Errorf("the episodes are %+v, want one that is closed", e)
	}
}

// TestSweepRunsOnceADay runs it twice on a day and on the next one.
func TestSweepRunsOnceADay(t *testing.T) {
	w := newWorld(t)
	if !w.sweep() || w.sweep() {
		t.Error("the sweep is to run the first time of a day, and only then")
	}
	w.clock.at = date.Of(w.clock.now()).At(23, 59)
	if w.sweep() {
		t.Error("the sweep ran again the same day")
	}
	w.clock.at = w.clock.at.Add(time.Minute) // midnight in Stockholm, not in UTC
	if !w.sweep() {
		t.Error("the sweep did not run on the next day")
	}
	w.read(func(r *postgres.Snapshot) error {
		last, err := gap.LastSweep(w.ctx, r, r.Change+1)
		if err != nil {
			return err
		}
		if last == nil || !last.At.Equal(w.clock.now()) || last.Number != r.Change || last.Rules == "" {
			t.Errorf("the last sweep is %+v", last)
		}
		earlier, err := gap.LastSweep(w.ctx, r, last.Number)
		if err == nil && (earlier == nil || earlier.Number >= last.Number) {
			t.Errorf("the one before it is %+v", earlier)
		}
		return err
	})
}

// TestOneOfSeveralSweeps starts the sweep in four processes at once, day after day.
func TestOneOfSeveralSweeps(t *testing.T) {
	w := newWorld(t)
	var processes []*gap.Service
	for range 4 {
		processes = append(processes, services(w.data.Open(t, w.clock.now)))
	}
	for range 5 {
		w.clock.addDays(1)
		ran := make(chan bool)
		for _, p := range processes {
			go func() {
				made, err := p.SweepDaily(context.WithoutCancel(t.Context()))
				if err != nil {
					t.Error(err)
				}
				ran <- made
			}()
		}
		sum := 0
		for range processes {
			if <-ran {
				sum++
			}
		}
		if sum != 1 {
			t.Errorf("%d processes made the sweep", sum)
		}
	}
}

// TestSeries counts the gaps that came, went and stood month by month, by Stockholm's
// calendar.
func TestSeries(t *testing.T) {
	w := newWorld(t)
	without := func(e *eservice.EService) { e.ContactFunction = nil }
	with := func(e *eservice.EService) { e.ContactFunction = ptr("redaktör") }
	w.clock.to("2024-05-31")
	w.clock.at = w.clock.at.Add(10*time.Hour + 59*time.Minute) // 22:59 in Stockholm
	first := w.service(without).ID
	w.clock.at = w.clock.at.Add(2 * time.Hour) // past midnight there, May in UTC
	second := w.service(without).ID
	w.clock.to("2024-06-10")
	w.set(first, with)
	w.clock.to("2024-06-20")
	w.set(first, without)
	w.service(func(e *eservice.EService) { e.OepUnstableKey = true })
	w.clock.to("2024-08-05")
	w.set(second, with)
	series := func(ctx context.Context, f gap.SeriesFilter, months int) (text []string) {
		t.Helper()
		w.read(func(r *postgres.Snapshot) error {
			all, err := w.gaps.Series(ctx, r, f, months)
			for _, m := range all {
				text = append(text, fmt.Sprintf("%s +%d -%d =%d", m.Month, m.Opened, m.Closed, m.Open))
			}
			return err
		})
		return text
	}
	for _, c := range []struct {
		name   string
		filter gap.SeriesFilter
		want   []string
	}{
		{"all", gap.SeriesFilter{}, []string{"2024-04 +0 -0 =0", "2024-05 +1 -0 =1", "2024-06 +3 -1 =3", "2024-07 +0 -0 =3", "2024-08 +0 -1 =2"}},
		{"a rule", gap.SeriesFilter{Codes: []string{"OEP_UNSTABLE_KEY"}}, []string{"2024-04 +0 -0 =0", "2024-05 +0 -0 =0", "2024-06 +1 -0 =1", "2024-07 +0 -0 =1", "2024-08 +0 -0 =1"}},
		{"a severity", gap.SeriesFilter{Severities: []gap.Severity{gap.High}}, []string{"2024-04 +0 -0 =0", "2024-05 +1 -0 =1", "2024-06 +2 -1 =2", "2024-07 +0 -0 =2", "2024-08 +0 -1 =1"}},
		{"a municipality", gap.SeriesFilter{Municipalities: []string{"0580"}}, []string{"2024-04 +0 -0 =0", "2024-05 +0 -0 =0", "2024-06 +0 -0 =0", "2024-07 +0 -0 =0", "2024-08 +0 -0 =0"}},
	} {
		if got := series(w.ctx, c.filter, 5); !slices.Equal(got, c.want) {
			t.Errorf("of %s the months are\n%v, want\n%v", c.name, got, c.want)
		}
	}
	// Who is nobody sees those of what is published: the last one alone.
	for _, id := range []uuid.UUID{first, second} {
		w.set(id, unpublished)
	}
	if got, want := series(t.Context(), gap.SeriesFilter{}, 3), []string{"2024-06 +1 -0 =1", "2024-07 +0 -0 =1", "2024-08 +0 -0 =1"}; !slices.Equal(got, want) {
		t.Errorf("to nobody the months are\n%v, want\n%v", got, want)
	}
}

// TestGapsShowWhereTheRecordDoes lists and counts gaps as callers of each kind.
func TestGapsShowWhereTheRecordDoes(t *testing.T) {
	w := newWorld(t)
	without := func(published bool, visibility eservice.Visibility) uuid.UUID {
		return w.service(func(e *eservice.EService) {
			e.ContactFunction, e.Published, e.Visibility = nil, published, visibility
		}).ID
	}
	open := without(true, eservice.Public)
	shared := without(true, eservice.Collaboration)
	inside := without(true, eservice.Municipality)
	draft := without(false, eservice.Public)
	elsewhere := uuid.Must(uuid.NewV7())
	code := gap.Filter{Codes: []string{"ESERVICE_NO_OWNER_ROLE"}}
	for name, c := range map[string]struct {
		caller access.Caller
		want   []uuid.UUID
	}{
		"nobody":    {access.Caller{}, []uuid.UUID{open}},
		"a partner": {access.Caller{Kind: access.User, ID: "1", Municipality: elsewhere, Partners: []uuid.UUID{elsewhere, w.home.ID}}, []uuid.UUID{open, shared}},
		"its own":   {access.Caller{Kind: access.User, ID: "2", Municipality: w.home.ID}, []uuid.UUID{open, shared, inside, draft}},
	} {
		ctx := access.With(t.Context(), c.caller)
		var seen []uuid.UUID
		for _, g := range w.list(ctx, code) {
			seen = append(seen, g.ObjectID)
			if g.Rule != code.Codes[0] || g.ObjectKind != "e_service" || g.Municipality != w.home.ID || g.Unit == nil || *g.Unit != w.office.ID {
				t.Errorf("%s sees the gap %+v", name, g)
			}
		}
		ids := func(all []uuid.UUID) []string {
			var texts []string
			for _, id := range all {
				texts = append(texts, id.String())
			}
			slices.Sort(texts)
			return texts
		}
		if !slices.Equal(ids(seen), ids(c.want)) {
			t.Errorf("%s sees gaps of %v, want of %v", name, seen, c.want)
		}
		w.read(func(r *postgres.Snapshot) error {
			list, err := w.gaps.List(ctx, r, code, "SEVERITY", false, page.Args{First: ptr(1)})
			if err != nil {
				return err
			}
			if total, err := list.TotalCount(ctx); err != nil || total != len(c.want) {
				t.Errorf("%s counts %d, %v, want %d", name, total, err, len(c.want))
			}
			facets, err := list.Facets(ctx, []string{"CODE", "SEVERITY", "UNIT", "MUNICIPALITY", "OBJECT_KIND"})
			for _, f := range facets {
				if f.Name == "CODE" {
					continue // is counted over all rules
				}
				if len(f.Values) != 1 || f.Values[0].Count != len(c.want) || f.Values[0].Sv == "" || f.Values[0].En == "" {
					t.Errorf("%s counts by %s %+v, want %d", name, f.Name, f.Values, len(c.want))
				}
			}
			if err != nil {
				return err
			}
			each, err := w.gaps.OfEach(ctx, r, "e_service", code, "SINCE", false, []uuid.UUID{open, shared, inside, draft}, page.Args{})
			for i, id := range []uuid.UUID{open, shared, inside, draft} {
				if got, want := len(each[i].Edges) > 0, slices.Contains(c.want, id); got != want {
					t.Errorf("%s sees the gap of record %d: %v", name, i, got)
				}
			}
			return err
		})
	}
}

// TestListOrdersAndFilters reads the list in every order and by every filter: computed,
// and as it is remembered when all gaps have been gone through.
func TestListOrdersAndFilters(t *testing.T) {
	w := newWorld(t)
	w.service(func(e *eservice.EService) { e.ContactFunction, e.OepUnstableKey = nil, true })
	w.clock.addDays(1)
	w.service(func(e *eservice.EService) { e.PersonalData, e.OwnerUnitID = nil, w.other.ID })
	codes := func(f gap.Filter, o gap.Order, desc bool) (got []string) {
		t.Helper()
		w.read(func(r *postgres.Snapshot) error {
			c, err := w.gaps.List(w.ctx, r, f, o, desc, page.Args{})
			for _, g := range c.Nodes() {
				got = append(got, g.Rule)
			}
			return err
		})
		return got
	}
	const high, medium, low = "ESERVICE_NO_OWNER_ROLE", "ESERVICE_PERSONAL_DATA_UNKNOWN", "OEP_UNSTABLE_KEY"
	for _, c := range []struct {
		filter gap.Filter
		order  gap.Order
		desc   bool
		want   []string
		any    bool // ties are in the order of their ids
	}{
		{gap.Filter{}, "SEVERITY", false, []string{high, medium, low}, false},
		{gap.Filter{}, "SEVERITY", true, []string{low, medium, high}, false},
		{gap.Filter{}, "CODE", false, []string{high, medium, low}, false},
		{gap.Filter{}, "SINCE", true, []string{medium, high, low}, true},
		{gap.Filter{}, "UNIT", false, []string{medium, high, low}, true},
		{gap.Filter{}, "MUNICIPALITY", false, []string{high, low, medium}, true},
		{gap.Filter{Severities: []gap.Severity{gap.High, gap.Low}}, "SEVERITY", false, []string{high, low}, false},
		{gap.Filter{Units: []uuid.UUID{w.other.ID}}, "SEVERITY", false, []string{medium}, false},
		{gap.Filter{Municipalities: []string{"0580"}}, "SEVERITY", false, nil, false},
		{gap.Filter{Kinds: []string{"UNIT"}}, "SEVERITY", false, nil, false},
		{gap.Filter{Codes: []string{low}, Municipalities: []string{"0581"}, Kinds: []string{"E_SERVICE"}}, "SEVERITY", false, []string{low}, false},
	} {
		got := codes(c.filter, c.order, c.desc)
		w.sweep()
		if remembered := codes(c.filter, c.order, c.desc); !slices.Equal(remembered, got) {
			t.Errorf("%+v by %s, descending %v, is remembered as %v, and computed as %v", c.filter, c.order, c.desc, remembered, got)
		}
		w.clock.addDays(1) // so that the next is computed again
		first := len(got) > 0 && got[0] == c.want[0]
		if c.any {
			slices.Sort(got)
			slices.Sort(c.want)
			first = first || c.order == "MUNICIPALITY" || c.order == "SINCE" && c.desc
		}
		if !slices.Equal(got, c.want) || c.any && !first {
			t.Errorf("%+v by %s, descending %v, gives %v, want %v", c.filter, c.order, c.desc, got, c.want)
		}
	}
}

// TestTodaysGapsAreRemembered loses an episode, which shows whether a list is computed.
func TestTodaysGapsAreRemembered(t *testing.T) {
	w := newWorld(t)
	w.service(func(e *eservice.EService) { e.ContactFunction = nil })
	lose := func() {
		t.Helper()
		if err := w.gaps.Journal.Write(w.ctx, "lose", "", func(tx *postgres.Tx) error {
			_, err := tx.Exec(w.ctx, "UPDATE gap_episode SET closed_at = instant() WHERE closed_at IS NULL", nil)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	shown := func(f gap.Filter) int { return len(w.list(w.ctx, f)) }
	lose()
	if n := shown(gap.Filter{}); n != 1 {
		t.Errorf("before the day's run %d gaps are shown, want the one that is computed", n)
	}
	w.sweep()
	if n := shown(gap.Filter{}); n != 1 {
		t.Errorf("after the day's run %d gaps are shown, want the one that it has found", n)
	}
	lose()
	if remembered, computed := shown(gap.Filter{}), shown(gap.Filter{Waived: true}); remembered != 0 || computed != 1 {
		t.Errorf("of a lost one %d are remembered and %d computed, want none and one", remembered, computed)
	}
	// A release beside this one has a rule of its own.
	if err := w.gaps.Journal.Write(w.ctx, "beside", "", func(tx *postgres.Tx) error {
		_, err := tx.Exec(w.ctx, `INSERT INTO gap_episode (id, rule, object_kind, object_id, municipality_id, opened_at)
			SELECT uuid_v7(), 'OF_ANOTHER_RELEASE', 'e_service', x.id, x.municipality_id, instant() FROM e_service x`, nil)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n := shown(gap.Filter{}); n != 0 {
		t.Errorf("%d gaps by a rule that is not known here are shown", n)
	}
	w.clock.addDays(1)
	if n := shown(gap.Filter{}); n != 1 {
		t.Errorf("the next day %d gaps are shown before its run, want the one that is computed", n)
	}
}

// TestGapsOfThePast reads the gaps as they were, by today's rules.
func TestGapsOfThePast(t *testing.T) {
	w := newWorld(t)
	id := w.service(func(e *eservice.EService) { e.ContactFunction = nil }).ID
	opened := w.clock.now()
	w.clock.addDays(10)
	w.set(id, func(e *eservice.EService) { e.ContactFunction = ptr("redaktör") })
	session := w.db.Session()
	defer session.Close()
	snap := must(session.AsOf(w.ctx, opened.AddDate(0, 0, 5), nil))(t)
	c := must(w.gaps.List(w.ctx, snap, gap.Filter{}, "CODE", false, page.Args{}))(t)
	if len(c.Edges) != 1 || c.Edges[0].Node.Rule != "ESERVICE_NO_OWNER_ROLE" || !c.Edges[0].Node.Since.Equal(opened) {
		t.Errorf("the past has the gaps %+v", c.Nodes())
	}
	if now := w.computed(); len(now) > 0 {
		t.Errorf("the present has the gaps %v", now)
	}
	// What the date alone makes a gap is judged by the date of then.
	if e := w.list(w.ctx, gap.Filter{Codes: []string{"ESERVICE_LEGAL_BASIS_STALE"}}); len(e) > 0 {
		t.Errorf("the legal basis is stale: %v", e)
	}
}
