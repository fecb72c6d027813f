package parity

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// How near answers have to be where a reference does not say: relative to their
// size, or to a thousandth of the largest in the output where they are smaller.
const (
	double = 1e-9 // of models that compute in float64
	single = 1e-5 // of models that compute in float32
)

// Options say what is known of the model besides.
type Options struct {
	// Columns are all columns that the model was fitted on, in order: needed for
	// references by place, because a program's inputs are only those it uses.
	Columns []string
	// Single is true for models that compute in float32.
	Single bool
	// Raw is true where "predict" of a classifier is a probability and no label:
	// of XGBoost's and LightGBM's own boosters.
	Raw bool
}

// Compared is what became of one output.
type Compared struct {
	Name    string
	Rows    int
	Largest float64 // relative difference of any number
	Labels  int     // labels that differ
	Worst   string  // of the row that differs most: "row 3: 1.5, the reference says 1.6"
	Equal   bool    // within the tolerance
	Skipped string  // why it was not compared; empty when it was
}

// Result is what became of a reference.
type Result struct {
	Outputs   []Compared
	Tolerance float64 // relative
}

// Equal tells whether all outputs that were compared are within the tolerance,
// and one was.
func (r *Result) Equal() bool {
	any := false
	for _, o := range r.Outputs {
		if o.Skipped != "" {
			continue
		}
		if !o.Equal {
			return false
		}
		any = true
	}
	return any
}

// Largest is the largest difference of any output.
func (r *Result) Largest() float64 {
	largest := 0.0
	for _, o := range r.Outputs {
		largest = max(largest, o.Largest)
	}
	return largest
}

// Rows is how many rows were compared.
func (r *Result) Rows() int {
	rows := 0
	for _, o := range r.Outputs {
		rows = max(rows, o.Rows)
	}
	return rows
}

// Compare replays a reference.
func Compare(p *predict.Program, r *Reference, options Options) (Result, error) {
	fill, err := filler(p, r, options.Columns)
	if err != nil {
		return Result{}, err
	}
	c := comparison{program: p, reference: r, options: options}
	for k := range r.Outputs {
		c.judges = append(c.judges, c.judge(&r.Outputs[k]))
	}
	row := p.NewRow()
	for n := range r.Rows {
		if err := fill(row, n); err != nil {
			return Result{}, err
		}
		c.outcome = p.Outcome(row)
		c.magnitude = p.Magnitude(row)
		for k := range c.judges {
			c.judges[k].row(&c, row, n)
		}
	}
	result := Result{Tolerance: c.tolerance().Relative}
	for k := range c.judges {
		result.Outputs = append(result.Outputs, c.judges[k].Compared)
	}
	return result, nil
}

// filler gives the function that makes reference row n the program's.
func filler(p *predict.Program, r *Reference, fitted []string) (func(*predict.Row, int) error, error) {
	names := r.inputs(p, fitted)
	place := make([]int, len(p.Inputs()))
	for i, in := range p.Inputs() {
		place[i] = slices.Index(names, in.Name)
		if place[i] < 0 {
			return nil, fault.Errorf(fault.Invalid, "the reference has no column %q, which the model takes: it has %s", in.Name, strings.Join(names, ", ")).At("reference.columns")
		}
	}
	return func(row *predict.Row, n int) error {
		row.Reset()
		for i := range p.Inputs() {
			if err := set(row, &p.Inputs()[i], i, r.Rows[n][place[i]]); err != nil {
				return fault.Errorf(fault.Invalid, "reference row %d, column %q: %w", n+1, p.Inputs()[i].Name, err).At("reference.rows")
			}
		}
		return nil
	}, nil
}

// inputs are the names of the reference's columns as the program calls them:
// where it has none, has one twice, or calls all of them something else, they go
// by their places; and spaces around a name do not make it another.
func (r *Reference) inputs(p *predict.Program, fitted []string) []string {
	if r.Columns == nil {
		return r.byPlace(p, fitted)
	}
	names := slices.Clone(r.Columns)
	known, twice := 0, map[string]bool{}
	for k, name := range names {
		if _, ok := p.InputIndex(name); !ok && !slices.Contains(names, strings.TrimSpace(name)) {
			for i := range p.Inputs() {
				if other := p.Inputs()[i].Name; strings.TrimSpace(other) == strings.TrimSpace(name) && !slices.Contains(names, other) {
					names[k] = other
				}
			}
		}
		if _, ok := p.InputIndex(names[k]); ok && !twice[name] {
			known++
		}
		twice[name] = true
	}
	if len(fitted) == len(names) && (len(twice) < len(names) || known == 0) {
		return fitted
	}
	return names
}

// byPlace names the columns of a reference that has no names: as the model was
// fitted, or as the program takes them where it takes all.
func (r *Reference) byPlace(p *predict.Program, fitted []string) []string {
	if len(fitted) == len(r.Rows[0]) {
		return fitted
	}
	names := r.Places()
	for i := range names {
		if len(p.Inputs()) == len(names) {
			names[i] = p.Inputs()[i].Name
		}
	}
	return names
}

// Objects are the rows as clients send them: JSON objects of the inputs that the
// program takes.
func (r *Reference) Objects(p *predict.Program, fitted []string) ([]json.RawMessage, error) {
	names := r.inputs(p, fitted)
	objects := make([]json.RawMessage, len(r.Rows))
	for n, cells := range r.Rows {
		object := make(map[string]any, len(names))
		for k, name := range names {
			i, ok := p.InputIndex(name)
			if !ok {
				continue
			}
			object[name] = cells[k]
			if label, ok := cells[k].(string); ok && p.Inputs()[i].Kind != frame.Category {
				if x, ok := cell(label); ok && !math.IsNaN(x) && !math.IsInf(x, 0) {
					object[name] = x
				}
			}
			if p.Inputs()[i].Kind == frame.Category {
				if label, ok := text(cells[k]); ok {
					object[name] = label
				}
			}
		}
		var err error
		if objects[n], err = json.Marshal(object); err != nil {
			return nil, fmt.Errorf("writing a reference row: %w", err)
		}
	}
	return objects, nil
}

func set(row *predict.Row, in *predict.Input, i int, v any) error {
	if v == nil {
		return nil
	}
	if in.Kind == frame.Category {
		label, ok := text(v)
		if !ok {
			return fault.Errorf(fault.Invalid, "%v is no category", v)
		}
		if label == "" {
			return nil
		}
		row.SetCategory(i, label)
		return nil
	}
	x, ok := cell(v)
	if !ok {
		return fault.Errorf(fault.Invalid, "the model takes a number, %q is none", v)
	}
	row.SetNumber(i, x)
	return nil
}

// comparison is one run over a reference.
type comparison struct {
	program   *predict.Program
	reference *Reference
	options   Options
	judges    []judge
	outcome   predict.Outcome
	magnitude float64 // of what the outcome was summed up of
	buffer    []float64
}

func (c *comparison) tolerance() Tolerance {
	if t := c.reference.Tolerance; t != nil {
		return *t
	}
	if c.options.Single {
		return Tolerance{Relative: single}
	}
	return Tolerance{Relative: double}
}
