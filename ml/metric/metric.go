package metric

import (
	"math"
	"slices"
	"strings"

	"dasier/fault"
)

// Metric is one way to measure predictions.
type Metric struct {
	Name  string // "rmse": in recipes, files and the API
	Title string // "RMSE": for people
	// Greater is true when more is better.
	Greater bool
	// Unit is true when the metric is in the target's unit.
	Unit bool
	// Of computes the metric; NaN when it is undefined for these rows.
	Of func(y, predictions []float64) float64

	statistic func(r *rows) statistic
}

// All lists the metrics of a regression.
var All = []Metric{
	{Name: "rmse", Title: "RMSE", Unit: true, Of: rmse, statistic: newRMSE},
	{Name: "mae", Title: "MAE", Unit: true, Of: mae, statistic: newMAE},
	{Name: "median_ae", Title: "median absolute error", Unit: true, Of: medianAE, statistic: newMedianAE},
	{Name: "r2", Title: "R²", Greater: true, Of: r2, statistic: newR2},
}

// Names lists the metrics' names.
func Names() []string {
	names := make([]string, len(All))
	for i, m := range All {
		names[i] = m.Name
	}
	return names
}

// Lookup finds a metric by name.
func Lookup(name string) (Metric, error) {
	for _, m := range All {
		if m.Name == name {
			return m, nil
		}
	}
	return Metric{}, fault.Errorf(fault.Invalid, "no metric %q: use one of %s", name, strings.Join(Names(), ", "))
}

// Better tells whether a is better than b.
func (m Metric) Better(a, b float64) bool {
	if m.Greater {
		return a > b
	}
	return a < b
}

func rmse(y, predictions []float64) float64 {
	sum := 0.0
	for i, v := range y {
		e := v - predictions[i]
		sum += e * e
	}
	return math.Sqrt(sum / float64(len(y)))
}

func mae(y, predictions []float64) float64 {
	sum := 0.0
	for i, v := range y {
		sum += math.Abs(v - predictions[i])
	}
	return sum / float64(len(y))
}

func medianAE(y, predictions []float64) float64 {
	errors := make([]float64, len(y))
	for i, v := range y {
		errors[i] = math.Abs(v - predictions[i])
	}
	slices.Sort(errors)
	return median(errors)
}

// r2 is 1 minus the squared error over that of always answering the mean of y;
// undefined when all of y is the same.
func r2(y, predictions []float64) float64 {
	mean := 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	squares, spread := 0.0, 0.0
	for i, v := range y {
		squares += (v - predictions[i]) * (v - predictions[i])
		spread += (v - mean) * (v - mean)
	}
	if spread == 0 {
		return math.NaN()
	}
	return 1 - squares/spread
}

func median(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
