package graph

// strategyLoaders read goals, indicators, initiatives and what hangs on them.
type strategyLoaders struct{}

func newStrategyLoaders(_ *Resolver, _ *scope) strategyLoaders {
	return strategyLoaders{}
}

func (l *loaders) strategyFinders() finders {
	return finders{}
}

// strategyRecords are the records of goals, indicators, initiatives and what hangs on them, for the names of their fields.
func strategyRecords() []any { return nil }
