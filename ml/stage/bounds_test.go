package stage_test

import (
	"math"
	"testing"

	"dasier/ml/stage"
)

// TestBounds: what would panic, or take minutes for a row, is refused before.
func TestBounds(t *testing.T) {
	nan := math.NaN()
	zeros := func(n int) []float64 { return make([]float64, n) }
	for name, c := range map[string]struct {
		do stage.Operation
		in int
	}{
		"a curve without numbers":    {&stage.Curve{X: []float64{nan, nan}, Y: zeros(2)}, 1},
		"shares without numbers":     {&stage.Unspread{Shares: []float64{nan}, Values: zeros(1)}, 1},
		"half a million donors each": {&stage.Donors{Rows: zeros(500_000), Width: 2, Nearest: 250_000, Means: zeros(2)}, 2},
		"a thousand classes coupled": {&stage.Coupling{Classes: 1000, A: zeros(499_500), B: zeros(499_500)}, 499_500},
		"splines without weights":    {&stage.Splines{Cells: []stage.Spline{{Knots: []float64{0, 1}, Splines: 1 << 62}}, Beyond: stage.SplineContinue}, 1},
	} {
		if _, err := c.do.Check(c.in); err == nil {
			t.Errorf("%s: nothing is wrong", name)
		}
	}
	// Sigmoids that are no numbers end at once.
	c := &stage.Coupling{Classes: 400, A: zeros(79_800), B: zeros(79_800)}
	for k := range c.B {
		c.B[k] = nan
	}
	if _, err := c.Check(79_800); err != nil {
		t.Fatal(err)
	}
	out := zeros(400)
	if c.Apply(zeros(79_800), out, zeros(c.Work(79_800))); !math.IsNaN(out[0]) {
		t.Errorf("the probability is %v", out[0])
	}
}
