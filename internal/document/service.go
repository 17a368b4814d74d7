package document

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// Service reads and changes governing documents. A change refuses who may not make it
// with UNAUTHENTICATED or FORBIDDEN, a record that is not seen with NOT_FOUND, a stale
// version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	record.Keeper
}

func length(field, sv, en string, most int) *fault.Error {
	return fault.Field(field, "",
		fmt.Sprintf("%s ska ha 1 till %d tecken, eller utelämnas.", sv, most),
		fmt.Sprintf("%s is to have 1 to %d characters, or be left out.", en, most))
}

func code(field string) *fault.Error {
	return fault.Field(field, "", "Värdet är inte något av de kända. Välj ett ur schemat.", "The value is none of those known. Choose one of the schema's.")
}

// constraints are what the database refuses, in words.
var constraints = postgres.Constraints{
	"governing_document_title_length":          fault.Field("titleSv", "", "Titeln ska ha 1 till 300 tecken.", "The title is to have 1 to 300 characters."),
	"governing_document_title_en_length":       length("titleEn", "Den engelska titeln", "The English title", 300),
	"governing_document_kind":                  code("kind"),
	"governing_document_edition_length":        length("edition", "Utgåvan", "The edition", 50),
	"governing_document_diary_number_length":   length("diaryNumber", "Diarienumret", "The diary number", 100),
	"governing_document_case_fk":               fault.Field("diaryNumber", "", "Ärendet finns inte i samma kommun.", "There is no such case in the same municipality."),
	"governing_document_decided_by_fk":         fault.Field("decidedBy", "", "Den som har beslutat ska vara en enhet i samma kommun.", "Who decided is to be a unit of the same municipality."),
	"governing_document_owner_unit_fk":         fault.Field("ownerUnit", "", "Ägande enhet ska vara en enhet i samma kommun.", "The owning unit is to be a unit of the same municipality."),
	"governing_document_owner_function_length": length("ownerFunction", "Funktionen", "The function", 200),
	"governing_document_validity":              fault.Field("validTo", "", "Sista dagen kan inte ligga före första dagen.", "The last day cannot lie before the first."),
	"governing_document_review_months":         fault.Field("reviewMonths", "", "Tiden till översyn är 1 till 120 månader.", "The time until a review is 1 to 120 months."),
	"governing_document_supersedes_not_self":   fault.Field("supersedes", "", "Ett dokument kan inte ersätta sig självt.", "A document cannot supersede itself."),
	"governing_document_supersedes_fk":         fault.Field("supersedes", "", "Dokumentet som ersätts finns inte i samma kommun.", "There is no such document to supersede in the same municipality."),
	"governing_document_url_form":              fault.Field("url", "", "Adressen ska börja med http:// eller https://, vara utan mellanslag och högst 1 000 tecken.", "The address is to begin with http:// or https://, without spaces, at most 1,000 characters."),
	"governing_document_summary_length":        length("summarySv", "Sammanfattningen", "The summary", 2000),
	"governing_document_summary_en_length":     length("summaryEn", "Sammanfattningen på engelska", "The summary in English", 2000),
	"governing_document_status":                code("status"),
	"governing_document_found_source_length":   length("foundSource", "Källan", "The source", 500),
	"governing_document_found_reason_length":   length("foundReason", "Skälet", "The reason", 500),
	"governing_document_found_both":            fault.Field("foundReason", "", "Ange både källan och skälet när dokumentet registreras som det fanns, annars inget av dem.", "Give both the source and the reason when the document is registered as found, else neither."),
	"governing_document_visibility":            code("visibility"),
	"governing_document_adopted_when":          fault.Field("decidedOn", "", "Ange vilken dag dokumentet beslutades.", "Give the day when the document was decided."),
	"governing_document_registered_as_found":   fault.Field("status", "", "Ett nytt dokument är ett utkast. Är det redan antaget: ange varifrån uppgiften kommer och varför det registreras så.", "A new document is a draft. If it is adopted already, give where that is known from and why it is registered so."),
	"governing_document_step":                  fault.Field("to", "", "Det steget finns inte. Se vilka steg dokumentet kan ta.", "There is no such step. See which steps the document can take."),
	"governing_document_step_back_comment":     fault.Field("comment", "", "Skriv varför dokumentet går tillbaka.", "Say why the document goes back."),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }

var documents = record.Kind[GoverningDocument, *GoverningDocument]{
	Table:       "governing_document",
	Constraints: constraints,
	Owner:       func(d *GoverningDocument) uuid.UUID { return d.MunicipalityID },
	Fill: func(d *GoverningDocument) {
		if d.Status == "" {
			d.Status = Draft
		}
		if d.Visibility == "" {
			d.Visibility = eservice.Public
		}
	},
}

// Create registers a document: a draft, or with a source and a reason one that is
// adopted already.
func (s *Service) Create(ctx context.Context, d GoverningDocument) (*GoverningDocument, error) {
	return documents.Create(ctx, s.Keeper, access.WriteDocument, "createGoverningDocument", d, func(tx *postgres.Tx, d *GoverningDocument) error {
		documents.Fill(d)
		return file(ctx, tx, d, nil)
	}, s.supersede(ctx))
}

func (s *Service) revision() record.Revision[GoverningDocument, *GoverningDocument] {
	return record.Revision[GoverningDocument, *GoverningDocument]{
		Kind: documents, Keeper: s.Keeper, Action: access.WriteDocument, Operation: "updateGoverningDocument",
		Set: func(ctx context.Context, tx *postgres.Tx, d *GoverningDocument, set func(*GoverningDocument)) error {
			was := *d
			set(d)
			return refile(ctx, tx, d, was)
		},
		After: func(ctx context.Context, tx *postgres.Tx, d *GoverningDocument) error { return s.supersede(ctx)(tx, d) },
	}
}

// Update lets set change the document with the id.
func (s *Service) Update(ctx context.Context, id uuid.UUID, version int, set func(*GoverningDocument)) (*GoverningDocument, error) {
	return s.revision().Update(ctx, id, version, set)
}

// Drafted are the records that changes may be prepared of beside what is live.
func (s *Service) Drafted() []draft.Kind {
	return []draft.Kind{draft.Of(s.revision(), "title_sv")}
}

// file finds the case of a document's diary number, or makes it. The case of a draft is
// for the own municipality, as the draft is.
func file(ctx context.Context, tx *postgres.Tx, d *GoverningDocument, before *string) (err error) {
	d.CaseID, err = decision.FileRecord(ctx, tx, d, decision.Filing{
		Table: documents.Table, Constraints: constraints, Municipality: d.MunicipalityID,
		Case: d.CaseID, Number: d.DiaryNumber, Before: before, Title: d.TitleSv, Visibility: shown(d).Visibility,
	})
	return err
}

// refile finds the case of a document that has changed, and keeps the one that it was in
// from telling of what is hidden.
func refile(ctx context.Context, tx *postgres.Tx, d *GoverningDocument, was GoverningDocument) error {
	if err := file(ctx, tx, d, was.DiaryNumber); err != nil {
		return err
	}
	return decision.Cover(ctx, tx, shown(&was), shown(d))
}

// shown is what is told of a document in its case.
func shown(d *GoverningDocument) decision.Shown {
	as := decision.Shown{ID: d.ID, Case: d.CaseID, Title: d.TitleSv, Visibility: d.Visibility, Archived: d.ArchivedAt != nil}
	if d.Status == Draft || d.Status == InReview {
		as.Visibility = eservice.Municipality
	}
	return as
}

// Archive takes a document that is no longer of use out of the lists.
func (s *Service) Archive(ctx context.Context, id uuid.UUID, version int, comment string) (*GoverningDocument, error) {
	c := record.Change{Action: access.WriteDocument, Operation: "archiveGoverningDocument", Comment: comment, ID: id, Version: version}
	return documents.Change(ctx, s.Keeper, c, func(tx *postgres.Tx, d *GoverningDocument) error {
		before := shown(d)
		d.ArchivedAt = &tx.At
		return decision.Cover(ctx, tx, before, shown(d))
	}, nil)
}

// Transition is a step of a document's life, with what is known of it. What is nil
// stays as it is.
type Transition struct {
	To        Status
	DecidedOn *date.Date
	DecidedBy *uuid.UUID
	Edition   *string
	Comment   string
}

// Step takes a document to another status. One that is adopted takes the place of the
// one that it supersedes, within the same change.
func (s *Service) Step(ctx context.Context, id uuid.UUID, version int, t Transition) (*GoverningDocument, error) {
	c := record.Change{Action: access.WriteDocument, Operation: "transitionGoverningDocument", Comment: t.Comment, ID: id, Version: version}
	return documents.Change(ctx, s.Keeper, c, func(_ *postgres.Tx, d *GoverningDocument) error {
		if t.To == d.Status {
			return constraints.Fault("governing_document_step")
		}
		d.Status = t.To
		if t.DecidedOn != nil {
			d.DecidedOn = t.DecidedOn
		}
		if t.DecidedBy != nil {
			d.DecidedByID = t.DecidedBy
		}
		if t.Edition != nil {
			d.Edition = t.Edition
		}
		return nil
	}, s.supersede(ctx))
}

// supersede gives what makes the document that an adopted one supersedes a superseded
// one. A document that was never adopted cannot be superseded.
func (s *Service) supersede(ctx context.Context) func(*postgres.Tx, *GoverningDocument) error {
	return func(tx *postgres.Tx, d *GoverningDocument) error {
		if !d.Status.holds() || d.SupersedesID == nil {
			return nil
		}
		old, err := documents.One(ctx, s.Keeper, tx, *d.SupersedesID)
		switch {
		case err != nil:
			return err
		case old.Status.holds():
			old.Status = Superseded
			_, err = documents.Keep(ctx, tx, old)
			return err
		case old.Status == Draft || old.Status == InReview:
			return fault.Field("supersedes", "supersedes_adopted",
				"Dokumentet som ersätts är aldrig antaget. Välj ett som har gällt.",
				"The document to supersede was never adopted. Choose one that has been in force.")
		}
		return nil
	}
}
