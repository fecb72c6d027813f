package prep

import (
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

func hasMissing(c *frame.Column) bool {
	for i := range c.Len() {
		if c.Missing(i) {
			return true
		}
	}
	return false
}

// levelCounts is the number of rows of each level.
func levelCounts(c *frame.Column) []int {
	counts := make([]int, len(c.Levels))
	for _, code := range c.Codes {
		if code >= 0 {
			counts[code]++
		}
	}
	return counts
}

// numberInput is the input of a number, bool or time with its statistics.
func numberInput(c *frame.Column) (predict.Input, error) {
	present := make([]float64, 0, len(c.Values))
	whole := true
	for i, v := range c.Values {
		if math.IsInf(v, 0) {
			return predict.Input{}, fault.Errorf(fault.Invalid, "column %q is infinite in row %d: correct it, or leave it empty to have it imputed", c.Name, i+1)
		}
		if !math.IsNaN(v) {
			present = append(present, v)
			whole = whole && v == math.Trunc(v)
		}
	}
	slices.Sort(present)
	return predict.Input{
		Name: c.Name, Kind: c.Kind, Whole: whole,
		Min: present[0], Max: present[len(present)-1],
		Low: quantile(present, 0.01), High: quantile(present, 0.99),
		Median: quantile(present, 0.5),
	}, nil
}

// categoryInput is the input of a category: the levels seen, and the most
// frequent one (the first in order among equals).
func categoryInput(c *frame.Column, counts []int) predict.Input {
	input := predict.Input{Name: c.Name, Kind: c.Kind, Unknown: "ignore"}
	most := 0
	for code, count := range counts {
		if count > 0 {
			input.Levels = append(input.Levels, c.Levels[code])
		}
		if count > most {
			most, input.Mode = count, c.Levels[code]
		}
	}
	return input
}

// quantile interpolates between order statistics: type 7 of Hyndman and Fan,
// "Sample Quantiles in Statistical Packages", The American Statistician 50(4),
// 1996, which is what numpy and R do by default.
func quantile(sorted []float64, q float64) float64 {
	position := q * float64(len(sorted)-1)
	below := int(position)
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	share := position - float64(below)
	return sorted[below]*(1-share) + sorted[below+1]*share
}

// moments is the mean and the population standard deviation of a value feature
// over all rows, imputed ones included, in two passes so that a large mean
// costs no digits. A feature without spread has scale 1.
func moments(c *frame.Column, feature predict.Feature) (mean, deviation float64) {
	n := float64(len(c.Values))
	for _, v := range c.Values {
		mean += rawValue(v, feature) / n
	}
	squares := 0.0
	for _, v := range c.Values {
		d := rawValue(v, feature) - mean
		squares += d * d
	}
	deviation = math.Sqrt(squares / n)
	if deviation == 0 {
		return mean, 1
	}
	return mean, deviation
}

// rawValue is a value feature before centring and scaling.
func rawValue(v float64, feature predict.Feature) float64 {
	if math.IsNaN(v) {
		v = feature.Impute
	}
	if feature.Log {
		v = math.Log1p(v)
	}
	return v
}
