package collaboration

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/text"
)

// stateOf is SQL for the state of agreement alias today.
func stateOf(alias string) string {
	return fmt.Sprintf("agreement_state(today(), %[1]s.signed_on, %[1]s.valid_from, %[1]s.valid_to, %[1]s.renew_months, %[1]s.notice_given_on, %[1]s.terminated_on, %[1]s.notice_months)", alias)
}

// endOf is SQL for the last day of agreement alias as it stands today; null where it has
// none in sight.
func endOf(alias string) string {
	return fmt.Sprintf("agreement_end(today(), %[1]s.valid_to, %[1]s.renew_months, %[1]s.notice_months, %[1]s.notice_given_on, %[1]s.terminated_on)", alias)
}

// memberToday is the condition that membership y holds today.
const memberToday = "y.valid_from <= today() AND coalesce(y.valid_to, 'infinity') >= today()"

var (
	created = postgres.Sort{Expr: "x.created_at", Type: "timestamptz"}
	updated = postgres.Sort{Expr: "x.updated_at", Type: "timestamptz"}
	owner   = postgres.Sort{Expr: "m.name_sv", Type: "text"}
)

var collaborationOrders = map[Order]postgres.Sort{
	"NAME": {Expr: "x.name_sv", Type: "text"}, "CREATED": created, "UPDATED": updated,
}

var memberOrders = map[Order]postgres.Sort{
	"VALID_FROM": {Expr: "x.valid_from", Type: "date"}, "MUNICIPALITY": owner,
}

var agreementOrders = map[Order]postgres.Sort{
	"TITLE": {Expr: "x.title_sv", Type: "text", Indexed: true}, "MUNICIPALITY": owner, "VALID_TO": {Expr: "coalesce(x.valid_to, 'infinity'::date)", Type: "date", Indexed: true},
	"CREATED": created, "UPDATED": updated,
}

var partyOrders = map[Order]postgres.Sort{
	"MUNICIPALITY": owner, "SIGNED": {Expr: "coalesce(x.signed_on, 'infinity'::date)", Type: "date"},
}

var followUpOrders = map[Order]postgres.Sort{
	"HELD": {Expr: "x.held_on", Type: "date"}, "MUNICIPALITY": owner,
}

var projectOrders = map[Order]postgres.Sort{
	"NAME": {Expr: "x.name_sv", Type: "text", Indexed: true}, "CODE": {Expr: "x.code", Type: "text"}, "MUNICIPALITY": owner,
	"PHASE":         {Expr: "shared_project_phase_rank(x.phase)", Type: "int"},
	"PLANNED_START": {Expr: "coalesce(x.planned_start, 'infinity'::date)", Type: "date", Indexed: true},
	"PLANNED_END":   {Expr: "coalesce(x.planned_end, 'infinity'::date)", Type: "date", Indexed: true},
	"CREATED":       created, "UPDATED": updated,
}

var participationOrders = map[Order]postgres.Sort{
	"MUNICIPALITY": owner, "PROJECT": {Expr: "p.name_sv", Type: "text", Indexed: true},
	"STATE":   {Expr: "array_position(ARRAY['INVITED', 'INTERESTED', 'DECISION_PENDING', 'CONFIRMED', 'ACTIVE', 'COMPLETED', 'WITHDRAWN', 'DECLINED'], x.state)", Type: "int"},
	"CREATED": created, "UPDATED": updated,
}

var offerOrders = map[Order]postgres.Sort{
	"NAME": {Expr: "s.name_sv", Type: "text"}, "MUNICIPALITY": owner, "VALID_FROM": {Expr: "x.valid_from", Type: "date"}, "CREATED": created, "UPDATED": updated,
}

var answerOrders = map[Order]postgres.Sort{"MUNICIPALITY": owner, "UPDATED": updated}

var stepOrders = map[Order]postgres.Sort{
	"STEP": {Expr: "array_position(ARRAY['DECISION', 'AGREEMENT', 'CLASSIFICATION', 'OWNER', 'LAUNCH_DATE'], x.kind)", Type: "int"},
}

// among adds the condition that a coded field has one of the values, and its facet.
func among[T ~string](l *postgres.List, facet, column string, values []T) {
	if len(values) > 0 {
		l.WhereFacet(facet, fmt.Sprintf("%s = ANY (@f_%s)", column, facet), "f_"+facet, values)
	}
}

// linked adds the condition that a reference leads to one of the records, and its facet.
func linked(l *postgres.List, facet, column string, ids []uuid.UUID) {
	if len(ids) > 0 {
		l.WhereFacet(facet, fmt.Sprintf("%s = ANY (@f_%s)", column, facet), "f_"+facet, ids)
	}
}

// holding is the facet, and the condition, of the municipalities of the records of table
// whose column leads to the record x.
func holding(table, column, condition string) (facet postgres.Facet, where string) {
	facet = postgres.Facet{
		Value: "n.scb_code", Sv: "n.name_sv", En: "coalesce(n.name_en, n.name_sv)",
		Join: fmt.Sprintf("JOIN LATERAL (SELECT DISTINCT y.municipality_id FROM %s y WHERE y.%s = x.id AND %s) h ON true JOIN municipality n ON n.id = h.municipality_id", table, column, condition),
	}
	return facet, fmt.Sprintf("EXISTS (SELECT FROM %s y JOIN municipality n ON n.id = y.municipality_id WHERE y.%s = x.id AND %s AND n.scb_code = ANY (@holding))", table, column, condition)
}

func (s *Service) collaborationList(ctx context.Context, r postgres.Reader, f CollaborationFilter, o Order, desc bool) postgres.List {
	facet, where := holding("collaboration_member", "collaboration_id", memberToday)
	l := postgres.List{
		From: "collaboration x", Alias: "x", Sort: record.Sorted(collaborationOrders, o, desc), Facets: map[string]postgres.Facet{"MEMBER": facet},
	}
	s.Policy.Narrow(ctx, r, &l, "collaboration", "x")
	l.Where("x.archived_at IS NULL")
	if len(f.Members) > 0 {
		l.WhereFacet("MEMBER", where, "holding", f.Members)
	}
	if f.NameContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.name_sv, x.name_en)", "name"), "name", f.NameContains)
	}
	return l
}

// Collaborations reads one page of the collaborations.
func (s *Service) Collaborations(ctx context.Context, r postgres.Reader, f CollaborationFilter, o Order, desc bool, a page.Args) (*CollaborationConnection, error) {
	return postgres.Page[Collaboration](ctx, r, s.collaborationList(ctx, r, f, o, desc), a)
}

// CollaborationsByID reads collaborations by id.
func (s *Service) CollaborationsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Collaboration, error) {
	return collaborations.ByID(ctx, s.Keeper, r, ids)
}

// MembersOfEach reads, for each collaboration, one page of its members, past ones among them.
func (s *Service) MembersOfEach(ctx context.Context, r postgres.Reader, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*CollaborationMemberConnection, error) {
	l := members.List(ctx, s.Keeper, r, record.Sorted(memberOrders, o, desc), nil)
	l.Parent = "x.collaboration_id"
	return postgres.Pages[CollaborationMember](ctx, r, l, of, a)
}

// MembersByID reads memberships by id.
func (s *Service) MembersByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*CollaborationMember, error) {
	return members.ByID(ctx, s.Keeper, r, ids)
}

func (s *Service) agreementList(ctx context.Context, r postgres.Reader, f AgreementFilter, o Order, desc bool) postgres.List {
	facet, where := holding("agreement_party", "agreement_id", "y.archived_at IS NULL")
	l := agreements.List(ctx, s.Keeper, r, record.Sorted(agreementOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(), "PARTY": facet, "LEGAL_FORM": {Value: "x.legal_form", Names: names("LEGAL_FORM")},
		"STATE": {Value: stateOf("x"), Names: names("AGREEMENT_STATE")}, "COLLABORATION": byCollaboration, "GAP": {Value: "g.code", Join: s.Gaps.Broken("agreement"), Names: s.Gaps.RuleName},
	})
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", f.Municipalities)
	if len(f.Parties) > 0 {
		l.WhereFacet("PARTY", where, "holding", f.Parties)
	}
	linked(&l, "COLLABORATION", "x.collaboration_id", f.Collaborations)
	among(&l, "LEGAL_FORM", "x.legal_form", f.LegalForms)
	among(&l, "STATE", stateOf("x"), f.States)
	if len(f.Gaps) > 0 {
		l.WhereFacet("GAP", s.Gaps.Condition("agreement", f.Gaps))
	}
	if f.EndsBefore != nil {
		l.Where("x.valid_to < @ends_before", "ends_before", *f.EndsBefore)
	}
	if f.TitleContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.title_sv, x.title_en)", "title"), "title", f.TitleContains)
	}
	return l
}

var byCollaboration = postgres.Facet{
	Value: "c.id::text", Kind: "collaboration", Join: "JOIN collaboration c ON c.id = x.collaboration_id", Sv: "c.name_sv", En: "coalesce(c.name_en, c.name_sv)",
}

// Agreements reads one page of the agreements that the caller may see.
func (s *Service) Agreements(ctx context.Context, r postgres.Reader, f AgreementFilter, o Order, desc bool, a page.Args) (*AgreementConnection, error) {
	return postgres.Page[Agreement](ctx, r, s.agreementList(ctx, r, f, o, desc), a)
}

// AgreementsOfEach reads, for each collaboration, one page of its agreements.
func (s *Service) AgreementsOfEach(ctx context.Context, r postgres.Reader, f AgreementFilter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*AgreementConnection, error) {
	l := s.agreementList(ctx, r, f, o, desc)
	l.Parent = "x.collaboration_id"
	return postgres.Pages[Agreement](ctx, r, l, of, a)
}

// AgreementsByID reads agreements by id.
func (s *Service) AgreementsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Agreement, error) {
	return agreements.ByID(ctx, s.Keeper, r, ids)
}

// AgreementStates tells the state of agreements today.
func (s *Service) AgreementStates(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]AgreementState, error) {
	states := map[uuid.UUID]AgreementState{}
	err := r.Read(ctx, "SELECT x.id, "+stateOf("x")+" FROM agreement x WHERE x.id = ANY (@ids)", postgres.Args{"ids": ids}, func(rows pgx.Rows) error {
		var id uuid.UUID
		var state AgreementState
		err := rows.Scan(&id, &state)
		states[id] = state
		return err
	})
	return states, err
}

// PartiesOfEach reads, for each agreement, one page of its parties.
func (s *Service) PartiesOfEach(ctx context.Context, r postgres.Reader, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*AgreementPartyConnection, error) {
	l := parties.List(ctx, s.Keeper, r, record.Sorted(partyOrders, o, desc), nil)
	l.Where("x.archived_at IS NULL")
	l.Parent = "x.agreement_id"
	return postgres.Pages[AgreementParty](ctx, r, l, of, a)
}

// PartiesByID reads parties by id.
func (s *Service) PartiesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*AgreementParty, error) {
	return parties.ByID(ctx, s.Keeper, r, ids)
}

// FollowUpsOfEach reads, for each agreement, one page of its follow-ups.
func (s *Service) FollowUpsOfEach(ctx context.Context, r postgres.Reader, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*AgreementFollowUpConnection, error) {
	l := followUps.List(ctx, s.Keeper, r, record.Sorted(followUpOrders, o, desc), nil)
	l.Where("x.archived_at IS NULL")
	l.Parent = "x.agreement_id"
	return postgres.Pages[AgreementFollowUp](ctx, r, l, of, a)
}

// FollowUpsByID reads follow-ups by id.
func (s *Service) FollowUpsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*AgreementFollowUp, error) {
	return followUps.ByID(ctx, s.Keeper, r, ids)
}

// takesPart is the condition that the municipality of participation y is in the project.
const takesPart = "y.archived_at IS NULL AND y.state NOT IN ('DECLINED', 'WITHDRAWN')"

func (s *Service) projectList(ctx context.Context, r postgres.Reader, f SharedProjectFilter, o Order, desc bool) postgres.List {
	facet, where := holding("participation", "shared_project_id", takesPart)
	l := projects.List(ctx, s.Keeper, r, record.Sorted(projectOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(), "PARTICIPANT": facet, "COLLABORATION": byCollaboration,
		"PHASE": {Value: "x.phase", Names: names("PHASE")}, "STATUS": {Value: "x.status", Names: names("STATUS")}, "HEALTH": {Value: "x.health", Names: names("HEALTH")},
		"OPEN_TO_JOIN": {Value: "x.open_to_join::text", Names: names("OPEN_TO_JOIN")}, "GAP": {Value: "g.code", Join: s.Gaps.Broken("shared_project"), Names: s.Gaps.RuleName},
	})
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", f.Municipalities)
	if len(f.Participants) > 0 {
		l.WhereFacet("PARTICIPANT", where, "holding", f.Participants)
	}
	linked(&l, "COLLABORATION", "x.collaboration_id", f.Collaborations)
	linked(&l, "AGREEMENT", "x.agreement_id", f.Agreements)
	among(&l, "CODE", "x.code", f.Codes)
	among(&l, "PHASE", "x.phase", f.Phases)
	among(&l, "STATUS", "x.status", f.Statuses)
	among(&l, "HEALTH", "x.health", f.Healths)
	if f.OpenToJoin != nil {
		l.WhereFacet("OPEN_TO_JOIN", "x.open_to_join = @open_to_join", "open_to_join", *f.OpenToJoin)
	}
	if len(f.Gaps) > 0 {
		l.WhereFacet("GAP", s.Gaps.Condition("shared_project", f.Gaps))
	}
	if f.NameContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.name_sv, x.name_en, x.code)", "name"), "name", f.NameContains)
	}
	return l
}

// SharedProjects reads one page of the shared projects that the caller may see.
func (s *Service) SharedProjects(ctx context.Context, r postgres.Reader, f SharedProjectFilter, o Order, desc bool, a page.Args) (*SharedProjectConnection, error) {
	return postgres.Page[SharedProject](ctx, r, s.projectList(ctx, r, f, o, desc), a)
}

// SharedProjectsOfEach reads one page of the projects of each collaboration, or of each agreement.
func (s *Service) SharedProjectsOfEach(ctx context.Context, r postgres.Reader, agreement bool, f SharedProjectFilter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*SharedProjectConnection, error) {
	l := s.projectList(ctx, r, f, o, desc)
	l.Parent = "x.collaboration_id"
	if agreement {
		l.Parent = "x.agreement_id"
	}
	return postgres.Pages[SharedProject](ctx, r, l, of, a)
}

// SharedProjectsByID reads shared projects by id.
func (s *Service) SharedProjectsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*SharedProject, error) {
	return projects.ByID(ctx, s.Keeper, r, ids)
}

// ProjectNamesByID reads what shared projects are called, for the participations that the
// caller sees: whoever has left a project sees its own part in it, and what it was a part of.
func (s *Service) ProjectNamesByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*text.Localized, error) {
	called := map[uuid.UUID]*text.Localized{}
	err := r.Read(ctx, "SELECT x.id, x.name_sv, x.name_en FROM shared_project x WHERE x.id = ANY (@ids)", postgres.Args{"ids": ids}, func(rows pgx.Rows) error {
		var id uuid.UUID
		var name text.Localized
		err := rows.Scan(&id, &name.Sv, &name.En)
		called[id] = &name
		return err
	})
	return called, err
}

func (s *Service) participationList(ctx context.Context, r postgres.Reader, f ParticipationFilter, o Order, desc bool) postgres.List {
	l := participations.List(ctx, s.Keeper, r, record.Sorted(participationOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(), "ROLE": {Value: "x.role", Names: names("ROLE")}, "STATE": {Value: "x.state", Names: names("STATE")},
		"GAP": {Value: "g.code", Join: s.Gaps.Broken("participation"), Names: s.Gaps.RuleName},
	})
	l.From += " JOIN shared_project p ON p.id = x.shared_project_id"
	// Whoever has left a project sees its name alone.
	seen, _ := s.Policy.Visible(ctx, "shared_project", "p", r.Past())
	l.Facets["PHASE"] = postgres.Facet{Value: "p.phase", Names: names("PHASE"), Join: "JOIN LATERAL (SELECT WHERE " + seen + ") s ON true"}
	l.Where("(x.archived_at IS NOT NULL OR p.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", f.Municipalities)
	linked(&l, "PROJECT", "x.shared_project_id", f.SharedProjects)
	among(&l, "ROLE", "x.role", f.Roles)
	among(&l, "STATE", "x.state", f.States)
	if len(f.Phases) > 0 {
		l.WhereFacet("PHASE", "p.phase = ANY (@f_PHASE) AND "+seen, "f_PHASE", f.Phases)
	}
	if len(f.Gaps) > 0 {
		l.WhereFacet("GAP", s.Gaps.Condition("participation", f.Gaps))
	}
	return l
}

// Participations reads one page of the participations that the caller may see.
func (s *Service) Participations(ctx context.Context, r postgres.Reader, f ParticipationFilter, o Order, desc bool, a page.Args) (*ParticipationConnection, error) {
	return postgres.Page[Participation](ctx, r, s.participationList(ctx, r, f, o, desc), a)
}

// ParticipationsOfEach reads, for each shared project, one page of its participations.
func (s *Service) ParticipationsOfEach(ctx context.Context, r postgres.Reader, f ParticipationFilter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*ParticipationConnection, error) {
	l := s.participationList(ctx, r, f, o, desc)
	l.Parent = "x.shared_project_id"
	return postgres.Pages[Participation](ctx, r, l, of, a)
}

// ParticipationsByID reads participations by id.
func (s *Service) ParticipationsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Participation, error) {
	return participations.ByID(ctx, s.Keeper, r, ids)
}

func (s *Service) offerList(ctx context.Context, r postgres.Reader, f ServiceOfferFilter, o Order, desc bool) postgres.List {
	l := offers.List(ctx, s.Keeper, r, record.Sorted(offerOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(),
		"THEME":        {Value: "v.value", Join: "JOIN LATERAL unnest(s.themes) AS v (value) ON true", Names: themeNames},
	})
	l.From += " JOIN shared_service s ON s.id = x.shared_service_id"
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	among(&l, "MUNICIPALITY", "m.scb_code", f.Municipalities)
	linked(&l, "SHARED_SERVICE", "x.shared_service_id", f.SharedServices)
	if len(f.Themes) > 0 {
		l.WhereFacet("THEME", "s.themes && @f_THEME::text[]", "f_THEME", f.Themes)
	}
	if f.OpenOn != nil {
		l.Where("x.valid_from <= @open_on AND coalesce(x.valid_to, 'infinity') >= @open_on", "open_on", *f.OpenOn)
	}
	return l
}

// ServiceOffers reads one page of the offers that the caller may see.
func (s *Service) ServiceOffers(ctx context.Context, r postgres.Reader, f ServiceOfferFilter, o Order, desc bool, a page.Args) (*ServiceOfferConnection, error) {
	return postgres.Page[ServiceOffer](ctx, r, s.offerList(ctx, r, f, o, desc), a)
}

// ServiceOffersByID reads offers by id.
func (s *Service) ServiceOffersByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*ServiceOffer, error) {
	return offers.ByID(ctx, s.Keeper, r, ids)
}

// AnswersOfEach reads, for each offer, one page of the answers that the caller may see.
func (s *Service) AnswersOfEach(ctx context.Context, r postgres.Reader, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*OfferAnswerConnection, error) {
	l := answers.List(ctx, s.Keeper, r, record.Sorted(answerOrders, o, desc), nil)
	l.Parent = "x.service_offer_id"
	return postgres.Pages[OfferAnswer](ctx, r, l, of, a)
}

// AnswersByID reads answers by id.
func (s *Service) AnswersByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*OfferAnswer, error) {
	return answers.ByID(ctx, s.Keeper, r, ids)
}

// StepsOfEach reads, for each answer, one page of what adopting takes.
func (s *Service) StepsOfEach(ctx context.Context, r postgres.Reader, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*AdoptionStepConnection, error) {
	l := steps.List(ctx, s.Keeper, r, record.Sorted(stepOrders, o, desc), nil)
	l.Parent = "x.offer_answer_id"
	return postgres.Pages[AdoptionStep](ctx, r, l, of, a)
}

// StepsByID reads steps of adopting by id.
func (s *Service) StepsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*AdoptionStep, error) {
	return steps.ByID(ctx, s.Keeper, r, ids)
}

// home reads the id of the municipality that runs the installation.
func home(ctx context.Context, r postgres.Reader) (uuid.UUID, error) {
	ids, err := postgres.Values[uuid.UUID](ctx, r, "SELECT x.id FROM municipality x WHERE x.is_home", nil)
	if err != nil || len(ids) == 0 {
		return uuid.Nil, err
	}
	return ids[0], nil
}

// isParty tells whether the municipality is a party of the agreement.
func isParty(ctx context.Context, r postgres.Reader, agreement, municipality uuid.UUID) (bool, error) {
	found, err := postgres.Values[bool](ctx, r, "SELECT EXISTS (SELECT FROM agreement_party p WHERE p.agreement_id = @agreement AND p.municipality_id = @municipality AND p.archived_at IS NULL)",
		postgres.Args{"agreement": agreement, "municipality": municipality})
	return err == nil && found[0], err
}

// belongsTo tells whether the municipality keeps the collaboration, or is or has been a
// member of it. One that is not there belongs to all: the reference refuses it.
func belongsTo(ctx context.Context, r postgres.Reader, municipality, collaboration uuid.UUID) (bool, error) {
	found, err := postgres.Values[bool](ctx, r, `SELECT NOT EXISTS (SELECT FROM collaboration c WHERE c.id = @collaboration)
		OR EXISTS (SELECT FROM collaboration c JOIN municipality m ON m.id = @municipality WHERE c.id = @collaboration AND coalesce(c.municipality_id = m.id, m.is_home))
		OR EXISTS (SELECT FROM collaboration_member y WHERE y.collaboration_id = @collaboration AND y.municipality_id = @municipality)`,
		postgres.Args{"collaboration": collaboration, "municipality": municipality})
	return err == nil && found[0], err
}

// worksWith tells whether a municipality is or has been in a project's collaboration; of a
// project without one, in any that its host is or has been in.
func worksWith(ctx context.Context, r postgres.Reader, municipality uuid.UUID, p *SharedProject) (bool, error) {
	found, err := postgres.Values[bool](ctx, r, `SELECT EXISTS (
		SELECT FROM collaboration_member y JOIN collaboration_member h ON h.collaboration_id = y.collaboration_id
		 WHERE y.municipality_id = @municipality AND CASE WHEN @collaboration::uuid IS NULL THEN h.municipality_id = @host ELSE y.collaboration_id = @collaboration END)`,
		postgres.Args{"municipality": municipality, "collaboration": p.CollaborationID, "host": p.MunicipalityID})
	return err == nil && found[0], err
}
