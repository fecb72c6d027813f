package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"dasier/pipe"
)

// process is the executor that runs programs on this machine.
type process struct {
	mark   string // value of markVariable in the environment of the job's processes
	output io.Writer
	user   *User // nil: the runner's own
	alone  bool  // no other job has the user
}

// termGrace is how long processes get between SIGTERM and SIGKILL.
const termGrace = 2 * time.Second

// run implements executor.
func (p *process) run(ctx context.Context, argv []string, folder string, environment []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	command := exec.CommandContext(ctx, argv[0], argv[1:]...) // #nosec G204 -- running the job's programs is what this is for
	command.Dir, command.Env = folder, environment
	command.Stdout, command.Stderr = writer, writer
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: p.user.credential()}
	family := &tree{mark: p.mark}
	if p.alone {
		family.user = p.user
	}
	command.Cancel = func() error { return family.signal(syscall.SIGTERM) }
	command.WaitDelay = termGrace
	err = command.Start()
	if closed := writer.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return errors.Join(fmt.Errorf("starting %s: %w", argv[0], err), reader.Close())
	}
	family.leader.Store(int64(command.Process.Pid))
	output := pipe.Copy(p.output, reader)
	waited := command.Wait()
	left := family.end(termGrace)
	if err := output.End(); err != nil {
		left = errors.Join(left, fmt.Errorf("reading the output: %w", err))
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if waited == nil {
		return left
	}
	if exit, ok := errors.AsType[*exec.ExitError](waited); ok {
		return &exitError{exitCode(exit.ProcessState)}
	}
	return errors.Join(fmt.Errorf("waiting for %s: %w", argv[0], waited), left)
}

// exitCode is the status as shells spell it.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
