// Package target is where deployments go: each type implements deploy.Target,
// and package targettest holds them all to its contract.
//
// InProcess serves models in this server's own process. A target decides
// nothing: what goes where, and who may ask for it, is package deploy's.
package target
