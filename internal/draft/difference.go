// Package draft is what somebody prepares of a record beside the live one that readers
// see: a difference over its values, that becomes the live ones at once when it is
// published. It holds what the drafts of every table have in common, and the drafts of
// those records that have no table of drafts of their own.
package draft

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	"fardplan/internal/fault"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// State is where a draft is on its way.
type State string

// The states; the last two are final.
const (
	Open      State = "OPEN"
	InReview  State = "IN_REVIEW"
	Published State = "PUBLISHED"
	Discarded State = "DISCARDED"
)

var stateNames = map[State][2]string{
	Open: {"öppet", "open"}, InReview: {"för granskning", "in review"}, Published: {"publicerat", "published"}, Discarded: {"kasserat", "discarded"},
}

// States lists every state, in the order of a draft's way.
func States() []State { return []State{Open, InReview, Published, Discarded} }

// StateName gives a state in words, Swedish and English.
func StateName(state string) (sv, en string) {
	return stateNames[State(state)][0], stateNames[State(state)][1]
}

// UnderWay is the SQL condition that the draft of an alias is neither published nor
// discarded.
func UnderWay(alias string) string { return alias + ".state IN ('OPEN', 'IN_REVIEW')" }

// Difference is what a draft changes of its record.
type Difference struct {
	State   State         `db:"state"`
	Changes record.Values `db:"changes"` // the drafted values
	Ground  record.Values `db:"base"`    // the live values that they were drafted over
}

// Drafted gives the difference of a draft that has one within it.
func (d *Difference) Drafted() *Difference { return d }

// Closed tells whether the draft was published or discarded.
func (d *Difference) Closed() bool { return d.State == Published || d.State == Discarded }

// Field is one field of a draft.
type Field struct {
	Column            string
	Base, Live, Draft json.RawMessage
	// Conflict tells that the live value is neither its base nor the drafted one: the
	// field was changed beside the draft, and somebody is to choose.
	Conflict bool
}

// InConflict is the SQL condition that a field of the draft x has a value in the JSON
// object live that is neither its base nor the drafted one.
func InConflict(live string) string {
	return `EXISTS (SELECT FROM (SELECT ` + live + ` AS r OFFSET 0) now, jsonb_each(x.base) b
	WHERE jsonb_exists(now.r, b.key) AND now.r -> b.key <> b.value AND now.r -> b.key <> x.changes -> b.key)`
}

// Apply gives a record, by its pointer, the drafted values. A column that this release
// does not know, or not as it was drafted, is left as it is.
func (d *Difference) Apply(of any) {
	postgres.EachColumn(of, func(column string, field reflect.Value) {
		value, ok := d.Changes[column]
		if !ok {
			return
		}
		into := reflect.New(field.Type())
		if json.Unmarshal(value, into.Interface()) == nil {
			field.Set(into.Elem())
		}
	})
}

// Compare gives the drafted fields beside their base and the values of the live record,
// in the order of that one's columns.
func (d *Difference) Compare(live any, now record.Values) []Field {
	fields := []Field{}
	postgres.EachColumn(live, func(column string, _ reflect.Value) {
		drafted, ok := d.Changes[column]
		if !ok {
			return
		}
		f := Field{Column: column, Base: d.Ground[column], Live: now[column], Draft: drafted}
		f.Conflict = !d.Closed() && !record.Alike(f.Live, f.Base) && !record.Alike(f.Live, f.Draft)
		fields = append(fields, f)
	})
	return fields
}

// Conflicts are the faults of the fields that somebody is to choose a value of. Each
// tells the field as its Current.
func Conflicts(fields []Field) (faults fault.List) {
	for _, f := range fields {
		if f.Conflict {
			faults.Add(&fault.Error{
				Code: fault.Conflict, Field: f.Column, Rule: "draft_conflict", Current: &f,
				Sv: "Fältet har ändrats sedan utkastet skrevs. Välj utkastets värde eller det gällande i utkastet, och publicera sedan.",
				En: "The field has changed since it was drafted. Choose the draft's value or the live one in the draft, and then publish.",
			})
		}
	}
	return faults
}

// Take says which value settles a conflict.
type Take string

// The values to take.
const (
	TakeDraft Take = "DRAFT"
	TakeLive  Take = "LIVE"
)

// Resolution settles the conflict of one field, by column.
type Resolution struct {
	Column string
	Take   Take
}

// Change makes the wanted values the drafted ones over the live ones of now, and settles
// conflicts. A field with its live value leaves the draft.
func (d *Difference) Change(now, wanted record.Values, resolve []Resolution) error {
	changes, base := maps.Clone(d.Changes), maps.Clone(d.Ground)
	if changes == nil {
		changes, base = record.Values{}, record.Values{}
	}
	for column, value := range wanted {
		switch _, drafted := changes[column]; {
		case record.Alike(value, now[column]):
			delete(changes, column)
			delete(base, column)
		case drafted:
			changes[column] = value
		default:
			changes[column], base[column] = value, now[column]
		}
	}
	var faults fault.List
	for i, r := range resolve {
		_, was := d.Changes[r.Column]
		_, is := changes[r.Column]
		switch {
		case !was && !is:
			faults.Add(fault.Field(fmt.Sprintf("resolve.%d.field", i), "draft_field", "Fältet finns inte i utkastet.", "The draft has no such field."))
		case is && r.Take == TakeDraft:
			base[r.Column] = now[r.Column]
		case is:
			delete(changes, r.Column)
			delete(base, r.Column)
		}
	}
	d.State, d.Changes, d.Ground = Open, changes, base
	return faults.Err()
}

// NotEmpty refuses to begin a draft of nothing; one that has no field left is discarded.
func (d *Difference) NotEmpty(begun bool) error {
	switch {
	case len(d.Changes) > 0:
	case !begun:
		return fault.Field("", "draft_empty", "Utkastet skiljer sig inte från det gällande. Ändra något fält.", "The draft does not differ from what is live. Change some field.")
	default:
		d.State = Discarded
	}
	return nil
}
