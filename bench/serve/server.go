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
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fastjson"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/fault"
)

const endpoint = "house-prices.model.production"

// beServer serves on a free port, which it prints, until ctx ends or standard
// input does: a benchmark that dies leaves no server behind.
func beServer(ctx context.Context, as, pkg string) error {
	handler := bareHandler()
	if as == ours {
		var err error
		if handler, err = ourHandler(ctx, pkg); err != nil {
			return err
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	fmt.Println("LISTENING", listener.Addr())
	ctx, cancel := context.WithCancel(ctx)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		<-ctx.Done()
		_ = server.Close() // nobody waits for answers any more
	})
	defer waiting.Wait()
	defer cancel()
	//nolint:gosec // G118: it ends with the process, whose input it is
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// ourHandler is the product's own stack for predictions, with its metrics.
func ourHandler(ctx context.Context, pkg string) (http.Handler, error) {
	engine := serve.New()
	meta := serve.Meta{Project: 1, Environment: "production", Model: "house-price", Version: 1, Public: true, DeployedAt: time.Now().UTC()}
	if err := engine.Load(ctx, endpoint, os.DirFS(pkg), meta); err != nil {
		return nil, err
	}
	router := chi.NewRouter()
	nobody := func(*http.Request, int64) error { return fault.Errorf(fault.Unauthenticated, "sign in first") }
	infer.New(engine, nobody, infer.Config{Registerer: prometheus.NewRegistry()}).Routes(router)
	return router, nil
}

// bareHandler decodes a row with the parser that we use, value by value, and
// answers a constant.
func bareHandler() http.Handler {
	type memory struct {
		parser fastjson.Parser
		body   []byte
	}
	pool := sync.Pool{New: func() any { return &memory{body: make([]byte, 0, 4096)} }}
	answer := []byte(`{"prediction":180000}` + "\n")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := pool.Get().(*memory)
		defer pool.Put(m)
		m.body = m.body[:0]
		for {
			if len(m.body) == cap(m.body) {
				m.body = append(m.body, 0)[:len(m.body)]
			}
			n, err := r.Body.Read(m.body[len(m.body):cap(m.body)])
			m.body = m.body[:len(m.body)+n]
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				http.Error(w, "the body ended early", http.StatusBadRequest)
				return
			}
		}
		v, err := m.parser.ParseBytes(m.body)
		if err != nil {
			http.Error(w, "not JSON", http.StatusBadRequest)
			return
		}
		object, err := v.Object()
		if err != nil {
			http.Error(w, "not an object", http.StatusBadRequest)
			return
		}
		object.Visit(func(_ []byte, value *fastjson.Value) {
			if value.Type() == fastjson.TypeNumber {
				value.GetFloat64()
			} else {
				value.GetStringBytes()
			}
		})
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer) // the client is gone when this fails
	})
}

// The servers' names in the report.
const (
	ours  = "dasier"
	bare  = "bare"
	flask = "flask"
)

// peer is a running server.
type peer struct{ name, url string }

// startAll starts the servers, each a process of its own, and gives what stops
// them.
func startAll(ctx context.Context, o options, m *example, folder string) (peers []peer, stop func() error, err error) {
	var running []*exec.Cmd
	stop = func() error {
		var failures []error
		for _, cmd := range running {
			failures = append(failures, cmd.Process.Kill())
			_ = cmd.Wait() // it says that it was killed
		}
		return errors.Join(failures...)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, stop, fmt.Errorf("finding ourselves: %w", err)
	}
	start := func(cmd *exec.Cmd, address func(io.Reader) (string, error)) (string, error) {
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			return "", err
		}
		if _, err := cmd.StdinPipe(); err != nil { // open as long as we live
			return "", err
		}
		if err := cmd.Start(); err != nil {
			return "", err
		}
		running = append(running, cmd)
		return address(out)
	}
	printed := func(out io.Reader) (string, error) {
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("the server did not start: %w", err)
		}
		return strings.TrimPrefix(strings.TrimSpace(line), "LISTENING "), nil
	}

	address := o.server
	if address == "" {
		host, err := start(exec.CommandContext(ctx, self, "-as", ours, "-package", m.folder), printed) // #nosec G204 -- ourselves
		if err != nil {
			return nil, stop, err
		}
		address = "http://" + host + "/api/v1/endpoints/" + endpoint + "/predict"
	}
	peers = append(peers, peer{ours, address})
	host, err := start(exec.CommandContext(ctx, self, "-as", bare), printed) // #nosec G204 -- ourselves
	if err != nil {
		return nil, stop, err
	}
	peers = append(peers, peer{bare, "http://" + host + "/predict"})

	fmt.Println("training scikit-learn's model and starting Flask")
	app := folder + "/flask_app.py"
	if err := os.WriteFile(app, flaskApp, 0o600); err != nil {
		return nil, stop, fmt.Errorf("writing the Flask server: %w", err)
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, stop, err
	}
	cmd := exec.CommandContext(ctx, o.python, app, m.folder+"/dasier.json", m.data, strconv.Itoa(port)) // #nosec G204 -- the caller's Python
	host = "127.0.0.1:" + strconv.Itoa(port)
	if _, err := start(cmd, func(io.Reader) (string, error) { return host, waitFor(ctx, host) }); err != nil {
		return nil, stop, fmt.Errorf("starting Flask: %w", err)
	}
	return append(peers, peer{flask, "http://" + host + "/predict"}), stop, nil
}
