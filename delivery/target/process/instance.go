package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"dasier/delivery/deploy"
	"dasier/fault"
)

// instance is one deployment of a service with its supervisor.
type instance struct {
	target    *Target
	placement deploy.Placement
	dir       string
	log       *logFile
	words     lastWords

	life   context.Context //nolint:containedctx // of the supervisor
	end    context.CancelFunc
	done   chan struct{} // closed when the supervisor has ended
	answer chan error    // of the first start

	mu      sync.Mutex
	ready   bool
	port    int
	trouble string // why it is not ready
	holds   int
	retired bool
}

// The pauses before a program that ended by itself is started again.
const (
	firstPause = 500 * time.Millisecond
	mostPause  = 30 * time.Second
	// soundAfter is how long a program must have served for its next end to
	// count as the first again.
	soundAfter = time.Minute
)

// launch starts the supervisor and returns when the program is healthy. When it
// is not, or ctx ends, nothing is left of it.
func (i *instance) launch(ctx context.Context) error {
	i.target.mu.Lock()
	if i.target.closed {
		i.target.mu.Unlock()
		return fault.Errorf(fault.Unavailable, "the server is stopping")
	}
	i.target.group.Go(i.supervise)
	i.target.mu.Unlock()
	select {
	case err := <-i.answer:
		if err != nil {
			<-i.done
		}
		return err
	case <-ctx.Done():
		i.end()
		<-i.done
		return fmt.Errorf("starting the service: %w", ctx.Err())
	}
}

// supervise runs the program until the instance is to end, again and again once
// it was healthy.
func (i *instance) supervise() {
	defer close(i.done)
	defer func() {
		i.end()
		if err := i.discard(); err != nil {
			i.target.cfg.Log.Error("a service's folder stays", "folder", i.dir, "error", err)
		}
	}()
	err := i.run(i.life, func() { i.answer <- nil })
	if !i.everReady() {
		i.answer <- err
		return
	}
	for pause := firstPause; i.life.Err() == nil; pause = min(2*pause, mostPause) {
		i.say("%s; it is started again in %s", err, pause)
		i.setTrouble(fmt.Sprintf("the service is down: %s; it is started again in a moment", err))
		select {
		case <-i.life.Done():
			return
		case <-time.After(pause):
		}
		var up time.Time
		err = i.run(i.life, func() { up = time.Now() })
		if !up.IsZero() && time.Since(up) > soundAfter {
			pause = firstPause / 2 // doubled at once
		}
	}
}

// say writes a line of the supervisor's own into the log.
func (i *instance) say(format string, args ...any) {
	_, err := fmt.Fprintf(i.log, "[dasier %s] deployment %d: %s\n", time.Now().UTC().Format(time.RFC3339), i.placement.Deployment, fmt.Sprintf(format, args...))
	if err != nil {
		i.target.cfg.Log.Debug("a service's log cannot be written", "error", err)
	}
}

func (i *instance) setReady(port int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ready, i.port, i.trouble = true, port, ""
}

func (i *instance) setTrouble(text string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ready, i.trouble = false, text
}

func (i *instance) everReady() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.port != 0
}

func (i *instance) problem() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.ready {
		return fault.Errorf(fault.Unavailable, "%s", i.trouble)
	}
	return nil
}

// hold is deploy.Target's Backend.
func (i *instance) hold() (deploy.Backend, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.ready {
		return deploy.Backend{}, fault.Errorf(fault.Unavailable, "%s", i.trouble)
	}
	i.holds++
	return deploy.Backend{Address: address(i.port), Deployment: i.placement.Deployment, Release: i.release}, nil
}

func (i *instance) release() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.holds--; i.holds == 0 && i.retired {
		i.end()
	}
}

// retire ends the instance when nobody holds it any more, or the drain time is
// over.
func (i *instance) retire(drain time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.retired = true
	if i.holds == 0 {
		i.end()
		return
	}
	timer := time.AfterFunc(drain, i.end)
	context.AfterFunc(i.life, func() { timer.Stop() })
}

// discard removes the instance's folder.
func (i *instance) discard() error {
	if err := os.RemoveAll(i.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing a service's folder: %w", err)
	}
	return nil
}
