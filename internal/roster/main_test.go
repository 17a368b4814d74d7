package roster_test

import (
	"testing"

	"fardplan/internal/postgres/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
