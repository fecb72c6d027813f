package predict

import (
	"math"

	"dasier/ml/frame"
	"dasier/ml/stage"
)

// compileSum makes one sum of a linear estimator whose features are computed by
// steps that add, subtract, multiply and divide, as scalers do: slopes and
// centres take the place of the steps. It tells whether all are of that kind.
func (p *Program) compileSum() bool {
	if p.spec.Linear == nil || !p.stages.direct {
		return false
	}
	sum := Program{bias: p.spec.Linear.Bias}
	tables := map[int][]float64{} // per category: one, of all its features
	for j := range p.spec.Features {
		f, weight := &p.spec.Features[j], p.spec.Linear.Weights[j]
		if f.Op == opHashed || f.Op == opCurve || f.ofReading() {
			return false
		}
		if in := &p.spec.Inputs[f.Input]; in.Kind == frame.Category {
			if tables[f.Input] == nil {
				tables[f.Input] = make([]float64, len(in.Levels)+2)
			}
			sum.bias += addFeature(tables[f.Input], f, p.levels[f.Input], weight)
			continue
		}
		term, ok := affineTerm(stepsOf(f), weight)
		if !ok {
			return false
		}
		term.input = int32(f.Input) //nolint:gosec // checkSpec bounds them
		sum.numbers = append(sum.numbers, term)
	}
	for i := range p.spec.Inputs { // in the model's order
		if tables[i] == nil {
			continue
		}
		sum.choices = append(sum.choices, choiceTerm{input: int32(i), at: int32(len(sum.tables))}) //nolint:gosec // checkSpec bounds them
		sum.tables = append(sum.tables, tables[i]...)
	}
	p.bias, p.numbers, p.choices, p.tables = sum.bias, sum.numbers, sum.choices, sum.tables
	return true
}

// addFeature adds weight times a feature of a category to the table of the
// category's codes, and gives what is to be added whatever the code is.
func addFeature(table []float64, f *Feature, codes map[string]int32, weight float64) (constant float64) {
	if f.Op == opTable {
		for k, v := range f.Table {
			table[k] += weight * v
		}
		return 0
	}
	slope, missing := weight/f.Scale, len(table)-1
	if f.Op == opMissing {
		table[missing] += slope
	} else {
		table[codes[f.Level]] += slope
		table[missing] += slope * f.Impute
	}
	return slope * (0 - f.Center)
}

// affineTerm is weight times what steps make of a number: of a missing one, what
// they make of what is put in its place, if anything is.
func affineTerm(steps []stage.Step, weight float64) (numberTerm, bool) {
	// (x - center) / scale
	missing, center, scale := math.NaN(), 0.0, 1.0
	for k, s := range steps {
		switch s.Op {
		case "impute":
			if k > 0 {
				return numberTerm{}, false
			}
			missing = s.A
		case "add":
			center -= s.A * scale
		case "sub":
			center += s.A * scale
		case "mul":
			scale /= s.A
		case "div":
			scale *= s.A
		default:
			return numberTerm{}, false
		}
	}
	term := numberTerm{slope: weight / scale, center: center}
	term.missing = term.slope * (missing - center)
	finite := func(v float64) bool { return math.Abs(v) <= largest }
	if math.IsNaN(missing) {
		term.missing = math.NaN()
		return term, finite(term.slope) && finite(center)
	}
	return term, finite(term.slope) && finite(center) && finite(term.missing)
}
