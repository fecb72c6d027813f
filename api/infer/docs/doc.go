// Package docs tells programmers how to ask one model: an OpenAPI document of
// its addresses, and a page with its inputs, commands that can be copied and a
// form that sends a real request.
//
// Both are made from what an endpoint says of itself (GET
// /api/v1/endpoints/{endpoint}), so that a model in another process has them as
// well. The page needs no other server: its style and script are two small
// files of this binary, and the content security policy says so.
//
// The package knows no models, no requests and nobody's permissions.
package docs
