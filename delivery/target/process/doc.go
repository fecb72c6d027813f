// Package process runs services as supervised processes of this machine: the
// embedded target of services.
//
// Each deployment has a folder of its own, with its bundle unpacked (not
// writable where services have a user of their own), a home and its file
// variables. Its program runs in a session and process group of its own, with
// an environment that is made from nothing (never the server's), on a free port
// of 127.0.0.1. It is switched to when its health path has answered, and what
// served before is stopped when the requests that hold it are answered, or the
// drain time is over. A program that ends by itself is started again, at first
// after half a second and later after up to half a minute.
//
// What limits do. Memory: the resident memory of all its processes is looked at
// four times a second, and a service that uses more is killed and started
// again, with the reason in its log; a burst between two looks is not seen.
// CPU: a service with a limit runs at a lower priority than the server, which
// counts when the machine is busy; it is no hard bound. Hard bounds, and
// services that cannot see one another, are what containers are for.
//
// When the server dies, even by kill -9, the kernel kills each program with it
// (PR_SET_PDEATHSIG); children that outlive it are found by a mark in their
// environment and killed at the next start. Services start again with the
// server.
//
// When the server runs as root, services run as another user (Config.User), who
// must be able to reach Config.Dir.
//
// The package does not know who may deploy, nor how requests find a service.
package process
