package examples_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/ml/format/mlflow"
	"dasier/model/adopt"
)

// python is the interpreter that sees Debian's packages.
const python = "/usr/bin/python3"

// allRows asks a trained example for every row of its data.
const allRows = `
import json, sys, joblib, pandas as pd
import train
bundle = joblib.load("model.joblib")
model = bundle["model"] if isinstance(bundle, dict) else bundle
rows, _ = train.load()
print(json.dumps(train.reference(model, rows, most=len(rows))))
`

// TestPythonExamples trains each example with the real libraries, adopts the
// file that they wrote, and holds our answers to Python's: of every row of the
// data in the process, and of some as JSON through the handler.
func TestPythonExamples(t *testing.T) {
	for _, example := range []struct {
		name, target, positive string
		rows                   int
		largest                float64 // difference of a probability
	}{
		{"diabetes", "diabetes", "pos", 768, 1e-12},
		{"loan", "Status", "bad", 4454, 1e-12},
		{"churn", "churn", "yes", 5000, 5e-7}, // XGBoost computes in float32
	} {
		t.Run(example.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(example.name)); err != nil {
				t.Fatal(err)
			}
			run(t, folder, "-m", "unittest", "test_model")
			run(t, folder, "train.py")
			reference := run(t, folder, "-c", allRows)
			request := adopt.Request{
				Name: "model.joblib", File: read(t, folder, "model.joblib"), Data: read(t, folder, example.name+".csv"), DataName: example.name + ".csv",
				Target: example.target, Positive: example.positive, Title: "A title", Reference: reference, Metrics: read(t, folder, "metrics.json"),
				Created: time.Unix(1_700_000_000, 0).UTC(),
			}
			p, summary, err := adopt.Adopt(request)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(summary)
			if summary.Parity.Rows != example.rows || summary.Parity.Difference > example.largest {
				t.Errorf("%d rows differ by up to %v, want %d rows within %v", summary.Parity.Rows, summary.Parity.Difference, example.rows, example.largest)
			}
			served(t, p, reference, example.positive, example.largest)
		})
	}
}

// run runs Python in the example's folder and gives what it printed.
func run(t *testing.T, folder string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "OMP_NUM_THREADS=1")
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python %q: %v\n%s\n(scripts/need.sh test installs what is missing)", args, err, errors.String())
	}
	return out
}

func read(t *testing.T, folder, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// served writes the package, loads it as a server does and asks for rows as
// JSON.
func served(t *testing.T, p *mlflow.Package, reference []byte, positive string, largest float64) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "package")
	if err := mlflow.Write(folder, *p); err != nil {
		t.Fatal(err)
	}
	if err := mlflow.Intact(os.DirFS(folder)); err != nil {
		t.Error(err)
	}
	engine := serve.New()
	const name = "team.model.production"
	if err := engine.Load(t.Context(), name, os.DirFS(folder), serve.Meta{Model: "m", Version: 1, Public: true}); err != nil {
		t.Fatal(err)
	}
	router := chi.NewRouter()
	infer.New(engine, func(*http.Request, *serve.Meta) (infer.Client, error) { return infer.Client{}, nil }, infer.Config{Registerer: prometheus.NewRegistry()}).Routes(router)
	ask := func(method, path, body string) []byte {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		router.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		return w.Body.Bytes()
	}
	var info struct {
		Task, Positive string
		Classes        []string
		Title          string
	}
	if err := json.Unmarshal(ask("GET", "/api/v1/endpoints/"+name, ""), &info); err != nil {
		t.Fatal(err)
	}
	if info.Task != "binary" || info.Positive != positive || len(info.Classes) != 2 || info.Title != "A title" {
		t.Errorf("the endpoint says of itself %+v", info)
	}
	var theirs struct {
		Columns []string `json:"columns"`
		Rows    [][]any  `json:"rows"`
		Output  struct {
			Probability [][]float64 `json:"predict_proba"`
		} `json:"output"`
	}
	if err := json.Unmarshal(reference, &theirs); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(theirs.Rows); n += 97 {
		row := map[string]any{}
		for k, column := range theirs.Columns {
			row[column] = theirs.Rows[n][k]
		}
		body, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		checkAnswer(t, n, ask("POST", "/api/v1/endpoints/"+name+"/predict?explain=true", string(body)), info.Classes, theirs.Output.Probability[n], positive, largest)
	}
}

func checkAnswer(t *testing.T, n int, text []byte, classes []string, want []float64, positive string, largest float64) {
	t.Helper()
	var answer struct {
		Prediction    float64
		Label         string
		Positive      string
		Probabilities map[string]float64
		Reasons       struct {
			Base          *float64 `json:"base_prediction"`
			Start         float64  `json:"base"`
			Contributions []struct {
				Effect float64
				Amount *float64
			}
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	likeliest := classes[0]
	for k, class := range classes {
		if math.Abs(answer.Probabilities[class]-want[k]) > largest {
			t.Errorf("row %d: %s with probability %v, Python says %v", n, class, answer.Probabilities[class], want[k])
		}
		if class == positive && math.Abs(answer.Prediction-want[k]) > largest {
			t.Errorf("row %d: predicted %v, Python says %v", n, answer.Prediction, want[k])
		}
		if want[k] > 0.5 {
			likeliest = class
		}
	}
	if answer.Label != likeliest || answer.Positive != positive {
		t.Errorf("row %d: labelled %q (positive %q), want %q (%q)", n, answer.Label, answer.Positive, likeliest, positive)
	}
	sum := answer.Reasons.Start
	if answer.Reasons.Base != nil {
		sum = *answer.Reasons.Base
	}
	for _, c := range answer.Reasons.Contributions {
		if c.Amount != nil {
			sum += *c.Amount
		} else {
			sum += c.Effect
		}
	}
	if math.Abs(sum-answer.Prediction) > 1e-6 {
		t.Errorf("row %d: base and reasons add up to %v, predicted was %v", n, sum, answer.Prediction)
	}
}
