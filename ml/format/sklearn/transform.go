package sklearn

import (
	"math"
	"slices"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

// transformer reads one kind of transformer: what it makes of a design.
type transformer func(p part, d *design) (*design, error)

// transformerOf finds the reader of a class, family by family; nil when none
// has it.
func (r *reader) transformerOf(class string) transformer {
	for _, family := range []func(string) transformer{scalerFamily} {
		if t := family(class); t != nil {
			return t
		}
	}
	return nil
}

func scalerFamily(class string) transformer {
	switch class {
	case "StandardScaler":
		return standardScaler
	case "MinMaxScaler":
		return minMaxScaler
	case "MaxAbsScaler":
		return maxAbsScaler
	case "RobustScaler":
		return robustScaler
	case "SimpleImputer":
		return simpleImputer
	case "OneHotEncoder":
		return oneHotEncoder
	case "OrdinalEncoder":
		return ordinalEncoder
	case "FunctionTransformer":
		return functionTransformer
	}
	return nil
}

const whatToDo = "Do it to the data before training, or use one of the parts that docs/compat/models.md lists"

func standardScaler(p part, d *design) (*design, error) {
	n := len(d.columns)
	var mean, scale []float64
	var err error
	if p.truth("with_mean", true) {
		if mean, err = p.exactly("mean_", n); err != nil {
			return nil, err
		}
	}
	if p.truth("with_std", true) {
		if scale, err = p.exactly("scale_", n); err != nil {
			return nil, err
		}
	}
	return d.each(p, func(j int) []stage.Step { return affine(mean, scale, j) })
}

func affine(center, scale []float64, j int) []stage.Step {
	var steps []stage.Step
	if center != nil {
		steps = append(steps, stage.Step{Op: "sub", A: center[j]})
	}
	if scale != nil {
		steps = append(steps, stage.Step{Op: "div", A: scale[j]})
	}
	return steps
}

func minMaxScaler(p part, d *design) (*design, error) {
	scale, err := p.exactly("scale_", len(d.columns))
	if err != nil {
		return nil, err
	}
	low, err := p.exactly("min_", len(d.columns))
	if err != nil {
		return nil, err
	}
	var clip []stage.Step
	if p.truth("clip", false) {
		bounds, err := p.exactly("feature_range", 2)
		if err != nil {
			return nil, err
		}
		clip = []stage.Step{{Op: "clip", A: bounds[0], B: bounds[1]}}
	}
	return d.each(p, func(j int) []stage.Step {
		return append([]stage.Step{{Op: "mul", A: scale[j]}, {Op: "add", A: low[j]}}, clip...)
	})
}

func maxAbsScaler(p part, d *design) (*design, error) {
	scale, err := p.exactly("scale_", len(d.columns))
	if err != nil {
		return nil, err
	}
	return d.each(p, func(j int) []stage.Step { return affine(nil, scale, j) })
}

func robustScaler(p part, d *design) (*design, error) {
	var center, scale []float64
	var err error
	if p.truth("with_centering", true) {
		if center, err = p.exactly("center_", len(d.columns)); err != nil {
			return nil, err
		}
	}
	if p.truth("with_scaling", true) {
		if scale, err = p.exactly("scale_", len(d.columns)); err != nil {
			return nil, err
		}
	}
	return d.each(p, func(j int) []stage.Step { return affine(center, scale, j) })
}

// functions are numpy's that a FunctionTransformer may name, by our step.
var functions = map[string]string{
	"log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p", "exp": "exp", "expm1": "expm1", "sqrt": "sqrt", "square": "square",
	"cbrt": "cbrt", "abs": "abs", "absolute": "abs", "sign": "sign", "sin": "sin", "cos": "cos", "tanh": "tanh", "reciprocal": "reciprocal", "negative": "negative",
}

func functionTransformer(p part, d *design) (*design, error) {
	if arguments, ok := p.get("kw_args").(*pickle.Dict); ok && arguments.Len() > 0 {
		return nil, p.wrong("its function has arguments. Only numpy's functions of one number are read")
	}
	f := p.get("func")
	if f == nil {
		return d, nil
	}
	g, ok := f.(pickle.Global)
	name := functions[g.Name]
	if !ok || name == "" {
		return nil, p.wrong("its function is not numpy's (%v). log1p, log, log2, log10, exp, expm1, sqrt, square, cbrt, abs, sign, sin, cos, tanh, reciprocal and negative are read", f)
	}
	return d.each(p, func(int) []stage.Step { return []stage.Step{{Op: name}} })
}

// simpleImputer fills what is missing, drops columns that had no value when it
// was fitted, and may append indicators.
func simpleImputer(p part, d *design) (*design, error) {
	statistics, err := p.items("statistics_")
	if err != nil {
		return nil, err
	}
	if len(statistics) != len(d.columns) {
		return nil, p.wrong("its statistics_ are of %d columns, there are %d", len(statistics), len(d.columns))
	}
	mark, err := missingMark(p)
	if err != nil {
		return nil, err
	}
	var out []column
	for j, c := range d.columns {
		switch statistic := statistics[j].(type) {
		case string:
			if c.table != nil || d.in(&c).kind == numeric || !math.IsNaN(mark) {
				return nil, p.wrong("it fills the text %q into the column %q, which holds numbers or marks what is missing by %v", statistic, c.name, mark)
			}
			d.in(&c).kind = category
			if c.fill == nil {
				c.fill = &statistic
			}
			out = append(out, c)
		default:
			x, ok := pickle.Number(statistic)
			if !ok {
				return nil, p.wrong("it fills %v into the column %q", statistic, c.name)
			}
			if math.IsNaN(x) && !p.truth("keep_empty_features", false) && p.text("strategy") != "constant" {
				continue // it had no value at all
			}
			if err := d.number(p, &c); err != nil {
				return nil, err
			}
			out = append(out, c.then(fillIn(mark, x)))
		}
	}
	if indicator, ok := p.child("indicator_"); ok {
		features, err := indicator.floats("features_")
		if err != nil {
			return nil, err
		}
		for _, f := range features {
			if !(f >= 0 && f < float64(len(d.columns))) {
				return nil, p.wrong("its indicator is of column %v, there are %d", f, len(d.columns))
			}
			c := d.columns[int(f)]
			if err := d.number(p, &c); err != nil {
				return nil, err
			}
			steps := []stage.Step{{Op: "missing"}}
			if !math.IsNaN(mark) {
				steps = []stage.Step{{Op: "sub", A: mark}, {Op: "abs"}, {Op: "sign"}, {Op: "negative"}, {Op: "add", A: 1}}
			}
			c = c.then(steps...)
			c.name += " missing"
			out = append(out, c)
		}
	}
	return d.with(out), nil
}

// missingMark is the number that an imputer takes for missing.
func missingMark(p part) (float64, error) {
	v, given := p.attribute("missing_values")
	if !given || v == nil {
		return math.NaN(), nil
	}
	x, ok := pickle.Number(v)
	if !ok {
		return 0, p.wrong("it takes %v for missing. Only numbers and NaN are read", v)
	}
	return x, nil
}

func fillIn(mark, x float64) stage.Step {
	if math.IsNaN(mark) {
		return stage.Step{Op: "impute", A: x}
	}
	return stage.Step{Op: "replace", A: mark, B: x}
}

// chosen gives the columns that a selection means: names, places, a slice, a
// mask.
func chosen(p part, v any, names []string) ([]int, error) {
	n := len(names)
	one := func(item any) (int, error) {
		switch item := item.(type) {
		case string:
			if i := slices.Index(names, item); i >= 0 {
				return i, nil
			}
			return 0, p.wrong("it takes the column %q, which it was not fitted with", item)
		case int64:
			if item < 0 {
				item += int64(n)
			}
			if item < 0 || item >= int64(n) {
				return 0, p.wrong("it takes column %d, there are %d", item, n)
			}
			return int(item), nil
		}
		return 0, p.wrong("it takes the column %v, which is neither a name nor a place", item)
	}
	if o, ok := v.(*pickle.Object); ok && o.Class.Name == "slice" && len(o.Args) == 3 {
		return sliced(o.Args, n, one)
	}
	items, ok := pickle.Items(v)
	if !ok {
		i, err := one(v)
		return []int{i}, err
	}
	if len(items) > 0 {
		if _, isMask := items[0].(bool); isMask {
			var places []int
			for i, item := range items {
				if item == true && i < n {
					places = append(places, i)
				}
			}
			return places, nil
		}
	}
	places := make([]int, len(items))
	for k, item := range items {
		i, err := one(item)
		if err != nil {
			return nil, err
		}
		places[k] = i
	}
	return places, nil
}

// sliced reads slice(from, to, step): of names it includes the end, of places
// it does not.
func sliced(args []any, n int, one func(any) (int, error)) ([]int, error) {
	from, to, step := 0, n, 1
	if args[0] != nil {
		i, err := one(args[0])
		if err != nil {
			return nil, err
		}
		from = i
	}
	switch end := args[1].(type) {
	case string:
		i, err := one(end)
		if err != nil {
			return nil, err
		}
		to = i + 1
	case int64:
		if end < 0 {
			end += int64(n)
		}
		to = int(min(max(end, 0), int64(n)))
	}
	if s, ok := args[2].(int64); ok && s > 0 {
		step = int(min(s, int64(n)+1))
	}
	var places []int
	for i := from; i < to; i += step {
		places = append(places, i)
	}
	return places, nil
}
