package graph

// threadLoaders read links between records.
type threadLoaders struct{}

func newThreadLoaders(_ *Resolver, _ *scope) threadLoaders {
	return threadLoaders{}
}

func (l *loaders) threadFinders() finders {
	return finders{}
}

// threadRecords are the records of links between records, for the names of their fields.
func threadRecords() []any { return nil }
