// Package onnx reads ONNX files into models, and writes compiled models as ONNX
// files.
//
// # Reading
//
// Read takes what scikit-learn's, XGBoost's and LightGBM's converters write, and
// networks for tables: a graph of the operators that package tensor runs
// (ai.onnx 7 to 22 and beyond as far as they kept their meaning, ai.onnx.ml 1 to
// 5, functions of the file's own). A matrix as input is one column per cell, a
// column as input is itself; texts become categories, whose levels are the
// constants that the graph compares them with. There are two roads from there:
//
//   - a graph that is trees or a linear function of its columns becomes just
//     that (fuse.go): fast, and with explanations. Of trees the file does not
//     say how many rows of training came to each leaf, so for explanations all
//     leaves of a tree count alike;
//   - any other becomes one stage.Operation that runs the graph (operation.go).
//
// Answers are those of ONNX Runtime, not of the system that was converted: where
// a conversion lost something, it is lost. What cannot be read is refused by
// name: external data, training files, sequences and maps other than ZipMap's,
// loops, foreign domains, types beside float32, float64, int64, int32, bool,
// uint8 and texts.
//
// A classifier is a graph with a label and scores per class. Whether scores are
// probabilities is seen on a dozen made-up rows.
//
// # Writing
//
// Write writes a program so that any ONNX runtime can answer as we do, or
// refuses what ONNX cannot say by name: nothing is approximated. It declares the
// oldest versions that have the operators: ai.onnx 17 for one fused sum, 18 for
// stages, and 21 with ai.onnx.ml 5 for trees, whose TreeEnsemble compares and
// adds in float64, as no operator before it does.
//
// The graph has one input tensor per raw input, named as the input and of
// shape [N, 1]:
//
//	number, bool, time   double; NaN means missing, bools are 0 and 1, times
//	                     are seconds since 1970 UTC
//	category             string; "" means missing (no level is empty), a text
//	                     outside the levels is unknown
//
// and the outputs (should an input have such a name, underscores are appended)
//
//	regression, vector   prediction: double [N, 1] or [N, numbers], in the
//	                     target's unit
//	classifier           label: string [N]; probabilities: double [N, classes]
//	without these        label: string [N]; score: double [N, 1] of two classes
//	                     (of the second), else [N, classes]
//
// Preprocessing is part of the graph, in float64 throughout. Columns are rounded
// to float32 where the source compares trees' thresholds in float32. Functions
// that ONNX Runtime has in float32 only are spelled out (emit_steps.go). Sums of
// which a tie of two classes depends are in our order.
//
// Invariants: the same program gives the same bytes; ONNX Runtime's answers and
// those of our own reader equal ours to 1e-12 of a column's largest (tests run
// both over the whole set of model files: docs/compat/onnx.md), and to 1e-6 where
// the program itself computes in float32, as XGBoost does.
//
// The package knows protobuf's wire format and not the generated code: the
// messages it needs are a handful (onnx/onnx.proto).
package onnx
