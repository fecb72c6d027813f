package git

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Commit is a commit without its tree.
type Commit struct {
	SHA            string
	Parents        []string
	AuthorName     string
	AuthorEmail    string
	AuthoredAt     time.Time
	CommitterName  string
	CommitterEmail string
	CommittedAt    time.Time
	Message        string // all of it, valid UTF-8
}

// Title is the first paragraph of the message on one line, as git's %s.
func (c Commit) Title() string {
	title, _, _ := strings.Cut(strings.TrimLeft(c.Message, "\n"), "\n\n")
	return strings.Join(strings.Fields(title), " ")
}

// One commit is commitFields texts, each ended by NUL, which no part of a
// commit can contain.
const (
	commitFields = 9
	commitFormat = "%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00"
)

// eachRecord calls use with each record of n NUL-ended fields; git separates
// records by a line feed.
func eachRecord(out []byte, n int, use func(fields []string) error) error {
	text := string(out)
	for text != "" && text != "\n" {
		text = strings.TrimPrefix(text, "\n")
		fields := strings.SplitN(text, "\x00", n+1)
		if len(fields) != n+1 {
			return fmt.Errorf("reading git's list: a record of %d fields instead of %d", len(fields)-1, n)
		}
		if err := use(fields[:n]); err != nil {
			return err
		}
		text = fields[n]
	}
	return nil
}

func commitFrom(fields []string) Commit {
	clean := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
	return Commit{
		SHA: fields[0], Parents: strings.Fields(fields[1]),
		AuthorName: clean(fields[2]), AuthorEmail: clean(fields[3]), AuthoredAt: commitTime(fields[4]),
		CommitterName: clean(fields[5]), CommitterEmail: clean(fields[6]), CommittedAt: commitTime(fields[7]),
		Message: strings.TrimRight(clean(fields[8]), "\n"),
	}
}

// lastSecond is the end of the year 9999: JSON and SQL know none later.
const lastSecond = 253_402_300_799

// commitTime reads seconds since 1970. A commit with a broken date, or one that
// nobody can write down, has none: that is the zero time, not a failure, or one
// such commit would hide the whole history that it is in.
func commitTime(text string) time.Time {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds > lastSecond {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// History selects commits.
type History struct {
	From   string // reachable from this commit
	Not    string // and not from this one; "" excludes none
	Path   string // that change this file or directory; "" is any
	Follow bool   // follow the file at Path through renames
	Skip   int
	Limit  int // 0 is 50
}

func (h History) args(command string, options ...string) ([]string, error) {
	if err := checkSHAs(h.From); err != nil {
		return nil, err
	}
	path, err := CleanPath(h.Path)
	if err != nil {
		return nil, err
	}
	args := append([]string{command}, options...)
	if h.Follow && path != "" && command == "log" {
		args = append(args, "--follow")
	}
	args = append(args, h.From)
	if h.Not != "" {
		if err := checkSHAs(h.Not); err != nil {
			return nil, err
		}
		args = append(args, "^"+h.Not)
	}
	args = append(args, "--")
	if path != "" {
		args = append(args, path)
	}
	return args, nil
}

// Log lists commits, newest first.
func (r *Repo) Log(ctx context.Context, h History) ([]Commit, error) {
	if h.Limit <= 0 {
		h.Limit = 50
	}
	args, err := h.args("log", "--format="+commitFormat, "--no-color", "--no-show-signature", "--encoding=UTF-8",
		"--skip="+strconv.Itoa(max(h.Skip, 0)), "--max-count="+strconv.Itoa(h.Limit))
	if err != nil {
		return nil, err
	}
	out, err := r.output(ctx, wholeOutput, args...)
	if said(err, "bad object", "bad revision") {
		return nil, fmt.Errorf("%w: commit %s", ErrNotFound, h.From)
	}
	if err != nil {
		return nil, fmt.Errorf("reading history: %w", err)
	}
	commits := []Commit{}
	err = eachRecord(out, commitFields, func(fields []string) error {
		commits = append(commits, commitFrom(fields))
		return nil
	})
	return commits, err
}

// Count is how many commits Log would list without Skip and Limit. Renames are
// not followed.
func (r *Repo) Count(ctx context.Context, h History) (int, error) {
	args, err := h.args("rev-list", "--count")
	if err != nil {
		return 0, err
	}
	out, err := r.output(ctx, smallOutput, args...)
	if err != nil {
		return 0, fmt.Errorf("counting commits: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return 0, fmt.Errorf("counting commits: %w", err)
	}
	return n, nil
}

// Commit reads one commit.
func (r *Repo) Commit(ctx context.Context, sha string) (Commit, error) {
	commits, err := r.Log(ctx, History{From: sha, Limit: 1})
	if err != nil {
		return Commit{}, err
	}
	if len(commits) == 0 {
		return Commit{}, fmt.Errorf("%w: commit %s", ErrNotFound, sha)
	}
	return commits[0], nil
}

// TreeOf is the name of a commit's tree: equal trees hold equal files.
func (r *Repo) TreeOf(ctx context.Context, sha string) (string, error) {
	if err := checkSHAs(sha); err != nil {
		return "", err
	}
	out, err := r.output(ctx, smallOutput, "rev-parse", "--verify", "--quiet", "--end-of-options", sha+"^{tree}")
	if exitCode(err) == 1 || said(err, "Needed a single revision") {
		return "", fmt.Errorf("%w: commit %s", ErrNotFound, sha)
	}
	if err != nil {
		return "", fmt.Errorf("reading a commit: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// MergeBase is the best common ancestor of two commits; ErrNotFound when their
// histories share none.
func (r *Repo) MergeBase(ctx context.Context, a, b string) (string, error) {
	if err := checkSHAs(a, b); err != nil {
		return "", err
	}
	out, err := r.output(ctx, smallOutput, "merge-base", a, b)
	if exitCode(err) == 1 || said(err, "Not a valid commit name", "Not a valid object name") {
		return "", fmt.Errorf("%w: a common ancestor of %s and %s", ErrNotFound, a, b)
	}
	if err != nil {
		return "", fmt.Errorf("looking for a common ancestor: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// IsAncestor tells whether commit a is b or in b's history.
func (r *Repo) IsAncestor(ctx context.Context, a, b string) (bool, error) {
	if err := checkSHAs(a, b); err != nil {
		return false, err
	}
	_, err := r.output(ctx, smallOutput, "merge-base", "--is-ancestor", a, b)
	switch {
	case err == nil:
		return true, nil
	case exitCode(err) == 1:
		return false, nil
	case said(err, "Not a valid commit name", "Not a valid object name"):
		return false, fmt.Errorf("%w: commit %s or %s", ErrNotFound, a, b)
	default:
		return false, fmt.Errorf("comparing histories: %w", err)
	}
}
