package predict

import (
	"slices"

	"dasier/ml/lexicon"
	"dasier/ml/stage"
)

// What explanations by word are made of (package explain). A text is measured from
// the empty text, in which every word is absent and adds nothing: that is the base
// of what a reading gives, whatever the model's other inputs are measured from.

// maxTelling bounds the multiplications that telling the words of one row takes in
// a program of stages: who has more is explained by input only.
const maxTelling = 5_000_000

// Worded tells whether what an input adds to the score can be told by the words of
// its text: all that the estimator sees of it is sums of their numbers, and nothing
// but sums and functions of those follows.
func (p *Program) Worded(i int) bool { return p.worded != nil && p.worded[i] }

// Wording tells whether any input is worded.
func (p *Program) Wording() bool { return slices.Contains(p.worded, true) }

// TextFeatures are the features that readings of worded inputs give. Do not change
// them.
func (p *Program) TextFeatures() []int32 { return p.textual }

// EachWord visits the terms of a row's worded texts, with what each adds to a sum of
// TextFeatures, each times its factor; factors are per feature. A term that
// several readings know comes several times.
func (p *Program) EachWord(row *Row, factors []float64, visit func(input int, term string, effect float64)) {
	var terms []lexicon.Term
	for k := range p.matrix.readings {
		r := &p.matrix.readings[k]
		if !p.Worded(r.input) {
			continue
		}
		text, _ := row.Text(r.input)
		terms = r.reader.Terms(text, &row.vectors[k], terms[:0])
		for _, t := range terms {
			slope := 0.0
			for s := range r.sums {
				slope += factors[r.sums[s].feature] * r.sums[s].weights[t.At]
			}
			if r.terms != nil && r.terms[t.At] >= 0 {
				slope += factors[r.terms[t.At]]
			}
			if slope != 0 && t.Value != 0 {
				visit(r.input, t.Text, slope*t.Value)
			}
		}
	}
}

// compileWords finds out which inputs are worded.
func (p *Program) compileWords() {
	direct := p.explained && p.trees == nil
	if len(p.spec.Readings) == 0 || p.matrix == nil || !direct && !p.Chained() {
		return
	}
	worded := make([]bool, len(p.spec.Inputs))
	for k := range p.spec.Readings {
		worded[p.spec.Readings[k].Input] = true
	}
	for j := range p.spec.Features { // what else is computed of a text has no words
		if f := &p.spec.Features[j]; !f.ofReading() || !direct && p.graph.base[j] != 0 {
			worded[f.Input] = false
		}
	}
	if direct {
		p.unwordBase(worded)
	} else {
		p.unwordTrees(worded)
	}
	for j := range p.spec.Features {
		if worded[p.spec.Features[j].Input] {
			p.textual = append(p.textual, int32(j)) //nolint:gosec // checkSpec bounds them
		}
	}
	if direct || p.telling() <= maxTelling {
		p.worded = worded
	}
}

// unwordBase takes inputs out that a linear estimator measures from another text
// than the empty one.
func (p *Program) unwordBase(worded []bool) {
	for k := range p.linears {
		for j, base := range p.linears[k].Base {
			if base != 0 {
				worded[p.taken[j].Input] = false
			}
		}
	}
}

// unwordTrees takes inputs out that trees see: those charge columns, not words.
func (p *Program) unwordTrees(worded []bool) {
	for k := range p.graph.trees {
		for _, f := range p.graph.trees[k].Features {
			worded[f.Input] = false
		}
	}
}

// telling is about how many multiplications it takes to pass the factors of all text
// features on from stage to stage: a feature has its own factor, and what stages
// compute has one per feature.
func (p *Program) telling() float64 {
	total, players := 0.0, float64(len(p.textual)+len(p.spec.Inputs))
	for k := range p.stages.steps {
		step := &p.stages.steps[k]
		if !p.graph.needed[k] {
			continue
		}
		uses := 1
		if _, mixes := step.do.(*stage.Affine); mixes {
			uses = step.out
		}
		for _, c := range step.from {
			if int(c) < len(p.spec.Features) {
				total += float64(uses)
			} else {
				total += float64(uses) * players
			}
		}
		total += float64(step.out) * players
	}
	return total
}
