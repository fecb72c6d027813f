package metric

import (
	"fmt"
	"math"
)

// The sums that most metrics of a number are made of. Targets are centred, which
// no metric notices and rounding does.
const (
	sumWeight = iota
	sumError  // predicted minus true
	sumAbsolute
	sumSquare
	sumTarget
	sumTargetSquare
	errorSums
)

func errorBasis(d *data) basis {
	return basis{name: "errors", k: errorSums, add: func(i int, w float64, sums []float64) {
		e, centred := d.p[i]-d.y[i], d.y[i]-d.mean
		sums[sumWeight] += w
		sums[sumError] += w * e
		sums[sumAbsolute] += w * math.Abs(e)
		sums[sumSquare] += w * e * e
		sums[sumTarget] += w * centred
		sums[sumTargetSquare] += w * centred * centred
	}}
}

func regression(name, title, about string, scale scale, unit bool, value func(sums []float64) float64) Metric {
	return defined(Metric{
		Name: name, Title: title, About: about, Greater: scale == points, Unit: unit, Tasks: []string{Regression},
		needs: "true values that differ", scale: scale, usual: name != "explained_variance" && name != "bias",
		basis: errorBasis,
		value: func(_ *data, sums []float64) float64 { return value(sums) },
	})
}

func rmse(s []float64) float64 { return math.Sqrt(s[sumSquare] / s[sumWeight]) }

func mae(s []float64) float64 { return s[sumAbsolute] / s[sumWeight] }

func bias(s []float64) float64 { return s[sumError] / s[sumWeight] }

// r2 is 1 minus the squared error over that of always answering the mean of y;
// undefined when all of y is the same.
func r2(s []float64) float64 { return explained(s, s[sumSquare]) }

func explainedVariance(s []float64) float64 {
	return explained(s, max(0, s[sumSquare]-s[sumError]*s[sumError]/s[sumWeight]))
}

func explained(s []float64, rest float64) float64 {
	// What rounding leaves of equal values is no variation.
	spread := s[sumTargetSquare] - s[sumTarget]*s[sumTarget]/s[sumWeight]
	if !(spread > 1e-14*s[sumTargetSquare]) {
		return math.NaN()
	}
	return 1 - rest/spread
}

// perRow is the mean of one figure per row.
func perRow(name, title, about, needs string, of func(y, p float64) float64) Metric {
	return defined(Metric{
		Name: name, Title: title, About: about, Tasks: []string{Regression}, needs: needs, scale: ratio,
		basis: func(d *data) basis {
			return basis{name: name, k: 2, add: func(i int, w float64, sums []float64) {
				if w == 0 {
					return // where the figure may be undefined
				}
				sums[0] += w
				sums[1] += w * of(d.y[i], d.p[i])
			}}
		},
		value: func(_ *data, sums []float64) float64 { return sums[1] / sums[0] },
	})
}

func percentage(y, p float64) float64 {
	if y == 0 {
		return math.NaN()
	}
	return math.Abs((p - y) / y)
}

func symmetric(y, p float64) float64 {
	if y == 0 && p == 0 {
		return 0
	}
	return 2 * math.Abs(p-y) / (math.Abs(p) + math.Abs(y))
}

func rmsle() Metric {
	m := perRow("rmsle", "RMSLE", "The typical size of an error of log(1 + value): of a factor, rather than a difference.", "true and predicted values of at least 0",
		func(y, p float64) float64 {
			if y < 0 || p < 0 {
				return math.NaN()
			}
			e := math.Log1p(p) - math.Log1p(y)
			return e * e
		})
	m.value = func(_ *data, sums []float64) float64 { return math.Sqrt(sums[1] / sums[0]) }
	return defined(m)
}

// Pinball is the loss of a predicted quantile (Koenker and Bassett 1978,
// "Regression quantiles"): an error costs quantile where the prediction is too
// low, 1-quantile where it is too high.
func Pinball(quantile float64) Metric {
	m := perRow(fmt.Sprintf("pinball_%g", quantile), fmt.Sprintf("pinball loss (%g)", quantile),
		fmt.Sprintf("The loss of a predicted %g quantile: least where that share of the true values lies below.", quantile), "",
		func(y, p float64) float64 { return max(quantile*(y-p), (quantile-1)*(y-p)) })
	m.Unit = true
	return m
}

// Tweedie is the mean deviance of a power between 1 (Poisson) and 2 (gamma):
// Jørgensen 1987, "Exponential dispersion models".
func Tweedie(power float64) Metric {
	return deviance(fmt.Sprintf("tweedie_%g", power), fmt.Sprintf("Tweedie deviance (%g)", power), power)
}

func deviance(name, title string, power float64) Metric {
	return perRow(name, title, "How badly the predicted means fit, where the spread grows with the mean.", devianceNeeds(power),
		func(y, p float64) float64 { return unitDeviance(y, p, power) })
}

func devianceNeeds(power float64) string {
	if power < 2 {
		return "true values of at least 0 and predictions above 0"
	}
	return "true and predicted values above 0"
}

func unitDeviance(y, p, power float64) float64 {
	if p <= 0 || y < 0 || power == 2 && y == 0 {
		return math.NaN()
	}
	switch power {
	case 1:
		if y == 0 {
			return 2 * p
		}
		return 2 * (y*math.Log(y/p) - y + p)
	case 2:
		return 2 * (math.Log(p/y) + y/p - 1)
	}
	return 2 * (math.Pow(y, 2-power)/((1-power)*(2-power)) - y*math.Pow(p, 1-power)/(1-power) + math.Pow(p, 2-power)/(2-power))
}

// explainedDeviance is 1 minus the deviance over that of the mean of y, which
// only needs sums as well: the deviance of a constant is linear in y and one
// function of it (Hastie, Tibshirani and
// Wainwright 2015, "Statistical learning with sparsity", equation 3.11).
func explainedDeviance(name, title string, power float64) Metric {
	own := func(y float64) float64 {
		switch {
		case power == 2:
			return -math.Log(y)
		case y == 0:
			return 0
		}
		return y * math.Log(y)
	}
	return defined(Metric{
		Name: name, Title: title, About: "The share of the deviance of a constant that the predictions explain.", Greater: true,
		Tasks: []string{Regression}, needs: devianceNeeds(power) + ", and true values that differ", scale: points,
		basis: func(d *data) basis {
			return basis{name: name, k: 4, add: func(i int, w float64, sums []float64) {
				if w == 0 {
					return
				}
				sums[0] += w
				sums[1] += w * unitDeviance(d.y[i], d.p[i], power)
				sums[2] += w * d.y[i]
				sums[3] += w * own(d.y[i])
			}}
		},
		value: func(_ *data, s []float64) float64 {
			mean := s[2] / s[0]
			null := 2 * (s[3]/s[0] - mean*math.Log(mean))
			if power == 2 {
				null = 2 * (s[3]/s[0] + math.Log(mean))
			}
			if !(null > 1e-14) {
				return math.NaN()
			}
			return 1 - s[1]/s[0]/null
		},
	})
}

// maxError has no interval: nothing says how large the largest error of other
// rows is.
func maxError() Metric {
	return defined(Metric{
		Name: "max_error", Title: "largest error", About: "The largest error of these rows; of more rows it would be larger.", Unit: true,
		Tasks: []string{Regression}, scale: ratio,
		direct: func(d *data) float64 {
			most := 0.0
			for i := range d.y {
				if d.weight(i) > 0 {
					most = max(most, d.absolute(i))
				}
			}
			return most
		},
		analytic: &analytic{method: "none", interval: func(_ *data, value, _ float64) (float64, float64) { return value, value }},
	})
}

func medianAE() Metric {
	return defined(Metric{
		Name: "median_ae", Title: "median absolute error", About: "Half of the errors are smaller, half are larger.", Unit: true,
		Tasks: []string{Regression}, scale: ratio, usual: true,
		direct: func(d *data) float64 {
			low, high := weightedQuantile(d, 0.5)
			return (low + high) / 2
		},
		analytic: &analytic{method: "order statistics", interval: func(d *data, value, level float64) (float64, float64) {
			sum, squares := 0.0, 0.0
			for i := range d.y {
				w := d.weight(i)
				sum, squares = sum+w, squares+w*w
			}
			from, to := orderShares(effective(sum, squares), level)
			low, _ := weightedQuantile(d, from)
			_, high := weightedQuantile(d, to)
			if from <= 0 { // so few rows that no error bounds it
				low = 0
			}
			return min(low, value), max(high, value)
		}},
	})
}

// weightedQuantile is the errors between which a share of the weight lies below:
// two that differ only where the share falls between rows.
func weightedQuantile(d *data, share float64) (low, high float64) {
	order := d.errorOrder()
	total := 0.0
	for i := range d.y {
		total += d.weight(i)
	}
	below, wanted, found := 0.0, share*total, false
	for _, row := range order {
		w := d.weight(int(row))
		if w == 0 {
			continue
		}
		below += w
		high = d.absolute(int(row))
		if !found && below >= wanted-1e-9*total {
			low, found = high, true
		}
		if below > wanted+1e-9*total {
			break
		}
	}
	if !found {
		low = high
	}
	return low, high
}
