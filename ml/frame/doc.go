// Package frame is the table that the learning library works on: named columns
// of equal length, each of one kind, read from files that people export. Open
// and Read are the one door to all formats: CSV (also compressed), JSON lines,
// Parquet and Excel.
//
// A Frame is read-only once built. Number, Bool and Time columns are float64
// with NaN for a missing value; a Category column is codes into a sorted table
// of levels, with -1 for a missing value. Where every number of a column is
// exactly a float32 (whole numbers, halves, what came from sensors and from
// libraries that compute so), the readers keep it as that, in half the memory.
// Nothing else tells the two apart: Column.Numbers gives float64 of both.
//
// Reading decides each column's kind from the whole file, never from its first
// rows, so that a file gives the same frame however its rows are ordered. What
// it cannot read without losing something it keeps as text: postcodes with
// leading zeros, integers that a float64 would round, dates whose day and month
// could be either. Wrong rows are refused with line and column, never skipped.
//
// The same bytes give the same frame and the same Digest, on any number of
// processors: texts are cut into chunks at places that depend on the bytes
// alone, read at once, and joined in order. Every reader of foreign bytes has
// limits on bytes after decompression, rows, columns and cells. The package
// knows nothing of targets, of models, or of where files come from.
package frame
