package main

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
	"strings"
	"syscall"
	"time"
)

// server is a running `dasier server`.
type server struct {
	binary string
	data   string
	addr   string
	url    string
	token  string
	cmd    *exec.Cmd
	said   bytes.Buffer
}

func startServer(ctx context.Context, binary, data string) (*server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("finding a port: %w", err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("finding a port: %w", err)
	}
	s := &server{binary: binary, data: data, addr: addr, url: "http://" + addr}
	return s, s.start(ctx)
}

func (s *server) start(ctx context.Context) error {
	s.cmd = exec.CommandContext(ctx, s.binary, "server", "--data", s.data, "--addr", s.addr, "--runner-jobs", "0") //nolint:gosec // the program is the user's choice
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.Stdout, s.cmd.Stderr = &s.said, &s.said
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", s.binary, err)
	}
	for began := time.Now(); time.Since(began) < time.Minute && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", nil)
		if err != nil {
			return fmt.Errorf("asking whether it serves: %w", err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			continue // it does not listen yet
		}
		if err := response.Body.Close(); err == nil && response.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.Join(fmt.Errorf("the server does not become ready: %s", s.said.String()), s.stop())
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping the server: %w", err)
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended badly: %w: %s", err, s.said.String())
	}
	return nil
}

func (s *server) restart(ctx context.Context) error {
	http.DefaultClient.CloseIdleConnections()
	if err := s.stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// admin runs `dasier admin` on the server's folder and answers what it prints.
func (s *server) admin(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.binary, append(append([]string{"admin"}, args...), "--data", s.data)...) //nolint:gosec // as above
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("dasier admin %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// call asks the API, and reads the answer to its end.
func (s *server) call(ctx context.Context, method, path string, body any) ([]byte, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encoding the request: %w", err)
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.url+"/api/v1"+path, content)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text[:min(len(text), 1000)])
	}
	return text, nil
}
