package prep

import (
	"math"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/learn"
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

// numberInput is the input of a number, bool or time with its statistics, and
// what else a look at the values told.
func (t *fitting) numberInput(c *frame.Column) (predict.Input, *survey, error) {
	r, ok := t.rooms.Get().(*room)
	if !ok {
		r = &room{}
	}
	s := r.surveyOf(c.Numbers())
	t.rooms.Put(r)
	if !(s.least >= -largest && s.greatest <= largest) {
		return predict.Input{}, nil, learn.CheckColumn(c)
	}
	return predict.Input{
		Name: c.Name, Kind: c.Kind, Whole: s.whole, Min: s.least, Max: s.greatest,
		Low: s.quantiles[0], Median: s.quantiles[1], High: s.quantiles[2],
	}, &s, nil
}

// presentOf copies the values that are there, for those who change their order.
func presentOf(c *frame.Column) order { return c.Numbers().Present() }

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

// order is values whose order does not matter, and is changed to find quantiles.
type order []float64

// quantile interpolates between order statistics: type 7 of Hyndman and Fan,
// "Sample Quantiles in Statistical Packages", The American Statistician 50(4),
// 1996, which is what numpy and R do by default.
func (o order) quantile(q float64) float64 {
	position := q * float64(len(o)-1)
	below := int(position)
	at := o.nth(below)
	if below+1 >= len(o) {
		return at
	}
	share := position - float64(below)
	return at*(1-share) + slices.Min(o[below+1:])*share
}

// nth puts the k-th smallest in its place, nothing larger before it and nothing
// smaller behind it, and gives it: Floyd and Rivest, "Algorithm 489: SELECT",
// Communications of the ACM 18(3), 1975, which sorts only around k.
func (o order) nth(k int) float64 {
	left, right := 0, len(o)-1
	for right > left {
		if right-left > 600 {
			n, i := float64(right-left+1), float64(k-left+1)
			z := math.Log(n)
			s := 0.5 * math.Exp(2*z/3)
			spread := 0.5 * math.Sqrt(z*s*(n-s)/n)
			if i < n/2 {
				spread = -spread
			}
			low := max(left, int(float64(k)-i*s/n+spread))
			high := min(right, int(float64(k)+(n-i)*s/n+spread))
			if low <= k && k <= high {
				part := o[low : high+1]
				part.nth(k - low)
			}
		}
		pivot := o[k]
		i, j := left, right
		for i <= j {
			for o[i] < pivot {
				i++
			}
			for pivot < o[j] {
				j--
			}
			if i <= j {
				o[i], o[j] = o[j], o[i]
				i++
				j--
			}
		}
		if j < k {
			left = i
		}
		if k < i {
			right = j
		}
	}
	return o[k]
}

// mode is the most frequent value, the least of equals.
func (o order) mode() float64 {
	slices.Sort(o)
	best, most, run := o[0], 0, 0
	for i, v := range o {
		if i > 0 && v != o[i-1] {
			run = 0
		}
		if run++; run > most {
			best, most = v, run
		}
	}
	return best
}

func (o order) mean() float64 {
	mean := 0.0
	for _, v := range o {
		mean += v / float64(len(o))
	}
	return mean
}

// moments is the mean and the population standard deviation of a feature over
// all rows, imputed ones included, in two passes so that a large mean costs no
// digits. A feature without spread has scale 1.
func moments(feature predict.Feature, values frame.Numbers) (mean, deviation float64) {
	feature.Center, feature.Scale = 0, 1
	compute := compile(&feature)
	buffer := make([]float64, min(values.Len(), blockRows))
	n := float64(values.Len())
	pass := func(add func(x float64)) {
		for _, block := range values.Blocks(buffer) { // perhaps in the buffer already
			compute(block, buffer, 1)
			for _, x := range buffer[:len(block)] {
				add(x)
			}
		}
	}
	pass(func(x float64) { mean += x / n })
	squares := 0.0
	pass(func(x float64) { squares += (x - mean) * (x - mean) })
	return mean, deviationOf(mean, squares/n)
}

// plainMoments are moments of numbers that are taken as they are.
func plainMoments(impute float64, values frame.Numbers) (mean, deviation float64) {
	var part [512]float64
	n := float64(values.Len())
	pass := func(square bool) (sum float64) {
		for _, block := range values.Blocks(part[:]) {
			for i, v := range block {
				if math.IsNaN(v) {
					v = impute
				}
				v -= mean
				if square {
					v *= v
				}
				part[i] = v
			}
			sum += total(part[:len(block)])
		}
		return sum / n
	}
	mean = pass(false)
	return mean, deviationOf(mean, pass(true))
}

// total sums in four strands, so that no addition waits for the one before.
func total(values []float64) float64 {
	var a, b, c, d float64
	for ; len(values) >= 4; values = values[4:] {
		a += values[0]
		b += values[1]
		c += values[2]
		d += values[3]
	}
	for _, v := range values {
		a += v
	}
	return (a + b) + (c + d)
}

// deviationOf is the root of a variance, 1 where that is what rounding left of a
// constant.
func deviationOf(mean, variance float64) float64 {
	deviation := math.Sqrt(variance)
	if !(deviation > 1e-14*math.Abs(mean)) {
		return 1
	}
	return deviation
}

// spread is moments of numbers that are there already.
func spread(values []float64) (mean, deviation float64) {
	return moments(predict.Feature{Op: opSteps}, frame.Doubles(values))
}

func sortAll(o order) { slices.Sort(o) }

// at is the k-th of so many quantiles at equal distances, of sorted values.
func (o order) at(k, points int) float64 {
	if points < 2 {
		return o[0]
	}
	position := float64(k) / float64(points-1) * float64(len(o)-1)
	below := int(position)
	if below+1 >= len(o) {
		return o[len(o)-1]
	}
	share := position - float64(below)
	return o[below]*(1-share) + o[below+1]*share
}
