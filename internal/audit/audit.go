// Package audit is the audits of a municipality: what was found, asked and answered.
package audit

import (
	"fardplan/internal/gap"
	"fardplan/internal/record"
	"fardplan/internal/search"
)

// Service reads and changes these records. A change refuses who may not make it with
// UNAUTHENTICATED or FORBIDDEN, a record that is not seen with NOT_FOUND, a stale
// version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	record.Keeper
}

// GapObjects says how gaps of these records are kept.
func GapObjects() []gap.Object { return nil }

// GapRules are what these records should have.
func GapRules() []gap.Rule { return nil }

// SearchSources says what of these records is searched.
func SearchSources() []search.Source { return nil }
