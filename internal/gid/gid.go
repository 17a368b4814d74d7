// Package gid makes the global ids of the API: a record's kind and its UUID in one
// opaque word, so that node(id:) finds any record and an id of one kind is refused
// where another is asked for.
package gid

import (
	"encoding/base64"
	"io"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
)

// ID is a global id as clients see it. Its inside may change: clients keep it whole.
type ID string

// New makes the global id of the record of kind (such as "e_service") with uuid u.
func New(kind string, u uuid.UUID) ID {
	return ID(base64.RawURLEncoding.EncodeToString([]byte(kind + ":" + u.String())))
}

// Parse gives an id's kind and UUID. Anything that New does not make is refused
// with an INVALID fault.
func (id ID) Parse() (kind string, u uuid.UUID, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(id))
	if err == nil {
		var text string
		var found bool
		kind, text, found = strings.Cut(string(raw), ":")
		if u, err = uuid.Parse(text); err == nil && found && New(kind, u) == id {
			return kind, u, nil
		}
	}
	return "", uuid.Nil, fault.Field("", "id_form", "Det här är inget id härifrån. Använd ett id som ett svar har gett.", "This is not an id of this system. Use an id that an answer gave.")
}

// As gives the UUID of an id of the wanted kind; field names the input field for
// the INVALID fault that any other id gets.
func (id ID) As(kind, field string) (uuid.UUID, error) {
	got, u, err := id.Parse()
	if err != nil {
		return uuid.Nil, fault.All(err)[0].At(field)
	}
	if got != kind {
		return uuid.Nil, fault.Field(field, "id_kind",
			"Id:t hör till en post av ett annat slag än det som frågas efter här.",
			"The id belongs to a record of another kind than the one asked for here.")
	}
	return u, nil
}

// MarshalGQL writes the GraphQL scalar ID.
func (id ID) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(id))) }

// UnmarshalGQL reads the GraphQL scalar ID; what it names is checked where it is used.
func (id *ID) UnmarshalGQL(v any) error {
	switch v := v.(type) {
	case string:
		*id = ID(v)
	case int64:
		*id = ID(strconv.FormatInt(v, 10))
	default:
		return fault.Field("", "id_form", "Ett id skrivs som text.", "An id is written as text.")
	}
	return nil
}
