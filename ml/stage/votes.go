package stage

import "math"

// Votes is the class that most pairs of classes vote for, of the lowest place
// among equals: the cells are libsvm's decisions of 0 against 1, 0 against 2 …
// 1 against 2 …; above 0 the first of the two has it.
type Votes struct{ Classes int }

// Check wants a cell per pair.
func (v Votes) Check(in int) (int, error) { return 1, pairs(v.Classes, in) }

// Work is room for the votes.
func (v Votes) Work(int) int { return v.Classes }

// Apply counts.
func (v Votes) Apply(in, out, work []float64) {
	votes := work[:v.Classes]
	clear(votes)
	p := 0
	for i := range v.Classes {
		for j := i + 1; j < v.Classes; j++ {
			if in[p] > 0 {
				votes[i]++
			} else {
				votes[j]++
			}
			p++
		}
	}
	Largest{}.Apply(votes, out, nil)
}

// OneVsRest makes of libsvm's decisions per pair (see Votes) one per class: its
// votes, plus the sum of its decisions squeezed into less than a third of a vote.
type OneVsRest struct{ Classes int }

// Check wants a cell per pair.
func (v OneVsRest) Check(in int) (int, error) { return v.Classes, pairs(v.Classes, in) }

// Work is room for the sums.
func (v OneVsRest) Work(int) int { return v.Classes }

// Apply counts and adds.
func (v OneVsRest) Apply(in, out, work []float64) {
	sums := work[:v.Classes]
	clear(sums)
	clear(out)
	p := 0
	for i := range v.Classes {
		for j := i + 1; j < v.Classes; j++ {
			sums[i] += in[p]
			sums[j] -= in[p]
			if in[p] < 0 {
				out[j]++
			} else {
				out[i]++
			}
			p++
		}
	}
	for k, sum := range sums {
		out[k] += sum / (3 * (math.Abs(sum) + 1))
	}
}

// Coupling makes probabilities of the classes of libsvm's decisions per pair
// (see Votes): by a sigmoid of each (Platt, Probabilistic Outputs for Support
// Vector Machines, 1999), and then by the second method of Wu, Lin & Weng,
// Probability Estimates for Multi-class Classification by Pairwise Coupling,
// JMLR 5 (2004), section 5, stopped where libsvm stops it.
type Coupling struct {
	Classes int
	A, B    []float64 // per pair: the sigmoid is 1/(1+exp(A d + B))
}

// maxCoupled bounds the classes: a row may take their number times its square.
const maxCoupled = 500

// Check wants a cell and a sigmoid per pair.
func (c *Coupling) Check(in int) (int, error) {
	if c.Classes > maxCoupled {
		return 0, wrong("probabilities of %d classes are coupled, at most %d are", c.Classes, maxCoupled)
	}
	if len(c.A) != in || len(c.B) != in {
		return 0, wrong("there are %d and %d constants of sigmoids for %d pairs", len(c.A), len(c.B), in)
	}
	return c.Classes, pairs(c.Classes, in)
}

// Work is room for the pairs' probabilities, the matrix Q and the vector Qp.
func (c *Coupling) Work(int) int { return 2*c.Classes*c.Classes + c.Classes }

// Apply iterates.
func (c *Coupling) Apply(in, out, work []float64) {
	k := c.Classes
	r, q, qp := work[:k*k], work[k*k:2*k*k], work[2*k*k:2*k*k+k]
	const least = 1e-7
	p := 0
	for i := range k {
		for j := i + 1; j < k; j++ {
			r[i*k+j] = min(max(Logistic(-(in[p]*c.A[p]+c.B[p])), least), 1-least)
			r[j*k+i] = 1 - r[i*k+j]
			p++
		}
	}
	for t := range k {
		out[t] = 1 / float64(k)
		sum := 0.0
		for j := range k {
			if j == t {
				continue
			}
			sum += r[j*k+t] * r[j*k+t]
			q[t*k+j] = -r[j*k+t] * r[t*k+j]
		}
		q[t*k+t] = sum
	}
	for range max(100, k) {
		if couplingStep(k, q, qp, out) || math.IsNaN(out[0]) { // which no step mends
			return
		}
	}
}

// couplingStep improves the probabilities once; true when they were good
// enough before.
func couplingStep(k int, q, qp, p []float64) bool {
	whole := 0.0
	for t := range k {
		qp[t] = 0
		for j := range k {
			qp[t] += q[t*k+j] * p[j]
		}
		whole += p[t] * qp[t]
	}
	worst := 0.0
	for t := range k {
		worst = max(worst, math.Abs(qp[t]-whole))
	}
	if worst < 0.005/float64(k) {
		return true
	}
	for t := range k {
		diff := (-qp[t] + whole) / q[t*k+t]
		p[t] += diff
		whole = (whole + diff*(diff*q[t*k+t]+2*qp[t])) / (1 + diff) / (1 + diff)
		for j := range k {
			qp[j] = (qp[j] + diff*q[t*k+j]) / (1 + diff)
			p[j] /= 1 + diff
		}
	}
	return false
}

func pairs(classes, in int) error {
	if classes < 2 || classes > 10_000 || in != classes*(classes-1)/2 {
		return wrong("%d classes do not make %d pairs", classes, in)
	}
	return nil
}
