package repo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// Method is how a change reaches its target branch.
type Method string

// The methods.
const (
	MergeCommit Method = "merge"  // always a merge commit
	Squash      Method = "squash" // all in one commit: the target stays a line
	Rebase      Method = "rebase" // its commits, made anew on the target: a line
	FastForward Method = "ff"     // only where the target has nothing that the change lacks
)

// Methods lists them for people.
var Methods = []Method{MergeCommit, Squash, Rebase, FastForward}

// Landing is a change on its way into a branch.
type Landing struct {
	Head    string // the commit to bring
	Source  string // the branch that it comes from, for words
	Target  string // the branch that it goes to
	Method  Method
	Squash  bool       // one commit, whatever the method does next
	Message string     // of the merge commit, and of the squashed one
	Author  auth.Actor // whose work a squashed commit is; zero is who lands it
	// Own says that who lands it answers for what it brings as if they had pushed
	// it: nobody has looked at that.
	Own bool

	// Check decides about the landing on the commit that the target is at. It
	// runs while no other landing of the project does, and again whenever a push
	// has moved the target meanwhile. An error ends the landing.
	Check func(ctx context.Context, target string) error
	// Begin, which may be nil, is told the commit that the target is about to become. What it saves
	// lets a crash be told from a failure. An error ends the landing.
	Begin func(ctx context.Context, result string) error
}

func (l *Landing) source() Source {
	if l.Own {
		return SourceMerge
	}
	return SourceLanding
}

// Land brings a change into a branch, one at a time per project, and gives the
// branch's new head. It asks no permission and no rule: Check does.
//
// The target moves from the very commit that Check saw, or not at all, so no
// commit that came meanwhile is lost.
func (s *Service) Land(ctx context.Context, actor auth.Actor, id project.ID, l Landing) (string, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return "", err
	}
	leave, err := s.queue(ctx, id)
	if err != nil {
		return "", err
	}
	defer leave()
	for range mergeAttempts {
		sha, err := s.landOnce(ctx, actor, id, r, l)
		if !errors.Is(err, git.ErrMoved) {
			return sha, err
		}
	}
	return "", fault.Errorf(fault.Conflict, "branch %q keeps moving: try again", l.Target)
}

func (s *Service) landOnce(ctx context.Context, actor auth.Actor, id project.ID, r *git.Repo, l Landing) (string, error) {
	target, err := resolve(ctx, r, git.Heads+l.Target)
	if err != nil {
		return "", err
	}
	if err := l.Check(ctx, target.SHA); err != nil {
		return "", err
	}
	who := s.cfg.Identity(ctx, actor)
	result, err := s.prepare(ctx, r, target.SHA, l, who)
	if err != nil {
		return "", explainMerge(err, l.Source, l.Target)
	}
	if result == target.SHA {
		return "", fault.Errorf(fault.Conflict, "there is nothing to merge: %s has all of %s", l.Target, l.Source)
	}
	if l.Begin != nil {
		if err := l.Begin(ctx, result); err != nil {
			return "", err
		}
	}
	update := git.RefUpdate{Ref: git.Heads + l.Target, Before: target.SHA, After: result}
	return result, s.move(ctx, actor, id, r, change{source: l.source(), updates: []git.RefUpdate{update}})
}

// prepare makes the commit that the target is to become; no ref has it yet.
func (s *Service) prepare(ctx context.Context, r *git.Repo, target string, l Landing, who git.Identity) (string, error) {
	ahead, err := r.IsAncestor(ctx, l.Head, target)
	if err != nil || ahead {
		return target, err
	}
	switch l.Method {
	case MergeCommit:
		return s.prepareMerge(ctx, r, target, l, who)
	case Squash:
		return s.prepareSquash(ctx, r, target, l, who)
	case Rebase:
		if l.Squash {
			return s.prepareSquash(ctx, r, target, l, who)
		}
		return r.Replay(ctx, target, l.Head, s.cfg.Maker)
	case FastForward:
		above, err := r.IsAncestor(ctx, target, l.Head)
		if err != nil {
			return "", err
		}
		if !above {
			return "", fault.Errorf(fault.Conflict, "%s has commits that %s lacks, and this project merges by fast-forward only: rebase %s first", l.Target, l.Source, l.Source)
		}
		if l.Squash {
			return s.prepareSquash(ctx, r, target, l, who)
		}
		return l.Head, nil
	}
	return "", fmt.Errorf("merging by the method %q, which there is not", l.Method)
}

// prepareMerge makes a merge commit. Squashed, it joins one commit that stands
// where the change began.
func (s *Service) prepareMerge(ctx context.Context, r *git.Repo, target string, l Landing, who git.Identity) (string, error) {
	tree, err := r.MergeTree(ctx, target, l.Head)
	if err != nil {
		return "", err
	}
	second := l.Head
	if l.Squash {
		base, err := r.MergeBase(ctx, target, l.Head)
		if err != nil {
			return "", err
		}
		whole, err := r.TreeOf(ctx, l.Head)
		if err != nil {
			return "", err
		}
		if second, err = r.CommitFor(ctx, whole, []string{base}, l.Message, s.authorOf(ctx, l, who), s.cfg.Maker); err != nil {
			return "", err
		}
	}
	return r.CommitFor(ctx, tree, []string{target, second}, l.Message, who, s.cfg.Maker)
}

func (s *Service) prepareSquash(ctx context.Context, r *git.Repo, target string, l Landing, who git.Identity) (string, error) {
	tree, err := r.MergeTree(ctx, target, l.Head)
	if err != nil {
		return "", err
	}
	return r.CommitFor(ctx, tree, []string{target}, l.Message, s.authorOf(ctx, l, who), s.cfg.Maker)
}

func (s *Service) authorOf(ctx context.Context, l Landing, who git.Identity) git.Identity {
	if l.Author.User == 0 {
		return who
	}
	return s.cfg.Identity(ctx, l.Author)
}

// RebaseBranch makes the branch's commits that onto has not anew on top of
// onto. expected is the branch's head as the actor saw it. A protected branch is
// never rebased: it would lose commits.
func (s *Service) RebaseBranch(ctx context.Context, actor auth.Actor, id project.ID, branch, expected, onto string) (string, error) {
	r, err := s.pushing(ctx, actor, id)
	if err != nil {
		return "", err
	}
	rules, err := s.store.Protections(ctx, id)
	if err != nil {
		return "", err
	}
	if rule, protected := ProtectionOf(rules, branch); protected {
		return "", fault.Errorf(fault.Denied, "%s is a protected branch (rule %q), and a rebase would rewrite it: merge %s into it instead", branch, rule.Pattern, onto)
	}
	base, err := resolve(ctx, r, git.Heads+onto)
	if err != nil {
		return "", err
	}
	result, err := r.Replay(ctx, base.SHA, expected, s.cfg.Maker)
	if err != nil {
		return "", explainMerge(err, branch, onto)
	}
	switch result {
	case expected:
		return expected, nil
	case base.SHA:
		return "", fault.Errorf(fault.Conflict, "nothing would be left of %s: %s has all of it", branch, onto)
	}
	update := git.RefUpdate{Ref: git.Heads + branch, Before: expected, After: result}
	source := SourceLanding
	if rule, _ := ProtectionOf(rules, onto); !rule.Reviewed() {
		source = SourceMerge // what it brings in from there, nobody has looked at
	}
	err = s.move(ctx, actor, id, r, change{source: source, updates: []git.RefUpdate{update}})
	if errors.Is(err, git.ErrMoved) {
		return "", fault.Errorf(fault.Conflict, "branch %s has moved since you read it: look at what is new, and try again", branch)
	}
	return result, err
}

// CreateBranch begins a branch at a branch, tag or commit.
func (s *Service) CreateBranch(ctx context.Context, actor auth.Actor, id project.ID, branch, from string) (string, error) {
	r, err := s.pushing(ctx, actor, id)
	if err != nil {
		return "", err
	}
	found, err := resolve(ctx, r, from)
	if err != nil {
		return "", err
	}
	update := git.RefUpdate{Ref: git.Heads + branch, Before: git.Zero, After: found.SHA}
	if refusal, wrong := checkName(update); wrong {
		return "", fault.Errorf(fault.Invalid, "%s", refusal.Message).At("branch")
	}
	if err := s.mayMove(ctx, actor, id, r, update); err != nil {
		return "", err
	}
	err = s.move(ctx, actor, id, r, change{source: SourcePush, updates: []git.RefUpdate{update}})
	if errors.Is(err, git.ErrMoved) {
		return "", fault.Errorf(fault.Conflict, "there is a branch %q already, or one whose name is a part of it", branch).At("branch")
	}
	return found.SHA, err
}

// DeleteBranch removes a branch that is at expected, or wherever it is when
// expected is "". The default branch and protected ones stay.
func (s *Service) DeleteBranch(ctx context.Context, actor auth.Actor, id project.ID, branch, expected string) error {
	r, err := s.pushing(ctx, actor, id)
	if err != nil {
		return err
	}
	ref := git.Heads + branch
	refs, err := r.ReadRefs(ctx, ref)
	if err != nil {
		return explain(err, "")
	}
	update := git.RefUpdate{Ref: ref, Before: refs[ref], After: git.Zero}
	switch {
	case update.Before == "":
		return fault.Errorf(fault.Missing, "no branch %q", branch).At("branch")
	case expected != "" && update.Before != expected:
		return fault.Errorf(fault.Conflict, "branch %s has moved", branch)
	}
	if err := s.mayMove(ctx, actor, id, r, update); err != nil {
		return err
	}
	err = s.move(ctx, actor, id, r, change{source: SourcePush, updates: []git.RefUpdate{update}})
	if errors.Is(err, git.ErrMoved) {
		return fault.Errorf(fault.Conflict, "branch %s has moved", branch)
	}
	return err
}

// commitNamed shortens a commit's name for people.
func commitNamed(sha string) string { return strings.ToLower(sha[:min(len(sha), 8)]) }
