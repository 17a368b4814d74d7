package search

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// class is how a word of an entry answers to one that is typed, nearest first.
type class int

const (
	same      class = iota // the word itself, inflected or not
	beginning              // what begins with it
	dotless                // likewise but for the dots of å ä ö
	inside                 // what has it inside, as a compound has
	similar                // what is spelt much like it
	classes
)

// group is one typed word with the words that answer to it.
type group struct {
	word string // folded
	stop bool   // a word that says nothing by itself, such as "om"
	// joined are words made of this one and its neighbour, as typed apart: läx hjälp.
	joined []string
	alts   [classes][]string
	// places are the municipalities that it names.
	places []uuid.UUID
}

// query is what is typed, with what answers to it.
type query struct {
	whole  string // folded
	groups []group
}

// looked are the groups that are looked for: those that say something, or all where
// none does.
func (q query) looked() []group {
	saying := slices.DeleteFunc(slices.Clone(q.groups), func(g group) bool { return g.stop })
	if len(saying) == 0 {
		return q.groups
	}
	return saying
}

// tier is one step from the best hits to the faintest. It takes what earlier ones took
// and more.
type tier struct {
	fields string // letters of search_vector: a names, b keywords, c texts
	to     class  // the farthest class that it takes
	why    Why
	fewer  int // how many of the words may be missing; -1 for all but one
}

// tiers follow upon the whole name and its beginning, which have an index of their own.
var tiers = []tier{
	{fields: "a", to: same, why: Word},
	{fields: "ab", to: same, why: Word},
	{fields: "ab", to: beginning, why: Word},
	{fields: "ab", to: dotless, why: Similar},
	{fields: "ab", to: inside, why: InsideWord},
	{fields: "abc", to: inside, why: Word},
	{fields: "ab", to: similar, why: Similar},
	{fields: "abc", to: similar, why: Similar},
	{fields: "ab", to: beginning, why: Word, fewer: 1},
	{fields: "abc", to: similar, why: Similar, fewer: 1},
	{fields: "ab", to: beginning, why: Word, fewer: -1},
	{fields: "abc", to: similar, why: Similar, fewer: -1},
}

// lexeme writes a lexeme of a tsquery. What is typed is only ever inside the quotes.
func lexeme(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}

// mostBegun is how many words are looked up that begin as a typed one, and mostBeginning
// how many characters of words' beginnings entries have.
const mostBegun, mostBeginning = 40, 3

// begun writes the lexemes that begin as the group's word. For a beginning the index
// goes through all entries of all of them each time that it is asked; where few are known,
// it takes a tenth of the time to ask for the words themselves. Shorter beginnings, that
// many have, are lexemes of their own: of names and keywords, which no tier tells apart.
func (g group) begun(field string) []string {
	if len([]rune(g.word)) <= mostBeginning && field != "c" {
		return []string{lexeme("~" + g.word)}
	}
	if len(g.alts[dotless]) == mostBegun || len([]rune(g.word)) < 3 {
		return []string{lexeme(field+g.word) + ":*"}
	}
	var all []string
	for _, word := range g.alts[dotless] {
		if strings.HasPrefix(word, g.word) {
			all = append(all, lexeme(field+word))
		}
	}
	return all
}

// of writes the tsquery of one group at a tier.
func (g group) of(t tier, places bool) string {
	var any []string
	for _, field := range strings.Split(t.fields, "") {
		for c := same; c <= t.to; c++ {
			for _, word := range g.alts[c] {
				any = append(any, lexeme(field+word))
			}
			switch c {
			case same:
				any = append(any, lexeme(field+g.word))
				for _, word := range g.joined {
					any = append(any, lexeme(field+word))
				}
			case beginning:
				any = append(any, g.begun(field)...)
				for _, word := range g.joined {
					any = append(any, lexeme(field+word)+":*")
				}
			}
		}
	}
	if places {
		for _, id := range g.places {
			any = append(any, lexeme("#"+id.String()))
		}
	}
	slices.Sort(any)
	return "(" + strings.Join(slices.Compact(any), " | ") + ")"
}

// at writes the tsquery of a tier; empty where the tier is none for what is typed.
func (q query) at(t tier) string {
	groups := q.looked()
	missing := t.fewer
	if missing < 0 {
		missing = len(groups) - 1
	}
	short := !slices.ContainsFunc(groups, func(g group) bool { return len([]rune(g.word)) > 2 })
	if len(groups) == 0 || short && (t.to > beginning || strings.Contains(t.fields, "c")) ||
		t.fewer > 0 && len(groups) < 3 || t.fewer < 0 && len(groups) < 2 {
		return ""
	}
	of := make([]string, len(groups))
	for i, g := range groups {
		of[i] = g.of(t, len(groups) > 1 && missing == 0)
	}
	if missing == 0 {
		return strings.Join(of, " & ")
	}
	if missing == len(of)-1 {
		return strings.Join(of, " | ")
	}
	var without []string
	for i := range of {
		without = append(without, "("+strings.Join(slices.Delete(slices.Clone(of), i, i+1), " & ")+")")
	}
	return strings.Join(without, " | ")
}
