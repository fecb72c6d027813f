// Package booster is what the readers of boosted ensembles (XGBoost, LightGBM)
// have in common: how an ensemble's scores and its objective are said in the
// words of package predict, and how a whole model is made of one that stands in
// a file of its own.
//
// Where a link of package predict says what the objective does, the trees are
// the estimator, which is fast and explained; where none does, the trees are a
// stage and the objective another.
//
// The package knows no file and no system.
package booster
