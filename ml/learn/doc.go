// Package learn is what learners have in common: what they learn from (Target,
// and a frame of features), what they give (Model), and how they are asked
// (Learner).
//
// A learner is a plain struct of settings whose zero value is sensible. Its Fit
// looks at the rows it is given and at nothing else: it prepares the columns as
// it needs them, fits, and gives an immutable Model, which is data (predict.Spec)
// with what there is to say about the fit. What predicts is the Spec compiled, in
// cross-validation as on a server: no other way exists that could differ.
//
// Every learner keeps these promises, which package learntest holds them to:
//   - the same rows, settings and seed give the same Spec, byte for byte, on any
//     number of processors;
//   - it stops with the error of its context soon after the context ends;
//   - a target or a table that it cannot learn from is refused by a sentence that
//     says what, where, why and what to do, never by a panic or a NaN;
//   - its Spec compiles, survives being written and read, and answers rows with
//     missing values and with levels that were never seen.
//
// The package knows no files, no folds and no metrics.
package learn
