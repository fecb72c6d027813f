// Package skops reads skops files: zip archives of a schema.json, which says a
// tree of nodes, and one member per array. What it gives is the value that the
// same object's pickle gives (package pickle): the same objects, arrays and
// dicts, so that whoever reads a model need not know which of the two it was
// saved as.
//
// Invariants:
//   - Names are held against pickle's closed list, and nothing is imported or
//     called.
//   - Members are found by plain names; a path is refused. What they inflate to
//     is bounded before they are opened, and held to while they are read.
//   - Arrays of objects in a member would be pickles and are refused: skops
//     writes those as nodes.
//   - A node that has the id of a finished one is that one; the id of one that is
//     not finished would be a circle, and is refused.
//
// The package knows no estimator.
package skops
