// Package githttp speaks git's smart HTTP protocol, so that git itself, as it
// comes, clones, fetches and pushes: gitprotocol-http(5), with version 2 of the
// protocol for fetches.
//
// It carries bytes between HTTP and forge/repo, streamed both ways: no pack is
// ever held. It holds no rule. A person who is not signed in is asked who they
// are (401); one who is, and may not, is told so in a sentence that git shows.
// What a push did stands in git's own report and in "remote:" lines.
package githttp
