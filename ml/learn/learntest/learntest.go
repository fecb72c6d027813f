// Package learntest holds learners to the promises of package learn: the
// conformance suite that every learner runs.
package learntest

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// Config says what a learner is for.
type Config struct {
	// Tasks it can learn. Default: regression.
	Tasks []string
	// Positive is true where it learns targets above 0 only.
	Positive bool
}

// Run holds a learner to every promise. The settings should make fits of a few
// hundred rows quick.
func Run(t *testing.T, learner learn.Learner, cfg Config) {
	t.Helper()
	if cfg.Tasks == nil {
		cfg.Tasks = []string{predict.TaskRegression}
	}
	for _, task := range cfg.Tasks {
		t.Run(task, func(t *testing.T) {
			features, target := Rows(400, task, cfg.Positive)
			t.Run("learns", func(t *testing.T) { learns(t, learner, features, target) })
			t.Run("same bytes on any number of processors", func(t *testing.T) { repeats(t, learner, features, target) })
			t.Run("same bytes however numbers are kept", func(t *testing.T) { keeps(t, learner, features, target) })
			t.Run("survives being written", func(t *testing.T) { survives(t, learner, features, target) })
			t.Run("refuses", func(t *testing.T) { refuses(t, learner, features, target) })
			t.Run("stops", func(t *testing.T) { stops(t, learner, features, target) })
		})
	}
}

// Rows makes rows to learn from: numbers with missing values, a category with
// missing values, a bool and a constant, of which the target depends on some.
func Rows(n int, task string, positive bool) (*frame.Frame, learn.Target) {
	random := rand.New(rand.NewPCG(7, uint64(n))) //nolint:gosec // a reproducible draw is the point
	levels := []string{"east", "north", "south", "west"}
	a, b, c, flag, same := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	town := make([]int32, n)
	y := make([]float64, n)
	for i := range n {
		a[i], b[i], c[i] = random.NormFloat64(), 100+20*random.NormFloat64(), random.Float64()
		town[i], flag[i], same[i] = int32(random.IntN(4)), float64(random.IntN(2)), 5 //nolint:gosec // below 4
		y[i] = 2*a[i] + (b[i]-100)/20 + []float64{0, 3, -2, 1}[town[i]] + flag[i] + 0.3*random.NormFloat64()
		if random.IntN(20) == 0 {
			a[i] = math.NaN()
		}
		if random.IntN(20) == 0 {
			town[i] = -1
		}
	}
	features, err := frame.New(
		&frame.Column{Name: "a", Kind: frame.Number, Values: a},
		&frame.Column{Name: "b", Kind: frame.Number, Values: b},
		&frame.Column{Name: "c", Kind: frame.Number, Values: c},
		&frame.Column{Name: "flag", Kind: frame.Bool, Values: flag},
		&frame.Column{Name: "same", Kind: frame.Number, Values: same},
		&frame.Column{Name: "town", Kind: frame.Category, Codes: town, Levels: levels},
	)
	if err != nil {
		panic(err) // columns of one length and different names
	}
	switch task {
	case predict.TaskBinary:
		return features, classes(y, []float64{0}, "no", "yes")
	case predict.TaskMulticlass:
		return features, classes(y, []float64{-1.5, 1.5}, "high", "low", "middle")
	}
	if positive {
		for i, v := range y {
			y[i] = math.Exp(v / 4)
		}
	}
	return features, learn.Regression("y", y)
}

func classes(y, cuts []float64, names ...string) learn.Target {
	codes := make([]float64, len(y))
	for i, v := range y {
		for _, cut := range cuts {
			if v > cut {
				codes[i]++
			}
		}
	}
	task := predict.TaskMulticlass
	if len(names) == 2 {
		task = predict.TaskBinary
	}
	return learn.Target{Name: "y", Task: task, Y: codes, Classes: names}
}

func fit(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target) *learn.Model {
	t.Helper()
	m, err := learner.Fit(context.Background(), features, target)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func predictions(t *testing.T, m *learn.Model, f *frame.Frame) []float64 {
	t.Helper()
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	all, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	if at := learn.Finite(all); at >= 0 {
		t.Fatalf("prediction %d is %g", at, all[at])
	}
	return all
}

// learns wants better answers than the same for every row, on other rows.
func learns(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target) {
	var train, test []int
	for i := range features.Rows() {
		if i%4 == 0 {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	m := fit(t, learner, features.Take(train), target.Take(train))
	got := predictions(t, m, features.Take(test))
	truth := target.Take(test)
	width := target.Scores()
	mean := make([]float64, width)
	for k := range mean {
		for _, v := range target.Take(train).Y {
			mean[k] += wanted(target, v, k) / float64(len(train))
		}
	}
	ours, constant := 0.0, 0.0
	for i, v := range truth.Y {
		for k := range width {
			want := wanted(target, v, k)
			ours += (want - got[i*width+k]) * (want - got[i*width+k])
			constant += (want - mean[k]) * (want - mean[k])
		}
	}
	if !(ours < 0.6*constant) {
		t.Errorf("squared error %g on other rows, a constant has %g", ours, constant)
	}
}

// wanted is the ideal answer: the number, or 1 for the true class.
func wanted(target learn.Target, v float64, k int) float64 {
	if target.Task != predict.TaskMulticlass {
		return v
	}
	if int(v) == k {
		return 1
	}
	return 0
}

func spec(t *testing.T, m *learn.Model) []byte {
	t.Helper()
	text, err := predict.MarshalSpec(m.Spec)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func repeats(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var first []byte
	for _, processors := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(processors)
		text := spec(t, fit(t, learner, features, target))
		if first == nil {
			first = text
		}
		if !bytes.Equal(first, text) {
			t.Fatalf("%d processors give another model than one", processors)
		}
	}
}

// survives also asks for rows as they never were in training.
func survives(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target) {
	m := fit(t, learner, features, target)
	again, err := predict.ParseSpec(spec(t, m))
	if err != nil {
		t.Fatal(err)
	}
	odd := oddRows(features)
	want, got := predictions(t, m, odd), predictions(t, &learn.Model{Spec: again}, odd)
	for i := range want {
		if want[i] != got[i] {
			t.Fatalf("row %d: %g, and %g when written and read", i, want[i], got[i])
		}
	}
}

// oddRows has levels that were never seen, values far out, and nothing but
// missing values.
func oddRows(features *frame.Frame) *frame.Frame {
	var columns []*frame.Column
	for _, c := range features.Take([]int{0, 1, 2, 3}).Columns() {
		odd := *c
		switch c.Kind {
		case frame.Category:
			odd.Levels = append([]string{"abroad"}, c.Levels...)
			odd.Codes = []int32{0, -1, 1, 2}
		case frame.Number:
			odd.Values, odd.Singles = []float64{c.Value(0), math.NaN(), 1e12, -1e12}, nil
		default:
			odd.Values, odd.Singles = []float64{1, math.NaN(), 0, 1}, nil
		}
		columns = append(columns, &odd)
	}
	f, err := frame.New(columns...)
	if err != nil {
		panic(err) // as many rows each, and the names are the frame's
	}
	return f
}

func refuses(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target) {
	change := func(at int, v float64) learn.Target {
		bad := target.Take(every(features.Rows()))
		bad.Y[at] = v
		return bad
	}
	same := target.Take(every(features.Rows()))
	for i := range same.Y {
		same.Y[i] = same.Y[0]
	}
	weights := target
	weights.Weights = make([]float64, features.Rows())
	for name, try := range map[string]struct {
		features *frame.Frame
		target   learn.Target
	}{
		"a missing target":      {features, change(3, math.NaN())},
		"an infinite target":    {features, change(3, math.Inf(1))},
		"a constant target":     {features, same},
		"no rows":               {features.Take(nil), target.Take(nil)},
		"other rows":            {features.Take([]int{1, 2, 3}), target},
		"weights that are zero": {features, weights},
	} {
		m, err := learner.Fit(context.Background(), try.features, try.target)
		if err == nil || m != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func every(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func stops(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := learner.Fit(ctx, features, target); !errors.Is(err, context.Canceled) {
		t.Errorf("a fit whose context has ended gives the error %v", err)
	}
}
