//go:build !linux

package ram

import "os"

// Folder makes a folder for a database server of tests, which who asked for it removes;
// what it is for is part of its name.
func Folder(what string) (string, error) { return os.MkdirTemp("", "fardplan-test-"+what+"-") }
