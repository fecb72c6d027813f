package stage

import "math"

// Average is the weighted mean of vectors that stand one after the other: of
// several estimators' predictions, or of their probabilities.
type Average struct {
	Width   int       // of each vector
	Weights []float64 // of each vector; none: all the same
	Over    float64   // what the sums are divided by; 0: the sum of the weights
}

// Check wants a whole number of vectors, and weights that can be divided by.
func (a *Average) Check(in int) (int, error) {
	switch {
	case a.Width < 1 || in == 0 || in%a.Width != 0:
		return 0, wrong("%d cells are no vectors of %d", in, a.Width)
	case a.Weights != nil && len(a.Weights) != in/a.Width:
		return 0, wrong("there are %d weights for %d vectors", len(a.Weights), in/a.Width)
	case a.Weights != nil && a.Over == 0 && total(a.Weights) == 0:
		return 0, wrong("the weights add up to 0")
	}
	return a.Width, nil
}

// Work is nothing.
func (a *Average) Work(int) int { return 0 }

// Apply adds first and divides then, as numpy does: a tie of two classes stays
// one.
func (a *Average) Apply(in, out, _ []float64) {
	clear(out)
	n := len(in) / a.Width
	for i := range n {
		vector := in[i*a.Width : (i+1)*a.Width]
		if a.Weights == nil {
			for k, v := range vector {
				out[k] += v
			}
			continue
		}
		for k, v := range vector {
			out[k] += float64(v * a.Weights[i])
		}
	}
	by := float64(n)
	switch {
	case a.Over != 0:
		by = a.Over
	case a.Weights != nil:
		by = total(a.Weights)
	}
	for k := range out {
		out[k] /= by
	}
}

// Shares is what each of so many vectors is multiplied by in the mean.
func (a *Average) Shares(vectors int) []float64 {
	shares, by := make([]float64, vectors), float64(vectors)
	switch {
	case a.Over != 0:
		by = a.Over
	case a.Weights != nil:
		by = total(a.Weights)
	}
	for i := range shares {
		shares[i] = 1 / by
		if a.Weights != nil {
			shares[i] = a.Weights[i] / by
		}
	}
	return shares
}

func total(weights []float64) float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	return sum
}

// Ballot counts votes: each cell is the place of a class, which gets the voter's
// weight; every other class gets Against times it.
type Ballot struct {
	Classes int
	Weights []float64 // per voter; none: 1
	Against float64   // -1/(Classes-1) in AdaBoost's SAMME, else 0
	Over    float64   // what the sums are divided by; 0: nothing
}

// Check wants a weight per voter.
func (b *Ballot) Check(in int) (int, error) {
	switch {
	case b.Classes < 1 || b.Classes > maxCells || in == 0:
		return 0, wrong("%d voters and %d classes make no vote", in, b.Classes)
	case b.Weights != nil && len(b.Weights) != in:
		return 0, wrong("there are %d weights for %d voters", len(b.Weights), in)
	}
	return b.Classes, nil
}

// Work is nothing.
func (b *Ballot) Work(int) int { return 0 }

// Apply counts.
func (b *Ballot) Apply(in, out, _ []float64) {
	clear(out)
	for i, place := range in {
		weight := 1.0
		if b.Weights != nil {
			weight = b.Weights[i]
		}
		for k := range out {
			switch {
			case float64(k) == place:
				out[k] += weight
			case b.Against != 0:
				out[k] += b.Against * weight
			}
		}
	}
	if b.Over != 0 {
		for k := range out {
			out[k] /= b.Over
		}
	}
}

// Median is the weighted median of the cells: the first in their order at which
// the weights of those before and its own reach half of all (Drucker, Improving
// Regressors using Boosting Techniques, ICML 1997, section 2: AdaBoost.R2).
type Median struct{ Weights []float64 }

// Check wants a weight per cell.
func (m *Median) Check(in int) (int, error) {
	if in == 0 || len(m.Weights) != in {
		return 0, wrong("there are %d weights for %d cells", len(m.Weights), in)
	}
	return 1, nil
}

// Work is room for the cells and their weights in order.
func (m *Median) Work(in int) int { return 2 * in }

// Apply sorts and adds.
func (m *Median) Apply(in, out, work []float64) {
	values, weights := work[:len(in)], work[len(in):2*len(in)]
	copy(values, in)
	copy(weights, m.Weights)
	sortPairs(values, weights)
	for i := 1; i < len(weights); i++ {
		weights[i] += weights[i-1]
	}
	half := 0.5 * weights[len(weights)-1]
	out[0] = values[0] // where no weight is a number, as numpy's argmax of nothing
	for i, w := range weights {
		if w >= half {
			out[0] = values[i]
			return
		}
	}
}

// sortPairs sorts values, and weights with them, missing values last. It is
// Shell's sort with the gaps of Ciura (Best Increments for the Average Case of
// Shellsort, 2001): in place, and without an interface that would allocate.
func sortPairs(values, weights []float64) {
	before := func(a, b float64) bool { return a < b || math.IsNaN(b) && !math.IsNaN(a) }
	gaps := [...]int{16001, 7001, 3001, 1301, 701, 301, 132, 57, 23, 10, 4, 1}
	for _, gap := range gaps {
		for i := gap; i < len(values); i++ {
			v, w := values[i], weights[i]
			j := i
			for ; j >= gap && before(v, values[j-gap]); j -= gap {
				values[j], weights[j] = values[j-gap], weights[j-gap]
			}
			values[j], weights[j] = v, w
		}
	}
}

// LogShares is what a member of AdaBoost's SAMME.R says of probabilities p of K
// classes: (K-1) (log p - the mean of log p), with p no less than float64's
// epsilon (Zhu, Zou, Rosset & Hastie, Multi-class AdaBoost, 2009, algorithm 4).
type LogShares struct{}

// Check wants classes.
func (LogShares) Check(in int) (int, error) { return some(in) }

// Work is nothing.
func (LogShares) Work(int) int { return 0 }

// Apply takes logarithms.
func (LogShares) Apply(in, out, _ []float64) {
	const epsilon = 0x1p-52
	sum := 0.0
	for k, p := range in {
		out[k] = math.Log(max(p, epsilon))
		sum += out[k]
	}
	n := float64(len(in))
	for k := range out {
		out[k] = (n - 1) * (out[k] - float64(1/n*sum))
	}
}
