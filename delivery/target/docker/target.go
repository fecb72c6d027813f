package docker

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"dasier/container"
	"dasier/delivery/deploy"
	"dasier/fault"
	"dasier/forge/project"
)

// Packages opens the files of registered model versions.
type Packages interface {
	// Open gives a version's package; fault.Missing when there is none.
	Open(ctx context.Context, id project.ID, model string, version int) (fs.FS, error)
}

// Config adjusts a Target. The zero value works.
type Config struct {
	// Server tells this server's containers from those of others on the engine:
	// lower-case letters and digits. Default "local".
	Server string
	// Program is the dasier program that models are served with; it must be
	// linked statically. Default the one that runs.
	Program string
	// Memory and CPU bound a container that does not say itself what it needs.
	// Default 512 MiB and 2 cores.
	Memory int64
	CPU    float64
	// StartWithin is how long a model may take to be ready. Default one minute.
	StartWithin time.Duration
	// Drain is how long requests to what was replaced may take. Default 30 s.
	Drain time.Duration
	// Keep is how many earlier containers of an endpoint stay. Default 2.
	Keep int
	// Watch is how often the containers are looked at. Default 5 s.
	Watch time.Duration
	// Log is for what nobody waits for. Default slog.Default().
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Server == "" {
		c.Server = "local"
	}
	if c.Program == "" {
		c.Program = "/proc/self/exe"
	}
	if c.Memory == 0 {
		c.Memory = 512 << 20
	}
	if c.CPU == 0 {
		c.CPU = 2
	}
	if c.StartWithin == 0 {
		c.StartWithin = time.Minute
	}
	if c.Drain == 0 {
		c.Drain = 30 * time.Second
	}
	if c.Keep == 0 {
		c.Keep = 2
	}
	if c.Watch == 0 {
		c.Watch = 5 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// Target is a Docker engine as a deploy.Target.
type Target struct {
	engine   *container.Engine
	packages Packages
	bundles  deploy.Bundles
	cfg      Config
	program  program

	background sync.WaitGroup // what drains
	closing    context.Context
	close      context.CancelFunc

	mu       sync.Mutex
	routes   map[string]*instance     // what answers, by endpoint
	wanted   map[string]bool          // endpoints that were applied, whether it worked or not
	turns    map[string]chan struct{} // one change at a time per endpoint
	draining map[string]bool          // containers that are about to be stopped
	facts    *container.Facts         // once the engine has told
}

var _ deploy.Target = (*Target)(nil)

// New makes the target. Close ends it.
func New(engine *container.Engine, packages Packages, bundles deploy.Bundles, cfg Config) *Target {
	t := &Target{
		engine: engine, packages: packages, bundles: bundles, cfg: cfg.withDefaults(),
		routes: map[string]*instance{}, wanted: map[string]bool{}, turns: map[string]chan struct{}{}, draining: map[string]bool{},
	}
	t.program.path = t.cfg.Program
	t.closing, t.close = context.WithCancel(context.Background())
	return t
}

// Close ends what runs in the background. Containers go on: the next start
// finds them again.
func (t *Target) Close() {
	t.close()
	t.background.Wait()
}

// Apply implements deploy.Target.
func (t *Target) Apply(ctx context.Context, p deploy.Placement) error {
	release, err := t.turn(ctx, p.Endpoint)
	if err != nil {
		return err
	}
	defer release()
	t.mu.Lock()
	t.wanted[p.Endpoint] = true
	t.mu.Unlock()

	plan, err := t.plan(ctx, p)
	if err != nil {
		return err
	}
	if t.goesOn(ctx, plan) {
		return nil
	}
	next, err := t.revive(ctx, plan)
	if err != nil {
		return err
	}
	if next == nil {
		if next, err = t.launch(ctx, plan); err != nil {
			return err
		}
	}
	t.switchTo(next)
	return nil
}

// goesOn tells that what answers already is what the plan asks for; then only
// what is said about it changes.
func (t *Target) goesOn(ctx context.Context, p *plan) bool {
	t.mu.Lock()
	current := t.routes[p.placement.Endpoint]
	t.mu.Unlock()
	if current == nil || current.identity != p.identity || !p.sameEnvironment(current) {
		return false
	}
	state, err := t.engine.Inspect(ctx, current.id)
	if err != nil || !state.Running {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	current.placement, current.problem = p.placement, nil
	return true
}

// Remove implements deploy.Target.
func (t *Target) Remove(ctx context.Context, endpoint string) error {
	release, err := t.turn(ctx, endpoint)
	if err != nil {
		return err
	}
	defer release()
	t.mu.Lock()
	current := t.routes[endpoint]
	_, known := t.wanted[endpoint]
	delete(t.routes, endpoint)
	delete(t.wanted, endpoint)
	t.mu.Unlock()
	if !known && current == nil {
		// Most endpoints were never here. Whatever was there before a restart is
		// collected at the start.
		return nil
	}
	if current != nil {
		t.drained(ctx, current)
	}
	list, err := t.engine.List(ctx, t.labels(endpoint))
	if err != nil {
		return err
	}
	return t.discard(ctx, list)
}

// turn waits until nobody else changes the endpoint.
func (t *Target) turn(ctx context.Context, endpoint string) (release func(), err error) {
	t.mu.Lock()
	turn, ok := t.turns[endpoint]
	if !ok {
		turn = make(chan struct{}, 1)
		t.turns[endpoint] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the endpoint's turn: %w", ctx.Err())
	}
}

// Health implements deploy.Target.
func (t *Target) Health(endpoint string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if current := t.routes[endpoint]; current != nil {
		return current.problem
	}
	return nothingAt(endpoint)
}

func nothingAt(endpoint string) error {
	return fault.Errorf(fault.Missing, "no container answers at %s", endpoint)
}

// Logs implements deploy.Target.
func (t *Target) Logs(ctx context.Context, endpoint string, lines int, follow bool) (io.ReadCloser, error) {
	t.mu.Lock()
	current := t.routes[endpoint]
	t.mu.Unlock()
	if current == nil {
		return nil, nothingAt(endpoint)
	}
	return t.engine.Logs(ctx, current.id, lines, follow)
}

// Facts asks the engine what it is, once.
func (t *Target) known(ctx context.Context) (container.Facts, error) {
	t.mu.Lock()
	facts := t.facts
	t.mu.Unlock()
	if facts != nil {
		return *facts, nil
	}
	asked, err := t.engine.Facts(ctx)
	if err != nil {
		return container.Facts{}, err
	}
	if asked.System != "linux" {
		return container.Facts{}, fault.Errorf(fault.Invalid, "the Docker engine at %s runs %s containers: Linux ones are needed", t.engine.Host(), asked.System)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.facts = &asked
	return asked, nil
}
