// Package document is the governing documents (styrdokument), strategies among them.
package document

import (
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// GoverningDocument is a document that says how the municipality does things.
type GoverningDocument struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	TitleSv        string     `db:"title_sv"`
	TitleEn        *string    `db:"title_en"`
	Kind           Kind       `db:"kind"`
	// Edition is what it calls its version, such as 2.1 or 2026.
	Edition *string `db:"edition"`
	// DiaryNumber is the diary number as it is written on the document.
	DiaryNumber *string `db:"diary_number"`
	// CaseID is the case that the diary number is of.
	CaseID      *uuid.UUID `db:"case_id"`
	DecidedByID *uuid.UUID `db:"decided_by_id"`
	DecidedOn   *date.Date `db:"decided_on"`
	OwnerUnitID *uuid.UUID `db:"owner_unit_id"`
	// OwnerFunction is the function that answers for it within the unit.
	OwnerFunction *string `db:"owner_function"`
	// ValidFrom and ValidTo are its first and last day; nil is open.
	ValidFrom *date.Date `db:"valid_from"`
	ValidTo   *date.Date `db:"valid_to"`
	// ReviewMonths is how often it is to be reviewed, and ReviewDue the day when it is,
	// where that was given.
	ReviewMonths *int       `db:"review_months"`
	ReviewDue    *date.Date `db:"review_due"`
	// SupersedesID is the document that it replaces when it is adopted.
	SupersedesID *uuid.UUID `db:"supersedes_id"`
	URL          *string    `db:"url"`
	SummarySv    *string    `db:"summary_sv"`
	SummaryEn    *string    `db:"summary_en"`
	Status       Status     `db:"status"`
	// FoundSource and FoundReason say where the knowledge of it comes from, and why it was
	// registered so, when it was adopted before it was registered.
	FoundSource *string `db:"found_source"`
	FoundReason *string `db:"found_reason"`
	// IsExample marks one that is made up for demonstration.
	IsExample  bool                `db:"is_example"`
	Visibility eservice.Visibility `db:"visibility"`
}

// Kind is what a governing document is among the others.
type Kind string

// The kinds, from the widest to the nearest.
const (
	Strategy           Kind = "STRATEGY"
	PolicyDocument     Kind = "POLICY"
	Plan               Kind = "PLAN"
	Programme          Kind = "PROGRAMME"
	Guideline          Kind = "GUIDELINE"
	Regulation         Kind = "RULE"
	Routine            Kind = "ROUTINE"
	ProcessDescription Kind = "PROCESS_DESCRIPTION"
)

var kindNames = map[Kind][2]string{
	Strategy: {"strategi", "strategy"}, PolicyDocument: {"policy", "policy"}, Plan: {"plan", "plan"}, Programme: {"program", "programme"},
	Guideline: {"riktlinje", "guideline"}, Regulation: {"regel", "rule"}, Routine: {"rutin", "routine"}, ProcessDescription: {"processbeskrivning", "process description"},
}

// Kinds lists every kind, in the order that people read them.
func Kinds() []Kind {
	return []Kind{Strategy, PolicyDocument, Plan, Programme, Guideline, Regulation, Routine, ProcessDescription}
}

// KindName gives a kind in words, Swedish and English.
func KindName(k string) (sv, en string) { return kindNames[Kind(k)][0], kindNames[Kind(k)][1] }

// Status is how far a document has come in its life.
type Status string

// The statuses, in the order of a document's life. One under revision still holds.
const (
	Draft         Status = "DRAFT"
	InReview      Status = "IN_REVIEW"
	Adopted       Status = "ADOPTED"
	UnderRevision Status = "UNDER_REVISION"
	Superseded    Status = "SUPERSEDED"
	Revoked       Status = "REVOKED"
)

var statusNames = map[Status][2]string{
	Draft: {"utkast", "draft"}, InReview: {"för granskning", "in review"}, Adopted: {"antaget", "adopted"}, UnderRevision: {"under revidering", "under revision"},
	Superseded: {"ersatt", "superseded"}, Revoked: {"upphävt", "revoked"},
}

// Statuses lists every status, in the order of a document's life.
func Statuses() []Status {
	return []Status{Draft, InReview, Adopted, UnderRevision, Superseded, Revoked}
}

// StatusName gives a status in words, Swedish and English.
func StatusName(s string) (sv, en string) {
	return statusNames[Status(s)][0], statusNames[Status(s)][1]
}

// holds tells whether a document of the status is adopted, and neither replaced nor revoked.
func (s Status) holds() bool { return s == Adopted || s == UnderRevision }

// Step is one step of a document's life. A step backwards must say why.
type Step struct {
	To        Status `db:"to_status"`
	Backwards bool   `db:"backwards"`
}

// Connections of documents.
type (
	// GoverningDocumentConnection is one page of documents.
	GoverningDocumentConnection = page.Connection[*GoverningDocument]
	// GoverningDocumentEdge is a document with its place in a list.
	GoverningDocumentEdge = page.Edge[*GoverningDocument]
)

// NodeID gives the document's global id.
func (d *GoverningDocument) NodeID() gid.ID { return gid.New("governing_document", d.ID) }

// Title gives what the document is called.
func (d *GoverningDocument) Title() text.Localized {
	return text.Localized{Sv: d.TitleSv, En: d.TitleEn}
}

// Summary gives what it says in short; nil without one.
func (d *GoverningDocument) Summary() *text.Localized { return text.Maybe(d.SummarySv, d.SummaryEn) }

// Review gives the day when it is to be reviewed: the one given, or else so many months
// after it was decided; nil where neither says. A month without the day ends earlier.
func (d *GoverningDocument) Review() *date.Date {
	if d.ReviewDue != nil || d.DecidedOn == nil || d.ReviewMonths == nil {
		return d.ReviewDue
	}
	due, last := d.DecidedOn.AddMonths(*d.ReviewMonths), d.DecidedOn.FirstOfMonth().AddMonths(*d.ReviewMonths+1).AddDays(-1)
	if last.Before(due) {
		due = last
	}
	return &due
}

// ReviewGiven tells whether the day of the review was given.
func (d *GoverningDocument) ReviewGiven() bool { return d.ReviewDue != nil }

// Filter narrows a list of documents; empty parts do not.
type Filter struct {
	Municipalities []string // SCB codes
	Kinds          []Kind
	Statuses       []Status
	OwnerUnits     []uuid.UUID
	DecidedBy      []uuid.UUID
	Visibilities   []eservice.Visibility
	TitleContains  string
	DiaryNumber    string // in any notation
	HasDiaryNumber *bool
	ReviewBefore   *date.Date // to be reviewed before the day
	InForceOn      *date.Date // adopted, and valid on the day
	Example        *bool
	Archived       bool // the archived ones instead of the others
}

// Order is an order of a list.
type Order string
