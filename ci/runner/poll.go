package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

// takeJobs asks for jobs while there is room for one, until ctx ends and the
// running ones have ended.
func (r *Runner) takeJobs(ctx, network context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	room := make(chan struct{}, r.cfg.Jobs)
	lastUpdate := ""
	pause := newPollPause()
	for {
		select {
		case <-ctx.Done():
			return
		case room <- struct{}{}:
		}
		asked := time.Now()
		j, seen, err := r.client.request(ctx, lastUpdate)
		if ctx.Err() != nil {
			// A job that came with the last moment was not confirmed: the
			// server gives it to another.
			return
		}
		if j == nil {
			<-room
			held := seen != lastUpdate || time.Since(asked) > time.Second
			if !r.afterNone(ctx, err, held, &pause) {
				return
			}
			lastUpdate = seen
			continue
		}
		pause, lastUpdate = newPollPause(), seen
		running.Go(func() {
			defer func() { <-room }()
			r.runJob(ctx, network, j)
		})
	}
}

// Polling. A server that starts in this process is there within milliseconds.
const (
	pollFirst = 20 * time.Millisecond
	pollMost  = 5 * time.Second
	// pollEvery is for servers that do not hold requests.
	pollEvery = 3 * time.Second
	// patience is how many tries fail before it is worth a word.
	patience = 6
)

func newPollPause() backoff { return backoff{first: pollFirst, most: pollMost} }

// afterNone waits as long as makes sense after an answer without a job: not at
// all when the server held the request or its queue has moved. It answers false
// when ctx ended.
func (r *Runner) afterNone(ctx context.Context, err error, held bool, pause *backoff) bool {
	if err == nil {
		if pause.tries > patience {
			r.cfg.Log.InfoContext(ctx, "the server answers again")
		}
		*pause = newPollPause()
		return held || sleep(ctx, pollEvery)
	}
	if pause.tries == patience {
		r.cfg.Log.WarnContext(ctx, "no jobs can be had, trying on", "server", r.client.base, "error", err)
	}
	if statusOf(err) == http.StatusForbidden && pause.tries < patience {
		pause.tries = patience // the token will not become right in a moment
		r.cfg.Log.ErrorContext(ctx, "the server does not know this runner's token, trying on", "server", r.client.base)
	}
	return pause.wait(ctx)
}

// runJob runs one job from confirming it to telling its result.
func (r *Runner) runJob(ctx, network context.Context, j *job) {
	log := r.cfg.Log.With("job", j.ID)
	stopAll, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	stopScript, cancel := context.WithCancelCause(stopAll)
	defer cancel(nil)
	heard := func(status string) {
		switch status {
		case "canceling":
			cancel(errCanceled)
		case "canceled", "failed":
			abort(errAborted)
		}
	}
	interval, ok := r.confirm(network, j, heard)
	if !ok {
		log.InfoContext(ctx, "the job was taken back before it began")
		return
	}
	b, err := newBuild(r, j)
	if err != nil {
		log.ErrorContext(ctx, "job not begun", "error", err)
		r.tellFailure(network, j, err)
		return
	}
	if interval > 0 {
		b.trace.interval = interval
	}
	log.InfoContext(ctx, "job begun", "name", j.Info.Name, "project", j.Info.Project)
	var sending sync.WaitGroup
	follow, stopFollowing := context.WithCancel(network)
	sending.Go(func() { b.trace.follow(follow, heard) })
	end := r.guarded(func() outcome { return b.run(stopAll, stopScript) })
	stopFollowing()
	sending.Wait()
	log.InfoContext(ctx, "job ended", "status", end.status(), "reason", end.reason, "exit_code", end.code)
	if err := b.trace.finish(network, end); err != nil {
		log.WarnContext(ctx, "job's result not told", "error", err)
	}
	if err := b.close(); err != nil {
		log.ErrorContext(ctx, "job not cleaned up", "error", err)
	}
}

// guarded keeps a defect of one job from taking the others and, where the runner
// is part of a server, the server along.
func (r *Runner) guarded(run func() outcome) (end outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			r.cfg.Log.Error("the runner panicked", "panic", cause, "stack", string(debug.Stack()))
			end = outcome{reason: reasonSystem, message: "a defect of the runner"}
		}
	}()
	return run()
}

// confirm tells the server that the job has arrived, and answers whether it is
// still to be run.
func (r *Runner) confirm(ctx context.Context, j *job, heard func(string)) (time.Duration, bool) {
	var w word
	err := persist(ctx, time.Minute, func(ctx context.Context) error {
		var err error
		_, w, err = r.client.update(ctx, j, updateBody{State: stateRunning})
		return err
	})
	if err != nil || w.status == "canceled" || w.status == "failed" {
		return 0, false
	}
	heard(w.status)
	return w.interval, true
}

// tellFailure reports a job for which there is not even a log.
func (r *Runner) tellFailure(ctx context.Context, j *job, cause error) {
	end := outcomeOf(ctx, cause, j)
	err := persist(ctx, tellFor, func(ctx context.Context) error {
		status, _, err := r.client.update(ctx, j, updateBody{State: stateFailed, Reason: end.known(j.Features.FailureReasons), ExitCode: end.code})
		if err == nil && status != http.StatusOK {
			err = errors.New("the server is still at it")
		}
		return err
	})
	if err != nil {
		r.cfg.Log.WarnContext(ctx, "job's result not told", "job", j.ID, "error", err)
	}
}

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
