// Package search finds records by what people type: Swedish and English words, their
// beginnings and inflections, words inside compounds, and words mistyped. It knows no
// domain: each describes its records as a Source.
package search

import (
	"fmt"
	"hash/fnv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// Bounds of a search.
const (
	Most      = 200 // hits that a search tells of
	mostRunes = 200 // characters of what is typed
	mostWords = 8   // words of it that are looked for
)

// Source is one kind of record that is searched. Its parts are SQL over the record's
// row x, and the date comes from today().
type Source struct {
	Table string
	Name  Text // the kind in words
	// NameSv and NameEn are the record's names; NameEn may be null.
	NameSv, NameEn string
	// Aliases is a text[] of other names, each found as a whole, and Keywords one of
	// what is found by its words.
	Aliases, Keywords string
	// Texts is a text[] of what else is searched, and Shown one text of them, by
	// language, that a snippet is taken from; it may be null.
	Texts            string
	ShownSv, ShownEn string
	// Municipality is the id of the municipality whose record it is.
	Municipality string
	// Uses counts how much the record is used: of equal hits the most used comes first.
	Uses string
	// Weight is an int from 0 that does not go by the date: where more records of the kind
	// answer alike than a search tells of, the heaviest are told of. From 9 all are equals, and
	// which of equals are told of only their ids and names decide. Empty where all weigh alike.
	Weight string
	// Touched is the condition that the change @change touches what is searched of the
	// record; empty where only a change of the record itself does.
	Touched string
	// Drafts is the table of the records' drafts; empty where they have none. Drafted is
	// SQL in place of Table and its alias x, with the values of the open drafts that the
	// condition seen, on the row draft, lets be seen; the row live is the record as it is.
	// For those who see a draft, its record is found by what it says too.
	Drafts  string
	Drafted func(seen string) string
	// Facets are fields that hits may be counted by, and Filters the conditions that
	// narrow them, by name. @f_NAME is the text[] of values wanted.
	Facets  map[string]postgres.Facet
	Filters map[string]string
}

// ByMunicipality is the facet of a record that belongs to a municipality.
func ByMunicipality() postgres.Facet {
	return postgres.Facet{Value: "m.scb_code", Join: "JOIN municipality m ON m.id = x.municipality_id", Sv: "m.name_sv", En: "coalesce(m.name_en, m.name_sv)"}
}

// Text is a text in Swedish and English.
type Text struct{ Sv, En string }

// Service searches, and keeps what is searched.
type Service struct {
	Sources []Source
	Journal *history.Journal
	Policy  access.Policy
	// Instead of the constants of these names; 0 for those.
	manySampled, manyBegun int
}

// Why tells how a record was found.
type Why string

// The ways in which a record is found, best first.
const (
	ExactName  Why = "EXACT_NAME"
	NamePrefix Why = "NAME_PREFIX"
	Word       Why = "WORD"
	InsideWord Why = "INSIDE_WORD"
	Similar    Why = "SIMILAR"
)

// Filter narrows a search; empty parts do not.
type Filter struct {
	Kinds          []string // tables of records, in capitals as the API writes them
	Municipalities []string // SCB codes
	Themes         []string
	Statuses       []string
	OwnerUnits     []uuid.UUID
}

// Hit is a record that was found.
type Hit struct {
	Kind         string // its table
	ID           uuid.UUID
	Municipality uuid.UUID
	Why          Why
	Drafted      bool // its open draft answers: Title and Snippet are the draft's
	Title        Marked
	Snippet      *Marked // nil where the record has no text to show
}

// Marked is a text with the places in it that answer to what was typed.
type Marked struct {
	Text     string
	Language text.Language
	Marks    []Range
}

// Range is a part of a text: from Start up to but not including End, counted in
// UTF-16 code units as JavaScript does.
type Range struct{ Start, End int }

// typed refuses what is too long to be a search.
func typed(query string) error {
	if n := utf8.RuneCountInString(query); n > mostRunes {
		return fault.Field("query", "search_length",
			fmt.Sprintf("Sökningen har %d tecken; högst %d får den ha. Skriv några få ord.", n, mostRunes),
			fmt.Sprintf("The search has %d characters; at most %d are allowed. Write a few words.", n, mostRunes))
	}
	return nil
}

// fingerprint changes when what is searched of the records does.
func (s *Service) fingerprint() string {
	h := fnv.New64a()
	for i := range s.Sources {
		_, _ = h.Write([]byte(s.Sources[i].live("true")))
		if s.Sources[i].Drafts != "" {
			_, _ = h.Write([]byte(s.Sources[i].drafted("true")))
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// rebuilt is a run over all entries.
type rebuilt struct {
	At      time.Time `db:"at"`
	Sources string    `db:"comment"` // a fingerprint of what it went by
}
