// Package organisation is the municipalities and the tree of units within each:
// who there is to own what the catalogue lists.
package organisation

import (
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// Municipality is a kommun.
type Municipality struct {
	postgres.Row
	ArchivedAt *time.Time `db:"archived_at"`
	// SCBCode is Statistics Sweden's four digits, such as 0581.
	SCBCode string  `db:"scb_code"`
	NameSv  string  `db:"name_sv"`
	NameEn  *string `db:"name_en"`
	// OrgNumber is the organisation number, NNNNNN-NNNN with its check digit.
	OrgNumber *string `db:"org_number"`
	// DiaryPatterns are the forms of its diary numbers, in the words ORGAN, YEAR, YY,
	// SERIAL and DOSSIER with what stands between them, such as "ORGAN YEAR/SERIAL".
	DiaryPatterns []string `db:"diary_patterns"`
	// DiaryLinkTemplate is the address of a case in its diary, with {diaryNumber}.
	DiaryLinkTemplate *string `db:"diary_link_template"`
	// OepBaseURL is where its Open ePlatform answers.
	OepBaseURL *string `db:"oep_base_url"`
	// InhabitantsClass is its size in words.
	InhabitantsClass *string `db:"inhabitants_class"`
	// IsHome marks the one municipality that runs this installation.
	IsHome bool `db:"is_home"`
	// IsExample marks one that demonstration data is made up for.
	IsExample bool `db:"is_example"`
}

// UnitType is what a unit is in the municipality's order.
type UnitType string

// The types of unit: KL 3 kap. has the first four.
const (
	Council        UnitType = "COUNCIL"         // kommunfullmäktige
	ExecutiveBoard UnitType = "EXECUTIVE_BOARD" // kommunstyrelsen
	Committee      UnitType = "COMMITTEE"       // nämnd
	Subcommittee   UnitType = "SUBCOMMITTEE"    // utskott
	Department     UnitType = "DEPARTMENT"      // kontor, förvaltning
	Division       UnitType = "DIVISION"        // avdelning
	PlainUnit      UnitType = "UNIT"            // enhet
	Company        UnitType = "COMPANY"         // kommunalt bolag
	Audit          UnitType = "AUDIT"           // kommunrevision
)

var unitTypeNames = map[UnitType][2]string{
	Council:        {"kommunfullmäktige", "municipal council"},
	ExecutiveBoard: {"kommunstyrelse", "executive board"},
	Committee:      {"nämnd", "committee"},
	Subcommittee:   {"utskott", "subcommittee"},
	Department:     {"kontor eller förvaltning", "department"},
	Division:       {"avdelning", "division"},
	PlainUnit:      {"enhet", "unit"},
	Company:        {"bolag", "company"},
	Audit:          {"revision", "audit"},
}

// UnitTypes lists every type, in the order of the tree.
func UnitTypes() []UnitType {
	return []UnitType{Council, ExecutiveBoard, Committee, Subcommittee, Department, Division, PlainUnit, Company, Audit}
}

// UnitTypeName gives a type in words, Swedish and English.
func UnitTypeName(t string) (sv, en string) {
	n := unitTypeNames[UnitType(t)]
	return n[0], n[1]
}

// Unit is a part of a municipality's organisation.
type Unit struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	ParentID       *uuid.UUID `db:"parent_id"`
	NameSv         string     `db:"name_sv"`
	NameEn         *string    `db:"name_en"`
	Type           UnitType   `db:"type"`
	// Aliases are other names it is or was known by.
	Aliases []string `db:"aliases"`
	// ValidFrom and ValidTo are its first and last day; nil is open.
	ValidFrom *date.Date `db:"valid_from"`
	ValidTo   *date.Date `db:"valid_to"`
	// SuccessorID is the unit that takes over after the last day.
	SuccessorID *uuid.UUID `db:"successor_id"`
	CostCentre  *string    `db:"cost_centre"`
	// DiaryCode is the register that its diary numbers begin with, such as KS.
	DiaryCode *string `db:"diary_code"`
}

// Connections of the two.
type (
	// MunicipalityConnection is one page of municipalities.
	MunicipalityConnection = page.Connection[*Municipality]
	// MunicipalityEdge is a municipality with its place in a list.
	MunicipalityEdge = page.Edge[*Municipality]
	// UnitConnection is one page of units.
	UnitConnection = page.Connection[*Unit]
	// UnitEdge is a unit with its place in a list.
	UnitEdge = page.Edge[*Unit]
)

// NodeID gives the municipality's global id.
func (m *Municipality) NodeID() gid.ID { return gid.New("municipality", m.ID) }

// NodeID gives the unit's global id.
func (u *Unit) NodeID() gid.ID { return gid.New("unit", u.ID) }

// Name gives the municipality's name.
func (m *Municipality) Name() text.Localized { return text.Localized{Sv: m.NameSv, En: m.NameEn} }

// Name gives the unit's name.
func (u *Unit) Name() text.Localized { return text.Localized{Sv: u.NameSv, En: u.NameEn} }

// MunicipalityFilter narrows a list of municipalities; empty parts do not.
type MunicipalityFilter struct {
	SCBCodes     []string
	NameContains string
	Example      *bool
}

// UnitFilter narrows a list of units; empty parts do not.
type UnitFilter struct {
	Municipalities []string // SCB codes
	Types          []UnitType
	Parents        []uuid.UUID
	Root           *bool      // units without, or with, a parent
	ValidOn        *date.Date // open on the day
	NameContains   string     // in its names or aliases
	Archived       bool       // the archived ones instead of the others
}

// Order is an order of a list.
type Order string
