package tensor

import (
	"math"
	"strconv"
	"strings"

	"dasier/fault"
)

// castOperators change the type.
var castOperators = map[string]operator{
	"Cast":     {6, 1, 1, makeCast},
	"CastLike": {15, 2, 2, makeCastLike},
}

// typeOfFile is the type with a number of TensorProto.DataType; None is one
// that is not supported.
func typeOfFile(number int64) Type {
	switch number {
	case 1:
		return Float
	case 2:
		return Uint8
	case 6:
		return Int32
	case 7:
		return Int64
	case 8:
		return String
	case 9:
		return Bool
	case 11:
		return Double
	default:
		return None
	}
}

func makeCast(n *node) (kernel, error) {
	to := typeOfFile(n.int("to", 0))
	if to == None {
		return nil, fault.Errorf(fault.Invalid, "it casts to the type number %d, which is not supported", n.int("to", 0))
	}
	n.gives = []Type{to}
	return casting(n.is(0), to), nil
}

func makeCastLike(n *node) (kernel, error) {
	n.gives = []Type{n.is(1)}
	return casting(n.is(0), n.is(1)), nil
}

func casting(from, to Type) kernel {
	switch {
	case from == to:
		return same
	case from == Float && to == Double:
		return unary(func(x float32) float64 { return float64(x) })
	case from == Double && to == Float:
		return unary(func(x float64) float32 { return float32(x) })
	case from == Bool && to == Float:
		return unary(func(x bool) float32 {
			if x {
				return 1
			}
			return 0
		})
	case from == Int64 && to == Float:
		return unary(func(x int64) float32 { return float32(x) })
	}
	return func(r *run, in, out []*Tensor) error { return cast(r, in[0], out[0], to) }
}

func cast(r *run, in, out *Tensor, to Type) error {
	if err := r.make(out, to, in.Shape); err != nil {
		return err
	}
	for i := range in.held() {
		switch {
		case to == String:
			out.String[i] = in.write(i)
		case in.Type == String:
			if err := out.read(i, in.String[i]); err != nil {
				return err
			}
		case in.Type == Int64 && to == Int32:
			out.Int32[i] = int32(in.Int64[i]) //nolint:gosec // the low bits, as the runtime
		case in.Type == Int64 && to == Uint8:
			out.Uint8[i] = uint8(in.Int64[i]) //nolint:gosec // the low bits, as the runtime
		default:
			out.setReal(i, in.real(i))
		}
	}
	return nil
}

// whole cuts the fraction off. What int64 cannot hold becomes its least number,
// as on x86.
func whole(v float64) int64 {
	if !(v >= math.MinInt64 && v < -math.MinInt64) {
		return math.MinInt64
	}
	return int64(v)
}

func whole32(v float64) int32 {
	if v = math.Trunc(v); !(v >= math.MinInt32 && v <= math.MaxInt32) {
		return math.MinInt32
	}
	return int32(v)
}

// write prints a cell as the runtime does: of a fraction 8 digits, of integers
// all.
func (t *Tensor) write(i int) string {
	var v float64
	switch t.Type {
	case Float:
		v = float64(t.Float[i])
	case Double:
		v = t.Double[i]
	case Int64:
		return strconv.FormatInt(t.Int64[i], 10)
	case String:
		return t.String[i]
	default:
		return strconv.FormatInt(int64(t.real(i)), 10)
	}
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "INF"
	case math.IsInf(v, -1):
		return "-INF"
	}
	return strconv.FormatFloat(v, 'g', 8, 64)
}

// read sets a cell to the number that a text spells.
func (t *Tensor) read(i int, text string) error {
	text = strings.TrimSpace(text)
	if t.Type == Float || t.Type == Double {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(v, 0) { // beyond the largest is infinite
			return fault.Errorf(fault.Invalid, "%q is no number", text)
		}
		t.setReal(i, v)
		return nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fault.Errorf(fault.Invalid, "%q is no whole number", text)
	}
	switch t.Type {
	case Int64:
		t.Int64[i] = v
	default:
		t.setReal(i, float64(v))
	}
	return nil
}
