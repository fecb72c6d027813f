// Package docker runs deployments as containers of a Docker engine.
//
// A model is this program's data plane and the model's package in an image that
// is built from nothing: no shell, no other file. A service is built from the
// Dockerfile in its bundle, put on top of the image that it names, or, when its
// program needs no system around it, on top of nothing. A site is no program:
// the server itself serves its files, whatever an environment's target is.
//
//	created --ready, reference rows answered--> current --switched away--> draining --> stopped --> removed
//
// Invariants:
//   - an endpoint is switched to a container only when it has answered, and for
//     a model only when its reference rows were answered as in training;
//   - a container is stopped only after the requests that were sent to it have
//     ended, or the drain time is over;
//   - the last versions of an endpoint are kept stopped, so that going back is
//     starting one;
//   - containers outlive this process: after a restart, Apply finds them again
//     and Collect removes those that nothing asked for;
//   - nothing of a variable's value is in a label, a name, a log or an error.
//
// All that the target keeps for good is in the containers' labels. It does not
// know who may deploy or ask, nor how requests come in.
package docker
