package foreign_test

import (
	"encoding/json"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"testing"

	"dasier/ml/explain"
	"dasier/ml/format/foreign"
	"dasier/ml/frame"
	"dasier/ml/parity/paritytest"
	"dasier/ml/predict"
)

// reference is what the system that wrote a file answered.
type reference struct {
	File    string   `json:"file"`
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
	Output  struct {
		Predict     []any       `json:"predict"`
		Probability [][]float64 `json:"predict_proba"`
	} `json:"output"`
}

// TestParity reads files that scikit-learn 1.2.1, 1.4.2 and 1.9.0 and XGBoost
// wrote, and holds every answer to theirs; and the effects of every input to the
// score.
func TestParity(t *testing.T) {
	files, err := filepath.Glob("../*/testdata/[0-9]*/*.ref.json")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d references, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file)), func(t *testing.T) { replay(t, file) })
	}
}

func replay(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want reference
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(filepath.Dir(file), want.File))
	if err != nil {
		t.Fatal(err)
	}
	if want.Columns == nil {
		for i := range want.Rows[0] {
			want.Columns = append(want.Columns, "x"+strconv.Itoa(i))
		}
	}
	m, err := foreign.Read(data, foreign.Hint{Columns: want.Columns})
	if err != nil {
		t.Fatal(err)
	}
	p, err := predict.Compile(m.Spec)
	if err != nil {
		t.Fatal(err)
	}
	tolerance := 1e-12
	if m.Spec.Trees != nil && m.Spec.Trees.Single {
		tolerance = 2e-6
	}
	row := p.NewRow()
	for n, cells := range want.Rows {
		fill(p, row, want.Columns, cells)
		contributions := explain.Contributions(p, row, nil)
		got := p.Outcome(row)
		if p.Classifies() {
			compareClasses(t, p, n, got, &want, tolerance)
		} else if x, ok := want.Output.Predict[n].(float64); !ok || !(math.Abs(got.Prediction-x) <= tolerance*max(math.Abs(x), 1e-3)) {
			t.Errorf("row %d: %v, want %v", n, got.Prediction, want.Output.Predict[n])
		}
		if !p.Explained() { // the estimator sees what stages computed
			continue
		}
		sum := p.BaseOf(max(got.Class, 0))
		size := math.Abs(sum)
		for _, c := range contributions {
			sum, size = sum+c.Effect, size+math.Abs(c.Effect)
		}
		if !(math.Abs(sum-got.Score) <= max(tolerance, 1e-9)*max(size, 1)) {
			t.Errorf("row %d: the effects add up to %v, the score is %v", n, sum, got.Score)
		}
	}
}

func compareClasses(t *testing.T, p *predict.Program, n int, got predict.Outcome, want *reference, tolerance float64) {
	t.Helper()
	theirs := want.Output.Probability
	if theirs == nil { // XGBoost's own prediction is a probability
		switch v := want.Output.Predict[n].(type) {
		case float64:
			theirs = make([][]float64, n+1)
			theirs[n] = []float64{1 - v, v}
		case []any:
			theirs = make([][]float64, n+1)
			for _, x := range v {
				theirs[n] = append(theirs[n], x.(float64)) //nolint:errcheck,forcetypeassert // a test's own data
			}
		}
	} else {
		label := want.Output.Predict[n]
		if x, ok := label.(float64); ok {
			label = strconv.FormatFloat(x, 'f', -1, 64)
		}
		if p.Classes()[got.Class] != label {
			t.Errorf("row %d: %q, want %q", n, p.Classes()[got.Class], label)
		}
	}
	for k, x := range theirs[n] {
		if !(math.Abs(got.Probabilities[k]-x) <= tolerance) {
			t.Errorf("row %d: class %q has %v, want %v", n, p.Classes()[k], got.Probabilities[k], x)
		}
	}
}

func fill(p *predict.Program, row *predict.Row, columns []string, cells []any) {
	row.Reset()
	for c, name := range columns {
		i, ok := p.InputIndex(name)
		if !ok {
			continue
		}
		category := p.Inputs()[i].Kind == frame.Category
		switch v := cells[c].(type) {
		case string:
			row.SetCategory(i, v)
		case float64:
			if category {
				row.SetCategory(i, strconv.FormatFloat(v, 'f', -1, 64))
			} else {
				row.SetNumber(i, v)
			}
		default:
			row.SetMissing(i)
		}
	}
}

// FuzzRead looks for what panics on the way from bytes to an answer, in files of
// every format.
func FuzzRead(f *testing.F) {
	seeds := map[string]int{}
	for name, data := range paritytest.Files(f, "generated") {
		if ext := path.Ext(name); len(data) < 6<<10 && (ext == ".onnx" || ext == ".txt" || ext == ".skops") && seeds[ext] < 60 {
			seeds[ext]++
			f.Add(data)
		}
	}
	if seeds[".onnx"] == 0 || seeds[".txt"] == 0 {
		f.Fatalf("the seeds are %v", seeds)
	}
	for _, pattern := range []string{
		"../*/testdata/*/*.joblib", "../*/testdata/*/*.pkl", "../*/testdata/*/*.ubj", "../*/testdata/*/*.deprecated", "../*/testdata/*/*.skops", "../*/testdata/*.ubj", "../*/testdata/*.json",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			if len(data) < 12<<10 {
				f.Add(data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		m, err := foreign.Read(data, foreign.Hint{})
		if err != nil {
			return
		}
		p, err := predict.Compile(m.Spec)
		if err != nil {
			t.Fatalf("what was read does not compile: %v", err)
		}
		row := p.NewRow()
		p.Outcome(row)
		for i := range p.Inputs() {
			row.SetNumber(i, 0.5)
			if levels := p.Inputs()[i].Levels; len(levels) > 0 {
				row.SetCategory(i, levels[0])
			}
		}
		p.Outcome(row)
	})
}
