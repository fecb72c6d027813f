// Package knn predicts by the nearest rows: a number is the mean of what they
// had, a class gets the share of them that were of it.
//
// Nothing is fitted but the preparation: the model is the rows themselves, as
// points of the dense design, with a tree over them where that finds neighbours
// sooner than looking at all. So it grows with the data and predicts more slowly
// than other learners; there is a limit. Distances are of prepared columns: a
// standard deviation of a number or a bool is 1, and two rows of different levels
// differ by 1 in two indicators.
//
// The package knows no files, no folds and no metrics.
package knn
