// Package ram gives the tests' databases a place in memory.
package ram
