package merge

import (
	"context"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

// Proposal is what a request of two branches would be.
type Proposal struct {
	Source, Target     string
	Title, Description string
	Commits            int
	Conflicts          []string
	Exists             int // the number of the open request of the two; 0 for none

	span repo.Span
}

// Propose says what a new request would be, without opening it. Without a
// target it is the default branch.
func (s *Service) Propose(ctx context.Context, actor auth.Actor, id project.ID, source, target string) (Proposal, error) {
	if err := s.Gate.May(ctx, actor, id, auth.CreateMerge); err != nil {
		return Proposal{}, err
	}
	if target == "" {
		head, err := s.Repos.Resolve(ctx, id, "")
		if err != nil {
			return Proposal{}, err
		}
		target = strings.TrimPrefix(head.Ref, git.Heads)
	}
	r := Request{Project: id, Source: source, Target: target}
	p, err := s.propose(ctx, &r)
	if err != nil {
		return Proposal{}, err
	}
	heads, err := s.Repos.Heads(ctx, id, target)
	if err != nil {
		return Proposal{}, err
	}
	found, err := s.merging(ctx, id, heads[target], r.Head)
	if err != nil {
		return Proposal{}, err
	}
	p.Conflicts = found.files
	open, err := s.store.From(ctx, id, source)
	for _, o := range open {
		if o.Target == target {
			p.Exists = o.Number
		}
	}
	return p, err
}

// propose measures what lies between the two branches, fills in the request's
// head and base, and refuses what can never be merged.
func (s *Service) propose(ctx context.Context, r *Request) (Proposal, error) {
	for field, branch := range map[string]string{"source": r.Source, "target": r.Target} {
		if err := git.CheckBranch(branch); err != nil {
			return Proposal{}, fault.Errorf(fault.Invalid, "%s", strings.TrimPrefix(err.Error(), "git: ")).At(field)
		}
	}
	if r.Source == r.Target {
		return Proposal{}, fault.Errorf(fault.Invalid, "%s cannot be merged into itself: choose another target branch", r.Source).At("target")
	}
	heads, err := s.Repos.Heads(ctx, r.Project, r.Source, r.Target)
	if err != nil {
		return Proposal{}, err
	}
	for _, end := range []struct{ field, branch string }{{"source", r.Source}, {"target", r.Target}} {
		if heads[end.branch] == "" {
			return Proposal{}, fault.Errorf(fault.Invalid, "no branch %q: push it first", end.branch).At(end.field)
		}
	}
	r.Head = heads[r.Source]
	if r.Base, err = s.base(ctx, r.Project, heads[r.Target], r.Head); err != nil {
		if fault.Is(err, fault.Missing) {
			err = fault.Errorf(fault.Invalid, "%s and %s have no commit in common: they cannot be merged", r.Source, r.Target).At("source")
		}
		return Proposal{}, err
	}
	p := Proposal{Source: r.Source, Target: r.Target}
	if p.span, err = s.span(ctx, r.Project, r.Base, r.Head); err != nil {
		return Proposal{}, err
	}
	p.Commits = p.span.Commits
	switch {
	case p.Commits == 0:
		return Proposal{}, fault.Errorf(fault.Invalid, "there is nothing to merge: %s has all of %s", r.Target, r.Source).At("source")
	case p.Commits > mostCommits:
		return Proposal{}, fault.Errorf(fault.Limited, "%s has more than %d commits that %s lacks: merge it in parts", r.Source, mostCommits, r.Target).At("source")
	}
	p.Title, p.Description, err = s.words(ctx, r, p.Commits)
	return p, err
}

// words makes a title and a description: those of the only commit, or the name of
// the branch.
func (s *Service) words(ctx context.Context, r *Request, commits int) (string, string, error) {
	if commits == 1 {
		only, err := s.Repos.CommitAt(ctx, r.Project, r.Head)
		if err != nil {
			return "", "", err
		}
		_, body, _ := strings.Cut(only.Message, "\n\n")
		if title := only.Title(); title != "" {
			return cut(title, longestTitle), strings.TrimSpace(body), nil
		}
	}
	title := strings.TrimSpace(strings.NewReplacer("-", " ", "_", " ", "/", ": ").Replace(r.Source))
	first := []rune(title)
	return cut(strings.ToUpper(string(first[:1]))+string(first[1:]), longestTitle), "", nil
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// base is where two commits' histories part.
func (s *Service) base(ctx context.Context, id project.ID, a, b string) (string, error) {
	return s.bases.get(key(id, a, b), func() (string, error) { return s.Repos.MergeBase(ctx, id, a, b) })
}

func (s *Service) span(ctx context.Context, id project.ID, base, head string) (repo.Span, error) {
	return s.spans.get(key(id, base, head), func() (repo.Span, error) { return s.Repos.Span(ctx, id, base, head, mostCommits+1) })
}

// merging tells how head would merge into target.
func (s *Service) merging(ctx context.Context, id project.ID, target, head string) (conflicts, error) {
	return s.conflicts.get(key(id, target, head), func() (conflicts, error) {
		files, err := s.Repos.Conflicts(ctx, id, target, head)
		if fault.Is(err, fault.Conflict) {
			return conflicts{unrelated: true}, nil
		}
		return conflicts{files: files}, err
	})
}
