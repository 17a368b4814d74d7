package graph

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/gid"
)

// notOfRecord are the fields of inputs that say which record and why, not what of it.
var notOfRecord = []string{"id", "expectedVersion", "comment", "municipality", "liveVersion", "resolve", "object", "of", "before", "after"}

// references are the kinds of record that fields refer to.
var references = map[string]string{
	"ownerUnit": "unit", "parent": "unit", "successor": "unit",
	"sharedService": "shared_service", "replacedBy": "e_service", "eService": "e_service",
	"municipality": "municipality", "userAccount": "user_account",
	"case": "diary_case", "bodyUnit": "unit", "jointCollaboration": "collaboration", "supersededBy": "decision", "decision": "decision",
	"decidedBy": "unit", "supersedes": "governing_document", "governingDocument": "governing_document",
	"audit": "audit", "auditorUnit": "unit", "addresseeUnit": "unit", "follows": "audit", "formalAnswer": "formal_answer", "finding": "finding", "recurrenceOf": "finding",
	"collaboration": "collaboration", "agreement": "agreement", "agreementParty": "agreement_party", "sharedProject": "shared_project", "participation": "participation",
	"proposedBy": "municipality", "serviceOffer": "service_offer", "offerAnswer": "offer_answer",
	"strategy": "governing_document", "goal": "goal", "parentGoal": "goal", "indicator": "indicator", "initiative": "initiative",
	"beforeInitiative": "initiative", "afterInitiative": "initiative", "beforeProject": "shared_project", "afterProject": "shared_project",
}

// apply sets the fields of record that the input gives, each by its name: a field left
// out stays as it is, and null empties it. All faults are told at once.
func apply(input, record any) error {
	var faults fault.List
	in, out := reflect.ValueOf(input), reflect.ValueOf(record).Elem()
	for i := range in.NumField() {
		name := apiName(in.Type().Field(i))
		value := in.Field(i)
		if slices.Contains(notOfRecord, name) {
			continue
		}
		if set := value.MethodByName("IsSet"); set.IsValid() {
			if !set.Call(nil)[0].Bool() {
				continue
			}
			value = value.MethodByName("Value").Call(nil)[0]
		}
		to := out.FieldByNameFunc(func(field string) bool {
			return strings.EqualFold(field, name) || references[name] != "" && strings.EqualFold(field, name+"ID")
		})
		if !to.IsValid() {
			panic(fmt.Sprintf("%T has no field for %s of %T", record, name, input))
		}
		faults.Add(assign(name, to, value))
	}
	return faults.Err()
}

// apiName gives the name that the API has for a field of an input.
func apiName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// assign sets a field of a record to a value of an input.
func assign(name string, to, value reflect.Value) *fault.Error {
	if value.Kind() == reflect.Pointer && value.IsNil() || value.Kind() == reflect.Slice && value.IsNil() {
		if to.Kind() != reflect.Pointer && to.Kind() != reflect.Slice {
			return fault.Field(name, "null", "Fältet kan inte tömmas.", "The field cannot be emptied.")
		}
		to.SetZero()
		return nil
	}
	if value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	if value.Kind() == reflect.Int && value.Int() != int64(int32(value.Int())) {
		return fault.Field(name, "int", "Talet är för stort eller för litet.", "The number is too great or too small.")
	}
	if id, ok := value.Interface().(gid.ID); ok {
		u, err := id.As(references[name], name)
		if err != nil {
			return fault.All(err)[0]
		}
		value = reflect.ValueOf(u)
	}
	// Space around a text is never meant.
	if s, ok := value.Interface().(string); ok {
		value = reflect.ValueOf(strings.TrimSpace(s))
	}
	// The numbers of other systems are texts in the API, which has no integers of 64 bits.
	if to.Kind() == reflect.Pointer && to.Type().Elem().Kind() == reflect.Int64 && value.Kind() == reflect.String {
		number, err := strconv.ParseInt(value.String(), 10, 64)
		if err != nil {
			return fault.Field(name, "number", "Ange ett heltal med siffror.", "Give a whole number in digits.")
		}
		value = reflect.ValueOf(number)
	}
	if to.Kind() == reflect.Pointer {
		fresh := reflect.New(to.Type().Elem())
		fresh.Elem().Set(value.Convert(to.Type().Elem()))
		to.Set(fresh)
		return nil
	}
	to.Set(value.Convert(to.Type()))
	return nil
}

// optionalID reads an id of a kind that an input may leave out.
func optionalID(id *gid.ID, kind, field string) (*uuid.UUID, error) {
	if id == nil {
		return nil, nil
	}
	u, err := id.As(kind, field)
	return &u, err
}

// updated lets the given fields of an input change the record of its id, by the domain's own
// change. They are judged before that is asked, with all their faults at once.
func updated[T any](ctx context.Context, input any, id gid.ID, kind string, version int, change func(context.Context, uuid.UUID, int, func(*T)) (*T, error)) (*T, error) {
	of, err := id.As(kind, "id")
	if err != nil {
		return nil, err
	}
	if err := apply(input, new(T)); err != nil {
		return nil, err
	}
	return change(ctx, of, version, func(record *T) { _ = apply(input, record) })
}

// withComment changes the record of an id as the domain does, and says why.
func withComment[T any](ctx context.Context, id gid.ID, kind string, version int, comment string, change func(context.Context, uuid.UUID, int, string) (T, error)) (T, error) {
	of, err := id.As(kind, "id")
	if err != nil {
		var none T
		return none, err
	}
	return change(ctx, of, version, comment)
}
