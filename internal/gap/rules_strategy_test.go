package gap_test

// strategyCases has each rule of these records.
func strategyCases() map[string][]ruleCase { return nil }
