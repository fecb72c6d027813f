// Package discuss is what people say about a merge request: threads on the
// request, on its files and on their lines, notes in them, mentions,
// suggestions, and the diff that all this is about.
//
// A thread at a line belongs to the code, not to a number: it is written at a
// Position, which names two commits, and Follow carries it through every later
// push to where the line stands now. A line that a push changed has no place
// any more; its thread is then outdated, and shows the lines it was written at.
//
//	open --resolve--> resolved --reopen--> open     (of resolvable threads)
//
// Invariants:
//   - a thread has at least one note; it goes with its last one;
//   - a position names commits of a version of its request, and lines that are
//     there;
//   - only resolvable threads are resolved: those at a position, and those that
//     were begun as resolvable. System notes never are;
//   - a suggestion is applied at most once, to lines that nobody changed since
//     it was written, by a commit of whoever applies it. The branch is the truth:
//     a crash between the commit and the mark leaves an unmarked suggestion
//     whose lines have changed, which refuses to be applied again;
//   - what a moderator deletes is gone: the audit log says who and whose, not what.
//
// The package does not know merge requests: Requests finds the little it needs.
// It knows no SQL and no HTTP, and git only through Code.
//
// References: GitLab, "Suggest changes" for the syntax of suggestions;
// CommonMark 0.31, section 4.5 for fences.
package discuss
