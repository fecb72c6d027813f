package tree

import (
	"context"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

// Forest is the mean of trees, each grown on a sample of its own: Breiman 2001,
// "Random forests", Machine Learning 45(1), sections 2 and 3; the out-of-bag
// error is of section 3.1. What differs: the probabilities of leaves are averaged
// instead of the votes of trees counted, and missing values and categories are
// split as Tree does.
type Forest struct {
	Prep prep.Config
	Seed uint64
	// Trees is how many. Default: 100.
	Trees int
	// Criterion, Depth, Leaves, MinRows, MinSplit, MinGain and Prune are of each
	// tree, as of Tree. A row that was drawn twice is one row of weight 2.
	Criterion Criterion
	Depth     int
	Leaves    int
	MinRows   int
	MinSplit  int
	MinGain   float64
	Prune     float64
	// Features is how many columns a node looks at, drawn anew at each: up to 1 a
	// share of all, above 1 a number. Default: all for numbers, the square root of
	// their number for classes, as scikit-learn has it.
	Features float64
	// Sample is how many rows are drawn for a tree: up to 1 a share of all, above 1
	// a number. Default: as many as there are.
	Sample float64
	// Once draws no row twice: with the default Sample, every tree sees all rows.
	Once bool
}

// Fit grows the forest. The model's Rounds are the error on the rows that trees
// did not see (of at most 10,000), by number of trees: the mean squared error, or
// the share of wrong classes.
func (f Forest) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return settings{
		name: "a forest", prep: f.Prep, seed: f.Seed, criterion: f.Criterion, depth: f.Depth, leaves: f.Leaves, minRows: f.MinRows,
		minSplit: f.MinSplit, features: f.Features, minGain: f.MinGain, prune: f.Prune, trees: orDefault(f.Trees, 100),
		sample: orDefault(f.Sample, 1), again: !f.Once,
	}.fit(ctx, features, target)
}

// ExtraTrees is the mean of extremely randomised trees: Geurts, Ernst and Wehenkel
// 2006, "Extremely randomized trees", Machine Learning 63(1), section 2. Cuts are
// drawn, and the best of those of some columns is taken.
type ExtraTrees struct {
	Prep prep.Config
	Seed uint64
	// Trees to MinSplit, Features and Sample are as of Forest.
	Trees     int
	Criterion Criterion
	Depth     int
	Leaves    int
	MinRows   int
	MinSplit  int
	MinGain   float64
	Prune     float64
	Features  float64
	Sample    float64
	// Bootstrap draws rows with replacement. Default: every row is used once.
	Bootstrap bool
}

// Fit grows the trees.
func (e ExtraTrees) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	return settings{
		name: "extra trees", prep: e.Prep, seed: e.Seed, criterion: e.Criterion, depth: e.Depth, leaves: e.Leaves, minRows: e.MinRows,
		minSplit: e.MinSplit, features: e.Features, minGain: e.MinGain, prune: e.Prune, trees: orDefault(e.Trees, 100),
		sample: orDefault(e.Sample, 1), again: e.Bootstrap, random: true,
	}.fit(ctx, features, target)
}

func orDefault[T int | float64](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}
