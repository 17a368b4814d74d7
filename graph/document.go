package graph

// documentLoaders read governing documents and audits.
type documentLoaders struct{}

func newDocumentLoaders(_ *Resolver, _ *scope) documentLoaders {
	return documentLoaders{}
}

func (l *loaders) documentFinders() finders {
	return finders{}
}

// documentRecords are the records of governing documents and audits, for the names of their fields.
func documentRecords() []any { return nil }
