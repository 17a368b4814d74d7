// Package page is Relay's connections: what a client asks of a list, the cursors
// that mark places in it, and the page that it gets.
package page

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/text"
)

// Sizes of a page, in records.
const (
	Default = 20
	Most    = 100
)

// Args is what a client asks of a list: First records after After, or Last records
// before Before; neither asks for the first Default ones.
type Args struct {
	First  *int    `json:"first,omitempty"`
	After  *string `json:"after,omitempty"`
	Last   *int    `json:"last,omitempty"`
	Before *string `json:"before,omitempty"`
}

// Cursor marks the place of a record in one order of a list.
type Cursor struct {
	Order string    `json:"o"` // the order that it is a place in
	Value string    `json:"v"` // the record's sort value, as the database writes it
	ID    uuid.UUID `json:"i"` // the record, to tell equal values apart
}

// String gives the cursor as clients keep it.
func (c Cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and a UUID always marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Window is Args checked: Limit records counted from the near end.
type Window struct {
	Limit         int
	Backward      bool
	After, Before *Cursor
}

// Window checks the arguments for a list in the given order. Every wrong argument
// is an INVALID fault of its own.
func (a Args) Window(order string) (Window, error) {
	w := Window{Limit: Default}
	var faults fault.List
	if a.First != nil && a.Last != nil {
		faults.Add(fault.Field("last", "page_direction", "Ange first eller last, inte båda.", "Give first or last, not both."))
	}
	size := func(field string, n *int) {
		if n == nil {
			return
		}
		if *n < 0 || *n > Most {
			faults.Add(fault.Field(field, "page_size",
				fmt.Sprintf("%s ska vara 0 till %d. Bläddra med after eller before för att få fler.", field, Most),
				fmt.Sprintf("%s is to be 0 to %d. Page with after or before to get more.", field, Most)))
			return
		}
		w.Limit = *n
	}
	size("first", a.First)
	size("last", a.Last)
	w.Backward = a.Last != nil || (a.First == nil && a.Before != nil && a.After == nil)
	cursor := func(field string, s *string) *Cursor {
		if s == nil {
			return nil
		}
		c := &Cursor{}
		raw, err := base64.RawURLEncoding.Strict().DecodeString(*s)
		if err == nil {
			err = json.Unmarshal(raw, c)
		}
		switch {
		case err != nil || c.String() != *s:
			faults.Add(BadCursor(field))
		case c.Order != order:
			faults.Add(fault.Field(field, "cursor_order",
				"Markören hör till en annan ordning än den som listan har nu. Börja om från första sidan.",
				"The cursor belongs to another order than the list has now. Start again from the first page."))
		}
		return c
	}
	w.After = cursor("after", a.After)
	w.Before = cursor("before", a.Before)
	return w, faults.Err()
}

// BadCursor is the fault of a cursor that no answer gave.
func BadCursor(field string) *fault.Error {
	return fault.Field(field, "cursor_form",
		"Det här är ingen markör härifrån. Använd en som ett svar har gett.",
		"This is not a cursor of this system. Use one that an answer gave.")
}

// Info tells where a page lies in its list.
type Info struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Edge is a record with its place in the list.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// Facet is how the records of a list spread over the values of one field, counted
// under the list's filter except its condition on that same field.
type Facet struct {
	Name   string
	Values []FacetValue
}

// FacetValue is one value of a facet: Value as the filter takes it, its names for
// people, and the number of records.
type FacetValue struct {
	Value  string
	Sv, En string
	Count  int
}

// Label gives the value's names for people.
func (v FacetValue) Label() text.Localized { return text.Both(v.Sv, v.En) }

// Connection is one page of a list. The total and the facets are counted only when
// asked for.
type Connection[T any] struct {
	Edges    []Edge[T]
	PageInfo Info
	Total    func(ctx context.Context) (int, error)
	Faceted  func(ctx context.Context, by []string) ([]Facet, error)
}

// Nodes gives the records without their cursors.
func (c *Connection[T]) Nodes() []T {
	nodes := make([]T, len(c.Edges))
	for i, e := range c.Edges {
		nodes[i] = e.Node
	}
	return nodes
}

// TotalCount counts the list's records over all its pages.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) { return c.Total(ctx) }

// Facets counts the list's records by the fields named.
func (c *Connection[T]) Facets(ctx context.Context, by []string) ([]Facet, error) {
	return c.Faceted(ctx, by)
}
