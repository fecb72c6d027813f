// Package repo keeps the projects' git repositories: reading them, pushing to
// them, merging in them, and the rules of their branches.
//
// A repository belongs to one project and stands on disk under the project's
// id, so that renaming a project moves nothing. Its default branch is protected
// from the beginning; patterns protect more. A protected branch is never
// deleted and never loses a commit, whoever asks, and its protection says who
// may push to it and who may merge into it.
//
// A push means an event: Pushed, one per ref that moved, whether by git's
// clients or by a merge here. Git's refs and the events live in two places, so
// a move is recorded in three steps: what is intended is saved (Intent), git
// moves the refs, and then the events replace the intent in one transaction. A
// crash leaves the intent, and Reconcile finds out from git which of it
// happened. Every move gets its event at least once; a repeated one is possible
// only for a ref that was pushed to the same commit twice at the moment of a
// crash.
//
// One process owns the folder of repositories: intents in flight are known by
// memory.
//
// The package knows no HTTP, SQL or process: git is package git. It does not
// know what follows from a push.
package repo
