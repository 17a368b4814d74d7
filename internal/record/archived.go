package record

import (
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
)

// Standing refuses what would be done to a record, given by its pointer, that is archived:
// it stays as it was when it was taken away.
func Standing(record any) *fault.Error {
	if at := postgres.Column(record, "archived_at"); at.IsValid() && !at.IsNil() {
		return Archived()
	}
	return nil
}

// Archived is the fault of an archived record that is to be changed or linked.
func Archived() *fault.Error {
	return fault.Field("id", "record_archived", "Posten är arkiverad och ändras inte. Registrera en ny, om den behövs igen.", "The record is archived and does not change. Register a new one, if it is needed again.")
}
