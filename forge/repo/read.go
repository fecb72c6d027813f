package repo

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// mostBranches bounds a list of branches.
const mostBranches = 2000

// Branch is a branch as a list shows it.
type Branch struct {
	Name      string
	Default   bool
	Protected bool
	Commit    git.Commit
}

// Branches lists a project's branches by name.
func (s *Service) Branches(ctx context.Context, actor auth.Actor, id project.ID) ([]Branch, error) {
	r, err := s.reading(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	list, err := r.Branches(ctx, mostBranches)
	if err != nil {
		return nil, err
	}
	head, err := r.Head(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := s.store.Protections(ctx, id)
	if err != nil {
		return nil, err
	}
	branches := make([]Branch, len(list))
	for i, b := range list {
		_, protected := ProtectionOf(rules, b.Name)
		branches[i] = Branch{Name: b.Name, Default: git.Heads+b.Name == head, Protected: protected, Commit: b.Commit}
	}
	return branches, nil
}

// Empty tells whether nothing was pushed yet.
func (s *Service) Empty(ctx context.Context, actor auth.Actor, id project.ID) (bool, error) {
	r, err := s.reading(ctx, actor, id)
	if err != nil {
		return false, err
	}
	return r.Empty(ctx)
}

// Place is a path in a commit.
type Place struct {
	Ref  string // the branch or tag as it was named, or the commit
	SHA  string // the commit
	Path string
}

// locate opens the repository for reading and finds the commit that ref names;
// "" is the default branch.
func (s *Service) locate(ctx context.Context, actor auth.Actor, id project.ID, ref, path string) (*git.Repo, Place, error) {
	r, err := s.reading(ctx, actor, id)
	if err != nil {
		return nil, Place{}, err
	}
	clean, err := git.CleanPath(path)
	if err != nil {
		return nil, Place{}, explain(err, "")
	}
	found, err := resolve(ctx, r, ref)
	if err != nil {
		return nil, Place{}, err
	}
	name := strings.TrimPrefix(strings.TrimPrefix(found.Ref, git.Heads), git.Tags)
	if name == "" {
		name = found.SHA
	}
	return r, Place{Ref: name, SHA: found.SHA, Path: clean}, nil
}

func resolve(ctx context.Context, r *git.Repo, ref string) (git.Resolved, error) {
	found, err := r.Resolve(ctx, ref)
	if !errors.Is(err, git.ErrNotFound) {
		return found, explain(err, "")
	}
	empty, emptyErr := r.Empty(ctx)
	if emptyErr != nil {
		return git.Resolved{}, emptyErr
	}
	if empty {
		return git.Resolved{}, fault.Errorf(fault.Missing, "the repository is empty: push a first commit")
	}
	if ref == "" {
		return git.Resolved{}, fault.Errorf(fault.Missing, "the default branch does not exist yet: push it, or choose another")
	}
	return git.Resolved{}, fault.Errorf(fault.Missing, "no branch, tag or commit %q", ref).At("ref")
}

// Tree lists a directory.
func (s *Service) Tree(ctx context.Context, actor auth.Actor, id project.ID, ref, path string) (Place, []git.Entry, error) {
	r, place, err := s.locate(ctx, actor, id, ref, path)
	if err != nil {
		return Place{}, nil, err
	}
	entries, err := r.Tree(ctx, place.SHA, place.Path)
	return place, entries, explain(err, "no directory %q in %s", place.Path, place.Ref)
}

// File is a file as a page shows it.
type File struct {
	Place
	BlobSHA    string
	Size       int64
	Binary     bool
	TooLarge   bool   // Text is left out: see Raw
	Text       string // valid UTF-8
	Language   string // "python", "yaml"; "" is plain text
	LastCommit *git.Commit
}

// File reads a file for a page.
func (s *Service) File(ctx context.Context, actor auth.Actor, id project.ID, ref, path string) (File, error) {
	r, place, err := s.locate(ctx, actor, id, ref, path)
	if err != nil {
		return File{}, err
	}
	blob, err := r.OpenBlob(ctx, place.SHA, place.Path)
	if err != nil {
		return File{}, explain(err, "no file %q in %s", place.Path, place.Ref)
	}
	file := File{Place: place, BlobSHA: blob.SHA, Size: blob.Size, Language: language(place.Path), TooLarge: blob.Size > s.cfg.FileLimit}
	head, err := io.ReadAll(io.LimitReader(blob, sniffed))
	file.Binary = bytes.IndexByte(head, 0) >= 0
	if err == nil && !file.Binary && !file.TooLarge {
		var rest []byte
		rest, err = io.ReadAll(blob)
		file.Text = strings.ToValidUTF8(string(head)+string(rest), "\uFFFD")
	}
	if err := errors.Join(err, blob.Close()); err != nil {
		return File{}, err
	}
	last, err := r.Log(ctx, git.History{From: place.SHA, Path: place.Path, Limit: 1})
	if err != nil {
		return File{}, err
	}
	if len(last) == 1 {
		file.LastCommit = &last[0]
	}
	return file, nil
}

// sniffed is how much of a file tells whether it is binary: a NUL in its first
// 8,000 bytes, as git decides.
const sniffed = 8000

// Raw opens a file as a stream. Close it.
func (s *Service) Raw(ctx context.Context, actor auth.Actor, id project.ID, ref, path string) (*git.Blob, error) {
	r, place, err := s.locate(ctx, actor, id, ref, path)
	if err != nil {
		return nil, err
	}
	blob, err := r.OpenBlob(ctx, place.SHA, place.Path)
	return blob, explain(err, "no file %q in %s", place.Path, place.Ref)
}

// Blame says who wrote each line of a file.
func (s *Service) Blame(ctx context.Context, actor auth.Actor, id project.ID, ref, path string) (Place, []git.BlameRange, error) {
	r, place, err := s.locate(ctx, actor, id, ref, path)
	if err != nil {
		return Place{}, nil, err
	}
	ranges, err := r.Blame(ctx, place.SHA, place.Path, s.cfg.FileLimit)
	return place, ranges, explain(err, "no file %q in %s", place.Path, place.Ref)
}

// Commits lists the history of a ref, newest first, or of one path in it, and
// says how long it is. A file is followed through renames; its count is of the
// commits under its present name.
func (s *Service) Commits(ctx context.Context, actor auth.Actor, id project.ID, ref, path string, skip, limit int) ([]git.Commit, int, error) {
	r, place, err := s.locate(ctx, actor, id, ref, path)
	if err != nil {
		return nil, 0, err
	}
	history := git.History{From: place.SHA, Path: place.Path, Skip: skip, Limit: limit}
	if place.Path != "" {
		blob, err := r.OpenBlob(ctx, place.SHA, place.Path)
		history.Follow = err == nil // git follows files, not directories
		if err == nil {
			err = blob.Close()
		}
		if err != nil && !errors.Is(err, git.ErrNotFound) {
			return nil, 0, err
		}
	}
	commits, err := r.Log(ctx, history)
	if err != nil {
		return nil, 0, err
	}
	total, err := r.Count(ctx, history)
	return commits, max(total, skip+len(commits)), err
}

// Commit reads one commit and what it changes against its first parent.
func (s *Service) Commit(ctx context.Context, actor auth.Actor, id project.ID, sha string) (git.Commit, git.Diff, error) {
	r, place, err := s.locate(ctx, actor, id, sha, "")
	if err != nil {
		return git.Commit{}, git.Diff{}, err
	}
	commit, err := r.Commit(ctx, place.SHA)
	if err != nil {
		return git.Commit{}, git.Diff{}, explain(err, "no commit %q", sha)
	}
	parent := ""
	if len(commit.Parents) > 0 {
		parent = commit.Parents[0]
	}
	diff, err := r.Diff(ctx, parent, commit.SHA, git.DiffLimits{})
	return commit, diff, explain(err, "no commit %q", sha)
}

// Comparison is what a ref has that another has not.
type Comparison struct {
	From, To string       // commits
	Base     string       // where their histories part; "" when they share nothing
	Commits  []git.Commit // newest first, at most mostCompared
	Diff     git.Diff     // from Base to To
}

const mostCompared = 500

// Compare says what merging to into from would bring.
func (s *Service) Compare(ctx context.Context, actor auth.Actor, id project.ID, from, to string) (Comparison, error) {
	r, a, err := s.locate(ctx, actor, id, from, "")
	if err != nil {
		return Comparison{}, err
	}
	b, err := resolve(ctx, r, to)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{From: a.SHA, To: b.SHA}
	if c.Base, err = r.MergeBase(ctx, a.SHA, b.SHA); err != nil && !errors.Is(err, git.ErrNotFound) {
		return Comparison{}, err
	}
	if c.Commits, err = r.Log(ctx, git.History{From: b.SHA, Not: a.SHA, Limit: mostCompared}); err != nil {
		return Comparison{}, err
	}
	c.Diff, err = r.Diff(ctx, c.Base, b.SHA, git.DiffLimits{})
	return c, err
}
