package linear

import (
	"context"
	"math"
)

// A path of penalties goes down from the least that leaves no weight, by equal
// factors, as Friedman, Hastie and Tibshirani 2010 have it, section 2.5 (theirs ends
// at a thousandth after 100 steps).
const (
	pathSteps = 60
	pathEnd   = 1e-4 // as a share of where it begins
	pathDeaf  = 12   // steps without a better choice after which there will be none
	pathGap   = 1e-5 // what is enough to compare them, as gapShare
)

// choose gives the penalty that promises the best predictions of other rows: of a
// path, that of the least AICc (Hurvich and Tsai, "Regression and Time Series Model
// Selection in Small Samples", Biometrika 76(2), 1989, section 2), where a fit has
// as many degrees of freedom as weights (Zou, Hastie and Tibshirani, "On the 'Degrees
// of Freedom' of the Lasso", Annals of Statistics 35(5), 2007, theorem 1). It needs
// neither folds nor another look at the rows. at gives both penalties of a strength.
func (d *descent) choose(ctx context.Context, rows int, strongest float64, at func(strength float64) [2]float64) (float64, error) {
	best, least, since := strongest, math.Inf(1), 0
	d.close = pathGap
	defer func() { d.close = gapShare }()
	for k := 0; k <= pathSteps && since < pathDeaf; k++ {
		strength := strongest * math.Pow(pathEnd, float64(k)/pathSteps)
		penalties := at(strength)
		d.l1, d.l2 = penalties[0], penalties[1]
		if _, err := d.run(ctx); err != nil {
			return 0, err
		}
		since++
		if c := d.criterion(float64(rows)); c < least {
			best, least, since = strength, c, 0
		}
	}
	return best, nil
}

// criterion is AICc of the weights, less what is the same for all: the mean takes a
// degree of freedom, the variance another.
func (d *descent) criterion(rows float64) float64 {
	free, fitted := 2.0, 0.0
	for j, w := range d.w {
		if w != 0 {
			free++
			fitted += w * (d.start[j] + d.slope[j]) // 2qᵀw - wᵀGw
		}
	}
	if rows-free-1 <= 0 {
		return math.Inf(1)
	}
	left := max(d.square-fitted, 1e-12*d.square) // the squared errors a row
	return rows*math.Log(left) + 2*free*rows/(rows-free-1)
}
