package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/valyala/fastjson"
)

// beBare serves on a free port, which it prints, until ctx ends or standard
// input does: a benchmark that dies leaves no server behind.
func beBare(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: bareHandler(), ReadHeaderTimeout: 10 * time.Second}
	fmt.Println(listener.Addr())
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
