package predict

import (
	"math"
	"slices"

	"dasier/ml/frame"
	"dasier/ml/stage"
)

// Terms is a program in its fused form, for those who write it in another
// language (package format/onnx). Score is
//
//	Bias + sum over Numbers + sum over Choices
type Terms struct {
	Bias    float64
	Numbers []NumberTerm
	Choices []ChoiceTerm
}

// NumberTerm is what a number, bool or time adds to the score:
// Slope*(x-Center) + LogSlope*(log1p(x)-LogCenter), the second part only with
// Logs, or Missing when there is no x.
type NumberTerm struct {
	Input               int
	Slope, Center       float64
	Logs                bool
	LogSlope, LogCenter float64
	Missing             float64
}

// ChoiceTerm is what a category adds to the score: Table[k] for the k-th of
// the input's levels, then for an unknown level, then for a missing one.
type ChoiceTerm struct {
	Input int
	Table []float64
}

// Terms copies the fused form.
func (p *Program) Terms() Terms {
	terms := Terms{Bias: p.bias}
	for _, t := range p.numbers {
		terms.Numbers = append(terms.Numbers, NumberTerm{
			Input: int(t.input), Slope: t.slope, Center: t.center,
			Logs: t.logs, LogSlope: t.logSlope, LogCenter: t.logCenter, Missing: t.missing,
		})
	}
	for _, c := range p.choices {
		codes := len(p.spec.Inputs[c.input].Levels) + 2
		terms.Choices = append(terms.Choices, ChoiceTerm{
			Input: int(c.input), Table: slices.Clone(p.tables[c.at : int(c.at)+codes]),
		})
	}
	return terms
}

// Magnitude is how large the numbers are that a linear program adds up to the
// score of a row: what is left of them when they cancel is exact to this times
// the precision of a float64, whoever computes it. It is 0 of other programs.
func (p *Program) Magnitude(row *Row) float64 {
	if p.matrix == nil || p.summed {
		size := math.Abs(p.bias)
		for t := range p.numbers {
			size += math.Abs(p.numbers[t].of(row))
		}
		for _, choice := range p.choices {
			size += math.Abs(p.tables[choice.at+row.codes[choice.input]])
		}
		return size
	}
	largest := 0.0
	if len(p.linears) > 0 {
		x := p.compute(row)
		for k := range p.linears {
			size := math.Abs(p.linears[k].Bias)
			for j, w := range p.linears[k].Weights {
				size += math.Abs(w * x[j])
			}
			largest = max(largest, size)
		}
		return largest
	}
	if p.spec.Answer == nil {
		return 0
	}
	p.compute(row)
	wanted := slices.Clone(p.spec.Answer.Scores)
	for _, s := range slices.Backward(p.stages.steps) {
		if !slices.ContainsFunc(wanted, func(c int32) bool { return int(c) >= s.at && int(c) < s.at+s.out }) {
			continue
		}
		if _, ok := s.do.(stage.Guard); ok { // lets its first cell through
			wanted = append(wanted, s.from[0])
		}
		if sums, ok := s.do.(stage.Sums); ok {
			in := make([]float64, len(s.from))
			for j, c := range s.from {
				in[j] = row.cells[c]
			}
			largest = max(largest, sums.Magnitude(in))
		}
	}
	return largest
}

// Spelled spells feature j out, for those who write the program in another
// language: the steps on a number, or, of a category, a number per level, then
// for an unknown level, then for a missing one.
func (p *Program) Spelled(j int) (steps []stage.Step, table []float64) {
	f := &p.spec.Features[j]
	if in := &p.spec.Inputs[f.Input]; in.Kind == frame.Category {
		return nil, tableOf(f, in)
	}
	return stepsOf(f), nil
}

// tableOf spells a feature of a category out.
func tableOf(f *Feature, in *Input) []float64 {
	if f.Op == opTable {
		return f.Table
	}
	table := make([]float64, len(in.Levels)+2)
	missing := len(table) - 1
	table[missing] = 1
	if f.Op == opEquals {
		table[missing] = f.Impute
		table[slices.Index(in.Levels, f.Level)] = 1
	}
	for k := range table {
		table[k] = f.scaled(table[k])
	}
	return table
}
