package predict

import "dasier/ml/forest"

// What explanations are made of (package explain).

// Fused tells whether the program is one sum over its inputs: then Partial
// gives the terms.
func (p *Program) Fused() bool { return p.matrix == nil }

// Partial is what input i adds to the score of a row of a fused program. Bias
// plus all partials is the score.
func (p *Program) Partial(row *Row, i int) float64 {
	ref := p.terms[i]
	var v float64
	switch {
	case ref.index < 0:
		return 0
	case ref.choice:
		v = p.constant[i] + p.tables[p.choices[ref.index].at+row.codes[i]]
	default:
		v = p.constant[i] + p.numbers[ref.index].of(row)
	}
	if p.flip {
		return -v
	}
	return v
}

// PartialAtBase is what input i adds to the score of the mean training row.
func (p *Program) PartialAtBase(i int) float64 {
	if p.flip {
		return -p.atBase[i]
	}
	return p.atBase[i]
}

// Base is the score of the mean training row, from which contributions are
// measured; for trees, the mean score of the training rows.
func (p *Program) Base() float64 { return p.BaseOf(0) }

// BaseOf is Base of one class of several.
func (p *Program) BaseOf(class int) float64 {
	if len(p.bases) == 1 {
		class = 0
	}
	if p.flip {
		return p.flipped(p.bases[0])
	}
	return p.bases[class]
}

// BasePrediction is the prediction at the base: of the class given, when there
// are several.
func (p *Program) BasePrediction(class int) float64 {
	if p.spec.Task != TaskMulticlass {
		return p.Answer(p.Base())
	}
	at := make([]float64, len(p.bases))
	p.link(p.bases, at)
	return at[class]
}

// Sign is -1 where the score is the negative of what the estimator's arrays
// say, because the positive class is the first.
func (p *Program) Sign() float64 {
	if p.flip {
		return -1
	}
	return 1
}

// Matrix computes the features of a row of a program that is not fused, as its
// estimator sees them. The slice lives in the row.
func (p *Program) Matrix(row *Row) []float64 {
	x := p.compute(row)
	if p.trees != nil {
		p.trees.Cast(x)
	}
	return x
}

// Linears are the linear functions of a program that is neither fused nor of
// trees: one, or one per class.
func (p *Program) Linears() []Linear { return p.linears }

// Forest is the estimator of trees as it is walked; nil for others.
func (p *Program) Forest() *forest.Forest { return p.trees }

// Trees is the estimator of trees as data; nil for others. Do not change it. Of
// many nodes it is written anew from the forest, which takes a while.
func (p *Program) Trees() *forest.Trees {
	if p.trees == nil {
		return nil
	}
	return p.trees.Trees()
}

// Explained tells whether answers come with reasons: what each input adds to the
// score. Explanation says how they are found.
func (p *Program) Explained() bool { return p.explanation != "" }

// Features are the features that the estimator sees where it sees nothing else, in
// its order. Do not change them.
func (p *Program) Features() []Feature { return p.taken }

// TreeDepth is how many tests the longest way through a tree has.
func (p *Program) TreeDepth() int { return p.depth }

// Buffer is memory of the row's owner, of n numbers at least.
func (r *Row) Buffer(n int) []float64 {
	if cap(r.buffer) < n {
		r.buffer = make([]float64, n)
	}
	return r.buffer[:n]
}
