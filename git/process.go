package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// How much a process may print into memory: one name or number, a list that a
// page shows, or a list of everything in a big repository.
const (
	smallOutput = 64 << 10
	pageOutput  = 16 << 20
	wholeOutput = 64 << 20
)

// grace is how long a process that was told to stop may tidy up: git removes
// its lock files and quarantined objects on SIGTERM.
const grace = 5 * time.Second

// call is one run of git.
type call struct {
	args   []string
	extra  []setting // configuration for this call
	vars   []string  // environment for this call
	stdin  []byte    // what it reads, when that is small
	stream bool      // it reads from process.stdin instead
}

// process is a running git. Its user reads stdout to the end, or calls stop,
// and then wait.
type process struct {
	name   string
	ctx    context.Context //nolint:containedctx // the life of this one process
	stop   context.CancelFunc
	cmd    *exec.Cmd
	stdin  io.WriteCloser // only with call.stream
	stdout io.ReadCloser
	stderr lastWords
}

func (r *Repo) start(ctx context.Context, c call) (*process, error) {
	running, stop := context.WithCancel(ctx)
	cmd := exec.CommandContext(running, r.program.path, c.args...) //nolint:gosec // arguments are checked by the callers: see doc.go
	p := &process{name: c.args[0], ctx: ctx, stop: stop, cmd: cmd}
	cmd.Dir = r.dir
	cmd.Env = environment(r.dir, c.extra, c.vars)
	cmd.Stderr = &p.stderr
	// A group of its own, so that the end of the context reaches git's
	// children too (index-pack, pack-objects).
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	cmd.WaitDelay = grace
	if err := p.connect(c); err != nil {
		stop()
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		stop()
		if !r.Exists() {
			return nil, fmt.Errorf("%w: no repository", ErrNotFound)
		}
		return nil, fmt.Errorf("starting git %s: %w", p.name, err)
	}
	return p, nil
}

func (p *process) connect(c call) error {
	var err error
	if p.stdout, err = p.cmd.StdoutPipe(); err != nil {
		return fmt.Errorf("connecting to git %s: %w", p.name, err)
	}
	if c.stream {
		if p.stdin, err = p.cmd.StdinPipe(); err != nil {
			return fmt.Errorf("connecting to git %s: %w", p.name, err)
		}
		return nil
	}
	p.cmd.Stdin = bytes.NewReader(c.stdin)
	return nil
}

// wait collects the process and says how it ended.
func (p *process) wait() error {
	err := p.cmd.Wait()
	stopped := p.cmd.ProcessState == nil || !p.cmd.ProcessState.Exited()
	p.stop()
	if stopped || errors.Is(err, exec.ErrWaitDelay) {
		// Whatever of the group outlived its leader goes now. An empty group
		// answers ESRCH, which is what we want.
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
	if err == nil {
		return nil
	}
	if cause := context.Cause(p.ctx); cause != nil {
		return cause
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return &ProcessError{Command: p.name, Code: exit.ExitCode(), Stderr: p.stderr.String()}
	}
	return fmt.Errorf("running git %s: %w", p.name, err)
}

// run is a call whose output is at most limit bytes.
func (r *Repo) run(ctx context.Context, limit int64, c call) ([]byte, error) {
	p, err := r.start(ctx, c)
	if err != nil {
		return nil, err
	}
	out, readErr := io.ReadAll(io.LimitReader(p.stdout, limit+1))
	if int64(len(out)) > limit {
		p.stop()
		_ = p.wait() // it was stopped: its end says nothing
		return nil, fmt.Errorf("%w: git %s printed more than %d bytes", ErrTooLarge, p.name, limit)
	}
	if err := p.wait(); err != nil {
		return out, err // some commands say something before they fail
	}
	if readErr != nil {
		return nil, fmt.Errorf("reading from git %s: %w", p.name, readErr)
	}
	return out, nil
}

// output is run for a call that is nothing but its arguments.
func (r *Repo) output(ctx context.Context, limit int64, args ...string) ([]byte, error) {
	return r.run(ctx, limit, call{args: args})
}

// lastWords keeps the end of what a process says on stderr.
type lastWords struct {
	mu   sync.Mutex
	data []byte
}

const lastWordsSize = 8 << 10

// Write never fails: the words are for the log.
func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.data = append(w.data, p...)
	if extra := len(w.data) - lastWordsSize; extra > 0 {
		w.data = w.data[extra:]
	}
	return len(p), nil
}

func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.data)
}
