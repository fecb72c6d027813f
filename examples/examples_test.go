package examples_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fastjson"

	"dasier/ci/lang"
	"dasier/examples"
	"dasier/ml/format/mlflow"
	"dasier/ml/format/onnx"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
	"dasier/model/train"
)

// TestLongHousePricesInONNXRuntime trains the example and asks its model.onnx, in
// ONNX Runtime, for the reference rows: others who run the file must get what
// our server answers.
func TestLongHousePricesInONNXRuntime(t *testing.T) {
	files, err := examples.HousePrices("model")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("house-prices/model/model.yaml")
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := train.ParseRecipe("model.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	result, err := train.Run(t.Context(), recipe, files, train.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Report.Passed {
		t.Errorf("the example's own gates do not hold:\n%s", result.Report.Text())
	}
	p, err := result.Package(time.Unix(0, 0).UTC(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "model")
	if err := mlflow.Write(folder, *p); err != nil {
		t.Fatal(err)
	}
	program, err := p.Program()
	if err != nil {
		t.Fatal(err)
	}
	answers := askRuntime(t, program, filepath.Join(folder, "model.onnx"), p.Reference)
	for i, reference := range p.Reference {
		if want := reference.Prediction; math.Abs(answers[i]-want) > 1e-6*math.Abs(want) {
			t.Errorf("row %d: ONNX Runtime answers %v, we %v", i, answers[i], want)
		}
	}
}

func askRuntime(t *testing.T, program *predict.Program, model string, references []mlflow.Reference) []float64 {
	t.Helper()
	type feed struct {
		Name   string `json:"name"`
		Kind   string `json:"kind"`
		Values []any  `json:"values"`
	}
	feeds := make([]feed, len(program.Inputs()))
	for i, in := range program.Inputs() {
		feeds[i] = feed{Name: in.Name, Kind: "double"}
		if in.Kind == frame.Category {
			feeds[i].Kind = "string"
		}
	}
	row := program.NewRow()
	for _, reference := range references {
		row.Reset()
		sent := fastjson.MustParseBytes(reference.Row)
		if err := rowjson.Decode(sent, program, row, nil); err != nil {
			t.Fatal(err)
		}
		for i, in := range program.Inputs() {
			switch {
			case in.Kind == frame.Category:
				// As it was sent: a level that training did not see is not a
				// missing one, which is "".
				feeds[i].Values = append(feeds[i].Values, string(sent.GetStringBytes(in.Name)))
			case row.Missing(i):
				feeds[i].Values = append(feeds[i].Values, nil)
			default:
				feeds[i].Values = append(feeds[i].Values, row.Number(i))
			}
		}
	}
	question, err := json.Marshal([]any{map[string]any{"model": model, "rows": len(references), "output": onnx.OutputName(program), "inputs": feeds}})
	if err != nil {
		t.Fatal(err)
	}
	modules := os.Getenv("DASIER_ORT_NODE")
	if modules == "" {
		found, err := exec.CommandContext(t.Context(), "../scripts/onnxruntime.sh").Output()
		if err != nil {
			t.Fatalf("ONNX Runtime is needed to judge the models we write: %v", err)
		}
		modules = strings.TrimSpace(string(found))
	}
	judge := exec.CommandContext(t.Context(), "node", "../ml/format/onnx/testdata/run_ort.mjs", modules)
	judge.Stdin, judge.Stderr = bytes.NewReader(question), os.Stderr
	out, err := judge.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers [][]float64
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers[0]
}

// TestPipelinesAreRight plans every example's pipeline on each of its branches.
func TestPipelinesAreRight(t *testing.T) {
	python := map[string]string{"development": "test train", "main": "test train register deploy"}
	for example, branches := range map[string]map[string]string{
		"house-prices/model": {
			"development": "test explore train register deploy-development",
			"production":  "test explore deploy-staging deploy-production",
			"an-idea":     "test explore train",
		},
		"house-prices/api": {
			"development": "test build deploy-development",
			"production":  "test build deploy-staging deploy-production",
			"an-idea":     "test build",
		},
		"house-prices/app": {
			"development": "build deploy-development",
			"production":  "build deploy-production",
			"an-idea":     "build preview stop-preview",
		},
		"diabetes": python, "loan": python, "churn": python,
	} {
		text, err := os.ReadFile(example + "/.gitlab-ci.yml")
		if err != nil {
			t.Fatal(err)
		}
		config, problems := lang.Parse(".gitlab-ci.yml", text)
		if len(problems) > 0 {
			t.Fatal(problems.Excerpt(text))
		}
		for branch, want := range branches {
			graph, err := lang.Plan(config, lang.Context{Predefined: map[string]string{
				"CI_COMMIT_BRANCH": branch, "CI_COMMIT_REF_SLUG": branch, "CI_DEFAULT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push",
			}})
			if err != nil {
				t.Errorf("%s on %s: %v", example, branch, err)
				continue
			}
			var names []string
			for _, job := range graph.Jobs {
				names = append(names, job.Name)
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s on %s runs %q, want %q", example, branch, got, want)
			}
		}
	}
}
