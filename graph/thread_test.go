package graph_test

// threadSteps has an example of every mutation of these records.
func threadSteps() []step { return nil }

// threadAttempts are inputs that whoever may write is refused for another reason.
func threadAttempts(_ *world, _ map[string]string) map[string]attempt { return nil }

// threadTargets makes what the attempts are made on.
func (w *world) threadTargets(_ map[string]string) {}

// threads has a secret in each text of these records.
func (n *nest) threads() {}

// threads has records in every list of these, with equal names and days among them.
func (c *catalogue) threads() {}

// threadScarce are lists that the rules keep shorter than the others.
var threadScarce = map[string]int{}

// threadCodes are the enums of these records.
func threadCodes() map[string]places { return nil }

// threadFacets name, for each list, the condition of the filter that takes each facet's values.
var threadFacets = map[string]map[string]string{}

// threadsOfEveryKind registers records that differ in every field that is counted by.
func (w *world) threadsOfEveryKind() {}
