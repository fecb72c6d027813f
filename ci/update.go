package ci

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"time"

	"dasier/fault"
)

// ErrOffset is the answer to log bytes that do not begin where the log ends.
var ErrOffset = errors.New("the log ends elsewhere")

// Update is a runner's word about its job.
type Update struct {
	State    Status // Running, Success or Failed
	Failure  Failure
	ExitCode int
	// Checksum ("crc32:" and 8 hexadecimal digits) and Size of the whole log as
	// the runner sent it; empty and 0 when it does not say.
	Checksum string
	Size     int64
}

// UpdateJob takes a runner's word and answers the job's state, from which the
// runner learns that it was canceled. The last word may come again, because its
// answer may get lost: then the state is answered and nothing changes.
func (s *Service) UpdateJob(ctx context.Context, id JobID, token string, u Update) (Status, error) {
	job, err := s.jobOfRunner(ctx, id, token)
	if err != nil || !job.Status.Active() {
		return job.Status, err
	}
	switch u.State {
	case Running, Pending:
		return s.heard(ctx, &job)
	case Success, Failed:
		return s.conclude(ctx, &job, u)
	default:
		return job.Status, fault.Errorf(fault.Invalid, "state %q: expected running, success or failed", u.State).At("state")
	}
}

// heard notes a sign of life; the first one confirms that the runner got the job.
func (s *Service) heard(ctx context.Context, job *Job) (Status, error) {
	now := s.now()
	if !job.Acknowledged.IsZero() {
		if now.Sub(job.Seen) < time.Second {
			return job.Status, nil
		}
		return job.Status, s.store.Touch(ctx, job.ID, now)
	}
	state, err := s.change(ctx, job.Pipeline, func(state *State) error {
		j := state.Job(job.ID)
		if j.TokenHash != job.TokenHash {
			return fault.Errorf(fault.Denied, "forbidden: job %d was given to another runner", job.ID)
		}
		if j.Status.Active() {
			j.Acknowledged, j.Seen = now, now
		}
		return nil
	})
	if err != nil {
		return job.Status, err
	}
	return state.Job(job.ID).Status, nil
}

// conclude ends a job as its runner says.
func (s *Service) conclude(ctx context.Context, job *Job, u Update) (Status, error) {
	if err := s.logs.Seal(ctx, job.ID); err != nil {
		return job.Status, fmt.Errorf("keeping the log of job %d: %w", job.ID, err)
	}
	s.checkLog(ctx, job, u)
	spec, err := s.store.Spec(ctx, job.Spec)
	if err != nil {
		return job.Status, err
	}
	state, err := s.change(ctx, job.Pipeline, func(state *State) error {
		j := state.Job(job.ID)
		if !j.Status.Active() || j.TokenHash != job.TokenHash {
			return nil // decided meanwhile; the state says how
		}
		if j.Acknowledged.IsZero() {
			j.Acknowledged = s.now()
		}
		if u.State == Success {
			return step(j, Succeed, s.now())
		}
		return fail(state, j, &spec, u.Failure, u.ExitCode, s.now())
	})
	if err != nil {
		return job.Status, err
	}
	return state.Job(job.ID).Status, nil
}

// fail ends a job and, when its definition says so, tries it again.
func fail(state *State, j *Job, spec *Spec, why Failure, exitCode int, now time.Time) error {
	if err := step(j, Fail, now); err != nil {
		return err
	}
	if !slices.Contains(Failures, why) && why != StuckFailure {
		why = UnknownFailure
	}
	if j.Status != Failed { // it was being canceled
		return nil
	}
	j.Failure, j.ExitCode = why, exitCode
	if !j.AllowFailure && exitCode != 0 && slices.Contains(spec.AllowFailureExitCodes, exitCode) {
		j.AllowFailure, j.Softened = true, true
	}
	j.Interrupted = j.Interrupted || why == InterruptedFail
	if !retries(spec, j) {
		return nil
	}
	return step(attempt(state, j, now), Enqueue, now)
}

// retries tells whether the definition wants another attempt after this one.
func retries(spec *Spec, j *Job) bool {
	if j.Attempt > spec.Retry.Max {
		return false
	}
	if len(spec.Retry.When) == 0 && len(spec.Retry.ExitCodes) == 0 {
		return true
	}
	return slices.Contains(spec.Retry.When, "always") || slices.Contains(spec.Retry.When, string(j.Failure)) ||
		j.ExitCode != 0 && slices.Contains(spec.Retry.ExitCodes, j.ExitCode)
}

// checkLog compares the log with what the runner says it sent. A difference is
// only noted: the job's outcome does not depend on it, and asking for the whole
// log again would loop with a runner that was killed in the middle.
func (s *Service) checkLog(ctx context.Context, job *Job, u Update) {
	if u.Checksum == "" || job.LogTruncated {
		return
	}
	log, err := s.logs.Open(ctx, job.ID)
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "log not checked", "job", job.ID, "error", err)
		return
	}
	sum := crc32.NewIEEE()
	size, err := io.Copy(sum, log)
	err = errors.Join(err, log.Close())
	if kept := fmt.Sprintf("crc32:%08x", sum.Sum32()); err != nil || kept != u.Checksum {
		s.cfg.Log.WarnContext(ctx, "log differs from what the runner sent", "job", job.ID, "kept", kept, "kept_bytes", size,
			"sent", u.Checksum, "sent_bytes", u.Size, "error", err)
	}
}

// AppendTrace adds to a job's log and answers the size after it and the job's
// state. Bytes that do not begin where the log ends answer ErrOffset with the
// size; so does a repetition after a lost answer. When the log has reached its
// limit, it says so in its last line, and the rest is taken and dropped: the
// job goes on.
func (s *Service) AppendTrace(ctx context.Context, id JobID, token string, at int64, data []byte) (int64, Status, error) {
	job, err := s.jobOfRunner(ctx, id, token)
	if err != nil {
		return 0, "", err
	}
	if !job.Status.Active() {
		return 0, job.Status, fault.Errorf(fault.Denied, "forbidden: job %d is %s", id, job.Status)
	}
	status, err := s.heard(ctx, &job)
	if err != nil {
		return 0, status, err
	}
	end := at + int64(len(data))
	if job.LogTruncated {
		return end, status, nil
	}
	if end > s.cfg.LogLimit {
		size, err := s.truncateLog(ctx, &job, at, data)
		if err != nil {
			return size, status, err
		}
		return end, status, nil
	}
	size, err := s.logs.Append(ctx, id, at, data)
	if err != nil {
		return size, status, err
	}
	s.feed.publish(Change{Kind: "log", Project: job.Project, Pipeline: job.Pipeline, Job: id, Status: status, Size: size})
	return size, status, nil
}

// truncateLog keeps what still fits and a last line. That it is truncated is
// noted first: a crash between the two then costs the end of the log, and not
// the agreement with the runner about its size.
func (s *Service) truncateLog(ctx context.Context, job *Job, at int64, data []byte) (int64, error) {
	size, err := s.logs.Size(ctx, job.ID)
	if err != nil {
		return 0, err
	}
	if size != at {
		return size, ErrOffset
	}
	if err := s.store.Truncated(ctx, job.ID); err != nil {
		return size, err
	}
	room := max(0, min(s.cfg.LogLimit-at, int64(len(data))))
	last := fmt.Sprintf("\n\x1b[33;1mThe log has reached its limit of %d bytes: what follows is not kept. The job goes on.\x1b[0m\n", s.cfg.LogLimit)
	return s.logs.Append(ctx, job.ID, at, append(slices.Clone(data[:room]), last...))
}
