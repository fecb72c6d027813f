package merge

import (
	"fmt"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/repo"
)

// Kind classifies what blocks a merge.
type Kind string

// The kinds.
const (
	BlockClosed    Kind = "closed"
	BlockDraft     Kind = "draft"
	BlockBranch    Kind = "branch"    // one of the two is gone, or too much is between them
	BlockEmpty     Kind = "empty"     // there is nothing to merge
	BlockConflict  Kind = "conflict"  // git cannot combine the changes
	BlockRebase    Kind = "rebase"    // the target has moved on, and the project wants a line
	BlockApprovals Kind = "approvals" // too few people have looked
	BlockOwners    Kind = "owners"    // the owners of some paths have not
	BlockPipeline  Kind = "pipeline"
	BlockThreads   Kind = "threads"
	BlockRole      Kind = "role" // this actor may not merge
)

// Blocker is one thing that stands in the way of a merge.
type Blocker struct {
	Kind    Kind
	Message string   // what is wrong
	Unblock string   // what would mend it
	Paths   []string // of conflicts and owners
}

// BlockedError refuses a merge. It is a fault of the kind Conflict, or Denied
// where nothing but the actor's role stands in the way.
type BlockedError struct {
	Blockers []Blocker
}

// Error lists what blocks.
func (e *BlockedError) Error() string { return e.Unwrap().Error() }

// Unwrap gives the fault.
func (e *BlockedError) Unwrap() error {
	kind := fault.Conflict
	if len(e.Blockers) == 1 && e.Blockers[0].Kind == BlockRole {
		kind = fault.Denied
	}
	words := make([]string, len(e.Blockers))
	for i, b := range e.Blockers {
		words[i] = b.Message + " (" + b.Unblock + ")"
	}
	return fault.Errorf(kind, "this cannot be merged: %s", strings.Join(words, "; "))
}

// blockers is the one list, in the order in which people would go about it.
func (s *Status) blockers() []Blocker {
	r := s.Request
	if r.State != Opened {
		unblock := "there is nothing left to do"
		if r.State == Closed {
			unblock = "reopen it first"
		}
		return []Blocker{{Kind: BlockClosed, Message: "it is " + string(r.State), Unblock: unblock}}
	}
	var list []Blocker
	add := func(kind Kind, unblock, format string, args ...any) {
		list = append(list, Blocker{Kind: kind, Message: fmt.Sprintf(format, args...), Unblock: unblock})
	}
	if r.Draft {
		add(BlockDraft, "mark it as ready", "it is a draft")
	}
	switch {
	case !s.SourceExists:
		add(BlockBranch, "push the branch again, or close the request", "the source branch %s is gone", r.Source)
	case s.TargetSHA == "":
		add(BlockBranch, "choose another target branch", "the target branch %s is gone", r.Target)
	case s.Unrelated:
		add(BlockBranch, "begin the branch anew from "+r.Target, "%s and %s have no commit in common", r.Source, r.Target)
	case s.Commits > mostCommits:
		add(BlockBranch, "merge it in parts", "it has more than %d commits", mostCommits)
	case s.Empty:
		add(BlockEmpty, "push a change to "+r.Source, "%s has all of %s already", r.Target, r.Source)
	case s.Unplayable != "":
		list = append(list, Blocker{
			Kind: BlockConflict, Paths: s.Conflicts,
			Message: fmt.Sprintf("commit %s of %s cannot be replayed on %s: both change the same lines in %s", short(s.Unplayable), r.Source, r.Target, files(s.Conflicts)),
			Unblock: fmt.Sprintf("rebase %s locally and push, or let the request be squashed", r.Source),
		})
	case len(s.Conflicts) > 0:
		list = append(list, Blocker{
			Kind: BlockConflict, Paths: s.Conflicts,
			Message: fmt.Sprintf("%s and %s change the same lines in %s", r.Source, r.Target, files(s.Conflicts)),
			Unblock: fmt.Sprintf("merge %s into %s locally, resolve, and push", r.Target, r.Source),
		})
	case s.Settings.Method == repo.FastForward && s.Behind > 0:
		add(BlockRebase, "rebase "+r.Source, "%s has %s that %s lacks, and this project merges by fast-forward only", r.Target, count(s.Behind, "commit"), r.Source)
	}
	if s.Rule != nil {
		list = append(list, s.ruleBlockers()...)
	}
	if s.MergeRefusal != nil {
		add(BlockRole, s.whoMayMerge(), "%s", fault.Message(s.MergeRefusal))
	}
	return list
}

// ruleBlockers is what the target branch asks for.
func (s *Status) ruleBlockers() []Blocker {
	var list []Blocker
	rule := s.Rule
	if missing := rule.Approvals - s.Given; missing > 0 {
		role := "people"
		if rule.ApprovalRole == auth.Maintainer {
			role = "maintainers"
		}
		parts := []string{fmt.Sprintf("%d of %s by %s who did not write it", s.Given, count(rule.Approvals, "approval"), role)}
		for _, a := range s.Approvals {
			if !a.Holds {
				parts = append(parts, fmt.Sprintf("that of %s is void: %s", a.User.Username, strings.Join(a.Changed, ", ")))
			}
		}
		list = append(list, Blocker{Kind: BlockApprovals, Message: strings.Join(parts, "; "), Unblock: s.whoMayApprove(missing)})
	}
	if rule.RequireOwners {
		for _, o := range s.Owners {
			if o.Optional || o.Given >= o.Approvals {
				continue
			}
			list = append(list, Blocker{
				Kind: BlockOwners, Paths: o.Paths,
				Message: fmt.Sprintf("%d of %s by the owners of %s", o.Given, count(o.Approvals, "approval"), o.Pattern),
				Unblock: "ask " + some(o.Owners),
			})
		}
	}
	if rule.RequirePipeline {
		if b, red := s.pipelineBlocker(); red {
			list = append(list, b)
		}
	}
	if rule.RequireResolved && s.Unresolved > 0 {
		list = append(list, Blocker{Kind: BlockThreads, Message: count(s.Unresolved, "thread") + " not resolved", Unblock: "answer and resolve them"})
	}
	return list
}

func (s *Status) pipelineBlocker() (Blocker, bool) {
	p := s.Pipeline
	switch {
	case p == nil:
		return Blocker{
			Kind: BlockPipeline, Message: "no pipeline has run for " + short(s.Head) + " on " + s.Request.Source,
			Unblock: "wait for it, or start one",
		}, true
	case p.Passed:
		return Blocker{}, false
	case !p.Done:
		return Blocker{Kind: BlockPipeline, Message: fmt.Sprintf("pipeline %d is %s", p.ID, p.Status), Unblock: "wait for it" + at(p.Link)}, true
	}
	return Blocker{Kind: BlockPipeline, Message: fmt.Sprintf("pipeline %d: %s", p.ID, p.Status), Unblock: "see what failed" + at(p.Link) + ", mend it and push"}, true
}

func at(link string) string {
	if link == "" {
		return ""
	}
	return ": " + link
}

func (s *Status) whoMayMerge() string {
	switch {
	case s.Rule != nil && s.Rule.MergeRole == auth.None:
		return "a maintainer can change the rule in the project's settings"
	case len(s.MayMerge) == 0:
		return "ask someone who may"
	}
	return "ask " + some(s.MayMerge)
}

func (s *Status) whoMayApprove(missing int) string {
	if len(s.MayApprove) == 0 {
		return "nobody else in this project may approve it: add a member who may"
	}
	if missing == 1 {
		return "ask " + some(s.MayApprove)
	}
	return fmt.Sprintf("ask %d of %s", missing, some(s.MayApprove))
}

// some lists the first few of many.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func files(paths []string) string {
	if len(paths) <= 3 {
		return strings.Join(paths, ", ")
	}
	return count(len(paths), "file")
}
