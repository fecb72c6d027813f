// Package search chooses among candidate models by cross-validation.
//
// Folds come first (shuffled, by group, or along time), then every family of
// candidates is fitted on the training rows of each fold and scored on its test
// rows. A family gets row numbers, never a prepared matrix, so that imputation,
// scaling and levels are learned from the training rows alone.
//
// Scores come with intervals, and a candidate that a paired test over the folds
// cannot tell from the best is marked as tied with it: picking it instead would
// not be wrong. Folds run in parallel; results land in slots of their own, so
// the outcome depends on data and seed and not on the number of processors.
// Only the seconds of a fit differ between runs.
//
// The package knows no frame, no recipe and no kind of model.
package search
