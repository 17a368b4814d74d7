//go:build !linux

package dbtest

import "os"

// folder makes the folder of a test binary's server.
func folder() (string, error) { return os.MkdirTemp("", "fardplan-test-") }
