// Package profile tells a person what is in a table before anything is learnt
// from it, warnings first: what would leak, mislead or break a model, then each
// column, how columns go together, and how each goes with the target.
//
// A Profile is data: JSON of tens of kilobytes however many rows there are, and
// WriteHTML makes one self-contained page of it (no script, nothing fetched).
// The same frame and Config give the same bytes: samples are drawn by a fixed
// seed, and every list has a total order.
//
// Column statistics, duplicates and missing values are computed on all rows;
// associations, predictive shares and the map on a sample of Config.Sample
// rows, which the profile names. A warning is a reason to look and never a
// verdict; each carries the figures it rests on.
//
// The package knows no models and no files: it reads a frame.Frame.
package profile
