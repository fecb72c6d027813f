// Package lightgbm reads LightGBM's models as data: the text that save_model
// writes and that a pickled Booster holds, of versions v2 to v4, and the JSON of
// dump_model. They become the trees of a compiled model, with LightGBM's own
// rules: values and thresholds are float64, "at most" goes left, leaves are
// added in order; a node says itself what counts as missing (nothing, zero, or
// NaN) and where that goes; a node may test membership in a set of categories,
// and a leaf may be linear.
//
// Invariants: nothing announced is believed (tree_sizes is not read, arrays are
// held to the number of leaves), children are checked by package forest, which
// takes no cycle, and an error names the tree and the line. What is not read is
// refused by name.
package lightgbm
