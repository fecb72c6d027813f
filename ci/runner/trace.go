package runner

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// trace is a job's log on its way to the server: written to a file, and sent
// from there. Only one goroutine sends at a time: first follow, then finish.
type trace struct {
	client *client
	job    *job
	log    *slog.Logger
	file   *os.File
	limit  int64
	wake   chan struct{} // there is something to send

	mu     sync.Mutex
	size   int64
	sum    hash.Hash32
	full   bool
	broken error // why nothing more can be kept

	// Of the sender.
	sent     int64
	interval time.Duration
	buffer   []byte
}

// How a log is sent.
const (
	pieceSize = 1 << 20
	// gather is how long output is gathered before it goes, so that a burst of
	// lines is one request.
	gather = 10 * time.Millisecond
	// burst is how many pieces go at once before the server's interval holds:
	// the first lines are what people wait for.
	burst = 6
	// firstInterval is the interval until the server tells its own.
	firstInterval = 3 * time.Second
	// mostSilence is how long a runner may say nothing.
	mostSilence = 30 * time.Second
)

func newTrace(c *client, j *job, path string, limit int64, log *slog.Logger) (*trace, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- in the job's folder
	if err != nil {
		return nil, fmt.Errorf("making the log: %w", err)
	}
	return &trace{
		client: c, job: j, log: log, file: file, limit: limit, wake: make(chan struct{}, 1),
		sum: crc32.NewIEEE(), interval: firstInterval, buffer: make([]byte, pieceSize),
	}, nil
}

// Write implements io.Writer. It never fails, because a job must not fail by its
// log: past the limit, or when the disk is full, the rest is dropped.
func (t *trace) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := p
	if room := max(0, t.limit-t.size); int64(len(p)) > room {
		kept = p[:room]
	}
	t.keep(kept)
	if len(kept) < len(p) && !t.full {
		t.full = true
		t.keep(fmt.Appendf(nil, "\n%sThe log has reached the runner's limit of %d bytes: what follows is not kept. The job goes on.%s\n", yellow, t.limit, reset))
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (t *trace) keep(p []byte) {
	if t.broken != nil || len(p) == 0 {
		return
	}
	n, err := t.file.WriteAt(p, t.size)
	_, _ = t.sum.Write(p[:n]) // a hash never fails
	t.size += int64(n)
	t.broken = err
}

// state is how much there is, its checksum, and what is wrong.
func (t *trace) state() (int64, string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.size, fmt.Sprintf("crc32:%08x", t.sum.Sum32()), t.broken
}

// follow sends the log as it grows, gives a sign of life when it does not, and
// passes on what the server says of the job, until ctx ends. A server that is
// away is no reason to stop: the log waits.
func (t *trace) follow(ctx context.Context, heard func(status string)) {
	pace := rate.NewLimiter(rate.Every(t.interval), burst)
	for {
		idle := time.NewTimer(min(t.interval, mostSilence))
		select {
		case <-ctx.Done():
			idle.Stop()
			return
		case <-t.wake:
			idle.Stop()
			if !sleep(ctx, gather) || pace.Wait(ctx) != nil {
				return
			}
		case <-idle.C:
		}
		w, err := t.catchUp(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			t.log.DebugContext(ctx, "log not sent, trying again", "error", err)
		}
		if w.interval > 0 && w.interval != t.interval {
			t.interval = w.interval
			pace.SetLimit(rate.Every(t.interval))
		}
		if statusOf(err) == http.StatusForbidden && w.status == "" {
			w.status = "canceled"
		}
		heard(w.status)
	}
}

// catchUp sends what there is, or a sign of life.
func (t *trace) catchUp(ctx context.Context) (word, error) {
	size, checksum, _ := t.state()
	if t.sent == size {
		_, w, err := t.client.update(ctx, t.job, updateBody{State: stateRunning, Output: output{Checksum: checksum, Size: size}})
		return w, err
	}
	for {
		w, err := t.send(ctx)
		if size, _, _ := t.state(); err != nil || size-t.sent < pieceSize {
			return w, err
		}
	}
}

// errAhead says that the server has more of the log than was written here.
var errAhead = errors.New("the server has a longer log than this runner sent")

// send sends one piece.
func (t *trace) send(ctx context.Context) (word, error) {
	size, _, _ := t.state()
	n, err := t.file.ReadAt(t.buffer[:min(pieceSize, size-t.sent)], t.sent)
	if err != nil && !errors.Is(err, io.EOF) {
		return word{}, &jobError{fmt.Errorf("reading the log back: %w", err)}
	}
	next, w, err := t.client.patch(ctx, t.job, t.sent, t.buffer[:n])
	if err != nil {
		return w, err
	}
	if next > size {
		return w, fmt.Errorf("%w: %d bytes, not %d", errAhead, next, size)
	}
	t.sent = next
	return w, nil
}

// tellFor is how long the runner tries to tell a result. Past it the server has
// long taken the job for lost.
const tellFor = 15 * time.Minute

// finish sends the rest of the log and the result, again and again until the
// server has heard it.
func (t *trace) finish(ctx context.Context, end outcome) error {
	ctx, cancel := context.WithTimeout(ctx, tellFor)
	defer cancel()
	pause := backoff{first: 100 * time.Millisecond, most: 5 * time.Second}
	for {
		done, err := t.conclude(ctx, end)
		if done {
			return err
		}
		if err != nil {
			t.log.DebugContext(ctx, "result not told, trying again", "error", err)
		}
		if !pause.wait(ctx) {
			return fmt.Errorf("the result could not be told: %w", errors.Join(err, ctx.Err()))
		}
	}
}

// conclude tries once. It answers true when there is no more to do, for good or
// for ill.
func (t *trace) conclude(ctx context.Context, end outcome) (bool, error) {
	size, checksum, broken := t.state()
	if broken != nil {
		t.log.WarnContext(ctx, "the log is not complete", "error", broken)
	}
	for t.sent < size {
		if _, err := t.send(ctx); err != nil {
			// What the server does not want any more, or never had, must not
			// stand in the way of the result.
			if passing(err) && !errors.Is(err, errAhead) {
				return false, err
			}
			break
		}
	}
	u := updateBody{State: stateSuccess, Checksum: checksum, Output: output{Checksum: checksum, Size: size}}
	if end.failed() {
		u.State, u.Reason, u.ExitCode = stateFailed, end.known(t.job.Features.FailureReasons), end.code
	}
	status, _, err := t.client.update(ctx, t.job, u)
	switch status {
	case http.StatusOK:
		return true, nil
	case http.StatusForbidden, http.StatusNotFound:
		return true, fmt.Errorf("the server does not want the result any more: %w", err)
	case http.StatusPreconditionFailed:
		t.sent = 0 // what it has is not what was sent: all of it again
	}
	return false, err
}

func (t *trace) close() error {
	if err := t.file.Close(); err != nil {
		return fmt.Errorf("closing the log: %w", err)
	}
	return nil
}
