package merge

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

// Pushed is the reaction to a branch that has moved: requests from it get a new
// version, or are closed when it is gone, and requests into it are merged when it
// has their commits. push is the push's own number. It may run more than once,
// and in another order than the pushes.
func (s *Service) Pushed(ctx context.Context, push int64, e repo.Pushed) error {
	branch, ok := strings.CutPrefix(e.Ref, git.Heads)
	if !ok {
		return nil
	}
	actor := auth.Actor{User: e.User, Username: e.Username, Via: auth.ViaSystem}
	from, err := s.store.From(ctx, e.Project, branch)
	if err != nil {
		return err
	}
	into, err := s.store.Into(ctx, e.Project, branch)
	if err != nil {
		return err
	}
	for _, r := range into {
		if err := s.pushedInto(ctx, actor, r, e); err != nil {
			return fmt.Errorf("merge request %d: %w", r.ID, err)
		}
	}
	for _, r := range from {
		if err := s.pushedFrom(ctx, actor, r, e, strconv.FormatInt(push, 10)); err != nil && !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("merge request %d: %w", r.ID, err)
		}
	}
	return nil
}

// pushedInto marks a request merged whose landing git carried out before a
// crash, and one whose commits came into the target by other ways.
func (s *Service) pushedInto(ctx context.Context, actor auth.Actor, r Request, e repo.Pushed) error {
	if e.After == git.Zero {
		return nil
	}
	if r.Landing != nil {
		done, err := s.Repos.IsAncestor(ctx, r.Project, r.Landing.SHA, e.After)
		if err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		if done {
			who := auth.Actor{User: r.Landing.User, Username: r.Landing.Username, Via: auth.ViaSystem}
			_, err := s.finish(ctx, who, r, r.Landing.SHA)
			return err
		}
	}
	if e.Before == git.Zero {
		return nil
	}
	has, err := s.Repos.IsAncestor(ctx, r.Project, r.Head, e.After)
	if err != nil || !has {
		return err
	}
	// A branch that the target had before brings nothing: it is empty, and not
	// merged.
	had, err := s.Repos.IsAncestor(ctx, r.Project, r.Head, e.Before)
	if err != nil || had {
		return err
	}
	_, err = s.finish(ctx, actor, r, r.Head)
	return err
}

// pushedFrom takes in what was pushed to the source branch.
func (s *Service) pushedFrom(ctx context.Context, actor auth.Actor, r Request, e repo.Pushed, push string) error {
	heads, err := s.Repos.Heads(ctx, r.Project, r.Source)
	if err != nil {
		return err
	}
	now := heads[r.Source]
	switch {
	case now == "" && e.After == git.Zero:
		_, err := s.close(ctx, actor, r, fmt.Sprintf("closed this: the branch %s was deleted", r.Source))
		return err
	case e.After == git.Zero, e.After == r.Head:
		return nil
	case e.After != now && e.Before != r.Head:
		return nil // an older push that comes late: a later one is the version
	}
	return s.addVersion(ctx, actor, r, move{after: e.After, push: push, landing: e.Source == repo.SourceLanding})
}

// move is a new head of a source branch.
type move struct {
	after   string
	push    string // its number; "" for what the server did itself
	landing bool   // made by the server of what others had pushed
}

func (s *Service) addVersion(ctx context.Context, actor auth.Actor, r Request, m move) error {
	heads, err := s.Repos.Heads(ctx, r.Project, r.Target)
	if err != nil {
		return err
	}
	before, base := r.Head, r.Base
	if target := heads[r.Target]; target != "" {
		found, err := s.base(ctx, r.Project, target, m.after)
		if err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		if err == nil {
			base = found
		}
	}
	span, err := s.span(ctx, r.Project, base, m.after)
	if err != nil {
		return err
	}
	if err := s.keep(ctx, r.Project, m.after, base); err != nil {
		return err
	}
	r.Head, r.Base, r.Versions, r.UpdatedAt = m.after, base, r.Versions+1, time.Now().UTC()
	v := Version{Number: r.Versions, Head: m.after, Base: base, CreatedAt: r.UpdatedAt, User: Person{ID: actor.User, Username: actor.Username}}
	if m.landing {
		v.User.ID = 0 // who asked the server for it had no hand in it
	}
	if err := s.measure(ctx, &v, r, span); err != nil {
		return err
	}
	text, err := s.pushText(ctx, r, before)
	if err != nil {
		return err
	}
	e := r.changed(actor, ActionUpdated, text)
	e.Before = before
	_, err = s.store.AddVersion(ctx, r, v, m.push, e)
	return err
}

// pushText is the discussion's line about a push: what came, and whose approval
// it voids.
func (s *Service) pushText(ctx context.Context, r Request, before string) (string, error) {
	text := fmt.Sprintf("pushed: %s → %s", short(before), short(r.Head))
	if ahead, err := s.ahead(ctx, r.Project, before, r.Head); err != nil {
		return "", err
	} else if follows, err := s.Repos.IsAncestor(ctx, r.Project, before, r.Head); err != nil {
		return "", err
	} else if follows {
		text = fmt.Sprintf("pushed %s: %s → %s", count(ahead, "commit"), short(before), short(r.Head))
	}
	voided, err := s.voided(ctx, r)
	return text + voided, err
}

// voided says which approvals of a request are void, and why.
func (s *Service) voided(ctx context.Context, r Request) (string, error) {
	given, err := s.store.Approvals(ctx, r.ID)
	if err != nil || len(given) == 0 {
		return "", err
	}
	now, err := s.content(ctx, r, r.Head)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, a := range given {
		if a.Content.equal(now) {
			continue
		}
		n := 0
		if a.Content.Tree != now.Tree {
			if n, err = s.filesBetween(ctx, r, a.Head, r.Head); err != nil {
				return "", err
			}
		}
		fmt.Fprintf(&text, ". The approval of %s is void: %s", a.User.Username, strings.Join(a.Content.changes(now, n), ", "))
	}
	return text.String(), nil
}

// Registered is the reaction to a model version that was made from a commit: it
// tells the open requests of that commit when approvals of theirs are void by it.
func (s *Service) Registered(ctx context.Context, actor auth.Actor, id project.ID, branch, commit string) error {
	open, err := s.store.From(ctx, id, branch)
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.Head != commit {
			continue
		}
		text, err := s.voided(ctx, r)
		if err != nil {
			return err
		}
		if text == "" {
			continue
		}
		if r, err = s.store.Save(ctx, r, r.changed(actor, ActionVoided, "registered a model"+text)); err != nil && !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("merge request %d: %w", r.ID, err)
		}
	}
	return nil
}
