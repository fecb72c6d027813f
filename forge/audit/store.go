package audit

import (
	"context"
	"time"
)

// Filter says which lines are wanted; zero fields do not narrow.
type Filter struct {
	Project  int64
	Actor    string // user name, whatever its case
	Action   string // exact, or a noun: "member" finds "member.added"
	From, To time.Time
	Offset   int
	Limit    int
}

// Store is what the log needs kept.
type Store interface {
	// Append adds the line that follow makes of the last line's number and hash
	// (0 and Beginning when there is none). An event that has a line already adds
	// nothing. No two Appends run at once, in whatever process.
	Append(ctx context.Context, event int64, follow func(seq int64, hash string) (Line, error)) error
	// List gives the lines that the filter wants, youngest first, and how many
	// there are.
	List(ctx context.Context, f Filter) ([]Line, int, error)
	// Walk gives the lines after seq that the filter wants to each, oldest first.
	// It holds no transaction while each runs, so that a slow reader hinders
	// nobody.
	Walk(ctx context.Context, seq int64, f Filter, each func(*Line) error) error
	// ProjectPath is the path of a project, also of one that is gone as far as
	// the log knows it; "" otherwise.
	ProjectPath(ctx context.Context, id int64) (string, error)
}
