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

	"dasier/container"
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
	// Users are the system's users that the processes of jobs run as, each at a
	// time one job's: no job can read the files or the environment of the runner
	// or of another job, and nothing that it starts outlives it. Only root can
	// give them. One user is shared by all jobs, more must be enough for Jobs.
	// None: the runner's own user.
	Users []User
	// Shared: other programs of the machine run as Users, too. Otherwise
	// whatever runs as one of them is taken for the job's, and ends with it.
	Shared bool
	// Engine runs the scripts of jobs in containers; nil: as processes. It must
	// be a local one: the job's folder is mounted.
	Engine *container.Engine
	// Image is for jobs in containers that name none; "": those fail.
	Image string
	// Memory and CPU bound a job's container. Default 4 GiB, and all cores.
	Memory int64
	CPU    float64
	// LogLimit is the size at which a job's log is cut. Default 64 MiB.
	LogLimit int64
	// UnpackLimit bounds the archive of an earlier job, packed and unpacked.
	// Default 10 GiB.
	UnpackLimit int64
	// CacheDir is where caches are kept for later jobs; "" keeps none. No job's
	// user may be able to enter it. CacheLimit bounds all of them together, the
	// least recently used go first; default 10 GiB.
	CacheDir   string
	CacheLimit int64
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
	if c.CacheLimit <= 0 {
		c.CacheLimit = 10 << 30
	}
	if c.Memory <= 0 {
		c.Memory = 4 << 30
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
	users  chan *User // those that no job runs as just now; nil: the runner's own
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
	if err := errors.Join(r.killLeftovers(), clearLeftovers(r.cfg.Dir)); err != nil {
		r.cfg.Log.WarnContext(ctx, "left-overs of an earlier run stay", "folder", r.cfg.Dir, "error", err)
	}
	if r.cfg.Engine != nil {
		if err := r.clearContainers(ctx); err != nil {
			r.cfg.Log.WarnContext(ctx, "containers of an earlier run stay", "error", err)
		}
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
	if err := makeRunnerFolder(r.cfg.Dir, len(r.cfg.Users) > 0); err != nil {
		return err
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
	if r.cfg.Engine != nil && !r.cfg.Engine.Local() {
		return fmt.Errorf("jobs run in containers of this machine's own Docker engine: the one at %s is another machine's, which does not see the jobs' folders", r.cfg.Engine.Host())
	}
	return r.beginUsers()
}
