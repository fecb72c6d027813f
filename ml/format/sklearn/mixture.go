package sklearn

import (
	"math"

	"dasier/ml/stage"
)

// mixture reads a mixture of normal distributions; a variational one expects the
// logarithms of weights and precisions.
func (r *reader) mixture(p part, d *design) (answer, error) {
	n := len(d.columns)
	means, err := p.table("means_", n)
	if err != nil {
		return answer{}, err
	}
	q := &stage.Quadratic{Centers: means.values}
	if err := mixtureShapes(p, q, means.rows, n); err != nil {
		return answer{}, err
	}
	if p.class() == "BayesianGaussianMixture" {
		err = bayesianWeights(p, q.Bias, n)
	} else {
		err = mixtureWeights(p, q.Bias)
	}
	if err != nil {
		return answer{}, err
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	cells, err := d.builder.stage(p, q, takes)
	if err != nil {
		return answer{}, err
	}
	if means.rows < 2 {
		return answer{}, p.wrong("it has %d components, and there is nothing to choose", means.rows)
	}
	density, err := d.builder.stage(p, stage.LogSum{}, cells)
	if err != nil {
		return answer{}, err
	}
	a, err := likelihoods(p, d, numberedClasses(means.rows), cells, true)
	a.outputs = []named{{"score_samples", density}}
	return a, err
}

// mixtureWeights adds the logarithms of the components' weights.
func mixtureWeights(p part, bias []float64) error {
	weights, err := p.exactly("weights_", len(bias))
	if err != nil {
		return err
	}
	for k, w := range weights {
		bias[k] += math.Log(w)
	}
	return nil
}

// mixtureShapes reads the factors of the precisions, of any of the four kinds,
// and the normal densities' constants.
func mixtureShapes(p part, q *stage.Quadratic, components, n int) error {
	q.Bias = repeat(-0.5*float64(n)*math.Log(2*math.Pi), components)
	kind := p.text("covariance_type")
	switch kind {
	case "diag", "spherical":
		precisions, err := p.floats("precisions_cholesky_")
		if err != nil {
			return err
		}
		each := 1
		if kind == "diag" {
			each = n
		}
		if len(precisions) != components*each {
			return p.wrong("it has %d precisions for %d components of %d columns", len(precisions), components, n)
		}
		for k := range components {
			for j := range n {
				v := precisions[k*each+j%each]
				q.Bias[k] += math.Log(v)
				q.Variances = append(q.Variances, 1/(v*v))
			}
		}
		return nil
	case "full", "tied":
	default:
		return p.wrong("its covariance_type %q is not read", kind)
	}
	count := components
	if kind == "tied" {
		count = 1
	}
	var factors []matrix
	if kind == "tied" {
		one, err := p.table("precisions_cholesky_", n)
		if err != nil {
			return err
		}
		factors = []matrix{one}
	} else {
		var err error
		if factors, err = p.tables("precisions_cholesky_", count); err != nil {
			return err
		}
	}
	for k := range components {
		f := factors[min(k, count-1)]
		if f.rows != n || f.columns != n {
			return p.wrong("the precision of component %d is %d × %d for %d columns", k, f.rows, f.columns, n)
		}
		for j := range n {
			q.Bias[k] += math.Log(f.row(j)[j])
		}
		q.Factors = append(q.Factors, f.transposed().values)
	}
	return nil
}

// bayesianWeights adds the expectations that variational inference has of
// weights and precisions (Bishop, Pattern Recognition and Machine Learning,
// equations 10.64 to 10.66).
func bayesianWeights(p part, bias []float64, n int) error {
	freedom, err := p.floats("degrees_of_freedom_")
	if err != nil {
		return err
	}
	if len(freedom) == 1 { // of tied covariances
		freedom = repeat(freedom[0], len(bias))
	}
	if len(freedom) != len(bias) {
		return p.wrong("it has %d degrees of freedom for %d components", len(freedom), len(bias))
	}
	precision, err := p.exactly("mean_precision_", len(bias))
	if err != nil {
		return err
	}
	for k := range bias {
		logs := float64(n) * math.Log(2)
		for j := range n {
			logs += digamma(0.5 * (freedom[k] - float64(j)))
		}
		bias[k] += -0.5*float64(n)*math.Log(freedom[k]) + 0.5*(logs-float64(n)/precision[k])
	}
	if p.text("weight_concentration_prior_type") != "dirichlet_process" {
		weights, err := p.exactly("weight_concentration_", len(bias))
		if err != nil {
			return err
		}
		sum := 0.0
		for _, w := range weights {
			sum += w
		}
		for k, w := range weights {
			bias[k] += digamma(w) - digamma(sum)
		}
		return nil
	}
	pair, err := p.items("weight_concentration_")
	if err != nil || len(pair) != 2 {
		return p.wrong("its weight_concentration_ is no pair")
	}
	both, err := p.tables("weight_concentration_", 2)
	if err != nil {
		return err
	}
	a, b := both[0].values, both[1].values
	if len(a) != len(bias) || len(b) != len(bias) {
		return p.wrong("it has %d and %d concentrations for %d components", len(a), len(b), len(bias))
	}
	before := 0.0
	for k := range bias {
		sum := digamma(a[k] + b[k])
		bias[k] += digamma(a[k]) - sum + before
		before += digamma(b[k]) - sum
	}
	return nil
}

// digamma is the derivative of log Γ (Abramowitz & Stegun, 6.3.5 and 6.3.18).
func digamma(x float64) float64 {
	sum := 0.0
	for ; x < 12; x++ {
		sum -= 1 / x
	}
	f := 1 / (x * x)
	return sum + math.Log(x) - 0.5/x - f*(1./12-f*(1./120-f*(1./252-f*(1./240-f*(1./132-f*(691./32760-f/12))))))
}
