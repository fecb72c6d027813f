package prep

import (
	"math"
)

// The powers that are looked for: of a feature so far around 1, where the
// transform does nothing, that nothing overflows; of a target those whose inverse
// knows every number.
const (
	leastPower, mostPower             = -4.0, 6.0
	leastTargetPower, mostTargetPower = 0.0, 2.0
	// powerRows is how many values a power is estimated from, evenly spread over
	// the rows: more change no digit that matters.
	powerRows = 100_000
)

// powerOf is the power of Yeo and Johnson's transform (A new family of power
// transformations to improve normality or symmetry, Biometrika 87, 2000, section
// 3) under which the values, given as present, are most likely normal: the
// maximum of the profile likelihood
//
//	-n/2 log(variance of the transformed) + (power-1) sum(sign(x) log1p|x|)
//
// between least and most, by Brent's search. Weights nil: 1 each.
//
// Different from scikit-learn's PowerTransformer: the power is bounded, and more
// than powerRows values are thinned out.
func powerOf(values, weights []float64, least, most float64) float64 {
	stride := (len(values) + powerRows - 1) / powerRows
	logs := make([]float64, 0, len(values)/max(stride, 1)+1) // sign(x) log1p|x|
	var w []float64
	for i := 0; i < len(values); i += max(stride, 1) {
		logs = append(logs, math.Copysign(math.Log1p(math.Abs(values[i])), values[i]))
		if weights != nil {
			w = append(w, weights[i])
		}
	}
	if len(logs) == 0 {
		return 1
	}
	total, sum := 0.0, 0.0
	for i, l := range logs {
		total += weightOf(w, i)
		sum += weightOf(w, i) * l
	}
	loss := func(power float64) float64 {
		v := spreadOf(logs, w, total, power)
		if !(v > 0) || math.IsInf(v, 0) {
			return math.Inf(1)
		}
		return total/2*math.Log(v) - (power-1)*sum
	}
	return brent(loss, least, most)
}

func weightOf(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// spreadOf is the variance of the transformed values, from their signed logs, in
// one pass around a first guess of their mean.
func spreadOf(logs, weights []float64, total, power float64) float64 {
	shift := powered(logs[0], power)
	sum, squares := 0.0, 0.0
	for i, l := range logs {
		d := powered(l, power) - shift
		w := weightOf(weights, i)
		sum += w * d
		squares += w * d * d
	}
	mean := sum / total
	return squares/total - mean*mean
}

// powered is Yeo and Johnson's transform of x, from sign(x) log1p|x|.
func powered(l, power float64) float64 {
	if l < 0 {
		if power == 2 {
			return l
		}
		return -math.Expm1((2-power)*-l) / (2 - power)
	}
	if power == 0 {
		return l
	}
	return math.Expm1(power*l) / power
}

// brent finds the least value of a function between two bounds: Brent, Algorithms
// for Minimization without Derivatives, 1973, chapter 5 (localmin).
func brent(f func(float64) float64, a, b float64) float64 {
	const golden, tolerance = 0.3819660112501051, 1e-9
	x := a + golden*(b-a)
	w, v := x, x
	fx := f(x)
	fw, fv := fx, fx
	d, e := 0.0, 0.0
	for range 200 {
		middle := (a + b) / 2
		near := tolerance*math.Abs(x) + tolerance/4
		if math.Abs(x-middle) <= 2*near-(b-a)/2 {
			break
		}
		parabola := false
		if math.Abs(e) > near {
			r, q := (x-w)*(fx-fv), (x-v)*(fx-fw)
			p := (x-v)*q - (x-w)*r
			q = 2 * (q - r)
			if q > 0 {
				p = -p
			}
			q = math.Abs(q)
			if math.Abs(p) < math.Abs(q*e/2) && p > q*(a-x) && p < q*(b-x) {
				parabola = true
				e, d = d, p/q
				if u := x + d; u-a < 2*near || b-u < 2*near {
					d = math.Copysign(near, middle-x)
				}
			}
		}
		if !parabola {
			e = b - x
			if x >= middle {
				e = a - x
			}
			d = golden * e
		}
		u := x + d
		if math.Abs(d) < near {
			u = x + math.Copysign(near, d)
		}
		fu := f(u)
		if fu <= fx {
			if u < x {
				b = x
			} else {
				a = x
			}
			v, fv, w, fw, x, fx = w, fw, x, fx, u, fu
			continue
		}
		if u < x {
			a = u
		} else {
			b = u
		}
		switch {
		case fu <= fw || w == x:
			v, fv, w, fw = w, fw, u, fu
		case fu <= fv || v == x || v == w:
			v, fv = u, fu
		}
	}
	return x
}
