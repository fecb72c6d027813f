// Package registry keeps named models and their versions.
//
// A version is a package (an MLflow model directory) that was unpacked, read
// and replayed before it was taken: its reference rows gave the predictions
// that they gave in training. Its files are kept by content; the version
// remembers where it came from (commit, ref, job, pipeline, person, data) and
// how it did.
//
// Invariants: a version never changes and its number is never given again;
// numbers count up from 1 in each model; registering the same content from the
// same commit again answers the version that is there, so that a job may be
// retried; an alias names one version at a time. Nothing in a package is ever
// executed. The package does not know where versions are deployed.
package registry
