package git

import (
	"errors"
	"fmt"
	"strings"
)

// What a caller can act on.
var (
	// ErrNotFound: no such repository, ref, commit or path.
	ErrNotFound = errors.New("git: not found")
	// ErrName: not a name or path that git could hold.
	ErrName = errors.New("git: invalid name")
	// ErrTooLarge: more bytes than the caller's limit.
	ErrTooLarge = errors.New("git: larger than the limit")
	// ErrMoved: a ref was not where the caller expected it; look again.
	ErrMoved = errors.New("git: the ref has moved")
	// ErrUnrelated: two histories without a common commit cannot be merged.
	ErrUnrelated = errors.New("git: unrelated histories")
	// ErrBroken: the client broke off, or its bytes could not be read.
	ErrBroken = errors.New("git: the client broke off")
	// ErrProtocol: the client's bytes are not git's protocol.
	ErrProtocol = errors.New("git: protocol error")
)

// ConflictError says which files two commits change in ways that git cannot
// combine.
type ConflictError struct {
	Files  []string
	Commit string // that could not be replayed; "" for a merge
}

// Error lists the files.
func (e *ConflictError) Error() string {
	return "git: merge conflict in " + strings.Join(e.Files, ", ")
}

// ProcessError is a git process that failed in a way this package does not
// classify.
type ProcessError struct {
	Command string // the subcommand
	Code    int    // exit code; -1 for a signal
	Stderr  string // its last words
}

// Error is for the log.
func (e *ProcessError) Error() string {
	return fmt.Sprintf("git %s: exit code %d: %s", e.Command, e.Code, strings.TrimSpace(e.Stderr))
}

// exitCode is the code of a *ProcessError in err's chain, 0 when there is none.
func exitCode(err error) int {
	if p, ok := errors.AsType[*ProcessError](err); ok {
		return p.Code
	}
	return 0
}

// said tells whether err is a git process whose last words contain one of the
// phrases. Git's messages are stable under LC_ALL=C, and for some failures they
// are all it gives.
func said(err error, phrases ...string) bool {
	p, ok := errors.AsType[*ProcessError](err)
	if !ok {
		return false
	}
	for _, phrase := range phrases {
		if strings.Contains(p.Stderr, phrase) {
			return true
		}
	}
	return false
}
