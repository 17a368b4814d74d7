// Package eservice is the catalogue: shared services as several municipalities
// define them together, each municipality's own e-services with their life cycle
// and publication, and how much each is used.
package eservice

import (
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// Coded texts of the catalogue; codes.go has their values with names for people.
type (
	Status              string // where in its life cycle an e-service is
	Audience            string // whom it is for
	LifeEvent           string // the event in life that it belongs to, as in regulation (EU) 2018/1724 annex II
	Theme               string // the part of the municipality's services that citizens look under
	Channel             string // how it can be used
	EIDLevel            string // the assurance that it asks of an electronic identity, as in regulation (EU) 910/2014 article 8
	DigitalLevel        string // how far it is digital
	PersonalData        string // the personal data that it handles, as in the GDPR
	AccessibilityStatus string // how far it meets its standard, as a DOS-lagen statement says it
	Visibility          string // who sees it, beside its own municipality
	UsageSource         string // where a month's figures come from
)

// SharedService is what several municipalities mean by the same service: the common
// definition that each one's own e-service refers to.
type SharedService struct {
	postgres.Row
	ArchivedAt *time.Time `db:"archived_at"`
	// MunicipalityID is the municipality that it comes from and that keeps it.
	MunicipalityID uuid.UUID `db:"municipality_id"`
	// Code is its short name in lower case, such as "skolskjuts".
	Code      string  `db:"code"`
	NameSv    string  `db:"name_sv"`
	NameEn    *string `db:"name_en"`
	PurposeSv *string `db:"purpose_sv"`
	PurposeEn *string `db:"purpose_en"`
	// Classification is its place in the structure Klassa 2.1 (SKR), such as 3.5.1.
	Classification *string `db:"classification"`
	Themes         []Theme `db:"themes"`
	// ArtefactURLs are where what can be used again lies: forms, code, agreements.
	ArtefactURLs []string `db:"artefact_urls"`
	// Licence is what the artefacts may be used under, as an SPDX identifier.
	Licence    *string    `db:"licence"`
	Visibility Visibility `db:"visibility"`
}

// EService is one municipality's service to those it serves.
type EService struct {
	postgres.Row
	ArchivedAt      *time.Time `db:"archived_at"`
	MunicipalityID  uuid.UUID  `db:"municipality_id"`
	OwnerUnitID     uuid.UUID  `db:"owner_unit_id"`
	SharedServiceID *uuid.UUID `db:"shared_service_id"`

	NameSv string  `db:"name_sv"`
	NameEn *string `db:"name_en"`
	// Slug is its name in addresses, unique in the municipality.
	Slug          string  `db:"slug"`
	SummarySv     *string `db:"summary_sv"` // at most 150 characters
	SummaryEn     *string `db:"summary_en"`
	DescriptionSv *string `db:"description_sv"` // plain text
	DescriptionEn *string `db:"description_en"`
	URL           *string `db:"url"`
	// ContactFunction is the function that answers for its content.
	ContactFunction        *string       `db:"contact_function"`
	Audiences              []Audience    `db:"audiences"`
	LifeEvents             []LifeEvent   `db:"life_events"`
	Themes                 []Theme       `db:"themes"`
	Keywords               []string      `db:"keywords"`
	Channels               []Channel     `db:"channels"`
	AlternativeChannelSv   *string       `db:"alternative_channel_sv"` // the way for those who do not use it digitally
	AlternativeChannelEn   *string       `db:"alternative_channel_en"`
	Languages              []string      `db:"languages"` // ISO 639 codes
	EIDLevel               *EIDLevel     `db:"eid_level"`
	RequiresAuthentication *bool         `db:"requires_authentication"`
	RequiresSigning        *bool         `db:"requires_signing"`
	TakesPayment           *bool         `db:"takes_payment"`
	LegalBasis             *string       `db:"legal_basis"`
	LegalBasisVerifiedOn   *date.Date    `db:"legal_basis_verified_on"`
	FeeSv                  *string       `db:"fee_sv"`
	FeeEn                  *string       `db:"fee_en"`
	ProcessingTimeSv       *string       `db:"processing_time_sv"`
	ProcessingTimeEn       *string       `db:"processing_time_en"`
	DigitalLevel           *DigitalLevel `db:"digital_level"`
	PersonalData           *PersonalData `db:"personal_data"`
	// Retention says for how long what it takes in is kept (gallring).
	Retention                 *string              `db:"retention"`
	AccessibilityStatus       *AccessibilityStatus `db:"accessibility_status"`
	AccessibilityStandard     *string              `db:"accessibility_standard"`
	AccessibilityCheckedOn    *date.Date           `db:"accessibility_checked_on"`
	AccessibilityStatementURL *string              `db:"accessibility_statement_url"`

	Status           Status     `db:"status"`
	PlannedLaunch    *date.Date `db:"planned_launch"`
	LaunchedOn       *date.Date `db:"launched_on"`
	RetiredOn        *date.Date `db:"retired_on"`
	RetirementReason *string    `db:"retirement_reason"`
	ReplacedByID     *uuid.UUID `db:"replaced_by_id"`
	// FoundSource and FoundReason say where the knowledge of one that was in use
	// before it was registered comes from, and why it is registered so.
	FoundSource *string `db:"found_source"`
	FoundReason *string `db:"found_reason"`
	Published   bool    `db:"published"`
	// FirstPublishedAt is when others first could see it; the database sets it.
	FirstPublishedAt *time.Time `db:"first_published_at"`
	Visibility       Visibility `db:"visibility"`

	// The flow of Open ePlatform that it is, when it came from there.
	OepFamilyID     *int64     `db:"oep_family_id"`
	OepCategory     *string    `db:"oep_category"`
	OepUnstableKey  bool       `db:"oep_unstable_key"`
	OepSeen         []byte     `db:"oep_seen"` // JSON: what the platform last said of each field
	OepMissingSince *date.Date `db:"oep_missing_since"`

	// Drafted tells that the values are those of its open draft where that has any.
	Drafted bool
}

// Usage is how much an e-service was used in a month. Figures are corrected by a new
// change; the earlier ones stay in the history.
type Usage struct {
	postgres.Row
	MunicipalityID uuid.UUID `db:"municipality_id"`
	EServiceID     uuid.UUID `db:"e_service_id"`
	Month          date.Date `db:"month"` // its first day
	Cases          int       `db:"cases"` // cases begun by whatever channel
	// DigitalShare and AbandonRate are shares, 0 to 1; Satisfaction is a mean of 1 to 5.
	DigitalShare *float64    `db:"digital_share"`
	Satisfaction *float64    `db:"satisfaction"`
	AbandonRate  *float64    `db:"abandon_rate"`
	Source       UsageSource `db:"source"`
}

// Connections of the records.
type (
	// Connection is one page of e-services.
	Connection = page.Connection[*EService]
	// Edge is an e-service with its place in a list.
	Edge = page.Edge[*EService]
	// SharedServiceConnection is one page of shared services.
	SharedServiceConnection = page.Connection[*SharedService]
	// SharedServiceEdge is a shared service with its place in a list.
	SharedServiceEdge = page.Edge[*SharedService]
	// UsageConnection is one page of months of use.
	UsageConnection = page.Connection[*Usage]
	// UsageEdge is a month of use with its place in a list.
	UsageEdge = page.Edge[*Usage]
)

// NodeID gives the shared service's global id.
func (s *SharedService) NodeID() gid.ID { return gid.New("shared_service", s.ID) }

// NodeID gives the e-service's global id.
func (e *EService) NodeID() gid.ID { return gid.New("e_service", e.ID) }

// NodeID gives the global id of a month of use.
func (u *Usage) NodeID() gid.ID { return gid.New("e_service_usage", u.ID) }

// Name gives the shared service's name.
func (s *SharedService) Name() text.Localized { return text.Localized{Sv: s.NameSv, En: s.NameEn} }

// Purpose says what it is for; nil when nobody has said.
func (s *SharedService) Purpose() *text.Localized { return text.Maybe(s.PurposeSv, s.PurposeEn) }

// Name gives the e-service's name.
func (e *EService) Name() text.Localized { return text.Localized{Sv: e.NameSv, En: e.NameEn} }

// Summary says in a sentence what one does in it; nil when nobody has said.
func (e *EService) Summary() *text.Localized { return text.Maybe(e.SummarySv, e.SummaryEn) }

// Description says more; nil when nobody has.
func (e *EService) Description() *text.Localized {
	return text.Maybe(e.DescriptionSv, e.DescriptionEn)
}

// AlternativeChannel gives the way for those who do not use it digitally; nil when none is given.
func (e *EService) AlternativeChannel() *text.Localized {
	return text.Maybe(e.AlternativeChannelSv, e.AlternativeChannelEn)
}

// Fee says what it costs; nil when nobody has said.
func (e *EService) Fee() *text.Localized { return text.Maybe(e.FeeSv, e.FeeEn) }

// ProcessingTime says how long it takes; nil when nobody has said.
func (e *EService) ProcessingTime() *text.Localized {
	return text.Maybe(e.ProcessingTimeSv, e.ProcessingTimeEn)
}

// Filter narrows a list of e-services; empty parts do not.
type Filter struct {
	Municipalities []string // SCB codes
	OwnerUnits     []uuid.UUID
	// UnitsBelow widens OwnerUnits to the units under each.
	UnitsBelow            bool
	SharedServices        []uuid.UUID
	Statuses              []Status
	Published             *bool
	Visibilities          []Visibility
	Audiences             []Audience
	LifeEvents            []LifeEvent
	Themes                []Theme
	Channels              []Channel
	EIDLevels             []EIDLevel
	DigitalLevels         []DigitalLevel
	PersonalData          []PersonalData
	AccessibilityStatuses []AccessibilityStatus
	Keywords              []string
	Gaps                  []string // codes of rules that it breaks
	NameContains          string
	Search                string // as people type
	Slug                  string
	PlannedLaunchFrom     *date.Date
	PlannedLaunchTo       *date.Date
	LaunchedFrom          *date.Date
	LaunchedTo            *date.Date
	UpdatedSince          *time.Time
	OepCategories         []string
	// PlatformDiffers keeps those that the platform has other values for, undecided, or the others.
	PlatformDiffers *bool
	Archived        bool // the archived ones instead of the others
	Drafts          bool // go by the values of open drafts that the caller may see
}

// SharedServiceFilter narrows a list of shared services; empty parts do not.
type SharedServiceFilter struct {
	Codes          []string
	Municipalities []string // SCB codes of the origin
	Themes         []Theme
	Visibilities   []Visibility
	NameContains   string
	Archived       bool
}

// Order is an order of a list.
type Order string
