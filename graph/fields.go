package graph

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/eservice"
	"fardplan/internal/gid"
	"fardplan/internal/organisation"
	"fardplan/internal/token"
)

// fieldName gives the API's name of a column: owner_unit_id is ownerUnit.
func fieldName(column string) string {
	words := strings.Split(strings.TrimSuffix(column, "_id"), "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	name := strings.Join(words, "")
	if column == "oep_family_id" {
		return "oepFamilyId"
	}
	return name
}

// fieldValue gives a column's JSON as the API has it: a reference as a global id.
func fieldValue(column string, value json.RawMessage) json.RawMessage {
	kind, refers := references[fieldName(column)]
	var id uuid.UUID
	if !refers || !strings.HasSuffix(column, "_id") || bytes.Equal(value, []byte("null")) || json.Unmarshal(value, &id) != nil {
		return value
	}
	out, _ := json.Marshal(gid.New(kind, id))
	return out
}

// hidden are columns that are nobody's to see.
var hidden = []string{"hash", "oep_seen", "changed_in"}

// fieldsOf gives a record's fields as the API has them, for a caller that may see it.
func fieldsOf(record any) map[string]any {
	fields := map[string]any{}
	v := reflect.Indirect(reflect.ValueOf(record))
	for _, f := range reflect.VisibleFields(v.Type()) {
		column, ok := f.Tag.Lookup("db")
		if !ok || slices.Contains(hidden, column) {
			continue
		}
		value := v.FieldByIndex(f.Index).Interface()
		if column == "id" {
			if node, ok := record.(interface{ NodeID() gid.ID }); ok {
				value = node.NodeID()
			}
			fields["id"] = value
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			continue
		}
		fields[fieldName(column)] = fieldValue(column, raw)
	}
	return fields
}

// known are the columns of the records that this release knows. It may run on the
// database of a later one, which has more: those are no fields of the API, and what
// the API has told of the past it tells again.
var known = columnsOf(
	organisation.Municipality{}, organisation.Unit{}, eservice.SharedService{}, eservice.EService{}, eservice.Usage{},
	eservice.ImportRun{}, token.Token{},
)

func columnsOf(records ...any) map[string]bool {
	columns := map[string]bool{}
	for _, record := range records {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(record)) {
			columns[f.Tag.Get("db")] = true
		}
	}
	return columns
}
