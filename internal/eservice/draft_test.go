package eservice_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// published is a live e-service that others see.
func (w *world) published(name string) *eservice.EService {
	w.t.Helper()
	e := w.found(name, eservice.Live)
	e.URL, e.SummarySv, e.Audiences, e.LaunchedOn = ptr("https://example.se"), ptr("Ansök"), []eservice.Audience{"COMPANY"}, ptr(date.New(2025, 1, 1))
	made := w.create(e)
	return must(w.catalogue.Publish(w.ctx, made.ID, made.Version, true, ""))(w.t)
}

// draft saves values of an e-service into its draft, in the versions that are newest.
func (w *world) draft(e *eservice.EService, set func(*eservice.EService), resolve ...eservice.Resolution) (*eservice.Draft, error) {
	w.t.Helper()
	c := eservice.DraftChange{EService: e.ID, LiveVersion: w.read(e).Version, Set: set, Resolve: resolve}
	if d := w.open(e); d != nil {
		c.Version = &d.Version
	}
	return w.catalogue.SaveDraft(w.ctx, c)
}

// reads runs fn on the newest state.
func (w *world) reads(fn func(*postgres.Snapshot)) {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	fn(must(session.Present(w.ctx))(w.t))
}

// open gives the e-service's open draft; nil where it has none.
func (w *world) open(e *eservice.EService) (d *eservice.Draft) {
	w.t.Helper()
	w.reads(func(now *postgres.Snapshot) {
		d = must(w.catalogue.OpenDrafts(w.ctx, now, []uuid.UUID{e.ID}))(w.t)[e.ID]
	})
	return d
}

// shown gives the fields of the e-service's draft in one line.
func (w *world) shown(e *eservice.EService) string {
	w.t.Helper()
	d := w.open(e)
	if d == nil {
		return "none"
	}
	text := string(d.State)
	for _, f := range d.Fields(w.read(e)) {
		text += fmt.Sprintf(" %s:%s/%s/%s", f.Column, f.Base, f.Live, f.Draft)
		if f.Conflict {
			text += "!"
		}
	}
	return text
}

func (w *world) shows(e *eservice.EService, want string) {
	w.t.Helper()
	if got := w.shown(e); got != want {
		w.t.Errorf("the draft shows\n%s, want\n%s", got, want)
	}
}

func version(d *eservice.Draft) eservice.DraftVersion {
	return eservice.DraftVersion{ID: d.ID, Version: d.Version}
}

func set(fee string) func(*eservice.EService) {
	return func(e *eservice.EService) { e.FeeSv = &fee }
}

// conflicting fails the test unless err is one CONFLICT of the rule.
func conflicting(t *testing.T, err error, rule string) {
	t.Helper()
	all := fault.All(err)
	if len(all) != 1 || all[0].Code != fault.Conflict || all[0].Rule != rule {
		t.Errorf("the error is %v, want a conflict by %s", err, rule)
	}
}

func TestADraftHoldsWhatDiffersFromTheLiveEService(t *testing.T) {
	w := newWorld(t)
	e := w.published("Bygglov")
	w.shows(e, "none")
	_, err := w.draft(e, func(*eservice.EService) {})
	broken(t, err, "draft_empty")

	must(w.draft(e, func(e *eservice.EService) {
		e.FeeSv, e.Keywords, e.LegalBasis, e.OwnerUnitID, e.NameEn = ptr("100 kr"), []string{"bygga", "å"}, ptr("PBL"), w.school.ID, nil
		e.LegalBasisVerifiedOn = ptr(date.New(2026, 1, 2))
		e.DescriptionSv = ptr(strings.Repeat("å", 20000))
	}))(t)
	must(w.draft(e, func(e *eservice.EService) { e.DescriptionSv = nil }))(t)
	w.shows(e, fmt.Sprintf(`OPEN owner_unit_id:"%s"/"%[1]s"/"%s" keywords:[]/[]/["bygga", "å"] legal_basis:null/null/"PBL" legal_basis_verified_on:null/null/"2026-01-02" fee_sv:null/null/"100 kr"`, w.office.ID, w.school.ID))
	if now := w.read(e); now.Version != e.Version || now.FeeSv != nil {
		t.Errorf("the live e-service is in version %d with the fee %v", now.Version, now.FeeSv)
	}
	d := must(w.draft(e, func(e *eservice.EService) {
		e.FeeSv, e.Keywords, e.LegalBasis, e.LegalBasisVerifiedOn, e.OwnerUnitID = nil, nil, nil, nil, w.office.ID
	}))(t)
	if d.State != eservice.DraftDiscarded || len(d.Changes) != 0 {
		t.Errorf("with nothing left the draft is %s with %v", d.State, d.Changes)
	}
	w.shows(e, "none")
	_, err = w.catalogue.SaveDraft(w.ctx, eservice.DraftChange{EService: e.ID, LiveVersion: e.Version, Version: ptr(1), Set: set("1 kr")})
	conflicting(t, err, "draft_closed")
	// One that readers do not see yet may be handed in as it is.
	idea := w.create(w.found("Idé", eservice.Live))
	if d := must(w.draft(idea, func(*eservice.EService) {}))(t); d.State != eservice.DraftOpen {
		t.Errorf("an empty draft of what is not published is %s", d.State)
	}
}

func TestADraftIsJudgedByTheRulesOfTheDatabase(t *testing.T) {
	w := newWorld(t)
	e, other := w.published("Bygglov"), w.published("Skolskjuts")
	for rule, set := range map[string]func(*eservice.EService){
		"e_service_name_length":          func(e *eservice.EService) { e.NameSv = "" },
		"e_service_owner_unit_fk":        func(e *eservice.EService) { e.OwnerUnitID = w.abroad.ID },
		"e_service_slug_unique":          func(e *eservice.EService) { e.Slug = other.Slug },
		"e_service_shared_service_fk":    func(e *eservice.EService) { e.SharedServiceID = ptr(uuid.New()) },
		"e_service_description_length":   func(e *eservice.EService) { e.DescriptionSv = ptr(strings.Repeat("å", 20001)) },
		"e_service_legal_basis_verified": func(e *eservice.EService) { e.LegalBasisVerifiedOn = ptr(date.New(2026, 1, 2)) },
	} {
		before := w.changes()
		_, err := w.draft(e, set)
		broken(t, err, rule)
		if w.open(e) != nil || w.changes() != before {
			t.Errorf("%s: what was refused is kept", rule)
		}
	}
	// What publication alone asks for may be missing until then.
	d := must(w.draft(e, func(e *eservice.EService) { e.SummarySv, e.URL = nil, nil }))(t)
	_, err := w.catalogue.PublishDrafts(w.ctx, []eservice.DraftVersion{version(d)}, "")
	broken(t, err, "e_service_published_summary", "e_service_published_url")
	w.reads(func(now *postgres.Snapshot) {
		stands := must(w.catalogue.DraftFaults(w.ctx, now, []uuid.UUID{d.ID}))(t)[d.ID]
		broken(t, stands, "e_service_published_summary", "e_service_published_url")
	})
	archived := w.create(w.found("Gammal", eservice.Live))
	archived = must(w.catalogue.Archive(w.ctx, archived.ID, archived.Version, ""))(t)
	_, err = w.draft(archived, set("1 kr"))
	broken(t, err, "draft_archived")
}

func TestAFieldChangedBesideTheDraftIsInConflict(t *testing.T) {
	w := newWorld(t)
	e := w.published("Bygglov")
	live := func(set func(*eservice.EService)) {
		t.Helper()
		must(w.catalogue.Update(w.ctx, e.ID, w.read(e).Version, set))(t)
	}
	d := must(w.draft(e, func(e *eservice.EService) { e.FeeSv, e.FeeEn = ptr("100 kr"), ptr("100 SEK") }))(t)
	live(func(e *eservice.EService) { e.Retention = ptr("Två år") })
	w.shows(e, `OPEN fee_sv:null/null/"100 kr" fee_en:null/null/"100 SEK"`)
	live(func(e *eservice.EService) { e.FeeSv, e.FeeEn = ptr("200 kr"), ptr("100 SEK") })
	w.shows(e, `OPEN fee_sv:null/"200 kr"/"100 kr"! fee_en:null/"100 SEK"/"100 SEK"`)
	_, err := w.catalogue.PublishDrafts(w.ctx, []eservice.DraftVersion{version(d)}, "")
	conflicting(t, err, "draft_conflict")
	f := fault.All(err)[0]
	of, _ := f.Current.(*eservice.DraftField)
	if f.Field != "drafts.0.fee_sv" || of == nil || string(of.Base)+string(of.Live)+string(of.Draft) != `null"200 kr""100 kr"` || !strings.HasPrefix(f.Sv, "Bygglov: ") {
		t.Errorf("the conflict is told as %+v with %+v", f, of)
	}
	// The list of what waits finds it, by conflict and by unit.
	for conflict, want := range map[bool]int{true: 1, false: 0} {
		w.reads(func(now *postgres.Snapshot) {
			found := must(w.catalogue.Drafts(w.ctx, now, eservice.DraftFilter{Conflict: &conflict, Units: []uuid.UUID{w.office.ID}}, "UPDATED", false, page.Args{}))(t)
			if len(found.Edges) != want {
				t.Errorf("conflict %t: %d drafts, want %d", conflict, len(found.Edges), want)
			}
		})
	}
	// To save other fields, or the field itself, settles nothing by itself.
	must(w.draft(e, func(e *eservice.EService) { e.FeeSv, e.Retention = ptr("150 kr"), ptr("Tre år") }))(t)
	w.shows(e, `OPEN fee_sv:null/"200 kr"/"150 kr"! retention:"Två år"/"Två år"/"Tre år"`)
	_, err = w.draft(e, func(*eservice.EService) {}, eservice.Resolution{Column: "name_sv", Take: eservice.TakeLive})
	broken(t, err, "draft_field")
	must(w.draft(e, func(*eservice.EService) {}, eservice.Resolution{Column: "fee_sv", Take: eservice.TakeDraft}, eservice.Resolution{Column: "retention", Take: eservice.TakeLive}))(t)
	w.shows(e, `OPEN fee_sv:"200 kr"/"200 kr"/"150 kr"`)
	must(w.catalogue.PublishDrafts(w.ctx, []eservice.DraftVersion{version(w.open(e))}, ""))(t)
	if now := w.read(e); *now.FeeSv != "150 kr" || *now.Retention != "Två år" || !now.Published {
		t.Errorf("published it is %+v", now)
	}
	w.shows(e, "none")
}

// A draft over a version that its writer has not read would replace unseen what others
// have written.
func TestADraftIsOfTheVersionsThatItsWriterHasRead(t *testing.T) {
	w := newWorld(t)
	e := w.published("Bygglov")
	must(w.catalogue.Update(w.ctx, e.ID, e.Version, set("200 kr")))(t)
	_, err := w.catalogue.SaveDraft(w.ctx, eservice.DraftChange{EService: e.ID, LiveVersion: e.Version, Set: set("100 kr")})
	conflicting(t, err, "stale_version")
	d := must(w.draft(e, set("100 kr")))(t)
	for _, v := range []*int{nil, ptr(d.Version + 1)} {
		_, err = w.catalogue.SaveDraft(w.ctx, eservice.DraftChange{EService: e.ID, LiveVersion: e.Version + 1, Version: v, Set: set("300 kr")})
		conflicting(t, err, "stale_version")
	}
	for name, act := range map[string]func(context.Context, eservice.DraftVersion, string) (*eservice.Draft, error){
		"submit": w.catalogue.SubmitDraft, "return": w.catalogue.ReturnDraft, "discard": w.catalogue.DiscardDraft,
	} {
		if _, err := act(w.ctx, eservice.DraftVersion{ID: d.ID, Version: 99}, "Därför"); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s in another version: %v", name, err)
		}
		if _, err := act(w.ctx, eservice.DraftVersion{ID: e.ID, Version: 1}, "Därför"); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s of what is no draft: %v", name, err)
		}
	}
	w.shows(e, `OPEN fee_sv:"200 kr"/"200 kr"/"100 kr"`)
}

// A token that may not read does not learn whether there is a draft.
func TestNobodyLearnsOfADraftByWritingOne(t *testing.T) {
	w := newWorld(t)
	drafted, other := w.published("Bygglov"), w.published("Skolskjuts")
	must(w.draft(drafted, set("100 kr")))(t)
	for _, e := range []*eservice.EService{drafted, other} {
		_, err := w.catalogue.SaveDraft(w.token(w.home, access.CatalogueEditor, access.ScopeCatalogue), eservice.DraftChange{EService: e.ID, LiveVersion: e.Version, Set: set("1 kr")})
		if fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("of %s it is told %v", e.NameSv, err)
		}
	}
}

// What stands in the way of publishing is told before somebody tries, also where it is
// another municipality's that has gone since.
func TestADraftTellsOfASharedServiceThatHasGone(t *testing.T) {
	w := newWorld(t)
	editor := w.as(w.home, access.CatalogueEditor)
	shared := must(w.catalogue.CreateShared(w.ctx, eservice.SharedService{MunicipalityID: w.away.ID, Code: "bygglov", NameSv: "Bygglov"}))(t)
	e := w.published("Bygglov")
	d := must(w.draft(e, func(e *eservice.EService) { e.SharedServiceID = &shared.ID }))(t)
	told := func() (rules []string) {
		w.reads(func(now *postgres.Snapshot) {
			for _, f := range must(w.catalogue.DraftFaults(editor, now, []uuid.UUID{d.ID}))(t)[d.ID] {
				rules = append(rules, f.Rule)
			}
		})
		return rules
	}
	if got := told(); len(got) != 0 {
		t.Errorf("while it is there the draft tells of %q", got)
	}
	must(w.catalogue.ArchiveShared(w.ctx, shared.ID, shared.Version, ""))(t)
	if got := told(); !slices.Equal(got, []string{"e_service_shared_service_fk"}) {
		t.Errorf("when it has gone the draft tells of %q", got)
	}
	_, err := w.catalogue.PublishDrafts(editor, []eservice.DraftVersion{version(d)}, "")
	broken(t, err, "e_service_shared_service_fk")
}

func TestADraftIsSubmittedReturnedAndDiscarded(t *testing.T) {
	w := newWorld(t)
	e := w.published("Bygglov")
	d := must(w.draft(e, set("100 kr")))(t)
	_, err := w.catalogue.ReturnDraft(w.ctx, version(d), "Nej")
	broken(t, err, "draft_state")
	d = must(w.catalogue.SubmitDraft(w.ctx, version(d), ""))(t)
	_, err = w.catalogue.SubmitDraft(w.ctx, version(d), "")
	broken(t, err, "draft_state")
	_, err = w.catalogue.ReturnDraft(w.ctx, version(d), " ")
	broken(t, err, "draft_return_comment")
	d = must(w.catalogue.ReturnDraft(w.ctx, version(d), "Ange momsen"))(t)
	must(w.catalogue.SubmitDraft(w.ctx, version(d), ""))(t)
	w.shows(e, `IN_REVIEW fee_sv:null/null/"100 kr"`)
	must(w.draft(e, set("125 kr")))(t)
	w.shows(e, `OPEN fee_sv:null/null/"125 kr"`)
	d = must(w.catalogue.DiscardDraft(w.ctx, version(w.open(e)), ""))(t)
	w.shows(e, "none")
	for _, v := range []eservice.DraftVersion{version(d)} {
		_, err = w.catalogue.DiscardDraft(w.ctx, v, "")
		broken(t, err, "draft_state")
		_, err = w.catalogue.PublishDrafts(w.ctx, []eservice.DraftVersion{v}, "")
		broken(t, err, "draft_state")
	}
	// The next one is another.
	if next := must(w.draft(e, set("1 kr")))(t); next.ID == d.ID || next.Version != 1 {
		t.Errorf("after %s comes %s in version %d", d.ID, next.ID, next.Version)
	}
}

func TestDraftsArePublishedAllOrNone(t *testing.T) {
	w := newWorld(t)
	good, bare, stale := w.published("Bygglov"), w.create(w.found("Skolskjuts", eservice.Live)), w.published("Felanmälan")
	var of []eservice.DraftVersion
	for _, e := range []*eservice.EService{good, bare, stale} {
		of = append(of, version(must(w.draft(e, set("100 kr")))(t)))
	}
	of[2].Version++
	before := w.changes()
	_, err := w.catalogue.PublishDrafts(w.ctx, append(of, of[0]), "")
	var told []string
	for _, f := range fault.All(err) {
		told = append(told, f.Field)
	}
	slices.Sort(told)
	want := []string{"drafts.1.audiences", "drafts.1.launchedOn", "drafts.1.summarySv", "drafts.1.url", "drafts.2.expectedVersion", "drafts.3.expectedVersion"}
	if !slices.Equal(told, want) || w.changes() != before {
		t.Errorf("told of %q in change %d, want %q in %d", told, w.changes(), want, before)
	}
	if now := w.read(good); now.FeeSv != nil {
		t.Errorf("refused as a whole, one has the fee %s", *now.FeeSv)
	}
	must(w.draft(bare, func(e *eservice.EService) {
		e.URL, e.SummarySv, e.Audiences, e.LaunchedOn = ptr("https://example.se"), ptr("Ansök"), []eservice.Audience{"COMPANY"}, ptr(date.New(2025, 1, 1))
	}))(t)
	if status := bare.Publication(w.open(bare)); status != eservice.NeverPublished {
		t.Errorf("before it is published it is %s", status)
	}
	of[1], of[2] = version(w.open(bare)), version(w.open(stale))
	must(w.catalogue.PublishDrafts(w.ctx, of, "Höstens avgifter"))(t)
	if w.changes() != before+2 {
		t.Errorf("it took %d changes, want one", w.changes()-before-1)
	}
	for _, e := range []*eservice.EService{good, bare, stale} {
		if now := w.read(e); now.FeeSv == nil || !now.Published || now.Publication(nil) != eservice.Published {
			t.Errorf("%s is %+v", e.NameSv, now)
		}
	}
	for _, number := range []int{0, 201} {
		_, err = w.catalogue.PublishDrafts(w.ctx, make([]eservice.DraftVersion, number), "")
		broken(t, err, "drafts_number")
	}
	// What was archived or retired meanwhile: the one is not published, the other is as it is.
	must(w.draft(bare, set("1 kr")))(t)
	now := w.read(bare)
	now = must(w.catalogue.Publish(w.ctx, now.ID, now.Version, false, ""))(t)
	if status := now.Publication(w.open(bare)); status != eservice.Unpublished {
		t.Errorf("taken back it is %s", status)
	}
	must(w.catalogue.Archive(w.ctx, now.ID, now.Version, ""))(t)
	_, err = w.catalogue.PublishDrafts(w.ctx, []eservice.DraftVersion{version(w.open(bare))}, "")
	broken(t, err, "e_service_published_not_archived")
	must(w.catalogue.DiscardDraft(w.ctx, version(w.open(bare)), ""))(t)
	must(w.draft(good, set("2 kr")))(t)
	for _, to := range []eservice.Status{eservice.PhasingOut, eservice.Retired} {
		must(w.catalogue.Step(w.ctx, good.ID, w.read(good).Version, eservice.Transition{To: to, RetirementReason: ptr("Ersatt")}))(t)
	}
	must(w.catalogue.PublishDrafts(w.ctx, []eservice.DraftVersion{version(w.open(good))}, ""))(t)
	if now := w.read(good); now.Status != eservice.Retired || *now.FeeSv != "2 kr" {
		t.Errorf("retired meanwhile, it is %+v", now)
	}
}

func TestListsAndGapsGoByDraftsWhereAsked(t *testing.T) {
	w := newWorld(t)
	e := w.published("Bygglov")
	w.published("Felanmälan")
	must(w.draft(e, func(e *eservice.EService) {
		e.NameSv, e.OwnerUnitID, e.ContactFunction, e.Keywords = "Ändrat namn", w.school.ID, ptr("Bygglovschefen"), []string{"utkast"}
		e.Audiences = nil
	}))(t)
	const rule, opened = "ESERVICE_NO_OWNER_ROLE", "ESERVICE_NO_AUDIENCE"
	for _, c := range []struct {
		name   string
		ctx    context.Context
		drafts bool
		want   string
	}{
		{"the editor, by drafts", w.as(w.home, access.CatalogueEditor), true, "Felanmälan Ändrat namn; 1 keyword, 1 of the school, gaps 1 and 1"},
		{"the editor", w.as(w.home, access.CatalogueEditor), false, "Bygglov Felanmälan; 0 keyword, 0 of the school, gaps 2 and 0"},
		{"a partner, by drafts", w.as(w.away, access.CatalogueEditor), true, "Bygglov Felanmälan; 0 keyword, 0 of the school, gaps 2 and 0"},
		{"nobody, by drafts", t.Context(), true, "Bygglov Felanmälan; 0 keyword, 0 of the school, gaps 2 and 0"},
	} {
		w.reads(func(now *postgres.Snapshot) {
			found := func(f eservice.Filter) *eservice.Connection {
				f.Drafts = c.drafts
				return must(w.catalogue.List(c.ctx, now, f, "NAME", false, page.Args{}))(t)
			}
			count := func(f eservice.Filter) int { return must(found(f).Total(c.ctx))(t) }
			gaps := func(code string) int {
				listed := must(must(w.gaps.List(c.ctx, now, gap.Filter{Codes: []string{code}, Drafts: c.drafts}, "SINCE", false, page.Args{}))(t).Total(c.ctx))(t)
				if filtered := count(eservice.Filter{Gaps: []string{code}}); filtered != listed {
					t.Errorf("%s: %d gaps of %s, and %d e-services with it", c.name, listed, code, filtered)
				}
				return listed
			}
			var names []string
			for _, e := range found(eservice.Filter{}).Nodes() {
				names = append(names, e.NameSv)
			}
			got := fmt.Sprintf("%s; %d keyword, %d of the school, gaps %d and %d", strings.Join(names, " "),
				count(eservice.Filter{Keywords: []string{"utkast"}}), count(eservice.Filter{OwnerUnits: []uuid.UUID{w.school.ID}}), gaps(rule), gaps(opened))
			if got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		})
	}
}

// A draft may name a column that the release does not know, when the database is of a
// later one: it is left alone.
func TestADraftKeepsWhatTheReleaseDoesNotKnow(t *testing.T) {
	w := newWorld(t)
	e := w.published("Bygglov")
	must(w.draft(e, set("100 kr")))(t)
	err := w.gaps.Journal.Write(w.ctx, "prov", "", func(tx *postgres.Tx) error {
		_, err := tx.Exec(w.ctx, `UPDATE e_service_draft SET changes = changes || '{"colour": "red"}', base = base || '{"colour": null}'`, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.shows(e, `OPEN fee_sv:null/null/"100 kr"`)
	d := must(w.draft(e, set("125 kr")))(t)
	if got := string(d.Changes["colour"]); got != `"red"` {
		t.Errorf("saved anew it has %q", got)
	}
	w.reads(func(now *postgres.Snapshot) {
		calm := false
		if found := must(w.catalogue.Drafts(w.ctx, now, eservice.DraftFilter{Conflict: &calm}, "UPDATED", false, page.Args{}))(t); len(found.Edges) != 1 {
			t.Errorf("%d drafts are without conflict", len(found.Edges))
		}
		found := must(w.catalogue.List(w.ctx, now, eservice.Filter{Drafts: true}, "NAME", false, page.Args{}))(t)
		if len(found.Edges) != 1 || *found.Edges[0].Node.FeeSv != "125 kr" {
			t.Errorf("by drafts: %+v", found.Edges)
		}
	})
	must(w.catalogue.PublishDrafts(w.ctx, []eservice.DraftVersion{version(d)}, ""))(t)
	if now := w.read(e); *now.FeeSv != "125 kr" {
		t.Errorf("published it is %+v", now)
	}
}
