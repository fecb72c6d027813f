package tree

import (
	"context"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

// Tree is a decision tree: Breiman, Friedman, Olshen and Stone 1984,
// Classification and Regression Trees, chapters 2, 3, 4 and 8. What differs:
// missing values go to the side that fits them better instead of by surrogate
// splits; a category is divided by its levels' means; equal cuts are drawn among.
// The zero Tree grows until every leaf is pure or no column differs.
type Tree struct {
	Prep prep.Config
	Seed uint64
	// Criterion is what cuts lower. Default: Squared for numbers, Gini for classes.
	Criterion Criterion
	// Depth is how many tests there are to a leaf, at most 499. Default: 499.
	Depth int
	// Leaves is how many leaves there are at most: those cuts are kept that gain
	// most, best first (Shi 2007, "Best-first decision tree learning", chapter 2).
	// Default: no bound.
	Leaves int
	// MinRows is how many rows a leaf has at least; a row counts once whatever its
	// weight. Default: 1.
	MinRows int
	// MinSplit is how many rows a node that is split has at least. Default: 2.
	MinSplit int
	// Features is how many columns a node looks at, drawn anew at each: up to 1 a
	// share of all, above 1 a number. Default: all.
	Features float64
	// MinGain is how much a cut lowers the criterion at least, times the share of
	// the rows' weight that the node has. Default: 0.
	MinGain float64
	// Prune is alpha of minimal cost-complexity pruning (Breiman et al. 1984,
	// section 3.3): what a leaf costs, in the criterion. Default: 0, no pruning.
	Prune float64
}

// Fit grows the tree.
func (t Tree) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return settings{
		name: "a tree", prep: t.Prep, seed: t.Seed, criterion: t.Criterion, depth: t.Depth, leaves: t.Leaves, minRows: t.MinRows,
		minSplit: t.MinSplit, features: t.Features, minGain: t.MinGain, prune: t.Prune, trees: 1, sample: 1, all: true,
	}.fit(ctx, features, target)
}
