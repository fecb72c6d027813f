// Package oip reads the tensors of the Open Inference protocol, in each form
// that clients send them: JSON, flat or nested; raw little-endian bytes, in a
// binary tail or a message of gRPC; and gRPC's typed contents, which become raw
// bytes. Outputs are written as raw bytes here, and as JSON by the face.
//
// Invariants:
//   - a tensor that was read holds as many values as its shape says, each of
//     them of its datatype;
//   - reading takes time and memory in proportion to the bytes that came, never
//     to a shape that merely claims something;
//   - a tensor borrows the bytes and the JSON it was read from.
//
// The package does not know models: which input a value is for, and whether it
// may be missing, is the face's business.
package oip
