package graph

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/collaboration"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// The lists that these records have under them, by what a reader asks of them.
type (
	// plainListOf is a list that is not narrowed.
	plainListOf struct {
		Order collaboration.Order
		Desc  bool
		Page  pageArgs
	}
	agreementsOf struct {
		Filter collaboration.AgreementFilter
		Order  collaboration.Order
		Desc   bool
		Page   pageArgs
	}
	projectsOf struct {
		Agreement bool // of an agreement, not of a collaboration
		Filter    collaboration.SharedProjectFilter
		Order     collaboration.Order
		Desc      bool
		Page      pageArgs
	}
	participationsOf struct {
		Filter collaboration.ParticipationFilter
		Order  collaboration.Order
		Desc   bool
		Page   pageArgs
	}
)

// collaborationLoaders read collaborations, agreements, shared projects, participations and offers.
type collaborationLoaders struct {
	collaboration  *byID[*collaboration.Collaboration]
	member         *byID[*collaboration.CollaborationMember]
	agreement      *byID[*collaboration.Agreement]
	agreementState *byID[collaboration.AgreementState]
	party          *byID[*collaboration.AgreementParty]
	followUp       *byID[*collaboration.AgreementFollowUp]
	sharedProject  *byID[*collaboration.SharedProject]
	projectName    *byID[*text.Localized]
	participation  *byID[*collaboration.Participation]
	serviceOffer   *byID[*collaboration.ServiceOffer]
	offerAnswer    *byID[*collaboration.OfferAnswer]
	adoptionStep   *byID[*collaboration.AdoptionStep]

	members            *lists[plainListOf, collaboration.CollaborationMember]
	agreements         *lists[agreementsOf, collaboration.Agreement]
	parties            *lists[plainListOf, collaboration.AgreementParty]
	agreementFollowUps *lists[plainListOf, collaboration.AgreementFollowUp]
	projects           *lists[projectsOf, collaboration.SharedProject]
	participations     *lists[participationsOf, collaboration.Participation]
	offerAnswers       *lists[plainListOf, collaboration.OfferAnswer]
	adoptionSteps      *lists[plainListOf, collaboration.AdoptionStep]
}

func newCollaborationLoaders(r *Resolver, s *scope) collaborationLoaders {
	return collaborationLoaders{
		collaboration:  newByID(r, s, r.Joint.CollaborationsByID),
		member:         newByID(r, s, r.Joint.MembersByID),
		agreement:      newByID(r, s, r.Joint.AgreementsByID),
		agreementState: newByID(r, s, r.Joint.AgreementStates),
		party:          newByID(r, s, r.Joint.PartiesByID),
		followUp:       newByID(r, s, r.Joint.FollowUpsByID),
		sharedProject:  newByID(r, s, r.Joint.SharedProjectsByID),
		projectName:    newByID(r, s, r.Joint.ProjectNamesByID),
		participation:  newByID(r, s, r.Joint.ParticipationsByID),
		serviceOffer:   newByID(r, s, r.Joint.ServiceOffersByID),
		offerAnswer:    newByID(r, s, r.Joint.AnswersByID),
		adoptionStep:   newByID(r, s, r.Joint.StepsByID),

		members:            newLists(r, plainList(s, r.Joint.MembersOfEach)),
		parties:            newLists(r, plainList(s, r.Joint.PartiesOfEach)),
		agreementFollowUps: newLists(r, plainList(s, r.Joint.FollowUpsOfEach)),
		offerAnswers:       newLists(r, plainList(s, r.Joint.AnswersOfEach)),
		adoptionSteps:      newLists(r, plainList(s, r.Joint.StepsOfEach)),
		agreements: newLists(r, func(ctx context.Context, q agreementsOf, of []uuid.UUID) ([]*collaboration.AgreementConnection, error) {
			return r.Joint.AgreementsOfEach(ctx, s, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		projects: newLists(r, func(ctx context.Context, q projectsOf, of []uuid.UUID) ([]*collaboration.SharedProjectConnection, error) {
			return r.Joint.SharedProjectsOfEach(ctx, s, q.Agreement, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		participations: newLists(r, func(ctx context.Context, q participationsOf, of []uuid.UUID) ([]*collaboration.ParticipationConnection, error) {
			return r.Joint.ParticipationsOfEach(ctx, s, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
	}
}

// plainList reads lists that are not narrowed.
func plainList[T any](s *scope, read func(context.Context, postgres.Reader, collaboration.Order, bool, []uuid.UUID, pageArgs) ([]*T, error)) func(context.Context, plainListOf, []uuid.UUID) ([]*T, error) {
	return func(ctx context.Context, q plainListOf, of []uuid.UUID) ([]*T, error) {
		return read(ctx, s, q.Order, q.Desc, of, q.Page)
	}
}

func (l *loaders) collaborationFinders() finders {
	return finders{
		"collaboration": finder(l.collaboration), "collaboration_member": finder(l.member),
		"agreement": finder(l.agreement), "agreement_party": finder(l.party), "agreement_follow_up": finder(l.followUp),
		"shared_project": finder(l.sharedProject), "participation": finder(l.participation),
		"service_offer": finder(l.serviceOffer), "offer_answer": finder(l.offerAnswer), "adoption_step": finder(l.adoptionStep),
	}
}

// collaborationRecords are the records of collaborations, agreements, shared projects, participations and offers, for the names of their fields.
func collaborationRecords() []any {
	return []any{
		collaboration.Collaboration{}, collaboration.CollaborationMember{}, collaboration.Agreement{}, collaboration.AgreementParty{}, collaboration.AgreementFollowUp{},
		collaboration.SharedProject{}, collaboration.Participation{}, collaboration.ServiceOffer{}, collaboration.OfferAnswer{}, collaboration.AdoptionStep{},
	}
}

// said gives a text without the space around it; nil where there is none.
func said(text *string) *string {
	if text == nil {
		return nil
	}
	trimmed := strings.TrimSpace(*text)
	return &trimmed
}
