package graph_test

// collaborationSteps has an example of every mutation of these records.
func collaborationSteps() []step { return nil }

// collaborationAttempts are inputs that whoever may write is refused for another reason.
func collaborationAttempts(_ *world, _ map[string]string) map[string]attempt { return nil }

// collaborationTargets makes what the attempts are made on.
func (w *world) collaborationTargets(_ map[string]string) {}

// collaborations has a secret in each text of these records.
func (n *nest) collaborations() {}

// collaborations has records in every list of these, with equal names and days among them.
func (c *catalogue) collaborations() {}

// collaborationScarce are lists that the rules keep shorter than the others.
var collaborationScarce = map[string]int{}

// collaborationCodes are the enums of these records.
func collaborationCodes() map[string]places { return nil }

// collaborationFacets name, for each list, the condition of the filter that takes each facet's values.
var collaborationFacets = map[string]map[string]string{}

// collaborationsOfEveryKind registers records that differ in every field that is counted by.
func (w *world) collaborationsOfEveryKind() {}
