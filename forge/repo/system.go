package repo

import (
	"context"
	"errors"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/forge/project"
	"dasier/git"
)

// The verbs of this file are for other parts of the server, which answer for
// whom they act: they ask no permission.

// Resolve finds the commit that a branch, a tag, a full ref or a commit's name
// means; "" is the default branch.
func (s *Service) Resolve(ctx context.Context, id project.ID, ref string) (git.Resolved, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return git.Resolved{}, err
	}
	return resolve(ctx, r, ref)
}

// CommitAt reads one commit by its full name.
func (s *Service) CommitAt(ctx context.Context, id project.ID, sha string) (git.Commit, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return git.Commit{}, err
	}
	commit, err := r.Commit(ctx, sha)
	return commit, explain(err, "no commit %s", sha)
}

// ReadFile reads a file of a commit, if it is not larger than limit.
func (s *Service) ReadFile(ctx context.Context, id project.ID, sha, path string, limit int64) ([]byte, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	data, err := r.ReadBlob(ctx, sha, path, limit)
	return data, explain(err, "no file %q in commit %s", path, sha)
}

// Files lists the paths of all files of a commit.
func (s *Service) Files(ctx context.Context, id project.ID, sha string) ([]string, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	files, err := r.Files(ctx, sha)
	return files, explain(err, "no commit %s", sha)
}

// ChangedFiles lists the paths that a move of a ref from before to after
// changes. For a new ref (before is git.Zero), and when before is gone from the
// repository, those are all files of after.
func (s *Service) ChangedFiles(ctx context.Context, id project.ID, before, after string) ([]string, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	if before != git.Zero {
		paths, err := r.ChangedPaths(ctx, before, after)
		if !errors.Is(err, git.ErrNotFound) {
			return paths, explain(err, "")
		}
	}
	files, err := r.Files(ctx, after)
	return files, explain(err, "no commit %s", after)
}

// IsAncestor tells whether commit a is b or in b's history.
func (s *Service) IsAncestor(ctx context.Context, id project.ID, a, b string) (bool, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return false, err
	}
	is, err := r.IsAncestor(ctx, a, b)
	return is, explain(err, "no commit %s or %s", a, b)
}

// Keep holds a commit for good, whatever becomes of its branch: what was
// trained, registered or deployed from it stays explainable.
func (s *Service) Keep(ctx context.Context, id project.ID, sha string) error {
	r, err := s.open(ctx, id)
	if err != nil {
		return err
	}
	return r.Keep(ctx, sha)
}

// Heads gives the commits of the branches that exist among those named.
func (s *Service) Heads(ctx context.Context, id project.ID, branches ...string) (map[string]string, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(branches))
	for i, branch := range branches {
		names[i] = git.Heads + branch
	}
	refs, err := r.ReadRefs(ctx, names...)
	if err != nil {
		return nil, explain(err, "")
	}
	heads := make(map[string]string, len(refs))
	for name, sha := range refs {
		heads[strings.TrimPrefix(name, git.Heads)] = sha
	}
	return heads, nil
}

// Rule finds the protection of a branch, and tells whether there is one.
func (s *Service) Rule(ctx context.Context, id project.ID, branch string) (Protection, bool, error) {
	rules, err := s.store.Protections(ctx, id)
	if err != nil {
		return Protection{}, false, err
	}
	rule, protected := ProtectionOf(rules, branch)
	return rule, protected, nil
}

// MergeBase is where two histories part; fault.Missing when they share nothing.
func (s *Service) MergeBase(ctx context.Context, id project.ID, a, b string) (string, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return "", err
	}
	base, err := r.MergeBase(ctx, a, b)
	return base, explain(err, "the two have no commit in common")
}

// TreeOf is the name of a commit's tree: equal trees hold equal files.
func (s *Service) TreeOf(ctx context.Context, id project.ID, sha string) (string, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return "", err
	}
	tree, err := r.TreeOf(ctx, sha)
	return tree, explain(err, "no commit %s", sha)
}

// Conflicts lists the files that stand in the way of merging head into target.
// Histories without a common commit answer fault.Conflict.
func (s *Service) Conflicts(ctx context.Context, id project.ID, target, head string) ([]string, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	_, err = r.MergeTree(ctx, target, head)
	if conflict, ok := errors.AsType[*git.ConflictError](err); ok {
		return conflict.Files, nil
	}
	if errors.Is(err, git.ErrUnrelated) {
		return nil, fault.Errorf(fault.Conflict, "the two branches have no commit in common: they cannot be merged")
	}
	return nil, explain(err, "no commit %s or %s", target, head)
}

// ReplayConflict names the first of head's commits that cannot be made anew on
// target, and the files that stand in its way; "" when all can.
func (s *Service) ReplayConflict(ctx context.Context, id project.ID, target, head string) (string, []string, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return "", nil, err
	}
	_, err = r.Replay(ctx, target, head, s.cfg.Maker)
	if conflict, ok := errors.AsType[*git.ConflictError](err); ok {
		return conflict.Commit, conflict.Files, nil
	}
	return "", nil, explain(err, "no commit %s or %s", target, head)
}

// Span is what lies between two commits.
type Span struct {
	Commits      int // at most the limit that was asked for
	Size         git.DiffSize
	Contributors []string // e-mail addresses, in lower case
}

// Span measures what head has and base has not. It reads all of it: keep the
// answer.
func (s *Service) Span(ctx context.Context, id project.ID, base, head string, limit int) (Span, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return Span{}, err
	}
	var span Span
	if span.Commits, err = r.CountUpTo(ctx, base, head, limit); err != nil {
		return Span{}, explain(err, "no commit %s or %s", base, head)
	}
	if span.Size, err = r.DiffSize(ctx, base, head); err != nil {
		return Span{}, explain(err, "no commit %s or %s", base, head)
	}
	span.Contributors, err = r.Contributors(ctx, base, head, s.cfg.Maker.Email, limit)
	return span, err
}

// Ahead counts the commits that head has and base has not, up to a limit.
func (s *Service) Ahead(ctx context.Context, id project.ID, base, head string, limit int) (int, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return 0, err
	}
	n, err := r.CountUpTo(ctx, base, head, limit)
	return n, explain(err, "no commit %s or %s", base, head)
}

// Between lists the commits that head has and base has not, newest first.
func (s *Service) Between(ctx context.Context, id project.ID, base, head string, skip, limit int) ([]git.Commit, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	commits, err := r.Log(ctx, git.History{From: head, Not: base, Skip: skip, Limit: limit})
	return commits, explain(err, "no commit %s or %s", base, head)
}

// mostMoves bounds how far back Movers looks.
const mostMoves = 1000

// Movers lists everyone who has moved the branch since it left base's history,
// each once: who pushed to it, whatever their commits say. They are marks of users
// (UserMark), and e-mail addresses in lower case where the log is from a time
// before those. Landings are left out: who merges the work of others by a
// merge request adds none of their own.
func (s *Service) Movers(ctx context.Context, id project.ID, branch, base string) ([]string, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	moves, err := r.Moves(git.Heads + branch)
	if err != nil {
		return nil, explain(err, "")
	}
	slices.Reverse(moves)
	var movers []string
	for _, move := range moves[:min(len(moves), mostMoves)] {
		before, err := r.IsAncestor(ctx, move.After, base)
		if err != nil && !errors.Is(err, git.ErrNotFound) { // a commit that is gone stands for itself
			return nil, err
		}
		if before {
			break
		}
		if move.Why != string(SourceLanding) {
			movers = append(movers, strings.ToLower(move.Email))
		}
	}
	slices.Sort(movers)
	return slices.Compact(movers), nil
}
