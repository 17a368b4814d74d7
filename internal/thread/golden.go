package thread

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"fardplan/internal/gid"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// Bounds of a golden thread.
const (
	mostNodes = 500
	mostSteps = 8
)

// Stage is a place in the golden thread.
type Stage string

// The stages, from what was found to what citizens meet; decisions stand beside.
const (
	StageFinding    Stage = "FINDING"
	StageAnswer     Stage = "ANSWER"
	StageGoal       Stage = "GOAL"
	StageInitiative Stage = "INITIATIVE"
	StageProject    Stage = "PROJECT"
	StageEService   Stage = "E_SERVICE"
	StageDecision   Stage = "DECISION"
)

// Stages lists the stages in their order.
func Stages() []Stage {
	return []Stage{StageFinding, StageAnswer, StageGoal, StageInitiative, StageProject, StageEService, StageDecision}
}

// kinds are the kinds of record of the thread in its order, each with its stage: what
// follows from a record comes after it.
var kinds = []struct {
	kind  string
	stage Stage
}{
	{"audit", StageFinding}, {"audit_question", StageFinding}, {"finding", StageFinding}, {"formal_answer", StageAnswer},
	{"governing_document", StageGoal}, {"goal", StageGoal}, {"initiative", StageInitiative},
	{"agreement", StageProject}, {"agreement_party", StageProject}, {"shared_project", StageProject}, {"participation", StageProject},
	{"shared_service", StageEService}, {"e_service", StageEService}, {"diary_case", StageDecision}, {"decision", StageDecision},
}

// stageOf gives where a kind of record stands.
func stageOf(kind string) Stage {
	for _, k := range kinds {
		if k.kind == kind {
			return k.stage
		}
	}
	return ""
}

// InThread tells whether records of the kind have a golden thread.
func InThread(kind string) bool { return stageOf(kind) != "" }

// Thread is the golden thread of a record.
type Thread struct {
	Of      End
	Nodes   []*Node
	Links   []*Tie
	Missing []*Missing
	Cut     bool // it goes on beyond what is given
}

// Node is a record of a thread.
type Node struct {
	End
	Stage    Stage
	Distance int // in steps from the record that was asked for
}

// Tie is how two records of a thread hang together: To follows from From.
type Tie struct {
	From, To End
	Purpose  *Purpose
	LinkID   *uuid.UUID // nil where one record names the other
}

// FromID gives the global id of what the other one follows from.
func (t *Tie) FromID() gid.ID { return gid.New(t.From.Kind, t.From.ID) }

// ToID gives the global id of what follows.
func (t *Tie) ToID() gid.ID { return gid.New(t.To.Kind, t.To.ID) }

// Missing is a link that a thread lacks.
type Missing struct {
	End
	Stage Stage  // that the missing record would stand in
	Rule  string // the code of the rule of gaps that is about it
	lack  lack
}

// Title says what is missing.
func (m *Missing) Title() text.Localized { return text.Both(m.lack.sv, m.lack.en) }

// lack is what a record of a kind should hang together with.
type lack struct {
	kind  string
	stage Stage
	rule  string
	// where is the SQL condition on the record's row x that it does not.
	where  string
	sv, en string
}

// linked is SQL for whether the record x of the kind is linked, by the municipality whose
// it is, to one of the others.
func linked(kind string, others ...string) string {
	condition := "false"
	for _, o := range others {
		condition += " OR l." + o + "_id IS NOT NULL"
	}
	return "EXISTS (SELECT FROM record_link l WHERE l." + kind + "_id = x.id AND l.municipality_id = x.municipality_id AND l.archived_at IS NULL AND (" + condition + "))"
}

const decided = "l.purpose = 'AUTHORISES' AND l.archived_at IS NULL"

var lacks = []lack{
	{
		kind: "finding", stage: StageAnswer, rule: "FINDING_NO_ACTION",
		where: "x.verdict <> 'OK' AND NOT " + linked("finding", "formal_answer", "goal", "initiative", "governing_document"),
		sv:    "Iakttagelsen har varken svar eller mål", en: "The finding has neither answer nor goal",
	},
	{
		kind: "formal_answer", stage: StageDecision, rule: "ANSWER_NO_DECISION",
		where: "NOT EXISTS (SELECT FROM record_link l WHERE l.formal_answer_id = x.id AND " + decided + ")",
		sv:    "Svaret saknar beslut", en: "The answer has no decision",
	},
	{
		kind: "goal", stage: StageDecision, rule: "GOAL_NO_DECISION",
		where: "x.status <> 'REVOKED' AND NOT EXISTS (SELECT FROM record_link l WHERE l.goal_id = x.id AND " + decided + ")",
		sv:    "Målet saknar beslut", en: "The goal has no decision",
	},
	{
		kind: "goal", stage: StageInitiative, rule: "GOAL_NO_ACTIVITY",
		where: "x.status <> 'REVOKED' AND NOT EXISTS (SELECT FROM goal g WHERE g.parent_goal_id = x.id AND g.archived_at IS NULL) AND NOT " + linked("goal", "initiative", "shared_project"),
		sv:    "Målet har ingen insats", en: "The goal has no initiative",
	},
	{
		kind: "initiative", stage: StageGoal, rule: "INITIATIVE_NO_GOAL",
		where: "x.status <> 'CANCELLED' AND NOT " + linked("initiative", "goal"),
		sv:    "Insatsen tjänar inget mål", en: "The initiative serves no goal",
	},
	{
		kind: "shared_project", stage: StageDecision, rule: "PROJECT_NO_DECISION_IN_MUNICIPALITY",
		where: "x.status <> 'CANCELLED' AND NOT EXISTS (SELECT FROM record_link l LEFT JOIN participation p ON p.id = l.participation_id AND p.archived_at IS NULL WHERE (l.shared_project_id = x.id OR p.shared_project_id = x.id) AND " + decided + ")",
		sv:    "Projektet saknar beslut", en: "The project has no decision",
	},
	{
		kind: "e_service", stage: StageGoal, rule: "ESERVICE_NO_GOAL",
		where: "x.status NOT IN ('RETIRED', 'REJECTED') AND NOT EXISTS (SELECT FROM record_link l JOIN goal g ON g.id = l.goal_id WHERE (l.e_service_id = x.id OR l.shared_service_id = x.shared_service_id) AND l.municipality_id = x.municipality_id AND g.municipality_id = x.municipality_id AND l.archived_at IS NULL AND g.archived_at IS NULL)",
		sv:    "E-tjänsten tjänar inget mål", en: "The e-service serves no goal",
	},
}

// Golden reads the golden thread of a record that the caller sees, both ways: what it
// follows from and what follows from it, and the decisions beside. Records that the
// caller does not see are left out with what lies behind them.
func (s *Service) Golden(ctx context.Context, r postgres.Reader, of End) (*Thread, error) {
	t := &Thread{Of: of, Nodes: []*Node{}, Links: []*Tie{}, Missing: []*Missing{}}
	walked, err := walk(ctx, s.Keeper, r, of)
	if err != nil {
		return nil, err
	}
	at := map[End]*Node{}
	add := func(e End, distance int) {
		if n := at[e]; n != nil {
			n.Distance = min(n.Distance, distance)
			return
		}
		if len(at) == mostNodes {
			t.Cut = true
			return
		}
		at[e] = &Node{End: e, Stage: stageOf(e.Kind), Distance: distance}
		t.Nodes = append(t.Nodes, at[e])
	}
	add(of, 0)
	for _, w := range walked {
		add(End{w.Kind, w.ID}, w.Distance)
		t.Cut = t.Cut || w.Distance == mostSteps
	}
	t.Cut = t.Cut || len(walked) == mostWalked
	beside, err := decisionsOf(ctx, s.Keeper, r, t.Nodes)
	if err != nil {
		return nil, err
	}
	for _, b := range beside {
		add(End{"decision", b.Decision}, at[End{b.Kind, b.ID}].Distance+1)
	}
	if t.Links, err = ties(ctx, r, t.Nodes); err != nil {
		return nil, err
	}
	found, err := missing(ctx, r, t.Nodes)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		// What an e-service serves may be told by its project.
		if m.Kind != "e_service" || !t.reaches(m.End, "goal") {
			t.Missing = append(t.Missing, m)
		}
	}
	order := func(s Stage) int { return slices.Index(Stages(), s) }
	slices.SortStableFunc(t.Nodes, func(a, b *Node) int {
		return cmp.Or(cmp.Compare(order(a.Stage), order(b.Stage)), cmp.Compare(a.Distance, b.Distance))
	})
	slices.SortStableFunc(t.Missing, func(a, b *Missing) int { return cmp.Compare(order(a.Stage), order(b.Stage)) })
	return t, nil
}

// reaches tells whether a record follows from one of the kind.
func (t *Thread) reaches(e End, kind string) bool {
	seen := map[End]bool{e: true}
	for next := []End{e}; len(next) > 0; next = next[1:] {
		for _, tie := range t.Links {
			if tie.To != next[0] || seen[tie.From] {
				continue
			}
			if tie.From.Kind == kind {
				return true
			}
			seen[tie.From] = true
			next = append(next, tie.From)
		}
	}
	return false
}
