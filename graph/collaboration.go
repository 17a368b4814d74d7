package graph

// collaborationLoaders read collaborations, agreements, shared projects, participations and offers.
type collaborationLoaders struct{}

func newCollaborationLoaders(_ *Resolver, _ *scope) collaborationLoaders {
	return collaborationLoaders{}
}

func (l *loaders) collaborationFinders() finders {
	return finders{}
}

// collaborationRecords are the records of collaborations, agreements, shared projects, participations and offers, for the names of their fields.
func collaborationRecords() []any { return nil }
