package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/model/adopt"
	"dasier/model/train"
)

// model is one that all servers answer with.
type model struct {
	name    string
	goal    float64 // of requests/s beside the bare server
	program *predict.Program
	folder  string   // its package
	single  bool     // its numbers are float32: ONNX Runtime sees no others
	rows    []string // request bodies
	file    string   // with them

	// The peers'.
	pickle, onnx string
	frame        bool    // the pickle wants columns by name
	near         float64 // how near its answers are to ours
}

// models by name: each prepares its own.
var models = map[string]func(ctx context.Context, o options, folder string) (*model, error){
	"house": func(ctx context.Context, o options, folder string) (*model, error) {
		return learn(ctx, o, folder, "house", 0.85, "ridge")
	},
	example: func(ctx context.Context, o options, folder string) (*model, error) {
		return learn(ctx, o, folder, example, 0, "")
	},
	"linear": func(_ context.Context, o options, folder string) (*model, error) {
		return adopted(o, folder, "linear", "california_linear", 0.85)
	},
	"trees": func(_ context.Context, o options, folder string) (*model, error) {
		return adopted(o, folder, "trees", "california_histgb100", 0.7)
	},
}

const example = "example"

// learn trains the example's recipe as the demo does, or one algorithm of it,
// and a ridge of scikit-learn's.
func learn(ctx context.Context, o options, folder, name string, goal float64, algorithm string) (*model, error) {
	path := filepath.Join(o.example, "model.yaml")
	text, err := os.ReadFile(path) // #nosec G304 -- the caller's recipe
	if err != nil {
		return nil, fmt.Errorf("reading the recipe: %w", err)
	}
	recipe, err := train.ParseRecipe(path, text)
	if err != nil {
		return nil, err
	}
	if algorithm != "" {
		recipe.Candidates = slices.DeleteFunc(recipe.Candidates, func(c train.Candidate) bool { return c.Algorithm != algorithm })
	}
	result, err := train.Run(ctx, recipe, os.DirFS(o.example), train.Config{})
	if err != nil {
		return nil, err
	}
	pkg, err := result.Package(time.Unix(0, 0).UTC(), "", nil)
	if err != nil {
		return nil, err
	}
	if err := mlflow.Write(folder, *pkg); err != nil {
		return nil, err
	}
	m := &model{name: name, goal: goal, folder: folder, pickle: folder + ".pkl", onnx: filepath.Join(folder, "model.onnx"), frame: true, near: 0.25}
	if m.program, err = pkg.Program(); err != nil {
		return nil, err
	}
	data := filepath.Join(o.example, recipe.Data.Path)
	if err := m.writeRows(data); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, o.python, "bench/serve/peers/train.py", filepath.Join(folder, "dasier.json"), data, m.pickle) // #nosec G204 -- the caller's Python
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("training scikit-learn's model: %w: %s", err, out)
	}
	return m, nil
}

// adopted makes a package of a pickle, with an interval, which the file of
// another system does not have: what is measured answers with one.
func adopted(o options, folder, name, source string, goal float64) (*model, error) {
	at := filepath.Join(o.models, source)
	file, err := os.ReadFile(at + ".pkl") // #nosec G304 -- the caller's own folder
	if err != nil {
		return nil, err
	}
	table, err := os.ReadFile(o.table)
	if err != nil {
		return nil, err
	}
	first, _, _ := bytes.Cut(table, []byte("\n"))
	header := strings.Split(strings.TrimSpace(string(first)), ",")
	target := header[len(header)-1]
	pkg, _, err := adopt.Adopt(adopt.Request{Name: "model.pkl", File: file, Data: table, DataName: filepath.Base(o.table), Target: target, Created: time.Unix(0, 0).UTC()})
	if err != nil {
		return nil, err
	}
	m := &model{name: name, goal: goal, folder: folder, pickle: at + ".pkl", onnx: at + ".onnx", near: 1e-9, single: true}
	if m.program, err = pkg.Program(); err != nil {
		return nil, err
	}
	if pkg.Spec.Interval, err = interval(m.program, table, target); err != nil {
		return nil, err
	}
	if err := writeOwn(pkg, folder); err != nil {
		return nil, err
	}
	return m, m.writeRows(o.table)
}

// interval makes one of every twentieth row. The model has seen them: it is for
// measuring time, not for promises.
func interval(program *predict.Program, table []byte, target string) (*predict.Interval, error) {
	records, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading the table: %w", err)
	}
	in := &predict.Interval{Level: 0.9, Coverage: 0.9}
	row, at := program.NewRow(), slices.Index(records[0], target)
	for n := 1; n < len(records); n += 20 {
		var actual float64
		for k, name := range records[0] {
			x, err := strconv.ParseFloat(records[n][k], 64)
			if err != nil {
				return nil, fmt.Errorf("reading the table: %w", err)
			}
			if k == at {
				actual = x
			} else if i, ok := program.InputIndex(name); ok {
				row.SetNumber(i, x)
			}
		}
		in.Residuals = append(in.Residuals, math.Abs(program.Predict(row)-actual))
		in.CoveredOf++
	}
	slices.Sort(in.Residuals)
	return in, nil
}

var sourceLine = regexp.MustCompile(`(?m)^ *source: .*\n`)

// writeOwn writes an adopted model as one of ours: as data in dasier.json, which
// can have an interval, and without the file that it came from.
func writeOwn(pkg *mlflow.Package, folder string) error {
	files, err := mlflow.Files(pkg)
	if err != nil {
		return err
	}
	delete(files, pkg.Source.Name)
	if !sourceLine.Match(files["MLmodel"]) {
		return errors.New("MLmodel has no line that names the source")
	}
	files["MLmodel"] = sourceLine.ReplaceAll(files["MLmodel"], nil)
	if files["dasier.json"], err = predict.MarshalSpec(pkg.Spec); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

const bodyCount = 256

// writeRows makes request bodies of rows of the data, spread evenly: every input
// in the file's order, numbers as numbers, the rest as text.
func (m *model) writeRows(data string) error {
	file, err := os.Open(data) // #nosec G304 G703 -- the caller's data
	if err != nil {
		return fmt.Errorf("reading the data: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return fmt.Errorf("reading the data: %w", err)
	}
	header, records := records[0], records[1:]
	for n := range bodyCount {
		body, err := m.bodyOf(header, records[n*len(records)/bodyCount])
		if err != nil {
			return err
		}
		m.rows = append(m.rows, body)
	}
	m.file = m.folder + ".jsonl"
	if err := os.WriteFile(m.file, []byte(strings.Join(m.rows, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing the requests: %w", err)
	}
	return nil
}

func (m *model) bodyOf(header, record []string) (string, error) {
	var fields []string
	for k, name := range header {
		i, ok := m.program.InputIndex(name)
		if !ok {
			continue
		}
		var value any = record[k]
		if m.program.Inputs()[i].Kind == frame.Number {
			x, err := strconv.ParseFloat(record[k], 64)
			if err != nil {
				return "", fmt.Errorf("column %s: %w", name, err)
			}
			if m.single {
				x = float64(float32(x))
			}
			value = x
		}
		text, err := json.Marshal(value)
		if err != nil {
			return "", fmt.Errorf("writing a request: %w", err)
		}
		fields = append(fields, strconv.Quote(name)+":"+string(text))
	}
	return "{" + strings.Join(fields, ",") + "}", nil
}

// columns are the inputs with their kinds, as the peers want to know them.
func (m *model) columns() (string, error) {
	var fields []string
	for i := range m.program.Inputs() {
		in := &m.program.Inputs()[i]
		if in.Kind != frame.Number && in.Kind != frame.Category {
			return "", fmt.Errorf("input %s is a %s: the peers know numbers and categories", in.Name, in.Kind)
		}
		fields = append(fields, strconv.Quote(in.Name)+":"+strconv.Quote(in.Kind.String()))
	}
	return "{" + strings.Join(fields, ",") + "}", nil
}
