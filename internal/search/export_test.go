package search

// SetMany gives the service other bounds of what is met by rank, so that a test needs few
// records; with -1, all is.
func (s *Service) SetMany(sampled, begun int) { s.manySampled, s.manyBegun = sampled, begun }
