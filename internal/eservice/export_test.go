package eservice

// NewSlugs gives a municipality's slugs of which some are taken.
func NewSlugs(taken ...string) (free func(name string) string) {
	s := newSlugs()
	for _, slug := range taken {
		s.taken[slug] = true
	}
	return s.free
}
