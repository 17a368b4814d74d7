package gap_test

// documentCases has each rule of these records.
func documentCases() map[string][]ruleCase { return nil }
