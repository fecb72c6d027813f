// Package xgboost reads XGBoost's models as data: JSON, UBJSON, the legacy
// binary layout, and what a pickled Booster holds of them; gbtree, dart and
// gblinear, every objective, and the base scores of every generation. They
// become the trees of a compiled model, with XGBoost's own rules: values and
// thresholds are float32, "less than" goes left, members of a set of categories
// go right and everything else left, a missing value goes the default way,
// leaves are summed in float32 and in order.
//
// Invariants: lengths are believed only when that many bytes are left, nesting
// and the memory of sets are bounded, and children are checked by package
// forest, which takes no cycle. Margins equal XGBoost's to the last bit.
package xgboost
