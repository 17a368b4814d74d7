package organisation

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
)

// Service reads and changes municipalities and units. A change refuses who may not
// make it with UNAUTHENTICATED or FORBIDDEN, a stale version with CONFLICT, and what
// breaks a rule with INVALID.
type Service struct {
	Journal *history.Journal
	Policy  access.Policy
	// HandOver gives what units own to those that take over from them, when they close;
	// nil for nothing.
	HandOver func(context.Context, *postgres.Tx, map[uuid.UUID]uuid.UUID) error
}

// constraints are what the database refuses, in words.
var constraints = postgres.Constraints{
	"municipality_scb_code_unique":          fault.Field("scbCode", "", "Det finns redan en kommun med den koden.", "There is a municipality with that code already."),
	"municipality_scb_code_form":            fault.Field("scbCode", "", "Kommunkoden är SCB:s fyra siffror, till exempel 0581.", "The code is Statistics Sweden's four digits, such as 0581."),
	"municipality_name_length":              fault.Field("nameSv", "", "Namnet ska ha 1 till 100 tecken.", "The name is to have 1 to 100 characters."),
	"municipality_name_en_length":           fault.Field("nameEn", "", "Det engelska namnet ska ha 1 till 100 tecken, eller utelämnas.", "The English name is to have 1 to 100 characters, or be left out."),
	"municipality_org_number_unique":        fault.Field("orgNumber", "", "En annan kommun har det organisationsnumret.", "Another municipality has that organisation number."),
	"municipality_org_number_form":          fault.Field("orgNumber", "", "Organisationsnumret skrivs NNNNNN-NNNN och kontrollsiffran ska stämma.", "The organisation number is written NNNNNN-NNNN and its check digit is to be right."),
	"municipality_diary_patterns_form":      fault.Field("diaryPatterns", "", "Ett mönster skrivs med orden ORGAN, YEAR, YY, SERIAL och DOSSIER och tecknen mellanslag / : . -, högst 20 mönster.", "A pattern is written with the words ORGAN, YEAR, YY, SERIAL and DOSSIER and the characters space / : . -, at most 20 patterns."),
	"municipality_diary_link_form":          fault.Field("diaryLinkTemplate", "", "Adressen ska börja med http:// eller https:// och innehålla {diaryNumber}.", "The address is to begin with http:// or https:// and hold {diaryNumber}."),
	"municipality_oep_base_url_form":        fault.Field("oepBaseUrl", "", "Adressen ska börja med http:// eller https:// och vara utan frågedel.", "The address is to begin with http:// or https:// and have no query."),
	"municipality_inhabitants_class_length": fault.Field("inhabitantsClass", "", "Storleksklassen ska ha 1 till 100 tecken, eller utelämnas.", "The size is to have 1 to 100 characters, or be left out."),
	"municipality_one_home":                 fault.Field("isHome", "", "Det finns redan en hemkommun.", "There is a home municipality already."),
	"unit_name_length":                      fault.Field("nameSv", "", "Namnet ska ha 1 till 200 tecken.", "The name is to have 1 to 200 characters."),
	"unit_name_en_length":                   fault.Field("nameEn", "", "Det engelska namnet ska ha 1 till 200 tecken, eller utelämnas.", "The English name is to have 1 to 200 characters, or be left out."),
	"unit_name_unique":                      fault.Field("nameSv", "", "Det finns redan en öppen enhet med det namnet på samma plats.", "There is an open unit of that name in the same place already."),
	"unit_type":                             fault.Field("type", "", "Enhetens slag är inte något av de kända.", "The unit's type is none of those known."),
	"unit_aliases":                          fault.Field("aliases", "", "Högst 20 andra namn, vart och ett med 1 till 200 tecken.", "At most 20 other names, each with 1 to 200 characters."),
	"unit_validity":                         fault.Field("validTo", "", "Sista dagen kan inte ligga före första dagen.", "The last day cannot lie before the first."),
	"unit_successor_not_self":               fault.Field("successor", "", "En enhet kan inte ersätta sig själv.", "A unit cannot succeed itself."),
	"unit_successor_closed":                 fault.Field("successor", "", "Bara en enhet som stängs har en efterträdare: ange också sista dagen.", "Only a unit that closes has a successor: give its last day too."),
	"unit_cost_centre_length":               fault.Field("costCentre", "", "Kostnadsstället ska ha 1 till 50 tecken, eller utelämnas.", "The cost centre is to have 1 to 50 characters, or be left out."),
	"unit_diary_code_form":                  fault.Field("diaryCode", "", "Diariekoden är 1 till 8 stora bokstäver, till exempel KS.", "The diary code is 1 to 8 capital letters, such as KS."),
	"unit_municipality_fk":                  fault.Field("municipality", "", "Kommunen finns inte.", "There is no such municipality."),
	"unit_parent_fk":                        fault.Field("parent", "", "Den överordnade enheten finns inte i samma kommun.", "There is no such parent unit in the same municipality."),
	"unit_successor_fk":                     fault.Field("successor", "", "Efterträdaren finns inte i samma kommun.", "There is no such successor in the same municipality."),
	"unit_parent_no_cycle":                  fault.Field("parent", "", "Enheten kan inte ligga under sig själv eller under en av sina egna enheter.", "The unit cannot lie under itself or under one of its own units."),
	"unit_successor_no_cycle":               fault.Field("successor", "", "Efterträdaren ersätts i sin tur av den här enheten.", "The successor is in turn succeeded by this unit."),
	"unit_close_needs_successor":            fault.Field("successor", "", "Enheten äger e-tjänster, mål, insatser eller styrdokument som är i bruk. Ange vilken enhet som tar över, eller flytta dem först.", "The unit owns e-services, goals, initiatives or governing documents in use. Name the unit that takes over, or move them first."),
	"unit_close_children_open":              fault.Field("validTo", "", "Enheten har öppna enheter under sig. Stäng eller flytta dem först.", "The unit has open units under it. Close or move them first."),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }

// GapObjects says how gaps of these records are kept.
func GapObjects() []gap.Object {
	return []gap.Object{
		{
			Table: "municipality", Name: gap.Text{Sv: "kommun", En: "municipality"}, Unit: "NULL::uuid",
			Affected: []string{
				"SELECT y.municipality_id FROM unit y WHERE y.changed_in = @change",
				"SELECT y.municipality_id FROM governing_document y WHERE y.changed_in = @change", // the strategies that hold
			},
		},
		{
			Table: "unit", Name: gap.Text{Sv: "enhet", En: "unit"}, Unit: "x.id",
			Affected: []string{
				"SELECT y.id FROM unit y JOIN unit p ON p.id = y.parent_id WHERE p.changed_in = @change",
				"SELECT y.id FROM unit y JOIN unit s ON s.id = y.successor_id WHERE s.changed_in = @change",
			},
		},
	}
}

// GapRules are what these records should have.
func GapRules() []gap.Rule {
	return []gap.Rule{
		{
			Code: "MUNICIPALITY_NO_DIARY_PATTERN", Severity: gap.Low, Object: "municipality",
			Where:  "NOT x.is_example AND cardinality(x.diary_patterns) = 0 AND EXISTS (SELECT FROM unit u WHERE u.municipality_id = x.id)",
			Title:  gap.Text{Sv: "Diarienumrens form saknas", En: "No form of diary numbers"},
			Reason: gap.Text{Sv: "Utan kommunens form för diarienummer kan beslut och styrdokument inte hittas på sitt nummer. Ange hur kommunen skriver dem.", En: "Without the municipality's form of diary numbers, decisions and documents cannot be found by theirs. Say how it writes them."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 5 (F15); OSL 5 kap. 1 §", En: "Audit KR-2017/0039, section 5 (F15); OSL chapter 5 section 1"},
		},
		{
			Code: "UNIT_CLOSED_PARENT", Severity: gap.Medium, Object: "unit",
			Where: `coalesce(x.valid_to, 'infinity') >= today() AND EXISTS (
				SELECT FROM unit p WHERE p.id = x.parent_id AND (coalesce(p.valid_to, 'infinity') < today() OR p.archived_at IS NOT NULL))`,
			Title:  gap.Text{Sv: "Enheten ligger under en stängd enhet", En: "The unit lies under a closed one"},
			Reason: gap.Text{Sv: "Den överordnade enheten har upphört. Flytta enheten dit den hör i dag.", En: "The unit above has ended. Move this one to where it belongs today."},
			Law:    gap.Text{Sv: "KL 6 kap. 6 §: nämnden svarar för sin verksamhet", En: "KL chapter 6 section 6: the committee answers for its activities"},
		},
		{
			Code: "UNIT_SUCCESSOR_CLOSED", Severity: gap.Low, Object: "unit",
			Where: `coalesce(x.valid_to, 'infinity') < today() AND EXISTS (
				SELECT FROM unit s WHERE s.id = x.successor_id AND (coalesce(s.valid_to, 'infinity') < today() AND s.successor_id IS NULL OR s.archived_at IS NOT NULL))`,
			Title:  gap.Text{Sv: "Efterträdaren har också upphört", En: "The successor has ended too"},
			Reason: gap.Text{Sv: "Den enhet som tog över har stängts utan efterträdare. Ange vem som svarar för uppgifterna i dag.", En: "The unit that took over has closed without a successor. Say who answers for the tasks today."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.5 (F10)", En: "Audit KR-2017/0039, section 4.5 (F10)"},
		},
	}
}

// CreateMunicipality registers a municipality. Only the home municipality's
// administrators may, or anyone of the system before there is a home.
func (s *Service) CreateMunicipality(ctx context.Context, m Municipality) (*Municipality, error) {
	if err := s.Policy.RequireSome(ctx, access.CreateMunicipality); err != nil {
		return nil, err
	}
	var made *Municipality
	err := s.Journal.Write(ctx, "createMunicipality", "", func(tx *postgres.Tx) error {
		home, err := home(ctx, tx)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.CreateMunicipality, home); err != nil {
			return err
		}
		made, err = AddMunicipality(ctx, tx, m)
		return err
	})
	return made, err
}

// AddMunicipality registers a municipality within a write that is allowed to.
func AddMunicipality(ctx context.Context, tx *postgres.Tx, m Municipality) (*Municipality, error) {
	m.ID = uuid.Must(uuid.NewV7())
	m.DiaryPatterns = append([]string{}, m.DiaryPatterns...)
	return postgres.Insert(ctx, tx, "municipality", &m, constraints)
}

// UpdateMunicipality lets set change the municipality with the id.
func (s *Service) UpdateMunicipality(ctx context.Context, id uuid.UUID, version int, set func(*Municipality)) (*Municipality, error) {
	if err := s.Policy.RequireSome(ctx, access.UpdateMunicipality); err != nil {
		return nil, err
	}
	var saved *Municipality
	err := s.Journal.Write(ctx, "updateMunicipality", "", func(tx *postgres.Tx) error {
		m, err := s.municipalityByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.UpdateMunicipality, m.ID); err != nil {
			return err
		}
		if m.Version != version {
			return fault.Stale(m)
		}
		set(m)
		saved, err = postgres.Save(ctx, tx, "municipality", m, constraints)
		return err
	})
	return saved, err
}

// CreateUnit adds a unit to a municipality.
func (s *Service) CreateUnit(ctx context.Context, u Unit) (*Unit, error) {
	if err := s.Policy.Require(ctx, access.WriteUnit, u.MunicipalityID); err != nil {
		return nil, err
	}
	var made *Unit
	err := s.Journal.Write(ctx, "createUnit", "", func(tx *postgres.Tx) (err error) {
		made, err = AddUnit(ctx, tx, u)
		return err
	})
	return made, err
}

// AddUnit adds a unit within a write that is allowed to.
func AddUnit(ctx context.Context, tx *postgres.Tx, u Unit) (*Unit, error) {
	u.ID = uuid.Must(uuid.NewV7())
	u.Aliases = append([]string{}, u.Aliases...)
	return postgres.Insert(ctx, tx, "unit", &u, constraints)
}

// UpdateUnit lets set change the unit with the id.
func (s *Service) UpdateUnit(ctx context.Context, id uuid.UUID, version int, set func(*Unit)) (*Unit, error) {
	return s.changeUnit(ctx, "updateUnit", "", id, version, func(_ *postgres.Tx, u *Unit) { set(u) }, nil)
}

// CloseUnit gives a unit its last day and the unit that takes over, which gets at once
// what it owns. A unit that owns what is in use needs a successor; one with open units
// under it is not closed.
func (s *Service) CloseUnit(ctx context.Context, id uuid.UUID, version int, last date.Date, successor *uuid.UUID, comment string) (*Unit, error) {
	var handOver func(*postgres.Tx) error
	if successor != nil && s.HandOver != nil {
		handOver = func(tx *postgres.Tx) error { return s.HandOver(ctx, tx, map[uuid.UUID]uuid.UUID{id: *successor}) }
	}
	return s.changeUnit(ctx, "closeUnit", comment, id, version, func(_ *postgres.Tx, u *Unit) { u.ValidTo, u.SuccessorID = &last, successor }, handOver)
}

// ArchiveUnit takes a unit that was registered by mistake out of the tree.
func (s *Service) ArchiveUnit(ctx context.Context, id uuid.UUID, version int, comment string) (*Unit, error) {
	return s.changeUnit(ctx, "archiveUnit", comment, id, version, func(tx *postgres.Tx, u *Unit) { u.ArchivedAt = &tx.At }, nil)
}

// changeUnit lets set change a unit; then, when given, runs after it is kept.
func (s *Service) changeUnit(ctx context.Context, operation, comment string, id uuid.UUID, version int, set func(*postgres.Tx, *Unit), then func(*postgres.Tx) error) (*Unit, error) {
	if err := s.Policy.RequireSome(ctx, access.WriteUnit); err != nil {
		return nil, err
	}
	var saved *Unit
	err := s.Journal.Write(ctx, operation, comment, func(tx *postgres.Tx) error {
		u, err := s.unitByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.WriteUnit, u.MunicipalityID); err != nil {
			return err
		}
		if u.Version != version {
			return fault.Stale(u)
		}
		set(tx, u)
		if saved, err = SaveUnit(ctx, tx, u); err != nil || then == nil {
			return err
		}
		return then(tx)
	})
	return saved, err
}

// SaveUnit keeps a changed unit within a write that is allowed to.
func SaveUnit(ctx context.Context, tx *postgres.Tx, u *Unit) (*Unit, error) {
	return postgres.Save(ctx, tx, "unit", u, constraints)
}
