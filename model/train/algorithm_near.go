package train

import (
	"dasier/ml/knn"
	"dasier/ml/learn"
)

var nearAlgorithms = []algorithm{
	{
		name: "knn", about: "The mean of the rows that are most alike.", tasks: either,
		settings: []setting{
			{name: "neighbours", about: "How many rows are asked. Default: 5.", kind: isWhole, min: 1, max: 10_000},
			{name: "weights", about: "How much each counts: the same, or by nearness. Default: uniform.", kind: isWord, words: []string{"uniform", "distance"}},
			{name: "distance", about: "How far two rows are from each other. Default: euclidean.", kind: isWord, words: []string{knn.Euclidean, knn.Manhattan, knn.Chebyshev, knn.Cosine}},
		},
		build: func(c chosen, shop workshop) learn.Learner {
			return knn.Neighbours{Prep: shop.prep, K: c.whole("neighbours", 0), Weights: knn.Weights(c.word("weights", "")), Metric: c.word("distance", "")}
		},
	},
}
