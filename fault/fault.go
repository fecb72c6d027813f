// Package fault says what went wrong in words that a user may read.
//
// An error has one of seven kinds, and a message that is safe and useful to
// show: what, where, why and what to do. Everything that is not a fault is an
// internal error: faces answer it with a bare "internal error" and log the
// cause. The package knows no protocol; each face maps kinds to its own codes.
package fault

import (
	"errors"
	"fmt"
)

// Kind classifies a failure by what the caller can do about it.
type Kind uint8

// The seven kinds. Internal is the zero value, so that an unclassified error
// never pretends to be the caller's doing.
const (
	Internal        Kind = iota // a defect or a broken machine: look at the log
	Invalid                     // the input is wrong: correct it
	Unauthenticated             // who are you: sign in
	Denied                      // you may not: ask for the named permission
	Missing                     // there is no such thing, or you may not see it
	Conflict                    // the state does not allow it, or someone was faster: look again
	Limited                     // too much or too fast: less, or later
	Unavailable                 // not now: try again
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "denied", "missing", "conflict", "limited", "unavailable"}

// String is the kind's name in logs and error bodies.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Error is a failure whose message a user may read.
type Error struct {
	Kind    Kind
	Message string
	// Field names the input that is wrong, as the caller spells it
	// ("inputs.Gr_Liv_Area", "jobs.train.script"); empty when there is none.
	Field string
	cause error
}

// Error is the message alone: the cause is for the log.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause, when there is one.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes a failure. A %w verb keeps its operand as the cause, and its
// text is part of the message: wrap only what a user may read.
func Errorf(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), cause: errors.Unwrap(err)}
}

// At returns a copy that names the wrong field.
func (e *Error) At(field string) *Error {
	located := *e
	located.Field = field
	return &located
}

// KindOf tells the kind of the first fault in err's chain; Internal when there
// is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is tells whether err is a fault of the given kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Message is what a user may read of err. An internal error gives one fixed
// sentence, so that no face can leak a path or a query by accident.
func Message(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind != Internal {
		return e.Message
	}
	return "internal error: the server's log has the cause"
}
