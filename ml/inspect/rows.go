package inspect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/metric"
	"dasier/ml/predict"
)

// source is a stream of chance of its own for each purpose.
func source(seed uint64, purpose string) *rand.Rand {
	of := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(purpose) {
		of = (of ^ uint64(b)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, of)) //nolint:gosec // a reproducible draw is the point
}

// sample draws at most so many of n rows, ascending.
func sample(n, most int, seed uint64) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	if n > most {
		rows = source(seed, "sample").Perm(n)[:most]
		slices.Sort(rows)
	}
	return rows
}

func pick(values []float64, rows []int) []float64 {
	picked := make([]float64, len(rows))
	for i, row := range rows {
		picked[i] = values[row]
	}
	return picked
}

// pickWide is pick of predictions with several numbers per row.
func pickWide(values []float64, width int, rows []int) []float64 {
	picked := make([]float64, 0, len(rows)*width)
	for _, row := range rows {
		picked = append(picked, values[row*width:(row+1)*width]...)
	}
	return picked
}

// replaced is a table with other columns in the place of those of the same name.
func replaced(f *frame.Frame, by ...*frame.Column) (*frame.Frame, error) {
	columns := slices.Clone(f.Columns())
	for _, c := range by {
		for i := range columns {
			if columns[i].Name == c.Name {
				columns[i] = c
			}
		}
	}
	return frame.New(columns...)
}

// known keeps the columns that a program reads.
func known(p *predict.Program, f *frame.Frame) (*frame.Frame, error) {
	var names []string
	for _, in := range p.Inputs() {
		if _, ok := f.Column(in.Name); ok {
			names = append(names, in.Name)
		}
	}
	return f.Select(names...)
}

// measure is the settings of package metric for a target.
func measure(target learn.Target, name string, level float64, seed uint64) (metric.Config, metric.Metric, error) {
	cfg := metric.Config{Task: target.Task, Classes: target.Classes, Weights: target.Weights, Level: level, Seed: seed, Resamples: 1000}
	usual := metric.Usual(target.Task)
	if len(usual) == 0 {
		return cfg, metric.Metric{}, fault.Errorf(fault.Invalid, "the task is %q: use regression, binary or multiclass", target.Task)
	}
	if name == "" {
		name = usual[0].Name
	}
	m, err := metric.Lookup(name)
	cfg.Metrics = []string{name}
	return cfg, m, err
}

func checkRows(f *frame.Frame, target learn.Target, least int) error {
	switch {
	case f.Rows() != len(target.Y):
		return fault.Errorf(fault.Invalid, "%d rows have %d targets", f.Rows(), len(target.Y))
	case f.Rows() < least:
		return fault.Errorf(fault.Invalid, "%d rows are too few to inspect a model on: hold out at least %d", f.Rows(), least)
	}
	return nil
}

// figure writes a number for people: three digits, or all before the point.
func figure(v float64) string {
	switch size := math.Abs(v); {
	case size >= 1000:
		return group(int64(math.Round(v)))
	case size >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// digits keeps five of them: what a plot shows.
func digits(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-4)
	if unit >= 1 { // dividing by a whole power keeps the decimal number short
		return math.Round(v/unit) * unit
	}
	return math.Round(v*math.Round(1/unit)) / math.Round(1/unit)
}

// group writes 12345 as 12,345.
func group(n int64) string {
	switch {
	case n < 0:
		return "-" + group(-n)
	case n < 1000:
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", group(n/1000), n%1000)
}

func level(v float64) float64 {
	if v > 0 && v < 1 {
		return v
	}
	return 0.95
}
