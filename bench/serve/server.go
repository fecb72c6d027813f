package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The servers' names in the report.
const (
	ours     = "dasier"
	bare     = "bare"
	flask    = "flask"
	gunicorn = "gunicorn"
	fastapi  = "fastapi"
	node     = "node"
)

// patience is how long a server may take to start; Python's imports are slow.
const patience = 90 * time.Second

// server is one that runs. The process is 0 where it is not known: the time of
// its processor is not measured then.
type server struct {
	name, url string
	process   int
}

// fleet starts servers, each a group of processes of its own, and stops them.
type fleet struct {
	running []*exec.Cmd
	logs    []*os.File
	folder  string
}

// startAll starts all servers of a model: ours first, then the bare one, then
// the peers.
func startAll(ctx context.Context, o options, m *model) (servers []server, stop func() error, err error) {
	f := &fleet{folder: m.folder}
	first, err := f.startOurs(ctx, o, m)
	if err != nil {
		return nil, f.stop, err
	}
	second, err := f.startBare(ctx)
	if err != nil {
		return nil, f.stop, err
	}
	servers = []server{first, second}
	if o.alone || m.name == example { // the peers have no model like it
		return servers, f.stop, nil
	}
	columns, err := m.columns()
	if err != nil {
		return nil, f.stop, err
	}
	for _, peer := range []struct {
		name    string
		command func(port string) []string
	}{
		{flask, func(port string) []string { return []string{o.python, "flask_app.py", port} }},
		{gunicorn, func(port string) []string {
			return []string{o.python, "-m", "gunicorn", "-w", "2", "-k", "gthread", "--threads", "4", "--keep-alive", "30", "-b", "127.0.0.1:" + port, "flask_app:app"}
		}},
		{fastapi, func(port string) []string {
			return []string{o.python, "-m", "uvicorn", "--host", "127.0.0.1", "--port", port, "--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools", "fastapi_app:app"}
		}},
		{node, func(port string) []string { return []string{"node", "node_server.js", port} }},
	} {
		port, err := freePort(ctx)
		if err != nil {
			return nil, f.stop, err
		}
		args := peer.command(port)
		cmd := exec.CommandContext(ctx, args[0], args[1:]...) // #nosec G204 -- the caller's Python
		cmd.Dir = "bench/serve/peers"
		cmd.Env = append(os.Environ(), "COLUMNS="+columns, "MODEL="+m.pickle, "PYTHONDONTWRITEBYTECODE=1", "ORT="+o.ort)
		if peer.name == node {
			cmd.Env = append(cmd.Env, "MODEL="+m.onnx)
		} else if m.frame {
			cmd.Env = append(cmd.Env, "FRAME=1")
		}
		if err := f.start(ctx, peer.name, cmd, port); err != nil {
			return nil, f.stop, err
		}
		servers = append(servers, server{name: peer.name, url: "http://127.0.0.1:" + port + "/predict"})
	}
	return servers, f.stop, nil
}

// startOurs starts dasier serve with the package. The example's model may have a
// server already, which played the demo.
func (f *fleet) startOurs(ctx context.Context, o options, m *model) (server, error) {
	if m.name == example && o.server != "" {
		return server{ours, o.server, o.process}, nil
	}
	port, err := freePort(ctx)
	if err != nil {
		return server{}, err
	}
	cmd := exec.CommandContext(ctx, o.dasier, "serve", m.folder, "--addr", "127.0.0.1:"+port, "--endpoint", m.name) // #nosec G204 -- our own program
	err = f.start(ctx, ours, cmd, port)
	return server{ours, "http://127.0.0.1:" + port + "/api/v1/endpoints/" + m.name + "/predict", f.newest()}, err
}

// startBare starts ourselves as the bare server, which ends with our end of its
// input.
func (f *fleet) startBare(ctx context.Context) (server, error) {
	self, err := os.Executable()
	if err != nil {
		return server{}, fmt.Errorf("finding ourselves: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "-as", bare) // #nosec G204 -- ourselves
	out, err := cmd.StdoutPipe()
	if err != nil {
		return server{}, err
	}
	if _, err := cmd.StdinPipe(); err != nil { // open as long as we live
		return server{}, err
	}
	cmd.Stderr, cmd.SysProcAttr = os.Stderr, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return server{}, err
	}
	f.running = append(f.running, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return server{}, fmt.Errorf("the bare server did not start: %w", err)
	}
	return server{bare, "http://" + strings.TrimSpace(line) + "/predict", f.newest()}, nil
}

// newest is the process that was started last.
func (f *fleet) newest() int {
	if len(f.running) == 0 {
		return 0
	}
	return f.running[len(f.running)-1].Process.Pid
}

// start starts a server and waits until it listens. What it says is told when it
// does not.
func (f *fleet) start(ctx context.Context, name string, cmd *exec.Cmd, port string) error {
	path := f.folder + "." + name + ".log"
	log, err := os.Create(filepath.Clean(path))
	if err != nil {
		return err
	}
	f.logs = append(f.logs, log)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	f.running = append(f.running, cmd)
	if err := waitFor(ctx, "127.0.0.1:"+port); err != nil {
		said, _ := os.ReadFile(path) //nolint:gosec // our own file; without it the sentence is shorter
		return fmt.Errorf("starting %s: %w: %s", name, err, said)
	}
	return nil
}

// stop ends every group of processes.
func (f *fleet) stop() error {
	var failures []error
	for _, cmd := range f.running {
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			failures = append(failures, err)
		}
		_ = cmd.Wait() // it says that it was killed
	}
	for _, log := range f.logs {
		failures = append(failures, log.Close())
	}
	return errors.Join(failures...)
}

func freePort(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), listener.Close()
}

// waitFor waits until something answers HTTP at the address, whatever it says.
func waitFor(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", http.NoBody)
		if err != nil {
			return err
		}
		w, err := http.DefaultClient.Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, w.Body)
			return errors.Join(err, w.Body.Close())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing answers at %s: %w", address, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
