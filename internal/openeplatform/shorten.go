package openeplatform

import (
	"strings"
	"unicode"
)

// Shorten gives text in at most max characters and tells whether it was cut.
// It ends after a whole sentence when that keeps at least half of the room;
// else after a whole word with "…"; and inside a word only when the word alone
// fills half of the room. White space of any kind becomes one space.
func Shorten(text string, max int) (string, bool) {
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	switch {
	case len(runes) <= max:
		return text, false
	case max <= 0:
		return "", true
	}
	for end := max; end > 0 && end*2 >= max; end-- {
		if sentenceEnd(runes, end) {
			return string(runes[:end]), true
		}
	}
	end := max - 1 // room for the ellipsis
	for word := end; word > 0 && word*2 >= max; word-- {
		if runes[word] == ' ' {
			end = word
			break
		}
	}
	for end > 0 && unicode.Is(unicode.M, runes[end]) { // never part a letter from its accent
		end--
	}
	kept := strings.TrimRightFunc(string(runes[:end]), func(r rune) bool {
		return r == ' ' || strings.ContainsRune(".,;:-–—(/", r)
	})
	return kept + "…", true
}

// sentenceEnd tells whether runes[:end] ends a sentence: a stop before a space
// and a capital letter, and no abbreviation such as "t.ex.".
func sentenceEnd(runes []rune, end int) bool {
	if end+1 >= len(runes) || runes[end] != ' ' || !strings.ContainsRune(".!?", runes[end-1]) {
		return false
	}
	if !unicode.IsUpper(runes[end+1]) && runes[end+1] != '-' {
		return false
	}
	for i := end - 2; i >= 0 && runes[i] != ' '; i-- {
		if runes[i] == '.' {
			return false
		}
	}
	return true
}
