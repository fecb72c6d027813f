package repo

import (
	"context"
	"errors"

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
