package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fardplan/internal/fault"
)

// Constraints tells, for each named constraint of a domain's tables, the fault that
// its refusal is: the field, and the texts.
type Constraints map[string]*fault.Error

// Explain turns the database's refusal into the fault of the constraint it names.
// Any other error is given back as it is.
func (c Constraints) Explain(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.ConstraintName == "" {
		return err
	}
	if _, known := c[pg.ConstraintName]; !known {
		return err
	}
	return c.Fault(pg.ConstraintName)
}

// Between gives the records that lie wrong to each other, from a refusal that names them as
// its detail: each with the one that it lies to. Any other error names none.
func Between(err error) (pairs [][]uuid.UUID) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && json.Unmarshal([]byte(pg.Detail), &pairs) != nil {
		return nil
	}
	return pairs
}

// Fault gives the fault that the named constraint's refusal is; the constraint must
// have one.
func (c Constraints) Fault(name string) *fault.Error {
	f := *c[name]
	f.Rule = name
	if f.Code == "" {
		f.Code = fault.Invalid
	}
	return &f
}

// Check asks the database for every check constraint of table that each record would
// break, and gives the faults of each record that breaks any, by its place.
func Check[T any](ctx context.Context, r Reader, table string, records []*T, c Constraints) (map[int]fault.List, error) {
	array, err := Document(records, stamped...)
	if err != nil {
		return nil, fmt.Errorf("check records of %s: %w", table, err)
	}
	broken := map[int]fault.List{}
	err = r.Read(ctx, "SELECT * FROM check_rows(@table, @rows::jsonb)", Args{"table": table, "rows": array}, func(rows pgx.Rows) error {
		var ordinal int
		var name string
		if err := rows.Scan(&ordinal, &name); err != nil {
			return err
		}
		if _, known := c[name]; !known {
			return fmt.Errorf("a record of %s breaks %s, which has no fault", table, name)
		}
		broken[ordinal-1] = append(broken[ordinal-1], c.Fault(name))
		return nil
	})
	return broken, err
}

// Document writes records as a JSON array of their columns, for jsonb_populate_recordset;
// without the columns named.
func Document[T any](records []*T, without ...string) (string, error) {
	columns, places := fields(reflect.TypeFor[T]())
	names := make([]string, len(columns))
	for k, column := range columns {
		names[k] = strconv.Quote(column) + ":"
	}
	var array bytes.Buffer
	array.WriteByte('[')
	for i, record := range records {
		if i > 0 {
			array.WriteByte(',')
		}
		array.WriteByte('{')
		v := reflect.ValueOf(record).Elem()
		first := true
		for k, place := range places {
			if slices.Contains(without, columns[k]) {
				continue
			}
			value := v.FieldByIndex(place).Interface()
			if b, ok := value.([]byte); ok && b != nil {
				value = byteColumn(b)
			}
			text, err := json.Marshal(value)
			if err != nil {
				return "", err
			}
			if !first {
				array.WriteByte(',')
			}
			first = false
			array.WriteString(names[k])
			array.Write(text)
		}
		array.WriteByte('}')
	}
	array.WriteByte(']')
	return array.String(), nil
}

// byteColumn gives a column of bytes as JSON has it: a JSON document as itself, and
// anything else in the database's notation.
func byteColumn(b []byte) any {
	if json.Valid(b) {
		return json.RawMessage(b)
	}
	return fmt.Sprintf("\\x%x", b)
}
