package train

import (
	"dasier/ml/boost"
	"dasier/ml/learn"
	"dasier/ml/tree"
)

// Settings that trees and forests share.
var (
	depthSetting   = setting{name: "depth", about: "How many tests there are to a leaf, at most.", kind: isWhole, min: 1, max: 499}
	leavesSetting  = setting{name: "leaves", about: "How many leaves a tree has, at most.", kind: isWhole, min: 2, max: 100_000}
	minRowsSetting = setting{name: "min_rows", about: "How many training rows a leaf has, at least.", kind: isWhole, min: 1, max: 1_000_000}
	columnsSetting = setting{name: "columns", about: "How many columns a node looks at: up to 1 a share of all, above 1 a number.", kind: isNumber, openMin: true, max: 100_000}
)

func treesSetting(most float64) setting {
	return setting{name: "trees", about: "How many trees. Default: 100.", kind: isWhole, min: 1, max: most}
}

// quickTrees bounds the trees of a quick run.
const quickTrees = 30

// trees is the number of trees that a candidate grows.
func (c chosen) trees(shop workshop) int {
	n := c.whole("trees", 100)
	if shop.quick {
		n = min(n, quickTrees)
	}
	return n
}

var treeAlgorithms = []algorithm{
	{
		name: "tree", about: "One decision tree.", tasks: either,
		settings: []setting{
			depthSetting, leavesSetting, minRowsSetting,
			{name: "prune", about: "What a leaf costs: branches that gain less are cut off. Default: 0.", kind: isNumber, max: infinite},
		},
		build: func(c chosen, shop workshop) learn.Learner {
			return tree.Tree{
				Prep: shop.prep, Seed: shop.seed, Depth: c.whole("depth", 0), Leaves: c.whole("leaves", 0),
				MinRows: c.whole("min_rows", 0), Prune: c.number("prune", 0),
			}
		},
	},
	{
		name: "forest", about: "A random forest: the mean of trees that each saw other rows.", tasks: either, resource: "trees",
		settings: []setting{treesSetting(10_000), depthSetting, leavesSetting, minRowsSetting, columnsSetting},
		build: func(c chosen, shop workshop) learn.Learner {
			return tree.Forest{
				Prep: shop.prep, Seed: shop.seed, Trees: c.trees(shop), Depth: c.whole("depth", 0), Leaves: c.whole("leaves", 0),
				MinRows: c.whole("min_rows", 0), Features: c.number("columns", 0),
			}
		},
	},
	{
		name: "extra-trees", about: "A forest whose cuts are drawn by chance.", tasks: either, resource: "trees",
		settings: []setting{treesSetting(10_000), depthSetting, leavesSetting, minRowsSetting, columnsSetting},
		build: func(c chosen, shop workshop) learn.Learner {
			return tree.ExtraTrees{
				Prep: shop.prep, Seed: shop.seed, Trees: c.trees(shop), Depth: c.whole("depth", 0), Leaves: c.whole("leaves", 0),
				MinRows: c.whole("min_rows", 0), Features: c.number("columns", 0),
			}
		},
	},
	{
		name: "boosting", about: "Gradient boosting: trees that each correct those before.", tasks: either, resource: "trees",
		settings: []setting{
			treesSetting(100_000),
			{name: "learning_rate", about: "How much of each correction is taken. Default: 0.1.", kind: isNumber, openMin: true, max: 1},
			leavesSetting, depthSetting, minRowsSetting,
			{name: "l1", about: "The penalty of a leaf's value.", kind: isNumber, max: infinite},
			{name: "l2", about: "The penalty of a leaf's squared value.", kind: isNumber, max: infinite},
			{name: "min_gain", about: "How much a split gains, at least.", kind: isNumber, max: infinite},
			{name: "bins", about: "How many bins numbers are sorted into. Default: 255.", kind: isWhole, min: 2, max: 255},
			{name: "rows", about: "The share of the rows that each tree sees. Default: 1.", kind: isNumber, openMin: true, max: 1},
			{name: "columns", about: "The share of the columns that each tree sees. Default: 1.", kind: isNumber, openMin: true, max: 1},
			{name: "patience", about: "Stop after so many trees without a gain on rows held back. Default: never.", kind: isWhole, min: 1, max: 100_000},
			{name: "validation", about: "The share of the rows held back for patience. Default: 0.1.", kind: isNumber, openMin: true, max: 0.5},
			{name: "dropout", about: "The chance of earlier trees to be left out of a round (DART). Default: 0.", kind: isNumber, max: 1, openMax: true},
		},
		build: func(c chosen, shop workshop) learn.Learner {
			b := boost.Boosting{
				Prep: shop.prep, Seed: shop.seed, Trees: c.trees(shop), LearningRate: c.number("learning_rate", 0),
				Leaves: c.whole("leaves", 0), Depth: c.whole("depth", 0), MinRows: c.whole("min_rows", 0),
				L1: c.number("l1", 0), L2: c.number("l2", 0), MinGain: c.number("min_gain", 0), Bins: c.whole("bins", 0),
				Subsample: c.number("rows", 0), Columns: c.number("columns", 0),
				Patience: c.whole("patience", 0), Dart: boost.Dart{Rate: c.number("dropout", 0)},
				Monotone: shop.monotone, Interactions: shop.interactions,
			}
			if b.Patience > 0 {
				b.Validation = c.number("validation", 0)
			}
			return b
		},
	},
}
