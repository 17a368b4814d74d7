package thread

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// Service reads and changes links. A change refuses who may not make it with
// UNAUTHENTICATED or FORBIDDEN, a record that is not seen with NOT_FOUND, a stale
// version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	record.Keeper
}

// constraints are what the database refuses, in words.
var constraints = postgres.Constraints{
	"record_link_of_two":        fault.Field("to", "", "En länk binder två poster av olika slag.", "A link binds two records of different kinds."),
	"record_link_purpose":       fault.Field("purpose", "", "Syftet är inte något av de kända.", "The purpose is none of those known."),
	"record_link_purpose_given": fault.Field("purpose", "", "Ange vad beslutet gör med posten. En länk utan beslut har inget syfte.", "Say what the decision does to the record. A link without a decision has no purpose."),
	"record_link_note_length":   fault.Field("note", "", "Anteckningen ska ha 1 till 1000 tecken, eller utelämnas.", "The note is to have 1 to 1000 characters, or be left out."),
	"record_link_once":          fault.Field("to", "", "Posterna är redan länkade så.", "The records are linked so already."),
	"record_link_own_record":    fault.Field("purpose", "", "Vad ett beslut gör med en post säger den kommun vars post det är. Andra kan anteckna beslutet.", "What a decision does to a record is said by the municipality whose record it is. Others can note the decision."),
	"record_link_own_decision":  fault.Field("purpose", "", "En kommun binds av sina egna beslut och av det gemensamma organs beslut som beslutar för den. Andras beslut kan antecknas.", "A municipality is bound by its own decisions, and by those of a joint body that decides for it. Others' decisions can be noted."),
	"record_link_goal_rests": fault.Field("id", "", "Målet är beslutat med stöd av det här beslutet, och inget annat beslut av rätt organ som gäller ligger bakom det. Länka ett sådant först, eller ta målet tillbaka till förslag.",
		"The goal was adopted by this decision, and no other of the right body that holds lies behind it. Link one first, or take the goal back to a proposal."),
	"record_link_participation_rests": fault.Field("id", "", "Deltagandet är bekräftat med stöd av det här beslutet, och inget annat som gäller ligger bakom det. Länka ett annat först, ta deltagandet tillbaka till att vänta på beslut, eller dra kommunen ur.",
		"The participation was confirmed by this decision, and no other that holds lies behind it. Link another first, take the participation back to waiting for a decision, or withdraw the municipality."),
	"record_link_answer_rests": fault.Field("id", "", "Svaret är beslutat med stöd av det här beslutet, och inget annat som gäller ligger bakom det. Länka ett annat först, eller ta ett svar som inte är skickat tillbaka till granskning.",
		"The answer was decided by this decision, and no other that holds lies behind it. Link another first, or take an answer that is not sent back to review."),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }

var links = record.Kind[Link, *Link]{
	Table: "record_link", Constraints: constraints, Owner: func(l *Link) uuid.UUID { return l.MunicipalityID },
}

// Link binds two records that the caller sees and that are not archived, of which the municipality owns at least
// one; by a decision that does more than note it, the one that is decided.
func (s *Service) Link(ctx context.Context, municipality uuid.UUID, from, to End, purpose *Purpose, note *string) (*Link, error) {
	l := Link{MunicipalityID: municipality, Purpose: purpose, Note: note}
	return links.Create(ctx, s.Keeper, access.LinkRecords, "linkRecords", l, func(tx *postgres.Tx, l *Link) error {
		var faults fault.List
		owned := false
		for _, end := range []struct {
			field string
			End
		}{{"from", from}, {"to", to}} {
			if broken := l.bind(end.End); broken != nil {
				faults.Add(broken.At(end.field))
				continue
			}
			owner, err := seen(ctx, s.Keeper, tx, end.End)
			if refused := fault.All(err); len(refused) == 1 {
				faults.Add(refused[0].At(end.field))
				continue
			}
			if err != nil {
				return err
			}
			owned = owned || owner == municipality
		}
		if len(faults) == 0 && !owned {
			return fault.New(fault.Forbidden, "Kommunen äger ingen av posterna. Den som äger någon av dem länkar dem.", "The municipality owns neither of the records. Whoever owns one of them links them.")
		}
		return faults.Err()
	}, nil)
}

// Unlink takes a link away; it stays in the history.
func (s *Service) Unlink(ctx context.Context, id uuid.UUID, version int, comment string) (*Link, error) {
	return links.Change(ctx, s.Keeper, record.Change{Action: access.LinkRecords, Operation: "unlinkRecords", Comment: comment, ID: id, Version: version},
		func(tx *postgres.Tx, l *Link) error { l.ArchivedAt = &tx.At; return nil }, nil)
}

// Authorise binds a decision that the caller sees to what it decides, within the write
// of another domain that is allowed to, such as the adoption of a goal. One that does so
// already stays. The fault of a decision that is not there points at the field decision.
func Authorise(ctx context.Context, keep record.Keeper, tx *postgres.Tx, municipality, decision uuid.UUID, end End) error {
	if _, err := seen(ctx, keep, tx, End{"decision", decision}); err != nil {
		if refused := fault.All(err); len(refused) == 1 {
			return refused[0].At("decision")
		}
		return err
	}
	purpose := Authorises
	l := Link{MunicipalityID: municipality, DecisionID: &decision, Purpose: &purpose}
	if broken := l.bind(end); broken != nil {
		return broken
	}
	already, err := authorised(ctx, tx, decision, end)
	if already || err != nil {
		return err
	}
	_, err = links.Add(ctx, tx, l)
	if all := fault.All(err); len(all) == 1 && all[0].Rule == "record_link_own_decision" {
		return all[0].At("decision")
	}
	return err
}

// Release takes off what decisions authorise of a record that goes back to be decided anew,
// within the write of another domain that is allowed to. It stays in the history.
func Release(ctx context.Context, tx *postgres.Tx, end End) error {
	bound, err := authorising(ctx, tx, end)
	if err != nil {
		return err
	}
	for _, l := range bound {
		l.ArchivedAt = &tx.At
		if _, err := links.Keep(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}
