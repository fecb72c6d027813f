// Package sklearn reads scikit-learn's models from the values that package
// pickle makes of a file, and says them as a compiled model (predict.Spec):
// preprocessing and estimator as one, down to the columns that a person sends.
//
// A pipeline is followed step by step as a design: a list of columns, each
// computed from one input by scikit-learn's own operations in its own order, so
// that a tree behind a scaler compares the very numbers that it was fitted on.
// What mixes columns is a stage, which computes cells of them; a column of cells
// goes on like one of an input.
//
// What kind an input is turns out at the end: a category where all that is done
// with it is to encode it, a number where something computes with it as well, and
// then encoders look the number up (resolve.go).
//
// Invariants:
//   - What is not read is refused by naming the part, where it stands, and what
//     to do; nothing is approximated.
//   - An encoder knows the categories that it was fitted on and no others: what
//     an unknown one means is what the fitted encoder says. Where it fails, the
//     input refuses the category, or the row has no answer (NaN).
//   - Nothing recurses on what the file says but estimators inside estimators,
//     which nest to a bound.
package sklearn
