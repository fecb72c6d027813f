// Package conformal turns the errors of a model on rows it was not fitted to
// into intervals that hold a promised share of future values.
//
// Split conformal prediction asks one thing of the data: that the calibration
// rows and the rows to come are exchangeable. Then the interval prediction ± q
// covers at least the promised share on average, whatever the model and however
// wrong it is, where q is the ceil((n+1)·level)-th smallest absolute
// calibration error: Vovk, Gammerman and Shafer, "Algorithmic Learning in a
// Random World", 2005, section 4.1; Lei, G'Sell, Rinaldo, Tibshirani and
// Wasserman, "Distribution-Free Predictive Inference for Regression", JASA
// 113(523), 2018, section 2.2 and theorem 2.2.
//
// Errors may also come from the held-out folds of a cross-validation, while the
// model served is fitted to all rows (cross-conformal: Vovk, "Cross-conformal
// predictors", Annals of Mathematics and Artificial Intelligence 74, 2015; with
// a guarantee of 1-2a for the related CV+: Barber, Candès, Ramdas and
// Tibshirani, "Predictive Inference with the Jackknife+", Annals of Statistics
// 49(1), 2021, theorem 4). No row is lost to calibration then, but the
// guarantee is weaker; the coverage measured on held-out rows tells.
//
// Fit gives a fitted model its interval, with the second models that an interval
// of varying width needs, all in one predict.Spec; Classes gives a classifier its
// sets. The package knows no learner by name, no folds and no recipe.
package conformal
