// Package live runs a real `dasier server` on a folder of its own, with an
// administrator and a clone to push from, for the benchmarks that measure it
// from outside.
package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is a running `dasier server` and its administrator's token.
type Server struct {
	URL  string
	Took time.Duration // from the last start of the program until it served

	binary string
	data   string
	addr   string
	flags  []string
	token  string
	cmd    *exec.Cmd
	said   bytes.Buffer
}

// Start starts the program on a folder and a free port, with more flags, and
// returns when it serves.
func Start(ctx context.Context, binary, data string, flags ...string) (*Server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("finding a port: %w", err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("finding a port: %w", err)
	}
	s := &Server{URL: "http://" + addr, binary: binary, data: data, addr: addr, flags: flags}
	return s, s.start(ctx)
}

func (s *Server) start(ctx context.Context) error {
	args := append([]string{"server", "--data", s.data, "--addr", s.addr}, s.flags...)
	s.cmd = exec.CommandContext(ctx, s.binary, args...) //nolint:gosec // the program is the user's choice
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.Stdout, s.cmd.Stderr = &s.said, &s.said
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", s.binary, err)
	}
	for time.Since(began) < time.Minute && ctx.Err() == nil {
		if s.ready(ctx) {
			s.Took = time.Since(began)
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	stopped := s.Stop() // what it said is complete then
	return errors.Join(fmt.Errorf("the server does not become ready: %s", s.said.String()), stopped)
}

func (s *Server) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false // it does not listen yet
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Stop ends the program and waits for it.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping the server: %w", err)
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended badly: %w: %s", err, s.said.String())
	}
	return nil
}

// Restart stops the program and starts it on the same folder and port.
func (s *Server) Restart(ctx context.Context) error {
	http.DefaultClient.CloseIdleConnections()
	if err := s.Stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// Resident is the bytes of memory that the process has in use (proc_pid_status(5)).
func (s *Server) Resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("reading the server's memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("the process table does not tell the server's memory")
}

// admin runs `dasier admin` on the server's folder and answers what it prints.
func (s *Server) admin(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.binary, append(append([]string{"admin"}, args...), "--data", s.data)...) //nolint:gosec // as above
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("dasier admin %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Call asks the console's API and reads the answer to its end.
func (s *Server) Call(ctx context.Context, method, path string, body any) ([]byte, error) {
	response, err := s.Send(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return text, nil
}

// Send asks the console's API. The caller closes the answer's body.
func (s *Server) Send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encoding the request: %w", err)
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.URL+"/api/v1"+path, content)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		_ = response.Body.Close()
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	return response, nil
}
