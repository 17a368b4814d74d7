package meeting

import "slices"

// Said lists, in order, the statuses, phases and healths of an area that have words.
func Said(a Area) (all []string) {
	for code, word := range words[a] {
		if word[0] != "" && word[1] != "" {
			all = append(all, code)
		}
	}
	slices.Sort(all)
	return all
}

// Healthy lists, in order, the healths that have words.
func Healthy() (all []string) {
	for code := range healths {
		all = append(all, code)
	}
	slices.Sort(all)
	return all
}
