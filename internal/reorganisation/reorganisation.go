// Package reorganisation changes many units of a municipality at once: it makes,
// renames, moves, merges and closes them, moves what they own, and tells beforehand
// what would come of it.
package reorganisation

import (
	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/gap"
	"fardplan/internal/organisation"
)

// Reorganisation is what is to be done to a municipality's units.
type Reorganisation struct {
	Municipality uuid.UUID
	// EffectiveOn is the first day of the new order: what closes has the day before as
	// its last, and what is made begins on it.
	EffectiveOn date.Date
	// Comment says why, with the decision behind it; it is kept with the change.
	Comment string
	// Steps are taken in order: each builds on those before it.
	Steps []Step
}

// Step is one of the things that can be done; one of the fields is set.
type Step struct {
	Create *Create `json:",omitempty"`
	Rename *Rename `json:",omitempty"`
	Move   *Move   `json:",omitempty"`
	Merge  *Merge  `json:",omitempty"`
	Close  *Close  `json:",omitempty"`
}

// Subject is a unit that a step changes, and the version that the step builds on.
type Subject struct {
	Unit    uuid.UUID
	Version int
}

// Target is a unit that others are led to: one that there is, or by its key one that an
// earlier step makes.
type Target struct {
	Unit *uuid.UUID
	Key  string
}

// Create makes a unit.
type Create struct {
	Key    string // what later steps call it
	NameSv string
	NameEn *string
	Type   organisation.UnitType
	Parent *Target // nil at the top
}

// Rename gives a unit another name and keeps the old one among its aliases.
type Rename struct {
	Subject
	NameSv string
	NameEn *string
}

// Move puts a unit, with all that is under it, under another.
type Move struct {
	Subject
	Parent *Target // nil at the top
}

// Merge closes units and hands what they own, and the units under them, to another.
type Merge struct {
	Units []Subject
	Into  Target
}

// Close closes a unit and hands what it owns to its successor.
type Close struct {
	Subject
	Successor *Target // nil where nobody takes over
}

// Bounds of a reorganisation.
const (
	MostSteps   = 200  // steps of one reorganisation
	MostMerged  = 100  // units of one merge
	mostComment = 2000 // characters of the comment
	mostKey     = 50   // characters of a key
)

// Outcome is what a reorganisation does to a unit.
type Outcome string

// The outcomes.
const (
	Created Outcome = "CREATED" // it is made
	Renamed Outcome = "RENAMED" // it gets another name; the old one is kept among its aliases
	Moved   Outcome = "MOVED"   // it gets another unit above it, or none
	Closed  Outcome = "CLOSED"  // it gets its last day, or a successor
)

// Unit is a unit as it is and as it would be.
type Unit struct {
	// Key is what the steps call a unit that they make; empty for any other.
	Key string
	// Before is the unit as it is; nil for one that is made.
	Before *organisation.Unit
	// After is the unit as it will be; its id is for good once it has been made.
	After organisation.Unit
	// Outcomes are what is done to it; none where it stays.
	Outcomes []Outcome
	// ParentBefore and Parent are the units above it, nil at the top; Successor takes over.
	ParentBefore, Parent, Successor *Unit
	// OwnsBefore and OwnsAfter count what it owns, but for what has ended or is archived.
	OwnsBefore, OwnsAfter Counts

	inUse   Counts // of OwnsAfter, what no unit may close with unless another takes over
	closing bool   // a step closes it
	place   string // the newest step on it, as a path in the input
}

// Holdings has something for each kind of record that units own.
type Holdings[T any] struct{ EServices, Goals, Initiatives, GoverningDocuments T }

// Counts is how many there are of each kind.
type Counts = Holdings[int]

// of gives what it has for the records of a table.
func (h *Holdings[T]) of(table string) *T {
	return map[string]*T{"e_service": &h.EServices, "goal": &h.Goals, "initiative": &h.Initiatives, "governing_document": &h.GoverningDocuments}[table]
}

// Handover is what passes from one unit to another, each kind by Swedish name.
type Handover struct {
	From, To *Unit
	Holdings[[]uuid.UUID]
}

// Counts counts what passes.
func (h *Handover) Counts() Counts {
	return Counts{EServices: len(h.EServices), Goals: len(h.Goals), Initiatives: len(h.Initiatives), GoverningDocuments: len(h.GoverningDocuments)}
}

// EServicesBefore counts the e-services that the unit owns today.
func (u *Unit) EServicesBefore() int { return u.OwnsBefore.EServices }

// EServicesAfter counts the e-services that the unit will own.
func (u *Unit) EServicesAfter() int { return u.OwnsAfter.EServices }

// Orphan is what would be left without an open unit to answer for it.
type Orphan struct {
	// Rule is the code of the gap that it is.
	Rule string
	// Unit is the closed one that still owns something, the open one under a closed one,
	// or the closed one whose successor is closed too.
	Unit *Unit
	// Count is the number of records that it owns; 1 for a unit.
	Count int
}

// Preview is what a reorganisation would do, or did.
type Preview struct {
	Municipality uuid.UUID
	EffectiveOn  date.Date
	// Fingerprint names what the preview saw; applying asks for it.
	Fingerprint string
	// Change is the number of the change; 0 for a preview.
	Change int64
	// Units are all units of the municipality, each after the one above it.
	Units     []*Unit
	Handovers []*Handover
	Orphans   []*Orphan
	// Drafts are those of e-services, and RecordDrafts of other records, that are under way
	// and name a unit that closes; they go to who takes over, and stay as they are where
	// nobody does.
	Drafts, RecordDrafts []uuid.UUID
	// Categories are those of the platform that a unit which closes owns what is imported
	// in; the imports to come go to who takes over, and lack an owner where nobody does.
	Categories []uuid.UUID
	// Gaps are those that open and close, judged as if the day had come.
	Gaps []*gap.Difference

	owned []*owned
}

// Applied tells whether it was done.
func (p *Preview) Applied() bool { return p.Change > 0 }
