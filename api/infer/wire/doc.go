// Package wire reads and writes the messages of the Open Inference protocol's
// gRPC service, inference.GRPCInferenceService, with its usual extensions
// (repository, statistics), and those of gRPC's health checking and reflection.
//
// Messages are written by hand over protowire: the tensors of a request stay
// where they arrived, and no generated code comes along. The field numbers are
// the published ones; Descriptor is the same as a schema, for reflection, and
// the tests hold the two to each other.
//
// Invariants: reading never panics and takes memory in proportion to the bytes
// that came; unknown fields are skipped, as protobuf wants it.
//
// The package does not know who asks or which models there are.
package wire
