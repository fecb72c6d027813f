package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"dasier/fault"
	"dasier/pipe"
)

const (
	// askEvery is the longest pause between two looks at a health path.
	askEvery = 250 * time.Millisecond
	// watchEvery is the pause between two looks at the memory in use.
	watchEvery = 250 * time.Millisecond
)

// run starts the program and returns when it has ended, with the reason; ready
// is called when its health path has answered. When life ends it is stopped:
// asked first, forced after its time. What it started ends with it.
func (i *instance) run(life context.Context, ready func()) error {
	// The kernel ends the program with the thread that started it
	// (PR_SET_PDEATHSIG, prctl(2)): this thread stays for as long.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	port, err := i.target.ports.take(life)
	if err != nil {
		return err
	}
	defer i.target.ports.giveBack(port)
	argv, err := i.argv()
	if err != nil {
		return err
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	command := exec.Command(argv[0], argv[1:]...) //nolint:gosec,noctx // running the service is what this is for; life ends it below
	command.Dir, command.Env = i.path("app"), i.environment(strconv.Itoa(port))
	command.Stdout, command.Stderr = writer, writer
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, Credential: i.target.user.credential()}
	i.say("starting %q on port %d", i.placement.Service.Command, port)
	err = command.Start()
	if closed := writer.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return errors.Join(fault.Errorf(fault.Invalid, "the program %q cannot be started: %w", i.placement.Service.Command[0], err), reader.Close())
	}
	i.lowerPriority(command.Process.Pid)
	output := pipe.Copy(&heard{i: i}, reader)
	var helpers sync.WaitGroup
	exited := make(chan error, 1)
	helpers.Go(func() { exited <- command.Wait() })
	end := i.attend(life, command.Process.Pid, port, exited, ready)
	i.setTrouble("the service has stopped")
	left := endAll(command.Process.Pid, i.dir)
	helpers.Wait()
	if left = errors.Join(left, output.End()); left != nil {
		i.target.cfg.Log.Error("a service left something behind", "endpoint", i.placement.Endpoint, "error", left)
	}
	return end.words(i)
}

// ending is how a run of the program ended.
type ending struct {
	reason  string
	healthy bool  // it had been
	err     error // not the program's doing
}

// words makes the sentence; a program that was never healthy has its last words
// in it.
func (e ending) words(i *instance) error {
	if e.err != nil {
		return e.err
	}
	if e.healthy {
		return fault.Errorf(fault.Unavailable, "%s", e.reason)
	}
	if said := i.words.String(); said != "" {
		return fault.Errorf(fault.Unavailable, "%s; the end of its log:\n%s", e.reason, said)
	}
	return fault.Errorf(fault.Unavailable, "%s; it wrote nothing", e.reason)
}

// attend waits for the program's health, and then for its end.
func (i *instance) attend(life context.Context, pid, port int, exited <-chan error, ready func()) ending {
	memory, most := usage{group: pid}, i.placement.Service.Limits.Memory
	watch := time.NewTicker(watchEvery)
	defer watch.Stop()
	if most == 0 { // it may use what there is
		watch.Stop()
	}
	limit := i.placement.Service.StartWithin
	late := time.NewTimer(limit)
	defer late.Stop()
	ask, asked := time.NewTimer(10*time.Millisecond), make(chan error, 1)
	defer ask.Stop()
	pause := 20 * time.Millisecond
	var said error
	var asking sync.WaitGroup
	questions, enough := context.WithCancel(life)
	defer asking.Wait()
	defer enough()
	healthy := false
	for {
		select {
		case err := <-exited:
			return ending{reason: describeEnd(err, healthy), healthy: healthy}
		case <-life.Done():
			i.terminate(pid, exited)
			return ending{err: fmt.Errorf("the service was stopped: %w", context.Cause(life)), healthy: healthy}
		case <-late.C:
			if healthy {
				continue
			}
			i.terminate(pid, exited)
			return ending{reason: fmt.Sprintf("the service was not healthy within %s: its health path %s said: %v", limit, i.placement.Service.Health, said)}
		case <-ask.C:
			asking.Go(func() { asked <- i.ask(questions, port) })
		case said = <-asked:
			if said != nil {
				pause = min(2*pause, askEvery)
				ask.Reset(pause)
				continue
			}
			healthy = true
			i.setReady(port)
			i.say("healthy")
			ready()
		case <-watch.C:
			if used := memory.resident(); used > most {
				i.terminate(pid, exited)
				return ending{reason: fmt.Sprintf("the service used %d MiB of memory, more than its limit of %d MiB, and was killed", used>>20, most>>20), healthy: healthy}
			}
		}
	}
}

func describeEnd(err error, healthy bool) string {
	when := " before it was healthy"
	if healthy {
		when = ""
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return fmt.Sprintf("the service was ended by the signal %q%s", status.Signal(), when)
		}
		return fmt.Sprintf("the service ended with status %d%s", exit.ExitCode(), when)
	}
	return "the service ended" + when
}

// terminate asks the program's group to end, and forces it after its time.
func (i *instance) terminate(pid int, exited <-chan error) {
	_ = syscall.Kill(-pid, syscall.SIGTERM) // it may have ended meanwhile
	grace := time.NewTimer(i.placement.Service.StopWithin)
	defer grace.Stop()
	select {
	case <-exited: //nolint:errcheck // how it ended is known: it was asked to
	case <-grace.C:
		i.say("it did not end within %s of being asked, and is killed", i.placement.Service.StopWithin)
		_ = syscall.Kill(-pid, syscall.SIGKILL) // as above
		<-exited                                //nolint:errcheck // as above
	}
}

// asker asks for health: each time anew, following nothing, through no proxy.
var asker = &http.Client{
	Timeout:       5 * time.Second,
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (i *instance) ask(ctx context.Context, port int) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address(port)+i.placement.Service.Health, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "dasier-health")
	response, err := asker.Do(request)
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("nothing listens on the port %d, which it gets as %s", port, i.placement.Service.PortVariable)
		}
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("status %s", response.Status)
	}
	return nil
}

// heard takes a program's output. A log that cannot be written is no reason to
// stop reading: the program would wait for a reader that is gone.
type heard struct {
	i    *instance
	lost bool
}

// Write implements io.Writer.
func (h *heard) Write(p []byte) (int, error) {
	if h.lost {
		return len(p), nil
	}
	if _, err := io.MultiWriter(h.i.log, &h.i.words).Write(p); err != nil {
		h.i.target.cfg.Log.Error("a service's output is lost", "endpoint", h.i.placement.Endpoint, "error", err)
		h.lost = true
	}
	return len(p), nil
}

// lowerPriority is what a limit of CPU does here: see the package's comment.
func (i *instance) lowerPriority(pid int) {
	if i.placement.Service.Limits.CPU == 0 {
		return
	}
	const lower = 10
	if err := syscall.Setpriority(syscall.PRIO_PGRP, pid, lower); err != nil {
		i.say("its priority stays as it is: %v", err)
	}
}

// Ports that programs get: below the range that Linux gives to outgoing
// connections and to those who ask for any port (ip_local_port_range, ip(7)). One
// of that range would often be somebody else's by the time the program listens.
const (
	firstPort = 20000
	lastPort  = 32000
	portTries = 50
)

// ports are those that programs of this server have now. Many start at once with
// the server, and one that listens late would find its port taken.
type ports struct {
	mu    sync.Mutex
	given map[int]bool
}

// take finds a port that nobody listens on now and no other program has. That
// somebody else takes it before the program does is possible and rare: the start
// fails then.
func (p *ports) take(ctx context.Context) (int, error) {
	last := errors.New("all that were tried are given")
	for range portTries {
		port := firstPort + rand.N(lastPort-firstPort) //nolint:gosec // nothing is kept secret by it
		if !p.reserve(port) {
			continue
		}
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", address(port))
		if err == nil {
			err = listener.Close()
		}
		if err == nil {
			return port, nil
		}
		p.giveBack(port)
		last = err
	}
	return 0, fmt.Errorf("finding a free port: %w", last)
}

func (p *ports) reserve(port int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.given[port] {
		return false
	}
	if p.given == nil {
		p.given = map[int]bool{}
	}
	p.given[port] = true
	return true
}

func (p *ports) giveBack(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.given, port)
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
