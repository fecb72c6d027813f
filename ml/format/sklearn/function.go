package sklearn

import (
	"math"
	"slices"
	"strings"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

// functionModules are where the functions that may be named come from.
var functionModules = []string{"numpy", "scipy", "sklearn", "builtins"}

// functions are numpy's and scipy's that a FunctionTransformer may name, by our
// step; an empty one changes nothing.
var functions = map[string]string{
	"log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p", "exp": "exp", "exp2": "exp2", "expm1": "expm1", "sqrt": "sqrt", "square": "square",
	"cbrt": "cbrt", "abs": "abs", "absolute": "abs", "fabs": "abs", "sign": "sign", "sin": "sin", "cos": "cos", "tan": "tan", "tanh": "tanh",
	"reciprocal": "reciprocal", "negative": "negative", "arcsin": "arcsin", "arccos": "arccos", "arctan": "arctan", "sinh": "sinh", "cosh": "cosh",
	"arcsinh": "arcsinh", "arctanh": "arctanh", "asinh": "arcsinh", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "rint": "rint", "round": "rint", "isnan": "missing",
	"deg2rad": "mul", "radians": "mul", "rad2deg": "mul", "degrees": "mul", "expit": "logistic", "_identity": "", "identity": "", "positive": "", "asarray": "", "array": "",
}

// angles are what numpy multiplies by.
var angles = map[string]float64{"deg2rad": math.Pi / 180, "radians": math.Pi / 180, "rad2deg": 180 / math.Pi, "degrees": 180 / math.Pi}

const functionsRead = "log1p, log, log2, log10, exp, expm1, sqrt, square, cbrt, abs, sign, sin, cos, tanh, floor, ceil, reciprocal and negative are read"

func functionFamily(class string) transformer {
	if class == "FunctionTransformer" {
		return functionTransformer
	}
	return nil
}

func functionTransformer(p part, d *design) (*design, error) {
	f := p.get("func")
	if f == nil {
		return d, nil
	}
	arguments, _ := p.get("kw_args").(*pickle.Dict)
	if g, ok := f.(pickle.Global); ok && arguments != nil && g.Name == "clip" && arguments.Len() > 0 {
		return clipped(p, d, arguments)
	}
	if arguments != nil && arguments.Len() > 0 {
		return nil, p.wrong("its function has arguments. Only numpy's functions of one number are read")
	}
	g, ok := f.(pickle.Global)
	if ok && g.Module == "numpy" && (g.Name == "ravel" || g.Name == "squeeze") && len(d.columns) == 1 { // one column stays one
		return d, nil
	}
	name, known := functions[g.Name]
	if !ok || !known || !slices.ContainsFunc(functionModules, func(module string) bool { return strings.HasPrefix(g.Module, module) }) {
		return nil, p.wrong("its function is not numpy's (%v), and nothing of a file is run. %s; do anything else to the data before training", f, functionsRead)
	}
	if name == "" {
		return d, nil
	}
	if factor, ok := angles[g.Name]; ok {
		return d.each(p, func(int) []stage.Step { return []stage.Step{{Op: "mul", A: factor}} })
	}
	if name == "missing" { // of texts, too
		out := make([]column, len(d.columns))
		for j, c := range d.columns {
			out[j] = c.then(stage.Step{Op: name})
		}
		return d.with(out), nil
	}
	return d.each(p, func(int) []stage.Step { return []stage.Step{{Op: name}} })
}

// clipped is numpy's clip with its bounds.
func clipped(p part, d *design, arguments *pickle.Dict) (*design, error) {
	var steps []stage.Step
	for key, v := range arguments.All {
		x, ok := pickle.Number(v)
		switch {
		case v == nil:
			continue
		case !ok:
			return nil, p.wrong("it clips at %v, which is no number", v)
		case key == "a_min" || key == "min":
			steps = append(steps, stage.Step{Op: "clip", A: x, B: infinity})
		case key == "a_max" || key == "max":
			steps = append(steps, stage.Step{Op: "clip", A: -infinity, B: x})
		default:
			return nil, p.wrong("its function clip has the argument %v, which is not read", key)
		}
	}
	return d.each(p, func(int) []stage.Step { return steps })
}

// infinity is beyond every number that a model takes.
const infinity = 1e300
