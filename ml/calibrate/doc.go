// Package calibrate makes a classifier's probabilities come true: of the rows that
// it calls 70 % likely, 70 % should be of the class.
//
// Calibrated wraps a learner. What the scores are worth is learned from scores of
// rows that the learner had not seen (cross-fitting), by Platt's sigmoid or by
// isotonic regression, and becomes a part of the model: everything that serves,
// writes or explains a model has it.
//
// The order of two classes' answers stays, but that isotonic regression makes
// neighbours equal. Of more classes each is calibrated against the rest, and the
// results are made to add up to 1, which may change who is first.
//
// The package knows no recipes and no reports.
package calibrate
