// Package group keeps groups: namespaces that belong to several people.
//
// A group's path is the first element of its projects' paths. Its members have
// one role each, for good or until a day, and the same role in each of its
// projects: there the higher counts of it and of what the project itself gives.
// The table of roles in forge/auth holds in a group as it does in a project.
//
// Invariants: a path is a group's or a user's name, and taken once, whatever
// its case; a group that has an owner keeps one whose membership does not end;
// nobody gives a role above their own; a group that someone may not see answers
// as one that does not exist; only an empty group can go. Tokens that are bound
// to a project, and jobs, do not reach groups. Every act that gives or takes a
// right is saved with its line for the audit log.
//
// The package does not know invitations (forge/invite), git, SQL or HTTP.
package group
