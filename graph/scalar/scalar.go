// Package scalar reads and writes the API's scalars that are not types of their own.
package scalar

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"fardplan/internal/fault"
	"fardplan/internal/gid"
)

// MarshalString writes a text.
func MarshalString(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalString reads a text in Unicode's normal form C. Control characters, other
// than line breaks and tabs, and characters that are none are refused: they are never
// meant, and the database holds no U+0000.
func UnmarshalString(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", fault.Field("", "text", "Här ska det stå en text.", "A text is expected here.")
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
	}) {
		return "", fault.Field("", "text_control", "Texten innehåller ett styrtecken. Ta bort det.", "The text holds a control character. Remove it.")
	}
	return norm.NFC.String(s), nil
}

// MarshalDateTime writes an instant in UTC, to the microsecond.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.Quote(t.UTC().Format("2006-01-02T15:04:05.999999Z07:00")))
	})
}

// UnmarshalDateTime reads an instant as RFC 3339 writes it.
func UnmarshalDateTime(v any) (time.Time, error) {
	if s, ok := v.(string); ok {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil && t.Year() >= 1800 && t.Year() <= 2200 {
			return t, nil
		}
	}
	return time.Time{}, fault.Field("", "date_time",
		"En tidpunkt skrivs som i RFC 3339, till exempel 2026-11-23T14:00:00Z, åren 1800 till 2200.",
		"An instant is written as RFC 3339 says, such as 2026-11-23T14:00:00Z, of the years 1800 to 2200.")
}

// MarshalJSON writes any value.
func MarshalJSON(v json.RawMessage) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(v) })
}

// UnmarshalJSON reads any value.
func UnmarshalJSON(v any) (json.RawMessage, error) { return json.Marshal(v) }

// MarshalUUID is never asked for: ids go out with their kind, as gid.ID.
func MarshalUUID(u uuid.UUID) graphql.Marshaler { return graphql.MarshalString(u.String()) }

// UnmarshalUUID reads the UUID of a global id of any kind, for conditions of a filter:
// one of another kind matches nothing.
func UnmarshalUUID(v any) (uuid.UUID, error) {
	var id gid.ID
	if err := id.UnmarshalGQL(v); err != nil {
		return uuid.Nil, err
	}
	_, u, err := id.Parse()
	return u, err
}
