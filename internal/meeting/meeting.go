// Package meeting tells what has changed between two instants, as a list that a person
// can read aloud to a steering group.
package meeting

import (
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/gap"
	"fardplan/internal/gid"
	"fardplan/internal/text"
)

// Most is how many lines a report has at most.
const Most = 500

// mostRows is how many records of an area are looked at, those changed last first.
const mostRows = 2000

// Service compares two states.
type Service struct {
	Policy access.Policy
	Gaps   *gap.Service
}

// Area is a heading of a report.
type Area string

// The areas.
const (
	Goals          Area = "GOALS"
	Initiatives    Area = "INITIATIVES"
	Projects       Area = "PROJECTS"
	Participations Area = "PARTICIPATIONS"
	Decisions      Area = "DECISIONS"
	Gaps           Area = "GAPS"
)

// Areas lists every area, in the order of equally heavy ones.
func Areas() []Area { return []Area{Goals, Initiatives, Projects, Participations, Decisions, Gaps} }

var areaNames = map[Area][2]string{
	Goals: {"Mål", "Goals"}, Initiatives: {"Insatser", "Initiatives"}, Projects: {"Gemensamma projekt", "Shared projects"},
	Participations: {"Deltagande i projekt", "Participation in projects"}, Decisions: {"Beslut", "Decisions"}, Gaps: {"Brister", "Gaps"},
}

// Change is what sort of thing has happened to a record.
type Change string

// The changes.
const (
	New             Change = "NEW"
	Adopted         Change = "ADOPTED"
	Decided         Change = "DECIDED"
	DecisionMissing Change = "DECISION_MISSING"
	StatusChanged   Change = "STATUS_CHANGED"
	PhaseChanged    Change = "PHASE_CHANGED"
	HealthChanged   Change = "HEALTH_CHANGED"
	Progressed      Change = "PROGRESSED"
	Slipped         Change = "SLIPPED"
	BroughtForward  Change = "BROUGHT_FORWARD"
	Removed         Change = "REMOVED"
	GapOpened       Change = "GAP_OPENED"
	GapClosed       Change = "GAP_CLOSED"
)

// Changes lists every change.
func Changes() []Change {
	return []Change{New, Adopted, Decided, DecisionMissing, StatusChanged, PhaseChanged, HealthChanged, Progressed, Slipped, BroughtForward, Removed, GapOpened, GapClosed}
}

// Line is one thing that is otherwise than before, of one record.
type Line struct {
	Area         Area
	Change       Change
	Kind         string // the record's table
	ID           uuid.UUID
	Municipality uuid.UUID
	Sv, En       string // a whole sentence
	// Weight is how much it matters, from 1: the heaviest come first.
	Weight int
	// Days is how many days later or earlier the end is; nil of other changes.
	Days *int
}

// RecordID gives the global id of the record that it is about.
func (l *Line) RecordID() gid.ID { return gid.New(l.Kind, l.ID) }

// Text gives the sentence.
func (l *Line) Text() text.Localized { return text.Both(l.Sv, l.En) }

// Section is an area in which something has changed.
type Section struct {
	Area      Area
	LineCount int
}

// Name gives the heading in words.
func (s *Section) Name() text.Localized { return text.Both(areaNames[s.Area][0], areaNames[s.Area][1]) }

// Report is what has changed between two instants.
type Report struct {
	From, To time.Time
	// Truncated tells that more has changed than the lines tell.
	Truncated bool
	Lines     []Line // area by area, the heaviest first
}

// LineCount counts the lines.
func (r *Report) LineCount() int { return len(r.Lines) }

// Areas gives the areas that have lines, in their order.
func (r *Report) Areas() []*Section {
	sections := []*Section{}
	for _, l := range r.Lines {
		if n := len(sections); n == 0 || sections[n-1].Area != l.Area {
			sections = append(sections, &Section{Area: l.Area})
		}
		sections[len(sections)-1].LineCount++
	}
	return sections
}

// Filter narrows a report; empty parts do not.
type Filter struct {
	Municipality *uuid.UUID // what is of it, or of a project that it takes part in
	Areas        []Area
}
