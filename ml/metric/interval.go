package metric

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// normal is the standard normal quantile of a two-sided interval.
func normal(level float64) float64 { return distuv.UnitNormal.Quantile(1 - (1-level)/2) }

// Wilson is the interval of a proportion of n trials (Wilson 1927). It never
// leaves [0, 1]; of 0 trials it is all of it. n need not be whole.
func Wilson(proportion, n, level float64) (low, high float64) {
	if !(n > 0) {
		return 0, 1
	}
	z := normal(level)
	centre := (proportion + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(proportion*(1-proportion)/n+z*z/(4*n*n))
	return max(0, min(centre-half, proportion)), min(1, max(centre+half, proportion))
}

// logit is the interval of a value between 0 and 1 whose standard error is known,
// made on the logit scale. Where the estimate is 0 or 1 no such error says
// anything, and the bound is that of n successes in n trials (Clopper and Pearson
// 1934).
func logit(value, standardError, n, level float64) (low, high float64) {
	tail := math.Pow((1-level)/2, 1/max(n, 1))
	switch {
	case value >= 1:
		return tail, 1
	case value <= 0:
		return 0, 1 - tail
	case math.IsInf(standardError, 1) || math.IsNaN(standardError):
		return 0, 1
	}
	centre, half := math.Log(value/(1-value)), normal(level)*standardError/(value*(1-value))
	return min(value, expit(centre-half)), max(value, expit(centre+half))
}

func expit(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// orderShares are the shares of the sorted rows between which the median of what
// they were drawn from lies: from the binomial distribution, exactly where rows
// are few.
func orderShares(n, level float64) (low, high float64) {
	if n > 200 {
		half := normal(level) / (2 * math.Sqrt(n))
		return max(0, 0.5-half-1/n), min(1, 0.5+half+1/n)
	}
	whole := math.Floor(n)
	tail, below, rank := (1-level)/2, 0.0, 0.0
	for rank < whole/2 {
		chance, _ := math.Lgamma(whole + 1)
		a, _ := math.Lgamma(rank + 1)
		b, _ := math.Lgamma(whole - rank + 1)
		if below += math.Exp(chance - a - b - whole*math.Ln2); below > tail {
			break
		}
		rank++
	}
	// The rank-th and its mirror image, counted from 1: 0 is none so small.
	return max(0, (rank-0.5)/whole), min(1, 1-(rank-0.5)/whole)
}

// effective is how many rows of equal weight say as much (Kish 1965, "Survey
// sampling").
func effective(sum, squares float64) float64 {
	if squares == 0 {
		return 0
	}
	return sum * sum / squares
}
