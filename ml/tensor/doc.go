// Package tensor runs graphs of tensor operations: the operators of ONNX
// (ai.onnx 7 to 22 and ai.onnx.ml 1 to 5) that models of tables are made of.
//
// A Graph is plain data, as a reader of files finds it. Compile checks it and
// turns it into a Machine: names become places, types are inferred, every
// operator becomes a function chosen for its types and its version, and what
// depends on constants alone is computed once. A Machine is immutable; any
// number of goroutines may Run it. Each run works in an arena taken from a
// pool, so a steady state allocates nothing but what strings need.
//
// Invariants:
//   - No graph and no input makes it panic, run for ever or fill the memory:
//     ranks, cells, nodes and work are bounded (limits.go), and an operator
//     that meets a shape or an index it cannot take returns an error that
//     names its node.
//   - Tensors are written once, by the node that makes them. Operators that
//     only change the shape share the cells of their input.
//   - Numbers follow ONNX Runtime. Where it computes in float32, a result here
//     is computed in float64 and rounded once, so that both differ by the
//     runtime's own rounding, except where rounding decides (tree thresholds,
//     float32 sums of leaves): there the same type is used.
//
// The package knows no file format, no columns and no tasks. Sequences and maps
// exist only as far as ZipMap needs them: its output is the tensor of its input,
// and Port.Keys says what the columns are called.
package tensor
