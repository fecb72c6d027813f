package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"dasier/delivery/deploy"
	"dasier/fault"
)

// Config adjusts a Target. The zero value works.
type Config struct {
	// DrainTime is how long requests may hold a service that was replaced;
	// default 30 s.
	DrainTime time.Duration
	// User is who services run as, when the server is root: a name or number;
	// default "nobody". "root" keeps them root.
	User string
	// LogSize bounds the log of one endpoint; the older half goes first.
	// Default 16 MiB.
	LogSize int64
	// Log is for what no caller can be told; slog.Default() by default.
	Log *slog.Logger
}

// Target runs services. Run must be running while it is used, and ends them all.
type Target struct {
	dir     string
	bundles deploy.Bundles
	cfg     Config
	user    *account // nil: the server's own
	ports   ports

	life  context.Context // of all services
	end   context.CancelFunc
	group sync.WaitGroup

	mu      sync.Mutex
	current map[string]*instance
	logs    map[string]*logFile
	turns   map[string]chan struct{}
	closed  bool
}

var _ deploy.Target = (*Target)(nil)

// New makes the target in the folder dir, which is its own: what an earlier run
// left there is ended and removed, except for logs.
func New(dir string, bundles deploy.Bundles, cfg Config) (*Target, error) {
	if cfg.DrainTime == 0 {
		cfg.DrainTime = 30 * time.Second
	}
	if cfg.LogSize == 0 {
		cfg.LogSize = 16 << 20
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding the folder of services: %w", err)
	}
	t := &Target{
		dir: absolute, bundles: bundles, cfg: cfg,
		current: map[string]*instance{}, logs: map[string]*logFile{}, turns: map[string]chan struct{}{},
	}
	if t.user, err = accountOf(cfg.User); err != nil {
		return nil, err
	}
	if err := endLeftovers(absolute); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(t.path("run")); err != nil {
		return nil, fmt.Errorf("removing what is left of services: %w", err)
	}
	for _, folder := range []string{absolute, t.path("run")} {
		if err := os.MkdirAll(folder, 0o711); err != nil { //nolint:gosec // another user passes through, and sees no names
			return nil, fmt.Errorf("making the folder of services: %w", err)
		}
	}
	if err := os.MkdirAll(t.path("logs"), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of logs: %w", err)
	}
	if err := t.user.canReach(absolute); err != nil {
		cfg.Log.Warn("services cannot be started here", "error", err)
	}
	t.life, t.end = context.WithCancel(context.Background())
	return t, nil
}

func (t *Target) path(name string) string { return filepath.Join(t.dir, name) }

// Run blocks until ctx ends, and then stops every service.
func (t *Target) Run(ctx context.Context) error {
	<-ctx.Done()
	return t.Close()
}

// Close stops every service, for when Run does not run.
func (t *Target) Close() error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.end()
	t.group.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, l := range t.logs {
		errs = append(errs, l.close())
	}
	clear(t.logs)
	return errors.Join(errs...)
}

// Apply implements deploy.Target.
func (t *Target) Apply(ctx context.Context, p deploy.Placement) error {
	if p.Kind != deploy.KindService || p.Service == nil {
		return fault.Errorf(fault.Invalid, "a %s does not run as a process", p.Kind)
	}
	if len(p.Service.Command) == 0 {
		return fault.Errorf(fault.Invalid, "the service has no command: an image runs on a docker target only")
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("starting %s: %w", p.Endpoint, err)
	}
	release, err := t.turn(ctx, p.Endpoint)
	if err != nil {
		return err
	}
	defer release()
	if serving := t.serving(p.Endpoint); serving != nil && same(serving.placement, p) && serving.problem() == nil {
		return nil
	}
	if err := t.user.canReach(t.dir); err != nil {
		return err
	}
	next, err := t.prepare(ctx, p)
	if err != nil {
		return err
	}
	if err := next.launch(ctx); err != nil {
		return errors.Join(err, next.discard())
	}
	t.replace(p.Endpoint, next)
	return nil
}

// same tells whether a placement changes nothing for a program that runs.
func same(a, b deploy.Placement) bool {
	return a.Deployment == b.Deployment && a.Digest == b.Digest && reflect.DeepEqual(a.Service, b.Service) && slices.Equal(a.Environ, b.Environ)
}

// turn waits until no other call changes the endpoint.
func (t *Target) turn(ctx context.Context, endpoint string) (func(), error) {
	t.mu.Lock()
	turn, ok := t.turns[endpoint]
	if !ok {
		turn = make(chan struct{}, 1)
		t.turns[endpoint] = turn
	}
	closed := t.closed
	t.mu.Unlock()
	if closed {
		return nil, fault.Errorf(fault.Unavailable, "the server is stopping")
	}
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the turn of %s: %w", endpoint, ctx.Err())
	}
}

func (t *Target) serving(endpoint string) *instance {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current[endpoint]
}

// replace switches an endpoint to another instance (nil: to none) and lets the
// one before end when nobody holds it any more.
func (t *Target) replace(endpoint string, next *instance) {
	t.mu.Lock()
	before := t.current[endpoint]
	if next == nil {
		delete(t.current, endpoint)
	} else {
		t.current[endpoint] = next
	}
	t.mu.Unlock()
	if before != nil {
		before.retire(t.cfg.DrainTime)
	}
}

// Remove implements deploy.Target.
func (t *Target) Remove(ctx context.Context, endpoint string) error {
	release, err := t.turn(ctx, endpoint)
	if err != nil {
		return err
	}
	defer release()
	t.replace(endpoint, nil)
	return nil
}

// Health implements deploy.Target.
func (t *Target) Health(endpoint string) error {
	serving := t.serving(endpoint)
	if serving == nil {
		return fault.Errorf(fault.Missing, "no service runs at %s", endpoint)
	}
	return serving.problem()
}

// Backend implements deploy.Target.
func (t *Target) Backend(endpoint string) (deploy.Backend, error) {
	t.mu.Lock()
	defer t.mu.Unlock() // so that what is held is what is current
	serving := t.current[endpoint]
	if serving == nil {
		return deploy.Backend{}, fault.Errorf(fault.Missing, "no service runs at %s", endpoint)
	}
	return serving.hold()
}

// Logs implements deploy.Target.
func (t *Target) Logs(ctx context.Context, endpoint string, lines int, follow bool) (io.ReadCloser, error) {
	l, err := t.log(endpoint, false)
	if err != nil {
		return nil, err
	}
	return l.tail(ctx, lines, follow)
}

// log finds the log of an endpoint, which outlives its deployments.
func (t *Target) log(endpoint string, create bool) (*logFile, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l, ok := t.logs[endpoint]; ok {
		return l, nil
	}
	if t.closed {
		return nil, fault.Errorf(fault.Unavailable, "the server is stopping")
	}
	path := filepath.Join(t.path("logs"), deploy.Label(endpoint)+".log")
	if _, err := os.Stat(path); err != nil && !create {
		return nil, fault.Errorf(fault.Missing, "no service has run at %s", endpoint)
	}
	l, err := openLog(path, t.cfg.LogSize)
	if err != nil {
		return nil, err
	}
	t.logs[endpoint] = l
	return l, nil
}

// Endpoints lists what runs, for tests and pages.
func (t *Target) Endpoints() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.current))
}
