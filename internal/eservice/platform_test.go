package eservice_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/openeplatform"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// reading runs do on the newest state.
func reading[T any](w *world, do func(postgres.Reader) (T, error)) T {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	return must(do(must(session.Present(w.ctx))(w.t)))(w.t)
}

// flows tells the platform's state, as "1 Ett, 2 Två off, 3 Tre since 2026-03-17".
func (w *world) flows(f eservice.FlowFilter) string {
	w.t.Helper()
	var all []string
	found := reading(w, func(r postgres.Reader) (*eservice.PlatformFlowConnection, error) {
		return w.catalogue.Flows(w.ctx, r, f, false, page.Args{})
	})
	for _, flow := range found.Nodes() {
		text := fmt.Sprintf("%d %s", flow.FamilyID, flow.Name)
		if !flow.Enabled {
			text += " off"
		}
		if flow.MissingSince != nil {
			text += " since " + flow.MissingSince.String()
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// differences tells what the platform has other values for, as "nameSv kept, url".
func (w *world) differences(e *eservice.EService) string {
	w.t.Helper()
	flows := reading(w, func(r postgres.Reader) (map[uuid.UUID]*eservice.PlatformFlow, error) {
		return w.catalogue.FlowsOfEach(w.ctx, r, []uuid.UUID{e.ID})
	})
	var all []string
	for _, d := range w.read(e).DifferencesFrom(flows[e.ID]) {
		text := d.Field
		if d.Kept {
			text += " kept"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// off is a flow that is turned off.
func off(f flow) flow { f.Enabled = false; return f }

// TestTheWatchRemembersWhatThePlatformHas follows a platform from night to night: what
// it has is kept beside the e-services, and an answer that is not whole changes nothing.
func TestTheWatchRemembersWhatThePlatformHas(t *testing.T) {
	w := newWorld(t)
	var answer http.HandlerFunc
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { answer(rw, r) }))
	t.Cleanup(server.Close)
	list := func(raw []byte) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(raw) }
	}
	status := func(code int) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(code) }
	}
	four := []flow{named(1, "Ett"), named(2, "Två"), named(3, "Tre"), named(4, "Ångfyra")}
	service := w.create(func() eservice.EService {
		e := w.found("Ett", eservice.Live)
		e.OepFamilyID = ptr(int64(1))
		return e
	}())
	version := w.read(service).Version
	options := openeplatform.Options{AllowPrivate: true, Timeout: 200 * time.Millisecond}
	for _, night := range []struct {
		what   string
		answer http.HandlerFunc
		rule   string // of the fault; empty for none
		seen   eservice.Seen
		want   string
		silent bool // no change is made
	}{
		{"four in ISO-8859-1", list(asJSON(t, four...)), "", eservice.Seen{Flows: 4, New: 4}, "1 Ett, 3 Tre, 2 Två, 4 Ångfyra", false},
		{"the same", list(asJSON(t, four...)), "", eservice.Seen{Flows: 4}, "1 Ett, 3 Tre, 2 Två, 4 Ångfyra", true},
		{"out of service", status(http.StatusServiceUnavailable), openeplatform.RuleStatus, eservice.Seen{}, "1 Ett, 3 Tre, 2 Två, 4 Ångfyra", true},
		{"an empty list", list([]byte(`{"Flows":[]}`)), openeplatform.RuleEmpty, eservice.Seen{}, "1 Ett, 3 Tre, 2 Två, 4 Ångfyra", true},
		{"no end", func(rw http.ResponseWriter, r *http.Request) {
			_, _ = rw.Write([]byte(`{"Flows":[`))
			rw.(http.Flusher).Flush()
			<-r.Context().Done()
		}, openeplatform.RuleTimeout, eservice.Seen{}, "1 Ett, 3 Tre, 2 Två, 4 Ångfyra", true},
		{"sent to a private address", func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://169.254.169.254/getflows", http.StatusFound)
		}, "redirect", eservice.Seen{}, "1 Ett, 3 Tre, 2 Två, 4 Ångfyra", true},
		{"most are gone", list(asJSON(t, four[0])), "", eservice.Seen{Flows: 1, Half: true}, "1 Ett, 3 Tre, 2 Två, 4 Ångfyra", true},
		{"a row without a number", list([]byte(`{"Flows":[{"ID":1001,"FlowFamilyID":1,"Name":"Ett"},{"Name":"Okänd"}]}`)), "", eservice.Seen{Flows: 1, Refused: 1, Changed: 1, Unsure: true, Half: true}, "1 Ett, 3 Tre, 2 Två, 4 Ångfyra", false},
		{"one gone, one off, one new, one renamed", list(asJSON(t, named(1, "Ett ny"), off(named(2, "Två")), named(3, "Tre"), named(5, "Fem"))), "",
			eservice.Seen{Flows: 4, New: 1, Changed: 2, Gone: 1}, "1 Ett ny, 5 Fem, 3 Tre, 2 Två off, 4 Ångfyra since 2026-03-25", false},
		{"it is back", list(asJSON(t, append(four, named(5, "Fem"))...)), "", eservice.Seen{Flows: 5, Changed: 3}, "1 Ett, 5 Fem, 3 Tre, 2 Två, 4 Ångfyra", false},
	} {
		w.wait(24 * time.Hour)
		answer = night.answer
		before := w.changes()
		seen, err := w.catalogue.Watch(w.ctx, w.home.ID, server.URL, options)
		if all := fault.All(err); (night.rule == "") != (err == nil) || err != nil && (len(all) != 1 || !strings.Contains(all[0].Rule, night.rule)) {
			t.Errorf("%s: the fault is %v, want %q", night.what, err, night.rule)
		}
		if seen != night.seen {
			t.Errorf("%s: it saw %+v, want %+v", night.what, seen, night.seen)
		}
		if got := w.flows(eservice.FlowFilter{}); got != night.want {
			t.Errorf("%s: there are %s, want %s", night.what, got, night.want)
		}
		if made := w.changes() - before; made > 1 || night.silent != (made == 0) {
			t.Errorf("%s: %d changes", night.what, made)
		}
	}
	if got := w.read(service).Version; got != version {
		t.Errorf("the watch has changed the e-service %d times", got-version)
	}
	if got := w.flows(eservice.FlowFilter{Unknown: ptr(true)}); got != "5 Fem, 3 Tre, 2 Två, 4 Ångfyra" {
		t.Errorf("unknown are %s", got)
	}
	if _, err := w.catalogue.Watch(w.as(w.away, access.CatalogueEditor), w.home.ID, server.URL, options); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("another municipality's editor: %v", err)
	}
	if _, err := w.catalogue.Watch(w.ctx, w.home.ID, server.URL, openeplatform.Options{}); err == nil {
		t.Error("a private address is fetched from")
	}
}

// TestDifferencesAreSettled holds that what is decided is not told again until the
// platform changes again, and that the platform's value is followed once taken.
func TestDifferencesAreSettled(t *testing.T) {
	w := newWorld(t)
	w.apply(w.of(read(t, asJSON(t, named(1, "Ett"), named(2, "Två")))))
	e := w.imported()[1]
	e = must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.NameSv = "Vårt namn" }))(t)
	if got := w.differences(e); got != "" {
		t.Errorf("what only we have edited differs in %s", got)
	}
	renamed := func(name, category string) flow {
		f := named(1, name)
		f.Category = category
		return f
	}
	w.apply(w.of(read(t, asJSON(t, renamed("Nytt", "Utbildning och förskola"), named(2, "Två")))))
	if got := w.differences(e); got != "nameSv kept" {
		t.Errorf("renamed on both sides it differs in %q", got)
	}
	listed := func() int {
		return len(reading(w, func(r postgres.Reader) (*eservice.Connection, error) {
			return w.catalogue.List(w.ctx, r, eservice.Filter{PlatformDiffers: ptr(true)}, "NAME", false, page.Args{})
		}).Nodes())
	}
	if listed() != 1 || w.flows(eservice.FlowFilter{Differs: ptr(true)}) != "1 Nytt" {
		t.Errorf("%d e-services differ, and the flows %s", listed(), w.flows(eservice.FlowFilter{Differs: ptr(true)}))
	}
	decideOn := func(field string, take eservice.Side, read string) error {
		e = w.read(e)
		d := eservice.Decision{Field: field, Take: take}
		if read != "" {
			d.Platform = json.RawMessage(read)
		}
		_, err := w.catalogue.DecideDifferences(w.ctx, e.ID, e.Version, []eservice.Decision{d}, "")
		return err
	}
	decide := func(field string, take eservice.Side) error { return decideOn(field, take, "") }
	broken(t, decide("url", eservice.Here), "difference_unknown")
	if err := decide("nameSv", eservice.Here); err != nil || w.differences(e) != "" || w.read(e).NameSv != "Vårt namn" || listed() != 0 {
		t.Errorf("decided for ours: %v, %q", err, w.differences(e))
	}
	w.apply(w.of(read(t, asJSON(t, renamed("Nytt", "Utbildning och förskola"), named(2, "Två")))))
	if got := w.differences(e); got != "" {
		t.Errorf("told again: %s", got)
	}
	w.apply(w.of(read(t, asJSON(t, renamed("Nyare", "Utbildning och förskola"), named(2, "Två")))))
	if got := w.differences(e); got != "nameSv kept" {
		t.Errorf("changed again it differs in %q", got)
	}
	// Nobody takes or turns down a value that they have not read.
	for _, take := range []eservice.Side{eservice.Here, eservice.Platform} {
		if all := fault.All(decideOn("nameSv", take, `"Nytt"`)); len(all) != 1 || all[0].Code != fault.Conflict || all[0].Rule != "difference_changed" || w.differences(e) != "nameSv kept" {
			t.Errorf("decided on what the platform had: %v, %q", all, w.differences(e))
		}
	}
	if err := decideOn("nameSv", eservice.Platform, `"Nyare"`); err != nil || w.read(e).NameSv != "Nyare" || w.differences(e) != "" {
		t.Errorf("decided for theirs: %v, %q", err, w.read(e).NameSv)
	}
	expect(t, w.apply(w.of(read(t, asJSON(t, renamed("Nyast", "Utbildning och förskola"), named(2, "Två"))))), "CHANGED 1 nameSv", "UNCHANGED 2")
}

// TestAServiceIsTiedToAFlow holds that one that was registered by hand is known by the
// next import, keeps what differs, and forgets the flow when it is untied.
func TestAServiceIsTiedToAFlow(t *testing.T) {
	w := newWorld(t)
	e := w.create(w.found("Skolskjuts, vårt", eservice.Live))
	e = must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.OepFamilyID = ptr(int64(381)) }))(t)
	plan := w.apply(w.of(read(t, asJSON(t, schoolBus(381)))))
	if plan.Counts[eservice.New] != 0 || plan.Counts[eservice.Changed] != 1 {
		t.Errorf("the import made %s", summary(plan))
	}
	if got := w.differences(e); !strings.Contains(got, "nameSv kept") || w.read(e).NameSv != "Skolskjuts, vårt" {
		t.Errorf("it differs in %s", got)
	}
	e = w.read(e)
	e = must(w.catalogue.Update(w.ctx, e.ID, e.Version, func(e *eservice.EService) { e.OepFamilyID = nil }))(t)
	if e.OepSeen != nil || e.OepCategory != nil || w.differences(e) != "" {
		t.Errorf("untied it remembers %s, %v", e.OepSeen, e.OepCategory)
	}
	if got := w.flows(eservice.FlowFilter{Unknown: ptr(true)}); got != "381 Ansökan om skolskjuts" {
		t.Errorf("unknown are %q", got)
	}
}

// TestCategoriesAreRemembered holds that imports without owners use those of before.
func TestCategoriesAreRemembered(t *testing.T) {
	w := newWorld(t)
	set := func(categories ...eservice.PlatformCategory) error {
		_, err := w.catalogue.SetCategories(w.ctx, w.home.ID, categories)
		return err
	}
	school := eservice.PlatformCategory{Category: " Utbildning och förskola ", OwnerUnitID: &w.school.ID}
	broken(t, set(school, school, eservice.PlatformCategory{Category: "", OwnerUnitID: &w.abroad.ID}), "category_twice", "owner_unknown", "platform_category_category_length")
	broken(t, set(), "categories_number")
	if err := set(school); err != nil {
		t.Fatal(err)
	}
	in := w.of(read(t, asJSON(t, schoolBus(1))))
	in.DefaultOwner = nil
	w.apply(in)
	if owner := w.imported()[1].OwnerUnitID; owner != w.school.ID {
		t.Errorf("the owner is %s", owner)
	}
	before := w.changes()
	if err := set(school); err != nil {
		t.Fatal(err)
	}
	school.OwnerUnitID = nil
	if err := set(school); err != nil {
		t.Fatal(err)
	}
	in = w.of(read(t, asJSON(t, schoolBus(1), schoolBus(2))))
	in.DefaultOwner = nil
	if plan := w.apply(in); plan.Counts[eservice.Refused] != 1 || w.changes() < before+1 {
		t.Errorf("without an owner: %s", summary(plan))
	}
}
