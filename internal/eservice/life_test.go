package eservice_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

func TestALifeCycleTakesItsStepsAndNoOthers(t *testing.T) {
	w := newWorld(t)
	session := w.db.Session()
	steps := must(eservice.Steps(w.ctx, must(session.Present(w.ctx))(t)))(t)
	session.Close()
	allowed := map[[2]eservice.Status]bool{} // whether it goes backwards
	for from, all := range steps {
		for _, step := range all {
			allowed[[2]eservice.Status{from, step.To}] = step.Backwards
		}
	}
	if len(allowed) != 25 {
		t.Fatalf("%d steps", len(allowed))
	}
	for _, from := range eservice.Codes()["STATUS"] {
		for _, to := range eservice.Codes()["STATUS"] {
			name := from.Value + " to " + to.Value
			backwards, ok := allowed[[2]eservice.Status{eservice.Status(from.Value), eservice.Status(to.Value)}]
			e := w.create(w.found(name, eservice.Status(from.Value)))
			step := eservice.Transition{To: eservice.Status(to.Value), RetirementReason: ptr("Ersatt")}
			saved, err := w.catalogue.Step(w.ctx, e.ID, e.Version, step)
			switch {
			case !ok:
				broken(t, err, "e_service_step")
				step.Comment = "Därför"
				_, err = w.catalogue.Step(w.ctx, e.ID, e.Version, step)
				broken(t, err, "e_service_step")
			case backwards:
				broken(t, err, "e_service_step_back_comment")
				step.Comment = "   "
				_, err = w.catalogue.Step(w.ctx, e.ID, e.Version, step)
				broken(t, err, "e_service_step_back_comment")
				step.Comment = "Därför"
				saved, err = w.catalogue.Step(w.ctx, e.ID, e.Version, step)
			}
			if ok && (err != nil || saved.Status != step.To || saved.Version != 2) {
				t.Errorf("%s: %+v, %v", name, saved, err)
			}
			if now := w.read(e); !ok && (now.Version != 1 || now.Status != eservice.Status(from.Value)) {
				t.Errorf("%s: a refused step leaves %s in version %d", name, now.Status, now.Version)
			}
			if t.Failed() {
				t.Fatalf("at %s", name)
			}
		}
	}
}

func TestAStepKeepsTheDaysOfLaunchAndRetirement(t *testing.T) {
	w := newWorld(t)
	today := date.Of(w.now())
	first := today.AddDays(-100)
	e := w.create(w.found("Bygglov", eservice.Pilot))
	step := func(tr eservice.Transition) {
		t.Helper()
		e = must(w.catalogue.Step(w.ctx, e.ID, e.Version, tr))(t)
	}
	step(eservice.Transition{To: eservice.Live, On: &first})
	if e.LaunchedOn == nil || *e.LaunchedOn != first {
		t.Errorf("launched on %v, want %v", e.LaunchedOn, first)
	}
	step(eservice.Transition{To: eservice.PhasingOut})
	step(eservice.Transition{To: eservice.Live, Comment: "Ångrat"})
	if *e.LaunchedOn != first {
		t.Errorf("live again moves the launch to %v", e.LaunchedOn)
	}
	step(eservice.Transition{To: eservice.PhasingOut})
	_, err := w.catalogue.Step(w.ctx, e.ID, e.Version, eservice.Transition{To: eservice.Retired})
	broken(t, err, "e_service_retired_complete")
	_, err = w.catalogue.Step(w.ctx, e.ID, e.Version, eservice.Transition{To: eservice.Retired, RetirementReason: ptr("Ersatt"), On: ptr(first.AddDays(-1))})
	broken(t, err, "e_service_retired_after_launch")
	_, err = w.catalogue.Step(w.ctx, e.ID, e.Version, eservice.Transition{To: eservice.Retired, RetirementReason: ptr("Ersatt"), ReplacedByID: &e.ID})
	broken(t, err, "e_service_replaced_by_not_self")
	next := w.create(eservice.EService{MunicipalityID: w.home.ID, OwnerUnitID: w.office.ID, NameSv: "Nya bygglov"})
	step(eservice.Transition{To: eservice.Retired, RetirementReason: ptr("Ersatt"), ReplacedByID: &next.ID})
	if *e.RetiredOn != today || *e.RetirementReason != "Ersatt" || *e.ReplacedByID != next.ID {
		t.Errorf("retired as %+v", e)
	}
	step(eservice.Transition{To: eservice.Live, Comment: "Behövs ändå"})
	if e.RetiredOn != nil || e.RetirementReason != nil || e.ReplacedByID != nil {
		t.Errorf("live again keeps the retirement: %+v", e)
	}
	other := w.create(eservice.EService{MunicipalityID: w.away.ID, OwnerUnitID: w.abroad.ID, NameSv: "Deras"})
	step(eservice.Transition{To: eservice.PhasingOut})
	_, err = w.catalogue.Step(w.ctx, e.ID, e.Version, eservice.Transition{To: eservice.Retired, RetirementReason: ptr("Ersatt"), ReplacedByID: &other.ID})
	broken(t, err, "e_service_replaced_by_fk")
}

func TestGoingLiveNeedsAnOwnerThatIsOpen(t *testing.T) {
	w := newWorld(t)
	e := w.create(w.found("Bygglov", eservice.InDevelopment))
	closed := must(w.organisation.CloseUnit(w.ctx, w.office.ID, w.office.Version, date.Of(w.now()).AddDays(-1), &w.school.ID, ""))(t)
	_, err := w.catalogue.Step(w.ctx, e.ID, e.Version, eservice.Transition{To: eservice.Live})
	broken(t, err, "e_service_live_owner_valid")
	e = must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.OwnerUnitID = w.school.ID }))(t)
	e = must(w.catalogue.Step(w.ctx, e.ID, e.Version, eservice.Transition{To: eservice.Live}))(t)
	_, err = w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.OwnerUnitID = closed.ID })
	broken(t, err, "e_service_live_owner_valid")
}

func TestPublishingNeedsWhatCitizensNeed(t *testing.T) {
	w := newWorld(t)
	today := date.Of(w.now())
	whole := w.found("Bygglov", eservice.Live)
	whole.URL, whole.SummarySv, whole.Audiences, whole.LaunchedOn = ptr("https://example.se/bygglov"), ptr("Sök bygglov"), []eservice.Audience{"COMPANY"}, &today
	for rule, without := range map[string]func(*eservice.EService){
		"e_service_published_url":      func(e *eservice.EService) { e.URL = nil },
		"e_service_published_summary":  func(e *eservice.EService) { e.SummarySv = nil },
		"e_service_published_audience": func(e *eservice.EService) { e.Audiences = nil },
		"e_service_published_launched": func(e *eservice.EService) { e.LaunchedOn = nil },
	} {
		lacking := whole
		without(&lacking)
		e := w.create(lacking)
		_, err := w.catalogue.Publish(w.ctx, e.ID, e.Version, true, "")
		broken(t, err, rule)
		lacking.Published = true
		_, err = w.catalogue.Create(w.ctx, lacking)
		broken(t, err, rule)
	}
	bare := w.create(w.found("Naken", eservice.Live))
	_, err := w.catalogue.Publish(w.ctx, bare.ID, bare.Version, true, "")
	broken(t, err, "e_service_published_url", "e_service_published_summary", "e_service_published_audience", "e_service_published_launched")

	e := w.create(whole)
	e = must(w.catalogue.Publish(w.ctx, e.ID, e.Version, true, ""))(t)
	_, err = w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.URL = nil })
	broken(t, err, "e_service_published_url")
	_, err = w.catalogue.Archive(w.ctx, e.ID, e.Version, "")
	broken(t, err, "e_service_published_not_archived")
	e = must(w.catalogue.Publish(w.ctx, e.ID, e.Version, false, ""))(t)
	e = must(w.catalogue.Archive(w.ctx, e.ID, e.Version, "Dubblett"))(t)
	if e.ArchivedAt == nil || !e.ArchivedAt.Equal(w.now()) {
		t.Errorf("archived at %v", e.ArchivedAt)
	}
	_, err = w.catalogue.Publish(w.ctx, e.ID, e.Version, true, "")
	broken(t, err, "e_service_published_not_archived")
}

func TestRolesChangeWhatTheyMayInTheirOwnMunicipality(t *testing.T) {
	w := newWorld(t)
	e := w.create(w.found("Bygglov", eservice.Live))
	for _, c := range []struct {
		name string
		do   func() error
		code fault.Code
	}{
		{"a director writes", func() error {
			_, err := w.catalogue.Update(w.as(w.home, access.Director), e.ID, 1, func(e *eservice.EService) { e.NameSv = "Bygglov och annat" })
			return err
		}, ""},
		{"a director publishes", func() error {
			_, err := w.catalogue.Publish(w.as(w.home, access.Director), e.ID, 2, true, "")
			return err
		}, fault.Forbidden},
		{"a reader writes", func() error {
			_, err := w.catalogue.Archive(w.as(w.home, access.Reader), e.ID, 2, "")
			return err
		}, fault.Forbidden},
		{"another municipality's editor writes", func() error {
			_, err := w.catalogue.Archive(w.as(w.away, access.CatalogueEditor), e.ID, 2, "")
			return err
		}, fault.NotFound},
		{"nobody writes", func() error {
			_, err := w.catalogue.Archive(t.Context(), e.ID, 2, "")
			return err
		}, fault.Unauthenticated},
		{"an editor creates for another municipality", func() error {
			_, err := w.catalogue.Create(w.as(w.home, access.CatalogueEditor), eservice.EService{MunicipalityID: w.away.ID, OwnerUnitID: w.abroad.ID, NameSv: "Deras"})
			return err
		}, fault.Forbidden},
		{"a version that is not the newest", func() error {
			_, err := w.catalogue.Archive(w.ctx, e.ID, 1, "")
			return err
		}, fault.Conflict},
		{"none such", func() error {
			_, err := w.catalogue.Archive(w.ctx, uuid.New(), 1, "")
			return err
		}, fault.NotFound},
	} {
		err := c.do()
		if c.code == "" && err != nil || c.code != "" && fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
	_, err := w.catalogue.Archive(w.ctx, e.ID, 1, "")
	if current, ok := fault.All(err)[0].Current.(*eservice.EService); !ok || current.NameSv != "Bygglov och annat" {
		t.Errorf("a conflict shows %+v", fault.All(err)[0].Current)
	}
}

func TestANameGivesASlugOfItsOwn(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("lång ", 60)
	for _, c := range []struct{ name, slug string }{
		{"Ansökan om bygglov – Åtvidaberg, Örebro & Älvsjö", "ansokan-om-bygglov-atvidaberg-orebro-alvsjo"},
		{"Ansökan om bygglov – Åtvidaberg, Örebro & Älvsjö", "ansokan-om-bygglov-atvidaberg-orebro-alvsjo-2"},
		{"ANSÖKAN om bygglov: åtvidaberg örebro älvsjö!", "ansokan-om-bygglov-atvidaberg-orebro-alvsjo-3"},
		{"Bygglov 2", "bygglov-2"},
		{"Bygglov", "bygglov"},
		{"Bygglov", "bygglov-3"},
		{"§ !?", "e-tjanst"},
		{"Ωμέγα", "e-tjanst-2"},
		{"Idé & café", "ide-cafe"},
		{"-- 112 --", "112"},
		{long, strings.Repeat("lang-", 20)[:99]},
		{long, strings.Repeat("lang-", 20)[:99] + "-2"},
	} {
		e := w.create(eservice.EService{MunicipalityID: w.home.ID, OwnerUnitID: w.office.ID, NameSv: strings.TrimSpace(c.name)})
		if e.Slug != c.slug {
			t.Errorf("%q gets the slug %q, want %q", c.name, e.Slug, c.slug)
		}
	}
	other := w.create(eservice.EService{MunicipalityID: w.away.ID, OwnerUnitID: w.abroad.ID, NameSv: "Bygglov"})
	if other.Slug != "bygglov" {
		t.Errorf("another municipality's gets %q", other.Slug)
	}
	_, err := w.catalogue.Create(w.ctx, eservice.EService{MunicipalityID: w.home.ID, OwnerUnitID: w.office.ID, NameSv: "Bygglov", Slug: "bygglov"})
	broken(t, err, "e_service_slug_unique")
	for _, slug := range []string{"Bygglov", "bygg lov", "-bygglov", "bygglov-", "bygg--lov", "åäö", strings.Repeat("a", 121)} {
		_, err = w.catalogue.Create(w.ctx, eservice.EService{MunicipalityID: w.home.ID, OwnerUnitID: w.office.ID, NameSv: "Bygglov", Slug: slug})
		broken(t, err, "e_service_slug_form")
	}
}

func TestWhatIsInUseAlreadyIsRegisteredWithItsSource(t *testing.T) {
	w := newWorld(t)
	for _, status := range eservice.Codes()["STATUS"] {
		e := w.found("Funnen", eservice.Status(status.Value))
		e.FoundSource, e.FoundReason = nil, nil
		_, err := w.catalogue.Create(w.ctx, e)
		if planned := status.Value == "IDEA" || status.Value == "PLANNED"; planned && err != nil {
			t.Errorf("%s: %v", status.Value, err)
		} else if !planned {
			broken(t, err, "e_service_registered_as_found")
		}
	}
	e := w.found("Funnen", eservice.Live)
	e.FoundReason = nil
	_, err := w.catalogue.Create(w.ctx, e)
	broken(t, err, "e_service_found_both")
	made := w.create(eservice.EService{MunicipalityID: w.home.ID, OwnerUnitID: w.office.ID, NameSv: "Utan status"})
	if made.Status != eservice.Idea || made.Visibility != eservice.Public || made.Published || made.Version != 1 {
		t.Errorf("without a status it is %+v", made)
	}
}

func TestALinkDoesNotTellOfASharedServiceThatIsHidden(t *testing.T) {
	w := newWorld(t)
	shared := func(v eservice.Visibility) *eservice.SharedService {
		return must(w.catalogue.CreateShared(w.ctx, eservice.SharedService{MunicipalityID: w.away.ID, Code: strings.ToLower(string(v)), NameSv: "Delad", Visibility: v}))(t)
	}
	hidden, open := shared(eservice.Municipality), shared(eservice.Public)
	director := w.as(w.home, access.Director)
	e := w.create(w.found("Bygglov", eservice.Live))
	for _, id := range []uuid.UUID{hidden.ID, uuid.New()} {
		_, err := w.catalogue.Update(director, e.ID, e.Version, func(e *eservice.EService) { e.SharedServiceID = &id })
		broken(t, err, "e_service_shared_service_fk")
		_, err = w.catalogue.Create(director, eservice.EService{MunicipalityID: w.home.ID, OwnerUnitID: w.office.ID, NameSv: "Ny", SharedServiceID: &id})
		broken(t, err, "e_service_shared_service_fk")
	}
	e = must(w.catalogue.Update(director, e.ID, e.Version, func(e *eservice.EService) { e.SharedServiceID = &open.ID }))(t)
	// A link made while it showed stays when it does not any more.
	must(w.catalogue.UpdateShared(w.ctx, open.ID, open.Version, func(s *eservice.SharedService) { s.Visibility = eservice.Municipality }))(t)
	must(w.catalogue.Update(director, e.ID, e.Version, func(e *eservice.EService) { e.NameSv = "Bygglov och mer" }))(t)
}

func TestMonthsOfUseAreAddedAndCorrected(t *testing.T) {
	w := newWorld(t)
	e := w.create(w.found("Bygglov", eservice.Live))
	month := func(s string) date.Date { return must(date.Parse(s))(t) }
	figures := func() map[string]eservice.Usage {
		session := w.db.Session()
		defer session.Close()
		now := must(session.Present(w.ctx))(t)
		all := must(w.catalogue.UsageOfEach(w.ctx, now, "MONTH", false, []uuid.UUID{e.ID}, page.Args{First: ptr(100)}))(t)
		by := map[string]eservice.Usage{}
		for _, u := range all[0].Nodes() {
			by[u.Month.String()] = *u
		}
		return by
	}
	must(w.catalogue.RecordUsage(w.ctx, e.ID, []eservice.Usage{
		{Month: month("2026-01-01"), Cases: 10, Source: eservice.ByHand}, {Month: month("2026-02-01"), Cases: 20, Source: eservice.FromPlatform},
	}))(t)
	must(w.catalogue.RecordUsage(w.ctx, e.ID, []eservice.Usage{
		{Month: month("2026-02-01"), Cases: 21, DigitalShare: ptr(0.5), Satisfaction: ptr(4.2), AbandonRate: ptr(0.0), Source: eservice.ByHand},
		{Month: month("2026-03-01"), Cases: 0, Source: eservice.ByHand},
	}))(t)
	got := figures()
	if len(got) != 3 || got["2026-01-01"].Version != 1 || got["2026-02-01"].Version != 2 || got["2026-03-01"].Version != 1 {
		t.Errorf("the months are %+v", got)
	}
	if u := got["2026-02-01"]; u.Cases != 21 || *u.DigitalShare != 0.5 || *u.Satisfaction != 4.2 || *u.AbandonRate != 0 || u.Source != eservice.ByHand {
		t.Errorf("February is %+v", u)
	}
	session := w.db.Session()
	cases := must(w.catalogue.CasesByID(w.ctx, must(session.Present(w.ctx))(t), []uuid.UUID{e.ID}))(t)
	session.Close()
	if cases[e.ID] != 31 { // March has not ended
		t.Errorf("%d cases of the last year, want 31", cases[e.ID])
	}

	before := w.changes()
	_, err := w.catalogue.RecordUsage(w.ctx, e.ID, []eservice.Usage{
		{Month: month("2026-01-01"), Cases: 1, Source: eservice.ByHand},
		{Month: month("2026-01-01"), Cases: -1, Source: eservice.ByHand},
		{Month: month("2026-04-01"), Cases: 1, Source: "GUESS"},
		{Month: month("2025-12-02"), Cases: 1, DigitalShare: ptr(1.1), Satisfaction: ptr(0.5), AbandonRate: ptr(-0.1), Source: eservice.ByHand},
	})
	broken(t, err, "month_twice", "month_future", "e_service_usage_cases", "e_service_usage_source", "e_service_usage_month",
		"e_service_usage_digital_share", "e_service_usage_satisfaction", "e_service_usage_abandon_rate")
	for _, f := range fault.All(err) {
		if f.Rule == "e_service_usage_cases" && f.Field != "months.1.cases" || f.Rule == "month_future" && f.Field != "months.2.month" {
			t.Errorf("%s is told of %s", f.Rule, f.Field)
		}
	}
	_, err = w.catalogue.RecordUsage(w.ctx, e.ID, nil)
	broken(t, err, "months_number")
	_, err = w.catalogue.RecordUsage(w.ctx, e.ID, make([]eservice.Usage, 121))
	broken(t, err, "months_number")
	if _, err = w.catalogue.RecordUsage(w.ctx, uuid.New(), []eservice.Usage{{Month: month("2026-01-01"), Source: eservice.ByHand}}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("of an unknown e-service: %v", err)
	}
	if w.changes() != before || len(figures()) != 3 {
		t.Error("a refused record leaves something")
	}
}

func TestAnInsertWithinAFailedWriteIsNotKept(t *testing.T) {
	w := newWorld(t)
	before := w.changes()
	sorry := errors.New("sorry")
	err := w.catalogue.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) error {
		if _, err := w.catalogue.Add(w.ctx, tx, w.found("Bygglov", eservice.Live)); err != nil {
			return err
		}
		return sorry
	})
	if !errors.Is(err, sorry) || w.changes() != before {
		t.Errorf("a failed write: %v, change %d after %d", err, w.changes(), before)
	}
	w.wait(time.Hour)
	e := w.create(w.found("Bygglov", eservice.Live))
	if e.Slug != "bygglov" || !e.CreatedAt.Equal(w.now()) || e.ChangedIn != before+1 {
		t.Errorf("after it: %s", fmt.Sprint(e.Slug, e.CreatedAt, e.ChangedIn))
	}
}
