package conformal

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"dasier/fault"
)

// Calibration is how far calibration rows lie from what the model says, sorted:
// absolute errors, or errors in another unit.
type Calibration struct {
	residuals []float64
}

// New calibrates on rows the model was not fitted to.
func New(y, predictions []float64) (*Calibration, error) {
	if len(y) != len(predictions) {
		return nil, fault.Errorf(fault.Invalid, "%d true values have %d predictions", len(y), len(predictions))
	}
	if len(y) == 0 {
		return nil, fault.Errorf(fault.Invalid, "there are no calibration rows: give them a share of the split")
	}
	residuals := make([]float64, len(y))
	for i, v := range y {
		residuals[i] = math.Abs(v - predictions[i])
		if math.IsNaN(residuals[i]) || math.IsInf(residuals[i], 0) {
			return nil, fault.Errorf(fault.Invalid, "calibration row %d has the value %g and the prediction %g: both must be finite", i+1, v, predictions[i])
		}
	}
	return Of(residuals)
}

// Of calibrates on how far calibration rows lie from what the model says, in
// whatever unit the caller has.
func Of(misses []float64) (*Calibration, error) {
	if len(misses) == 0 {
		return nil, fault.Errorf(fault.Invalid, "there are no calibration rows: give them a share of the split")
	}
	for i, v := range misses {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fault.Errorf(fault.Invalid, "calibration row %d is missed by %g: both value and prediction must be finite", i+1, v)
		}
	}
	sorted := slices.Clone(misses)
	slices.Sort(sorted)
	return &Calibration{residuals: sorted}, nil
}

// Residuals lists the sorted absolute errors.
func (c *Calibration) Residuals() []float64 { return slices.Clone(c.residuals) }

// Quantile is half the width of the interval of a level: the
// ceil((n+1)·level)-th smallest residual. It is false when n is too small for
// the level, where only an infinite interval keeps the promise.
func (c *Calibration) Quantile(level float64) (float64, bool) {
	if !(level > 0 && level < 1) {
		return 0, false
	}
	// 0.9·(9+1) must be 9, not 9.000000000000002 and so the tenth.
	rank := int(math.Ceil(float64(len(c.residuals)+1)*level - 1e-9))
	if rank > len(c.residuals) {
		return 0, false
	}
	return c.residuals[max(rank, 1)-1], true
}

// Needed is the least number of calibration rows for a level.
func Needed(level float64) int { return int(math.Ceil(level/(1-level) - 1e-9)) }

// Coverage is how many of some rows their intervals held.
type Coverage struct {
	Level   float64 `json:"level"` // promised
	Covered int     `json:"covered"`
	Of      int     `json:"of"`
	Share   float64 `json:"share"`
	// Low and High bound the true coverage with 95 % confidence: Clopper and
	// Pearson, "The Use of Confidence or Fiducial Limits", Biometrika 26(4), 1934.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Cover measures the coverage on rows used for neither fitting nor calibration.
func (c *Calibration) Cover(y, predictions []float64, level float64) (Coverage, error) {
	if len(y) != len(predictions) {
		return Coverage{}, fault.Errorf(fault.Invalid, "coverage needs as many predictions as true values, got %d and %d", len(predictions), len(y))
	}
	misses := make([]float64, len(y))
	for i, v := range y {
		misses[i] = math.Abs(v - predictions[i])
	}
	return c.CoverOf(misses, level)
}

// CoverOf is Cover of how far such rows lie from what the model says.
func (c *Calibration) CoverOf(misses []float64, level float64) (Coverage, error) {
	q, ok := c.Quantile(level)
	if !ok {
		return Coverage{}, fault.Errorf(fault.Invalid, "an interval of level %g needs at least %d calibration rows, there are %d: lower the level or calibrate on more rows",
			level, Needed(level), len(c.residuals))
	}
	if len(misses) == 0 {
		return Coverage{}, fault.Errorf(fault.Invalid, "coverage needs at least one row")
	}
	covered := 0
	for _, miss := range misses {
		if miss <= q {
			covered++
		}
	}
	return share(covered, len(misses), level), nil
}

func share(covered, of int, level float64) Coverage {
	low, high := clopperPearson(covered, of)
	return Coverage{Level: level, Covered: covered, Of: of, Share: float64(covered) / float64(of), Low: low, High: high}
}

// clopperPearson is the exact 95 % interval of a share of k in n.
func clopperPearson(k, n int) (low, high float64) {
	const tail = 0.025
	low, high = 0, 1
	if k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
	if k < n {
		high = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return low, high
}
