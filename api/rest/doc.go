// Package rest is the part of GitLab's REST API, version 4, that its clients
// touch first: an unmodified client library, glab or a script finds projects,
// code, merge requests, pipelines, environments and their settings here, in the
// fields, paging headers and error bodies that it knows.
//
// The package translates and decides nothing: who may do what, and what a verb
// does, is the product packages'. What GitLab has and this house has not is
// refused by name, never taken and forgotten: a client that asks for labels or
// for a merge when the pipeline succeeds learns that it will not get them.
//
// Operations (table.go) is the one list of what is supported. The router is made
// of it, and so is docs/reference/gitlab-api.md.
//
// Only tokens count here (PRIVATE-TOKEN, Authorization: Bearer, JOB-TOKEN): no
// cookie does, so no page of another site can act through a visitor's browser.
// The protocol that runners speak is package gitlab's, beside this one.
package rest
