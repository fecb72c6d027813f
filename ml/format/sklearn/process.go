package sklearn

import (
	"math"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

// gaussianProcess reads the mean of a Gaussian process.
func (r *reader) gaussianProcess(p part, d *design) (answer, error) {
	kernel, ok := p.child("kernel_")
	if !ok {
		return answer{}, p.wrong("it has no kernel_: was it fitted?")
	}
	covariance, err := covarianceOf(kernel, 0, new(int))
	if err != nil {
		return answer{}, err
	}
	points, err := p.table("X_train_", len(d.columns))
	if err != nil {
		return answer{}, err
	}
	weights, err := p.matrix("alpha_")
	if err != nil {
		return answer{}, err
	}
	if weights.rows > 1 && weights.rows == points.rows || weights.columns != points.rows {
		weights = weights.transposed() // (rows, targets)
	}
	if weights.columns != points.rows {
		return answer{}, p.wrong("it has %d weights for %d rows", weights.rows, points.rows)
	}
	mean, scale := repeat(0, weights.rows), repeat(1, weights.rows)
	for name, to := range map[string][]float64{"_y_train_mean": mean, "_y_train_std": scale} {
		if p.get(name) == nil { // before 0.23 nothing was divided
			continue
		}
		values, err := p.floats(name)
		if err != nil {
			return answer{}, err
		}
		if len(values) == 1 {
			values = repeat(values[0], weights.rows)
		}
		if copy(to, values) != len(values) || len(values) != weights.rows {
			return answer{}, p.wrong("its %s has %d values for %d targets", name, len(values), weights.rows)
		}
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	sums, err := d.builder.stage(p, &stage.GaussianProcess{Covariance: covariance, Points: points.values, Weights: weights.values, Outputs: weights.rows}, takes)
	if err != nil {
		return answer{}, err
	}
	steps := make([][]stage.Step, weights.rows)
	for t := range steps {
		steps[t] = []stage.Step{{Op: "mul", A: scale[t]}, {Op: "add", A: mean[t]}}
	}
	scores, err := stepwise(p, d.builder, steps, sums)
	return numbers(scores), err
}

// maxKernels bounds the parts of one kernel, which may stand in it many times.
const maxKernels = 100

// covarianceOf reads the expression that a kernel is; parts counts what it is made
// of.
func covarianceOf(p part, depth int, parts *int) (stage.Covariance, error) { //nolint:gocyclo // a table of kernels
	var c stage.Covariance
	if depth > maxNesting {
		return c, p.wrong("kernels nest deeper than %d, or in a circle", maxNesting)
	}
	if *parts++; *parts > maxKernels {
		return c, p.wrong("the kernel is made of more than %d others", maxKernels)
	}
	var err error
	of := func(names ...string) {
		for _, name := range names {
			inner, ok := p.child(name)
			if !ok && err == nil {
				err = p.wrong("it has no %s", name)
			}
			if err == nil {
				var one stage.Covariance
				one, err = covarianceOf(inner, depth+1, parts)
				c.Of = append(c.Of, one)
			}
		}
	}
	number := func(name string, to *float64) {
		if err == nil {
			*to, err = p.number(name)
		}
	}
	switch p.class() {
	case "Sum":
		c.Kind = stage.CovarianceSum
		of("k1", "k2")
	case "Product":
		c.Kind = stage.CovarianceProduct
		of("k1", "k2")
	case "Exponentiation":
		c.Kind = stage.CovariancePower
		of("kernel")
		number("exponent", &c.A)
	case "ConstantKernel":
		c.Kind = stage.CovarianceConstant
		number("constant_value", &c.A)
	case "WhiteKernel":
		c.Kind = stage.CovarianceNothing
	case "RBF":
		c.Kind = stage.CovarianceRBF
		c.Length, err = p.floats("length_scale")
	case "Matern":
		c.Kind = stage.CovarianceMatern
		number("nu", &c.A)
		if err == nil {
			c.Length, err = p.floats("length_scale")
		}
		if math.IsInf(c.A, 1) {
			c.Kind = stage.CovarianceRBF
		}
	case "RationalQuadratic":
		c.Kind = stage.CovarianceRational
		number("alpha", &c.A)
		if err == nil {
			c.Length, err = p.floats("length_scale")
		}
	case "ExpSineSquared":
		c.Kind = stage.CovariancePeriodic
		number("periodicity", &c.A)
		number("length_scale", &c.B)
	case "DotProduct":
		c.Kind = stage.CovarianceInner
		number("sigma_0", &c.A)
	default:
		return c, p.unsupported("Use sums and products of RBF, Matern (nu 0.5, 1.5 or 2.5), RationalQuadratic, ExpSineSquared, DotProduct, ConstantKernel and WhiteKernel")
	}
	return c, err
}

// object is an item of a list as a part.
func object(p part, name string, v any) (part, error) {
	o, ok := v.(*pickle.Object)
	if !ok {
		return part{}, p.wrong("its %s holds what is no part of a model", name)
	}
	return part{o, join(p.path, name)}, nil
}
