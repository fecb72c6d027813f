// Package container is a Docker engine behind typed calls: images are built,
// containers run, and what an engine says when it refuses becomes a sentence.
//
// An Engine is local (a unix socket) or remote (TCP with TLS). Local engines
// publish ports on the loopback address alone; remote ones on the address that
// they are reached at.
//
// Invariants:
//   - a container has no more rights than its Spec gives: capabilities are
//     dropped and privileges cannot be gained, unless it says otherwise;
//   - nothing is taken from a registry but by Pull;
//   - whatever can be waited for ends with its context.
//
// The package does not know what runs in a container, nor why.
package container
