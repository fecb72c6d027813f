// Package event is the form of what happened.
//
// A product package declares its events as plain structs and hands them to its
// Store together with the state they report, so that both are saved in one
// transaction or not at all. The top joins events to verbs in one table
// (app/reactions.go). An event is a fact in the past tense; it carries ids, not
// copies of state, because its reader runs later and loads what is true then.
package event

// Event is something that happened. Implementations are structs that encode to
// JSON and back without loss.
type Event interface {
	// EventKind is the event's stable name, "<package>.<past tense>", such as
	// "repo.pushed". It is stored, so it never changes.
	EventKind() string
}
