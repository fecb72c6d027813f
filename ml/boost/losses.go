package boost

import (
	"cmp"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/learn"
)

// Absolute is the absolute error: the answer is a median. Leaves are medians of
// residuals (Friedman 2001, section 4.3).
type Absolute struct{}

// Check accepts every number.
func (Absolute) Check([]float64) error { return nil }

// Base is the median.
func (Absolute) Base(y, weights []float64) float64 { return Quantile{0.5}.Base(y, weights) }

// Value is the distance.
func (Absolute) Value(y, score float64) float64 { return math.Abs(y - score) }

// Slope is the side of the target that the score is on.
func (Absolute) Slope(y, score float64) (first, second float64) {
	switch {
	case score > y:
		return 1, 1
	case score < y:
		return -1, 1
	}
	return 0, 1
}

// Renew is the median.
func (Absolute) Renew(residuals, weights []float64) float64 {
	return quantile(residuals, weights, 0.5)
}

// Quantile is the pinball loss (Koenker and Bassett, "Regression Quantiles",
// Econometrica 46, 1978): the answer has the share Alpha of targets below it.
type Quantile struct {
	Alpha float64 // above 0 and below 1. Default: 0.5
}

func (q Quantile) alpha() float64 { return or(q.Alpha, 0.5) }

// Check wants a share.
func (q Quantile) Check([]float64) error {
	if a := q.alpha(); !(a > 0 && a < 1) {
		return fault.Errorf(fault.Invalid, "there is no quantile %g: choose a number above 0 and below 1", a)
	}
	return nil
}

// Base is the quantile of the targets.
func (q Quantile) Base(y, weights []float64) float64 {
	return quantile(slices.Clone(y), slices.Clone(weights), q.alpha())
}

// Value is the distance, times Alpha where the target is above and the rest to 1
// where it is below.
func (q Quantile) Value(y, score float64) float64 {
	if y > score {
		return q.alpha() * (y - score)
	}
	return (1 - q.alpha()) * (score - y)
}

// Slope is minus Alpha below the target, and the rest to 1 above it.
func (q Quantile) Slope(y, score float64) (first, second float64) {
	if y > score {
		return -q.alpha(), 1
	}
	return 1 - q.alpha(), 1
}

// Renew is the quantile of the residuals.
func (q Quantile) Renew(residuals, weights []float64) float64 {
	return quantile(residuals, weights, q.alpha())
}

// quantile is the smallest number that has at least the share of the weight at it
// and below; it reorders both.
func quantile(numbers, weights []float64, share float64) float64 {
	if len(numbers) == 0 {
		return 0
	}
	if weights == nil {
		slices.Sort(numbers)
		at := int(math.Ceil(share*float64(len(numbers)))) - 1
		if share == 0.5 && len(numbers)%2 == 0 { // either middle one is a median: their mean is the fairest
			return numbers[at]/2 + numbers[at+1]/2
		}
		return numbers[min(max(at, 0), len(numbers)-1)]
	}
	type pair struct{ number, weight float64 }
	pairs, all := make([]pair, len(numbers)), 0.0
	for i := range numbers {
		pairs[i] = pair{numbers[i], weights[i]}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.weight, b.weight))
	})
	for _, p := range pairs {
		all += p.weight
	}
	sum := 0.0
	for i, p := range pairs {
		sum += p.weight
		if share == 0.5 && sum*2 == all && i+1 < len(pairs) {
			return p.number/2 + pairs[i+1].number/2
		}
		if sum >= share*all {
			return p.number
		}
	}
	return pairs[len(pairs)-1].number
}

// Huber is the squared error up to a distance and the absolute error beyond it
// (Friedman 2001, section 4.4, algorithm 4): outliers pull no harder than that.
type Huber struct {
	// Delta is the distance. Default: in each round the 0.9 quantile of the
	// distances of scores from targets.
	Delta float64
}

// Check wants a distance.
func (h Huber) Check([]float64) error {
	if !(h.Delta >= 0) || math.IsInf(h.Delta, 0) {
		return fault.Errorf(fault.Invalid, "the distance from which errors are outliers cannot be %g: choose a number above 0", h.Delta)
	}
	return nil
}

// Base is the median.
func (h Huber) Base(y, weights []float64) float64 { return Absolute{}.Base(y, weights) }

// Value is half the square, or a line that touches it. Without a Delta, of 1.
func (h Huber) Value(y, score float64) float64 { return huber{or(h.Delta, 1)}.Value(y, score) }

// Slope is the error, at most Delta. Without a Delta, of 1.
func (h Huber) Slope(y, score float64) (first, second float64) {
	return huber{or(h.Delta, 1)}.Slope(y, score)
}

// adapt chooses the distance of a round.
func (h Huber) adapt(y, scores []float64, rows rowList, weights []float64) Loss {
	if h.Delta > 0 {
		return huber{h.Delta}
	}
	distances := make([]float64, rows.len())
	var of []float64
	if weights != nil {
		of = make([]float64, rows.len())
	}
	for i := range distances {
		row := rows.at(i)
		distances[i] = math.Abs(y[row] - scores[row])
		if weights != nil {
			of[i] = weights[row]
		}
	}
	return huber{max(quantile(distances, of, 0.9), 1e-100)}
}

// huber is Huber of a round.
type huber struct{ delta float64 }

func (huber) Check([]float64) error { return nil }

func (huber) Base(y, weights []float64) float64 { return Absolute{}.Base(y, weights) }

func (h huber) Value(y, score float64) float64 {
	if d := math.Abs(y - score); d > h.delta {
		return h.delta * (d - h.delta/2)
	}
	return (score - y) * (score - y) / 2
}

func (h huber) Slope(y, score float64) (first, second float64) {
	return max(-h.delta, min(h.delta, score-y)), 1
}

// Renew is the median, and from there the mean of what is left up to delta.
func (h huber) Renew(residuals, weights []float64) float64 {
	var sum, all total
	median := quantile(slices.Clone(residuals), slices.Clone(weights), 0.5)
	for i, v := range residuals {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		sum.add(w * max(-h.delta, min(h.delta, v-median)))
		all.add(w)
	}
	return median + sum.value()/all.value()
}

// softmaxBase is the logarithms of the classes' shares.
func softmaxBase(target learn.Target, rows rowList, classes int) []float64 {
	sums, base := make([]total, classes), make([]float64, classes)
	var all total
	for i := range rows.len() {
		row := rows.at(i)
		w := target.Weight(int(row))
		sums[int(target.Y[row])].add(w)
		all.add(w)
	}
	for k := range base {
		base[k] = math.Log(max(sums[k].value()/all.value(), 1e-9))
	}
	return base
}
