package conformal_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"dasier/ml/conformal"
)

func calibrate(t interface{ Fatal(...any) }, residuals ...float64) *conformal.Calibration {
	c, err := conformal.New(residuals, make([]float64, len(residuals)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestQuantile(t *testing.T) {
	nine := calibrate(t, 9, -8, 7, 6, -5, 4, 3, 2, 1)
	for level, want := range map[float64]float64{0.9: 9, 0.8: 8, 0.85: 9, 0.1: 1, 0.5: 5, 0.01: 1} {
		if got, ok := nine.Quantile(level); !ok || got != want {
			t.Errorf("level %g: %g, %t; want %g", level, got, ok, want)
		}
	}
	for _, level := range []float64{0.91, 0.99, 1, 0, -1, math.NaN()} {
		if got, ok := nine.Quantile(level); ok {
			t.Errorf("level %g: %g, but 9 rows cannot promise that", level, got)
		}
	}
}

func TestNeeded(t *testing.T) {
	for level, want := range map[float64]int{0.5: 1, 0.8: 4, 0.9: 9, 0.95: 19, 0.99: 99} {
		if got := conformal.Needed(level); got != want {
			t.Errorf("level %g needs %d rows, want %d", level, got, want)
		}
		if _, ok := calibrate(t, make([]float64, want)...).Quantile(level); !ok {
			t.Errorf("level %g: %d rows are not enough", level, want)
		}
		if _, ok := calibrate(t, make([]float64, want)...).Quantile(level + 1e-3); ok {
			t.Errorf("level %g: %d rows should not be enough", level+1e-3, want)
		}
	}
}

// The guarantee itself: over fresh calibration and test rows the coverage is at
// least the level, and at most 1/(n+1) above it, up to the luck of the draw.
// The model is deliberately wrong; that must not matter.
func TestCoverageIsAsPromised(t *testing.T) {
	const repetitions, n = 4000, 49
	for _, level := range []float64{0.5, 0.8, 0.9} {
		covered := 0
		for seed := range uint64(repetitions) {
			random := rand.New(rand.NewPCG(seed, 5))
			draw := func(k int) (y, predictions []float64) {
				for range k {
					x := random.NormFloat64()
					y = append(y, x*x+random.ExpFloat64())
					predictions = append(predictions, x)
				}
				return y, predictions
			}
			c, err := conformal.New(draw(n))
			if err != nil {
				t.Fatal(err)
			}
			y, predictions := draw(1)
			coverage, err := c.Cover(y, predictions, level)
			if err != nil {
				t.Fatal(err)
			}
			covered += coverage.Covered
		}
		share := float64(covered) / repetitions
		slack := distuv.UnitNormal.Quantile(0.9999) * math.Sqrt(level*(1-level)/repetitions)
		if share < level-slack || share > level+1.0/(n+1)+slack {
			t.Errorf("level %g: covered %.4f", level, share)
		}
	}
}

func TestWiderLevelsAreWider(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := calibrate(t, rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 1, 200).Draw(t, "residuals")...)
		a, b := rapid.Float64Range(0.01, 0.99).Draw(t, "a"), rapid.Float64Range(0.01, 0.99).Draw(t, "b")
		small, okSmall := c.Quantile(min(a, b))
		large, okLarge := c.Quantile(max(a, b))
		if okLarge && (!okSmall || small > large) {
			t.Fatalf("level %g has ±%g, level %g has ±%g", min(a, b), small, max(a, b), large)
		}
	})
}

func TestCover(t *testing.T) {
	c := calibrate(t, 1, 2, 3, 4)
	got, err := c.Cover([]float64{0, 0, 0, 0}, []float64{1, 4, 5, -4}, 0.8)
	if err != nil {
		t.Fatal(err)
	}
	if got.Covered != 3 || got.Of != 4 || got.Share != 0.75 {
		t.Errorf("%+v, want 3 of 4", got)
	}
	// R: binom.test(3, 4)$conf.int
	if math.Abs(got.Low-0.1941204) > 1e-6 || math.Abs(got.High-0.9936905) > 1e-6 {
		t.Errorf("bounds %g to %g", got.Low, got.High)
	}
	if _, err := c.Cover([]float64{0}, []float64{0}, 0.9); err == nil {
		t.Error("4 rows for a level of 0.9: no error")
	}
	if _, err := c.Cover(nil, nil, 0.5); err == nil {
		t.Error("no rows: no error")
	}
	for name, y := range map[string][]float64{"none": nil, "NaN": {math.NaN()}, "infinite": {math.Inf(-1)}} {
		if _, err := conformal.New(y, make([]float64, len(y))); err == nil {
			t.Errorf("calibration rows %s: no error", name)
		}
	}
}
