package onnx

import (
	"math"
	"math/rand/v2"
	"testing"

	"dasier/ml/tensor"
)

// TestOperators holds every operator to ONNX Runtime: types, opsets, shapes,
// corners.
func TestOperators(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // rows of a test
	var trials []trial
	trials = append(trials, elementwise(r)...)
	trials = append(trials, shapes(r)...)
	trials = append(trials, selections(r)...)
	trials = append(trials, sums(r)...)
	trials = append(trials, tables(r)...)
	trials = append(trials, bodies(r)...)
	verdicts := judge(t, trials)
	refused := 0
	for i := range trials {
		if err := trials[i].agrees(&verdicts[i]); err != nil {
			t.Errorf("%d %s: %v", i, trials[i].name, err)
		}
		if verdicts[i].Error != "" {
			refused++
		}
	}
	t.Logf("%d trials, of which %d are refused by both", len(trials), refused)
}

var (
	nan      = math.NaN()
	nan32    = float32(math.NaN())
	infinite = float32(math.Inf(1))
)

func elementwise(r *rand.Rand) (list []trial) {
	x := random(r, tensor.Float, 3, 4)
	odd := floats([]int{7}, nan32, infinite, -infinite, 0, float32(math.Copysign(0, -1)), 1e-30, 88)
	for _, op := range []string{
		"Abs", "Neg", "Sign", "Relu", "Identity", "Exp", "Log", "Sqrt", "Reciprocal", "Floor", "Ceil", "Round", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan",
		"Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Tanh", "Erf", "Sigmoid", "Softplus", "Softsign", "HardSwish", "IsNaN", "Elu", "LeakyRelu", "Celu",
		"HardSigmoid", "Selu", "ThresholdedRelu", "Clip", "Dropout",
	} {
		list = append(list, one(op, 17, 1, nil, x))
		if op != "Erf" && op != "Selu" && op != "Celu" && op != "Softsign" {
			c := one(op, 17, 1, nil, odd)
			if op == "Exp" || op == "Sinh" || op == "Cosh" {
				c.within = 1e-5
			}
			list = append(list, c)
		}
		if op == "Abs" || op == "Neg" || op == "Exp" || op == "Sqrt" || op == "Floor" || op == "Sign" || op == "Tanh" || op == "Sigmoid" {
			c := one(op, 17, 1, nil, random(r, tensor.Double, 5))
			c.undone = true
			list = append(list, c)
		}
	}
	for _, how := range []string{"none", "tanh"} {
		c := one("Gelu", 20, 1, attributes{"approximate": how}, x)
		c.within = 1e-4 // its error function and its tanh are coarser ones
		list = append(list, c)
	}
	list = append(list,
		one("Abs", 13, 1, nil, random(r, tensor.Int64, 6)), one("Neg", 13, 1, nil, random(r, tensor.Int64, 6)), one("Sign", 13, 1, nil, random(r, tensor.Int64, 6)),
		one("Mish", 18, 1, nil, x),
		one("Elu", 17, 1, attributes{"alpha": 0.5}, x), one("LeakyRelu", 17, 1, attributes{"alpha": 0.3}, x), one("HardSigmoid", 17, 1, attributes{"alpha": 0.3, "beta": 0.1}, x),
		one("IsInf", 17, 1, attributes{"detect_negative": 0}, odd), one("IsInf", 17, 1, nil, odd), one("Not", 17, 1, nil, random(r, tensor.Bool, 5)),
		one("Clip", 6, 1, attributes{"min": -1.0, "max": 1.5}, x), one("Clip", 13, 1, nil, x, floats(nil, -1), floats(nil, 2)),
		one("Clip", 13, 1, nil, x, nil, floats(nil, 0)), one("Clip", 13, 1, nil, x, floats(nil, 2), floats(nil, -1)), one("Clip", 13, 1, nil, odd, floats(nil, -1), floats(nil, 1)),
		one("Clip", 13, 1, nil, random(r, tensor.Int64, 5), ints(nil, -1), ints(nil, 1)),
		one("PRelu", 16, 1, nil, x, random(r, tensor.Float, 4)),
	)
	pairs := [][2][]int{{{3, 4}, {3, 4}}, {{3, 4}, {4}}, {{3, 4}, {1, 4}}, {{3, 1}, {4}}, {{3, 4}, {}}, {{}, {2}}, {{2, 1, 3}, {4, 1}}, {{0, 3}, {1, 3}}, {{3}, {4}}, {{2, 3, 4}, {2, 1, 4}}}
	for _, op := range []string{"Add", "Sub", "Mul", "Div", "Pow", "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Max", "Min", "Mod"} {
		for _, p := range pairs {
			list = append(list, one(op, 17, 1, fmod(op, 1), random(r, tensor.Float, p[0]...), random(r, tensor.Float, p[1]...)))
		}
		list = append(list,
			one(op, 17, 1, fmod(op, 0), random(r, tensor.Int64, 3, 2), ints([]int{2}, 3, -2)), one(op, 17, 1, fmod(op, 1), random(r, tensor.Double, 3, 2), random(r, tensor.Double, 2)),
			one(op, 17, 1, fmod(op, 0), random(r, tensor.Int32, 3, 2), tensor.Tensor{Type: tensor.Int32, Shape: []int{2}, Int32: []int32{-3, 2}}),
			one(op, 17, 1, fmod(op, 1), odd, floats([]int{1}, 2)), one(op, 17, 1, fmod(op, 1), floats([]int{1}, 2), odd), one(op, 17, 1, fmod(op, 1), odd, odd))
	}
	list = append(list,
		one("Equal", 19, 1, nil, texts([]int{3, 1}, "a", "b", ""), texts([]int{2}, "a", "")), one("Equal", 13, 1, nil, random(r, tensor.Bool, 4), random(r, tensor.Bool, 4)),
		one("Pow", 13, 1, nil, x, ints([]int{4}, 0, 1, 2, 3)), one("Pow", 13, 1, nil, random(r, tensor.Int64, 3), floats([]int{3}, 2, 0, 1)),
		one("Sum", 13, 1, nil, x, random(r, tensor.Float, 4), random(r, tensor.Float, 1)), one("Mean", 13, 1, nil, x, random(r, tensor.Float, 4), random(r, tensor.Float, 3, 1)),
		one("Max", 13, 1, nil, x), one("Min", 13, 1, nil, x, random(r, tensor.Float, 4), random(r, tensor.Float, 1)),
		one("Where", 16, 1, nil, random(r, tensor.Bool, 3, 1), x, random(r, tensor.Float, 4)), one("Where", 16, 1, nil, random(r, tensor.Bool, 4), texts([]int{1}, "yes"), texts([]int{4}, "a", "b", "c", "d")),
		one("Where", 16, 1, nil, random(r, tensor.Bool, 2, 2), random(r, tensor.Int64, 2), random(r, tensor.Int64, 2, 1)),
	)
	for _, op := range []string{"And", "Or", "Xor"} {
		list = append(list, one(op, 7, 1, nil, random(r, tensor.Bool, 2, 3), random(r, tensor.Bool, 3)))
	}
	return append(list, casts(r, odd)...)
}

func fmod(op string, value int) attributes {
	if op == "Mod" {
		return attributes{"fmod": value}
	}
	return nil
}

func casts(r *rand.Rand, odd tensor.Tensor) (list []trial) {
	sources := []tensor.Tensor{
		random(r, tensor.Float, 6), random(r, tensor.Double, 6), random(r, tensor.Int64, 6), random(r, tensor.Int32, 6), random(r, tensor.Bool, 4), random(r, tensor.Uint8, 4),
		floats([]int{9}, 0.1, 1e8, 123456.789, -1e-7, 3, 16777216, 0.3, 1e6, 123456789), doubleTensor([]int{8}, 0.1, 1e17, -1e-7, 3, 1234567, 1e15, 123456789.123, 1e-5), texts([]int{3}, "12", "-2", "3"),
	}
	for _, to := range []int{1, 6, 7, 8, 9, 11} {
		for _, from := range sources {
			list = append(list, one("Cast", 13, 1, attributes{"to": to}, from))
		}
	}
	return append(list, one("Cast", 13, 1, attributes{"to": 8}, odd), one("Cast", 13, 1, attributes{"to": 9}, odd), one("Cast", 13, 1, attributes{"to": 11}, odd),
		one("Cast", 13, 1, attributes{"to": 1}, texts([]int{4}, "1.5", "-2e3", "NaN", "inf")), one("Cast", 13, 1, attributes{"to": 7}, texts([]int{1}, "NaN")), one("CastLike", 15, 1, nil, odd, random(r, tensor.Double, 1)))
}

func shapes(r *rand.Rand) (list []trial) {
	x := random(r, tensor.Float, 2, 3, 4)
	for _, shape := range [][]int64{{6, 4}, {-1}, {0, -1}, {0, 0, 0}, {2, -1, 2, 2}, {5, -1}, {24, 1, 1}, {-1, -1}} {
		list = append(list, one("Reshape", 14, 1, nil, x, ints([]int{len(shape)}, shape...)))
	}
	list = append(list,
		one("Reshape", 14, 1, attributes{"allowzero": 1}, random(r, tensor.Float, 0, 3), ints([]int{2}, 3, 0)),
		one("Reshape", 14, 1, nil, texts([]int{2}, "a", "b"), ints([]int{2}, -1, 1)),
		one("Flatten", 13, 1, nil, x), one("Flatten", 13, 1, attributes{"axis": 0}, x), one("Flatten", 13, 1, attributes{"axis": -1}, x), one("Flatten", 13, 1, attributes{"axis": 3}, x),
		one("Squeeze", 11, 1, attributes{"axes": []int64{1}}, random(r, tensor.Float, 2, 1, 1)), one("Squeeze", 13, 1, nil, random(r, tensor.Float, 2, 1, 1)),
		one("Squeeze", 13, 1, nil, random(r, tensor.Float, 2, 1, 1), ints([]int{1}, -1)), one("Squeeze", 13, 1, nil, x, ints([]int{1}, 0)),
		one("Unsqueeze", 11, 1, attributes{"axes": []int64{0, 2}}, random(r, tensor.Float, 3)), one("Unsqueeze", 13, 1, nil, random(r, tensor.Float, 3), ints([]int{2}, -1, 0)),
		one("Transpose", 13, 1, nil, x), one("Transpose", 13, 1, attributes{"perm": []int64{1, 2, 0}}, x), one("Transpose", 13, 1, attributes{"perm": []int64{0, 2, 1}}, random(r, tensor.Int64, 2, 3, 2)),
		one("Expand", 13, 1, nil, random(r, tensor.Float, 3, 1), ints([]int{3}, 2, 1, 4)), one("Expand", 13, 1, nil, random(r, tensor.Float), ints([]int{2}, 2, 3)),
		one("Tile", 13, 1, nil, random(r, tensor.Float, 2, 3), ints([]int{2}, 2, 3)), one("Tile", 13, 1, nil, random(r, tensor.Float, 2, 3), ints([]int{2}, 0, 3)), one("Tile", 13, 1, nil, x, ints([]int{3}, 1, 2, 1)),
		one("Concat", 13, 1, attributes{"axis": 1}, random(r, tensor.Float, 2, 3), random(r, tensor.Float, 2, 1)), one("Concat", 13, 1, attributes{"axis": -1}, texts([]int{2, 1}, "a", "b"), texts([]int{2, 1}, "c", "d")),
		one("Concat", 13, 1, attributes{"axis": 0}, random(r, tensor.Float, 2, 3), random(r, tensor.Float, 0, 3)), one("Concat", 13, 1, attributes{"axis": 0}, random(r, tensor.Float, 2, 3), random(r, tensor.Float, 2, 2)),
		one("Split", 11, 2, attributes{"axis": 1, "split": []int64{1, 2}}, random(r, tensor.Float, 2, 3)), one("Split", 13, 2, attributes{"axis": 1}, random(r, tensor.Float, 2, 4)),
		one("Split", 13, 3, attributes{"axis": -1}, x, ints([]int{3}, 1, 0, 3)), one("Split", 18, 2, attributes{"axis": 1, "num_outputs": 2}, random(r, tensor.Float, 2, 5)),
		one("Split", 13, 2, attributes{"axis": 1}, random(r, tensor.Float, 2, 3), ints([]int{2}, 1, 1)),
		one("Pad", 2, 1, attributes{"pads": []int64{0, 1, 2, 0}, "value": 7.0}, random(r, tensor.Float, 2, 2)), one("Pad", 13, 1, nil, random(r, tensor.Float, 2, 2), ints([]int{4}, 1, 0, 0, 1), floats(nil, 9)),
		one("Pad", 13, 1, nil, random(r, tensor.Float, 3, 3), ints([]int{4}, -1, 0, 0, 1)),
		one("Shape", 13, 1, nil, x), one("Shape", 15, 1, attributes{"start": 1}, x), one("Shape", 15, 1, attributes{"start": -2, "end": -1}, x), one("Size", 13, 1, nil, x),
		one("ConstantOfShape", 9, 1, nil, ints([]int{2}, 2, 3)), one("ConstantOfShape", 9, 1, attributes{"value": ints([]int{1}, 5)}, ints([]int{1}, 4)),
		one("Range", 11, 1, nil, ints(nil, 1), ints(nil, 8), ints(nil, 3)), one("Range", 11, 1, nil, floats(nil, 1), floats(nil, -1), floats(nil, -0.5)),
		one("EyeLike", 9, 1, attributes{"k": 1}, random(r, tensor.Float, 3, 4)), one("EyeLike", 9, 1, attributes{"dtype": 7}, random(r, tensor.Float, 3, 2)),
		one("OneHot", 11, 1, nil, ints([]int{3}, 0, -1, 2), ints(nil, 3), floats([]int{2}, 0, 1)), one("OneHot", 11, 1, attributes{"axis": 0}, ints([]int{3}, 0, 5, 2), ints([]int{1}, 3), floats([]int{2}, -1, 1)),
	)
	return list
}

func selections(r *rand.Rand) (list []trial) {
	x := random(r, tensor.Float, 3, 4)
	list = append(list,
		one("Gather", 13, 1, nil, x, ints([]int{2}, 0, -1)), one("Gather", 13, 1, attributes{"axis": 1}, x, ints([]int{2, 2}, 3, 1, 0, -4)), one("Gather", 13, 1, attributes{"axis": 1}, x, ints(nil, 2)),
		one("Gather", 13, 1, attributes{"axis": 1}, x, ints([]int{1}, 4)), one("Gather", 13, 1, nil, texts([]int{3}, "a", "b", "c"), ints([]int{2}, 2, 0)),
		one("GatherElements", 13, 1, attributes{"axis": 1}, x, ints([]int{3, 2}, 0, 1, 3, -1, 2, 2)), one("GatherElements", 13, 1, attributes{"axis": 0}, x, ints([]int{2, 4}, 0, 1, 2, 0, 1, 1, -1, 0)),
		one("GatherND", 13, 1, nil, x, ints([]int{2, 2}, 0, 1, 2, 3)), one("GatherND", 13, 1, nil, x, ints([]int{2, 1}, 2, 0)), one("GatherND", 13, 1, attributes{"batch_dims": 1}, x, ints([]int{3, 1}, 2, 0, 1)),
		one("Compress", 11, 1, attributes{"axis": 1}, x, bools([]int{4}, true, false, true, false)), one("Compress", 11, 1, nil, x, bools([]int{5}, false, true, true, false, true)),
		one("Compress", 11, 1, attributes{"axis": 0}, x, bools([]int{2}, false, true)),
		one("NonZero", 13, 1, nil, x), one("NonZero", 13, 1, nil, random(r, tensor.Bool, 2, 2, 2)),
		one("ScatterElements", 13, 1, attributes{"axis": 1}, x, ints([]int{3, 1}, 0, 3, -2), floats([]int{3, 1}, 10, 20, 30)), one("ScatterElements", 16, 1, attributes{"axis": 1, "reduction": "add"}, x, ints([]int{3, 1}, 0, 3, -2), floats([]int{3, 1}, 10, 20, 30)),
		one("ScatterND", 13, 1, nil, x, ints([]int{2, 1}, 2, 0), random(r, tensor.Float, 2, 4)), one("ScatterND", 13, 1, nil, x, ints([]int{2, 2}, 2, 0, 1, 1), random(r, tensor.Float, 2)),
		one("ArgMax", 13, 1, nil, x), one("ArgMax", 13, 1, attributes{"axis": 1, "keepdims": 0}, x), one("ArgMin", 13, 1, attributes{"axis": -1}, x), one("ArgMax", 13, 1, attributes{"axis": 1, "select_last_index": 1}, x),
		one("ArgMax", 13, 1, attributes{"axis": 1}, random(r, tensor.Int64, 3, 4)), one("ArgMin", 13, 1, attributes{"axis": 1}, random(r, tensor.Double, 3, 4)),
		one("TopK", 11, 2, nil, x, ints([]int{1}, 2)), one("TopK", 11, 2, attributes{"axis": 0, "largest": 0}, x, ints([]int{1}, 3)), one("TopK", 11, 2, attributes{"largest": 0}, random(r, tensor.Int64, 2, 9), ints([]int{1}, 5)),
		one("TopK", 11, 2, nil, random(r, tensor.Double, 2, 9), ints([]int{1}, 9)), one("TopK", 11, 2, nil, x, ints([]int{1}, 5)),
		one("CumSum", 14, 1, nil, x, ints(nil, 1)), one("CumSum", 14, 1, attributes{"exclusive": 1, "reverse": 1}, x, ints(nil, 0)), one("CumSum", 14, 1, attributes{"reverse": 1}, random(r, tensor.Int64, 5), ints(nil, -1)),
	)
	for _, cut := range [][4][]int64{
		{{1}, {3}, {0}, nil},
		{{0, 1}, {2, 4}, {0, 1}, {1, 2}},
		{{-1}, {-5}, {1}, {-1}},
		{{10}, {-10}, {1}, {-2}},
		{{1}, {math.MaxInt64}, {1}, nil},
		{{0}, {math.MinInt64}, {1}, {-1}},
		{{3}, {1}, {1}, nil},
		{{0}, {3}, {2}, nil},
		{{-3, 0}, {-1, 2}, {-1, 0}, {1, 1}},
		{{0}, {4}, {1}, {0}},
		{{3}, {-1}, {1}, {-1}},
		{{2}, {math.MinInt64}, {0}, {-2}},
	} {
		from := []any{random(r, tensor.Float, 3, 4), ints([]int{len(cut[0])}, cut[0]...), ints([]int{len(cut[1])}, cut[1]...), ints([]int{len(cut[2])}, cut[2]...)}
		if cut[3] != nil {
			from = append(from, ints([]int{len(cut[3])}, cut[3]...))
		}
		list = append(list, one("Slice", 13, 1, nil, from...))
	}
	return append(list, one("Slice", 1, 1, attributes{"starts": []int64{1}, "ends": []int64{-1}, "axes": []int64{1}}, random(r, tensor.Float, 3, 4)), one("Slice", 9, 1, attributes{"starts": []int64{0, 1}, "ends": []int64{2, 9}}, random(r, tensor.Float, 3, 4)))
}

func sums(r *rand.Rand) (list []trial) {
	x := random(r, tensor.Float, 2, 3, 4)
	for _, op := range []string{"ReduceSum", "ReduceMean", "ReduceProd", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceLogSumExp"} {
		list = append(list,
			one(op, 11, 1, attributes{"axes": []int64{1}}, x), one(op, 11, 1, attributes{"axes": []int64{0, -1}, "keepdims": 0}, x), one(op, 11, 1, attributes{"keepdims": 0}, x), one(op, 11, 1, nil, x),
			one(op, 18, 1, nil, x, ints([]int{1}, 2)), one(op, 18, 1, attributes{"keepdims": 0}, x, ints([]int{2}, 0, 1)), one(op, 18, 1, nil, x), one(op, 18, 1, attributes{"noop_with_empty_axes": 1}, x), one(op, 18, 1, nil, x, ints([]int{1}, 3)))
		if op != "ReduceLogSumExp" && op != "ReduceL2" && op != "ReduceL1" {
			c := one(op, 18, 1, nil, random(r, tensor.Int64, 2, 3), ints([]int{1}, 1))
			c.undone = true
			list = append(list, c)
		}
		list = append(list, one(op, 20, 1, nil, random(r, tensor.Float, 2, 0), ints([]int{1}, 1)))
	}
	list = append(list,
		one("ReduceLogSumExp", 13, 1, attributes{"axes": []int64{1}}, floats([]int{3, 2}, infinite, 0, -infinite, -infinite, 1000, 1001)),
		one("ReduceLogSum", 18, 1, nil, floats([]int{2, 2}, 1, 2, 3, 4), ints([]int{1}, 1)),
	)
	for _, p := range [][2][]int{{{2, 3}, {3, 4}}, {{3}, {3, 4}}, {{2, 3}, {3}}, {{3}, {3}}, {{5, 2, 3}, {3, 4}}, {{5, 2, 3}, {5, 3, 4}}, {{2, 3}, {5, 3, 4}}, {{2, 1, 2, 3}, {4, 3, 2}}, {{2, 3}, {2, 3}}, {{0, 3}, {3, 2}}, {{2, 0}, {0, 2}}} {
		list = append(list, one("MatMul", 13, 1, nil, random(r, tensor.Float, p[0]...), random(r, tensor.Float, p[1]...)), one("MatMul", 13, 1, nil, random(r, tensor.Double, p[0]...), random(r, tensor.Double, p[1]...)))
	}
	known := random(r, tensor.Float, 300, 7)
	list = append(list,
		one("MatMul", 13, 1, nil, random(r, tensor.Float, 9, 300), &known), one("MatMul", 13, 1, nil, random(r, tensor.Int64, 2, 3), random(r, tensor.Int64, 3, 2)),
		one("Gemm", 13, 1, nil, random(r, tensor.Float, 2, 3), random(r, tensor.Float, 3, 4), random(r, tensor.Float, 4)), one("Gemm", 13, 1, attributes{"transB": 1, "alpha": 0.5, "beta": 2.0}, random(r, tensor.Float, 2, 3), random(r, tensor.Float, 4, 3), random(r, tensor.Float, 2, 1)),
		one("Gemm", 13, 1, attributes{"transA": 1}, random(r, tensor.Float, 3, 2), random(r, tensor.Float, 3, 4)), one("Gemm", 13, 1, attributes{"transA": 1, "transB": 1, "alpha": 2.0}, random(r, tensor.Double, 3, 2), random(r, tensor.Double, 4, 3), random(r, tensor.Double, 1)),
		one("Gemm", 13, 1, attributes{"transB": 1}, random(r, tensor.Float, 2, 3), random(r, tensor.Float, 3, 4)),
	)
	for _, op := range []string{"Softmax", "LogSoftmax", "Hardmax"} {
		list = append(list, one(op, 11, 1, nil, x), one(op, 11, 1, attributes{"axis": 2}, x), one(op, 13, 1, nil, x), one(op, 13, 1, attributes{"axis": 1}, x), one(op, 13, 1, attributes{"axis": 0}, random(r, tensor.Float, 3, 4)))
	}
	norms := []any{random(r, tensor.Float, 3), random(r, tensor.Float, 3), random(r, tensor.Float, 3), floats([]int{3}, 1, 0.5, 2)}
	return append(list,
		one("LpNormalization", 1, 1, nil, x), one("LpNormalization", 1, 1, attributes{"p": 1, "axis": 1}, x), one("BatchNormalization", 15, 1, nil, append([]any{x}, norms...)...), one("BatchNormalization", 9, 1, attributes{"epsilon": 0.1}, append([]any{random(r, tensor.Float, 4, 3)}, norms...)...),
		one("LayerNormalization", 17, 1, nil, x, random(r, tensor.Float, 4), random(r, tensor.Float, 4)), one("LayerNormalization", 17, 1, attributes{"axis": 1}, x, random(r, tensor.Float, 3, 4)),
	)
}

func bodies(r *rand.Rand) (list []trial) {
	step := &tensor.Graph{
		Inputs: []tensor.Port{{Name: "sum", Type: tensor.Float, Shape: []int{-1}}, {Name: "x", Type: tensor.Float, Shape: []int{-1}}},
		Nodes: []tensor.Node{
			{Name: "add", Op: "Add", Inputs: []string{"sum", "x"}, Outputs: []string{"sum2"}}, {Name: "mul", Op: "Mul", Inputs: []string{"sum2", "in2"}, Outputs: []string{"scaled"}},
		},
		Outputs: []string{"sum2", "scaled"},
	}
	for _, list0 := range []attributes{
		{"num_scan_inputs": 1}, {"num_scan_inputs": 1, "scan_input_directions": []int64{1}, "scan_output_directions": []int64{1}}, {"num_scan_inputs": 1, "scan_input_axes": []int64{1}},
	} {
		list0["body"] = step
		c := one("Scan", 16, 2, list0, floats([]int{3}, 1, 2, 3), random(r, tensor.Float, 3, 3))
		c.graph.Inputs = append(c.graph.Inputs, tensor.Port{Name: "in2", Type: tensor.Float, Shape: []int{}})
		c.inputs = append(c.inputs, floats([]int{}, 2))
		list = append(list, c)
	}
	branch := func(op string) *tensor.Graph {
		return &tensor.Graph{Nodes: []tensor.Node{{Name: op, Op: op, Inputs: []string{"in1", "in1"}, Outputs: []string{op + "_out"}}}, Outputs: []string{op + "_out"}}
	}
	for _, yes := range []bool{true, false} {
		c := one("If", 16, 1, attributes{"then_branch": branch("Add"), "else_branch": branch("Mul")}, bools([]int{}, yes))
		c.graph.Inputs = append(c.graph.Inputs, tensor.Port{Name: "in1", Type: tensor.Float, Shape: []int{-1}})
		c.inputs = append(c.inputs, random(r, tensor.Float, 3))
		list = append(list, c)
	}
	return list
}
