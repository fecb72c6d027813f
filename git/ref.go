package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Identity is a name for commits and for the log of refs.
type Identity struct {
	Name  string
	Email string
}

// vars are the environment variables that make git act for the identity.
// Characters that would break a commit's header line are left out by git.
func (id Identity) vars(at time.Time) []string {
	name, email := printable(id.Name, "unknown"), printable(id.Email, "unknown@localhost")
	date := "@" + strconv.FormatInt(at.Unix(), 10) + " +0000"
	return []string{
		"GIT_AUTHOR_NAME=" + name, "GIT_AUTHOR_EMAIL=" + email, "GIT_AUTHOR_DATE=" + date,
		"GIT_COMMITTER_NAME=" + name, "GIT_COMMITTER_EMAIL=" + email, "GIT_COMMITTER_DATE=" + date,
	}
}

func printable(s, otherwise string) string {
	s = strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < 0x20 || c == 0x7f || c == '<' || c == '>' {
			return -1
		}
		return c
	}, s))
	if strings.Trim(s, ".,:;\"\\'") == "" { // git calls a name of these alone empty
		return otherwise
	}
	return s
}

// Branch is a branch and its last commit.
type Branch struct {
	Name   string
	Commit Commit
}

const branchFormat = "%(refname)%00%(objectname)%00%(parent)%00%(authorname)%00%(authoremail:trim)%00%(authordate:unix)" +
	"%00%(committername)%00%(committeremail:trim)%00%(committerdate:unix)%00%(contents)%00"

// Branches lists up to limit branches by name.
func (r *Repo) Branches(ctx context.Context, limit int) ([]Branch, error) {
	out, err := r.output(ctx, pageOutput, "for-each-ref", "--count="+strconv.Itoa(limit), "--format="+branchFormat, Heads)
	if err != nil {
		return nil, fmt.Errorf("listing branches: %w", err)
	}
	var branches []Branch
	err = eachRecord(out, 1+commitFields, func(fields []string) error {
		branches = append(branches, Branch{Name: strings.TrimPrefix(fields[0], Heads), Commit: commitFrom(fields[1:])})
		return nil
	})
	return branches, err
}

// ReadRefs gives the object names of the refs that exist among names.
func (r *Repo) ReadRefs(ctx context.Context, names ...string) (map[string]string, error) {
	const batch = 200 // names an argument list surely holds
	found := make(map[string]string, len(names))
	for _, name := range names {
		if err := CheckRef(name); err != nil {
			return nil, err
		}
	}
	for len(names) > 0 {
		n := min(batch, len(names))
		args := append([]string{"for-each-ref", "--format=%(objectname) %(refname)"}, names[:n]...)
		names = names[n:]
		out, err := r.output(ctx, pageOutput, args...)
		if err != nil {
			return nil, fmt.Errorf("reading refs: %w", err)
		}
		for line := range strings.Lines(string(out)) {
			if sha, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " "); ok {
				found[name] = sha
			}
		}
	}
	return found, nil
}

// Empty tells whether the repository has no branch and no tag.
func (r *Repo) Empty(ctx context.Context) (bool, error) {
	out, err := r.output(ctx, smallOutput, "for-each-ref", "--count=1", "--format=x", Heads, Tags)
	if err != nil {
		return false, fmt.Errorf("looking for refs: %w", err)
	}
	return len(out) == 0, nil
}

// Resolved is a commit and how it was named.
type Resolved struct {
	Ref string // the full ref; "" when the commit was named by itself
	SHA string
}

// Resolve finds the commit that a person names by a branch, a tag, a full ref
// or (the beginning of) its own name; "" and "HEAD" are the default branch.
// Nothing else of git's revision syntax is understood.
func (r *Repo) Resolve(ctx context.Context, name string) (Resolved, error) {
	if name == "" || name == "HEAD" {
		head, err := r.Head(ctx)
		if err != nil {
			return Resolved{}, err
		}
		name = head
	}
	var candidates []string
	switch {
	case IsSHA(name):
		candidates = []string{name}
	case strings.HasPrefix(name, "refs/"):
		candidates = []string{name}
	default:
		candidates = []string{Heads + name, Tags + name}
		if len(name) >= 7 && isHex(name) {
			candidates = append(candidates, name)
		}
	}
	if why := refFlaw(candidates[0]); why != "" {
		return Resolved{}, fmt.Errorf("%w: %q %s", ErrName, name, why)
	}
	stdin := strings.Join(candidates, "^{commit}\x00") + "^{commit}\x00"
	out, err := r.run(ctx, smallOutput, call{
		args:  []string{"cat-file", "--batch-check=%(objectname) %(objecttype)", "-z"},
		stdin: []byte(stdin),
	})
	if err != nil {
		return Resolved{}, fmt.Errorf("resolving a revision: %w", err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		sha, kind, _ := strings.Cut(line, " ")
		if kind != "commit" || i >= len(candidates) {
			continue
		}
		resolved := Resolved{SHA: sha}
		if strings.HasPrefix(candidates[i], "refs/") {
			resolved.Ref = candidates[i]
		}
		return resolved, nil
	}
	return Resolved{}, fmt.Errorf("%w: revision %q", ErrNotFound, name)
}

// Head is the full ref of the default branch, whether it exists or not.
func (r *Repo) Head(ctx context.Context) (string, error) {
	out, err := r.output(ctx, smallOutput, "symbolic-ref", "--quiet", "HEAD")
	if err != nil {
		return "", fmt.Errorf("reading HEAD: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// SetHead makes a branch the default one: what a clone checks out.
func (r *Repo) SetHead(ctx context.Context, branch string) error {
	if err := CheckBranch(branch); err != nil {
		return err
	}
	if _, err := r.output(ctx, smallOutput, "symbolic-ref", "HEAD", Heads+branch); err != nil {
		return fmt.Errorf("setting HEAD: %w", err)
	}
	return nil
}

// RefUpdate moves a ref from Before to After; Zero stands for absence.
type RefUpdate struct {
	Ref    string `json:"ref"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// UpdateRefs moves refs, all or none, each only if it is at Before: otherwise
// the answer is ErrMoved. who and why go to the log of refs.
func (r *Repo) UpdateRefs(ctx context.Context, who Identity, why string, updates ...RefUpdate) error {
	var stdin bytes.Buffer
	for _, u := range updates {
		if err := errors.Join(CheckRef(u.Ref), checkSHAs(u.Before, u.After)); err != nil {
			return err
		}
		if u.After == Zero {
			fmt.Fprintf(&stdin, "delete %s\x00%s\x00", u.Ref, u.Before)
		} else {
			fmt.Fprintf(&stdin, "update %s\x00%s\x00%s\x00", u.Ref, u.After, u.Before)
		}
	}
	_, err := r.run(ctx, smallOutput, call{
		args:  []string{"update-ref", "-m", why, "--stdin", "-z"},
		vars:  who.vars(time.Now()),
		stdin: stdin.Bytes(),
	})
	if said(err, "cannot lock ref", "Unable to create", "reference already exists") {
		return fmt.Errorf("%w: %w", ErrMoved, err)
	}
	if err != nil {
		return fmt.Errorf("moving refs: %w", err)
	}
	return nil
}

// Keep holds a commit against pruning, whatever happens to its branch.
func (r *Repo) Keep(ctx context.Context, sha string) error {
	if err := checkSHAs(sha); err != nil {
		return err
	}
	if _, err := r.output(ctx, smallOutput, "update-ref", HiddenRefs+"/"+sha, sha); err != nil {
		return fmt.Errorf("keeping a commit: %w", err)
	}
	return nil
}

// Move is one line of a ref's log.
type Move struct {
	Before, After string
	At            time.Time // whole seconds
	Email         string    // of who moved it
	Why           string    // "push", or what UpdateRefs was told
}

// Moves reads the recent past of a ref, oldest first, as far as its log goes
// back. A deleted ref has none.
func (r *Repo) Moves(ref string) ([]Move, error) {
	const recent = 1 << 20 // bytes: about 6,000 moves
	if err := CheckRef(ref); err != nil {
		return nil, err
	}
	file, err := os.Open(filepath.Join(r.dir, "logs", filepath.FromSlash(ref))) //nolint:gosec // the ref was checked
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the log of %s: %w", ref, err)
	}
	info, err := file.Stat()
	if err == nil && info.Size() > recent {
		_, err = file.Seek(-recent, io.SeekEnd)
	}
	var data []byte
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(file, recent))
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("reading the log of %s: %w", ref, err)
	}
	return parseMoves(data), nil
}

// parseMoves reads "before SP after SP name <email> SP seconds SP zone TAB
// why" lines. What is not such a line (the cut first one, or a torn last one
// after a crash) is left out.
func parseMoves(data []byte) []Move {
	var moves []Move
	for line := range strings.Lines(string(data)) {
		head, why, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		close := strings.LastIndex(head, "> ")
		if len(head) < 82 || close < 0 || !IsSHA(head[:40]) || !IsSHA(head[41:81]) {
			continue
		}
		seconds, _, _ := strings.Cut(head[close+2:], " ")
		at, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil {
			continue
		}
		moves = append(moves, Move{
			Before: head[:40], After: head[41:81], At: time.Unix(at, 0).UTC(), Email: head[strings.LastIndex(head[:close], "<")+1 : close], Why: why,
		})
	}
	return moves
}
