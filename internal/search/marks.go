package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"fardplan/internal/text"
)

// mostShown is how many characters of a text a snippet shows.
const mostShown = 240

// folded gives a letter as it is compared: small and without accents, but for å ä ö.
func folded(r rune) rune {
	r = unicode.ToLower(r)
	if i := strings.IndexRune("éèêëáàâãíìîïóòôõøúùûüýÿçñæ", r); i >= 0 && r > 127 {
		return []rune("eeeeaaaaiiiiooooöuuuuyycnä")[len([]rune("éèêëáàâãíìîïóòôõøúùûüýÿçñæ"[:i]))]
	}
	return r
}

// answers gives where in a folded word the query is met; nothing where it is not.
func (q query) answers(word []rune) (from, to int) {
	w := string(word)
	for _, g := range q.looked() {
		for _, typed := range append([]string{g.word}, g.joined...) {
			if at := strings.Index(w, typed); at == 0 || at > 0 && len([]rune(typed)) > 2 {
				from = len([]rune(w[:at]))
				return from, from + len([]rune(typed))
			}
		}
		for _, alts := range g.alts {
			if slices.Contains(alts, w) {
				return 0, len(word)
			}
		}
	}
	return 0, 0
}

// mark finds the places of a text that answer to the query, in runes.
func (q query) mark(runes []rune) []Range {
	var marks []Range
	for i := 0; i < len(runes); {
		j := i
		var word []rune
		for j < len(runes) && (unicode.IsLetter(runes[j]) || unicode.IsDigit(runes[j])) {
			word = append(word, folded(runes[j]))
			j++
		}
		if from, to := q.answers(word); len(word) > 0 && to > from {
			marks = append(marks, Range{i + from, i + to})
		}
		i = max(j, i+1)
	}
	return marks
}

// marked gives a text with its marks, cut around the first where it is long.
func (q query) marked(s string, language text.Language) *Marked {
	runes := []rune(s)
	marks := q.mark(runes)
	if len(runes) > mostShown {
		start := 0
		if len(marks) > 0 && marks[0].End > mostShown-40 {
			start = max(marks[0].Start-60, 0)
			for start < marks[0].Start && start > 0 && !unicode.IsSpace(runes[start-1]) {
				start++
			}
		}
		end := min(start+mostShown, len(runes))
		cut := slices.Clone(runes[start:end])
		shift := -start
		if start > 0 {
			cut = append([]rune("… "), cut...)
			shift += 2
		}
		if end < len(runes) {
			cut = append(cut, '…')
		}
		var kept []Range
		for _, m := range marks {
			if m.Start >= start && m.End <= end {
				kept = append(kept, Range{m.Start + shift, m.End + shift})
			}
		}
		runes, marks = cut, kept
	}
	shown := &Marked{Text: string(runes), Language: language, Marks: []Range{}}
	for _, m := range marks {
		units := func(n int) int { return len(utf16.Encode(runes[:n])) }
		shown.Marks = append(shown.Marks, Range{units(m.Start), units(m.End)})
	}
	return shown
}

// best gives the first of the texts that answers to the query, else the first.
func (q query) best(texts ...*Marked) *Marked {
	var first *Marked
	for _, t := range texts {
		switch {
		case t == nil:
		case len(t.Marks) > 0:
			return t
		case first == nil:
			first = t
		}
	}
	return first
}
