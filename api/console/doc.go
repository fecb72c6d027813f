// Package console is the HTTP API behind the web pages and the command line:
// OpenAPI 3.1 under /api/v1.
//
// It translates and does nothing else: a request becomes an actor and a verb
// of a product package, the answer becomes JSON, a fault becomes a problem
// (RFC 9457) whose detail is the sentence for the person. One file per noun.
// The document at /api/v1/openapi.json is generated from the same types.
package console
