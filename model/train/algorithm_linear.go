package train

import (
	"dasier/ml/learn"
	"dasier/ml/linear"
)

var linearAlgorithms = []algorithm{
	{
		name: "linear", quick: true, derived: true, about: "Ordinary least squares.", tasks: numbers,
		build: func(_ chosen, shop workshop) learn.Learner { return linear.LeastSquares{Prep: shop.prep} },
	},
	{
		name: "ridge", quick: true, derived: true, about: "Least squares with a penalty on the squared weights.", tasks: numbers,
		settings: []setting{{name: "alpha", about: "The penalty.", kind: isNumber, max: infinite, tries: tryNumbers(0.1, 1, 10, 100)}},
		build: func(c chosen, shop workshop) learn.Learner {
			// Ridge takes 0 for its default.
			if c.number("alpha", 1) == 0 {
				return linear.LeastSquares{Prep: shop.prep}
			}
			return linear.Ridge{Alpha: c.number("alpha", 1), Prep: shop.prep}
		},
	},
	{
		name: "lasso", quick: true, derived: true, about: "Least squares with a penalty on the absolute weights, which drops inputs.", tasks: numbers,
		settings: []setting{{name: "alpha", about: "The penalty. Default: the one of a path that promises the best predictions (AICc).", kind: isNumber, openMin: true, max: infinite}},
		build: func(c chosen, shop workshop) learn.Learner {
			return linear.Lasso{Alpha: c.number("alpha", 0), Prep: shop.prep}
		},
	},
	{
		name: "elastic-net", quick: true, derived: true, about: "Least squares with both penalties.", tasks: numbers,
		settings: []setting{
			{name: "alpha", about: "The penalty. Default: the one of a path that promises the best predictions (AICc).", kind: isNumber, openMin: true, max: infinite},
			{name: "l1_ratio", about: "The share of the penalty that is on absolute weights. Default: 0.5.", kind: isNumber, openMin: true, max: 1},
		},
		build: func(c chosen, shop workshop) learn.Learner {
			return linear.ElasticNet{Alpha: c.number("alpha", 0), L1Ratio: c.number("l1_ratio", 0), Prep: shop.prep}
		},
	},
	{
		name: "logistic", quick: true, derived: true, about: "Logistic regression: the log-odds of a class are linear.", tasks: classes,
		settings: []setting{
			{name: "c", about: "How much the data count against the penalty.", kind: isNumber, openMin: true, max: infinite, tries: tryNumbers(0.1, 1, 10)},
			{name: "l1_ratio", about: "The share of the penalty that is on absolute weights. Default: 0.", kind: isNumber, max: 1},
		},
		build: func(c chosen, shop workshop) learn.Learner {
			return linear.Logistic{C: c.number("c", 0), L1Ratio: c.number("l1_ratio", 0), Prep: shop.prep}
		},
	},
	{
		name: "poisson", derived: true, about: "Counts: the logarithm of the mean is linear, the variance is the mean.", tasks: numbers,
		settings: []setting{penalty},
		build: func(c chosen, shop workshop) learn.Learner {
			return linear.Poisson{Alpha: c.number("alpha", 0), Prep: shop.prep}
		},
	},
	{
		name: "gamma", derived: true, about: "Costs and durations: the logarithm of the mean is linear, the deviation grows as the mean.", tasks: numbers,
		settings: []setting{penalty},
		build: func(c chosen, shop workshop) learn.Learner {
			return linear.Gamma{Alpha: c.number("alpha", 0), Prep: shop.prep}
		},
	},
	{
		name: "tweedie", derived: true, about: "Amounts that are often 0, such as claims: the variance is a power of the mean.", tasks: numbers,
		settings: []setting{
			{name: "power", about: "The power, from 1 (Poisson) over 2 (gamma) to 3. Default: 1.5.", kind: isNumber, min: 1, max: 3},
			penalty,
		},
		build: func(c chosen, shop workshop) learn.Learner {
			return linear.Tweedie{Power: c.number("power", 0), Alpha: c.number("alpha", 0), Prep: shop.prep}
		},
	},
	{
		name: "huber", derived: true, about: "Least squares that large errors cannot pull far.", tasks: numbers,
		settings: []setting{
			{name: "epsilon", about: "From how many scales on an error counts as large. Default: 1.35.", kind: isNumber, min: 1, openMin: true, max: infinite},
			{name: "alpha", about: "The penalty. Default: 0.0001.", kind: isNumber, openMin: true, max: infinite},
		},
		build: func(c chosen, shop workshop) learn.Learner {
			return linear.Huber{Epsilon: c.number("epsilon", 0), Alpha: c.number("alpha", 0), Prep: shop.prep}
		},
	},
	{
		name: "quantile", derived: true, about: "A quantile of the target in place of its mean.", tasks: numbers,
		settings: []setting{
			{name: "quantile", about: "The share of targets that should lie below. Default: 0.5.", kind: isNumber, openMin: true, max: 1, openMax: true},
			penalty,
		},
		build: func(c chosen, shop workshop) learn.Learner {
			return linear.Quantile{Quantile: c.number("quantile", 0), Alpha: c.number("alpha", 0), Prep: shop.prep}
		},
	},
}

var penalty = setting{name: "alpha", about: "The penalty. Default: 0, none.", kind: isNumber, max: infinite}
