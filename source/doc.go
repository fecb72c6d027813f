// Package source brings a table from where it is: a file, an HTTP address, a
// bucket of S3, a PostgreSQL or SQLite database.
//
// What it promises: a digest names exactly what was read, and where the caller
// knows the digest beforehand, nothing else is read. What came over a network is
// limited in bytes and time. A database is only read, in one transaction that
// cannot write; the rows of a query are written in one canonical form, whose
// bytes the digest is of. Secrets come from the environment (${NAME} in a
// location, PGPASSWORD, AWS_SECRET_ACCESS_KEY) and stand in no error.
//
// It runs where its user is: in the CLI on a person's machine, or in a job of a
// runner. It goes wherever the location says, into private networks too, and
// must therefore never be called by a server with locations that others wrote.
//
// It knows no formats of files, which are ml/frame's, and no recipes.
package source
