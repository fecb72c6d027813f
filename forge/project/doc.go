// Package project keeps projects, their members and who else may reach them.
//
// A project is a repository, its pipelines, models and environments under one
// path, "namespace/name". A namespace is a user's own name or a group's path
// (forge/group). Members have one role each, for good or until a day; those of
// the group belong to each of its projects, and of the two roles the higher
// counts. What a role may do is the table in forge/auth. A project may have
// tokens of its own, and lists the projects whose jobs may read in it.
//
// Invariants: a path is taken once, whatever its case; a project always has an
// owner whose membership does not end, of its own or in its group; nobody gives
// a role above their own; a membership counts to the second that it ends, and
// Sweep only tidies up; a project that someone may not see answers as one that
// does not exist. Every act that gives or takes a right is saved with its line
// for the audit log.
//
// The package does not know git, SQL or HTTP: what follows from a new project
// (its repository) is a reaction to the event Created.
package project
