package onnx_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dasier/ml/format/onnx"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/predict/spectest"
)

// A tensor of a case, see testdata/run_ort.mjs.
type feed struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Values []any  `json:"values"`
}

type question struct {
	Model  string `json:"model"`
	Rows   int    `json:"rows"`
	Output string `json:"output"`
	Inputs []feed `json:"inputs"`
}

// modules is the node_modules folder with ONNX Runtime. Without it these tests
// fail: a model that nobody else can run is a defect, not an inconvenience.
func modules(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv("DASIER_ORT_NODE"); folder != "" {
		return folder
	}
	install := exec.CommandContext(t.Context(), "sh", "../../../scripts/onnxruntime.sh")
	var problem bytes.Buffer
	install.Stderr = &problem
	folder, err := install.Output()
	if err != nil {
		t.Fatalf("ONNX Runtime is needed to judge the models we write: %v\n%s", err, problem.String())
	}
	return strings.TrimSpace(string(folder))
}

// ask answers all questions with one ONNX Runtime process.
func ask(t *testing.T, questions []question) [][]float64 {
	t.Helper()
	stdin, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "testdata/run_ort.mjs", modules(t))
	command.Stdin = bytes.NewReader(stdin)
	var problem bytes.Buffer
	command.Stderr = &problem
	stdout, err := command.Output()
	if err != nil {
		t.Fatalf("running ONNX Runtime under node: %v\n%s", err, problem.String())
	}
	var texts [][]json.RawMessage
	if err := json.Unmarshal(stdout, &texts); err != nil {
		t.Fatal(err)
	}
	answers := make([][]float64, len(texts))
	for i := range texts {
		for _, text := range texts[i] {
			v, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
			if err != nil {
				t.Fatal(err)
			}
			answers[i] = append(answers[i], v)
		}
	}
	return answers
}

func write(t interface{ Fatal(...any) }, path string, spec predict.Spec) *predict.Program {
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	var model bytes.Buffer
	if err := onnx.Write(&model, p); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, model.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// pose turns rows into tensors, and gives our own predictions.
func pose(p *predict.Program, path string, rows [][]any) (question, []float64) {
	q := question{Model: path, Rows: len(rows), Output: onnx.OutputName(p)}
	for i, in := range p.Inputs() {
		f := feed{Name: in.Name, Kind: "double"}
		if in.Kind == frame.Category {
			f.Kind = "string"
		}
		for _, values := range rows {
			value := values[i]
			if value == nil && f.Kind == "string" {
				value = ""
			}
			f.Values = append(f.Values, value)
		}
		q.Inputs = append(q.Inputs, f)
	}
	ours, row := make([]float64, len(rows)), p.NewRow()
	for n, values := range rows {
		spectest.Fill(row, values)
		ours[n] = p.Predict(row)
	}
	return q, ours
}

func TestRuntimeAgrees(t *testing.T) {
	folder := t.TempDir()
	var questions []question
	var ours [][]float64
	add := func(t interface{ Fatal(...any) }, spec predict.Spec, rows [][]any) {
		path := filepath.Join(folder, strconv.Itoa(len(questions))+".onnx")
		p := write(t, path, spec)
		q, want := pose(p, path, rows)
		questions, ours = append(questions, q), append(ours, want)
	}
	for _, log := range []bool{false, true} {
		add(t, spectest.House(log), [][]any{
			{1500.0, "Gilbert", 1.0, 8000.0, "Good", 1.2e9, "60"},
			{nil, nil, nil, nil, nil, nil, nil},
			{5000.0, "an unknown place", 0.0, -3.0, "Typical", 1.1e9, "unknown"},
			{334.0, "日本 \"quoted\"", nil, 0.0, "Excellent", 0.0, "20"},
		})
	}
	taken := spectest.House(false)
	taken.Inputs[0].Name, taken.Inputs[1].Name = "prediction", "Concat_1"
	add(t, taken, [][]any{{1500.0, "Gilbert", 1.0, 8000.0, "Good", 1.2e9, "60"}})
	rapid.Check(t, func(r *rapid.T) {
		spec := spectest.Draw(r)
		rows := make([][]any, 4)
		for n := range rows {
			rows[n] = spectest.DrawValues(r, spec)
		}
		add(r, spec, rows)
	})

	theirs := ask(t, questions)
	if len(theirs) != len(ours) {
		t.Fatalf("%d answers to %d questions", len(theirs), len(ours))
	}
	for i := range ours {
		if len(theirs[i]) != len(ours[i]) {
			t.Fatalf("case %d: %d answers for %d rows", i, len(theirs[i]), len(ours[i]))
		}
		for n, want := range ours[i] {
			// Terms of the random models reach 1e6 and may cancel: hence the floor.
			if got := theirs[i][n]; !(math.Abs(got-want) <= 1e-6*max(math.Abs(want), 1e-3)) {
				t.Errorf("case %d, row %d: ONNX Runtime says %v, we say %v\n%+v", i, n+1, got, want, questions[i].Inputs)
			}
		}
	}
	t.Logf("%d models agreed", len(ours))
}

func TestSameBytes(t *testing.T) {
	folder := t.TempDir()
	var files [2][]byte
	for i := range files {
		path := filepath.Join(folder, strconv.Itoa(i))
		write(t, path, spectest.House(true))
		text, err := os.ReadFile(path) //nolint:gosec // our own file
		if err != nil {
			t.Fatal(err)
		}
		files[i] = text
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same model gave other bytes")
	}
}
