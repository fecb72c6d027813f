package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// peer is another program, in a process of its own: it is told on its standard
// input what to measure.
type peer struct {
	process               *exec.Cmd
	in                    io.WriteCloser
	out                   *bufio.Reader
	difference, megabytes float64
}

// start runs a peer on one thread and waits until it has loaded its model.
func start(ctx context.Context, command []string) (*peer, error) {
	p := &peer{process: exec.CommandContext(ctx, command[0], command[1:]...)} //nolint:gosec // the caller's own programs
	p.process.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1")
	p.process.Stderr = os.Stderr
	in, err := p.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.process.Start(); err != nil {
		return nil, err
	}
	line, err := p.out.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscanf(line, "ready %g %g", &p.difference, &p.megabytes)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("it said %q: %w", line, err), p.stop())
	}
	return p, nil
}

func (p *peer) time(batch int, seconds float64) (float64, error) {
	if _, err := fmt.Fprintln(p.in, batch, seconds); err != nil {
		return 0, err
	}
	var took float64
	_, err := fmt.Fscanln(p.out, &took)
	return took, err
}

func (p *peer) about() (difference, megabytes float64) { return p.difference, p.megabytes }

// stop ends the process by ending its input.
func (p *peer) stop() error {
	return errors.Join(p.in.Close(), p.process.Wait())
}
