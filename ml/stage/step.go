package stage

import "math"

// Step is one operation on a number: a name (IsStep) with one or two constants.
type Step struct {
	Op string  `json:"op"`
	A  float64 `json:"a,omitempty"`
	B  float64 `json:"b,omitempty"`
}

// stepKind is a Step's operation, compiled.
type stepKind uint8

const (
	stepNothing stepKind = iota
	stepImpute           // A when missing
	stepReplace          // B in place of A
	stepMissing          // 1 when missing, else 0
	stepAdd
	stepSub
	stepMul
	stepDiv
	stepClip // to A … B
	stepLog
	stepLog2
	stepLog10
	stepLog1p
	stepExp
	stepExpm1
	stepSqrt
	stepSquare
	stepCbrt
	stepAbs
	stepSign
	stepSin
	stepCos
	stepTanh
	stepReciprocal
	stepNegative
	stepEquals   // 1 where x is A, else 0; a missing A is a missing x
	stepAbove    // 1 where x > A, else 0
	stepLogistic // 1/(1+exp(-x))
	stepRelu
	stepExp2
	stepTan
	stepArcsin
	stepArccos
	stepArctan
	stepSinh
	stepCosh
	stepArcsinh
	stepArctanh
	stepFloor
	stepCeil
	stepTrunc
	stepRint       // to the nearest whole number, halves to the even one
	stepYeoJohnson // Yeo and Johnson's power transform (2000), to the power A
	stepBoxCox     // Box and Cox's (1964), to the power A
	stepSymlog     // sign(x) log1p|x|: Webber, A bi-symmetric log transformation for wide-range data, 2013
	stepYear       // of a time in seconds since 1970 UTC
	stepMonth      // from 1
	stepDay        // of the month, from 1
	stepWeekday    // from 1, Monday
	stepYearday    // from 1
	stepHour       // from 0
)

var stepNames = map[string]stepKind{
	"impute": stepImpute, "replace": stepReplace, "missing": stepMissing,
	"add": stepAdd, "sub": stepSub, "mul": stepMul, "div": stepDiv, "clip": stepClip,
	"log": stepLog, "log2": stepLog2, "log10": stepLog10, "log1p": stepLog1p, "exp": stepExp, "expm1": stepExpm1,
	"sqrt": stepSqrt, "square": stepSquare, "cbrt": stepCbrt, "abs": stepAbs, "sign": stepSign,
	"sin": stepSin, "cos": stepCos, "tanh": stepTanh, "reciprocal": stepReciprocal, "negative": stepNegative,
	"equals": stepEquals, "above": stepAbove, "logistic": stepLogistic, "relu": stepRelu,
	"exp2": stepExp2, "tan": stepTan, "arcsin": stepArcsin, "arccos": stepArccos, "arctan": stepArctan,
	"sinh": stepSinh, "cosh": stepCosh, "arcsinh": stepArcsinh, "arctanh": stepArctanh,
	"floor": stepFloor, "ceil": stepCeil, "trunc": stepTrunc, "rint": stepRint,
	"yeojohnson": stepYeoJohnson, "boxcox": stepBoxCox,
	"symlog": stepSymlog, "year": stepYear, "month": stepMonth, "day": stepDay, "weekday": stepWeekday,
	"yearday": stepYearday, "hour": stepHour,
}

// IsStep tells whether a step of that name exists.
func IsStep(name string) bool { _, ok := stepNames[name]; return ok }

// Apply does the steps one after the other, as the source system does: nothing
// is fused, because a tree may ask on which side of a threshold a value lies.
func Apply(steps []Step, x float64) float64 {
	for _, s := range steps {
		x = s.Compile().Of(x)
	}
	return x
}

// Compiled is a step without its name: what is done once per row and number.
type Compiled struct {
	kind stepKind
	a, b float64
}

// Compile looks the step's name up; an unknown one does nothing.
func (s Step) Compile() Compiled { return Compiled{kind: stepNames[s.Op], a: s.A, b: s.B} }

// Of does the step.
func (s Compiled) Of(x float64) float64 { //nolint:gocyclo // a table of operations
	switch s.kind {
	case stepImpute:
		if math.IsNaN(x) {
			return s.a
		}
	case stepReplace:
		if x == s.a || math.IsNaN(s.a) && math.IsNaN(x) {
			return s.b
		}
	case stepMissing:
		if math.IsNaN(x) {
			return 1
		}
		return 0
	case stepAdd:
		return x + s.a
	case stepSub:
		return x - s.a
	case stepMul:
		return float64(x * s.a) // rounded: a processor may fuse it with what follows
	case stepDiv:
		return x / s.a
	case stepClip:
		if x < s.a {
			return s.a
		}
		if x > s.b {
			return s.b
		}
	case stepLog:
		return math.Log(x)
	case stepLog2:
		return math.Log2(x)
	case stepLog10:
		return math.Log10(x)
	case stepLog1p:
		return math.Log1p(x)
	case stepExp:
		return math.Exp(x)
	case stepExpm1:
		return math.Expm1(x)
	case stepSqrt:
		return math.Sqrt(x)
	case stepSquare:
		return float64(x * x)
	case stepCbrt:
		return math.Cbrt(x)
	case stepAbs:
		return math.Abs(x)
	case stepSign:
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
	case stepSin:
		return math.Sin(x)
	case stepCos:
		return math.Cos(x)
	case stepTanh:
		return math.Tanh(x)
	case stepReciprocal:
		return 1 / x
	case stepNegative:
		return -x
	case stepEquals:
		if x == s.a || math.IsNaN(s.a) && math.IsNaN(x) {
			return 1
		}
		return 0
	case stepAbove:
		if x > s.a {
			return 1
		}
		return 0
	case stepLogistic:
		return Logistic(x)
	case stepRelu:
		return max(x, 0)
	case stepExp2:
		return math.Exp2(x)
	case stepTan:
		return math.Tan(x)
	case stepArcsin:
		return math.Asin(x)
	case stepArccos:
		return math.Acos(x)
	case stepArctan:
		return math.Atan(x)
	case stepSinh:
		return math.Sinh(x)
	case stepCosh:
		return math.Cosh(x)
	case stepArcsinh:
		return math.Asinh(x)
	case stepArctanh:
		return math.Atanh(x)
	case stepFloor:
		return math.Floor(x)
	case stepCeil:
		return math.Ceil(x)
	case stepTrunc:
		return math.Trunc(x)
	case stepRint:
		return math.RoundToEven(x)
	case stepYeoJohnson:
		return yeoJohnson(x, s.a)
	case stepBoxCox:
		return boxCox(x, s.a)
	case stepSymlog:
		return math.Copysign(math.Log1p(math.Abs(x)), x)
	case stepYear, stepMonth, stepDay, stepWeekday, stepYearday, stepHour:
		return part(s.kind, x)
	}
	return x
}
