package repo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/git"
)

const (
	// patience is how long after a crash an intended move may still happen: a
	// git process outlives the server that started it until its pipes run dry.
	patience = 10 * time.Minute
	// reconcileEvery and maintainEvery pace Run.
	reconcileEvery = time.Minute
	maintainEvery  = time.Hour
	// staleLock is older than any lock that git holds on purpose.
	staleLock = time.Minute
)

// Run keeps the repositories in order until ctx ends: it settles what a crash
// left open, removes what it left lying about, and packs what has grown untidy.
// Failures are logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	reconcile := time.NewTicker(reconcileEvery)
	defer reconcile.Stop()
	maintain := time.NewTicker(maintainEvery)
	defer maintain.Stop()
	s.attempt(ctx, "settling interrupted pushes", s.Reconcile)
	s.attempt(ctx, "tidying repositories", s.tidy)
	second := true
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-reconcile.C:
			s.attempt(ctx, "settling interrupted pushes", s.Reconcile)
			if second {
				// What was too young to be called stale at the start is not now.
				s.attempt(ctx, "tidying repositories", s.tidy)
				second = false
			}
		case <-maintain.C:
			s.attempt(ctx, "packing repositories", s.Maintain)
		}
	}
}

func (s *Service) attempt(ctx context.Context, what string, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Log.ErrorContext(ctx, what, "error", err)
	}
}

// Reconcile settles the intents that no push or merge of this process holds:
// the moves that git carried out get their events, the others are forgotten
// once they cannot happen any more.
func (s *Service) Reconcile(ctx context.Context) error {
	abandoned, err := s.abandoned(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, intent := range abandoned {
		wait := time.Since(intent.CreatedAt) < patience
		moved, err := s.settleByRefs(ctx, s.git.Open(s.Path(intent.Project)), intent, wait)
		if err != nil {
			failures = append(failures, fmt.Errorf("settling intent %d: %w", intent.ID, err))
			continue
		}
		for _, u := range moved {
			s.cfg.Log.InfoContext(ctx, "an interrupted push had happened", "project", intent.Project, "ref", u.Ref, "sha", u.After)
		}
	}
	return errors.Join(failures...)
}

func (s *Service) abandoned(ctx context.Context) ([]Intent, error) {
	s.starting.Lock()
	defer s.starting.Unlock()
	intents, err := s.store.Intents(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var abandoned []Intent
	for _, intent := range intents {
		if !s.inFlight[intent.ID] {
			abandoned = append(abandoned, intent)
		}
	}
	return abandoned, nil
}

// settleByRefs finds out from git which moves of an intent happened, and saves
// their events. With wait, moves that did not happen stay open.
func (s *Service) settleByRefs(ctx context.Context, r *git.Repo, intent Intent, wait bool) ([]git.RefUpdate, error) {
	var moved, open []git.RefUpdate
	if r.Exists() {
		var err error
		if moved, open, err = happened(ctx, r, intent); err != nil {
			return nil, err
		}
	}
	if !wait {
		open = nil
	}
	if len(moved) == 0 && len(open) > 0 {
		return nil, nil // nothing new
	}
	who := auth.Actor{User: intent.User, Username: intent.Username, Via: auth.ViaSystem}
	err := s.store.SettleIntent(ctx, intent.ID, open, s.events(ctx, who, intent, moved)...)
	if fault.Is(err, fault.Conflict) {
		return nil, nil // settled meanwhile
	}
	return moved, err
}

// happened divides an intent's moves. A move happened if its ref is where it was
// to go, or if the ref's log has it since the intent: then others have moved
// the ref on.
func happened(ctx context.Context, r *git.Repo, intent Intent) (moved, open []git.RefUpdate, err error) {
	for _, u := range intent.Updates {
		refs, err := r.ReadRefs(ctx, u.Ref)
		if err != nil && !errors.Is(err, git.ErrName) {
			return nil, nil, err
		}
		now := refs[u.Ref]
		if now == "" {
			now = git.Zero
		}
		if now == u.After {
			moved = append(moved, u)
			continue
		}
		logged, err := logHas(r, u, intent.CreatedAt)
		if err != nil {
			return nil, nil, err
		}
		if logged {
			moved = append(moved, u)
		} else {
			open = append(open, u)
		}
	}
	return moved, open, nil
}

func logHas(r *git.Repo, u git.RefUpdate, since time.Time) (bool, error) {
	moves, err := r.Moves(u.Ref)
	if errors.Is(err, git.ErrName) {
		return false, nil // no ref can have such a name
	}
	if err != nil {
		return false, err
	}
	since = since.Truncate(time.Second) // the log has whole seconds
	for _, m := range moves {
		if m.Before == u.Before && m.After == u.After && !m.At.Before(since) {
			return true, nil
		}
	}
	return false, nil
}

// tidy removes what crashes leave on disk.
func (s *Service) tidy(ctx context.Context) error {
	folders, err := filepath.Glob(filepath.Join(s.root, "*"))
	if err != nil {
		return fmt.Errorf("listing repositories: %w", err)
	}
	var failures []error
	for _, folder := range folders {
		failures = append(failures, git.SweepRemoved(folder, time.Hour))
	}
	failures = append(failures, s.each(ctx, func(r *git.Repo) error { return r.RemoveStaleLocks(staleLock) }))
	return errors.Join(failures...)
}

// Maintain packs the repositories that have grown untidy.
func (s *Service) Maintain(ctx context.Context) error {
	return s.each(ctx, func(r *git.Repo) error {
		_, err := r.Maintain(ctx)
		return err
	})
}

func (s *Service) each(ctx context.Context, do func(*git.Repo) error) error {
	paths, err := filepath.Glob(filepath.Join(s.root, "*", "*.git"))
	if err != nil {
		return fmt.Errorf("listing repositories: %w", err)
	}
	var failures []error
	for _, path := range paths {
		if ctx.Err() != nil {
			break
		}
		if err := do(s.git.Open(path)); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", filepath.Base(path), err))
		}
	}
	return errors.Join(failures...)
}
