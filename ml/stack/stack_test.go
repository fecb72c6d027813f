package stack_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/boost"
	"dasier/ml/frame"
	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/linear"
	"dasier/ml/predict"
	"dasier/ml/prep"
	"dasier/ml/search"
	"dasier/ml/stack"
	"dasier/ml/tree"
)

var every = []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass}

// mixed are learners of every kind of estimator: sums, trees, stages.
func mixed(task string) []stack.Named {
	base := []stack.Named{
		{Name: "forest", Learner: tree.Forest{Trees: 8, Depth: 6}},
		{Name: "boosting", Learner: boost.Boosting{Trees: 12, Leaves: 6}},
		{Name: "knn", Learner: knn.Neighbours{K: 9, Prep: prep.Config{Rare: 70}}},
	}
	if task == predict.TaskRegression {
		return append(base, stack.Named{Name: "ridge", Learner: linear.Ridge{}})
	}
	return append(base, stack.Named{Name: "logistic", Learner: linear.Logistic{}})
}

func plain(task string) learn.Learner {
	if task == predict.TaskRegression {
		return linear.Ridge{Alpha: 0.1}
	}
	return linear.Logistic{}
}

func TestPromises(t *testing.T) {
	for _, task := range every {
		for name, learner := range map[string]learn.Learner{
			"weights":           stack.Stacking{Base: mixed(task), Folds: 3},
			"learned":           stack.Stacking{Base: mixed(task)[2:], Final: plain(task), Folds: 3},
			"with the columns":  stack.Stacking{Base: mixed(task)[2:], Final: boost.Boosting{Trees: 20, Leaves: 6}, Through: true, Folds: 2},
			"blended":           stack.Blending{Base: mixed(task)[1:], Folds: 3},
			"blended greedily":  stack.Blending{Base: mixed(task)[1:], Method: stack.Greedy, Picks: 10, Folds: 2},
			"blended held back": stack.Blending{Base: mixed(task)[1:], Holdout: 0.3},
		} {
			t.Run(name, func(t *testing.T) { learntest.Run(t, learner, learntest.Config{Tasks: []string{task}}) })
		}
	}
}

// odd has levels that were never seen, values far out and missing values.
func odd(t *testing.T, features *frame.Frame) *frame.Frame {
	t.Helper()
	var columns []*frame.Column
	for _, c := range features.Columns() {
		changed := *c.Take(places(features.Rows()))
		switch c.Kind {
		case frame.Category:
			changed.Levels = append([]string{"abroad"}, c.Levels...)
			for i := range changed.Codes {
				changed.Codes[i] = int32(i%6 - 1)
			}
			changed.Codes = slices.Clone(changed.Codes)
			for i, code := range changed.Codes {
				changed.Codes[i] = min(code, int32(len(c.Levels)))
			}
		case frame.Number:
			changed.Values[0], changed.Values[1], changed.Values[2] = 1e9, -1e9, math.NaN()
		default:
			changed.Values[3] = math.NaN()
		}
		columns = append(columns, &changed)
	}
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func places(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func answers(t *testing.T, m *learn.Model, f *frame.Frame) []float64 {
	t.Helper()
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	got, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func fit(t *testing.T, learner learn.Learner, features *frame.Frame, target learn.Target) *learn.Model {
	t.Helper()
	m, err := learner.Fit(t.Context(), features, target)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The compiled stack answers what its parts answer one after the other: base
// learners fitted on all rows, and the final one fitted on out-of-fold
// predictions, all composed here by hand.
func TestLongAsItsPartsByHand(t *testing.T) {
	for _, task := range every {
		for _, through := range []bool{false, true} {
			for name, final := range map[string]learn.Learner{"plain": plain(task), "boosting": boost.Boosting{Trees: 10, Leaves: 5}, "forest": tree.Forest{Trees: 5, Depth: 5}, "knn": knn.Neighbours{K: 12}} {
				t.Run(fmt.Sprintf("%s %s %t", task, name, through), func(t *testing.T) {
					features, target := learntest.Rows(300, task, false)
					stacked := stack.Stacking{Base: mixed(task), Final: final, Through: through, Folds: 3, Seed: 4}
					got := answers(t, fit(t, stacked, features, target), odd(t, features))
					want := byHand(t, stacked, features, target, odd(t, features))
					for i := range want {
						if math.Abs(got[i]-want[i]) > 1e-12*max(1, math.Abs(want[i])) {
							t.Fatalf("number %d is %v, by hand %v", i, got[i], want[i])
						}
					}
				})
			}
		}
	}
}

func byHand(t *testing.T, s stack.Stacking, features *frame.Frame, target learn.Target, asked *frame.Frame) []float64 {
	t.Helper()
	folds, err := search.Stratified(target, s.Folds, s.Seed)
	if err != nil {
		t.Fatal(err)
	}
	width := target.Scores()
	var seen, answered []*frame.Column
	for _, b := range s.Base {
		said := make([]float64, features.Rows()*width)
		for _, fold := range folds {
			m := fit(t, b.Learner, features.Take(fold.Train), target.Take(fold.Train))
			for i, v := range answers(t, m, features.Take(fold.Test)) {
				said[fold.Test[i/width]*width+i%width] = v
			}
		}
		whole := answers(t, fit(t, b.Learner, features, target), asked)
		for w := range width {
			name := "prediction of " + b.Name
			if width > 1 {
				name = fmt.Sprintf("P(%s) of %s", target.Classes[w], b.Name)
			}
			seen, answered = append(seen, column(name, said, w, width)), append(answered, column(name, whole, w, width))
		}
	}
	if s.Through {
		seen, answered = append(seen, features.Columns()...), append(answered, asked.Columns()...)
	}
	learned, err := frame.New(seen...)
	if err != nil {
		t.Fatal(err)
	}
	given, err := frame.New(answered...)
	if err != nil {
		t.Fatal(err)
	}
	return answers(t, fit(t, s.Final, learned, target), given)
}

// column is the column of one of the numbers that a row has.
func column(name string, values []float64, w, width int) *frame.Column {
	c := &frame.Column{Name: name, Kind: frame.Number}
	for i := w; i < len(values); i += width {
		c.Values = append(c.Values, values[i])
	}
	return c
}

// A blend is the weighted mean of its learners, and its outputs are what each of
// them says.
func TestBlendByHand(t *testing.T) {
	for _, task := range every {
		features, target := learntest.Rows(300, task, false)
		m := fit(t, stack.Blending{Base: mixed(task), Folds: 3, Method: stack.Greedy}, features, target)
		p, err := m.Compile()
		if err != nil {
			t.Fatal(err)
		}
		parts := map[string][]float64{}
		asked := odd(t, features)
		for _, b := range mixed(task) {
			parts[b.Name] = answers(t, fit(t, b.Learner, features, target), asked)
		}
		var weights []float64
		if m.Spec.Linear != nil {
			weights = m.Spec.Linear.Weights
		}
		got, width, row := answers(t, m, asked), target.Scores(), 0
		if err := p.EachRow(asked, func(r *predict.Row) {
			p.Outcome(r)
			sum := 0.0
			for o, output := range p.Spec().Outputs {
				said := p.Output(r, o, nil)
				for w, v := range said {
					if want := parts[output.Name][row*width+w]; math.Abs(v-want) > 1e-12*max(1, math.Abs(want)) {
						t.Fatalf("%s: %s says %v of row %d, by itself %v", task, output.Name, v, row, want)
					}
				}
				if weights != nil {
					sum += weights[o] * said[0]
				}
			}
			if weights != nil && math.Abs(got[row]-sum) > 1e-12*max(1, math.Abs(sum)) {
				t.Fatalf("%s: row %d is %v, the weighted sum %v", task, row, got[row], sum)
			}
			row++
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// steps is a target that half suits a line and half a tree.
func steps(n int, seed uint64) (*frame.Frame, learn.Target) {
	random := rand.New(rand.NewPCG(seed, 9))
	a, b, y := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range y {
		a[i], b[i] = random.NormFloat64(), random.NormFloat64()
		y[i] = 2*a[i] + 3*math.Floor(b[i]) + 0.5*random.NormFloat64()
	}
	f, err := frame.New(&frame.Column{Name: "a", Kind: frame.Number, Values: a}, &frame.Column{Name: "b", Kind: frame.Number, Values: b})
	if err != nil {
		panic(err) // two columns of one length
	}
	return f, learn.Regression("y", y)
}

func TestTheWholeIsBetterThanItsParts(t *testing.T) {
	features, target := steps(600, 1)
	others, truth := steps(600, 2)
	base := []stack.Named{{Name: "ridge", Learner: linear.Ridge{}}, {Name: "forest", Learner: tree.Forest{Trees: 20, Depth: 5}}, {Name: "knn", Learner: knn.Neighbours{}}}
	squares := func(l learn.Learner) float64 {
		sum := 0.0
		for i, v := range answers(t, fit(t, l, features, target), others) {
			sum += (v - truth.Y[i]) * (v - truth.Y[i])
		}
		return sum
	}
	best := math.Inf(1)
	for _, b := range base {
		best = min(best, squares(b.Learner))
	}
	for name, l := range map[string]learn.Learner{
		"weights": stack.Stacking{Base: base}, "boosting over all": stack.Stacking{Base: base, Final: linear.LeastSquares{}},
		"blend": stack.Blending{Base: base}, "greedy": stack.Blending{Base: base, Method: stack.Greedy}, "held back": stack.Blending{Base: base, Holdout: 0.25},
	} {
		if got := squares(l); got > best {
			t.Errorf("%s: squared error %g, the best part alone has %g", name, got, best)
		}
	}
}

// bad refuses all data.
type bad struct{ err error }

func (b bad) Fit(context.Context, *frame.Frame, learn.Target) (*learn.Model, error) {
	return nil, b.err
}

// logarithmic learns the logarithm of a target.
type logarithmic struct{ linear.Ridge }

func (l logarithmic) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	target.Y = slices.Clone(target.Y)
	for i, v := range target.Y {
		target.Y[i] = math.Log(v)
	}
	m, err := l.Ridge.Fit(ctx, features, target)
	if err == nil {
		m.Spec.Target.Log = true
		m.Spec.Target.Smear = []float64{-0.1, 0.2}
	}
	return m, err
}

// A learner of the logarithm stands in a stack with what it answers.
func TestALogarithmInside(t *testing.T) {
	features, target := learntest.Rows(300, predict.TaskRegression, true)
	log := stack.Named{Name: "log", Learner: logarithmic{}}
	m := fit(t, stack.Stacking{Base: []stack.Named{log}}, features, target)
	alone := answers(t, fit(t, log.Learner, features, target), features)
	for i, got := range answers(t, m, features) {
		if want := m.Spec.Linear.Weights[0] * alone[i]; math.Abs(got-want) > 1e-12*want {
			t.Fatalf("row %d is %v, by hand %v", i, got, want)
		}
	}
}

func TestWhatAddsNothingIsLeftOut(t *testing.T) {
	features, target := steps(200, 1)
	m := fit(t, stack.Blending{Base: []stack.Named{{Name: "ridge", Learner: linear.Ridge{}}, {Name: "again", Learner: linear.Ridge{}}}}, features, target)
	if len(m.Spec.Outputs) != 1 || m.Spec.Outputs[0].Name != "ridge" || !slices.Equal(m.Spec.Linear.Weights, []float64{1}) {
		t.Errorf("the blend has the weights %v of %v", m.Spec.Linear.Weights, m.Spec.Outputs)
	}
	if len(m.Warnings) != 1 || !strings.HasPrefix(m.Warnings[0], "again adds nothing") {
		t.Errorf("the warnings are %q", m.Warnings)
	}
}

func TestRefusals(t *testing.T) {
	features, target := steps(100, 1)
	ridge := stack.Named{Name: "ridge", Learner: linear.Ridge{}}
	named, err := frame.New(append(features.Columns(), &frame.Column{Name: "prediction of ridge", Kind: frame.Number, Values: target.Y})...)
	if err != nil {
		t.Fatal(err)
	}
	for says, try := range map[string]func() (*learn.Model, error){
		"there is no learner to join": func() (*learn.Model, error) { return stack.Stacking{}.Fit(t.Context(), features, target) },
		`are named "ridge"`: func() (*learn.Model, error) {
			return stack.Blending{Base: []stack.Named{ridge, ridge}}.Fit(t.Context(), features, target)
		},
		"learner 1 of those to join": func() (*learn.Model, error) {
			return stack.Blending{Base: []stack.Named{{Name: "none"}}}.Fit(t.Context(), features, target)
		},
		"bad, fitted to 80 of 100 rows: the data is odd": func() (*learn.Model, error) {
			return stack.Stacking{Base: []stack.Named{ridge, {Name: "bad", Learner: bad{fault.Errorf(fault.Invalid, "the data is odd")}}}}.Fit(t.Context(), features, target)
		},
		"the final learner: the data is odd": func() (*learn.Model, error) {
			return stack.Stacking{Base: []stack.Named{ridge}, Final: bad{fault.Errorf(fault.Invalid, "the data is odd")}}.Fit(t.Context(), features, target)
		},
		"only a final learner can see": func() (*learn.Model, error) {
			return stack.Stacking{Base: []stack.Named{ridge}, Through: true}.Fit(t.Context(), features, target)
		},
		`there is a column "prediction of ridge" already`: func() (*learn.Model, error) {
			return stack.Stacking{Base: []stack.Named{ridge}, Final: linear.Ridge{}}.Fit(t.Context(), named, target)
		},
		"no method": func() (*learn.Model, error) {
			return stack.Blending{Base: []stack.Named{ridge}, Method: "best"}.Fit(t.Context(), features, target)
		},
		"log_loss is no metric of a regression target": func() (*learn.Model, error) {
			return stack.Blending{Base: []stack.Named{ridge}, Method: stack.Greedy, Metric: "log_loss"}.Fit(t.Context(), features, target)
		},
		"the share of rows held back is 1": func() (*learn.Model, error) {
			return stack.Blending{Base: []stack.Named{ridge}, Holdout: 1}.Fit(t.Context(), features, target)
		},
		"at least 2 folds, not -3": func() (*learn.Model, error) {
			return stack.Stacking{Base: []stack.Named{ridge}, Folds: -3}.Fit(t.Context(), features, target)
		},
		"1 picks cannot be made": func() (*learn.Model, error) {
			return stack.Blending{Base: []stack.Named{ridge}, Picks: -1}.Fit(t.Context(), features, target)
		},
	} {
		m, err := try()
		if m != nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: the error is %v", says, err)
		}
	}
}
