package linear

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/learn/learntest"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

func problem(t *testing.T, task string, positive, weighted bool) (*prep.Preparation, *rows, learn.Target) {
	t.Helper()
	features, target := learntest.Rows(300, task, positive)
	if weighted {
		random := rand.New(rand.NewPCG(3, 3))
		target.Weights = make([]float64, len(target.Y))
		for i := range target.Weights {
			target.Weights[i] = float64(random.IntN(4))
		}
	}
	p, x, err := prepare(context.Background(), features, target, prep.Config{}, task)
	if err != nil {
		t.Fatal(err)
	}
	return p, x, target
}

// The slope of every loss is what the loss changes by, and the curvature what
// the slope changes by.
func TestSlopesAreDifferences(t *testing.T) {
	y, classes, weights := make([]float64, 60), make([]float64, 60), make([]float64, 60)
	for i := range y {
		y[i], classes[i], weights[i] = 0.1+float64(i%7), float64(i%3), float64(i%4)
	}
	ones := func(v []float64) []float64 {
		two := make([]float64, len(v))
		for i := range v {
			two[i] = math.Mod(v[i], 2)
		}
		return two
	}
	for name, try := range map[string]struct {
		loss    loss
		outputs int
		convex  bool // curve is the curvature itself
	}{
		"binary":      {binary{y: ones(classes)}, 1, true},
		"weighted":    {binary{y: ones(classes), weights: weights}, 1, true},
		"multinomial": {multinomial{y: classes, weights: weights}, 3, true},
		"poisson":     {tweedie{power: 1, y: y, weights: weights}, 1, true},
		"gamma":       {tweedie{power: 2, y: y}, 1, true},
		"tweedie":     {tweedie{power: 1.4, y: y, weights: weights}, 1, true},
		"inverse":     {tweedie{power: 3, y: y}, 1, false},
		"huber":       {&hubered{epsilon: 1.2, scale: 0.7, y: y, weights: weights}, 1, false},
	} {
		random := rand.New(rand.NewPCG(1, 2))
		scores := make([][block]float64, try.outputs)
		for k := range scores {
			for i := range y {
				scores[k][i] = random.NormFloat64()
			}
		}
		slopes, other, curves := make([][block]float64, try.outputs), make([][block]float64, try.outputs), make([][block]float64, try.outputs)
		try.loss.slope(0, len(y), scores, slopes)
		try.loss.curve(0, len(y), scores, curves)
		for k := range scores {
			for i := range y {
				const step = 1e-5
				at := scores[k][i]
				scores[k][i] = at + step
				above := try.loss.slope(0, len(y), scores, other)
				slopeAbove := other[k][i]
				scores[k][i] = at - step
				below := try.loss.slope(0, len(y), scores, other)
				slopeBelow := other[k][i]
				scores[k][i] = at
				if got, want := slopes[k][i], (above-below)/(2*step); math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
					t.Errorf("%s, row %d, output %d: slope %g, difference %g", name, i, k, got, want)
				}
				if got, want := curves[k][i], (slopeAbove-slopeBelow)/(2*step); try.convex && math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
					t.Errorf("%s, row %d, output %d: curvature %g, difference %g", name, i, k, got, want)
				}
			}
		}
	}
}

// Cross products from codes and blocks are those of the matrix.
func TestCrossProductsAreThoseOfTheMatrix(t *testing.T) {
	for _, weighted := range []bool{false, true} {
		_, x, target := problem(t, predict.TaskRegression, false, weighted)
		m := mean(target.Y, target.Weights)
		g, err := x.cross(context.Background(), x.targets(target.Y, m))
		if err != nil {
			t.Fatal(err)
		}
		full := x.matrix()
		means := columnMeans(full, target.Weights)
		for a, i := range x.order {
			for b, j := range x.order {
				want := 0.0
				for r := range x.n {
					want += target.Weight(r) * (full.Row(r)[i] - means[i]) * (full.Row(r)[j] - means[j])
				}
				if got := g.products[a*x.cols()+b]; math.Abs(got-want) > 1e-9*x.total {
					t.Fatalf("columns %d and %d: %g, want %g", i, j, got, want)
				}
			}
		}
	}
}

// The conditions of Karush, Kuhn and Tucker for the lasso: where a weight is not
// 0 the slope is the penalty with its sign, elsewhere it is at most the penalty.
func TestLassoIsAtTheMinimum(t *testing.T) {
	_, x, target := problem(t, predict.TaskRegression, false, true)
	g, err := x.cross(context.Background(), x.targets(target.Y, mean(target.Y, target.Weights)))
	if err != nil {
		t.Fatal(err)
	}
	d := newDescent(g)
	var penalties [][2]float64
	for k := range 30 {
		l1 := d.strongest() * math.Pow(0.8, float64(k))
		penalties = append(penalties, [2]float64{l1, 0.1 * l1})
	}
	norm := -1.0
	err = d.follow(context.Background(), penalties, func(k int, w []float64, arrived bool) error {
		if !arrived {
			t.Errorf("penalty %d: it did not arrive", k)
		}
		l1, l2 := penalties[k][0], penalties[k][1]
		size := 0.0
		for j, v := range w {
			slope := d.start[j] - dot(d.products[j*d.p:(j+1)*d.p], w) - l2*v
			size += math.Abs(v)
			if v != 0 && math.Abs(slope-math.Copysign(l1, v)) > 1e-4*l1 || math.Abs(slope) > l1*(1+1e-4) {
				t.Errorf("penalty %d, weight %d is %g with the slope %g of %g", k, j, v, slope, l1)
			}
		}
		if k == 0 && size > 1e-12 {
			t.Errorf("the strongest penalty leaves weights of %g", size)
		}
		if size < norm-1e-9 {
			t.Errorf("penalty %d: the weights have the sum %g, after %g under a stronger one", k, size, norm)
		}
		norm = size
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A category of 10,000 levels: the cross products would take 800 MB.
func TestLongWideDesigns(t *testing.T) {
	const n, levels = 30_000, 10_000
	names := make([]string, levels)
	for k := range names {
		names[k] = fmt.Sprintf("%05d", k)
	}
	random := rand.New(rand.NewPCG(9, 9))
	codes, a, y, classes := make([]int32, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		codes[i], a[i] = int32(i%levels), random.NormFloat64()
		y[i] = 3*a[i] + float64(codes[i]%5) + 0.01*random.NormFloat64()
		if y[i] > 2 {
			classes[i] = 1
		}
	}
	features, err := frame.New(&frame.Column{Name: "a", Kind: frame.Number, Values: a}, &frame.Column{Name: "town", Kind: frame.Category, Codes: codes, Levels: names})
	if err != nil {
		t.Fatal(err)
	}
	cfg := prep.Config{Columns: map[string]prep.Column{"town": {Treatment: prep.OneHot}}}
	if p, err := prep.Fit(features, learn.Regression("y", y), cfg); err != nil || len(p.Features()) <= widest {
		t.Fatalf("this is no wide design: %v", err)
	}
	for name, l := range map[string]learn.Learner{"linear": LeastSquares{Prep: cfg}, "ridge": Ridge{Alpha: 1e-3, Prep: cfg}} {
		m, err := l.Fit(context.Background(), features, learn.Regression("y", y))
		if err != nil {
			t.Fatal(err)
		}
		if w := m.Spec.Linear.Weights; math.Abs(w[0]/3-1) > 0.02 || math.Abs(w[1+4]-w[1+0]-4) > 0.2 {
			t.Errorf("%s: the weights are %g, and %g between levels", name, w[0], w[5]-w[1])
		}
		if len(m.Warnings) > 0 {
			t.Error(m.Warnings)
		}
	}
	two := learn.Target{Name: "y", Task: predict.TaskBinary, Y: classes, Classes: []string{"no", "yes"}}
	if m, err := (Logistic{Prep: cfg}).Fit(context.Background(), features, two); err != nil || len(m.Warnings) > 0 || m.Spec.Linear.Weights[0] < 1 {
		t.Errorf("logistic: %v", err)
	}
	if _, err := (Lasso{Prep: cfg}).Fit(context.Background(), features, learn.Regression("y", y)); err == nil {
		t.Error("lasso takes a design it has no way for")
	}
}
