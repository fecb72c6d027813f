package boost_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"dasier/ml/boost"
)

// Slopes are the derivatives of the loss, by finite differences.
func TestSlopes(t *testing.T) {
	for name, try := range map[string]struct {
		loss   boost.Loss
		target *rapid.Generator[float64]
		curved bool // the second derivative is one, not what stands for it
	}{
		"squared":  {boost.Squared{}, rapid.Float64Range(-5, 5), true},
		"absolute": {boost.Absolute{}, rapid.Float64Range(-5, 5), false},
		"quantile": {boost.Quantile{Alpha: 0.2}, rapid.Float64Range(-5, 5), false},
		"huber":    {boost.Huber{Delta: 1.5}, rapid.Float64Range(-5, 5), false},
		"logistic": {boost.Logistic{}, rapid.SampledFrom([]float64{0, 1}), true},
		"poisson":  {boost.Poisson{}, rapid.Map(rapid.IntRange(0, 9), func(k int) float64 { return float64(k) }), true},
		"gamma":    {boost.Gamma{}, rapid.Float64Range(0.1, 9), true},
		"tweedie":  {boost.Tweedie{Power: 1.3}, rapid.Float64Range(0, 9), true},
		"own":      {cosh{}, rapid.Float64Range(-5, 5), false},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				y, score := try.target.Draw(t, "y"), rapid.Float64Range(-3, 3).Draw(t, "score")
				const h = 1e-4
				if !try.curved && math.Abs(math.Abs(y-score)-1.5) < 2*h || math.Abs(y-score) < 2*h {
					return // the loss has a corner there
				}
				first, second := try.loss.Slope(y, score)
				below, here, above := try.loss.Value(y, score-h), try.loss.Value(y, score), try.loss.Value(y, score+h)
				scale := 1 + math.Abs(here)
				if want := (above - below) / (2 * h); math.Abs(first-want) > 1e-5*scale {
					t.Fatalf("slope %v, wanted %v", first, want)
				}
				if want := (above - 2*here + below) / (h * h); try.curved && math.Abs(second-want) > 1e-5*scale+1e-12 {
					t.Fatalf("second %v, wanted %v", second, want)
				}
				if !(second > 0) {
					t.Fatalf("second %v", second)
				}
			})
		})
	}
}

// Base is the best single score: none near it has a smaller loss.
func TestBases(t *testing.T) {
	y := []float64{0, 1, 1, 0, 1, 1, 0, 1, 1, 1}
	weights := []float64{1, 2, 3, 1, 2, 3, 1, 2, 3, 4}
	amounts := []float64{3, 1, 4, 1.5, 9, 2, 6, 5, 3.5, 8}
	for name, try := range map[string]struct {
		loss boost.Loss
		y    []float64
	}{
		"squared": {boost.Squared{}, amounts}, "absolute": {boost.Absolute{}, amounts}, "quantile": {boost.Quantile{Alpha: 0.8}, amounts},
		"logistic": {boost.Logistic{}, y}, "poisson": {boost.Poisson{}, y}, "gamma": {boost.Gamma{}, amounts}, "tweedie": {boost.Tweedie{}, y},
	} {
		for _, weights := range [][]float64{nil, weights} {
			base := try.loss.Base(try.y, weights)
			loss := func(score float64) float64 {
				sum := 0.0
				for i, v := range try.y {
					w := 1.0
					if weights != nil {
						w = weights[i]
					}
					sum += w * try.loss.Value(v, score)
				}
				return sum
			}
			for _, step := range []float64{-0.5, -0.01, 0.01, 0.5} {
				if loss(base+step) < loss(base)-1e-9 {
					t.Errorf("%s: %g has the loss %g, %g has %g", name, base, loss(base), base+step, loss(base+step))
				}
			}
		}
	}
}
