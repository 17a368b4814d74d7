// Package thread is what hangs together: the links between records, and the golden
// thread (röda tråden) that they make from an audit's finding to an e-service.
package thread

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// Link is a link between two records.
type Link struct {
	postgres.Row
	ArchivedAt *time.Time `db:"archived_at"`
	// MunicipalityID is whose link it is: it owns one of the records at least.
	MunicipalityID uuid.UUID `db:"municipality_id"`
	// Two of these are set.
	DecisionID          *uuid.UUID `db:"decision_id"`
	FindingID           *uuid.UUID `db:"finding_id"`
	FormalAnswerID      *uuid.UUID `db:"formal_answer_id"`
	GoverningDocumentID *uuid.UUID `db:"governing_document_id"`
	GoalID              *uuid.UUID `db:"goal_id"`
	InitiativeID        *uuid.UUID `db:"initiative_id"`
	SharedProjectID     *uuid.UUID `db:"shared_project_id"`
	ParticipationID     *uuid.UUID `db:"participation_id"`
	AgreementID         *uuid.UUID `db:"agreement_id"`
	AgreementPartyID    *uuid.UUID `db:"agreement_party_id"`
	EServiceID          *uuid.UUID `db:"e_service_id"`
	SharedServiceID     *uuid.UUID `db:"shared_service_id"`
	// Purpose says what a decision does to the other record; nil without a decision.
	Purpose *Purpose `db:"purpose"`
	Note    *string  `db:"note"`
}

// End is one of the records that a link binds: its kind and its id.
type End struct {
	Kind string // its table
	ID   uuid.UUID
}

// Purpose is what a decision does to a record.
type Purpose string

// The purposes.
const (
	Authorises Purpose = "AUTHORISES" // the record is decided by it
	Amends     Purpose = "AMENDS"     // it changes what was decided
	Revokes    Purpose = "REVOKES"    // it takes back what was decided
	Notes      Purpose = "NOTES"      // it is told of the record
)

// Code is one value of a coded field, with its names for people.
type Code struct{ Value, Sv, En string }

// Codes lists the values of each coded field, by the field's name. The database and
// the GraphQL schema have the same, which a test holds.
func Codes() map[string][]Code {
	return map[string][]Code{
		"PURPOSE": {
			{"AUTHORISES", "beslutar om", "authorises"}, {"AMENDS", "ändrar", "amends"}, {"REVOKES", "upphäver", "revokes"}, {"NOTES", "antecknar", "notes"},
		},
	}
}

// Kinds lists the kinds of record that links bind, in the order of the thread.
func Kinds() []string {
	return []string{
		"decision", "finding", "formal_answer", "governing_document", "goal", "initiative",
		"shared_project", "participation", "agreement", "agreement_party", "e_service", "shared_service",
	}
}

// places are where a link keeps the ids of its ends, in the order of Kinds.
func (l *Link) places() []**uuid.UUID {
	return []**uuid.UUID{
		&l.DecisionID, &l.FindingID, &l.FormalAnswerID, &l.GoverningDocumentID, &l.GoalID, &l.InitiativeID,
		&l.SharedProjectID, &l.ParticipationID, &l.AgreementID, &l.AgreementPartyID, &l.EServiceID, &l.SharedServiceID,
	}
}

// Ends gives the records that the link binds, in the order of Kinds.
func (l *Link) Ends() []End {
	var ends []End
	for i, place := range l.places() {
		if *place != nil {
			ends = append(ends, End{Kinds()[i], **place})
		}
	}
	return ends
}

// bind sets an end of the link.
func (l *Link) bind(e End) *fault.Error {
	at := slices.Index(Kinds(), e.Kind)
	if at < 0 {
		return fault.Field("", "record_link_kind", "Poster av det slaget har inga länkar.", "Records of that kind have no links.")
	}
	place := l.places()[at]
	if *place != nil {
		return fault.Field("", "record_link_of_two", "En länk binder två poster av olika slag.", "A link binds two records of different kinds.")
	}
	*place = &e.ID
	return nil
}

// Connections of links.
type (
	// LinkConnection is one page of links.
	LinkConnection = page.Connection[*Link]
	// LinkEdge is a link with its place in a list.
	LinkEdge = page.Edge[*Link]
)

// NodeID gives the link's global id.
func (l *Link) NodeID() gid.ID { return gid.New("record_link", l.ID) }

// LinkFilter narrows a list of links; empty parts do not.
type LinkFilter struct {
	Kinds    []string // of the other record: tables, in capitals as the API writes them
	Purposes []Purpose
	Archived bool // those that were taken away instead of the others
}

// Order is an order of a list.
type Order string
