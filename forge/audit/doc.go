// Package audit keeps the log of permission-relevant acts: who did what, where
// from, and what it was before and after.
//
// A verb reports an event.Act in the transaction of its change; Append makes a
// line of it, once for each event however often it is delivered. Each line's
// hash is HMAC-SHA256 over the hash before it and the line's own bytes, with a
// key that is not in the database (B. Schneier and J. Kelsey, "Secure Audit
// Logs to Support Computer Forensics", section 3, without its evolving keys:
// the server that holds the key is trusted, its database is not).
//
// Invariants: lines are numbered from 1 without a gap, and only added; the body
// that was chained is kept byte for byte. Verify finds a line that was changed,
// removed, added or moved. That lines are missing at the end, as after a
// restored backup, no chain can tell by itself: compare with a head that was
// kept elsewhere.
//
// The package does not know what the acts mean, nor SQL, nor where the key is.
package audit
