package explain

import (
	"math"
	"math/rand/v2"

	"dasier/ml/predict"
)

// sampled estimates Shapley values of a model that can only be asked: Štrumbelj and
// Kononenko 2014, "Explaining prediction models and individual predictions with
// feature contributions", algorithm 1, against the background rows that the model
// keeps. Inputs of a background row are replaced by the row's own, one after
// another in an order drawn at random, and each is charged with what its
// replacement changes. All charges of a background row add up to the row's score
// minus the background row's, so that the effects add up exactly, however few the
// orders are.
//
// What differs: every order is walked once more from its end (antithetic sampling:
// Mitchell, Cooper, Frank and Holmes 2022, "Sampling permutations for Shapley value
// estimation", section 3.2), background rows are taken in turn instead of drawn,
// and the orders are the same for every row and every run.
func sampled(p *predict.Program, row *predict.Row, class int, into []Contribution) {
	spec := p.Spec()
	background := spec.Background.Rows
	cells := p.FeatureCells(row)
	own := append([]float64(nil), cells...)
	features := make([][]int, len(into)) // per input
	for j, f := range spec.Features {
		features[f.Input] = append(features[f.Input], j)
	}
	share := p.Sign() / float64(2*len(background))
	random := rand.New(rand.NewPCG(uint64(len(into)), 0x73616d706c65)) //nolint:gosec // a reproducible draw is the point
	for _, other := range background {
		var order []int
		for _, i := range random.Perm(len(into)) {
			if differs(own, other, features[i]) { // the others change nothing
				order = append(order, i)
			}
		}
		if len(order) == 0 {
			continue
		}
		copy(cells, other)
		first := p.ScoresOfCells(row)[class]
		last := math.NaN()
		for _, backwards := range [...]bool{false, true} {
			copy(cells, other)
			before := first
			for k := range order {
				i := order[k]
				if backwards {
					i = order[len(order)-1-k]
				}
				for _, j := range features[i] {
					cells[j] = own[j]
				}
				after := last
				if k < len(order)-1 || !backwards { // the end is known the second time
					after = p.ScoresOfCells(row)[class]
				}
				into[i].Effect += share * (after - before)
				before = after
			}
			last = before
		}
	}
	copy(cells, own) // the row is as it was
	p.ScoresOfCells(row)
}

// differs tells whether rows differ in any of some features. Two that are missing
// are alike.
func differs(a, b []float64, features []int) bool {
	for _, j := range features {
		if a[j] != b[j] && !(math.IsNaN(a[j]) && math.IsNaN(b[j])) {
			return true
		}
	}
	return false
}
