// Package collaboration is what municipalities do together: collaborations, agreements, shared projects, participations and offers.
package collaboration

import (
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/gap"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/text"
)

// Service reads and changes these records. A change refuses who may not make it with
// UNAUTHENTICATED or FORBIDDEN, a record that is not seen with NOT_FOUND, a stale
// version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	record.Keeper
	Gaps *gap.Service
	// Catalogue is where a municipality that adopts a shared service gets its own e-service.
	Catalogue *eservice.Service
}

// Collaboration is municipalities that work together (samverkansorgan). Who is a member
// of it today decides who sees what is shared within it.
type Collaboration struct {
	postgres.Row
	ArchivedAt *time.Time `db:"archived_at"`
	// MunicipalityID is who keeps it; nil is the home municipality.
	MunicipalityID *uuid.UUID `db:"municipality_id"`
	NameSv         string     `db:"name_sv"`
	NameEn         *string    `db:"name_en"`
	PurposeSv      *string    `db:"purpose_sv"`
	PurposeEn      *string    `db:"purpose_en"`
	URL            *string    `db:"url"`
}

// CollaborationMember is a municipality's membership for a time.
type CollaborationMember struct {
	postgres.Row
	CollaborationID uuid.UUID `db:"collaboration_id"`
	MunicipalityID  uuid.UUID `db:"municipality_id"` // the member
	ValidFrom       date.Date `db:"valid_from"`
	// ValidTo is the last day, that day included; nil while it lasts.
	ValidTo *date.Date `db:"valid_to"`
	// Source says where the membership is known from, such as an agreement's diary number.
	Source string `db:"source"`
	// IsExample marks a membership that is made up for demonstration.
	IsExample bool `db:"is_example"`
}

// Agreement is a written agreement between municipalities (samverkansavtal), kept by its host.
type Agreement struct {
	postgres.Row
	ArchivedAt      *time.Time         `db:"archived_at"`
	MunicipalityID  uuid.UUID          `db:"municipality_id"` // the host
	CollaborationID *uuid.UUID         `db:"collaboration_id"`
	TitleSv         string             `db:"title_sv"`
	TitleEn         *string            `db:"title_en"`
	LegalForm       AgreementLegalForm `db:"legal_form"`
	PurposeSv       *string            `db:"purpose_sv"`
	PurposeEn       *string            `db:"purpose_en"`
	TasksSv         *string            `db:"tasks_sv"`
	TasksEn         *string            `db:"tasks_en"`
	CostModelSv     *string            `db:"cost_model_sv"`
	CostModelEn     *string            `db:"cost_model_en"`
	SignedOn        *date.Date         `db:"signed_on"`
	ValidFrom       *date.Date         `db:"valid_from"`
	ValidTo         *date.Date         `db:"valid_to"`
	NoticeMonths    *int               `db:"notice_months"`
	// RenewMonths is by how long it renews itself at its end; nil where it just ends.
	RenewMonths    *int       `db:"renew_months"`
	NoticeGivenOn  *date.Date `db:"notice_given_on"`
	TerminatedOn   *date.Date `db:"terminated_on"`
	FollowUpMonths *int       `db:"follow_up_months"`
	URL            *string    `db:"url"`
	// FoundSource and FoundReason are given together: where what already held is known
	// from, and why it is registered so.
	FoundSource *string             `db:"found_source"`
	FoundReason *string             `db:"found_reason"`
	IsExample   bool                `db:"is_example"`
	Visibility  eservice.Visibility `db:"visibility"`
}

// AgreementParty is a municipality's side of an agreement, which it alone writes.
type AgreementParty struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	AgreementID    uuid.UUID  `db:"agreement_id"`
	// SignedBy is the function that signed.
	SignedBy    *string    `db:"signed_by"`
	SignedOn    *date.Date `db:"signed_on"`
	DiaryNumber *string    `db:"diary_number"` // as written
	CaseID      *uuid.UUID `db:"case_id"`
}

// AgreementFollowUp is a follow-up of an agreement by one of its parties, or its yearly
// report to its council (KL 9 kap. 38 §).
type AgreementFollowUp struct {
	postgres.Row
	ArchivedAt     *time.Time   `db:"archived_at"`
	MunicipalityID uuid.UUID    `db:"municipality_id"`
	AgreementID    uuid.UUID    `db:"agreement_id"`
	Kind           FollowUpKind `db:"kind"`
	HeldOn         date.Date    `db:"held_on"`
	Year           int          `db:"year"` // that it is about
	TextSv         *string      `db:"text_sv"`
	TextEn         *string      `db:"text_en"`
	URL            *string      `db:"url"`
}

// SharedProject is a project that municipalities share, kept by its host.
type SharedProject struct {
	postgres.Row
	ArchivedAt      *time.Time    `db:"archived_at"`
	MunicipalityID  uuid.UUID     `db:"municipality_id"` // the host
	CollaborationID *uuid.UUID    `db:"collaboration_id"`
	AgreementID     *uuid.UUID    `db:"agreement_id"`
	Code            string        `db:"code"`
	NameSv          string        `db:"name_sv"`
	NameEn          *string       `db:"name_en"`
	SummarySv       *string       `db:"summary_sv"`
	SummaryEn       *string       `db:"summary_en"`
	LeadFunction    *string       `db:"lead_function"`
	SponsorFunction *string       `db:"sponsor_function"`
	Phase           ProjectPhase  `db:"phase"`
	Status          ProjectStatus `db:"status"`
	Health          Health        `db:"health"`
	HealthCommentSv *string       `db:"health_comment_sv"`
	HealthCommentEn *string       `db:"health_comment_en"`
	Budget          *float64      `db:"budget"` // SEK
	CostKey         *CostKey      `db:"cost_key"`
	PlannedStart    *date.Date    `db:"planned_start"`
	PlannedEnd      *date.Date    `db:"planned_end"`
	// BaselineStart and BaselineEnd are the plan as it was when it was decided.
	BaselineStart *date.Date          `db:"baseline_start"`
	BaselineEnd   *date.Date          `db:"baseline_end"`
	ActualStart   *date.Date          `db:"actual_start"`
	ActualEnd     *date.Date          `db:"actual_end"`
	OpenToJoin    bool                `db:"open_to_join"`
	JoinTermsSv   *string             `db:"join_terms_sv"`
	JoinTermsEn   *string             `db:"join_terms_en"`
	Deliverables  []string            `db:"deliverables"`
	RepositoryURL *string             `db:"repository_url"`
	LessonsSv     *string             `db:"lessons_sv"`
	LessonsEn     *string             `db:"lessons_en"`
	FoundSource   *string             `db:"found_source"`
	FoundReason   *string             `db:"found_reason"`
	IsExample     bool                `db:"is_example"`
	Visibility    eservice.Visibility `db:"visibility"`
}

// Participation is a municipality's part in a shared project, with its own state.
type Participation struct {
	postgres.Row
	ArchivedAt      *time.Time         `db:"archived_at"`
	MunicipalityID  uuid.UUID          `db:"municipality_id"`
	SharedProjectID uuid.UUID          `db:"shared_project_id"`
	Role            ParticipationRole  `db:"role"`
	State           ParticipationState `db:"state"`
	// Reason is why it was declined or withdrawn from.
	Reason           *string    `db:"reason"`
	CostSharePercent *float64   `db:"cost_share_percent"`
	CostShareAmount  *float64   `db:"cost_share_amount"` // SEK
	ContactFunction  *string    `db:"contact_function"`
	LocalLaunch      *date.Date `db:"local_launch"`
	// ProposedByID is who put it forward on the participant's behalf; nil where it did so itself.
	ProposedByID *uuid.UUID `db:"proposed_by_id"`
	ConfirmedOn  *date.Date `db:"confirmed_on"`
	FoundSource  *string    `db:"found_source"`
	FoundReason  *string    `db:"found_reason"`
}

// ServiceOffer is a shared service that other municipalities may take over.
type ServiceOffer struct {
	postgres.Row
	ArchivedAt      *time.Time          `db:"archived_at"`
	MunicipalityID  uuid.UUID           `db:"municipality_id"` // who offers
	SharedServiceID uuid.UUID           `db:"shared_service_id"`
	TermsSv         string              `db:"terms_sv"`
	TermsEn         *string             `db:"terms_en"`
	ContactFunction *string             `db:"contact_function"`
	ValidFrom       date.Date           `db:"valid_from"`
	ValidTo         *date.Date          `db:"valid_to"`
	Visibility      eservice.Visibility `db:"visibility"`
}

// OfferAnswer is a municipality's answer to an offer, between the two.
type OfferAnswer struct {
	postgres.Row
	ArchivedAt     *time.Time  `db:"archived_at"`
	MunicipalityID uuid.UUID   `db:"municipality_id"` // who answers
	ServiceOfferID uuid.UUID   `db:"service_offer_id"`
	Answer         OfferChoice `db:"answer"`
	Reason         *string     `db:"reason"`
	// EServiceID is the e-service that adopting made.
	EServiceID *uuid.UUID `db:"e_service_id"`
}

// AdoptionStep is one thing that adopting a shared service takes.
type AdoptionStep struct {
	postgres.Row
	ArchivedAt     *time.Time       `db:"archived_at"`
	MunicipalityID uuid.UUID        `db:"municipality_id"`
	OfferAnswerID  uuid.UUID        `db:"offer_answer_id"`
	Kind           AdoptionStepKind `db:"kind"`
	DoneOn         *date.Date       `db:"done_on"`
	Note           *string          `db:"note"`
}

// Connections of the records, and their edges.
type (
	// CollaborationConnection is one page of collaborations.
	CollaborationConnection = page.Connection[*Collaboration]
	// CollaborationEdge is a collaboration with its place in a list.
	CollaborationEdge = page.Edge[*Collaboration]
	// CollaborationMemberConnection is one page of members.
	CollaborationMemberConnection = page.Connection[*CollaborationMember]
	// CollaborationMemberEdge is a member with its place in a list.
	CollaborationMemberEdge = page.Edge[*CollaborationMember]
	// AgreementConnection is one page of agreements.
	AgreementConnection = page.Connection[*Agreement]
	// AgreementEdge is an agreement with its place in a list.
	AgreementEdge = page.Edge[*Agreement]
	// AgreementPartyConnection is one page of parties.
	AgreementPartyConnection = page.Connection[*AgreementParty]
	// AgreementPartyEdge is a party with its place in a list.
	AgreementPartyEdge = page.Edge[*AgreementParty]
	// AgreementFollowUpConnection is one page of follow-ups.
	AgreementFollowUpConnection = page.Connection[*AgreementFollowUp]
	// AgreementFollowUpEdge is a follow-up with its place in a list.
	AgreementFollowUpEdge = page.Edge[*AgreementFollowUp]
	// SharedProjectConnection is one page of shared projects.
	SharedProjectConnection = page.Connection[*SharedProject]
	// SharedProjectEdge is a shared project with its place in a list.
	SharedProjectEdge = page.Edge[*SharedProject]
	// ParticipationConnection is one page of participations.
	ParticipationConnection = page.Connection[*Participation]
	// ParticipationEdge is a participation with its place in a list.
	ParticipationEdge = page.Edge[*Participation]
	// ServiceOfferConnection is one page of offers.
	ServiceOfferConnection = page.Connection[*ServiceOffer]
	// ServiceOfferEdge is an offer with its place in a list.
	ServiceOfferEdge = page.Edge[*ServiceOffer]
	// OfferAnswerConnection is one page of answers.
	OfferAnswerConnection = page.Connection[*OfferAnswer]
	// OfferAnswerEdge is an answer with its place in a list.
	OfferAnswerEdge = page.Edge[*OfferAnswer]
	// AdoptionStepConnection is one page of steps.
	AdoptionStepConnection = page.Connection[*AdoptionStep]
	// AdoptionStepEdge is a step with its place in a list.
	AdoptionStepEdge = page.Edge[*AdoptionStep]
)

// NodeID gives the collaboration's global id.
func (c *Collaboration) NodeID() gid.ID { return gid.New("collaboration", c.ID) }

// NodeID gives the membership's global id.
func (m *CollaborationMember) NodeID() gid.ID { return gid.New("collaboration_member", m.ID) }

// NodeID gives the agreement's global id.
func (a *Agreement) NodeID() gid.ID { return gid.New("agreement", a.ID) }

// NodeID gives the party's global id.
func (p *AgreementParty) NodeID() gid.ID { return gid.New("agreement_party", p.ID) }

// NodeID gives the follow-up's global id.
func (f *AgreementFollowUp) NodeID() gid.ID { return gid.New("agreement_follow_up", f.ID) }

// NodeID gives the project's global id.
func (p *SharedProject) NodeID() gid.ID { return gid.New("shared_project", p.ID) }

// NodeID gives the participation's global id.
func (p *Participation) NodeID() gid.ID { return gid.New("participation", p.ID) }

// NodeID gives the offer's global id.
func (o *ServiceOffer) NodeID() gid.ID { return gid.New("service_offer", o.ID) }

// NodeID gives the answer's global id.
func (a *OfferAnswer) NodeID() gid.ID { return gid.New("offer_answer", a.ID) }

// NodeID gives the step's global id.
func (s *AdoptionStep) NodeID() gid.ID { return gid.New("adoption_step", s.ID) }

// Name gives the collaboration's name.
func (c *Collaboration) Name() text.Localized { return text.Localized{Sv: c.NameSv, En: c.NameEn} }

// Purpose gives what the collaboration is for; nil where that is not said.
func (c *Collaboration) Purpose() *text.Localized { return text.Maybe(c.PurposeSv, c.PurposeEn) }

// Title gives the agreement's title.
func (a *Agreement) Title() text.Localized { return text.Localized{Sv: a.TitleSv, En: a.TitleEn} }

// Purpose gives what the agreement is for; nil where that is not said.
func (a *Agreement) Purpose() *text.Localized { return text.Maybe(a.PurposeSv, a.PurposeEn) }

// Tasks gives what is done for others under the agreement; nil where that is not said.
func (a *Agreement) Tasks() *text.Localized { return text.Maybe(a.TasksSv, a.TasksEn) }

// CostModel gives how costs are shared; nil where that is not said.
func (a *Agreement) CostModel() *text.Localized { return text.Maybe(a.CostModelSv, a.CostModelEn) }

// Text gives what the follow-up came to; nil where that is not said.
func (f *AgreementFollowUp) Text() *text.Localized { return text.Maybe(f.TextSv, f.TextEn) }

// Name gives the project's name.
func (p *SharedProject) Name() text.Localized { return text.Localized{Sv: p.NameSv, En: p.NameEn} }

// Summary gives what the project is to do; nil where that is not said.
func (p *SharedProject) Summary() *text.Localized { return text.Maybe(p.SummarySv, p.SummaryEn) }

// HealthComment gives the words behind the project's health; nil where there are none.
func (p *SharedProject) HealthComment() *text.Localized {
	return text.Maybe(p.HealthCommentSv, p.HealthCommentEn)
}

// JoinTerms gives on which terms others may join; nil where there are none.
func (p *SharedProject) JoinTerms() *text.Localized { return text.Maybe(p.JoinTermsSv, p.JoinTermsEn) }

// Lessons gives what was learnt; nil where that is not said.
func (p *SharedProject) Lessons() *text.Localized { return text.Maybe(p.LessonsSv, p.LessonsEn) }

// Terms gives on which terms the service may be taken over.
func (o *ServiceOffer) Terms() text.Localized { return text.Localized{Sv: o.TermsSv, En: o.TermsEn} }

// CollaborationFilter narrows a list of collaborations; empty parts do not.
type CollaborationFilter struct {
	Members      []string // SCB codes of members today
	NameContains string
}

// AgreementFilter narrows a list of agreements; empty parts do not.
type AgreementFilter struct {
	Municipalities []string // SCB codes of hosts
	Parties        []string // SCB codes
	Collaborations []uuid.UUID
	LegalForms     []AgreementLegalForm
	States         []AgreementState
	Gaps           []string
	EndsBefore     *date.Date // valid to a day before this one
	TitleContains  string
	Archived       bool
}

// SharedProjectFilter narrows a list of shared projects; empty parts do not.
type SharedProjectFilter struct {
	Municipalities []string // SCB codes of hosts
	Participants   []string // SCB codes
	Collaborations []uuid.UUID
	Agreements     []uuid.UUID
	Codes          []string
	Phases         []ProjectPhase
	Statuses       []ProjectStatus
	Healths        []Health
	OpenToJoin     *bool
	Gaps           []string
	NameContains   string
	Archived       bool
}

// ParticipationFilter narrows a list of participations; empty parts do not.
type ParticipationFilter struct {
	Municipalities []string // SCB codes
	SharedProjects []uuid.UUID
	Roles          []ParticipationRole
	States         []ParticipationState
	Phases         []ProjectPhase // of the project
	Gaps           []string
	Archived       bool
}

// ServiceOfferFilter narrows a list of offers; empty parts do not.
type ServiceOfferFilter struct {
	Municipalities []string // SCB codes of who offers
	SharedServices []uuid.UUID
	Themes         []eservice.Theme // of the shared service
	OpenOn         *date.Date
	Archived       bool
}

// Order is an order of a list.
type Order string
