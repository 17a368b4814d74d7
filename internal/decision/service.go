package decision

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/diary"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// Service reads and changes these records. A change refuses who may not make it with
// UNAUTHENTICATED or FORBIDDEN, a record that is not seen with NOT_FOUND, a stale
// version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	record.Keeper
	// Gaps knows the rules that a gap may be waived of.
	Gaps *gap.Service
}

// constraints are what the database refuses, in words.
var constraints = postgres.Constraints{
	"diary_case_title_length":         fault.Field("titleSv", "", "Rubriken ska ha 1 till 300 tecken.", "The title is to have 1 to 300 characters."),
	"diary_case_title_en_length":      fault.Field("titleEn", "", "Den engelska rubriken ska ha 1 till 300 tecken, eller utelämnas.", "The English title is to have 1 to 300 characters, or be left out."),
	"diary_case_diary_number_length":  fault.Field("diaryNumber", "", "Diarienumret ska ha 1 till 100 tecken.", "The diary number is to have 1 to 100 characters."),
	"diary_case_number_unique":        fault.Field("diaryNumber", "", "Kommunen har redan ett ärende med det diarienumret.", "The municipality has a case of that diary number already."),
	"diary_case_url_form":             fault.Field("url", "", "Adressen ska börja med http:// eller https:// och ha högst 1000 tecken.", "The address is to begin with http:// or https:// and have at most 1000 characters."),
	"diary_case_visibility":           fault.Field("visibility", "", "Synligheten är inte någon av de kända.", "The visibility is none of those known."),
	"decision_title_length":           fault.Field("titleSv", "", "Rubriken ska ha 1 till 300 tecken.", "The title is to have 1 to 300 characters."),
	"decision_title_en_length":        fault.Field("titleEn", "", "Den engelska rubriken ska ha 1 till 300 tecken, eller utelämnas.", "The English title is to have 1 to 300 characters, or be left out."),
	"decision_diary_number_length":    fault.Field("diaryNumber", "", "Diarienumret ska ha 1 till 100 tecken, eller utelämnas.", "The diary number is to have 1 to 100 characters, or be left out."),
	"decision_type":                   fault.Field("type", "", "Beslutets slag är inte något av de kända.", "The decision's type is none of those known."),
	"decision_text_length":            fault.Field("textSv", "", "Texten ska ha 1 till 20 000 tecken, eller utelämnas.", "The text is to have 1 to 20,000 characters, or be left out."),
	"decision_text_en_length":         fault.Field("textEn", "", "Den engelska texten ska ha 1 till 20 000 tecken, eller utelämnas.", "The English text is to have 1 to 20,000 characters, or be left out."),
	"decision_meeting_after_proposal": fault.Field("meetingDate", "", "Beslutet kan inte fattas innan det föreslås.", "The decision cannot be taken before it is proposed."),
	"decision_paragraph_form":         fault.Field("paragraph", "", "Paragrafen skrivs utan tecknet §, till exempel 123 eller 12 a.", "The paragraph is written without the sign §, such as 123 or 12 a."),
	"decision_rejected_at_meeting":    fault.Field("rejected", "", "Ett avslag behöver dagen då det beslutades.", "A rejection needs the day on which it was decided."),
	"decision_adjusted_after_meeting": fault.Field("adjustedOn", "", "Protokollet kan inte justeras före beslutet.", "The minutes cannot be adjusted before the decision."),
	"decision_announced_after_adjustment": fault.Field("announcedOn", "", "Beslutet kan inte anslås innan protokollet är justerat.",
		"The decision cannot be announced before the minutes are adjusted."),
	"decision_binding_after_announcement": fault.Field("legallyBindingOn", "", "Beslutet kan inte få laga kraft innan det är fattat, justerat och anslaget.",
		"The decision cannot be legally binding before it is taken, adjusted and announced."),
	"decision_appealed_after_meeting":      fault.Field("appealedOn", "", "Beslutet kan inte överklagas innan det är fattat.", "The decision cannot be appealed before it is taken."),
	"decision_appeal_settled_after_appeal": fault.Field("appealSettledOn", "", "Överklagandet kan inte avgöras innan det är gjort.", "The appeal cannot be settled before it is made."),
	"decision_overturned_after_appeal":     fault.Field("overturnedOn", "", "Beslutet kan inte upphävas före överklagandet.", "The decision cannot be overturned before the appeal."),
	"decision_validity":                    fault.Field("validTo", "", "Sista dagen ska ligga efter första dagen.", "The last day is to lie after the first."),
	"decision_superseded_not_by_itself":    fault.Field("supersededBy", "", "Ett beslut kan inte ersätta sig självt.", "A decision cannot supersede itself."),
	"decision_superseded_after_meeting":    fault.Field("supersededOn", "", "Beslutet kan inte ersättas innan det är fattat.", "The decision cannot be superseded before it is taken."),
	"decision_superseded_both":             fault.Field("supersededOn", "", "Ange både det senare beslutet och dagen då det ersätter, eller inget av dem.", "Give both the later decision and the day from which it supersedes, or neither."),
	"decision_superseded_by_fk":            fault.Field("supersededBy", "", "Det senare beslutet finns inte i samma kommun.", "There is no such later decision in the same municipality."),
	"decision_delegation_ref_length":       fault.Field("delegationRef", "", "Punkten i delegationsordningen ska ha 1 till 200 tecken, eller utelämnas.", "The item of the delegation order is to have 1 to 200 characters, or be left out."),
	"decision_reported_after_meeting":      fault.Field("reportedOn", "", "Beslutet kan inte anmälas innan det är fattat.", "The decision cannot be reported before it is taken."),
	"decision_minutes_url_form":            fault.Field("minutesUrl", "", "Adressen ska börja med http:// eller https:// och ha högst 1000 tecken.", "The address is to begin with http:// or https:// and have at most 1000 characters."),
	"decision_document_urls":               fault.Field("documentUrls", "", "Högst 20 adresser, som börjar med http:// eller https:// och har högst 500 tecken var.", "At most 20 addresses, which begin with http:// or https:// and have at most 500 characters each."),
	"decision_visibility":                  fault.Field("visibility", "", "Synligheten är inte någon av de kända.", "The visibility is none of those known."),
	"decision_case_fk":                     fault.Field("case", "", "Ärendet finns inte i samma kommun.", "There is no such case in the same municipality."),
	"decision_body_unit_fk":                fault.Field("bodyUnit", "", "Organet finns inte bland kommunens enheter.", "There is no such body among the municipality's units."),
	"decision_joint_collaboration_fk":      fault.Field("jointCollaboration", "", "Samverkan finns inte.", "There is no such collaboration."),
	"decision_later_dates_need_meeting":    fault.Field("meetingDate", "", "Ange dagen då beslutet fattades: paragraf och senare datum hör till ett fattat beslut.", "Give the day on which the decision was taken: a paragraph and later dates are of a decision that is."),
	"decision_overturned_needs_appeal":     fault.Field("overturnedOn", "", "Ett upphävt beslut har överklagats: ange också vilken dag.", "A decision that was overturned was appealed: give that day too."),
	"decision_settled_needs_appeal":        fault.Field("appealSettledOn", "", "Ett avgjort överklagande har gjorts: ange också vilken dag.", "An appeal that was settled was made: give that day too."),
	"decision_delegation_has_reference":    fault.Field("delegationRef", "", "Ett delegationsbeslut behöver punkten i delegationsordningen.", "A delegated decision needs the item of the delegation order."),
	"decision_reported_is_delegated":       fault.Field("reportedOn", "", "Bara delegationsbeslut anmäls till nämnden.", "Delegated decisions alone are reported to the board."),
	"decision_paragraph_unique":            fault.Field("paragraph", "", "Organet har redan ett beslut med den paragrafen den dagen.", "The body has a decision of that paragraph on that day already."),
	"waiver_rule":                          fault.Field("rule", "", "Det finns ingen sådan regel.", "There is no such rule."),
	"waiver_object_kind":                   fault.Field("object", "", "Posten är inte av något slag som har brister.", "The record is of no kind that has gaps."),
	"waiver_reason_length":                 fault.Field("reasonSv", "", "Skälet ska ha 1 till 1000 tecken.", "The reason is to have 1 to 1000 characters."),
	"waiver_reason_en_length":              fault.Field("reasonEn", "", "Det engelska skälet ska ha 1 till 1000 tecken, eller utelämnas.", "The English reason is to have 1 to 1000 characters, or be left out."),
	"waiver_expires_after":                 fault.Field("expiresOn", "", "Undantagets sista dag ska ligga efter dagen då det gavs.", "The waiver's last day is to lie after the day on which it was granted."),
	"waiver_at_most_two_years":             fault.Field("expiresOn", "", "Ett undantag gäller högst två år. Det som ska bestå åtgärdas, det undantas inte.", "A waiver holds for two years at most. What is to last is mended, not waived."),
	"waiver_once":                          fault.Field("rule", "", "Bristen har redan ett undantag. Dra tillbaka det först.", "The gap has a waiver already. Withdraw it first."),
	"waiver_decision_fk":                   fault.Field("decision", "", "Beslutet finns inte i samma kommun.", "There is no such decision in the same municipality."),
	"waiver_decided":                       fault.Field("decision", "", "Ett undantag vilar på ett beslut som är fattat och gäller.", "A waiver rests on a decision that is taken and holds."),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }

var cases = record.Kind[Case, *Case]{
	Table: "diary_case", Constraints: constraints, Owner: func(c *Case) uuid.UUID { return c.MunicipalityID },
}

var decisions = record.Kind[Decision, *Decision]{
	Table: "decision", Constraints: constraints, Owner: func(d *Decision) uuid.UUID { return d.MunicipalityID },
	Fill: func(d *Decision) { d.DocumentURLs = append([]string{}, d.DocumentURLs...) },
}

var waivers = record.Kind[Waiver, *Waiver]{
	Table: "waiver", Constraints: constraints, Owner: func(w *Waiver) uuid.UUID { return w.MunicipalityID },
}

// CreateCase registers a case. A number that is not understood is kept all the same.
func (s *Service) CreateCase(ctx context.Context, c Case) (*Case, error) {
	return cases.Create(ctx, s.Keeper, access.WriteDecision, "createCase", c, func(tx *postgres.Tx, c *Case) error { return understand(ctx, tx, c) }, nil)
}

// UpdateCase lets set change the case with the id.
func (s *Service) UpdateCase(ctx context.Context, id uuid.UUID, version int, set func(*Case)) (*Case, error) {
	return cases.Change(ctx, s.Keeper, record.Change{Action: access.WriteDecision, Operation: "updateCase", ID: id, Version: version},
		func(tx *postgres.Tx, c *Case) error {
			set(c)
			return understand(ctx, tx, c)
		}, nil)
}

// ArchiveCase takes a case that was registered by mistake out of the lists.
func (s *Service) ArchiveCase(ctx context.Context, id uuid.UUID, version int, comment string) (*Case, error) {
	return cases.Change(ctx, s.Keeper, record.Change{Action: access.WriteDecision, Operation: "archiveCase", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, c *Case) error {
			c.ArchivedAt = &tx.At
			return nil
		}, nil)
}

// latest is the last year that a diary number may be of, at an instant: the next one.
func latest(at time.Time) int { return at.In(date.Sweden()).Year() + 1 }

// understand reads what the numbers of a municipality's cases say.
func understand(ctx context.Context, tx *postgres.Tx, all ...*Case) error {
	patterns, err := patternsOf(ctx, tx, all[0].MunicipalityID)
	if err != nil {
		return err
	}
	for _, c := range all {
		n, err := diary.Parse(c.DiaryNumber, patterns, latest(tx.At))
		c.says(n, err == nil)
	}
	return nil
}

// says sets what the number says; nothing where it is not understood.
func (c *Case) says(n diary.Number, understood bool) {
	c.DiaryCode, c.DiaryYear, c.DiarySerial, c.DiarySuffix = nil, nil, nil, nil
	if !understood {
		return
	}
	c.DiaryYear, c.DiarySerial = &n.Year, &n.Serial
	if n.Register != "" {
		c.DiaryCode = &n.Register
	}
	if n.Suffix != "" {
		c.DiarySuffix = &n.Suffix
	}
}

// ResolveCase finds the municipality's case of a diary number as it is written in some
// record, in any notation, and makes it where there is none: with the title, and as
// visible as the record is. A number that is not understood has no case: nil, and the
// record keeps it as written. It runs within a write that is allowed to.
func ResolveCase(ctx context.Context, tx *postgres.Tx, municipality uuid.UUID, raw, title string, visibility eservice.Visibility) (*uuid.UUID, error) {
	ids, err := resolveCases(ctx, tx, municipality, []*Case{{DiaryNumber: raw, TitleSv: title, Visibility: visibility}})
	if err != nil {
		return nil, err
	}
	return ids[0], nil
}

// resolveCases is ResolveCase of many numbers, each with its title and visibility.
func resolveCases(ctx context.Context, tx *postgres.Tx, municipality uuid.UUID, wanted []*Case) ([]*uuid.UUID, error) {
	patterns, err := patternsOf(ctx, tx, municipality)
	if err != nil {
		return nil, err
	}
	understood := make([]bool, len(wanted))
	var asked []*Case
	for i, c := range wanted {
		n, err := diary.Parse(c.DiaryNumber, patterns, latest(tx.At))
		if err != nil {
			continue
		}
		c.MunicipalityID, understood[i] = municipality, true
		c.says(n, true)
		asked = append(asked, c)
	}
	found, err := casesOf(ctx, tx, municipality, asked)
	if err != nil {
		return nil, err
	}
	ids := make([]*uuid.UUID, len(wanted))
	var made []*Case
	for i, c := range wanted {
		if !understood[i] {
			continue
		}
		of, known := found[c.number()]
		if !known {
			c.ID = uuid.Must(uuid.NewV7())
			made, of, found[c.number()] = append(made, c), c.ID, c.ID
		}
		ids[i] = &of
	}
	broken, err := postgres.Check(ctx, tx, cases.Table, made, constraints)
	if err != nil {
		return nil, err
	}
	for i := range made {
		if err := broken[i].Err(); err != nil {
			return nil, err
		}
	}
	return ids, constraints.Explain(postgres.InsertAll(ctx, tx, cases.Table, made))
}

// Create registers a decision. Its diary number finds its case, or makes it.
func (s *Service) Create(ctx context.Context, d Decision) (*Decision, error) {
	return decisions.Create(ctx, s.Keeper, access.WriteDecision, "createDecision", d,
		func(tx *postgres.Tx, d *Decision) error { return s.settle(ctx, tx, []*Decision{d}, []*Decision{nil}) }, nil)
}

// Update lets set change the decision with the id.
func (s *Service) Update(ctx context.Context, id uuid.UUID, version int, comment string, set func(*Decision)) (*Decision, error) {
	return s.change(ctx, "updateDecision", comment, id, version, func(tx *postgres.Tx, d *Decision) error {
		before := *d
		set(d)
		return s.settle(ctx, tx, []*Decision{d}, []*Decision{&before})
	})
}

// Archive takes a decision that was registered by mistake out of the lists. What rests
// on it rests on it no more.
func (s *Service) Archive(ctx context.Context, id uuid.UUID, version int, comment string) (*Decision, error) {
	return s.change(ctx, "archiveDecision", comment, id, version, func(tx *postgres.Tx, d *Decision) error {
		d.ArchivedAt = &tx.At
		return nil
	})
}

// Supersede lets a later decision take the place of an earlier one from a day on; without
// one, it takes that back.
func (s *Service) Supersede(ctx context.Context, id uuid.UUID, version int, by *uuid.UUID, on *date.Date, comment string) (*Decision, error) {
	return s.change(ctx, "supersedeDecision", comment, id, version, func(tx *postgres.Tx, d *Decision) error {
		d.SupersededByID, d.SupersededOn = by, on
		if by == nil || *by == d.ID {
			return nil
		}
		later, err := decisions.One(ctx, s.Keeper, tx, *by)
		switch {
		case fault.CodeOf(err) == fault.NotFound:
			return constraints.Fault("decision_superseded_by_fk")
		case err != nil:
			return err
		}
		states, err := s.States(ctx, tx, []uuid.UUID{later.ID})
		switch {
		case err != nil:
			return err
		// It is the last of its line, so that no line ends where it began.
		case slices.Contains([]State{Preparing, Proposed, Rejected, Overturned}, states[later.ID]), d.MeetingDate != nil && later.MeetingDate.Before(*d.MeetingDate), later.SupersededByID != nil, later.ArchivedAt != nil:
			return fault.Field("supersededBy", "decision_superseded_by_later",
				"Ett beslut ersätts av ett som är fattat senare och som själv gäller.", "A decision is superseded by one that was taken later and stands itself.")
		}
		return nil
	})
}

func (s *Service) change(ctx context.Context, operation, comment string, id uuid.UUID, version int, set func(*postgres.Tx, *Decision) error) (*Decision, error) {
	return decisions.Change(ctx, s.Keeper, record.Change{Action: access.WriteDecision, Operation: operation, Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, d *Decision) error {
			before := d.shown()
			if err := set(tx, d); err != nil {
				return err
			}
			return Cover(ctx, tx, before, d.shown())
		}, nil)
}

func (d *Decision) shown() Shown {
	return Shown{ID: d.ID, Case: d.CaseID, Title: d.TitleSv, Visibility: d.Visibility, Archived: d.ArchivedAt != nil}
}

// settle finds the cases of decisions' numbers where either is new, and sees that a joint
// body is one that the municipality is in. What they were is nil for new ones; they are of
// one municipality.
func (s *Service) settle(ctx context.Context, tx *postgres.Tx, all, were []*Decision) error {
	var numbered []*Decision
	var wanted []*Case
	var moved []bool
	joined := map[uuid.UUID]bool{}
	for i, d := range all {
		before := were[i]
		if before == nil {
			before = &Decision{}
		}
		moves := d.CaseID != nil && (before.CaseID == nil || *before.CaseID != *d.CaseID)
		if d.DiaryNumber != nil && (before.DiaryNumber == nil || *before.DiaryNumber != *d.DiaryNumber || d.CaseID == nil || moves) {
			numbered, moved = append(numbered, d), append(moved, moves)
			wanted = append(wanted, &Case{DiaryNumber: *d.DiaryNumber, TitleSv: d.TitleSv, Visibility: d.Visibility})
		}
		if d.JointCollaborationID == nil || before.JointCollaborationID != nil && *before.JointCollaborationID == *d.JointCollaborationID {
			continue
		}
		member, asked := joined[*d.JointCollaborationID]
		if !asked {
			var err error
			if member, err = memberOf(ctx, tx, d.MunicipalityID, *d.JointCollaborationID); err != nil {
				return err
			}
			joined[*d.JointCollaborationID] = member
		}
		if !member {
			return fault.Field("jointCollaboration", "decision_joint_member",
				"Bara en kommun som är med i samverkan registrerar det gemensamma organets beslut.", "Only a municipality that is in the collaboration registers the joint body's decisions.")
		}
	}
	if len(numbered) == 0 {
		return nil
	}
	// What the database refuses of a decision is told of it, not of its case.
	broken, err := postgres.Check(ctx, tx, decisions.Table, numbered, constraints)
	if err != nil {
		return err
	}
	for i := range numbered {
		if err := broken[i].Err(); err != nil {
			return err
		}
	}
	found, err := resolveCases(ctx, tx, numbered[0].MunicipalityID, wanted)
	if err != nil {
		return err
	}
	for i, d := range numbered {
		switch {
		case found[i] == nil:
		case moved[i] && *d.CaseID != *found[i]:
			return fault.Field("case", "decision_case_of_number",
				"Diarienumret är ett annat ärendes. Ange det ena eller låt båda stämma.", "The diary number is another case's. Give one of them, or let both agree.")
		default:
			d.CaseID = found[i]
		}
	}
	return nil
}

// Grant lets a gap be until a day, by a decision that holds. An earlier waiver of the
// same gap that holds no more makes room for it.
func (s *Service) Grant(ctx context.Context, w Waiver) (*Waiver, error) {
	return waivers.Create(ctx, s.Keeper, access.GrantWaiver, "grantWaiver", w, func(tx *postgres.Tx, w *Waiver) error {
		if w.GrantedOn == (date.Date{}) {
			w.GrantedOn = date.Of(tx.At)
		}
		rule, known := s.Gaps.Rule(w.Rule)
		switch {
		case !known || w.Rule == waiverExpired:
			return constraints.Fault("waiver_rule")
		case rule.Object != w.ObjectKind:
			return fault.Field("object", "waiver_rule_of_object", "Regeln gäller inte poster av det slaget.", "The rule is not about records of that kind.")
		case date.Of(tx.At).Before(w.GrantedOn):
			return fault.Field("grantedOn", "waiver_granted_ahead", "Undantaget kan inte ges i förväg.", "The waiver cannot be granted ahead of its day.")
		case w.ExpiresOn.Before(date.Of(tx.At)):
			return fault.Field("expiresOn", "waiver_expires_ahead", "Undantagets sista dag har redan varit.", "The waiver's last day has been already.")
		}
		own, err := s.ownerOf(ctx, tx, w.ObjectKind, w.ObjectID)
		switch {
		case err != nil:
			return err
		case own == uuid.Nil:
			return fault.Missing().At("object")
		case own != w.MunicipalityID:
			return fault.New(fault.Forbidden, "Undantag ges bara för kommunens egna poster.", "Waivers are for the municipality's own records alone.").At("object")
		}
		return s.makeRoom(ctx, tx, w)
	}, nil)
}

// makeRoom withdraws an earlier waiver of the same gap that holds no more.
func (s *Service) makeRoom(ctx context.Context, tx *postgres.Tx, w *Waiver) error {
	earlier, err := spent(ctx, tx, w.ObjectID, w.Rule)
	if err != nil {
		return err
	}
	for _, e := range earlier {
		e.ArchivedAt = &tx.At
		if _, err := waivers.Keep(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw ends a waiver: its gap shows again.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID, version int, comment string) (*Waiver, error) {
	return waivers.Change(ctx, s.Keeper, record.Change{Action: access.GrantWaiver, Operation: "withdrawWaiver", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, w *Waiver) error { w.ArchivedAt = &tx.At; return nil }, nil)
}

// typed gives the numbers that a text may be, read as each of the municipalities
// writes them.
func typed(raw string, patterns [][]string, at time.Time) []diary.Number {
	var numbers []diary.Number
	for _, own := range append([][]string{nil}, patterns...) {
		// Who looks for a number has said that it is one.
		for _, text := range []string{raw, "Dnr " + raw} {
			if n, err := diary.Parse(text, own, latest(at)); err == nil {
				n.Suffix, n.Paragraph = "", ""
				if !slices.Contains(numbers, n) {
					numbers = append(numbers, n)
				}
			}
		}
	}
	return numbers
}
