// Package tree learns decision trees and forests of them: Tree (CART), Forest
// (Breiman's random forest) and ExtraTrees (extremely randomised trees), for
// numbers, for two classes and for more.
//
// How a tree is grown. Every column becomes codes of 16 bits once per fit: the
// rank of a number among the distinct ones (exact up to 65,279 of them; beyond,
// neighbours of equal depth share a code), the place of a category's level. All
// trees share the codes. A large node counts its rows into histograms of at most
// 256 buckets a column, takes a sibling's histogram by subtraction, and looks
// rank by rank inside those buckets that may hold the best cut: no cut between two
// codes is missed (inside). As soon as a node's rows fit the processor's cache,
// each column's rows are sorted by rank, once: from there on the lists are only
// divided among the children, which keeps them sorted, so that a node costs a pass
// over its rows and nothing is sorted again (SLIQ: Mehta, Agrawal and Rissanen
// 1996, "SLIQ: a fast scalable classifier for data mining", section 3; the division
// in place is ours).
//
// Columns of few values, as those of categories, are counted by rows: of each row
// only what is not most common in its column, for all such columns in one pass
// (rare). So a table of hundreds of indicators costs what its rows have in them,
// not what columns it has.
//
// Sums are whole numbers: targets are measured in steps of 2^-k that leave no
// room for overflow. So they do not depend on the order of rows, a histogram
// taken by subtraction is exact, and the same rows and seed give the same bytes
// on any number of processors.
//
// Categories are split into two sets of levels, a missing value goes to the side
// that fits it better (where training had none: to the side of more weight), and
// so does a level that training did not have: to the side of more weight.
//
// The package knows no files, no folds and no metrics.
package tree
