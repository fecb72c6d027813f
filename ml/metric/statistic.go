package metric

import (
	"math"
	"slices"
)

// statistic computes one metric from how often each row was drawn, without
// building the resample, and the acceleration of its BCa interval.
type statistic interface {
	of(counts []int32) float64
	acceleration() float64
}

// rows is what the statistics share. Targets are centred, which R² does not
// notice and rounding does.
type rows struct {
	centred  []float64
	absolute []float64
	squares  []float64
}

func newRows(y, predictions []float64) *rows {
	r := &rows{centred: make([]float64, len(y)), absolute: make([]float64, len(y)), squares: make([]float64, len(y))}
	mean := 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for i, v := range y {
		e := v - predictions[i]
		r.centred[i], r.absolute[i], r.squares[i] = v-mean, math.Abs(e), e*e
	}
	return r
}

func weightedMean(values []float64, counts []int32) float64 {
	sum := 0.0
	for i, c := range counts {
		sum += float64(c) * values[i]
	}
	return sum / float64(len(values))
}

// jackknifeAcceleration is equation 14.15 of Efron and Tibshirani, from the
// values of the statistic with one row left out.
func jackknifeAcceleration(without []float64) float64 {
	mean := 0.0
	for _, v := range without {
		mean += v / float64(len(without))
	}
	cubes, squares := 0.0, 0.0
	for _, v := range without {
		d := mean - v
		cubes += d * d * d
		squares += d * d
	}
	if squares == 0 {
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// meanStatistic is a function of the mean of one value per row: RMSE and MAE.
type meanStatistic struct {
	values []float64
	after  func(mean float64) float64
}

func newRMSE(r *rows) statistic { return meanStatistic{values: r.squares, after: math.Sqrt} }

func newMAE(r *rows) statistic {
	return meanStatistic{values: r.absolute, after: func(mean float64) float64 { return mean }}
}

func (s meanStatistic) of(counts []int32) float64 { return s.after(weightedMean(s.values, counts)) }

func (s meanStatistic) acceleration() float64 {
	sum := 0.0
	for _, v := range s.values {
		sum += v
	}
	without := make([]float64, len(s.values))
	for i, v := range s.values {
		without[i] = s.after(max(0, sum-v) / float64(len(s.values)-1))
	}
	return jackknifeAcceleration(without)
}

type r2Statistic struct{ *rows }

func newR2(r *rows) statistic { return r2Statistic{r} }

func (s r2Statistic) of(counts []int32) float64 {
	sum, spread := 0.0, 0.0
	for i, c := range counts {
		sum += float64(c) * s.centred[i]
		spread += float64(c) * s.centred[i] * s.centred[i]
	}
	n := float64(len(counts))
	spread -= sum * sum / n
	if !(spread > 0) {
		return math.NaN()
	}
	return 1 - n*weightedMean(s.squares, counts)/spread
}

func (s r2Statistic) acceleration() float64 {
	sum, spread, squares := 0.0, 0.0, 0.0
	for i, v := range s.centred {
		sum += v
		spread += v * v
		squares += s.squares[i]
	}
	n := float64(len(s.centred) - 1)
	without := make([]float64, 0, len(s.centred))
	for i, v := range s.centred {
		rest := spread - v*v - (sum-v)*(sum-v)/n
		if rest > 0 {
			without = append(without, 1-(squares-s.squares[i])/rest)
		}
	}
	return jackknifeAcceleration(without)
}

// medianStatistic walks the rows in the order of their errors.
type medianStatistic struct {
	absolute []float64
	order    []int
}

func newMedianAE(r *rows) statistic {
	s := medianStatistic{absolute: r.absolute, order: make([]int, len(r.absolute))}
	for i := range s.order {
		s.order[i] = i
	}
	slices.SortStableFunc(s.order, func(a, b int) int {
		switch {
		case r.absolute[a] < r.absolute[b]:
			return -1
		case r.absolute[a] > r.absolute[b]:
			return 1
		}
		return 0
	})
	return s
}

func (s medianStatistic) of(counts []int32) float64 {
	n := len(counts)
	low := math.NaN()
	drawn := 0
	for _, i := range s.order {
		drawn += int(counts[i])
		if math.IsNaN(low) && drawn > (n-1)/2 {
			low = s.absolute[i]
		}
		if drawn > n/2 {
			return (low + s.absolute[i]) / 2
		}
	}
	return math.NaN() // no row was drawn
}

func (medianStatistic) acceleration() float64 { return 0 }
