package ci

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"dasier/fault"
	"dasier/forge/auth"
)

// Prefixes of the tokens made here; runners mask words that begin with one.
const (
	JobTokenPrefix    = "dsr_job_"
	RunnerTokenPrefix = "dsr_run_"
)

// newToken makes a token and what is kept of it. The token has 160 random bits,
// so that a plain SHA-256 is enough: there is nothing to guess.
func newToken(prefix string) (token, hash string) {
	var secret [20]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand.Read ends the program instead
	token = prefix + hex.EncodeToString(secret[:])
	return token, hashToken(token)
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// ActorByJobToken is who a job's token stands for: the user who started the
// pipeline, in the job's project only, while the job runs.
func (s *Service) ActorByJobToken(ctx context.Context, token string) (auth.Actor, error) {
	job, err := s.store.JobByToken(ctx, hashToken(token))
	if fault.Is(err, fault.Missing) || err == nil && !job.Status.Active() {
		return auth.Actor{}, fault.Errorf(fault.Unauthenticated, "this job token is not valid: it ends with its job")
	}
	if err != nil {
		return auth.Actor{}, err
	}
	p, err := s.store.Pipeline(ctx, job.Pipeline)
	if err != nil {
		return auth.Actor{}, err
	}
	return auth.Actor{
		User: p.User, Username: p.Username, Via: auth.ViaJob,
		Project: int64(job.Project), Job: int64(job.ID),
	}, nil
}

// jobOfRunner finds the job that a runner's call is about. Whatever is wrong
// answers the same, so that nothing can be learned by trying: an unknown job, a
// wrong token, a token that another claim has replaced, one that is too old.
func (s *Service) jobOfRunner(ctx context.Context, id JobID, token string) (Job, error) {
	refused := fault.Errorf(fault.Denied, "forbidden: the token is not that of job %d, or the job ended too long ago", id)
	job, err := s.store.JobByToken(ctx, hashToken(token))
	if fault.Is(err, fault.Missing) {
		return Job{}, refused
	}
	if err != nil {
		return Job{}, err
	}
	if job.ID != id || !job.Status.Active() && s.now().Sub(job.Finished) > s.cfg.TokenGrace {
		return Job{}, refused
	}
	return job, nil
}
