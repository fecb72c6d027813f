// Package predict is the compiled model: Spec says what a model is, Compile
// turns it into a Program, a Program turns rows into predictions.
//
// A Program is immutable, so any number of goroutines may use one; each uses
// its own Row. Compile fuses the design matrix away: the one-hot columns,
// centring, scaling and weights of one input become one table look-up
// (categories) or one multiply-add (numbers), so that a prediction costs one
// step per input, whatever the number of features, and allocates nothing.
//
// Invariants:
//   - Fusing changes the order of additions only: Score differs from the sum
//     that Spec spells out by rounding alone, at most a few units in the last
//     place of the largest term (a property test holds it to 1e-12 of the sum
//     of absolute terms).
//   - Score and Predict are finite for every Row. An infinite number counts as
//     missing, a number beyond ±1e100 as that bound, log1p of a number at or
//     below -1 as log1p of the double next above -1, and exp saturates at
//     the largest double.
//   - A missing value never fails here: it takes what the features say
//     (Impute, the missing indicator). Whether an input is required is for
//     the reader of rows to enforce (package rowjson).
//   - A level outside Input.Levels sets all indicators of its input to 0; it
//     is not missing. Whether it is refused is for the reader as well.
//
// The package knows no file, no wire format of rows and no training.
package predict
