// Package fault is the error that a caller may read: a code for programs, a
// field to point at, and a text for people in Swedish and English that says
// what is wrong, where, and what to do. Any other error is internal: it is
// logged, and its text never leaves the server.
package fault

import (
	"errors"
	"strings"
)

// Code tells a program what kind of fault it is. The codes are part of the API.
type Code string

// The codes, as extensions.code of a GraphQL error.
const (
	NotFound        Code = "NOT_FOUND"       // no such record, or not for this caller to know of
	Invalid         Code = "INVALID"         // the input breaks a rule; Field says where
	Conflict        Code = "CONFLICT"        // the record has changed since the caller read it
	Forbidden       Code = "FORBIDDEN"       // the caller is known and may not
	Unauthenticated Code = "UNAUTHENTICATED" // nobody is signed in, or the token is not valid
	Limited         Code = "LIMITED"         // too large, too deep, too often or too slow; try less or later
	Internal        Code = "INTERNAL"        // a fault of the server's own
)

// Error is one fault of one field. Several of them are joined in a List.
type Error struct {
	Code Code
	// Field is the path of the input field at fault, such as "summary.sv", or
	// empty when the fault is not of one field.
	Field string
	// Rule names the broken rule for programs: a constraint's name in the
	// database or a word of its own; empty when Code says it all.
	Rule string
	// Sv and En say the same to a person: what is wrong and what to do.
	Sv, En string
	// Current is the record as it is now, for Conflict.
	Current any
}

// Error gives the English text with its place, for logs and the command line.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.En
	}
	return e.Field + ": " + e.En
}

// At returns a copy of e that points at field.
func (e *Error) At(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// New makes a fault that is not of one field.
func New(code Code, sv, en string) *Error { return &Error{Code: code, Sv: sv, En: en} }

// Field makes an INVALID fault of one field; rule names the rule it breaks.
func Field(field, rule, sv, en string) *Error {
	return &Error{Code: Invalid, Field: field, Rule: rule, Sv: sv, En: en}
}

// Missing is the NOT_FOUND of a record that does not exist or that the caller
// may not see: the two are told apart nowhere.
func Missing() *Error {
	return New(NotFound, "Posten finns inte, eller så får du inte se den.", "There is no such record, or you may not see it.")
}

// List is all faults of one input at once. An empty List is no error: use Err.
type List []*Error

// Error joins the texts of the faults with semicolons.
func (l List) Error() string {
	texts := make([]string, len(l))
	for i, e := range l {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap lets errors.Is and errors.As look into the list.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// Add appends e when it is not nil.
func (l *List) Add(e *Error) {
	if e != nil {
		*l = append(*l, e)
	}
}

// Err gives the list as an error, or nil when nothing is at fault.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// All gives every fault that err carries; nothing when err is internal or nil.
func All(err error) []*Error {
	var l List
	if errors.As(err, &l) {
		return l
	}
	var e *Error
	if errors.As(err, &e) {
		return []*Error{e}
	}
	return nil
}

// CodeOf gives the code of err's first fault, and Internal for any other error.
func CodeOf(err error) Code {
	if all := All(err); len(all) > 0 {
		return all[0].Code
	}
	return Internal
}

// Stale is the CONFLICT of a write that builds on a version which is no longer the
// newest; current is the record as it is now.
func Stale(current any) *Error {
	return &Error{
		Code: Conflict, Field: "expectedVersion", Rule: "stale_version", Current: current,
		Sv: "Posten har ändrats sedan du läste den. Ingenting har skrivits över: se vad som har ändrats och försök igen.",
		En: "The record has changed since you read it. Nothing was overwritten: see what has changed and try again.",
	}
}
