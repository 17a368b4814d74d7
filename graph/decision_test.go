package graph_test

// decisionSteps has an example of every mutation of these records.
func decisionSteps() []step { return nil }

// decisionAttempts are inputs that whoever may write is refused for another reason.
func decisionAttempts(_ *world, _ map[string]string) map[string]attempt { return nil }

// decisionTargets makes what the attempts are made on.
func (w *world) decisionTargets(_ map[string]string) {}

// decisions has a secret in each text of these records.
func (n *nest) decisions() {}

// decisions has records in every list of these, with equal names and days among them.
func (c *catalogue) decisions() {}

// decisionScarce are lists that the rules keep shorter than the others.
var decisionScarce = map[string]int{}

// decisionCodes are the enums of these records.
func decisionCodes() map[string]places { return nil }

// decisionFacets name, for each list, the condition of the filter that takes each facet's values.
var decisionFacets = map[string]map[string]string{}

// decisionsOfEveryKind registers records that differ in every field that is counted by.
func (w *world) decisionsOfEveryKind() {}
