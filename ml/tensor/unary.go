package tensor

import (
	"math"
	"slices"
)

// unaryOperators work on each cell alone. What is transcendental is computed in
// float64 and rounded once.
var unaryOperators = map[string]operator{
	"Abs":         {6, 1, 1, makeAbs},
	"Neg":         {6, 1, 1, makeNeg},
	"Sign":        {9, 1, 1, makeSign},
	"Relu":        {6, 1, 1, makeRelu},
	"Identity":    {1, 1, 1, makeIdentity},
	"Dropout":     {7, 1, 3, makeDropout},
	"Clip":        {6, 1, 3, makeClip},
	"Exp":         {6, 1, 1, floating(math.Exp)},
	"Log":         {6, 1, 1, floating(math.Log)},
	"Sqrt":        {6, 1, 1, floating(math.Sqrt)},
	"Reciprocal":  {6, 1, 1, floating(func(x float64) float64 { return 1 / x })},
	"Floor":       {6, 1, 1, floating(math.Floor)},
	"Ceil":        {6, 1, 1, floating(math.Ceil)},
	"Round":       {11, 1, 1, floating(math.RoundToEven)},
	"Sin":         {7, 1, 1, floating(math.Sin)},
	"Cos":         {7, 1, 1, floating(math.Cos)},
	"Tan":         {7, 1, 1, floating(math.Tan)},
	"Asin":        {7, 1, 1, floating(math.Asin)},
	"Acos":        {7, 1, 1, floating(math.Acos)},
	"Atan":        {7, 1, 1, floating(math.Atan)},
	"Sinh":        {9, 1, 1, floating(math.Sinh)},
	"Cosh":        {9, 1, 1, floating(math.Cosh)},
	"Asinh":       {9, 1, 1, floating(math.Asinh)},
	"Acosh":       {9, 1, 1, floating(math.Acosh)},
	"Atanh":       {9, 1, 1, floating(math.Atanh)},
	"Tanh":        {6, 1, 1, curved(&tanhCurve, math.Tanh)},
	"Erf":         {9, 1, 1, floating(math.Erf)},
	"Sigmoid":     {6, 1, 1, curved(&logisticCurve, sigmoid)},
	"Softplus":    {1, 1, 1, floating(softplus)},
	"Softsign":    {1, 1, 1, floating(func(x float64) float64 { return x / (1 + math.Abs(x)) })},
	"HardSwish":   {14, 1, 1, floating(func(x float64) float64 { return x * hardSigmoid(x, 1.0/6, 0.5) })},
	"Mish":        {18, 1, 1, floating(func(x float64) float64 { return x * math.Tanh(softplus(x)) })},
	"Elu":         {6, 1, 1, shaped(1, "", 0, func(x, alpha, _ float64) float64 { return below(x, alpha*math.Expm1(x)) })},
	"LeakyRelu":   {6, 1, 1, shaped(0.01, "", 0, func(x, alpha, _ float64) float64 { return below(x, alpha*x) })},
	"Celu":        {12, 1, 1, shaped(1, "", 0, func(x, alpha, _ float64) float64 { return below(x, alpha*math.Expm1(x/alpha)) })},
	"HardSigmoid": {6, 1, 1, shaped(0.2, "beta", 0.5, hardSigmoid)},
	"Selu": {6, 1, 1, shaped(1.67326319217681884765625, "gamma", 1.05070102214813232421875,
		func(x, alpha, gamma float64) float64 { return gamma * below(x, alpha*math.Expm1(x)) })},
	"ThresholdedRelu": {10, 1, 1, shaped(1, "", 0, func(x, alpha, _ float64) float64 {
		if x > alpha {
			return x
		}
		return 0
	})},
	"Gelu":   {20, 1, 1, makeGelu},
	"Swish":  {24, 1, 1, shaped(1, "", 0, func(x, alpha, _ float64) float64 { return x * sigmoid(alpha*x) })},
	"Affine": {1, 1, 1, shaped(1, "beta", 0, func(x, alpha, beta float64) float64 { return alpha*x + beta })},
	"IsNaN":  {9, 1, 1, makeIsNaN},
	"IsInf":  {10, 1, 1, makeIsInf},
	"Not":    {1, 1, 1, makeNot},
}

func sigmoid(x float64) float64 {
	// The exponential of a negative number cannot overflow.
	if e := math.Exp(-math.Abs(x)); x < 0 {
		return e / (1 + e)
	} else { //nolint:revive // both branches need e
		return 1 / (1 + e)
	}
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func hardSigmoid(x, alpha, beta float64) float64 { return math.Max(0, math.Min(1, alpha*x+beta)) }

// below is x where that is positive and otherwise y: NaN stays NaN.
func below(x, y float64) float64 {
	if x >= 0 {
		return x
	}
	return y
}

// floating makes an operator of a function of real numbers.
func floating(f func(float64) float64) func(n *node) (kernel, error) {
	return func(n *node) (kernel, error) {
		n.gives = []Type{n.is(0)}
		switch n.is(0) {
		case Float:
			return unary(func(x float32) float32 { return float32(f(float64(x))) }), nil
		case Double:
			return unary(f), nil
		default:
			return nil, n.refuse(0)
		}
	}
}

// curved is floating for a function that the runtime has a curve of for float32.
func curved(c *curve, f func(float64) float64) func(n *node) (kernel, error) {
	return func(n *node) (kernel, error) {
		if n.is(0) == Float {
			n.gives = []Type{Float}
			return unary(c.at), nil
		}
		return floating(f)(n)
	}
}

// shaped is floating with one or two constants from attributes: alpha is the
// first.
func shaped(a float32, second string, b float32, f func(x, a, b float64) float64) func(n *node) (kernel, error) {
	return func(n *node) (kernel, error) {
		p, q := float64(n.float("alpha", a)), float64(b)
		if second != "" {
			q = float64(n.float(second, b))
		}
		return floating(func(x float64) float64 { return f(x, p, q) })(n)
	}
}

func makeGelu(n *node) (kernel, error) {
	if n.text("approximate", "none") == "tanh" {
		return floating(func(x float64) float64 {
			return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
		})(n)
	}
	return floating(func(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) })(n)
}

func makeAbs(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	switch n.is(0) {
	case Float:
		return unary(absolute[float32]), nil
	case Double:
		return unary(math.Abs), nil
	case Int64:
		return unary(absolute[int64]), nil
	case Int32:
		return unary(absolute[int32]), nil
	default:
		return nil, n.refuse(0)
	}
}

func absolute[T number](x T) T {
	if x < 0 {
		return -x
	}
	if x == 0 { // of -0 too
		return 0
	}
	return x
}

func makeNeg(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	switch n.is(0) {
	case Float:
		return unary(func(x float32) float32 { return -x }), nil
	case Double:
		return unary(func(x float64) float64 { return -x }), nil
	case Int64:
		return unary(func(x int64) int64 { return -x }), nil
	case Int32:
		return unary(func(x int32) int32 { return -x }), nil
	default:
		return nil, n.refuse(0)
	}
}

func sign[T number](x T) T {
	switch {
	case x > 0:
		return 1
	case x < 0:
		var zero T
		return zero - 1
	default: // zero, or NaN
		return x
	}
}

func makeSign(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	switch n.is(0) {
	case Float:
		return unary(sign[float32]), nil
	case Double:
		return unary(sign[float64]), nil
	case Int64:
		return unary(sign[int64]), nil
	case Int32:
		return unary(sign[int32]), nil
	default:
		return nil, n.refuse(0)
	}
}

func positive[T number](x T) T {
	if x < 0 {
		return 0
	}
	return x
}

func makeRelu(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	switch n.is(0) {
	case Float:
		return unary(positive[float32]), nil
	case Double:
		return unary(positive[float64]), nil
	case Int64:
		return unary(positive[int64]), nil
	case Int32:
		return unary(positive[int32]), nil
	default:
		return nil, n.refuse(0)
	}
}

func same(_ *run, in, out []*Tensor) error {
	*out[0] = *in[0]
	return nil
}

func makeIdentity(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	if at, ok := n.compiler.find(n.Inputs[0]); ok {
		n.keys = n.compiler.keys[at]
	}
	return same, nil
}

// makeDropout is Identity: nothing is dropped outside training.
func makeDropout(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	if mode := n.known(2); n.has(2) && (mode == nil || slices.Contains(mode.Bool, true)) {
		return nil, n.refuse(2)
	}
	if len(n.Outputs) > 1 {
		return nil, n.refuse(1)
	}
	return same, nil
}

func makeNot(n *node) (kernel, error) {
	n.need(0, Bool)
	n.gives = []Type{Bool}
	return unary(func(x bool) bool { return !x }), nil
}

func makeIsNaN(n *node) (kernel, error) {
	n.gives = []Type{Bool}
	switch n.is(0) {
	case Float:
		return unary(func(x float32) bool { return x != x }), nil //nolint:gocritic,staticcheck // NaN alone differs from itself
	case Double:
		return unary(math.IsNaN), nil
	default:
		return nil, n.refuse(0)
	}
}

func makeIsInf(n *node) (kernel, error) {
	n.gives = []Type{Bool}
	up, down := n.int("detect_positive", 1) != 0, n.int("detect_negative", 1) != 0
	infinite := func(x float64) bool { return up && math.IsInf(x, 1) || down && math.IsInf(x, -1) }
	switch n.is(0) {
	case Float:
		return unary(func(x float32) bool { return infinite(float64(x)) }), nil
	case Double:
		return unary(infinite), nil
	default:
		return nil, n.refuse(0)
	}
}

// makeClip: the bounds were attributes before version 11, and are inputs since.
func makeClip(n *node) (kernel, error) {
	n.gives = []Type{n.is(0)}
	for i := 1; i <= 2; i++ {
		if n.has(i) {
			n.same(0, i)
		}
	}
	switch n.is(0) {
	case Float:
		low, high := float32(-math.MaxFloat32), float32(math.MaxFloat32)
		if n.version < 11 {
			low, high = n.float("min", low), n.float("max", high)
		}
		return clip(low, high), nil
	case Double:
		return clip(-math.MaxFloat64, math.MaxFloat64), nil
	case Int64:
		return clip(int64(math.MinInt64), math.MaxInt64), nil
	case Int32:
		return clip(int32(math.MinInt32), math.MaxInt32), nil
	case Uint8:
		return clip(uint8(0), math.MaxUint8), nil
	default:
		return nil, n.refuse(0)
	}
}

func clip[T number](least, most T) kernel {
	return func(r *run, in, out []*Tensor) error {
		low, high := least, most
		if len(in) > 1 && in[1] != nil && in[1].held() == 1 {
			low = cells[T](in[1])[0]
		}
		if len(in) > 2 && in[2] != nil && in[2].held() == 1 {
			high = cells[T](in[2])[0]
		}
		// As the runtime's array minimum of the maximum: NaN stays, and of
		// crossed bounds the upper one wins.
		return unary(func(x T) T {
			if x < low {
				x = low
			}
			if x > high {
				x = high
			}
			return x
		})(r, in, out)
	}
}
