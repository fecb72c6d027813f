package prep_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// squares is the simplest learner there is: least squares by the normal
// equations, on what a preparation makes.
type squares struct{ Prep prep.Config }

func (s squares) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if err := target.Check(features.Rows()); err != nil {
		return nil, err
	}
	p, x, err := prep.PrepareMatrix(features, target, s.Prep)
	if err != nil {
		return nil, err
	}
	n := x.Cols + 1
	a := make([][]float64, n)
	for k := range a {
		a[k] = make([]float64, n+1)
		a[k][k] = 1e-9
	}
	for i := range x.Rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row := append([]float64{1}, x.Row(i)...)
		w := target.Weight(i)
		for k := range row {
			for l := range row {
				a[k][l] += w * row[k] * row[l]
			}
			a[k][n] += w * row[k] * target.Y[i]
		}
	}
	for k := range a { // Gauss and Jordan
		for l := range a {
			if l == k {
				continue
			}
			f := a[l][k] / a[k][k]
			for m := k; m <= n; m++ {
				a[l][m] -= f * a[k][m]
			}
		}
	}
	linear := &predict.Linear{Bias: a[0][n] / a[0][0], Base: make([]float64, x.Cols)}
	for k := 1; k < n; k++ {
		linear.Weights = append(linear.Weights, a[k][n]/a[k][k])
	}
	return &learn.Model{Spec: predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: target.Name, Unit: target.Unit},
		Inputs: p.Inputs(), Features: p.Features(), Linear: linear,
	}}, nil
}

func TestTransformedTargetIsALearner(t *testing.T) {
	learntest.Run(t, prep.TransformedTarget{Learner: squares{}, Transform: prep.PowerTarget}, learntest.Config{})
	learntest.Run(t, prep.TransformedTarget{Learner: squares{}, Transform: prep.Logarithm}, learntest.Config{Positive: true})
	learntest.Run(t, prep.TransformedTarget{Learner: squares{}}, learntest.Config{})
}

// logNormal are prices that multiply: exp of a linear function and of noise.
func logNormal(n int, seed uint64) (*frame.Frame, learn.Target) {
	random := rand.New(rand.NewPCG(seed, 1))
	x, y := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = random.NormFloat64()
		y[i] = math.Exp(1 + 0.5*x[i] + 0.8*random.NormFloat64())
	}
	f, err := frame.New(number("x", x...))
	if err != nil {
		panic(err)
	}
	return f, learn.Regression("price", y)
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v / float64(len(values))
	}
	return sum
}

// TestAnswersAreTheMean: of a model of the logarithm, answers transformed back are
// a quarter too low on average; corrected they are right to what chance allows.
func TestAnswersAreTheMean(t *testing.T) {
	for _, rows := range []int{1500, 6000} { // five folds, and one
		train, target := logNormal(rows, 3)
		other, truth := logNormal(40_000, 4)
		for _, transform := range []prep.Transform{prep.Logarithm, prep.PowerTarget} {
			bias := func(answer prep.Correction) float64 {
				m, err := prep.TransformedTarget{Learner: squares{}, Transform: transform, Answer: answer}.Fit(t.Context(), train, target)
				if err != nil {
					t.Fatal(err)
				}
				return meanOf(predicted(t, m, other))/meanOf(truth.Y) - 1
			}
			median, mean := bias(prep.ToMedian), bias(prep.ToMean)
			if median > -0.2 || math.Abs(mean) > 0.05 {
				t.Errorf("%d rows, %s: transformed back answers are off by %.3f, corrected by %.3f", rows, transform, median, mean)
			}
		}
	}
}

// TestPowerOfATarget: the model undoes exactly what the learner learned.
func TestPowerOfATarget(t *testing.T) {
	train, target := logNormal(500, 5)
	m, err := prep.TransformedTarget{Learner: squares{}, Transform: prep.PowerTarget, Answer: prep.ToMedian}.Fit(t.Context(), train, target)
	if err != nil {
		t.Fatal(err)
	}
	way := m.Spec.Target
	mean, squares := 0.0, 0.0
	for _, y := range target.Y {
		score := way.Score(y)
		if back := way.Undo(score); math.Abs(back-y) > 1e-9*y {
			t.Fatalf("%v becomes %v and then %v", y, score, back)
		}
		mean += score / 500
		squares += score * score / 500
	}
	if math.Abs(mean) > 1e-9 || math.Abs(squares-1) > 1e-9 {
		t.Errorf("the scores to learn have mean %v and mean square %v", mean, squares)
	}
}

// TestWeightsRepeat: a row of weight 2 is the row twice.
func TestWeightsRepeat(t *testing.T) {
	train, target := logNormal(7, 6) // too few to leave any out
	target.Weights = []float64{2, 1, 1, 0, 1, 3, 1}
	var twice []int
	for i, w := range target.Weights {
		for range int(w) {
			twice = append(twice, i)
		}
	}
	repeated := target.Take(twice)
	repeated.Weights = nil
	// The preparation itself counts rows: the column must not be scaled.
	plain := squares{prep.Config{Columns: map[string]prep.Column{"x": {Treatment: prep.Plain}}}}
	for _, transform := range []prep.Transform{prep.Logarithm, prep.PowerTarget} {
		l := prep.TransformedTarget{Learner: plain, Transform: transform}
		a, err := l.Fit(t.Context(), train, target)
		if err != nil {
			t.Fatal(err)
		}
		b, err := l.Fit(t.Context(), train.Take(twice), repeated)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := predicted(t, a, train), predicted(t, b, train)
		for i := range ours {
			if math.Abs(ours[i]-theirs[i]) > 1e-5*math.Abs(theirs[i]) {
				t.Errorf("%s, row %d: %v with weights, %v with repeated rows", transform, i, ours[i], theirs[i])
			}
		}
	}
}

func predicted(t *testing.T, m *learn.Model, f *frame.Frame) []float64 {
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

func TestTargetsThatHaveNoLogarithm(t *testing.T) {
	train, target := logNormal(50, 7)
	target.Y[16] = 0
	_, err := prep.TransformedTarget{Learner: squares{}, Transform: prep.Logarithm}.Fit(t.Context(), train, target)
	if err == nil || !strings.Contains(err.Error(), "row 17") {
		t.Errorf("the logarithm of 0: %v", err)
	}
	choice := learn.Target{Name: "c", Task: predict.TaskBinary, Y: make([]float64, 50), Classes: []string{"a", "b"}}
	choice.Y[0] = 1
	for _, transform := range []prep.Transform{prep.Logarithm, prep.PowerTarget} {
		if _, err := (prep.TransformedTarget{Learner: squares{}, Transform: transform}).Fit(t.Context(), train, choice); err == nil {
			t.Errorf("%s of classes: no error", transform)
		}
	}
	if _, err := (prep.TransformedTarget{}).Fit(t.Context(), train, target); err == nil {
		t.Error("no learner: no error")
	}
}
