// Package thread is what hangs together: the links between records, and the golden
// thread (röda tråden) that they make from an audit's finding to an e-service.
package thread

import "fardplan/internal/record"

// Service reads and changes links. A change refuses who may not make it with
// UNAUTHENTICATED or FORBIDDEN, a record that is not seen with NOT_FOUND, a stale
// version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	record.Keeper
}
