package predict

import "math"

// Interval is the prediction interval of the given level around a score, in
// the target's unit: split conformal prediction (Lei, G'Sell, Rinaldo,
// Tibshirani, Wasserman 2018, "Distribution-free predictive inference for
// regression", section 2.2). For a log target the bounds are exp'd, hence
// asymmetric. ok is false when the model promises no interval, when level is
// not between 0 and 1, and when the calibration rows are too few for it
// (ceil((n+1)*level) > n): then no finite interval has that coverage. Bounds
// are never NaN.
func (p *Program) Interval(score, level float64) (low, high float64, ok bool) {
	in := p.spec.Interval
	if in == nil || !(level > 0 && level < 1) || math.IsNaN(score) {
		return 0, 0, false
	}
	n := len(in.Residuals)
	// The small subtraction keeps 10*0.7 = 7.000000000000001 from asking for the 8th.
	k := max(int(math.Ceil(float64(n+1)*level-1e-9)), 1)
	if k > n {
		return 0, 0, false
	}
	half := in.Residuals[k-1]
	return p.Answer(score - half), p.Answer(score + half), true
}

// DefaultLevel is the level that the model's interval is reported at; 0 when
// it promises none.
func (p *Program) DefaultLevel() float64 {
	if p.spec.Interval == nil {
		return 0
	}
	return p.spec.Interval.Level
}
