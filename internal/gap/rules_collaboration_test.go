package gap_test

// collaborationCases has each rule of these records.
func collaborationCases() map[string][]ruleCase { return nil }
