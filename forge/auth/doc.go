// Package auth says who someone is and what a role may do.
//
// Users sign in with a password (argon2id) or present a token. Tokens are
// random, shown once, and kept as a SHA-256: they carry 256 bits, so a slow
// hash would protect nothing. The first administrator is made through a
// one-time set-up token that the server prints on its terminal; there is no
// default password. Rules (policy.go) is the one table of who may do what.
//
// Besides people there are projects' own tokens: one project, one role, no
// person. They are made where projects are; here they are turned into actors.
//
// Invariants: a blocked user is nobody, and their sessions do not come back
// with them; there is always an administrator who is not blocked; a refused
// sign-in does not tell whether the user exists; guesses are limited per login
// and per network. Every act that gives or takes a right is saved with its line
// for the audit log. The package does not know projects: a role comes with the
// question.
package auth
