package postgres

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// stamped are the columns that the database sets itself.
var stamped = []string{"version", "created_at", "updated_at", "changed_in"}

// written gives the columns of T that a write sets, with a record's values.
func written(record any) (columns []string, args Args) {
	v := reflect.ValueOf(record).Elem()
	all, places := fields(v.Type())
	args = Args{}
	for i, column := range all {
		args[column] = v.FieldByIndex(places[i]).Interface()
		if !slices.Contains(stamped, column) {
			columns = append(columns, column)
		}
	}
	return columns, args
}

// Insert adds record to table and gives it as the database keeps it. Everything that
// the constraints refuse is told as their faults, all check constraints at once.
func Insert[T any](ctx context.Context, tx *Tx, table string, record *T, c Constraints) (*T, error) {
	columns, args := written(record)
	return write[T](ctx, tx, table, fmt.Sprintf("INSERT INTO %s (%s) VALUES (@%s)",
		table, strings.Join(columns, ", "), strings.Join(columns, ", @")), args, record, c)
}

// Save writes all of record over the row with its id and gives it as the database
// keeps it; refusals are told as by Insert. The caller has read the row in the same
// transaction.
func Save[T any](ctx context.Context, tx *Tx, table string, record *T, c Constraints) (*T, error) {
	sql, args := update(table, record)
	return write[T](ctx, tx, table, sql, args, record, c)
}

func write[T any](ctx context.Context, tx *Tx, table, sql string, args Args, record *T, c Constraints) (*T, error) {
	broken, err := Check(ctx, tx, table, []*T{record}, c)
	if err != nil {
		return nil, err
	}
	if err := broken[0].Err(); err != nil {
		return nil, err
	}
	saved, err := One[T](ctx, tx, sql+" RETURNING "+Columns[T](table), args)
	if err != nil {
		return nil, c.Explain(err)
	}
	return saved, nil
}

func update(table string, record any) (string, Args) {
	columns, args := written(record)
	var sets []string
	for _, c := range columns {
		if c != "id" {
			sets = append(sets, c+" = @"+c)
		}
	}
	return fmt.Sprintf("UPDATE %s SET %s WHERE id = @id", table, strings.Join(sets, ", ")), args
}

// InsertAll adds many records to table at once.
func InsertAll[T any](ctx context.Context, tx *Tx, table string, records []*T) error {
	if len(records) == 0 {
		return nil
	}
	columns, _ := written(records[0])
	tx.wrote[table] = true
	_, err := tx.tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(len(records), func(i int) ([]any, error) {
		_, args := written(records[i])
		row := make([]any, len(columns))
		for k, c := range columns {
			row[k] = args[c]
		}
		return row, nil
	}))
	return err
}

// SaveTogether writes many records over their rows by one statement, so that what holds
// between rows is judged when all of them are written.
func SaveTogether[T any](ctx context.Context, tx *Tx, table string, records []*T) error {
	if len(records) == 0 {
		return nil
	}
	columns, _ := written(records[0])
	var sets []string
	for _, c := range columns {
		if c != "id" {
			sets = append(sets, c+" = given."+c)
		}
	}
	rows, err := Document(records)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, fmt.Sprintf("UPDATE %[1]s SET %[2]s FROM jsonb_populate_recordset(NULL::%[1]s, @rows::jsonb) given WHERE given.id = %[1]s.id",
		table, strings.Join(sets, ", ")), Args{"rows": rows})
	return err
}

// SaveAll writes many records over their rows, in few round trips.
func SaveAll[T any](ctx context.Context, tx *Tx, table string, records []*T) error {
	if len(records) == 0 {
		return nil
	}
	tx.wrote[table] = true
	for chunk := range slices.Chunk(records, 500) {
		batch := &pgx.Batch{}
		for _, record := range chunk {
			sql, args := update(table, record)
			batch.Queue(sql, args)
		}
		if err := tx.tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
	}
	return nil
}
