package drift

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// group is the rows of one level or range in each version.
type group struct {
	label         string
	before, after int
}

// draws is how many samples an interval is made of.
const draws = 400

// effectOf is the total variation distance of two distributions over groups, half
// the sum of |p - q|: the least share of rows to change so that one becomes the
// other (Levin and Peres, "Markov Chains and Mixing Times", 2nd edition, 2017,
// section 4.1). Samples of one distribution differ as well, by half the sum of
// E|p - q|, about sqrt(2 m (1-m) (1/n+1/k) / π) per group of share m; the square
// of that is taken off the square of what was measured. The interval is that of
// the parametric bootstrap, drawn from the two samples' own shares, around the
// corrected value.
func effectOf(groups []group, cfg Config, place uint64) Effect {
	n, k := 0, 0
	for _, g := range groups {
		n, k = n+g.before, k+g.after
	}
	p, q := make([]float64, len(groups)), make([]float64, len(groups))
	for i, g := range groups {
		p[i], q[i] = float64(g.before)/float64(n), float64(g.after)/float64(k)
	}
	chance := byChance(p, q, n, k)
	measured := distance(p, q)
	random := rand.New(rand.NewPCG(cfg.Seed, place)) //nolint:gosec // a reproducible draw is the point
	deviations := make([]float64, draws)
	for d := range deviations {
		deviations[d] = distance(resampled(random, p, n), resampled(random, q, k))
	}
	slices.Sort(deviations)
	value := correct(measured, chance)
	// What the resamples add by chance on top of what the samples have is the same
	// again: their distances are corrected twice. The basic interval then turns
	// their spread around the value.
	tail := (1 - cfg.Level) / 2
	at := func(share float64) float64 {
		return correct(correct(deviations[min(int(share*draws), draws-1)], chance), chance)
	}
	return Effect{Value: value, Low: max(min(at(tail), value), 0), High: min(max(at(1-tail), value, halfWidth(chance, cfg.Level, value)), 1)}
}

// halfWidth keeps the upper bound from 0 where chance alone would hide as much:
// an effect of the size of chance cannot be ruled out.
func halfWidth(chance, level, value float64) float64 {
	return value + chance*distuv.UnitNormal.Quantile(0.5+level/2)/math.Sqrt2
}

// correct takes off what chance adds.
func correct(measured, chance float64) float64 {
	return math.Sqrt(max(measured*measured-chance*chance, 0))
}

func distance(p, q []float64) float64 {
	sum := 0.0
	for i := range p {
		sum += math.Abs(p[i] - q[i])
	}
	return sum / 2
}

// byChance is what two samples of one distribution, with the shares of both
// together, differ by on average.
func byChance(p, q []float64, n, k int) float64 {
	sum := 0.0
	for i := range p {
		m := (p[i]*float64(n) + q[i]*float64(k)) / float64(n+k)
		sum += math.Sqrt(2 * m * (1 - m) * (1/float64(n) + 1/float64(k)) / math.Pi)
	}
	return sum / 2
}

// resampled draws a sample of n from shares: binomials, one group after the
// other, of what is left.
func resampled(random *rand.Rand, shares []float64, n int) []float64 {
	drawn := make([]float64, len(shares))
	left, rest := n, 1.0
	for i, share := range shares {
		if left == 0 || share <= 0 {
			continue
		}
		count := left
		if share < rest {
			count = binomial(random, left, share/rest)
		}
		drawn[i] = float64(count) / float64(n)
		left, rest = left-count, rest-share
	}
	return drawn
}

// binomial draws exactly from few and by the normal approximation from many.
func binomial(random *rand.Rand, n int, p float64) int {
	mean, variance := float64(n)*p, float64(n)*p*(1-p)
	if variance > 100 {
		return min(max(int(math.Round(mean+math.Sqrt(variance)*random.NormFloat64())), 0), n)
	}
	if p > 0.5 {
		return n - binomial(random, n, 1-p)
	}
	if mean < 30 && n > 60 { // waiting times between successes are few
		count, at := 0, 0
		for {
			at += 1 + int(math.Log(1-random.Float64())/math.Log1p(-p))
			if at > n {
				return count
			}
			count++
		}
	}
	count := 0
	for range n {
		if random.Float64() < p {
			count++
		}
	}
	return count
}
