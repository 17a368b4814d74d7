package draft

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// Pointer is a pointer to a draft of some table.
type Pointer[D any] interface {
	record.Pointer[D]
	Drafted() *Difference
}

// Book is the drafts of one table.
type Book[D any, P Pointer[D]] struct {
	record.Kind[D, P]
	// Name is what operations call such a draft.
	Name string
}

// Version names a draft in the version that the caller has read.
type Version struct {
	ID      uuid.UUID
	Version int
}

// stale is the CONFLICT of a write that builds on another version of a draft: it is that, and
// not its record, which has changed.
func stale(d any) *fault.Error {
	f := fault.Stale(d)
	f.Sv = "Utkastet har ändrats sedan du läste det. Ingenting har skrivits över: se vad som har ändrats och försök igen."
	f.En = "The draft has changed since you read it. Nothing was overwritten: see what has changed and try again."
	return f
}

// closedMeanwhile is the CONFLICT of a write on a draft that was published or discarded.
func closedMeanwhile() *fault.Error {
	return &fault.Error{
		Code: fault.Conflict, Field: "expectedVersion", Rule: "draft_closed",
		Sv: "Utkastet har publicerats eller kasserats sedan du läste det. Ingenting har skrivits över: läs posten på nytt och börja ett nytt utkast.",
		En: "The draft has been published or discarded since you read it. Nothing was overwritten: read the record anew and begin a new draft.",
	}
}

// Archived refuses drafts of a record that is archived.
func Archived() *fault.Error {
	return fault.Field("id", "draft_archived", "Posten är arkiverad: den får inga nya utkast, och inga publiceras. Kassera utkastet.", "The record is archived: it takes no drafts, and none is published. Discard the draft.")
}

// Ready refuses to save a draft over what its writer has not read: open is the draft under
// way, nil where there is none, and version the one of it that has been read.
func (b Book[D, P]) Ready(open P, version *int, live interface{ Base() *postgres.Row }, liveVersion int, archived bool) error {
	switch {
	case open == nil && version != nil:
		return closedMeanwhile()
	case open != nil && version == nil:
		already := fault.Stale(open)
		once := b.Constraints.Fault(b.Table + "_open_once")
		already.Sv, already.En = once.Sv, once.En
		return already
	case open != nil && open.Base().Version != *version:
		return stale(open)
	case live.Base().Version != liveVersion:
		return fault.Stale(live).At("liveVersion")
	case archived:
		return Archived()
	}
	return nil
}

// Write keeps a draft that is begun, or that is changed.
func (b Book[D, P]) Write(ctx context.Context, tx *postgres.Tx, next D, begun bool) (P, error) {
	if !begun {
		return b.Add(ctx, tx, next)
	}
	return b.Keep(ctx, tx, &next)
}

// errTried ends an attempt that is not to be kept.
var errTried = errors.New("tried and undone")

// Try has write judged, and keeps nothing of it.
func Try(ctx context.Context, tx *postgres.Tx, write func(*postgres.Tx) error) error {
	err := tx.Try(ctx, func(tx *postgres.Tx) error {
		if err := write(tx); err != nil {
			return err
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

// ToChange reads a draft under way in the version that the caller has read; may refuses
// who may not change it.
func (b Book[D, P]) ToChange(ctx context.Context, keep record.Keeper, tx *postgres.Tx, v Version, may func(P) error) (P, error) {
	found, err := b.One(ctx, keep, tx, v.ID)
	if err != nil {
		return nil, err
	}
	if err := may(found); err != nil {
		return nil, err
	}
	if err := b.stands(found, v.Version); err != nil {
		return nil, err
	}
	return found, nil
}

// stands refuses a draft that has changed since the version that has been read, and one
// that is closed.
func (b Book[D, P]) stands(found P, version int) error {
	switch closed, same := found.Drafted().Closed(), found.Base().Version == version; {
	case !same && closed:
		return closedMeanwhile()
	case !same:
		return stale(found)
	case closed:
		return fault.Field("id", "draft_state", "Utkastet är redan publicerat eller kasserat.", "The draft has been published or discarded already.")
	}
	return nil
}

// Step is one step of a draft's way.
type Step struct {
	verb  string // of the operation
	from  []State
	to    State
	wrong *fault.Error // where the draft is in another state
	why   bool         // it takes a comment
}

// The steps.
var (
	Submit = Step{
		"submit", []State{Open}, InReview,
		fault.Field("id", "draft_state", "Utkastet är redan lämnat för granskning.", "The draft is in review already."), false,
	}
	Return = Step{
		"return", []State{InReview}, Open,
		fault.Field("id", "draft_state", "Utkastet är inte lämnat för granskning.", "The draft is not in review."), true,
	}
	Discard = Step{"discard", []State{Open, InReview}, Discarded, nil, false}
)

// Move takes a draft a step on its way, as a change of its own.
func (b Book[D, P]) Move(ctx context.Context, keep record.Keeper, step Step, v Version, comment string, may func(*postgres.Tx, P) error) (P, error) {
	if step.why && strings.TrimSpace(comment) == "" {
		return nil, fault.Field("comment", "draft_return_comment", "Skriv vad som behöver göras innan utkastet kan publiceras.", "Say what is to be done before the draft can be published.")
	}
	var saved P
	err := keep.Journal.Write(ctx, step.verb+b.Name, comment, func(tx *postgres.Tx) error {
		d, err := b.ToChange(ctx, keep, tx, v, func(d P) error { return may(tx, d) })
		if err != nil {
			return err
		}
		if !slices.Contains(step.from, d.Drafted().State) {
			return step.wrong
		}
		d.Drafted().State = step.to
		saved, err = b.Keep(ctx, tx, d)
		return err
	})
	return saved, err
}

// most is how many drafts one call may publish.
const most = 200

// Publish makes drafts live by publish, as one change: all of them or none.
func (b Book[D, P]) Publish(ctx context.Context, keep record.Keeper, drafts []Version, comment string, publish func(*postgres.Tx) ([]P, error)) ([]P, error) {
	if len(drafts) == 0 || len(drafts) > most {
		return nil, fault.Field("drafts", "drafts_number", fmt.Sprintf("Ange 1 till %d utkast.", most), fmt.Sprintf("Give 1 to %d drafts.", most))
	}
	var published []P
	err := keep.Journal.Write(ctx, "publish"+b.Name+"s", comment, func(tx *postgres.Tx) (err error) {
		published, err = publish(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return published, nil
}

// Placed gives the faults of err with the place of the draft among those published, as
// "drafts.2.summarySv", and the record's name. Any other error is given back.
func Placed(i int, name string, err error) (fault.List, error) {
	all := fault.All(err)
	if err != nil && len(all) == 0 {
		return nil, err
	}
	var faults fault.List
	for _, f := range all {
		field := f.Field
		if field == "" {
			field = "id"
		}
		f = f.At(fmt.Sprintf("drafts.%d.%s", i, field))
		if name != "" {
			f.Sv, f.En = name+": "+f.Sv, name+": "+f.En
		}
		faults.Add(f)
	}
	return faults, nil
}
