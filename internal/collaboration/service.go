package collaboration

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/thread"
)

// How the records of each table are kept. What is a part of another record is written by
// whoever keeps that one, or by the municipality whose part it is.
var (
	collaborations = record.Kind[Collaboration, *Collaboration]{
		Table: "collaboration", Constraints: constraints,
		Kept: func(ctx context.Context, _ record.Keeper, tx *postgres.Tx, c *Collaboration) (uuid.UUID, error) {
			if c.MunicipalityID != nil {
				return *c.MunicipalityID, nil
			}
			return home(ctx, tx)
		},
	}
	members = record.Kind[CollaborationMember, *CollaborationMember]{
		Table: "collaboration_member", Constraints: constraints,
		Kept: func(ctx context.Context, keep record.Keeper, tx *postgres.Tx, m *CollaborationMember) (uuid.UUID, error) {
			c, err := collaborationOf(ctx, keep, tx, m.CollaborationID)
			if err != nil {
				return uuid.Nil, at(err, "collaboration")
			}
			return collaborations.Kept(ctx, keep, tx, c)
		},
	}
	// newMembers are memberships as they are made. Among a collaboration's members each
	// shows its records to the others, so whoever keeps it makes itself a member alone: the
	// others are made so by the municipality that runs the installation.
	newMembers = record.Kind[CollaborationMember, *CollaborationMember]{
		Table: "collaboration_member", Constraints: constraints,
		Kept: func(ctx context.Context, keep record.Keeper, tx *postgres.Tx, m *CollaborationMember) (uuid.UUID, error) {
			keeper, err := members.Kept(ctx, keep, tx, m)
			if err != nil || keeper == m.MunicipalityID {
				return keeper, err
			}
			runs, err := home(ctx, tx)
			if err == nil && keep.Policy.Require(ctx, access.WriteCollaboration, runs) != nil && !access.From(ctx).Own(runs) {
				err = fault.New(fault.Forbidden, "En medlem visar sitt för de andra. Be hemkommunen, som driver installationen, att lägga till kommunen.",
					"A member shows its own to the others. Ask the home municipality, which runs the installation, to add the municipality.").At("municipality")
			}
			return runs, err
		},
	}
	// endedMembers are memberships as they are ended: by whoever keeps the collaboration, or
	// by the member itself.
	endedMembers = record.Kind[CollaborationMember, *CollaborationMember]{
		Table: "collaboration_member", Constraints: constraints,
		Kept: func(ctx context.Context, keep record.Keeper, tx *postgres.Tx, m *CollaborationMember) (uuid.UUID, error) {
			if access.From(ctx).Own(m.MunicipalityID) {
				return m.MunicipalityID, nil
			}
			return members.Kept(ctx, keep, tx, m)
		},
	}
	agreements = record.Kind[Agreement, *Agreement]{
		Table: "agreement", Constraints: constraints, Owner: func(a *Agreement) uuid.UUID { return a.MunicipalityID },
		Fill: func(a *Agreement) { shared(&a.Visibility) },
	}
	parties = record.Kind[AgreementParty, *AgreementParty]{
		Table: "agreement_party", Constraints: constraints, Owner: func(p *AgreementParty) uuid.UUID { return p.MunicipalityID },
	}
	// addedParties are parties as the agreement's host adds them.
	addedParties = record.Kind[AgreementParty, *AgreementParty]{
		Table: "agreement_party", Constraints: constraints,
		Kept: func(ctx context.Context, keep record.Keeper, tx *postgres.Tx, p *AgreementParty) (uuid.UUID, error) {
			a, err := agreements.One(ctx, keep, tx, p.AgreementID)
			if err != nil {
				return uuid.Nil, at(err, "agreement")
			}
			return a.MunicipalityID, nil
		},
	}
	followUps = record.Kind[AgreementFollowUp, *AgreementFollowUp]{
		Table: "agreement_follow_up", Constraints: constraints, Owner: func(f *AgreementFollowUp) uuid.UUID { return f.MunicipalityID },
	}
	projects = record.Kind[SharedProject, *SharedProject]{
		Table: "shared_project", Constraints: constraints, Owner: func(p *SharedProject) uuid.UUID { return p.MunicipalityID },
		Fill: func(p *SharedProject) {
			shared(&p.Visibility)
			p.Deliverables = append([]string{}, p.Deliverables...)
		},
	}
	participations = record.Kind[Participation, *Participation]{
		Table: "participation", Constraints: constraints, Owner: func(p *Participation) uuid.UUID { return p.MunicipalityID },
	}
	// proposals are participations as the project's host proposes them.
	proposals = record.Kind[Participation, *Participation]{
		Table: "participation", Constraints: constraints,
		Kept: func(ctx context.Context, keep record.Keeper, tx *postgres.Tx, p *Participation) (uuid.UUID, error) {
			of, err := projects.One(ctx, keep, tx, p.SharedProjectID)
			if err != nil {
				return uuid.Nil, at(err, "sharedProject")
			}
			return of.MunicipalityID, nil
		},
	}
	offers = record.Kind[ServiceOffer, *ServiceOffer]{
		Table: "service_offer", Constraints: constraints, Owner: func(o *ServiceOffer) uuid.UUID { return o.MunicipalityID },
		Fill: func(o *ServiceOffer) { shared(&o.Visibility) },
	}
	answers = record.Kind[OfferAnswer, *OfferAnswer]{
		Table: "offer_answer", Constraints: constraints, Owner: func(a *OfferAnswer) uuid.UUID { return a.MunicipalityID },
	}
	steps = record.Kind[AdoptionStep, *AdoptionStep]{
		Table: "adoption_step", Constraints: constraints, Owner: func(s *AdoptionStep) uuid.UUID { return s.MunicipalityID },
	}
)

// collaborationOf reads a collaboration for its members' sake.
func collaborationOf(ctx context.Context, keep record.Keeper, tx *postgres.Tx, id uuid.UUID) (*Collaboration, error) {
	return record.Kind[Collaboration, *Collaboration]{Table: "collaboration"}.One(ctx, keep, tx, id)
}

// shared is the visibility of what is made to be shared, where no other is given.
func shared(v *eservice.Visibility) {
	if *v == "" {
		*v = eservice.Collaboration
	}
}

// at tells a fault of a field.
func at(err error, field string) error {
	if all := fault.All(err); len(all) == 1 {
		return all[0].At(field)
	}
	return err
}

// standing reads the record that another is to be a part of, of which the field tells: one
// that is archived gets no more parts.
func standing[T any, P record.Pointer[T]](ctx context.Context, keep record.Keeper, tx *postgres.Tx, kind record.Kind[T, P], id uuid.UUID, field string) (P, error) {
	whole, err := kind.One(ctx, keep, tx, id)
	if err != nil {
		return nil, at(err, field)
	}
	if archived := record.Standing(whole); archived != nil {
		return nil, archived.At(field)
	}
	return whole, nil
}

// CreateCollaboration registers a collaboration that its municipality keeps.
func (s *Service) CreateCollaboration(ctx context.Context, c Collaboration) (*Collaboration, error) {
	return collaborations.Create(ctx, s.Keeper, access.WriteCollaboration, "createCollaboration", c, nil, nil)
}

func (s *Service) collaboration() record.Revision[Collaboration, *Collaboration] {
	return record.Revision[Collaboration, *Collaboration]{Kind: collaborations, Keeper: s.Keeper, Action: access.WriteCollaboration, Operation: "updateCollaboration"}
}

// UpdateCollaboration lets set change the collaboration with the id.
func (s *Service) UpdateCollaboration(ctx context.Context, id uuid.UUID, version int, set func(*Collaboration)) (*Collaboration, error) {
	return s.collaboration().Update(ctx, id, version, set)
}

// AddMember makes a municipality a member of a collaboration. From the next request on it
// sees what is shared within it, while the membership holds.
func (s *Service) AddMember(ctx context.Context, m CollaborationMember) (*CollaborationMember, error) {
	return newMembers.Create(ctx, s.Keeper, access.WriteCollaboration, "addCollaborationMember", m, nil, nil)
}

// EndMember gives a membership its last day. A later one than it has is a new membership.
func (s *Service) EndMember(ctx context.Context, id uuid.UUID, version int, last date.Date, comment string) (*CollaborationMember, error) {
	return endedMembers.Change(ctx, s.Keeper, record.Change{Action: access.WriteCollaboration, Operation: "endCollaborationMember", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, m *CollaborationMember) error {
			if m.ValidTo != nil && m.ValidTo.Before(last) {
				may, err := newMembers.Kept(ctx, s.Keeper, tx, m)
				if err == nil {
					err = s.Policy.Require(ctx, access.WriteCollaboration, may)
				}
				if err != nil {
					return err
				}
			}
			m.ValidTo = &last
			return nil
		}, nil)
}

// CreateAgreement registers an agreement. Its host is a party from the first on.
func (s *Service) CreateAgreement(ctx context.Context, a Agreement) (*Agreement, error) {
	return agreements.Create(ctx, s.Keeper, access.WriteAgreement, "createAgreement", a, func(tx *postgres.Tx, a *Agreement) error {
		return laidWithin(ctx, tx, a.MunicipalityID, a.CollaborationID, nil)
	}, func(tx *postgres.Tx, a *Agreement) error {
		_, err := parties.Add(ctx, tx, AgreementParty{MunicipalityID: a.MunicipalityID, AgreementID: a.ID})
		return err
	})
}

// agreement is how an agreement is changed by its host.
func (s *Service) agreement() record.Revision[Agreement, *Agreement] {
	return record.Revision[Agreement, *Agreement]{
		Kind: agreements, Keeper: s.Keeper, Action: access.WriteAgreement, Operation: "updateAgreement",
		Set: func(ctx context.Context, tx *postgres.Tx, a *Agreement, set func(*Agreement)) error {
			before := a.CollaborationID
			set(a)
			return laidWithin(ctx, tx, a.MunicipalityID, a.CollaborationID, before)
		},
	}
}

// UpdateAgreement lets set change the agreement with the id.
func (s *Service) UpdateAgreement(ctx context.Context, id uuid.UUID, version int, set func(*Agreement)) (*Agreement, error) {
	return s.agreement().Update(ctx, id, version, set)
}

// ArchiveAgreement takes away an agreement that was registered by mistake.
func (s *Service) ArchiveAgreement(ctx context.Context, id uuid.UUID, version int, comment string) (*Agreement, error) {
	return agreements.Change(ctx, s.Keeper, record.Change{Action: access.WriteAgreement, Operation: "archiveAgreement", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, a *Agreement) error { a.ArchivedAt = &tx.At; return nil }, nil)
}

// AddParty adds a party to an agreement, by the agreement's host. What the party says of
// its own side it writes itself.
func (s *Service) AddParty(ctx context.Context, p AgreementParty) (*AgreementParty, error) {
	return addedParties.Create(ctx, s.Keeper, access.WriteAgreement, "addAgreementParty", p, func(tx *postgres.Tx, p *AgreementParty) error {
		_, err := standing(ctx, s.Keeper, tx, agreements, p.AgreementID, "agreement")
		return err
	}, nil)
}

// ArchiveParty takes back a party that was added by mistake, by the agreement's host. The
// host itself is a party as long as the agreement is there, and one that has signed takes
// that back itself first.
func (s *Service) ArchiveParty(ctx context.Context, id uuid.UUID, version int, comment string) (*AgreementParty, error) {
	return addedParties.Change(ctx, s.Keeper, record.Change{Action: access.WriteAgreement, Operation: "archiveAgreementParty", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, p *AgreementParty) error {
			host, err := addedParties.Kept(ctx, s.Keeper, tx, p)
			switch {
			case err != nil:
				return err
			case p.MunicipalityID == host:
				return fault.Field("id", "agreement_party_host", "Värden är part så länge avtalet finns. Arkivera avtalet i stället.", "The host is a party as long as the agreement is there. Archive the agreement instead.")
			case p.SignedOn != nil:
				return fault.Field("id", "agreement_party_signed", "Parten har angett att den har undertecknat. Be den ta bort dagen först.", "The party has said that it has signed. Ask it to take the day away first.")
			}
			p.ArchivedAt = &tx.At
			return nil
		}, nil)
}

// UpdateParty lets set change what a party says of its own side. Its diary number finds its
// case, or makes it.
func (s *Service) UpdateParty(ctx context.Context, id uuid.UUID, version int, set func(*AgreementParty)) (*AgreementParty, error) {
	return parties.Change(ctx, s.Keeper, record.Change{Action: access.WriteAgreementParty, Operation: "updateAgreementParty", ID: id, Version: version},
		func(tx *postgres.Tx, p *AgreementParty) error {
			before := p.DiaryNumber
			set(p)
			if p.DiaryNumber == nil {
				p.CaseID = nil
				return nil
			}
			if before != nil && *before == *p.DiaryNumber {
				return nil
			}
			of, err := agreements.One(ctx, s.Keeper, tx, p.AgreementID)
			if err != nil {
				return err
			}
			// What the agreement shares within its collaboration, the party's case would share
			// within all that the party is in.
			shown := of.Visibility
			if shown != eservice.Public {
				shown = eservice.Municipality
			}
			p.CaseID, err = decision.ResolveCase(ctx, tx, p.MunicipalityID, *p.DiaryNumber, of.TitleSv, shown)
			return err
		}, nil)
}

// AddFollowUp registers that a party has followed an agreement up, or reported it to its
// council.
func (s *Service) AddFollowUp(ctx context.Context, f AgreementFollowUp) (*AgreementFollowUp, error) {
	return followUps.Create(ctx, s.Keeper, access.WriteAgreementParty, "addAgreementFollowUp", f, func(tx *postgres.Tx, f *AgreementFollowUp) error {
		if _, err := standing(ctx, s.Keeper, tx, agreements, f.AgreementID, "agreement"); err != nil {
			return err
		}
		if party, err := isParty(ctx, tx, f.AgreementID, f.MunicipalityID); err != nil || party {
			return err
		}
		return fault.Field("municipality", "agreement_follow_up_party", "Bara en part följer upp avtalet.", "Only a party follows the agreement up.")
	}, nil)
}

// UpdateFollowUp lets set change the follow-up with the id.
func (s *Service) UpdateFollowUp(ctx context.Context, id uuid.UUID, version int, set func(*AgreementFollowUp)) (*AgreementFollowUp, error) {
	return followUps.Change(ctx, s.Keeper, record.Change{Action: access.WriteAgreementParty, Operation: "updateAgreementFollowUp", ID: id, Version: version},
		func(_ *postgres.Tx, f *AgreementFollowUp) error { set(f); return nil }, nil)
}

// ArchiveFollowUp takes back a follow-up that was registered by mistake.
func (s *Service) ArchiveFollowUp(ctx context.Context, id uuid.UUID, version int, comment string) (*AgreementFollowUp, error) {
	return followUps.Change(ctx, s.Keeper, record.Change{Action: access.WriteAgreementParty, Operation: "archiveAgreementFollowUp", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, f *AgreementFollowUp) error { f.ArchivedAt = &tx.At; return nil }, nil)
}

// CreateProject registers a shared project with its host's own participation. That waits
// for a decision; where the project is registered as found, it takes part already.
func (s *Service) CreateProject(ctx context.Context, p SharedProject) (*SharedProject, error) {
	p.begin()
	return projects.Create(ctx, s.Keeper, access.WriteSharedProject, "createSharedProject", p,
		func(tx *postgres.Tx, p *SharedProject) error { return s.lay(ctx, tx, p, SharedProject{}) },
		func(tx *postgres.Tx, p *SharedProject) error { return host(ctx, tx, p) })
}

// begin sets what a new project is, where it is not said.
func (p *SharedProject) begin() {
	if p.Phase == "" {
		p.Phase = Idea
	}
	if p.Status == "" {
		p.Status = NotStarted
	}
	if p.Health == "" {
		p.Health = HealthUnknown
	}
}

// lay sees that a project lies within what its host is in and the caller sees.
func (s *Service) lay(ctx context.Context, tx *postgres.Tx, p *SharedProject, was SharedProject) error {
	if err := laidWithin(ctx, tx, p.MunicipalityID, p.CollaborationID, was.CollaborationID); err != nil {
		return err
	}
	return s.agreementSeen(ctx, tx, p.AgreementID, was.AgreementID)
}

// host adds the host's own participation in a new project.
func host(ctx context.Context, tx *postgres.Tx, p *SharedProject) error {
	own := Participation{MunicipalityID: p.MunicipalityID, SharedProjectID: p.ID, Role: Host, State: DecisionPending}
	if p.FoundSource != nil {
		own.State, own.FoundSource, own.FoundReason = Active, p.FoundSource, p.FoundReason
	}
	_, err := participations.Add(ctx, tx, own)
	return err
}

// laidWithin refuses to lay what a municipality hosts within a collaboration that it neither
// keeps nor is or has been a member of: it would stand among what the members do together.
func laidWithin(ctx context.Context, tx *postgres.Tx, host uuid.UUID, collaboration, before *uuid.UUID) error {
	if collaboration == nil || before != nil && *before == *collaboration {
		return nil
	}
	belongs, err := belongsTo(ctx, tx, host, *collaboration)
	if err != nil || belongs {
		return err
	}
	return fault.Field("collaboration", "collaboration_of_host", "Kommunen är inte med i samverkan. Välj en som den är med i, eller ingen.", "The municipality is not in the collaboration. Choose one that it is in, or none.")
}

// agreementSeen refuses a link to an agreement that the caller may not see: it would tell
// that there is one.
func (s *Service) agreementSeen(ctx context.Context, tx *postgres.Tx, id, before *uuid.UUID) error {
	if id == nil || before != nil && *before == *id {
		return nil
	}
	_, err := agreements.One(ctx, s.Keeper, tx, *id)
	if fault.CodeOf(err) == fault.NotFound {
		return constraints.Fault("shared_project_agreement_fk")
	}
	return err
}

// project is how a shared project is changed by its host.
func (s *Service) project() record.Revision[SharedProject, *SharedProject] {
	return record.Revision[SharedProject, *SharedProject]{
		Kind: projects, Keeper: s.Keeper, Action: access.WriteSharedProject, Operation: "updateSharedProject",
		Set: func(ctx context.Context, tx *postgres.Tx, p *SharedProject, set func(*SharedProject)) error {
			was := *p
			set(p)
			return s.lay(ctx, tx, p, was)
		},
	}
}

// UpdateProject lets set change the shared project with the id.
func (s *Service) UpdateProject(ctx context.Context, id uuid.UUID, version int, set func(*SharedProject)) (*SharedProject, error) {
	return s.project().Update(ctx, id, version, set)
}

// Drafted are the records that changes may be prepared of beside what is live: what the
// municipality keeps or hosts.
func (s *Service) Drafted() []draft.Kind {
	return []draft.Kind{draft.Of(s.project(), "name_sv"), draft.Of(s.collaboration(), "name_sv"), draft.Of(s.agreement(), "title_sv")}
}

// SetPhase takes a shared project to another phase. To skip one or go back takes a comment.
// The plan with which development begins is kept as the baseline, where there is none yet.
func (s *Service) SetPhase(ctx context.Context, id uuid.UUID, version int, phase ProjectPhase, comment string) (*SharedProject, error) {
	return projects.Change(ctx, s.Keeper, record.Change{Action: access.WriteSharedProject, Operation: "setSharedProjectPhase", Comment: comment, ID: id, Version: version},
		func(_ *postgres.Tx, p *SharedProject) error {
			p.Phase = phase
			if phase == Development && p.BaselineStart == nil && p.BaselineEnd == nil {
				p.BaselineStart, p.BaselineEnd = p.PlannedStart, p.PlannedEnd
			}
			return nil
		}, nil)
}

// ArchiveProject takes away a shared project that was registered by mistake.
func (s *Service) ArchiveProject(ctx context.Context, id uuid.UUID, version int, comment string) (*SharedProject, error) {
	return projects.Change(ctx, s.Keeper, record.Change{Action: access.WriteSharedProject, Operation: "archiveSharedProject", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, p *SharedProject) error { p.ArchivedAt = &tx.At; return nil }, nil)
}

// Propose puts a participation forward on a municipality's behalf, by the project's host.
func (s *Service) Propose(ctx context.Context, p Participation) (*Participation, error) {
	p.State = Invited
	return proposals.Create(ctx, s.Keeper, access.ProposeParticipation, "proposeParticipation", p, func(tx *postgres.Tx, p *Participation) error {
		of, err := standing(ctx, s.Keeper, tx, projects, p.SharedProjectID, "sharedProject")
		if err == nil {
			p.ProposedByID = &of.MunicipalityID
		}
		return err
	}, nil)
}

// settled are the states in which a municipality has confirmed its participation.
var settled = map[ParticipationState]bool{Confirmed: true, Active: true, "COMPLETED": true}

// SetTerms lets set change the role and the cost share of a participation, by the
// project's host: of others' until they have confirmed.
func (s *Service) SetTerms(ctx context.Context, id uuid.UUID, version int, set func(*Participation)) (*Participation, error) {
	return proposals.Change(ctx, s.Keeper, record.Change{Action: access.ProposeParticipation, Operation: "setParticipationTerms", ID: id, Version: version},
		func(_ *postgres.Tx, p *Participation) error {
			if p.Role != Host && settled[p.State] {
				return fault.Field("id", "participation_terms_settled", "Kommunen har bekräftat på de här villkoren. Be den gå tillbaka till att vänta på beslut innan de ändras.",
					"The municipality has confirmed on these terms. Ask it to go back to waiting for a decision before they change.")
			}
			set(p)
			return nil
		}, nil)
}

// ArchiveParticipation takes back a participation that was put in by mistake, by the
// project's host. The host's own stays as long as the project is there, and of others'
// those that they have confirmed.
func (s *Service) ArchiveParticipation(ctx context.Context, id uuid.UUID, version int, comment string) (*Participation, error) {
	return proposals.Change(ctx, s.Keeper, record.Change{Action: access.ProposeParticipation, Operation: "archiveParticipation", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, p *Participation) error {
			if p.Role != Host && settled[p.State] {
				return fault.Field("id", "participation_settled", "Kommunen har bekräftat sitt deltagande. Be den gå tillbaka till att vänta på beslut, eller dra sig ur.",
					"The municipality has confirmed its participation. Ask it to go back to waiting for a decision, or to withdraw.")
			}
			p.ArchivedAt = &tx.At
			return nil
		}, nil)
}

// Join tells a municipality's own interest in a project that is open to join.
func (s *Service) Join(ctx context.Context, p Participation) (*Participation, error) {
	p.State = Interested
	return participations.Create(ctx, s.Keeper, access.AnswerParticipation, "joinSharedProject", p, func(tx *postgres.Tx, p *Participation) error {
		of, err := projects.One(ctx, s.Keeper, tx, p.SharedProjectID)
		if err != nil {
			return at(err, "sharedProject")
		}
		if !of.OpenToJoin || of.Phase == Closed || of.ArchivedAt != nil {
			return fault.Field("sharedProject", "shared_project_not_open", "Projektet är inte öppet att gå med i. Be värden om en inbjudan.", "The project is not open to join. Ask its host for an invitation.")
		}
		return nil
	}, nil)
}

// Register registers a participation of one's own that holds already, with its source: in
// a project of a collaboration that the municipality is or has been in, or in one that is
// open to join. In any other it is the host that says who takes part.
func (s *Service) Register(ctx context.Context, p Participation) (*Participation, error) {
	return participations.Create(ctx, s.Keeper, access.AnswerParticipation, "registerParticipation", p, func(tx *postgres.Tx, p *Participation) error {
		of, err := standing(ctx, s.Keeper, tx, projects, p.SharedProjectID, "sharedProject")
		if err != nil {
			return err
		}
		if of.OpenToJoin || of.MunicipalityID == p.MunicipalityID {
			return nil
		}
		together, err := worksWith(ctx, tx, p.MunicipalityID, of)
		if err != nil || together {
			return err
		}
		return fault.Field("sharedProject", "shared_project_not_together", "Kommunen är inte med i den samverkan som projektet hör till, och projektet är inte öppet att gå med i. Be värden om en inbjudan.",
			"The municipality is not in the collaboration of the project, and the project is not open to join. Ask its host for an invitation.")
	}, nil)
}

// Step takes one's own participation to another state. Declining and withdrawing take a
// reason, and a step back a comment.
func (s *Service) Step(ctx context.Context, id uuid.UUID, version int, to ParticipationState, reason *string, comment string) (*Participation, error) {
	return s.answer(ctx, "answerParticipation", id, version, comment, func(tx *postgres.Tx, p *Participation) error {
		p.to(tx, to)
		p.Reason = nil
		if to == Declined || to == Withdrawn {
			p.Reason = reason
		}
		return nil
	})
}

// to takes the participation to a state.
func (p *Participation) to(tx *postgres.Tx, state ParticipationState) {
	p.State = state
	switch {
	case state == Confirmed && p.ConfirmedOn == nil:
		day := date.Of(tx.At)
		p.ConfirmedOn = &day
	case state == Interested || state == DecisionPending:
		p.ConfirmedOn = nil
	}
}

// Confirm confirms one's own participation by a decision that authorises it, in one change.
func (s *Service) Confirm(ctx context.Context, id uuid.UUID, version int, by uuid.UUID, comment string) (*Participation, error) {
	return s.answer(ctx, "confirmParticipation", id, version, comment, func(tx *postgres.Tx, p *Participation) error {
		if err := thread.Authorise(ctx, s.Keeper, tx, p.MunicipalityID, by, thread.End{Kind: "participation", ID: p.ID}); err != nil {
			return err
		}
		p.to(tx, Confirmed)
		return nil
	})
}

// UpdateParticipation lets set change what a municipality says of its own participation.
func (s *Service) UpdateParticipation(ctx context.Context, id uuid.UUID, version int, set func(*Participation)) (*Participation, error) {
	return s.answer(ctx, "updateParticipation", id, version, "", func(_ *postgres.Tx, p *Participation) error { set(p); return nil })
}

func (s *Service) answer(ctx context.Context, operation string, id uuid.UUID, version int, comment string, set func(*postgres.Tx, *Participation) error) (*Participation, error) {
	return participations.Change(ctx, s.Keeper, record.Change{Action: access.AnswerParticipation, Operation: operation, Comment: comment, ID: id, Version: version}, set, nil)
}

// CreateOffer offers a shared service of one's own to others.
func (s *Service) CreateOffer(ctx context.Context, o ServiceOffer) (*ServiceOffer, error) {
	return offers.Create(ctx, s.Keeper, access.WriteOffer, "createServiceOffer", o, nil, nil)
}

// UpdateOffer lets set change the offer with the id.
func (s *Service) UpdateOffer(ctx context.Context, id uuid.UUID, version int, set func(*ServiceOffer)) (*ServiceOffer, error) {
	return offers.Change(ctx, s.Keeper, record.Change{Action: access.WriteOffer, Operation: "updateServiceOffer", ID: id, Version: version},
		func(_ *postgres.Tx, o *ServiceOffer) error { set(o); return nil }, nil)
}

// ArchiveOffer takes an offer back. Who has adopted keeps what it has.
func (s *Service) ArchiveOffer(ctx context.Context, id uuid.UUID, version int, comment string) (*ServiceOffer, error) {
	return offers.Change(ctx, s.Keeper, record.Change{Action: access.WriteOffer, Operation: "archiveServiceOffer", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, o *ServiceOffer) error { o.ArchivedAt = &tx.At; return nil }, nil)
}

// Answer gives a municipality's answer to an offer. Adopting makes at once its own
// e-service, planned and owned by the unit, and the list of what remains to be done: it
// takes the right to write e-services too.
func (s *Service) Answer(ctx context.Context, a OfferAnswer, owner *uuid.UUID) (*OfferAnswer, error) {
	return answers.Create(ctx, s.Keeper, access.AnswerOffer, "answerServiceOffer", a, func(tx *postgres.Tx, a *OfferAnswer) error {
		offer, err := offers.One(ctx, s.Keeper, tx, a.ServiceOfferID)
		if err != nil {
			return at(err, "serviceOffer")
		}
		if offer.MunicipalityID == a.MunicipalityID {
			return fault.Field("serviceOffer", "service_offer_own", "Kommunen svarar inte på sitt eget erbjudande.", "A municipality does not answer its own offer.")
		}
		return s.adopt(ctx, tx, a, offer, owner)
	}, func(tx *postgres.Tx, a *OfferAnswer) error { return s.begin(ctx, tx, a) })
}

// ChangeAnswer changes a municipality's answer to an offer. Who has adopted has done so.
func (s *Service) ChangeAnswer(ctx context.Context, id uuid.UUID, version int, choice OfferChoice, reason *string, owner *uuid.UUID) (*OfferAnswer, error) {
	return answers.Change(ctx, s.Keeper, record.Change{Action: access.AnswerOffer, Operation: "changeOfferAnswer", ID: id, Version: version},
		func(tx *postgres.Tx, a *OfferAnswer) error {
			if a.Answer == Adopt {
				return fault.Field("answer", "offer_answer_adopted_stands", "E-tjänsten är redan övertagen. Avsluta i stället den egna e-tjänsten.", "The service is adopted already. End one's own e-service instead.")
			}
			offer, err := offers.One(ctx, s.Keeper, tx, a.ServiceOfferID)
			if err != nil {
				return at(err, "serviceOffer")
			}
			a.Answer, a.Reason = choice, reason
			return s.adopt(ctx, tx, a, offer, owner)
		}, func(tx *postgres.Tx, a *OfferAnswer) error { return s.begin(ctx, tx, a) })
}

// adopt makes the e-service of an answer that adopts. An offer that is no longer open can
// be declined only.
func (s *Service) adopt(ctx context.Context, tx *postgres.Tx, a *OfferAnswer, offer *ServiceOffer, owner *uuid.UUID) error {
	day := date.Of(tx.At)
	if a.Answer != "DECLINE" && (offer.ArchivedAt != nil || day.Before(offer.ValidFrom) || offer.ValidTo != nil && offer.ValidTo.Before(day)) {
		return fault.Field("serviceOffer", "service_offer_not_open", "Erbjudandet gäller inte i dag.", "The offer does not hold today.")
	}
	if a.Answer != Adopt {
		return nil
	}
	if owner == nil {
		return fault.Field("ownerUnit", "offer_answer_owner", "Ange den enhet som ska äga e-tjänsten.", "Give the unit that is to own the e-service.")
	}
	if err := s.Policy.Require(ctx, access.WriteEService, a.MunicipalityID); err != nil {
		return err
	}
	all, err := s.Catalogue.SharedByID(ctx, tx, []uuid.UUID{offer.SharedServiceID})
	if err != nil {
		return err
	}
	of := all[offer.SharedServiceID]
	if of == nil {
		return fault.Missing()
	}
	made, err := s.Catalogue.Add(ctx, tx, eservice.EService{
		MunicipalityID: a.MunicipalityID, OwnerUnitID: *owner, SharedServiceID: &of.ID, NameSv: of.NameSv, NameEn: of.NameEn, Themes: of.Themes, Status: eservice.Planned,
	})
	if err != nil {
		return err
	}
	a.EServiceID = &made.ID
	return nil
}

// begin lists what remains to be done by one who has adopted. The owner is chosen already.
func (s *Service) begin(ctx context.Context, tx *postgres.Tx, a *OfferAnswer) error {
	if a.Answer != Adopt {
		return nil
	}
	day := date.Of(tx.At)
	for _, kind := range adoptionSteps {
		step := AdoptionStep{MunicipalityID: a.MunicipalityID, OfferAnswerID: a.ID, Kind: kind}
		if kind == "OWNER" {
			step.DoneOn = &day
		}
		if _, err := steps.Add(ctx, tx, step); err != nil {
			return err
		}
	}
	return nil
}

// UpdateStep lets set change whether a step of adopting is done, and what is noted of it.
func (s *Service) UpdateStep(ctx context.Context, id uuid.UUID, version int, set func(*AdoptionStep)) (*AdoptionStep, error) {
	return steps.Change(ctx, s.Keeper, record.Change{Action: access.AnswerOffer, Operation: "updateAdoptionStep", ID: id, Version: version},
		func(_ *postgres.Tx, step *AdoptionStep) error { set(step); return nil }, nil)
}
