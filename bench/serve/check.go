package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"

	"github.com/valyala/fastjson"

	"dasier/ml/rowjson"
)

// checkAnswers makes sure that what is measured is right: our server's answers
// are the program's to the last digit, and the peers' are those of the same
// model, or of one like it.
func checkAnswers(ctx context.Context, servers []server, m *model) error {
	within := map[string]float64{ours: 1e-12, bare: math.Inf(1), flask: m.near, gunicorn: m.near, fastapi: m.near, node: 1e-4} // ONNX Runtime's sums are float32
	var parser fastjson.Parser
	row := m.program.NewRow()
	for _, s := range servers {
		for _, text := range m.rows[:20] {
			v, err := parser.Parse(text)
			if err == nil {
				err = rowjson.Decode(v, m.program, row, nil)
			}
			if err != nil {
				return fmt.Errorf("a request of ours is wrong: %w", err)
			}
			got, err := ask(ctx, s.url, text)
			if err != nil {
				return fmt.Errorf("asking %s: %w", s.name, err)
			}
			if want := m.program.Predict(row); !(math.Abs(got/want-1) <= within[s.name]) {
				return fmt.Errorf("%s answers %v where our model answers %v: that is not the same model", s.name, got, want)
			}
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
