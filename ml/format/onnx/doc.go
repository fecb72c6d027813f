// Package onnx writes a compiled model as an ONNX file (IR version 8, operator
// set 17, ai.onnx.ml 3), so that any ONNX runtime can answer as we do.
//
// The graph has one input tensor per raw input, named as the input and of
// shape [N, 1]:
//
//	number, bool, time   double; NaN means missing, bools are 0 and 1, times
//	                     are seconds since 1970 UTC
//	category             string; "" means missing (no level is empty), a text
//	                     outside the levels is unknown
//
// and one output, double of shape [N, 1], in the target's unit. It is named
// "prediction"; should an input have that name, underscores are appended.
//
// Preprocessing is part of the graph, in double throughout: numbers are
// concatenated and scaled as one matrix, each category is one LabelEncoder,
// and one Gather looks up the weights of all categories.
//
// Invariants: the same program gives the same bytes; ONNX Runtime's answers
// equal ours to 1e-6 relative (the tests run it) for numbers up to 1e100.
//
// The package only writes. It knows protobuf's wire format and not the
// generated code: the messages it needs are a handful (onnx/onnx.proto).
package onnx
