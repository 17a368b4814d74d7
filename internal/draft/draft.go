package draft

import (
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// Draft is what somebody prepares of a record that has no table of drafts of its own. A
// record has at most one that is open or in review.
type Draft struct {
	postgres.Row
	MunicipalityID uuid.UUID `db:"municipality_id"` // which writes the record
	ObjectKind     string    `db:"object_kind"`     // the record's table
	ObjectID       uuid.UUID `db:"object_id"`
	Difference
}

// NodeID gives the draft's global id.
func (d *Draft) NodeID() gid.ID { return gid.New("record_draft", d.ID) }

// Object gives the global id of the record.
func (d *Draft) Object() gid.ID { return gid.New(d.ObjectKind, d.ObjectID) }

// Connection is one page of drafts.
type Connection = page.Connection[*Draft]

// Edge is a draft with its place in a list.
type Edge = page.Edge[*Draft]

// Order is an order of the list of drafts.
type Order string

// Filter narrows a list of drafts; empty parts do not.
type Filter struct {
	States         []State     // without any: those open or in review
	Kinds          []string    // tables of the records, in capitals as the API writes them
	Municipalities []string    // SCB codes
	Units          []uuid.UUID // that own the live record
	Conflict       *bool       // some field is in conflict, or none is
}

// tables are the kinds of record that these drafts are of, in the order that people read
// them, each in words, Swedish and English.
var tables = [][3]string{
	{"goal", "mål", "goal"}, {"indicator", "indikator", "indicator"}, {"initiative", "insats", "initiative"}, {"milestone", "milstolpe", "milestone"},
	{"shared_project", "gemensamt projekt", "shared project"}, {"collaboration", "samverkan", "collaboration"}, {"agreement", "samverkansavtal", "agreement"},
	{"governing_document", "styrdokument", "governing document"},
}

// Tables lists the tables of the records that these drafts are of.
func Tables() []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t[0]
	}
	return names
}

// kindName gives a kind, in capitals as the API writes it, in words.
func kindName(kind string) (sv, en string) {
	for _, t := range tables {
		if t[0] == strings.ToLower(kind) {
			return t[1], t[2]
		}
	}
	return kind, kind
}

// constraints are what the database refuses of drafts, in words.
var constraints = postgres.Constraints{
	"record_draft_open_once": {
		Code: fault.Conflict, Field: "expectedVersion",
		Sv: "Posten har redan ett utkast. Ingenting har skrivits över: läs utkastet och bygg vidare på det.",
		En: "The record has a draft already. Nothing was overwritten: read the draft and build on it.",
	},
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }

var drafts = Book[Draft, *Draft]{
	Kind: record.Kind[Draft, *Draft]{
		Table: "record_draft", Constraints: constraints, Owner: func(d *Draft) uuid.UUID { return d.MunicipalityID },
	},
	Name: "RecordDraft",
}
