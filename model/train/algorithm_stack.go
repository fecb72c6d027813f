package train

import (
	"strconv"

	"dasier/ml/boost"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/stack"
)

var stackAlgorithms = []algorithm{
	{
		name: "stacking", about: "Other candidates, joined by weights or a model that learned from what each says of rows it has not seen.", tasks: either, composed: true,
		settings: []setting{
			{name: "folds", about: "How many folds those rows are of. Default: 5.", kind: isWhole, min: 2, max: 20},
			{name: "final", about: "What joins them: weights of at least 0, or a model. Default: weights.", kind: isWord, words: []string{"weights", "ridge", "logistic", "boosting"}},
			{name: "through", about: "Let the final model see the columns besides. Default: false.", kind: isTruth},
		},
		build: func(c chosen, shop workshop) learn.Learner {
			s := stack.Stacking{Base: shop.base(), Folds: c.whole("folds", 0), Seed: shop.seed, Through: c.truth("through", false)}
			switch c.word("final", "weights") {
			case "ridge":
				s.Final = linear.Ridge{}
			case "logistic":
				s.Final = linear.Logistic{}
			case "boosting":
				s.Final = boost.Boosting{Trees: c.trees(shop), Seed: shop.seed}
			}
			return s
		},
	},
	{
		name: "blending", about: "The weighted mean of other candidates' answers.", tasks: either, composed: true,
		settings: []setting{
			{name: "method", about: "How the weights are found. Default: least-squares.", kind: isWord, words: []string{string(stack.LeastSquares), string(stack.Greedy)}},
			{name: "folds", about: "How many folds the rows are of that weights are found on. Default: 5.", kind: isWhole, min: 2, max: 20},
			{name: "holdout", about: "The share of rows that is held back to find the weights on, in place of folds. Default: 0.", kind: isNumber, max: 1, openMax: true},
		},
		build: func(c chosen, shop workshop) learn.Learner {
			return stack.Blending{
				Base: shop.base(), Method: stack.Method(c.word("method", "")), Folds: c.whole("folds", 0), Holdout: c.number("holdout", 0), Seed: shop.seed,
			}
		},
	},
}

// base names the candidates that are combined; equal ones are numbered.
func (w workshop) base() []stack.Named {
	seen := map[string]int{}
	named := make([]stack.Named, len(w.below))
	for i, learner := range w.below {
		name := w.names[i]
		if seen[name]++; seen[name] > 1 {
			name += " " + strconv.Itoa(seen[name])
		}
		named[i] = stack.Named{Name: name, Learner: learner}
	}
	return named
}
