// Package explain says why a compiled model gave its answer: how much each
// input that a person knows moved the score away from the score of the mean
// training row.
//
// For a linear model the contribution of an input is the sum, over the
// features computed from it, of weight times (feature minus its mean). That is
// its Shapley value under feature independence (Štrumbelj and Kononenko 2014,
// "Explaining prediction models and individual predictions with feature
// contributions", section 3.2; Lundberg and Lee 2017, "A unified approach to
// interpreting model predictions", corollary 1).
//
// For trees it is the exact Shapley value of the tree's own expectation
// (treeshap.go), of all features that are computed from the input together.
//
// A stack's score is its parts' weighted sum, and so are the effects: Shapley
// values are linear in the game (Shapley 1953, "A value for n-person games",
// axiom 3). Where a part's answer is bent on its way (a logistic, a softmax) its
// effects are passed on in proportion (chain.go). Of a model that can only be
// asked, nearest neighbours say, they are sampled against background rows that it
// keeps (sample.go). predict.Program.Explanation says which of these it is.
//
// What is explained is the score: of a classifier the log-odds of the class, or
// its probability where the estimator has no other score. With several classes
// it is the score of the class chosen.
//
// Of a free text that a vectorizer reads, InWords tells the effect word by word,
// measured from the empty text (words.go).
//
// Where neither is to be had, as of most model files of others, nothing is
// explained: there are no contributions (Program.Explained).
//
// Survey does this for many rows, and puts into words what moves a model's
// answers, which way, and where that looks too good to be true.
//
// Invariant: Base plus the effects of all inputs is the score, up to rounding
// (a property test holds it to 1e-9).
//
// A contribution tells what the model does, not what causes the target: of
// two columns that move together the model may charge either.
package explain

import (
	"cmp"
	"math"
	"slices"

	"dasier/ml/predict"
)

// Scale says how effects combine.
type Scale string

// The scales.
const (
	Additive Scale = "additive" // base + effects = prediction
	Log      Scale = "log"      // exp(base) * exp(effect) * … = prediction
	LogOdds  Scale = "log-odds" // logistic or softmax of base + effects = probability
	// Transformed: base + effects is a transform of the target (Yeo and Johnson's),
	// which the prediction undoes.
	Transformed Scale = "transformed"
)

// Contribution is the effect of one input on the score.
type Contribution struct {
	Input  int // index into Program.Inputs
	Effect float64
}

// ScaleOf is the scale of a program's effects.
func ScaleOf(p *predict.Program) Scale {
	spec := p.Spec()
	switch {
	case spec.Target.Log:
		return Log
	case spec.Target.Transformed():
		return Transformed
	case spec.Link != "" && spec.Link != predict.Decision:
		return LogOdds
	}
	return Additive
}

// Contributions gives the effect of every input on a row's score, the largest
// absolute effect first, equal ones in the model's order. It appends to
// into[:0], and for sums and trees allocates nothing when that has room for all
// inputs.
func Contributions(p *predict.Program, row *predict.Row, into []Contribution) []Contribution {
	into = effects(p, row, chosen, into)
	slices.SortFunc(into, func(a, b Contribution) int {
		if order := cmp.Compare(math.Abs(b.Effect), math.Abs(a.Effect)); order != 0 {
			return order
		}
		return cmp.Compare(a.Input, b.Input)
	})
	return into
}

// chosen stands for the class that the model chooses.
const chosen = -1

// effects gives the effect of every input on the score of a class, in the model's
// order.
func effects(p *predict.Program, row *predict.Row, class int, into []Contribution) []Contribution {
	into = into[:0]
	if p.Fused() {
		for i := range p.Inputs() {
			into = append(into, Contribution{Input: i, Effect: p.Partial(row, i) - p.PartialAtBase(i)})
		}
		return into
	}
	if !p.Explained() {
		return into
	}
	if p.Chained() || p.Explanation() == predict.Sampled {
		if class == chosen {
			class = scored(p, row)
		}
		return composed(p, row, class, into)
	}
	for i := range p.Inputs() {
		into = append(into, Contribution{Input: i})
	}
	if class == chosen {
		class = scored(p, row)
	}
	if p.Forest() != nil {
		trees(predict.StageTrees{Forest: p.Forest(), Depth: p.TreeDepth(), Features: p.Features()}, p.Matrix(row), row, class, p.Sign(), into)
		return into
	}
	features := p.Features()
	linear := &p.Linears()[class]
	for j, x := range p.Matrix(row) {
		into[features[j].Input].Effect += p.Sign() * linear.Weights[j] * (x - linear.Base[j])
	}
	return into
}

// scored is the score that is explained: the class chosen has one where every
// class has.
func scored(p *predict.Program, row *predict.Row) int {
	if byClass(p) {
		return p.Outcome(row).Class
	}
	return 0
}

// composed gives the effects on a score that a program computes in stages.
func composed(p *predict.Program, row *predict.Row, class int, into []Contribution) []Contribution {
	for i := range p.Inputs() {
		into = append(into, Contribution{Input: i})
	}
	if p.Chained() {
		newChain(p, row).explain(class, into)
	} else {
		sampled(p, row, class, into)
	}
	return into
}

// byClass tells whether every class has a score of its own.
func byClass(p *predict.Program) bool {
	return len(p.Classes()) > 2 || p.Positive() < 0 && p.Classifies()
}

// Factor turns an effect on the Log scale into what the prediction is
// multiplied by: 1.12 means "12 % more".
func Factor(effect float64) float64 { return min(math.Exp(effect), math.MaxFloat64) }

// Amount turns an effect into the target's unit (a classifier's: into
// probability) such that the amounts of all inputs still add up: prediction at
// the base + sum of amounts = prediction. On the Additive scale it is the
// effect. On the others it is the effect times the mean slope between the two
// answers, which on the Log scale is their logarithmic mean (the "log mean
// Divisia" decomposition, Ang 2004, "Decomposition analysis for policymaking in
// energy", section 4): it has no remainder, keeps the sign and the order of
// effects, and does not depend on the order in which inputs are considered.
func Amount(p *predict.Program, base, score, effect float64) float64 {
	return Between(ScaleOf(p), base, score, p.Answer(base), p.Answer(score), effect)
}

// Between is Amount where the two predictions are known.
func Between(scale Scale, base, score, from, to, effect float64) float64 {
	if scale == Additive {
		return effect
	}
	if math.Abs(score-base) < 1e-9 { // the limit; the quotient would be noise
		switch scale {
		case Log:
			return effect * from
		case Transformed:
			return 0 // nothing was moved
		}
		return effect * from * (1 - from)
	}
	return effect * ((to - from) / (score - base))
}

// Importance is each input's share of what moves this model's predictions
// over the given rows: its mean absolute effect over the sum of all inputs'.
// Shares add up to 1, or are all 0 when nothing moves anything.
func Importance(p *predict.Program, rows []*predict.Row) []float64 {
	shares := make([]float64, len(p.Inputs()))
	total := 0.0
	var into []Contribution
	for _, row := range rows {
		into = effects(p, row, chosen, into)
		for _, c := range into {
			shares[c.Input] += math.Abs(c.Effect)
			total += math.Abs(c.Effect)
		}
	}
	if total > 0 {
		for i := range shares {
			shares[i] /= total
		}
	}
	return shares
}
