// Package metric measures predictions, says how sure the measure is, and tells
// whether one model's predictions are better than another's.
//
// A metric is computed from the true and the predicted values of rows that the
// model has not seen. Measure gives each with an interval: what the metric might
// have been on other rows of the same kind. Compare gives the difference of two
// models on the same rows, which is far surer than the two figures are. Confuse,
// ROC, PrecisionRecall and Gains are what the figures of classifiers are made of.
//
// Truth y is the number, or the place of the class among the classes. Predictions
// are flat: the number; the probability of the second class; or the probabilities
// of all classes side by side, row after row. How many a row has follows from the
// lengths.
//
// Intervals are exact or standard formulas where there are good ones (the
// estimate's Method says which), else the bootstrap:
//   - proportions (accuracy, precision, recall, specificity, top k): Wilson 1927,
//     "Probable inference, the law of succession, and statistical inference";
//   - AUC: DeLong, DeLong and Clarke-Pearson 1988, "Comparing the areas under two
//     or more correlated receiver operating characteristic curves", on the logit
//     scale, so that it stays between 0 and 1;
//   - average precision: Boyd, Eng and Page 2013, "Area under the precision-recall
//     curve: point estimates and confidence intervals", the logit interval;
//   - the median: order statistics;
//   - others: BCa, Efron and Tibshirani 1993, section 14.3 (bootstrap.go).
//
// Invariants: an interval contains its estimate; the same input and seed give the
// same interval on any number of processors; rows with a weight count as if they
// stood there that often. A metric that these rows do not define (an AUC of one
// class) is never a number: it is left out, with the reason.
//
// The package knows no model and no split.
package metric
