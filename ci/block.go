package ci

import (
	"context"

	"dasier/fault"
	"dasier/forge/auth"
)

// CancelOf stops the pipelines that the user started and that wait or run: it is
// the reaction to a user's being blocked. Their tokens end with the user; this
// ends what needs none.
func (s *Service) CancelOf(ctx context.Context, user auth.UserID) error {
	waiting, err := s.store.Waiting(ctx)
	if err != nil {
		return err
	}
	active, err := s.store.Active(ctx)
	if err != nil {
		return err
	}
	seen := map[PipelineID]bool{}
	for _, j := range append(waiting, active...) {
		if seen[j.Pipeline] {
			continue
		}
		seen[j.Pipeline] = true
		p, err := s.store.Pipeline(ctx, j.Pipeline)
		if err != nil {
			return err
		}
		if p.User != user {
			continue
		}
		if _, err := s.Cancel(ctx, auth.System("blocked user"), p.Project, p.ID); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}
