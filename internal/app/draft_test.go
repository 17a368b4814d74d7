package app_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/openeplatform"
)

// desk is an e-service that came from the platform, with those who work on it.
type desk struct {
	*apitest.API
	t       *testing.T
	owner   uuid.UUID
	unit    uuid.UUID
	id      string // of the e-service
	clients map[string]*apitest.Client
}

func newDesk(t *testing.T) *desk {
	a := apitest.New(t, func(s *apitest.Settings) { s.Pool = 8 })
	m := a.Municipality(t, "0581", "Norrköping", apitest.Home)
	d := &desk{API: a, t: t, owner: m.ID, unit: a.Unit(t, m, "Kontoret").ID, clients: map[string]*apitest.Client{}}
	for _, name := range []string{"first", "second", "direct"} {
		d.clients[name] = a.As(a.Token(t, "0581", access.CatalogueEditor))
	}
	plan, err := d.imports("Ansök")
	if err != nil {
		t.Fatal(err)
	}
	d.id = string(gid.New("e_service", *plan.Lines[0].EServiceID))
	d.clients["direct"].Must(t, `mutation($id: ID!) { updateEService(input: {id: $id, expectedVersion: 1, audiences: [COMPANY], launchedOn: "2025-01-01"}) { eService { id } } }`, apitest.Vars{"id": d.id})
	d.clients["direct"].Must(t, `mutation($id: ID!) { publishEService(input: {id: $id, expectedVersion: 2}) { eService { id } } }`, apitest.Vars{"id": d.id})
	return d
}

// imports brings in the platform's one e-service with a summary, by the service itself.
func (d *desk) imports(summary string) (*eservice.Plan, error) {
	document, err := openeplatform.Read(d.t.Context(), strings.NewReader(fmt.Sprintf(
		`{"Flows":[{"ID":1,"FlowFamilyID":2,"Name":"Bygglov","Category":"Bygga","FlowFamilyURL":"https://example.se/2","ShortDescription":%q}]}`, summary)), "", openeplatform.Options{})
	if err != nil {
		return nil, err
	}
	return d.Services.EServices.ApplyImport(apitest.System(d.t), eservice.Import{Municipality: d.owner, Document: document, Source: "prov", DefaultOwner: &d.unit})
}

// state is of the e-service and its draft as somebody reads it.
type state struct {
	version, draftVersion float64
	draft                 string // its id; empty where there is none
	live                  map[string]string
	drafted, base         map[string]string
	conflicts             []string
}

func (d *desk) see(client string) state {
	d.t.Helper()
	answer := d.clients[client].Must(d.t, `query($id: ID!) { node(id: $id) { ... on EService { version fee { sv } summary { sv } draft { id version fields { field base draft conflict } } } } }`, apitest.Vars{"id": d.id})
	s := state{
		draft: answer.Text("node.draft.id"), drafted: map[string]string{}, base: map[string]string{},
		live: map[string]string{"feeSv": answer.Text("node.fee.sv"), "summarySv": answer.Text("node.summary.sv")},
	}
	s.version, _ = answer.At("node.version").(float64)
	s.draftVersion, _ = answer.At("node.draft.version").(float64)
	fields, _ := answer.At("node.draft.fields").([]any)
	for _, f := range fields {
		name := apitest.At(f, "field").(string)
		s.drafted[name], _ = apitest.At(f, "draft").(string)
		s.base[name], _ = apitest.At(f, "base").(string)
		if apitest.At(f, "conflict") == true {
			s.conflicts = append(s.conflicts, name)
		}
	}
	return s
}

// told tells whether an answer acknowledges the write. What it does not acknowledge, it
// says why: somebody was there first.
func (d *desk) told(who string, answer apitest.Result) bool {
	for _, code := range answer.Codes() {
		if code != "CONFLICT" {
			d.t.Errorf("%s is told %s", who, answer.Raw)
		}
	}
	return len(answer.Errors) == 0
}

// save drafts one field over what has been seen.
func (d *desk) save(client string, s state, field, value string, resolve ...apitest.Vars) bool {
	input := apitest.Vars{"id": d.id, "liveVersion": s.version, field: value, "resolve": append([]apitest.Vars{}, resolve...)}
	if s.draft != "" {
		input["expectedVersion"] = s.draftVersion
	}
	return d.told(client, d.clients[client].Query(d.t, `mutation($input: SaveEServiceDraftInput!) { saveEServiceDraft(input: $input) { draft { id } } }`, apitest.Vars{"input": input}))
}

// publish publishes the draft that has been seen, by the service itself.
func (d *desk) publish(s state) bool {
	if s.draft == "" {
		return false
	}
	id, err := gid.ID(s.draft).As("e_service_draft", "id")
	if err != nil {
		d.t.Error(err)
		return false
	}
	_, err = d.Services.EServices.PublishDrafts(apitest.System(d.t), []eservice.DraftVersion{{ID: id, Version: int(s.draftVersion)}}, "")
	for _, f := range fault.All(err) {
		if f.Code != fault.Conflict {
			d.t.Errorf("the publisher is told %v", err)
		}
	}
	if err != nil && len(fault.All(err)) == 0 {
		d.t.Error(err)
	}
	return err == nil
}

// count counts rows, whatever the release tells of them.
func (d *desk) count(sql string, args ...any) (n int) {
	d.t.Helper()
	if err := d.Data.Owner(d.t).QueryRow(d.t.Context(), sql, args...).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// over tells whether a draft that was published had the value over the other one: its
// writer had seen it.
func (d *desk) over(column, value, base string) bool {
	return d.count(`SELECT count(*) FROM e_service_draft WHERE state = 'PUBLISHED' AND changes ->> $1 = $2 AND base ->> $1 = $3`, column, value, base) > 0
}

// TestTwoPeopleAndAnImportLoseNothing has two people at the same draft, a third who
// publishes it, a fourth at the live e-service and an import, all at once: each value
// that was acknowledged is afterwards live or in the draft, or was replaced by somebody
// who had seen it; and everybody else was told.
func TestTwoPeopleAndAnImportLoseNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	acknowledged, refused := 0, 0
	const least, most = 4, 60
	for round, begun := 0, time.Now(); round < most && (round < least || time.Since(begun) < 2*time.Second) && !t.Failed(); round++ {
		value := func(who string) string { return fmt.Sprintf("%s %d", who, round) }
		if !d.save("direct", d.see("direct"), "feeSv", value("opening")) {
			t.Fatal("the draft of the round cannot be begun")
		}
		before := d.see("direct")
		var done [5]bool
		var read [5]state
		var plan *eservice.Plan
		var wg sync.WaitGroup
		for i, act := range []func(state) bool{
			func(s state) bool { return d.save("first", s, "feeSv", value("first")) },
			func(s state) bool { return d.save("second", s, "summarySv", value("second")) },
			d.publish,
			func(s state) bool {
				return d.told("direct", d.clients["direct"].Query(t, `mutation($input: UpdateEServiceInput!) { updateEService(input: $input) { eService { id } } }`,
					apitest.Vars{"input": apitest.Vars{"id": d.id, "expectedVersion": s.version, "feeSv": value("direct")}}))
			},
			func(state) bool {
				var err error
				if plan, err = d.imports(value("import")); err != nil {
					t.Error(err)
				}
				return err == nil
			},
		} {
			wg.Go(func() {
				s := before
				if round%2 == 1 {
					s = d.see("direct") // what the others have done by then is seen
				}
				read[i], done[i] = s, act(s)
			})
		}
		wg.Wait()
		now := d.see("direct")
		for i, who := range []string{"first", "second", "", "direct", "import"} {
			field, column, mine := "feeSv", "fee_sv", value(who)
			if who == "second" || who == "import" {
				field, column = "summarySv", "summary_sv"
			}
			if !done[i] {
				refused++
				if now.live[field] == mine || now.drafted[field] == mine || d.count("SELECT count(*) FROM history.e_service WHERE "+column+" = $1", mine) > 0 {
					t.Errorf("round %d: %s was refused, and has written", round, who)
				}
				continue
			}
			acknowledged++
			if drafted, is := now.drafted[field]; is && now.base[field] != now.live[field] && drafted != now.live[field] && !slices.Contains(now.conflicts, field) {
				t.Errorf("round %d: the draft does not tell that %s has changed beside it: %+v", round, field, now)
			}
			if base := now.base[field]; now.drafted[field] == mine && base != before.live[field] && base != read[i].live[field] {
				t.Errorf("round %d: %s has drafted over %q unseen", round, who, base)
			}
			kept := now.live[field] == mine || now.drafted[field] == mine
			switch who {
			case "": // to publish is no value
				continue
			case "first": // the direct edit names the version that it replaces
				kept = kept || now.live[field] == value("direct") && d.count("SELECT count(*) FROM history.e_service WHERE fee_sv = $1", mine) > 0
			case "direct":
				kept = kept || d.over(column, now.live[field], mine)
			case "import":
				differences := plan.Lines[0].Differences
				held := slices.ContainsFunc(differences, func(f eservice.Difference) bool { return f.Field == field && f.Kept })
				kept = kept || held || d.over(column, now.live[field], mine)
			}
			if !kept {
				t.Errorf("round %d: what %s wrote is lost: %+v", round, who, now)
			}
		}
		d.settle(value("import"))
	}
	if acknowledged < least || refused == 0 {
		t.Errorf("%d writes were acknowledged and %d refused: they did not meet", acknowledged, refused)
	}
}

// settle publishes what the draft has, and makes the platform and the e-service alike.
func (d *desk) settle(summary string) {
	d.t.Helper()
	if s := d.see("direct"); s.draft != "" {
		var resolve []apitest.Vars
		for _, field := range s.conflicts {
			resolve = append(resolve, apitest.Vars{"field": field, "take": "DRAFT"})
		}
		if !d.save("direct", s, "nameSv", fmt.Sprintf("Bygglov %v", s.version), resolve...) || !d.publish(d.see("direct")) {
			d.t.Errorf("the draft %+v cannot be settled", s)
		}
	}
	d.clients["direct"].Must(d.t, `mutation($input: UpdateEServiceInput!) { updateEService(input: $input) { eService { id } } }`,
		apitest.Vars{"input": apitest.Vars{"id": d.id, "expectedVersion": d.see("direct").version, "summarySv": summary}})
	if _, err := d.imports(summary); err != nil {
		d.t.Error(err)
	}
}

// An import goes on beside an open draft: it says which of its differences the draft has
// too, and the draft shows the conflict with all three values. The past of a draft is
// read as it was, and by its municipality alone.
func TestAnImportOntoAnOpenDraftIsAConflict(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if !d.save("first", d.see("first"), "summarySv", "Utkastets") {
		t.Fatal("the draft is refused")
	}
	then := d.Clock.Now()
	d.Clock.Add(time.Hour)
	plan, err := d.imports("Plattformens")
	if err != nil {
		t.Fatal(err)
	}
	if got := plan.Lines[0].Differences; len(got) != 1 || got[0].Field != "summarySv" || !got[0].InDraft || got[0].Kept {
		t.Errorf("the import tells %+v", got)
	}
	s := d.see("first")
	if s.live["summarySv"] != "Plattformens" || s.drafted["summarySv"] != "Utkastets" || !slices.Equal(s.conflicts, []string{"summarySv"}) {
		t.Errorf("the draft shows %+v", s)
	}
	answer := d.clients["first"].Query(t, `mutation($input: PublishEServiceDraftsInput!) { publishEServiceDrafts(input: $input) { drafts { id } } }`,
		apitest.Vars{"input": apitest.Vars{"drafts": []apitest.Vars{{"id": s.draft, "expectedVersion": s.draftVersion}}}})
	if len(answer.Errors) != 1 || answer.Errors[0].Code() != "CONFLICT" || answer.Errors[0].Field() != "drafts.0.summarySv" {
		t.Fatalf("publishing it is answered with %s", answer.Raw)
	}
	for name, want := range map[string]string{"field": "summarySv", "base": "Ansök", "live": "Plattformens", "draft": "Utkastets"} {
		if got := apitest.At(answer.Errors[0].Extensions["current"], name); got != want {
			t.Errorf("the conflict tells %s %v, want %s", name, got, want)
		}
	}
	d.Municipality(t, "0580", "Linköping")
	past := fmt.Sprintf(`{ asOf(at: %q) { node(id: %q) { ... on EService { publicationStatus draft { version fields { live draft conflict } } } } eServices(filter: {drafts: true}) { nodes { summary { sv } } } } }`, then.Format(time.RFC3339), d.id)
	for _, c := range []struct {
		scb            string
		status, listed string
		draft          bool
	}{{"0581", "PUBLISHED_WITH_DRAFT", "Utkastets", true}, {"0580", "PUBLISHED", "Ansök", false}} {
		answer := d.As(d.Token(t, c.scb, access.Reader)).Must(t, past, nil)
		if answer.Text("asOf.node.publicationStatus") != c.status || answer.Text("asOf.eServices.nodes.0.summary.sv") != c.listed || (answer.At("asOf.node.draft") != nil) != c.draft {
			t.Errorf("of the past %s is told %s", c.scb, answer.Raw)
		}
		if c.draft && (answer.Text("asOf.node.draft.fields.0.live") != "Ansök" || answer.At("asOf.node.draft.fields.0.conflict") != false) {
			t.Errorf("the draft of the past is %s", answer.Raw)
		}
	}
}
