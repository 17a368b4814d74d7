package audit

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/thread"
)

// Service reads and changes audits with their questions, findings and answers. A change
// refuses who may not make it with UNAUTHENTICATED or FORBIDDEN, a record that is not
// seen with NOT_FOUND, a stale version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	record.Keeper
}

func length(field, sv, en string, most int) *fault.Error {
	return fault.Field(field, "",
		fmt.Sprintf("%s ska ha 1 till %d tecken, eller utelämnas.", sv, most),
		fmt.Sprintf("%s is to have 1 to %d characters, or be left out.", en, most))
}

func needed(field, sv, en string, most int) *fault.Error {
	return fault.Field(field, "", fmt.Sprintf("%s ska ha 1 till %d tecken.", sv, most), fmt.Sprintf("%s is to have 1 to %d characters.", en, most))
}

func code(field string) *fault.Error {
	return fault.Field(field, "", "Värdet är inte något av de kända. Välj ett ur schemat.", "The value is none of those known. Choose one of the schema's.")
}

func ownAudit() *fault.Error {
	return fault.Field("audit", "", "Granskningen finns inte i kommunen.", "The municipality has no such audit.")
}

func ownCase() *fault.Error {
	return fault.Field("diaryNumber", "", "Ärendet finns inte i samma kommun.", "There is no such case in the same municipality.")
}

// constraints are what the database refuses, in words.
var constraints = postgres.Constraints{
	"audit_title_length":        needed("titleSv", "Titeln", "The title", 300),
	"audit_title_en_length":     length("titleEn", "Den engelska titeln", "The English title", 300),
	"audit_diary_number_length": length("diaryNumber", "Diarienumret", "The diary number", 100),
	"audit_case_fk":             ownCase(),
	"audit_year":                fault.Field("year", "", "Året är 1900 till 2200.", "The year is 1900 to 2200."),
	"audit_auditor_unit_fk":     fault.Field("auditorUnit", "", "Revisionen ska vara en enhet i samma kommun.", "The auditors are to be a unit of the same municipality."),
	"audit_addressee_unit_fk":   fault.Field("addresseeUnit", "", "Den granskade ska vara en enhet i samma kommun.", "The addressee is to be a unit of the same municipality."),
	"audit_follows_not_self":    fault.Field("follows", "", "En granskning kan inte följa upp sig själv.", "An audit cannot follow up itself."),
	"audit_follows_fk":          fault.Field("follows", "", "Den tidigare granskningen finns inte i samma kommun.", "There is no such earlier audit in the same municipality."),
	"audit_url_form":            fault.Field("url", "", "Adressen ska börja med http:// eller https://, vara utan mellanslag och högst 1 000 tecken.", "The address is to begin with http:// or https://, without spaces, at most 1,000 characters."),
	"audit_summary_length":      length("summarySv", "Sammanfattningen", "The summary", 5000),
	"audit_summary_en_length":   length("summaryEn", "Sammanfattningen på engelska", "The summary in English", 5000),
	"audit_visibility":          code("visibility"),

	"audit_question_audit_fk":           ownAudit(),
	"audit_question_formal_answer_fk":   fault.Field("formalAnswer", "", "Svaret finns inte i samma kommun.", "There is no such answer in the same municipality."),
	"audit_question_answer_of_audit_fk": fault.Field("formalAnswer", "", "Svaret ska höra till samma granskning som frågan.", "The answer is to be of the same audit as the question."),
	"audit_question_answer_stands":      fault.Field("formalAnswer", "", "Svaret är skickat, och vilka frågor det besvarar ändras inte. Lägg ett nytt svar bredvid det.", "The answer is sent, and which questions it answers does not change. Add a new one beside it."),
	"audit_question_position":           fault.Field("position", "", "Frågans nummer är 1 till 1 000.", "The question's number is 1 to 1,000."),
	"audit_question_position_unique":    fault.Field("position", "", "En annan fråga i granskningen har eller har haft det numret.", "Another question of the audit has or has had that number."),
	"audit_question_text_length":        needed("textSv", "Frågan", "The question", 2000),
	"audit_question_text_en_length":     length("textEn", "Frågan på engelska", "The question in English", 2000),

	"finding_audit_fk":            ownAudit(),
	"finding_code_form":           fault.Field("code", "", "Koden skrivs med stora bokstäver, siffror, punkt och bindestreck, högst 20 tecken, till exempel F12.", "The code is written with capital letters, digits, dots and hyphens, at most 20 characters, such as F12."),
	"finding_code_unique":         fault.Field("code", "", "En annan iakttagelse i granskningen har eller har haft den koden.", "Another finding of the audit has or has had that code."),
	"finding_section_length":      length("section", "Avsnittet", "The section", 50),
	"finding_text_length":         needed("textSv", "Iakttagelsen", "The finding", 5000),
	"finding_text_en_length":      length("textEn", "Iakttagelsen på engelska", "The finding in English", 5000),
	"finding_verdict":             code("verdict"),
	"finding_severity":            code("severity"),
	"finding_recurrence_not_self": fault.Field("recurrenceOf", "", "En iakttagelse kan inte upprepa sig själv.", "A finding cannot repeat itself."),
	"finding_recurrence_of_fk":    fault.Field("recurrenceOf", "", "Den tidigare iakttagelsen finns inte i samma kommun.", "There is no such earlier finding in the same municipality."),
	"finding_recurrence_earlier":  fault.Field("recurrenceOf", "", "En iakttagelse upprepar en ur en annan granskning, som inte är senare.", "A finding repeats one of another audit, which is not a later one."),

	"formal_answer_audit_fk":            ownAudit(),
	"formal_answer_case_fk":             ownCase(),
	"formal_answer_title_length":        needed("titleSv", "Titeln", "The title", 300),
	"formal_answer_title_en_length":     length("titleEn", "Den engelska titeln", "The English title", 300),
	"formal_answer_text_length":         length("textSv", "Svaret", "The answer", 20000),
	"formal_answer_text_en_length":      length("textEn", "Svaret på engelska", "The answer in English", 20000),
	"formal_answer_text_given":          fault.Field("textSv", "", "Skriv svaret innan det går till granskning.", "Write the answer before it goes to review."),
	"formal_answer_status":              code("status"),
	"formal_answer_begun":               fault.Field("status", "", "Ett nytt svar beslutas och skickas ett steg i taget.", "A new answer is decided and sent one step at a time."),
	"formal_answer_step":                fault.Field("to", "", "Det steget finns inte. Se vilka steg svaret kan ta.", "There is no such step. See which steps the answer can take."),
	"formal_answer_step_back_comment":   fault.Field("comment", "", "Skriv varför svaret går tillbaka.", "Say why the answer goes back."),
	"formal_answer_decided":             fault.Field("decision", "", "Ange beslutet om svaret: det ska vara fattat och gälla.", "Give the decision on the answer: it is to be taken and to hold."),
	"formal_answer_sent_when":           fault.Field("sentOn", "", "Dagen då svaret skickades anges när det skickas, och bara då.", "The day when the answer was sent is given when it is sent, and only then."),
	"formal_answer_sent_stands":         fault.Field("id", "", "Svaret är skickat och ändras inte. Lägg ett nytt svar bredvid det.", "The answer is sent and does not change. Add a new one beside it."),
	"formal_answer_decided_stands":      fault.Field("textSv", "", "Svaret är beslutat, och det som är beslutat ändras inte. Ta det tillbaka till granskning och fatta ett nytt beslut.", "The answer is decided, and what is decided does not change. Take it back to review and decide anew."),
	"formal_answer_diary_number_length": length("diaryNumber", "Diarienumret", "The diary number", 100),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }

var (
	audits = record.Kind[Audit, *Audit]{
		Table: "audit", Constraints: constraints, Owner: func(a *Audit) uuid.UUID { return a.MunicipalityID },
		Fill: func(a *Audit) {
			if a.Visibility == "" {
				a.Visibility = eservice.Public
			}
		},
	}
	questions = record.Kind[Question, *Question]{
		Table: "audit_question", Constraints: constraints, Owner: func(q *Question) uuid.UUID { return q.MunicipalityID },
	}
	findings = record.Kind[Finding, *Finding]{
		Table: "finding", Constraints: constraints, Owner: func(f *Finding) uuid.UUID { return f.MunicipalityID },
	}
	answers = record.Kind[FormalAnswer, *FormalAnswer]{
		Table: "formal_answer", Constraints: constraints, Owner: func(a *FormalAnswer) uuid.UUID { return a.MunicipalityID },
		Fill: func(a *FormalAnswer) {
			if a.Status == "" {
				a.Status = NotStarted
			}
		},
	}
)

// CreateAudit registers an audit.
func (s *Service) CreateAudit(ctx context.Context, a Audit) (*Audit, error) {
	return audits.Create(ctx, s.Keeper, access.WriteAudit, "createAudit", a, func(tx *postgres.Tx, a *Audit) error {
		audits.Fill(a)
		return fileAudit(ctx, tx, a, nil)
	}, nil)
}

// UpdateAudit lets set change the audit with the id.
func (s *Service) UpdateAudit(ctx context.Context, id uuid.UUID, version int, set func(*Audit)) (*Audit, error) {
	return audits.Change(ctx, s.Keeper, change("updateAudit", "", id, version), func(tx *postgres.Tx, a *Audit) error {
		number, before := a.DiaryNumber, shown(a)
		set(a)
		if err := fileAudit(ctx, tx, a, number); err != nil {
			return err
		}
		return decision.Cover(ctx, tx, before, shown(a))
	}, nil)
}

// shown is what is told of an audit in its case.
func shown(a *Audit) decision.Shown {
	return decision.Shown{ID: a.ID, Case: a.CaseID, Title: a.TitleSv, Visibility: a.Visibility, Archived: a.ArchivedAt != nil}
}

// fileAudit finds the case of an audit's diary number, or makes it.
func fileAudit(ctx context.Context, tx *postgres.Tx, a *Audit, before *string) (err error) {
	a.CaseID, err = decision.FileRecord(ctx, tx, a, decision.Filing{
		Table: audits.Table, Constraints: constraints, Municipality: a.MunicipalityID,
		Case: a.CaseID, Number: a.DiaryNumber, Before: before, Title: a.TitleSv, Visibility: a.Visibility,
	})
	return err
}

// fileAnswer finds the case of an answer's diary number, or makes it. The case is for the
// own municipality: an answer is not shown before it is decided.
func fileAnswer(ctx context.Context, tx *postgres.Tx, a *FormalAnswer, before *string) (err error) {
	a.CaseID, err = decision.FileRecord(ctx, tx, a, decision.Filing{
		Table: answers.Table, Constraints: constraints, Municipality: a.MunicipalityID,
		Case: a.CaseID, Number: a.DiaryNumber, Before: before, Title: a.TitleSv, Visibility: eservice.Municipality,
	})
	return err
}

// ArchiveAudit takes an audit out of the lists, with all its parts.
func (s *Service) ArchiveAudit(ctx context.Context, id uuid.UUID, version int, comment string) (*Audit, error) {
	return audits.Change(ctx, s.Keeper, change("archiveAudit", comment, id, version), func(tx *postgres.Tx, a *Audit) error {
		before := shown(a)
		a.ArchivedAt = &tx.At
		return decision.Cover(ctx, tx, before, shown(a))
	}, nil)
}

func change(operation, comment string, id uuid.UUID, version int) record.Change {
	return record.Change{Action: access.WriteAudit, Operation: operation, Comment: comment, ID: id, Version: version}
}

// under adds a part to the audit that it is of, for who may change that.
func under[T any, P record.Pointer[T]](ctx context.Context, s *Service, kind record.Kind[T, P], operation string, of uuid.UUID, part func(*postgres.Tx, *Audit) (T, error)) (P, error) {
	if err := s.Policy.RequireSome(ctx, access.WriteAudit); err != nil {
		return nil, err
	}
	var made P
	err := s.Journal.Write(ctx, operation, "", func(tx *postgres.Tx) error {
		a, err := audits.One(ctx, s.Keeper, tx, of)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.WriteAudit, a.MunicipalityID); err != nil {
			return err
		}
		if archived := record.Standing(a); archived != nil {
			return archived.At("audit")
		}
		whole, err := part(tx, a)
		if err != nil {
			return err
		}
		made, err = kind.Add(ctx, tx, whole)
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// CreateQuestion adds a question to its audit; without a position, after the others.
func (s *Service) CreateQuestion(ctx context.Context, q Question) (*Question, error) {
	return under(ctx, s, questions, "createAuditQuestion", q.AuditID, func(tx *postgres.Tx, a *Audit) (_ Question, err error) {
		q.MunicipalityID = a.MunicipalityID
		if q.Position == 0 {
			q.Position, err = nextPosition(ctx, tx, a.ID)
		}
		return q, err
	})
}

// UpdateQuestion lets set change the question with the id.
func (s *Service) UpdateQuestion(ctx context.Context, id uuid.UUID, version int, set func(*Question)) (*Question, error) {
	return questions.Change(ctx, s.Keeper, change("updateAuditQuestion", "", id, version), func(_ *postgres.Tx, q *Question) error { set(q); return nil }, nil)
}

// ArchiveQuestion takes a question that was registered by mistake out of its audit.
func (s *Service) ArchiveQuestion(ctx context.Context, id uuid.UUID, version int, comment string) (*Question, error) {
	return questions.Change(ctx, s.Keeper, change("archiveAuditQuestion", comment, id, version), func(tx *postgres.Tx, q *Question) error { q.ArchivedAt = &tx.At; return nil }, nil)
}

// CreateFinding adds a finding to its audit.
func (s *Service) CreateFinding(ctx context.Context, f Finding) (*Finding, error) {
	return under(ctx, s, findings, "createFinding", f.AuditID, func(_ *postgres.Tx, a *Audit) (Finding, error) {
		f.MunicipalityID = a.MunicipalityID
		return f, nil
	})
}

// UpdateFinding lets set change the finding with the id.
func (s *Service) UpdateFinding(ctx context.Context, id uuid.UUID, version int, set func(*Finding)) (*Finding, error) {
	return findings.Change(ctx, s.Keeper, change("updateFinding", "", id, version), func(_ *postgres.Tx, f *Finding) error { set(f); return nil }, nil)
}

// ArchiveFinding takes a finding that was registered by mistake out of its audit.
func (s *Service) ArchiveFinding(ctx context.Context, id uuid.UUID, version int, comment string) (*Finding, error) {
	return findings.Change(ctx, s.Keeper, change("archiveFinding", comment, id, version), func(tx *postgres.Tx, f *Finding) error { f.ArchivedAt = &tx.At; return nil }, nil)
}

// CreateAnswer adds a formal answer to its audit, not begun or a draft.
func (s *Service) CreateAnswer(ctx context.Context, answer FormalAnswer) (*FormalAnswer, error) {
	return under(ctx, s, answers, "createFormalAnswer", answer.AuditID, func(tx *postgres.Tx, a *Audit) (FormalAnswer, error) {
		answer.MunicipalityID = a.MunicipalityID
		answers.Fill(&answer)
		return answer, fileAnswer(ctx, tx, &answer, nil)
	})
}

// UpdateAnswer lets set change the answer with the id: what it says, until that is decided;
// one that was sent stands.
func (s *Service) UpdateAnswer(ctx context.Context, id uuid.UUID, version int, set func(*FormalAnswer)) (*FormalAnswer, error) {
	return answers.Change(ctx, s.Keeper, change("updateFormalAnswer", "", id, version), func(tx *postgres.Tx, answer *FormalAnswer) error {
		before := answer.DiaryNumber
		set(answer)
		return fileAnswer(ctx, tx, answer, before)
	}, nil)
}

// ArchiveAnswer takes an answer that was registered by mistake out of its audit; one that
// was sent stands.
func (s *Service) ArchiveAnswer(ctx context.Context, id uuid.UUID, version int, comment string) (*FormalAnswer, error) {
	return answers.Change(ctx, s.Keeper, change("archiveFormalAnswer", comment, id, version), func(tx *postgres.Tx, a *FormalAnswer) error { a.ArchivedAt = &tx.At; return nil }, nil)
}

// Transition is a step of an answer.
type Transition struct {
	To AnswerStatus
	// Decision is the decision on the answer; needed for Decided, unless one stands behind
	// it already.
	Decision *uuid.UUID
	// On is the day when it was sent, for Sent; today without it.
	On      *date.Date
	Comment string
}

// Step takes an answer to another status. The decision on it is linked to it within the
// same change, and taken off when the answer goes back to be changed; only a decided answer
// is sent.
func (s *Service) Step(ctx context.Context, id uuid.UUID, version int, t Transition) (*FormalAnswer, error) {
	back := false
	return answers.Change(ctx, s.Keeper, change("transitionFormalAnswer", t.Comment, id, version), func(tx *postgres.Tx, a *FormalAnswer) error {
		switch a.Status {
		case Sent:
			return constraints.Fault("formal_answer_sent_stands")
		case t.To:
			return constraints.Fault("formal_answer_step")
		}
		var faults fault.List
		if t.Decision != nil && t.To != Decided {
			faults.Add(fault.Field("decision", "decision_of_step", "Beslutet anges när svaret beslutas.", "The decision is given when the answer is decided."))
		}
		today := date.Of(tx.At)
		if t.On != nil && t.To != Sent {
			faults.Add(constraints.Fault("formal_answer_sent_when"))
		} else if t.On != nil && today.Before(*t.On) {
			faults.Add(fault.Field("on", "sent_future", "Dagen då svaret skickades kan inte vara i framtiden.", "The day when the answer was sent cannot lie ahead."))
		}
		if err := faults.Err(); err != nil {
			return err
		}
		if t.Decision != nil {
			if err := thread.Authorise(ctx, s.Keeper, tx, a.MunicipalityID, *t.Decision, thread.End{Kind: "formal_answer", ID: a.ID}); err != nil {
				return err
			}
		}
		back = a.Status == Decided && t.To == InReview
		a.Status = t.To
		if t.To == Sent {
			if a.SentOn = t.On; a.SentOn == nil {
				a.SentOn = &today
			}
		}
		return nil
	}, func(tx *postgres.Tx, a *FormalAnswer) error {
		if !back {
			return nil
		}
		return thread.Release(ctx, tx, thread.End{Kind: "formal_answer", ID: a.ID})
	})
}
