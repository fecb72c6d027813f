// Package app joins the parts of the server.
//
// Config says what can be set, Open joins the services, their stores and their
// faces, Run serves until it is told to stop, Close lets go. reactions.go is
// the table of what happens after what: read it second.
package app
