package repo

import (
	"context"

	"dasier/forge/project"
	"dasier/git"
)

// The verbs of this file read what a review is about. They are for parts of
// the server that have asked whether the reader may: they ask no permission.

// DiffOf compares two commits.
func (s *Service) DiffOf(ctx context.Context, id project.ID, from, to string, limits git.DiffLimits) (git.Diff, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return git.Diff{}, err
	}
	diff, err := r.Diff(ctx, from, to, limits)
	return diff, explain(err, "no commit %s or %s", from, to)
}

// DiffOfFile compares one file of two commits, with a patch of at most limit
// bytes.
func (s *Service) DiffOfFile(ctx context.Context, id project.ID, from, to, path string, limit int) (git.FileDiff, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return git.FileDiff{}, err
	}
	file, err := r.DiffFile(ctx, from, to, path, limit)
	return file, explain(err, "file %q does not differ", path)
}

// Trace follows files through pairs of commits.
func (s *Service) Trace(ctx context.Context, id project.ID, pairs []git.Pair, paths []string) ([]map[string]git.Traced, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	traced, err := r.Trace(ctx, pairs, paths)
	return traced, explain(err, "a commit that a comment was written at is gone")
}
