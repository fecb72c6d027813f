// Package metric measures predictions of a number, and says how sure the
// measure is.
//
// A metric is computed from the true and the predicted values of rows that the
// model has not seen. Evaluate gives each with a bootstrap interval over those
// rows: what the metric might have been on other rows of the same kind. The
// intervals always contain the estimate, and the same input and seed give the
// same interval on any number of processors.
//
// The package knows no model, no split and no threshold.
package metric
