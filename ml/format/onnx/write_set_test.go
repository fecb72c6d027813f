package onnx_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dasier/ml/format/foreign"
	"dasier/ml/format/onnx"
	"dasier/ml/frame"
	"dasier/ml/parity"
	"dasier/ml/parity/paritytest"
	"dasier/ml/predict"
)

var (
	only   = flag.String("only", "", "write models whose name matches this, and no table")
	of     = flag.String("of", "gen-1.2.1", "the part of the set that is written")
	update = flag.Bool("update", false, "write docs/compat/onnx.md anew")
)

// posed is a tensor as testdata/judge.mjs takes and gives it.
type posed struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Dims []int  `json:"dims"`
	Data []any  `json:"data"`
}

type inquiry struct {
	Model  string  `json:"model"`
	Inputs []posed `json:"inputs"`
}

type response struct {
	Error   string  `json:"error"`
	Outputs []posed `json:"outputs"`
}

// written is one model of the set.
type written struct {
	name, estimator string
	program         *predict.Program
	rows            [][]any // per row and input: nil, a number or a text
	single          bool    // the source answers in float32
	refused         string
	said            []said
	scale           []float64 // of each number, the largest
	file            []byte
	differs         float64 // ONNX Runtime from us
	wrong           string
	back            string // what reading the file again found
}

// TestSet writes every model of the set that we can read as ONNX, answers its
// reference rows with ONNX Runtime and with our own reader, and compares all with
// the program. What it finds is docs/compat/onnx.md.
func TestSet(t *testing.T) {
	folder := t.TempDir()
	var models []*written
	var inquiries []inquiry
	files := paritytest.Files(t, "generated")
	for _, name := range sortedReferences(files) {
		if *only != "" && !regexp.MustCompile(*only).MatchString(name) {
			continue
		}
		m := setOut(t, files, name)
		if m == nil {
			continue
		}
		models = append(models, m)
		var text bytes.Buffer
		if err := onnx.Write(&text, m.program); err != nil {
			m.refused = err.Error()
			continue
		}
		m.file = text.Bytes()
		file := filepath.Join(folder, strconv.Itoa(len(inquiries))+".onnx")
		if err := os.WriteFile(file, m.file, 0o600); err != nil {
			t.Fatal(err)
		}
		inquiries = append(inquiries, inquiry{Model: file, Inputs: feeds(m)})
	}
	responses := inquire(t, inquiries)
	k := 0
	for _, m := range models {
		if m.refused != "" {
			continue
		}
		m.answer()
		m.judge(&responses[k])
		m.readBack()
		k++
		if m.wrong != "" {
			t.Errorf("%s (%s): ONNX Runtime: %s", m.name, m.estimator, m.wrong)
		}
		if m.back != "" {
			t.Errorf("%s (%s): read back: %s", m.name, m.estimator, m.back)
		}
	}
	if *only != "" {
		for _, m := range models {
			t.Logf("%s (%s): %s%.1e", m.name, m.estimator, m.refused, m.differs)
		}
		return
	}
	document := documentOf(models)
	const file = "../../../docs/compat/onnx.md"
	if *update {
		if err := os.WriteFile(file, []byte(document), 0o644); err != nil { //nolint:gosec // documents are for everyone
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != document {
		t.Errorf("%s is out of date: go test ./ml/format/onnx -run TestSet -update", file)
	}
}

func sortedReferences(files map[string][]byte) []string {
	var names []string
	for name := range files {
		if path.Dir(name) == *of && strings.HasSuffix(name, ".ref.json") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// setOut reads a model and its reference rows; nil where it is not readable.
func setOut(t *testing.T, files map[string][]byte, name string) *written {
	t.Helper()
	r, err := parity.Parse(files[name])
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	model, err := foreign.Read(files[path.Join(path.Dir(name), r.File)], foreign.Hint{Columns: r.Columns})
	if err != nil {
		return nil
	}
	p, err := predict.Compile(model.Spec)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	m := &written{name: strings.TrimSuffix(path.Base(name), ".ref.json"), estimator: r.Estimator, program: p, single: model.Single}
	objects, err := r.Objects(p, model.Columns)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, object := range objects {
		var cells map[string]any
		if err := json.Unmarshal(object, &cells); err != nil {
			t.Fatal(err)
		}
		row := make([]any, len(p.Inputs()))
		for i, in := range p.Inputs() {
			row[i] = cells[in.Name]
			if truth, ok := row[i].(bool); ok && in.Kind != frame.Category {
				row[i] = 0.0
				if truth {
					row[i] = 1.0
				}
			}
		}
		m.rows = append(m.rows, row)
	}
	m.mix()
	return m
}

// mix adds rows whose cells are of several rows, and of which some are missing
// where they may be.
func (m *written) mix() {
	n := len(m.rows)
	for k := range min(n, 20) {
		row := make([]any, len(m.program.Inputs()))
		for i, in := range m.program.Inputs() {
			row[i] = m.rows[(7*k+3*i)%n][i]
			if !in.Required && (k+i)%5 == 0 {
				row[i] = nil
			}
			if text, ok := row[i].(string); ok && in.Unknown == predict.UnknownIgnore && (k+i)%7 == 0 {
				row[i] = text + " that nobody knows"
			}
		}
		m.rows = append(m.rows, row)
	}
}

func feeds(m *written) []posed {
	var inputs []posed
	for i, in := range m.program.Inputs() {
		f := posed{Name: in.Name, Type: "float64", Dims: []int{len(m.rows), 1}}
		if in.Kind == frame.Category {
			f.Type = "string"
		}
		for _, row := range m.rows {
			v := row[i]
			if v == nil {
				v = "NaN"
				if f.Type == "string" {
					v = ""
				}
			}
			f.Data = append(f.Data, v)
		}
		inputs = append(inputs, f)
	}
	return inputs
}

// inquire answers everything with one process.
func inquire(t *testing.T, inquiries []inquiry) []response {
	t.Helper()
	stdin, err := json.Marshal(inquiries)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "testdata/judge.mjs", modules(t))
	command.Stdin = bytes.NewReader(stdin)
	var problem bytes.Buffer
	command.Stderr = &problem
	stdout, err := command.Output()
	if err != nil {
		t.Fatalf("running ONNX Runtime under node: %v\n%s", err, problem.String())
	}
	var responses []response
	if err := json.Unmarshal(stdout, &responses); err != nil {
		t.Fatal(err)
	}
	if len(responses) != len(inquiries) {
		t.Fatalf("%d answers to %d questions", len(responses), len(inquiries))
	}
	return responses
}

// said is what a program says of a row, as the outputs of a graph hold it.
type said struct {
	label   string
	numbers []float64
}

func saidBy(p *predict.Program, row *predict.Row, values []any) said {
	row.Reset()
	for i, v := range values {
		switch v := v.(type) {
		case float64:
			row.SetNumber(i, v)
		case string:
			if p.Inputs()[i].Kind == frame.Category {
				if v != "" {
					row.SetCategory(i, v)
				}
			} else if x, err := strconv.ParseFloat(v, 64); err == nil {
				row.SetNumber(i, x)
			}
		}
	}
	o := p.Outcome(row)
	s := said{}
	if o.Class >= 0 {
		s.label = p.Classes()[o.Class]
	}
	switch {
	case o.Values != nil:
		s.numbers = slices.Clone(o.Values)
	case o.Probabilities != nil:
		s.numbers = slices.Clone(o.Probabilities)
	case o.Class >= 0:
		s.numbers = slices.Clone(p.Scores(row))
	default:
		s.numbers = []float64{o.Prediction}
	}
	return s
}

func (m *written) tolerance() float64 {
	if m.single {
		return 2e-6
	}
	return 1e-12
}

// answer asks the program.
func (m *written) answer() {
	row := m.program.NewRow()
	for _, values := range m.rows {
		s := saidBy(m.program, row, values)
		m.said = append(m.said, s)
		m.scale = append(m.scale, make([]float64, len(s.numbers)-min(len(s.numbers), len(m.scale)))...)
		for k, v := range s.numbers {
			if !math.IsInf(v, 0) && !math.IsNaN(v) {
				m.scale[k] = max(m.scale[k], math.Abs(v))
			}
		}
	}
}

// judge compares ONNX Runtime's answers with ours.
func (m *written) judge(r *response) {
	if r.Error != "" {
		m.wrong = r.Error
		return
	}
	numbers := &r.Outputs[len(r.Outputs)-1]
	width := len(m.scale)
	if len(numbers.Data) != width*len(m.rows) {
		m.wrong = fmt.Sprintf("%s has the shape %v for %d rows of %d", numbers.Name, numbers.Dims, len(m.rows), width)
		return
	}
	for n := range m.said {
		if want := m.said[n]; want.label != "" && r.Outputs[0].Data[n] != want.label {
			m.wrong = fmt.Sprintf("row %d is %q, not %q (%v, %v)", n+1, r.Outputs[0].Data[n], want.label, numbers.Data[n*width:(n+1)*width], want.numbers)
			return
		}
		for k, want := range m.said[n].numbers {
			got := number(numbers.Data[n*width+k])
			d := apart(got, want, m.scale[k])
			m.differs = max(m.differs, d)
			if d > m.tolerance() {
				m.wrong = fmt.Sprintf("row %d, number %d is %v, not %v (%.1e)", n+1, k, got, want, d)
				return
			}
		}
	}
}

func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case string:
		if x, err := strconv.ParseFloat(v, 64); err == nil {
			return x
		}
	}
	return math.NaN()
}

// apart is a difference relative to the largest of its column.
func apart(a, b, scale float64) float64 {
	if a == b || math.IsNaN(a) && math.IsNaN(b) {
		return 0
	}
	d := math.Abs(a-b) / max(math.Abs(b), scale)
	if math.IsNaN(d) {
		return math.Inf(1)
	}
	return d
}

// readBack reads the file with our own reader, and compares.
func (m *written) readBack() {
	model, err := onnx.Read(m.file, onnx.Hint{})
	if err != nil {
		m.back = err.Error()
		return
	}
	p, err := predict.Compile(model.Spec)
	if err != nil {
		m.back = err.Error()
		return
	}
	theirs := p.NewRow()
	for n, values := range m.rows {
		a, b := m.said[n], saidBy(p, theirs, values)
		if a.label != b.label || len(a.numbers) != len(b.numbers) {
			m.back = fmt.Sprintf("row %d is %v, not %v", n+1, b, a)
			return
		}
		for k, want := range a.numbers {
			if d := apart(b.numbers[k], want, m.scale[k]); d > m.tolerance() {
				m.back = fmt.Sprintf("row %d, number %d is %v, not %v (%.1e)", n+1, k, b.numbers[k], want, d)
				return
			}
		}
	}
}
