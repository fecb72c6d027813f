package adopt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dasier/fault"
	"dasier/ml/format/foreign"
	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Request says what is adopted, and what is known about it.
type Request struct {
	Name      string // of the file: "model.pkl"
	File      []byte
	Data      []byte // CSV: the rows it was trained on, or like them
	DataName  string // for messages: "loan.csv"
	Reading   frame.CSVConfig
	Target    string // the column that is predicted
	Positive  string // binary: the class whose probability people want
	Object    string // where in the file the model is; empty: the reader finds it
	Title     string
	Unit      string            // of the target
	Units     map[string]string // of inputs
	Bare      bool              // without data and reference, a row of defaults stands for all
	Reference []byte            // rows with the system's own answers; nil: none
	// Unseen is a CSV of rows that the model was not trained on, with the target:
	// its errors on them are what an interval, or sets of classes, rest on. Nobody
	// can tell it from rows of the training but who trained the model.
	Unseen     []byte
	UnseenName string
	Level      float64 // of the interval; default 0.9
	Metrics    []byte  // JSON; nil: none
	Created    time.Time
	Tags       map[string]string
	// Memory bounds the model: a file that takes far more to be read is refused with a
	// mlflow.MemoryError. 0: any number of bytes.
	Memory int64
}

// Summary tells what was found.
type Summary struct {
	Writer    string
	Algorithm string
	Parts     []string
	Task      string
	Classes   []string
	Parity    *mlflow.Parity // nil: nothing was compared with
	Promise   string         // of the interval or the sets; empty: there is none
}

// String is the summary in words.
func (s Summary) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s by %s: %s", s.Algorithm, s.Writer, s.Task)
	if len(s.Classes) > 0 {
		fmt.Fprintf(&text, " of %s", strings.Join(s.Classes, ", "))
	}
	if s.Parity == nil {
		text.WriteString("; not compared with its own system's answers (give --reference): the reference rows hold ours")
	} else {
		fmt.Fprintf(&text, "; equal to %s on %d rows", Within(s.Parity), s.Parity.Rows)
	}
	if s.Promise != "" {
		text.WriteString("; " + s.Promise)
	}
	return text.String()
}

// Within says a difference as the power of ten that bounds it.
func Within(p *mlflow.Parity) string {
	if p.Difference == 0 {
		return "the last bit"
	}
	return fmt.Sprintf("%.0e", p.Within())
}

// Adopt makes the package.
func Adopt(r Request) (*mlflow.Package, Summary, error) {
	columns, err := columnsOf(r)
	if err != nil {
		return nil, Summary{}, err
	}
	model, err := foreign.Read(r.File, foreign.Hint{Target: r.Target, Columns: columns, Positive: r.Positive, Object: r.Object, Memory: r.Memory})
	if err != nil {
		return nil, Summary{}, fmt.Errorf("%s: %w", r.Name, err)
	}
	p := &mlflow.Package{
		Spec: model.Spec, Algorithm: model.Algorithm, Created: r.Created, Tags: r.Tags,
		Source: &mlflow.Source{Name: r.Name, Data: r.File, Columns: columns, Single: model.Single, Object: r.Object},
	}
	p.Spec.Target.Unit = r.Unit
	rows, err := describe(p, r)
	if err != nil {
		return nil, Summary{}, err
	}
	if p.Metrics, err = parseMetrics(r.Metrics); err != nil {
		return nil, Summary{}, err
	}
	summary := Summary{Writer: model.Writer, Algorithm: model.Algorithm, Parts: model.Parts, Task: p.Spec.Task, Classes: p.Spec.Classes}
	if summary.Promise, err = promise(p, r); err != nil {
		return nil, Summary{}, err
	}
	program, err := p.Program()
	if err != nil {
		return nil, Summary{}, err
	}
	if r.Reference == nil {
		p.Reference, err = own(program, rows, r.Bare)
	} else {
		p.Parity, p.Reference, err = compared(program, &model, r.Reference)
		summary.Parity = p.Parity
	}
	if err != nil {
		return nil, Summary{}, err
	}
	if p.Report, err = report(r, p); err != nil {
		return nil, Summary{}, err
	}
	return p, summary, nil
}

// columnsOf are the data's columns but the target: the names of inputs that a
// file knows by place only.
func columnsOf(r Request) ([]string, error) {
	if r.Data == nil {
		return nil, nil
	}
	f, err := frame.ReadCSV(bytes.NewReader(r.Data), r.Reading)
	if err != nil {
		return nil, err
	}
	if _, ok := f.Column(r.Target); !ok && r.Target != "" {
		return nil, fault.Errorf(fault.Invalid, "%s has no column %q, which is said to be the target", r.DataName, r.Target).At("target")
	}
	var names []string
	for _, column := range f.Columns() {
		if column.Name != r.Target {
			names = append(names, column.Name)
		}
	}
	return names, nil
}

// describe fills in what the data says of the inputs, and gives its rows as the
// model sees them; nil without data.
func describe(p *mlflow.Package, r Request) (*frame.Frame, error) {
	for i := range p.Spec.Inputs {
		p.Spec.Inputs[i].Unit = r.Units[p.Spec.Inputs[i].Name]
	}
	if r.Data == nil {
		return nil, nil
	}
	rows, err := tableOf(p, r, r.Data, r.DataName, foreign.Kinds(p.Spec.Inputs))
	if err != nil {
		return nil, err
	}
	foreign.Describe(p.Spec.Inputs, rows)
	if p.Source.Mean, err = foreign.Mean(p.Spec, rows); err != nil {
		return nil, fmt.Errorf("computing the mean of the features: %w", err)
	}
	foreign.SetMean(&p.Spec, p.Source.Mean)
	return rows, nil
}

// tableOf reads a CSV as the model sees its columns.
func tableOf(p *mlflow.Package, r Request, text []byte, name string, kinds map[string]frame.Kind) (*frame.Frame, error) {
	reading := r.Reading
	reading.Kinds = kinds
	if reading.Missing == nil { // what was a category in training is one here
		known := map[string]bool{}
		for _, in := range p.Spec.Inputs {
			for _, level := range in.Levels {
				known[level] = true
			}
		}
		reading.Missing = slices.DeleteFunc(slices.Clone(frame.UsualMissing), func(spelling string) bool { return known[spelling] })
	}
	rows, err := frame.ReadCSV(bytes.NewReader(text), reading)
	if err != nil {
		return nil, fmt.Errorf("reading %s as the model expects it: %w", name, err)
	}
	for _, in := range p.Spec.Inputs {
		if _, ok := rows.Column(in.Name); !ok {
			return nil, fault.Errorf(fault.Invalid, "%s has no column %q, which the model takes", name, in.Name).At("data")
		}
	}
	return rows, nil
}

// own makes reference rows of the data, with our own answers.
func own(program *predict.Program, rows *frame.Frame, bare bool) ([]mlflow.Reference, error) {
	if rows == nil && bare {
		text, err := plainRow(program)
		if err != nil {
			return nil, err
		}
		return mlflow.NewReference(program, []json.RawMessage{text})
	}
	if rows == nil {
		return nil, fault.Errorf(fault.Invalid, "a package needs rows that prove its answers: give --reference or --data")
	}
	k := newKeeper(program)
	for n := range rows.Rows() {
		if k.full() {
			break
		}
		text, err := rowOf(program, rows, n)
		if err != nil {
			return nil, err
		}
		k.offer(text)
	}
	if len(k.rows) == 0 && k.refused == nil {
		return nil, fault.Errorf(fault.Invalid, "the data has no rows").At("data")
	}
	if len(k.rows) == 0 {
		return nil, fault.Errorf(fault.Invalid, "no row of the data is one that a package can keep: %w", k.refused).At("data")
	}
	return mlflow.NewReference(program, k.rows)
}

// plainRow is a row of zeros, first categories and some words: the example of a model about
// which nothing else is known.
func plainRow(program *predict.Program) (json.RawMessage, error) {
	row := map[string]any{}
	for i := range program.Inputs() {
		switch in := &program.Inputs()[i]; {
		case in.Kind == frame.Category && len(in.Levels) > 0:
			row[in.Name] = in.Levels[0]
		case in.Kind == frame.Category:
			row[in.Name] = "some words"
		case in.Kind == frame.Time:
			row[in.Name] = "2000-01-01"
		case in.Kind == frame.Bool:
			row[in.Name] = false
		default:
			row[in.Name] = 0
		}
	}
	text, err := json.Marshal(row)
	if err != nil {
		return nil, fmt.Errorf("writing a row: %w", err)
	}
	return text, nil
}

// rowOf is a row as a client would send it.
func rowOf(program *predict.Program, rows *frame.Frame, n int) (json.RawMessage, error) {
	row := map[string]any{}
	for i := range program.Inputs() {
		in := &program.Inputs()[i]
		column, ok := rows.Column(in.Name)
		switch {
		case !ok || column.Missing(n):
		case column.Kind == frame.Category:
			row[in.Name] = column.Levels[column.Codes[n]]
		default:
			row[in.Name] = column.Value(n)
		}
	}
	text, err := json.Marshal(row)
	if err != nil {
		return nil, fmt.Errorf("writing a reference row: %w", err)
	}
	return text, nil
}

// report is the little that report.json says of a model that was not trained
// here.
func report(r Request, p *mlflow.Package) (json.RawMessage, error) {
	digest := ""
	if r.Data != nil {
		sum := sha256.Sum256(r.Data)
		digest = "sha256:" + hex.EncodeToString(sum[:])
	}
	text, err := json.Marshal(map[string]any{
		"version": 1, "title": r.Title, "target": p.Spec.Target, "algorithm": p.Algorithm,
		"data": map[string]any{"path": r.DataName, "digest": digest},
	})
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return text, nil
}

// parseMetrics reads a list of figures with their intervals, or an object of
// plain ones.
func parseMetrics(text []byte) ([]mlflow.Metric, error) {
	if text == nil {
		return nil, nil
	}
	var list []mlflow.Metric
	if json.Unmarshal(text, &list) == nil {
		return list, nil
	}
	var plain map[string]float64
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, fault.Errorf(fault.Invalid, "the metrics are neither a list like [{\"name\": \"accuracy\", \"value\": 0.8}] nor an object like {\"accuracy\": 0.8}").At("metrics")
	}
	for name, value := range plain {
		list = append(list, mlflow.Metric{Name: name, Value: value, Low: value, High: value})
	}
	slices.SortFunc(list, func(a, b mlflow.Metric) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}
