// Package sklearn reads scikit-learn's models from the values that package
// pickle makes of a file, and says them as a compiled model (predict.Spec):
// preprocessing and estimator as one, down to the columns that a person sends.
//
// A pipeline is followed step by step as a design: a list of columns, each
// computed from one input by scikit-learn's own operations in its own order, so
// that a tree behind a scaler compares the very numbers that it was fitted on.
// A transform that mixes columns cannot be said that way and is refused.
//
// Invariants:
//   - What is not read is refused by naming the part, where it stands, and what
//     to do; nothing is approximated.
//   - An encoder knows the categories that it was fitted on and no others: what
//     an unknown one means is what the fitted encoder says.
//   - Nothing recurses on what the file says but estimators inside estimators,
//     which nest to a bound.
package sklearn
