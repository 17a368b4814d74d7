// Package model is the types of the API that are of no domain: interfaces over
// records, inputs and payloads.
package model

import (
	"encoding/json"

	"github.com/google/uuid"

	"fardplan/internal/access"
)

// Node is anything with a global id.
type Node interface{ RecordID() uuid.UUID }

// Record is a record whose changes are kept.
type Record interface{ RecordID() uuid.UUID }

// Actor is who made a change.
type Actor struct {
	Kind           access.Kind
	ID             string
	Function       string
	MunicipalityID *uuid.UUID
}

// DraftField is a drafted field beside its base and live values.
type DraftField struct {
	Field    string          `db:"field"`
	Base     json.RawMessage `db:"base"`
	Live     json.RawMessage `db:"live"`
	Draft    json.RawMessage `db:"draft"`
	Conflict bool
}

// FieldChange is a field of a record before and after a change; null is absent.
type FieldChange struct {
	Field         string
	Before, After json.RawMessage
}
