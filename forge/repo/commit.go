package repo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// Edit is a change to one file, by what it shall hold.
type Edit = git.Edit

// The limits of one call of CommitEdits.
const (
	mostEdits    = 1000
	largestEdits = 32 << 20 // bytes of all files together
	longestWords = 1 << 20  // bytes of a commit's message
)

// CommitEdits changes files of a branch in one commit of the actor's. expected
// is the commit that the actor saw as the branch's head: when the branch has
// moved since, nothing is changed and the answer is fault.Conflict. The rules
// of protected branches hold as for a push. It gives the new head.
//
// An empty repository gets its first commit by expected "": the branch begins
// with it.
func (s *Service) CommitEdits(ctx context.Context, actor auth.Actor, id project.ID, branch, expected string, edits []Edit, message string) (string, error) {
	r, err := s.pushing(ctx, actor, id)
	if err != nil {
		return "", err
	}
	if err := checkEdits(edits, message); err != nil {
		return "", err
	}
	if err := git.CheckBranch(branch); err != nil {
		return "", explain(err, "")
	}
	update := git.RefUpdate{Ref: git.Heads + branch, Before: expected, After: expected}
	if expected == "" {
		if err := onlyEmpty(ctx, r, branch); err != nil {
			return "", err
		}
		update.Before, update.After = git.Zero, emptyTreeName
	}
	if err := s.mayMove(ctx, actor, id, r, update); err != nil {
		return "", err
	}
	moved := fault.Errorf(fault.Conflict, "branch %s has moved since you read it: look at what is new, and try again", branch)
	found, err := r.ReadRefs(ctx, update.Ref)
	if err != nil {
		return "", err
	}
	switch head := found[update.Ref]; {
	case head == "" && expected == "":
	case head == "":
		return "", fault.Errorf(fault.Missing, "no branch %q", branch).At("branch")
	case head != expected:
		return "", moved
	}
	who := s.cfg.Identity(ctx, actor)
	if update.After, err = commitEdits(ctx, r, expected, edits, message, who); err != nil {
		return "", err
	}
	err = s.move(ctx, actor, id, r, change{source: SourcePush, updates: []git.RefUpdate{update}})
	if errors.Is(err, git.ErrMoved) {
		return "", moved
	}
	return update.After, err
}

// emptyTreeName stands for the commit that is still to be made while the rules
// of branches are asked: it is no git.Zero, which would be a deletion.
const emptyTreeName = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// onlyEmpty refuses to begin a branch without a commit to begin it at, unless
// there is none yet.
func onlyEmpty(ctx context.Context, r *git.Repo, branch string) error {
	empty, err := r.Empty(ctx)
	if err == nil && !empty {
		return fault.Errorf(fault.Missing, "no branch %q", branch).At("branch")
	}
	return err
}

func checkEdits(edits []Edit, message string) error {
	size := 0
	for _, edit := range edits {
		size += len(edit.Content)
	}
	switch {
	case len(edits) == 0:
		return fault.Errorf(fault.Invalid, "a commit needs at least one changed file").At("edits")
	case len(edits) > mostEdits:
		return fault.Errorf(fault.Limited, "%d changed files: one commit made here may change %d", len(edits), mostEdits).At("edits")
	case size > largestEdits:
		return fault.Errorf(fault.Limited, "the changed files have %d bytes: one commit made here may hold %s, use git push for more", size, bytesText(largestEdits)).At("edits")
	case strings.TrimSpace(message) == "":
		return fault.Errorf(fault.Invalid, "a commit needs a message").At("message")
	case len(message) > longestWords:
		return fault.Errorf(fault.Limited, "the message is longer than %s", bytesText(longestWords)).At("message")
	}
	return nil
}

func commitEdits(ctx context.Context, r *git.Repo, head string, edits []Edit, message string, who git.Identity) (string, error) {
	tree, err := r.EditTree(ctx, head, edits)
	if err != nil {
		return "", explain(err, "%s", strings.TrimPrefix(fmt.Sprint(err), git.ErrNotFound.Error()+": "))
	}
	if head == "" {
		return r.CommitTree(ctx, tree, nil, message, who)
	}
	before, err := r.TreeOf(ctx, head)
	if err != nil {
		return "", err
	}
	if tree == before {
		return "", fault.Errorf(fault.Conflict, "nothing would change: the files hold this already")
	}
	return r.CommitTree(ctx, tree, []string{head}, message, who)
}

// mayMove asks the rules of branches as a push does.
func (s *Service) mayMove(ctx context.Context, actor auth.Actor, id project.ID, r *git.Repo, update git.RefUpdate) error {
	_, refusals, err := s.checkPush(ctx, actor, id, r, []git.RefUpdate{update})
	if err != nil {
		return err
	}
	if len(refusals) > 0 {
		sentence, _, _ := strings.Cut(refusals[0].Message, "\n") // the rest is about git push
		return fault.Errorf(fault.Denied, "%s", sentence)
	}
	return nil
}

// mover is how the log of refs names who moved one: by their number, for
// addresses change. A project's own token stands for who made it.
func (s *Service) mover(ctx context.Context, actor auth.Actor) git.Identity {
	who := s.cfg.Identity(ctx, actor)
	switch {
	case actor.User != 0:
		who.Email = UserMark(actor.User)
	case actor.Maker != 0:
		who.Email = UserMark(actor.Maker)
	}
	return who
}

// UserMark stands for a user where otherwise an e-mail address does, among those
// who had a hand in a change.
func UserMark(id auth.UserID) string { return userMark + strconv.FormatInt(int64(id), 10) }

// MarkedUser reads what UserMark made; false for an address.
func MarkedUser(text string) (auth.UserID, bool) {
	digits, ok := strings.CutPrefix(text, userMark)
	id, err := strconv.ParseInt(digits, 10, 64)
	return auth.UserID(id), ok && err == nil
}

const userMark = "user:"

// change is what move does to refs, and how it came to that.
type change struct {
	source  Source
	updates []git.RefUpdate
}

// move moves refs, all or none, and saves the events. It answers git.ErrMoved
// when someone was faster.
func (s *Service) move(ctx context.Context, actor auth.Actor, id project.ID, r *git.Repo, c change) error {
	intent, end, err := s.begin(ctx, actor, id, c.source, nil, c.updates)
	if err != nil {
		return err
	}
	defer end()
	ctx = context.WithoutCancel(ctx)
	if err := r.UpdateRefs(ctx, s.mover(ctx, actor), string(c.source), c.updates...); err != nil {
		if _, settleErr := s.settleByRefs(ctx, r, intent, false); settleErr != nil {
			s.cfg.Log.ErrorContext(ctx, "a move is to be settled later", "project", id, "intent", intent.ID, "error", settleErr)
		}
		return err
	}
	if err := s.store.SettleIntent(ctx, intent.ID, nil, s.events(ctx, actor, intent, c.updates)...); err != nil {
		// The refs have moved and the intent is safe: Run settles it.
		s.cfg.Log.ErrorContext(ctx, "a move is to be settled later", "project", id, "intent", intent.ID, "error", err)
	}
	return nil
}
