package search

// SetFew gives the service lower bounds of what it asks for first, so that a test needs
// few records.
func (s *Service) SetFew(few, dense int) { s.few, s.dense = few, dense }
