package stack

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// The weights are the best there are: no error falls by more of what is out, nor
// by less or more of what is in (Karush, Kuhn and Tucker).
func TestWeightsAreOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		learners, rows := rapid.IntRange(1, 8).Draw(t, "learners"), rapid.IntRange(10, 60).Draw(t, "rows")
		toOne, offset := rapid.Bool().Draw(t, "to one"), rapid.Float64Range(0, 50).Draw(t, "offset")
		truth := make([]float64, rows)
		for i := range truth {
			truth[i] = offset + random.NormFloat64()
		}
		said := make([][]float64, learners)
		for k := range said {
			said[k] = make([]float64, rows)
			quality := random.Float64()
			for i, y := range truth {
				said[k][i] = offset + quality*(y-offset) + random.NormFloat64()
			}
			if k > 0 && random.IntN(4) == 0 {
				copy(said[k], said[k-1]) // two that say the same
			}
		}
		m := sumMoments(said, truth, 1, func(int) float64 { return 1 })
		weights := m.nonNegative(toOne)
		in, sum := make([]bool, learners), 0.0
		for k, w := range weights {
			if w < 0 || math.IsNaN(w) {
				t.Fatalf("the weights are %v", weights)
			}
			in[k] = w > 0
			sum += w
		}
		if toOne && math.Abs(sum-1) > 1e-9 {
			t.Fatalf("the weights add up to %v", sum)
		}
		gradient, multiplier := m.gradient(weights, in, toOne)
		for k, g := range gradient {
			slack := 1e-8 * m.gram[k][k]
			if g -= multiplier; g > slack || in[k] && g < -slack {
				t.Fatalf("learner %d of the weights %v: the error falls by %g", k, weights, g)
			}
		}
	})
}

func TestRowWeightsCount(t *testing.T) {
	said := [][]float64{{1, 2, 3, 4}, {2, 1, 5, 3}}
	truth := []float64{1, 2, 4, 4}
	weighted := sumMoments(said, truth, 1, func(i int) float64 { return float64(i % 2 * 3) })
	repeated := sumMoments([][]float64{{2, 2, 2, 4, 4, 4}, {1, 1, 1, 3, 3, 3}}, []float64{2, 2, 2, 4, 4, 4}, 1, func(int) float64 { return 1 })
	a, b := weighted.nonNegative(false), repeated.nonNegative(false)
	for k := range a {
		if math.Abs(a[k]-b[k]) > 1e-12 {
			t.Errorf("the weights are %v, and %v of repeated rows", a, b)
		}
	}
}
