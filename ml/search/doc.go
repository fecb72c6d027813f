// Package search chooses among learners and their settings by cross-validation.
//
// Folds come first: by chance, in proportion to classes, by group, or along
// time. Then every candidate is fitted on the training rows of each fold and
// scored on its test rows. A candidate gets row numbers, never a prepared
// matrix, so that imputation, scaling and levels are learned from the training
// rows alone; and what predicts in the search is the compiled program that will
// serve.
//
// Run scores candidates that are there; Choose makes them from learners and
// spaces of settings (every combination, by chance, or by successive halving),
// within a budget of time, and says which to take by a rule that is stated.
//
// Scores come with intervals, and a candidate that a paired test over the folds
// cannot tell from the best is marked as tied with it: picking it instead would
// not be wrong. A candidate that fails stands on the board with its reason, and
// the others go on. Folds run in parallel; results land in places of their own,
// so the outcome depends on data and seed and not on the number of processors.
// Only times differ between runs, and with them what a budget of time leaves out.
//
// The package knows no recipe, no file and no kind of learner.
package search
