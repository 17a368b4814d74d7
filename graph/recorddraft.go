package graph

import (
	"context"
	"reflect"

	"github.com/google/uuid"

	"fardplan/graph/model"
	"fardplan/internal/draft"
	"fardplan/internal/fault"
)

// openDraftOf reads the draft of a record that is open or in review; nil where there is
// none that the caller sees.
func openDraftOf(ctx context.Context, record uuid.UUID) (*draft.Draft, error) {
	s, err := reading(ctx)
	if err != nil {
		return nil, err
	}
	d, _, err := s.load.draftOf.find(ctx, record)
	return d, err
}

// drafted reads the live record of a draft with its kind; nil for one of a kind that this
// release does not know.
func (r *Resolver) drafted(ctx context.Context, d *draft.Draft) (draft.Kind, draft.Live, error) {
	kind, known := r.Drafts.Kind(d.ObjectKind)
	if !known {
		return kind, nil, nil
	}
	record, err := r.record(ctx, d.ObjectKind, d.ObjectID)
	if record == nil || err != nil {
		return kind, nil, err
	}
	return kind, record.(draft.Live), nil
}

// notDrafted refuses drafts of a kind of record that has none of these.
func notDrafted() error {
	return fault.Field("id", "draft_kind", "Poster av det slaget har inga sådana utkast. E-tjänsters utkast skrivs med saveEServiceDraft.", "Records of that kind have no such drafts. Those of e-services are written by saveEServiceDraft.")
}

// draftInput is what an input gives of a record's fields, under the name of its kind.
type draftInput struct {
	name  string
	given any // nil for none
}

// fieldsOfDraft gives the fields of the kind that goes by the name. Those of another kind
// are refused.
func fieldsOfDraft(input model.SaveRecordDraftInput, name string) (draftInput, error) {
	fields := draftInput{name: name}
	var faults fault.List
	in := reflect.ValueOf(input)
	for i := range in.NumField() {
		set := in.Field(i).MethodByName("Value")
		if !set.IsValid() {
			continue
		}
		value := set.Call(nil)[0]
		if value.Kind() != reflect.Pointer || value.IsNil() || value.Elem().Kind() != reflect.Struct {
			continue
		}
		if of := apiName(in.Type().Field(i)); of != name {
			faults.Add(fault.Field(of, "draft_fields_kind", "Fälten hör till ett annat slags post. Ange dem under "+name+".", "The fields are of another kind of record. Give them under "+name+"."))
			continue
		}
		fields.given = value.Elem().Interface()
	}
	return fields, faults.Err()
}

// apply sets the fields of a record.
func (d draftInput) apply(record any) error {
	if d.given == nil {
		return nil
	}
	return apply(d.given, record)
}

// placed tells faults of the record's fields by their place in the input, as "goal.titleSv".
func (d draftInput) placed(err error) error {
	all := fault.All(err)
	if len(all) == 0 || d.given == nil {
		return err
	}
	names := map[string]bool{}
	of := reflect.TypeOf(d.given)
	for i := range of.NumField() {
		names[apiName(of.Field(i))] = true
	}
	var told fault.List
	for _, f := range all {
		if names[f.Field] {
			f = f.At(d.name + "." + f.Field)
		}
		told.Add(f)
	}
	return told
}

// moveDraft takes the draft that an input names a step on its way.
func (r *Resolver) moveDraft(ctx context.Context, step draft.Step, input model.RecordDraftActionInput) (*model.RecordDraftPayload, error) {
	id, err := input.ID.As("record_draft", "id")
	if err != nil {
		return nil, err
	}
	return recordDraftPayload(r.Drafts.Move(ctx, step, draft.Version{ID: id, Version: input.ExpectedVersion}, input.Comment))
}

// recordDraftPayload wraps a draft that was changed.
func recordDraftPayload(d *draft.Draft, err error) (*model.RecordDraftPayload, error) {
	if err != nil {
		return nil, err
	}
	return &model.RecordDraftPayload{Draft: d}, nil
}
