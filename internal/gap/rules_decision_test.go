package gap_test

// decisionCases has each rule of these records.
func decisionCases() map[string][]ruleCase { return nil }
