// Package site serves sites: the static files of a bundle, unpacked into a
// folder of their own per digest, that never change.
//
// A site is switched by swapping one pointer. A request that has begun on the
// one before ends on it: its files stay until nobody reads them any more.
//
// Caching. Every file has an ETag of its content. Files whose name carries a
// hash of their content ("index-BxT4f9a2.js") are immutable for a year; HTML is
// asked for again each time (no-cache), so that a new deployment is seen at
// once; everything else after a minute. Text is sent compressed to those who
// take it, and was compressed once, when the site was deployed. Ranges are
// answered of what is not compressed.
//
// A path without a file is answered by the site's fallback (an app with routes
// of its own), or by 404.html.
//
// The package does not know who may see a site, nor how requests find it.
package site
