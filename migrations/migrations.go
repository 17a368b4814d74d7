// Package migrations holds the database's definition as numbered SQL files,
// applied in order and never edited once released.
package migrations

import (
	"embed"
	"fmt"

	"github.com/pressly/goose/v3"
)

// Files are the migrations, named NNNN_area.sql.
//
//go:embed *.sql
var Files embed.FS

// Newest gives the number of the newest migration.
func Newest() (int64, error) {
	entries, err := Files.ReadDir(".")
	if err != nil {
		return 0, fmt.Errorf("list the migrations: %w", err)
	}
	var newest int64
	for _, e := range entries {
		n, err := goose.NumericComponent(e.Name())
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", e.Name(), err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}
