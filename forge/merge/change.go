package merge

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Edit is what to change of a request; nil leaves a field as it is.
type Edit struct {
	Title        *string
	Description  *string
	Draft        *bool
	Target       *string
	Reviewers    *[]string
	RemoveSource *bool
	Squash       *bool
}

// Edit changes an open request, or what is said of a closed one.
func (s *Service) Edit(ctx context.Context, actor auth.Actor, id project.ID, number int, edit Edit) (Request, error) {
	if err := s.mayCreate(ctx, actor, id); err != nil {
		return Request{}, err
	}
	r, err := s.store.ByNumber(ctx, id, number)
	if err != nil {
		return Request{}, err
	}
	before := r
	if err := s.apply(ctx, &r, edit); err != nil {
		return Request{}, err
	}
	if err := r.check(); err != nil {
		return Request{}, err
	}
	r.UpdatedAt = time.Now().UTC()
	events := []event.Event{r.changed(actor, ActionEdited, edited(before, r))}
	if r.Target == before.Target {
		return s.store.Save(ctx, r, events...)
	}
	return s.retarget(ctx, actor, before, r, events)
}

func (s *Service) apply(ctx context.Context, r *Request, edit Edit) error {
	if edit.Draft != nil {
		r.Draft = *edit.Draft
	}
	if edit.Title != nil {
		title, draft := cutDraft(*edit.Title)
		r.Title, r.Draft = title, r.Draft || draft
	}
	if edit.Description != nil {
		r.Description = *edit.Description
	}
	if edit.RemoveSource != nil {
		r.RemoveSource = *edit.RemoveSource
	}
	if edit.Squash != nil {
		r.Squash = *edit.Squash
	}
	if edit.Target != nil {
		r.Target = *edit.Target
	}
	if edit.Reviewers != nil {
		var err error
		if r.Reviewers, err = s.reviewers(ctx, r.Project, *edit.Reviewers); err != nil {
			return err
		}
	}
	return nil
}

// edited is the discussion's line about an edit; "" where none is needed.
func edited(before, after Request) string {
	switch {
	case before.Target != after.Target:
		return fmt.Sprintf("changed the target branch from %s to %s", before.Target, after.Target)
	case before.Draft && !after.Draft:
		return "marked this as ready"
	case !before.Draft && after.Draft:
		return "marked this as a draft"
	case before.Title != after.Title:
		return fmt.Sprintf("changed the title from “%s” to “%s”", before.Title, after.Title)
	case !slices.Equal(before.Reviewers, after.Reviewers):
		return "changed the reviewers"
	}
	return ""
}

// retarget is a new version: what the request brings is another thing now.
func (s *Service) retarget(ctx context.Context, actor auth.Actor, before, r Request, events []event.Event) (Request, error) {
	if r.State != Opened {
		return Request{}, fault.Errorf(fault.Conflict, "merge request !%d is %s: its target stays", r.Number, r.State)
	}
	p, err := s.propose(ctx, &r)
	if err != nil {
		return Request{}, err
	}
	r.Versions++
	v := Version{Number: r.Versions, Head: r.Head, Base: r.Base, CreatedAt: r.UpdatedAt, User: Person{Username: actor.Username}}
	if err := s.measure(ctx, &v, r, p.span); err != nil {
		return Request{}, err
	}
	if err := s.keep(ctx, r.Project, r.Head, r.Base); err != nil {
		return Request{}, err
	}
	act := actor.Act("merge_request.retargeted", int64(r.Project), r.named())
	act.Before, act.After = map[string]any{"target": before.Target}, map[string]any{"target": r.Target}
	return s.store.AddVersion(ctx, r, v, "", append(events, act)...)
}

// named is how the audit log calls a request.
func (r *Request) named() string {
	return fmt.Sprintf("!%d %s → %s", r.Number, r.Source, r.Target)
}

// Close ends a request without a merge.
func (s *Service) Close(ctx context.Context, actor auth.Actor, id project.ID, number int) (Request, error) {
	if err := s.mayCreate(ctx, actor, id); err != nil {
		return Request{}, err
	}
	r, err := s.store.ByNumber(ctx, id, number)
	if err != nil {
		return Request{}, err
	}
	if r.State != Opened {
		return Request{}, fault.Errorf(fault.Conflict, "merge request !%d is %s already", number, r.State)
	}
	return s.close(ctx, actor, r, "closed this")
}

func (s *Service) close(ctx context.Context, actor auth.Actor, r Request, text string) (Request, error) {
	r.State, r.ClosedAt, r.ClosedBy = Closed, time.Now().UTC(), Person{ID: actor.User, Username: actor.Username}
	r.UpdatedAt = r.ClosedAt
	return s.store.Save(ctx, r, r.changed(actor, ActionClosed, text))
}

// Reopen opens a closed request again, at the commit where its branch is now.
func (s *Service) Reopen(ctx context.Context, actor auth.Actor, id project.ID, number int) (Request, error) {
	if err := s.mayCreate(ctx, actor, id); err != nil {
		return Request{}, err
	}
	r, err := s.store.ByNumber(ctx, id, number)
	if err != nil {
		return Request{}, err
	}
	if r.State != Closed {
		return Request{}, fault.Errorf(fault.Conflict, "merge request !%d is %s: only a closed one can be reopened", number, r.State)
	}
	head := r.Head
	p, err := s.propose(ctx, &r)
	if err != nil {
		return Request{}, err
	}
	r.State, r.ClosedAt, r.ClosedBy, r.UpdatedAt = Opened, time.Time{}, Person{}, time.Now().UTC()
	event := r.changed(actor, ActionReopened, "reopened this")
	if r.Head == head {
		return s.store.Save(ctx, r, event)
	}
	// Who pushed meanwhile is in the log of refs: see repo.Movers.
	r.Versions++
	v := Version{Number: r.Versions, Head: r.Head, Base: r.Base, CreatedAt: r.UpdatedAt, User: Person{Username: actor.Username}}
	if err := s.measure(ctx, &v, r, p.span); err != nil {
		return Request{}, err
	}
	if err := s.keep(ctx, id, r.Head, r.Base); err != nil {
		return Request{}, err
	}
	return s.store.AddVersion(ctx, r, v, "", event)
}

// Approve gives the actor's word for the request as it is at sha, the head that
// the actor looked at.
func (s *Service) Approve(ctx context.Context, actor auth.Actor, id project.ID, number int, sha string) (Request, error) {
	if err := s.Gate.May(ctx, actor, id, auth.ApproveMerge); err != nil {
		return Request{}, err
	}
	r, err := s.store.ByNumber(ctx, id, number)
	if err != nil {
		return Request{}, err
	}
	st, err := s.status(ctx, actor, r)
	if err != nil {
		return Request{}, err
	}
	switch {
	case !st.SourceExists:
		return Request{}, fault.Errorf(fault.Conflict, "the source branch %s is gone", r.Source)
	case sha != st.Head:
		return Request{}, moved(r, st.Head, sha)
	case st.ApproveRefusal != nil:
		return Request{}, st.ApproveRefusal
	}
	for _, a := range st.Approvals {
		if a.User.ID == actor.User && a.Holds && a.Head == sha {
			return r, nil
		}
	}
	a := Approval{Request: r.ID, User: Person{ID: actor.User, Username: actor.Username}, Head: sha, Content: st.Content, At: time.Now().UTC()}
	act := actor.Act("merge_request.approved", int64(id), r.named())
	act.After = map[string]any{"sha": sha, "content": st.Content}
	r.UpdatedAt = a.At
	if err := s.keep(ctx, id, sha); err != nil {
		return Request{}, err
	}
	if err := s.store.Approve(ctx, r, a, act, r.changed(actor, ActionApproved, "approved this at "+short(sha))); err != nil {
		return Request{}, err
	}
	return s.store.Request(ctx, r.ID)
}

func moved(r Request, head, sha string) error {
	if sha == "" {
		return fault.Errorf(fault.Invalid, "say which commit you have looked at: %s is at %s", r.Source, head).At("sha")
	}
	return fault.Errorf(fault.Conflict, "%s has moved to %s since you looked at %s: see what is new, then decide", r.Source, short(head), short(sha)).At("sha")
}

// Unapprove takes the actor's approval back.
func (s *Service) Unapprove(ctx context.Context, actor auth.Actor, id project.ID, number int) (Request, error) {
	if err := s.Gate.May(ctx, actor, id, auth.ApproveMerge); err != nil {
		return Request{}, err
	}
	r, err := s.store.ByNumber(ctx, id, number)
	if err != nil {
		return Request{}, err
	}
	if r.State == Merged {
		return Request{}, fault.Errorf(fault.Conflict, "merge request !%d is merged: what was said of it stays", number)
	}
	act := actor.Act("merge_request.unapproved", int64(id), r.named())
	err = s.store.Unapprove(ctx, r.ID, actor.User, act, r.changed(actor, ActionUnapproved, "took their approval back"))
	if fault.Is(err, fault.Missing) {
		return Request{}, fault.Errorf(fault.Conflict, "%s has not approved merge request !%d", actor.Username, number)
	}
	return r, err
}
