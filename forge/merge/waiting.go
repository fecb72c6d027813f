package merge

import (
	"context"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
)

// Wait is a request that waits for someone.
type Wait struct {
	Kind    WaitKind
	Request Request
	At      time.Time
	Who     string // who made it wait
}

// WaitKind is what is waited for.
type WaitKind string

// The kinds.
const (
	WaitReview WaitKind = "review" // the actor's look at it
	WaitReady  WaitKind = "ready"  // the actor's merge: nothing blocks it
	WaitFailed WaitKind = "failed" // the actor's mending: its pipeline failed
)

// mostWaiting bounds what one person is shown.
const mostWaiting = 100

// Waiting lists the open requests that wait for the actor, in all projects.
func (s *Service) Waiting(ctx context.Context, actor auth.Actor) ([]Wait, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return nil, err
	}
	if err := auth.RequireScope(actor, auth.ScopeReadAPI); err != nil {
		return nil, err
	}
	if actor.User == 0 || actor.Via == auth.ViaJob {
		return nil, fault.Errorf(fault.Denied, "things wait for people, and not for a script's token")
	}
	requests, err := s.store.Concerning(ctx, actor.User, mostWaiting)
	if err != nil {
		return nil, err
	}
	waits := []Wait{}
	for _, r := range requests {
		if err := s.Gate.May(ctx, actor, r.Project, auth.ReadMerge); err != nil {
			if e := unexpected(err); e != nil {
				return nil, e
			}
			continue
		}
		st, err := s.status(ctx, actor, r)
		if fault.Is(err, fault.Missing) {
			continue // its project is going
		}
		if err != nil {
			return nil, err
		}
		if w, waits4 := waitFor(actor, &st); waits4 {
			waits = append(waits, w)
		}
	}
	return waits, nil
}

func waitFor(actor auth.Actor, st *Status) (Wait, bool) {
	r := st.Request
	w := Wait{Request: r, At: r.UpdatedAt, Who: r.Author.Username}
	if r.Author.ID == actor.User {
		switch {
		case st.CanMerge():
			w.Kind = WaitReady
		case st.Pipeline != nil && st.Pipeline.Done && !st.Pipeline.Passed:
			w.Kind = WaitFailed
		default:
			return Wait{}, false
		}
		return w, true
	}
	w.Kind = WaitReview
	for _, a := range st.Approvals {
		if a.User.ID == actor.User && a.Holds {
			return Wait{}, false
		}
	}
	return w, !r.Draft
}
