// Package merge keeps merge requests: one branch's change on its way into
// another, who approved it, what stands in its way, and the merge itself.
//
// States: opened, then closed (and opened again) or merged, which is for good.
// While a request is open, every push to its source branch adds a version.
//
// What the package answers for:
//   - Nobody approves a change that they had a hand in: not the author of the
//     request, nor whoever wrote, committed or co-wrote one of its commits (by
//     e-mail address), nor whoever pushed to its branch, nor whoever made the
//     project's token that did. Of merge requests that landed in the branch, the
//     same people count. Administrators are no exception. Who lands the work of
//     others by a merge request adds nothing of their own, and may approve what
//     follows.
//   - An approval holds for the content that it was given for: the tree of the
//     head commit, the models and the data that were made from that commit, and
//     the branch that it goes to. It is void while the content differs, and says
//     what changed.
//   - What blocks a merge is one list, the same for pages, programs and git's
//     answer to a push. Merge refuses exactly while that list is not empty.
//   - A merge is of the commit that was looked at, into the commit that was
//     checked: both are named, and a branch that moved meanwhile refuses. Merges
//     of a project stand in line, and no commit is lost between them.
//   - A crash at any moment leaves the request merged if its target moved, and
//     open if it did not: what a merge is about to do is saved first (Landing),
//     and the push that git carried out finishes it (Pushed).
//
// What needs git is read from the branches as they are at that moment, never
// from rows, and answers about fixed commits are remembered (memo.go), so that
// looking at a request reads no file twice.
//
// The package knows no HTTP, SQL, pipeline, model or thread: whoever has those
// answers the small interfaces of service.go. Discussion is forge/discuss's.
package merge
