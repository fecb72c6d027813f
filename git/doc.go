// Package git is the git program behind typed calls.
//
// It opens bare repositories by path, reads their objects, moves their refs
// with compare-and-swap, merges without a work tree and speaks the server's
// side of git's pack protocol. It knows no user, project or permission: what
// may be done is decided above it, and HTTP is api/githttp's.
//
// Invariants:
//   - Every process runs in a sanitised environment (settings.go): no system
//     or user configuration, no hooks, no prompts, no network transport, and
//     literal path arguments. What a repository's own config file or the
//     server's account says changes nothing.
//   - Names from outside are checked (name.go) before they become an argument:
//     revisions are resolved to full object names first, refs begin with
//     "refs/", and paths stand after "--" or behind an object's name. None can
//     be taken for an option.
//   - A context that ends kills the whole process group.
//   - What a process may print into memory is limited; packs and blobs stream.
//   - Objects and refs are flushed to disk before a call that made them
//     returns, as far as git can (core.fsync).
//
// Errors a caller can act on are the Err values and *ConflictError; everything
// else is a *ProcessError that carries git's own words for the log.
//
// References: gitprotocol-http(5), gitprotocol-pack(5), gitprotocol-v2(5),
// git-receive-pack(1), git-merge-tree(1).
package git
