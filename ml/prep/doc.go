// Package prep turns a table of raw columns into the numeric matrix a learner
// eats, and remembers how, so that the same raw row gives the same numbers when
// it arrives years later at a server.
//
// Fit looks at training rows only and gives an immutable Preparation: what
// each column becomes (features), what a missing value is replaced with, and
// what was seen (the statistics of each input). Everything it learns comes from
// the rows it was given, so a caller that fits it inside each fold of a
// cross-validation leaks nothing from the held-out rows.
//
// What a column becomes by itself: a number is imputed with the median and
// scaled to mean 0 and standard deviation 1; a category becomes one indicator
// per level seen; a bool is 0 or 1; a time is a number of seconds (calendar
// parts such as the month are not derived: a feature of predict.Spec has no
// such operation). Columns that hold one value or none are left out and
// listed, because they can teach nothing.
//
// The package knows no recipe, no target and no learner.
package prep
