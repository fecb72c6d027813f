package stage

// Quadratic is how far a vector is from centres, each with a shape of its own:
// Bias - |M'(x-c)|²/2 per centre. The logarithms of normal densities are of that
// form: naive Bayes, quadratic discriminants, mixtures.
type Quadratic struct {
	Centers []float64 // row by row, each as wide as the cells
	Bias    []float64 // per centre
	// Either one of these.
	Variances []float64   // per centre and cell: M is diagonal, M² the inverse of these
	Factors   [][]float64 // per centre: M', a row per number of the product
	// Forms are, per centre, P of (x-c)'P(x-c), in place of |M'(x-c)|².
	Forms [][]float64
}

// Check holds the shapes to the centres.
func (q *Quadratic) Check(in int) (int, error) {
	n, err := rows("centres", q.Centers, in)
	if err != nil {
		return 0, err
	}
	switch {
	case len(q.Bias) != n:
		return 0, wrong("there are %d constants for %d centres", len(q.Bias), n)
	case q.Variances != nil && len(q.Variances) != n*in:
		return 0, wrong("there are %d variances for %d centres of %d", len(q.Variances), n, in)
	case q.Variances == nil && q.Factors == nil && len(q.Forms) != n, q.Factors != nil && len(q.Factors) != n:
		return 0, wrong("there are %d factors and %d forms for %d centres", len(q.Factors), len(q.Forms), n)
	}
	for k := range q.Factors {
		if len(q.Factors[k])%in != 0 {
			return 0, wrong("factor %d has %d numbers, which are no rows of %d", k, len(q.Factors[k]), in)
		}
	}
	for k := range q.Forms {
		if len(q.Forms[k]) != in*in {
			return 0, wrong("form %d has %d numbers for %d cells", k, len(q.Forms[k]), in)
		}
	}
	return n, nil
}

// Work is room for the difference to a centre.
func (q *Quadratic) Work(in int) int { return in }

// Apply measures.
func (q *Quadratic) Apply(in, out, work []float64) {
	d := len(in)
	x := work[:d]
	for k := range out {
		for j, c := range q.Centers[k*d : (k+1)*d] {
			x[j] = in[j] - c
		}
		out[k] = q.Bias[k] - 0.5*q.square(k, x)
	}
}

func (q *Quadratic) square(k int, x []float64) float64 {
	d, sum := len(x), 0.0
	switch {
	case q.Variances != nil:
		for j, v := range q.Variances[k*d : (k+1)*d] {
			sum += x[j] * x[j] / v
		}
	case q.Factors != nil:
		f := q.Factors[k]
		for at := 0; at+d <= len(f); at += d {
			y := dot(f[at:at+d], x)
			sum += y * y
		}
	default:
		f := q.Forms[k]
		for i, v := range x {
			sum += dot(f[i*d:(i+1)*d], x) * v
		}
	}
	return sum
}
