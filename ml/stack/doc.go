// Package stack joins several learners into one model: Stacking lets a learner
// learn from what others predict, Blending takes their weighted mean.
//
// What the joining learns from are predictions of rows that the predicting fit
// had not seen: otherwise the learner that memorises best would weigh most. The
// learners are then fitted again on all rows.
//
// The result is one predict.Spec like any other: columns are merged by name,
// every learner's features and estimator become cells, and the joining is an
// estimator over those, linear where that says all. Each learner's own answer can
// be asked for besides, as an output of its name. Fit compares the composed model
// with its parts on some rows before it gives it.
//
// The package knows no particular learner, no files and no recipe.
package stack
