package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"dasier/ml/rowjson"
)

//go:embed flask_app.py
var flaskApp []byte

// checkAnswers makes sure that what is measured is right: our server's answers
// are the program's to the last digit, and Flask's, of a model trained by
// others, are near.
func checkAnswers(ctx context.Context, peers []peer, m *example, rows []string) error {
	var parser fastjson.Parser
	row := m.program.NewRow()
	for _, p := range peers {
		worst := 0.0
		for _, text := range rows[:20] {
			v, err := parser.Parse(text)
			if err == nil {
				err = rowjson.Decode(v, m.program, row, nil)
			}
			if err != nil {
				return fmt.Errorf("a request of ours is wrong: %w", err)
			}
			got, err := ask(ctx, p.url, text)
			if err != nil {
				return fmt.Errorf("asking %s: %w", p.name, err)
			}
			worst = max(worst, math.Abs(got/m.program.Predict(row)-1))
		}
		switch {
		case p.name == ours && worst > 1e-12:
			return fmt.Errorf("%s answers up to %.2g away from the model", p.name, worst)
		case p.name == flask && worst > 0.25:
			return fmt.Errorf("%s answers up to %.0f %% away from ours: that is not the same kind of model", p.name, 100*worst)
		}
	}
	return nil
}

func ask(ctx context.Context, address, body string) (prediction float64, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, w.Body.Close()) }()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		return 0, err
	}
	if w.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %d: %s", w.StatusCode, text)
	}
	var answer struct{ Prediction float64 }
	return answer.Prediction, json.Unmarshal(text, &answer)
}

func freePort(ctx context.Context) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}

// waitFor waits until something listens at the address.
func waitFor(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing listens at %s: %w", address, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
