// Package prep turns a table of raw columns into what a learner eats, and
// remembers how, so that the same raw row gives the same numbers when it arrives
// years later at a server: a design matrix of finite numbers (Dense), or columns
// for trees (Native).
//
// Fit looks at training rows only and gives an immutable Preparation: what
// each column becomes (features), what a missing value is replaced with, and
// what was seen (the statistics of each input). Everything it learns comes from
// the rows it was given, so a caller that fits it inside each fold of a
// cross-validation leaks nothing from the held-out rows.
//
// A learner calls PrepareMatrix, PrepareTable or PrepareReader, which fit and
// compute the training rows in one: where a column is encoded by the target, the
// training rows are encoded by each other's targets, and Design of the same rows
// would show the learner the answer.
//
// What a column becomes by itself: a number is imputed with the median and
// scaled to mean 0 and standard deviation 1; a category becomes one indicator
// per level seen, or, of more than a hundred levels, the mean target of its level;
// a bool is 0 or 1; a time is its days and the month, weekday and hour that
// training rows tell apart. Trees get numbers as they are, and categories as
// codes. Columns that hold one value or none are left out and listed, because
// they can teach nothing, as are those whose every row differs.
//
// Invariant: a compiled program that has Inputs and Features computes the same
// bits as Design, Table and (but for the last bit) Reader, of every row (a
// property test holds all treatments to it).
//
// TransformedTarget is the counterpart for what is to be predicted: a learner
// around a learner, whose model undoes the transform and corrects its bias.
//
// The package knows no recipe, no file and no estimator.
package prep
