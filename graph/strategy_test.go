package graph_test

// strategySteps has an example of every mutation of these records.
func strategySteps() []step { return nil }

// strategyAttempts are inputs that whoever may write is refused for another reason.
func strategyAttempts(_ *world, _ map[string]string) map[string]attempt { return nil }

// strategyTargets makes what the attempts are made on.
func (w *world) strategyTargets(_ map[string]string) {}

// strategies has a secret in each text of these records.
func (n *nest) strategies() {}

// strategies has records in every list of these, with equal names and days among them.
func (c *catalogue) strategies() {}

// strategyScarce are lists that the rules keep shorter than the others.
var strategyScarce = map[string]int{}

// strategyCodes are the enums of these records.
func strategyCodes() map[string]places { return nil }

// strategyFacets name, for each list, the condition of the filter that takes each facet's values.
var strategyFacets = map[string]map[string]string{}

// strategiesOfEveryKind registers records that differ in every field that is counted by.
func (w *world) strategiesOfEveryKind() {}
