package onnx

import (
	"math"

	"dasier/ml/stage"
)

// points are operations that compare a row with many points.
func (e *emitter) points(do stage.Operation, x matrix) (m matrix, known bool, err error) {
	switch do := do.(type) {
	case *stage.KernelSum:
		m, err = e.kernelSum(do, x)
	case *stage.GaussianProcess:
		n := len(do.Points) / x.width
		k, problem := e.covariance(&do.Covariance, x, do.Points)
		if problem != nil {
			return m, true, problem
		}
		m = e.affine(matrix{k, n}, do.Weights, make([]float64, do.Outputs))
	case *stage.Quadratic:
		m = e.quadratic(do, x)
	case *stage.Distances:
		m = matrix{e.distance(&do.Metric, e.ranks(&do.Metric, x, do.Points)), len(do.Points) / x.width}
	case *stage.Neighbours:
		m, err = e.neighbours(do, x)
	case *stage.Density:
		m, err = e.density(do, x)
	default:
		return m, false, nil
	}
	return m, true, err
}

// differences are x-y for every point: [N, points, width].
func (e *emitter) differences(x matrix, points []float64) string {
	return e.sub(e.among(x.name), e.table(points, 1, len(points)/x.width, x.width))
}

// summed adds up what is per point and number: [N, points].
func (e *emitter) summed(x string) string { return e.folded("ReduceSum", x, 2) }

func (e *emitter) squares(x matrix, points []float64) string {
	d := e.differences(x, points)
	return e.summed(e.mul(d, d))
}

// inner is x·y for every point.
func (e *emitter) inner(x matrix, points []float64) string {
	n := len(points) / x.width
	across := make([]float64, len(points))
	for i := range n {
		for j := range x.width {
			across[j*n+i] = points[i*x.width+j]
		}
	}
	return e.matMul(x.name, e.table(across, x.width, n))
}

// lengths are the euclidean lengths of points.
func lengths(points []float64, width int) []float64 {
	list := make([]float64, len(points)/width)
	for i := range list {
		sum := 0.0
		for _, v := range points[i*width : (i+1)*width] {
			sum += v * v
		}
		list[i] = math.Sqrt(sum)
	}
	return list
}

// length is x's, of shape [N, 1].
func (e *emitter) length(x matrix) string {
	return e.do("Sqrt", e.reduce("ReduceSum", e.mul(x.name, x.name), 1))
}

// kernelSum weights the kernels of all vectors, as one matrix product.
func (e *emitter) kernelSum(s *stage.KernelSum, x matrix) (matrix, error) {
	if len(s.Vectors) == 0 || x.width == 0 {
		return e.affine(matrix{"", 0}, nil, s.Bias), nil
	}
	n := len(s.Vectors) / x.width
	weights := make([]float64, len(s.Bias)*n)
	for _, t := range s.Terms {
		for i, w := range t.Weights {
			weights[t.Out*n+t.From+i] += w
		}
	}
	k, err := e.kernel(&s.Kernel, x, s.Vectors)
	if err != nil {
		return matrix{}, err
	}
	return e.affine(matrix{k, n}, weights, s.Bias), nil
}

// kernel is how alike a row and each of the vectors are: [N, vectors].
func (e *emitter) kernel(k *stage.Kernel, x matrix, vectors []float64) (string, error) {
	switch k.Kind {
	case stage.KernelLinear:
		return e.inner(x, vectors), nil
	case stage.KernelPolynomial:
		return e.do("Pow", e.add(e.mul(e.num(k.Gamma), e.inner(x, vectors)), e.num(k.Coef0)), e.num(k.Degree)), nil
	case stage.KernelSigmoid:
		return e.do("Tanh", e.add(e.mul(e.num(k.Gamma), e.inner(x, vectors)), e.num(k.Coef0))), nil
	case stage.KernelRBF:
		return e.do("Exp", e.mul(e.num(-k.Gamma), e.squares(x, vectors))), nil
	case stage.KernelLaplacian:
		return e.do("Exp", e.mul(e.num(-k.Gamma), e.summed(e.do("Abs", e.differences(x, vectors))))), nil
	case stage.KernelCosine:
		both := e.mul(e.length(x), e.row(lengths(vectors, x.width)))
		return e.where(e.do("Greater", both, e.num(0)), e.div(e.inner(x, vectors), both), e.num(0)), nil
	case stage.KernelChi2, stage.KernelAdditiveChi2:
		d := e.differences(x, vectors)
		whole := e.add(e.among(x.name), e.table(vectors, 1, len(vectors)/x.width, x.width))
		sum := e.summed(e.where(e.do("Equal", whole, e.num(0)), e.num(0), e.div(e.mul(d, d), whole)))
		if k.Kind == stage.KernelAdditiveChi2 {
			return e.do("Neg", sum), nil
		}
		return e.do("Exp", e.mul(e.num(-k.Gamma), sum)), nil
	}
	return "", cannot("there is no form of the kernel %q in ONNX", k.Kind)
}

// covariance is an expression of kernels: [N, points].
func (e *emitter) covariance(c *stage.Covariance, x matrix, points []float64) (string, error) {
	of := make([]string, len(c.Of))
	for k := range c.Of {
		var err error
		if of[k], err = e.covariance(&c.Of[k], x, points); err != nil {
			return "", err
		}
	}
	n := len(points) / x.width
	scaled := func() string {
		d := e.differences(x, points)
		if len(c.Length) == 1 {
			return e.div(e.summed(e.mul(d, d)), e.num(c.Length[0]*c.Length[0]))
		}
		d = e.div(d, e.table(c.Length, 1, 1, x.width))
		return e.summed(e.mul(d, d))
	}
	switch c.Kind {
	case stage.CovarianceSum:
		return e.add(of[0], of[1]), nil
	case stage.CovarianceProduct:
		return e.mul(of[0], of[1]), nil
	case stage.CovariancePower:
		return e.do("Pow", of[0], e.num(c.A)), nil
	case stage.CovarianceConstant:
		return e.filled(c.A, n).name, nil
	case stage.CovarianceNothing:
		return e.filled(0, n).name, nil
	case stage.CovarianceRBF:
		return e.do("Exp", e.mul(e.num(-0.5), scaled())), nil
	case stage.CovarianceRational:
		return e.do("Pow", e.add(e.num(1), e.div(scaled(), e.num(2*c.A))), e.num(-c.A)), nil
	case stage.CovarianceMatern:
		return e.matern(c.A, e.do("Sqrt", scaled())), nil
	case stage.CovariancePeriodic:
		s := e.div(e.do("Sin", e.mul(e.num(math.Pi/c.A), e.do("Sqrt", e.squares(x, points)))), e.num(c.B))
		return e.do("Exp", e.mul(e.num(-2), e.mul(s, s))), nil
	case stage.CovarianceInner:
		return e.add(e.inner(x, points), e.num(c.A*c.A)), nil
	}
	return "", cannot("there is no form of the covariance %q in ONNX", c.Kind)
}

func (e *emitter) matern(smoothness float64, r string) string {
	one := e.num(1)
	var factor string
	switch smoothness {
	case 1.5:
		r = e.mul(r, e.num(math.Sqrt(3)))
		factor = e.add(one, r)
	case 2.5:
		r = e.mul(r, e.num(math.Sqrt(5)))
		factor = e.add(e.add(one, r), e.div(e.mul(r, r), e.num(3)))
	default:
		return e.do("Exp", e.do("Neg", r))
	}
	return e.mul(factor, e.do("Exp", e.do("Neg", r)))
}

// quadratic is Bias - |M'(x-c)|²/2 per centre.
func (e *emitter) quadratic(q *stage.Quadratic, x matrix) matrix {
	n, d := len(q.Bias), x.width
	if q.Variances != nil {
		diff := e.differences(x, q.Centers)
		sum := e.summed(e.div(e.mul(diff, diff), e.table(q.Variances, 1, n, d)))
		return matrix{e.sub(e.row(q.Bias), e.mul(e.num(0.5), sum)), n}
	}
	parts := make([]string, n)
	for k := range n {
		diff := matrix{e.sub(x.name, e.row(q.Centers[k*d:(k+1)*d])), d}
		var sum string
		if q.Factors != nil {
			if len(q.Factors[k]) == 0 {
				sum = e.filled(0, 1).name
			} else {
				y := e.inner(diff, q.Factors[k])
				sum = e.reduce("ReduceSum", e.mul(y, y), 1)
			}
		} else {
			sum = e.reduce("ReduceSum", e.mul(e.inner(diff, q.Forms[k]), diff.name), 1)
		}
		parts[k] = e.sub(e.num(q.Bias[k]), e.mul(e.num(0.5), sum))
	}
	return matrix{e.join(parts), n}
}
