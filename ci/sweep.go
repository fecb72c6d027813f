package ci

import (
	"context"
	"errors"
	"time"

	"dasier/fault"
)

// Sweep does what time alone brings about: it gives jobs back that no runner
// confirmed, ends those whose runner vanished, that ran too long or that found
// no runner, starts pipelines whose maker died, and removes what has expired.
// It may be called at any time, and by several servers at once.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.sweepActive(ctx), s.sweepWaiting(ctx), s.sweepIdle(ctx), s.sweepArtifacts(ctx))
}

// Recover ends the jobs that the embedded runner had when this process's
// forerunner died: they died with it. They are marked interrupted and can be
// retried; those whose definition says so are retried now. It is called once,
// before the embedded runner starts.
func (s *Service) Recover(ctx context.Context) error {
	active, err := s.store.Active(ctx)
	if err != nil {
		return err
	}
	runner, err := s.store.EmbeddedRunner(ctx)
	if err != nil {
		if fault.Is(err, fault.Missing) {
			return nil // no embedded runner yet, so none of its jobs
		}
		return err
	}
	for i := range active {
		if active[i].Runner == runner.ID {
			err = errors.Join(err, s.interrupt(ctx, &active[i]))
		}
	}
	return err
}

// interrupt gives an unconfirmed job back and ends any other as lost.
func (s *Service) interrupt(ctx context.Context, job *Job) error {
	if job.Acknowledged.IsZero() && job.Status == Running {
		return s.giveBack(ctx, job.Pipeline, job.ID)
	}
	return s.lose(ctx, job, RunnerFailure, true)
}

func (s *Service) sweepActive(ctx context.Context) error {
	active, err := s.store.Active(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	for i := range active {
		job := &active[i]
		switch {
		case job.Acknowledged.IsZero() && now.Sub(job.Started) > s.cfg.AcknowledgeWithin:
			err = errors.Join(err, s.interrupt(ctx, job))
		case now.Sub(job.Seen) > s.cfg.LostAfter:
			err = errors.Join(err, s.lose(ctx, job, RunnerFailure, true))
		case now.Sub(job.Started) > job.Timeout+s.cfg.LostAfter:
			// The runner keeps the time itself and gets a margin to say so.
			err = errors.Join(err, s.lose(ctx, job, TimeoutFailure, false))
		}
	}
	return err
}

func (s *Service) sweepWaiting(ctx context.Context) error {
	waiting, err := s.store.Waiting(ctx)
	if err != nil {
		return err
	}
	for i := range waiting {
		if s.now().Sub(waiting[i].Queued) > s.cfg.StuckAfter {
			err = errors.Join(err, s.lose(ctx, &waiting[i], StuckFailure, false))
		}
	}
	return err
}

// lose ends a job of which nothing more is to be expected. seen is how it
// looked when that was decided: if it has moved since, it is left alone.
func (s *Service) lose(ctx context.Context, seen *Job, why Failure, interrupted bool) error {
	spec, err := s.store.Spec(ctx, seen.Spec)
	if err != nil {
		return err
	}
	if err := s.logs.Seal(ctx, seen.ID); err != nil {
		return err
	}
	lost := false
	_, err = s.change(ctx, seen.Pipeline, func(state *State) error {
		j := state.Job(seen.ID)
		if lost = j.Status == seen.Status && j.TokenHash == seen.TokenHash && !j.Seen.After(seen.Seen); !lost {
			return nil
		}
		j.Interrupted = interrupted
		return fail(state, j, &spec, why, 0, s.now())
	})
	if err != nil || !lost {
		return err
	}
	return s.lastWords(ctx, seen.ID, why)
}

// ends says in a lost job's log why nothing follows.
var ends = map[Failure]string{
	RunnerFailure:  "The job was interrupted: its runner or the server went away. It can be retried.",
	TimeoutFailure: "The job's time is over, and its runner has not been heard of since.",
	StuckFailure:   "No runner took the job in time: is one running, and does it take jobs with these tags?",
}

func (s *Service) lastWords(ctx context.Context, id JobID, why Failure) error {
	size, err := s.logs.Size(ctx, id)
	if err != nil {
		return err
	}
	_, err = s.logs.Append(ctx, id, size, []byte("\n\x1b[31;1m"+ends[why]+"\x1b[0m\n"))
	if errors.Is(err, ErrOffset) {
		return nil // its runner has come back to life and has the last word
	}
	return err
}

// idleAfter is how long making a pipeline and starting it may lie apart.
const idleAfter = time.Minute

func (s *Service) sweepIdle(ctx context.Context) error {
	idle, err := s.store.Idle(ctx, s.now().Add(-idleAfter))
	if err != nil {
		return err
	}
	for _, id := range idle {
		p, loadErr := s.store.Pipeline(ctx, id)
		if loadErr == nil {
			loadErr = s.start(ctx, &p)
		}
		err = errors.Join(err, loadErr)
	}
	return err
}

// sweepBatch bounds how much one sweep removes.
const sweepBatch = 500

// RemoveLeft removes the logs and artifacts that deleted projects left. It may
// be called again.
func (s *Service) RemoveLeft(ctx context.Context) error {
	for {
		logs, err := s.store.LeftLogs(ctx, sweepBatch)
		if err != nil {
			return err
		}
		for _, id := range logs {
			if err := s.logs.Remove(ctx, id); err != nil {
				return err
			}
		}
		content, err := s.store.LeftContent(ctx, sweepBatch)
		if err != nil {
			return err
		}
		for _, d := range content {
			if err := s.dropContent(ctx, d); err != nil {
				return err
			}
		}
		if err := errors.Join(s.store.LogsRemoved(ctx, logs), s.store.ContentRemoved(ctx, content)); err != nil || len(logs)+len(content) == 0 {
			return err
		}
	}
}

// sweepArtifacts removes expired artifacts, and their content when nothing else
// has the same.
func (s *Service) sweepArtifacts(ctx context.Context) error {
	expired, err := s.store.Expired(ctx, s.now(), sweepBatch)
	if err != nil {
		return err
	}
	for i := range expired {
		if err := s.store.RemoveArtifact(ctx, expired[i].ID); err != nil {
			return err
		}
		if err := s.dropContent(ctx, expired[i].Digest); err != nil {
			return err
		}
	}
	return nil
}
