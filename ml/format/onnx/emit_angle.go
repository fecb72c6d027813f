package onnx

import "math"

// The coefficients of atan on [0, 0.66] (Cephes Mathematical Library 2.8,
// atan.c): x + x z P(z)/Q(z) with z = x².
var (
	atanP = []float64{-8.750608600031904122785e-01, -1.615753718733365076637e+01, -7.500855792314704667340e+01, -1.228866684490136173410e+02, -6.485021904942025371773e+01}
	atanQ = []float64{1, 2.485846490142306297962e+01, 1.650270098316988542046e+02, 4.328810604912902668951e+02, 4.853903996359136964868e+02, 1.945506571482613964425e+02}
)

// angle is the inverses of sine, cosine and tangent, which ONNX Runtime has in
// float32 only.
func (e *emitter) angle(op, x string) string {
	switch op {
	case "arctan":
		return e.mul(e.do("Sign", x), e.atan(e.do("Abs", x)))
	case "arcsin":
		return e.asin(x)
	case "arccos":
		return e.sub(e.num(math.Pi/2), e.asin(x))
	}
	if e.problem == nil {
		e.problem = cannot("there is no form of the step %q in ONNX", op)
	}
	return x
}

// atan is of numbers from 0.
func (e *emitter) atan(x string) string {
	const rest = 6.123233995736765886130e-17 // of π/2 in a double
	one := e.num(1)
	near := e.do("LessOrEqual", x, e.num(0.66))
	far := e.do("Greater", x, e.num(1+math.Sqrt2))
	middle := e.div(e.sub(x, one), e.add(x, one))
	reduced := e.where(near, x, e.where(far, e.div(e.num(-1), x), middle))
	begin := e.where(near, e.num(0), e.where(far, e.num(math.Pi/2), e.num(math.Pi/4)))
	more := e.where(near, e.num(0), e.where(far, e.num(rest), e.num(rest/2)))
	z := e.mul(reduced, reduced)
	ratio := e.mul(z, e.div(e.polynomial(atanP, z), e.polynomial(atanQ, z)))
	return e.add(begin, e.add(e.add(e.mul(reduced, ratio), reduced), more))
}

// asin is by atan(|x|/sqrt(1-x²)), from the other end where x is near 1.
func (e *emitter) asin(x string) string {
	size := e.do("Abs", x)
	root := e.do("Sqrt", e.sub(e.num(1), e.mul(size, size)))
	angle := e.where(e.do("Greater", size, e.num(0.7)),
		e.sub(e.num(math.Pi/2), e.atan(e.div(root, size))), e.atan(e.div(size, root)))
	return e.mul(e.do("Sign", x), angle)
}

// polynomial is Horner's, the coefficient of the highest power first.
func (e *emitter) polynomial(coefficients []float64, x string) string {
	sum := e.num(coefficients[0])
	for _, c := range coefficients[1:] {
		sum = e.add(e.mul(sum, x), e.num(c))
	}
	return sum
}
