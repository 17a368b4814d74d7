// Package migrations holds the database's definition as numbered SQL files,
// applied in order and never edited once released.
package migrations

import "embed"

// Files are the migrations, named NNNN_area.sql.
//
//go:embed *.sql
var Files embed.FS
