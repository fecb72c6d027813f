// Package derive gives learners columns that are computed from others: splines of a
// number, and products of several. A linear model of them follows curves, and
// columns that act together.
//
// Columns wraps a learner. What is derived becomes a part of the model, which is
// asked for the original columns alone, and explained by them.
//
// The package knows no recipes. Trees need none of it: they find both by themselves.
package derive
