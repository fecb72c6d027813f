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

// MergeResult is what a merge did.
type MergeResult struct {
	SHA         string // where the target branch is now
	Already     bool   // it had all of source before: nothing changed
	FastForward bool   // it moved to source itself: no merge commit was needed
}

// mergeAttempts bounds how often a merge begins anew because pushes moved its
// target under it. Merges do not move it under each other: see merging.
const mergeAttempts = 20

// Merge brings a branch, tag or commit into a branch, as "git merge" does:
// by fast-forward where that is possible and no message is given, otherwise by a
// merge commit. Changes that git cannot combine answer fault.Conflict with the
// files.
func (s *Service) Merge(ctx context.Context, actor auth.Actor, id project.ID, source, target, message string) (MergeResult, error) {
	r, err := s.pushing(ctx, actor, id)
	if err != nil {
		return MergeResult{}, err
	}
	if err := git.CheckBranch(target); err != nil {
		return MergeResult{}, fault.Errorf(fault.Invalid, "%s", strings.TrimPrefix(err.Error(), "git: ")).At("target")
	}
	if err := s.mayMerge(ctx, actor, id, source, target); err != nil {
		return MergeResult{}, err
	}
	leave, err := s.queue(ctx, id)
	if err != nil {
		return MergeResult{}, err
	}
	defer leave()
	for range mergeAttempts {
		result, err := s.mergeOnce(ctx, actor, id, r, source, target, message)
		if !errors.Is(err, git.ErrMoved) {
			return result, err
		}
	}
	return MergeResult{}, fault.Errorf(fault.Conflict, "branch %q keeps moving: try again", target)
}

func (s *Service) mayMerge(ctx context.Context, actor auth.Actor, id project.ID, source, target string) error {
	rules, err := s.store.Protections(ctx, id)
	if err != nil {
		return err
	}
	rule, protected := ProtectionOf(rules, target)
	switch {
	case rule.Gated():
		return fault.Errorf(fault.Denied, "changes of %s come by merge requests (rule %q): open a merge request%s", target, rule.Pattern,
			colon(s.cfg.RequestLink(ctx, id, source, target)))
	case !protected, rule.MergeRole == auth.Developer:
		return nil
	case rule.MergeRole == auth.None:
		return fault.Errorf(fault.Denied, "nobody may merge into the protected branch %s (rule %q)", target, rule.Pattern)
	default:
		return s.gate.May(ctx, actor, id, auth.PushProtected)
	}
}

// colon puts an address behind a sentence, when there is one.
func colon(address string) string {
	if address == "" {
		return ""
	}
	return ": " + address
}

// queue waits until no other merge of the project runs.
func (s *Service) queue(ctx context.Context, id project.ID) (leave func(), err error) {
	s.mu.Lock()
	turn := s.merging[id]
	if turn == nil {
		turn = make(chan struct{}, 1)
		s.merging[id] = turn
	}
	s.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Service) mergeOnce(ctx context.Context, actor auth.Actor, id project.ID, r *git.Repo, source, target, message string) (MergeResult, error) {
	theirs, err := resolve(ctx, r, source)
	if err != nil {
		return MergeResult{}, err
	}
	ours, err := resolve(ctx, r, git.Heads+target)
	if err != nil {
		return MergeResult{}, err
	}
	already, err := r.IsAncestor(ctx, theirs.SHA, ours.SHA)
	if err != nil {
		return MergeResult{}, err
	}
	if already {
		return MergeResult{SHA: ours.SHA, Already: true}, nil
	}
	result := MergeResult{SHA: theirs.SHA}
	if message == "" {
		if result.FastForward, err = r.IsAncestor(ctx, ours.SHA, theirs.SHA); err != nil {
			return MergeResult{}, err
		}
		message = fmt.Sprintf("Merge %s into %s", describe(theirs, source), target)
	}
	who := s.cfg.Identity(ctx, actor)
	if !result.FastForward {
		if result.SHA, err = mergeCommit(ctx, r, ours.SHA, theirs.SHA, message, who); err != nil {
			return MergeResult{}, explainMerge(err, source, target)
		}
	}
	update := git.RefUpdate{Ref: git.Heads + target, Before: ours.SHA, After: result.SHA}
	return result, s.move(ctx, actor, id, r, change{source: SourceMerge, updates: []git.RefUpdate{update}})
}

func describe(source git.Resolved, named string) string {
	if branch, ok := strings.CutPrefix(source.Ref, git.Heads); ok {
		return "branch '" + branch + "'"
	}
	return "'" + named + "'"
}

func mergeCommit(ctx context.Context, r *git.Repo, ours, theirs, message string, who git.Identity) (string, error) {
	tree, err := r.MergeTree(ctx, ours, theirs)
	if err != nil {
		return "", err
	}
	return r.CommitTree(ctx, tree, []string{ours, theirs}, message, who)
}

func explainMerge(err error, source, target string) error {
	var conflict *git.ConflictError
	switch {
	case errors.As(err, &conflict) && conflict.Commit != "":
		return fault.Errorf(fault.Conflict, "commit %s of %s cannot be replayed on %s: both change the same lines in %s. Rebase it locally and push, or merge without a rebase",
			commitNamed(conflict.Commit), source, target, strings.Join(conflict.Files, ", "))
	case errors.Is(err, git.ErrTooLarge):
		return fault.Errorf(fault.Limited, "%s has more than %d commits to replay: squash them, or rebase locally and push", source, git.MostReplayed)
	case errors.As(err, &conflict):
		return fault.Errorf(fault.Conflict, "%s and %s change the same lines in %s: merge %s into %s locally, resolve, and push",
			source, target, strings.Join(conflict.Files, ", "), target, source)
	case errors.Is(err, git.ErrUnrelated):
		return fault.Errorf(fault.Conflict, "%s and %s have no commit in common: they cannot be merged", source, target)
	}
	return err
}
