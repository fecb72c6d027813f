package runner

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff waits longer each time, with jitter, so that many runners do not come
// back to a server in step.
type backoff struct {
	first, most time.Duration
	tries       int
}

// wait answers false when ctx ends first.
func (b *backoff) wait(ctx context.Context) bool {
	pause := min(b.first<<min(b.tries, 16), b.most)
	b.tries++
	return sleep(ctx, pause/2+rand.N(pause/2+1)) // #nosec G404 -- jitter
}

// sleep answers false when ctx ends first.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// persist does something until it succeeds, fails for good, or has failed for too
// long. A try that goes well is not cut off, however long it takes.
func persist(ctx context.Context, atMost time.Duration, do func(context.Context) error) error {
	deadline := time.Now().Add(atMost)
	pause := backoff{first: 100 * time.Millisecond, most: 5 * time.Second}
	for {
		err := do(ctx)
		if err == nil || !passing(err) || time.Now().After(deadline) || !pause.wait(ctx) {
			return err
		}
	}
}
