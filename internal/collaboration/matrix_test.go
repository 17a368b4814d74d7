package collaboration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/collaboration"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/thread"
)

// The state of a cell follows from the participation and the decision behind it.
func TestTheStatesOfTheDecisionMatrix(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		state    collaboration.ParticipationState
		decision string // columns of the decision that authorises it; empty for none
		want     collaboration.MatrixState
	}{
		"invited":                      {"INVITED", "", "MISSING"},
		"active without a decision":    {"ACTIVE", "", "MISSING"},
		"waiting":                      {"DECISION_PENDING", "", "PREPARING"},
		"proposed":                     {"INTERESTED", "proposed_on = '2026-03-01'", "PREPARING"},
		"rejected":                     {"INTERESTED", "meeting_date = '2026-03-01', rejected = true", "MISSING"},
		"within the weeks of appeal":   {"ACTIVE", "meeting_date = '2026-02-20', announced_on = '2026-02-23'", "DECIDED"},
		"past the weeks of appeal":     {"ACTIVE", "meeting_date = '2026-02-20', announced_on = '2026-02-22'", "NOT_BINDING"},
		"not announced":                {"ACTIVE", "meeting_date = '2026-03-01'", "NOT_BINDING"},
		"appealed":                     {"ACTIVE", "meeting_date = '2026-03-01', announced_on = '2026-03-02', appealed_on = '2026-03-10'", "NOT_BINDING"},
		"binding":                      {"ACTIVE", "meeting_date = '2026-01-01', legally_binding_on = '2026-02-01', valid_to = '2026-06-14'", "BINDING"},
		"with less than 90 days left":  {"ACTIVE", "meeting_date = '2026-01-01', legally_binding_on = '2026-02-01', valid_to = '2026-06-13'", "EXPIRING"},
		"expired":                      {"ACTIVE", "meeting_date = '2025-01-01', legally_binding_on = '2025-02-01', valid_to = '2026-03-15'", "ENDED"},
		"overturned":                   {"ACTIVE", "meeting_date = '2026-01-01', appealed_on = '2026-01-10', overturned_on = '2026-02-01'", "ENDED"},
		"withdrawn, whatever decision": {"WITHDRAWN", "meeting_date = '2026-01-01', legally_binding_on = '2026-02-01'", "NOT_PARTICIPATING"},
	} {
		p := w.project("p-"+uuid.NewString(), found("OPERATION"))
		part := must(w.service.Register(w.ctx, collaboration.Participation{
			MunicipalityID: w.partner.ID, SharedProjectID: p.ID, Role: "PILOT", State: c.state, Reason: ptr("Prov"), FoundSource: ptr("Prov"), FoundReason: ptr("Prov"),
		}))(t)
		if c.decision != "" {
			w.authorise(part.ID, w.decision(w.partner, c.decision))
		}
		m := must(w.service.DecisionMatrix(w.ctx, w.reading(), collaboration.MatrixFilter{Municipalities: []string{"0580"}}, page.Args{First: ptr(100)}))(t)
		for _, row := range m.Rows {
			if row.SharedProject.ID == p.ID && row.Cells[0].State != c.want {
				t.Errorf("%s is %s, want %s", name, row.Cells[0].State, c.want)
			}
		}
	}
}

// authorise links a decision to a participation.
func (w *world) authorise(participation, decision uuid.UUID) {
	w.t.Helper()
	err := w.journal.Write(w.ctx, "linkRecords", "", func(tx *postgres.Tx) error {
		return thread.Authorise(w.ctx, record.Keeper{Journal: w.journal}, tx, w.partner.ID, decision, thread.End{Kind: "participation", ID: participation})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// The matrix has a cell for each project and municipality, totals by row and column, and
// is narrowed to where a municipality lacks a decision.
func TestTheDecisionMatrix(t *testing.T) {
	w := newWorld(t)
	bound, lacking, alone := w.project("a-bunden", found("OPERATION")), w.project("b-saknar", found("OPERATION")), w.project("c-ensam")
	for _, p := range []*collaboration.SharedProject{bound, lacking} {
		part := must(w.service.Register(w.ctx, collaboration.Participation{MunicipalityID: w.partner.ID, SharedProjectID: p.ID, Role: "PILOT", State: "ACTIVE", FoundSource: ptr("Prov"), FoundReason: ptr("Prov")}))(t)
		if p == bound {
			w.authorise(part.ID, w.decision(w.partner, "meeting_date = '2026-01-01', legally_binding_on = '2026-02-01'"))
		}
	}
	hidden := w.project("d-dold", func(p *collaboration.SharedProject) { p.Visibility = "MUNICIPALITY" })
	reader := w.as(w.partner, access.Reader)
	type cells map[string][]collaboration.MatrixState
	shown := func(f collaboration.MatrixFilter) (cells, *collaboration.DecisionMatrix) {
		t.Helper()
		m := must(w.service.DecisionMatrix(reader, w.reading(), f, page.Args{}))(t)
		got := cells{}
		for _, row := range m.Rows {
			for _, c := range row.Cells {
				got[row.SharedProject.Code] = append(got[row.SharedProject.Code], c.State)
			}
		}
		return got, m
	}
	got, m := shown(collaboration.MatrixFilter{Collaborations: []uuid.UUID{w.cesam.ID}})
	want := cells{"a-bunden": {"BINDING", "MISSING"}, "b-saknar": {"MISSING", "MISSING"}, "c-ensam": {"NOT_PARTICIPATING", "PREPARING"}} // 0580, 0581
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]uuid.UUID{w.partner.ID, w.home.ID}, m.MunicipalityIDs); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if total := must(m.TotalCount(reader))(t); total != 3 {
		t.Errorf("there are %d projects, want 3 without %s", total, hidden.Code)
	}
	columns := must(m.Totals(reader))(t)
	if diff := cmp.Diff([]*collaboration.DecisionMatrixCount{{State: "MISSING", Count: 1}, {State: "BINDING", Count: 1}, {State: "NOT_PARTICIPATING", Count: 1}}, columns[0].Counts); diff != "" {
		t.Errorf("totals of the partner (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]*collaboration.DecisionMatrixCount{{State: "PREPARING", Count: 1}, {State: "NOT_PARTICIPATING", Count: 1}}, m.Rows[2].Totals()); diff != "" {
		t.Errorf("totals of %s (-want +got):\n%s", alone.Code, diff)
	}
	if got, _ := shown(collaboration.MatrixFilter{LacksDecision: []string{"0580"}, Municipalities: []string{"0580"}}); len(got) != 1 || got["b-saknar"] == nil {
		t.Errorf("the partner lacks a decision in %v", got)
	}
	first := must(w.service.DecisionMatrix(reader, w.reading(), collaboration.MatrixFilter{}, page.Args{First: ptr(1)}))(t)
	next := must(w.service.DecisionMatrix(reader, w.reading(), collaboration.MatrixFilter{}, page.Args{First: ptr(1), After: first.PageInfo.EndCursor}))(t)
	if next.Rows[0].SharedProject.Code != "b-saknar" {
		t.Errorf("after %s comes %s", first.Rows[0].SharedProject.Code, next.Rows[0].SharedProject.Code)
	}
}

// The coverage map tells who has a shared service, who plans it and who lacks it, and
// where it can be had from.
func TestTheCoverageMap(t *testing.T) {
	w := newWorld(t)
	shared := func(code string) *eservice.SharedService {
		return must(w.catalogue.CreateShared(w.ctx, eservice.SharedService{MunicipalityID: w.home.ID, Code: code, NameSv: code, Themes: []eservice.Theme{"BUSINESS_WORK"}}))(t)
	}
	service := func(m *organisation.Municipality, of *eservice.SharedService, status eservice.Status, published bool) *eservice.EService {
		return must(w.catalogue.Create(w.ctx, eservice.EService{
			MunicipalityID: m.ID, OwnerUnitID: w.units[m.ID].ID, SharedServiceID: &of.ID, NameSv: of.NameSv, Status: status, Published: published, FoundSource: ptr("Prov"), FoundReason: ptr("Prov"),
			SummarySv: ptr("Prov"), URL: ptr("https://example.se/prov"), Audiences: []eservice.Audience{"PRIVATE_PERSON"}, LaunchedOn: ptr(day("2025-01-01")),
		}))(t)
	}
	permit, transport := shared("bygglov"), shared("skolskjuts")
	live := service(w.home, permit, eservice.Live, true)
	service(w.partner, permit, eservice.Planned, true)
	service(w.partner, transport, eservice.Live, false) // unpublished: others do not see it
	offer := must(w.service.CreateOffer(w.ctx, collaboration.ServiceOffer{MunicipalityID: w.home.ID, SharedServiceID: permit.ID, TermsSv: "Fri", ValidFrom: day("2026-01-01"), Visibility: "PUBLIC"}))(t)
	read := func(m *organisation.Municipality, f collaboration.CoverageFilter) *collaboration.CoverageMap {
		t.Helper()
		return must(w.service.CoverageMap(w.as(m, access.Reader), w.reading(), f, page.Args{}))(t)
	}
	m := read(w.home, collaboration.CoverageFilter{})
	if diff := cmp.Diff([]uuid.UUID{w.partner.ID, w.home.ID}, m.MunicipalityIDs); diff != "" { // members of the collaboration
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	row := m.Rows[0]
	if row.Cells[0].State != "PLANNED" || row.Cells[1].State != "LIVE" || *row.Cells[1].EServiceID != live.ID || row.Live() != 1 || row.Planned() != 1 || row.Missing() != 0 || *row.OfferID != offer.ID {
		t.Errorf("the row of %s is %+v %+v", row.SharedService.Code, row.Cells[0], row.Cells[1])
	}
	if m.Rows[1].Missing() != 2 || m.Rows[1].OfferID != nil {
		t.Error("an unpublished e-service of another shows, or an offer that there is not")
	}
	if own := read(w.partner, collaboration.CoverageFilter{}); own.Rows[1].Live() != 1 {
		t.Error("an unpublished e-service does not show to its own municipality")
	}
	lacks := read(w.partner, collaboration.CoverageFilter{Lacks: []string{"0580"}, LiveAt: []string{"0581"}})
	if len(lacks.Rows) != 1 || lacks.Rows[0].SharedService.ID != permit.ID {
		t.Errorf("the partner lacks %d services that the home municipality has, want one", len(lacks.Rows))
	}
}
