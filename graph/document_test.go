package graph_test

// documentSteps has an example of every mutation of these records.
func documentSteps() []step { return nil }

// documentAttempts are inputs that whoever may write is refused for another reason.
func documentAttempts(_ *world, _ map[string]string) map[string]attempt { return nil }

// documentTargets makes what the attempts are made on.
func (w *world) documentTargets(_ map[string]string) {}

// documents has a secret in each text of these records.
func (n *nest) documents() {}

// documents has records in every list of these, with equal names and days among them.
func (c *catalogue) documents() {}

// documentScarce are lists that the rules keep shorter than the others.
var documentScarce = map[string]int{}

// documentCodes are the enums of these records.
func documentCodes() map[string]places { return nil }

// documentFacets name, for each list, the condition of the filter that takes each facet's values.
var documentFacets = map[string]map[string]string{}

// documentsOfEveryKind registers records that differ in every field that is counted by.
func (w *world) documentsOfEveryKind() {}
