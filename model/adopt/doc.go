// Package adopt makes a version's package of a model file that another system
// wrote: the file as it is, a signature with kinds, categories and ranges, and
// reference rows with the answers that the system itself gave.
//
// Invariants:
//   - A file that does not answer as its own system did, row by row, becomes no
//     package: 1e-9 relative for models that compute in float64, a few units of
//     float32 for those that compute in it.
//   - Where nobody brought such answers, the reference rows hold our own, and the
//     summary says so.
//   - Nothing of the file is run.
//
// The package knows no file system, no registry and no server.
package adopt
