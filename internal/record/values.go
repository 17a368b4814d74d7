package record

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"fardplan/internal/postgres"
)

// Values are values of a record's fields as JSON, by column.
type Values map[string]json.RawMessage

// ValuesOf gives what a record, given by its pointer, has in its columns.
func ValuesOf(record any) Values {
	all := Values{}
	postgres.EachColumn(record, func(column string, field reflect.Value) { all[column] = JSON(field.Interface()) })
	return all
}

// Set gives a record's column the value that JSON has, or the error of one that the
// column cannot hold.
func Set(record any, column string, value json.RawMessage) error {
	field := postgres.Column(record, column)
	// What it held may be shared with a copy of the record, and is not written into.
	field.SetZero()
	if err := json.Unmarshal(value, field.Addr().Interface()); err != nil {
		return err
	}
	// An int is an integer of 32 bits in the database.
	if field.Kind() == reflect.Pointer && !field.IsNil() {
		field = field.Elem()
	}
	if field.Kind() == reflect.Int && field.Int() != int64(int32(field.Int())) {
		return strconv.ErrRange
	}
	return nil
}

// JSON gives a value of a column as JSON has it.
func JSON(value any) json.RawMessage {
	b, err := json.Marshal(value)
	if err != nil {
		panic(err) // what a column holds always marshals
	}
	return b
}

// Alike tells whether two values are the same: the database writes JSON in a form of its
// own.
func Alike(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// ColumnOf gives the column of T's records that the API has the name for.
func ColumnOf[T any](name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	column := b.String()
	if postgres.Column(new(T), column+"_id").IsValid() {
		return column + "_id"
	}
	return column
}

// FieldOf gives the name that the API has for a column.
func FieldOf(column string) string {
	words := strings.Split(strings.TrimSuffix(column, "_id"), "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}
