package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
)

// whole is what a copy elsewhere keeps of each record.
const whole = `
fragment Whole on Record {
  __typename id version updatedAt
  ... on Municipality { name { sv } }
  ... on Unit { name { sv } validTo archivedAt parent { id } }
  ... on SharedService { name { sv } visibility archivedAt }
  ... on EService { name { sv } status published visibility archivedAt ownerUnit { id } sharedService { id } }
}`

// mirror is a copy that a partner keeps in step by changes(since:).
type mirror struct {
	t       *testing.T
	a       *apitest.API
	caller  apitest.Caller
	records map[string]string // by id
	since   int
	after   *string
	pages   int
}

// page reads the next page of changes, and tells whether that was the last of now.
func (m *mirror) page(first int) bool {
	m.t.Helper()
	data := must(ask(m.a, m.caller, `query($since: Int!, $first: Int!, $after: String) {
		changes(since: $since, first: $first, after: $after) { nodes { kind id change removed record { ...Whole } } pageInfo { hasNextPage endCursor } through }
	}`+whole, apitest.Vars{"since": m.since, "first": first, "after": m.after}))(m.t)
	var answer struct {
		Changes struct {
			Nodes []struct {
				Kind, ID string
				Change   int
				Removed  bool
				Record   json.RawMessage
			}
			PageInfo struct {
				HasNextPage bool
				EndCursor   *string
			}
			Through int
		}
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		m.t.Fatal(err)
	}
	m.pages++
	for _, n := range answer.Changes.Nodes {
		if n.Removed {
			if string(n.Record) != "null" {
				m.t.Errorf("a removed record comes with %s", n.Record)
			}
			delete(m.records, n.ID)
		} else if string(n.Record) != "null" {
			// A record that has left meanwhile is told of by the next round.
			m.records[n.ID] = string(n.Record)
		}
	}
	m.after = answer.Changes.PageInfo.EndCursor
	if answer.Changes.PageInfo.HasNextPage {
		return false
	}
	m.since, m.after = answer.Changes.Through, nil
	return true
}

// full reads everything that the caller sees, list by list.
func full(t *testing.T, a *apitest.API, c apitest.Caller) map[string]string {
	t.Helper()
	records := map[string]string{}
	for _, list := range []string{"municipalities(", "units(", "units(filter: {archived: true}, ", "sharedServices(", "sharedServices(filter: {archived: true}, ", "eServices(", "eServices(filter: {archived: true}, "} {
		var after *string
		for {
			data := must(ask(a, c, fmt.Sprintf(`query($after: String) { list: %sfirst: 100, after: $after) { nodes { ...Whole } pageInfo { hasNextPage endCursor } } }`, list)+whole, apitest.Vars{"after": after}))(t)
			var answer struct {
				List struct {
					Nodes    []json.RawMessage
					PageInfo struct {
						HasNextPage bool
						EndCursor   *string
					}
				}
			}
			if err := json.Unmarshal(data, &answer); err != nil {
				t.Fatal(err)
			}
			for _, raw := range answer.List.Nodes {
				var record struct{ ID string }
				if err := json.Unmarshal(raw, &record); err != nil {
					t.Fatal(err)
				}
				records[record.ID] = string(raw)
			}
			if !answer.List.PageInfo.HasNextPage {
				break
			}
			after = answer.List.PageInfo.EndCursor
		}
	}
	return records
}

// chance makes random changes in a world of three municipalities.
type chance struct {
	t              *testing.T
	a              *apitest.API
	random         *rand.Rand
	municipalities []*organisation.Municipality
	units          []*organisation.Unit
	services       []*eservice.EService
	shared         []*eservice.SharedService
	made           int
}

func pick[T any](c *chance, of []T) T { return of[c.random.IntN(len(of))] }

var visibilities = []eservice.Visibility{eservice.Public, eservice.Collaboration, eservice.Municipality}

// step makes one change; one that a rule refuses is none.
func (c *chance) step() {
	sys := apitest.System(c.t)
	catalogue, organisations := c.a.Services.EServices, c.a.Services.Organisation
	c.made++
	c.a.Clock.Add(time.Minute)
	name := fmt.Sprintf("Namn %d", c.made)
	e, u, s := pick(c, c.services), pick(c, c.units), pick(c, c.shared)
	switch c.random.IntN(12) {
	case 0:
		owner := pick(c, c.units)
		if owner.ValidTo == nil && owner.ArchivedAt == nil {
			c.services = append(c.services, service(c.t, c.a, owner, name, func(e *eservice.EService) {
				e.Visibility, e.Published = pick(c, visibilities), c.random.IntN(2) == 0
			}))
		}
	case 1:
		c.units = append(c.units, c.a.Unit(c.t, pick(c, c.municipalities), name))
	case 2:
		c.shared = append(c.shared, shared(c.t, c.a, pick(c, c.municipalities), fmt.Sprintf("delad-%d", c.made), pick(c, visibilities)))
	case 3, 4:
		if saved, err := catalogue.Update(sys, e.ID, e.Version, func(e *eservice.EService) { e.NameSv, e.Visibility = name, pick(c, visibilities) }); err == nil {
			*e = *saved
		}
	case 5, 6:
		if saved, err := catalogue.Publish(sys, e.ID, e.Version, !e.Published, ""); err == nil {
			*e = *saved
		}
	case 7:
		if saved, err := catalogue.Archive(sys, e.ID, e.Version, ""); err == nil {
			*e = *saved
		}
	case 8:
		if saved, err := organisations.UpdateUnit(sys, u.ID, u.Version, func(u *organisation.Unit) { u.NameSv = name }); err == nil {
			*u = *saved
		}
	case 9:
		if saved, err := organisations.CloseUnit(sys, u.ID, u.Version, date.Of(c.a.Clock.Now()), nil, ""); err == nil {
			*u = *saved
		}
	case 10:
		if saved, err := catalogue.UpdateShared(sys, s.ID, s.Version, func(s *eservice.SharedService) { s.NameSv, s.Visibility = name, pick(c, visibilities) }); err == nil {
			*s = *saved
		}
	case 11:
		if saved, err := catalogue.ArchiveShared(sys, s.ID, s.Version, ""); err == nil {
			*s = *saved
		}
	}
}

func TestACopyKeptInStepByChangesIsWhatAFullReadGives(t *testing.T) {
	if testing.Short() {
		t.Skip("asks one after another, for long")
	}
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { keepInStep(t, seed) })
	}
}

func keepInStep(t *testing.T, seed uint64) {
	a := apitest.New(t)
	home, partner, stranger := a.Municipality(t, "0581", "Norrköping", apitest.Home), a.Municipality(t, "0562", "Finspång"), a.Municipality(t, "0180", "Stockholm")
	a.Collaboration(t, "Samverkan", home, partner)
	c := &chance{t: t, a: a, random: rand.New(rand.NewPCG(2026, seed)), municipalities: []*organisation.Municipality{home, partner, stranger}}
	for _, m := range c.municipalities {
		c.units = append(c.units, a.Unit(t, m, "Kontoret"))
		c.shared = append(c.shared, shared(t, a, m, "forst-"+m.SCBCode, eservice.Public))
		c.services = append(c.services, service(t, a, c.units[len(c.units)-1], "Först"))
	}
	callers := map[string]apitest.Caller{
		"nobody": {}, "own": a.Token(t, "0581", access.Reader), "administrator": a.Token(t, "0581", access.Admin), "partner": a.Token(t, "0562", access.Reader),
		"stranger": a.Token(t, "0180", access.Director), "without READ": a.Token(t, "0581", access.CatalogueEditor, access.ScopeCatalogue),
	}
	mirrors := map[string]*mirror{}
	for name, caller := range callers {
		mirrors[name] = &mirror{t: t, a: a, caller: caller, records: map[string]string{}}
	}
	names := slices.Sorted(maps.Keys(mirrors))
	for round := range 25 {
		for range 4 {
			c.step()
		}
		// Each reads a page now and then, so that changes fall between its pages.
		for _, name := range names {
			m := mirrors[name]
			if c.random.IntN(2) == 0 {
				m.page(1 + c.random.IntN(7))
			}
		}
		if round%8 != 7 && round != 24 {
			continue
		}
		for _, name := range names {
			m := mirrors[name]
			for !m.page(5) || m.after != nil {
			}
			for !m.page(100) { // what came while the last pages were read
			}
			want := full(t, a, m.caller)
			for _, id := range slices.Sorted(maps.Keys(want)) {
				if m.records[id] != want[id] {
					t.Errorf("round %d, %s: the copy has %s, want %s", round, name, m.records[id], want[id])
				}
			}
			for id, record := range m.records {
				if _, there := want[id]; !there {
					t.Errorf("round %d, %s: the copy has %s, which the caller does not see", round, name, record)
				}
			}
		}
	}
	sizes := map[string]int{}
	for name, m := range mirrors {
		sizes[name] = len(m.records)
	}
	if min(sizes["own"], sizes["partner"], sizes["stranger"]) < sizes["nobody"] || sizes["without READ"] != sizes["nobody"] || sizes["administrator"] != sizes["own"] {
		t.Errorf("the copies' sizes are %v", sizes)
	}
}

// Who leaves or joins a collaboration sees other records, though none of them changes.
func TestChangesFollowTheMembersOfACollaboration(t *testing.T) {
	a := apitest.New(t)
	home, partner := a.Municipality(t, "0581", "Norrköping", apitest.Home), a.Municipality(t, "0562", "Finspång")
	a.Collaboration(t, "Samverkan", home, partner)
	service(t, a, a.Unit(t, home, "Kontoret"), "Delad", func(e *eservice.EService) { e.Visibility = eservice.Collaboration })
	shared(t, a, home, "delad", eservice.Collaboration)
	copies := map[string]*mirror{}
	for code, name := range map[string]string{"0581": "own", "0562": "partner"} {
		copies[name] = &mirror{t: t, a: a, caller: a.Token(t, code, access.Reader), records: map[string]string{}}
	}
	inStep := func(when string, seen int) {
		t.Helper()
		for name, m := range copies {
			for !m.page(1) {
			}
			if want := full(t, a, m.caller); !maps.Equal(m.records, want) {
				t.Errorf("%s, %s: the copy has %d records, want %d", when, name, len(m.records), len(want))
			}
		}
		if n := len(copies["own"].records) - len(copies["partner"].records); n != seen {
			t.Errorf("%s the partner lacks %d of the records, want %d", when, n, seen)
		}
	}
	members := func(sql string) {
		t.Helper()
		err := a.Services.Journal.Write(apitest.System(t), "members", "", func(tx *postgres.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE collaboration_member SET valid_to = "+sql+" WHERE municipality_id = @partner", postgres.Args{"partner": partner.ID})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	inStep("as members", 0)
	members("today() - 1")
	inStep("when one has left", 2)
	members("NULL")
	inStep("when it is back", 0)
	members("today()")
	inStep("on its last day", 0)
	a.Clock.Add(24 * time.Hour)
	inStep("the day after", 2)
}

func TestChangesTellOfKindsAndRefuseWhatHasNotBeen(t *testing.T) {
	a := apitest.New(t)
	home := a.Municipality(t, "0581", "Norrköping", apitest.Home)
	service(t, a, a.Unit(t, home, "Kontoret"), "Bygglov")
	nobody := a.As(apitest.Caller{})
	r := nobody.Must(t, `{ changes(since: 0, kinds: [E_SERVICE, UNIT]) { nodes { kind change removed } through pageInfo { hasNextPage } } }`, nil)
	if r.At("changes.nodes.0.kind") != "UNIT" || r.At("changes.nodes.1.kind") != "E_SERVICE" || r.At("changes.nodes.2") != nil || r.At("changes.through") != 3.0 {
		t.Errorf("the changes of two kinds: %s", r.Raw)
	}
	r = nobody.Must(t, `{ changes(since: 3) { nodes { id } through } }`, nil)
	if r.At("changes.nodes.0") != nil || r.At("changes.through") != 3.0 {
		t.Errorf("nothing since: %s", r.Raw)
	}
	cursor := nobody.Must(t, `{ changes(since: 0, first: 1) { pageInfo { endCursor } } }`, nil).Text("changes.pageInfo.endCursor")
	for _, query := range []string{
		`{ changes(since: -1) { through } }`, `{ changes(since: 4) { through } }`, `{ changes(since: 0, first: 101) { through } }`,
		fmt.Sprintf(`{ changes(since: 1, after: %q) { through } }`, cursor), `{ changes(since: 0, after: "x") { through } }`,
	} {
		if r := nobody.Query(t, query, nil); len(r.Errors) != 1 || r.Errors[0].Code() != "INVALID" || r.Errors[0].Field() == "" {
			t.Errorf("%s answers %s", query, r.Raw)
		}
	}
}
