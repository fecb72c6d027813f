// Package linear learns with weighted sums of features: least squares, ridge,
// lasso, elastic net, logistic, Poisson, gamma and Tweedie, Huber and quantile
// regression. Each learner states what it minimises, and the objectives are
// scikit-learn's, over columns that package prep has made: numbers are scaled to
// deviation 1, so that a penalty treats them alike, and intercepts are never
// penalised.
//
// The design is never a matrix in memory. Numbers are scaled a block of rows at a
// time from the frame's own columns, and the indicators of a category stay the
// codes they are, so that ten thousand levels cost as much as two. From one pass
// over the rows come the cross products of all features, and from those least
// squares, ridge, and every step of coordinate descent. Designs too wide for them
// (more than 2,500 features) are solved by conjugate gradients, or refused by a
// sentence where no such way is built.
//
// Cross products have the square of the design's condition number, which is why
// numerical books warn of them. So they are used with four cares. Columns are
// centred before they are multiplied, not after. The factorization looks at
// columns scaled to the same length and says how far the worst is from being a
// combination of others; with that known, solutions are refined against the rows
// or, where more than half the digits would be lost, the orthogonal Decomposition
// takes over, which forms no cross products. A column that the factorization
// takes for a combination of others is tried on the rows, and only what vanishes
// there, to 1e-7 of its parts (R's lm has that bound, too), counts as one. Of the
// solutions that such columns allow the one of least norm is taken: so weights
// stay of the size of the data where a solver that keeps every direction returns
// weights of 10^13 that cancel on the training rows and nowhere else.
//
// Decomposition is the orthogonal way by itself, for callers that fit many
// penalties to one design or ask for its rank.
//
// Results depend on the input and the settings alone, not on the number of
// processors: sums over rows are made in chunks of fixed size and added in the
// order of the rows. (Processors with vector instructions add in another order
// than those without; last digits differ between the two.)
//
// The package knows no recipe, no folds and no metrics.
package linear
