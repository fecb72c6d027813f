package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"dasier/porttest"
)

// patience bounds every wait of a story. It is long on purpose: it says that
// something will not come any more, not how fast it has to be.
const patience = 4 * time.Minute

// serverProcess is a running `dasier server`.
type serverProcess struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is over
	err   error         // how it ended, once it has
}

// serverScript starts, stops and kills the server. Its output is appended to
// $WORK/server.log, and every start listens where the first one did.
func serverScript(ts *testscript.TestScript, neg bool, args []string) {
	const usage = "server start [FLAGS...] | stop | crash"
	positive(ts, neg, len(args) == 0, usage)
	s := stageOf(ts)
	switch {
	case args[0] == "start" && s.server == nil:
		ts.Check(s.start(ts, args[1:]))
	case args[0] == "stop" && s.server != nil:
		ts.Check(s.stop(syscall.SIGTERM))
	case args[0] == "crash" && s.server != nil:
		ts.Check(s.crash())
	default:
		ts.Fatalf("usage: %s (running: %t)", usage, s.server != nil)
	}
}

func (s *stage) logFile() string { return filepath.Join(s.folder, "server.log") }

func (s *stage) start(ts *testscript.TestScript, flags []string) error {
	if s.address == "" {
		s.address = porttest.Hold(s.t)
	}
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command("dasier", append([]string{"server", "--data", ts.Getenv("DATA"), "--addr", s.address}, flags...)...)
	cmd.Dir = s.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.folder, "TMPDIR=" + filepath.Join(s.folder, ".tmp"), "GORACE=" + raceSettings}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &serverProcess{cmd: cmd, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	s.server = p
	url := "http://" + s.address
	ts.Setenv("URL", url)
	ts.Setenv("DASIER_SERVER", url)
	return s.awaitReady(url)
}

func (s *stage) awaitReady(url string) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case <-s.server.ended:
			err := fmt.Errorf("the server did not start: %w\n%s", s.server.err, s.readLog())
			s.server = nil
			return err
		default:
		}
		response, err := http.Get(url + "/readyz")
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("the server is not ready after %s:\n%s", patience, s.readLog())
}

// stop ends the server as an operator does, and wants it to end well.
func (s *stage) stop(signal os.Signal) error {
	p := s.server
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("the server did not stop within %s:\n%s", patience, s.readLog()), s.crash())
	}
	s.server = nil
	if p.err != nil {
		return fmt.Errorf("the server stopped badly: %w\n%s", p.err, s.readLog())
	}
	return nil
}

// crash ends the server as a power cut does.
func (s *stage) crash() error {
	p := s.server
	s.server = nil
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	return nil
}

func (s *stage) readLog() string {
	text, _ := os.ReadFile(s.logFile())
	return string(text)
}

// clear ends what a script left running. Whatever the story was about, the
// server must not have raced, panicked or failed inside.
func (s *stage) clear() {
	if s.server != nil {
		if err := s.stop(syscall.SIGTERM); err != nil {
			s.t.Error(err)
		}
	}
	for line := range strings.Lines(s.readLog()) {
		if bad(line) {
			s.t.Errorf("the server's log:\n%s", s.readLog())
			return
		}
	}
}

// bad tells whether a line of the server's log is one that no story may cause.
// The queue gives up its leadership within a second when it stops, and says so
// when a busy machine does not let it; the lease then ends by itself. It says so,
// too, when the stop comes between a job and the word that there is one: the next
// server finds the job.
func bad(line string) bool {
	switch {
	case strings.Contains(line, "DATA RACE"), strings.Contains(line, "panic"):
		return true
	case strings.Contains(line, "leadership.Elector: Error attempting to resign"):
		return false
	case strings.Contains(line, "Failed to send job insert notification") && strings.Contains(line, "context canceled"):
		return false
	}
	return strings.Contains(line, " ERR ")
}

// goneScript waits until the processes whose numbers stand in a file, one a
// line, are over.
func goneScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 1, "gone FILE")
	numbers := strings.Fields(ts.ReadFile(args[0]))
	if len(numbers) == 0 {
		ts.Fatalf("%s names no process", args[0])
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, number := range numbers {
		for running(number) {
			if ctx.Err() != nil {
				ts.Fatalf("process %s still runs", number)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// running tells whether a process is there and not merely waiting for its
// parent to take note of its end.
func running(number string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", number, "stat"))
	if err != nil {
		return false
	}
	// proc(5): the state follows the name, which may hold anything.
	state := strings.TrimSpace(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	return state != "" && !strings.ContainsAny(state[:1], "ZX")
}
