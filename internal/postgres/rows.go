package postgres

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/fault"
)

// Row is what every domain record has. The database sets all but ID.
type Row struct {
	ID        uuid.UUID `db:"id"`
	Version   int       `db:"version"`    // counts the record's changes from 1
	CreatedAt time.Time `db:"created_at"` // the instant of its first change
	UpdatedAt time.Time `db:"updated_at"` // the instant of its newest change
	ChangedIn int64     `db:"changed_in"` // the number of its newest change
}

// fieldsOf are the columns of a struct type, and where each field lies.
type fieldsOf struct {
	columns []string
	places  [][]int
	placeOf map[string][]int
}

// known holds fieldsOf by type: to look through a type takes longer than to write a record.
var known sync.Map

// fields lists the columns of struct type t by the `db` tags of its fields, and
// where each field lies. A field without the tag is no column. The lists are shared, and
// not to be written into.
func fields(t reflect.Type) (columns []string, places [][]int) {
	of := fieldsIn(t)
	return of.columns, of.places
}

func fieldsIn(t reflect.Type) fieldsOf {
	if all, ok := known.Load(t); ok {
		return all.(fieldsOf)
	}
	of := fieldsOf{placeOf: map[string][]int{}}
	for _, f := range reflect.VisibleFields(t) {
		if column, ok := f.Tag.Lookup("db"); ok {
			of.columns, of.places = append(of.columns, column), append(of.places, f.Index)
			of.placeOf[column] = f.Index
		}
	}
	of.columns, of.places = slices.Clip(of.columns), slices.Clip(of.places)
	known.Store(t, of)
	return of
}

// Columns lists T's columns for a SELECT from the table that alias names.
func Columns[T any](alias string) string {
	columns, _ := fields(reflect.TypeFor[T]())
	return alias + "." + strings.Join(columns, ", "+alias+".")
}

// EachColumn gives the columns of a record, given by its pointer, with their fields, in
// the type's order.
func EachColumn(record any, each func(column string, field reflect.Value)) {
	v := reflect.ValueOf(record).Elem()
	columns, places := fields(v.Type())
	for i, column := range columns {
		each(column, v.FieldByIndex(places[i]))
	}
}

// Column gives the field of a record's column; the zero Value when it has no such one.
func Column(record any, column string) reflect.Value {
	v := reflect.ValueOf(record).Elem()
	if place, ok := fieldsIn(v.Type()).placeOf[column]; ok {
		return v.FieldByIndex(place)
	}
	return reflect.Value{}
}

// scanner reads the columns of Columns[T], and then extra ones, from rows.
func scanner[T any]() func(rows pgx.Rows, extra ...any) (*T, error) {
	_, places := fields(reflect.TypeFor[T]())
	return func(rows pgx.Rows, extra ...any) (*T, error) {
		record := new(T)
		v := reflect.ValueOf(record).Elem()
		into := make([]any, 0, len(places)+len(extra))
		for _, place := range places {
			into = append(into, v.FieldByIndex(place).Addr().Interface())
		}
		return record, rows.Scan(append(into, extra...)...)
	}
}

// All reads every row of a statement whose columns are Columns[T].
func All[T any](ctx context.Context, r Reader, sql string, args Args) ([]*T, error) {
	scan := scanner[T]()
	var all []*T
	err := r.Read(ctx, sql, args, func(rows pgx.Rows) error {
		record, err := scan(rows)
		all = append(all, record)
		return err
	})
	return all, err
}

// One reads the single row of a statement whose columns are Columns[T]; no row is a
// NOT_FOUND fault.
func One[T any](ctx context.Context, r Reader, sql string, args Args) (*T, error) {
	all, err := All[T](ctx, r, sql, args)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.Missing()
	}
	return all[0], nil
}

// Values reads the single column of a statement.
func Values[T any](ctx context.Context, r Reader, sql string, args Args) ([]T, error) {
	var all []T
	err := r.Read(ctx, sql, args, func(rows pgx.Rows) error {
		var v T
		err := rows.Scan(&v)
		all = append(all, v)
		return err
	})
	return all, err
}

// RecordID gives the record's id.
func (r Row) RecordID() uuid.UUID { return r.ID }

// Base gives what every record has of a record.
func (r *Row) Base() *Row { return r }

// ByID reads the records of table with the ids, as far as the condition on the row x
// lets them be seen.
func ByID[T any, P interface {
	*T
	RecordID() uuid.UUID
}](ctx context.Context, r Reader, table, condition string, args Args, ids []uuid.UUID) (map[uuid.UUID]*T, error) {
	args["by_id"] = ids
	all, err := All[T](ctx, r, fmt.Sprintf("SELECT %s FROM %s x WHERE x.id = ANY (@by_id) AND %s", Columns[T]("x"), table, condition), args)
	if err != nil {
		return nil, err
	}
	found := make(map[uuid.UUID]*T, len(all))
	for _, record := range all {
		found[P(record).RecordID()] = record
	}
	return found, nil
}
