package graph

// decisionLoaders read cases, decisions and waivers.
type decisionLoaders struct{}

func newDecisionLoaders(_ *Resolver, _ *scope) decisionLoaders {
	return decisionLoaders{}
}

func (l *loaders) decisionFinders() finders {
	return finders{}
}

// decisionRecords are the records of cases, decisions and waivers, for the names of their fields.
func decisionRecords() []any { return nil }
