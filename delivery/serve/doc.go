// Package serve answers with models: it holds the endpoints of one server
// process, each with one verified model version, and swaps versions while
// requests run.
//
// A request takes an *Endpoint from the engine once and uses it to its end. An
// Endpoint never changes, so an answer is of one version from the first byte to
// the last, whatever is deployed meanwhile; the version that it was is freed
// with its last request.
//
// Invariants:
//   - an endpoint answers only with a package whose reference rows, replayed
//     here, gave the predictions that were recorded in training;
//   - Load that fails leaves the endpoint as it was;
//   - all models together take no more memory than the bound, if there is one
//     (Limit): a load beyond it is refused;
//   - reading the table takes no lock, and answering a row allocates nothing
//     beyond pooled scratch memory.
//
// The package does not know why a version serves (delivery/deploy), who may
// ask, or any protocol (api/infer).
package serve
