package merge

import (
	"context"
	"fmt"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
)

// Options is how to merge; nil is what the request says.
type Options struct {
	SHA          string // the head that the actor looked at
	Message      string // of the commit that is made; "" makes one
	Squash       *bool
	RemoveSource *bool
}

// longestMessage bounds a commit's message.
const longestMessage = 1 << 20

// Merge brings a request into its target. It is refused with the list of what
// blocks it (BlockedError) unless there is nothing.
func (s *Service) Merge(ctx context.Context, actor auth.Actor, id project.ID, number int, opts Options) (Request, error) {
	if err := s.Gate.May(ctx, actor, id, auth.ApproveMerge); err != nil {
		return Request{}, err
	}
	r, err := s.store.ByNumber(ctx, id, number)
	if err != nil {
		return Request{}, err
	}
	if len(opts.Message) > longestMessage {
		return Request{}, fault.Errorf(fault.Limited, "the message is longer than 1 MiB").At("message")
	}
	settings, err := s.settings(ctx, id)
	if err != nil {
		return Request{}, err
	}
	if opts.Squash != nil {
		r.Squash = *opts.Squash
	}
	squashed := r.Squash || settings.Method == repo.Squash
	if opts.Message == "" {
		opts.Message = r.message(s.cfg.Address(ctx, id, number), squashed)
	}
	removeSource := r.RemoveSource
	if opts.RemoveSource != nil {
		removeSource = *opts.RemoveSource
	}
	landing := repo.Landing{
		Head: opts.SHA, Source: r.Source, Target: r.Target, Method: settings.Method, Squash: squashed, Message: opts.Message,
		Author: auth.Actor{User: r.Author.ID, Username: r.Author.Username},
		Check: func(ctx context.Context, target string) error {
			r, err = s.mayMergeNow(ctx, actor, r, target, opts.SHA)
			return err
		},
		Begin: func(ctx context.Context, result string) error {
			r.Landing = &Landing{SHA: result, User: actor.User, Username: actor.Username, RemoveSource: removeSource}
			r, err = s.store.Save(ctx, r)
			return err
		},
	}
	sha, err := s.Repos.Land(ctx, actor, id, landing)
	if err != nil {
		return Request{}, err
	}
	// The target has moved: from here on nothing but the record is to be made,
	// and if that fails Pushed makes it.
	return s.finish(context.WithoutCancel(ctx), actor, r, sha)
}

// mayMergeNow looks at everything again, while no other merge of the project
// runs.
func (s *Service) mayMergeNow(ctx context.Context, actor auth.Actor, r Request, target, sha string) (Request, error) {
	squash := r.Squash
	r, err := s.store.Request(ctx, r.ID)
	if err != nil {
		return r, err
	}
	r.Squash = squash // whether it is decides what stands in the way
	st, err := s.status(ctx, actor, r)
	if err != nil {
		return r, err
	}
	switch {
	case r.State == Merged:
		return r, fault.Errorf(fault.Conflict, "merge request !%d is merged already", r.Number)
	case r.State == Opened && st.SourceExists && sha != st.Head:
		return r, moved(r, st.Head, sha)
	case len(st.Blockers) > 0:
		return r, &BlockedError{st.Blockers}
	case st.TargetSHA != target:
		return r, fault.Errorf(fault.Conflict, "branch %s is moving: try again", r.Target)
	}
	return r, nil
}

// finish records a merge that git has carried out. Somebody else may be changing
// the request at this moment, or finishing it, too.
func (s *Service) finish(ctx context.Context, actor auth.Actor, r Request, sha string) (Request, error) {
	const attempts = 20
	for range attempts {
		if r.State == Merged {
			return r, nil
		}
		removeSource := r.Landing != nil && r.Landing.RemoveSource
		saved, err := s.saveMerged(ctx, actor, r, sha)
		if err == nil {
			if removeSource {
				err = s.removeSource(ctx, actor, saved)
			}
			return saved, err
		}
		if !fault.Is(err, fault.Conflict) {
			return r, err
		}
		if r, err = s.store.Request(ctx, r.ID); err != nil {
			return r, err
		}
	}
	return r, fmt.Errorf("recording the merge of request %d: it keeps changing", r.ID)
}

func (s *Service) saveMerged(ctx context.Context, actor auth.Actor, r Request, sha string) (Request, error) {
	landed := r.Landing != nil && r.Landing.SHA == sha
	r.State, r.MergedAt, r.MergeSHA, r.Landing = Merged, time.Now().UTC(), sha, nil
	r.MergedBy, r.UpdatedAt = Person{ID: actor.User, Username: actor.Username}, r.MergedAt
	text := "merged this as " + short(sha)
	if !landed {
		text = fmt.Sprintf("merged this: %s has its commits", r.Target)
	}
	given, err := s.store.Approvals(ctx, r.ID)
	if err != nil {
		return r, err
	}
	names := make([]string, len(given))
	for i, a := range given {
		names[i] = a.User.Username
	}
	act := actor.Act("merge_request.merged", int64(r.Project), r.named())
	act.After = map[string]any{"sha": sha, "head": r.Head, "approved_by": names, "by_push": !landed}
	events := []event.Event{r.changed(actor, ActionMerged, text), act}
	return s.store.Save(ctx, r, events...)
}

// removeSource deletes the branch, unless it is wanted: it moved on, is
// protected, or other requests come from it or go into it.
func (s *Service) removeSource(ctx context.Context, actor auth.Actor, r Request) error {
	from, err := s.store.From(ctx, r.Project, r.Source)
	if err != nil {
		return err
	}
	into, err := s.store.Into(ctx, r.Project, r.Source)
	if err != nil || len(from)+len(into) > 0 {
		return err
	}
	err = s.Repos.DeleteBranch(ctx, actor, r.Project, r.Source, r.Head)
	switch fault.KindOf(err) {
	case fault.Denied, fault.Missing, fault.Conflict:
		return nil // the merge is what counts
	}
	return err
}

// Rebase makes the request's commits anew on top of its target.
func (s *Service) Rebase(ctx context.Context, actor auth.Actor, id project.ID, number int) (Request, error) {
	r, head, err := s.refreshing(ctx, actor, id, number)
	if err != nil {
		return Request{}, err
	}
	after, err := s.Repos.RebaseBranch(ctx, actor, id, r.Source, head, r.Target)
	if err != nil {
		return Request{}, err
	}
	own, err := s.unseen(ctx, r)
	if err != nil {
		return Request{}, err
	}
	return s.takeIn(ctx, actor, r, after, own)
}

// unseen tells whether nobody has approved what is on the target branch: who
// brings that into the source branch answers for it like for a push.
func (s *Service) unseen(ctx context.Context, r Request) (bool, error) {
	rule, _, err := s.Repos.Rule(ctx, r.Project, r.Target)
	return !rule.Reviewed(), err
}

// Update merges the target into the source branch, so that conflicts and tests
// show before the merge.
func (s *Service) Update(ctx context.Context, actor auth.Actor, id project.ID, number int) (Request, error) {
	r, head, err := s.refreshing(ctx, actor, id, number)
	if err != nil {
		return Request{}, err
	}
	if err := s.Gate.May(ctx, actor, id, auth.PushCode); err != nil {
		return Request{}, err
	}
	rule, protected, err := s.Repos.Rule(ctx, id, r.Source)
	if err != nil {
		return Request{}, err
	}
	if protected && (rule.Gated() || rule.PushRole == auth.None) {
		return Request{}, fault.Errorf(fault.Denied, "nobody may push to %s (rule %q): open a merge request from %s into it", r.Source, rule.Pattern, r.Target)
	}
	if protected && rule.PushRole > auth.Developer {
		if err := s.Gate.May(ctx, actor, id, auth.PushProtected); err != nil {
			return Request{}, err
		}
	}
	heads, err := s.Repos.Heads(ctx, id, r.Target)
	if err != nil {
		return Request{}, err
	}
	if heads[r.Target] == "" {
		return Request{}, fault.Errorf(fault.Conflict, "the target branch %s is gone", r.Target)
	}
	if has, err := s.Repos.IsAncestor(ctx, id, heads[r.Target], head); err != nil || has {
		return r, err // it is up to date
	}
	own, err := s.unseen(ctx, r)
	if err != nil {
		return Request{}, err
	}
	after, err := s.Repos.Land(ctx, actor, id, repo.Landing{
		Head: heads[r.Target], Source: r.Target, Target: r.Source, Method: repo.MergeCommit, Own: own,
		Message: fmt.Sprintf("Merge branch '%s' into '%s'", r.Target, r.Source),
		Check: func(_ context.Context, now string) error {
			if now != head {
				return fault.Errorf(fault.Conflict, "branch %s has moved meanwhile: try again", r.Source)
			}
			return nil
		},
	})
	if err != nil {
		return Request{}, err
	}
	return s.takeIn(ctx, actor, r, after, own)
}

// refreshing loads an open request whose source branch is about to be moved.
func (s *Service) refreshing(ctx context.Context, actor auth.Actor, id project.ID, number int) (Request, string, error) {
	if err := s.Gate.May(ctx, actor, id, auth.CreateMerge); err != nil {
		return Request{}, "", err
	}
	r, err := s.store.ByNumber(ctx, id, number)
	if err != nil {
		return Request{}, "", err
	}
	if r.State != Opened {
		return Request{}, "", fault.Errorf(fault.Conflict, "merge request !%d is %s", number, r.State)
	}
	heads, err := s.Repos.Heads(ctx, id, r.Source)
	if err != nil {
		return Request{}, "", err
	}
	if heads[r.Source] == "" {
		return Request{}, "", fault.Errorf(fault.Conflict, "the source branch %s is gone", r.Source)
	}
	return r, heads[r.Source], nil
}

// takeIn makes a version of a move that the server made, at once; the push that
// it also is finds it done.
func (s *Service) takeIn(ctx context.Context, actor auth.Actor, r Request, head string, own bool) (Request, error) {
	if head == r.Head {
		return r, nil
	}
	err := s.addVersion(context.WithoutCancel(ctx), actor, r, move{after: head, landing: !own})
	if err != nil && !fault.Is(err, fault.Conflict) {
		return r, err
	}
	return s.store.Request(ctx, r.ID)
}
