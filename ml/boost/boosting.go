package boost

import (
	"context"
	"maps"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// Boosting is the settings of gradient boosting; the zero Boosting is sensible.
//
// Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals
// of Statistics 29(5), 2001, section 4; trees by second-order steps and learned
// directions of missing values after Chen and Guestrin, "XGBoost", KDD 2016,
// sections 2.2 and 3.4; histograms, growth of the best leaf first and sets of
// categories after Ke et al., "LightGBM", NIPS 2017, section 2. What differs:
// slopes are rounded to whole numbers (Shi et al., "Quantized Training of
// Gradient Boosting Decision Trees", NeurIPS 2022, section 4) but to 20 bits and
// more, which costs no accuracy; gradient-based sampling of rows is left out; the
// step of a class takes no account of the others (Friedman's factor of (K-1)/K).
type Boosting struct {
	Trees        int     // rounds. Default: 100
	LearningRate float64 // what a tree's leaves are multiplied with. Default: 0.1
	Leaves       int     // of a tree, at most. Default: 31
	Depth        int     // of a tree, at most. Default: as deep as Leaves let it
	MinRows      int     // of a leaf. Default: 20
	MinHessian   float64 // of a leaf: the sum of second derivatives. Default: 0.001
	L1, L2       float64 // penalties of a leaf's value and of its square. Default: none
	MinGain      float64 // of a split. Default: above 0
	Bins         int     // of a column, 2 to 255. Default: 255

	// Loss is what is made small. Default: Squared for numbers, Logistic for two
	// classes. More than two classes have no other than the cross-entropy of their
	// softmax.
	Loss Loss

	// Monotone holds the answer to rise (1) or fall (-1) with a column, all else
	// equal.
	Monotone map[string]int
	// Interactions are sets of columns that may meet on a way from a root to a
	// leaf; columns in none of them are a set together. Default: all may meet.
	Interactions [][]string

	Subsample     float64 // share of rows that a tree is grown from. Default: 1
	Columns       float64 // share of columns that a tree sees. Default: 1
	ColumnsAtNode float64 // share of the tree's columns that a node sees. Default: 1
	Dart          Dart    // rounds that leave earlier trees out. Default: none

	Categories Categories // how categories are split

	// Patience stops after so many rounds without a better loss on rows held back,
	// and keeps the best round. Default: never.
	Patience int
	// Validation is the share of rows held back, drawn with Seed. Default: 0.1
	// where Patience is set and ValidationRows are not.
	Validation float64
	// ValidationRows are the rows to hold back, by their place.
	ValidationRows []int

	Seed uint64
	Prep prep.Config // Form is set here
}

// Dart is dropout of trees: Rashmi and Gilad-Bachrach, "DART: Dropouts meet
// Multiple Additive Regression Trees", AISTATS 2015, algorithm 1. What differs:
// the new tree's weight is LearningRate/(k+1) where k were left out.
type Dart struct {
	Rate float64 // chance of a round's trees to be left out. 0: no dropout
	Most int     // rounds left out at once, at most. Default: 50
	Skip float64 // chance of a round without dropout. Default: 0
}

// Categories says how categories are split: by the best set of levels in the
// order of their mean slope, which holds the best of all sets for a convex loss
// (Fisher, "On Grouping for Maximum Homogeneity", JASA 53, 1958). Of a negative
// setting there is none.
type Categories struct {
	OneHot int     // up to so many levels, one level goes one way. Default: 4
	Smooth float64 // rows of the node's mean that a level's mean is mixed with. Default: 10
	L2     float64 // penalty besides Boosting.L2 when splits are compared. Default: 10
	Most   int     // levels that a split names, at most; more of them learn the noise of rare levels. Default: 4
}

// defaults fills in what is not set.
func (b Boosting) defaults(target learn.Target) Boosting {
	b.Trees = or(b.Trees, 100)
	b.LearningRate = or(b.LearningRate, 0.1)
	b.Leaves = or(b.Leaves, 31)
	b.Depth = or(b.Depth, mostDepth)
	b.MinRows = or(b.MinRows, 20)
	b.MinHessian = or(b.MinHessian, 1e-3)
	b.Bins = or(b.Bins, mostBins)
	b.Subsample = or(b.Subsample, 1)
	b.Columns = or(b.Columns, 1)
	b.ColumnsAtNode = or(b.ColumnsAtNode, 1)
	b.Dart.Most = or(b.Dart.Most, 50)
	b.Categories.OneHot = max(0, or(b.Categories.OneHot, 4))
	b.Categories.Smooth = max(0, or(b.Categories.Smooth, 10))
	b.Categories.L2 = max(0, or(b.Categories.L2, 10))
	b.Categories.Most = or(b.Categories.Most, 4)
	if b.Categories.Most < 0 {
		b.Categories.Most = mostBins
	}
	if b.Patience > 0 && b.ValidationRows == nil {
		b.Validation = or(b.Validation, 0.1)
	}
	if b.Loss == nil {
		switch target.Task {
		case predict.TaskRegression:
			b.Loss = Squared{}
		case predict.TaskBinary:
			b.Loss = Logistic{}
		}
	}
	return b
}

func or[T int | float64](setting, otherwise T) T {
	if setting == 0 {
		return otherwise
	}
	return setting
}

// Limits of settings.
const (
	mostBins   = 255 // and one for missing values: a byte
	mostDepth  = 500 // as package forest has it
	mostLeaves = 1 << 17
	mostTrees  = 100_000
	mostNodes  = 40_000_000 // of all trees
	mostRows   = 1 << 26    // sums of slopes need the bits
	mostTarget = 1e100      // squares stay finite
)

// check holds settings, defaults filled in, to sense.
func (b Boosting) check(target learn.Target, classes int) error {
	wrong := func(format string, args ...any) error {
		return fault.Errorf(fault.Invalid, "boosting: "+format, args...)
	}
	share := func(v float64) bool { return v > 0 && v <= 1 }
	amount := func(v float64) bool { return v >= 0 && v <= mostTarget }
	switch {
	case b.Trees < 1 || b.Trees > mostTrees:
		return wrong("there cannot be %d trees: choose 1 to %d", b.Trees, mostTrees)
	case b.Leaves < 2 || b.Leaves > mostLeaves:
		return wrong("a tree cannot have %d leaves: choose 2 to %d", b.Leaves, mostLeaves)
	case b.Trees*classes > mostNodes/(2*b.Leaves):
		return wrong("%d trees of %d leaves would be a model of more than %d nodes: choose fewer", b.Trees*classes, b.Leaves, mostNodes)
	case !(b.LearningRate > 0 && b.LearningRate <= 10):
		return wrong("the learning rate cannot be %g: choose a number above 0, at most 10", b.LearningRate)
	case b.Depth < 1 || b.Depth > mostDepth:
		return wrong("a tree cannot have the depth %d: choose 1 to %d", b.Depth, mostDepth)
	case b.MinRows < 1:
		return wrong("a leaf cannot have %d rows: choose 1 or more", b.MinRows)
	case !amount(b.MinHessian) || !amount(b.L1) || !amount(b.L2) || !amount(b.MinGain):
		return wrong("least hessian, penalties and least gain must be numbers of at least 0, they are %g, %g, %g and %g", b.MinHessian, b.L1, b.L2, b.MinGain)
	case b.Bins < 2 || b.Bins > mostBins:
		return wrong("a column cannot have %d bins: choose 2 to %d", b.Bins, mostBins)
	case !share(b.Subsample) || !share(b.Columns) || !share(b.ColumnsAtNode):
		return wrong("shares of rows and columns must be above 0 and at most 1, they are %g, %g and %g", b.Subsample, b.Columns, b.ColumnsAtNode)
	case !(b.Dart.Rate >= 0 && b.Dart.Rate < 1) || !(b.Dart.Skip >= 0 && b.Dart.Skip <= 1) || b.Dart.Most < 1:
		return wrong("dropout needs a rate of at least 0 and below 1, a chance to skip from 0 to 1 and at least one tree, they are %g, %g and %d", b.Dart.Rate, b.Dart.Skip, b.Dart.Most)
	case b.Categories.Smooth > mostTarget || b.Categories.L2 > mostTarget || math.IsNaN(b.Categories.Smooth+b.Categories.L2):
		return wrong("smoothing and penalty of categories must be finite, they are %g and %g", b.Categories.Smooth, b.Categories.L2)
	case b.Patience < 0:
		return wrong("patience cannot be %d rounds: choose 1 or more, or 0 for no early stopping", b.Patience)
	case b.Validation != 0 && !(b.Validation > 0 && b.Validation < 1):
		return wrong("the share of rows held back cannot be %g: choose a number between 0 and 1", b.Validation)
	case b.Validation != 0 && b.ValidationRows != nil:
		return wrong("rows are held back either by a share or by their places, not by both")
	case len(target.Y) > mostRows:
		return wrong("there are %d rows, at most %d can be learned from: take a sample", len(target.Y), mostRows)
	case target.Task == predict.TaskMulticlass && b.Loss != nil:
		return wrong("a choice among %d classes has no other loss than its own: leave the loss out", classes)
	case target.Task == predict.TaskMulticlass && len(b.Monotone) > 0:
		return wrong("a probability among several classes does not rise with its score alone: monotone columns need a number or two classes")
	}
	for _, name := range slices.Sorted(maps.Keys(b.Monotone)) {
		if sign := b.Monotone[name]; sign < -1 || sign > 1 {
			return wrong("column %q cannot be monotone by %d: choose 1 to rise, -1 to fall, 0 for neither", name, sign)
		}
	}
	if b.Loss != nil {
		for i, y := range target.Y {
			if math.Abs(y) > mostTarget {
				return wrong("the target %q is %g in row %d: beyond %g nothing can be squared, divide the column by its size", target.Name, y, i+1, mostTarget)
			}
		}
		return b.Loss.Check(target.Y)
	}
	return nil
}

// Fit learns to predict the target.
func (b Boosting) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if err := target.Check(features.Rows()); err != nil {
		return nil, err
	}
	b = b.defaults(target)
	if err := b.check(target, target.Scores()); err != nil {
		return nil, err
	}
	p, table, err := prep.PrepareTable(features, target, b.Prep)
	if err != nil {
		return nil, err
	}
	r, err := newRun(ctx, b, features, table, target)
	if err != nil {
		return nil, err
	}
	if err := r.boost(ctx); err != nil {
		return nil, err
	}
	trees := r.emit()
	model := &learn.Model{
		Spec: predict.Spec{
			Version: 1, Task: target.Task, Classes: target.Classes,
			Target: predict.Target{Name: target.Name, Unit: target.Unit, Log: b.Loss != nil && exponential(b.Loss)},
			Inputs: p.Inputs(), Features: p.Features(), Trees: trees,
		},
		Warnings: r.warnings, Left: p.Left(), Rounds: r.history, Best: r.best,
	}
	switch target.Task {
	case predict.TaskBinary:
		model.Spec.Link = predict.Logistic
	case predict.TaskMulticlass:
		model.Spec.Link = predict.Softmax
	}
	return model, nil
}
