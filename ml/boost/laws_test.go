package boost_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dasier/ml/boost"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// sample is rows of numbers, some missing, of which no two columns say the same,
// and a target of so few bits that its sums are exact.
type sample struct {
	columns []*frame.Column
	y       []float64
}

func drawSample(t *rapid.T, rows, columns int) sample {
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	s := sample{y: make([]float64, rows)}
	for j := range columns {
		c := &frame.Column{Name: fmt.Sprint("x", j), Kind: frame.Number, Values: make([]float64, rows)}
		for i := range c.Values {
			c.Values[i] = random.NormFloat64()
			if j == 0 && random.IntN(10) == 0 {
				c.Values[i] = math.NaN()
			}
		}
		s.columns = append(s.columns, c)
	}
	for i := range s.y {
		y := random.NormFloat64()
		for j, c := range s.columns {
			if v := c.Values[i]; !math.IsNaN(v) {
				y += math.Sin(2*v+float64(j)) + v*s.columns[columns-1].Values[i]
			}
		}
		s.y[i] = math.Round(y*(1<<20)) / (1 << 20)
	}
	return s
}

func (s sample) frame(t interface{ Fatal(...any) }) *frame.Frame {
	f, err := frame.New(s.columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func learned(t *rapid.T, b boost.Boosting, f *frame.Frame, target learn.Target) *learn.Model {
	m, err := b.Fit(t.Context(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func answers(t *rapid.T, m *learn.Model, f *frame.Frame) []float64 {
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	all, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func closeTo(t *rapid.T, what string, want, got []float64, within float64) {
	for i := range want {
		if !(math.Abs(want[i]-got[i]) <= within*(1+math.Abs(want[i]))) {
			t.Fatalf("%s: row %d has %v, wanted %v", what, i, got[i], want[i])
		}
	}
}

// The order of rows changes nothing, to the last bit: sums are of whole numbers.
func TestLongRowOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 300, 3)
		f, target := s.frame(t), learn.Regression("y", s.y)
		b := boost.Boosting{Trees: 20, MinRows: 5, Loss: rapid.SampledFrom([]boost.Loss{boost.Squared{}, boost.Absolute{}, boost.Quantile{Alpha: 0.3}}).Draw(t, "loss")}
		order := rand.New(rand.NewPCG(3, 4)).Perm(300)
		if diff := cmp.Diff(learned(t, b, f, target).Spec.Trees, learned(t, b, f.Take(order), target.Take(order)).Spec.Trees); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The order of columns changes no answer of training, but for rounding: of two
// columns that split a leaf alike, the first is taken.
func TestLongColumnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 300, 3)
		b, target := boost.Boosting{Trees: 20, MinRows: 5}, learn.Regression("y", s.y)
		want := answers(t, learned(t, b, s.frame(t), target), s.frame(t))
		slices.Reverse(s.columns)
		closeTo(t, "reversed", want, answers(t, learned(t, b, s.frame(t), target), s.frame(t)), 1e-9)
	})
}

// Only the order of a column's values matters to how the rows of training fall.
func TestLongMonotoneTransforms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 600, 3)
		b, target := boost.Boosting{Trees: 20, MinRows: 5, Bins: 32}, learn.Regression("y", s.y)
		want := answers(t, learned(t, b, s.frame(t), target), s.frame(t))
		for _, to := range []func(float64) float64{math.Exp, func(v float64) float64 { return v * v * v }, func(v float64) float64 { return 1e6 + 1e-3*v }} {
			other := sample{y: s.y}
			for _, c := range s.columns {
				mapped := &frame.Column{Name: c.Name, Kind: c.Kind, Values: make([]float64, len(c.Values))}
				for i, v := range c.Values {
					mapped.Values[i] = to(v)
				}
				other.columns = append(other.columns, mapped)
			}
			closeTo(t, "mapped", want, answers(t, learned(t, b, other.frame(t), target), other.frame(t)), 0)
		}
	})
}

// A row of weight 3 is a row that stands three times; one of weight 0 is not there.
// (Losses whose slopes are all of one size have ties, which rounding may break: the
// distance of Huber's is one that no row is beyond.)
func TestWeightsAreRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 200, 2)
		f, target := s.frame(t), learn.Regression("y", s.y)
		loss := rapid.SampledFrom([]boost.Loss{boost.Squared{}, boost.Huber{Delta: 16}}).Draw(t, "loss")
		target.Weights = make([]float64, 200)
		var rows []int
		for i := range target.Weights {
			target.Weights[i] = float64(i % 4)
			for range i % 4 {
				rows = append(rows, i)
			}
		}
		repeated := target.Take(rows)
		repeated.Weights = nil
		b := boost.Boosting{Trees: 5, MinRows: 1, MinHessian: 3, Leaves: 8, Loss: loss}
		want := answers(t, learned(t, b, f.Take(rows), repeated), f.Take(rows))
		closeTo(t, "weighted", want, answers(t, learned(t, b, f, target), f.Take(rows)), 1e-5)
	})
}

// Answers rise with a column that they must rise with, and fall with one that they
// must fall with, whatever the other columns are.
func TestLongMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 300, 3)
		b := boost.Boosting{
			Trees: 20, MinRows: 3, Monotone: map[string]int{"x0": 1, "x1": -1},
			Loss: rapid.SampledFrom([]boost.Loss{boost.Squared{}, boost.Absolute{}, boost.Huber{}, boost.Quantile{Alpha: 0.8}}).Draw(t, "loss"),
			Dart: boost.Dart{Rate: rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "dropout")},
		}
		m := learned(t, b, s.frame(t), learn.Regression("y", s.y))
		for k, sign := range []float64{1, -1} {
			for row := range 20 {
				probe := sample{}
				for j, c := range s.columns {
					values := make([]float64, 121)
					for i := range values {
						if values[i] = c.Values[row]; j == k {
							values[i] = float64(i-60) / 20
						}
					}
					probe.columns = append(probe.columns, &frame.Column{Name: c.Name, Kind: c.Kind, Values: values})
				}
				all := answers(t, m, probe.frame(t))
				for i := range all[1:] {
					if sign*(all[i+1]-all[i]) < -1e-12 {
						t.Fatalf("column %d, row %d: %v after %v", k, row, all[i+1], all[i])
					}
				}
			}
		}
	})
}

// On every way from a root, columns are of one set.
func TestInteractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 300, 5)
		b := boost.Boosting{Trees: 10, MinRows: 3, Interactions: [][]string{{"x0", "x1"}, {"x1", "x2"}}} // and x3 with x4
		trees := learned(t, b, s.frame(t), learn.Regression("y", s.y)).Spec.Trees
		sets, met := []uint{1<<0 | 1<<1, 1<<1 | 1<<2, 1<<3 | 1<<4}, false
		var walk func(n int32, used uint)
		walk = func(n int32, used uint) {
			if trees.Feature[n] < 0 {
				return
			}
			used |= 1 << trees.Feature[n]
			if !slices.ContainsFunc(sets, func(set uint) bool { return used&^set == 0 }) {
				t.Fatalf("columns %b meet", used)
			}
			met = met || used&(used-1) != 0
			walk(trees.Left[n], used)
			walk(trees.Right[n], used)
		}
		for _, root := range trees.Roots {
			walk(root, 0)
		}
		if !met {
			t.Fatal("no two columns meet")
		}
	})
}

// The compiled trees, over raw values, give the loss that the fit saw over bins: with
// sampling, dropout, categories and several classes.
func TestLongBinsAndValuesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 400, 3)
		levels, codes := []string{"a", "b", "c", "d", "e", "f", "g", "h"}, make([]int32, 400)
		for i := range codes {
			codes[i] = int32(i*i%9) - 1 //nolint:gosec // below 8
			s.y[i] += float64(codes[i]*codes[i]) / 8
		}
		s.columns = append(s.columns, &frame.Column{Name: "town", Kind: frame.Category, Codes: codes, Levels: levels})
		b := boost.Boosting{
			Trees: 15, MinRows: 5, Bins: rapid.SampledFrom([]int{4, 255}).Draw(t, "bins"),
			Subsample:  rapid.SampledFrom([]float64{0.6, 1}).Draw(t, "rows"),
			Columns:    rapid.SampledFrom([]float64{0.6, 1}).Draw(t, "columns"),
			Dart:       boost.Dart{Rate: rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "dropout")},
			Categories: boost.Categories{OneHot: rapid.SampledFrom([]int{0, 9}).Draw(t, "one-hot")},
		}
		f, target := s.frame(t), learn.Regression("y", s.y)
		m := learned(t, b, f, target)
		sum := 0.0
		for i, v := range answers(t, m, f) {
			sum += (v - s.y[i]) * (v - s.y[i]) / 2 / 400
		}
		closeTo(t, "loss", m.Rounds[m.Best-1:m.Best], []float64{sum}, 1e-9)

		classes := learn.Target{Name: "y", Task: predict.TaskMulticlass, Y: make([]float64, 400), Classes: []string{"a", "b", "c"}}
		for i, v := range s.y {
			classes.Y[i] = min(2, max(0, math.Floor(v+1)))
		}
		m, sum = learned(t, b, f, classes), 0
		all := answers(t, m, f)
		for i, k := range classes.Y {
			sum -= math.Log(all[3*i+int(k)]) / 400
		}
		closeTo(t, "cross-entropy", m.Rounds[m.Best-1:m.Best], []float64{sum}, 1e-9)
	})
}

// Early stopping keeps the round that was best on the rows held back, and no later
// one; what it says of that round is what the model does.
func TestEarlyStopping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, 400, 3)
		f, target := s.frame(t), learn.Regression("y", s.y)
		var held []int
		for i := 0; i < 400; i += 3 {
			held = append(held, i)
		}
		b := boost.Boosting{
			Trees: 400, LearningRate: 0.5, MinRows: 2, Patience: 5, ValidationRows: held,
			Dart: boost.Dart{Rate: rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "dropout")},
		}
		m := learned(t, b, f, target)
		at := slices.Index(m.Rounds, slices.Min(m.Rounds)) + 1
		if m.Best != at || len(m.Rounds) != at+5 {
			t.Fatalf("round %d of %d is kept, the best is %d", m.Best, len(m.Rounds), at)
		}
		if len(m.Spec.Trees.Roots) != m.Best {
			t.Fatalf("%d trees of %d rounds", len(m.Spec.Trees.Roots), m.Best)
		}
		sum, all := 0.0, answers(t, m, f)
		for _, i := range held {
			sum += (all[i] - s.y[i]) * (all[i] - s.y[i]) / 2 / float64(len(held))
		}
		closeTo(t, "loss", m.Rounds[at-1:at], []float64{sum}, 1e-9)
	})
}
