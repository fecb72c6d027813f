package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Config has the settings of a runner; the zero value works.
type Config struct {
	// Jobs is how many jobs run at a time. Default 1.
	Jobs int
	// Dir is where jobs have their folders; it must be the runner's alone. What
	// is left in it from an earlier run is removed. Default a folder of this
	// process among the system's temporary ones.
	Dir string
	// Program is the path of the dasier program, which jobs find on PATH. ""
	// gives them none.
	Program string
	// Version is the runner's, as the server and jobs see it. Default "dev".
	Version string
	// Inherit names variables of the runner's own environment that jobs get
	// besides PATH and those of the language and time zone.
	Inherit []string
	// LogLimit is the size at which a job's log is cut. Default 64 MiB.
	LogLimit int64
	// UnpackLimit bounds the archive of an earlier job, packed and unpacked.
	// Default 10 GiB.
	UnpackLimit int64
	// StopWithin is how long Run takes to end jobs and tell the server. Default
	// 8 s.
	StopWithin time.Duration
	// Log is for what the runner itself has to say. Default slog.Default().
	Log *slog.Logger

	shell, hostname, systemID string
}

func (c Config) withDefaults() Config {
	c.Jobs = max(c.Jobs, 1)
	if c.Dir == "" {
		c.Dir = filepath.Join(os.TempDir(), fmt.Sprintf("dasier-runner-%d", os.Getpid()))
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	if c.LogLimit <= 0 {
		c.LogLimit = 64 << 20
	}
	if c.UnpackLimit <= 0 {
		c.UnpackLimit = 10 << 30
	}
	if c.StopWithin <= 0 {
		c.StopWithin = 8 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.hostname = "this machine"
	if name, err := os.Hostname(); err == nil {
		c.hostname = name
	}
	c.systemID = "s_" + shortHash(c.hostname+c.Dir)
	return c
}

// Runner takes jobs and runs them.
type Runner struct {
	cfg    Config
	client *client
}

// New makes a runner for the server at an address such as http://host:port, with
// a runner's token.
func New(address, token string, cfg Config) *Runner {
	cfg = cfg.withDefaults()
	return &Runner{cfg: cfg, client: newClient(address, token, cfg)}
}

// Run takes and runs jobs until ctx ends. Then running jobs are stopped with all
// their processes and reported as interrupted. It fails only when it cannot
// begin; a server that is away is waited for.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.begin(); err != nil {
		return err
	}
	// Left-overs are in nobody's way but the disk's: no reason not to begin.
	if err := errors.Join(killLeftovers(r.cfg.Dir), clearLeftovers(r.cfg.Dir)); err != nil {
		r.cfg.Log.WarnContext(ctx, "left-overs of an earlier run stay", "folder", r.cfg.Dir, "error", err)
	}
	defer r.client.http.CloseIdleConnections()
	// What is said to the server outlives ctx: the last words come after it.
	network, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	var limit sync.WaitGroup
	limit.Go(func() {
		select {
		case <-ctx.Done():
			sleep(network, r.cfg.StopWithin)
			hangUp()
		case <-network.Done():
		}
	})
	r.takeJobs(ctx, network)
	hangUp()
	limit.Wait()
	return nil
}

// begin finds what every job needs.
func (r *Runner) begin() error {
	var err error
	if r.cfg.shell, err = findShell(); err != nil {
		return err
	}
	if r.cfg.Dir, err = filepath.Abs(r.cfg.Dir); err != nil {
		return fmt.Errorf("finding the runner's folder: %w", err)
	}
	if err := os.MkdirAll(r.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("making the runner's folder: %w", err)
	}
	// Processes tell their folder with links resolved.
	if r.cfg.Dir, err = filepath.EvalSymlinks(r.cfg.Dir); err != nil {
		return fmt.Errorf("finding the runner's folder: %w", err)
	}
	if r.cfg.Program != "" {
		if r.cfg.Program, err = filepath.Abs(r.cfg.Program); err != nil {
			return fmt.Errorf("finding the dasier program: %w", err)
		}
	}
	return nil
}
