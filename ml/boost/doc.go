// Package boost is gradient boosting of decision trees over histograms: each
// round adds a tree (of several classes: a tree each) that follows the slope of
// the loss, and a tree is grown from sums over bins of values, not from values.
//
// What holds:
//   - Sums are of whole numbers. The slopes of a round are rounded once, on a
//     grid as fine as 64 bits allow, and every sum after that is exact: the order
//     of rows and the number of goroutines cannot change a tree.
//   - A threshold is a value that training had or lies halfway between two, so that
//     a row goes the same way by its numbers as it went by its bins.
//   - Missing values learn a direction at each split; where a split saw none they
//     go with the larger side. A level that training did not have goes with the
//     side whose levels a split does not list.
//   - Nothing in a model is NaN or infinite.
//
// The cover of a node is the weight of the rows that came through it (rows, where
// there are no weights), of those that its tree was grown from.
//
// The package knows no files, no folds and no metrics but its losses.
package boost
