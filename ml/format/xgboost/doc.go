// Package xgboost reads XGBoost's models as data: JSON, UBJSON, the legacy
// binary layout, and what a pickled Booster holds of them. They become the
// trees of a compiled model, with XGBoost's own rules: values and thresholds
// are float32, "less than" goes left, a missing value goes the default way,
// leaves are summed in float32 and in order.
//
// Invariants: lengths are believed only when that many bytes are left, nesting
// is bounded, and children are checked by package predict, which takes no cycle.
// What is not read (linear boosters, categorical splits, some objectives) is
// refused by name.
package xgboost
