package collaboration

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// MatrixState is how far a municipality's decision on a shared project has come.
type MatrixState string

// MatrixNotParticipating is that of a municipality outside the project.
const MatrixNotParticipating MatrixState = "NOT_PARTICIPATING"

// MatrixStates lists them in the order in which people read them.
func MatrixStates() []MatrixState {
	codes := Codes()["MATRIX_STATE"]
	all := make([]MatrixState, len(codes))
	for i, c := range codes {
		all[i] = MatrixState(c.Value)
	}
	return all
}

// decisionStateOf is SQL for the state of decision d today.
const decisionStateOf = "decision_state(today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to)"

// authorising is SQL for a join that gives, of participation y, the decision b that
// authorises it: the one that has come furthest, and of equals the newest.
const authorising = `LEFT JOIN LATERAL (
	SELECT d.id, ` + decisionStateOf + ` AS state, d.announced_on, d.valid_to FROM record_link l JOIN decision d ON d.id = l.decision_id
	 WHERE l.participation_id = y.id AND l.purpose = 'AUTHORISES' AND l.archived_at IS NULL AND d.archived_at IS NULL
	 ORDER BY array_position(ARRAY['BINDING', 'DECIDED', 'APPEALED', 'PROPOSED', 'PREPARING', 'EXPIRED', 'SUPERSEDED', 'OVERTURNED', 'REJECTED'], ` + decisionStateOf + `), coalesce(d.meeting_date, 'infinity') DESC, d.id
	 LIMIT 1) b ON true`

// matrixState is SQL for the state of participation y with its decision b. A decision is
// DECIDED while it is announced and the three weeks of appeal run (KL 13 kap. 5 §); one
// that is not announced, is appealed, or is past them and not noted as legally binding is
// NOT_BINDING.
const matrixState = `CASE
	WHEN y.id IS NULL OR y.state IN ('DECLINED', 'WITHDRAWN') THEN 'NOT_PARTICIPATING'
	WHEN b.id IS NULL OR b.state = 'REJECTED' THEN CASE y.state WHEN 'DECISION_PENDING' THEN 'PREPARING' ELSE 'MISSING' END
	WHEN b.state IN ('PREPARING', 'PROPOSED') THEN 'PREPARING'
	WHEN b.state IN ('EXPIRED', 'SUPERSEDED', 'OVERTURNED') THEN 'ENDED'
	WHEN b.state = 'BINDING' THEN CASE WHEN b.valid_to < today() + 90 THEN 'EXPIRING' ELSE 'BINDING' END
	WHEN b.state = 'DECIDED' AND b.announced_on <= today() AND b.announced_on + 21 >= today() THEN 'DECIDED'
	ELSE 'NOT_BINDING' END`

// MatrixFilter narrows a decision matrix; empty parts do not.
type MatrixFilter struct {
	Collaborations []uuid.UUID
	Municipalities []string // SCB codes of the columns
	// LacksDecision keeps the projects in which one of the municipalities with these SCB
	// codes takes part and has no decision that holds.
	LacksDecision []string
	Phases        []ProjectPhase
}

// DecisionMatrix is a page of shared projects by municipalities, with the state of each
// one's decision.
type DecisionMatrix struct {
	MunicipalityIDs []uuid.UUID // the columns
	Rows            []*DecisionMatrixRow
	PageInfo        page.Info
	Total           func(context.Context) (int, error)
	Columns         func(context.Context) ([]*DecisionMatrixColumn, error)
}

// TotalCount counts the projects over all pages.
func (m *DecisionMatrix) TotalCount(ctx context.Context) (int, error) { return m.Total(ctx) }

// Totals counts the states of each column over all pages.
func (m *DecisionMatrix) Totals(ctx context.Context) ([]*DecisionMatrixColumn, error) {
	return m.Columns(ctx)
}

// DecisionMatrixRow is a project with a cell for each municipality.
type DecisionMatrixRow struct {
	Cursor        string
	SharedProject *SharedProject
	Cells         []*DecisionMatrixCell
}

// Totals counts the row's states.
func (r *DecisionMatrixRow) Totals() []*DecisionMatrixCount {
	counts := map[MatrixState]int{}
	for _, c := range r.Cells {
		counts[c.State]++
	}
	return matrixCounts(counts)
}

// DecisionMatrixCell is a municipality's decision state on a project.
type DecisionMatrixCell struct {
	ProjectID       uuid.UUID   `db:"project_id"`
	MunicipalityID  uuid.UUID   `db:"municipality_id"`
	State           MatrixState `db:"state"`
	ParticipationID *uuid.UUID  `db:"participation_id"`
	DecisionID      *uuid.UUID  `db:"decision_id"`
}

// DecisionMatrixCount is how many cells are in a state.
type DecisionMatrixCount struct {
	State MatrixState
	Count int
}

// DecisionMatrixColumn is a municipality with its states over all projects.
type DecisionMatrixColumn struct {
	MunicipalityID uuid.UUID
	Counts         []*DecisionMatrixCount
}

func matrixCounts(counts map[MatrixState]int) []*DecisionMatrixCount {
	all := []*DecisionMatrixCount{}
	for _, state := range MatrixStates() {
		if counts[state] > 0 {
			all = append(all, &DecisionMatrixCount{state, counts[state]})
		}
	}
	return all
}

// DecisionMatrix reads one page of the shared projects that the caller may see, by name,
// with the state of each municipality's decision. The columns are the municipalities of
// the filter; without any, those that take part in some of the projects and the members
// today of the collaborations that the filter names.
func (s *Service) DecisionMatrix(ctx context.Context, r postgres.Reader, f MatrixFilter, a page.Args) (*DecisionMatrix, error) {
	l := s.projectList(ctx, r, SharedProjectFilter{Collaborations: f.Collaborations, Phases: f.Phases}, "NAME", false)
	taking, _ := holding("participation", "shared_project_id", takesPart)
	l.Facets = map[string]postgres.Facet{
		"PARTICIPANT": taking,
		"CELL": {
			Value: "h.municipality_id::text || ' ' || h.state", Sv: "''", En: "''",
			Join: "JOIN LATERAL (SELECT y.municipality_id, " + matrixState + " AS state FROM participation y " + authorising + " WHERE y.shared_project_id = x.id AND y.archived_at IS NULL) h ON true",
		},
	}
	if len(f.LacksDecision) > 0 {
		l.Where(`EXISTS (SELECT FROM participation y JOIN municipality n ON n.id = y.municipality_id `+authorising+`
			WHERE y.shared_project_id = x.id AND y.archived_at IS NULL AND n.scb_code = ANY (@lacks_decision) AND `+matrixState+` IN ('MISSING', 'PREPARING', 'ENDED'))`, "lacks_decision", f.LacksDecision)
	}
	listed, err := postgres.Page[SharedProject](ctx, r, l, a)
	if err != nil {
		return nil, err
	}
	m := &DecisionMatrix{PageInfo: listed.PageInfo, Total: listed.TotalCount, Rows: []*DecisionMatrixRow{}}
	codes := f.Municipalities
	if len(codes) == 0 {
		facets, err := listed.Facets(ctx, []string{"PARTICIPANT"})
		if err != nil {
			return nil, err
		}
		codes = []string{}
		for _, v := range facets[0].Values {
			codes = append(codes, v.Value)
		}
	}
	if m.MunicipalityIDs, err = postgres.Values[uuid.UUID](ctx, r, `
		SELECT m.id FROM municipality m
		 WHERE m.scb_code = ANY (@codes)
		    OR @members AND m.id IN (SELECT y.municipality_id FROM collaboration_member y WHERE y.collaboration_id = ANY (@collaborations) AND `+memberToday+`)
		 ORDER BY m.scb_code`, postgres.Args{"codes": codes, "members": len(f.Municipalities) == 0, "collaborations": append([]uuid.UUID{}, f.Collaborations...)}); err != nil {
		return nil, err
	}
	rows := map[uuid.UUID]*DecisionMatrixRow{}
	ids := []uuid.UUID{}
	for _, e := range listed.Edges {
		row := &DecisionMatrixRow{Cursor: e.Cursor, SharedProject: e.Node}
		m.Rows, ids = append(m.Rows, row), append(ids, e.Node.ID)
		rows[e.Node.ID] = row
	}
	cells, err := postgres.All[DecisionMatrixCell](ctx, r, `
		SELECT o.project_id, o.municipality_id, o.state, o.participation_id, o.decision_id FROM (
			SELECT p.id AS project_id, m.id AS municipality_id, `+matrixState+` AS state, y.id AS participation_id, b.id AS decision_id, m.place
			  FROM unnest(@projects::uuid[]) p (id) CROSS JOIN unnest(@municipalities::uuid[]) WITH ORDINALITY m (id, place)
			  LEFT JOIN participation y ON y.shared_project_id = p.id AND y.municipality_id = m.id AND y.archived_at IS NULL
			  `+authorising+`) o
		 ORDER BY o.place`, postgres.Args{"projects": ids, "municipalities": m.MunicipalityIDs})
	if err != nil {
		return nil, err
	}
	for _, c := range cells {
		rows[c.ProjectID].Cells = append(rows[c.ProjectID].Cells, c)
	}
	m.Columns = func(ctx context.Context) ([]*DecisionMatrixColumn, error) {
		total, err := listed.TotalCount(ctx)
		if err != nil {
			return nil, err
		}
		facets, err := listed.Facets(ctx, []string{"CELL"})
		if err != nil {
			return nil, err
		}
		counts := map[string]map[MatrixState]int{}
		for _, v := range facets[0].Values {
			id, state, _ := strings.Cut(v.Value, " ")
			if counts[id] == nil {
				counts[id] = map[MatrixState]int{}
			}
			counts[id][MatrixState(state)] = v.Count
		}
		columns := make([]*DecisionMatrixColumn, len(m.MunicipalityIDs))
		for i, id := range m.MunicipalityIDs {
			of := counts[id.String()]
			if of == nil {
				of = map[MatrixState]int{}
			}
			taken := 0
			for state, n := range of {
				if state != MatrixNotParticipating {
					taken += n
				}
			}
			of[MatrixNotParticipating] = total - taken
			columns[i] = &DecisionMatrixColumn{id, matrixCounts(of)}
		}
		return columns, nil
	}
	return m, nil
}
