// Package dataset says whether a table is as agreed.
//
// A Contract, written in YAML beside the data, states what every version of a
// table must keep to: columns, kinds, ranges, levels, missing shares. Check lists
// what breaks it, with row numbers and what stands there, so that a pipeline
// stops before a model learns from broken data; Infer writes a first contract
// from data that is thought to be right.
//
// Everything here is pure: the same table and contract give the same report. The
// package knows no files of data, users, projects or stores, and decides nothing:
// whoever calls Check chooses what a violation stops.
package dataset
