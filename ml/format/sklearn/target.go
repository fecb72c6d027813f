package sklearn

import (
	"slices"
	"strconv"

	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// transformedTarget reads a regression of a transformed target, and what undoes
// the transformation.
func (r *reader) transformedTarget(p part, d *design) (answer, error) {
	base, ok := p.child("regressor_")
	if !ok {
		return answer{}, p.wrong("it has no regressor_: was it fitted?")
	}
	a, err := r.inside(base, d)
	if err != nil {
		return answer{}, err
	}
	if len(a.classes) > 0 {
		return answer{}, base.wrong("it chooses a class, and the whole is a regression")
	}
	transformer, ok := p.child("transformer_")
	if !ok {
		return answer{}, p.wrong("it has no transformer_: was it fitted?")
	}
	width := 1
	if a.task == predict.TaskVector {
		width = len(a.scores)
	}
	undone, err := undo(transformer, width, 0)
	if err != nil || len(undone) == 0 {
		return a, err
	}
	if slope, shift, ok := undone.affine(); ok && width == 1 && scaled(&a, slope, shift) {
		return a, nil
	}
	if undone.isExp() && !a.log && a.task == predict.TaskRegression {
		a.log, a.outputs = true, nil
		return a, nil
	}
	cells, err := d.builder.values(base, &a)
	if err != nil {
		return answer{}, err
	}
	// An exponential at the end is said, so that it is known for one.
	log := false
	if last := undone[len(undone)-1:]; width == 1 && last.isExp() {
		log, undone = true, undone[:len(undone)-1]
	}
	for _, u := range undone {
		do, err := u.operation(width)
		if err != nil {
			return answer{}, transformer.wrong("%v", err)
		}
		if cells, err = d.builder.stage(transformer, do, cells); err != nil {
			return answer{}, err
		}
	}
	return answer{task: a.task, log: log, targets: a.targets, scores: cells}, nil
}

// undoing is one thing to do to a transformed target: steps of each column, or
// an operation on all.
type undoing struct {
	steps [][]stage.Step
	do    stage.Operation
}

type undoings []undoing

func (u *undoing) operation(width int) (stage.Operation, error) {
	if u.do != nil {
		return u.do, nil
	}
	steps := u.steps
	if len(steps) == 1 && width > 1 { // the same for all
		for len(steps) < width {
			steps = append(steps, steps[0])
		}
	}
	return stage.NewElementwise(steps)
}

// isExp tells an exponential and nothing else.
func (u undoings) isExp() bool {
	return len(u) == 1 && len(u[0].steps) == 1 && len(u[0].steps[0]) == 1 && u[0].steps[0][0].Op == "exp"
}

// affine is what is undone as slope*x + shift, where it is that.
func (u undoings) affine() (slope, shift float64, ok bool) {
	slope = 1
	for _, one := range u {
		if one.do != nil || len(one.steps) != 1 {
			return 0, 0, false
		}
		for _, s := range one.steps[0] {
			switch s.Op {
			case "mul":
				slope, shift = slope*s.A, shift*s.A
			case "div":
				slope, shift = slope/s.A, shift/s.A
			case "add":
				shift += s.A
			case "sub":
				shift -= s.A
			default:
				return 0, 0, false
			}
		}
	}
	return slope, shift, true
}

// scaled multiplies what a linear model or trees answer, so that they stay what
// they are; false where that cannot be.
func scaled(a *answer, slope, shift float64) bool {
	if a.log || a.scores != nil || a.task != predict.TaskRegression || len(a.outputs) > 0 {
		return false
	}
	if l := a.linear; l != nil {
		for j := range l.Weights {
			l.Weights[j] *= slope
		}
		l.Bias = l.Bias*slope + shift
		return true
	}
	t := a.trees
	if t == nil || t.Single || len(t.Lines) > 0 || len(t.Base) != 1 {
		return false
	}
	for n := range t.Value {
		t.Value[n] *= slope
	}
	if t.Mean { // of the trees and the base
		shift *= float64(len(t.Roots))
	}
	t.Base[0] = t.Base[0]*slope + shift
	return true
}

// undo is the inverse of a transformer of so many targets.
func undo(p part, width, depth int) (undoings, error) {
	if depth > maxNesting {
		return nil, p.wrong("parts nest deeper than %d, or in a circle", maxNesting)
	}
	switch p.class() {
	case "Pipeline":
		steps, err := pipelineSteps(p)
		if err != nil {
			return nil, err
		}
		var all undoings
		for _, step := range slices.Backward(steps) {
			one, err := undo(step, width, depth+1)
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	case "FunctionTransformer":
		return undoFunction(p)
	case "StandardScaler":
		return undoScaler(p, width, "mul", "scale_", "with_std", "add", "mean_", "with_mean")
	case "RobustScaler":
		return undoScaler(p, width, "mul", "scale_", "with_scaling", "add", "center_", "with_centering")
	case "MaxAbsScaler":
		return undoScaler(p, width, "mul", "scale_", "", "", "", "")
	case "MinMaxScaler":
		return undoScaler(p, width, "sub", "min_", "", "div", "scale_", "")
	case "PowerTransformer":
		return undoPower(p, width)
	case "QuantileTransformer":
		return undoQuantiles(p, width)
	}
	return nil, p.wrong("its inverse is not read. The target's transformer may be a FunctionTransformer of numpy's functions, a StandardScaler, MinMaxScaler, " +
		"MaxAbsScaler, RobustScaler, PowerTransformer, QuantileTransformer or a Pipeline of them")
}

// inverses are functions that numpy and scipy have for it, by our step; those of
// the same name stand for themselves.
var inverses = map[string]string{"absolute": "abs", "fabs": "abs", "expit": "logistic", "positive": ""}

func undoFunction(p part) (undoings, error) {
	f := p.get("inverse_func")
	if f == nil {
		return nil, nil
	}
	if arguments, ok := p.get("inv_kw_args").(*pickle.Dict); ok && arguments.Len() > 0 {
		return nil, p.wrong("its inverse_func has arguments. Only functions of one number are read")
	}
	g, ok := f.(pickle.Global)
	if !ok {
		return nil, p.wrong("its inverse_func is %s. Only functions of numpy are read: exp, expm1, square, sqrt, log and the like", kindOf(f))
	}
	name, alias := inverses[g.Name]
	switch {
	case alias && name == "", g.Name == "_identity":
		return nil, nil
	case !alias:
		name = g.Name
	}
	switch name {
	case "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "square", "cbrt", "abs", "sign", "sin", "cos", "tanh", "reciprocal", "negative", "logistic":
		return undoings{{steps: [][]stage.Step{{{Op: name}}}}}, nil
	}
	return nil, p.wrong("its inverse_func is %s. exp, expm1, log, log2, log10, log1p, sqrt, square, cbrt, abs, sign, sin, cos, tanh, reciprocal, negative and expit are read", g)
}

// undoScaler is a scaler's inverse: first one of its arrays, then the other. An
// array counts where its switch is on.
func undoScaler(p part, width int, first, firstOf, firstIf, then, thenOf, thenIf string) (undoings, error) {
	steps := make([][]stage.Step, width)
	for _, step := range []struct{ op, of, when string }{{first, firstOf, firstIf}, {then, thenOf, thenIf}} {
		if step.op == "" || step.when != "" && !p.truth(step.when, true) {
			continue
		}
		values, err := p.exactly(step.of, width)
		if err != nil {
			return nil, err
		}
		for k := range steps {
			steps[k] = append(steps[k], stage.Step{Op: step.op, A: values[k]})
		}
	}
	return undoings{{steps: steps}}, nil
}

func undoPower(p part, width int) (undoings, error) {
	lambdas, err := p.exactly("lambdas_", width)
	if err != nil {
		return nil, err
	}
	var all undoings
	if p.truth("standardize", true) {
		scaler, ok := p.child("_scaler")
		if !ok {
			return nil, p.wrong("it has no _scaler: was it fitted?")
		}
		if all, err = undo(scaler, width, maxNesting-1); err != nil {
			return nil, err
		}
	}
	return append(all, undoing{do: &stage.Unpower{Lambdas: lambdas, BoxCox: p.text("method") == "box-cox"}}), nil
}

func undoQuantiles(p part, width int) (undoings, error) {
	shares, err := p.floats("references_")
	if err != nil {
		return nil, err
	}
	quantiles, err := p.floats("quantiles_")
	if err != nil {
		return nil, err
	}
	n := len(shares)
	if len(quantiles) != n*width {
		return nil, p.wrong("it has %d quantiles for %d shares and %d targets", len(quantiles), n, width)
	}
	u := &stage.Unspread{Shares: shares, Values: make([]float64, len(quantiles)), Normal: p.text("output_distribution") == "normal"}
	for i, q := range quantiles { // a column per target
		u.Values[i%width*n+i/width] = q
	}
	return undoings{{do: u}}, nil
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil || text == "true" || text == "false"
}
