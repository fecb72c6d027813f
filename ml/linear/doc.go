// Package linear fits linear regressions: ordinary least squares and ridge.
//
// Both come from one orthogonal decomposition of the centred design, so a grid
// of penalties costs hardly more than one fit, and no normal equations are
// formed, whose condition number is the square of the design's. Designs of
// one-hot columns are rank deficient by nature; the solution of least norm is
// taken, with directions cut off below a tolerance that grows with the size of
// the matrix, as the rounding in it does. So weights stay of the size of the
// data where a solver that keeps every direction returns weights of 10^13 that
// cancel on the training rows and nowhere else.
//
// The intercept is never penalised. Results depend on the input alone, not on
// the number of processors. Columns should be of comparable scale, which
// package prep provides: both the cut-off and the penalty are relative to the
// columns as given.
//
// The package knows no columns by name, no folds and no metrics.
package linear
