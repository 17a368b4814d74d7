package graph

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/gid"
	"fardplan/internal/organisation"
	"fardplan/internal/token"
	"fardplan/internal/user"
)

// fieldName gives the API's name of a column: owner_unit_id is ownerUnit.
func fieldName(column string) string {
	words := strings.Split(strings.TrimSuffix(column, "_id"), "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	name := strings.Join(words, "")
	if column == "oep_family_id" || column == "family_id" {
		return name + "Id"
	}
	return name
}

// fieldValue gives a column's JSON as the API has it: a reference as a global id, and
// the values of a draft by the names of their fields.
func fieldValue(column string, value json.RawMessage) json.RawMessage {
	if column == "changes" || column == "base" {
		return draftValues(value, func(column string, value json.RawMessage) json.RawMessage { return fieldValue(column, value) })
	}
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
var known = columnsOf(slices.Concat([]any{
	organisation.Municipality{}, organisation.Unit{}, eservice.SharedService{}, eservice.EService{}, eservice.Draft{}, draft.Draft{}, eservice.Usage{},
	eservice.ImportRun{}, eservice.PlatformFlow{}, eservice.PlatformCategory{}, token.Token{}, user.Account{}, user.Grant{},
}, decisionRecords(), documentRecords(), collaborationRecords(), strategyRecords(), threadRecords())...)

func columnsOf(records ...any) map[string]bool {
	columns := map[string]bool{}
	for _, record := range records {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(record)) {
			columns[f.Tag.Get("db")] = true
		}
	}
	return columns
}

// draftValues gives the values of a draft, which are by column, by the names that the
// API has for their fields.
func draftValues(values json.RawMessage, each func(column string, value json.RawMessage) json.RawMessage) json.RawMessage {
	var columns map[string]json.RawMessage
	if json.Unmarshal(values, &columns) != nil || columns == nil {
		return values
	}
	fields := map[string]json.RawMessage{}
	for column, value := range columns {
		if known[column] {
			fields[fieldName(column)] = each(column, value)
		}
	}
	out, _ := json.Marshal(fields)
	return out
}

// columnNamed gives the column of an e-service that the API has the name for; empty for
// none.
func columnNamed(name string) string {
	for column := range columnsOf(eservice.EService{}) {
		if column != "" && fieldName(column) == name {
			return column
		}
	}
	return ""
}
