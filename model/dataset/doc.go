// Package dataset says which data a model was learnt from, and whether data is
// as agreed.
//
// A Dataset describes one file: where it is, the SHA-256 of its bytes, its rows
// and its schema; equal digests are the same data. A Contract, written in YAML
// beside the data, states what every version of the file must keep to: columns,
// kinds, ranges, levels, missing shares. Check lists what breaks it, with row
// numbers, so that a pipeline stops before a model learns from broken data;
// Infer writes a first contract from data that is thought to be right.
//
// Everything here is pure: the same file and contract give the same report. The
// package knows no user, project or store, and decides nothing: whoever calls
// Check chooses what a violation stops.
package dataset
