package decision

import (
	"fardplan/internal/gap"
	"fardplan/internal/search"
)

// waiverExpired is the rule that a waiver which holds no more is looked after.
const waiverExpired = "WAIVER_EXPIRED"

// GapObjects says how gaps of these records are kept.
func GapObjects() []gap.Object { return nil }

// GapRules are what these records should have.
func GapRules() []gap.Rule { return nil }

// SearchSources says what of these records is searched.
func SearchSources() []search.Source { return nil }
