package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/draft"
)

// drafted is a kind of record that may be drafted: how one is made that all see, and a
// text of it with where it shows.
type drafted struct {
	kind, field string // as inputs name them
	shows       string // what to select; the text is at its end
	create      func(*world) string
}

// texts are three values of a drafted text that are told apart.
func (d drafted) texts() (was, will, other string) {
	if d.field == "url" {
		return "https://example.se/var", "https://example.se/blir", "https://example.se/annat"
	}
	return "det var", "det blir", "något annat"
}

func (d drafted) typed() string { return strings.ToUpper(d.kind[:1]) + d.kind[1:] }

// draftedKinds has every kind, in the order of its enum.
func draftedKinds() []drafted {
	do := func(mutation string, input func(*world) apitest.Vars) func(*world) string {
		return func(w *world) string {
			id, _ := w.do(w.director(), mutation, input(w))
			return id
		}
	}
	goal := do("createGoal", func(*world) apitest.Vars { return goalOf("1", nil) })
	work := do("createInitiative", func(*world) apitest.Vars { return initiativeOf("Insats", nil) })
	return []drafted{
		{"goal", "responsibleFunction", "responsibleFunction", goal},
		{"indicator", "responsibleFunction", "responsibleFunction", do("createIndicator", func(w *world) apitest.Vars {
			id, _ := w.do(w.director(), "createGoal", goalOf("2", nil))
			return indicatorOf(id, nil)
		})},
		{"initiative", "lane", "lane", work},
		{"milestone", "titleEn", "title.en", do("createMilestone", func(w *world) apitest.Vars {
			return apitest.Vars{"of": work(w), "titleSv": "Start", "kind": "LAUNCH"}
		})},
		{"sharedProject", "leadFunction", "leadFunction", do("createSharedProject", func(*world) apitest.Vars {
			return apitest.Vars{"municipality": home, "code": "bygglov", "nameSv": "Bygglov", "visibility": "PUBLIC"}
		})},
		{"collaboration", "url", "url", do("createCollaboration", func(*world) apitest.Vars {
			return apitest.Vars{"municipality": home, "nameSv": "Samverkan"}
		})},
		{"agreement", "url", "url", do("createAgreement", func(*world) apitest.Vars {
			return apitest.Vars{"municipality": home, "titleSv": "Avtal", "legalForm": "UNCLEAR", "visibility": "PUBLIC"}
		})},
		{"governingDocument", "ownerFunction", "ownerFunction", do("createGoverningDocument", func(*world) apitest.Vars {
			return with(asFound, apitest.Vars{"municipality": home, "titleSv": "Strategi", "kind": "STRATEGY"})
		})},
	}
}

// seen is a record and its draft as somebody reads them.
type seen struct {
	version, draftVersion     int
	text                      any
	draft, state              string
	base, live, will, preview any
	conflict                  bool
	faults                    []any
}

func (d drafted) see(w *world, c *apitest.Client, id string) seen {
	w.t.Helper()
	selection := strings.ReplaceAll(d.shows, ".", " { ") + strings.Repeat(" }", strings.Count(d.shows, "."))
	answer := c.Must(w.t, fmt.Sprintf(`query($id: ID!) { node(id: $id) { ... on %[1]s { version %[2]s draft { id version state fields { field base live draft conflict } faults { rule } preview { ... on %[1]s { id %[2]s } } record { id } } } } }`, d.typed(), selection), apitest.Vars{"id": id})
	of := func(path string) any { return answer.At("node." + path) }
	s := seen{text: of(d.shows), draft: answer.Text("node.draft.id"), state: answer.Text("node.draft.state")}
	version, _ := of("version").(float64)
	s.version = int(version)
	if s.draft == "" {
		return s
	}
	if got := answer.Text("node.draft.record.id"); got != id {
		w.t.Errorf("the draft of %s is of %s", id, got)
	}
	s.draftVersion = int(of("draft.version").(float64))
	s.base, s.live, s.will, s.preview = of("draft.fields.0.base"), of("draft.fields.0.live"), of("draft.fields.0.draft"), of("draft.preview."+d.shows)
	s.conflict, _ = of("draft.fields.0.conflict").(bool)
	for _, f := range of("draft.faults").([]any) {
		s.faults = append(s.faults, apitest.At(f, "rule"))
	}
	return s
}

// input drafts a text of a record over what has been seen.
func (d drafted) input(id string, s seen, text any, more apitest.Vars) apitest.Vars {
	input := apitest.Vars{"id": id, "liveVersion": s.version, d.kind: apitest.Vars{d.field: text}}
	if s.draft != "" {
		input["expectedVersion"] = s.draftVersion
	}
	return with(input, more)
}

func published(drafts ...seen) apitest.Vars {
	var all []apitest.Vars
	for _, s := range drafts {
		all = append(all, apitest.Vars{"id": s.draft, "expectedVersion": s.draftVersion})
	}
	return apitest.Vars{"drafts": all, "comment": "Nämnden har beslutat"}
}

// A record of each kind is drafted beside the live one, which others see unchanged until
// the draft is published; what is changed beside it is a conflict to settle.
func TestRecordsAreDraftedBesideTheLiveOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	director := w.director()
	others := map[string]*apitest.Client{"nobody": w.as("", ""), "a partner": w.as(partner, access.Director), "an outsider": w.as(outside, access.Director)}
	for _, d := range draftedKinds() {
		t.Run(d.kind, func(t *testing.T) {
			w := &world{API: w.API, t: t, municipalities: w.municipalities, units: w.units, callers: w.callers}
			was, will, other := d.texts()
			id := d.create(w)
			update := func(text string) {
				w.do(director, "update"+d.typed(), apitest.Vars{"id": id, "expectedVersion": d.see(w, director, id).version, d.field: text})
			}
			update(was)
			live := d.see(w, director, id)
			refused := func(input apitest.Vars, name, code, field string, words ...string) {
				t.Helper()
				answer := director.Query(t, mutation(name), apitest.Vars{"input": input})
				if len(answer.Errors) != 1 || answer.Errors[0].Code() != code || answer.Errors[0].Field() != field || !strings.HasPrefix(answer.Errors[0].Message, strings.Join(words, "")) {
					t.Errorf("%s of %v is answered with %s, want %s at %s %s", name, input, answer.Raw, code, field, words)
				}
			}
			refused(d.input(id, seen{version: live.version + 1}, will, nil), "saveRecordDraft", "CONFLICT", "liveVersion")
			refused(d.input(id, live, was, nil), "saveRecordDraft", "INVALID", "")
			refused(d.input(id, live, strings.Repeat("x", 20001), nil), "saveRecordDraft", "INVALID", d.kind+"."+d.field)
			w.do(director, "saveRecordDraft", d.input(id, live, " "+will, nil))
			s := d.see(w, director, id)
			if s.state != "OPEN" || s.text != was || s.version != live.version || s.base != was || s.live != was || s.will != will || s.preview != will || s.conflict || len(s.faults) > 0 {
				t.Errorf("the draft is seen as %+v", s)
			}
			refused(d.input(id, live, other, nil), "saveRecordDraft", "CONFLICT", "expectedVersion", "Posten har redan ett utkast.")
			refused(d.input(id, seen{version: live.version, draft: s.draft, draftVersion: 9}, other, nil), "saveRecordDraft", "CONFLICT", "expectedVersion", "Utkastet har ändrats sedan du läste det.")
			if own := d.see(w, w.as(home, access.Reader), id); own.draft != s.draft || own.text != was {
				t.Errorf("a reader of the municipality sees %+v", own)
			}
			for name, c := range others {
				if got := d.see(w, c, id); got.text != was || got.draft != "" {
					t.Errorf("%s sees %+v", name, got)
				}
				answer := c.Must(t, `query($id: ID!) { node(id: $id) { id } recordDrafts { totalCount nodes { id } } }`, apitest.Vars{"id": s.draft})
				if answer.At("node") != nil || answer.At("recordDrafts.totalCount") != 0. {
					t.Errorf("%s is told of the draft: %s", name, answer.Raw)
				}
			}
			for _, name := range []string{"saveRecordDraft", "publishRecordDrafts"} {
				input := published(s)
				if name == "saveRecordDraft" {
					input = d.input(id, s, other, nil)
				}
				w.refused(w.as(home, access.Reader), "FORBIDDEN", name, input)
				w.refused(w.as("", ""), "UNAUTHENTICATED", name, input)
			}
			w.refused(w.as(partner, access.Director), "FORBIDDEN", "saveRecordDraft", d.input(id, live, other, nil))
			w.refused(w.as(partner, access.Director), "NOT_FOUND", "publishRecordDrafts", published(s))

			update(other)
			if s = d.see(w, director, id); !s.conflict || s.live != other || s.will != will || !slices.Equal(s.faults, []any{"draft_conflict"}) {
				t.Errorf("changed beside the live record the draft is seen as %+v", s)
			}
			answer := director.Must(t, `{ recordDrafts(filter: {conflict: true, kinds: [`+strings.ToUpper(columnOf(d.kind))+`]}) { totalCount nodes { id kind } } }`, nil)
			if answer.At("recordDrafts.totalCount") != 1. || answer.Text("recordDrafts.nodes.0.id") != s.draft {
				t.Errorf("the drafts in conflict are %s", answer.Raw)
			}
			conflict := director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(s)})
			if len(conflict.Errors) != 1 || conflict.Errors[0].Code() != "CONFLICT" || conflict.Errors[0].Field() != "drafts.0."+d.field {
				t.Fatalf("it is published, with %s", conflict.Raw)
			}
			current := conflict.Errors[0].Extensions["current"]
			if got := []any{apitest.At(current, "base"), apitest.At(current, "live"), apitest.At(current, "draft")}; !slices.Equal(got, []any{was, other, will}) {
				t.Errorf("the conflict tells %v", got)
			}
			if got := d.see(w, others["nobody"], id); got.text != other {
				t.Errorf("what was refused is live: %+v", got)
			}
			w.do(director, "saveRecordDraft", with(apitest.Vars{"id": id, "liveVersion": s.version, "expectedVersion": s.draftVersion}, apitest.Vars{"resolve": []apitest.Vars{{"field": d.field, "take": "DRAFT"}}}))
			w.do(director, "submitRecordDraft", apitest.Vars{"id": s.draft, "expectedVersion": s.draftVersion + 1})
			s = d.see(w, director, id)
			w.do(director, "publishRecordDrafts", published(s))
			for name, c := range others {
				if got := d.see(w, c, id); got.text != will {
					t.Errorf("%s sees %+v", name, got)
				}
			}
			if after := d.see(w, director, id); after.draft != "" || after.version != s.version+1 {
				t.Errorf("after it is published the director sees %+v", after)
			}
			refused(apitest.Vars{"id": s.draft, "expectedVersion": s.draftVersion}, "submitRecordDraft", "CONFLICT", "expectedVersion")

			w.do(director, "saveRecordDraft", d.input(id, d.see(w, director, id), was, nil))
			s = d.see(w, director, id)
			w.do(director, "discardRecordDraft", apitest.Vars{"id": s.draft, "expectedVersion": s.draftVersion})
			if after := d.see(w, director, id); after.draft != "" || after.text != will {
				t.Errorf("after it is discarded the director sees %+v", after)
			}
		})
	}
}

// columnOf gives the name of a kind as its table has it.
func columnOf(kind string) string {
	var b strings.Builder
	for _, r := range kind {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// Drafts of all kinds become live as one change, or where one is at fault none of them.
func TestDraftsOfManyKindsGoLiveTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	director := w.director()
	kinds := draftedKinds()
	var of []drafted
	var ids []string
	for _, d := range append(slices.Clone(kinds), kinds[2], kinds[2]) { // ten: three initiatives
		of, ids = append(of, d), append(ids, d.create(w))
	}
	see := func() []seen {
		var all []seen
		for i, d := range of {
			all = append(all, d.see(w, director, ids[i]))
		}
		return all
	}
	for i, s := range see() {
		_, will, _ := of[i].texts()
		w.do(director, "saveRecordDraft", of[i].input(ids[i], s, will, nil))
	}
	if got := director.Must(t, `{ recordDrafts { totalCount facets(by: [KIND, STATE]) { values { value count label { sv } } } } }`, nil); got.At("recordDrafts.totalCount") != 10. || got.At("recordDrafts.facets.0.values.0.count") != 3. || got.Text("recordDrafts.facets.0.values.0.label.sv") != "insats" {
		t.Errorf("the drafts are %s", got.Raw)
	}
	w.do(director, "archiveInitiative", apitest.Vars{"id": ids[8], "expectedVersion": 1})
	w.do(director, "updateGoal", apitest.Vars{"id": ids[0], "expectedVersion": 1, "responsibleFunction": "kvalitetschef"})
	before := w.versions()
	answer := director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(see()...)})
	var got []string
	for _, e := range answer.Errors {
		got = append(got, e.Code()+" "+e.Field()+" "+e.Rule()+" "+e.Message)
	}
	want := []string{
		"CONFLICT drafts.0.responsibleFunction draft_conflict Mål 1: Fältet har ändrats sedan utkastet skrevs. Välj utkastets värde eller det gällande i utkastet, och publicera sedan.",
		"INVALID drafts.8.id draft_archived Insats: Posten är arkiverad: den får inga nya utkast, och inga publiceras. Kassera utkastet.",
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the faults (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, w.versions()); diff != "" {
		t.Errorf("what was refused has changed records (-before +after):\n%s", diff)
	}
	drafts := slices.Delete(see(), 8, 9)[1:]
	stale := published(drafts[0], seen{draft: drafts[1].draft, draftVersion: 9})
	if answer := director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": stale}); len(answer.Errors) != 1 || answer.Errors[0].Field() != "drafts.1.expectedVersion" || !strings.HasPrefix(answer.Errors[0].Message, "Insats: Utkastet har ändrats sedan du läste det.") {
		t.Errorf("a draft that has changed is answered with %s", answer.Raw)
	}
	if twice := director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(drafts[0], drafts[0])}); len(twice.Errors) != 1 || twice.Errors[0].Field() != "drafts.1.id" || twice.Errors[0].Rule() != "draft_twice" {
		t.Errorf("a draft given twice is answered with %s", twice.Raw)
	}
	answer = director.Must(t, `mutation($input: PublishRecordDraftsInput!) { publishRecordDrafts(input: $input) { drafts { state record { history(first: 1) { nodes { change { number comment } } } } } } }`, apitest.Vars{"input": published(drafts...)})
	for i := range drafts {
		at := fmt.Sprintf("publishRecordDrafts.drafts.%d.", i)
		first := answer.At("publishRecordDrafts.drafts.0.record.history.nodes.0.change.number")
		if answer.At(at+"record.history.nodes.0.change.number") != first || answer.Text(at+"record.history.nodes.0.change.comment") != "Nämnden har beslutat" || answer.Text(at+"state") != "PUBLISHED" {
			t.Errorf("they are not one change: %s", answer.Raw)
		}
	}
}

// A tree of goals may be drafted and moved as a whole, though none of its goals could be
// moved by itself; what is still wrong then is told of the goal that it is wrong of.
func TestATreeOfGoalsIsMovedByDrafts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	director := w.director()
	goal := drafted{"goal", "periodTo", "periodTo", nil}
	var ids []string
	for i, more := range []apitest.Vars{{}, {"level": "GOAL"}, {"level": "GOAL"}} {
		if i > 0 {
			more["parentGoal"] = ids[0]
		}
		id, _ := w.do(director, "createGoal", goalOf(fmt.Sprint("1.", i), with(more, apitest.Vars{"periodFrom": "2026-01-01", "periodTo": "2026-12-31"})))
		ids = append(ids, id)
	}
	save := func(id, from, to string) {
		s := goal.see(w, director, id)
		w.do(director, "saveRecordDraft", goal.input(id, s, nil, apitest.Vars{"goal": apitest.Vars{"periodFrom": from, "periodTo": to}}))
	}
	publish := func() apitest.Result {
		return director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(goal.see(w, director, ids[2]), goal.see(w, director, ids[0]), goal.see(w, director, ids[1]))})
	}
	save(ids[0], "2027-01-01", "2027-12-31")
	save(ids[1], "2027-01-01", "2027-06-30")
	save(ids[2], "2027-01-01", "2028-01-31")
	w.refused(director, "INVALID", "publishRecordDrafts", published(goal.see(w, director, ids[0])))
	before := w.versions()
	wrong := func(what string, answer apitest.Result, want ...string) {
		t.Helper()
		var got []string
		for _, e := range answer.Errors {
			got = append(got, e.Field()+" "+e.Rule())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	// It is told of the goal that lies wrong, and not of those that lie right to each other.
	wrong("a goal outside the period of the one above", publish(), "drafts.0.periodTo goal_period_within_parent")
	wrong("the goal above without one under it", director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(goal.see(w, director, ids[1]), goal.see(w, director, ids[0]))}), "drafts.1.periodTo goal_period_within_parent")
	if diff := cmp.Diff(before, w.versions()); diff != "" {
		t.Errorf("what was refused has changed records (-before +after):\n%s", diff)
	}
	save(ids[2], "2027-02-01", "2027-12-31")
	// Nor of those that wait for one which cannot be published for a reason of its own.
	w.do(director, "updateGoal", apitest.Vars{"id": ids[0], "expectedVersion": 1, "periodTo": "2027-06-30"})
	conflict := goal.see(w, director, ids[0])
	wrong("the goal above is in conflict", publish(), "drafts.1.periodTo draft_conflict")
	w.do(director, "saveRecordDraft", apitest.Vars{"id": ids[0], "liveVersion": conflict.version, "expectedVersion": conflict.draftVersion, "resolve": []apitest.Vars{{"field": "periodTo", "take": "DRAFT"}}})
	if answer := publish(); len(answer.Errors) > 0 {
		t.Fatalf("the tree is refused: %s", answer.Raw)
	}
	for i, want := range []string{"2027-12-31", "2027-06-30", "2027-12-31"} {
		if got := goal.see(w, director, ids[i]); got.text != want {
			t.Errorf("goal %d ends %v, want %s", i, got.text, want)
		}
	}
	// Two goals take each other's codes.
	code := drafted{"goal", "code", "code", nil}
	for i, to := range map[int]string{1: "1.2", 2: "1.1"} {
		w.do(director, "saveRecordDraft", code.input(ids[i], code.see(w, director, ids[i]), to, nil))
	}
	wrong("one of two codes", director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(code.see(w, director, ids[1]))}), "drafts.0.code goal_code_unique")
	// A third that wants one in use is told so, and those that swap are not.
	w.do(director, "createGoal", goalOf("9", nil))
	third, _ := w.do(director, "createGoal", goalOf("8", nil))
	w.do(director, "saveRecordDraft", code.input(third, seen{version: 1}, "9", nil))
	all := []seen{code.see(w, director, ids[1]), code.see(w, director, third), code.see(w, director, ids[2])}
	wrong("one of three codes", director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(all...)}), "drafts.1.code goal_code_unique")
	w.do(director, "publishRecordDrafts", published(all[0], all[2]))
	if got := []any{code.see(w, director, ids[1]).text, code.see(w, director, ids[2]).text}; !slices.Equal(got, []any{"1.2", "1.1"}) {
		t.Errorf("the codes are %v", got)
	}
}

// A unit that has closed since it was drafted as the owner, or that a reorganisation has
// taken the place of, is no owner when the draft is published.
func TestADraftedOwnerThatHasClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	director := w.director()
	unit := func(name string) string {
		id, _ := w.do(director, "createUnit", apitest.Vars{"municipality": home, "nameSv": name, "type": "UNIT"})
		return id
	}
	closing, heir, alone := unit("Stängs"), unit("Tar över"), unit("Ensam")
	goal := drafted{"goal", "ownerUnit", "ownerUnit.id", nil}
	follows, _ := w.do(director, "createGoal", goalOf("1", nil))
	stays, _ := w.do(director, "createGoal", goalOf("2", nil))
	w.do(director, "saveRecordDraft", goal.input(follows, seen{version: 1}, closing, nil))
	w.do(director, "saveRecordDraft", goal.input(stays, seen{version: 1}, alone, nil))
	if got := director.Must(t, `query($u: [ID!]) { recordDrafts(filter: {units: $u}) { totalCount } }`, apitest.Vars{"u": []any{closing}}); got.At("recordDrafts.totalCount") != 0. {
		t.Errorf("by the drafted owner are listed %s", got.Raw)
	}
	preview := director.Must(t, `mutation($input: ReorganisationInput!) { previewReorganisation(input: $input) { recordDrafts { record { id } } drafts { id } } }`, apitest.Vars{"input": apitest.Vars{
		"municipality": home, "effectiveOn": "2026-03-16", "comment": "Ny organisation", "steps": []apitest.Vars{{"close": apitest.Vars{"unit": closing, "expectedVersion": 1, "successor": apitest.Vars{"unit": heir}}}},
	}})
	if preview.Text("previewReorganisation.recordDrafts.0.record.id") != follows || len(preview.At("previewReorganisation.recordDrafts").([]any)) != 1 {
		t.Errorf("the reorganisation tells of drafts %s", preview.Raw)
	}
	w.do(director, "closeUnit", apitest.Vars{"id": closing, "expectedVersion": 1, "validTo": "2026-03-15", "successor": heir})
	w.do(director, "closeUnit", apitest.Vars{"id": alone, "expectedVersion": 1, "validTo": "2026-03-15"})
	if s := goal.see(w, director, follows); s.will != heir || len(s.faults) > 0 {
		t.Errorf("the draft does not follow to who takes over: %+v", s)
	}
	if s := goal.see(w, director, stays); !slices.Equal(s.faults, []any{"draft_unit_closed"}) {
		t.Errorf("the draft does not tell that its unit has closed: %+v", s)
	}
	answer := director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(goal.see(w, director, follows), goal.see(w, director, stays))})
	if len(answer.Errors) != 1 || answer.Errors[0].Field() != "drafts.1.ownerUnit" || answer.Errors[0].Rule() != "draft_unit_closed" {
		t.Errorf("a closed owner is answered with %s", answer.Raw)
	}
	w.do(director, "publishRecordDrafts", published(goal.see(w, director, follows)))
}

// What the domain asks of a change is asked of a draft: here that an agreement is one that
// the caller sees, that fields are those of the record's kind, and that whoever writes the
// draft may write the record.
func TestTheRulesOfTheRecordHoldForItsDraft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	director := w.director()
	hidden, _ := w.do(w.as(outside, access.Director), "createAgreement", apitest.Vars{"municipality": outside, "titleSv": "Eget avtal", "legalForm": "UNCLEAR", "visibility": "MUNICIPALITY"})
	project, _ := w.do(director, "createSharedProject", apitest.Vars{"municipality": home, "code": "bygglov", "nameSv": "Bygglov", "visibility": "PUBLIC"})
	goal, _ := w.do(director, "createGoal", goalOf("1", nil))
	under, _ := w.do(director, "createGoal", goalOf("2", apitest.Vars{"level": "GOAL"}))
	for name, c := range map[string]struct {
		input       apitest.Vars
		field, rule string
	}{
		"a hidden agreement":     {apitest.Vars{"id": project, "liveVersion": 1, "sharedProject": apitest.Vars{"agreement": hidden}}, "sharedProject.agreement", "shared_project_agreement_fk"},
		"fields of another kind": {apitest.Vars{"id": project, "liveVersion": 1, "goal": apitest.Vars{"health": "RED"}}, "goal", "draft_fields_kind"},
		"an emptied title":       {apitest.Vars{"id": goal, "liveVersion": 1, "goal": apitest.Vars{"titleSv": nil}}, "goal.titleSv", "null"},
		"a unit":                 {apitest.Vars{"id": w.units[home].NodeID(), "liveVersion": 1}, "id", "draft_kind"},
		"a field not drafted":    {apitest.Vars{"id": goal, "liveVersion": 1, "goal": apitest.Vars{"health": "RED"}, "resolve": []apitest.Vars{{"field": "code", "take": "LIVE"}}}, "resolve.0.field", "draft_field"},
	} {
		answer := director.Query(t, mutation("saveRecordDraft"), apitest.Vars{"input": c.input})
		if len(answer.Errors) != 1 || answer.Errors[0].Field() != c.field || answer.Errors[0].Rule() != c.rule {
			t.Errorf("%s is answered with %s", name, answer.Raw)
		}
	}
	// A project editor drafts what it may write, and no goals.
	editor := w.projectEditor()
	w.refused(editor, "FORBIDDEN", "saveRecordDraft", apitest.Vars{"id": goal, "liveVersion": 1, "goal": apitest.Vars{"health": "RED"}})
	w.do(editor, "saveRecordDraft", apitest.Vars{"id": project, "liveVersion": 1, "sharedProject": apitest.Vars{"health": "RED", "deliverables": []string{"Kod"}}})
	// So does a token, which needs to read beside, and no more.
	token := func(scopes ...access.Scope) *apitest.Client {
		return w.As(w.Token(t, home, access.Director, scopes...))
	}
	drafting := apitest.Vars{"id": goal, "liveVersion": 1, "goal": apitest.Vars{"health": "RED"}}
	w.refused(token(access.ScopeStrategy), "FORBIDDEN", "saveRecordDraft", drafting)
	w.refused(token(access.ScopeCollaboration, access.ScopeRead), "FORBIDDEN", "saveRecordDraft", drafting)
	strategist := token(access.ScopeStrategy, access.ScopeRead)
	w.do(strategist, "saveRecordDraft", drafting)
	w.refused(strategist, "FORBIDDEN", "saveRecordDraft", apitest.Vars{"id": project, "liveVersion": 1, "expectedVersion": 1, "sharedProject": apitest.Vars{"health": "GREEN"}})
	draft, version := w.do(director, "saveRecordDraft", apitest.Vars{"id": under, "liveVersion": 1, "goal": apitest.Vars{"parentGoal": goal, "health": "RED"}})
	w.refused(editor, "FORBIDDEN", "publishRecordDrafts", published(seen{draft: draft, draftVersion: version}))
	// The goal above is archived meanwhile: a goal is not laid under it.
	w.do(director, "archiveGoal", apitest.Vars{"id": goal, "expectedVersion": 1})
	answer := director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(seen{draft: draft, draftVersion: version})})
	if len(answer.Errors) != 1 || answer.Errors[0].Field() != "drafts.0.parentGoal" || answer.Errors[0].Rule() != "goal_parent_goal_fk" {
		t.Errorf("to lay a goal under an archived one is answered with %s", answer.Raw)
	}
	// One in review that is changed is open again, and with no field left it is discarded.
	_, version = w.do(director, "submitRecordDraft", apitest.Vars{"id": draft, "expectedVersion": version})
	w.refused(director, "INVALID", "returnRecordDraft", apitest.Vars{"id": draft, "expectedVersion": version})
	saved := director.Must(t, `mutation($input: SaveRecordDraftInput!) { saveRecordDraft(input: $input) { draft { version state fields { field } } } }`, apitest.Vars{"input": apitest.Vars{"id": under, "liveVersion": 1, "expectedVersion": version, "goal": apitest.Vars{"parentGoal": nil}}})
	if saved.Text("saveRecordDraft.draft.state") != "OPEN" || len(saved.At("saveRecordDraft.draft.fields").([]any)) != 1 {
		t.Errorf("the changed draft is %s", saved.Raw)
	}
	saved = director.Must(t, `mutation($input: SaveRecordDraftInput!) { saveRecordDraft(input: $input) { draft { state } } }`, apitest.Vars{"input": apitest.Vars{"id": under, "liveVersion": 1, "expectedVersion": version + 1, "resolve": []apitest.Vars{{"field": "health", "take": "LIVE"}}}})
	if saved.Text("saveRecordDraft.draft.state") != "DISCARDED" {
		t.Errorf("the emptied draft is %s", saved.Raw)
	}
}

// Of many who publish the same drafts at once one does, and the others are told.
func TestOneOfManyPublishes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	director := w.director()
	var drafts []seen
	for _, d := range draftedKinds()[:3] {
		id := d.create(w)
		_, will, _ := d.texts()
		w.do(director, "saveRecordDraft", d.input(id, d.see(w, director, id), will, nil))
		drafts = append(drafts, d.see(w, director, id))
	}
	answers := make([]apitest.Result, 4)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = director.Query(t, mutation("publishRecordDrafts"), apitest.Vars{"input": published(drafts...)})
		})
	}
	wg.Wait()
	done := 0
	for _, answer := range answers {
		if len(answer.Errors) == 0 {
			done++
			continue
		}
		for _, e := range answer.Errors {
			if e.Code() != "CONFLICT" || e.Rule() != "draft_closed" {
				t.Errorf("one who was late is told %s", answer.Raw)
			}
		}
	}
	if done != 1 {
		t.Errorf("%d have published", done)
	}
}

// recordDraftSteps has an example of every mutation of these records.
func recordDraftSteps() []step {
	director := (*world).director
	save := func(_ *world, m made) apitest.Vars {
		return apitest.Vars{"id": m.id["utkastsmål"], "liveVersion": m.version["utkastsmål"], "goal": apitest.Vars{"titleSv": "Digitalt alltid", "health": "RED"}}
	}
	return []step{
		{
			mutation: "createGoal", as: director, keep: "utkastsmål",
			input: func(*world, made) apitest.Vars { return goalOf("U1", apitest.Vars{"titleSv": "Digitalt först"}) },
			ask:   "goal { id version draft { id } }", want: apitest.Vars{"goal": apitest.Vars{"version": 1., "draft": nil}},
		},
		{
			mutation: "saveRecordDraft", as: director, keep: "postutkast", input: save,
			ask: "draft { id version state kind municipality { scbCode } fields { field base live draft conflict } faults { field rule message { sv } } preview { ... on Goal { title { sv } health } } record { ... on Goal { title { sv } draft { state } } } }",
			want: apitest.Vars{"draft": apitest.Vars{
				"version": 1., "state": "OPEN", "kind": "GOAL", "municipality": apitest.Vars{"scbCode": home}, "faults": []any{},
				"fields": []any{
					apitest.Vars{"field": "titleSv", "base": "Digitalt först", "live": "Digitalt först", "draft": "Digitalt alltid", "conflict": false},
					apitest.Vars{"field": "health", "base": "UNKNOWN", "live": "UNKNOWN", "draft": "RED", "conflict": false},
				},
				"preview": apitest.Vars{"title": apitest.Vars{"sv": "Digitalt alltid"}, "health": "RED"},
				"record":  apitest.Vars{"title": apitest.Vars{"sv": "Digitalt först"}, "draft": apitest.Vars{"state": "OPEN"}},
			}},
		},
		{
			mutation: "submitRecordDraft", as: director, keep: "postutkast",
			input: func(_ *world, m made) apitest.Vars { return m.of("postutkast", nil) },
			ask:   "draft { id version state }", want: apitest.Vars{"draft": apitest.Vars{"version": 2., "state": "IN_REVIEW"}},
		},
		{
			mutation: "returnRecordDraft", as: director, keep: "postutkast",
			input: func(_ *world, m made) apitest.Vars {
				return m.of("postutkast", apitest.Vars{"comment": "Ange perioden"})
			},
			ask:  "draft { id version state history(first: 1) { nodes { change { comment } } } }",
			want: apitest.Vars{"draft": apitest.Vars{"version": 3., "state": "OPEN", "history": apitest.Vars{"nodes": []any{apitest.Vars{"change": apitest.Vars{"comment": "Ange perioden"}}}}}},
		},
		{
			mutation: "discardRecordDraft", as: director,
			input: func(_ *world, m made) apitest.Vars { return m.of("postutkast", nil) },
			ask:   "draft { version state preview { id } faults { rule } record { ... on Goal { version draft { id } } } }",
			want:  apitest.Vars{"draft": apitest.Vars{"version": 4., "state": "DISCARDED", "preview": nil, "faults": []any{}, "record": apitest.Vars{"version": 1., "draft": nil}}},
		},
		{
			mutation: "publishRecordDrafts", as: director,
			input: func(w *world, m made) apitest.Vars {
				draft, version := w.do(w.director(), "saveRecordDraft", save(w, m))
				return published(seen{draft: draft, draftVersion: version})
			},
			ask: "drafts { version state record { ... on Goal { version title { sv } health } } }",
			want: apitest.Vars{"drafts": []any{apitest.Vars{"version": 2., "state": "PUBLISHED", "record": apitest.Vars{
				"version": 2., "title": apitest.Vars{"sv": "Digitalt alltid"}, "health": "RED",
			}}}},
		},
	}
}

// recordDraftAttempts are inputs that whoever may write is refused for another reason.
func recordDraftAttempts(_ *world, id map[string]string) map[string]attempt {
	stale := apitest.Vars{"id": id["recordDraft"], "expectedVersion": 99}
	return map[string]attempt{
		"saveRecordDraft":     {apitest.Vars{"id": id["draftedWork"], "liveVersion": 99, "initiative": apitest.Vars{"lane": "Grund"}}, "CONFLICT"},
		"submitRecordDraft":   {stale, "CONFLICT"},
		"discardRecordDraft":  {stale, "CONFLICT"},
		"returnRecordDraft":   {with(stale, apitest.Vars{"comment": "Ange perioden"}), "CONFLICT"},
		"publishRecordDrafts": {apitest.Vars{"drafts": []apitest.Vars{stale}}, "CONFLICT"},
	}
}

// recordDraftTargets makes what the attempts are made on.
func (w *world) recordDraftTargets(all map[string]string) {
	all["draftedWork"], _ = w.do(w.director(), "createInitiative", initiativeOf("Insats", nil))
	all["recordDraft"], _ = w.do(w.director(), "saveRecordDraft", apitest.Vars{"id": all["draftedWork"], "liveVersion": 1, "initiative": apitest.Vars{"lane": "Grund"}})
}

// recordDrafts has a secret in each text of a draft of each kind, over a record that
// others see.
func (n *nest) recordDrafts() {
	for _, d := range draftedKinds() {
		id, comment := d.create(n.world), n.said("saveRecordDraft")
		s := secret{mark: n.mark(), kind: "record_draft", what: "draft of a " + d.kind, sees: own}
		input, texts := filled(n.t, d.typed()+"DraftInput", s.mark)
		if d.kind == "initiative" {
			input["status"] = "BLOCKED"
		}
		s.texts = texts
		s.id, _ = n.do(n.director(), "saveRecordDraft", apitest.Vars{"id": id, "liveVersion": 1, d.kind: input, "comment": comment})
		n.add(s)
	}
}

// recordDrafts has drafts in their list, with equal names among their records.
func (c *catalogue) recordDrafts() {
	c.t.Helper()
	for i, name := range []string{"Ånga", "Anga", "Ånga", "Äng", "Ö", "Zon"} {
		id, _ := c.do(c.director(), "createInitiative", initiativeOf(name, nil))
		c.of["RecordDraft"], _ = c.do(c.director(), "saveRecordDraft", apitest.Vars{"id": id, "liveVersion": 1, "initiative": apitest.Vars{"lane": fmt.Sprint("Spår ", i)}})
	}
	c.do(c.director(), "submitRecordDraft", apitest.Vars{"id": c.of["RecordDraft"], "expectedVersion": 1})
}

// recordDraftScarce are lists that the rules keep shorter than the others.
var recordDraftScarce = map[string]int{"RecordDraft.history": 2}

// recordDraftCodes are the enums of these records.
func recordDraftCodes() map[string]places {
	return map[string]places{
		"RecordDraftState": {texts(draft.States()), []string{"record_draft_state"}},
		"RecordDraftKind":  {upper(draft.Tables()), nil},
	}
}
