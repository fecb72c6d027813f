// Package invite lets people join a project or a group by a link.
//
// An invitation carries a role, ends on a day, and is good for a number of
// uses; its secret is in the link, which is shown once, and only a hash of it is
// kept. Whoever has the link joins, with the account they have or with a new
// one. An invitation for an e-mail address is for the account with that address.
//
// Invariants: nobody invites to a role above their own, and an invitation is
// worth no more than its maker is when it is used: one who was blocked, left or
// stands lower by then invites nobody. It never lowers a role. Of several who
// use its last use at once, one joins. Unknown invitations are counted as
// guesses, and all that are over answer alike. Every act is saved with its line
// for the audit log. The package does not know SQL or HTTP, and sends no mail.
package invite
