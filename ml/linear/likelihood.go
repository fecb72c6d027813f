package linear

import "math"

// binary is the loss of logistic regression: -log of the probability of the
// class that a row has.
type binary struct{ y, weights []float64 }

// slope takes one logarithm for a block of rows that weigh the same: that of the
// product of what each has the logarithm of, which is at most 2^128.
func (l binary) slope(first, n int, scores, slopes [][block]float64) float64 {
	sum, product := 0.0, 1.0
	y, to := l.y[first:first+n], &slopes[0]
	for i, s := range scores[0][:n] {
		e := math.Exp(-math.Abs(s))
		share := 1 / (1 + e)
		p := share
		if s < 0 {
			p = e * share
		}
		loss := max(s, 0) - y[i]*s
		if l.weights == nil {
			product *= 1 + e
			sum += loss
			to[i] = p - y[i]
			continue
		}
		w := l.weights[first+i]
		sum += w * (math.Log1p(e) + loss)
		to[i] = w * (p - y[i])
	}
	return sum + math.Log(product)
}

func (l binary) curve(first, n int, scores, curves [][block]float64) {
	for i, s := range scores[0][:n] {
		e := math.Exp(-math.Abs(s))
		curves[0][i] = weight(l.weights, first+i) * e / ((1 + e) * (1 + e))
	}
}

// multinomial is the same for more than two classes, of which each has a score.
type multinomial struct{ y, weights []float64 }

func (l multinomial) slope(first, n int, scores, slopes [][block]float64) float64 {
	sum := 0.0
	for i := range n {
		w, own := weight(l.weights, first+i), int(l.y[first+i])
		most := math.Inf(-1)
		for k := range scores {
			most = max(most, scores[k][i])
		}
		total := 0.0
		for k := range scores {
			slopes[k][i] = math.Exp(scores[k][i] - most)
			total += slopes[k][i]
		}
		sum += w * (math.Log(total) + most - scores[own][i])
		for k := range scores {
			slopes[k][i] *= w / total
		}
		slopes[own][i] -= w
	}
	return sum
}

func (l multinomial) curve(first, n int, scores, curves [][block]float64) {
	for i := range n {
		w := weight(l.weights, first+i)
		most := math.Inf(-1)
		for k := range scores {
			most = max(most, scores[k][i])
		}
		total := 0.0
		for k := range scores {
			curves[k][i] = math.Exp(scores[k][i] - most)
			total += curves[k][i]
		}
		for k := range scores {
			p := curves[k][i] / total
			curves[k][i] = w * p * (1 - p)
		}
	}
}

// tweedie is half the deviance of a distribution whose variance is a power of
// its mean, up to what does not depend on the mean, which is exp(score):
// Jørgensen, "Exponential Dispersion Models", JRSS B 49(2), 1987, section 4.
// Power 1 is Poisson's, 2 gamma's.
type tweedie struct {
	power      float64
	y, weights []float64
}

func (l tweedie) slope(first, n int, scores, slopes [][block]float64) float64 {
	sum := 0.0
	for i, s := range scores[0][:n] {
		w, y := weight(l.weights, first+i), l.y[first+i]
		switch l.power {
		case 1:
			mean := math.Exp(s)
			sum += w * (mean - y*s)
			slopes[0][i] = w * (mean - y)
		case 2:
			ratio := y * math.Exp(-s)
			sum += w * (s + ratio)
			slopes[0][i] = w * (1 - ratio)
		default:
			a, b := y*math.Exp((1-l.power)*s), math.Exp((2-l.power)*s)
			sum += w * (b/(2-l.power) - a/(1-l.power))
			slopes[0][i] = w * (b - a)
		}
	}
	return sum
}

// curve above power 2 is what it is on average: there the loss is not convex
// everywhere.
func (l tweedie) curve(first, n int, scores, curves [][block]float64) {
	for i, s := range scores[0][:n] {
		w, y := weight(l.weights, first+i), l.y[first+i]
		switch {
		case l.power > 2:
			curves[0][i] = w * math.Exp((2-l.power)*s)
		case l.power == 2:
			curves[0][i] = w * y * math.Exp(-s)
		default:
			curves[0][i] = w * ((l.power-1)*y*math.Exp((1-l.power)*s) + (2-l.power)*math.Exp((2-l.power)*s))
		}
	}
}
