// Package inspect looks at a fitted model the way a careful colleague would: are
// its probabilities true (Calibrate), at which of them should one act
// (ChooseThreshold), what do its errors look like (Residuals), where is it worse
// than elsewhere (Slices), would more rows help (Learning), which columns does it
// need (Importance), and how does its answer move with one of them (Dependence)?
// Suspects names columns that know the target better than is likely to be honest.
//
// Every answer is a plain struct of a few kilobytes, made for JSON, with intervals
// where it claims something and sentences where a person reads it. Rows beyond a
// stated number are sampled, and the answer says how many were looked at. The same
// rows, settings and seed give the same answer on any number of processors.
//
// The rows should be held out: on rows that the model has learned from every
// answer flatters it. The package knows no files, no splits and no pages.
package inspect
